"""The course of an estate's condition and what works are worth, against every path a component may take."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition import joint
from capplan.condition.chains import after_works, markov_chains, weibull_chains
from capplan.condition.course import Loss, Works, course, worth
from capplan.condition.deterioration import grade_shares, transition_matrices
from capplan.condition.joint import Beneath, Wear

from . import slow_course as slow

CHANCES = (0.0, 0.15, 0.3, 0.5, 0.8, 1.0)
LAYOUTS = {  # by layout: what each part may lie beneath
    "alone": [()], "unrelated": [(), ()], "pair": [(), (0,)], "pair, child first": [(1,), ()],
    "two causes": [(), (0, 2), ()], "siblings": [(), (0,), (0,)], "line": [(), (0,), (1,)],
    "line, lights first": [(1,), (2,), ()],
}
WIDE = {"line beneath two roofs": [(), (), (0, 1), (2,)], "short or long line": [(), (0,), (), (1, 2)],
        "line and a stranger": [(), (0,), (1,), ()]}


class Case:
    """An estate in both tongues: parts of the slow model, and a Wear."""

    def __init__(self, drops, shapes, longest, multiples, parts):
        self.drops, self.shapes, self.longest, self.multiples, self.parts = drops, shapes, longest, tuple(multiples), parts

    @property
    def paces(self):
        return (1.0, *self.multiples)

    def wear(self, own_hazard=True):
        """Kinds are stored in reverse, so that a row of the chains is never by chance the row of the component."""
        drops = np.array(self.drops[::-1])
        chains = (markov_chains(drops) if self.longest is None
                  else weibull_chains(drops, np.array(self.shapes[::-1]), self.longest))
        own = [np.nan if part.own_hazard is None or not own_hazard else part.own_hazard for part in self.parts]
        return Wear(after_works(chains, self.multiples), np.arange(len(drops))[::-1],
                    np.array([part.grade for part in self.parts]), np.array([part.age_years for part in self.parts]),
                    np.array(own), groups_of(self.parts))


def groups_of(parts):
    by_length = {}
    for number in range(len(parts)):
        for rows, weight, multiple in slow.lines(parts, number):
            by_length.setdefault(len(rows), []).append((rows, weight, multiple))
    return tuple(Beneath(np.array([rows for rows, _, _ in found]), np.array([weight for _, weight, _ in found]),
                         np.array([multiple for _, _, multiple in found]).reshape(len(found), length - 1))
                 for length, found in sorted(by_length.items()))


def part_of(drops, shape=1.0, longest=None, **rest):
    if longest is None:
        return slow.Part(chances=[[chance] for chance in drops], **rest)
    return slow.Part(chances=[slow.weibull_chances(chance, shape, longest) for chance in drops], **rest)


def small(draw, layout, most_years):
    """Years of the plan, oldest survey and years told apart: the less, the more parts are carried at once."""
    most = {1: (most_years, 4, 4), 2: (min(most_years, 4), 3, 3)}.get(len(layout), (min(most_years, 3), 2, 2))
    if len(layout) > 3:
        most = (2, 1, 1)
    return draw(st.integers(1, most[0])), most[1], draw(st.one_of(st.none(), st.integers(1, most[2])))


@st.composite
def cases(draw, layouts=tuple(LAYOUTS), most_years=5, multiples=(1.0, 1.5, 2.0, 3.0, 8.0), own=True):
    """A random estate and the years of its plan."""
    layout = {**LAYOUTS, **WIDE}[draw(st.sampled_from(layouts))]
    years, oldest, longest = small(draw, layout, most_years)
    drops = [[draw(st.sampled_from(CHANCES)) for _ in range(4)] for _ in layout]
    shapes = [draw(st.sampled_from((1.0, 1.5, 2.0, 3.5))) for _ in layout]
    parts = []
    for number, causes in enumerate(layout):
        share = draw(st.sampled_from((0.25, 0.5, 0.9))) if len(causes) == 2 else 1.0
        parts.append(part_of(
            drops[number], shapes[number], longest, grade=draw(st.sampled_from((0, 1, 2, 2, 3, 3, 4))),
            age_years=draw(st.integers(0, oldest)), causes=tuple(zip(causes, (share, 1.0 - share), strict=False)),
            own_hazard=draw(st.sampled_from((None, None, 0.0, 0.4, 1.0))) if own else None,
            multiple=draw(st.sampled_from(multiples)) if causes else 1.0))
    return Case(drops, shapes, longest, draw(st.sampled_from([(), (0.5,), (2.0,), (1.5, 4.0)])), parts), years


@st.composite
def orders(draw, case, years):
    """Works on some parts: number to (year, outcome, set)."""
    found = {}
    for number, part in enumerate(case.parts):
        if draw(st.booleans()):
            outcome = tuple(draw(st.integers(0, grade)) for grade in range(5))
            found[number] = (draw(st.integers(0, years - 1)), outcome, draw(ways_after(case, part)))
    return found


def ways_after(case, *parts):
    """Sets that a component may wear in after works; one with the trust's own hazard leaves the first."""
    least = 1 if any(part.own_hazard is not None for part in parts) and case.multiples else 0
    return st.integers(least, len(case.multiples))


