"""The result `potential.receivers`: ligands of this medium that have a receptor on record on a receiving cell."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from secretome import knowledge
from secretome.errors import InvalidInput, Problem, UnreadableFile
from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Result, Source

from .evidence import Evidence
from .medium import Medium
from .stacking import stacked
from .symbols import current

RECEIVERS = (
    "endothelial",
    "fibroblast",
    "keratinocyte",
    "macrophage",
    "T cell",
    "dermal papilla",
    "neuron/glia",
    "osteoblast",
    "chondrocyte",
    "hepatocyte",
    "cardiomyocyte",
    "tumour",
)
LINKS = (
    "assay",
    "material",
    "receiver",
    "receptor",
    "ligand",
    "ligand_seen",
    "donors_detected",
    "donors_measured",
    "median_percentile",
    "statement",
    "citation",
    "doi",
    "verified",
)
SUMMARY = ("assay", "material", "receiver", "pairs_known", "pairs_with_ligand_seen", "ligands_seen")
GIVEN = ("receiver", "receptor", "ligands", "source")
_NOTES = (
    (
        "A ligand in the medium and its receptor on a cell are a possible contact, not an effect: amount, binders, co-receptors "
        "and the state of the cell decide."
    ),
    "A receiver with few pairs was read little, not shown to be deaf.",
)


def result(media: tuple[Medium, ...], known: Evidence, options: PotentialOptions) -> Result:
    """Pairs of a ligand and a receptor for each receiving cell.

    Raises
    ------
    UnreadableFile
        If the user's table cannot be read.
    InvalidInput
        If it lacks a column.
    """
    rows, source, said = _pairs(known, options)
    links = stacked([_links(one, rows) for one in media], LINKS)
    summary = _summary(links)
    whole = pd.DataFrame(
        {
            "pairs": [len(links)],
            "seen": [int((links["ligand_seen"].astype(str) == "yes").sum())],
            "receivers": [
                int((summary["pairs_with_ligand_seen"].astype(float) > 0).sum()) if len(summary) else 0
            ],
        }
    )
    return Result(
        stage="potential",
        name="receivers",
        question="Which receiving cells have a receptor for what this medium holds?",
        answer=Answer(
            "For {seen} of {pairs} pairs of a ligand and a receptor on a receiving cell the ligand was detected; "
            "{receivers} kinds of receiving cells have at least one. Contact is not an effect.",
            {name: Cell("summary", name) for name in ("seen", "pairs", "receivers")},
        ),
        verdict=None if media else "not tested",
        tables={"summary": whole, "receivers": summary, "links": links},
        parameters={"receptors": Path(options.receptors).name if options.receptors else "receiver_receptors"},
        sources=source,
        notes=(*_NOTES, *said),
        lacks=("Receptors of the receiving cells that will be treated: expression in those very cells.",),
    )


def _pairs(known: Evidence, options: PotentialOptions) -> tuple[pd.DataFrame, tuple[Source, ...], list[str]]:
    """A row for each receiver, receptor and ligand; sources; odd symbols."""
    if options.receptors:
        table, said = _given(Path(options.receptors))
        source: tuple[Source, ...] = ()
    else:
        loaded = knowledge.table("receiver_receptors")
        table, said = loaded.frame.rename(columns={"source": "citation", "doi_or_id": "doi"}), []
        if not options.unverified:
            table = table[table["verified"] == "page"]
        source = (Source(loaded.name, loaded.version, loaded.sha256),)
    lines = []
    written = [name for cell in table["ligands"] for name in str(cell).split(";")]
    if options.receptors:
        said += current(written, known=known.accessions).sentences(Path(options.receptors).name)
    for row in table.to_dict("records"):
        names = current(str(row["ligands"]).split(";"))
        lines += [{**row, "ligand": gene} for gene in names.genes]
    return pd.DataFrame(lines), source, said


def _given(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The user's table: receiver, receptor, ligands (by semicolon), source; rows with gaps are named and left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror}; check [potential] receptors"
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is no UTF-8 text; save it again as UTF-8") from error
    separator = "\t" if "\t" in text.split("\n", 1)[0] else ","
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    missing = [name for name in GIVEN if name not in (reader.fieldnames or [])]
    if missing:
        found = f"columns {', '.join(reader.fieldnames or []) or 'none'}"
        raise InvalidInput(
            [Problem(path.name, found, f"columns {', '.join(GIVEN)}", "Add the missing columns.")]
        )
    rows, said = [], []
    for number, row in enumerate(reader, start=2):
        if not all((row.get(name) or "").strip() for name in GIVEN):
            said.append(
                f"{path.name} line {number}: a cell of {', '.join(GIVEN)} is empty; the line is left out."
            )
            continue
        if row["receiver"] not in RECEIVERS:
            said.append(
                f"{path.name} line {number}: receiver {row['receiver']!r} is none of ours; used as it is."
            )
        rows.append(row)
    frame = pd.DataFrame(rows, columns=list(GIVEN)).rename(columns={"source": "citation"})
    return frame.assign(doi="", verified="as given", statement=""), said


def _links(one: Medium, rows: pd.DataFrame) -> pd.DataFrame:
    place = {gene: column for column, gene in enumerate(one.samples.genes)}
    donors = len(one.samples.units)
    seen = one.profile.detected
    row_of = {gene: row for row, gene in enumerate(one.profile.genes)}
    lines = []
    for row in rows.to_dict("records"):
        column = place.get(str(row["ligand"]))
        found = column is not None
        shown = one.profile.unit[seen[row_of[str(row["ligand"])]]].tolist() if column is not None else []
        # without a rank in any donor: the medium was declared to contain it
        ranks = (
            pd.Series(one.donors.rank[:, column]).dropna() if column is not None else pd.Series(dtype=float)
        )
        lines.append(
            {
                **{name: row[name] for name in row if name in LINKS},
                "ligand_seen": "yes" if len(ranks) else "declared additive" if found else "not detected",
                "donors_detected": len(set(shown)),
                "donors_measured": donors,
                "median_percentile": float(ranks.median()) if len(ranks) else float("nan"),
            }
        )
    return pd.DataFrame(lines).assign(**one.where)


def _summary(links: pd.DataFrame) -> pd.DataFrame:
    lines = []
    for (assay, material), mine in links.groupby(["assay", "material"], sort=True) if len(links) else ():
        names = [*RECEIVERS, *sorted(set(mine["receiver"]) - set(RECEIVERS))]
        for receiver in names:
            rows = mine[mine["receiver"] == receiver].drop_duplicates(["receptor", "ligand"])
            here = rows[rows["ligand_seen"] == "yes"]
            lines.append(
                {
                    "assay": assay,
                    "material": material,
                    "receiver": receiver,
                    "pairs_known": len(rows),
                    "pairs_with_ligand_seen": len(here),
                    "ligands_seen": ", ".join(sorted(set(here["ligand"]))),
                }
            )
    return pd.DataFrame(lines, columns=list(SUMMARY))
