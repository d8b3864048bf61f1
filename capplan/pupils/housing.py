"""Pupils of new homes: yields by year since completion, without what ratios and intakes hold already."""

import numpy as np


def pupils_of_homes(dwellings, first_year, yields, origin, years):
    """Children of new homes in each forecast year beyond those counted at the start.

    Parameters
    ----------
    dwellings : array, shape (n,)
        Homes, of which only those beyond the trend of past years.
    first_year : array of int, shape (n,)
        First census at which each lot is lived in.
    yields : array, shape (m,)
        Children of one home at that census, the next, and so on; the last stands for later ones. [pupils]
    origin : int
        Latest census: the children of homes lived in by then are in its counts.
    years : int
        Years to forecast after it.

    Returns
    -------
    array, shape (years,)
        May be negative, where homes that were new at the latest census have fewer children later. [pupils]

    Notes
    -----
    Assumes that yields follow the time since completion alone. *Counterexample:* flats let to families year after year.

    Examples
    --------
    A hundred homes, half of them there a year before the latest census, yielding 0.1, 0.2 and 0.3 in turn: at the census
    10 children, a year on 15 and 5 of the others, in all 10 more; then 15 and 10, 15 more.

    >>> pupils_of_homes(np.array([50., 50.]), np.array([2025, 2027]), np.array([0.1, 0.2, 0.3]), 2026, 2).tolist()
    [10.0, 15.0]

    References
    ----------
    .. [1] Department for Education, Pupil yield from housing developments (data guidance, 2022): pupils by years after
       completion over completed dwellings.
    """
    census = np.arange(origin, origin + years + 1)
    age = census[None, :] - np.asarray(first_year)[:, None]
    each = np.where(age >= 0, np.asarray(yields, float)[np.clip(age, 0, len(yields) - 1)], 0.0)
    stock = (np.asarray(dwellings, float)[:, None] * each).sum(axis=0)
    return (stock[1:] - stock[0]).round(9)
