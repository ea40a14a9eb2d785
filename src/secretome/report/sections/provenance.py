"""Where every number comes from: inputs, versions, seed, history, files."""

from __future__ import annotations

from dataclasses import replace

from secretome.dossier import Dossier
from secretome.report.blocks import Block, Code, Column, Facts, Link, Section, Table, Text
from secretome.report.finding import Contents, setting
from secretome.report.sections import title
from secretome.results import show

_FILES = (
    "dossier.json",
    "study.h5mu",
    "study.toml",
    "ro-crate-metadata.json",
    "methods.md",
    "references.bib",
)


def build(contents: Contents) -> Section:
    """Files, run, inputs with their sha256, what was done in order, and the plan as run."""
    blocks: list[Block] = [
        Text("Files of this dossier:", tuple(Link(name, name) for name in _FILES)),
        Facts(
            (("Created", contents.dossier.created or "not recorded"), ("Seed", show(contents.dossier.seed)))
        ),
        _table("Inputs", ("file", "sha256"), tuple(contents.dossier.inputs.items())),
        _table("Versions", ("package", "version"), tuple(contents.dossier.versions.items())),
        _history(contents.dossier),
    ]
    sources = {(s.name, s.version, s.sha256) for result in contents.dossier.results for s in result.sources}
    if sources:
        used = _table("Knowledge tables", ("table", "version", "sha256"), tuple(sorted(sources)))
        blocks.append(replace(used, folded=True))
    if contents.dossier.plan:
        blocks.append(Code("study.toml as run", contents.dossier.plan))
    return Section(title("provenance"), "provenance", tuple(blocks))


def _history(dossier: Dossier) -> Table:
    rows = tuple((step.step, step.text, setting(step.parameters)) for step in dossier.study.history)
    return _table("What was done to the study, in order", ("step", "what", "parameters"), rows)


def _table(caption: str, titles: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table(caption, tuple(Column(name) for name in titles), rows, total=len(rows))
