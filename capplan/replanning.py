"""Candidates as they stand once part of a programme is done: what is begun is committed, what is spent is gone."""

from dataclasses import replace

import numpy as np
import pandas as pd

from .actuals import PENNY_GBP
from .candidates.model import met_by_nobody_else, must_start_by, split_list
from .errors import DataError, Fault
from .monitor_tables import BEGUN, DROPPED, FINISHED
from .monitoring import OUTSIDE

IN_HAND = (BEGUN, FINISHED)


def as_it_stands(compared, actuals, approved):
    """The candidates that are left to decide on, and the approved programme beside them.

    Parameters
    ----------
    compared : DataFrame
        As ``monitoring.schemes_compared`` gives it.
    actuals : Actuals
        As ``actuals.fitted`` gives it.
    approved : Approved

    Returns
    -------
    tuple of (Candidates, dict)
        The candidates from the planning year of the report on, and scheme to start year: what was approved, but begun works
        in the year they are committed in, and works that slipped in the current year, where they count as kept.

    Raises
    ------
    DataError
        Where more was drawn from a pot than it holds, or works that must be done can no longer start.

    Notes
    -----
    Begun and finished works must be done and may start in one year only: the one they began in, or the nearest on offer;
    what they are worth stays what it was forecast to be. What is left to pay of them is the forecast outturn less what is
    spent, in the years of their own profile that are still to come, else in the current one. Works that have not started
    may start in the current year or later; what is spent on them already comes off. Dropped works are no longer on offer.
    Pots hold what was not drawn; limits on years that are over are left out.

    *Counterexample:* a new survey since; the worth of works is that of the forecast behind the approved plan. Enter finished
    works with ``capplan complete``, and run again with ``--approved``, when what is known of the estate has changed.
    """
    candidates = approved.candidates
    frames = {name: candidates.table(name) for name in ("schemes", "scheme_years", "spend", "pots", "limits", "bundles")}
    dropped = set(compared.scheme_id[compared.status == DROPPED])
    held = compared[compared.status.isin(IN_HAND)].set_index("scheme_id")
    spent = actuals.spending.groupby("scheme_id").amount_gbp.sum().to_dict()
    frames["pots"] = _pots_left(frames["pots"], actuals)
    years = frames["scheme_years"]
    committed = {scheme: _committed_year(years, scheme, row) for scheme, row in held.iterrows() if row["plan"] != OUTSIDE}
    gone = _never(candidates.schemes, dropped)
    keep = [(scheme not in gone) and (year == committed[scheme] if scheme in committed else year >= actuals.year)
            for scheme, year in zip(years.scheme_id, years.start_year, strict=True)]
    frames["scheme_years"] = years[keep].reset_index(drop=True)
    frames["schemes"] = _schemes_left(frames, committed, dropped, actuals)
    frames["spend"] = _spend_left(frames, held, committed, spent, actuals.year)
    _add_outside(frames, held[held["plan"] == OUTSIDE], actuals)
    if len(frames["limits"]):
        limits = frames["limits"]
        frames["limits"] = limits[limits.year.isna() | (limits.year >= actuals.year)].reset_index(drop=True)
    frames["bundles"] = _bundles_left(frames["bundles"], set(frames["schemes"].scheme_id), committed)
    own = set(frames["schemes"].scheme_id)
    _drop_names(frames, own)
    starts = {scheme: max(year, actuals.year) for scheme, year in approved.choice.items()} | committed
    starts |= dict.fromkeys(held.index[held["plan"] == OUTSIDE], actuals.year)
    left = replace(candidates, _frames={name: frame for name, frame in frames.items() if len(frame) or name != "bundles"})
    return left, {scheme: year for scheme, year in starts.items() if scheme in own or scheme not in dropped}


def _pots_left(pots, actuals):
    """The pots that are still open, without what was drawn."""
    drawn = pots.pot_id.map(actuals.spending.groupby("pot_id").amount_gbp.sum()).fillna(0.0)
    left = pots.amount - drawn
    faults = [Fault("spending.csv", None, "pot_id", f"£{gone:,.2f} drawn from {pot}",
                    f"at most the £{amount:,.2f} it holds: say which other pot paid, or nothing can be planned on it")
              for pot, amount, gone in zip(pots.pot_id, pots.amount, drawn, strict=True) if gone > amount + PENNY_GBP]
    if faults:
        raise DataError(faults)
    pots = pots.assign(amount=left.clip(lower=0.0).round(2), first_year=pots.first_year.clip(lower=actuals.year))
    return pots[pots.last_year >= actuals.year].reset_index(drop=True)


def _committed_year(years, scheme, row):
    """Year that works in hand are committed in: the one on offer that is nearest to the one they began in."""
    offered = years.start_year[years.scheme_id == scheme].to_numpy()
    began = row.started.year - (row.started.month < 9)
    return int(offered[np.argmin(np.abs(offered - began))])


def _schemes_left(frames, committed, dropped, actuals):
    """The schemes that may still start, or are in hand; works in hand must be done, others by the year they had to."""
    schemes, offered = frames["schemes"], set(frames["scheme_years"].scheme_id)
    musts = {scheme: must_start_by(text) for scheme, text in zip(schemes.scheme_id, schemes.must_do, strict=True)}
    lost = [scheme for scheme, must in musts.items() if must is not None and scheme not in offered | dropped]
    if lost:
        raise DataError([Fault("actuals.csv", None, "status", f"{scheme} not started", "begun or dropped: it had to be "
                               "done, and no year is left in which it may start") for scheme in lost])
    must_do = []
    for scheme in schemes.scheme_id:
        must = musts[scheme]
        late = must is not None and np.isfinite(must)
        must_do.append("yes" if scheme in committed else "" if must is None else
                       str(max(int(must), actuals.year)) if late else "yes")
    return schemes.assign(must_do=must_do)[schemes.scheme_id.isin(offered)].reset_index(drop=True)


