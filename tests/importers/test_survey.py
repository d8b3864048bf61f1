"""A consultant's survey through a column map: the shipped examples by hand, and every fault with its row."""

import csv
import importlib.util
import tomllib
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from capplan.errors import DataError
from capplan.estate import read_estate
from capplan.importers.survey import read_map, read_survey, write_survey

ROOT = Path(__file__).resolve().parents[2]
MAPS, EXAMPLES = ROOT / "data" / "survey_maps", ROOT / "data" / "survey_examples"
PAIRS = {"quillfeather_workbook.toml": "quillfeather_workbook.xlsx", "ormsdale_csv.toml": "ormsdale_cp1252.csv",
         "tarnbeck_long.toml": "tarnbeck_long.csv"}

MAP = """
name = "Test"
description = "A small CSV."
cost_price_base = 2024
skip_where = { column = "Ref", values = ["Total"] }
[trust]
trust_id = "T"
name = "A trust"
[columns]
component = "Ref"
school = "School"
block = "Block"
block_gifa = "GIA"
type = "Type"
quantity = "Qty"
unit = "Unit"
grade = "Grade"
priority = "Pri"
statutory = "Law"
remaining_life = "Life"
remedial_cost = "Cost"
survey_date = "Date"
[constants]
permanence = "permanent"
[units]
areas = "m2"
costs = "GBP"
[units.quantities]
m2 = "m2"
nr = "nr"
item = "geometry"
[grades]
"Good" = "A"
"Dx" = "DX"
[priorities]
"1" = 1
"4" = 4
[flags]
yes = "Y"
no = "N"
[types]
"Slates" = "ROOF.19"
"Carpet" = "FLOOR.18"
"Walls" = "EXT.03"
"Plastic windows" = "EXT.25"
"Tarmac" = "AREA.01"
[[schools]]
found_as = "Ashdown"
school_id = "ASH"
name = "Ashdown School"
region = "South East"
pfi = false
voluntary_aided = false
"""
HEADINGS = ["Ref", "School", "Block", "GIA", "Type", "Qty", "Unit", "Grade", "Pri", "Law", "Life", "Cost", "Date",
            "Notes"]
GOOD = dict(zip(HEADINGS, ["1", "Ashdown", "Main", "900", "Slates", "450", "m2", "Good", "4", "N", "30", "", "01/05/2024",
                           "dry"], strict=True))


def a_map(folder, *changes):
    """The small map with some of its text changed, read."""
    text = MAP
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return read_map(path)


def a_csv(folder, *rows, headings=HEADINGS, encoding="utf-8"):
    """A survey of rows that differ from a good one in the cells given."""
    path = folder / "survey.csv"
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        for number, row in enumerate(rows, 1):
            writer.writerow([{**GOOD, "Ref": str(number), **row}[name] for name in headings] if row is not None else [])
    return path


def faults_of(call, *arguments):
    """Row, column and found of each fault."""
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return [(fault.row, fault.column, fault.found) for fault in caught.value.faults]


def example(name):
    return read_survey(EXAMPLES / PAIRS[name], read_map(MAPS / name))


@pytest.fixture(scope="module")
def imported():
    return {name: example(name) for name in PAIRS}


def part(imported, name, component_id):
    return imported[name].frames["components"].set_index("component_id").loc[component_id]


# The shipped examples.

def test_every_shipped_map_is_read_and_has_an_example_file():
    whole = [path.name for path in MAPS.glob("*.toml") if "schools" in tomllib.loads(path.read_text(encoding="utf-8"))]
    assert sorted(whole) == sorted(PAIRS), "maps without schools are tested beside an estate: test_system_maps.py"
    for name in PAIRS:
        assert read_map(MAPS / name).description


@pytest.mark.parametrize("name", PAIRS)
def test_an_example_becomes_an_estate_that_passes_the_check(imported, name, tmp_path):
    write_survey(imported[name], tmp_path / "estate")
    estate = read_estate(tmp_path / "estate")
    assert len(estate.components) == imported[name].rows_kept
    assert imported[name].rows_read == imported[name].rows_kept + len(imported[name].set_aside)
    for file in ("unmapped_columns", "set_aside", "report"):
        assert (tmp_path / "estate" / "import_report" / f"{file}.csv").is_file()


