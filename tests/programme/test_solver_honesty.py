"""What is claimed of a solve is true: bounds, gaps, how it stopped; and a solver's wrong answer does not get through."""

import functools
import importlib
import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pulp
import pytest
from folders import folder, once, read
from instances import random_instance
from oracle import feasible, solve

import capplan
from capplan.candidates import write_candidates
from capplan.errors import AuditError, CapplanError, SolverError
from capplan.programme import rules_of_thumb, solver
from capplan.programme.arrays import arrays
from capplan.programme.audit import audit
from capplan.programme.instance import instance
from capplan.programme.linear import solve_part
from capplan.programme.solver import Answer, relative_gap

REPO = Path(__file__).resolve().parents[2]
step = importlib.import_module("capplan.programme.optimise")  # the package's own name for it is the function


@functools.cache
def case(number):
    """A random folder that some programme obeys, and the best value."""
    folders = map(random_instance, itertools.count(500 + number, 1000))
    return next((frames, best) for frames in folders if (best := solve(frames)[0]) is not None)


# ---------------------------------------------------------------------------------------------------------- true bounds


@pytest.mark.parametrize("number", [pytest.param(number, marks=[pytest.mark.slow] * (number >= 20)) for number in range(60)])
def test_the_bound_is_true_at_a_wide_gap(number, tmp_path, monkeypatch):
    """Half of them go through the whole model, half through the quick search of large models."""
    monkeypatch.setattr(step, "SMALL_MODEL_STARTS", 0 if number % 2 else 10**9)
    frames, best = case(number)
    programme = capplan.optimise(read(frames, tmp_path), gap=0.05)
    assert programme.bound >= best - 1e-6
    assert programme.bound <= programme.objective + 0.05 * abs(programme.objective) + 1e-6
    assert programme.objective <= best + 1e-6
    assert programme.gap == pytest.approx(relative_gap(programme.objective, programme.bound))
    assert feasible(frames, programme.choice) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(15))
def test_the_bound_of_cbc_is_true_at_a_wide_gap(number, tmp_path):
    frames, best = case(number)
    programme = capplan.optimise(read(frames, tmp_path), gap=0.05, solver="cbc")
    assert programme.objective - 1e-6 <= best <= programme.bound + 1e-6


@pytest.mark.parametrize(("objective", "bound", "gap"), [
    (100, 105, 0.05), (100, 100, 0), (100, 99.9, 0), (0, 0, 0), (0, 1, math.inf), (-100, -95, 0.05), (-10, 10, 2),
    (7, math.inf, math.inf), (0, math.inf, math.inf), (-7, math.inf, math.inf), (1e9, 1e9 + 0.1, 0), (50, 50.001, 0.00002)])
def test_the_gap_is_the_distance_to_the_bound_as_a_share_of_the_objective(objective, bound, gap):
    """In particular no bound at all is no proof at all."""
    assert relative_gap(objective, bound) == pytest.approx(gap)


HARD = 120
"""Schemes of ``knapsack``: enough that no solver closes the gap in a quarter of a second."""


def knapsack(loss):
    """Ten overlapping limits on 120 schemes, and a must-do worth ``-loss``: hard to prove, easy to start."""
    weights = [[(i * 7919 + j * 104729) % 900 + 100 for i in range(HARD)] for j in range(10)]
    schemes = [(f"s{i:03}", {f"W{j}": {2026: weights[j][i]} for j in range(10)}, once((i * 611953) % 700 + 300, 0))
               for i in range(HARD)]
    schemes.append(("loss", {"must_do": "yes", **{f"W{j}": {2026: 0} for j in range(10)}}, once(-loss, 0)))
    return folder(schemes, [{"amount": 1}],
                  [{"measure": f"w{j}", "amount": int(sum(weights[j]) * 0.4)} for j in range(10)])


@functools.cache
def known_to_be_possible(loss):
    """Value of a programme of ``knapsack`` made here by filling up greedily."""
    frames = knapsack(loss)
    room = dict(zip(frames["limits"].measure, frames["limits"].amount, strict=True))
    value = 0
    for row in frames["scheme_years"].sort_values("value", ascending=False).to_dict("records"):
        if row["scheme_id"] == "loss" or all(row[name] <= room[name] for name in room):
            value += row["value"]
            room = {name: left - row[name] for name, left in room.items()}
    return value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["highs", "cbc"])
@pytest.mark.parametrize("loss", [0, 41000, 90000], ids=["gains", "around nothing", "losses"])
def test_a_time_limit_leaves_a_true_gap_whatever_the_sign_of_the_value(name, loss, tmp_path):
    """With a loss of about the best value the objective is below 0 and the bound above it, or the other way round."""
    programme = capplan.optimise(read(knapsack(loss), tmp_path), gap=0, time_limit_s=0.3, solver=name)
    assert programme.answer.status in ("time limit", "optimal")
    assert programme.bound >= known_to_be_possible(loss)
    assert programme.bound >= programme.objective
    if programme.answer.status == "time limit":
        assert programme.gap > 0
    assert audit(programme.candidates, programme.choice, programme.draws, programme.objective) == []


