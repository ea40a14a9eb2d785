"""`secretome check study.toml`: every problem at once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click


@click.command("check")
@click.argument("study", type=click.Path(path_type=Path), default=Path("study.toml"))
@click.option("--json", "as_json", is_flag=True, help="Print problems and notes as JSON.")
def command(study: Path, as_json: bool) -> int:
    """List every problem of the inputs of STUDY (a study.toml), without running anything.

    Leaves with 1 if there is any; notes are doubts that do not stop a run.
    """
    from secretome.errors import InvalidInput
    from secretome.pipeline import check
    from secretome.study_toml import read_plan

    from .show import summary

    try:
        found = check(read_plan(study))
        problems, notes = found.problems, found.notes
    except InvalidInput as error:
        problems, notes = error.problems, ()
    for problem in problems:
        click.echo(f"- {problem}", err=True)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    facts: dict[str, object] = {"problems": [asdict(problem) for problem in problems], "notes": list(notes)}
    sentence = f"{study}: {len(problems)} problem{'s' * (len(problems) != 1)}, {len(notes)} note{'s' * (len(notes) != 1)}."
    summary(sentence, facts, as_json=as_json)
    return 1 if problems else 0
