"""The evidence store: one SQLite file. This is the only file that names SQLite."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from secretome import __version__
from secretome.errors import InvalidStore, StoreNotWritable

from . import formats
from .answers import Found, Hit, Import
from .intake import Intake, whole
from .query import parse
from .record_json import from_json
from .records import Item, Origin, Record
from .schema import APPEND_ONLY, APPLICATION, MIGRATIONS

Value = str | int | float | None
Row = Mapping[str, Value]


class Store:
    """One evidence store, opened.

    Parameters
    ----------
    path
        The file; made when it is missing and `create` is true.
    wait_seconds
        How long to wait for another process that writes.

    Raises
    ------
    InvalidStore
        If the file is no evidence store, damaged, or of a newer version.
    """

    def __init__(self, path: Path, *, create: bool = True, wait_seconds: float = 30.0) -> None:
        self.path = path
        if not create and not path.is_file():
            raise InvalidStore(
                f"{path} does not exist; `secretome evidence import FILE --store {path}` makes one"
            )
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise _worded(error, path) from error
        except InvalidStore:
            self._database.close()
            raise

    def __enter__(self) -> Store:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file; what was committed is there."""
        self._database.close()

    # --- records ----------------------------------------------------------------------------------

    def import_file(
        self,
        path: Path,
        *,
        format: str | None = None,  # noqa: A002
        encoding: str = "utf-8",
        time: str = "",
    ) -> Import:
        """Bring the records of a file in, all of them or, when it breaks off, none.

        A file that was imported before changes nothing; a record that is there already is noted
        as seen in this file too. Duplicates join the work that they describe.

        Raises
        ------
        UnreadableFile, UnknownFormat, MissingExtra
            As `formats.read`.
        StoreNotWritable
            If the disk is full or another process writes too long; nothing of the file was stored.
        """
        sha256 = formats.file_sha256(path) if path.is_file() else ""
        known = self.select("SELECT name, format FROM source_file WHERE sha256 = ?", sha256)
        if known:
            return Import(path.name, str(known[0]["format"]), known=True)
        items = formats.read(path, format=format, encoding=encoding)
        return self.add(items, name=path.name, sha256=sha256, time=time)

    def add(self, items: Iterable[Item], *, name: str, sha256: str, time: str = "") -> Import:
        """Records, deletions and faults of one source, in one transaction."""
        with self.writing():
            if self.select("SELECT 1 FROM source_file WHERE sha256 = ?", sha256):
                return Import(name, "", known=True)
            file_id = self.insert(
                "source_file",
                {
                    "name": name,
                    "sha256": sha256,
                    "format": "",
                    "imported": time or now(),
                    "records": 0,
                    "faults": 0,
                    "reader": __version__,
                },
            )
            count = Intake(self, file_id)
            for item in items:
                count.take(item)
            self._database.execute(
                "UPDATE source_file SET format = ?, records = ?, faults = ? WHERE id = ?",
                (count.format, count.records, len(count.faults), file_id),
            )
        return Import(
            name,
            count.format,
            known=False,
            records=count.records,
            new=count.new,
            again=count.records - count.new,
            works=count.works,
            deleted=count.deleted,
            faults=tuple(count.faults),
        )

    def records(self, work: int) -> tuple[Record, ...]:
        """Current records of a work with their origins, the fullest first.

        Raises
        ------
        InvalidStore
            If there is no such work.
        """
        rows = self.select(
            "SELECT b.content, f.name, f.sha256, r.format, s.position FROM record r JOIN record_body b ON b.id = r.id "
            "JOIN seen s ON s.record_id = r.id JOIN source_file f ON f.id = s.file_id "
            "WHERE r.work_id = ? AND r.state = 'current' GROUP BY r.id ORDER BY length(b.abstract) DESC, r.id",
            self.canonical(work),
        )
        return tuple(_record(row) for row in rows)

    def record(self, number: int) -> Record:
        """The record of a row.

        Raises
        ------
        InvalidStore
            If there is no such row.
        """
        rows = self.select(
            "SELECT b.content, f.name, f.sha256, r.format, s.position FROM record r JOIN record_body b ON b.id = r.id "
            "JOIN seen s ON s.record_id = r.id JOIN source_file f ON f.id = s.file_id WHERE r.id = ? LIMIT 1",
            number,
        )
        if not rows:
            raise InvalidStore(f"{self.path} has no record {number}")
        return _record(rows[0])

    def standings_of(self, file: str) -> tuple[str, ...]:
        """Records of a file that were retracted, corrected or are under concern, one line each."""
        rows = self.select(
            "SELECT DISTINCT r.work_id, r.standing, b.title FROM record r JOIN record_body b ON b.id = r.id "
            "JOIN seen s ON s.record_id = r.id JOIN source_file f ON f.id = s.file_id "
            "WHERE f.name = ? AND r.standing <> '' AND r.state = 'current' ORDER BY r.id",
            file,
        )
        return tuple(f"work {row['work_id']} {row['standing']}: {row['title']}" for row in rows)

    def canonical(self, work: int) -> int:
        """The work that this one was merged into, or itself.

        Raises
        ------
        InvalidStore
            If there is no such work.
        """
        rows = self.select("SELECT merged_into FROM work WHERE id = ?", work)
        if not rows:
            raise InvalidStore(
                f"{self.path} has no work {work}; `secretome evidence find` lists their numbers"
            )
        into = rows[0]["merged_into"]
        return work if into is None else self.canonical(int(into))

    def works(self) -> tuple[int, ...]:
        """Numbers of all works that have a current record."""
        rows = self.select("SELECT DISTINCT work_id FROM record WHERE state = 'current' ORDER BY work_id")
        return tuple(whole(row["work_id"]) for row in rows)

    def find(self, text: str, *, limit: int = 20) -> Found:
        """Works whose records match, the best first.

        Raises
        ------
        InvalidSearch
            If the words cannot be understood; an empty answer is no error.
        """
        query = parse(text)
        where, values = ["r.state = 'current'"], []
        source = "record r"
        if query.match:
            source = "record_text t JOIN record r ON r.id = t.rowid"
            where.append("record_text MATCH ?")
            values.append(query.match)
        for sign, year in zip((">=", "<="), query.years, strict=True):
            if year is not None:
                where.append(f"r.year {sign} ?")
                values.append(str(year))
        for column, wanted in (("kind", query.kind), ("standing", query.standing)):
            if wanted:
                where.append(f"r.{column} = ?")
                values.append(wanted)
        clause = f"FROM {source} WHERE {' AND '.join(where)}"
        total = whole(self.select(f"SELECT count(DISTINCT r.work_id) AS n {clause}", *values)[0]["n"])
        # Ranking reads every match: beyond this many the newest come first instead.
        order = "rank" if query.match and total <= 5000 else "r.year DESC, r.id"
        rows = self.select(f"SELECT r.id, r.work_id {clause} ORDER BY {order} LIMIT ?", *values, 4 * limit)
        works = list(dict.fromkeys(whole(row["work_id"]) for row in rows))[:limit]
        return Found(tuple(self._hit(work) for work in works), total)

    # --- one work or two --------------------------------------------------------------------------

    def merge(self, work: int, other: int, *, person: str, reason: str, time: str = "") -> int:
        """Say that two works are one; the number that stays.

        Raises
        ------
        InvalidStore
            If either does not exist.
        """
        with self.writing():
            keep, gone = sorted((self.canonical(work), self.canonical(other)))
            if keep != gone:
                self._database.execute(
                    "DELETE FROM apart WHERE (a, b) IN ((?, ?), (?, ?))", (keep, gone, gone, keep)
                )
                self.join(keep, gone, person, reason, time)
        return keep

    def split(self, record: int, *, person: str, reason: str, time: str = "") -> int:
        """Say that a record (its row number) is another work; the number of its new work.

        What was decided on the old work stays with it. No later import joins the two again.

        Raises
        ------
        InvalidStore
            If there is no such record, or it is the only one of its work.
        """
        with self.writing():
            rows = self.select("SELECT work_id FROM record WHERE id = ?", record)
            if not rows:
                raise InvalidStore(f"{self.path} has no record {record}")
            old = whole(rows[0]["work_id"])
            count = self.select("SELECT count(*) AS n FROM record WHERE work_id = ?", old)[0]["n"]
            if count == 1:
                raise InvalidStore(
                    f"record {record} is the only one of work {old}: there is nothing to split"
                )
            new = self.insert("work", {})
            self._database.execute("UPDATE record SET work_id = ? WHERE id = ?", (new, record))
            self.insert("apart", {"a": old, "b": new})
            self.event("split", new, old, record, person, reason, time)
        return new

    def record_rows(self, work: int) -> tuple[tuple[int, str, str], ...]:
        """Row number, format and label of each current record of a work."""
        rows = self.select(
            "SELECT r.id, r.format, b.content FROM record r JOIN record_body b ON b.id = r.id "
            "WHERE r.work_id = ? AND r.state = 'current' ORDER BY r.id",
            self.canonical(work),
        )
        return tuple(
            (whole(row["id"]), str(row["format"]), from_json(str(row["content"])).label) for row in rows
        )

    # --- rows for the other files of this stage ------------------------------------------------------

    def select(self, sql: str, *values: Value) -> list[Row]:
        """Rows of a query.

        Raises
        ------
        InvalidStore, StoreNotWritable
            If the file is damaged or cannot be read now.
        """
        try:
            return [dict(row) for row in self._database.execute(sql, values)]
        except sqlite3.DatabaseError as error:
            raise _worded(error, self.path) from error

    def append(self, table: str, facts: Mapping[str, Value], *, once: bool = False) -> int:
        """A new row; the number that it got, or 0 when `once` and it is there already."""
        with self.writing():
            return self.insert(table, facts, once=once)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing; nested uses join the outer one.

        Raises
        ------
        StoreNotWritable
            If another process writes too long, or the disk is full.
        """
        if self._database.in_transaction:
            yield
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield
            self._database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._undo()
            raise _worded(error, self.path) from error
        except BaseException:
            self._undo()
            raise

    def execute(self, sql: str, *values: Value) -> int:
        """A change inside a transaction; how many rows it met."""
        return int(self._database.execute(sql, values).rowcount)

    def fingerprint(self) -> str:
        """A hash of what was imported and decided: it changes whenever an answer could."""
        parts = [row["sha256"] for row in self.select("SELECT sha256 FROM source_file ORDER BY sha256")]
        for table in APPEND_ONLY:
            rows = self.select(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 - our own names
            parts += ["|".join(map(str, row.values())) for row in rows]
        return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()

    # --- inside ----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        mark = self._database.execute("PRAGMA application_id").fetchone()[0]
        empty = not self._database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        if not empty and mark != APPLICATION:
            raise InvalidStore(f"{self.path} is a database of another program; name a new file for the store")
        if version > len(MIGRATIONS):
            raise InvalidStore(
                f"{self.path} was made by a newer secretome (schema {version}, this one knows {len(MIGRATIONS)}); update"
            )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA foreign_keys = ON")
        for number in range(version, len(MIGRATIONS)):
            # One script, one transaction: a migration that is killed was never begun.
            self._database.executescript(
                f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; "
                f"PRAGMA application_id = {APPLICATION}; COMMIT;"
            )

    def _undo(self) -> None:
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def insert(self, table: str, facts: Mapping[str, Value], *, once: bool = False) -> int:
        """A new row inside a transaction; 0 when `once` and it is there already."""
        names = ", ".join(facts)
        marks = ", ".join("?" * len(facts))
        body = f"({names}) VALUES ({marks})" if facts else "DEFAULT VALUES"
        verb = "INSERT OR IGNORE" if once else "INSERT"
        done = self._database.execute(f"{verb} INTO {table} {body}", tuple(facts.values()))
        return int(done.lastrowid or 0) if done.rowcount else 0

    def join(self, keep: int, gone: int, person: str, reason: str, time: str) -> None:
        """Make one work of two, inside a transaction, with the reason."""
        self._database.execute("UPDATE record SET work_id = ? WHERE work_id = ?", (keep, gone))
        self._database.execute("UPDATE work SET merged_into = ? WHERE id = ?", (keep, gone))
        self.event("merge", keep, gone, None, person, reason, time)

    def event(
        self, kind: str, work: int, other: int | None, record: int | None, person: str, reason: str, time: str
    ) -> None:
        """Note that works were merged, split or found in conflict, inside a transaction."""
        facts: dict[str, Value] = {
            "kind": kind,
            "work_id": work,
            "other_work_id": other,
            "record_id": record,
            "person": person,
            "reason": reason,
            "time": time or now(),
        }
        self.insert("event", facts)

    def _hit(self, work: int) -> Hit:
        records = self.records(work)
        return Hit(work, records[0], len(records))


def now() -> str:
    """The time to write into a log, UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(row: Row) -> Record:
    origin = Origin(str(row["name"]), str(row["sha256"]), str(row["format"]), whole(row["position"]))
    return replace(from_json(str(row["content"])), origin=origin)


def _worded(error: sqlite3.DatabaseError, path: Path) -> InvalidStore | StoreNotWritable:
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreNotWritable(
            f"{path}: another process is writing to this store; wait for it and try again"
        )
    if "full" in text or "I/O" in text or "readonly" in text or "unable to open" in text:
        return StoreNotWritable(
            f"{path} cannot be written ({text}); make room or allow writing, then run the same command again: "
            "what was stored before is whole, and nothing of this file was stored"
        )
    return InvalidStore(f"{path} is no evidence store, or is damaged: {text}")
