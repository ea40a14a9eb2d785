"""RO-Crate 1.1: what each file of the dossier is, where it came from, its size and checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote, unquote

from secretome import __version__
from secretome.dossier import Dossier

# Written by hand: the rocrate library asks for a network client to make the same plain JSON-LD.
CRATE = "ro-crate-metadata.json"
_FORMATS = {
    ".html": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
    ".bib": "application/x-bibtex",
    ".toml": "application/toml",
    ".h5mu": "application/x-hdf5",
}
_WORDS = {
    "index.html": "The report, one page that opens offline",
    "dossier.json": "Verdicts, answers, parameters, versions, inputs, seed, design and history",
    "results.json": "Every result but its tables",
    "study.h5mu": "Measurements, states and annotations",
    "study.json": "Title, organism, design and history of the study",
    "samples.parquet": "The sample table",
    "study.toml": "The plan as run",
    "methods.md": "Methods of what was run",
    "references.bib": "References of the methods and the factors",
}


def write_crate(dossier: Dossier, folder: Path, *, skip: Collection[str] = ()) -> None:
    """Write the RO-Crate metadata of every file that lies in the folder.

    Parameters
    ----------
    folder
        The dossier, complete but for this file.
    skip
        Names of files that do not belong to it.
    """
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != CRATE and p.name not in skip)
    files = [_file(folder, path) for path in paths]
    inputs = [_input(name, digest) for name, digest in sorted(dossier.inputs.items())]
    graph = [
        _descriptor(),
        _root(dossier, files),
        *files,
        *inputs,
        _run(dossier, inputs),
        *_software(dossier),
    ]
    crate = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": [*graph, _rights()]}
    text = json.dumps(crate, ensure_ascii=False, indent=1) + "\n"
    (folder / CRATE).write_text(text, encoding="utf-8", newline="\n")


def listed_files(folder: Path) -> frozenset[str]:
    """Names of the files that the crate in this folder lists, itself included; empty without one."""
    if not (folder / CRATE).is_file():
        return frozenset()
    try:
        graph = json.loads((folder / CRATE).read_text(encoding="utf-8"))["@graph"]
    except (ValueError, KeyError):
        # A crate that somebody damaged lists nothing; the caller then goes by names.
        return frozenset()
    root: dict[str, list[dict[str, str]]] = next(
        (entity for entity in graph if entity.get("@id") == "./"), {}
    )
    return frozenset({CRATE, *(unquote(part["@id"]) for part in root.get("hasPart", ()))})


def _descriptor() -> dict[str, object]:
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }


def _root(dossier: Dossier, files: list[dict[str, object]]) -> dict[str, object]:
    simulated = "SIMULATED: " if dossier.study.simulated else ""
    root: dict[str, object] = {
        "@id": "./",
        "@type": "Dataset",
        "name": simulated + dossier.study.title,
        "description": f"{simulated}Dossier of a secretome: measurements, results, figures and methods.",
        "license": {"@id": "#rights"},
        "hasPart": [{"@id": entity["@id"]} for entity in files],
        "mentions": [{"@id": "#run"}],
    }
    if dossier.created:
        root["datePublished"] = dossier.created
    return root


def _file(folder: Path, path: Path) -> dict[str, object]:
    name = path.relative_to(folder).as_posix()
    content = path.read_bytes()
    suffix = "".join(path.suffixes[-1:])
    return {
        "@id": quote(name),
        "@type": "File",
        "name": name,
        "description": _WORDS.get(name, "Figure" if name.startswith("figures/") else "Table of a result"),
        "encodingFormat": _FORMATS.get(suffix, "application/octet-stream"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _input(name: str, digest: str) -> dict[str, object]:
    # The inputs stay with the laboratory, so they are described, not contained.
    return {"@id": f"#input-{quote(name, safe='')}", "@type": "CreativeWork", "name": name, "sha256": digest}


def _run(dossier: Dossier, inputs: list[dict[str, object]]) -> dict[str, object]:
    run: dict[str, object] = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"secretome run, seed {dossier.seed}",
        "instrument": {"@id": "#software-secretome"},
        "object": [{"@id": entity["@id"]} for entity in inputs],
        "result": {"@id": "./"},
    }
    if dossier.created:
        run["endTime"] = dossier.created
    return run


def _software(dossier: Dossier) -> list[dict[str, object]]:
    versions = {"secretome": __version__, **dossier.versions}
    return [
        {
            "@id": f"#software-{quote(name, safe='')}",
            "@type": "SoftwareApplication",
            "name": name,
            "version": number,
        }
        for name, number in sorted(versions.items())
    ]


def _rights() -> dict[str, object]:
    return {
        "@id": "#rights",
        "@type": "CreativeWork",
        "name": "Rights of the laboratory",
        "description": "The data belong to the laboratory that measured them; this file grants no licence.",
    }
