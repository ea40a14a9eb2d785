"""Control charts, matrix, purity, forms, validation, layouts and the trail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secretome import qualify
from secretome.errors import InvalidInput, NotEstimable
from secretome.qualify.trail import fingerprint


def test_the_piston_rings_give_the_signals_of_qcc(shared):
    table = pd.read_csv(shared / "oracle" / "qualify" / "inputs" / "qcc_pistonrings.csv")
    frame = pd.DataFrame({"sample": table["sample"].astype(str), "value": table["diameter"]})
    options = qualify.ControlOptions(chart="xbar", phase1=25, run=7, lower=73.95, upper=74.05, target=74)
    found = qualify.chart_of(frame, options)
    signals = found.tables["signals"]
    assert signals.loc[signals["rule"] == "1", "sample"].tolist() == ["37", "38", "39"]
    assert signals.loc[signals["rule"] == "2", "sample"].tolist() == ["40"]
    assert found.verdict == "fail"
    assert found.tables["capability"].set_index("index").loc["cpk", "value"] == pytest.approx(
        1.66321944932665
    )


@pytest.mark.parametrize("chart", ["range", "sd"])
def test_spread_charts_are_made(chart):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"sample": np.repeat([str(i) for i in range(25)], 4), "value": rng.normal(size=100)})
    assert (
        qualify.chart_of(frame, qualify.ControlOptions(chart=chart)).tables["limits"]["samples"].iloc[0] == 25
    )


def test_westgard_rejects_and_a_quiet_process_passes():
    quiet = pd.DataFrame(
        {"sample": [str(i) for i in range(24)], "value": [10.0, 10.2, 9.9, 10.1, 9.8, 10.0] * 4}
    )
    assert qualify.chart_of(quiet, qualify.ControlOptions(rules="westgard")).verdict == "pass"
    loud = pd.concat([quiet, pd.DataFrame({"sample": ["x"], "value": [12.0]})])
    found = qualify.chart_of(loud, qualify.ControlOptions(rules="westgard", phase1=24))
    assert found.verdict == "fail"
    assert "1-3s" in set(found.tables["signals"]["rule"])


def test_charts_that_do_not_fit_the_file_are_refused():
    frame = pd.DataFrame({"sample": ["a", "a", "b"], "value": [1.0, 2, 3]})
    for chart in ("individuals", "xbar"):
        with pytest.raises(InvalidInput):
            qualify.chart_of(frame, qualify.ControlOptions(chart=chart))
    single = pd.DataFrame({"sample": list("abc"), "value": [1.0, 2, 3]})
    with pytest.raises(InvalidInput, match="phase1"):
        qualify.chart_of(single, qualify.ControlOptions(phase1=9))


def _matrix(*, seed=1, donors=10, noise=0.2, tracked=True):
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 1, donors)
    rows = []
    for i in range(donors):
        activity = (level[i] if tracked else rng.normal()) + noise * rng.normal()
        for lot in (1, 2):
            key = (f"L{i}{lot}", f"D{i}")
            rows.append((*key, "VEGFA", "factor", float(np.exp(level[i] + 0.05 * rng.normal()))))
            rows.append((*key, "HGF", "factor", float(np.exp(rng.normal()))))
            rows.append((*key, "tubes", "activity", activity + 0.05 * rng.normal()))
    return pd.DataFrame(rows, columns=["lot", "donor", "measure", "kind", "value"])


def test_the_factor_that_was_planted_is_chosen_on_donors():
    found = qualify.surrogates(_matrix(), qualify.MatrixOptions(permutations=199))
    row = found.tables["surrogates"].iloc[0]
    assert (row["chosen"], row["donors"]) == ("VEGFA", 10)
    assert row["q2"] > 0.7
    assert row["p_value"] < 0.05
    assert any("donor is the unit" in note for note in found.notes)


def test_without_a_link_the_study_cannot_say():
    found = qualify.surrogates(_matrix(tracked=False, seed=3), qualify.MatrixOptions(permutations=199))
    assert found.tables["surrogates"]["judgement"].iloc[0] == "this study cannot say"


def test_few_donors_and_wrong_kinds_are_not_judged():
    few = qualify.surrogates(_matrix(donors=5), qualify.MatrixOptions())
    assert few.verdict == "cannot be judged"
    with pytest.raises(InvalidInput, match="factor or activity"):
        qualify.surrogates(_matrix().assign(kind="Factor"), qualify.MatrixOptions())
    with pytest.raises(InvalidInput, match="zero or negative"):
        qualify.surrogates(_matrix().assign(value=0.0), qualify.MatrixOptions())
    only = _matrix()
    with pytest.raises(NotEstimable, match="at least one"):
        qualify.surrogates(only[only["kind"] == "factor"], qualify.MatrixOptions())


def _purity():
    return pd.DataFrame(
        [
            ("EV1", "particles", 2.2e10, 1e9, "", ""), ("EV1", "particle blank", 2e9, 2e8, "", ""),
            ("EV1", "protein", 40.0, 2.0, "", ""), ("EV1", "marker", 1, np.nan, "CD9", "transmembrane"),
            ("EV1", "marker", 1, np.nan, "CD63", "transmembrane"), ("EV1", "marker", 1, np.nan, "TSG101", "cytosolic"),
            ("EV1", "marker", 0, np.nan, "APOA1", "contaminant"), ("EV1", "soluble", 70.0, 4.0, "VEGFA", ""),
            ("EV1", "vesicles", 10.0, 1.0, "VEGFA", ""), ("EV1", "input", 100.0, 5.0, "VEGFA", ""),
            ("EV1", "bovine", 3.2, 0.4, "", ""), ("EV2", "particles", 1e9, 1e8, "", ""),
        ],
        columns=["sample", "quantity", "value", "standard_error", "name", "marker_class"],
    )  # fmt: skip


def test_purity_subtracts_blanks_and_carries_both_errors():
    found = qualify.purity_of(_purity())
    row = found.tables["ratio"].set_index("sample").loc["EV1"]
    assert row["particles_per_ug"] == pytest.approx(5e8)
    relative = np.hypot(np.hypot(1e9, 2e8) / 2e10, 2 / 40)
    assert np.log(row["upper"] / row["particles_per_ug"]) == pytest.approx(1.96 * relative)
    assert found.tables["markers"].set_index("sample").loc["EV1", "misev2018_checklist"] == "complete"
    balance = found.tables["balance"].iloc[0]
    assert (balance["vesicle_share"], balance["recovered"]) == (0.125, 0.8)
    assert any(lack.startswith("EV2: protein not measured") for lack in found.lacks)
    assert any("never a gate" in note for note in found.notes)


def test_impurities_of_a_purity_file_come_all_at_once():
    bad = _purity()
    bad.loc[0, ["quantity", "value"]] = ["particle", -1]
    bad.loc[3, "marker_class"] = "membrane"
    bad.loc[4, "name"] = "CD9"
    with pytest.raises(InvalidInput) as refused:
        qualify.purity_of(bad)
    assert len(refused.value.problems) == 4
    none = _purity().query("sample == 'EV2'")
    assert "No preparation" in qualify.purity_of(none).sentence()


def test_forms_say_what_was_not_shown_and_what_a_step_kept():
    frame = pd.DataFrame(
        [("CM", "D1", "yield", 812.0, "VEGFA", "pg", 760.0, 868.0, np.nan), ("EV", "D1", "doses", 3, "", "per batch", *[np.nan] * 3),
         ("CM", "D1", "concentrate", 90.0, "VEGFA", "pg", np.nan, np.nan, 120.0), ("EV", "D2", "doses", 4, "", "per batch", *[np.nan] * 3)],
        columns=["form", "donor", "item", "value", "measure", "unit", "lower", "upper", "before"],
    )  # fmt: skip
    found = qualify.side_by_side(frame)
    table = found.tables["forms"]
    assert table.loc[table["item"] == "yield", ["CM", "EV"]].iloc[0].tolist() == [
        "812 (760 to 868)",
        "not shown",
    ]
    assert found.tables["recovery"]["recovered_percent"].tolist() == [75.0]
    assert any("mixed" in note for note in found.notes)
    sections = qualify.ctd_layout([found])
    assert [name for _, name, _ in sections["3.2.S.3 Characterisation"]] == ["summary", "forms", "recovery"]
    assert sections["3.2.S.7 Stability"] == []
    with pytest.raises(InvalidInput) as refused:
        qualify.side_by_side(
            pd.concat([frame, frame.iloc[:1].assign(item="yeld"), frame.iloc[[2, 2]].assign(before=0)])
        )
    assert len(refused.value.problems) == 4


def test_validation_finds_planted_components():
    rng = np.random.default_rng(2)
    rows = [
        (level, level * np.exp(0.05 + run_effect + rng.normal(0, 0.04)), f"run {run}")
        for run, run_effect in enumerate(rng.normal(0, 0.08, 40))
        for level in (50.0, 71, 100, 141, 200)
        for _ in range(2)
    ]
    found = qualify.assay_validation(pd.DataFrame(rows, columns=["level", "value", "run"]))
    sd = found.tables["precision"].set_index("component")["sd_ln"]
    assert sd["repeatability"] == pytest.approx(0.04, rel=0.1)
    assert sd["between runs"] == pytest.approx(0.08, rel=0.3)
    accuracy = found.tables["accuracy"]
    assert (
        (accuracy["lower"] < 100 * (np.exp(0.05) - 1)) & (accuracy["upper"] > 100 * (np.exp(0.05) - 1))
    ).all()
    assert found.tables["linearity"]["slope"].iloc[0] == pytest.approx(1, abs=0.02)
    assert found.verdict is None


def test_a_validation_with_too_little_is_refused_or_not_judged():
    rows = [(lv, lv, r) for lv in (50.0, 100.0) for r in ("1", "1", "2")]
    few = pd.DataFrame(rows, columns=["level", "value", "run"])
    assert (
        qualify.assay_validation(few.assign(value=few["value"] * [1, 1.1, 1, 0.9, 1, 1])).verdict
        == "cannot be judged"
    )
    with pytest.raises(NotEstimable, match="repeats within a run"):
        qualify.assay_validation(few.drop_duplicates())
    with pytest.raises(InvalidInput):
        qualify.assay_validation(few.assign(value=0.0))


def test_every_template_is_read_back_by_its_own_layout():
    for layout in qualify.LAYOUTS.values():
        header, *rows = [line.split(",") for line in layout.template().splitlines()]
        frame = qualify.parse(layout, header, rows, lines=range(2, 2 + len(rows)), file="template").frame
        assert len(frame) == len(rows) >= 2
        assert layout.description().count("\n") == len(layout.columns) - 1


def test_a_changed_input_is_a_new_result_and_the_log_only_grows(tmp_path):
    frame = pd.DataFrame({"sample": list("abcdef"), "value": [10.1, 9.8, 10.3, 10, 9.9, 10.2]})
    results = [
        qualify.with_trail(
            qualify.chart_of(f, qualify.ControlOptions()), qualify.Trail({"a.csv": sha}, simulated=True)
        )
        for f, sha in ((frame, "00"), (frame.assign(value=frame["value"] + 1), "01"))
    ]
    assert fingerprint(results[:1]) == fingerprint(results[:1])
    assert fingerprint(results[:1]) != fingerprint(results[1:])
    assert results[0].notes[0].startswith("SIMULATED")
    assert results[0].parameters["heading"].startswith("SIMULATED")
    log = tmp_path / "trail.jsonl"
    for result in results:
        qualify.append_log(log, [result], who="A", when="2026-11-23T00:00:00+00:00", command="control a.csv")
    assert len(qualify.check_log(log)) == 2
    log.write_text(log.read_text().replace('"who": "A"', '"who": "B"', 1))
    with pytest.raises(InvalidInput, match="does not follow"):
        qualify.append_log(log, results, who="A", when="", command="")
    log.write_text("no json\n")
    with pytest.raises(InvalidInput):
        qualify.check_log(log)
