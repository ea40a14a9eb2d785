"""`secretome evidence review`: two blind reviewers, adjudication, the flow, duplicates."""

from __future__ import annotations

from pathlib import Path

import click

from .evidence_store import JSON, STORE, opened_store

_STAGE = click.option(
    "--stage",
    type=click.Choice(["title_abstract", "full_text"]),
    default="title_abstract",
    show_default=True,
    help="Stage of the screening.",
)


@click.group("review")
def review_group() -> None:
    """Screen works: two reviewers, blind to each other and to the machine until they decide."""


@review_group.command("next")
@STORE
@_STAGE
@click.option("--reviewer", required=True, help="Your name.")
@click.option("--limit", type=click.IntRange(1), default=1, show_default=True, help="Most works to show.")
def next_works(store: Path, stage: str, reviewer: str, limit: int) -> None:
    """Show works that this reviewer has not decided on."""
    from secretome.evidence import review

    with opened_store(store) as opened:
        waiting = review.undecided(opened, reviewer=reviewer, stage=stage)  # type: ignore[arg-type]
        for work in waiting[:limit]:
            record = opened.records(work)[0]
            click.echo(
                f"work {work}\t{record.label}\t{record.year or '-'}\t{record.standing}\n{record.text}\n"
            )
    click.echo(f"{len(waiting):,} works wait for {reviewer} at {stage}.")


@review_group.command("decide")
@click.argument("work", type=int)
@click.argument("decision", type=click.Choice(["include", "exclude", "unsure"]))
@STORE
@_STAGE
@click.option("--reviewer", required=True, help="Your name.")
@click.option("--reason", default="", help="Coded reason of an exclusion.")
@click.option("--note", default="", help="Free words.")
@click.option("--adjudicate", is_flag=True, help="Settle a conflict of two reviewers.")
def decide(
    work: int, decision: str, store: Path, stage: str, reviewer: str, reason: str, note: str, adjudicate: bool
) -> None:
    """Add a DECISION on WORK; earlier ones stay in the store."""
    from secretome.evidence import review

    with opened_store(store) as opened:
        review.decide(
            opened,
            work,
            reviewer=reviewer,
            stage=stage,  # type: ignore[arg-type]
            decision=decision,  # type: ignore[arg-type]
            reason=reason,
            note=note,
            adjudicator=adjudicate,
        )
        seen = review.reading(opened, work, reviewer=reviewer, stage=stage)  # type: ignore[arg-type]
    others = ", ".join(f"{name}: {choice}" for name, choice, _ in seen.others) or "nobody else yet"
    click.echo(f"work {work}: {decision} by {reviewer}; {others}.")


@review_group.command("state")
@STORE
@_STAGE
@click.option("--single", is_flag=True, help="One reviewer is enough (the report says so).")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=None, help="Folder for the flow (CSV and SVG)."
)
@JSON
def state(store: Path, stage: str, single: bool, output: Path | None, as_json: bool) -> None:
    """Print the PRISMA flow and the agreement of the reviewers."""
    from secretome.evidence import review
    from secretome.evidence.integrity import same_numbers

    from .show import summary

    with opened_store(store) as opened:
        flow = review.flow(opened, single=single)
        agreed, _ = review.agreement(opened, stage)  # type: ignore[arg-type]
        screened = review.verdicts(opened, "title_abstract", single=single)
        included = [work for work, verdict in screened.items() if verdict == "include"]
        flags = same_numbers(record for work in included for record in opened.records(work)[:1])
    for flag in flags:
        click.echo(f"flag: {flag}", err=True)
    if not as_json:
        for row in flow.itertuples():
            click.echo(f"{row.works:>8,}  {row.box}: {row.what}")
    boxes = {str(row.box): int(row.works) for row in flow.itertuples()}
    if output is not None:
        from secretome.report import drawings

        output.mkdir(parents=True, exist_ok=True)
        flow.to_csv(output / "flow.csv", index=False, lineterminator="\n")
        (output / "flow.svg").write_text(drawings.flow(boxes), encoding="utf-8", newline="\n")
    known = agreed.kappa == agreed.kappa
    facts: dict[str, object] = {
        "flow": boxes,
        "judged_by_two": agreed.n,
        "raw_agreement": agreed.raw if agreed.n else None,
        "kappa": agreed.kappa if known else None,
        "kappa_95": [agreed.lower, agreed.upper] if known else None,
        "single": single,
        "flags": [str(flag) for flag in flags],
    }
    words = f"kappa {agreed.kappa:.2f} ({agreed.lower:.2f} to {agreed.upper:.2f})" if known else "no kappa"
    raw = f", raw agreement {100 * agreed.raw:.0f} %" if agreed.n else ""
    one = "; single screening" if single else ""
    summary(f"{agreed.n} works judged by two reviewers: {words}{raw}{one}.", facts, as_json=as_json)


@review_group.command("show")
@click.argument("work", type=int)
@STORE
def show_work(work: int, store: Path) -> None:
    """List the records of WORK with their row numbers, as `split` takes them."""
    with opened_store(store) as opened:
        for number, layout, label in opened.record_rows(work):
            record = opened.record(number)
            click.echo(f"record {number}\t{layout}\t{label}\t{record.origin.file}\t{record.title}")


@review_group.command("merge")
@click.argument("work", type=int)
@click.argument("other", type=int)
@STORE
@click.option("--person", required=True, help="Your name.")
@click.option("--reason", required=True, help="Why they are one.")
def merge(work: int, other: int, store: Path, person: str, reason: str) -> None:
    """Say that WORK and OTHER are one."""
    with opened_store(store) as opened:
        kept = opened.merge(work, other, person=person, reason=reason)
    click.echo(f"works {work} and {other} are work {kept} now.")


@review_group.command("split")
@click.argument("record", type=int)
@STORE
@click.option("--person", required=True, help="Your name.")
@click.option("--reason", required=True, help="Why it is another work.")
def split(record: int, store: Path, person: str, reason: str) -> None:
    """Say that RECORD (its row number) is another work than the one it was merged into."""
    with opened_store(store) as opened:
        new = opened.split(record, person=person, reason=reason)
    click.echo(f"record {record} is work {new} now.")
