"""How programmes are made without an optimiser, on the same money and the same yardstick: rank, and go down the list.

Year by year: first the needs that must be met soonest, then every scheme in the order of the rule, each started if it
is still open, its rules hold and the pots can pay.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .ledger import Ledger

RULES = ("worst first", "priority order", "value per pound")
GRADE_RANK = {"D": 0, "C": 1, "B": 2, "A": 3}
FRUITLESS, FRUITLESS_SHARE = 16, 0.02
"""After so many starts in vain, and this share of those left to try, what the money and the limits rule out is dropped."""


@dataclass(frozen=True)
class RuleOfThumb:
    """A programme made by a rule: start years, and whether it meets every must-do and lower limit."""

    rule: str
    choice: dict = field(repr=False)
    value: float
    feasible: bool


def ranked(candidates, inst, rule):
    """Schemes in the order of a rule, and the order in which alternatives for one need are tried.

    Parameters
    ----------
    candidates : Candidates
    inst : Instance
    rule : str
        One of ``RULES``.

    Returns
    -------
    array of int
        Numbers of the schemes that may start: worst grade first and the larger cost first; surveyor's priority 1 to 4, none
        last, then grade; or value per pound of the first year it may start in.
    """
    schemes = candidates.schemes
    number = np.array([inst.number_of[name] for name in schemes.scheme_id.tolist()], dtype=int)
    listed = np.full(len(inst.number_of), -1)
    listed[inst.scheme[::-1]] = np.arange(len(inst.pairs))[::-1]       # the first start of each scheme, which is set last
    may_start = listed[number] >= 0
    schemes, number = schemes[may_start], number[may_start]
    first = listed[number]
    if rule == "value per pound":
        return number[np.argsort(-_per_pound(inst)[first], kind="stable")]
    empty = pd.Series("", schemes.index)
    grade = schemes.get("worst_grade", empty).fillna("").str[:1].map(GRADE_RANK).fillna(9).to_numpy(float)
    priority = pd.to_numeric(schemes.get("priority", empty), errors="coerce").fillna(9).to_numpy(float)
    keys = (-inst.spends.totals[first], grade) if rule == "worst first" else (-inst.spends.totals[first], grade, priority)
    return number[np.lexsort(keys)]


def _per_pound(inst):
    """What each start is worth for each pound it spends, endless where it spends nothing. [GBP/GBP]"""
    spent = inst.spends.totals
    return np.divide(inst.value, spent, out=np.full(len(spent), np.inf), where=spent > 0)


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
    order, lists = ranked(candidates, inst, rule), {}
    for kept in (None, _one_for_each_need(inst, inst.value), _one_for_each_need(inst, _per_pound(inst))):
        names = order if kept is None else order[kept[order]]
        lists[names.tobytes()] = names
    made = [_go_down(inst, rule, names) for names in lists.values()]
    return max(made, key=lambda each: (each.feasible, each.value))


def _go_down(inst, rule, order):
    """The programme that comes of going down a list."""
    made = _Descent(inst, order)
    return RuleOfThumb(rule, made.choice, made.value(), made.complete())


def _one_for_each_need(inst, measure):
    """Of the schemes that meet one need only, the best alternative of each by a measure of starts; what must be done stays.

    Returns
    -------
    array of bool, shape (schemes,)
        Whether each is kept, by its number.
    """
    need, scheme = inst.alternatives
    best = np.full(len(inst.number_of), -np.inf)
    np.maximum.at(best, inst.scheme, measure)
    alone = np.bincount(scheme, minlength=len(best))[scheme] == 1
    need, scheme = need[alone], scheme[alone]
    order = np.lexsort((-best[scheme], need))
    kept = np.zeros(len(best), bool)
    kept[scheme[order[np.unique(need[order], return_index=True)[1]]]] = True
    kept[[inst.number_of[name] for pairs in inst.must.values() for name, _ in pairs]] = True
    further = [other for name in inst.requires if kept[inst.number_of[name]] for other in _prerequisites(inst, name)]
    kept[[inst.number_of[other] for other in further]] = True
    return kept


class _Descent:
    """Schemes started year by year, going down a list.

    Parameters
    ----------
    inst : Instance
    order : array of int
        Numbers of the schemes on the list, in its order.
    """

    def __init__(self, inst, order):
        self.inst, self.order, self.ledger = inst, order, Ledger(inst)
        self.choice, self.places, self.met = {}, [], set()
        self.names, self.is_open = list(inst.number_of), bytearray(b"\x01") * len(inst.number_of)
        self.required = {inst.number_of[scheme]: others for scheme, others in inst.requires.items()}
        self.must = {inst.number_of[scheme]: inst.needs_of[scheme] for need in inst.must for scheme in inst.groups[need]}
        urgent, table = self._urgent(), np.where(_in_time(inst)[inst.start_of], inst.start_of, -1)
        for year, start_of in zip(np.unique(inst.years).tolist(), table, strict=True):
            self._meet_what_must_be(urgent, start_of, year)
            places = start_of[order]
            self._go_down(places[(places >= 0) & (inst.value[places] > 0)], year)

    def _urgent(self):
        """What must be done, the soonest first: each need, and its alternatives on the list, each after what it requires."""
        inst, rank = self.inst, np.full(len(self.names), -1)
        rank[self.order] = np.arange(len(self.order))
        soonest = sorted(inst.must, key=lambda need: max((year for _, year in inst.must[need]), default=0))
        members = {need: [scheme for scheme in inst.groups[need] if rank[inst.number_of[scheme]] >= 0] for need in soonest}
        return {need: [[inst.number_of[name] for name in (*_prerequisites(inst, scheme), scheme)] for scheme in
                       sorted(listed, key=lambda scheme: rank[inst.number_of[scheme]])] for need, listed in members.items()}

    def _meet_what_must_be(self, urgent, start_of, year):
        """Try what must be done, each alternative after what it requires."""
        for need, alternatives in urgent.items():
            for schemes in alternatives:
                if need in self.met:
                    break
                for scheme, place in zip(schemes, start_of[schemes].tolist(), strict=True):
                    if place >= 0:
                        self._attempt(place, scheme, year)

    def _go_down(self, places, year):
        """Try the starts of a year, dropping those that can no longer be paid for whenever too many were tried in vain."""
        rest = self._possible(places)
        while len(rest):
            rest = self._possible(rest[self._try(rest, year):])

    def _possible(self, places):
        """Starts that are still open and that neither the money nor a limit rules out."""
        return self.ledger.possible(places[np.frombuffer(self.is_open, bool)[self.inst.scheme[places]]])

    def _try(self, places, year):
        """Try starts one after the other until too many were in vain; say how many were tried."""
        vain, most = 0, FRUITLESS + FRUITLESS_SHARE * len(places)
        for tried, (place, scheme) in enumerate(zip(places.tolist(), self.inst.scheme[places].tolist(), strict=True), 1):
            if not self._attempt(place, scheme, year):
                vain += 1
                if vain > most:
                    return tried
        return len(places)

    def _attempt(self, place, scheme, year):
        """Start a scheme if it is still open, its rules hold and the pots can pay; say whether it was started."""
        choice = self.choice
        if not self.is_open[scheme] or (scheme in self.required and any(
                choice.get(other, year + 1) > year for other in self.required[scheme])):
            return False
        if not self.ledger.take(place, choice):
            return False
        choice[self.names[scheme]] = year
        self.places.append(place)
        self.is_open[scheme] = False
        for other in self.inst.rivals.get(scheme, ()):
            self.is_open[other] = False
        self.met.update(self.must.get(scheme, ()))
        return True

    def value(self):
        """What the programme is worth."""
        return float(np.sum(self.inst.value[self.places]))

    def complete(self):
        """Whether every must-do is met and every lower limit reached."""
        chosen = np.zeros(len(self.inst.pairs), bool)
        chosen[self.places] = True
        return all(need in self.met for need in self.inst.must) and not any(
            limit.broken_by(chosen) for limit in self.inst.limits)


def _in_time(inst):
    """Whether a start meets every need of its scheme that must be met in time for it, shape (n,)."""
    in_time = np.ones(len(inst.pairs), bool)
    for need, pairs in inst.must.items():
        of_need = [place for scheme in inst.groups[need] for place in inst.by_scheme.get(scheme, ())]
        meets = np.zeros(len(in_time), bool)
        meets[[inst.place_of[pair] for pair in pairs]] = True
        in_time[of_need] &= meets[of_need]
    return in_time


def _prerequisites(inst, scheme):
    """What a scheme requires, and what that requires, the furthest first; each once."""
    found, ahead = [], [scheme]
    while ahead:
        for other in inst.requires.get(ahead.pop(), ()):
            if other not in found and other != scheme:
                found.append(other)
                ahead.append(other)
    return found[::-1]
