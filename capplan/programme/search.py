"""A good programme and a true bound fast: relax, settle the lumpy schemes first, then solve a small core exactly.

A trust's relaxation is nearly whole already; what is left over are a few large schemes cut in two between years. Settling
those first, dearest first, and solving again each time (milliseconds, since HiGHS starts warm) leaves a small problem: the
starts the relaxation likes or hardly regrets. The bound is the relaxation's before anything was settled, so it is true.
"""

import time

import numpy as np

from .instance import total_value
from .solver import Relaxation, relative_gap

WHOLE = 1e-6
CORE_STARTS = 2000
"""Starts outside the relaxation that the core may choose from, the least regretted first."""
SMALL_MODEL_STARTS = 2000
"""A model this small is solved as it is."""
LUMP_SHARE = 0.0005
"""Fractional starts dearer than this share of all money are settled before the core is solved."""


def quick_programme(model, gap, time_limit_s, seed=0):
    """A good programme and a bound on the best.

    Parameters
    ----------
    model : Model
    gap : float
        Relative gap wanted. [-]
    time_limit_s : float
        Time to spend. [s]
    seed : int
        Seed of the solver's own random choices.

    Returns
    -------
    tuple of (dict or None, float)
        Scheme to start year (``None`` where nothing was found), and a value that no programme can exceed (infinite
        where the relaxation was not solved in time).

    Raises
    ------
    InfeasibleModelError
        If even the relaxation has no solution.
    """
    inst, began = model.instance, time.perf_counter()
    if len(model.starts) <= SMALL_MODEL_STARTS:
        return None, float("inf")
    relaxation = Relaxation(model, time_limit_s)
    if not relaxation.solved:
        return None, float("inf")
    bound = relaxation.bound
    cost = np.array([sum(inst.starts[pair].spend.values()) for pair in relaxation.pairs])
    need = _needs(inst, relaxation.pairs)
    lump = LUMP_SHARE * float(inst.pots.amount.sum())
    until = began + time_limit_s / 3
    _settle_lumps(relaxation, cost, need, lump, until)
    values, regrets = relaxation.values(), relaxation.regrets()
    outside = np.flatnonzero(values < WHOLE)
    dropped = outside[np.argsort(regrets[outside], kind="stable")][CORE_STARTS:]
    left = max(1.0, time_limit_s - (time.perf_counter() - began))
    choice = relaxation.core(dropped, gap / 4, left, seed)
    return choice, bound


def close_enough(inst, choice, bound, gap):
    """Whether a choice is proved to be within a gap of the best."""
    return choice is not None and relative_gap(total_value(inst, choice), bound) <= gap


def _needs(inst, pairs):
    number = {}
    for i, members in enumerate(inst.groups.values()):
        for scheme in members:
            number.setdefault(scheme, i)
    return np.array([number[scheme] for scheme, _ in pairs])


def _settle_lumps(relaxation, cost, need, lump, until):
    """Fix the dearest fractional scheme, solve again, and so on until what is fractional is small."""
    stuck = np.zeros(len(cost), dtype=bool)
    while time.perf_counter() < until:
        values = relaxation.values()
        cut = np.flatnonzero((values > WHOLE) & (values < 1 - WHOLE) & ~stuck & (cost > lump))
        if not len(cut):
            return
        rivals = cut[need[cut] == need[cut[np.argmax(cost[cut])]]]
        best = rivals[np.argmax(values[rivals])]
        stuck[best] = not relaxation.settle(best, 1.0 if values[best] >= 0.5 else 0.0)
