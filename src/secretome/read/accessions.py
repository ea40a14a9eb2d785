"""Protein identifiers as search engines write them: accession, entry name, species, tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DECOY = re.compile(r"^(REV__|REV_|rev_|DECOY_|decoy_|XXX_|RND__)")
_CONTAMINANT = re.compile(r"^(CON__|contam_|Cont_|CONT_)")
# species code inside an Ensembl protein identifier (ensembl.org, "stable id prefixes")
_ENSEMBL = {
    "ENSBTAP": "Bos taurus",
    "ENSMUSP": "Mus musculus",
    "ENSRNOP": "Rattus norvegicus",
    "ENSSSCP": "Sus scrofa",
    "ENSECAP": "Equus caballus",
    "ENSOARP": "Ovis aries",
    "ENSP": "Homo sapiens",
}
_HEADER = re.compile(
    r"(?:^|[;>])(?:sp|tr)\|(?P<accession>[^|;]+)\|(?P<entry>[^\s;|]+)(?: (?P<text>.*?))?(?=;+>?(?:sp|tr)\||;*$)"
)
_FIELD = re.compile(r"\b(OS|OX|GN|PE|SV)=")


@dataclass(frozen=True)
class Identifier:
    """One entry of a protein group: what its text says about it, nothing looked up."""

    accession: str
    entry_name: str = ""
    organism: str = ""
    contaminant: bool = False
    decoy: bool = False


@dataclass(frozen=True)
class Header:
    """The facts of a UniProt FASTA header."""

    entry_name: str
    organism: str
    gene: str
    description: str


def identifier(text: str) -> Identifier:
    """The parts of one identifier.

    Examples
    --------
    >>> identifier("sp|P02768|ALBU_HUMAN").entry_name
    'ALBU_HUMAN'
    >>> identifier("CON__ENSEMBL:ENSBTAP00000031900")
    Identifier(accession='ENSEMBL:ENSBTAP00000031900', entry_name='', organism='Bos taurus', contaminant=True, decoy=False)
    """
    bare = text.strip().lstrip(">")
    decoy, contaminant = bool(_DECOY.match(bare)), False
    bare = _DECOY.sub("", bare)
    contaminant = bool(_CONTAMINANT.match(bare))
    bare = _CONTAMINANT.sub("", bare)
    parts = bare.split("|")
    entry = ""
    if len(parts) > 2:
        bare, entry = parts[1], parts[2].split(" ")[0]
    elif len(parts) == 2 and re.fullmatch(r"\w+_\w+", parts[1]):
        # PEAKS: Q09666|AHNK_HUMAN
        bare, entry = parts
    return Identifier(bare, entry, _ensembl_species(bare), contaminant, decoy)


def members(group: str, separator: str = ";") -> list[str]:
    """The entries of a group, in order, empty ones left out."""
    return [entry.strip() for entry in group.split(separator) if entry.strip()]


def headers(text: str) -> dict[str, Header]:
    """Accession -> facts, of every UniProt header in a cell that joins them with semicolons.

    Examples
    --------
    >>> headers(";sp|P02768|ALBU_HUMAN Albumin OS=Homo sapiens OX=9606 GN=ALB PE=1 SV=2")["P02768"].gene
    'ALB'
    """
    found = {}
    for match in _HEADER.finditer(text):
        facts = description_fields(match["text"] or "")
        found[match["accession"]] = Header(
            match["entry"], facts.get("OS", ""), facts.get("GN", ""), facts["text"]
        )
    return found


def description_fields(text: str) -> Mapping[str, str]:
    """The fields of a UniProt description: `text` and any of OS, OX, GN, PE, SV.

    Examples
    --------
    >>> description_fields("Albumin OS=Homo sapiens OX=9606 GN=ALB")["OS"]
    'Homo sapiens'
    """
    parts = _FIELD.split(text)
    facts = {"text": parts[0].strip()}
    facts |= {name: value.strip() for name, value in zip(parts[1::2], parts[2::2], strict=True)}
    return facts


def _ensembl_species(accession: str) -> str:
    bare = accession.removeprefix("ENSEMBL:")
    return next((name for prefix, name in _ENSEMBL.items() if re.match(rf"{prefix}\d", bare)), "")
