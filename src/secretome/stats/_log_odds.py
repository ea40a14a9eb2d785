"""Posterior odds that a coefficient is not zero: the B-statistic of limma."""

from __future__ import annotations

import numpy as np
from scipy import special

from secretome.stats._arrays import Floats

_PROPORTION = 0.01  # of coefficients assumed not zero, limma's default
_SD_LIMITS = (0.1, 4.0)  # of a non-zero coefficient, in units of y


def log_odds(t: Floats, unscaled_sd: Floats, df: Floats, s2_prior: Floats) -> tuple[Floats, Floats]:
    """Log odds (n, c) of non-zero coefficients, and the prior variance (c,) of these in units of s2.

    Parameters
    ----------
    t, unscaled_sd
        (n, c) moderated t and unscaled standard deviations.
    df
        (n,) total degrees of freedom.
    s2_prior
        (n,) prior variance.

    Returns
    -------
    pair of arrays
        (n, c) and (c,).

    Notes
    -----
    1 % of the coefficients are taken to be non-zero with variance v0 s2; v0 is the mean over the top half per
    cent of the values that put each |t| at its expected quantile. Reference: limma 3.54.1 `eBayes` (B), 1e-6.

    References
    ----------
    Smyth 2004, doi 10.2202/1544-6115.1027, sections 5 and 6.3.

    Examples
    --------
    >>> odds, _ = log_odds(np.array([[0.1], [9.0]]), np.ones((2, 1)), np.full(2, 8.0), np.ones(2))
    >>> bool(odds[1, 0] > odds[0, 0])
    True
    """
    middle = float(np.nanmedian(s2_prior))
    limits = (_SD_LIMITS[0] ** 2 / middle, _SD_LIMITS[1] ** 2 / middle)
    columns = range(t.shape[1])
    v0 = np.array([_effect_variance(t[:, j], unscaled_sd[:, j], df, limits) for j in columns])
    v0 = np.where(np.isnan(v0), 1 / middle, v0)
    v1 = unscaled_sd**2
    ratio = (v1 + v0) / v1
    with np.errstate(invalid="ignore"):
        squared, freedom = t**2, df[:, None]
        kernel = (1 + freedom) / 2 * np.log((squared + freedom) / (squared / ratio + freedom))
    kernel = np.where(np.isinf(freedom), squared * (1 - 1 / ratio) / 2, kernel)
    return np.log(_PROPORTION / (1 - _PROPORTION)) - np.log(ratio) / 2 + kernel, v0


def _effect_variance(t: Floats, unscaled_sd: Floats, df: Floats, limits: tuple[float, float]) -> float:
    """Prior variance v0 of non-zero coefficients from the largest |t|; NaN when none is usable."""
    known = ~np.isnan(t) & ~np.isnan(df)
    size, v1, freedom = np.abs(t[known]), unscaled_sd[known] ** 2, df[known]
    n = size.size
    n_top = int(np.ceil(_PROPORTION / 2 * n))
    if n_top < 1:
        return float("nan")
    proportion = max(n_top / n, _PROPORTION)
    most = float(freedom.max())
    size = _same_tail(size, freedom, most)
    top = np.argsort(-size, kind="stable")[:n_top]
    null = 2 * _tail(size[top], most)
    share = (np.arange(1, n_top + 1) - 0.5) / n
    target = (share - (1 - proportion) * null) / proportion
    above = target > null
    v0 = np.zeros(n_top)
    expected = _quantile(target[above] / 2, most)
    v0[above] = v1[top][above] * ((size[top][above] / expected) ** 2 - 1)
    return float(np.mean(np.clip(v0, *limits)))


def _same_tail(size: Floats, df: Floats, most: float) -> Floats:
    """|t| with the same tail on `most` degrees of freedom."""
    fewer = df < most
    moved = size.copy()
    tail = np.maximum(special.stdtr(df[fewer], -size[fewer]), 1e-300)
    moved[fewer] = _quantile(tail, most)
    return moved


def _tail(size: Floats, df: float) -> Floats:
    return np.asarray(special.ndtr(-size) if np.isinf(df) else special.stdtr(df, -size), dtype=float)


def _quantile(tail: Floats, df: float) -> Floats:
    """The value above which T stays with probability `tail`."""
    return np.asarray(-special.ndtri(tail) if np.isinf(df) else -special.stdtrit(df, tail), dtype=float)
