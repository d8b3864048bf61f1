"""Purses: what the pots that may pay an eligibility class hold in a year."""

from dataclasses import dataclass, field

import numpy as np

from .starts import StartRows


@dataclass(frozen=True)
class Purses:
    """The purse of every class in every year that bills fall in; those of class i have the numbers from ``i * years``.

    A class is paid by several pots: ``group`` and ``pot`` are parallel arrays of their numbers, with the years, counted
    from ``first_year``, that the pot ``opens`` and ``closes`` in.
    """

    first_year: int
    years: int
    groups: int
    group: np.ndarray = field(repr=False)
    pot: np.ndarray = field(repr=False)
    opens: np.ndarray = field(repr=False)
    closes: np.ndarray = field(repr=False)

    def held(self, left_gbp):
        """What each purse holds.

        Parameters
        ----------
        left_gbp : array, shape (pots,)
            What is left in each pot. [GBP]

        Returns
        -------
        array, shape (purses,)
            However small a share of a bill each pot may pay, and whether its money has come or not. [GBP]
        """
        table, left = np.zeros((self.groups, self.years + 1)), left_gbp[self.pot]
        np.add.at(table, (self.group, self.opens), left)
        np.subtract.at(table, (self.group, self.closes), left)
        return table.cumsum(axis=1)[:, :-1].ravel()


def purses(inst):
    """The purses of an instance.

    Parameters
    ----------
    inst : Instance

    Returns
    -------
    Purses
    """
    due, classes, number = inst.spends.item, inst.classes(), {pot: i for i, pot in enumerate(inst.terms)}
    first = int(due.min()) if len(due) else 0
    years = int(due.max()) + 1 - first if len(due) else 1
    windows = np.array([(terms.first_year, terms.last_year + 1) for terms in inst.terms.values()], dtype=int).reshape(-1, 2)
    group = np.repeat(np.arange(len(classes)), [len(pots) for pots in classes])
    pot = np.array([number[pot] for pots in classes for pot in pots], dtype=int)
    opens, closes = np.clip(windows - first, 0, years)[pot].T
    return Purses(first, years, len(classes), group, pot, opens, closes)


def bills_of(inst):
    """What each start spends, by the purse that pays.

    Parameters
    ----------
    inst : Instance

    Returns
    -------
    StartRows
        As ``inst.spends``, with the number of the purse for the year.
    """
    spends, years = inst.spends, inst.purses.years
    group = np.repeat(inst.payer_class, np.diff(spends.first))
    return StartRows(spends.first, group * years + spends.item - inst.purses.first_year, spends.amount)