def test_workbook_values_by_hand(imported):
    name = "quillfeather_workbook.toml"
    felt = part(imported, name, "Q-0001")
    assert felt.quantity == pytest.approx(10000 * 0.3048**2, rel=1e-12)   # 929.0304 m2
    assert (felt.type_id, felt.grade, felt.priority, felt.quantity_basis) == ("ROOF.03", "CX", 2, "measured")
    assert felt.remedial_cost_gbp == 96500 and felt.cost_price_base == 2024   # 96.5 thousand pounds
    boiler = part(imported, name, "Q-0002")   # a lump sum: 15,000 ft2 of floor
    assert (boiler.quantity_basis, boiler.grade) == ("gifa", "D")
    assert boiler.quantity == pytest.approx(1393.5456, rel=1e-12)
    alarms = part(imported, name, "Q-0003")
    assert alarms.statutory and pd.isna(alarms.remaining_life_years) and alarms.surveyed == pd.Timestamp("2024-03-13")
    fence = part(imported, name, "Q-0004")   # 850 ft of chain link, in no block
    assert fence.quantity == pytest.approx(259.08) and fence.block_id == ""
    windows = part(imported, name, "Q-0005")   # 700 ft2
    assert (windows.grade, windows.quantity) == ("DX", pytest.approx(65.032128, rel=1e-12))
    blocks = imported[name].frames["blocks"].set_index("block_id")
    assert blocks.loc["KHS-site-Teaching-block", "gifa_m2"] == pytest.approx(48000 * 0.09290304)


def test_workbook_subtotals_and_blank_rows_are_set_aside_with_their_rows_of_the_sheet(imported):
    aside = imported["quillfeather_workbook.toml"].set_aside
    assert list(aside.row)[:2] == [10, 11]
    assert list(aside.reason) == ["skip_where: Asset Ref", "blank row", "skip_where: Asset Ref"]
    assert aside.cells[0] == "Sub-total Larkrise Hollow | 150.45"
    assert imported["quillfeather_workbook.toml"].unmapped_columns == ("Defect", "Photo Ref")


def test_cp1252_values_by_hand(imported):
    name = "ormsdale_csv.toml"
    slates = part(imported, name, "OP1")
    assert (slates.quantity, slates.remedial_cost_gbp, slates.grade) == (1250.5, 101234.5, "CX")
    walls = part(imported, name, "OP2")   # 100 m x 6.5 m, of which 20% windows and doors
    assert (walls.quantity, walls.quantity_basis) == (520, "wall")
    assert pd.isna(walls.remedial_cost_gbp) and pd.isna(walls.cost_price_base)   # a dash; no price base without a cost
    assert part(imported, name, "OP5").quantity == 6500   # the field of the site
    assert part(imported, name, "OP6").quantity == 1   # the lift of the block
    metal = part(imported, name, "OP9")   # 30% of 160 m x 10.5 m
    assert (metal.quantity, metal.quantity_basis) == (504, "windows_doors")
    school = imported[name].frames["schools"].set_index("school_id").loc["FEN"]
    assert school.voluntary_aided and school.region == "East of England"


def test_long_values_by_hand(imported):
    parts = imported["tarnbeck_long.toml"].frames["components"]
    tiles = parts[(parts.type_id == "ROOF.20")]   # 70 and 30 percent of 1,200 m2, at code 10 and 30
    assert list(zip(tiles.quantity, tiles.grade, strict=True)) == [(pytest.approx(840), "A"), (pytest.approx(360), "C")]
    assert parts.loc[5, "quantity"] == pytest.approx(180 * 3.5 * 0.8)   # a fifth of the wall is windows and doors
    windows = parts[(parts.type_id == "EXT.25") & parts.block_id.str.startswith("HAZ-site-Upper")]
    assert windows.quantity.sum() == pytest.approx(210 * 11 * 0.3)   # the shares at all grades make up the 30%
    upper = imported["tarnbeck_long.toml"].frames["blocks"].set_index("block_id").loc["HAZ-site-Upper-School"]
    assert upper.windows_doors_percent == 30
    drains = parts[parts.type_id == "AREA.17"].iloc[0]   # all floors of both blocks of the site
    assert (drains.quantity, drains.block_id) == (5400 + 75, "")
    paths = parts[parts.type_id == "AREA.04"].iloc[0]   # 40 percent of the site less its building
    assert paths.quantity == pytest.approx(0.4 * (7000 - 1200))
    assert (parts.surveyed == pd.Timestamp("2024-05-01")).all()
    blocks = imported["tarnbeck_long.toml"].frames["blocks"]
    assert list(blocks.permanence) == ["permanent", "permanent", "temporary"]


