"""Known loans: payments by hand and as published tables have them, and that every pound lent is repaid with its interest."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.funding.loans import loan_schedule, yearly_payment

COLUMNS = ["loan_id", "school_id", "drawn_year", "amount_gbp", "rate", "years", "first_repayment_year"]


def schedule_of(*rows, first=2000, last=2100):
    return loan_schedule(pd.DataFrame(rows, columns=COLUMNS), first, last)


def test_two_payments_by_hand():
    """200 at 10%: a year later 220; x, and 1.1 x (220 - x) = x: x = 242 / 2.1 = 115.238095."""
    assert yearly_payment(200.0, 0.1, 2) == pytest.approx(242 / 2.1)
    rows = schedule_of(["L", "", 2025, 200.0, 0.1, 2, 2026])
    assert rows.year.tolist() == [2025, 2026, 2027]
    assert rows.drawn_gbp.tolist() == [200, 0, 0]
    assert rows.interest_gbp.tolist() == pytest.approx([0, 20, 0.1 * (220 - 242 / 2.1)])
    assert rows.closing_gbp.tolist() == pytest.approx([200, 220 - 242 / 2.1, 0])


def test_the_textbook_mortgage():
    """1,000 at 8% over 5 years is 250.46 a year (the capital recovery factor 0.250456 of every table of annuities)."""
    assert yearly_payment(1000.0, 0.08, 5) == pytest.approx(250.456, abs=0.001)


def test_free_of_interest_is_the_amount_over_the_years():
    assert yearly_payment(90_000.0, 0.0, 9) == 10_000
    assert schedule_of(["L", "", 2026, 90_000.0, 0.0, 9, 2027]).payment_gbp.tolist() == [0, *[10_000] * 9]


def test_a_year_without_a_payment_adds_its_interest():
    """100 at 10%, first payment two years on: 110 is owed after one, and one payment of 121 repays it."""
    assert yearly_payment(100.0, 0.1, 1, wait_years=2) == pytest.approx(121)
    rows = schedule_of(["L", "", 2026, 100.0, 0.1, 1, 2028])
    assert rows.closing_gbp.tolist() == pytest.approx([100, 110, 0])


def test_paid_at_once_bears_no_interest():
    assert yearly_payment(100.0, 0.1, 1, wait_years=0) == pytest.approx(100)
    assert schedule_of(["L", "", 2026, 100.0, 0.1, 1, 2026]).closing_gbp.tolist() == [0]


def test_only_the_years_asked_for_are_shown():
    rows = schedule_of(["L", "A", 2020, 100.0, 0.0, 10, 2021], first=2026, last=2027)
    assert rows[["school_id", "year", "opening_gbp", "closing_gbp"]].values.tolist() == [
        ["A", 2026, 50, 40], ["A", 2027, 40, 30]]
    assert len(schedule_of(["L", "A", 2010, 100.0, 0.0, 2, 2011], first=2026, last=2027)) == 0


@pytest.mark.parametrize("bad", [(-1.0, 0.1, 2, 1), (1.0, -0.1, 2, 1), (1.0, 0.1, 0, 1), (1.0, 0.1, 2, -1)])
def test_what_is_no_loan_is_refused(bad):
    with pytest.raises(ValueError, match="A loan has"):
        yearly_payment(*bad)


@given(st.floats(1.0, 1e7), st.floats(0.0, 0.25), st.integers(1, 40), st.integers(0, 5))
def test_payments_are_worth_what_was_lent_on_the_day_it_was_lent(amount, rate, years, wait):
    payment = yearly_payment(amount, rate, years, wait)
    worth = sum(payment / (1 + rate) ** (wait + number) for number in range(years))
    assert worth == pytest.approx(amount, rel=1e-6)


@given(st.lists(st.tuples(st.floats(1.0, 1e6), st.floats(0.0, 0.25), st.integers(1, 15), st.integers(2020, 2030),
                          st.integers(0, 4)), max_size=4))
def test_what_is_drawn_and_charged_is_what_is_paid(loans):
    rows = schedule_of(*([f"L{number}", "", drawn, amount, rate, years, drawn + wait]
                         for number, (amount, rate, years, drawn, wait) in enumerate(loans)))
    for _, own in rows.groupby("loan_id"):
        moved = own.opening_gbp + own.drawn_gbp + own.interest_gbp - own.payment_gbp
        assert own.closing_gbp.tolist() == pytest.approx(moved.tolist(), abs=1e-3 + 1e-9 * own.drawn_gbp.sum())
        assert own.opening_gbp.iloc[1:].tolist() == own.closing_gbp.iloc[:-1].tolist()
        assert own.closing_gbp.iloc[-1] == 0
    assert rows.payment_gbp.sum() == pytest.approx(rows.drawn_gbp.sum() + rows.interest_gbp.sum(), rel=1e-6, abs=1e-3)
