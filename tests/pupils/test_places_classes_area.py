"""Places, classes, floor area, cost of a place and income: published vectors, sums by hand, slow loops and properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan import reference
from capplan.errors import MissingFigureError
from capplan.pupils.area import can_be_spared, guideline_area, guidelines_of, has_guideline, occupied_share, school_area
from capplan.pupils.classes import (
    class_step_cost,
    classes_by_year_group,
    classes_of_school,
    classes_together,
    infant_class_most,
    infant_classes,
)
from capplan.pupils.income import annual_grant, change_of_surplus, lagged, margin_of_a_pupil, number_adjustment
from capplan.pupils.place_costs import KINDS, cost_of_places, cost_per_place
from capplan.pupils.places import (
    forms_required,
    indicated_admission_number,
    places_needed,
    short_places,
    spare_places,
    standing_places,
    unfilled_share,
)
from capplan.pupils.pupil_days import days_at_risk, occupants_by_year
from capplan.pupils.sites import moved_pupils, pupils_in_places, unplaced_pupils

heads = st.integers(0, 2000)


@pytest.mark.parametrize(("primary", "secondary", "post16", "needed_m2"), [
    (210, 0, 0, 1211), (420, 0, 0, 2072), (630, 0, 0, 2933), (0, 600, 0, 4830), (0, 900, 0, 6720), (0, 1200, 0, 8610),
    (0, 1200, 240, 10640), (0, 0, 0, 0)])
def test_area_guidelines_by_the_worked_sizes_of_schools(primary, secondary, post16, needed_m2):
    # Building Bulletin 103 (June 2014): one to three forms of entry, secondary schools of four to eight, a sixth form.
    assert school_area(primary, secondary, post16).item() == pytest.approx(needed_m2)


@given(heads, heads, st.integers(1, 100))
def test_more_pupils_never_need_less_area_and_the_base_is_counted_once(primary, secondary, more):
    assert school_area(primary + more, secondary, 0) >= school_area(primary, secondary, 0)
    assert guideline_area(more, 350, 4.1) < guideline_area(more, 350, 4.1) * 2 == 2 * (350 + 4.1 * more)


def test_a_block_is_spared_only_if_the_rest_is_enough_to_the_square_metre():
    assert can_be_spared(np.array([400.0, 401.0]), 2000.0, 1600.0).tolist() == [True, False]
    assert occupied_share(np.array([2072.0]), np.array([2590.0])) == pytest.approx(0.8)


def test_special_schools_have_no_area_guideline_and_it_is_said():
    assert not has_guideline("special") and set(guidelines_of("all-through").phase) == {"primary", "secondary", "post_16"}
    with pytest.raises(MissingFigureError, match="special"):
        guidelines_of("special")


def test_the_limit_on_infant_classes_is_the_laws():
    # School Admissions (Infant Class Sizes) (England) Regulations 2012, SI 2012/10, regulation 4.
    assert infant_class_most() == 30
    assert classes_by_year_group(np.array([30, 31]), 30).tolist() == [1, 2]
    assert infant_classes(np.array([22, 22, 22]), [0, 1, 2]).item() == 3
    assert infant_classes(np.array([22, 22, 22]), [0, 1, 2], mixed=True).item() == 3   # 66 pupils
    assert infant_classes(np.array([20, 20, 20]), [0, 1, 2], mixed=True).item() == 2   # 60 pupils


@given(st.lists(st.integers(0, 200), min_size=7, max_size=7), st.integers(15, 40))
def test_classes_against_a_count_by_hand(pupils, size):
    def fewest(count, most):
        classes = 0
        while classes * most < count:
            classes += 1
        return classes

    groups = list(range(7))
    infants = sum(fewest(count, 30) for count in pupils[:3])
    assert infant_classes(np.array(pupils), groups).item() == infants
    assert classes_of_school(np.array(pupils), groups, size).item() == infants + sum(fewest(n, size) for n in pupils[3:])
    mixed = fewest(sum(pupils[:3]), 30) + fewest(sum(pupils[3:]), size)
    assert classes_of_school(np.array(pupils), groups, size, mixed=True).item() == mixed
    assert classes_together(np.array(pupils), size) <= classes_by_year_group(np.array(pupils), size).sum()


def test_classes_of_several_years_at_once_are_those_of_each():
    pupils = np.array([[31.0, 30, 29, 40], [30, 30, 30, 30]])
    assert classes_of_school(pupils, [0, 1, 2, 3], 30).tolist() == [6, 4]
    assert class_step_cost(np.array([6, 4]), 5, 60000.0).tolist() == [60000.0, -60000.0]


def test_a_school_short_of_places_does_not_hide_the_empty_ones_of_another():
    places, pupils = np.array([210.0, 210.0]), np.array([150.0, 270.0])
    assert spare_places(places, pupils).tolist() == [60, 0] and short_places(places, pupils).tolist() == [0, 60]
    assert unfilled_share(places, pupils) == pytest.approx(60 / 420)       # netted it would be none
    assert math.isnan(unfilled_share(np.array([0.0]), np.array([10.0])))


@given(st.lists(st.tuples(heads, heads), min_size=1, max_size=8))
def test_spare_and_short_places_account_for_every_pupil_and_place(schools):
    places, pupils = np.array(schools, float).T
    spare, short = spare_places(places, pupils), short_places(places, pupils)
    assert (spare - short == places - pupils).all() and ((spare == 0) | (short == 0)).all()
    assert spare.sum() >= max(0.0, places.sum() - pupils.sum())


def test_temporary_places_end_with_their_permission():
    years = [2026, 2027, 2028, 2029]
    found = standing_places(np.array([200.0, 30, 60]), np.array([np.nan, np.nan, 2028]), np.array([np.nan, 2027, np.nan]),
                            years)
    assert found.sum(axis=1).tolist() == [230, 230, 260, 260]
    assert found[:, 1].tolist() == [30, 30, 0, 0] and found[:, 2].tolist() == [0, 0, 60, 60]


def test_places_needed_and_admission_numbers():
    assert places_needed(np.array([65.0]), 60, 10, 20).tolist() == [15.0]
    assert places_needed(np.array([40.0]), 60, 0, 0).tolist() == [0.0]
    assert indicated_admission_number(np.array([420, 210]), 7).tolist() == [60, 30]
    assert forms_required(np.array([1, 15, 16, 30, 90])).tolist() == [0.5, 0.5, 1, 1, 3]


def test_every_published_cost_of_a_place_is_the_scorecards(shared_data):
    published = pd.read_csv(shared_data / "place_costs_scorecard.csv")
    ours = reference.load("place_costs").set_index(["edition_year", "phase", "kind"]).cost_gbp_per_place
    assert len(published) == len(ours)
    for row in published.itertuples():
        assert ours[row.reporting_year, row.phase, row.type] == row.cost_per_place_gbp
        assert cost_per_place(row.phase, row.type, row.reporting_year) == row.cost_per_place_gbp


def test_a_place_in_north_yorkshire_and_one_for_special_needs():
    # North Yorkshire's developer contributions: a special place is four primary ones, 79,956 nationally, 75,960 at 0.95.
    assert cost_per_place("primary", "special unit", 2023) == 4 * 19989 == 79956
    assert cost_per_place("nursery", "permanent", 2023) == 19989
    assert 0.95 * cost_per_place("primary", "special unit", 2023) == pytest.approx(75960, abs=5)
    assert cost_of_places(30, "secondary", "new", 2025, "West Midlands") == pytest.approx(30 * 30394 * 0.96)
    with pytest.raises(MissingFigureError, match="Mercia"):
        cost_of_places(1, "primary", "new", 2025, "Mercia")


def test_the_cost_of_a_place_in_every_authority_is_the_published_one(shared_data):
    # Scorecards of 2025, 151 authorities: new, permanent and temporary, primary and secondary, by authority.
    rows = pd.read_csv(shared_data / "dfe_la_scorecard_2023_2025.csv")
    rows = rows[(rows.Year == "2024/25") & (rows.geographic_level == "Local authority")]
    rows = rows.assign(Region=rows.Region.replace("Yorkshire and The Humber", "Yorkshire and the Humber"))
    kinds = {"NS": "new", "EP": "permanent", "ET": "temporary"}
    for phase in ("primary", "secondary"):
        for code, kind in kinds.items():
            ours = rows.Region.map({region: cost_of_places(1, phase, kind, 2025, region) for region in set(rows.Region)})
            assert len(rows) > 140 and rows[f"CPP_{phase[0].upper()}_{code}"].to_numpy() == pytest.approx(
                ours.to_numpy(), rel=1e-4)


def test_a_later_year_is_the_last_edition_at_later_prices_and_an_earlier_one_is_refused():
    ratio = reference.price_ratio(2025, 2026)
    assert cost_per_place("primary", "temporary", 2026) == pytest.approx(9935 * ratio)
    with pytest.raises(MissingFigureError, match="temporary secondary"):
        cost_per_place("secondary", "temporary", 2022)
    with pytest.raises(MissingFigureError, match="2018"):
        cost_per_place("primary", "new", 2018)
    assert {cost_per_place("primary", kind, 2025) > 0 for kind in KINDS} == {True}


def test_a_fall_is_paid_for_a_year_late():
    counted = np.array([[200.0, 100.0], [190.0, 120.0], [190.0, 120.0]])
    assert lagged(counted, np.array([210.0, 90.0])).tolist() == [[210, 90], [200, 100], [190, 120]]


def test_minimum_levels_by_hand_and_the_sign_of_the_adjustment():
    # 2024-25: least GBP 4,610 a primary and 5,995 a secondary pupil. 420 pupils at 4,300 with a lump sum of 130,000: 4,610 x
    # 420 = 1,936,200 against 1,936,000, so the floor decides by GBP 200; with 419 pupils the formula does.
    assert annual_grant(np.array([420.0]), 4300.0, 130000.0, 4610.0).tolist() == [1936200.0]
    assert annual_grant(np.array([419.0]), 4300.0, 130000.0, 4610.0).tolist() == [4300.0 * 419 + 130000]
    assert number_adjustment(np.array([100.0, 100.0]), np.array([103.0, 97.0]), 5000.0).tolist() == [15000.0, -15000.0]


@given(heads, st.integers(1, 60))
def test_fewer_pupils_never_bring_more_and_a_lost_pupil_costs_more_than_it_saves(pupils, lost):
    more, less = (annual_grant(np.array([n]), 4500.0, 130000.0, 4955.0) for n in (pupils + lost, pupils))
    assert less < more
    assert margin_of_a_pupil(4955.0, 300.0) == 4655.0
    change = change_of_surplus(less - more, 0.0, np.array([-float(lost)]), 300.0)
    assert change[0] == pytest.approx((less - more)[0] + 300.0 * lost) and change[0] < 0


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3)), min_size=1, max_size=10),
       st.lists(heads, min_size=4, max_size=4))
def test_pupils_in_places_are_all_pupils_of_groups_that_have_a_place(rows, pupils):
    places, group = np.array([[n for n, _ in rows]], float), np.array([g for _, g in rows])
    count = np.array([pupils], float)
    found, lost = pupils_in_places(places, group, count), unplaced_pupils(places, group, count)
    for number in range(4):
        own = found[0, group == number].sum()
        assert own + lost[0, number] == pytest.approx(pupils[number])
    assert (found[places == 0] == 0).all()


def test_closing_a_site_moves_its_pupils_only_where_the_rest_can_take_them():
    places, group = np.array([[60.0, 60, 30], [60, 60, 30]]), np.array([0, 0, 1])
    pupils = np.array([[50.0, 20.0], [70.0, 20.0]])
    moved, fits = moved_pupils(places, group, pupils, np.array([False, True, False]))
    assert moved.tolist() == [25, 35] and fits.tolist() == [True, False]
    # A group that is short elsewhere does not forbid closing what it does not use.
    _, fits = moved_pupils(places, group, np.array([[50.0, 99.0], [50.0, 99.0]]), np.array([False, True, False]))
    assert fits.tolist() == [True, True]


def test_pupil_days_follow_the_pupils_and_are_those_of_now_where_nothing_changes():
    now, base = np.array([50.0, 80.0, 7.0]), np.array([200.0, 200.0, 0.0])
    rolls = np.array([[200.0, 200.0, 0.0], [100.0, 260.0, 12.0]])
    assert occupants_by_year(now, base, rolls).tolist() == [[50, 80, 0], [25, 104, 12]]
    failures = np.array([[0.5, 0.1, 0.0], [0.5, 0.1, 1.0]])
    found = days_at_risk(failures, np.array([[10.0, 20.0, np.nan], [5.0, 20.0, 3.0]]), np.array([1, 0, 1]), 3)
    assert found.tolist() == [[2.0, 5.0, 0.0], [2.0, 5.5, 0.0]]
