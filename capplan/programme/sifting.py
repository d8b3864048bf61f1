"""The relaxation of a model by sifting: a true bound, prices of money and limits, and what every start loses at them.

The relaxation of a large trust has few starts that matter. A sample of the needs gives approximate prices of money and
limits; with them every start is priced and a few per need are kept; the relaxation of those gives better prices, and so on
until no start outside is worth more than it costs. At any prices at all, what the rules hold plus the best start of every
need, each alone, is more than any programme can be worth: that is the bound, whatever stopped the search.
"""

import time

import numpy as np

from .arrays import LIMITS, MUST, NEEDS, PAID, POTS
from .linear import OPTIMAL
from .needs import Needs, dominated, need_rows
from .sifted_part import KEPT_PER_NEED, Part, best_of, engine_of, tying
from .solver import run_engine

SAMPLE_SHARE, SMALLEST_SAMPLE, LARGEST_SAMPLE = 0.15, 200, 2000
"""Part of the needs, and least and greatest number of them, that the first prices come from."""
NEAR = 0.05
"""A start is among the first where it loses no more than this share of what it is charged for money and limits."""
MOST_ROUNDS = 60
FEWEST_IN_A_LIMIT, FEWEST_IN_A_LOWER_LIMIT = 30, 300
"""Limits over fewer starts of the sample say nothing of the whole, least of all lower ones, and are left out of it."""


