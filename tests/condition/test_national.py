"""Backlog by place: by hand, against a plain loop over components, against the outlook, and what must never change."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import reference
from capplan.condition import national
from capplan.condition import worst_first as rule
from capplan.condition.deterioration import transition_matrices
from capplan.condition.national import backlog_by_place
from capplan.outlook import forecast
from capplan.scenario import read_scenario

GRADES = list("ABCDE")
HALF = transition_matrices(np.array([[0.5, 0.5, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0]]))  # wears by half a year, and never


# --- the same once more, one component and one year at a time -------------------------------------------------------

def one_by_one(place, kind, start, drops, years, costs, ages):
    """Backlog by (place, year), a list of five, from lists; it shares nothing with capplan."""
    found = {}
    for at in range(len(place)):
        shares = [1.0 if grade == start[at] else 0.0 for grade in range(5)] if np.ndim(start[at]) == 0 else list(start[at])
        for year in range(-ages[at], years + 1):
            if year >= 0:
                total = found.setdefault((place[at], year), [0.0] * 5)
                for grade in range(5):
                    total[grade] += shares[grade] * costs[at][grade]
            falls = [share * drop for share, drop in zip(shares, [*drops[kind[at]], 0.0], strict=True)]
            shares = [share - fall + more for share, fall, more in zip(shares, falls, [0.0, *falls[:4]], strict=True)]
    return found


def estate(seed, count, types, places):
    """Places, types, grades or shares, costs and ages of a small estate."""
    rng = np.random.default_rng(seed)
    names = np.array([f"authority {chr(65 + at)}" for at in range(places)])
    drops = np.where(rng.random((types, 4)) < 0.2, rng.integers(0, 2, (types, 4)), rng.random((types, 4)))
    return {"place": rng.choice(names, count), "kind": rng.integers(0, types, count), "grade": rng.integers(0, 5, count),
            "shares": rng.dirichlet(np.full(5, 0.4), count), "drops": drops, "quantity": rng.uniform(0, 1e4, count),
            "unit": rng.uniform(0, 500, (types, 5)), "costs": np.exp(rng.normal(6, 3, (count, 5))),
            "ages": rng.integers(0, 6, count)}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 40), types=st.integers(1, 6), places=st.integers(1, 5),
       years=st.integers(0, 12), start=st.sampled_from(["grade", "shares"]), own=st.booleans(), aged=st.booleans(),
       at_once=st.sampled_from([1, 60, 4_000_000]))
def test_the_same_as_one_by_one(seed, count, types, places, years, start, own, aged, at_once):
    e = estate(seed, count, types, places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(national, "SUMS_AT_ONCE", at_once)
        result = backlog_by_place(
            e["place"], e["kind"], e[start], transition_matrices(e["drops"]), years,
            age_years=e["ages"] if aged else None,
            **({"costs_gbp": e["costs"]} if own else {"quantity": e["quantity"], "unit_cost_gbp": e["unit"]}))
    costs = e["costs"] if own else e["quantity"][:, None] * e["unit"][e["kind"]]
    slow = one_by_one(e["place"].tolist(), e["kind"], e[start], e["drops"], years, costs.tolist(),
                      e["ages"] if aged else [0] * count)
    assert list(result.columns) == GRADES
    assert result.index.tolist() == sorted(slow)
    np.testing.assert_allclose(result.to_numpy(), [slow[key] for key in result.index], rtol=1e-9, atol=1e-9)


def test_the_same_backlog_by_school_as_the_outlook(root):
    from capplan.estate import read_estate
    outlook = forecast(read_estate(root / "data" / "example"), read_scenario(root / "scenarios" / "baseline.toml"))
    parts, horizon = outlook.parts, outlook.horizon
    types = reference.component_types()
    matrices = transition_matrices(types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy())
    total = pd.DataFrame(0.0, index=sorted(parts.school_id.unique()), columns=range(horizon + 1))
    for (in_use, stays), own in parts.groupby(["years_in_use", "stays"]):
        backlog = backlog_by_place(own.school_id, types.index.get_indexer(own.type_id), own.grade_index, matrices, horizon,
                                   costs_gbp=outlook.costs_gbp[own.index], age_years=own.age_years)
        poor = backlog[["C", "D", "E"]].sum(axis=1).unstack("year")
        poor.loc[:, [year for year in poor if year >= in_use and not (stays and year == horizon)]] = 0.0
        total = total.add(poor, fill_value=0.0)
    for year in range(horizon + 1):
        theirs = outlook.backlog_by(parts.school_id, year)
        np.testing.assert_allclose(total[year].loc[theirs.index], theirs, rtol=1e-9)
    assert total[horizon].sum() > total[0].sum() > 1e5


# --- by hand --------------------------------------------------------------------------------------------------------

def test_by_hand():
    # Two units at B, GBP 10 a unit at C and 100 at D. Half fall each year: B is 1, 1/2, 1/4; C 0, 1/2, 1/2; D 0, 0, 1/4.
    backlog = backlog_by_place(np.array([7, 7]), np.array([0, 1]), np.array([1, 3]), HALF, 2, quantity=np.array([2.0, 3]),
                               unit_cost_gbp=np.array([[0, 1, 10, 100, 110], [0, 2, 20, 50, 60.0]]))
    assert backlog.index.tolist() == [(7, 0), (7, 1), (7, 2)]
    assert backlog.to_numpy().tolist() == [[0, 2, 0, 150, 0], [0, 1, 10, 150, 0], [0, 0.5, 10, 200, 0]]


def test_a_survey_of_two_years_ago_begins_two_years_on():
    costs = np.array([[0, 1, 10, 100, 110.0]])
    args = (["x"], np.array([0]), np.array([1]), HALF)
    assert backlog_by_place(*args, 1, costs_gbp=costs, age_years=np.array([2])).to_numpy().tolist() == \
        backlog_by_place(*args, 3, costs_gbp=costs).to_numpy().tolist()[2:]


def test_year_0_is_what_the_survey_found():
    e = estate(3, 200, 4, 3)
    backlog = backlog_by_place(e["place"], e["kind"], e["grade"], transition_matrices(e["drops"]), 5, costs_gbp=e["costs"])
    for place in np.unique(e["place"]):
        for grade in range(5):
            here = (e["place"] == place) & (e["grade"] == grade)
            assert backlog.loc[(place, 0), GRADES[grade]] == pytest.approx(e["costs"][here, grade].sum(), rel=1e-12)


def test_places_keep_their_names_and_their_order():
    for place in (["b", "a", "b"], pd.Series([881, 207, 881]), pd.Categorical(["b", "a", "b"], ["b", "a"])):
        backlog = backlog_by_place(place, np.zeros(3, int), np.ones(3, int), HALF, 0, costs_gbp=np.ones((3, 5)))
        assert backlog.index.get_level_values("place").tolist() == pd.Series(place).drop_duplicates().sort_values().tolist()
        assert sorted(backlog.B) == [1, 2]


def test_an_estate_without_components_has_no_places():
    backlog = backlog_by_place([], [], [], HALF, 3, costs_gbp=np.zeros((0, 5)))
    assert backlog.shape == (0, 5)


# --- what must not change, and how it must ---------------------------------------------------------------------------

FORMS = [("grade", "costs"), ("grade", "quantity"), ("shares", "costs"), ("shares", "quantity")]


def run(e, start, cost, rows=slice(None), place=None, share=1.0, years=9):
    """Backlog of some rows of an estate, each taken so many times."""
    money = {"costs_gbp": e["costs"][rows] * np.reshape(share, (-1, 1))} if cost == "costs" else \
        {"quantity": e["quantity"][rows] * share, "unit_cost_gbp": e["unit"]}
    return backlog_by_place((e["place"] if place is None else place)[rows], e["kind"][rows], e[start][rows],
                            transition_matrices(e["drops"]), years, age_years=e["ages"][rows], **money)


def agree(one, other):
    """Whether two tables hold the same rows, columns and, but for rounding, figures."""
    return one.index.equals(other.index) and one.columns.equals(other.columns) and np.allclose(
        one.to_numpy(), other.to_numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("start", "cost"), FORMS)
def test_splitting_and_shuffling_components_changes_nothing(start, cost):
    e, rng = estate(11, 300, 5, 4), np.random.default_rng(12)
    whole = run(e, start, cost)
    part = rng.random(300)
    again = rng.permutation(600)
    rows, share = np.tile(np.arange(300), 2)[again], np.concatenate([part, 1 - part])[again]
    assert agree(run(e, start, cost, rows, share=share), whole)
    assert agree(run(e, start, cost, rng.permutation(300)), whole)


@pytest.mark.parametrize(("start", "cost"), FORMS)
def test_merging_places_adds_them_and_taking_one_away_leaves_the_others(start, cost):
    e = estate(13, 300, 5, 4)
    whole = run(e, start, cost)
    merged = np.where(e["place"] < "authority C", "north", "south")
    north = run(e, start, cost, place=merged).loc["north"]
    assert agree(north, whole.loc["authority A"] + whole.loc["authority B"])
    assert agree(run(e, start, cost, np.flatnonzero(e["place"] != "authority B")), whole.drop(index="authority B"))


@pytest.mark.parametrize("cost", ["costs", "quantity"])
def test_a_grade_is_a_share_of_one_and_shares_mix_the_grades(cost):
    e = estate(14, 100, 5, 3)
    e["certain"] = np.eye(5)[e["grade"]]
    assert agree(run(e, "certain", cost), run(e, "grade", cost))
    mixed = 0.0
    for grade in range(5):
        e["all"] = np.full(100, grade)
        mixed = mixed + run(e, "all", cost, share=e["shares"][:, grade])
    assert agree(mixed, run(e, "shares", cost))


@pytest.mark.parametrize("start", ["grade", "shares"])
def test_shares_sum_to_one_in_every_year_and_never_get_better(start):
    e = estate(15, 300, 5, 4)
    e["costs"] = np.ones((300, 5))                           # at a pound for each grade backlog counts components
    counted = run(e, start, "costs", years=40)
    components = pd.Series(e["place"]).value_counts()
    for place, own in counted.groupby("place"):
        np.testing.assert_allclose(own.sum(axis=1), components[place], rtol=1e-12)
        at_least = own.to_numpy()[:, ::-1].cumsum(axis=1)    # at E, at D or worse, ...
        assert all((later >= sooner - 1e-9).all() for sooner, later in pairwise(at_least))


def test_arguments_are_left_alone():
    e = estate(16, 50, 3, 2)
    before = {name: values.copy() for name, values in e.items()}
    for start, cost in FORMS:
        run(e, start, cost)
    for name, values in e.items():
        assert (values == before[name]).all()


@pytest.mark.parametrize("at_once", [1, 7, 128])
def test_worst_first_does_not_depend_on_how_many_rows_it_takes_at_once(at_once, monkeypatch):
    e = estate(17, 500, 6, 2)
    frame = pd.DataFrame({"buildingid": np.arange(500) % 30, "elementid": 1700 + e["kind"] * 63, "unit_area": e["quantity"],
                          "gifa": 50.0 + np.arange(500) % 30, **dict(zip(GRADES, e["shares"].T, strict=True)),
                          **{f"{letter}.repair.cost": e["unit"][e["kind"], at] for at, letter in enumerate(GRADES) if at},
                          **{name: e["drops"][e["kind"], at] for at, name in enumerate(("ab", "bc", "cd", "de"))}})
    frame.loc[frame.index % 9 == 0, "E.repair.cost"] = 0.0
    whole = rule.worst_first(frame, 4, 2e7, 2e6, 0.03)
    monkeypatch.setattr(rule, "ROWS_AT_ONCE", at_once)
    again = rule.worst_first(frame, 4, 2e7, 2e6, 0.03)
    assert whole.years.rebuilds.sum() > 0 and 0 < whole.years.repair_spent_gbp[4] <= 2e7
    pd.testing.assert_frame_equal(again.components, whole.components, check_exact=True)
    pd.testing.assert_frame_equal(again.years, whole.years, rtol=1e-12)
    pd.testing.assert_frame_equal(again.totals, whole.totals, rtol=1e-12)


# --- what is refused ------------------------------------------------------------------------------------------------

GOOD = {"place": np.array(["a", "b"]), "kind": np.array([0, 1]), "start": np.array([1, 4]), "matrices": HALF, "years": 2,
        "costs_gbp": np.ones((2, 5))}
BY_UNIT = {"costs_gbp": None, "quantity": np.ones(2), "unit_cost_gbp": np.ones((2, 5))}


@pytest.mark.parametrize(("changed", "says"), [
    ({"place": np.array(["a", None], object)}, "place that is missing"), ({"place": ["a"]}, "different lengths"),
    ({"kind": np.array([0, 2])}, "kind below 0 or above 1"), ({"kind": np.array([0, -1])}, "kind below 0"),
    ({"kind": np.array([0.0, 1.0])}, "kind that is not a row of whole numbers"),
    ({"start": np.array([1, 5])}, "start below 0 or above 4"), ({"start": np.full((2, 5), 0.3)}, "do not sum to one"),
    ({"start": np.array([[2.0, -1, 0, 0, 0]] * 2)}, "start negative"), ({"start": np.ones((2, 4))}, "start of shape"),
    ({"start": np.full((2, 5), np.nan)}, "not finite"), ({"matrices": HALF * 1.1}, "rows that do not sum to one"),
    ({"matrices": HALF[0]}, "matrices of shape"), ({"years": -1}, "years -1"), ({"years": 1.5}, "years 1.5"),
    ({"costs_gbp": np.full((2, 5), -1.0)}, "costs_gbp negative"), ({"costs_gbp": np.full((2, 5), np.nan)}, "not finite"),
    ({"costs_gbp": np.ones((3, 5))}, "different lengths"), ({"costs_gbp": np.ones(2)}, "costs_gbp of shape"),
    ({"costs_gbp": np.full((2, 5), 1e308), "place": ["a", "a"], "kind": np.array([1, 1]), "start": np.array([1, 1])},
     "too great"),
    ({"costs_gbp": None}, "not exactly one of"), ({**BY_UNIT, "costs_gbp": np.ones((2, 5))}, "not exactly one of"),
    ({**BY_UNIT, "unit_cost_gbp": None}, "not exactly one of"), ({"quantity": np.ones(2)}, "not exactly one of"),
    ({**BY_UNIT, "quantity": np.array([1.0, np.inf])}, "quantity negative or not finite"),
    ({**BY_UNIT, "unit_cost_gbp": np.ones((3, 5))}, "unit_cost_gbp of shape"),
    ({"age_years": np.array([0, -1])}, "age_years below 0"), ({"age_years": np.array([0])}, "different lengths"),
    ({"age_years": np.array([0.5, 1])}, "age_years that is not")])
def test_what_cannot_be_right_is_refused(changed, says):
    backlog_by_place(**GOOD)
    with pytest.raises(ValueError, match=says):
        backlog_by_place(**{**GOOD, **changed})


@pytest.mark.slow
def test_the_benchmark_runs_and_prints_a_line_for_each_case(root):
    words = [sys.executable, root / "tests" / "benchmarks" / "condition.py", "--components", "3000", "--repeats", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.count("3,000 ") >= 4
    assert "component-years a second" in done.stdout
