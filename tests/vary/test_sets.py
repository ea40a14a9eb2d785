"""Sets: planted ones are found in their direction, unplanted ones keep the size, bad files are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from secretome.errors import InvalidInput, UnreadableFile
from secretome.plan import VaryOptions
from secretome.vary import compare, compare_sets
from secretome.vary.sets import FEWEST, process_sets, user_sets

from .conftest import flasks

CONTRAST = {"t": "tissue[A] - tissue[B]"}


def _genes(study, names):
    held = study.assays["proteome"]
    data = held.matrix.copy()
    data.var["gene"] = names
    return study.with_assay(replace(held, data=data))


def _planted(build, *, shift: float, seed: int = 1):
    rng = np.random.default_rng(seed)
    factors = sorted(process_sets()["angiogenesis, for"])[:12]
    samples = flasks(donors=4, per_donor=1)
    y = rng.normal(24, 2, (300, 1)) + rng.normal(0, 0.4, (300, len(samples)))
    y[:12, (samples["tissue"] == "A").to_numpy()] += shift
    names = [*factors, *(f"G{row}" for row in range(12, 300))]
    return _genes(build(y, samples, contrasts=CONTRAST), names)


def _sets(study, **options):
    chosen = VaryOptions(**options)
    return compare_sets(study, compare(study, chosen), chosen)


def test_a_planted_process_is_found_in_its_direction(build):
    for shift, word in ((0.6, "up"), (-0.6, "down")):
        sets = _sets(_planted(build, shift=shift)).tables["sets"].set_index("set")
        row = sets.loc["angiogenesis, for"]
        assert row["direction"] == word
        assert row["fdr"] < 0.01
        assert row["fry_p_value"] < 0.01
        assert row["lower"] * row["upper"] > 0
        assert row["n"] == row["fry_n"] == 12
        assert row["background"] == 300


def test_sets_without_a_shift_keep_their_size(build, tmp_path):
    rng = np.random.default_rng(5)
    lines = [
        "\t".join(
            [f"S{number}", "drawn", *(f"G{row}" for row in rng.choice(np.arange(12, 300), 15, replace=False))]
        )
        for number in range(100)
    ]
    path = tmp_path / "mine.gmt"
    path.write_text("\n".join(lines))
    sets = _sets(_planted(build, shift=0.0), gene_sets=str(path)).tables["sets"]
    mine = sets[sets["collection"] == "mine.gmt"]
    assert len(mine) == 100
    assert (mine["p_value"] < 0.05).mean() < 0.15
    assert (mine["fry_p_value"] < 0.05).mean() < 0.15


def test_for_and_against_are_two_sets_of_verified_factors():
    sets = process_sets()
    assert all(name.endswith((", for", ", against")) for name in sets)
    assert any(name.endswith(", against") for name in sets)


def test_a_study_without_factors_says_so(build):
    rng = np.random.default_rng(6)
    samples = flasks(donors=3, per_donor=1)
    result = _sets(build(rng.normal(20, 1, (50, len(samples))), samples, contrasts=CONTRAST))
    assert result.verdict == "not tested"
    assert str(FEWEST) in result.lacks[0]


def test_a_gmt_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match="does not exist"):
        user_sets(str(tmp_path / "none.gmt"))
    path = tmp_path / "bad.gmt"
    path.write_text("A\tx\tG1\tG2\nempty\n\nA\tx\tG3\n")
    with pytest.raises(InvalidInput) as caught:
        user_sets(str(path))
    found = [problem.found for problem in caught.value.problems]
    assert found == ["line 2 holds 'empty'", "line 4 names 'A' again"]
    path.write_bytes(b"\xff\xfe\x00A")
    with pytest.raises(UnreadableFile, match="UTF-8"):
        user_sets(str(path))
