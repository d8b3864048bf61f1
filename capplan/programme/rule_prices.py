"""What each rule of the plan costs: dropped one at a time, and the plan solved again."""

from dataclasses import dataclass

import numpy as np

from ..candidates import must_start_by, needs_met
from . import formulation
from .instance import instance
from .solver import Relaxation
from .what_if import changed

DEAREST_MUSTS = 5
RELAXED_LIMIT_S = 60.0


@dataclass(frozen=True)
class PricedRule:
    """A rule and what the plan would be worth more without it: as found, or of large models as the
    relaxation has it (``relaxed``), and its proved bounds. [value]"""

    rule: str
    gain: float
    least: float
    most: float
    relaxed: bool = False


def rule_prices(desk, base, say=lambda text: None):
    """Prices of the rules of a plan.

    Parameters
    ----------
    desk : Desk
    base : Found
        The best with every rule.
    say : callable
        Told what is being done.

    Returns
    -------
    list of PricedRule
        Of the must-do list, of the must-dos that bind most, of each limit, and of what must come first; dearest first.

    Notes
    -----
    Each rule is dropped alone. *Counterexample:* two rules that forbid the same thing cost nothing one by one. That
    alternatives exclude each other is no rule to be dropped but what they are.
    """
    prices = []
    with_rules = None if desk.whole else _relaxed(desk.candidates)
    for rule, frames in _rules(desk.candidates):
        say(f"Without {rule} ...")
        loose = changed(desk.candidates, **frames)
        if not desk.whole:
            relaxed = _relaxed(loose)
            prices.append(PricedRule(rule, max(0.0, relaxed - with_rules), 0.0, max(0.0, relaxed - base.value), True))
            continue
        free = desk.best(loose, hint=base.choice)
        if free is None or free.choice is None:
            continue
        prices.append(PricedRule(rule, max(0.0, free.value - base.value), max(0.0, free.value - base.ceiling),
                                 max(0.0, free.ceiling - base.value)))
    return sorted(prices, key=lambda price: -price.gain)


def _relaxed(candidates):
    return Relaxation(formulation.build(instance(candidates)), RELAXED_LIMIT_S).bound


def _rules(candidates):
    schemes, limits = candidates.schemes, candidates.limits
    if "must_do" in schemes and schemes.must_do.map(must_start_by).notna().any():
        yield "the whole list of what must be done", {"schemes": schemes.assign(must_do="")}
        needs = needs_met(schemes)
        for need in _dearest_musts(candidates):
            own = schemes.scheme_id.map(lambda name, need=need: need in needs[name])
            yield (f"the must-do {need.split(' ', 1)[1]}",
                   {"schemes": schemes.assign(must_do=schemes.must_do.where(~own, ""))})
    for name in dict.fromkeys(limits.limit_id):
        yield f"the limit {name}", {"limits": limits[limits.limit_id != name].reset_index(drop=True)}
    if "requires" in schemes and (schemes.requires != "").any():
        yield "what must come first", {"schemes": schemes.assign(requires="")}


def _dearest_musts(candidates):
    """The must-dos with the highest prices in the relaxation."""
    inst = instance(candidates)
    model = formulation.build(inst)
    Relaxation(model, RELAXED_LIMIT_S)
    rows = model.problem.constraints
    prices = np.array([abs(rows[f"must_do_{i}"].pi) for i in range(len(inst.must))])
    needs = list(inst.must)
    return [needs[place] for place in np.argsort(-prices, kind="stable")[:DEAREST_MUSTS] if prices[place] > 1e-6]
