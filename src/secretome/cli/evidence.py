"""`secretome evidence`: records in, searches, screening, extraction, trials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .evidence_appraise import appraise, cite
from .evidence_baseline import baseline
from .evidence_pool import pool
from .evidence_review import review_group
from .evidence_store import JSON, STORE, opened_store

if TYPE_CHECKING:
    from secretome.evidence.store import Store


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


@command.command("trials")
@STORE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=None, help="Folder for the tables (CSV)."
)
@JSON
def trials(store: Path, output: Path | None, as_json: bool) -> None:
    """Make the landscape of the trials in the store, each counted once, with its papers."""
    from secretome.evidence import trials as landscape
    from secretome.evidence.conclusions import conclusions

    from .show import summary

    with opened_store(store) as opened:
        table = landscape.landscape(opened)
        links = landscape.papers_per_trial(opened)
        said = conclusions(opened)
    parts = {by: landscape.counts(table, by) for by in ("status", "phase", "given", "tissue")}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, rows in {"trials": table, "papers": links, "conclusions": said, **parts}.items():
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


for _command in (review_group, pool, appraise, cite, baseline):
    command.add_command(_command)
