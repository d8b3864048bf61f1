"""Candidates as the formulation, the rules of thumb and the search read them: arrays by start, and dictionaries by name."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ..candidates import must_start_by, needs_met, split_list
from .limits import read_limits
from .purses import bills_of, purses
from .starts import Spending, Starts, coded, start_rows, yearly

NO_ROWS = np.zeros(0, int), np.zeros(0, int), np.zeros(0)


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
        return Starts(self.place_of, self.value, self.spends)

    @cached_property
    def spends(self):
        """What each start spends in each year, as rows whose item is the year, nominal. [GBP]"""
        return yearly(self.spending, len(self.pairs))

    @cached_property
    def years(self):
        """The year of each start, shape (n,)."""
        return np.array([year for _, year in self.pairs], dtype=int)

    @cached_property
    def number_of(self):
        """Scheme to its number, in the order of ``payers``."""
        return {scheme: number for number, scheme in enumerate(self.payers)}

    @cached_property
    def scheme(self):
        """The number of the scheme of each start, shape (n,)."""
        return np.array([self.number_of[scheme] for scheme, _ in self.pairs], dtype=int)

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
    def purses(self):
        """The purse of every class of schemes in every year."""
        return purses(self)

    @cached_property
    def bills(self):
        """What each start spends, as rows whose item is the number of the purse that pays, nominal. [GBP]"""
        return bills_of(self)

    @cached_property
    def start_of(self):
        """The place of each scheme's start in each year that any starts in, shape (years, schemes); -1: it has none."""
        years, row = np.unique(self.years, return_inverse=True)
        table = np.full((len(years), len(self.number_of)), -1)
        table[row, self.scheme] = np.arange(len(self.pairs))
        return table

    @cached_property
    def needs_of(self):
        """Scheme to the needs it meets."""
        found = defaultdict(list)
        for need, members in self.groups.items():
            for scheme in members:
                found[scheme].append(need)
        return dict(found)

    @cached_property
    def rivals(self):
        """Number of a scheme to those of the others that meet a need it meets; left out where there are none."""
        found = defaultdict(set)
        for members in self.groups.values():
            if len(members) > 1:
                numbers = [self.number_of[scheme] for scheme in members]
                for number in numbers:
                    found[number].update(numbers)
        return {number: sorted(others - {number}) for number, others in found.items()}

    @cached_property
    def alternatives(self):
        """Every need with each scheme that meets it, by their numbers, as two parallel arrays in the order of ``groups``."""
        members = self.groups.values()
        return (np.repeat(np.arange(len(members)), [len(schemes) for schemes in members]),
                np.array([self.number_of[scheme] for schemes in members for scheme in schemes], dtype=int))

    @cached_property
    def payer_class(self):
        """The eligibility class of each start, shape (n,): its place among ``classes``."""
        place = {pots: i for i, pots in enumerate(self._classes)}
        return np.array([place[pots] for pots in self.payers.values()], dtype=int)[self.scheme]

    @cached_property
    def upper_limits(self):
        """The upper limits of an amount that each start counts in, as rows: place in ``limits``, and its weight."""
        upper = [(np.full(len(limit.place), i), limit.place, limit.weight) for i, limit in enumerate(self.limits)
                 if limit.sense == "<=" and limit.total is None]
        number, place, weight = (np.concatenate(column) for column in zip(*upper, strict=True)) if upper else NO_ROWS
        return start_rows(place, number, weight, len(self.pairs))

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
        return {pots: list(schemes) for pots, schemes in self._classes.items()}

    @cached_property
    def _classes(self):
        found = defaultdict(list)
        for scheme, pots in self.payers.items():
            found[pots].append(scheme)
        return found

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
    (listed, starting, spending), names = _numbered(schemes, years, candidates.spend)
    pairs = list(zip([names[number] for number in starting.tolist()], years.start_year.tolist(), strict=True))
    spending = _spending(candidates.spend, spending, years, starting)
    names = [names[number] for number in listed.tolist()]
    groups, must = _needs(schemes, names, pairs)
    requires = {scheme: split_list(text) for scheme, text in zip(names, schemes.requires.tolist(), strict=True) if text}
    pots = _pots(candidates.pots)
    limits = read_limits(candidates, schemes, pairs, spending)
    bundles = [Bundle(row.bundle_id, tuple(split_list(row.schemes)), float(row.saving_share))
               for row in candidates.bundles.itertuples()]
    return Instance(pairs, years.value.to_numpy(float), spending, groups, must, requires, pots,
                    _payers(schemes, names, pots), limits, bundles, _contributions(candidates.spend))


