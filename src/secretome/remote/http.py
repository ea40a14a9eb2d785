"""The only door to the network: fetch, download with resume, and a polite client with a cache."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from secretome import __version__
from secretome.errors import Unreachable, WrongDownload

from .cache import Reply, keep_reply, kept_reply

Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]
AGENT = f"secretome/{__version__} (research software; python-urllib)"

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BLOCK = 1 << 16
# values of these parameters never appear in a message, a cache or a log
_PRIVATE = frozenset({"api_key", "apikey", "key", "token", "email"})


@dataclass(frozen=True)
class Policy:
    """How patient and how careful a request is.

    Parameters
    ----------
    timeout_seconds
        Longest silence of a server.
    deadline_seconds
        Longest time of one attempt, so that a server that drips a byte a second ends too.
    attempts
        Requests in all before giving up.
    backoff_seconds
        Wait before the second attempt; it doubles each time unless the server names a wait.
    longest_wait_seconds
        When a server asks to wait longer (`Retry-After`), we stop and say so.
    max_bytes
        A larger body is refused.
    sleep
        How waiting is done (tests hand in their own).
    """

    timeout_seconds: float = 30.0
    deadline_seconds: float = 600.0
    attempts: int = 4
    backoff_seconds: float = 1.0
    longest_wait_seconds: float = 120.0
    max_bytes: int = 256 << 20
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


def fetch(
    url: str,
    *,
    sha256: str | None = None,
    offline: bool = False,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    policy: Policy | None = None,
) -> Reply:
    """What stands at an address, in memory.

    Parameters
    ----------
    url
        An https address (http on the loopback device only).
    sha256
        What the body must hash to.
    offline
        Ask nothing and say so; `SECRETOME_OFFLINE=1` does the same everywhere.
    data
        A body to post; without it the request is a GET.
    headers
        Further request headers.

    Raises
    ------
    Unreachable
        If we are offline, the server does not answer or answers with an error.
    WrongDownload
        If the body is too large, cut short at every attempt, or has another sha256.
    """
    _refuse_offline(url, offline)
    patience = policy or Policy()

    sent = headers or {}

    def once() -> Reply:
        with _opened(url, sent, patience, data=data) as answer:
            body = b"".join(_blocks(answer, url, patience, have=0))
            kind, headers = answer.headers.get("Content-Type", ""), dict(answer.headers)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Reply(shown(url), body, kind, now, headers=headers)

    reply = _patiently(url, patience, once)
    _check_sha256(hashlib.sha256(reply.body).hexdigest(), sha256, url)
    return reply


def download(
    url: str,
    into: Path,
    *,
    sha256: str | None = None,
    offline: bool = False,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Path:
    """A file from an address; a download that was cut short goes on where it stopped.

    The bytes so far stand in `<into>.part`; `into` appears only when it is whole. With a
    sha256, a file that is there already and has it is not fetched again.

    Parameters
    ----------
    into
        The file to make; its folder is made too.
    sha256
        What the file must hash to.
    progress
        Called with bytes so far and bytes in all (0 when the server does not say).

    Raises
    ------
    Unreachable, WrongDownload
        As `fetch`. A file with another sha256 is deleted, never left behind.
    """
    if sha256 is not None and is_file_of(into, sha256):
        return into
    _refuse_offline(url, offline)
    into.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(into.with_name(into.name + ".part"), verified=sha256 is not None)
    patience = policy or Policy()
    started_with = part.size()

    def once() -> None:
        _continue(url, part, patience, progress)

    _patiently(url, patience, once)
    if sha256 is not None and started_with and _hash_of(part.path) != sha256:
        # what an earlier run left behind may be of another file: once more from the beginning
        part.forget()
        _patiently(url, patience, once)
    try:
        _check_sha256(_hash_of(part.path), sha256, url)
    except WrongDownload:
        part.forget()
        raise
    part.path.replace(into)
    part.forget()
    return into


def is_file_of(path: Path, sha256: str) -> bool:
    """Whether a file is there and has this sha256."""
    return path.is_file() and _hash_of(path) == sha256


@dataclass
class Client:
    """A polite client of one service: paced, retried, and answered from a cache where it can be.

    Parameters
    ----------
    base_url
        Address that the paths are relative to; it ends with `/`.
    rate_per_second
        Most requests a second, over all threads of this process that share the client.
    cache
        Folder of kept replies, or None to keep none.
    max_age_seconds
        Age up to which a kept reply is good; None means for ever. Offline, any age is good.
    offline
        Answer from the cache only.
    parameters
        Sent with every request (`tool`, `api_key`).

    Examples
    --------
    >>> client = Client("https://example.org/api/", rate_per_second=3, offline=True)
    >>> client.address("search", {"term": "MSC secretome"})
    'https://example.org/api/search?term=MSC+secretome'
    """

    base_url: str
    rate_per_second: float = 3.0
    cache: Path | None = None
    max_age_seconds: float | None = None
    offline: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    _next: float = field(default=0.0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def address(self, path: str, parameters: Mapping[str, object] | None = None) -> str:
        """The address of a request, with its parameters."""
        asked = {**self.parameters, **{name: str(value) for name, value in (parameters or {}).items()}}
        url = urljoin(self.base_url, path)
        return f"{url}?{urlencode(asked)}" if asked else url

    def get(self, path: str, parameters: Mapping[str, object] | None = None) -> Reply:
        """The reply to a GET request.

        Raises
        ------
        Unreachable, WrongDownload
            As `fetch`; offline, when the reply is not in the cache.
        """
        return self._ask(self.address(path, parameters), None)

    def post(self, path: str, form: Mapping[str, object]) -> Reply:
        """The reply to a form that only asks (a search too long for an address), retried as a GET is."""
        form = {**self.parameters, **form}
        return self._ask(urljoin(self.base_url, path), urlencode(form).encode())

    def _ask(self, url: str, data: bytes | None) -> Reply:
        key = hashlib.sha256(f"{_keyed(url)}\n{_keyed_form(data)}".encode()).hexdigest()
        offline = self.offline or _told_offline()
        if self.cache is not None:
            kept = kept_reply(self.cache, key, max_age_seconds=None if offline else self.max_age_seconds)
            if kept is not None:
                return kept
        if not offline:
            self._wait_for_turn()
        reply = fetch(url, data=data, offline=offline, policy=self.policy)
        if self.cache is not None:
            keep_reply(self.cache, key, reply)
        return reply

    def _wait_for_turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + 1.0 / self.rate_per_second
        if start > now:
            self.policy.sleep(start - now)


def shown(url: str) -> str:
    """An address as it may be printed: without user, password and the values of private parameters.

    Examples
    --------
    >>> shown("https://me:secret@example.org/a?api_key=123&term=x")
    'https://example.org/a?api_key=…&term=x'
    """
    parts = urlsplit(url)
    query = "&".join(
        f"{name}=…" if name.lower() in _PRIVATE else urlencode({name: value})
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


# --- one request ------------------------------------------------------------------------------


class _CutShort(Exception):
    """The connection ended before the body did; worth another attempt."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to an address that we would have asked in the first place."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """The request to follow with, or an error."""
        _refuse_scheme(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _opened(
    url: str, headers: Mapping[str, str], policy: Policy, *, data: bytes | None = None
) -> Iterator[http.client.HTTPResponse]:
    _refuse_scheme(url)
    # a proxy of the laboratory is for the outside world, not for the loopback device
    local = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in _LOOPBACK else []
    opener = urllib.request.build_opener(_SafeRedirects, *local)
    sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", **headers}
    request = urllib.request.Request(url, data=data, headers=sent)  # noqa: S310 - scheme checked above
    with opener.open(request, timeout=policy.timeout_seconds) as answer:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise WrongDownload(
                f"{shown(url)} sent {answer.headers['Content-Encoding']} although plain bytes were asked for"
            )
        yield answer


def _blocks(answer: http.client.HTTPResponse, url: str, policy: Policy, *, have: int) -> Iterator[bytes]:
    """The body in blocks, ended by the size limit and the deadline; an error when it is cut short.

    `have` bytes of the same body are on disk already.
    """
    announced = answer.headers.get("Content-Length", "")
    length = int(announced) if announced.isdigit() else None
    if have + (length or 0) > policy.max_bytes:
        raise _too_large(url, policy)
    end = time.monotonic() + policy.deadline_seconds
    received = 0
    # read1 hands over what has come; read would wait for a whole block and outlive the deadline
    while block := answer.read1(_BLOCK):
        received += len(block)
        if have + received > policy.max_bytes:
            raise _too_large(url, policy)
        yield block
        if time.monotonic() > end:
            raise _CutShort(f"not done after {policy.deadline_seconds:g} seconds")
    if length is not None and received < length:
        raise _CutShort(f"the connection ended after {received:,} of {length:,} bytes")


def _too_large(url: str, policy: Policy) -> WrongDownload:
    return WrongDownload(f"{shown(url)} is larger than the {policy.max_bytes:,} bytes allowed")


# --- again, and when to stop ------------------------------------------------------------------


def _patiently(url: str, policy: Policy, once: Callable[[], Answer]) -> Answer:
    """The answer of `once`, repeated while the fault may pass; errors in words."""
    for attempt in range(1, policy.attempts + 1):
        wait = policy.backoff_seconds * 2 ** (attempt - 1)
        try:
            return once()
        except urllib.error.HTTPError as error:
            named = _named_wait(error)
            fault = f"answered {error.code} {error.reason}"
            error.close()
            if error.code not in _AGAIN:
                raise Unreachable(f"{shown(url)} {fault}{_advice(error.code)}") from error
            if named is not None and named > policy.longest_wait_seconds:
                raise Unreachable(
                    f"{shown(url)} {fault} and asks to wait {named:,.0f} seconds; try again after that"
                ) from error
            wait = wait if named is None else named
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLError | socket.gaierror):
                raise Unreachable(f"{shown(url)} cannot be reached: {error.reason}. {_CONNECT}") from error
            fault = f"cannot be reached: {error.reason}"
        except (_CutShort, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            fault = f"broke off: {error or type(error).__name__}"
        if attempt < policy.attempts:
            policy.sleep(wait)
    raise Unreachable(f"{shown(url)} {fault} ({policy.attempts} attempts). {_CONNECT}")


_CONNECT = "Check the connection or the proxy and run the command again; what came so far is kept"


def _advice(status: int) -> str:
    if status in {401, 403, 407}:
        return ": access is refused; a proxy or a key may be missing"
    if status in {404, 410}:
        return ": it is not there; the address may have moved"
    return ""


def _named_wait(error: urllib.error.HTTPError) -> float | None:
    """The seconds that `Retry-After` names, as a number or a date (RFC 9110, 10.2.3), or None."""
    value = (error.headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)


# --- a download in parts ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """The bytes of a download so far, and the tag of the version that they belong to.

    `verified`: the whole will be held against a sha256, so that a continuation needs no tag.
    """

    path: Path
    verified: bool

    @property
    def _tag_file(self) -> Path:
        return self.path.with_name(self.path.name + ".tag")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def tag(self) -> str:
        return self._tag_file.read_text(encoding="utf-8") if self._tag_file.exists() else ""

    def start(self, tag: str) -> None:
        """Begin anew with the version that a server calls `tag`."""
        self.path.write_bytes(b"")
        # a weak tag does not promise the same bytes (RFC 9110, 13.1.5)
        self._tag_file.write_text("" if tag.startswith("W/") else tag, encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._tag_file.unlink(missing_ok=True)


def _continue(url: str, part: _Part, policy: Policy, progress: Progress | None) -> None:
    """One attempt: the rest of the file where the server allows it, else all of it."""
    have, tag = part.size(), part.tag()
    headers = {}
    if have and (tag or part.verified):
        headers = {"Range": f"bytes={have}-", **({"If-Range": tag} if tag else {})}
    try:
        with _opened(url, headers, policy) as answer:
            if answer.status != 206 or not _continues_at(answer, have):
                if answer.status == 206:
                    part.forget()
                    raise _CutShort(f"the server sent {answer.headers.get('Content-Range')!r}")
                have = 0
                part.start(answer.headers.get("ETag", ""))
            _append(answer, url, part, policy, progress, have)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()
        if _total(error.headers.get("Content-Range", "")) == have:
            return
        part.forget()
        raise _CutShort("the file there is shorter than what came before") from error


def _append(
    answer: http.client.HTTPResponse,
    url: str,
    part: _Part,
    policy: Policy,
    progress: Progress | None,
    have: int,
) -> None:
    announced = answer.headers.get("Content-Length", "")
    total = have + int(announced) if announced.isdigit() else 0
    done = have
    with part.path.open("ab") as stream:
        for block in _blocks(answer, url, policy, have=have):
            stream.write(block)
            done += len(block)
            if progress is not None:
                progress(done, total)


def _continues_at(answer: http.client.HTTPResponse, have: int) -> bool:
    return answer.headers.get("Content-Range", "").replace("bytes ", "").startswith(f"{have}-")


def _total(content_range: str) -> int | None:
    total = content_range.rpartition("/")[2]
    return int(total) if total.isdigit() else None


# --- refusals ---------------------------------------------------------------------------------


def _refuse_offline(url: str, offline: bool) -> None:
    if offline or _told_offline():
        raise Unreachable(f"offline: {shown(url)} was not asked, and no copy of it is kept here")


def _told_offline() -> bool:
    return os.environ.get("SECRETOME_OFFLINE", "") not in {"", "0"}


def _refuse_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise Unreachable(f"{shown(url)} is no https address; nothing is fetched over an open connection")


def _check_sha256(found: str, expected: str | None, url: str) -> None:
    if expected is not None and found != expected:
        raise WrongDownload(
            f"{shown(url)} has sha256 {found}, expected {expected}: it is another file than the one "
            "named, or was changed on the way; it was thrown away"
        )


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _keyed(url: str) -> str:
    """An address as the cache knows it: private parameters change no answer."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=_keyed_form(parts.query.encode()), fragment=""))


def _keyed_form(data: bytes | None) -> str:
    pairs = parse_qsl((data or b"").decode(), keep_blank_values=True)
    return urlencode(sorted((name, value) for name, value in pairs if name.lower() not in _PRIVATE))
