"""The survey workbook sent out and read back: unedited it changes nothing, edited only what was edited, and lists it."""

import io
import json
import shutil
import subprocess
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from capplan import survey_form as form
from capplan.errors import DataError
from capplan.estate import Estate, inspect_estate, read_estate
from capplan.importers.survey_form_changes import read_survey_form, write_survey_form
from capplan.importers.survey_sheet import read_workbook
from capplan.report.form_survey import survey_workbook
from capplan.tables import COMPONENTS

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def estate():
    return read_estate(ROOT / "data" / "tiny")


@pytest.fixture(scope="module")
def sent(estate, tmp_path_factory):
    """The form of data/tiny as it is sent."""
    path = tmp_path_factory.mktemp("form") / "survey.xlsx"
    path.write_bytes(survey_workbook(estate, DAY)[0])
    return path


rows_of = cache(read_workbook)


def resaved(sent, place, change=lambda sheets: None):
    """The form as another program saves it, every cell as text, after a change to its rows by sheet."""
    sheets = {name: [list(row) for row in rows] for name, rows in rows_of(sent).items()}
    change(sheets)
    book = xlsxwriter.Workbook(place, {"strings_to_formulas": False})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    book.close()
    return place


def put(sheet, name, heading, text):
    """An edit: a cell in the row of a component or block, under a heading."""
    def change(sheets):
        rows = sheets[sheet]
        row = next(row for row in rows[form.HEADER_ROW:] if row[0] == name)
        row[rows[form.HEADER_ROW - 1].index(heading)] = text
    return change


def several(*changes):
    def change(sheets):
        for each in changes:
            each(sheets)
    return change


def place_of(sent, sheet, name):
    """Row of a component or block, as a spreadsheet numbers it."""
    return next(number for number, row in enumerate(rows_of(sent)[sheet], 1) if row[0] == name)


def visit(sheet, day):
    def change(sheets):
        sheets[sheet][2][3] = day
    return change


def new(number, **cells):
    """An edit: a row of new components, by heading."""
    def change(sheets):
        rows = sheets[form.NEW_SHEET]
        for heading, text in cells.items():
            wide = rows[form.HEADER_ROW - 1].index(heading)
            while len(rows) < form.HEADER_ROW + number:
                rows.append([""] * len(rows[0]))
            rows[form.HEADER_ROW + number - 1][wide] = text
    return change


@pytest.fixture
def edited(sent, estate, tmp_path):
    """The form read back after edits."""
    def read(*changes, **options):
        return read_survey_form(resaved(sent, tmp_path / "back.xlsx", several(*changes)), estate, **options)
    return read


def faults_of(read, *changes):
    with pytest.raises(DataError) as raised:
        read(*changes)
    return [(fault.where.split("sheet ")[-1], fault.row, fault.column) for fault in raised.value.faults]


def same_tables(one, two):
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name], check_exact=True)


def test_unedited_it_changes_nothing(sent, estate, tmp_path):
    for path in (sent, resaved(sent, tmp_path / "text.xlsx")):
        found = read_survey_form(path, estate)
        assert len(found.changes) == 0 and "Nothing was changed" in str(found)
        same_tables(estate.tables(), found.frames)


def odd_estate(estate, quantities, names):
    """data/tiny with other figures and names."""
    frames, parts = estate.tables(), estate.components.copy()
    parts["quantity"] = [quantities[number % len(quantities)] for number in range(len(parts))]
    parts["component_id"] = [f"{names[number % len(names)]}{number}" for number in range(len(parts))]
    return Estate({**frames, "components": parts})


def test_a_figure_of_seventeen_digits_keeps_them_all(estate, tmp_path):
    odd = odd_estate(estate, [0.1 + 0.2, 1 / 3, 123456.78901234567], ["X"])
    (tmp_path / "form.xlsx").write_bytes(survey_workbook(odd, DAY)[0])
    found = read_survey_form(tmp_path / "form.xlsx", odd)
    assert len(found.changes) == 0 and found.frames["components"].quantity.tolist() == odd.components.quantity.tolist()


