"""An immunoassay of the media: standards, blanks, dilutions, limits of detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .amounts import Planted
from .part import Part, well
from .streams import stream

# gene: usual pg per 10^6 cells in 24 h, limit of detection in pg/mL. Amounts are the middle of the
# ranges in reference_levels.tsv; the limits of VEGFA, HGF, FGF2, NGF and ANGPT1 are those of Siegel
# 2013 (10.1186/1741-7015-11-146), the others are ours.
ANALYTES = {
    "VEGFA": (1200.0, 11.2),
    "HGF": (1000.0, 2.2),
    "IL6": (3000.0, 2.0),
    "CXCL8": (700.0, 2.0),
    "CCL2": (1500.0, 3.0),
    "TGFB1": (600.0, 15.0),
    "FGF2": (50.0, 13.2),
    "NGF": (15.0, 3.9),
    "BDNF": (80.0, 2.0),
    "ANGPT1": (300.0, 3.45),
    "TIMP1": (45000.0, 10.0),
    "IL10": (3.0, 2.0),
}
LOW, HIGH = 40.0, 22000.0  # asymptotes of the curve, MFI
DILUTIONS = (2, 10)
STANDARDS = 7  # four-fold steps, each in duplicate
WELL_CV = 0.06


@dataclass(frozen=True)
class Curve:
    """A four-parameter standard curve: MFI = low + (high - low) / (1 + (middle / x)^slope)."""

    middle: float
    slope: float

    def signal(self, pg_ml: NDArray[np.float64]) -> NDArray[np.float64]:
        """MFI of concentrations in pg/mL."""
        ratio = (self.middle / np.maximum(pg_ml, 1e-12)) ** self.slope
        return np.asarray(LOW + (HIGH - LOW) / (1 + ratio), dtype=float)


def panel(planted: Planted, flasks: pd.DataFrame, sheet: pd.DataFrame, amounts: pd.DataFrame) -> Part:
    """Wells of a bead immunoassay of the media, with standards and blanks on every plate.

    The concentration follows the same planted and random shifts as the proteome of that flask, so
    that the two methods agree up to the noise of each.
    """
    genes = planted.proteome["gene"]
    accessions = {
        gene: str(genes.index[genes.eq(gene) & planted.origin("secreted", "unconventional", "shed")][0])
        for gene in ANALYTES
    }
    culture = sheet.set_index("sample")
    millions = culture["cells_at_harvest"] / 1e6 / culture["volume_ml"]
    true = {}
    for gene, (usual, _) in ANALYTES.items():
        row = accessions[gene]
        # hours are in the amounts already (hours / 48); two days of the daily amount
        true[gene] = usual * 2 * amounts.loc[row] / 2 ** planted.base[row] * millions
    plates = [list(flasks.index[start : start + 32]) for start in range(0, len(flasks), 32)]
    wells = [_plate(planted.seed, f"P{number}", names, true) for number, names in enumerate(plates, start=1)]
    truth = [
        (
            sample,
            gene,
            float(true[gene][sample]),
            ANALYTES[gene][1],
            bool(true[gene][sample] / DILUTIONS[0] < ANALYTES[gene][1]),
        )
        for gene in ANALYTES
        for sample in flasks.index
    ]
    return Part(
        tables={"panel/wells": pd.concat(wells, ignore_index=True)},
        truth={
            "panel": pd.DataFrame(truth, columns=["sample", "analyte", "pg_ml", "lod_pg_ml", "below_lod"])
        },
        assay={
            "name": "panel",
            "kind": "panel",
            "material": "conditioned_medium",
            "file": "panel/wells.tsv",
            "form": "total",
            "concentrated": "no",
        },
    )


def _plate(seed: int, plate: str, samples: list[str], true: dict[str, pd.Series]) -> pd.DataFrame:
    layout = _layout(samples)
    parts = []
    for gene, (_, lod) in ANALYTES.items():
        # the curve is placed so that the limit lies well below its middle, in the usable range
        curve = Curve(middle=lod * 400, slope=1.0 + 0.05 * stream(seed, "panel", plate, gene).normal())
        top = lod * 4.0**STANDARDS / 4
        concentration = np.array(
            [
                top / 4.0 ** (step - 1)
                if kind == "standard"
                else (true[gene][sample] / dilution if sample else 0.0)
                for kind, sample, dilution, step in layout
            ]
        )
        draw = stream(seed, "wells", plate, gene)
        # blanks spread so that their mean + 2.5 SD is the signal of the limit
        blank_sd = (curve.signal(np.array([lod]))[0] - LOW) / 2.5
        mfi = curve.signal(concentration) * np.exp(WELL_CV * draw.normal(size=len(layout)))
        mfi = np.maximum(mfi + blank_sd * draw.normal(size=len(layout)), 1.0).round(1)
        frame = pd.DataFrame(layout, columns=["kind", "sample", "dilution", "step"])
        frame.insert(0, "well", [well(position) for position in range(len(layout))])
        frame.insert(0, "plate", plate)
        frame.insert(2, "analyte", gene)
        frame["standard_pg_ml"] = np.where(frame["kind"] == "standard", concentration.round(4), np.nan)
        frame["signal_mfi"] = mfi
        parts.append(frame.drop(columns="step"))
    return pd.concat(parts, ignore_index=True)


def _layout(samples: list[str]) -> list[tuple[str, str, int, int]]:
    """Kind, sample, dilution and standard step of each well: duplicates of standards and blanks first."""
    standards = [("standard", "", 1, step) for step in range(1, STANDARDS + 1) for _ in range(2)]
    blanks = [("blank", "", 1, 0)] * 4
    return (
        standards
        + blanks
        + [("sample", str(name), dilution, 0) for name in samples for dilution in DILUTIONS]
    )
