"""Write the three fictional survey files of data/survey_examples: a workbook, a CSV in cp1252 and a long CSV.

Every school, surveyor and figure is made up. The first rows of each file are fixed, so that a person can check what
becomes of them; the others are drawn with the seed below.

    python scripts/make_survey_examples.py [FOLDER]
"""

import csv
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import xlsxwriter

SEED = 20241
FOLDER = Path(__file__).resolve().parents[1] / "data" / "survey_examples"

WORKBOOK_HEADINGS = ["Asset Ref", "Establishment", "Block", "Block GIA (sq ft)", "Ground Floor GIA (sq ft)", "Storeys",
                     "Element", "Sub-element", "Construction", "Defect", "Qty", "UoM", "Condition", "Priority",
                     "Statutory?", "Life Remaining (yrs)", "Budget Cost (£000)", "Survey Date", "Photo Ref"]
# school, block, gross internal area and ground floor [ft2], storeys
WORKBOOK_BLOCKS = [("Larkrise Hollow Primary School", "Main building", 15000, 15000, 1),
                   ("Larkrise Hollow Primary School", "Nursery", 2200, 2200, 1),
                   ("Kestrelmoor High School", "Teaching block", 48000, 17000, 3),
                   ("Kestrelmoor High School", "Sports hall", 9500, 9500, 1)]
# element, sub-element, construction, unit, quantity as a share of the floor area (or a number), years of life when new
WORKBOOK_TYPES = [("Roofs", "Flat", "Felt, built up", "sq ft", 0.6, 25),
                  ("Roofs", "Pitched", "Tiles", "sq ft", 0.4, 60),
                  ("Floors", "Finishes", "Vinyl", "sq ft", 0.5, 20), ("Floors", "Finishes", "Carpet", "sq ft", 0.4, 12),
                  ("Ceilings", "Suspended", "Fibre tiles", "sq ft", 0.8, 25),
                  ("External walls", "Windows", "Plastic", "sq ft", 0.1, 30),
                  ("Mechanical", "Heating distribution", "", "Item", 1, 30),
                  ("Electrical", "Lighting", "", "Item", 1, 20), ("Sanitary", "Generally", "", "Item", 1, 25)]
CONDITIONS = ["1 - Good", "2 - Satisfactory", "3 - Poor", "3x - Poor, replace only", "4 - Bad",
              "4x - Bad, replace only"]
CONDITION_SHARES = [0.55, 0.30, 0.08, 0.03, 0.03, 0.01]
LIFE_LEFT = [0.8, 0.5, 0.2, 0.1, 0.05, 0.0]
PRIORITIES = ["4 Long term", "3 Within 5 years", "2 Within 2 years", "2 Within 2 years", "1 Urgent", "1 Urgent"]


def workbook_rows(rng):
    """Rows of the workbook under its headings, with blank rows and subtotals between them."""
    main, teaching = WORKBOOK_BLOCKS[0], WORKBOOK_BLOCKS[2]
    day = datetime(2024, 3, 12)
    rows = [
        ["Q-0001", *main, "Roofs", "Flat", "Felt, built up", "Blistered felt", 10000, "sq ft",
         "3x - Poor, replace only", "2 Within 2 years", "No", 3, 96.5, day, "IMG_0001"],
        ["Q-0002", *main, "Mechanical", "Heat source", "", "Boiler beyond its life", 1, "Item", "4 - Bad", "1 Urgent",
         "No", 0, 41.2, day, "IMG_0002"],
        ["Q-0003", *main, "Electrical", "Fire and intruder alarms", "", "No detection in roof void", 1, "Item",
         "3 - Poor", "1 Urgent", "Yes", "n/a", 12.75, "13/03/2024", ""],
        ["Q-0004", main[0], "External", "", "", "", "External", "Fencing", "Chain link", "", 850, "lin ft",
         "2 - Satisfactory", "", "", 10, "", day, ""],
        ["Sub-total Larkrise Hollow", *[""] * 15, 150.45, "", ""],
        [""] * 19,
        ["Q-0005", "Kestrelmoor High", *teaching[1:], "External walls", "Windows", "Timber", "Rotten sills", 700, "sq ft",
         "4x - Bad, replace only", "1 Urgent", "No", 0, 88, day, "IMG_0005"],
    ]
    number = len(rows) - 1
    for block in WORKBOOK_BLOCKS:
        for element, sub_element, construction, unit, amount, years in WORKBOOK_TYPES:
            if (block, construction) == (main, "Felt, built up"):
                continue
            grade = rng.choice(len(CONDITIONS), p=CONDITION_SHARES)
            quantity = int(round(amount * block[2], -1)) if unit == "sq ft" else amount
            cost = round(float(rng.uniform(2, 60)), 2) if grade > 1 else ""
            rows.append([f"Q-{number:04d}", *block, element, sub_element, construction, "", quantity, unit,
                         CONDITIONS[grade], PRIORITIES[grade], "No", round(years * LIFE_LEFT[grade]), cost, day, ""])
            number += 1
    return [*rows, ["Grand total", *[""] * 15, sum(row[16] or 0 for row in rows if row[0].startswith("Q-")), "", ""]]


