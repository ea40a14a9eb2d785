"""Bad input of the bench: said and flagged, and the rest still works."""

import numpy as np
import pandas as pd
import pytest

from secretome.define.amounts import amounts_of
from secretome.define.immunoassay import judge, result
from secretome.plan import AssayPlan
from secretome.read.instruments import read_measured, to_assay
from secretome.study import Study

LEVELS = 4.0 ** np.arange(1, 9)
SAMPLES = {"BM_1": 200.0, "BM_2": 900.0, "BM_3": 2.0e-3}


def _signal(dose):
    return 40 + 20000 / (1 + (2000 / np.maximum(dose, 1e-9)) ** 1.1)


def _wells(analyte="IL6", seed=1):
    """Duplicate standards, four blanks, three samples at two dilutions in duplicate."""
    rng = np.random.default_rng(seed)
    rows = [
        ("standard", f"Standard{i}", 1, level, level) for i, level in enumerate(LEVELS[::-1], 1) for _ in "ab"
    ]
    rows += [("blank", "blank", 1, np.nan, 0.0)] * 4
    rows += [
        ("sample", name, d, np.nan, true / d) for name, true in SAMPLES.items() for d in (2, 10) for _ in "ab"
    ]
    frame = pd.DataFrame(rows, columns=["kind", "sample", "dilution", "expected_pg_ml", "true"])
    frame.insert(0, "well", [f"W{i}" for i in range(len(frame))])
    frame.insert(0, "analyte", analyte)
    frame["mfi"] = (_signal(frame["true"]) * np.exp(0.03 * rng.normal(size=len(frame)))).round(2)
    frame["count"] = 80
    return frame.drop(columns="true")


def _judged(tmp_path, wells, *, blanks=(), **sheet):
    path = tmp_path / "wells.csv"
    wells.to_csv(path, index=False)
    plan = AssayPlan("panel", path, kind="panel", form="total", concentrated="no")
    measured = read_measured(plan)
    samples = pd.DataFrame({"donor": [1, 2, 3], "material": "conditioned_medium"}, index=list(SAMPLES))
    samples.loc[list(blanks), "material"] = "medium_blank"
    study = Study("bad", samples.assign(**sheet))
    panel = judge(to_assay(plan, measured), study)
    found = result([panel], study, [])
    return panel, found, study, measured.remarks


def _values(found, analyte="IL6"):
    values = found.tables["values"]
    return values[values["analyte"] == analyte].set_index("sample")


def _two(change, **keys):
    """Wells of IL6, changed, beside untouched wells of VEGF."""
    return pd.concat([change(_wells(**keys)), _wells("VEGF", seed=2)], ignore_index=True)


def _assert_the_rest_works(found):
    mine = _values(found, "VEGF")
    assert mine.loc["BM_1", "value"] == pytest.approx(200, rel=0.15)
    assert mine.loc["BM_2", "value"] == pytest.approx(900, rel=0.15)
    assert mine.loc["BM_3", "state"] == "below LOD"


def test_a_clean_plate_has_no_doubts(tmp_path):
    _, found, _, remarks = _judged(tmp_path, _two(lambda wells: wells))
    _assert_the_rest_works(found)
    assert found.verdict == "pass"
    assert remarks == ()
    assert not [note for note in found.notes if note.startswith("panel,")]
    low, value, high = _values(found).loc["BM_1", ["lower", "value", "upper"]]
    assert low < value < high


def test_missing_standards_leave_that_analyte_without_values(tmp_path):
    _, found, _, _ = _judged(
        tmp_path, _two(lambda w: w[(w["kind"] != "standard") | (w["expected_pg_ml"] > 9000)])
    )
    assert any("IL6" in note and "standards are missing" in note for note in found.notes)
    assert (_values(found)["state"] == "no value").all()
    _assert_the_rest_works(found)


def test_reversed_standards_are_told(tmp_path):
    def reverse(wells):
        return wells.assign(expected_pg_ml=LEVELS[0] * LEVELS[-1] / wells["expected_pg_ml"])

    _, found, _, _ = _judged(tmp_path, _two(reverse))
    assert any("IL6" in note and "reverse order" in note for note in found.notes)
    _assert_the_rest_works(found)


def test_a_curve_that_does_not_fit_is_told(tmp_path):
    def shuffle(wells):
        rng = np.random.default_rng(8)
        standard = wells["kind"] == "standard"
        noise = np.exp(1.5 * rng.normal(size=len(wells)))
        return wells.assign(mfi=np.where(standard, wells["mfi"] * noise, wells["mfi"]))

    _, found, _, _ = _judged(tmp_path, _two(shuffle))
    assert any("IL6" in note and ("does not fit" in note or "no curve fits" in note) for note in found.notes)
    assert found.verdict == "warn"
    _assert_the_rest_works(found)


def test_duplicates_that_disagree_carry_a_note(tmp_path):
    def pull(wells):
        first = wells.index[(wells["sample"] == "BM_1") & (wells["dilution"] == 2)][0]
        wells.loc[first, "mfi"] *= 2.5
        return wells

    _, found, _, _ = _judged(tmp_path, _two(pull))
    assert "duplicates at dilution 2 disagree" in _values(found).loc["BM_1", "note"]
    assert _values(found).loc["BM_2", "note"] == ""
    _assert_the_rest_works(found)


