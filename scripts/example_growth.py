"""Make the example growth trust: four schools on four sites, eight more that may join, its central team and its reserves.

    python scripts/example_growth.py [--out FOLDER]     writes the tables, the same bytes every time

Every school, name and figure of a school is invented; only the shape (four schools, about 1,650 pupils, GBP 7.5 million of
income) follows the published plan of a growth trust. Components are the modelled ones that ``capplan fill`` gives.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd

from capplan import read_estate
from capplan.estate import write_estate
from capplan.inventory_fill import fill_unsurveyed
from capplan.reference import load
from capplan.tables import TABLES
from capplan.tabular import write_frame

HERE = Path(__file__).resolve().parent
REGION = "East Midlands"
SCHOOLS = (("ALD", "Alderbrook Primary School", "primary", 310, 1750, "1967-1976"),
           ("BIR", "Birchcombe Primary School", "primary", 205, 1240, "1945-1966"),
           ("CED", "Cedarfold Junior School", "primary", 285, 1610, "1967-1976"),
           ("DAL", "Dalestone Secondary School", "secondary", 850, 7400, "1945-1966"))
PROSPECTS = (
    # id, name, phase, route, intensive, from, by, pupils, gifa, backlog, income, surplus, reserves, grants, pfi, raac, land
    ("ELM", "Elmhollow Primary School", "primary", "converter", "no", "2026-10-01", "2027-03-31", 210, 1300, 310000,
     1250000, 12000, 95000, 0, "no", "no", "no"),
    ("FER", "Fernwick Primary School", "primary", "converter", "no", "2027-01-01", "2027-12-31", 420, 2200, 480000,
     2350000, 20000, 160000, 45000, "no", "", ""),
    ("GOR", "Gorsemoor Academy", "secondary", "sponsored", "yes", "2027-09-01", "2028-08-31", 720, 6900, 1650000,
     4900000, -90000, -140000, 0, "no", "", ""),
    ("HAZ", "Hazelthorpe Primary School", "primary", "transfer", "yes", "2028-01-01", "2029-03-31", 180, 1150, 290000,
     1090000, -15000, 20000, 0, "no", "no", "no"),
    ("IVY", "Ivybank School", "special", "converter", "no", "2028-09-01", "2029-08-31", 120, 2400, 520000, 3100000, 35000,
     240000, 60000, "no", "", "no"),
    ("JUN", "Juniper Vale Primary School", "primary", "converter", "no", "2029-01-01", "2030-08-31", 400, 2150, "",
     2240000, 10000, 110000, 0, "yes", "no", ""),
    ("KES", "Kestrelford Secondary School", "secondary", "converter", "no", "2029-09-01", "2031-08-31", 980, 8600, 1400000,
     6600000, 40000, 420000, 0, "no", "", ""),
    ("LAR", "Larchmere Primary School", "primary", "sponsored", "yes", "2030-09-01", "2032-08-31", 230, 1420, 450000,
     1400000, -35000, -60000, 0, "no", "", ""))
FIRST_YEAR, YEARS, OPENING_GBP, INCOME_GBP, SURPLUS_GBP = 2026, 3, 620000, 7500000, 70000


def make_growth():
    """The tables of the estate by name, cells as text."""
    schools = [{"school_id": key, "name": name, "phase": phase, "region": REGION, "pfi": "no", "voluntary_aided": "no",
                "joined": "2018-09-01", "pupils": pupils} for key, name, phase, pupils, _, _ in SCHOOLS]
    sites = [{"site_id": f"{key}-1", "school_id": key, "site_area_m2": 4 * gifa, "field_area_m2": 3 * gifa,
              "boundary_m": 420} for key, _, _, _, gifa, _ in SCHOOLS]
    blocks = [{"block_id": f"{key}-1-A", "site_id": f"{key}-1", "gifa_m2": gifa, "storeys": 1, "age_band": age,
               "permanence": "permanent"} for key, _, _, _, gifa, age in SCHOOLS]
    reserves = [{"year": FIRST_YEAR + after, "opening_gbp": OPENING_GBP if after == 0 else "", "income_gbp": INCOME_GBP,
                 "surplus_gbp": SURPLUS_GBP} for after in range(YEARS)]
    columns = [name for name in TABLES["prospects"].column_names if name != "region"]
    prospects = pd.DataFrame([dict(zip(columns, row, strict=True)) for row in PROSPECTS])
    prospects.insert(3, "region", REGION)
    posts = load("growth_posts").drop(columns=["status", "source", "note"])
    grants = [{"grant_id": "CIF-2026-DAL", "route": "CIF", "grant_year": 2026, "amount_gbp": 410000, "eligible": "condition",
               "school_id": "DAL", "status": "awarded"}]
    trust = [{"trust_id": "GROWTH", "name": "Fourways Schools Trust (fictional)"}]
    return {"trust": pd.DataFrame(trust), "schools": pd.DataFrame(schools), "sites": pd.DataFrame(sites),
            "blocks": pd.DataFrame(blocks), "reserves": pd.DataFrame(reserves), "grants": pd.DataFrame(grants),
            "prospects": prospects, "posts": posts,
            "components": pd.DataFrame([_ground(key, gifa) for key, _, _, _, gifa, _ in SCHOOLS])}


def _ground(key, gifa_m2):
    """The surveyed component of a school's grounds; its blocks have none, and are filled."""
    return {"component_id": f"{key}-G1", "site_id": f"{key}-1", "block_id": "", "type_id": "AREA.01",
            "quantity": gifa_m2, "quantity_basis": "measured", "grade": "C" if key == "DAL" else "B", "priority": "",
            "surveyed": "2025-10-01"}


def main():
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE.parent / "data" / "growth")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    frames = make_growth()
    with tempfile.TemporaryDirectory() as work:
        for name, frame in frames.items():
            write_frame(frame, Path(work) / f"{name}.csv")
        filled = fill_unsurveyed(read_estate(work))
    write_estate(filled.frames, out)


if __name__ == "__main__":
    main()
