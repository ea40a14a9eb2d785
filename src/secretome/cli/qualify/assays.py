"""`secretome qualify potency` and `matrix`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import RANGE, Shared, choice, read, run, takes_shared

if TYPE_CHECKING:
    from secretome.qualify import Reading
    from secretome.results import Result

CONVENTIONS = ("unweighted", "semi_weighted", "weighted_homogeneous")
_PATH = click.Path(path_type=Path)


@click.command("potency")
@takes_shared
@choice(
    "--kind",
    ("assay", "validation", "combination", "bridging"),
    "Wells of an assay, an assay validation, estimates to combine, or a new reference lot.",
)
@click.option(
    "--reference", default="", help="Preparation that potency is relative to (required for an assay)."
)
@choice(
    "--model",
    ("4pl", "3pl", "5pl", "parallel-line"),
    "Curves with common limits and slope, or lines on log dose.",
)
@choice(
    "--design",
    ("auto", "randomised", "blocks", "latin-square"),
    "Layout of a parallel-line assay; auto reads it from the columns.",
)
@choice("--transform", ("none", "log", "sqrt"), "Of the response.")
@click.option(
    "--robust", is_flag=True, help="Weigh down wells far from their curve (Huber); they are listed."
)
@choice("--parallelism", ("equivalence", "f-test"), "What judges parallelism; both are printed.")
@click.option(
    "--slope-margin",
    type=RANGE,
    default=None,
    help="Limits of the slope (and span) ratio, test over reference.",
)
@click.option("--margin-reason", default="", help="Why these limits.")
@click.option("--limits", type=RANGE, default=None, help="Acceptance limits of relative potency, per cent.")
@click.option("--limits-reason", default="", help="Why these limits.")
@click.option(
    "--criterion",
    "criteria",
    type=(str, float, float),
    multiple=True,
    metavar="NAME LOW HIGH",
    help="Limits of a suitability value of every plate (table suitability); nan for none. Repeat it.",
)
@click.option("--criteria-reason", default="", help="Why these criteria.")
@choice("--combine", CONVENTIONS, "Convention for several plates or estimates.")
@click.option(
    "--bootstrap",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Resampled fits a plate beside the interval; 0: none.",
)
@click.option(
    "--basis",
    type=_PATH,
    default=None,
    help="Amounts per mL of each lot as CSV: potency also per protein, particle, cell.",
)
@click.option(
    "--dose-unit", default="", help="Unit of the dose, such as uL of CM; default what its header says."
)
@click.option("--carrier-protein", is_flag=True, help="Carrier protein was added to the product.")
def potency(
    shared: Shared, kind: str, basis: Path | None, dose_unit: str, combine: str, **options: object
) -> int:
    """Potency of test lots as per cent of a reference lot, parallelism judged first."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        if kind == "validation":
            return (qualify.assay_validation(reading.frame),)
        if kind in {"combination", "bridging"}:
            combined = qualify.combine_assays if kind == "combination" else qualify.bridge_references
            how = qualify.CombinationOptions(combine, options["limits"], str(options["limits_reason"]))  # type: ignore[arg-type]
            return (combined(reading.frame, how),)
        reference = _reference(reading, str(options["reference"]), shared.file)
        chosen = {
            **options,
            "reference": reference,
            "combination": combine,
            "judge": options["parallelism"],
            "seed": shared.seed,
        }
        chosen["model"] = str(options["model"]).replace("-", " ")
        chosen["design"] = str(options["design"]).replace("-", " ")
        chosen["dose_unit"] = qualify.unit_of(reading, "dose", dose_unit, default="")
        del chosen["parallelism"]
        amounts = None if basis is None else read(shared, basis, "basis", plain=True).frame
        return (qualify.relative_potency(reading.frame, qualify.PotencyOptions(**chosen), amounts=amounts),)  # type: ignore[arg-type]

    layout = {"assay": "potency", "bridging": "combination"}.get(kind, kind)
    return run(shared, layout, work, also=(basis,))


def _reference(reading: Reading, reference: str, file: Path | None) -> str:
    if reference:
        return reference
    from secretome.errors import InvalidInput, Problem, near_misses

    action = f"Name it{near_misses('', sorted(set(reading.frame['preparation'])))}"
    raise InvalidInput([Problem(str(file), "no --reference", "the reference lot", action)])


@click.command("matrix")
@takes_shared
@click.option(
    "--permutations",
    type=click.IntRange(99),
    default=999,
    show_default=True,
    help="Of activities between donors.",
)
@click.option(
    "--min-donors",
    type=click.IntRange(4),
    default=6,
    show_default=True,
    help="Fewest donors for a judgement.",
)
@click.option("--linear", is_flag=True, help="Factors as they are, not as logarithms.")
@click.option(
    "--activity",
    "activities",
    multiple=True,
    metavar="NAME",
    help="Measure that is an activity, where the file has no column kind (--wide measure); repeat it.",
)
def matrix(
    shared: Shared, permutations: int, min_donors: int, linear: bool, activities: tuple[str, ...]
) -> int:
    """Which factors track which activity across donors, and which surrogate predicts new donors."""

    def work(reading: Reading) -> tuple[Result, ...]:
        from secretome import qualify

        options = qualify.MatrixOptions(
            permutations=permutations,
            min_donors=min_donors,
            log_factors=not linear,
            activities=activities,
            seed=shared.seed,
        )
        return (qualify.surrogates(reading.frame, options),)

    return run(shared, "matrix", work)
