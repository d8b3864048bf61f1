"""The one place that talks to a solver, and does not believe it.

A solve stopped by its time limit calls itself optimal in PuLP; so the incumbent, the bound and the gap are read from the
solver itself, and what comes back is checked again by ``audit``.
"""

import re
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import highspy
import numpy as np
import pulp

from ..errors import SolverError

PAYMENT_LIMIT_S = 60.0         # a payment is a small transport problem; it never comes near this
INTEGER_TOLERANCE, LOOSER_TOLERANCE, LARGE_MODEL_COLUMNS = 1e-9, 1e-7, 20_000
"""How far from whole a start may be. At 1e-9 HiGHS found no programme at all on 50,000 starts with several tags, so large
models get the looser figure; what it leaves is pounds at most, and what the pots cannot pay to the penny is not taken."""
SOLVERS = ("highs", "cbc")


@dataclass(frozen=True)
class Answer:
    """What a solver gave: start years, objective, a bound nothing can exceed, and how it stopped.

    ``gap`` is ``(bound - objective) / |objective|``. ``choice`` is ``None`` where no programme was found in time.
    """

    choice: dict | None = field(repr=False)
    objective: float
    bound: float
    seconds: float
    status: str
    solver: str
    version: str

    @property
    def gap(self):
        """How far the objective may be from the best possible, as a fraction of the objective."""
        return relative_gap(self.objective, self.bound)


class InfeasibleModelError(Exception):
    """No programme obeys all the rules; the caller finds out which."""


def relative_gap(objective, bound):
    """``(bound - objective) / |objective|``, never negative; zero where both are zero."""
    if bound - objective <= 1e-9 * max(1.0, abs(objective)):
        return 0.0
    return (bound - objective) / abs(objective) if objective else float("inf")


def run_engine(engine):
    """Run a HiGHS with the threads it asks for; say whether it ran.

    Notes
    -----
    The pool of threads belongs to the process. HiGHS refuses to run with another number of threads than the pool has, and
    its figures are then zeros that look like answers; so the pool is made anew.
    """
    threads = engine.getOptionValue("threads")[1]
    if _POOL.get("threads") != threads:
        highspy.Highs.resetGlobalScheduler(True)
        _POOL["threads"] = threads
    return engine.run() != highspy.HighsStatus.kError


_POOL = {}


class _Highs(pulp.HiGHS):
    """PuLP's HiGHS interface, starting from a programme already known."""

    known = None

    def callSolver(self, lp):  # noqa: N802 - PuLP's name
        """Run HiGHS, from the known programme where there is one; the name is PuLP's."""
        if self.known:
            start = highspy.HighsSolution()
            start.col_value = [self.known.get(variable.name, 0.0) for variable in lp.variables()]
            lp.solverModel.setSolution(start)
        run_engine(lp.solverModel)


def solve(model, name, gap, time_limit_s, threads=1, seed=0, known=None):
    """Solve a model.

    Parameters
    ----------
    model : Model
        As ``formulation.build`` returns it.
    name : str
        ``highs`` or ``cbc``. Where HiGHS fails, CBC is tried in the time left; the answer says which it was.
    gap : float
        Relative gap at which to stop. [-]
    time_limit_s : float
        Time limit. [s]
    threads : int
        Threads the solver may use.
    seed : int
        Seed of the solver's own random choices.
    known : dict, optional
        Values by variable name to start from. CBC is not given them: stopped by time after such a start, it was
        seen to print a bound below a programme that exists.

    Returns
    -------
    Answer

    Raises
    ------
    InfeasibleModelError
        If no programme obeys the rules.
    SolverError
        If the solver failed or is not there.
    """
    began, choice = time.perf_counter(), None
    try:
        given = (model.problem, gap, time_limit_s, threads, seed)
        found, objective, bound, status, release = _run_highs(*given, known) if name == "highs" else _run_cbc(*given)
    except SolverError:
        if name != "highs":
            raise
        name, left = "cbc", max(1.0, time_limit_s - (time.perf_counter() - began))
        found, objective, bound, status, release = _run_cbc(model.problem, gap, left, threads, seed)
    if found:
        choice = {pair[0]: pair[1] for pair, x in model.starts.items() if (x.varValue or 0.0) > 0.5}
    return Answer(choice, objective, bound, time.perf_counter() - began, status, name, release)


