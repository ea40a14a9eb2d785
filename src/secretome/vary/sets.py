"""Sets of proteins: whether the factors for, or against, a process move together between the sides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from secretome import knowledge
from secretome.design import Design
from secretome.errors import InvalidInput, Problem, UnreadableFile
from secretome.plan import VaryOptions
from secretome.results import Answer, Cell, Method, Result, Source
from secretome.stats import genesets
from secretome.study import Study

from .contrasts import question_of
from .fitting import FDR, INTERVAL, units_of

FEWEST = 3  # members tested, for a set to be tested
_CORRELATION = 0.01  # between members, limma's preset
_SIDES: Mapping[str, str] = {"+": "for", "-": "against"}
COLUMNS = [
    "contrast", "assay", "collection", "set", "n", "of", "direction", "difference", "lower", "upper", "p_value", "fdr",
    "median_log2_ratio", "fry_n", "fry_p_value", "unit", "background", "genes",
]  # fmt: skip


def compare_sets(study: Study, contrasts: Result, options: VaryOptions) -> Result:
    """Each process, for and against, and each set of the user, beside the other proteins detected.

    Parameters
    ----------
    study
        With a design.
    contrasts
        Result `vary.contrasts`: its `effects` are what is ranked.
    options
        `gene_sets` names a GMT file.

    Returns
    -------
    Result `vary.sets` with the table `sets`: one row a contrast and set; `difference` is the mean normal
    deviate of the members less that of the other proteins, with its 95 % interval.

    Raises
    ------
    UnreadableFile, InvalidInput
        If the GMT file cannot be read.

    Notes
    -----
    The background is every protein that was tested in that contrast, the detectable secretome, never the
    genome. Factors for and against a process are two sets and two numbers. `fry_p_value` asks whether the
    members move at all, on the donor values of members that every donor shows.
    """
    design = study.design or Design()
    collections = {"process": process_sets(), **user_sets(options.gene_sets)}
    effects = contrasts.tables["effects"]
    tables = [
        _of_contrast(study, design, str(assay), str(name), mine, collections, options)
        for (assay, name), mine in effects.groupby(["assay", "contrast"], sort=False)
    ]
    tables = [table for table in tables if len(table)]
    sets = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return _result(sets, design, options)


def process_sets() -> dict[str, frozenset[str]]:
    """Genes of the verified factors for and against each process.

    Examples
    --------
    >>> "VEGFA" in process_sets()["angiogenesis, for"]
    True
    """
    rows = knowledge.table("factor_process").frame
    rows = rows[
        (rows["verified"] == "page") & (rows["analyte_kind"] == "protein") & rows["sign"].isin(_SIDES)
    ]
    names = rows["process"].astype(str) + ", " + rows["sign"].astype(str).map(_SIDES)
    return {
        str(name): frozenset(group["hgnc"].str.upper())
        for name, group in rows.groupby(names.to_numpy(), sort=True)
    }


def user_sets(path: str) -> dict[str, dict[str, frozenset[str]]]:
    """The sets of a GMT file under the name of the file; nothing without a file.

    Raises
    ------
    UnreadableFile
        If the file does not exist or is no text.
    InvalidInput
        If a line has no members or a name comes twice; all such lines at once.
    """
    if not path:
        return {}
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UnreadableFile(f"{place} does not exist; mend [vary] gene_sets") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{place} is no UTF-8 text; save it again as UTF-8") from error
    sets: dict[str, frozenset[str]] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, *rest = line.rstrip("\n").split("\t")
        genes = frozenset(gene.strip().upper() for gene in rest[1:] if gene.strip())
        if not genes or not name.strip():
            found = f"line {number} holds {line[:40]!r}"
            problems.append(
                Problem(place.name, found, "name, description, genes, tab between", "Mend the line.")
            )
        elif name in sets:
            found = f"line {number} names {name!r} again"
            problems.append(Problem(place.name, found, "one line a set", "Rename or join them."))
        else:
            sets[name] = genes
    if problems:
        raise InvalidInput(problems)
    return {place.name: sets}


def fingerprint(path: str) -> str:
    """Sha256 of a file; empty when there is none."""
    place = Path(path)
    return hashlib.sha256(place.read_bytes()).hexdigest() if path and place.is_file() else ""


def _of_contrast(
    study: Study, design: Design, assay: str, contrast: str, effects: pd.DataFrame,
    collections: Mapping[str, Mapping[str, frozenset[str]]], options: VaryOptions,
) -> pd.DataFrame:  # fmt: skip
    tested = effects[effects["p_value"].notna()].reset_index(drop=True)
    genes = tested["gene"].astype(str).str.upper().to_numpy()
    if len(tested) < FEWEST + 1:
        return pd.DataFrame(columns=COLUMNS)
    z = np.sign(tested["log2_ratio"].to_numpy()) * norm.isf(
        np.maximum(tested["p_value"].to_numpy(), 1e-300) / 2
    )
    donors = _DonorValues(study, design, assay, contrast, tested["protein"].tolist(), options)
    tables = []
    for collection, sets in collections.items():
        members = {name: np.flatnonzero(np.isin(genes, list(wanted))) for name, wanted in sets.items()}
        members = {name: rows for name, rows in members.items() if FEWEST <= rows.size < len(tested)}
        if members:
            sizes = {name: len(sets[name]) for name in members}
            tables.append(_tests(z, tested, members, sizes, donors).assign(collection=collection))
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    whole = pd.concat(tables, ignore_index=True)
    whole = whole.assign(contrast=contrast, assay=assay, unit=design.unit, background=len(tested))
    return whole[COLUMNS].sort_values(["p_value", "set"], ignore_index=True)


def _tests(
    z: np.ndarray, tested: pd.DataFrame, members: Mapping[str, np.ndarray], sizes: Mapping[str, int],
    donors: _DonorValues,
) -> pd.DataFrame:  # fmt: skip
    found = genesets.camera_pr(z, members, correlation=_CORRELATION)
    size = norm.isf(found.p_value / 2)
    half = np.where(size > 0, np.abs(found.difference) / np.where(size > 0, size, 1.0), np.nan)
    half = half * norm.isf((1 - INTERVAL) / 2)
    ratio, gene = tested["log2_ratio"].to_numpy(), tested["gene"].astype(str).to_numpy()
    fry_n, fry_p = donors.fry(members)
    return pd.DataFrame(
        {
            "set": list(found.name),
            "n": found.n,
            "of": [sizes[name] for name in found.name],
            "direction": list(found.direction),
            "difference": found.difference,
            "lower": found.difference - half,
            "upper": found.difference + half,
            "p_value": found.p_value,
            "fdr": found.fdr,
            "median_log2_ratio": [float(np.median(ratio[members[name]])) for name in found.name],
            "fry_n": fry_n,
            "fry_p_value": fry_p,
            "genes": [
                " ".join(gene[rows[np.argsort(-np.abs(z[rows]), kind="stable")]][:10])
                for rows in (members[name] for name in found.name)
            ],
        }
    )


class _DonorValues:
    """Donor values of the proteins of one contrast that every donor shows, for `fry`."""

    def __init__(
        self,
        study: Study,
        design: Design,
        assay: str,
        contrast: str,
        proteins: Sequence[str],
        options: VaryOptions,
    ) -> None:
        held = study.assays[assay]
        question = question_of(study, held, design, contrast, design.contrasts[contrast], options)
        rows = held.matrix.var_names.get_indexer(list(proteins))
        self.units = units_of(question, design)
        self.values = self.units.values[rows]
        self.complete = ~np.isnan(self.values).any(axis=1)

    def fry(self, members: Mapping[str, np.ndarray]) -> tuple[list[int], np.ndarray]:
        """Members that every donor shows, and p of `fry`; NaN where donors repeat, or too few members."""
        order = np.cumsum(self.complete) - 1
        inside = {name: order[rows[self.complete[rows]]] for name, rows in members.items()}
        counts = [int(rows.size) for rows in inside.values()]
        p = np.full(len(inside), np.nan)
        samples, terms = self.units.design.shape
        spare = samples - np.linalg.matrix_rank(self.units.design)
        if self.units.blocks is None and spare > 0 and terms == np.linalg.matrix_rank(self.units.design):
            enough = np.array(counts) >= FEWEST
            chosen = {name: rows for (name, rows), kept in zip(inside.items(), enough, strict=True) if kept}
            if chosen and int(self.complete.sum()) > FEWEST:
                found = genesets.fry(
                    self.values[self.complete], self.units.design, self.units.contrast, chosen
                )
                p[enough] = found.p_value
        return counts, p


def _result(sets: pd.DataFrame, design: Design, options: VaryOptions) -> Result:
    known = knowledge.table("factor_process")
    summary = pd.DataFrame(
        {
            "tests": [len(sets)],
            "sets": [int(sets["set"].nunique())],
            "significant": [int((sets["fdr"] <= FDR).sum())],
        }
    )
    return Result(
        stage="vary",
        name="sets",
        question="Do the factors of a process move together?",
        answer=Answer(
            "{tests} tests of {sets} sets against the other proteins detected, {significant} at 5 % FDR.",
            {name: Cell("summary", name) for name in summary.columns},
        ),
        verdict="pass" if len(sets) else "not tested",
        tables={"summary": summary, "sets": sets},
        parameters={
            "unit": design.unit,
            "fewest_members": FEWEST,
            "correlation": _CORRELATION,
            "gene_sets": Path(options.gene_sets).name,
            "gene_sets_sha256": fingerprint(options.gene_sets),
        },
        sources=(Source(known.name, known.version, known.sha256),),
        notes=(
            "The background is the proteins tested in the same contrast, not the genome.",
            "Factors for and against a process are two sets with an answer each.",
        ),
        lacks=() if len(sets) else (f"No set has {FEWEST} members among the proteins tested.",),
        methods=(
            Method(
                "Sets were tested against the other proteins of the same contrast on the moderated statistics, with "
                "a preset correlation between members (cameraPR), and on donor values by rotation (fry).",
                ("10.1093/nar/gks461", "10.1093/bioinformatics/btq401"),
            ),
        ),
    )
