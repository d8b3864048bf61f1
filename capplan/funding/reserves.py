"""Free reserves: the path without works, the floor, and what may be spent without ever going below it."""

import numpy as np


def reserves_path(opening_gbp, surplus_gbp, spent_gbp):
    """Free reserves at the end of each year.

    Parameters
    ----------
    opening_gbp : float
        Free reserves at the start of the first year, without capital grants (nominal). [GBP]
    surplus_gbp, spent_gbp : array, shape (years,)
        Surplus before works, and works paid from reserves, by year (nominal). [GBP]

    Returns
    -------
    array, shape (years,)
        Closing reserves (nominal). [GBP]

    Examples
    --------
    >>> reserves_path(100.0, np.array([10.0, -5.0]), np.array([0.0, 20.0]))
    array([110.,  85.])
    """
    return opening_gbp + np.cumsum(np.asarray(surplus_gbp, float) - np.asarray(spent_gbp, float))


def reserve_floor(income_gbp, floor_share, floor_gbp):
    """The greater of a sum and a share of income, by year (nominal). [GBP]

    Examples
    --------
    >>> reserve_floor(np.array([1000.0, 3000.0]), 0.05, 100.0)
    array([100., 150.])

    References
    ----------
    .. [1] Department for Education, Academy trust reserves (2024): no set level; below 5% of income is a warning.
    """
    return np.maximum(floor_gbp, floor_share * np.asarray(income_gbp, float))


def spendable(opening_gbp, surplus_gbp, floor_by_year_gbp):
    """What works may draw from reserves, as one pot per year that stays open to the end of the plan.

    Parameters
    ----------
    opening_gbp : float
        Free reserves at the start of the first year (nominal). [GBP]
    surplus_gbp, floor_by_year_gbp : array, shape (years,)
        Surplus before works, and the floor at the end of each year (nominal). [GBP]

    Returns
    -------
    array, shape (years,)
        Amount that becomes available in each year, never negative (nominal). [GBP]

    Notes
    -----
    Money spent by year y is missing at the end of y and of every later year, so what may have been spent by y is the
    least headroom over the floor from y onwards. That is a rising path, and its steps are the pots: spending that keeps
    within every pot's window keeps the reserves above the floor in every year, and the other way round. Where the
    headroom is negative without any works at all, nothing may be drawn until it recovers for good.

    Examples
    --------
    Headroom of 50, 20 and 60: by the first year only 20 may be spent, or the second year falls below its floor.

    >>> spendable(100.0, np.array([0.0, -30.0, 40.0]), np.array([50.0, 50.0, 50.0]))
    array([20.,  0., 40.])
    """
    surplus = np.asarray(surplus_gbp, float)
    headroom = reserves_path(opening_gbp, surplus, np.zeros_like(surplus)) - floor_by_year_gbp
    least_ahead = np.minimum.accumulate(headroom[::-1])[::-1]
    return np.diff(np.maximum(least_ahead, 0.0), prepend=0.0)


def spendable_by_holder(opening_gbp, surplus_gbp, floor_by_year_gbp, total_floor_gbp):
    """What works may draw from reserves that several hold, each above its own floor and all together above the trust's.

    Parameters
    ----------
    opening_gbp : array, shape (n,)
        Free reserves of each holder at the start of the first year (nominal). [GBP]
    surplus_gbp, floor_by_year_gbp : array, shape (n, years)
        Surplus before works, and floor at the end of each year (nominal). [GBP]
    total_floor_gbp : array, shape (years,)
        Floor under all reserves together (nominal). [GBP]

    Returns
    -------
    array, shape (n, years)
        Amount that becomes available to each holder in each year, never negative (nominal). [GBP]

    Notes
    -----
    Each holder's amounts are those of ``spendable``. Where all of them together would take the trust below its own floor,
    since some holder lies below its own, they are cut in one proportion. *Counterexample:* a trust that lets one school go
    first. The trust's floor then holds whatever is spent, but other ways of sharing the cut would allow as much.

    Examples
    --------
    One holds 100 above its floor, one lacks 40: the trust may spend 60.

    >>> spendable_by_holder([150.0, 10.0], [[0.0], [0.0]], [[50.0], [50.0]], [100.0])
    array([[60.],
           [ 0.]])
    """
    opening, surplus, floor = (np.asarray(values, float) for values in (opening_gbp, surplus_gbp, floor_by_year_gbp))
    own = np.cumsum([spendable(*each) for each in zip(opening, surplus, floor, strict=True)], axis=1)
    together = np.cumsum(spendable(opening.sum(), surplus.sum(axis=0), np.asarray(total_floor_gbp, float)))
    wanted = own.sum(axis=0)
    part = np.minimum(1.0, np.divide(together, wanted, out=np.ones_like(wanted), where=wanted > 0))
    held = np.minimum.accumulate((own * part)[:, ::-1], axis=1)[:, ::-1]
    return np.diff(held, prepend=0.0, axis=1)