def _run_highs(problem, gap, time_limit_s, threads, seed, known):
    solver = _Highs(msg=False, gapRel=gap, gapAbs=0.0, timeLimit=time_limit_s, threads=threads, random_seed=seed,
                    mip_feasibility_tolerance=integer_tolerance(len(problem.variables())))
    solver.known = known
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        problem.solve(solver)
    engine = problem.solverModel
    state, info = engine.getModelStatus(), engine.getInfo()
    kinds = highspy.HighsModelStatus
    if state in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        raise InfeasibleModelError
    if state not in (kinds.kOptimal, kinds.kTimeLimit, kinds.kModelEmpty, kinds.kInterrupt):
        raise SolverError(f"HiGHS stopped without an answer: {engine.modelStatusToString(state)}.")
    sign = -1.0 if problem.sense == pulp.LpMaximize else 1.0
    integer = any(variable.cat == pulp.LpInteger for variable in problem.variables())
    found = info.primal_solution_status == 2 or state == kinds.kModelEmpty
    objective = sign * engine.getObjectiveValue() if found else float("nan")
    bound = sign * info.mip_dual_bound if integer else objective
    status = "optimal" if state in (kinds.kOptimal, kinds.kModelEmpty) else "time limit"
    return found, objective, bound, status, version("highspy")


def integer_tolerance(columns):
    """How far from whole a start may be in a model of so many columns. [-]"""
    return INTEGER_TOLERANCE if columns <= LARGE_MODEL_COLUMNS else LOOSER_TOLERANCE


def _run_cbc(problem, gap, time_limit_s, threads, seed):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        log = Path(folder) / "cbc.log"
        solver = pulp.PULP_CBC_CMD(msg=False, gapRel=gap, timeLimit=time_limit_s, threads=threads, logPath=str(log),
                                   options=[f"randomSeed {seed + 1}", f"integerTolerance {INTEGER_TOLERANCE}"])
        if not solver.available():
            raise SolverError("CBC is not installed with PuLP here; use the solver highs.")
        try:
            problem.solve(solver)
        except pulp.PulpSolverError as error:
            raise SolverError(f"CBC failed: {error}") from None
        text = log.read_text(errors="replace") if log.exists() else ""
    if problem.sol_status == pulp.LpSolutionInfeasible or "infeasible" in text.lower().split("result")[-1][:60]:
        raise InfeasibleModelError
    found = problem.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    objective = pulp.value(problem.objective) if found else float("nan")
    told = re.findall(r"(?:Lower|Upper) bound:\s+(-?[\d.]+(?:e[+-]?\d+)?)", text)
    stopped = "Stopped on time" in text
    worse = 1.0 if problem.sense == pulp.LpMaximize else -1.0
    bound = objective if found and not stopped else worse * float("inf")
    if told:  # printed to three decimals
        bound = float(told[-1]) + worse * 0.0005
    release = re.search(r"Version:\s*(\S+)", text)
    return found, objective, bound, "time limit" if stopped else "optimal", release.group(1) if release else "unknown"


