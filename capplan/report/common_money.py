"""The trust's common money as pages show it: what schools contribute and receive, and grants not yet spent by vintage."""

import pandas as pd

from ..reference import load
from .results import CONTRIBUTION_ROUTE, RESERVES_ROUTE, in_plan
from .words import NEGLIGIBLE_GBP, counted, listed, money, plain, year_label, years_span

CENTRE = ""
NO_GRANTS = (RESERVES_ROUTE, CONTRIBUTION_ROUTE)
BANDS_WITHIN = 1.6
"""A watch band is drawn where it lies within so many times the highest reserves; farther off it would flatten the rest."""
LEDGER_SUMS = ["contributed_gbp", "central_services_gbp", "works_gbp", "received_gbp", "net_gbp", "own_grants_gbp",
               "trust_grants_gbp"]


def contributions_known(results):
    """Whether the ledger knows what each school contributes: whether the estate has a budget by school."""
    return len(results.ledger) > 0 and bool(results.ledger.contributed_gbp.notna().all())


def ledger_over_plan(results):
    """The ledger over the whole plan, the schools that receive most first and the centre last.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Index: school_id, blank for the centre. Columns: ``name``, what the ledger adds up to [GBP nominal], and
        ``deficit_years``, the years that end in deficit before works.
    """
    ledger = results.ledger.fillna({"school_id": CENTRE})
    sums = ledger.groupby("school_id", sort=False)[LEDGER_SUMS].sum(min_count=1)
    sums.insert(0, "name", ledger.groupby("school_id", sort=False).name.first())
    sums["deficit_years"] = ledger.assign(short=ledger.in_deficit == "yes").groupby("school_id", sort=False).short.sum()
    order = sums.assign(last=sums.index == CENTRE).sort_values(["last", "net_gbp", "works_gbp"],
                                                               ascending=[True, False, False], kind="stable").index
    return sums.loc[order]


def ledger_words(results):
    """What the ledger shows in a sentence; none where nobody knows what schools contribute.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of str
    """
    if not contributions_known(results):
        return []
    table = ledger_over_plan(results).drop(index=CENTRE, errors="ignore")
    if not len(table):
        return []
    gain = table[table.net_gbp > NEGLIGIBLE_GBP]
    ends = [f"{plain(row['name'])} {money(abs(row.net_gbp))} {word}" for row, word in
            ((table.loc[table.net_gbp.idxmax()], "more"), (table.loc[table.net_gbp.idxmin()], "less"))
            if (row.net_gbp > NEGLIGIBLE_GBP) == (word == "more") and abs(row.net_gbp) > NEGLIGIBLE_GBP]
    furthest = f" ({listed(ends)})" if ends else ""
    grants = table[["own_grants_gbp", "trust_grants_gbp"]].to_numpy().sum()
    return [f"Of the trust's own money {counted(len(gain), 'school')} of {len(table):,} "
            f"{'receives' if len(gain) == 1 else 'receive'} more than they contribute over the plan{furthest}; "
            f"grants of {money(grants)} come on top."]


def vintage_of(results):
    """Vintage of each grant pot: its route and the years of its window that the plan shows.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Series of str
        By pot_id.
    """
    flow = results.cashflow[~results.cashflow.route.isin(NO_GRANTS)]
    spans = flow.groupby("pot_id", sort=False).agg(route=("route", "first"), first=("year", "min"), last=("year", "max"))
    names = [f"{row.route} {years_span(row.first, row.last)}" for row in spans.itertuples()]
    return pd.Series(names, spans.index, dtype=str)


def unspent_by_vintage(results):
    """What is left of each vintage of grants at the end of each year, and what of it has lapsed by the end.

    Parameters
    ----------
    results : Results

    Returns
    -------
    tuple of (DataFrame, Series)
        Index of both: vintage, in order of route and first year. Columns: every planning year. [GBP nominal]
    """
    flow = in_plan(results, results.cashflow)
    flow = flow.assign(vintage=flow.pot_id.map(vintage_of(results))).dropna(subset="vintage")
    flow = flow.sort_values(["route", "year"], kind="stable")
    order = flow.vintage.drop_duplicates()
    table = flow.groupby(["vintage", "year"]).closing_gbp.sum().unstack(fill_value=0.0)
    table = table.reindex(index=order, columns=results.years, fill_value=0.0).astype(float)
    return table.rename_axis(index="vintage", columns="year"), flow.groupby("vintage").lapsed_gbp.sum().reindex(order)


def unspent_finding(results):
    """What the chart of unspent grants shows."""
    table, lapsed = unspent_by_vintage(results)
    if not len(table):
        return "This plan has no grants"
    held = table.sum()
    lost = f"{money(lapsed.sum())} lapses" if lapsed.sum() > NEGLIGIBLE_GBP else "none lapses"
    if held.max() < NEGLIGIBLE_GBP:
        return f"Every grant is spent in the year it comes; {lost}"
    return f"At most {money(held.max())} of grant is unspent at the end of a year ({year_label(held.idxmax())}); {lost}"


def unspent_alt(results):
    """The chart of unspent grants for someone who cannot see it."""
    table, _ = unspent_by_vintage(results)
    if not len(table):
        return f"{unspent_finding(results)}. There is nothing to draw."
    held = [f"{year_label(year)} {money(amount)}" for year, amount in table.sum().items()]
    return (f"{unspent_finding(results)}. A table of grants by vintage and year, darker where more is unspent on 31 August, "
            f"in thousands of pounds of the day. All vintages together: {listed(held)}.")


def watch_bands():
    """Shares of income below and above which DfE may ask about reserves: share, source and status by band.

    Returns
    -------
    dict of str to tuple of (float, str, str)
    """
    return {row.band: (row.income_share, row.source, row.status) for row in load("watch_bands").itertuples()}
