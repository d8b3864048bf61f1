"""Grants and reserves as pots: an amount, a window of planning years, and what it may pay for."""

from datetime import date

import pandas as pd

from .reserves import reserve_floor, reserves_path, spendable, spendable_by_holder
from .vintages import planning_years, window

POT_COLUMNS = ["pot_id", "amount", "first_year", "last_year", "tags", "school_id", "route"]
FLOOR_TOLERANCE_GBP = 0.005
PLACES = "places"
NOT_FOR_THESE_WORKS = (PLACES, "rebuild")


def grant_window(route, grant_year, spend_by, financial_years, last_day):
    """Planning years a grant can pay for works in.

    Parameters
    ----------
    route : str
        Funding route, for the message.
    grant_year : int
        Grant year f, from 1 April f.
    spend_by : date or None
        Last day of spending where the award says so.
    financial_years : int or None
        Financial years the route allows, the year of payment being the first.
    last_day : date or None
        Last day the whole route can be spent.

    Returns
    -------
    tuple of (int, int)
        First and last planning year; the first is later than the last where no summer fits.

    Raises
    ------
    ValueError
        If nothing says when the money has to be spent.

    Examples
    --------
    >>> grant_window("SCA", 2026, None, 2, None)
    (2025, 2026)
    >>> grant_window("PSDS4", 2025, None, None, date(2028, 3, 31))
    (2024, 2026)
    """
    if spend_by is None and financial_years is None and last_day is None:
        raise ValueError(f"Nothing says by when a {route} grant of {grant_year} must be spent.")
    ends = [day for day in (spend_by, None if spend_by else last_day) if day]
    if financial_years is not None and not spend_by:
        ends.append(window(grant_year, financial_years)[1])
    return planning_years(date(grant_year, 4, 1), min(ends))


def grant_pots(grants, routes, first_year, last_year, known_loans=(), for_places=False):
    """Grants as pots, and a sentence for each that cannot help this plan.

    Parameters
    ----------
    grants : DataFrame
        The estate's grants table (amounts nominal). [GBP]
    routes : DataFrame
        Reference table of routes, indexed by route: years to spend, last day, opening and closing grant years.
    first_year, last_year : int
        Planning years of the plan.
    known_loans : collection of str
        Names of the loans whose repayment is known.
    for_places : bool
        Whether the plan may add places, so that money for places alone is counted.

    Returns
    -------
    tuple of (DataFrame, list of str)
        Pots, and notes on grants that lapsed before the plan, begin after it, or whose route had closed.
    """
    rows, notes, later = [], [], []
    for grant in grants.itertuples():
        rule = routes.loc[grant.route]
        days = rule.last_day if isinstance(rule.last_day, str) else None
        first, last = grant_window(
            grant.route, grant.grant_year, None if pd.isna(grant.spend_by) else grant.spend_by.date(),
            None if pd.isna(rule.financial_years_to_spend) else int(rule.financial_years_to_spend),
            date.fromisoformat(days) if days else None)
        name = f"{grant.grant_id} ({grant.route} {grant.grant_year}, £{grant.amount_gbp:,.0f})"
        if not pd.isna(rule.closes) and grant.grant_year > rule.closes:
            notes.append(f"{name}: the route {grant.route} closes after grant year {rule.closes:.0f}; "
                         "an award later than that is not counted.")
            continue
        if rule.plannable == "no" and getattr(grant, "status", "") != "awarded":
            notes.append(f"{name}: {grant.route} is held by the {rule.held_by} or not certain to come; until it is awarded "
                         "it is not the trust's to plan and is left out.")
            continue
        places_only = for_places and rule.uses == PLACES
        if rule.uses in NOT_FOR_THESE_WORKS and not places_only:
            notes.append(f"{name}: {grant.route} pays for {rule.uses} only and is left out of this programme.")
            continue
        if rule.how == "loan" and grant.grant_id not in known_loans:
            notes.append(f"{name} is a loan: what repaying it takes from later budgets is not in this plan, as loans.csv "
                         f"has no row {grant.grant_id}.")
        if last < max(first, first_year):
            notes.append(f"{name} cannot pay for the summer works of any year of the plan (its window ends before) and is "
                         "left out.")
            continue
        if first > last_year:
            later.append((name, grant.amount_gbp))
            continue
        tags = PLACES if places_only else "" if grant.eligible == "any" else grant.eligible
        rows.append([grant.grant_id, round(grant.amount_gbp, 2), max(first, first_year), last, tags, grant.school_id,
                     grant.route])
    return pd.DataFrame(rows, columns=POT_COLUMNS), [*notes, *_beginning_later(later)]


