"""Cost of bringing a component to grade A: by hand, and what always holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.costs import repair_costs

LIMITS = (0.5, 2.0)
NONE = float("nan")
A, B, C, D, E = range(5)


def costs_of(quantity, units, local, grade, remedial, replace_only=False, limits=LIMITS):
    """Costs of one component, as a list."""
    return repair_costs(np.array([quantity], float), np.array([units], float), np.array([local], float),
                        np.array([grade]), np.array([remedial], float), np.array([replace_only]), limits)[0].tolist()


def test_unit_costs_alone_by_hand():
    """100 m2 x 1, 3, 10 and 11 GBP per m2 x 1.08 for the South East."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.08, C, NONE) == pytest.approx([0, 108, 324, 1080, 1188])


def test_surveyors_figure_scales_the_other_grades():
    """450 at C against 100 x 3 = 300 is 1.5 times, within the limits, so every grade is 1.5 times its unit cost."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, 450) == pytest.approx([0, 150, 450, 1500, 1650])


def test_a_dear_figure_scales_no_further_than_the_limit():
    """1,500 at C is 5 times 300: it stands at C; the rest is doubled, and D at 2,000 still lies above."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, 1500) == pytest.approx([0, 200, 1500, 2000, 2200])


def test_a_very_dear_figure_lifts_the_worse_grades():
    """6,000 at C lies above twice the unit cost at D (2,000) and E (2,200): a worse grade cannot cost less."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, 6000) == pytest.approx([0, 200, 6000, 6000, 6000])


def test_a_cheap_figure_scales_no_further_than_the_limit():
    """60 at C is a fifth of 300: it stands at C; B is halved to 50, D to 500, E to 550."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, 60) == pytest.approx([0, 50, 60, 500, 550])


def test_a_very_cheap_figure_lowers_the_better_grades():
    """30 at C lies below half the unit cost at B (50): a better grade cannot cost more."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, 30) == pytest.approx([0, 30, 30, 500, 550])


def test_replace_only_costs_a_replacement_at_b_to_d():
    """A CX roof costs the replacement (D's unit cost, 10 x 100 = 1,000) at B, C and D; failed 1,100."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, C, NONE, True) == pytest.approx([0, 1000, 1000, 1000, 1100])


def test_surveyors_figure_for_replacement_stands_at_b_to_d():
    """A BX roof with 1,200 from the surveyor, 1.2 times the unit cost of a replacement; failed 1.2 x 1,100."""
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, B, 1200, True) == pytest.approx([0, 1200, 1200, 1200, 1320])


def test_the_figure_at_grade_a_is_not_used():
    assert costs_of(100, [0, 1, 3, 10, 11], 1.0, A, 700) == pytest.approx([0, 100, 300, 1000, 1100])


def test_a_figure_for_a_quantity_of_nought_stands_and_only_lifts_what_is_worse():
    assert costs_of(0, [0, 1, 3, 10, 11], 1.0, C, 450) == pytest.approx([0, 0, 450, 450, 450])


money = st.floats(0.01, 1e6)
unit_cost = st.one_of(st.just(0.0), st.floats(0.01, 1e4))
units = st.lists(unit_cost, min_size=4, max_size=4).map(sorted).map(lambda cost: [0.0, *cost])
component = st.tuples(st.one_of(st.just(0.0), st.floats(0.01, 1e4)), units, st.floats(0.9, 1.3), st.integers(0, 4),
                      st.one_of(st.just(NONE), money), st.booleans(), st.tuples(st.floats(0, 1), st.floats(1, 10)))


@settings(max_examples=300)
@given(component)
def test_what_always_holds(given_component):
    quantity, unit, local, grade, remedial, replace_only, limits = given_component
    costs = costs_of(quantity, unit, local, grade, remedial, replace_only, limits)
    assert costs[A] == 0
    assert all(worse >= better for better, worse in zip(costs, costs[1:], strict=False)), "never cheaper when worse"
    if remedial == remedial and grade > A:
        assert costs[grade] == remedial or (replace_only and costs[grade] >= remedial), "the surveyor's figure stands"
    if replace_only:
        assert costs[B] == costs[C] == costs[D]
        if remedial == remedial and A < grade < E:
            assert costs[B] == remedial
    if remedial != remedial and not replace_only:
        assert costs == pytest.approx([quantity * cost * local for cost in unit])


@settings(max_examples=200)
@given(component)
def test_against_a_loop(given_component):
    """Each grade by the words of the notes, one at a time."""
    quantity, unit, local, grade, remedial, replace_only, limits = given_component
    estimate = [quantity * cost * local for cost in unit]
    at = D if replace_only and grade > A else grade
    plain = list(estimate)
    if remedial == remedial and at > A:
        ratio = remedial / estimate[at] if estimate[at] > 0 else 1.0
        ratio = min(max(ratio, limits[0]), limits[1])
        for g in range(1, 5):
            if g < at:
                plain[g] = min(estimate[g] * ratio, remedial)
            elif g == at:
                plain[g] = remedial
            else:
                plain[g] = max(estimate[g] * ratio, remedial)
    if replace_only:
        plain[B] = plain[C] = plain[D]
    plain[A] = 0.0
    assert costs_of(*given_component) == pytest.approx(plain, rel=1e-9, abs=1e-9)


def test_components_do_not_touch_each_other():
    """Many at once are the same as each alone."""
    rows = [(100, [0, 1, 3, 10, 11], 1.0, C, 450, False), (5, [0, 2, 2, 2, 9], 0.93, D, NONE, True),
            (7, [0, 4, 5, 6, 7], 1.26, B, 3, False)]
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    together = repair_costs(columns[0], columns[1], columns[2], columns[3].astype(int), columns[4],
                            columns[5].astype(bool), LIMITS)
    for costs, row in zip(together, rows, strict=True):
        assert costs.tolist() == pytest.approx(costs_of(*row))
