"""Benchmarks: the optimiser on synthetic trusts of several sizes, with every family of rules and with pots only.

    python tests/benchmarks/optimiser.py [--time-limit S] [--only NAME ...]

Prints, for each, seconds of processor time for the arrays, the bound, and everything; and the gap proved in the time limit.
"""

import argparse
import resource
import time

from synthetic import trust

from capplan.errors import SolverError
from capplan.programme import optimise
from capplan.programme.arrays import arrays
from capplan.programme.instance import instance
from capplan.programme.sifting import Sifting

SIZES = {"typical": (12, 300, 10, True, 0.001), "largest": (90, 4000, 10, True, 0.001),
         "largest, 30 years": (90, 4000, 30, True, 0.001), "authority": (500, 20_000, 10, True, 0.0005),
         "pots only": (500, 26_000, 10, False, 0.0002)}


def timed(work):
    """What a call returns, and the seconds of processor time it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=30.0, help="seconds for each trust")
    parser.add_argument("--only", nargs="*", choices=list(SIZES), default=list(SIZES))
    given = parser.parse_args()
    head = {"schemes": 8, "columns": 9, "rows": 8, "arrays s": 10, "bound s": 9, "all s": 8, "gap %": 8, "asked %": 9}
    print(f"{'trust':20}" + "".join(f"{name:>{width}}" for name, width in head.items()))
    for name in given.only:
        schools, schemes, years, rules, gap = SIZES[name]
        candidates = trust(schools, schemes, years, rules=rules)
        inst = instance(candidates)
        model, arrays_s = timed(lambda inst=inst: arrays(inst, handed_on=True))
        _, bound_s = timed(lambda model=model, gap=gap: Sifting(model, gap / 30, given.time_limit))
        try:
            programme, all_s = timed(lambda candidates=candidates, gap=gap: optimise(candidates, gap, given.time_limit))
            proved = f"{100 * programme.gap:8.3f}"
        except SolverError:
            proved, all_s = f"{'none':>8}", given.time_limit
        print(f"{name:20}{schemes:8,}{len(model.value):9,}{len(model.low):8,}{arrays_s:10.1f}{bound_s:9.1f}{all_s:8.1f}"
              f"{proved}{100 * gap:9.2f}", flush=True)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
