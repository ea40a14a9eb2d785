"""`secretome demo` at its full size: the laboratory that README shows."""

from __future__ import annotations

import pytest

from secretome.cli import run as command

pytestmark = pytest.mark.slow


def test_demo_says_that_it_is_simulated_and_what_was_recovered(capsys, tmp_path):
    out = tmp_path / "demo"
    assert command(["demo", "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("SIMULATED data")
    assert "SIMULATED" in (out / "index.html").read_text()
    assert (tmp_path / "demo.study" / "study.toml").exists()
    assert (out / "tables" / "simulate.recovery.recovery.csv").exists()
