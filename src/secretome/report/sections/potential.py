"""What the medium may do: evidence for and against each process, never added up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from secretome.dossier import Dossier
from secretome.report import figures
from secretome.report.blocks import Block, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title
from secretome.report.tables import table_of
from secretome.results import Result, show

GENES = 12
# Column of the factors that raises a doubt, and the word for it behind the gene.
_DOUBTS = {"contaminant_class": "contaminant", "leak_prone": "may leak", "serum_prone": "may be serum"}
_FACTORS = (
    "process",
    "direction",
    "gene",
    "group",
    "detected",
    "measured",
    "median_abundance_rank",
    "evidence_level",
    "mechanism",
    "contaminant_class",
    "leak_prone",
    "serum_prone",
    "citation",
    "doi",
)

_UNSEEN = ("process", "direction", "gene", "evidence_level", "mechanism", "measure_by", "citation", "doi")


def build(contents: Contents) -> Section | None:
    """The profile of processes, the factors behind it and those that could not be seen."""
    if not contents.results:
        return None
    blocks: list[Block] = [Text(_reading(contents.dossier), kind="hint")]
    for result in contents.results:
        if result.key == "potential.processes":
            lead = (*figures.drawn(partial(figures.processes, result)), *_tables(result))
            blocks.append(finding(result, lead=lead, omit=("processes", "factors", "unseen")))
        else:
            blocks.append(finding(result))
    return Section(title("potential"), "potential", tuple(blocks))


def _reading(dossier: Dossier) -> str:
    text = "Potential is read from what others found for single factors; for and against are two numbers."
    if dossier.study.select(kind="activity"):
        return text
    return text + " Nothing here was tested functionally in this study."


def _tables(result: Result) -> tuple[Block, ...]:
    blocks: list[Block] = [table_of(result, "processes", caption="Evidence by process")]
    if "factors" in result.tables:
        caption = f"Factors that were seen, the best supported first (up to {GENES} a side)"
        genes = _genes(result.tables["factors"])
        blocks.append(table_of(result, "factors", caption=caption, rows=genes))
        every = table_of(result, "factors", caption="Factors with evidence and citation", columns=_FACTORS)
        blocks.append(replace(every, folded=True))
    if "unseen" in result.tables:
        blocks.append(
            table_of(
                result,
                "unseen",
                caption="Known factors that were not seen: not seen is not absent",
                columns=_UNSEEN,
            )
        )
    return tuple(blocks)


def _genes(factors: pd.DataFrame) -> pd.DataFrame:
    """A row for each process: the genes seen for it and against it, side by side."""
    ranked = factors.sort_values(["weight", "gene"], ascending=[False, True])
    rows = []
    for process in dict.fromkeys(factors["process"]):
        mine = ranked[ranked["process"] == process]
        sides = {side: _named(mine[mine["direction"] == side]) for side in ("for", "against")}
        rows.append({"process": process, **sides})
    return pd.DataFrame(rows, columns=["process", "for", "against"])


def _named(factors: pd.DataFrame) -> str:
    """Genes with the doubt that hangs on each: it may come from serum, from leaking cells, from outside."""
    present = {column: word for column, word in _DOUBTS.items() if column in factors}
    doubts = (
        factors[list(present)].notna()
        & factors[list(present)].ne("")
        & factors[list(present)].ne(other=False)
    )
    names = {
        str(gene): ", ".join(word for word, doubted in zip(present.values(), row, strict=True) if doubted)
        for gene, row in zip(factors["gene"], doubts.to_numpy(), strict=True)
    }
    shown = [f"{gene} ({doubt})" if doubt else gene for gene, doubt in names.items()]
    more = f" … and {show(len(shown) - GENES)} more" if len(shown) > GENES else ""
    return ", ".join(shown[:GENES]) + more if shown else "none seen"
