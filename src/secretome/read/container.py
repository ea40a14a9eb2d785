"""AnnData and MuData files (.h5ad, .h5mu): a matrix that another program prepared, or our own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from anndata import AnnData, read_h5ad
from numpy.typing import NDArray

from secretome.errors import InvalidDossier, InvalidInput, Problem, UnreadableFile, near_misses
from secretome.plan import AssayPlan
from secretome.study import State, assays_from_mudata, read_mudata
from secretome.units import UNITS

from .proteins import ProteinTable, features_frame, species
from .text import TextTable

NAME = "anndata"
TITLE = "AnnData or MuData file (.h5ad, .h5mu)"

_MARK = "matrix of an AnnData file"
_COLUMNS = {
    "gene": ("gene", "genes", "gene_name", "gene_names", "gene_symbol", "gene_symbols", "symbol"),
    "organism": ("organism", "species"),
    "description": ("description", "protein_name", "protein_names", "protein_description"),
    "entry_name": ("entry_name",),
    "protein_group": ("protein_group", "protein_groups"),
}


@dataclass(frozen=True)
class Container(TextTable):
    """An AnnData file: `data` is its matrix; it has no rows of text.

    Parameters
    ----------
    scale
        Scale of the values when the file is one of ours, else empty.
    """

    data: AnnData = field(default_factory=AnnData, repr=False)
    scale: str = ""


def is_container(path: Path) -> bool:
    """Whether a file is called .h5ad or .h5mu."""
    return path.suffix.lower() in {".h5ad", ".h5mu"}


def open_container(path: Path, *, sheet: str | None = None) -> Container:
    """The matrix in an .h5ad file, or one modality of an .h5mu file.

    Parameters
    ----------
    sheet
        Name of the modality; needed when there are several.

    Raises
    ------
    UnreadableFile
        If the file is missing, no such container, without a matrix, or has no such modality.
    """
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist; expected a measurement file")
    try:
        with warnings.catch_warnings():
            # other programs write older layouts and doubled names; what matters is checked in `read`
            warnings.simplefilter("ignore")
            whole = read_mudata(path) if path.suffix.lower() == ".h5mu" else read_h5ad(path)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise UnreadableFile(
            f"{path} is no readable {path.suffix} file ({type(error).__name__}: {error}); write it again"
        ) from error
    scale = ""
    if isinstance(whole, AnnData):
        data = whole
    else:
        data, scale = _modality(path, whole, sheet)
    if data.X is None or 0 in data.shape:
        raise UnreadableFile(f"{path} holds no matrix X ({data.n_obs} x {data.n_vars}); write one")
    names = tuple(str(name) for name in data.obs_names)
    return Container(path.name, (_MARK, *names), (), (), "HDF5", data=data, scale=scale)


def recognises(header: Sequence[str]) -> str:
    """Evidence that this is the header of an opened container, or an empty text."""
    return "it is an AnnData or MuData file" if tuple(header[:1]) == (_MARK,) else ""


def measurements(table: TextTable) -> tuple[str, ...]:
    """The names of the observations."""
    return tuple(table.header[1:])


def read(table: TextTable, plan: AssayPlan, samples: Sequence[str] = ()) -> ProteinTable:  # noqa: ARG001
    """Proteins (variables) by measurements (observations) of a container.

    Parameters
    ----------
    table
        Opened with `open_container`.
    plan
        `unit` where `var["unit"]` does not say it; `zero` where the values hold zeros.
    samples
        Not needed: the observations name their measurements.

    Raises
    ------
    InvalidInput
        With every problem of the file.
    """
    if not isinstance(table, Container):
        found = f"a table of text ({table.dialect})"
        raise InvalidInput([Problem(table.file, found, "an .h5ad or .h5mu file", "Mend format = …")])
    data = table.data
    problems: list[Problem] = []
    unit = _unit(table, plan, problems)
    for what, names in (("observation", data.obs_names), ("variable", data.var_names)):
        doubled = list(dict.fromkeys(names[names.duplicated()]))
        if doubled:
            listed = ", ".join(map(str, doubled[:8]))
            problems.append(
                Problem(table.file, f"{what} names stand twice: {listed}", "unique names", "Rename.")
            )
    values = _dense(data.X)
    log2 = (table.scale or ("log2" if unit.startswith("log2") else "linear")) == "log2"
    state = _state(table, values, problems)
    if not log2:
        problems += _value_problems(table, plan, values)
    if problems:
        raise InvalidInput(problems)
    values[~np.isfinite(values)] = np.nan
    zeros = None
    if not log2:
        zeros = (values == 0) & (plan.zero == "measured")
        values[values == 0] = np.nan
    layers = {str(n): _dense(data.layers[n]) for n in data.layers if n != "state"}
    if state is not None:
        layers["state"] = state  # type: ignore[assignment]
    layers = {name: layer.T for name, layer in layers.items()}
    quantity = "X" if not table.scale else "values of a secretome study"
    return ProteinTable(
        _features(data),
        measurements(table),
        values.T,
        NAME,
        quantity,
        unit,
        scale="log2" if log2 else "linear",
        zeros=None if zeros is None else zeros.T,
        layers=layers,
    )


def _modality(path: Path, whole: object, sheet: str | None) -> tuple[AnnData, str]:
    modalities: dict[str, AnnData] = dict(whole.mod)  # type: ignore[attr-defined]
    try:
        ours = {name: assay for name, assay in assays_from_mudata(whole).items() if assay.data is not None}
    except InvalidDossier:
        ours = {}
    names = list(ours or modalities)
    if sheet is None and len(names) > 1:
        raise UnreadableFile(
            f'{path} has several modalities; write sheet = "…" with one of: {", ".join(names)}'
        )
    wanted = names[0] if sheet is None and names else sheet
    if wanted is None or wanted not in names:
        raise UnreadableFile(f"{path} has no modality {wanted!r}{near_misses(str(wanted), names)}")
    if ours:
        return ours[wanted].matrix, ours[wanted].scale
    return modalities[wanted], ""


def _unit(table: Container, plan: AssayPlan, problems: list[Problem]) -> str:
    var = table.data.var
    said = sorted({str(unit) for unit in var["unit"]}) if "unit" in var else []
    action = f'Write unit = "intensity" (or "log2 intensity") in the [[assay]] named {plan.name!r}.'
    if len(said) > 1:
        found = f"variables with different units: {', '.join(said)}"
        problems.append(Problem(table.file, found, "one unit in an assay", "Make an assay of each unit."))
    elif said and said[0] not in UNITS:
        found = f"unit {said[0]!r} in var"
        problems.append(
            Problem(table.file, found, f"one of {', '.join(UNITS)}", f"Mend it{near_misses(said[0], UNITS)}")
        )
    elif said and plan.unit and said[0] != plan.unit:
        found = f"unit {said[0]!r} in var, {plan.unit!r} in study.toml"
        problems.append(Problem(table.file, found, "one unit", "Mend study.toml."))
    elif not said and not plan.unit:
        problems.append(Problem(table.file, "no unit for the values", f"one of {', '.join(UNITS)}", action))
    return said[0] if said else str(plan.unit or "")


def _dense(matrix: object) -> NDArray[np.float64]:
    """A matrix as an array; in a sparse one an empty place is a zero, as its format says."""
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    return np.array(dense, dtype=float)


def _state(table: Container, values: NDArray[np.float64], problems: list[Problem]) -> NDArray[np.int8] | None:
    """Our own layer of states, held against the values; None when the file has none."""
    if "state" not in table.data.layers:
        return None
    state = _dense(table.data.layers["state"])
    known = np.isin(state, [int(one) for one in State])
    if not known.all():
        found = f"{int((~known).sum()):,} cells of layers['state'] such as {state[~known].flat[0]:g}"
        problems.append(
            Problem(table.file, found, "0 to 5 (see docs/1-read.md)", "Drop or rename the layer.")
        )
        return None
    wrong = (state == State.VALUE) == np.isnan(values)
    wrong &= (state == State.VALUE) | (state == State.MISSING)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        found = (
            f"{int(wrong.sum()):,} cells where layers['state'] and X disagree, the first at observation "
            f"{table.data.obs_names[row]!r}, variable {table.data.var_names[column]!r}"
        )
        problems.append(
            Problem(table.file, found, "a number where the state is 0, none where it is 1", "Mend the layer.")
        )
    return state.astype(np.int8)


def _value_problems(table: Container, plan: AssayPlan, values: NDArray[np.float64]) -> list[Problem]:
    problems = [
        Problem(
            table.file,
            f"{'negative' if values[row, column] < 0 else 'infinite'} value {values[row, column]:g} at observation "
            f"{table.data.obs_names[row]!r}, variable {table.data.var_names[column]!r}",
            "a linear value",
            'If the matrix is already log2, write unit = "log2 intensity".',
        )
        for row, column in np.argwhere((values < 0) | np.isinf(values))[:20]
    ]
    zeros = int((values == 0).sum())
    if zeros and plan.zero is None:
        action = f'Write zero = "missing" or zero = "measured" in the [[assay]] named {plan.name!r}.'
        problems.append(
            Problem(
                table.file, f"{zeros:,} values are 0", "to know whether 0 means missing or measured", action
            )
        )
    return problems


def _features(data: AnnData) -> pd.DataFrame:
    lower = {str(name).lower(): name for name in data.var.columns}
    columns: dict[str, list] = {"protein_group": [str(name) for name in data.var_names]}  # type: ignore[type-arg]
    for name, wanted in _COLUMNS.items():
        found = next((lower[word] for word in wanted if word in lower), None)
        if found is not None:
            columns[name] = ["" if pd.isna(cell) else str(cell) for cell in data.var[found]]
    if "organism" in columns:
        columns["organism"] = [species(cell) for cell in columns["organism"]]
    for name in ("tagged_contaminant", "only_by_site"):
        if name in lower:
            columns[name] = [str(cell).lower() in {"true", "1", "yes"} for cell in data.var[lower[name]]]
    if "peptides" in lower:
        columns["peptides"] = (
            pd.to_numeric(data.var[lower["peptides"]], errors="coerce").fillna(0).astype(int).tolist()
        )
    return features_frame([str(name) for name in data.var_names], columns)
