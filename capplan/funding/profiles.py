"""When works are paid for: fees the year before, works over a summer or two, retention the year after."""

import numpy as np

BEFORE = 1
"""Years before the start that payments may begin."""


def payment_shares(fees_share, fees_before_share, second_summer_share, retention_share, slips_share, slips_years):
    """Shares of the cost of schemes by year of payment.

    Parameters
    ----------
    fees_share : array, shape (n,)
        Fees as a part of the whole cost. [-]
    fees_before_share : array, shape (n,)
        Part of the fees that falls due in the year before the start. [-]
    second_summer_share : array, shape (n,)
        Part of the works done in a second summer; 0 for works of one. [-]
    retention_share : float
        Part of the works that is held back until a year after they are finished. [-]
    slips_share : float
        Part of what is paid for works that slips, when works overrun. [-]
    slips_years : int
        By how many years.

    Returns
    -------
    array, shape (n, 4 + slips_years)
        From the year before the start on; rows sum to 1. [-]

    Raises
    ------
    ValueError
        If a share is not a fraction, or years are negative.

    Notes
    -----
    Assumes the price is fixed when works start, so that what is paid later does not rise with prices. *Counterexample:* a
    contract with a fluctuation clause.

    Examples
    --------
    A tenth are fees, half of them due the year before; 2% of the works is held back:

    >>> one = np.array([1.0])
    >>> payment_shares(0.1 * one, 0.5 * one, 0 * one, 0.02, 0.0, 0).round(3)
    array([[0.05 , 0.932, 0.018, 0.   ]])
    """
    columns = [np.asarray(each, float) for each in (fees_share, fees_before_share, second_summer_share)]
    for share in (*columns, np.asarray(retention_share), np.asarray(slips_share)):
        if not ((share >= 0) & (share <= 1)).all():
            raise ValueError("Parts of a cost are fractions.")
    if slips_years < 0:
        raise ValueError("Works slip into later years.")
    fees, before, second = columns
    works, two = 1.0 - fees, second > 0
    paid = np.zeros((len(fees), 4))
    paid[:, 1] = works * (1.0 - retention_share) * (1.0 - second)
    paid[:, 2] = works * (1.0 - retention_share) * second
    rows = np.arange(len(fees))
    paid[rows, np.where(two, 3, 2)] += works * retention_share
    shares = np.zeros((len(fees), 4 + slips_years))
    shares[:, :4] += (1.0 - slips_share) * paid
    shares[:, slips_years:] += slips_share * paid
    shares[:, 0] += fees * before
    shares[:, BEFORE] += fees * (1.0 - before)
    return shares


def payments(cost_gbp, shares, start, years):
    """Payments by year of the plan, in whole pounds.

    Parameters
    ----------
    cost_gbp : array, shape (n,)
        Whole cost, in whole pounds (nominal). [GBP]
    shares : array, shape (n, k)
        As ``payment_shares`` returns them. [-]
    start : array of int, shape (n,)
        Years from the start of the plan to that of the works.
    years : int
        Years of the plan.

    Returns
    -------
    array, shape (n, years)
        Rows sum to the cost to the pound. [GBP]

    Notes
    -----
    What falls due before the plan is paid in its first year, and what falls due after it is set aside in its last: no
    programme leaves a bill to be paid with money that the plan does not show. *Counterexample:* a trust whose next plan
    has a line for it.

    Examples
    --------
    >>> payments(np.array([100.0, 100.0]), np.array([[0.05, 0.9, 0.05]] * 2), np.array([0, 2]), 3)
    array([[95.,  5.,  0.],
           [ 0.,  5., 95.]])
    """
    cost, start = np.asarray(cost_gbp, float), np.asarray(start)
    upto = np.rint(np.cumsum(shares, axis=1) * cost[:, None])
    upto[:, -1] = cost
    parts, paid = np.diff(upto, axis=1, prepend=0.0), np.zeros((len(cost), years))
    for place in range(parts.shape[1]):
        np.add.at(paid, (np.arange(len(cost)), np.clip(start + place - BEFORE, 0, years - 1)), parts[:, place])
    return paid


def contributed(paid_gbp, contribution_gbp, start):
    """What others pay of each year's bill: their sum goes to the bill of the start year first, then to later ones.

    Parameters
    ----------
    paid_gbp : array, shape (n, years)
        As ``payments`` returns them (nominal). [GBP]
    contribution_gbp : array, shape (n,)
        What others pay of the whole, received in the year of the start (nominal). [GBP]
    start : array of int, shape (n,)
        Years from the start of the plan to that of the works.

    Returns
    -------
    array, shape (n, years)
        Never more than the bill. [GBP]

    Examples
    --------
    >>> contributed(np.array([[5.0, 80.0, 15.0]]), np.array([90.0]), np.array([1]))
    array([[ 0., 80., 10.]])
    """
    paid = np.asarray(paid_gbp, float)
    open_to = np.arange(paid.shape[1])[None, :] >= np.asarray(start)[:, None]
    bills = np.where(open_to, paid, 0.0)
    upto = np.minimum(np.cumsum(bills, axis=1), np.asarray(contribution_gbp, float)[:, None])
    return np.diff(upto, axis=1, prepend=0.0)
