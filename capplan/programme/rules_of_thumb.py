"""How programmes are made without an optimiser, on the same money and the same yardstick: rank, and go down the list.

Year by year: first the needs that must be met soonest, then every scheme in the order of the rule, each started if it
is still open, its rules hold and the pots can pay.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .instance import total_value
from .ledger import Ledger

RULES = ("worst first", "priority order", "value per pound")
GRADE_RANK = {"D": 0, "C": 1, "B": 2, "A": 3}


@dataclass(frozen=True)
class RuleOfThumb:
    """A programme made by a rule: start years, and whether it meets every must-do and lower limit."""

    rule: str
    choice: dict = field(repr=False)
    value: float
    feasible: bool


def ranked(candidates, rule, starts):
    """Scheme ids in the order of a rule, and the order in which alternatives for one need are tried.

    Parameters
    ----------
    candidates : Candidates
    rule : str
        One of ``RULES``.
    starts : dict
        (scheme, year) to ``Start``.

    Returns
    -------
    list of str
        Worst grade first and the larger cost first; surveyor's priority 1 to 4, none last, then grade; or value per
        pound of the first year it may start in.
    """
    best, cost = {}, {}
    for (scheme, _), start in starts.items():
        spent = sum(start.spend.values())
        if scheme not in best:
            best[scheme] = start.value / spent if spent > 0 else float("inf")
            cost[scheme] = spent
    schemes = candidates.schemes
    schemes = schemes[schemes.scheme_id.isin(best)]
    if rule == "value per pound":
        key = schemes.scheme_id.map(best).rank(ascending=False, method="first")
        return list(schemes.assign(key=key).sort_values("key", kind="stable").scheme_id)
    empty = pd.Series("", schemes.index)
    grade = schemes.get("worst_grade", empty).fillna("").str[:1].map(GRADE_RANK).fillna(9)
    priority = pd.to_numeric(schemes.get("priority", empty), errors="coerce").fillna(9)
    frame = schemes.assign(_grade=grade, _priority=priority, _cost=-schemes.scheme_id.map(cost))
    keys = ["_grade", "_cost"] if rule == "worst first" else ["_priority", "_grade", "_cost"]
    return list(frame.sort_values(keys, kind="stable").scheme_id)


def by_rule(candidates, inst, rule):
    """Make a programme by a rule of thumb.

    Parameters
    ----------
    candidates : Candidates
    inst : Instance
    rule : str
        One of ``RULES``.

    Returns
    -------
    RuleOfThumb
        The best that whoever goes by the rule could come to: with every alternative for a need on the list, with the
        one of greatest value only, and with the one that avoids most for each pound only. The last two leave out works
        that meet several needs at once.
    """
    order = ranked(candidates, rule, inst.starts)
    lists = {tuple(order): None}
    for measure in (_most_value, _most_per_pound):
        kept = _one_for_each_need(inst, measure)
        lists[tuple(name for name in order if name in kept)] = None
    made = [_go_down(inst, rule, names) for names in lists]
    return max(made, key=lambda each: (each.feasible, each.value))


def _one_for_each_need(inst, measure):
    """Of the schemes that meet one need only, the best alternative of each by a measure; what must be done stays."""
    needs, best = defaultdict(int), defaultdict(lambda: -float("inf"))
    for members in inst.groups.values():
        for scheme in members:
            needs[scheme] += 1
    for (scheme, _), start in inst.starts.items():
        best[scheme] = max(best[scheme], measure(start))
    kept = {scheme for pairs in inst.must.values() for scheme, _ in pairs}
    for members in inst.groups.values():
        alone = [scheme for scheme in members if needs[scheme] == 1]
        if alone:
            kept.add(max(alone, key=lambda scheme: best[scheme]))
    return kept | {other for scheme in kept for other in _prerequisites(inst, scheme)}


def _most_value(start):
    return start.value


def _most_per_pound(start):
    spent = sum(start.spend.values())
    return start.value / spent if spent > 0 else float("inf")


def _go_down(inst, rule, order):
    """Start schemes year by year, going down a list."""
    ledger, choice, met = Ledger(inst), {}, set()
    needs_of = defaultdict(list)
    for need, members in inst.groups.items():
        for scheme in members:
            needs_of[scheme].append(need)
    by_scheme = defaultdict(dict)
    for (scheme, year), start in inst.starts.items():
        by_scheme[scheme][year] = start
    deadline = {need: max((year for _, year in pairs), default=0) for need, pairs in inst.must.items()}
    in_time = {need: set(pairs) for need, pairs in inst.must.items()}

    def attempt(scheme, year):
        """Start a scheme in a year if it is still open, its rules hold and the pots can pay."""
        needs, start = needs_of[scheme], by_scheme[scheme].get(year)
        if start is None or any(need in met or (need in in_time and (scheme, year) not in in_time[need]) for need in needs):
            return
        if any(choice.get(other, year + 1) > year for other in inst.requires.get(scheme, ())):
            return
        if ledger.take(start, choice):
            choice[scheme] = year
            met.update(needs)

    place = {scheme: i for i, scheme in enumerate(order)}
    urgent = sorted((need for need in inst.must), key=lambda need: deadline[need])
    for year in sorted({year for _, year in inst.starts}):
        for need in urgent:
            for scheme in sorted((name for name in inst.groups[need] if name in place), key=place.get):
                for earlier in _prerequisites(inst, scheme) if need not in met else ():
                    attempt(earlier, year)
                attempt(scheme, year)
        for scheme in order:
            if scheme not in choice and (start := by_scheme[scheme].get(year)) is not None and start.value > 0:
                attempt(scheme, year)
    return RuleOfThumb(rule, choice, total_value(inst, choice), _complete(inst, choice, met))


def _prerequisites(inst, scheme):
    """What a scheme requires, and what that requires, the furthest first; each once."""
    found, ahead = [], [scheme]
    while ahead:
        for other in inst.requires.get(ahead.pop(), ()):
            if other not in found and other != scheme:
                found.append(other)
                ahead.append(other)
    return found[::-1]


def _complete(inst, choice, met):
    """Whether every must-do is met and every lower limit reached."""
    if any(need not in met for need in inst.must):
        return False
    chosen = np.fromiter((choice.get(scheme) == year for scheme, year in inst.pairs), bool, len(inst.pairs))
    return not any(limit.broken_by(chosen) for limit in inst.limits)
