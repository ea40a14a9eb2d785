"""Local straight lines through many points: the classical and the weighted form."""

from __future__ import annotations

import numpy as np

from secretome.stats._arrays import Floats, Ints

_FITTING_POINTS = 200


def lowess(x: Floats, y: Floats, *, span: float, passes: int) -> Floats:
    """Smooth of `y` on `x` by local lines with `passes` robustness passes.

    Parameters
    ----------
    x, y
        (n,).
    span
        share of the points in each window.
    passes
        robustness passes after the first fit.

    Returns
    -------
    array (n,)
        Fitted values in the order of x.

    Notes
    -----
    Tricube weights, bisquare robustness; fits at points farther apart than 1 % of the range, straight lines
    in between. Reference: R `lowess`.

    References
    ----------
    Cleveland 1979, doi 10.1080/01621459.1979.10481038.

    Examples
    --------
    >>> lowess(np.arange(5.0), 2 * np.arange(5.0), span=1.0, passes=0).round(9)
    array([0., 2., 4., 6., 8.])
    """
    order = np.argsort(x, kind="stable")
    xs, ys = x[order], y[order]
    robustness = np.ones(xs.size)
    points = _spaced_points(xs, 0.01 * (xs[-1] - xs[0]))
    windows = _count_windows(xs, points, max(min(int(span * xs.size + 1e-7), xs.size), 2))
    fitted = np.empty(xs.size)
    for repeat in range(passes + 1):
        values = np.array([_classical_value(xs, ys, robustness, *window) for window in windows])
        fitted = np.interp(xs, xs[points], values)
        if repeat == passes:
            break
        distance = np.abs(ys - fitted)
        scale = 6 * float(np.median(distance))
        if scale < 1e-7 * float(distance.mean()):
            break
        share = distance / scale
        robustness = np.where(share > 0.999, 0.0, np.where(share > 0.001, (1 - share**2) ** 2, 1.0))
    result = np.empty(xs.size)
    result[order] = fitted
    return result


def weighted_lowess(x: Floats, y: Floats, weights: Floats, *, span: float, passes: int = 0) -> Floats:
    """Smooth of `y` on `x` where each window holds the share `span` of the total weight.

    Parameters
    ----------
    x, y, weights
        (n,); weights positive.
    span
        share of the total weight in each window.
    passes
        robustness passes after the first fit.

    Returns
    -------
    array (n,)
        Fitted values in the order of x.

    Notes
    -----
    About 200 fitting points, straight lines in between; bisquare robustness, its scale 6 weighted medians of
    the residuals' size. Reference: the trend of limma 3.63 (`limma_new_edge`), agreed to 1e-6; with
    robustness passes limpa 1.3.0 (`limpa_dpcDE_exact`), 1e-8.

    Examples
    --------
    >>> weighted_lowess(np.arange(5.0), 2 * np.arange(5.0), np.ones(5), span=1.0).round(9)
    array([0., 2., 4., 6., 8.])
    """
    order = np.argsort(x, kind="stable")
    xs, ys, ws = x[order], y[order], weights[order]
    points = _separate_points(xs, _gap(xs))
    robustness = np.ones(xs.size)
    windows = [(int(at), _weight_window(xs, ws, int(at), span)) for at in points]
    for repeat in range(passes + 1):
        values = [_weighted_value(xs, ys, ws * robustness, at, *window) for at, window in windows]
        fitted = np.interp(xs, xs[points], values)
        distance = np.abs(ys - fitted)
        scale = 6 * _weighted_median(distance, ws)
        if repeat == passes or scale < 1e-7 * float(distance.mean()):
            break
        robustness = np.clip(1 - (distance / scale) ** 2, 0.0, None) ** 2
    result = np.empty(xs.size)
    result[order] = fitted
    return result


def _weighted_median(values: Floats, weights: Floats) -> float:
    """Smallest value that half of the weight does not exceed; the middle of two where it is exactly half."""
    order = np.argsort(values, kind="stable")
    held = np.cumsum(weights[order])
    half = held[-1] / 2
    at = int(np.searchsorted(held, half, side="left"))
    if held[at] == half and at + 1 < values.size:
        return float(values[order[at]] + values[order[at + 1]]) / 2
    return float(values[order[at]])


def weighted_line(x: Floats, y: Floats, weights: Floats) -> Floats:
    """Fitted values (n,) of one weighted straight line.

    Examples
    --------
    >>> weighted_line(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]), np.ones(3))
    array([1., 3., 5.])
    """
    centre = np.average(x, weights=weights)
    level = np.average(y, weights=weights)
    spread = float(weights @ (x - centre) ** 2)
    slope = float(weights @ ((x - centre) * (y - level))) / spread if spread > 0 else 0.0
    return np.asarray(level + slope * (x - centre), dtype=float)


