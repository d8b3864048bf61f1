"""Limits on what is started or spent, as weights on starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

TOLERANCE = 1e-9
SCOPES = {"site": "site_id", "school": "school_id", "trade": "trade"}


@dataclass(frozen=True)
class Measure:
    """What every start counts for in one measure and year (``weight`` at ``place`` in ``pairs``), over all schemes."""

    name: str
    year: int | None
    place: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Limit:
    """One limit: which starts count (``place`` in ``pairs``), with what weight, and the amount they are held to.

    ``or_none``: a lower limit that nothing at all meets too, as the least size of a package does. ``total``: the measure
    over all schemes, where the amount is a share of that.
    """

    name: str
    sense: str
    amount: float
    place: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    pairs: Sequence = field(repr=False)
    or_none: bool = False
    total: Measure | None = None

    def __post_init__(self):
        if self.or_none and (self.total is not None or self.sense != ">="):
            raise ValueError(f"{self.name}: only a lower limit of an amount of its own may be met by nothing at all")

    @cached_property
    def weights(self):
        """(scheme, year) to its weight."""
        return {self.pairs[place]: weight for place, weight in zip(self.place.tolist(), self.weight.tolist(), strict=True)}

    def broken_by(self, chosen):
        """By how much the chosen starts break it, never negative.

        Parameters
        ----------
        chosen : array of bool, shape (n,)
            Whether each start of ``pairs`` is chosen.

        Returns
        -------
        float
            In the unit of its measure.
        """
        counted = float(self.weight[chosen[self.place]].sum())
        if self.or_none and abs(counted) <= TOLERANCE:
            return 0.0
        held_to = self.amount * (1.0 if self.total is None else float(self.total.weight[chosen[self.total.place]].sum()))
        beyond = counted - held_to if self.sense == "<=" else held_to - counted
        return beyond if beyond > TOLERANCE * max(1.0, abs(held_to)) else 0.0


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
            weight = _measured(candidates.scheme_years, row.measure, year, start_years, spending)
            known[row.measure, year] = Measure(row.measure, year, np.flatnonzero(weight), weight[weight != 0])
        total = known[row.measure, year]
        for own, label in _counted(row, schemes, of_scheme, total.place):
            limits.append(Limit(label, row.sense, float(row.amount), total.place[own], total.weight[own], pairs,
                                _yes(row, "or_none"), total if _yes(row, "of_total") else None))
    return limits


def _counted(row, schemes, of_scheme, places):
    """Which of some starts each limit of a row counts (where they stand in ``places``), with the limit's name."""
    if row.scope == "all":
        yield np.arange(len(places)), row.limit_id
        return
    column = of_scheme[row.scope][places]
    if row.scope_id:
        yield np.flatnonzero(column == row.scope_id), row.limit_id
        return
    codes, names = pd.factorize(pd.Series(column, dtype=object))
    order, counts = np.argsort(codes, kind="stable"), np.bincount(codes + 1, minlength=len(names) + 1)
    of_name = dict(zip(names, np.split(order, np.cumsum(counts)[:-1])[1:], strict=True))   # without those of no name
    for name in sorted(name for name in schemes[SCOPES[row.scope]].unique() if name):
        yield of_name.get(name, order[:0]), f"{row.limit_id} {name}"


def _yes(row, name):
    flag = getattr(row, name, False)
    return bool(flag) and not pd.isna(flag)


def _measured(years, measure, year, start_years, spending):
    """What every start counts for, shape (n,): one scheme, what it spends, or a column of scheme_years."""
    count = len(start_years)
    if measure == "cost":
        inside = slice(None) if year is None else spending.year == year
        return np.bincount(spending.start[inside], spending.cost_gbp[inside], count)
    weight = np.ones(count) if measure == "schemes" else pd.to_numeric(years[measure]).to_numpy(float)
    return weight if year is None else np.where(start_years == year, weight, 0.0)
