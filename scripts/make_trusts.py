"""Make the five example trusts of ``data/trusts``: synthetic schools in the shape of five published strategies.

    python scripts/make_trusts.py [--out FOLDER]     writes a folder for each trust, the same bytes every time

What the schools are is in ``trust_shapes.py``; what their blocks are made of, their grades and what works cost are drawn
as those of ``make_example.py`` are, from the same aggregates of the Department's survey. Grants follow the 2025-26 formula
on the invented pupils; reserves, listed works and bids are invented.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import pandas as pd
import trust_shapes as shapes
from example_duties import make_inspections
from example_mix import Mix, read_mix
from example_money import FIRST_YEAR, WEIGHTS, allocation_gbp
from example_register import ict_of, main_blocks, years_of_installation
from example_rolls import make_rolls
from make_example import cells_of, make_surveyed

from capplan.reference import load
from capplan.tabular import write_frame

HERE = Path(__file__).resolve().parent
# The last was looked for: with it the sites of the sixth forms have the smaller blocks.
SEEDS = {"growth": 3101, "priority": 3102, "reserves": 3103, "shared_services": 3104, "site_strategy": 3892}
FIRST_URN = {"growth": 910001, "priority": 910101, "reserves": 910201, "shared_services": 910301, "site_strategy": 910401}
NAMES = {"growth": "Fourways Schools Trust (fictional)", "priority": "Lanternfold Special Schools Trust (fictional)",
         "reserves": "Ardenholt Academies (fictional)", "shared_services": "Denewood and Langridge Schools (fictional)",
         "site_strategy": "Ashlarsgate City Schools (fictional)"}
PERMISSION_ENDS = "-08-31"     # of the summer a temporary block is to be left, or four years after the plan begins
EXIT_UNKNOWN_YEARS = 4


def table_of(text, heads=""):
    """A table written as text, cells as text."""
    return pd.read_csv(io.StringIO(heads + text.lstrip("\n")), sep="|", dtype=str, keep_default_na=False)


def make_base(name, text, mix):
    """The tables every trust has: schools, sites, blocks and components; and the random streams for what comes later."""
    schools = table_of(text, shapes.HEADS).assign(blanks="")
    schools = schools.astype(dict.fromkeys([*WEIGHTS, "temporary"], int)).astype({"m2_per_pupil": float})
    (sites, blocks, parts), later = make_surveyed(schools, mix, SEEDS[name])
    schools["pupils"] = schools[list(WEIGHTS)].sum(axis=1)
    schools["urn"] = range(FIRST_URN[name], FIRST_URN[name] + len(schools))
    parts = parts.assign(installed=years_of_installation(parts, blocks, {}, later[0]), support_ends="", sole="")
    leave = blocks.planned_exit.where(blocks.planned_exit != "", f"{FIRST_YEAR + EXIT_UNKNOWN_YEARS}-08-31")
    blocks["planning_expires"] = (leave.str[:4] + PERMISSION_ENDS).where(blocks.permanence == "temporary", "")
    named = schools.rename(columns={"va": "voluntary_aided", "band": "condition_band"})
    return {"trust": pd.DataFrame({"trust_id": [name.upper()], "name": [NAMES[name]]}), "schools": named, "sites": sites,
            "blocks": blocks, "components": parts}, schools, later


def formula_grants(schools, years, sca=True):
    """SCA of the trust (where it is large enough) and devolved formula capital of each school, flat in nominal terms."""
    sums = {school.school_id: allocation_gbp(school) for _, school in schools.iterrows()}
    rows = [("SCA", "", round(sum(amount for amount, _ in sums.values())))] if sca else []
    rows += [("DFC", school_id, round(amount)) for school_id, (_, amount) in sums.items()]
    return [{"grant_id": "-".join(filter(None, (route, str(year), school_id))), "route": route, "grant_year": year,
             "eligible": "any" if route == "DFC" else "condition", "school_id": school_id, "amount_gbp": amount,
             "status": "awarded" if year == FIRST_YEAR else "expected", "spend_by": ""}
            for year in range(FIRST_YEAR, FIRST_YEAR + years + 1) for route, school_id, amount in rows]


def reserves_of(income_gbp, years, opening_gbp, shares, growth=0.02):
    """Income, surplus and opening reserves of each year, to the nearest GBP 1,000."""
    incomes = [round(income_gbp * (1 + growth) ** number, -3) for number in range(years)]
    return pd.DataFrame({"year": range(FIRST_YEAR, FIRST_YEAR + years), "income_gbp": incomes,
                         "opening_gbp": [opening_gbp, *[""] * (years - 1)],
                         "surplus_gbp": [round(income * shares[number % len(shares)], -3)
                                         for number, income in enumerate(incomes)]})


def make_priority(mix, years=8):
    """Seventeen special schools: registers of ICT and duties, single points of failure, an end for every temporary block."""
    frames, schools, later = make_base("priority", shapes.PRIORITY, mix)
    main = main_blocks(frames["blocks"])
    ict = [row for school in schools.itertuples()
           for row in ict_of(school.school_id, int(school.pupils), main[school.school_id], later[1])]
    sole = frames["components"].block_id.isin(main.values()) & frames["components"].type_id.isin(("MECH.01", "ELEC.01"))
    frames["components"] = frames["components"].assign(sole=np.where(sole, "yes", ""))
    frames["components"] = pd.concat([frames["components"], pd.DataFrame(ict)], ignore_index=True).astype(object).fillna("")
    sites = tuple(frames["sites"].site_id)
    frames["compliance"] = make_inspections(frames, later[2], {"HOIST": sites})
    frames["works"] = table_of(shapes.PRIORITY_WORKS)
    frames["grants"] = pd.DataFrame(formula_grants(schools, years))
    frames["reserves"] = reserves_of(54_000_000, years, 3_450_000, (0.004, 0.003, 0.005, 0.001))
    frames["rolls"] = make_rolls(schools)
    return frames


def make_site_strategy(mix, years=6):
    """Three secondary schools on two sites each that share a sixth form, and a primary school."""
    frames, schools, _ = make_base("site_strategy", shapes.SITE_STRATEGY, mix)
    frames["places"] = table_of(shapes.SITE_STRATEGY_PLACES)
    frames["works"] = table_of(shapes.SITE_STRATEGY_WORKS)
    frames["suitability"] = table_of(shapes.SITE_STRATEGY_SUITABILITY)
    won = table_of(shapes.SITE_STRATEGY_CIF).to_dict("records")
    frames["grants"] = pd.DataFrame(formula_grants(schools, years, sca=False) + won)
    frames["reserves"] = reserves_of(24_500_000, years, 1_950_000, (0.006, 0.005, 0.004))
    frames["rolls"] = make_rolls(schools)
    return frames


def make_reserves_trust(mix, years=5):
    """Seven academies, five of them PFI: a budget of five years that has to stay above its reserves, and schools to join."""
    frames, schools, _ = make_base("reserves", shapes.RESERVES, mix)
    rules = shapes.RESERVES_BUDGET
    income_gbp = rules["income_gbp_per_pupil"] * int(schools.pupils.sum())
    reserves = reserves_of(income_gbp, years, round(income_gbp * rules["opening_share"], -4), rules["surplus_shares"],
                           rules["growth"])
    frames["reserves"], rows = reserves, []
    for year in reserves.itertuples():
        shares = schools.pupils / schools.pupils.sum()
        for school_id, income in zip(schools.school_id, _split(year.income_gbp, shares), strict=True):
            surplus = round(income * year.surplus_gbp / year.income_gbp, -3)
            staff, energy = round(income * rules["staff_share"], -3), round(income * rules["energy_share"], -3)
            rows.append([school_id, year.year, income, staff, energy, income - surplus - staff - energy])
        over = sum(row[2] - row[3] - row[4] - row[5] for row in rows[-len(schools):]) - year.surplus_gbp
        rows[-1][5] += over
    frames["budget"] = pd.DataFrame(rows, columns=["school_id", "year", "income_gbp", "staff_gbp", "energy_gbp",
                                                   "other_costs_gbp"])
    frames["works"], frames["prospects"] = table_of(shapes.RESERVES_WORKS), table_of(shapes.RESERVES_PROSPECTS)
    own = set(schools.school_id[schools.pfi == "no"])   # the others spend their devolved capital outside this plan
    grants = pd.DataFrame(formula_grants(schools, years))
    frames["grants"] = grants[(grants.route == "SCA") | grants.school_id.isin(own)]
    frames["rolls"] = make_rolls(schools)
    return frames


def _split(total_gbp, shares):
    """A sum split by shares, to the nearest GBP 1,000, adding up to it."""
    parts = [round(total_gbp * share, -3) for share in shares]
    parts[-1] += total_gbp - sum(parts)
    return parts


def make_growth_trust(mix, years=10):
    """Four schools on six sites that bid for their money; eight more that may join, and the posts of the central team."""
    frames, schools, _ = make_base("growth", shapes.GROWTH, mix)
    frames["prospects"] = table_of(shapes.GROWTH_PROSPECTS).assign(region=shapes.GROWTH_REGION)
    frames["posts"] = load("growth_posts").drop(columns=["status", "source", "note"])
    frames["works"], frames["bids"] = table_of(shapes.GROWTH_WORKS), table_of(shapes.GROWTH_BIDS)
    won = table_of(shapes.GROWTH_CIF).to_dict("records")
    frames["grants"] = pd.DataFrame(formula_grants(schools, years, sca=False) + won)
    frames["reserves"] = reserves_of(7_500_000, years, 620_000, (70 / 7500,))
    return frames


def make_shared_services(mix, years=5):
    """Eight schools of one coast, much alike, whose works of one trade can be let together."""
    frames, schools, _ = make_base("shared_services", shapes.SHARED, mix)
    frames["works"] = table_of(shapes.SHARED_WORKS)
    frames["grants"] = pd.DataFrame(formula_grants(schools, years))
    frames["reserves"] = reserves_of(24_000_000, years, 1_700_000, (0.005, 0.004, 0.003))
    return frames


MAKERS = {"growth": make_growth_trust, "priority": make_priority, "reserves": make_reserves_trust,
          "shared_services": make_shared_services, "site_strategy": make_site_strategy}


def main():
    """Read the command line and do what it says."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=HERE.parent / "data" / "trusts", help="folder to write to")
    out, mix = options.parse_args().out, Mix(read_mix())
    for name, make in MAKERS.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        for table, frame in make(mix).items():
            write_frame(cells_of(frame, table), out / name / f"{table}.csv")


if __name__ == "__main__":
    main()
