"""Chains of hidden states: by hand, the published form of the discrete Weibull law, slow sums, and what always holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.chains import after_works, hasten, markov_chains, weibull_chains, years_to_fail

from . import slow_course as slow

chance = st.floats(0, 1, allow_subnormal=False)
likely = st.floats(0.03, 0.97)
drops = st.lists(st.tuples(chance, chance, chance, chance), min_size=1, max_size=3)


def by_year(chains, kind, grade):
    """Chance of dropping of one kind and grade by whole years in the grade, walking from the state just arrived at."""
    state, found = int(chains.fresh[0, grade]), []
    while True:
        found.append(chains.leave[kind, state])
        if chains.stay_to[state] == state:
            return found
        state = int(chains.stay_to[state])


def stay_of(chances):
    """Mean stay in years where the last chance holds on for ever."""
    total, left = 0.0, 1.0
    for each in chances[:-1]:
        total, left = total + left, left * (1 - each)
    return total + (left / chances[-1] if left else 0.0)


# Hazards ---------------------------------------------------------------------------------------------------------------

def test_twice_the_hazard_by_hand():
    """0.2 a year, twice the hazard: not to drop it must be spared twice: 1 - 0.8 x 0.8 = 0.36; half: 1 - root 0.64 = 0.2."""
    assert hasten(0.2, 2.0) == pytest.approx(0.36)
    assert hasten(0.36, 0.5) == pytest.approx(0.2)


@given(chance, st.integers(1, 6))
def test_whole_multiples_are_so_many_trials(each, times):
    spared = 1.0
    for _ in range(times):
        spared *= 1 - each
    assert hasten(each, times) == pytest.approx(1 - spared, abs=1e-12)


@given(chance, st.floats(0.1, 10), st.floats(0.1, 10))
def test_hasten_keeps_order_and_joins(each, multiple, further):
    once = hasten(each, multiple)
    assert 0 <= once <= 1
    assert hasten(each, 1.0) == pytest.approx(each, abs=1e-12)
    assert hasten(each, max(multiple, further)) >= hasten(each, min(multiple, further))
    assert hasten(max(each, 0.5), multiple) >= hasten(min(each, 0.5), multiple)
    if each < 0.9:
        assert hasten(once, further) == pytest.approx(hasten(each, multiple * further), abs=1e-9)
    assert (hasten(0.0, multiple), hasten(1.0, multiple)) == (0.0, 1.0)


# The Markov option -----------------------------------------------------------------------------------------------------

@given(drops)
def test_markov_chains_show_one_state_a_grade(given_drops):
    chains = markov_chains(np.array(given_drops))
    assert chains.states == 5
    assert chains.leave[:, :4].tolist() == [list(each) for each in given_drops]
    assert (chains.leave[:, 4] == 0).all()
    assert chains.grade.tolist() == chains.stay_to.tolist() == chains.fresh[0].tolist() == [0, 1, 2, 3, 4]
    assert chains.drop_to.tolist() == [1, 2, 3, 4, 4]
    for kind in range(len(given_drops)):
        assert chains.seen[kind].tolist() == np.eye(5).tolist()


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan"), float("inf")])
def test_chances_outside_nought_to_one_are_refused(wrong):
    for ask in (markov_chains, lambda drop: weibull_chains(drop, np.array([2.0]), 3)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            ask(np.array([[0.1, 0.1, wrong, 0.1]]))


@pytest.mark.parametrize(("shape", "longest"), [(0.0, 3), (-1.0, 3), (float("nan"), 3), (2.0, 0)])
def test_a_stay_without_shape_or_years_is_refused(shape, longest):
    with pytest.raises(ValueError, match="shape above 0"):
        weibull_chains(np.full((1, 4), 0.5), np.array([shape]), longest)


# The Weibull option ----------------------------------------------------------------------------------------------------

def test_shape_two_and_a_mean_stay_of_two_years_by_hand():
    """Told apart for three years: survival 1, q, q^4 after 0, 1, 2 years, then a third-year chance 1 - q^5 for ever, so that
    1 + q + q^4 / (1 - q^5) must be 2: q = 0.7054 gives 0.7054 + 0.2476 / 0.8253 x ... = 1. So 0.295 drop in the first year,
    1 - q^3 of the rest in the second and 1 - q^5 in every later one."""
    found = by_year(weibull_chains(np.full((1, 4), 0.5), np.array([2.0]), 3), 0, 1)
    q = 1 - found[0]
    assert 1 + q + q**4 / (1 - q**5) == pytest.approx(2, abs=1e-9)
    assert found == pytest.approx([1 - q, 1 - q**3, 1 - q**5], abs=1e-9)
    assert found[0] == pytest.approx(0.2947, abs=2e-3)


@settings(deadline=None, max_examples=50)
@given(st.tuples(likely, likely, likely, likely), st.floats(1.2, 6), st.integers(1, 8))
def test_chances_against_the_published_form(given_drops, shape, longest):
    """Nakagawa and Osaki (1975): survival q ** (years ** shape), q the chance to outlast the first year."""
    chains = weibull_chains(np.array([given_drops]), np.array([shape]), longest)
    for grade in range(4):
        found = by_year(chains, 0, grade)
        assert len(found) == longest
        for years, each in enumerate(found):
            lasts = (1 - found[0]) ** ((years + 1) ** shape - years**shape)
            assert each == pytest.approx(1 - lasts, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.05, 0.95), st.floats(1.2, 6))
def test_mean_stay_is_one_over_the_markov_chance(each, shape):
    found = by_year(weibull_chains(np.full((1, 4), each), np.array([shape]), 150), 0, 2)
    assert stay_of(found) == pytest.approx(1 / each, rel=1e-6)


@pytest.mark.parametrize(("each", "shape", "within"), [
    (0.05, 0.7, 1e-4), (0.2, 0.7, 1e-4), (0.5, 0.7, 1e-4), (0.9, 0.7, 1e-4), (0.02, 0.95, 1e-5), (0.02, 1.05, 1e-5),
    (0.02, 8.0, 1e-9), (0.3, 10.0, 1e-9)])
def test_mean_stay_of_odd_shapes(each, shape, within):
    """Below 1 the stays have long tails, of which only a little is left out of the sum."""
    found = by_year(weibull_chains(np.full((1, 4), each), np.array([shape]), 3000), 0, 2)
    assert stay_of(found) == pytest.approx(1 / each, rel=within)


@settings(deadline=None, max_examples=40)
@given(likely, st.floats(0.7, 5), st.floats(1.05, 2))
def test_larger_shapes_start_slower_and_rise_faster(each, shape, times):
    """With one mean stay a larger shape makes the first year safer; above 1 the chance rises with the years."""
    chains = weibull_chains(np.full((2, 4), each), np.array([shape, shape * times]), 12)
    slow_rise, fast_rise = by_year(chains, 0, 3), by_year(chains, 1, 3)
    assert fast_rise[0] <= slow_rise[0] + 1e-12
    if shape < 3 and each < 0.8:
        assert fast_rise[0] < slow_rise[0]
    for found, power in ((slow_rise, shape), (fast_rise, shape * times)):
        steps = np.diff(found)
        assert (steps >= -1e-12).all() if power >= 1 else (steps <= 1e-12).all()
    if shape > 1.1 and each < 0.9:
        assert slow_rise[1] > slow_rise[0] * 1.01


@settings(deadline=None, max_examples=40)
@given(st.tuples(likely, likely, likely, likely), st.integers(1, 6))
def test_shape_one_forgets(given_drops, longest):
    chains = weibull_chains(np.array([given_drops]), np.array([1.0]), longest)
    for grade, each in enumerate(given_drops):
        assert by_year(chains, 0, grade) == pytest.approx([each] * longest, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from((0.0, 0.1, 0.4, 0.7, 1.0)), min_size=4, max_size=4), st.sampled_from((1.0, 1.5, 3.0)),
       st.integers(1, 6))
def test_chances_and_years_at_survey_against_slow_sums(given_drops, shape, longest):
    chains = weibull_chains(np.array([[0.5] * 4, given_drops]), np.array([2.0, shape]), longest)
    for grade, each in enumerate(given_drops):
        chances = slow.weibull_chances(each, shape, longest)
        assert by_year(chains, 1, grade) == pytest.approx(chances, abs=1e-9)
        at_survey = np.zeros(chains.states)
        for weight, (_, years, _) in slow.surveyed(slow.Part(chances=[chances] * 4, grade=grade)):
            at_survey[chains.fresh[0, grade] + years] += weight
        assert chains.seen[1, grade] == pytest.approx(at_survey, abs=1e-9)
    assert chains.seen[1, 4].tolist() == [0.0] * (chains.states - 1) + [1.0]


@settings(deadline=None, max_examples=40)
@given(likely, st.floats(0.7, 6), st.integers(1, 10))
def test_an_estate_at_rest_loses_one_in_the_mean_stay_each_year(each, shape, longest):
    """Renewal theory: of components surveyed at a grade, one in (mean stay) drops in the first year."""
    chains = weibull_chains(np.full((1, 4), each), np.array([shape]), longest)
    for grade in range(4):
        assert chains.seen[0, grade] @ chains.leave[0] == pytest.approx(1 / stay_of(by_year(chains, 0, grade)), rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.one_of(likely, st.sampled_from((0.0, 1.0))), min_size=4, max_size=4), st.floats(0.7, 6),
       st.integers(1, 5), st.lists(st.floats(0.2, 5), max_size=2))
def test_every_chain_is_sound(given_drops, shape, longest, multiples):
    chains = after_works(weibull_chains(np.array([given_drops]), np.array([shape]), longest), multiples)
    assert chains.states == 4 * longest * (1 + len(multiples)) + 1
    assert ((chains.leave >= 0) & (chains.leave <= 1)).all()
    assert chains.seen.sum(axis=2) == pytest.approx(1.0)
    assert (chains.seen >= 0).all()
    for grade in range(5):
        assert set(chains.grade[chains.seen[0, grade] > 0]) == {grade}
        assert (chains.grade[chains.fresh[:, grade]] == grade).all()
    worn = chains.grade < 4
    assert (~worn).sum() == 1
    assert (chains.grade[chains.stay_to] == chains.grade).all()
    assert (chains.grade[chains.drop_to] == np.minimum(chains.grade + 1, 4)).all()
    assert (chains.leave[:, ~worn] == 0).all()
    assert set(chains.drop_to) <= set(chains.fresh.ravel()), "a grade is begun at its first year"


@pytest.mark.parametrize(("each", "first"), [(0.0, 0.0), (1.0, 1.0)])
def test_never_and_at_once(each, first):
    """A grade never left is never left in any year; one always left is, and nobody is found to have stayed in it longer."""
    chains = weibull_chains(np.full((1, 4), each), np.array([2.5]), 4)
    assert by_year(chains, 0, 2) == [first] * 4
    assert chains.seen[0, 2, chains.fresh[0, 2]] == 1.0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from((0.1, 0.3, 0.6, 1.0)), min_size=4, max_size=4), st.sampled_from((None, 1.0, 1.7, 3.0)),
       st.integers(1, 6), st.sampled_from(((), (2.0,))))
def test_years_to_failure_are_the_years_not_yet_failed(given_drops, shape, longest, multiples):
    """The mean life is the sum over the years of the chance not to have failed, stepped until nothing is left."""
    drop = np.array([[0.2] * 4, given_drops])
    chains = markov_chains(drop) if shape is None else weibull_chains(drop, np.array([2.0, shape]), longest)
    found = years_to_fail(after_works(chains, multiples))
    for grade in range(5):
        life, now = 0.0, chains.seen[1, grade].tolist()
        while (left := sum(share for share, shown in zip(now, chains.grade, strict=True) if shown < 4)) > 1e-13:
            life, later = life + left, [0.0] * len(now)
            for state, share in enumerate(now):
                later[chains.stay_to[state]] += share * (1 - chains.leave[1, state])
                later[chains.drop_to[state]] += share * chains.leave[1, state]
            now = later
        assert found[1, grade] == pytest.approx(life, rel=1e-9)


def test_years_to_failure_where_a_grade_is_never_left():
    found = years_to_fail(weibull_chains(np.array([[0.5, 0.5, 0.0, 0.25]]), np.array([1.0]), 3))
    assert found[0].tolist() == [np.inf, np.inf, np.inf, pytest.approx(4.0), 0.0]


# After works -----------------------------------------------------------------------------------------------------------

def walked(chains, start, drops_when):
    """Grades and chances met from a state on, dropping in the years named."""
    state, met = start, []
    for year in range(8):
        met.append((int(chains.grade[state]), float(chains.leave[0, state])))
        state = int(chains.drop_to[state] if year in drops_when else chains.stay_to[state])
    return met


@settings(deadline=None, max_examples=40)
@given(st.tuples(likely, likely, likely, likely), st.floats(1.2, 4), st.integers(1, 4),
       st.lists(st.floats(0.2, 5), min_size=1, max_size=3), st.sets(st.integers(0, 7)), st.integers(0, 4))
def test_a_component_after_works_walks_the_same_grades_at_another_pace(given_drops, shape, longest, multiples, when, grade):
    before = weibull_chains(np.array([given_drops]), np.array([shape]), longest)
    after = after_works(before, multiples)
    assert after.fresh.shape == (1 + len(multiples), 5)
    assert walked(after, after.fresh[0, grade], when) == walked(before, before.fresh[0, grade], when)
    for number, multiple in enumerate(multiples):
        old_walk = walked(before, before.fresh[0, grade], when)
        new_walk = walked(after, after.fresh[1 + number, grade], when)
        for (old_grade, old), (new_grade, new) in zip(old_walk, new_walk, strict=True):
            assert new_grade == old_grade
            assert new == pytest.approx(1 - (1 - old) ** multiple, abs=1e-12)
    assert set(after.fresh[:, 4]) == {before.states - 1}, "grade E is shared"
    assert len(set(after.fresh[:, :4].ravel())) == 4 * (1 + len(multiples))
    assert (after.seen[:, :, before.states:] == 0).all(), "nobody is surveyed after works not yet done"
    assert (after.seen[:, :, :before.states] == before.seen).all()
