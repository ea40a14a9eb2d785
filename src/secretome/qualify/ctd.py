"""Tables under the sections of the common technical document, as drafts, each number with its trail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from secretome.errors import UnreadableFile
from secretome.results import Answer, Result

from .trail import fingerprint

# Section of the common technical document -> results whose tables belong under it, as drafts.
CTD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "3.2.S.3 Characterisation": ("purity", "matrix", "forms"),
        "3.2.S.4 Control of drug substance": ("specification", "limits", "potency", "combination", "validation"),
        "3.2.S.5 Reference standards": ("potency", "bridging"),
        "3.2.S.7 Stability": ("stability", "steps"),
        "3.2.P.5 Control of drug product": (
            "specification", "limits", "potency", "combination", "validation", "control", "comparability",
        ),
        "3.2.P.8 Stability": ("stability", "steps", "arrhenius"),
    }
)  # fmt: skip
_COLUMNS = ["section", "result", "table", "row", "column", "value", "inputs_sha256", "result_sha256"]


def ctd_layout(results: Sequence[Result]) -> dict[str, list[tuple[str, str, pd.DataFrame]]]:
    """Existing tables under the sections of the common technical document, as drafts.

    Parameters
    ----------
    results
        Of this stage.

    Returns
    -------
    Section to (result key, table name, table); a section without a table is there and empty.

    Examples
    --------
    >>> list(ctd_layout([]))[0]
    '3.2.S.3 Characterisation'
    """
    return {
        section: [
            (result.key, name, table)
            for result in results
            if result.stage == "qualify" and result.name.partition("_")[0] in names
            for name, table in result.tables.items()
        ]
        for section, names in CTD.items()
    }


def ctd_numbers(results: Sequence[Result]) -> pd.DataFrame:
    """Every cell of these tables with the sha256 of its inputs and of its result.

    Returns
    -------
    A row a cell: section, result, table, row (from 1), column, value as text, inputs and result sha256.

    Examples
    --------
    >>> ctd_numbers([]).columns.tolist()[:3]
    ['section', 'result', 'table']
    """
    of = {result.key: result for result in results}
    rows = []
    for section, listed in ctd_layout(results).items():
        for key, name, table in listed:
            facts = of[key].parameters
            inputs = facts.get("inputs_sha256", {})
            listed_inputs = dict(inputs) if isinstance(inputs, Mapping) else {}
            trail = "; ".join(f"{file} {sha}" for file, sha in listed_inputs.items())
            sha = str(facts.get("result_sha256") or fingerprint([of[key]]))
            for position, record in enumerate(table.to_dict("records"), start=1):
                rows += [(section, key, name, position, c, str(v), trail, sha) for c, v in record.items()]
    return pd.DataFrame(rows, columns=_COLUMNS)


def results_of(folder: Path) -> tuple[Result, ...]:
    """The results that a command wrote to a folder, with their tables and trail.

    Raises
    ------
    UnreadableFile
        If the folder has no results.json, or it is none of ours.
    """
    path = folder / "results.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return tuple(_result(fact) for fact in facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} holds no results of qualify ({error}); name a folder that `-o` wrote"
        raise UnreadableFile(message) from error


def _result(fact: Mapping[str, object]) -> Result:
    stage, _, name = str(fact["result"]).partition(".")
    tables = fact["tables"]
    parameters = fact["parameters"]
    if not isinstance(tables, Mapping) or not isinstance(parameters, Mapping):
        raise TypeError("tables or parameters are no objects")
    return Result(
        stage, name, "", Answer(str(fact["answer"]).replace("{", "{{").replace("}", "}}")),
        tables={key: pd.DataFrame(rows) for key, rows in tables.items()},
        parameters={**parameters, "result_sha256": fact["sha256"]},
    )  # fmt: skip
