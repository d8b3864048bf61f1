"""When works are paid for: shares and payments by hand, and that every pound is paid once, inside the plan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.funding.profiles import contributed, payment_shares, payments

share = st.floats(0, 1)


def shares(fees=0.0, before=0.0, second=0.0, retention=0.0, slips=0.0, years=0):
    one = np.array([1.0])
    return payment_shares(fees * one, before * one, second * one, retention, slips, years)[0]


def test_without_a_profile_all_is_paid_in_the_year_of_the_start():
    assert shares(fees=0.1).tolist() == [0, 1, 0, 0]


def test_usual_practice_by_hand():
    """Fees 10 of 100, half the year before; works 90, of which 3% = 2.7 a year after."""
    assert shares(0.1, 0.5, 0.0, 0.03) == pytest.approx([0.05, 0.05 + 0.873, 0.027, 0])


def test_two_summers_by_hand():
    """Works 90 in two halves less 2.7 of retention, which falls due a year after the second summer."""
    assert shares(0.1, 0.5, 0.5, 0.03) == pytest.approx([0.05, 0.05 + 0.4365, 0.4365, 0.027])


def test_an_overrun_moves_its_part_of_the_works_and_none_of_the_fees():
    """Half of 90 of works and of their retention slip by a year."""
    assert shares(0.1, 0.5, 0.0, 0.03, 0.5, 1) == pytest.approx([0.05, 0.05 + 0.4365, 0.4365 + 0.0135, 0.0135, 0])


@pytest.mark.parametrize("wrong", [{"fees": 1.1}, {"before": -0.1}, {"second": 2}, {"retention": -1}, {"slips": 1.5}])
def test_what_is_no_share_is_refused(wrong):
    with pytest.raises(ValueError, match="fractions"):
        shares(**wrong)


def test_works_do_not_slip_backwards():
    with pytest.raises(ValueError, match="later"):
        shares(years=-1)


def test_payments_by_hand():
    """Three years. Started in the first, the year before is the first; in the last, retention is set aside there."""
    rows = payments(np.full(3, 1000.0), np.array([[0.1, 0.7, 0.2]] * 3), np.array([0, 1, 2]), 3)
    assert rows.tolist() == [[800, 200, 0], [100, 700, 200], [0, 100, 900]]


@settings(deadline=None)
@given(fees=share, before=share, second=share, retention=share, slips=share, late=st.integers(0, 3),
       cost=st.integers(0, 10_000_000), start=st.integers(0, 5), years=st.integers(1, 6), others=st.floats(0, 1e7))
def test_every_pound_is_paid_once_inside_the_plan_and_nobody_gives_more_than_the_bill(
        fees, before, second, retention, slips, late, cost, start, years, others):
    start = min(start, years - 1)
    row = shares(fees, before, second, retention, slips, late)
    assert row.sum() == pytest.approx(1, abs=1e-9) and (row >= -1e-12).all()
    paid = payments(np.array([float(cost)]), row[None, :], np.array([start]), years)
    assert paid.shape == (1, years) and paid.sum() == cost
    assert (paid >= 0).all() and (paid == np.rint(paid)).all()
    given_ = contributed(paid, np.array([others]), np.array([start]))
    assert (given_ >= 0).all() and (given_ <= paid + 1e-6).all()
    assert (given_[0, :start] == 0).all()
    assert given_.sum() == pytest.approx(min(others, paid[0, start:].sum()), abs=1e-6)


def test_contributions_by_hand():
    """70 given: nothing to the fees of the year before, 60 to the bill of the start year, 10 to the next."""
    assert contributed(np.array([[20.0, 60.0, 30.0]]), np.array([70.0]), np.array([1])).tolist() == [[0, 60, 10]]
