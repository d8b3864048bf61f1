"""Backlog and facility condition index, by hand and against a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.condition.backlog import expected_backlog, facility_condition_index


def test_backlog_by_hand():
    """Half at C for 400 and a quarter each at D for 900 and E for 1,000: 200 + 225 + 250 = 675."""
    backlog = expected_backlog(np.array([[0, 0, 0.5, 0.25, 0.25]]), np.array([[0, 50, 400, 900, 1000.0]]))
    assert backlog[0].tolist() == [0, 0, 200, 225, 250]
    assert backlog.sum() == 675


@given(st.lists(st.tuples(st.lists(st.floats(0, 1), min_size=5, max_size=5),
                          st.lists(st.floats(0, 1e6), min_size=4, max_size=4)), min_size=1, max_size=6))
def test_backlog_against_a_loop(parts):
    shares = np.array([share for share, _ in parts])
    costs = np.array([[0.0, *cost] for _, cost in parts])
    backlog = expected_backlog(shares, costs)
    for i, (share, cost) in enumerate(parts):
        for grade in range(5):
            assert backlog[i, grade] == share[grade] * (0.0 if grade == 0 else cost[grade - 1])


def test_index_by_hand():
    """GBP 300,000 of backlog on 1,500 m2 rebuilt at GBP 2,000 a m2 is 10%."""
    assert float(facility_condition_index(300_000, 1500 * 2000)) == pytest.approx(0.1)


def test_index_of_nothing_to_replace_is_blank_and_not_infinite():
    index = facility_condition_index(np.array([10.0, 0.0, 10.0]), np.array([0.0, 0.0, 100.0]))
    assert np.isnan(index[:2]).all()
    assert index[2] == 0.1
