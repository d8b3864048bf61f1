"""Reserves, floors and what may be spent: by hand, and both directions of the claim by random spending paths."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from capplan.funding.reserves import reserve_floor, reserves_path, spendable

pounds = st.integers(-500, 500)
plans = st.integers(1, 8).flatmap(lambda years: st.tuples(
    st.integers(0, 2000), st.lists(pounds, min_size=years, max_size=years),
    st.lists(st.integers(0, 800), min_size=years, max_size=years)))


def closing(opening, surplus, spent):
    """Reserves at the end of each year, one year after the other."""
    held, path = opening, []
    for more, less in zip(surplus, spent, strict=True):
        held = held + more - less
        path.append(held)
    return path


def above_floor(opening, surplus, spent, floor):
    return all(held >= least - 1e-6 for held, least in zip(closing(opening, surplus, spent), floor, strict=True))


def within_pots(spent, pots):
    """Whether pots that open in their year and stay open can pay, total spent by y never above total opened."""
    return all(drawn <= opened + 1e-6 for drawn, opened in
               zip(itertools.accumulate(spent), itertools.accumulate(pots), strict=True))


def test_path_by_hand():
    """100 + 10 = 110; - 5 - 20 = 85; + 0 - 40 = 45."""
    assert reserves_path(100, [10, -5, 0], [0, 20, 40]).tolist() == [110, 85, 45]


def test_floor_is_the_greater_of_the_two():
    assert reserve_floor([1000, 2000, 4000], 0.05, 100).tolist() == [100, 100, 200]


def test_spendable_looks_ahead_to_the_leanest_year():
    """Tiny: 300,000 + 10,000 less a floor of 120,000 leaves 190,000; the 200,000 after the deficit
    of 2030 caps the steps."""
    surplus = np.array([10, 10, 10, 10, -20, 10, 10, 10, 10, 10]) * 1000.0
    pots = spendable(300_000.0, surplus, np.full(10, 120_000.0))
    assert pots.tolist() == [190_000, 10_000, 0, 0, 0, 10_000, 10_000, 10_000, 10_000, 10_000]
    assert pots.sum() == 250_000


def test_a_broken_floor_lets_nothing_be_drawn_until_it_recovers_for_good():
    """Headroom 20, -10, 30, -5, 40: only after the last dip may anything be spent."""
    assert spendable(100.0, [0, -30, 40, -35, 45], np.full(5, 80.0)).tolist() == [0, 0, 0, 0, 40]


def test_a_floor_broken_at_the_end_lets_nothing_be_drawn_at_all():
    assert spendable(100.0, [0, 0, -100], np.full(3, 50.0)).tolist() == [0, 0, 0]


@settings(deadline=None)
@given(plans, st.data())
def test_spending_within_the_pots_keeps_the_floor(plan, data):
    opening, surplus, floor = plan
    assume(above_floor(opening, surplus, [0] * len(surplus), floor))
    pots = spendable(opening, surplus, np.array(floor, float))
    assert (pots >= 0).all()
    left, spent = 0.0, []
    for amount in pots:
        left += amount
        spent.append(left * data.draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])))
        left -= spent[-1]
    assert above_floor(opening, surplus, spent, floor)


@settings(deadline=None)
@given(plans, st.data())
def test_spending_that_keeps_the_floor_is_within_the_pots(plan, data):
    """Any path that keeps every year's floor can be paid from the pots; paths are drawn up to the true headroom."""
    opening, surplus, floor = plan
    assume(above_floor(opening, surplus, [0] * len(surplus), floor))
    spent = [0.0] * len(surplus)
    for year in data.draw(st.permutations(range(len(surplus)))):
        room = min(held - least for held, least in
                   zip(closing(opening, surplus, spent)[year:], floor[year:], strict=True))
        spent[year] = max(room, 0.0) * data.draw(st.sampled_from([0.0, 0.5, 1.0]))
    assert above_floor(opening, surplus, spent, floor)
    assert within_pots(spent, spendable(opening, surplus, np.array(floor, float)))


@settings(deadline=None)
@given(plans, st.lists(st.integers(0, 600), min_size=8, max_size=8))
def test_any_spending_is_within_the_pots_exactly_when_it_keeps_the_floor(plan, wish):
    opening, surplus, floor = plan
    spent = wish[: len(surplus)]
    assume(above_floor(opening, surplus, [0] * len(surplus), floor))
    pots = spendable(opening, surplus, np.array(floor, float))
    assert within_pots(spent, pots) == above_floor(opening, surplus, spent, floor)


@settings(deadline=None)
@given(plans)
def test_where_the_floor_breaks_without_works_nothing_opens_up_to_the_last_break(plan):
    opening, surplus, floor = plan
    path = closing(opening, surplus, [0] * len(surplus))
    broken = [year for year, (held, least) in enumerate(zip(path, floor, strict=True)) if held < least]
    assume(broken)
    assert not spendable(opening, surplus, np.array(floor, float))[: broken[-1] + 1].any()


def test_against_paper_path_after_full_spending():
    """Spending every pot when it opens leaves tiny exactly on its floor whenever the headroom binds."""
    surplus = [10_000] * 4 + [-20_000] + [10_000] * 5
    pots = spendable(300_000, surplus, np.full(10, 120_000.0))
    path = closing(300_000, surplus, pots)
    assert path == pytest.approx([120_000, 120_000, 130_000, 140_000, 120_000] + [120_000] * 5)
