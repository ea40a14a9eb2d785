"""`secretome qualify purity` and `forms`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import Shared, choice, run, takes_shared

if TYPE_CHECKING:
    from secretome.qualify import Reading
    from secretome.results import Result


@click.command("purity")
@takes_shared
def purity(shared: Shared) -> int:
    """Particles per microgram with both errors, marker classes, mass balance, bovine protein."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.purity_of(reading.frame),)

    return run(shared, "purity", work)


@click.command("forms")
@takes_shared
@choice("--layout", ("table", "ctd"), "ctd lists the tables under 3.2.S and 3.2.P as drafts.")
@click.option(
    "--with", "others", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Folder that another command wrote (-o): its tables are listed too; repeat it.",
)  # fmt: skip
def forms(shared: Shared, layout: str, others: tuple[Path, ...]) -> int:
    """Cells, CM, EV and freeze-dried product side by side; what was not measured says so."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.side_by_side(reading.frame),)

    return run(shared, "forms", work, ctd=layout == "ctd", others=others)
