"""Benchmark: the example trust's delivery and core index on one, two and four workers, and what they do for one run.

Usage: ``python tests/benchmarks/scaling.py RESULTS [--futures N] [--samples N] [--chart FILE]``. Prints a table; with
``--chart`` draws the speed against the number of workers. The answers have to be those of one process.
"""

import argparse
import time
from pathlib import Path

from capplan.delivery_job import _as_planned, read_delivery
from capplan.explain_job import read_programme
from capplan.machines import machines
from capplan.programme.core_index import core_index

WORKERS = (1, 2, 4)


def timed(work):
    """What a call returns, and the seconds it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def measured(results, futures, samples):
    """Rows of the table: what, workers, seconds, times as fast, whether the answers are the same."""
    own, (candidates, choice, _) = read_delivery(results), read_programme(results)
    works = {f"{futures} futures of delivery": lambda executor: own.run(_as_planned(own), futures, 0, executor)[1],
             f"{samples} futures of the core index": lambda executor: core_index(candidates, choice, samples,
                                                                                 executor=executor).schemes}
    for what, work in works.items():
        alone, alone_s = timed(lambda work=work: work(None))
        for count in WORKERS:
            with machines(count) as executor:
                if executor is not None:
                    for ready in [executor.submit(pow, 2, 2) for _ in range(count)]:
                        ready.result()
                found, seconds = timed(lambda work=work, executor=executor: work(executor))
            same = found.equals(alone) if hasattr(found, "equals") else [a.start for a in found] == [a.start for a in alone]
            yield what, count, seconds, alone_s / seconds, same


def drawn(rows, file):
    """Times as fast against workers, with a line of perfect scaling."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(WORKERS, WORKERS, "k:", label="each worker as good as the first")
    for style, what in zip(("o-", "s--"), dict.fromkeys(row[0] for row in rows), strict=True):
        axes.plot(WORKERS, [row[3] for row in rows if row[0] == what], style, label=what)
    axes.set(xlabel="Workers", ylabel="Times as fast as one process", xticks=WORKERS, ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(file)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--futures", type=int, default=400)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--chart", type=Path)
    given = parser.parse_args()
    rows = list(measured(given.results, given.futures, given.samples))
    for what, count, seconds, times, same in rows:
        print(f"{what:34}{count:3} workers {seconds:8.1f} s {times:6.2f} times  {'same' if same else 'DIFFERENT'}")
    if given.chart:
        drawn(rows, given.chart)


if __name__ == "__main__":
    main()
