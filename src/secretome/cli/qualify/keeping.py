"""`secretome qualify stability`: series, freeze-thaw and dilution steps, rates at several temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .shared import Shared, choice, number, run, takes_shared

if TYPE_CHECKING:
    from secretome.qualify import Reading
    from secretome.results import Result


@click.command("stability")
@takes_shared
@choice(
    "--kind",
    ("series", "steps", "arrhenius"),
    "Series over time, freeze-thaw or dilution steps, or rates at temperatures.",
)
@number("--lower", "Lower acceptance limit, where the file has none; of steps: per cent of step 0.")
@number("--upper", "Upper acceptance limit, where the file has none; of steps: per cent of step 0.")
@choice(
    "--pooling",
    ("ich", "none"),
    "ich pools lots at 0.25; none judges every lot by its own line. Both are printed.",
)
@choice("--error", ("pooled", "separate"), "Residual variance when slopes differ; both are printed.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of the limit.",
)
@choice("--sides", ("1", "2"), "One- or two-sided; default 1 with one limit, 2 with both.", default="")
@choice("--transform", ("none", "log"), "log for a log-linear decay.")
@click.option(
    "--time-unit", default="", help="Unit of the time column; default what its header says, or months."
)
@number("--release", "What if a lot were released at this value.")
@number("--months", "What must a lot be released at to keep this long (in the time unit).")
@click.option("--extrapolation-reason", default="", help="Why the claim may go beyond real-time data.")
@number("--temperature", "Of arrhenius: temperature in degrees C where the rate is asked for.")
def stability(
    shared: Shared, kind: str, sides: str | None, temperature: float | None, time_unit: str, **options: object
) -> int:
    """How long it keeps, as ICH Q1E: supported by real-time data, and extrapolated."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        if kind == "arrhenius":
            if temperature is None:
                raise click.UsageError("--kind arrhenius needs --temperature")
            return (qualify.arrhenius(reading.frame, temperature_c=temperature),)
        if kind == "steps":
            names = ("lower", "upper", "confidence")
            return (qualify.step_losses(reading.frame, **{name: options[name] for name in names}),)  # type: ignore[arg-type]
        unit = qualify.unit_of(reading, "time", time_unit, default="months")
        chosen = qualify.StabilityOptions(sides=int(sides) if sides else None, time_unit=unit, **options)  # type: ignore[arg-type]
        return qualify.shelf_lives(reading.frame, chosen)

    return run(shared, "stability" if kind == "series" else kind, work)
