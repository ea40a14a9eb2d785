"""The result `potential.comparisons`: which processes differ between media, judged on donors."""

from __future__ import annotations

import pandas as pd

from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from .compare import DRIVERS, FDR, PROCESSES, compared
from .evidence import Evidence
from .medium import Medium, grouping
from .scores import RANK
from .sides import comparisons
from .stacking import stacked
from .weights import COUNTED

_WHERE = ("assay", "material")
_NOTES = (
    (
        "A difference in potential is a difference in what the evidence is about, not in effect: nothing here was "
        "tested functionally in this study."
    ),
    'p above 0.05 is never "no difference": the interval says what is still possible.',
    (
        "p_random_sets asks whether random sets of proteins, found as often, differ as much: where it is large the "
        "media differ as a whole, not in this process."
    ),
    (
        "Ranks have no gaps: what was not found stands at the bottom. Folds use found values only, of factors that half "
        "of the donors of each side show."
    ),
)


def result(study: Study, media: tuple[Medium, ...], known: Evidence, options: PotentialOptions) -> Result:
    """Groups against the others, contrasts of the design, and the columns of `compare`."""
    processes, drivers, notes = [], [], []
    column = grouping(study.samples, options)
    for one in media:
        rows = study.samples.copy()
        rows.index = rows.index.astype(str)
        wanted, said = comparisons(rows.loc[list(one.profile.samples)], column, options.compare, study.design)
        found = compared(one.samples, one.weights[COUNTED], one.drawn, wanted)
        processes.append(found.processes.assign(**one.where))
        drivers.append(found.drivers.assign(**one.where))
        notes += [f"{one.words}: {text}" for text in said]
    tables = {
        "processes": stacked(processes, (*_WHERE, *PROCESSES)),
        "drivers": stacked(drivers, (*_WHERE, *DRIVERS)),
    }
    tables["summary"] = _summary(tables["processes"])
    compared_any = bool(len(tables["processes"]))
    return Result(
        stage="potential",
        name="comparisons",
        question="Which processes differ between these media, and which factors drive the difference?",
        answer=_answer(compared_any=compared_any),
        verdict=None if compared_any else "not tested",
        tables=tables,
        parameters={
            "group_by": column,
            "compare": list(options.compare),
            "draws": options.draws,
            "fdr": FDR,
            "unit_of_replication": study.design.unit if study.design else "donor",
        },
        sources=known.sources,
        notes=(*_NOTES, *dict.fromkeys(notes)) if compared_any else tuple(dict.fromkeys(notes)),
        lacks=() if compared_any else ("Two groups of samples, or a contrast, with two donors a side.",),
        methods=_methods() if compared_any else (),
    )


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    ranks = table[table["scale"] == RANK]
    tested = ranks[ranks["p_value"].notna()]
    called = tested[tested["fdr"].to_numpy(float) < FDR]
    own = called["p_random_sets"].to_numpy(float) < FDR
    return pd.DataFrame(
        {
            "comparisons": [int(ranks["comparison"].nunique())],
            "tests": [len(tested)],
            "called": [len(called)],
            "beyond_random_sets": [int(own.sum())],
        }
    )


def _answer(*, compared_any: bool) -> Answer:
    if not compared_any:
        return Answer("There are no two groups of samples to compare.")
    return Answer(
        "In {comparisons} comparisons of donors, {called} of {tests} differences of a process and direction are told "
        "apart at 5 % FDR; {beyond} of them are larger than random sets of proteins found as often would give. "
        "Differences in potential are no differences in effect.",
        {
            "comparisons": Cell("summary", "comparisons"),
            "called": Cell("summary", "called"),
            "tests": Cell("summary", "tests"),
            "beyond": Cell("summary", "beyond_random_sets"),
        },
    )


def _methods() -> tuple[Method, ...]:
    return (
        Method(
            "Processes were compared on donors as weighted mean differences of percentiles of their factors, with "
            "intervals from a Bayesian bootstrap over donors widened to Student's t, and beside random sets of "
            "proteins matched on detectability; log2 ratios of single factors came from a moderated t test.",
            ("10.1214/aos/1176345338", "10.1080/00031305.2015.1089789", "10.2202/1544-6115.1585"),
        ),
    )
