"""Benchmark of growth: 1,000 futures of ten years for the example trust of four schools.

Run by hand or by ``make bench``: ``python tests/benchmarks/growth.py``. Prints one line: seconds on the clock and of the
processor for drawing and simulating, the target and whether it was met.
"""

import argparse
import sys
import time
from pathlib import Path

from capplan import read_estate, read_scenario
from capplan.simulation.growth_inputs import growth_case
from capplan.simulation.growth_runs import simulate_growth

ROOT = Path(__file__).resolve().parents[2]
FUTURES, TARGET_S = 1000, 5.0


def main():
    """Print the line."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    case = growth_case(read_estate(ROOT / "data" / "trusts" / "growth"), read_scenario("growth"))
    clock, processor = time.perf_counter(), time.process_time()
    simulate_growth(case, 1, FUTURES)
    took_s, used_s = time.perf_counter() - clock, time.process_time() - processor
    print(f"growth: {FUTURES:,} futures of {case.years} years, {len(case.prospects)} prospects: {took_s:.2f} s on the "
          f"clock, {used_s:.2f} s of the processor; target {TARGET_S:g} s {'met' if took_s <= TARGET_S else 'missed'}")
    return 0 if took_s <= TARGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
