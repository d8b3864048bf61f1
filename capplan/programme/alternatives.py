"""Plans almost as good as the best and as unlike it as can be: how much of a programme is choice, how much necessity."""

from dataclasses import dataclass, field

from . import formulation
from .instance import instance, total_value
from .optimise import optimise
from .payments import draws_or_none
from .solver import InfeasibleModelError, solve
from .what_if import WHOLE_MODEL_STARTS, changed

SLACK_SHARE = 0.01
PLANS = 5
ROUNDING = 1e-6
DISTANCE_GAP = 0.02
TRIES, PRICED_GAP, CHANGED_FIRST = 4, 0.003, 0.3
"""Prices tried for each plan of a large model, how near its best each is solved, and the share of the money that is thought
to change at the first of them."""
WHOLE_LIMIT_S, LARGE_LIMIT_S = 5.0, 20.0


@dataclass(frozen=True)
class Alternative:
    """A plan almost as good. ``changed_share``: of the money for the schemes of either plan, how much is for schemes that
    are only in one of them. [-]"""

    choice: dict = field(repr=False)
    value: float
    changed_share: float


def near_optimal(candidates, choice, slack_share=SLACK_SHARE, plans=PLANS, time_limit_s=None, threads=1, seed=0,
                 say=lambda text: None):
    """Plans worth almost as much as a programme, each as unlike it and each other as can be found.

    Parameters
    ----------
    candidates : Candidates
    choice : dict
        The programme, scheme to start year.
    slack_share : float
        How much less a plan may be worth, as a share of the programme's value. [-]
    plans : int
        How many plans to look for.
    time_limit_s : float, optional
        Time for each; left out: by the size of the model. [s]
    threads, seed : int
        As for ``optimise``.
    say : callable
        Told what is being done.

    Returns
    -------
    list of Alternative
        Fewer than asked for where no other plan is within the slack.

    Notes
    -----
    Assumes that plans are unlike by the money of the schemes that one of them has and the other has not. *Counterexample:*
    two plans of the same schemes in other years count as alike. A plan found is within the slack; that none is more unlike
    is only known to the gap of its own search. In plans of more than 2,000 starts the money of the schemes that the plans
    before have gets a price, which is raised as far as the slack allows; what is found there is not proved the most unlike.

    References
    ----------
    .. [1] E.D. Brill, S.-Y. Chang, L.D. Hopkins, Modeling to generate alternatives: the HSJ approach, Management Science
       28(3), 1982, 221-235.
    """
    inst, whole = instance(candidates), len(candidates.scheme_years) <= WHOLE_MODEL_STARTS
    least = total_value(inst, choice) - slack_share * abs(total_value(inst, choice))
    limit = time_limit_s or (WHOLE_LIMIT_S if whole else LARGE_LIMIT_S)
    size = _sizes(inst)
    before, found = [dict(choice)], []
    for number in range(1, plans + 1):
        say(f"Plans within {slack_share:.0%}: {number} of {plans} ...")
        other = _most_unlike(inst, before, size, least, limit, threads, seed) if whole else _unlike_at_a_price(
            candidates, inst, before, size, least, {"time_limit_s": limit / TRIES, "threads": threads, "seed": seed})
        if other is None or any(set(other) == set(plan) for plan in before):
            break
        before.append(other)
        found.append(Alternative(other, total_value(inst, other), changed_share(size, choice, other)))
    return found


def _sizes(inst):
    """Money of each scheme, on average over its start years; one pound at least, so that free schemes count too."""
    sums = {}
    for (scheme, _), start in inst.starts.items():
        sums.setdefault(scheme, []).append(sum(start.spend.values()))
    return {scheme: max(1.0, sum(costs) / len(costs)) for scheme, costs in sums.items()}


def changed_share(size, choice, other):
    """Share of the money for the schemes of two plans that is for schemes only one of them has. [-]

    Parameters
    ----------
    size : dict
        Scheme to its money. [GBP]
    choice, other : dict
        Scheme to start year.

    Returns
    -------
    float
    """
    either = sum(size[scheme] for scheme in set(choice) | set(other))
    return sum(size[scheme] for scheme in set(choice) ^ set(other)) / either if either else 0.0


def _most_unlike(inst, before, size, least, limit_s, threads, seed):
    model = formulation.build(inst)
    model.add("worth_at_least", [(x, inst.starts[pair].value) for pair, x in model.starts.items()], formulation.GE, least)
    nearest = model.problem.add_variable("nearest", 0)
    for number, plan in enumerate(before):  # money for schemes that only one of the two has, at least the nearest's
        apart = [(x, -size[pair[0]] if pair[0] in plan else size[pair[0]]) for pair, x in model.starts.items()]
        model.add(f"unlike_{number}", [*apart, (nearest, -1)], formulation.GE, -sum(size[scheme] for scheme in plan))
    model.problem.setObjective(formulation.pulp.LpAffineExpression([(nearest, 1.0)]))
    start = {model.starts[pair].name: 1.0 for pair in before[0].items()}
    try:
        choice = solve(model, "highs", DISTANCE_GAP, limit_s, threads, seed, start).choice
    except InfeasibleModelError:
        return None
    if choice is None or draws_or_none(inst, choice) is None or total_value(inst, choice) < least - ROUNDING * abs(least):
        return None
    return choice


def _unlike_at_a_price(candidates, inst, before, size, least, settings):
    """The most unlike plan of some in which the money of schemes that earlier plans have costs a price on top."""
    years, held = candidates.scheme_years, total_value(inst, before[0])
    had = {scheme: sum(scheme in plan for plan in before) / len(before) for scheme in set().union(*before)}
    burden = years.scheme_id.map(lambda scheme: had.get(scheme, 0.0) * size[scheme]).to_numpy(float)
    money = CHANGED_FIRST * sum(size[scheme] for scheme in before[0])
    price, low, high = max(0.0, held - least) / max(1.0, money), 0.0, float("inf")
    best, most = None, 0.0
    for _ in range(TRIES):
        priced = changed(candidates, scheme_years=years.assign(value=years.value - price * burden))
        choice = optimise(priced, gap=PRICED_GAP, **settings).choice
        if total_value(inst, choice) >= least - ROUNDING * abs(least):
            apart = min(changed_share(size, plan, choice) for plan in before)
            best, most, low = (choice, apart, price) if apart > most else (best, most, price)
            price = 2.0 * price if high == float("inf") else (price + high) / 2.0
        else:
            high, price = price, (low + price) / 2.0
    return best


def in_share(candidates, plans):
    """In what share of some plans each scheme is. [-]

    Parameters
    ----------
    candidates : Candidates
    plans : list of dict
        Scheme to start year.

    Returns
    -------
    Series
        By scheme, in the order of the candidates.
    """
    names = candidates.schemes.set_index("scheme_id").index.to_series()
    return names.map(lambda name: sum(name in plan for plan in plans) / len(plans))
