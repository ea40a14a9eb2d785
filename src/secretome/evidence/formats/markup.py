"""XML without surprises, and the text of an element with no character lost at its markup."""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from secretome.errors import MissingExtra, SecretomeError

if TYPE_CHECKING:
    from collections.abc import Iterator

Element: TypeAlias = Any  # lxml ships no types

_BLANKS = re.compile(r"[ \t\r\n]+")
_EXPONENT = re.compile(r"[+\-\u2212\u2013\u2009]*\d+([.,]\d+)?|[a-z]")
_NUMBER_BEFORE = re.compile(r"(?:\d|\b10 ?)$")


class BadRecord(SecretomeError):
    """One record of a file breaks the rules; the reader turns it into a `Fault`."""


def require_lxml() -> Any:
    """The lxml.etree module.

    Raises
    ------
    MissingExtra
        If it is not installed.
    """
    try:
        from lxml import etree
    except ImportError as error:
        raise MissingExtra("evidence", "Reading XML records") from error
    return etree


def walk(stream: BinaryIO, tags: tuple[str, ...]) -> Iterator[Element]:
    """Elements of these tags as they end, one in memory at a time.

    No DTD is loaded, no network asked, no entity expanded, and lxml's size limits stay on.
    """
    etree = require_lxml()
    events = etree.iterparse(
        stream,
        events=("end",),
        tag=tags,
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def parse(chunk: bytes) -> Element:
    """One element from bytes, under the same rules as `walk`.

    Raises
    ------
    BadRecord
        If the bytes are no well-formed XML.
    """
    etree = require_lxml()
    parser = etree.XMLParser(
        load_dtd=False,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(chunk, parser)
    except etree.XMLSyntaxError as error:
        raise BadRecord(f"no well-formed XML: {error}") from error


def inline(element: Element) -> str:
    """The text of an element, exponents kept as `^`, blanks folded.

    `10<sup>3</sup>` is `10^3`, `VEGF<sub>165</sub>` is `VEGF165`, a MathML power is `base^exponent`.

    Raises
    ------
    BadRecord
        If the text holds an entity that nobody defined.
    """
    if element is None:
        return ""
    if len(element):
        parts: list[str] = []
        _gather(element, parts)
        return folded("".join(parts))
    text: str = element.text or ""
    # Most texts are one clean line: asking is quicker than folding.
    if "  " in text or not text.isprintable():
        return folded(text)
    return text.strip(" ")


def folded(text: str) -> str:
    r"""Runs of blanks, tabs and line ends as one blank, none at the ends; every other character stays.

    Examples
    --------
    >>> folded(" a \r\n\t b\u2009c\n")
    'a b\u2009c'
    """
    text = text.replace("\n", " ").replace("\t", " ").replace("\r", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def _gather(element: Element, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text)
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            parts.append(_entity(child))
        else:
            name = tag.rpartition("}")[2]
            if name == "sup":
                _raised(child, parts)
            elif name in {"msup", "msubsup", "mfrac"}:
                _mathml(child, name, parts)
            elif name in {"break", "p", "title", "sec", "list-item", "td", "th", "tr", "mtd"}:
                parts.append(" ")
                _gather(child, parts)
                parts.append(" ")
            else:
                _gather(child, parts)
        if child.tail:
            parts.append(child.tail)


def _raised(element: Element, parts: list[str]) -> None:
    inner: list[str] = []
    _gather(element, inner)
    text = "".join(inner).strip()
    before = "".join(parts[-2:])
    if text and _EXPONENT.fullmatch(text):
        joined = before[-1:].isalnum() or before[-1:] in {")", "]", "\u03bc", "\u00b5"}
        letter = text.isalpha()
        # A power of a number, or of a unit (cm^2); a lone letter is a power only behind a number.
        if _NUMBER_BEFORE.search(before) or (joined and not letter):
            parts.append("^")
    parts.append("".join(inner))


def _mathml(element: Element, name: str, parts: list[str]) -> None:
    pieces = []
    for child in element:
        inner: list[str] = []
        _gather(child, inner)
        pieces.append(_BLANKS.sub(" ", "".join(inner)).strip())
    if name == "mfrac" and len(pieces) == 2:
        parts.append(f"({pieces[0]})/({pieces[1]})")
    elif len(pieces) >= 2:
        parts.append(f"{''.join(pieces[:-1])}^{pieces[-1]}")
    else:
        parts.extend(pieces)


def _entity(node: Element) -> str:
    name = getattr(node, "name", None)
    if name is None:
        return ""
    known = html5.get(f"{name};")
    if known is None:
        raise BadRecord(f"entity &{name}; is not defined by HTML; definitions inside a file are not followed")
    return known


def fragment(text: str) -> str:
    """Text that carries HTML tags and entities as a plain text, exponents kept.

    Examples
    --------
    >>> fragment("10<sup>3</sup> pg/mL &lt; H<sub>2</sub>O, n<5")
    '10^3 pg/mL < H2O, n<5'
    """
    if "<" not in text and "&" not in text:
        return _BLANKS.sub(" ", text).strip()
    raised = re.sub(
        r"(?P<before>[\w)\]]) ?<sup>\s*(?P<power>[+\-\u2212\u2013]?\d+(?:[.,]\d+)?)\s*</sup>",
        r"\g<before>^\g<power>",
        text,
        flags=re.IGNORECASE,
    )
    # Only names of real tags are tags: "n<5" and "p<0.05>" stay.
    bare = re.sub(r"</?(?:p|br|div|sec|title|h\d|li|ul|ol)\b[^<>]*>", " ", raised, flags=re.IGNORECASE)
    bare = re.sub(
        r"</?(?:i|b|u|em|strong|sub|sup|italic|bold|span|sc|a|small|font|jats:\w+)\b[^<>]*>",
        "",
        bare,
        flags=re.IGNORECASE,
    )
    return _BLANKS.sub(" ", html.unescape(bare)).strip()
