"""`secretome qualify …`: the calculations of quality control on plain CSV files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import pandas as pd

    from secretome.results import Result

Decorated = Callable[..., object]
RANGE = (float, float)


@click.group("qualify")
def command() -> None:
    """Potency, stability, comparability, limits, control, purity: drafts, never a release decision.

    Every command reads plain CSV; `--template` prints its layout. Exit 1 when the data say no or cannot be judged.
    """


@dataclass(frozen=True)
class Shared:
    """What every command takes."""

    file: Path | None
    output: Path | None
    log: Path | None
    columns: tuple[str, ...]
    seed: int
    simulated: bool
    template: bool
    as_json: bool


def _shared(function: Decorated) -> Decorated:
    """The arguments that every command has."""

    def call(**given: object) -> object:
        names = ("file", "output", "log", "columns", "seed", "simulated", "template", "as_json")
        shared = Shared(**{name: given.pop(name) for name in names})  # type: ignore[arg-type]
        return function(shared, **given)

    call.__doc__ = function.__doc__
    # click gathers the options of the decorators below this one here
    call.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined]
    path = click.Path(path_type=Path)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print results with all tables as JSON."),
        click.option("--template", is_flag=True, help="Print the CSV layout and leave."),
        click.option("--simulated", is_flag=True, help="Mark every output SIMULATED."),
        click.option("--seed", type=int, default=1, show_default=True, help="Of every draw."),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="LAYOUT=FILE",
            help="Name of a column in the file, where it differs from the layout.",
        ),
        click.option("--log", type=path, default=None, help="Append who ran what to this log of JSON lines."),
        click.option(
            "-o", "--output", type=path, default=None, help="Folder for the tables as CSV and results.json."
        ),
        click.argument("file", type=path, required=False),
    ):
        call = option(call)
    return call


@command.command("potency")
@_shared
@click.option(
    "--kind",
    type=click.Choice(["assay", "validation"]),
    default="assay",
    show_default=True,
    help="Wells of an assay, or runs of an assay validation.",
)
@click.option(
    "--reference", default="", help="Preparation that potency is relative to (required for an assay)."
)
@click.option(
    "--model",
    type=click.Choice(["4pl", "3pl", "5pl", "parallel-line"]),
    default="4pl",
    show_default=True,
    help="Curves with common limits and slope, or lines on log dose.",
)
@click.option(
    "--transform",
    type=click.Choice(["none", "log", "sqrt"]),
    default="none",
    show_default=True,
    help="Of the response.",
)
@click.option(
    "--parallelism",
    type=click.Choice(["equivalence", "f-test"]),
    default="equivalence",
    show_default=True,
    help="What judges parallelism; both are printed.",
)
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
    "--combine",
    type=click.Choice(["weighted_homogeneous", "semi_weighted", "unweighted"]),
    default="unweighted",
    show_default=True,
    help="Convention for several plates.",
)
@click.option("--dose-unit", default="", help="Unit of the dose, such as uL of CM.")
@click.option("--carrier-protein", is_flag=True, help="Carrier protein was added to the product.")
def potency(
    shared: Shared, kind: str, reference: str, model: str, parallelism: str, combine: str, **options: object
) -> int:
    """Potency of test lots as per cent of a reference lot, parallelism judged first."""
    if kind == "validation":
        from secretome import qualify

        return _run(shared, "validation", lambda frame: (qualify.assay_validation(frame),))

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify
        from secretome.errors import InvalidInput, Problem, near_misses

        if not reference:
            names = sorted(set(frame["preparation"]))
            raise InvalidInput(
                [
                    Problem(
                        str(shared.file),
                        "no --reference",
                        "the reference lot",
                        f"Name it{near_misses('', names)}",
                    )
                ]
            )
        options.update(model=model.replace("-", " "), judge=parallelism, combination=combine)
        chosen = qualify.PotencyOptions(reference, **options)  # type: ignore[arg-type]
        return (qualify.relative_potency(frame, chosen),)

    return _run(shared, "potency", work)


@command.command("matrix")
@_shared
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
def matrix(shared: Shared, permutations: int, min_donors: int, linear: bool) -> int:
    """Which factors track which activity across donors, and which surrogate predicts new donors."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        options = qualify.MatrixOptions(
            permutations=permutations, min_donors=min_donors, log_factors=not linear, seed=shared.seed
        )
        return (qualify.surrogates(frame, options),)

    return _run(shared, "matrix", work)


