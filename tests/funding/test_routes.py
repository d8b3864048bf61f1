"""Funding routes: dates by hand, weights that add up, shares that are shares, and nothing unconfirmed that keeps silent."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest
from click.testing import CliRunner

from capplan import reference
from capplan.cli import main
from capplan.errors import MissingFigureError
from capplan.funding.routes import CHECKS, project_faults, routes_open, rule, rules_on
from capplan.tables import ROUTES, USES

TABLE = reference.load("routes")
RULES = reference.load("route_rules")
KINDS = {"condition", "compliance", "energy", "expansion", "places", "rebuild", "resilience", "ICT"}
ROUND_2026 = date(2025, 11, 1)


def state(route, on):
    return dict(routes_open(on)[["route", "state"]].to_numpy()).get(route)


def days():
    """First and last day of every row of every table, and the days beside them."""
    ends = [*RULES.from_date, *RULES.to_date.dropna(), *TABLE.open_from, *TABLE.open_to.dropna(), *TABLE.last_day.dropna()]
    return sorted({date.fromisoformat(day) + timedelta(shift) for day in ends for shift in (-1, 0, 1)})


def test_routes_of_the_tables_are_those_of_the_estate_in_the_same_order():
    assert tuple(TABLE.route) == ROUTES
    assert set(RULES.route) <= set(ROUTES)


def test_the_five_routes_keep_their_figures():
    was = TABLE.set_index("route").loc[["SCA", "DFC", "CIF", "PSDS4", "other grant"]]
    assert was.financial_years_to_spend.fillna(0).tolist() == [2, 3, 2, 0, 0]
    assert was.last_day.fillna("").tolist() == ["", "", "", "2028-03-31", ""]
    assert was.eligible.tolist() == ["any", "any", "condition", "energy", "any"]
    assert was.opens.tolist() == [2015, 2012, 2015, 2025, 1990]
    assert was.closes.fillna(0).tolist() == [0, 0, 2028, 2027, 0]


def test_words_of_the_table_are_from_its_lists():
    assert set(TABLE.held_by) <= {"trust", "school", "local authority", "DfE"}
    assert set(TABLE.how) <= {"formula", "bid", "award", "nomination", "loan", "own"}
    assert set(TABLE.plannable) <= {"yes", "no"} and set(TABLE.eligible) <= set(USES)
    assert {kind for uses in TABLE.uses for kind in uses.split(";")} == KINDS
    assert TABLE.lapse.str.len().gt(5).all() and TABLE.note.str.len().gt(10).all() and TABLE.route.is_unique


@pytest.mark.parametrize("table", [TABLE, RULES], ids=["routes", "route_rules"])
def test_every_route_and_rule_has_a_source_and_the_unconfirmed_say_so_first(table):
    sources = set(reference.load("sources").source)
    assert set(table.source) <= sources and table.note.notna().all()
    said = table.note.str.contains("UNCONFIRMED", case=False)
    assert (said == table.note.str.startswith("UNCONFIRMED")).all() and said.any()


def test_periods_run_forwards_and_no_two_rows_of_a_rule_share_a_day():
    for _, rows in RULES.groupby(["route", "rule"]):
        rows = rows.sort_values("from_date")
        assert (rows.to_date.isna() | (rows.from_date <= rows.to_date)).all()
        assert (rows.to_date.iloc[:-1].to_numpy() < rows.from_date.iloc[1:].to_numpy()).all(), rows
    assert (TABLE.open_to.isna() | (TABLE.open_from <= TABLE.open_to)).all()


def test_what_is_held_by_others_is_not_the_trusts_to_plan():
    assert (TABLE.plannable[TABLE.held_by.isin(["local authority", "DfE"])] == "no").all()


# Dates by hand. Sources: Lea Hough and gov.uk for CIF, Salix for phase 4 and for its loans.

def test_days_of_the_cif_round_of_2026_27():
    told = {name: rule("CIF", name, ROUND_2026).value
            for name in ("round_opens", "register_by", "round_closes", "outcome", "complete_by", "survey_dated_after")}
    assert told == {"round_opens": date(2025, 10, 21), "register_by": date(2025, 12, 9), "round_closes": date(2025, 12, 16),
                    "outcome": date(2026, 5, 22), "complete_by": date(2028, 3, 31), "survey_dated_after": date(2022, 10, 1)}


def test_a_round_lives_from_september_before_its_grant_year_to_august_in_it():
    assert rule("CIF", "success_share", date(2024, 9, 1)).value == 0.277
    assert rule("CIF", "success_share", date(2024, 8, 31)).value == 0.285
    assert rule("CIF", "success_share", date(2022, 6, 1)).value == 0.41


@pytest.mark.parametrize(("route", "on", "expected"), [
    ("PSDS4", date(2024, 10, 8), None), ("PSDS4", date(2024, 11, 25), "open"),
    ("PSDS4", date(2024, 11, 26), "awarded money only"), ("PSDS4", date(2028, 3, 31), "awarded money only"),
    ("PSDS4", date(2028, 4, 1), None), ("Salix", date(2021, 1, 11), "open"), ("Salix", date(2021, 1, 12), None),
    ("CIF", date(2028, 8, 31), "open"), ("CIF", date(2028, 9, 1), "awarded money only"),
    ("CIF", date(2030, 3, 31), "awarded money only"), ("CIF", date(2030, 4, 1), None),
    ("CIF replacement", date(2028, 8, 31), None), ("CIF replacement", date(2028, 9, 1), "open"),
    ("Renewal and Retrofit", date(2026, 3, 31), None), ("Renewal and Retrofit", date(2026, 4, 1), "open"),
    ("SCA", date(2035, 1, 1), "open")])
def test_how_a_route_stands_on_a_day(route, on, expected):
    assert state(route, on) == expected


def test_an_open_route_says_until_when_and_one_without_an_end_says_none():
    rows = routes_open(date(2026, 11, 22)).set_index("route")
    assert rows.until["PSDS4"] == date(2028, 3, 31) and rows.until["CIF"] == date(2028, 8, 31)
    assert rows.last_grant_spent_by["CIF"] == date(2030, 3, 31)
    assert rows.until["SCA"] is None and rows.years_to_spend["SCA"] == 2 and rows.years_to_spend["borrowing"] is None


def test_what_replaces_cif_is_unconfirmed_and_has_no_rules():
    row = routes_open(date(2029, 1, 1)).set_index("route").loc["CIF replacement"]
    assert row.unconfirmed and not row.plannable and rules_on("CIF replacement", date(2029, 1, 1)) == []


@pytest.mark.parametrize("day", days())
def test_weights_of_a_round_add_up_to_100_on_every_day_that_has_them(day):
    weights = [found.value for found in rules_on("CIF", day) if found.name in ("score_need", "score_cost", "score_planning")]
    assert len(weights) in (0, 3) and sum(weights) in (0, 100)


def test_weights_by_hand():
    names = ("score_need", "score_cost", "score_planning")
    assert [rule("CIF", name, ROUND_2026).value for name in names] == [60, 25, 15]
    assert [rule("CIF", name, date(2016, 12, 1)).value for name in names] == [70, 15, 15]
    assert [rule("CIF", name, date(2014, 12, 1)).value for name in names] == [40, 20, 40]


def test_shares_and_rates_are_between_0_and_1_and_no_other_number_is_negative():
    numbers = RULES[RULES.unit != "date"]
    values = pd.to_numeric(numbers.value)
    shares = values[numbers.unit.str.startswith("share")]
    assert len(shares) > 8 and shares.between(0, 1).all() and values.ge(0).all()
    assert values[numbers.rule == "success_share"].between(0, 1, inclusive="neither").all()


@pytest.mark.parametrize(("route", "projects", "asked", "on"), [
    ("CIF", 1466, 3852, date(2021, 6, 1)), ("CIF", 866, 3034, date(2024, 6, 1)), ("CIF", 789, 2846, date(2025, 6, 1)),
    ("CIF", 1276, 3500, date(2016, 6, 1)), ("School Rebuilding", 300, 1105, date(2022, 6, 1))])
def test_success_shares_are_the_published_counts(route, projects, asked, on):
    assert rule(route, "success_share", on).value == pytest.approx(projects / asked, abs=0.0055)


def test_an_unconfirmed_rule_says_so_wherever_it_is_returned():
    for row in RULES[RULES.note.str.contains("UNCONFIRMED")].itertuples():
        found = rule(row.route, row.rule, date.fromisoformat(row.from_date))
        assert found.unconfirmed and "UNCONFIRMED" in str(found)
    known = rule("PSDS4", "cost_per_tonne_most", date(2024, 11, 1))
    assert (known.value, known.unit, known.status, known.source, known.unconfirmed) == (
        510, "GBP per tCO2e over the life", "published", "salix-phase4", False)


@pytest.mark.parametrize(("route", "name", "on", "words"), [
    ("CIF", "success_share", date(2023, 6, 1), "2022-08-31: 0.41"), ("CIF", "success_share", date(2026, 11, 22), "0.277"),
    ("CIF loan", "loan_rate", date(2026, 1, 1), "0.0537"), ("CIF", "colour", ROUND_2026, "project_most"),
    ("CIF replacement", "project_most", date(2029, 1, 1), "known: none"), ("Lottery", "project_most", ROUND_2026, "SCA")])
def test_a_figure_that_is_not_there_is_missed_in_words(route, name, on, words):
    with pytest.raises(MissingFigureError, match=words):
        rule(route, name, on)


# Projects by hand, in the round of 2026-27.

SOUND = {"cost_gbp": 300_000, "phase": "primary", "kind": "condition", "fees_share": 0.08, "survey_date": date(2024, 5, 1),
         "finish_date": date(2027, 8, 31), "bids": 1, "expansion_bids": 0}


def breaks(route, facts, on):
    return [sentence for sentence in project_faults(route, facts, on) if sentence.startswith("Breaks")]


def test_a_sound_project_breaks_nothing_and_is_told_what_is_not_confirmed():
    told = project_faults("CIF", SOUND, ROUND_2026)
    assert all(sentence.startswith("Not checked") and "UNCONFIRMED" in sentence for sentence in told)
    assert [next(word for word in ("itself", "project least", "expansion bids", "bids most") if word in sentence)
            for sentence in told] == ["itself", "project least", "bids most", "expansion bids"]


@pytest.mark.parametrize(("changed", "words"), [
    ({"cost_gbp": 4_000_001}, "project most"), ({"fees_share": 0.10}, "fees share below"),
    ({"survey_date": date(2022, 10, 1)}, "2022-10-01 is not after"), ({"finish_date": date(2028, 4, 1)}, "complete by"),
    ({"kind": "places"}, "places is not one of condition, compliance, expansion")])
def test_one_fact_changed_breaks_one_rule(changed, words):
    told = breaks("CIF", SOUND | changed, ROUND_2026)
    assert len(told) == 1 and words in told[0]


@pytest.mark.parametrize("at_the_limit", [
    {"cost_gbp": 4_000_000}, {"fees_share": 0.0999}, {"survey_date": date(2022, 10, 2)}, {"finish_date": date(2028, 3, 31)}])
def test_a_project_at_the_limit_breaks_nothing(at_the_limit):
    assert breaks("CIF", SOUND | at_the_limit, ROUND_2026) == []


def test_an_unconfirmed_limit_may_be_broken_and_a_confirmed_one_is():
    """The least for a secondary school is £50,000: told of the rounds to 2022-23, unconfirmed in 2026-27."""
    facts = SOUND | {"cost_gbp": 49_999, "phase": "secondary"}
    told = project_faults("CIF", facts, ROUND_2026)[0]
    assert told.startswith("May break project least of CIF: £49,999 is under the least £50,000. UNCONFIRMED")
    assert any("£50,000" in sentence for sentence in breaks("CIF", facts, date(2021, 11, 1)))
    assert not any("£20,000" in sentence for sentence in breaks("CIF", facts | {"phase": "primary"}, date(2021, 11, 1)))


def test_the_round_that_has_closed_takes_no_project():
    assert breaks("CIF", SOUND, date(2025, 12, 16)) == []
    assert breaks("CIF", SOUND, date(2025, 12, 17)) == [
        "Breaks round closes of CIF: 2025-12-17 is after 2025-12-16."]


def test_every_fact_that_is_missing_is_named():
    told = " ".join(project_faults("CIF", {}, ROUND_2026))
    for words in ("kind is", "phase of the school", "cost_gbp", "bids", "fees_share", "survey_date", "finish_date"):
        assert words in told


def test_psds4_by_hand():
    """£620,000 with £100,000 of its own is £520,000 for 1,000 t: £520 a tonne, over £510; 100 of 120 like for
    like; plant of 9 years."""
    facts = {"cost_gbp": 620_000, "contribution_gbp": 100_000, "carbon_tco2e": 1000, "like_for_like_gbp": 120_000,
             "plant_age_years": 9, "kind": "energy", "efficiency_share": 0.6, "finish_date": date(2028, 3, 31)}
    told = project_faults("PSDS4", facts, date(2024, 11, 1))
    assert [sentence.split(" of PSDS4")[0] for sentence in told] == [
        "Breaks cost per tonne most", "Breaks plant age least", "Breaks like for like least",
        "May break efficiency share most"]
    assert "£520" in told[0] and "£510" in told[0]
    mended = facts | {"contribution_gbp": 120_000, "plant_age_years": 10, "efficiency_share": None}
    assert breaks("PSDS4", mended, date(2024, 11, 1)) == []
    assert "efficiency_share is not given" in " ".join(project_faults("PSDS4", mended, date(2024, 11, 1)))


def test_a_project_that_saves_no_carbon_costs_without_end_a_tonne():
    told = breaks("PSDS4", {"cost_gbp": 1, "carbon_tco2e": 0, "kind": "energy"}, date(2024, 11, 1))
    assert len(told) == 1 and "inf" in told[0]


@pytest.mark.parametrize(("route", "words"), [
    ("PSDS4", "nothing is given on 2029-01-01"), ("Salix", "open 2010-04-01 to 2021-01-11"), ("CIF", "to 2028-08-31")])
def test_a_route_that_is_closed_takes_no_project(route, words):
    assert words in breaks(route, {"kind": "energy" if route != "CIF" else "condition"}, date(2029, 1, 1))[0]


def test_money_of_the_authority_is_for_places_and_not_the_trusts_to_plan():
    told = breaks("Basic Need", {"kind": "condition"}, date(2026, 11, 22))
    assert any("held by the local authority" in sentence for sentence in told)
    assert any("condition is not one of places" in sentence for sentence in told)


@pytest.mark.parametrize(("facts", "words"), [
    ({"price": 1}, "price"), ({"cost_gbp": -1}, "cost_gbp"), ({"cost_gbp": float("nan")}, "cost_gbp"),
    ({"fees_share": "8%"}, "fees_share"), ({"survey_date": "2024-01-01"}, "survey_date"), ({"kind": 3}, "kind")])
def test_facts_that_cannot_be_understood_are_refused(facts, words):
    with pytest.raises(ValueError, match=words):
        project_faults("CIF", facts, ROUND_2026)


def test_every_check_has_a_rule_and_every_rule_of_a_limit_its_check():
    checked = {check.rule for check in CHECKS}
    limits = {name for name in RULES.rule if "_least" in name or "_most" in name or "_below" in name}
    told = {"score_contribution_most", "score_sustainability_most", "loan_term_most", "evidence_most"}   # of no project
    assert {name for name in limits if not any(name.startswith(rule_name) for rule_name in checked)} == told
    assert all(any(name.startswith(rule_name) for name in RULES.rule) for rule_name in checked)


# The command.

def run(*words):
    return CliRunner().invoke(main, ["funding", "routes", *words])


def test_the_command_tells_on_one_screen_what_is_open_and_what_is_not_confirmed():
    done = run("--on", "2026-11-22")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0 and len(lines) < 45 and max(map(len, lines)) < 140
    text = done.stdout
    assert "PSDS4" in text and "awarded money only" in text and "Salix" not in text and "GB Energy" not in text
    starred = {line[2:26].strip() for line in lines if line.startswith("* ")}
    day = date(2026, 11, 22)
    assert starred == {row.route for row in routes_open(day).itertuples()
                       if row.unconfirmed or any(held.unconfirmed for held in rules_on(row.route, day))}
    assert {"CIF", "PSDS4"} < starred


def test_the_command_as_json_says_the_same_as_the_functions():
    told = json.loads(run("--on", "2026-11-22", "--json").stdout)
    found = routes_open(date(2026, 11, 22))
    assert told["on"] == "2026-11-22" and [row["route"] for row in told["routes"]] == list(found.route)
    cif = next(row for row in told["routes"] if row["route"] == "CIF")
    assert cif["until"] == "2028-08-31" and cif["uses"] == ["condition", "compliance", "expansion"]
    assert next(held for held in cif["rules"] if held["name"] == "round_closes")["unconfirmed"] is True


def test_the_command_refuses_what_is_no_day_and_says_where_nothing_is_open():
    wrong = run("--on", "next year")
    assert wrong.exit_code == 2 and "YYYY-MM-DD" in wrong.stderr
    assert "No funding route" in run("--on", "1980-01-01").stdout
    assert run().exit_code == 0
