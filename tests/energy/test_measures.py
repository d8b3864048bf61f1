"""Measures and packages by hand, as properties, and as relations between packages."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.energy import measures as m
from capplan.energy import packages as p
from capplan.energy.end_uses import END_USES, FUELS
from capplan.energy.fabric import block_areas_m2, fabric_savings
from capplan.errors import MissingFigureError
from capplan.reference import load

YEARS = 4
ZONED = (m.CONTROLS, m.ZONING, m.DRAUGHT, m.CAVITY, m.LOFT, m.OUTSIDE_WALL, m.RE_ROOF, m.GLAZING)
PERSISTENT = {name: int(m.figure(name, "persistence").value) for name in m.STAGES}


def school(gas=(400.0, 100.0, 60.0), power=(0.0, 0.0, 30.0, 120.0, 90.0, 40.0, 20.0), zones=(0.5, 0.3, 0.2),
           years=YEARS, efficiency=0.8, pupils=300.0, phase="primary"):
    """A school of three blocks, by default on gas; MWh by end use."""
    kwh = np.zeros((len(FUELS), len(END_USES), years))
    kwh[FUELS.index("electricity")] = 1000.0 * np.array(power)[:, None]
    kwh[FUELS.index("gas"), :3] = 1000.0 * np.array(gas)[:, None]
    zone = np.array(zones)
    gifa = 3000.0 * zone
    areas = block_areas_m2(gifa, gifa / 2, np.full(3, 2.0), np.full(3, 120.0), np.full(3, 6.0), np.full(3, 0.2))
    return p.Premises(kwh, np.full(years, efficiency), zone, gifa, areas,
                      fabric_savings(areas, gifa, ["pre-1919", "1945-1966", "1967-1976"]), pupils, phase, 800.0)


def fit(names, **zones):
    """Measures fitted at the start, arrays of 40 kWp."""
    return [p.Fitted(name, 0, zones.get(name), 40.0) for name in names]


def total(use):
    """All energy that is bought in the first year. [kWh]"""
    return use.bought_kwh[:, 0].sum()


def test_a_school_with_nothing_fitted_uses_what_it_used():
    own = school()
    use = p.use_with(own, [])
    assert np.allclose(use.kwh, own.kwh) and not use.exported_kwh.any() and not use.pumped.any()


def test_lamps_by_hand_save_light_and_cost_heat():
    use = p.use_with(school(), fit([m.LED]))
    saved = 120_000 * 0.55
    assert use.kwh[0, 3, 0] == pytest.approx(120_000 - saved)
    assert use.kwh[1, 0, 0] == pytest.approx(400_000 + 0.3 * saved / 0.8)


def test_an_air_source_heat_pump_by_hand():
    use = p.use_with(school(), fit([m.AIR_SOURCE]))
    assert use.kwh[1, 0, 0] == 0 and use.kwh[1, 1, 0] == 0 and use.kwh[1, 2, 0] == 60_000
    assert use.kwh[0, 0, 0] == pytest.approx(400_000 * 0.8 / 2.6)
    assert use.kwh[0, 1, 0] == pytest.approx(100_000 * 0.8 / 2.2)


def test_a_heat_pump_in_one_block_leaves_the_boilers_of_the_others():
    use = p.use_with(school(), fit([m.AIR_SOURCE], **{m.AIR_SOURCE: (1,)}))
    assert use.kwh[1, 0, 0] == pytest.approx(0.7 * 400_000)
    assert use.kwh[1, 1, 0] == pytest.approx(0.7 * 100_000)
    assert use.kwh[0, 0, 0] == pytest.approx(0.3 * 400_000 * 0.8 / 2.6)


def test_blocks_made_new_by_hand():
    # The second block has three tenths of the heat: refurbished it keeps 0.8 of it, rebuilt 0.3, whatever was done before.
    controls = fit([m.CONTROLS])
    for measure, kept, kept_after in ((m.REFURBISHED, 0.8, 0.8 * 0.9), (m.REBUILT, 0.3, 0.3)):
        block = fit([measure], **{measure: (1,)})
        assert p.use_with(school(), block).kwh[1, 0, 0] == pytest.approx((0.7 + 0.3 * kept) * 400_000)
        both = p.use_with(school(), [*controls, *block]).kwh[1, 0, 0]
        assert both == pytest.approx((0.7 * 0.9 + 0.3 * kept_after) * 400_000)
    pumped = p.use_with(school(), fit([m.REBUILT, m.AIR_SOURCE], **{m.REBUILT: (1,), m.AIR_SOURCE: (1,)}))
    assert pumped.kwh[1, 0, 0] == pytest.approx(0.7 * 400_000)
    assert pumped.kwh[0, 0, 0] == pytest.approx(0.3 * 0.3 * 400_000 * 0.8 / 2.6)
    insulated = fit([m.OUTSIDE_WALL, m.LOFT, m.REBUILT], **{m.REBUILT: (0, 1, 2)})
    assert (p.use_with(school(), insulated).kwh <= p.use_with(school(), fit([m.REBUILT])).kwh + 1e-6).all()


def test_a_new_boiler_burns_less_for_the_same_heat():
    use = p.use_with(school(), fit([m.BOILER]))
    assert use.kwh[1, 0, 0] == pytest.approx(400_000 * 0.8 / 0.9)
    assert np.allclose(p.use_with(school(efficiency=0.95), fit([m.BOILER])).kwh, school(efficiency=0.95).kwh)


def test_hot_water_at_the_tap_by_hand():
    use = p.use_with(school(), fit([m.TAPS]))
    assert use.kwh[1, 1, 0] == 0
    assert use.kwh[0, 1, 0] == pytest.approx(100_000 * 0.65 + 300 / 20 * 0.35 * 365)


def test_electric_kitchens_and_heat_pumps_leave_no_gas():
    use = p.use_with(school(), fit([m.KITCHEN, m.AIR_SOURCE]))
    assert use.bought_kwh[1].sum() == 0


def test_a_school_heated_by_electricity_has_nothing_for_a_heat_pump_to_replace():
    own = school(gas=(0.0, 0.0, 0.0), power=(200.0, 50.0, 30.0, 120.0, 90.0, 40.0, 20.0))
    assert np.allclose(p.use_with(own, fit([m.AIR_SOURCE])).kwh, own.kwh)
    cut = p.use_with(own, fit([m.CONTROLS])).kwh
    assert cut[0, 0, 0] == pytest.approx(200_000 * 0.9)


def test_a_school_that_burns_nothing_is_no_warning():
    assert p.use_with(school(gas=(0.0, 0.0, 0.0)), fit([*ZONED, m.TAPS])).kwh[1:].sum() == 0


@pytest.mark.parametrize("names", [ZONED, (m.LED, m.CONTROLS, m.CAVITY, m.AIR_SOURCE, m.SOLAR, m.BATTERY)])
def test_the_order_they_are_given_in_does_not_matter(names):
    draw = np.random.default_rng(3)
    first = p.use_with(school(), fit(names))
    for _ in range(5):
        other = p.use_with(school(), fit([names[place] for place in draw.permutation(len(names))]))
        assert np.allclose(first.bought_kwh, other.bought_kwh, rtol=1e-12)


@pytest.mark.parametrize("pair", [(m.CONTROLS, m.ZONING), (m.CAVITY, m.LOFT), (m.DRAUGHT, m.GLAZING), (m.LED, m.TAPS)])
def test_measures_of_one_stage_can_be_swapped_by_hand(pair):
    # Worked in both orders with the first's use as the second's start: fabric shares are of one loss, so the second's
    # share of what is left is its share over what the first left.
    heat = {}
    for first, second in (pair, pair[::-1]):
        assert m.STAGES[first] == m.STAGES[second]
        use = p.use_with(school(), fit([first, second]))
        heat[first] = use.bought_kwh.sum(axis=0)[0]
    assert len({round(value, 6) for value in heat.values()}) == 1


chosen = st.lists(st.sampled_from(list(m.STAGES)), unique=True, max_size=8)


@settings(max_examples=60, deadline=None)
@given(names=chosen, level=st.sampled_from(m.LEVELS))
def test_nothing_saves_more_than_was_used(names, level):
    own = school()
    use = p.use_with(own, fit(names), level)
    assert (use.kwh >= -1e-6).all() and (use.bought_kwh >= -1e-6).all() and (use.exported_kwh >= -1e-9).all()
    burnt = use.kwh[1:].sum(axis=0) - own.kwh[1:].sum(axis=0)
    lamps = own.kwh[0, 3] - use.kwh[0, 3]
    assert (burnt[1:] <= 1e-6).all() and (burnt[0] <= 0.5 * lamps / 0.8 + 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(names=chosen, more=st.sampled_from(list(m.STAGES)))
def test_a_further_measure_never_raises_what_is_bought_unless_it_says_so(names, more):
    # Heat pumps, taps and kitchens move fuel to electricity; lamps cost heat. The sum over fuels falls all the same, but for
    # what one heat pump does worse than the other, and for the standing loss of heaters that stand in place of a heat pump.
    if more in m.HEAT_PUMPS or more in (m.TAPS, m.KITCHEN) or set(names) & set(m.HEAT_PUMPS):
        return
    less = p.use_with(school(), fit(names))
    both = p.use_with(school(), fit([*names, more]))
    assert total(both) <= total(less) + 1e-6


@settings(max_examples=40, deadline=None)
@given(names=chosen)
def test_what_a_package_saves_is_never_more_than_its_measures_added_up(names):
    names = [name for name in names if name in (*ZONED, m.LED)]
    before = total(p.use_with(school(), []))
    alone = sum(before - total(p.use_with(school(), fit([name]))) for name in names)
    assert before - total(p.use_with(school(), fit(names))) <= alone + 1e-6


def test_a_measure_saves_nothing_before_it_is_fitted_or_after_it_persists():
    own = school(years=30)
    use = p.use_with(own, [p.Fitted(m.CONTROLS, 5)])
    saved = own.kwh[1, 0] - use.kwh[1, 0]
    assert np.flatnonzero(saved > 0).tolist() == list(range(5, 5 + PERSISTENT[m.CONTROLS]))


def test_plant_is_smaller_after_fabric_works():
    own = school()
    after = fit([m.CAVITY, m.LOFT, m.AIR_SOURCE])
    assert p.costs_gbp(own, after, 2025)[m.AIR_SOURCE] < p.costs_gbp(own, fit([m.AIR_SOURCE]), 2025)[m.AIR_SOURCE]
    assert p.added_kw(own, after) < p.added_kw(own, fit([m.AIR_SOURCE]))


def test_costs_by_hand():
    own = school()
    found = p.costs_gbp(own, [p.Fitted(m.LED, 0), p.Fitted(m.AIR_SOURCE, 0), p.Fitted(m.TAPS, 0)], 2025)
    assert found[m.LED] == pytest.approx(3000 * 40)
    assert found[m.AIR_SOURCE] == pytest.approx((400_000 * 0.8 + 0.3 * 66_000) / 1600 * 1879)
    assert found[m.TAPS] / 400 == pytest.approx(15 * p.price_ratio(2020, 2025))


def test_insulation_that_a_block_has_costs_and_saves_nothing():
    gifa = np.array([1000.0])
    areas = block_areas_m2(gifa, gifa, *(np.array([x]) for x in (1.0, 130.0, 3.0, 0.2)))
    shares = fabric_savings(areas, gifa, ["after 1976"])
    assert shares[m.CAVITY][0] > 0, "a wall of after 1976 is not as good as one insulated today"
    flat = p.Premises(school().kwh, np.full(YEARS, 0.8), np.ones(1), gifa, areas, {**shares, m.CAVITY: np.zeros(1)})
    assert p.costs_gbp(flat, fit([m.CAVITY]), 2025)[m.CAVITY] == 0
    assert np.allclose(p.use_with(flat, fit([m.CAVITY])).kwh, flat.kwh)


def test_shares_of_fabric_are_inside_the_range_of_the_library():
    gifa = np.array([200.0, 3000.0])
    areas = block_areas_m2(gifa, gifa / np.array([1.0, 3.0]), *(np.full(2, np.nan) for _ in range(4)))
    for level in m.LEVELS:
        for name, share in fabric_savings(areas, gifa, ["pre-1919", ""], level).items():
            assert (share >= m.figure(name, "saving", "low").value - 1e-12).all()
            assert (share <= m.figure(name, "saving", "high").value + 1e-12).all()


def test_a_wall_of_a_tall_block_counts_for_more_than_its_roof():
    gifa = np.array([2000.0])
    low = fabric_savings(block_areas_m2(gifa, gifa, *(np.array([x]) for x in (1.0, 180.0, 3.2, 0.2))), gifa, ["1967-1976"])
    tall = fabric_savings(block_areas_m2(gifa, gifa / 4, *(np.array([x]) for x in (4.0, 90.0, 12.8, 0.2))), gifa,
                          ["1967-1976"])
    assert low[m.RE_ROOF] > tall[m.RE_ROOF] and low[m.OUTSIDE_WALL] < tall[m.OUTSIDE_WALL]


def test_sets_leave_out_what_cannot_stand_together():
    sets = p.subsets([m.CAVITY, m.OUTSIDE_WALL, m.LOFT, m.RE_ROOF])
    assert len(sets) == 3 * 3 - 1 and all(not {m.CAVITY, m.OUTSIDE_WALL} <= set(each) for each in sets)


@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.tuples(st.integers(1, 9), st.integers(-5, 9), st.integers(0, 9)), min_size=1, max_size=12),
       most=st.integers(1, 5))
def test_what_is_kept_is_beaten_by_nothing_and_beats_what_is_dropped(data, most):
    cost, gains = np.array([row[0] for row in data], float), np.array([row[1:] for row in data], float)
    every = p.useful(cost, gains, len(data))
    for place in range(len(data)):
        beaten = any(cost[other] <= cost[place] and (gains[other] >= gains[place]).all() for other in every)
        assert beaten
    for one in every:
        for other in every:
            assert one == other or not (cost[one] <= cost[other] and (gains[one] >= gains[other]).all())
    assert set(p.useful(cost, gains, most)) <= set(every) and 1 <= len(p.useful(cost, gains, most)) <= most


@pytest.mark.parametrize("name", list(m.STAGES))
def test_every_measure_has_a_cost_a_life_and_ranges_the_right_way_round(name):
    assert m.figure(name, "persistence").value <= m.figure(name, "life").value
    for what in ("capex", "saving"):
        try:
            low, central, high = (m.figure(name, what, level).value for level in m.LEVELS)
        except MissingFigureError:
            assert what == "saving"
            continue
        assert low <= central <= high
    assert m.figure(name, "capex").base_year >= 2019


def test_figures_that_are_not_there_and_levels_that_are_none_are_refused():
    with pytest.raises(MissingFigureError, match="no 'saving' of 'photovoltaics'"):
        m.figure(m.SOLAR, "saving")
    with pytest.raises(ValueError, match="level"):
        m.figure(m.LED, "saving", "middling")
    with pytest.raises(ValueError, match="No such measure"):
        m.in_order(["hydrogen boiler"])


def test_every_row_of_the_library_belongs_to_a_measure():
    assert set(load("measure_figures").measure) == {*m.STAGES, *m.BLOCK_WORKS, m.GENERAL}
