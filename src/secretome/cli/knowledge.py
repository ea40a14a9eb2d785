"""`secretome knowledge`: which tables are in use, whether they are sound, and the proteome of UniProt."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from secretome.knowledge.update import Proteome

_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.group("knowledge")
def command() -> None:
    """Show, check and update the tables that results stand on."""


@command.command("show")
@click.argument("table", required=False)
@_JSON
def show(table: str | None, as_json: bool) -> int:
    """List the tables in use, from where and since when; or describe one TABLE.

    Proteomes that `update` brought are listed below; a study uses them only when it says so
    (annotation = "uniprot" in [define]).
    """
    from secretome import knowledge
    from secretome.knowledge.update import proteomes, store

    from .show import summary

    chosen = knowledge.names() if table is None else (table,)
    tables = [_facts(name) for name in chosen]
    cached = [] if table else [{**asdict(one), "folder": str(one.folder)} for one in proteomes()]
    if not as_json:
        for facts in tables:
            click.echo(
                "{name:<18} {version:<8} {rows:>6} rows  {read:>5} read  {sha256:.12}  {licence}".format(
                    **facts
                )
            )
            if table:
                click.echo(f"  {facts['title']}\n  source: {facts['source']}\n  columns: {facts['columns']}")
        for one in cached:
            click.echo(
                "uniprot-{taxon}  release {release}  {entries} entries  fetched {fetched}  {sha256:.12}  {licence}\n"
                "  {url}\n  {folder}".format(**one)
            )
    sentence = f"{len(tables)} tables shipped with the package; {len(cached)} proteomes in {store()}."
    if table:
        sentence = f"One of {len(knowledge.names())} tables shipped with the package."
    summary(sentence, {"tables": tables, "proteomes": cached}, as_json=as_json)
    return 0


def _facts(name: str) -> dict[str, object]:
    """What `show` tells of one table; `read` counts the rows whose source somebody read."""
    from secretome import knowledge

    loaded = knowledge.table(name)
    known = loaded.description
    read = int(loaded.frame["verified"].isin(["page", "counted"]).sum()) if "verified" in loaded.frame else 0
    return {
        "name": name,
        "title": known.title,
        "version": known.version,
        "rows": known.rows,
        "read": read,
        "sha256": known.sha256,
        "licence": known.licence,
        "source": known.source,
        "columns": ", ".join(column.name for column in known.columns),
    }


@command.command("check")
@click.argument("table", required=False)
@_JSON
def check(table: str | None, as_json: bool) -> int:
    """Name every fault of the tables: form, vocabulary, identifiers, duplicates, contradictions.

    Leaves with 1 if there is any. Opposite signs of one factor are counted, not refused: context decides.
    """
    from secretome import knowledge

    from .show import summary

    problems = knowledge.check(table)
    chosen = knowledge.names() if table is None else (table,)
    opposite = [] if problems else [one for name in chosen for one in knowledge.contradictions(name)]
    for problem in problems:
        click.echo(f"- {problem}", err=True)
    facts: dict[str, object] = {
        "tables": list(chosen),
        "problems": [asdict(problem) for problem in problems],
        "opposite_signs": [asdict(one) for one in opposite],
    }
    sentence = f"{len(chosen)} tables: {len(problems)} problems; {len(opposite)} subjects with opposite signs, kept on purpose."
    summary(sentence, facts, as_json=as_json)
    return 1 if problems else 0


@command.command("update")
@click.option("--taxon", type=int, default=9606, show_default=True, help="NCBI taxon id of the species.")
@click.option("--offline", is_flag=True, help="Ask nothing; say what is in the cache.")
@click.option("--address", default=None, help="Another address of the same service (a mirror).")
@_JSON
def update(taxon: int, offline: bool, address: str | None, as_json: bool) -> int:
    """Bring the reviewed proteome of a species from UniProt (about 10 MB for human) into the cache.

    The table is kept by its release, with licence, address, date and sha256; older releases stay.
    """
    from secretome.knowledge.update import newest

    from .show import summary

    found, done = (newest(taxon), "in the cache") if offline else _brought(taxon, address)
    facts: dict[str, object] = {**asdict(found), "folder": str(found.folder)}
    sentence = (
        f"{found.name}, release {found.release}: {found.entries:,} reviewed entries {done}, fetched {found.fetched}, "
        f"sha256 {found.sha256[:12]}, {found.licence}; {found.folder}"
    )
    summary(sentence, facts, as_json=as_json)
    return 0


def _brought(taxon: int, address: str | None) -> tuple[Proteome, str]:
    """The release that UniProt offers: from the cache if it is there, else fetched now."""
    from secretome.knowledge.update import proteomes
    from secretome.knowledge.update import update as bring_in
    from secretome.remote import uniprot

    from .show import progress

    service = address or uniprot.ADDRESS
    release, _ = uniprot.announced(taxon, address=service)
    for one in proteomes():
        if (one.taxon, one.release) == (taxon, release):
            return one, "already in the cache"
    with progress(None) as tell:

        def bring(wanted: int, into: Path) -> uniprot.Brought:
            def so_far(received: int, total: int) -> None:
                tell("UniProt, bytes", received, total)

            return uniprot.bring(wanted, into, address=service, progress=so_far)

        return bring_in(bring, taxon=taxon), "brought"