def write_workbook(path, rng):
    """Write the workbook: a cover, and a sheet with four title rows."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"title": "Condition survey (fictional)", "created": datetime(2024, 4, 2)})
    cover, sheet = book.add_worksheet("Cover"), book.add_worksheet("Condition Data")
    cover.write(0, 0, "Quillfeather Building Surveyors: a fictional survey, for trying out capplan import survey")
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    titles = ("Quillfeather Building Surveyors", "Condition survey 2024", "Costs exclude fees and VAT")
    for row, words in enumerate(titles):
        sheet.write(row, 0, words, bold)
    sheet.write_row(4, 0, WORKBOOK_HEADINGS, bold)
    for number, row in enumerate(workbook_rows(rng), 5):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number, column, value, day)
            elif value != "":
                sheet.write(number, column, value)
    book.close()


CSV_HEADINGS = ["Ref", "School code", "Site", "Block name", "Component", "Quantity", "Unit", "Cond", "Priority",
                "Legal duty", "Life (years)", "Remedial cost", "Inspected", "Comments"]
CSV_ROWS = [
    ["OP1", "2041", "Main site", "Old School", "1.1 Pitched roof - slates", "1,250.50", "m²", "Cx", "P2", "N", "4",
     "£101,234.50", "07/06/2023", "Slipped slates, nail sickness"],
    ["OP2", "2041", "Main site", "Old School", "4.1 Brick walls", "-", "", "B", "P4", "N", "40", "-", "07/06/2023", ""],
    ["OP3", "2041", "Main site", "Old School", "7.1 Boilers", "-", "", "Dx", "P1", "Y", "0", "£48,000", "07/06/2023",
     "Café kitchen supply too"],
    ["OP4", "2041", "Main site", "Grounds", "11.4 Fence - timber or metal", "120", "lin.m", "C", "P3", "N", "6",
     "£9,600.00", "07/06/2023", ""],
    ["OP5", "2041", "Main site", "Grounds", "12.1 Grass pitches", "-", "", "A", "P4", "N", "-", "-", "07/06/2023", ""],
    ["OP6", "4107", "North site", "Science", "8.6 Passenger lift", "-", "", "D", "P2", "Y", "2", "£86,400.00",
     "08/06/2023", "LOLER defect"],
]
CSV_TYPES = ["1.2 Flat roof - asphalt", "4.2 Render", "4.5 Metal windows and doors", "7.3 Hot and cold water",
             "8.1 Switchgear", "8.2 Small power"]


def write_cp1252(path, rng):
    """Write the CSV as Excel saves it in Britain: cp1252, carriage returns, pound signs."""
    rows = list(CSV_ROWS)
    for component in CSV_TYPES:
        grade = str(rng.choice(["A", "B", "C", "D"], p=[0.4, 0.35, 0.2, 0.05]))
        cost = f"£{rng.uniform(1500, 70000):,.2f}" if grade in "CD" else "-"
        rows.append([f"OP{len(rows) + 1}", "4107", "North site", "Science", component, "-", "", grade,
                     {"A": "P4", "B": "P3", "C": "P2", "D": "P1"}[grade], "N", str(rng.integers(1, 30)), cost,
                     "08/06/2023", ""])
    rows.append([f"OP{len(rows) + 1}", "4107", "North site", "Mobile 4", "1.2 Flat roof - asphalt", "130", "m²", "D",
                 "P2", "N", "1", "£7,150.00", "08/06/2023", "On hire"])
    with open(path, "w", encoding="cp1252", newline="") as file:
        csv.writer(file).writerows([CSV_HEADINGS, *rows])


LONG_HEADINGS = ["client", "site_code", "building", "gia_m2", "footprint_m2", "floors", "perimeter_m", "eaves_m",
                 "openings_pct", "lifts", "built", "construction", "grounds_m2", "fields_m2", "boundary_m", "element_code",
                 "element_name", "condition_code", "share_pct", "visited"]
# code, building, its measurements, measurements of the site
LONG_BUILDINGS = [("T01", "Willow House", 1200, 1200, 1, 180, 3.5, 20, 0, "post 1976", "Traditional", 7000, 4000, 350),
                  ("T02", "Upper School", 5400, 1800, 3, 210, 11, 30, 1, "1945 to 1966", "System built", 32000, 18000,
                   900),
                  ("T02", "Classroom 12", 75, 75, 1, 36, 2.7, 25, 0, "post 1976", "Portable", 32000, 18000, 900)]
LONG_NAMES = {"R-FLT-SP": "Flat roof, single ply", "R-PIT-TI": "Pitched roof, tiles", "W-EXT-BR": "Brick walls",
              "W-WIN-PL": "Plastic windows", "F-CARPET": "Carpet", "C-SUSP": "Suspended ceilings",
              "M-HEAT": "Heat source", "M-DIST": "Heating distribution", "E-LIGHT": "Lighting", "E-LIFT": "Lifts",
              "X-TARMAC": "Tarmac paths", "X-DRAIN": "Drains", "X-FENCE": "Fences", "P-GRASS": "Grass pitches"}


def long_rows(rng):
    """Rows of the long file: one for each share of a component at one condition; the shares of a component make 100."""
    willow, upper, portable = LONG_BUILDINGS
    fixed = [(willow, "R-PIT-TI", "10", 70), (willow, "R-PIT-TI", "30", 30), (willow, "W-EXT-BR", "20", 100),
             (upper, "E-LIFT", "45", 100), (upper, "R-FLT-SP", "35", 25), (upper, "R-FLT-SP", "20", 75)]
    grounds = [(willow, "X-TARMAC", "20", 40), (upper, "X-DRAIN", "30", 100), (upper, "P-GRASS", "10", 100),
               (upper, "X-FENCE", "20", 100)]
    drawn = []
    for building in LONG_BUILDINGS:
        for code in ("W-WIN-PL", "F-CARPET", "C-SUSP", "M-HEAT", "M-DIST", "E-LIGHT"):
            worse = int(rng.integers(0, 9)) * 5
            drawn.append((building, code, "20" if rng.random() < 0.4 else "10", 100 - worse))
            if worse:
                drawn.append((building, code, str(rng.choice(["30", "40"], p=[0.85, 0.15])), worse))
    for building, code, condition, share in [*fixed, *drawn]:
        yield ["KLT Estates", *building, code, LONG_NAMES[code], condition, share, "05/2024"]
    for building, code, condition, share in grounds:
        yield ["KLT Estates", building[0], *[""] * 10, *building[-3:], code, LONG_NAMES[code], condition, share,
               "05/2024"]


def write_long(path, rng):
    """Write the long CSV, with one title row."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [["Tarnbeck Asset Consulting: a fictional survey"], LONG_HEADINGS, *long_rows(rng)])


def main(folder=FOLDER):
    """Write all three files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    streams = [np.random.default_rng(seed) for seed in np.random.SeedSequence(SEED).spawn(3)]
    write_workbook(folder / "quillfeather_workbook.xlsx", streams[0])
    write_cp1252(folder / "ormsdale_cp1252.csv", streams[1])
    write_long(folder / "tarnbeck_long.csv", streams[2])


if __name__ == "__main__":
    main(*sys.argv[1:2])
