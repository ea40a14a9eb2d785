"""`secretome evidence`: records in, searches, screening, extraction, trials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .evidence_appraise import appraise, cite
from .evidence_baseline import baseline
from .evidence_pool import pool
from .evidence_store import JSON, STORE, opened_store

if TYPE_CHECKING:
    from secretome.evidence.store import Store

_STAGE = click.option(
    "--stage",
    type=click.Choice(["title_abstract", "full_text"]),
    default="title_abstract",
    show_default=True,
    help="Stage of the screening.",
)


@click.group("evidence")
def command() -> None:
    """Import, search, screen, extract and weigh papers and trials.

    Everything lives in one file, the evidence store. What a person decided is added, never changed.
    """


@command.command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@STORE
@click.option(
    "--live",
    type=click.Choice(["pubmed", "europepmc", "trials"]),
    default=None,
    help="Ask this service for --query instead of reading FILES.",
)
@click.option(
    "--downloads",
    type=click.Path(path_type=Path),
    default=Path("evidence-downloads"),
    show_default=True,
    help="Folder where answers of --live are kept.",
)
@click.option("--offline", is_flag=True, help="Answer --live from the folder of downloads only.")
@click.option("--format", "layout", default=None, help="Format of the files, when it is not recognised.")
@click.option(
    "--encoding", default="utf-8", show_default=True, help="Of text files without a byte order mark."
)
@click.option("--database", default="", help="For the search log: where was searched, for example PubMed.")
@click.option("--query", default="", help="For the search log: the exact string.")
@click.option("--searched", default="", help="For the search log: date of the search, ISO.")
@click.option("--hits", type=int, default=None, help="For the search log: number of hits.")
@click.option("--filters", default="", help="For the search log: filters and limits used.")
@JSON
def import_files(
    files: tuple[Path, ...],
    store: Path,
    live: str | None,
    downloads: Path,
    offline: bool,
    layout: str | None,
    encoding: str,
    database: str,
    query: str,
    searched: str,
    hits: int | None,
    filters: str,
    as_json: bool,
) -> None:
    """Bring records of FILES into the store.

    PubMed XML (gz or plain), MEDLINE/.nbib, RIS, Web of Science, Europe PMC, JATS, ClinicalTrials.gov JSON
    and CSV, a PubMed page saved as text. PubMed baseline and update files are taken in the order of their
    names. A file that was imported before changes nothing; a record that cannot be read is named and left out.
    """
    from secretome.evidence import review
    from secretome.evidence.formats import file_sha256

    from .show import summary

    if bool(files) == bool(live):
        raise click.UsageError("give FILES, or --live with --query")
    if live:
        files, database, searched = _asked(live, query, downloads, offline)
    elif query and not (database and searched and hits is not None):
        raise click.UsageError("--query needs --database, --searched and --hits: a search is logged whole")
    done = []
    with opened_store(store, create=True) as opened:
        for file in sorted(files, key=lambda path: path.name):
            result = opened.import_file(file, format=layout, encoding=encoding)
            done.append(result)
            for fault in result.faults:
                click.echo(f"left out: {fault}", err=True)
            for line in opened.standings_of(result.file):
                click.echo(f"flag: {line}", err=True)
            word = "known already" if result.known else f"{result.records} records, {result.new} new"
            click.echo(f"{result.file}: {word}", err=True)
        if live:
            hits = sum(result.records for result in done)
        if query and hits is not None:
            review.log_search(
                opened,
                source=database,
                query=query,
                date=searched,
                hits=hits,
                filters=filters,
                file_sha256=" ".join(file_sha256(file) for file in files),
            )
        total = len(opened.works())
    new, faults = sum(r.new for r in done), sum(len(r.faults) for r in done)
    facts: dict[str, object] = {
        "files": [
            {"file": r.file, "format": r.format, "known": r.known, "records": r.records, "new": r.new}
            for r in done
        ],
        "faults": [str(fault) for r in done for fault in r.faults],
        "works": total,
    }
    summary(
        f"{store}: {new:,} new records, {faults} left out; {total:,} works in all.", facts, as_json=as_json
    )


@command.command("find")
@click.argument("words", nargs=-1, required=True)
@STORE
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Most works to list.")
@JSON
def find(words: tuple[str, ...], store: Path, limit: int, as_json: bool) -> None:
    """List works that hold all WORDS: words, 'a phrase in quotes', field:word, -word, word*.

    Fields: title, abstract, author, journal, mesh, keyword, id. Filters: year:2015-2020, kind:trial,
    standing:retracted.
    """
    from .show import summary

    # The shell took the quotes away: an argument with blanks was a phrase.
    text = " ".join(_phrase(word) for word in words)
    with opened_store(store) as opened:
        found = opened.find(text, limit=limit)
    if not as_json:
        for hit in found.hits:
            marks = f" [{hit.record.standing.upper()}]" if hit.record.standing else ""
            click.echo(f"{hit.work}\t{hit.record.year or '-'}\t{hit.record.label}\t{hit.record.title}{marks}")
    hits = [
        {
            "work": hit.work,
            "label": hit.record.label,
            "title": hit.record.title,
            "year": hit.record.year,
            "standing": hit.record.standing,
        }
        for hit in found.hits
    ]
    facts: dict[str, object] = {"total": found.total, "hits": hits}
    summary(f"{found.total:,} works found, {len(found.hits)} listed.", facts, as_json=as_json)


@command.command("extract")
@STORE
@click.option("--work", "works", type=int, multiple=True, help="Only these works.")
@click.option("--show", is_flag=True, help="List the proposals of the works given.")
@click.option("--accept", type=int, multiple=True, help="Accept a proposal by its number.")
@click.option("--reject", type=int, multiple=True, help="Reject a proposal by its number.")
@click.option("--person", default="", help="Who accepts or rejects.")
@JSON
def extract(
    store: Path,
    works: tuple[int, ...],
    show: bool,
    accept: tuple[int, ...],
    reject: tuple[int, ...],
    person: str,
    as_json: bool,
) -> None:
    """Propose what the records say (source, product, factor, direction, n …), and judge proposals.

    Proposals are no facts: only what a person accepted enters a dossier or a pooled effect.
    """
    from secretome.evidence import facts as accepted_facts
    from secretome.evidence.extract import record_proposals

    from .show import summary

    with opened_store(store) as opened:
        for verdict, numbers in (("accept", accept), ("reject", reject)):
            for number in numbers:
                accepted_facts.judge(opened, number, person=person, verdict=verdict)  # type: ignore[arg-type]
        chosen = works or (() if accept or reject else opened.works())
        added = sum(record_proposals(opened, work) for work in chosen)
        if show:
            for work in chosen:
                _show_proposals(opened, work)
        in_force = len(accepted_facts.accepted(opened))
    judged = len(accept) + len(reject)
    found: dict[str, object] = {"works": len(chosen), "proposals": added, "judged": judged, "facts": in_force}
    summary(
        f"{added:,} new proposals on {len(chosen):,} works, {judged} judged; {in_force:,} facts accepted by a person.",
        found,
        as_json=as_json,
    )


@command.group("review")
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

    from .show import summary

    with opened_store(store) as opened:
        flow = review.flow(opened, single=single)
        agreed, _ = review.agreement(opened, stage)  # type: ignore[arg-type]
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


@command.command("trials")
@STORE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=None, help="Folder for the tables (CSV)."
)
@JSON
def trials(store: Path, output: Path | None, as_json: bool) -> None:
    """Make the landscape of the trials in the store, each counted once, with its papers."""
    from secretome.evidence import trials as landscape

    from .show import summary

    with opened_store(store) as opened:
        table = landscape.landscape(opened)
        links = landscape.papers_per_trial(opened)
    parts = {by: landscape.counts(table, by) for by in ("status", "phase", "given", "tissue")}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, rows in {"trials": table, "papers": links, **parts}.items():
            rows.to_csv(output / f"{name}.csv", index=False, lineterminator="\n")
    counted = {by: dict(rows.itertuples(index=False, name=None)) for by, rows in parts.items()}
    facts: dict[str, object] = {
        "trials": len(table),
        **{by: {str(k): int(v) for k, v in c.items()} for by, c in counted.items()},
    }
    given = ", ".join(f"{word} {n:,}" for word, n in counted["given"].items())
    where = f" Tables in {output}." if output is not None else ""
    summary(
        f"{len(table):,} trials ({given}; classes are proposals of rules).{where}", facts, as_json=as_json
    )


def _asked(live: str, query: str, downloads: Path, offline: bool) -> tuple[tuple[Path, ...], str, str]:
    """Files with the answers of a service, its name, and today's date."""
    from datetime import UTC, datetime

    from secretome.evidence.live import NAMES, download

    if not query:
        raise click.UsageError("--live needs --query, the exact search string")
    files = download(live, query, downloads, offline=offline)  # type: ignore[arg-type]
    return files, NAMES[live], datetime.now(UTC).date().isoformat()


def _phrase(word: str) -> str:
    if " " not in word or '"' in word:
        return word
    minus = "-" if word.startswith("-") else ""
    field, mark, rest = word.removeprefix("-").partition(":")
    return f'{minus}{field}:"{rest}"' if mark and " " not in field else f'{minus}"{word.removeprefix("-")}"'


def _show_proposals(opened: Store, work: int) -> None:
    rows = opened.select(
        "SELECT p.* FROM proposal p JOIN record r ON r.id = p.record_id WHERE r.work_id = ? ORDER BY p.id",
        opened.canonical(work),
    )
    for row in rows:
        sure = "not measured" if row["confidence"] is None else f"{row['confidence']:.2f}"
        click.echo(f"{row['id']}\t{row['kind']}\t{row['value']}\t{row['quote']!r}\t{row['rule']}\t{sure}")


for _command in (pool, appraise, cite, baseline):
    command.add_command(_command)
