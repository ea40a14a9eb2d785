"""Over-representation of sets among hits, against the background that could have been hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from secretome.errors import InvalidArray
from secretome.stats._arrays import Floats, Ints
from secretome.stats._gene_sets import Sets, adjusted


@dataclass(frozen=True)
class OverRepresentation:
    """Hypergeometric tests of s sets, in the order given.

    `name`, `n` (s,) members in the background, `n_outside` (s,) members that are not and were left out,
    `n_hits` (s,) hits among them, `expected` (s,), `fold` (s,) observed over expected, `log2_odds`, `lower`, `upper` (s,)
    odds ratio with one half added to each cell, `p_value` (s,) of as many hits or more, `fdr` (s,); NaN for a set
    without members in the background. `n_background` and `all_hits` are the margins.
    """

    name: tuple[str, ...]
    n: Ints
    n_outside: Ints
    n_hits: Ints
    expected: Floats
    fold: Floats
    log2_odds: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    fdr: Floats
    n_background: int
    all_hits: int


def over_representation(
    hits: ArrayLike, background: ArrayLike, sets: Sets, *, level: float = 0.95
) -> OverRepresentation:
    """Whether hits fall into sets more often than the background does.

    Parameters
    ----------
    hits
        indices of the rows that were hit, all in the background.
    background
        indices of the rows that could have been hit: what was detectable, not the genome.
    sets
        name -> row indices; members outside the background do not count.
    level
        of the interval of the odds ratio.

    Returns
    -------
    OverRepresentation
        One entry per set.

    Raises
    ------
    InvalidArray
        A hit is not in the background, an index stands twice or is no whole number, the background or the sets
        are empty, or the level is not between 0 and 1.

    Notes
    -----
    P(X >= k), X hypergeometric with the sizes of background, set and hits. Reference: `scipy.stats.hypergeom`, R `phyper`.

    References
    ----------
    Rivals et al. 2007, doi 10.1093/bioinformatics/btl633. Odds: Gart and Zweifel 1967, doi 10.1093/biomet/54.1-2.181.

    Examples
    --------
    >>> found = over_representation([0, 1, 2], range(20), {"a": [0, 1, 2, 3], "b": [10, 99]})
    >>> found.n_hits, found.p_value.round(4), found.n_outside
    (array([3, 0]), array([0.0035, 1.    ]), array([0, 1]))
    """
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    if not sets:
        raise InvalidArray("sets is empty; expected at least one name with row indices")
    universe, found = _indices(background, "background"), _indices(hits, "hits")
    if universe.size == 0:
        raise InvalidArray("background is empty; expected every row that could have been hit")
    strangers = found[~np.isin(found, universe)]
    if strangers.size:
        raise InvalidArray(
            f"hit {strangers[0]} is not in the background ({strangers.size} such); a hit must have been detectable"
        )
    members = [_indices(rows, f"set {name!r}") for name, rows in sets.items()]
    inside = [rows[np.isin(rows, universe)] for rows in members]
    n = np.array([rows.size for rows in inside], dtype=np.intp)
    k = np.array([np.isin(rows, found).sum() for rows in inside], dtype=np.intp)
    known = n > 0
    expected = np.where(known, n * found.size / universe.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        fold = k / expected
    table = np.array([k, found.size - k, n - k, universe.size - n - found.size + k]) + 0.5
    log_odds = np.where(known, np.log(table[0] * table[3] / (table[1] * table[2])), np.nan)
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt((1 / table).sum(axis=0))
    p_value = np.where(known, stats.hypergeom.sf(k - 1, universe.size, np.maximum(n, 1), found.size), np.nan)
    return OverRepresentation(
        name=tuple(sets),
        n=n,
        n_outside=np.array([rows.size for rows in members], dtype=np.intp) - n,
        n_hits=k,
        expected=expected,
        fold=fold,
        log2_odds=log_odds / np.log(2),
        lower=(log_odds - half) / np.log(2),
        upper=(log_odds + half) / np.log(2),
        p_value=p_value,
        fdr=adjusted(p_value),
        n_background=universe.size,
        all_hits=found.size,
    )


def _indices(rows: ArrayLike, name: str) -> Ints:
    values = np.asarray(rows)
    if values.size == 0:
        return np.zeros(0, dtype=np.intp)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise InvalidArray(
            f"{name}: expected a list of row numbers, found {values.dtype} of shape {values.shape}"
        )
    if np.unique(values).size != values.size:
        raise InvalidArray(f"{name}: a row stands there twice")
    return values.astype(np.intp)
