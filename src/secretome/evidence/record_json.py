"""A record as JSON text and back, empty fields left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, fields, replace
from types import UnionType
from typing import get_args, get_origin, get_type_hints

from .records import Origin, Record


def to_json(record: Record) -> str:
    """A record as JSON text, empty fields left out.

    Examples
    --------
    >>> from_json(to_json(Record(title="10^3", pmid="1"))) == Record(title="10^3", pmid="1")
    True
    """
    return json.dumps(_plain(record), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Record:
    """The record that `to_json` wrote."""
    facts = json.loads(text)
    record = _build(Record, facts)
    return record if isinstance(record, Record) else Record()


def without_origin(record: Record) -> Record:
    """The record as content, to be compared with the same record from another file."""
    return replace(record, origin=Origin())


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    facts = {}
    for name, default in _defaults(type(value)):
        given = getattr(value, name)
        if given != default:
            facts[name] = _plain(given)
    return facts


_FIELDS: dict[type, tuple[tuple[str, object], ...]] = {}
_HINTS: dict[type, Mapping[str, object]] = {}
_NEVER = object()


def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    if kind not in _FIELDS:
        listed = fields(kind)
        _FIELDS[kind] = tuple(
            (f.name, f.default if f.default is not field().default else _NEVER) for f in listed
        )
    return _FIELDS[kind]


def _build(kind: type, facts: Mapping[str, object]) -> object:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    hints = _HINTS[kind]
    return kind(**{name: _typed(hints[name], value) for name, value in facts.items() if name in hints})


def _typed(hint: object, value: object) -> object:
    if isinstance(value, list):
        inner = get_args(hint)
        item = inner[0] if inner else str
        return tuple(_typed(item, entry) for entry in value)
    if isinstance(value, dict):
        chosen = hint
        if isinstance(hint, UnionType) or get_origin(hint) is not None:
            chosen = next(arg for arg in get_args(hint) if arg is not type(None))
        return _build(chosen, value) if isinstance(chosen, type) else value
    return value
