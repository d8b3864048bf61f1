"""What if: the candidates with one thing changed, and the best that can then be done, found by solving again.

Every change is a change to the tables that anybody can make by hand and solve with ``capplan optimise``; nothing is
answered from sentences or figures stored before.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from . import formulation
from .instance import instance, total_value
from .payments import draws_or_none
from .solver import InfeasibleModelError, Relaxation, relative_gap, solve

WHOLE_MODEL_STARTS = 2000
"""Up to this many starts every question is answered on the whole model."""
NEAR_STARTS = 200
"""In larger models so many starts, the ones the relaxation finds it hardest to choose between, are free to change."""
WHOLE_LIMIT_S, NEAR_LIMIT_S = 20.0, 3.0
CERTAIN = 1e-6
FORCED = "forced"


def changed(candidates, **frames):
    """The candidates with other tables. The trust's own reserves are not those of other money, so they are left out."""
    return replace(candidates, _frames={**candidates._frames, **frames}, money=None)


def with_money(candidates, pot_id, extra_gbp):
    """The candidates with more money in one pot.

    Parameters
    ----------
    candidates : Candidates
    pot_id : str
        The pot.
    extra_gbp : float
        How much more, in the pounds of the pot's own day. [GBP]

    Returns
    -------
    Candidates
    """
    pots = candidates.pots
    amount = pots.amount.astype(float)
    return changed(candidates, pots=pots.assign(amount=amount.where(pots.pot_id != pot_id, (amount + extra_gbp).round(2))))


def with_spend(candidates, scheme, rise_share):
    """The candidates with every bill of one scheme dearer (or, below zero, cheaper) by a share.

    Parameters
    ----------
    candidates : Candidates
    scheme : str
        The scheme.
    rise_share : float
        Rise in its cost, -1 for nothing to pay. [-]

    Returns
    -------
    Candidates
    """
    spend = candidates.spend
    bills = spend.cost.astype(float)
    own = spend.scheme_id == scheme
    return changed(candidates, spend=spend.assign(cost=bills.where(~own, (bills * (1.0 + rise_share)).round(2))))


def with_value(candidates, scheme, extra):
    """The candidates with one scheme worth more (or, below zero, less) in each year it may start.

    Parameters
    ----------
    candidates : Candidates
    scheme : str
        The scheme.
    extra : float
        Pounds of loss avoided, or points.

    Returns
    -------
    Candidates
    """
    years = candidates.scheme_years
    worth = years.value.astype(float)
    return changed(candidates, scheme_years=years.assign(value=worth.where(years.scheme_id != scheme, worth + extra)))


def started_from(candidates, scheme, year):
    """The candidates with one scheme that may not start before a year.

    Parameters
    ----------
    candidates : Candidates
    scheme : str
        The scheme.
    year : int
        First year it may start in.

    Returns
    -------
    Candidates
    """
    years, spend = candidates.scheme_years, candidates.spend
    early, billed = ((frame.scheme_id == scheme) & (frame.start_year < year) for frame in (years, spend))
    return changed(candidates, scheme_years=years[~early].reset_index(drop=True),
                   spend=spend[~billed].reset_index(drop=True))


def forced(candidates, scheme, inside=True):
    """The candidates with one scheme forced in, or left out, by a limit on a measure of its own.

    Parameters
    ----------
    candidates : Candidates
    scheme : str
        The scheme.
    inside : bool
        In, or out.

    Returns
    -------
    Candidates
        With a measure ``forced`` in the table of start years, and a limit on it. Flagging the scheme as a must-do would
        not do: a must-do is met by any scheme of its group that is flagged too.
    """
    years, limits = candidates.scheme_years, candidates.limits
    name = FORCED
    while name in years or name in set(limits.limit_id):
        name += " again"
    row = {"limit_id": name, "year": np.nan, "scope": "all", "scope_id": "", "measure": name,
           "sense": ">=" if inside else "<=", "amount": 1.0 if inside else 0.0}
    more = pd.DataFrame([row])
    return changed(candidates, scheme_years=years.assign(**{name: (years.scheme_id == scheme).astype(float)}),
                   limits=pd.concat([limits, more], ignore_index=True) if len(limits) else more)


@dataclass(frozen=True)
class Found:
    """The best found for a question. ``bound``: what nothing can exceed while the far schemes stay as they are planned;
    ``ceiling``: what nothing at all can exceed. ``free``: how many starts were free to change."""

    choice: dict | None = field(repr=False)
    value: float
    bound: float
    ceiling: float
    free: int

    @property
    def exact(self):
        """Whether the value is proved the best possible, to a millionth."""
        return self.choice is not None and relative_gap(self.value, self.ceiling) <= CERTAIN


