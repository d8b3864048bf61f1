"""Pots as a programme meets them in one future: what is promised to which works, what is paid, and what is left."""

from dataclasses import dataclass

PENNY_GBP = 0.005
CONTINGENCY, BELOW_FLOOR = "contingency", "below the floor"


@dataclass(frozen=True)
class Pot:
    """Money with the years it can be spent in, as places from the first year of the plan. [GBP nominal]

    ``most_share``: the most it pays of a bill. ``comes_with``: place of the works that bring it (a bid, a loan), -1: none.
    ``reserves``: whether it is the trust's own, which does not lapse.
    """

    name: str
    amount_gbp: float
    first: int
    last: int
    most_share: float = 1.0
    comes_with: int = -1
    reserves: bool = False


class Purse:
    """The pots of one future.

    A work is paid from what the programme promises it, then from what nobody is promised, then from the contingency beside
    the plan, then from what is promised to others: whoever is let first has it, but what is promised to works that must be
    done by then is kept for them. What must be paid and nobody has is taken from the reserves below their floor.

    Parameters
    ----------
    pots : sequence of Pot
    promised_gbp : sequence of (int, int, float, bool)
        Pot, planned year of the works, sum, and whether they must be done. [GBP]
    contingency_gbp : sequence of float
        What is put beside the plan at the start of each year. [GBP]
    """

    def __init__(self, pots, promised_gbp, contingency_gbp):
        years = len(contingency_gbp)
        self.pots = pots
        self.left = [0.0 if pot.comes_with >= 0 else pot.amount_gbp for pot in pots]
        self.came_in = [pot.first if pot.comes_with < 0 else years for pot in pots]
        self.promised = [0.0] * len(pots)
        self.kept = [{} for _ in pots]
        for place, year, amount, must in promised_gbp:
            self._promise(place, year, amount, must)
        self.contingency_gbp = contingency_gbp
        self.contingency_spent = [0.0] * years
        self.below_floor = [0.0] * years
        self.out = {}

    def comes(self, place, year):
        """A pot arrives that works bring."""
        self.left[place] = self.pots[place].amount_gbp
        self.came_in[place] = max(year, self.pots[place].first)

    def contingency_left(self, year):
        """What of the contingency is there in a year. [GBP]"""
        return sum(self.contingency_gbp[:year + 1]) - sum(self.contingency_spent)

    def pay(self, payers, bills_gbp, own_gbp, planned, year, must):
        """Pay bills, all of them or nothing.

        Parameters
        ----------
        payers : sequence of (sequence of int)
            Pots open in each year that may pay, in the order they are used.
        bills_gbp : sequence of (int, int, float)
            Part of the works, year and sum of each bill. [GBP]
        own_gbp : sequence of (int, int, float)
            Pot, part of the works and sum promised to them. [GBP]
        planned, year : int
            Year the works were planned for, and year they are let in.
        must : bool
            Whether they must be done.

        Returns
        -------
        bool
        """
        drawn, spent = [], {}
        for place, _, promise in own_gbp:
            self._promise(place, planned, -promise, must)
        for part, when, bill in bills_gbp:
            its = [row for row in own_gbp if row[1] == part]
            if self._pay_one(payers[when], when, year, bill, its, drawn, spent) > PENNY_GBP:
                for place, paid_in, amount in drawn:
                    self.left[place] += amount
                    self.out[place, paid_in] -= amount
                for place, _, promise in own_gbp:
                    self._promise(place, planned, promise, must)
                return False
        for when, amount in spent.items():
            self.contingency_spent[when] += amount
        return True

    def must_pay(self, payers, year, bill_gbp):
        """Pay what cannot be refused; what nobody has comes out of the reserves below their floor."""
        spent = {}
        self.below_floor[year] += self._pay_one(payers[year], year, year, bill_gbp, (), [], spent)
        self.contingency_spent[year] += spent.get(year, 0.0)

    def _promise(self, place, year, amount, must):
        self.promised[place] += amount
        if must:
            self.kept[place][year] = self.kept[place].get(year, 0.0) + amount

    def _pay_one(self, payers, when, now, bill, own, drawn, spent):
        """Pay one bill as far as money goes; returns what is left of it. [GBP]"""
        need, pots, left, promised = bill, self.pots, self.left, self.promised
        caps = {place: pots[place].most_share * bill for place in payers if pots[place].most_share < 1}
        for place, _, promise in own:
            if pots[place].first <= when <= pots[place].last:
                need -= self._draw(drawn, place, when, min(promise, need), caps)
        if need <= PENNY_GBP:
            return need
        for place in payers:
            if left[place] > 0 and (free := min(left[place] - promised[place], need)) > 0:
                need -= self._draw(drawn, place, when, free, caps)
        if need > PENNY_GBP and (held := min(need, self.contingency_left(when) - sum(spent.values()))) > 0:
            spent[when] = spent.get(when, 0.0) + held
            need -= held
        for place in payers if need > PENNY_GBP else ():
            if left[place] > 0:
                kept = sum(amount for year, amount in self.kept[place].items() if year <= now)
                need -= self._draw(drawn, place, when, min(left[place] - kept, need), caps)
        return need

    def _draw(self, drawn, place, when, amount, caps):
        amount = min(amount, self.left[place], caps.get(place, amount))
        if amount <= 0 or self.came_in[place] > when:
            return 0.0
        self.left[place] -= amount
        if place in caps:
            caps[place] -= amount
        self.out[place, when] = self.out.get((place, when), 0.0) + amount
        drawn.append((place, when, amount))
        return amount

    def lapsed(self, last):
        """What each pot loses at the end of its window, up to the last year of the plan. [GBP]"""
        return [left if not pot.reserves and pot.last <= last and came <= last else 0.0
                for pot, left, came in zip(self.pots, self.left, self.came_in, strict=True)]
