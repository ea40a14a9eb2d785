"""The fits of a potency assay, plate by plate: parallel lines, parallel curves, robust weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.errors import NotEstimable
from secretome.stats import curves, parallel_line

from .potency_options import PotencyOptions

_GRID = 40
_HUBER = 1.345  # 95 % efficiency for normal errors: Huber 1981
_MAD = 1.4826022185056018  # median absolute deviation to standard deviation of a normal


def fit_lines(
    frame: pd.DataFrame, options: PotencyOptions
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[str]]:
    """Plates, parallelism and validity of parallel-line assays, and what to know of their layout."""
    rows, parallel, validity, notes = [], [], [], []
    for plate, wells in frame.groupby("plate", sort=True):
        layout, said = _layout(wells, options)
        notes += [f"Plate {plate}: {said}"] if said else []
        found = parallel_line.fit(
            wells["dose"], wells["response"], wells["preparation"], reference=options.reference,
            confidence=options.confidence, **layout,
        )  # fmt: skip
        table = found.validity
        f, p = table.row("non-parallelism")[3:]
        linear, regression = table.row("non-linearity")[4], table.row("regression")[4]
        for i, name in enumerate(found.preparations):
            rows.append(
                {"plate": plate, "preparation": name, "log_ratio": found.log_ratio[i],
                 "standard_error": found.standard_error[i], "df": found.df, "ratio": found.ratio[i],
                 "lower": found.lower[i], "upper": found.upper[i], "interval": "Fieller", "wells": len(wells),
                 "layout": found.layout, "complete": found.complete, "status": "ok" if found.g < 1 else "slope not clear of zero"}
            )  # fmt: skip
            parallel.append(
                {"plate": plate, "preparation": name, "criterion": "slope", "ratio": found.slope_ratio[i],
                 "lower_90": found.slope_ratio_lower[i], "upper_90": found.slope_ratio_upper[i], "f": f, "p_f": p,
                 "rsse_ratio": np.nan, "p_linearity": linear, "p_regression": regression}
            )  # fmt: skip
        validity += [
            {"plate": plate, "term": term, "df": table.df[i], "sum_of_squares": table.sum_of_squares[i],
             "mean_square": table.mean_square[i], "f": table.f[i], "p_value": table.p_value[i]}
            for i, term in enumerate(table.term)
        ]  # fmt: skip
    return pd.DataFrame(rows), pd.DataFrame(parallel), pd.DataFrame(validity), notes


def _layout(wells: pd.DataFrame, options: PotencyOptions) -> tuple[dict[str, pd.Series], str]:
    """The columns that lay the plate out, and what was not taken for one."""
    there = [name for name in ("block", "row", "column") if name in wells and (wells[name] != "").all()]
    if options.design != "auto":
        wanted = {"randomised": (), "blocks": ("block",), "latin square": ("row", "column")}[options.design]
        lacking = [name for name in wanted if name not in there]
        if lacking:
            raise NotEstimable(
                f"a design in {options.design} needs the column {', '.join(lacking)}, filled in every row"
            )
        return {name: wells[name] for name in wanted}, ""
    if "block" in there:
        if len(set(wells["block"])) == 1:
            return {}, "a single block; fitted as completely randomised."
        return {"block": wells["block"]}, ""
    if {"row", "column"} <= set(there):
        treatments = len(wells.groupby(["preparation", "dose"]))
        if wells["row"].nunique() == wells["column"].nunique() == treatments:
            return {name: wells[name] for name in ("row", "column")}, ""
        return {}, (
            f"rows and columns are taken as positions, not as a Latin square ({wells['row'].nunique()} rows, "
            f"{wells['column'].nunique()} columns, {treatments} treatments): fitted as completely randomised."
        )
    return {}, ""


def opposite(parallelism: pd.DataFrame) -> bool:
    """Whether a slope clearly has the other sign than that of the reference: its 90 % interval lies below 0."""
    slopes = parallelism[parallelism["criterion"] == "slope"]
    return bool((slopes["upper_90"] < 0).any())


def fit_curves(frame: pd.DataFrame, options: PotencyOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plates and parallelism of curves that share all but their position."""
    weights = frame.get("weight")
    found = curves.relative_potency(
        frame["dose"], frame["response"], frame["preparation"].astype(str).to_numpy(), reference=options.reference,
        model=options.model, weights=weights, plate=frame["plate"].astype(str).to_numpy(), level=options.confidence,  # type: ignore[arg-type]
    )  # fmt: skip
    wells = frame.groupby(["plate", "preparation"]).size()
    base = {"plate": found.plate.astype(str), "preparation": found.preparation.astype(str)}
    pairs = zip(base["plate"], base["preparation"], strict=True)
    plates = pd.DataFrame(
        {**base, "log_ratio": found.log_ratio, "standard_error": found.standard_error, "df": found.df,
         "ratio": found.ratio, "lower": found.ratio_lower, "upper": found.ratio_upper, "interval": "t on the log ratio",
         "wells": [int(wells[(p, t)] + wells[(p, options.reference)]) for p, t in pairs], "status": found.status}
    )  # fmt: skip
    compared = found.parallelism
    parts = [
        pd.DataFrame(
            {**base, "criterion": criterion, "ratio": ratio.estimate, "lower_90": ratio.lower, "upper_90": ratio.upper,
             "f": compared.f, "p_f": compared.p_value, "rsse_ratio": compared.rsse_ratio,
             "p_linearity": np.nan, "p_regression": np.nan}
        )
        for criterion, ratio in (("slope", compared.slope), ("span", compared.span))
    ]  # fmt: skip
    parallelism = pd.concat(parts, ignore_index=True)
    if opposite(parallelism):
        raise NotEstimable(
            "the curves of test and reference run in opposite directions; were doses entered in reverse order?"
        )
    if not np.isfinite(plates["standard_error"]).any():
        failed = "; ".join(
            f"plate {row.plate}, {row.preparation}: {row.status}" for row in plates.itertuples()
        )
        raise NotEstimable(
            f"the parallel curves give no potency ({failed}); try another model, or mend the doses"
        )
    return plates, parallelism


