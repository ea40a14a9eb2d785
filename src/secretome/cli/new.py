"""`secretome new FILE…`: draft a study."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Folder for study.toml (default: here).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(files: tuple[Path, ...], output: Path, as_json: bool) -> None:
    """Draft study.toml and a sample sheet from measurement FILES.

    The format of each file is recognised from its content and its samples are listed; a
    sample sheet among the files is used as it is. Nothing is guessed: blanks are yours to fill.
    """
    from secretome.errors import InvalidInput, Problem
    from secretome.read import draft

    from .show import summary

    drafted = draft(files, folder=output)
    texts = {"study.toml": drafted.toml}
    if drafted.sheet is not None:
        texts["samples.tsv"] = drafted.sheet
    there = [name for name in texts if (output / name).exists()]
    if there:
        raise InvalidInput(
            [
                Problem(
                    str(output / name),
                    "the file exists",
                    "a new file",
                    "Move it away, or choose another folder with -o.",
                )
                for name in there
            ]
        )
    output.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (output / name).write_text(text, encoding="utf-8")
    for file, found in drafted.recognised.items():
        click.echo(f"{file}: {found.title} ({found.evidence})", err=True)
    facts: dict[str, object] = {
        "written": [str(output / name) for name in texts],
        "samples": list(drafted.samples),
        "formats": {file: found.format for file, found in drafted.recognised.items()},
    }
    summary(
        f"Drafted {' and '.join(str(output / name) for name in texts)} for {len(drafted.samples)} samples. Next: fill the blanks, then `secretome check {output / 'study.toml'}`.",
        facts,
        as_json=as_json,
    )
