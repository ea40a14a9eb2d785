"""The contrasts once more with the leak share of each sample held fixed: on request, beside the plain ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result, Verdict, show
from secretome.study import Assay, Study

from .contrasts import question_of, stacked
from .fitting import FDR, Question, fit_units, units_of
from .units import Units

CONFOUNDED = 0.8  # share of the contrast that goes with the leak, as in the audit of the design
_KEPT = ["contrast", "assay", "protein", "gene", "log2_ratio", "lower", "upper", "p_value", "fdr"]
_KEPT_MINIMUM = "fdr_minimum_effect"
_NEW = ["log2_ratio", "lower", "upper", "standard_error", "df", "p_value", "p_minimum_effect"]
COLUMNS = [
    *_KEPT, _KEPT_MINIMUM, *(f"{name}_adjusted" for name in _NEW), "fdr_adjusted", "fdr_minimum_effect_adjusted",
]  # fmt: skip
FACTS = [
    "contrast", "assay", "leak_left_percent", "leak_right_percent", "goes_with_leak", "tested", "plain_5_fdr",
    "adjusted_5_fdr", "both_5_fdr", "plain_beyond_minimum", "adjusted_beyond_minimum", "verdict", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class _Held:
    """Units with the leak as a last column, the share of the contrast that goes with it, why not."""

    units: Units | None
    share: float
    reason: str


def compare_leak_adjusted(
    study: Study, plain: Result, leakage: Result | None, options: VaryOptions
) -> Result:
    """Every contrast with log2 of the leak share as a covariate, beside the plain one.

    Parameters
    ----------
    study
        The one compared.
    plain
        `vary.contrasts` of it.
    leakage
        `define.leakage`, whose table `samples` gives `leak_percent` and `anchored_percent`.
    options
        Those of the plain contrasts.

    Returns
    -------
    Result `vary.leak_adjusted` with the tables `summary`, `contrasts` (a row a question, with both counts or
    why it is refused) and `adjusted` (a row a protein with both ratios, intervals and FDR).

    Notes
    -----
    A protein that only leaks follows the leak in proportion, therefore log2 of the share. The donor stays the
    unit: the covariate is that of the donor's flasks, or its difference within the donor. A contrast of whose
    information the leak takes 80 % or more is refused. The detection curves are not adjusted.
    """
    design = study.design or Design()
    facts, parts, lost = [], [], set[str]()
    effects = plain.tables["effects"]
    for row in plain.tables["contrasts"].itertuples():
        name, assay = str(row.contrast), study.assays[str(row.assay)]
        question = question_of(study, assay, design, name, design.contrasts[name], options)
        leak, reason = _leak_of(assay, question.samples, leakage)
        held = _hold(question, design, leak, str(row.reason) or reason, options)
        mine = effects[(effects["contrast"] == name) & (effects["assay"] == assay.name)]
        table = _adjusted(question, held, mine, options) if held.units is not None else None
        facts.append(_facts(question, leak, held, table))
        if table is not None:
            parts.append(table)
            lost.update(_lost(assay, question.samples, leak))
    return _result(design, pd.DataFrame(facts, columns=FACTS), stacked(parts, COLUMNS), sorted(lost), options)


def _leak_of(assay: Assay, samples: pd.DataFrame, leakage: Result | None) -> tuple[NDArray[np.float64], str]:
    """Leak percent (m,) of the flasks, and why it cannot be held fixed."""
    unknown = np.full(len(samples), np.nan)
    if leakage is None or "samples" not in leakage.tables:
        return unknown, "no leak share was estimated (define.leakage)"
    table = leakage.tables["samples"]
    mine = table[table["assay"].astype(str) == assay.name]
    if mine.empty:
        return unknown, f"define.leakage judges no sample of assay {assay.name!r} ({assay.material})"
    percent = mine["anchored_percent"].fillna(mine["leak_percent"])
    known = percent.groupby(mine["sample"].astype(str)).mean()
    names = assay.matrix.obs["sample"].astype(str).reindex(samples.index)
    leak = names.map(known).to_numpy(dtype=float)
    leak[~(leak > 0)] = np.nan
    return leak, "" if np.isfinite(leak).any() else "no sample has a leak share"


def _lost(assay: Assay, samples: pd.DataFrame, leak: NDArray[np.float64]) -> set[str]:
    """Samples of an assay without a leak share."""
    names = assay.matrix.obs["sample"].astype(str).reindex(samples.index).to_numpy()
    return set(names[np.isnan(leak)])


def _hold(
    question: Question, design: Design, leak: NDArray[np.float64], reason: str, options: VaryOptions
) -> _Held:
    """The donor values and the leak as a covariate; flasks without a leak share are left out of both."""
    reason = reason or _too_few(question, design, leak, options)
    if reason:
        return _Held(None, np.nan, reason)
    known = np.isfinite(leak)
    units = units_of(replace(question, values=np.where(known, question.values, np.nan)), design)
    covariate = units_of(replace(question, values=np.log2(leak)[None, :]), design).values[0]
    units, covariate = _without(units, np.isfinite(covariate)), covariate[np.isfinite(covariate)]
    matrix = np.column_stack([units.design, covariate])
    spare = len(covariate) - np.linalg.matrix_rank(matrix)
    if spare < 1:
        return _Held(None, np.nan, f"{len(covariate)} donor values leave no degree of freedom for the leak")
    share = _goes_with(units, matrix)
    if share >= CONFOUNDED:
        words = (
            f"the leak share is aliased with the contrast: {show(100 * share)} % of what tells its sides apart goes "
            "with the leak, so that neither can be held fixed; flasks of equal viability would tell"
        )
        return _Held(None, share, words)
    weights = np.append(units.contrast, 0.0)
    return _Held(replace(units, design=matrix, contrast=weights), share, "")


def _too_few(question: Question, design: Design, leak: NDArray[np.float64], options: VaryOptions) -> str:
    """Why the donors with a leak share cannot answer the contrast, or an empty text."""
    donors = question.samples[design.unit].astype(str).to_numpy()
    sides = [question.sides.left]
    if question.sides.strategy != "slope between donors":
        sides.append(question.sides.right)
    counts = [len(set(donors[side & np.isfinite(leak)])) for side in sides]
    if min(counts) >= options.min_donors:
        return ""
    return f"{' and '.join(map(str, counts))} donors have a leak share; at least {options.min_donors} on each side are needed"


def _without(units: Units, kept: NDArray[np.bool_]) -> Units:
    """These units only."""
    return replace(
        units,
        values=units.values[:, kept],
        design=units.design[kept],
        blocks=None if units.blocks is None else units.blocks[kept],
        weights=None if units.weights is None else units.weights[:, kept],
    )


def _goes_with(units: Units, matrix: NDArray[np.float64]) -> float:
    """Share (0-1) of the information on a contrast that is lost when the last column is held fixed."""
    if np.linalg.matrix_rank(matrix) <= np.linalg.matrix_rank(units.design):
        # the covariate is a sum of the other columns
        return 1.0
    weights = np.append(units.contrast, 0.0)
    before = units.contrast @ np.linalg.pinv(units.design.T @ units.design) @ units.contrast
    after = weights @ np.linalg.pinv(matrix.T @ matrix) @ weights
    return float(1 - before / after)


def _adjusted(question: Question, held: _Held, effects: pd.DataFrame, options: VaryOptions) -> pd.DataFrame:
    """A row for each protein that the plain contrast tested on donor values."""
    assert held.units is not None  # noqa: S101 - the caller looked
    names = question.assay.matrix.var_names.to_numpy()
    plain = effects[effects["method"] == "moderated t"]
    wanted = np.isin(names, plain["protein"].to_numpy())
    wanted &= (~np.isnan(held.units.values)).sum(axis=1) > held.units.design.shape[1]
    fitted = fit_units(question, held.units, options, wanted)
    found = pd.DataFrame({f"{name}_adjusted": fitted.columns[name] for name in _NEW}, index=names)
    table = plain[[*_KEPT, _KEPT_MINIMUM]].join(found, on="protein")
    table = table[table["p_value_adjusted"].notna()].copy()
    for p, fdr in (
        ("p_value_adjusted", "fdr_adjusted"),
        ("p_minimum_effect_adjusted", "fdr_minimum_effect_adjusted"),
    ):
        table[fdr] = false_discovery_control(table[p].to_numpy()) if len(table) else np.nan
    return table[COLUMNS].sort_values(["p_value_adjusted", "protein"], ignore_index=True)


def _facts(
    question: Question, leak: NDArray[np.float64], held: _Held, table: pd.DataFrame | None
) -> dict[str, object]:
    sides = question.sides
    left, right = (
        float(np.nanmedian(leak[side])) if np.isfinite(leak[side]).any() else np.nan
        for side in (sides.left, sides.right)
    )
    called = {
        name: pd.Series(dtype=bool) if table is None else table[name] <= FDR
        for name in ("fdr", "fdr_adjusted", _KEPT_MINIMUM, "fdr_minimum_effect_adjusted")
    }
    return {
        "contrast": question.name,
        "assay": question.assay.name,
        "leak_left_percent": left,
        "leak_right_percent": right,
        "goes_with_leak": held.share,
        "tested": 0 if table is None else len(table),
        "plain_5_fdr": int(called["fdr"].sum()),
        "adjusted_5_fdr": int(called["fdr_adjusted"].sum()),
        "both_5_fdr": int((called["fdr"] & called["fdr_adjusted"]).sum()),
        "plain_beyond_minimum": int(called[_KEPT_MINIMUM].sum()),
        "adjusted_beyond_minimum": int(called["fdr_minimum_effect_adjusted"].sum()),
        "verdict": "not tested" if held.reason else "pass",
        "reason": held.reason,
    }


def _result(
    design: Design, facts: pd.DataFrame, table: pd.DataFrame, lost: list[str], options: VaryOptions
) -> Result:
    columns = (
        "plain_5_fdr",
        "adjusted_5_fdr",
        "both_5_fdr",
        "plain_beyond_minimum",
        "adjusted_beyond_minimum",
    )
    tested = int((facts["verdict"] == "pass").sum())
    summary = pd.DataFrame(
        {
            "contrasts": [len(facts)],
            "adjusted": [tested],
            **{name: [int(facts[name].sum())] for name in columns},
            "minimum": [options.minimum_log2_ratio],
        }
    )
    template = (
        "{adjusted} of {contrasts} questions could be asked with the leak held fixed: {plain_5_fdr} differences at "
        "5 % FDR without and {adjusted_5_fdr} with it, {both_5_fdr} in both; {plain_beyond_minimum} and "
        "{adjusted_beyond_minimum} of them beyond |log2| {minimum}."
    )
    verdict: Verdict = "pass" if tested == len(facts) else "warn" if tested else "not tested"
    return Result(
        stage="vary",
        name="leak_adjusted",
        question="What remains of the differences when the leak of each sample is held fixed?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        verdict=verdict if len(facts) else "not tested",
        tables={"summary": summary, "contrasts": facts, "adjusted": table},
        parameters={
            "unit": design.unit,
            "covariate": "log2 of the leak share (anchored where LDH or viability allow it)",
            "refused_from": CONFOUNDED,
        },
        notes=(
            *_CAUTIONS,
            *_left_out(lost),
            *(f"{row.contrast}: {row.reason}." for row in facts.itertuples() if row.reason),
        ),
        methods=(
            Method(
                "On request the contrasts were fitted again with log2 of the estimated leak share of each donor's "
                "flasks as a covariate; both results are given."
            ),
        ),
    )


def _left_out(lost: list[str]) -> tuple[str, ...]:
    if not lost:
        return ()
    return (
        (
            f"Without a leak share, and left out where the leak is held fixed ({len(lost)}): {', '.join(lost)}; "
            "part of the difference between the two results may be due to that."
        ),
    )


_CAUTIONS = (
    (
        "The plain contrasts stay the answer. Leak is often what a treatment, an age or a tissue does to the cells: "
        "holding it fixed takes that part of its effect away."
    ),
    (
        "The leak share is an estimate from the proteome itself, so the adjustment is incomplete, and least to be "
        "believed for the intracellular proteins that the share was made of."
    ),
    "Proteins judged by detection curves are not adjusted and not counted here.",
)
