"""`secretome evidence appraise` and `cite`: risk of bias by people, and citations to take along."""

from __future__ import annotations

from pathlib import Path

import click

from .evidence_store import JSON, STORE, opened_store


@click.command("appraise")
@click.argument("work", type=int, required=False)
@STORE
@click.option(
    "--form", type=click.Choice(["syrcle", "rob2"]), default="syrcle", show_default=True, help="Which form."
)
@click.option("--item", default="", help="Item of the form, as the command lists them without WORK.")
@click.option("--answer", default="", help="yes, no, unclear (SYRCLE); low, some concerns, high (RoB 2).")
@click.option("--support", default="", help="The words of the paper that the answer rests on.")
@click.option("--person", default="", help="Your name.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder for the answers (CSV) and the traffic light (SVG).",
)
@JSON
def appraise(
    work: int | None,
    store: Path,
    form: str,
    item: str,
    answer: str,
    support: str,
    person: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Add an answer on WORK to a form of risk of bias, or without WORK list the items and draw what was answered."""
    from secretome.evidence import appraise as forms
    from secretome.report import drawings

    from .show import summary

    with opened_store(store) as opened:
        if work is not None:
            forms.appraise(opened, work, form=form, item=item, answer=answer, support=support, person=person)
        table = forms.answers(opened, form)
    chosen = forms.FORMS[form]
    if work is None and not as_json:
        for number, name in enumerate(chosen.items, start=1):
            click.echo(f"{number:>2}  {name}  ({', '.join(chosen.answers)})")
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        table.to_csv(output / f"{form}.csv", index=False, lineterminator="\n")
        picture = drawings.traffic_light(table, chosen.items, form=chosen.name)
        (output / f"{form}.svg").write_text(picture, encoding="utf-8", newline="\n")
    counted: dict[str, object] = {
        "form": form,
        "doi": chosen.doi,
        "works": int(table["work"].nunique()),
        "answers": len(table),
    }
    summary(f"{chosen.name}: {len(table)} answers on {counted['works']} works.", counted, as_json=as_json)


@click.command("cite")
@click.argument("works", type=int, nargs=-1, required=True)
@STORE
@click.option(
    "--as",
    "layout",
    type=click.Choice(["bibtex", "ris", "csl"]),
    default="bibtex",
    show_default=True,
    help="Layout.",
)
def cite(works: tuple[int, ...], store: Path, layout: str) -> None:
    """Print citations of WORKS as BibTeX, RIS or CSL JSON."""
    import json

    from secretome.evidence import cite as citing

    with opened_store(store) as opened:
        found = [opened.records(work) for work in works]
    records = [records[0] for records in found if records]
    if layout == "csl":
        click.echo(json.dumps([citing.to_csl(record) for record in records], ensure_ascii=False, indent=2))
        return
    write = citing.to_bibtex if layout == "bibtex" else citing.to_ris
    click.echo("\n".join(write(record) for record in records))
