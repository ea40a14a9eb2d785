"""Invented rows for every layout: what `--template` prints runs as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

_WOBBLE = (0.4, -0.7, 1.0, -0.2, -0.9, 0.6, 0.1, -0.3)  # in place of noise: an example is the same every time


def _wobble(position: int) -> float:
    return _WOBBLE[(position * position + 3 * position) % len(_WOBBLE)]


def _wells() -> Iterator[str]:
    position = 0
    for plate in ("plate 1", "plate 2", "plate 3"):
        for preparation, ratio in (("R1", 1.0), ("T1", 0.85)):
            for dose in (0.125, 0.25, 0.5, 1, 2, 4, 8):
                for _ in range(2):
                    position += 1
                    response = 0.1 + 1.9 / (1 + (0.9 / (dose * ratio)) ** 1.4) + 0.03 * _wobble(position)
                    yield f"{preparation},{dose:g},{response:.3f},{plate},,,,,"


def _validation() -> Iterator[str]:
    position = 0
    for run, (analyst, day) in enumerate((("A", 1), ("B", 1), ("A", 2), ("B", 2)), start=1):
        for level in (50, 71, 100, 141, 200):
            for _ in range(2):
                position += 1
                value = level * (1 + 0.02 * _wobble(run) + 0.03 * _wobble(position))
                yield f"{level},{value:.1f},run {run},{analyst},day {day},"


def _matrix() -> Iterator[str]:
    for donor in range(1, 9):
        for measure, kind, value in (
            ("VEGFA", "factor", 300 * 1.4**donor), ("IL6", "factor", 900 + 200 * _wobble(donor)),
            ("tube formation", "activity", 80 + 12 * donor + 4 * _wobble(donor + 2)),
        ):  # fmt: skip
            yield f"L{donor},D{donor},{measure},{kind},{value:.0f}"


def _stability() -> Iterator[str]:
    for attribute, potency, loss in (("VEGFA", "no", 0.5), ("tube formation", "yes", 0.7)):
        for number, lot in enumerate(("L1", "L2", "L3")):
            for step, month in enumerate((0, 3, 6, 9, 12)):
                value = 100 - loss * month + 0.8 * _wobble(5 * number + step)
                yield f"{lot},{month},{value:.1f},{attribute},{potency},80,,no,storage,5,liquid"


def _steps() -> Iterator[str]:
    for number, (lot, donor) in enumerate((("L1", "D1"), ("L2", "D2"), ("L3", "D3"))):
        for step in range(4):
            yield f"{lot},{step},{800 * 0.97**step + 8 * _wobble(4 * number + step):.0f},VEGFA,{donor}"


def _comparability() -> Iterator[str]:
    for position in range(12):
        group, donor = (
            ("process A", f"D{position + 1}") if position < 6 else ("process B", f"D{position + 1}")
        )
        yield f"{group},{donor},{100 + 4 * _wobble(position):.1f},IDO activity,L{position + 1},per cell equivalent"


def _limits() -> Iterator[str]:
    for position in range(10):
        yield f"L{position + 1},D{position // 2 + 1},{100 + 3 * _wobble(position // 2) + _wobble(position + 3):.1f}"


def _control() -> Iterator[str]:
    for position in range(24):
        yield f"{position + 1},{74 + 0.01 * _wobble(position) + (0.04 if position == 22 else 0):.3f}"


EXAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "potency": tuple(_wells()),
        "validation": tuple(_validation()),
        "combination": (
            "assay 1,98.2,91.0,106.0,,20,T1", "assay 2,103.5,95.1,112.6,,20,T1", "assay 3,95.9,88.8,103.6,,20,T1",
        ),
        "basis": ("R1,protein,412,21", "T1,protein,388,19", "R1,particles,2.1e10,1.5e9", "T1,particles,1.8e10,1.2e9"),
        "matrix": tuple(_matrix()),
        "stability": tuple(_stability()),
        "steps": tuple(_steps()),
        "arrhenius": ("5,0.11,liquid", "15,0.31,liquid", "25,0.84,liquid", "37,2.70,liquid"),
        "comparability": tuple(_comparability()),
        "summary": (
            "sterility,no growth,,,no growth,,Ph. Eur. 2.6.1,compendial,yes,,,,",
            "endotoxin,0.05,,,,EU/mL,Ph. Eur. 2.6.14,K and dose,yes,5,intravenous,intravenous,2",
        ),
        "limits": tuple(_limits()),
        "control": tuple(_control()),
        "purity": (
            "EV1,particles,2.1e10,1.0e9,,,NTA camera level 14", "EV1,particle blank,1.0e8,2.0e7,,,NTA camera level 14",
            "EV1,protein,41.5,2.0,,,", "EV1,marker,1,,CD9,transmembrane,", "EV1,marker,1,,CD63,transmembrane,",
            "EV1,marker,1,,TSG101,cytosolic,", "EV1,marker,0,,albumin,contaminant,", "EV1,soluble,70,3,VEGFA,,",
            "EV1,vesicles,10,1,VEGFA,,", "EV1,input,100,4,VEGFA,,", "EV1,bovine,1.2,0.2,,,",
        ),
        "forms": (
            "CM,D1,yield,812,VEGFA,pg per 10^6 cells,760,868,", "CM,D1,concentrate,7010,VEGFA,pg,,,8120",
            "EV,D1,yield,95,VEGFA,pg per 10^6 cells,80,112,", "EV,D1,doses,3,,per batch,,,",
        ),
    }
)  # fmt: skip
