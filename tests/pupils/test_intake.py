"""Intakes: the gain against a Kalman filter run in a loop, levels by hand, shares that add, births, intakes found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.pupils.intake import births_of_entry, gain, intake_level, rate_of_births
from capplan.pupils.transfer import entry_groups, fed_shares
from capplan.pupils.uncertainty import noise_figures

NOISE = noise_figures()


@given(st.floats(0.005, 0.3), st.floats(0.02, 0.5))
def test_the_gain_is_where_the_kalman_filter_of_a_random_walk_settles(drift, noise):
    variance = 1.0
    for _ in range(4000):
        ahead = variance + drift ** 2
        weight = ahead / (ahead + noise ** 2)
        variance = (1.0 - weight) * ahead
    assert gain(drift, noise) == pytest.approx(weight, rel=1e-6)


def test_levels_by_hand_in_a_loop():
    # One school alone: its own smoothed level and its share (all) of the area's smoothed level, each weighed by age.
    seen = np.array([50.0, 60.0, 40.0, 70.0])
    mean = seen.mean()
    chance = np.sqrt(NOISE.entry_noise / mean + NOISE.entry_spread ** 2)

    def smoothed(weight):
        weights = [weight * (1 - weight) ** age for age in range(4)]
        return sum(w * value for w, value in zip(weights, seen[::-1], strict=True)) / sum(weights)

    own = smoothed(float(gain(np.hypot(NOISE.area_walk, NOISE.school_walk), chance)))
    area = smoothed(float(gain(NOISE.area_walk, chance)))
    assert intake_level(seen[None], NOISE).pupils[0] == pytest.approx((own + area) / 2)


def test_shares_add_to_the_area_when_a_new_school_takes_from_the_others():
    seen = np.array([[60.0] * 8 + [40.0], [60.0] * 8 + [40.0], [np.nan] * 8 + [40.0]])
    level = intake_level(seen, NOISE)
    assert level.share.sum() == pytest.approx(1.0) and level.area == pytest.approx(120.0)
    # The new school's level is not added on top of what the others had before it came.
    assert level.pupils.sum() < 150.0
    assert level.pupils[2] > 30.0


def test_an_area_that_grows_is_followed_faster_than_by_a_school_alone():
    seen = np.tile(np.array([40.0] * 6 + [44.0, 48.0, 52.0]), (8, 1))
    together, alone = intake_level(seen, NOISE).pupils[0], intake_level(seen[:1], NOISE).pupils[0]
    assert alone < together < 52.0


def test_a_bad_year_is_passed_over_and_a_school_without_years_has_no_level():
    seen = np.array([[30.0, 30.0, np.nan, 30.0], [np.nan] * 4])
    level = intake_level(seen, NOISE)
    assert level.pupils[0] == pytest.approx(30.0) and np.isnan(level.pupils[1])
    assert np.isnan(intake_level(np.full((2, 3), np.nan), NOISE).pupils).all()


def test_the_more_years_are_known_the_surer_the_level():
    spread = [intake_level(np.full((1, years), 45.0), NOISE).spread[0] for years in (1, 2, 4, 10)]
    assert all(later <= earlier for earlier, later in zip(spread, spread[1:], strict=False)) and spread[0] > 1.3 * spread[-1]


def test_births_of_an_entry_are_of_the_right_twelve_months():
    # September 2024: born September 2019 (a third of that year is left) to August 2020.
    births = {2019: 300.0, 2020: 600.0}
    assert births_of_entry(births, 2024, 1).tolist() == [100.0 + 400.0]
    assert np.isnan(births_of_entry(births, 2023, 1)).all()


def test_the_rate_of_births_is_pooled_over_the_latest_known_years():
    seen, born = np.array([10.0, 50.0, np.nan, 60.0, 70.0]), np.array([100.0, 100.0, 100.0, np.nan, 100.0])
    assert rate_of_births(seen, born, 2) == pytest.approx(120 / 200)
    assert np.isnan(rate_of_births(seen, np.full(5, np.nan), 3))


def test_intakes_are_where_year_groups_begin():
    groups = tuple(range(-1, 15))
    at = {group: place for place, group in enumerate(groups)}
    schools = {"with nursery": dict.fromkeys(range(-1, 7), 30.0), "junior": dict.fromkeys(range(3, 7), 60.0),
               "all-through": {**dict.fromkeys(range(7), 60.0), **dict.fromkeys(range(7, 12), 180.0)},
               "all-through, own pupils only": dict.fromkeys(range(12), 60.0),
               "with sixth form": {**dict.fromkeys(range(7, 12), 150.0), 12: 90.0, 13: 80.0, 14: 5.0}}
    known = np.full((len(schools), len(groups), 5), np.nan)
    for place, counts in enumerate(schools.values()):
        for group, pupils in counts.items():
            known[place, at[group]] = pupils
    entries = entry_groups(known, np.isfinite(known[:, :, -1]), groups, 5, NOISE)
    found = [[groups[place] for place in np.flatnonzero(row)] for row in entries]
    assert found == [[-1, 0], [3], [0, 7], [0], [7, 14]]


def test_shares_fed_are_pooled_and_leave_out_years_not_known():
    moved = np.array([[[20.0, 40.0, 30.0], [0.0, 0.0, 0.0]]])
    leaving = np.array([[40.0, 60.0, np.nan], [np.nan, np.nan, np.nan]])
    assert fed_shares(moved, leaving).tolist() == [[0.6, 0.0]]
