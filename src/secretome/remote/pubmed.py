"""PubMed through E-utilities: numbers of a search, then records in batches, as XML bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secretome.errors import WrongDownload

from .http import Client, Policy
from .pages import answer

ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
# NLM hands out at most this many numbers of one PubMed search.
MOST = 9_999
BATCH = 200


@dataclass(frozen=True)
class Search:
    """A search as it was asked and answered.

    Parameters
    ----------
    query, translated
        The exact string, and what the server made of it.
    hits
        How many records it has in all.
    numbers
        Their PMIDs.
    """

    query: str
    translated: str
    hits: int
    numbers: tuple[str, ...]


def client(
    *,
    api_key: str = "",
    email: str = "",
    cache: Path | None = None,
    offline: bool = False,
    address: str = ADDRESS,
    policy: Policy | None = None,
) -> Client:
    """A polite client: three requests a second, ten with a key, as NLM asks.

    Examples
    --------
    >>> client(api_key="k").rate_per_second, client().rate_per_second
    (9.0, 2.8)
    """
    named = {
        "tool": "secretome",
        **({"email": email} if email else {}),
        **({"api_key": api_key} if api_key else {}),
    }
    return Client(
        address,
        rate_per_second=9.0 if api_key else 2.8,
        cache=cache,
        offline=offline,
        parameters=named,
        policy=policy or Policy(),
    )


def search(service: Client, query: str, *, most: int = MOST) -> Search:
    """The numbers of all records that a query finds; none is no error.

    Raises
    ------
    WrongDownload
        If the server refuses the query, its answer cannot be read, or it finds more than can be handed out.
    Unreachable
        As `Client`.
    """
    form = {"db": "pubmed", "term": query, "retmode": "json", "retmax": MOST}
    facts = answer(service.post("esearch.fcgi", form).body, query)
    found = facts.get("esearchresult")
    if not isinstance(found, dict) or "ERROR" in found or "count" not in found:
        reason = found.get("ERROR") if isinstance(found, dict) else facts.get("error", "no esearchresult")
        raise WrongDownload(f"PubMed refuses the search {query!r}: {reason}")
    hits = int(found["count"])
    if hits > most:
        raise WrongDownload(
            f"{query!r} finds {hits:,} records, more than the {most:,} that one search hands out: "
            "split it by year, for example with 2020:2022[dp]"
        )
    numbers = tuple(str(number) for number in found.get("idlist", []))
    if len(numbers) != hits:
        raise WrongDownload(
            f"PubMed counts {hits:,} records and lists {len(numbers):,}; run the search again"
        )
    return Search(query, str(found.get("querytranslation", "")), hits, numbers)


def fetch_records(service: Client, numbers: tuple[str, ...], *, batch: int = BATCH) -> Iterator[bytes]:
    """PubMed XML of these records, one document a batch; with a cache, a second run goes on where it stopped.

    Raises
    ------
    WrongDownload
        If an answer is no PubMed XML (NLM answers some failures with a page and status 200).
    Unreachable
        As `Client`.
    """
    for start in range(0, len(numbers), batch):
        chosen = numbers[start : start + batch]
        form = {"db": "pubmed", "id": ",".join(chosen), "retmode": "xml"}
        body = service.post("efetch.fcgi", form).body
        if b"<PubmedArticleSet" not in body[:2000] or b"</PubmedArticleSet>" not in body[-2000:]:
            raise WrongDownload(
                f"PubMed sent no whole record set for {chosen[0]} and the next {len(chosen) - 1}: "
                f"{body[:80].decode('utf-8', 'replace')!r}; run the command again"
            )
        yield body
