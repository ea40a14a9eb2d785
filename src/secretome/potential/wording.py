"""The sentences of `potential.processes`: answer, doubts, what is lacking, methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secretome.knowledge.additives import Declared
from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method
from secretome.study import Study

from .evidence import Evidence
from .profile import Profile
from .symbols import current

_NAMES = {
    "angiogenesis": "angiogenesis",
    "antifibrotic": "fibrosis (anti / pro)",
    "antitumour": "tumour (anti / pro)",
    "bone": "bone",
    "hair": "hair follicle",
    "immuno": "immunomodulation",
    "neuro": "neuroprotection",
    "repair": "tissue repair",
    "safety": "blood compatibility",
    "wound": "wound healing",
}
_COUNTS = {
    "seen": "factors_seen",
    "known": "factors_known",
    "half": "factors_seen_in_half_of_donors",
}
_DEPTH = (
    "More samples and deeper runs see more: compare groups by what is seen in at least half of their "
    "donors, and beside proteins_quantified."
)
_LC_MS = (
    "An LC-MS proteome rarely sees growth factors and cytokines: they sit at its detection limit. "
    "A small share seen says little about the medium."
)
_CONTEXT = (
    "Signs come from other media, receiving cells, assays and doses: read mechanism, note and citation "
    "of a row."
)
_LIGAND = (
    "Ranks and folds are of the protein as measured, not of free ligand: what binders, antagonists and latency "
    "leave is told under ligands, as a direction without molar amounts."
)
# CLAIMS section 6: no hair figure without the null trial beside it.
_HAIR = (
    "Hair: a model of cells in culture; no estimate of hair growth in a person. In NCT05296863 (split scalp, "
    "all on minoxidil) both sides improved and no difference between conditioned medium and saline was found "
    "(10.1186/s13287-023-03440-2)."
)


def in_words(process: str) -> str:
    """A process as a reader calls it; its own name when it has no other.

    Examples
    --------
    >>> in_words("immuno")
    'immunomodulation'
    """
    return _NAMES.get(process, process)


@dataclass(frozen=True)
class Context:
    """All that the sentences may speak of."""

    study: Study
    options: PotentialOptions
    evidence: Evidence
    profiles: tuple[Profile, ...]
    tables: Mapping[str, pd.DataFrame]
    declared: Declared
    failed: frozenset[str]


def answer(context: Context) -> Answer:
    """Factors seen of those known, for and against each process apart."""
    if not context.profiles:
        return Answer("No proteome of conditioned medium or vesicles was given: potential cannot be judged.")
    first = context.profiles[0]
    here = {"assay": first.assay, "material": first.material}
    cells = {name: Cell("scope", name, here) for name in ("samples", "factors_seen", "factors_known")}
    rows = context.tables["processes"]
    rows = rows[(rows["assay"] == first.assay) & (rows["material"] == first.material)]
    parts = []
    for process in dict.fromkeys(rows["process"]):
        words = []
        for line in rows[(rows["process"] == process) & (rows["factors_known"] > 0)].to_dict("records"):
            name = f"{process}_{line['direction']}"
            where = {**here, "process": process, "direction": line["direction"]}
            cells |= {
                f"{name}_{short}": Cell("processes", column, where) for short, column in _COUNTS.items()
            }
            words.append(f"{line['direction']} {{{name}_seen}} of {{{name}_known}} ({{{name}_half}})")
        if words:
            parts.append(f"{in_words(process)} {', '.join(words)}")
    kind = "evidence" if context.options.unverified else "verified evidence"
    units = "donors" if first.has_donors else "samples"
    return Answer(
        f"In the {first.material.replace('_', ' ')} (samples: {{samples}}), {{factors_seen}} of "
        f"{{factors_known}} factors with {kind} were detected. Factors seen of those known (in brackets: "
        f"in at least half of the {units}), for and against apart: {'; '.join(parts)}. "
        "What was not detected is unknown, not absent. Not tested functionally in this study.",
        cells,
    )


def notes(context: Context) -> tuple[str, ...]:
    """Doubts that a reader must see."""
    if not context.profiles:
        return ()
    donors = _count(context.options.min_donors, "donor")
    said = [
        "Every figure here is potential: not tested functionally in this study.",
        f"A factor counts as seen when it is detected in at least {donors}. {_DEPTH}",
        _LC_MS,
        _load_note(context.study.samples),
        _CONTEXT,
        _LIGAND,
        "The lists of leak-prone and serum-prone factors are not verified against primary sources yet.",
        "Absence of pro-tumour factors is never anti-tumour.",
        _HAIR,
    ]
    return (*said, *_findings(context))


def lacks(context: Context) -> tuple[str, ...]:
    """What was not measured, and the assays that would answer most of the unseen evidence."""
    if not context.profiles:
        return ("a proteome of conditioned medium or of vesicles",)
    said = []
    axes = context.tables["axes"].drop_duplicates("axis")
    said += [f"{row['axis']}: axis not measured; {row['measure_by']}" for row in axes.to_dict("records")]
    for profile in context.profiles:
        spots = context.tables["blind_spots"]
        spots = spots[(spots["assay"] == profile.assay) & (spots["material"] == profile.material)]
        for row in spots.head(3).to_dict("records"):
            said.append(
                f"{profile.material.replace('_', ' ')}: {row['measure_by']} would answer an evidence weight "
                f"of {row['evidence_weight_for']:.1f} for and {row['evidence_weight_against']:.1f} against, "
                f"{_count(row['factors'], 'factor')}: {_some(row['genes'].split(';'))}"
            )
    said.append("a functional assay of the processes claimed")
    return tuple(said)


def methods(context: Context) -> tuple[Method, ...]:
    """The sentence for a paper, with the citations of the evidence that was seen."""
    factors = context.tables["factors"]
    cited = factors.loc[factors["status"] == "seen", "doi"] if len(factors) else []
    dois = tuple(sorted({str(doi) for doi in cited if str(doi).startswith("10.")}))
    count = len(context.evidence.rows) + len(context.evidence.null_rows)
    checked = "checked and unchecked" if context.options.unverified else "checked"
    text = (
        f"Detected proteins were matched by UniProt accession, then by gene symbol, to {count} {checked} "
        "rows of evidence that link a factor to a process with a sign. Each factor carried the weight of "
        "its strongest row (loss of function 1, gain of function 0.6, association 0.3; half of it for "
        "generic citations). Evidence for and against a process was summed apart."
    )
    return (Method(text, dois),)


def _findings(context: Context) -> Iterable[str]:
    """Doubts that depend on what was found."""
    if len({profile.material for profile in context.profiles}) > 1:
        yield "Medium and vesicles are judged apart and never added."
    if any(not profile.has_donors for profile in context.profiles):
        yield "Not every sample names its donor: samples without one count as one unit each."
    elif any(profile.donors == 1 for profile in context.profiles):
        yield "One donor: this describes this donor, not donors."
    if context.study.organism != "Homo sapiens":
        species = context.study.organism
        yield f"The evidence is human; proteins of {species} were matched by upper-case symbol only."
    if any(context.evidence.left_out.values()):
        yield _left_out(context.evidence)
    yield from dict.fromkeys(_symbol_notes(context))
    yield from _blocked_notes(context.tables["matches"])
    yield from _additive_notes(context)
    if context.failed:
        stay = "were left out" if context.options.leave_out_failed else "are counted here"
        yield f"Samples that failed define.quality {stay}: {_some(sorted(context.failed))}."
        only = sorted({gene for profile in context.profiles for gene in _only_in(profile, context.failed)})
        if only:
            yield f"Detected in no other sample than those that failed: {_some(only)}."
    enzymes = context.tables["axes"]
    found = sorted(set(";".join(enzymes["enzymes_detected"]).split(";")) - {""})
    if found:
        yield f"Enzymes were detected ({_some(found)}); their products were not measured, and stay so."
    if context.study.select(kind="panel"):
        yield "Amounts by immunoassay are scored as receptor occupancy; they do not fill what the proteome missed."
    if context.study.select(kind="activity"):
        yield "A functional assay of this study stands in qualify; name its read-out in [potential] functional to set it beside a process."


def _left_out(known: Evidence) -> str:
    """How many rows of evidence do not count, and why."""
    titles, nobody = known.left_out["title"], known.left_out["unverified"]
    return (
        f"Left out of the evidence: {_count(titles, 'row')} of which only the title was read, and "
        f"{_count(nobody, 'row')} whose source nobody read or whose text does not carry the sign; "
        "`unverified = true` counts them."
    )


def _symbol_notes(context: Context) -> Iterable[str]:
    """Aliases and outdated symbols, genes on several rows, and proteins of other species."""
    factors = set(context.evidence.accessions)
    for profile in context.profiles:
        var = context.study.assays[profile.assay].matrix.var
        if "organism" in var:
            others = var["organism"].astype(str)
            counts = others[(others != "") & (others != context.study.organism)].value_counts().sort_index()
            if len(counts):
                words = ", ".join(f"{name} ({count})" for name, count in counts.items())
                yield f"{profile.assay}: proteins of other species, not counted as factors: {words}."
        if "gene" not in var:
            continue
        single = [str(cell).strip() for cell in var["gene"] if str(cell).strip() and ";" not in str(cell)]
        here = [name for name in single if set(current([name]).genes) & factors]
        yield from current(here).sentences(f"{profile.assay}, symbols of factors")


def _only_in(profile: Profile, failed: frozenset[str]) -> list[str]:
    """Factors that a profile detected in failed samples and in no other."""
    sound = np.array([sample not in failed for sample in profile.samples])
    only = profile.detected.any(axis=1) & ~profile.detected[:, sound].any(axis=1)
    return [profile.genes[position] for position in np.flatnonzero(only)]


def _blocked_notes(matches: pd.DataFrame) -> Iterable[str]:
    reasons = {
        "masked": "were found but masked as contaminants and are not counted",
        "other species": "were found only as proteins of another species and are not counted",
        "ambiguous": "share their protein group with another gene and are not counted",
    }
    for reason, words in reasons.items():
        genes = sorted(set(matches.loc[(matches["blocked"] == reason) & (matches["detected"] > 0), "gene"]))
        if genes:
            yield f"Factors that {words}: {_some(genes)}."
    single = matches[(matches["peptides"] == 1) & (matches["detected"] > 0) & (matches["blocked"] == "")]
    if len(single):
        yield f"Seen by one peptide only: {_some(sorted(set(single['gene'])))}."


def _additive_notes(context: Context) -> Iterable[str]:
    matches = context.tables["matches"]
    genes = sorted(set(matches.loc[matches["declared_additive"].astype(bool), "gene"]))
    if genes:
        stay = "counted" if context.options.count_additives else "not counted"
        yield f"Declared in the medium and {stay} in those samples (tables show both ways): {_some(genes)}."
    if context.declared.unrecognised:
        yield f"Declared additives that name no protein we know: {_some(context.declared.unrecognised)}."
    if "additives" not in context.study.samples:
        yield "Additives are not reported: FGF2, TGFB1, PDGF and the like may come from the medium."


def _load_note(samples: pd.DataFrame) -> str:
    loads = {str(load) for load in samples["load"].dropna()} if "load" in samples else {"unknown"}
    rank = (
        "median_abundance_rank and abundance_percentile order proteins within a sample; they are no amounts"
    )
    if loads and loads <= {"equal_volume", "equal_cell_equivalents"}:
        return f"{rank}."
    named = ", ".join(sorted(loads - {""})) or "unknown"
    return f"{rank}, and the load ({named}) allows shares of the proteome only."


def _some(names: Iterable[str], shown: int = 12) -> str:
    listed = list(names)
    more = f" … and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
