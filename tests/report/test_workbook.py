"""The CFO's workbook, calculated again by a spreadsheet program: every formula, every total, every check."""

import csv
import importlib.util
import io
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from click.testing import CliRunner

from capplan.cli import files, reporting
from capplan.errors import DataError
from capplan.report.results import read_results
from capplan.report.workbook import SHEETS, workbook
from capplan.report.workbook_sheet import keys

_place = importlib.util.spec_from_file_location("made_results", Path(__file__).with_name("conftest.py"))
made_results = importlib.util.module_from_spec(_place)
_place.loader.exec_module(made_results)
write_results = made_results.write_results

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value>
</prop></item></oor:items>"""
ENDS = ("at the end, without", "at the end, with")
MADE_APART = {f"Backlog {when}: all elements = the outlook" for when in ("now", *ENDS)} | {
    f"Backlog {when}: all schools = the outlook" for when in ENDS}
"""Checks that must fail on the folder of tests/report/conftest.py, whose backlog by place is no part of its outlook."""
NAMES = ("tiny", "arithmetic", "nasty", "nothing")
NASTY_POTS = ("A*", "AB", "ab", "1E5", "100000", "MAR-1", "1-MAR", ">5", "=1+1", "?B", "~x")
NASTY_NAME = "=HYPERLINK(\"http://evil.example\",\"x\") & Sons <b>"


def parts(content):
    """Names and bytes of the parts of an .xlsx file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_cells(content):
    """Every cell by sheet and place: tuple of value and formula (``None`` where it is none)."""
    files = parts(content)
    book = ElementTree.fromstring(files["xl/workbook.xml"])
    shared = ["".join(text.text or "" for text in item.iter(f"{MAIN}t"))
              for item in ElementTree.fromstring(files["xl/sharedStrings.xml"])]
    found = {}
    for number, sheet in enumerate(book.iter(f"{MAIN}sheet"), start=1):
        cells = found[sheet.get("name")] = {}
        for cell in ElementTree.fromstring(files[f"xl/worksheets/sheet{number}.xml"]).iter(f"{MAIN}c"):
            value, formula = cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
            text = None if value is None else value.text or ""
            if cell.get("t") == "e":
                text = f"ERROR {text}"
            elif cell.get("t") == "s":
                text = shared[int(text)]
            elif text is not None and cell.get("t") != "str":
                text = float(text)
            cells[cell.get("r")] = (text, None if formula is None else formula.text)
    return found


def rows(cells):
    """Cells of one sheet as a list of dicts by column letter."""
    table = {}
    for place, (value, _) in cells.items():
        letter, number = re.fullmatch(r"([A-Z]+)(\d+)", place).groups()
        table.setdefault(int(number), {})[letter] = value
    return [table.get(number, {}) for number in range(1, max(table) + 1)]


def by_label(cells):
    """Rows of the Summary by what stands in their first column; the first row of each label."""
    found = {}
    for row in rows(cells["Summary"]):
        found.setdefault(row.get("A"), row)
    return found


def table_rows(cells, sheet, first):
    """Rows of a table below the heading that starts with ``first``, by their heading."""
    listed = rows(cells[sheet])
    head = next(number for number, row in enumerate(listed) if row.get("A") == first)
    names = listed[head]
    return [{names[letter]: value for letter, value in row.items() if letter in names} for row in listed[head + 1:]
            if row.get("A") not in (None, "")]


