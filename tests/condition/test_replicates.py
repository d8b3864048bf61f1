"""Replicates of an estate's condition: against expectations worked out another way, by hand, and by what must never move.

``course`` carries whole distributions and draws nothing, so its expectations are the yardstick: the mean of the replicates
must lie within four of its own standard errors in every year, and must not when rates are a tenth higher.
"""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from capplan.condition.chains import Chains, after_works, hasten, markov_chains, weibull_chains
from capplan.condition.course import Works, course
from capplan.condition.deterioration import grade_shares, transition_matrices
from capplan.condition.joint import Beneath, Wear
from capplan.condition.knock_on import Edge, lines_of_causes
from capplan.condition.replicates import STEP, Counted, Places, Simulation, bands, scrambled, simulate

YEARS = 6
COPIES, REPLICATES = 40, 120
DROPS = np.array([[0.10, 0.20, 0.30, 0.40], [0.05, 0.15, 0.25, 0.60], [0.30, 0.02, 0.50, 0.20], [0.0, 1.0, 0.1, 0.3]])
SHAPES = np.array([1.0, 2.5, 1.6, 0.8])
TYPES = np.array(["ROOF.01", "ROOF.02", "CEIL.01", "CEIL.02", "ELEC.01", "ELEC.02", "WIND.01", "WALL.01", "WALL.02"])
KIND = np.array([0, 1, 2, 0, 1, 2, 3, 0, 2])
GRADE = np.array([2, 3, 1, 2, 2, 0, 1, 3, 4])
AGE = np.array([0, 3, 2, 0, 4, 1, 0, 2, 1])
SIZE = np.array([3.0, 1.0, 2.0, 2.0, 1.0, 5.0, 1.0, 1.0, 1.0])
ALONE = (Beneath(np.arange(len(KIND))[:, None], np.ones(len(KIND)), np.empty((len(KIND), 0))),)
TWO = [Edge(("ROOF",), ("CEIL",), 3.0)]
THREE = [*TWO, Edge(("CEIL",), ("ELEC",), 4.0)]
COSTS = np.arange(1.0, len(KIND) + 1)[:, None] * np.array([0, 10, 40, 100, 130.0])


def lines(edges):
    return lines_of_causes(edges, np.array(["hall"] * len(KIND)), TYPES, SIZE)


def works(**changes):
    """Renewals, a repair to B, works that leave some grades alone, a demolition; 'after' numbers the set worn in."""
    n = len(KIND)
    year, outcome, after = np.full(n, -1), np.tile(np.arange(5), (n, 1)), np.zeros(n, int)
    year[[0, 2, 4, 7, 8]] = [2, 1, 0, 3, 2]
    outcome[[0, 8]], outcome[2], outcome[4], outcome[7] = 0, [0, 1, 1, 1, 1], [0, 1, 2, 1, 0], -1
    return Works(year, outcome, np.where(year >= 0, changes.get("after", after), 0))


def wear(chains, groups=ALONE, **changes):
    return replace(Wear(chains, KIND, GRADE, AGE, np.full(len(KIND), np.nan), groups), **changes)


def own():
    hazard = np.full(len(KIND), np.nan)
    hazard[[0, 1, 4, 8]] = [0.3, 0.02, 0.9, 0.5]
    return hazard


MARKOV, WEIBULL = markov_chains(DROPS), weibull_chains(DROPS, SHAPES, 4)
OPTIONS = {
    "markov": (wear(MARKOV), None),
    "weibull": (wear(WEIBULL), None),
    "works": (wear(MARKOV), works()),
    "weibull after works": (wear(after_works(WEIBULL, [2.0, 0.5])), works(after=np.array([1, 0, 2, 0, 2, 0, 0, 0, 1]))),
    "own hazard": (wear(after_works(MARKOV, [1.5]), own_hazard=own()), works(after=np.array([1, 0, 1, 0, 1, 0, 0, 0, 1]))),
    "beneath one": (wear(MARKOV, lines(TWO)), None),
    "beneath two": (wear(MARKOV, lines(THREE)), works()),
    "all at once": (wear(after_works(weibull_chains(DROPS, SHAPES, 2), [2.0]), lines(THREE), own_hazard=own()),
                    works(after=np.array([1, 0, 1, 0, 1, 0, 0, 0, 1]))),
}


