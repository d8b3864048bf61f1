"""Grants and reserves as pots: amounts, windows, tags, and a sentence for every sum that cannot help."""

import pandas as pd
import pytest

from capplan import reference
from capplan.funding.pots import POT_COLUMNS, grant_pots, reserve_pots

ROUTES = reference.load("routes").set_index("route")


def grants(*rows):
    """Grants table from (id, route, year, amount, eligible, school, spend_by)."""
    columns = ["grant_id", "route", "grant_year", "amount_gbp", "eligible", "school_id", "spend_by"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(spend_by=pd.to_datetime(frame.spend_by))


def pots_of(*rows, first=2026, last=2035):
    pots, notes = grant_pots(grants(*rows), ROUTES, first, last)
    return pots.set_index("pot_id"), notes


def test_windows_are_cut_at_the_start_of_the_plan_and_not_at_its_end():
    """SCA of 2026 serves 2025 and 2026, so only 2026 of a plan from 2026; SCA of 2036 serves 2035 and, later, 2036."""
    pots, notes = pots_of(("s26", "SCA", 2026, 50_000, "condition", "", None),
                          ("s36", "SCA", 2036, 50_000, "condition", "", None),
                          ("d27", "DFC", 2027, 5_350, "any", "ELL", None))
    assert pots[["first_year", "last_year"]].to_numpy().tolist() == [[2026, 2026], [2035, 2036], [2026, 2028]]
    assert notes == []


def test_amount_tag_school_and_route_are_carried():
    pots, _ = pots_of(("a", "SCA", 2027, 1234.567, "condition", "", None), ("b", "DFC", 2027, 10, "any", "ELL", None),
                      ("c", "PSDS4", 2026, 10, "energy", "", None))
    assert pots.amount.tolist() == [1234.57, 10, 10]
    assert pots.tags.tolist() == ["condition", "", "energy"]
    assert pots.school_id.tolist() == ["", "ELL", ""]
    assert pots.route.tolist() == ["SCA", "DFC", "PSDS4"]
    assert ["pot_id", *pots.columns] == POT_COLUMNS


@pytest.mark.parametrize(("row", "reason"), [
    (("old", "SCA", 2025, 1000, "condition", "", None), "cannot pay"),
    (("far", "SCA", 2037, 1000, "condition", "", None), "begins after the plan"),
    (("shut", "CIF", 2029, 1000, "condition", "", None), "2028"),
    (("psds", "PSDS4", 2028, 1000, "energy", "", None), "2027"),
    (("short", "other grant", 2026, 1000, "any", "", "2026-06-30"), "cannot pay"),
])
def test_money_that_cannot_help_is_named_with_its_sum_and_why(row, reason):
    pots, notes = pots_of(row)
    assert len(pots) == 0
    assert len(notes) == 1
    assert row[0] in notes[0]
    assert f"{row[1]} {row[2]}" in notes[0]
    assert "1,000" in notes[0]
    assert reason in notes[0]


def test_the_last_grant_year_of_a_route_still_counts():
    pots, notes = pots_of(("cif", "CIF", 2028, 1000, "condition", "", None))
    assert pots.last_year.tolist() == [2028]
    assert notes == []


def test_no_grants_no_pots():
    pots, notes = grant_pots(grants(), ROUTES, 2026, 2035)
    assert list(pots.columns) == POT_COLUMNS
    assert len(pots) == 0
    assert notes == []


def reserves(*rows):
    return pd.DataFrame(rows, columns=["year", "income_gbp", "surplus_gbp"])


def test_reserve_pots_by_hand():
    """Floor 5% of 2,000 = 100. Headroom 200 + 50 - 100 = 150.7, then 150.7 - 30 = 120.7: a first pot of 120 whole pounds,
    nothing in the second year, and 20 in the third."""
    pots, notes = reserve_pots(200.7, reserves((2026, 2000, 50), (2027, 2000, -30), (2028, 2000, 20)), 0.05, 0, 2028)
    assert pots.pot_id.tolist() == ["RESERVE-2026", "RESERVE-2027", "RESERVE-2028"]
    assert pots.amount.tolist() == [120, 0, 20]
    assert pots.first_year.tolist() == [2026, 2027, 2028]
    assert pots.last_year.tolist() == [2028] * 3
    assert set(pots.route) == {"reserves"}
    assert set(pots.tags) == set(pots.school_id) == {""}
    assert notes == []


def test_whole_pounds_lose_no_pound_to_rounding():
    """0.1 + 0.2 and their like must not turn 3 pounds into 2."""
    pots, _ = reserve_pots(0.1, reserves((2026, 0, 0.2), (2027, 0, 2.7)), 0.0, 0, 2027)
    assert pots.amount.tolist() == [0, 2]
    pots, _ = reserve_pots(0.3, reserves((2026, 0, 2.7)), 0.0, 0, 2026)
    assert pots.amount.tolist() == [3]


def test_a_floor_broken_without_works_is_named_by_year():
    """Floor 100; reserves 150, 90, 100: only 2027-28 is below it, and 100 at a floor of 100 is not."""
    pots, notes = reserve_pots(150, reserves((2026, 2000, 0), (2027, 2000, -60), (2028, 2000, 10)), 0.05, 0, 2028)
    assert pots.amount.tolist() == [0, 0, 0]
    assert len(notes) == 1
    assert "below their floor" in notes[0]
    assert "2027-28" in notes[0]


def test_the_turn_of_the_century_is_written_with_two_figures():
    _, notes = reserve_pots(0, reserves((2099, 2000, -1)), 0.0, 0, 2099)
    assert "2099-00" in notes[0]


@pytest.mark.parametrize(("route", "status", "word"), [
    ("Basic Need", "expected", "local authority"), ("section 106", "awarded", "places only"),
    ("School Rebuilding", "awarded", "rebuild only"), ("Renewal and Retrofit", "expected", "not certain to come")])
def test_money_that_is_not_the_trusts_to_plan_is_left_out_and_said(route, status, word):
    """Held by an authority or by DfE, for places, or only hoped for: it never pays for a roof."""
    grants = pd.DataFrame({"grant_id": ["G"], "route": [route], "grant_year": [2026], "amount_gbp": [90_000.0],
                           "eligible": ["any"], "school_id": [""], "spend_by": pd.to_datetime(["2028-03-31"]),
                           "status": [status]})
    pots, notes = grant_pots(grants, ROUTES, 2026, 2030)
    assert not len(pots)
    assert len(notes) == 1
    assert word in notes[0]


def test_an_award_of_a_route_that_is_not_certain_counts_and_a_loan_is_said_to_be_one():
    grants = pd.DataFrame({"grant_id": ["R", "L"], "route": ["Renewal and Retrofit", "CIF loan"], "grant_year": [2026, 2026],
                           "amount_gbp": [90_000.0, 10_000.0], "eligible": ["any", "condition"], "school_id": ["", ""],
                           "spend_by": pd.to_datetime(["2028-03-31", None]), "status": ["awarded", "awarded"]})
    pots, notes = grant_pots(grants, ROUTES, 2026, 2030)
    assert pots.pot_id.tolist() == ["R", "L"]
    assert any("loan" in note for note in notes)