def test_a_row_moved_to_the_sheet_of_another_site_is_a_fault(edited):
    def moved(sheets):
        row = next(row for row in sheets["MAR-1"] if row[0] == "MAR-05")
        sheets["MAR-1"].remove(row)
        sheets["ELL-1"].append(row)
    assert [(sheet, heading) for sheet, _, heading in faults_of(edited, moved)] == [("ELL-1", "Component")]


@settings(max_examples=2, deadline=None, phases=(Phase.explicit, Phase.generate),
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.just(0.0) | st.floats(1e-9, 1e6), min_size=1, max_size=14),
       st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/\-]{0,20}", fullmatch=True), min_size=1, max_size=14))
def test_any_figures_and_names_come_back_as_they_are(estate, tmp_path_factory, quantities, names):
    odd = odd_estate(estate, quantities, names)
    path = tmp_path_factory.mktemp("odd") / "form.xlsx"
    path.write_bytes(survey_workbook(odd, DAY)[0])
    found = read_survey_form(path, odd)
    assert len(found.changes) == 0, found.changes
    same_tables(odd.tables(), found.frames)


def test_what_was_edited_is_changed_and_listed_and_nothing_else(edited, estate):
    found = edited(put("ELL-1", "ELL-01", "Grade", "D"), put("ELL-1", "ELL-01", "Note", "ponding"),
                   put("MAR-1", "MAR-04", "Cost to grade A (£)", "£12,500.50"),
                   put("MAR-1", "MAR-04", "Prices of year", "2026"),
                   put("ELL-1", "ELL-02", "Priority", ""), put("Blocks", "MAR-1-A", "Floor area, GIFA (m2)", "2100"),
                   put("ELL-1", "ELL-05", "Surveyed", "31/10/2026"), put("ELL-1", "ELL-03", "Statutory", "yes"))
    changes = found.changes.set_index(["name", "column"])[["was", "now", "note"]].agg(tuple, axis=1).to_dict()
    assert changes == {
        ("ELL-01", "grade"): ("C", "D", "ponding"), ("MAR-04", "remedial_cost_gbp"): ("", "12500.5", ""),
        ("MAR-04", "cost_price_base"): ("", "2026", ""), ("ELL-02", "priority"): ("1", "", ""),
        ("MAR-1-A", "gifa_m2"): ("2000", "2100", ""), ("ELL-05", "surveyed"): ("2026-09-01", "2026-10-31", ""),
        ("ELL-03", "statutory"): ("no", "yes", "")}
    parts, expected = found.frames["components"].copy(), estate.components.copy()
    expected = expected.set_index("component_id")
    expected.loc["ELL-01", "grade"], expected.loc["ELL-02", "priority"] = "D", float("nan")
    expected.loc["MAR-04", ["remedial_cost_gbp", "cost_price_base"]] = [12500.5, 2026]
    expected.loc["ELL-05", "surveyed"], expected.loc["ELL-03", "statutory"] = pd.Timestamp("2026-10-31"), True
    pd.testing.assert_frame_equal(parts.set_index("component_id"), expected)
    assert found.frames["blocks"].gifa_m2.tolist() == [800, 60, 2100]
    assert found.old_dates == ("ELL-01",) and "WARNING" in str(found)


def test_the_day_of_the_visit_is_that_of_what_was_seen(edited):
    found = edited(visit("ELL-1", "05/11/2026"), put("ELL-1", "ELL-01", "Seen", "yes"),
                   put("ELL-1", "ELL-02", "Seen", "YES"), put("ELL-1", "ELL-03", "Seen", "no"),
                   put("ELL-1", "ELL-02", "Surveyed", "2026-11-06"))
    days = found.frames["components"].set_index("component_id").surveyed
    assert [f"{days[f'ELL-0{number}']:%m-%d}" for number in (1, 2, 3, 4)] == ["11-05", "11-06", "09-01", "09-01"]
    assert list(found.changes.column) == ["surveyed", "surveyed"]


def test_seen_without_a_day_is_a_fault(edited):
    assert faults_of(edited, put("ELL-1", "ELL-01", "Seen", "yes")) == [("ELL-1", 3, "Date of this visit")]


