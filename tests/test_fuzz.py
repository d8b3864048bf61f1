"""Fuzzing: 1,000 inputs made up or spoilt byte by byte in every run of the tests, 10,000 in the slow ones.

The contract: a clear message (a ``CapplanError``; the command exits 2), or a correct result. Never another exception,
never a value outside what its column is declared to hold, never a file where nobody asked for one.
"""

import math
import os
import re
import shutil
import string
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capplan.actuals import read_actuals
from capplan.candidates import read_candidates
from capplan.errors import CapplanError, DataError
from capplan.estate import inspect_estate
from capplan.importers.survey_map import read_map
from capplan.importers.survey_sheet import read_sheet
from capplan.monitor_tables import MONITOR_TABLES
from capplan.programme import optimise
from capplan.run_records import faults_of_run, read_record, unpack_inputs
from capplan.scenario import read_scenario
from capplan.tables import ESTATE_TABLES, Kind
from capplan.tabular import as_cells, read_cells, typed, write_frame

ROOT = Path(__file__).resolve().parents[1]
NASTY = [b"NaN", b"inf", b"-inf", b"1e400", b"-1", b"0", b"=1+1", b"@SUM(A1)", b"+cmd|' /C calc'!A0", b"\x00", b"\xff\xfe",
         b"\xef\xbb\xbf", "\u202e".encode(), "\u0430".encode(), b'"', b"'", b",", b",,", b"\n", b"\r", b"\r\n", b";", b"\t",
         b"../../etc/passwd", b"C:\\x", b"9" * 400, b"2026-02-30", b"0x10", b"1_000", b"1,000", b"\xc2\xa35", b"12%",
         b"<b>&amp;", b"[plan]", b"= ", b"[[", b"}", b"extends", b"none", b"true", "\u0661\u0662".encode(), b"A" * 700]
SHARES = {"tables": 0.35, "made_up": 0.12, "scenarios": 0.30, "candidates": 0.04, "workbooks": 0.10, "estates": 0.02,
          "records": 0.05, "actuals": 0.02}
FAST, SLOW = 1_000, 10_000
ALL_TABLES = (*ESTATE_TABLES, *MONITOR_TABLES)
SMALL = {"schemes.csv": "scheme_id,exclusion_group,requires,must_do,tag\na,g,,,\nb,g,,,x\nc,,a,yes,\n",
         "scheme_years.csv": "scheme_id,start_year,value\na,1,5\na,2,4\nb,1,3\nc,2,9\n",
         "spend.csv": "scheme_id,start_year,year,cost\na,1,1,10\na,2,2,10\nb,1,1,5\nc,2,2,3\n",
         "pots.csv": "pot_id,amount,first_year,last_year,tags\np,20,1,2,\nq,5,2,2,x\n",
         "limits.csv": "limit_id,year,scope,scope_id,measure,sense,amount\nl,,all,,schemes,<=,2\n"}


def spoilt(raw, edits):
    """Bytes with some edits made in them: each a place, a kind, a length and something nasty."""
    for place, kind, length, nasty in edits:
        at = int(place * (len(raw) + 1))
        end = min(len(raw), at + length)
        if kind == "flip":
            raw = raw[:at] + bytes(byte ^ (1 << length % 8) for byte in raw[at:at + 1]) + raw[at + 1:]
        elif kind == "cut":
            raw = raw[:at] + raw[end:]
        elif kind == "twice":
            raw = raw[:end] + raw[at:end] + raw[end:]
        elif kind == "end":
            raw = raw[:at]
        elif kind == "cell":
            stop = re.search(rb"[,\n]", raw[at:])
            raw = raw[:at] + nasty + (raw[at + stop.start():] if stop else b"")
        elif kind == "insert":
            raw = raw[:at] + nasty + raw[at:]
        elif kind == "line":
            lines = raw.split(b"\n")
            lines.insert(int(place * len(lines)), lines[length % len(lines)])
            raw = b"\n".join(lines)
    return raw


KINDS = ["flip", "cut", "twice", "end", "cell", "cell", "insert", "insert", "line"]
EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(KINDS), st.integers(1, 40),
                           st.sampled_from(NASTY)), min_size=1, max_size=4)


def fuzz(count, share):
    """How many examples, always the same ones, in no hurry."""
    return settings(max_examples=max(1, round(count * SHARES[share])), deadline=None, derandomize=True, database=None,
                    suppress_health_check=list(HealthCheck))


