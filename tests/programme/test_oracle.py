"""The oracle against optima worked out by hand and a brute force that shares nothing with it; and its instances."""

import functools
import itertools
from collections import Counter

import numpy as np
import oracle
import pandas as pd
import pytest
from instances import FAMILIES, FORMS, TERM_FORMS, TERMS, binding_families, drop_rule, random_instance, write_folder
from oracle import feasible, solve, total_value
from scipy.optimize import linprog

SEEDS = range(150)
TERM_SEEDS = range(500, 600)
"""Instances with bundles, packages, limits of a total and pots with further terms."""


@functools.cache
def instance(seed):
    """Every other one has schemes that meet further needs."""
    return random_instance(seed, further_needs=seed % 2 == 1, terms=seed in TERM_SEEDS)


@functools.cache
def optimum(seed):
    return solve(instance(seed))


def folder(schemes, pots, limits=(), bundles=()):
    """A candidates folder: schemes as ``(id, columns, {start: (value, {year: cost})})``, the rest as dicts."""
    years = [(name, start, value, spend) for name, _, starts in schemes for start, (value, spend) in starts.items()]
    frames = {
        "schemes": pd.DataFrame([{"scheme_id": name, **columns} for name, columns, _ in schemes]).fillna(""),
        "scheme_years": pd.DataFrame([{"scheme_id": name, "start_year": start, "value": value, "carbon_t": value / 2}
                                      for name, start, value, _ in years]),
        "spend": pd.DataFrame([{"scheme_id": name, "start_year": start, "year": year, "cost": cost}
                               for name, start, _, spend in years for year, cost in spend.items()],
                              columns=["scheme_id", "start_year", "year", "cost"]),
        "pots": pd.DataFrame([{"pot_id": f"P{place}", "first_year": 2026, "last_year": 2026, **pot}
                              for place, pot in enumerate(pots)],
                             columns=sorted({"pot_id", "amount", "first_year", "last_year"}.union(*pots)))}
    if limits:
        frames["limits"] = pd.DataFrame([{"limit_id": f"L{place}", **limit} for place, limit in enumerate(limits)])
    if bundles:
        frames["bundles"] = pd.DataFrame([{"bundle_id": f"B{place}", **bundle} for place, bundle in enumerate(bundles)])
    return frames


def once(value, cost):
    """A scheme that may start in 2026 only and is paid for in that year."""
    return {2026: (value, {2026: cost})}


# -------------------------------------------------------------------------------------------- optima worked out by hand


def test_two_middling_schemes_beat_the_best_single_one():
    """100 pays for a (60) alone, worth 70, or for b and c (50 each), worth 45 + 45 = 90."""
    frames = folder([("a", {}, once(70, 60)), ("b", {}, once(45, 50)), ("c", {}, once(45, 50))], [{"amount": 100}])
    assert solve(frames) == (90, {"b": 2026, "c": 2026})


def test_unspent_money_lapses_with_its_window():
    """The pot of 2026 pays for one of the two; 2027 has 10. Money does not roll: 30 (a) and nothing for b in 2027."""
    frames = folder([("a", {}, once(30, 50)), ("b", {}, {2026: (25, {2026: 50}), 2027: (24, {2027: 50})})],
                    [{"amount": 90}, {"amount": 10, "first_year": 2027, "last_year": 2027}])
    assert solve(frames) == (30, {"a": 2026})
    assert solve(drop_rule(frames, "window")) == (55, {"a": 2026, "b": 2026})


def test_the_cost_of_each_year_is_paid_in_that_year():
    """a starts in 2026 and spends 40 then and 60 in 2027; the pots hold 40 and 60. With 50 and 50 it cannot start."""
    schemes = [("a", {}, {2026: (9, {2026: 40, 2027: 60})})]
    later = {"first_year": 2027, "last_year": 2027}
    assert solve(folder(schemes, [{"amount": 40}, {"amount": 60, **later}])) == (9, {"a": 2026})
    assert solve(folder(schemes, [{"amount": 50}, {"amount": 50, **later}])) == (0, {})


def test_tags_say_which_works_a_pot_pays_for():
    """An energy pot of 100 and an open pot of 50: e (energy, 100) from the first; c or u (50 each) from the second.

    u has no tag, so only the open pot can pay for it: 20 for e and the better of 8 and 7.
    """
    frames = folder([("e", {"tag": "energy"}, once(20, 100)), ("c", {"tag": "condition"}, once(7, 50)),
                     ("u", {"tag": ""}, once(8, 50))],
                    [{"amount": 100, "tags": "energy"}, {"amount": 50, "tags": ""}])
    assert solve(frames) == (28, {"e": 2026, "u": 2026})
    assert feasible(frames, {"c": 2026, "u": 2026}) == [
        "money: 50.00 of the cost of u in 2026 cannot be paid from any pot it may use"]
    wider = {**frames, "pots": frames["pots"].assign(tags=["energy; condition", ""])}
    assert feasible(wider, {"c": 2026, "u": 2026}) == []


