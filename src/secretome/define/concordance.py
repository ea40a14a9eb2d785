"""One factor on several platforms: rank and fold agreement, and which platform is preferred."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from secretome.results import Answer, Cell, Result
from secretome.study import State, Study, samples_of

from .calibration import mass_factor
from .levels import ABSOLUTE

# CLAIMS section 3: beyond this both platforms are shown.
DISAGREE_FOLD = 3.0
FEWEST_SAMPLES = 4


def preferred(values: pd.DataFrame, parallel: dict[tuple[str, str], str]) -> pd.DataFrame:
    """Whether each analyte of each panel fulfils the rule of preference, and which one stands for its factor.

    Parameters
    ----------
    values
        Rows of `levels.values_of`.
    parallel
        (assay, analyte) to yes or no; absent when not shown.

    Returns
    -------
    DataFrame with `gene`, `form`, `assay`, `analyte`, `unit`, `in_range_percent`, `preferred`, `why_not`, `chosen`.

    Notes
    -----
    Preferred: absolutely calibrated, in range (half of the samples or more), parallel on dilution, form declared.
    `chosen` is the one assay of a factor and form that stands in the assay `amounts`: preferred before not, then
    the larger share in range; NPX, RFU and array signals are never chosen.
    """
    rows = []
    for (assay, analyte), mine in values.groupby(["assay", "analyte"], sort=False):
        unit, form = str(mine["unit"].iloc[0]), str(mine["form"].iloc[0])
        share = 100 * float((mine["state"] == State.VALUE).mean())
        absolute = unit.endswith(ABSOLUTE) and unit != "particles/mL"
        shown = parallel.get((str(assay), str(analyte)), "not shown")
        why = [] if absolute else [f"{unit or 'no unit'} is relative"]
        why += [] if share >= 50 else ["most samples are out of range"]
        why += [] if shown == "yes" else [f"parallel on dilution: {shown}"]
        why += [] if form else ["form not declared"]
        rows.append({"gene": mine["gene"].fillna("").iloc[0], "form": form, "assay": assay, "analyte": analyte,
                     "unit": unit, "in_range_percent": share, "absolute": absolute, "preferred": not why,
                     "why_not": "; ".join(why)})  # fmt: skip
    frame = pd.DataFrame(rows)
    ranked = frame[frame["absolute"] & (frame["gene"] != "")].sort_values(
        ["preferred", "in_range_percent"], ascending=False, kind="stable"
    )
    first = ranked.drop_duplicates(["gene", "form"]).index
    return frame.assign(chosen=frame.index.isin(first)).drop(columns="absolute")


def platforms(values: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Numbers of every platform, panels and proteomes: sample, gene, platform, log2, unit."""
    mine = values[(values["state"] == State.VALUE) & (values["gene"].fillna("") != "")]
    factor = mine["unit"].map(mass_factor).astype(float)
    mine = mine.assign(
        value=mine["value"] * factor.fillna(1.0), unit=mine["unit"].mask(factor.notna(), "pg/mL")
    )
    # NPX are log2 already; RFU and concentrations become log2
    with np.errstate(divide="ignore", invalid="ignore"):
        log2 = np.where(mine["unit"] == "NPX", mine["value"], np.log2(mine["value"].astype(float)))
    parts = [
        pd.DataFrame(
            {
                "platform": mine["assay"],
                "gene": mine["gene"],
                "sample": mine["sample"],
                "unit": mine["unit"],
                "log2": log2,
            }
        )
    ]
    wanted = set(mine["gene"])
    for assay in study.select(kind="proteome"):
        if assay.material not in {"conditioned_medium", "vesicles"} or "gene" not in assay.matrix.var:
            continue
        column = assay.matrix.var["gene"].isin(wanted).to_numpy()
        if not column.any():
            continue
        level = np.asarray(assay.matrix.X, dtype=float)[:, column]
        level = level if assay.scale == "log2" else np.log2(np.where(level > 0, level, np.nan))
        names = samples_of(assay, study.samples).index
        genes = assay.matrix.var["gene"].to_numpy()[column]
        sample = assay.matrix.obs["sample"].astype(str).to_numpy()
        long = (
            pd.DataFrame(level, index=names, columns=range(len(genes)))
            .assign(sample=sample)
            .melt("sample", value_name="log2")
        )
        long["gene"] = genes[long["variable"].astype(int)]
        parts.append(long.assign(platform=assay.name, unit="intensity").drop(columns="variable").dropna())
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[np.isfinite(frame["log2"].astype(float))]
    return frame.groupby(["platform", "gene", "sample", "unit"], sort=False)["log2"].mean().reset_index()


