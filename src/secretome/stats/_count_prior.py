"""Moderation by a prior variance that falls with the number of peptides behind a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import as_vector
from secretome.stats._count_trend import CountTrend, typical_log_variance
from secretome.stats._f_distribution import log_shift
from secretome.stats._moderate import RowTests, t_tail
from secretome.stats._row_fit import RowFit

_STEPS_PER_DF = 10  # the grid of prior degrees of freedom, as the reference


def moderate_by_count(fit: RowFit, count: ArrayLike, *, trend: CountTrend = "reciprocal") -> RowTests:
    """Moderated t tests, the prior variance a curve over the number of peptides.

    Parameters
    ----------
    fit
        n rows with c coefficients, from `fit_rows` or `contrast_rows`.
    count
        (n,) peptides or spectra behind each row, at least 1.
    trend
        `reciprocal`: a + b / count, least squares of s^2; `loess` and `spline`: smooth curves of
        ln s^2 over log2 count.

    Returns
    -------
    RowTests
        `prior` is `"count"`.

    Raises
    ------
    InvalidArray
        A count is missing or below 1, or there is not one per row.
    NotEstimable
        Fewer than 3 rows have residual degrees of freedom, the fitted prior variance is not positive,
        or a smooth curve has fewer than 4 different counts.

    Notes
    -----
    c(count) is the curve of ln s_g^2 through the rows with residual degrees of freedom;
    ln s0_g^2 = c + L(d_g/2) - L(d0/2), L(x) = ln x - digamma(x); d0 on a grid of 0.1 is where
    trigamma(d0/2) meets the mean of (ln s_g^2 - c)^2 - trigamma(d_g/2), at most the number of
    rows. t on d_g + d0 degrees of freedom.
    Reference: DEqMS 1.25.0 `spectraCounteBayes`: d0 exact; prior variance 1e-4 for `nls`, 5 % for
    `loess` (R interpolates its local fits; 1.4 % seen) and for `spline` (3e-4 seen).

    References
    ----------
    Zhu et al. 2020, doi 10.1074/mcp.TIR119.001646.

    Examples
    --------
    >>> from secretome.stats.linear import fit_rows
    >>> generator = np.random.default_rng(1)
    >>> count = generator.integers(1, 9, 200)
    >>> fit = fit_rows(generator.normal(size=(200, 6)) / np.sqrt(count)[:, None], np.ones((6, 1)))
    >>> prior = moderate_by_count(fit, count).s2_prior
    >>> bool(prior[count == 1].min() > prior[count == 8].max())
    True
    """
    counts = as_vector(count, fit.sigma.size, name="count")
    if not (counts >= 1).all():
        row = int(np.flatnonzero(~(counts >= 1))[0])
        raise InvalidArray(f"count[{row}] is {counts[row]:g}; expected at least 1")
    usable = (fit.df_residual > 0) & (fit.sigma > 0)
    if int(usable.sum()) < 3:
        raise NotEstimable(f"{int(usable.sum())} rows have residual variance; a prior by count needs 3")
    log_variance = 2 * np.log(fit.sigma[usable])
    typical = typical_log_variance(log_variance, counts[usable], counts, trend)
    df = fit.df_residual[usable]
    misfit = (log_variance - typical[usable]) ** 2
    df_prior = _grid_df(float(np.mean(misfit - special.polygamma(1, df / 2))), int(usable.sum()))
    own = np.where(
        fit.df_residual > 0, log_shift(np.where(fit.df_residual > 0, fit.df_residual, np.inf) / 2), 0
    )
    s2_prior = np.exp(typical + own - log_shift(df_prior / 2))
    observed = np.where(fit.df_residual > 0, fit.sigma**2, 0.0)
    s2_post = (df_prior * s2_prior + fit.df_residual * observed) / (df_prior + fit.df_residual)
    df_total = fit.df_residual + df_prior
    standard_error = fit.unscaled_sd * np.sqrt(s2_post)[:, None]
    t = fit.coefficients / standard_error
    return RowTests(
        coefficients=fit.coefficients,
        standard_error=standard_error,
        t=t,
        p_value=2 * t_tail(np.abs(t), df_total[:, None]),
        df_prior=np.full(counts.size, df_prior),
        s2_prior=s2_prior,
        s2_post=s2_post,
        df_total=df_total,
        prior="count",
    )


def _grid_df(excess: float, most: int) -> float:
    grid = np.arange(1, most * _STEPS_PER_DF + 1) / _STEPS_PER_DF
    return float(grid[np.argmin(np.abs(excess - special.polygamma(1, grid / 2)))])
