"""`secretome qualify …`: the calculations of quality control on plain CSV files."""

from __future__ import annotations

import click

from .assays import matrix, potency
from .keeping import stability
from .lots import comparability, control, specification
from .product import forms, purity


@click.group("qualify")
def command() -> None:
    """Potency, stability, comparability, limits, control, purity: drafts, never a release decision.

    Every command reads plain CSV; `--template` prints its layout. Exit 1 when the data say no or cannot be judged.
    """


for _one in (potency, matrix, stability, comparability, specification, control, purity, forms):
    command.add_command(_one)
