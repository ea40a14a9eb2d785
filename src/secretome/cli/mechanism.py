"""`secretome mechanism`: the models of figure 1 and figure 2, run, scored and exported."""

from __future__ import annotations

from pathlib import Path

import click

_MODEL = click.Choice(["clearance", "follicle"])


@click.group("mechanism")
def command() -> None:
    """Run, score and export the models of apoptotic-cell clearance and of the hair follicle."""


@command.command("score")
@click.argument("model", type=_MODEL)
@click.argument("facts", type=click.Path(path_type=Path))
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the ensemble and the shuffled signs."
)
@click.option("--json", "as_json", is_flag=True, help="Print every fact and share as JSON.")
def score(model: str, facts: Path, seed: int, as_json: bool) -> None:
    """Score MODEL on FACTS, perturbations of the literature in a tab-separated file.

    Columns: id, perturb and reference (NODE=level;NODE=level), readout, expected (Increase, Decrease,
    NoChange); any other column is left alone. Gene symbols, common names, drugs and words such as anti-HGF
    or "EP4 antagonist" are accepted; a fact that names what the network does not have is predicted 0,
    counted as not right and named. The threshold is 5 % and cannot be chosen.
    """
    from functools import partial

    from secretome.mechanism import facts as read
    from secretome.mechanism import network, scorecard

    from . import show

    known = network.model(model)
    rows = read.read_facts(facts, known)
    with show.progress(None) as tell:
        card = scorecard.score(known, rows, seed=seed, progress=partial(tell, "score"))
    sentence = (
        "{model}: {right} of {n_facts} facts in the right direction at 5 % ({sign_accuracy:.0%}); "
        "{path_accuracy:.0%} of {n_path} path facts, {wrong_direction:.1%} in the wrong direction; "
        "majority {baseline_majority:.0%}, direct edges {baseline_direct_edge:.0%}, shuffled signs "
        "{baseline_shuffled_sign:.0%}; 5th percentile of the ensemble {ensemble_5th_percentile:.0%}; "
        "without the edges that rest on a fact's own paper {leave_one_paper_out:.0%}."
    )
    for fact in card.facts[~card.facts["answered"]].to_dict("records"):
        click.echo(f"not answered: {fact['id']}: {fact['reason']}", err=True)
    if card.summary["n_unanswered"]:
        sentence += " Not answered, and counted as not right: {n_unanswered}."
    show.summary(
        sentence.format(right=int(card.facts["correct"].sum()), **card.summary),
        card.as_json(),
        as_json=as_json,
    )


