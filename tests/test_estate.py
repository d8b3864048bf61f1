"""Estate folders: read whole, every fault of every table at once, and written back as they were."""

import re
import shutil

import pandas as pd
import pytest

from capplan import read_estate
from capplan.errors import DataError
from capplan.estate import inspect_estate, write_estate
from capplan.tables import ESTATE_TABLES, TABLES, Kind, data_dictionary

from .plain import rows
from .test_outlook import edit, enrich


def faults_of(folder):
    return inspect_estate(folder)[1]


def only_fault(folder):
    faults = faults_of(folder)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def place(fault):
    return fault.where, fault.row, fault.column


# --- one fault at a time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "key", "cells", "row", "column", "must_be"), [
    ("sites", "ELL-1", {"school_id": "ELX"}, 2, "school_id", "a school_id of schools"),
    ("blocks", "ELL-1-A", {"site_id": "ELL-9"}, 2, "site_id", "a site_id of sites"),
    ("works", "W2", {"block_id": "MAR-9"}, 3, "block_id", "a block_id of blocks"),
    ("blocks", "MAR-1-A", {"gifa_m2": "-10"}, 4, "gifa_m2", "above 0"),
    ("blocks", "MAR-1-A", {"gifa_m2": ""}, 4, "gifa_m2", "number, above 0"),
    ("blocks", "MAR-1-A", {"gifa_m2": "900"}, 4, "ground_gifa_m2", "no more than the block's gifa_m2"),
    ("blocks", "MAR-1-A", {"gifa_m2": "21528"}, 4, "gifa_m2", "ft2"),
    ("blocks", "ELL-1-A", {"permanence": "solid"}, 2, "permanence", "one of permanent, temporary"),
    ("blocks", "ELL-1-A", {"planned_exit": "31/08/2029"}, 2, "planned_exit", "date (YYYY-MM-DD)"),
    ("components", "ELL-02", {"block_id": "ELL-9"}, 3, "block_id", "a block_id of blocks"),
    ("components", "ELL-02", {"block_id": "MAR-1-A"}, 3, "site_id", "the site its block stands on"),
    ("components", "ELL-02", {"type_id": "ROOF.99"}, 3, "type_id", "a type_id of component_types"),
    ("components", "ELL-02", {"grade": "E"}, 3, "grade", "one of A, B, C, D, BX, CX, DX"),
    ("components", "ELL-02", {"grade": "X"}, 3, "grade", "one of A, B, C, D, BX, CX, DX"),
    ("components", "ELL-02", {"priority": "5"}, 3, "priority", "at most 4"),
    ("components", "ELL-02", {"quantity": "800 m2"}, 3, "quantity", "m2"),
    ("components", "ELL-02", {"quantity": "=B2"}, 3, "quantity", "number"),
    ("components", "ELL-02", {"surveyed": "1066-10-14"}, 3, "surveyed", "not before 1995"),
    ("components", "ELL-02", {"surveyed": "2099-01-01"}, 3, "surveyed", "not in the future"),
    ("components", "ELL-02", {"surveyed": ""}, 3, "surveyed", "modelled"),
    ("components", "ELL-02", {"cost_price_base": ""}, 3, "cost_price_base", "the year whose prices"),
    ("components", "ELL-02", {"remedial_cost_gbp": "£30,000"}, 3, "remedial_cost_gbp", "[GBP]"),
    ("components", "ELL-02", {"remedial_cost_gbp": "-1"}, 3, "remedial_cost_gbp", "at least 0"),
    ("schools", "ELL", {"region": "Midlands"}, 2, "region", "West Midlands"),
    ("schools", "ELL", {"pfi": ""}, 2, "pfi", "yes or no"),
    ("schools", "ELL", {"urn": "12"}, 2, "urn", "at least 100000"),
    ("schools", "ELL", {"name": "=cmd()"}, 2, "name", "not a formula"),
    ("grants", "SCA-2027", {"route": "Lottery"}, 3, "route", "one of SCA, DFC"),
    ("grants", "SCA-2027", {"route": "other grant"}, 3, "spend_by", "the last day of spending"),
    ("grants", "SCA-2027", {"spend_by": "2027-03-31"}, 3, "spend_by", "1 April"),
    ("grants", "DFC-2026-ELL", {"school_id": ""}, 5, "school_id", "the school"),
    ("grants", "DFC-2026-ELL", {"school_id": "XYZ"}, 5, "school_id", "a school_id of schools"),
    ("reserves", "2026", {"opening_gbp": ""}, 2, "opening_gbp", "at the start"),
    ("reserves", "2028", {"opening_gbp": "5"}, 4, "opening_gbp", "blank after the first year"),
    ("works", "W1", {"school_id": "MAR"}, 2, "school_id", "the school its block belongs to"),
    ("works", "W1", {"status": "done"}, 2, "status", "one of proposed, committed"),
])
def test_fault_with_its_place_and_what_it_must_be(tiny, table, key, cells, row, column, must_be):
    edit(tiny, table, key, **cells)
    fault = only_fault(tiny)
    assert place(fault) == (f"{table}.csv", row, column)
    assert must_be in fault.must_be
    assert str(fault).startswith(f"row {row}  {column}  got ")


