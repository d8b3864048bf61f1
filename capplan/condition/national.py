"""Backlog by place, year and grade if nothing is done, for millions of components in a fraction of a second.

Without works everything is linear in what the survey found: components of one place, construction type and starting
grade are summed first, and each sum then meets the future of its type once, not every component its own. What is summed
is small (places x types x grades) however many components there are.
"""

import numpy as np
import pandas as pd

from ..tables import GRADES
from .deterioration import GRADE_COUNT, grade_shares

SUMS_AT_ONCE = 4_000_000       # cells of one table of sums; more than that are made some construction types at a time
SHARE_TOLERANCE = 1e-6         # how far five shares may be from 1 together


def backlog_by_place(place, kind, start, matrices, years, *, costs_gbp=None, quantity=None, unit_cost_gbp=None,
                     age_years=None):
    """Expected backlog of each place in each year, by grade, if nothing is done.

    Parameters
    ----------
    place : array or Series, shape (n,)
        Place of each component, numbers or names: a local authority, a school.
    kind : array of int, shape (n,)
        Construction type of each component, its row in ``matrices``.
    start : array, shape (n,) of int or (n, 5) of float
        Grade found by the survey, 0 for A to 4 for E; or the shares of grades A to E. [-]
    matrices : array, shape (types, 5, 5)
        Yearly transition matrices, as ``deterioration.transition_matrices`` returns them. [-]
    years : int
        Longest forecast, at least 0.
    costs_gbp : array, shape (n, 5), optional
        Cost of bringing each component to grade A from each grade. [GBP]
    quantity : array, shape (n,), optional
        In place of ``costs_gbp``: quantity of each component, times its local factor if there is one. [units]
    unit_cost_gbp : array, shape (types, 5), optional
        With ``quantity``: cost of bringing one unit of each type to grade A from each grade. [GBP/unit]
    age_years : array of int, shape (n,), optional
        Whole years that each component has aged since its survey when year 0 begins; left out: none. [years]

    Returns
    -------
    DataFrame
        One row per place and year (the index: ``place`` in order, ``year`` from 0), columns A to E: expected cost of
        bringing what is at that grade then to A, in the prices of the costs. [GBP]

    Raises
    ------
    ValueError
        If shapes do not match, if a type, grade or age is not there, if shares do not sum to one, if a place is
        missing, if a figure is negative or not finite, or if costs are given in both ways or in neither.

    Notes
    -----
    Assumes that nobody acts and that cost at a grade does not depend on when it is reached. *Counterexample:* a roof at
    grade D for ten years has wet the ceiling below it.

    Assumes that all components stay in use. *Counterexample:* a block that is sold takes its backlog with it; call this
    for the components that leave by themselves and drop the years after.

    Memory beyond the arguments is a few columns of n and at most ``SUMS_AT_ONCE`` sums (or places x 5 x ages, if that is
    more); time grows with n and, for thousands of places, with places x types x years.

    Examples
    --------
    Half of what is at D fails each year: the D of place 1, GBP 10 to mend, is at E (GBP 11) with a chance of one half.

    >>> from capplan.condition.deterioration import transition_matrices
    >>> matrices = transition_matrices(np.array([[0.0, 0.0, 0.0, 0.5]]))
    >>> backlog = backlog_by_place([1, 2, 2], [0, 0, 0], [3, 3, 2], matrices, 1, quantity=[1, 4, 1],
    ...                            unit_cost_gbp=[[0, 1, 3, 10, 11]])
    >>> backlog.loc[1].to_numpy().tolist()
    [[0.0, 0.0, 0.0, 10.0, 0.0], [0.0, 0.0, 0.0, 5.0, 5.5]]
    >>> backlog.loc[(2, 1)].tolist()
    [0.0, 0.0, 3.0, 20.0, 22.0]
    """
    matrices, codes, names = _matrices(matrices, years), *pd.Series(place, copy=False).factorize(sort=True)
    kind, start, age = _whole(kind, "kind", len(matrices)), _start(start), _ages(age_years, len(codes))
    costs, unit = _costs(costs_gbp, quantity, unit_cost_gbp, len(matrices))
    _refuse(not len(codes) == len(kind) == len(start) == len(age) == len(costs), "arrays of different lengths")
    _refuse(len(codes) > 0 and codes.min() < 0, "a place that is missing")
    ages = int(age.max(initial=0)) + 1
    future = _futures(matrices, years, ages, unit)
    backlog = np.zeros((len(names), years + 1, GRADE_COUNT))
    at_once = max(1, SUMS_AT_ONCE // max(1, len(names) * ages * GRADE_COUNT))
    for first in range(0, len(matrices), at_once):
        types = min(at_once, len(matrices) - first)
        rows = slice(None) if types == len(matrices) else np.flatnonzero((kind >= first) & (kind < first + types))
        cell = (codes[rows] * types + (kind[rows] - first)) * ages + age[rows]
        _add(backlog, cell, start[rows], costs[rows], future[first:first + types])
    _refuse(not np.isfinite(backlog).all(), "costs too great to add up")
    index = pd.MultiIndex.from_product([names, range(years + 1)], names=["place", "year"])
    return pd.DataFrame(backlog.reshape(-1, GRADE_COUNT), index=index, columns=list(GRADES))


def _futures(matrices, years, ages, unit_cost_gbp):
    """Share of each grade times its unit cost by type, age, starting grade, year and grade."""
    shares = grade_shares(matrices, years + ages - 1)
    aged = np.stack([shares[:, :, age:age + years + 1] for age in range(ages)], axis=1)
    return aged * unit_cost_gbp[:, None, None, None]


def _add(backlog, cell, start, costs, future):
    """Add to ``backlog`` (places, years, grades) the components of the types that ``future`` is of."""
    places, (types, ages, _, years, grades) = len(backlog), future.shape
    for column in range(costs.shape[1]):
        at = slice(0, grades) if costs.shape[1] == 1 else slice(column, column + 1)
        sums = _sums(cell, start, costs[:, column], places * types * ages)
        meets = future[..., at].reshape(types * ages * GRADE_COUNT, -1)
        with np.errstate(over="ignore", invalid="ignore"):       # a sum beyond the largest number is refused at the end
            backlog[:, :, at] += (sums.reshape(places, len(meets)) @ meets).reshape(places, years, at.stop - at.start)


def _sums(cell, start, weights, cells):
    """Sum of the weights by cell and starting grade."""
    if start.ndim == 1:
        return np.bincount(cell * GRADE_COUNT + start, weights, cells * GRADE_COUNT).reshape(cells, GRADE_COUNT)
    return np.stack([np.bincount(cell, weights * start[:, grade], cells) for grade in range(GRADE_COUNT)], axis=1)


def _refuse(wrong, what):
    if wrong:
        raise ValueError(f"backlog_by_place was given {what}.")


def _whole(values, name, below=None):
    values = np.asarray(values)
    _refuse(values.ndim != 1 or (values.size and not np.issubdtype(values.dtype, np.integer)),
            f"a {name} that is not a row of whole numbers")
    _refuse(values.size and (values.min() < 0 or (below is not None and values.max() >= below)),
            f"a {name} below 0" + ("" if below is None else f" or above {below - 1}"))
    return values.astype(np.intp, copy=False)


def _ages(age_years, count):
    return np.broadcast_to(np.intp(0), (count,)) if age_years is None else _whole(age_years, "age_years")


def _matrices(matrices, years):
    matrices = _figures(matrices, "matrices", (None, GRADE_COUNT, GRADE_COUNT))
    _refuse(np.any(np.abs(matrices.sum(axis=2) - 1.0) > SHARE_TOLERANCE), "matrices with rows that do not sum to one")
    _refuse(not isinstance(years, (int, np.integer)) or years < 0, f"years {years!r}, not a whole number from 0")
    return matrices


def _figures(values, name, shape):
    """Figures as floats, of a shape (``None``: any length), finite and not negative."""
    values = np.asarray(values, dtype=float)
    fits = values.ndim == len(shape) and all(need in (None, got) for need, got in zip(shape, values.shape, strict=True))
    _refuse(not fits, f"{name} of shape {values.shape}")
    _refuse(values.size and not (values.min() >= 0.0 and values.max() < np.inf), f"{name} negative or not finite")
    return values


def _start(start):
    if np.ndim(start) == 1:
        return _whole(start, "start", GRADE_COUNT)
    shares = _figures(start, "start", (None, GRADE_COUNT))
    _refuse(np.any(np.abs(shares @ np.ones(GRADE_COUNT) - 1.0) > SHARE_TOLERANCE), "shares that do not sum to one")
    return shares


def _costs(costs_gbp, quantity, unit_cost_gbp, types):
    """What to sum, a column for each grade or one for all of them, and what a unit of it costs by type and grade."""
    by_unit = quantity is not None and unit_cost_gbp is not None
    _refuse(by_unit == (costs_gbp is not None) or (quantity is None) != (unit_cost_gbp is None),
            "not exactly one of costs_gbp, or quantity with unit_cost_gbp")
    if by_unit:
        return (_figures(quantity, "quantity", (None,))[:, None],
                _figures(unit_cost_gbp, "unit_cost_gbp", (types, GRADE_COUNT)))
    return _figures(costs_gbp, "costs_gbp", (None, GRADE_COUNT)), np.ones((types, GRADE_COUNT))