def _numbered(*tables):
    """The scheme of every row of some tables as a number, table by table, and the schemes by number."""
    codes, names = pd.factorize(pd.concat([table.scheme_id for table in tables], ignore_index=True))
    return np.split(codes, np.cumsum([len(table) for table in tables])[:-1]), names.tolist()


def _spending(spend, scheme, years, starting):
    """What the pots spend on every start; ``scheme`` is the number of the scheme of each row of ``spend``, ``starting`` that
    of each row of ``years``."""
    codes, _, of_pair = coded(np.concatenate([starting, scheme]), np.concatenate(
        [years.start_year.to_numpy(int), spend.start_year.to_numpy(int)]))
    place = codes[len(years):]
    if len(of_pair) > len(years):
        row = spend.iloc[int(np.argmax(place >= len(years)))]
        raise KeyError((row.scheme_id, int(row.start_year)))
    cost = spend.cost.to_numpy(float) - _contributed(spend)
    some = np.flatnonzero(cost)
    return Spending(place[some], spend.year.to_numpy(int)[some], cost[some])


def _needs(schemes, names, pairs):
    """What ``Instance`` has as ``groups`` and as ``must``."""
    groups, must, starts = defaultdict(list), defaultdict(list), defaultdict(list)
    needs, texts = needs_met(schemes), schemes.must_do.tolist()
    latest_by = {text: must_start_by(text) for text in set(texts)}
    if any(latest is not None for latest in latest_by.values()):
        for scheme, year in pairs:
            starts[scheme].append(year)
    for scheme, text in zip(names, texts, strict=True):
        for need in needs[scheme]:
            groups[need].append(scheme)
            if (latest := latest_by[text]) is not None:
                must[need] += [(scheme, year) for year in starts[scheme] if year <= latest]
    return dict(groups), dict(must)


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


def _payers(schemes, names, pots):
    order = pots.sort_values(["last_year", "first_year"], kind="stable")
    asks = [(frozenset(split_list(row.tags)), row.school_id, frozenset(split_list(row.schemes)), row.pot_id)
            for row in order.itertuples()]
    named = frozenset().union(*(only for _, _, only, _ in asks))
    of_school, known, payers = _asks_by_school(asks), {}, {}
    for scheme, tag, school in zip(names, schemes.tag.tolist(), schemes.school_id.tolist(), strict=True):
        key = (tag, school, scheme if scheme in named else "")
        if key not in known:
            known[key] = tuple(pot for tags, _, only, pot in of_school.get(school, of_school[""])
                               if (not tags or tag in tags) and (not only or scheme in only))
        payers[scheme] = known[key]
    return payers


def _asks_by_school(asks):
    """What pots ask of a scheme, by school: those of no school and its own, in their order; blank: those of no school."""
    places = defaultdict(list)
    for place, (_, owner, _, _) in enumerate(asks):
        places[owner].append(place)
    return {school: [asks[place] for place in sorted({*places[""], *own})] for school, own in [*places.items(), ("", [])]}


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
    return float(np.sum(inst.value[[inst.place_of[pair] for pair in choice.items()]])) if choice else 0.0


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
    first, year, cost = inst.spends.packed
    places = [inst.place_of[pair] for pair in choice.items()]
    return {(scheme, year[row]): cost[row] * (1.0 - saved.get(scheme, 0.0))
            for scheme, place in zip(choice, places, strict=True) for row in range(first[place], first[place + 1])}
