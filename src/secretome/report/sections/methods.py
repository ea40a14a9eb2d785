"""The methods of what was really run, with the papers they stand on."""

from __future__ import annotations

from secretome.report.blocks import Block, Group, Link, Section, Text
from secretome.report.finding import Contents
from secretome.report.sections import title
from secretome.report.tables import doi_href


def build(contents: Contents) -> Section:
    """A group for each stage, a paragraph for each method, and the files for a paper."""
    files = (Link("methods.md", "methods.md"), Link("references.bib", "references.bib"))
    blocks: list[Block] = [Text("For a paper, with every parameter:", files, kind="hint")]
    for stage in dict.fromkeys(r.stage for r in contents.dossier.results if r.methods):
        # two results that were made the same way are described once
        used = dict.fromkeys(m for r in contents.dossier.results if r.stage == stage for m in r.methods)
        paragraphs = tuple(
            Text(method.text, tuple(Link(f"doi:{doi}", doi_href(doi)) for doi in method.dois))
            for method in used
        )
        blocks.append(Group(stage.capitalize(), paragraphs))
    return Section(title("methods"), "methods", tuple(blocks))
