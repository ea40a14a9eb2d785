"""Rejection by sizes of effects: which members of the prior reproduce measured ratios, and what they then predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from secretome.knowledge import table
from secretome.parallel import Progress
from secretome.stats.logic import Parameters, steady_state

from .facts import Fact, clamps, parse_condition
from .members import draw_parameters
from .network import Model

Array = NDArray[np.float64]
DRAWS = 4000
KEPT = 0.02
PIECE = 500
FLOOR = 1e-6
# Parameters are named where prior and posterior differ by more than chance: Bonferroni over all of them.
LEVEL = 0.05


@dataclass(frozen=True)
class Calibration:
    """What measured sizes of effects say of the numbers of a network.

    Parameters
    ----------
    facts
        A row per ratio: observed, median and 90 % interval under the prior and the posterior, `role`
        (calibrated, held back), whether the observed value lies inside each interval.
    parameters
        Parameters whose posterior differs from the prior: 5, 50 and 95 % of both.
    draws, kept
        Members drawn, and kept.
    """

    facts: pd.DataFrame
    parameters: pd.DataFrame
    draws: int
    kept: int

    @property
    def held_back_inside(self) -> float:
        """Share of the ratios held back whose observed value lies in the 90 % interval of the posterior."""
        rows = self.facts[self.facts["role"] == "held back"]
        return float(rows["inside_posterior"].mean()) if len(rows) else float("nan")


def calibrate(
    model: Model, *, seed: int, half: int = 0, draws: int = DRAWS, kept: float = KEPT, progress: Progress | None = None
) -> Calibration:  # fmt: skip
    """Approximate Bayesian computation by rejection on the ratios of `quantitative_facts`.

    Parameters
    ----------
    model
        The network.
    seed
        Of the members.
    half
        0 or 1: every second ratio, from the first or the second on, is calibrated on; the others are held back.
        A ratio and its neighbour of the same experiment so fall on different sides.
    draws, kept
        Members of the prior, and the share of them that comes nearest and is kept.
    progress
        Called with members done and in all.

    Notes
    -----
    Distance: root mean square of log10 (predicted / observed) over its standard deviation. The prediction adds
    that standard deviation to each member. Priors are those of `draw_parameters`; nothing outside them is tried,
    so a ratio that no member reaches stays outside of the interval.

    References
    ----------
    Beaumont 2002, Genetics 162:2025.
    """
    rows = table("quantitative_facts").frame
    rows = rows[(rows["model"] == model.name) & (rows["verified"] == "page")].reset_index(drop=True)
    facts = [
        Fact(str(r["id"]), parse_condition(r["perturb"], model), parse_condition(r["reference"], model), model.node(r["readout"]), 0)
        for r in rows.to_dict("records")
    ]  # fmt: skip
    drawn = draw_parameters(model, draws, seed=np.random.default_rng([seed, 13]))
    predicted = _ratios(model, facts, drawn, progress)
    observed, spread = np.log10(rows["ratio"].to_numpy()), rows["log10_sd"].to_numpy()
    calibrated = np.arange(len(rows)) % 2 == half
    miss = (predicted - observed[:, None]) / spread[:, None]
    distance = np.sqrt(np.mean(miss[calibrated] ** 2, axis=0))
    distance[~np.isfinite(distance)] = np.inf
    best = np.sort(np.argsort(distance, kind="stable")[: max(round(kept * draws), 10)])
    noise = spread[:, None] * np.random.default_rng([seed, 14]).standard_normal(predicted.shape)
    frame = rows[["id", "perturb", "reference", "readout", "statement", "source"]].assign(
        observed=rows["ratio"]
    )
    for name, members in (("prior", slice(None)), ("posterior", best)):
        low, mid, high = np.nanquantile((predicted + noise)[:, members], (0.05, 0.5, 0.95), axis=1)
        frame[f"{name}_median"], frame[f"{name}_lower_90"], frame[f"{name}_upper_90"] = (
            10**mid,
            10**low,
            10**high,
        )
        frame[f"inside_{name}"] = (low <= observed) & (observed <= high)
    frame.insert(6, "role", np.where(calibrated, "calibrated", "held back"))
    return Calibration(frame, _moved(model, drawn, best), draws, len(best))


def _ratios(model: Model, facts: Sequence[Fact], drawn: Parameters, progress: Progress | None) -> Array:
    """log10 of perturbed over reference; (facts, members), NaN in members that did not come to rest."""
    pairs = [(condition, fact) for fact in facts for condition in (fact.perturb, fact.reference)]
    columns = [clamps(condition, model, fact.readout) for condition, fact in pairs]
    held = [model.in_context(condition.context) for condition, _ in pairs]
    rows = np.array([model.index[fact.readout] for _, fact in pairs])
    draws = drawn.weight.shape[1]
    found = np.empty((len(pairs), draws))
    for begin in range(0, draws, PIECE):
        members = slice(begin, min(begin + PIECE, draws))
        size = members.stop - begin
        part = Parameters(*(array[:, members] for array in (drawn.weight, drawn.half_point, drawn.hill, drawn.basal, drawn.present)))  # fmt: skip
        for at, (clamp, here) in enumerate(zip(columns, held, strict=True)):
            mine = replace(part, present=part.present * here)
            level = steady_state(model.wiring, mine, np.repeat(clamp[:, None], size, axis=1), tolerance=1e-8)
            found[at, members] = level.level[rows[at]]
        if progress is not None:
            progress(members.stop, draws)
    pairs_of = found.reshape(len(facts), 2, draws)
    return np.asarray(np.log10((pairs_of[:, 0] + FLOOR) / (pairs_of[:, 1] + FLOOR)), dtype=float)


def _moved(model: Model, drawn: Parameters, best: NDArray[np.intp]) -> pd.DataFrame:
    """Parameters whose posterior differs from the prior beyond chance (Kolmogorov-Smirnov, Bonferroni)."""
    edges = [f"{edge.source} -> {edge.target}" for edge in model.edges]
    groups = (
        ("weight", drawn.weight, edges), ("half_point", drawn.half_point, edges), ("hill", drawn.hill, edges),
        ("basal", drawn.basal, [node.name for node in model.nodes]),
    )  # fmt: skip
    tests = sum(len(names) for _, _, names in groups)
    rows = []
    for kind, values, names in groups:
        for at, name in enumerate(names):
            prior, posterior = values[at], values[at, best]
            if np.ptp(prior) == 0:
                continue
            p_value = float(ks_2samp(prior, posterior).pvalue)
            if p_value < LEVEL / tests:
                rows.append((kind, name, *np.quantile(prior, (0.05, 0.5, 0.95)), *np.quantile(posterior, (0.05, 0.5, 0.95)), p_value))  # fmt: skip
    columns = ["parameter", "of", "prior_5", "prior_50", "prior_95", "posterior_5", "posterior_50", "posterior_95", "p_value"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(["p_value", "of"], ignore_index=True)
