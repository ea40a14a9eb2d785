"""Error rates of qualify by simulation: 10,000 independent studies each, with 95 % intervals.

python benchmarks/qualify_rates.py            prints the table of docs/7-qualify.md
python benchmarks/qualify_rates.py --write    writes it there; tests/slow/test_qualify_rates.py holds every bar
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats as distributions

from secretome.stats import curves, equivalence, parallel_line, shelf_life, tolerance

PAGE = Path(__file__).resolve().parents[1] / "docs" / "7-qualify.md"
MARKS = ("<!-- rates: benchmarks/qualify_rates.py --write -->", "<!-- end of rates -->")
STUDIES = 10_000
MONTHS = np.array([0.0, 3, 6, 9, 12, 18, 24])


@dataclass(frozen=True)
class Case:
    """A rate: what it is, the shares allowed, and the function that gives (studies,) hits by name.

    A lower bar is met when the rate's interval reaches it, an upper bar when the interval begins below it.
    """

    name: str
    low: float
    high: float
    bar: str
    hits: Callable[[], np.ndarray]


def interval(hits: np.ndarray) -> tuple[float, float, float]:
    """Share with its 95 % Wilson interval."""
    n, share, z = hits.size, float(hits.mean()), 1.96
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share, centre - half, centre + half


def potency(convention: str, plate_sd: float) -> np.ndarray:
    """Whether the 95 % interval of three plates covers the true ratio; eight doses in triplicate."""
    rng = np.random.default_rng([20261123, 1])
    dose, name = np.tile(np.repeat(10.0 * 2.0 ** -np.arange(8), 3), 2), np.repeat(["ref", "test"], 24)
    covered = []
    for _ in range(40):
        total = 3 * 250
        shift = rng.normal(np.log(0.8), plate_sd, (total, 1)) * (name == "test")
        mean = 0.15 + 1.95 / (1 + np.exp(-1.6 * (np.log(dose) + shift - np.log(0.9))))
        y = mean + rng.normal(0, 0.05, (total, 48))
        found = curves.relative_potency(
            np.tile(dose, total),
            y.ravel(),
            np.tile(name, total),
            reference="ref",
            plate=np.repeat(np.arange(total), 48),
        )
        parts = [np.asarray(p).reshape(-1, 3) for p in (found.log_ratio, found.standard_error, found.df)]
        for log, error, df in zip(*parts, strict=True):
            # a plate without a valid fit counts as not covered
            one = curves.combine(log, error, df, convention=convention) if np.isfinite(error).all() else None
            covered.append(one is not None and one.lower <= np.log(0.8) <= one.upper)
    return np.array(covered)


def lines(what: str) -> np.ndarray:
    """Coverage of Fieller's interval, or size of the F test, of parallel lines in three blocks."""
    rng = np.random.default_rng([20261123, 2])
    dose, name = np.tile(np.repeat([1.0, 2, 4, 8], 3), 2), np.repeat(["R", "T"], 12)
    block = np.tile(np.arange(3), 8)
    mean = 2 * (np.log(dose) + np.where(name == "T", 0.3, 0.0))
    hits = []
    for _ in range(STUDIES):
        y = mean + rng.normal(0, 0.6, 3)[block] + rng.normal(0, 0.4, 24)
        found = parallel_line.fit(dose, y, name, reference="R", block=block)
        covered = found.lower[0] <= np.exp(0.3) <= found.upper[0]
        hits.append(covered if what == "coverage" else found.validity.row("non-parallelism")[4] < 0.05)
    return np.array(hits)


def slopes_at_the_margin() -> np.ndarray:
    """Called parallel by equivalence at a true ratio of slopes on the margin."""
    rng = np.random.default_rng([20261123, 3])
    dose, name = np.tile(np.repeat([1.0, 2, 4, 8], 6), 2), np.repeat(["R", "T"], 24)
    mean = np.where(name == "T", 1.25, 1.0) * 2 * np.log(dose)
    called = []
    for _ in range(STUDIES):
        found = parallel_line.fit(dose, mean + rng.normal(0, 0.4, 48), name, reference="R")
        called.append(found.slope_ratio_lower[0] > 0.8 and found.slope_ratio_upper[0] < 1.25)
    return np.array(called)


def kept_too_long(
    start_sd: float, slope_sd: float, *, lots: int = 3, pooling: str = "ich", lloq: float = -np.inf
) -> np.ndarray:
    """Whether the shelf life is longer than that of the worst lot of the study, which ICH Q1E estimates."""
    rng = np.random.default_rng([20261123, 4])
    month, lot = np.tile(MONTHS, lots), np.repeat([f"L{i}" for i in range(lots)], MONTHS.size)
    too_long = []
    for _ in range(STUDIES):
        start, slope = 100 + start_sd * rng.normal(size=lots), 0.2 + slope_sd * rng.normal(size=lots)
        true = np.min(np.where(slope > 0, (start - 95) / np.maximum(slope, 1e-9), np.inf))
        value = (
            np.repeat(start, MONTHS.size)
            - np.repeat(slope, MONTHS.size) * month
            + rng.normal(0, 1.0, month.size)
        )
        below = value < lloq
        found = shelf_life.estimate(
            month, np.where(below, lloq, value), lot, lower=95, pooling=pooling, censored=below
        )
        too_long.append(found.months > true)
    return np.array(too_long)


def equivalent_at_the_margin(comparison: str) -> np.ndarray:
    """Called equivalent by two one-sided tests with the true difference on the margin."""
    rng = np.random.default_rng([20261123, 6])
    n, sd = (6, 0.4) if comparison == "paired" else (5, 0.8 if comparison == "welch" else 0.4)
    found = []
    for _ in range(STUDIES):
        test, reference = rng.normal(1.0, 0.4, 6), rng.normal(0, sd, n)
        found.append(equivalence.tost(test, reference, margin=(-1, 1), comparison=comparison).p_value < 0.05)
    return np.array(found)


