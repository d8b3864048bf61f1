"""Why a scheme is in or out: what is told flips the decision when it is done, and the figures are those of brute force."""

import numpy as np
import pandas as pd
import pytest
from folders import folder, once, read
from instances import random_instance
from oracle import solve

from capplan import optimise
from capplan.errors import CapplanError
from capplan.programme.explain import difference, explain_scheme
from capplan.programme.what_if import Desk, forced, started_from, with_money, with_spend, with_value

PENNY = 0.01


def without(frames, scheme):
    """The folder without the starts of a scheme."""
    return {**frames, **{name: frames[name][frames[name].scheme_id != scheme] for name in ("scheme_years", "spend")}}


def seeds(count):
    """Random folders that have a programme, and one scheme of each: two thirds of them in, to try both decisions."""
    found, seed = [], 0
    while len(found) < count:
        frames = random_instance(seed)
        if solve(frames)[0] is not None:
            names = list(frames["schemes"].scheme_id)
            found.append((seed, names[seed % len(names)]))
        seed += 1
    return found


def explained(frames, path, scheme):
    candidates = read(frames, path)
    programme = optimise(candidates, gap=0)
    return candidates, programme, explain_scheme(candidates, programme.choice, scheme, programme.bound, gap=0)


def check_flips(seed, scheme, path):
    """Every change that is told is made and the folder solved from nothing: the decision flips. Says how many did."""
    frames = random_instance(seed)
    candidates, programme, told = explained(frames, path, scheme)
    inside = scheme in programme.choice
    assert (told.start_year is not None) == inside
    flipped = 0
    for change in told.changes:
        if change.found:
            again = optimise(change.apply(candidates, scheme), gap=0)
            assert (scheme in again.choice) != inside, change
            flipped += 1
    return flipped, told


FAST = seeds(6)


@pytest.mark.parametrize(("seed", "scheme"), FAST)
def test_doing_what_is_told_flips_the_decision(seed, scheme, tmp_path):
    check_flips(seed, scheme, tmp_path)


@pytest.mark.slow
def test_doing_what_is_told_flips_the_decision_of_fifty_schemes(tmp_path):
    told = [check_flips(seed, scheme, tmp_path / f"{seed}") for seed, scheme in seeds(50)]
    for (seed, _), (_, explanation) in zip(seeds(50), told, strict=True):
        # Where the other decision is possible, some change of value brings it about, unless a limit is on value itself.
        limits = random_instance(seed).get("limits")
        if limits is not None and "value" in set(limits.measure):
            continue
        found = {change.kind for change in explanation.changes if change.found}
        assert "value" in found or explanation.lost == np.inf or explanation.otherwise, explanation
    assert sum(flipped > 0 for flipped, _ in told) >= 10  # so that what is checked is not nothing
    assert {explanation.start_year is None for _, explanation in told} == {True, False}


@pytest.mark.parametrize(("seed", "scheme"), FAST)
def test_the_value_lost_is_that_of_brute_force(seed, scheme, tmp_path):
    """Left out: every programme without the scheme tried. Forced in: every programme with it, by a flag of its own."""
    frames = random_instance(seed)
    best = solve(frames)[0]
    _, programme, told = explained(frames, tmp_path, scheme)
    if scheme in programme.choice:
        other = solve(without(frames, scheme))[0]
    else:
        row = {"limit_id": "in", "year": "", "scope": "all", "scope_id": "", "measure": "own", "sense": ">=", "amount": 1}
        years = frames["scheme_years"]
        limits = pd.concat([frames.get("limits", pd.DataFrame(columns=list(row))), pd.DataFrame([row])], ignore_index=True)
        other = solve({**frames, "limits": limits.fillna(""),
                       "scheme_years": years.assign(own=(years.scheme_id == scheme).astype(int))})[0]
    if other is None:
        assert told.lost == np.inf and told.changes == ()
        return
    assert told.lost == pytest.approx(best - other, abs=PENNY)
    assert told.least - PENNY <= best - other <= told.most + PENNY


ROOF = [("roof", {}, once(50, 100)), ("boiler", {}, once(80, 100)), ("paint", {}, once(10, 20))]


def test_by_hand_a_roof_that_has_no_money(tmp_path):
    """120 pounds: boiler 80 and paint 10. The roof would take the boiler's place: 90 against 60, so 30 is lost. It comes in
    if worth 30 more, if it costs no more than the paint, or with 80 more in the pot: it then takes the paint's place."""
    candidates, programme, told = explained(folder(ROOF, [{"amount": 120}]), tmp_path, "roof")
    assert programme.choice == {"boiler": 2026, "paint": 2026}
    assert (told.binding, told.start_year, told.because) == ("money", None, ())
    assert (told.lost, told.least, told.most) == (pytest.approx(30),) * 3
    assert told.difference.leaves == {"boiler": 2026} and told.difference.enters == {} and told.difference.moves == {}
    by_kind = {change.kind: change for change in told.changes}
    assert by_kind["value"].amount == pytest.approx(30, abs=1) and by_kind["value"].amount > 30
    assert -0.83 < by_kind["spend"].amount <= -0.8  # at 20 pounds it takes the place of the paint
    assert 80 <= by_kind["money"].amount <= 83 and by_kind["money"].short < 80 and by_kind["money"].pot_id == "P0"
    assert told.elsewhere[2026] == pytest.approx(0.5)


