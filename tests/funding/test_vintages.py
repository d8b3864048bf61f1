"""The two calendars, held to worked dates: which planning years' summer works a vintage can pay for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.funding.pots import grant_window
from capplan.funding.vintages import planning_years, window

PSDS4_LAST_DAY = date(2028, 3, 31)


def served(first_day, last_day):
    first, last = planning_years(first_day, last_day)
    return list(range(first, last + 1))


@pytest.mark.parametrize(("grant_year", "financial_years", "opens", "closes"), [
    (2026, 2, date(2026, 4, 1), date(2028, 3, 31)), (2026, 3, date(2026, 4, 1), date(2029, 3, 31)),
    (2025, 1, date(2025, 4, 1), date(2026, 3, 31))])
def test_window_worked_dates(grant_year, financial_years, opens, closes):
    assert window(grant_year, financial_years) == (opens, closes)


@pytest.mark.parametrize("f", [2015, 2026, 2041])
def test_condition_allocation_serves_the_planning_year_before_and_its_own(f):
    """SCA of 2026, spent by 31 March 2028: the summers of 2026 (planning year 2025) and 2027 (planning year 2026)."""
    assert grant_window("SCA", f, None, 2, None) == (f - 1, f)


@pytest.mark.parametrize("f", [2015, 2026, 2041])
def test_devolved_capital_serves_three_planning_years(f):
    assert grant_window("DFC", f, None, 3, None) == (f - 1, f + 1)


@pytest.mark.parametrize("f", [2025, 2026, 2027])
def test_decarbonisation_ends_with_the_summer_of_2027(f):
    """Spent by 31 March 2028: the last summer before is that of 2027, at the end of planning year 2026."""
    assert grant_window("PSDS4", f, None, None, PSDS4_LAST_DAY) == (f - 1, 2026)


def test_the_last_day_of_august_still_serves_and_the_day_before_does_not():
    assert grant_window("other grant", 2026, date(2029, 8, 31), None, None) == (2025, 2028)
    assert grant_window("other grant", 2026, date(2029, 8, 30), None, None) == (2025, 2027)


def test_the_first_day_of_july_still_serves_and_the_day_after_does_not():
    assert served(date(2026, 7, 1), date(2026, 8, 31)) == [2025]
    assert served(date(2026, 7, 2), date(2026, 8, 31)) == []


def test_spend_by_stands_in_place_of_the_rule_of_the_route():
    """An SCA of 2026 with an extension to 31 August 2028 serves planning year 2027 too; a shortened one loses 2026."""
    assert grant_window("SCA", 2026, date(2028, 8, 31), 2, None) == (2025, 2027)
    assert grant_window("SCA", 2026, date(2027, 3, 31), 2, None) == (2025, 2025)


def test_the_earlier_of_the_years_and_the_last_day_of_the_route():
    assert grant_window("X", 2026, None, 3, PSDS4_LAST_DAY) == (2025, 2026)
    assert grant_window("X", 2024, None, 2, PSDS4_LAST_DAY) == (2023, 2024)


def test_no_rule_at_all_is_refused():
    with pytest.raises(ValueError, match="other grant"):
        grant_window("other grant", 2026, None, None, None)


def test_a_window_without_a_summer_serves_no_year():
    first, last = planning_years(date(2026, 9, 1), date(2027, 6, 30))
    assert first > last


days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(days, st.integers(0, 5000))
def test_a_year_is_served_exactly_when_its_whole_summer_lies_inside(opens, length):
    closes = opens + timedelta(days=length)
    plain = [year for year in range(1998, 2080) if opens <= date(year + 1, 7, 1) and date(year + 1, 8, 31) <= closes]
    assert served(opens, closes) == plain