@command.command("stability")
@_shared
@click.option("--lower", type=float, default=None, help="Lower acceptance limit, where the file has none.")
@click.option("--upper", type=float, default=None, help="Upper acceptance limit, where the file has none.")
@click.option(
    "--error",
    type=click.Choice(["pooled", "separate"]),
    default="pooled",
    show_default=True,
    help="Residual variance when slopes differ; both are printed.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of the limit.",
)
@click.option(
    "--sides",
    type=click.Choice(["1", "2"]),
    default=None,
    help="One- or two-sided; default 1 with one limit, 2 with both.",
)
@click.option(
    "--transform",
    type=click.Choice(["none", "log"]),
    default="none",
    show_default=True,
    help="log for a log-linear decay.",
)
@click.option("--time-unit", default="months", show_default=True, help="Unit of the time column.")
@click.option("--release", type=float, default=None, help="What if a lot were released at this value.")
@click.option("--extrapolation-reason", default="", help="Why the claim may go beyond real-time data.")
def stability(shared: Shared, sides: str | None, **options: object) -> int:
    """How long it keeps, as ICH Q1E: supported by real-time data, and extrapolated."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        chosen = qualify.StabilityOptions(sides=int(sides) if sides else None, **options)  # type: ignore[arg-type]
        return (qualify.shelf_life_of(frame, chosen),)

    return _run(shared, "stability", work)


@command.command("comparability")
@_shared
@click.option("--test", default="", help="Group after the change (required).")
@click.option("--reference", default="", help="Group before the change (required).")
@click.option("--margin", type=RANGE, default=None, help="Limits of the ratio or difference; no default.")
@click.option("--reason", default="", help="Why this margin.")
@click.option("--legacy-margin", is_flag=True, help="1.5 SD of the reference, with its simulated size.")
@click.option(
    "--scale",
    type=click.Choice(["ratio", "difference"]),
    default="ratio",
    show_default=True,
    help="What the margin limits.",
)
@click.option(
    "--comparison",
    type=click.Choice(["welch", "pooled", "paired"]),
    default="welch",
    show_default=True,
    help="Variances, or pairs of one unit.",
)
def comparability(shared: Shared, test: str, reference: str, **options: object) -> int:
    """Is it the same product after a change: equivalent, different or undecided."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        options.update(test=test, reference=reference, seed=shared.seed)
        chosen = qualify.ComparabilityOptions(**options)  # type: ignore[arg-type]
        return (qualify.compare_groups(frame, chosen),)

    return _run(shared, "comparability", work)


