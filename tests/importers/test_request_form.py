"""The request form of a school sent out, filled in and read back into the list of works."""

import json
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from capplan import request_form as form
from capplan.errors import DataError
from capplan.estate import Estate, inspect_estate, read_estate
from capplan.importers.request_form import read_requests, write_requests
from capplan.importers.survey_sheet import read_workbook
from capplan.report.form_request import request_document, request_workbook, safe_name
from capplan.report.papers import written

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "data" / "tiny"
DAY = date(2026, 11, 22)
ASK = {"Block": "ELL-1-A", "What is to be done": "Replace the hall windows",
       "Why it is needed, and what happens if it waits": "Frames are rotten; two have been screwed shut",
       "Condition or energy": "Condition", "Cost (£, without VAT)": "£42,500", "Prices of year": "2026",
       "What the cost rests on": "Quotations or a tender", "Priority, 1 to 4": "2",
       "Photos, quotes, reports (file names)": "hall quote.pdf"}


@pytest.fixture(scope="module")
def estate():
    return read_estate(TINY)


@pytest.fixture(scope="module")
def forms_sent(estate, tmp_path_factory):
    """The forms of both schools of data/tiny, as they are sent."""
    folder = tmp_path_factory.mktemp("forms")
    for school in ("ELL", "MAR"):
        (folder / f"{school}.xlsx").write_bytes(request_workbook(estate, school, DAY))
    return folder


rows_of = cache(read_workbook)


@pytest.fixture
def filled(forms_sent, tmp_path):
    """A form filled in, as any program saves it: requests by row, and what stands in its head."""
    def fill(school, *requests, name="A. Head", day="20/11/2026", school_id=None, file=None, change=None):
        rows = [list(row) for row in rows_of(forms_sent / f"{school}.xlsx")[form.SHEET]]
        rows[3][2], rows[4][2] = name, day
        rows[2][2] = school if school_id is None else school_id
        header = rows[form.HEADER_ROW - 1]
        for number, request in enumerate(requests):
            for heading, text in request.items():
                rows[form.HEADER_ROW + number][header.index(heading)] = text
        if change:
            change(rows)
        path = tmp_path / (file or f"{school}.xlsx")
        path.parent.mkdir(exist_ok=True)
        book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
        page = book.add_worksheet(form.SHEET)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        book.close()
        return path
    return fill


def faults_of(paths, estate):
    with pytest.raises(DataError) as raised:
        read_requests(paths, estate)
    return [(fault.where.split(",")[0], fault.row, fault.column) for fault in raised.value.faults]


def test_an_empty_form_asks_for_nothing(forms_sent, estate):
    found = read_requests(sorted(forms_sent.iterdir()), estate)
    assert len(found.requests) == 0
    pd.testing.assert_frame_equal(found.frames["works"], estate.works)


def test_what_is_asked_for_joins_the_list_as_proposed(filled, estate, tmp_path):
    law = ASK | {"Block": "", "What is to be done": "Emergency lighting", "Required by law?": "yes",
                 "Priority, 1 to 4": "", "If so, school year it must start in": "2027", "What others pay of it (£)": "500",
                 "Condition or energy": "energy", "What the cost rests on": "A guess or an allowance"}
    found = read_requests([filled("ELL", ASK, {}, law), filled("MAR", ASK | {"Block": "MAR-1-A"})], estate)
    works = found.frames["works"].set_index("work_id")
    assert list(works.index) == ["W1", "W2", "ELL-R01", "ELL-R02", "MAR-R01"]
    row = works.loc["ELL-R01"]
    facts = ["school_id", "block_id", "description", "use", "cost_gbp", "cost_price_base", "priority", "status", "stage"]
    assert row[facts].tolist() == ["ELL", "ELL-1-A", "Replace the hall windows", "condition", 42500, 2026, 2, "proposed",
                                   "tender"]
    assert row.evidence == "hall quote.pdf"
    assert row.reason == "Frames are rotten; two have been screwed shut" and pd.isna(row.must_start_by)
    assert works.loc["ELL-R02", ["use", "must_start_by", "contribution_gbp", "stage"]].tolist() == ["energy", 2027, 500,
                                                                                                    "concept"]
    assert found.requests.set_index("work_id").loc["ELL-R02", ["row", "asked_by", "asked_on", "statutory"]].tolist() == [
        form.HEADER_ROW + 3, "A. Head", "2026-11-20", "yes"]
    (tmp_path / "new").mkdir()
    write_requests(found, tmp_path / "new")
    assert inspect_estate(tmp_path / "new")[1] == []
    assert "3 works of 2 schools, £127,500" in str(found)


