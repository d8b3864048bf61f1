"""The arrays of a model handed straight to HiGHS, in even units: parts of it in whole numbers, and dives."""

import time

import highspy
import numpy as np

from ..errors import SolverError
from .solver import run_engine

TINY = WHOLE = 1e-6
TOLERANCE = 1e-7
"""How far from whole a start may be, and how far beyond its bound a row, in even units: a penny in GBP 100,000.
What comes back is made whole, and what the pots then cannot pay to the penny is not taken."""
PRESOLVED_COLUMNS = 2000
"""Smaller parts are solved without presolve: HiGHS 1.15 never came back from the presolve of one tiny folder of tests."""
KINDS = highspy.HighsModelStatus
OPTIMAL, MAXIMISE = KINDS.kOptimal, highspy.ObjSense.kMaximize
BOUNDED = (KINDS.kOptimal, KINDS.kTimeLimit, KINDS.kObjectiveTarget, KINDS.kInterrupt, KINDS.kSolutionLimit)
"""Ends of a search after which its bound is one; after any other nothing is known."""
CUTS_ONLY = {"mip_max_nodes": 1, "mip_heuristic_effort": 0.0, "mip_heuristic_run_feasibility_jump": False,
             "mip_heuristic_run_rins": False, "mip_heuristic_run_rens": False, "mip_heuristic_run_root_reduced_cost": False}
NO_STARTS = np.array([], dtype=int)


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


def solve_part(model, free, fixed, start, gap, time_limit_s, seed=0, enough=None, threads=1, cuts_only=False):
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
    cuts_only : bool
        Whether to stop at the relaxation with its cuts, before any branching, and to look for no programme: what counts is
        the bound.

    Returns
    -------
    tuple of (dict or None, float, bool)
        Scheme to start year, ``None`` where nothing was found; a value that no choice among the free starts can exceed; and
        whether the search ended before its time limit.
    """
    even, unit = model.even
    columns = np.concatenate([free, np.arange(even.starts, len(even.value))]).astype(int)
    matrix = even.matrix[:, columns].tocsr()
    taken = np.asarray(even.matrix[:, fixed].sum(axis=1)).ravel() if len(fixed) else np.zeros(len(even.low))
    rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
    bare = np.diff(matrix.indptr) == 0
    if ((taken < even.low - TINY)[bare] | (taken > even.high + TINY)[bare]).any():
        return None, -np.inf, True
    engine = _engine(even, matrix[rows].tocsc(), columns, (even.low - taken)[rows], (even.high - taken)[rows],
                     float(even.value[fixed].sum()))
    _make_whole(engine, even, columns)
    _set(engine, columns, gap, time_limit_s, seed, None if enough is None else enough / unit)
    engine.setOptionValue("threads", threads)
    if cuts_only:
        for option, setting in CUTS_ONLY.items():
            engine.setOptionValue(option, setting)
    if start is not None:
        known = even.whole_columns(start)[columns]
        whole = np.flatnonzero(even.whole[columns])
        engine.setSolution(len(whole), whole.astype(np.int32), known[whole])
    if not run_engine(engine):
        raise SolverError("HiGHS could not run a part of the model.")
    info, state = engine.getInfo(), engine.getModelStatus()
    ended = state != KINDS.kTimeLimit
    bound = -np.inf if state == KINDS.kInfeasible else info.mip_dual_bound * unit if state in BOUNDED else np.inf
    if info.primal_solution_status != 2:
        return None, bound, ended
    x = np.zeros(len(even.value))
    x[columns] = engine.getSolution().col_value
    x[fixed] = 1.0
    return model.choice(x), bound, ended


def _set(engine, columns, gap, time_limit_s, seed, enough):
    for option, setting in {
            "presolve": "choose" if len(columns) > PRESOLVED_COLUMNS else "off", "time_limit": float(time_limit_s),
            "mip_rel_gap": float(gap), "mip_abs_gap": 0.0, "random_seed": seed, "objective_target": enough,
            "mip_feasibility_tolerance": TOLERANCE}.items():
        if setting is not None:
            engine.setOptionValue(option, setting)


def _engine(model, matrix, columns, low, high, offset=0.0):
    """HiGHS with some columns of a model, none of them whole."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.value[columns], model.least[columns], model.most[columns]
    lp.row_lower_, lp.row_upper_, lp.offset_, lp.sense_ = low, high, offset, MAXIMISE
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    engine = quiet_engine()
    engine.passModel(lp)
    return engine


def _make_whole(engine, model, columns):
    whole = np.flatnonzero(model.whole[columns])
    engine.changeColsIntegrality(len(whole), whole.astype(np.int32),
                                 np.full(len(whole), int(highspy.HighsVarType.kInteger), dtype=np.uint8))


