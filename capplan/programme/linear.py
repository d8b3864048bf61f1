"""The arrays of a model handed straight to HiGHS: its relaxation, solved by sifting, and parts of it in whole numbers.

The relaxation of a large trust has few starts that matter. A sample of the needs gives approximate prices of money and
limits; with them every start is priced and a few per need are kept; the relaxation of those gives better prices, and so on
until no start outside is worth more than it costs. At any prices at all, what the rules hold plus the best start of every
need, each alone, is more than any programme can be worth: that is the bound, whatever stopped the search.
"""

import time

import highspy
import numpy as np

from .arrays import LIMITS, MUST, NEEDS, PAID, POTS
from .solver import InfeasibleModelError, integer_tolerance

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
TINY = WHOLE = 1e-6


class Relaxation:
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
            _add_columns(engine, model, model.matrix[:, new], new)

    def _run(self, engine):
        """Solve as far as the time allows; say whether it is solved."""
        left = self._until - time.perf_counter()
        if left <= 0:
            return False
        engine.setOptionValue("time_limit", engine.getRunTime() + left)
        engine.run()
        return engine.getModelStatus() == highspy.HighsModelStatus.kOptimal

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
        for own, general in self._handed_on():         # a sample says little of a school's own money: price it like the rest
            prices[own] = prices[general]
        return prices

    def _handed_on(self):
        """Rows of bills that are handed on in part, with the row each is handed on to."""
        model = self._model
        flows = model.matrix[:, model.starts:]
        paid = flows.multiply((model.family == PAID)[:, None]).tocsc()
        for column in np.flatnonzero(np.diff(paid.indptr) == 2):
            rows = paid.indices[paid.indptr[column]:paid.indptr[column + 1]]
            signs = paid.data[paid.indptr[column]:paid.indptr[column + 1]]
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
    engine.changeObjectiveSense(highspy.ObjSense.kMaximize)
    asking = np.flatnonzero((low > 0) | (high < 0))
    count = len(asking)
    engine.addCols(count, np.full(count, -penalty), np.zeros(count), np.full(count, np.inf), count,
                   np.arange(count, dtype=np.int32), asking.astype(np.int32), np.where(low[asking] > 0, 1.0, -1.0))
    _add_columns(engine, model, model.matrix[:, columns][rows] if scaled is not None else model.matrix[:, columns], columns)
    return engine, count


def quiet_engine():
    """A HiGHS that says nothing and keeps to one thread."""
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    return engine


def _add_columns(engine, model, matrix, columns):
    engine.addCols(len(columns), model.value[columns], model.least[columns], model.most[columns], matrix.nnz,
                   matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data)


def solve_part(model, free, fixed, start, gap, time_limit_s, seed=0, enough=None, threads=1):
    """Solve in whole numbers with some starts open, some fixed and the rest left out.

    Parameters
    ----------
    model : Arrays
    free, fixed : array of int
        Places of the starts that are open, and of those that are made whatever happens.
    start : dict or None
        A choice of start years to begin from.
    gap, time_limit_s, seed, threads
        As for ``solver.solve``.
    enough : float, optional
        Value at which to stop.

    Returns
    -------
    tuple of (dict or None, float, bool)
        Scheme to start year, ``None`` where nothing was found; a value that no choice among the free starts can exceed; and
        whether the search ended before its time limit.
    """
    columns = np.concatenate([free, np.arange(model.starts, len(model.value))]).astype(int)
    matrix = model.matrix[:, columns].tocsr()
    taken = np.asarray(model.matrix[:, fixed].sum(axis=1)).ravel() if len(fixed) else np.zeros(len(model.low))
    rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
    bare = np.diff(matrix.indptr) == 0
    if ((taken < model.low - TINY)[bare] | (taken > model.high + TINY)[bare]).any():
        return None, -np.inf, True
    engine = _whole_engine(model, matrix[rows].tocsc(), columns, (model.low - taken)[rows], (model.high - taken)[rows],
                           float(model.value[fixed].sum()))
    for option, setting in {"time_limit": time_limit_s, "mip_rel_gap": gap, "mip_abs_gap": 0.0, "random_seed": seed,
                            "threads": threads, "mip_feasibility_tolerance": integer_tolerance(len(columns))}.items():
        engine.setOptionValue(option, setting)
    if enough is not None:
        engine.setOptionValue("objective_target", enough)
    if start is not None:
        known = model.whole_columns(start)[columns]
        whole = np.flatnonzero(model.whole[columns])
        engine.setSolution(len(whole), whole.astype(np.int32), known[whole])
    engine.run()
    info, state = engine.getInfo(), engine.getModelStatus()
    ended = state != highspy.HighsModelStatus.kTimeLimit
    if info.primal_solution_status != 2:
        return None, (-np.inf if state == highspy.HighsModelStatus.kInfeasible else info.mip_dual_bound), ended
    x = np.zeros(len(model.value))
    x[columns] = engine.getSolution().col_value
    x[fixed] = 1.0
    return model.choice(x), info.mip_dual_bound, ended


