"""Which proteins are not of the cells: each flagged with a class and a reason, none dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from secretome import knowledge
from secretome.results import Answer, Cell, Method, Result

from ._knowledge import sources
from ._proteome import Proteome

CLASSES = (
    "keratin",
    "bovine",
    "serum",
    "trypsin",
    "other_species",
    "handling",
    "shared_species",
    "listed",
)
# Classes that tests leave out. A tag of the search engine alone never masks a protein.
MASKED = frozenset(CLASSES) - {"shared_species", "listed"}
BOVINE, HUMAN = "Bos taurus", "Homo sapiens"


def classify(proteins: pd.DataFrame, *, organism: str = HUMAN) -> pd.DataFrame:
    """Class, reason and mask of each protein, by accession, gene and species.

    Parameters
    ----------
    proteins
        A row for each protein (index = leading accession) with any of `gene`, `entry_name`, `organism`,
        `description`, `protein_group`, `tagged_contaminant`.
    organism
        Species of the study.

    Returns
    -------
    Same index; `contaminant_class` (empty when none), `contaminant_reason`, `masked` (left out of
    tests) and `plasma_protein` (an abundant plasma protein of whatever species).

    Notes
    -----
    The first rule that holds decides: enzyme, keratin (of the study's species or human), skin and
    reagents, group of several species, bovine, serum of another species, other species, tag of the
    search engine. A keratin of a third species (sheep) is `other_species`: the share of keratin then
    means the handler, and nothing changes for the tests, which leave both out. A protein of the
    study's own species that is only tagged stays in: lists of contaminants hold TNF, FGF2 and TGFB1.

    References
    ----------
    Frankenfield 2022, 10.1021/acs.jproteome.2c00145; Moll 2008, 10.1007/s00418-008-0435-6.

    Examples
    --------
    >>> proteins = pd.DataFrame(
    ...     {"gene": ["KRT1", "TNF"], "organism": "Homo sapiens", "tagged_contaminant": True},
    ...     index=["P04264", "P01375"],
    ... )
    >>> classify(proteins)[["contaminant_class", "masked"]].to_dict("list")
    {'contaminant_class': ['keratin', 'listed'], 'masked': [True, False]}
    """
    rules, own = _rules(), _species_name(organism)
    facts = _facts(proteins, rules)
    known = {fact.accession: fact.species for fact in facts if fact.species} | dict(rules.species_of)
    found = [_judge(fact, own, rules, known) for fact in facts]
    classes = [label for label, _ in found]
    return pd.DataFrame(
        {
            "contaminant_class": classes,
            "contaminant_reason": [reason for _, reason in found],
            "masked": np.array([label in MASKED for label in classes], dtype=bool),
            "plasma_protein": np.array([_on_list(fact, rules, "plasma") for fact in facts], dtype=bool),
        },
        index=proteins.index,
    )


def result(proteomes: Sequence[Proteome], *, organism: str) -> Result:
    """Flagged proteins, shares of each class, and what the flags cannot tell, as a Result."""
    classes = pd.concat([_classes(one) for one in proteomes], ignore_index=True)
    summary = pd.concat([_summary(one) for one in proteomes], ignore_index=True)
    cells: dict[str, Cell] = {}
    sentences: list[str] = []
    for number, one in enumerate(proteomes):
        where: dict[str, object] = {"assay": one.assay}
        keratin = {**where, "contaminant_class": "keratin"}
        cells |= {
            f"flagged{number}": Cell("summary", "flagged", where),
            f"masked{number}": Cell("summary", "masked", where),
            f"keratin{number}": Cell("classes", "max_percent", keratin),
        }
        sentences.append(
            f"{one.assay}: {{flagged{number}}} proteins are flagged, tests leave out {{masked{number}}} of "
            f"them; keratin makes up to {{keratin{number}}} % of the signal of a sample."
        )
    return Result(
        stage="define",
        name="contaminants",
        question="Which proteins are not of the cells, and how much of the signal are they?",
        answer=Answer(" ".join(sentences), cells),
        tables={
            "proteins": pd.concat([_flagged(one) for one in proteomes], ignore_index=True),
            "classes": classes,
            "summary": summary,
        },
        parameters={"organism": organism, "masked_classes": sorted(MASKED)},
        sources=sources("contaminants", "serum"),
        notes=_notes(classes),
        lacks=_lacks(classes, organism),
        methods=(
            Method(
                "Contaminants were flagged by accession, gene and species, with a class and a reason; "
                "keratins, enzymes and proteins of other species were left out of tests, proteins of the "
                "study's species that a contaminant list names were kept.",
                ("10.1021/acs.jproteome.2c00145", "10.1007/s00418-008-0435-6"),
            ),
        ),
    )


# --- rules --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rules:
    accession: Mapping[str, tuple[str, str]]
    patterns: tuple[tuple[str, re.Pattern[str], str, str], ...]  # field, pattern, class, reason
    organism: Mapping[str, str]
    mnemonic: Mapping[str, str]
    species_of: Mapping[str, str]
    lists: Mapping[str, _Names]  # plasma, milk


@dataclass(frozen=True)
class _Names:
    genes: frozenset[str]
    prefixes: frozenset[str]
    accessions: frozenset[str]


@dataclass(frozen=True)
class _Fact:
    accession: str
    gene: str
    prefix: str
    description: str
    species: str
    group: tuple[str, ...]
    tagged: bool


@cache
def _rules() -> _Rules:
    table, serum = knowledge.table("contaminants").frame, knowledge.table("serum").frame
    by_match = dict(iter(table.groupby("match")))
    accessions, organisms, codes = by_match["accession"], by_match["organism"], by_match["mnemonic"]
    patterns = [
        (row.match, re.compile(row.value, re.IGNORECASE), row.contaminant_class, row.reason)
        for row in table.itertuples()
        if row.match in ("gene", "description")
    ]
    species = dict(zip(accessions["value"], accessions["organism"], strict=True))
    species |= dict.fromkeys(serum["bovine_accession"], BOVINE)
    species |= dict.fromkeys(serum["human_accession"], HUMAN)
    lists = {}
    for kind, rows in serum.groupby("kind"):
        lists[str(kind)] = _Names(
            frozenset(word for words in rows["gene_symbols"] for word in words.split(";")),
            frozenset(rows["entry_prefix"]),
            frozenset([*rows["human_accession"], *rows["bovine_accession"]]) - {""},
        )
    return _Rules(
        accession={
            row.value: (row.contaminant_class, f"{row.protein} ({row.value}): {row.reason}")
            for row in accessions.itertuples()
        },
        patterns=tuple(patterns),
        organism=dict(zip(organisms["value"], organisms["reason"], strict=True)),
        mnemonic=dict(zip(codes["value"], codes["organism"], strict=True)),
        species_of={accession: name for accession, name in species.items() if accession},
        lists=lists,
    )


def _facts(proteins: pd.DataFrame, rules: _Rules) -> list[_Fact]:
    def text(name: str) -> list[str]:
        if name not in proteins.columns:
            return [""] * len(proteins)
        return [str(value) for value in proteins[name].astype(object).where(proteins[name].notna(), "")]

    tagged = (
        proteins["tagged_contaminant"].astype(bool).tolist()
        if "tagged_contaminant" in proteins.columns
        else [False] * len(proteins)
    )
    columns = zip(
        proteins.index,
        text("gene"),
        text("entry_name"),
        text("organism"),
        text("description"),
        text("protein_group"),
        tagged,
        strict=True,
    )
    facts = []
    for name, gene, entry, organism, description, group, tag in columns:
        accession = _accession(str(name))
        prefix, _, code = entry.partition("_")
        # a tagged row without species or code stays of unknown species, whatever its accession
        species = _species_name(organism) or rules.mnemonic.get(code) or rules.species_of.get(accession, "")
        members = tuple(_accession(word) for word in group.split(";") if word.strip())
        facts.append(_Fact(accession, gene.strip(), prefix, description, species, members, tag))
    return facts


def _accession(word: str) -> str:
    """The bare accession of `contam_sp|P02769|ALBU_BOVIN`, `CON__P02769`, `Cont_P02769`, `P02769-2`."""
    parts = word.strip().split("|")
    bare = parts[1] if len(parts) > 1 else parts[0]
    return re.sub(r"^(contam_|CON__|Cont_)|-\d+$", "", bare)


def _species_name(organism: str) -> str:
    """A species name without taxon id, strain or common name."""
    return re.sub(r"\s*(OX=|\().*$", "", organism).strip()


def _judge(fact: _Fact, own: str, rules: _Rules, known: Mapping[str, str]) -> tuple[str, str]:
    if fact.accession in rules.accession:
        return rules.accession[fact.accession]
    species = fact.species or own
    if species in (own, HUMAN):
        for field, pattern, label, reason in rules.patterns:
            if (field == "gene" or not fact.gene) and pattern.match(getattr(fact, field)):
                return label, reason if species == own else f"{reason} ({species})"
    mixed = {species} | {known[member] for member in fact.group if member in known}
    if own in mixed and len(mixed) > 1:
        others = ", ".join(sorted(mixed - {own}))
        return "shared_species", f"shared sequence of {own} and {others}: unresolved, kept"
    if species != own:
        return _foreign(fact, species, rules)
    if fact.tagged:
        return "listed", _listed(fact, rules)
    return "", ""


def _foreign(fact: _Fact, species: str, rules: _Rules) -> tuple[str, str]:
    if species == BOVINE:
        if _on_list(fact, rules, "milk"):
            return "bovine", "milk protein of Bos taurus: blocking reagent, no serum"
        if _on_list(fact, rules, "plasma"):
            return "bovine", "plasma protein of Bos taurus: serum or albumin left from culture"
        return "bovine", "protein of Bos taurus: serum or a bovine additive"
    if _on_list(fact, rules, "plasma"):
        return "serum", f"plasma protein of {species}: serum of another species"
    return "other_species", f"protein of {species}" + (
        f"; {rules.organism[species]}" if species in rules.organism else ""
    )


def _listed(fact: _Fact, rules: _Rules) -> str:
    if not fact.species:
        return "tagged as contaminant by the search, kept: its species is not given, so nothing can be judged"
    if _on_list(fact, rules, "plasma"):
        return (
            "tagged as contaminant by the search, kept: own species; a plasma protein, which albumin or "
            "platelet lysate of the medium may have brought"
        )
    return "tagged as contaminant by the search, kept: own species; check the additives of the medium"


def _on_list(fact: _Fact, rules: _Rules, kind: str) -> bool:
    # apart, because THRB is prothrombin as an entry name and a thyroid receptor as a gene
    names = rules.lists[kind]
    return (
        fact.gene.upper() in names.genes
        or fact.prefix in names.prefixes
        or fact.accession in names.accessions
    )


# --- tables -------------------------------------------------------------------------------------


def _spread(percent: pd.DataFrame | np.ndarray) -> tuple[float, float]:
    values = np.asarray(percent, dtype=float)
    values = values[np.isfinite(values)]
    return (float(np.median(values)), float(values.max())) if values.size else (np.nan, np.nan)


def _flagged(one: Proteome) -> pd.DataFrame:
    hit = np.flatnonzero(one.proteins["contaminant_class"] != "")
    rows, percent = one.proteins.iloc[hit], one.percent[:, hit]
    spread = [_spread(percent[:, column]) for column in range(len(hit))]
    empty = pd.Series("", index=rows.index)
    return pd.DataFrame(
        {
            "protein": rows.index.astype(str),
            "gene": rows.get("gene", empty).to_numpy(),
            "organism": rows.get("organism", empty).to_numpy(),
            "contaminant_class": rows["contaminant_class"].to_numpy(),
            "reason": rows["contaminant_reason"].to_numpy(),
            "masked": rows["masked"].to_numpy(dtype=bool),
            "median_percent": np.array([median for median, _ in spread], dtype=float),
            "max_percent": np.array([largest for _, largest in spread], dtype=float),
            "tagged_contaminant": rows.get("tagged_contaminant", empty != "").to_numpy(dtype=bool),
            "assay": one.assay,
        }
    )


def _classes(one: Proteome) -> pd.DataFrame:
    rows = []
    for label in CLASSES:
        hit = np.asarray(one.proteins["contaminant_class"] == label, dtype=bool)
        median, largest = _spread(one.percent[:, hit].sum(axis=1))
        rows.append(
            {
                "contaminant_class": label,
                "proteins": int(hit.sum()),
                "masked": int((hit & one.masked).sum()),
                "median_percent": median,
                "max_percent": largest,
                "assay": one.assay,
            }
        )
    return pd.DataFrame(rows)


def _summary(one: Proteome) -> pd.DataFrame:
    flagged = int((one.proteins["contaminant_class"] != "").sum())
    facts = {"proteins": one.proteins.shape[0], "flagged": flagged, "masked": int(one.masked.sum())}
    return pd.DataFrame([{"assay": one.assay, **facts}])


def _notes(classes: pd.DataFrame) -> tuple[str, ...]:
    counts = classes.groupby("contaminant_class")["proteins"].sum()
    notes = ["Nothing was deleted: flagged proteins stay in every table and carry their class and reason."]
    if counts["listed"]:
        notes.append(
            "Proteins of the study's species that only a contaminant list names are kept in tests "
            "(class listed)."
        )
    if counts["shared_species"]:
        notes.append(
            "Groups that hold accessions of several species are kept and unresolved (class shared_species): "
            "without peptides they cannot be given to cells or serum."
        )
    if counts["keratin"]:
        notes.append(
            "KRT7, KRT8, KRT18 and KRT19 are left out with the other keratins, though cells may make them."
        )
    return tuple(notes)


def _lacks(classes: pd.DataFrame, organism: str) -> tuple[str, ...]:
    counts = classes.groupby("contaminant_class")["proteins"].sum()
    lacks = [
        (
            "Serum that was left cannot be told from the cells' own protein where peptides are shared: "
            "a cell-free medium blank carried through the same days would tell."
        )
    ]
    if _species_name(organism) != BOVINE and not counts["bovine"]:
        lacks.append(
            "No bovine protein is in the table, so the search may have held no bovine sequences; "
            "a search against both species would show the serum that was left."
        )
    return tuple(lacks)
