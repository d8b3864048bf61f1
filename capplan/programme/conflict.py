"""Rules that cannot hold together: a smallest set of them by name, and the cheapest ways out, each solved for."""

import time
from dataclasses import dataclass, field, replace

import pandas as pd

from . import formulation
from .solver import InfeasibleModelError, solve

CHECK_LIMIT_S = 10.0
ENOUGH = 0.005
MORE_MONEY = "more money in "
PLENTY_GBP = 1e12


@dataclass(frozen=True)
class Repair:
    """One change that lets every rule hold. ``kind``: ``money`` (extra GBP in the year ``name``), ``limit`` (``amount`` is
    what it has to be), ``drop`` (a must-do off the list) or ``later`` (``amount`` is the year it is allowed until)."""

    kind: str
    name: str
    amount: float


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot hold together, though any one of them may be left out; ``minimal`` is false where time ran out."""

    rules: tuple
    minimal: bool
    repairs: tuple = field(default=())


def rules_of(inst):
    """Every rule that may be in a conflict, by kind and name.

    Parameters
    ----------
    inst : Instance

    Returns
    -------
    list of tuple (str, object)
        ``must`` and a need, ``limit`` and its place, ``money`` and a year, ``order`` and a scheme that requires others.
    """
    years = sorted({year for start in inst.starts.values() for year in start.spend})
    return [*(("money", year) for year in years), *(("limit", place) for place in range(len(inst.limits))),
            *(("order", scheme) for scheme in inst.requires), *(("must", need) for need in inst.must)]


def held_to(inst, rules):
    """An instance held to some of its rules only.

    Parameters
    ----------
    inst : Instance
    rules : collection of tuple
        As ``rules_of`` names them; money of a year that is left out is without end.

    Returns
    -------
    Instance
    """
    kept = set(rules)
    free = [name for kind, name in rules_of(inst) if kind == "money" and (kind, name) not in kept]
    pots, payers = inst.pots, inst.payers
    if free:
        names = [f"{MORE_MONEY}{year}" for year in free]
        more = pd.DataFrame({"pot_id": names, "amount": PLENTY_GBP, "first_year": free, "last_year": free,
                             "most_share": 1.0}, index=names).reindex(columns=list(pots.columns))
        texts = [name for name in ("tags", "school_id", "schemes", "with_scheme", "route") if name in more]
        more = more.astype(dict.fromkeys(texts, object)).fillna(dict.fromkeys(texts, ""))
        pots = pd.concat([pots, more]) if len(pots) else more
        payers = {scheme: (*own, *names) for scheme, own in payers.items()}
    return replace(inst, must={need: pairs for need, pairs in inst.must.items() if ("must", need) in kept},
                   limits=[limit for place, limit in enumerate(inst.limits) if ("limit", place) in kept],
                   requires={scheme: other for scheme, other in inst.requires.items() if ("order", scheme) in kept},
                   pots=pots, payers=payers)


def feasible(inst):
    """Whether any programme obeys the rules of an instance; ``None`` where that was not found out in time."""
    if any(not pairs for pairs in inst.must.values()):
        return False
    model = formulation.build(inst)
    model.problem.setObjective(formulation.pulp.LpAffineExpression([(x, 0.0) for x in model.starts.values()]))
    try:
        return True if solve(model, "highs", 0.0, CHECK_LIMIT_S).choice is not None else None
    except InfeasibleModelError:
        return False


def find_conflict(inst, time_limit_s=60.0):
    """A smallest set of rules that cannot hold together, and ways out.

    Parameters
    ----------
    inst : Instance
        One that no programme obeys.
    time_limit_s : float
        Time for all of it. [s]

    Returns
    -------
    Conflict

    Notes
    -----
    Rules are dropped one after the other, halves first; what cannot be dropped stays. That alternatives exclude each other
    is taken as given. *Counterexample:* where several sets conflict, one of them is named; mend it and ask again.

    References
    ----------
    .. [1] J.W. Chinneck, Feasibility and Infeasibility in Optimization, Springer, 2008, chapter 6 (deletion filter).
    .. [2] U. Junker, QuickXplain: preferred explanations and relaxations for over-constrained problems, AAAI, 2004, 167-172.
    """
    until = time.perf_counter() + time_limit_s
    late = []

    def conflicts(rules):
        """Whether these rules cannot hold together; in doubt, or too late, they are taken to be able to."""
        if time.perf_counter() > until:
            late.append(True)
            return False
        found = feasible(held_to(inst, rules))
        late.extend([True] if found is None else [])
        return found is False

    rules = _smallest(conflicts, [], rules_of(inst), False)
    return Conflict(tuple(rules), not late, tuple(_repairs(inst, rules, until)))


def _smallest(conflicts, given, rules, grown):
    """Junker's division: the part of ``rules`` that conflicts with what is given."""
    if grown and conflicts(given):
        return []
    if len(rules) <= 1:
        return list(rules)
    half = len(rules) // 2
    second = _smallest(conflicts, given + rules[:half], rules[half:], True)
    first = _smallest(conflicts, given + second, rules[:half], bool(second))
    return first + second


