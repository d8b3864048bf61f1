"""DfE's registers: layouts known and refused, facts joined by URN, nothing overwritten unasked, every finding listed."""

import json

import pandas as pd
import pytest

from capplan import read_estate
from capplan.errors import DataError
from capplan.importers.register_join import join_registers
from capplan.importers.registers import layout_of, read_registers
from capplan.reference import load
from capplan.tables import TABLES

ELL, MAR = 900101, 900102
GIAS = {"URN": ELL, "LA (code)": 330, "LA (name)": "Birmingham", "EstablishmentName": "Ellerwick Primary School",
        "TypeOfEstablishment (name)": "Academy converter", "EstablishmentStatus (name)": "Open", "OpenDate": "01-09-2012",
        "CloseDate": "", "PhaseOfEducation (name)": "Primary", "SchoolCapacity": "150", "NumberOfPupils": "120",
        "Trusts (name)": "ELLERMARL SCHOOLS TRUST (FICTIONAL)", "GOR (name)": "West Midlands", "Telephone": "1"}
MARLSTOW = {"URN": MAR, "EstablishmentName": "Marlstow School", "PhaseOfEducation (name)": "Secondary", "LA (code)": 881,
            "GOR (name)": "East of England", "NumberOfPupils": "200", "SchoolCapacity": "1,250"}
STAGES = {"Number of early year pupils (years E1 and E2)": 0, "Number of nursery pupils (years N1 and N2)": 20,
          "Number of reception pupils (year R)": 15, "Number of key stage 1 pupils (years 1 and 2)": 30,
          "Number of key stage 2 pupils (years 3 to 6)": 55, "Number of key stage 3 pupils (years 7 to 9)": 0,
          "Number of key stage 4 pupils (years 10 and 11)": 0, "Number of key stage 5 pupils (years 12 to 14)": 0,
          "Number of pupils not reception or key stage 1 to 5": 0}
CENSUS = {"time_period": 202526, "urn": ELL, "school_name": "Ellerwick Primary School",
          "phase_type_grouping": "State-funded primary", "headcount of pupils": 120, "part-time pupils": 12,
          "fte pupils": 114, "% of pupils": "z", **STAGES}
ACCOUNTS = {"URN": ELL, "School Name": "Ellerwick Primary School", "Total Income": "812,000", "Total Expenditure": "800000",
            "Revenue Reserve": "-3500.5"}


@pytest.fixture
def write(tmp_path):
    """Write a register file of rows over a plain one."""
    def make(name, plain, *rows, encoding="utf-8", without=()):
        frame = pd.DataFrame([{**plain, **row} for row in rows]).drop(columns=list(without))
        frame.to_csv(tmp_path / name, index=False, encoding=encoding)
        return tmp_path / name
    return make


@pytest.fixture(scope="module")
def estate(root):
    return read_estate(root / "data" / "tiny")


def join(estate, *paths, prefer="estate"):
    return join_registers(estate, read_registers(paths, {ELL, MAR}), prefer)


def findings(joined, **wanted):
    rows = joined.findings
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows


def school(joined, name="ELL"):
    return joined.frames["schools"].set_index("school_id").loc[name]


# --- layouts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plain", "layout"), [(GIAS, "gias"), (CENSUS, "census"), (ACCOUNTS, "academy accounts"), (
    {"URN": 1, "School Name": "", "Total Income   I01 to I18": 1, "Total Expenditure  E01 to E32": 1,
     "Revenue Reserve   B01 plus B02 plus B06": 1}, "school accounts")])
def test_each_layout_is_known_by_its_columns_in_any_order_case_and_spacing(plain, layout):
    assert layout_of(list(plain)) == (layout, [])
    assert layout_of([f" {name.upper()} " for name in reversed(list(plain))]) == (layout, [])


def test_every_needed_column_is_missed_by_name():
    table = load("register_layouts")
    for layout, rows in table[table.needed == "yes"].groupby("layout"):
        for lost in rows.column:
            found, missing = layout_of([name for name in rows.column if name != lost])
            assert (found, missing) == (layout, [lost]) or layout == "academy accounts", (layout, lost, found)


