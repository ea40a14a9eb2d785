"""An answer in JSON, or an error in words."""

from __future__ import annotations

import json

from secretome.errors import WrongDownload


def answer(body: bytes, query: str) -> dict[str, object]:
    """The JSON object of a reply.

    Raises
    ------
    WrongDownload
        If it is none.

    Examples
    --------
    >>> answer(b'{"hitCount": 0}', "x")
    {'hitCount': 0}
    """
    try:
        facts = json.loads(body)
    except ValueError as error:
        start = body[:80].decode("utf-8", "replace")
        raise WrongDownload(
            f"the answer to {query!r} is no JSON ({start!r}); run the command again"
        ) from error
    if not isinstance(facts, dict):
        raise WrongDownload(f"the answer to {query!r} is a {type(facts).__name__}, expected an object")
    return facts
