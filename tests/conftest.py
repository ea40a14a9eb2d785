"""What all tests share: the way to the reference data, and a count of the tests that need them."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

# small matrices: a second BLAS thread costs more than it gives, above all beside a second test worker
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
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
    why = " (shared data absent: set SECRETOME_SHARED)" if skipped else ""
    terminalreporter.write_line(f"data tests: {len(names)} found, {len(skipped)} skipped{why}")


@dataclass
class SmallLab:
    """Files of a small study: 2 tissues x 3 donors x 2 conditions, 40 proteins, FragPipe layout."""

    folder: Path
    table: pd.DataFrame
    sheet: pd.DataFrame
    toml: str

    @property
    def samples(self) -> list[str]:
        return list(self.sheet["sample"])

    def write(self, *, delimiter: str = "\t", table_name: str = "combined_protein.tsv") -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.table.to_csv(self.folder / table_name, sep=delimiter, index=False)
        self.sheet.to_csv(self.folder / "samples.tsv", sep="\t", index=False)
        (self.folder / "study.toml").write_text(self.toml)
        return self.folder / "study.toml"


SMALL_TOML = """
[study]
title = "Small laboratory"
organism = "human"
[samples]
file = "samples.tsv"
[[assay]]
name = "proteome"
file = "combined_protein.tsv"
[design]
formula = "~ 0 + tissue + condition"
random = ["donor"]
  [design.contrasts]
  bm_vs_ad = "tissue[BM] - tissue[AD]"
  primed = "condition[primed] - condition[control]"
"""


@pytest.fixture
def small_lab(tmp_path: Path) -> SmallLab:
    """A small laboratory whose files can be changed before `write()`; nothing is planted."""
    return _small_lab(tmp_path / "lab")


@pytest.fixture(scope="session")
def make_small_lab() -> Callable[[Path], SmallLab]:
    """`make_small_lab(folder)`, for those who share one between tests."""
    return _small_lab


def _small_lab(folder: Path) -> SmallLab:
    rng = np.random.default_rng(20261123)
    rows = [
        {"sample": f"{tissue}_{donor}_{condition[0]}", "material": "conditioned_medium", "donor": f"{tissue}{donor}",
         "tissue": tissue, "condition": condition, "load": "equal_volume"}
        for tissue in ("BM", "AD") for donor in (1, 2, 3) for condition in ("control", "primed")
    ]  # fmt: skip
    sheet = pd.DataFrame(rows)
    proteins = [f"P{10000 + i}" for i in range(40)]
    table = pd.DataFrame(
        {
            "Protein": [f"sp|{p}|G{i}_HUMAN" for i, p in enumerate(proteins)],
            "Protein ID": proteins,
            "Entry Name": [f"G{i}_HUMAN" for i in range(40)],
            "Gene": [f"G{i}" for i in range(40)],
            "Organism": "Homo sapiens OX=9606",
            "Description": "invented",
            "Combined Total Peptides": 5,
        }
    )
    base = rng.normal(20, 2, size=40)
    for sample in sheet["sample"]:
        table[f"{sample} Intensity"] = np.round(2 ** (base + rng.normal(0, 0.5, 40)), 3)
    for sample in sheet["sample"]:
        table[f"{sample} MaxLFQ Intensity"] = np.round(2 ** (base + rng.normal(0, 0.5, 40)), 3)
    return SmallLab(folder, table, sheet, SMALL_TOML)


@pytest.fixture
def six_niches(shared: Path, tmp_path: Path) -> Path:
    """study.toml of the six-niche data, as `demo --real` writes it; the data stay where they are."""
    from secretome.cli.six_niches import plan_text

    path = tmp_path / "six" / "study.toml"
    path.parent.mkdir()
    path.write_text(plan_text(shared / "data" / "msc-six-niches-lobov"))
    return path


@pytest.fixture(scope="session")
def stand_in() -> ModuleType:
    """The module of the stand-in server (importmode=importlib keeps tests off sys.path)."""
    if "stand_in" not in sys.modules:
        place = Path(__file__).with_name("stand_in.py")
        specification = importlib.util.spec_from_file_location("stand_in", place)
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules["stand_in"] = module
        specification.loader.exec_module(module)
    return sys.modules["stand_in"]


@pytest.fixture
def web(stand_in: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A scripted server on the loopback device; `web.on(path, answer, …)` returns an address."""
    monkeypatch.delenv("SECRETOME_OFFLINE", raising=False)
    with stand_in.standing_in() as server:
        yield server
