"""The degree-day fit: the truth recovered, a slow search that agrees, intervals that cover, and another program's model."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.energy.baseline import Weather, fit_use, half_width, normal_use, scaled_use
from capplan.energy.day_weights import learn_weights
from capplan.energy.readings import Readings
from capplan.energy.school_days import kinds_of_day

from .synthetic import daily, monthly, true_use, weather

ENDS = (8.0, 18.0)


@pytest.mark.parametrize("point", [15.5, 12.0, 12.3456, 9.7])
def test_the_fit_recovers_the_truth_of_noise_free_months(point):
    """Domain notes, worked case G3: base 120 kWh a day, 85 kWh/K, base 15.5 C, here with school days and free base too."""
    found = weather()
    fit = fit_use(monthly(found, true_use(found, 120.0, 85.0, point)), found, *ENDS)
    assert (fit.other_kwh, fit.slope_kwh_per_k, fit.change_point_c) == pytest.approx((120.0, 85.0, point), rel=1e-9)
    assert fit.r2 == pytest.approx(1.0) and fit.cv_rmse < 1e-9 and not fit.at_limit


def test_sums_of_degree_days_recover_g3_where_means_of_the_month_do_not():
    """Case G3 in full: every day counts alike, base 15.5 C known; mean temperatures of the month give another slope."""
    found = weather()
    plain = Weather(found.days, found.temperature_c, np.ones(len(found.days)), np.ones(len(found.days)))
    readings = monthly(plain, true_use(plain, 120.0, 85.0, 15.5))
    months = plain.days.astype("datetime64[M]")
    cold = np.maximum(0.0, 15.5 - plain.temperature_c)
    sums = np.array([cold[months == month].sum() for month in np.unique(months)])
    means = np.array([np.maximum(0, 15.5 - plain.temperature_c[months == month].mean()) * (months == month).sum()
                      for month in np.unique(months)])
    by_sums, by_means = (np.linalg.lstsq(np.column_stack([readings.days, x]), readings.kwh, rcond=None)[0]
                         for x in (sums, means))
    assert by_sums == pytest.approx([120.0, 85.0], rel=1e-9)
    assert abs(by_means[1] - 85.0) > 0.5
    fit = fit_use(readings, plain, *ENDS)
    assert (fit.other_kwh, fit.slope_kwh_per_k, fit.change_point_c) == pytest.approx((120.0, 85.0, 15.5), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_finer_search_finds_a_better_fit(seed):
    """An independent slow search over ten thousand change points leaves no fewer squares."""
    found, random = weather(seed), np.random.default_rng(1000 + seed)
    noisy = true_use(found, 120.0, 85.0, 11.0 + seed) + random.normal(0, 300, len(found.days))
    readings = monthly(found, noisy)
    fit = fit_use(readings, found, *ENDS)
    months = np.searchsorted(np.unique(found.days.astype("datetime64[M]")), found.days.astype("datetime64[M]"))
    root = np.sqrt(readings.days.mean() / readings.days)

    def squares(a, b, point):
        expected = np.bincount(months, a * found.other_weight
                               + b * found.heat_weight * np.maximum(0, point - found.temperature_c))
        return float((((readings.kwh - expected) * root) ** 2).sum())

    own, least = squares(fit.other_kwh, fit.slope_kwh_per_k, fit.change_point_c), np.inf
    other = np.bincount(months, found.other_weight) * root
    for point in np.linspace(*ENDS, 1001):
        degrees = np.bincount(months, found.heat_weight * np.maximum(0, point - found.temperature_c)) * root
        a, b = np.linalg.lstsq(np.column_stack([other, degrees]), readings.kwh * root, rcond=None)[0]
        if a >= 0 and b >= 0:
            least = min(least, squares(a, b, point))
    assert own <= least * (1 + 1e-9)
    assert own >= least * 0.99, "the slow search is not far off, so that it is a search"


def covered(schools, seed, uneven=False):
    """Share of noisy schools whose 80% interval holds the truth, for base, slope, change point and the year's use.

    Deviations are those of each day, alike; or uneven: a tenth of the day's use, and 7% of that of the month.
    """
    found, random = weather(seed), np.random.default_rng(1000 + seed)
    truth, hits, reach = np.array([120.0, 85.0, 12.3]), np.zeros(4), None
    clean = true_use(found, *truth)
    year = clean.sum() * 365.25 / len(clean)
    month = (found.days.astype("datetime64[M]") - found.days[0].astype("datetime64[M]")).astype(int)
    for _ in range(schools):
        alike = random.normal(0, 250, len(clean))
        hand = 0.1 * random.normal(size=len(clean)) + 0.07 * random.normal(size=month.max() + 1)[month]
        fit = fit_use(monthly(found, clean + (clean * hand if uneven else alike)), found, *ENDS)
        ends = fit.interval(0.8)
        other, heat, error = normal_use(fit, found)
        reach = half_width(0.8, fit.freedom) * error
        hits += [*((ends[:, 0] <= truth) & (truth <= ends[:, 1])), abs(other + heat - year) <= reach]
    return hits / schools


def test_intervals_of_noisy_schools_cover_about_eight_tenths():
    assert ((covered(250, 5) > 0.72) & (covered(250, 5) < 0.88)).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_intervals_of_many_noisy_schools_cover_75_to_85_in_a_hundred(seed):
    found = covered(1500, seed)
    assert ((found > 0.75) & (found < 0.85)).all(), found


@pytest.mark.slow
def test_intervals_hold_where_cold_months_are_more_uneven_than_warm_ones():
    """With plain standard errors those of the slope would hold in 62 of a hundred schools, of the base in 99."""
    found = covered(1500, 13, uneven=True)
    assert ((found > 0.74) & (found < 0.88)).all(), found


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 1000), st.floats(9.0, 16.0))
def test_a_meter_in_other_units_has_the_same_change_point_and_fit(factor, point):
    found = weather(3)
    noisy = true_use(found, 50.0, 40.0, point) + np.random.default_rng(101).normal(0, 60, len(found.days))
    one, other = (fit_use(monthly(found, noisy * scale), found, *ENDS) for scale in (1.0, factor))
    assert other.change_point_c == pytest.approx(one.change_point_c, abs=1e-6)
    assert other.slope_kwh_per_k == pytest.approx(one.slope_kwh_per_k * factor, rel=1e-6)
    assert (other.r2, other.cv_rmse) == pytest.approx((one.r2, one.cv_rmse), rel=1e-6, abs=1e-12)


def test_use_that_does_not_follow_the_weather_has_no_slope():
    found = weather(4)
    noise = np.random.default_rng(102).normal(0, 20, len(found.days))
    fit = fit_use(monthly(found, true_use(found, 500.0, 0.0, 12.0) + noise), found, *ENDS)
    assert 0 <= fit.slope_kwh_per_k < 6 and fit.other_kwh == pytest.approx(500.0, rel=0.02)


def test_use_that_falls_with_the_cold_is_given_no_slope_at_all():
    found = weather(4)
    falling = true_use(found, 500.0, -10.0, 12.0)
    fit = fit_use(monthly(found, falling), found, *ENDS)
    assert fit.slope_kwh_per_k == 0.0 and fit.at_limit


def test_a_change_point_beyond_the_search_is_called_so():
    found = weather(5)
    fit = fit_use(monthly(found, true_use(found, 10.0, 85.0, 20.0)), found, *ENDS)
    assert fit.at_limit and fit.change_point_c == pytest.approx(18.0, abs=0.5)


def test_longer_periods_weigh_as_their_days():
    """Two months read as one say as much as both: the fit of exact use is the same whichever are joined."""
    found = weather(6)
    whole = monthly(found, true_use(found, 120.0, 85.0, 12.5))
    joined = Readings(np.delete(whole.first_day, 5), np.delete(whole.last_day, 4),
                      np.concatenate([whole.kwh[:4], [whole.kwh[4:6].sum()], whole.kwh[6:]]))
    fit = fit_use(joined, found, *ENDS)
    assert (fit.other_kwh, fit.slope_kwh_per_k, fit.change_point_c) == pytest.approx((120.0, 85.0, 12.5), rel=1e-9)


def test_the_year_by_hand_and_its_error_by_bootstrap():
    found, random = weather(7), np.random.default_rng(707)
    clean = true_use(found, 120.0, 85.0, 12.3)
    uses, errors = [], []
    for _ in range(200):
        fit = fit_use(monthly(found, clean + random.normal(0, 250, len(clean))), found, *ENDS)
        other, heat, error = normal_use(fit, found)
        uses.append(other + heat)
        errors.append(error)
    assert np.mean(uses) == pytest.approx(clean.sum() * 365.25 / len(clean), rel=0.005)
    assert np.mean(errors) == pytest.approx(np.std(uses), rel=0.15)


def test_too_few_periods_and_missing_weather_are_refused():
    found = weather()
    readings = monthly(found, true_use(found, 1.0, 1.0, 12.0))
    with pytest.raises(ValueError, match="four"):
        fit_use(Readings(readings.first_day[:3], readings.last_day[:3], readings.kwh[:3]), found, *ENDS)
    with pytest.raises(ValueError, match="cover"):
        fit_use(readings, Weather(*(part[5:] for part in (found.days, found.temperature_c, found.other_weight,
                                                          found.heat_weight))), *ENDS)


def test_half_a_year_is_scaled_by_the_shape_expected_of_the_school():
    """A school that is one and a half times its kind in every respect is found so from any five months."""
    found = weather(8)
    year = 365.25 / len(found.days)
    other = found.other_weight.sum() * year
    heat = (np.maximum(0, 12.0 - found.temperature_c) * found.heat_weight).sum() * year
    prior = 100_000.0
    use = 1.5 * true_use(found, prior * 0.2 / other, prior * 0.8 / heat, 12.0)
    readings = monthly(found, use)
    for months in (slice(0, 5), slice(5, 10)):
        part = Readings(readings.first_day[months], readings.last_day[months], readings.kwh[months])
        base, weather_part, share = scaled_use(part, found, found, (prior, 0.8, 12.0))
        assert base + weather_part == pytest.approx(150_000.0)
        assert weather_part == pytest.approx(120_000.0) and share == pytest.approx(part.days.sum() / 365.25)


@pytest.mark.parametrize("weeks", [1, 7])
def test_weights_of_weekends_and_holidays_are_recovered_from_days_and_weeks(weeks):
    """A school that heats a third on Saturdays and half in holidays, where its kind heats an eighth and a third."""
    true = {"other use on a weekend day": 0.4, "other use on a holiday": 0.7, "heat on a weekend day": 0.33,
            "heat on a holiday": 0.5}
    found = weather(10, on_weekends=(0.4, 0.33), on_holidays=(0.7, 0.5))
    use = true_use(found, 120.0, 85.0, 12.5)
    whole = len(use) // weeks * weeks
    first = found.days[:whole:weeks]
    readings = Readings(first, first + (weeks - 1), use[:whole].reshape(-1, weeks).sum(axis=1))
    weights = learn_weights(readings, found.days, found.temperature_c, kinds_of_day(found.days), ENDS, 1.5)
    assert weights == pytest.approx(true, abs=2e-3)


def test_weights_are_bounded_and_a_meter_that_only_runs_at_weekends_teaches_none():
    found = weather(11, on_weekends=(5.0, 5.0), on_holidays=(1.0, 1.0))
    kinds = kinds_of_day(found.days)
    use = daily(found, true_use(found, 120.0, 85.0, 12.5))
    assert learn_weights(use, found.days, found.temperature_c, kinds, ENDS, 1.5)["heat on a weekend day"] == 1.5
    club = daily(found, (kinds == 1) * 50.0)
    assert learn_weights(club, found.days, found.temperature_c, kinds, ENDS, 1.5) == {}


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("opendsm") is None, reason="opendsm is not installed")
def test_the_daily_model_of_opendsm_finds_the_same_change_point_and_slope():
    """OpenDSM (Apache-2.0), the reference implementation of CalTRACK, on one synthetic school."""
    import pandas as pd
    from opendsm.eemeter import DailyBaselineData, DailyModel
    found = weather(9, years=1, on_weekends=(1, 1), on_holidays=(1, 1), start="2024-01-01")
    use = true_use(found, 120.0, 85.0, 15.5) + np.random.default_rng(909).normal(0, 40, len(found.days))
    ours = fit_use(daily(found, use), found, 8.0, 20.0)
    frame = pd.DataFrame({"observed": use, "temperature": found.temperature_c * 1.8 + 32},
                         index=pd.DatetimeIndex(found.days).tz_localize("UTC"))
    model = DailyModel().fit(DailyBaselineData(frame, is_electricity_data=False), ignore_disqualification=True)
    parts = [part.coefficients for part in model.params.submodels.values()]
    points, slopes = ([(part.hdd_bp - 32) / 1.8 for part in parts], [abs(part.hdd_beta) * 1.8 for part in parts])
    assert ours.change_point_c == pytest.approx(15.5, abs=0.2) and ours.slope_kwh_per_k == pytest.approx(85.0, rel=0.01)
    assert points == pytest.approx([ours.change_point_c] * len(parts), abs=0.8)
    assert slopes == pytest.approx([ours.slope_kwh_per_k] * len(parts), rel=0.04)
