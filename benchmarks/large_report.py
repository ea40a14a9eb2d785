"""Rows per second and peak memory of a DIA-NN report of a million rows: as text held whole, by DuckDB, as Parquet.

    PYTHONPATH=src python benchmarks/large_report.py [rows]

The report is invented: 20 columns, 40 runs, about 450 MB as text for a million rows. Each way
reads it in a process of its own, which prints its peak resident memory; the numbers must agree.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

RUNS = 40


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text, parquet = Path(folder) / "report.tsv", Path(folder) / "report.parquet"
        invent(rows, text, parquet)
        print(
            f"{rows:,} rows, {text.stat().st_size / 2**20:,.0f} MB as text, {parquet.stat().st_size / 2**20:,.0f} MB as Parquet"
        )
        answers = set()
        for way, path in (("held whole", text), ("DuckDB", text), ("Parquet", parquet)):
            done = subprocess.run([sys.executable, __file__, "--read", way, str(path)], check=True, capture_output=True, text=True)  # fmt: skip
            seconds, peak, empty, answer = done.stdout.split()
            answers.add(answer)
            print(
                f"{way:11s} {float(seconds):6.1f} s  {rows / float(seconds):9,.0f} rows/s  peak {float(peak):7,.0f} MB, of which {float(empty):,.0f} MB before reading"
            )
        print("same numbers" if len(answers) == 1 else f"DIFFERENT: {answers}")


def invent(rows: int, text: Path, parquet: Path) -> None:
    rng = np.random.default_rng(1)
    number = np.arange(rows)
    precursor, run = number // RUNS, number % RUNS
    protein = precursor // 10
    names = np.char.add("P", (10000 + protein).astype(str))
    sequence = np.char.add("_(UniMod:1)AC(UniMod:4)DEFGHIK", precursor.astype(str))
    report = pd.DataFrame(
        {
            "File.Name": np.char.add("D:\\a\\long\\folder\\of\\raw\\files\\of\\the\\study\\run_", np.char.add(run.astype(str), ".raw")),
            "Run": np.char.add("run_", run.astype(str)),
            "Protein.Group": names,
            "Protein.Ids": names,
            "Protein.Names": np.char.add(names, "_HUMAN"),
            "Genes": np.char.add("G", protein.astype(str)),
            "PG.MaxLFQ": np.round(1e6 * (1 + protein % 97) * (1 + run / RUNS), 2),
            "Modified.Sequence": sequence,
            "Stripped.Sequence": np.char.add("ACDEFGHIK", precursor.astype(str)),
            "Precursor.Id": np.char.add(sequence, "2"),
            "Precursor.Charge": 2,
            "Q.Value": rng.uniform(0, 0.011, rows).round(6),
            "PG.Q.Value": 0.001,
            "Global.PG.Q.Value": 0.001,
            "Precursor.Quantity": (2 ** rng.normal(18, 2, rows)).round(2),
            "First.Protein.Description": "a protein that was invented so that a report has words in it",
            "Fragment.Quant.Raw": "821695;157485;86211.5;74259;28363.6;23583.4;",
            "Fragment.Quant.Corrected": "821695;155402;86211.5;74259;28363.6;6015.3;",
            "Fragment.Correlations": "0.984554;0.941531;0.970619;0.93528;0.828571;0.415067;",
            "RT": rng.uniform(0, 60, rows).round(3),
        }
    )  # fmt: skip
    report["Precursor.Normalised"] = report["Precursor.Quantity"]
    report.to_csv(text, sep="\t", index=False)
    report.to_parquet(parquet, index=False)


def read(way: str, path: Path) -> None:
    from secretome.plan import AssayPlan
    from secretome.read import large
    from secretome.read.recognise import open_measurements

    if way == "held whole":
        large.LARGE_BYTES = sys.maxsize
    before = peak_mb()
    start = time.perf_counter()
    table, chosen = open_measurements(path)
    found = chosen.read(table, AssayPlan("report", path), ())
    seconds = time.perf_counter() - start
    peak = peak_mb()
    answer = f"{np.nansum(found.values)!r}/{found.precursors['intensity'].sum()!r}/{len(found.precursors)}"
    print(seconds, peak, before, answer)


def peak_mb() -> float:
    """Peak resident memory of this program (ru_maxrss would count that of the parent before exec)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