def test_cbc_that_found_nothing_in_time_proves_nothing(tmp_path):
    """Stopped before its first programme, CBC prints only a bound; the rule of thumb's programme is not then the best."""
    programme = capplan.optimise(read(knapsack(90000), tmp_path), gap=0, time_limit_s=1e-9, solver="cbc")
    assert programme.bound >= known_to_be_possible(90000)
    if programme.answer.status == "optimal":
        assert programme.gap == 0


@pytest.mark.parametrize("text", ["Upper bound:      153.536", "Upper bound:  -9546.464", "Upper bound: 1.5e-05",
                                  "Upper bound: 1e+30", "no bound at all"])
def test_the_bound_cbc_prints_is_read_with_its_sign(text, monkeypatch, tmp_path):
    """CBC's log says the bound of the problem as it was given; three decimals, so half of the last is added."""
    class Told(pulp.PULP_CBC_CMD):
        def actualSolve(self, lp, **_):  # noqa: N802 - PuLP's name
            log = f"Result - Stopped on time limit\n\nNo feasible solution found\n{text}\n"
            Path(self.optionsDict["logPath"]).write_text(log)
            lp.assignStatus(pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound)
            return pulp.LpStatusNotSolved

    monkeypatch.setattr(solver.pulp, "PULP_CBC_CMD", Told)
    problem = pulp.LpProblem("x", pulp.LpMaximize)
    problem.setObjective(pulp.LpAffineExpression([(problem.add_variable("x", 0, 1, pulp.LpBinary), 1)]))
    model = type("Model", (), {"problem": problem, "starts": {}})()
    answer = solver.solve(model, "cbc", 0, 1)
    figure = text.split()[-1]
    assert answer.choice is None
    assert answer.status == "time limit"
    assert answer.bound == (math.inf if figure == "all" else pytest.approx(float(figure) + 0.0005, rel=1e-12))


# ------------------------------------------------------------------------------------------ a time limit on a real job


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The candidates of the example estate, as a folder made elsewhere."""
    scenario = capplan.read_scenario(REPO / "scenarios" / "baseline.toml")
    place = tmp_path_factory.mktemp("example")
    write_candidates(capplan.propose(capplan.forecast(capplan.read_estate(REPO / "data" / "example"), scenario)), place)
    return capplan.read_candidates(place)


@pytest.fixture(scope="module")
def good(example):
    return capplan.optimise(example, gap=0.05, time_limit_s=60, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"time_limit_s": 0.2}, {"time_limit_s": 1, "solver": "cbc"}],
                         ids=["a fifth of a second", "a second of cbc"])
def test_a_short_time_on_the_example_trust_ends_honestly(example, good, settings):
    programme = capplan.optimise(example, gap=0, **settings)
    assert programme.bound >= good.objective
    assert programme.objective <= programme.bound
    assert programme.answer.seconds < settings["time_limit_s"] + 15
    if programme.answer.status == "optimal":
        assert programme.gap == 0
    else:
        assert programme.answer.status == "time limit"
        assert programme.gap == pytest.approx((programme.bound - programme.objective) / programme.objective)
    assert programme.objective >= max(rule.value for rule in programme.rules if rule.feasible)
    assert audit(example, programme.choice, programme.draws, programme.objective) == []


def test_optimal_means_within_the_gap_that_was_asked_for(good):
    assert good.answer.status == "optimal"
    assert 0 <= good.gap <= 0.05


def test_the_same_seed_gives_the_same_programme(example, good):
    again = capplan.optimise(example, gap=0.05, time_limit_s=60, seed=3)
    assert again.choice == good.choice
    assert again.objective == good.objective
    pd.testing.assert_frame_equal(again.draws, good.draws)


# ------------------------------------------------------------------------------------ a solver that fails, or is wrong


TWO = folder([("a", {"must_do": "yes"}, once(5, 60)), ("b", {}, once(4, 60)), ("c", {}, once(1, 40))], [{"amount": 100}])


def lying(choice, objective, bound=None, status="optimal"):
    """A solver that gives this answer whatever it is asked."""
    bound = objective if bound is None else bound
    return lambda *args, **kwargs: Answer(choice, objective, bound, 0.0, status, "highs", "0")


def test_a_solver_nobody_knows_is_refused_by_name(tmp_path):
    with pytest.raises(CapplanError, match="gurobi.*highs.*cbc"):
        capplan.optimise(read(TWO, tmp_path), solver="gurobi")


def test_a_programme_of_the_solver_that_breaks_a_rule_is_not_handed_on(tmp_path, monkeypatch):
    monkeypatch.setattr(step, "solve", lying({"b": 2026}, 99.0))
    frames = {**TWO, "scheme_years": TWO["scheme_years"].assign(value=[5, 90, 1])}
    with pytest.raises(AuditError, match="must be done"):
        capplan.optimise(read(frames, tmp_path))


def test_a_programme_of_the_solver_that_the_pots_cannot_pay_gives_way_to_a_rule_of_thumb(tmp_path, monkeypatch):
    """a and b cost 120 of the 100 there are: a and c, worth 6, stand, with the solver's bound of 99 told beside them."""
    monkeypatch.setattr(step, "solve", lying({"a": 2026, "b": 2026}, 99.0, status="time limit"))
    programme = capplan.optimise(read(TWO, tmp_path))
    assert programme.choice == {"a": 2026, "c": 2026} and programme.objective == 6
    assert programme.bound == 99 and programme.answer.status == "time limit"


