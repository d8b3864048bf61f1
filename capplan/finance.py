"""Discounting and price bases: the few formulas of money that everything else shares."""

import numpy as np


def discount_factors(rate, years):
    """Present value of a pound at the start of each year.

    Parameters
    ----------
    rate : float
        Real discount rate, as a fraction a year. [-]
    years : int
        How many factors.

    Returns
    -------
    array, shape (years,)
        ``1 / (1 + rate) ** t`` for ``t = 0 ... years - 1``. [-]

    Examples
    --------
    >>> discount_factors(0.25, 3)
    array([1.  , 0.8 , 0.64])

    References
    ----------
    .. [1] HM Treasury, The Green Book (2022), section 5: 3.5% a year real for the first thirty years.
    """
    return (1.0 + rate) ** -np.arange(years, dtype=float)


def nominal_factors(inflation, years, offset=0):
    """What a pound of the price base costs in the money of each year.

    Parameters
    ----------
    inflation : float
        Yearly rise in tender prices, as a fraction. [-]
    years : int
        How many factors.
    offset : int
        Years from the price base to the first factor.

    Returns
    -------
    array, shape (years,)
        ``(1 + inflation) ** (offset + t)``. [-]

    Examples
    --------
    >>> nominal_factors(0.5, 3)
    array([1.  , 1.5 , 2.25])
    """
    return (1.0 + inflation) ** (offset + np.arange(years, dtype=float))


def nominal_by_year(rises, inflation, years, offset=0):
    """What a pound of the price base costs in the money of each year, where prices do not rise alike in all years.

    Parameters
    ----------
    rises : sequence of float
        Rise from the price base to the year after it, from there to the next, and so on. [-]
    inflation : float
        Yearly rise where the list ends, and before the price base. [-]
    years : int
        How many factors.
    offset : int
        Years from the price base to the first factor.

    Returns
    -------
    array, shape (years,)
        [-]

    Notes
    -----
    Assumes works are tendered in the year they start. *Counterexample:* a two-stage tender priced the year before.

    Examples
    --------
    A tenth, then a half, then a fifth every year:

    >>> nominal_by_year([0.1, 0.5], 0.2, 4).round(4)
    array([1.  , 1.1 , 1.65, 1.98])
    >>> nominal_by_year([], 0.5, 3).tolist() == nominal_factors(0.5, 3).tolist()
    True
    """
    if not len(rises):
        return nominal_factors(inflation, years, offset)
    ahead = max(years + offset, 1)
    steps = np.full(ahead, 1.0 + inflation)
    steps[1: len(rises) + 1] = 1.0 + np.asarray(rises, float)[: max(ahead - 1, 0)]
    steps[0] = 1.0
    after, place = np.cumprod(steps), offset + np.arange(years)
    return np.where(place >= 0, after[np.maximum(place, 0)], (1.0 + inflation) ** np.minimum(place, 0).astype(float))
