"""What is left in each pot and under each limit as schemes start one by one: for rules of thumb and quick searches."""

from collections import Counter

from .payments import payment_order


class Ledger:
    """What is left in each pot and under each limit.

    Parameters
    ----------
    inst : Instance
    order : list of str, optional
        Pots in the order they are used; left out: as ``payment_order`` has them.
    """

    def __init__(self, inst, order=None):
        self.inst, self.terms = inst, inst.terms
        self.left = {pot: terms.amount for pot, terms in self.terms.items()}
        place = {pot: i for i, pot in enumerate(order or payment_order(inst.pots))}
        self.payers = {pots: sorted(pots, key=place.get) for pots in set(inst.payers.values())}
        self.open_in = {}
        self.room = [limit.amount if limit.sense == "<=" else None for limit in inst.limits]

    def take(self, start, choice):
        """Pay for a start if every limit and the pots allow it, given what has started; say whether they did."""
        watched = self.inst.upper_limits.get((start.scheme_id, start.year), ())
        for i, weight in watched:
            if weight > 0 and self.room[i] - weight < -1e-9:
                return False
        drawn = []
        for year, cost in start.spend.items():
            for pot, terms in self._open(self.inst.payers[start.scheme_id], year) if cost > 0 else ():
                left = self.left[pot]
                if left > 0 and (not terms.with_scheme or _has_come(terms, year, start, choice)):
                    share = min(cost, left, start.spend[year] * terms.most_share)
                    self.left[pot] = left - share
                    cost -= share
                    drawn.append((pot, share))
                    if cost <= 0:
                        break
            if cost > 1e-6:
                for pot, share in drawn:
                    self.left[pot] += share
                return False
        for i, weight in watched:
            self.room[i] -= weight
        return True

    def _open(self, pots, year):
        """Pots that may pay in a year, in order, with their terms."""
        if (pots, year) not in self.open_in:
            self.open_in[pots, year] = [(pot, self.terms[pot]) for pot in self.payers[pots]
                                        if self.terms[pot].first_year <= year <= self.terms[pot].last_year]
        return self.open_in[pots, year]


def _has_come(terms, year, start, choice):
    """Whether the money of a pot that comes with a scheme is there: that has started, or is this start itself."""
    begun = start.year if terms.with_scheme == start.scheme_id else choice.get(terms.with_scheme, year + 1)
    return begun <= year


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