@pytest.mark.parametrize("table", [table.name for table in ESTATE_TABLES if table.needed])
def test_a_missing_table_is_one_fault(tiny, table):
    """What refers to it is not called lost as well."""
    (tiny / f"{table}.csv").unlink()
    fault = only_fault(tiny)
    assert place(fault) == (f"{table}.csv", None, "")
    assert fault.found == "no such file"


@pytest.fixture(scope="module")
def whole(root, tmp_path_factory):
    """Every table of the tiny estate with all that is optional, as it is read."""
    estate = read_estate(enrich(shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("whole") / "estate")))
    return {each.name: estate.table(each.name) for each in ESTATE_TABLES}


@pytest.mark.parametrize("table", [table.name for table in ESTATE_TABLES if not table.needed])
def test_an_optional_table_may_be_missing(tiny, whole, table):
    """Where it is there, its rows are read; without it there are none, and nothing else changes."""
    enrich(tiny)
    (tiny / f"{table}.csv").unlink(missing_ok=table in ("history", "rolls", "suitability", "budget", "loans", "bids",
                                                       "loan_offers", "places", "expansions", "pupil_funding",
                                                       "meters", "readings", "weather", "holidays", "census", "admissions",
                                                       "births", "feeders", "housing", "pupil_yields", "area_forecasts",
                                                       "pupil_changes", "prospects", "posts", "owners", "controls",
                                                       "evidence"))
    estate = read_estate(tiny)
    assert len(estate.table(table)) == 0
    for other in ESTATE_TABLES:
        if other.name != table:
            pd.testing.assert_frame_equal(estate.table(other.name), whole[other.name])


@pytest.mark.parametrize("table", [table.name for table in ESTATE_TABLES if table.needed])
def test_an_empty_table_is_one_fault(tiny, table):
    (tiny / f"{table}.csv").write_bytes(b"")
    assert place(only_fault(tiny)) == (f"{table}.csv", None, "")


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        read_estate(tmp_path / "nowhere")


def test_two_trusts(tiny):
    (tiny / "trust.csv").write_text("trust_id,name\nA,Aa\nB,Bb\n", encoding="utf-8")
    assert only_fault(tiny).found == "2 rows"


def test_a_misspelt_column_is_told_by_name(tiny):
    text = (tiny / "blocks.csv").read_text(encoding="utf-8").replace("gifa_m2", "giffa_m2", 1)
    (tiny / "blocks.csv").write_text(text, encoding="utf-8")
    faults = faults_of(tiny)
    assert {place(fault) for fault in faults} == {("blocks.csv", 1, "giffa_m2"), ("blocks.csv", 1, "gifa_m2")}
    assert "did you mean gifa_m2?" in next(fault.must_be for fault in faults if fault.column == "giffa_m2")


