"""A programme met by futures: what of it each future's money pays for, what that is worth there, and how good any could be.

A programme is approved once; prices, wear and money then turn out otherwise. In each future the works are carried out in
the planned year or, where its money does not reach, later or never; nothing is brought forward and nothing is added.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import SolverError
from .arrays import arrays
from .instance import Instance, Spending
from .linear import MAXIMISE, OPTIMAL, add_columns, quiet_engine
from .solver import run_engine

NONE = np.zeros(0)


@dataclass(frozen=True)
class Sample:
    """Futures of an instance, equally likely.

    ``value`` (futures, n): what each start is worth there. ``dearness`` (futures, n): what it costs there, as a multiple
    of its cost in the instance. ``amount`` (futures, pots): what each pot holds [GBP]. ``must_weight``: what counts as lost
    for each pound of works that must be done and that a future leaves undone [-].
    """

    value: np.ndarray = field(repr=False)
    dearness: np.ndarray = field(repr=False)
    amount: np.ndarray = field(repr=False)
    must_weight: float = 0.0

    @property
    def count(self):
        """Number of futures."""
        return len(self.value)

    def part(self, places):
        """Some of the futures, by place."""
        return replace(self, value=self.value[places], dearness=self.dearness[places], amount=self.amount[places])

    def narrowed(self, places):
        """The same futures of some of the starts, by place."""
        return replace(self, value=self.value[:, places], dearness=self.dearness[:, places])


@dataclass(frozen=True)
class Delivered:
    """A programme in every future, shape (futures,).

    ``value``: what is carried out is worth, less what is lost by must-dos left undone. ``put_off_gbp``: bills of works not
    started in their planned year, of which ``undone_gbp`` never (nominal, at the future's prices). ``per_gbp`` (futures,
    pots): what a further pound in a pot would add.
    """

    value: np.ndarray
    put_off_gbp: np.ndarray
    undone_gbp: np.ndarray
    per_gbp: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Ceiling:
    """What no programme can exceed in a future: ``fixed`` (futures,) and a sum for each start it makes, ``by_start``
    (futures, n)."""

    fixed: np.ndarray
    by_start: np.ndarray = field(repr=False)


def future_of(inst, sample, number):
    """The instance as it is in one future.

    Parameters
    ----------
    inst : Instance
    sample : Sample
    number : int
        Which future.

    Returns
    -------
    Instance

    Notes
    -----
    What others contribute is a fixed sum, so that an overrun is the trust's. *Counterexample:* works that others pay for
    altogether, which are taken to cost the trust nothing in any future.
    """
    spending, ratio = inst.spending, sample.dearness[number]
    given = np.array([inst.contributed.get(inst.pairs[place], {}).get(year, 0.0) for place, year in
                      zip(spending.start.tolist(), spending.year.tolist(), strict=True)]) if inst.contributed else 0.0
    cost = np.maximum(0.0, (spending.cost_gbp + given) * ratio[spending.start] - given)
    return replace(inst, value=sample.value[number], spending=replace(spending, cost_gbp=cost),
                   pots=inst.pots.assign(amount=sample.amount[number]))


def must_premium(inst, sample):
    """What each start counts for beside its value where it is of works that must be done, shape (n,). [GBP]"""
    must = {scheme for pairs in inst.must.values() for scheme, _ in pairs}
    premium = np.zeros(len(inst.pairs))
    for scheme in must:
        places = inst.by_scheme.get(scheme, [])
        premium[places] = sample.must_weight * inst.cost[places].mean() if places else 0.0
    return premium


def deliver(inst, sample, choice):
    """Carry out a programme in every future.

    Parameters
    ----------
    inst : Instance
    sample : Sample
    choice : dict
        Scheme to start year.

    Returns
    -------
    Delivered

    Notes
    -----
    What is worth most for the money comes first; a work that the money reaches in part counts in part. Requirements hold in
    every future. Assumes that putting works off breaks no limit on delivery, and that a future is known when its works
    are ordered. *Counterexample:* a summer that is full already; a tender that is opened after the money is promised.
    """
    places = np.array([place for place, (scheme, year) in enumerate(inst.pairs)
                       if scheme in choice and year >= choice[scheme]], dtype=int)
    part, own, premium = _only(inst, choice, places), sample.narrowed(places), must_premium(inst, sample)[places]
    planned = np.array([choice[scheme] == year for scheme, year in part.pairs], dtype=bool)
    of_plan = np.array([part.place_of[scheme, choice[scheme]] for scheme, _ in part.pairs], dtype=int)
    pots = {pot: place for place, pot in enumerate(inst.terms)}
    value, put_off, undone = np.zeros((3, sample.count))
    price = np.zeros((sample.count, len(pots)))
    for number in range(sample.count):
        here = future_of(part, own, number)
        x, prices = _relaxed(arrays(replace(here, value=here.value + premium), handed_on=True))
        bill = np.bincount(here.spending.start, here.spending.cost_gbp, len(places))
        total = bill[planned].sum()
        value[number] = (here.value + premium) @ x - premium[planned].sum()
        put_off[number] = max(0.0, total - bill[planned] @ x[planned])
        undone[number] = max(0.0, total - bill[of_plan] @ x)
        price[number, [pots[pot] for pot in prices]] = list(prices.values())
    return Delivered(value, put_off, undone, price)


def _only(inst, choice, places):
    """The instance with the starts at some places only: what the rest of the rules say of them, money and order."""
    new = np.full(len(inst.pairs), -1)
    new[places] = np.arange(len(places))
    spent = inst.spending
    own = new[spent.start] >= 0
    return Instance(
        [inst.pairs[place] for place in places], inst.value[places],
        Spending(new[spent.start[own]], spent.year[own], spent.cost_gbp[own]), {scheme: [scheme] for scheme in choice}, {},
        {scheme: [other for other in needed if other in choice] for scheme, needed in inst.requires.items()
         if scheme in choice}, inst.pots, {scheme: inst.payers[scheme] for scheme in choice}, [],
        [bundle for bundle in inst.bundles if all(scheme in choice for scheme in bundle.schemes)], inst.contributed)


def _relaxed(model):
    """The starts of the relaxation, and the price of each pot that may pay."""
    starts, engine, rows = model.starts, quiet_engine(), len(model.low)
    if not starts:
        return NONE, {}
    engine.addRows(rows, model.low, model.high, 0, np.zeros(rows, np.int32), np.zeros(0, np.int32), NONE)
    engine.changeObjectiveSense(MAXIMISE)
    columns = np.arange(len(model.value))
    open_to = replace(model, most=np.where(columns < starts, 1.0, model.most))
    add_columns(engine, open_to, model.matrix, columns)
    run_engine(engine)
    if engine.getModelStatus() != OPTIMAL:
        raise SolverError("A future of the programme could not be worked out: HiGHS stopped without an answer.")
    found = engine.getSolution()
    dual = np.array(found.row_dual)
    return np.array(found.col_value)[:starts], {pot: abs(float(dual[row])) for pot, row in model.pot_rows.items()}


def ceilings(inst, sample, price):
    """What no programme can exceed in each future, at some price of the money in each pot.

    Parameters
    ----------
    inst : Instance
    sample : Sample
    price : array, shape (futures, pots)
        Any prices that are not negative; those of ``deliver`` make it tight for the programme carried out. [-]

    Returns
    -------
    Ceiling
        The value of any programme in a future is at most ``fixed`` and the ``by_start`` of the starts it makes.

    Notes
    -----
    Weak duality: the pots give way at a price, and each start is then carried out in its own year, later or not at all,
    whichever is best at those prices. Bills are taken with all that bundles could save.

    References
    ----------
    .. [1] Van Slyke, R.M. and Wets, R. (1969), L-shaped linear programs with applications to optimal control and stochastic
       programming. SIAM Journal on Applied Mathematics 17(4), 638-663.
    """
    with_scheme = {pot: terms.with_scheme for pot, terms in inst.terms.items()}
    general = np.array([not scheme for scheme in with_scheme.values()], dtype=bool)
    saving, premium = _most_saved(inst), must_premium(inst, sample)
    later, years = _Later(inst), np.unique(inst.spending.year)
    fixed, by_start = np.zeros(sample.count), np.zeros(sample.value.shape)
    for number in range(sample.count):
        here, worth_of_pots = future_of(inst, sample, number), price[number] * sample.amount[number]
        bill = here.spending.cost_gbp * (1.0 - saving[here.spending.start])
        dear = _price_of_bills(inst, price[number], years)
        spent = np.bincount(here.spending.start, bill * dear[here.spending.start,
                                                              np.searchsorted(years, here.spending.year)], len(inst.pairs))
        by_start[number] = later.best(here.value + premium - spent) - premium
        fixed[number] = worth_of_pots[general].sum()
        for place, (_, scheme) in enumerate(with_scheme.items()):
            if scheme:
                by_start[number, inst.by_scheme.get(scheme, [])] += worth_of_pots[place]
    return Ceiling(fixed, by_start)


def _most_saved(inst):
    """The most that bundles could save of each start's bills, shape (n,). [-]"""
    share = np.zeros(len(inst.pairs))
    for bundle in inst.bundles:
        for scheme in bundle.schemes:
            share[inst.by_scheme.get(scheme, [])] += bundle.saving_share
    return np.minimum(share, 1.0)