def test_files_of_no_layout_are_refused_all_at_once_with_the_nearest(write, tmp_path):
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04\x00\x00")
    paths = [write("g.csv", GIAS, {}, without=["CloseDate", "GOR (name)"]),
             write("c.csv", CENSUS, {}, without=["fte pupils"]), tmp_path / "book.csv", tmp_path / "nowhere.csv"]
    with pytest.raises(DataError) as caught:
        read_registers(paths, {ELL})
    told = {fault.where.rsplit("/", 1)[-1]: fault.found for fault in caught.value.faults}
    assert set(told) == {"g.csv", "c.csv", "book.csv", "nowhere.csv"}
    assert "nearest is gias, without GOR (name), CloseDate" in told["g.csv"]
    assert "nearest is census, without fte pupils" in told["c.csv"] and "not text" in told["book.csv"]


def test_two_files_of_one_layout_are_refused_and_two_censuses_are_not(write):
    with pytest.raises(DataError, match=r"second file of the layout gias"):
        read_registers([write("a.csv", GIAS, {}), write("b.csv", GIAS, {})], {ELL})
    paths = [write("c.csv", CENSUS, {}), write("d.csv", CENSUS, {"time_period": 202425})]
    assert [each.census_year for each in read_registers(paths, {ELL})] == [2026, 2025]


def test_cells_that_are_wrong_are_all_told_with_their_row_and_other_schools_are_not_looked_at(write):
    path = write("g.csv", GIAS, {"NumberOfPupils": "many", "OpenDate": "soon"}, {"URN": 100000, "NumberOfPupils": "lots"},
                 {"SchoolCapacity": "12O"})
    with pytest.raises(DataError) as caught:
        read_registers([path], {ELL})
    assert {(fault.row, fault.column) for fault in caught.value.faults} == {
        (2, "pupils"), (2, "opened"), (4, "capacity"), (4, "urn")}


def test_words_of_excel_and_marks_of_dfe_are_read(write, estate):
    path = write("g.csv", GIAS, {"EstablishmentName": "Ellerwick\u2019s Primary School", "NumberOfPupils": "z"},
                 MARLSTOW, encoding="cp1252")
    joined = join(estate, path)
    assert findings(joined, fact="name", school_id="ELL").register.item() == "Ellerwick\u2019s Primary School"
    assert not len(findings(joined, fact="pupils")) and school(joined, "MAR").capacity == 1250


# --- joining --------------------------------------------------------------------------------------------------------


def test_blanks_are_filled_and_what_agrees_is_no_finding(write, estate):
    joined = join(estate, write("g.csv", GIAS, {}, MARLSTOW))
    row = school(joined)
    assert (row.la_number, row.capacity, row.opened) == (330, 150, pd.Timestamp("2012-09-01"))
    assert set(joined.findings.finding) == {"blank in the estate"}
    assert set(joined.findings.done) == {"taken from the register"}
    assert len(joined.findings) == 6
    assert len(join_registers(estate, [], "estate").findings) == 0


@pytest.mark.parametrize("prefer", ["estate", "register"])
def test_what_does_not_agree_is_listed_and_taken_only_if_so_preferred(prefer, write, estate):
    other = {"EstablishmentName": "Ellerwick Infants", "NumberOfPupils": "90", "PhaseOfEducation (name)": "Nursery",
             "GOR (name)": "East Midlands"}
    joined = join(estate, write("g.csv", GIAS, other, MARLSTOW), prefer=prefer)
    rows = findings(joined, finding="differs").set_index("fact")
    assert set(rows.index) == {"name", "pupils", "phase", "region"} and set(rows.school_id) == {"ELL"}
    assert (rows.estate["pupils"], rows.register["pupils"]) == ("120", "90")
    taken = prefer == "register"
    assert set(rows.done) == {"taken from the register" if taken else "left as it is"}
    row = school(joined)
    assert (row["name"], row.pupils, row.phase, row.region) == (
        ("Ellerwick Infants", 90, "nursery", "East Midlands") if taken else
        ("Ellerwick Primary School", 120, "primary", "West Midlands"))
    for name in ("blocks", "components", "grants"):
        pd.testing.assert_frame_equal(joined.frames[name], estate.table(name))