def test_a_schools_own_money_stays_with_the_school():
    """oak's 60 cannot help elm's scheme, worth more; the trust's 30 can, but is too little: 5, not 50."""
    frames = folder([("o", {"school_id": "oak"}, once(5, 60)), ("e", {"school_id": "elm"}, once(50, 60))],
                    [{"amount": 60, "school_id": "oak"}, {"amount": 30, "school_id": ""}])
    assert solve(frames) == (5, {"o": 2026})
    assert solve(drop_rule(frames, "school pots"))[0] == 50


def test_money_is_moved_between_pots_until_every_bill_is_paid():
    """x (2026) may use both pots, y (2027) only the long one: x must leave it 0.20, to the penny.

    Pots: long 0.30 (2026-2027), short 0.10 (2026). x costs 0.20: 0.10 of each. y costs 0.20; at 0.21 only x.
    """
    def frames(cost):
        return folder([("x", {}, once(4, 0.2)), ("y", {}, {2027: (3, {2027: cost})})],
                      [{"amount": 0.3, "last_year": 2027}, {"amount": 0.1}])

    assert solve(frames(0.2)) == (7, {"x": 2026, "y": 2027})
    assert solve(frames(0.21)) == (4, {"x": 2026})


def test_at_most_one_of_an_exclusion_group():
    """Patch (8) or replace (13), not both, with cheaper paint (2) outside the group: 15 of 23."""
    frames = folder([("patch", {"exclusion_group": "roof"}, once(8, 1)),
                     ("replace", {"exclusion_group": "roof"}, once(13, 1)), ("paint", {}, once(2, 1))],
                    [{"amount": 100}])
    assert solve(frames) == (15, {"replace": 2026, "paint": 2026})
    assert solve(drop_rule(frames, "exclusion"))[0] == 23


def test_a_scheme_on_the_whole_block_stands_in_place_of_works_on_its_parts():
    """rebuild (20) meets its own need, the roof's group (patch 4, replace 9) and boiler's (7), not windows' (6).

    rebuild + windows = 26 beat replace + boiler + windows = 22; at 15 they do not. Without the further needs: 42.
    """
    def frames(value):
        return folder([("patch", {"exclusion_group": "roof"}, once(4, 1)),
                       ("replace", {"exclusion_group": "roof"}, once(9, 1)), ("boiler", {}, once(7, 1)),
                       ("windows", {}, once(6, 1)),
                       ("rebuild", {"exclusion_group": "block", "also_meets": "roof; boiler"}, once(value, 1))],
                      [{"amount": 100}])

    assert solve(frames(20)) == (26, {"rebuild": 2026, "windows": 2026})
    assert solve(frames(15)) == (22, {"replace": 2026, "boiler": 2026, "windows": 2026})
    assert solve(drop_rule(frames(20), "also_meets"))[0] == 42
    assert feasible(frames(20), {"patch": 2026, "boiler": 2026, "rebuild": 2026}) == [
        "exclusion: 2 of the chosen schemes meet the need of group roof",
        "exclusion: 2 of the chosen schemes meet the need of scheme boiler"]


def test_two_that_name_the_same_need_exclude_each_other_though_nobody_else_meets_it():
    """refurbish (5) and rebuild (8) both name the lift, which no scheme of its own would mend."""
    frames = folder([("refurbish", {"also_meets": "lift"}, once(5, 1)), ("rebuild", {"also_meets": "lift"}, once(8, 1))],
                    [{"amount": 100}])
    assert solve(frames) == (8, {"rebuild": 2026})


@pytest.mark.parametrize(("rebuild_by", "value"), [("2026", -9), ("2027", -8), ("", -5)])
def test_a_must_do_of_several_needs_counts_for_each_of_them(rebuild_by, value):
    """patch must be done by 2026 (-3), boiler by 2026 (-2); rebuild is -9 in 2026 and -8 in 2027 and meets both.

    As a must-do itself its own need is owed, so it is done, and by its own year it is enough for all three; as a choice
    it stands in for nobody, and the two are done for -5.
    """
    frames = folder([("patch", {"exclusion_group": "roof", "must_do": "2026"}, once(-3, 1)),
                     ("boiler", {"must_do": "2026"}, once(-2, 1)),
                     ("rebuild", {"exclusion_group": "block", "also_meets": "roof;boiler", "must_do": rebuild_by},
                      {2026: (-9, {2026: 1}), 2027: (-8, {2027: 1})})], [{"amount": 100, "last_year": 2027}])
    assert solve(frames)[0] == value


def test_what_is_required_starts_no_later():
    """solar (10 in 2026, 9 in 2027, 1 in 2028) requires roof (-3, from 2027) and board (-1, from 2026): 9 - 4 = 5.

    Together in 2027 is allowed; solar in 2026 would be before the roof. Without the roof solar would earn 10 - 1 = 9.
    """
    frames = folder([("solar", {"requires": "roof; board"}, {2026: (10, {}), 2027: (9, {}), 2028: (1, {})}),
                     ("roof", {}, {2027: (-3, {}), 2028: (-3, {})}), ("board", {}, {2026: (-1, {})})], [{"amount": 0}])
    assert solve(frames) == (5, {"solar": 2027, "roof": 2027, "board": 2026})
    assert feasible(frames, {"solar": 2026, "roof": 2027}) == [
        "requires: solar starts in 2026, before roof in 2027", "requires: solar is chosen without board"]


