"""Statements and plans of schools: sums worked out again from the files in decimals, sentences by hand, awkward input."""

import csv
import json
import shutil
from decimal import Decimal

import pandas as pd
import pytest

from capplan.report.asset_plan import asset_plan
from capplan.report.document import Grid, Points, Text
from capplan.report.results import read_results
from capplan.report.school_facts import temporary_blocks, temporary_words
from capplan.report.school_statement import agreement, differing, school_statement, sums_document
from capplan.report.schools_read import CENTRE, SUMS, read_schools

LABELS = {name: said for name, said in SUMS.items() if name not in ("schemes", "waiting")}


def texts(document):
    """Everything a document says, in reading order."""
    for block in document.blocks:
        if isinstance(block, Grid):
            yield block.table["caption"]
            for heading, rows in block.table["groups"]:
                yield from (heading, *(cell for row in rows for cell in row))
            yield from (*(block.table["total"] or ()), block.table["more"])
        elif isinstance(block, Points):
            yield from block.items
        elif hasattr(block, "text"):
            yield block.text


def printed(document):
    """The sums a statement prints: label to pounds, as a decimal; ``None`` where it says not known."""
    found = {}
    for block in document.blocks:
        if isinstance(block, Grid) and block.table["columns"] == ["Sum", "Amount"]:
            for label, amount in block.table["groups"][0][1]:
                found[label] = None if amount == "not known" else Decimal(amount.replace("£", "").replace(",", ""))
    return found


def edit(folder, name, change):
    path = folder / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tiny_schools(tiny_results):
    return read_schools(read_results(tiny_results))


def test_statements_of_twelve_schools_add_up_to_the_payments_in_pence(results, tmp_path_factory):
    schools = read_schools(results)
    folder = results.folder
    statements = {school: printed(school_statement(schools, school)) for school in schools.sums.index}
    assert len(statements) == 13 and CENTRE in statements
    with open(f"{folder}/draws.csv", encoding="utf-8", newline="") as file:
        draws = [(row["scheme_id"], row["pot_id"], Decimal(row["amount_gbp"])) for row in csv.DictReader(file)]
    assert sum(each[LABELS["works_gbp"]] for each in statements.values()) == sum(amount for *_, amount in draws)
    assert sum(each[LABELS["reserves_gbp"]] for each in statements.values()) == sum(
        amount for _, pot, amount in draws if pot == "RESERVE")
    for school, each in statements.items():
        own = sum((amount for scheme, _, amount in draws if school and scheme.startswith(school)), Decimal(0))
        assert each[LABELS["works_gbp"]] == own == each[LABELS["grants_gbp"]] + each[LABELS["reserves_gbp"]]
    for name in ("contributed_gbp", "received_gbp", "net_gbp"):
        assert sum(each[LABELS[name]] for each in statements.values()) == 0


def test_the_sums_are_printed_and_agree(results):
    schools = read_schools(results)
    assert differing(schools) == []
    assert agreement(schools).startswith("13 statements add up to the programme to the penny: £")
    said = [block.table for block in sums_document(schools).blocks if isinstance(block, Grid)]
    for table in said:
        *_, together = table["groups"][0][1]
        assert together[1:] == table["total"][1:]


def test_a_payment_that_leaves_no_pot_is_told(make_results):
    folder = make_results()
    edit(folder, "draws", lambda frame: frame.assign(amount_gbp=[
        str(float(amount) + (0.01 if place == 0 else 0)) for place, amount in enumerate(frame.amount_gbp)]))
    schools = read_schools(read_results(folder))
    apart = differing(schools)
    assert len(apart) == 2 and apart[0].startswith("Works planned and paid for: £")
    assert agreement(schools).startswith("WARNING: 13 statements do not add up")


def test_ledger_that_nobody_knows_is_said_not_counted_as_nothing(make_results):
    folder = make_results()
    edit(folder, "ledger", lambda frame: frame.assign(contributed_gbp="", net_gbp=""))
    schools = read_schools(read_results(folder))
    assert printed(school_statement(schools, "S001"))[LABELS["contributed_gbp"]] is None
    assert differing(schools) == []


def test_works_of_no_school_are_the_centre_s(make_results):
    folder = make_results()
    first = next(row for row in rows(folder, "schemes") if row["start_year"])
    edit(folder, "schemes", lambda frame: frame.assign(
        school_id=frame.school_id.where(frame.scheme_id != first["scheme_id"], "")))
    schools = read_schools(read_results(folder))
    assert printed(school_statement(schools, CENTRE))[LABELS["works_gbp"]] == Decimal(first["cost_gbp"])
    assert differing(schools) == []


