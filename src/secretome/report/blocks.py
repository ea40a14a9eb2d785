"""What a page is made of: sections and blocks, as data that the templates walk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias


@dataclass(frozen=True)
class Link:
    """A text and where it leads: a file of the dossier, an anchor or a DOI."""

    text: str
    href: str


@dataclass(frozen=True)
class Text:
    """A paragraph, with links behind it."""

    shape: ClassVar[str] = "text"
    text: str
    links: tuple[Link, ...] = ()
    kind: Literal["plain", "lead", "hint"] = "plain"


@dataclass(frozen=True)
class Notice:
    """A list that must not be overlooked: doubts, gaps, or what is not installed."""

    shape: ClassVar[str] = "notice"
    title: str
    items: tuple[str, ...]
    kind: Literal["doubt", "lack", "info"] = "doubt"


@dataclass(frozen=True)
class Facts:
    """Names and values, in two columns; folded away when `title` is given."""

    shape: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]
    title: str = ""


@dataclass(frozen=True)
class Code:
    """Text as it stands in a file, folded away."""

    shape: ClassVar[str] = "code"
    title: str
    text: str


@dataclass(frozen=True)
class Column:
    """Heading of a column and how its cells are set; a `link` leads to `prefix` and the cell's slug."""

    title: str
    kind: Literal["text", "long", "number", "verdict", "doi", "link"] = "text"
    prefix: str = ""


@dataclass(frozen=True)
class Table:
    """The rows to print of a table, and the file that holds all of them.

    Parameters
    ----------
    caption
        What the rows are.
    columns, rows
        Headings, and cells as they are printed.
    total
        Number of rows in the file.
    href
        The CSV file, relative to the page; empty when there is none.
    folded
        Shown by its caption until a reader opens it.
    """

    shape: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    href: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Figure:
    """A drawing with its words and its table.

    Parameters
    ----------
    key
        `"stage.name"`, the stem of its files.
    title, alt
        Heading, and a sentence for who cannot see it.
    table
        The CSV file behind it, relative to the page.
    spec
        Vega-Lite without its data.
    data
        Name of each data set in `spec` to its rows.
    hint
        How to use it on the page.
    embedded
        False when the page has no room left for its data; files and table remain.
    """

    shape: ClassVar[str] = "figure"
    key: str
    title: str
    alt: str
    table: str
    spec: Mapping[str, object] = field(repr=False)
    data: Mapping[str, Sequence[Mapping[str, object]]] = field(repr=False)
    hint: str = ""
    embedded: bool = True

    def whole(self) -> dict[str, object]:
        """The Vega-Lite specification with its data in it."""
        return {**self.spec, "datasets": {name: list(rows) for name, rows in self.data.items()}}


@dataclass(frozen=True)
class VerdictLine:
    """One line of the verdict box; `verdict` is empty where none was due."""

    stage: str
    label: str
    verdict: str
    text: str
    href: str


@dataclass(frozen=True)
class Verdicts:
    """Judgements or findings of the run, one a line, under a heading."""

    shape: ClassVar[str] = "verdicts"
    lines: tuple[VerdictLine, ...]
    title: str = ""


@dataclass(frozen=True)
class Group:
    """Blocks under a heading of their own, which `anchor` lets other blocks link to."""

    shape: ClassVar[str] = "group"
    title: str
    blocks: tuple[Block, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Finding:
    """One Result on the page: question, answer, verdict, and the blocks that carry it."""

    shape: ClassVar[str] = "finding"
    anchor: str
    question: str
    answer: str
    verdict: str
    blocks: tuple[Block, ...]


Block: TypeAlias = "Text | Notice | Facts | Code | Table | Figure | Verdicts | Group | Finding"


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Examples
    --------
    >>> Section("Methods", "methods", (Text("Counted."),)).anchor
    'methods'
    """

    title: str
    anchor: str
    blocks: tuple[Block, ...]


def figures_of(blocks: Sequence[Block]) -> tuple[Figure, ...]:
    """All figures in these blocks, in the order of the page."""
    found: list[Figure] = []
    for block in blocks:
        if isinstance(block, Figure):
            found.append(block)
        elif isinstance(block, Group | Finding):
            found.extend(figures_of(block.blocks))
    return tuple(found)
