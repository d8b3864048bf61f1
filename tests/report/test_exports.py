"""What is handed on: the programme as a workbook, the shape of DfE's return with what is proven, tables that read back."""

import hashlib
import importlib.util
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.errors import DataError
from capplan.report.dfe_return import VERSION, dfe_return, records, tables, write_return
from capplan.report.programme_book import SHEETS, programme_book, works_frame
from capplan.report.results import read_results
from capplan.report.table_export import export_tables, read_tables

_place = importlib.util.spec_from_file_location("workbook_tests", Path(__file__).with_name("test_workbook.py"))
workbook_tests = importlib.util.module_from_spec(_place)
_place.loader.exec_module(workbook_tests)
PINNED = {"capplan-dfe-shape-1": "654012a9b3029366"}
"""Digest of the tables and columns of each version of the shape. A change of either is a new version, added here."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tiny_results):
    place = tmp_path_factory.mktemp("folders")
    write = workbook_tests.write_results
    return {"tiny": tiny_results, "arithmetic": write(place / "arithmetic"), "one school": write(place / "one", 1, 6, 3),
            "nasty": workbook_tests.nasty_folder(place / "nasty"), "nothing": workbook_tests.empty_folder(place / "nothing")}


@pytest.fixture(scope="module")
def books(folders):
    return {name: programme_book(read_results(folder)) for name, folder in folders.items()}


def values(content):
    """Rows of every sheet as a plain reader of workbooks finds them."""
    from python_calamine import CalamineWorkbook
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


# --- the programme --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tiny", "arithmetic", "one school", "nasty", "nothing"])
def test_the_programme_lists_every_funded_work_and_adds_up_to_the_run(name, books, folders):
    results, book = read_results(folders[name]), books[name]
    assert book.differing == () and book.works == len(results.funded)
    sheets = values(book.content)
    assert tuple(sheets) == SHEETS
    heads = sheets["Works"][4]
    rows = sheets["Works"][5:]
    assert heads[0] == "School" and "Summer" in heads and [row for row in rows if row[heads.index("Trade")]] == (
        rows if book.works else [])
    spent = round(float(results.draws.amount_gbp.sum()), 2)
    assert sheets["Works"][2][heads.index("Paid, by Draws")] == pytest.approx(spent)
    assert sheets["By trade"][2][-1] == pytest.approx(spent) and sheets["By school"][2][-1] == pytest.approx(spent)
    assert sheets["Summers"][2][-1] == book.works
    checks = [row for row in sheets["Read me"] if row[3] in ("OK", "CHECK")]
    assert len(checks) == 4 and {row[3] for row in checks} == {"OK"}


def test_works_are_for_the_summer_that_ends_their_year_unless_they_wait_for_none(folders):
    frame = works_frame(read_results(folders["tiny"]))
    season = reference.load("delivery_works").set_index("element").season
    inside = ~frame.element.isin(season.index[season != "summer"])
    assert inside.any() and (frame.summer[inside] == frame.start_year[inside] + 1).all()
    assert frame.summer[~inside].isna().all()
    row = frame[inside & (frame.finish_year == frame.start_year)].iloc[0]
    assert row.when == f"summer {int(row.start_year) + 1}"


def test_the_sheets_can_be_filtered_and_print_with_their_headings(books):
    with zipfile.ZipFile(io.BytesIO(books["arithmetic"].content)) as archive:
        sheet = {name: archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number, name in enumerate(SHEETS, 1)}
        defined = archive.read("xl/workbook.xml").decode()
    for name in ("Works", "Not funded", "Draws"):
        assert "<autoFilter" in sheet[name] and 'state="frozen"' in sheet[name], name
        assert 'orientation="landscape"' in sheet[name] and 'fitToHeight="0"' in sheet[name]
    assert defined.count("_xlnm.Print_Titles") == 6 and "_xlnm.Print_Area" in defined


def test_text_of_the_folder_is_never_a_formula(books):
    cells = workbook_tests.read_cells(books["nasty"].content)
    made = [formula for sheet in cells.values() for _, formula in sheet.values() if formula]
    assert made and not [formula for formula in made if not formula.startswith(
        ("SUM", "SUBTOTAL", "COUNTIFS", "IF(ABS", "'", "$", *"ABCDEFGHIJKLMNOP"))]
    assert not [formula for formula in made if "HYPERLINK" in formula or "1+1" in formula]
    assert any(value == "=1+1" for sheet in cells.values() for value, _ in sheet.values())


def test_the_programme_of_a_hundred_schools_is_the_same_bytes_twice(tmp_path):
    results = read_results(workbook_tests.write_results(tmp_path / "many", 100, 600, 10))
    book = programme_book(results)
    assert book.differing == () and book.content == programme_book(results).content


@pytest.mark.slow
def test_a_spreadsheet_program_calculates_the_same(books, tmp_path):
    again = workbook_tests.calculate({name: book.content for name, book in books.items()}, tmp_path)
    for name, book in books.items():
        wrong, count = workbook_tests.differing_cells(book.content, again[name])
        assert count > 10 and wrong == [] and workbook_tests.errors(again[name]) == [], name


# --- the shape of DfE's return --------------------------------------------------------------------------------------


def test_the_shape_is_pinned_by_its_version():
    rows = reference.load("dfe_return")[["table", "column", "kind", "unit", "needed"]].fillna("")
    text = "\n".join("|".join(row) for row in rows.astype(str).itertuples(index=False))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == PINNED[VERSION], (
        "tables or columns changed: give the shape a new VERSION and pin it here")


def test_nothing_is_called_confirmed_that_nobody_published():
    rows = reference.load("dfe_return")
    assert set(rows.confirmed) == {"topic", "record", "UNCONFIRMED"}
    assert ((rows.confirmed == "UNCONFIRMED") == (rows.status == "ASSUMPTION")).all()
    record = set(rows.column[rows.confirmed == "record"]) - {"element", "dfe_element_id"}
    from capplan.importers.pds_columns import HEADINGS
    like = {"gifa_m2": "gifa", "ground_gifa_m2": "ground_gifa", "block_id": "building_id", "remedial_cost_gbp": "cost"}
    own = {"unit", "cost_price_base", "quantity"}  # what the survey's figures are in, and what its composition comes to
    assert {like.get(name, name) for name in record - own} <= set(HEADINGS)


@pytest.fixture(scope="module")
def made(tiny_results):
    return dfe_return(read_results(tiny_results))


def test_the_tables_obey_the_schema_and_say_so_where_they_do_not(made):
    content = records(made.frames)
    jsonschema.validate(content, made.schema)
    assert set(content) == set(tables())
    content["condition"][0]["grade"] = None
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, made.schema)


def test_planned_spending_is_the_programme_to_the_penny_and_condition_is_the_survey(made, tiny_results, root):
    results = read_results(tiny_results)
    assert made.frames["spend"].planned_gbp.sum() == pytest.approx(results.draws.amount_gbp.sum(), abs=0.004)
    survey = pd.read_csv(root / "data" / "tiny" / "components.csv", dtype=str)
    condition = made.frames["condition"]
    assert list(condition.component_id) == list(survey.component_id)
    assert list(condition.grade) == [grade[0] for grade in survey.grade]
    assert (condition.surveyed.isna() == (survey.surveyed == "modelled")).all()
    assert made.frames["responsible_body"].gifa_m2.item() == pd.read_csv(root / "data/tiny/blocks.csv").gifa_m2.sum()


def test_every_topic_is_answered_and_nothing_is_proven_without_figures(made):
    evidence = made.frames["evidence"].set_index("topic")
    assert list(evidence.index) == list(reference.load("dfe_evidence").topic)
    assert set(evidence.state) <= {"proven", "in part", "not in this folder"}
    assert evidence.missing[evidence.state != "proven"].notna().all()
    assert evidence["where"][evidence.state == "proven"].notna().all()
    assert evidence.state["building area"] == "proven" and "2 schools" in evidence.shown["asset register"]
    assert {evidence.state[topic] for topic in ("standards level", "estate vision", "spending of condition grants")} == {
        "not in this folder"}
    assert evidence.state["condition survey"] == "in part", "nobody can tell who surveyed"


@pytest.mark.slow
def test_a_plan_that_funds_nothing_and_a_name_full_of_marks(tiny, tmp_path, capplan):
    names = pd.read_csv(tiny / "schools.csv", dtype=str, keep_default_na=False)
    names.loc[0, "name"] = "St <b>Mary</b> | & # $ 'Co' \u202e" + "long" * 80
    names.to_csv(tiny / "schools.csv", index=False)
    grants = pd.read_csv(tiny / "grants.csv", dtype=str, keep_default_na=False)
    grants.assign(amount_gbp="0").to_csv(tiny / "grants.csv", index=False)
    for name, columns in (("components", {"priority": "", "statutory": "no", "due_year": ""}), ("works", None)):
        frame = pd.read_csv(tiny / f"{name}.csv", dtype=str, keep_default_na=False)
        (frame.assign(**columns) if columns else frame.head(0)).to_csv(tiny / f"{name}.csv", index=False)
    (tmp_path / "poor.toml").write_text('extends = "baseline"\ndescription = "No money."\n[reserves]\nfloor_gbp = 9e8\n',
                                        encoding="utf-8")
    done = capplan("run", tiny, tmp_path / "poor.toml", "--out", tmp_path / "results")
    assert done.exit_code == 0, done.stderr
    results = read_results(tmp_path / "results")
    assert len(results.funded) == 0
    made = dfe_return(results)
    jsonschema.validate(records(made.frames), made.schema)
    assert len(made.frames["spend"]) == 0 and made.frames["schools"]["name"][0].startswith("St <b>Mary</b> | & # $ 'Co'")
    write_return(made, tmp_path)
    assert "<b>" not in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert programme_book(results).works == 0 and read_tables(results.folder).frames["draws"].empty


def test_a_folder_without_its_estate_is_refused(folders):
    with pytest.raises(DataError, match=r"inputs\.zip"):
        dfe_return(read_results(folders["arithmetic"]))


# --- tables ---------------------------------------------------------------------------------------------------------


def read_back(folder, suffix, name):
    path = folder / suffix / f"{name.replace('/', '_')}.{suffix}"
    if suffix == "json":
        return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
    return pd.read_parquet(path) if suffix == "parquet" else pd.read_csv(path, keep_default_na=False, dtype=str)


@pytest.fixture(scope="module")
def found(tiny_results):
    return read_tables(tiny_results)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_every_table_comes_back_as_it_was(suffix, found, tiny_results, tmp_path):
    assert len(found.frames) >= 15 and "candidates/spend" in found.frames
    export_tables(found, tmp_path, (suffix,))
    for name, frame in found.frames.items():
        again = read_back(tmp_path, suffix, name)
        assert len(again) == len(frame), name
        source = pd.read_csv(tiny_results / f"{name}.csv", dtype=str, keep_default_na=False)
        kinds = found.dictionary[found.dictionary.file == name].set_index("column").kind
        assert list(kinds.index) == list(source.columns)
        for column in source.columns if len(frame) else ():
            if kinds[column] == "text":
                assert list(again[column]) == list(source[column]), (name, column)
            else:
                theirs = pd.to_numeric(again[column].replace("", None)).astype(float)
                np.testing.assert_array_equal(theirs, pd.to_numeric(source[column].replace("", None)).astype(float))


def test_every_column_of_a_run_is_in_the_dictionary_with_a_meaning(found):
    dictionary = found.dictionary
    assert not dictionary.meaning.str.startswith("Not described").any()
    pounds = dictionary[dictionary.unit == "GBP"]
    assert len(pounds) > 50 and set(pounds.pounds) <= {"nominal", "real", "present"} and set(pounds.kind) == {"number"}
    assert set(dictionary.kind[dictionary.unit == "year"]) <= {"whole number"}
    assert dictionary[dictionary.column == "scheme_id"].kind.unique() == ["text"]


def test_identifiers_keep_their_noughts_and_faults_are_told_at_once(tiny_results, tmp_path):
    folder = Path(shutil.copytree(tiny_results, tmp_path / "results"))
    schools = pd.read_csv(folder / "schools.csv", dtype=str)
    schools.assign(school_id=["007", "1E5"]).to_csv(folder / "schools.csv", index=False)
    assert list(read_tables(folder).frames["schools"].school_id) == ["007", "1E5"]
    schools.assign(name="=HYPERLINK(1)", gifa_m2="much").to_csv(folder / "schools.csv", index=False)
    with pytest.raises(DataError) as found:
        read_tables(folder)
    assert len(found.value.faults) == 4 and "a number [m2]" in str(found.value) and "no formula" in str(found.value)
    with pytest.raises(DataError, match="no tables"):
        read_tables(tmp_path / "nothing")


def test_without_pyarrow_parquet_is_refused_in_words_and_nothing_is_written(tiny_results, tmp_path, capplan, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    done = capplan("export", tiny_results, "--as", "tables", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "capplan[scale]" in done.stderr and not (tmp_path / "out").exists()
    monkeypatch.undo()
    asked = ("--format", "csv", "--format", "json", "--out", tmp_path / "out")
    done = capplan("export", tiny_results, "--as", "tables", *asked)
    assert done.exit_code == 0 and sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".capplan", "csv", "dictionary.csv", "dictionary.json", "dictionary.md", "element_codes.csv", "json"]
    codes = pd.read_csv(tmp_path / "out" / "element_codes.csv", dtype=str)
    assert codes[(codes.type_id == "ELEC.06") & (codes.system == "NRM1")].code.tolist() == ["5.10"]


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_tells_what_it_made_and_refuses_what_makes_no_sense(tiny_results, tmp_path, capplan):
    done = capplan("export", tiny_results, "--as", "dfe", "--out", tmp_path / "dfe", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["schema"] == VERSION and told["rows"]["evidence"] == sum(told["evidence"].values())
    written = json.loads((tmp_path / "dfe" / "return.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, json.loads((tmp_path / "dfe" / "schema.json").read_text(encoding="utf-8")))
    assert "UNCONFIRMED" in (tmp_path / "dfe" / "README.md").read_text(encoding="utf-8")
    done = capplan("export", tiny_results, "--as", "programme", "--out", tmp_path / "plan.xlsx")
    assert done.exit_code == 0 and "Every sum agrees" in done.stdout
    for words, told in ((("programme", "--out", tmp_path / "plan.csv"), "ends in .xlsx"),
                        (("programme", "--out", tmp_path / "plan.xlsx"), "exists already"),
                        (("dfe", "--format", "csv", "--out", tmp_path / "x"), "--as tables"),
                        (("dfe", "--out", tmp_path / "dfe"), "exists already")):
        done = capplan("export", tiny_results, "--as", *words)
        assert done.exit_code == 2 and told in done.stderr, words
    assert not (tmp_path / "x").exists()
