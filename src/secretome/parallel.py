"""The only door to other processes and clusters: one `map`, same answers wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Progress = Callable[[int, int], None]


class Map(Protocol):
    """Anything that applies a function to items and gives the answers in the order of the items."""

    def __call__(self, function: Callable[[Item], Answer], items: Sequence[Item], /) -> list[Answer]:
        """Apply `function` to each of `items`."""
        ...


def here(function: Callable[[Item], Answer], items: Sequence[Item], /) -> list[Answer]:
    """Answers computed one after the other in this process.

    Examples
    --------
    >>> here(abs, [-1, 2])
    [1, 2]
    """
    return [function(item) for item in items]


def processes(workers: int) -> Map:
    """A map over `workers` processes of this machine; one worker means `here`.

    Parameters
    ----------
    workers
        Number of processes, at least 1.

    Returns
    -------
    Map
        Functions and items must be picklable; the answers keep the order of the items.

    Examples
    --------
    >>> processes(1)(abs, [-3])
    [3]
    """
    if workers <= 1:
        return here

    def pooled(function: Callable[[Item], Answer], items: Sequence[Item], /) -> list[Answer]:
        with ProcessPoolExecutor(max_workers=workers) as pool:
            return list(_ordered(pool, function, items))

    return pooled


def _ordered(
    pool: ProcessPoolExecutor, function: Callable[[Item], Answer], items: Sequence[Item]
) -> Iterator[Answer]:
    yield from pool.map(function, items)
