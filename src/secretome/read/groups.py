"""Protein groups as search engines write them: accessions, entry names, species, tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# sp|P02769|ALBU_BOVIN, alone, after "2/" or after "DECOY_1/"
_FASTA = re.compile(r"(?:^|(?<=[/;, _]))(?:sp|tr|UPS|ups|gi|lcl)\|([^|;,/\s]+)(?:\|([^|;,/\s]+))?")
_DECOY = re.compile(r"^(DECOY_|decoy_|REV__|rev_|XXX_|##)")
_CONTAMINANT = re.compile(r"^(CON__|CON_|contam_|Cont_|cRAP[-_]?)")
_COUNTED = re.compile(r"^(?:DECOY_)?(\d+)/")
_ENTRY_NAME = re.compile(r"^[A-Z0-9]{1,11}_[A-Z0-9]{2,6}(_UPS)?$")

# mnemonics of UniProt's species list (speclist.txt)
_SPECIES: Mapping[str, str] = {
    "HUMAN": "Homo sapiens",
    "MOUSE": "Mus musculus",
    "RAT": "Rattus norvegicus",
    "PIG": "Sus scrofa",
    "HORSE": "Equus caballus",
    "CANLF": "Canis lupus familiaris",
    "SHEEP": "Ovis aries",
    "BOVIN": "Bos taurus",
    "CHICK": "Gallus gallus",
    "RABIT": "Oryctolagus cuniculus",
    "YEAST": "Saccharomyces cerevisiae",
    "YEAS8": "Saccharomyces cerevisiae",
    "ECOLI": "Escherichia coli",
}


@dataclass(frozen=True)
class Group:
    """One protein group.

    Parameters
    ----------
    accessions
        Accessions without tags, in the order of the file.
    entry_name
        UniProt entry name of the first where the text holds one, else empty.
    contaminant, decoy
        Tags that the first carries.
    proteins
        Proteins that the text says it stands for (`3/…` is 3), else the number of accessions.
    shared
        The text counts its proteins (`3/…`) and there are several.
    """

    accessions: tuple[str, ...]
    entry_name: str = ""
    contaminant: bool = False
    decoy: bool = False
    proteins: int = 1
    shared: bool = False


def parse_group(text: str) -> Group:
    """The group that a text names.

    Examples
    --------
    >>> parse_group("contam_sp|P02769|ALBU_BOVIN").accessions
    ('P02769',)
    >>> parse_group("2/sp|P0DJD0|RGPD1_HUMAN/sp|Q7Z3J3|RGPD4_HUMAN").shared
    True
    """
    text = text.strip()
    decoy = bool(_DECOY.match(text))
    bare = _DECOY.sub("", text)
    counted = _COUNTED.match(bare)
    bare = _COUNTED.sub("", bare)
    contaminant = bool(_CONTAMINANT.match(bare))
    found = _FASTA.findall(bare)
    if found:
        accessions = [accession for accession, _ in found]
        entry_name = found[0][1]
    else:
        parts = [part for part in re.split(r"[;,]", bare) if part.strip()]
        accessions = [_CONTAMINANT.sub("", _DECOY.sub("", part.strip())) for part in parts]
        entry_name = accessions[0] if accessions and is_entry_name(accessions[0]) else ""
    unique = tuple(dict.fromkeys(accession for accession in accessions if accession))
    number = int(counted[1]) if counted else len(unique)
    return Group(unique, entry_name, contaminant, decoy, number, counted is not None and number > 1)


def is_entry_name(text: str) -> bool:
    """Whether a text has the form of a UniProt entry name.

    Examples
    --------
    >>> is_entry_name("PUR3_YEAST"), is_entry_name("Serum")
    (True, False)
    """
    return bool(_ENTRY_NAME.match(text))


def organism_of(entry_name: str) -> str:
    """Species of an entry name, empty where its mnemonic is not on our short list.

    Examples
    --------
    >>> organism_of("ALBU_BOVIN")
    'Bos taurus'
    """
    parts = entry_name.split("_")
    return _SPECIES.get(parts[1], "") if len(parts) > 1 else ""


def unique_names(groups: Sequence[Group], texts: Sequence[str]) -> tuple[list[str], int]:
    """A name for each group: its leading accession, or all of them where several groups share it.

    Parameters
    ----------
    groups, texts
        The groups and how the file writes them, each text once.

    Returns
    -------
    The names, and how many groups had to be named by more than their leading accession.
    """
    leading = [
        group.accessions[0] if group.accessions else text for group, text in zip(groups, texts, strict=True)
    ]
    times = Counter(leading)
    names = [
        name if times[name] == 1 else ";".join(group.accessions) or text
        for name, group, text in zip(leading, groups, texts, strict=True)
    ]
    again = Counter(names)
    names = [name if again[name] == 1 else text.strip() for name, text in zip(names, texts, strict=True)]
    return names, sum(name != first for name, first in zip(names, leading, strict=True))
