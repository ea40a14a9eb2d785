"""The result `potential.safety`: factors on record as a concern, and what was seen of them; never a reassurance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secretome import knowledge
from secretome.results import Answer, Cell, Result, Source
from secretome.study import Study

from .medium import Medium
from .profile import detected_values
from .stacking import stacked

FLAGS = (
    "assay",
    "material",
    "concern",
    "gene",
    "status",
    "donors_detected",
    "donors_measured",
    "highest_percentile",
    "highest_in",
    "mechanism",
    "evidence_level",
    "tissue_source",
    "receiving_cell",
    "citation",
    "doi",
    "verified",
    "note",
)
CONCERNS = (
    "assay",
    "material",
    "concern",
    "factors_known",
    "factors_flagged",
    "factors_not_detected",
    "flagged",
)
_NOTES = (
    "A flag is a factor that papers name as a concern and that was detected here: no judgement of risk.",
    "No flag is no reassurance: what was not detected is unknown, and most of these factors sit below what LC-MS sees.",
    "Nothing here was tested: no tumour, clotting, endotoxin or immunogenicity assay stands behind it.",
)
_LACKS = (
    "A procoagulant assay (tissue factor activity, thrombin generation) before any use in blood.",
    "An assay on tumour cells, with the tumour and the tissue of the medium named.",
    "Endotoxin, sterility and mycoplasma: qualify asks for them.",
)
_BOVINE = "residual bovine protein"


def result(study: Study, media: tuple[Medium, ...]) -> Result:
    """Every factor of `safety_factors`, flagged or not detected, and bovine protein that is left."""
    table = knowledge.table("safety_factors")
    rows = table.frame.rename(columns={"hgnc": "gene", "doi_or_id": "doi"})
    flags = stacked([_flags(one, rows) for one in media], FLAGS)
    if len(flags):
        flags = stacked([flags, *[_bovine(study, one) for one in media]], FLAGS)
    concerns = _concerns(flags)
    summary = pd.DataFrame(
        {
            "flagged": [int((flags.drop_duplicates(["concern", "gene"])["status"] == "flagged").sum())],
            "known": [len(flags.drop_duplicates(["concern", "gene"]))],
        }
    )
    return Result(
        stage="potential",
        name="safety",
        question="Which factors on record as a concern were detected?",
        answer=Answer(
            "{flagged} of {known} pairs of a factor and a concern are flagged. A flag is no judgement of risk, and no flag "
            "is no reassurance: what was not detected is unknown.",
            {name: Cell("summary", name) for name in ("flagged", "known")},
        )
        if media
        else Answer("No proteome of conditioned medium or vesicles was given: no factor could be flagged."),
        verdict=None if media else "not tested",
        tables={"summary": summary, "concerns": concerns, "flags": flags},
        parameters={"flagged": "detected in at least one donor, not masked, of the species of the study"},
        sources=(Source(table.name, table.version, table.sha256),),
        notes=(*_NOTES, *_tissue_notes(rows, study)) if media else (),
        lacks=_LACKS,
    )


def _flags(one: Medium, rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each row of the table, with the donors who show the factor."""
    place, shown = _places(one), _shown(one)
    lines = [{**row, **_seen(one, place.get(str(row["gene"])), shown)} for row in rows.to_dict("records")]
    table = pd.DataFrame(lines)
    return table.sort_values(["concern", "status", "gene"], kind="stable").assign(**one.where)


def _places(one: Medium) -> dict[str, int]:
    """Symbol to its most abundant detectable protein; groups of several genes tell none of them."""
    var = one.assay.matrix.var
    if "gene" not in var:
        return {}
    gene_of = dict(zip(var.index.astype(str), var["gene"].astype(str), strict=True))
    level = one.samples.percentile.mean(axis=0)
    places: dict[str, int] = {}
    for row, name in enumerate(one.samples.proteins):
        gene = gene_of[str(name)].upper()
        if gene and (gene not in places or level[row] > level[places[gene]]):
            places[gene] = row
    # factors are matched by accession too
    places |= {gene: int(row) for gene, row in zip(one.samples.genes, one.samples.protein, strict=True)}
    return places


