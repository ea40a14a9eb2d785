"""Live searches written down as files, so that what was fetched can be imported, kept and shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from secretome.remote import europepmc, pubmed, trials
from secretome.remote.http import Client

Database = Literal["pubmed", "europepmc", "trials"]
DATABASES: tuple[Database, ...] = ("pubmed", "europepmc", "trials")
NAMES = {"pubmed": "PubMed", "europepmc": "Europe PMC", "trials": "ClinicalTrials.gov"}


def download(
    database: Database,
    query: str,
    folder: Path,
    *,
    offline: bool = False,
    api_key: str = "",
    service: Client | None = None,
) -> tuple[Path, ...]:
    """The answers to a search as files in a folder, one a page or batch.

    Replies are kept in `folder/replies`: a download that was cut short goes on where it stopped, and
    `offline` answers from there only.

    Raises
    ------
    Unreachable, WrongDownload
        As the clients of `remote`; files written so far stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{database}\n{query}".encode()).hexdigest()[:12]
    kind = "xml" if database == "pubmed" else "json"
    written = []
    for number, body in enumerate(
        _answers(database, query, folder / "replies", offline, api_key, service), start=1
    ):
        path = folder / f"{database}-{name}-{number:05d}.{kind}"
        path.write_bytes(body)
        written.append(path)
    return tuple(written)


def _answers(
    database: Database, query: str, cache: Path, offline: bool, api_key: str, service: Client | None
) -> Iterator[bytes]:
    if database == "pubmed":
        chosen = service or pubmed.client(cache=cache, offline=offline, api_key=api_key)
        yield from pubmed.fetch_records(chosen, pubmed.search(chosen, query).numbers)
    elif database == "europepmc":
        yield from europepmc.fetch_pages(service or europepmc.client(cache=cache, offline=offline), query)
    else:
        yield from trials.fetch_pages(service or trials.client(cache=cache, offline=offline), query)
