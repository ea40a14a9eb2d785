"""How good each sample is: counts, shares, distance from its group, a verdict and its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Answer, Cell, Method, Result, Verdict, show

from ._proteome import Proteome
from .robust import robust_z
from .similarity import compared, distance_per_protein

_SEVERITY: dict[Verdict, int] = {"pass": 0, "warn": 1, "fail": 2}
_JUDGED = {"keratin": "keratin", "bovine": "bovine protein", "serum": "serum of another species"}


@dataclass(frozen=True)
class Rules:
    """The fixed limits behind a verdict; changed here, never tuned to a study.

    Parameters
    ----------
    share_percent
        Share of the signal from which keratin, bovine or serum protein is worth a warning.
        A convention of this package: no published limit was found.
    robust_sd
        Robust standard deviations from the study's median from which a sample is an outlier
        (Leys 2013, 10.1016/j.jesp.2013.03.013).
    fewest_samples
        Below this number of samples no outlier rule is applied. A convention of this package.
    """

    share_percent: float = 10.0
    robust_sd: float = 2.5
    fewest_samples: int = 6


RULES = Rules()


def measure(one: Proteome) -> pd.DataFrame:
    """Counts, shares and distances of each measurement, without a judgement.

    Parameters
    ----------
    one
        The proteome, its proteins flagged.

    Returns
    -------
    A row for each measurement (index = its name). `identifications`: proteins with a total
    intensity, contaminants included; `quantified`: proteins with a value; `missing_percent` of all
    proteins of the table; `total_log2_intensity`; `…_percent` of the total intensity;
    `group_distance`: mean root mean square log2 difference to the others of its group.
    `serum_percent` holds plasma proteins of any other species, so it overlaps with bovine and
    other species; `own_plasma_percent` holds those of the study's own species.
    """
    quantified = np.isfinite(one.log2).sum(axis=1)
    proteins = one.log2.shape[1]
    facts = {
        "identifications": np.isfinite(one.signal).sum(axis=1),
        "quantified": quantified,
        "missing_percent": 100 * (1 - quantified / proteins) if proteins else np.nan,
        "total_log2_intensity": np.log2(one.total),
        **_shares(one),
        "group_distance": _group_distance(one),
    }
    return pd.DataFrame(facts, index=one.samples.index)


def judge(one: Proteome, *, excluded: NDArray[np.bool_], rules: Rules = RULES) -> pd.DataFrame:
    """The measures of each measurement with verdict and reason in words.

    Parameters
    ----------
    one
        The proteome, its proteins flagged.
    excluded
        (m,) True for measurements that the study leaves out of contrasts.
    rules
        Limits behind the verdicts.

    Returns
    -------
    `measure(one)` with `group_distance_z`, `verdict` (pass, warn, fail) and `reason`. A sample is
    compared with all measurements of the same material, excluded ones too.
    """
    table = measure(one)
    scores = pd.concat([_scores(part, rules) for part in _by_material(table, one)]).loc[table.index]
    table["group_distance_z"] = scores["group_distance_z"]
    verdicts: list[str] = []
    reasons: list[str] = []
    for position, name in enumerate(table.index):
        findings = _findings(table.loc[name], scores.loc[name], one.samples.loc[name, "note"], rules)
        worst = max((verdict for verdict, _ in findings), key=_SEVERITY.__getitem__, default="pass")
        words = [text for _, text in findings] or [_nothing_found(scores.loc[name], rules)]
        if excluded[position]:
            words.append("left out of contrasts by [define] exclude")
        verdicts.append(worst)
        reasons.append("; ".join(words))
    return table.assign(verdict=verdicts, reason=reasons, excluded=excluded)


def result(proteomes: Sequence[Proteome], judged: Sequence[pd.DataFrame], *, rules: Rules = RULES) -> Result:
    """One row a sample with verdict and reason, as a Result."""
    samples = pd.concat(
        [_labelled(one, table) for one, table in zip(proteomes, judged, strict=True)], ignore_index=True
    )
    summary = _summary(samples)
    cells: dict[str, Cell] = {}
    sentences: list[str] = []
    for number, assay in enumerate(summary["assay"]):
        for column in ("passed", "warned", "failed"):
            cells[f"{column}{number}"] = Cell("summary", column, {"assay": assay})
        sentences.append(
            f"{assay}: {{passed{number}}} samples pass, {{warned{number}}} carry a warning, "
            f"{{failed{number}}} fail."
        )
    return Result(
        stage="define",
        name="quality",
        question="Is each sample what it should be?",
        answer=Answer(" ".join(sentences), cells),
        verdict="warn" if (samples["verdict"] != "pass").any() else "pass",
        tables={"samples": samples, "summary": summary},
        parameters={**asdict(rules), "grouped_by": {one.assay: list(one.grouped_by) for one in proteomes}},
        notes=_notes(samples, summary, rules),
        lacks=_lacks(proteomes),
        methods=(
            Method(
                "Samples were judged by identifications, by the share of signal in keratin, bovine and serum "
                "protein and by their distance from their group, against median and median absolute "
                "deviation.",
                ("10.1016/j.jesp.2013.03.013",),
            ),
        ),
    )


# --- measures -----------------------------------------------------------------------------------


def _shares(one: Proteome) -> dict[str, NDArray[np.float64]]:
    percent = one.percent
    label = one.proteins["contaminant_class"].to_numpy().astype(str)
    plasma = one.proteins["plasma_protein"].to_numpy(dtype=bool)
    chosen = {
        "keratin": label == "keratin",
        "bovine": label == "bovine",
        "serum": plasma & np.isin(label, ("bovine", "serum")),
        "trypsin": label == "trypsin",
        "other_species": np.isin(label, ("serum", "other_species")),
        "handling": label == "handling",
        "own_plasma": plasma & np.isin(label, ("", "listed")),
    }
    # a row without any signal is NaN throughout, so its shares are too, also of an empty class
    unknown = np.isnan(one.total)
    return {
        f"{name}_percent": np.where(unknown, np.nan, percent[:, hit].sum(axis=1))
        for name, hit in chosen.items()
    }


def _group_distance(one: Proteome) -> NDArray[np.float64]:
    distances = distance_per_protein(compared(one))
    groups = one.samples["group"].to_numpy()
    found = np.full(len(groups), np.nan)
    for row, group in enumerate(groups):
        others = (groups == group) & (np.arange(len(groups)) != row)
        known = distances[row, others]
        known = known[np.isfinite(known)]
        if known.size:
            found[row] = np.median(known)  # the median: one bad flask must not blame its group-mates
    return found


# --- judgement ----------------------------------------------------------------------------------


def _by_material(table: pd.DataFrame, one: Proteome) -> list[pd.DataFrame]:
    if "material" not in one.samples.columns:
        return [table]
    material = one.samples["material"].astype(object).where(one.samples["material"].notna(), "")
    return [part for _, part in table.groupby(material, sort=True)]


def _scores(table: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Robust z and median of each judged measure, NaN where there are too few samples."""
    measures = [*(f"{name}_percent" for name in _JUDGED), "identifications", "group_distance"]
    scores = pd.DataFrame(index=table.index)
    scores["compared_with"] = len(table)
    for name in measures:
        values = table[name].to_numpy(dtype=float)
        known = values[np.isfinite(values)]
        scores[f"{name}_median"] = np.median(known) if known.size else np.nan
        if name.endswith("_percent"):
            # ratios of shares, not differences, are alike at 0.1 % and at 10 %
            with np.errstate(divide="ignore"):
                values = np.log(values)
        enough = len(known) >= rules.fewest_samples
        scores[f"{name}_z"] = robust_z(values) if enough else np.nan
    return scores


