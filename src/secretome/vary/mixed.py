"""The contrasts once more, on flasks with random donors: a second opinion beside the donor-level test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from secretome.design import Design, aliased_with
from secretome.errors import NotEstimable
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.stats import mixed
from secretome.study import Assay, Study, samples_of

from .fitting import FDR, INTERVAL
from .random import random_terms
from .units import sides_of


def compare_mixed(study: Study, options: VaryOptions) -> Result:
    """Moderated mixed-model tests of every contrast, protein by protein.

    Parameters
    ----------
    study
        With a design and log2 proteome assays of media or vesicles.
    options
        Choices of the moderation.

    Returns
    -------
    Result `vary.mixed` with the tables `effects` (one row a contrast and protein, with the status of the
    fit), `fits` (how many fits were plain, singular or had no answer) and `agreement` (beside
    `vary.contrasts`).

    Notes
    -----
    REML with Kenward-Roger standard errors and degrees of freedom; variances may fall below zero, because a
    boundary at zero spoils the size of the test with few donors; standard errors are moderated between
    proteins.
    """
    design = study.design or Design()
    assays = [a for a in study.select(kind="proteome") if a.material in {"conditioned_medium", "vesicles"}]
    effects, fits, notes = [], [], []
    for assay in assays:
        table, counts, reason = _assay(study, assay, design, options)
        effects.append(table)
        fits.append(counts)
        if reason:
            notes.append(f"{assay.name}: {reason}.")
    whole = pd.concat(effects, ignore_index=True) if effects else pd.DataFrame(columns=COLUMNS)
    return _result(
        design,
        options,
        whole,
        pd.concat(fits, ignore_index=True) if fits else pd.DataFrame(columns=FIT_COLUMNS),
        notes,
    )


COLUMNS = [
    "contrast", "assay", "protein", "gene", "log2_ratio", "lower", "upper", "standard_error", "t", "df", "p_value",
    "fdr", "n_flasks", "n_donors", "fit",
]  # fmt: skip


FIT_COLUMNS = ["assay", "fit", "proteins"]


def kept_flasks(assay: Assay, study: Study) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Samples (m rows), log2 values (n, m) and the masked proteins (n,) of an assay, excluded flasks left out."""
    data = assay.matrix
    kept = np.ones(data.n_obs, dtype=bool)
    if "excluded" in data.obs:
        kept = ~data.obs["excluded"].to_numpy(dtype=bool)
    masked = data.var["masked"].to_numpy(dtype=bool) if "masked" in data.var else np.zeros(data.n_vars, bool)
    return samples_of(assay, study.samples)[kept], np.asarray(data.X, dtype=float)[kept].T, masked


