"""What works on a component do: which grades they act on, what grade they bring it to, and what they cost."""

import numpy as np

from .deterioration import GRADE_COUNT

GRADE_LETTERS = "ABCDE"
GONE = -1


def outcome_of(grades, one_better=False):
    """Grade each grade is brought to.

    Parameters
    ----------
    grades : str
        Grades the works act on, such as ``CD``; what is at another grade is left alone.
    one_better : bool
        Whether they bring a component one grade better only, not to A.

    Returns
    -------
    array of int, shape (5,)
        Grade after, 0 for A to 4 for E.

    Examples
    --------
    >>> outcome_of("CD", one_better=True)
    array([0, 1, 1, 2, 4])
    >>> outcome_of("CDE")
    array([0, 1, 0, 0, 0])
    """
    acts = np.array([letter in grades for letter in GRADE_LETTERS])
    own = np.arange(GRADE_COUNT)
    return np.where(acts, np.maximum(own - 1, 0) if one_better else 0, own)


def costs_by_grade(costs_gbp, outcome, cost_share):
    """Cost of the works by the grade they find.

    Parameters
    ----------
    costs_gbp : array, shape (n, 5)
        Cost of bringing each component to A from each grade. [GBP]
    outcome : array of int, shape (5,)
        As ``outcome_of`` returns it.
    cost_share : float
        Cost of the works as a share of that. [-]

    Returns
    -------
    array, shape (n, 5)
        Zero at the grades left alone. [GBP]

    Examples
    --------
    >>> costs_by_grade(np.array([[0, 10, 40, 100, 105.0]]), outcome_of("CD", one_better=True), 0.5)
    array([[ 0.,  0., 20., 50.,  0.]])
    """
    return costs_gbp * (np.asarray(outcome) != np.arange(GRADE_COUNT)) * cost_share


def old_enough(installed, from_age_years, years):
    """Whether works set off by age may be done to a component in each year.

    Parameters
    ----------
    installed : array, shape (n,)
        Year of installation; NaN where it is not known.
    from_age_years : float
        Least age. [years]
    years : sequence of int
        Planning years.

    Returns
    -------
    array of bool, shape (n, years)
        True where the age is not known: nothing speaks against the works.

    Examples
    --------
    >>> old_enough(np.array([2010, np.nan]), 20, [2029, 2030]).tolist()
    [[False, True], [True, True]]
    """
    age = np.maximum(np.asarray(years)[None, :] - np.asarray(installed, float)[:, None], 0.0)
    return np.isnan(age) | (age >= from_age_years)


def rebuild_or_repair(repair_gbp, rebuild_gbp, least_share):
    """The rebuild-or-repair test of a block.

    Parameters
    ----------
    repair_gbp, rebuild_gbp : array, shape (n,)
        Cost of bringing what is at C, D and E to A, and of rebuilding. [GBP]
    least_share : float
        Share of the cost of rebuilding from which rebuilding is to be looked at. [-]

    Returns
    -------
    tuple of (array, array of str)
        Repair cost as a share of the cost of rebuilding (NaN where there is nothing to rebuild) [-], and the verdict.

    Notes
    -----
    Assumes that a new block serves no better than a repaired one. *Counterexample:* a block whose rooms are too small.

    Examples
    --------
    >>> share, verdict = rebuild_or_repair(np.array([120.0, 50, 5]), np.array([100.0, 100, 100]), 0.4)
    >>> verdict.tolist()
    ['rebuild: repairs cost more than a new block', 'look at rebuilding: repairs cost 50% of a new block', 'repair']
    """
    share = np.full(len(repair_gbp), np.nan)
    np.divide(repair_gbp, rebuild_gbp, out=share, where=np.asarray(rebuild_gbp) > 0)
    words = ["rebuild: repairs cost more than a new block" if each > 1
             else f"look at rebuilding: repairs cost {each:.0%} of a new block" if each >= least_share else "repair"
             for each in share]
    return share, np.array(words, dtype=object)
