"""What the tables behind the origin of proteins demand beyond their columns; every refusal once."""

from __future__ import annotations

import pandas as pd

from secretome import knowledge
from secretome.knowledge.annotation import (
    annotation_problems,
    count_problems,
    prior_problems,
    rename_problems,
)
from secretome.knowledge.identifiers import identifier_problems


def _text(name: str) -> pd.DataFrame:
    return knowledge.table(name).frame.astype(str)


def test_the_promised_numbers_of_genes_are_there() -> None:
    frame = knowledge.table("annotation").frame
    assert frame["category"].isin(["secreted", "matrix"]).sum() >= 1200
    assert (frame["category"] == "intracellular").sum() >= 600
    assert list(annotation_problems(frame)) == []
    few = list(annotation_problems(frame[frame["category"] != "matrix"]))
    assert "at least 1,200" in str(few[0])


def test_a_rename_leads_to_a_gene_and_from_none() -> None:
    rows = pd.DataFrame({"earlier": ["CTGF", "FN1", "OLD1"], "gene": ["CCN2", "FN1", "NOTAGENE"]})
    found = [(problem.row, problem.column) for problem in rename_problems(rows)]
    assert found == [(3, "earlier"), (4, "gene")]


def test_counts_and_splits_must_add_up() -> None:
    counts = _text("origin_counts").head(2)
    assert list(count_problems(counts)) == []
    wrong = counts.assign(enriched="99", category=["matrix", "nothing"])
    assert len(list(count_problems(wrong))) == 3
    priors = _text("origin_priors").head(1)
    assert list(prior_problems(priors)) == []
    assert "expected 1" in str(next(prior_problems(priors.assign(leaked="0.9"))))


def test_one_symbol_has_one_accession_over_all_tables() -> None:
    frames = {
        "a": pd.DataFrame({"hgnc": ["IL6", "FN1"], "uniprot": ["P05231", "P02751"]}),
        "b": pd.DataFrame({"hgnc": ["IL6", "SPP1"], "uniprot": ["P05232", "P02751"]}),
        "c": pd.DataFrame({"gene": ["IL6"]}),
    }
    found = [str(problem) for problem in identifier_problems(frames)]
    assert any("IL6 has P05231 (a.tsv) and P05232 (b.tsv)" in text for text in found)
    assert any("P02751 has FN1 (a.tsv) and SPP1 (b.tsv)" in text for text in found)
    assert len(found) == 2