def _shown(one: Medium) -> np.ndarray:
    """(units, detectable proteins) whether any sample of the unit shows the protein."""
    position = {str(name): at for at, name in enumerate(one.assay.matrix.var_names)}
    columns = [position[str(name)] for name in one.samples.proteins]
    found = detected_values(one.assay)[:, columns]
    runs = one.assay.matrix.obs["sample"].astype(str).to_numpy()
    unit_of = dict(zip(one.profile.samples, one.profile.unit.tolist(), strict=True))
    owner = np.array([unit_of.get(sample, "") for sample in runs])
    shown: np.ndarray = np.array([found[owner == unit].any(axis=0) for unit in one.samples.units])
    return shown


def _seen(one: Medium, column: int | None, shown: np.ndarray) -> dict[str, object]:
    donors = len(one.samples.units)
    if column is None:
        return {"status": "not detected", "donors_detected": 0, "donors_measured": donors}
    best = int(one.donors.percentile[:, column].argmax())
    return {
        "status": "flagged",
        "donors_detected": int(shown[:, column].sum()),
        "donors_measured": donors,
        "highest_percentile": float(one.donors.percentile[best, column]),
        "highest_in": f"{one.donors.group[best]}, {one.donors.unit[best]}",
    }


def _bovine(study: Study, one: Medium) -> pd.DataFrame:
    """Proteins of cattle that are left in the medium, as one row."""
    var = one.assay.matrix.var
    species = var["organism"].astype(str) if "organism" in var else pd.Series("", index=var.index)
    foreign = (species.str.lower().str.startswith("bos taurus") & (study.organism != "Bos taurus")).to_numpy()
    if "contaminant_class" in var:
        foreign = foreign | (var["contaminant_class"].astype(str) == "bovine").to_numpy()
    runs = one.assay.matrix.obs["sample"].astype(str).isin(one.profile.samples).to_numpy()
    found = detected_values(one.assay)[runs][:, foreign]
    count = int(found.any(axis=0).sum()) if found.size else 0
    searched = bool(foreign.any())
    line = {
        **one.where,
        "concern": _BOVINE,
        "gene": f"{count} bovine proteins" if count else "bovine proteins",
        "status": "flagged" if count else "not detected" if searched else "not searched",
        "donors_detected": float("nan"),
        "donors_measured": len(one.samples.units),
        "mechanism": "foreign protein that serum leaves in a product",
        "note": "shares of it: define.contaminants; a search against human sequences alone cannot see it",
    }
    return pd.DataFrame([line]).reindex(columns=list(FLAGS))


def _concerns(flags: pd.DataFrame) -> pd.DataFrame:
    lines = []
    for key, rows in flags.groupby(["assay", "material", "concern"], sort=True) if len(flags) else ():
        once = rows.drop_duplicates("gene")
        flagged = sorted(set(once.loc[once["status"] == "flagged", "gene"]))
        lines.append(
            {
                **dict(zip(("assay", "material", "concern"), key, strict=True)),
                "factors_known": len(once),
                "factors_flagged": len(flagged),
                "factors_not_detected": len(once) - len(flagged),
                "flagged": ", ".join(flagged),
            }
        )
    return pd.DataFrame(lines, columns=list(CONCERNS))


def _tissue_notes(rows: pd.DataFrame, study: Study) -> tuple[str, ...]:
    """Tissue and tumour decide the sign of a pro-tumour row."""
    if "tissue" not in study.samples:
        return ("The tissue of the medium is not stated; pro-tumour findings depend on it.",)
    sources = sorted({str(cell) for cell in rows["tissue_source"] if str(cell) not in {"", "nan"}})
    return (
        (f"Findings come from media of {', '.join(sources)}; another tissue or tumour may turn them.",)
        if sources
        else ()
    )
