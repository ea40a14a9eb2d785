"""What all tests share: the way to the reference data, and a count of the tests that need them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference data outside the repository; the test is skipped when it is absent."""
    folder = Path(os.environ.get("SECRETOME_SHARED", _DEFAULT))
    if not folder.is_dir():
        pytest.skip("shared data absent: set SECRETOME_SHARED")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    needed = [
        (outcome, report)
        for outcome in ("passed", "failed", "skipped", "error")
        for report in terminalreporter.stats.get(outcome, [])
        if "data" in getattr(report, "keywords", {})
    ]
    names = {report.nodeid for _, report in needed}
    skipped = {report.nodeid for outcome, report in needed if outcome == "skipped"}
    terminalreporter.write_line(f"data tests: {len(names)} found, {len(skipped)} skipped")