def _never(schemes, dropped):
    """Schemes that are dropped, and all that need one of them first."""
    gone, needs = set(dropped), {}
    if "requires" in schemes:
        needs = {scheme: set(split_list(text)) for scheme, text in zip(schemes.scheme_id, schemes.requires, strict=True)}
    while more := {scheme for scheme, own in needs.items() if own & gone} - gone:
        gone |= more
    return gone


def _drop_names(frames, own):
    """Take names of schemes that are no longer on offer out of the cells that list them."""
    pots, schemes = frames["pots"], frames["schemes"]
    if "schemes" in pots:
        named = pots.schemes.map(split_list)
        left = named.map(lambda names: [name for name in names if name in own])
        keep = (named.str.len() == 0) | (left.str.len() > 0)
        pots = pots.assign(schemes=left.map(";".join))[keep]
    if "with_scheme" in pots:
        pots = pots[(pots.with_scheme == "") | pots.with_scheme.isin(own)]
    frames["pots"] = pots.reset_index(drop=True)
    alone = met_by_nobody_else(schemes)
    if len(alone):
        lost = alone.groupby(level=0).agg(set)
        frames["schemes"] = schemes.assign(also_meets=[
            ";".join(name for name in split_list(text) if name not in lost.get(row, ()))
            for row, text in schemes.also_meets.items()])


def _spend_left(frames, held, committed, spent, year):
    """What is left to pay, by scheme, start and year: nothing in years that are over."""
    spend, years = frames["spend"], frames["scheme_years"]
    spend = spend.merge(years[["scheme_id", "start_year"]], on=["scheme_id", "start_year"])
    spend["year"] = spend.year.where(spend.scheme_id.isin(committed), spend.year.clip(lower=year))
    pieces = []
    for (scheme, _), rows in spend.groupby(["scheme_id", "start_year"], sort=False):
        rows = rows.groupby(["scheme_id", "start_year", "year"], as_index=False, sort=True).sum()
        if scheme in committed:
            rows = _in_hand(rows, held.forecast_cost_gbp[scheme] - spent.get(scheme, 0.0), year)
        elif spent.get(scheme, 0.0) > 0:
            rows = _reduced(rows, spent[scheme])
        pieces.append(rows)
    return pd.concat(pieces, ignore_index=True) if pieces else spend


def _in_hand(rows, due, year):
    """What is left to pay of works in hand, in proportion to the years of their profile that are still to come."""
    to_come = rows[rows.year >= year]
    if not len(to_come) or not to_come.cost.sum():
        to_come = rows.iloc[[-1]].assign(year=year, cost=1.0)
    share = to_come.cost / to_come.cost.sum()
    cost = (share * due).round(2)
    cost.iloc[-1] += round(due - cost.sum(), 2)
    contributed = np.minimum(to_come.contributed_gbp.fillna(0.0), cost) if "contributed_gbp" in to_come else 0.0
    return to_come.assign(cost=cost.clip(lower=0.0), contributed_gbp=contributed)


def _reduced(rows, gone):
    """Spending less what is spent already, off the earliest years first."""
    cost = rows.cost.to_numpy(float)
    off = np.minimum(cost, np.maximum(gone - np.concatenate([[0.0], np.cumsum(cost)[:-1]]), 0.0))
    left = np.round(cost - off, 2)
    contributed = np.minimum(rows.contributed_gbp.fillna(0.0), left) if "contributed_gbp" in rows else 0.0
    return rows.assign(cost=left, contributed_gbp=contributed)


def _add_outside(frames, outside, actuals):
    """Works outside the plan that are in hand: what is left to pay of them is committed, and they are worth nothing here."""
    if not len(outside):
        return
    use = actuals.works.set_index("scheme_id").use
    blank = {name: "" for name in frames["schemes"] if not pd.api.types.is_numeric_dtype(frames["schemes"][name])}
    rows = pd.DataFrame([{**blank, "scheme_id": scheme, "school_id": row.school_id, "description": row.description,
                          "kind": "listed", "tag": use[scheme], "must_do": "yes"} for scheme, row in outside.iterrows()])
    frames["schemes"] = pd.concat([frames["schemes"], rows], ignore_index=True)
    starts = pd.DataFrame({"scheme_id": outside.index, "start_year": actuals.year, "value": 0.0})
    for name in frames["scheme_years"].columns.difference(starts.columns):
        starts[name] = actuals.year if name == "finish_year" else 0.0
    frames["scheme_years"] = pd.concat([frames["scheme_years"], starts], ignore_index=True)
    due = (outside.forecast_cost_gbp - outside.spent_gbp).clip(lower=0.0).round(2)
    paid = pd.DataFrame({"scheme_id": outside.index, "start_year": actuals.year, "year": actuals.year,
                         "cost": due.to_numpy(), "contributed_gbp": 0.0})
    frames["spend"] = pd.concat([frames["spend"], paid], ignore_index=True)


def _bundles_left(bundles, offered, committed):
    """Bundles whose schemes are all still to start: what works in hand save is in their forecast."""
    if not len(bundles):
        return bundles
    names = bundles.schemes.map(lambda text: {name.strip() for name in text.split(";") if name.strip()})
    return bundles[[own <= offered and not own & set(committed) for own in names]].reset_index(drop=True)
