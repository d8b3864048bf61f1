"""The rules of thumb are what a plain loop over every scheme in every year comes to, with money kept pot by pot."""


import time

import numpy as np
import pandas as pd
import pytest
from synthetic import trust

from capplan.candidates import Candidates
from capplan.programme.instance import instance
from capplan.programme.ledger import Ledger
from capplan.programme.payments import payment_order
from capplan.programme.rules_of_thumb import RULES, by_rule

TABLES = ("schemes", "scheme_years", "spend", "pots", "limits", "bundles")
SIZES = ((2, 20, 3), (3, 35, 3), (4, 60, 4))


def mixed(seed):
    """A small made-up trust with every family of rules, and grades, priorities, shares of bills and further needs beside."""
    rng, size = np.random.default_rng(seed), SIZES[seed % len(SIZES)]
    made = trust(*size, seed=seed, rules=seed % 4 > 0)
    frames = {name: made.table(name) for name in TABLES if len(made.table(name))}
    schemes, pots = frames["schemes"], frames["pots"]
    further = schemes.also_meets.astype(object).copy()
    alone = schemes.scheme_id[schemes.exclusion_group == ""].to_numpy(object)
    for place in rng.choice(len(schemes), len(schemes) // 15, replace=False):
        further[place] = ";".join(rng.choice(alone, 2, replace=False))
    frames["schemes"] = schemes.assign(
        also_meets=further, worst_grade=rng.choice(["A", "B", "C2", "D", ""], len(schemes)),
        priority=rng.choice(["1", "2", "3", ""], len(schemes)))
    partial = (rng.random(len(pots)) < 0.3) & pots.most_share.isna() if seed % 3 else np.zeros(len(pots), bool)
    frames["pots"] = pots.assign(most_share=np.where(partial, rng.choice([0.3, 0.6], len(pots)), pots.most_share))
    frames["scheme_years"] = frames["scheme_years"].assign(
        value=lambda years: np.where(rng.random(len(years)) < 0.05, -1.0, years.value))
    if seed % 4 == 3:  # some starts give room again
        frames["scheme_years"]["carbon_tco2e"] = rng.choice([-3.0, 2.0, 4.0], len(frames["scheme_years"]))
        frames["limits"] = pd.concat([frames["limits"], pd.DataFrame([{
            "limit_id": "carbon at most", "scope": "all", "scope_id": "", "measure": "carbon_tco2e", "sense": "<=",
            "amount": 5.0, "or_none": False, "of_total": False}])], ignore_index=True)
    return Candidates(frames)


def requirements(inst, scheme):
    """All that a scheme requires, what is required furthest away first."""
    found, ahead = [], [scheme]
    while ahead:
        for other in inst.requires.get(ahead.pop(), ()):
            if other not in found and other != scheme:
                found.append(other)
                ahead.append(other)
    return found[::-1]


def paid(inst, start, choice, left):
    """What is left in every pot when the bills of a start are paid one after the other, ``None`` where they cannot be."""
    left, order = dict(left), payment_order(inst.pots)
    for year, bill in start.spend.items():
        owed = bill
        for pot in order:
            terms, opens = inst.terms[pot], {**choice, start.scheme_id: start.year}
            if (pot in inst.payers[start.scheme_id] and terms.first_year <= year <= terms.last_year
                    and (not terms.with_scheme or opens.get(terms.with_scheme, 9999) <= year)):
                share = max(0.0, min(owed, left[pot], bill * terms.most_share))
                left[pot], owed = left[pot] - share, owed - share
        if owed > 1e-6:
            return None
    return left


def gone_down(inst, names):
    """Every scheme of a list tried in every year, after what must be done, with nothing skipped."""
    choice, left = {}, {pot: terms.amount for pot, terms in inst.terms.items()}
    needs = {name: [need for need, members in inst.groups.items() if name in members] for name in inst.payers}

    def met(need):
        return any(name in choice for name in inst.groups[need])

    def room(start):
        began = [*choice.items(), (start.scheme_id, start.year)]
        return all(sum(limit.weights.get(pair, 0.0) for pair in began) <= limit.amount + 1e-7
                   or limit.weights.get(began[-1], 0.0) <= 0
                   for limit in inst.limits if limit.sense == "<=" and limit.total is None)

    def attempt(name, year):
        nonlocal left
        start = inst.starts.get((name, year))
        if start is None or any(met(need) or (need in inst.must and (name, year) not in inst.must[need])
                                for need in needs[name]):
            return
        ready = all(choice.get(other, 9999) <= year for other in inst.requires.get(name, ()))
        if ready and room(start) and (rest := paid(inst, start, choice, left)) is not None:
            choice[name], left = year, rest

    soonest = sorted(inst.must, key=lambda need: max((year for _, year in inst.must[need]), default=0))
    for year in sorted({year for _, year in inst.pairs}):
        for need in soonest:
            for name in (name for name in names if name in inst.groups[need]):
                for each in () if met(need) else (*requirements(inst, name), name):
                    attempt(each, year)
        for name in names:
            if (name, year) in inst.starts and inst.starts[name, year].value > 0:
                attempt(name, year)
    return choice


def in_order(candidates, inst, rule):
    """Names of the schemes that may start, in the order of a rule."""
    first = {}
    for (name, _), start in inst.starts.items():
        first.setdefault(name, start)
    rows = [row for row in candidates.schemes.itertuples() if row.scheme_id in first]
    cost = {name: sum(start.spend.values()) for name, start in first.items()}
    grade = {row.scheme_id: "DCBA".find(row.worst_grade[0]) if row.worst_grade else 9 for row in rows}
    priority = {row.scheme_id: int(row.priority or 9) for row in rows}
    keys = {"worst first": lambda name: (grade[name], -cost[name]),
            "priority order": lambda name: (priority[name], grade[name], -cost[name]),
            "value per pound": lambda name: -first[name].value / cost[name]}
    return sorted((row.scheme_id for row in rows), key=keys[rule])


def best_alternatives(inst, measure):
    """Of the schemes that meet one need alone, the best for each need; what must be done, and what these require."""
    kept = {name for pairs in inst.must.values() for name, _ in pairs}
    for members in inst.groups.values():
        alone = [name for name in members if sum(name in others for others in inst.groups.values()) == 1]
        if alone:
            kept.add(max(alone, key=lambda name: max(
                (measure(start) for pair, start in inst.starts.items() if pair[0] == name), default=-np.inf)))
    return kept | {other for name in kept for other in requirements(inst, name)}


def per_pound(start):
    return start.value / sum(start.spend.values())


def broken(inst, choice):
    """Whether a must-do is left or a limit broken."""
    chosen = np.array([choice.get(name) == year for name, year in inst.pairs])
    return any(not any(choice.get(name) == year for name, year in pairs) for pairs in inst.must.values()) or any(
        limit.broken_by(chosen) for limit in inst.limits)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.slow] * (seed >= 7)) for seed in range(48)])