def test_a_year_of_reserves_left_out(tiny):
    lines = (tiny / "reserves.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tiny / "reserves.csv").write_text("".join(lines[:4] + lines[5:]), encoding="utf-8")
    fault = only_fault(tiny)
    assert place(fault) == ("reserves.csv", 5, "year")
    assert fault.found == "2030"


@pytest.mark.parametrize("cell", ["soon", "", "20 26"])
def test_a_year_that_is_none_is_one_fault(tiny, cell):
    """The gap it leaves is not told as well: there would be no year to tell."""
    edit(tiny, "reserves", "2029", year=cell)
    assert place(only_fault(tiny)) == ("reserves.csv", 5, "year")


def test_a_grant_year_that_is_none_is_one_fault(tiny):
    edit(tiny, "grants", "SCA-2027", grant_year="soon", spend_by="2028-03-31")
    assert place(only_fault(tiny)) == ("grants.csv", 3, "grant_year")


def test_a_duplicate_block_is_one_fault(tiny):
    """Its components are not called lost or on the wrong site."""
    text = (tiny / "blocks.csv").read_text(encoding="utf-8")
    (tiny / "blocks.csv").write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")
    fault = only_fault(tiny)
    assert place(fault) == ("blocks.csv", 5, "block_id")


def test_square_feet_are_suspected_only_where_the_storeys_say_so(tiny):
    """1,000 m2 on two storeys holds 2,000 m2; ten times that is suspect, twice that (a basement, a mezzanine) is not."""
    edit(tiny, "blocks", "MAR-1-A", gifa_m2="4000")
    assert faults_of(tiny) == []
    edit(tiny, "blocks", "MAR-1-A", gifa_m2="21528", ground_gifa_m2="", storeys="")
    assert faults_of(tiny) == []


# --- all at once ----------------------------------------------------------------------------------------------------

MANY = [("trust", "TINY", {"name": ""}), ("schools", "MAR", {"region": "Wales", "pupils": "-1"}),
        ("sites", "ELL-1", {"boundary_m": "long"}), ("blocks", "ELL-1-A", {"storeys": "0", "height_m": "x"}),
        ("components", "ELL-01", {"grade": "F", "quantity": "-1"}), ("components", "MAR-07", {"surveyed": "never"}),
        ("grants", "SCA-2026", {"amount_gbp": "NaN"}), ("reserves", "2030", {"income_gbp": "inf"}),
        ("works", "W2", {"use": "fun", "cost_gbp": "1e400"})]


def test_every_fault_of_every_table_at_once(tiny):
    """Thirteen cells in eight tables, thirteen faults, one error; each file is named with its count."""
    for table, key, cells in MANY:
        edit(tiny, table, key, **cells)
    wanted = {(f"{table}.csv", column) for table, _, cells in MANY for column in cells}
    faults = faults_of(tiny)
    assert len(faults) == sum(len(cells) for _, _, cells in MANY) == 13
    assert {(fault.where, fault.column) for fault in faults} == wanted
    with pytest.raises(DataError) as caught:
        read_estate(tiny)
    text = str(caught.value)
    assert "3 problems in components.csv" in text
    assert "1 problem in trust.csv" in text
    assert len(re.findall(r"^  row \d+", text, re.M)) == 13


def test_a_long_list_of_faults_is_cut_and_counted(tiny):
    for row in rows(tiny / "components.csv"):
        edit(tiny, "components", row["component_id"], grade="F", quantity="x", quantity_basis="y", surveyed="z")
    with pytest.raises(DataError) as caught:
        read_estate(tiny)
    assert len(caught.value.faults) == 4 * 14
    assert "56 problems in components.csv" in str(caught.value)
    assert "and 16 more" in str(caught.value)


# --- whole estates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tiny", "example", "rich"])
def test_write_and_read_give_the_same_estate(root, tiny, tmp_path, name):
    estate = read_estate(enrich(tiny) if name == "rich" else root / "data" / name)
    if name == "rich":
        assert len(estate.compliance) == 4
        assert len(estate.rates) == 2
        assert estate.components.sole.sum() == 2
        tmp_path = tmp_path / "written"
        tmp_path.mkdir()
    write_estate({table.name: estate.table(table.name) for table in ESTATE_TABLES}, tmp_path)
    again = read_estate(tmp_path)
    for table in ESTATE_TABLES:
        pd.testing.assert_frame_equal(again.table(table.name), estate.table(table.name))
    folder = tmp_path / "again"
    folder.mkdir()
    write_estate({table.name: again.table(table.name) for table in ESTATE_TABLES}, folder)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == written
    assert set(written) == {f"{table.name}.csv" for table in ESTATE_TABLES if table.needed or len(estate.table(table.name))}


def test_an_estate_in_parquet_is_the_same_estate(root, tmp_path):
    pytest.importorskip("pyarrow")
    estate = read_estate(root / "data" / "tiny")
    for table in ESTATE_TABLES:
        frame = estate.table(table.name)
        if table.name == "components":
            frame = frame.assign(surveyed=frame.surveyed.dt.strftime("%Y-%m-%d").fillna("modelled"))
        frame.to_parquet(tmp_path / f"{table.name}.parquet", index=False)
    again = read_estate(tmp_path)
    for table in ESTATE_TABLES:
        pd.testing.assert_frame_equal(again.table(table.name), estate.table(table.name))


def test_frames_handed_out_are_copies(root):
    estate = read_estate(root / "data" / "tiny")
    blocks = estate.blocks
    blocks["gifa_m2"] = 0.0
    blocks["colour"] = "red"
    assert estate.blocks.gifa_m2.sum() == 2860
    assert "colour" not in estate.blocks


def test_one_line_about_the_estate(root):
    text = str(read_estate(root / "data" / "tiny"))
    assert all(words in text for words in ("Ellermarl", "2 schools", "2 sites", "3 blocks", "2,860 m2", "14 components"))


# --- what must be ---------------------------------------------------------------------------------------------------


def test_every_column_says_what_it_must_be():
    for table in ESTATE_TABLES:
        for column in table.columns:
            words = column.must_be()
            assert words
            if column.unit:
                assert f"[{column.unit}]" in words, column.name
            if column.kind is Kind.CHOICE:
                assert all(choice in words for choice in column.choices)


@pytest.mark.parametrize(("table", "column", "words"), [
    ("blocks", "gifa_m2", "number, above 0 and at most 60000 [m2]"),
    ("components", "surveyed", "date (YYYY-MM-DD) or the word modelled, not before 1995 and not after 2100"),
    ("schools", "pfi", "yes or no"), ("blocks", "permanence", "one of permanent, temporary"),
    ("components", "priority", "whole number, at least 1 and at most 4"),
    ("grants", "amount_gbp", "number, at least 0 and at most 1e+09 [GBP]"),
])
def test_must_be_in_words(table, column, words):
    assert TABLES[table].column(column).must_be() == words


def test_data_dictionary_has_every_table_and_column():
    text = data_dictionary()
    for table in ESTATE_TABLES:
        section = text.split(f"## {table.name}.csv")[1].split("\n## ")[0]
        assert ("(optional)" in section.splitlines()[0]) == (not table.needed)
        for column in table.columns:
            line = next(line for line in section.splitlines() if line.startswith(f"| `{column.name}` |"))
            assert column.meaning in line
            assert f"| {'yes' if column.needed else 'no'} |" in line


@pytest.mark.parametrize(("route", "eligible", "year", "column"), [
    ("PSDS4", "any", 2026, "eligible"), ("CIF", "energy", 2026, "eligible"), ("SCA", "condition", 2010, "grant_year")])
def test_a_grant_its_route_does_not_allow_is_a_fault(tiny, route, eligible, year, column):
    (tiny / "grants.csv").write_text(
        f"grant_id,route,grant_year,amount_gbp,eligible,spend_by\nG,{route},{year},1000,{eligible},\n", encoding="utf-8")
    assert place(only_fault(tiny)) == ("grants.csv", 2, column)


def test_columns_without_a_name_are_passed_over_where_empty_as_excel_leaves_them(tiny):
    header, row = (tiny / "trust.csv").read_text(encoding="utf-8").splitlines()
    (tiny / "trust.csv").write_text(f"{header},,\n{row},,\n", encoding="utf-8")
    assert faults_of(tiny) == []
    (tiny / "trust.csv").write_text(f"{header},,\n{row},,x\n", encoding="utf-8")
    assert only_fault(tiny).found == "a column without a name"


@pytest.mark.parametrize("text", ["", "G,SCA,2026,\u00a31000,condition,\n", "G,SCA,soon,1000,condition,\n"])
def test_a_grants_table_that_cannot_be_judged_is_no_traceback(tiny, text):
    (tiny / "grants.csv").write_text("grant_id,route,grant_year,amount_gbp,eligible,spend_by\n" + text, encoding="utf-8")
    assert [place(fault)[:2] for fault in faults_of(tiny)] == ([("grants.csv", 2)] if text else [])
