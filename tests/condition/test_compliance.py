"""What falls due under statutory duties: dates worked by hand, a slow calendar beside them, and what always holds."""

import calendar
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import reference
from capplan.condition.compliance import (
    BY_CYCLE,
    GIVEN,
    NEVER,
    NO_CYCLE,
    NO_RECORD,
    NOT_KNOWN,
    duties_due,
    later,
    missing_duties,
    next_inspections,
)
from capplan.errors import DataError

DUTIES = pd.DataFrame({
    "duty_id": ["GAS", "WIRING", "TEMPS", "PORTABLE", "NEW"],
    "duty": ["Gas check", "Wiring", "Water temperatures", "Portable appliances", "A duty to come"],
    "cycle_months": [12.0, 60.0, 1.0, None, 12.0], "legal_basis": ["G 1998", "E 1989", "C 2002", "E 1989", "N 2027"],
    "cycle_basis": "practice", "life_safety": "yes", "applies": "every site",
    "in_force_from": ["1998-10-31", "1990-04-01", "2002-11-21", "1990-04-01", "2028-04-01"]})


def items(*rows):
    """Compliance items of one site: dicts of what is told; dates as text."""
    frame = pd.DataFrame([{"item_id": f"I{number}", "site_id": "S1", "block_id": "", "duty_id": "GAS", "last_done": None,
                           "due": None, "remedial_cost_gbp": 0.0, **row} for number, row in enumerate(rows)])
    return frame.assign(last_done=pd.to_datetime(frame.last_done), due=pd.to_datetime(frame.due))


def due_of(**row):
    return duties_due(items(row), DUTIES, 2026, 5).iloc[0]


