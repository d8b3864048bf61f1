"""Formula allocations inside the plan: amounts, the census lag and the regime by hand; given rows, faults, shocks, notes."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import read_estate, read_scenario
from capplan.errors import DataError, ScenarioError
from capplan.estate import Estate, inspect_estate
from capplan.formula_grants import counted_rolls, covered_years, formula_allocations, regime_of, span
from capplan.funding.allocation_tables import rates_for
from capplan.grants import forecast_grants, plan_grants
from capplan.money import money
from capplan.report.stress import stress_text
from capplan.tables import TABLES
from capplan.tabular import typed

from .test_outlook import changed

SCHOOLS = "ABCDE"
SCA_EACH, DFC_EACH = 90_772.5, 10_750.0     # 159.25 x 600 x 1.0 x 0.95; 4,000 + 11.25 x 600
ROLL = ("pupils_primary", "pupils_secondary", "pupils_post16", "pupils_special")


def table(name, rows):
    """A table as it is read, with no fault in it."""
    told = [{key: str(value) for key, value in row.items()} for row in rows]
    cells = pd.DataFrame(told, dtype=object).fillna("").astype(str)
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    frame, faults = typed(TABLES[name], cells, f"{name}.csv")
    assert faults == []
    return frame


def rolls_of(pupils=600, years=range(2024, 2031), schools=SCHOOLS, **different):
    """The same primary pupils in every school and census; by census where a dictionary is given; others by school."""
    return table("rolls", [{"school_id": school, "census_year": year, **dict.fromkeys(ROLL, 0),
                            "pupils_primary": pupils[year] if isinstance(pupils, dict) else pupils,
                            **different.get(school, {})} for school in schools for year in years])


def grants_of(*rows):
    """Grants as (id, route, year, amount, school, status)."""
    return table("grants", [{"grant_id": name, "route": route, "grant_year": year, "amount_gbp": amount,
                             "eligible": "condition" if route == "CIF" else "any", "school_id": school, "status": status}
                            for name, route, year, amount, school, status in rows])


@pytest.fixture(scope="module")
def base(root):
    return read_estate(root / "data" / "tiny")


@pytest.fixture(scope="module")
def scenario():
    """The baseline over three years, allocations from rolls: grant years 2026 to 2029, censuses 2025 to 2028."""
    return changed(read_scenario("baseline.toml"), plan={"years": 3}, allocations={"from_rolls": True})


@pytest.fixture(scope="module")
def trust(base):
    """An estate of five schools of 600 pupils, 3,000 in all, with these tables in place of its own."""
    def make(schools=None, names=SCHOOLS, **tables):
        plain = {"phase": "primary", "region": "West Midlands", "pfi": "no", "voluntary_aided": "no",
                 "condition_band": "CDC2-F"}
        listed = table("schools", [{"school_id": name, "name": name, **plain, **(schools or {}).get(name, {})}
                                   for name in names])
        frames = {name: base.table(name) for name in TABLES} | {"schools": listed, "grants": base.grants.iloc[:0]}
        return Estate({**frames, "rolls": rolls_of(), **tables})
    return make


def amounts(planned, route="SCA"):
    rows = planned.rows[planned.rows.route == route]
    return rows.groupby("grant_year").amount_gbp.sum().round(2).to_dict()


def faults_of(estate, scenario):
    with pytest.raises(DataError) as caught:
        plan_grants(estate, scenario)
    return caught.value.faults


# --- by hand --------------------------------------------------------------------------------------------------------


def test_equal_rolls_give_the_same_allocations_every_year_by_hand(trust, scenario):
    planned = plan_grants(trust(), scenario)
    assert amounts(planned) == dict.fromkeys(range(2026, 2030), 5 * SCA_EACH)
    assert amounts(planned, "DFC") == dict.fromkeys(range(2026, 2030), 5 * DFC_EACH)
    rows = planned.rows.set_index("grant_id")
    assert len(rows) == 4 * 6 and set(rows.status) == {"expected"} and set(rows.eligible) == {"any"}
    assert rows.school_id["SCA-2027.formula"] == "" and rows.school_id["DFC-2027-B.formula"] == "B"
    assert rows.spend_by.isna().all()


def test_a_fall_in_january_shows_in_april_of_the_year_after(trust, scenario):
    """620 pupils to January 2026 and 610 from January 2027: 2027-28 still counts 2026, 2028-29 counts 2027."""
    rolls = rolls_of({year: 620 if year < 2027 else 610 for year in range(2024, 2031)})
    found = amounts(plan_grants(trust(rolls=rolls), scenario))
    before, after = (round(5 * 159.25 * pupils * 0.95, 2) for pupils in (620, 610))
    assert found == {2026: before, 2027: before, 2028: after, 2029: after}


def test_below_the_line_there_is_dfc_and_no_sca_and_bids_count(trust, scenario):
    """3,010 pupils to January 2027, 2,995 in January 2028: 2029-30 is CIF. Bids of 2028 cannot be, one awarded before is."""
    rolls = rolls_of({year: 602 if year < 2028 else 599 for year in range(2024, 2031)})
    rows = grants_of(("BID-28", "CIF", 2028, 400_000, "A", "expected"), ("BID-29", "CIF", 2029, 300_000, "B", "expected"),
                     ("WON-27", "CIF", 2027, 200_000, "", "awarded"))
    planned = plan_grants(trust(rolls=rolls, grants=rows), scenario)
    assert set(amounts(planned)) == {2026, 2027, 2028}
    assert set(amounts(planned, "DFC")) == {2026, 2027, 2028, 2029}
    assert amounts(planned, "CIF") == {2029: 300_000, 2027: 200_000}
    told = " ".join(planned.notes)
    assert "BID-28 (£400,000) left out" in told and "BID-29" not in told and "WON-27" not in told
    assert "2029-30, SCA to CIF" in told and "2,995 pupils" in told


def test_expected_sca_below_the_line_is_left_out_and_awarded_stays(trust, scenario):
    rows = grants_of(("S-26", "SCA", 2026, 1_000, "", "awarded"), ("S-27", "SCA", 2027, 2_000, "", "expected"))
    planned = plan_grants(trust(rolls=rolls_of(500), grants=rows), scenario)
    assert amounts(planned) == {2026: 1_000}
    assert any("S-27 (£2,000) left out" in note for note in planned.notes)


def test_a_given_row_stands_and_only_the_rest_is_worked_out(trust, scenario):
    """SCA of 2027 for the trust; SCA of 2028 for A only, so that the other four are worked out; DFC of 2027 for A."""
    rows = grants_of(("S-27", "SCA", 2027, 1_000, "", "expected"), ("S-28-A", "SCA", 2028, 5_000, "A", "expected"),
                     ("D-27-A", "DFC", 2027, 7, "A", "expected"))
    planned = plan_grants(trust(grants=rows), scenario)
    assert amounts(planned) == {2026: 5 * SCA_EACH, 2027: 1_000, 2028: 4 * SCA_EACH + 5_000, 2029: 5 * SCA_EACH}
    assert amounts(planned, "DFC")[2027] == 4 * DFC_EACH + 7
    dfc = planned.rows[planned.rows.route == "DFC"]
    assert not dfc.duplicated(["grant_year", "school_id"]).any()


def test_expected_rows_stand_aside_where_the_scenario_says_so(trust, scenario):
    rows = grants_of(("S-26", "SCA", 2026, 1_000, "", "awarded"), ("S-27", "SCA", 2027, 2_000, "", "expected"),
                     ("S-40", "SCA", 2040, 3_000, "", "expected"))
    planned = plan_grants(trust(grants=rows), changed(scenario, allocations={"replace_expected": True}))
    assert amounts(planned) == {2026: 1_000, 2027: 5 * SCA_EACH, 2028: 5 * SCA_EACH, 2029: 5 * SCA_EACH, 2040: 3_000}
    assert any("1 expected SCA and DFC rows" in note and "£2,000" in note for note in planned.notes)


def test_growth_is_of_the_sca_rate_only_and_from_the_year_named(trust, scenario):
    """2% a year from 2025: 2027-28 at 1.02 squared; DFC as it was; a small school stays on the floor."""
    grown = changed(scenario, allocations={"sca_rate_growth": 0.02})
    planned = plan_grants(trust(), grown)
    assert amounts(planned)[2027] == pytest.approx(5 * SCA_EACH * 1.02**2, abs=0.01)
    assert amounts(planned, "DFC")[2027] == 5 * DFC_EACH
    assert any("+2.0% a year" in note for note in planned.notes)
    small = formula_allocations(trust(rolls=rolls_of(A={"pupils_primary": 100}, B={"pupils_primary": 1_100})),
                                grown.allocations, [2027])
    row = small.schools.set_index("school_id").loc["A"]
    assert row.floor_applies and row.sca_gbp == 25_000 and "floor of £25,000" in row.reason


def test_factors_of_pfi_voluntary_aid_region_and_authority_by_hand(trust, scenario):
    """A: PFI at half, below the floor? 45,386.25, no. B: aided. C: Inner London. D: PFI in Stoke (861), 17 of 24."""
    schools = {"A": {"pfi": "yes"}, "B": {"voluntary_aided": "yes"}, "C": {"region": "Inner London"},
               "D": {"pfi": "yes", "la_number": 861}}
    found = formula_allocations(trust(schools), scenario.allocations, [2025]).schools.set_index("school_id")
    assert found.sca_gbp.to_dict() == pytest.approx({
        "A": SCA_EACH / 2, "B": SCA_EACH * 1.08, "C": 159.25 * 600 * 1.26, "D": SCA_EACH * 17 / 24, "E": SCA_EACH}, abs=0.01)
    assert found.dfc_gbp["B"] == DFC_EACH * 1.08 and "PFI leaves 50%" in found.reason["A"]
    later = formula_allocations(trust(schools), scenario.allocations, [2026]).schools.set_index("school_id")
    assert later.sca_gbp["D"] == pytest.approx(SCA_EACH / 2, abs=0.01), "months of one year are lent to no other"


def test_transitional_protection_of_2025_by_hand(trust, scenario):
    """Given 1,000,000 for 2024-25, 3,100 pupils then and 3,000 now: 90% x 30/31 of it is more than the formula."""
    rolls = rolls_of({year: 620 if year < 2024 else 600 for year in range(2022, 2031)}, range(2022, 2031))
    rows = grants_of(("S-24", "SCA", 2024, 1_000_000, "", "awarded"))
    found = formula_allocations(trust(rolls=rolls, grants=rows), scenario.allocations, [2025]).years.iloc[0]
    assert found.sca_gbp == pytest.approx(900_000 * 3000 / 3100, abs=0.01)
    assert found.transitional_protection_gbp == pytest.approx(found.sca_gbp - 5 * SCA_EACH, abs=0.01)
    # Not given, and worked out at 148.50 without a floor: 0.9 x 3,100 at that rate x 30/31 is less than the formula.
    worked = formula_allocations(trust(rolls=rolls), scenario.allocations, [2025]).years.iloc[0]
    assert (worked.sca_gbp, worked.transitional_protection_gbp) == (5 * SCA_EACH, 0.0)
    short = formula_allocations(trust(rolls=rolls_of(years=range(2024, 2031))), scenario.allocations, [2025])
    assert pd.isna(short.years.transitional_protection_gbp[0])
    assert any("Transitional protection of 2025-26 is left out" in note for note in short.notes)


# --- who counts -----------------------------------------------------------------------------------------------------


def test_special_schools_count_more_and_boarders_elsewhere_do_not(trust):
    """Four of 400 and a special school of 312: 1,600 + 1,404 = 3,004. The same pupils boarding at a primary: 1,912."""
    rolls = rolls_of(400, E={"pupils_primary": 0, "pupils_special": 312})
    years, _ = regime_of(trust({"E": {"phase": "special"}}, rolls=rolls), [2027])
    assert (years.pupils_counted[0], years.pupils_margin[0], years.regime[0]) == (3004.0, 4.0, "SCA")
    years, _ = regime_of(trust(rolls=rolls), [2027])
    assert (years.pupils_counted[0], years.schools_margin[0], years.regime[0]) == (1912.0, 0, "CIF")


def test_part_time_early_years_pupils_are_three_fifths():
    one = counted_rolls(table("rolls", [{"school_id": "A", "census_year": 2026, "pupils_primary": 100,
                                         "pupils_secondary": 10, "pupils_post16": 10, "pupils_special": 2,
                                         "pupils_early_years_part_time": 50}])).iloc[0]
    assert (one.pupils, one.weighted_pupils) == (152.0, 100 + 15 + 20 + 9 + 30)


def test_a_fifth_school_that_joins_brings_sca_from_its_april(trust, scenario):
    """E joins on 1 September 2026: counted for 2027-28. DFC comes for it from April 2027, the first 1 April it is there."""
    planned = plan_grants(trust({"E": {"joined": "2026-09-01"}}), scenario)
    assert set(amounts(planned)) == {2027, 2028, 2029}
    assert amounts(planned, "DFC") == {2026: 4 * DFC_EACH, 2027: 5 * DFC_EACH, 2028: 5 * DFC_EACH, 2029: 5 * DFC_EACH}
    joins = trust({"E": {"joined": "2026-10-01", "regime_before": "CIF"}})
    assert set(amounts(plan_grants(joins, scenario))) == {2028, 2029}


def test_a_sixth_school_that_joins_late_stays_with_what_it_had(trust, scenario):
    """F joins in November 2026 with CIF behind it: no SCA for it in 2027-28, though the trust has SCA; DFC at once."""
    names = SCHOOLS + "F"
    joins = trust({"F": {"joined": "2026-11-01", "regime_before": "CIF"}}, names, rolls=rolls_of(schools=names))
    assert amounts(plan_grants(joins, scenario)) == {2026: 5 * SCA_EACH, 2027: 5 * SCA_EACH, 2028: 6 * SCA_EACH,
                                                     2029: 6 * SCA_EACH}
    assert amounts(plan_grants(joins, scenario), "DFC")[2027] == 6 * DFC_EACH
    (fault,) = faults_of(trust({"F": {"joined": "2026-11-01"}}, names, rolls=rolls_of(schools=names)), scenario)
    assert (fault.where, fault.column) == ("schools.csv", "regime_before")


def test_a_school_that_leaves_or_closes_takes_its_money_with_it(trust, scenario):
    names = SCHOOLS + "F"
    for column in ("left", "closed"):
        leaves = trust({"F": {column: "2027-08-31"}}, names, rolls=rolls_of(schools=names))
        assert amounts(plan_grants(leaves, scenario), "DFC") == {2026: 6 * DFC_EACH, 2027: 6 * DFC_EACH, 2028: 5 * DFC_EACH,
                                                                 2029: 5 * DFC_EACH}


def test_a_school_opened_since_the_census_has_the_lump_sum(trust, scenario):
    names = SCHOOLS + "F"
    rolls = pd.concat([rolls_of(), rolls_of(100, [2028], "F")], ignore_index=True)
    found = formula_allocations(trust({"F": {"opened": "2026-09-01"}}, names, rolls=rolls), scenario.allocations, [2027])
    row = found.schools.set_index("school_id").loc["F"]
    assert (row.sca_gbp, row.dfc_gbp) == (0.0, 4_000.0)


# --- what is refused, all at once -----------------------------------------------------------------------------------


def test_rolls_that_are_not_there_or_not_whole_are_refused_by_census(trust, scenario):
    (fault,) = faults_of(trust(rolls=rolls_of().iloc[:0]), scenario)
    assert fault.where == "rolls.csv" and "no such file" in fault.found
    rolls = rolls_of()
    rolls = rolls[~((rolls.census_year == 2027) | (rolls.census_year == 2028) & rolls.school_id.isin(["B", "C"]))]
    estate = trust({"D": {"condition_band": ""}}, rolls=rolls)
    faults = faults_of(estate, scenario)
    assert [fault.column for fault in faults] == ["census_year", "census_year", "condition_band"]
    assert "A, B, C, D, E for the spring of 2027" in faults[0].found and "2028-29" in faults[0].must_be
    assert "B, C for the spring of 2028" in faults[1].found
    assert covered_years(estate, rolls) == [2025, 2026, 2027, 2030, 2031]


def test_years_that_are_given_whole_need_no_rolls(trust, scenario):
    rows = [(f"S-{year}", "SCA", year, 1_000, "", "awarded") for year in range(2026, 2030)]
    rows += [(f"D-{year}-{name}", "DFC", year, 10, name, "awarded") for year in range(2026, 2030) for name in SCHOOLS]
    planned = plan_grants(trust(rolls=rolls_of(years=[2019]), grants=grants_of(*rows)), scenario)
    assert len(planned.rows) == 24 and any("nothing is worked out" in note for note in planned.notes)


def test_the_same_formula_grant_given_twice_is_a_fault(trust, scenario):
    rows = grants_of(("S1", "SCA", 2027, 1, "", "expected"), ("S2", "SCA", 2027, 1, "", "awarded"),
                     ("S3", "SCA", 2028, 1, "A", "expected"), ("S4", "SCA", 2028, 1, "", "expected"),
                     ("D1", "DFC", 2027, 1, "B", "expected"), ("D2", "DFC", 2027, 1, "B", "expected"),
                     ("C1", "CIF", 2027, 1, "B", "awarded"), ("C2", "CIF", 2027, 1, "B", "awarded"))
    faults = faults_of(trust(grants=rows), scenario)
    assert [(fault.row, fault.column) for fault in faults] == [(3, "grant_id"), (7, "grant_id"), (4, "school_id")]
    assert len(plan_grants(trust(grants=rows), changed(scenario, allocations={"from_rolls": False})).rows) == 8
    (fault,) = faults_of(trust(grants=grants_of(("SCA-2027.formula", "CIF", 2026, 1, "", "awarded"))), scenario)
    assert "SCA-2027.formula" in fault.found


@pytest.mark.parametrize("rate_from", [None, 2019])
def test_a_year_without_rates_is_refused_unless_another_stands_for_it(trust, scenario, rate_from):
    with pytest.raises(ScenarioError, match="allocations.rate_from.*2026-27.*2024-25 or 2025-26"):
        plan_grants(trust(), changed(scenario, allocations={"rate_from": rate_from}))


def test_marks_of_the_rates_reach_the_reader(trust, scenario):
    """2024-25 has figures that nobody confirmed: each is told once, whatever the years they stand for."""
    planned = plan_grants(trust(), changed(scenario, allocations={"rate_from": 2024}))
    marks = rates_for(2024).notes
    assert marks and all(planned.notes.count(mark) == 1 for mark in marks)
    assert sum("those of 2024-25 stand for them" in note for note in planned.notes) == 1


ROLL_HEADER = "school_id,census_year,pupils_primary,pupils_secondary,pupils_post16,pupils_special,status"


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "row", "column"), [
    (["ELL,2026,120,0,0,0,counted", "ELL,2026,121,0,0,0,counted"], 3, "school_id, census_year"),
    (["ELL,2026,-1,0,0,0,counted"], 2, "pupils_primary"), (["NEW,2026,1,0,0,0,counted"], 2, "school_id"),
    (["ELL,2026,1,0,0,0,guessed"], 2, "status"), (["ELL,2099,1,0,0,0,counted"], 2, "status"),
    (["ELL,soon,1,0,0,0,"], 2, "census_year"), (["ELL,2026,,0,0,0,"], 2, "pupils_primary")])
def test_rolls_at_fault_are_one_fault_each(tiny, rows, row, column):
    (tiny / "rolls.csv").write_text("\n".join([ROLL_HEADER, *rows]) + "\n", encoding="utf-8")
    (fault,) = inspect_estate(tiny)[1]
    assert (fault.where, fault.row, fault.column) == ("rolls.csv", row, column)


@pytest.mark.parametrize(("cells", "column"), [
    ({"la_number": 999}, "la_number"), ({"opened": "2020-09-01", "closed": "2019-08-31"}, "closed"),
    ({"joined": "2024-09-01", "left": "2024-09-01"}, "left"), ({"regime_before": "none"}, "regime_before")])
def test_schools_that_cannot_be_are_one_fault_each(tiny, cells, column):
    schools = pd.read_csv(tiny / "schools.csv", dtype=str, keep_default_na=False)
    for name, value in cells.items():
        schools[name] = [str(value), *[""] * (len(schools) - 1)] if name != "joined" else [value, schools.joined[1]]
    schools.to_csv(tiny / "schools.csv", index=False)
    (fault,) = inspect_estate(tiny)[1]
    assert (fault.where, fault.row, fault.column) == ("schools.csv", 2, column)


def test_special_pupils_need_the_phase_of_their_school(tiny):
    schools = pd.read_csv(tiny / "schools.csv", dtype=str, keep_default_na=False)
    schools.assign(phase=["", "secondary"]).to_csv(tiny / "schools.csv", index=False)
    (tiny / "rolls.csv").write_text(f"{ROLL_HEADER}\nELL,2026,0,0,0,5,counted\nMAR,2026,0,0,0,5,counted\n", encoding="utf-8")
    (fault,) = inspect_estate(tiny)[1]
    assert (fault.row, fault.column) == (2, "pupils_special")


# --- in the plan ----------------------------------------------------------------------------------------------------


def test_switched_off_nothing_is_touched(trust, scenario):
    rows = grants_of(("S-27", "SCA", 2027, 2_000, "", "expected"), ("BID", "CIF", 2027, 3_000, "", "expected"))
    planned = plan_grants(trust(grants=rows), changed(scenario, allocations={"from_rolls": False}))
    pd.testing.assert_frame_equal(planned.rows, rows)
    assert planned.notes == planned.shock_notes == ()


@pytest.mark.slow
@pytest.mark.parametrize("line", [600, 601, 599])
def test_money_is_conserved_across_a_switch_of_regime(trust, scenario, line):
    """Every row is a pot of its amount or is named in a note, above the line, on it and below it."""
    rolls = rolls_of({year: 602 if year < 2027 else line for year in range(2024, 2031)})
    rows = grants_of(("BID-28", "CIF", 2028, 400_000, "A", "expected"), ("S-27", "SCA", 2027, 2_000, "", "expected"))
    estate = trust(rolls=rolls, grants=rows)
    purse, planned = money(estate, scenario), plan_grants(estate, scenario)
    pots, told = purse.pots[purse.pots.route != "reserves"].set_index("pot_id"), " ".join(purse.notes)
    for row in planned.rows.itertuples():
        assert row.grant_id in pots.index and pots.amount[row.grant_id] == row.amount_gbp or row.grant_id in told
    for name in rows.grant_id:
        assert name in pots.index or name in told
    assert ("BID-28" in pots.index) == (line < 600) == ("SCA-2028.formula" not in pots.index)
    assert not purse.stand_in


def test_without_grants_the_formula_takes_the_place_of_what_stands_in(trust, scenario):
    purse = money(trust(), scenario)
    assert not purse.stand_in and set(purse.pots.route) == {"SCA", "DFC", "reserves"}
    assert money(trust(), changed(scenario, allocations={"from_rolls": False})).stand_in
    nothing = money(trust(rolls=rolls_of(0)), scenario)
    assert not nothing.stand_in and set(nothing.pots.route) == {"DFC", "reserves"}, "no SCA is invented below the line"
    gone = money(trust({name: {"left": "2020-01-01"} for name in SCHOOLS}), scenario)
    assert not gone.stand_in and set(gone.pots.route) == {"reserves"}, "nor where no school is left"


@pytest.mark.slow
@settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(*[st.integers(0, 900)] * 4), min_size=5, max_size=5), st.integers(0, 4), st.integers(0, 3),
       st.integers(1, 200))
def test_more_pupils_are_never_less_allocation(base, trust, scenario, pupils, school, phase, more):
    """One phase of one school grows: its amounts, the trust's and the regime are never lower. A school phase is kept."""
    def found(counts):
        rows = {name: dict(zip(ROLL, own, strict=True)) for name, own in zip(SCHOOLS, counts, strict=True)}
        return formula_allocations(trust({"E": {"phase": "special"}}, rolls=rolls_of(years=[2026], **rows)),
                                   scenario.allocations, [2027])
    grown = [list(own) for own in pupils]
    grown[school][phase] += more
    less, greater = found(pupils), found(grown)
    assert (greater.schools.attracts_gbp >= less.schools.attracts_gbp).all()
    assert (greater.schools.dfc_gbp >= less.schools.dfc_gbp).all()
    assert greater.years.pupils_counted[0] > less.years.pupils_counted[0]
    assert greater.years.sca_gbp[0] >= less.years.sca_gbp[0]
    for each in (less, greater):
        assert each.schools.sca_gbp.sum() == pytest.approx(each.years.sca_gbp[0], abs=0.005)
        assert each.schools.dfc_gbp.sum() == pytest.approx(each.years.dfc_gbp[0], abs=0.005)


