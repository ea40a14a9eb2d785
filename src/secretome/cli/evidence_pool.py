"""`secretome evidence pool`: accepted outcomes into a pooled effect and all that a reader asks next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .evidence_store import JSON, STORE, opened_store

if TYPE_CHECKING:
    import pandas as pd

    from secretome.evidence.pool import Pool

_MEASURES = [
    "md",
    "smd",
    "smdh",
    "nmd",
    "rom",
    "cvr",
    "vr",
    "rr",
    "or",
    "rd",
    "as",
    "peto",
    "hr",
    "pr",
    "plo",
    "pft",
    "zcor",
    "cor",
    "generic",
]
_METHODS = ["ee", "dl", "he", "hs", "hsk", "sj", "ml", "reml", "eb", "pm", "genq"]
_TESTS = ("z", "t", "knapp-hartung", "knapp-hartung-truncated")


@click.command("pool")
@click.argument("outcome")
@STORE
@click.option("--measure", required=True, type=click.Choice(_MEASURES), help="Effect measure.")
@click.option(
    "--method",
    type=click.Choice(_METHODS),
    default="reml",
    show_default=True,
    help="Estimator of the variance between studies.",
)
@click.option(
    "--test",
    type=click.Choice(_TESTS),
    default="knapp-hartung",
    show_default=True,
    help="Of the pooled effect.",
)
@click.option(
    "--moderator", "moderators", multiple=True, help="Column to regress the effect on (again for more)."
)
@click.option("--subgroup", default="", help="Column whose values are pooled apart and compared.")
@click.option(
    "--permutations", type=click.IntRange(0), default=0, show_default=True, help="For the p of --moderator."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of --permutations.")
@click.option("--across-products", is_flag=True, help="Pool each product as a subgroup of its own.")
@click.option("--across-species", is_flag=True, help="Pool each species as a subgroup of its own.")
@click.option(
    "--enter",
    type=click.Path(path_type=Path),
    default=None,
    help="CSV of outcomes that a person read (work, outcome, product, species, quote, numbers), accepted first.",
)
@click.option("--person", default="", help="Who read the outcomes of --enter.")
@click.option(
    "--form",
    type=click.Choice(["syrcle", "rob2"]),
    default="syrcle",
    show_default=True,
    help="Risk of bias form that the GRADE table reads.",
)
@click.option(
    "--judge",
    "judgements",
    type=(str, click.IntRange(0, 3)),
    multiple=True,
    metavar="DOMAIN STEPS",
    help="Steps down that a person gives a domain of the GRADE table (again for more).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for tables (CSV) and figures (SVG).",
)
@JSON
def pool(
    outcome: str,
    store: Path,
    measure: str,
    method: str,
    test: str,
    moderators: tuple[str, ...],
    subgroup: str,
    permutations: int,
    seed: int,
    across_products: bool,
    across_species: bool,
    enter: Path | None,
    person: str,
    form: str,
    judgements: tuple[tuple[str, int], ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Pool OUTCOME over the studies whose numbers a person accepted.

    Cells, conditioned medium, vesicles and lysates, and species, are never averaged together.
    """
    import json

    from secretome.evidence import appraise
    from secretome.evidence import pool as pooling
    from secretome.evidence.enter import enter_outcomes

    from .show import summary

    how = pooling.Analysis(
        method=method,
        test=test,
        moderators=moderators,
        subgroup=subgroup,
        permutations=permutations,
        seed=seed,
        across_products=across_products,
        across_species=across_species,
    )
    with opened_store(store) as opened:
        if enter is not None:
            enter_outcomes(opened, _rows(enter), person=person)
        found = pooling.pool_outcome(opened, outcome, measure=measure, how=how)  # type: ignore[arg-type]
        grade = appraise.certainty(found, appraise.answers(opened, form), form=form, judged=dict(judgements))
    if output is not None:
        _write(output, found, grade)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    facts: dict[str, object] = {
        name: json.loads(table.to_json(orient="records", double_precision=15))
        for name, table in found.tables.items()
    }
    summary("\n".join(_told(found.summary, measure)), {**facts, "notes": list(found.notes)}, as_json=as_json)


def _rows(path: Path) -> list[dict[str, str]]:
    import csv

    from secretome.errors import UnreadableFile

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path} cannot be read as a UTF-8 CSV file: {error}") from error
    return list(csv.DictReader(text.splitlines()))


def _write(folder: Path, found: Pool, grade: pd.DataFrame) -> None:
    """Every table as CSV, the forest and a funnel of each product and species as SVG."""
    from secretome.report import drawings

    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {**found.tables, "grade": grade}.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    pictures = {"forest": drawings.forest(found.forest, found.summary, measure=found.measure, log=found.log)}
    for row in found.summary.dropna(subset=["estimate"]).itertuples():
        mine = found.forest[
            (found.forest["product"] == row.product) & (found.forest["species"] == row.species)
        ]
        name = f"funnel {row.product} {row.species}".replace(" ", "_")
        pictures[name] = drawings.funnel(mine, float(row.estimate), measure=found.measure)
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8", newline="\n")


def _told(pooled: pd.DataFrame, measure: str) -> list[str]:
    return [
        f"{row.product}, {row.species}: {row.studies} studies, {measure} {row.estimate:.4g} ({row.lower:.4g} to {row.upper:.4g}), "
        f"prediction {row.predict_lower:.4g} to {row.predict_upper:.4g} ({row.status})"
        for row in pooled.itertuples()
    ]
