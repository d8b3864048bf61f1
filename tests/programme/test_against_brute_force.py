"""``optimise`` against every programme there is, tried one by one by an oracle that shares no code with capplan."""

import functools
import importlib
from collections import Counter

import pytest
from folders import folder, once, read
from instances import FAMILIES, TERM_FORMS, TERMS, binding_families, random_instance, write_folder
from oracle import feasible, solve, total_value

from capplan import optimise, read_candidates
from capplan.errors import CandidatesError, InfeasibleError

optimise_module = importlib.import_module("capplan.programme.optimise")  # the package's own name for it is the function
TERMS_FROM = 500
"""Folders from this seed on have bundles, packages, limits of a total and pots with further terms."""
FAST = [*range(16), *range(TERMS_FROM, TERMS_FROM + 16)]
SLOW = [*range(16, TERMS_FROM), *range(TERMS_FROM + 16, 1000)]
GBP = 1e-6


@functools.cache
def case(seed):
    """A random folder, and the best value of its programmes (``None``: there is none).

    In every other one some schemes meet further needs.
    """
    frames = random_instance(seed, further_needs=seed % 2 == 1, terms=seed >= TERMS_FROM)
    return frames, solve(frames)[0]


def check(seed, path, **settings):
    """Hold a programme of a random folder against the oracle; says whether it was infeasible."""
    frames, best = case(seed)
    candidates = read(frames, path)
    if best is None:
        with pytest.raises(InfeasibleError):
            optimise(candidates, gap=0, **settings)
        return None
    programme = optimise(candidates, gap=0, **settings)
    assert programme.objective == pytest.approx(best, abs=GBP)
    assert feasible(frames, programme.choice) == []
    assert total_value(frames, programme.choice) == pytest.approx(best, abs=GBP)
    assert programme.bound >= best - GBP
    assert programme.bound >= programme.objective
    assert programme.gap == 0
    assert programme.answer.status == "optimal"
    return programme


def check_rules(seed, programme):
    frames, best = case(seed)
    for rule in programme.rules:
        assert rule.value == pytest.approx(total_value(frames, rule.choice), abs=GBP)
        if rule.feasible:
            assert feasible(frames, rule.choice) == [], rule.rule
            assert rule.value <= programme.objective + GBP
        elif rule.choice:  # marked infeasible: it misses a must-do or a lower limit, and never anything else
            assert {broken.split(":")[0].split(" ")[0] for broken in feasible(frames, rule.choice)} <= {"must", "limit"}
    return best


@pytest.mark.parametrize("seed", FAST)
def test_the_programme_is_the_best_there_is(seed, tmp_path):
    programme = check(seed, tmp_path)
    if programme is not None:
        check_rules(seed, programme)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SLOW)
def test_the_programme_is_the_best_there_is_on_more_folders(seed, tmp_path):
    programme = check(seed, tmp_path)
    if programme is not None:
        check_rules(seed, programme)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(20), *range(TERMS_FROM, TERMS_FROM + 20)])
def test_cbc_finds_the_same_value(seed, tmp_path):
    programme = check(seed, tmp_path, solver="cbc")
    assert programme is None or programme.answer.solver == "cbc"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(100, 130), *range(TERMS_FROM + 100, TERMS_FROM + 130)])
def test_the_quick_search_of_large_models_gives_the_same_value(seed, tmp_path, monkeypatch):
    """Every folder here is small; treating them as middling, large and largest sends them through every kind of search."""
    for place, name in enumerate(("SMALL_MODEL_STARTS", "SETTLED_MODEL_STARTS", "LARGE_MODEL_STARTS")):
        monkeypatch.setattr(optimise_module, name, 0 if place <= seed % 3 else 10**9)
    check(seed, tmp_path)


def test_the_folders_bring_every_outcome():
    """An oracle that only meets easy folders proves nothing: some have no programme, many beat every rule of thumb."""
    bests = [case(seed)[1] for seed in [*range(40), *range(TERMS_FROM, TERMS_FROM + 40)]]
    assert 10 < sum(best is None for best in bests) < 50
    assert sum(best is not None and best < 0 for best in bests) >= 2


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "families", "times"), [
    (range(125), FAMILIES, 2), (range(TERMS_FROM, TERMS_FROM + 125), (*FAMILIES, *TERMS), 3),
    (range(TERMS_FROM, TERMS_FROM + 125), TERM_FORMS, 2)])
def test_every_rule_decides_the_best_programme_of_some_of_the_folders(seeds, families, times):
    """Without the rule the best programme would be worth something else; counted until there are enough."""
    bound = Counter(dict.fromkeys(families, 0))
    for seed in seeds:
        bound.update(binding_families(case(seed)[0], [family for family in bound if bound[family] < times]))
    assert {family: count for family, count in bound.items() if count < times} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("first", "least"), [(0, 15), (TERMS_FROM, 8)])
def test_rules_of_thumb_are_often_beaten_and_often_feasible(first, least, tmp_path):
    gains, kept = 0, 0
    for seed in range(first, first + 30):
        if case(seed)[1] is not None:
            programme = optimise(read(case(seed)[0], tmp_path / str(seed)), gap=0)
            kept += any(rule.feasible for rule in programme.rules)
            gains += all(rule.value < programme.objective - GBP for rule in programme.rules if rule.feasible)
    assert kept >= least
    assert gains >= 8


def test_a_rule_of_thumb_pays_for_a_bid_from_the_money_that_comes_with_it(tmp_path):
    """The loan of 60 comes with the bid and pays its 10 too, but not the 5 of the year before; then the roof of 50."""
    bid = ("bid", {}, {2026: (1, {2025: 5, 2026: 10}), 2027: (1, {2027: 10})})
    frames = folder([("roof", {}, {2026: (9, {2026: 50}), 2027: (8, {2027: 50})}), bid],
                    [{"amount": 60, "first_year": 2025, "last_year": 2027, "with_scheme": "bid"}])
    programme = optimise(read(frames, tmp_path), gap=0)
    assert programme.choice == {"bid": 2027, "roof": 2027}
    assert [rule.choice for rule in programme.rules if rule.rule == "priority order"] == [{"bid": 2027, "roof": 2027}] or \
        [rule.choice for rule in programme.rules] == [{"bid": 2027}] * 3
    for rule in programme.rules:
        assert rule.feasible
        assert feasible(frames, rule.choice) == []


def test_a_start_year_without_a_price_is_refused(tmp_path):
    """Where ``spend.csv`` has rows, a start year without one is a mistake: nothing is built for free by accident."""
    frames = folder([("a", {}, {2026: (1, {2026: 5}), 2027: (1, {2027: 5})}), ("b", {}, once(1, 5))], [{"amount": 9}])
    frames["spend"] = frames["spend"].query("not (scheme_id == 'a' and start_year == 2027)")
    with pytest.raises(CandidatesError, match="a started in 2027") as caught:
        read_candidates(write_folder(frames, tmp_path))
    assert len(caught.value.faults) == 1
