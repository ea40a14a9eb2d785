"""The reviewed proteome of a species from UniProt's REST stream, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urljoin

from secretome.errors import WrongDownload

from .http import Policy, download, fetch, shown

ADDRESS = "https://rest.uniprot.org/uniprotkb/"
LICENCE = "CC BY 4.0, UniProt Consortium (https://www.uniprot.org/help/license)"
FIELDS = (
    "accession,id,gene_primary,gene_synonym,length,ft_signal,ft_transmem,ft_lipid,cc_subcellular_location"
)


@dataclass(frozen=True)
class Brought:
    """A proteome as it came.

    Parameters
    ----------
    path
        The table, tab-separated, one line an entry below a header.
    release, entries
        What the service names: its release, and how many entries the query finds.
    url, licence, fetched
        Where it came from, on which terms, when (ISO, UTC).
    """

    path: Path
    release: str
    entries: int
    url: str
    licence: str
    fetched: str


def announced(
    taxon: int, *, address: str = ADDRESS, offline: bool = False, policy: Policy | None = None
) -> tuple[str, int]:
    """Release and number of reviewed entries of a species, from a request for one of them.

    Raises
    ------
    Unreachable
        If we are offline or the service does not answer.
    WrongDownload
        If the answer names no release or no count.
    """
    url = f"{urljoin(address, 'search')}?{urlencode({**_query(taxon), 'size': 1})}"
    headers = {
        name.lower(): value for name, value in fetch(url, offline=offline, policy=policy).headers.items()
    }
    release, total = headers.get("x-uniprot-release", ""), headers.get("x-total-results", "")
    if not release or not total.isdigit() or int(total) == 0:
        raise WrongDownload(
            f"{shown(url)} names no release or no entries (release {release!r}, entries {total!r}); "
            "is the taxon right, and the address that of UniProt?"
        )
    return release, int(total)


def bring(
    taxon: int,
    into: Path,
    *,
    address: str = ADDRESS,
    offline: bool = False,
    policy: Policy | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Brought:
    """The reviewed entries of a species as one table.

    Parameters
    ----------
    taxon
        NCBI taxon id: 9606 for human.
    into
        The file to make; a download that was cut short goes on from `<into>.part` where the service allows it.

    Raises
    ------
    Unreachable
        As `fetch`.
    WrongDownload
        If the table has fewer or more entries than the service counts: it is thrown away.
    """
    release, entries = announced(taxon, address=address, offline=offline, policy=policy)
    url = f"{urljoin(address, 'stream')}?{urlencode(_query(taxon))}"
    download(url, into, offline=offline, policy=policy, progress=progress)
    with into.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    if rows != entries:
        into.unlink()
        raise WrongDownload(
            f"{shown(url)} sent {rows:,} entries where the service counts {entries:,}; it was thrown away, run it again"
        )
    return Brought(into, release, entries, url, LICENCE, datetime.now(UTC).isoformat(timespec="seconds"))


def _query(taxon: int) -> dict[str, object]:
    return {
        "query": f"(organism_id:{taxon}) AND (reviewed:true)",
        "format": "tsv",
        "fields": FIELDS,
        "compressed": "false",
    }
