"""The whole job on the six-niche data: what issue 2 asks of the dossier."""

from __future__ import annotations

import json
import resource

import pandas as pd
import pytest

from secretome.cli import run as command


@pytest.fixture(scope="module")
def dossier(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("six") / "dossier"
    source = shared / "data" / "msc-six-niches-lobov"
    assert command(["demo", "--real", "--from", str(source), "-o", str(out)]) == 0
    return out


def _table(dossier, name):
    return pd.read_parquet(dossier / "tables" / f"{name}.parquet")


def test_memory_stays_below_two_gigabytes(dossier):
    assert dossier.exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024 * 1024


def test_quality_flags_the_bad_flasks_with_the_reason(dossier):
    quality = _table(dossier, "define.quality.samples").set_index("sample")
    for sample, percent in (("Ost_c_8", 15.0), ("Ost_c_9", 24.2), ("Ost_dif_9", 14.2)):
        assert quality.loc[sample, "verdict"] == "fail"
        assert f"{percent}" in quality.loc[sample, "reason"]
        assert quality.loc[sample, "keratin_percent"] == pytest.approx(percent, abs=0.05)
    assert quality.loc["GF_d_1", "verdict"] == "fail"
    assert "1,627" in quality.loc["GF_d_1", "reason"]
    assert quality.loc["GF_d_1", "identifications"] == 1627
    assert "remove" in quality.loc["Ost_dif_8", "reason"]
    assert quality.loc["Ost_dif_8", "keratin_percent"] == pytest.approx(6.7, abs=0.05)
    assert set(quality.index[quality["verdict"] == "fail"]) == {"Ost_c_8", "Ost_c_9", "Ost_dif_9", "GF_d_1"}


def test_carry_over_has_the_numbers_of_the_readme(dossier):
    quality = _table(dossier, "define.quality.samples")
    assert quality["bovine_percent"].median() == pytest.approx(2.4, abs=0.05)
    assert quality["bovine_percent"].max() == pytest.approx(10.0, abs=0.05)
    assert quality["keratin_percent"].max() == pytest.approx(24.2, abs=0.05)
    assert quality["keratin_percent"].median() == pytest.approx(3.8, abs=0.05)


def test_no_keratin_tops_a_tissue_contrast(dossier):
    effects = _table(dossier, "vary.contrasts.effects")
    tested = effects[effects["p_value"].notna()]
    assert not tested["gene"].str.match(r"^KRT\d").any()
    keratins = effects[effects["gene"].str.match(r"^KRT\d")]
    assert len(keratins) > 0
    assert (keratins["status"] == "contaminant: not tested").all()


def test_contrasts_rest_on_donors(dossier):
    contrasts = _table(dossier, "vary.contrasts.contrasts").set_index("contrast")
    assert (contrasts["unit"] == "donor").all()
    assert contrasts.loc["dpsc_vs_pdlsc", "strategy"] == "paired within donor"
    assert (contrasts.loc["dpsc_vs_pdlsc", "donors_left"], contrasts.loc["wj_vs_adipose", "donors_left"]) == (
        4,
        4,
    )
    assert contrasts.loc["differentiation", "donors_left"] == 21


def test_the_page_is_small_and_everything_is_there(dossier):
    assert (dossier / "index.html").stat().st_size < 5_000_000
    facts = json.loads((dossier / "dossier.json").read_text())
    assert len(facts["inputs"]) == 2
    assert all(len(digest) == 64 for digest in facts["inputs"].values())


def test_our_own_words_keep_to_the_claims(dossier):
    """Citations may say "stem cell"; our sentences, notes and methods say stromal, and potential is no efficacy."""
    results = json.loads((dossier / "results.json").read_text())
    ours = " ".join(
        " ".join([result["question"], result["answer"]["template"], *result["notes"], *result["lacks"]])
        + " ".join(method["text"] for method in result["methods"])
        for result in results
    ).lower()
    for word in ("stem cell", "efficacy", "net score", "overall score", "no effect"):
        assert word not in ours
