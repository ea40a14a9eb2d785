"""Texts of the gold set of factors, put together from the shared data; the project keeps ids, checksums and labels only.

Chosen by the order of sha256 of their ids among the texts that hit a pattern of factor families, before the matcher was scored.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

_FAMILY = re.compile(
    r"growth factor|interleukin|\bIL[- ]?\d|cytokine|chemokine|angiopoietin|neurotrophi|morphogenetic"
    r"|\b[A-Za-z]*(?:VEGF|TGF|HGF|EGF|IGF|FGF|PDGF|NGF|BDNF|SDF|SCF|LIF|MIF|KGF|EPO|CSF|MMP|TIMP|BMP|TNF|CCL|CXCL|PAI|ICAM"
    r"|VCAM|RANKL|TRAIL|MCP|MIP|OPG)\b"
    r"|fibronectin|leptin|adiponectin|galectin|thrombospondin|osteopontin|erythropoietin|endothelin|metalloproteinase"
    r"|interferon|fibulin|clusterin|follistatin|noggin|decorin|thioredoxin",
    re.IGNORECASE,
)


def factor_texts(data: Path) -> dict[str, str]:
    """The texts by their id, in the order of their sources."""
    found = {}
    for source, count, longest, texts in _sources(data):
        hits = [(name, text) for name, text in texts if _FAMILY.search(text) and len(text) < longest]
        hits.sort(key=lambda hit, source=source: hashlib.sha256(f"{source}:{hit[0]}".encode()).hexdigest())
        found |= {f"{source}:{name}": text for name, text in hits[:count]}
    return found


def _sources(data: Path) -> Iterator[tuple[str, int, int, list[tuple[str, str]]]]:
    trials, samples, endless = data / "trials-msc-mapclinical", data / "evidence-samples" / "gold", 10**9
    with gzip.open(
        trials / "ctgov_mesenchymal_stem_or_stromal.csv.gz", "rt", encoding="utf-8-sig", newline=""
    ) as stream:
        rows = [
            (r["NCT Number"], "\n".join([r["Title"], r["Interventions"], r["Outcome Measures"]]))
            for r in csv.DictReader(stream)
        ]
    yield "trial", 50, 2500, rows
    yield "bc2gm", 84, endless, _sentences(samples / "BC2GM_train.iob.tsv")
    yield "registry", 32, 2500, _registry(trials / "study_fields.jsonl.gz")
    yield "bc5cdr", 20, endless, _pubtator(samples / "BC5CDR_TrainingSet.PubTator.txt")
    with tarfile.open(samples / "PICO_corpus_brat_80pct.tar.gz") as archive:
        members = [m for m in archive.getmembers() if m.name.endswith(".txt")]
        abstracts = [(Path(m.name).stem, archive.extractfile(m).read().decode()) for m in members]
    yield "pico", 12, endless, abstracts


def _registry(path: Path) -> list[tuple[str, str]]:
    fields = (
        "BriefTitle",
        "BriefSummary",
        "ArmGroupDescription",
        "PrimaryOutcomeMeasure",
        "SecondaryOutcomeMeasure",
    )
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        studies = [json.loads(line) for line in stream]
    return [
        ("; ".join(s["NCTId"]), "\n".join("; ".join(s.get(name) or []) for name in fields)) for s in studies
    ]


def _pubtator(path: Path) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        part = re.match(r"(\d+)\|([ta])\|(.*)", line)
        if part:
            found[part[1]] = found.get(part[1], "") + ("\n" if part[2] == "a" else "") + part[3]
    return list(found.items())


def _sentences(path: Path) -> list[tuple[str, str]]:
    """Sentences of the token file; blanks that the tokens brought are taken out again where that is certain."""
    found: list[list[str]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            found[-1].append(line.split("\t")[0])
        elif found[-1]:
            found.append([])
    return [(str(number), _joined(tokens)) for number, tokens in enumerate(filter(None, found), start=1)]


def _joined(tokens: list[str]) -> str:
    text = re.sub(r" ([-/]) ", r"\1", " ".join(tokens))
    text = re.sub(r" ([.,;:)\]%])", r"\1", text)
    return re.sub(r" ' ", "'", re.sub(r"([(\[]) ", r"\1", text))
