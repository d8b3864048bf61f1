"""Backlog: the cost of bringing what is poor, bad or failed back to grade A; and the facility condition index."""

import numpy as np

POOR = np.array([False, False, True, True, True])


def expected_backlog(shares, costs_gbp):
    """Expected cost of bringing components to grade A, by grade.

    Parameters
    ----------
    shares : array, shape (n, 5)
        Probability of grades A to E. [-]
    costs_gbp : array, shape (n, 5)
        Cost of bringing each component to grade A from each grade. [GBP]

    Returns
    -------
    array, shape (n, 5)
        Expected backlog of each component by grade; zero at A. [GBP]

    Examples
    --------
    >>> expected_backlog(np.array([[0, 0.5, 0.5, 0, 0]]), np.array([[0, 10, 40, 100, 105.0]]))
    array([[ 0.,  5., 20.,  0.,  0.]])
    """
    return shares * costs_gbp


def facility_condition_index(backlog_gbp, replacement_gbp):
    """Backlog as a share of the cost of replacing the buildings. [-]

    Parameters
    ----------
    backlog_gbp, replacement_gbp : array or float
        Backlog and replacement value, in the prices of one year. [GBP]

    Returns
    -------
    array or float
        NaN where there is nothing to replace.

    Examples
    --------
    >>> float(facility_condition_index(50.0, 1000.0))
    0.05
    """
    backlog_gbp, replacement_gbp = np.asarray(backlog_gbp, float), np.asarray(replacement_gbp, float)
    out = np.full(np.broadcast(backlog_gbp, replacement_gbp).shape, np.nan)
    return np.divide(backlog_gbp, replacement_gbp, out=out, where=replacement_gbp > 0)