def content_held(donor_sd: float, *, independent: bool = False) -> np.ndarray:
    """Whether tolerance limits hold their content of 0.95, from 13 lots of 6 donors."""
    rng = np.random.default_rng([20261123, 7])
    donor = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5])
    sd, k = float(np.hypot(donor_sd, 1)), tolerance.k_factor(donor.size, content=0.95)
    held = []
    for _ in range(STUDIES):
        value = rng.normal(0, donor_sd, 6)[donor] + rng.normal(0, 1, donor.size)
        if independent:
            low, high = value.mean() - k * value.std(ddof=1), value.mean() + k * value.std(ddof=1)
        else:
            found = tolerance.donor_limits(value, donor, seed=rng, content=0.95, draws=1_000)
            low, high = found.lower, found.upper
        held.append(distributions.norm.cdf(high / sd) - distributions.norm.cdf(low / sd) >= 0.95)
    return np.array(held)


_AGREE, _DIFFER = (
    "relative potency, 4PL, 3 plates that agree",
    "3 plates that differ (sd 0.1 of the log ratio)",
)
_SHELF = "shelf life longer than the true one"
CASES = (
    Case(f"{_AGREE}: coverage, unweighted (default)", 0.93, 0.97, "0.93 to 0.97", lambda: potency("unweighted", 0.0)),
    Case(f"{_AGREE}: weighted_homogeneous", 0.93, 0.97, "0.93 to 0.97", lambda: potency("weighted_homogeneous", 0.0)),
    Case(f"{_AGREE}: semi_weighted", 0.93, 1, "at least 0.93; too wide", lambda: potency("semi_weighted", 0.0)),
    Case(f"{_DIFFER}: unweighted (default)", 0.93, 0.97, "0.93 to 0.97", lambda: potency("unweighted", 0.1)),
    Case(f"{_DIFFER}: semi_weighted", 0.93, 1, "at least 0.93", lambda: potency("semi_weighted", 0.1)),
    Case(f"{_DIFFER}: weighted_homogeneous", 0, 1, "none: its assumption is broken", lambda: potency("weighted_homogeneous", 0.1)),
    Case("parallel lines in blocks: coverage of Fieller's 95 % interval", 0.93, 0.97, "0.93 to 0.97", lambda: lines("coverage")),
    Case("F test of non-parallelism at 0.05 on parallel lines", 0, 0.05, "0.05", lambda: lines("size")),
    Case("called parallel at a true slope ratio on the margin", 0, 0.05, "0.05", slopes_at_the_margin),
    Case(f"{_SHELF}, ICH pooling: three lots alike", 0, 0.05, "0.05", lambda: kept_too_long(0, 0)),
    Case(f"{_SHELF}: one lot", 0, 0.05, "0.05", lambda: kept_too_long(0, 0, lots=1)),
    Case(f"{_SHELF}, ICH pooling: starts differ (sd 1, as the error)", 0, 0.10, "0.05, **missed**", lambda: kept_too_long(1, 0)),
    Case(f"{_SHELF}, ICH pooling: slopes differ too (sd 0.05 a month, mean 0.2)", 0, 0.10, "0.05, **missed**", lambda: kept_too_long(1, 0.05)),
    Case(f"{_SHELF}, every lot by its own line: lots alike", 0, 0.05, "0.05", lambda: kept_too_long(0, 0, pooling="none")),
    Case(f"{_SHELF}, every lot by its own line: starts differ", 0, 0.05, "0.05", lambda: kept_too_long(1, 0, pooling="none")),
    Case(f"{_SHELF}, every lot by its own line: slopes differ too", 0, 0.05, "0.05", lambda: kept_too_long(1, 0.05, pooling="none")),
    Case(f"{_SHELF}, one lot, values below 94.8 censored", 0, 0.05, "0.05", lambda: kept_too_long(0, 0, lots=1, lloq=94.8)),
    *(
        Case(f"called equivalent at the margin: {way}", 0, 0.05, "0.05", lambda way=way: equivalent_at_the_margin(way))
        for way in ("welch", "pooled", "paired")
    ),
    *(
        Case(f"tolerance limits (content 0.95, confidence 0.95), donor sd {sd:g} times that of lots", 0.95, 1, "at least 0.95", lambda sd=sd: content_held(sd))
        for sd in (0.0, 1.0, 3.0)
    ),
    *(
        Case(f"the same with lots taken as independent, donor sd {sd:g}", 0, 1, "(why donors are a random effect)", lambda sd=sd: content_held(sd, independent=True))
        for sd in (0.0, 1.0, 3.0)
    ),
)  # fmt: skip


def met(case: Case, rate: tuple[float, float, float]) -> bool:
    """Whether the rate, with the interval of its simulation, meets its bar."""
    _, low, high = rate
    return low <= case.high and high >= case.low


def row(case: Case, rate: tuple[float, float, float]) -> str:
    """A row of the table."""
    share, low, high = rate
    return f"| {case.name} | {share:.3f} | {low:.3f} to {high:.3f} | {case.bar} |"


def main(write: bool) -> None:
    """Prints the table, row by row; or writes it between the marks of the page."""
    table = ["| what | rate | interval | bar |", "|---|---|---|---|"]
    print("\n".join(table))
    for case in CASES:
        table.append(row(case, interval(case.hits())))
        print(table[-1], flush=True)
    if write:
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        PAGE.write_text(
            before + MARKS[0] + "\n\n" + "\n".join(table) + "\n\n" + MARKS[1] + after, encoding="utf-8"
        )


if __name__ == "__main__":
    main("--write" in sys.argv[1:])