def without_own(case):
    """The same case where works leave nowhere to go but the set as surveyed: nothing then tells works from none."""
    if not case.multiples:
        case.parts = [replace(part, own_hazard=None) for part in case.parts]
    return case


def works_of(found, n):
    year, outcome, after = np.full(n, -1), np.tile(np.arange(5), (n, 1)), np.zeros(n, int)
    for number, (when, brought, way) in found.items():
        year[number], outcome[number], after[number] = when, brought, way
    return Works(year, outcome, after)


def assert_same(case, years, found=None, every_path=False, works=None):
    got = course(case.wear(), years, works if works is not None or not found else works_of(found, len(case.parts)))
    shares, failures = slow.course(case.parts, years, case.paces, found, every_path)
    np.testing.assert_allclose(got.shares, shares, rtol=0, atol=1e-9)
    np.testing.assert_allclose(got.failures, failures, rtol=0, atol=1e-9)
    return got


# By hand ------------------------------------------------------------------------------------------------------------

def roof_and_ceiling(ceiling_grade=3, ages=(0, 0), **rest):
    """A roof that goes from C to D with 0.5 and never further; a ceiling at D that fails with 0.2, twice the hazard beneath
    a poor roof: 1 - 0.8 squared = 0.36."""
    roof, ceiling = [0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.2]
    parts = [part_of(roof, grade=2, age_years=ages[0]),
             part_of(ceiling, grade=ceiling_grade, age_years=ages[1], causes=((0, 1.0),), multiple=2.0, **rest)]
    return Case([roof, ceiling], [1.0, 1.0], None, (1.0,), parts)


def test_a_ceiling_beneath_a_roof_by_hand():
    """Year 0: the roof is at C, the ceiling fails with 0.2. Year 1: the roof is at D with 0.5, whatever the ceiling did:
    0.8 x (0.5 x 0.2 + 0.5 x 0.36) = 0.224. Year 2: 0.25 x 0.64 x 0.2 (roof C) + the roof at D since year 1 (0.5 x 0.8 x
    0.64) or since year 2 (0.25 x 0.64), each x 0.36 = 0.032 + 0.0921600 + 0.0576 = 0.18176."""
    found = course(roof_and_ceiling().wear(), 2)
    assert found.failures[:, 1] == pytest.approx([0.2, 0.224, 0.18176])
    assert found.shares[2, 1] == pytest.approx([0, 0, 0, 0.576, 0.424])
    assert found.shares[2, 0] == pytest.approx([0, 0, 0.25, 0.75, 0])


def test_knowing_the_roof_s_share_at_d_is_not_enough():
    """With the roof's share at D alone (as if the two wore independently) year 2 would give 0.576 x (0.25 x 0.2 + 0.75 x
    0.36) = 0.18432; a ceiling that has lasted is likelier to lie beneath a sound roof."""
    assert course(roof_and_ceiling().wear(), 2).failures[2, 1] < 0.18432 - 1e-3


