"""A small dossier with invented numbers: every table of the first cut, twelve flasks, some hostile names."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from secretome.design import Design
from secretome.dossier import Dossier
from secretome.results import Answer, Cell, Method, Result, Source
from secretome.study import PRODUCT_RECORD, Assay, Study

HOSTILE = "<script>alert(1)</script>"
TITLE = 'Twelve "invented" flasks & <b>four</b> donors'
TISSUES = ("WJ", "adipose", "bone marrow")
GENES = ("VEGFA", "HGF", "TSG6", "CCL2", "CXCL8", "IGFBP3", "TIMP1", "SERPINE1", "THBS1", "GREM1", "SFRP1")
PROCESSES = ("angiogenesis", "antifibrotic", "bone", "hair", "immuno", "neuro", "repair", "wound")


def dossier(proteins: int = 300, *, simulated: bool = True, seed: int = 7) -> Dossier:
    """The example dossier with that many proteins."""
    rng = np.random.default_rng(seed)
    study = _study(rng, proteins, simulated)
    quality = _quality(rng, study)
    results = (
        _read(study),
        quality,
        _contaminants(study, rng),
        _similarity(rng, study),
        _detection(rng, study),
        _normalisation(rng, study),
        _contrasts(rng, study),
        _design(),
        _potential(rng),
        _recovery(),
    )
    return Dossier(
        study,
        results,
        inputs={"combined_protein.tsv": "ab" * 32, "samples.csv": "cd" * 32},
        seed=seed,
        versions={"secretome": "0.1.0", "numpy": "2.0.0", "scipy": "1.14.0"},
        plan='[study]\ntitle = "Twelve flasks"\n',
        created="2026-11-23",
    )


def _study(rng: np.random.Generator, proteins: int, simulated: bool) -> Study:
    names = [f"{tissue.split()[0]}_{donor}" for tissue in TISSUES for donor in range(1, 5)]
    samples = pd.DataFrame(
        {
            "material": "conditioned_medium",
            "donor": [f"{name.split('_')[0]}:{name.split('_')[1]}" for name in names],
            "tissue": [tissue for tissue in TISSUES for _ in range(4)],
            "passage": rng.integers(3, 6, 12),
            "hours": 48.0,
        },
        index=pd.Index(names, name="sample"),
    )
    accessions = [HOSTILE, *[f"P{10000 + i}" for i in range(1, proteins)]]
    genes = ["</script>", *[GENES[i % 11] if i <= 11 else f"GENE{i}" for i in range(1, proteins)]]
    var = pd.DataFrame(
        {"gene": genes, "organism": "Homo sapiens", "unit": "log2 intensity"}, index=pd.Index(accessions)
    )
    values = rng.normal(24, 2, (12, proteins))
    values[rng.random(values.shape) < 0.3] = np.nan
    data = AnnData(values, obs=pd.DataFrame({"sample": names}, index=names), var=var)
    data.layers["state"] = np.isnan(values).astype("int8")
    assay = Assay("proteome", "proteome", "conditioned_medium", data, scale="log2")
    design = Design(
        formula="~ 0 + tissue",
        contrasts={
            "WJ_vs_adipose": "tissue[WJ] - tissue[adipose]",
            "WJ_vs_marrow": "tissue[WJ] - tissue[bone marrow]",
        },
    )
    study = Study(TITLE, samples, {"proteome": assay}, design, simulated=simulated)
    return study.with_step("read", "300 proteins of 12 samples read", format="fragpipe").with_step(
        "define", "log2", scale="log2"
    )


def _read(study: Study) -> Result:
    given = {"collection_medium": "alpha-MEM without serum", "hours": "48", "oxygen_percent": "21"}
    record = pd.DataFrame(
        [
            {
                "field": name,
                "status": "given" if name in given else "missing",
                "values": given.get(name, ""),
                "forbids": "" if name in given else forbids,
            }
            for name, forbids in PRODUCT_RECORD.items()
        ]
    )
    assays = pd.DataFrame(
        {
            "assay": ["proteome"],
            "kind": ["proteome"],
            "material": ["conditioned_medium"],
            "file": ["combined_protein.tsv"],
            "format": ["fragpipe"],
            "quantity": ["MaxLFQ Intensity"],
            "measurements": [12],
            "analytes": [study.assays["proteome"].matrix.n_vars],
            "missing_percent": [30.2],
            "unit": ["intensity"],
            "scale": ["linear"],
        }
    )
    return Result(
        "read",
        "study",
        "What was handed in?",
        Answer(
            "{n} measurements of {p} proteins were read; {m} % of the values are missing.",
            {
                "n": Cell("assays", "measurements", {"assay": "proteome"}),
                "p": Cell("assays", "analytes", {"assay": "proteome"}),
                "m": Cell("assays", "missing_percent", {"assay": "proteome"}),
            },
        ),
        tables={"samples": study.samples.reset_index(), "product_record": record, "assays": assays},
        notes=("load is unknown: a difference in intensity is a share of the proteome, not an amount",),
        parameters={"format": "fragpipe", "quantity": "MaxLFQ Intensity"},
        methods=(
            Method(
                "The protein table was read as exported by FragPipe (MaxLFQ intensities).",
                ("10.1038/nmeth.4256",),
            ),
        ),
    )


def _quality(rng: np.random.Generator, study: Study) -> Result:
    samples = study.samples.reset_index()[["sample", "donor", "tissue"]]
    table = samples.assign(
        identifications=rng.integers(180, 260, 12),
        quantified=rng.integers(160, 230, 12),
        missing_percent=rng.uniform(25, 36, 12),
        total_log2_intensity=rng.normal(33, 0.4, 12),
        keratin_percent=rng.uniform(0.2, 3, 12),
        bovine_percent=rng.uniform(1, 4, 12),
        serum_percent=rng.uniform(1, 6, 12),
        trypsin_percent=rng.uniform(0, 0.4, 12),
        other_species_percent=rng.uniform(0, 0.2, 12),
        group_distance=rng.uniform(9, 12, 12),
        group_distance_z=rng.normal(0, 0.8, 12),
        verdict="pass",
        reason="",
    )
    table.loc[4, ["keratin_percent", "verdict", "reason"]] = [15.0, "fail", "keratin is 15 % of the signal"]
    table.loc[9, ["identifications", "group_distance_z", "verdict"]] = [96, 4.4, "warn"]
    table.loc[9, "reason"] = "few identifications, far from its group"
    summary = pd.DataFrame({"samples": [12], "failed": [1], "warned": [1]})
    return Result(
        "define",
        "quality",
        "Can each sample be trusted?",
        Answer(
            "{f} of {n} samples fail and {w} needs a second look.",
            {
                "f": Cell("summary", "failed"),
                "n": Cell("summary", "samples"),
                "w": Cell("summary", "warned"),
            },
        ),
        verdict="warn",
        tables={"samples": table, "summary": summary},
        parameters={"keratin_fail_percent": 10.0, "distance_warn_z": 3.0},
        notes=("limits are conventions of this package, not a standard",),
        methods=(Method("Samples were judged by identifications, contaminant shares and distance."),),
    )


def _contaminants(study: Study, rng: np.random.Generator) -> Result:
    var = study.assays["proteome"].matrix.var
    proteins = pd.DataFrame(
        {
            "protein": list(var.index[:60]),
            "gene": list(var["gene"][:60]),
            "organism": ["Homo sapiens"] * 40 + ["Bos taurus"] * 20,
            "contaminant_class": ["keratin"] * 20 + ["serum"] * 20 + ["bovine"] * 20,
            "reason": ["human keratin: skin of a handler"] * 20 + ["plasma protein"] * 20 + ["bovine"] * 20,
            "masked": [True] * 20 + [False] * 20 + [True] * 20,
            "median_percent": rng.uniform(0, 1, 60),
            "max_percent": rng.uniform(1, 6, 60),
        }
    )
    classes = proteins.groupby("contaminant_class", sort=False).agg(
        proteins=("protein", "size"),
        masked=("masked", "sum"),
        median_percent=("median_percent", "median"),
        max_percent=("max_percent", "max"),
    )
    return Result(
        "define",
        "contaminants",
        "Which proteins do not come from the cells?",
        Answer(
            "Bovine proteins reach {b} % of the signal.",
            {"b": Cell("classes", "max_percent", {"contaminant_class": "bovine"})},
        ),
        tables={"proteins": proteins, "classes": classes.reset_index()},
        lacks=(
            "whether serum proteins come from the cells: a cell-free blank of the same medium would tell",
        ),
        methods=(
            Method(
                "Contaminants were flagged by organism and by name.",
                ("10.1021/acs.jproteome.2c00145", "10.1074/mcp.M113.035600"),
            ),
        ),
    )


def _similarity(rng: np.random.Generator, study: Study) -> Result:
    shift = {tissue: rng.normal(0, 6, 2) for tissue in TISSUES}
    samples = study.samples.reset_index()[["sample", "donor", "tissue"]]
    scores = np.array([shift[tissue] + rng.normal(0, 1.6, 2) for tissue in samples["tissue"]])
    return Result(
        "define",
        "similarity",
        "Which samples resemble each other?",
        Answer(
            "Samples of one tissue lie {w} apart, samples of different tissues {b}.",
            {
                "w": Cell("distances", "within", {"factor": "tissue"}),
                "b": Cell("distances", "between", {"factor": "tissue"}),
            },
        ),
        tables={
            "pca": samples.assign(pc1=scores[:, 0], pc2=scores[:, 1]),
            "axes": pd.DataFrame({"axis": ["pc1", "pc2"], "explained_percent": [31.4, 14.2]}),
            "distances": pd.DataFrame(
                {"factor": ["tissue"], "within": [10.9], "between": [14.4], "ratio": [1.32]}
            ),
        },
        methods=(Method("Principal components of complete, centred log2 intensities."),),
    )


def _detection(rng: np.random.Generator, study: Study) -> Result:
    var = study.assays["proteome"].matrix.var
    groups = pd.DataFrame(
        [
            {"protein": protein, "gene": gene, "group": tissue, "detected": int(k), "measured": 4}
            for protein, gene in zip(var.index, var["gene"], strict=True)
            for tissue, k in zip(TISSUES, rng.integers(0, 5, 3), strict=True)
        ]
    )
    groups["share"] = groups["detected"] / groups["measured"]
    proteins = groups.groupby(["protein", "gene"], sort=False)[["detected", "measured"]].sum().reset_index()
    proteins["share"] = proteins["detected"] / proteins["measured"]
    return Result(
        "define",
        "detection",
        "Which proteins are seen where?",
        Answer("Detection is counted for each protein and group.", {}),
        tables={"groups": groups, "proteins": proteins},
        methods=(Method("A protein counts as detected when it has an intensity."),),
    )


def _normalisation(rng: np.random.Generator, study: Study) -> Result:
    table = pd.DataFrame({"sample": list(study.samples.index), "shift_log2": rng.normal(0, 0.2, 12)})
    return Result(
        "define",
        "normalisation",
        "Were samples shifted against each other?",
        Answer("Medians were aligned; this assumes that most proteins are unchanged.", {}),
        tables={"samples": table},
        parameters={"method": "median"},
        notes=("secretomes often break the assumption that most proteins are unchanged",),
    )


def _contrasts(rng: np.random.Generator, study: Study) -> Result:
    var = study.assays["proteome"].matrix.var
    assert study.design is not None
    effects = pd.concat([_effects(rng, name, var) for name in study.design.contrasts], ignore_index=True)
    rows = []
    for name, expression in study.design.contrasts.items():
        mine = effects[(effects["contrast"] == name) & (effects["fdr"] < 0.05)]
        rows.append(
            {
                "contrast": name,
                "expression": expression,
                "unit": "donor",
                "strategy": "moderated t",
                "donors_left": 4,
                "donors_right": 4,
                "tested": int((effects["contrast"] == name).sum()),
                "significant_5_fdr": len(mine),
                "up": int((mine["log2_ratio"] > 0).sum()),
                "down": int((mine["log2_ratio"] < 0).sum()),
                "verdict": "change",
                "reason": "",
            }
        )
    return Result(
        "vary",
        "contrasts",
        "Which proteins differ between the groups?",
        Answer(
            "WJ differs from adipose in {n} of {t} proteins at 5 % FDR.",
            {
                "n": Cell("contrasts", "significant_5_fdr", {"contrast": "WJ_vs_adipose"}),
                "t": Cell("contrasts", "tested", {"contrast": "WJ_vs_adipose"}),
            },
        ),
        tables={"contrasts": pd.DataFrame(rows), "effects": effects},
        parameters={"trend": True, "robust": False, "prior": "auto", "covariance": "exact"},
        notes=("with one fetal tissue the sentence is: WJ differs",),
        methods=(
            Method(
                "Linear models with moderated variances, donor as unit of replication.",
                ("10.2202/1544-6115.1027", "10.1093/nar/gkv007"),
            ),
        ),
    )


def _effects(rng: np.random.Generator, contrast: str, var: pd.DataFrame) -> pd.DataFrame:
    n = len(var)
    ratio = np.where(rng.random(n) < 0.15, rng.normal(0, 3, n), rng.normal(0, 0.5, n))
    error = rng.uniform(0.3, 0.7, n)
    p = np.minimum(1.0, 2 * np.exp(-0.717 * np.abs(ratio / error) - 0.416 * (ratio / error) ** 2))
    order = np.argsort(p)
    fdr = np.empty(n)
    fdr[order] = np.minimum.accumulate((p[order] * n / np.arange(1, n + 1))[::-1])[::-1]
    frame = pd.DataFrame(
        {
            "contrast": contrast,
            "protein": list(var.index),
            "gene": list(var["gene"]),
            "log2_ratio": ratio,
            "lower": ratio - 2.2 * error,
            "upper": ratio + 2.2 * error,
            "standard_error": error,
            "t": ratio / error,
            "df": 9.4,
            "p_value": p,
            "fdr": np.minimum(fdr, 1),
            "donors_left": 4,
            "donors_right": 4,
            "detected_left": rng.integers(2, 5, n),
            "measured_left": 4,
            "detected_right": rng.integers(2, 5, n),
            "measured_right": 4,
            "unit": "log2 intensity",
            "status": "tested",
            "contaminant_class": "",
            "mean_log2_intensity": rng.normal(24, 1.5, n),
        }
    )
    frame.loc[n - 3 :, ["log2_ratio", "lower", "upper", "t", "p_value", "fdr"]] = np.nan
    frame.loc[n - 3 :, "status"] = "not estimable"
    return frame


def _design() -> Result:
    terms = pd.DataFrame(
        {"term": ["tissue"], "kind": ["between donors"], "levels": [3], "donors": [12], "samples": [12]}
    )
    return Result(
        "vary",
        "design",
        "What can this design answer?",
        Answer(
            "Tissue varies {kind}.",
            {"kind": Cell("terms", "kind", {"term": "tissue"})},
        ),
        tables={"terms": terms},
        lacks=("age: no donor has a known age",),
    )


def _potential(rng: np.random.Generator) -> Result:
    rows = []
    for process in PROCESSES:
        for direction in ("for", "against"):
            known = int(rng.integers(8, 40) if direction == "for" else rng.integers(2, 12))
            seen = int(known * rng.uniform(0.05, 0.7))
            weight, part = known * 0.4, seen * 0.4
            rows.append((process, direction, known, seen, weight, part, 100 * part / weight))
    columns = ["process", "direction", "factors_known", "factors_seen"]
    columns += ["evidence_weight_known", "evidence_weight_seen", "share_seen_percent"]
    processes = pd.DataFrame(rows, columns=columns)
    factors = pd.DataFrame(
        [
            {
                "process": process,
                "direction": "for",
                "gene": GENES[(i + j) % 11],
                "protein": f"P{10000 + j}",
                "sign": "+",
                "group": tissue,
                "detected": 3,
                "measured": 4,
                "median_abundance_rank": int(rng.integers(1, 300)),
                "abundance_percentile": rng.uniform(0, 100),
                "evidence_level": "B",
                "weight": 0.4,
                "mechanism": "ligand of its receptor",
                "citation": "Kalinina N et al. 2015 Stem Cell Res Ther 6:221 {ADSC & co}, 100 %",
                "doi": "10.1186/s13287-015-0209-8",
                "contaminant_class": "",
                "leak_prone": False,
                "serum_prone": j == 3,
            }
            for i, process in enumerate(PROCESSES)
            for tissue in TISSUES
            for j in range(4)
        ]
    )
    unseen = pd.DataFrame(
        {
            "process": ["hair"],
            "direction": ["for"],
            "gene": ["FGF7"],
            "evidence_level": ["B"],
            "weight": [0.4],
            "mechanism": ["anagen"],
            "citation": ["Shin H 2015"],
            "doi": [""],
            "measure_by": ["an immunoassay: FGF7 is rarely seen by untargeted mass spectrometry"],
        }
    )
    return Result(
        "potential",
        "processes",
        "Which processes may these factors influence?",
        Answer(
            "For angiogenesis, {a} of {b} known supporting factors were seen.",
            {
                "a": Cell("processes", "factors_seen", {"process": "angiogenesis", "direction": "for"}),
                "b": Cell("processes", "factors_known", {"process": "angiogenesis", "direction": "for"}),
            },
        ),
        tables={"processes": processes, "factors": factors, "unseen": unseen},
        sources=(Source("factor_process", "0.1", "ef" * 32),),
        notes=("not tested functionally in this study",),
        methods=(Method("Factors were looked up in a table of factor and process."),),
    )


def _recovery() -> Result:
    table = pd.DataFrame(
        {
            "question": ["proteins that differ, WJ against adipose"],
            "planted": [40],
            "recovered": [31],
            "false": [2],
            "note": ["at 5 % FDR"],
        }
    )
    return Result(
        "simulate",
        "recovery",
        "How much of the planted truth was found again?",
        Answer(
            "{r} of {p} planted differences were found.",
            {"r": Cell("recovery", "recovered"), "p": Cell("recovery", "planted")},
        ),
        tables={"recovery": table},
    )
