"""What the medium may do: scores by group, then each process with its factors, samples and citations."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd

from secretome.dossier import Dossier
from secretome.potential.wording import in_words
from secretome.report import figures
from secretome.report.blocks import Block, Group, Link, Section, Table, Text
from secretome.report.finding import Contents, finding
from secretome.report.marks import slug
from secretome.report.sections import title
from secretome.report.tables import table_of
from secretome.results import Result, show

ANCHOR = "potential-process-"
# Rows of a process that the page prints whole: a reader goes from a score to every factor behind it.
WHOLE = 120
GENES = 12
# Samples named for a factor; the file names all of them.
SAMPLES = 12
# Column of the factors that raises a doubt, and the word for it behind the gene.
_DOUBTS = {"contaminant_class": "contaminant", "leak_prone": "may leak", "serum_prone": "may be serum"}
_SCORES = (
    "process",
    "group",
    "direction",
    "score",
    "lower",
    "upper",
    "lower_all",
    "upper_all",
    "factors_used",
    "random_median",
    "p_random_sets",
    "donors",
)
_BLIND = (
    "process",
    "direction",
    "factors_not_seen",
    "factors_known",
    "share_not_seen_percent",
    "best_assay",
    "best_assay_adds_percent",
)
_COMPARED = (
    "process",
    "direction",
    "comparison",
    "scale",
    "difference",
    "lower",
    "upper",
    "p_value",
    "fdr",
    "statement",
    "p_random_sets",
    "donors_left",
    "donors_right",
    "driven_by",
)
_FACTORS = (
    "direction",
    "gene",
    "doubts",
    "detected",
    "highest",
    "weight",
    "evidence_level",
    "mechanism",
    "doi",
    "samples",
    "citation",
)
_UNSEEN = ("direction", "gene", "reason", "weight", "mechanism", "measure_by", "citation", "doi")
# Results that stand far down, and the words of the way there.
_FURTHER = {
    "potential.ligands": "Free ligand and receptor occupancy.",
    "potential.safety": "Safety flags.",
    "potential.enrichment": "Gene sets, drawn.",
}
_SHOWN = ("scores", "processes", "factors", "unseen", "blind_by_process")


def build(contents: Contents) -> Section | None:
    """Scores with intervals, what could not be seen, each process with its factors; then the other results."""
    if not contents.results:
        return None
    blocks: list[Block] = [_reading(contents)]
    for result in contents.results:
        if result.key == "potential.processes":
            compared = next((one for one in contents.results if one.key == "potential.comparisons"), None)
            blocks.append(finding(result, lead=_lead(result, compared), omit=_SHOWN))
        elif result.key == "potential.comparisons" and len(result.tables["processes"]):
            blocks.append(finding(result, lead=(_compared(result),), omit=("processes", "summary")))
        elif result.key == "potential.enrichment":
            blocks.append(finding(result, lead=_sets(result), omit=("summary",)))
        else:
            blocks.append(finding(result, omit=("summary",)))
    return Section(title("potential"), "potential", tuple(blocks))


def _reading(contents: Contents) -> Text:
    """How to read the section, with ways to the results that stand far below."""
    links = tuple(
        Link(words, "#" + result.key.replace(".", "-"))
        for result in contents.results
        for key, words in _FURTHER.items()
        if result.key == key
    )
    return Text(_words(contents.dossier), links, kind="hint")


def _words(dossier: Dossier) -> str:
    text = (
        "Potential is read from what others found for single factors; for and against are two numbers. A score is where "
        "the factors of a process stand among all proteins that could be detected: 0 at the bottom, 100 at the top, 50 "
        "for proteins at large. Choose a process to see its factors, the samples that hold them, and the papers."
    )
    if dossier.study.select(kind="activity"):
        return text
    return text + " Nothing here was tested functionally in this study."


def _lead(result: Result, compared: Result | None) -> tuple[Block, ...]:
    blocks: list[Block] = [*figures.drawn(partial(figures.profile, result))]
    if len(result.tables.get("scores", ())):
        blocks.append(_scores(result))
    blocks += figures.drawn(partial(figures.processes, result))
    if len(result.tables.get("blind_by_process", ())):
        caption = "What this assay did not see, and the one assay that would add most"
        table = table_of(result, "blind_by_process", caption=caption, columns=_BLIND)
        blocks.append(_linked(table, "process"))
    names = dict.fromkeys(result.tables["processes"]["process"]) if "processes" in result.tables else ()
    blocks += [_process(result, compared, str(name)) for name in names]
    return tuple(blocks)


def _sets(result: Result) -> tuple[Block, ...]:
    """Both dot plots; their tables follow, whole."""
    draw = (figures.gene_sets, figures.camera)
    return tuple(block for one in draw for block in figures.drawn(partial(one, result)))


def _scores(result: Result) -> Table:
    table = result.tables["scores"]
    rows = table[(table["scale"] != "fold") & (table["variant"] == "as counted")]
    order = ["process", "group", "direction"]
    rows = rows.sort_values(order, ascending=[True, True, False], kind="stable")
    scale = ("scale",) if (rows["scale"] == "occupancy").any() else ()
    columns = ("process", *scale, *_SCORES[1:])
    caption = "Scores with 95 % intervals: from donors, and from donors and evidence weights together"
    made = table_of(result, "scores", caption=caption, columns=columns, rows=rows, whole=WHOLE)
    return replace(_linked(made, "process"), folded=True)


def _compared(result: Result) -> Table:
    rows = result.tables["processes"]
    rows = rows[rows["scale"] == "rank"].sort_values("p_value", kind="stable")
    caption = "Processes that differ between groups, judged on donors, smallest p first"
    return _linked(table_of(result, "processes", caption=caption, columns=_COMPARED, rows=rows), "process")


def _process(result: Result, compared: Result | None, process: str) -> Group:
    """One process: its scores, what differs, its factors with samples and citations, what was not seen."""
    blocks: list[Block] = []
    scores = result.tables.get("scores", pd.DataFrame(columns=["process", "variant"]))
    mine = scores[scores["process"] == process]
    if len(mine):
        caption = f"{process}: scores by group, and without factors in doubt"
        columns = ("group", "direction", "scale", "variant", *_SCORES[3:])
        made = table_of(result, "scores", caption=caption, columns=columns, rows=mine, whole=WHOLE)
        blocks.append(replace(made, folded=True))
    if compared is not None:
        rows = compared.tables["processes"]
        rows = rows[rows["process"] == process].sort_values("p_value", kind="stable")
        if len(rows):
            made = table_of(
                compared, "processes", caption=f"{process}: differences", columns=_COMPARED[1:], rows=rows
            )
            blocks.append(replace(made, folded=True))
    factors = _factors(result.tables["factors"], process)
    if len(factors):
        caption = f"{process}: factors seen, the samples that hold them, and the papers"
        made = table_of(result, "factors", caption=caption, columns=_FACTORS, rows=factors, whole=WHOLE)
        blocks.append(replace(made, folded=True))
    unseen = result.tables["unseen"]
    missed = unseen[unseen["process"] == process].sort_values(["weight", "gene"], ascending=[False, True])
    if len(missed):
        caption = f"{process}: known factors that were not seen; not seen is not absent"
        made = table_of(result, "unseen", caption=caption, columns=_UNSEEN, rows=missed, whole=WHOLE)
        blocks.append(replace(made, folded=True))
    # a doubt that belongs to one process stands beside its scores too
    doubts = tuple(Text(note) for note in result.notes if note.lower().startswith(f"{process}:"))
    words = in_words(process)
    heading = words.capitalize() + ("" if words == process else f", {process}")
    return Group(heading, (Text(_sides(factors)), *doubts, *blocks), anchor=ANCHOR + slug(process))


def _factors(factors: pd.DataFrame, process: str) -> pd.DataFrame:
    """A row for each factor of a process and direction: where it was found, and every paper on it."""
    rows = factors[factors["process"] == process]
    lines = []
    for (direction, gene), mine in rows.groupby(["direction", "gene"], sort=False):
        once = mine.drop_duplicates("group")
        best = mine.sort_values("weight", ascending=False, kind="stable").iloc[0]
        top = once.sort_values("abundance_percentile", ascending=False, kind="stable").iloc[0]
        height = show(float(top["abundance_percentile"])) if pd.notna(top["abundance_percentile"]) else ""
        lines.append(
            {
                "direction": direction,
                "gene": gene,
                "doubts": _doubts(best),
                "detected": ", ".join(
                    f"{row['group']} {row['detected']}/{row['measured']}" for row in once.to_dict("records")
                ),
                "highest": f"{top['group']}: percentile {height}" if height else "",
                "weight": best["weight"],
                "evidence_level": best["evidence_level"],
                "mechanism": "; ".join(dict.fromkeys(mine["mechanism"].astype(str))),
                "samples": _named_samples(once),
                "citation": "; ".join(dict.fromkeys(mine["citation"].astype(str))),
                "doi": "; ".join(
                    dict.fromkeys(str(doi) for doi in mine["doi"] if str(doi) not in {"", "nan"})
                ),
            }
        )
    table = pd.DataFrame(lines, columns=list(_FACTORS))
    return table.sort_values(["direction", "weight", "gene"], ascending=[False, False, True], kind="stable")


def _named_samples(rows: pd.DataFrame) -> str:
    if "detected_in" not in rows:
        return ""
    names = [name for cell in rows["detected_in"] if pd.notna(cell) for name in str(cell).split(", ") if name]
    if len(names) > SAMPLES and len(names) == int(rows["measured"].sum()):
        return f"all {show(len(names))} samples"
    more = f" … and {show(len(names) - SAMPLES)} more, all in the CSV" if len(names) > SAMPLES else ""
    return ", ".join(names[:SAMPLES]) + more


def _doubts(row: pd.Series) -> str:
    """Why this factor may not be of the cells: contaminant, leaked, serum."""
    found = []
    for column, word in _DOUBTS.items():
        cell = row.get(column)
        if cell is not None and not pd.isna(cell) and cell not in {"", False}:
            found.append(word)
    return ", ".join(found)


def _sides(factors: pd.DataFrame) -> str:
    """The genes seen for and against, in one sentence."""
    parts = []
    for side in ("for", "against"):
        mine = factors[factors["direction"] == side]
        names = [
            f"{gene} ({doubt})" if doubt else gene
            for gene, doubt in zip(mine["gene"], mine["doubts"], strict=True)
        ]
        more = f" … and {show(len(names) - GENES)} more" if len(names) > GENES else ""
        parts.append(f"{side}: {', '.join(names[:GENES]) + more if names else 'none seen'}")
    return f"Seen {'; '.join(parts)}."


def _linked(table: Table, heading: str) -> Table:
    """The table with the cells of one column leading to the process that they name."""
    columns = tuple(
        replace(column, kind="link", prefix=ANCHOR) if column.title == heading else column
        for column in table.columns
    )
    return replace(table, columns=columns)
