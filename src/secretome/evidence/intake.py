"""How a record comes into the store: known or new, which work it joins, which version counts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .identity import keys, searched
from .record_json import to_json, without_origin
from .records import Deletion, Fault, Item, Record

if TYPE_CHECKING:
    from .store import Store, Value


class Intake:
    """One file on its way into the store, inside a transaction.

    Parameters
    ----------
    store
        Where it goes.
    file_id
        Row of the source file.
    """

    def __init__(self, store: Store, file_id: int) -> None:
        self._store, self._file_id = store, file_id
        self.format = ""
        self.records = self.new = self.works = self.deleted = 0
        self.faults: list[Fault] = []

    def take(self, item: Item) -> None:
        """Keep a record, apply a deletion, or note a fault."""
        if isinstance(item, Fault):
            self.faults.append(item)
            facts: dict[str, Value] = {
                "file_id": self._file_id,
                "position": item.position,
                "record": item.record,
                "found": item.found,
            }
            self._store.insert("fault", facts)
        elif isinstance(item, Deletion):
            done = self._store.execute(
                "UPDATE record SET state = 'deleted' WHERE pmid = ? AND format = 'pubmed_xml'", item.pmid
            )
            self.deleted += done
        else:
            self.format = item.origin.format
            self.records += 1
            self._keep(item)

    def _keep(self, record: Record) -> None:
        content = to_json(without_origin(record))
        fingerprint = hashlib.sha256(f"{record.origin.format}\n{content}".encode()).hexdigest()
        rows = self._store.select("SELECT id, state FROM record WHERE fingerprint = ?", fingerprint)
        if rows:
            number = whole(rows[0]["id"])
            if rows[0]["state"] == "deleted":
                self._store.execute("UPDATE record SET state = 'current' WHERE id = ?", number)
        else:
            self.new += 1
            work, made = self._work_of(record)
            self.works += made
            number = self._write(record, content, fingerprint, work)
            self._later_wins(record)
        place = {"record_id": number, "file_id": self._file_id, "position": record.origin.position}
        self._store.insert("seen", place, once=True)

    def _write(self, record: Record, content: str, fingerprint: str, work: int) -> int:
        fields: dict[str, Value] = dict(searched(record))
        own: dict[str, Value] = {
            "pmid": record.pmid,
            "pmcid": record.pmcid,
            "doi": record.doi,
            "trial_id": record.trial_id,
        }
        number = self._store.insert(
            "record",
            {
                "work_id": work,
                "kind": record.kind,
                "format": record.origin.format,
                **own,
                "year": record.year,
                "version": record.version,
                "revised": record.revised,
                "standing": record.standing,
                "fingerprint": fingerprint,
            },
        )
        self._store.insert("record_body", {"id": number, **fields, "content": content})
        self._store.insert("record_text", {"rowid": number, **fields})
        for key in keys(record):
            self._store.insert("identity", {"key": key, "record_id": number}, once=True)
        declared = {(trial, "declared") for trial in record.registry_ids if trial != record.trial_id}
        mentioned = {(trial, "mentioned") for trial in record.mentioned_ids if trial != record.trial_id}
        for trial, how in sorted(declared | mentioned):
            self._store.insert(
                "registry_link", {"trial_id": trial, "record_id": number, "how": how}, once=True
            )
        return number

    def _work_of(self, record: Record) -> tuple[int, int]:
        """The work that a new record belongs to, and 1 if it had to be made."""
        chosen: int | None = None
        for key in keys(record):
            rows = self._store.select(
                "SELECT DISTINCT r.work_id AS work FROM identity i JOIN record r ON r.id = i.record_id WHERE i.key = ?",
                key,
            )
            for row in rows:
                work = whole(row["work"])
                if work == chosen:
                    continue
                if chosen is None:
                    if self._contradicts(record, work):
                        self._store.event(
                            "conflict", work, None, None, "", f"{key} is shared by {record.label}", ""
                        )
                    else:
                        chosen = work
                elif not self._apart(chosen, work) and not self._contradicts(record, work):
                    keep, gone = sorted((chosen, work))
                    self._store.join(keep, gone, "", f"{record.label} carries the identifiers of both", "")
                    chosen = keep
        return (self._store.insert("work", {}), 1) if chosen is None else (chosen, 0)

    def _contradicts(self, record: Record, work: int) -> bool:
        """A work whose own identifiers of the same kind are others is another work."""
        rows = self._store.select(
            "SELECT pmid, doi, trial_id FROM record WHERE work_id = ? AND state <> 'deleted'", work
        )
        for name, mine in (("pmid", record.pmid), ("doi", record.doi), ("trial_id", record.trial_id)):
            theirs = {row[name] for row in rows if row[name]}
            if mine and theirs and mine not in theirs:
                return True
        return False

    def _apart(self, a: int, b: int) -> bool:
        return bool(
            self._store.select("SELECT 1 FROM apart WHERE (a = ? AND b = ?) OR (a = ? AND b = ?)", a, b, b, a)
        )

    def _later_wins(self, record: Record) -> None:
        """Of several versions of a PubMed record, only the last counts."""
        if not record.pmid or record.origin.format != "pubmed_xml":
            return
        rows = self._store.select(
            "SELECT id FROM record WHERE pmid = ? AND format = 'pubmed_xml' AND state <> 'deleted' "
            "ORDER BY version DESC, revised DESC, id DESC",
            record.pmid,
        )
        for place, row in enumerate(rows):
            state = "superseded" if place else "current"
            self._store.execute("UPDATE record SET state = ? WHERE id = ?", state, row["id"])


def whole(value: Value) -> int:
    """A number of a row; 0 for none."""
    return int(value) if value is not None else 0
