"""Import rate and search times of the evidence store on 100,000 invented records."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from secretome.evidence.records import Author, Heading, Part, Record
from secretome.evidence.store import Store

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
QUERIES = (
    'title:"conditioned medium"',
    '"extracellular vesicles" angiogenesis',
    "wound healing",
    "author:novak17",
    "cells",
    "mesh:mice year:2015-2018",
    "10.1000/invented.77",
    "vegf* -mice",
    "year:2020",
    "nothinglikethis",
)
WORDS = [
    "conditioned",
    "medium",
    "extracellular",
    "vesicles",
    "angiogenesis",
    "wound",
    "healing",
    "cells",
    "stromal",
    "mesenchymal",
    "secretome",
    "exosome",
    "VEGF",
    "HGF",
    "TGF",
    "mice",
    "rats",
    "human",
    "fibrosis",
    "bone",
    "cartilage",
    "hair",
    "neuron",
    "macrophage",
    "immune",
    "apoptosis",
    "hypoxia",
    "proliferation",
]


def records(count: int):
    """Invented records with words drawn as in a language: few frequent, many rare."""
    draw = np.random.default_rng(1)
    rare = [f"word{n}" for n in range(20_000)]
    for number in range(count):
        words = [*draw.choice(WORDS, 60), *(rare[int(n) % 20_000] for n in draw.zipf(1.3, 120))]
        draw.shuffle(words)
        text = " ".join(words)
        title = f"{text[:80]} {number}"
        yield Record(
            pmid=str(number + 1),
            doi=f"10.1000/invented.{number}",
            title=title,
            abstract=(Part(text),),
            authors=(Author(f"Novak{number % 5000}", initials="E"),),
            journal="Journal of Tests",
            mesh=(Heading("Mice" if number % 3 else "Rats"),),
            year=2000 + number % 26,
        )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "bench.sqlite") as store:
        start = time.perf_counter()
        store.add(records(COUNT), name="bench", sha256="bench")
        took = time.perf_counter() - start
        size = store.path.stat().st_size / 2**20
        print(
            f"import of {COUNT:,} records: {COUNT / took:,.0f} records/s (making them included), {size:,.0f} MiB"
        )
        worst = 0.0
        for query in QUERIES:
            times = []
            for _ in range(5):
                start = time.perf_counter()
                found = store.find(query)
                times.append(1000 * (time.perf_counter() - start))
            worst = max(worst, statistics.median(times))
            print(
                f"  {statistics.median(times):8.1f} ms (first {times[0]:.1f})  {found.total:>7,} works  {query}"
            )
        print(f"slowest median: {worst:.1f} ms; target 100 ms: {'met' if worst < 100 else 'missed'}")


if __name__ == "__main__":
    main()
