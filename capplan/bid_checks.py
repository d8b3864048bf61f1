"""What must hold of bids and of loans on offer: the rules of their route, its dates, and whether the trust may use it."""

from datetime import date

import pandas as pd

from . import reference
from .errors import Fault, MissingFigureError, rows_at_fault
from .funding.routes import latest_rule, project_faults

BY_BID = ("bid", "award")
SUCCESS = "success_share"
FIRST_DAY = (9, 1)
"""Rules of a round hold from 1 September before its grant year."""


def bid_sentences(bids, schools):
    """What each bid breaks of the rules of its route, and what of them could not be checked.

    Parameters
    ----------
    bids, schools : DataFrame
        Tables of an estate.

    Returns
    -------
    list of tuple
        Spreadsheet row, bid and sentence, as ``funding.routes.project_faults`` words it.

    Notes
    -----
    The project costs what is asked for and the match together. *Counterexample:* works beside it that the bid leaves out.
    """
    phases, told = schools.drop_duplicates("school_id").set_index("school_id").phase, []
    for bid in bids.itertuples():
        if not bid.round_year > 0 or bid.route not in set(reference.load("routes").route):
            continue  # a fault of its cell already
        beside = bids[(bids.route == bid.route) & (bids.round_year == bid.round_year) & (bids.school_id == bid.school_id)]
        facts = {"cost_gbp": _number(bid.ask_gbp + bid.match_gbp), "phase": phases.get(bid.school_id) or None,
                 "kind": kind_of(bid), "fees_share": _number(bid.fees_share),
                 "survey_date": None if pd.isna(bid.survey_dated) else bid.survey_dated.date(), "bids": len(beside),
                 "expansion_bids": int((beside.kind == "expansion").sum())}
        told += [(int(bid.Index), bid.bid_id, sentence)
                 for sentence in project_faults(bid.route, facts, date(int(bid.round_year) - 1, *FIRST_DAY))]
    return told


def kind_of(bid):
    """The kind of project of a bid: what its row says, or the first of what its route pays for.

    Parameters
    ----------
    bid : namedtuple
        A row of the bids.

    Returns
    -------
    str
    """
    return bid.kind or reference.load("routes").set_index("route").uses[bid.route].split(";")[0]


def bid_faults(frames, where):
    """Faults of the bids table.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    bids, grants = frames["bids"], frames["grants"]
    routes = reference.load("routes").set_index("route")
    how = bids.route.map(routes.how)
    faults = rows_at_fault(bids, how.notna() & ~how.isin(BY_BID), where, "route", lambda row: row.route,
                           "a route that takes bids, not one of formulae, loans or own money")
    undated = routes.index[routes.financial_years_to_spend.isna() & routes.last_day.isna()]
    faults += rows_at_fault(bids, bids.route.isin(undated) & bids.spend_by.isna(), where, "spend_by",
                            lambda row: "a blank", "the last day of spending, since no rule of a route gives it")
    unknown = [how[row] in BY_BID and pd.isna(bids.odds[row]) and not _has_odds(bids.route[row]) for row in bids.index]
    faults += rows_at_fault(bids, pd.Series(unknown, bids.index, dtype=bool), where, "odds", lambda row: "a blank",
                            "the chance of winning, since no share of bids that won is known for the route")
    faults += rows_at_fault(bids, bids.bid_id.isin(grants.grant_id), where, "bid_id", lambda row: row.bid_id,
                            "another name than a grant's of grants.csv: an award that is counted there is no bid")
    faults += [Fault(where, row, "", bid, f"within the rules. {sentence}") for row, bid, sentence
               in bid_sentences(bids[how.isin(BY_BID)], frames["schools"]) if sentence.startswith("Breaks")]
    return faults + _beside_allocations(frames, where)


def _beside_allocations(frames, where):
    """Bids to CIF in grant years for which the grants have SCA."""
    bids, grants = frames["bids"], frames["grants"]
    invited = frames["schools"].drop_duplicates("school_id").set_index("school_id").cif_round_year
    sca = grants[grants.route == "SCA"]
    held = {year: set(own.school_id) for year, own in sca.groupby("grant_year")}
    wrong = [bid.route == "CIF" and invited.get(bid.school_id) != bid.round_year
             and bool(held.get(bid.round_year, set()) & {"", bid.school_id}) for bid in bids.itertuples()]
    return rows_at_fault(bids, pd.Series(wrong, bids.index, dtype=bool), where, "route",
                         lambda row: f"CIF of {row.round_year:.0f}, for which grants.csv has SCA",
                         "another route: who is allocated SCA may not bid to CIF")


def offer_faults(frames, where):
    """Faults of the table of loans on offer.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    offers, routes = frames["loan_offers"], reference.load("routes").set_index("route")
    known = (offers.year > 0) & (offers.first_repayment_year > 0)
    faults = rows_at_fault(offers, known & (offers.first_repayment_year < offers.year), where, "first_repayment_year",
                           lambda row: f"{row.first_repayment_year:.0f}", "not before the year it is drawn")
    shut = [year > 0 and isinstance(day, str) and f"{year:.0f}-09-01" > day
            for year, day in zip(offers.year, offers.route.map(routes.open_to), strict=True)]
    faults += rows_at_fault(offers, pd.Series(shut, offers.index, dtype=bool), where, "year",
                            lambda row: f"{row.year:.0f}", "a year in which the route still gives loans (see "
                            "capplan funding routes)")
    taken = set(frames["loans"].loan_id) | set(frames["grants"].grant_id) | set(frames["bids"].bid_id)
    return faults + rows_at_fault(offers, offers.loan_id.isin(taken), where, "loan_id", lambda row: row.loan_id,
                                  "another name than a loan's, a grant's or a bid's: a known loan is no longer a choice")


def _has_odds(route):
    try:
        latest_rule(route, SUCCESS)
    except MissingFigureError:
        return False
    return True


def _number(value):
    """A figure, or None where there is none or one that is a fault already."""
    return None if pd.isna(value) or value < 0 else float(value)
