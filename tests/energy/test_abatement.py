"""Cost of a tonne, payback, the curve and what is locked in: by hand and as relations."""

import numpy as np
import pytest

from capplan.energy import abatement as a


def test_cost_of_a_tonne_is_blind_to_its_year_and_the_comparator_is_not():
    early, late = np.array([2.0, 0, 0]), np.array([0, 0, 2.0])
    costs, value = np.array([100.0, 0, 0]), np.array([300.0, 300, 300])
    assert a.cost_per_tonne(costs, early) == a.cost_per_tonne(costs, late) == 50
    assert a.comparator_gbp_per_t(value, early) == 300 and a.comparator_gbp_per_t(value, late) < 300


def test_what_pays_for_itself_costs_less_than_nothing_a_tonne():
    assert a.cost_per_tonne(np.array([10.0, -20.0]), np.array([1.0, 1.0])) < 0


@pytest.mark.parametrize("saved", [np.zeros(3), np.array([1.0, -1.0, 0.0])])
def test_what_saves_nothing_has_no_cost_per_tonne(saved):
    assert np.isnan(a.cost_per_tonne(np.ones(3), saved)) and np.isnan(a.direct_cost_per_tonne(1.0, 0.0, 10.0))


def test_payback_by_hand():
    assert a.payback_years(0.0, np.ones(3)) == 0
    assert a.payback_years(2.0, np.array([-1.0, 2.0, 2.0])) == pytest.approx(2.5)
    assert a.payback_years(2.0, np.array([-1.0, 1.0])) == float("inf")


def test_the_curve_is_in_order_and_leaves_nothing_out_that_saves():
    cost, saved = np.array([80.0, np.nan, -5.0, 200.0, 10.0]), np.array([3.0, 0.0, 2.0, 4.0, 1.0])
    places, before = a.abatement_curve(cost, saved)
    assert places.tolist() == [2, 4, 0, 3] and before.tolist() == [0, 2, 3, 6]


def test_what_is_locked_in_ends_with_the_next_replacement_or_the_forecast():
    yearly, value, whole = np.full(10, 3.0), np.full(10, 100.0), np.ones(10)
    assert a.locked_in(yearly, value, 2, 4, whole) == (12.0, 1200.0)
    assert a.locked_in(yearly, value, 8, 15, whole)[0] == 6.0
