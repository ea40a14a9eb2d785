"""Trials as their registry tells them, each counted once, with the papers that report them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from . import lexicon
from .extract import cell_free_class, text_of
from .records import Record, Trial
from .store import Store

# Words of the CSV download, the legacy API and API v2 for the same status; others stay as written.
_STATUS = {"unknown status": "unknown", "unknown": "unknown"}
_PHASE = {
    "early_phase1": "early phase 1",
    "early phase 1": "early phase 1",
    "na": "not applicable",
    "not applicable": "not applicable",
}


def landscape(store: Store) -> pd.DataFrame:
    """One row a trial: registry facts, what our rules read (proposals), and its papers.

    Returns
    -------
    Columns `work`, `trial_id`, `title`, `status`, `phase`, `n`, `n_type`, `conditions`, `given` (class read
    from interventions and arms: cell-free, cells, unclear), `product`, `tissue`, `has_results`, `start`,
    `papers` (works that declare the trial), `mentions` (works that only name it), `standing` of those papers.
    """
    papers = _papers(store)
    rows = []
    for row in store.select(
        "SELECT DISTINCT work_id FROM record WHERE kind = 'trial' AND state = 'current' ORDER BY work_id"
    ):
        work = int(row["work_id"] or 0)
        records = [record for record in store.records(work) if record.trial is not None]
        rows.append(_trial_row(work, records, papers))
    columns = "work trial_id title status phase n n_type conditions given product tissue has_results start papers mentions standing"
    return pd.DataFrame(rows, columns=columns.split())


def papers_per_trial(store: Store) -> pd.DataFrame:
    """Links between trials and papers: `trial_id`, `work`, `how` (declared, mentioned, listed by the registry)."""
    rows = [(trial, work, how) for trial, links in sorted(_papers(store).items()) for work, how, _ in links]
    return pd.DataFrame(rows, columns=["trial_id", "work", "how"])


def study_of(store: Store) -> dict[int, str]:
    """The study that each work belongs to: papers that declare one trial are one study, not several.

    A work that declares no trial, or several, is a study of its own.
    """
    declared: dict[int, set[str]] = {}
    for trial, links in _papers(store).items():
        for work, how, _ in links:
            if how != "mentioned":
                declared.setdefault(work, set()).add(trial)
    for row in store.select(
        "SELECT DISTINCT work_id, trial_id FROM record WHERE kind = 'trial' AND state = 'current'"
    ):
        declared.setdefault(int(row["work_id"] or 0), set()).add(str(row["trial_id"]))
    return {
        work: next(iter(declared[work])) if len(declared.get(work, ())) == 1 else f"work {work}"
        for work in store.works()
    }


def counts(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Trials by one column of the landscape, the most frequent first; empty cells are `not stated`."""
    values = table[by].astype(object).where(table[by].notna() & (table[by] != ""), "not stated")
    counted = values.value_counts()
    result = pd.DataFrame({by: counted.index, "trials": counted.to_numpy()})
    return result.sort_values(["trials", by], ascending=[False, True], ignore_index=True)


def status_word(text: str) -> str:
    """One word for a status, whichever layout it came from.

    Examples
    --------
    >>> status_word("ACTIVE_NOT_RECRUITING"), status_word("Unknown status"), status_word("BRAND_NEW")
    ('active, not recruiting', 'unknown', 'brand new')
    """
    plain = re.sub(r"_+", " ", text).strip().lower()
    plain = plain.replace("active not", "active, not")
    return _STATUS.get(plain, plain)


def phase_word(phases: tuple[str, ...]) -> str:
    """One word for the phases, whichever layout they came from.

    Examples
    --------
    >>> phase_word(("PHASE1", "PHASE2")), phase_word(("Phase 1", "Phase 2")), phase_word(("NA",)), phase_word(())
    ('1/2', '1/2', 'not applicable', '')
    """
    words = [_PHASE.get(phase.lower(), re.sub(r"(?i)phase[ _]?", "", phase)) for phase in phases]
    return "/".join(words)


def _trial_row(
    work: int, records: list[Record], papers: Mapping[str, list[tuple[int, str, str]]]
) -> tuple[object, ...]:
    # API layouts say more than the CSV download; of equal ones the fuller text leads.
    record = max(records, key=lambda r: (bool(r.trial and r.trial.arms), len(r.text)))
    trial = record.trial or Trial()
    mentions = lexicon.standard().mentions(text_of(record))
    products = sorted({m.value for m in mentions if m.kind == "product" and not m.negated})
    tissues = sorted({m.value for m in mentions if m.kind == "tissue" and not m.negated})
    if cell_free_class(record) is not None:
        given = "cell-free with cells" if _also_cells(record) else "cell-free"
    else:
        given = "cells" if "cells" in products or tissues else "unclear"
    links = papers.get(record.trial_id, [])
    reporting = sorted({w for w, how, _ in links if how != "mentioned"})
    naming = sorted({w for w, how, _ in links if how == "mentioned"} - set(reporting))
    standing = sorted({s for _, _, s in links if s})
    return (
        work,
        record.trial_id,
        record.title,
        status_word(trial.status),
        phase_word(trial.phases),
        trial.enrolment,
        trial.enrolment_type.lower(),
        "; ".join(trial.conditions),
        given,
        "; ".join(products),
        "; ".join(tissues),
        trial.has_results,
        trial.start,
        "; ".join(map(str, reporting)),
        "; ".join(map(str, naming)),
        "; ".join(standing),
    )


def _also_cells(record: Record) -> bool:
    if record.trial is None:
        return False
    named = "\n".join((*(i.name for i in record.trial.interventions), *(a.label for a in record.trial.arms)))
    mentions = [m for m in lexicon.standard().mentions(named) if m.kind == "product"]
    # "exosomes derived from mesenchymal stem cells" names the source, not a product of cells.
    return any(
        m.value == "cells"
        and not re.search(
            r"(?:deriv|from|of|secretome|exosom|medium|media|vesicle|-CM)",
            named[max(m.start - 30, 0) : m.stop + 30],
        )
        for m in mentions
    )


def _papers(store: Store) -> dict[str, list[tuple[int, str, str]]]:
    """Trial number to (work, how, standing) of its papers, registry lists included."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    rows = store.select(
        "SELECT l.trial_id, l.how, r.work_id, r.standing FROM registry_link l JOIN record r ON r.id = l.record_id "
        "WHERE r.state = 'current' AND r.kind <> 'trial' ORDER BY l.trial_id, r.work_id"
    )
    for row in rows:
        entry = (int(row["work_id"] or 0), str(row["how"]), str(row["standing"]))
        found.setdefault(str(row["trial_id"]), []).append(entry)
    by_pmid = {
        str(r["pmid"]): r
        for r in store.select(
            "SELECT pmid, work_id, standing FROM record WHERE pmid <> '' AND state = 'current'"
        )
    }
    for row in store.select("SELECT DISTINCT work_id FROM record WHERE kind = 'trial' AND state = 'current'"):
        for record in store.records(int(row["work_id"] or 0)):
            for reference in record.trial.papers if record.trial else ():
                paper = by_pmid.get(reference.pmid)
                if paper is not None:
                    entry = (int(paper["work_id"] or 0), "listed by the registry", str(paper["standing"]))
                    found.setdefault(record.trial_id, []).append(entry)
    return found
