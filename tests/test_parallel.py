"""parallel: same answers for any number of workers, errors with their item, no worker left behind."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from secretome import errors
from secretome.errors import InvalidInput, LostWorker, MissingColumn, MissingExtra, Problem, SecretomeError
from secretome.parallel import cluster, dask, here, processes, spawn_seeds

# functions for workers must be found by name in a module that a fresh process can import:
# tests are not on its path, the standard library and numpy are


def _workers():
    return set(multiprocessing.active_children())


def test_answers_keep_the_order_of_the_items():
    assert processes(2)(abs, list(range(-20, 0))) == list(range(20, 0, -1))
    assert processes(2)(abs, []) == []


def test_draws_are_the_same_for_one_worker_and_two():
    seeds = spawn_seeds(7, 5)
    one, two = (processes(n)(np.random.default_rng, seeds) for n in (1, 2))
    assert [g.normal(size=3).tolist() for g in one] == [g.normal(size=3).tolist() for g in two]


def test_seeds_depend_on_nothing_but_the_seed():
    first = [s.generate_state(2).tolist() for s in spawn_seeds(7, 3)]
    assert first == [s.generate_state(2).tolist() for s in spawn_seeds(7, 10)][:3]
    assert first == [s.generate_state(2).tolist() for s in np.random.SeedSequence(7).spawn(3)]
    parent = spawn_seeds(7, 1)[0]
    assert (
        [s.spawn_key for s in spawn_seeds(parent, 2)]
        == [s.spawn_key for s in spawn_seeds(parent, 2)]
        == [(0, 0), (0, 1)]
    )
    assert len({tuple(s.generate_state(4)) for s in [*spawn_seeds(7, 50), *spawn_seeds(8, 50)]}) == 100


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_keeps_its_kind_and_names_its_item(workers):
    before = _workers()
    with pytest.raises(ValueError, match="invalid literal") as raised:
        processes(workers)(int, ["1", "2", "three", "4"])
    assert raised.value.__notes__ == ["while working on item 2: 'three'"]
    assert _workers() <= before


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_is_told_once_an_item(workers):
    told = []
    processes(workers)(abs, [1, 2, 3], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_killed_worker_is_an_error_and_no_endless_wait():
    with pytest.raises(LostWorker, match="fewer --workers"):
        processes(2)(os._exit, [1, 1])


def test_threads_of_this_process_do_no_harm():
    lock = threading.Lock()
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            with lock:
                time.sleep(0.001)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        assert processes(2)(abs, [-1, -2, -3]) == [1, 2, 3]
    finally:
        stop.set()
        thread.join()


def test_an_interrupt_ends_the_workers(tmp_path):
    script = tmp_path / "long.py"
    script.write_text(
        "import signal, time\n"
        "from secretome.parallel import processes\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell ignores it\n"
        "    try:\n"
        "        processes(2)(time.sleep, [0, 60, 60, 60], progress=lambda *_: print('started', flush=True))\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "started\n"
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert time.monotonic() - started < 15
    assert "interrupted" in out
    assert "Traceback" not in err


class _Client:
    """What a Dask client does, in this process."""

    cancelled = False

    def map(self, function, *items, pure):
        assert pure is False
        return [(function, arguments) for arguments in zip(*items, strict=True)]

    def gather(self, futures):
        return [function(*arguments) for function, arguments in futures]

    def cancel(self, futures):
        self.cancelled = True


def test_a_dask_client_gives_the_same_answers_and_errors():
    told = []
    client = _Client()
    assert dask(client)(abs, [-1, -2], progress=lambda *p: told.append(p)) == here(abs, [-1, -2])
    assert told == [(2, 2)]
    assert dask(client)(abs, []) == []
    with pytest.raises(ValueError, match="invalid") as raised:
        dask(client)(int, ["1", "x"])
    assert "item 1: 'x'" in raised.value.__notes__[0]
    assert client.cancelled


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"secretome\[scale\]"):
        cluster("tcp://127.0.0.1:1")


def _example(kind):
    if kind is MissingColumn:
        return kind("a", ["b"], where="table")
    if kind is MissingExtra:
        return kind("web", "a page")
    if issubclass(kind, InvalidInput):
        return kind([Problem("file", "found", "expected", "action", 3)])
    return kind("text")


@pytest.mark.parametrize(
    "kind", [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, SecretomeError)]
)
def test_every_error_survives_the_way_from_another_process(kind):
    error = _example(kind)
    error.add_note("while working on item 0")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert (str(copy), copy.args, copy.__dict__, copy.exit_code) == (
        str(error),
        error.args,
        error.__dict__,
        error.exit_code,
    )