def test_a_rule_of_thumb_is_what_a_plain_loop_over_schemes_and_years_comes_to(seed):
    candidates = mixed(seed)
    inst = instance(candidates)
    short = [best_alternatives(inst, measure) for measure in (lambda start: start.value, per_pound)]
    for rule in RULES:
        names = in_order(candidates, inst, rule)
        plain = [gone_down(inst, some) for some in (names, *([name for name in names if name in kept] for kept in short))]
        worth = [(not broken(inst, choice), sum(inst.starts[pair].value for pair in choice.items())) for choice in plain]
        best, found = max(range(3), key=lambda place: worth[place]), by_rule(candidates, inst, rule)
        assert list(found.choice.items()) == list(plain[best].items())
        assert (found.feasible, found.value) == (worth[best][0], pytest.approx(worth[best][1]))


@pytest.mark.parametrize("seed", range(6))
def test_what_a_ledger_rules_out_it_refuses_then_and_ever_after(seed):
    """Starts are tried in any order; what is not possible at some point is refused there and at the end."""
    inst, rng = instance(mixed(seed)), np.random.default_rng(seed)
    ledger, choice, everything, ruled_out = Ledger(inst), {}, np.arange(len(inst.pairs)), []
    for some in np.array_split(rng.permutation(everything), 5):
        for place in some.tolist():
            scheme, year = inst.pairs[place]
            if scheme not in choice and ledger.take(place, choice):
                choice[scheme] = year
        possible = ledger.possible(everything)
        assert (np.diff(possible) > 0).all()
        ruled_out += sorted(set(everything.tolist()) - set(possible.tolist()))
        assert not any(ledger.take(place, choice) for place in ruled_out)
    assert len(choice) > 3 and len(ruled_out) > 10


