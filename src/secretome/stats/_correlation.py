"""The correlation that samples of one block share in all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import NotEstimable
from secretome.stats._arrays import Bools, Floats, Ints, as_codes, as_design, as_measurements
from secretome.stats._least_squares import orthonormalise

_TRIM = 0.15  # share of rows left out at each end of the mean
_STEPS = 21  # as the reference: rows that climb slowly stop there
_DOUBLINGS = 60
_CONVERGED = 1e-6  # of score times step, as the reference
_SMALLEST_SINGULAR = 1e-7
_MARGIN = 0.01  # kept from the ends of what a correlation can be


@dataclass(frozen=True)
class ConsensusCorrelation:
    """`consensus`, and `atanh` (n,) of each row's own correlation, NaN where a row cannot tell."""

    consensus: float
    atanh: Floats


def consensus_correlation(y: ArrayLike, design: ArrayLike, block: ArrayLike) -> ConsensusCorrelation:
    """Correlation between samples of one block, one number for all rows.

    Parameters
    ----------
    y
        (n, m) measurements; NaN is missing.
    design
        (m, p).
    block
        (m,) labels, for instance donors.

    Returns
    -------
    ConsensusCorrelation
        `consensus` goes into `fit_rows(block=..., correlation=...)`.

    Raises
    ------
    InvalidArray
        A shape does not fit.
    NotEstimable
        No row sees enough samples in enough blocks.

    Notes
    -----
    Per row y = X beta + Z u + e, variance components by REML, the block's allowed to be negative; the row's
    correlation is su^2 / (su^2 + se^2), kept 0.01 within its limits. The consensus is tanh of the mean atanh,
    15 % trimmed at each end. A row needs more than p + 2 samples and blocks with replicates. Where the
    likelihood of a row has several maxima, the one uphill of least squares counts, as in the reference.
    Reference: limma 3.54.1 `duplicateCorrelation` with statmod 1.5.0, consensus agreed to 1e-5.

    References
    ----------
    Smyth, Michaud and Scott 2005, doi 10.1093/bioinformatics/bti270.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> y = np.repeat(generator.normal(size=(300, 6)), 2, axis=1) + generator.normal(size=(300, 12))
    >>> round(consensus_correlation(y, np.ones((12, 1)), np.repeat(range(6), 2)).consensus, 1)
    0.5
    """
    values = as_measurements(y)
    x = as_design(design, values.shape[1])
    codes = as_codes(block, values.shape[1], name="block")
    x = x[:, orthonormalise(x)[2]]
    seen = ~np.isnan(values)
    usable = _usable_rows(seen, codes, x.shape[1])
    if not usable.any():
        raise NotEstimable("no row sees enough samples in blocks with replicates; drop terms or the block")
    largest = int(np.bincount(codes).max())
    limits = (1 / (1 - largest) + _MARGIN, 1 - _MARGIN)
    correlation = np.full(values.shape[0], np.nan)
    correlation[usable] = _correlations(_reml_parts(values[usable], seen[usable], x, codes), limits)
    atanh = np.arctanh(correlation)
    known = np.sort(atanh[np.isfinite(atanh)])
    cut = int(known.size * _TRIM)
    return ConsensusCorrelation(float(np.tanh(known[cut : known.size - cut].mean())), atanh)


def _usable_rows(seen: Bools, codes: Ints, n_coefficients: int) -> Bools:
    counts = seen.sum(axis=1)
    members = np.eye(codes.max() + 1)[codes]
    n_blocks = np.count_nonzero(seen.astype(float) @ members, axis=1)
    enough: Bools = (counts > n_coefficients + 2) & (n_blocks > 1) & (n_blocks < counts - 1)
    return enough


@dataclass(frozen=True)
class _RemlParts:
    """Independent residual contrasts of each row, with variances se^2 + root su^2.

    `roots` and `squares` (n, B), 0 where a row has fewer; those with root 0 are pooled: their sum `rest` and
    number `n_rest` (n,).
    """

    roots: Floats
    squares: Floats
    rest: Floats
    n_rest: Floats

    @property
    def counts(self) -> Floats:
        """(n, B + 1) how many contrasts stand behind each value; the pooled ones last."""
        return np.column_stack([(self.roots > 0).astype(float), self.n_rest])

    @property
    def values(self) -> Floats:
        """(n, B + 1) mean square of each contrast; the pooled ones last."""
        return np.column_stack([self.squares, self.rest / np.maximum(self.n_rest, 1)])

    @property
    def loadings(self) -> Floats:
        """(n, B + 1) how often each contrast holds the block variance."""
        return np.column_stack([self.roots, np.zeros(self.rest.size)])


