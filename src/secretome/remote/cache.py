"""Where downloads are kept, and replies that are asked for once only."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Parameters
    ----------
    url
        The address asked, without the values of private parameters.
    body
        The content, as sent.
    content_type
        As the server names it, or an empty text.
    fetched
        ISO time (UTC) at which the server answered, also when the reply comes from the cache.
    from_cache
        True when no server was asked now.
    headers
        As the server sent them; empty when the reply comes from the cache.
    """

    url: str
    body: bytes = field(repr=False)
    content_type: str = ""
    fetched: str = ""
    from_cache: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> object:
        """The body as JSON.

        Raises
        ------
        json.JSONDecodeError
            If it is none.
        """
        return json.loads(self.body)


def keep_reply(folder: Path, key: str, reply: Reply) -> None:
    """Write a reply under a key; a reader sees the old one or the new one, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "url": reply.url,
        "content_type": reply.content_type,
        "fetched": reply.fetched,
        "sha256": hashlib.sha256(reply.body).hexdigest(),
    }
    _replace(folder / f"{key}.body", reply.body)
    _replace(folder / f"{key}.json", json.dumps(facts, indent=1).encode())


def kept_reply(folder: Path, key: str, *, max_age_seconds: float | None = None) -> Reply | None:
    """The reply kept under a key; None when there is none, it is damaged, or older than allowed."""
    try:
        facts: Mapping[str, str] = json.loads((folder / f"{key}.json").read_bytes())
        body = (folder / f"{key}.body").read_bytes()
        age = datetime.now(UTC) - datetime.fromisoformat(facts["fetched"])
        whole = hashlib.sha256(body).hexdigest() == facts["sha256"]
        reply = Reply(facts["url"], body, facts["content_type"], facts["fetched"], from_cache=True)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if not whole or (max_age_seconds is not None and age.total_seconds() > max_age_seconds):
        return None
    return reply


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)
