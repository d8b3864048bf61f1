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
