"""The methods section and the references of what was really run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from secretome import __version__
from secretome.dossier import Dossier
from secretome.results import Result

from .finding import parameters
from .tables import dois_in

_BIBTEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


@dataclass(frozen=True)
class Reference:
    """A paper that a method or a factor stands on.

    Parameters
    ----------
    key
        BibTeX key, made of the DOI alone: the same in every dossier.
    doi
        Lower case.
    text
        The citation as the knowledge table has it; empty when we only have the DOI.
    """

    key: str
    doi: str
    text: str = ""


def references(dossier: Dossier) -> tuple[Reference, ...]:
    """Every DOI named by a method or a table of this dossier, sorted, each once."""
    cited: dict[str, str] = {}
    for result in dossier.results:
        for method in result.methods:
            for doi in method.dois:
                cited.setdefault(doi.lower(), "")
        for doi, text in _in_tables(result):
            cited[doi.lower()] = cited.get(doi.lower()) or text
    found: list[Reference] = []
    keys: dict[str, int] = {}
    for doi in sorted(cited):
        stem = "doi_" + re.sub(r"[^a-z0-9]+", "_", doi).strip("_")
        keys[stem] = keys.get(stem, 0) + 1
        found.append(Reference(stem if keys[stem] == 1 else f"{stem}_{keys[stem]}", doi, cited[doi]))
    return tuple(found)


def bibtex(cited: tuple[Reference, ...]) -> str:
    r"""The references as BibTeX entries.

    Examples
    --------
    >>> print(bibtex((Reference("doi_10_1_x", "10.1/x", "Shin & Ryu 2015"),)), end="")
    @misc{doi_10_1_x,
      title = {Shin \& Ryu 2015},
      doi = {10.1/x},
      url = {https://doi.org/10.1/x}
    }
    """
    entries = []
    for reference in cited:
        title = (
            _escaped(" ".join(reference.text.split())) if reference.text else f"doi:{_escaped(reference.doi)}"
        )
        entries.append(
            f"@misc{{{reference.key},\n  title = {{{title}}},\n  doi = {{{reference.doi}}},\n"
            f"  url = {{https://doi.org/{reference.doi}}}\n}}\n"
        )
    return "\n".join(entries)


def methods_text(dossier: Dossier, cited: tuple[Reference, ...]) -> str:
    """The methods as Markdown: a heading a stage, a paragraph a method, parameters below.

    Parameters
    ----------
    cited
        What `references` gave for this dossier; methods cite by its keys.
    """
    keys = {reference.doi: reference.key for reference in cited}
    version = dossier.versions.get("secretome", __version__)
    lines = [f"# Methods: {plain(dossier.study.title)}", ""]
    if dossier.study.simulated:
        lines += ["**SIMULATED: the data were invented by a computer, not measured in any medium.**", ""]
    lines += [f"Computed with secretome {version}, seed {dossier.seed}."]
    lines += ["Every parameter is that of the run; references are in references.bib.", ""]
    for stage in dict.fromkeys(r.stage for r in dossier.results if r.methods or r.parameters):
        lines += [f"## {stage.capitalize()}", ""]
        for result in dossier.results:
            if result.stage == stage:
                lines += _paragraphs(result, keys)
    if dossier.versions:
        packages = ", ".join(f"{name} {number}" for name, number in dossier.versions.items())
        lines += ["## Software", "", f"{plain(packages)}.", ""]
    return "\n".join(lines)


def plain(text: str) -> str:
    r"""A text that Markdown prints as it stands, whatever a title or a file name says.

    Examples
    --------
    >>> plain("<b>[x](y)")
    '&lt;b>\\[x\\](y)'
    """
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]#|])", r"\\\1", text)


def _paragraphs(result: Result, keys: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for method in result.methods:
        marks = "; ".join(f"@{keys[doi.lower()]}" for doi in method.dois)
        lines += [plain(method.text) + (f" [{marks}]" if marks else ""), ""]
    if result.parameters:
        given = "; ".join(f"{name} = {value}" for name, value in parameters(result.parameters))
        lines += [f"Parameters of {plain(result.name)}: {plain(given)}.", ""]
    return lines


def _in_tables(result: Result) -> list[tuple[str, str]]:
    """DOI and citation of every row of the tables that have both."""
    found = []
    for table in result.tables.values():
        if {"doi", "citation"} <= set(table.columns):
            rows = table[["doi", "citation"]].dropna().drop_duplicates()
            for row in rows.itertuples(index=False):
                found += [(doi, str(row.citation)) for doi in dois_in(str(row.doi))]
    return found


def _escaped(text: str) -> str:
    return "".join(_BIBTEX.get(character, character) for character in text)