# --- fewer pupils, as a shock ---------------------------------------------------------------------------------------


def off(scenario, share, **more):
    return changed(scenario, allocations={"from_rolls": False, **more}, shocks={"rolls_fall_share": share})


def test_given_expected_rows_fall_as_the_formula_does_by_hand(trust, scenario):
    """700 pupils each, 15% gone from January 2027: grant year 2028 on. SCA x 0.85; DFC (4,000 + 11.25 x 595) / (4,000 +
    11.25 x 700). What is awarded, or counted before, stays."""
    rows = grants_of(("S-27", "SCA", 2027, 1_000, "", "expected"), ("S-28", "SCA", 2028, 1_000, "", "expected"),
                     ("S-29", "SCA", 2029, 1_000, "", "awarded"), ("S-29-A", "SCA", 2029, 1_000, "A", "expected"),
                     ("D-28", "DFC", 2028, 1_000, "B", "expected"), ("C-28", "CIF", 2028, 1_000, "", "expected"))
    planned = plan_grants(trust(rolls=rolls_of(720), grants=rows), off(scenario, 0.15))
    left = planned.rows.set_index("grant_id").amount_gbp.to_dict()
    dfc = 1_000 * (4_000 + 11.25 * 612) / (4_000 + 11.25 * 720)
    assert left == pytest.approx({"S-27": 1_000, "S-28": 850, "S-29": 1_000, "S-29-A": 850, "D-28": dfc, "C-28": 1_000},
                                 abs=0.01)
    told = " ".join(planned.shock_notes)
    assert f"£{300 + 1_000 - dfc:,.0f} less" in told and "keeps SCA, with 60 pupils above" in told


