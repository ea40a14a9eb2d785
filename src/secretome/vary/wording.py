"""What the contrast tables say in words, with doubts and gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result, Verdict, show
from secretome.study import Study

from .fitting import INTERVAL
from .sample_weights import weak_notes

DEPTH_RATIO = 1.2  # of the sides: from here the weakest quarter leans by 0.1 log2 (tests/slow/test_depth.py)


def contrasts_result(
    design: Design,
    options: VaryOptions,
    contrasts: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    study: Study,
) -> Result:
    """The result `vary.contrasts` from its tables."""

    def total(column: str) -> list[int]:
        return [int(contrasts[column].sum()) if len(contrasts) else 0]

    summary = pd.DataFrame(
        {
            "contrasts": [len(contrasts)],
            "tested": [int((contrasts["verdict"] == "pass").sum()) if len(contrasts) else 0],
            "significant": total("significant_5_fdr"),
            "one_sided": total("seen_on_one_side"),
            "by_detection": total("by_detection"),
            "beyond": total("beyond_minimum_5_fdr"),
            "minimum": [options.minimum_log2_ratio],
        }
    )
    template = (
        "{tested} of {contrasts} questions could be tested on donors; {significant} differences at 5 % FDR, "
        "{beyond} of them beyond |log2| {minimum}. {by_detection} times too few donors showed a protein on one "
        "side, and the detection curves of the donors judged it."
    )
    refused = [f"{row.contrast}: {row.reason}." for row in contrasts.itertuples() if row.reason]
    verdict: Verdict = "pass" if not refused else "warn" if summary["tested"].iloc[0] else "not tested"
    return Result(
        stage="vary",
        name="contrasts",
        question="What differs between the media, judged on donors?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        verdict=verdict,
        tables={"summary": summary, "contrasts": contrasts, **tables},
        parameters={
            "unit": design.unit,
            "formula": design.formula,
            "trend": options.trend,
            "robust": options.robust,
            "prior": options.prior,
            "count_prior": options.count_prior,
            "array_weights": options.array_weights,
            "covariance": options.covariance,
            "min_donors": options.min_donors,
            "one_sided": options.one_sided,
            "minimum_log2_ratio": options.minimum_log2_ratio,
            "depth_ratio": DEPTH_RATIO,
            "interval": INTERVAL,
            "fdr": "Benjamini-Hochberg within each contrast",
        },
        notes=tuple(refused) + _notes(contrasts, tables["power"], study) + weak_notes(tables.get("weights")),
        lacks=_lacks(contrasts),
        methods=(*_METHODS, *_chosen_methods(options)),
    )


def _notes(contrasts: pd.DataFrame, power: pd.DataFrame, study: Study) -> tuple[str, ...]:
    notes = [
        f"{row.contrast}: {row.donors_left} against {row.donors_right} donors; a protein that is not listed as different is not shown to be equal."
        for row in contrasts.itertuples()
        if not row.reason and row.strategy != "slope between donors"
    ]
    notes += [
        _depth_note(row._asdict(), power) for row in contrasts.itertuples() if _confounded(row._asdict())
    ]
    notes += [
        f"{row.contrast}: taking {row.flasks_left + row.flasks_right} flasks as independent would have claimed "
        f"{int(row.flasks_would_claim)} proteins; donors decide, and they show {row.significant_5_fdr}."
        for row in contrasts.itertuples()
        if not row.reason
        and row.flasks_would_claim > row.significant_5_fdr
        and row.flasks_left + row.flasks_right > row.donors_left + row.donors_right
    ]
    notes += [
        f"{row.contrast}: the bulk of proteins differs {show(row.excess)} times more widely between the sides "
        "than donors within a side explain, as injections of one sample or flasks of one day do; the test of "
        "the minimum effect allows for it."
        for row in contrasts.itertuples()
        if row.excess > 1
    ]
    notes += [
        f"{row.contrast}: proteins seen on one side only were not judged: {row.detection_reason}."
        for row in contrasts.itertuples()
        if row.detection_reason
    ]
    flagged = [
        str(sample)
        for assay in study.select(kind="proteome")
        if "quality" in assay.matrix.obs
        for sample in assay.matrix.obs["sample"][assay.matrix.obs["quality"] == "fail"]
    ]
    if flagged:
        notes.append(
            f"The comparison includes {len(flagged)} samples that quality flags ({', '.join(flagged)}); "
            f"with exclude = {flagged!r} in [define] it is made without them.".replace("'", '"')
        )
    return tuple(notes)


def _confounded(row: Mapping[str, Any]) -> bool:
    deep, shallow = (
        max(row["identified_left"], row["identified_right"]),
        min(row["identified_left"], row["identified_right"]),
    )
    return bool(deep > DEPTH_RATIO * shallow)


def _depth_note(row: Mapping[str, Any], power: pd.DataFrame) -> str:
    text = (
        f"{row['contrast']} is confounded with identification depth: the median flask shows "
        f"{show(row['identified_left'])} proteins on the left and {show(row['identified_right'])} on the right. "
        "Ratios of proteins near the detection limit lean towards the shallower side, and proteins absent there "
        "were judged against detection curves of its own."
    )
    needed = power[
        (power["contrast"] == row["contrast"]) & (power["protein"] == "median") & (power["fold"] == 2.0)
    ]
    if len(needed) and not row["reason"]:
        text += (
            f" To see a 2-fold change of a median protein with 80 % power, {show(int(needed['donors_needed'].iloc[0]))} "
            "donors on each side, measured at equal depth, would be needed."
            if needed["donors_needed"].notna().all()
            else ""
        )
    return text


def _lacks(contrasts: pd.DataFrame) -> tuple[str, ...]:
    if not len(contrasts):
        return ()
    left = int(contrasts["seen_on_one_side"].sum() - contrasts["by_detection"].sum())
    if left <= 0:
        return ()
    return (
        "Some proteins seen on one side only were shown by too few donors even there; a targeted assay would judge them.",
    )


def _chosen_methods(options: VaryOptions) -> tuple[Method, ...]:
    """Sentences for what was done on request only."""
    found = []
    if options.count_prior != "off":
        text = (
            "The prior variance of the moderated tests of contrasts followed the number of peptides of each protein "
            f"(curve: {options.count_prior}) in place of its mean intensity; proteins without a count were not tested."
        )
        found.append(Method(text, ("10.1074/mcp.TIR119.001646",)))
    if options.array_weights:
        text = (
            "Each flask was weighted by how well its proteins follow the linear model; a donor's value is the "
            "weighted mean of its flasks, and weighs as much as its mean flask."
        )
        found.append(Method(text, ("10.1186/1471-2105-7-261",)))
    return tuple(found)


_METHODS = (
    Method(
        "Differences were tested on one value a donor (or one difference a donor for factors varied within donors), "
        "with linear models fitted to the observed log2 values and empirical-Bayes moderated t statistics; donors "
        "with several values entered as blocks with a common intra-donor correlation.",
        ("10.2202/1544-6115.1027", "10.1093/nar/gkv007", "10.1093/bioinformatics/bti270"),
    ),
    Method(
        "Proteins that too few donors showed on one side were tested in a linear model with a detection curve for "
        "each donor, in which a missing value has the probability of not being detected; nothing was imputed.",
        ("10.1101/661496",),
    ),
    Method(
        "P values were adjusted within each contrast for the false discovery rate.",
        ("10.1111/j.2517-6161.1995.tb02031.x",),
    ),
)
