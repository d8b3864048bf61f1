"""Limits on what is started or spent, as weights on starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

SCOPES = {"site": "site_id", "school": "school_id", "trade": "trade"}


@dataclass(frozen=True)
class Limit:
    """One limit: which starts count (``place`` in ``pairs``), with what weight, and the amount they are held to.

    ``or_none``: a lower limit that nothing at all meets too, as the least size of a package does. ``of_total``:
    a share of all spending, say, already taken off the weights, so that the amount is zero.
    """

    name: str
    sense: str
    amount: float
    place: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    pairs: Sequence = field(repr=False)
    or_none: bool = False
    of_total: bool = False

    @cached_property
    def weights(self):
        """(scheme, year) to its weight."""
        return {self.pairs[place]: weight for place, weight in zip(self.place.tolist(), self.weight.tolist(), strict=True)}


def read_limits(candidates, schemes, pairs, spending):
    """Every limit of the candidates; one without a scope_id holds for each site, school or trade on its own.

    Parameters
    ----------
    candidates : Candidates
    schemes : DataFrame
        The schemes, with ``site_id``, ``school_id`` and ``trade``.
    pairs : list of tuple
        Starts (scheme, year).
    spending : Spending
        What each start spends.

    Returns
    -------
    list of Limit
    """
    if not len(candidates.limits):
        return []
    facts = schemes.set_index("scheme_id")
    scheme = pd.Series([scheme for scheme, _ in pairs], dtype=object)
    of_scheme = {scope: scheme.map(facts[column]).to_numpy(object) for scope, column in SCOPES.items()}
    start_years = np.array([year for _, year in pairs], dtype=int)
    known, limits = {}, []
    for row in candidates.limits.itertuples():
        year = None if pd.isna(row.year) else int(row.year)
        if (row.measure, year) not in known:
            known[row.measure, year] = _measure(candidates.scheme_years, row.measure, year, start_years, spending)
        for place, label in _places(row, schemes, of_scheme):
            limits.append(_limit(row, label, place, known[row.measure, year], pairs))
    return limits


def _places(row, schemes, of_scheme):
    """Which starts each limit of a row counts (a mask), with the limit's name."""
    if row.scope == "all":
        yield np.ones(len(of_scheme["site"]), bool), row.limit_id
        return
    column = of_scheme[row.scope]
    if row.scope_id:
        yield column == row.scope_id, row.limit_id
        return
    codes, names = pd.factorize(pd.Series(column, dtype=object))
    listed = sorted(name for name in schemes[SCOPES[row.scope]].unique() if name)
    number = {name: code for code, name in enumerate(names)}
    for name in listed:
        yield codes == number.get(name, -1), f"{row.limit_id} {name}"


def _limit(row, label, inside, weight, pairs):
    """A limit over the starts ``inside`` (a mask). As a share of the total, each start of the total takes its share off."""
    amount, own = float(row.amount), np.where(inside, weight, 0.0)
    of_total = _yes(row, "of_total")
    if of_total:
        own, amount = own - amount * weight, 0.0
    places = np.flatnonzero(own)
    return Limit(label, row.sense, amount, places, own[places], pairs, _yes(row, "or_none"), of_total)


def _yes(row, name):
    flag = getattr(row, name, False)
    return bool(flag) and not pd.isna(flag)


def _measure(years, measure, year, start_years, spending):
    """What every start counts for, shape (n,): one scheme, what it spends, or a column of scheme_years."""
    count = len(start_years)
    if measure == "cost":
        inside = slice(None) if year is None else spending.year == year
        return np.bincount(spending.start[inside], spending.cost_gbp[inside], count)
    weight = np.ones(count) if measure == "schemes" else pd.to_numeric(years[measure]).to_numpy(float)
    return weight if year is None else np.where(start_years == year, weight, 0.0)
