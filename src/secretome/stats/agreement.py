"""Agreement of two readers beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray


@dataclass(frozen=True)
class Agreement:
    """Raw agreement and Cohen's kappa.

    Parameters
    ----------
    n
        Items that both judged.
    raw
        Share on which both said the same; NaN without items.
    kappa
        Agreement beyond chance; NaN when chance alone would agree on everything.
    standard_error
        Large-sample standard error of kappa.
    lower, upper
        95 % interval of kappa, cut at -1 and 1.
    """

    n: int
    raw: float
    kappa: float
    standard_error: float
    lower: float
    upper: float


def cohen_kappa(counts: ArrayLike) -> Agreement:
    """Kappa of a square table of counts.

    Parameters
    ----------
    counts : (c, c)
        `counts[i, j]`: items that the first reader put into category i and the second into j.

    Raises
    ------
    InvalidArray
        If the table is not square or holds negative numbers.

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e); the standard error is that of the large-sample distribution with
    kappa not zero. Equal to `statsmodels.stats.inter_rater.cohens_kappa` to 1e-12.

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323, doi 10.1037/h0028106.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]).kappa, 3)
    0.4
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any():
        raise InvalidArray(f"counts of shape {table.shape}: expected a square table without negative numbers")
    n = float(table.sum())
    if n == 0:
        return Agreement(0, *([math.nan] * 5))
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1:
        return Agreement(int(n), observed, *([math.nan] * 4))
    kappa = (observed - expected) / (1 - expected)
    share = columns[:, None] + rows[None, :]
    diagonal = np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2
    off = p * share**2 * (1 - np.eye(len(p)))
    variance = diagonal.sum() + (1 - kappa) ** 2 * off.sum() - (kappa - expected * (1 - kappa)) ** 2
    error = math.sqrt(max(float(variance), 0.0) / n) / (1 - expected)
    return Agreement(
        int(n),
        observed,
        kappa,
        error,
        max(kappa - 1.959964 * error, -1.0),
        min(kappa + 1.959964 * error, 1.0),
    )