def agreement(long: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each pair of platforms and factor: samples and donors in both, Spearman's rank correlation, median fold.

    The fold is computed only between two absolute platforms in the same unit.
    """
    rows = []
    donors = study.samples.get("donor")
    for gene, mine in long.groupby("gene", sort=True):
        for left, right in combinations(dict.fromkeys(mine["platform"]), 2):
            one, other = (mine[mine["platform"] == name].set_index("sample") for name in (left, right))
            both = one.join(other, how="inner", lsuffix="_left", rsuffix="_right")
            if len(both) < FEWEST_SAMPLES:
                continue
            rank = stats.spearmanr(both["log2_left"], both["log2_right"]).statistic if _vary(both) else np.nan
            unit, second = str(one["unit"].iloc[0]), str(other["unit"].iloc[0])
            same = unit == second and unit.endswith(ABSOLUTE)
            fold = 2 ** abs(float((both["log2_left"] - both["log2_right"]).median())) if same else np.nan
            rows.append({"gene": gene, "left": left, "right": right, "samples": len(both),
                         "donors": len(both) if donors is None else int(donors.reindex(both.index).nunique()),
                         "rank_correlation": float(rank), "median_fold": fold, "units": f"{unit} | {second}",
                         "shown": "both" if fold > DISAGREE_FOLD else ""})  # fmt: skip
    columns = [
        "gene",
        "left",
        "right",
        "samples",
        "donors",
        "rank_correlation",
        "median_fold",
        "units",
        "shown",
    ]
    return pd.DataFrame(rows, columns=columns)


def _vary(both: pd.DataFrame) -> bool:
    return bool(np.ptp(both["log2_left"]) > 0 and np.ptp(both["log2_right"]) > 0)


def result(chosen: pd.DataFrame, agreed: pd.DataFrame) -> Result:
    """The result `define.concordance`."""
    median = float(agreed["rank_correlation"].median()) if len(agreed) else np.nan
    apart = int((agreed["shown"] == "both").sum())
    summary = pd.DataFrame(
        {"analytes": [len(chosen)], "preferred": [int(chosen["preferred"].sum())], "pairs": [len(agreed)],
         "median_rank_correlation": [median], "apart": [apart]}
    )  # fmt: skip
    template = "{preferred} of {analytes} analytes of the immunoassays fulfil the rule of preference."
    names = ["preferred", "analytes"]
    if len(agreed):
        template += (
            " {pairs} pairs of platforms measured the same factor: median rank correlation {median_rank_correlation}, "
            "{apart} differ more than threefold."
        )
        names += ["pairs", "median_rank_correlation", "apart"]
    lacks = (
        ()
        if len(agreed)
        else ("Agreement of platforms: no factor was measured by two of them in four samples.",)
    )
    return Result(
        stage="define",
        name="concordance",
        question="Do the platforms agree, and which number is preferred?",
        answer=Answer(template, {name: Cell("summary", name) for name in names}),
        tables={"summary": summary, "preference": chosen, "agreement": agreed},
        parameters={"disagree_fold": DISAGREE_FOLD, "fewest_samples": FEWEST_SAMPLES},
        notes=(
            "Preferred is an immunoassay value that is absolutely calibrated, in range, parallel on dilution and of the declared form; NPX and RFU never are.",
            "Samples of one donor are not independent: the rank correlation describes, it tests nothing.",
        ),
        lacks=lacks,
    )