def test_what_is_gone_is_taken_out_and_what_is_new_put_in(edited, estate, sent, tmp_path):
    label = form.type_labels()["MECH.06"]
    found = edited(put("MAR-1", "MAR-06", "Seen", "gone"), put("MAR-1", "MAR-06", "Note", "floor taken up"),
                   new(1, Site="MAR-1", **{"Block (blank: grounds)": "MAR-1-A", "Element": "Mechanical services",
                                           "What it is": label, "Quantity": "120", "Grade": "B", "Surveyed": "2026-11-05",
                                           "Note": "kitchen"}),
                   new(3, Site="ELL-1", **{"What it is": "FIELD.03", "Quantity": "10", "Grade": "C",
                                           "Surveyed": "modelled"}))
    parts = found.frames["components"].set_index("component_id")
    assert "MAR-06" not in parts.index and len(parts) == len(estate.components) + 1
    facts = ["type_id", "quantity", "quantity_basis", "grade"]
    assert parts.loc["MAR-1-A-N01", facts].tolist() == ["MECH.06", 120, "measured", "B"]
    assert parts.loc["ELL-1-N01", ["site_id", "block_id", "type_id"]].tolist() == ["ELL-1", "", "FIELD.03"]
    listed = found.changes.set_index("name")[["row", "now", "note"]].agg(tuple, axis=1).to_dict()
    assert listed == {"MAR-06": (place_of(sent, "MAR-1", "MAR-06"), "gone", "floor taken up"),
                      "MAR-1-A-N01": (6, "new component", "kitchen"),
                      "ELL-1-N01": (8, "new component", "")}
    (tmp_path / "new").mkdir()
    write_survey_form(found, tmp_path / "new")
    assert inspect_estate(tmp_path / "new")[1] == []


def test_grades_of_a_later_survey_go_to_the_history_where_somebody_records_it(edited):
    changes = (visit("ELL-1", "2026-11-05"), put("ELL-1", "ELL-01", "Seen", "yes"), put("ELL-1", "ELL-01", "Grade", "D"))
    assert len(edited(*changes).frames["history"]) == 0
    found = edited(*changes, recorded_by="A Surveyor", recorded_on=DAY)
    history = found.frames["history"]
    assert history[["component_id", "grade", "recorded_by"]].to_numpy().tolist() == [["ELL-01", "C", "A Surveyor"]]
    assert found.kept == 1 and f"{history.seen.iloc[0]:%Y-%m-%d}" == "2026-09-01"


def test_altered_names_and_rows_taken_out_are_told_all_at_once(edited, sent):
    def swapped(sheets):
        sheets["MAR-1"] = [row for row in sheets["MAR-1"] if row[0] != "MAR-07"]
        sheets["MAR-1"].append(["XXX", "MAR-1-A", *[""] * (len(sheets["MAR-1"][0]) - 2)])
        sheets["Blocks"][form.HEADER_ROW + 1][1] = "MAR-1"
    found = faults_of(edited, swapped, put("ELL-1", "ELL-02", "Component", "ELL-2"),
                      put("ELL-1", "ELL-03", "Block", "ELL-1-T"), put("ELL-1", "ELL-04", "What it is", "roof"),
                      put("ELL-1", "ELL-01", "Grade", "F"), put("ELL-1", "ELL-07", "Quantity", "lots"),
                      put("MAR-1", "MAR-03", "Seen", "perhaps"))
    at = {name: place_of(sent, "ELL-1", name) for name in ("ELL-01", "ELL-02", "ELL-03", "ELL-04", "ELL-07")}
    rows = [row[0] for row in rows_of(sent)["MAR-1"] if row[0] != "MAR-07"]
    assert sorted(found, key=str) == sorted([
        ("MAR-1", None, "Component"), ("MAR-1", len(rows) + 1, "Component"), ("Blocks", 7, "Site"),
        ("ELL-1", None, "Component"), ("ELL-1", at["ELL-02"], "Component"), ("ELL-1", at["ELL-03"], "Block"),
        ("ELL-1", at["ELL-04"], "What it is"), ("ELL-1", at["ELL-01"], "Grade"), ("ELL-1", at["ELL-07"], "Quantity"),
        ("MAR-1", rows.index("MAR-03") + 1, "Seen")], key=str)


