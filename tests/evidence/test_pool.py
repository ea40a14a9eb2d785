"""Only accepted outcomes are pooled, never across products or species, trials counted once."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from secretome.cli import run as command
from secretome.errors import InvalidArray, NotPoolable
from secretome.evidence import facts
from secretome.evidence.pool import Analysis, pool_outcome
from secretome.evidence.pooled_tables import upper_limit_of_zero
from secretome.evidence.records import Author, Link, Record
from secretome.evidence.store import Store
from secretome.stats import meta


@pytest.fixture
def opened(tmp_path):
    with Store(tmp_path / "e.sqlite") as store:
        records = [
            Record(pmid=str(n), title=f"Trial number {n}", year=2020, authors=(Author("Novak"),))
            for n in range(1, 7)
        ]
        records.append(Record(pmid="7", title="Gone", links=(Link("retracted by"),)))
        records += [
            Record(pmid=str(n), title=f"Two papers {n}", registry_ids=("NCT00000001",)) for n in (8, 9)
        ]
        store.add(iter(records), name="a", sha256="a")
        yield store


def _means(opened, work, treated, control, *, product="conditioned medium", species="mouse", **more):
    value = {
        "outcome": "closure",
        "product": product,
        "species": species,
        "mean_treated": treated,
        "sd_treated": 2.0,
        "n_treated": 10,
        "mean_control": control,
        "sd_control": 2.5,
        "n_control": 12,
        **more,
    }
    return facts.enter(opened, work, kind="outcome", value=value, quote="Table 2", person="eva")


def _counts(opened, work, a, n, b, m, **more):
    value = {
        "outcome": "harm",
        "product": "vesicles",
        "species": "human",
        "events_treated": a,
        "n_treated": n,
    }
    value |= {"events_control": b, "n_control": m, **more}
    return facts.enter(opened, work, kind="outcome", value=value, quote="Table 3", person="eva")


def test_a_pool_equals_its_studies_pooled_by_hand(opened):
    pairs = [(10, 8), (12, 9), (9, 9.5), (14, 8)]
    for work, (treated, control) in enumerate(pairs, start=1):
        _means(opened, work, treated, control)
    found = pool_outcome(opened, "closure", measure="smd")
    treated, control = np.array(pairs, dtype=float).T
    four = np.ones(4)
    effects = meta.effect_size(
        "smd", mean_treated=treated, sd_treated=2 * four, n_treated=10 * four,
        mean_control=control, sd_control=2.5 * four, n_control=12 * four,
    )  # fmt: skip
    expected = meta.pool(effects.estimate, effects.variance)
    row = found.summary.iloc[0]
    assert row["estimate"] == expected.estimate
    assert (row["predict_lower"], row["predict_upper"]) == (expected.predict_lower, expected.predict_upper)
    assert (row["studies"], row["participants"]) == (4, 88)
    assert found.forest["weight_percent"].sum() == pytest.approx(100)
    assert set(found.forest["person"]) == {"eva"}
    assert "fewer than 10" in found.notes[-1]


def test_products_and_species_are_refused_together_and_apart_when_flagged(opened):
    _means(opened, 1, 10, 8)
    _means(opened, 2, 12, 9)
    _means(opened, 3, 12, 9, product="cells")
    _means(opened, 4, 11, 9, product="cells")
    with pytest.raises(NotPoolable, match=r"cells \(2\), conditioned medium \(2\)"):
        pool_outcome(opened, "closure", measure="md")
    found = pool_outcome(opened, "closure", measure="md", how=Analysis(across_products=True))
    assert list(found.summary["product"]) == ["cells", "conditioned medium"]
    assert "no overall effect" in " ".join(found.notes)
    _means(opened, 5, 12, 9, species="rat")
    with pytest.raises(NotPoolable, match="--across-species"):
        pool_outcome(opened, "closure", measure="md", how=Analysis(across_products=True))


def test_what_nobody_accepted_or_was_rejected_is_not_pooled(opened):
    with pytest.raises(NotPoolable, match="nobody accepted any"):
        pool_outcome(opened, "closure", measure="md")
    _means(opened, 1, 10, 8)
    number = _means(opened, 2, 30, 8)
    _means(opened, 3, 12, 9)
    facts.judge(opened, number, person="jan", verdict="reject")
    assert pool_outcome(opened, "closure", measure="md").summary.iloc[0]["studies"] == 2
    with pytest.raises(NotPoolable, match="did you mean closure"):
        pool_outcome(opened, "closur", measure="md")


def test_a_retracted_source_is_left_out_and_listed(opened):
    for work in (1, 2, 7):
        _means(opened, work, 10 + work, 8)
    found = pool_outcome(opened, "closure", measure="md")
    assert found.summary.iloc[0]["studies"] == 2
    assert list(found.left_out["why"]) == ["retracted"]


def test_two_papers_of_one_trial_are_one_study(opened):
    for work, treated in ((1, 10), (2, 12), (8, 11), (9, 11.5)):
        _means(opened, work, treated, 8)
    row = pool_outcome(opened, "closure", measure="md").summary.iloc[0]
    assert (row["studies"], row["effects"], row["model"]) == (3, 4, "nested, reml, t")


def test_a_shared_control_brings_its_covariance(opened):
    for work, treated, group in ((1, 10, "a"), (1, 12, "a"), (2, 12, "b"), (3, 9, "c")):
        _means(opened, work, treated, 8, control_group=group)
    found = pool_outcome(opened, "closure", measure="md")
    assert any("2 effects share a control" in note for note in found.notes)


def test_one_study_is_shown_and_not_pooled(opened):
    _means(opened, 1, 10, 8)
    found = pool_outcome(opened, "closure", measure="md")
    assert found.summary.iloc[0]["status"] == "not pooled"
    assert np.isnan(found.summary.iloc[0]["estimate"])
    assert found.forest.iloc[0]["estimate"] == 2


def test_zero_events_stay_with_their_upper_limit_and_none_reported_is_not_zero(opened):
    _counts(opened, 1, 0, 30, 2, 30)
    _counts(opened, 2, 1, 20, 3, 22)
    _counts(opened, 3, 0, 15, 0, 15)
    _counts(opened, 4, "none reported", 15, 0, 15)
    found = pool_outcome(opened, "harm", measure="or")
    assert found.summary.iloc[0]["studies"] == 3
    assert len(found.zero_events) == 3
    assert found.zero_events["upper_limit_95_one_sided"].iloc[0] == pytest.approx(upper_limit_of_zero(30))
    assert "none reported" in found.left_out["why"].iloc[0]
    assert any("1/2 was added to 2 tables" in note for note in found.notes)
    # Peto does not exist without any event: that study is listed, not dropped silently.
    assert "does not exist" in pool_outcome(opened, "harm", measure="peto").left_out["why"].iloc[-1]


def test_numbers_that_do_not_suit_the_measure_are_named(opened):
    _means(opened, 1, 10, 8)
    with pytest.raises(InvalidArray, match="columns missing"):
        pool_outcome(opened, "closure", measure="rr")


def test_the_heart_trials_are_pooled_as_published_from_the_command(shared, tmp_path, capsys):
    source = shared / "data" / "meta-stemcell-nowbar" / "healing.csv"
    rows = list(csv.DictReader(source.read_text().splitlines()))
    path, table = tmp_path / "e.sqlite", tmp_path / "healing.csv"
    with Store(path) as store:
        store.add((Record(pmid=str(n)) for n in range(1, len(rows) + 1)), name="a", sha256="a")
    names = [
        "work",
        "outcome",
        "product",
        "species",
        "quote",
        "events_treated",
        "n_treated",
        "events_control",
        "n_control",
    ]
    with table.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for n, row in enumerate(rows, start=1):
            writer.writerow(
                [n, "healed", "cells", "human", "Table", row["y_t"], row["n_t"], row["y_c"], row["n_c"]]
            )
    out = tmp_path / "tables"
    arguments = ["evidence", "pool", "healed", "--store", str(path), "--measure", "or", "--test", "z"]
    assert command([*arguments, "--enter", str(table), "--person", "eva", "-o", str(out), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["summary"]
    # README of the data: log odds ratio REML 0.6361, tau2 0.2067, I2 52.2 %, k 35.
    assert row["studies"] == 35
    assert row["estimate"] == pytest.approx(0.6361, abs=5e-5)
    assert row["tau2"] == pytest.approx(0.2067, abs=5e-5)
    assert row["i2"] == pytest.approx(52.2, abs=0.05)
    assert (out / "forest.csv").exists()


def test_flags_on_the_numbers_come_unasked(opened, capsys):
    _means(opened, 1, 9.0, 5.0)
    _means(opened, 2, 9.0, 5.0)
    _means(opened, 3, 8.0, 5.0, n_treated=11)
    _means(opened, 4, 60.0, 40.0, sd_treated=0.5)
    found = pool_outcome(opened, "closure", measure="smd")
    flags = found.flags.groupby("check").size().to_dict()
    # 1 and 2 are twins; 1, 2 and 3 have one control; 60 with SD 0.5 of ten reads like a standard error.
    assert flags == {"identical numbers": 1, "SD or SE": 1, "shared arms": 1, "shared control": 2}
    assert any("flags on the numbers" in note for note in found.notes)


def test_studies_of_their_own_numbers_raise_no_flag(opened):
    for work, control in ((1, 5.0), (2, 6.0), (3, 5.5)):
        _means(opened, work, control + 3, control)
    assert pool_outcome(opened, "closure", measure="smd").flags.empty
