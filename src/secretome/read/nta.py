"""Summary of one NTA measurement, names and values line by line. Written from the description, no file seen."""

from __future__ import annotations

import re

import numpy as np

from secretome.plan import AssayPlan

from .cells import Cells
from .measured import PARTICLE_COLUMNS, Measured, complete, kind_of

NAME = "nta"
TITLE = "NTA summary, names and values"
KIND = "particles"
SEEN = False


def recognises(cells: Cells) -> str:
    """Evidence that a file is one."""
    labels = {_label(row[0]) for row in cells.rows if len(row) > 1}
    if {"concentration", "mode"} <= labels and {"sample", "sample name", "original file"} & labels:
        return "lines Concentration and Mode beside the name of one sample"
    return ""


def read(cells: Cells, plan: AssayPlan) -> Measured:  # noqa: ARG001
    """Replicate videos of one sample; the concentration is that of the diluted sample times the dilution."""
    lines = {
        _label(row[0]): (line, row) for line, row in zip(cells.lines, cells.rows, strict=True) if len(row) > 1
    }

    def text(*labels: str) -> str:
        return next((lines[label][1][1] for label in labels if label in lines), "")

    sample = text("sample name", "sample", "original file")
    dilution = cells.number(text("dilution factor", "dilution"))
    line, measured = lines["concentration"]
    videos = [(i, cells.number(cell)) for i, cell in enumerate(measured[1:], start=1)]

    def of_video(label: str, i: int) -> float:
        row = lines.get(label, (0, ()))[1]
        return cells.number(row[i]) if i < len(row) else np.nan

    rows = [
        {
            "line": line,
            "sample": sample,
            "kind": kind_of(sample),
            "replicate": str(i),
            "detergent": bool(re.search("triton|detergent|lysed", sample, re.IGNORECASE)),
            "dilution": dilution,
            "particles_per_ml": value * dilution,
            "mode_nm": of_video("mode", i),
            "median_nm": of_video("d50", i),
            "mean_nm": of_video("mean", i),
            "instrument": text("instrument", "software", "camera type") or "NTA",
            "settings": "; ".join(
                f"{name} {text(name)}" for name in ("camera level", "detection threshold") if text(name)
            ),
            "buffer": text("diluent", "buffer"),
        }
        for i, value in videos
        if np.isfinite(value)
    ]
    lost = (
        ()
        if np.isfinite(dilution)
        else (f"{cells.file}: no dilution factor, so no concentration of {sample!r}",)
    )
    return Measured(complete(rows, PARTICLE_COLUMNS), lost)


def _label(text: str) -> str:
    return re.sub(r"\(.*?\)|\[.*?\]", "", text).strip(" :").lower()
