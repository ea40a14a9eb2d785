"""Record files of every format become a stream of records, deletions and faults."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from secretome.errors import UnknownFormat, UnreadableFile, near_misses
from secretome.evidence.records import Fault, Item, Origin

# format -> what a person calls it; the module of the same name reads it
FORMATS: dict[str, str] = {
    "pubmed_xml": "PubMed XML (efetch, baseline or update file)",
    "medline": "MEDLINE tagged text (.nbib)",
    "ris": "RIS",
    "web_of_science": "Web of Science tagged text",
    "europepmc": "Europe PMC search result (JSON or XML)",
    "jats": "JATS full text (.nxml)",
    "ctgov": "ClinicalTrials.gov JSON (API v2, or one legacy study_fields record a line)",
    "ctgov_csv": "ClinicalTrials.gov CSV download",
    "pubmed_page": "PubMed page saved as text",
}
_HEAD = 20_000


@dataclass(frozen=True)
class Source:
    """What a reader must know of the file that it reads."""

    file: str
    sha256: str
    format: str
    encoding: str = "utf-8"
    references: bool = True

    def at(self, position: int) -> Origin:
        """The origin of the record at this place, counted from 1."""
        return Origin(self.file, self.sha256, self.format, position)

    def fault(self, position: int, found: str, record: str = "") -> Fault:
        """A fault of the record at this place."""
        return Fault(self.file, position, found, record)


Reader = Callable[[BinaryIO, Source], Iterator[Item]]


def read(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002
    encoding: str = "utf-8",
    references: bool = True,
) -> Iterator[Item]:
    """Records of a file, one after the other; a record that cannot be read is a `Fault`.

    Parameters
    ----------
    path
        Plain or gzip; the content tells, not the name.
    format
        One of `FORMATS`; None recognises it from the first bytes.
    encoding
        Of text formats; a byte order mark wins.
    references
        False leaves out the reference lists of PubMed XML, for speed.

    Raises
    ------
    UnreadableFile
        If the file is missing, empty, or text of another encoding.
    UnknownFormat
        If no reader knows the content.
    MissingExtra
        If an XML file is given and lxml is not installed.
    """
    head = _head(path)
    chosen = format or recognise(head, name=path.name)
    if chosen not in FORMATS:
        raise UnknownFormat(f"{path}: no record format {chosen!r}{near_misses(chosen, FORMATS)}")
    source = Source(path.name, file_sha256(path), chosen, encoding, references)
    reader: Reader = import_module(f"{__name__}.{chosen}").read
    with _opened(path) as stream:
        yield from _guarded(reader, stream, source)


def recognise(head: bytes, *, name: str = "the file") -> str:
    r"""The format that these first bytes begin.

    Raises
    ------
    UnknownFormat
        If they begin none that we read.

    Examples
    --------
    >>> recognise(b"PMID- 12230038\nOWN - NLM\n"), recognise(b"TY  - JOUR\n")
    ('medline', 'ris')
    """
    from .detect import detect

    found = detect(head)
    if found is None:
        start = head[:60].decode("utf-8", "replace")
        raise UnknownFormat(f"{name} begins {start!r}: none of {', '.join(FORMATS.values())}")
    return found


def file_sha256(path: Path) -> str:
    """Checksum of a file as it lies on disk."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def decoded(stream: BinaryIO, source: Source) -> str:
    """All text of a file, its byte order mark taken off.

    Raises
    ------
    UnreadableFile
        If a byte does not belong to the encoding; the message names the line.
    """
    raw = stream.read()
    encoding = source.encoding
    for mark, named in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            encoding = named
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"{source.file}, line {line}: byte {raw[error.start]:#04x} is no {encoding} text; save the file "
            "as UTF-8, or name its encoding (--encoding cp1252)"
        ) from error


def _guarded(reader: Reader, stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A truncated gzip ends the file with a fault; what came before is kept."""
    count = 0
    try:
        for item in reader(stream, source):
            count += 1
            yield item
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield source.fault(count + 1, f"the compressed file ends or breaks here ({error}); download it again")


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise UnreadableFile(f"{path} does not exist or is no file")
    with _opened(path) as stream:
        try:
            head = stream.read(_HEAD)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnreadableFile(f"{path} is no whole gzip file: {error}; download it again") from error
    if not head.strip():
        raise UnreadableFile(f"{path} is empty")
    return head


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")