class Dive:
    """A relaxation whose fractional starts are settled in batches, the dearest first, until little money hangs on the rest.

    A core of what is left is then small, and what it may choose from is near: few rules bind that are not settled already.

    Parameters
    ----------
    model : Arrays
    free : array of int
        Places of the starts that are open; the rest are left out.
    time_limit_s : float
        Time limit of the dive. [s]
    rest_gbp : float
        The dive ends when the fractional starts cost no more than this together. [GBP]

    Attributes
    ----------
    solved : bool
        Whether there is a relaxation to go on from.
    """

    BATCH_SHARE = 1 / 10
    """Part of the fractional starts settled at a time; a quarter of that where they cannot all be."""

    def __init__(self, model, free, time_limit_s, rest_gbp):
        self._model, self._free, self._until = model, free, time.perf_counter() + time_limit_s
        even, _ = model.even
        self._columns = np.concatenate([free, np.arange(even.starts, len(even.value))]).astype(int)
        matrix = even.matrix[:, self._columns].tocsr()
        rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
        self._engine = _engine(even, matrix[rows].tocsc(), self._columns, even.low[rows], even.high[rows])
        self._engine.setOptionValue("presolve", "off")
        self._fixed = np.full(len(free), np.nan)
        self.solved = self._solve() and self._settle_packages()
        if self.solved:
            self._settle(rest_gbp)

    def _values(self):
        return np.array(self._engine.getSolution().col_value)[:len(self._free)]

    def _solve(self):
        self._engine.setOptionValue("time_limit", self._engine.getRunTime() + max(0.1, self._until - time.perf_counter()))
        run_engine(self._engine)
        return self._engine.getModelStatus() == OPTIMAL

    def _settle_packages(self):
        """A package that the relaxation fills by half is let, else not; taken back where that cannot be."""
        model, x = self._model, np.zeros(len(self._model.value))
        x[self._columns] = self._engine.getSolution().col_value
        wanted = {}
        for i, column in model.packages.items():
            limit = model.instance.limits[i]
            wanted[column - model.starts + len(self._free)] = float(limit.weight @ x[limit.place] >= limit.amount / 2)
        return not wanted or self._fix(wanted) or self._solve()

    def _settle(self, rest_gbp):
        cost, need = self._model.instance.cost[self._free], self._model.own_need[self._free]
        stuck, most = np.zeros(len(self._free), bool), len(self._free)
        while time.perf_counter() < self._until:
            x = self._values()
            cut = np.flatnonzero((x > WHOLE) & (x < 1 - WHOLE) & ~stuck)
            if cost[cut].sum() <= rest_gbp:
                return
            batch = _likeliest(cut, x, cost, need)[:max(1, min(most, int(len(cut) * self.BATCH_SHARE)))]
            if self._fix({int(place): float(x[place] >= 0.5) for place in batch}):
                most = len(self._free)
                continue
            if len(batch) == 1:
                stuck[batch] = not self._fix({int(batch[0]): float(x[batch[0]] < 0.5)})
            most = max(1, len(batch) // 4)
            if not self._solve():
                return

    def _fix(self, wanted):
        """Fix columns and solve again; where that has no solution, take it back and say so."""
        for place, value in wanted.items():
            self._engine.changeColBounds(place, value, value)
        solved = self._solve()
        for place, value in wanted.items():
            if not solved:
                column, (even, _) = self._columns[place], self._model.even
                self._engine.changeColBounds(place, float(even.least[column]), float(even.most[column]))
            elif place < len(self._free):
                self._fixed[place] = value
        return solved

    def core(self, size, gap, time_limit_s, seed, enough=None):
        """Solve in whole numbers with only those starts open that the relaxation left fractional or hardly minds.

        Parameters
        ----------
        size : int
            How many starts to leave open of those that the relaxation leaves out, and of those that it makes.
        gap, time_limit_s, seed, enough
            As for ``solve_part``.

        Returns
        -------
        dict or None
            Scheme to start year, ``None`` where nothing was found.
        """
        x, reduced = self._values(), np.array(self._engine.getSolution().col_dual)[:len(self._free)]
        open_ = np.isnan(self._fixed)
        out, made = np.flatnonzero((x < WHOLE) & open_), np.flatnonzero((x > 1 - WHOLE) & open_)
        dropped = out[np.argsort(-reduced[out], kind="stable")][size:]
        kept = made[np.argsort(reduced[made], kind="stable")][size:]
        fixed = np.union1d(kept, np.flatnonzero(self._fixed == 1))
        open_[dropped] = open_[kept] = False
        return solve_part(self._model, self._free[open_], self._free[fixed], None, gap, time_limit_s, seed, enough)[0]


def _likeliest(cut, x, cost, need):
    """Of fractional starts, the likeliest of each need, the dearest need first."""
    order = cut[np.lexsort((-x[cut], need[cut]))]
    best = order[np.concatenate([[True], np.diff(need[order]) != 0])]
    dearest = np.zeros(int(need.max(initial=-1)) + 1)
    np.maximum.at(dearest, need[cut], cost[cut])
    return best[np.argsort(-dearest[need[best]], kind="stable")]
