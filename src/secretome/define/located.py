"""Category of a protein from its UniProt entry, where the curated annotation has none."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Texts of UniProt name the evidence in braces and the isoform in brackets.
_REMARK = re.compile(r"\{[^}]*\}|\[[^\]]*\]:|Note=.*$")
_INSIDE = ("cytoplasm", "nucleus", "mitochondri", "cytosol", "cytoskeleton", "peroxisome", "chromosome")


def located(proteins: pd.DataFrame, entries: pd.DataFrame) -> NDArray[np.object_]:
    """Category (n,) of each protein by signal peptide, membrane and location; empty where unknown.

    Parameters
    ----------
    proteins
        Index = leading accession.
    entries
        Reviewed entries by accession (`knowledge.update.entries`).

    Examples
    --------
    >>> entry = {"Signal peptide": "SIGNAL 1..17", "Transmembrane": "", "Lipidation": "",
    ...     "Subcellular location [CC]": "SUBCELLULAR LOCATION: Secreted."}
    >>> located(pd.DataFrame(index=["P1", "P2"]), pd.DataFrame([entry], index=["P1"])).tolist()
    ['secreted', '']
    """
    known = {
        str(accession): category_of(signal, membrane, lipid, place)
        for accession, signal, membrane, lipid, place in zip(
            entries.index,
            entries["Signal peptide"],
            entries["Transmembrane"],
            entries["Lipidation"],
            entries["Subcellular location [CC]"],
            strict=True,
        )
    }
    names = [re.sub(r"-\d+$", "", str(name)) for name in proteins.index]
    return np.array([known.get(name, "") for name in names], dtype=object)


def category_of(signal: str, membrane: str, lipid: str, place: str) -> str:
    """The category that one entry speaks for, by fixed rules; empty when it says too little.

    A signal peptide without a membrane part makes `secreted` (`matrix`, `lysosomal`, `er_resident` by location);
    a membrane part makes `surface`, `golgi` or `inside` by location; without either, the inside of the cell makes
    `inside`, and `Secreted` beside it `unconventional`: one word does not make a leaderless protein secreted.
    """
    words = _REMARK.sub(" ", place).removeprefix("SUBCELLULAR LOCATION:").lower()
    secreted = "secreted" in words or "extracellular" in words
    if membrane or "gpi-anchor" in lipid.lower():
        if "cell membrane" in words or "cell surface" in words or "gpi-anchor" in words:
            return "surface"
        return "golgi" if "golgi" in words else "inside" if words.strip() else ""
    if signal:
        if "extracellular matrix" in words or "basement membrane" in words:
            return "matrix"
        if not secreted and "lysosome" in words:
            return "lysosomal"
        return "er_resident" if not secreted and "endoplasmic reticulum" in words else "secreted"
    if any(part in words for part in _INSIDE):
        return "unconventional" if secreted else "inside"
    return ""
