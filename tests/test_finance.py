"""Discounting and inflation, by hand and against a loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.finance import discount_factors, nominal_by_year, nominal_factors

rates = st.floats(-0.1, 0.5)


def test_discount_factors_by_hand():
    """At 3.5%: 1 / 1.035 = 0.966184 and 1 / 1.071225 = 0.933511."""
    assert discount_factors(0.035, 3) == pytest.approx([1.0, 0.966184, 0.933511], abs=5e-7)


def test_nominal_factors_by_hand():
    """At 3.2% from two years after the price base: 1.032 squared is 1.065024, cubed 1.099104768."""
    assert nominal_factors(0.032, 2, offset=2) == pytest.approx([1.065024, 1.099104768], rel=1e-12)


def test_nominal_factors_before_the_price_base_are_below_one():
    assert nominal_factors(0.25, 2, offset=-1) == pytest.approx([0.8, 1.0], rel=1e-12)


def test_no_years_give_no_factors():
    assert len(discount_factors(0.035, 0)) == len(nominal_factors(0.032, 0)) == 0


@given(rates, st.integers(0, 40), st.integers(-10, 10))
def test_factors_against_a_loop(rate, years, offset):
    worth, price = 1.0, 1.0
    for _ in range(abs(offset)):
        price = price * (1 + rate) if offset > 0 else price / (1 + rate)
    discount, nominal = discount_factors(rate, years), nominal_factors(rate, years, offset)
    for year in range(years):
        assert discount[year] == pytest.approx(worth, rel=1e-9)
        assert nominal[year] == pytest.approx(price, rel=1e-9)
        worth, price = worth / (1 + rate), price * (1 + rate)


def test_rises_by_year_by_hand():
    """Base 2024, plan from 2026: 1.1 x 1.2 = 1.32 in 2026, x 1.05 = 1.386 in 2027, then 3.2% a year: 1.430352."""
    assert nominal_by_year([0.1, 0.2, 0.05], 0.032, 3, offset=2) == pytest.approx([1.32, 1.386, 1.430352], rel=1e-12)


def test_before_the_price_base_the_one_rate_holds():
    """Base 2026, plan from 2025: a quarter less far back, 1 at the base, then the list."""
    assert nominal_by_year([0.5], 0.25, 3, offset=-1) == pytest.approx([0.8, 1.0, 1.5], rel=1e-12)


def test_a_list_longer_than_the_plan_is_cut():
    assert nominal_by_year([0.1] * 9, 0.5, 2) == pytest.approx([1.0, 1.1], rel=1e-12)


@given(st.floats(-0.1, 0.3), st.integers(0, 12), st.integers(-5, 8), st.integers(0, 15))
def test_a_list_of_the_same_rise_is_that_rate(rate, years, offset, length):
    assert nominal_by_year([rate] * length, rate, years, offset) == pytest.approx(nominal_factors(rate, years, offset))
