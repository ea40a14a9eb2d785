"""Wells of an immunoassay become concentrations: a curve for each analyte and plate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.errors import UnitMismatch
from secretome.stats.calibration import Calibration, calibrate, read_back, read_back_error
from secretome.study import State
from secretome.units import convert

# Fewer beads give no reliable median (issue of this project; makers ask for 35 to 100).
FEWEST_BEADS = 30
# ICH M10: duplicates of a ligand-binding assay within 20 % (coefficient of variation).
DUPLICATE_CV = 20.0
_Z = 1.96


def mass_factor(unit: str, to: str = "pg/mL") -> float:
    """What a concentration in `unit` is multiplied by to be one in `to`; NaN when it cannot be.

    Examples
    --------
    >>> round(mass_factor("ng/mL"), 6), mass_factor("NPX")
    (1000.0, nan)
    """
    try:
        return float(convert(np.array([1.0]), unit, to)[0])
    except UnitMismatch:
        return float("nan")


@dataclass(frozen=True)
class Plates:
    """Curves, standards and wells of one assay.

    Parameters
    ----------
    curves
        A row an analyte and plate.
    standards
        A row a level of a curve.
    wells
        Every well with its concentration (dilution not yet taken into account), state and doubts.
    fits
        (plate, analyte) to its calibration.
    """

    curves: pd.DataFrame
    standards: pd.DataFrame
    wells: pd.DataFrame
    fits: dict[tuple[str, str], Calibration]


def plates(table: pd.DataFrame) -> Plates:
    """Curves of every analyte and plate of a table of wells, and the concentration in each well.

    Notes
    -----
    Left out of a curve and said: wells with fewer than 30 beads, wells without signal, blanks that read above the
    LLOQ of the standards.
    """
    wells = _checked(_one_unit(table))
    curves, standards, parts, fits = [], [], [], {}
    for (plate, analyte), mine in wells.groupby(["plate", "analyte"], sort=False):
        part, fit = _one_curve(mine)
        fits[str(plate), str(analyte)] = fit
        unit = next((text for text in part["unit"] if text), "")
        curves.append(_curve_row(str(plate), str(analyte), unit, fit))
        standards += _standard_rows(str(plate), str(analyte), fit, part)
        parts.append(part)
    return Plates(pd.DataFrame(curves), pd.DataFrame(standards), pd.concat(parts), fits)


def _one_unit(table: pd.DataFrame) -> pd.DataFrame:
    """Expected and spiked concentrations of each analyte in the unit of its first standard."""
    frame = table.copy()
    frame["note"] = ""
    standards = frame["expected"].notna() & (frame["unit"] != "")
    for analyte, mine in frame[standards].groupby("analyte", sort=False):
        first = mine["unit"].iloc[0]
        for unit in [unit for unit in mine["unit"].unique() if unit != first]:
            rows = mine.index[mine["unit"] == unit]
            try:
                frame.loc[rows, "expected"] = convert(mine.loc[rows, "expected"].to_numpy(), unit, first)
                frame.loc[rows, "note"] = f"{unit} converted to {first}"
            except UnitMismatch:
                frame.loc[rows, "expected"] = np.nan
                frame.loc[rows, "note"] = f"set aside: {unit} cannot be converted to {first}"
        added = frame.index[(frame["analyte"] == analyte) & frame["spike"].notna() & (frame["unit"] != first)]
        factors = [mass_factor(str(unit), first) for unit in frame.loc[added, "unit"]]
        frame.loc[added, "spike"] = frame.loc[added, "spike"].to_numpy() * np.array(factors, dtype=float)
        # whatever stands beside a sample, its concentration is read in the unit of the standards
        frame.loc[frame["analyte"] == analyte, "unit"] = first
    return frame


def _checked(wells: pd.DataFrame) -> pd.DataFrame:
    few = wells["count"] < FEWEST_BEADS
    lost = wells["signal"].isna()
    note = wells["note"].mask(few, [f"only {count:.0f} beads" for count in wells["count"].fillna(-1)])
    return wells.assign(used=~few & ~lost, note=note.mask(lost, "no signal"))


def _one_curve(mine: pd.DataFrame) -> tuple[pd.DataFrame, Calibration]:
    part = mine.copy()
    levels = part[(part["kind"] == "standard") & (part["expected"] > 0) & part["used"]]
    falling = bool(part.get("falling", pd.Series([False])).iloc[0])
    blank = (part["kind"] == "blank") & part["used"]
    dirty = blank & _holds_analyte(levels, part["signal"], falling=falling)
    part.loc[dirty, "note"] = "this blank reads above the LLOQ of the standards and was left out"
    part.loc[dirty, "used"] = False
    zero = part[blank & ~dirty]
    dose = np.concatenate([levels["expected"].to_numpy(), np.zeros(len(zero))])
    signal = np.concatenate([levels["signal"].to_numpy(), zero["signal"].to_numpy()])
    fit = calibrate(dose, signal, falling=falling)
    part["concentration"], part["log_error"] = np.nan, np.nan
    if fit.usable and fit.curve is not None:
        seen = part["used"].to_numpy()
        y = part.loc[seen, "signal"].to_numpy()
        part.loc[seen, "concentration"] = read_back(fit.curve, y)
        part.loc[seen, "log_error"] = read_back_error(fit.curve, y, relative_sd=fit.relative_sd)
    part["state"] = _states(part, fit)
    return part, fit


def _holds_analyte(levels: pd.DataFrame, signal: pd.Series, *, falling: bool) -> pd.Series:
    """Whether a signal reads above the LLOQ of the curve that the standards give without any blank."""
    alone = calibrate(levels["expected"].to_numpy(), levels["signal"].to_numpy(), falling=falling)
    if not alone.usable or alone.curve is None:
        return pd.Series(False, index=signal.index)
    return pd.Series(read_back(alone.curve, signal.to_numpy()) > alone.lloq, index=signal.index)


def _states(part: pd.DataFrame, fit: Calibration) -> np.ndarray:
    state = np.full(len(part), int(State.MISSING))
    if not fit.usable or fit.curve is None:
        return state
    signal, used = part["signal"].to_numpy(), part["used"].to_numpy()
    concentration = part["concentration"].to_numpy()
    named = dict(zip(fit.curve.names, fit.curve.parameters[0], strict=True))
    towards_zero = named.get("c", 0.0) if named["b"] < 0 else named["d"]
    low = np.abs(signal - towards_zero) <= abs(fit.lod_signal - towards_zero)
    low |= (signal < towards_zero) if named["b"] < 0 else (signal > towards_zero)
    state[used] = int(State.VALUE)
    state[used & (concentration < fit.lloq)] = int(State.BELOW_LLOQ)
    state[used & low] = int(State.BELOW_LOD)
    state[used & ~low & ((concentration > fit.uloq) | np.isnan(concentration))] = int(State.ABOVE_RANGE)
    return state


def _curve_row(plate: str, analyte: str, unit: str, fit: Calibration) -> dict[str, object]:
    parameters = (
        dict(zip(fit.curve.names, fit.curve.parameters[0], strict=True)) if fit.curve is not None else {}
    )
    mid, percent = fit.mid_range, fit.recovery_percent
    return {
        "plate": plate,
        "analyte": analyte,
        "unit": unit,
        "model": fit.model,
        "standards": len(fit.level),
        "in_range": int(fit.in_range.sum()),
        "lod": fit.lod,
        "lloq": fit.lloq,
        "uloq": fit.uloq,
        "lod_from": fit.lod_from,
        "well_sd_percent": 100 * fit.relative_sd,
        "mid_range": int(mid.sum()),
        "mid_within_70_130": int((np.abs(percent[mid] - 100) <= 30).sum()),
        "mid_within_80_120": int((np.abs(percent[mid] - 100) <= 20).sum()),
        "usable": fit.usable,
        "status": fit.status,
        **{name: float(parameters.get(name, np.nan)) for name in ("b", "c", "d", "e", "f")},
    }


def _standard_rows(plate: str, analyte: str, fit: Calibration, part: pd.DataFrame) -> list[dict[str, object]]:
    used = part[(part["kind"] == "standard") & part["used"]]
    counts = used.groupby("expected")["signal"].size()
    return [
        {
            "plate": plate,
            "analyte": analyte,
            "expected": fit.level[i],
            "wells": int(counts.get(fit.level[i], 0)),
            "signal": fit.level_signal[i],
            "recovered": fit.recovered[i],
            "recovery_percent": fit.recovery_percent[i],
            "mid_range": bool(fit.mid_range[i]),
            "in_range": bool(fit.in_range[i]),
        }
        for i in range(len(fit.level))
    ]


def sample_values(found: Plates) -> pd.DataFrame:
    """One value for each sample and analyte: the wells in range, each times its dilution, geometric mean.

    Returns
    -------
    DataFrame with plate, sample, analyte, unit, value, lower, upper (95 %), state, limit (of what is below or
    above), wells, dilutions, note.

    Notes
    -----
    Duplicates of one dilution are averaged first. A value below the LLOQ keeps its number and its flag; below
    the LOD there is no number. `limit` is an upper bound below the range and a lower bound above it.
    """
    mine = found.wells[found.wells["kind"] == "sample"]
    rows = []
    for (plate, sample, analyte), wells in mine.groupby(["plate", "sample", "analyte"], sort=False):
        fit = found.fits[str(plate), str(analyte)]
        rows.append({"plate": plate, "sample": sample, "analyte": analyte, **_one_value(wells, fit)})
    return pd.DataFrame(rows)


def _one_value(wells: pd.DataFrame, fit: Calibration) -> dict[str, object]:
    unit = next((text for text in wells["unit"] if text), "")
    dilution = wells["dilution"].fillna(1.0)
    notes = [text for text in dict.fromkeys(wells["note"]) if text]
    used = wells["used"]
    row: dict[str, object] = {
        "unit": unit,
        "value": np.nan,
        "lower": np.nan,
        "upper": np.nan,
        "limit": np.nan,
        "wells": int(used.sum()),
        "dilutions": ", ".join(f"{one:g}" for one in sorted(dilution.unique())),
    }
    if not fit.usable:
        return {**row, "state": int(State.MISSING), "note": "; ".join([f"no curve: {fit.status}", *notes])}
    if not used.any():
        return {**row, "state": int(State.MISSING), "note": "; ".join(notes)}
    state, undiluted = wells["state"], wells["concentration"] * dilution
    notes += _disagreement(wells[used & (state == State.VALUE)], dilution)
    inside = used & (state == State.VALUE)
    if inside.any():
        return {**row, **_mean(undiluted[inside], wells.loc[inside, "log_error"]), "state": int(State.VALUE),
                "note": "; ".join(notes)}  # fmt: skip
    above, least = used & (state == State.ABOVE_RANGE), dilution[used].min()
    if above.any():
        limit = fit.uloq * float(dilution[above].max())
        low = used & state.isin([State.BELOW_LOD, State.BELOW_LLOQ])
        notes += ["no dilution falls into the range"] if low.any() else []
        return {**row, "state": int(State.ABOVE_RANGE), "limit": limit, "note": "; ".join(notes)}
    shown = used & (state == State.BELOW_LLOQ) & (dilution == least)
    if shown.any():
        return {**row, **_mean(undiluted[shown], wells.loc[shown, "log_error"]), "state": int(State.BELOW_LLOQ),
                "limit": fit.lloq * float(least), "note": "; ".join(notes)}  # fmt: skip
    limit = fit.lod if np.isfinite(fit.lod) else fit.lloq
    return {**row, "state": int(State.BELOW_LOD), "limit": limit * float(least), "note": "; ".join(notes)}


def _mean(values: pd.Series, log_errors: pd.Series) -> dict[str, float]:
    """Geometric mean; its error is the larger of that of the curve and the spread between the wells."""
    logs = np.log(values.to_numpy(dtype=float))
    between = logs.std(ddof=1) / np.sqrt(len(logs)) if len(logs) > 1 else 0.0
    of_curve = float(np.sqrt((log_errors.to_numpy(dtype=float) ** 2).mean() / len(logs)))
    spread = max(between, of_curve)
    centre = float(logs.mean())
    return {
        "value": float(np.exp(centre)),
        "lower": float(np.exp(centre - _Z * spread)),
        "upper": float(np.exp(centre + _Z * spread)),
    }


def _disagreement(inside: pd.DataFrame, dilution: pd.Series) -> list[str]:
    told = []
    for level, wells in inside.groupby(dilution[inside.index]):
        values = wells["concentration"].to_numpy(dtype=float)
        cv = 100 * values.std(ddof=1) / values.mean() if len(values) > 1 else 0.0
        if cv > DUPLICATE_CV:
            told.append(f"duplicates at dilution {level:g} disagree (CV {cv:.0f} %)")
    return told
