"""The sections of the page, one file each; a stage without a file gets the general one."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Protocol

from secretome.dossier import Dossier
from secretome.report.blocks import Section
from secretome.report.finding import Contents, finding
from secretome.results import Result

# Order and titles of the page. A later stage slots in by a file of its name in this folder, which holds
# `build(contents) -> Section | None` and, where it shows results of other stages, `SHOWS`.
TITLES = MappingProxyType(
    {
        "verdict": "What was measured, and what can be said",
        "product": "Product record",
        "samples": "Samples",
        "define": "Define: what is in the medium",
        "vary": "Vary: why it differs",
        "potential": "Potential: what it may do",
        "mechanism": "Mechanism: how it may do it",
        "evidence": "Evidence: what is known from others",
        "qualify": "Qualify: what can be said of it as a product",
        "simulate": "Simulation: how much of the planted truth was found",
        "methods": "Methods",
        "provenance": "Provenance",
    }
)


class Build(Protocol):
    """What a file of this folder offers."""

    def __call__(self, contents: Contents, /) -> Section | None:
        """The section, or None when there is nothing to show."""
        ...


def sections(dossier: Dossier) -> tuple[Section, ...]:
    """All sections of the page, in order; every result of the dossier is in exactly one of them."""
    written = {module.name for module in iter_modules(__path__)}
    files = {name: import_module(f"{__name__}.{name}") for name in _names(dossier) if name in written}
    claimed = {key: name for name, module in files.items() for key in _shows(module)}
    built = []
    for name in _names(dossier):
        mine = tuple(r for r in dossier.results if claimed.get(r.key, claimed.get(r.stage, r.stage)) == name)
        build: Build | None = files[name].build if name in files else None
        section = build(Contents(dossier, mine)) if build else general(name, mine)
        if section is not None:
            built.append(section)
    return tuple(built)


def general(stage: str, results: tuple[Result, ...]) -> Section | None:
    """A section that shows any results just as they are, or None without any."""
    if not results:
        return None
    return Section(title(stage), stage, tuple(finding(result) for result in results))


def title(name: str) -> str:
    """Heading of a section."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def _names(dossier: Dossier) -> tuple[str, ...]:
    """Names of the sections; stages that this version does not know come before the simulation."""
    new = dict.fromkeys(r.stage for r in dossier.results if r.stage not in TITLES and r.stage != "read")
    names = list(TITLES)
    at = names.index("simulate")
    return (*names[:at], *new, *names[at:])


def _shows(module: ModuleType) -> tuple[str, ...]:
    shown: tuple[str, ...] = getattr(module, "SHOWS", ())
    return shown