class Relaxation:
    """A model without its whole numbers: a bound on the whole, and what each start is worth at its prices.

    Parameters
    ----------
    model : Model
        As ``formulation.build`` returns it; to be maximised.
    time_limit_s : float
        Time limit of the first solve. [s]

    Raises
    ------
    InfeasibleModelError
        If even the relaxation has no solution.
    """

    def __init__(self, model, time_limit_s):
        solver = _Highs(mip=False, msg=False, threads=1, timeLimit=time_limit_s)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            model.problem.solve(solver)
        self._engine = model.problem.solverModel
        self.pairs = list(model.starts)
        self._columns = np.array([model.starts[pair].index for pair in self.pairs], dtype=int)
        if self._engine.getModelStatus() in (highspy.HighsModelStatus.kInfeasible,
                                             highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise InfeasibleModelError
        self.solved = self._engine.getModelStatus() == highspy.HighsModelStatus.kOptimal
        self.bound = -self._engine.getObjectiveValue()

    def values(self):
        """Value of each start in the relaxation, in the order of ``pairs``. [-]"""
        return np.array(self._engine.getSolution().col_value)[self._columns]

    def regrets(self):
        """What the relaxation would lose by each start that it leaves out, in the order of ``pairs``."""
        return np.array(self._engine.getSolution().col_dual)[self._columns]


def least_cost_payment(bills, windows, amounts, most_share=None):
    """Which pot pays which bill: the payment that uses first what lapses first.

    Parameters
    ----------
    bills : dict
        (payers, year) to the sum to be paid, ``payers`` being pots in the order they should be used. [GBP]
    windows : dict
        Pot to its (first year, last year).
    amounts : dict
        Pot to what it holds. [GBP]
    most_share : dict, optional
        Pot to the most it may pay of a bill, where that is not all. [-]

    Returns
    -------
    dict or None
        ((payers, year), pot) to the sum paid [GBP]; ``None`` where the bills cannot be paid.
    """
    problem, rows, by_pot = _payment(bills, windows, amounts, most_share or {})
    rank = {pot: place for place, pot in enumerate(amounts)}
    number = {key: place for place, key in enumerate(bills)}
    if not all(rows.values()):
        return None
    flows = {(key, pot): flow for key, row in rows.items() for pot, flow in row.items()}
    problem.setObjective(pulp.LpAffineExpression(
        [(flow, 1.0 + rank[pot] * (1.0 + 0.01 * number[key] / len(bills))) for (key, pot), flow in flows.items()]))
    for key, row in rows.items():
        _balance(problem, [(flow, 1) for flow in row.values()], pulp.LpConstraintEQ, bills[key])
    for pot, drawn in by_pot.items():
        _balance(problem, drawn, pulp.LpConstraintLE, amounts[pot])
    if not flows:
        return {}
    try:
        _run_highs(problem, 0.0, PAYMENT_LIMIT_S, 1, 0, None)
    except InfeasibleModelError:
        return None
    return {key: flow.varValue for key, flow in flows.items() if (flow.varValue or 0.0) > 1e-7}


def least_unpaid(bills, windows, amounts, most_share=None):
    """What the pots cannot pay, with the earlier years paid first.

    Parameters
    ----------
    bills, windows, amounts, most_share
        As for ``least_cost_payment``.

    Returns
    -------
    dict
        (payers, year) to the sum that no pot can pay. [GBP]
    """
    problem, rows, by_pot = _payment(bills, windows, amounts, most_share or {})
    years = sorted({year for _, year in bills})
    short = {key: problem.add_variable(f"unpaid_{place}", 0) for place, key in enumerate(bills)}
    problem.setObjective(pulp.LpAffineExpression(
        [(variable, float(2 + len(years) - years.index(key[1]))) for key, variable in short.items()]))
    for key, row in rows.items():
        _balance(problem, [(short[key], 1), *((flow, 1) for flow in row.values())], pulp.LpConstraintEQ, bills[key])
    for pot, drawn in by_pot.items():
        _balance(problem, drawn, pulp.LpConstraintLE, amounts[pot])
    if bills:
        _run_highs(problem, 0.0, PAYMENT_LIMIT_S, 1, 0, None)
    return {key: variable.varValue or 0.0 for key, variable in short.items()}


def _payment(bills, windows, amounts, most_share):
    """An empty problem with a flow for each pot that may pay a bill: by bill and pot, and by pot for its own row."""
    problem, rows, by_pot = pulp.LpProblem("payment", pulp.LpMinimize), {}, {pot: [] for pot in amounts}
    for number, (payers, year) in enumerate(bills):
        rows[payers, year] = {}
        for pot in payers:
            if windows[pot][0] <= year <= windows[pot][1]:
                most = bills[payers, year] * most_share[pot] if most_share.get(pot, 1.0) < 1 else None
                flow = problem.add_variable(f"pays_{number}_{len(rows[payers, year])}", 0, most)
                rows[payers, year][pot] = flow
                by_pot[pot].append((flow, 1))
    return problem, rows, {pot: drawn for pot, drawn in by_pot.items() if drawn}


def _balance(problem, terms, sense, amount):
    problem.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, None, amount))