def pounds(folder, table, column, **where):
    """Sum of a column of a CSV file, in plain decimal arithmetic."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return sum((Decimal(row[column]) for row in csv.DictReader(file)
                    if all(row[name] == str(value) for name, value in where.items())), Decimal(0))


def edit(folder, name, change):
    path = folder / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")


def nasty_folder(folder):
    """Twelve schools with names and identifiers that a spreadsheet takes for formulas, orders, numbers or dates."""
    write_results(folder)
    reserve = {"RESERVE": "RESERVE"}
    pots = list(dict.fromkeys(pot for pot in pd.read_csv(folder / "cashflow.csv").pot_id if pot not in reserve))
    called = {**reserve, **{pot: NASTY_POTS[place] if place < len(NASTY_POTS) else pot for place, pot in enumerate(pots)}}
    for name in ("draws", "cashflow"):
        edit(folder, name, lambda frame: frame.assign(pot_id=frame.pot_id.map(called)))
    edit(folder, "cost_risk", lambda frame: frame.assign(
        name=frame.name.map(called).where(frame.scope == "pot", frame.name)))
    codes = {f"S{number:03d}": code for number, code in enumerate(("001", "1", "01", "=S", "S*", "SX"), start=1)}
    for name in ("schemes", "schools", "ledger"):
        edit(folder, name, lambda frame: frame.assign(school_id=frame.school_id.map(lambda code: codes.get(code, code))))
    edit(folder, "schools", lambda frame: frame.assign(
        name=[NASTY_NAME, "+1", "-1", "@SUM(A1)", "N" * 300, *frame.name[5:]]))
    edit(folder, "schemes", lambda frame: frame.assign(reason="=1+1", description="@x", school_name="-2+3"))
    return folder


def empty_folder(folder):
    """A plan that funds nothing and has no reserves."""
    write_results(folder)
    edit(folder, "schemes", lambda frame: frame.assign(start_year=""))
    edit(folder, "draws", lambda frame: frame.head(0))
    edit(folder, "cashflow", lambda frame: frame.head(0))
    edit(folder, "cost_risk", lambda frame: frame.head(1).assign(planned_gbp=0, p50_gbp=0, p80_gbp=0, schemes_p80_gbp=0))
    edit(folder, "reserves", lambda frame: frame.head(0))
    return folder


def with_first_payment_raised(content, by_gbp):
    """The same file with GBP more in the first payment of the sheet Draws, and nothing else changed."""
    files = parts(content)
    name = f"xl/worksheets/sheet{SHEETS.index('Draws') + 1}.xml"
    text, place = files[name].decode(), "F6"
    changed = re.sub(rf'(<c r="{place}"[^>]*><v>)([\d.]+)(</v>)',
                     lambda found: f"{found[1]}{float(found[2]) + by_gbp}{found[3]}", text)
    assert changed != text
    files[name] = changed.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, body in files.items():
            archive.writestr(part, body)
    return out.getvalue()


@pytest.fixture(scope="session")
def folders(tmp_path_factory, tiny_results):
    """Results folders by name."""
    place = tmp_path_factory.mktemp("folders")
    return {"tiny": tiny_results, "arithmetic": write_results(place / "arithmetic"), "nasty": nasty_folder(place / "nasty"),
            "nothing": empty_folder(place / "nothing")}


@pytest.fixture(scope="session")
def books(folders):
    """The workbook of each folder."""
    return {name: workbook(read_results(folder)) for name, folder in folders.items()}


def calculate(contents, place):
    """Cells of each workbook as LibreOffice calculates them."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not on this machine: formulas cannot be calculated again")
    profile = place / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE, encoding="utf-8")
    for name, content in contents.items():
        (place / f"{name}.xlsx").write_bytes(content)
    files = [str(place / f"{name}.xlsx") for name in contents]
    subprocess.run([program, f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--convert-to", "xlsx",
                    "--outdir", str(place / "out"), *files], capture_output=True, timeout=300, check=True)
    return {name: read_cells((place / "out" / f"{name}.xlsx").read_bytes()) for name in contents}


@pytest.fixture(scope="session")
def calculated(books, tmp_path_factory):
    """Each workbook calculated again; ``changed`` is tiny with one payment raised by GBP 1,000."""
    contents = {name: book.content for name, book in books.items()}
    contents["changed"] = with_first_payment_raised(contents["tiny"], 1000.0)
    return calculate(contents, tmp_path_factory.mktemp("calculated"))


