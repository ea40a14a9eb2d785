"""The RO-Crate lists every file with its checksum."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from secretome import report
from secretome.dossier import Dossier
from secretome.report.crate import CRATE, listed_files


@pytest.fixture(scope="module")
def folder(dossier: Dossier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.publish(dossier, tmp_path_factory.mktemp("crate") / "study")


@pytest.fixture(scope="module")
def graph(folder: Path) -> dict[str, dict[str, object]]:
    crate = json.loads((folder / CRATE).read_text())
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])
    return entities


def test_every_file_is_listed_with_size_and_checksum(
    folder: Path, graph: dict[str, dict[str, object]]
) -> None:
    listed = {unquote(name): entity for name, entity in graph.items() if entity["@type"] == "File"}
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(listed) == found - {CRATE}
    for name, entity in listed.items():
        content = (folder / name).read_bytes()
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_root_and_its_descriptor_are_as_the_standard_asks(graph: dict[str, dict[str, object]]) -> None:
    descriptor, root = graph[CRATE], graph["./"]
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert descriptor["about"] == {"@id": "./"}
    assert {"name", "description", "datePublished", "license"} <= set(root)


def test_every_reference_leads_to_an_entity(graph: dict[str, dict[str, object]]) -> None:
    def ids(value: object) -> list[str]:
        if isinstance(value, list):
            return [found for item in value for found in ids(item)]
        return [value["@id"]] if isinstance(value, dict) else []

    for entity in graph.values():
        for name, value in entity.items():
            for found in ids(value):
                assert found in graph or name == "conformsTo", found


def test_inputs_and_software_are_described(dossier: Dossier, graph: dict[str, dict[str, object]]) -> None:
    for name, digest in dossier.inputs.items():
        assert graph[f"#input-{name}"]["sha256"] == digest
    assert graph["#software-numpy"]["version"] == "2.0.0"


def test_the_library_of_the_standard_reads_it(folder: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate", reason="rocrate is not installed")
    crate = rocrate.ROCrate(folder)
    assert crate.root_dataset["name"].startswith("SIMULATED")
    assert crate.get("index.html") is not None


def test_a_damaged_crate_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / CRATE).write_text("{")
    assert listed_files(tmp_path) == frozenset()