def _gap(xs: Floats) -> float:
    """Distance between fitting points so that about 200 of them cover sorted `xs`."""
    if xs.size <= _FITTING_POINTS:
        return 0.0
    gaps = np.sort(np.diff(xs))
    left = np.cumsum(gaps)[::-1][:_FITTING_POINTS]  # the sum without the k largest, k = 0, 1, ...
    return float(np.min(left / (_FITTING_POINTS - np.arange(left.size))))


def _spaced_points(xs: Floats, gap: float) -> Ints:
    """Indices of sorted `xs`: the first, from each the last one within `gap` (or the next), the last."""
    points = [0]
    while points[-1] < xs.size - 1:
        here = points[-1]
        beyond = int(np.searchsorted(xs, xs[here] + gap, side="right"))
        points.append(min(max(beyond - 1, int(np.searchsorted(xs, xs[here], side="right"))), xs.size - 1))
    return np.array(points, dtype=np.intp)


def _separate_points(xs: Floats, gap: float) -> Ints:
    """Indices of sorted `xs`: the first, from each the next one farther than `gap`, the last."""
    points = [0]
    while points[-1] < xs.size - 1:
        beyond = int(np.searchsorted(xs, xs[points[-1]] + gap, side="right"))
        points.append(min(beyond, xs.size - 1))
    return np.array(points, dtype=np.intp)


def _count_windows(xs: Floats, points: Ints, count: int) -> list[tuple[float, int, float]]:
    """For each fitting point its x, where its window of `count` nearest begins, and its half-width."""
    windows = []
    left = 0
    for at in points:
        centre = float(xs[at])
        while left + count < xs.size and centre - xs[left] > xs[left + count] - centre:
            left += 1
        windows.append((centre, left, max(centre - xs[left], xs[left + count - 1] - centre)))
    return windows


def _classical_value(
    xs: Floats, ys: Floats, robustness: Floats, centre: float, left: int, width: float
) -> float:
    right = int(np.searchsorted(xs, centre + width, side="right"))
    near = slice(left, max(right, left + 1))
    distance = np.abs(xs[near] - centre)
    kernel = np.where(distance <= 0.001 * width, 1.0, (1 - (distance / max(width, 1e-300)) ** 3) ** 3)
    kernel = np.where(distance <= 0.999 * width, kernel, 0.0) * robustness[near]
    total = kernel.sum()
    if total <= 0:
        return float(ys[np.searchsorted(xs, centre)])
    kernel /= total
    middle = float(kernel @ xs[near])
    spread = float(kernel @ (xs[near] - middle) ** 2)
    if np.sqrt(spread) > 0.001 * (xs[-1] - xs[0]):
        kernel = kernel * ((centre - middle) / spread * (xs[near] - middle) + 1)
    return float(kernel @ ys[near])


def _weighted_value(
    xs: Floats, ys: Floats, ws: Floats, at: int, left: int, right: int, width: float
) -> float:
    near = slice(left, right + 1)
    distance = np.abs(xs[near] - xs[at])
    share = distance / width if width > 0 else np.zeros(distance.size)
    kernel = ws[near] * (1 - share**3) ** 3
    if kernel.sum() <= 0:
        return float(ys[at])
    kernel /= kernel.sum()
    middle, level = float(kernel @ xs[near]), float(kernel @ ys[near])
    spread = float(kernel @ (xs[near] - middle) ** 2)
    if spread <= 1e-14 * (xs[-1] - xs[0]) ** 2:
        return level
    slope = float(kernel @ ((xs[near] - middle) * ys[near])) / spread
    return level + slope * float(xs[at] - middle)


def _weight_window(xs: Floats, ws: Floats, at: int, span: float) -> tuple[int, int, float]:
    """Window around point `at` that holds `span` of all weight, ties included, and its half-width."""
    target = span * float(ws.sum())
    outward = _nearest_first(xs, at)
    held = np.cumsum(np.concatenate([[ws[at]], ws[outward]]))
    steps = min(int(np.searchsorted(held, target, side="left")), outward.size)
    reached = np.append(outward[:steps], at)
    left, right = int(reached.min()), int(reached.max())
    left = int(np.searchsorted(xs, xs[left], side="left"))
    right = int(np.searchsorted(xs, xs[right], side="right")) - 1
    return left, right, float(max(xs[at] - xs[left], xs[right] - xs[at]))


def _nearest_first(xs: Floats, at: int) -> Ints:
    """The other points in the order in which the window takes them: nearer first, right before left."""
    left, right = np.arange(at - 1, -1, -1), np.arange(at + 1, xs.size)
    others = np.concatenate([right, left])
    distance = np.concatenate([xs[right] - xs[at], xs[at] - xs[left]])
    return others[np.argsort(distance, kind="stable")]