def test_a_name_twice_is_a_fault_in_the_row_that_comes_later(edited, sent):
    places = sorted(place_of(sent, "ELL-1", name) for name in ("ELL-05", "ELL-06"))
    assert faults_of(edited, put("ELL-1", "ELL-05", "Component", "ELL-06")) == [
        ("ELL-1", None, "Component"), ("ELL-1", places[0], "Block"), ("ELL-1", places[0], "What it is"),
        ("ELL-1", places[1], "Component")]


def test_new_rows_that_are_not_whole_are_faults_at_their_place(edited):
    found = faults_of(edited, new(2, Quantity="5"), new(4, Site="XX-1", Grade="B", Quantity="1", Surveyed="2026-11-05",
                                                        **{"What it is": "No such thing"}))
    assert {place for place in found if place[1] == 7} == {("New components", 7, name) for name in (
        "Site", "What it is", "Grade", "Surveyed")}
    assert {place[2] for place in found if place[1] == 9} == {"Site", "What it is"}


def test_what_only_the_whole_estate_refuses_is_told_by_sheet_and_row(edited, sent):
    found = faults_of(edited, put("MAR-1", "MAR-04", "Cost to grade A (£)", "100"),
                      put("Blocks", "ELL-1-A", "Ground floor (m2)", "900"))
    assert sorted(found) == [("Blocks", 6, "Ground floor (m2)"),
                             ("MAR-1", place_of(sent, "MAR-1", "MAR-04"), "Prices of year")]


def test_a_form_of_another_state_or_of_none_is_refused(sent, estate, tmp_path, edited):
    parts = estate.components.copy()
    parts.loc[parts.index[0], "grade"] = "B"
    with pytest.raises(DataError, match="another state"):
        read_survey_form(sent, Estate({**estate.tables(), "components": parts}))
    with pytest.raises(DataError, match="no survey form"):
        edited(lambda sheets: sheets.pop(form.INSTRUCTIONS))
    with pytest.raises(DataError, match="no sheet Blocks"):
        edited(lambda sheets: sheets.pop("Blocks"))
    with pytest.raises(DataError, match="no heading"):
        edited(lambda sheets: sheets.update({"my own": [["a"]] * 9}))
    with pytest.raises(DataError, match="ends in .csv"):
        read_survey_form(shutil.copy(sent, tmp_path / "a.csv"), estate)


def test_sheets_may_go_to_several_surveyors(edited, estate):
    found = edited(lambda sheets: sheets.pop("MAR-1"), lambda sheets: sheets["Blocks"].pop(),
                   put("ELL-1", "ELL-01", "Grade", "D"))
    assert found.not_in_form == ("MAR-1",) and "MAR-1" in str(found)
    assert len(found.frames["components"]) == len(estate.components) and found.changes.name.tolist() == ["ELL-01"]


