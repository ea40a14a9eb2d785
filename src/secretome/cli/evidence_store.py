"""Options and opening that all commands of `secretome evidence` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from secretome.evidence.store import Store

STORE = click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("evidence.sqlite"),
    show_default=True,
    help="The evidence store.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")


def opened_store(store: Path, *, create: bool = False) -> Store:
    """The store, opened; made anew only when `create` says so."""
    from secretome.evidence.store import Store

    return Store(store, create=create)
