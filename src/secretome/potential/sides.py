"""Which samples are compared with which: groups against the others, contrasts of the design, chosen columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.errors import InvalidContrast
from secretome.expression import terms

OTHERS = "the others"


@dataclass(frozen=True)
class Comparison:
    """One question: the samples of a level against those of one or several others.

    Parameters
    ----------
    name
        Of the contrast, or `level against the others`.
    column
        Of the sample table.
    left, right
        Words for the two sides.
    left_samples, right_samples
        (s,) which samples stand on each side.
    right_group
        (s,) level of each sample: several levels on the right count alike.
    stratum
        (s,) levels of the other variables of the design: donors are paired within them.
    """

    name: str
    column: str
    left: str
    right: str
    left_samples: NDArray[np.bool_]
    right_samples: NDArray[np.bool_]
    right_group: NDArray[np.str_]
    stratum: NDArray[np.str_]


def comparisons(
    samples: pd.DataFrame, grouping: str, columns: Sequence[str], design: Design | None
) -> tuple[list[Comparison], list[str]]:
    """Every comparison of these samples, and what could not be compared, in words.

    Parameters
    ----------
    samples
        Rows of the sample table, in the order of the profile.
    grouping
        Column whose levels have a profile each; empty for none.
    columns
        Further columns whose levels are compared.
    design
        With contrasts between two levels of one column; others are left to `vary`.
    """
    found: list[Comparison] = []
    for column in dict.fromkeys([grouping, *columns]):
        if column:
            found += _against_others(samples, column, design)
    notes = []
    for name, expression in (design.contrasts if design else {}).items():
        pair = _two_levels(expression)
        if pair is None or pair[0] not in samples:
            notes.append(
                f"Contrast {name} is no difference of two levels of one column: see vary for its proteins."
            )
            continue
        column, left, right = pair
        made = _pair(samples, name, column, left, right, design)
        if made is None:
            notes.append(f"Contrast {name}: no sample of {left} or of {right} in this profile.")
        else:
            found.append(made)
    return found, notes


def _against_others(samples: pd.DataFrame, column: str, design: Design | None) -> list[Comparison]:
    levels = texts(samples, column)
    distinct = sorted(set(levels.tolist()) - {""})
    if len(distinct) < 2:
        return []
    stratum = _strata(samples, column, design)
    if len(distinct) == 2:
        left, right = distinct
        name = f"{left} against {right}"
        return [_made(name, column, left, right, levels == left, levels == right, levels, stratum)]
    return [
        _made(
            f"{level} against {OTHERS}",
            column,
            level,
            OTHERS,
            levels == level,
            (levels != level) & (levels != ""),
            levels,
            stratum,
        )
        for level in distinct
    ]


def _pair(
    samples: pd.DataFrame, name: str, column: str, left: str, right: str, design: Design | None
) -> Comparison | None:
    levels = texts(samples, column)
    on_left, on_right = levels == left, levels == right
    if not on_left.any() or not on_right.any():
        return None
    stratum = _strata(samples, column, design)
    return _made(name, column, left, right, on_left, on_right, levels, stratum)


def _strata(samples: pd.DataFrame, column: str, design: Design | None) -> NDArray[np.str_]:
    """Levels of the other variables of the design, joined."""
    others = [one for one in (design.variables if design else ()) if one != column and one in samples]
    stratum = np.full(len(samples), "", dtype=object)
    for other in others:
        stratum = stratum + "\x1f" + texts(samples, other).astype(object)
    return stratum.astype(str)


def _made(
    name: str,
    column: str,
    left: str,
    right: str,
    on_left: NDArray[np.bool_],
    on_right: NDArray[np.bool_],
    levels: NDArray[np.str_],
    stratum: NDArray[np.str_],
) -> Comparison:
    """Like is compared with like: strata that one side lacks are left out, unless no stratum is shared."""
    both = sorted(set(stratum[on_left]) & set(stratum[on_right]))
    alike = np.isin(stratum, both) if both else np.ones(len(stratum), dtype=bool)
    return Comparison(name, column, left, right, on_left & alike, on_right & alike, levels, stratum)


def _two_levels(expression: str) -> tuple[str, str, str] | None:
    """Column, left and right level of `factor[a] - factor[b]`, else None."""
    try:
        found = terms(expression)
    except InvalidContrast:
        return None
    signs: Mapping[float, object] = {term.weight: term for term in found}
    if len(found) != 2 or set(signs) != {1.0, -1.0} or any(len(term.places) != 1 for term in found):
        return None
    left, right = (next(t.places[0] for t in found if t.weight == sign) for sign in (1.0, -1.0))
    if left.factor != right.factor or left.level is None or right.level is None:
        return None
    return left.factor, left.level, right.level


def texts(samples: pd.DataFrame, column: str) -> NDArray[np.str_]:
    """The cells of a column as text; a gap is empty."""
    return np.array(["" if pd.isna(cell) else str(cell).strip() for cell in samples[column]], dtype=str)