def test_formula_text_is_listed_as_text_and_never_taken_in(edited, tmp_path):
    found = edited(put("ELL-1", "ELL-01", "Note", "=HYPERLINK(1)"))
    (tmp_path / "out").mkdir()
    write_survey_form(found, tmp_path / "out")
    text = (tmp_path / "out" / "import_report" / "changes.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK(1)" in text
    assert faults_of(edited, put("ELL-1", "ELL-01", "Quantity", "=1+1"), put("ELL-1", "ELL-02", "Grade", "#REF!"),
                     put("ELL-1", "ELL-03", "Quantity", "nan")) == [
        ("ELL-1", 6, "Quantity"), ("ELL-1", 7, "Grade"), ("ELL-1", 8, "Quantity")]


def test_the_workbook_has_lists_shut_cells_and_a_page_to_print(sent):
    import zipfile
    with zipfile.ZipFile(sent) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
        books = parts.read("xl/workbook.xml").decode()
    assert "<sheetProtection" in sheet and 'orientation="landscape"' in sheet and 'fitToHeight="0"' in sheet
    fields = [column.field for column in form.COMPONENT_COLUMNS]
    from capplan.report.form_sheets import column_letter
    for field in ("grade", "priority", "statutory", "seen", "quantity_basis"):
        letter = column_letter(fields.index(field))
        assert f'sqref="{letter}6:{letter}12"' in sheet, field
    assert sheet.count('type="list"') == 6 and sheet.count("<dataValidation ") >= 12
    assert 'name="Lists" sheetId="6" state="hidden"' in books and "_xlnm.Print_Titles" in books


def test_headings_of_shut_columns_are_shut_and_the_others_open(estate):
    written = survey_workbook(estate, DAY)[0]
    assert written == survey_workbook(estate, DAY)[0], "the same bytes for the same estate and day"
    assert len(pd.read_excel(io.BytesIO(written), sheet_name="Blocks", header=form.HEADER_ROW - 1, engine="calamine")) == 3


def test_long_and_odd_site_names_get_sheets_of_their_own(estate):
    frames = estate.tables()
    long = {"ELL-1": "a" * 40 + "/1", "MAR-1": "A" * 40 + "/2"}
    for name in ("sites", "blocks", "components"):
        frames[name] = frames[name].assign(site_id=frames[name].site_id.replace(long))
    names = pd.ExcelFile(io.BytesIO(survey_workbook(Estate(frames), DAY)[0]), engine="calamine").sheet_names
    assert len({name.casefold() for name in names}) == 6 and max(map(len, names)) <= 31


def test_by_command(sent, tmp_path, capplan):
    tiny = ROOT / "data" / "tiny"
    out = tmp_path / "form.xlsx"
    done = capplan("forms", "survey", tiny, "--school", "ELL", "--out", out)
    assert done.exit_code == 0 and "1 site." in done.stdout
    assert capplan("forms", "survey", tiny, "--out", out).exit_code == 2
    assert capplan("forms", "survey", tiny, "--out", tmp_path / "form.docx").exit_code == 2
    done = capplan("forms", "survey", tiny, "--school", "ZZZ", "--out", tmp_path / "b.xlsx")
    assert done.exit_code == 2 and "ZZZ" in done.stderr
    back = resaved(out, tmp_path / "back.xlsx", put("ELL-1", "ELL-01", "Grade", "D"))
    done = capplan("import", "survey-form", back, "--estate", tiny, "--out", tmp_path / "new", "--json")
    told = json.loads(done.stdout)
    assert [(row["name"], row["was"], row["now"]) for row in told["changes"]] == [("ELL-01", "C", "D")]
    assert told["not_in_form"] == ["MAR-1"] and told["old_dates"] == ["ELL-01"]
    assert capplan("check", tmp_path / "new").exit_code == 0
    done = capplan("import", "survey-form", sent, "--estate", tiny, "--out", tmp_path / "plain")
    assert done.exit_code == 0 and "Nothing was changed" in done.stdout


@pytest.mark.slow
def test_saved_by_libreoffice_it_changes_nothing(sent, estate, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "out").mkdir()
    for ending in ("xlsx", "ods"):
        subprocess.run([office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
                        ending, "--outdir", tmp_path / "out", sent], check=True, capture_output=True, timeout=120)
        found = read_survey_form(tmp_path / "out" / f"survey.{ending}", estate)
        assert len(found.changes) == 0
        same_tables(estate.tables(), found.frames)


def test_labels_begin_with_the_type_and_no_two_are_alike():
    labels = form.type_labels()
    assert labels.is_unique and (labels.str.split(" ").str[0] == labels.index).all()
    assert labels["ROOF.03"] == "ROOF.03 Flat roof: Flexible sheet; single ply or built up"
    assert labels["SAN.01"] == "SAN.01 Sanitary services" and labels["ELEC.06"] == "ELEC.06 Lifts"
    assert all(column.column(COMPONENTS) is not None or column.field in ("type", "unit", "seen", "note")
               for column in form.COMPONENT_COLUMNS)
