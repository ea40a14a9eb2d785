"""Simulated laboratories: are the probabilities of `define.origin` calibrated, and what is each sample worth?

    PYTHONPATH=src python benchmarks/origin_calibration.py [--studies 200] [--write]

Each study is a laboratory of its own: two tissues, five donors, control and primed, leakage between 4 and 26 %,
platelet lysate left behind, proteins that leak and are retained unlike each other. The truth is the
share of a protein's amount that came by each way. `--write` makes docs/images/origin-reliability.svg and docs/origin-calibration.csv anew.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from secretome import simulate
from secretome.define import contaminants
from secretome.define._proteome import proteome_of
from secretome.define.annotation import CLASSES
from secretome.define.leakage import leak_shares
from secretome.define.origin import origins
from secretome.read import read_study
from secretome.stats.reliability import reliability
from secretome.study_toml import read_plan

DOCS = Path(__file__).resolve().parents[1] / "docs"
# evidence at hand -> assays of the study
EVIDENCE = {
    "annotation and the media": (),
    "+ lysate": ("lysate",),
    "+ blank": ("blank",),
    "+ vesicle fraction": ("vesicles",),
    "+ lysate, blank": ("lysate", "blank"),
    "+ all three": ("lysate", "blank", "vesicles"),
}
JUDGED = ("secreted", "unconventional", "shed", "vesicle", "leaked", "carried_over")
WAYS = list(CLASSES[:-1])


def study_of(seed: int) -> tuple[simulate.Laboratory, object]:
    """One laboratory and its study, leak and carry-over drawn by the seed."""
    draw = np.random.default_rng([seed, 20261124])
    recipe = simulate.Recipe(
        tissues=("adipose", "bone marrow"),
        shared_donors=(),
        perinatal=(),
        contrasts=(("bone marrow", "adipose"),),
        leak_percent=float(draw.uniform(4, 26)),
        vesicle_percent=float(draw.uniform(1, 6)),
        platelet_percent=float(draw.uniform(1, 6)),
        release_sd=0.8,
        retention_sd=1.5,
        **dict.fromkeys(("panel", "particles", "activity", "stability"), False),
        lots=0,
    )
    laboratory = simulate.laboratory(recipe, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        simulate.write(laboratory, Path(folder))
        (Path(folder) / "study.toml").write_text(laboratory.plans["study_complete.toml"])
        return laboratory, read_study(read_plan(Path(folder))).study


def judged(laboratory, study, names: tuple[str, ...]) -> pd.DataFrame:
    """Probabilities of every unmasked protein and group beside the shares of its amount by each way."""
    from dataclasses import replace

    chosen = replace(study, assays={name: study.assays[name] for name in ("proteome", *names)})
    one = proteome_of(chosen.assays["proteome"], chosen)
    one = one.with_proteins(contaminants.classify(one.proteins))
    truth = laboratory.truth["routes"]
    parts = []
    for origin in origins(one, chosen):
        tissue, condition = origin.group.split(" · ")
        mine = truth[(truth["tissue"] == tissue) & (truth["condition"] == condition)].set_index("protein")
        table = pd.DataFrame(origin.probability, columns=list(CLASSES), index=one.proteins.index)
        table["truth"] = mine["route"].reindex(table.index)
        true = mine.reindex(columns=[f"{way}" for way in WAYS]).reindex(table.index)
        table[[f"true_{way}" for way in WAYS]] = true.to_numpy()
        parts.append(table[~one.masked].dropna())
    return pd.concat(parts)


def shares(laboratory, study, names: tuple[str, ...], *, ldh: bool) -> pd.DataFrame:
    """Leak and bovine serum of each flask, found and true, in percent of the signal."""
    from dataclasses import replace

    chosen = replace(study, assays={name: study.assays[name] for name in ("proteome", *names)})
    if not ldh:
        chosen = replace(chosen, samples=chosen.samples.drop(columns=["ldh_percent", "viability_percent"]))
    one = proteome_of(chosen.assays["proteome"], chosen)
    one = one.with_proteins(contaminants.classify(one.proteins))
    found = leak_shares(one, chosen, seed=1).set_index("sample")
    truth = laboratory.truth["samples"].set_index("sample").reindex(found.index)
    column = "anchored_percent" if ldh and "anchored_percent" in found else "leak_percent"
    return pd.DataFrame(
        {
            "leak": found[column],
            "leak_true": truth["leak_percent"],
            "serum": found["serum_percent"],
            "serum_true": truth["bovine_percent"],
            "covered": truth["leak_percent"].between(found["leak_lower"], found["leak_upper"]),
        }
    )


def scores(table: pd.DataFrame) -> dict[str, float]:
    """Cross entropy, accuracy of the largest class, unresolved mass, calibration error of what was committed."""
    p = table[list(CLASSES)].to_numpy()
    committed = p[:, :-1] / np.maximum(1 - p[:, -1:], 1e-9)
    true = table[[f"true_{way}" for way in WAYS]].to_numpy()
    rows = np.arange(len(table))
    best, right = committed.argmax(axis=1), true.argmax(axis=1)
    return {
        "proteins": len(table),
        "cross_entropy": float(-(true * np.log(np.maximum(committed, 1e-3))).sum(axis=1).mean()),
        "right_percent": 100 * float((best == right).mean()),
        "unresolved_percent": 100 * float(p[:, -1].mean()),
        "top_error": reliability(committed[rows, best], true[rows, best]).error,
        "class_error": reliability(committed.ravel(), true.ravel()).error,
    }


def reliability_table(table: pd.DataFrame) -> pd.DataFrame:
    """Ten bins of each judged class, of probabilities among the classes that are not `unresolved`."""
    committed = table[list(JUDGED)].div((1 - table["unresolved"]).clip(lower=1e-9), axis=0).clip(0, 1)
    parts = []
    for kind in JUDGED:
        found = reliability(committed[kind].to_numpy(), table[f"true_{kind}"].to_numpy())
        parts.append(
            pd.DataFrame(
                {
                    "origin": kind,
                    "lower": found.lower,
                    "upper": found.upper,
                    "n": found.n,
                    "predicted": found.predicted.round(4),
                    "observed": found.observed.round(4),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def run(studies: int, evidence: dict[str, tuple[str, ...]] = EVIDENCE) -> dict[str, pd.DataFrame]:
    """Tables `ablation`, `shares`, `reliability` over so many laboratories."""
    by_study, tables, leaks = [], {name: [] for name in evidence}, []
    for seed in range(1, studies + 1):
        laboratory, study = study_of(seed)
        for name, assays in evidence.items():
            table = judged(laboratory, study, assays)
            tables[name].append(table)
            by_study.append({"evidence": name, "study": seed, **scores(table)})
        for name, assays, ldh in (
            ("media alone", (), False),
            ("+ LDH and viability", (), True),
            ("+ lysate", ("lysate",), False),
            ("+ lysate, LDH and viability", ("lysate",), True),
        ):
            leaks.append(shares(laboratory, study, assays, ldh=ldh).assign(evidence=name, study=seed))
    return {
        "ablation": _mean_over_studies(pd.DataFrame(by_study), list(evidence)),
        "shares": _share_errors(pd.concat(leaks)),
        "reliability": pd.concat(
            [reliability_table(pd.concat(parts)).assign(evidence=name) for name, parts in tables.items()],
            ignore_index=True,
        ),
    }


def _mean_over_studies(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    grouped = rows.drop(columns="study").groupby("evidence")
    mean, error = grouped.mean().loc[order], grouped.sem().loc[order]
    mean.insert(0, "studies", grouped.size().loc[order])
    mean["class_error_mc"] = 1.96 * error["class_error"]
    return mean.reset_index()


def _share_errors(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.assign(
        leak_apart=(rows["leak"] - rows["leak_true"]).abs(),
        leak_bias=rows["leak"] - rows["leak_true"],
        serum_apart=(rows["serum"] - rows["serum_true"]).abs(),
    )
    grouped = rows.groupby("evidence", sort=False)
    return pd.DataFrame(
        {
            "flasks": grouped.size(),
            "leak_mean_apart": grouped["leak_apart"].mean(),
            "leak_median_apart": grouped["leak_apart"].median(),
            "leak_bias": grouped["leak_bias"].mean(),
            "within_3_points_percent": 100 * grouped["leak_apart"].agg(lambda x: (x <= 3).mean()),
            "intervals_cover_percent": 100 * grouped["covered"].mean(),
            "serum_median_apart": grouped["serum_apart"].median(),
            "serum_within_3_percent": 100 * grouped["serum_apart"].agg(lambda x: (x <= 3).mean()),
        }
    ).reset_index()


def draw(table: pd.DataFrame, path: Path) -> None:
    """The reliability plot as SVG: predicted against observed, a panel for each class."""
    import altair as alt
    import vl_convert

    shown = table[(table["n"] >= 50) & table["evidence"].isin(["annotation and the media", "+ all three"])]
    line = (
        alt.Chart(pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}))
        .mark_line(color="#999999", strokeDash=[4, 3])
        .encode(x="x:Q", y="y:Q")
    )
    points = (
        alt.Chart(shown)
        .mark_line(point=True)
        .encode(
            x=alt.X("predicted:Q", title="probability given", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("observed:Q", title="share that came this way", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("evidence:N", title=None, scale=alt.Scale(range=["#0072B2", "#D55E00"])),
            shape=alt.Shape("evidence:N", title=None),
        )
    )
    panels = [
        (line + points.transform_filter(alt.datum.origin == kind)).properties(
            width=170, height=150, title=kind.replace("_", " ")
        )
        for kind in JUDGED
    ]
    chart = alt.concat(*panels, columns=3).configure_legend(orient="bottom")
    path.write_text(vl_convert.vegalite_to_svg(chart.to_json()), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    found = run(chosen.studies)
    pd.set_option("display.width", 220, "display.max_columns", 20)
    for name in ("ablation", "shares"):
        print(f"\n{name}\n{found[name].round(3).to_string(index=False)}")
    wide = found["reliability"]
    wide = wide[(wide["evidence"] == "+ all three") & (wide["n"] > 0)]
    print(f"\nreliability with all three\n{wide.drop(columns='evidence').to_string(index=False)}")
    if chosen.write:
        found["reliability"].to_csv(DOCS / "origin-calibration.csv", index=False, lineterminator="\n")
        draw(found["reliability"], DOCS / "images" / "origin-reliability.svg")


if __name__ == "__main__":
    main()
