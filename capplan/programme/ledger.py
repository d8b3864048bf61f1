"""What is left in each pot and under each limit as schemes start one by one: for rules of thumb and quick searches."""

from array import array
from collections import Counter

import numpy as np

from .payments import payment_order

EXACT = 1e-9
"""A limit may be passed by so much."""
UNPAID_GBP = 1e-6
"""So much of a bill may stay unpaid."""
SURELY_GBP = 0.01
"""A bill this much dearer than what cannot be paid cannot be paid either, however sums are rounded."""


class Ledger:
    """What is left in each pot and under each limit.

    Parameters
    ----------
    inst : Instance
    order : list of str, optional
        Pots in the order they are used; left out: as ``payment_order`` has them.
    """

    def __init__(self, inst, order=None):
        self.inst, self.terms = inst, list(inst.terms.values())
        self.left = array("d", [terms.amount for terms in self.terms])
        self.room = array("d", [limit.amount for limit in inst.limits])
        number = {pot: i for i, pot in enumerate(inst.terms)}
        place = {pot: i for i, pot in enumerate(order or payment_order(inst.pots))}
        self.payers = [[number[pot] for pot in sorted(pots, key=place.get)] for pots in inst.classes()]
        self.bills, self.limits = inst.bills.packed, inst.upper_limits.packed
        self.limited = len(inst.upper_limits.item) > 0
        self.gives_room = np.bincount(inst.upper_limits.item, inst.upper_limits.amount < 0, len(inst.limits)) > 0
        purses = len(self.payers) * inst.purses.years
        self.pots_of, self.refused_gbp = [None] * purses, [float("inf")] * purses

    def take(self, place, choice):
        """Pay for a start if every limit and the pots allow it, given what has started; say whether they did.

        Parameters
        ----------
        place : int
            The place of the start in ``pairs``.
        choice : dict
            Scheme to start year, of what has started.

        Returns
        -------
        bool
        """
        if not self.limited:
            return self._pay(place, choice)
        first, limit, weight = self.limits
        watched, room = range(first[place], first[place + 1]), self.room
        for row in watched:
            if weight[row] > 0 and room[limit[row]] - weight[row] < -EXACT:
                return False
        if not self._pay(place, choice):
            return False
        for row in watched:
            room[limit[row]] -= weight[row]
        return True

    def _pay(self, place, choice):
        """Pay all bills of a start, or none."""
        (first, purse, cost), before = self.bills, []
        for row in range(first[place], first[place + 1]):
            if cost[row] > 0 and not self._draw(place, purse[row], cost[row], choice, before):
                for pot, held in reversed(before):
                    self.left[pot] = held
                return False
        return True

    def _draw(self, place, purse, bill, choice, before):
        """Draw a bill from the pots in their order, noting what each held before; say whether they could pay it.

        What a purse has refused when nothing was drawn for earlier bills of the start it refuses for good, since pots are
        only drawn down, unless one of them is still to come.
        """
        if bill > self.refused_gbp[purse]:
            return False
        unpaid, left, alone, comes = bill, self.left, not before, False
        for pot, most_share, scheme in self.pots_of[purse] or self._pots(purse):
            held, comes = left[pot], comes or scheme
            if held > 0 and (not scheme or self._has_come(scheme, purse, place, choice)):
                share = unpaid if unpaid < held else held
                if most_share < 1:
                    share = min(share, bill * most_share)
                before.append((pot, held))
                left[pot] = held - share
                unpaid -= share
                if unpaid <= 0:
                    return True
        if unpaid > UNPAID_GBP and alone and not comes:
            self.refused_gbp[purse] = bill + SURELY_GBP
        return unpaid <= UNPAID_GBP

    def _pots(self, purse):
        """Pots of a purse, in order: number, most share of a bill, and the scheme they come with."""
        group, year = self._class_and_year(purse)
        self.pots_of[purse] = [(pot, terms.most_share, terms.with_scheme) for pot in self.payers[group]
                               for terms in [self.terms[pot]] if terms.first_year <= year <= terms.last_year]
        return self.pots_of[purse]

    def _class_and_year(self, purse):
        group, year = divmod(purse, self.inst.purses.years)
        return group, self.inst.purses.first_year + year

    def _has_come(self, scheme, purse, place, choice):
        """Whether the money of a pot that comes with a scheme is there: that has started, or is this start itself."""
        (own, begun), (_, year) = self.inst.pairs[place], self._class_and_year(purse)
        return (begun if scheme == own else choice.get(scheme, year + 1)) <= year

    def possible(self, places):
        """Starts that neither a limit nor the money there is rules out by itself; what is ruled out stays so.

        Parameters
        ----------
        places : array of int, shape (m,)
            Places of starts.

        Returns
        -------
        array of int
            Those of ``places`` that ``take`` may allow, now or later, in the order given.
        """
        purse, bill = self.inst.bills.greatest
        held = self.inst.purses.held(np.asarray(self.left))
        places = places[bill[places] <= held[purse[places]] + SURELY_GBP]
        return places[~self._full(places)] if self.limited else places

    def _full(self, places):
        """Whether each of some starts counts in a limit that has no room for it and is given none again, shape (m,)."""
        limits, full = self.inst.upper_limits, np.zeros(len(places), bool)
        row, owner = limits.of(places)
        weight, room = limits.amount[row], np.where(self.gives_room, np.inf, self.room)[limits.item[row]]
        full[owner[(weight > 0) & (room - weight < -EXACT)]] = True
        return full


def narrow_first(inst):
    """Pots in the order that leaves most open: those that may pay for few schemes first, then those that lapse first.

    Parameters
    ----------
    inst : Instance

    Returns
    -------
    list of str
    """
    may_pay = Counter(pot for pots in inst.payers.values() for pot in pots)
    return sorted(inst.terms, key=lambda pot: (may_pay[pot], inst.terms[pot].last_year, inst.terms[pot].first_year))