def test_a_fall_below_the_line_ends_sca_of_the_years_it_counts_for(trust, scenario):
    rows = grants_of(*((f"S-{year}", "SCA", year, 1_000, "", "expected") for year in range(2026, 2030)))
    planned = plan_grants(trust(rolls=rolls_of(620), grants=rows), off(scenario, 0.15))
    assert set(amounts(planned)) == {2026, 2027}
    assert any("no SCA in 2028-29 to 2029-30" in note for note in planned.shock_notes)


def test_worked_out_rows_follow_a_fall_as_well(trust, scenario):
    shocked = changed(scenario, shocks={"rolls_fall_share": 0.1})
    planned = plan_grants(trust(rolls=rolls_of(700)), shocked)
    assert amounts(planned)[2027] == round(5 * 159.25 * 700 * 0.95, 2)
    assert amounts(planned)[2028] == pytest.approx(5 * 159.25 * 630 * 0.95, abs=0.01)
    lost = sum((amounts(plan_grants(trust(rolls=rolls_of(700)), scenario), route)[year] - amounts(planned, route)[year])
               for route in ("SCA", "DFC") for year in (2028, 2029))
    assert f"£{lost:,.0f} less" in planned.shock_notes[0]


@pytest.mark.parametrize(("tables", "schools", "words"), [
    ({"rolls": None}, {}, "no rolls.csv"), ({"grants": None}, {}, "no grants.csv"),
    ({}, {"A": {"condition_band": ""}}, "condition band of 1 schools"), ({"rolls": [2015]}, {}, "covers no grant year")])
