"""The formulation as one sparse matrix, built straight from the instance for speed.

It is the model of ``formulation``, row for row and column for column, unless bills are handed on; that module is the
definition, and tests hold the two to each other. Columns come in this order: starts, money flows, totals, bundles, packages.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .instance import Instance

FREE, TINY = np.inf, 1e-6


@dataclass(frozen=True)
class Arrays:
    """``max value @ x`` with ``low <= matrix @ x <= high`` and ``least <= x <= most``; ``whole`` marks the integer columns.

    ``matrix`` is a sparse matrix by column, shape (rows, columns). ``family`` (rows,) numbers the family of each row in
    ``FAMILIES``. The first ``len(instance.pairs)`` columns are the starts; one that could not be paid for by itself, or that
    breaks an upper limit by itself, may be 0 at most. ``together`` gives the column of each (bundle, year), ``packages`` of
    each limit that is a package, by its place. ``reach`` (columns,): what a column cannot exceed in size.
    ``general``: columns of what pots open to any school pay. ``pot_rows``: pot to the row that holds it to its amount.
    """

    instance: Instance = field(repr=False)
    value: np.ndarray = field(repr=False)
    least: np.ndarray = field(repr=False)
    most: np.ndarray = field(repr=False)
    whole: np.ndarray = field(repr=False)
    matrix: object = field(repr=False)
    low: np.ndarray = field(repr=False)
    high: np.ndarray = field(repr=False)
    family: np.ndarray = field(repr=False)
    together: dict = field(repr=False)
    packages: dict = field(repr=False)
    reach: np.ndarray = field(repr=False)
    general: np.ndarray = field(repr=False)
    pot_rows: dict = field(repr=False)

    @property
    def starts(self):
        """Number of starts."""
        return len(self.instance.pairs)

    @cached_property
    def own_need(self):
        """Number of the first need of each start's scheme, shape (n,): a partition of the starts."""
        number = {}
        for i, members in enumerate(self.instance.groups.values()):
            for scheme in members:
                number.setdefault(scheme, i)
        return np.array([number[scheme] for scheme, _ in self.instance.pairs], dtype=int)

    @cached_property
    def needs(self):
        """Number of needs."""
        return int(self.own_need.max(initial=-1)) + 1

    @cached_property
    def even(self):
        """The same model with rows, money and value in units in which entries are about 1, and the pounds or points in its
        unit of value.

        Notes
        -----
        A solver keeps every row and every whole number to one tolerance. Where a row is in pounds that tolerance is either
        looser than a start or finer than the arithmetic: at 1e-9 and pounds, HiGHS found the programmes and refused them.
        The units are powers of two, so no figure is rounded; starts and other whole numbers keep theirs.
        """
        from scipy.sparse import diags

        value, cost = np.abs(self.value[:self.starts]), self.instance.cost
        worth, money = _unit(np.median(value[value > 0])) if value.any() else 1.0, _unit(np.median(cost[cost > 0]))
        entries = abs(self.matrix)
        largest = entries[:, np.flatnonzero(self.whole)].max(axis=1).toarray().ravel()
        row = 1.0 / np.where(largest > 0, _unit(np.where(largest > 0, largest, 1.0)), money)
        most = (diags(row) @ entries).max(axis=0).toarray().ravel()
        column = 1.0 / np.where(self.whole | (most == 0), 1.0, _unit(np.where(most > 0, most, 1.0)))
        return replace(self, value=self.value * column / worth, least=self.least / column, most=self.most / column,
                       matrix=(diags(row) @ self.matrix @ diags(column)).tocsc(), low=self.low * row, high=self.high * row,
                       reach=self.reach / column), worth

    def whole_columns(self, choice):
        """Value of every integer column for a choice of start years; the rest are zero, shape (columns,)."""
        x, inst = np.zeros(len(self.value)), self.instance
        x[[inst.place_of[pair] for pair in choice.items()]] = 1.0
        for (i, year), column in self.together.items():
            x[column] = all(choice.get(scheme) == year for scheme in inst.bundles[i].schemes)
        for i, column in self.packages.items():
            x[column] = x[inst.limits[i].place].any()
        return x

    def choice(self, x):
        """Scheme to start year, from the columns."""
        return dict(self.instance.pairs[place] for place in np.flatnonzero(x[:self.starts] > 0.5))


def _unit(size):
    """The power of two next to a size; 1 where there is none."""
    return 2.0 ** np.round(np.log2(np.where(np.isfinite(size), size, 1.0)))


