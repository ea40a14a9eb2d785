"""`secretome run study.toml -o DIR`: the whole dossier."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from secretome.plan import Plan


@click.command("run")
@click.argument("study", type=click.Path(path_type=Path), default=Path("study.toml"))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("dossier"),
    help="Folder of the dossier.",
    show_default=True,
)
@click.option("--only", type=str, default=None, help="Last stage to run, such as define or vary.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    help="Processes for work that can be split.",
    show_default=True,
)
@click.option(
    "--scheduler", type=str, default=None, help="Address of a Dask scheduler, instead of --workers."
)
@click.option("--seed", type=int, default=None, help="Seed instead of that of study.toml.")
@click.option(
    "--progress", type=click.Path(path_type=Path), default=None, help="Write progress to FILE as JSON lines."
)
@click.option("--no-cache", is_flag=True, help="Do every step again and keep none.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    study: Path,
    output: Path,
    only: str | None,
    workers: int,
    scheduler: str | None,
    seed: int | None,
    progress: Path | None,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Make the dossier of STUDY (a study.toml): page, tables, figures, methods, provenance.

    A killed run leaves the old dossier or the new one. A second run does again only what changed.
    """
    from secretome.study_toml import read_plan

    make(
        read_plan(study),
        output,
        only=only,
        workers=workers,
        scheduler=scheduler,
        seed=seed,
        progress=progress,
        cached=not no_cache,
        as_json=as_json,
    )


def make(
    plan: Plan,
    output: Path,
    *,
    only: str | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    seed: int | None = None,
    progress: Path | None = None,
    cached: bool = True,
    as_json: bool = False,
) -> None:
    """Run a plan, publish its dossier and print the one-line summary."""
    from secretome import report
    from secretome.parallel import cluster, processes
    from secretome.pipeline import run

    from . import show

    output = output.absolute()
    report.check_target(output)
    with show.progress(progress) as tell:
        dossier = run(
            plan,
            seed=seed,
            map=processes(workers) if scheduler is None else cluster(scheduler),
            cache=output.with_name(output.name + ".cache") if cached else None,
            progress=tell,
            only=only,
            created=datetime.now(UTC).date().isoformat(),
        )
        report.publish(dossier, output, progress=lambda done, total: tell("report", done, total))
    facts: dict[str, object] = {
        "dossier": str(output),
        "title": dossier.study.title,
        "verdicts": {result.key: result.verdict for result in dossier.results},
        "answers": {result.key: result.sentence() for result in dossier.results},
    }
    judged = [result for result in dossier.results if result.verdict is not None]
    words = ", ".join(f"{result.key} {result.verdict}" for result in judged)
    show.summary(
        f"{output / 'index.html'}: {len(dossier.results)} results ({words}).", facts, as_json=as_json
    )
