"""`secretome demo`: a laboratory with known truth, or the six-niche data, through everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command("demo")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    help="Folder of the dossier.",
    show_default=True,
)
@click.option("--real", is_flag=True, help="The six-niche public data instead of a simulated laboratory.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder that holds the six-niche data, instead of their repository.",
)
@click.option("--yes", is_flag=True, help="Agree to fetch the six-niche data; source and terms are shown.")
@click.option("--seed", type=int, default=1, help="Seed of the simulated laboratory.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(output: Path, real: bool, source: Path | None, yes: bool, seed: int, as_json: bool) -> None:
    """Run a simulated laboratory with known truth through everything, without a network.

    Its files stand in OUTPUT.study, as a laboratory would have them; the dossier says how much
    of the planted truth was recovered. With --real, the six-niche data are used instead: from
    FOLDER, or brought once from their public repository after you agreed to its terms.
    """
    if source is not None and not real:
        raise click.UsageError("--from goes with --real")
    if yes and not real:
        raise click.UsageError("--yes goes with --real")
    if real:
        _real(output, source, yes=yes, as_json=as_json)
    else:
        _simulated(output, seed, as_json=as_json)


def _simulated(output: Path, seed: int, *, as_json: bool) -> None:
    from secretome import pipeline, report, simulate
    from secretome.study_toml import read_plan

    from . import show

    output = output.absolute()
    report.check_target(output)
    folder = output.with_name(output.name + ".study")
    laboratory = simulate.laboratory(seed=seed)
    simulate.write(laboratory, folder)
    with show.progress(None) as tell:
        dossier = pipeline.run(
            read_plan(folder),
            cache=output.with_name(output.name + ".cache"),
            progress=tell,
            created=datetime.now(UTC).date().isoformat(),
        )
        found = {result.key: result for result in dossier.results}
        recovered = simulate.recovery(found, laboratory.truth)
        dossier = replace(dossier, results=(*dossier.results, recovered))
        report.publish(dossier, output, progress=lambda done, total: tell("report", done, total))
    facts: dict[str, object] = {
        "dossier": str(output),
        "study": str(folder),
        "simulated": True,
        "verdicts": {result.key: result.verdict for result in dossier.results},
        "recovery": recovered.tables["recovery"].to_dict("records"),
    }
    sentence = f"SIMULATED data, not a measurement. {recovered.sentence()} Open {output / 'index.html'}; its input files are in {folder}."
    show.summary(sentence, facts, as_json=as_json)


def _real(output: Path, source: Path | None, *, yes: bool, as_json: bool) -> None:
    import tomllib

    from secretome.study_toml import parse_plan

    from . import six_niches
    from .run import make

    folder = six_niches.bring(yes=yes) if source is None else source
    text = six_niches.plan_text(folder)
    make(parse_plan(tomllib.loads(text), folder=output.parent, text=text), output, as_json=as_json)
