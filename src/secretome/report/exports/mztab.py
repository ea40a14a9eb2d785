"""mzTab 1.0.0: the protein section of a quantification summary, one file a proteome."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome import __version__
from secretome.dossier import Dossier
from secretome.plan import ORGANISMS
from secretome.study import Assay, State, Study

from .names import file_names

_NOT_REPORTED = "[, , not reported to secretome, ]"


def texts(dossier: Dossier) -> tuple[dict[str, str], tuple[str, ...]]:
    """Name of each proteome to the text of its mzTab file, and what the format cannot carry.

    Notes
    -----
    An assay of mzTab is a measurement, a study variable a sample (the mean of log2 over its
    measurements, where there are several). Values are linear; a measured zero is 0, every other
    cell without a number `null`: mzTab has no word for "below LOD". Modifications, search engine
    and location of raw files are not known to a study and are written as not reported.

    References
    ----------
    Griss J et al. (2014) Mol Cell Proteomics 13:2765, doi:10.1074/mcp.O113.036681.
    """
    study = dossier.study
    proteomes = {n: a for n, a in study.assays.items() if a.kind == "proteome" and a.data is not None}
    names = file_names(proteomes)
    others = [name for name in study.assays if name not in proteomes]
    notes = tuple(f"assay {name!r} is no proteome and does not go into mzTab" for name in others)
    limited = [n for n, a in proteomes.items() if _has_limits(a)]
    notes += tuple(f"{n}: cells below or above their range are null in mzTab" for n in limited)
    return {names[n]: _text(dossier, study, assay) for n, assay in proteomes.items()}, notes


def _text(dossier: Dossier, study: Study, assay: Assay) -> str:
    samples = list(dict.fromkeys(assay.matrix.obs["sample"]))
    lines = [*_metadata(dossier, study, assay, samples), [], *_proteins(study, assay, samples)]
    return "\n".join("\t".join(cells) for cells in lines) + "\n"


def _metadata(dossier: Dossier, study: Study, assay: Assay, samples: Sequence[str]) -> list[list[str]]:
    mark = "SIMULATED, not a measurement: " if study.simulated else ""
    unit = ", ".join(dict.fromkeys(str(unit) for unit in assay.matrix.var["unit"]))
    facts = {
        "mzTab-version": "1.0.0",
        "mzTab-mode": "Summary",
        "mzTab-type": "Quantification",
        "title": mark + study.title,
        "description": f"{mark}{assay.name} ({assay.material}), exported from a dossier of {dossier.created or 'no date'}",
        "software[1]": f"[, , secretome, {__version__}]",
        "fixed_mod[1]": _NOT_REPORTED,
        "variable_mod[1]": _NOT_REPORTED,
        "protein-quantification_unit": f"[, , {unit.removeprefix('log2 ')}, ]",
    }
    for number, measurement in enumerate(assay.matrix.obs_names, start=1):
        place = samples.index(assay.matrix.obs["sample"].iloc[number - 1]) + 1
        facts[f"ms_run[{number}]-location"] = "null"
        facts[f"assay[{number}]-ms_run_ref"] = f"ms_run[{number}]"
        facts[f"assay[{number}]-sample_ref"] = f"sample[{place}]"
        facts[f"assay[{number}]-custom[1]"] = f"[, , measurement, {_param(measurement)}]"
    for number, sample in enumerate(samples, start=1):
        facts[f"sample[{number}]-species[1]"] = _species(study, sample)
        facts[f"sample[{number}]-description"] = sample
        members = [p for p, name in enumerate(assay.matrix.obs["sample"], start=1) if name == sample]
        facts[f"study_variable[{number}]-description"] = sample
        facts[f"study_variable[{number}]-assay_refs"] = ",".join(f"assay[{p}]" for p in members)
        facts[f"study_variable[{number}]-sample_refs"] = f"sample[{number}]"
    return [["MTD", key, _cell(value)] for key, value in facts.items()]


def _proteins(study: Study, assay: Assay, samples: Sequence[str]) -> list[list[str]]:
    data = assay.matrix
    values = _linear(assay)
    sample_of = data.obs["sample"].to_numpy()
    means = np.stack([_mean(values[sample_of == sample]) for sample in samples])
    header = [
        "PRH", "accession", "description", "taxid", "species", "database", "database_version", "search_engine",
        "ambiguity_members", "modifications",
        *(f"protein_abundance_assay[{n}]" for n in range(1, data.n_obs + 1)),
    ]  # fmt: skip
    for number in range(1, len(samples) + 1):
        header += [
            f"protein_abundance_study_variable[{number}]",
            f"protein_abundance_stdev_study_variable[{number}]",
            f"protein_abundance_std_error_study_variable[{number}]",
        ]
    optional = [name for name in ("gene", "contaminant_class", "masked") if name in data.var]
    rows = [[*header, *(f"opt_global_{name}" for name in optional)]]
    for column, (accession, protein) in enumerate(data.var.iterrows()):
        group = [member for member in str(protein.get("protein_group", "")).split(";") if member != accession]
        organism = str(protein.get("organism", "")) or study.organism
        row = [
            "PRT",
            accession,
            protein.get("description", ""),
            _taxon(organism),
            organism,
            "",
            "",
            "",
            ",".join(group),
            "",
        ]
        row += [_number(value) for value in values[:, column]]
        for value in means[:, column]:
            row += [_number(value), "null", "null"]
        rows.append([_cell(cell) for cell in [*row, *(protein[name] for name in optional)]])
    return rows


def _linear(assay: Assay) -> NDArray[np.float64]:
    """Values (measurements, analytes) on the linear scale, measured zeros as 0, NaN for no number."""
    data = assay.matrix
    values = np.array(data.X, dtype=float)
    values = np.exp2(values) if assay.scale == "log2" else values
    if "state" in data.layers:
        state = np.asarray(data.layers["state"])
        values[(state == State.MEASURED_ZERO) & np.isnan(values)] = 0.0
        # a number beyond a limit keeps no flag in mzTab, so that it must not pass for a value
        values[(state != State.VALUE) & (state != State.MEASURED_ZERO)] = np.nan
    return values


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of log2 over the measurements of a sample that have a number, as a linear value."""
    if len(values) == 1:
        single: NDArray[np.float64] = values[0]
        return single
    positive = np.where(values > 0, values, np.nan)
    count = (~np.isnan(positive)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float64] = np.exp2(np.nansum(np.log2(positive), axis=0) / count)
    mean[count == 0] = np.where((values == 0).any(axis=0), 0.0, np.nan)[count == 0]
    return mean


def _has_limits(assay: Assay) -> bool:
    states = assay.matrix.layers.get("state")
    limits = [State.BELOW_LOD, State.BELOW_LLOQ, State.ABOVE_RANGE]
    return states is not None and bool(np.isin(np.asarray(states), limits).any())


def _species(study: Study, sample: str) -> str:
    organism = study.samples.loc[sample, "organism"] if "organism" in study.samples else None
    name = study.organism if organism is None or pd.isna(organism) else str(organism)
    taxon = _taxon(name)
    return f"[{'NEWT' if taxon else ''}, {taxon}, {_param(name)}, ]"


def _taxon(organism: str) -> str:
    """The taxon number of an organism that we know by both, or an empty text."""
    return next((key for key, name in ORGANISMS.items() if key.isdigit() and name == organism), "")


def _number(value: float) -> str:
    return "null" if np.isnan(value) else repr(float(value))


def _param(text: str) -> str:
    """A text inside a parameter: in quotes when it holds what separates parameters."""
    return f'"{text}"' if set(text) & set(",[]") else text


def _cell(value: object) -> str:
    """A cell: one line without tabs, `null` when empty."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "null"
    return " ".join(str(value).split()) or "null"