class _Rows:
    """Rows as they are stated, by coordinates; and the columns beside the starts."""

    def __init__(self, inst, handed_on):
        self.handed_on = handed_on
        self.inst, self.columns = inst, len(inst.pairs)
        self.row, self.column, self.entry, self.low, self.high, self.family = [], [], [], [], [], []
        self.least, self.most, self.whole, self.reach = [], [], [], []
        self.general, self.pot_rows = [], {}
        self.money, self.flows, self.together, self.packages = float(inst.pots.amount.sum()), {}, {}, {}

    def new(self, count, least=0.0, most=FREE, whole=False, reach=None):
        """Further columns without a value; their places."""
        places = np.arange(self.columns, self.columns + count)
        self.columns += count
        self.least += [least] * count
        self.most += [most] * count
        self.whole += [whole] * count
        self.reach += [self.money if reach is None else reach] * count
        return places

    def flow(self, pot, year):
        """A column for what a pot pays in a year; its place."""
        place = self.new(1)
        self.flows.setdefault(pot, []).append((year, place))
        if pot in self.inst.general_pots:
            self.general.append(int(place[0]))
        return place

    def add(self, family, parts, low, high):
        """One row, ``parts`` being (columns, entries)."""
        for columns, entries in parts:
            columns = np.atleast_1d(np.asarray(columns, dtype=int))
            self.column.append(columns)
            self.row.append(np.full(len(columns), len(self.low)))
            self.entry.append(np.broadcast_to(np.asarray(entries, dtype=float), columns.shape))
        self.low.append(low)
        self.high.append(high)
        self.family.append(family)


def arrays(inst, handed_on=False):
    """An instance as arrays.

    Parameters
    ----------
    inst : Instance
    handed_on : bool
        Whether a bill that a school's own money may pay in part is handed on, for the rest, to one bill of all schools that
        the same pots pay. The same programmes, with far fewer flows where many schools have money of their own.

    Returns
    -------
    Arrays
    """
    from scipy.sparse import csc_matrix

    rows = _Rows(inst, handed_on)
    for number, family in enumerate(FAMILIES):
        family(rows, number)
    shape = (len(rows.low), rows.columns)
    entries = [np.concatenate(part) if part else np.zeros(0) for part in (rows.entry, rows.row, rows.column)]
    matrix = csc_matrix((entries[0], (entries[1].astype(int), entries[2].astype(int))), shape=shape)
    matrix.sum_duplicates()
    extra, starts = rows.columns - len(inst.pairs), len(inst.pairs)
    whole = np.concatenate([np.ones(starts, bool), np.array(rows.whole, dtype=bool)])
    return Arrays(
        inst, np.concatenate([inst.value, np.zeros(extra)]), np.concatenate([np.zeros(starts), rows.least]),
        np.concatenate([_possible(inst), rows.most]), whole, matrix, np.array(rows.low, dtype=float),
        np.array(rows.high, dtype=float), np.array(rows.family, dtype=int), rows.together, rows.packages,
        np.concatenate([np.ones(starts), rows.reach]), np.array(rows.general, dtype=int),
        rows.pot_rows)


def _possible(inst):
    """1 for each start that could be paid for and keeps every upper limit by itself, else 0; shape (n,)."""
    possible = np.ones(len(inst.pairs))
    for limit in inst.limits:
        if limit.sense == "<=" and limit.total is None and (limit.weight > 0).all():
            possible[limit.place[limit.weight > limit.amount * (1 + 1e-9)]] = 0.0
    if not inst.bundles:
        years = np.unique(inst.spending.year)
        held = {pots: np.array([sum(inst.terms[pot].amount for pot in pots
                                    if inst.terms[pot].first_year <= year <= inst.terms[pot].last_year) for year in years])
                for pots in set(inst.payers.values())}
        spent = inst.spending
        most = np.array([held[inst.payers[inst.pairs[place][0]]][column] for place, column in
                         zip(spent.start.tolist(), np.searchsorted(years, spent.year).tolist(), strict=True)])
        possible[spent.start[spent.cost_gbp > most * (1 + 1e-9)]] = 0.0
    return possible


def _one_per_need(rows, number):
    for members in rows.inst.groups.values():
        places = [place for scheme in members for place in rows.inst.by_scheme.get(scheme, ())]
        if len(places) > 1:
            rows.add(number, [(places, 1.0)], -FREE, 1.0)


def _must_do(rows, number):
    place_of = rows.inst.place_of
    for pairs in rows.inst.must.values():
        rows.add(number, [([place_of[pair] for pair in pairs], 1.0)], 1.0, FREE)


def _started_no_later(rows, number):
    inst = rows.inst
    for scheme, required in inst.requires.items():
        for other in required:
            for place in inst.by_scheme.get(scheme, ()):
                year = inst.pairs[place][1]
                rows.add(number, [(_begun(inst, scheme, year), 1.0), (_begun(inst, other, year), -1.0)], -FREE, 0.0)


def _begun(inst, scheme, year):
    return [place for place in inst.by_scheme.get(scheme, ()) if inst.pairs[place][1] <= year]


def _bundles(rows, number):
    inst = rows.inst
    for i, bundle in enumerate(inst.bundles):
        years = [{inst.pairs[place][1] for place in inst.by_scheme.get(scheme, ())} for scheme in bundle.schemes]
        for year in sorted(set.intersection(*years)):
            column = rows.together[i, year] = int(rows.new(1, 0.0, 1.0, True, 1.0)[0])
            for scheme in bundle.schemes:
                rows.add(number, [(column, 1.0), (inst.place_of[scheme, year], -1.0)], -FREE, 0.0)


