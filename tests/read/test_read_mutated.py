"""A short fuzz on invented tables: an error that names the file, or the identical table.

The long one, on the real files too, is tests/slow/test_read_fuzz.py.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name: str):
    """Modules beside this one, whichever way pytest imported it."""
    package = "read_mutations"
    folder = Path(__file__).parent
    if package not in sys.modules:
        spec = importlib.util.spec_from_loader(package, loader=None, is_package=True)
        module = importlib.util.module_from_spec(spec)
        module.__path__ = [str(folder)]
        sys.modules[package] = module
    return importlib.import_module(f"{package}.{name}")


mutations = _load("mutations")
mutating = _load("mutating")


def synthetic() -> dict[str, tuple[str, str, dict[str, str]]]:
    """Name -> text, delimiter and what study.toml declares."""
    accessions = [f"P{10000 + row}" for row in range(30)]
    fragpipe = ["Protein ID\tGene\tOrganism\tDescription\tÄpfel Intensity\tB 2 Intensity"]
    maxquant = ["Majority protein IDs\tGene names\tLFQ intensity Ä\tLFQ intensity B\tReverse\tid"]
    generic = ["Accession,Description,Ä 1,B-2"]
    perseus = ["S1\tS2\tMajority protein IDs\tGene names", "#!{Type}E\tE\tT\tT"]
    for row, name in enumerate(accessions):
        one, two = 1234.5 * (row + 1), 98765.25 / (row + 1)
        fragpipe.append(f"{name}\tG{row}\tHomo sapiens\tZürich; \"5'-3'\", x\t{one}\t{two}")
        maxquant.append(f"{name};Q{row:05d}\tG{row};H{row}\t{one}\t{two}\t{'+' if row == 3 else ''}\t{row}")
        generic.append(f'{name},"Zürich, no. {row}",{one},{two}')
        perseus.append(f"{20 + row / 8}\t{18.5 + row / 16}\t{name}\tG{row}")
    return {
        "fragpipe": ("\n".join(fragpipe) + "\n", "\t", {}),
        "maxquant": ("\n".join(maxquant) + "\n", "\t", {}),
        "table": ("\n".join(generic) + "\n", ",", {"unit": "intensity"}),
        "perseus": ("\n".join(perseus) + "\n", "\t", {"unit": "log2 intensity"}),
    }


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
@pytest.mark.parametrize("name", list(synthetic()))
def test_a_mutated_table_is_refused_or_identical(name, mutation, tmp_path):
    text, delimiter, words = synthetic()[name]
    path = tmp_path / ("whole.csv" if delimiter == "," else "whole.tsv")
    path.write_text(text, encoding="utf-8")
    original = mutating.reading(path, words)
    assert original.format == name
    for seed in range(4):
        assert not mutating.verdict(mutation, text, delimiter, seed, tmp_path, original, words), seed
