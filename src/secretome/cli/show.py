"""How commands speak: progress on a terminal or into a file, one summary line, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from secretome.pipeline import StageProgress


@contextmanager
def progress(file: Path | None) -> Iterator[StageProgress]:
    """A progress callback: JSON lines into `file`, a line on a terminal, silence in a pipe."""
    stream = file.open("w", encoding="utf-8") if file else None
    shown = sys.stderr.isatty()
    last = ""

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if stream is not None:
            stream.write(json.dumps({"stage": stage, "done": done, "total": total}) + "\n")
            stream.flush()
        line = f"{stage}: {done} of {total}"
        if shown and line != last:
            click.echo(f"\r\x1b[2K{line}", err=True, nl=False)
            last = line

    try:
        yield tell
    finally:
        if stream is not None:
            stream.close()
        if shown and last:
            click.echo("\r\x1b[2K", err=True, nl=False)


def summary(sentence: str, facts: dict[str, object], *, as_json: bool) -> None:
    """Print the one line of a command, or its facts as JSON."""
    click.echo(json.dumps(facts, ensure_ascii=False, indent=1) if as_json else sentence)
