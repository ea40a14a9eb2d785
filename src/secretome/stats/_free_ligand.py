"""Ligands and the soluble molecules that hold them, in equilibrium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Floats

_MOST_STEPS = 400
_BALANCE = 1e-9
# Newton's method in logs may overshoot where an exponential bends; this bounds a step to a factor of e^3.
_LONGEST_STEP = 3.0


@dataclass(frozen=True)
class FreeLigand:
    """Equilibrium of l ligands and b binders, for any leading axes; mol/L.

    Attributes
    ----------
    free
        (..., l) ligand bound to nothing.
    free_binders
        (..., b).
    complexes
        (..., l, b) of each ligand with each binder.
    unbound_fraction
        (..., l) free over total; NaN where there is no ligand.
    """

    free: Floats
    free_binders: Floats
    complexes: Floats
    unbound_fraction: Floats


def free_ligand(ligand: ArrayLike, binders: ArrayLike, kd: ArrayLike) -> FreeLigand:
    """Free ligand beside soluble receptors and binding proteins, by mass action.

    Parameters
    ----------
    ligand
        (..., l) total concentrations, mol/L; a number is one ligand.
    binders
        (..., b) total concentrations, mol/L; a number is one binder.
    kd
        (..., l, b) dissociation constants, mol/L; infinite where a pair does not bind. With one ligand (b,) will do.

    Returns
    -------
    FreeLigand
        Leading axes (samples, draws) are broadcast against each other.

    Raises
    ------
    InvalidArray
        Shapes do not fit, a concentration is missing, negative or above 1 mol/L (then it is hardly molar), or a
        kd is not above 0.
    NotEstimable
        The masses could not be balanced to 1e-9.

    Notes
    -----
    One site each: complex_ij = free_i free_j / kd_ij; free_i + sum_j complex_ij = ligand_i, and so for the binders.
    The free concentrations are unique: their logs minimise a strictly convex function. One binder or one ligand is
    solved by a sequence that rises to the root from below, all else by Newton's method on the logs.
    Masses balance to 1e-9 of each total. No reference implementation: held to the quadratic solution of one pair,
    to mass balance and to limits.

    References
    ----------
    Perelson and DeLisi 1980 and the textbook; uniqueness: Shapiro and Shapley 1965, doi 10.1137/0113025.

    Examples
    --------
    >>> found = free_ligand(1e-9, 2e-9, 1e-9)
    >>> found.free.round(13), found.unbound_fraction.round(4)
    (array([4.142e-10]), array([0.4142]))
    """
    total, held, k = _checked(ligand, binders, kd)
    lead = total.shape[:-1]
    flat = [part.reshape(-1, *part.shape[len(lead) :]) for part in (total, held, k)]
    scale = np.maximum(flat[0].max(axis=1), flat[1].max(axis=1))
    scale = np.where(scale > 0, scale, 1.0)[:, None]
    x, y, affinity = flat[0] / scale, flat[1] / scale, scale[:, :, None] / flat[2]
    if x.shape[1] == 1:
        free, free_binders = _one_against_many(x[:, 0], y, affinity[:, 0, :])
    elif y.shape[1] == 1:
        free_binders, free = _one_against_many(y[:, 0], x, affinity[:, :, 0])
    else:
        free, free_binders = _many(x, y, affinity)
    complexes = free[:, :, None] * free_binders[:, None, :] * affinity
    _check_balance(x, free + complexes.sum(axis=2))
    _check_balance(y, free_binders + complexes.sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.where(x > 0, np.minimum(free / x, 1.0), np.nan)
    return FreeLigand(
        free=(free * scale).reshape(total.shape),
        free_binders=(free_binders * scale).reshape(held.shape),
        complexes=(complexes * scale[:, :, None]).reshape(k.shape),
        unbound_fraction=fraction.reshape(total.shape),
    )


def _checked(ligand: ArrayLike, binders: ArrayLike, kd: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Totals (..., l), (..., b) and constants (..., l, b) with the same leading axes."""
    total, held = (np.atleast_1d(np.asarray(part, dtype=float)) for part in (ligand, binders))
    k = np.asarray(kd, dtype=float)
    k = k.reshape(1, -1) if k.ndim < 2 and total.shape[-1] == 1 else k
    if k.ndim < 2 or k.shape[-2:] != (total.shape[-1], held.shape[-1]) or k.size == 0:
        raise InvalidArray(
            f"kd has shape {np.shape(kd)}; expected a row for each of {total.shape[-1]} ligands and a column for each of {held.shape[-1]} binders"
        )
    for name, part in (("ligand", total), ("binders", held)):
        wrong = ~np.isfinite(part) | (part < 0) | (part > 1)
        if wrong.any():
            raise InvalidArray(
                f"{name} holds {part[wrong][0]:g}; expected mol/L from 0 to 1 (convert mass per volume with the molar mass)"
            )
    if not (k > 0).all():
        raise InvalidArray(
            f"kd holds {k[~(k > 0)][0]:g}; expected mol/L above 0, infinite for a pair that does not bind"
        )
    try:
        lead = np.broadcast_shapes(total.shape[:-1], held.shape[:-1], k.shape[:-2])
    except ValueError:
        raise InvalidArray(
            f"leading axes {total.shape[:-1]}, {held.shape[:-1]} and {k.shape[:-2]} do not fit each other"
        ) from None
    return (
        np.broadcast_to(total, (*lead, total.shape[-1])),
        np.broadcast_to(held, (*lead, held.shape[-1])),
        np.broadcast_to(k, (*lead, *k.shape[-2:])),
    )


