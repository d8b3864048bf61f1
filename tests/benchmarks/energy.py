"""Benchmark of energy: what it adds to a forecast of the example trust, and a fit of two years of daily readings.

Run by hand or by ``make bench``: ``python tests/benchmarks/energy.py``. Prints two lines: the median of several calls, the
target and whether it was met. The first is the limit for a run of 12 schools and 15 years, without energy measures among the
candidates, which the optimiser's benchmark is about.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from capplan.energy.baseline import Weather, fit_use
from capplan.energy.readings import Readings
from capplan.estate import read_estate
from capplan.outlook import forecast
from capplan.scenario import read_scenario

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "example"
YEARS, TARGET_S, TARGET_FIT_S = 15, 5.0, 0.5


def seconds_of(call, repeats):
    """Seconds of each of several calls."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return found


def main():
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="calls (default 5)")
    repeats, estate = max(parser.parse_args().repeats, 1), read_estate(EXAMPLE)
    medians = {}
    for overlays in ((), ("energy",)):
        scenario = read_scenario("baseline.toml", *overlays)
        scenario = scenario.model_copy(update={"plan": scenario.plan.model_copy(update={"years": YEARS})})
        medians[overlays] = statistics.median(seconds_of(lambda given=scenario: forecast(estate, given).by_year(), repeats))
    added = medians["energy",] - medians[()]
    print(f"energy: {len(estate.schools)} schools, {estate.meters.meter_id.nunique()} meters, {YEARS} years: adds a median "
          f"of {added:.2f} s to {medians[()]:.2f} s; target {TARGET_S:g} s: {'met' if added < TARGET_S else 'not met'}")
    random = np.random.default_rng(1)
    days = np.arange(np.datetime64("2024-09-01"), np.datetime64("2026-09-01"))
    cold = 10.0 - 6.0 * np.cos(2 * np.pi * np.arange(len(days)) / 365.25) + random.normal(0, 3, len(days))
    sky = Weather(days, cold, np.ones(len(days)), np.ones(len(days)))
    daily = Readings(days, days, 100.0 + 50.0 * np.maximum(0, 12.5 - cold) + random.normal(0, 20, len(days)))
    took = statistics.median(seconds_of(lambda: fit_use(daily, sky, 8.0, 18.0), repeats))
    print(f"energy: a fit of {len(days)} daily readings: median {took:.3f} s; target {TARGET_FIT_S:g} s: "
          f"{'met' if took < TARGET_FIT_S else 'not met'}")


if __name__ == "__main__":
    main()