@pytest.mark.parametrize(("must", "value"), [("", 0), ("no", 0), ("0", 0), ("false", 0), ("yes", -2), ("true", -2),
                                             ("1", -2), ("2028", -2), ("2027", -4), ("2026", -5), ("2025", None)])
def test_must_do_is_done_by_its_year(must, value):
    """Value -5, -4 or -2 in 2026, 2027 or 2028: left out unless it must be, and then as late as its year lets it."""
    frames = folder([("a", {"must_do": must}, {2026: (-5, {}), 2027: (-4, {}), 2028: (-2, {})})], [{"amount": 0}])
    assert solve(frames)[0] == value


def test_one_of_the_alternatives_that_must_be_done_is_enough_by_its_own_year():
    """patch must be done by 2026 (-6), replace by 2027 (-5 in 2027): one of them. paint (-1) does not count.

    With patch worth -4 it is patch. Each on its own would be -11.
    """
    def frames(patch):
        return folder([("patch", {"exclusion_group": "r", "must_do": "2026"}, {2026: (patch, {}), 2027: (9, {})}),
                       ("replace", {"exclusion_group": "r", "must_do": "2027"}, {2027: (-5, {}), 2028: (9, {})}),
                       ("paint", {"exclusion_group": "r", "must_do": ""}, {2026: (-1, {})})], [{"amount": 0}])

    assert solve(frames(-6)) == (-5, {"replace": 2027})
    assert solve(frames(-4)) == (-4, {"patch": 2026})


SPREAD = [("a", {"school_id": "oak", "site_id": "oak-1", "trade": "roofing"}, {2026: (10, {2026: 3, 2027: 6})}),
          ("b", {"school_id": "oak", "site_id": "oak-2", "trade": "roofing"}, {2026: (8, {2026: 4})}),
          ("c", {"school_id": "elm", "site_id": "elm-1", "trade": "glazing"}, {2027: (6, {2027: 2})}),
          ("d", {"school_id": "", "site_id": "", "trade": ""}, {2027: (4, {2027: 5})})]


@pytest.mark.parametrize(("scope", "place", "year", "measure", "sense", "amount", "value"), [
    ("all", "", "", "schemes", "<=", 2, 18),  # a and b
    ("all", "", "2027", "schemes", "<=", 1, 24),  # starts in 2027: c or d
    ("all", "", "2027", "cost", "<=", 8, 24),  # a spends 6 of its 9 in 2027, c 2, d 5: all but d spend 8
    ("all", "", "2027", "cost", "<=", 7, 18),  # so of those a alone, or c and d; with b 18 either way
    ("all", "", "", "cost", "<=", 13, 18),  # costs are 9, 4, 2, 5: a and b, or b, c and d
    ("school", "oak", "", "schemes", "<=", 1, 20),  # not b
    ("school", "elm", "", "schemes", "<=", 0, 22),  # not c
    ("school", "", "", "schemes", "<=", 1, 20),  # not b: d belongs to no school
    ("site", "", "", "schemes", "<=", 1, 28),  # each site has one
    ("site", "oak-2", "2026", "cost", "<=", 3.99, 20),  # not b
    ("trade", "", "2026", "schemes", "<=", 1, 20),  # not b
    ("trade", "roofing", "", "value", "<=", 17.5, 20),  # not b
    ("trade", "roofing", "", "carbon_t", "<=", 4, 18),  # carbon is half the value: not a
    ("trade", "", "", "carbon_t", ">=", 3, 28),  # roofing 9, glazing 3
    ("trade", "", "", "carbon_t", ">=", 3.01, None),  # glazing has only 3
    ("all", "", "2028", "schemes", ">=", 1, None)])
def test_limits_of_every_scope_measure_and_year(scope, place, year, measure, sense, amount, value):
    """a 10, b 8, c 6, d 4 are worth 28 together; d is at no school, site or trade. The figures beside each case."""
    limit = {"scope": scope, "scope_id": place, "year": year, "measure": measure, "sense": sense, "amount": amount}
    assert solve(folder(SPREAD, [{"amount": 99, "last_year": 2027}], [limit]))[0] == value


def test_a_least_amount_makes_schemes_that_lose_value_worth_doing():
    """One scheme is wanted at each school: oak's best is 5, elm's are -2 and -3; 5 - 2 = 3."""
    schemes = [("o", {"school_id": "oak"}, once(5, 1)), ("e", {"school_id": "elm"}, once(-2, 1)),
               ("f", {"school_id": "elm"}, once(-3, 1))]
    limit = {"scope": "school", "measure": "schemes", "sense": ">=", "amount": 1}
    assert solve(folder(schemes, [{"amount": 2}], [limit])) == (3, {"o": 2026, "e": 2026})
    assert solve(folder(schemes, [{"amount": 1}], [limit])) == (None, {})


SCAFFOLD = [("roof", {"school_id": "oak"}, once(5, 60)),
            ("solar", {"school_id": "oak"}, {2026: (4, {2026: 18, 2027: 18}), 2027: (4, {2027: 36})})]
BOTH = {"schemes": "roof; solar", "saving_share": 0.2}


