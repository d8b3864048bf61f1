"""Bids as choices among the schemes: what each costs to make, what it may pay for once won, and how it scores."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from ..bid_checks import FIRST_DAY, SUCCESS
from ..errors import DataError, Fault, MissingFigureError
from ..formula_grants import regime_of, uncounted
from ..funding.pots import grant_window
from ..funding.routes import latest_rule, rule
from ..reference import load
from .energy_money import tags_with_low_carbon
from .loans import added, choice_rows
from .model import BID, split_list

BID_ELEMENT = "Bids"
NOT_BID_FOR = ("rebuild", "demolish")
COLUMNS = ["bid_id", "scheme_id", "route", "round_year", "school_id", "block_id", "element", "odds", "odds_source",
           "score_points", "score_with_match_most_points", "ask_gbp", "match_gbp", "bid_cost_gbp", "made_in", "first_year",
           "last_year", "schemes"]


def with_bids(candidates):
    """Candidates with the estate's bids, each a scheme ``BID-NAME`` and a pot that it comes with.

    Parameters
    ----------
    candidates : Candidates
        Proposed from an estate.

    Returns
    -------
    tuple of (Candidates, DataFrame, list of str)
        One row for each bid that can help this plan (columns ``COLUMNS``; points of 100, NaN where the trust gives no score
        or the round has no weights; ``schemes`` it may pay for), and what must be said.

    Raises
    ------
    DataError
        With every bid of a round that closed before the plan begins, and every one of a school that has SCA then.

    Notes
    -----
    A bid is made in the planning year its round closes in, whose summer works its award can pay for already. How a match
    adds to a score is not published beyond the most it can add. *Counterexample:* works that have to be let at Easter,
    before the outcome is known.
    """
    outlook, rows, notes = candidates.outlook, [], []
    estate, scenario = outlook.estate, outlook.scenario
    if faults := [*_too_early(estate.bids, scenario), *_of_sca_schools(estate, notes)]:
        raise DataError(faults)
    for bid in estate.bids.itertuples():
        first, last = _window(bid)
        schemes = _eligible(bid, candidates)
        if first > scenario.years[-1] or last < first:
            notes.append(f"{bid.bid_id} is left out: what it brings cannot be spent in the years of the plan.")
        elif not schemes:
            notes.append(f"{bid.bid_id} is left out: the plan has no works there that {bid.route} pays for.")
        else:
            rows.append(_row(bid, first, last, schemes))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    if scenario.shocks.bids_lost:
        frame = frame.assign(odds=0.0, odds_source="lost by the shock of the scenario")
    if not len(frame):
        return candidates, frame, notes
    choices = [choice_rows(bid.scheme_id, BID, BID_ELEMENT, bid.school_id,
                           f"Bid {bid.bid_id} to {bid.route} {bid.round_year}-{(bid.round_year + 1) % 100:02d}", bid.made_in,
                           {bid.made_in: bid.bid_cost_gbp}, 0.0, scenario) for bid in frame.itertuples()]
    return replace(candidates, _frames=added(candidates._frames, choices, _pots(frame))), frame, notes


def _row(bid, first, last, schemes):
    odds, source = _odds(bid)
    score, most = bid_score(bid)
    return [bid.bid_id, f"BID-{bid.bid_id}", bid.route, int(bid.round_year), bid.school_id, bid.block_id, bid.element, odds,
            source, score, most, float(bid.ask_gbp), float(bid.match_gbp), float(bid.bid_cost_gbp), int(bid.round_year) - 1,
            first, last, ";".join(schemes)]


def _pots(frame):
    eligible = load("routes").set_index("route").eligible
    return [{"pot_id": bid.bid_id, "amount": round(bid.ask_gbp, 2), "first_year": bid.first_year,
             "last_year": bid.last_year, "school_id": bid.school_id, "route": bid.route, "schemes": bid.schemes,
             "tags": "" if eligible[bid.route] == "any" else tags_with_low_carbon(eligible[bid.route]),
             "most_share": bid.ask_gbp / (bid.ask_gbp + bid.match_gbp) if bid.match_gbp > 0 else np.nan,
             "with_scheme": bid.scheme_id} for bid in frame.itertuples()]


def bid_score(bid):
    """What a bid scores by the weights of its round.

    Parameters
    ----------
    bid : namedtuple
        A row of the bids.

    Returns
    -------
    tuple of float
        Points by the trust's own fractions, and with the most its match can add, which lies within the points for cost.
        NaN where a fraction is not given or the round has no weights. [points of 100]
    """
    day = date(int(bid.round_year) - 1, *FIRST_DAY)
    try:
        weights = [rule(bid.route, f"score_{part}", day).value for part in ("need", "cost", "planning")]
    except MissingFigureError:
        return np.nan, np.nan
    need, cost, planning = (share * weight for share, weight in
                            zip((bid.need_points, bid.cost_points, bid.planning_points), weights, strict=True))
    try:
        match = rule(bid.route, "score_contribution_most", day).value if bid.match_gbp > 0 else 0.0
    except MissingFigureError:
        match = 0.0
    return float(need + cost + planning), float(need + np.minimum(weights[1], cost + match) + planning)


def _odds(bid):
    """The chance of a bid and where it comes from, in words."""
    if not pd.isna(bid.odds):
        return float(bid.odds), "given by the trust"
    found = latest_rule(bid.route, SUCCESS)
    year, doubt = found.from_date.year + 1, ", UNCONFIRMED" if found.unconfirmed else ""
    return float(found.value), (f"share of {bid.route} projects won in the round of {year}-{(year + 1) % 100:02d} "
                                f"({found.status}, {found.source}{doubt})")


def _window(bid):
    rule_of = load("routes").set_index("route").loc[bid.route]
    return grant_window(bid.route, int(bid.round_year), None if pd.isna(bid.spend_by) else bid.spend_by.date(),
                        None if pd.isna(rule_of.financial_years_to_spend) else int(rule_of.financial_years_to_spend),
                        date.fromisoformat(rule_of.last_day) if isinstance(rule_of.last_day, str) else None)


def _eligible(bid, candidates):
    """Schemes at the place of a bid that its route pays for."""
    schemes, pays_for = candidates.schemes, load("routes").set_index("route").eligible[bid.route]
    there = (schemes.school_id == bid.school_id) & ~schemes.kind.isin(NOT_BID_FOR)
    there &= schemes.tag.isin(split_list(tags_with_low_carbon("condition;energy" if pays_for == "any" else pays_for)))
    there &= (schemes.block_id == bid.block_id) | (bid.block_id == "")
    there &= (schemes.element == bid.element) | (bid.element == "")
    return schemes.scheme_id[there].tolist()


def _too_early(bids, scenario):
    first = scenario.plan.first_year
    return [Fault("bids.csv", int(bid.Index), "round_year", f"{bid.round_year:.0f}",
                  f"{first + 1} or later: rounds before that have closed when the plan begins in September {first}")
            for bid in bids.itertuples() if bid.round_year <= first]


def _of_sca_schools(estate, notes):
    """Bids to CIF of schools that by the rolls have SCA in that year; where no rolls say, that is told."""
    bids = estate.bids[estate.bids.route == "CIF"]
    for year, own in bids.groupby("round_year"):
        if not len(estate.rolls) or uncounted(estate, estate.rolls, int(year)):
            notes.append(f"Not checked: whether the trust may bid to CIF of {year}-{(year + 1) % 100:02d}, or has SCA; "
                         "rolls.csv lacks its census.")
            continue
        _, schools = regime_of(estate, [int(year)])
        has = dict(zip(schools.school_id, schools.regime, strict=True))
        yield from (Fault("bids.csv", int(bid.Index), "route", f"CIF of {year}, in which {bid.school_id} has "
                          f"{has.get(bid.school_id) or 'no place in the trust'}", "of a school that may bid to CIF (see "
                          "capplan funding regime)") for bid in own.itertuples() if has.get(bid.school_id) != "CIF")
