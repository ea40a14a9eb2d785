"""`secretome report DIR`: the page again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("dossier", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(dossier: Path, as_json: bool) -> None:
    """Make the page, figures and methods of a DOSSIER again from its tables."""
    from secretome import report

    from .show import summary

    report.rebuild(dossier.absolute())
    page = dossier / "index.html"
    summary(f"{page} made again.", {"dossier": str(dossier), "page": str(page)}, as_json=as_json)
