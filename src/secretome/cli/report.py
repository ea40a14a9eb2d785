"""`secretome report DIR`: the page again, or the measurements in another format."""

from __future__ import annotations

from pathlib import Path

import click

# as in report.exports.FORMATS (a test compares them), here so that --help imports nothing
EXPORTS = ("mztab", "sdrf", "h5mu", "csv", "parquet")


@click.command("report")
@click.argument("dossier", type=click.Path(path_type=Path))
@click.option(
    "--export",
    "formats",
    type=click.Choice(EXPORTS),
    multiple=True,
    help="Write the measurements in this format instead; may be given several times.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of exported files (default: DOSSIER.export).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(dossier: Path, formats: tuple[str, ...], output: Path | None, as_json: bool) -> None:
    """Make the page, figures and methods of a DOSSIER again from its tables.

    With --export, the page is left alone and the measurements are written for other programs;
    what a format cannot carry is said.
    """
    if output is not None and not formats:
        raise click.UsageError("--output goes with --export")
    if formats:
        _export(dossier.absolute(), formats, output, as_json=as_json)
    else:
        _page(dossier, as_json=as_json)


def _page(dossier: Path, *, as_json: bool) -> None:
    from secretome import report

    from .show import summary

    report.rebuild(dossier.absolute())
    page = dossier / "index.html"
    summary(f"{page} made again.", {"dossier": str(dossier), "page": str(page)}, as_json=as_json)


def _export(dossier: Path, formats: tuple[str, ...], output: Path | None, *, as_json: bool) -> None:
    from secretome import report
    from secretome.dossier import load

    from .show import summary

    # beside the dossier: an export inside it would outlive the numbers that it was made from
    folder = output or dossier.with_name(dossier.name + ".export")
    whole = load(report.recover(dossier))
    files: list[str] = []
    notes: list[str] = []
    for name in formats:
        found = report.export(whole, folder, format=name)
        files += [str(path) for path in found.files]
        notes += [f"{name}: {note}" for note in found.notes]
    for note in notes:
        click.echo(f"note: {note}", err=True)
    facts: dict[str, object] = {"dossier": str(dossier), "files": files, "notes": notes}
    summary(f"{folder}: {len(files)} files ({', '.join(formats)}).", facts, as_json=as_json)
