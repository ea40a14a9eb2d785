"""A model and its measured ratios as a PEtab problem, and as one COMBINE archive."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd

from secretome.errors import InvalidModel
from secretome.knowledge import table

from .authoring import HELD
from .export import sbml
from .facts import clamps, parse_condition
from .members import BASAL, HALF_POINT, HILL, WEIGHT
from .network import Model

# A fixed moment, so that the same model gives the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_FORMATS = {
    ".xml": "http://identifiers.org/combine.specifications/sbml.level-3.version-2",
    ".tsv": "http://purl.org/NET/mediatypes/text/tab-separated-values",
    ".yaml": "http://purl.org/NET/mediatypes/application/x-yaml",
}
_MASTER = ' master="true"'
_MANIFEST = "http://identifiers.org/combine.specifications/omex-manifest"


def petab(model: Model, *, context: Mapping[str, str] | None = None) -> dict[str, str]:
    """The files of a PEtab 1 problem; name to text.

    Parameters
    ----------
    model
        The network.
    context
        As in `authoring.antimony`.

    Returns
    -------
    `model.xml`, `conditions.tsv`, `observables.tsv`, `measurements.tsv`, `parameters.tsv`, `problem.yaml`.
    A ratio of `quantitative_facts` is two measurements at steady state, 1 in the reference and the ratio under
    the perturbation, of a read-out times a scale of its own. The shapes of all edges, and basal activities, are
    estimated within the limits of the ensemble.

    Raises
    ------
    InvalidModel
        If no ratio with a source that was read belongs to the model.
    MissingExtra
        As `export.sbml`.
    """
    rows = table("quantitative_facts").frame
    rows = rows[(rows["model"] == model.name) & (rows["verified"] == "page")]
    if rows.empty:
        raise InvalidModel(f"no measured ratio belongs to the model {model.name!r}")
    facts = rows.to_dict("records")
    conditions: list[dict[str, object]] = []
    measured: list[dict[str, object]] = []
    observed: list[dict[str, object]] = []
    for fact in facts:
        name, readout = str(fact["id"]), model.node(str(fact["readout"]))
        for side, value in (("reference", 1.0), ("perturb", float(fact["ratio"]))):
            held = clamps(parse_condition(str(fact[side]), model), model, readout)
            cells: dict[str, object] = {"conditionId": f"{name}_{side}"}
            for at, node in enumerate(model.nodes):
                if not np.isnan(held[at]):
                    cells |= {f"{HELD}{node.name}": 1, node.name: float(held[at])}
            conditions.append(cells)
            measured.append({"observableId": f"observed_{name}", "simulationConditionId": f"{name}_{side}", "measurement": value, "time": "inf"})  # fmt: skip
        observed.append({"observableId": f"observed_{name}", "observableFormula": f"scale_{name} * {readout}", "observableTransformation": "log10", "noiseFormula": float(fact["log10_sd"]), "noiseDistribution": "normal"})  # fmt: skip
    frames = {
        "conditions.tsv": _filled(pd.DataFrame(conditions), model),
        "observables.tsv": pd.DataFrame(observed),
        "measurements.tsv": pd.DataFrame(measured),
        "parameters.tsv": pd.DataFrame(_parameters(model, context, [str(fact["id"]) for fact in facts])),
    }
    texts = {name: frame.to_csv(sep="\t", index=False, lineterminator="\n") for name, frame in frames.items()}
    return {"model.xml": sbml(model, context=context), **texts, "problem.yaml": _PROBLEM}


def write_folder(model: Model, folder: Path, *, context: Mapping[str, str] | None = None) -> None:
    """Write the PEtab problem of a model into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in petab(model, context=context).items():
        (folder / name).write_text(text, encoding="utf-8")


def write_archive(model: Model, path: Path, *, context: Mapping[str, str] | None = None) -> None:
    """Write a COMBINE archive: the SBML model, the PEtab files, and the manifest; the same bytes each time."""
    files = petab(model, context=context)
    entries = [
        (".", "http://identifiers.org/combine.specifications/omex", False),
        ("./manifest.xml", _MANIFEST, False),
    ]
    entries += [(f"./{name}", _FORMATS[Path(name).suffix], name == "model.xml") for name in files]
    lines = [
        f"  <content location={quoteattr(where)} format={quoteattr(kind)}{_MASTER if master else ''}/>"
        for where, kind, master in entries
    ]
    manifest = "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', f"<omexManifest xmlns={quoteattr(_MANIFEST)}>", *lines, "</omexManifest>", ""]
    )  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"manifest.xml": manifest, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), text, zipfile.ZIP_DEFLATED)


_PROBLEM = """format_version: 1
parameter_file: parameters.tsv
problems:
- sbml_files: [model.xml]
  condition_files: [conditions.tsv]
  observable_files: [observables.tsv]
  measurement_files: [measurements.tsv]
"""


def _filled(conditions: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Every condition says of every node that any of them holds whether it holds it, and where it starts."""
    rest = {"": 0.0} | {f"{HELD}{node.name}": 0 for node in model.nodes}
    return conditions.fillna({name: rest.get(name, 0.0) for name in conditions.columns[1:]})


def _parameters(model: Model, context: Mapping[str, str] | None, names: list[str]) -> list[dict[str, object]]:
    here = model.in_context(context or {}) * model.in_topology({})
    rows: list[tuple[str, tuple[float, float], float]] = []
    for at, edge in enumerate(model.edges):
        if here[at, 0]:
            for letter, limits, fixed, standard in (
                ("w", WEIGHT, edge.weight, 0.9), ("h", HALF_POINT, edge.half_point, 0.5), ("n", HILL, edge.hill, 1.4),
            ):  # fmt: skip
                if np.isnan(fixed):
                    rows.append((f"{letter}{at}", limits, standard))
    rows += [(f"b_{node.name}", BASAL, node.basal) for node in model.nodes if node.kind == "node" and BASAL[0] <= node.basal <= BASAL[1]]  # fmt: skip
    rows += [(f"scale_{name}", (1e-3, 1e3), 1.0) for name in names]
    return [
        {"parameterId": name, "parameterScale": "log10" if name.startswith("scale_") else "lin", "lowerBound": low, "upperBound": high, "nominalValue": nominal, "estimate": 1}
        for name, (low, high), nominal in rows
    ]  # fmt: skip
