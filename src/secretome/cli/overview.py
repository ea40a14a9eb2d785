"""What a bare `secretome` prints: the pipeline in order."""

from __future__ import annotations

import click


def print_overview() -> None:
    """Print the stages in order and where to begin."""
    from secretome.pipeline import STAGES

    click.echo("From flask to dossier:\n")
    for stage in STAGES:
        click.echo(f"  {stage.name:<10} {stage.question}")
    click.echo("\nBegin with `secretome demo`, or `secretome new FILE` on your own protein table.")
    click.echo("All commands: `secretome --help`.")
