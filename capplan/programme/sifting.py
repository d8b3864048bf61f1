"""The relaxation of a model by sifting: a true bound, prices of money and limits, and what every start loses at them.

The relaxation of a large trust has few starts that matter. A sample of the needs gives approximate prices of money and
limits; with them every start is priced and a few per need are kept; the relaxation of those gives better prices, and so on
until no start outside is worth more than it costs. At any prices at all, what the rules hold plus the best start of every
need, each alone, is more than any programme can be worth: that is the bound, whatever stopped the search.
"""

import time

import numpy as np

from .arrays import LIMITS, MUST, NEEDS, PAID, POTS
from .linear import MAXIMISE, OPTIMAL, add_columns, quiet_engine
from .solver import InfeasibleModelError, run_engine

NONE = np.zeros(0)
KEPT_PER_NEED, ADDED_PER_NEED = 4, 3
"""Starts of each need in the first relaxation, and added to it at most each time."""
SAMPLE_SHARE, SMALLEST_SAMPLE = 0.15, 200
"""Part of the needs, and least number of them, that the first prices come from."""
MOST_ROUNDS = 60
CLOSE = 1e-7
PENALTY, HIGHEST_PENALTY = 10.0, 1e7
"""What breaking a rule costs in the relaxation, as a multiple of the largest value; raised where it is not enough."""
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
        self._settled = self._settled_rows()
        self._penalty = PENALTY * max(1.0, np.abs(model.value).max(initial=1.0))
        self.bound, self._prices = np.inf, np.zeros(len(model.low))
        self.values = np.zeros(model.starts)
        self.regret, self.idle = np.zeros(model.starts), np.zeros(model.needs)
        self._sift(gap, seed)
        worth = self._worth(self._prices)
        best = np.zeros(model.needs)
        np.maximum.at(best, model.own_need, worth)
        self.regret, self.idle = best[model.own_need] - worth, best

    def _settled_rows(self):
        """Rows of needs all of whose starts belong to that need alone: taking the best start of each need obeys them."""
        rows = self._starts.tocsc()
        own, settled = self._model.own_need, np.zeros(len(self._model.low), bool)
        for row in np.flatnonzero(self._model.family == NEEDS):
            needs = own[rows.indices[rows.indptr[row]:rows.indptr[row + 1]]]
            settled[row] = (needs == needs[0]).all()
        return settled

    def _worth(self, prices):
        """What each start is worth beyond what it uses at these prices, its own need aside; never for an impossible one."""
        model = self._model
        prices = np.where(self._settled, 0.0, prices)
        return np.where(model.most[:model.starts] > 0, model.value[:model.starts] - self._starts @ prices, -np.inf)

    def _bound_at(self, prices):
        """What no programme can exceed, from any prices: those that make no sense for a rule are set to zero first."""
        model, free = self._model, np.isinf
        prices = np.where(self._settled, 0.0, prices)
        prices = np.where((prices > 0) & free(model.high) | (prices < 0) & free(model.low), 0.0, prices)
        held = np.where(prices > 0, model.high, model.low)
        rules = float(prices[prices != 0] @ held[prices != 0])
        best = np.zeros(model.needs)
        np.maximum.at(best, model.own_need, self._worth(prices))
        extra = slice(model.starts, None)
        rest = model.value[extra] - model.matrix[:, extra].T @ prices
        least = np.where(np.isfinite(model.least[extra]), model.least[extra], -model.reach[extra])
        return rules + best.sum() + float(np.where(rest > 0, rest * model.reach[extra], rest * least).sum())

    def _sift(self, gap, seed):
        model = self._model
        prices = self._sampled_prices(seed)
        self.bound, self._prices = self._bound_at(prices), prices
        worth = self._worth(prices)
        wide = np.zeros(model.starts, bool)
        wide[best_of(worth, model.own_need, KEPT_PER_NEED, np.isfinite(worth))] = True
        wide |= np.diff(self._starts[:, model.family == MUST].indptr) > 0
        columns = np.concatenate([np.arange(model.starts, len(model.value)), np.flatnonzero(wide)])
        engine, short = _engine(model, np.arange(len(model.low)), columns, self._penalty)
        for _ in range(MOST_ROUNDS):
            if not self._run(engine):
                return
            prices = np.array(engine.getSolution().row_dual)
            x = np.array(engine.getSolution().col_value)
            bound, objective = self._bound_at(prices), engine.getObjectiveValue()
            if bound < self.bound:
                self.bound, self._prices = bound, prices
            self.values[columns[columns < model.starts]] = x[short:][columns < model.starts]
            gains = model.value[:model.starts] - self._starts @ prices
            outside = ~wide & (gains > CLOSE * np.abs(model.value).max(initial=1.0)) & (model.most[:model.starts] > 0)
            missing = x[:short].max(initial=0.0) > CLOSE
            if missing and not outside.any():
                self._be_stricter(engine, short)
            elif not outside.any() or (not missing and bound - objective <= gap * abs(objective)):
                return
            new = best_of(gains, model.own_need, ADDED_PER_NEED, outside)
            wide[new] = True
            columns = np.concatenate([columns, new])
            add_columns(engine, model, model.matrix[:, new], new)

    def _run(self, engine):
        """Solve as far as the time allows; say whether it is solved."""
        left = self._until - time.perf_counter()
        if left <= 0:
            return False
        engine.setOptionValue("time_limit", engine.getRunTime() + left)
        run_engine(engine)
        return engine.getModelStatus() == OPTIMAL

    def _be_stricter(self, engine, short):
        """A higher price for falling short of a rule; where no price helps, the rules conflict."""
        self._penalty *= PENALTY
        if self._penalty > HIGHEST_PENALTY * max(1.0, np.abs(self._model.value).max(initial=1.0)):
            raise InfeasibleModelError
        for place in range(short):
            engine.changeColCost(place, -self._penalty)

    def _sampled_prices(self, seed):
        """Prices of money and limits from a sample of the needs, for which all money and limits are scaled down."""
        model, prices = self._model, np.zeros(len(self._model.low))
        share = min(1.0, max(SAMPLE_SHARE, SMALLEST_SAMPLE / max(1, model.needs)))
        if share >= 1:
            return prices
        taken = (np.random.default_rng(seed).random(model.needs) < share)[model.own_need]
        columns = np.concatenate([np.arange(model.starts, len(model.value)), np.flatnonzero(taken)])
        matrix = model.matrix[:, columns].tocsr()
        count, outside = np.diff(matrix.indptr), np.diff(self._starts[~taken].tocsc().indptr)
        general = np.isin(model.family, (PAID, POTS)) | (
            (model.family == LIMITS) & (count >= np.where(np.isinf(model.high), FEWEST_IN_A_LOWER_LIMIT, FEWEST_IN_A_LIMIT)))
        kept = np.flatnonzero((count > 0) & (general | (model.family == NEEDS) | ((model.family == MUST) & (outside == 0))))
        scaled = np.where(np.isin(model.family, (POTS, LIMITS)), share, 1.0)
        engine, _ = _engine(model, kept, columns, self._penalty, scaled)
        if self._run(engine):
            prices[kept] = engine.getSolution().row_dual
        return self._priced_by_general_pots(prices)

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


