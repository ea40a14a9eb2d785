"""Europe PMC: search results page by page, as JSON bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from secretome.errors import WrongDownload

from .http import Client, Policy
from .pages import answer

ADDRESS = "https://www.ebi.ac.uk/europepmc/webservices/rest/"


def client(
    *, cache: Path | None = None, offline: bool = False, address: str = ADDRESS, policy: Policy | None = None
) -> Client:
    """A polite client, five requests a second."""
    return Client(address, rate_per_second=5.0, cache=cache, offline=offline, policy=policy or Policy())


def fetch_pages(service: Client, query: str, *, page_size: int = 1000) -> Iterator[bytes]:
    """Core records of all hits, one JSON answer a page; an empty search gives one empty page.

    Raises
    ------
    WrongDownload
        If an answer is no search result, or the hits do not add up to the count.
    Unreachable
        As `Client`.
    """
    mark, seen = "*", 0
    while True:
        asked = {
            "query": query,
            "format": "json",
            "resultType": "core",
            "pageSize": page_size,
            "cursorMark": mark,
        }
        body = service.get("search", asked).body
        facts = answer(body, query)
        listed = facts.get("resultList")
        results = listed.get("result") if isinstance(listed, dict) else None
        if not isinstance(results, list):
            raise WrongDownload(
                f"Europe PMC refuses the search {query!r}: {facts.get('errMsg', 'no resultList')}"
            )
        yield body
        seen += len(results)
        following = str(facts.get("nextCursorMark") or mark)
        if not results or following == mark or seen >= int(str(facts.get("hitCount", 0))):
            break
        mark = following
    total = int(str(facts.get("hitCount", 0)))
    if seen < total:
        raise WrongDownload(f"Europe PMC counts {total:,} records and sent {seen:,}; run the search again")
