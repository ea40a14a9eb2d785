"""The whole of PubMed, one file a task: what concerns MSC secretomes goes to Parquet, and one writer fills the store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from secretome.parallel import Map, Progress, here

from .answers import Import
from .formats import file_sha256, read
from .record_json import from_json, to_json, without_origin
from .records import Deletion, Fault, Item, Origin, Record
from .store import Store

# Bump when the choice of records changes: files are then filtered anew.
FILTER_VERSION = 1
_COUNTS = ("seen", "kept", "deletions", "faults")
_BATCH = 500
_CELLS = re.compile(
    r"mesenchymal|stromal (?:stem )?cell|\bMSCs?\b|\bADSCs?\b|\bASCs\b|stem cell|adipose-derived|wharton",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"condition(?:ed|ing) (?:culture )?medi|secretom|exosom|extracellular vesicle|microvesicle|paracrine|cell-free|secreted factor|\blysate",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Filtered:
    """What one file came to.

    Parameters
    ----------
    file, parquet
        Name of the source, and the file with what was kept of it.
    again
        True when an earlier run had done it.
    """

    file: str
    parquet: Path
    seen: int
    kept: int
    deletions: int
    faults: int
    again: bool = False


@dataclass(frozen=True)
class _Task:
    path: Path
    into: Path


def concerns(record: Record) -> bool:
    """Whether title, abstract, keywords or MeSH name stromal or stem cells and something that they release.

    Examples
    --------
    >>> concerns(Record(title="Exosomes of mesenchymal stromal cells")), concerns(Record(title="Exosomes of yeast"))
    (True, False)
    """
    words = " ".join([record.text, *record.keywords, *(heading.name for heading in record.mesh)])
    return bool(_CELLS.search(words) and _PRODUCT.search(words))


def filter_files(
    files: Sequence[Path],
    into: Path,
    *,
    map: Map = here,  # noqa: A002 - the word of the house for a map
    progress: Progress | None = None,
) -> tuple[Filtered, ...]:
    """Each file filtered into a Parquet file of its own, in any process; what is there already is not done again.

    Raises
    ------
    UnreadableFile, UnknownFormat, MissingExtra
        As `formats.read`; the message names the file, and finished files stay.
    """
    into.mkdir(parents=True, exist_ok=True)
    tasks = [_Task(path, into) for path in sorted(files, key=lambda path: path.name)]
    return tuple(map(_filter, tasks, progress=progress))


def bring_in(store: Store, filtered: Sequence[Filtered]) -> tuple[Import, ...]:
    """The kept records into the store, file by file in the order of their names, by this one process."""
    done = []
    for one in sorted(filtered, key=lambda f: f.file):
        name, sha256, items = _kept(one.parquet)
        done.append(store.add(items, name=name, sha256=sha256))
    return tuple(done)


def _filter(task: _Task) -> Filtered:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sha256 = file_sha256(task.path)
    target = task.into / f"{task.path.name.split('.')[0]}.{sha256[:12]}.{FILTER_VERSION}.parquet"
    if target.is_file():
        told = pq.read_metadata(target).metadata
        return _described(task, target, {n: int(told[n.encode()]) for n in _COUNTS}, again=True)
    counts = dict.fromkeys(_COUNTS, 0)
    fields = [
        ("kind", pa.string()),
        ("position", pa.int64()),
        ("record", pa.string()),
        ("content", pa.string()),
    ]
    # Renamed when whole: a worker that is killed leaves nothing that counts as done.
    partial = target.with_suffix(".partial")
    with pq.ParquetWriter(partial, pa.schema(fields), compression="zstd") as writer:
        rows = (row for row in (_row(item, counts) for item in read(task.path)) if row is not None)
        while batch := list(islice(rows, _BATCH)):
            columns = {
                name: list(column) for (name, _), column in zip(fields, zip(*batch, strict=True), strict=True)
            }
            writer.write_table(pa.table(columns, schema=writer.schema))
        writer.add_key_value_metadata(
            {"file": task.path.name, "sha256": sha256, **{name: str(n) for name, n in counts.items()}}
        )
    partial.replace(target)
    return _described(task, target, counts, again=False)


def _described(task: _Task, target: Path, counts: dict[str, int], *, again: bool) -> Filtered:
    return Filtered(
        task.path.name, target, counts["seen"], counts["kept"], counts["deletions"], counts["faults"], again
    )


def _row(item: Item, counts: dict[str, int]) -> tuple[str, int, str, str] | None:
    if isinstance(item, Deletion):
        counts["deletions"] += 1
        return "deletion", 0, item.pmid, ""
    if isinstance(item, Fault):
        counts["faults"] += 1
        return "fault", item.position, item.record, item.found
    counts["seen"] += 1
    if not concerns(item):
        return None
    counts["kept"] += 1
    return "record", item.origin.position, item.origin.format, to_json(without_origin(item))


def _kept(path: Path) -> tuple[str, str, Iterator[Item]]:
    """Name and checksum of the source, and what was kept of it."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    told = pq.read_metadata(path).metadata
    name, sha256 = told[b"file"].decode(), told[b"sha256"].decode()

    def items() -> Iterator[Item]:
        for row in table.to_pylist():
            if row["kind"] == "deletion":
                yield Deletion(row["record"])
            elif row["kind"] == "fault":
                yield Fault(name, row["position"], row["content"], row["record"])
            else:
                origin = Origin(name, sha256, row["record"], row["position"])
                yield replace(from_json(row["content"]), origin=origin)

    return name, sha256, items()
