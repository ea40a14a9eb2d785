"""Which gene an antibody, aptamer or probe stands for, told from names and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import pandas as pd

from secretome.knowledge import table

# as panels write them, where the lists of names do not: our own reading, letters and digits only
_PANEL_NAMES: Mapping[str, str] = {
    "mcp1": "CCL2", "rantes": "CCL5", "eotaxin": "CCL11", "mip1a": "CCL3", "mip1b": "CCL4", "ip10": "CXCL10",
    "mig": "CXCL9", "il8": "CXCL8", "gcsf": "CSF3", "gmcsf": "CSF2", "mcsf": "CSF1", "tnfa": "TNF", "tnfalpha": "TNF",
    "ifng": "IFNG", "ifngamma": "IFNG", "il1ra": "IL1RN", "il1a": "IL1A", "il1b": "IL1B", "vegf": "VEGFA",
    "bngf": "NGF", "fgfb": "FGF2", "bfgf": "FGF2", "fgfbasic": "FGF2", "pge2": "PTGS2", "il2r": "IL2RA",
    "tgfb": "TGFB1", "tgfb1": "TGFB1", "tgfbeta1": "TGFB1", "sdf1a": "CXCL12", "sdf1": "CXCL12", "kgf": "FGF7",
}  # fmt: skip
# names that stand for several genes stay without one
_SEVERAL = frozenset({"fgf", "ifna", "pdgf", "tgf", "il17", "il12", "sdf"})


@cache
def _names() -> Mapping[str, str]:
    symbols = {_plain(gene): str(gene) for gene in table("annotation").frame["gene"]}
    aliases = table("factor_names").frame
    written = {
        _plain(str(name)): str(gene) for name, gene in zip(aliases["name"], aliases["hgnc"], strict=True)
    }
    return {**written, **_PANEL_NAMES, **symbols}


def gene_of(name: str) -> str:
    """Gene of one analyte as a kit or a program writes it; empty when it is not known or not one.

    Examples
    --------
    >>> gene_of("IL-8"), gene_of("TNFa"), gene_of("FGF"), gene_of("hVEGF-A")
    ('CXCL8', 'TNF', '', 'VEGFA')
    """
    plain = _plain(name)
    if plain in _SEVERAL:
        return ""
    return _names().get(plain) or (_names().get(plain[1:], "") if plain.startswith("h") else "")


def genes(frame: pd.DataFrame) -> pd.Series:
    """Gene of each row of a panel: the column `gene` where it is given, else the name of the analyte."""
    found = {name: gene_of(str(name)) for name in frame["analyte"].unique()}
    given = frame["gene"].astype(str)
    return given.where(given != "", frame["analyte"].map(found))


def unnamed(names: Iterable[str]) -> tuple[str, ...]:
    """Analytes without a gene, in order."""
    return tuple(dict.fromkeys(name for name in names if not gene_of(name)))


def _plain(name: str) -> str:
    greek = name.replace("α", "a").replace("β", "b").replace("γ", "g")
    return re.sub(r"[^a-z0-9]", "", greek.lower())
