"""Worth of a survey: by hand, against slow loops over every outcome, and what always holds of information."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition import information
from capplan.condition.information import survey_next, value_of_group_survey, value_of_survey
from capplan.errors import DataError

ROOF = np.array([[0, 0.4, 0, 0.6, 0]])
WORKS = np.array([[[0, 0, 0, 0, 0], [-60, -60, -20, 40, 40.0]]])
FUZZY = np.array([[0.8, 0.2, 0, 0, 0], [0.1, 0.7, 0.2, 0, 0], [0, 0.2, 0.6, 0.2, 0], [0, 0, 0.3, 0.6, 0.1],
                  [0, 0, 0, 0.1, 0.9]])
seeds = st.integers(0, 2**32 - 1)


def shares(rng, *shape):
    """Random chances, some of them exactly zero."""
    weights = rng.random(shape) * (rng.random(shape) < 0.7)
    weights[..., rng.integers(shape[-1])] += 0.1
    return weights / weights.sum(axis=-1, keepdims=True)


def units(seed, n=4, decisions=3):
    rng = np.random.default_rng(seed)
    gains = rng.integers(-50, 50, (n, decisions, 5)).astype(float)
    gains[:, 0] = 0
    return shares(rng, n, 5), gains, shares(rng, 5, 5)


def slowly(probability, gains, seen_as):
    """Mean gain with and without a survey of units decided together: every truth and every record, one by one."""
    units, decisions = range(len(probability)), range(gains.shape[1])

    def chance_of(truth):
        return np.prod([probability[u][truth[u]] for u in units])

    truths = [truth for truth in itertools.product(range(5), repeat=len(probability)) if chance_of(truth) > 0]

    def gain(decision, truth):
        return sum(gains[u][decision][truth[u]] for u in units)

    now = max(sum(chance_of(truth) * gain(d, truth) for truth in truths) for d in decisions)
    after = 0.0
    for record in itertools.product(range(5), repeat=len(probability)):
        joint = [chance_of(truth) * np.prod([seen_as[truth[u]][record[u]] for u in units]) for truth in truths]
        after += max(sum(weight * gain(d, truth) for weight, truth in zip(joint, truths, strict=True)) for d in decisions)
    return now, after


def test_two_records_by_hand():
    # Without a survey the works gain 0.4 x -60 + 0.6 x 40 = 0: as good as nothing, which comes first. Perfect: 0.6 x 40.
    perfect = value_of_survey(ROOF, WORKS)
    assert (perfect.now_gbp[0], perfect.best_now[0]) == (pytest.approx(0), 0)
    assert perfect.worth_gbp[0] == pytest.approx(24) == perfect.perfect_gbp[0] == perfect.with_survey_gbp[0]
    assert perfect.best_if_seen[0].tolist() == [0, 0, 0, 1, 0] and perfect.can_change[0]
    # Half of the Ds are recorded as B: B recorded 0.4 + 0.3, works then gain 0.4 x -60 + 0.3 x 40 < 0; D: 0.3 x 40 = 12.
    poor = np.eye(5)
    poor[3] = [0, 0.5, 0, 0.5, 0]
    survey = value_of_survey(ROOF, WORKS, poor)
    assert survey.worth_gbp[0] == pytest.approx(12) and survey.perfect_gbp[0] == pytest.approx(24)


def test_the_group_by_hand():
    # Two such roofs under one contract: D and D gains 80 at 0.36, B and D loses 20, B and B loses 120: 0.36 x 80 = 28.8.
    survey = value_of_group_survey(["x", "x"], np.repeat(ROOF, 2, axis=0), np.repeat(WORKS, 2, axis=0))
    assert survey.worth_gbp[0] == pytest.approx(28.8) and survey.exact[0] and survey.standard_error_gbp[0] == 0
    assert survey.most_gbp[0] == pytest.approx(48)


def test_units_certain_one_by_one_may_leave_the_group_in_doubt():
    # Works gain 1 on the first for certain and lose 0.5 or 1.5 on the second: together half a pound up or down.
    gains = np.zeros((2, 2, 5))
    gains[0, 1], gains[1, 1] = 1.0, [-0.5, -1.5, 0, 0, 0]
    chance = np.array([[1.0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0]])
    assert value_of_survey(chance, gains).worth_gbp.tolist() == [0, 0]
    group = value_of_group_survey([7, 7], chance, gains)
    assert group.worth_gbp[0] == pytest.approx(0.25) and group.most_gbp[0] == pytest.approx(1.0) and group.can_change[0]


@pytest.mark.parametrize("seed", range(12))
def test_units_agree_with_every_outcome_one_by_one(seed):
    chance, gains, seen_as = units(seed)
    survey = value_of_survey(chance, gains, seen_as)
    for unit in range(len(chance)):
        now, after = slowly(chance[[unit]], gains[[unit]], seen_as)
        assert survey.now_gbp[unit] == pytest.approx(now)
        assert survey.with_survey_gbp[unit] == pytest.approx(after)
        assert survey.perfect_gbp[unit] == pytest.approx(slowly(chance[[unit]], gains[[unit]], np.eye(5))[1] - now)


@pytest.mark.parametrize("seed", range(6))
def test_groups_agree_with_every_outcome_one_by_one(seed):
    chance, gains, seen_as = units(seed, n=3)
    group = np.array(["b", "a", "b"])
    survey = value_of_group_survey(group, chance, gains, seen_as)
    assert survey.groups.tolist() == ["a", "b"] and survey.exact.all()
    for place, name in enumerate(survey.groups):
        own = group == name
        now, after = slowly(chance[own], gains[own], seen_as)
        perfect = slowly(chance[own], gains[own], np.eye(5))[1] - now
        free = sum(slowly(chance[[u]], gains[[u]], np.eye(5))[1] for u in np.flatnonzero(own)) - now
        assert [survey.now_gbp[place], survey.worth_gbp[place], survey.perfect_gbp[place], survey.most_gbp[place]] == (
            pytest.approx([now, after - now, perfect, free], abs=1e-9))
        assert survey.can_change[place] == (after - now > 1e-9)


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_worth_lies_between_nothing_and_perfect_information(seed):
    chance, gains, seen_as = units(seed)
    survey, exact = value_of_survey(chance, gains, seen_as), value_of_survey(chance, gains)
    assert (survey.worth_gbp >= 0).all() and (survey.worth_gbp <= survey.perfect_gbp + 1e-9).all()
    np.testing.assert_array_equal(survey.worth_gbp > 0, survey.can_change)
    np.testing.assert_array_equal(survey.can_change, (survey.best_if_seen != survey.best_now[:, None]).any(axis=1))
    np.testing.assert_allclose(value_of_survey(chance, gains, np.eye(5)).worth_gbp, exact.perfect_gbp)
    group = value_of_group_survey(np.zeros(4, int), chance, gains, seen_as)
    assert 0 <= group.worth_gbp[0] <= group.perfect_gbp[0] + 1e-9 and group.perfect_gbp[0] <= group.most_gbp[0] + 1e-9


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_a_record_garbled_further_is_never_worth_more(seed):
    chance, gains, seen_as = units(seed)
    garbled = seen_as @ shares(np.random.default_rng(seed + 1), 5, 5)
    better, worse = (value_of_survey(chance, gains, record).worth_gbp for record in (seen_as, garbled))
    assert (worse <= better + 1e-9).all()
    better, worse = (value_of_group_survey(np.zeros(4), chance, gains, record).worth_gbp for record in (seen_as, garbled))
    assert worse[0] <= better[0] + 1e-9


@given(seeds, st.floats(0.01, 1e6))
@settings(deadline=None, max_examples=40)
def test_worth_is_in_the_unit_of_the_gains_and_the_order_of_decisions_does_not_matter(seed, scale):
    chance, gains, seen_as = units(seed)
    gains += np.random.default_rng(seed).random(gains.shape)      # no ties
    own = value_of_survey(chance, gains, seen_as)
    np.testing.assert_allclose(value_of_survey(chance, scale * gains, seen_as).worth_gbp, scale * own.worth_gbp)
    order = np.random.default_rng(seed).permutation(3)
    turned = value_of_survey(chance, gains[:, order], seen_as)
    np.testing.assert_allclose(turned.worth_gbp, own.worth_gbp, atol=1e-9)
    np.testing.assert_array_equal(order[turned.best_now], own.best_now)
    np.testing.assert_array_equal(order[turned.best_if_seen], own.best_if_seen)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_learned_where_one_decision_is_best_at_every_grade_or_the_grade_is_certain(seed):
    chance, gains, seen_as = units(seed, n=30)
    dominated = gains.copy()
    dominated[:, 2] = gains.max(axis=1) + 0.1
    certain = np.eye(5)[np.arange(30) % 5]
    blind = np.full((5, 5), 0.2)
    for own, gain, record in ((chance, dominated, seen_as), (certain, gains, seen_as), (chance, gains, blind)):
        survey = value_of_survey(own, gain, record)
        assert survey.worth_gbp.tolist() == [0.0] * 30 and not survey.can_change.any()
        np.testing.assert_array_equal(survey.best_if_seen, np.repeat(survey.best_now[:, None], 5, axis=1))
        group = value_of_group_survey(np.arange(30) // 10, own, gain, record)
        assert group.worth_gbp.tolist() == [0.0] * 3 and not group.can_change.any()
        np.testing.assert_allclose(group.with_survey_gbp, group.now_gbp)


def test_sampling_agrees_with_enumeration_within_its_error_and_says_so(monkeypatch):
    rng = np.random.default_rng(5)
    chance, gains = shares(rng, 60, 5), rng.normal(0, 10, (60, 3, 5))
    group = np.arange(60) // 5
    exact = value_of_group_survey(group, chance, gains, FUZZY)
    monkeypatch.setattr(information, "MOST_OUTCOMES", 1)
    drawn = value_of_group_survey(group, chance, gains, FUZZY, seed=11)
    assert exact.exact.all() and not drawn.exact[drawn.can_change].any()
    error = (drawn.worth_gbp - exact.worth_gbp) / np.where(drawn.can_change, drawn.standard_error_gbp, 1)
    assert np.abs(error).max() < 4 and drawn.can_change.sum() >= 10
    np.testing.assert_array_equal(drawn.can_change, exact.can_change)
    np.testing.assert_allclose(drawn.most_gbp, exact.most_gbp)


def test_a_large_group_agrees_with_the_normal_distribution():
    # 400 units gain -1 or 1, as likely: the sum is normal with deviation 20, and E max(0, S) = 20 / sqrt(2 pi).
    chance = np.tile([0.5, 0.5, 0, 0, 0], (400, 1))
    gains = np.tile([[0, 0, 0, 0, 0], [-1, 1, 0, 0, 0.0]], (400, 1, 1))
    survey = value_of_group_survey(np.zeros(400), chance, gains, seed=3)
    assert survey.worth_gbp[0] == pytest.approx(20 / np.sqrt(2 * np.pi), abs=4 * survey.standard_error_gbp[0])
    assert not survey.exact[0] and 0 < survey.standard_error_gbp[0] < 0.1 and survey.most_gbp[0] == 200


def test_a_group_meets_the_same_draws_whoever_else_is_asked_about():
    chance, gains, seen_as = units(1, n=30)
    group = np.arange(30) % 2
    whole = value_of_group_survey(group, chance, gains, seen_as, seed=np.random.SeedSequence(9))
    alone = value_of_group_survey(group[group == 1], chance[group == 1], gains[group == 1], seen_as,
                                  seed=np.random.SeedSequence(9))
    assert not whole.exact[1] and whole.worth_gbp[1] == alone.worth_gbp[0]
    again = value_of_group_survey(group, chance, 3 * gains, seen_as, seed=9)
    np.testing.assert_allclose(again.worth_gbp, 3 * whole.worth_gbp)


def test_a_change_too_rare_for_the_draws_is_still_known_to_be_possible():
    chance = np.tile([1 - 1e-9, 1e-9, 0, 0, 0], (40, 1))
    gains = np.tile([[0, 0, 0, 0, 0], [-1, 100, 0, 0, 0.0]], (40, 1, 1))
    survey = value_of_group_survey(np.zeros(40), chance, gains, draws=100)
    assert survey.can_change[0] and not survey.exact[0] and survey.worth_gbp[0] == 0


@pytest.mark.parametrize("chance, gains, record", [
    (ROOF[:, :4], WORKS, None), (ROOF, WORKS[0], None), (ROOF * 0.9, WORKS, None), (ROOF, WORKS + np.inf, None),
    (ROOF, WORKS, np.eye(4)), (ROOF, WORKS, np.eye(5) * 2), (-ROOF, WORKS, None), (ROOF * np.nan, WORKS, None)])
def test_what_cannot_be_is_refused(chance, gains, record):
    with pytest.raises(ValueError, match="shape|Chances|gain"):
        value_of_survey(chance, gains, record)


def test_groups_that_do_not_fit_are_refused_and_none_is_none():
    with pytest.raises(ValueError, match="one group"):
        value_of_group_survey([1, 2], ROOF, WORKS)
    with pytest.raises(ValueError, match="two draws"):
        value_of_group_survey([1], ROOF, WORKS, draws=1)
    assert len(value_of_group_survey([], ROOF[:0], WORKS[:0]).worth_gbp) == 0
    assert len(value_of_survey(ROOF[:0], WORKS[:0]).worth_gbp) == 0


ON = pd.Timestamp("2026-09-01")


def block(block_id, worth=0.0, cost=1000.0, last="2024-09-01", modelled=0.0, backlog=0.0):
    return {"block_id": block_id, "worth_gbp": worth, "cost_gbp": cost, "can_change": worth > 0,
            "last_survey": pd.Timestamp(last) if last else pd.NaT, "modelled_share": modelled, "backlog_gbp": backlog}


def ordered(*rows):
    return survey_next(pd.DataFrame(list(rows)), ON, 5)


def test_order_and_reasons_by_hand():
    order = ordered(
        block("settled"), block("nearly", 800), block("old", last="2020-01-01"), block("older", last="2016-01-01"),
        block("bare small", last=None, modelled=1.0, backlog=10), block("bare large", 10, last=None, modelled=1, backlog=99),
        block("pays", 1500), block("pays most", 9000, last=None, modelled=1.0), block("half", 100, modelled=0.5))
    assert order.block_id.to_list() == ["pays most", "pays", "bare large", "bare small", "older", "old", "nearly", "half",
                                        "settled"]
    assert order["rank"].to_list() == list(range(1, 10))
    assert order.set_index("block_id").reason.to_dict() == {
        "pays most": "worth £8,000 more than it costs; never surveyed", "pays": "worth £500 more than it costs",
        "bare large": "never surveyed; worth £990 less than it costs",
        "bare small": "never surveyed; no survey can change this choice",
        "older": "older than 5 years (guidance); no survey can change this choice",
        "old": "older than 5 years (guidance); no survey can change this choice",
        "nearly": "worth £200 less than it costs", "half": "50% of its backlog is modelled; worth £900 less than it costs",
        "settled": "no survey can change this choice"}
    assert order.net_gbp.iloc[0] == 8000 and np.isnan(order.age_years.iloc[0])
    assert order.age_years.iloc[1] == pytest.approx(2.0, abs=0.01)


def test_five_years_to_the_day_are_not_older_than_five_years():
    order = ordered(block("to the day", last="2021-09-01"), block("a day more", last="2021-08-31"))
    assert order.block_id.to_list() == ["a day more", "to the day"] and "older" not in order.reason.iloc[1]
    assert ordered(block("ordered, not yet made", last="2026-12-01")).age_years.item() == 0


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_the_order_is_of_the_blocks_and_not_of_the_rows(seed):
    rng = np.random.default_rng(seed)
    rows = [block(f"B{i}", float(rng.integers(0, 3) * 1000), float(rng.integers(0, 3) * 1000),
                  rng.choice(["2024-01-01", "2010-01-01", ""]), float(rng.random()), float(rng.integers(3)))
            for i in range(12)]
    order = ordered(*rows)
    pd.testing.assert_frame_equal(order, ordered(*[rows[i] for i in rng.permutation(12)]))
    assert sorted(order.block_id) == sorted(row["block_id"] for row in rows)
    pays = ((order.net_gbp > 0) & (order.worth_gbp > 0)).to_numpy()
    assert not pays[np.argmin(pays):].any() or pays.all()


def test_faults_of_blocks_are_told_all_at_once():
    with pytest.raises(DataError) as error:
        ordered(block("A", -1.0), block("A", cost=np.nan, modelled=1.2), block("B", backlog=np.inf))
    assert [(fault.row, fault.column) for fault in error.value.faults] == [
        (2, "worth_gbp"), (3, "cost_gbp"), (3, "modelled_share"), (4, "backlog_gbp"), (3, "block_id")]
    with pytest.raises(ValueError, match="lack worth_gbp"):
        survey_next(pd.DataFrame({"block_id": ["A"]}), ON, 5)
    with pytest.raises(ValueError, match="whole number of years"):
        survey_next(pd.DataFrame([block("A")]), ON, 0)
