"""Forms side by side: cells, CM, EV and freeze-dried product of the same donor."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.results import Answer, Cell, Result

NOT_SHOWN = "not shown"
STEPS = ("harvest", "clarify", "concentrate", "freeze", "dry")
ITEMS = ("yield", *STEPS, "doses", "storage", "in use", "freeze-thaws", "shelf life")


def side_by_side(values: pd.DataFrame) -> Result:
    """Yield, recovery of each step, doses, storage and shelf life of each form, with what was not measured.

    Parameters
    ----------
    values
        Layout `forms`.

    Returns
    -------
    Result `qualify.forms` with tables `forms` (a row an item, measure and donor; a column a form) and `recovery`
    (each step). A cell that nobody measured says "not shown".

    Raises
    ------
    InvalidInput
        If an item is unknown, a cell stands twice, or a recovery has no positive amount before it.

    Examples
    --------
    >>> frame = pd.DataFrame({"form": ["CM", "EV"], "donor": "D1", "item": ["yield", "doses"], "value": [812, 3.0],
    ...     "measure": ["VEGFA", ""], "unit": ["pg per 10^6 cells", "per batch"]})
    >>> side_by_side(frame).tables["forms"]["EV"].tolist()
    ['not shown', '3']
    """
    frame = values.copy()
    for name, empty in (("measure", ""), ("lower", np.nan), ("upper", np.nan), ("before", np.nan)):
        if name not in frame:
            frame[name] = empty
    _check(frame)
    forms = list(dict.fromkeys(frame["form"]))
    keys = frame[["item", "measure", "unit", "donor"]].drop_duplicates()
    order = {item: i for i, item in enumerate(ITEMS)}
    keys = (
        keys.assign(_order=keys["item"].map(order))
        .sort_values(["_order", "measure", "donor"])
        .drop(columns="_order")
    )
    rows = []
    for _, key in keys.iterrows():
        mine = frame[(frame[list(key.index)] == key).all(axis=1)]
        rows.append({**key.to_dict(), **{form: _cell(mine[mine["form"] == form]) for form in forms}})
    table = pd.DataFrame(rows)
    recovery = _recovery(frame)
    shown = int((table[forms] != NOT_SHOWN).to_numpy().sum())
    summary = pd.DataFrame(
        {
            "forms": [len(forms)],
            "donors": [frame["donor"].nunique()],
            "cells": [table[forms].size],
            "shown": [shown],
        }
    )
    donors = frame.groupby("donor")["form"].nunique()
    notes = []
    if (donors < len(forms)).any():
        notes.append(
            "Not every donor has every form: differences between forms and between donors are mixed."
        )
    tables = {"summary": summary, "forms": table, **({"recovery": recovery} if len(recovery) else {})}
    return Result(
        "qualify",
        "forms",
        "What do cells, medium, vesicles and dried product of the same donor offer?",
        Answer("{forms} forms of {donors} donors: {shown} of {cells} cells were measured, the others say not shown.",
               {name: Cell("summary", name) for name in ("forms", "donors", "shown", "cells")}),
        tables=tables,
        parameters={"items": list(ITEMS)},
        notes=tuple(notes),
    )  # fmt: skip


def _check(frame: pd.DataFrame) -> None:
    problems = []
    lines = frame["line"] if "line" in frame else pd.Series([None] * len(frame), index=frame.index)
    for i, row in frame.iterrows():
        if row["item"] not in ITEMS:
            problems.append(
                Problem(
                    "values",
                    f"item {row['item']!r}",
                    "a known item",
                    f"Mend it{near_misses(str(row['item']), ITEMS)}",
                    lines[i],
                    "item",
                )
            )
        if np.isfinite(row["before"]) and row["before"] <= 0:
            problems.append(
                Problem(
                    "values",
                    "an amount before the step that is not positive",
                    "above zero",
                    "Mend it.",
                    lines[i],
                    "before",
                )
            )
    doubled = frame.groupby(["form", "donor", "item", "measure", "unit"]).size()
    for key, count in doubled[doubled > 1].items():
        problems.append(
            Problem(
                "values",
                f"{', '.join(str(part) for part in key if part)} stands {count} times",
                "one row",
                "Average, or rename the measure.",
            )
        )
    if problems:
        raise InvalidInput(problems)


def _cell(rows: pd.DataFrame) -> str:
    from secretome.results import show

    if rows.empty:
        return NOT_SHOWN
    row = rows.iloc[0]
    number = row["value"]
    text = f"{number:g}" if float(number).is_integer() and abs(number) < 1e6 else show(float(number))
    if np.isfinite(row["lower"]) and np.isfinite(row["upper"]):
        text += f" ({show(float(row['lower']))} to {show(float(row['upper']))})"
    return text


def _recovery(frame: pd.DataFrame) -> pd.DataFrame:
    steps = frame[frame["item"].isin(STEPS) & frame["before"].notna()]
    return pd.DataFrame(
        {
            "form": steps["form"], "donor": steps["donor"], "step": steps["item"], "measure": steps["measure"],
            "before": steps["before"], "after": steps["value"], "recovered_percent": 100 * steps["value"] / steps["before"],
        }
    ).reset_index(drop=True)  # fmt: skip
