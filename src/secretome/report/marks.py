"""The marks of each figure: rows cut from a result's table, rounded for drawing and for nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from secretome.results import Result, show

from .tables import heading

LABELS = 10
HEAT_ROWS = 36
STRIPS = (
    "identifications",
    "missing_percent",
    "keratin_percent",
    "bovine_percent",
    "serum_percent",
    "group_distance",
)


def volcano_rows(result: Result, contrast: str) -> pd.DataFrame:
    """What a volcano needs of the effects and no more, rounded for drawing only."""
    effects = result.tables["effects"]
    mine = effects[(effects["contrast"] == contrast) & effects["p_value"].notna()]
    mine = mine[np.isfinite(mine["log2_ratio"].astype(float))].sort_values(["p_value", "protein"])
    found = mine["fdr"] < 0.05
    side = np.where(~found, "not separated", np.where(mine["log2_ratio"] > 0, "higher", "lower"))
    # A p of zero has no logarithm: it is drawn at the smallest number that a float can hold.
    height = -np.log10(mine["p_value"].astype(float).clip(lower=1e-300))
    gene = mine["gene"] if "gene" in mine else mine["protein"]
    rows = pd.DataFrame(
        {
            "id": mine["protein"],
            "name": gene.where(gene.fillna("") != "", mine["protein"]),
            "x": mine["log2_ratio"].astype(float).round(3),
            "y": height.round(3),
            "p": [float(f"{p:.2e}") for p in mine["p_value"]],
            "q": [float(f"{q:.2e}") for q in mine["fdr"].fillna(1)],
            "side": side,
            "label": False,
        }
    )
    rows["label"] = rows["id"].isin(_labelled(rows[found.to_numpy()]))
    # The smallest p is drawn last, on top.
    return rows.iloc[::-1]


def _labelled(rows: pd.DataFrame) -> list[str]:
    """Proteins to name: the smallest p first, passing over names that would lie on one another."""
    if rows.empty:
        return []
    wide, high = float(np.ptp(rows["x"])) or 1.0, float(rows["y"].max()) or 1.0
    chosen: list[tuple[str, float, float]] = []
    for row in rows.head(4 * LABELS).itertuples():
        free = all(abs(row.x - x) > 0.13 * wide or abs(row.y - y) > 0.045 * high for _, x, y in chosen)
        if free and len(chosen) < LABELS:
            chosen.append((str(row.id), row.x, row.y))
    return [protein for protein, _, _ in chosen]


def _spread_labels(names: pd.Series, x: pd.Series, y: pd.Series) -> list[str]:
    """Every name of a small study; of a large one the outermost, so that names do not hide points."""
    if len(names) <= 2 * LABELS:
        return [str(name) for name in names]
    far = np.hypot((x - x.median()) / (np.ptp(x) or 1.0), (y - y.median()) / (np.ptp(y) or 1.0))
    shown = set(far.nlargest(LABELS).index)
    return [str(name) if index in shown else "" for index, name in names.items()]


def sample_rows(scores: pd.DataFrame, group: str) -> pd.DataFrame:
    """Samples with their two scores and the level of one factor."""
    return pd.DataFrame(
        {
            "sample": scores["sample"],
            "x": scores["pc1"].round(3),
            "y": scores["pc2"].round(3),
            "label": _spread_labels(scores["sample"], scores["pc1"], scores["pc2"]),
            "group": scores[group].fillna("not given").astype(str) if group else "sample",
        }
    )


def origin_rows(groups: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """The share of the signal in each origin and group, in percent, in the order of the legend."""
    several = len(set(groups["assay"])) > 1
    origin = groups["origin"].str.replace("_", " ")
    names = groups["group"].astype(str)
    return pd.DataFrame(
        {
            "group": groups["assay"].astype(str) + ": " + names if several else names,
            "origin": origin,
            "percent": groups["mean_percent_of_signal"].round(2),
            "shown": [f"{show(float(value))} %" for value in groups["mean_percent_of_signal"]],
            "label": [
                name if value >= 10 else ""
                for name, value in zip(origin, groups["mean_percent_of_signal"], strict=True)
            ],
            "place": [order.index(name) for name in origin],
        }
    )


def leak_rows(samples: pd.DataFrame) -> pd.DataFrame:
    """Samples that could be judged, the largest leak first."""
    known = samples[samples["leak_percent"].notna()].sort_values(
        ["leak_percent", "sample"], ascending=[False, True]
    )
    columns = known[["leak_percent", "leak_lower", "leak_upper"]].astype(float)
    return pd.DataFrame(
        {
            "sample": known["sample"].astype(str),
            "group": known["group"].astype(str),
            "leak": columns["leak_percent"].round(2),
            "lower": columns["leak_lower"].round(2),
            "upper": columns["leak_upper"].round(2),
            "shown": [show(value) for value in columns["leak_percent"]],
            "interval": [
                f"{show(low)} to {show(high)}"
                for low, high in zip(columns["leak_lower"], columns["leak_upper"], strict=True)
            ],
            "by": known["scaled_by"].astype(str),
        }
    )


def detection_rows(groups: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Cells of the proteins whose detection differs most between groups, and the order of their names."""
    spread = groups.groupby("protein")["share"].agg(lambda share: share.max() - share.min())
    spread = spread.rename("spread").reset_index().sort_values(["spread", "protein"], ascending=[False, True])
    chosen = list(spread[spread["spread"] > 0]["protein"].head(HEAT_ROWS)) or list(spread["protein"].head(1))
    mine = groups[groups["protein"].isin(chosen)]
    genes = mine["gene"].fillna("")
    double = mine.assign(gene=genes).groupby("gene")["protein"].transform("nunique") > 1
    # Two proteins of one gene stay two rows.
    name = genes.where((genes != "") & ~double, (genes + " " + mine["protein"]).str.strip())
    rows = pd.DataFrame(
        {
            "id": mine["protein"],
            "name": name,
            "group": mine["group"].astype(str),
            "share": mine["share"].round(3),
            "k": [
                f"{show(int(k))} of {show(int(n))}"
                for k, n in zip(mine["detected"], mine["measured"], strict=True)
            ],
        }
    )
    return rows, _by_group(rows)


