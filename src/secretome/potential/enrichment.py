"""The result `potential.enrichment`: gene sets against what this assay could detect, never against the genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.stats.genesets import camera_pr, over_representation

from .gmt import GeneSets, read_gmt
from .medium import Medium
from .stacking import stacked
from .symbols import current

SMALLEST, LARGEST = 5, 500
FDR = 0.05
OVER = (
    "assay",
    "material",
    "group",
    "file",
    "gene_set",
    "in_set",
    "detectable",
    "hits",
    "expected",
    "fold",
    "log2_odds",
    "lower",
    "upper",
    "p_value",
    "fdr",
    "background",
    "donors",
    "genes",
)
CAMERA = (
    "assay",
    "contrast",
    "file",
    "gene_set",
    "detectable",
    "direction",
    "mean_t_difference",
    "correlation",
    "p_value",
    "fdr",
)
_NOTES = (
    (
        "Sets are tested against the proteins that this assay detected at least once, not against the genome: a "
        "secretome is always rich in secreted proteins."
    ),
    (
        "Over-representation asks which sets are found in at least half of the donors of a group; camera asks which "
        "sets rank high or low in a contrast, with a correlation of 0.01 between their members."
    ),
    "A gene set is a list without signs or receiving cells: an enriched name is no potential.",
)


def result(
    media: tuple[Medium, ...], results: Mapping[str, Result], options: PotentialOptions
) -> Result | None:
    """Over-representation and camera of the given GMT files; None when no file was given.

    Raises
    ------
    UnreadableFile
        If a file is missing or holds no gene set.
    """
    if not options.gene_sets:
        return None
    files = [read_gmt(Path(name)) for name in options.gene_sets]
    problems = [text for one in files for text in one.problems]
    over, camera = [], []
    for one in media:
        symbols, said = _symbols(one)
        problems += said
        for sets in files:
            rows = _rows(sets, symbols)
            over.append(_over(one, sets, rows, symbols))
            camera.append(_camera(one, sets, rows, results))
    tables = {"over_representation": stacked(over, OVER), "camera": stacked(camera, CAMERA)}
    tables = {
        name: table.sort_values("p_value", kind="stable", ignore_index=True) for name, table in tables.items()
    }
    summary = pd.DataFrame(
        {
            "sets": [sum(len(one.sets) for one in files)],
            "tests": [len(tables["over_representation"])],
            "called": [int((tables["over_representation"]["fdr"].astype(float) < FDR).sum())],
            "camera_tests": [len(tables["camera"])],
            "camera_called": [int((tables["camera"]["fdr"].astype(float) < FDR).sum())],
            "problems": [len(problems)],
        }
    )
    return Result(
        stage="potential",
        name="enrichment",
        question="Which gene sets stand out among the proteins that could be detected?",
        answer=Answer(
            "Of {sets} sets, {called} of {tests} tests of over-representation and {camera_called} of {camera_tests} of camera "
            "are below 5 % FDR.",
            {
                name: Cell("summary", name)
                for name in ("sets", "tests", "called", "camera_tests", "camera_called")
            },
        ),
        tables={"summary": summary, **tables},
        parameters={
            "gene_sets": [one.file for one in files],
            "smallest_set": SMALLEST,
            "largest_set": LARGEST,
            "correlation": 0.01,
        },
        notes=(
            *_NOTES,
            *problems[:20],
            *([f"… and {len(problems) - 20} more problems"] if len(problems) > 20 else []),
        ),
        methods=(
            Method(
                "Gene sets were tested for over-representation against all detectable proteins and with camera on the "
                "moderated t statistics of each contrast.",
                ("10.1093/bioinformatics/btl633", "10.1093/nar/gks461"),
            ),
        ),
    )


def _symbols(one: Medium) -> tuple[dict[str, int], list[str]]:
    """Current symbol to the row of its most abundant protein, and what was odd about the symbols."""
    var = one.assay.matrix.var
    gene_of = dict(zip(var.index.astype(str), var["gene"].astype(str), strict=True)) if "gene" in var else {}
    written = [gene_of.get(str(name), str(name)).split(";")[0] for name in one.samples.proteins]
    level = one.samples.percentile.mean(axis=0)
    found: dict[str, int] = {}
    for row, name in enumerate(written):
        for gene in current([name]).genes:
            if gene not in found or level[row] > level[found[gene]]:
                found[gene] = row
    return found, current(name for name in written if name).sentences(f"{one.profile.assay}, symbols")


def _rows(sets: GeneSets, symbols: Mapping[str, int]) -> dict[str, list[int]]:
    """Rows of each set that is neither too small nor too large among the detectable proteins."""
    rows = {
        name: sorted({symbols[gene.upper()] for gene in genes if gene.upper() in symbols})
        for name, genes in sets.sets.items()
    }
    return {name: found for name, found in rows.items() if SMALLEST <= len(found) <= LARGEST}


def _over(
    one: Medium, sets: GeneSets, rows: Mapping[str, list[int]], symbols: Mapping[str, int]
) -> pd.DataFrame:
    parts = []
    background = sorted(symbols.values())
    named = {row: gene for gene, row in symbols.items()}
    if not rows:
        return pd.DataFrame(columns=list(OVER))
    for group in one.donors.groups:
        hits = [row for row in background if _in_half(one, group)[row]]
        if not hits:
            continue
        found = over_representation(hits, background, rows)
        here = set(hits)
        parts.append(
            pd.DataFrame(
                {
                    **one.where,
                    "group": group,
                    "file": sets.file,
                    "gene_set": list(found.name),
                    "in_set": [len(sets.sets[name]) for name in found.name],
                    "detectable": found.n,
                    "hits": found.n_hits,
                    "expected": found.expected,
                    "fold": found.fold,
                    "log2_odds": found.log2_odds,
                    "lower": found.lower,
                    "upper": found.upper,
                    "p_value": found.p_value,
                    "fdr": found.fdr,
                    "background": found.n_background,
                    "donors": int((one.donors.group == group).sum()),
                    "genes": [
                        ", ".join(named[row] for row in rows[name] if row in here) for name in found.name
                    ],
                }
            )
        )
    return stacked(parts, OVER)


def _in_half(one: Medium, group: str) -> np.ndarray:
    """Proteins found in at least half of the donors of a group: above the shared bottom rank."""
    rows = one.samples.group == group
    bottom = one.samples.percentile.min(axis=1, keepdims=True)
    # the lowest rank is that of what was not found, unless everything was
    seen = one.samples.percentile > bottom
    units = sorted(set(one.samples.unit[rows].tolist()))
    donors = np.array([seen[rows & (one.samples.unit == unit)].any(axis=0) for unit in units])
    half: np.ndarray = 2 * donors.sum(axis=0) >= len(units)
    return half


def _camera(
    one: Medium, sets: GeneSets, rows: Mapping[str, list[int]], results: Mapping[str, Result]
) -> pd.DataFrame:
    """Camera on the moderated t of every contrast that `vary` tested on this assay."""
    vary = results.get("vary.contrasts")
    if vary is None or "effects" not in vary.tables or not rows:
        return pd.DataFrame(columns=list(CAMERA))
    effects = vary.tables["effects"]
    if "assay" in effects:
        effects = effects[effects["assay"] == one.profile.assay]
    place = {str(name): row for row, name in enumerate(one.samples.proteins)}
    parts = []
    for contrast, mine in effects.groupby("contrast", sort=True):
        tested = mine[mine["t"].notna() & mine["protein"].astype(str).isin(place)]
        at = {place[str(name)]: row for row, name in enumerate(tested["protein"])}
        inside = {name: [at[row] for row in members if row in at] for name, members in rows.items()}
        inside = {name: members for name, members in inside.items() if len(members) >= SMALLEST}
        if len(tested) < 3 * SMALLEST or not inside:
            continue
        found = camera_pr(tested["t"].to_numpy(float), inside)
        parts.append(
            pd.DataFrame(
                {
                    "assay": one.profile.assay,
                    "contrast": str(contrast),
                    "file": sets.file,
                    "gene_set": list(found.name),
                    "detectable": found.n,
                    "direction": list(found.direction),
                    "mean_t_difference": found.difference,
                    "correlation": found.correlation,
                    "p_value": found.p_value,
                    "fdr": found.fdr,
                }
            )
        )
    return stacked(parts, CAMERA)
