"""Candidates as the formulation, the rules of thumb and the search read them: arrays by start, and dictionaries by name."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ..candidates import must_start_by, needs_met, split_list
from .limits import read_limits


@dataclass(frozen=True)
class Start:
    """One scheme started in one year: what it is worth and what it spends when (nominal GBP by year)."""

    scheme_id: str
    year: int
    value: float
    spend: dict


@dataclass(frozen=True)
class Spending:
    """What every start spends when, as parallel arrays: place of the start, year, sum (nominal GBP, not zero)."""

    start: np.ndarray
    year: np.ndarray
    cost_gbp: np.ndarray


@dataclass(frozen=True)
class Terms:
    """What a pot holds (nominal GBP), the years it can be spent in, the most it pays of a bill, and the scheme it comes with
    (blank: none)."""

    amount: float
    first_year: int
    last_year: int
    most_share: float
    with_scheme: str


@dataclass(frozen=True)
class Bundle:
    """Schemes that save a share of what they spend where they start in the same year. [-]"""

    name: str
    schemes: tuple
    saving_share: float


@dataclass(frozen=True)
class Instance:
    """Everything the optimiser needs, by name and by place.

    ``pairs`` lists the starts (scheme, year), ``value`` (n,) what each is worth, ``spending`` what the pots spend on each,
    and ``contributed`` what others pay of a (scheme, year) by year of payment (nominal GBP); ``groups``
    maps a need to its alternative schemes (a scheme without an exclusion group is a need of its own, and one on a whole
    block may meet several); ``must`` maps a need to the (scheme, year) pairs that meet it in time; ``requires`` maps a
    scheme to those that must have started no later; ``pots`` is indexed by ``pot_id``; ``payers`` maps a scheme to the pots
    that may pay for it, in the order they lapse.
    """

    pairs: list = field(repr=False)
    value: np.ndarray = field(repr=False)
    spending: Spending = field(repr=False)
    groups: dict = field(repr=False)
    must: dict = field(repr=False)
    requires: dict = field(repr=False)
    pots: pd.DataFrame = field(repr=False)
    payers: dict = field(repr=False)
    limits: list = field(repr=False)
    bundles: list = field(repr=False, default_factory=list)
    contributed: dict = field(repr=False, default_factory=dict)

    @cached_property
    def starts(self):
        """(scheme, year) to ``Start``."""
        bills = [{} for _ in self.pairs]
        for place, year, cost in zip(self.spending.start.tolist(), self.spending.year.tolist(),
                                     self.spending.cost_gbp.tolist(), strict=True):
            bills[place][year] = bills[place].get(year, 0.0) + cost
        return {pair: Start(*pair, value, bill)
                for pair, value, bill in zip(self.pairs, self.value.tolist(), bills, strict=True)}

    @cached_property
    def general_pots(self):
        """Pots that no school owns, that name no schemes, and that pay whole bills."""
        pots = self.pots
        return frozenset(pots.index[(pots.school_id == "") & (pots.schemes == "") & (pots.most_share >= 1)])

    @cached_property
    def place_of(self):
        """(scheme, year) to its place in ``pairs``."""
        return dict(zip(self.pairs, range(len(self.pairs)), strict=True))

    @cached_property
    def by_scheme(self):
        """Scheme to the places of its starts in ``pairs``."""
        found = {}
        for place, (scheme, _) in enumerate(self.pairs):
            found.setdefault(scheme, []).append(place)
        return found

    @cached_property
    def upper_limits(self):
        """(scheme, year) to the upper limits of an amount that it counts in: place in ``limits``, and its weight."""
        found = defaultdict(list)
        for i, limit in enumerate(self.limits):
            if limit.sense == "<=" and limit.total is None:
                for place, weight in zip(limit.place.tolist(), limit.weight.tolist(), strict=True):
                    found[self.pairs[place]].append((i, weight))
        return dict(found)

    @cached_property
    def cost(self):
        """What each start spends in all years, shape (n,), nominal. [GBP]"""
        return np.bincount(self.spending.start, self.spending.cost_gbp, len(self.pairs))

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

    @cached_property
    def terms(self):
        """Pot to its ``Terms``, in the order of ``pots``."""
        pots = self.pots
        return {row.pot_id: Terms(float(row.amount), int(row.first_year), int(row.last_year), float(row.most_share),
                                  row.with_scheme) for row in pots.itertuples()}


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
    years = candidates.scheme_years
    pairs = list(zip(years.scheme_id.tolist(), years.start_year.tolist(), strict=True))
    spending = _spending(candidates.spend, pairs)
    by_scheme = defaultdict(list)
    for scheme, year in pairs:
        by_scheme[scheme].append(year)
    needs, groups, must = needs_met(schemes), defaultdict(list), defaultdict(list)
    for scheme, text in zip(schemes.scheme_id, schemes.must_do, strict=True):
        latest = must_start_by(text)
        for need in needs[scheme]:
            groups[need].append(scheme)
            if latest is not None:
                must[need] += [(scheme, year) for year in by_scheme[scheme] if year <= latest]
    requires = {scheme: split_list(text) for scheme, text in zip(schemes.scheme_id, schemes.requires, strict=True) if text}
    pots = _pots(candidates.pots)
    limits = read_limits(candidates, schemes, pairs, spending)
    bundles = [Bundle(row.bundle_id, tuple(split_list(row.schemes)), float(row.saving_share))
               for row in candidates.bundles.itertuples()]
    return Instance(pairs, years.value.to_numpy(float), spending, dict(groups), dict(must), requires, pots,
                    _payers(schemes, pots), limits, bundles, _contributions(candidates.spend))


def _spending(spend, pairs):
    place = dict(zip(pairs, range(len(pairs)), strict=True))
    starts = [place[pair] for pair in zip(spend.scheme_id, spend.start_year, strict=True)]
    cost = spend.cost.to_numpy(float) - _contributed(spend)
    some = np.flatnonzero(cost)
    return Spending(np.array(starts, dtype=int)[some], spend.year.to_numpy(int)[some], cost[some])


def _contributed(spend):
    """What others pay of each row of spending (nominal). [GBP]"""
    return spend.contributed_gbp.fillna(0.0).to_numpy(float) if "contributed_gbp" in spend else np.zeros(len(spend))


def _contributions(spend):
    """What others pay of each start by year, as ``Instance.contributed`` has it."""
    found = defaultdict(dict)
    rows = spend[_contributed(spend) > 0]
    for scheme, start, year, amount in zip(rows.scheme_id, rows.start_year, rows.year, _contributed(rows), strict=True):
        found[scheme, start][year] = found[scheme, start].get(year, 0.0) + float(amount)
    return dict(found)


def _pots(pots):
    """Pots by name, every optional column there: blank, or a share of all."""
    pots = pots.set_index("pot_id", drop=False)
    for name in ("tags", "school_id", "schemes", "with_scheme"):
        pots[name] = pots[name].astype(object).fillna("") if name in pots else ""
    pots["most_share"] = pots.most_share.astype(float).fillna(1.0) if "most_share" in pots else 1.0
    return pots


def _payers(schemes, pots):
    order = pots.sort_values(["last_year", "first_year"], kind="stable")
    asks = [(frozenset(split_list(row.tags)), row.school_id, frozenset(split_list(row.schemes)), row.pot_id)
            for row in order.itertuples()]
    named = frozenset().union(*(only for _, _, only, _ in asks))
    known, payers = {}, {}
    for scheme, tag, school in zip(schemes.scheme_id, schemes.tag, schemes.school_id, strict=True):
        key = (tag, school, scheme if scheme in named else "")
        if key not in known:
            known[key] = tuple(pot for tags, owner, only, pot in asks if (not tags or tag in tags)
                               and (not owner or owner == school) and (not only or scheme in only))
        payers[scheme] = known[key]
    return payers


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


def savings(inst, choice):
    """Share of its spending that each chosen scheme saves in the bundles that start together.

    Parameters
    ----------
    inst : Instance
    choice : dict
        Scheme to start year.

    Returns
    -------
    dict
        Scheme to its share; those that save nothing are left out. [-]
    """
    share = defaultdict(float)
    for bundle in inst.bundles:
        started = {choice.get(scheme) for scheme in bundle.schemes}
        if len(started) == 1 and None not in started:
            for scheme in bundle.schemes:
                share[scheme] += bundle.saving_share
    return share


def bills(inst, choice):
    """What each chosen scheme spends in each year, less what it saves in bundles.

    Parameters
    ----------
    inst : Instance
    choice : dict
        Scheme to start year.

    Returns
    -------
    dict
        (scheme, year) to the sum spent, nominal. [GBP]
    """
    saved = savings(inst, choice)
    return {(scheme, year): cost * (1.0 - saved.get(scheme, 0.0))
            for scheme, start in choice.items() for year, cost in inst.starts[scheme, start].spend.items()}