def answered(work, *args):
    """What a reader gives, or ``None`` where it refuses with a message that says something."""
    try:
        return work(*args)
    except CapplanError as error:
        assert str(error).strip() and "Traceback" not in str(error)
        if isinstance(error, DataError):
            assert error.faults and all(fault.must_be and fault.where for fault in error.faults)
        return None


def assert_as_declared(table, frame):
    """Every value of an accepted table is what its column is declared to hold, worked out apart from the reader."""
    for column in table.columns:
        values = frame[column.name]
        for value in values:
            if column.kind in (Kind.NUMBER, Kind.INTEGER):
                if pd.isna(value):
                    assert not column.needed
                    continue
                assert math.isfinite(value) and (column.kind is Kind.NUMBER or value == int(value))
                assert column.least is None or value >= column.least
                assert column.most is None or value <= column.most
                assert column.above is None or value > column.above
            elif column.kind is Kind.CHOICE:
                assert value in column.choices or (value == "" and not column.needed)
            elif column.kind is Kind.ID:
                assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/\- ]{0,79}", value) or (value == "" and not column.needed)
            elif column.kind is Kind.TEXT:
                assert not value.startswith(("=", "+", "@", "\t", "\r")) and len(value) <= (column.most or 500)
                assert value or not column.needed
            elif column.kind is Kind.FLAG:
                assert value in (True, False)
            elif column.kind is Kind.DATE:
                assert pd.isna(value) and not column.needed or isinstance(value, pd.Timestamp)
    keys = list(zip(*(frame[name].astype(str) for name in table.key), strict=True))
    assert len(set(keys)) == len(keys)


def sources():
    """Every table of the estates that come with capplan, with its declaration; the longest are cut to their first rows."""
    known = {table.name: table for table in ALL_TABLES}
    for file in sorted([*(ROOT / "data" / "tiny").glob("*.csv"), *(ROOT / "data" / "example").glob("*.csv")]):
        if file.stem in known:
            yield known[file.stem], b"\n".join(file.read_bytes().splitlines()[:9]) + b"\n"


def fuzz_tables(count, place):
    """Tables of estates, byte by byte."""
    texts, file = list(sources()), place / "table.csv"

    @fuzz(count, "tables")
    @given(st.sampled_from(range(len(texts))), EDITS)
    def each(which, edits):
        table, raw = texts[which]
        file.write_bytes(spoilt(raw, edits))
        cells, faults = read_cells(file)
        if cells is None:
            assert faults
            return
        frame, faults = typed(table, cells, "table.csv")
        if not faults:
            assert_as_declared(table, frame)

    each()


def values_of(column):
    """Values that a column holds, as they would be written; now and then one it does not."""
    least = column.least if column.least is not None else column.above if column.above is not None else -1e6
    most = column.most if column.most is not None else 1e6
    good = {
        Kind.NUMBER: st.floats(least, most).map(repr), Kind.INTEGER: st.integers(int(least), int(most)).map(str),
        Kind.CHOICE: st.sampled_from(column.choices or ("",)), Kind.FLAG: st.sampled_from(["yes", "no", "Y", "FALSE"]),
        Kind.ID: st.text(string.ascii_letters + string.digits + "._-/", min_size=1, max_size=12),
        Kind.TEXT: st.text(max_size=20), Kind.DATE: st.dates().map(str),
        Kind.SURVEYED: st.one_of(st.just("modelled"), st.dates().map(str))}[column.kind]
    bad = st.sampled_from([nasty.decode("utf-8", "replace") for nasty in NASTY])
    return st.one_of(good, good, good, good, st.just("") if not column.needed else good, bad)