def _price_of_bills(inst, price, years):
    """What a pound of bills costs at some prices of the pots, by start and year of the bill, shape (n, years); infinite
    where no pots may pay it. Cheapest pots first, each for its share."""
    of_pot, found = dict(zip(inst.terms, price, strict=True)), {}
    for pots in set(inst.payers.values()):
        cheap = sorted(pots, key=of_pot.get)
        found[pots] = [_cheapest([(of_pot[pot], inst.terms[pot].most_share) for pot in cheap
                                  if inst.terms[pot].first_year <= year <= inst.terms[pot].last_year]) for year in years]
    return np.array([found[inst.payers[scheme]] for scheme, _ in inst.pairs]).reshape(len(inst.pairs), len(years))


def _cheapest(prices):
    cost, left = 0.0, 1.0
    for price, most in prices:
        cost, left = cost + price * min(most, left), left - min(most, left)
        if left <= 0:
            return cost
    return np.inf


class _Later:
    """The best of a start and the later starts of its scheme, or nothing."""

    def __init__(self, inst):
        schemes = {scheme: row for row, scheme in enumerate(dict.fromkeys(scheme for scheme, _ in inst.pairs))}
        years = np.array([year for _, year in inst.pairs], dtype=int)
        known, self.column = np.unique(years, return_inverse=True)
        self.row = np.array([schemes[scheme] for scheme, _ in inst.pairs], dtype=int)
        self.shape = len(schemes), len(known)

    def best(self, net):
        """Shape (n,), never below zero."""
        grid = np.zeros(self.shape)
        grid[self.row, self.column] = np.maximum(net, 0.0)
        return np.maximum.accumulate(grid[:, ::-1], axis=1)[:, ::-1][self.row, self.column]
