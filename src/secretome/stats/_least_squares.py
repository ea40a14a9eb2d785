"""Least squares of many rows at once, each row on the samples it was seen in.

Rows that see every sample share one QR decomposition. Rows with gaps are solved together by normal equations
in an orthonormal basis of the complete design, with one step of iterative refinement; the few rows whose gaps
make the design (nearly) singular are solved one pattern at a time by QR with limited pivoting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from secretome.stats._arrays import Bools, Floats, Ints

RANK_TOLERANCE = 1e-7  # of a column's norm, as R's lm.fit
_WEAK_PIVOT = 1e-4  # squared: below this share the normal equations hand over to QR
_CHUNK_VALUES = 400_000  # values of y per chunk, so that the work stays in cache


@dataclass(frozen=True)
class Solution:
    """Coefficients (n, p), unscaled covariance (n, p, p), residual sum of squares, n seen, rank (n,)."""

    coefficients: Floats
    covariance: Floats
    residual_sum: Floats
    n_seen: Ints
    rank: Ints
    confounded: dict[int, Floats]  # row -> basis (p, k) of what its samples cannot tell apart


@dataclass(frozen=True)
class Blocks:
    """Samples of one block share `correlation`; `codes` (m,) number the blocks."""

    codes: Ints
    correlation: float

    def shrinkage(self, counts: Floats) -> Floats:
        """The weight of a block sum in the inverse correlation matrix, for `counts` samples seen."""
        rho = self.correlation
        return np.where(counts > 0, rho / (1 + (np.maximum(counts, 1) - 1) * rho), 0.0)

    def whiten(self, x: Floats) -> Floats:
        """`x` (m, ...) times the inverse square root of the correlation matrix."""
        rho = self.correlation
        sizes = np.bincount(self.codes)
        means = np.stack([x[self.codes == block].mean(axis=0) for block in range(sizes.size)])[self.codes]
        spread = np.sqrt(1 + (sizes - 1) * rho)[self.codes]
        spread = spread.reshape(-1, *[1] * (x.ndim - 1))
        whitened: Floats = (x - means) / np.sqrt(1 - rho) + means / spread
        return whitened

    def among(self, seen: Bools) -> Blocks:
        """The blocks of the samples seen (m,)."""
        codes: Ints = np.unique(self.codes[seen], return_inverse=True)[1].astype(np.intp)
        return Blocks(codes, self.correlation)


def orthonormalise(x: Floats) -> tuple[Floats, Floats, Ints]:
    """Basis q (m, k), triangle r (k, k) and the columns kept; later dependent columns are dropped.

    Examples
    --------
    >>> orthonormalise(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]]))[2]
    array([0, 2])
    """
    q = np.empty((x.shape[0], min(x.shape)))
    kept: list[int] = []
    for column in range(x.shape[1]):
        basis = q[:, : len(kept)]
        rest = x[:, column] - basis @ (basis.T @ x[:, column])
        rest -= basis @ (basis.T @ rest)
        norm = np.linalg.norm(rest)
        if len(kept) < q.shape[1] and norm > RANK_TOLERANCE * np.linalg.norm(x[:, column]):
            q[:, len(kept)] = rest / norm
            kept.append(column)
    columns = np.array(kept, dtype=np.intp)
    q = q[:, : columns.size]
    return q, np.triu(q.T @ x[:, columns]), columns


def design_covariance(x: Floats) -> Floats:
    """Inverse cross-product (p, p) of a design; NaN for columns that depend on earlier ones.

    Examples
    --------
    >>> design_covariance(np.ones((4, 1)))
    array([[0.25]])
    """
    _, r, kept = orthonormalise(x)
    covariance = np.full((x.shape[1],) * 2, np.nan)
    inverse = solve_triangular(r, np.eye(kept.size))
    covariance[np.ix_(kept, kept)] = inverse @ inverse.T
    return covariance


def solve_complete(y: Floats, x: Floats) -> Solution:
    """Ordinary least squares of every row of `y` (n, m), all seen, on the same `x` (m, p)."""
    q, r, kept = orthonormalise(x)
    n, p = y.shape[0], x.shape[1]
    scores = y @ q
    residual = y - scores @ q.T
    coefficients = np.full((n, p), np.nan)
    coefficients[:, kept] = scores @ solve_triangular(r, np.eye(kept.size)).T
    covariance = np.broadcast_to(design_covariance(x), (n, p, p))
    residual_sum = np.einsum("nm,nm->n", residual, residual)
    null = _null_basis(kept, x)
    confounded = dict.fromkeys(range(n), null) if null.size else {}
    return Solution(
        coefficients, covariance, residual_sum, np.full(n, y.shape[1]), np.full(n, kept.size), confounded
    )


def solve_with_gaps(y: Floats, x: Floats, weights: Floats, blocks: Blocks | None) -> Solution:
    """Least squares per row where `weights` (n, m) is zero for a sample that the row does not see."""
    n, p = y.shape[0], x.shape[1]
    basis, r, kept = orthonormalise(x)
    back = np.zeros((p, kept.size))
    back[kept] = solve_triangular(r, np.eye(kept.size))
    coefficients, covariance = np.empty((n, p)), np.empty((n, p, p))
    residual_sum = np.empty(n)
    careful: list[int] = []
    step = max(1, _CHUNK_VALUES // y.shape[1])
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        system = _System.build(y[rows], weights[rows], basis, blocks)
        scores, inverse_gram, residual_sum[rows] = system.solve()
        coefficients[rows] = scores @ back.T
        covariance[rows] = back @ inverse_gram @ back.T
        careful.extend((start + np.flatnonzero(system.weak)).tolist())
    dropped = np.setdiff1d(np.arange(p), kept)
    coefficients[:, dropped], covariance[:, dropped], covariance[:, :, dropped] = np.nan, np.nan, np.nan
    null = _null_basis(kept, x)
    confounded = dict.fromkeys(range(n), null) if null.size else {}
    n_seen, rank = np.count_nonzero(weights, axis=1), np.full(n, kept.size)
    solution = Solution(coefficients, covariance, residual_sum, n_seen, rank, confounded)
    _solve_carefully(careful, (y, x, weights, blocks), solution)
    return solution


@dataclass(frozen=True)
class _System:
    """The normal equations of a chunk of rows in an orthonormal basis (m, k) of the design."""

    values: Floats
    root: Floats  # square roots of the weights
    basis: Floats
    blocks: Blocks | None
    block_sums: Floats  # (B, rows, k)
    shrinkage: Floats  # (B, rows)
    gram: Floats
    weak: Bools

    @classmethod
    def build(cls, y: Floats, weights: Floats, basis: Floats, blocks: Blocks | None) -> _System:
        """Cross-products of every row; rows that need care are marked `weak`."""
        k = basis.shape[1]
        upper = np.triu_indices(k)
        gram = np.empty((y.shape[0], k, k))
        gram[:, upper[0], upper[1]] = weights @ (basis[:, upper[0]] * basis[:, upper[1]])
        gram[:, upper[1], upper[0]] = gram[:, upper[0], upper[1]]
        root = np.sqrt(weights)
        sums, shrinkage = np.empty((0, 0, 0)), np.empty((0, 0))
        if blocks is not None:
            members = [np.flatnonzero(blocks.codes == block) for block in range(blocks.codes.max() + 1)]
            sums = np.stack([root[:, block] @ basis[block] for block in members])
            counts = np.stack([np.count_nonzero(root[:, block], axis=1) for block in members]).astype(float)
            shrinkage = blocks.shrinkage(counts)
            weighted = (shrinkage[:, :, None] * sums).transpose(1, 2, 0)
            gram = (gram - weighted @ sums.transpose(1, 0, 2)) / (1 - blocks.correlation)
        weak = _smallest_pivot(gram) < _WEAK_PIVOT
        gram[weak] = np.eye(k)
        values = np.where(weights > 0, y, 0.0)
        return cls(values, root, basis, blocks, sums, shrinkage, gram, weak)

    def solve(self) -> tuple[Floats, Floats, Floats]:
        """Scores (rows, k), inverse cross-products and residual sums, after one refinement."""
        inverse: Floats = np.linalg.inv(self.gram).astype(float, copy=False)
        scores = self._project(self.values, inverse)
        residual = self.values - scores @ self.basis.T
        scores += self._project(residual, inverse)
        residual = (self.values - scores @ self.basis.T) * self.root
        sums = np.einsum("nm,nm->n", residual, residual)
        if self.blocks is not None:
            totals = _block_totals(residual, self.blocks)
            sums = (sums - np.sum(self.shrinkage * totals**2, axis=0)) / (1 - self.blocks.correlation)
        return scores, inverse, np.maximum(sums, 0.0)

    def _project(self, values: Floats, inverse: Floats) -> Floats:
        scaled = values * self.root
        right = (scaled * self.root) @ self.basis
        if self.blocks is not None:
            totals = self.shrinkage * _block_totals(scaled, self.blocks)
            right = (right - np.einsum("bn,bnk->nk", totals, self.block_sums)) / (1 - self.blocks.correlation)
        projected: Floats = np.einsum("nij,nj->ni", inverse, right)
        return projected


def _block_totals(scaled: Floats, blocks: Blocks) -> Floats:
    """Sums (B, rows) of each row over the samples of each block."""
    return np.stack([scaled[:, blocks.codes == block].sum(axis=1) for block in range(blocks.codes.max() + 1)])


def _smallest_pivot(gram: Floats) -> Floats:
    """Smallest Cholesky pivot of each matrix, as a share of its own diagonal entry."""
    k = gram.shape[1]
    lower = np.zeros_like(gram)
    smallest = np.full(gram.shape[0], np.inf)
    for column in range(k):
        known = lower[:, column:, :column]
        left = gram[:, column:, column] - np.einsum("nij,nj->ni", known, lower[:, column, :column])
        diagonal = gram[:, column, column]
        share = np.where(diagonal > 0, left[:, 0] / np.where(diagonal > 0, diagonal, 1.0), 0.0)
        smallest = np.minimum(smallest, share)
        pivot = np.sqrt(np.where(left[:, 0] > 0, left[:, 0], 1.0))
        lower[:, column:, column] = left / pivot[:, None]
    return smallest


def _solve_carefully(
    rows: list[int], problem: tuple[Floats, Floats, Floats, Blocks | None], into: Solution
) -> None:
    """Solve `rows` by QR, one decomposition per pattern of weights, and write them `into` the arrays."""
    y, x, weights, blocks = problem
    patterns: dict[bytes, list[int]] = {}
    for row in rows:
        patterns.setdefault(weights[row].tobytes(), []).append(row)
    for members in patterns.values():
        seen = weights[members[0]] > 0
        into.coefficients[members], into.covariance[members] = np.nan, np.nan
        if not seen.any():
            into.residual_sum[members], into.rank[members] = 0.0, 0
            into.confounded.update(dict.fromkeys(members, np.eye(x.shape[1])))
            continue
        root = np.sqrt(weights[members[0], seen])[:, None]
        scaled_x, scaled_y = root * x[seen], root * y[np.ix_(members, seen)].T
        if blocks is not None:
            known = blocks.among(seen)
            scaled_x, scaled_y = known.whiten(scaled_x), known.whiten(scaled_y)
        one = solve_complete(scaled_y.T, scaled_x)
        into.coefficients[members], into.covariance[members] = one.coefficients, one.covariance
        into.residual_sum[members], into.rank[members] = one.residual_sum, one.rank
        into.confounded.update({row: one.confounded[i] for i, row in enumerate(members) if one.confounded})


def _null_basis(kept: Ints, x: Floats) -> Floats:
    """Combinations of coefficients (p, k) that leave every fitted value as it is."""
    p = x.shape[1]
    dropped = np.setdiff1d(np.arange(p), kept)
    basis = np.zeros((p, dropped.size))
    basis[dropped, np.arange(dropped.size)] = 1.0
    if dropped.size and kept.size:
        basis[kept] = -np.linalg.lstsq(x[:, kept], x[:, dropped], rcond=None)[0]
    return basis
