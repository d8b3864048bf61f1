"""Starts by name and by place: one as an object, and what belongs to each as rows of arrays."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd


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
class StartRows:
    """What belongs to each start, as parallel arrays: start i has rows ``first[i]`` to ``first[i + 1]``, each an ``item``
    (a year, or the place of a limit) and an ``amount``."""

    first: np.ndarray = field(repr=False)
    item: np.ndarray = field(repr=False)
    amount: np.ndarray = field(repr=False)

    @cached_property
    def packed(self):
        """``first``, ``item`` and ``amount`` as arrays that are read one by one several times as fast as numpy's."""
        return (*(array("q", column.astype("int64").tobytes()) for column in (self.first, self.item)),
                array("d", self.amount.astype(float).tobytes()))

    @cached_property
    def totals(self):
        """The amounts of each start together, shape (n,)."""
        count = len(self.first) - 1
        return np.bincount(np.repeat(np.arange(count), np.diff(self.first)), self.amount, count)

    @cached_property
    def greatest(self):
        """Item and amount of the row of each start with the greatest amount, shape (n,) each; 0 where none is above 0."""
        count = len(self.first) - 1
        start, amount = np.repeat(np.arange(count), np.diff(self.first)), np.zeros(count)
        np.maximum.at(amount, start, self.amount)
        item, own = np.full(count, self.item[:1].sum()), self.amount == amount[start]
        item[start[own]] = self.item[own]
        return item, amount

    def of(self, places):
        """The rows of some starts.

        Parameters
        ----------
        places : array of int, shape (m,)
            Places of starts.

        Returns
        -------
        tuple of array of int, shape (k,)
            The rows, and for each which of ``places`` it belongs to.
        """
        begin, count = self.first[places], self.first[places + 1] - self.first[places]
        before = np.cumsum(count) - count
        return np.arange(count.sum()) + np.repeat(begin - before, count), np.repeat(np.arange(len(places)), count)


def start_rows(start, item, amount, count):
    """Rows put in the order of the starts they belong to; the rows of one start stay in the order given.

    Parameters
    ----------
    start, item : array of int, shape (k,)
        The start and the item of each row.
    amount : array, shape (k,)
        Its amount.
    count : int
        How many starts there are.

    Returns
    -------
    StartRows

    Examples
    --------
    >>> rows = start_rows(np.array([1, 0, 1]), np.array([2026, 2026, 2027]), np.array([5.0, 7.0, 6.0]), 2)
    >>> rows.first, rows.item, rows.amount
    (array([0, 1, 3]), array([2026, 2026, 2027]), array([7., 5., 6.]))
    """
    order = np.argsort(start, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=count))]).astype(int)
    return StartRows(first, item[order], amount[order])


def yearly(spending, count):
    """What each start spends in each year, as rows whose item is the year; several sums of one year are added up.

    Parameters
    ----------
    spending : Spending
    count : int
        How many starts there are.

    Returns
    -------
    StartRows
    """
    bill, start, year = coded(spending.start, spending.year)
    return start_rows(start, year, np.bincount(bill, spending.cost_gbp, len(start)), count)


def coded(number, year):
    """Which pair of a number and a year each row has.

    Parameters
    ----------
    number, year : array of int, shape (k,)
        Numbers from 0 on, and years of any kind.

    Returns
    -------
    tuple of array of int
        The place of each row's pair among those there are, which stand in the order they first appear in; and the number and
        the year of each of these.

    Examples
    --------
    >>> coded(np.array([0, 1, 0]), np.array([-1, 3, -1]))
    (array([0, 1, 0]), array([0, 1]), array([-1,  3]))
    """
    first, span = (int(year.min()), int(np.ptp(year)) + 1) if len(year) else (0, 1)
    codes, found = pd.factorize(number * span + (year - first))
    return codes, found // span, found % span + first


class Starts(Mapping):
    """(scheme, year) to ``Start``, each made when it is first asked for.

    Parameters
    ----------
    place_of : dict
        (scheme, year) to its place.
    value : array, shape (n,)
        What each start is worth.
    spends : StartRows
        What each spends in each year.
    """

    def __init__(self, place_of, value, spends):
        self._place_of, self._value, self._spends, self._made = place_of, value, spends, {}

    def __getitem__(self, pair):
        if pair not in self._made:
            place = self._place_of[pair]
            rows = slice(self._spends.first[place], self._spends.first[place + 1])
            spend = dict(zip(self._spends.item[rows].tolist(), self._spends.amount[rows].tolist(), strict=True))
            self._made[pair] = Start(*pair, float(self._value[place]), spend)
        return self._made[pair]

    def __contains__(self, pair):
        return pair in self._place_of

    def __iter__(self):
        return iter(self._place_of)

    def __len__(self):
        return len(self._place_of)
