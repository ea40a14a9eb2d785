"""What the design can answer: which terms vary between donors, which within, on how many."""

from __future__ import annotations

import pandas as pd

from secretome.design import Design
from secretome.results import Answer, Cell, Result, show
from secretome.study import Study

from .aliases import DEPTH_SHARE, aliases, depth


def audit_design(study: Study) -> Result:
    """The terms of the formula with the number of donors that each rests on.

    Parameters
    ----------
    study
        With a design; samples that carry its columns.

    Returns
    -------
    Result `vary.design` with the tables `terms` (term, kind, levels, donors, effective donors, samples,
    flasks a donor), `levels` (term, level, donors, samples), `aliased` (properties that go together),
    `depth` (identification depth by term) and `summary`.
    """
    design = study.design or Design()
    samples = medium_samples(study)
    terms = _terms(design, samples)
    levels = _levels(design, samples)
    together = aliases(design, samples)
    depths = depth(study, design)
    summary = pd.DataFrame(
        {
            "samples": [len(samples)],
            "units": [samples[design.unit].nunique()],
            "between": [int((terms["kind"] == "between donors").sum())],
            "terms": [len(terms)],
        }
    )
    notes = [
        f"{row.term} varies between donors only: {row.donors} donors, not {row.samples} flasks, decide about it."
        for row in terms.itertuples()
        if row.kind == "between donors" and row.samples > row.donors
    ]
    thin = levels[levels["donors"] < 3]
    notes += [
        f"{row.term} {row.level} rests on {row.donors} donor{'s' if row.donors != 1 else ''}: "
        + (
            "describes this donor, not donors."
            if row.donors == 1
            else "too few to see any but large differences."
        )
        for row in thin.itertuples()
    ]
    notes += [
        f"{row.one} and {row.other} {'cannot' if row.how == 'aliased' else 'can hardly'} be told apart: "
        "what is said of one may be due to the other."
        for row in together.itertuples()
    ]
    notes += [
        f"{row.assay}: {show(100 * row.share_of_depth)} % of the variance of identification depth goes with {row.term} "
        f"({row.fewest}: {show(row.fewest_proteins)} proteins in the median flask, {row.most}: {show(row.most_proteins)}); "
        "absence of a protein is then partly absence of depth."
        for row in depths.itertuples()
        if row.share_of_depth >= DEPTH_SHARE
    ]
    template = "{samples} media of {units} donors; {between} of {terms} terms of the formula vary between donors only."
    return Result(
        stage="vary",
        name="design",
        question="What can this design answer?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        tables={
            "summary": summary, "terms": terms, "levels": levels, "aliased": together, "depth": depths,
        },
        parameters={"unit": design.unit, "formula": design.formula, "random": list(design.random)},
        notes=tuple(notes),
    )  # fmt: skip


def medium_samples(study: Study) -> pd.DataFrame:
    """Samples of the conditioned media and vesicles, without those excluded by define."""
    names: dict[str, None] = {}
    for assay in study.assays.values():
        if assay.data is not None and assay.material in {"conditioned_medium", "vesicles"}:
            obs = assay.data.obs
            kept = obs if "excluded" not in obs else obs[~obs["excluded"].astype(bool)]
            names.update(dict.fromkeys(kept["sample"]))
    return study.samples.loc[list(names)]


def _terms(design: Design, samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in design.variables:
        within = samples.groupby(design.unit, observed=True)[name].apply(lambda values: len(set(values)) > 1)
        kind = "between donors" if not within.any() else "within donors" if within.all() else "mixed"
        donors = samples[design.unit].nunique()
        effective = _effective(design, samples, name, donors)
        rows.append(
            (name, kind, samples[name].nunique(), donors, len(samples), effective, len(samples) / donors)
        )
    columns = ["term", "kind", "levels", "donors", "samples", "effective_donors", "flasks_per_donor"]
    return pd.DataFrame(rows, columns=columns)


def _effective(design: Design, samples: pd.DataFrame, name: str, donors: int) -> float:
    """Donors of a balanced study that would tell the levels apart as well: levels times the harmonic mean."""
    if pd.api.types.is_numeric_dtype(samples[name]):
        return float(donors)
    counts = samples.groupby(name, observed=True)[design.unit].nunique()
    return float(len(counts) ** 2 / (1 / counts).sum())


def _levels(design: Design, samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in design.variables:
        if pd.api.types.is_numeric_dtype(samples[name]):
            continue
        for level, group in samples.groupby(name, observed=True):
            rows.append((name, str(level), group[design.unit].nunique(), len(group)))
    return pd.DataFrame(rows, columns=["term", "level", "donors", "samples"])
