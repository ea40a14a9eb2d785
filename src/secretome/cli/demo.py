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
    help="Folder that holds the six-niche data.",
)
@click.option("--seed", type=int, default=1, help="Seed of the simulated laboratory.", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(output: Path, real: bool, source: Path | None, seed: int, as_json: bool) -> None:
    """Run a simulated laboratory with known truth through everything, without a network.

    Its files stand in OUTPUT.study, as a laboratory would have them; the dossier says how much
    of the planted truth was recovered. With --real, the six-niche data are used instead.
    """
    if source is not None and not real:
        raise click.UsageError("--from goes with --real")
    if real:
        _real(output, source, as_json=as_json)
    else:
        _simulated(output, seed, as_json=as_json)


def _simulated(output: Path, seed: int, *, as_json: bool) -> None:
    from secretome import pipeline, report, simulate
    from secretome.plan import read_plan

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


_FILES = ("combined_protein_secr_fragpipe.tsv.gz", "fact_secr.xlsx")


def _real(output: Path, source: Path | None, *, as_json: bool) -> None:
    from secretome.errors import UnreadableFile
    from secretome.plan import parse_plan

    from .run import make

    if source is None:
        raise click.UsageError(
            "--real needs --from FOLDER with the six-niche data "
            f"({', '.join(_FILES)}); bringing them from their repository is not built yet"
        )
    missing = [name for name in _FILES if not (source / name).is_file()]
    if missing:
        raise UnreadableFile(f"{source} lacks {', '.join(missing)} of the six-niche data")
    text = SIX_NICHES.replace("FOLDER", source.resolve().as_posix())
    import tomllib

    plan = parse_plan(tomllib.loads(text), folder=output.parent, text=text)
    make(plan, output, as_json=as_json)


# Lobov et al.: osteogenic differentiation of human mesenchymal cells; the repository has no licence
# file, so nothing of it is redistributed here. Donor labels 12 and 31 belong to several people.
SIX_NICHES = """\
[study]
title = "Six mesenchymal niches"
organism = "human"
seed = 1

[samples]
file = "FOLDER/fact_secr.xlsx"
id = "Sample"
donor_of = ["origin", "donor"]   # 12 and 31 are labels of several tissues; DPSC and PDLSC share donors

  [samples.rename]
  Cell_type = "tissue"
  Differentiation = "condition"
  Donor = "donor"
  Cluster = "origin"

  [samples.set]
  material = "conditioned_medium"
  load = "unknown"

[[assay]]
name = "proteome"
kind = "proteome"
file = "FOLDER/combined_protein_secr_fragpipe.tsv.gz"
quantity = "MaxLFQ Intensity"

[design]
unit = "donor"
formula = "~ 0 + tissue + condition"
random = ["donor"]

  [design.contrasts]
  wj_vs_adipose = "tissue[WJ-MSCs] - tissue[ADSCs]"
  dpsc_vs_adipose = "tissue[DPSCs] - tissue[ADSCs]"
  dpsc_vs_pdlsc = "tissue[DPSCs] - tissue[PDLSCs]"
  differentiation = "condition[dif] - condition[control]"
"""
