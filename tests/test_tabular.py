"""One file to one typed frame: every kind of cell fault with its spreadsheet row, and cells that survive as written."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.tables import Column, Kind, Table
from capplan.tabular import as_cells, find_table, read_cells, typed, write_frame

THINGS = Table("things", "Things.", ("id",), (
    Column("id", Kind.ID, "Name."),
    Column("words", Kind.TEXT, "Words.", needed=False),
    Column("area_m2", Kind.NUMBER, "Area.", "m2", False, above=0, most=60000),
    Column("count", Kind.INTEGER, "Count.", "", False, least=0, most=20),
    Column("day", Kind.DATE, "Day.", needed=False, least=1990, most=2100),
    Column("letter", Kind.CHOICE, "Letter.", needed=False, choices=("A", "B", "not known")),
    Column("open", Kind.FLAG, "Open.", needed=False),
    Column("seen", Kind.SURVEYED, "Seen.", needed=False, least=1995, most=2100),
    Column("loss_gbp", Kind.NUMBER, "Loss.", "GBP", False, least=-1e9, most=1e9),
))


def read(folder, text, encoding="utf-8", table=THINGS):
    """Write text (or bytes) as things.csv and read it: the frame or None, and the faults."""
    path = folder / "things.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    cells, faults = read_cells(path)
    if cells is None:
        return None, faults
    frame, more = typed(table, cells, path.name)
    return frame, faults + more


def only_fault(folder, text, **options):
    _, faults = read(folder, text, **options)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


# --- cells at fault -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "cell", "must_be"), [
    ("area_m2", "big", "number, above 0 and at most 60000 [m2]"), ("area_m2", "0", "above 0"), ("area_m2", "-10", "above 0"),
    ("area_m2", "60000.5", "at most 60000"), ("area_m2", "1,200", "number"), ("area_m2", "120 m2", "number"),
    ("area_m2", "NaN", "number"), ("area_m2", "nan", "number"), ("area_m2", "inf", "number"),
    ("area_m2", "-Infinity", "number"),
    ("area_m2", "1e400", "number"), ("area_m2", "1e99", "at most 60000"), ("area_m2", "0x10", "number"),
    ("area_m2", "1_000", "number"), ("area_m2", "1.2.3", "number"), ("area_m2", ".", "number"), ("area_m2", "e5", "number"),
    ("area_m2", "=A1*2", "number"), ("area_m2", "#REF!", "number"), ("area_m2", "٣", "number"),
    ("area_m2", "£5", "number"),
    ("count", "1.5", "whole number, at least 0 and at most 20"), ("count", "-1", "at least 0"),
    ("count", "21", "at most 20"), ("count", "two", "whole number"), ("count", "1e400", "whole number"),
    ("day", "01/02/2024", "date (YYYY-MM-DD), not before 1990 and not after 2100"), ("day", "1066-10-14", "not before 1990"),
    ("day", "2101-01-01", "not after 2100"), ("day", "2023-02-29", "date"), ("day", "2024-13-01", "date"),
    ("day", "2024-2-1", "date"), ("day", "20240201", "date"), ("day", "2024-02-01 10:00", "date"),
    ("day", "45323", "date"), ("day", "0000-00-00", "date"), ("day", "modelled", "date"),
    ("letter", "E", "one of A, B, not known"), ("letter", "AB", "one of A, B"), ("open", "maybe", "yes or no"),
    ("open", "1", "yes or no"), ("seen", "model", "or the word modelled"), ("seen", "1994-12-31", "not before 1995"),
    ("seen", "31/12/2024", "date"), ("words", "=HYPERLINK(1)", "not a formula"), ("words", "@SUM(A1)", "not a formula"),
    ("words", "+441", "not a formula"), ("words", "-1+cmd|' /C calc'!A0", "not a formula"),
    ("words", "- SUM(A1)", "not a formula"), ("words", "x" * 501, "at most 500 characters"),
    ("loss_gbp", "1e10", "at most 1e+09 [GBP]"), ("loss_gbp", "--5", "number"),
])
def test_cell_at_fault_with_its_spreadsheet_row(tmp_path, column, cell, must_be):
    quoted = '"' + cell.replace('"', '""') + '"'
    fault = only_fault(tmp_path, f"id,{column}\nfirst,\nsecond,{quoted}\nthird,\n")
    assert (fault.where, fault.row, fault.column) == ("things.csv", 3, column)
    assert fault.found == repr(cell[:60])
    assert must_be in fault.must_be


@pytest.mark.parametrize("cell", ["a b", "=1+1", "-a", "_a", "a,b", "a;b", "caf\u00e9", "a" * 81, "a\"b", "../x", "a\nb"])
def test_identifiers_that_are_not_plain(tmp_path, cell):
    quoted = '"' + cell.replace('"', '""') + '"'
    frame, faults = read(tmp_path, f"id\nfirst\n{quoted}\n")
    if cell == "a b":
        assert faults == []
        return
    assert [(fault.row, fault.column) for fault in faults] == [(3, "id")]
    assert "plain identifier" in faults[0].must_be


def test_a_blank_that_is_needed(tmp_path):
    fault = only_fault(tmp_path, "id,count\nfirst,1\n,2\n")
    assert (fault.row, fault.column, fault.found) == (3, "id", "a blank")


def test_the_same_key_twice_names_both_rows(tmp_path):
    fault = only_fault(tmp_path, "id,count\nfirst,1\nsecond,2\nfirst ,3\n")
    assert (fault.row, fault.column) == (4, "id")
    assert "first in row 2" in fault.found


def test_a_key_of_two_columns(tmp_path):
    pairs = Table("pairs", "Pairs.", ("id", "count"), THINGS.columns[:1] + THINGS.columns[3:4])
    assert read(tmp_path, "id,count\na,1\na,2\nb,1\n", table=pairs)[1] == []
    fault = only_fault(tmp_path, "id,count\na,1\na,2\na,1\n", table=pairs)
    assert (fault.row, fault.column) == (4, "id, count")


def test_every_fault_at_once(tmp_path):
    _, faults = read(tmp_path, "id,area_m2,count,day,letter\na,x,x,x,x\n,-1,99,1066-01-01,Q\na,5,5,2024-01-01,A\n")
    assert sorted((fault.row, fault.column) for fault in faults) == sorted([
        (2, "area_m2"), (2, "count"), (2, "day"), (2, "letter"), (3, "id"), (3, "area_m2"), (3, "count"), (3, "day"),
        (3, "letter"), (4, "id")])


# --- cells that are right -------------------------------------------------------------------------------------------


def test_cells_that_are_right(tmp_path):
    frame, faults = read(tmp_path, "id,words,area_m2,count,day,letter,open,seen,loss_gbp\n"
                         " 007 ,-10% of it, 12.50 ,3.0,2024-02-29,NOT KNOWN,Yes,Modelled,-1e3\n"
                         "1e5,,.5,,,b,n,2024-01-31,+7.\n")
    assert faults == []
    assert frame.id.tolist() == ["007", "1e5"], "leading zeros stay and 1e5 is a name"
    assert frame.words.tolist() == ["-10% of it", ""]
    assert frame.area_m2.tolist() == [12.5, 0.5]
    assert frame["count"].iloc[0] == 3
    assert pd.isna(frame["count"].iloc[1])
    assert frame.day.iloc[0] == pd.Timestamp(2024, 2, 29)
    assert pd.isna(frame.day.iloc[1])
    assert frame.letter.tolist() == ["not known", "B"]
    assert frame.open.tolist() == [True, False]
    assert pd.isna(frame.seen.iloc[0])
    assert frame.seen.iloc[1] == pd.Timestamp(2024, 1, 31)
    assert frame.loss_gbp.tolist() == [-1000, 7]
    assert frame.index.tolist() == [2, 3]


def test_optional_columns_that_are_not_there_are_blank(tmp_path):
    frame, faults = read(tmp_path, "id\na\n")
    assert faults == []
    assert list(frame.columns) == THINGS.column_names
    assert frame.words.tolist() == [""]
    assert frame.open.tolist() == [False]
    assert frame[["area_m2", "count", "day", "seen"]].isna().all(axis=None)


# --- the file -------------------------------------------------------------------------------------------------------


def test_blank_lines_do_not_shift_the_rows(tmp_path):
    frame, faults = read(tmp_path, "id,area_m2\na,1\n\n , \n\nb,2\n\nc,x\n\n")
    assert frame.index.tolist() == [2, 6, 8]
    assert [(fault.row, fault.column) for fault in faults] == [(8, "area_m2")]


def test_a_line_break_inside_quotes_is_one_spreadsheet_row(tmp_path):
    frame, faults = read(tmp_path, 'id,words,count\na,"two\nlines",1\nb,,x\n')
    assert frame.words.iloc[0] == "two\nlines"
    assert [(fault.row, fault.column) for fault in faults] == [(3, "count")]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path, ends):
    frame, faults = read(tmp_path, ends.join(["id,count", "a,1", "b,2", ""]))
    assert faults == []
    assert frame.id.tolist() == ["a", "b"]


def test_utf_8_with_a_mark_and_cp1252(tmp_path):
    """Excel's two ways of saving: 'CSV UTF-8' with a byte order mark, and plain CSV in cp1252."""
    for encoding in ("utf-8-sig", "utf-8", "cp1252"):
        frame, faults = read(tmp_path, "id,words\na,St Cuthbert\u2019s caf\u00e9 \u2013 \u00a35\n", encoding=encoding)
        assert faults == [], encoding
        assert frame.words.iloc[0] == "St Cuthbert\u2019s caf\u00e9 \u2013 \u00a35"


