"""Names of exported files: those of the assays, as every system takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable


def file_names(assays: Iterable[str]) -> dict[str, str]:
    """Assay to a file name of its own, without an ending.

    Examples
    --------
    >>> file_names(["proteome", "panel/IL", "panel:IL"])
    {'proteome': 'proteome', 'panel/IL': 'panel_IL', 'panel:IL': 'panel_IL_2'}
    """
    names: dict[str, str] = {}
    for assay in assays:
        plain = re.sub(r"[^\w.-]+", "_", assay).strip("._") or "assay"
        chosen, number = plain, 1
        while chosen in names.values():
            number += 1
            chosen = f"{plain}_{number}"
        names[assay] = chosen
    return names