def _one_against_many(one: Floats, many: Floats, affinity: Floats) -> tuple[Floats, Floats]:
    """Free `one` (n, 1) and free `many` (n, m): Newton from below on a rising concave balance."""
    free = one / (1 + (many * affinity).sum(axis=1))
    for _ in range(_MOST_STEPS):
        spread = 1 + free[:, None] * affinity
        held = (many * affinity / spread).sum(axis=1)
        slope = 1 + (many * affinity / spread**2).sum(axis=1)
        step = (one - free * (1 + held)) / slope
        free = np.minimum(free + np.maximum(step, 0.0), one)
        if (step <= 1e-15 * one).all():
            break
    return free[:, None], many / (1 + free[:, None] * affinity)


def _many(x: Floats, y: Floats, affinity: Floats) -> tuple[Floats, Floats]:
    """Free ligands (n, l) and binders (n, b) by Newton's method on their logs; what is absent stays 0."""
    totals = np.concatenate([x, y], axis=1)
    there = totals > 0
    safe = np.where(there, totals, 1.0)
    n_ligands, size = x.shape[1], totals.shape[1]
    logs = np.log(safe)
    for _ in range(_MOST_STEPS):
        free = np.where(there, np.exp(logs), 0.0)
        pairs = free[:, :n_ligands, None] * free[:, None, n_ligands:] * affinity
        bound = np.concatenate([pairs.sum(axis=2), pairs.sum(axis=1)], axis=1)
        excess = free + bound - totals
        if (np.abs(excess) <= 1e-13 * totals).all():
            break
        # rows divided by their totals, so that traces keep their digits beside abundant ones
        hessian = np.zeros((len(x), size, size))
        hessian[:, :n_ligands, n_ligands:] = pairs
        hessian[:, n_ligands:, :n_ligands] = pairs.transpose(0, 2, 1)
        diagonal = np.where(there, free + bound, 1.0)
        root = np.sqrt(diagonal)
        scaled = hessian / (root[:, :, None] * root[:, None, :])
        scaled[:, np.arange(size), np.arange(size)] = 1.0
        step = np.linalg.solve(scaled, (excess / root)[..., None])[..., 0] / root
        logs = logs - np.where(there, np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), 0.0)
    free = np.where(there, np.exp(logs), 0.0)
    return free[:, :n_ligands], free[:, n_ligands:]


def _check_balance(total: Floats, found: Floats) -> None:
    if (np.abs(found - total) > _BALANCE * total).any():
        worst = float(np.max(np.abs(found - total) / np.where(total > 0, total, 1.0)))
        raise NotEstimable(
            f"mass balance is off by {worst:.2g} of a total; the constants lie too far apart to solve"
        )