def differing_cells(content, again):
    """Formulas whose stored value is another than the calculated one, and how many formulas there are."""
    wrong, count = [], 0
    for sheet, cells in read_cells(content).items():
        for place, (value, formula) in cells.items():
            if formula is None:
                continue
            new, count = again[sheet].get(place, (None, None))[0], count + 1
            same = abs(new - value) < 0.005 if isinstance(value, float) and isinstance(new, float) else (new or "") == (
                value or "")
            if not same:
                wrong.append((sheet, place, formula, value, new))
    return wrong, count


def errors(cells):
    """Cells that hold an error."""
    return [(sheet, place, value) for sheet, rows in cells.items() for place, (value, _) in rows.items()
            if isinstance(value, str) and value.startswith(("ERROR", "#NAME", "#REF", "#VALUE", "#DIV", "#N/A", "Err:"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_has_the_value_a_spreadsheet_program_calculates(name, books, calculated):
    wrong, count = differing_cells(books[name].content, calculated[name])
    assert wrong == [] and count > 100


@pytest.mark.parametrize("name", [*NAMES, "changed"])
def test_no_cell_holds_an_error(name, calculated):
    assert errors(calculated[name]) == []


@pytest.mark.slow
def test_a_trust_of_148_schools(tmp_path):
    book = workbook(read_results(write_results(tmp_path / "large", schools=148, schemes=900)))
    again = calculate({"large": book.content}, tmp_path)["large"]
    wrong, count = differing_cells(book.content, again)
    assert wrong == [] and errors(again) == [] and count > 148 * 11
    assert len(table_rows(again, "Spend by school", "School")) == len(table_rows(again, "Schools", "School")) == 148
    # The folder's reserve of a million does not last for so many schemes: its own closing goes below nothing.
    assert set(book.differing) == MADE_APART | {"Pots and years overdrawn"}


@pytest.mark.parametrize("name", ["tiny", "arithmetic", "nasty"])
def test_certainty_adds_up_the_draws_and_the_schemes(name, folders, calculated):
    """Planned by formula is planned by the model; what the schemes hold adds up; held together it is less."""
    folder, found = folders[name], rows(calculated[name]["Certainty"])
    heading = next(place for place, row in enumerate(found) if row.get("A") == "What")
    table = [row for row in found[heading + 1:] if row.get("A") in ("programme", "year", "pot", "scheme")]
    with (folder / "cost_risk.csv").open(encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    assert [row["A"] for row in table] == [row["scope"] for row in given]
    for row, own in zip(table, given, strict=True):
        assert row["D"] == pytest.approx(float(own["planned_gbp"]), abs=0.006)
        assert row["G"] == pytest.approx(float(own["p80_gbp"]) - row["D"], abs=0.006) and row["L"] == 0
    schemes = sum(row["F"] for row in table if row["A"] == "scheme")
    assert table[0]["I"] == pytest.approx(schemes, abs=0.01)
    assert table[0]["J"] == pytest.approx(schemes - table[0]["F"], abs=0.01) and table[0]["J"] > 0


@pytest.mark.parametrize("name", ["tiny", "arithmetic", "nasty"])
def test_totals_agree_with_plain_sums_of_the_folder_to_the_penny(name, folders, calculated):
    folder, found = folders[name], by_label(calculated[name])
    solution = read_results(folder).solution
    spend, last = pounds(folder, "draws", "amount_gbp"), solution["last_year"]
    with (folder / "schemes.csv").open(encoding="utf-8", newline="") as file:
        funded = [row for row in csv.DictReader(file) if row["start_year"]]
    cost = sum(Decimal(row["cost_gbp"]) for row in funded)
    expected = {
        "Schemes funded": len(funded), "Spend over the plan (nominal)": spend, "Cost of the schemes funded": cost,
        "of which from reserves": pounds(folder, "reserves", "spent_on_works_gbp"),
        "of which from grants": spend - pounds(folder, "reserves", "spent_on_works_gbp"),
        "Grant that lapses unspent (nominal)": pounds(folder, "cashflow", "lapsed_gbp"),
        "Expected loss avoided (real, discounted)": sum(Decimal(row["value_gbp"]) for row in funded),
        "Backlog at the end, with the programme (real)": pounds(folder, "outlook", "backlog_gbp", plan="with",
                                                                year=last + 1),
        "Backlog at the end, without the programme (real)": pounds(folder, "outlook", "backlog_gbp", plan="without",
                                                                   year=last + 1),
        "Backlog now (real)": pounds(folder, "outlook", "backlog_gbp", plan="without", year=solution["first_year"]),
        "Reserves at the end (nominal)": pounds(folder, "reserves", "closing_gbp", year=last), "Spend by year": spend,
        "Spend by school and year": spend, "Spend of the schools": spend, "Spend on the elements": spend, "Payments": spend,
        "Into the pots": pounds(folder, "cashflow", "in_gbp"), "Out of the pots": spend,
        "Left in the pots at the end of the plan": pounds(folder, "cashflow", "closing_gbp", year=last),
        "Floor, all years added up": pounds(folder, "reserves", "floor_gbp")}
    for label, figure in expected.items():
        assert found[label]["B"] == pytest.approx(float(figure), abs=0.0051), label


def test_every_check_of_a_real_run_is_ok(books, calculated):
    assert books["tiny"].differing == () and books["tiny"].checks == 38
    listed = rows(calculated["tiny"]["Summary"])
    assert sum(row.get("E") == "OK" for row in listed) == 38 and not any(row.get("E") == "CHECK" for row in listed)
    assert any(row.get("A") == "All 38 checks OK" for row in listed)


@pytest.mark.parametrize("name", ["arithmetic", "nasty"])
def test_checks_tell_backlog_by_place_that_does_not_add_up_to_the_outlook(name, books, calculated):
    assert set(books[name].differing) == MADE_APART
    told = {row["A"]: row["E"] for row in rows(calculated[name]["Summary"]) if row.get("E") in ("OK", "CHECK")}
    assert {label for label, word in told.items() if word == "CHECK"} == MADE_APART
    assert f"CHECK: {len(MADE_APART)} of {len(told)} differ from the model" in by_label(calculated[name])


def test_a_payment_changed_in_the_sheet_moves_the_totals_and_fails_the_checks(calculated):
    before, after = (by_label(calculated[name]) for name in ("tiny", "changed"))
    for label in ("Spend over the plan (nominal)", "of which from reserves", "Payments", "Out of the pots", "Spend by year",
                  "Spend by school and year", "Spend of the schools", "Spend on the elements", "Works paid from reserves",
                  "Paid for them = their cost"):
        assert after[label]["B"] - before[label]["B"] == pytest.approx(1000.0), label
    at_the_end = [found["Reserves at the end (nominal)"]["B"] for found in (before, after)]
    assert at_the_end[1] - at_the_end[0] == pytest.approx(-1000.0)
    assert after["Least headroom above the floor (nominal)"]["B"] == pytest.approx(-1000.0)
    assert after["Into the pots"]["B"] == before["Into the pots"]["B"]
    for label in ("Payments", "Out of the pots", "Differences of single pots and years", "Pots and years overdrawn",
                  "Reserves at the end", "Works paid from reserves", "Paid for them = their cost"):
        assert before[label]["E"] == "OK" and after[label]["E"] == "CHECK", label
    flow = table_rows(calculated["changed"], "Cash flow", "Pot")
    closing, out = ([row for row in flow if row[f"Check of {what}: must be 0"] != 0] for what in ("closing", "out"))
    assert {row["Pot"] for row in closing} == {"RESERVE-2026"} and len(closing) == 10 and len(out) == 1
    assert closing[0]["Check of closing: must be 0"] == -1000.0 and out[0]["Check of out: must be 0"] == 1000.0


@pytest.mark.parametrize(("more_gbp", "told"), [
    (0.02, {"Differences of single pots and years"}),  # the totals allow for rounding, a single pot and year does not
    (1.0, {"Differences of single pots and years", "Payments", "Spend of the schools", "Spend on the elements"})])
def test_payments_that_disagree_with_the_cash_flow_are_told(more_gbp, told, make_results, change_table):
    folder = change_table(make_results(), "draws", lambda frame: frame.assign(
        amount_gbp=[str(float(frame.amount_gbp[0]) + more_gbp), *frame.amount_gbp[1:]]))
    assert told <= set(workbook(read_results(folder)).differing)


def test_cash_flow_opens_with_what_the_year_before_closed_with(calculated):
    for name in ("tiny", "arithmetic", "nasty"):
        held = {}
        for row in table_rows(calculated[name], "Cash flow", "Pot"):
            opening, closing = row["Opening"], row["Closing"]
            assert opening == pytest.approx(held.get(row["Pot"], opening), abs=0.005)
            assert opening + row["In"] - row["Out"] - row["Lapsed"] == pytest.approx(closing, abs=0.005)
            assert row["Check of closing: must be 0"] == row["Check of out: must be 0"] == 0
            held[row["Pot"]] = closing


@pytest.mark.parametrize("name", ["tiny", "arithmetic"])
def test_spend_by_school_and_year_is_that_of_the_folder(name, folders, calculated):
    homes = {row.scheme_id: row.school_id for row in pd.read_csv(folders[name] / "schemes.csv").itertuples()}
    paid = {}
    for row in pd.read_csv(folders[name] / "draws.csv").itertuples():
        place = homes[row.scheme_id], row.year
        paid[place] = paid.get(place, 0.0) + row.amount_gbp
    shown = {(row["School"], year): amount for row in table_rows(calculated[name], "Spend by school", "School")
             for year, amount in row.items() if isinstance(year, float)}
    assert {place for place, amount in shown.items() if amount} == set(paid)
    assert all(shown[place] == pytest.approx(amount, abs=0.005) for place, amount in paid.items())


def test_the_outlook_shows_backlog_failures_and_pupil_days_of_both_plans(folders, calculated):
    path = pd.read_csv(folders["tiny"] / "outlook.csv").set_index(["plan", "year"])
    listed = table_rows(calculated["tiny"], "Outlook", "1 September")
    assert len(listed) == 11
    for row in listed:
        for plan in ("without", "with"):
            figures = path.loc[plan, int(row["1 September"])]
            assert row[f"Backlog C to E, {plan}"] == pytest.approx(figures.backlog_gbp, abs=0.005)
            assert row[f"Grade B, {plan}"] == pytest.approx(figures.backlog_b_gbp)
            assert row[f"Failures in the year, {plan}"] == pytest.approx(figures.expected_failures)
            assert row[f"Pupil-days lost, {plan}"] == pytest.approx(figures.expected_pupil_days)
        assert row["Backlog avoided"] == pytest.approx(row["Backlog C to E, without"] - row["Backlog C to E, with"])


def test_reserves_floor_and_words_follow_their_rules(calculated):
    path = table_rows(calculated["tiny"], "Reserves", "Year")
    assert len(path) == 10
    for row in path:
        share = row["Closing, 31 August"] / row["Income"]
        assert row["Floor"] == pytest.approx(max(0.0, 0.05 * row["Income"]), abs=0.005)
        assert row["Above the floor"] == pytest.approx(row["Closing, 31 August"] - row["Floor"], abs=0.005)
        word = "below" if share < 0.05 else "above" if share > 0.2 else "between"
        assert row["DfE watch band"].startswith(word)
        deficit = row["Surplus before works"] < 0, row["Surplus before works"] - row["Spent on works"] < 0
        assert row["In-year deficit"] == ("deficit before works" if deficit[0] else "works exceed the surplus" if deficit[1]
                                          else "none")
    assert {row["In-year deficit"] for row in path} == {"deficit before works", "works exceed the surplus", "none"}


@pytest.mark.parametrize("name", ["tiny", "arithmetic", "nasty"])
def test_the_ledger_shows_what_the_folder_adds_up_to(name, folders, calculated):
    ledger = pd.read_csv(folders[name] / "ledger.csv", dtype={"school_id": str}, keep_default_na=False, na_values={
        column: [""] for column in ("contributed_gbp", "net_gbp", "works_gbp", "own_grants_gbp", "trust_grants_gbp")})
    shown = {row["Name of school"]: row for row in table_rows(calculated[name], "Ledger", "School")}
    called = dict(zip(ledger.school_id, ledger["name"], strict=True))
    assert len(shown) == len(called) == ledger.school_id.nunique()
    for code, rows in ledger.groupby("school_id"):
        row = shown[called[code]]
        assert row["Works from reserves"] == pytest.approx(rows.works_gbp.sum(), abs=0.05)
        assert row["Own grants"] + row["Grants of the trust"] == pytest.approx(
            rows.own_grants_gbp.sum() + rows.trust_grants_gbp.sum(), abs=0.05)
        known = rows.net_gbp.notna().all()
        assert (row["Net: received less contributed"] == pytest.approx(rows.net_gbp.sum(), abs=0.05)) if known else (
            row["Net: received less contributed"] in ("", None))
    assert sum(row["Net: received less contributed"] or 0 for row in shown.values()) == pytest.approx(0, abs=0.05)
    assert all(row["Check of works: must be 0"] == 0 for row in table_rows(calculated[name], "Ledger by year", "School"))


@pytest.mark.parametrize("name", ["tiny", "arithmetic", "nasty"])
def test_unspent_grants_by_vintage_add_up_to_the_cash_flow(name, folders, calculated):
    flow = pd.read_csv(folders[name] / "cashflow.csv")
    flow = flow[flow.route != "reserves"]
    shown = table_rows(calculated[name], "Unspent grants", "Vintage")
    for year, held in flow.groupby("year").closing_gbp.sum().items():
        assert sum(row[float(year)] for row in shown) == pytest.approx(held, abs=0.05)
    assert sum(row["Lapsed in the plan"] for row in shown) == pytest.approx(flow.lapsed_gbp.sum(), abs=0.05)
    vintages = flow.groupby("pot_id").agg(route=("route", "first"), first=("year", "min"), last=("year", "max"))
    assert len(shown) == len(vintages.drop_duplicates())


def test_the_floor_is_a_formula_of_the_assumptions(books):
    cells = read_cells(books["tiny"].content)
    formulas = [formula for _, formula in cells["Reserves"].values() if formula and formula.startswith("MAX(")]
    assert len(formulas) == 10
    places = set(re.findall(r"'Assumptions'!\$B\$(\d+)", " ".join(formulas)))
    assert {cells["Assumptions"][f"A{place}"][0] for place in places} == {"reserves.floor_share", "reserves.floor_gbp"}


def test_text_of_the_folder_is_never_a_formula(books):
    cells = read_cells(books["nasty"].content)
    names = {value for value, formula in cells["Schools"].values() if formula is None}
    assert {NASTY_NAME, "+1", "-1", "@SUM(A1)", "N" * 300} <= names
    assert {value for value, _ in cells["Deferred"].values()} >= {"=1+1", "-2+3"}
    own = re.compile(r"(SUM|SUMIFS|COUNTIF|COUNT|COUNTA|SUBTOTAL|SUMPRODUCT|IF|MAX|MIN|ROUND|\$?[A-Z]+\$?\d+|')")
    for sheet in cells.values():
        for _, formula in sheet.values():
            assert formula is None or own.match(formula) and not re.search(r"HYPERLINK|http|SUM\(A1\)", formula)


def test_identifiers_that_look_like_orders_or_numbers_are_kept_apart(folders, calculated):
    # Sums of each pot and school in the sheets against sums of the folder: nothing is counted under another's name.
    folder, names = folders["nasty"], keys(pd.read_csv(folders["nasty"] / "cashflow.csv", dtype=str).pot_id)
    out = {}
    for row in table_rows(calculated["nasty"], "Cash flow", "Pot"):
        out[row["Pot"]] = out.get(row["Pot"], 0.0) + row["Out"]
    assert len(set(names.values())) == len(names) == len(out)
    for pot in NASTY_POTS:
        assert out[names[pot]] == pytest.approx(float(pounds(folder, "draws", "amount_gbp", pot_id=pot)), abs=0.005), pot
    for row in table_rows(calculated["nasty"], "Schools", "School"):
        assert row["Check: must be 0"] == 0


@pytest.mark.parametrize("values", [["100123", "100124"], ["a", "A"], ["x" * 500, "x" * 499], ["TRUE", "true1"], ["", "a"]])
def test_keys_differ_whatever_case_and_length(values):
    made = keys(values)
    assert len({key.casefold() for key in made.values()}) == len(values)
    assert all(len(key) <= 140 for key in made.values())


def test_names_of_a_thousand_letters_fit(make_results, change_table, change_solution):
    folder = make_results()
    change_table(folder, "schools", lambda frame: frame.assign(name="Very long name & more " * 60))
    change_solution(folder, trust="Trust & Sons " * 90, scenario="baseline+" + "overlay" * 60, notes=["n" * 40_000])
    content = workbook(read_results(folder)).content
    for name, body in parts(content).items():
        if name.startswith("xl/worksheets/sheet"):
            footer = ElementTree.fromstring(body).find(f"{MAIN}headerFooter/{MAIN}oddFooter").text
            assert len(footer) <= 255 and "&P of &N" in footer
    assert max(len(value) for sheet in read_cells(content).values() for value, _ in sheet.values()
               if isinstance(value, str)) <= 32_767


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_well_formed_without_macros_or_links(name, books):
    files = parts(books[name].content)
    for part, body in files.items():
        assert part.endswith((".xml", ".rels")), part
        assert b"file:" not in body and b'TargetMode="External"' not in body
        ElementTree.fromstring(body)
    assert not any("vba" in part.lower() or "externalLink" in part for part in files)
    listed = [sheet.get("name") for sheet in ElementTree.fromstring(files["xl/workbook.xml"]).iter(f"{MAIN}sheet")]
    assert tuple(listed) == SHEETS and all(len(sheet) <= 31 for sheet in listed)


def test_every_sheet_is_set_up_for_print(books):
    files = parts(books["tiny"].content)
    book = ElementTree.fromstring(files["xl/workbook.xml"])
    titles = [name for name in book.iter(f"{MAIN}definedName") if name.get("name") == "_xlnm.Print_Titles"]
    assert len(titles) == len(SHEETS) - 1
    for number in range(1, len(SHEETS) + 1):
        page = ElementTree.fromstring(files[f"xl/worksheets/sheet{number}.xml"])
        setup = page.find(f"{MAIN}pageSetup")
        assert (setup.get("paperSize"), setup.get("orientation"), setup.get("fitToHeight")) == ("9", "landscape", "0")
        assert page.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr").get("fitToPage") == "1"
        assert page.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane").get("state") == "frozen"
        footer = page.find(f"{MAIN}headerFooter/{MAIN}oddFooter").text
        assert all(word in footer for word in ("Ellermarl Schools Trust", "baseline", "&D", "&P of &N"))


def test_there_are_six_charts_with_words_for_those_who_cannot_see_them(books):
    files = parts(books["tiny"].content)
    assert len([part for part in files if part.startswith("xl/charts/chart")]) == 6
    drawings = [body.decode() for part, body in files.items() if re.fullmatch(r"xl/drawings/drawing\d+\.xml", part)]
    assert len(drawings) == 6 and all('descr="' in body for body in drawings)


def test_assumptions_are_marked_by_word_and_colour(folders, books):
    files, table = parts(books["tiny"].content), pd.read_csv(folders["tiny"] / "assumptions.csv", dtype=str)
    cells = read_cells(books["tiny"].content)["Assumptions"]
    marked = [place for place, (value, _) in cells.items() if value == "ASSUMPTION"]
    assert len(marked) == (table.status == "ASSUMPTION").sum() > 0
    page = ElementTree.fromstring(files[f"xl/worksheets/sheet{SHEETS.index('Assumptions') + 1}.xml"])
    styles = ElementTree.fromstring(files["xl/styles.xml"])
    fills = [fill.find(f"{MAIN}patternFill/{MAIN}fgColor") for fill in styles.find(f"{MAIN}fills")]
    looks = [int(look.get("fillId")) for look in styles.find(f"{MAIN}cellXfs")]
    for cell in page.iter(f"{MAIN}c"):
        if cell.get("r") in marked:
            assert fills[looks[int(cell.get("s"))]].get("rgb") == "FFFCE4C8"


def test_the_same_folder_gives_the_same_file(folders, books):
    assert workbook(read_results(folders["tiny"])).content == books["tiny"].content


def test_a_gap_that_is_not_known_is_said(make_results, change_solution):
    folder = make_results()
    change_solution(folder, gap=None, bound=None)
    found = by_label(read_cells(workbook(read_results(folder)).content))
    assert found["Gap: how far from the best possible at most"]["B"] == "not known"


# --- the command ------------------------------------------------------------------------------------------------------


def typed(*words):
    return CliRunner().invoke(reporting.report, [str(word) for word in words], catch_exceptions=False)


def test_the_command_writes_the_workbook(folders, books, tmp_path):
    out = tmp_path / "not" / "yet" / "cfo.xlsx"
    done = typed(folders["tiny"], "--for", "cfo", "--out", out)
    assert done.exit_code == 0 and str(out) in done.stdout and "38 checks agree" in done.stdout
    assert out.read_bytes() == books["tiny"].content and [path.name for path in out.parent.iterdir()] == ["cfo.xlsx"]


def test_the_command_tells_checks_that_differ(folders, tmp_path):
    done = typed(folders["arithmetic"], "--for", "cfo", "--out", tmp_path / "cfo.xlsx")
    assert done.exit_code == 0 and "WARNING: 5 of 37 checks" in done.stderr


@pytest.mark.parametrize("option", ["--against", "--update", "--explained", "--envelopes"])
def test_options_of_the_committee_are_refused(option, folders, tmp_path):
    words = (option,) if option == "--update" else (option, tmp_path)
    done = typed(folders["tiny"], "--for", "cfo", *words, "--out", tmp_path / "cfo.xlsx")
    assert done.exit_code == 2 and option in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--school", "--scheme", "--round"])
def test_options_of_other_readers_are_refused(option, folders, tmp_path):
    done = typed(folders["tiny"], "--for", "cfo", option, "X", "--out", tmp_path / "cfo.xlsx")
    assert done.exit_code == 2 and option in done.stderr and list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept_unless_forced(folders, books, tmp_path):
    out = tmp_path / "cfo.xlsx"
    out.write_bytes(b"mine")
    done = typed(folders["tiny"], "--for", "cfo", "--out", out)
    assert done.exit_code == 2 and "--force" in done.stderr and out.read_bytes() == b"mine"
    assert typed(folders["tiny"], "--for", "cfo", "--out", out, "--force").exit_code == 0
    assert out.read_bytes() == books["tiny"].content


@pytest.mark.parametrize("name", ["cfo.docx", "cfo", "taken.xlsx"])
def test_a_place_that_is_no_workbook_is_refused(name, folders, tmp_path):
    (tmp_path / "taken.xlsx").mkdir()
    done = typed(folders["tiny"], "--for", "cfo", "--out", tmp_path / name, "--force")
    assert done.exit_code == 2 and name in done.stderr and [path.name for path in tmp_path.iterdir()] == ["taken.xlsx"]


def test_nothing_is_left_behind_when_the_disc_is_full(folders, tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device", str(target))
    monkeypatch.setattr(files.os, "replace", full)
    done = typed(folders["tiny"], "--for", "cfo", "--out", tmp_path / "new" / "cfo.xlsx")
    assert done.exit_code == 2 and "No space left" in done.stderr and list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_no_results_is_refused(tmp_path):
    done = typed(tmp_path / "nowhere", "--for", "cfo", "--out", tmp_path / "cfo.xlsx")
    assert done.exit_code == 2 and "no such folder" in done.stderr and list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_used_is_named(make_results):
    folder = make_results()
    (folder / "assumptions.csv").write_text("figure,value\na,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="no such column"):
        workbook(read_results(folder))
