"""Cut a broken XML file into its records by their tags, so that each can be parsed alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 1 << 20
# A record larger than this is damage, not a record: lists of thousands of authors stay below it.
_LARGEST = 64 << 20
_NAMESPACES = (
    b'xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:xlink="http://www.w3.org/1999/xlink" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


@dataclass(frozen=True)
class Chunk:
    """One record wrapped in a root of its own; `whole` is False when its end tag never came."""

    xml: bytes
    whole: bool


def chunks(stream: BinaryIO, tags: tuple[str, ...]) -> Iterator[Chunk]:
    """Records in file order, from their start tag to their end tag or to the next start tag."""
    names = b"|".join(tag.encode() for tag in tags)
    start = re.compile(rb"<(" + names + rb")(?=[\s>])")
    waiting = b""
    ended = False
    while not ended:
        block = stream.read(_BLOCK)
        ended = not block
        waiting += block
        while found := start.search(waiting):
            cut = _end(waiting, found, start, ended)
            if cut is None:
                break
            end, whole = cut
            yield Chunk(_wrapped(waiting[found.start() : end]), whole)
            waiting = waiting[end:]
        if not start.search(waiting):
            waiting = waiting[-64:]


def _end(
    waiting: bytes, found: re.Match[bytes], start: re.Pattern[bytes], ended: bool
) -> tuple[int, bool] | None:
    closing = b"</" + found[1] + b">"
    end = waiting.find(closing, found.end())
    following = start.search(waiting, found.end())
    if end >= 0 and (following is None or end < following.start()):
        return end + len(closing), True
    if following is not None:
        return following.start(), False
    if ended or len(waiting) > _LARGEST:
        return len(waiting), False
    return None


def _wrapped(record: bytes) -> bytes:
    # A document type without a DTD lets an undefined entity through as a node, which `inline` judges.
    return b'<!DOCTYPE r SYSTEM "none"><r ' + _NAMESPACES + b">" + record + b"</r>"
