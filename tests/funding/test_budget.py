"""The budget by school and year: top slice, pooling and shares by hand, and that money moved inside a trust stays in it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.funding.budget import by_income, in_year_deficit, passed_on, running_costs, share_of_income, watch_band
from capplan.funding.reserves import reserves_path, spendable, spendable_by_holder

pounds = st.integers(-500_000, 3_000_000)


def budget_of(*rows):
    return pd.DataFrame(rows, columns=["school_id", "year", "income_gbp", "costs_gbp", "loan_service_gbp"])


def test_top_slice_by_hand():
    """Of 1,000 and 3,000 the centre takes 5%: 50 and 150; it has 200 and no income, and spends 180: 20 are left."""
    found = passed_on(budget_of(["A", 1, 1000, 960, 10], ["B", 1, 3000, 2800, 0], ["", 1, 0, 180, 0]), 0.05, False)
    assert found.top_slice_gbp.tolist() == [50, 150, -200]
    assert found.surplus_gbp.tolist() == found.kept_gbp.tolist() == [-20, 50, 20]
    assert found.pooled_gbp.tolist() == [0, 0, 0]


def test_pooling_by_hand():
    """A has 30 over and B lacks 40: the pool gets -10 from them, no top slice is taken, and the centre is 190 short."""
    found = passed_on(budget_of(["A", 1, 1000, 960, 10], ["B", 1, 3000, 3040, 0], ["", 1, 0, 180, 0]), 0.05, True)
    assert found.top_slice_gbp.tolist() == [0, 0, 0]
    assert found.pooled_gbp.tolist() == [30, -40, 10]
    assert found.kept_gbp.tolist() == [0, 0, -190]


@given(st.lists(st.tuples(pounds, pounds, st.integers(0, 9000)), min_size=2, max_size=6), st.floats(0, 0.5), st.booleans())
def test_money_passed_on_stays_in_the_trust(rows, share, pooled):
    names = ["", *"ABCDE"]
    budget = budget_of(*([names[place], year, *row] for year in (1, 2) for place, row in enumerate(rows)))
    found = passed_on(budget, share, pooled)
    for _, own in found.groupby("year"):
        assert own.top_slice_gbp.sum() == pytest.approx(0, abs=0.01) and own.pooled_gbp.sum() == pytest.approx(0, abs=0.01)
        left = sum(income - costs - service for income, costs, service in rows)
        assert own.surplus_gbp.sum() == pytest.approx(left, abs=0.01) and own.kept_gbp.sum() == pytest.approx(left, abs=0.01)
    if pooled:
        assert found.kept_gbp[found.school_id != ""].abs().max() <= 0.01


def test_energy_at_half_as_much_again():
    assert running_costs(np.array([70.0, 0.0]), np.array([10.0, 4.0]), np.array([20.0, 1.0]), 0.5).tolist() == [105.0, 7.0]


@given(st.floats(0, 1e7), st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_what_is_shared_by_income_adds_up_and_follows_it(amount, incomes):
    parts = by_income(amount, incomes)
    assert parts.sum() == pytest.approx(amount, rel=1e-9, abs=1e-6)
    for place, income in enumerate(incomes):
        if sum(incomes):
            assert parts[place] * sum(incomes) == pytest.approx(amount * income, rel=1e-9, abs=1e-3)


def test_bands_and_deficits_at_their_edges():
    share = share_of_income([49.0, 50.0, 200.0, 201.0, 1.0], [1000.0, 1000.0, 1000.0, 1000.0, 0.0])
    assert watch_band(share, 0.05, 0.2).tolist() == ["below", "between", "between", "above", "income not known"]
    assert in_year_deficit([-1, 0, 10, 10], [0, 0, 11, 10]).tolist() == [
        "deficit before works", "none", "works exceed the surplus", "none"]


# --- reserves that several hold -------------------------------------------------------------------------------------


def test_one_holder_is_the_trust_itself():
    own = spendable(100.0, [0.0, -30.0, 40.0], np.array([50.0, 50.0, 50.0]))
    assert spendable_by_holder([100.0], [[0.0, -30.0, 40.0]], [[50.0] * 3], [50.0] * 3)[0].tolist() == own.tolist()


def test_a_school_below_its_floor_costs_the_others_by_hand():
    """A and B have 60 and 30 above their floors, C lacks 45: the trust may spend 45, half of what A and B have."""
    found = spendable_by_holder([160.0, 130.0, 55.0], [[0.0]] * 3, [[100.0]] * 3, [300.0])
    assert found.ravel().tolist() == pytest.approx([30.0, 15.0, 0.0])


@st.composite
def holders(draw):
    years, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    money = st.integers(-1000, 1000)
    opening = draw(st.lists(money, min_size=n, max_size=n))
    surplus, floor = (np.array(draw(st.lists(st.lists(kind, min_size=years, max_size=years), min_size=n, max_size=n)), float)
                      for kind in (money, st.integers(0, 600)))
    return np.array(opening, float), surplus, floor, floor.sum(axis=0) + draw(st.integers(0, 500))


@given(holders())
def test_whatever_is_spent_of_it_keeps_each_holder_and_the_trust_above_their_floors(made):
    opening, surplus, floor, total_floor = made
    amounts = spendable_by_holder(opening, surplus, floor, total_floor)
    assert (amounts >= -1e-6).all()
    ends = [*zip(opening, surplus, floor, amounts, strict=True),
            (opening.sum(), surplus.sum(axis=0), total_floor, amounts.sum(axis=0))]
    for own, gained, least, spent in ends:  # all of it spent as soon as it may be
        without, closing = reserves_path(own, gained, gained * 0), reserves_path(own, gained, spent)
        broken = without < least
        assert ((closing >= least - 1e-6) | broken).all()
        if broken.any():
            assert spent[: int(broken.nonzero()[0].max()) + 1].sum() <= 1e-6
