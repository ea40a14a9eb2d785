"""Properties and refusals of the normalisations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from secretome.errors import InvalidArray
from secretome.stats import normalize


def test_every_sample_gets_the_same_quantiles():
    y = np.random.default_rng(1).lognormal(size=(50, 4))
    found = np.sort(normalize.quantiles(y), axis=0)
    assert_allclose(found, np.repeat(found[:, :1], 4, axis=1), rtol=1e-12)
    assert_allclose(found[:, 0], np.sort(y, axis=0).mean(axis=1))


def test_missing_values_stay_missing_and_ranks_stay():
    y = np.random.default_rng(2).normal(size=(50, 3))
    y[3:9, 1] = np.nan
    found = normalize.quantiles(y)
    assert (np.isnan(found) == np.isnan(y)).all()
    known = ~np.isnan(y[:, 1])
    assert (np.argsort(found[known, 1]) == np.argsort(y[known, 1])).all()


def test_every_sample_gets_the_same_median():
    y = np.random.default_rng(3).lognormal(size=(51, 4))
    assert_allclose(np.median(normalize.median(y), axis=0), np.exp(np.log(np.median(y, axis=0)).mean()))


def test_samples_without_a_usable_scale_are_refused():
    with pytest.raises(InvalidArray, match="sample 0 has no values"):
        normalize.median([[np.nan, 1.0]])
    with pytest.raises(InvalidArray, match="median -1"):
        normalize.median([[-1.0, 1.0]])
    with pytest.raises(InvalidArray, match="expected at least 2"):
        normalize.quantiles([[np.nan, 1.0], [2.0, 3.0]])
