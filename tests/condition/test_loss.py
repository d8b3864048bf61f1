"""What poor condition loses: by hand, and against a plain year-by-year simulation of expected shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.deterioration import grade_shares, transition_matrices
from capplan.condition.loss import avoided_by_grade, loss_to_come, yearly_loss


def one_year(shares, drops):
    """Shares at the start of the next year."""
    after = [0.0] * 5
    for grade in range(5):
        leaves = drops[grade] if grade < 4 else 0.0
        after[grade] += shares[grade] * (1 - leaves)
        if grade < 4:
            after[grade + 1] += shares[grade] * leaves
    return after


def simulated_loss(shares, drops, yearly, handed_on, rate, years):
    """Discounted loss of ``years`` years and of what is handed on after them, year by year."""
    total, worth = 0.0, 1.0
    for _ in range(years):
        for grade in range(5):
            total += worth * shares[grade] * yearly[grade]
        shares = one_year(shares, drops)
        worth /= 1 + rate
    return total + worth * sum(shares[grade] * handed_on[grade] for grade in range(5))


def sure(grade):
    return [1.0 if g == grade else 0.0 for g in range(5)]


def test_year_by_hand():
    """Patching 2% of 300, 5% of 1,000, 15% of 1,100; at D also 0.4 x 0.5 x 1,100 = 220 for failing."""
    loss = yearly_loss(np.array([[0, 100, 300, 1000, 1100.0]]), np.array([[0, 0, 0.02, 0.05, 0.15]]), np.array([0.5]),
                       np.array([0.4]))
    assert loss[0] == pytest.approx([0, 0, 6, 50 + 220, 165])


def test_year_leaves_its_inputs_alone():
    costs, shares = np.array([[0, 100, 300, 1000, 1100.0]]), np.array([[0, 0, 0.02, 0.05, 0.15]])
    before = costs.copy(), shares.copy()
    yearly_loss(costs, shares, np.array([0.5]), np.array([0.4]))
    assert (costs == before[0]).all()
    assert (shares == before[1]).all()


def test_loss_to_come_by_hand():
    """At D, half failing a year, 25% a year: year one 4, year two (0.5 x 4 + 0.5 x 2) / 1.25 = 2.4, together 6.4; handed on
    after two years is 0.25 x 10 + 0.75 x 20 = 17.5, / 1.5625 = 11.2. In all 17.6."""
    shares = grade_shares(transition_matrices(np.array([[0, 0, 0, 0.5]])), 2)
    to_come = loss_to_come(shares, np.array([0]), np.array([[0, 0, 0, 4, 2.0]]), np.array([[0, 0, 0, 10, 20.0]]), 0.25, 2)
    assert to_come[0, 3, 2] == pytest.approx(17.6)
    assert to_come[0, 3, 0] == pytest.approx(10.0)
    assert to_come[0, 0].tolist() == [0, 0, 0]


def test_avoided_by_hand():
    """With one year left after the year of the works, at D, half failing: left alone it would start that year half at D
    (loss 4) and half at E (loss 2), 3 in all; brought to A it loses nothing (A does not wear here)."""
    matrices = transition_matrices(np.array([[0, 0, 0, 0.5]]))
    to_come = loss_to_come(grade_shares(matrices, 1), np.array([0]), np.array([[0, 0, 0, 4, 2.0]]), np.zeros((1, 5)), 0.0, 1)
    assert avoided_by_grade(to_come, matrices, np.array([0]))[0, :, 1] == pytest.approx([0, 0, 0, 3, 2])


chance = st.floats(0, 1, allow_subnormal=False)
pounds = st.lists(st.floats(0, 1e5, allow_subnormal=False), min_size=5, max_size=5)
components = st.lists(st.tuples(st.integers(0, 2), pounds, pounds), min_size=1, max_size=4)
three_types = st.lists(st.tuples(chance, chance, chance, chance), min_size=3, max_size=3)
near = {"rel": 1e-9, "abs": 1e-6}


@settings(deadline=None, max_examples=60)
@given(three_types, components, st.floats(0, 0.2), st.integers(0, 12), st.integers(0, 5))
def test_loss_to_come_against_a_simulation(drops, parts, rate, years, spare):
    kinds = np.array([kind for kind, _, _ in parts])
    yearly, handed_on = (np.array([row[i] for row in parts]) for i in (1, 2))
    shares = grade_shares(transition_matrices(np.array(drops)), years + spare)
    to_come = loss_to_come(shares, kinds, yearly, handed_on, rate, years)
    assert to_come.shape == (len(parts), 5, years + 1)
    for i, (kind, year_gbp, left_gbp) in enumerate(parts):
        for grade in range(5):
            for left in range(years + 1):
                plain = simulated_loss(sure(grade), drops[kind], year_gbp, left_gbp, rate, left)
                assert to_come[i, grade, left] == pytest.approx(plain, **near)


@settings(deadline=None, max_examples=60)
@given(three_types, components, st.floats(0, 0.2), st.integers(0, 12))
def test_avoided_against_two_simulations(drops, parts, rate, years):
    """What is lost after the year of the works if nothing is done, less what is lost by a component that starts at A."""
    kinds = np.array([kind for kind, _, _ in parts])
    yearly, handed_on = (np.array([row[i] for row in parts]) for i in (1, 2))
    matrices = transition_matrices(np.array(drops))
    to_come = loss_to_come(grade_shares(matrices, years), kinds, yearly, handed_on, rate, years)
    avoided = avoided_by_grade(to_come, matrices, kinds)
    for i, (kind, year_gbp, left_gbp) in enumerate(parts):
        for grade in range(5):
            for left in range(years + 1):
                rest = (drops[kind], year_gbp, left_gbp, rate, left)
                plain = simulated_loss(one_year(sure(grade), drops[kind]), *rest) - simulated_loss(sure(0), *rest)
                assert avoided[i, grade, left] == pytest.approx(plain, **near)


@settings(deadline=None, max_examples=60)
@given(st.tuples(chance, chance, chance, chance), pounds, st.floats(0, 3), st.floats(0, 0.2), st.integers(1, 10))
def test_year_loss_against_counting_arrivals(drops, costs, multiple, rate, years):
    """Patching at C, D and E, and the loss at failure whenever some share arrives at E, counted one by one."""
    costs = [0.0, *sorted(costs[1:])]
    patching = [0, 0, 0.02, 0.05, 0.15]
    yearly = yearly_loss(np.array([costs]), np.array([patching], float), np.array([multiple]), np.array([drops[3]]))
    matrices = transition_matrices(np.array([drops]))
    to_come = loss_to_come(grade_shares(matrices, years), np.array([0]), yearly, np.zeros((1, 5)), rate, years)
    for start in range(5):
        shares, total, worth = sure(start), 0.0, 1.0
        for _ in range(years):
            after = one_year(shares, drops)
            arrived = after[4] - shares[4]
            total += worth * (sum(shares[g] * patching[g] * costs[g] for g in range(5)) + arrived * multiple * costs[4])
            shares, worth = after, worth / (1 + rate)
        assert to_come[0, start, years] == pytest.approx(total, **near)