def test_a_shock_with_nothing_to_act_on_says_so_and_changes_nothing(trust, scenario, tables, schools, words):
    rows = grants_of(("S-28", "SCA", 2028, 1_000, "", "expected"))
    own = {"grants": rows.iloc[:0] if "grants" in tables else rows}
    if "rolls" in tables:
        own["rolls"] = rolls_of(years=tables["rolls"]) if tables["rolls"] else rolls_of().iloc[:0]
    planned = plan_grants(trust(schools, **own), off(scenario, 0.15))
    pd.testing.assert_frame_equal(planned.rows, own["grants"])
    (note,) = planned.shock_notes
    assert "nothing to act on" in note and words in note
    assert note in money(trust(schools, **own), off(scenario, 0.15)).notes


def test_bids_lost_are_told_by_round_or_that_there_are_none(trust, scenario):
    lost = changed(scenario, allocations={"from_rolls": False}, shocks={"bids_lost": True})
    rows = grants_of(*((f"B-{year}", "CIF", year, 1_000, "", "expected") for year in range(2026, 2029)),
                     ("WON", "CIF", 2026, 7, "", "awarded"))
    estate = trust(grants=rows)
    assert plan_grants(estate, lost).shock_notes == ("Bids lost: 3 of 2026-27 to 2028-29, £3,000.",)
    assert set(money(estate, lost).pots.pot_id) & set(rows.grant_id) == {"WON"}, "lost three times, the one won stays"
    (note,) = plan_grants(trust(), lost).shock_notes
    assert "nothing to act on" in note