def test_all_that_is_wrong_in_all_forms_is_told_at_once(filled, estate):
    bad = {"Block": "MAR-1-A", "What is to be done": "=cmd|x", "Condition or energy": "Paint", "Cost (£, without VAT)": "-5",
           "Prices of year": "26", "What the cost rests on": "A feeling", "Required by law?": "yes"}
    early = ASK | {"If so, school year it must start in": "2026", "Priority, 1 to 4": "9", "What is to be done": "x" * 201}
    found = faults_of([filled("ELL", bad, early, name="", day="soon"), filled("MAR", {"Block": "MAR-1-A"})], estate)
    first, second, third = form.HEADER_ROW + 1, form.HEADER_ROW + 2, form.HEADER_ROW + 1
    expected = {("ELL.xlsx", 4, "Filled in by"), ("ELL.xlsx", 5, "Date")} | {("ELL.xlsx", first, heading) for heading in (
        "Block", "What is to be done", "Why it is needed, and what happens if it waits", "Condition or energy",
        "Cost (£, without VAT)", "Prices of year", "What the cost rests on", "If so, school year it must start in")} | {
        ("ELL.xlsx", second, heading) for heading in ("If so, school year it must start in", "Priority, 1 to 4",
                                                      "What is to be done")}
    expected |= {("MAR.xlsx", third, heading) for heading in (
        "What is to be done", "Why it is needed, and what happens if it waits", "Condition or energy",
        "Cost (£, without VAT)", "Prices of year", "What the cost rests on")}
    assert set(found) == expected


def test_a_request_on_the_list_or_asked_for_twice_is_refused(filled, estate):
    again = ASK | {"What is to be done": "FIRE DOORS to the hall corridor"}
    assert faults_of([filled("ELL", again)], estate) == [("ELL.xlsx", form.HEADER_ROW + 1, "What is to be done")]
    assert faults_of([filled("ELL", ASK, ASK)], estate) == [("ELL.xlsx", form.HEADER_ROW + 2, "What is to be done")]
    once = read_requests([filled("ELL", ASK)], estate)
    assert faults_of([filled("ELL", ASK)], Estate(once.frames))


def test_what_is_no_request_form_of_the_estate_is_refused(filled, estate, tmp_path):
    assert faults_of([filled("ELL", ASK, school_id="XXX")], estate) == [("ELL.xlsx", 3, "School")]
    unmarked = filled("ELL", ASK, change=lambda rows: rows[2].__setitem__(3, ""))
    assert faults_of([unmarked], estate) == [("ELL.xlsx", None, "")]
    heading = form.COLUMNS[2].heading
    place = [column.heading for column in form.COLUMNS].index(heading)
    renamed = filled("ELL", ASK, change=lambda rows: rows[form.HEADER_ROW - 1].__setitem__(place, "What"))
    assert faults_of([renamed], estate) == [("ELL.xlsx", form.HEADER_ROW, heading)]
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    found = faults_of([tmp_path / "a.xlsx", tmp_path / "none.xlsx"], estate)
    assert found == [("a.xlsx", None, ""), ("none.xlsx", None, "")]


def test_condition_works_of_a_pfi_school_are_taken_with_a_warning(filled, estate):
    schools = estate.schools.assign(pfi=True)
    found = read_requests([filled("ELL", ASK)], Estate({**estate.tables(), "schools": schools}))
    assert found.pfi_schools == ("ELL",) and "contractor" in str(found)


def test_names_of_schools_decide_no_place(tiny, tmp_path, capplan):
    for name, before in (("schools.csv", "\n"), ("sites.csv", ","), ("grants.csv", ","), ("works.csv", ",")):
        text = (tiny / name).read_text(encoding="utf-8").replace(f"{before}ELL,", f"{before}E/../../evil,")
        (tiny / name).write_text(text.replace(f"{before}MAR,", f"{before}E_.._.._evil,"), encoding="utf-8")
    done = capplan("forms", "request", tiny, "--out", tmp_path / "deep" / "forms")
    assert done.exit_code == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "deep" / "forms").iterdir()) == [
        ".capplan", "E_.._.._evil 1.xlsx", "E_.._.._evil 2.xlsx"]
    assert safe_name("../..") == "_" and safe_name("...") == "school"


def test_what_is_on_the_list_is_shown_on_the_form(forms_sent):
    text = [cell for row in rows_of(forms_sent / "ELL.xlsx")[form.SHEET] for cell in row]
    assert "W1: Fire doors to the hall corridor, £20,000 in prices of 2026, proposed, block ELL-1-A" in text


def test_the_printed_form_asks_the_same(estate):
    page = written(request_document(estate, "ELL", DAY), ".html").decode()
    assert all(column.heading.rstrip("?") in page for column in form.COLUMNS if column.field != "number")
    assert "Ellerwick Primary School" in page and "W1: Fire doors" in page


def test_by_command(filled, tmp_path, capplan):
    out = tmp_path / "form.xlsx"
    assert capplan("forms", "request", TINY, "--school", "ELL", "--out", out).exit_code == 0 and out.is_file()
    assert capplan("forms", "request", TINY, "--school", "ELL", "--out", out).exit_code == 2
    assert capplan("forms", "request", TINY, "--school", "XX", "--out", tmp_path / "b.xlsx").exit_code == 2
    assert capplan("forms", "request", TINY, "--school", "ELL", "--out", tmp_path / "b.csv").exit_code == 2
    done = capplan("import", "requests", filled("ELL", ASK), "--estate", TINY, "--out", tmp_path / "new", "--json")
    assert json.loads(done.stdout)["requests"][0]["work_id"] == "ELL-R01"
    assert capplan("check", tmp_path / "new").exit_code == 0
    report = pd.read_csv(tmp_path / "new" / "import_report" / "requests.csv")
    assert report.asked_by.tolist() == ["A. Head"]
    done = capplan("import", "requests", filled("ELL", {"Block": "x"}), "--estate", TINY, "--out", tmp_path / "none")
    assert done.exit_code == 2 and not (tmp_path / "none").exists()
