"""When no programme obeys all the rules: which rules conflict, in their own names, and by how much."""

from ..errors import InfeasibleError, SolverError
from . import formulation
from .conflict import find_conflict, in_words
from .solver import InfeasibleModelError, solve

CONFLICT_LIMIT_S = 30.0


def explain(inst, settings, conflicts=True):
    """Say why no programme obeys all the rules.

    Parameters
    ----------
    inst : Instance
    settings : dict
        ``name``, ``gap``, ``time_limit_s`` of the solver.
    conflicts : bool
        Whether to look for a smallest set of rules that conflict; it takes many solves.

    Returns
    -------
    InfeasibleError
        To be raised by the caller: the shortfall of money by year and the limits broken, the least that would do; on a
        second line of its message a smallest set of rules that conflict, and single changes that mend it.
    """
    error = _by_how_much(inst, settings)
    if not conflicts:
        return error
    conflict = find_conflict(inst, min(CONFLICT_LIMIT_S, settings["time_limit_s"]))
    told = f"\n{in_words(inst, conflict)}" if conflict.rules else ""
    return InfeasibleError(f"{error}{told}", error.shortfalls)


def _by_how_much(inst, settings):
    """The least that has to give, all rules together."""
    unmeetable = [need for need, pairs in inst.must.items() if not pairs]
    if unmeetable:
        return InfeasibleError(
            "No programme obeys all the rules: " + "; ".join(
                f"{_plain(need)} must be done and has no start year in time" for need in unmeetable)
            + ". Give it an earlier start year or a later date.", [(need, 1.0, "schemes") for need in unmeetable])
    model = formulation.build(inst, elastic=True)
    try:
        answer = solve(model, settings["name"], 0.001, settings["time_limit_s"])
    except InfeasibleModelError:
        return InfeasibleError(
            "No programme obeys all the rules, however much money there is: the must-do schemes exclude or require "
            "each other. Must be done: " + _listed(_plain(need) for need in inst.must) + ".",
            [(need, 1.0, "schemes") for need in inst.must])
    if answer.choice is None:
        raise SolverError("The rules conflict, and the solver found no explanation within its time limit.")
    return _in_words(inst, model, answer.choice)


def _in_words(inst, model, choice):
    shortfalls, parts = [], []
    called_for = _called_for(inst, choice)
    for (kind, key), variable in model.gives.items():
        amount = variable.varValue or 0.0
        if amount <= 0.005:
            continue
        if kind == "money":
            bills = {scheme: inst.starts[scheme, choice[scheme]].spend.get(key, 0.0) for scheme in called_for}
            cost, names = sum(bills.values()), [scheme for scheme, bill in bills.items() if bill]
            why = " or ".join(dict.fromkeys(called_for[scheme] for scheme in names))
            shortfalls.append((f"money in {key}", amount, "GBP"))
            parts.append(f"the works that {why} need £{cost:,.0f} in {key}, £{amount:,.0f} more than can be "
                         f"spent then ({_listed(names, 4)})")
        else:
            limit = inst.limits[key]
            shortfalls.append((f"limit {limit.name}", amount, "of its measure"))
            parts.append(f"the limit {limit.name} ({limit.sense} {limit.amount:g}) has to give by {amount:g}")
    hint = "Add money or lower the floor of the reserves in those years, move a date, or take a must-do off the list."
    if not parts:
        parts = ["the solver found no programme, and yet no rule had to give; the rules are tight to the last pound"]
    return InfeasibleError("No programme obeys all the rules: " + "; ".join(parts) + ". " + hint, shortfalls)


def _called_for(inst, choice):
    """Chosen schemes that have to be, and why: must-do, or called for by a limit; with those they require."""
    must = [scheme for pairs in inst.must.values() for scheme, year in pairs if choice.get(scheme) == year]
    limits = [scheme for limit in inst.limits for (scheme, year), weight in limit.weights.items()
              if choice.get(scheme) == year and (weight > 0) == (limit.sense == ">=")]
    found = {}
    for why, schemes in (("must be done", must), ("the limits call for", limits)):
        while schemes:
            schemes = [scheme for scheme in dict.fromkeys(schemes) if scheme not in found]
            found |= dict.fromkeys(schemes, why)
            schemes = [other for scheme in schemes for other in inst.requires.get(scheme, ())]
    return found


def _plain(need):
    return need.split(" ", 1)[1] if need.split(" ", 1)[0] in ("group", "scheme") else need


def _listed(names, most=6):
    names = list(names)
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
