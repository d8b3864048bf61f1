"""Progression ratios: published vectors, empirical Bayes against slow loops, what is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capplan.pupils.cohorts import learned_dispersion, mean_ratio, pooled_ratio, progression, shrunk

# The worked example of the enrollcast vignette (method "mean"): K, grade 1 and grade 2 in 2021 to 2023.
K, ONE, TWO = np.array([100.0, 110, 120]), np.array([90.0, 95, 99]), np.array([80.0, 88, 91])
BOUNDS = (0.3, 3.0)


def test_mean_of_ratios_against_the_published_example():
    assert mean_ratio(K, ONE, 2) == pytest.approx(0.9250000, abs=5e-8)
    assert mean_ratio(ONE, TWO, 2) == pytest.approx(0.9678363, abs=5e-8)


def test_rolling_on_with_mean_ratios_against_the_published_example():
    first, second = float(mean_ratio(K, ONE, 2)), float(mean_ratio(ONE, TWO, 2))
    now, found = [120.0, 99.0, 91.0], []
    for entry in (125.0, 130.0, 128.0):
        now = [entry, now[0] * first, now[1] * second]
        found.append(now)
    published = [[125, 111.00000, 95.81579], [130, 115.625, 107.42982], [128, 120.250, 111.90607]]
    assert np.allclose(found, published, atol=5e-6)


def test_pooled_ratio_by_hand():
    # (95 + 99) / (100 + 110) over two years, 99 / 110 over one, and nothing of a year group that was never there.
    assert pooled_ratio(K, ONE, 2) == pytest.approx(194 / 210)
    assert pooled_ratio(K, ONE, 1) == pytest.approx(99 / 110)
    assert np.isnan(pooled_ratio(K, np.full(3, np.nan), 3))


def test_pooled_ratio_takes_the_latest_usable_years_across_a_bad_one():
    before, after = np.array([100.0, 100, np.nan, 100, 100]), np.array([50.0, 90, np.nan, 80, 95])
    # 2nd from 1st: 90; 5th from 4th: 95; the two changes around the bad year are not there.
    assert pooled_ratio(before, after, 2) == pytest.approx(185 / 200)


def slow_empirical_bayes(top, bottom, target, dispersion):
    """The moments estimator in loops, as equation E3 of the design notes has it."""
    ratios = [t / b for t, b in zip(top, bottom, strict=True)]
    low, high = np.quantile(ratios, [0.05, 0.95])
    total = sum(bottom)
    squares = sum(b * (min(max(r, low), high) - m) ** 2 for r, b, m in zip(ratios, bottom, target, strict=True))
    mean = sum(target) / len(target)
    between = max(0.0, (squares - (len(top) - 1) * dispersion * mean) / (total - sum(b * b for b in bottom) / total))
    out = []
    for r, b, m in zip(ratios, bottom, target, strict=True):
        weight = between / (between + dispersion * m / b)
        out.append(weight * r + (1 - weight) * m)
    return out


@given(st.lists(st.tuples(st.floats(20, 2000), st.floats(0.6, 1.4)), min_size=2, max_size=9), st.floats(0.2, 2.0))
def test_shrinking_against_slow_loops(schools, dispersion):
    bottom = np.array([pupils for pupils, _ in schools])
    top = bottom * np.array([ratio for _, ratio in schools])
    target = np.full(len(schools), top.sum() / bottom.sum())
    found, _ = shrunk(top, bottom, target, dispersion)
    assert np.allclose(found, slow_empirical_bayes(top, bottom, target, dispersion))


@given(st.lists(st.tuples(st.floats(20, 2000), st.floats(0.6, 1.4)), min_size=1, max_size=9))
def test_a_shrunk_ratio_lies_between_its_own_and_the_target(schools):
    bottom = np.array([pupils for pupils, _ in schools])
    own = np.array([ratio for _, ratio in schools])
    target = np.full(len(schools), (own * bottom).sum() / bottom.sum())
    found, spread = shrunk(own * bottom, bottom, target, 0.55)
    assert (found >= np.minimum(own, target) - 1e-9).all() and (found <= np.maximum(own, target) + 1e-9).all()
    assert (spread >= 0).all()


def test_the_fewer_pupils_the_nearer_to_the_others():
    bottom = np.array([1000.0, 30.0, 1000.0, 1000.0])
    found, _ = shrunk(bottom * np.array([1.2, 1.2, 0.8, 1.0]), bottom, np.ones(4), 0.55)
    assert found[0] - 1 > 1.4 * (found[1] - 1) > 0


def test_a_school_never_seen_has_the_target_and_is_less_sure():
    found, spread = shrunk(np.array([120.0, 80.0, 0.0]), np.array([100.0, 100.0, 0.0]), np.ones(3), 0.2)
    assert found[2] == 1.0 and spread[2] > spread[0]


def test_alike_schools_keep_the_ratio_they_share_and_one_census_gives_ones():
    known = np.array([[[100.0] * 4, [90.0] * 4], [[50.0] * 4, [45.0] * 4]])
    assert np.allclose(progression(known, 5, BOUNDS, 0.55, 50.0).ratio[:, 1], 0.9)
    assert np.allclose(progression(known[:, :, :1], 5, BOUNDS, 0.55, 50.0).ratio[:, 1], 1.0)


def test_a_year_group_that_was_moved_is_left_out():
    steady = np.tile(np.array([[60.0], [58.0], [57.0]]), (4, 1, 6))
    moved = steady.copy()
    moved[0, 2, 3] = 400.0                # a class from elsewhere: 400 of 58
    clean = progression(steady, 5, BOUNDS, 0.55, 50.0).ratio
    assert np.allclose(progression(moved, 5, BOUNDS, 0.55, 50.0).ratio[:, 1:], clean[:, 1:], atol=1e-3)


def test_an_intake_teaches_no_ratio():
    known = np.tile(np.array([[60.0], [180.0], [175.0]]), (3, 1, 6))
    goes_on = np.array([[False, False, True]] * 3)
    found = progression(known, 5, BOUNDS, 0.55, 50.0, goes_on)
    assert np.allclose(found.ratio[:, 2], 175 / 180)


def test_the_dispersion_is_found_in_long_histories_and_believed_in_short_ones():
    random = np.random.default_rng(3)
    before = np.full((60, 12), 80.0)
    for true in (0.2, 1.0):
        after = 80.0 + random.normal(0.0, np.sqrt(true * 80.0), (60, 12))
        assert learned_dispersion(before, after, 11, BOUNDS, 0.55, 20.0) == pytest.approx(true, rel=0.15)
    assert learned_dispersion(before[:, :1], before[:, :1], 5, BOUNDS, 0.55, 20.0) == 0.55


def test_one_wild_year_group_does_not_rule_the_dispersion():
    before = np.full((40, 7), 80.0)
    after = before.copy()
    after[0, 3] = 230.0
    assert learned_dispersion(before, after, 6, BOUNDS, 0.55, 50.0) < 0.55
