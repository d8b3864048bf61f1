"""Benchmark of the forecast of pupils: 100 schools x 14 year groups x 10 years x 1,000 replicates.

Run by hand or by ``make bench``: ``python tests/benchmarks/pupils.py``. Prints one line: what is learned from ten censuses
and rolled on with chance, the median of several calls, the peak memory of this process, the target and whether it was met.
The schools go from Reception to year 13, with made-up censuses; what is timed is the whole leaf: ratios, intakes and draws.
"""

import argparse
import resource
import statistics
import sys
import time

import numpy as np
import pandas as pd

from capplan.pupils.counts import counts_of
from capplan.pupils.flows import drawn
from capplan.pupils.outset import flows_from_counts
from capplan.pupils.uncertainty import noise_figures

SCHOOLS, GROUPS, YEARS, REPLICATES, CENSUSES = 100, 14, 10, 1000, 10
TARGET_S = 3.0


def censuses(seed=1):
    """Made-up censuses: year groups of about sixty, each a little other than the one below a year before."""
    random = np.random.default_rng(seed)
    pupils = random.poisson(60, (SCHOOLS, CENSUSES, GROUPS))
    for year in range(1, CENSUSES):
        pupils[:, year, 1:] = random.poisson(pupils[:, year - 1, :-1])
    place = np.indices(pupils.shape)
    return pd.DataFrame({"school_id": [f"S{school:03d}" for school in place[0].ravel()], "year": 2017 + place[1].ravel(),
                         "year_group": place[2].ravel(), "pupils": pupils.ravel()})


def main():
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="calls (default 5)")
    counts, noise, seconds = counts_of(censuses()), noise_figures(), []
    for _ in range(max(parser.parse_args().repeats, 1)):
        began = time.perf_counter()
        flows = flows_from_counts(counts, YEARS, 5, noise)
        draws = drawn(flows, REPLICATES, 0, counts.years[-1])
        seconds.append(time.perf_counter() - began)
        assert draws.shape == (SCHOOLS, GROUPS, YEARS, REPLICATES)
        del draws
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    median = statistics.median(seconds)
    print(f"pupils: {SCHOOLS} schools x {GROUPS} year groups x {YEARS} years x {REPLICATES:,} replicates: median "
          f"{median:.2f} s, worst {max(seconds):.2f} s, peak {peak:,.0f} MB; target {TARGET_S:g} s: "
          f"{'met' if median < TARGET_S else 'not met'}")


if __name__ == "__main__":
    main()
