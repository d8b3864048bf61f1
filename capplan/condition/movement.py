"""How a backlog moves from one year to the next: what wears, what fails, what is put right, what goes."""

from dataclasses import dataclass

import numpy as np

from .backlog import POOR

FALLS = ("worn_to_c_gbp", "worn_to_d_gbp", "failed_gbp")


@dataclass(frozen=True)
class Movement:
    """What moves the backlog (C to E) of each component in each year, shapes (years, n), real. [GBP]

    ``worn_to_c_gbp``, ``worn_to_d_gbp`` and ``failed_gbp`` add to it: what drops from B to C, from C to D, from D to E.
    ``treated_gbp`` and ``gone_gbp`` take from it: what works put right or take away, and what the trust leaves.
    """

    worn_to_c_gbp: np.ndarray
    worn_to_d_gbp: np.ndarray
    failed_gbp: np.ndarray
    treated_gbp: np.ndarray
    gone_gbp: np.ndarray

    def total_gbp(self):
        """All movements of each component in each year, shape (years, n). [GBP]"""
        return self.worn_to_c_gbp + self.worn_to_d_gbp + self.failed_gbp + self.treated_gbp + self.gone_gbp


def movement(shares, costs_gbp, works_year, outcome, in_use):
    """Why the backlog of each component changes in each year.

    Parameters
    ----------
    shares : array, shape (years + 1, n, 5)
        Probability of grades A to E at the start of each year and at the end, with the works; zero when out of use. [-]
    costs_gbp : array, shape (n, 5)
        Cost of bringing each component to grade A from each grade. [GBP]
    works_year : array of int, shape (n,)
        Year of the works on each component, from 0; -1 for none.
    outcome : array of int, shape (n, 5)
        Grade each grade is brought to by them; -1: the component is gone.
    in_use : array of bool, shape (years + 1, n)
        Whether each component is in use at the start of each year, and at the end.

    Returns
    -------
    Movement
        The backlog at the start of a year and its movements are the backlog at the start of the next.

    Notes
    -----
    Works act on what is found at the start of their year; what they leave alone wears in it. What is at E has come
    through C and D, so a year's fall from B to E counts under all three. Assumes that nothing gets better without works.
    *Counterexample:* a re-survey that finds a roof better than was thought.

    Examples
    --------
    A component worth 40 at C and 100 at D drops from C to D with a chance of a quarter.

    >>> moved = movement(np.array([[[0, 0, 1, 0, 0]], [[0, 0, 0.75, 0.25, 0]]]), np.array([[0, 10, 40, 100, 105.0]]),
    ...                  np.array([-1]), np.array([[0, 1, 2, 3, 4]]), np.ones((2, 1), bool))
    >>> moved.worn_to_c_gbp.item(), moved.worn_to_d_gbp.item(), moved.failed_gbp.item()
    (0.0, 15.0, 0.0)
    """
    years, n = len(shares) - 1, shares.shape[1]
    poor_gbp = costs_gbp * POOR
    step_gbp = np.diff(poor_gbp, axis=1)[:, 1:]
    falls, treated, gone = np.zeros((3, years, n)), np.zeros((years, n)), np.zeros((years, n))
    for year in range(years):
        start = shares[year]
        after = _acted_on(start, works_year == year, outcome)
        treated[year] = ((after - start) * poor_gbp).sum(axis=1)
        leaves = in_use[year] & ~in_use[year + 1]
        gone[year] = -(after * poor_gbp).sum(axis=1) * leaves
        at_or_below = np.cumsum((shares[year + 1] - after)[:, ::-1], axis=1)[:, ::-1][:, 2:]
        falls[:, year] = (at_or_below * step_gbp * ~leaves[:, None]).T
    return Movement(*falls, treated, gone)


def _acted_on(shares, treated, outcome):
    """Grade shares right after works on some components, shape (n, 5)."""
    after = shares.copy()
    after[treated] = 0.0
    rows = np.flatnonzero(treated)
    for grade in range(shares.shape[1]):
        to = outcome[rows, grade]
        stays = to >= 0
        np.add.at(after, (rows[stays], to[stays]), shares[rows[stays], grade])
    return after