@command.command("specification")
@_shared
@click.option(
    "--kind",
    type=click.Choice(["summary", "limits"]),
    default="summary",
    show_default=True,
    help="Draft summary of one lot, or limits from several lots.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    default=None,
    help="Product record as CSV with the columns field and value.",
)
@click.option(
    "--content", type=float, default=0.99, show_default=True, help="Share of lots between tolerance limits."
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the tolerance limits.")
@click.option(
    "--sides", type=click.Choice(["1", "2"]), default="2", show_default=True, help="Of the tolerance limits."
)
@click.option(
    "--transform",
    type=click.Choice(["none", "log"]),
    default="none",
    show_default=True,
    help="log for a lognormal attribute.",
)
@click.option(
    "--lower", type=float, default=None, help="Proposed lower limit, for its operating characteristic."
)
@click.option("--upper", type=float, default=None, help="Proposed upper limit.")
def specification(shared: Shared, kind: str, record: Path | None, sides: str, **options: object) -> int:
    """Draft test summary of one lot, or tolerance limits with the donor as a random effect."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        if kind == "summary":
            return (qualify.lot_summary(frame, record=_record(record)),)
        chosen = qualify.LimitOptions(sides=int(sides), seed=shared.seed, **options)  # type: ignore[arg-type]
        return (qualify.limits_from_lots(frame, chosen),)

    return _run(shared, kind, work, also=(record,) if record else ())


@command.command("control")
@_shared
@click.option(
    "--chart",
    type=click.Choice(["individuals", "xbar", "range", "sd"]),
    default="individuals",
    show_default=True,
    help="Shewhart chart.",
)
@click.option(
    "--phase1", type=int, default=0, show_default=True, help="Samples that make the limits; 0: all."
)
@click.option(
    "--rules",
    type=click.Choice(["nelson", "westgard"]),
    default="nelson",
    show_default=True,
    help="Run rules.",
)
@click.option(
    "--run",
    type=click.IntRange(5),
    default=9,
    show_default=True,
    help="Points on one side for Nelson's rule 2.",
)
@click.option("--weight", type=float, default=0.2, show_default=True, help="Of EWMA.")
@click.option("--lower", type=float, default=None, help="Lower specification limit, for capability.")
@click.option("--upper", type=float, default=None, help="Upper specification limit.")
@click.option("--target", type=float, default=None, help="Target, for Cpm.")
def control(shared: Shared, **options: object) -> int:
    """Control charts: Shewhart, EWMA, CUSUM, run rules, and capability with intervals."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.chart_of(frame, qualify.ControlOptions(**options)),)  # type: ignore[arg-type]

    return _run(shared, "control", work)


@command.command("purity")
@_shared
def purity(shared: Shared) -> int:
    """Particles per microgram with both errors, marker classes, mass balance, bovine protein."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.purity_of(frame),)

    return _run(shared, "purity", work)


@command.command("forms")
@_shared
@click.option(
    "--layout",
    type=click.Choice(["table", "ctd"]),
    default="table",
    show_default=True,
    help="ctd lists the tables under 3.2.S and 3.2.P as drafts.",
)
def forms(shared: Shared, layout: str) -> int:
    """Cells, CM, EV and freeze-dried product side by side; what was not measured says so."""

    def work(frame: pd.DataFrame) -> tuple[Result, ...]:
        from secretome import qualify

        return (qualify.side_by_side(frame),)

    return _run(shared, "forms", work, ctd=layout == "ctd")


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


def _run(
    shared: Shared,
    layout: str,
    work: Callable[[pd.DataFrame], tuple[Result, ...]],
    *,
    also: tuple[Path, ...] = (),
    ctd: bool = False,
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

    frame = _frame(shared, shared.file, layout)
    trail = qualify.Trail(
        {path.name: sha256(path) for path in (shared.file, *also)}, shared.seed, shared.simulated
    )
    results = tuple(qualify.with_trail(result, trail) for result in work(frame))
    if shared.log is not None:
        _log(shared.log, results)
    if shared.output is not None:
        _write(shared.output, results)
    _print(results, shared, ctd=ctd)
    return int(any(result.verdict in ("fail", "cannot be judged") for result in results))


def _frame(shared: Shared, file: Path, layout: str) -> pd.DataFrame:
    from secretome import qualify
    from secretome.read.text import read_table

    pairs = {}
    for given in shared.columns:
        name, equals, there = given.partition("=")
        if not equals:
            raise click.UsageError(f"--column {given!r} is not of the form LAYOUT=FILE")
        pairs[name.strip()] = there.strip()
    found = read_table(file)
    layout_of = qualify.LAYOUTS[layout]
    return qualify.parse(
        layout_of, found.header, found.rows, lines=found.lines, file=file.name, columns=pairs
    )


def _facts(result: Result) -> dict[str, object]:
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
    }


def _print(results: tuple[Result, ...], shared: Shared, *, ctd: bool) -> None:
    from secretome import qualify

    heading = str(results[0].parameters["heading"])
    if shared.as_json:
        facts: dict[str, object] = {"heading": heading, "results": [_facts(result) for result in results]}
        if ctd:
            facts["ctd"] = {
                s: [f"{key}.{name}" for key, name, _ in rows]
                for s, rows in qualify.ctd_layout(results).items()
            }
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1, default=str))
        return
    click.echo(heading, err=True)
    for result in results:
        for note in result.notes:
            click.echo(f"note: {note}", err=True)
        for lack in result.lacks:
            click.echo(f"lacks: {lack}", err=True)
        click.echo(f"{result.verdict or 'no verdict'}: {result.sentence()}")
    if ctd:
        for section, rows in qualify.ctd_layout(results).items():
            click.echo(f"{section}: {', '.join(f'{key}.{name}' for key, name, _ in rows) or 'not shown'}")


def _write(folder: Path, results: tuple[Result, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        for name, table in result.tables.items():
            table.to_csv(folder / f"{result.key}.{name}.csv", index=False)
    text = json.dumps([_facts(result) for result in results], ensure_ascii=False, indent=1, default=str)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def _log(log: Path, results: tuple[Result, ...]) -> None:
    from datetime import UTC, datetime
    from getpass import getuser

    from secretome import qualify

    qualify.append_log(
        log,
        results,
        who=getuser(),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(sys.argv[1:]),
    )
