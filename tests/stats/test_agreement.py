"""Cohen's kappa against statsmodels, and what it refuses."""

from __future__ import annotations

import math

import pytest

from secretome.errors import InvalidArray
from secretome.stats.agreement import cohen_kappa

# kappa and std_kappa of statsmodels 0.15.0, `stats.inter_rater.cohens_kappa`.
GOLDEN = [
    ([[20, 5], [10, 15]], 0.3999999999999999, 0.12699606293110033),
    ([[45, 15], [25, 15]], 0.13043478260869554, 0.0986615376234396),
    ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.49152542372881347, 0.05100181557607786),
]


@pytest.mark.parametrize(("table", "kappa", "error"), GOLDEN)
def test_kappa_equals_statsmodels(table, kappa, error):
    found = cohen_kappa(table)
    assert found.kappa == pytest.approx(kappa, abs=1e-12)
    assert found.standard_error == pytest.approx(error, abs=1e-12)
    assert found.lower < found.kappa < found.upper


def test_perfect_agreement_and_its_absence():
    assert cohen_kappa([[5, 0], [0, 5]]).kappa == 1
    assert cohen_kappa([[0, 5], [5, 0]]).kappa == -1


def test_kappa_without_variety_or_items_is_not_a_number():
    assert math.isnan(cohen_kappa([[9, 0], [0, 0]]).kappa)
    assert cohen_kappa([[9, 0], [0, 0]]).raw == 1
    assert math.isnan(cohen_kappa([[0, 0], [0, 0]]).raw)


@pytest.mark.parametrize("table", [[[1, 2]], [1, 2], [[1, -1], [0, 0]]])
def test_what_is_no_table_of_two_readers_is_refused(table):
    with pytest.raises(InvalidArray, match="square table"):
        cohen_kappa(table)