def _beginning_later(later):
    """What has to be said of grants, each with its name and amount, that begin after the plan."""
    if len(later) == 1:
        yield f"{later[0][0]} begins after the plan and is left out."
    elif later:
        total = sum(amount for _, amount in later)
        yield f"{len(later)} grants, £{total:,.0f} together, begin after the plan and are left out."


def reserve_pots(opening_gbp, reserves, floor_share, floor_gbp, last_year):
    """Free reserves above the floor as pots that stay open to the end of the plan, with a note where the floor breaks.

    Parameters
    ----------
    opening_gbp : float
        Free reserves at the start (nominal). [GBP]
    reserves : DataFrame
        ``year``, ``income_gbp``, ``surplus_gbp`` of each planning year (nominal).
    floor_share : float
        Floor as a share of income. [-]
    floor_gbp : float
        Floor as a sum (nominal). [GBP]
    last_year : int
        Last planning year.

    Returns
    -------
    tuple of (DataFrame, list of str)
        Pots ``RESERVE-2026`` and so on, and notes.
    """
    floor = reserve_floor(reserves.income_gbp, floor_share, floor_gbp)
    amounts = spendable(opening_gbp, reserves.surplus_gbp, floor)
    pots = [[f"RESERVE-{year}", int(amount + 1e-6), int(year), last_year, "", "", "reserves"]
            for year, amount in zip(reserves.year, amounts, strict=True)]
    without = opening_gbp + reserves.surplus_gbp.cumsum()
    broken = reserves.year[without < floor - FLOOR_TOLERANCE_GBP]
    notes = []
    if len(broken):
        notes.append("Free reserves fall below their floor without any works at the end of "
                     + ", ".join(_span(year) for year in broken) + ".")
    return pd.DataFrame(pots, columns=POT_COLUMNS), notes


def school_reserve_pots(opening_gbp, lines, floor_share, floor_gbp, last_year):
    """Reserves that schools hold themselves as pots for works there, those of the centre for works anywhere.

    Parameters
    ----------
    opening_gbp : Series
        Free reserves at the start, by school; blank: the centre (nominal). [GBP]
    lines : DataFrame
        ``school_id``, ``year``, ``income_gbp`` and ``kept_gbp`` (surplus before works) of each holder in each planning
        year (nominal). [GBP]
    floor_share : float
        Floor as a share of income, of each holder and of all together. [-]
    floor_gbp : float
        Floor of all together as a sum (nominal). [GBP]
    last_year : int
        Last planning year.

    Returns
    -------
    tuple of (DataFrame, list of str)
        Pots ``RESERVE-2026`` of the centre and ``RESERVE-2026-SCHOOL``, and notes.
    """
    wide = lines.pivot(index="school_id", columns="year", values=["income_gbp", "kept_gbp"])
    income, surplus = wide["income_gbp"].to_numpy(), wide["kept_gbp"].to_numpy()
    opening, years = opening_gbp.reindex(wide.index).to_numpy(), list(wide["kept_gbp"].columns)
    floor = reserve_floor(income, floor_share, 0.0)
    total_floor = reserve_floor(income.sum(axis=0), floor_share, floor_gbp)
    amounts = spendable_by_holder(opening, surplus, floor, total_floor)
    pots = [[f"RESERVE-{year}" + f"-{school}" * bool(school), int(amount + 1e-6), int(year), last_year, "", school,
             "reserves"]
            for school, row in zip(wide.index, amounts, strict=True) for year, amount in zip(years, row, strict=True)
            if not school or amount >= 1]
    notes = [f"Free reserves of {school or 'the centre'} fall below their floor without any works at the end of "
             + ", ".join(map(_span, broken)) + "." for school, broken in _broken(wide.index, years, opening, surplus, floor)]
    whole = _broken([""], years, [opening.sum()], [surplus.sum(axis=0)], [total_floor])
    notes += ["Free reserves of the trust fall below their floor without any works at the end of "
              + ", ".join(map(_span, broken)) + "." for _, broken in whole]
    alone = sum(spendable(*each).sum() for each in zip(opening, surplus, floor, strict=True))
    if alone > amounts.sum() + 1:
        notes.append(f"The floor of the whole trust leaves £{alone - amounts.sum():,.0f} less to spend than its schools "
                     "have above their own floors; each may spend less in the same proportion.")
    return pd.DataFrame(pots, columns=POT_COLUMNS), notes


def _broken(holders, years, opening_gbp, surplus_gbp, floor_by_year_gbp):
    """Holders whose reserves are below their floor without works, with the years."""
    for school, own, surplus, floor in zip(holders, opening_gbp, surplus_gbp, floor_by_year_gbp, strict=True):
        short = reserves_path(own, surplus, surplus * 0.0) < floor - FLOOR_TOLERANCE_GBP
        if short.any():
            yield school, [year for year, is_short in zip(years, short, strict=True) if is_short]


def _span(year):
    return f"{year}-{(year + 1) % 100:02d}"
