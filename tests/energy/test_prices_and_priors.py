"""Prices, priors, end uses, readings and the years to come: worked by hand, published figures and properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.energy.end_uses import END_USES, FUELS, LIGHTING, SPACE_HEATING, split_electricity, split_heat
from capplan.energy.forecast import forecast_use, plant_efficiency
from capplan.energy.priors import estimate_range, expected_use, expected_weather_share
from capplan.energy.readings import true_periods
from capplan.energy.tariffs import bill, export_price, price_path, published_price
from capplan.errors import MissingFigureError
from capplan.finance import discount_factors
from capplan.reference import load
from capplan.tables import PHASES

# --- prices ---------------------------------------------------------------------------------------------------------


def test_bands_by_size():
    """DESNZ, quarterly energy prices 3.4.2, 2025: the band begins at its own limit."""
    assert [published_price("electricity", kwh)[0] for kwh in (0, 19_999, 20_000, 499_999, 500_000, 2e6)] == [
        0.3493, 0.3493, 0.2909, 0.2909, 0.2825, 0.2591]
    assert [published_price("gas", kwh)[0] for kwh in (277_999, 278_000, 3e6)] == [0.0829, 0.0513, 0.0468]


def test_g6_what_a_heat_pump_adds_to_the_bills_of_twenty_years():
    """Domain notes, case G6: 224,313 pounds with growth carried on to 2046. The tables give it to 2040 and are level after,
    so that by them it is 230,327 pounds: 183,077 kWh at 28.25p against 560,000 kWh at 5.13p, 3.5%, from 2027."""
    years, power = np.arange(2027, 2047), 560_000 * 0.85 / 2.6
    on = [power * 0.2825 * (1 - 0.027) ** (year - 2025) - 560_000 * 0.0513 * (1 - 0.017) ** (year - 2025) for year in years]
    assert float(np.array(on) @ discount_factors(0.035, 20)) == pytest.approx(224_313, abs=0.5)
    ours = power * 0.2825 * price_path("electricity", years) - 560_000 * 0.0513 * price_path("gas", years)
    stop = [power * 0.2825 * (1 - 0.027) ** min(year - 2025, 15) - 560_000 * 0.0513 * (1 - 0.017) ** min(year - 2025, 15)
            for year in years]
    assert ours == pytest.approx(stop)
    assert float(ours @ discount_factors(0.035, 20)) == pytest.approx(230_327, abs=0.5)


def test_price_paths_keep_their_order_and_are_level_after_2040():
    years = np.arange(2025, 2051)
    for fuel in FUELS:
        low, central, high = (price_path(fuel, years, path) for path in ("low", "central", "high"))
        assert (low[1:] < central[1:]).all() and (central[1:] < high[1:]).all()
        assert low[0] == central[0] == high[0] == 1.0
        assert np.ptp(central[15:]) == 0
        assert price_path(fuel, years, "high", published_level=True)[0] > 2
    assert price_path("gas", np.array([2030]), from_year=2030).item() == 1.0


def test_export_and_bills():
    assert [export_price(path)[0] for path in ("low", "central", "high")] == [0.05, 0.10, 0.15]
    assert bill(np.array([0.0, 10.0]), 0.5, 7.0).tolist() == [7.0, 12.0]
    with pytest.raises(MissingFigureError):
        published_price("coal", 1.0)


# --- priors ---------------------------------------------------------------------------------------------------------


def test_priors_are_those_of_the_published_profiles(shared_data):
    """Energy Sparks, average profiles of July 2026: the annual sum of the row of each kind and fuel."""
    published = pd.read_csv(shared_data / "energysparks_average_school_monthly_2026_07.csv").query("rank_band == 'average'")
    names = {"primary": "primary", "secondary": "secondary", "special": "special",
             "mixed_primary_and_secondary": "all-through"}
    checked = 0
    for row in published.itertuples():
        if row.school_type in names:
            assert expected_use(names[row.school_type], row.fuel, 1.0, 1.0) == row.annual_kwh_per_unit
            checked += 1
    assert checked == 8


def test_every_phase_has_a_prior_and_it_is_half_of_tm46():
    """TM46 has 150 kWh/m2 of heat for schools; finding 1 of the domain notes: about twice what is used today."""
    for phase in ("", *PHASES):
        assert 60 < expected_use(phase, "gas", 1.0, np.nan) < 100
        assert expected_use(phase, "electricity", np.nan, 100.0) > 20_000
        assert 0.5 < expected_weather_share(phase, "gas") < 0.9


def test_a_school_with_a_heat_pump_uses_more_electricity_and_more_of_it_with_the_cold():
    plain, pump = (expected_use("primary", "electricity", 1.0, 300.0, heats=heats) for heats in (False, True))
    assert pump - plain == pytest.approx(300 * (392.13 - 260.23))
    cold = [expected_weather_share("primary", "electricity", heats) * use
            for heats, use in ((False, plain), (True, pump))]
    assert cold[1] - cold[0] == pytest.approx(pump - plain), "the increment is heat, the rest is as it was"


def test_an_estimate_without_pupils_or_of_unmeasured_kinds_is_refused():
    with pytest.raises(MissingFigureError, match="pupils"):
        expected_use("primary", "electricity", 1.0, np.nan)
    with pytest.raises(MissingFigureError, match="heat pump"):
        expected_use("special", "electricity", 1.0, 10.0, heats=True)


def test_ranges_shrink_with_what_was_read_and_hold_the_estimate():
    widths = []
    for share in (0.0, 0.25, 0.5, 1.0):
        low, high = estimate_range(100.0, share)
        assert low < 100 < high and low * high == pytest.approx(100.0 ** 2)
        widths.append(high / low)
    assert widths == sorted(widths, reverse=True) and widths[-1] > 1.2
    assert 1.5 < estimate_range(1.0)[1] < 2.0


# --- end uses -------------------------------------------------------------------------------------------------------


@given(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(0, 3000), st.booleans())
def test_end_uses_add_up_and_none_is_below_nought(other, weather, pupils, heats):
    for uses in (split_electricity(other, weather, heats), split_heat(other, weather, pupils)):
        assert uses.sum() == pytest.approx(other + weather) and (uses >= 0).all() and len(uses) == len(END_USES)


def test_heat_is_what_follows_the_weather_and_hot_water_that_of_the_pupils():
    """28.4 kWh of useful heat a pupil over 0.65: 200 pupils use 8,738 kWh of gas."""
    uses = dict(zip(END_USES, split_heat(30_000.0, 70_000.0, 200.0), strict=True))
    assert uses["space heating"] == 70_000 and uses["hot water"] == pytest.approx(200 * 28.4 / 0.65)
    assert split_heat(30_000.0, 0.0, np.nan)[1] == 30_000
    assert split_electricity(0.0, 5.0, True)[SPACE_HEATING] == 5.0 == split_electricity(0.0, 5.0, False)[LIGHTING]
    assert load("end_use_shares").electricity_share.sum() == pytest.approx(1.0)


# --- readings -------------------------------------------------------------------------------------------------------


def rows(*given):
    """Readings as (first day, last day, kWh, estimated)."""
    frame = pd.DataFrame(given, columns=["first_day", "last_day", "kwh", "estimated"])
    return frame.assign(first_day=pd.to_datetime(frame.first_day), last_day=pd.to_datetime(frame.last_day))


def test_estimates_go_with_the_true_reading_that_puts_them_right():
    found = true_periods(rows(("2026-01-01", "2026-01-31", 100, False), ("2026-02-01", "2026-02-28", 999, True),
                              ("2026-03-01", "2026-03-31", 1, True), ("2026-04-01", "2026-04-30", 50, False)))
    assert found.kwh.tolist() == [100, 1050] and found.days.tolist() == [31, 28 + 31 + 30]
    assert found.notes == ("2 estimated readings joined with the true one after",)


def test_estimates_that_nothing_puts_right_are_left_out():
    found = true_periods(rows(("2026-01-01", "2026-01-31", 100, False), ("2026-02-01", "2026-02-28", 80, True),
                              ("2026-04-01", "2026-04-30", 50, False), ("2026-05-01", "2026-05-31", 9, True)))
    assert found.kwh.tolist() == [100, 50]
    assert found.gap_days == 28 + 31
    assert found.notes == ("2 estimated readings without a true one after, left out", "59 days without a reading")


def test_overlaps_are_refused_and_order_does_not_matter():
    given = (("2026-02-01", "2026-02-28", 80, False), ("2026-01-01", "2026-01-31", 100, False))
    assert true_periods(rows(*given)).kwh.tolist() == [100, 80]
    with pytest.raises(ValueError, match="overlap"):
        true_periods(rows(*given, ("2026-02-28", "2026-03-31", 1, False)))
    assert len(true_periods(rows(*given).head(0)).kwh) == 0


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 1000), st.booleans()), min_size=1, max_size=24))
def test_what_is_kept_is_what_was_read_up_to_the_last_true_reading(given):
    starts = pd.date_range("2024-01-01", periods=len(given), freq="MS")
    frame = pd.DataFrame({"first_day": starts, "last_day": starts + pd.offsets.MonthEnd(0),
                          "kwh": [kwh for kwh, _ in given], "estimated": [guess for _, guess in given]})
    found = true_periods(frame)
    last = max((place for place, (_, guess) in enumerate(given) if not guess), default=-1)
    assert found.kwh.sum() == pytest.approx(sum(kwh for kwh, _ in given[:last + 1]))
    assert len(found.kwh) == sum(not guess for _, guess in given)
    assert found.gap_days == 0


# --- years to come --------------------------------------------------------------------------------------------------


def test_worn_plant_burns_more_by_hand():
    """From A (0.90) to half C (0.80), half D (0.74): 0.77, so 900 kWh become 900 x 0.90 / 0.77."""
    worn = plant_efficiency(np.array([[[1.0, 0, 0, 0, 0], [0, 0, 0.5, 0.5, 0]]]))
    assert worn.tolist() == [[0.9, pytest.approx(0.77)]]
    now, flat = np.zeros((1, len(FUELS), len(END_USES))), np.ones((1, 2))
    now[0, 1, :3], now[0, 0, 0] = (900.0, 90.0, 9.0), 50.0
    use = forecast_use(now, np.ones(2), flat, flat, worn / worn[:, :1], 0.6)
    assert use[0, 1, :3, 1] == pytest.approx([900 * 0.9 / 0.77, 90 * 0.9 / 0.77, 9.0])
    assert use[0, 0, 0].tolist() == [50.0, 50.0], "electric heat has no boiler to wear"
    assert np.isnan(plant_efficiency(np.zeros(5)))


@settings(max_examples=40)
@given(st.floats(0.5, 1.5), st.floats(0.2, 1.5), st.floats(0.7, 1.2), st.floats(0, 1))
def test_use_follows_pupils_area_and_climate(pupils, area, cold, elasticity):
    now = np.random.default_rng(3).uniform(0, 100, (2, len(FUELS), len(END_USES)))
    flat = np.ones((2, 1))
    use = forecast_use(now, np.array([cold]), flat * pupils, flat * area, flat, elasticity)[..., 0]
    assert use[:, :, SPACE_HEATING] == pytest.approx(now[:, :, SPACE_HEATING] * cold * area)
    assert use[:, :, 1:] == pytest.approx(now[:, :, 1:] * (1 + elasticity * (pupils - 1)))
