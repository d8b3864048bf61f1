"""Carbon factors: the worked cases, footprint and appraisal kept apart, comparable years, and what is held or assumed."""

import numpy as np
import pytest

from capplan.energy.end_uses import FUELS
from capplan.energy.factors import (
    SCOPES,
    abatement,
    appraisal_factors,
    calendar_years,
    carbon_values_gbp,
    footprint,
    footprint_factors,
    general_price_ratio,
)
from capplan.errors import MissingFigureError
from capplan.finance import discount_factors
from capplan.reference import load

YEARS = np.arange(2026, 2046)


def use(electricity_kwh, gas_kwh, years=1):
    """Use by fuel and year, the same in every year."""
    kwh = np.zeros((len(FUELS), years))
    kwh[0], kwh[1] = electricity_kwh, gas_kwh
    return kwh


@pytest.mark.parametrize(("year", "marginal_t", "average_t"), [(2026, 0.999, 0.658), (2030, 0.391, 0.352),
                                                               (2035, 0.110, 0.189)])
def test_g7_a_megawatt_hour_a_year_saved_for_twenty_years(year, marginal_t, average_t):
    """Domain notes, case G7, from the Green Book tables of November 2023."""
    years = np.arange(year, year + 20)
    saved = abatement(-use(1000.0, 0.0, 20), appraisal_factors(years)).sum()
    assert saved == pytest.approx(marginal_t, abs=5e-4)
    table = load("appraisal_factors").query("figure == 'average electricity'").set_index("year").value
    assert table.loc[np.minimum(years, 2050)].sum() == pytest.approx(average_t, abs=5e-4)


def test_a_factor_held_as_it_is_would_say_three_times_as_much():
    """Domain notes, finding 5: 2.88 t with the factors of 2026 standing still, losses with it, against 1.00 t."""
    still = footprint(use(1000.0, 0.0), footprint_factors(np.array([2026]))).sum()
    assert 20 * still == pytest.approx(2.88, abs=5e-3)


@pytest.mark.parametrize(("year", "before_t"), [(2026, 190.24), (2030, 145.12), (2040, 105.14)])
def test_g5_a_site_on_marginal_factors(year, before_t):
    """Domain notes, case G5: 560 MWh of gas and 470.8 MWh of electricity."""
    assert appraisal_factors(np.array([year])).change_t(use(470_800.0, 560_000.0)).sum() == pytest.approx(before_t, abs=5e-3)


def test_g6_the_carbon_of_a_heat_pump_over_its_life():
    """Domain notes, case G6: 560 MWh of gas at 0.85 and a seasonal factor of 2.6, installed in 2027, twenty years."""
    change = use(560_000 * 0.85 / 2.6, -560_000.0, 20)
    assert abatement(change, appraisal_factors(np.arange(2027, 2047))).sum() == pytest.approx(1893.0, abs=0.05)


def test_g8_what_a_pound_a_year_for_twenty_years_is_worth():
    """Domain notes, case G8; HM Treasury, The Green Book: 3.5% a year."""
    assert discount_factors(0.035, 20).sum() == pytest.approx(14.70984, abs=5e-6)
    assert discount_factors(0.035, 21)[1:].sum() == pytest.approx(14.21240, abs=5e-6)


def test_factors_of_the_two_kinds_never_take_each_others_place():
    kwh, dated, marginal = use(1.0, 1.0), footprint_factors(np.array([2026])), appraisal_factors(np.array([2026]))
    with pytest.raises(TypeError, match="FootprintFactors"):
        footprint(kwh, marginal)
    with pytest.raises(TypeError, match="AppraisalFactors"):
        abatement(kwh, dated)
    with pytest.raises(ValueError, match="never below nought"):
        footprint(-kwh, dated)


def test_a_footprint_by_hand():
    """2026: 100 MWh of electricity x 0.13096 and 0.01299; 200 MWh of gas x 0.18231. Supply of gas: 0.03021 (2025)."""
    found = footprint_factors(np.array([2026]), supply=True).by_scope_t(use(100_000.0, 200_000.0)).sum(axis=(1, 2))
    assert dict(zip(SCOPES, found, strict=True)) == pytest.approx(
        {"scope 1": 36.462, "scope 2": 13.096, "scope 3 losses": 1.299, "scope 3 supply": 6.042})
    assert footprint(use(100_000.0, 200_000.0), footprint_factors(np.array([2026]), losses=False)).sum() == pytest.approx(
        36.462 + 13.096)


