"""What a laboratory measured and how it was designed: Study, Assay, Design."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Literal, NewType, get_args

import numpy as np
import pandas as pd
from anndata import AnnData

from .design import Design
from .errors import InvalidDossier, NotEstimable
from .frames import from_plain, from_text, safe_name, to_plain, to_text
from .units import Scale

SampleId = NewType("SampleId", str)
AssayKind = Literal["proteome", "panel", "particles", "mirna", "activity", "stability"]
Material = Literal[
    "conditioned_medium", "vesicles", "cell_lysate", "medium_blank", "cells", "standard", "control"
]
Load = Literal["equal_volume", "equal_cell_equivalents", "equal_protein", "unknown"]

ASSAY_KINDS: tuple[str, ...] = get_args(AssayKind)
MATERIALS: tuple[str, ...] = get_args(Material)
LOADS: tuple[str, ...] = get_args(Load)

# The assay that `define` adds: concentrations in the medium and amounts, of the preferred platform each.
AMOUNTS = "amounts"

# The product record of CLAIMS section 2: column of the sample table -> what a gap forbids us to say.
PRODUCT_RECORD: Mapping[str, str] = MappingProxyType(
    {
        "collection_medium": "whether a protein was declared in the medium",
        "expansion_medium": "which carry-over to expect",
        "serum_percent": "how much serum or platelet lysate the cells saw",
        "additives": "that FGF2, TGFB1, PDGF, insulin, transferrin or albumin come from the cells",
        "rinses": "how far serum was washed off",
        "serum_free_hours": "how long the cells starved before collection",
        "confluence_percent": "an amount per density",
        "oxygen_percent": "that glycolytic proteins mark leakage",
        "population_doublings": "an effect of culture age apart from donor age",
        "hours": "a rate or an amount per time",
        "clarification": "that cells and debris were removed",
        "concentration_factor": "an amount per volume of medium",
        "storage_temperature_c": "how the product was kept",
        "storage_days": "how long it was kept",
        "freeze_thaws": "that labile factors were intact when measured",
        "ev_isolation": "what the vesicle fraction contains",
        "cells_at_harvest": "an amount per million cells",
        "volume_ml": "an amount per flask",
        "viability_percent": "how many cells leaked their content",
        "load": "what a difference in intensity means",
    }
)


class State(IntEnum):
    """Why a measurement has no number, or what its number is worth (`layers["state"]`)."""

    VALUE = 0
    MISSING = 1
    BELOW_LOD = 2
    BELOW_LLOQ = 3
    ABOVE_RANGE = 4
    MEASURED_ZERO = 5


@dataclass(frozen=True)
class Assay:
    """One kind of measurement of the study.

    Parameters
    ----------
    name
        Slug, unique in the study.
    kind, material
        What was measured, in what.
    data
        Measurements (rows) by analytes (columns). X is NaN wherever there is no number;
        `layers["state"]` (int8) says why; `var["unit"]` names the unit of each analyte;
        `obs["sample"]` names the row of `Study.samples`.
    table
        Tidy data: of an assay that is no matrix (wells, curves, sizes), or the precursors behind
        its matrix (columns sample, protein, gene, precursor, intensity, q_value, n, where `sample`
        is one of `data.obs_names` and `protein` one of `data.var_names`); a frame or the path of
        a Parquet file.
    scale
        Scale of X.
    imputed
        Why values of X may have been filled in although nobody said which (the evidence in
        words); empty when X holds measured values only. Such an assay is not tested.
    """

    name: str
    kind: AssayKind
    material: Material
    data: AnnData | None = None
    table: pd.DataFrame | Path | None = None
    scale: Scale = "linear"
    imputed: str = ""

    @property
    def matrix(self) -> AnnData:
        """The measurements-by-analytes matrix; an error when this assay is a tidy table."""
        if self.data is None:
            raise NotEstimable(f"assay {self.name!r} holds a tidy table, no matrix of measurements")
        return self.data

    @property
    def tidy(self) -> pd.DataFrame:
        """The tidy table, read from its file where it lies in one; an error when there is none."""
        if self.table is None:
            raise NotEstimable(f"assay {self.name!r} holds no tidy table")
        return pd.read_parquet(self.table) if isinstance(self.table, Path) else self.table


@dataclass(frozen=True)
class Step:
    """One line of a study's history: which step, what it did, with which parameters."""

    step: str
    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """Everything that was measured, with its samples, design and history.

    Parameters
    ----------
    title, organism
        Words for the reader; `organism` is a species name.
    samples
        A row per physical sample, index = sample name (DESIGN section 1).
    assays
        Name to Assay.
    design
        What is to be compared, or None.
    history
        Steps that made this study, oldest first.
    simulated
        True when the numbers come from `secretome.simulate`; printed across every page.

    Examples
    --------
    >>> study = Study("two flasks", pd.DataFrame({"donor": ["D1", "D2"]}, index=["a", "b"]))
    >>> study.organism
    'Homo sapiens'
    """

    title: str
    samples: pd.DataFrame
    assays: Mapping[str, Assay] = field(default_factory=dict)
    design: Design | None = None
    history: tuple[Step, ...] = ()
    organism: str = "Homo sapiens"
    simulated: bool = False

    def with_assay(self, assay: Assay) -> Study:
        """This study with one assay added or replaced."""
        return replace(self, assays={**self.assays, assay.name: assay})

    def with_step(self, step: str, text: str, **parameters: object) -> Study:
        """This study with one more line in its history."""
        return replace(self, history=(*self.history, Step(step, text, dict(parameters))))

    def select(self, *, kind: AssayKind, material: Material | None = None) -> tuple[Assay, ...]:
        """Assays of one kind (and material), in the order in which they were given."""
        return tuple(
            assay
            for assay in self.assays.values()
            if assay.kind == kind and (material is None or assay.material == material)
        )

    def to_mudata(self) -> object:
        """The study as a `mudata.MuData`, one modality an assay that has a matrix.

        Measurements, states, further layers, annotations and the sample table travel, with
        texts, dates, categories and missing cells as they are; the columns of the sample table
        also stand in `obs` of each modality under their own names, for whoever opens the file
        elsewhere.
        Design, history and tidy tables do not: see `left_behind`.

        Raises
        ------
        InvalidDossier
            If a table holds what HDF5 cannot (lists, mixed kinds in one column).
        """
        return _container(self)

    def left_behind(self) -> tuple[str, ...]:
        """Sentences on what of this study a MuData cannot carry."""
        tidy = [name for name, assay in self.assays.items() if assay.data is None]
        both = [
            name for name, assay in self.assays.items() if assay.data is not None and assay.table is not None
        ]
        lines = [
            f"assay {name!r} is a tidy table and does not travel in a MuData; export it as csv or parquet"
            for name in tidy
        ]
        lines += [
            f"the tidy table of assay {name!r} does not travel in a MuData, its matrix does" for name in both
        ]
        if self.design is not None:
            lines.append("the design does not travel in a MuData; it stands in study.toml and study.json")
        if self.history:
            lines.append("the history does not travel in a MuData; it stands in dossier.json and study.json")
        return tuple(lines)