def fuzz_made_up(count, place):
    """Tables made up from what is declared, written as CSV and read back; what is accepted survives being written again."""
    file = place / "made_up.csv"

    @fuzz(count, "made_up")
    @given(st.data())
    def each(data):
        table = data.draw(st.sampled_from(ALL_TABLES))
        rows = data.draw(st.integers(0, 3))
        cells = pd.DataFrame({column.name: [data.draw(values_of(column)) for _ in range(rows)] for column in table.columns},
                             dtype=str)
        file.write_bytes(cells.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogatepass"))
        read, faults = read_cells(file)
        if read is None:
            assert faults
            return
        frame, faults = typed(table, read, "made_up.csv")
        if faults:
            return
        assert_as_declared(table, frame)
        write_frame(as_cells(table, frame), file)
        if len(frame):
            again, faults = typed(table, read_cells(file)[0], "made_up.csv")
            assert not faults and len(again) == len(frame)

    each()


def fuzz_scenarios(count, place):
    """Scenarios, byte by byte: refused, or one whose written form reads as itself."""
    texts, file = [path.read_bytes() for path in sorted((ROOT / "scenarios").glob("*.toml"))], place / "own.toml"

    @fuzz(count, "scenarios")
    @given(st.sampled_from(range(len(texts))), EDITS)
    def each(which, edits):
        file.write_bytes(spoilt(texts[which], edits))
        scenario = answered(read_scenario, file)
        if scenario is not None:
            (place / "again.toml").write_text(scenario.to_toml(), encoding="utf-8")
            assert read_scenario(place / "again.toml").to_toml() == scenario.to_toml()

    each()


def fuzz_candidates(count, place):
    """Candidates folders, byte by byte: refused, or solved, or told that nothing obeys the rules."""
    folder = place / "candidates"
    folder.mkdir()

    @fuzz(count, "candidates")
    @given(st.sampled_from(sorted(SMALL)), EDITS)
    def each(name, edits):
        for file, text in SMALL.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / name).write_bytes(spoilt(SMALL[name].encode(), edits))
        candidates = answered(read_candidates, folder)
        if candidates is not None:
            programme = answered(lambda: optimise(candidates, gap=0.0, time_limit_s=5.0))
            if programme is not None:
                paid = programme.draws.groupby("pot_id").amount_gbp.sum()
                held = candidates.pots.set_index("pot_id").amount
                assert all(amount <= held[pot] + 0.01 for pot, amount in paid.items() if pot in held)

    each()


def fuzz_workbooks(count, place):
    """Workbooks and maps, byte by byte, with the archive around them kept whole or not."""
    own, file = ROOT / "data" / "survey_examples" / "quillfeather_workbook.xlsx", place / "book.xlsx"
    maps = [path.read_bytes() for path in sorted((ROOT / "data" / "survey_maps").glob("*.toml"))]
    with zipfile.ZipFile(own) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    @fuzz(count, "workbooks")
    @given(st.sampled_from(["whole", "part", "part", "map"]), st.sampled_from(sorted(parts)), EDITS)
    def each(what, name, edits):
        if what == "map":
            (place / "map.toml").write_bytes(spoilt(maps[len(edits) % len(maps)], edits))
            answered(read_map, place / "map.toml")
            return
        if what == "whole":
            file.write_bytes(spoilt(own.read_bytes(), edits))
        else:
            with zipfile.ZipFile(file, "w") as archive:
                for part, raw in parts.items():
                    archive.writestr(part, spoilt(raw, edits) if part == name else raw)
        answered(read_sheet, file)

    each()


def fuzz_estates(count, place):
    """Whole estates with one table spoilt: faults, or tables that fit together."""
    folder = Path(shutil.copytree(ROOT / "data" / "tiny", place / "estate"))
    texts = {file.name: file.read_bytes() for file in folder.glob("*.csv")}

    @fuzz(count, "estates")
    @given(st.sampled_from(sorted(texts)), EDITS)
    def each(name, edits):
        (folder / name).write_bytes(spoilt(texts[name], edits))
        frames, faults = inspect_estate(folder)
        (folder / name).write_bytes(texts[name])
        if not faults:
            assert set(frames["sites"].school_id) <= set(frames["schools"].school_id)
            assert set(frames["blocks"].site_id) <= set(frames["sites"].site_id)
            assert set(frames["components"].block_id) - {""} <= set(frames["blocks"].block_id)
            assert (frames["blocks"].gifa_m2 > 0).all() and (frames["components"].quantity >= 0).all()

    each()


def fuzz_records(count, place, results):
    """Records and archives of runs, byte by byte: refused, or known to be as they were written."""
    folder = place / "results"
    folder.mkdir()
    (place / "unpacked").mkdir()
    texts = {name: (results / name).read_bytes() for name in ("run.json", "inputs.zip")}

    @fuzz(count, "records")
    @given(st.sampled_from(sorted(texts)), EDITS)
    def each(name, edits):
        for other, raw in texts.items():
            (folder / other).write_bytes(raw)
        (folder / name).write_bytes(spoilt(texts[name], edits))
        if name == "run.json":
            answered(read_record, folder)
        elif (folder / name).read_bytes() != texts[name]:
            assert any(fault.where == name for fault in answered(faults_of_run, folder))
        answered(unpack_inputs, folder, place / "unpacked")

    each()