def months_on(day, months):
    """The day so many months later, or the last of a shorter month; written out with a calendar."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def academic_year(day):
    return day.year if day.month >= 9 else day.year - 1


@pytest.mark.parametrize(("duty", "last_done", "due", "year", "overdue"), [
    ("GAS", "2025-10-10", "2026-10-10", 2026, 0),
    ("GAS", "2024-10-10", "2025-10-10", 2026, 326),            # 10 October 2025 to 1 September 2026
    ("WIRING", "2024-02-29", "2029-02-28", 2028, 0),           # a leap day has no fifth birthday
    ("TEMPS", "2027-01-31", "2027-02-28", 2026, 0),
    ("TEMPS", "2027-12-31", "2028-01-31", 2027, 0),
    ("GAS", "2026-08-31", "2027-08-31", 2026, 0),              # the last day of the planning year
    ("GAS", "2026-09-01", "2027-09-01", 2027, 0),              # the first of the next
    ("WIRING", "2026-09-01", "2031-09-01", 2031, 0),
])
def test_due_dates_by_hand(duty, last_done, due, year, overdue):
    found = due_of(duty_id=duty, last_done=last_done)
    assert f"{found.due:%Y-%m-%d}" == due and found.why == BY_CYCLE
    assert (found.planning_year, found.days_overdue, found.in_plan) == (year, overdue, year < 2031)


def test_a_date_given_goes_before_the_cycle():
    found = due_of(last_done="2025-10-10", due="2026-03-01")
    assert (f"{found.due:%Y-%m-%d}", found.why, found.planning_year, found.days_overdue) == ("2026-03-01", GIVEN, 2026, 184)


def test_never_done_is_due_now_and_nobody_knows_for_how_long():
    found = due_of()
    assert (f"{found.due:%Y-%m-%d}", found.why, found.planning_year) == ("2026-09-01", NEVER, 2026)
    assert pd.isna(found.days_overdue)
    assert due_of(duty_id="PORTABLE").why == NEVER


def test_a_duty_to_come_is_due_when_it_comes_into_force():
    found = due_of(duty_id="NEW")
    assert f"{found.due:%Y-%m-%d}" == "2028-04-01" and found.planning_year == 2027


def test_without_a_cycle_there_is_no_date_and_it_is_said():
    found = due_of(duty_id="PORTABLE", last_done="2025-01-01")
    assert pd.isna(found.due) and pd.isna(found.planning_year) and not found.in_plan and found.why == NO_CYCLE
    assert due_of(duty_id="PORTABLE", last_done="2025-01-01", due="2027-01-01").planning_year == 2026


def test_overdue_days_are_counted_on_the_day_asked():
    found = duties_due(items({"last_done": "2025-10-10"}), DUTIES, 2026, 5, on="2026-11-22").iloc[0]
    assert found.days_overdue == 43                             # 10 October to 22 November


@pytest.mark.parametrize(("row", "year"), [
    ({"last_done": "2025-10-10"}, 2026),                        # works found wait for no inspection
    ({"duty_id": "WIRING", "last_done": "2025-10-10"}, 2026),
    ({"due": "2028-10-01"}, 2028), ({"due": "2020-10-01"}, 2026), ({}, 2026),
    ({"due": "2031-09-01"}, None),                              # after the plan
])
def test_remedial_works_must_be_done_in_the_year_they_are_due(row, year):
    found = due_of(remedial_cost_gbp=1000.0, **row)
    assert (None if pd.isna(found.must_do_year) else found.must_do_year) == year
    for nothing in (0.0, float("nan")):
        assert pd.isna(due_of(remedial_cost_gbp=nothing, **row).must_do_year)


def test_all_faults_are_told_at_once():
    with pytest.raises(DataError) as caught:
        duties_due(items({"duty_id": "GHOSTS"}, {}, {"last_done": "2026-01-02", "due": "2026-01-01"}), DUTIES, 2026, 5)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(2, "duty_id"), (4, "due")]


def test_no_items_give_empty_tables():
    none = items({}).iloc[:0]
    assert len(duties_due(none, DUTIES, 2026, 5)) == len(next_inspections(none, DUTIES, 2026, 5)) == 0


days = st.dates(date(2000, 1, 1), date(2035, 12, 31))


@given(days, st.integers(1, 130))
def test_months_are_added_as_a_calendar_adds_them(day, months):
    found = later(pd.Series([pd.Timestamp(day)]), pd.Series([float(months)])).iloc[0].date()
    assert found == months_on(day, months) > day
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


record = st.fixed_dictionaries({
    "duty_id": st.sampled_from(list(DUTIES.duty_id)), "last_done": st.none() | days,
    "after": st.none() | st.integers(0, 4000), "remedial_cost_gbp": st.sampled_from([0.0, 500.0])})


def drawn(rows):
    frames = [{**row, "due": None if row["after"] is None else
               (row["last_done"] or date(2020, 5, 5)) + timedelta(days=row["after"])} for row in rows]
    return items(*[{name: value for name, value in row.items() if name != "after"} for row in frames])


@settings(max_examples=60, deadline=None)
@given(st.lists(record, min_size=1, max_size=8), st.integers(2020, 2034), st.integers(1, 12))
def test_what_always_holds_of_due_dates(rows, first_year, years):
    given_items = drawn(rows)
    found = duties_due(given_items, DUTIES, first_year, years)
    assert list(found.item_id) == list(given_items.item_id)
    dated = found.due.notna()
    assert (found.due >= given_items.last_done)[dated & given_items.last_done.notna()].all()
    assert (found.planning_year[dated] >= first_year).all()
    assert dated.equals(found.why != NO_CYCLE) and found.planning_year.notna().equals(dated)
    late = found.due < pd.Timestamp(first_year, 9, 1)
    assert (found.planning_year[late] == first_year).all()
    assert ((found.days_overdue.fillna(0) > 0) == late)[found.why != NEVER].all()
    must = found.must_do_year.dropna()
    assert must.between(first_year, first_year + years - 1).all() and (found.remedial_cost_gbp[must.index] > 0).all()


def slow_inspections(row, first_year, years):
    """Due dates of one item within the plan, one after the other."""
    start, end = date(first_year, 9, 1), date(first_year + years, 9, 1)
    duty = DUTIES.set_index("duty_id").loc[row.duty_id]
    months = None if pd.isna(duty.cycle_months) else int(duty.cycle_months)
    if pd.notna(row.due):
        due = row.due.date()
    elif pd.isna(row.last_done):
        due = max(start, date.fromisoformat(duty.in_force_from))
    elif months:
        due = months_on(row.last_done.date(), months)
    else:
        return []
    found, anchor, count = [], max(due, start), 0
    while due < end:
        found.append(due)
        if not months:
            break
        count += 1
        due = months_on(anchor, months * count)
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(record, min_size=1, max_size=6), st.integers(2020, 2034), st.integers(1, 8))
def test_inspections_of_the_plan_are_those_of_a_slow_loop(rows, first_year, years):
    given_items = drawn(rows)
    found = next_inspections(given_items, DUTIES, first_year, years)
    for row in given_items.itertuples():
        own = found[found.item_id == row.item_id]
        expected = slow_inspections(row, first_year, years)
        assert [day.date() for day in own.due] == expected
        assert list(own.number) == list(range(1, len(expected) + 1))
        assert list(own.planning_year) == [max(academic_year(day), first_year) for day in expected]


def test_a_monthly_round_keeps_its_31st():
    found = next_inspections(items({"duty_id": "TEMPS", "due": "2026-10-31"}), DUTIES, 2026, 1)
    assert [f"{day:%m-%d}" for day in found.due] == ["10-31", "11-30", "12-31", "01-31", "02-28", "03-31", "04-30", "05-31",
                                                     "06-30", "07-31", "08-31"]


PLACES = pd.DataFrame([("S1", "B1", "ELEC.06"), ("S1", "B1", "ROOF.01"), ("S1", "B2", "ROOF.01"), ("S1", "", "AREA.14"),
                       ("S2", "B3", "")], columns=["site_id", "block_id", "type_id"])
KINDS = pd.DataFrame([("FIRE", "every site", ""), ("LIFT", "by component", "ELEC.06;ELEC.09"),
                      ("POOL", "by component", "AREA.14"), ("HOIST", "where there is one", "")],
                     columns=["duty_id", "applies", "type_ids"]).assign(duty="x", legal_basis="L 1990", life_safety="yes")


def missing(*records):
    frame = pd.DataFrame(records, columns=["site_id", "block_id", "duty_id"], dtype=object)
    found = missing_duties(PLACES, frame, KINDS)
    return {(row.site_id, row.block_id, row.duty_id): row.verdict for row in found.itertuples()}


def test_without_any_record_every_duty_that_applies_is_missing():
    assert missing() == {("S1", "", "FIRE"): NO_RECORD, ("S2", "", "FIRE"): NO_RECORD, ("S1", "", "LIFT"): NO_RECORD,
                         ("S1", "", "POOL"): NO_RECORD, ("S1", "", "HOIST"): NOT_KNOWN, ("S2", "", "HOIST"): NOT_KNOWN}


def test_a_record_of_the_site_covers_its_blocks_and_one_of_a_block_only_itself():
    assert not [key for key in missing(("S1", "", "FIRE")) if key[0] == "S1" and key[2] == "FIRE"]
    some = missing(("S1", "B1", "FIRE"))
    assert ("S1", "B2", "FIRE") in some and ("S1", "B1", "FIRE") not in some and ("S1", "", "FIRE") not in some
    assert ("S2", "", "FIRE") in some, "a record of one school is none of another"


def test_a_record_of_another_place_does_not_cover_the_lift():
    assert ("S1", "", "LIFT") in missing(("S1", "B2", "LIFT"))
    assert ("S1", "", "LIFT") not in missing(("S1", "B1", "LIFT"))
    assert ("S1", "", "HOIST") not in missing(("S1", "B2", "HOIST"))


def test_a_duty_that_applies_in_no_known_way_is_refused():
    with pytest.raises(ValueError, match="sometimes"):
        missing_duties(PLACES, PLACES.iloc[:0].assign(duty_id=""), KINDS.assign(applies="sometimes"))


blocks_of = st.lists(st.tuples(st.sampled_from(["S1", "S2"]), st.sampled_from(["", "B1", "B2", "B3"]),
                               st.sampled_from(["FIRE", "LIFT", "POOL", "HOIST"])), max_size=6)


@settings(max_examples=60, deadline=None)
@given(blocks_of, blocks_of)
def test_a_further_record_never_adds_a_site_and_duty(records, more):
    def pairs(found):
        return {(site, duty) for site, _, duty in found}
    assert pairs(missing(*records, *more)) <= pairs(missing(*records))


def test_the_shipped_duties_are_read_whole():
    duties = reference.load("compliance_duties")
    frame = items(*[{"duty_id": name} for name in duties.duty_id])
    found = duties_due(frame, duties, 2026, 5)
    assert (found.why == NEVER).all() and (found.planning_year == 2026).all() and found.legal_basis.str.len().gt(8).all()
    every = missing_duties(PLACES, frame.iloc[:0], duties)
    assert set(every.duty_id[every.site_id == "S2"]) == set(duties.duty_id[duties.applies != "by component"])
    assert {"LIFT-LOLER", "POOL-WATER"} <= set(every.duty_id[every.site_id == "S1"])