def test_a_plan_that_funds_nothing(make_results):
    folder = make_results(schools=1)
    edit(folder, "schemes", lambda frame: frame.assign(start_year=""))
    for name in ("draws", "cashflow", "reserves"):
        edit(folder, name, lambda frame: frame.head(0))
    schools = read_schools(read_results(folder))
    said = list(texts(asset_plan(schools, "S001")))
    assert said[0].startswith("No works are planned here; 20 needs") and "Nothing is funded in this plan." in said
    assert agreement(schools) == "2 statements add up to the programme to the penny: £0.00 of works in 0 schemes."


def test_a_folder_without_schemes_at_all(make_results):
    folder = make_results(schools=1)
    for name in ("schemes", "draws", "cashflow", "reserves", "candidates/spend"):
        edit(folder, name, lambda frame: frame.head(0))
    schools = read_schools(read_results(folder))
    assert next(texts(school_statement(schools, "S001"))) == "No works are planned here; no need waits."


def test_what_is_funded_when_is_the_schemes_of_the_school_by_year(results):
    schools = read_schools(results)
    funded = results.funded[results.funded.school_id == "S001"]
    table = next(block.table for block in school_statement(schools, "S001").blocks
                 if isinstance(block, Grid) and block.table["columns"][0] == "Starts")
    assert [row[0] for row in table["groups"][0][1]] == [f"{year:.0f}-{year % 100 + 1:.0f}" for year in
                                                         sorted(set(funded.start_year))]
    assert sum(int(row[1]) for row in table["groups"][0][1]) == len(funded) == int(table["total"][1])
    assert table["total"][3] == f"£{funded.cost_gbp.sum():,.0f}"


def test_no_scheme_of_a_school_is_left_out_of_its_asset_plan(tiny_schools):
    for school in ("ELL", "MAR"):
        said = set(texts(asset_plan(tiny_schools, school)))
        funded = tiny_schools.results.funded
        assert set(funded.scheme_id[funded.school_id == school]) <= said
        parts = tiny_schools.table("components", school)
        assert len(parts) >= 7 and set(parts.component_id) <= said


def test_a_year_too_many_is_one_row_with_the_years_after(make_results):
    folder = make_results(schools=1, schemes=80, years=13)
    schools = read_schools(read_results(folder))
    table = next(block.table for block in school_statement(schools, "S001").blocks
                 if isinstance(block, Grid) and block.table["columns"][0] == "Starts")
    names = [row[0] for row in table["groups"][0][1]]
    assert len(names) == 10 and names[-1].endswith(" to 2038-39") and names[0] == "2026-27"
    assert sum(int(row[1]) for row in table["groups"][0][1]) == len(schools.results.funded)


def test_the_temporary_block_of_the_tiny_trust_has_its_plan(tiny_schools):
    assert temporary_words(tiny_schools, "ELL") == [
        "ELL-1-T (temporary, 60 m2): leaves use by 31 August 2029; until then only urgent works."]
    assert temporary_words(tiny_schools, "MAR") == ["None: every building is permanent and none has a date to go."]


def with_blocks(schools, **changes):
    """The same schools with the blocks of the estate changed."""
    frames = schools.estate.tables()
    frames["blocks"] = frames["blocks"].assign(**changes)
    estate = type(schools.estate)(frames)
    return type(schools)(schools.results, estate, schools.tables, schools.deferred, schools.sums, schools.dated,
                         schools.run_id)


def test_a_temporary_building_without_a_plan_is_told(tiny_schools):
    spoilt = with_blocks(tiny_schools, planned_exit=pd.NaT, planning_expires=pd.Timestamp("2028-07-31"))
    table = temporary_blocks(spoilt, "ELL")
    assert list(table.block_id) == ["ELL-1-T"] and not table.settled.any()
    assert "NO LONG-TERM PLAN" in table.plan[0] and table.plan[0].endswith("Permission ends 31 July 2028.")
    said = list(texts(asset_plan(spoilt, "ELL")))
    assert "1 building without a long-term plan: ELL-1-T." in said
    late = with_blocks(tiny_schools, planning_expires=pd.Timestamp("2028-07-31"))
    assert temporary_blocks(late, "ELL").plan[0].endswith("The permission ends before: extend it.")