def test_the_example_files_are_what_the_script_writes(tmp_path):
    spec = importlib.util.spec_from_file_location("make", ROOT / "scripts" / "make_survey_examples.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.main(tmp_path)
    for name in ("ormsdale_cp1252.csv", "tarnbeck_long.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()
    book = "quillfeather_workbook.xlsx"
    again, committed = (pd.read_excel(folder / book, sheet_name=None, header=None, engine="calamine")
                        for folder in (tmp_path, EXAMPLES))
    assert again.keys() == committed.keys()
    assert all(again[sheet].equals(committed[sheet]) for sheet in again)


# Rows, columns and the report.

def test_rows_read_are_rows_kept_and_rows_set_aside(tmp_path):
    survey = read_survey(a_csv(tmp_path, {}, None, {"Ref": "Total"}, {"Type": "Carpet"}), a_map(tmp_path))
    assert (survey.rows_read, survey.rows_kept) == (4, 2)
    assert list(survey.set_aside.row) == [3, 4]
    assert survey.unmapped_columns == ("Notes",)


def test_the_report_counts_every_translation(tmp_path):
    rows = [{}, {"Type": "Carpet", "Grade": "Dx"}, {"Type": "Walls", "Grade": " dx "}]
    report = read_survey(a_csv(tmp_path, *rows), a_map(tmp_path)).report
    grades = report[(report.column == "Grade") & (report.kind == "translated")]
    assert dict(zip(grades.found, grades.rows, strict=True)) == {"Good": 1, "Dx": 1, "dx": 1}
    assert grades.rows.sum() == 3


def test_a_formula_in_a_row_set_aside_does_not_run_when_the_report_is_opened(tmp_path):
    survey_map = a_map(tmp_path, ('values = ["Total"]', 'begins_with = ["=sum"]'))
    survey = read_survey(a_csv(tmp_path, {}, {"Ref": "=SUM(A1)"}), survey_map)
    write_survey(survey, tmp_path / "estate")
    aside = pd.read_csv(tmp_path / "estate" / "import_report" / "set_aside.csv")
    assert aside.cells[0].startswith("'=SUM(A1)")


def test_costs_are_cleaned_of_pound_signs_and_commas(tmp_path):
    texts = ["£1,234.50", "1,000,000", "GBP 12", "£ 7.5", "0"]
    rows = [{"Cost": text, "Block": f"B{number}"} for number, text in enumerate(texts)]
    costs = read_survey(a_csv(tmp_path, *rows, encoding="cp1252"), a_map(tmp_path)).frames["components"]
    assert list(costs.remedial_cost_gbp) == [1234.5, 1e6, 12, 7.5, 0]


def test_pence_become_pounds(tmp_path):
    survey = read_survey(a_csv(tmp_path, {"Cost": "123450"}), a_map(tmp_path, ('costs = "GBP"', 'costs = "pence"')))
    assert survey.frames["components"].remedial_cost_gbp.iloc[0] == 1234.5


def test_a_quantity_is_worked_out_only_where_none_is_given(tmp_path):
    rows = [{}, {"Type": "Carpet", "Qty": "", "Unit": ""}, {"Type": "Carpet", "Qty": "1", "Unit": "item", "Block": "B"}]
    parts = read_survey(a_csv(tmp_path, *rows), a_map(tmp_path)).frames["components"]
    assert list(parts.quantity) == [450, 900, 900]
    assert list(parts.quantity_basis) == ["measured", "gifa", "gifa"]


GLAZED = [('remaining_life = "Life"', 'remaining_life = "Life"\nblock_windows_doors_percent = "Notes"'),
          ('[[schools]]', '[[blocks]]\nschool_id = "ASH"\nfound_as = "Main"\nperimeter_m = 100\nheight_m = 6\n'
                          '[[schools]]')]


@pytest.mark.parametrize("share", ["40", "40%", "40.0 %"])
def test_windows_and_walls_share_the_outside_wall_by_the_percentage(tmp_path, share):
    rows = [{"Type": name, "Qty": "", "Unit": "", "Notes": share} for name in ("Walls", "Plastic windows")]
    frames = read_survey(a_csv(tmp_path, *rows), a_map(tmp_path, *GLAZED)).frames
    assert list(frames["components"].quantity) == pytest.approx([360, 240])   # of 100 m x 6 m = 600 m2
    assert list(frames["blocks"].windows_doors_percent) == [40]


@pytest.mark.parametrize(("share", "found"), [("140", "'140'"), ("-3", "'-3'"),
                                              ("0.4", "no share above 1 in the whole column")])
def test_a_share_of_the_wall_that_is_no_percentage_is_a_fault(tmp_path, share, found):
    assert faults_of(read_survey, a_csv(tmp_path, {"Notes": share}), a_map(tmp_path, *GLAZED)) == [(2, "Notes", found)]


def test_a_number_of_windows_is_not_taken_for_their_area(tmp_path):
    row = {"Type": "Plastic windows", "Qty": "64", "Unit": "nr"}
    assert faults_of(read_survey, a_csv(tmp_path, row), a_map(tmp_path)) == [(2, "Unit", "'nr'")]


# Faults of the survey.

FAULTS = {
    "School": ("Elsewhere", "'Elsewhere'"), "Type": ("Thatch", "'Thatch'"), "Unit": ("acres", "'acres'"),
    "Grade": ("E", "'E'"), "Pri": ("9", "'9'"), "Law": ("perhaps", "'perhaps'"), "Qty": ("-4", "'-4'"),
    "Life": ("400", "'400'"), "Cost": ("€ 500", "'€ 500'"), "Date": ("06/05/1066", "'06/05/1066'"),
    "GIA": ("70 000", "'70 000'"),
}


def test_every_kind_of_fault_is_reported_at_once_with_its_row(tmp_path):
    rows = [{}, {}, *({column: bad, "Block": f"B{column}"} for column, (bad, _) in FAULTS.items())]
    rows[1] = {"Type": "Carpet"}
    found = faults_of(read_survey, a_csv(tmp_path, *rows), a_map(tmp_path))
    expected = [(4 + number, column, shown) for number, (column, (_, shown)) in enumerate(FAULTS.items())]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(("row", "column", "found"), [
    ({"Cost": "$10"}, "Cost", "'$10'"),
    ({"Cost": "£12k"}, "Cost", "'£12k'"),
    ({"Cost": "1.234,50"}, "Cost", "'1.234,50'"),
    ({"Cost": "=A1*2"}, "Cost", "'=A1*2'"),
    ({"Cost": "£"}, "Cost", "'£'"),
    ({"Qty": "12,34"}, "Qty", "'12,34'"),
    ({"Qty": "#REF!"}, "Qty", "'#REF!'"),
    ({"Unit": ""}, "Unit", "a blank"),
    ({"Unit": "nr"}, "Unit", "'nr'"),
    ({"Grade": ""}, "Grade", "a blank"),
    ({"Date": "31/02/2024"}, "Date", "'31/02/2024'"),
    ({"Date": ""}, "Date", "a blank"),
    ({"Date": "01/05/2080"}, "Date", "2080-05-01"),
    ({"Block": ""}, "Block", "no block"),
    ({"Block": "=cmd"}, "Block", "'=cmd'"),
    ({"Block": "???"}, "Block", "'???'"),
    ({"GIA": ""}, "GIA", "no gifa_m2 of the block 'Main'"),
    ({"Type": "Walls", "Qty": "", "Unit": ""}, "Qty", "no quantity, and no geometry to work it out from"),
])
def test_one_bad_cell_is_one_fault_in_its_row(tmp_path, row, column, found):
    good = {"Block": "Other"}
    assert faults_of(read_survey, a_csv(tmp_path, good, row), a_map(tmp_path)) == [(3, column, found)]


def test_a_component_reference_used_twice_is_a_fault_in_the_second_row(tmp_path):
    found = faults_of(read_survey, a_csv(tmp_path, {"Ref": "7"}, {"Ref": "7", "Type": "Carpet"}), a_map(tmp_path))
    assert found == [(3, "Ref", "'7' again (first in row 2)")]


def test_a_block_with_two_floor_areas_is_a_fault_in_the_row_that_differs(tmp_path):
    found = faults_of(read_survey, a_csv(tmp_path, {}, {"Type": "Carpet", "GIA": "950"}), a_map(tmp_path))
    assert found == [(3, "GIA", "'950'")]


def test_a_whole_block_is_not_counted_twice(tmp_path):
    blank = {"Type": "Carpet", "Qty": "", "Unit": ""}
    found = faults_of(read_survey, a_csv(tmp_path, blank, blank), a_map(tmp_path))
    assert [(row, column) for row, column, _ in found] == [(2, "Qty"), (3, "Qty")]
    found = faults_of(read_survey, a_csv(tmp_path, blank, {"Type": "Carpet", "Qty": "40"}), a_map(tmp_path))
    assert [(row, column) for row, column, _ in found] == [(2, "Qty")]


def test_two_blocks_whose_names_make_one_short_name_are_told_apart_by_the_surveyor(tmp_path):
    found = faults_of(read_survey, a_csv(tmp_path, {"Block": "Hut 1"}, {"Block": "Hut-1"}), a_map(tmp_path))
    assert found == [(3, "Block", "'Hut-1'")]


def test_a_ground_floor_larger_than_the_block_is_found_by_the_estate_check(tmp_path):
    survey_map = a_map(tmp_path, ('[[schools]]', '[[blocks]]\nschool_id = "ASH"\nfound_as = "Main"\n'
                                                 'ground_gifa_m2 = 2000\n[[schools]]'))
    assert faults_of(read_survey, a_csv(tmp_path, {}), survey_map) == [(2, "ground_gifa_m2 (from the map)", "2000")]


def test_a_column_of_the_map_that_is_not_in_the_file_is_a_fault(tmp_path):
    path = a_csv(tmp_path, {}, headings=[name for name in HEADINGS if name not in ("Grade", "Law")])
    found = faults_of(read_survey, path, a_map(tmp_path))
    assert [(row, column) for row, column, _ in found] == [(1, "Grade"), (1, "Law")]


def test_a_comma_outside_quotes_is_a_fault_and_not_a_cheap_repair(tmp_path):
    path = a_csv(tmp_path, {})
    path.write_text(path.read_text() + "2,Ashdown,Main,900,Carpet,4,m2,Good,4,N,3,£1,234,01/05/2024,dry\n", "utf-8")
    assert faults_of(read_survey, path, a_map(tmp_path)) == [(3, "", "more cells than there are headings")]


SHARES = [('quantity = "Qty"\nunit = "Unit"', 'share = "Qty"'),
          ('[units.quantities]\nm2 = "m2"\nnr = "nr"\nitem = "geometry"\n', ""),
          ('costs = "GBP"', 'costs = "GBP"\nshares = "percent"')]


@pytest.mark.parametrize(("shares", "expected"), [
    (("70%", "40"), [(2, "no quantity: 110% of the whole"), (3, "no quantity: 110% of the whole")]),
    (("0.7", "0.3"), [(2, "no share above 1 in the whole column")]),
    (("170", "10"), [(2, "'170'")]),
])
def test_shares_are_percent_and_do_not_make_more_than_the_whole(tmp_path, shares, expected):
    rows = [{"Type": "Carpet", "Qty": share} for share in shares]
    found = faults_of(read_survey, a_csv(tmp_path, *rows), a_map(tmp_path, *SHARES))
    assert [(row, shown) for row, _, shown in found] == expected


def test_a_row_of_another_trust_and_a_blank_site_are_faults(tmp_path):
    survey_map = a_map(tmp_path, ('name = "A trust"', 'name = "A trust"\nfound_as = ["dry"]'),
                       ('school = "School"', 'school = "School"\ntrust = "Notes"\nsite = "Law"'),
                       ('statutory = "Law"\n', ""), ('[flags]\nyes = "Y"\nno = "N"\n', ""))
    path = a_csv(tmp_path, {}, {"Block": "B", "Notes": "other"}, {"Block": "C", "Law": ""})
    assert faults_of(read_survey, path, survey_map) == [(3, "Notes", "'other'"), (4, "Law", "a blank")]


def test_a_block_that_nobody_calls_permanent_or_temporary_is_a_fault(tmp_path):
    survey_map = a_map(tmp_path, ('permanence = "permanent"\n', ""))
    found = faults_of(read_survey, a_csv(tmp_path, {}), survey_map)
    assert found == [(2, "block_permanence", "no permanence of the block 'Main'")]


def test_a_heading_that_is_there_twice_is_a_fault_only_where_the_map_uses_it(tmp_path):
    headings = [*HEADINGS, "Notes"]
    assert read_survey(a_csv(tmp_path, {}, headings=headings), a_map(tmp_path)).unmapped_columns == (
        "Notes", "Notes (column O)")
    found = faults_of(read_survey, a_csv(tmp_path, {}, headings=[*HEADINGS, "Grade"]), a_map(tmp_path))
    assert found == [(1, "Grade", "the heading more than once")]


# Workbooks and damaged files.

def a_workbook(path, rows, title_rows=0):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Survey")
    for number in range(title_rows):
        sheet.write(number, 0, f"Title {number}")
    for number, row in enumerate([dict(zip(HEADINGS, HEADINGS, strict=True)), *rows], title_rows):
        for column, name in enumerate(HEADINGS):
            value = {**GOOD, **row}[name]
            if isinstance(value, tuple):
                sheet.write_formula(number, column, value[0], None, value[1])
            else:
                sheet.write(number, column, value)
    book.close()
    return path


def test_title_rows_are_passed_over_and_rows_are_those_of_the_sheet(tmp_path):
    path = a_workbook(tmp_path / "s.xlsx", [{"Qty": 450}, {"Ref": "2", "Type": "Carpet", "Grade": "Z"}], title_rows=3)
    survey_map = a_map(tmp_path, ('name = "Test"', 'name = "Test"\ntitle_rows = 3'))
    assert faults_of(read_survey, path, survey_map) == [(6, "Grade", "'Z'")]


def test_an_excel_error_is_a_fault_and_not_a_blank_cost(tmp_path):
    path = a_workbook(tmp_path / "s.xlsx", [{"Cost": ("=2*600", 1200)},
                                            {"Ref": "2", "Type": "Carpet", "Cost": ("=1/0", "#DIV/0!")}])
    assert faults_of(read_survey, path, a_map(tmp_path)) == [(3, "Cost", "'#DIV/0!'")]


def test_a_sheet_that_is_not_there_is_a_fault_that_names_those_that_are(tmp_path):
    path = a_workbook(tmp_path / "s.xlsx", [{}])
    survey_map = a_map(tmp_path, ('name = "Test"', 'name = "Test"\nsheet = "Data"'))
    with pytest.raises(DataError, match="no sheet 'Data'.*the sheets are Survey"):
        read_survey(path, survey_map)


def test_a_zip_that_is_not_a_workbook_is_a_fault(tmp_path):
    path = tmp_path / "s.xlsx"
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("hello.txt", "not a workbook")
    with pytest.raises(DataError, match="not a workbook"):
        read_survey(path, a_map(tmp_path))


@pytest.mark.parametrize(("name", "content", "words"), [
    ("s.csv", b"", "an empty file"),
    ("s.csv", b"PK\x03\x04rest", "a workbook"),
    ("s.csv", b"a;b\n1;2\n", "separated by ;"),
    ("s.csv", b'Ref,School\n"1,Ashdown\n', "cannot be told apart"),
    ("s.csv", b"Ref\n" + b"x" * 1_000_001, "a line longer"),
    ("s.csv", b"Ref,School\n1,\x81\n", "the byte 0x81"),
    ("s.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "not a workbook"),
    ("s.xlsx", b"Ref,School\n1,Ashdown\n", "not a workbook"),
])
def test_a_damaged_file_is_a_fault(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_survey(tmp_path / name, a_map(tmp_path))


def test_a_truncated_workbook_and_a_missing_file_are_faults(tmp_path):
    whole = (EXAMPLES / "quillfeather_workbook.xlsx").read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[:len(whole) // 2])
    for name in ("half.xlsx", "none.xlsx"):
        with pytest.raises(DataError):
            read_survey(tmp_path / name, a_map(tmp_path))


# Faults of the map.

@pytest.mark.parametrize(("change", "key", "words"), [
    (('grade = "Grade"', 'grad = "Grade"'), "columns.grad", "did you mean grade"),
    (('"Dx" = "DX"', '"Dx" = "E"'), 'grades.Dx', "'A'"),
    (('region = "South East"', 'region = "Wales"'), "schools[1].region", "South East"),
    (('region = "South East"\n', ""), "schools[1].region", "there"),
    (('"Slates" = "ROOF.19"', '"Slates" = "ROOF.99"'), "types.Slates", "type_id"),
    (('cost_price_base = 2024\n', ""), "cost_price_base", "remedial_cost needs it"),
    (('areas = "m2"\n', 'areas = "acres"\n'), "units.areas", "'ft2'"),
    (('pfi = false', 'pfi = "no"'), "schools[1].pfi", "boolean"),
    (('statutory = "Law"\n', ""), "flags", "left out"),
    (('component = "Ref"', 'component = "Ref"\nsite = "S"'), "constants.site", "columns.site"),
    (('"Good" = "A"', '"Good" = "A"\n"GOOD " = "B"'), 'grades."GOOD "', "given once"),
    (('found_as = "Ashdown"', 'found_as = 2041'), "schools[1].found_as", "text in quotes"),
    (('school_id = "ASH"', 'school_id = "=ASH"'), "schools[1].school_id", "pattern"),
    (('name = "Test"', 'name = "Test"\ndate_format = "%d/%m"'), "date_format", "year"),
])
def test_a_fault_of_the_map_says_where_and_what_it_must_be(tmp_path, change, key, words):
    changes = [change] if key != "constants.site" else [change, ('permanence = "permanent"',
                                                                 'permanence = "permanent"\nsite = "Main"')]
    with pytest.raises(DataError) as caught:
        a_map(tmp_path, *changes)
    assert {fault.where for fault in caught.value.faults} == {"map.toml"}
    assert any(fault.column == key and words in fault.must_be for fault in caught.value.faults), str(caught.value)


def test_all_faults_of_a_map_come_at_once(tmp_path):
    with pytest.raises(DataError) as caught:
        a_map(tmp_path, ('"Dx" = "DX"', '"Dx" = "E"'), ('costs = "GBP"', 'costs = "EUR"'))
    assert {fault.column for fault in caught.value.faults} == {"grades.Dx", "units.costs"}


def test_a_map_that_is_not_toml_is_a_fault(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text("name = NO\n")
    with pytest.raises(DataError, match="line 1"):
        read_map(path)
    with pytest.raises(DataError, match="no such file"):
        read_map(tmp_path / "none.toml")


def test_every_key_of_a_map_is_explained():
    """A planner who writes a map reads these sentences; a key without one would be unexplained."""
    from capplan.importers import survey_map

    models = [one for one in vars(survey_map).values() if isinstance(one, type)
              and issubclass(one, survey_map.BaseModel) and one.__module__ == survey_map.__name__]
    assert len(models) > 8
    assert not [f"{model.__name__}.{name}" for model in models for name, field in model.model_fields.items()
                if not field.description]


def test_a_block_that_only_the_map_knows_is_part_of_the_estate(tmp_path):
    survey_map = a_map(tmp_path, ('[[schools]]', '[[blocks]]\nschool_id = "ASH"\nfound_as = "Gym"\ngifa_m2 = 310\n'
                                                 '[[schools]]'))
    survey = read_survey(a_csv(tmp_path, {}), survey_map)
    write_survey(survey, tmp_path / "estate")
    blocks = read_estate(tmp_path / "estate").blocks
    assert dict(zip(blocks.block_id, blocks.gifa_m2, strict=True)) == {"ASH-site-Main": 900, "ASH-site-Gym": 310}


def test_the_long_example_meets_every_type_and_grade_of_its_map(imported):
    words = tomllib.loads((MAPS / "tarnbeck_long.toml").read_text(encoding="utf-8"))
    assert set(words["types"]) | set(words["grades"]) <= set(imported["tarnbeck_long.toml"].report.found)
