"""Where results of qualify go: the terminal, JSON, a folder, the log."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from secretome.results import Result


def facts_of(result: Result) -> dict[str, object]:
    """A result as JSON: the keys are documented in docs/7-qualify.md."""
    from secretome import qualify

    return {
        "result": result.key,
        "verdict": result.verdict,
        "answer": result.sentence(),
        "tables": {
            name: json.loads(table.to_json(orient="records", double_precision=15))
            for name, table in result.tables.items()
        },
        "parameters": dict(result.parameters),
        "notes": list(result.notes),
        "lacks": list(result.lacks),
        "sha256": qualify.fingerprint([result]),
    }


def print_results(results: tuple[Result, ...], drafted: tuple[Result, ...], *, as_json: bool) -> None:
    """One line a result to standard output, doubts to standard error; or everything as JSON."""
    from secretome import qualify

    heading = str(results[0].parameters["heading"])
    listed = {
        s: [f"{key}.{name}" for key, name, _ in rows] for s, rows in qualify.ctd_layout(results).items()
    }
    if as_json:
        facts: dict[str, object] = {"heading": heading, "results": [facts_of(result) for result in results]}
        facts |= {"ctd": listed} if drafted else {}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1, default=str))
        return
    click.echo(heading, err=True)
    for result in results:
        for note in result.notes:
            click.echo(f"note: {note}", err=True)
        for lack in result.lacks:
            click.echo(f"lacks: {lack}", err=True)
        click.echo(f"{result.verdict or 'no verdict'}: {result.sentence()}")
    if drafted:
        for section, names in listed.items():
            click.echo(f"{section}: {', '.join(names) or 'not shown'}")


def write(folder: Path, results: tuple[Result, ...], drafted: tuple[Result, ...]) -> None:
    """Tables as CSV, results.json, and for a draft dossier ctd.csv with the trail of each number."""
    from secretome import qualify

    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        for name, table in result.tables.items():
            table.to_csv(folder / f"{result.key}.{name}.csv", index=False)
    text = json.dumps([facts_of(result) for result in results], ensure_ascii=False, indent=1, default=str)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    if drafted:
        qualify.ctd_numbers(drafted).to_csv(folder / "ctd.csv", index=False)


def append(log: Path, results: tuple[Result, ...]) -> None:
    """Who ran what, when, into the log."""
    from datetime import UTC, datetime
    from getpass import getuser

    from secretome import qualify

    when = datetime.now(UTC).isoformat(timespec="seconds")
    qualify.append_log(log, results, who=getuser(), when=when, command=" ".join(sys.argv[1:]))
