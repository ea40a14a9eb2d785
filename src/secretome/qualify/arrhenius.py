"""Rates at several temperatures: what would be lost at another one; never a shelf life."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t

from secretome.errors import NotEstimable
from secretome.results import Answer, Cell, Method, Result

GAS_CONSTANT = 8.31446261815324  # J/(mol K), CODATA 2018
ZERO_CELSIUS = 273.15


def arrhenius(rates: pd.DataFrame, *, temperature_c: float) -> Result:
    """Rate at another temperature from rates at three or more, within one physical state; never a claim.

    Parameters
    ----------
    rates
        Columns `temperature_c`, `rate` (loss per time, positive), `state`.
    temperature_c
        Where the rate is asked for.

    Returns
    -------
    Result `qualify.arrhenius` with table `arrhenius`: rate with 95 % interval, activation energy in kJ/mol.

    Raises
    ------
    NotEstimable
        With fewer than three temperatures, several physical states, a frozen or freeze-dried product, or
        a rate that is not positive, or a temperature at or below freezing.

    Examples
    --------
    >>> frame = pd.DataFrame({"temperature_c": [5, 25, 40.0], "rate": [0.1, 0.8, 3.1], "state": "liquid"})
    >>> round(float(arrhenius(frame, temperature_c=30).tables["arrhenius"]["rate"].iloc[0]), 1)
    1.3
    """
    states = {str(state).strip().lower() for state in rates["state"]}
    if states != {"liquid"}:
        raise NotEstimable(
            f"Arrhenius was asked for {', '.join(sorted(states))}: it holds within one physical state only, and never for frozen or freeze-dried product across its glass transition"
        )
    if min(temperature_c, float(rates["temperature_c"].min())) <= 0:
        raise NotEstimable(
            "a temperature at or below 0 degrees C: a watery liquid freezes there, and Arrhenius holds within one physical state only"
        )
    if rates["temperature_c"].nunique() < 3:
        raise NotEstimable(f"{rates['temperature_c'].nunique()} temperatures: Arrhenius needs at least three")
    if (rates["rate"] <= 0).any():
        raise NotEstimable("a rate is zero or negative: nothing was lost, so no activation energy exists")
    x = 1 / (rates["temperature_c"].to_numpy(float) + ZERO_CELSIUS)
    y = np.log(rates["rate"].to_numpy(float))
    design = np.column_stack([np.ones(x.size), x - x.mean()])
    coefficients, _, _, _ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ coefficients
    df = x.size - 2
    at = np.array([1.0, 1 / (temperature_c + ZERO_CELSIUS) - x.mean()])
    error = np.sqrt(residual @ residual / df * (at @ np.linalg.inv(design.T @ design) @ at))
    half = float(t.ppf(0.975, df)) * error
    centre = float(at @ coefficients)
    table = pd.DataFrame(
        {
            "temperature_c": [temperature_c],
            "rate": [np.exp(centre)],
            "lower": [np.exp(centre - half)],
            "upper": [np.exp(centre + half)],
            "activation_energy_kj_mol": [-coefficients[1] * GAS_CONSTANT / 1000],
            "temperatures": [rates["temperature_c"].nunique()],
        }
    )
    template = "At {temperature_c} degrees C the rate would be {rate} ({lower} to {upper}) if Arrhenius held; this is no shelf life."
    return Result(
        "qualify",
        "arrhenius",
        "What would be lost at another temperature?",
        Answer(
            template, {name: Cell("arrhenius", name) for name in ("temperature_c", "rate", "lower", "upper")}
        ),
        tables={"arrhenius": table},
        parameters={
            "model": "Arrhenius",
            "confidence": 0.95,
            "temperatures_c": sorted({float(c) for c in rates["temperature_c"]}),
        },
        notes=(
            "Accelerated data are never the claim: it rests on real-time data.",
            *_beyond(rates, temperature_c),
        ),
        methods=(Method("Rates at several temperatures were joined by the Arrhenius equation."),),
    )


def _beyond(rates: pd.DataFrame, temperature_c: float) -> tuple[str, ...]:
    low, high = float(rates["temperature_c"].min()), float(rates["temperature_c"].max())
    if low <= temperature_c <= high:
        return ()
    return (
        f"{temperature_c:g} degrees C lies outside the temperatures that were measured ({low:g} to {high:g}): extrapolated.",
    )
