"""Ordered results with the fingerprint of their study, kept as data in a folder."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from .design import Design
from .errors import InvalidDossier
from .results import Answer, Cell, Method, Result, Source
from .study import Assay, Step, Study, assays_from_mudata, read_mudata, write_mudata

# 2: study.h5mu carries notes on its columns, so that texts, dates and missing cells come back as they were
FORMAT = 2


@dataclass(frozen=True)
class Dossier:
    """What a run found, in pipeline order.

    Parameters
    ----------
    study
        The study as it left the last stage.
    results
        Results in pipeline order.
    inputs
        Input file name to sha256.
    seed
        Seed of the run.
    versions
        Package name to version, of what computed the numbers.
    plan
        The text of study.toml as run.
    created
        ISO date of the run.
    """

    study: Study
    results: tuple[Result, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    plan: str = ""
    created: str = ""

    def result(self, key: str) -> Result:
        """The result of that stage and name, `"vary.contrasts"`.

        Raises
        ------
        InvalidDossier
            If no such result was made.
        """
        for result in self.results:
            if result.key == key:
                return result
        raise InvalidDossier(f"no result {key!r}; there are: {', '.join(r.key for r in self.results)}")


def save(dossier: Dossier, folder: Path) -> None:
    """Write the data of a dossier: dossier.json, study.h5mu, tables/ (csv and parquet).

    Parameters
    ----------
    folder
        An existing folder; files of the same names are replaced.
    """
    save_results(dossier.results, folder)
    save_study(dossier.study, folder)
    facts = {
        "format": FORMAT,
        "title": dossier.study.title,
        "verdicts": {r.key: r.verdict for r in dossier.results},
        "answers": {r.key: r.sentence() for r in dossier.results},
        "seed": dossier.seed,
        "created": dossier.created,
        "inputs": dict(dossier.inputs),
        "versions": dict(dossier.versions),
        "parameters": {r.key: r.parameters for r in dossier.results},
        "design": _design_facts(dossier.study.design),
        "history": [asdict(step) for step in dossier.study.history],
    }
    _write_json(folder / "dossier.json", facts)
    (folder / "study.toml").write_text(dossier.plan, encoding="utf-8")


def load(folder: Path) -> Dossier:
    """The dossier that `save` wrote.

    Raises
    ------
    InvalidDossier
        If a part is missing or of another format.
    """
    facts = _read_json(folder / "dossier.json")
    if facts.get("format") != FORMAT:
        raise InvalidDossier(f"{folder}: dossier format {facts.get('format')!r}; this version reads {FORMAT}")
    plan = folder / "study.toml"
    return Dossier(
        study=load_study(folder),
        results=load_results(folder),
        inputs=facts["inputs"],
        seed=facts["seed"],
        versions=facts["versions"],
        plan=plan.read_text(encoding="utf-8") if plan.exists() else "",
        created=facts["created"],
    )


def save_results(results: Sequence[Result], folder: Path) -> None:
    """Write results as results.json and one csv and parquet file for each table."""
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    listed = []
    for result in results:
        facts = asdict(result)
        facts["tables"] = list(result.tables)
        listed.append(facts)
        for name, table in result.tables.items():
            stem = tables / f"{result.key}.{name}"
            table.to_csv(f"{stem}.csv", index=False, lineterminator="\n")
            table.to_parquet(f"{stem}.parquet", index=False)
    _write_json(folder / "results.json", listed)


def load_results(folder: Path) -> tuple[Result, ...]:
    """The results that `save_results` wrote, in their order."""
    found = []
    for facts in _read_json(folder / "results.json"):
        key = f"{facts['stage']}.{facts['name']}"
        tables = {}
        for name in facts["tables"]:
            path = folder / "tables" / f"{key}.{name}.parquet"
            if not path.exists():
                raise InvalidDossier(f"{path} is missing: the dossier is not whole")
            tables[name] = pd.read_parquet(path)
        facts["tables"] = tables
        cells = {name: Cell(**cell) for name, cell in facts["answer"]["cells"].items()}
        facts["answer"] = Answer(facts["answer"]["template"], cells)
        facts["sources"] = tuple(Source(**source) for source in facts["sources"])
        facts["methods"] = tuple(Method(m["text"], tuple(m["dois"])) for m in facts["methods"])
        facts["notes"], facts["lacks"] = tuple(facts["notes"]), tuple(facts["lacks"])
        found.append(Result(**facts))
    return tuple(found)


def save_study(study: Study, folder: Path) -> None:
    """Write a study: study.h5mu (measurements), samples.parquet, tables/assay.*.parquet, study.json."""
    folder.mkdir(parents=True, exist_ok=True)
    write_mudata(study.to_mudata(), folder / "study.h5mu")
    samples = study.samples.rename_axis("sample").reset_index()
    samples.to_parquet(folder / "samples.parquet", index=False)
    facts = {
        "title": study.title,
        "organism": study.organism,
        "simulated": study.simulated,
        "design": _design_facts(study.design),
        "history": [asdict(step) for step in study.history],
        "assays": [_save_assay(assay, folder) for assay in study.assays.values()],
    }
    _write_json(folder / "study.json", facts)


def load_study(folder: Path) -> Study:
    """The study that `save_study` wrote.

    Raises
    ------
    InvalidDossier
        If a file is missing.

    Notes
    -----
    Tidy tables of assays stay in their files: `Assay.table` is a path, `Assay.tidy` reads it.
    """
    if not (folder / "study.h5mu").exists():
        raise InvalidDossier(f"{folder / 'study.h5mu'} is missing: the dossier is not whole")
    container = read_mudata(folder / "study.h5mu")
    facts = _read_json(folder / "study.json")
    design = facts["design"]
    return Study(
        title=facts["title"],
        samples=pd.read_parquet(folder / "samples.parquet").set_index("sample"),
        assays=_load_assays(facts.get("assays", []), assays_from_mudata(container), folder),
        design=Design(**{**design, "random": tuple(design["random"])}) if design else None,
        history=tuple(Step(**step) for step in facts["history"]),
        organism=facts["organism"],
        simulated=facts["simulated"],
    )


def _assay_table(folder: Path, name: str) -> Path:
    return folder / "tables" / f"assay.{name}.parquet"


def _save_assay(assay: Assay, folder: Path) -> dict[str, object]:
    """What the matrices do not tell of an assay, its tidy table written beside them."""
    if assay.table is not None:
        path = _assay_table(folder, assay.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(assay.table, pd.DataFrame):
            assay.table.to_parquet(path, index=False)
        elif assay.table.resolve() != path.resolve():
            shutil.copyfile(assay.table, path)
    return {
        "name": assay.name,
        "kind": assay.kind,
        "material": assay.material,
        "scale": assay.scale,
        "matrix": assay.data is not None,
        "table": assay.table is not None,
    }


def _load_assays(
    listed: Sequence[Mapping[str, object]], matrices: dict[str, Assay], folder: Path
) -> dict[str, Assay]:
    """Assays in their order, with the tables that lie beside the matrices."""
    if not listed:
        return matrices
    assays = {}
    for facts in listed:
        name = str(facts["name"])
        path = _assay_table(folder, name) if facts["table"] else None
        if path is not None and not path.exists():
            raise InvalidDossier(f"{path} is missing: the dossier is not whole")
        if facts["matrix"] and name not in matrices:
            raise InvalidDossier(
                f"{folder / 'study.h5mu'} lacks the assay {name!r}: the dossier is not whole"
            )
        alone = Assay(name, facts["kind"], facts["material"], scale=facts["scale"])  # type: ignore[arg-type]
        assays[name] = replace(matrices.get(name, alone), table=path)
    return assays


def _design_facts(design: Design | None) -> dict[str, object] | None:
    if design is None:
        return None
    return {
        "unit": design.unit,
        "formula": design.formula,
        "random": list(design.random),
        "contrasts": dict(design.contrasts),
    }


def _write_json(path: Path, facts: object) -> None:
    text = json.dumps(_plain(facts), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict:  # type: ignore[type-arg]
    if not path.exists():
        raise InvalidDossier(f"{path} is missing: this folder is no dossier, or not a whole one")
    try:
        facts: dict = json.loads(path.read_text(encoding="utf-8"))  # type: ignore[type-arg]
    except json.JSONDecodeError as error:
        raise InvalidDossier(f"{path} cannot be read as JSON: {error}") from error
    return facts


def _plain(value: object) -> object:
    """Numbers, texts, lists and dicts only; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
