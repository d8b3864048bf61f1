"""What a failure does besides its cost: pupils sent home, and how soon it is to be expected."""

import numpy as np

from .deterioration import GRADE_COUNT

LIKELIHOOD_STEPS = (0.01, 0.03, 0.1, 0.3)
CONSEQUENCE_STEPS_GBP = (1_000.0, 10_000.0, 50_000.0, 250_000.0)


def pupil_days(occupants, closure_share, closure_days, extent_share):
    """Pupil-days lost at a failure.

    Parameters
    ----------
    occupants : array, shape (n,)
        Pupils who use the block, or the site for its grounds.
    closure_share : array, shape (n,)
        Share of those in the part affected who cannot use it. [-]
    closure_days : array, shape (n,)
        School days it is closed. [days]
    extent_share : array, shape (n,)
        Part of the block the component serves; 1 where the block depends on it alone. [-]

    Returns
    -------
    array, shape (n,)
        Pupil-days per failure.

    Notes
    -----
    Assumes pupils sent out of a room cannot be taught elsewhere. *Counterexample:* a school with a third of its places
    unfilled moves the class down the corridor.

    Examples
    --------
    Half of 200 pupils under a quarter of the roof, for four days.

    >>> pupil_days(np.array([200.0]), np.array([0.5]), np.array([4.0]), np.array([0.25]))
    array([100.])
    """
    return occupants * closure_share * closure_days * extent_share


def extent_shares(group, extent, sole):
    """Part of its group each component is: how much of a block its failure touches.

    Parameters
    ----------
    group : array of int, shape (n,)
        Element of a block, numbered from 0.
    extent : array, shape (n,)
        Size in one measure, such as the cost of renewal.
    sole : array of bool, shape (n,)
        Whether the block depends on this one item.

    Returns
    -------
    array, shape (n,)
        Share of the group's extent, 1 for a sole item; equal shares where a group has no extent. [-]

    Examples
    --------
    >>> extent_shares(np.array([0, 0, 1]), np.array([3.0, 1.0, 0.0]), np.array([False, True, False]))
    array([0.75, 1.  , 1.  ])
    """
    whole = np.bincount(group, weights=extent)[group]
    count = np.bincount(group)[group]
    share = np.divide(extent, whole, out=1.0 / count, where=whole > 0)
    return np.where(sole, 1.0, share)


def chance_of_failure(failures, again):
    """Chance that a component has failed by the end of each year.

    Parameters
    ----------
    failures : array, shape (years, n)
        Expected failures of each year. [-]
    again : array of bool, shape (n,)
        Whether it is put right after a failure and may fail again the next year, as by the trust's own yearly chance;
        otherwise it fails once at most.

    Returns
    -------
    array, shape (years, n)
        Chance of at least one failure so far. [-]

    Examples
    --------
    >>> chance_of_failure(np.array([[0.1, 0.2], [0.2, 0.2]]), np.array([False, True])).round(2)
    array([[0.1 , 0.2 ],
           [0.3 , 0.36]])
    """
    once, often = np.minimum(np.cumsum(failures, axis=0), 1.0), 1.0 - np.cumprod(1.0 - np.minimum(failures, 1.0), axis=0)
    return np.where(again, often, once)


def risk_matrix(probability, consequence_gbp):
    """How many components stand where in a five by five matrix. For showing only: nothing is worked out from it.

    Parameters
    ----------
    probability : array, shape (n,)
        Chance of failure in a year. [-]
    consequence_gbp : array, shape (n,)
        Loss at a failure. [GBP]

    Returns
    -------
    array of int, shape (5, 5)
        Rows: likelihood from least to most (below 1%, 3%, 10%, 30%, above); columns: consequence from least to most
        (below GBP 1,000, 10,000, 50,000, 250,000, above).

    Examples
    --------
    >>> risk_matrix(np.array([0.5, 0.005]), np.array([300_000.0, 500.0]))[[0, 4], [0, 4]].tolist()
    [1, 1]
    """
    counts = np.zeros((GRADE_COUNT, GRADE_COUNT), dtype=int)
    np.add.at(counts, (np.searchsorted(LIKELIHOOD_STEPS, probability, side="right"),
                       np.searchsorted(CONSEQUENCE_STEPS_GBP, consequence_gbp, side="right")), 1)
    return counts
