"""A run that is killed at any moment leaves the old dossier or the new one, and never half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secretome import report
from secretome.dossier import load

pytestmark = pytest.mark.slow


def _start(study: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "secretome", "run", str(study), "-o", str(out), "--no-cache"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _title(out: Path) -> str:
    title: str = json.loads((out / "dossier.json").read_text())["title"]
    return title


def test_a_killed_run_leaves_the_old_dossier_or_the_new_one(small_lab, tmp_path):
    study, out = small_lab.write(), tmp_path / "dossier"
    started = time.perf_counter()
    assert _start(study, out).wait() == 0
    whole = time.perf_counter() - started
    assert _title(out) == "Small laboratory"
    expected = [result.key for result in load(out).results]
    seen = set()
    for attempt in range(24):
        small_lab.toml = small_lab.toml.replace(
            small_lab.toml.split('title = "')[1].split('"')[0], f"Attempt {attempt}"
        )
        small_lab.write()
        run = _start(study, out)
        time.sleep(whole * (0.3 + 0.8 * attempt / 24))
        if run.poll() is None:
            os.kill(run.pid, signal.SIGKILL)
        run.wait()
        report.recover(out)
        dossier = load(out)
        assert [result.key for result in dossier.results] == expected
        assert (out / "index.html").stat().st_size > 10_000
        seen.add(dossier.study.title == f"Attempt {attempt}")
    # both outcomes were met: kills before the swap, and runs that finished
    assert seen == {True, False}


def test_a_killed_run_leaves_no_half_step_in_the_cache(small_lab, tmp_path):
    study, out = small_lab.write(), tmp_path / "dossier"
    command = [sys.executable, "-m", "secretome", "run", str(study), "-o", str(out)]
    for delay in (1.0, 1.5, 2.0, 2.5, 3.0):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        run.kill()
        run.wait()
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert {result.stage for result in load(out).results} >= {"read", "define", "vary", "potential"}