def test_wells_with_fewer_than_30_beads_are_not_used(tmp_path):
    def few(wells):
        wells.loc[wells["sample"] == "BM_1", "count"] = 12
        return wells

    _, found, _, _ = _judged(tmp_path, _two(few))
    row = _values(found).loc["BM_1"]
    assert row["state"] == "no value"
    assert "only 12 beads" in row["note"]
    assert any("fewer than 30 beads" in note for note in found.notes)
    _assert_the_rest_works(found)


def test_mixed_units_are_converted_and_said(tmp_path):
    def mix(wells):
        top = wells["expected_pg_ml"] > 9000
        return wells.assign(
            expected=np.where(top, wells["expected_pg_ml"] / 1000, wells["expected_pg_ml"]),
            unit=np.where(top, "ng/mL", "pg/mL"),
        )

    wells = _two(mix).drop(columns="expected_pg_ml")
    mine = wells["analyte"] == "VEGF"
    wells.loc[mine, "unit"] = "pg/mL"
    wells.loc[mine, "expected"] = _wells("VEGF", seed=2)["expected_pg_ml"].to_numpy()
    _, found, _, remarks = _judged(tmp_path, wells)
    assert any("IL6: units ng/mL, pg/mL in one column" in text for text in remarks)
    assert any("converted" in note for note in found.notes)
    # in the unit of the first standard, which is ng/mL
    assert _values(found).loc["BM_1", ["value", "unit"]].tolist() == [pytest.approx(0.2, rel=0.15), "ng/mL"]
    _assert_the_rest_works(found)


def test_units_that_cannot_be_converted_are_set_aside(tmp_path):
    wells = _wells()
    wells["unit"] = np.where(wells["expected_pg_ml"] > 9000, "nmol/L", "pg/mL")
    wells["expected"] = wells.pop("expected_pg_ml")
    _, found, _, _ = _judged(tmp_path, wells[::-1])
    assert any("nmol/L cannot be converted to pg/mL" in note for note in found.notes)
    assert _values(found).loc["BM_1", "value"] == pytest.approx(200, rel=0.15)


def test_a_plate_blank_with_analyte_is_left_out_of_the_curve(tmp_path):
    def dirty(wells):
        wells.loc[wells.index[wells["kind"] == "blank"][0], "mfi"] = float(_signal(500.0))
        return wells

    _, found, _, _ = _judged(tmp_path, _two(dirty))
    assert any("this blank reads above the LLOQ" in note for note in found.notes)
    assert _values(found).loc["BM_1", "value"] == pytest.approx(200, rel=0.15)
    _assert_the_rest_works(found)


def test_a_medium_blank_with_proteins_of_the_cells_is_flagged(tmp_path):
    _, found, _, _ = _judged(tmp_path, _two(lambda wells: wells), blanks=("BM_1",))
    checks = found.tables["checks"]
    blank = checks[(checks["check"] == "medium blank") & (checks["analyte"] == "IL6")].iloc[0]
    assert blank["sample"] == "BM_1"
    assert blank["found"] == pytest.approx(100 * 200 / 900, rel=0.2)
    assert bool(blank["passed"])  # below a third, yet listed
    _, worse, _, _ = _judged(tmp_path, _two(lambda wells: wells), blanks=("BM_2",))
    assert not worse.tables["checks"].query("check == 'medium blank'")["passed"].any()
    assert any("medium blank fails" in note for note in worse.notes)


def test_a_hook_is_seen_when_the_more_diluted_well_gives_more(tmp_path):
    def hook(wells):
        strong = (wells["sample"] == "BM_2") & (wells["dilution"] == 2)
        wells.loc[strong, "mfi"] = float(_signal(30.0))
        return wells

    panel, found, _, _ = _judged(tmp_path, _two(hook))
    checks = found.tables["checks"]
    assert checks.loc[checks["check"] == "hook effect", "sample"].tolist() == ["BM_2"]
    assert panel.parallel["IL6"] == "no"
    assert panel.parallel["VEGF"] == "yes"


def test_spike_recovery_is_the_share_of_what_was_added(tmp_path):
    wells = _wells()
    spiked = wells[(wells["sample"] == "BM_1") & (wells["dilution"] == 2)].assign(
        kind="spike", spike_pg_ml=400.0, mfi=float(_signal((200 + 0.9 * 400) / 2))
    )
    _, found, _, _ = _judged(tmp_path, pd.concat([wells, spiked], ignore_index=True))
    row = found.tables["checks"].query("check == 'spike recovery'").iloc[0]
    assert row["found"] == pytest.approx(90, abs=6)
    assert row["passed"]


def test_a_negative_volume_leaves_that_sample_without_amount(tmp_path):
    panel, _, study, _ = _judged(
        tmp_path,
        _wells("IL6"),
        volume_ml=[-5.0, 10.0, 10.0],
        cells_at_harvest=2e6,
        hours=48.0,
    )
    made = amounts_of(panel.values, study).set_index("sample")
    assert made.loc["BM_1", "missing"] == "volume_ml"
    assert np.isnan(made.loc["BM_1", "pg_per_million_cells"])
    assert made.loc["BM_1", "value_pg_ml"] == pytest.approx(200, rel=0.15)
    assert made.loc["BM_2", "pg_per_million_cells"] == pytest.approx(900 * 10 / 2, rel=0.15)