def test_each_is_aged_from_its_own_survey_by_hand():
    """Roof surveyed a year ago, ceiling two: in the first of those years nobody has seen the roof, in the second it is at
    C. So the ceiling stands at D with 0.8 x 0.8 = 0.64, the roof at D with 0.5."""
    start = course(roof_and_ceiling(ages=(1, 2)).wear(), 0)
    assert start.shares[0, 1] == pytest.approx([0, 0, 0, 0.64, 0.36])
    assert start.shares[0, 0] == pytest.approx([0, 0, 0.5, 0.5, 0])
    assert start.failures[0, 1] == pytest.approx(0.64 * (0.5 * 0.2 + 0.5 * 0.36))


def test_a_roof_already_poor_harms_only_from_its_survey_on():
    """Roof surveyed at D a year ago, ceiling at D two years ago: 0.8 for the year before, 0.64 for the year after."""
    case = roof_and_ceiling(ages=(1, 2))
    case.parts[0].grade = 3
    assert course(case.wear(), 0).shares[0, 1] == pytest.approx([0, 0, 0, 0.8 * 0.64, 1 - 0.8 * 0.64])


def test_works_of_a_year_suffer_its_failures_and_count_from_the_next_by_hand():
    """Roof renewed in year 1: its state at the start of year 1 still harms the ceiling that year, none from year 2 on."""
    found = {0: (1, (0, 0, 0, 0, 0), 1)}
    done = assert_same(roof_and_ceiling(), 3, found)
    assert done.failures[:, 1] == pytest.approx([0.2, 0.224, 0.576 * 0.2, 0.576 * 0.8 * 0.2])
    assert done.shares[1, 0] == pytest.approx([0, 0, 0.5, 0.5, 0])
    assert done.shares[2, 0] == pytest.approx([1, 0, 0, 0, 0])


def test_works_on_d_leave_c_to_wear_on_by_hand():
    """The roof starts year 1 at C or D, 0.5 each. Works for D bring D to A; what was at C wears on: 0.25, 0.25."""
    done = course(roof_and_ceiling().wear(), 2, works_of({0: (1, (0, 1, 2, 0, 4), 0)}, 2))
    assert done.shares[2, 0] == pytest.approx([0.5, 0, 0.25, 0.25, 0])


def test_the_trust_s_own_hazard_by_hand():
    """Own hazard 0.1 until the works of year 0 are done; then the chance of the grade, here 0.2 x multiple 2 = 0.36 at D."""
    case = Case([[0.0, 0.0, 0.0, 0.2]], [1.0], None, (2.0,), [part_of([0.0, 0.0, 0.0, 0.2], grade=3, own_hazard=0.1)])
    alone = course(case.wear(), 2)
    assert alone.failures[:, 0] == pytest.approx([0.1, 0.1 * 0.8, 0.1 * 0.64])
    done = course(case.wear(), 2, works_of({0: (0, (0, 1, 2, 2, 4), 1)}, 1))
    assert done.failures[:, 0] == pytest.approx([0.1, 0.0, 0.0])
    assert done.shares[1, 0] == pytest.approx([0, 0, 1, 0, 0])


def test_worth_by_hand():
    """Both renewed to A, where nothing wears. Ceiling worth GBP 100 a failure, none handed on, two years, no discount, in
    year 0: it spares 0.224 x 100. The roof in year 0 spares the ceiling 0.8 x (0.5 x 0.36 + 0.5 x 0.2 - 0.2) x 100 = 6.4."""
    nothing = np.zeros((2, 5))
    loss = Loss(nothing, np.array([0.0, 100.0]), nothing, np.ones((2, 2), bool))
    asked = {"renew": (np.zeros(5, int), 1, False), "all": (np.zeros(5, int), 1, True)}
    found = worth(roof_and_ceiling().wear(), loss, asked, 0.0, 2)
    assert found["renew"][:, 0] == pytest.approx([6.4, 22.4])
    assert found["all"][:, 0] == pytest.approx([0.0, 22.4]), "the roof alone loses nothing"
    assert found["renew"][:, 1] == pytest.approx([0.0, 0.0]), "works of the last year spare nothing but what is handed on"
    discounted = worth(roof_and_ceiling().wear(), loss, asked, 0.25, 2)
    assert discounted["renew"][:, 0] == pytest.approx([6.4 / 1.25, 22.4 / 1.25])


