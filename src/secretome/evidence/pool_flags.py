"""Doubts about the numbers of a pool that need nobody to ask: spreads, twins, arms counted twice."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .integrity import Flag, shared_arms, spread
from .sensitivity import Group

FLAGS = ["product", "species", "check", "about", "found", "expected"]
_SIDES = ("_treated", "_control")


def flags_of(group: Group) -> list[tuple[object, ...]]:
    """Flags of one product and species: an SD like a standard error, identical numbers, arms of one size twice.

    Effects of one study are never compared with each other, and arms only where a study has one effect.
    """
    found = [*_spreads(group), *_twins(group), *_arms(group)]
    return [(*group.named, flag.check, flag.about, flag.found, flag.expected) for flag in found]


def _spreads(group: Group) -> list[Flag]:
    found = []
    for side in _SIDES:
        names = [name + side for name in ("mean", "sd", "n")]
        if not set(names) <= set(group.numbers):
            continue
        values = np.column_stack([group.numbers[name] for name in names])
        for citation, (mean, sd, n) in zip(group.rows["citation"], values, strict=True):
            if np.isfinite([mean, sd, n]).all():
                flag = spread(float(mean), float(sd), int(n), about=f"{citation}, {side.strip('_')}")
                found += [flag] if flag else []
    return found


def _twins(group: Group) -> list[Flag]:
    """Two studies with the same numbers throughout, at least three of them."""
    names = sorted(group.numbers)
    if len(names) < 3:
        return []
    values = np.column_stack([group.numbers[name] for name in names])
    found = []
    for i, j in combinations(range(len(values)), 2):
        if _study(group, i) != _study(group, j) and np.array_equal(values[i], values[j], equal_nan=True):
            told = ", ".join(f"{name} {value:g}" for name, value in zip(names, values[i], strict=True))
            found.append(Flag("identical numbers", _both(group, i, j), told, "numbers of their own"))
    return found


def _arms(group: Group) -> list[Flag]:
    """Pairs of studies whose control group gave the same numbers: one control, perhaps both arms, counted twice."""
    names = sorted(name for name in group.numbers if name.endswith("_control"))
    if len(names) < 2 or not {"n_treated", "n_control"} <= set(group.numbers):
        return []
    once = ~group.rows["study"].duplicated(keep=False).to_numpy()
    controls = np.column_stack([group.numbers[name] for name in names])
    sizes = np.column_stack([group.numbers["n_treated"], group.numbers["n_control"]])
    found: list[Flag] = []
    for i, j in combinations(np.flatnonzero(once).tolist(), 2):
        if not np.array_equal(controls[i], controls[j]):
            continue
        arms = [
            (str(group.rows["citation"].iloc[k]), "this outcome", sizes[k].astype(int).tolist())
            for k in (i, j)
        ]
        both = shared_arms(arms)
        told = ", ".join(f"{name} {group.numbers[name][i]:g}" for name in names)
        found += both or [
            Flag(
                "shared control",
                _both(group, i, j),
                told,
                "a control counted once (`control_group` names it)",
            )
        ]
    return found


def _study(group: Group, row: int) -> object:
    return group.rows["study"].iloc[row]


def _both(group: Group, i: int, j: int) -> str:
    return f"{group.rows['citation'].iloc[i]} and {group.rows['citation'].iloc[j]}"