def _findings(row: pd.Series, score: pd.Series, note: str, rules: Rules) -> list[tuple[Verdict, str]]:
    found: list[tuple[Verdict, str]] = []
    if not row["identifications"]:
        found.append(("fail", "no protein has a signal"))
    else:
        found.extend(_share_findings(row, score, rules))
        distance = score["identifications_z"]
        if abs(distance) > rules.robust_sd:
            counted = f"{show(int(row['identifications']))} identifications"
            found.append(("fail", f"{counted}: outlier, {_from_median(score, 'identifications')}"))
    if score["group_distance_z"] > rules.robust_sd:
        far = f"{show(float(row['group_distance']))} log2 units from its group"
        found.append(("warn", f"{far}: {_from_median(score, 'group_distance')}"))
    if note:
        found.append(("warn", f"note: {note}"))
    return found


def _share_findings(row: pd.Series, score: pd.Series, rules: Rules) -> list[tuple[Verdict, str]]:
    found: list[tuple[Verdict, str, str]] = []
    for name, words in _JUDGED.items():
        share, distance = row[f"{name}_percent"], score[f"{name}_percent_z"]
        if not share >= rules.share_percent:
            continue
        text = f"{words} {show(float(share))} % of the signal"
        verdict: Verdict = "fail" if distance > rules.robust_sd else "warn"
        # bovine albumin is bovine and serum: said once, unless the serum share is the worse of the two
        if name == "serum" and (verdict, "bovine") in {(known, key) for known, key, _ in found}:
            continue
        limit = f"{show(rules.share_percent, 2)} % or more"
        place = limit if np.isnan(distance) else _from_median(score, f"{name}_percent")
        found.append((verdict, name, f"{text}: {place}"))
    return [(verdict, words) for verdict, _, words in found]


