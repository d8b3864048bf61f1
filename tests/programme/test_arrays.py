"""The arrays that go straight to HiGHS are the model of ``formulation``, row for row."""

import math
from collections import Counter

import numpy as np
import pulp
import pytest
from folders import read
from instances import random_instance
from synthetic import trust

from capplan.programme import formulation
from capplan.programme.arrays import arrays
from capplan.programme.audit import audit
from capplan.programme.instance import instance, total_value
from capplan.programme.payments import draws_or_none
from capplan.programme.search import Search, tighten
from capplan.programme.sifting import Sifting
from capplan.programme.solver import InfeasibleModelError, Relaxation, solve

SEEDS = [pytest.param(seed, marks=[pytest.mark.slow] * (seed % 500 >= 12)) for seed in [*range(25), *range(500, 545)]]


def model_of(seed, path):
    """A random folder as an instance."""
    return instance(read(random_instance(seed, further_needs=seed % 2 == 1, terms=seed >= 500), path))


def tightened(low, high, starts, others):
    """Bounds of a row of starts with whole coefficients, rounded: such rows add up to whole numbers."""
    if others or any(value != round(value) for _, value in starts):
        return low, high
    return (math.ceil(low - 1e-6) if math.isfinite(low) else low), (math.floor(high + 1e-6) if math.isfinite(high) else high)


def row(starts, others, low, high):
    """A row that can be compared: which starts with what coefficients, the other coefficients, and its bounds."""
    starts = sorted((place, round(value, 6)) for place, value in starts if value)
    others = sorted(round(value, 6) for value in others if value)
    low, high = tightened(low, high, starts, others)
    return tuple(starts), tuple(others), round(low, 6), round(high, 6)


def rows_of_the_definition(inst):
    model, found = formulation.build(inst), Counter()
    place = {variable.name: inst.place_of[pair] for pair, variable in model.starts.items()}
    for constraint in model.problem.constraints():
        starts = [(place[variable.name], value) for variable, value in constraint.items() if variable.name in place]
        others = [value for variable, value in constraint.items() if variable.name not in place]
        amount = -constraint.constant
        low = amount if constraint.sense in (pulp.LpConstraintGE, pulp.LpConstraintEQ) else -math.inf
        high = amount if constraint.sense in (pulp.LpConstraintLE, pulp.LpConstraintEQ) else math.inf
        found[row(starts, others, low, high)] += 1
    return found, len(model.problem.variables())


def rows_of_the_arrays(inst):
    model, found = arrays(inst), Counter()
    matrix = model.matrix.tocsr()
    for i, (low, high) in enumerate(zip(model.low, model.high, strict=True)):
        entries = list(zip(matrix[i].indices.tolist(), matrix[i].data.tolist(), strict=True))
        starts = [(column, value) for column, value in entries if column < model.starts]
        found[row(starts, [value for column, value in entries if column >= model.starts], low, high)] += 1
    return found, len(model.value)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_arrays_are_the_model_row_for_row(seed, tmp_path):
    inst = model_of(seed, tmp_path)
    (defined, columns), (given, places) = rows_of_the_definition(inst), rows_of_the_arrays(inst)
    empty = ((), ())                                      # a limit that counts nothing: PuLP needs a term to write it down
    assert {key: n for key, n in defined.items() if key[:2] != empty} == {
        key: n for key, n in given.items() if key[:2] != empty}
    assert columns == places


@pytest.mark.parametrize("seed", SEEDS)
def test_sifting_gives_the_bound_of_the_relaxation(seed, tmp_path):
    """Never above what PuLP's relaxation gives, since starts that cannot be and rounded limits only lower it."""
    inst = model_of(seed, tmp_path)
    if any(not pairs for pairs in inst.must.values()):
        return
    try:
        bound = Relaxation(formulation.build(inst), 10).bound
    except InfeasibleModelError:
        with pytest.raises(InfeasibleModelError):
            Sifting(arrays(inst), 1e-9, 10)
        return
    try:
        sifted = Sifting(arrays(inst), 1e-9, 10)
    except InfeasibleModelError:
        return                                            # only in whole numbers; the brute force holds it to that
    assert sifted.bound <= bound + 1e-5 * max(1.0, abs(bound))
    handed_on = Sifting(arrays(inst, handed_on=True), 1e-9, 10)
    assert handed_on.bound == pytest.approx(sifted.bound, rel=1e-6, abs=1e-5)
    assert (sifted.regret >= -1e-6).all() and np.isfinite(sifted.idle).all()


@pytest.mark.parametrize("seed", [2, 5, 6])
def test_cuts_lower_the_bound_and_never_below_a_programme_that_exists(seed):
    inst = instance(trust(3, 24, 4, seed=seed, rules=True))
    best = solve(formulation.build(inst), "highs", 1e-6, 60).objective
    search = Search(arrays(inst, handed_on=True), 1e-4, 20, 0)
    search.greedy()
    search.small_core(5)
    relaxed, found = search.bound, search.found[-1][0]
    tighten(search, 10)
    assert search.found[-1][0] == found                            # it looks for no programme
    assert best * (1 - 1e-9) <= search.bound < relaxed - 1e-4 * best


def test_nothing_is_tightened_before_a_programme_is_known():
    search = Search(arrays(instance(trust(3, 24, 4, seed=1, rules=True)), handed_on=True), 1e-4, 20, 0)
    bound = search.bound
    tighten(search, 10)
    assert search.bound == bound


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
@pytest.mark.parametrize("own_money", [True, False])
def test_a_first_programme_meets_every_must_do_and_lower_limit_and_can_be_paid_for(seed, own_money):
    """Must-dos of the first years are missed where what loses least is started first."""
    candidates = trust(30, 700, 6, seed=seed, own_money=own_money)
    inst = instance(candidates)
    search = Search(arrays(inst, handed_on=True), 0.001, 20)
    search.greedy()
    assert inst.must and any(limit.sense == ">=" for limit in inst.limits)
    draws = draws_or_none(inst, search.best)
    assert draws is not None
    assert not audit(candidates, search.best, draws, total_value(inst, search.best))
