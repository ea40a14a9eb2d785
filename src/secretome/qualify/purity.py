"""Purity of vesicle preparations: particles per microgram with both errors, markers, balance, bovine rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.results import Answer, Cell, Method, Result
from secretome.stats.ratio import net, ratio

QUANTITIES = (
    "particles", "particle blank", "protein", "protein blank", "marker", "soluble", "vesicles", "input", "bovine",
)  # fmt: skip
CLASSES = ("transmembrane", "cytosolic", "contaminant")


def purity_of(values: pd.DataFrame) -> Result:
    """Particles per microgram protein, marker classes, mass balance and residual bovine protein of each preparation.

    Parameters
    ----------
    values
        Layout `purity`.

    Returns
    -------
    Result `qualify.purity` with tables `ratio`, `markers`, `balance` and `bovine`; ratios are a label, never a gate.

    Raises
    ------
    InvalidInput
        If a quantity or marker class is unknown, a quantity stands twice, or a value is negative.

    Notes
    -----
    Blanks are subtracted with their errors. The interval of the ratio is that of its logarithm, with relative errors
    of both added in squares (delta method).

    Examples
    --------
    >>> rows = [("EV1", "particles", 2e10, 1e9), ("EV1", "protein", 40.0, 2.0)]
    >>> found = purity_of(pd.DataFrame(rows, columns=["sample", "quantity", "value", "standard_error"]))
    >>> f"{found.tables['ratio']['particles_per_ug'].iloc[0]:.3g}"
    '5e+08'
    """
    frame = values.copy()
    for name, empty in (("standard_error", np.nan), ("name", ""), ("marker_class", ""), ("instrument", "")):
        if name not in frame:
            frame[name] = empty
    _check(frame)
    samples = list(dict.fromkeys(frame["sample"]))
    tables = {
        "ratio": pd.DataFrame([_ratio(s, frame[frame["sample"] == s]) for s in samples]),
        "markers": pd.DataFrame([_markers(s, frame[frame["sample"] == s]) for s in samples]),
        "balance": _balances(frame),
        "bovine": _bovine(frame),
    }
    return _result({name: table for name, table in tables.items() if len(table)}, frame)


def _check(frame: pd.DataFrame) -> None:
    problems = []
    lines = frame["line"] if "line" in frame else pd.Series([None] * len(frame), index=frame.index)
    for i, row in frame.iterrows():
        if row["quantity"] not in QUANTITIES:
            hint = near_misses(str(row["quantity"]), QUANTITIES)
            problems.append(
                Problem(
                    "values",
                    f"quantity {row['quantity']!r}",
                    "a known quantity",
                    f"Mend it{hint}",
                    lines[i],
                    "quantity",
                )
            )
        if row["quantity"] == "marker" and row["marker_class"] not in CLASSES:
            problems.append(
                Problem(
                    "values",
                    f"marker class {row['marker_class']!r}",
                    ", ".join(CLASSES),
                    "Mend it.",
                    lines[i],
                    "marker_class",
                )
            )
        if row["value"] < 0 or row["standard_error"] < 0:
            problems.append(
                Problem("values", "a negative value or error", "zero or more", "Mend it.", lines[i], "value")
            )
    for key, count in frame.groupby(["sample", "quantity", "name"]).size().items():
        if count > 1:
            problems.append(
                Problem(
                    "values",
                    f"{' '.join(key).strip()} stands {count} times",
                    "one row",
                    "Average the replicates and give their standard error.",
                )
            )
    if problems:
        raise InvalidInput(problems)


def _ratio(sample: str, mine: pd.DataFrame) -> dict[str, object]:
    particles, particle_error, why = _net(mine, "particles", "particle blank")
    protein, protein_error, why_protein = _net(mine, "protein", "protein blank")
    row: dict[str, object] = {"sample": sample, "particles_per_ml": particles, "protein_ug_ml": protein}
    reason = "; ".join(w for w in (why, why_protein) if w)
    if reason:
        return {**row, "particles_per_ug": np.nan, "lower": np.nan, "upper": np.nan, "reason": reason}
    found = ratio(particles, particle_error, protein, protein_error)
    # beyond, the delta method says nothing; false without an error
    known = found.standard_error <= found.value
    why = "a standard error is missing"
    if found.standard_error > found.value:
        why = "the errors are as large as the values"
    return {
        **row, "particles_per_ug": found.value, "lower": found.lower if known else np.nan,
        "upper": found.upper if known else np.nan, "reason": "" if known else f"no interval: {why}",
    }  # fmt: skip


def _net(mine: pd.DataFrame, name: str, blank: str) -> tuple[float, float, str]:
    rows = mine[mine["quantity"] == name]
    if rows.empty:
        return np.nan, np.nan, f"{name} not measured"
    value, error = float(rows["value"].iloc[0]), float(rows["standard_error"].iloc[0])
    blanks = mine[mine["quantity"] == blank]
    if len(blanks):
        clean = net(value, error, float(blanks["value"].iloc[0]), float(blanks["standard_error"].iloc[0]))
        value, error = clean.value, clean.standard_error
    return value, error, "" if value > 0 else f"{name} are not above their blank"


def _markers(sample: str, mine: pd.DataFrame) -> dict[str, object]:
    """The checklist summarised from MISEV2018: classes shown, and whether each was looked for."""
    seen = mine[mine["quantity"] == "marker"]
    row: dict[str, object] = {"sample": sample}
    for kind in CLASSES:
        own = seen[seen["marker_class"] == kind]
        hits = [str(name) for name, value in zip(own["name"], own["value"], strict=True) if value > 0]
        row |= {
            f"{kind}_tested": len(own),
            f"{kind}_found": ", ".join(hits) or ("none" if len(own) else "not tested"),
        }
    positives = seen[(seen["marker_class"] != "contaminant") & (seen["value"] > 0)]
    enough = len(positives) >= 3 and row["transmembrane_found"] not in {"none", "not tested"}
    enough = enough and row["cytosolic_found"] not in {"none", "not tested"}
    row["markers_found"] = len(positives)
    row["misev2018_checklist"] = "complete" if enough and row["contaminant_tested"] else "incomplete"
    return row


def _balances(frame: pd.DataFrame) -> pd.DataFrame:
    """Soluble and vesicle share of each factor, and how much of the input both explain."""
    parts = frame[frame["quantity"].isin(["soluble", "vesicles", "input"])]
    rows = []
    for (sample, name), mine in parts.groupby(["sample", "name"], sort=False):
        amount = mine.set_index("quantity")["value"]
        error = mine.set_index("quantity")["standard_error"]
        row = {
            "sample": sample,
            "factor": name,
            **{k: float(amount.get(k, np.nan)) for k in ("soluble", "vesicles", "input")},
        }
        found = row["soluble"] + row["vesicles"]
        row["vesicle_share"] = row["vesicles"] / found if found > 0 else np.nan
        row["recovered"] = found / row["input"] if row["input"] > 0 else np.nan
        relative = np.hypot(np.hypot(error.get("soluble", np.nan), error.get("vesicles", np.nan)) / found if found > 0 else np.nan,
                            error.get("input", np.nan) / row["input"] if row["input"] > 0 else np.nan)  # fmt: skip
        row["recovered_error"] = float(row["recovered"] * relative)
        rows.append(row)
    return pd.DataFrame(rows)


def _bovine(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["quantity"] == "bovine"]
    return pd.DataFrame(
        {"sample": rows["sample"], "bovine_percent": rows["value"], "standard_error": rows["standard_error"]}
    ).reset_index(drop=True)


def _result(tables: dict[str, pd.DataFrame], frame: pd.DataFrame) -> Result:
    ratios = tables["ratio"]
    summary = pd.DataFrame(
        {
            "samples": [len(ratios)],
            "with_ratio": [int(ratios["particles_per_ug"].notna().sum())],
            "median_ratio": [
                float(np.median(ratios["particles_per_ug"].dropna()))
                if ratios["particles_per_ug"].notna().any()
                else np.nan
            ],
            "complete": [int((tables["markers"]["misev2018_checklist"] == "complete").sum())],
        }
    )
    notes = ["What is counted are particles, not vesicles: counts of two instruments or laboratories are not comparable without a bridging standard.",
             "Particles per microgram is a label of co-isolated protein, never a gate; published thresholds were not verified."]  # fmt: skip
    lacks = [f"{row.sample}: {row.reason}" for row in ratios.itertuples() if row.reason]
    counted = frame[frame["quantity"] == "particles"]
    if (counted["instrument"] == "").any():
        lacks.append("The instrument and settings of a particle count are not reported.")
    if len(set(counted["instrument"]) - {""}) > 1:
        notes.append(
            "Particles were counted on more than one instrument: the samples are not comparable with each other."
        )
    template = "{with_ratio} of {samples} preparations have particles per microgram protein (median {median_ratio}); {complete} have the marker classes of MISEV2018."
    if summary["with_ratio"].iloc[0] == 0:
        template = "No preparation has both particles and protein; {complete} of {samples} have the marker classes of MISEV2018."
    names = [name for name in summary if "{" + name + "}" in template]
    return Result(
        "qualify",
        "purity",
        "How pure are the vesicle preparations?",
        Answer(template, {name: Cell("summary", name) for name in names}),
        tables={"summary": summary, **tables},
        parameters={
            "interval": "95 %, relative errors of particles and protein added in squares",
            "marker_rule": "MISEV2018: three markers, one transmembrane, one cytosolic, one contaminant looked for",
        },
        notes=tuple(notes),
        lacks=tuple(lacks),
        methods=(Method("Marker classes follow MISEV2018.", ("10.1080/20013078.2018.1535750",)),),
    )
