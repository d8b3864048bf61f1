"""Benchmarks: the main job on the example trust, and on authorities of DfE's survey sample and all of it as one trust each.

Run by ``make bench``. Prints one table; times are of one run on whatever machine this is, so compare ratios. With
``--whole`` the same model also goes to the solver as it is, for comparison.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import capplan
from capplan.programme import formulation
from capplan.programme.instance import instance
from capplan.programme.solver import solve

ROOT = Path(__file__).resolve().parents[2]
SURVEY = ROOT.parent / "shared" / "data" / "pds_sample.parquet"
AUTHORITIES = (207, 826, 845, 881)


def timed(work):
    """What a call returns, and the seconds it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def estates(folder):
    """Name and folder of each estate to plan."""
    yield "example trust", ROOT / "data" / "example"
    if not SURVEY.exists():
        print("The survey sample is not here: only the example trust is run.")
        return
    from capplan.importers.pds import read_pds, write_pds
    _, seconds = timed(lambda: write_pds(read_pds(SURVEY), folder / "all"))
    print(f"import of the whole sample: {seconds:.1f} s\n")
    for authority in AUTHORITIES:
        write_pds(read_pds(SURVEY, las=(authority,)), folder / str(authority))
        yield f"authority {authority}", folder / str(authority)
    yield "whole sample", folder / "all"


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="also give the whole model to HiGHS as it is")
    whole = parser.parse_args().whole
    scenario = capplan.read_scenario(ROOT / "scenarios" / "baseline.toml")
    head = f"{'estate':16}{'schemes':>8}{'starts':>8}{'read s':>8}{'forecast s':>11}{'optimise s':>11}{'gap %':>8}"
    print_head = head + (f"{'whole s':>9}{'its gap %':>10}" if whole else "")
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for name, place in estates(Path(folder)):
            estate, read_s = timed(lambda place=place: capplan.read_estate(place))
            candidates, forecast_s = timed(lambda estate=estate: capplan.propose(capplan.forecast(estate, scenario)))
            programme, optimise_s = timed(lambda candidates=candidates: capplan.optimise(candidates))
            row = (f"{name:16}{len(candidates.schemes):8,}{len(candidates.scheme_years):8,}{read_s:8.1f}{forecast_s:11.1f}"
                   f"{optimise_s:11.1f}{100 * programme.gap:8.3f}")
            if whole:
                answer = solve(formulation.build(instance(candidates)), "highs", scenario.solver.gap, 60.0)
                row += f"{answer.seconds:9.1f}{100 * answer.gap:10.3f}"
            rows.append(row)
        print("\n".join([print_head, *rows]))
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