@pytest.mark.parametrize(("bundles", "amount", "value"), [
    ([], 96, 9), ([], 95.99, 5), ([BOTH], 76.8, 9), ([BOTH], 76.79, 5), ([BOTH], 59.99, 4), ([BOTH], 35.99, 0),
    ([BOTH, {**BOTH, "saving_share": 0.1}], 67.2, 9), ([BOTH, {**BOTH, "saving_share": 0.1}], 67.19, 5)])
def test_a_bundle_saves_where_all_its_schemes_start_together(bundles, amount, value):
    """60 + 18 + 18 = 96 less a fifth is 76.80; two bundles add up, 96 x 0.7 = 67.20, and do not multiply (69.12)."""
    assert solve(folder(SCAFFOLD, [{"amount": amount, "last_year": 2027}], bundles=bundles))[0] == value


def test_a_bundle_saves_nothing_where_one_starts_later_or_not_at_all():
    """Money of 2026 and of 2027 apart: solar may start in 2026 only with the saving; in 2027 it pays its 36."""
    def frames(now, later, bundle=BOTH):
        return folder([*SCAFFOLD, ("ramp", {}, once(-9, 0))],
                      [{"amount": now}, {"amount": later, "first_year": 2027, "last_year": 2027}], bundles=[bundle])

    assert solve(frames(62.4, 14.4))[0] == 9  # 48 + 14.40 now, 14.40 later
    assert solve(frames(60, 28.8))[0] == 5  # 36 later is too dear, and nothing is saved
    assert solve(frames(60, 36))[1] == {"roof": 2026, "solar": 2027}
    assert solve(frames(62.4, 14.4, {**BOTH, "schemes": "roof;solar;ramp"}))[0] == 5  # the ramp is worth less than nothing


def test_limits_count_what_is_spent_before_anything_is_saved():
    limit = {"scope": "all", "measure": "cost", "sense": "<="}
    for amount, value in ((96, 9), (95.99, 5)):
        frames = folder(SCAFFOLD, [{"amount": 99, "last_year": 2027}], [{**limit, "amount": amount}], [BOTH])
        assert solve(frames)[0] == value


@pytest.mark.parametrize(("third", "or_none", "value"), [(-1, "yes", 5), (-6, "yes", 1), (-6, "", 0), (-6, "no", 0)])
def test_a_package_is_large_enough_or_nothing_at_all(third, or_none, value):
    """Roofs are let three at a time (3, 2 and a third) or not at all, beside a boiler of 1: 5, or 1 where that is better."""
    schemes = [(name, {"trade": "roofing"}, once(worth, 1)) for name, worth in (("a", 3), ("b", 2), ("c", third))]
    limit = {"scope": "trade", "scope_id": "roofing", "measure": "schemes", "sense": ">=", "amount": 3, "or_none": or_none}
    frames = folder([*schemes, ("boiler", {"trade": "heating"}, once(1, 1))], [{"amount": 9}], [limit])
    assert solve(frames)[0] == value
    assert feasible(frames, {"a": 2026, "b": 2026}) == ["limit L0 (trade roofing): schemes is 2, must be >= 3"]


@pytest.mark.parametrize(("small", "year", "place", "value"), [
    (10, "", "oak", 11.5), (9.99, "", "oak", 1.5), (9.99, "2027", "oak", 11.5), (9.99, "2026", "oak", 1.5),
    (10, "", "", 11.5)])
def test_a_limit_of_the_total_is_a_share_of_what_all_schools_have(small, year, place, value):
    """oak may have half: 60 of 60 + 50 + 10 = 120 is half, of 119.99 more than half; in 2027 nothing is spent at all."""
    schemes = [("o", {"school_id": "oak"}, once(10, 60)), ("e", {"school_id": "elm"}, once(1, 50)),
               ("f", {"school_id": "ash"}, once(0.5, small))]
    limit = {"scope": "school", "scope_id": place, "year": year, "measure": "cost", "sense": "<=", "amount": 0.5,
             "of_total": "yes"}
    assert solve(folder(schemes, [{"amount": 200}], [limit]))[0] == value


def test_a_least_share_of_the_total_asks_for_nothing_where_nothing_is_done():
    """elm is to have a third of all schemes: its -1 is worth taking beside 3 + 2, its -6 is not; then nothing is."""
    limit = {"scope": "school", "scope_id": "elm", "measure": "schemes", "sense": ">=", "amount": 0.33, "of_total": "yes"}
    for worth, value in ((-1, 4), (-6, 0)):
        schemes = [("a", {"school_id": "oak"}, once(3, 1)), ("b", {"school_id": ""}, once(2, 1)),
                   ("e", {"school_id": "elm"}, once(worth, 1))]
        assert solve(folder(schemes, [{"amount": 9}], [limit]))[0] == value
    assert feasible(folder(schemes, [{"amount": 9}], [limit]), {"a": 2026, "b": 2026}) == [
        "limit L0 (school elm): schemes is 0, must be >= 0.33 of 2"]


@pytest.mark.parametrize(("own", "bundles", "value"), [
    (72, [], 9), (71.99, [], 5), (57.6, [BOTH], 9), (57.59, [BOTH], 5), (44.99, [BOTH], 4), (26.99, [BOTH], 0)])
