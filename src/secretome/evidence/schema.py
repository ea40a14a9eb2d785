"""The tables of the evidence store, as numbered migrations; a store knows which it has."""

from __future__ import annotations

# "SECR": tells our files from any other SQLite database.
APPLICATION = 0x53454352

# Rows of these tables are added and never changed: what a person decided stays as decided.
APPEND_ONLY = ("decision", "proposal", "judgement", "search_log", "event", "appraisal")

_FIRST = """
CREATE TABLE source_file (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, format TEXT NOT NULL,
  imported TEXT NOT NULL, records INTEGER NOT NULL, faults INTEGER NOT NULL, reader TEXT NOT NULL);
CREATE TABLE fault (
  file_id INTEGER NOT NULL REFERENCES source_file, position INTEGER NOT NULL, record TEXT NOT NULL, found TEXT NOT NULL);
CREATE TABLE work (id INTEGER PRIMARY KEY, merged_into INTEGER REFERENCES work);
CREATE TABLE record (
  id INTEGER PRIMARY KEY, work_id INTEGER NOT NULL REFERENCES work, kind TEXT NOT NULL, format TEXT NOT NULL,
  pmid TEXT NOT NULL, pmcid TEXT NOT NULL, doi TEXT NOT NULL, trial_id TEXT NOT NULL, year INTEGER,
  version INTEGER NOT NULL, revised TEXT NOT NULL, standing TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'current'
    CHECK (state IN ('current', 'superseded', 'deleted')),
  fingerprint TEXT NOT NULL UNIQUE);
-- The long texts live apart, so that a search that meets thousands of records reads short rows.
CREATE TABLE record_body (
  id INTEGER PRIMARY KEY REFERENCES record, title TEXT NOT NULL, abstract TEXT NOT NULL, authors TEXT NOT NULL,
  journal TEXT NOT NULL, mesh TEXT NOT NULL, keywords TEXT NOT NULL, ids TEXT NOT NULL, content TEXT NOT NULL);
CREATE INDEX record_work ON record(work_id);
CREATE INDEX record_pmid ON record(pmid) WHERE pmid <> '';
CREATE INDEX record_year ON record(year);
CREATE TABLE seen (
  record_id INTEGER NOT NULL REFERENCES record, file_id INTEGER NOT NULL REFERENCES source_file,
  position INTEGER NOT NULL, PRIMARY KEY (record_id, file_id, position)) WITHOUT ROWID;
CREATE TABLE identity (
  key TEXT NOT NULL, record_id INTEGER NOT NULL REFERENCES record, PRIMARY KEY (key, record_id)) WITHOUT ROWID;
CREATE TABLE registry_link (
  trial_id TEXT NOT NULL, record_id INTEGER NOT NULL REFERENCES record, how TEXT NOT NULL,
  PRIMARY KEY (trial_id, record_id, how)) WITHOUT ROWID;
CREATE TABLE apart (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, work_id INTEGER NOT NULL, other_work_id INTEGER, record_id INTEGER,
  person TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL);
CREATE TABLE search_log (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, query TEXT NOT NULL, date TEXT NOT NULL, hits INTEGER NOT NULL,
  filters TEXT NOT NULL, person TEXT NOT NULL, file_sha256 TEXT NOT NULL);
CREATE TABLE decision (
  id INTEGER PRIMARY KEY, work_id INTEGER NOT NULL REFERENCES work, reviewer TEXT NOT NULL, role TEXT NOT NULL
    CHECK (role IN ('reviewer', 'adjudicator')),
  stage TEXT NOT NULL CHECK (stage IN ('title_abstract', 'full_text')),
  decision TEXT NOT NULL CHECK (decision IN ('include', 'exclude', 'unsure')),
  reason TEXT NOT NULL, note TEXT NOT NULL, time TEXT NOT NULL);
CREATE INDEX decision_work ON decision(work_id, stage);
CREATE TABLE proposal (
  id INTEGER PRIMARY KEY, record_id INTEGER NOT NULL REFERENCES record, kind TEXT NOT NULL, value TEXT NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, quote TEXT NOT NULL, confidence REAL, rule TEXT NOT NULL,
  extractor TEXT NOT NULL, time TEXT NOT NULL,
  UNIQUE (record_id, kind, value, start, stop, rule, extractor));
CREATE TABLE judgement (
  id INTEGER PRIMARY KEY, proposal_id INTEGER NOT NULL REFERENCES proposal, person TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'correct')), value TEXT NOT NULL, note TEXT NOT NULL,
  time TEXT NOT NULL);
CREATE INDEX judgement_proposal ON judgement(proposal_id);
CREATE TABLE appraisal (
  id INTEGER PRIMARY KEY, work_id INTEGER NOT NULL REFERENCES work, form TEXT NOT NULL, item TEXT NOT NULL,
  answer TEXT NOT NULL, support TEXT NOT NULL, person TEXT NOT NULL, time TEXT NOT NULL);
CREATE VIRTUAL TABLE record_text USING fts5(
  title, abstract, authors, journal, mesh, keywords, ids,
  content='record_body', content_rowid='id', tokenize='unicode61 remove_diacritics 2');
"""


def _guards() -> str:
    """Triggers that refuse to change or remove a row of the append-only tables."""
    lines = []
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            message = f"rows of {table} are added, never changed"
            lines.append(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END;"
            )
    return "\n".join(lines)


# Never edit one that was released: append the next.
MIGRATIONS: tuple[str, ...] = (_FIRST + _guards(),)