def fuzz_actuals(count, place):
    """What is reported of a programme, byte by byte."""
    from datetime import date
    file = place / "actuals.csv"
    text = (b"scheme_id,status,started,finished,expected_finish,forecast_cost_gbp\na,begun,2026-10-01,,2027-01-01,100\n"
            b"b,finished,2026-10-01,2026-12-01,,\nc,dropped,,,,\n")

    @fuzz(count, "actuals")
    @given(EDITS)
    def each(edits):
        file.write_bytes(spoilt(text, edits))
        found = answered(read_actuals, file, date(2027, 3, 1))
        if found is not None:
            assert (found.works.finished.dropna() <= pd.Timestamp("2027-03-01")).all()

    each()


WATCHED = {"on": False, "written": []}
CHANGING = ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink")


def watch(event, args):
    """Remember every place that is written to while watched; hooks of Python cannot be taken away, so it is switched."""
    if not WATCHED["on"]:
        return
    to_write = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if to_write or event in CHANGING:
        WATCHED["written"].append(args[0])


sys.addaudithook(watch)


def fuzz_all(count, place, results):
    """All of it, in a folder of its own: every place that was written to outside it."""
    here = os.getcwd()
    os.chdir(place)
    WATCHED.update(on=True, written=[])
    try:
        for name in SHARES:
            (place / name).mkdir()
            globals()[f"fuzz_{name}"](count, place / name, *([results] if name == "records" else []))
    finally:
        WATCHED["on"] = False
        os.chdir(here)
    return [file for file in map(str, WATCHED["written"]) if not (place / file).resolve().is_relative_to(place.resolve())
            and not {".hypothesis", "__pycache__"} & set(Path(file).parts)]


def test_the_shares_make_a_thousand():
    assert math.isclose(sum(SHARES.values()), 1.0)
    assert sum(max(1, round(FAST * share)) for share in SHARES.values()) == FAST


def test_a_thousand_inputs_give_a_clear_message_or_a_correct_result(tmp_path, tiny_results):
    assert fuzz_all(FAST, tmp_path, tiny_results) == [], "a file was written outside the folder that was asked for"
    assert len(WATCHED["written"]) > FAST


@pytest.mark.slow
def test_ten_thousand_inputs_give_a_clear_message_or_a_correct_result(tmp_path, tiny_results):
    assert fuzz_all(SLOW, tmp_path, tiny_results) == [], "a file was written outside the folder that was asked for"


@pytest.mark.parametrize(("name", "edits"), [
    ("schools.csv", [(0.5, "insert", 1, b"\x00")]), ("trust.csv", [(0.0, "end", 1, b"")]),
    ("blocks.csv", [(0.4, "cell", 1, b"NaN")])])
def test_the_command_says_so_and_exits_2(name, edits, tmp_path, capplan):
    folder = Path(shutil.copytree(ROOT / "data" / "tiny", tmp_path / "estate"))
    (folder / name).write_bytes(spoilt((folder / name).read_bytes(), edits))
    done = capplan("check", folder)
    assert done.exit_code == 2 and done.stderr.startswith("capplan: ") and name in done.stderr
    done = capplan("run", folder, "baseline.toml", "--out", tmp_path / "out")
    assert done.exit_code == 2 and sorted(path.name for path in tmp_path.iterdir()) == ["estate"]


def test_what_fuzzing_found_stays_mended(tmp_path):
    # a bit turned over within the compressed bytes of a workbook: zlib.error, once
    raw, file = (ROOT / "data" / "survey_examples" / "quillfeather_workbook.xlsx").read_bytes(), tmp_path / "book.xlsx"
    file.write_bytes(spoilt(raw, [(0.6875, "flip", 1, b"")]))
    assert answered(read_sheet, file) is None
    # an archive that is locked: RuntimeError
    with zipfile.ZipFile(tmp_path / "locked.zip", "w") as archive:
        archive.writestr("blocks.csv", "block_id\n")
    raw = bytearray((tmp_path / "locked.zip").read_bytes())
    for sign, ahead in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(sign) + ahead] |= 1
    (tmp_path / "inputs.zip").write_bytes(raw)
    assert answered(unpack_inputs, tmp_path, tmp_path) is None


def test_the_checks_would_find_a_wrong_value():
    table = next(table for table in ALL_TABLES if table.name == "spending")
    good = {"scheme_id": ["a"], "pot_id": ["p"], "year": [2026], "amount_gbp": [1.0], "note": [""]}
    assert_as_declared(table, pd.DataFrame(good))
    for name, value in (("amount_gbp", math.inf), ("amount_gbp", 2e9), ("year", 2026.5), ("scheme_id", "=1+1")):
        with pytest.raises(AssertionError):
            assert_as_declared(table, pd.DataFrame({**good, name: [value]}))