class Desk:
    """Answers one question after another about a programme by solving again.

    Parameters
    ----------
    candidates : Candidates
        What the programme was chosen from.
    choice : dict
        The programme, scheme to start year.
    gap : float
        Relative gap at which a question is answered. [-]
    time_limit_s : float, optional
        Time for each question; left out: by the size of the model. [s]
    threads, seed : int
        As for ``optimise``.

    Notes
    -----
    In large models only the starts nearest to being chosen, or to being dropped, are free to change, besides the scheme
    that is asked about and its alternatives; the others stay as planned, and the answer says how many were free.
    *Counterexample:* a change so large that the whole programme would be another; ask ``optimise``.
    """

    def __init__(self, candidates, choice, gap=CERTAIN, time_limit_s=None, threads=1, seed=0):
        self.candidates, self.choice = candidates, dict(choice)
        self.whole = len(candidates.scheme_years) <= WHOLE_MODEL_STARTS
        self.gap, self.threads, self.seed, self.solved = gap, threads, seed, 0
        self.time_limit_s = time_limit_s or (WHOLE_LIMIT_S if self.whole else NEAR_LIMIT_S)

    def best(self, candidates=None, scheme=None, inside=None, hint=None):
        """The best programme for a question.

        Parameters
        ----------
        candidates : Candidates, optional
            The candidates with something changed; left out: as they are.
        scheme : str, optional
            Scheme the question is about; it and its alternatives are always free to change.
        inside : bool, optional
            Force it in, or leave it out; left out: neither.
        hint : dict, optional
            A programme to start from; left out: the one the questions are about.

        Returns
        -------
        Found or None
            ``None`` where no programme obeys the rules of the question.
        """
        self.solved += 1
        asked = self.candidates if candidates is None else candidates
        inst = instance(asked if inside is None else forced(asked, scheme, inside))
        if any(not pairs for pairs in inst.must.values()):
            return None
        model = formulation.build(inst)
        ceiling, free = float("inf"), len(model.starts)
        try:
            if not self.whole:
                relaxation = Relaxation(model, self.time_limit_s)
                ceiling = relaxation.bound if relaxation.solved else ceiling
                model = formulation.build(inst)
                free = self._hold_far(model, relaxation, scheme)
            return self._answer(model, ceiling, free, hint or self.choice)
        except InfeasibleModelError:
            return None if self.whole else self._unheld(inst, ceiling)

    def reaches(self, candidates, scheme, value):
        """Whether the best programme with a scheme in it is worth at least so much.

        Parameters
        ----------
        candidates : Candidates
            The candidates with something changed.
        scheme : str
            The scheme that is in.
        value : float
            Pounds of loss avoided, or points.

        Returns
        -------
        bool
            Of whole models the answer is proved unless time runs out, which counts as no; no optimum is needed for it, so
            it comes several times as fast.
        """
        if not self.whole:
            found = self.best(candidates, scheme, True)
            return found is not None and found.value >= value
        self.solved += 1
        inst = instance(forced(candidates, scheme))
        model = formulation.build(inst)
        worth = [(x, inst.starts[pair].value) for pair, x in model.starts.items()]
        model.add("worth_at_least", worth, formulation.GE, value)
        model.problem.setObjective(formulation.pulp.LpAffineExpression([(x, 0.0) for x, _ in worth]))
        try:
            return solve(model, "highs", self.gap, self.time_limit_s, self.threads, self.seed).choice is not None
        except InfeasibleModelError:
            return False

    def _answer(self, model, ceiling, free, known):
        inst = model.instance
        hint = {model.starts[pair].name: 1.0 for pair in known.items()
                if pair in model.starts and model.starts[pair].upBound != 0}
        answer = solve(model, "highs", self.gap, self.time_limit_s, self.threads, self.seed, hint)
        bound = answer.bound
        if answer.choice is None:
            return Found(None, float("-inf"), bound, min(ceiling, bound) if self.whole else ceiling, free)
        value = total_value(inst, answer.choice)
        if draws_or_none(inst, answer.choice) is None:  # a solver's tolerance is not the penny
            return Found(None, float("-inf"), bound, ceiling, free)
        bound = max(bound, value)
        return Found(answer.choice, value, bound, bound if self.whole else max(value, ceiling), free)

    def _hold_far(self, model, relaxation, scheme):
        """Fix the starts that the relaxation is sure of; how many stay free."""
        values, regrets = relaxation.values(), np.abs(relaxation.regrets())
        near = set(np.argsort(regrets, kind="stable")[:NEAR_STARTS])
        near |= set(np.flatnonzero((values > CERTAIN) & (values < 1 - CERTAIN)))
        schemes = {relaxation.pairs[place][0] for place in near} | self._kin(model.instance, scheme)
        own, free = self._kin(model.instance, scheme), 0
        for place, pair in enumerate(relaxation.pairs):
            planned = self.choice.get(pair[0]) == pair[1]
            if place in near or pair[0] in own or (planned and pair[0] in schemes):
                free += 1
            elif planned:
                model.starts[pair].lowBound = 1
            else:
                model.starts[pair].upBound = 0
        return free

    @staticmethod
    def _kin(inst, scheme):
        """A scheme, its alternatives, and what it requires or is required by."""
        if scheme is None:
            return set()
        kin = {scheme, *inst.requires.get(scheme, ())}
        kin |= {other for other, needed in inst.requires.items() if scheme in needed}
        for members in inst.groups.values():
            if scheme in members:
                kin |= set(members)
        return kin

    def _unheld(self, inst, ceiling):
        """Where nothing can be done with the far schemes held, nothing is held."""
        model = formulation.build(inst)
        try:
            answer = solve(model, "highs", max(self.gap, 0.001), 4 * self.time_limit_s, self.threads, self.seed)
        except InfeasibleModelError:
            return None
        value = total_value(inst, answer.choice) if answer.choice else float("-inf")
        bound = max(answer.bound, value)
        return Found(answer.choice, value, bound, min(bound, ceiling), len(model.starts))
