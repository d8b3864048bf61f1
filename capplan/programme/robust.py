r"""Programmes for many futures at once: the one of most value on average, or the one that bears the bad futures best.

The programme is chosen before the future is known; in each future :math:`s` of :math:`N`, equally likely, it is carried out
as far as that future's money goes (``delivery``) and comes to :math:`V_s`. To be as large as possible is

.. math:: (1 - \lambda) \frac{1}{N} \sum_s V_s + \lambda \, \mathrm{CVaR}_\alpha(V),

the mean of all futures and the mean of the worst :math:`\alpha` of them, every rule of the programme holding on the money
that is expected.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from . import formulation
from .delivery import Delivered, ceilings, deliver, future_of, must_premium
from .instance import instance
from .optimise import optimise
from .outcomes import TAIL_SHARE, score
from .solver import InfeasibleModelError, relative_gap, solve

WHOLE_FORM = 6000
"""Up to so many starts times futures, the whole form is solved at once."""
WHOLE_LIMIT_S = 60.0
ROUNDS, ENOUGH_GAP = 5, 0.002


@dataclass(frozen=True)
class Robust:
    """A programme chosen over a sample: scheme to start year, what it comes to in each future, its score, and what no
    programme's score can exceed. ``rounds``: programmes looked at."""

    choice: dict = field(repr=False)
    delivered: Delivered = field(repr=False)
    score: float
    bound: float
    rounds: int

    @property
    def gap(self):
        """How far the score may be from the best possible, as a fraction of it. [-]"""
        return relative_gap(self.score, self.bound)


def score_of(values, tail_weight=0.0):
    """What a programme is judged by: the mean of its values over equally likely futures, or partly of their worst tenth.

    Parameters
    ----------
    values : array, shape (futures,)
        In the units of value, mostly pounds.
    tail_weight : float
        Part of the judgement that looks at the worst tenth only. [-]

    Returns
    -------
    float
        In the units of value, mostly pounds.

    Examples
    --------
    >>> score_of(np.array([0.0, *[100.0] * 9]), 0.5)
    45.0
    """
    return score(values, np.full(len(values), 1.0 / len(values)), tail_weight)


def future_weights(values, tail_weight=0.0, tail_share=TAIL_SHARE):
    """How much each future counts in the score of a programme, shape (futures,), adding up to 1. [-]

    Parameters
    ----------
    values : array, shape (futures,)
        In the units of value, mostly pounds.
    tail_weight, tail_share : float
        [-]

    Examples
    --------
    >>> future_weights(np.array([5.0, 1.0, 9.0, 7.0]), 0.5, 0.25)
    array([0.125, 0.625, 0.125, 0.125])
    """
    count = len(values)
    order, tail = np.argsort(values, kind="stable"), np.zeros(count)
    tail[order] = np.diff(np.minimum(np.arange(1, count + 1) / count, tail_share), prepend=0.0) / tail_share
    return (1.0 - tail_weight) / count + tail_weight * tail


def robust(candidates, sample, known, tail_weight=0.0, rounds=ROUNDS, gap=None, time_limit_s=None, threads=1, seed=0,
           say=lambda text: None):
    """The programme of the highest score over sampled futures.

    Parameters
    ----------
    candidates : Candidates
        With what is expected; its rules hold for every programme.
    sample : Sample
        Futures of ``instance(candidates)``.
    known : dict
        A programme of these candidates to start from, scheme to start year.
    tail_weight : float
        0: the mean of all futures; 1: the mean of the worst tenth. [-]
    rounds : int
        How often a programme is chosen at the prices of the one before.
    gap, time_limit_s, threads, seed
        As for ``optimise``, for each of them.
    say : callable
        Told what is being done.

    Returns
    -------
    Robust
        Never worse over the sample than the known programme.

    Notes
    -----
    Each round prices the money of every future at what the programmes so far would pay for a pound more, on average, and
    chooses the programme of most value at those prices: the candidates with other values, so that every rule of every kind
    is kept, and a true bound on the score comes with it. Small models are solved in whole instead. Assumes nothing is
    learned on the way. *Counterexample:* a trust that plans again each year; it does at least as well.

    References
    ----------
    .. [1] Kleywegt, A.J., Shapiro, A. and Homem-de-Mello, T. (2002), The sample average approximation method for stochastic
       discrete optimization. SIAM Journal on Optimization 12(2), 479-502.
    .. [2] Rockafellar, R.T. and Uryasev, S. (2000), Optimization of conditional value-at-risk. Journal of Risk 2(3), 21-41.
    """
    inst, settings = instance(candidates), {"gap": gap, "time_limit_s": time_limit_s, "threads": threads, "seed": seed}
    if len(inst.pairs) * sample.count <= WHOLE_FORM:
        if gap is None and candidates.outlook is not None:
            settings["gap"] = candidates.outlook.scenario.solver.gap
        return _in_whole(inst, sample, known, tail_weight, settings)
    known_to, best, bound, weights, prices, choice = {}, None, np.inf, [], [], dict(known)
    for number in range(rounds + 1):
        key = frozenset(choice.items())
        known_to[key] = delivered = known_to.get(key) or deliver(inst, sample, choice)
        found = score_of(delivered.value, tail_weight)
        if best is None or found > best.score:
            best = Robust(choice, delivered, found, bound, 0)
        if number == rounds or relative_gap(best.score, bound) <= ENOUGH_GAP:
            break
        weights.append(future_weights(delivered.value, tail_weight))
        prices.append(delivered.per_gbp)
        say(f"Programme {number + 1} of at most {rounds} over {sample.count} futures ...")
        choice, most = _at_prices(candidates, ceilings(inst, sample, np.mean(prices, axis=0)), np.mean(weights, axis=0),
                                  best.choice, settings)
        bound = min(bound, most)
    return replace(best, bound=float(max(bound, best.score)), rounds=len(known_to))


