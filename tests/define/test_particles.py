import numpy as np
import pandas as pd
import pytest

from secretome.define.beside import measured_beside
from secretome.define.mirna import standards
from secretome.plan import AssayPlan
from secretome.read.instruments import read_measured, to_assay
from secretome.study import Assay, Study


def _study(tmp_path, runs, *, mirna=None, **sheet):
    samples = pd.DataFrame({"donor": ["1", "2"], **sheet}, index=["a", "b"])
    study = Study("particles", samples)
    for name, kind, frame in (("nta", "particles", runs), ("pcr", "mirna", mirna)):
        if frame is not None:
            path = tmp_path / f"{name}.csv"
            frame.to_csv(path, index=False)
            plan = AssayPlan(name, path, kind=kind, concentrated="no")
            study = study.with_assay(to_assay(plan, read_measured(plan)))
    _, results = measured_beside(study)
    return {one.name: one for one in results}


def _runs(values, *, blank=(9e6, 1e7, 1.1e7), lysed=()):
    rows = [("a", "", one, "no") for one in values] + [("a", "", one, "yes") for one in lysed]
    rows += [("buffer", "blank", one, "no") for one in blank]
    frame = pd.DataFrame(rows, columns=["sample", "material", "particles per mL", "detergent"])
    return frame.assign(mode_nm=110.0, instrument="NTA")


def test_the_blank_is_subtracted_with_its_error(tmp_path):
    found = _study(tmp_path, _runs([9e8, 1e9, 1.1e9]))["particles"]
    row = found.tables["samples"].iloc[0]
    assert row["particles_per_ml"] == pytest.approx(9.9e8)
    # both have a relative sd of 0.1 over three readings
    assert row["standard_error"] == pytest.approx(np.hypot(1e8, 1e6) / np.sqrt(3))
    assert row["upper"] - row["particles_per_ml"] == pytest.approx(2.776 * row["standard_error"], rel=1e-3)
    assert row["blank_percent"] == pytest.approx(1)
    assert found.verdict == "pass"


def test_loss_on_detergent_and_purity_carry_both_errors(tmp_path):
    runs = _runs([9e8, 1e9, 1.1e9], lysed=[2.0e8, 2.08e8, 2.16e8])
    found = _study(tmp_path, runs, protein_ug_ml=20.0, protein_ug_ml_error=1.0)["particles"]
    row = found.tables["samples"].iloc[0]
    assert row["detergent_loss_percent"] == pytest.approx(100 * (1 - 1.98e8 / 9.9e8))
    assert row["loss_lower"] < row["detergent_loss_percent"] < row["loss_upper"] <= 100
    assert row["particles_per_ug"] == pytest.approx(9.9e8 / 20)
    assert row["particles_per_ug_lower"] < row["particles_per_ug"] < row["particles_per_ug_upper"]
    checklist = found.tables["checklist"].set_index("point")["status"]
    assert checklist["loss on detergent"] == "shown"
    assert checklist["a cytosolic protein recovered in vesicles"] == "not tested"


def test_no_more_than_the_blank_is_told(tmp_path):
    found = _study(tmp_path, _runs([9e6, 1e7, 1.2e7]))["particles"]
    assert "not separated from the blank" in found.tables["samples"]["note"].iloc[0]
    assert found.verdict == "warn"


def test_what_was_not_reported_is_listed(tmp_path):
    runs = _runs([1e9, 1.1e9], blank=())
    lacks = " ".join(_study(tmp_path, runs)["particles"].lacks)
    for words in ("settings", "no blank", "no detergent control", "protein_ug_ml"):
        assert words in lacks


def test_intervals_of_particles_hold_the_truth(tmp_path):
    rng = np.random.default_rng(2)
    names = [f"s{i}" for i in range(150)]
    rows = [(name, "", 5e8 * (1 + 0.2 * rng.normal()) + 1e7) for name in names for _ in range(3)]
    rows += [("buffer", "blank", 1e7 * (1 + 0.2 * rng.normal())) for _ in range(3)]
    path = tmp_path / "runs.csv"
    pd.DataFrame(rows, columns=["sample", "material", "particles per mL"]).to_csv(path, index=False)
    plan = AssayPlan("nta", path, kind="particles")
    study = Study("x", pd.DataFrame({"donor": names}, index=names)).with_assay(
        to_assay(plan, read_measured(plan))
    )
    samples = measured_beside(study)[1][0].tables["samples"]
    inside = ((samples["lower"] <= 5e8) & (samples["upper"] >= 5e8)).mean()
    assert inside == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 150))


QPCR = pd.DataFrame(
    [("std", "miR-21-5p", 40 - 3.3219 * k, "standard", 10.0**k) for k in (3, 4, 5, 6)]
    + [("a", "miR-21-5p", 40 - 3.3219 * 5, "", np.nan), ("a", "hsa-miR-122-5p", "Undetermined", "", np.nan),
       ("a", "hsa-miR-451a", 28.0, "", np.nan)],
    columns=["Sample", "Target", "Cq", "Task", "Quantity"],
)  # fmt: skip


def test_copies_come_from_standards_and_are_given_per_particle(tmp_path):
    found = _study(tmp_path, _runs([9e8, 1e9, 1.1e9]), mirna=QPCR)["mirna"]
    values = found.tables["values"].set_index("target")
    assert values.loc["miR-21-5p", "copies_per_ml"] == pytest.approx(1e5, rel=1e-3)
    assert values.loc["miR-21-5p", "copies_per_particle"] == pytest.approx(1e5 / 9.9e8, rel=1e-3)
    assert values.loc["miR-21-5p", "copies_lower"] < values.loc["miR-21-5p", "copies_upper"]
    assert values.loc["hsa-miR-122-5p", "state"] == "not amplified"
    assert "fetal bovine serum" in values.loc["hsa-miR-451a", "serum"]
    assert np.isnan(values.loc["hsa-miR-451a", "copies_per_ml"])  # no standard of that target


def test_standards_in_reverse_order_give_no_copies():
    rows = QPCR.rename(columns=str.lower).rename(columns={"cq": "value", "quantity": "expected"})
    rows = rows[rows["task"] == "standard"].assign(
        kind="standard", expected=lambda f: f["expected"].to_numpy()[::-1]
    )
    rows["value"] = rows["value"].astype(float)
    line = standards(Assay("pcr", "mirna", "conditioned_medium", table=rows)).iloc[0]
    assert not line["usable"]
    assert "reversed" in line["status"]


def test_reads_give_shares_and_the_lack_of_copies_is_told(tmp_path):
    reads = pd.DataFrame({"miRNA": ["hsa-miR-21-5p", "hsa-miR-122-5p"], "a": [900, 100], "b": [50, 0]})
    found = _study(tmp_path, None, mirna=reads)["mirna"]
    values = found.tables["values"].set_index(["target", "sample"])
    assert values.loc[("hsa-miR-21-5p", "a"), "reads_per_million"] == 9e5
    assert values.loc[("hsa-miR-122-5p", "b"), "state"] == "zero reads"
    assert found.tables["summary"]["serum"].tolist() == [1]
    assert "qPCR" in found.lacks[0]
