"""The smallest change found that flips a decision, by halving; each is solved again and seen to flip it, or not told."""

import math
from dataclasses import dataclass

from ..errors import CapplanError, InfeasibleError
from .instance import instance
from .optimise import optimise
from .what_if import started_from, with_money, with_spend, with_value

MARGINS = (1.0, 1.01, 1.05, 1.15, 1.4, 2.0, 4.0)
"""By how much a change is enlarged, one after the other, until it is seen to flip the decision."""
MOST_RISE = 8.0
"""A rise in cost is looked for up to nine times the cost."""
MOST_TIMES_COST = 16
"""Extra money in one pot is looked for up to so many times the cost of the scheme."""
STEP_UP = 4
FINE, COARSE = 0.02, 0.05
"""How closely a change is halved down: on whole models, and on the near part of large ones. [-]"""
PENNY = 0.01
DEFAULT_GAP = 0.001


@dataclass(frozen=True)
class Change:
    """A change of one figure that flips a decision.

    ``kind``: ``spend`` (share of the cost), ``value`` (of the scheme in each start year), ``money`` (in the pot
    ``pot_id``) or ``start`` (first year it may start in). ``amount`` flips it, seen by solving again; ``short`` is the
    largest tried that did not. ``found`` is false where nothing up to ``amount`` did. ``window`` holds the pot's first
    and last year.
    """

    kind: str
    amount: float
    short: float
    found: bool
    pot_id: str = ""
    window: tuple = ()

    def apply(self, candidates, scheme):
        """The candidates with the change made, to solve again.

        Parameters
        ----------
        candidates : Candidates
        scheme : str
            The scheme whose decision it flips.

        Returns
        -------
        Candidates
        """
        return _make(self.kind, candidates, scheme, self.pot_id)(self.amount)


def _make(kind, candidates, scheme, pot_id=""):
    """A change of one kind, as a function of its amount."""
    return {"spend": lambda amount: with_spend(candidates, scheme, amount),
            "value": lambda amount: with_value(candidates, scheme, amount),
            "money": lambda amount: with_money(candidates, pot_id, amount),
            "start": lambda amount: started_from(candidates, scheme, amount)}[kind]


def tipping_points(desk, base, other, scheme, pots, gap=None, say=lambda text: None):
    """The smallest changes found that flip the decision on a scheme.

    Parameters
    ----------
    desk : Desk
    base, other : Found
        The best with the decision as it is, and with the other one.
    scheme : str
        The scheme.
    pots : list of str
        Pots that may pay for it and are asked about.
    gap : float, optional
        Gap at which the flip is checked; left out: 0.1%. [-]
    say : callable
        Told what is being done.

    Returns
    -------
    list of Change
        For a scheme that is in: fall in value, rise in cost, latest start. For one that is out: rise in value, cut in cost,
        money in each of the pots where it is shortest.
    """
    desk.gap = fine_gap(base.value, other.value)
    look = _Look(desk, base, other, scheme, scheme in base.choice, DEFAULT_GAP if gap is None else gap)
    if look.inside:
        say("Looking for the cost, value and start year at which it would fall out ...")
        return [look.value(), look.rise(), *look.latest()]
    say("Looking for the cost and value at which it would come in ...")
    changes = [look.value(), look.cut()]
    for pot in pots:
        say(f"Looking for the money in {pot} with which it would come in ...")
        changes.append(look.money(pot))
    return changes


