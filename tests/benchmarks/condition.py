"""Benchmarks of national size: the backlog of every authority if nothing is done, and DfE's worst-first rule.

Run by hand or by ``make bench``: ``python tests/benchmarks/condition.py --components 2500000 --repeats 5``. Prints one
table: case, components, years, median and worst seconds, peak memory, target, met or not. It measures and stops nothing.

The components are DfE's survey sample (``shared/data/pds_sample.parquet`` beside the project), repeated with block ids of
their own until there are enough; without the sample, made-up components of the reference types. Rows of the sample with
a quantity below zero are left out. Costs and probabilities are the reference ones. Budgets are GBP 200m a year for 2.5
million components and in proportion for others, 3% inflation, nothing rebuilt.

Each case is a process of its own, which reads its arguments from plain array files (another process made them, so that
neither Parquet nor the sample counts) and calls the public function ``--repeats`` times. Seconds are those of the call:
with checks of its arguments, and for the backlog with the local factors. *Peak* is the largest memory of that process:
Python, NumPy, pandas, the arguments and the work; *above arguments* is what the call added to the process as it was
before. The process that starts them holds no arrays, since Linux counts the starter's memory as the started one's.

Yardstick: DfE's own model in R was reported to take 40 s and 1.9 GB for 777,600 components over 10 years under the
worst-first rule, on another machine; it is not run here, so the ratios tell the order of magnitude and no more.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SURVEY = ROOT.parent / "shared" / "data" / "pds_sample.parquet"
BUDGET_GBP, BUDGET_IS_FOR = 200e6, 2_500_000
CASES = {  # what, years, target seconds, target MB
    "grades": ("nothing done, grades, unit costs", 40, 2.0, 2000),
    "shares": ("nothing done, shares, unit costs", 40, 2.0, 2000),
    "aged": ("nothing done, own costs, aged", 40, 2.0, 2000),
    "worst_first": ("worst first, repair budget", 10, 3.0, 1000)}
YARDSTICK = 777_600 * 10 / 40.0                # component-years a second
YARDSTICK_BYTES = 1.9e9 / 777_600              # memory for each component


# --- making the arguments (a process of its own) --------------------------------------------------------------------

def surveyed(types):
    """Authority, block, type, grade, quantity and GIFA of the sample's components."""
    import pandas as pd
    rows = pd.read_parquet(SURVEY)
    rows = rows[rows.unit_area >= 0]
    return {"place": rows.la_number.to_numpy(), "block": rows.building_id.to_numpy(),
            "kind": pd.Index(types.pds_element_id).get_indexer(rows.element_id),
            "grade": pd.Index(list("ABCDE")).get_indexer(rows.grade.astype(str)),
            "quantity": rows.unit_area.to_numpy(float), "gifa": rows.gifa.to_numpy(float)}


def made_up(types, count=177_000):
    """The same for an estate of random components, forty to a block."""
    import numpy as np

    from capplan import reference
    draw, block = np.random.default_rng(1), np.arange(count) // 40
    return {"place": draw.choice(reference.load("local_authorities").la_number, block[-1] + 1)[block], "block": block,
            "kind": draw.integers(0, len(types), count), "grade": draw.choice(4, count, p=[0.58, 0.35, 0.06, 0.01]),
            "quantity": draw.lognormal(6, 1.5, count), "gifa": draw.lognormal(6.5, 1, block[-1] + 1)[block]}


def make(folder, components):
    """Write the arguments of every case."""
    import numpy as np

    from capplan import reference
    types = reference.component_types()
    types = types[types.pds_element_id.notna()].astype({"pds_element_id": "int64"})  # those DfE surveyed
    if not SURVEY.is_file():
        print("The survey sample is not beside the project: a made-up estate of the same size is used.", flush=True)
    sample = surveyed(types) if SURVEY.is_file() else made_up(types)
    if min(sample["kind"].min(), sample["grade"].min()) < 0:
        raise SystemExit("The sample has a type or a grade that the reference tables have not.")
    tile, row = np.divmod(np.arange(components), len(sample["place"]))
    blocks = tile * (int(sample["block"].max()) + 1) + sample["block"][row]
    estate = {name: values[row] for name, values in sample.items()}
    authorities = reference.load("local_authorities")
    factors = np.full(authorities.la_number.max() + 1, np.nan)
    factors[authorities.la_number] = authorities.region.map(reference.location_factor)
    unit, drop = unit_costs(types), types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy()
    nothing_done(folder, estate, unit, drop, factors)
    kind, eye = estate["kind"], np.eye(5)
    columns = {"buildingid": blocks, "elementid": types.pds_element_id.to_numpy()[kind],
               "unit_area": estate["quantity"], "gifa": estate["gifa"],
               **{f"{letter}.repair.cost": unit[kind, at] for at, letter in enumerate("ABCDE") if at},
               **{name: drop[kind, at] for at, name in enumerate(("ab", "bc", "cd", "de"))},
               **{letter: eye[estate["grade"], at] for at, letter in enumerate("ABCDE")}}
    save(folder / "worst_first", columns)


