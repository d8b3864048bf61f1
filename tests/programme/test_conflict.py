"""The rules named conflict, none of them is named for nothing, and every way out that is told is one: by brute force."""

import pytest
from folders import folder, once, read
from instances import random_instance
from oracle import solve

from capplan.programme.conflict import feasible, find_conflict, held_to, in_words, rules_of
from capplan.programme.instance import instance

FIRST = (3, 5, 25, 27, 31, 36, 59, 69, 86, 96, 114, 120)
"""The first seeds that no programme obeys: the test says that they are."""
INFEASIBLE = [pytest.param(seed, marks=[pytest.mark.slow] * (place >= 6)) for place, seed in enumerate(FIRST)]


@pytest.mark.parametrize("seed", INFEASIBLE)
def test_without_any_one_of_the_rules_named_the_others_can_hold(seed, tmp_path):
    frames = random_instance(seed)
    assert solve(frames)[0] is None
    inst = instance(read(frames, tmp_path))
    conflict = find_conflict(inst)
    assert conflict.minimal and conflict.rules and set(conflict.rules) <= set(rules_of(inst))
    assert feasible(held_to(inst, conflict.rules)) is False
    for rule in conflict.rules:
        assert feasible(held_to(inst, [other for other in conflict.rules if other != rule])) is True


@pytest.mark.parametrize("seed", INFEASIBLE)
def test_taking_off_the_list_what_is_told_mends_it(seed, tmp_path):
    frames = random_instance(seed)
    inst = instance(read(frames, tmp_path))
    offs = [repair for repair in find_conflict(inst).repairs if repair.kind == "drop"]
    for repair in offs:
        members = inst.groups[repair.name]
        schemes = frames["schemes"]
        if any(sum(name in other for other in inst.groups.values()) > 1 for name in members):
            continue
        mended = schemes.assign(must_do=schemes.must_do.where(~schemes.scheme_id.isin(members), ""))
        assert solve({**frames, "schemes": mended})[0] is not None


def test_by_hand_a_planted_conflict_and_its_ways_out(tmp_path):
    """Boiler 100 in 2026 and 90 to spend then: 10 short. It may start in 2027 too, with plenty. Paint is innocent."""
    schemes = [("boiler", {"must_do": "2026"}, {2026: (5, {2026: 100}), 2027: (4, {2027: 100})}),
               ("paint", {"must_do": "yes"}, once(1, 0)), ("kerb", {}, once(1, 5))]
    pots = [{"amount": 90}, {"amount": 500, "first_year": 2027, "last_year": 2027}]
    candidates = read(folder(schemes, pots, [{"limit_id": "idle", "measure": "schemes", "amount": 9}]), tmp_path)
    conflict = find_conflict(instance(candidates))
    assert set(conflict.rules) == {("money", 2026), ("must", "scheme boiler")}
    assert {(way.kind, way.name, round(way.amount)) for way in conflict.repairs} == {
        ("money", "2026", 10), ("later", "scheme boiler", 2027), ("drop", "scheme boiler", 0)}
    text = in_words(instance(candidates), conflict)
    assert "boiler must be done" in text and "£10 more money in 2026" in text and "until 2027" in text
    assert "paint" not in text and "idle" not in text


def test_by_hand_a_limit_and_what_it_has_to_be(tmp_path):
    must = {"must_do": "yes"}
    candidates = read(folder([("a", must, once(1, 1)), ("b", must, once(1, 1))], [{"amount": 9}],
                             [{"limit_id": "team", "measure": "schemes", "amount": 1}]), tmp_path)
    conflict = find_conflict(instance(candidates))
    assert set(conflict.rules) == {("limit", 0), ("must", "scheme a"), ("must", "scheme b")}
    assert ("limit", "team", 2) in {(way.kind, way.name, round(way.amount)) for way in conflict.repairs}


def test_by_hand_an_order_that_cannot_be_kept(tmp_path):
    candidates = read(folder([("a", {"must_do": "2026", "requires": "b"}, once(1, 1)), ("b", {}, once(1, 1, 2027))],
                             [{"amount": 9, "last_year": 2027}]), tmp_path)
    assert set(find_conflict(instance(candidates)).rules) == {("order", "a"), ("must", "scheme a")}
