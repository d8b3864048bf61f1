"""Part of a relaxation: some of its starts, with prices that say which others it wants."""

import time

import numpy as np

from .arrays import BUNDLES, MUST, ORDER, PAID, POTS
from .linear import MAXIMISE, OPTIMAL, add_columns, quiet_engine
from .solver import InfeasibleModelError, run_engine

NONE = np.zeros(0)
KEPT_PER_NEED, ADDED_PER_NEED = 4, 3
"""Starts of each need in the first relaxation, and added to it at most each time."""
CLOSE = 1e-7
PENALTY, HIGHEST_PENALTY = 10.0, 1e7
"""What breaking a rule by its largest entry costs, as a multiple of the largest value; raised where it is not enough."""


def tying(model):
    """Rows that tie a start to another or to a date, shape (rows,): their best starts are there from the first."""
    return np.isin(model.family, (MUST, ORDER, BUNDLES, POTS)) | ((model.family == PAID) & np.isinf(model.low))


class Part:
    """The relaxation with few of its starts.

    Parameters
    ----------
    model : Arrays
    starts : array of int
        Places of the starts it has.

    Attributes
    ----------
    missing : bool
        Whether a rule is broken for want of other starts.
    objective : float
        Value of the part's relaxation, less what broken rules cost.
    """

    def __init__(self, model, starts):
        self._model = model
        self._columns = np.concatenate([np.arange(model.starts, len(model.value)), starts]).astype(int)
        self._inside = np.zeros(model.starts, bool)
        self._inside[starts] = True
        self._engine, self._costs = engine_of(model, np.arange(len(model.low)), self._columns)
        self._short = len(self._costs)

    def solved_by(self, until):
        """Solve as far as the time allows; say whether it is solved."""
        if (left := until - time.perf_counter()) <= 0:
            return False
        self._engine.setOptionValue("time_limit", self._engine.getRunTime() + left)
        run_engine(self._engine)
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
        prices, own, of_needs = np.array(self._engine.getSolution().row_dual), need_rows >= 0, np.zeros(needs)
        of_needs[need_rows[own]] = prices[own]
        return prices, of_needs

    def wanted(self, gains):
        """Starts to add, the best few of each need, by what each would gain."""
        least = CLOSE * np.abs(self._model.value).max(initial=1.0)
        return best_of(gains, self._model.own_need, ADDED_PER_NEED, ~self._inside & (gains > least))

    def add(self, starts):
        """Add starts."""
        self._columns = np.concatenate([self._columns, starts])
        self._inside[starts] = True
        add_columns(self._engine, self._model, self._model.matrix[:, starts], starts)

    def be_stricter(self):
        """A higher price for falling short of a rule; where no price helps, the rules conflict."""
        self._costs = self._costs * PENALTY
        if self._costs.max() > HIGHEST_PENALTY * PENALTY * max(1.0, np.abs(self._model.value).max(initial=1.0)):
            raise InfeasibleModelError
        self._engine.changeColsCost(self._short, np.arange(self._short, dtype=np.int32), -self._costs)


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


def engine_of(model, rows, columns, scaled=None):
    """HiGHS with some rows and columns, first among them one for each rule that nothing at all would break, at a price.

    Parameters
    ----------
    model : Arrays
    rows, columns : array of int
    scaled : array, shape (all rows,), optional
        What the sides of each row are multiplied by.

    Returns
    -------
    tuple of (Highs, array)
        The engine, and what each rule that may give costs.
    """
    factor = np.ones(len(model.low)) if scaled is None else scaled
    low, high = (model.low * factor)[rows], (model.high * factor)[rows]
    engine = quiet_engine()
    engine.addRows(len(rows), low, high, 0, np.zeros(len(rows), np.int32), np.zeros(0, np.int32), NONE)
    engine.changeObjectiveSense(MAXIMISE)
    matrix = model.matrix[:, columns] if scaled is None else model.matrix[:, columns][rows]
    asking = np.flatnonzero((low > 0) | (high < 0))
    largest = abs(model.matrix[:, :model.starts]).max(axis=1).toarray().ravel()[rows][asking]
    costs = PENALTY * max(1.0, np.abs(model.value).max(initial=1.0)) / np.maximum(1.0, largest)
    engine.addCols(len(asking), -costs, np.zeros(len(asking)), np.full(len(asking), np.inf), len(asking),
                   np.arange(len(asking), dtype=np.int32), asking.astype(np.int32), np.where(low[asking] > 0, 1.0, -1.0))
    add_columns(engine, model, matrix, columns)
    return engine, costs