def unit_costs(types):
    """Unit costs by type and grade A to E. [GBP/unit]"""
    import numpy as np
    costs = types[[f"cost_{grade}_gbp_per_unit" for grade in "bcde"]].to_numpy()
    return np.column_stack([np.zeros(len(costs)), costs])


def nothing_done(folder, estate, unit, drop, factors):
    """Write the arguments of the three cases in which nothing is done."""
    import numpy as np

    from capplan.condition.deterioration import grade_shares, transition_matrices
    matrices = transition_matrices(drop)
    place, kind, grade = (estate[name].astype(np.int16) for name in ("place", "kind", "grade"))
    common = {"place": place, "kind": kind, "matrices": matrices}
    by_unit = {**common, "quantity": estate["quantity"], "unit_cost_gbp": unit, "factors": factors}
    save(folder / "grades", {**by_unit, "start": grade})
    save(folder / "shares", {**by_unit, "start": grade_shares(matrices, 2)[kind, grade, 2]})
    save(folder / "aged", {**common, "start": grade, "factors": factors,
                           "costs_gbp": estate["quantity"][:, None] * unit[kind],
                           "age_years": np.random.default_rng(2).integers(0, 6, len(kind)).astype(np.int8)})


def save(folder, arrays):
    """Write arrays, one file each."""
    import numpy as np
    folder.mkdir(parents=True)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)


# --- measuring one case (a process of its own) ----------------------------------------------------------------------

def peak_mb():
    """Largest memory of this process so far. [MB]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def call(case, arrays):
    """What to time, with its arguments."""
    import pandas as pd
    years = CASES[case][1]
    if case == "worst_first":
        from capplan.condition.worst_first import worst_first
        frame = pd.DataFrame(arrays, copy=False)
        budget_gbp = BUDGET_GBP * len(frame) / BUDGET_IS_FOR
        return lambda: worst_first(frame, years, budget_gbp, 0.0, 0.03)
    from capplan.condition.national import backlog_by_place
    factors, place = arrays.pop("factors"), arrays.pop("place")
    kind, start, matrices = (arrays.pop(name) for name in ("kind", "start", "matrices"))
    if case == "aged":
        return lambda: backlog_by_place(place, kind, start, matrices, years, costs_gbp=arrays["costs_gbp"]
                                        * factors[place][:, None], age_years=arrays["age_years"])
    return lambda: backlog_by_place(place, kind, start, matrices, years, quantity=arrays["quantity"] * factors[place],
                                    unit_cost_gbp=arrays["unit_cost_gbp"])


def measure(folder, case, repeats):
    """Print seconds of each call and memory, as JSON."""
    import numpy as np
    work = call(case, {file.stem: np.load(file) for file in sorted((folder / case).glob("*.npy"))})
    before, seconds = peak_mb(), []
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
        del result
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "added_mb": peak_mb() - before}))


# --- the table ------------------------------------------------------------------------------------------------------

def started(*words):
    """Output of this file run with other arguments."""
    return subprocess.run([sys.executable, __file__, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--components", type=int, default=2_500_000, help="how many components (default 2500000)")
    parser.add_argument("--repeats", type=int, default=5, help="calls of each case (default 5)")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if min(asked.components, asked.repeats) < 1:
        parser.error("--components and --repeats must be at least 1")
    if asked.make:
        return make(asked.make, asked.components)
    if asked.measure:
        return measure(Path(asked.measure[0]), asked.measure[1], asked.repeats)
    with tempfile.TemporaryDirectory() as folder:
        print(started("--make", folder, "--components", asked.components), end="")
        return table(folder, asked.components, asked.repeats)


def table(folder, components, repeats):
    """Measure every case and print a line for each."""
    print(f"{'case':34}{'components':>11}{'years':>6}{'median s':>9}{'worst s':>8}{'peak MB':>8}{'above arguments':>16}"
          f"{'target':>17}  met")
    for case, (title, years, most_s, most_mb) in CASES.items():
        found = json.loads(started("--measure", folder, case, "--repeats", repeats))
        median, worst, peak = statistics.median(found["seconds"]), max(found["seconds"]), found["peak_mb"]
        print(f"{title:34}{components:11,}{years:6}{median:9.2f}{worst:8.2f}{peak:8,.0f}{found['added_mb']:13,.0f} MB"
              f"{f'{most_s:g} s, {most_mb:,} MB':>17}  {'yes' if median < most_s and peak < most_mb else 'no'}", flush=True)
    rate = components * years / median           # of the last case, the worst-first rule
    print(f"\nThe worst-first rule goes through {rate:,.0f} component-years a second, {rate / YARDSTICK:,.0f} times the "
          f"{YARDSTICK:,.0f}\nreported for DfE's own model in R (40 s for 777,600 components, 10 years, another machine)."
          f"\nAt its peak it needs {peak * 1e6 / components:,.0f} bytes a component; that model needs "
          f"{YARDSTICK_BYTES:,.0f} (1.9 GB).")


if __name__ == "__main__":
    main()
