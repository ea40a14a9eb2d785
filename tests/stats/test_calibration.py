import numpy as np
import pytest

from secretome.errors import InvalidArray
from secretome.stats.calibration import calibrate, read_back, read_back_error
from secretome.stats.ratio import net, ratio

LEVELS = 4.0 ** np.arange(8)


def _signal(dose, *, middle=300.0, slope=1.1, asymmetry=1.0, low=20.0, high=10000.0):
    with np.errstate(divide="ignore"):
        return low + (high - low) / (1 + (middle / dose) ** slope) ** asymmetry


def _plate(seed=1, cv=0.05, blanks=4, **curve):
    rng = np.random.default_rng(seed)
    dose = np.concatenate([np.zeros(blanks), np.repeat(LEVELS, 2)])
    return dose, _signal(dose, **curve) * np.exp(cv * rng.normal(size=len(dose)))


def test_standards_of_a_clean_plate_are_read_back_and_the_curve_is_found():
    fit = calibrate(*_plate())
    assert fit.usable
    assert fit.status == ""
    assert np.abs(fit.recovery_percent[fit.mid_range] - 100).max() < 20
    assert fit.relative_sd == pytest.approx(0.05, rel=0.5)
    named = dict(zip(fit.curve.names, fit.curve.parameters[0], strict=True))
    assert named["e"] == pytest.approx(300, rel=0.2)
    assert fit.lod < fit.lloq < fit.uloq


def test_an_asymmetric_plate_asks_for_five_parameters():
    dose, signal = _plate(cv=0.01, asymmetry=3.0)
    assert calibrate(dose, signal).model == "5pl"


def test_a_change_of_units_changes_limits_in_proportion():
    dose, signal = _plate()
    one, thousand = calibrate(dose, signal), calibrate(dose * 1000, signal)
    assert thousand.lod == pytest.approx(1000 * one.lod, rel=1e-3)
    assert thousand.uloq == 1000 * one.uloq


def test_the_error_of_a_concentration_is_its_spread_over_plates():
    true, logs, errors = 64.0, [], []
    for seed in range(60):
        fit = calibrate(*_plate(seed), model="4pl")
        y = _signal(true) * np.exp(0.05 * np.random.default_rng(1000 + seed).normal())
        logs.append(np.log(read_back(fit.curve, y)))
        errors.append(read_back_error(fit.curve, y, relative_sd=fit.relative_sd))
    assert np.std(logs) == pytest.approx(np.mean(errors), rel=0.3)
    assert np.mean(logs) == pytest.approx(np.log(true), abs=0.03)


def test_a_falling_curve_is_read_back_when_declared():
    dose, signal = _plate()
    fit = calibrate(dose, 1e5 / signal, falling=True)
    assert fit.usable
    assert np.abs(fit.recovery_percent[fit.mid_range] - 100).max() < 25


def test_missing_standards_are_said():
    dose, signal = _plate()
    kept = (dose == 0) | (dose > 1000)
    fit = calibrate(dose[kept], signal[kept])
    assert not fit.usable
    assert "standards are missing" in fit.status


def test_reversed_standards_are_said():
    dose, signal = _plate()
    fit = calibrate(np.where(dose > 0, LEVELS[-1] / np.maximum(dose, 1e-9), 0.0), signal)
    assert not fit.usable
    assert "reverse order" in fit.status


def test_a_curve_that_does_not_fit_is_said():
    rng = np.random.default_rng(4)
    dose, signal = _plate()
    fit = calibrate(dose, signal[0] * (1 + 0.2 * (dose > 100)) * np.exp(0.8 * rng.normal(size=len(dose))))
    assert not fit.usable
    assert fit.status


@pytest.mark.parametrize(("dose", "signal"), [([1, 2], [1.0]), ([-1.0], [1.0]), ([1.0], [np.nan])])
def test_wells_that_cannot_be_are_refused(dose, signal):
    with pytest.raises(InvalidArray):
        calibrate(dose, signal)


def test_the_interval_of_a_ratio_holds_its_simulated_spread():
    rng = np.random.default_rng(5)
    quotients = rng.normal(2e10, 1e9, 20000) / rng.normal(40, 2, 20000)
    found = ratio(2e10, 1e9, 40.0, 2.0)
    assert np.mean((quotients > found.lower) & (quotients < found.upper)) == pytest.approx(0.95, abs=0.01)
    assert np.isnan(ratio(-1.0, 1.0, 2.0, 1.0).value)
    assert net(5.0, 0.3, 1.0, 0.4).standard_error == pytest.approx(0.5)
