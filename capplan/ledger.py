"""The ledger of the trust: what each school contributes to the common money and what it receives, year by year."""

import numpy as np
import pandas as pd

from .funding.budget import CENTRE, by_income
from .programme_energy import money_with

CENTRE_NAME = "Centre and reserves of the trust"
GIVEN, RECEIVED = ("top_slice_gbp", "pooled_gbp", "own_reserves_gbp"), ("central_services_gbp", "works_gbp")
GRANTS = ("own_grants_gbp", "trust_grants_gbp", "contributions_gbp")
KNOWN_BY_SCHOOL = ("income_gbp", "costs_gbp", "loan_service_gbp", *GIVEN[:2], "central_services_gbp", "kept_gbp")
COLUMNS = ("school_id", "name", "year", "income_gbp", "costs_gbp", "loan_service_gbp", *GIVEN, "contributed_gbp", *RECEIVED,
           "received_gbp", "net_gbp", *GRANTS, "kept_gbp", "in_deficit")


def ledger_frame(programme):
    """What each school contributes and receives in each year of the plan (nominal GBP).

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    DataFrame
        One row for each school, and one for the centre (blank ``school_id``), in each year. Contributed: the top slice, or
        what is pooled, and works paid from the school's own reserves. Received: its part of the centre's running costs, by
        income, and works paid from reserves. ``net_gbp`` is received less contributed; the centre's row has the other side
        of each with the sign turned, so that every year adds up to nothing, and with the grants to the grants. What
        schools contribute is blank where there is no budget by school.

    Notes
    -----
    Central services are shared by income. *Counterexample:* a school that buys its own. What the centre pays for its own
    loans is shared with nobody.
    """
    candidates = programme.candidates
    books, estate = money_with(programme).books, candidates.outlook.estate
    names = estate.schools.set_index("school_id")["name"]
    index = pd.MultiIndex.from_product([[*names.index, CENTRE], candidates.outlook.scenario.years],
                                       names=["school_id", "year"])
    paid = _paid(programme).reindex(index).fillna(0.0)
    frame = paid.join(books.lines.set_index(["school_id", "year"])).reindex(index)
    frame["central_services_gbp"] = _central_services(frame)
    if not books.by_school:
        frame[list(KNOWN_BY_SCHOOL)] = np.nan
    frame = _to_the_penny(frame)
    frame["contributed_gbp"] = frame[list(GIVEN)].sum(axis=1, skipna=False)
    frame["received_gbp"] = frame[list(RECEIVED)].sum(axis=1, skipna=False)
    frame["net_gbp"] = frame.received_gbp - frame.contributed_gbp
    frame["in_deficit"] = _deficits(frame, books.by_school)
    frame = frame.reset_index()
    frame.insert(1, "name", frame.school_id.map(names).fillna(CENTRE_NAME))
    frame = frame[list(COLUMNS)]
    return frame.assign(**frame.select_dtypes("number").drop(columns="year").round(2))


def _paid(programme):
    """Works and grants by school and year, and against them, in the centre's row, what its own pots paid."""
    candidates = programme.candidates
    pots = candidates.pots.set_index("pot_id")
    draws = programme.draws.assign(school_id=programme.draws.scheme_id.map(
        candidates.schemes.set_index("scheme_id").school_id), route=programme.draws.pot_id.map(pots.route),
        owner=programme.draws.pot_id.map(pots.school_id).fillna(CENTRE))
    reserves, owned, others = draws.route == "reserves", draws.owner != CENTRE, ~draws.pot_id.isin(pots.index)
    kinds = {"works_gbp": reserves, "own_reserves_gbp": reserves & owned, "own_grants_gbp": ~reserves & owned,
             "trust_grants_gbp": ~reserves & ~owned & ~others, "contributions_gbp": others}
    table = pd.DataFrame({name: draws[rows].groupby(["school_id", "year"]).amount_gbp.sum() for name, rows in kinds.items()})
    centre = pd.DataFrame({name: -draws[kinds[name]].groupby("year").amount_gbp.sum()
                           for name in ("works_gbp", "own_reserves_gbp")})
    centre.index = pd.MultiIndex.from_product([[CENTRE], centre.index], names=["school_id", "year"])
    both = pd.concat([table, centre]).rename_axis(["school_id", "year"])
    return both.groupby(level=["school_id", "year"]).sum()  # the centre repays a loan of the whole trust itself


def _central_services(frame):
    """Running costs of the centre shared among the schools of each year; the centre gives what they receive."""
    parts = pd.Series(0.0, frame.index)
    for _, rows in frame.groupby(level="year"):
        centre = rows.index[rows.index.get_level_values("school_id") == CENTRE][0]
        schools = rows.drop(index=centre)
        parts[schools.index] = by_income(rows.costs_gbp[centre], schools.income_gbp)
        parts[centre] = -rows.costs_gbp[centre]
    return parts


def _to_the_penny(frame):
    """Rounded to pennies, the centre's row taking what rounding leaves, so that every sum of a year is exact."""
    frame = frame.round(2)
    centre = frame.index.get_level_values("school_id") == CENTRE
    for name in ("top_slice_gbp", "pooled_gbp", "central_services_gbp"):
        given = frame[name].where(~centre).groupby(level="year").transform("sum", min_count=1)
        frame[name] = frame[name].where(~centre, 0.0 - given).round(2)
    return frame


def _deficits(frame, known):
    """Whether a school, or the centre, spends more than it has in the year, before any works."""
    short = frame.surplus_gbp.where(frame.index.get_level_values("school_id") != CENTRE, frame.kept_gbp) < 0
    return np.where(short, "yes", "no") if known else ""
