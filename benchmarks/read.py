"""Rows per second and peak memory of every reader, on the largest example of each format.

    PYTHONPATH=src SECRETOME_SHARED=/path/to/shared python benchmarks/read.py

Examples are the files of SECRETOME_SHARED that `recognise` gives to a format; a format without an
example is printed as such. Each file is read in a process of its own; time is the median of three
readings (file to ProteinTable), memory the peak of the process less what it held before reading.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from secretome.errors import SecretomeError
from secretome.plan import AssayPlan
from secretome.read import FORMATS, read_proteins, read_table, recognise

REPEATS = 3
ENDINGS = (".tsv", ".csv", ".txt", ".xlsx", ".gz", ".parquet", ".mztab", ".mzTab")
# what study.toml would have to say about a table that does not say it
DECLARED = ({}, {"unit": "intensity", "zero": "missing"}, {"unit": "log2 intensity", "zero": "missing"})


def main() -> None:
    shared = Path(os.environ.get("SECRETOME_SHARED", "../shared"))
    if not shared.is_dir():
        sys.exit("set SECRETOME_SHARED to the folder of reference data")
    examples = find_examples(shared / "data")
    print(f"{'format':20} {'rows':>8} {'columns':>8} {'rows/s':>10} {'peak MiB':>9}  file")
    for name in FORMATS:
        if name not in examples:
            print(f"{name:20} {'no example in the shared data':>38}")
            continue
        path = examples[name]
        answer = subprocess.run(
            [sys.executable, __file__, str(path), name], capture_output=True, text=True, check=False
        )
        if answer.returncode:
            print(f"{name:20} failed: {answer.stderr.strip().splitlines()[-1][:120]}")
            continue
        facts = json.loads(answer.stdout)
        print(
            f"{name:20} {facts['rows']:8,} {facts['columns']:8,} {facts['rows'] / facts['seconds']:10,.0f} "
            f"{facts['peak_mib']:9.0f}  {path.relative_to(shared / 'data')}"
        )


def find_examples(folder: Path) -> dict[str, Path]:
    """Format -> its largest file that can be read without a sample sheet."""
    found: dict[str, Path] = {}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name.endswith(ENDINGS)]
    for path in sorted(files, key=lambda path: -path.stat().st_size):
        try:
            name = recognise(read_table(path)).format
            if name not in found and declaration(path, name) is not None:
                found[name] = path
        except SecretomeError:
            continue
    return found


def declaration(path: Path, name: str) -> dict[str, str] | None:
    for words in DECLARED:
        try:
            read_proteins(AssayPlan("example", path, format=name, **words))  # type: ignore[arg-type]
        except SecretomeError:
            continue
        return words
    return None


def time_one(path: Path, name: str) -> None:
    before = peak_mib()
    words = declaration(path, name) or {}
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        read_proteins(AssayPlan("example", path, format=name, **words))  # type: ignore[arg-type]
        seconds.append(time.perf_counter() - start)
    table = read_table(path)
    facts = {
        "rows": len(table.rows),
        "columns": len(table.header),
        "seconds": statistics.median(seconds),
        "peak_mib": peak_mib() - before,
    }
    print(json.dumps(facts))


def peak_mib() -> float:
    """Peak of this process; ru_maxrss would be the parent's, which a child inherits."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    time_one(Path(sys.argv[1]), sys.argv[2]) if len(sys.argv) > 1 else main()
