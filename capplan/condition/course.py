"""The course of an estate's condition: grade shares and failures year by year, and what works in a year are worth."""

from dataclasses import dataclass

import numpy as np

from .deterioration import GRADE_COUNT
from .joint import Joint


@dataclass(frozen=True)
class Works:
    """Works on components: each at most once. Shapes (n,), (n, 5), (n,) or (n, 5).

    ``year`` of the plan, -1 for none; ``outcome``, the grade each grade is brought to (its own number: left alone; -1:
    the component is gone); ``after``, the set of states it wears in afterwards, one for all or by the grade it was at.
    """

    year: np.ndarray
    outcome: np.ndarray
    after: np.ndarray

    def sets(self):
        """``after`` by component and grade, shape (n, 5)."""
        return np.broadcast_to(self.after.reshape(len(self.year), -1), self.outcome.shape)


@dataclass(frozen=True)
class Course:
    """``shares`` (years + 1, n, 5) [-] at the start of each year and at the end; ``failures`` (years + 1, n): expected
    failures in the year that starts then."""

    shares: np.ndarray
    failures: np.ndarray


@dataclass(frozen=True)
class Loss:
    """What is lost, in real pounds: by grade at the start of a year, at a failure, and at the end of the plan.

    ``yearly_gbp`` and ``handed_on_gbp`` (n, 5); ``failure_gbp`` (n,); ``in_use`` (years, n): whether the loss of that
    year is suffered. ``failure_by_year_gbp`` (years, n): the loss at a failure in each year where it changes, as pupils come
    and go; ``failure_gbp`` is then that of the first year.
    """

    yearly_gbp: np.ndarray
    failure_gbp: np.ndarray
    handed_on_gbp: np.ndarray
    in_use: np.ndarray
    failure_by_year_gbp: np.ndarray | None = None

    def failure_in(self, year):
        """Loss at a failure in a year of the plan; after its end as in its last. Shape (n,). [GBP]"""
        by_year = self.failure_by_year_gbp
        return self.failure_gbp if by_year is None else by_year[min(year, len(by_year) - 1)]


def course(wear, years, works=None):
    """Grade shares and expected failures in every year.

    Parameters
    ----------
    wear : Wear
    years : int
        Years of the plan.
    works : Works, optional
        Works carried out; left out: nothing is done.

    Returns
    -------
    Course

    Raises
    ------
    ValueError
        If works leave a component with a hazard of its own among the states as surveyed.

    Notes
    -----
    Works of a year act on the condition at its start and are finished at its end: that year's failures are suffered.
    """
    if works is not None:
        _refuse_stale_hazard(wear, (works.year >= 0) & (_renews(works.outcome) & (works.sets() == 0)).any(axis=1))
    n = len(wear.kind)
    shares, failures = np.zeros((years + 1, n, GRADE_COUNT)), np.zeros((years + 1, n))
    for piece, joint in ((piece, Joint(wear, piece)) for group in wear.groups
                         for piece in group.pieces(wear.chains.states)):
        state = joint.start()
        for year in range(years + 1):
            target = piece.rows[:, -1]
            np.add.at(shares[year], target, piece.weight[:, None] * joint.grades(state))
            np.add.at(failures[year], target, piece.weight * joint.total(state * joint.failing))
            if year < years:
                state = joint.advance(state, None if works is None else joint.changes(works, year))
    if works is not None:
        gone = (works.year >= 0) & (works.outcome[:, 0] < 0)
        later = gone & (np.arange(years + 1)[:, None] > works.year)
        shares[later], failures[later] = 0.0, 0.0
    return Course(shares, failures)


def worth(wear, loss, treatments, discount_rate, years):
    """Loss avoided by each treatment of each component in each year, if nothing else is done.

    Parameters
    ----------
    wear : Wear
    loss : Loss
    treatments : dict
        Name to ``(outcome, after, together)``: grade each grade is brought to (shape (5,); -1: gone), the set of states
        afterwards (one, or by grade, shape (5,)), and whether causes are treated in the same year, as in works on a whole
        block.
    discount_rate : float
        Real discount rate. [-]
    years : int
        Years of the plan.

    Returns
    -------
    dict of array, shape (n, years)
        By name: loss avoided, discounted to the start of the plan [GBP]. What a component's works spare the components
        beneath it is counted with it, unless they are treated together.

    Raises
    ------
    ValueError
        If a component alone is to be gone, or works leave one with a hazard of its own among the states as surveyed.

    Notes
    -----
    Assumes nothing else is done. *Counterexample:* a new roof spares the ceiling less where the ceiling is renewed too.
    """
    for name, (outcome, after, together) in treatments.items():
        if outcome[0] < 0 and not together:
            raise ValueError(f"{name}: a component alone cannot be gone while others lie beneath it.")
        _refuse_stale_hazard(wear, np.full(len(wear.kind), (_renews(np.asarray(outcome)) & (np.asarray(after) == 0)).any()))
    value = {name: np.zeros((len(wear.kind), years)) for name in treatments}
    for group in wear.groups:
        for piece in group.pieces(wear.chains.states, years + 1):
            joint = Joint(wear, piece)
            ahead = _losses_to_come(joint, loss, discount_rate, years)
            state = joint.start()
            for year in range(years):
                _add_value(value, joint, piece, state, ahead[year + 1], treatments,
                           (1.0 + discount_rate) ** -(year + 1), year)
                state = joint.advance(state)
    return value


def _renews(outcome):
    """Whether works bring each grade to a better one."""
    return (outcome >= 0) & (outcome != np.arange(GRADE_COUNT))


def _refuse_stale_hazard(wear, unmoved):
    """Works must take a component with a hazard of its own out of the first set of states, or the hazard would stay."""
    if (unmoved & ~np.isnan(wear.own_hazard)).any():
        raise ValueError("Works on a component with its own chance of failure need a set of states after works.")


def _losses_to_come(joint, loss, rate, years):
    """Loss to come by joint state at the start of each year, discounted to it; the last is what is handed on."""
    target = joint.piece.rows[:, -1]
    ahead = [joint.by_grade(loss.handed_on_gbp[target])]
    patching = joint.by_grade(loss.yearly_gbp[target])
    for year in range(years - 1, -1, -1):
        suffered = (patching + joint.failing * loss.failure_in(year)[target]) * loss.in_use[year, target]
        ahead.append(suffered + joint.expect(ahead[-1]) / (1.0 + rate))
    return ahead[::-1]


def _add_value(value, joint, piece, state, ahead, treatments, discount, year):
    """Add what each treatment in a year avoids, with each axis treated alone or all together."""
    untouched = joint.expect(ahead)
    length = piece.rows.shape[1]
    for name, (outcome, after, together) in treatments.items():
        to = None if outcome[0] < 0 else joint.landing(outcome, after)
        for axes in [range(length)] if together else [[axis] for axis in range(length)]:
            treated = np.zeros_like(untouched) if to is None else joint.expect(ahead, dict.fromkeys(axes, to))
            saved = joint.total(state * (untouched - treated)) * piece.weight * discount
            np.add.at(value[name][:, year], piece.rows[:, -1 if together else axes[0]], saved)
