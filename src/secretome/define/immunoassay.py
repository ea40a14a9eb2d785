"""Immunoassays of the media: curves, working ranges, values with their states, and every check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.results import Answer, Cell, Method, Result, Verdict
from secretome.study import Assay, State, Study

from ._knowledge import sources
from .analytes import unnamed
from .calibration import DUPLICATE_CV, FEWEST_BEADS, Plates, plates
from .levels import STATE_WORDS, group_table, values_of
from .panel_checks import checks, parallel


@dataclass(frozen=True)
class Panel:
    """One immunoassay, judged.

    Parameters
    ----------
    assay
        As read.
    plates
        Curves and wells; None when the maker's program computed the values.
    values
        A row a sample and analyte.
    checked
        A row a check.
    parallel
        Analyte to yes or no; an absent one was not shown.
    """

    assay: Assay
    plates: Plates | None
    values: pd.DataFrame
    checked: pd.DataFrame
    parallel: dict[str, str]


def judge(assay: Assay, study: Study) -> Panel:
    """Curves, values and checks of one panel.

    Parameters
    ----------
    assay
        Of kind panel, as `read` made it.
    study
        For the media without cells among its samples.
    """
    table = assay.tidy
    material = study.samples["material"] if "material" in study.samples else pd.Series(dtype=object)
    blanks = frozenset(map(str, material.index[material == "medium_blank"]))
    found = plates(table) if table["signal"].notna().any() else None
    checked = checks(found, blanks) if found is not None else pd.DataFrame()
    return Panel(
        assay, found, values_of(assay, found), checked, parallel(checked) if found is not None else {}
    )


def result(panels: list[Panel], study: Study, grouped_by: list[str]) -> Result:
    """The result `define.immunoassay`."""
    values = pd.concat([one.values for one in panels], ignore_index=True)
    calibrated = [one for one in panels if one.plates is not None]
    tables = {"summary": _summary(panels)}
    for name in ("curves", "standards"):
        parts = [getattr(one.plates, name).assign(assay=one.assay.name) for one in calibrated]
        if parts:
            tables[name] = pd.concat(parts, ignore_index=True)
    checked = [one.checked.assign(assay=one.assay.name) for one in calibrated if len(one.checked)]
    if checked:
        tables["checks"] = pd.concat(checked, ignore_index=True)
    if calibrated:
        tables["wells"] = pd.concat([_wells(one) for one in calibrated], ignore_index=True)
    words = values.assign(state=values["state"].map(STATE_WORDS))
    tables["values"] = words.drop(columns=["calibrated_here", "concentrated"])
    tables["groups"] = group_table(values, study, grouped_by)
    return Result(
        stage="define",
        name="immunoassay",
        question="How much of each factor did the immunoassays measure, and how well?",
        answer=_answer(panels, tables["summary"]),
        verdict=_verdict(calibrated),
        tables=tables,
        parameters=_parameters(grouped_by),
        sources=sources("annotation", "factor_names"),
        notes=_notes(panels, tables),
        lacks=_lacks(panels),
        methods=_methods(),
    )


def _parameters(grouped_by: list[str]) -> dict[str, object]:
    return {
        "curve": "4PL or 5PL by AICc, weights 1 / fitted signal squared",
        "working_range": "ICH M10: ends within 25 %, three quarters of the levels within 20 %",
        "mid_range": "signals between the bend points of the curve (Sebaugh and McCray 2003)",
        "fewest_beads": FEWEST_BEADS,
        "duplicate_cv_percent": DUPLICATE_CV,
        "below_limits": "left-censored likelihood; no number is put in",
        "grouped_by": grouped_by,
    }


def _summary(panels: list[Panel]) -> pd.DataFrame:
    rows = []
    for one in panels:
        curves = one.plates.curves if one.plates is not None else None
        mid = 0 if curves is None else int(curves["mid_range"].sum())

        def share(name: str, curves: pd.DataFrame | None = curves, mid: int = mid) -> float:
            return np.nan if curves is None or not mid else 100 * float(curves[name].sum()) / mid

        rows.append(
            {
                "assay": one.assay.name,
                "format": str(one.assay.tidy["format"].iloc[0]),
                "analytes": int(one.values["analyte"].nunique()),
                "samples": int(one.values["sample"].nunique()),
                "units": ", ".join(dict.fromkeys(one.values["unit"])),
                "curves": 0 if curves is None else len(curves),
                "usable_curves": 0 if curves is None else int(curves["usable"].sum()),
                "mid_range_standards": mid,
                "within_70_130_percent": share("mid_within_70_130"),
                "within_80_120_percent": share("mid_within_80_120"),
                "values_in_range": int((one.values["state"] == State.VALUE).sum()),
                "values": len(one.values),
            }
        )
    return pd.DataFrame(rows)


def _answer(panels: list[Panel], summary: pd.DataFrame) -> Answer:
    sentences: list[str] = []
    cells: dict[str, Cell] = {}
    for i, one in enumerate(panels):
        names = ["values_in_range", "values", "samples", "analytes"]
        text = f"{one.assay.name}: {{values_in_range{i}}} of {{values{i}}} values ({{samples{i}}} samples, {{analytes{i}}} analytes) are in range"
        if one.plates is not None:
            names += ["usable_curves", "curves", "mid_range_standards"]
            text += f"; {{usable_curves{i}}} of {{curves{i}}} standard curves can be used"
            if summary["mid_range_standards"].iloc[i]:
                names += ["within_70_130_percent", "within_80_120_percent"]
                text += (
                    f"; of {{mid_range_standards{i}}} mid-range standards {{within_70_130_percent{i}}} % are read back "
                    f"within 70-130 % and {{within_80_120_percent{i}}} % within 80-120 %"
                )
            else:
                names.remove("mid_range_standards")
        sentences.append(text + ".")
        cells |= {f"{name}{i}": Cell("summary", name, {"assay": one.assay.name}) for name in names}
    return Answer(" ".join(sentences), cells)


def _verdict(calibrated: list[Panel]) -> Verdict | None:
    if not calibrated:
        return None
    usable = [bool(flag) for one in calibrated if one.plates for flag in one.plates.curves["usable"]]
    if not any(usable):
        return "fail"
    failed = any(len(one.checked) and not one.checked["passed"].all() for one in calibrated)
    return "pass" if all(usable) and not failed else "warn"


def _wells(one: Panel) -> pd.DataFrame:
    if one.plates is None:
        return pd.DataFrame()
    columns = ["plate", "well", "sample", "kind", "analyte", "dilution", "expected", "signal", "signal_unit", "count",
               "concentration", "unit", "state", "note"]  # fmt: skip
    frame = one.plates.wells[columns].assign(assay=one.assay.name)
    return frame.assign(state=frame["state"].map(STATE_WORDS))


def _notes(panels: list[Panel], tables: dict[str, pd.DataFrame]) -> tuple[str, ...]:
    told: list[str] = []
    for one in panels:
        name = one.assay.name
        units = set(one.values["unit"])
        if units & {"NPX", "RFU", "intensity"}:
            told.append(
                f"{name}: {', '.join(sorted(units))} are relative; they give no amount and no comparison between analytes."
            )
        told += _curve_notes(one)
        flagged = one.values[one.values["note"].astype(str) != ""]
        if len(flagged):
            told.append(
                f"{name}: {len(flagged)} values carry a doubt; see the column note of the table values."
            )
    if len(tables["groups"]):
        told.append("Intervals of groups count donors; limits enter as limits (left-censored likelihood).")
    return tuple(told)


def _curve_notes(one: Panel) -> list[str]:
    """Bad plates in words: each kind of doubt once, with what it concerns."""
    if one.plates is None:
        return []
    name, told = one.assay.name, []
    for status, mine in one.plates.curves[one.plates.curves["status"] != ""].groupby("status", sort=False):
        told.append(f"{name}, {_few(mine['analyte'])}: {status}.")
    wells = one.plates.wells[one.plates.wells["note"] != ""]
    for note, mine in wells.groupby(wells["note"].str.replace(r"only \d+ beads", f"fewer than {FEWEST_BEADS} beads", regex=True), sort=False):  # fmt: skip
        told.append(f"{name}: {note} ({len(mine)} wells: {_few(mine['analyte'] + ' ' + mine['well'])}).")
    if one.plates.wells.loc[one.plates.wells["kind"] == "sample", "dilution"].isna().any():
        told.append(f"{name}: no dilution is given for some wells; they were taken as undiluted.")
    failed = one.checked[~one.checked["passed"].astype(bool)] if len(one.checked) else one.checked
    for check, mine in failed.groupby("check", sort=False) if len(failed) else ():
        told.append(f"{name}: {check} fails in {len(mine)} of its checks ({_few(mine['analyte'])}).")
    return told


def _few(names: pd.Series) -> str:
    listed = list(dict.fromkeys(map(str, names)))
    return ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")


def _lacks(panels: list[Panel]) -> tuple[str, ...]:
    told = []
    for one in panels:
        name, values = one.assay.name, one.values
        missing = unnamed(values.loc[values["gene"].fillna("") == "", "analyte"])
        if missing:
            told.append(
                f"{name}: no gene is known for {_few(pd.Series(missing))}; a column gene or UniProt would tell."
            )
        if one.plates is None:
            continue
        if not len(one.checked) or not (one.checked["check"] == "dilution linearity").any():
            told.append(
                f"{name}: parallelism was not shown; two dilutions of each sample in range would show it."
            )
        if not len(one.checked) or not (one.checked["check"] == "spike recovery").any():
            told.append(f"{name}: recovery in this medium was not shown; a spiked sample would show it.")
        if (values["form"] == "").any():
            told.append(
                f"{name}: the form that the antibodies see is not declared (form = total, free, active, latent, acid-activated)."
            )
    return tuple(told)


def _methods() -> tuple[Method, ...]:
    return (
        Method(
            "Standard curves of four or five parameters (the smaller AICc) were fitted for each analyte and plate with "
            "weights inverse to the square of the fitted signal; the working range follows ICH M10, the bend points of "
            "the mid-range Sebaugh and McCray.",
            ("10.1002/pst.62",),
        ),
        Method(
            "Means of groups were estimated by maximum likelihood with values below the limit of detection or "
            "quantification left-censored.",
            ("10.2307/1907382", "10.1002/9781118162729"),
        ),
    )
