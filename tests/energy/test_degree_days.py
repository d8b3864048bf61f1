"""Degree-days, terms and weather correction: by hand, published figures and properties."""

from datetime import date

import numpy as np
import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from capplan.energy.degree_days import DAYS_OF_A_YEAR, degree_days, normal_year, weather_corrected, yearly_degree_days
from capplan.energy.figures import figure, response
from capplan.energy.school_days import HOLIDAY, SCHOOL_DAY, WEEKEND, days_between, easter_sunday, kinds_of_day
from capplan.errors import MissingFigureError


def test_g1_the_normaliser_of_energy_sparks():
    """Domain notes, case G1: a secondary school in Bath, 2021-22; Energy Sparks' own analysis of it (MIT)."""
    share, reference = figure("gas normaliser share"), figure("reference degree-days")
    assert weather_corrected(1.0, share, 2207.416875, reference) == pytest.approx(0.9436218294743, abs=1e-12)
    assert pytest.approx(108.397, abs=5e-4) == 643_011.13 / 5932


@given(st.lists(st.floats(-10, 30), min_size=5, max_size=60), st.floats(0.5, 12.0))
def test_a_normal_year_has_the_degree_days_it_was_asked_for(temperatures, wanted):
    reference = wanted * DAYS_OF_A_YEAR
    shifted = normal_year(temperatures, reference, 15.5)
    assert yearly_degree_days(shifted, 15.5) == pytest.approx(reference, rel=1e-7)
    assert np.ptp(shifted - np.array(temperatures)) == pytest.approx(0, abs=1e-9)


def test_no_days_and_no_cold_are_refused():
    for arguments in (([], 2000.0), ([5.0], 0.0)):
        with pytest.raises(ValueError, match="normal year"):
            normal_year(*arguments, 15.5)


@given(st.lists(st.floats(-20, 35), min_size=1, max_size=40), st.floats(5, 20), st.floats(0, 5))
def test_a_higher_base_never_has_fewer_degree_days(temperatures, base, more):
    assert (degree_days(temperatures, base + more) >= degree_days(temperatures, base)).all()


def test_easter_is_that_of_another_program():
    assert all(easter_sunday(year) == easter(year) for year in range(1900, 2200))


@pytest.mark.parametrize("year", range(2022, 2036))
def test_a_school_year_has_about_the_195_days_of_a_teachers_contract(year):
    kinds = kinds_of_day(days_between(f"{year}-09-01", f"{year + 1}-08-31"))
    assert 193 <= (kinds == SCHOOL_DAY).sum() <= 196


def test_days_of_one_year_against_a_calendar():
    said = {"2026-12-25": HOLIDAY, "2027-01-02": HOLIDAY, "2027-01-04": SCHOOL_DAY, "2027-02-17": HOLIDAY,
            "2027-03-28": HOLIDAY,
            "2027-03-06": WEEKEND, "2027-05-03": HOLIDAY, "2027-06-05": HOLIDAY, "2027-07-22": SCHOOL_DAY,
            "2027-08-14": HOLIDAY, "2026-10-24": HOLIDAY, "2026-10-23": SCHOOL_DAY, "2026-11-01": HOLIDAY,
            "2026-11-02": SCHOOL_DAY, "2026-09-02": HOLIDAY, "2026-09-03": SCHOOL_DAY}
    assert {day: int(kinds_of_day([np.datetime64(day)])[0]) for day in said} == said


def test_a_trusts_own_holidays_take_the_place_of_typical_ones():
    days = days_between("2026-12-24", "2026-12-28")
    assert kinds_of_day(days, [(date(2026, 12, 26), date(2026, 12, 27))]).tolist() == [0, 0, 2, 2, 0]


@pytest.mark.parametrize("phase", ["primary", "secondary", "special", "all-through"])
def test_days_of_each_kind_use_what_energy_sparks_says_of_electricity(phase):
    """Shares of the year's electricity on school days, weekends and holidays: Energy Sparks, July 2026 (domain notes)."""
    published = {"primary": (0.76, 0.095, 0.145), "secondary": (0.717, 0.111, 0.172), "special": (0.685, 0.123, 0.193),
                 "all-through": (0.703, 0.114, 0.183)}[phase]
    said = response(phase, "electricity")
    weights = np.array([1.0, said["other use on a weekend day"], said["other use on a holiday"]])
    counts = np.bincount(kinds_of_day(days_between("2025-09-01", "2026-08-31")), minlength=3)
    assert counts * weights / (counts @ weights) == pytest.approx(published, abs=0.002)


def test_an_unknown_figure_is_an_error():
    with pytest.raises(MissingFigureError, match="known"):
        figure("luck")
