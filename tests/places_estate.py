"""A small estate for tests of places: Ashgrove, a primary school with three blocks, and Beech with a sixth form, by hand."""

import csv

from capplan import read_scenario

REGION = "West Midlands"
TABLES = {
    "trust": [{"trust_id": "T", "name": "Two Schools Trust"}],
    "schools": [{"school_id": "ASH", "name": "Ashgrove", "phase": "primary", "region": REGION, "pfi": "no",
                 "voluntary_aided": "no", "pupils": 250},
                {"school_id": "BEE", "name": "Beech", "phase": "secondary", "region": REGION, "pfi": "no",
                 "voluntary_aided": "no", "pupils": 330}],
    "sites": [{"site_id": "ASH-1", "school_id": "ASH"}, {"site_id": "BEE-1", "school_id": "BEE"},
              {"site_id": "BEE-2", "school_id": "BEE"}],
    "blocks": [{"block_id": name, "site_id": site, "gifa_m2": area, "permanence": kind, "use": "teaching"}
               for name, site, area, kind in (("A", "ASH-1", 1100, "permanent"), ("B", "ASH-1", 320, "permanent"),
                                              ("C", "ASH-1", 280, "permanent"), ("M", "BEE-1", 4200, "permanent"),
                                              ("S", "BEE-2", 900, "permanent"))],
    "components": [{"component_id": f"{block}-roof", "site_id": site, "block_id": block, "type_id": "ROOF.03",
                    "quantity": area, "quantity_basis": "ground_gifa", "grade": grade, "surveyed": "2026-09-01"}
                   for block, site, area, grade in (("A", "ASH-1", 600, "C"), ("B", "ASH-1", 320, "C"),
                                                    ("C", "ASH-1", 280, "D"), ("M", "BEE-1", 2000, "C"),
                                                    ("S", "BEE-2", 500, "D"))],
    "reserves": [{"year": year, "opening_gbp": 400000 if year == 2026 else "", "income_gbp": 2000000, "surplus_gbp": 0}
                 for year in range(2026, 2036)],
    "places": [{"places_id": name, "school_id": school, "block_id": block, "use": use, "places": places}
               for name, school, block, use, places in (
                   ("a", "ASH", "A", "all", 150), ("b", "ASH", "B", "all", 60), ("c", "ASH", "C", "all", 60),
                   ("m", "BEE", "M", "secondary", 320), ("s", "BEE", "S", "sixth form", 60),
                   ("m6", "BEE", "M", "sixth form", 60))],
    "rolls": [{"school_id": school, "census_year": year, "pupils_primary": primary, "pupils_secondary": secondary,
               "pupils_post16": post16, "pupils_special": 0}
              for year in range(2026, 2037) for school, primary, secondary, post16 in (
                  ("ASH", 250 - 6 * (year - 2026), 0, 0), ("BEE", 0, 300, 50))],
}
OFF = {"offered": False}


def write_estate(folder, **tables):
    """Write the estate with some tables in place of its own, or ``None`` for none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in {**TABLES, **tables}.items():
        if rows:
            columns = list(dict.fromkeys(key for row in rows for key in row))
            with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
    return folder


def scenario_of(*overlays, years=3, **sections):
    """The baseline with places weighed, few years and only renewals, changed section by section."""
    scenario = read_scenario("baseline.toml", "places", *overlays)
    sections = {"plan": {"years": years}, "patch": OFF, "repair": OFF, "refurbish": OFF, "rebuild": OFF, "demolish": OFF,
                **sections}
    changes = {name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()}
    return scenario.model_copy(update=changes)


def without(rows, **wanted):
    """Rows but for those that have all these values."""
    return [row for row in rows if any(row[key] != value for key, value in wanted.items())]
