"""Candidates as the formulation, the rules of thumb and the audit read them: plain lists and dictionaries."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..candidates import must_start_by, needs_met, split_list


@dataclass(frozen=True)
class Start:
    """One scheme started in one year: what it is worth and what it spends when (nominal GBP by year)."""

    scheme_id: str
    year: int
    value: float
    spend: dict


@dataclass(frozen=True)
class Limit:
    """One limit: which starts count, with what weight, and the amount they are held to."""

    name: str
    sense: str
    amount: float
    weights: dict


@dataclass(frozen=True)
class Instance:
    """Everything the optimiser needs, by name.

    ``starts`` maps (scheme, year) to ``Start``; ``groups`` maps a need to its alternative schemes (a scheme without an
    exclusion group is a need of its own, and one on a whole block may meet several); ``must`` maps a need to the
    (scheme, year) pairs that meet it in time; ``requires`` maps a scheme to those that must have started no later;
    ``pots`` is indexed by ``pot_id``; ``payers`` maps a scheme to the pots that may pay for it, in the order they lapse.
    """

    starts: dict = field(repr=False)
    groups: dict = field(repr=False)
    must: dict = field(repr=False)
    requires: dict = field(repr=False)
    pots: pd.DataFrame = field(repr=False)
    payers: dict = field(repr=False)
    limits: list = field(repr=False)

    def classes(self):
        """Eligibility classes: schemes that the same pots may pay for.

        Returns
        -------
        dict of tuple to list
            Pots (in lapsing order) to the schemes they may pay for.
        """
        found = defaultdict(list)
        for scheme, pots in self.payers.items():
            found[pots].append(scheme)
        return dict(found)


def instance(candidates):
    """Candidates as an ``Instance``.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    Instance
    """
    schemes = candidates.schemes
    for name in ("school_id", "tag", "exclusion_group", "requires", "must_do", "site_id", "trade"):
        if name not in schemes:
            schemes[name] = ""
    starts = _starts(candidates)
    by_scheme = defaultdict(list)
    for scheme, year in starts:
        by_scheme[scheme].append(year)
    needs, groups, must = needs_met(schemes), defaultdict(list), defaultdict(list)
    for row in schemes.itertuples():
        latest = must_start_by(row.must_do)
        for need in needs[row.scheme_id]:
            groups[need].append(row.scheme_id)
            if latest is not None:
                must[need] += [(row.scheme_id, year) for year in by_scheme[row.scheme_id] if year <= latest]
    requires = {row.scheme_id: split_list(row.requires) for row in schemes.itertuples() if row.requires}
    pots = candidates.pots.set_index("pot_id", drop=False)
    return Instance(starts, dict(groups), dict(must), requires, pots, _payers(schemes, pots),
                    _limits(candidates, schemes, starts))


def _starts(candidates):
    spend = defaultdict(dict)
    rows = candidates.spend
    for scheme, start, year, cost in zip(rows.scheme_id, rows.start_year, rows.year, rows.cost, strict=True):
        if cost:
            bill = spend[scheme, start]
            bill[year] = bill.get(year, 0.0) + cost
    rows = candidates.scheme_years
    return {(scheme, year): Start(scheme, year, float(value), spend.get((scheme, year), {}))
            for scheme, year, value in zip(rows.scheme_id, rows.start_year, rows.value, strict=True)}


def _payers(schemes, pots):
    order = pots.sort_values(["last_year", "first_year"], kind="stable")
    asks = [({tag.strip() for tag in row.tags.split(";") if tag.strip()}, row.school_id, row.pot_id)
            for row in order.fillna({"tags": "", "school_id": ""}).itertuples()]
    known, payers = {}, {}
    for row in schemes.itertuples():
        key = (row.tag, row.school_id)
        if key not in known:
            known[key] = tuple(pot for tags, school, pot in asks
                               if (not tags or row.tag in tags) and (not school or school == row.school_id))
        payers[row.scheme_id] = known[key]
    return payers


def _limits(candidates, schemes, starts):
    facts = schemes.set_index("scheme_id")
    years = candidates.scheme_years
    limits = []
    for row in candidates.limits.itertuples():
        if row.scope == "all":
            scopes = {"": schemes.scheme_id.tolist()}
        else:
            column = {"site": "site_id", "school": "school_id", "trade": "trade"}[row.scope]
            scopes = facts.groupby(column).groups
            scopes = {name: list(members) for name, members in scopes.items() if name}
            if row.scope_id:
                scopes = {row.scope_id: scopes.get(row.scope_id, [])}
        year = None if pd.isna(row.year) else int(row.year)
        measured = None
        if row.measure not in ("schemes", "cost"):
            numbers = pd.to_numeric(years[row.measure]).astype(float)
            measured = dict(zip(zip(years.scheme_id, years.start_year, strict=True), numbers, strict=True))
        by_scheme = defaultdict(list)
        for pair in starts:
            by_scheme[pair[0]].append(pair)
        for name, members in scopes.items():
            pairs = [pair for scheme in members for pair in by_scheme[scheme]]
            weights = {pair: _weight(row.measure, starts[pair], year, measured) for pair in pairs}
            label = row.limit_id if row.scope == "all" or row.scope_id else f"{row.limit_id} {name}"
            limits.append(Limit(label, row.sense, float(row.amount),
                                {pair: weight for pair, weight in weights.items() if weight}))
    return limits


def _weight(measure, start, year, measured):
    if measure == "cost":
        return sum(start.spend.values()) if year is None else start.spend.get(year, 0.0)
    if year is not None and start.year != year:
        return 0.0
    return 1.0 if measure == "schemes" else measured[start.scheme_id, start.year]


def total_value(inst, choice):
    """Value of a choice of start years.

    Parameters
    ----------
    inst : Instance
    choice : dict
        Scheme to start year.

    Returns
    -------
    float
        Pounds or points, as the candidates have them.
    """
    return float(np.sum([inst.starts[pair].value for pair in choice.items()])) if choice else 0.0
