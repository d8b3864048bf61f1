"""Whole pupils that add: schools to the trust, year groups to their school."""

import numpy as np


def largest_remainder(values, total):
    """Whole numbers near given ones that add to a total.

    Parameters
    ----------
    values : array, shape (n,)
        At least 0.
    total : int
        What they have to add to.

    Returns
    -------
    array of int, shape (n,)
        Each value, scaled so that all add to the total, is rounded down or up; those with the largest remainders are
        rounded up, of equal ones the first.

    Raises
    ------
    ValueError
        If a value is negative or no number, or if all are 0 and the total is not.

    Examples
    --------
    >>> largest_remainder(np.array([10.4, 10.4, 10.2]), 31).tolist()
    [11, 10, 10]

    References
    ----------
    .. [1] M. L. Balinski and H. P. Young (1982), Fair representation, Yale University Press, chapter 2 (Hamilton).
    """
    values = np.asarray(values, float)
    if not np.isfinite(values).all() or (values < 0).any() or total < 0:
        raise ValueError("values and their total are numbers of at least 0")
    if total and not values.sum() > 0:
        raise ValueError(f"a total of {total} cannot be shared out over nothing")
    exact = values * (total / values.sum()) if total else np.zeros(len(values))
    whole = np.floor(exact + 1e-9).astype(int)
    order = np.argsort(-(exact - whole).round(9), kind="stable")
    whole[order[:int(total - whole.sum())]] += 1
    return whole


def share_out(values, total):
    """Whole pupils of schools and year groups: schools add to the total, and year groups to their school.

    Parameters
    ----------
    values : array, shape (schools, year groups)
        [pupils]
    total : int
        Of all of them. [pupils]

    Returns
    -------
    array of int, shape (schools, year groups)
        [pupils]

    Examples
    --------
    >>> share_out(np.array([[10.4, 10.4], [10.2, 0.0]]), 31).tolist()
    [[11, 10], [10, 0]]
    """
    values = np.asarray(values, float)
    by_school = largest_remainder(values.sum(axis=1), total)
    return np.array([largest_remainder(row, count) for row, count in zip(values, by_school, strict=True)])