def test_years_the_rolls_do_not_cover_are_named(trust, scenario):
    rows = grants_of(("S-28", "SCA", 2028, 1_000, "", "expected"), ("S-29", "SCA", 2029, 1_000, "", "expected"))
    planned = plan_grants(trust(rolls=rolls_of(720, range(2024, 2028)), grants=rows), off(scenario, 0.15))
    assert amounts(planned) == {2028: 850, 2029: 1_000}
    assert any("not followed into the grants of 2029-30" in note for note in planned.shock_notes)


def test_what_a_shock_did_is_printed_by_stress():
    class Planned:
        choice, objective = {"a": 2026}, 1_000.0
    row = {"shock": "rolls", "description": "Pupils go.", "breaks_in": None, "unpaid_gbp": 0.0, "reason": "",
           "value_replanned_gbp": 900.0, "schemes_moved": 0, "gap_replanned": 0.0, "note": "15% of pupils lost: told."}
    text = stress_text("T", "baseline", Planned(), pd.DataFrame([row]))
    assert "    15% of pupils lost: told." in text.splitlines()


# --- the example and the commands -----------------------------------------------------------------------------------


def test_the_example_trust_gives_what_its_rolls_make(root, scenario):
    """Its grants were made by the formula on the pupils of 2026: to the pound for the trust, and school by school."""
    estate = read_estate(root / "data" / "example")
    found, _ = forecast_grants(estate, read_scenario("baseline.toml"))
    first = found.years.set_index("grant_year").loc[[2026, 2027]]
    assert (first.sca_gbp - first.given_sca_gbp).abs().max() < 1
    dfc = found.schools[found.schools.grant_year == 2026].set_index("school_id").dfc_gbp
    given_dfc = estate.grants[(estate.grants.route == "DFC") & (estate.grants.grant_year == 2026)]
    assert (dfc - given_dfc.set_index("school_id").amount_gbp).abs().max() <= 0.5
    pupils = estate.rolls[estate.rolls.census_year == 2026].set_index("school_id")[list(ROLL)].sum(axis=1)
    assert pupils.to_dict() == estate.schools.set_index("school_id").pupils.to_dict()