@command.command("simulate")
@click.argument("model", type=_MODEL)
@click.option("--study", type=click.Path(path_type=Path), help="A dossier: the media of its study.")
@click.option(
    "--levels",
    type=click.Path(path_type=Path),
    help="A csv file: factor, level, unit and, for several media, sample.",
)
@click.option(
    "--group-by", default="", help="Column of the sample table that names the media (with --study)."
)
@click.option("--knock-out", multiple=True, metavar="NODE", help="Hold a node at 0; may be repeated.")
@click.option(
    "--neutralise",
    multiple=True,
    metavar="FACTOR",
    help="Take a factor out of every medium; may be repeated.",
)
@click.option(
    "--add",
    multiple=True,
    metavar="NODE=LEVEL",
    help="Hold a node at a level from 0 to 1, for example Minoxidil=1.",
)
@click.option("--dose", metavar="NODE", help="A series of five levels of a node besides the answer.")
@click.option(
    "--comparator",
    metavar="NODE=LEVEL",
    help="Outcomes with it beside those without, for example Minoxidil=1.",
)
@click.option(
    "--dilution", type=float, help="How many times the medium is diluted at the cells, for example 10."
)
@click.option("--sobol", is_flag=True, help="Say from which factor the doubt comes (a minute for six media).")
@click.option(
    "--members", type=click.IntRange(min=100), default=2000, show_default=True, help="Size of the ensemble."
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same answer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the tables as csv.")
@click.option("--json", "as_json", is_flag=True, help="Print outcomes as JSON.")
def simulate(
    model: str, study: Path | None, levels: Path | None, group_by: str, knock_out: tuple[str, ...], neutralise: tuple[str, ...],
    add: tuple[str, ...], dose: str | None, comparator: str | None, dilution: float | None, sobol: bool, members: int, workers: int, seed: int, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Run MODEL on the media of a dossier or of a table of levels.

    Say which outcomes differ between the media, how sure that is, and what share of the doubt comes
    from inputs nobody measured. Levels of nodes are activities from 0 (absent) to 1 (saturating).
    """
    from secretome.mechanism import experiments

    from . import show

    if (study is None) == (levels is None):
        raise click.UsageError("give one of --study DIR and --levels FILE")
    with show.progress(None) as tell:
        result = experiments.simulate(
            model, study=study, levels=levels, group_by=group_by, knock_out=knock_out, neutralise=neutralise, add=add,
            dose=dose, comparator=comparator, dilution=dilution, sobol=sobol, members=members, workers=workers, seed=seed, progress=lambda done, total: tell("simulate", done, total),
        )  # fmt: skip
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, table in result.tables.items():
            table.to_csv(output / f"{name}.csv", index=False)
    for note in (*result.notes, *result.lacks):
        click.echo(f"note: {note}", err=True)
    show.summary(result.sentence(), experiments.as_json(result), as_json=as_json)


@command.command("calibrate")
@click.argument("model", type=_MODEL)
@click.option(
    "--half", type=click.IntRange(0, 1), default=0, show_default=True, help="Which half is calibrated on."
)
@click.option(
    "--draws", type=click.IntRange(min=500), default=4000, show_default=True, help="Members of the prior."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same answer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the tables as csv.")
@click.option("--json", "as_json", is_flag=True, help="Print both tables as JSON.")
def calibrate(model: str, half: int, draws: int, seed: int, output: Path | None, as_json: bool) -> None:
    """Keep the members of MODEL's prior that come nearest to measured sizes of effects.

    Every second ratio of the table quantitative_facts is calibrated on, the others are held back and show
    what the calibration is worth. Prior and posterior stand side by side.
    """
    import json

    from secretome.mechanism import calibration, network

    from . import show

    with show.progress(None) as tell:
        found = calibration.calibrate(
            network.model(model), seed=seed, half=half, draws=draws, progress=lambda done, total: tell("calibrate", done, total)
        )  # fmt: skip
    tables = {"facts": found.facts, "parameters": found.parameters}
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            frame.to_csv(output / f"{name}.csv", index=False)
    back = found.facts[found.facts["role"] == "held back"]
    summary: dict[str, object] = {
        "model": model,
        "draws": found.draws,
        "kept": found.kept,
        "held_back_inside_prior": float(back["inside_prior"].mean()),
        "held_back_inside_posterior": found.held_back_inside,
        "parameters_moved": len(found.parameters),
        **{name: json.loads(frame.to_json(orient="records")) for name, frame in tables.items()},
    }
    sentence = (
        f"{model}: {found.kept} of {found.draws} members kept; of {len(back)} ratios held back "
        f"{int(back['inside_prior'].sum())} lay in the 90 % interval before and {int(back['inside_posterior'].sum())} after; "
        f"{len(found.parameters)} parameters moved beyond chance."
    )
    show.summary(sentence, summary, as_json=as_json)


@command.command("export")
@click.argument("model", type=_MODEL)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File: .xml SBML, .ant Antimony, .omex COMBINE archive; without ending a folder with a PEtab problem.",
)
@click.option("--context", default="", help="For example phase=telogen;vessels=0 (follicle).")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def export(model: str, output: Path, context: str, as_json: bool) -> None:
    """Write MODEL as SBML Level 3 Version 2, Antimony, PEtab problem or COMBINE archive.

    Where the literature disagrees the first option of each conflict is written.
    """
    from secretome.mechanism import exchange, facts, network
    from secretome.mechanism import export as writer

    from . import show

    known = network.model(model)
    chosen = facts.parse_condition(context, known).context
    if output.suffix == ".omex":
        exchange.write_archive(known, output, context=chosen)
    elif not output.suffix:
        exchange.write_folder(known, output, context=chosen)
    else:
        writer.write(known, output, context=chosen)
    found: dict[str, object] = {
        "model": model,
        "file": str(output),
        "nodes": len(known.nodes),
        "edges": len(known.edges),
    }
    show.summary(f"{output}: {model}, {len(known.nodes)} nodes.", found, as_json=as_json)