def _fully_paid(rows, number):
    inst = rows.inst
    place_of_class = {pots: i for i, pots in enumerate(inst.classes())}
    of_scheme = {scheme: place_of_class[pots] for scheme, pots in inst.payers.items()}
    of_start = np.array([of_scheme[scheme] for scheme, _ in inst.pairs], dtype=int)
    shared = {}
    for (i, year), (columns, costs) in _owed(inst, of_start, rows.together).items():
        open_pots = [pot for pot in list(place_of_class)[i]
                     if inst.terms[pot].first_year <= year <= inst.terms[pot].last_year]
        general = tuple(pot for pot in open_pots if rows.handed_on and pot in inst.general_pots)
        parts = [(columns, -costs)]
        for pot in open_pots:
            if pot not in general:
                flow, most = rows.flow(pot, year), inst.terms[pot].most_share
                parts.append((flow, 1.0))
                if most < 1:
                    rows.add(number, [(flow, 1.0), (columns, -most * costs)], -FREE, 0.0)
        if general and len(parts) > 1:                     # its own pots pay first; the rest is handed on
            rest = rows.new(1)
            parts.append((rest, 1.0))
            shared.setdefault((general, year), []).append((rest, -1.0))
        elif general:
            shared.setdefault((general, year), []).append(parts.pop())
        if parts:
            rows.add(number, parts, 0.0, 0.0)
    for (general, year), parts in shared.items():
        rows.add(number, [*((rows.flow(pot, year), 1.0) for pot in general), *parts], 0.0, 0.0)


def _owed(inst, of_start, together):
    """(class, year) to the columns that spend then and what they spend; bundles take their saving off."""
    spending = inst.spending
    key = np.stack([of_start[spending.start], spending.year])
    columns, costs = spending.start, spending.cost_gbp
    saved = [(of_start[place], year, column, -inst.bundles[i].saving_share * cost)
             for (i, start), column in together.items() for scheme in inst.bundles[i].schemes
             for place in [inst.place_of[scheme, start]] for year, cost in inst.starts[scheme, start].spend.items()]
    if saved:
        more = np.array(saved)
        key = np.concatenate([key, more[:, :2].T.astype(int)], axis=1)
        columns, costs = np.concatenate([columns, more[:, 2].astype(int)]), np.concatenate([costs, more[:, 3]])
    order = np.lexsort((key[1], key[0]))
    key, columns, costs = key[:, order], columns[order], costs[order]
    edges = np.flatnonzero(np.any(np.diff(key, axis=1) != 0, axis=0)) + 1 if key.shape[1] else []
    return {(int(k[0, 0]), int(k[1, 0])): (c, a) for k, c, a in
            zip(np.split(key, edges, axis=1), np.split(columns, edges), np.split(costs, edges), strict=True) if len(c)}


def _pot_amount(rows, number):
    inst = rows.inst
    for pot, terms in inst.terms.items():
        drawn = rows.flows.get(pot, [])
        if drawn:
            rows.pot_rows[pot] = len(rows.low)
            rows.add(number, [(np.concatenate([flow for _, flow in drawn]), 1.0)], -FREE, terms.amount)
        for year in sorted({year for year, _ in drawn}) if terms.with_scheme else ():
            begun = _begun(inst, terms.with_scheme, year)
            paid = np.concatenate([flow for paid_in, flow in drawn if paid_in == year])
            rows.add(number, [(paid, 1.0), (begun, -terms.amount)], -FREE, 0.0)


def _limits(rows, number):
    totals = {}
    for i, limit in enumerate(rows.inst.limits):
        parts, amount = [(limit.place, limit.weight)], limit.amount
        if limit.total is not None:
            key = limit.total.name, limit.total.year
            if key not in totals:
                totals[key] = rows.new(1, -FREE, reach=float(np.abs(limit.total.weight).sum()))
                rows.add(number, [(limit.total.place, limit.total.weight), (totals[key], -1.0)], 0.0, 0.0)
            parts, amount = [*parts, (totals[key], -limit.amount)], 0.0
        if limit.or_none:
            package = rows.packages[i] = int(rows.new(1, 0.0, 1.0, True, 1.0)[0])
            rows.add(number, [*parts, (package, -limit.weight[limit.weight > 0].sum())], -FREE, 0.0)
            parts, amount = [*parts, (package, -limit.amount)], 0.0
        elif limit.total is None and (limit.weight == np.round(limit.weight)).all():   # whole numbers add up to one
            amount = np.floor(amount + TINY) if limit.sense == "<=" else np.ceil(amount - TINY)
        rows.add(number, parts, *((-FREE, amount) if limit.sense == "<=" else (amount, FREE)))


FAMILIES = (_one_per_need, _must_do, _started_no_later, _bundles, _fully_paid, _pot_amount, _limits)
NEEDS, MUST, ORDER, BUNDLES, PAID, POTS, LIMITS = range(len(FAMILIES))
