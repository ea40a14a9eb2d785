"""The only door to other processes and clusters: one `map`, same answers wherever it runs."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar

import numpy as np

from .errors import LostWorker, MissingExtra, Unreachable

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Progress = Callable[[int, int], None]


class Map(Protocol):
    """Anything that applies a function to items and gives the answers in the order of the items.

    An exception of the function is raised again as it is, with a note that names its item.
    `progress` is called with items done and items in all.
    """

    def __call__(
        self,
        function: Callable[[Item], Answer],
        items: Sequence[Item],
        /,
        *,
        progress: Progress | None = None,
    ) -> list[Answer]:
        """Apply `function` to each of `items`."""
        ...


def here(
    function: Callable[[Item], Answer], items: Sequence[Item], /, *, progress: Progress | None = None
) -> list[Answer]:
    """Answers computed one after the other in this process.

    Examples
    --------
    >>> here(abs, [-1, 2])
    [1, 2]
    """
    answers = []
    for position, item in enumerate(items):
        answers.append(_one(function, position, item))
        if progress is not None:
            progress(position + 1, len(items))
    return answers


def processes(workers: int) -> Map:
    """A map over `workers` processes of this machine; one worker means `here`.

    Workers are started afresh and never forked from this process, so that its threads cannot
    leave a lock behind in them. An interrupt, or an exception of an item, ends them all.

    Parameters
    ----------
    workers
        Number of processes, at least 1.

    Returns
    -------
    Map
        Function, items and answers must be picklable (functions of a module, no lambda), and a
        script of your own needs `if __name__ == "__main__":`; the answers keep the order of
        the items. `LostWorker` is raised when the system kills a worker.

    Examples
    --------
    >>> processes(1)(abs, [-3])
    [3]
    """
    if workers <= 1:
        return here

    def pooled(
        function: Callable[[Item], Answer], items: Sequence[Item], /, *, progress: Progress | None = None
    ) -> list[Answer]:
        if not items:
            return []
        strangers = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(
            min(workers, len(items)), mp_context=_context(), initializer=_ignore_interrupts
        )
        try:
            futures = [pool.submit(_one, function, p, item) for p, item in enumerate(items)]
            answers = _collected(futures, progress)
            pool.shutdown()
        except BaseException as error:
            # also an interrupt: nobody waits for answers that nobody will read
            pool.shutdown(wait=False, cancel_futures=True)
            _end(set(multiprocessing.active_children()) - strangers)
            if isinstance(error, BrokenProcessPool):
                raise LostWorker(
                    f"one of {min(workers, len(items))} worker processes ended without an answer, most often because "
                    "the memory was full; use fewer --workers"
                ) from error
            raise
        return answers

    return pooled


class Client(Protocol):
    """What we use of a Dask client."""

    def map(self, function: Callable[..., object], *items: Sequence[object], pure: bool) -> Sequence[object]:
        """Send the function with each of the items to the cluster."""
        ...

    def gather(self, futures: object) -> object:
        """The answers, in the order of the futures."""
        ...

    def cancel(self, futures: object) -> object:
        """Stop what has not been done."""
        ...


def dask(client: Client) -> Map:
    """A map over the workers of a Dask cluster that the caller has connected to.

    Parameters
    ----------
    client
        A `distributed.Client`; this package must be installed where its workers run.

    Returns
    -------
    Map
        As `processes`; progress is told once, at the end.
    """

    def spread(
        function: Callable[[Item], Answer], items: Sequence[Item], /, *, progress: Progress | None = None
    ) -> list[Answer]:
        if not items:
            return []
        # pure=False: Dask must not answer from an earlier call with equal arguments
        futures = client.map(_one, [function] * len(items), list(range(len(items))), list(items), pure=False)
        try:
            answers = client.gather(futures)
        except BaseException:
            client.cancel(futures)
            raise
        if progress is not None:
            progress(len(items), len(items))
        return list(answers)  # type: ignore[call-overload, no-any-return]

    return spread


def cluster(address: str) -> Map:
    """A map over the Dask cluster whose scheduler listens at an address.

    Raises
    ------
    MissingExtra
        If Dask is not installed.
    Unreachable
        If no scheduler answers there.
    """
    try:
        from distributed import Client as DaskClient
    except ImportError as error:
        raise MissingExtra("scale", "A Dask cluster") from error
    try:
        return dask(DaskClient(address, timeout="10s"))
    except (OSError, ValueError) as error:
        raise Unreachable(f"no Dask scheduler answers at {address!r}: {error}") from error


def spawn_seeds(seed: int | np.random.SeedSequence, count: int) -> list[np.random.SeedSequence]:
    """Independent seeds, one an item: the same whatever the number of workers, or drawn before.

    Parameters
    ----------
    seed
        Seed of the run, not negative, or a seed that was spawned from it.
    count
        Number of seeds.

    Returns
    -------
    list of numpy.random.SeedSequence
        The first ones of a longer list are those of a shorter one.

    Examples
    --------
    >>> [np.random.default_rng(s).integers(100) for s in spawn_seeds(1, 2)]
    [..., ...]
    >>> spawn_seeds(1, 1)[0].spawn_key
    (0,)
    """
    root = np.random.SeedSequence(seed) if isinstance(seed, int) else seed
    # SeedSequence.spawn counts its calls; the same call must always give the same seeds
    entropy, key = root.entropy, root.spawn_key
    return [np.random.SeedSequence(entropy, spawn_key=(*key, child)) for child in range(count)]


def _one(function: Callable[[Item], Answer], position: int, item: Item) -> Answer:
    """The answer for one item; an exception gets a note that names it."""
    try:
        return function(item)
    except Exception as error:
        shown = repr(item)
        error.add_note(f"while working on item {position}: {shown[:200]}{'…' if len(shown) > 200 else ''}")
        raise


def _collected(futures: Sequence[Future[Answer]], progress: Progress | None) -> list[Answer]:
    """The answers in the order of the items; the first exception ends the waiting."""
    for done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if progress is not None:
            progress(done, len(futures))
    return [future.result() for future in futures]


def _end(children: set[multiprocessing.process.BaseProcess]) -> None:
    """Stop worker processes and wait until they are gone."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(5)
        if child.is_alive():
            child.kill()
            child.join()


def _context() -> multiprocessing.context.BaseContext:
    """How workers are started: a clean server that forks where there is one, else afresh."""
    methods: Mapping[str, str] = {"linux": "forkserver"}
    context = multiprocessing.get_context(methods.get(sys.platform, "spawn"))
    if context.get_start_method() == "forkserver":
        # imported once by the server instead of once by every worker
        context.set_forkserver_preload(["secretome.parallel"])
    return context


def _ignore_interrupts() -> None:
    """Ctrl-C reaches the whole group; only the parent speaks, and it ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
