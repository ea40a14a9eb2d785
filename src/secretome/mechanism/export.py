"""The models as SBML files; the only file that names the Antimony and SBML libraries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from secretome.errors import InvalidModel, MissingExtra

from .authoring import antimony
from .network import Model


def sbml(
    model: Model, *, context: Mapping[str, str] | None = None, topology: Mapping[str, str] | None = None
) -> str:
    """A model as SBML Level 3 Version 2 core.

    Parameters
    ----------
    model
        The network.
    context, topology
        As in `authoring.antimony`.

    Raises
    ------
    MissingExtra
        If antimony or libsbml is not installed.
    InvalidModel
        If the text does not parse or libsbml finds an error in it.

    Notes
    -----
    Rate rules and assignment rules only, so that libroadrunner, COPASI and PEtab tools take it. Simulated by
    libroadrunner and COPASI to within 1e-6 of each other (tests/mechanism/test_export.py).
    """
    try:
        import antimony as library
        import libsbml
    except ImportError as error:
        raise MissingExtra("mechanism", "writing a model as SBML") from error
    library.clearPreviousLoads()
    if library.loadAntimonyString(antimony(model, context=context, topology=topology)) < 0:
        raise InvalidModel(f"model {model.name!r} is no valid Antimony: {library.getLastError()}")
    document = libsbml.readSBMLFromString(library.getSBMLString(model.name))
    document.setLevelAndVersion(3, 2, False)
    faults = errors(document)
    if faults:
        raise InvalidModel(f"model {model.name!r} is no valid SBML: {'; '.join(faults[:20])}")
    text: str = libsbml.writeSBMLToString(document)
    return text


def errors(document: object) -> list[str]:
    """What libsbml's consistency check finds wrong, warnings left out."""
    import libsbml

    document.checkConsistency()  # type: ignore[attr-defined]
    found = (document.getError(at) for at in range(document.getNumErrors()))  # type: ignore[attr-defined]
    return [fault.getMessage().strip() for fault in found if fault.getSeverity() >= libsbml.LIBSBML_SEV_ERROR]


def write(
    model: Model,
    path: Path,
    *,
    context: Mapping[str, str] | None = None,
    topology: Mapping[str, str] | None = None,
) -> None:
    """Write a model to a file: SBML, or Antimony where the name ends in `.ant`."""
    if path.suffix == ".ant":
        path.write_text(antimony(model, context=context, topology=topology), encoding="utf-8")
    else:
        path.write_text(sbml(model, context=context, topology=topology), encoding="utf-8")