def test_a_pot_that_matches_pays_its_share_of_what_is_left_to_pay(own, bundles, value):
    """The match pays a quarter at most of 96 (24), or of 76.80 where the bundle saves: 72 or 57.60 are the trust's own."""
    frames = folder(SCAFFOLD, [{"amount": 99, "last_year": 2027, "most_share": 0.25},
                               {"amount": own, "last_year": 2027, "most_share": ""}], bundles=bundles)
    assert solve(frames)[0] == value


def test_a_share_holds_for_each_scheme_in_each_year():
    """Half of 2026's 18 is 9, however little of 2027's 18 the match pays: own money of 8.99 in 2026 is too little."""
    def frames(now):
        return folder(SCAFFOLD[1:], [{"amount": 99, "last_year": 2027, "most_share": 0.5}, {"amount": now},
                                     {"amount": 18, "first_year": 2027, "last_year": 2027}])

    assert solve(frames(9))[0] == 4
    assert feasible(frames(8.99), {"solar": 2026}) == [
        "money: 0.01 of the cost of solar in 2026 cannot be paid from any pot it may use"]


def test_money_that_comes_with_a_scheme_is_there_from_its_start():
    """The loan of 60 comes with the bid (-1 in 2026, -0.50 in 2027, costs 2): roof in 2027 is worth 5 less half a pound.

    In 2026 it would be as good, but then the bid is dearer. The loan pays for the bid itself too.
    """
    def frames(loan, own):
        return folder([("roof", {}, {2026: (5, {2026: 60}), 2027: (5, {2027: 60})}),
                       ("bid", {}, {2026: (-1, {2026: 2}), 2027: (-0.5, {2027: 2})})],
                      [{"amount": loan, "last_year": 2027, "with_scheme": "bid"},
                       {"amount": own, "last_year": 2027, "with_scheme": ""}])

    assert solve(frames(60, 2)) == (4.5, {"roof": 2027, "bid": 2027})
    assert solve(frames(62, 0)) == (4.5, {"roof": 2027, "bid": 2027})
    assert solve(frames(61.99, 0))[0] == 0
    assert feasible(frames(60, 2), {"roof": 2026, "bid": 2027}) == [
        "money: 58.00 of the cost of roof in 2026 cannot be paid from any pot it may use"]
    assert feasible(frames(60, 0), {"roof": 2026})[0].startswith("money: 60.00")


def test_a_pot_for_named_schemes_pays_for_no_other():
    frames = folder(SCAFFOLD, [{"amount": 99, "last_year": 2027, "schemes": "solar; ramp"},
                               {"amount": 59, "last_year": 2027, "schemes": ""}])
    assert solve(frames)[0] == 4
    assert solve(drop_rule(frames, "pot schemes"))[0] == 9


@pytest.mark.parametrize("wrong", [
    {"bundles": [{"schemes": "roof", "saving_share": 0.2}]}, {"bundles": [{"schemes": "roof;roof", "saving_share": 0.2}]},
    {"bundles": [{"schemes": "roof;moat", "saving_share": 0.2}]}, {"pots": [{"amount": 9, "with_scheme": "moat"}]},
    {"limits": [{"scope": "all", "measure": "cost", "sense": "<=", "amount": 1, "or_none": "yes"}]},
    {"limits": [{"scope": "all", "measure": "cost", "sense": ">=", "amount": 1, "or_none": "yes", "of_total": "yes"}]},
    {"schemes": [("a", {}, once(1, 0.01))], "pots": [{"amount": 9, "most_share": 0.5}]}])
def test_terms_it_cannot_reckon_with_are_refused(wrong):
    with pytest.raises(ValueError):
        solve(folder(**{"schemes": SCAFFOLD, "pots": [{"amount": 99}], **wrong}))


def test_free_schemes_need_no_pot():
    """No cost rows, and a cost of 0, in a year no pot covers: both are done; a penny is not."""
    schemes = [("a", {}, {2030: (1, {})}), ("b", {}, {2030: (2, {2030: 0})}), ("c", {}, {2030: (4, {2030: 0.01})})]
    assert solve(folder(schemes, [{"amount": 9}])) == (3, {"a": 2030, "b": 2030})
    assert solve(folder(schemes, []))[0] == 3


def test_each_broken_rule_is_named():
    """Two of one group, one in a year that is not listed, a must-do left out, a limit passed and 1 pound too few."""
    frames = folder([("a", {"exclusion_group": "g"}, once(1, 5)), ("b", {"exclusion_group": "g"}, once(1, 5)),
                     ("c", {"must_do": "yes"}, once(1, 5))], [{"amount": 9}],
                    [{"scope": "all", "measure": "schemes", "sense": "<=", "amount": 1}])
    kinds = [rule.split(":")[0] for rule in feasible(frames, {"a": 2026, "b": 2026})]
    assert kinds == ["exclusion", "must do", "limit L0 (all)", "money"]
    assert feasible(frames, {"a": 2027}) == ["listed years: a cannot start in 2027"]
    assert feasible(frames, {"a": None, "c": 2026}) == []


@pytest.mark.parametrize(("table", "change"), [("spend", {"cost": -1}), ("pots", {"amount": 0.001}),
                                               ("scheme_years", {"scheme_id": "z"})])
def test_tables_it_cannot_reckon_with_are_refused(table, change):
    frames = folder([("a", {}, once(1, 1))], [{"amount": 1}])
    with pytest.raises(ValueError):
        solve({**frames, table: frames[table].assign(**change)})