def like(n, chains, grade):
    """Components of the first kind, surveyed today at one grade, with nothing above them."""
    return Wear(chains, np.zeros(n, int), np.full(n, grade), np.zeros(n, int), np.full(n, np.nan),
                (Beneath(np.arange(n)[:, None], np.ones(n), np.empty((n, 0))),))


def copied(one, todo=None, copies=COPIES):
    """Many copies of an estate, each in a school of its own."""
    n = len(one.kind)
    groups = tuple(Beneath(np.concatenate([group.rows + n * i for i in range(copies)]), np.tile(group.weight, copies),
                           np.tile(group.multiple, (copies, 1))) for group in one.groups)
    many = Wear(one.chains, np.tile(one.kind, copies), np.tile(one.grade, copies), np.tile(one.age_years, copies),
                np.tile(one.own_hazard, copies), groups)
    todo = todo and Works(np.tile(todo.year, copies), np.tile(todo.outcome, (copies, 1)), np.tile(todo.after, copies))
    return many, todo


def places(count, each=9):
    """Schools of one block and so many components, with the same names in each."""
    at = np.arange(count) % each
    school = np.array([f"S{i // each}" for i in range(count)])
    return Places(np.array([f"c{i}" for i in at]), school, school, np.array([TYPES[i % len(TYPES)][:4] for i in at]))