class _Look:
    """Looks for changes that flip one decision."""

    def __init__(self, desk, base, other, scheme, inside, gap):
        self.desk, self.base, self.other, self.scheme, self.inside, self.gap = desk, base, other, scheme, inside, gap
        self.tolerance = FINE if desk.whole else COARSE

    def value(self):
        """By how much its value has to fall or rise: the value lost, since nothing else depends on it."""
        lost = max(self.base.value - self.other.value, PENNY / 10)
        return self._checked("value", lost * (1 + 1e-6) + PENNY / 10, lost, float("inf"), sign=-1 if self.inside else 1)

    def rise(self):
        """By what share its cost has to rise for it to fall out."""
        def out(share):
            """Whether at that rise the best without it is the better."""
            return not self.desk.reaches(with_spend(self.desk.candidates, self.scheme, share), self.scheme, self.other.value)
        high = 0.125
        while high < MOST_RISE and not out(high):
            high *= 2
        if high >= MOST_RISE and not out(MOST_RISE):
            return Change("spend", MOST_RISE, MOST_RISE, False)
        low, high = self._halved(out, 0.0 if high == 0.125 else high / 2, high)
        return self._checked("spend", high, low, MOST_RISE)

    def cut(self):
        """By what share its cost has to fall for it to come in."""
        def into(share):
            """Whether at that cut the best with it is the better."""
            return self.desk.reaches(with_spend(self.desk.candidates, self.scheme, -share), self.scheme, self.base.value)
        if not into(1.0):
            return Change("spend", -1.0, -1.0, False)
        low, high = self._halved(into, 0.0, 1.0)
        return self._checked("spend", high, low, 1.0, sign=-1)

    def money(self, pot):
        """How much more money in one pot brings it in."""
        def into(extra_gbp):
            """Whether it is then chosen."""
            return self._inside(self.desk.best(with_money(self.desk.candidates, pot, extra_gbp), self.scheme))
        window = tuple(int(self.desk.candidates.pots.set_index("pot_id")[name][pot]) for name in ("first_year", "last_year"))
        spend = self.desk.candidates.spend
        bills = spend[spend.scheme_id == self.scheme].groupby("start_year").cost.sum()
        cost = float(bills[bills > 0].min()) if (bills > 0).any() else 1.0
        most, low, high = MOST_TIMES_COST * cost, 0.0, cost
        enough = self.desk.reaches(with_money(self.desk.candidates, pot, most), self.scheme, self.base.value)
        while enough and high <= most and not into(high):
            low, high = high, high * STEP_UP
        if not enough or high > most:
            return Change("money", most, most, False, pot, window)
        low, high = self._halved(into, low, high)
        return self._checked("money", high, low, most, pot, window)

    def latest(self):
        """The first year from which on it would no longer be chosen, were it put off till then."""
        years = self.desk.candidates.scheme_years
        years = sorted(int(year) for year in years.start_year[years.scheme_id == self.scheme])
        later = [year for year in years if year > self.base.choice[self.scheme]]
        dropped = [year for year in later if self._flips(_make("start", self.desk.candidates, self.scheme)(year))][:1]
        last = max([self.base.choice[self.scheme], *(year for year in later if not dropped or year < dropped[0])])
        if not later:
            return []
        return [Change("start", dropped[0], last, True) if dropped else Change("start", last, last, False)]

    def _inside(self, found):
        return found is not None and found.choice is not None and self.scheme in found.choice

    def _halved(self, holds, low, high):
        """Halve until what flips and what does not are close; ``holds(high)`` is true."""
        while high - low > self.tolerance * high:
            middle = (low + high) / 2
            low, high = (low, middle) if holds(middle) else (middle, high)
        return low, high

    def _checked(self, kind, amount, short, most, pot="", window=(), sign=1):
        """The amount rounded up, enlarged until solving again flips the decision; else not found."""
        make = _make(kind, self.desk.candidates, self.scheme, pot)
        for margin in MARGINS:
            trial = min(rounded_up(amount * margin, kind), most)
            if self._flips(make(sign * trial)):
                return Change(kind, sign * trial, sign * min(short, trial), True, pot, window)
            if trial >= most:
                break
        return Change(kind, sign * trial, sign * trial, False, pot, window)

    def _better_start(self, candidates):
        """Of the programmes with and without it the one that is worth more after the change."""
        worth = instance(candidates).starts
        totals = [(sum(worth[pair].value for pair in found.choice.items()), found.choice)
                  for found in (self.base, self.other) if all(pair in worth for pair in found.choice.items())]
        return max(totals, key=lambda total: total[0])[1] if totals else None

    def _flips(self, candidates):
        """Whether solving again decides the other way: whole models from nothing, as ``optimise`` does."""
        if not self.desk.whole:
            found = self.desk.best(candidates, self.scheme, hint=self._better_start(candidates))
            return found is not None and found.choice is not None and (self.scheme in found.choice) != self.inside
        try:
            programme = optimise(candidates, gap=self.gap, time_limit_s=4 * self.desk.time_limit_s,
                                 threads=self.desk.threads, seed=self.desk.seed)
        except InfeasibleError:
            return False
        except CapplanError:
            return False
        return (self.scheme in programme.choice) != self.inside


def fine_gap(value, other):
    """A gap at which a small question can be told: a twentieth of the difference that it turns on. [-]

    Examples
    --------
    >>> fine_gap(1000.0, 990.0), fine_gap(1000.0, 1000.0), fine_gap(1000.0, 0.0)
    (0.0005, 1e-06, 0.001)
    """
    share = abs(value - other) / max(abs(value), PENNY) / 20
    return float(min(DEFAULT_GAP, max(1e-6, share)))


def rounded_up(amount, kind):
    """An amount as one would say it, and no smaller: three figures, pounds to the penny, shares to a tenth of a per cent.

    Examples
    --------
    >>> rounded_up(123456.0, "money"), rounded_up(0.12345, "spend"), rounded_up(0.004, "value")
    (124000.0, 0.124, 0.01)
    """
    least = 0.001 if kind == "spend" else PENNY
    unit = max(least, 10.0 ** (math.floor(math.log10(max(amount, least))) - 2))
    return round(math.ceil(round(amount / unit, 6)) * unit, 10)
