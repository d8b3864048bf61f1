"""A trust's budget by school and year: what each earns, spends and passes on, and how reserves stand against income."""

import numpy as np

CENTRE = ""
"""School of what is the trust's own: its centre and its reserves."""
BELOW, BETWEEN, ABOVE, NO_INCOME = "below", "between", "above", "income not known"
DEFICIT_BEFORE, DEFICIT_WITH_WORKS, NO_DEFICIT = "deficit before works", "works exceed the surplus", "none"


def running_costs(staff_gbp, energy_gbp, other_costs_gbp, energy_price_share=0.0):
    """Running costs with energy at another price (nominal). [GBP]

    Parameters
    ----------
    staff_gbp, energy_gbp, other_costs_gbp : array
        Costs as budgeted (nominal). [GBP]
    energy_price_share : float
        Rise of the price of energy, as a fraction. [-]

    Returns
    -------
    array
        ``staff + energy x (1 + rise) + other``. [GBP]

    Notes
    -----
    Assumes that as much energy is used at any price. *Counterexample:* a school that turns its heating down.

    Examples
    --------
    >>> running_costs(np.array([70.0]), np.array([10.0]), np.array([20.0]), 0.5)
    array([105.])
    """
    return staff_gbp + energy_gbp * (1.0 + energy_price_share) + other_costs_gbp


def passed_on(budget, top_slice_share, gag_pooled):
    """What schools pass to the centre of their trust, and what is left of each year's surplus.

    Parameters
    ----------
    budget : DataFrame
        ``school_id`` (blank: the centre), ``year``, ``income_gbp``, ``costs_gbp``, ``loan_service_gbp`` (nominal), one row
        for each school and the centre in each year. [GBP]
    top_slice_share : float
        Part of each school's income that goes to the centre; not taken where all is pooled. [-]
    gag_pooled : bool
        Whether the general annual grant is pooled: what a school's income leaves above its own costs goes to the pool, and
        the pool makes up what it lacks.

    Returns
    -------
    DataFrame
        The same rows with ``top_slice_gbp`` and ``pooled_gbp`` passed on (of the centre: less than nothing, since it
        receives them; both add up to nothing in each year), ``surplus_gbp`` (income less costs, loans and top slice) and
        ``kept_gbp`` (surplus less what is pooled).

    Notes
    -----
    Assumes that the top slice is one share for all schools. *Counterexample:* a trust that asks less of a new school.

    Examples
    --------
    >>> import pandas as pd
    >>> budget = pd.DataFrame({"school_id": ["OAK", ""], "year": 2026, "income_gbp": [1000.0, 0.0],
    ...                        "costs_gbp": [930.0, 40.0], "loan_service_gbp": 0.0})
    >>> passed_on(budget, 0.05, False)[["top_slice_gbp", "surplus_gbp", "kept_gbp"]].values.tolist()
    [[50.0, 20.0, 20.0], [-50.0, 10.0, 10.0]]
    >>> passed_on(budget, 0.05, True)[["pooled_gbp", "surplus_gbp", "kept_gbp"]].values.tolist()
    [[70.0, 70.0, 0.0], [-70.0, -40.0, 30.0]]
    """
    centre = budget.school_id == CENTRE
    share = 0.0 if gag_pooled else top_slice_share
    slices = _to_the_centre(budget.income_gbp * share, budget.year, centre)
    surplus = budget.income_gbp - budget.costs_gbp - budget.loan_service_gbp - slices
    pooled = _to_the_centre(surplus * float(gag_pooled) + 0.0, budget.year, centre)
    return budget.assign(top_slice_gbp=slices, pooled_gbp=pooled, surplus_gbp=surplus, kept_gbp=surplus - pooled)


def _to_the_centre(amounts, years, centre):
    """What schools pass on, and against it, for the centre of each year, all of it with the sign turned."""
    given = amounts.where(~centre, 0.0)
    return given.where(~centre, 0.0 - given.groupby(years).transform("sum"))


def by_income(amount_gbp, income_gbp):
    """Share a sum among schools by their income; equally where none has any (nominal). [GBP]

    Parameters
    ----------
    amount_gbp : float
        Sum to share. [GBP]
    income_gbp : array, shape (schools,)
        Income of each school. [GBP]

    Returns
    -------
    array, shape (schools,)
        Parts that add up to the sum. [GBP]

    Notes
    -----
    Assumes that a school has as much of the services as of the income. *Counterexample:* a small school in difficulties.

    Examples
    --------
    >>> by_income(100.0, np.array([1.0, 3.0]))
    array([25., 75.])
    """
    income = np.asarray(income_gbp, float)
    total = income.sum()
    return amount_gbp * (income / total if total > 0 else np.full(len(income), 1.0 / max(len(income), 1)))


def share_of_income(closing_gbp, income_gbp):
    """Reserves as a share of income; not a number where there is no income. [-]

    Examples
    --------
    >>> share_of_income(np.array([50.0, 1.0]), np.array([1000.0, 0.0]))
    array([0.05,  nan])
    """
    income = np.asarray(income_gbp, float)
    return np.divide(closing_gbp, income, out=np.full(len(income), np.nan), where=income > 0)


def watch_band(share, below_share, above_share):
    """On which side of the shares of income at which the Department may ask reserves are.

    Parameters
    ----------
    share : array
        Reserves over income. [-]
    below_share, above_share : float
        Shares below and above which it may ask. [-]

    Returns
    -------
    array of str
        ``below``, ``between``, ``above``, or ``income not known``.

    Examples
    --------
    >>> watch_band(np.array([0.04, 0.05, 0.2, 0.21, np.nan]), 0.05, 0.20).tolist()
    ['below', 'between', 'between', 'above', 'income not known']

    References
    ----------
    .. [1] Department for Education, Academy trust reserves (2024), and the budget forecast return (2025).
    """
    share = np.asarray(share, float)
    return np.select([np.isnan(share), share < below_share, share > above_share], [NO_INCOME, BELOW, ABOVE], BETWEEN)


def in_year_deficit(surplus_gbp, spent_gbp):
    """Whether a year spends more than it brings in: before any works, or only with those paid from reserves.

    Parameters
    ----------
    surplus_gbp, spent_gbp : array
        Surplus before works, and works paid from reserves (nominal). [GBP]

    Returns
    -------
    array of str
        ``deficit before works``, ``works exceed the surplus`` or ``none``.

    Examples
    --------
    >>> in_year_deficit(np.array([-1.0, 5.0, 5.0]), np.array([0.0, 6.0, 5.0])).tolist()
    ['deficit before works', 'works exceed the surplus', 'none']
    """
    surplus = np.asarray(surplus_gbp, float)
    return np.select([surplus < 0, surplus - np.asarray(spent_gbp, float) < 0], [DEFICIT_BEFORE, DEFICIT_WITH_WORKS],
                     NO_DEFICIT)
