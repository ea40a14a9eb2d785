"""Where the differences between flasks come from: shares of variance per protein, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.design import Design
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.stats import mixed
from secretome.study import Assay, Study

from .mixed import kept_flasks
from .random import random_terms

SEEN_SHARE = 0.5  # of the flasks, for a protein to be partitioned
TOP = 15  # proteins per term that get an interval
LEVEL = 0.95
BINS = 40


@dataclass(frozen=True)
class _Model:
    """Fixed terms as columns of `x` (m, p): `owner` (p,) is the term of a column, -1 the intercept."""

    x: NDArray[np.float64]
    owner: NDArray[np.intp]
    fixed: tuple[str, ...]
    random: dict[str, NDArray[np.str_]]

    @property
    def terms(self) -> tuple[str, ...]:
        return (*self.random, *self.fixed, "residual")


def partition(study: Study, options: VaryOptions, *, seed: int | np.random.Generator) -> Result:
    """Shares of the variance of each protein that go with donor, tissue, condition, batch and the rest.

    Parameters
    ----------
    study
        With a design and log2 proteome assays of media or vesicles.
    options
        `partition_draws`: parametric-bootstrap draws for each interval; 0 for none.
    seed
        Of the draws.

    Returns
    -------
    Result `vary.partition` with the tables `terms` (median share and quartiles), `partition` (one row a
    protein and term), `top` (the proteins most driven by each term, with 95 % intervals) and `density` (the
    distribution of shares per term, for the figure).

    Notes
    -----
    REML on the values seen. A random term counts with its variance, a fixed term with the variance of its
    fitted part over the flasks seen, the residual with what is left; shares sum to one. With few donors a
    fixed term between donors takes some of their variance with it: the intervals show how much.
    """
    design = study.design or Design()
    generator = np.random.default_rng(seed)
    assays = [a for a in study.select(kind="proteome") if a.material in {"conditioned_medium", "vesicles"}]
    shares, tops, notes = [], [], []
    for assay in assays:
        table, top, remarks = _assay(study, assay, design, options, generator)
        shares.append(table)
        tops.append(top)
        notes += remarks
    whole = pd.concat(shares, ignore_index=True) if shares else pd.DataFrame(columns=COLUMNS)
    best = pd.concat(tops, ignore_index=True) if tops else pd.DataFrame(columns=TOP_COLUMNS)
    return _result(design, options, whole, best, notes)


COLUMNS = ["assay", "protein", "gene", "term", "share", "variance_log2", "n_flasks", "fit"]
TOP_COLUMNS = [*COLUMNS, "lower", "upper"]


def _assay(
    study: Study, assay: Assay, design: Design, options: VaryOptions, generator: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    samples, values, masked = kept_flasks(assay, study)
    model, notes = _model(design, samples)
    empty = pd.DataFrame(columns=COLUMNS)
    if not model.random:
        return empty, pd.DataFrame(columns=TOP_COLUMNS), notes
    rows = np.flatnonzero(~masked & ((~np.isnan(values)).mean(axis=1) >= SEEN_SHARE))
    if not rows.size:
        return (
            empty,
            pd.DataFrame(columns=TOP_COLUMNS),
            [*notes, f"{assay.name}: no protein is seen in half of the flasks"],
        )
    fit = mixed.fit_reml(values[rows], model.x, model.random, df="none")
    shares, variances = _shares(fit, values[rows], model)
    usable = np.isfinite(shares).all(axis=1)
    names, genes = assay.matrix.var_names.to_numpy()[rows], assay.matrix.var["gene"].to_numpy()[rows]
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "assay": assay.name,
                    "protein": names[usable],
                    "gene": genes[usable],
                    "term": term,
                    "share": shares[usable, position],
                    "variance_log2": variances[usable, position],
                    "n_flasks": fit.n_observed[usable].astype(int),
                    "fit": fit.status[usable],
                }
            )
            for position, term in enumerate(model.terms)
        ],
        ignore_index=True,
    )
    lost = int((~usable).sum())
    if lost:
        notes.append(
            f"{assay.name}: {lost} of {rows.size} proteins seen in half of the flasks could not be partitioned."
        )
    top = _top(table, fit, values[rows], model, names, options.partition_draws, generator)
    return table, top, notes


def _model(design: Design, samples: pd.DataFrame) -> tuple[_Model, list[str]]:
    """Formula terms as fixed, donors and batches as random; batches that cannot be told apart are named."""
    random = random_terms(design, samples)
    labels = dict(random.labels)
    notes = [f"{name} is left out of the partition: {why}." for name, why in random.left_out.items()]
    fixed = tuple(design.variables)
    blocks, owner = [np.ones((len(samples), 1))], [-1]
    for position, name in enumerate(fixed):
        columns = Design(formula=f"~ {name}").matrix(samples).values[:, 1:]
        blocks.append(columns)
        owner += [position] * columns.shape[1]
    x = np.hstack(blocks)
    if "batch" in samples and "batch" not in (*fixed, *labels):
        batch = samples["batch"].astype(str).to_numpy()
        columns = (batch[:, None] == np.unique(batch)[None, :]).astype(float)
        rank = np.linalg.matrix_rank(x)
        if 1 < columns.shape[1] < len(samples) and np.linalg.matrix_rank(np.hstack([x, columns])) > rank:
            labels["batch"] = batch
        elif columns.shape[1] > 1:
            notes.append("batch is left out of the partition: it is aliased with the terms of the formula.")
    return _Model(x, np.array(owner, dtype=np.intp), fixed, labels), notes


def _shares(
    fit: mixed.MixedFit, values: NDArray[np.float64], model: _Model
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares and variances (n, terms) in the order of `model.terms`; NaN where a part is not known."""
    seen = ~np.isnan(values)
    parts = [fit.variance[:, position] for position in range(len(model.random))]
    for position in range(len(model.fixed)):
        columns = model.owner == position
        known = np.isfinite(fit.coefficients[:, columns])
        # a level that the row never sees has no coefficient and no flask to vary
        fitted = np.nan_to_num(fit.coefficients[:, columns]) @ model.x[:, columns].T
        spread = _variance(np.where(seen, fitted, np.nan))
        parts.append(np.where(known.any(axis=1), spread, np.nan))
    parts.append(fit.variance[:, -1])
    variances = np.column_stack(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return variances / variances.sum(axis=1)[:, None], variances


def _variance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = (~np.isnan(values)).sum(axis=1)
    mean = np.nansum(values, axis=1) / np.maximum(count, 1)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    return np.asarray(squares / np.maximum(count - 1, 1), dtype=float)


def _top(
    table: pd.DataFrame, fit: mixed.MixedFit, values: NDArray[np.float64], model: _Model,
    names: NDArray[np.object_], draws: int, generator: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """The proteins most driven by each term, with parametric-bootstrap intervals of that share."""
    ordered = table[table["term"] != "residual"].sort_values(
        ["term", "share", "protein"], ascending=[True, False, True]
    )
    top = ordered.groupby("term", sort=False).head(TOP).reset_index(drop=True)
    top["lower"], top["upper"] = np.nan, np.nan
    if draws <= 0 or top.empty:
        return top
    place = {name: position for position, name in enumerate(names)}
    rows = np.array(sorted({place[name] for name in top["protein"]}), dtype=np.intp)
    simulated = np.vstack([_draw(fit, values[row], model, row, draws, generator) for row in rows])
    shares, _ = _shares(mixed.fit_reml(simulated, model.x, model.random, df="none"), simulated, model)
    tail = (1 - LEVEL) / 2
    with np.errstate(invalid="ignore"):
        limits = np.nanquantile(shares.reshape(rows.size, draws, -1), [tail, 1 - tail], axis=1)
    position = {row: number for number, row in enumerate(rows)}
    for index, line in enumerate(top.itertuples()):
        number, term = position[place[line.protein]], model.terms.index(str(line.term))
        top.loc[index, ["lower", "upper"]] = limits[:, number, term]
    return top


def _draw(
    fit: mixed.MixedFit, values: NDArray[np.float64], model: _Model, row: int, draws: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:  # fmt: skip
    """`draws` simulated rows (draws, m) of the fitted model, with the gaps of the row."""
    variance = fit.variance[row]
    simulated = np.nan_to_num(fit.coefficients[row]) @ model.x.T + np.sqrt(variance[-1]) * generator.normal(
        size=(draws, values.size)
    )
    for position, labels in enumerate(model.random.values()):
        levels, codes = np.unique(labels, return_inverse=True)
        simulated = (
            simulated + np.sqrt(variance[position]) * generator.normal(size=(draws, levels.size))[:, codes]
        )
    return np.where(np.isnan(values), np.nan, simulated)


def _result(
    design: Design, options: VaryOptions, table: pd.DataFrame, top: pd.DataFrame, notes: list[str]
) -> Result:
    terms = _terms(table)
    largest = terms[terms["term"] != "residual"].sort_values("median_share", ascending=False)
    summary = pd.DataFrame(
        {
            "proteins": [int(table[["assay", "protein"]].drop_duplicates().shape[0])],
            "largest": [str(largest["term"].iloc[0]) if len(largest) else ""],
            "percent": [float(100 * largest["median_share"].iloc[0]) if len(largest) else np.nan],
            "residual_percent": [
                float(100 * terms.loc[terms["term"] == "residual", "median_share"].iloc[0])
                if len(terms)
                else np.nan
            ],
        }
    )
    template = (
        "In the median of {proteins} proteins {largest} goes with {percent} % of the variance between flasks, and "
        "{residual_percent} % is left unexplained."
        if len(largest)
        else "Not made: no random term can be told from the residual, or no protein is seen in half of the flasks."
    )
    return Result(
        stage="vary",
        name="partition",
        question="Where do differences between flasks come from?",
        answer=Answer(template, {name: Cell("summary", name) for name in summary.columns} if len(largest) else {}),
        verdict="pass" if len(largest) else "not tested",
        tables={
            "summary": summary, "terms": terms, "top": top, "partition": table, "density": _density(table),
        },
        parameters={
            "formula": design.formula,
            "seen_share": SEEN_SHARE,
            "draws": options.partition_draws,
            "interval": LEVEL,
        },
        notes=tuple(notes),
        methods=(
            Method(
                "The variance of each protein was divided between the terms of the study by linear mixed models fitted "
                "to the values seen (REML); intervals are from the parametric bootstrap.",
                ("10.1186/s12859-016-1323-z", "10.18637/jss.v067.i01"),
            ),
        ),
    )  # fmt: skip


def _terms(table: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (assay, term, len(group), group["share"].median(), group["share"].quantile(0.25),
         group["share"].quantile(0.75), float((group["share"] > 0.5).mean()))
        for (assay, term), group in table.groupby(["assay", "term"], sort=False)
    ]  # fmt: skip
    columns = [
        "assay", "term", "proteins", "median_share", "lower_quartile", "upper_quartile", "share_of_proteins_above_half",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _density(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the proteins of a term in each of 40 bins of the share of variance."""
    rows = []
    edges = np.linspace(0, 1, BINS + 1)
    for (assay, term), group in table.groupby(["assay", "term"], sort=False):
        counts, _ = np.histogram(group["share"], bins=edges)
        rows += [
            (assay, term, float(middle), float(count / max(len(group), 1)))
            for middle, count in zip((edges[1:] + edges[:-1]) / 2, counts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["assay", "term", "share", "share_of_proteins"])
