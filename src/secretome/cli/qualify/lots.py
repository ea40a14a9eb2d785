"""`secretome qualify comparability`, `specification` and `control`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import RANGE, Shared, choice, number, run, takes_shared

if TYPE_CHECKING:
    from secretome.qualify import Reading
    from secretome.results import Result


@click.command("comparability")
@takes_shared
@click.option("--test", default="", help="Group after the change (required).")
@click.option("--reference", default="", help="Group before the change (required).")
@click.option("--margin", type=RANGE, default=None, help="Limits of the ratio or difference; no default.")
@click.option("--reason", default="", help="Why this margin.")
@click.option("--legacy-margin", is_flag=True, help="1.5 SD of the reference, with its simulated size.")
@choice("--scale", ("ratio", "difference"), "What the margin limits.")
@choice("--comparison", ("welch", "pooled", "paired"), "Variances, or pairs of one unit.")
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="Of each one-sided test.",
)
def comparability(shared: Shared, test: str, reference: str, **options: object) -> int:
    """Is it the same product after a change: equivalent, different or undecided."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        options.update(test=test, reference=reference, seed=shared.seed)
        chosen = qualify.ComparabilityOptions(**options)  # type: ignore[arg-type]
        return (qualify.compare_groups(reading.frame, chosen),)

    return run(shared, "comparability", work)


@click.command("specification")
@takes_shared
@choice("--kind", ("summary", "limits"), "Draft summary of one lot, or limits from several lots.")
@click.option("--examples", is_flag=True, help="Print published test lines as inactive examples and leave.")
@click.option(
    "--record", type=click.Path(path_type=Path), default=None,
    help="Product record as CSV with the columns field and value.",
)  # fmt: skip
@click.option(
    "--content", type=float, default=0.99, show_default=True, help="Share of lots between tolerance limits."
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the tolerance limits.")
@choice("--sides", ("2", "1"), "Of the tolerance limits.")
@choice(
    "--factor",
    ("exact", "howe", "howe-uncorrected", "weissberg-beatty"),
    "Tolerance factor; the others repeat published examples.",
)
@choice("--transform", ("none", "log"), "log for a lognormal attribute.")
@number("--lower", "Proposed lower limit, for its operating characteristic.")
@number("--upper", "Proposed upper limit.")
def specification(
    shared: Shared, kind: str, examples: bool, record: Path | None, sides: str, **options: object
) -> int:
    """Draft test summary of one lot, or tolerance limits with the donor as a random effect."""
    if examples:
        from secretome import qualify

        click.echo(qualify.examples().to_csv(index=False), nl=False)
        return 0

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        if kind == "summary":
            return (qualify.lot_summary(reading.frame, record=_record(record)),)
        chosen = qualify.LimitOptions(sides=int(sides), seed=shared.seed, **options)  # type: ignore[arg-type]
        return (qualify.limits_from_lots(reading.frame, chosen),)

    return run(shared, kind, work, also=(record,))


@click.command("control")
@takes_shared
@choice("--chart", ("individuals", "xbar", "range", "sd"), "Shewhart chart.")
@click.option(
    "--phase1", type=int, default=0, show_default=True, help="Samples that make the limits; 0: all."
)
@number("--center", "Known centre, where the limits are not made from the file.")
@number("--sigma", "Known standard deviation of single values, with --center.")
@choice("--rules", ("nelson", "westgard"), "Run rules.")
@click.option(
    "--run",
    type=click.IntRange(5),
    default=9,
    show_default=True,
    help="Points on one side for Nelson's rule 2.",
)
@click.option("--weight", type=float, default=0.2, show_default=True, help="Of EWMA.")
@click.option(
    "--shift", type=float, default=1.0, show_default=True, help="CUSUM: shift to find, in standard errors."
)
@click.option(
    "--decision",
    type=float,
    default=5.0,
    show_default=True,
    help="CUSUM: decision interval, in standard errors.",
)
@number("--lower", "Lower specification limit, for capability.")
@number("--upper", "Upper specification limit.")
@number("--target", "Target, for Cpm.")
def control(shared: Shared, **options: object) -> int:
    """Control charts: Shewhart, EWMA, CUSUM, run rules, and capability with intervals."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.chart_of(reading.frame, qualify.ControlOptions(**options)),)  # type: ignore[arg-type]

    return run(shared, "control", work)


def _record(path: Path | None) -> Mapping[str, str]:
    if path is None:
        return {}
    from secretome.errors import MissingColumn
    from secretome.read.text import read_table

    found = read_table(path)
    for name in ("field", "value"):
        if name not in found.header:
            raise MissingColumn(name, found.header, where=path.name)
    return dict(zip(found.column("field"), found.column("value"), strict=True))
