"""Pupils rolled on: by hand, conserved, the same draws whoever else is there, means and spreads as the theory says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import made_up_rolls

from capplan.pupils.counts import counts_of
from capplan.pupils.flows import Flows, drawn, drawn_totals, expected
from capplan.pupils.outset import flows_from_counts
from capplan.pupils.uncertainty import noise_figures

NOISE = noise_figures()


def flows(start, ratio, intake, **more):
    """Flows of schools A, B ... whose year groups begin at 0."""
    start = np.asarray(start, float)
    names = tuple("ABCDEFGH"[:len(start)])
    areas = more.pop("areas", ("N",) * len(start))
    return Flows(names, tuple(range(start.shape[1])), start, np.asarray(ratio, float), np.zeros(start.shape),
                 np.asarray(intake, float), np.zeros(start.shape), areas, NOISE, 0.55, **more)


def test_rolled_on_by_hand():
    made = flows([[10, 20, 30]], [[np.nan, 0.5, 2.0]], [[[7, 8], [np.nan] * 2, [np.nan] * 2]])
    assert expected(made)[0].T.tolist() == [[7, 5, 40], [8, 3.5, 10]]


@given(st.lists(st.floats(0, 200), min_size=4, max_size=4), st.lists(st.floats(0, 100), min_size=5, max_size=5))
def test_pupils_are_conserved_where_all_go_on(start, entries):
    # Who is in the school after five years came in during them or was there and has not yet left at the top.
    intake = np.full((1, 4, 5), np.nan)
    intake[0, 0] = entries
    found = expected(flows([start], [[np.nan, 1, 1, 1]], intake))[0]
    history = [*start[::-1], *entries]
    for year in range(5):
        assert found[:, year].sum() == pytest.approx(sum(history[year + 1:year + 5]), abs=1e-3)


def test_pupils_fed_by_sister_schools_leave_them_and_arrive():
    # Two primaries of two year groups feed the first year of a third school: 60% and 50% of 40 and 20, and 5 from elsewhere.
    start = [[30, 40, 0], [10, 20, 0], [0, 0, 50]]
    ratio = [[np.nan, 1, np.nan], [np.nan, 1, np.nan], [np.nan] * 3]
    intake = np.full((3, 3, 1), np.nan)
    intake[0, 0], intake[1, 0], intake[2, 2] = 30, 10, 5
    fed = np.zeros((3, 3))
    fed[2, :2] = 0.6, 0.5
    found = expected(flows(start, ratio, intake, fed=fed, fed_group=2))[..., 0]
    assert found.tolist() == [[30, 30, 0], [10, 10, 0], [0, 0, 5 + 24 + 10]]


def test_admission_numbers_cap_an_intake_and_sister_schools_take_part_of_the_rest():
    intake = np.full((2, 2, 1), np.nan)
    intake[:, 0, 0] = 40, 25
    most = np.full((2, 2, 1), np.inf)
    most[:, 0] = 30
    made = flows([[30, 30], [20, 20]], [[np.nan, 1]] * 2, intake, most=most)
    assert expected(made)[:, 0, 0].tolist() == [30, 25]
    assert expected(replace(made, spill_share=0.3))[:, 0, 0].tolist() == [30, 28]
    assert expected(replace(made, spill_share=1.0))[:, 0, 0].tolist() == [30, 30]
    assert expected(replace(made, spill_share=1.0, areas=("N", "S")))[:, 0, 0].tolist() == [30, 25]


def test_pupils_who_are_there_are_not_sent_away_by_a_lower_number():
    most = np.full((1, 2, 1), 20.0)
    intake = np.array([[[15.0], [np.nan]]])
    found = expected(flows([[30, 30]], [[np.nan, 1.2]], intake, most=most))
    assert found[0, :, 0].tolist() == [15, 30]          # 36 would come, 30 had their places


def test_a_place_led_school_has_as_many_pupils_as_places():
    intake = np.full((1, 3, 4), np.nan)
    intake[0, 0] = 8
    made = flows([[8, 9, 10]], [[np.nan, 1.1, 1.1]], intake, places=np.array([[30, 30, 40, 40.0]]))
    assert np.allclose(expected(made).sum(axis=1), [[30, 30, 40, 40]])
    assert np.allclose(drawn(made, 50, 1, 2026).sum(axis=1), np.array([[30, 30, 40, 40]])[..., None], atol=1e-3)


@pytest.fixture(scope="module")
def learned():
    return flows_from_counts(counts_of(made_up_rolls(1, schools=6, years=10)), 5, 5, NOISE)


def test_the_draws_have_the_mean_and_the_spread_of_the_theory(learned):
    # One year ahead, by formula: chance that year groups share and their own, the walk, the area, what was learned.
    draws, mean = drawn(learned, 4000, 3, 2009)[:, :, 0], expected(learned)[:, :, 0]
    assert np.allclose(draws.mean(axis=-1), mean, rtol=0.02)
    entries, noise = learned.entries, NOISE
    over = np.where(entries, noise.entry_noise, learned.dispersion)
    beyond = np.where(entries, noise.entry_spread, noise.spread)
    own = mean * (over + beyond ** 2 * mean)
    sure = np.where(entries, np.nan_to_num(learned.intake_spread), np.nan_to_num(learned.ratio_spread)) * mean
    variance = ((1 - noise.shared_share) * own.sum(axis=1) + noise.shared_share * np.sqrt(own).sum(axis=1) ** 2
                + (sure ** 2).sum(axis=1) + (noise.school_walk * mean.sum(axis=1)) ** 2
                + ((noise.area_walk * mean * entries) ** 2).sum(axis=1))
    assert np.allclose(draws.sum(axis=1).std(axis=-1), np.sqrt(variance), rtol=0.05)


def test_the_mean_of_the_draws_stays_as_expected_over_the_years(learned):
    draws = drawn(learned, 6000, 5, 2009)
    assert np.allclose(draws.mean(axis=-1).sum(axis=(0, 1)), expected(learned).sum(axis=(0, 1)), rtol=0.015)


def test_intakes_of_one_area_move_together_and_those_of_others_do_not(learned):
    own = replace(learned, areas=("N", "N", "S", "S", "S", "S"))
    entry = drawn(own, 3000, 3, 2009)[:, 0, -1]
    together = np.corrcoef(entry)
    assert together[0, 1] > 0.15 and abs(together[0, 2]) < 0.08
    # The trust's total is less sure than schools that had nothing in common would make it.
    total = drawn(learned, 3000, 3, 2009)[:, 0, -1]
    assert total.sum(axis=0).var() > 1.5 * total.var(axis=1).sum()


def test_another_school_changes_no_draws_of_the_others():
    rolls = made_up_rolls(2, schools=5, years=10)
    made = flows_from_counts(counts_of(rolls), 4, 5, NOISE)
    fewer = replace(made, schools=made.schools[:3], areas=made.areas[:3], **{
        name: getattr(made, name)[:3] for name in ("start", "ratio", "ratio_spread", "intake", "intake_spread")})
    assert np.array_equal(drawn(made, 40, 9, 2009)[:3], drawn(fewer, 40, 9, 2009))
    turned = replace(made, schools=made.schools[::-1], **{
        name: getattr(made, name)[::-1] for name in ("start", "ratio", "ratio_spread", "intake", "intake_spread")})
    assert np.array_equal(drawn(made, 40, 9, 2009), drawn(turned, 40, 9, 2009)[::-1])


def test_totals_are_sums_of_the_draws(learned):
    assert np.allclose(drawn_totals(learned, 50, 4, 2009), drawn(learned, 50, 4, 2009).sum(axis=1), rtol=1e-5)


def test_a_longer_forecast_begins_as_a_shorter_one_and_seeds_differ(learned):
    shorter = replace(learned, intake=learned.intake[:, :, :3])
    assert np.array_equal(drawn(learned, 30, 1, 2009)[:, :, :3], drawn(shorter, 30, 1, 2009))
    assert not np.array_equal(drawn(learned, 30, 1, 2009), drawn(learned, 30, 2, 2009))


def test_later_data_change_nothing_of_an_earlier_forecast():
    rolls = made_up_rolls(4, schools=5, years=14)
    early = counts_of(rolls[rolls.year <= 2008])
    one, other = (flows_from_counts(counts, 4, 5, NOISE) for counts in (counts_of(rolls).until(2008), early))
    assert np.array_equal(expected(one), expected(other))
    assert np.array_equal(drawn(one, 20, 0, 2008), drawn(other, 20, 0, 2008))


def test_a_bad_year_teaches_nothing_and_a_reorganised_year_group_neither():
    rolls = made_up_rolls(5, schools=5, years=10)
    spoilt = rolls.assign(pupils=rolls.pupils.where(rolls.year != 2005, rolls.pupils * 3))
    bad = [flows_from_counts(counts_of(frame, (2005,)), 3, 5, NOISE) for frame in (rolls, spoilt)]
    assert np.array_equal(expected(bad[0]), expected(bad[1]))
    moved = (rolls.school_id == "S01") & (rolls.year == 2006) & (rolls.year_group == 3)
    flagged = [counts_of(frame.assign(flag=np.where(moved, "reorganised", ""))) for frame in (
        rolls, rolls.assign(pupils=rolls.pupils.where(~moved, rolls.pupils * 2)))]
    assert np.array_equal(*(expected(flows_from_counts(counts, 3, 5, NOISE)) for counts in flagged))


def test_a_school_with_one_census_goes_on_as_the_others_do():
    rolls = made_up_rolls(6, schools=6, years=10)
    new = rolls[(rolls.school_id != "S00") | (rolls.year == 2009)]
    made = flows_from_counts(counts_of(new), 3, 5, NOISE)
    place = made.schools.index("S00")
    assert np.isfinite(expected(made)).all() and (expected(made)[place].sum(axis=0) > 0).all()
    others = np.delete(made.ratio[:, 1:], place, axis=0)
    assert (made.ratio[place, 1:] >= others.min(axis=0) - 1e-9).all()
    assert (made.ratio[place, 1:] <= others.max(axis=0) + 1e-9).all()
    assert made.ratio_spread[place, 1:].mean() >= np.delete(made.ratio_spread[:, 1:], place, axis=0).mean()


def test_where_no_school_has_two_censuses_ratios_are_one_and_known_to_be_unsure():
    rolls = made_up_rolls(6, schools=6, years=10)
    once = flows_from_counts(counts_of(rolls[rolls.year == 2009]), 3, 5, NOISE)
    known = flows_from_counts(counts_of(rolls), 3, 5, NOISE)
    assert np.allclose(once.ratio[:, 1:], 1.0) and np.allclose(once.ratio_spread[:, 1:], NOISE.unknown_ratio_spread)
    spread = [drawn(made, 500, 1, 2009).sum(axis=1)[:, -1].std(axis=-1).mean() for made in (once, known)]
    assert spread[0] > spread[1]


def test_only_what_a_school_has_is_forecast():
    frame = pd.DataFrame([("P", year, group, 30) for year in range(2015, 2022) for group in range(7)]
                         + [("H", year, group, 90) for year in range(2015, 2022) for group in range(7, 12)],
                         columns=["school_id", "year", "year_group", "pupils"])
    made = flows_from_counts(counts_of(frame), 3, 5, NOISE)
    found = expected(made)
    assert (found[0, 7:] == 0).all() and (found[1, :7] == 0).all()
    assert np.allclose(found[0, :7], 30, rtol=1e-4) and np.allclose(found[1, 7:], 90, rtol=1e-4)
    assert np.argwhere(made.entries).tolist() == [[0, 0], [1, 7]]


def quiet(**more):
    """Noise of nothing but what is asked for."""
    nothing = dict.fromkeys(("spread", "shared_share", "school_walk", "entry_dispersion", "entry_spread", "area_walk"), 0.0)
    return replace(NOISE, **(nothing | more))


def test_a_growth_that_wanders_adds_up_over_the_years():
    # A cohort that goes on for t years has grown by w1 + (w1 + w2) + ... : variance of the logarithm s2 t(t+1)(2t+1)/6.
    start = np.zeros((1, 7))
    start[0, 0] = 500
    intake = np.full((1, 7, 6), np.nan)
    intake[0, 0] = 0.0
    made = replace(flows(start, [[np.nan] + [1] * 6], intake), noise=quiet(school_walk=0.03), dispersion=0.0)
    draws = drawn(made, 20_000, 1, 2026)
    for year in range(1, 7):
        cohort = np.log(draws[0, year, year - 1])
        assert cohort.std() == pytest.approx(0.03 * (year * (year + 1) * (2 * year + 1) / 6) ** 0.5, rel=0.03)
        assert draws[0, year, year - 1].mean() == pytest.approx(500, rel=0.01)


def test_an_intake_of_an_area_that_wanders_is_the_sum_of_its_years():
    intake = np.full((2, 2, 5), np.nan)
    intake[:, 0] = 60.0
    made = replace(flows(np.full((2, 2), 60.0), [[np.nan, 1]] * 2, intake, areas=("N", "S")), noise=quiet(area_walk=0.05),
                   dispersion=0.0)
    logs = np.log(drawn(made, 20_000, 2, 2026)[:, 0])
    assert np.allclose(logs.std(axis=-1), 0.05 * np.sqrt(np.arange(1, 6)), rtol=0.03)
    assert abs(np.corrcoef(logs[:, -1])[0, 1]) < 0.03
    one = drawn(replace(made, areas=("N", "N")), 500, 2, 2026)[:, 0]
    assert np.allclose(one[0], one[1])


def test_what_was_learned_wrong_stays_wrong_in_every_year():
    intake = np.full((1, 3, 4), np.nan)
    intake[0, 0] = 100.0
    spread = np.array([[0.1, 0.2, 0.2]])
    made = replace(flows([[100, 100, 100]], [[np.nan, 1, 1]], intake), noise=quiet(), dispersion=0.0, intake_spread=spread,
                   ratio_spread=spread)
    draws = drawn(made, 20_000, 3, 2026)[0]
    assert np.log(draws[0]).std(axis=-1) == pytest.approx([0.1] * 4, rel=0.03)
    assert np.log(draws[1, 0]).std() == pytest.approx(0.2, rel=0.03)
    assert np.log(draws[2, 3]).std() == pytest.approx((0.1 ** 2 + 2 * 0.2 ** 2) ** 0.5, rel=0.03)
    assert np.corrcoef(np.log(draws[0, 0]), np.log(draws[0, 3]))[0, 1] == pytest.approx(1.0)
    assert draws.mean(axis=-1) == pytest.approx(np.full((3, 4), 100.0), rel=0.02)
