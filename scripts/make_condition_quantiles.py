"""How the condition of English school blocks is spread: figures aggregated from DfE's property data survey.

    python scripts/make_condition_quantiles.py SURVEY     writes capplan/reference/condition_quantiles.csv and prints it

The survey's ten per cent sample is needed only here. ``capplan.condition.benchmark`` says how the figures are reached.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from capplan import reference
from capplan.condition.benchmark import place_needs, quantiles

QUANTILES_FILE = Path(__file__).resolve().parents[1] / "capplan" / "reference" / "condition_quantiles.csv"
SIZES_M2 = (200, 1500)
SIZES = ("blocks under 200 m2", "blocks of 200 to 1,500 m2", "blocks of 1,500 m2 and more")
GROUNDS = ("External areas", "Playing fields")
LEAST_BLOCKS = 20
ENGLAND = "England"
COLUMNS = ["level", "place", "measure", "unit", "p10", "p25", "p50", "p75", "p90", "overall", "sample", "status", "source",
           "note"]


def condition_quantiles(frames, la_of_site):
    """The spread of condition over blocks by region and size, and over local authorities.

    Parameters
    ----------
    frames : dict of DataFrame
        ``schools, sites, blocks, components`` of the survey, as ``read_pds`` gives them.
    la_of_site : Series
        Local authority by site.

    Returns
    -------
    DataFrame
        As ``capplan/reference/condition_quantiles.csv``. An authority counts where the sample has 20 blocks of it or more.
    """
    blocks = frames["blocks"].set_index("block_id")
    parts = frames["components"]
    parts = parts[parts.block_id.isin(blocks.index)].rename(columns={"block_id": "place"})
    needs = place_needs(parts, reference.dfe_component_types(), blocks.gifa_m2, GROUNDS)
    needs = needs[needs.index.isin(parts.place)]
    site = blocks.site_id.reindex(needs.index)
    region = site.map(frames["sites"].set_index("site_id").school_id).map(frames["schools"].set_index("school_id").region)
    tables = [("block", ENGLAND, needs)]
    tables += [("block", name, needs[region == name]) for name in sorted(set(region))]
    size = np.digitize(needs.gifa_m2, SIZES_M2)
    tables += [("block", name, needs[size == place]) for place, name in enumerate(SIZES)]
    authority = site.map(la_of_site)
    enough = authority.map(authority.value_counts()) >= LEAST_BLOCKS
    tables.append(("authority", ENGLAND, needs[enough].groupby(authority[enough]).sum()))
    whole = pd.concat([quantiles(own).assign(level=level, place=place) for level, place, own in tables], ignore_index=True)
    for name in ("p10", "p25", "p50", "p75", "p90", "overall"):
        whole[name] = [round(value, 2 if unit == "GBP/m2" else 4)
                       for value, unit in zip(whole[name], whole.unit, strict=True)]
    whole["status"], whole["source"] = "derived", "dfe-pds-sample"
    whole["note"] = np.where(whole.level == "authority", f"authorities with {LEAST_BLOCKS} blocks or more in the sample", "")
    return whole[COLUMNS]


def main():
    """Read the command line, write the table and print it."""
    from capplan.importers.pds import read_pds

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("survey", type=Path, help="DfE's survey sample, Parquet")
    file = options.parse_args().survey
    table = condition_quantiles(read_pds(file).frames, authorities(file))
    table.to_csv(QUANTILES_FILE, index=False, encoding="utf-8", lineterminator="\n")
    print(table.drop(columns=["status", "source", "note"]).to_string(index=False))


def authorities(file):
    """Local authority by site of the survey file."""
    raw = pd.read_parquet(file, columns=["site_id", "la_number"]).dropna().astype({"site_id": int}).astype(str)
    return raw.drop_duplicates("site_id").set_index("site_id").la_number


if __name__ == "__main__":
    main()
