"""Conclusions stand beside what was registered."""

from __future__ import annotations

from secretome.evidence.conclusions import conclusions
from secretome.evidence.records import Author, Outcome, Part, Record, Trial
from secretome.evidence.store import Store


def test_a_paper_stands_beside_its_registration(tmp_path):
    trial = Trial(
        status="COMPLETED", outcomes=(Outcome("mortality", "primary"), Outcome("stay", "secondary"))
    )
    records = [
        Record(kind="trial", trial_id="NCT00000001", title="The registered trial of vesicles", trial=trial),
        Record(
            pmid="1", title="Vesicles in patients", year=2021, authors=(Author("Novak"),), registry_ids=("NCT00000001",),
            abstract=(Part("There was no significant difference in mortality.", "RESULTS"), Part("It is promising.", "CONCLUSIONS")),
        ),
        Record(pmid="2", title="Another paper on nothing registered", registry_ids=("NCT00000002",)),
    ]  # fmt: skip
    with Store(tmp_path / "e.sqlite") as store:
        store.add(iter(records), name="a", sha256="a")
        first, second = conclusions(store).to_dict("records")
    assert (first["registered_primary"], first["registered_status"]) == ("mortality", "COMPLETED")
    assert first["concluded"] == "It is promising."
    assert "promising" in first["flag"]
    assert (second["trial"], second["registered_primary"], second["flag"]) == ("NCT00000002", "", "")