@pytest.mark.slow
def test_the_commands_tell_the_regime_and_write_the_forecast(root, tmp_path, capplan):
    example = root / "data" / "example"
    done = capplan("funding", "regime", example)
    assert done.exit_code == 0 and "2036-37" in done.stdout and "7,147" in done.stdout and "UNCONFIRMED" in done.stdout
    told = json.loads(capplan("funding", "regime", example, "--json").stdout)
    assert {row["regime"] for row in told["years"]} == {"SCA"} and told["years"][0]["notice_by"] == "2025-10-31"
    assert len(told["schools"]) == 11 * 12 and told["not_covered"] == []
    out = tmp_path / "f.csv"
    done = capplan("funding", "forecast", example, "baseline.toml", "--out", out, "--json")
    told = json.loads(done.stdout)
    schools, years = pd.read_csv(out), pd.read_csv(tmp_path / "f_years.csv")
    assert done.exit_code == 0 and schools.groupby("grant_year").sca_gbp.sum().round(2).tolist() == years.sca_gbp.tolist()
    assert [row["sca_gbp"] for row in told["years"]] == years.sca_gbp.tolist() and (schools.reason != "").all()
    again = capplan("funding", "forecast", example, "baseline.toml", "--out", out)
    assert again.exit_code == 2 and "--force" in again.stderr


