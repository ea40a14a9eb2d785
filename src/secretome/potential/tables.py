"""The tables of `potential.processes`, each row traceable to a measurement and to a citation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome.plan import PotentialOptions

from .counting import WEIGHTS, detection, group_members, judged, totals
from .evidence import Evidence
from .profile import Profile

NOT_TESTED = "not tested functionally in this study"
# What a process is called when it is supported (for) and when it is opposed or a risk (against).
READINGS: dict[str, tuple[str, str]] = {
    "angiogenesis": ("pro-angiogenic", "anti-angiogenic"),
    "antifibrotic": ("anti-fibrotic", "pro-fibrotic risk"),
    "antitumour": ("anti-tumour", "pro-tumour risk"),
    "bone": ("supports bone formation", "opposes bone formation"),
    "hair": ("supports the follicle in culture", "opposes the follicle in culture"),
    "immuno": ("immunosuppressive or regulatory", "pro-inflammatory"),
    "neuro": ("neurotrophic or neuroprotective", "opposes neurons"),
    "repair": ("supports tissue repair", "opposes tissue repair"),
    "safety": ("safety in its favour", "safety risk"),
    "wound": ("supports wound healing", "opposes wound healing"),
}
# Why a factor stands in `unseen` although its protein is in the table, and what would settle it.
_SETTLED_BY = {
    "masked": "peptides of the species of the cells, and a cell-free blank of the same medium",
    "other species": "peptides of the species of the cells, and a cell-free blank of the same medium",
    "declared additive": "a cell-free blank of the same medium and hours",
    "ambiguous": "peptides unique to the gene, or an immunoassay",
}
_WHERE = ["assay", "material"]
_SUBJECT = ["process", "direction", "gene"]
_SOURCE = ["evidence_level", "weight", "strongest", "mechanism", "citation", "doi", "verified", "note"]
_DETECTION = [
    "detected",
    "measured",
    "donors_detected",
    "donors_measured",
    "median_abundance_rank",
    "abundance_percentile",
    "proteins_quantified",
]
_FLAGS = ["contaminant_class", "leak_prone", "serum_prone", "declared_additive"]
_MATCH = ["matched_by", "blocked", "group_members", "peptides"]
RESPONSES = (
    "process",
    "direction",
    "gene",
    "finding",
    "tissue_source",
    "receiving_cell",
    "same_tissue_here",
    "mechanism",
    "assay",
    "citation",
    "doi",
    "verified",
    "note",
)
COLUMNS: dict[str, list[str]] = {
    "scope": [
        *_WHERE,
        "samples",
        "donors",
        "groups",
        "evidence_rows",
        "factors_known",
        "factors_seen",
        "factors_not_seen",
    ],
    "processes": [
        *_WHERE,
        "process",
        "direction",
        "reading",
        *WEIGHTS,
        "samples",
        "donors",
        "functional_test",
    ],
    "groups": [
        *_WHERE,
        "process",
        "direction",
        "reading",
        "group",
        *WEIGHTS,
        "samples",
        "donors",
        "proteins_quantified",
        "functional_test",
    ],
    "factors": [
        *_WHERE,
        *_SUBJECT,
        "protein",
        "sign",
        "group",
        "status",
        *_DETECTION,
        "detected_in",
        *_SOURCE,
        *_FLAGS,
        "caution",
        *_MATCH,
    ],
    "unseen": [*_WHERE, *_SUBJECT, "kind", "reason", *_SOURCE, "measure_by"],
    "null_results": [
        *_WHERE,
        "process",
        "gene",
        "protein",
        "finding",
        "detected",
        "measured",
        "evidence_level",
        "mechanism",
        "citation",
        "doi",
        "verified",
        "note",
    ],
    "axes": [
        *_WHERE,
        "axis",
        "process",
        "direction",
        "weight",
        "status",
        "enzymes",
        "enzymes_detected",
        "measure_by",
        "source",
        "doi",
        "verified",
    ],
    "blind_spots": [
        *_WHERE,
        "measure_by",
        "factors",
        "genes",
        "evidence_weight_for",
        "evidence_weight_against",
    ],
    "matches": [*_WHERE, "gene", "protein", *_MATCH, *_DETECTION, *_FLAGS],
}


def make(
    profiles: tuple[Profile, ...], known: Evidence, options: PotentialOptions
) -> dict[str, pd.DataFrame]:
    """Every table of the result, empty but with its columns when there is no profile."""
    made: dict[str, list[pd.DataFrame]] = {name: [] for name in COLUMNS}
    for profile in profiles:
        for name, frame in _of_profile(profile, known, options).items():
            made[name].append(frame.assign(assay=profile.assay, material=profile.material))
    return {name: _stacked(frames, COLUMNS[name]) for name, frames in made.items()}


def _of_profile(profile: Profile, known: Evidence, options: PotentialOptions) -> dict[str, pd.DataFrame]:
    matches = profile.matches.set_index("gene")
    everywhere = detection(profile, np.arange(len(profile.samples))).join(matches)
    table = _judged(known.rows, everywhere, options)
    unseen = _unseen(table)
    return {
        "scope": _scope(profile, table, known),
        "processes": _labelled(totals(table, known.subjects), len(profile.samples), profile.donors),
        "groups": _groups(profile, known, matches, options),
        "factors": _factors(profile, known, matches, everywhere, options),
        "unseen": unseen,
        "null_results": known.null_rows.join(everywhere, on="gene").assign(finding="tested, no effect"),
        "axes": _axes(known, everywhere),
        "blind_spots": _blind_spots(unseen),
        "matches": _flagged(everywhere, known).reset_index(),
    }


def _judged(rows: pd.DataFrame, found: pd.DataFrame, options: PotentialOptions) -> pd.DataFrame:
    return judged(rows, found, min_donors=options.min_donors, count_additives=options.count_additives)


def readings(table: pd.DataFrame) -> list[str]:
    """What each process is called when it is supported, and when it is opposed or a risk."""
    return [
        READINGS[process][direction == "against"]
        for process, direction in zip(table["process"], table["direction"], strict=True)
    ]


def _labelled(table: pd.DataFrame, samples: int, donors: int | None) -> pd.DataFrame:
    """Totals with the words for the reader and the number of samples and donors behind them."""
    words = readings(table)
    count = pd.array([pd.NA if donors is None else donors] * len(table), dtype="Int64")
    return table.assign(reading=words, samples=samples, donors=count, functional_test=NOT_TESTED)


def _groups(
    profile: Profile, known: Evidence, matches: pd.DataFrame, options: PotentialOptions
) -> pd.DataFrame:
    parts = []
    for label, members in group_members(profile):
        found = detection(profile, members).join(matches)
        donors = len(set(profile.unit[members].tolist())) if profile.has_donors else None
        sums = totals(_judged(known.rows, found, options), known.subjects)
        quantified = float(np.median(profile.quantified[members]))
        parts.append(
            _labelled(sums, len(members), donors).assign(group=label, proteins_quantified=quantified)
        )
    return pd.concat(parts).sort_values(["process", "direction"], ascending=[True, False], kind="stable")


def _factors(
    profile: Profile,
    known: Evidence,
    matches: pd.DataFrame,
    everywhere: pd.DataFrame,
    options: PotentialOptions,
) -> pd.DataFrame:
    """Evidence rows of every factor detected in any sample, once for each sample group."""
    anywhere = known.rows[known.rows["gene"].map(everywhere["detected"]) > 0]
    parts = [
        _judged(anywhere, detection(profile, members).join(matches), options).assign(group=label)
        for label, members in group_members(profile)
    ]
    ordered = pd.concat(parts).sort_index(kind="stable")
    return ordered.sort_values(["process", "direction"], ascending=[True, False], kind="stable")


def _unseen(table: pd.DataFrame) -> pd.DataFrame:
    missed = table[~table["seen"]].copy()
    missed["reason"] = missed["status"].where(missed["kind"] == "protein", missed["kind"])
    missed["measure_by"] = missed["reason"].map(_SETTLED_BY).fillna(missed["measure_by"])
    return missed.sort_values(["process", "direction"], ascending=[True, False], kind="stable")


def _blind_spots(unseen: pd.DataFrame) -> pd.DataFrame:
    """Unseen weight by the assay that would see it; a factor weighs once in each process and direction."""
    lines = []
    for assay, rows in unseen[unseen["strongest"]].groupby("measure_by", sort=True):
        genes = sorted(set(rows["gene"]))
        lines.append(
            {
                "measure_by": assay,
                "factors": len(genes),
                "genes": ";".join(genes),
                "evidence_weight_for": float(rows.loc[rows["direction"] == "for", "weight"].sum()),
                "evidence_weight_against": float(rows.loc[rows["direction"] == "against", "weight"].sum()),
            }
        )
    table = pd.DataFrame(lines, columns=COLUMNS["blind_spots"][2:])
    return table.sort_values("evidence_weight_for", ascending=False, kind="stable")


def _axes(known: Evidence, everywhere: pd.DataFrame) -> pd.DataFrame:
    """One line for each mediator and each process that its evidence touches; never an amount."""
    lines = []
    for axis in known.axes.to_dict("records"):
        enzymes = [gene for gene in axis["enzymes"].split(";") if gene]
        present = [gene for gene in enzymes if gene in everywhere.index and everywhere["detected"][gene] > 0]
        proxies = known.rows[known.rows["gene"].isin(enzymes) & known.rows["kind"].str.startswith("proxy")]
        facts = {
            "axis": axis["axis"],
            "status": "not measured",
            "enzymes": axis["enzymes"],
            "enzymes_detected": ";".join(present),
            "measure_by": axis["measure_by"],
            "source": axis["source"],
            "doi": axis["doi_or_id"],
            "verified": axis["verified"],
        }
        touched = proxies[proxies["strongest"]][["process", "direction", "weight"]].to_dict("records")
        lines += [{**facts, **row} for row in touched or [{"process": "", "direction": "", "weight": np.nan}]]
    return pd.DataFrame(lines)


def _scope(profile: Profile, table: pd.DataFrame, known: Evidence) -> pd.DataFrame:
    seen = set(table.loc[table["seen"], "gene"])
    every = set(table["gene"])
    return pd.DataFrame(
        {
            "samples": [len(profile.samples)],
            "donors": pd.array([pd.NA if profile.donors is None else profile.donors], dtype="Int64"),
            "groups": [len(set(profile.group.tolist()))],
            "evidence_rows": [len(known.rows) + len(known.null_rows)],
            "factors_known": [len(every)],
            "factors_seen": [len(seen)],
            "factors_not_seen": [len(every - seen)],
        }
    )


def _flagged(everywhere: pd.DataFrame, known: Evidence) -> pd.DataFrame:
    flags = pd.concat([known.rows, known.null_rows]).drop_duplicates("gene").set_index("gene")
    return everywhere.join(flags[["leak_prone", "serum_prone"]])


def _stacked(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not frames:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    # An empty frame carries no rows, only column types that would disturb those of the others.
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True)[columns]
