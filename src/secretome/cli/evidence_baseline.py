"""`secretome evidence baseline`: PubMed files in parallel, what concerns MSC secretomes into the store."""

from __future__ import annotations

from pathlib import Path

import click

from .evidence_store import JSON, STORE, opened_store


@click.command("baseline")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@STORE
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evidence-baseline"),
    show_default=True,
    help="Folder of the Parquet files; a second run goes on where the first stopped.",
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@JSON
def baseline(files: tuple[Path, ...], store: Path, into: Path, workers: int, as_json: bool) -> None:
    """Filter PubMed baseline and update FILES, one task a file, and bring what was kept into the store."""
    from secretome.evidence.baseline import bring_in, filter_files
    from secretome.parallel import processes

    from .show import summary

    found = filter_files(files, into, map=processes(workers))
    with opened_store(store, create=True) as opened:
        brought = bring_in(opened, found)
    facts: dict[str, object] = {
        "files": len(found),
        "done_before": sum(one.again for one in found),
        "records": sum(one.seen for one in found),
        "kept": sum(one.kept for one in found),
        "faults": sum(one.faults for one in found),
        "new": sum(one.new for one in brought),
    }
    words = "{files} files ({done_before} done before), {records:,} records, {kept:,} kept, {faults} left out; {new:,} new in the store."
    summary(words.format(**facts), facts, as_json=as_json)