def _reml_parts(y: Floats, seen: Bools, x: Floats, codes: Ints) -> _RemlParts:
    """The contrasts of every row, one decomposition per pattern of samples seen."""
    n, n_blocks = y.shape[0], int(codes.max()) + 1
    parts = _RemlParts(np.zeros((n, n_blocks)), np.zeros((n, n_blocks)), np.zeros(n), np.zeros(n))
    members = np.eye(n_blocks)[codes]
    groups: dict[bytes, list[int]] = {}
    for row in range(n):
        groups.setdefault(seen[row].tobytes(), []).append(row)
    for rows in groups.values():
        columns = np.flatnonzero(seen[rows[0]])
        q = orthonormalise(x[columns])[0]
        blocks = members[columns]
        vectors, singular, _ = np.linalg.svd(blocks - q @ (q.T @ blocks), full_matrices=False)
        kept = np.flatnonzero(singular > _SMALLEST_SINGULAR)
        values = y[np.array(rows)[:, None], columns]
        residual = values - (values @ q) @ q.T
        squares = (residual @ vectors[:, kept]) ** 2
        parts.roots[rows, : kept.size] = singular[kept] ** 2
        parts.squares[rows, : kept.size] = squares
        total = np.einsum("nm,nm->n", residual, residual)
        parts.rest[rows] = np.maximum(total - squares.sum(axis=1), 0.0)
        parts.n_rest[rows] = columns.size - q.shape[1] - kept.size
    return parts


@dataclass
class _Scoring:
    """Damped Fisher scoring of (se^2, su^2) per row: squares are gamma with mean se^2 + root su^2."""

    counts: Floats
    values: Floats
    loadings: Floats

    def start(self) -> Floats:
        """Least squares of the squares on the roots; no block variance where that is not positive."""
        right = self._moments(self.counts * self.values)
        components = _solve(self._information(self.counts), right)
        positive = self.allows(components)
        flat = np.column_stack([right[:, 0] / self.counts.sum(axis=1), np.zeros(len(right))])
        return np.where(positive[:, None], components, flat)

    def climb(self, components: Floats) -> Floats:
        """The components after at most 21 steps, none of which lowers the likelihood."""
        current = components.copy()
        damping = np.full(len(current), np.nan)
        active = np.flatnonzero(self.allows(current))
        for _ in range(_STEPS):
            rows = self.among(active)
            here = current[active]
            mean = rows.mean(here)
            weights = rows.counts / np.where(rows.counts > 0, mean, 1.0) ** 2
            information = rows._information(weights)
            score = rows._moments(weights * (rows.values - mean))
            initial = np.einsum("nii->n", information) / 4
            strength = np.where(np.isnan(damping[active]), initial, damping[active])
            step, strength = rows._accepted_step(here, information, score, strength)
            current[active] = here + step
            damping[active] = strength / 10
            active = active[np.einsum("ni,ni->n", score, step) >= _CONVERGED]
            if active.size == 0:
                break
        return current

    def among(self, rows: Ints) -> _Scoring:
        """The same for some of the rows."""
        return _Scoring(self.counts[rows], self.values[rows], self.loadings[rows])

    def mean(self, components: Floats) -> Floats:
        """Expected squares (n, B + 1)."""
        return components[:, :1] + components[:, 1:] * self.loadings

    def allows(self, components: Floats) -> Bools:
        """Whether every expected square of a row is positive (n,)."""
        inside: Bools = np.all((self.mean(components) > 0) | (self.counts == 0), axis=1)
        return inside

    def deviance(self, components: Floats) -> Floats:
        """Of each row, up to a constant; infinite where an expected square is not positive."""
        mean = self.mean(components)
        safe = np.where(mean > 0, mean, 1.0)
        deviance = 2 * (self.counts * (self.values / safe + np.log(safe))).sum(axis=1)
        return np.where(self.allows(components), deviance, np.inf)

    def _accepted_step(
        self, here: Floats, information: Floats, score: Floats, damping: Floats
    ) -> tuple[Floats, Floats]:
        """Steps (n, 2) that do not raise the deviance, and the damping this took."""
        before = self.deviance(here)
        strength = damping.copy()
        for _ in range(_DOUBLINGS):
            step = _solve(information + strength[:, None, None] * np.eye(2), score)
            worse = np.asarray(self.deviance(here + step) > before + 1e-15 * np.abs(before))
            if not worse.any():
                return step, strength
            strength[worse] *= 2
        return np.where(worse[:, None], 0.0, step), strength

    def _moments(self, weighted: Floats) -> Floats:
        return np.column_stack([weighted.sum(axis=1), (weighted * self.loadings).sum(axis=1)])

    def _information(self, weights: Floats) -> Floats:
        total, once = weights.sum(axis=1), (weights * self.loadings).sum(axis=1)
        twice = (weights * self.loadings**2).sum(axis=1)
        return np.stack([np.stack([total, once], axis=1), np.stack([once, twice], axis=1)], axis=1)


def _solve(matrices: Floats, right: Floats) -> Floats:
    """Solutions (n, 2) of 2 x 2 systems."""
    a, b, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
    determinant = a * d - b * b
    first = d * right[:, 0] - b * right[:, 1]
    second = a * right[:, 1] - b * right[:, 0]
    return np.column_stack([first, second]) / determinant[:, None]


def _correlations(parts: _RemlParts, limits: tuple[float, float]) -> Floats:
    """Correlation (n,) by REML, kept within `limits`."""
    scoring = _Scoring(parts.counts, parts.values, parts.loadings)
    components = scoring.climb(scoring.start())
    correlation: Floats = np.clip(components[:, 1] / components.sum(axis=1), *limits)
    return correlation