def counted(n, years=YEARS, **changes):
    """Backlog and failures by member of the estate that was copied."""
    costs = np.tile(COSTS, (n // len(COSTS) + 1, 1))[:n]
    return replace(Counted(costs, np.ones((years + 1, n), bool), {"pupil_days": costs[:, 4]}, np.arange(n) % len(KIND)),
                   **changes)


def gaps(futures, expected, copies=COPIES):
    """Distance of each year's mean from the expectation, in standard errors of the replicates."""
    found = []
    owed = {"backlog_gbp": (expected.shares[:, :, 2:] * COSTS[:, 2:]).sum(axis=2), "failures": expected.failures,
            "pupil_days": expected.failures * COSTS[:, 4]}
    for name, by_member in owed.items():
        band = bands(futures.total(name))
        difference = band["mean"].to_numpy() - copies * by_member.sum(axis=1)
        found.append(np.where(abs(difference) < 1e-6, 0.0, difference) / np.maximum(band["standard_error"], 1e-9))
    return np.abs(np.concatenate(found))


@cache
def simulated(option):
    """An option's estate, its works, and the futures of many copies of it."""
    one, todo = OPTIONS[option]
    many, todo_many = copied(one, todo)
    n = len(many.kind)
    return one, todo, simulate(many, YEARS, places(n, n // 4), counted(n), 3, REPLICATES, todo_many)


@pytest.mark.parametrize("option", OPTIONS)
def test_mean_is_the_expectation(option):
    """Every year, within four standard errors; by member within Bernstein's bound for one chance in 100,000."""
    one, todo, futures = simulated(option)
    expected = course(one, YEARS, todo)
    assert (gaps(futures, expected) < 4).all()
    chance = expected.failures.T
    owed, squared = ((expected.shares[:, :, 2:] * COSTS[:, 2:] ** power).sum(axis=2).T for power in (1, 2))
    for name, mean, variance, most in (("failures", chance, chance * (1 - chance), np.ones((len(KIND), 1))),
                                       ("backlog_gbp", owed, np.maximum(squared - owed ** 2, 0), COSTS[:, 4:])):
        trials, log = COPIES * REPLICATES, np.log(2 / 1e-5)
        bound = np.sqrt(2 * log * trials * variance) + 2 * log * most / 3
        assert (abs(futures.by_group[name].sum(axis=0) - trials * mean) <= bound).all()


@pytest.mark.parametrize("option", OPTIONS)
def test_rates_a_tenth_higher_are_noticed(option):
    """The same comparison fails against a course whose hazards are a tenth higher: it can tell."""
    one, todo, futures = simulated(option)
    faster = replace(one, chains=replace(one.chains, leave=hasten(one.chains.leave, 1.1)))
    assert gaps(futures, course(faster, YEARS, todo)).max() > 4


@pytest.mark.parametrize("option", ["beneath one", "beneath two"])
def test_leaving_out_knock_on_is_noticed(option):
    one, todo, futures = simulated(option)
    assert gaps(futures, course(replace(one, groups=ALONE), YEARS, todo)).max() > 4


def test_one_component_has_the_exact_distribution():
    """Grade after one to four years over 1,500 replicates, against powers of the transition matrix: chi-square."""
    one = like(1, markov_chains(DROPS[:1]), 1)
    simulation = Simulation(one, 4, places(1), 5)
    grade = np.array([simulation.future(i).grade[:, 0] for i in range(1500)])
    exact = grade_shares(transition_matrices(DROPS[:1]), 4)[0, 1]
    for year in range(1, 5):
        expected = 1500 * exact[year]
        seen = np.bincount(grade[:, year], minlength=5)
        held = expected > 0
        assert not seen[~held].any()
        assert ((seen - expected)[held] ** 2 / expected[held]).sum() < chi2.ppf(0.999, held.sum() - 1)


def test_sure_rates_by_hand():
    """C, D, E if left: fails in year 1. Renewed in year 1 it fails all the same, and goes A, B from year 2.

    At 40, 100 and 130 for C, D and E the backlog left alone is 40, 100, 130, 130; renewed 40, 100, 0, 0 (B is not poor).
    """
    one = like(1, markov_chains(np.ones((1, 4))), 2)
    count = Counted(COSTS[:1], np.ones((4, 1), bool), {"pupil_days": np.array([7.0])}, np.array(["a"]))
    left = simulate(one, 3, places(1), count, 1, 2)
    renewed = simulate(one, 3, places(1), count, 1, 2, Works(np.array([1]), np.zeros((1, 5), int), np.array([0])))
    assert left.backlog_gbp.tolist() == [[40, 100, 130, 130]] * 2
    assert renewed.backlog_gbp.tolist() == [[40, 100, 0, 0]] * 2
    assert left.total("pupil_days").tolist() == renewed.total("pupil_days").tolist() == [[0, 7, 0, 0]] * 2
    unused = simulate(one, 3, places(1), replace(count, in_use=np.array([[1], [0], [0], [1]], bool)), 1, 1)
    assert unused.backlog_gbp.tolist() == [[40, 0, 0, 130]] and not unused.failures.any()


def slow_but_beneath(grade, age, rows, weight):
    """Components that never drop by themselves and surely drop beneath a cause at D or E."""
    n = len(grade)
    chains = markov_chains(np.full((1, 4), 1e-9))
    lower = np.unique([path[-1] for path in rows])
    alone = np.setdiff1d(np.arange(n), lower)
    groups = (Beneath(alone[:, None], np.ones(len(alone)), np.empty((len(alone), 0))),
              Beneath(np.array(rows), np.array(weight), np.full((len(rows), 1), 1e12)))
    return Wear(chains, np.zeros(n, int), np.array(grade), np.array(age), np.full(n, np.nan), groups)


def test_a_cause_not_yet_surveyed_harms_nothing():
    """Ceilings at B, surveyed three years ago, beneath a roof at E surveyed now, one year ago and five years ago.

    At the start they are at B, C and E; each goes on a grade a year.
    """
    one = slow_but_beneath([4, 4, 4, 1, 1, 1], [0, 1, 5, 3, 3, 3], [[0, 3], [1, 4], [2, 5]], [1.0, 1.0, 1.0])
    for replicate in range(3):
        grade = Simulation(one, 3, places(6), 1).future(replicate).grade
        assert grade[:, 3:].tolist() == [[1, 2, 4], [2, 3, 4], [3, 4, 4], [4, 4, 4]]


def test_one_cause_in_a_replicate():
    """A ceiling beneath a failed roof with a chance of 0.3 and a sound one otherwise wears all the way or not at all."""
    one = slow_but_beneath([4, 0, 0], [0, 0, 0], [[0, 2], [1, 2]], [0.3, 0.7])
    simulation = Simulation(one, 4, places(3), 1)
    end = np.array([simulation.future(replicate).grade[:, 2] for replicate in range(600)])
    assert {tuple(row) for row in end.tolist()} == {(0, 1, 2, 3, 4), (0, 0, 0, 0, 0)}
    assert abs((end[:, 4] == 4).mean() - 0.3) < 4 * np.sqrt(0.21 / 600)


def test_state_and_cause_are_drawn_apart():
    """At A a component can drop in one of two hidden states, each as likely; beneath a failed roof with a chance of half.

    So a quarter have dropped after a year. Were the two drawn by one number it would be a half, or none.
    """
    one = slow_but_beneath([4, 0, 0], [0, 0, 0], [[0, 2], [1, 2]], [0.5, 0.5])
    seen = np.zeros((1, 5, 6))
    seen[0, 0, :2], seen[0, np.arange(1, 5), np.arange(2, 6)] = 0.5, 1.0
    chains = Chains(np.array([[1e-9, 0, 1e-9, 1e-9, 1e-9, 0]]), np.array([0, 0, 1, 2, 3, 4]), np.arange(6),
                    np.array([2, 2, 3, 4, 5, 5]), seen, np.array([[0, 2, 3, 4, 5]]))
    simulation = Simulation(replace(one, chains=chains), 1, places(3), 1)
    dropped = [simulation.future(replicate).grade[1, 2] == 1 for replicate in range(800)]
    assert abs(np.mean(dropped) - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 800)


def test_variance_is_that_of_independent_components():
    """Failures in a year of components with nothing in common: the variance is the sum of p (1 - p)."""
    many, _ = copied(OPTIONS["markov"][0], copies=60)
    futures = simulate(many, YEARS, places(len(many.kind), 540), counted(len(many.kind)), 8, 300)
    chance = course(OPTIONS["markov"][0], YEARS).failures
    ratio = futures.failures.var(axis=0, ddof=1) / (60 * chance * (1 - chance)).sum(axis=1)
    assert (ratio > chi2.ppf(0.0005, 299) / 299).all() and (ratio < chi2.ppf(0.9995, 299) / 299).all()


def test_random_numbers_are_those_published():
    """SplitMix64 from seed 1234567: the first five words, as published with the algorithm's ports."""
    states = np.array([(1234567 + (i + 1) * STEP) % 2 ** 64 for i in range(5)], np.uint64)
    assert scrambled(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423,
                                          4593380528125082431, 16408922859458223821]


def same(one, other):
    return np.array_equal(one.grade, other.grade) and np.array_equal(one.failed, other.failed)


def test_replicates_and_years_have_nothing_in_common():
    """First drops of 9,000 like components: no correlation between replicates, nor between neighbours."""
    n = 9000
    simulation = Simulation(like(n, markov_chains(np.full((1, 4), 0.5)), 0), 3, places(n, 300), 2)
    drops = np.concatenate([np.diff(simulation.future(i).grade.astype(int), axis=0) for i in range(5)])
    bound = 4.5 / np.sqrt(n)
    tied = np.corrcoef(drops) - np.eye(len(drops))
    assert abs(tied).max() < bound
    for shift in (1, 2, 300):
        assert max(abs(np.corrcoef(row[shift:], row[:-shift])[0, 1]) for row in drops) < bound


def mixed(copies=4):
    return copied(*OPTIONS["all at once"], copies=copies)


def test_same_seed_same_futures():
    many, todo = mixed()
    where = places(len(many.kind))
    first, again, other = (Simulation(many, YEARS, where, seed, todo, 0.3) for seed in (0, 0, 1))
    assert same(first.future(4), again.future(4))
    assert not same(first.future(4), other.future(4)) and not same(first.future(4), first.future(5))


def test_replicates_are_the_same_however_many_there_are():
    many, todo = mixed()
    few, more = (simulate(many, YEARS, places(len(many.kind)), counted(len(many.kind)), 6, count, todo, 0.2)
                 for count in (3, 8))
    for name, found in few.by_group.items():
        assert np.array_equal(found, more.by_group[name][:3])


def test_same_futures_in_another_process():
    """Text is hashed alike in every run of Python, so that a seed written down can be used again."""
    code = ("import numpy as np; from capplan.condition.replicates import *; from capplan.condition.joint import *;"
            "from capplan.condition.chains import markov_chains; n = 64; z = np.zeros(n, int);"
            "w = Wear(markov_chains(np.full((1, 4), 0.5)), z, z, z, np.full(n, np.nan),"
            "(Beneath(np.arange(n)[:, None], np.ones(n), np.empty((n, 0))),));"
            "t = np.arange(n).astype(str); s = Simulation(w, 3, Places(t, t, t, t), 9, None, 0.5);"
            "print(s.future(2).grade.tolist())")
    told = {subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": salt}, check=True,
                           capture_output=True, text=True).stdout for salt in ("1", "2")}
    assert len(told) == 1 and len(told.pop()) > 100


def test_two_programmes_differ_only_where_works_act():
    """Works in the first of four schools: the other three, and the years before, are the same to the last digit."""
    many, todo = mixed()
    school = np.arange(len(many.kind)) // len(KIND)
    there = replace(todo, year=np.where(school == 0, todo.year, -1))
    count = counted(len(many.kind), group=school)
    without, with_works = (simulate(many, YEARS, places(len(many.kind)), count, 6, 12, what, 0.2) for what in (None, there))
    for name, found in without.by_group.items():
        assert np.array_equal(found[:, 1:], with_works.by_group[name][:, 1:])
        assert np.array_equal(found[:, :, 0], with_works.by_group[name][:, :, 0])
        assert not np.array_equal(found[:, 0], with_works.by_group[name][:, 0])


def parts(one, where, rows):
    """Some of the components, whose causes are among them, in a new order."""
    place = np.full(len(one.kind), -1)
    place[rows] = np.arange(len(rows))
    groups = []
    for group in one.groups:
        kept = (place[group.rows] >= 0).all(axis=1)
        groups.append(Beneath(place[group.rows[kept]], group.weight[kept], group.multiple[kept]))
    return (Wear(one.chains, one.kind[rows], one.grade[rows], one.age_years[rows], one.own_hazard[rows], tuple(groups)),
            Places(*(getattr(where, name)[rows] for name in ("component", "school", "block", "element"))))


@pytest.mark.parametrize("order", ["school added", "component added", "another order"])
def test_draws_belong_to_the_component(order):
    """A further school, a further component of a school, another order of the rows: the others' futures stay."""
    many, _ = mixed()
    where, size = places(len(many.kind)), len(many.kind)
    alone = [i for i in range(size) if TYPES[i % len(TYPES)] != "WIND.01"]
    rows = {"school added": np.arange(2 * len(KIND)), "component added": np.array(alone),
            "another order": np.arange(size).reshape(-1, len(KIND))[::-1].ravel()}[order]
    fewer, where_fewer = parts(many, where, rows)
    shares = np.full((size, 5), np.nan)
    shares[::3] = [0.1, 0.2, 0.3, 0.3, 0.1]
    for replicate in range(3):
        whole = Simulation(many, YEARS, where, 4, None, 0.3, shares).future(replicate)
        part = Simulation(fewer, YEARS, where_fewer, 4, None, 0.3, shares[rows]).future(replicate)
        assert np.array_equal(whole.grade[:, rows], part.grade) and np.array_equal(whole.failed[:, rows], part.failed)


def test_longer_plans_begin_alike():
    many, todo = mixed()
    short, long = (Simulation(many, years, places(len(many.kind)), 4, todo).future(1) for years in (3, 9))
    assert np.array_equal(short.grade, long.grade[:4]) and np.array_equal(short.failed, long.failed[:4])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10 ** 6), drop=st.lists(st.floats(0, 1), min_size=16, max_size=16),
       year=st.lists(st.integers(-1, YEARS), min_size=9, max_size=9), to=st.lists(st.integers(0, 4), min_size=9, max_size=9))
def test_works_never_make_the_same_future_worse(seed, drop, year, to):
    """In the same future no grade is worse in any year, and what is not treated has failed no more often by any year."""
    one = wear(markov_chains(np.array(drop).reshape(4, 4)), lines(THREE))
    todo = Works(np.array(year), np.minimum(np.arange(5), np.array(to)[:, None]), np.zeros(9, int))
    untreated = todo.year < 0
    for replicate in range(3):
        left = Simulation(one, YEARS, places(9), seed, None, 0.3).future(replicate)
        done = Simulation(one, YEARS, places(9), seed, todo, 0.3).future(replicate)
        assert (done.grade <= left.grade).all()
        assert (done.failed.cumsum(axis=0) <= left.failed.cumsum(axis=0))[:, untreated].all()


def test_uncertain_rates_have_the_mean_of_the_mixture():
    """A multiplier common to an element: the mean is that of courses at many multipliers, weighted as the lognormal."""
    spread, n = 0.5, 300
    many = like(n, markov_chains(np.array([[0.1, 0.1, 0.1, 0.04]])), 3)
    where = replace(places(n, n), element=np.full(n, "ROOF"))
    futures = simulate(many, YEARS, where, counted(n), 5, 800, rate_spread=spread)
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    owed = np.zeros(YEARS + 1)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        times = np.exp(spread * node - spread ** 2 / 2)
        faster = replace(many, chains=replace(many.chains, leave=hasten(many.chains.leave, times)))
        owed += weight * course(faster, YEARS).failures.sum(axis=1)
    band = bands(futures.failures)
    assert (abs(band["mean"] - owed) < 4 * band["standard_error"]).all()
    assert owed[0] == pytest.approx(0.04 * n, rel=0.01) and band["standard_error"][0] < 0.025 * owed[0]


def test_each_element_has_its_own_uncertain_rate():
    """Failures of two elements in two schools: tied within an element across schools, not between elements."""
    n = 2000
    many = like(n, markov_chains(np.full((1, 4), 0.2)), 3)
    at = np.arange(n)
    where = replace(places(n, n // 2), element=np.where(at % 2, "ROOF", "WALL"))
    group = np.char.add(where.element, where.school)
    futures = simulate(many, 1, where, counted(n, 1, group=group), 5, 150, rate_spread=0.5)
    tied = dict(zip(futures.groups, np.corrcoef(futures.by_group["failures"][:, :, 0].T), strict=True))
    assert futures.groups == ("ROOFS0", "ROOFS1", "WALLS0", "WALLS1")
    assert tied["ROOFS0"][1] > 0.85 and tied["WALLS0"][3] > 0.85
    assert max(abs(tied["ROOFS0"][2:]).max(), abs(tied["ROOFS1"][2:]).max()) < 0.33


def test_uncertain_rates_widen_the_bands():
    """In an estate of 1,800 components; the mean moves by less than a twentieth, and schools move together."""
    many, _ = copied(OPTIONS["beneath two"][0], copies=200)
    n = len(many.kind)
    count = counted(n, group=np.where(np.arange(n) < n / 2, "east", "west"))
    sure, unsure = (simulate(many, YEARS, places(n, n // 2), count, 5, 100, rate_spread=spread) for spread in (0.0, 0.4))
    narrow, wide = bands(sure.backlog_gbp), bands(unsure.backlog_gbp)
    assert ((wide["p90"] - wide["p10"]) > 3 * (narrow["p90"] - narrow["p10"]))[1:].all()
    assert (abs(wide["mean"] / narrow["mean"] - 1) < 0.05).all()
    assert sure.groups == ("east", "west")
    together, apart = (np.corrcoef(found.by_group["backlog_gbp"][:, :, YEARS].T)[0, 1] for found in (unsure, sure))
    assert together > 0.8 and abs(apart) < 0.4


def test_modelled_grades():
    """Drawn from the shares, alike within a block and element, apart between blocks; what was surveyed stays as it is."""
    n, blocks = 400, 200
    plain = like(n, MARKOV, 1)
    block = np.array([f"b{i % blocks}" for i in range(n)])
    where = Places(np.arange(n).astype(str), np.full(n, "s"), block, np.full(n, "ROOF"))
    shares = np.tile([0.1, 0.2, 0.4, 0.0, 0.3], (n, 1))
    shares[:7] = np.nan
    grades = np.array([Simulation(plain, 0, where, 3, None, 0.0, shares).future(i).grade[0] for i in range(30)])
    assert (grades[:, :7] == 1).all()
    assert np.array_equal(grades[:, 7:blocks], grades[:, blocks + 7:])
    drawn = np.bincount(grades[:, 7:blocks].ravel(), minlength=5)
    expected = drawn.sum() * shares[-1]
    assert drawn[3] == 0
    assert ((drawn - expected)[expected > 0] ** 2 / expected[expected > 0]).sum() < chi2.ppf(0.999, 3)
    own = [Simulation(plain, 0, replace(where, block=where.component), 3, None, 0.0, shares).future(i).grade[0]
           for i in range(30)]
    poor, poor_apart = (grades > 1).sum(axis=1), (np.array(own) > 1).sum(axis=1)
    assert poor.var() > 1.3 * poor_apart.var()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 10 ** 6))
def test_bands_are_in_order(replicates, years, seed):
    values = np.random.default_rng(seed).gamma(0.5, 1e6, (replicates, years))
    band = bands(values, (0.1, 0.25, 0.5, 0.9))
    assert list(band.columns) == ["p10", "p25", "p50", "p90", "mean", "standard_error"]
    assert (band["p10"] <= band["p25"]).all() and (band["p25"] <= band["p50"]).all() and (band["p50"] <= band["p90"]).all()
    assert ((values.min(axis=0) <= band["p10"]) & (band["p90"] <= values.max(axis=0))).all()


def test_what_is_refused():
    one, where, count = wear(MARKOV), places(9), counted(9)
    bad = Chains(MARKOV.leave, MARKOV.grade, MARKOV.stay_to, MARKOV.drop_to, MARKOV.seen * 0.9, MARKOV.fresh)
    lost = (Beneath(np.arange(8)[:, None], np.ones(8), np.empty((8, 0))),)
    loose = (Beneath(np.arange(9)[:, None], np.full(9, 0.5), np.empty((9, 0))),)
    one_up, two_up, three_up = lines(THREE)
    skewed = (one_up, two_up, replace(three_up, weight=np.roll(three_up.weight, 1)))
    idle = tuple(replace(group, multiple=group.multiple * 0) for group in lines(THREE))
    for chains, groups in ((bad, ALONE), (MARKOV, lost), (MARKOV, loose), (MARKOV, skewed), (MARKOV, idle)):
        with pytest.raises(ValueError):
            simulate(wear(chains, groups), YEARS, where, count, 1, 2)
    with pytest.raises(ValueError, match="different names"):
        simulate(one, YEARS, replace(where, component=np.full(9, "c")), count, 1, 2)
    with pytest.raises(ValueError, match="every component"):
        simulate(one, YEARS, places(8), count, 1, 2)
    with pytest.raises(ValueError, match="spread"):
        simulate(one, YEARS, where, count, 1, 2, rate_spread=-0.1)
    with pytest.raises(ValueError, match="in_use"):
        simulate(one, YEARS + 1, where, count, 1, 2)
    with pytest.raises(ValueError, match="at least one"):
        simulate(one, YEARS, where, count, 1, 0)
    for shares in (np.full((9, 5), 0.3), np.full((8, 5), 0.2), np.full((9, 5), [-0.2, 0.4, 0.4, 0.2, 0.2])):
        with pytest.raises(ValueError):
            simulate(one, YEARS, where, count, 1, 2, start_shares=shares)
    for values in (np.ones((1, 3)), np.ones(3), np.array([[1.0], [np.nan]])):
        with pytest.raises(ValueError):
            bands(values)