def test_schools_without_a_urn_not_in_the_file_and_closed_are_told_together(write, root, tmp_path):
    import shutil
    folder = shutil.copytree(root / "data" / "tiny", tmp_path / "estate")
    text = (folder / "schools.csv").read_text(encoding="utf-8")
    (folder / "schools.csv").write_text(text + "NEW,New School,,primary,West Midlands,no,no,,,,\n"
                                        "OLD,Old School,900103,primary,West Midlands,no,no,,,,\n", encoding="utf-8")
    path = write("g.csv", GIAS, {"EstablishmentStatus (name)": "Closed", "CloseDate": "31/08/2019", "NumberOfPupils": "9"},
                 MARLSTOW)
    read = read_estate(folder)
    joined = join_registers(read, read_registers([path], {ELL, MAR, 900103}))
    told = {(row.school_id, row.finding): row for row in joined.findings.itertuples()}
    assert ("NEW", "no URN") in told and ("OLD", "not in the file") in told
    assert told["ELL", "closed"].register == "Closed 2019-08-31"
    row = school(joined)
    assert pd.isna(row.closed) and pd.isna(row.capacity) and row.pupils == 120, "nothing is taken from a closed school"


@pytest.mark.parametrize(("kind", "phase", "expected"), [
    ("Academy special converter", "Not applicable", "special"),
    ("Academy alternative provision converter", "Not applicable", "alternative provision"),
    ("Pupil referral unit", "Not applicable", "alternative provision"), ("Academy 16-19 converter", "16 plus", "sixth form"),
    ("Academy converter", "Middle deemed secondary", "secondary"), ("Academy converter", "All-through", "all-through")])
def test_phases_are_those_of_capplan(kind, phase, expected, write, estate):
    path = write("g.csv", GIAS, {"TypeOfEstablishment (name)": kind, "PhaseOfEducation (name)": phase}, MARLSTOW)
    assert school(join(estate, path, prefer="register")).phase == expected


def test_london_is_inner_or_outer_by_authority_and_words_not_known_are_told(write, estate):
    path = write("g.csv", GIAS, {"GOR (name)": "London", "LA (code)": 202},
                 {**MARLSTOW, "GOR (name)": "Wales (pseudo)", "PhaseOfEducation (name)": "Not applicable"})
    joined = join(estate, path, prefer="register")
    assert school(joined).region == "Inner London" and school(joined, "MAR").region == "East of England"
    rows = findings(joined, finding="word not known")
    assert set(rows.register) == {"Wales (pseudo)", "Not applicable"} and set(rows.done) == {"nothing taken"}


def test_a_census_makes_rolls_by_hand(write, estate):
    """20 nursery pupils, 12 of them part time; reception to year 6 100: primary 8 + 100. Marlstow: 90 + 60, 50 in the sixth
    form, and 10 of no stage, who go with the most."""
    marlstow = {"urn": MAR, "headcount of pupils": 210, "part-time pupils": "z", "fte pupils": 210,
                "phase_type_grouping": "State-funded secondary", **dict.fromkeys(STAGES, 0),
                "Number of key stage 3 pupils (years 7 to 9)": 90, "Number of key stage 4 pupils (years 10 and 11)": 60,
                "Number of key stage 5 pupils (years 12 to 14)": 50,
                "Number of pupils not reception or key stage 1 to 5": 10}
    joined = join(estate, write("c.csv", CENSUS, {}, marlstow))
    rolls = joined.frames["rolls"].set_index("school_id")
    assert rolls.loc["ELL", ["pupils_primary", "pupils_early_years_part_time", "pupils_secondary"]].tolist() == [108, 12, 0]
    assert rolls.loc["MAR", ["pupils_secondary", "pupils_post16", "pupils_special"]].tolist() == [160, 50, 0]
    assert set(rolls.census_year) == {2026} and set(rolls.status) == {"counted"}
    assert findings(joined, fact="pupils", school_id="MAR").register.item() == "210"


def test_a_special_school_counts_all_its_pupils_as_special(write, estate):
    special = {**GIAS, "TypeOfEstablishment (name)": "Academy special converter"}
    paths = [write("g.csv", special, {}, MARLSTOW), write("c.csv", CENSUS, {})]
    rolls = join(estate, *paths, prefer="register").frames["rolls"]
    assert rolls.pupils_special.tolist() == [114] and rolls.pupils_primary.tolist() == [0]


