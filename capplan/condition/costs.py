"""What it costs to bring a component to grade A, from the unit cost of its type and the surveyor's own figure."""

import numpy as np


def repair_costs(quantity, unit_cost_gbp, local_factor, surveyed_grade, remedial_gbp, replace_only, scale_limits):
    """Cost of bringing each component to grade A from every grade.

    Parameters
    ----------
    quantity : array, shape (n,)
        Quantity in the unit of the type. [m2, m or nr]
    unit_cost_gbp : array, shape (n, 5)
        National unit cost at grades A to E (zero for A), at the price base of the plan. [GBP/unit]
    local_factor : array, shape (n,)
        Location factor. [-]
    surveyed_grade : array of int, shape (n,)
        Grade found by the survey, 0 for A to 4 for E.
    remedial_gbp : array, shape (n,)
        Surveyor's cost at that grade, at the price base of the plan and in local prices; NaN where there is none. [GBP]
    replace_only : array of bool, shape (n,)
        Cannot be repaired (grade X): B and C cost as much as D, a replacement.
    scale_limits : tuple of (float, float)
        How far the surveyor's figure may move the cost at the grades not surveyed. [-]

    Returns
    -------
    array, shape (n, 5)
        Cost at grades A to E without on-costs; never falls from a grade to a worse one. [GBP]

    Notes
    -----
    The surveyor's figure stands exactly at the grade surveyed. At the other grades the unit cost is scaled by the ratio
    of that figure to the unit-cost estimate, held within ``scale_limits``. *Counterexample:* a cheap patch to one
    corner of a roof says little about renewing the whole of it. Where only replacement will do, the figure is the cost
    of replacement and stands at grades B, C and D; at E it rises as the unit cost does.

    Examples
    --------
    >>> repair_costs(np.array([100.0]), np.array([[0, 1, 3, 10, 11.0]]), np.array([1.0]), np.array([2]),
    ...              np.array([450.0]), np.array([False]), (0.5, 2.0))
    array([[   0.,  150.,  450., 1500., 1650.]])
    """
    costs = quantity[:, None] * unit_cost_gbp * local_factor[:, None]
    rows, grades = np.arange(len(costs)), np.arange(5)
    at = np.where(replace_only & (surveyed_grade > 0), 3, surveyed_grade)
    given = np.isfinite(remedial_gbp) & (at > 0) & (remedial_gbp > 0)
    own, ratio = costs[rows, at], np.ones(len(costs))
    np.divide(remedial_gbp, own, out=ratio, where=given & (own > 0))
    costs = costs * np.clip(ratio, *scale_limits)[:, None]
    held = np.where(given, remedial_gbp, costs[rows, at])[:, None]
    costs = np.where(grades < at[:, None], np.minimum(costs, held), np.maximum(costs, held))
    costs[rows, at] = held[:, 0]
    costs[:, 0] = 0.0
    costs = np.maximum.accumulate(costs, axis=1)
    return np.where(replace_only[:, None] & (grades > 0), np.maximum(costs, costs[:, 3:4]), costs)
