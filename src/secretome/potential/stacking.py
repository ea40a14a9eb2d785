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
    return pd.concat(filled, ignore_index=True).reindex(columns=list(columns))