def _at_prices(candidates, ceiling, weight, known, settings):
    """The programme of most value where each start is worth its ceiling, and what no score can exceed."""
    years = candidates.scheme_years.assign(value=weight @ ceiling.by_start)
    priced = replace(candidates, _frames={**candidates._frames, "scheme_years": years})
    programme = optimise(priced, known=known, **settings)
    return programme.choice, float(weight @ ceiling.fixed) + programme.bound


def _in_whole(inst, sample, known, tail_weight, settings):
    """The whole form, solved at once."""
    try:
        answer = solve(whole_form(inst, sample, tail_weight), "highs", settings["gap"] or 0.0,
                       settings["time_limit_s"] or WHOLE_LIMIT_S, settings["threads"], settings["seed"])
    except InfeasibleModelError:
        raise ValueError("The known programme breaks a rule of the candidates.") from None
    plans = [choice for choice in (answer.choice, dict(known)) if choice is not None]
    made = [deliver(inst, sample, choice) for choice in plans]
    scores = [score_of(each.value, tail_weight) for each in made]
    best = int(np.argmax(scores))
    return Robust(plans[best], made[best], scores[best], float(max(answer.bound, scores[best])), len(plans))


def whole_form(inst, sample, tail_weight=0.0, tail_share=TAIL_SHARE):
    r"""The programme and what is carried out of it in every future, as one model.

    Parameters
    ----------
    inst : Instance
    sample : Sample
    tail_weight, tail_share : float
        [-]

    Returns
    -------
    formulation.Model

    Notes
    -----
    :math:`y_{kts} \in [0, 1]`, the part of scheme :math:`k` that starts in year :math:`t` of future :math:`s`, no earlier
    than planned: :math:`\sum_{t' \le t} y_{kt's} \le \sum_{t' \le t} x_{kt'}`. Bills and pots are those of the future.
    What it comes to: :math:`V_s = \sum_{kt} w_{kts} y_{kts} - \sum_k m_k \sum_t (x_{kt} - y_{kts})`, with :math:`m_k` what
    leaving a must-do undone loses. The worst share: :math:`\eta - \frac{1}{\alpha N} \sum_s u_s` with
    :math:`u_s \ge \eta - V_s`, :math:`u_s \ge 0`.
    """
    model, premium, count = formulation.build(inst), must_premium(inst, sample), sample.count
    come_to = [_future(model, inst, sample, number, premium) for number in range(count)]
    objective = [(value, (1.0 - tail_weight) / count) for value in come_to]
    if tail_weight:
        least = model.problem.add_variable("worst_share")
        objective.append((least, tail_weight))
        for number, value in enumerate(come_to):
            below = model.problem.add_variable(f"below_{number}", 0)
            objective.append((below, -tail_weight / (tail_share * count)))
            model.add(f"below_{number}", [(below, 1), (least, -1), (value, 1)], formulation.GE, 0)
    model.problem.setObjective(formulation.pulp.LpAffineExpression(objective))
    return model


class _Named:
    """A problem to which variables and rows are added under a name of their own, nothing in whole numbers."""

    def __init__(self, problem, before):
        self._problem, self._before = problem, before

    def add_variable(self, name, low=None, up=None, cat=None):
        """A variable under its own name; one that is 0 or 1 may lie between."""
        if cat == formulation.pulp.LpBinary:
            low, up = 0, 1
        return self._problem.add_variable(self._before + name, low, up)

    def addConstraint(self, row):  # noqa: N802 - PuLP's name
        """A row under its own name."""
        row.name = self._before + row.name
        self._problem.addConstraint(row)


def _future(model, inst, sample, number, premium):
    """Add one future to the model; the variable of what it comes to."""
    here, problem = future_of(inst, sample, number), _Named(model.problem, f"future_{number}_")
    done = {pair: problem.add_variable(f"done_{place}", 0, 1) for place, pair in enumerate(inst.pairs)}
    future = formulation.Model(here, problem, done, {})
    for family in (formulation.started_no_later, formulation.bundles, formulation.fully_paid, formulation.pot_amount):
        family(future)
    for row, places in enumerate(inst.by_scheme.values()):
        for year in sorted({inst.pairs[place][1] for place in places}):
            begun = [inst.pairs[place] for place in places if inst.pairs[place][1] <= year]
            future.add(f"planned_{row}_{year}".replace("-", "m"), [(done[pair], 1) for pair in begun]
                       + [(model.starts[pair], -1) for pair in begun], formulation.LE, 0)
    value = problem.add_variable("value")
    terms = [(done[pair], here.value[place] + premium[place]) for place, pair in enumerate(inst.pairs)]
    terms += [(model.starts[pair], -premium[place]) for place, pair in enumerate(inst.pairs)]
    future.add("value", [*terms, (value, -1)], formulation.EQ, 0)
    return value
