"""What LC-MS and FragPipe make of an amount: detection, intensities, spectra, their table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from .recipe import Recipe
from .streams import stream


@dataclass(frozen=True)
class Reading:
    """Tables (proteins, samples) of one search: 0 where nothing was found."""

    maxlfq: pd.DataFrame
    intensity: pd.DataFrame
    spectra: pd.DataFrame


def read_out(recipe: Recipe, seed: int, amounts: pd.DataFrame, injection_log2: pd.Series) -> Reading:
    """The intensities and spectral counts that a search reports for true amounts.

    Parameters
    ----------
    amounts
        (proteins, samples), linear.
    injection_log2
        Shift of each injection, index = sample.

    Notes
    -----
    A protein is found with probability Phi((x - midpoint) / scale), x its log2 amount as injected;
    MaxLFQ, which needs shared peptide ratios, has a curve of its own further up.
    """
    offset = recipe.intensity_offset + recipe.intensity_sd * stream(seed, "offset").normal(size=len(amounts))
    parts: dict[str, dict[str, NDArray[np.float64]]] = {"maxlfq": {}, "intensity": {}, "spectra": {}}
    for name in amounts.columns:
        log2 = np.log2(np.maximum(amounts[name].to_numpy(), 1e-3)) + injection_log2[name]
        for part, values in _run(recipe, stream(seed, "run", name), log2, offset).items():
            parts[part][name] = values
    frames = {part: pd.DataFrame(columns, index=amounts.index) for part, columns in parts.items()}
    return Reading(**frames)


def _run(
    recipe: Recipe, draw: np.random.Generator, log2: NDArray[np.float64], offset: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """One injection: what was found, in which intensity, with how many spectra."""
    size = len(log2)
    identified = draw.random(size) < ndtr(
        (log2 - recipe.dropout_midpoint + recipe.maxlfq_shift) / recipe.dropout_scale
    )
    quantified = identified & (
        draw.random(size) < ndtr((log2 - recipe.dropout_midpoint) / recipe.dropout_scale)
    )
    intensity = 2 ** (log2 + offset + 0.3 * draw.normal(size=size))
    # six niches: about 14, 47, 141, 374 spectra at log2 Intensity 17, 19, 21, 23
    mean = 13.6 * 2 ** (0.8 * (np.log2(intensity) - 17))
    spectra = np.maximum(draw.poisson(np.minimum(mean, 3000)), 1)
    return {
        "maxlfq": np.where(quantified, 2**log2, 0.0),
        "intensity": np.where(identified, intensity, 0.0),
        "spectra": np.where(identified, spectra, 0).astype(float),
    }


def combined_protein(proteome: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """FragPipe's `combined_protein.tsv` of a search, with the columns of FragPipe in their order.

    Proteins that no sample showed are left out, as FragPipe does.
    """
    seen = reading.intensity.gt(0).any(axis=1)
    facts = proteome[seen]
    spectra = reading.spectra[seen].astype(int)
    best = np.log2(reading.intensity[seen].max(axis=1))
    table = _facts(facts, best, spectra.sum(axis=1))
    samples = sorted(reading.maxlfq.columns)
    parts = [
        ("Spectral Count", spectra),
        ("Unique Spectral Count", spectra),
        ("Total Spectral Count", spectra),
        # FragPipe writes single precision
        ("Intensity", reading.intensity[seen].astype(np.float32)),
        ("MaxLFQ Intensity", reading.maxlfq[seen].astype(np.float32)),
    ]
    blocks = [values[samples].add_suffix(f" {name}") for name, values in parts]
    table = pd.concat([table, *blocks], axis=1)
    table["Indistinguishable Proteins"] = ""
    return table.sort_values("Protein").reset_index(drop=True)


def _facts(facts: pd.DataFrame, best_log2: pd.Series, spectra: pd.Series) -> pd.DataFrame:
    prefix = np.where(facts["tagged"], "contam_sp|", "sp|")
    # FN1 (2,386 residues) has 173 peptides in six niches, VEGFA 4: both length and amount limit
    peptides = 1 + np.minimum(facts["length"] / 13, 2.5 * 2 ** (0.45 * (best_log2 - 16))).round().astype(int)
    organism = facts["organism"].where(facts["tagged"], facts["organism"] + " OX=9606")
    return pd.DataFrame(
        {
            "Protein": prefix + facts.index + "|" + facts["entry_name"],
            "Protein ID": facts.index,
            "Entry Name": facts["entry_name"],
            "Gene": facts["gene"],
            "Protein Length": facts["length"],
            "Organism": organism,
            "Protein Existence": "1:Experimental evidence at protein level",
            "Description": facts["name"],
            "Protein Probability": np.where(peptides > 2, 1.0, 0.9924),
            "Top Peptide Probability": 0.999,
            "Combined Total Peptides": peptides,
            "Combined Spectral Count": spectra,
            "Combined Unique Spectral Count": spectra,
            "Combined Total Spectral Count": spectra,
        },
        index=facts.index,
    )