def best_of(worth, need, most, allowed):
    """Places of the best starts of each need, at most so many, among those allowed.

    Parameters
    ----------
    worth : array, shape (n,)
        What each start is worth.
    need : array of int, shape (n,)
        Number of its need.
    most : int
        How many of each need.
    allowed : array of bool, shape (n,)
        Which starts count.

    Returns
    -------
    array of int
    """
    places = np.flatnonzero(allowed)
    order = places[np.lexsort((-worth[places], need[places]))]
    first = np.concatenate([[True], np.diff(need[order]) != 0])[:len(order)]
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    return order[rank < most]


def _engine(model, rows, columns, penalty, scaled=None):
    """HiGHS with some rows and columns, first among them one for each rule that nothing at all would break; and how many."""
    factor = np.ones(len(model.low)) if scaled is None else scaled
    low, high = (model.low * factor)[rows], (model.high * factor)[rows]
    engine = quiet_engine()
    engine.addRows(len(rows), low, high, 0, np.zeros(len(rows), np.int32), np.zeros(0, np.int32), NONE)
    engine.changeObjectiveSense(MAXIMISE)
    asking = np.flatnonzero((low > 0) | (high < 0))
    count = len(asking)
    engine.addCols(count, np.full(count, -penalty), np.zeros(count), np.full(count, np.inf), count,
                   np.arange(count, dtype=np.int32), asking.astype(np.int32), np.where(low[asking] > 0, 1.0, -1.0))
    add_columns(engine, model, model.matrix[:, columns][rows] if scaled is not None else model.matrix[:, columns], columns)
    return engine, count
