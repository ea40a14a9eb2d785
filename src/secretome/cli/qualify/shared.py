"""What every command of qualify shares: its arguments, the reading of its file, the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .output import append, print_results, write

if TYPE_CHECKING:
    from secretome.qualify import Reading
    from secretome.results import Result

Decorated = Callable[..., object]
_F = TypeVar("_F", bound=Callable[..., object])
Work = Callable[["Reading"], tuple["Result", ...]]
RANGE = (float, float)
_PATH = click.Path(path_type=Path)


@dataclass(frozen=True)
class Shared:
    """What every command takes."""

    file: Path | None
    output: Path | None
    log: Path | None
    columns: tuple[str, ...]
    wide: str
    decimal: str
    seed: int
    simulated: bool
    template: bool
    as_json: bool


def choice(
    name: str, words: Sequence[str], help_text: str, *, default: str | None = None
) -> Callable[[_F], _F]:
    """An option with a fixed set of words; the first is the default."""
    first = words[0] if default is None else default or None
    return click.option(
        name, type=click.Choice(list(words)), default=first, show_default=first is not None, help=help_text
    )


def number(name: str, help_text: str) -> Callable[[_F], _F]:
    """An option that is a number, and nothing when it is left out."""
    return click.option(name, type=float, default=None, help=help_text)


_ARGUMENTS = (
    click.option("--json", "as_json", is_flag=True, help="Print results with all tables as JSON."),
    click.option("--template", is_flag=True, help="Print the CSV layout and leave."),
    click.option("--simulated", is_flag=True, help="Mark every output SIMULATED."),
    click.option("--seed", type=int, default=1, show_default=True, help="Of every draw."),
    choice("--decimal", ("auto", "comma", "point"), "Sign before decimals; auto refuses what may be either."),
    click.option("--wide", default="", metavar="LAYOUT", help="Column of the layout whose levels stand in the header."),
    click.option("--column", "columns", multiple=True, metavar="LAYOUT=FILE",
                 help="Name of a column in the file, where it differs from the layout."),
    click.option("--log", type=_PATH, default=None, help="Append who ran what to this log of JSON lines."),
    click.option("-o", "--output", type=_PATH, default=None, help="Folder for the tables as CSV and results.json."),
    click.argument("file", type=_PATH, required=False),
)  # fmt: skip


def takes_shared(function: Decorated) -> Decorated:
    """The arguments that every command has, handed on as one `Shared`."""

    def call(**given: object) -> object:
        shared = Shared(**{name: given.pop(name) for name in Shared.__dataclass_fields__})  # type: ignore[arg-type]
        return function(shared, **given)

    call.__doc__ = function.__doc__
    # click gathers the options of the decorators below this one here
    call.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined]
    for option in _ARGUMENTS:
        call = option(call)
    return call


def run(
    shared: Shared,
    layout: str,
    work: Work,
    *,
    also: tuple[Path | None, ...] = (),
    ctd: bool = False,
    others: tuple[Path, ...] = (),
) -> int:
    """Read the file, do the work, print, write, log; 1 when a verdict is fail or cannot be judged."""
    from secretome import qualify

    if shared.template:
        click.echo(qualify.LAYOUTS[layout].description(), err=True)
        click.echo(qualify.LAYOUTS[layout].template(), nl=False)
        return 0
    if shared.file is None:
        raise click.UsageError("Missing argument 'FILE' (or say --template).")
    from secretome.read.text import sha256

    reading = read(shared, shared.file, layout)
    files = (shared.file, *(path for path in also if path is not None))
    trail = qualify.Trail({path.name: sha256(path) for path in files}, shared.seed, shared.simulated)
    results = tuple(
        qualify.with_trail(replace(result, notes=(*reading.notes, *result.notes)), trail) for result in work(reading)
    )  # fmt: skip
    if shared.log is not None:
        append(shared.log, results)
    drafted = (
        (*results, *(result for folder in others for result in qualify.results_of(folder))) if ctd else ()
    )
    if shared.output is not None:
        write(shared.output, results, drafted)
    print_results(results, drafted, as_json=shared.as_json)
    return int(any(result.verdict in ("fail", "cannot be judged") for result in results))


def read(shared: Shared, file: Path, layout: str, *, plain: bool = False) -> Reading:
    """A file by its layout; `plain` for a second file, to which --column and --wide do not belong."""
    from secretome import qualify
    from secretome.read.text import read_table

    pairs = {}
    for given in () if plain else shared.columns:
        name, equals, there = given.partition("=")
        if not equals:
            raise click.UsageError(f"--column {given!r} is not of the form LAYOUT=FILE")
        pairs[name.strip()] = there.strip()
    wanted = qualify.LAYOUTS[layout]
    found = read_table(file, single=sum(column.required for column in wanted.columns) == 1)
    return qualify.parse(
        wanted, found.header, found.rows, lines=found.lines, file=file.name, columns=pairs,
        wide="" if plain else shared.wide, decimal=shared.decimal,  # type: ignore[arg-type]
    )  # fmt: skip