def _repairs(inst, rules, until):
    """Single changes that let every rule hold, of the rules in conflict."""
    for kind, name in rules:
        if time.perf_counter() > until:
            return
        if kind in ("money", "limit"):
            yield from _least_give(inst, kind, name)
        elif kind == "must":
            later = _allowed_later(inst, name)
            if later is not None and feasible(later[0]):
                yield Repair("later", name, later[1])
            if feasible(replace(inst, must={need: pairs for need, pairs in inst.must.items() if need != name})):
                yield Repair("drop", name, 0.0)


def _least_give(inst, kind, name):
    """How little one year's money or one limit has to give, the other rules as they are."""
    if any(not pairs for pairs in inst.must.values()):
        return
    model = formulation.build(inst, elastic=True)
    for key, variable in model.gives.items():
        variable.upBound = None if key == (kind, name) else 0
    model.problem.setObjective(formulation.pulp.LpAffineExpression([(model.gives[kind, name], 1.0)]))
    try:
        found = solve(model, "highs", 1e-6, CHECK_LIMIT_S)
    except InfeasibleModelError:
        return
    amount = model.gives[kind, name].varValue if found.choice is not None else None
    if amount is None or amount <= ENOUGH:
        return
    if kind == "money":
        yield Repair("money", str(name), float(amount))
        return
    limit = inst.limits[name]
    yield Repair("limit", limit.name, float(limit.amount + amount * (1 if limit.sense == "<=" else -1)))


def _allowed_later(inst, need):
    """The instance with a must-do allowed until its next start year, and that year; ``None`` where there is none."""
    pairs = inst.must[need]
    schemes = {scheme for scheme, _ in pairs} or set(inst.groups.get(need, ()))
    last = max((year for _, year in pairs), default=None)
    more = sorted(year for scheme, year in inst.starts if scheme in schemes and (last is None or year > last))
    if not more:
        return None
    further = [pair for pair in inst.starts if pair[0] in schemes and pair[1] == more[0]]
    return replace(inst, must={**inst.must, need: [*pairs, *further]}), more[0]


def in_words(inst, conflict):
    """A conflict and its ways out, in sentences.

    Parameters
    ----------
    inst : Instance
    conflict : Conflict

    Returns
    -------
    str
    """
    names = {"must": lambda need: f"{_plain(need)} must be done",
             "money": lambda year: f"the money that can be spent in {year}",
             "order": lambda scheme: f"{scheme} needs {' and '.join(inst.requires[scheme])} first",
             "limit": lambda place: f"the limit {inst.limits[place].name}"}
    told = [names[kind](name) for kind, name in conflict.rules]
    start = "These rules cannot hold together, though any one of them could be left out" if conflict.minimal else \
        "These rules cannot hold together (time ran out before all that are not needed were left out)"
    ways = {"money": lambda way: f"£{way.amount:,.0f} more money in {way.name}",
            "limit": lambda way: f"set the limit {way.name} to {way.amount:g}",
            "later": lambda way: f"allow {_plain(way.name)} until {way.amount:.0f}",
            "drop": lambda way: f"take {_plain(way.name)} off the must-do list"}
    text = f"{start}: {'; '.join(told)}."
    if conflict.repairs:
        text += " Any one of these mends it: " + "; ".join(ways[way.kind](way) for way in conflict.repairs) + "."
    return text


def _plain(need):
    return need.split(" ", 1)[1] if need.split(" ", 1)[0] in ("group", "scheme") else need
