"""Mutated real files: an error that names the place, or the identical table; never a crash."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from secretome.errors import SecretomeError

SEEDS = range(6)
FILES: dict[str, dict[str, str]] = {
    "formats-search-engine-outputs/maxquant_proteinGroups.txt.gz": {},
    "formats-search-engine-outputs/maxquant_bioid_proteinGroups_head.txt.gz": {},
    "formats-precursor-reports/maxquant_proteinGroups.csv": {},
    "formats-search-engine-outputs/fragpipe_combined_proteins.tsv": {},
    "formats-search-engine-outputs/alphapept_results_proteins.csv.gz": {},
    "formats-precursor-reports/progenesis.csv": {},
    "ev-vs-cell-microglia-santiago/ev_perseus_normalized.csv.gz": {},
    "ev-cm-senescence-wallis/MS1.csv": {},
    "formats-precursor-reports/diann_report_3runs.tsv.gz": {},
    "formats-precursor-reports/diann_QC_Mam.pg_matrix.tsv.gz": {},
    "spikein-yeast-ups2-diann-staes/spikein248-staesetal2024.pg_matrix.tsv.gz": {},
    "formats-precursor-reports/spectronaut_hye124_fragments.csv.gz": {},
    "formats-precursor-reports/skyline_fragments.csv.gz": {},
    "formats-precursor-reports/openswath.csv": {},
    "formats-precursor-reports/maxquant_evidence.csv.gz": {},
    "formats-precursor-reports/proteome_discoverer_psm.csv.gz": {},
    "formats-precursor-reports/fragpipe_msstats.csv": {},
    "formats-search-engine-outputs/alphadia_1.8.1_report_head.tsv.gz": {},
    "ev-cm-senescence-wallis/MS2.csv": {"unit": "log2 intensity", "zero": "missing"},
}
WORKBOOKS: dict[str, dict[str, str]] = {
    "dental-msc-peaks-kotova/data.xlsx": {},
    "ev-cm-senescence-wallis/MS3_Analysis.xlsx": {"unit": "log2 intensity"},
    "ev-vs-cell-microglia-santiago/cell_vs_ev_perseus_normalized.xlsx": {},
}


def _load(name: str):
    folder = Path(__file__).resolve().parents[1] / "read"
    if "read_mutations" not in sys.modules:
        spec = importlib.util.spec_from_loader("read_mutations", loader=None, is_package=True)
        module = importlib.util.module_from_spec(spec)
        module.__path__ = [str(folder)]
        sys.modules["read_mutations"] = module
    return importlib.import_module(f"read_mutations.{name}")


mutations = _load("mutations")
mutating = _load("mutating")


def _text(path: Path) -> str:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    # rows beyond these only make the fuzz slower
    return "\n".join(lines[:400]) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.name)
@pytest.mark.parametrize("name", list(FILES))
def test_a_mutated_real_file_is_refused_or_identical(shared, name, mutation, tmp_path):
    source = shared / "data" / name
    text, delimiter = _text(source), "," if ".csv" in source.name else "\t"
    path = tmp_path / ("whole.csv" if delimiter == "," else "whole.tsv")
    path.write_text(text, encoding="utf-8")
    original = mutating.reading(path, FILES[name])
    for seed in SEEDS:
        found = mutating.verdict(mutation, text, delimiter, seed, tmp_path, original, FILES[name])
        assert not found, f"seed {seed}: {found}"


@pytest.mark.slow
@pytest.mark.parametrize("name", list(WORKBOOKS))
def test_a_damaged_workbook_is_unreadable_or_identical(shared, name, tmp_path):
    source = shared / "data" / name
    original = mutating.reading(source, WORKBOOKS[name])
    raw = source.read_bytes()
    rng = np.random.default_rng(20261123)
    for number in range(8):
        broken = bytearray(raw)
        if number % 2:
            del broken[int(rng.integers(100, len(raw))) :]
        else:
            for place in rng.integers(0, len(raw), 20):
                broken[place] ^= int(rng.integers(1, 256))
        path = tmp_path / f"broken{number}.xlsx"
        path.write_bytes(bytes(broken))
        found = _damage(path, WORKBOOKS[name], original)
        assert not found, f"{number}: {found}"


def _damage(path: Path, words: dict[str, str], original) -> str:
    try:
        table = mutating.reading(path, words)
    except SecretomeError as error:
        return "" if path.name in str(error) else str(error)
    return mutating.differs(original, table)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(WORKBOOKS))
def test_titles_above_a_workbook_leave_the_table_as_it_is(shared, name, tmp_path):
    source = shared / "data" / name
    original = mutating.reading(source, WORKBOOKS[name])
    book = load_workbook(source, data_only=True)
    sheet = book.worksheets[0]
    sheet.insert_rows(1, 3)
    sheet["A1"] = "Core facility, order 1234"
    path = tmp_path / "titled.xlsx"
    book.save(path)
    table = mutating.reading(path, WORKBOOKS[name])
    assert not mutating.differs(original, table)
    assert "header was found in row 4" in " ".join(table.remarks)
