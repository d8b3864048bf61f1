"""What owning a component costs over a plan: patching, failures, closures, and what is handed on at its end."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Running:
    """What each component costs beside works: ``patching_gbp``, ``failures_gbp`` and ``closures_gbp`` (years, n) and
    ``handed_on_gbp`` (n,), real, not discounted. [GBP]"""

    patching_gbp: np.ndarray
    failures_gbp: np.ndarray
    closures_gbp: np.ndarray
    handed_on_gbp: np.ndarray

    def by_component(self, discount):
        """Each item over the plan, at a discount factor for each year and one for the end, by name; shapes (n,). [GBP]"""
        over = {name: discount[:-1] @ getattr(self, f"{name}_gbp") for name in ("patching", "failures", "closures")}
        return {**over, "handed_on": discount[-1] * self.handed_on_gbp}


def running_costs(along, loss, closure_gbp):
    """What components cost beside works, year by year.

    Parameters
    ----------
    along : Course
        Grade shares and failures in every year.
    loss : Loss
        What is lost by grade, at a failure, and at the end.
    closure_gbp : array, shape (n,) or (years, n)
        The part of the loss at a failure that is the closure it causes. [GBP]

    Returns
    -------
    Running

    Notes
    -----
    The same sums as in ``condition.course.worth``, item by item. Assumes that what fails is made safe and not renewed.
    *Counterexample:* a boiler is replaced in the week in which it fails.

    Examples
    --------
    >>> from capplan.condition.course import Course, Loss
    >>> along = Course(np.array([[[0, 0, 1.0, 0, 0]], [[0, 0, 0.5, 0.5, 0]]]), np.array([[0.1], [0.2]]))
    >>> loss = Loss(np.array([[0, 0, 2.0, 5, 15]]), np.array([60.0]), np.array([[0, 10, 40, 100.0, 105]]), np.ones((1, 1)))
    >>> costs = running_costs(along, loss, np.array([20.0]))
    >>> costs.patching_gbp.item(), costs.failures_gbp.item(), costs.closures_gbp.item(), costs.handed_on_gbp.item()
    (2.0, 4.0, 2.0, 70.0)
    """
    years = len(along.shares) - 1
    failing = along.failures[:years] * loss.in_use
    patching = np.einsum("ynk,nk->yn", along.shares[:years], loss.yearly_gbp) * loss.in_use
    handed_on = (along.shares[years] * loss.handed_on_gbp).sum(axis=1)
    at_failure_gbp = np.array([loss.failure_in(year) for year in range(years)])
    return Running(patching, failing * (at_failure_gbp - closure_gbp), failing * closure_gbp, handed_on)
