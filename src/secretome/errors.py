"""Every error that `secretome` raises, named by what the reader must do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class SecretomeError(Exception):
    """Base of every error of this package; its text is meant for the person at the bench.

    `exit_code` is what the command line returns: 1 the input says no, 3 a file cannot be read.
    """

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """A copy for another process: as it is, without the constructor and its arguments."""
        return _again, (type(self), self.args, self.__dict__)


def _again(
    kind: type[SecretomeError], arguments: tuple[object, ...], facts: dict[str, object]
) -> SecretomeError:
    error = kind.__new__(kind)
    error.args = arguments
    error.__dict__.update(facts)
    return error


@dataclass(frozen=True)
class Problem:
    """One fault of the inputs: where it is, what was found, what was expected, what to do."""

    file: str
    found: str
    expected: str
    action: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        """One line: place, found, expected, action."""
        place = [self.file or "input"]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column!r}")
        return f"{', '.join(place)}: {self.found}; expected {self.expected}. {self.action}"


class InvalidInput(SecretomeError):
    """The inputs contradict themselves or each other: mend what the list of problems names."""

    shown_at_once = 20

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [f"- {problem}" for problem in self.problems[: self.shown_at_once]]
        hidden = len(self.problems) - self.shown_at_once
        if hidden > 0:
            lines.append(f"- … and {hidden} more of the same inputs")
        count = len(self.problems)
        super().__init__("\n".join([f"{count} problem{'s' if count != 1 else ''} found", *lines]))


class UnreadableFile(SecretomeError):
    """A file is missing, empty, truncated or of a kind that we do not read: send it again."""

    exit_code = 3


class UnknownFormat(UnreadableFile):
    """The file opens but is no table that a reader knows: name its format or send another export."""


class InvalidPlan(InvalidInput):
    """study.toml says something that cannot be followed: mend the lines named."""


class MissingColumn(SecretomeError):
    """A column that was named is not there: choose one of those that are."""

    def __init__(self, column: str, available: Iterable[str], *, where: str) -> None:
        super().__init__(f"{where} has no column {column!r}{near_misses(column, available)}")


class UnitMismatch(SecretomeError):
    """A unit is missing, unknown or cannot be converted: declare the unit of the analyte."""


class UnknownLevel(SecretomeError):
    """A contrast names a level that no sample has: use one of those listed."""


class InvalidFormula(SecretomeError):
    """A formula is not of the kind that we read, or not for these samples: mend it."""


class InvalidContrast(SecretomeError):
    """A contrast is no linear expression in factor[level], or asks for no one number: mend it."""


class NotEstimable(SecretomeError):
    """The design cannot answer the question: change the formula or measure the missing samples."""


class InvalidArray(SecretomeError):
    """An array handed to `stats` has the wrong shape or holds what it cannot: see the message."""


class MissingExtra(SecretomeError):
    """An optional part is not installed: install the extra that the message names."""

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs the extra {extra!r}: pip install 'secretome[{extra}]'")


class InvalidDossier(SecretomeError):
    """A folder is not a dossier, or not a whole one: run `secretome run` again."""


class InvalidKnowledge(SecretomeError):
    """A knowledge table breaks its own schema or checksum: reinstall or mend the table."""


class LostWorker(SecretomeError):
    """A worker process ended without an answer: use fewer workers, or more memory."""


class Unreachable(SecretomeError):
    """A server does not answer, or we are offline: connect, or bring the file yourself."""

    exit_code = 3


class WrongDownload(SecretomeError):
    """What came over the network is not what was named: try again, or ask for the right file."""

    exit_code = 3


class InvalidModel(SecretomeError):
    """A mechanism model contradicts itself, or does not know what it was asked for: see the message."""


class InvalidStore(SecretomeError):
    """A file is no evidence store, is damaged, or lacks what was named: see the message."""


class StoreNotWritable(SecretomeError):
    """The evidence store cannot be written now (busy, disk full, read only): nothing was lost; try again."""


class InvalidSearch(SecretomeError):
    """A search cannot be understood: name a field that exists, or something to look for."""


class NotPoolable(SecretomeError):
    """Effects must not be pooled as asked: other products or species, unaccepted facts, or too few."""


def near_misses(word: str, available: Iterable[str]) -> str:
    """A sentence with the closest of the available words, or all of them when few.

    Examples
    --------
    >>> near_misses("donr", ["donor", "tissue"])
    '; did you mean donor? There are: donor, tissue'
    """
    names = [str(name) for name in available]
    close = get_close_matches(word, names, n=3, cutoff=0.6)
    listed = ", ".join(names[:12]) + (f" … ({len(names)} in all)" if len(names) > 12 else "")
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    return f"{hint} There are: {listed or 'none'}"
