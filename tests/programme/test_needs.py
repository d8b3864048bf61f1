"""Needs that share starts, and starts that another stands in for: slow loops, and the best of every programme."""

import numpy as np
import pytest
from folders import folder, read
from instances import random_instance

from capplan.programme.arrays import NEEDS, arrays
from capplan.programme.instance import instance, total_value
from capplan.programme.linear import NO_STARTS, solve_part
from capplan.programme.needs import Needs, dominated, need_rows

SEEDS = range(14)


def model_of(frames, path):
    return arrays(instance(read(frames, path)), handed_on=True)


def most_at(worth, met):
    """The most that starts can be worth together where each need is met once, by trying every set of starts."""
    def best(place, taken):
        """The most from a place on."""
        if place == len(worth):
            return 0.0
        left = best(place + 1, taken)
        return left if taken & met[place] else max(left, worth[place] + best(place + 1, taken | met[place]))

    return best(0, frozenset())


@pytest.mark.parametrize("seed", SEEDS)
def test_needs_are_worth_at_least_the_best_that_can_be_done_about_them(seed, tmp_path):
    model = model_of(random_instance(seed, further_needs=True), tmp_path)
    needs, rng = Needs(model), np.random.default_rng(seed)
    met = [frozenset(needs.met[place].indices.tolist()) for place in range(model.starts)]
    for _ in range(4):
        worth = rng.normal(0, 100, model.starts)
        prices = needs.covered(worth)
        assert (prices >= 0).all()
        assert all(worth[place] <= prices[list(met[place])].sum() + 1e-6 for place in range(model.starts))
        few = rng.permutation(model.starts)[:14]
        others_out = np.full(model.starts, -np.inf)
        others_out[few] = worth[few]
        assert needs.covered(others_out).sum() >= most_at(worth[few], [met[place] for place in few]) - 1e-6


def test_works_on_a_whole_block_are_worth_what_its_needs_are_together(tmp_path):
    """By hand: two elements worth 3 and 4, the whole block 10; then the block only 6."""
    schemes = [("roof", {"exclusion_group": "R"}, {2026: (3, {})}), ("boiler", {"exclusion_group": "B"}, {2026: (4, {})}),
               ("rebuild", {"exclusion_group": "R", "also_meets": "B"}, {2026: (10, {})})]
    model = model_of(folder(schemes, [{"amount": 10}]), tmp_path)
    needs = Needs(model)
    assert needs.sets == 1 and needs.covered(np.array([3.0, 4.0, 10.0])).sum() == pytest.approx(10)
    assert needs.covered(np.array([3.0, 4.0, 6.0])).sum() == pytest.approx(7)
    assert needs.covered(np.array([3.0, -4.0, -1.0])).tolist() == [3.0, 0.0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_programme_is_worth_as_much_without_what_another_stands_in_for(seed, tmp_path):
    model = model_of(random_instance(seed + 500 * (seed % 2), further_needs=seed % 3 == 0, terms=seed % 2 == 1), tmp_path)
    every = np.flatnonzero(model.most[:model.starts] > 0)
    few = every[~dominated(model)[every]]
    best, fewer = (solve_part(model, starts, NO_STARTS, None, 0.0, 20)[0] for starts in (every, few))
    assert (best is None) == (fewer is None)
    assert best is None or total_value(model.instance, fewer) == pytest.approx(total_value(model.instance, best), rel=1e-9)


@pytest.mark.parametrize(("change", "found"), [
    ({}, ["dear"]), ({"values": (6, 5)}, []), ({"groups": ("R", "S")}, []), ({"years": (2026, 2027)}, []),
    ({"limits": [{"measure": "cost", "amount": 4, "sense": ">="}]}, []),
    ({"limits": [{"measure": "cost", "amount": 9, "sense": "<="}]}, ["dear"]),
    ({"trades": ("roofs", "walls"), "limits": [{"scope": "trade", "scope_id": "walls", "measure": "cost",
                                                "amount": 9, "sense": "<="}]}, []),
    ({"bundles": [{"schemes": "dear;other", "saving_share": 0.5}]}, [])])
def test_what_costs_more_and_is_worth_no_more_is_left_out_unless_a_rule_may_want_it(change, found, tmp_path):
    values, groups = change.get("values", (5, 5)), change.get("groups", ("R", "R"))
    years, trades = change.get("years", (2026, 2026)), change.get("trades", ("", ""))
    schemes = [(name, {"exclusion_group": group, "trade": trade}, {year: (value, {year: cost})})
               for name, group, trade, year, value, cost in zip(("dear", "cheap"), groups, trades, years, values, (4, 3),
                                                                strict=True)]
    schemes.append(("other", {"exclusion_group": "O"}, {2026: (1, {2026: 1})}))
    model = model_of(folder(schemes, [{"amount": 10, "last_year": 2027}], change.get("limits", ()),
                            change.get("bundles", ())), tmp_path)
    assert [model.instance.pairs[place][0] for place in np.flatnonzero(dominated(model))] == found


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_of_needs_are_those_of_the_starts_that_meet_them(seed, tmp_path):
    model = model_of(random_instance(seed, further_needs=True), tmp_path)
    met, number = Needs(model).met.tocsc(), need_rows(model)
    assert ((number >= 0) == (model.family == NEEDS)).all()
    for row in np.flatnonzero(number >= 0):
        starts = model.matrix[row].tocoo().col
        assert sorted(starts) == sorted(met.indices[met.indptr[number[row]]:met.indptr[number[row] + 1]])
