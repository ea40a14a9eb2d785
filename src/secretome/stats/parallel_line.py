"""Parallel-line assays: potency ratio with Fieller limits and the analysis of variance that validates it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats as distributions

from secretome.errors import NotEstimable
from secretome.stats._parallel_line_design import Assay, Codes, Floats, Layout


@dataclass(frozen=True)
class ValidityTable:
    """The analysis of variance of an assay.

    Parameters
    ----------
    term
        `preparations`, `regression`, `non-parallelism`, `non-linearity`, `non-linearity of <preparation>`,
        `treatments`, `blocks` or `rows` and `columns`, `residual`, `total`.
    df, sum_of_squares, mean_square, f, p_value
        F against the residual; NaN where there is none.
    """

    term: tuple[str, ...]
    df: Floats
    sum_of_squares: Floats
    mean_square: Floats
    f: Floats
    p_value: Floats

    def row(self, term: str) -> tuple[float, float, float, float, float]:
        """df, sum of squares, mean square, F and p of one term."""
        at = self.term.index(term)
        columns = (self.df, self.sum_of_squares, self.mean_square, self.f, self.p_value)
        df, ss, ms, f, p = (float(column[at]) for column in columns)
        return df, ss, ms, f, p


@dataclass(frozen=True)
class ParallelLine:
    """Potency of each test preparation relative to the reference.

    Parameters
    ----------
    reference, preparations
        The reference, and the (k,) test preparations in sorted order.
    log_ratio, ratio, lower, upper
        (k,) natural logarithm of the potency ratio, the ratio, its limits; infinite when the slope
        does not differ from zero (g >= 1).
    slope
        Common, per natural-log dose.
    residual_variance, df
        Of the model with every treatment its own mean: pure error.
    correlation
        Multiple correlation of the response with blocks and parallel lines.
    g
        Fieller's g; a precise slope has g near 0.
    slope_ratio, slope_ratio_lower, slope_ratio_upper
        (k,) slope of each test over that of the reference, fitted freely, with Fieller limits of `slope_level`.
    validity
        The analysis of variance.
    layout, complete
        How the plate was laid out, and whether every treatment has its place in every block.
    """

    reference: str
    preparations: tuple[str, ...]
    log_ratio: Floats
    ratio: Floats
    lower: Floats
    upper: Floats
    standard_error: Floats
    slope: float
    residual_variance: float
    df: float
    correlation: float
    g: float
    slope_ratio: Floats
    slope_ratio_lower: Floats
    slope_ratio_upper: Floats
    slope_level: float
    confidence: float
    validity: ValidityTable
    layout: Layout
    complete: bool


def fit(
    dose: ArrayLike,
    response: ArrayLike,
    preparation: ArrayLike,
    *,
    reference: str,
    block: ArrayLike | None = None,
    row: ArrayLike | None = None,
    column: ArrayLike | None = None,
    confidence: float = 0.95,
    slope_level: float = 0.90,
) -> ParallelLine:
    """Potency ratios of a parallel-line assay with Fieller limits and validity tests.

    Parameters
    ----------
    dose
        (n,) positive; doses of a test are those that its assumed potency gives.
    response
        (n,), transformed by the caller where the assay asks for it (logarithm, square root).
    preparation
        (n,) labels.
    reference
        The label that potency is relative to.
    block
        (n,) labels of randomised blocks.
    row, column
        (n,) labels of a Latin square; both or none.
    confidence, slope_level
        Of the limits of the potency ratio, and of the ratio of slopes (0.90 for a test of equivalence).

    Raises
    ------
    InvalidArray
        If lengths differ, a number is missing or not positive, the reference is absent, a Latin
        square has a cell twice or a treatment twice in a row or column, or blocks and squares are mixed.
    NotEstimable
        If a preparation has a single dose, no treatment is repeated, or residual error is zero.

    Notes
    -----
    Model: response = block + preparation + slope ln(dose); log ratio = (a_test - a_reference) / slope.
    Its limits solve Fieller's quadratic with the pure-error variance, t on the residual df.
    With missing cells the terms are sequential sums of squares: blocks, preparations, regression,
    non-parallelism, non-linearity.

    References
    ----------
    European Pharmacopoeia 5.3, section 3.2; worked examples 5.1.1 to 5.1.4 to the printed digit.
    Fieller E. C. (1954) J. R. Stat. Soc. B 16:175, doi:10.1111/j.2517-6161.1954.tb00159.x.
    Reference implementation: base R `lm` with Fieller limits, ratio to 1e-6, limits to 0.1 % of the estimate.

    Examples
    --------
    >>> dose = [1, 2, 4] * 4
    >>> response = [10, 14, 18.2, 10.2, 13.8, 18, 12.1, 15.9, 20.2, 11.9, 16.1, 19.8]
    >>> found = fit(dose, response, ["R"] * 6 + ["T"] * 6, reference="R")
    >>> round(float(found.ratio[0]), 3), round(float(found.lower[0]), 3), round(float(found.upper[0]), 3)
    (1.406, 1.346, 1.47)
    """
    assay = Assay.checked(dose, response, preparation, reference, block, row, column)
    steps = _steps(assay)
    residual = steps["treatments"]
    if residual.df <= 0:
        raise NotEstimable("no treatment is repeated: the assay has no residual error; add replicates")
    if residual.rss <= 1e-24 * float(assay.response @ assay.response):
        raise NotEstimable("the residual error is zero: replicates are identical; were values copied?")
    variance = residual.rss / residual.df
    parallel = steps["regression"]
    ratios = _fieller(assay, parallel, variance, residual.df, confidence)
    slopes = _slope_ratios(assay, steps["non-parallelism"], variance, residual.df, slope_level)
    return ParallelLine(
        reference=reference,
        preparations=assay.names[1:],
        slope=float(parallel.coefficients[-1]),
        residual_variance=float(variance),
        df=float(residual.df),
        correlation=float(np.sqrt(max(0.0, 1 - parallel.rss / steps["mean"].rss))),
        confidence=confidence,
        validity=_validity(assay, steps),
        layout=assay.layout,
        complete=assay.complete,
        slope_level=slope_level,
        slope_ratio=slopes[0],
        slope_ratio_lower=slopes[1],
        slope_ratio_upper=slopes[2],
        **ratios,  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class _Step:
    """Least squares of one model in the sequence."""

    coefficients: Floats
    unscaled: Floats
    rss: float
    df: float


def _dummies(codes: Codes) -> Floats:
    dummies: Floats = (codes[:, None] == np.arange(1, int(codes.max()) + 1)).astype(np.float64)
    return dummies


def _steps(assay: Assay) -> dict[str, _Step]:
    """The nested models: mean, blocks, preparations, regression, own slopes, own means."""
    n = assay.response.size
    preparation, dose = _dummies(assay.code), assay.log_dose[:, None] - assay.log_dose.mean()
    base = np.hstack([np.ones((n, 1)), *(_dummies(codes) for codes in assay.blocks)])
    with_preparation = np.hstack([base, preparation])
    parallel = np.hstack([with_preparation, dose])
    models = {"mean": np.ones((n, 1))}
    for position in range(len(assay.blocks)):
        models[f"block {position}"] = np.hstack(
            [np.ones((n, 1)), *(_dummies(codes) for codes in assay.blocks[: position + 1])]
        )
    models |= {
        "blocks": base,
        "preparations": with_preparation,
        "regression": parallel,
        "non-parallelism": np.hstack([parallel, preparation * dose]),
        "treatments": np.hstack([base, _dummies(assay.cell)]),
    }
    return {name: _least_squares(design, assay.response) for name, design in models.items()}


def _least_squares(design: Floats, response: Floats) -> _Step:
    coefficients, _, rank, _ = np.linalg.lstsq(design, response, rcond=None)
    residual = response - design @ coefficients
    unscaled = np.linalg.pinv(design.T @ design)
    return _Step(
        np.asarray(coefficients, float),
        np.asarray(unscaled, float),
        float(residual @ residual),
        float(response.size - rank),
    )


def _fieller(
    assay: Assay, parallel: _Step, variance: float, df: float, confidence: float
) -> dict[str, Floats | float]:
    tests = len(assay.names) - 1
    at = np.arange(parallel.coefficients.size - 1 - tests, parallel.coefficients.size - 1)
    v = parallel.unscaled * variance
    slope, slope_variance = float(parallel.coefficients[-1]), float(v[-1, -1])
    log_ratio = parallel.coefficients[at] / slope
    own, shared = np.diag(v)[at], v[at, -1]
    standard_error = np.sqrt(own - 2 * log_ratio * shared + log_ratio**2 * slope_variance) / abs(slope)
    t = float(distributions.t.ppf((1 + confidence) / 2, df))
    g = t**2 * slope_variance / slope**2
    if g >= 1:
        lower, upper = np.zeros(tests), np.full(tests, np.inf)
    else:
        centre = (log_ratio - g * shared / slope_variance) / (1 - g)
        inner = own - 2 * log_ratio * shared + log_ratio**2 * slope_variance
        inner = inner - g * (own - shared**2 / slope_variance)
        half = t / (abs(slope) * (1 - g)) * np.sqrt(np.maximum(inner, 0))
        lower, upper = np.exp(centre - half), np.exp(centre + half)
    return {
        "log_ratio": log_ratio,
        "ratio": np.exp(log_ratio),
        "lower": lower,
        "upper": upper,
        "standard_error": standard_error,
        "g": float(g),
    }


def _slope_ratios(
    assay: Assay, free: _Step, variance: float, df: float, level: float
) -> tuple[Floats, Floats, Floats]:
    """Slope of each test over that of the reference with Fieller limits; unbounded when the reference is flat."""
    tests = len(assay.names) - 1
    t = float(distributions.t.ppf((1 + level) / 2, df))
    at = np.arange(free.coefficients.size - tests, free.coefficients.size)
    base = at[0] - 1
    bottom, extra = float(free.coefficients[base]), free.coefficients[at]
    v = free.unscaled * variance
    top = bottom + extra
    top_variance = v[base, base] + 2 * v[at, base] + np.diag(v)[at]
    shared = v[base, base] + v[at, base]
    a = bottom**2 - t**2 * v[base, base]
    b = top * bottom - t**2 * shared
    root = np.sqrt(np.maximum(b**2 - a * (top**2 - t**2 * top_variance), 0))
    if a <= 0:
        return top / bottom, np.full(tests, -np.inf), np.full(tests, np.inf)
    return top / bottom, (b - root) / a, (b + root) / a


def _validity(assay: Assay, steps: dict[str, _Step]) -> ValidityTable:
    pairs = {
        "preparations": ("blocks", "preparations"),
        "regression": ("preparations", "regression"),
        "non-parallelism": ("regression", "non-parallelism"),
        "non-linearity": ("non-parallelism", "treatments"),
        "treatments": ("blocks", "treatments"),
    }
    rows = [_between(name, steps[before], steps[after]) for name, (before, after) in pairs.items()]
    rows[4:4] = _curvatures(assay)
    words = {0: [], 1: ["blocks"], 2: ["rows", "columns"]}[len(assay.blocks)]
    previous = "mean"
    for position, word in enumerate(words):
        rows.append(_between(word, steps[previous], steps[f"block {position}"]))
        previous = f"block {position}"
    residual, mean = steps["treatments"], steps["mean"]
    rows += [("residual", residual.df, residual.rss), ("total", mean.df, mean.rss)]
    df = np.array([row[1] for row in rows])
    ss = np.array([row[2] for row in rows])
    mean_square = np.divide(ss, df, out=np.full(df.size, np.nan), where=df > 0)
    f = mean_square / (residual.rss / residual.df)
    f[-2:] = np.nan
    p = distributions.f.sf(f, np.where(df > 0, df, np.nan), residual.df)
    return ValidityTable(tuple(row[0] for row in rows), df, ss, mean_square, f, np.asarray(p))


def _between(name: str, before: _Step, after: _Step) -> tuple[str, float, float]:
    return name, before.df - after.df, max(before.rss - after.rss, 0.0) if before.df > after.df else 0.0


def _curvatures(assay: Assay) -> list[tuple[str, float, float]]:
    """Deviation from its own line of each preparation's dose means, without regard to blocks."""
    rows = []
    for position, name in enumerate(assay.names):
        mine = assay.code == position
        response, dose = assay.response[mine], assay.log_dose[mine]
        line = _least_squares(np.column_stack([np.ones(mine.sum()), dose - dose.mean()]), response)
        cells = np.unique(assay.cell[mine], return_inverse=True)[1].astype(np.intp)
        means = _least_squares(np.hstack([np.ones((mine.sum(), 1)), _dummies(cells)]), response)
        rows.append(_between(f"non-linearity of {name}", line, means))
    return rows
