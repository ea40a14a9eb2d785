"""Which proteins of an assay are a factor of the evidence: by accession first, then by symbol."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

# Ways in which a protein that was found may still not count as the factor.
BLOCKED = ("masked", "other species", "ambiguous")


@dataclass(frozen=True)
class Match:
    """The proteins of an assay that stand for one factor.

    Parameters
    ----------
    gene
        Symbol of the factor.
    columns
        Positions of its proteins in the assay; those that count, else those that are blocked.
    matched_by
        `accession`, `symbol`, both, or `symbol, <species>`; empty when there is no protein.
    blocked
        Why none of the proteins counts (`masked`, `other species`, `ambiguous`), else empty.
    group_members
        Accessions in the largest protein group among them; above 1 the peptides are shared.
    """

    gene: str
    columns: tuple[int, ...] = ()
    matched_by: str = ""
    blocked: str = ""
    group_members: int = 0


@dataclass(frozen=True)
class _Protein:
    """What one analyte may stand for."""

    column: int
    accessions: tuple[str, ...]
    symbols: tuple[str, ...]
    genes: frozenset[str]
    blocked: str


def match_factors(
    accessions: Mapping[str, str], var: pd.DataFrame, *, organism: str = "Homo sapiens"
) -> dict[str, Match]:
    """The proteins of an assay that stand for each factor.

    Parameters
    ----------
    accessions
        Gene symbol of each factor to its human UniProt accession.
    var
        Analyte table of the assay: index leading accession; columns `gene`, `protein_group`,
        `organism`, `tagged_contaminant`, `masked`, each optional.
    organism
        Species of the study; proteins of any other species never count.

    Returns
    -------
    One Match a factor, in the order of `accessions`. A protein group of several genes is `ambiguous`:
    which of them was seen is not known.

    Examples
    --------
    >>> var = pd.DataFrame({"gene": ["VPF"]}, index=["P15692-4"])
    >>> match_factors({"VEGFA": "P15692"}, var)["VEGFA"].matched_by
    'accession'
    """
    human = _species(organism) == "homo sapiens"
    # A factor that is no protein (miRNA) has no accession.
    known = {accession: gene for gene, accession in accessions.items() if accession}
    proteins = _proteins(var, known, organism)
    by_accession, by_symbol = defaultdict(list), defaultdict(list)
    for protein in proteins:
        for accession in protein.accessions:
            by_accession[accession].append(protein)
        for symbol in protein.symbols:
            by_symbol[symbol].append(protein)
    note = "symbol" if human else f"symbol, {organism}"
    return {
        gene: _match(gene, by_accession[accession] if human else [], by_symbol[gene.upper()], note)
        for gene, accession in accessions.items()
    }


def _match(gene: str, by_accession: list[_Protein], by_symbol: list[_Protein], note: str) -> Match:
    found: dict[int, tuple[_Protein, str]] = {protein.column: (protein, note) for protein in by_symbol}
    found |= {protein.column: (protein, "accession") for protein in by_accession}
    # A leading accession of another known gene outweighs a symbol that is an alias of this one.
    found = {
        column: pair for column, pair in found.items() if pair[1] == "accession" or gene in pair[0].genes
    }
    if not found:
        return Match(gene)
    countable = {column: pair for column, pair in found.items() if not pair[0].blocked}
    reasons = {pair[0].blocked for pair in found.values()}
    blocked = "" if countable else next(reason for reason in BLOCKED if reason in reasons)
    chosen = countable or {column: pair for column, pair in found.items() if pair[0].blocked == blocked}
    ways = sorted({way for _, way in chosen.values()})
    members = max(len(set(protein.accessions)) for protein, _ in chosen.values())
    return Match(gene, tuple(sorted(chosen)), " and ".join(ways), blocked, members)


def _proteins(var: pd.DataFrame, known: Mapping[str, str], organism: str) -> list[_Protein]:
    size = len(var)
    leading = [str(name) for name in var.index]
    groups = _column(var, "protein_group", size)
    symbols = _column(var, "gene", size)
    species = _column(var, "organism", size)
    # Without `define`, the search engine's own tag is all that marks a contaminant.
    masked = var["masked"] if "masked" in var else var.get("tagged_contaminant", pd.Series([False] * size))
    here = _species(organism)
    proteins = []
    for column, (name, group, gene, kind, mask) in enumerate(
        zip(leading, groups, symbols, species, masked, strict=True)
    ):
        accessions = tuple(dict.fromkeys(_accession(part) for part in (name, *_parts(group))))
        words = tuple(dict.fromkeys(part.upper() for part in _parts(gene)))
        genes = _genes(accessions, words, known)
        foreign = bool(kind) and _species(kind) != here
        blocked = "masked" if mask else "other species" if foreign else "ambiguous" if len(genes) > 1 else ""
        proteins.append(_Protein(column, accessions, words, genes, blocked))
    return proteins


def _genes(accessions: tuple[str, ...], symbols: tuple[str, ...], known: Mapping[str, str]) -> frozenset[str]:
    """Every gene of a protein group, an alias of its leading accession replaced by the known symbol."""
    by_accession = {known[accession] for accession in accessions if accession in known}
    if len(symbols) <= 1 and accessions[0] in known:
        return frozenset(by_accession)
    return frozenset(by_accession | set(symbols))


def _accession(text: str) -> str:
    """`sp|P12345-2|NAME_HUMAN`, `P12345-2` and `contam_P12345` all give `P12345`."""
    bare = text.strip().split("|")[1] if text.count("|") >= 2 else text.strip()
    return re.sub(r"-\d+$", "", re.sub(r"^(contam_|CON__)", "", bare))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;,]", text) if part.strip()]


def _species(organism: str) -> str:
    """Genus and species in small letters; strains and taxon ids do not matter."""
    return " ".join(organism.lower().split()[:2])


def _column(var: pd.DataFrame, name: str, size: int) -> list[str]:
    if name not in var:
        return [""] * size
    return ["" if pd.isna(cell) else str(cell) for cell in var[name]]