def few(bills, pots, limits=()):
    """Starts in 2026 with given bills by year, pots open in 2026 and 2027, and limits of a measure called weight."""
    years = pd.DataFrame({"scheme_id": list(bills), "start_year": 2026, "value": 1.0})
    frames = {
        "schemes": pd.DataFrame({"scheme_id": list(bills), "school_id": "", "tag": "", "kind": "works"}),
        "scheme_years": years.assign(weight=[sum(by_year.values()) for by_year in bills.values()]),
        "spend": pd.DataFrame([[name, 2026, year, bills[name][year]] for name in bills for year in bills[name]],
                              columns=["scheme_id", "start_year", "year", "cost"]),
        "pots": pd.DataFrame(pots, columns=["pot_id", "amount", "with_scheme"]).assign(
            first_year=2026, last_year=2027, tags=""),
        "limits": pd.DataFrame([[f"limit {amount}", np.nan, "all", "", "weight", "<=", amount] for amount in limits],
                               columns=["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"])}
    inst = instance(Candidates(frames))
    return Ledger(inst), {name: inst.place_of[name, 2026] for name in bills}


def test_a_purse_that_refused_pays_once_the_money_that_comes_with_a_scheme_is_there():
    """50 of its own refuse 60 and pay 40; with the 100 lent it pays 70."""
    bills = {"loan": {}, "first": {2026: 60.0}, "small": {2026: 40.0}, "large": {2026: 70.0}}
    ledger, place = few(bills, [("own", 50.0, ""), ("lent", 100.0, "loan")])
    assert ledger.possible(np.array(list(place.values()))).tolist() == list(place.values())
    assert not ledger.take(place["first"], {})
    assert ledger.take(place["small"], {}) and ledger.take(place["loan"], {})
    assert ledger.take(place["large"], {"small": 2026, "loan": 2026})


def test_what_is_refused_after_an_earlier_bill_of_the_same_start_is_not_refused_to_others():
    """60 do not pay 30 and then 40; they do pay 50 in the second year."""
    ledger, place = few({"long": {2026: 30.0, 2027: 40.0}, "late": {2027: 50.0}}, [("own", 60.0, "")])
    assert not ledger.take(place["long"], {})
    assert ledger.take(place["late"], {})


def test_a_limit_that_is_full_has_room_again_after_a_start_that_counts_less_than_nothing():
    """At most 5: 4 fits, another 4 only after one of -4."""
    ledger, place = few({"one": {2026: 4.0}, "other": {2026: 4.0}, "less": {2026: -4.0}}, [("own", 60.0, "")], limits=[5.0])
    assert ledger.take(place["one"], {}) and not ledger.take(place["other"], {})
    assert ledger.possible(np.array([place["other"]])).tolist() == [place["other"]]
    assert ledger.take(place["less"], {}) and ledger.take(place["other"], {})


def least_time(work):
    """Processor time of the quickest of three goes. [s]"""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.slow
def test_three_rules_of_thumb_take_no_longer_than_reading_the_candidates_six_times():
    """Nine lists of schemes in ten years each; trying every start of each took eleven times as long as reading them."""
    candidates = trust(150, 8000, 10, seed=0, rules=False)
    inst = instance(candidates)
    reading = least_time(lambda: instance(candidates))
    assert least_time(lambda: [by_rule(candidates, inst, rule) for rule in RULES]) < 6 * reading
