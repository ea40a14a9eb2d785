"""How much of the planted truth a run of the program found."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from secretome.results import Answer, Cell, Method, Result, Verdict

from .assays import CONCENTRATIONS, PARTICLE_INTERVALS, assay_rows

FDR = 0.05
SHARE_POINTS = 2.0  # a share further off than this counts as missed

DIFFERENCES = "Proteins that differ: all contrasts"
INTERVALS = "95 % intervals that hold the true log2 ratio"
CONTAMINANTS = "Contaminants masked"
KEPT = "Secreted proteins kept"
FLASKS = "Bad flasks flagged"
ORIGINS = "Origins called right"
LEAKS = "Leak of a flask as planted"
LEAK_POINTS = 3.0

_CONTRAST_COLUMNS = (
    "contrast",
    "planted",
    "testable",
    "found",
    "wrong_sign",
    "false",
    "sensitivity_percent",
    "false_discovery_percent",
    "intervals",
    "coverage_percent",
)


def recovery(results: Mapping[str, Result], truth: Mapping[str, pd.DataFrame]) -> Result:
    """What of the planted truth was found, missed and invented.

    Parameters
    ----------
    results
        Results of a run by `"stage.name"`; those that are absent are named in `lacks`.
    truth
        `Laboratory.truth`, or the tables of its folder `truth`.

    Returns
    -------
    Result
        `simulate.recovery` with tables `recovery` (question, planted, recovered, false, note),
        `contrasts` (per contrast: planted true differences, those with a test, found with the right
        sign at 5 % FDR, wrong sign, false, coverage of the 95 % intervals) and `shares`
        (largest difference to the truth in percentage points).

    Notes
    -----
    False discoveries are counted among what cells made; a difference in serum or skin is not judged.
    """
    lacks: list[str] = []
    tables: dict[str, pd.DataFrame] = {}
    rows: list[dict[str, object]] = []
    effects = _table(results, "vary.contrasts", "effects", lacks)
    if effects is not None:
        tables["contrasts"] = _contrasts(effects, truth["effects"])
        rows += _contrast_rows(tables["contrasts"])
    contaminants = _table(results, "define.contaminants", "proteins", lacks)
    if contaminants is not None:
        detection = _table(results, "define.detection", "proteins", lacks)
        rows += _contaminant_rows(contaminants, detection, truth["proteins"])
    quality = _table(results, "define.quality", "samples", lacks)
    if quality is not None:
        rows.append(_flask_row(quality, truth["samples"]))
        tables["shares"] = _shares(quality, truth["samples"])
        rows += _share_rows(tables["shares"])
    rows += assay_rows(results, truth)
    if "routes" in truth and "define.origin" in results:
        rows.append(_origin_row(results["define.origin"].tables["proteins"], truth["routes"]))
    if "define.leakage" in results and "samples" in results["define.leakage"].tables:
        rows.append(_leak_row(results["define.leakage"].tables["samples"], truth["samples"]))
    columns = ["question", "planted", "recovered", "false", "note"]
    tables = {"recovery": pd.DataFrame(rows, columns=columns), **tables}
    return Result(
        stage="simulate",
        name="recovery",
        question="How much of the planted truth was found?",
        answer=_answer(tables),
        verdict=_verdict(tables["recovery"]),
        tables=tables,
        parameters={"fdr": FDR, "share_points": SHARE_POINTS},
        notes=("All data are simulated: the truth is known because it was planted.",),
        lacks=tuple(lacks),
        methods=(
            Method(
                "The data were simulated with known effects; found means a false discovery rate of at most "
                "5 % and the right sign."
            ),
        ),
    )


def _table(results: Mapping[str, Result], key: str, name: str, lacks: list[str]) -> pd.DataFrame | None:
    result = results.get(key)
    if result is None or name not in result.tables:
        lacks.append(f"No table {name} of {key}: nothing to compare with the truth.")
        return None
    return result.tables[name]


def _contrasts(effects: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    both = effects.merge(truth, on=["contrast", "protein"], suffixes=("", "_true"))
    both = both[both["judged"].astype(bool)]
    rows = []
    for contrast, planted in truth[truth["judged"].astype(bool)].groupby("contrast", sort=False):
        tested = both[(both["contrast"] == contrast) & both["p_value"].notna()]
        real = tested["log2_ratio_true"] != 0
        hit = tested["fdr"] <= FDR
        right = tested["log2_ratio"] * tested["log2_ratio_true"] > 0
        inside = tested["log2_ratio_true"].between(tested["lower"], tested["upper"])
        found, wrong, false = (int(flags.sum()) for flags in (hit & right, hit & real & ~right, hit & ~real))
        rows.append(
            (
                contrast,
                int((planted["log2_ratio"] != 0).sum()),
                int(real.sum()),
                found,
                wrong,
                false,
                _percent(found, int(real.sum())),
                _percent(false, int(hit.sum())),
                len(tested),
                _percent(int(inside.sum()), len(tested)),
            )
        )
    return pd.DataFrame(rows, columns=list(_CONTRAST_COLUMNS))


def _contrast_rows(contrasts: pd.DataFrame) -> list[dict[str, object]]:
    note = "planted = true differences that the data allowed to test; false includes the wrong sign"
    false = contrasts["wrong_sign"] + contrasts["false"]
    rows = [_row(DIFFERENCES, contrasts["testable"].sum(), contrasts["found"].sum(), false.sum(), note)]
    rows += [
        _row(
            f"Proteins that differ: {row.contrast}", row.testable, row.found, row.wrong_sign + row.false, note
        )
        for row in contrasts.itertuples()
    ]
    covered = (contrasts["intervals"] * contrasts["coverage_percent"] / 100).round().fillna(0)
    total = contrasts["intervals"].sum()
    note = "over all contrasts and tested proteins"
    rows.append(_row(INTERVALS, total, covered.sum(), total - covered.sum(), note))
    return rows


def _contaminant_rows(
    found: pd.DataFrame, detection: pd.DataFrame | None, truth: pd.DataFrame
) -> list[dict[str, object]]:
    """Of the proteins seen: contaminants masked, and what the cells made that was masked too."""
    # the table of contaminants lists only what was flagged; what was seen stands in the detection
    seen = set(found["protein"]) | (set(detection["protein"]) if detection is not None else set())
    masked = truth["protein"].isin(found.loc[found["masked"].astype(bool), "protein"])
    known = truth[truth["protein"].isin(seen)].assign(masked=masked)
    planted = known["contaminant"].astype(bool)
    made = known["origin"].isin(["secreted", "unconventional", "shed"])
    return [
        _row(
            CONTAMINANTS,
            planted.sum(),
            (planted & known["masked"]).sum(),
            (known["masked"] & known["origin"].isin(["cell", "vesicle"])).sum(),
            "keratin, skin, serum, enzyme; false = proteins of the cells",
        ),
        _row(
            KEPT,
            made.sum(),
            (made & ~known["masked"]).sum(),
            (made & known["masked"]).sum(),
            "false = real factors deleted, which must be none",
        ),
    ]


def _flask_row(quality: pd.DataFrame, truth: pd.DataFrame) -> dict[str, object]:
    both = quality.merge(truth, on="sample", suffixes=("", "_true"))
    bad = both["accident"].fillna("").ne("")
    flagged = both["verdict"].isin(["warn", "fail"])
    return _row(
        FLASKS,
        int(bad.sum()),
        int((bad & flagged).sum()),
        int((~bad & flagged).sum()),
        "keratin, failed and over-loaded injections; false = good flasks flagged",
    )


def _origin_row(found: pd.DataFrame, truth: pd.DataFrame) -> dict[str, object]:
    """Of what is no contaminant: the most likely origin against the way by which most of the protein came."""
    truth = truth.assign(group=truth["tissue"] + " · " + truth["condition"])
    both = found.merge(truth[["group", "protein", "route"]], on=["group", "protein"])
    both = both[both["route"] != "contaminant"]
    called = both[both["most_likely"] != "unresolved"]
    right = int((called["most_likely"] == called["route"]).sum())
    note = "protein and group; false = called another origin, the rest is unresolved"
    return _row(ORIGINS, len(both), right, len(called) - right, note)


def _leak_row(found: pd.DataFrame, truth: pd.DataFrame) -> dict[str, object]:
    both = found.merge(truth, on="sample", suffixes=("", "_true")).dropna(subset=["leak_percent"])
    close = int(((both["leak_percent"] - both["leak_percent_true"]).abs() <= LEAK_POINTS).sum())
    note = "recovered = flasks within three percentage points of the truth"
    return _row(LEAKS, len(both), close, len(both) - close, note)


def _shares(quality: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    both = quality.merge(truth, on="sample", suffixes=("", "_true"))
    rows = []
    for name in ("bovine_percent", "keratin_percent"):
        apart = (both[name] - both[f"{name}_true"]).abs()
        rows.append((name, len(both), int((apart <= SHARE_POINTS).sum()), apart.median(), apart.max()))
    return pd.DataFrame(
        rows, columns=["quantity", "samples", "close", "median_difference_points", "max_difference_points"]
    )


def _share_rows(shares: pd.DataFrame) -> list[dict[str, object]]:
    return [
        _row(
            f"Share as planted: {row.quantity}",
            row.samples,
            row.close,
            row.samples - row.close,
            "recovered = flasks within two percentage points of the truth",
        )
        for row in shares.itertuples()
    ]


def _row(question: str, planted: float, recovered: float, false: float, note: str) -> dict[str, object]:
    counts = {"planted": int(planted), "recovered": int(recovered), "false": int(false)}
    return {"question": question, **counts, "note": note}


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else float("nan")


def _answer(tables: Mapping[str, pd.DataFrame]) -> Answer:
    """One clause for each question that was asked, its numbers quoted from the table."""
    clauses = {
        DIFFERENCES: "{recovered} of {planted} true differences that could be tested were found, "
        "with {false} false",
        INTERVALS: "{recovered} of {planted} 95 % intervals hold the true ratio",
        CONTAMINANTS: "{recovered} of {planted} contaminants were masked",
        KEPT: "{recovered} of {planted} secreted proteins were kept",
        FLASKS: "{recovered} of {planted} bad flasks were flagged, and {false} good ones",
        CONCENTRATIONS: "{recovered} of {planted} concentrations in range lie within 30 % of the truth",
        PARTICLE_INTERVALS: "{recovered} of {planted} 95 % intervals hold the true particle count",
        ORIGINS: "{recovered} of {planted} times a protein's origin was called right, {false} times wrong",
        LEAKS: "the leak of {recovered} of {planted} flasks was met within three points",
    }
    asked = set(tables["recovery"]["question"])
    sentences, cells = [], {}
    for number, (question, clause) in enumerate(clauses.items()):
        if question in asked:
            for column in ("planted", "recovered", "false"):
                clause = clause.replace(f"{{{column}}}", f"{{{column}_{number}}}")
                cells[f"{column}_{number}"] = Cell("recovery", column, {"question": question})
            sentences.append(clause)
    text = "Of what was planted: " + "; ".join(sentences) + "." if sentences else "Nothing could be compared."
    return Answer(text, cells)


def _verdict(recovered: pd.DataFrame) -> Verdict:
    if recovered.empty:
        return "cannot be judged"
    rows = recovered.set_index("question")
    deleted = rows["false"].get(KEPT, 0)
    missed = rows["planted"].get(FLASKS, 0) - rows["recovered"].get(FLASKS, 0)
    return "warn" if deleted or missed else "pass"
