"""An import that is killed at any moment leaves a store that is whole, and the import can be done again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from secretome.evidence.store import Store

CHILD = """
import sys
from pathlib import Path
from secretome.evidence.store import Store
from secretome.evidence.records import Record, Part
with Store(Path(sys.argv[1])) as store:
    for number in range(40):
        first = 2000 * number
        made = (Record(pmid=str(first + n + 1), title=f"Invented record number {first + n}",
                       abstract=(Part("words " * 100),)) for n in range(2000))
        store.add(made, name=f"file{number}", sha256=f"file{number}")
        print(number, flush=True)
"""


@pytest.mark.slow
def test_a_killed_import_leaves_a_whole_store(tmp_path):
    path = tmp_path / "evidence.sqlite"
    source = Path(__file__).resolve().parents[2] / "src"
    for wait in (0.6, 0.9, 1.3, 1.7, 2.2, 2.6, 3.1, 3.3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)],
            env={"PYTHONPATH": str(source)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(wait)
        child.kill()
        child.wait()
        with Store(path) as store:
            assert store.select("PRAGMA integrity_check")[0]["integrity_check"] == "ok"
            files = store.select("SELECT records FROM source_file")
            assert all(row["records"] == 2000 for row in files)
            assert len(store.works()) == 2000 * len(files)
            store.select("INSERT INTO record_text(record_text) VALUES ('integrity-check')")
    assert files, "no import was finished before any kill: the test says nothing"
    subprocess.run([sys.executable, "-c", CHILD, str(path)], env={"PYTHONPATH": str(source)}, check=True)
    with Store(path) as store:
        assert len(store.works()) == 80_000
        assert store.find("record").total == 80_000
