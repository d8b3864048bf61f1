"""Money, rules, plans almost as good and the core index: against brute force, by hand, and the same futures for all."""

import itertools

import numpy as np
import pandas as pd
import pytest
from folders import folder, once, read
from instances import random_instance
from oracle import feasible, solve, total_value

from capplan import optimise
from capplan.programme.alternatives import changed_share, in_share, near_optimal
from capplan.programme.core_index import Futures, _word, core_index, wilson
from capplan.programme.explain import base_programme
from capplan.programme.rule_prices import rule_prices
from capplan.programme.shadow import check_worth, money_prices, with_more, worth_of_more
from capplan.programme.what_if import Desk
from capplan.report.overview import _needs

SEEDS = (0, 1, 2, 4, 6, 7, 8, 9)
"""Seeds of folders that have a programme."""
THREE = [("roof", {}, once(50, 100)), ("boiler", {}, once(80, 100)), ("paint", {}, once(10, 20))]


def desk_of(candidates):
    programme = optimise(candidates, gap=0)
    desk = Desk(candidates, programme.choice)
    return desk, base_programme(desk, programme.choice, programme.bound)


# ------------------------------------------------------------------------------------------------------------- money


def test_by_hand_what_a_pound_is_worth(tmp_path):
    """120 pounds: boiler whole, then a fifth of the roof and the paint, half a point a pound both. 30 more: 15 in part."""
    candidates = read(folder(THREE, [{"amount": 120}]), tmp_path)
    assert money_prices(candidates).by_pot.to_dict() == {"P0": pytest.approx(0.5)}
    frame = worth_of_more(candidates, 30.0)
    assert frame.worth.tolist() == [pytest.approx(15)] * 2 and set(frame.pot_id) == {"P0", ""}
    more = worth_of_more(candidates, 500.0)  # only 50 points are left to buy
    assert more.worth.tolist() == [pytest.approx(50)] * 2 and more.worth_at_most.tolist() == [pytest.approx(250)] * 2
    desk, base = desk_of(candidates)
    assert check_worth(desk, base, worth_of_more(candidates, 90.0), 90.0).worth_found.max() == pytest.approx(40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_more_money_is_worth_what_brute_force_says_and_never_more_than_its_price(seed, tmp_path):
    frames = random_instance(seed)
    candidates = read(frames, tmp_path)
    desk, base = desk_of(candidates)
    table = check_worth(desk, base, worth_of_more(candidates, 12.0), 12.0, most=3)
    assert (table.worth <= table.worth_at_most + 1e-6).all()
    for row in table[table.worth_found.notna()].itertuples():
        pots = with_more(candidates, row.pot_id, row.first_year, 12.0).pots
        pots = pots.astype({name: object for name in pots if name not in ("amount", "first_year", "last_year")}).fillna("")
        assert row.worth_found == pytest.approx(solve({**frames, "pots": pots})[0] - solve(frames)[0], abs=0.01)


# -------------------------------------------------------------------------------------------------------------- rules


def test_by_hand_what_rules_cost(tmp_path):
    """The paint must be done, 10 for 100 of the 120 pounds; without that the boiler, 80. One scheme a site costs nothing."""
    schemes = [("paint", {"must_do": "yes", "site_id": "s"}, once(10, 100)), ("boiler", {"site_id": "t"}, once(80, 100))]
    candidates = read(folder(schemes, [{"amount": 120}], [{"limit_id": "one each", "scope": "site", "measure": "schemes",
                                                           "amount": 1}]), tmp_path)
    prices = {price.rule: price for price in rule_prices(*desk_of(candidates))}
    assert set(prices) == {"the whole list of what must be done", "the must-do paint", "the limit one each"}
    assert prices["the must-do paint"].gain == pytest.approx(70)
    assert prices["the must-do paint"].least == pytest.approx(70) == prices["the must-do paint"].most
    assert prices["the limit one each"].gain == 0


# ------------------------------------------------------------------------------------------------- plans almost as good


def all_plans(frames):
    """Every programme that obeys the rules, tried one by one."""
    years = frames["scheme_years"].groupby("scheme_id").start_year.apply(list).to_dict()
    names = list(years)
    for picks in itertools.product(*([None, *years[name]] for name in names)):
        choice = {name: year for name, year in zip(names, picks, strict=True) if year is not None}
        if feasible(frames, choice) == []:
            yield choice


def test_the_first_plan_is_the_most_unlike_within_the_slack_by_brute_force(tmp_path):
    schemes = [(name, {}, once(value, cost)) for name, value, cost in
               (("a", 50, 10), ("b", 49, 30), ("c", 48, 25), ("d", 47, 20), ("e", 3, 8))]
    frames = folder(schemes, [{"amount": 60}])
    candidates = read(frames, tmp_path)
    best = optimise(candidates, gap=0)
    plans = near_optimal(candidates, best.choice, slack_share=0.05, plans=3)
    size = {name: cost for name, _, starts in schemes for _, (_, bill) in starts.items() for cost in bill.values()}
    near = [plan for plan in all_plans(frames) if total_value(frames, plan) >= 0.95 * best.objective]
    most = max(sum(size[name] for name in set(plan) ^ set(best.choice)) for plan in near)
    assert sum(size[name] for name in set(plans[0].choice) ^ set(best.choice)) >= most * 0.98
    for plan in plans:
        assert plan.value >= 0.95 * best.objective and feasible(frames, plan.choice) == []
    sets = [frozenset(plan.choice) for plan in plans] + [frozenset(best.choice)]
    assert len(set(sets)) == len(sets)


def test_where_no_other_plan_is_near_none_is_told(tmp_path):
    candidates = read(folder([("a", {}, once(50, 10))], [{"amount": 60}]), tmp_path)
    assert near_optimal(candidates, {"a": 2026}) == []


def test_shares_by_hand(tmp_path):
    candidates = read(folder(THREE, [{"amount": 120}]), tmp_path)
    assert in_share(candidates, [{"roof": 2026}, {"roof": 2026, "paint": 2026}]).to_dict() == {
        "roof": 1, "boiler": 0, "paint": 0.5}
    assert changed_share({"a": 30, "b": 10}, {"a": 1}, {"a": 2, "b": 1}) == 0.25
    assert changed_share({}, {}, {}) == 0


# --------------------------------------------------------------------------------------------------------- core index


def test_what_is_sure_is_always_in_and_what_cannot_be_is_never(tmp_path):
    schemes = [("must", {"must_do": "yes"}, once(1, 10)), ("fine", {}, once(1000, 10)), ("dear", {}, once(5, 10_000)),
               ("left", {}, once(50, 70)), ("right", {}, once(50, 70))]
    candidates = read(folder(schemes, [{"amount": 100}]), tmp_path)
    programme = optimise(candidates, gap=0)
    core = core_index(candidates, programme.choice, samples=40)
    kind = core.schemes.set_index("scheme_id").core.to_dict()
    assert (kind["must"], kind["fine"], kind["dear"]) == ("always", "always", "never")
    assert kind["left"] in ("depends", "usually", "rarely") and kind["right"] in ("depends", "usually", "rarely")
    both = core.schemes.set_index("scheme_id").in_share
    assert both["left"] + both["right"] <= 1 and core.samples == 40 and core.without_plan == 0


def test_two_ways_to_meet_a_sure_need_each_depend_and_the_need_does_not(tmp_path):
    """Two roofs for one need, alike, and money for one: whichever is a little better is in, and one of them always is."""
    schemes = [("felt", {"exclusion_group": "roof"}, once(500, 70)), ("slate", {"exclusion_group": "roof"}, once(500, 70))]
    candidates = read(folder(schemes, [{"amount": 1000}]), tmp_path)
    core = core_index(candidates, {"felt": 2026}, samples=60).schemes.set_index("scheme_id")
    assert core.in_share.sum() == pytest.approx(1.0) and (core.in_share > 0.2).all()
    assert core.need_core.tolist() == ["always", "always"] and core.core.isin(["depends", "rarely", "usually"]).all()
    assert "For 1 of them the need is sure" in _needs(core[core.planned == "yes"])[0]


@pytest.mark.parametrize(("count", "word"), [(0, "never"), (1, "rarely"), (10, "rarely"), (11, "depends"), (29, "depends"),
                                             (30, "usually"), (39, "usually"), (40, "always")])
def test_words_of_the_core_index_by_hand(count, word):
    assert _word(count, 40, 0.75) == word


def test_of_a_large_model_plans_within_the_slack_are_found_by_a_price(tmp_path, monkeypatch):
    """As for the whole model above: within the slack, no two alike, and at least half as unlike as can be."""
    schemes = [(name, {}, once(value, cost)) for name, value, cost in
               (("a", 50, 10), ("b", 49, 30), ("c", 48, 25), ("d", 47, 20), ("e", 3, 8))]
    frames = folder(schemes, [{"amount": 60}])
    candidates = read(frames, tmp_path)
    best = optimise(candidates, gap=0)
    monkeypatch.setattr("capplan.programme.alternatives.WHOLE_MODEL_STARTS", 0)
    plans = near_optimal(candidates, best.choice, slack_share=0.05, plans=2)
    assert plans and all(plan.value >= 0.95 * best.objective and feasible(frames, plan.choice) == [] for plan in plans)
    near = [plan for plan in all_plans(frames) if total_value(frames, plan) >= 0.95 * best.objective]
    size = {name: cost for name, _, starts in schemes for _, (_, bill) in starts.items() for cost in bill.values()}
    most = max(changed_share(size, best.choice, plan) for plan in near)
    assert max(plan.changed_share for plan in plans) >= most / 2
    sets = [frozenset(plan.choice) for plan in plans] + [frozenset(best.choice)]
    assert len(set(sets)) == len(sets)


def test_futures_without_any_plan_are_counted_apart(tmp_path):
    """A must-do that costs just what the pot holds can be paid for in some futures only."""
    candidates = read(folder([("must", {"must_do": "yes"}, once(1, 100))], [{"amount": 100}]), tmp_path)
    core = core_index(candidates, {"must": 2026}, samples=30)
    assert core.samples + core.without_plan == 30 and 0 < core.samples < 30
    assert core.schemes.core.tolist() == ["always"]


def test_futures_are_the_same_for_all_and_one_more_scheme_changes_no_other(tmp_path):
    few = Futures(read(folder(THREE[:2], [{"amount": 120}]), tmp_path / "few"), 5, 7)
    many = Futures(read(folder(THREE, [{"amount": 120}]), tmp_path / "many"), 9, 7)
    for number in range(5):
        one, other = few.future(number), many.future(number)
        assert one.scheme_years.value.tolist() == other.scheme_years.value.tolist()[:2]
        assert one.spend.cost.tolist() == other.spend.cost.tolist()[:2]
        assert one.pots.amount.tolist() == other.pots.amount.tolist()
    assert few.future(0).spend.cost.tolist() != few.future(1).spend.cost.tolist()
    assert Futures(few.candidates, 5, 8).future(0).spend.cost.tolist() != few.future(0).spend.cost.tolist()


def test_weights_of_several_value_columns_are_drawn(tmp_path):
    """One scheme is all risk, the other all carbon: the ratio of their worth moves with the weights, on average to even."""
    schemes = [("risk", {"VALUE_RISK": {2026: 100}, "VALUE_CARBON": {2026: 0}}, once(100, 1)),
               ("carbon", {"VALUE_RISK": {2026: 0}, "VALUE_CARBON": {2026: 40}}, once(40, 1))]
    futures = Futures(read(folder(schemes, [{"amount": 1}]), tmp_path), 400, 1)
    logs = [np.log(np.divide(*futures.future(number).scheme_years.value)) for number in range(400)]
    assert abs(np.mean(logs)) < 0.4 and np.std(logs) > 1


def test_error_bars_cover_as_they_say():
    """Of shares estimated from 40 draws, about 95% of the intervals hold the truth."""
    rng = np.random.default_rng(5)
    for truth in (0.1, 0.5, 0.9):
        held = [least <= truth <= most for least, most in (wilson(count, 40) for count in rng.binomial(40, truth, 2000))]
        assert 0.92 < np.mean(held) < 0.985


def test_of_large_models_the_relaxation_decides_and_says_so(tmp_path, monkeypatch):
    """The must-do and the fine one whole, the dear one by a hundredth only: the relaxation, rounded, says the same."""
    schemes = [("must", {"must_do": "yes"}, once(1, 10)), ("fine", {}, once(1000, 10)), ("dear", {}, once(5, 10_000))]
    candidates = read(folder(schemes, [{"amount": 100}]), tmp_path)
    small = core_index(candidates, {"must": 2026, "fine": 2026}, samples=12)
    monkeypatch.setattr("capplan.programme.core_index.WHOLE_MODEL_STARTS", 0)
    large = core_index(candidates, {"must": 2026, "fine": 2026}, samples=12)
    assert large.relaxed and not small.relaxed
    pd.testing.assert_frame_equal(small.schemes, large.schemes)