@pytest.mark.parametrize("words", [("funding", "regime"), ("funding", "forecast")])
def test_an_estate_without_rolls_is_refused_and_nothing_is_written(words, root, tmp_path, capplan):
    more = () if words[1] == "regime" else ("baseline.toml", "--out", tmp_path / "f.csv")
    done = capplan(*words, root / "data" / "tiny", *more)
    assert done.exit_code == 2 and "rolls.csv" in done.stderr and list(tmp_path.iterdir()) == []


def test_a_crossing_is_told_with_its_dates_and_a_year_without_a_census_by_its_school(trust, tmp_path, capplan):
    from capplan.estate import write_estate
    rolls = rolls_of({year: 602 if year < 2028 else 599 for year in range(2025, 2031)}, range(2025, 2031))
    estate = trust(rolls=rolls[~((rolls.census_year == 2030) & (rolls.school_id == "C"))])
    frames = {name: estate.table(name) for name in TABLES} | {"works": estate.works.iloc[:0]}
    sites = frames["sites"].assign(school_id=list("AB"))
    write_estate(frames | {"sites": sites}, tmp_path)
    done = capplan("funding", "regime", tmp_path)
    words = " ".join(done.stdout.split())
    assert done.exit_code == 0, done.stderr
    assert "2029-30, SCA to CIF: counted on 2028-09-01 (census of January 2028), notice by 2028-10-31" in words
    assert "2030-31" in words and "2031-32 is not told: rolls.csv has no census of C in spring 2030" in words


def test_a_span_of_grant_years_in_words():
    assert span([2029, 2026, 2027]) == "2026-27 to 2027-28, 2029-30"
