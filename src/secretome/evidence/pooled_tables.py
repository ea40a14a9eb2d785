"""Tables of a pool: the pooled effects, the forest, and arms without an event."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from secretome.stats import meta


def upper_limit_of_zero(n: int, *, confidence: float = 0.95) -> float:
    """Exact one-sided upper limit of a risk of which no event was seen among n.

    Examples
    --------
    >>> round(upper_limit_of_zero(30), 4)
    0.095
    """
    return float(1 - (1 - confidence) ** (1 / n))


def summary(
    product: str,
    species: str,
    kept: pd.DataFrame,
    numbers: Mapping[str, np.ndarray],
    fit: meta.Pooled | meta.Nested | None,
    model: str,
    log: bool,
) -> dict[str, object]:
    """The row of one pooled effect."""
    sizes = [values for name, values in numbers.items() if name.startswith("n_") or name == "n"]
    names = (
        "estimate",
        "standard_error",
        "lower",
        "upper",
        "predict_lower",
        "predict_upper",
        "tau2",
        "i2",
        "q",
        "p_value",
    )
    found = {name: float(getattr(fit, name, math.nan)) if fit is not None else math.nan for name in names}
    ratio = {"": "estimate", "_lower": "lower", "_upper": "upper"}
    return {
        "product": product,
        "species": species,
        "studies": int(kept["study"].nunique()),
        "effects": len(kept),
        "participants": float(np.sum(sizes)) if sizes else math.nan,
        **found,
        "model": model,
        "status": "not pooled" if fit is None else str(fit.status),
        **{f"ratio{end}": math.exp(found[name]) if log else math.nan for end, name in ratio.items()},
    }


def forest(
    kept: pd.DataFrame,
    estimate: np.ndarray,
    variance: np.ndarray,
    corrected: np.ndarray,
    fit: meta.Pooled | meta.Nested | None,
) -> pd.DataFrame:
    """The rows of a forest, each with the proposal and the person behind it."""
    reach = 1.959964 * np.sqrt(variance)
    tau2 = float(getattr(fit, "tau2", 0.0)) if isinstance(fit, meta.Pooled) else math.nan
    weight = 1 / (variance + tau2)
    table = kept[["product", "species", "study", "citation", "work"]].copy()
    table["estimate"], table["lower"], table["upper"] = estimate, estimate - reach, estimate + reach
    # In a nested model a single effect has no weight of its own.
    table["weight_percent"] = 100 * weight / weight.sum()
    table["corrected"] = corrected
    table["proposal"], table["person"] = kept["proposal"], kept["person"]
    return table


def zero_events(rows: pd.DataFrame) -> pd.DataFrame:
    """Arms without an event and the exact limit of their risk."""
    found = []
    for side in ("_treated", "_control", ""):
        events, size = f"events{side}", f"n{side}"
        if events not in rows or size not in rows:
            continue
        for row in rows[rows[events] == 0].to_dict("records"):
            n = int(row[size])
            found.append((row["citation"], side.strip("_") or "one arm", n, upper_limit_of_zero(n)))
    return pd.DataFrame(found, columns=["citation", "arm", "n", "upper_limit_95_one_sided"])
