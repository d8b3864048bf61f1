"""Benchmark of energy: what it adds to a forecast and to a run of the example trust, and a fit of two years of readings.

Run by hand or by ``make bench``: ``python tests/benchmarks/energy.py``. Prints lines: the median of several calls, the
target and whether it was met. The run is ``capplan run`` of 12 schools and 15 years, once without and once with energy and
its measures (``--no-run`` leaves it out: it takes minutes), in seconds of the processor, so that others on the machine do
not count. Its second line is without the search, whose time is the scenario's to limit.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from capplan.energy.baseline import Weather, fit_use
from capplan.energy.readings import Readings
from capplan.estate import read_estate
from capplan.jobs import run
from capplan.outlook import forecast
from capplan.scenario import read_scenario

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "example"
YEARS, TARGET_S, TARGET_FIT_S = 15, 5.0, 0.5
TEN_YEARS = ("budget.csv", "reserves.csv", "grants.csv", "pupil_funding.csv")
"""Tables of the example that end after ten years: the scenario's rates by floor area stand in for them."""


def seconds_of(call, repeats):
    """Seconds of each of several calls."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return found


def run_seconds(overlays, place):
    """Processor seconds of a whole run, and of its search."""
    scenario, out = place / "fifteen.toml", place / f"out{len(overlays)}"
    scenario.write_text(f'extends = "baseline"\nname = "fifteen"\n[plan]\nyears = {YEARS}\n', encoding="utf-8")
    out.mkdir()
    estate = place / "estate"
    shutil.copytree(EXAMPLE, estate, ignore=shutil.ignore_patterns(*TEN_YEARS), dirs_exist_ok=True)
    began = time.process_time()
    programme = run(estate, scenario, overlays, out)
    return time.process_time() - began, programme.answer.seconds


def runs_line():
    """Print what energy adds to a run."""
    with tempfile.TemporaryDirectory() as place:
        (plain, plain_search), (whole, search) = (run_seconds(overlays, Path(place)) for overlays in ((), ("energy",)))
    added = whole - plain
    print(f"energy: capplan run, {YEARS} years: {plain:.1f} s without, {whole:.1f} s with energy and its measures, adds "
          f"{added:.1f} s; target {TARGET_S:g} s: {'met' if added < TARGET_S else 'not met'}")
    rest = added - (search - plain_search)
    print(f"energy: of that, besides the search ({plain_search:.1f} s without, {search:.1f} s with): {rest:.1f} s")


def main():
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="calls (default 5)")
    parser.add_argument("--no-run", action="store_true", help="leave out the two whole runs")
    asked = parser.parse_args()
    repeats, estate = max(asked.repeats, 1), read_estate(EXAMPLE)
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
    if not asked.no_run:
        runs_line()


if __name__ == "__main__":
    main()