def test_the_value_told_is_that_of_the_schemes_not_what_the_solver_says(tmp_path, monkeypatch):
    monkeypatch.setattr(step, "solve", lying({"a": 2026, "c": 2026}, 1e6))
    assert capplan.optimise(read(TWO, tmp_path)).objective == 6


def test_optimal_without_a_programme_is_no_programme(tmp_path, monkeypatch):
    """A status alone is not believed: with no incumbent and no rule of thumb there is an error, not an empty programme."""
    monkeypatch.setattr(step, "solve", lying(None, float("nan"), float("inf")))
    monkeypatch.setattr(step, "by_rule", lambda *given: replace(rules_of_thumb.by_rule(*given), feasible=False))
    with pytest.raises(SolverError, match="time limit"):
        capplan.optimise(read(TWO, tmp_path))


def test_without_an_incumbent_the_rule_of_thumb_is_told_with_no_proof(tmp_path, monkeypatch):
    monkeypatch.setattr(step, "solve", lying(None, float("nan"), float("inf"), "time limit"))
    programme = capplan.optimise(read(TWO, tmp_path))
    assert programme.choice == {"a": 2026, "c": 2026}
    assert programme.found_by in ("worst first", "priority order", "value per pound")
    assert programme.answer.status == "time limit"
    assert programme.gap == math.inf


def test_a_solver_that_crashes_says_which_it_was(tmp_path, monkeypatch):
    class Crash(pulp.PULP_CBC_CMD):
        def actualSolve(self, lp, **_):  # noqa: N802 - PuLP's name
            raise pulp.PulpSolverError("the machine is on fire")

    monkeypatch.setattr(solver.pulp, "PULP_CBC_CMD", Crash)
    with pytest.raises(SolverError, match="CBC.*on fire"):
        capplan.optimise(read(TWO, tmp_path), solver="cbc", gap=0)


def test_a_rule_of_thumb_starts_what_a_must_do_requires(tmp_path):
    """c must be done and requires b, which requires a; a and b are worth nothing by themselves."""
    frames = folder([("a", {}, once(0, 10)), ("b", {"requires": "a"}, once(0, 10)),
                     ("c", {"requires": "b", "must_do": "yes"}, once(5, 10))], [{"amount": 30}])
    programme = capplan.optimise(read(frames, tmp_path))
    assert all(rule.feasible and set(rule.choice) == {"a", "b", "c"} for rule in programme.rules)


@pytest.mark.parametrize("seed", [4, 8, 503, 507])
@pytest.mark.parametrize("by_parts", [False, True])
def test_any_number_of_threads_proves_the_same(seed, by_parts, tmp_path, monkeypatch):
    """HiGHS will not run with other threads than its pool began with, and then answers in zeros: neither may be seen."""
    if by_parts:
        for place, name in enumerate(("SMALL_MODEL_STARTS", "SETTLED_MODEL_STARTS", "LARGE_MODEL_STARTS")):
            monkeypatch.setattr(step, name, place - 1)
    frames, best = random_instance(seed, terms=seed >= 500), None
    for threads in (1, 2, 1):
        programme = capplan.optimise(read(frames, tmp_path / f"of{threads}"), gap=0, threads=threads)
        best = solve(frames)[0] if best is None else best
        assert programme.answer.solver == "highs"
        assert programme.objective == pytest.approx(best)
        assert programme.bound >= best - 1e-6


def test_a_part_that_highs_will_not_run_is_an_error_and_never_a_proof(tmp_path, monkeypatch):
    """With the pool of threads left as it is, HiGHS refuses; before, its zeros passed for a bound."""
    model = arrays(instance(read(random_instance(4), tmp_path)))
    everything = np.arange(model.starts)
    solve_part(model, everything, everything[:0], None, 0.0, 10)
    monkeypatch.setattr(solver.highspy.Highs, "resetGlobalScheduler", lambda blocking: None)
    monkeypatch.setitem(solver._POOL, "threads", 1)
    try:
        with pytest.raises(SolverError, match="could not run"):
            solve_part(model, everything, everything[:0], None, 0.0, 10, threads=2)
    finally:
        monkeypatch.undo()
        solver._POOL.clear()
