"""Particle counts of the media, with the buffer, a medium without cells and a detergent control."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .amounts import Planted
from .part import Part
from .streams import stream

# reference_levels.tsv: 1e8 to 1e10 particles per 10^6 cells in 24 h (order of magnitude, unverified).
PER_MILLION_24_H = 1e9
SPREAD = 0.5  # natural log, between flasks
# J Extracell Vesicles 2016;5:31242: between-laboratory CV of EV counts 52.5 %; within one we take half
READ_CV = 0.25
BLANK_PER_ML = 8e6  # what a medium without cells shows
LIPID_SHARE = 0.8  # of the particles, lost on detergent: the rest is protein aggregate
MODE_NM = 115.0


def particles(planted: Planted, flasks: pd.DataFrame, sheet: pd.DataFrame) -> Part:
    """Runs of a particle tracking instrument, three readings a sample, blank and detergent too."""
    culture = sheet.set_index("sample")
    millions = culture["cells_at_harvest"] / 1e6 / culture["volume_ml"] * culture["hours"] / 24
    rows, truth = [], []
    for name in map(str, flasks.index):
        draw = stream(planted.seed, "particles", name)
        vesicles = PER_MILLION_24_H * float(millions[name]) * np.exp(SPREAD * draw.normal())
        lipid = float(np.clip(LIPID_SHARE + 0.05 * draw.normal(), 0.5, 0.98))
        mode = MODE_NM + 8 * draw.normal()
        truth.append((name, vesicles, lipid, mode))
        rows += _readings(draw, name, "conditioned_medium", vesicles + BLANK_PER_ML, mode, detergent=False)
        left = (1 - lipid) * vesicles + BLANK_PER_ML
        rows += _readings(draw, name, "conditioned_medium", left, mode, detergent=True)
    draw = stream(planted.seed, "particles", "blank")
    rows += _readings(draw, "medium_blank", "medium_blank", BLANK_PER_ML, MODE_NM, detergent=False)
    columns = ["sample", "material", "replicate", "detergent", "dilution", "particles_per_ml", "mode_nm"]
    runs = pd.DataFrame(rows, columns=columns)
    runs["instrument"] = "particle tracking (simulated)"
    runs["size_limit_nm"] = 70.0
    return Part(
        tables={"particles/runs": runs},
        truth={
            "particles": pd.DataFrame(truth, columns=["sample", "particles_per_ml", "lipid_share", "mode_nm"])
        },
        assay={
            "name": "particles",
            "kind": "particles",
            "material": "conditioned_medium",
            "file": "particles/runs.tsv",
            "concentrated": "no",
        },
    )


def _readings(
    draw: np.random.Generator, sample: str, material: str, per_ml: float, mode: float, *, detergent: bool
) -> list[tuple[object, ...]]:
    """Three readings; the instrument shows the concentration of the undiluted sample."""
    # samples are diluted into the range of the instrument, 1e7 to 1e9 per mL
    dilution = max(1, round(per_ml / 1e8))
    spread = np.sqrt(np.log(1 + READ_CV**2))
    return [
        (
            sample,
            material,
            replicate,
            detergent,
            dilution,
            float(f"{per_ml * np.exp(spread * draw.normal() - spread**2 / 2):.3g}"),
            round(mode + 3 * draw.normal(), 1),
        )
        for replicate in (1, 2, 3)
    ]