# Every path ----------------------------------------------------------------------------------------------------------

@settings(deadline=None, max_examples=50)
@given(st.data())
def test_course_against_every_path(data):
    case, years = data.draw(cases(("alone", "pair", "pair, child first", "unrelated"), most_years=3))
    for part in case.parts:
        part.age_years = min(part.age_years, 2)
    assert_same(case, years, data.draw(orders(without_own(case), years)), every_path=True)


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_a_line_of_three_against_every_path(data):
    case, years = data.draw(cases(("line", "line, lights first"), most_years=2))
    for part in case.parts:
        part.age_years = min(part.age_years, 1)
    assert_same(case, years, data.draw(orders(without_own(case), years)), every_path=True)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_course_with_works_against_the_slow_model(data):
    case, years = data.draw(cases())
    assert_same(case, years, data.draw(orders(without_own(case), years)))


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_course_of_wider_estates_against_the_slow_model(data):
    case, years = data.draw(cases(tuple(WIDE)))
    assert_same(case, years, data.draw(orders(without_own(case), years)))


@settings(deadline=None, max_examples=40)
@given(cases(("line", "pair", "siblings"), multiples=(2.0, 3.0), own=False), st.data())
def test_works_on_every_axis_in_one_year(drawn, data):
    """A cause and what it harms put right in the same year: each acts on the state at the start of the year."""
    case, years = drawn
    when = data.draw(st.integers(0, years - 1))
    outcome = tuple(data.draw(st.integers(0, grade)) for grade in range(5))
    assert_same(case, years, {number: (when, outcome, data.draw(ways_after(case))) for number in range(len(case.parts))})


@settings(deadline=None, max_examples=40)
@given(cases(), st.data())
def test_a_building_that_goes_takes_everything_with_it(drawn, data):
    case, years = drawn
    when = data.draw(st.integers(0, years - 1))
    gone = assert_same(case, years, dict.fromkeys(range(len(case.parts)), (when, (-1,) * 5, 0)))
    kept = course(case.wear(), years)
    assert (gone.shares[when + 1:] == 0).all()
    assert (gone.failures[when + 1:] == 0).all()
    assert (gone.shares[:when + 1] == kept.shares[:when + 1]).all()


# What always holds ----------------------------------------------------------------------------------------------------

@settings(deadline=None, max_examples=60)
@given(st.data())
def test_shares_sum_to_one_and_failures_are_chances(data):
    case, _ = data.draw(cases((*LAYOUTS, *WIDE)))
    years = 12 if case.longest is None else 4
    case = without_own(case)
    found = data.draw(orders(case, 4))
    got = course(case.wear(), years, works_of(found, len(case.parts)))
    assert got.shares.sum(axis=2) == pytest.approx(1.0, abs=1e-9)
    assert got.shares.min() >= -1e-12
    assert -1e-12 <= got.failures.min() <= got.failures.max() <= 1 + 1e-12