def own_curves(frame: pd.DataFrame, options: PotencyOptions) -> tuple[curves.Curves, pd.Series]:
    """The free curve of each preparation on each plate, and the response that it gives each well."""
    label = frame["plate"].astype(str) + "\t" + frame["preparation"].astype(str)
    weights = frame.get("weight")
    found = curves.fit_curve(
        frame["dose"], frame["response"], model=options.model, weights=weights, group=label.to_numpy(str), robust=options.robust,  # type: ignore[arg-type]
    )  # fmt: skip
    fitted = pd.Series(np.nan, index=frame.index)
    for name in found.group:
        mine = label == str(name)
        fitted[mine] = curves.predict(found, frame.loc[mine, "dose"], group=name)
    return found, fitted


def robust_weights(frame: pd.DataFrame, options: PotencyOptions) -> pd.Series:
    """Huber weights of the wells about their own robust curves, times the weights that they came with.

    Notes
    -----
    The scale s is 1.4826 times the median absolute residual of all wells, as in `stats.curves.fit_curve`; a well has min(1, 1.345 s / |residual|).

    References
    ----------
    Huber P. J. (1981) Robust Statistics, doi:10.1002/0471725250.
    """
    own = frame["weight"] if "weight" in frame else pd.Series(1.0, index=frame.index)
    _, fitted = own_curves(frame, options)
    residual = (frame["response"] - fitted).abs() * np.sqrt(own)
    scale = _MAD * float(residual.median())
    return own * (_HUBER * scale / residual.where(residual > _HUBER * scale)).fillna(1.0)


def drawn_curves(frame: pd.DataFrame, options: PotencyOptions) -> pd.DataFrame:
    """Each preparation's own curve or line on each plate, at 40 doses from its lowest to its highest above 0."""
    found = None if options.model == "parallel line" else own_curves(frame, options)[0]
    parts = []
    for (plate, name), wells in frame.groupby(["plate", "preparation"], sort=True):
        doses = wells.loc[wells["dose"] > 0, "dose"].to_numpy(float)
        grid = np.geomspace(doses.min(), doses.max(), _GRID)
        if found is None:
            line = np.polyfit(np.log(doses), wells["response"].to_numpy(float), 1)
            response = np.asarray(np.polyval(line, np.log(grid)), dtype=float)
        else:
            response = curves.predict(found, grid, group=f"{plate}\t{name}")
        parts.append(pd.DataFrame({"plate": plate, "preparation": name, "dose": grid, "response": response}))
    return pd.concat(parts, ignore_index=True)