def test_by_hand_a_boiler_that_is_in(tmp_path):
    """Without the boiler the roof takes its place: 90 less 60 is 30. It falls out if worth 31 less, or dearer than 120."""
    _, _, told = explained(folder(ROOF, [{"amount": 120}]), tmp_path, "boiler")
    assert (told.binding, told.start_year) == ("choice", 2026)
    assert told.lost == pytest.approx(30)
    assert told.difference.enters == {"roof": 2026} and told.difference.leaves == {}
    by_kind = {change.kind: change for change in told.changes}
    assert by_kind["value"].amount < -30 and by_kind["value"].amount == pytest.approx(-30, abs=1)
    assert 0.2 < by_kind["spend"].amount < 0.22 and by_kind["spend"].short >= 0.19
    assert told.paid.to_dict("records") == [{"pot_id": "P0", "year": 2026, "amount_gbp": 100}]


def test_by_hand_a_scheme_that_can_wait_until_it_is_worth_too_little(tmp_path):
    """In 2026 worth 9, a year later 6, then 3; its rival is worth 5. It may be put off to 2027 and no longer."""
    frames = folder([("a", {}, {2026 + i: (9 - 3 * i, {2026 + i: 10}) for i in range(3)}),
                     ("b", {}, {2026: (5, {2026: 10})})], [{"amount": 10, "last_year": 2030}])
    _, _, told = explained(frames, tmp_path, "a")
    change = next(change for change in told.changes if change.kind == "start")
    assert (change.amount, change.short, change.found) == (2028, 2027, True)


@pytest.mark.parametrize(("schemes", "limits", "binding", "because"), [
    ([("a", {"exclusion_group": "g"}, once(5, 1)), ("b", {"exclusion_group": "g"}, once(9, 1))], (), "alternative", ("b",)),
    ([("a", {"site_id": "s"}, once(5, 1)), ("b", {"site_id": "s"}, once(9, 1))],
     [{"limit_id": "team", "measure": "schemes", "amount": 1}], "limit", ("team",)),
    ([("a", {"requires": "b"}, {2026: (5, {2026: 1})}), ("b", {}, once(9, 500))], (), "conflict", ()),
    ([("a", {}, once(-5, 1)), ("b", {}, once(9, 1))], (), "worth", ()),
    ([("a", {"requires": "b"}, once(5, 1)), ("b", {}, once(-90, 1))], (), "precedence", ("b",))])
def test_the_rule_that_keeps_it_out_is_named(schemes, limits, binding, because, tmp_path):
    _, _, told = explained(folder(schemes, [{"amount": 100}], limits), tmp_path, "a")
    assert told.start_year is None
    assert (told.binding, told.because) == (binding, because)


def test_a_must_do_is_in_because_it_must_be_done(tmp_path):
    _, _, told = explained(folder([("a", {"must_do": "yes"}, once(1, 50)), ("b", {}, once(9, 50))], [{"amount": 60}]),
                           tmp_path, "a")
    assert (told.binding, told.because, told.lost) == ("must", ("scheme a",), np.inf)
    assert told.changes == ()


def test_a_plan_that_is_not_the_best_is_said_to_be_none(tmp_path):
    candidates = read(folder(ROOF, [{"amount": 120}]), tmp_path)
    told = explain_scheme(candidates, {"roof": 2026, "paint": 2026}, "roof")
    assert told.otherwise and told.better == pytest.approx(30)


def test_what_does_not_exist_is_refused(tmp_path):
    candidates = read(folder(ROOF, [{"amount": 120}]), tmp_path)
    with pytest.raises(CapplanError, match="no scheme 'oof'.*did you mean roof"):
        explain_scheme(candidates, {"roof": 2026}, "oof")
    with pytest.raises(CapplanError, match="roof in 2030"):
        explain_scheme(candidates, {"roof": 2030}, "roof")


def test_changes_change_what_they_say_and_nothing_else(tmp_path):
    candidates = read(folder(ROOF, [{"amount": 120}]), tmp_path)
    assert with_money(candidates, "P0", 5).pots.amount.tolist() == [125]
    assert with_spend(candidates, "roof", -0.25).spend.cost.tolist() == [75, 100, 20]
    assert with_value(candidates, "roof", 3).scheme_years.value.tolist() == [53, 80, 10]
    assert len(started_from(candidates, "roof", 2027).scheme_years) == 2
    assert candidates.pots.amount.tolist() == [120] and candidates.spend.cost.tolist() == [100, 100, 20]


def test_forcing_is_of_the_scheme_and_not_of_its_group(tmp_path):
    group = {"exclusion_group": "g", "must_do": "yes"}
    candidates = read(folder([("a", group, once(1, 5)), ("b", group, once(9, 5))], [{"amount": 10}]), tmp_path)
    assert optimise(forced(candidates, "a")).choice == {"a": 2026}
    assert optimise(forced(forced(candidates, "a"), "b", False)).choice == {"a": 2026}


def test_the_near_part_of_a_large_model_gives_what_the_whole_gives(tmp_path, monkeypatch):
    """With every start near, the held model is the whole model; the ceiling is then the relaxation's and no lower."""
    frames = random_instance(4)
    candidates = read(frames, tmp_path)
    programme = optimise(candidates, gap=0)
    whole = Desk(candidates, programme.choice).best()
    monkeypatch.setattr("capplan.programme.what_if.WHOLE_MODEL_STARTS", 0)
    near = Desk(candidates, programme.choice).best()
    assert near.value == pytest.approx(whole.value) == pytest.approx(solve(frames)[0])
    assert near.ceiling >= whole.ceiling - 1e-6
    monkeypatch.setattr("capplan.programme.what_if.NEAR_STARTS", 0)
    held = Desk(candidates, programme.choice).best()
    assert held.free <= near.free and held.value <= near.value + 1e-9


def test_a_difference_by_hand():
    change = difference({"a": 1, "b": 1, "c": 2}, {"b": 2, "c": 2, "d": 5}, "a")
    assert (change.enters, change.leaves, change.moves) == ({"d": 5}, {}, {"b": (1, 2)})