def _by_group(rows: pd.DataFrame) -> list[str]:
    """Names sorted by the group that shows them most, so that the heat map falls into blocks."""
    groups = list(dict.fromkeys(rows["group"]))
    shares = rows.pivot_table(index="name", columns="group", values="share", sort=False)[groups].fillna(0)
    place = shares.to_numpy().argmax(axis=1)
    keys = [(int(at), *(-row)) for at, row in zip(place, shares.to_numpy(), strict=True)]
    return [name for _, name in sorted(zip(keys, shares.index, strict=True))]


def partition_rows(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Violins of the shares of variance: a bar for each bin of each term, and a mark for each median.

    Terms stand at 1, 2, ... from below; a bar reaches as far up as down, the fullest bin to 0.42.
    """
    terms, density = result.tables["terms"], result.tables["density"]
    place = {term: len(terms) - number for number, term in enumerate(terms["term"])}
    width = 1 / density.groupby("term")["share"].nunique().max()
    fullest = density.groupby("term")["share_of_proteins"].transform("max")
    half = 0.42 * density["share_of_proteins"] / fullest.where(fullest > 0, 1.0)
    at = density["term"].map(place)
    bars = pd.DataFrame(
        {
            "term": density["term"],
            "low": (density["share"] - width / 2).round(4),
            "high": (density["share"] + width / 2).round(4),
            "bottom": (at - half).round(4),
            "top": (at + half).round(4),
            "proteins": [show(100 * share) + " % of proteins" for share in density["share_of_proteins"]],
        }
    )
    medians = pd.DataFrame(
        {
            "term": terms["term"],
            "median": terms["median_share"].round(4),
            "at": terms["term"].map(place),
            "bottom": terms["term"].map(place) - 0.3,
            "top": terms["term"].map(place) + 0.3,
            "quartiles": [
                f"{show(row.lower_quartile)} to {show(row.upper_quartile)}" for row in terms.itertuples()
            ],
        }
    )
    return bars[bars["top"] > bars["bottom"]].reset_index(drop=True), medians


def quality_rows(table: pd.DataFrame) -> pd.DataFrame:
    """A row for every sample and measure, placed between zero and the largest value of the measure."""
    parts = []
    for column in (name for name in STRIPS if name in table):
        values = table[column].astype(float)
        top = float(values.max())
        if not math.isfinite(top) or top <= 0:
            continue
        # A name stands where a sample that did not pass lies far from the others.
        distance = (values - values.median()).abs()
        flagged = table["verdict"].isin(["warn", "fail"]) & (distance > 4 * distance.median())
        parts.append(
            pd.DataFrame(
                {
                    "sample": table["sample"].astype(str),
                    "measure": f"{heading(column)} (0 to {show(table[column].max())})",
                    "at": (values / top).round(4),
                    "value": [show(value) for value in table[column]],
                    "verdict": table["verdict"],
                    "named": flagged,
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return rows[rows["at"].notna()] if len(rows) else rows


def process_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Evidence of each process, against it to the left of zero, with the share seen in words."""
    sign = np.where(table["direction"] == "for", 1.0, -1.0)
    return pd.DataFrame(
        {
            "process": table["process"],
            "direction": table["direction"],
            "known": (sign * table["evidence_weight_known"]).round(3),
            "seen": (sign * table["evidence_weight_seen"]).round(3),
            "share": [
                "" if pd.isna(share) else f"{show(share)} % seen" for share in table["share_seen_percent"]
            ],
            "factors": [
                f"{show(int(k))} of {show(int(n))}"
                for k, n in zip(table["factors_seen"], table["factors_known"], strict=True)
            ],
        }
    )


def profile_rows(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each process, group and direction: rank score and its interval from donors."""
    mine = table[(table["scale"] == "rank") & (table["variant"] == "as counted")]
    mine = mine.sort_values(["process", "group", "direction"], kind="stable")
    numbers = {name: mine[name].astype(float) for name in ("score", "lower", "upper", "random_median")}
    words = [
        f"{show(at)} ({show(low)} to {show(high)})" if math.isfinite(low) else f"{show(at)} (no interval)"
        for at, low, high in zip(numbers["score"], numbers["lower"], numbers["upper"], strict=True)
    ]
    return pd.DataFrame(
        {
            "row": mine["process"].astype(str) + " · " + mine["group"].astype(str),
            "process": mine["process"].astype(str),
            "group": mine["group"].astype(str),
            "direction": mine["direction"].astype(str),
            "x": numbers["score"].round(3),
            "low": numbers["lower"].round(3),
            "high": numbers["upper"].round(3),
            "random": numbers["random_median"].round(3),
            "words": words,
            "donors": [show(int(count)) for count in mine["donors"]],
            "factors": [show(int(count)) for count in mine["factors_used"]],
            "p": [show(value) for value in mine["p_random_sets"]],
        }
    )


# Rows of a dot plot of gene sets; the table holds all.
SETS_SHOWN = 25


def set_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The gene sets with the smallest p values, by group: log2 odds ratio, interval, genes found."""
    mine = _first_sets(table, "log2_odds")
    low, high = (mine[name].astype(float).round(3) for name in ("lower", "upper"))
    return _set_marks(mine, "group", "log2_odds").assign(
        low=low.where(np.isfinite(low)),
        high=high.where(np.isfinite(high)),
        size=mine["hits"].astype(int),
        count=[
            f"{show(int(hits))} of {show(int(there))} detectable"
            for hits, there in zip(mine["hits"], mine["detectable"], strict=True)
        ],
    )


def camera_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The gene sets with the smallest p values of camera, by contrast: difference of the mean t."""
    mine = _first_sets(table, "mean_t_difference")
    return _set_marks(mine, "contrast", "mean_t_difference").assign(
        size=mine["detectable"].astype(int),
        count=[f"{show(int(there))} detectable" for there in mine["detectable"]],
    )


def _first_sets(table: pd.DataFrame, estimate: str) -> pd.DataFrame:
    known = table[np.isfinite(table[estimate].astype(float)) & table["p_value"].notna()]
    return known.sort_values("p_value", kind="stable").head(SETS_SHOWN).reset_index(drop=True)


def _set_marks(mine: pd.DataFrame, by: str, estimate: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": mine["gene_set"].astype(str) + " · " + mine[by].astype(str),
            "x": mine[estimate].astype(float).round(3),
            "told": np.where(mine["fdr"].astype(float) < 0.05, "below 5 % FDR", "not below"),
            "fdr": [show(float(value)) for value in mine["fdr"]],
        }
    )


def outcome_rows(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each outcome and medium: difference from the other media and its interval."""
    table = table.sort_values("outcome", kind="stable")
    told = table["statement"].where(table["statement"].isin(["higher", "lower"]), "cannot be told")
    return pd.DataFrame(
        {
            "row": table["outcome"] + " · " + table["group"].astype(str),
            "outcome": table["outcome"],
            "group": table["group"].astype(str),
            "x": table["difference_median"].round(4),
            "low": table["difference_lower_90"].round(4),
            "high": table["difference_upper_90"].round(4),
            "told": told,
            "words": [
                f"{show(at)} ({show(low)} to {show(high)})"
                for at, low, high in zip(
                    table["difference_median"],
                    table["difference_lower_90"],
                    table["difference_upper_90"],
                    strict=True,
                )
            ],
            "sign": [show(p) for p in table["sign_probability"]],
            "share": [f"{show(100 * share)} %" for share in table["unmeasured_share"]],
            "driven": table["driven_by"],
        }
    )


def slug(text: str) -> str:
    """A text as part of a file name: letters, digits, dash and underscore.

    Examples
    --------
    >>> slug("WJ vs <b>ADSC</b>")
    'WJ-vs-b-ADSC-b'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:80] or "unnamed"


def file_name(contrast: str, contrasts: Iterable[str]) -> str:
    """The slug of a contrast, numbered where two contrasts would share it on a disk that ignores case.

    Examples
    --------
    >>> file_name("a/b", ["a b", "a/b"])
    'a-b-2'
    """
    alike = [name for name in contrasts if slug(name).lower() == slug(contrast).lower()]
    place = alike.index(contrast)
    return slug(contrast) + (f"-{place + 1}" if place else "")


def records(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as plain objects; gaps become None."""
    plain = rows.astype(object).where(rows.notna(), None)
    return [dict(zip(plain.columns, row, strict=True)) for row in plain.itertuples(index=False, name=None)]
