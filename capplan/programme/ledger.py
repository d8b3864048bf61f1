"""What is left in each pot and under each limit as schemes start one by one: for rules of thumb and quick searches."""

from collections import Counter, defaultdict

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
        self.payers = {}
        for pots in set(inst.payers.values()):
            self.payers[pots] = sorted(pots, key=place.get)
        self.room = [limit.amount if limit.sense == "<=" else None for limit in inst.limits]
        self.watch = defaultdict(list)
        for i, limit in enumerate(inst.limits):
            if limit.sense == "<=" and limit.total is None:
                for pair, weight in limit.weights.items():
                    self.watch[pair].append((i, weight))

    def take(self, start, choice):
        """Pay for a start if every limit and the pots allow it, given what has started; say whether they did."""
        pair = (start.scheme_id, start.year)
        if any(weight > 0 and self.room[i] - weight < -1e-9 for i, weight in self.watch[pair]):
            return False
        drawn = []
        for year, cost in start.spend.items():
            for pot in self.payers[self.inst.payers[start.scheme_id]]:
                terms = self.terms[pot]
                if cost > 0 and self.left[pot] > 0 and _is_open(terms, year, start, choice):
                    share = min(cost, self.left[pot], start.spend[year] * terms.most_share)
                    self.left[pot] -= share
                    cost -= share
                    drawn.append((pot, share))
            if cost > 1e-6:
                for pot, share in drawn:
                    self.left[pot] += share
                return False
        for i, weight in self.watch[pair]:
            self.room[i] -= weight
        return True


def _is_open(terms, year, start, choice):
    """Whether a pot may pay in a year: inside its window, and what it comes with has started or is this start itself."""
    if not terms.with_scheme:
        return terms.first_year <= year <= terms.last_year
    begun = start.year if terms.with_scheme == start.scheme_id else choice.get(terms.with_scheme, year + 1)
    return max(terms.first_year, begun) <= year <= terms.last_year


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