@pytest.mark.parametrize(("content", "found"), [
    (b"", "an empty file"), (b"\n\na,1\n", "no header"), (b" , \na,1\n", "no header"),
    (b"id;count\na;1\n", "separated by ;"), (b"id\tcount\na\t1\n", "tabs"), (b"id,count,id\na,1,b\n", "id more than once"),
    (b"id,count\na,1,extra\n", "cannot be told apart"), (b'id,words\na,"open\n', "cannot be told apart"),
    (b"id,count\na,1\nb,2,3,4\n", "cannot be told apart"), (b"PK\x03\x04\x00\x00", "not text"),
    ("id,count\na,1\n".encode("utf-16"), "not text"), (b"id\n" + b"x" * 1_000_001 + b"\n", "longer than 1,000,000"),
    (b"x" * 200_000 + b"\n", "no header"), (b"id," + b",".join(b"c%d" % i for i in range(300_000)), "longer than"),
])
def test_files_that_cannot_be_read_say_why(tmp_path, content, found):
    fault = only_fault(tmp_path, content)
    assert fault.row is None
    assert fault.where == "things.csv"
    assert found in fault.found
    assert fault.must_be


def test_a_header_without_rows(tmp_path):
    fault = only_fault(tmp_path, "id,count\n")
    assert (fault.row, fault.found) == (None, "no rows")