def test_a_pfi_school_is_told_whose_its_works_are(tiny_schools):
    frames = tiny_schools.estate.tables()
    frames["schools"] = frames["schools"].assign(pfi=True)
    left = tiny_schools.deferred.head(0)
    pfi = type(tiny_schools)(tiny_schools.results, type(tiny_schools.estate)(frames), tiny_schools.tables, left,
                             tiny_schools.sums)
    said = list(texts(school_statement(pfi, "ELL")))
    assert "Lifecycle works here are the PFI contractor's: ask it for its own plan of the needs above." in said
    assert "A PFI contractor owns the lifecycle works: they are shown and not planned." in said


def test_shares_of_the_trust_by_hand(tiny_schools):
    results = tiny_schools.results
    works = results.draws.merge(results.schemes[["scheme_id", "school_id"]]).groupby("school_id").amount_gbp.sum()
    share = 100 * works["ELL"] / works.sum()
    said = next(text for text in texts(school_statement(tiny_schools, "ELL")) if text.startswith("Share of the trust"))
    assert said.startswith(f"Share of the trust: {share:.0f}% of its works, with ") and "38% of its pupils" in said


def test_own_grants_of_a_school_balance(tiny_schools):
    said = next(text for text in texts(school_statement(tiny_schools, "ELL")) if text.startswith("Of its own grants"))
    held, spent, lapsed, left = (float(part.split("£")[1].split(" ")[0].strip(",.").replace(",", ""))
                                 for part in said.replace(" and £", ", £").split(", "))
    assert held == spent + lapsed + left and held > 0


def test_the_interim_control_stands_beside_its_need_with_its_owner(results):
    schools = read_schools(results)
    deferred = schools.deferred.assign(control="Fence off & inspect <now>", control_from="the trust", owner="site manager",
                                       look_again="by 2027-01-05")
    named = type(schools)(results, None, schools.tables, deferred, schools.sums)
    said = list(texts(school_statement(named, "S003")))
    assert "Fence off & inspect <now>. Site manager; look again by 2027-01-05." in said
    assert any(text.endswith(".") and " (assumed). Nobody named; look again " in text
               for text in texts(school_statement(schools, "S003")))


def test_an_estate_that_is_not_kept_is_told(results):
    schools = read_schools(results)
    assert schools.estate is None
    assert any("does not keep the estate" in text for text in texts(school_statement(schools, "S001")))
    assert sum("does not keep the estate" in text for text in texts(asset_plan(schools, "S001"))) >= 3


def test_a_damaged_table_is_refused_with_every_fault(tiny_results, tmp_path):
    from capplan.errors import DataError
    folder = shutil.copytree(tiny_results, tmp_path / "spoilt")
    edit(folder, "components", lambda frame: frame.assign(cost_to_a_gbp="x").drop(columns="grade"))
    edit(folder, "ownership_options", lambda frame: frame.drop(columns="chosen"))
    with pytest.raises(DataError) as told:
        read_schools(read_results(folder))
    assert {(fault.where, fault.column) for fault in told.value.faults} == {
        ("components.csv", "grade"), ("ownership_options.csv", "chosen")}


def test_the_day_and_the_run_are_those_of_the_record(tiny_schools, tiny_results):
    record = json.loads((tiny_results / "run.json").read_text(encoding="utf-8"))
    document = school_statement(tiny_schools, "ELL")
    assert document.dated == record["made_at"][:10] and record["run_id"][:12] in document.foot


def test_energy_and_places_are_said_where_the_run_has_them(make_results):
    folder = make_results(schools=2)
    energy = [{"school_id": school, "year": year, "plan": plan, "fuel": fuel, "use_kwh": use, "cost_gbp": 0.1 * use,
               "footprint_tco2e": use / 1e4}
              for school in ("S001", "S002") for year in (2026, 2035)
              for plan, use in (("without", 100_000), ("with", 50_000)) for fuel in ("gas", "electricity")]
    pd.DataFrame(energy).to_csv(folder / "energy.csv", index=False)
    said = next(text for text in texts(school_statement(read_schools(read_results(folder)), "S001"))
                if text.startswith("Energy:"))
    assert said == ("Energy: 200 MWh, £20k of bills and 20 tCO2e of footprint in 2026-27; in 2035-36 200 MWh, £20k of bills "
                    "and 20 tCO2e without the plan, 100 MWh, £10k of bills and 10 tCO2e with it (bills at 2026 prices).")