class Sifting:
    """A model without its whole numbers, solved by sifting.

    Parameters
    ----------
    model : Arrays
    gap : float
        Relative gap between the bound and the relaxation at which to stop. [-]
    time_limit_s : float
        Time limit. [s]
    seed : int
        Seed of the sample.

    Attributes
    ----------
    bound : float
        A value that no programme can exceed; infinite where nothing was solved in time.
    regret : array, shape (n,)
        What each start loses against the best its need could do at the relaxation's prices; infinite where it is impossible.
    idle : array, shape (needs,)
        What each need loses by nothing being done for it.
    values : array, shape (n,)
        Value of each start in the relaxation. [-]

    Raises
    ------
    InfeasibleModelError
        If even the relaxation has no solution.
    """

    def __init__(self, model, gap, time_limit_s, seed=0):
        self._model, self._until = model, time.perf_counter() + time_limit_s
        self._starts = model.matrix[:, :model.starts].T.tocsr()
        self._needs, self._need_rows = Needs(model), need_rows(model)
        self._usable = (model.most[:model.starts] > 0) & ~dominated(model)
        self.bound, self._prices = np.inf, np.zeros(len(model.low))
        self._need_prices, self._worth = np.zeros(self._needs.met.shape[1]), model.value[:model.starts]
        self.values = np.zeros(model.starts)
        self._sift(gap, seed)
        self.regret = np.where(self._usable, self._needs.met @ self._need_prices - self._worth, np.inf)
        self.idle = self._need_prices[:model.needs]

    def _note(self, prices, need_prices=None):
        """What each start and each need is worth at any prices; they are kept where their bound is the least.

        Prices that make no sense for a rule are set to zero first.
        """
        model, free = self._model, np.isinf
        prices = np.where(model.family == NEEDS, 0.0, prices)
        prices = np.where((prices > 0) & free(model.high) | (prices < 0) & free(model.low), 0.0, prices)
        held = np.where(prices > 0, model.high, model.low)
        rules = float(prices[prices != 0] @ held[prices != 0])
        worth = np.where(self._usable, model.value[:model.starts] - self._starts @ prices, -np.inf)
        covered = self._needs.covered(worth, need_prices)
        extra = slice(model.starts, None)
        rest = model.value[extra] - model.matrix[:, extra].T @ prices
        least = np.where(np.isfinite(model.least[extra]), model.least[extra], -model.reach[extra])
        bound = rules + covered.sum() + float(np.where(rest > 0, rest * model.reach[extra], rest * least).sum())
        if bound < self.bound:
            self.bound, self._prices, self._need_prices, self._worth = bound, prices, covered, worth
        return worth, covered

    def _sift(self, gap, seed):
        model = self._model
        part = Part(model, self._at_first(*self._note(self._sampled_prices(seed))))
        for _ in range(MOST_ROUNDS):
            if not part.solved_by(self._until):
                return
            prices, needs = part.prices(self._need_rows, len(self._need_prices))
            worth, _ = self._note(prices, needs)
            self.values = part.values()
            new = part.wanted(np.where(self._usable, worth - self._needs.met @ needs, -np.inf))
            if not len(new):
                if not part.missing:
                    return
                part.be_stricter()
            elif not part.missing and self.bound - part.objective <= gap * abs(part.objective):
                return
            part.add(new)

    def _at_first(self, worth, covered):
        """Starts to begin with, at what starts and needs are worth: the few of each need that lose little, and of those that
        a rule ties to others or to a date, the best whatever they lose."""
        model, needs = self._model, self._needs
        regret = np.where(self._usable, needs.met @ covered - worth, np.inf)
        charge = np.abs(model.value[:model.starts] - np.where(self._usable, worth, 0.0))
        tied = np.diff(self._starts[:, tying(model)].indptr) > 0
        tied = np.bincount(needs.set_of, tied | (model.value[:model.starts] <= 0), needs.sets) > 0
        near = (regret <= NEAR * charge) | tied[needs.set_of]
        musts = np.diff(self._starts[:, model.family == MUST].indptr) > 0
        return np.union1d(best_of(-regret, model.own_need, KEPT_PER_NEED, self._usable & near),
                          np.flatnonzero(musts & self._usable))

    def _sampled_prices(self, seed):
        """Prices of money and limits from a sample of the needs, for which all money and limits are scaled down."""
        model, prices = self._model, np.zeros(len(self._model.low))
        share = min(1.0, max(min(SAMPLE_SHARE, LARGEST_SAMPLE / max(1, model.needs)), SMALLEST_SAMPLE / max(1, model.needs)))
        if share >= 1:
            return prices
        taken = (np.random.default_rng(seed).random(self._needs.sets) < share)[self._needs.set_of] & self._usable
        pooled, times = self._pooled()
        columns = np.concatenate([pooled, np.flatnonzero(taken)])
        matrix = model.matrix[:, columns].tocsr()
        count, outside = np.diff(matrix.indptr), np.diff(self._starts[~taken].tocsc().indptr)
        general = np.isin(model.family, (PAID, POTS)) | (
            (model.family == LIMITS) & (count >= np.where(np.isinf(model.high), FEWEST_IN_A_LOWER_LIMIT, FEWEST_IN_A_LIMIT)))
        kept = np.flatnonzero((count > 0) & (general | (model.family == NEEDS) | ((model.family == MUST) & (outside == 0))))
        scaled = np.where(model.family == POTS, share * times, np.where(model.family == LIMITS, share, 1.0))
        engine, _ = engine_of(model, kept, columns, scaled)
        engine.setOptionValue("time_limit", max(0.0, self._until - time.perf_counter()))
        run_engine(engine)
        if engine.getModelStatus() == OPTIMAL:
            prices[kept] = engine.getSolution().row_dual
        return self._priced_by_general_pots(prices)

    def _pooled(self):
        """Columns beside the starts without what pots of some schools or schemes only pay, and how many times the money of
        the other pots all money is: a sample says little of a school's own."""
        model, pots = self._model, self._model.instance.pots.amount
        general = [pot for pot in model.pot_rows if pot in model.instance.general_pots]
        own = [row for pot, row in model.pot_rows.items() if pot not in model.instance.general_pots]
        held = float(pots[general].sum())
        extra = np.arange(model.starts, len(model.value))
        if held <= 0 or not own:
            return extra, 1.0
        paid_by_own = np.diff(model.matrix[own][:, extra].tocsc().indptr) > 0
        return extra[~paid_by_own], float(pots.sum()) / held

    def _priced_by_general_pots(self, prices):
        """Bills at the price of the cheapest pot open to any school: a sample says little of a school's own money."""
        model = self._model
        flows = model.matrix[:, model.general]
        of_pot = flows.T @ np.where(model.family == PAID, 0.0, prices)
        paid = flows.multiply((model.family == PAID)[:, None]).tocoo()
        own = paid.data == 1.0
        cheapest = np.full(len(prices), np.inf)
        np.minimum.at(cheapest, paid.row[own], of_pot[paid.col[own]])
        prices = np.where(np.isfinite(cheapest), -cheapest, prices)
        for row, general in self._handed_on():
            prices[row] = prices[general]
        return prices

    def _handed_on(self):
        """Rows of bills that are handed on in part, with the row each is handed on to."""
        model = self._model
        paid = model.matrix[:, model.starts:].multiply((model.family == PAID)[:, None]).tocsc()
        for column in np.flatnonzero(np.diff(paid.indptr) == 2):
            inside = slice(paid.indptr[column], paid.indptr[column + 1])
            rows, signs = paid.indices[inside], paid.data[inside]
            if set(signs) == {1.0, -1.0}:
                yield int(rows[signs > 0][0]), int(rows[signs < 0][0])
