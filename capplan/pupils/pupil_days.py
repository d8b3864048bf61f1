"""Pupil-days at risk by block and year, as pupils come and go."""

import numpy as np


def occupants_by_year(now, pupils_now, pupils):
    """Pupils who depend on each component in each year: as many as now, and as their school grows or shrinks.

    Parameters
    ----------
    now : array, shape (n,)
        Pupils who depend on each component now; not a number where nobody knows. [pupils]
    pupils_now : array, shape (n,)
        Pupils of its school, or block, now. [pupils]
    pupils : array, shape (years, n)
        Pupils of its school, or block, in each year. [pupils]

    Returns
    -------
    array, shape (years, n)
        [pupils]

    Notes
    -----
    Where a school has no pupils now, those to come are taken as they are.

    Examples
    --------
    >>> occupants_by_year(np.array([50.0]), np.array([200.0]), np.array([[200.0], [180.0]]))
    array([[50.],
           [45.]])
    """
    later, base = np.asarray(pupils, float), np.asarray(pupils_now, float)
    share = np.divide(later, base[None, :], out=np.ones_like(later), where=base[None, :] > 0)
    return np.where(base[None, :] > 0, share * np.asarray(now, float)[None, :], later)


def days_at_risk(failures, pupil_days_at_failure, blocks, count):
    """Pupil-days of closure to be expected by block and year.

    Parameters
    ----------
    failures : array, shape (years, n)
        Failures to be expected of each component in each year. [-]
    pupil_days_at_failure : array, shape (n,) or (years, n)
        School days that pupils lose at a failure; not a number counts nothing. [pupil-days]
    blocks : array of int, shape (n,)
        Block of each component, numbered from 0.
    count : int
        How many blocks.

    Returns
    -------
    array, shape (years, blocks)
        [pupil-days]

    Examples
    --------
    >>> days_at_risk(np.array([[0.1, 0.2]]), np.array([100.0, 50.0]), np.array([0, 0]), 2)
    array([[20.,  0.]])
    """
    lost = np.asarray(failures, float) * np.nan_to_num(pupil_days_at_failure)
    by_block = np.zeros((len(lost), count))
    np.add.at(by_block.T, np.asarray(blocks), lost.T)
    return by_block