def test_lifecycle_by_year_counts_every_component_once_in_the_year_it_is_expected_to_fail(tiny_schools):
    parts, years = tiny_schools.table("components", "ELL"), tiny_schools.results.years
    table = next(block.table for block in asset_plan(tiny_schools, "ELL").blocks
                 if isinstance(block, Grid) and block.table["columns"][1] == "Come to their end")
    counts = {row[0]: int(row[1]) for row in table["groups"][0][1]}
    by_hand = [sum(int(years[0] + life) == year for life in parts.expected_life_years) for year in years]
    assert list(counts.values()) == by_hand and sum(by_hand) > 0
    assert int(table["total"][1]) == len(parts) - sum(by_hand)


def test_inspections_overdue_on_the_day_of_the_run_are_counted(tiny_schools):
    day = pd.Timestamp(tiny_schools.dated)
    frames = tiny_schools.estate.tables()
    items = [("F1", "FIRE-RISK", day - pd.DateOffset(days=400)), ("F2", "FIRE-EQUIPMENT", day - pd.DateOffset(days=30))]
    frames["compliance"] = pd.DataFrame([
        {"item_id": item, "site_id": "ELL-1", "block_id": "", "duty_id": duty, "last_done": done, "due": pd.NaT,
         "finding": "", "remedial_cost_gbp": float("nan"), "cost_price_base": float("nan")} for item, duty, done in items])
    schools = type(tiny_schools)(tiny_schools.results, type(tiny_schools.estate)(frames), tiny_schools.tables,
                                 tiny_schools.deferred, tiny_schools.sums, tiny_schools.dated)
    said = list(texts(asset_plan(schools, "ELL")))
    assert any(f"2 inspections and remedies on record; 1 overdue on {tiny_schools.dated}." in text for text in said)
    assert "Fire risk assessment, reviewed" in said and any("No record: not shown to comply" in text for text in said)


def test_measures_planned_stand_first_and_the_rest_by_worth(make_results):
    folder = make_results(schools=1)
    names = ["school_id", "name", "stage", "measures", "scheme_id", "chosen", "start_year", "cost_gbp", "cost_low_gbp",
             "cost_high_gbp", "fuels_kwh", "electricity_kwh", "bills_gbp", "carbon_tco2e", "gbp_per_tonne",
             "comparator_gbp_per_tonne", "direct_gbp_per_tonne", "payback_years", "npv_gbp"]
    rows = [dict.fromkeys(names, 1.0) | {"school_id": "S001", "measures": f"measure {number}", "scheme_id": f"M{number}",
                                         "chosen": "yes" if number == 3 else "no", "npv_gbp": 100.0 * number,
                                         "start_year": 2028 if number == 3 else ""} for number in range(12)]
    pd.DataFrame(rows).to_csv(folder / "measures.csv", index=False)
    for name in ("carbon", "lock_in"):
        pd.DataFrame({"year": [2026], "need": ["x"]}).to_csv(folder / f"{name}.csv", index=False)
    document = asset_plan(read_schools(read_results(folder)), "S001")
    table = next(block.table for block in document.blocks
                 if isinstance(block, Grid) and block.table["columns"][0] == "Measures")
    shown = table["groups"][0][1]
    assert [row[0] for row in shown] == ["measure 3", *(f"measure {number}" for number in (11, 10, 9, 8, 7, 6, 5, 4))]
    assert shown[0][1:3] == ("planned", "2028-29") and table["more"] == "and 3 more, in measures.csv"


def test_text_of_the_estate_stands_as_it_is(make_results):
    folder, nasty = make_results(schools=2), "=cmd|' /C calc'!A0 <b>#&$ " + "N" * 300
    edit(folder, "schools", lambda frame: frame.assign(name=nasty))
    edit(folder, "schemes", lambda frame: frame.assign(description=nasty, kind="listed", reason=nasty))
    document = asset_plan(read_schools(read_results(folder)), "S001")
    assert document.title.startswith("=cmd|' /C calc'!A0 <b>#&$ NNN") and len(document.title) < 130
    assert all(isinstance(block, Text | Grid | Points) or not hasattr(block, "items") for block in document.blocks)
    assert any(text.startswith("=cmd|' /C calc'!A0 <b>#&$") for text in texts(document))
