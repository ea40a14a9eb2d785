"""Members of an ensemble a second: this package beside libroadrunner and scipy's LSODA, in one run.

Prints runs per second per core for both models, the largest disagreement, and the time of 10,000 members on two
processes. `python benchmarks/ensemble.py`
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from scipy.integrate import solve_ivp

from secretome.mechanism.members import draw_parameters
from secretome.mechanism.network import model
from secretome.parallel import processes
from secretome.stats.logic import Parameters, driver, steady_state

MEMBERS, PEER = 10_000, 10
END, RELATIVE, ABSOLUTE = 100.0, 1e-6, 1e-9


def one(parameters: Parameters, member: int) -> Parameters:
    return Parameters(*(a[:, [min(member, a.shape[1] - 1)]] for a in (
        parameters.weight, parameters.half_point, parameters.hill, parameters.basal, parameters.present)))  # fmt: skip


def part(name: str, seed: int) -> float:
    network = model(name)
    drawn = draw_parameters(network, MEMBERS // 2, seed=seed)
    found = steady_state(network.wiring, drawn, np.full((len(network.nodes), MEMBERS // 2), np.nan))
    return float(found.settled.mean())


def lsoda(network, parameters: Parameters) -> np.ndarray:
    drive = driver(network.wiring, parameters)

    def rate(_time: float, level: np.ndarray) -> np.ndarray:
        return drive(np.clip(level, 0, 1)[:, None])[:, 0] - level

    start = np.zeros(len(network.nodes))
    return solve_ivp(rate, (0, END), start, method="LSODA", rtol=RELATIVE, atol=ABSOLUTE).y[:, -1]


def main() -> None:
    for name in ("clearance", "follicle"):
        network = model(name)
        first = {conflict: options[0] for conflict, options in network.conflicts.items()}
        drawn = draw_parameters(network, MEMBERS, seed=1)
        numbers = Parameters(
            drawn.weight, drawn.half_point, drawn.hill, drawn.basal, network.parameters({}, first).present
        )
        free = np.full((len(network.nodes), MEMBERS), np.nan)
        began = time.perf_counter()
        rest = steady_state(network.wiring, numbers, free)
        ours = MEMBERS / (time.perf_counter() - began)
        began = time.perf_counter()
        theirs = [lsoda(network, one(numbers, member)) for member in range(PEER)]
        peer = PEER / (time.perf_counter() - began)
        apart = max(np.abs(rest.level[:, at] - y).max() for at, y in enumerate(theirs))
        print(
            f"{name}: {len(network.nodes)} nodes, {len(network.edges)} edges, {rest.settled.mean():.2%} settled"
        )
        print(f"  this package      {ours:10,.0f} members/s/core (steady state)")
        print(
            f"  scipy LSODA       {peer:10,.1f} members/s/core; apart by at most {apart:.1e}; ratio {ours / peer:,.0f}"
        )
        roadrunner(network, numbers, rest.level, ours)
        began = time.perf_counter()
        settled = processes(2)(partial(part, name), [1, 2])
        took = time.perf_counter() - began
        print(
            f"  {MEMBERS:,} members, draws and start of two processes included: {took:.1f} s (bar 15 s); {np.mean(settled):.2%} settled"
        )


def roadrunner(network, numbers: Parameters, level: np.ndarray, ours: float) -> None:
    try:
        from secretome.mechanism.ensemble import Engine

        engine = Engine(network)
    except Exception as missing:  # noqa: BLE001 - a benchmark says what it could not run
        print(f"  libroadrunner     not run: {missing}")
        return
    engine.tolerances(RELATIVE, ABSOLUTE)
    free = np.full(len(network.nodes), np.nan)
    names = [node.name for node in network.nodes]
    began = time.perf_counter()
    found = [engine.course(free, parameters=numbers, member=at, end=END).iloc[-1][names] for at in range(50)]
    rate = 50 / (time.perf_counter() - began)
    apart = max(np.abs(level[:, at] - y.to_numpy()).max() for at, y in enumerate(found))
    print(
        f"  libroadrunner     {rate:10,.1f} members/s/core; apart by at most {apart:.1e}; ratio {ours / rate:,.0f}"
    )


if __name__ == "__main__":
    main()