# ------------------------------------------------------------------ a brute force that shares nothing with the oracle


def records(frames, name):
    return frames[name].fillna("").to_dict("records") if name in frames else []


def every_programme(frames):
    """All programmes, the most valuable first, as (value, {scheme: row of scheme_years})."""
    rows = records(frames, "scheme_years")
    options = [[None] + [row for row in rows if row["scheme_id"] == scheme["scheme_id"]]
               for scheme in records(frames, "schemes")]
    programmes = ({row["scheme_id"]: row for row in picks if row} for picks in itertools.product(*options))
    valued = [(round(sum(row["value"] for row in programme.values()), 2), programme) for programme in programmes]
    return sorted(valued, key=lambda pair: -pair[0])


def obeys(schemes, limits, bills, programme):
    """The rules other than money. ``bills`` are the rows of spend that the programme brings with it, before savings."""
    start = {name: row["start_year"] for name, row in programme.items()}
    met = [need for name in start for need in needs_of(schemes, name)]
    if len(met) != len(set(met)):
        return False
    owed = {}
    for name, scheme in schemes.items():
        needed = scheme.get("requires", "").replace(" ", "").split(";")
        if name in start and any(start.get(other, 9999) > start[name] for other in needed if other):
            return False
        must = scheme.get("must_do", "")
        if must not in ("", "no", "0", "false"):
            latest = 9998 if must in ("yes", "true", "1") else int(must)
            for debt in needs_of(schemes, name):
                owed[debt] = owed.get(debt, False) or start.get(name, 9999) <= latest
    return all(owed.values()) and all(within(schemes, limit, bills, programme) for limit in limits)


def needs_of(schemes, name):
    """Needs by name; that of a scheme without a group is told from a group of the same name by the words before it."""
    ungrouped = [other for other, scheme in schemes.items() if not scheme.get("exclusion_group", "")]
    named = schemes[name].get("also_meets", "").replace("; ", ";").split(";")
    own = name if name in ungrouped else schemes[name]["exclusion_group"]
    words = {f"only {need}" if need in ungrouped else f"group {need}" for need in named if need}
    return words | {f"only {own}" if name in ungrouped else f"group {own}"}


def within(schemes, limit, bills, programme):
    column = {"site": "site_id", "school": "school_id", "trade": "trade", "all": None}[limit["scope"]]
    where = {name: scheme.get(column, "") if column else "everywhere" for name, scheme in schemes.items()}
    year = int(limit["year"]) if limit.get("year") else None
    if limit["measure"] == "cost":
        parts = [(where[bill["scheme_id"]], bill["year"], bill["cost"]) for bill in bills]
    else:
        parts = [(where[name], row["start_year"], row.get(limit["measure"], 1)) for name, row in programme.items()]
    amount = limit["amount"]
    if limit.get("of_total") == "yes":
        amount *= sum(part for _, when, part in parts if year in (None, when))
    for place in {limit["scope_id"]} if column and limit.get("scope_id") else set(where.values()) - {""}:
        total = sum(part for own, when, part in parts if own == place and year in (None, when))
        if limit.get("or_none") in ("yes", "true") and abs(total) < 1e-6:
            continue
        if total > amount + 1e-6 if limit["sense"] == "<=" else total < amount - 1e-6:
            return False
    return True


def less_savings(bundles, bills):
    """Each bill with what its scheme's bundles leave of it; a bundle counts if its schemes share one start year."""
    began = {bill["scheme_id"]: bill["start_year"] for bill in bills}
    left = dict.fromkeys(began, 1.0)
    for bundle in bundles:
        names = bundle["schemes"].replace(" ", "").split(";")
        if {began.get(name) for name in names} in [{year} for year in began.values()]:
            left |= {name: left[name] - bundle["saving_share"] for name in names}
    return [{**bill, "cost": bill["cost"] * left[bill["scheme_id"]]} for bill in bills]


def payable(schemes, pots, bills, programme):
    """Whether the bills can be paid: a linear programme, pounds from each pot to each (scheme, year)."""
    owing = sum(bill["cost"] for bill in bills)
    if owing > sum(pot["amount"] for pot in pots) + 1e-4 or not bills:
        return not bills
    most = np.zeros((len(bills), len(pots)))
    for (i, bill), (j, pot) in itertools.product(enumerate(bills), enumerate(pots)):
        scheme, tags = schemes[bill["scheme_id"]], pot.get("tags", "").replace(" ", "").split(";")
        named, opener = pot.get("schemes", "").replace(" ", "").split(";"), pot.get("with_scheme", "")
        if (pot["first_year"] <= bill["year"] <= pot["last_year"] and (tags == [""] or scheme.get("tag", "") in tags)
                and pot.get("school_id", "") in ("", scheme.get("school_id", ""))
                and (named == [""] or bill["scheme_id"] in named)
                and (not opener or (opener in programme and programme[opener]["start_year"] <= bill["year"]))):
            most[i, j] = bill["cost"] * (pot.get("most_share", "") or 1)
    paid = np.kron(np.eye(len(bills)), np.ones(len(pots)))
    drawn = np.kron(np.ones(len(bills)), np.eye(len(pots)))
    answer = linprog(-paid.sum(axis=0), A_ub=np.vstack([paid, drawn]),
                     b_ub=[bill["cost"] for bill in bills] + [pot["amount"] for pot in pots],
                     bounds=[(0, upper) for upper in most.ravel()])
    return -answer.fun > owing - 1e-4