def test_short_rows_are_blank_at_the_end(tmp_path):
    """Excel leaves out trailing separators of some rows; what is needed and missing is still a fault of its row."""
    frame, faults = read(tmp_path, "id,words,count\na\nb,x\n")
    assert faults == []
    assert frame.words.tolist() == ["", "x"]
    assert frame["count"].isna().all()


def test_columns_that_are_not_known_or_not_there(tmp_path):
    _, faults = read(tmp_path, "name,are_m2,qqqq\na,1,2\n")
    assert sorted((fault.row, fault.column, fault.found) for fault in faults) == [
        (1, "are_m2", "a column capplan does not know"), (1, "id", "no such column"),
        (1, "name", "a column capplan does not know"), (1, "qqqq", "a column capplan does not know")]
    hints = {fault.column: fault.must_be for fault in faults}
    assert "did you mean area_m2?" in hints["are_m2"]
    assert "data dictionary" in hints["qqqq"]


def test_an_open_ended_table_keeps_further_columns_as_text(tmp_path):
    loose = Table("things", "Things.", ("id",), THINGS.columns[:1], open_ended=True)
    frame, faults = read(tmp_path, "id,risk\na,007\n", table=loose)
    assert faults == []
    assert frame.risk.tolist() == ["007"]


# --- Parquet --------------------------------------------------------------------------------------------------------


def test_parquet_gives_the_same_frame_as_csv(tmp_path):
    """Typed columns of a Parquet file and the text of a CSV end in the same frame."""
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({
        "id": ["007", "b"], "words": ["x", None], "area_m2": [12.5, None], "count": [3, 4],
        "day": pd.to_datetime(["2024-02-29", None]), "letter": pd.Categorical(["A", None]), "open": [True, False],
        "seen": ["modelled", "2024-01-31"], "loss_gbp": [-1000, 7]})
    frame.to_parquet(tmp_path / "things.parquet")
    cells, faults = read_cells(tmp_path / "things.parquet")
    parquet, more = typed(THINGS, cells, "things.parquet")
    assert faults + more == []
    plain, faults = read(tmp_path, "id,words,area_m2,count,day,letter,open,seen,loss_gbp\n"
                         "007,x,12.5,3,2024-02-29,A,yes,modelled,-1000\nb,,,4,,,no,2024-01-31,7\n")
    assert faults == []
    pd.testing.assert_frame_equal(parquet, plain)