def read_mudata(path: Path) -> object:
    """The `mudata.MuData` in an h5mu file."""
    with _shared_names():
        return _mudata().read_h5mu(path)


def write_mudata(container: object, path: Path) -> None:
    """Write a `mudata.MuData` to an h5mu file."""
    with _shared_names():
        container.write(path)  # type: ignore[attr-defined]


def from_mudata(container: object) -> Study:
    """The study that `Study.to_mudata` made a container of, without design, history and tidy tables.

    Raises
    ------
    InvalidDossier
        If the container was not made by `Study.to_mudata`; read a foreign one as an assay
        (`format = "anndata"`).
    """
    facts = getattr(container, "uns", {}).get(_KEY)
    if facts is None or "samples" not in facts:
        raise InvalidDossier(
            'this MuData was not written by secretome; read it as an assay, format = "anndata" in study.toml'
        )
    return Study(
        title=str(facts["title"]),
        samples=from_text(str(facts["samples"])),
        assays=assays_from_mudata(container),
        organism=str(facts["organism"]),
        simulated=bool(facts["simulated"]),
    )


def assays_from_mudata(container: object) -> dict[str, Assay]:
    """Assays of a `mudata.MuData` written by `Study.to_mudata`.

    Parameters
    ----------
    container
        A MuData whose modalities carry `uns["secretome"]`.

    Returns
    -------
    Name to Assay, in the order of the modalities.
    """
    assays = {}
    for label, data in container.mod.items():  # type: ignore[attr-defined]
        facts = data.uns.get(_KEY)
        if facts is None or "obs" not in facts:
            raise InvalidDossier(f"modality {label!r} was not written by secretome")
        name = str(facts["name"])
        clean = AnnData(
            data.X.copy(),
            obs=from_plain(data.obs, str(facts["obs"])),
            var=from_plain(data.var, str(facts["var"])),
        )
        for layer, key in json.loads(str(facts["layers"])).items():
            clean.layers[layer] = np.array(data.layers[key])
        kind = _one_of(facts["kind"], ASSAY_KINDS, name)
        material = _one_of(facts["material"], MATERIALS, name)
        imputed = str(facts.get("imputed", ""))
        assays[name] = Assay(name, kind, material, clean, scale=facts["scale"], imputed=imputed)  # type: ignore[arg-type]
    return assays


