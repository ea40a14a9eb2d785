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
    NoChange). Gene symbols and common names are accepted. The threshold is 5 % and cannot be chosen.
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
        "without the edges of a fact's own paper {leave_one_paper_out:.0%}."
    )
    show.summary(
        sentence.format(right=int(card.facts["correct"].sum()), **card.summary),
        card.as_json(),
        as_json=as_json,
    )


@command.command("export")
@click.argument("model", type=_MODEL)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="File: .xml SBML, .ant Antimony."
)
@click.option("--context", default="", help="For example phase=telogen;vessels=0 (follicle).")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def export(model: str, output: Path, context: str, as_json: bool) -> None:
    """Write MODEL as SBML Level 3 Version 2 (or Antimony) for another simulator.

    Where the literature disagrees the first option of each conflict is written.
    """
    from secretome.mechanism import export as writer
    from secretome.mechanism import facts, network

    from . import show

    known = network.model(model)
    chosen = facts.parse_condition(context, known).context
    writer.write(known, output, context=chosen)
    found: dict[str, object] = {
        "model": model,
        "file": str(output),
        "nodes": len(known.nodes),
        "edges": len(known.edges),
    }
    show.summary(f"{output}: {model}, {len(known.nodes)} nodes.", found, as_json=as_json)
