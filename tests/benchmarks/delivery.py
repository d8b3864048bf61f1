"""Benchmark: the delivery of a synthetic programme in many futures.

    python tests/benchmarks/delivery.py [--schemes N] [--futures N] [--workers N]

Prints seconds on the clock for drawing the futures and for delivering the programme in them.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from capplan.machines import machines
from capplan.scenario import read_scenario
from capplan.simulation.delivery import Plan, Works
from capplan.simulation.delivery_calendar import school_calendar
from capplan.simulation.delivery_futures import Odds, futures_of
from capplan.simulation.delivery_money import Pot
from capplan.simulation.delivery_plan import times_of
from capplan.simulation.delivery_runs import run_futures

BASELINE = Path(__file__).resolve().parents[2] / "scenarios" / "baseline.toml"
YEARS, TRADES, EMERGENCIES = 10, 12, 40


def programme(schemes, rules):
    """A plan of ten years whose grants last two years and pay for all but a tenth of the works, which the reserves pay."""
    rng, calendar, works = np.random.default_rng(0), school_calendar(2026, YEARS), []
    payers = tuple((max(0, year - 1), year, YEARS) for year in range(YEARS))
    for number in range(schemes):
        year, cost = int(rng.integers(0, YEARS)), float(rng.lognormal(10.5, 1.2))
        lead, weeks = times_of(cost)
        weeks = min(weeks, 5.0)
        windows = tuple((first, last - 0.5 * weeks) for first, last in calendar.summers[:YEARS])
        begin = max(0.0, windows[year][0] - lead - rules.margin_weeks)
        works.append(Works(f"w{number}", f"S{number % 12}", f"trade {number % TRADES}", year, year, lead, begin, weeks,
                           windows, True, ((0, cost),), ((year, 0, 0.9 * cost), (YEARS, 0, 0.1 * cost)), payers=payers))
    by_year = [sum(one.cost_gbp for one in works if one.year == year) for year in range(YEARS)]
    pots = tuple(Pot(f"G{year}", 0.9 * cost, year, min(year + 1, YEARS - 1)) for year, cost in enumerate(by_year))
    pots += (Pot("R", 0.1 * sum(by_year), 0, YEARS - 1, reserves=True),)
    return Plan(tuple(works), pots, calendar, YEARS, (1.0,) * YEARS, (0.0,) * YEARS, rules.procurements_at_once,
                {f"trade {number}": rules.crews_per_trade for number in range(TRADES)}, rules.asbestos_weeks,
                rules.emergency_weeks, ((YEARS,),) * YEARS)


def main():
    """Print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schemes", type=int, default=200)
    parser.add_argument("--futures", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    scenario = read_scenario(BASELINE)
    plan, rng = programme(given.schemes, scenario.delivery), np.random.default_rng(1)
    names = [works.name for works in plan.works]
    odds = Odds(*(dict.fromkeys(names, value) for value in (0.2, 0.2, 1.04, True)), {})
    weeks = np.sort(rng.uniform(0, 52 * YEARS, (given.futures, EMERGENCIES)), axis=1).tolist()
    met = [[(week, 0, 5000.0) for week in own] for own in weeks]
    began = time.perf_counter()
    futures = futures_of(plan, odds, scenario, given.futures, 0, met, [()])
    drawn = time.perf_counter()
    with machines(given.workers) as executor:
        outturns = run_futures(plan, futures, executor)
    print(f"{given.schemes} schemes, {len(outturns):,} futures, {given.workers} processes: futures {drawn - began:.1f} s, "
          f"delivery {time.perf_counter() - drawn:.1f} s")


if __name__ == "__main__":
    main()
