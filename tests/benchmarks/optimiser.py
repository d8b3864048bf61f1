"""Benchmarks: the optimiser on synthetic trusts of several sizes, with every family of rules and with pots only.

    python tests/benchmarks/optimiser.py [--time-limit S] [--only NAME ...] [--whole] [--seeds N]

Prints, for each, seconds of processor time for the arrays, the bound, and everything; and the gap proved in the time limit.
With ``--whole`` the same model is also given whole to HiGHS and to CBC, for ten times the seconds that the search took.
"""

import argparse
import importlib
import resource
import time

from synthetic import trust

from capplan.errors import SolverError
from capplan.programme import optimise
from capplan.programme.arrays import arrays
from capplan.programme.instance import instance
from capplan.programme.sifting import Sifting

step = importlib.import_module("capplan.programme.optimise")      # the package's own name for it is the function
SIZES = {"typical": (12, 300, 10, True, 0.001), "largest": (90, 4000, 10, True, 0.001),
         "largest, 30 years": (90, 4000, 30, True, 0.001), "authority": (500, 20_000, 10, True, 0.0005),
         "pots only": (500, 26_000, 10, False, 0.0002)}
OWN = ", own money"
"""The same trusts where some schools have more money of their own than they can spend well: each is a small knapsack."""
SIZES |= {name + OWN: size for name, size in SIZES.items()}


def timed(work):
    """What a call returns, and the seconds of processor time it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def solved(candidates, gap, time_limit_s, solver="highs"):
    """Gap proved, as a percentage in words, and seconds of processor time taken by the call and its solver."""
    began = seconds_used()
    try:
        programme = optimise(candidates, gap, time_limit_s, solver)
    except SolverError:
        return "none", seconds_used() - began
    return f"{100 * programme.gap:.3f}", seconds_used() - began


def seconds_used():
    """Seconds of processor time of this process and of those it has run: CBC is one of its own."""
    return sum(used.ru_utime + used.ru_stime
               for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def whole_models(candidates, gap, search_s):
    """The whole model to each solver for ten times as long: gap proved and seconds, in words."""
    sizes, words = step.SMALL_MODEL_STARTS, []
    for solver in ("highs", "cbc"):
        step.SMALL_MODEL_STARTS = 10**9
        try:
            proved, took = solved(candidates, gap, 10 * search_s, solver)
        finally:
            step.SMALL_MODEL_STARTS = sizes
        words.append(f"{proved:>9} {took:5.0f} s")
    return "".join(words)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=30.0, help="seconds for each trust")
    parser.add_argument("--only", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--seeds", type=int, default=1, help="how many trusts of each size")
    parser.add_argument("--whole", action="store_true", help="also the whole model to HiGHS and to CBC")
    given = parser.parse_args()
    head = {"schemes": 8, "columns": 9, "rows": 8, "arrays s": 10, "bound s": 9, "all s": 8, "gap %": 8, "asked %": 9}
    print(f"{'trust':29}" + "".join(f"{name:>{width}}" for name, width in head.items())
          + (f"{'HiGHS whole %':>17}{'CBC whole %':>17}" if given.whole else ""))
    for name, seed in ((name, seed) for name in given.only for seed in range(given.seeds)):
        schools, schemes, years, rules, gap = SIZES[name]
        candidates = trust(schools, schemes, years, seed=seed, rules=rules, own_money=name.endswith(OWN))
        inst = instance(candidates)
        model, arrays_s = timed(lambda inst=inst: arrays(inst, handed_on=True))
        _, bound_s = timed(lambda model=model, gap=gap: Sifting(model, gap / 30, given.time_limit))
        proved, all_s = solved(candidates, gap, given.time_limit)
        print(f"{name:29}{schemes:8,}{len(model.value):9,}{len(model.low):8,}{arrays_s:10.1f}{bound_s:9.1f}{all_s:8.1f}"
              f"{proved:>8}{100 * gap:9.2f}" + (whole_models(candidates, gap, all_s) if given.whole else ""), flush=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
