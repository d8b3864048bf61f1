"""Condition of places on one yardstick, so that trusts and DfE's survey sample can be laid side by side.

The yardstick is the grade as surveyed and the Department's unit costs of 2016 by grade, for everybody: no location factor,
fees, contingency or wear since the survey.
"""

import numpy as np
import pandas as pd

GRADES = ("A", "B", "C", "D")
NEEDS = [f"need_{grade.lower()}_gbp" for grade in GRADES[1:]]
RENEWALS = [f"renewal_{grade.lower()}_gbp" for grade in GRADES]
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
MEASURES = {"need_gbp_per_m2": "GBP/m2", "backlog_gbp_per_m2": "GBP/m2",
            **{f"grade_{grade.lower()}_share": "share" for grade in GRADES}}
"""Measures of a place with their units: cost of bringing B to D to A, the same of C and D only, and the part of the cost of
renewing everything that stands at each grade."""


def place_needs(components, types, gifa_m2, elements=()):
    """What it would cost to bring each place to grade A, by grade, and to renew it, on the yardstick.

    Parameters
    ----------
    components : DataFrame
        ``place`` they are in, ``type_id``, ``quantity`` (unit of the type) and ``grade`` as surveyed; an X counts as its
        letter.
    types : DataFrame
        By ``type_id``: ``element`` and ``cost_b_gbp_per_unit`` to ``cost_d_gbp_per_unit`` in 2016 prices.
    gifa_m2 : Series
        Gross internal floor area by place. [m2]
    elements : sequence of str
        Elements that do not count.

    Returns
    -------
    DataFrame
        One row per place: ``gifa_m2``, ``need_b_gbp`` to ``need_d_gbp`` and ``renewal_a_gbp`` to ``renewal_d_gbp``. [GBP]

    Notes
    -----
    Renewing costs what the Department puts on grade D. *Counterexample:* a listed roof that cannot be renewed in kind.

    Examples
    --------
    >>> types = pd.DataFrame({"element": ["Roofs"], "cost_b_gbp_per_unit": [5.0], "cost_c_gbp_per_unit": [30.0],
    ...                       "cost_d_gbp_per_unit": [100.0]}, index=["R"])
    >>> parts = pd.DataFrame({"place": ["S", "S"], "type_id": ["R", "R"], "quantity": [10.0, 2.0], "grade": ["A", "CX"]})
    >>> found = place_needs(parts, types, pd.Series({"S": 50.0})).loc["S"]
    >>> found[["need_c_gbp", "renewal_a_gbp", "renewal_c_gbp"]].to_list()
    [60.0, 1000.0, 200.0]
    """
    about = types.loc[components.type_id]
    grade = components.grade.str[0].to_numpy()
    counted = ~about.element.isin(elements).to_numpy()
    quantity = components.quantity.to_numpy() * counted
    columns = {"gifa_m2": gifa_m2.astype(float)}
    for letter in GRADES:
        held = pd.Series(quantity * (grade == letter))
        if letter != "A":
            cost = held * about[f"cost_{letter.lower()}_gbp_per_unit"].to_numpy()
            columns[f"need_{letter.lower()}_gbp"] = cost.groupby(components.place.to_numpy()).sum()
        renewal = held * about["cost_d_gbp_per_unit"].to_numpy()
        columns[f"renewal_{letter.lower()}_gbp"] = renewal.groupby(components.place.to_numpy()).sum()
    frame = pd.DataFrame({name: values.reindex(gifa_m2.index) for name, values in columns.items()}).fillna(0.0)
    return frame[["gifa_m2", *NEEDS, *RENEWALS]]


def measures(needs):
    """The measures of ``MEASURES`` of each place.

    Parameters
    ----------
    needs : DataFrame
        As ``place_needs`` returns it, or sums of its rows.

    Returns
    -------
    DataFrame
        Not a number where there is no floor area, or nothing to renew.
    """
    area = needs.gifa_m2.where(needs.gifa_m2 > 0)
    renewal = needs[RENEWALS].sum(axis=1)
    frame = pd.DataFrame({"need_gbp_per_m2": needs[NEEDS].sum(axis=1) / area,
                          "backlog_gbp_per_m2": needs[NEEDS[1:]].sum(axis=1) / area})
    for name, grade in zip(RENEWALS, GRADES, strict=True):
        frame[f"grade_{grade.lower()}_share"] = needs[name] / renewal.where(renewal > 0)
    return frame


def quantiles(needs):
    """How the measures of places are spread, each place counting once, and what they come to together.

    Parameters
    ----------
    needs : DataFrame
        As ``place_needs`` returns it.

    Returns
    -------
    DataFrame
        One row per measure: ``measure, unit, p10, p25, p50, p75, p90, overall`` (of all floor area or renewal cost together)
        and ``sample``, the places that count.

    Raises
    ------
    ValueError
        If no place counts.

    Examples
    --------
    >>> needs = pd.DataFrame(1.0, index=range(3), columns=["gifa_m2", *NEEDS, *RENEWALS]).assign(gifa_m2=[1.0, 2.0, 3.0])
    >>> quantiles(needs).set_index("measure").loc["need_gbp_per_m2", ["p50", "overall", "sample"]].to_list()
    [1.5, 1.5, 3.0]
    """
    own, whole = measures(needs), measures(needs.sum().to_frame().T).iloc[0]
    rows = []
    for measure, unit in MEASURES.items():
        values = own[measure].dropna()
        if not len(values):
            raise ValueError(f"No place has a {measure}.")
        rows.append((measure, unit, *np.quantile(values, LEVELS), whole[measure], len(values)))
    names = [f"p{round(100 * level)}" for level in LEVELS]
    return pd.DataFrame(rows, columns=["measure", "unit", *names, "overall", "sample"])