def _assay(
    study: Study, assay: Assay, design: Design, options: VaryOptions
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    samples, values, masked = kept_flasks(assay, study)
    none = pd.DataFrame(columns=COLUMNS)
    random = random_terms(design, samples)
    if design.unit not in random.labels:
        return (
            none,
            pd.DataFrame(),
            f"no mixed model, because of {design.unit}: {random.left_out[design.unit]}",
        )
    fixed = design.matrix(samples).values
    rows = np.flatnonzero(~masked & (~np.isnan(values)).any(axis=1))
    fit = mixed.fit_reml(values[rows], fixed, random.labels, df="kenward-roger", negative=True)
    names = assay.matrix.var_names.to_numpy()[rows]
    genes = assay.matrix.var["gene"].to_numpy()[rows]
    seen = ~np.isnan(values[rows])
    units = samples[design.unit].astype(str).to_numpy()
    donors = np.sum([seen[:, units == unit].any(axis=1) for unit in sorted(set(units))], axis=0)
    tables = []
    for contrast, expression in design.contrasts.items():
        weights = design.contrast(samples, expression)
        enough = _enough(seen, units, samples, design, expression, options.min_donors)
        if aliased_with(design, samples, weights) or not enough.any():
            continue
        table = _tests(fit, weights, enough, options)
        table.insert(0, "contrast", contrast)
        table.insert(1, "assay", assay.name)
        table.insert(2, "protein", names)
        table.insert(3, "gene", genes)
        table["n_flasks"], table["n_donors"], table["fit"] = seen.sum(axis=1), donors, fit.status
        tables.append(table[COLUMNS])
    counts = pd.Series(fit.status).value_counts().sort_index()
    fits = pd.DataFrame({"assay": assay.name, "fit": counts.index, "proteins": counts.to_numpy()})
    left_out = "; ".join(f"{name} is left out, because {reason}" for name, reason in random.left_out.items())
    return (pd.concat(tables, ignore_index=True) if tables else none), fits, left_out


def _enough(
    seen: np.ndarray, units: np.ndarray, samples: pd.DataFrame, design: Design, expression: str, least: int
) -> np.ndarray:
    """Rows (n,) with at least `least` donors on each side (more than that for a slope)."""
    sides = sides_of(design, samples, expression)

    def count(flasks: np.ndarray) -> np.ndarray:
        per = [seen[:, flasks & (units == unit)].any(axis=1) for unit in sorted(set(units[flasks]))]
        total: np.ndarray = np.sum(per, axis=0) if per else np.zeros(len(seen))
        return total

    if sides.strategy == "slope between donors":
        return np.asarray(count(sides.left) > least)
    return np.asarray((count(sides.left) >= least) & (count(sides.right) >= least))


def _tests(
    fit: mixed.MixedFit, weights: np.ndarray, enough: np.ndarray, options: VaryOptions
) -> pd.DataFrame:
    empty = pd.DataFrame(
        np.nan,
        index=range(len(enough)),
        columns=["log2_ratio", "lower", "upper", "standard_error", "t", "df", "p_value", "fdr"],
    )
    chosen = mixed.select(fit, np.flatnonzero(enough))
    try:
        test = mixed.moderate(
            chosen, weights, trend=options.trend, robust=options.robust, prior=options.prior
        )
    except NotEstimable:
        return empty
    half = student.ppf(0.5 + INTERVAL / 2, test.df[:, 0]) * test.standard_error[:, 0]
    p = test.p_value[:, 0]
    fdr = np.full(p.size, np.nan)
    known = ~np.isnan(p)
    if known.any():
        fdr[known] = false_discovery_control(p[known])
    estimate = np.where(known, test.estimate[:, 0], np.nan)
    found = (
        estimate, estimate - half, estimate + half, test.standard_error[:, 0], test.t[:, 0], test.df[:, 0], p, fdr,
    )  # fmt: skip
    empty.loc[enough] = np.column_stack(found)
    return empty


def _result(
    design: Design, options: VaryOptions, effects: pd.DataFrame, fits: pd.DataFrame, notes: list[str]
) -> Result:
    significant = effects["fdr"] <= FDR
    summary = pd.DataFrame(
        {
            "tests": [int(effects["p_value"].notna().sum())],
            "significant": [int(significant.sum())],
            "singular": [int(fits.loc[fits["fit"] == "boundary", "proteins"].sum()) if len(fits) else 0],
            "proteins": [int(fits["proteins"].sum()) if len(fits) else 0],
        }
    )
    template = (
        "{tests} mixed-model tests, {significant} at 5 % FDR; of {proteins} proteins {singular} have a random "
        "variance at or below zero. The test on donors above remains the answer; this is a second opinion."
    )
    return Result(
        stage="vary",
        name="mixed",
        question="Do mixed models on all flasks agree?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns}),
        verdict="pass" if summary["tests"].iloc[0] else "not tested",
        tables={"summary": summary, "fits": fits, "effects": effects},
        parameters={
            "formula": design.formula,
            "random": [design.unit, *design.random],
            "df": "kenward-roger",
            "negative_variances": True,
            "trend": options.trend,
            "prior": options.prior,
        },
        notes=tuple(notes),
        methods=(
            Method(
                "As a second opinion, linear mixed models with random donors were fitted to the observed values of all "
                "flasks by restricted maximum likelihood, variances not bounded at zero, with Kenward-Roger standard "
                "errors and degrees of freedom; squared standard errors were moderated between proteins.",
                ("10.18637/jss.v067.i01", "10.2307/2533558", "10.1186/s12859-019-3248-9"),
            ),
        ),
    )