def test_years_made_comparable_by_hand():
    """One lag for every year: 2022 takes the grid of 2021, published in 2023, and so on; that of 2024 nobody published, so
    it lies half way (in proportion) between 2023 (0.177) and 2025 (0.13096)."""
    known = footprint_factors(np.arange(2022, 2027), consistent=True).kg_per_kwh[1, 0]
    assert known == pytest.approx([0.207074, 0.20705, 0.177, (0.177 * 0.13096) ** 0.5, 0.13096])
    published = footprint_factors(np.arange(2022, 2027)).kg_per_kwh[1, 0]
    assert published == pytest.approx([0.19338, 0.207074, 0.20705, 0.177, 0.13096], rel=1e-12)
    gas = [footprint_factors(np.arange(2022, 2027), consistent=how).kg_per_kwh[0, 1] for how in (False, True)]
    assert (gas[0] == gas[1]).all()
    assert known[-1] / known[-2] > published[-1] / published[-2], "a trust no longer saves 26% by doing nothing"


def test_years_to_come_follow_the_grid_average_and_fuels_stay():
    found = footprint_factors(np.array([2026, 2030, 2050]))
    assert found.kg_per_kwh[1, 0] == pytest.approx([0.13096, 0.13096 * 0.048526 / 0.106125, 0.13096 * 0.002456 / 0.106125])
    assert found.kg_per_kwh[2, 0] / found.kg_per_kwh[1, 0] == pytest.approx([0.01299 / 0.13096] * 3)
    assert found.kg_per_kwh[0, 1].tolist() == [0.18231] * 3
    assert any("Green Book" in note for note in found.notes)


def test_factors_nobody_confirmed_are_named():
    assert any("2023 is not confirmed" in note for note in footprint_factors(np.array([2023])).notes)
    assert not any(note.startswith("electricity") for note in footprint_factors(np.array([2025, 2026])).notes)


def test_the_year_of_the_factors_is_that_of_most_months():
    months = [(2026, month) for month in range(9, 13)] + [(2027, month) for month in range(1, 9)]
    most = max({year for year, _ in months}, key=lambda year: sum(each == year for each, _ in months))
    assert calendar_years([2026]).tolist() == [most] == [2027]


def test_carbon_values_by_hand_and_in_order():
    """Table 3: 2030 is 294.50 in prices of 2022; the deflator to 2025 is 1.11298; 2% a year after it."""
    assert carbon_values_gbp(np.array([2030])).item() == 294.5
    assert carbon_values_gbp(np.array([2030]), "central", 2026, 0.02).item() == pytest.approx(294.5 * 1.11298 * 1.02)
    low, central, high = (carbon_values_gbp(YEARS, level) for level in ("low", "central", "high"))
    assert (low < central).all() and (central < high).all() and (np.diff(central) > 0).all()
    assert carbon_values_gbp(np.array([2060])).item() == carbon_values_gbp(np.array([2050])).item()


def test_what_is_missing_is_an_error():
    for ask in (lambda: footprint_factors(np.array([2016])), lambda: appraisal_factors(np.array([2020])),
                lambda: carbon_values_gbp(np.array([2030]), "middling"), lambda: general_price_ratio(1990, 2025)):
        with pytest.raises(MissingFigureError):
            ask()


def test_interpolated_figures_of_the_table_are_so():
    """Years between the published fifth years lie on a geometric line, to the rounding of the anchors."""
    table = load("appraisal_factors").query("figure == 'average electricity'").set_index("year")
    assert set(table.status[table.note.str.contains("interpolated")]) == {"derived"}
    for first, last in ((2025, 2030), (2030, 2035), (2045, 2050)):
        line = np.geomspace(table.value[first], table.value[last], 6)
        assert table.value.loc[first:last].to_numpy() == pytest.approx(line, rel=2e-3)