def _whole_engine(model, matrix, columns, low, high, offset, whole=True):
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.value[columns], model.least[columns], model.most[columns]
    lp.row_lower_, lp.row_upper_, lp.offset_, lp.sense_ = low, high, offset, highspy.ObjSense.kMaximize
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = highspy.HighsVarType
    if whole:
        lp.integrality_ = [kinds.kInteger if integer else kinds.kContinuous for integer in model.whole[columns]]
    engine = quiet_engine()
    engine.passModel(lp)
    return engine


class Settling:
    """A relaxation whose lumps are settled one after another, the dearest first, and then a core of it in whole numbers.

    Parameters
    ----------
    model : Arrays
    free : array of int
        Places of the starts that are open; the rest are left out.
    time_limit_s : float
        Time limit of the settling. [s]
    lump_gbp : float
        Fractional starts dearer than this are settled. [GBP]
    """

    def __init__(self, model, free, time_limit_s, lump_gbp):
        self._model, self._free, self._until = model, free, time.perf_counter() + time_limit_s
        self._columns = np.concatenate([free, np.arange(model.starts, len(model.value))]).astype(int)
        matrix = model.matrix[:, self._columns].tocsr()
        rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
        low, high = model.low[rows], model.high[rows]
        self._engine = _whole_engine(model, matrix[rows].tocsc(), self._columns, low, high, 0.0, False)
        self._engine.setOptionValue("presolve", "off")
        self.solved = self._solve() and self._settle_packages()
        if self.solved:
            self._settle_lumps(lump_gbp)

    def _values(self):
        return np.array(self._engine.getSolution().col_value)[:len(self._free)]

    def _solve(self):
        self._engine.setOptionValue("time_limit", self._engine.getRunTime() + max(0.1, self._until - time.perf_counter()))
        self._engine.run()
        return self._engine.getModelStatus() == highspy.HighsModelStatus.kOptimal

    def _settle_packages(self):
        """A package that the relaxation fills by half is let, else not; taken back where that cannot be."""
        model, x = self._model, np.zeros(len(self._model.value))
        x[self._columns] = self._engine.getSolution().col_value
        wanted = {}
        for i, column in model.packages.items():
            limit = model.instance.limits[i]
            wanted[int(np.searchsorted(self._columns[len(self._free):], column)) + len(self._free)] = float(
                limit.weight @ x[limit.place] >= limit.amount / 2)
        return not wanted or self._fix(wanted) or self._solve()

    def _settle_lumps(self, lump_gbp):
        cost, need = self._model.instance.cost[self._free], self._model.own_need[self._free]
        stuck = np.zeros(len(self._free), bool)
        while time.perf_counter() < self._until:
            x = self._values()
            cut = np.flatnonzero((x > WHOLE) & (x < 1 - WHOLE) & ~stuck & (cost > lump_gbp))
            if not len(cut):
                return
            rivals = cut[need[cut] == need[cut[np.argmax(cost[cut])]]]
            best = int(rivals[np.argmax(x[rivals])])
            stuck[best] = True
            if not self._fix({best: float(x[best] >= 0.5)}):
                self._solve()

    def _fix(self, wanted):
        """Fix columns and solve again; where that has no solution, take it back and say so."""
        for place, value in wanted.items():
            self._engine.changeColBounds(place, value, value)
        if self._solve():
            return True
        for place in wanted:
            column = self._columns[place]
            self._engine.changeColBounds(place, float(self._model.least[column]), float(self._model.most[column]))
        return False

    def core(self, most, gap, time_limit_s, seed, enough=None):
        """Solve in whole numbers with only those starts open that the settled relaxation likes or hardly regrets.

        Parameters
        ----------
        most : int
            Starts outside the relaxation to leave open.
        gap, time_limit_s, seed, enough
            As for ``solve_part``.

        Returns
        -------
        tuple of (dict or None, bool)
            Scheme to start year, ``None`` where nothing was found; whether the search ended before its time limit.
        """
        engine, model = self._engine, self._model
        x, regret = self._values(), np.array(engine.getSolution().col_dual)[:len(self._free)]
        outside = np.flatnonzero(x < WHOLE)
        dropped = outside[np.argsort(-regret[outside], kind="stable")][most:]
        for place in dropped:
            engine.changeColBounds(int(place), 0.0, 0.0)
        whole = np.flatnonzero(model.whole[self._columns])
        engine.changeColsIntegrality(len(whole), whole.astype(np.int32),
                                     np.full(len(whole), int(highspy.HighsVarType.kInteger), dtype=np.uint8))
        for option, setting in {"presolve": "choose", "time_limit": engine.getRunTime() + time_limit_s, "mip_rel_gap": gap,
                                "mip_abs_gap": 0.0, "random_seed": seed, "objective_target": enough,
                                "mip_feasibility_tolerance": integer_tolerance(len(self._columns))}.items():
            if setting is not None:
                engine.setOptionValue(option, setting)
        engine.run()
        ended = engine.getModelStatus() != highspy.HighsModelStatus.kTimeLimit
        if engine.getInfo().primal_solution_status != 2:
            return None, ended
        made = np.zeros(len(model.value))
        made[self._free] = self._values()
        return model.choice(made), ended
