"""Tables laid one under another, with all columns even when there is no row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def stacked(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """The rows of all frames with exactly these columns.

    Parameters
    ----------
    frames
        Any of them may lack a column or hold no row.
    columns
        Of the table, in order.

    Examples
    --------
    >>> stacked([pd.DataFrame({"a": [1]}), pd.DataFrame()], ["a", "b"]).columns.tolist()
    ['a', 'b']
    """
    # An empty frame or an empty column carries no values, only types that would disturb those of the others.
    filled = [frame.dropna(axis=1, how="all") for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    table = pd.concat(filled, ignore_index=True).reindex(columns=list(columns))
    return table.assign(**{name: _plain(table[name]) for name in table if table[name].dtype == object})


def _plain(column: pd.Series) -> pd.Series:
    """Numbers as numbers; texts with empty cells instead of gaps, as they come back from a file."""
    numbers = pd.to_numeric(column, errors="coerce")
    whole = numbers.notna().sum() == column.notna().sum()
    return numbers.astype(float) if whole else column.fillna("")