def test_parquet_dates_flags_and_whole_numbers_with_gaps(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from datetime import date

    from pyarrow import parquet as pq
    pq.write_table(pa.table({"id": ["a", "b"], "count": pa.array([3, None], pa.int32()),
                             "day": pa.array([date(2024, 2, 29), None], pa.date32()),
                             "open": pa.array([True, None], pa.bool_()),
                             "area_m2": pa.array([0.1, None], pa.float32())}), tmp_path / "things.parquet")
    cells, _ = read_cells(tmp_path / "things.parquet")
    frame, faults = typed(THINGS, cells, "things.parquet")
    assert faults == []
    assert frame["count"].iloc[0] == 3
    assert frame.day.iloc[0] == pd.Timestamp(2024, 2, 29)
    assert frame.open.tolist() == [True, False]
    assert frame.area_m2.iloc[0] == pytest.approx(0.1, rel=1e-6)


def test_parquet_faults_have_the_row_a_spreadsheet_would_show(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"id": ["a", "b"], "area_m2": [1.0, float("inf")]}).to_parquet(tmp_path / "things.parquet")
    cells, _ = read_cells(tmp_path / "things.parquet")
    _, faults = typed(THINGS, cells, "things.parquet")
    assert [(fault.row, fault.column) for fault in faults] == [(3, "area_m2")]


def test_truncated_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "things.parquet"
    pd.DataFrame({"id": ["a"] * 1000}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:200])
    cells, faults = read_cells(path)
    assert cells is None
    assert "truncated" in faults[0].found


def test_both_csv_and_parquet_is_a_fault(tmp_path):
    for suffix in ("csv", "parquet"):
        (tmp_path / f"things.{suffix}").write_bytes(b"x")
    path, faults = find_table(tmp_path, "things")
    assert path is None
    assert "both things.csv and things.parquet" in faults[0].found
    (tmp_path / "things.csv").unlink()
    assert find_table(tmp_path, "things") == (tmp_path / "things.parquet", [])
    assert find_table(tmp_path, "nothing") == (None, [])


# --- there and back -------------------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,20}", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=20).filter(
    lambda text: not text or (text[0] not in "=+@" and text == text.strip()))
ROWS = st.lists(st.tuples(
    NAMES, WORDS, st.one_of(st.none(), st.floats(1e-9, 60000)), st.one_of(st.none(), st.integers(0, 20)),
    st.one_of(st.none(), st.dates(pd.Timestamp(1995, 1, 1).date(), pd.Timestamp(2100, 12, 31).date())),
    st.sampled_from(["", "A", "B", "not known"]), st.booleans(),
    st.one_of(st.just(0.0), st.floats(1e-9, 1e9), st.floats(-1e9, -1e-9))), min_size=1, max_size=8,
    unique_by=lambda row: row[0])


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_write_and_read_give_the_same_frame(tmp_path_factory, rows):
    """Every number to the last bit, every date, blank and odd letter."""
    folder = tmp_path_factory.mktemp("things")
    ids, words, areas, counts, days, letters, flags, losses = zip(*rows, strict=True)
    frame = pd.DataFrame({
        "id": list(ids), "words": list(words), "area_m2": pd.array(areas, dtype="float64"),
        "count": pd.array(counts, dtype="float64"), "day": pd.to_datetime(pd.Series(days, dtype=object)).astype("M8[us]"),
        "letter": list(letters), "open": list(flags),
        "seen": pd.to_datetime(pd.Series(days, dtype=object)).astype("M8[us]"),
        "loss_gbp": pd.array(losses, dtype="float64")})
    write_frame(as_cells(THINGS, frame), folder / "things.csv")
    cells, faults = read_cells(folder / "things.csv")
    back, more = typed(THINGS, cells, "things.csv")
    assert faults + more == []
    back = back.reset_index(drop=True).astype({"day": "M8[us]", "seen": "M8[us]"})
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)
    assert back.loss_gbp.tolist() == list(losses), "to the last bit"


def test_blank_optional_columns_are_left_out_when_written():
    frame = pd.DataFrame({"id": ["a"], "words": [""], "area_m2": [float("nan")], "open": [False]})
    assert list(as_cells(THINGS, frame).columns) == ["id", "open"]


def test_the_same_frame_gives_the_same_bytes(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "x": [0.1, 2.0]})
    write_frame(frame, tmp_path / "one.csv")
    write_frame(frame, tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes() == b"id,x\na,0.1\nb,2.0\n"
