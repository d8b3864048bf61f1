"""Movements of the backlog and costs of owning: by hand, and as sums that must hold whatever happens to the shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.condition.course import Course, Loss
from capplan.condition.movement import FALLS, movement
from capplan.condition.ownership import running_costs

COSTS = np.array([[0.0, 10, 40, 100, 110]])
ALONE = np.array([[0, 1, 2, 3, 4]])


def moved(start, end, year=-1, outcome=ALONE, stays=True):
    found = movement(np.array([[start], [end]], float), COSTS, np.array([year]), outcome, np.array([[True], [stays]]))
    return [round(getattr(found, name).item(), 9) for name in (*FALLS, "treated_gbp", "gone_gbp")]


def test_wear_by_hand():
    """Half at B, half at D; a tenth drops from B to C, a fifth from D to E: 0.1 x 40 and 0.2 x (110 - 100)."""
    assert moved([0, 0.5, 0, 0.5, 0], [0, 0.4, 0.1, 0.3, 0.2]) == [4, 0, 2, 0, 0]


def test_a_fall_through_several_grades_counts_at_each():
    """All fall from B to E in one year: 40 to C, 60 more to D, 10 more to E."""
    assert moved([0, 1, 0, 0, 0], [0, 0, 0, 0, 1]) == [40, 60, 10, 0, 0]


def test_a_patch_takes_off_what_is_at_its_grades_and_the_rest_wears():
    """Patched one grade up at C and D: 0.5 x 40 and 0.3 x (100 - 40) come off; of the fifth at B a half drops to C."""
    patch = np.array([[0, 1, 1, 2, 4]])
    assert moved([0, 0.2, 0.5, 0.3, 0], [0, 0.6, 0.4, 0, 0], 0, patch) == [4, 0, 0, -38, 0]


def test_a_demolished_component_takes_all_its_backlog_with_it_and_wears_no_more():
    assert moved([0, 0, 0.5, 0, 0.5], [0, 0, 0, 0, 0], 0, np.full((1, 5), -1)) == [0, 0, 0, -75, 0]


def test_a_block_that_is_left_takes_what_is_there_when_it_goes_and_works_of_that_year_count_first():
    assert moved([0, 0, 1, 0, 0], [0, 0, 0, 0, 0], stays=False) == [0, 0, 0, 0, -40]
    assert moved([0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 0], 0, np.array([[0, 1, 0, 3, 4]]), False) == [0, 0, 0, -20, -50]


@given(st.integers(0, 2**32 - 1))
def test_movements_add_up_and_have_their_sign_whatever_wears_and_whatever_is_done(seed):
    rng = np.random.default_rng(seed)
    years, n = 4, 6
    costs = np.cumsum(np.c_[np.zeros(n), rng.uniform(0, 100, (n, 4))], axis=1)
    outcome = np.minimum(rng.integers(-1, 5, (n, 5)), np.arange(5))
    outcome[rng.random(n) < 0.3] = -1
    outcome[(outcome < 0).any(axis=1) & ~(outcome < 0).all(axis=1)] = 0
    year, leaves = rng.integers(-1, years, n), rng.integers(1, 2 * years, n)
    in_use = np.arange(years + 1)[:, None] < leaves
    shares = np.zeros((years + 1, n, 5))
    shares[0] = rng.dirichlet(np.ones(5), n)
    for t in range(years):
        for i in range(n):
            left, arrived = shares[t, i].copy(), np.zeros(5)
            if year[i] == t:
                for grade in range(5):
                    if outcome[i, grade] != grade:
                        arrived[max(outcome[i, grade], 0)] += left[grade] * (outcome[i, grade] >= 0)
                        left[grade] = 0.0
            for grade in range(3, -1, -1):
                falls = left[grade] * rng.random()
                left[grade] -= falls
                left[grade + 1] += falls
            shares[t + 1, i] = (left + arrived) * in_use[t + 1, i]
    found = movement(shares, costs, year, outcome, in_use)
    backlog = (shares * costs)[:, :, 2:].sum(axis=2)
    assert found.total_gbp() == pytest.approx(np.diff(backlog, axis=0), abs=1e-9)
    assert min(getattr(found, name).min() for name in FALLS) > -1e-9
    assert found.treated_gbp.max() < 1e-9 and found.gone_gbp.max() < 1e-9


def test_running_costs_by_hand():
    """Two years at C then D; patched at 2 and 5 a year; failing at 0.1 and 0.2 at 60, of which 20 is closure; the second
    year out of use; at the end 0.5 at D: handed on 50."""
    shares = np.zeros((3, 1, 5))
    shares[0, 0, 2], shares[1, 0, 3], shares[2, 0, 3] = 1, 1, 0.5
    loss = Loss(np.array([[0, 0, 2.0, 5, 15]]), np.array([60.0]), np.array([[0, 10, 40, 100.0, 105]]),
                np.array([[1.0], [0.0]]))
    found = running_costs(Course(shares, np.array([[0.1], [0.2], [0.9]])), loss, np.array([20.0]))
    assert found.patching_gbp.tolist() == [[2.0], [0.0]]
    assert found.failures_gbp[:, 0] == pytest.approx([4.0, 0.0]) and found.closures_gbp[:, 0] == pytest.approx([2.0, 0.0])
    over = found.by_component(np.array([1.0, 0.5, 0.25]))
    found = [over[name].item() for name in ("patching", "failures", "closures", "handed_on")]
    assert found == pytest.approx([2, 4, 2, 12.5])
