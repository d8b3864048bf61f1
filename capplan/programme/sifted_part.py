"""Part of a relaxation: the starts in doubt, with those taken for made until prices say otherwise."""

import time

import highspy
import numpy as np

from .arrays import BUNDLES, LIMITS, MUST, ORDER, PAID, POTS
from .linear import MAXIMISE, OPTIMAL, add_columns, quiet_engine
from .solver import InfeasibleModelError, run_engine

NONE = np.zeros(0)
KEPT_PER_NEED, ADDED_PER_NEED = 4, 3
"""Starts of each need in doubt in the first relaxation, and added to it at most each time."""
CLOSE, LEAST_LOSS = 1e-7, 1e-10
PENALTY, HIGHEST_PENALTY = 10.0, 1e7
"""What breaking a rule by its largest entry costs, as a multiple of the largest value; raised where it is not enough."""
IMPOSSIBLE = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


def tying(model):
    """Rows that tie a start to another or to a date, shape (rows,): those starts are in doubt throughout."""
    return np.isin(model.family, (MUST, ORDER, BUNDLES, POTS)) | ((model.family == PAID) & np.isinf(model.low))


class Part:
    """The relaxation with few of its starts.

    Parameters
    ----------
    model : Arrays
    needs : Needs
    open_, made : array of int
        Places of the starts that may take any value, and of those that are made; the rest are left out.

    Attributes
    ----------
    missing : bool
        Whether a rule is broken for want of other starts.
    objective : float
        Value of the part's relaxation, less what broken rules cost.
    """

    def __init__(self, model, needs, open_, made):
        self._model, self._needs = model, needs
        self._columns = np.concatenate([np.arange(model.starts, len(model.value)), open_, made]).astype(int)
        rows = np.arange(len(model.low))
        self._engine, self._short, self._costs = engine_of(model, rows, self._columns, giving=len(made) > 0)
        self._place = np.full(model.starts, -1)
        self._note_places(0)
        self._made = np.zeros(model.starts, bool)
        self._made[made] = True
        self._in_doubt = np.zeros(needs.sets, bool)
        self._in_doubt[needs.set_of[open_]] = True
        self._need_prices = None
        self._bind(made, 1.0)

    def _note_places(self, first):
        new = self._columns[first:]
        starts = new < self._model.starts
        self._place[new[starts]] = self._short + first + np.flatnonzero(starts)

    def _bind(self, starts, least):
        """Starts that are made, or may be."""
        most = self._model.most[starts].astype(float)
        self._engine.changeColsBounds(len(starts), self._place[starts].astype(np.int32), np.full(len(starts), least), most)

    def solve(self, until):
        """Solve as far as the time allows; say whether it is solved."""
        for _ in range(2):
            if (left := until - time.perf_counter()) <= 0:
                return False
            self._engine.setOptionValue("time_limit", self._engine.getRunTime() + left)
            run_engine(self._engine)
            if self._engine.getModelStatus() in IMPOSSIBLE and self._made.any():
                self.open(np.unique(self._needs.set_of[self._made]))
                continue
            break
        if self._engine.getModelStatus() != OPTIMAL:
            return False
        self._x, self.objective = np.array(self._engine.getSolution().col_value), self._engine.getObjectiveValue()
        self.missing = self._x[:self._short].max(initial=0.0) > CLOSE
        return True

    def values(self):
        """Value of each start, shape (n,). [-]"""
        found, starts = np.zeros(self._model.starts), self._columns < self._model.starts
        found[self._columns[starts]] = self._x[self._short:][starts]
        return found

    def prices(self, need_rows, needs):
        """Prices of all rows, and of as many needs."""
        prices, own = np.array(self._engine.getSolution().row_dual), need_rows >= 0
        self._need_prices = np.zeros(needs)
        self._need_prices[need_rows[own]] = prices[own]
        return prices, self._need_prices

    def wanted(self, worth, covered, usable, gap):
        """Sets of needs to be in doubt from now on, and starts to add, at what starts and needs are worth."""
        model, needs = self._model, self._needs
        loss = np.bincount(needs.of_need, covered, needs.sets) - np.bincount(
            needs.set_of[self._made], worth[self._made], needs.sets)
        largest = np.abs(model.value[:model.starts]).max(initial=1.0)
        least = max(LEAST_LOSS * largest, min(CLOSE * largest, gap * abs(self.objective) / (2 * needs.sets)))
        opened = np.flatnonzero(~self._in_doubt & (loss > least))
        outside = usable & (self._place < 0)
        at_once = np.zeros(needs.sets, bool)
        at_once[opened] = True
        regret = np.where(usable, needs.met @ covered - worth, np.inf)
        first = best_of(-regret, model.own_need, KEPT_PER_NEED, outside & at_once[needs.set_of])
        gains = np.where(usable, worth - needs.met @ self._need_prices, -np.inf)
        more = best_of(gains, model.own_need, ADDED_PER_NEED, outside & self._in_doubt[needs.set_of] & (gains > least))
        return opened, np.concatenate([first, more])

    def open(self, sets):
        """Put sets of needs in doubt."""
        self._in_doubt[sets] = True
        freed = np.flatnonzero(self._made & self._in_doubt[self._needs.set_of])
        self._made[freed] = False
        self._bind(freed, 0.0)

    def add(self, starts):
        """Add starts that may take any value."""
        first = len(self._columns)
        self._columns = np.concatenate([self._columns, starts])
        add_columns(self._engine, self._model, self._model.matrix[:, starts], starts)
        self._note_places(first)

    def be_stricter(self):
        """A higher price for falling short of a rule; where no price helps, the rules conflict."""
        self._costs = self._costs * PENALTY
        if self._costs.max() > self._highest():
            raise InfeasibleModelError
        self._engine.changeColsCost(self._short, np.arange(self._short, dtype=np.int32), -self._costs)

    def _highest(self):
        return HIGHEST_PENALTY * PENALTY * max(1.0, np.abs(self._model.value).max(initial=1.0))


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


