"""Pupils on sites and in blocks: who is taught where, by the use of the places, shared sixth forms among them."""

import numpy as np


def pupils_in_places(places, group, pupils):
    """Pupils of each row of places: those of its group, spread in proportion to places.

    Parameters
    ----------
    places : array, shape (years, rows)
        Places of each row that stand in each year. [places]
    group : array of int, shape (rows,)
        School and use that each row serves, numbered from 0; rows of a sixth form that schools share are one group.
    pupils : array, shape (years, groups)
        Pupils of each group. [pupils]

    Returns
    -------
    array, shape (years, rows)
        Pupils of each row; together those of their group wherever it has a place. [pupils]

    Notes
    -----
    Assumes that pupils fill places evenly, and that those above the number of places are taught in them all the same.
    *Counterexample:* a school that empties its huts first.

    Examples
    --------
    Sixty pupils on two sites of 60 and 30 places.

    >>> pupils_in_places(np.array([[60.0, 30.0]]), np.array([0, 0]), np.array([[60.0]]))
    array([[40., 20.]])
    """
    stand, groups = np.asarray(places, float), np.shape(pupils)[1]
    whole = np.zeros((len(stand), groups))
    np.add.at(whole.T, np.asarray(group), stand.T)
    share = np.divide(stand, whole[:, group], out=np.zeros_like(stand), where=whole[:, group] > 0)
    return share * np.asarray(pupils, float)[:, group]


def unplaced_pupils(places, group, pupils):
    """Pupils of groups that have no place at all in a year. [pupils]

    Parameters
    ----------
    places : array, shape (years, rows)
        Places of each row that stand in each year. [places]
    group : array of int, shape (rows,)
        As for ``pupils_in_places``.
    pupils : array, shape (years, groups)
        Pupils of each group. [pupils]

    Returns
    -------
    array, shape (years, groups)

    Examples
    --------
    >>> unplaced_pupils(np.array([[0.0, 30.0]]), np.array([0, 1]), np.array([[5.0, 20.0]]))
    array([[5., 0.]])
    """
    stand, heads = np.asarray(places, float), np.asarray(pupils, float)
    whole = np.zeros_like(heads)
    np.add.at(whole.T, np.asarray(group), stand.T)
    return np.where(whole > 0, 0.0, heads)


def moved_pupils(places, group, pupils, closed):
    """Pupils who would move when rows of places close, and whether the others of their group can take them.

    Parameters
    ----------
    places : array, shape (years, rows)
        Places of each row that stand in each year. [places]
    group : array of int, shape (rows,)
        As for ``pupils_in_places``.
    pupils : array, shape (years, groups)
        Pupils of each group. [pupils]
    closed : array of bool, shape (rows,)
        Rows that close.

    Returns
    -------
    tuple of (array, array of bool)
        Pupils who move, shape (years,); and whether all of them find a place, shape (years,).

    Examples
    --------
    >>> moved, fits = moved_pupils(np.array([[60.0, 60.0]]), np.array([0, 0]), np.array([[50.0]]), np.array([False, True]))
    >>> moved.tolist(), fits.tolist()
    ([25.0], [True])
    """
    gone = np.asarray(closed, bool)
    moved = pupils_in_places(places, group, pupils)[:, gone].sum(axis=1)
    left = np.zeros(np.shape(pupils))
    np.add.at(left.T, np.asarray(group), (np.asarray(places, float) * ~gone).T)
    touched = np.zeros(np.shape(pupils)[1], bool)
    touched[np.asarray(group)[gone]] = True
    return moved, (~touched | (left >= np.asarray(pupils, float))).all(axis=1)
