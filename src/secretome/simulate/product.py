"""Lots of a product: what they hold, how strong they are, how they keep."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .amounts import Planted
from .part import Part, well
from .streams import stream

# attribute: unit, usual value, CV between lots, CV of a measurement, percent lost in a month at 5 °C.
# Sizes are ours, of the order that QUALIFY.md describes; they are no specification.
ATTRIBUTES = {
    "total_protein": ("ug/mL", 250.0, 0.15, 0.05, 0.1),
    "VEGFA": ("pg/mL", 900.0, 0.30, 0.10, 1.5),
    "particles": ("particles/mL", 5e8, 0.25, 0.25, 0.8),
    "relative_potency": ("percent", 100.0, 0.15, 0.08, 1.2),
}
# Loss relative to 5 °C; -80 °C is taken as nearly stable, 25 °C as six times faster.
SPEED = {"-80": 0.05, "5": 1.0, "25": 6.0}
MONTHS = {"-80": (0, 3, 6, 9, 12, 18, 24), "5": (0, 3, 6, 9, 12, 18, 24), "25": (0, 1, 3, 6)}
LIMIT_PERCENT = 80.0  # of the start; an example, not a specification
DOSES_PERCENT = (0.4, 0.8, 1.6, 3.1, 6.3, 12.5, 25.0, 50.0)  # of medium, as Thej 2017 diluted theirs
LOW, HIGH, MIDDLE, SLOPE = 0.10, 1.60, 5.0, 1.2  # curve of the reference, optical density
PLATES, WELL_SD = 3, 0.04
NOT_PARALLEL_SLOPE = 0.6  # the last lot answers with a flatter curve, which no test may accept


def lots(planted: Planted, flasks: pd.DataFrame) -> Part:
    """Release results of pooled lots, three readings of each attribute."""
    donors = list(dict.fromkeys(flasks["donor"]))
    rows, truth = [], []
    for number, lot in enumerate(_names(planted)):
        pool = [donors[(3 * number + step) % len(donors)] for step in range(min(3, len(donors)))]
        draw = stream(planted.seed, "release", lot)
        for attribute, (unit, _, _, cv, _) in ATTRIBUTES.items():
            value = _start(planted, lot, attribute)
            truth.append((lot, "+".join(pool), attribute, unit, value))
            rows += [
                (lot, "+".join(pool), attribute, unit, run, _noisy(draw, value, cv)) for run in (1, 2, 3)
            ]
    head = ["lot", "donors", "attribute", "unit"]
    return Part(
        tables={"lots/release": pd.DataFrame(rows, columns=[*head, "replicate", "value"])},
        truth={"lots": pd.DataFrame(truth, columns=[*head, "value"])},
    )


def activity(planted: Planted) -> Part:
    """A functional assay: every lot against the reference lot, eight doses on three plates."""
    parts, truth = [], []
    names = _names(planted)
    for lot in names:
        potency = _start(planted, lot, "relative_potency")
        parallel = lot != names[-1] or len(names) == 1
        truth.append((lot, potency, parallel))
        parts += [
            _assay_plate(planted.seed, lot, plate, potency, parallel=parallel) for plate in range(PLATES)
        ]
    return Part(
        tables={"activity/wells": pd.concat(parts, ignore_index=True)},
        truth={"activity": pd.DataFrame(truth, columns=["lot", "relative_potency_percent", "parallel"])},
        assay={
            "name": "activity",
            "kind": "activity",
            "material": "conditioned_medium",
            "file": "activity/wells.tsv",
        },
    )


def stability(planted: Planted) -> Part:
    """Stability series of the first lots at three temperatures, in months."""
    rows, truth = [], []
    for lot in _names(planted)[:3]:
        for celsius, months in MONTHS.items():
            for attribute, (unit, _, _, cv, loss) in ATTRIBUTES.items():
                draw = stream(planted.seed, "stability", lot, celsius, attribute)
                start = _start(planted, lot, attribute)
                rate = (
                    loss
                    * SPEED[celsius]
                    * np.exp(0.1 * stream(planted.seed, "rate", lot, attribute).normal())
                )
                truth.append(
                    (lot, float(celsius), attribute, unit, start, rate, (100 - LIMIT_PERCENT) / rate)
                )
                for month in months:
                    true = start * max(1 - rate * month / 100, 0.0)
                    rows += [
                        (lot, float(celsius), month, attribute, unit, run, _noisy(draw, true, cv))
                        for run in (1, 2)
                    ]
    series = pd.DataFrame(
        rows, columns=["lot", "temperature_c", "month", "attribute", "unit", "replicate", "value"]
    )
    columns = [
        "lot",
        "temperature_c",
        "attribute",
        "unit",
        "start",
        "loss_percent_per_month",
        "months_to_80_percent",
    ]
    return Part(
        tables={"stability/series": series},
        truth={"stability": pd.DataFrame(truth, columns=columns)},
        assay={
            "name": "stability",
            "kind": "stability",
            "material": "conditioned_medium",
            "file": "stability/series.tsv",
        },
    )


def _names(planted: Planted) -> list[str]:
    return [f"LOT{number:02d}" for number in range(1, planted.recipe.lots + 1)]


def _start(planted: Planted, lot: str, attribute: str) -> float:
    """True value of a lot at release; the same in every part."""
    _, usual, cv, _, _ = ATTRIBUTES[attribute]
    return float(usual * np.exp(cv * stream(planted.seed, "lot", lot, attribute).normal()))


def _noisy(draw: np.random.Generator, value: float, cv: float) -> float:
    return float(f"{value * np.exp(cv * draw.normal()):.4g}")


def _assay_plate(seed: int, lot: str, plate: int, potency: float, *, parallel: bool) -> pd.DataFrame:
    """One plate: reference and lot, each dose twice, then four wells without medium."""
    draw = stream(seed, "activity", lot, str(plate))
    drift = 1 + 0.05 * draw.normal()
    rows = []
    for preparation, factor, slope in (
        ("reference", 1.0, SLOPE),
        (lot, potency / 100, SLOPE if parallel else NOT_PARALLEL_SLOPE),
    ):
        for dose in DOSES_PERCENT:
            mean = LOW + (HIGH - LOW) / (1 + (MIDDLE / (dose * factor)) ** slope)
            rows += [(preparation, dose, mean)] * 2
    rows += [("no medium", 0.0, LOW)] * 4
    table = pd.DataFrame(rows, columns=["preparation", "dose_percent", "response"])
    noise = WELL_SD * draw.normal(size=len(table))
    table["response"] = (table["response"] * drift + noise).clip(0.001).round(4)
    table.insert(0, "well", [well(position) for position in range(len(table))])
    table.insert(0, "plate", f"{lot}-{plate + 1}")
    table["unit"] = "optical density"
    return table
