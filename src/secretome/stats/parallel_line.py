"""Parallel-line assays: potency ratio with Fieller limits and the analysis of variance that validates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as distributions

from secretome.errors import InvalidArray, NotEstimable, near_misses

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Layout = Literal["completely randomised", "randomised blocks", "latin square"]


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
    assay = _Assay.checked(dose, response, preparation, reference, block, row, column)
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


@dataclass(frozen=True)
class _Assay:
    log_dose: Floats
    response: Floats
    code: Codes  # 0 is the reference
    names: tuple[str, ...]
    cell: Codes  # preparation and dose together
    blocks: tuple[Codes, ...]
    layout: Layout
    complete: bool

    @classmethod
    def checked(
        cls,
        dose: ArrayLike,
        response: ArrayLike,
        preparation: ArrayLike,
        reference: str,
        block: ArrayLike | None,
        row: ArrayLike | None,
        column: ArrayLike | None,
    ) -> _Assay:
        doses, responses = np.asarray(dose, dtype=float), np.asarray(response, dtype=float)
        labels = np.asarray(preparation).astype(str)
        if doses.ndim != 1 or not doses.shape == responses.shape == labels.shape or doses.size == 0:
            shapes = f"{doses.shape}, {responses.shape}, {labels.shape}"
            raise InvalidArray(f"dose, response and preparation have shapes {shapes}; expected one length")
        if not np.isfinite(responses).all():
            raise InvalidArray(f"{(~np.isfinite(responses)).sum()} responses are missing or infinite")
        if not (np.isfinite(doses) & (doses > 0)).all():
            raise InvalidArray("a dose is missing, zero or negative; lines need positive doses")
        names = [str(name) for name in np.unique(labels)]
        if reference not in names:
            raise InvalidArray(f"no preparation is called {reference!r}{near_misses(reference, names)}")
        if len(names) < 2:
            raise NotEstimable(f"only {reference!r} was measured: there is no test preparation")
        names = [reference, *(name for name in names if name != reference)]
        code = np.array([names.index(label) for label in labels], dtype=np.intp)
        for position, name in enumerate(names):
            if np.unique(doses[code == position]).size < 2:
                raise NotEstimable(f"preparation {name!r} has a single dose: a line needs at least two")
        levels = np.unique(doses, return_inverse=True)[1]
        cell = np.unique(code * (levels.max() + 1) + levels, return_inverse=True)[1].astype(np.intp)
        blocks, layout, complete = _layout(cell, doses.size, block, row, column)
        return cls(np.log(doses), responses, code, tuple(names), cell, blocks, layout, complete)


def _layout(
    cell: Codes, n: int, block: ArrayLike | None, row: ArrayLike | None, column: ArrayLike | None
) -> tuple[tuple[Codes, ...], Layout, bool]:
    if (row is None) != (column is None):
        raise InvalidArray("a Latin square needs both row and column")
    if row is not None and block is not None:
        raise InvalidArray("give blocks, or rows and columns, not all of them")
    counts = np.bincount(cell)
    if block is None and row is None:
        return (), "completely randomised", bool((counts == counts[0]).all())
    if block is not None:
        codes = _codes(block, n, "block")
        if codes.max() == 0:
            raise InvalidArray("there is a single block; leave the blocks out")
        crossed = np.zeros((codes.max() + 1, counts.size), dtype=int)
        np.add.at(crossed, (codes, cell), 1)
        return (codes,), "randomised blocks", bool((crossed == crossed[0, 0]).all())
    rows, columns = _codes(row, n, "row"), _codes(column, n, "column")  # type: ignore[arg-type]
    grid = np.zeros((rows.max() + 1, columns.max() + 1), dtype=int)
    np.add.at(grid, (rows, columns), 1)
    if grid.max() > 1:
        at = np.argwhere(grid > 1)[0]
        raise InvalidArray(
            f"row {at[0] + 1}, column {at[1] + 1} of the Latin square holds {grid.max()} values; expected one"
        )
    for words, codes in (("row", rows), ("column", columns)):
        crossed = np.zeros((codes.max() + 1, counts.size), dtype=int)
        np.add.at(crossed, (codes, cell), 1)
        if crossed.max() > 1:
            at = np.argwhere(crossed > 1)[0]
            raise InvalidArray(
                f"a treatment stands {crossed.max()} times in {words} {at[0] + 1}: no Latin square"
            )
    size = counts.size
    return (rows, columns), "latin square", bool(grid.shape == (size, size) and (grid == 1).all())


def _codes(labels: ArrayLike, n: int, name: str) -> Codes:
    values = np.asarray(labels).astype(str)
    if values.shape != (n,):
        raise InvalidArray(f"{name} has shape {values.shape}; expected ({n},)")
    return np.unique(values, return_inverse=True)[1].astype(np.intp)


def _dummies(codes: Codes) -> Floats:
    dummies: Floats = (codes[:, None] == np.arange(1, int(codes.max()) + 1)).astype(np.float64)
    return dummies


def _steps(assay: _Assay) -> dict[str, _Step]:
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
    assay: _Assay, parallel: _Step, variance: float, df: float, confidence: float
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
    assay: _Assay, free: _Step, variance: float, df: float, level: float
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


def _validity(assay: _Assay, steps: dict[str, _Step]) -> ValidityTable:
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


def _curvatures(assay: _Assay) -> list[tuple[str, float, float]]:
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