def _from_median(score: pd.Series, name: str) -> str:
    distance, unit = float(score[f"{name}_z"]), " %" if name.endswith("_percent") else ""
    side = "above" if distance >= 0 else "below"
    median = float(score[f"{name}_median"])
    # a median of counts may end in .5
    shown = f"{median:,g}" if name == "identifications" else show(median, 2)
    return f"{show(abs(distance), 2)} robust SD {side} the study's median {shown}{unit}"


def _nothing_found(score: pd.Series, rules: Rules) -> str:
    if np.isnan(score["identifications_z"]):
        count = int(score["compared_with"])
        if count < rules.fewest_samples:
            return (
                f"nothing found; no outlier rule with {show(count)} samples (fewest: {rules.fewest_samples})"
            )
        return (
            "nothing found; identifications not judged, as more than half of the samples have the same number"
        )
    return "within the limits of this study"


# --- tables -------------------------------------------------------------------------------------


def _labelled(one: Proteome, table: pd.DataFrame) -> pd.DataFrame:
    labels = one.samples[["sample", *one.factors]].reset_index(drop=True)
    measures = table.reset_index(drop=True)
    last = ["verdict", "reason"]
    extra = ["handling_percent", "own_plasma_percent", "excluded"]
    first = [name for name in measures.columns if name not in (*last, *extra)]
    return pd.concat([labels, measures[[*first, *last, *extra]]], axis=1).assign(
        group=one.samples["group"].to_numpy(),
        assay=one.assay,
        measurement=one.samples.index.astype(str).to_numpy(),
    )


def _summary(samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for assay, part in samples.groupby("assay", sort=False):
        counts = {
            word: int((part["verdict"] == verdict).sum())
            for word, verdict in (("passed", "pass"), ("warned", "warn"), ("failed", "fail"))
        }
        rows.append({"assay": assay, "samples": len(part), **counts})
    return pd.DataFrame(rows)


def _notes(samples: pd.DataFrame, summary: pd.DataFrame, rules: Rules) -> tuple[str, ...]:
    notes = []
    kept = samples[(samples["verdict"] == "fail") & ~samples["excluded"]]
    if len(kept):
        names = ", ".join(f'"{name}"' for name in dict.fromkeys(kept["sample"]))
        notes.append(
            "Samples that fail are kept in the analysis. To leave them out of contrasts, "
            f"write [define] exclude = [{names}]."
        )
    if samples["excluded"].any():
        names = ", ".join(dict.fromkeys(samples.loc[samples["excluded"], "sample"]))
        notes.append(f"Left out of contrasts by [define] exclude, still in every table: {names}.")
    if samples["reason"].str.contains("robust SD").any():
        # the rate is simulated in tests/define/test_quality.py
        notes.append(
            "About one study in three of 6 to 16 faultless samples has one beyond the limit of "
            f"{show(rules.robust_sd, 2)} robust SD in a single measure: an outlier is a reason to look, "
            "not to exclude."
        )
    if (summary["samples"] < rules.fewest_samples).any():
        notes.append(
            f"With fewer than {rules.fewest_samples} samples nothing is called an outlier: "
            "no robust SD is computed."
        )
    if samples["own_plasma_percent"].fillna(0).max() > 0:
        notes.append(
            "Plasma proteins of the study's own species are counted (own_plasma_percent) but not judged: "
            "cells, platelet lysate and added albumin cannot be told apart without a cell-free medium blank."
        )
    if samples["reason"].str.contains("from its group").any():
        notes.append(
            "In a group of two or three, one far sample raises the distance of the others too; "
            "the reason does not say which one is far."
        )
    notes.append(
        f"The limit of {show(rules.share_percent, 2)} % of the signal is a convention of this package, "
        "not a published limit."
    )
    return tuple(notes)


def _lacks(proteomes: Sequence[Proteome]) -> tuple[str, ...]:
    lacks = []
    columns = set.intersection(*(set(one.samples.columns) for one in proteomes))
    if not columns & {"viability_percent", "ldh_percent"}:
        lacks.append("How many cells leaked their content: viability at harvest or LDH release would tell.")
    return tuple(lacks)