@settings(deadline=None, max_examples=60)
@given(cases((*LAYOUTS, *WIDE), own=False))
def test_failures_are_what_arrives_at_e(drawn):
    case, years = drawn
    got = course(case.wear(), years)
    assert np.diff(got.shares[:, :, 4], axis=0) == pytest.approx(got.failures[:-1], abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(cases((*LAYOUTS, *WIDE)), st.integers(0, 8))
def test_waiting_is_ageing(drawn, years):
    """Surveyed together some years ago, the plan starts where a plan begun at the survey would be."""
    case, _ = drawn
    case.parts = [replace(part, age_years=0) for part in case.parts]
    at_survey = course(case.wear(), years)
    case.parts = [replace(part, age_years=years) for part in case.parts]
    later = course(case.wear(), 0)
    assert later.shares[0] == pytest.approx(at_survey.shares[years], abs=1e-12)
    assert later.failures[0] == pytest.approx(at_survey.failures[years], abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(cases(("alone",), own=False))
def test_alone_and_forgetful_is_the_markov_table(drawn):
    case, years = drawn
    case.longest, part = None, case.parts[0]
    table = grade_shares(transition_matrices(np.array(case.drops)), years + part.age_years)
    got = course(case.wear(), years)
    assert got.shares[:, 0] == pytest.approx(table[0, part.grade, part.age_years:], abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_shape_one_is_the_markov_option(data):
    case, years = data.draw(cases((*LAYOUTS, *WIDE)))
    found = data.draw(orders(without_own(case), years))
    works = works_of(found, len(case.parts))
    case.longest = None
    plain = course(case.wear(), years, works)
    case.shapes = [1.0] * len(case.parts)
    for case.longest in (1, 3):
        got = course(case.wear(), years, works)
        assert got.shares == pytest.approx(plain.shares, abs=1e-12)
        assert got.failures == pytest.approx(plain.failures, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_causes_that_harm_nothing_change_nothing(data):
    """A multiple of 1 is exactly the estate in which nothing lies beneath anything."""
    case, years = data.draw(cases((*LAYOUTS, *WIDE), multiples=(1.0,)))
    found = works_of(data.draw(orders(without_own(case), years)), len(case.parts))
    harmless = case.wear()
    alone = replace(harmless, groups=groups_of([replace(part, causes=()) for part in case.parts]))
    for years_run, done in ((years, found), (years, None)):
        with_causes, without = course(harmless, years_run, done), course(alone, years_run, done)
        assert with_causes.shares == pytest.approx(without.shares, abs=1e-12)
        assert with_causes.failures == pytest.approx(without.failures, abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_faster_knock_on_never_helps(data):
    """At least as likely to be past each grade in every year."""
    case, years = data.draw(cases(("pair", "two causes", "siblings", "line", "line beneath two roofs"), own=False))
    faster = [replace(part, multiple=part.multiple * data.draw(st.sampled_from((1.0, 1.3, 4.0)))) for part in case.parts]
    before = course(case.wear(), years)
    case.parts = faster
    after = course(case.wear(), years)
    assert (np.cumsum(after.shares, axis=2) <= np.cumsum(before.shares, axis=2) + 1e-12).all()


@settings(deadline=None, max_examples=50)
@given(cases(("pair", "siblings", "line"), own=False), st.integers(0, 3))
def test_a_better_cause_never_harms_what_is_beneath(drawn, better):
    case, years = drawn
    before = course(case.wear(), years)
    case.parts[0] = replace(case.parts[0], grade=min(better, case.parts[0].grade))
    after = course(case.wear(), years)
    assert (np.cumsum(after.shares, axis=2) >= np.cumsum(before.shares, axis=2) - 1e-12).all()


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_an_unrelated_component_changes_nothing(data):
    case, years = data.draw(cases())
    case.parts = [replace(part, own_hazard=None) for part in case.parts]
    n = len(case.parts)
    found = data.draw(orders(case, years))
    before, value = course(case.wear(), years, works_of(found, n)), worths(case, years, some_loss(n, years))
    stranger = part_of(case.drops[0], case.shapes[0], case.longest, grade=3, age_years=3, own_hazard=0.7)
    case.parts, case.drops, case.shapes = [*case.parts, stranger], case.drops + case.drops[:1], case.shapes + case.shapes[:1]
    after, value_after = course(case.wear(), years, works_of(found, n + 1)), worths(case, years, some_loss(n + 1, years))
    assert after.shares[:, :n] == pytest.approx(before.shares, abs=1e-12)
    assert after.failures[:, :n] == pytest.approx(before.failures, abs=1e-12)
    for name, gbp in value.items():
        assert value_after[name][:n] == pytest.approx(gbp, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_cutting_into_pieces_changes_nothing(data):
    case, years = data.draw(cases((*LAYOUTS, *WIDE)))
    n = len(case.parts)
    found = works_of(data.draw(orders(without_own(case), years)), n)
    whole, value = course(case.wear(), years, found), worths(case, years, some_loss(n, years))
    for cells in (1, 3 * case.wear().chains.states, 2 * (years + 1) * case.wear().chains.states ** 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(joint, "CHUNK_CELLS", cells)
            cut, cut_value = course(case.wear(), years, found), worths(case, years, some_loss(n, years))
        assert cut.shares == pytest.approx(whole.shares, abs=1e-12)
        assert cut.failures == pytest.approx(whole.failures, abs=1e-12)
        for name, gbp in value.items():
            assert cut_value[name] == pytest.approx(gbp, abs=1e-9)


def test_pieces_hold_every_path_once_and_stay_small(monkeypatch):
    monkeypatch.setattr(joint, "CHUNK_CELLS", 100)
    rows = np.arange(22).reshape(11, 2)
    pieces = list(Beneath(rows, np.arange(11.0), np.arange(11.0)[:, None]).pieces(5, 2))
    assert [len(piece.rows) for piece in pieces] == [2, 2, 2, 2, 2, 1]
    assert np.concatenate([piece.rows for piece in pieces]).tolist() == rows.tolist()
    for piece in pieces:
        assert piece.weight.tolist() == (piece.rows[:, 0] / 2).tolist() == piece.multiple[:, 0].tolist()


def test_asking_changes_nothing_that_was_given():
    case = roof_and_ceiling()
    wear, works = case.wear(), works_of({0: (0, (0, 0, 0, 0, 0), 1), 1: (0, (0, 1, 2, 2, 4), 1)}, 2)
    first = course(wear, 3, works)
    again = course(wear, 3, works)
    assert (first.shares == again.shares).all()
    assert (first.failures == again.failures).all()
    assert works.year.tolist() == [0, 0]
    assert wear.grade.tolist() == [2, 3]


# What works are worth --------------------------------------------------------------------------------------------------

def some_loss(n, years):
    """Uneven figures, the first rows the same for any number of components."""
    grade, row = np.arange(5.0)[None, :], np.arange(1.0, n + 1)[:, None]
    return Loss(row * grade**2, 30.0 + 7 * row[:, 0], 11.0 * row * grade, np.ones((years, n), bool))


def worths(case, years, loss, rate=0.035):
    treatments = {"better": (np.array([0, 0, 1, 2, 4]), len(case.multiples), False),
                  "block": (np.array([0, 1, 0, 0, 0]), len(case.multiples), True)}
    return worth(case.wear(own_hazard=bool(case.multiples)), loss, treatments, rate, years)


@st.composite
def losses(draw, n, years):
    by_grade = st.lists(st.integers(0, 50), min_size=5, max_size=5)
    yearly, handed_on = ([draw(by_grade) for _ in range(n)] for _ in range(2))
    failure = [draw(st.integers(0, 100)) for _ in range(n)]
    return Loss(np.array(yearly, float), np.array(failure, float), np.array(handed_on, float),
                np.array([[draw(st.sampled_from((True, True, False))) for _ in range(n)] for _ in range(years)]))


def slow_worth(case, years, loss, rate, number, order, together):
    """The fall in the loss of everybody, or with ``together`` of the component alone, its causes treated with it."""
    treated = slow.causes_of(case.parts, number) if together else {number}
    whose = [number] if together else range(len(case.parts))
    figures = [each.tolist() for each in (loss.yearly_gbp, loss.failure_gbp, loss.handed_on_gbp, loss.in_use)]
    return (slow.lost(*slow.course(case.parts, years, case.paces), *figures, rate, whose)
            - slow.lost(*slow.course(case.parts, years, case.paces, dict.fromkeys(treated, order)), *figures, rate, whose))


def assert_worth(data, case, years):
    case = without_own(case)
    loss, rate = data.draw(losses(len(case.parts), years)), data.draw(st.sampled_from((0.0, 0.035, 0.5)))
    outcome = tuple(data.draw(st.integers(0, grade)) for grade in range(5))
    after = data.draw(ways_after(case, *case.parts))
    asked = {"alone": (np.array(outcome), after, False), "together": (np.array(outcome), after, True),
             "gone": (np.full(5, -1), 0, True)}
    got = worth(case.wear(), loss, asked, rate, years)
    for name, (brought, way, together) in asked.items():
        assert got[name].shape == (len(case.parts), years)
        for number in range(len(case.parts)):
            for year in range(years):
                order = (year, tuple(brought.tolist()), way)
                expected = slow_worth(case, years, loss, rate, number, order, together)
                assert got[name][number, year] == pytest.approx(expected, rel=1e-9, abs=1e-7), (name, number, year)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_worth_against_the_fall_in_the_slow_loss(data):
    assert_worth(data, *data.draw(cases(("alone", "unrelated", "pair", "pair, child first"), most_years=3)))


@settings(deadline=None, max_examples=15)
@given(st.data())
def test_worth_in_lines_and_beneath_several_causes(data):
    assert_worth(data, *data.draw(cases(("two causes", "siblings", "line", "line, lights first"), most_years=2)))


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.data())
def test_worth_of_every_layout_at_length(data):
    assert_worth(data, *data.draw(cases((*LAYOUTS, *WIDE), most_years=3)))


@pytest.mark.slow
@settings(deadline=None, max_examples=500)
@given(st.data())
def test_course_of_every_layout_at_length(data):
    case, years = data.draw(cases((*LAYOUTS, *WIDE)))
    assert_same(case, years, data.draw(orders(without_own(case), years)))


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_worth_is_the_fall_in_loss_of_the_course(data):
    """The two halves of the engine agree, whatever the slow model says: longer plans, more components."""
    case, years = data.draw(cases((*LAYOUTS, *WIDE)))
    case, n = without_own(case), len(case.parts)
    loss, rate = data.draw(losses(n, years)), 0.035
    outcome, after = np.array([0, 0, 1, 1, 0]), len(case.multiples)
    got = worth(case.wear(), loss, {"works": (outcome, after, False)}, rate, years)["works"]
    before = total(course(case.wear(), years), loss, rate)
    for number in range(n):
        for year in range(years):
            done = course(case.wear(), years, works_of({number: (year, outcome, after)}, n))
            assert got[number, year] == pytest.approx(before - total(done, loss, rate), rel=1e-9, abs=1e-8)


def total(found, loss, rate):
    years = len(loss.in_use)
    a_year = (found.shares[:-1] * loss.yearly_gbp).sum(axis=2) + found.failures[:-1] * loss.failure_gbp
    discount = (1.0 + rate) ** -np.arange(years)
    return ((a_year * loss.in_use).sum(axis=1) @ discount
            + (found.shares[-1] * loss.handed_on_gbp).sum() * (1.0 + rate) ** -years)


@settings(deadline=None, max_examples=25)
@given(cases((*LAYOUTS, *WIDE)))
def test_works_that_leave_every_grade_alone_are_worth_nothing(drawn):
    case, years = drawn
    n = len(case.parts)
    asked = {name: (np.arange(5), len(case.multiples), name == "all") for name in ("one", "all")}
    for gbp in worth(case.wear(), some_loss(n, years), asked, 0.035, years).values():
        assert (gbp == 0).all()


@settings(deadline=None, max_examples=25)
@given(cases((*LAYOUTS, *WIDE)), st.floats(0.1, 50))
def test_worth_is_in_proportion_to_the_loss(drawn, times):
    case, years = drawn
    loss = some_loss(len(case.parts), years)
    scaled = Loss(loss.yearly_gbp * times, loss.failure_gbp * times, loss.handed_on_gbp * times, loss.in_use)
    once, often = worths(case, years, loss), worths(case, years, scaled)
    for name in once:
        assert often[name] == pytest.approx(once[name] * times, rel=1e-9, abs=1e-7)


@settings(deadline=None, max_examples=25)
@given(cases((*LAYOUTS, *WIDE)), st.data())
def test_losses_of_years_out_of_use_do_not_count(drawn, data):
    case, years = drawn
    n, last = len(case.parts), data.draw(st.integers(0, years))
    in_use = np.arange(years)[:, None] < np.full(n, last)
    loss = replace(some_loss(n, years), handed_on_gbp=np.zeros((n, 5)), in_use=in_use)
    got = worths(case, years, loss)
    short = worths(case, last, replace(loss, in_use=np.ones((last, n), bool))) if last else None
    for name, gbp in got.items():
        assert gbp[:, max(last - 1, 0):] == pytest.approx(0.0, abs=1e-9)
        if last:
            assert gbp[:, :last] == pytest.approx(short[name], abs=1e-9)