def brute_force(frames):
    """Value of the best programme, or ``None``: every programme in order of value until one obeys all the rules."""
    schemes = {row["scheme_id"]: row for row in records(frames, "schemes")}
    limits, pots, spend = records(frames, "limits"), records(frames, "pots"), records(frames, "spend")
    bundles = records(frames, "bundles")
    for value, programme in every_programme(frames):
        free = [{"scheme_id": name, "start_year": row["start_year"], "year": row["start_year"], "cost": 0}
                for name, row in programme.items()]
        bills = free + [bill for bill in spend if bill["cost"] > 0 and bill["scheme_id"] in programme
                        and programme[bill["scheme_id"]]["start_year"] == bill["start_year"]]
        if obeys(schemes, limits, bills, programme):
            bills = [bill for bill in less_savings(bundles, bills) if bill["cost"] > 0]
            if payable(schemes, pots, bills, programme):
                return value
    return None


@pytest.mark.parametrize("seeds", [SEEDS, TERM_SEEDS], ids=["plain", "terms"])
@pytest.mark.parametrize("count", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_instances_against_a_brute_force_with_a_linear_programme_for_money(seeds, count):
    small = [seed for seed in seeds if programmes(instance(seed)) <= 2500][:count]
    assert len(small) == count
    assert {seed: optimum(seed)[0] for seed in small} == {seed: brute_force(instance(seed)) for seed in small}


def programmes(frames):
    """How many programmes there are: every start year or none, for every scheme."""
    return np.prod(1 + frames["scheme_years"]["scheme_id"].value_counts())


# ------------------------------------------------------------------------------------------------------ the instances


def test_every_best_programme_obeys_every_rule_and_is_worth_what_it_says():
    for seed in (*SEEDS, *TERM_SEEDS):
        best, choice = optimum(seed)
        if best is not None:
            assert feasible(instance(seed), choice) == []
            assert total_value(instance(seed), choice) == best


def test_the_flow_that_pays_bills_and_the_cuts_that_prune_agree():
    """A flow pays every bill exactly where no set of pots is asked for more than it holds."""
    rng, paid = np.random.default_rng(7), []
    for seed in SEEDS:
        case = oracle.read_case(instance(seed))
        for _ in range(5):
            chosen = {scheme: start for scheme, start in case.value if rng.random() < 0.4}
            cuts = [sum(row[key] for key in chosen.items()) <= bound for row, bound in oracle._cuts(case)]
            assert all(cuts) == (not list(oracle._money(case, chosen))), (seed, chosen)
            paid.append(all(cuts))
    assert 0.2 < np.mean(paid) < 0.8


def test_no_programme_that_can_be_paid_for_is_cut_off():
    """With savings, shares and money that comes with a scheme the cuts are looser than the flow, and never tighter."""
    rng, paid = np.random.default_rng(7), []
    for seed in TERM_SEEDS:
        case = oracle.read_case(instance(seed))
        rows = oracle._inequalities(case)
        for _ in range(5):
            chosen = {scheme: start for scheme, start in case.value if rng.random() < 0.4}
            within_all = all(sum(row.get(key, 0) for key in chosen.items()) <= bound for row, bound in rows)
            stands = not oracle.broken_rules(case, chosen)
            assert within_all or not stands, (seed, chosen)
            cuts = [sum(row[key] for key in chosen.items()) <= bound for row, bound in oracle._cuts(case)]
            paid.append(not list(oracle._money(case, chosen)))
            assert all(cuts) or not paid[-1], (seed, chosen)
    assert 0.1 < np.mean(paid) < 0.8


def test_every_family_of_rules_decides_some_answers():
    """Every family in at least 3 of 150 instances; one instance in 20 to 3 in 20 has no programme at all."""
    bound = Counter(dict.fromkeys((*FAMILIES, *FORMS), 0))
    for seed in SEEDS:
        bound.update(binding_families(instance(seed), [family for family in bound if bound[family] < 3]))
    assert {family: count for family, count in bound.items() if count < 3} == {}
    assert 0.05 <= np.mean([optimum(seed)[0] is None for seed in SEEDS]) <= 0.15


def test_every_further_term_decides_some_answers():
    """Every family in at least 3 of 100 instances, and every form in 2."""
    bound = Counter(dict.fromkeys((*TERMS, *TERM_FORMS), 0))
    for seed in TERM_SEEDS:
        bound.update(binding_families(instance(seed), [family for family in bound if bound[family] < 3]))
    assert {family: count for family, count in bound.items() if count < (3 if family in TERMS else 2)} == {}
    assert 0.05 <= np.mean([optimum(seed)[0] is None for seed in TERM_SEEDS]) <= 0.25


def test_instances_have_the_sizes_and_oddities_they_promise():
    sizes = [(len(frames["schemes"]), frames["scheme_years"]["start_year"].nunique(), len(frames["pots"]))
             for frames in map(instance, SEEDS)]
    least, most = np.min(sizes, axis=0).tolist(), np.max(sizes, axis=0).tolist()
    assert (least, most) == ([3, 1, 1], [8, 4, 5])
    assert any((instance(seed)["scheme_years"]["value"] < 0).any() for seed in SEEDS)
    assert any((instance(seed)["scheme_years"]["value"] % 1 > 0).any() for seed in SEEDS)
    assert any((instance(seed)["spend"]["year"] > instance(seed)["spend"]["start_year"]).any() for seed in SEEDS)
    assert any("limits" not in instance(seed) for seed in SEEDS)


def test_a_folder_read_back_from_disk_has_the_same_optimum(tmp_path):
    for seed in (*range(12), *TERM_SEEDS[:12]):
        path = write_folder(instance(seed), tmp_path / str(seed))
        frames = {file.stem: pd.read_csv(file) for file in path.glob("*.csv")}
        assert frames.keys() == instance(seed).keys()
        assert solve(frames)[0] == optimum(seed)[0]


# ------------------------------------------------------------------------------- would a wrong reading be noticed?


def _strictly_earlier(case, choice):
    return [scheme for scheme, start in choice.items() for needed in case.schemes[scheme]["requires"]
            if not choice.get(needed, 9999) < start]


def _whole_cost_at_the_start(case, limit, scheme, start, share=oracle._share):
    if limit["measure"] == "cost" and limit["year"] is not None and scheme in limit["within"]:
        return case.spend[scheme, start].total() if start == limit["year"] else 0
    return share(case, limit, scheme, start)


def _every_must_do_on_its_own(case):
    return [[name] for name, scheme in case.schemes.items() if scheme["must"] is not None]


def _only_its_own_need(case, name):
    own = case.schemes[name]["exclusion_group"]
    return {("group", own) if own else ("scheme", name)}


def _every_name_is_a_group(case, name):
    return _only_its_own_need(case, name) | {("group", other) for other in case.schemes[name]["also_meets"]}


def _a_must_do_counts_for_its_own_need_only(case):
    sets = {}
    for name, scheme in case.schemes.items():
        if scheme["must"] is not None:
            sets.setdefault(min(_only_its_own_need(case, name)), []).append(name)
    return list(sets.values())


def _untagged_works_count_as_condition(case, scheme, year, payers=oracle._payers):
    case.schemes[scheme]["tag"] = case.schemes[scheme]["tag"] or "condition"
    return payers(case, scheme, year)


def _a_day_too_early(text, must=oracle._must):
    return must(text) - 1 if text.startswith("20") else must(text)


def _bundles_of_any_years(case, choice):
    saved = Counter()
    for bundle in case.bundles:
        if set(bundle["schemes"]) <= choice.keys():
            saved.update(dict.fromkeys(bundle["schemes"], bundle["percent"]))
    return saved


def _two_of_a_bundle_are_enough(case, choice):
    saved = Counter()
    for bundle in case.bundles:
        years = Counter(choice[scheme] for scheme in bundle["schemes"] if scheme in choice)
        for scheme in bundle["schemes"]:
            if years[choice.get(scheme)] > 1:
                saved[scheme] += bundle["percent"]
    return saved


def _money_comes_the_year_after(pot, year, choice):
    return not pot["comes_with"] or choice.get(pot["comes_with"], np.inf) < year


def _money_comes_with_any_start(pot, year, choice):
    return not pot["comes_with"] or pot["comes_with"] in choice


def _the_total_is_of_all_years(case, limit):
    return {**limit, "within": case.schemes.keys(), "year": None}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "wrong"), [
    ("_saved", _bundles_of_any_years), ("_saved", _two_of_a_bundle_are_enough),
    ("_is_there", _money_comes_the_year_after), ("_is_there", _money_comes_with_any_start),
    ("_of_all", _the_total_is_of_all_years)])
