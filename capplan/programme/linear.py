"""The arrays of a model handed straight to HiGHS: parts of it in whole numbers, and a relaxation whose lumps are settled."""

import time

import highspy
import numpy as np

from .solver import integer_tolerance

TINY = WHOLE = 1e-6
PRESOLVED_COLUMNS = 2000
"""Smaller parts are solved without presolve: HiGHS 1.15 never came back from the presolve of one tiny folder of tests."""
OPTIMAL, MAXIMISE = highspy.HighsModelStatus.kOptimal, highspy.ObjSense.kMaximize


def quiet_engine():
    """A HiGHS that says nothing and keeps to one thread."""
    engine = highspy.Highs()
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    return engine


def add_columns(engine, model, matrix, columns):
    """Add columns of a model to an engine, ``matrix`` being theirs."""
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
    _set(engine, columns, gap, time_limit_s, seed, enough)
    engine.setOptionValue("threads", threads)
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


def _set(engine, columns, gap, time_limit_s, seed, enough):
    for option, setting in {
            "presolve": "choose" if len(columns) > PRESOLVED_COLUMNS else "off", "time_limit": float(time_limit_s),
            "mip_rel_gap": float(gap), "mip_abs_gap": 0.0, "random_seed": seed, "objective_target": enough,
            "mip_feasibility_tolerance": integer_tolerance(len(columns))}.items():
        if setting is not None:
            engine.setOptionValue(option, setting)


def _whole_engine(model, matrix, columns, low, high, offset, whole=True):
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.value[columns], model.least[columns], model.most[columns]
    lp.row_lower_, lp.row_upper_, lp.offset_, lp.sense_ = low, high, offset, MAXIMISE
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
        return self._engine.getModelStatus() == OPTIMAL

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
        _set(engine, self._columns, gap, engine.getRunTime() + time_limit_s, seed, enough)
        engine.run()
        ended = engine.getModelStatus() != highspy.HighsModelStatus.kTimeLimit
        if engine.getInfo().primal_solution_status != 2:
            return None, ended
        made = np.zeros(len(model.value))
        made[self._free] = self._values()
        return model.choice(made), ended
