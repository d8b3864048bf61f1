"""Worked cases of energy measures: G4, G5, G6 and G8 of the project's energy notes, derived from published factors.

Factors: DESNZ greenhouse gas reporting 2026 (gas 0.18231 kg/kWh), Green Book supplementary tables of November 2023 (long-run
marginal electricity, carbon values x 1.11298 for 2025 prices), DESNZ quarterly energy prices 3.4.2 of 2025 and their growth.
"""

import numpy as np
import pandas as pd
import pytest

from capplan.energy import abatement as a
from capplan.energy import measures as m
from capplan.energy import packages as p
from capplan.energy.end_uses import END_USES, FUELS
from capplan.finance import discount_factors

GAS_KG_PER_KWH, POUNDS_OF_2025 = 0.18231, 1.11298
LAMPS_SAVED_KWH = 90_629.0


@pytest.fixture(scope="module")
def tables(shared_data):
    """Green Book factors by year."""
    lines = (shared_data / "energy_greenbook_factors_2021_2050.csv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split(",") for line in lines]  # the notes between hold commas
    return pd.DataFrame({"marginal": [float(row[1]) for row in cells], "carbon": [float(row[-3]) for row in cells]},
                        index=[int(row[0]) for row in cells])


def site(heating_share=0.75):
    """560 MWh of gas, three quarters of it for space heating, and 470.8 MWh of electricity, of which LED saves 90.629."""
    years = 1
    kwh = np.zeros((len(FUELS), len(END_USES), years))
    lamps = LAMPS_SAVED_KWH / 0.55
    kwh[FUELS.index("gas"), :2] = [[560_000.0 * heating_share], [560_000.0 * (1 - heating_share)]]
    kwh[0, 3], kwh[0, 6] = lamps, 470_800.0 - lamps
    return p.Premises(kwh, np.full(years, 0.85), np.ones(1), np.array([8000.0]), {"roof": np.array([1000.0])},
                      {m.RE_ROOF: np.array([0.12])}, 900.0, "secondary")


def test_g4_roof_then_controls_do_not_add_up():
    heat = p.use_with(site(), [p.Fitted(m.RE_ROOF, 0), p.Fitted(m.CONTROLS, 0)]).heat_kwh[0, 0]
    assert p.use_with(site(), []).heat_kwh[0, 0] == pytest.approx(357_000)
    assert heat == pytest.approx(282_744) and 1 - heat / 357_000 == pytest.approx(0.208)


def test_g4_the_heat_of_the_lamps_is_replaced():
    use = p.use_with(site(), [p.Fitted(m.LED, 0)])
    assert use.heat_kwh[0, 0] - 357_000 == pytest.approx(27_189, abs=0.5)


@pytest.mark.parametrize(("year", "before_t", "after_t"), [
    (2026, 190.24, 103.62), (2030, 145.12, 50.58), (2040, 105.14, 3.58)])
def test_g5_a_site_before_and_after_at_the_marginal_factors(tables, year, before_t, after_t):
    factors = np.zeros(len(FUELS))
    factors[0], factors[1] = tables.marginal[year], GAS_KG_PER_KWH
    works = [p.Fitted(name, 0) for name in (m.AIR_SOURCE, m.LED, m.CONTROLS, m.RE_ROOF)]
    for fitted, tonnes in (([], before_t), (works, after_t)):
        assert factors @ p.use_with(site(), fitted).bought_kwh[:, 0] / 1000 == pytest.approx(tonnes, abs=0.006)


@pytest.fixture(scope="module")
def heat_pump(tables):
    """A 250 kW air-source heat pump in place of a boiler, 2027 to 2046: what it costs, moves and saves in each year."""
    years = np.arange(2027, 2047)
    # The case takes one seasonal performance of 2.6 for all heat, hot water too.
    before, after = (p.use_with(site(1.0), fitted).bought_kwh[:, 0] for fitted in ([], [p.Fitted(m.AIR_SOURCE, 0)]))
    power, gas = after[0] - before[0], before[1] - after[1]
    price = {"power": 0.2825 * 0.973 ** (years - 2025.0), "gas": 0.0513 * 0.983 ** (years - 2025.0)}
    fuel_gbp = power * price["power"] - gas * price["gas"]
    uplift_gbp = 250 * (m.figure(m.AIR_SOURCE, "capex").value - m.figure(m.BOILER, "capex").value)
    saved_t = (gas * GAS_KG_PER_KWH - power * tables.marginal[years].to_numpy()) / 1000
    value = tables.carbon[years].to_numpy() * POUNDS_OF_2025
    return uplift_gbp, fuel_gbp, saved_t, value, gas


def test_g6_a_heat_pump_that_fails_the_green_book(heat_pump):
    uplift_gbp, fuel_gbp, saved_t, value, _ = heat_pump
    assert uplift_gbp == pytest.approx(390_000)
    assert saved_t.sum() == pytest.approx(1_893.0, abs=0.5)
    assert discount_factors(0.035, 20) @ fuel_gbp == pytest.approx(224_313, rel=1e-4)
    costs = fuel_gbp + np.eye(20)[0] * uplift_gbp
    own, most = a.cost_per_tonne(costs, saved_t), a.comparator_gbp_per_t(value, saved_t)
    assert own == pytest.approx(324.5, abs=0.1) and most == pytest.approx(259.8, abs=0.1)
    assert (most - own) * saved_t.sum() == pytest.approx(-122_430, abs=100)


def test_g6_and_passes_the_test_of_the_grant_scheme(heat_pump):
    uplift_gbp, *_, gas = heat_pump
    assert a.direct_cost_per_tonne(uplift_gbp, gas * GAS_KG_PER_KWH / 1000, 20) == pytest.approx(191.0, abs=0.05)


def test_g8_annuity_of_twenty_years():
    assert a.social_factors(20).sum() == pytest.approx(14.70984, abs=5e-6)
    assert a.social_factors(21)[1:].sum() == pytest.approx(14.21240, abs=5e-6)


def test_the_rate_falls_after_thirty_years():
    factors = a.social_factors(40)
    assert factors[30] == pytest.approx(1.035 ** -30) and factors[31] / factors[30] == pytest.approx(1 / 1.03)