def test_a_wrong_reading_of_a_further_term_gives_other_answers(monkeypatch, name, wrong):
    """Some of 100 instances tell each wrong reading from the right one; parts of pence are let pass, to try it."""
    right = [optimum(seed)[0] for seed in TERM_SEEDS]
    monkeypatch.setattr(oracle, name, wrong)
    monkeypatch.setattr(oracle, "_part", lambda pence, percent: round(pence * percent / 100))
    assert sum(solve(instance(seed))[0] != best for seed, best in zip(TERM_SEEDS, right, strict=True)) >= 1


@pytest.mark.parametrize(("name", "wrong"), [
    ("_requires", _strictly_earlier), ("_share", _whole_cost_at_the_start), ("_must_sets", _every_must_do_on_its_own),
    ("_payers", _untagged_works_count_as_condition), ("_must", _a_day_too_early), ("_needs", _only_its_own_need),
    ("_needs", _every_name_is_a_group), ("_must_sets", _a_must_do_counts_for_its_own_need_only)])
def test_a_wrong_reading_of_a_rule_gives_other_answers(monkeypatch, name, wrong):
    """At least 3 of 150 instances tell each wrong reading from the right one."""
    right = [optimum(seed)[0] for seed in SEEDS]
    monkeypatch.setattr(oracle, name, wrong)
    assert sum(solve(instance(seed))[0] != best for seed, best in zip(SEEDS, right, strict=True)) >= 3