def test_stages_that_do_not_add_up_make_no_row(write, estate):
    joined = join(estate, write("c.csv", CENSUS, {"headcount of pupils": 130}))
    assert len(joined.frames["rolls"]) == 0 and findings(joined, finding="stages do not add up").register.item() == "130"


@pytest.mark.parametrize("prefer", ["estate", "register"])
def test_rolls_that_are_there_stand_unless_the_register_is_preferred(prefer, write, estate):
    first = join(estate, write("c.csv", CENSUS, {}))
    frames = {**first.frames, "rolls": first.frames["rolls"].assign(pupils_primary=200.0, status="forecast")}
    again = join(type(estate)(frames), write("d.csv", CENSUS, {}), prefer=prefer)
    assert again.frames["rolls"].pupils_primary.tolist() == [108 if prefer == "register" else 200]
    row, done = findings(again, finding="differs", fact="rolls 2026").iloc[0], {"register": "taken from the register"}
    assert "(forecast)" in row.estate and row.done == done.get(prefer, "left as it is")


def test_the_latest_census_gives_the_pupils_and_files_that_differ_are_told(write, estate):
    paths = [write("g.csv", GIAS, {"NumberOfPupils": "111"}, MARLSTOW), write("c.csv", CENSUS, {}),
             write("d.csv", CENSUS, {"time_period": 202425, "headcount of pupils": 99})]
    joined = join(estate, *paths, prefer="register")
    assert school(joined).pupils == 120
    rows = findings(joined, finding="files differ", school_id="ELL")
    assert rows.register.tolist() == ["111"] and "120 in c.csv" in rows.estate.item()


def test_accounts_fill_income_and_reserve(write, estate):
    row = school(join(estate, write("a.csv", ACCOUNTS, {})))
    assert (row.income_gbp, row.revenue_reserve_gbp) == (812_000, -3_500.5)


def test_what_an_estate_cannot_hold_is_refused(write, estate):
    with pytest.raises(DataError, match="capacity"):
        join(estate, write("g.csv", GIAS, {"SchoolCapacity": "99999"}, MARLSTOW))


def test_an_estate_without_any_urn_is_refused(write, estate):
    frames = {name: estate.table(name) for name in TABLES}
    bare = type(estate)(frames | {"schools": estate.schools.assign(urn=None)})
    with pytest.raises(DataError, match="URN"):
        join(bare, write("g.csv", GIAS, {}))


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_an_estate_that_reads_clean_and_says_what_it_found(write, root, tmp_path, capplan):
    paths = [write("g.csv", GIAS, {"NumberOfPupils": "119"}, MARLSTOW), write("c.csv", CENSUS, {})]
    out = tmp_path / "made"
    done = capplan("import", "schools", *paths, "--estate", root / "data" / "tiny", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "g.csv: layout gias, 2 of 2 schools found" in done.stdout and "census of January 2026, 1 of 2" in done.stdout
    assert "files differ" in done.stdout and "not in the file" in done.stdout
    assert capplan("check", out).exit_code == 0 and len(read_estate(out).rolls) == 1
    told = pd.read_csv(out / "import_report" / "register_findings.csv")
    assert len(told) == 6 + 1 + 1 + 1  # filled, not in the census, files differ, a row of rolls
    again = capplan("import", "schools", *paths, "--estate", out, "--out", tmp_path / "again", "--json")
    found = json.loads(again.stdout)
    assert found["files"][1] == {"file": "c.csv", "layout": "census", "census_year": 2026, "schools_found": 1}
    assert {row["finding"] for row in found["findings"]} == {"files differ", "not in the file"}, "nothing is left to fill"


def test_the_command_leaves_nothing_behind_when_a_file_is_refused(write, root, tmp_path, capplan):
    path = write("g.csv", GIAS, {}, without=["URN"])
    done = capplan("import", "schools", path, "--estate", root / "data" / "tiny", "--out", tmp_path / "made")
    assert done.exit_code == 2 and "nearest is gias, without URN" in done.stderr and not (tmp_path / "made").exists()
