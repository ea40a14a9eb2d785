"""Methods and references: what was run, each paper once, nothing that breaks a file."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from secretome.dossier import Dossier
from secretome.report.methods import Reference, bibtex, methods_text, references
from secretome.results import Answer, Method, Result


def test_every_method_and_parameter_is_in_the_text(dossier: Dossier) -> None:
    text = methods_text(dossier, references(dossier))
    for result in dossier.results:
        for method in result.methods:
            assert method.text in text
    assert "trend = yes" in text
    assert "keratin fail % = 10.0" in text


def test_every_citation_of_the_text_is_among_the_references(dossier: Dossier) -> None:
    cited = references(dossier)
    marks = set(re.findall(r"@([\w]+)", methods_text(dossier, cited)))
    entries = set(re.findall(r"@misc\{(\w+),", bibtex(cited)))
    assert marks <= entries
    assert "doi_10_1093_nar_gkv007" in marks


def test_factors_bring_their_citation(dossier: Dossier) -> None:
    text = bibtex(references(dossier))
    assert r"\{ADSC \& co\}, 100 \%" in text
    assert "doi = {10.1186/s13287-015-0209-8}" in text


def test_a_paper_is_listed_once_however_its_doi_is_written() -> None:
    methods = (Method("a", ("10.1000/ABC",)), Method("b", ("10.1000/abc", "10.1000/a.b.c")))
    result = Result("vary", "x", "?", Answer("."), methods=methods)
    keys = [reference.key for reference in references(_only(result))]
    assert keys == ["doi_10_1000_a_b_c", "doi_10_1000_abc"]


def test_keys_that_would_collide_are_numbered() -> None:
    result = Result("vary", "x", "?", Answer("."), methods=(Method("a", ("10.1/a-b", "10.1/a.b")),))
    keys = [reference.key for reference in references(_only(result))]
    assert keys == ["doi_10_1_a_b", "doi_10_1_a_b_2"]


def test_identifiers_that_are_no_doi_are_passed_over() -> None:
    table = pd.DataFrame({"doi": ["PMID 123", None, "10.1000/x; 10.1000/y"], "citation": ["a", "b", "c"]})
    result = Result("potential", "x", "?", Answer("."), tables={"factors": table})
    assert [r.doi for r in references(_only(result))] == ["10.1000/x", "10.1000/y"]


def test_a_hostile_title_stays_text(dossier: Dossier) -> None:
    text = methods_text(dossier, references(dossier))
    assert "<b>" not in text
    assert "SIMULATED" in text


def test_braces_of_an_entry_balance() -> None:
    text = bibtex((Reference("k", "10.1/x", "a } b \\ {c"),))
    bare = text.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")


def _only(result: Result) -> Dossier:
    from secretome.study import Study

    return replace(Dossier(Study("t", pd.DataFrame(index=["a"])), ()), results=(result,))
