"""Tables for a border that knows few kinds of cells: made plain on the way out, as they were on the way in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import pandas as pd

from .errors import InvalidDossier

# what a column held, so that it comes back as such; numbers and truth values travel as they are
_KINDS = ("text", "category", "ordered category", "day", "moment", "nullable")


def to_plain(frame: pd.DataFrame, *, where: str) -> tuple[pd.DataFrame, str]:
    """A table that HDF5 containers can hold, and a note that tells what its columns were.

    Texts and missing cells become text columns with a separate list of missing rows, days and
    moments ISO texts; only names that HDF5 would misread (`/`, `_index`) are replaced.

    Parameters
    ----------
    where
        What the table is, for messages.

    Raises
    ------
    InvalidDossier
        If a column holds what has no plain form (lists, mixed kinds).
    """
    plain = pd.DataFrame(index=pd.Index([str(name) for name in frame.index], dtype=object))
    facts: list[dict[str, object]] = []
    for position, name in enumerate(frame.columns):
        column = frame[name].reset_index(drop=True)
        kind, cells, extra = _plain_column(column, f"{where}, column {name!r}")
        key = safe_name(str(name), position, taken=plain.columns)
        missing = [int(row) for row in column.index[column.isna()]] if kind else []
        facts.append({"name": str(name), "key": key, "kind": kind, "missing": missing, **extra})
        plain[key] = cells
    return plain, json.dumps({"columns": facts, "index": frame.index.name}, ensure_ascii=False)


def from_plain(frame: pd.DataFrame, note: str) -> pd.DataFrame:
    """The table that `to_plain` was given.

    Raises
    ------
    InvalidDossier
        If the note does not fit the table.
    """
    try:
        facts = json.loads(note)
        columns = facts["columns"]
        index = pd.Index([str(name) for name in frame.index], dtype=object, name=facts["index"])
        whole = pd.DataFrame(index=index)
        for fact in columns:
            whole[fact["name"]] = _whole_column(frame[fact["key"]], fact, index)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDossier(f"a table and the note on its columns do not fit: {error}") from error
    return whole


def to_text(frame: pd.DataFrame, *, where: str) -> str:
    """A whole table as one text, for a place that holds texts only."""
    plain, note = to_plain(frame, where=where)
    cells = {str(key): plain[key].tolist() for key in plain.columns}
    return json.dumps({"note": note, "rows": list(plain.index), "cells": cells}, ensure_ascii=False)


def from_text(text: str) -> pd.DataFrame:
    """The table that `to_text` was given.

    Raises
    ------
    InvalidDossier
        If the text is no such table.
    """
    try:
        facts = json.loads(text)
        plain = pd.DataFrame(facts["cells"], index=pd.Index(facts["rows"], dtype=object))
        note = facts["note"]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDossier(f"a table cannot be read from its text: {error}") from error
    return from_plain(plain, note)


def safe_name(name: str, position: int, *, taken: Iterable[str] = ()) -> str:
    """A name as it is, or one that HDF5 takes for what it is.

    Examples
    --------
    >>> safe_name("gene", 0), safe_name("ng/mL", 3), safe_name("_index", 4)
    ('gene', 'name 3', 'name 4')
    """
    odd = not name or name in {".", "_index"} or name in set(taken) or not set("/\0").isdisjoint(name)
    return f"name {position}" if odd else name


def _plain_column(column: pd.Series, where: str) -> tuple[str, object, dict[str, object]]:
    """Kind, plain cells, and what else is needed to make the column again."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = [str(level) for level in column.cat.categories]
        if not all(isinstance(level, str) for level in column.cat.categories):
            raise InvalidDossier(f"{where}: categories that are no texts; make them texts")
        kind = "ordered category" if column.cat.ordered else "category"
        return (
            kind,
            column.astype(object).where(column.notna(), "").astype(str).to_numpy(object),
            {"levels": levels},
        )
    if pd.api.types.is_datetime64_any_dtype(column):
        return "moment", [_iso(value) for value in column], {"dtype": str(column.dtype)}
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        if not pd.api.types.is_extension_array_dtype(column.dtype):
            return "", column.to_numpy(), {"dtype": str(column.dtype)}
        filler = column.dtype.numpy_dtype.type(0)
        return (
            "nullable",
            column.to_numpy(column.dtype.numpy_dtype, na_value=filler),
            {"dtype": str(column.dtype)},
        )
    kinds = {type(value) for value in column[column.notna()]}
    if kinds <= {str}:
        return "text", column.where(column.notna(), "").astype(str).to_numpy(object), {}
    if kinds == {date}:
        return "day", [_iso(value) for value in column], {}
    if kinds <= {datetime, pd.Timestamp}:
        return "moment", [_iso(value) for value in column], {"dtype": "object"}
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise InvalidDossier(f"{where} holds {names}, which has no plain form; make it texts or numbers")


def _iso(value: object) -> str:
    return "" if pd.isna(value) else value.isoformat()  # type: ignore[attr-defined]


def _whole_column(cells: pd.Series, fact: Mapping[str, object], index: pd.Index) -> pd.Series:
    kind, missing = fact["kind"], set(fact["missing"])  # type: ignore[call-overload]
    if not kind:
        return pd.Series(cells.to_numpy(), index=index).astype(str(fact["dtype"]))
    if kind not in _KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    values: list[object] = [
        None if row in missing else value for row, value in enumerate(cells.astype(object).tolist())
    ]
    if kind == "text":
        return pd.Series(values, index=index, dtype=object)
    if kind in {"category", "ordered category"}:
        whole = pd.Categorical(values, categories=fact["levels"], ordered=kind == "ordered category")
        return pd.Series(whole, index=index)
    if kind == "nullable":
        return pd.Series(pd.array(values, dtype=str(fact["dtype"])), index=index)
    if kind == "day":
        days = [None if value is None else date.fromisoformat(str(value)) for value in values]
        return pd.Series(days, index=index, dtype=object)
    if fact["dtype"] == "object":
        moments = [None if value is None else datetime.fromisoformat(str(value)) for value in values]
        return pd.Series(moments, index=index, dtype=object)
    stamps = [pd.NaT if value is None else pd.Timestamp(str(value)) for value in values]
    return pd.Series(pd.DatetimeIndex(stamps), index=index).astype(str(fact["dtype"]))