_KEY = "secretome"


def _container(study: Study) -> object:
    matrices = {name: assay for name, assay in study.assays.items() if assay.data is not None}
    modalities = {
        safe_name(name, position): _modality(assay, study.samples)
        for position, (name, assay) in enumerate(matrices.items())
    }
    with _shared_names():
        container = _mudata().MuData(modalities)
    container.uns[_KEY] = {
        "title": study.title,
        "organism": study.organism,
        "simulated": study.simulated,
        "samples": to_text(study.samples, where="sample table"),
    }
    return container


def _modality(assay: Assay, samples: pd.DataFrame) -> AnnData:
    """An AnnData that HDF5 can hold; `uns["secretome"]` tells how to make the assay of it again."""
    data = assay.matrix
    where = f"assay {assay.name!r}"
    obs, obs_note = to_plain(data.obs, where=f"{where}, measurements")
    var, var_note = to_plain(data.var, where=f"{where}, analytes")
    if "sample" in data.obs and set(data.obs["sample"]) <= set(samples.index):
        # for whoever opens the file elsewhere; it is not read back from here
        known, _ = to_plain(samples_of(assay, samples), where="sample table")
        for name in (name for name in known if name not in obs):
            obs[name] = known[name].to_numpy()
    plain = AnnData(np.array(data.X), obs=obs, var=var)
    layers = {str(name): safe_name(str(name), position) for position, name in enumerate(data.layers)}
    for name, key in layers.items():
        plain.layers[key] = np.array(data.layers[name])
    plain.uns[_KEY] = {
        "name": assay.name,
        "kind": assay.kind,
        "material": assay.material,
        "scale": assay.scale,
        "imputed": assay.imputed,
        "obs": obs_note,
        "var": var_note,
        "layers": json.dumps(layers),
    }
    return plain


def samples_of(assay: Assay, samples: pd.DataFrame) -> pd.DataFrame:
    """The rows of the sample table that belong to the measurements of an assay, in their order."""
    names: Sequence[str] = list(assay.matrix.obs["sample"])
    found = samples.loc[names].copy()
    found.index = assay.matrix.obs_names
    return found


@contextmanager
def _shared_names() -> Iterator[None]:
    """A protein measured in medium and in lysate has one name in both; mudata warns of that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*_names are not unique", category=UserWarning)
        yield


def _mudata() -> ModuleType:
    """The mudata library, told not to copy the columns of modalities into the container."""
    import mudata

    mudata.set_options(pull_on_update=False)
    module: ModuleType = mudata
    return module


def _one_of(value: object, allowed: tuple[str, ...], where: str) -> str:
    if value not in allowed:
        raise InvalidDossier(f"modality {where!r}: {value!r} is none of {', '.join(allowed)}")
    return str(value)
