"""ClinicalTrials.gov API v2: studies page by page, as JSON bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from secretome.errors import WrongDownload

from .http import Client, Policy
from .pages import answer

ADDRESS = "https://clinicaltrials.gov/api/v2/"


def client(
    *, cache: Path | None = None, offline: bool = False, address: str = ADDRESS, policy: Policy | None = None
) -> Client:
    """A polite client, below the fifty requests a minute that the service allows."""
    return Client(address, rate_per_second=0.8, cache=cache, offline=offline, policy=policy or Policy())


def fetch_pages(service: Client, query: str, *, page_size: int = 1000) -> Iterator[bytes]:
    """All studies that a term finds, whole records with their results, one JSON answer a page.

    Raises
    ------
    WrongDownload
        If an answer is no list of studies, or the studies do not add up to the count.
    Unreachable
        As `Client`.
    """
    asked: dict[str, object] = {"query.term": query, "pageSize": page_size, "countTotal": "true"}
    seen, total = 0, 0
    while True:
        body = service.get("studies", asked).body
        facts = answer(body, query)
        studies = facts.get("studies")
        if not isinstance(studies, list):
            raise WrongDownload(f"ClinicalTrials.gov refuses {query!r}: no list of studies in its answer")
        yield body
        seen += len(studies)
        total = int(str(facts.get("totalCount", total)))
        token = facts.get("nextPageToken")
        if not token:
            break
        asked = {**asked, "pageToken": str(token)}
    if seen < total:
        raise WrongDownload(f"ClinicalTrials.gov counts {total:,} studies and sent {seen:,}; run it again")
