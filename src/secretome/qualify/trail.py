"""The trail of a number: input hashes, versions, seed, convention; and a log that only grows."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path

from secretome import __version__
from secretome.errors import InvalidInput, Problem
from secretome.results import Result

HEADING = "Draft test summary: not a certificate of analysis, not a release decision"
SIMULATED = "SIMULATED: invented by a computer, not measured"


@dataclass(frozen=True)
class Trail:
    """What a result rests on.

    Parameters
    ----------
    inputs
        File name to sha256.
    seed
        Of every draw.
    simulated
        Whether the numbers were made by a computer.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    simulated: bool = False


def with_trail(result: Result, trail: Trail) -> Result:
    """The result with heading, input hashes, versions and seed among its parameters.

    Examples
    --------
    >>> from secretome.results import Answer
    >>> found = with_trail(Result("qualify", "x", "?", Answer("none")), Trail({"a.csv": "00"}))
    >>> found.parameters["heading"]
    'Draft test summary: not a certificate of analysis, not a release decision'
    """
    heading = f"{SIMULATED}. {HEADING}" if trail.simulated else HEADING
    facts = {
        "heading": heading,
        "signature": "",
        "inputs_sha256": dict(trail.inputs),
        "versions": versions(),
        "seed": trail.seed,
        "simulated": trail.simulated,
    }
    notes = (SIMULATED, *result.notes) if trail.simulated else result.notes
    return replace(result, parameters={**result.parameters, **facts}, notes=notes)


def versions() -> dict[str, str]:
    """Python, this package and the libraries that compute its numbers."""
    return {
        "python": platform.python_version(),
        "secretome": __version__,
        **{name: metadata.version(name) for name in ("numpy", "scipy", "pandas")},
    }


def fingerprint(results: Sequence[Result]) -> str:
    """The sha256 of verdicts, answers, parameters and tables: a changed input is a new result.

    Examples
    --------
    >>> len(fingerprint([]))
    64
    """
    facts = [
        [
            r.key,
            r.verdict,
            r.sentence(),
            r.parameters,
            {n: t.to_csv(index=False) for n, t in r.tables.items()},
        ]
        for r in results
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def append_log(
    log: Path, results: Sequence[Result], *, who: str, when: str, command: str
) -> Mapping[str, object]:
    """Add one line to a log: who ran what, on which inputs, with which result.

    Parameters
    ----------
    log
        JSON lines; made when absent.
    who, when, command
        Person, ISO time and command line, given by the caller.

    Returns
    -------
    The line written. Each line holds the sha256 of the one before it, so that a line that was
    changed or taken out shows.

    Raises
    ------
    InvalidInput
        If a line of the log was changed.
    """
    lines = check_log(log)
    entry: dict[str, object] = {
        "number": len(lines) + 1,
        "before": _digest(lines[-1]) if lines else "",
        "who": who,
        "when": when,
        "command": command,
        "inputs_sha256": dict(results[0].parameters.get("inputs_sha256", {})) if results else {},  # type: ignore[call-overload]
        "verdicts": {result.key: result.verdict for result in results},
        "result_sha256": fingerprint(results),
        "versions": versions(),
    }
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
    return entry


def check_log(log: Path) -> tuple[str, ...]:
    """The lines of a log, after checking that each names the one before it.

    Raises
    ------
    InvalidInput
        If a line is no JSON or does not follow from the one before.
    """
    if not log.exists():
        return ()
    lines = tuple(line for line in log.read_text(encoding="utf-8").splitlines() if line)
    before = ""
    for number, line in enumerate(lines, start=1):
        try:
            named = json.loads(line).get("before")
        except json.JSONDecodeError:
            named = None
        if named != before:
            found = "a line that does not follow from the one before it"
            action = "The log was changed: keep it as evidence and begin a new one."
            raise InvalidInput([Problem(log.name, found, "an untouched log", action, number)])
        before = _digest(line)
    return lines


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