def engine_of(model, rows, columns, scaled=None, giving=False):
    """HiGHS with some rows and columns, first among them one for each rule that may give, at a price.

    Parameters
    ----------
    model : Arrays
    rows, columns : array of int
    scaled : array, shape (all rows,), optional
        What the sides of each row are multiplied by.
    giving : bool
        Whether pots and limits give too, since starts are taken for made; else only what nothing at all would break.

    Returns
    -------
    tuple of (Highs, int, array)
        The engine, the number of rules that may give, and what each costs.
    """
    factor = np.ones(len(model.low)) if scaled is None else scaled
    low, high, family = (model.low * factor)[rows], (model.high * factor)[rows], model.family[rows]
    engine = quiet_engine()
    engine.addRows(len(rows), low, high, 0, np.zeros(len(rows), np.int32), np.zeros(0, np.int32), NONE)
    engine.changeObjectiveSense(MAXIMISE)
    matrix = model.matrix[:, columns] if scaled is None else model.matrix[:, columns][rows]
    asking = (low > 0) | (high < 0)
    if giving:
        asking |= np.isin(family, (POTS, LIMITS)) & (np.isinf(low) | np.isinf(high))
    asking = np.flatnonzero(asking)
    largest = abs(model.matrix[:, :model.starts]).max(axis=1).toarray().ravel()[rows]
    largest = np.where(family == POTS, model.instance.cost.max(initial=1.0), largest)[asking]
    costs = PENALTY * max(1.0, np.abs(model.value).max(initial=1.0)) / np.maximum(1.0, largest)
    count = len(asking)
    engine.addCols(count, -costs, np.zeros(count), np.full(count, np.inf), count, np.arange(count, dtype=np.int32),
                   asking.astype(np.int32), np.where(low[asking] > -np.inf, 1.0, -1.0))
    add_columns(engine, model, matrix, columns)
    return engine, count, costs
