"""SCA or CIF by grant year: the worked crossing dates, each rule by hand, a slow day-by-day count, bad input."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.errors import DataError
from capplan.funding.regime import grant_year_counted, passes, regime_by_year, regime_rules

YEARS = range(2026, 2031)
FAR = date(2020, 9, 1)


def trust(*rows):
    """Schools from dictionaries, named S1, S2 ... unless they have a name."""
    return pd.DataFrame([{"school_id": f"S{place}", **row} for place, row in enumerate(rows, 1)])


def census(schools, pupils, years=range(2019, 2032)):
    """The same pupils in every school and census, or by year where a dictionary is given."""
    return pd.DataFrame([(name, year, pupils[year] if isinstance(pupils, dict) else pupils)
                         for name in schools.school_id for year in years], columns=["school_id", "census_year", "pupils"])


def regimes(schools, pupils, years=YEARS, rules=None):
    found, _ = regime_by_year(schools, pupils, years, rules)
    return dict(zip(found.grant_year, found.regime, strict=True))


def of_school(schools, pupils, year, name):
    _, found = regime_by_year(schools, pupils, [year])
    return found[found.school_id == name].iloc[0]


# --- the worked examples of crossing --------------------------------------------------------------------------------


@pytest.mark.parametrize(("joins", "first_year", "months"), [(date(2026, 9, 1), 2027, 7), (date(2026, 10, 1), 2028, 18)])
def test_a_fifth_school_brings_sca_seven_or_eighteen_months_later(joins, first_year, months):
    """Four schools and a fifth, 600 pupils each. Counted on 1 September; money from the April after."""
    schools = trust({}, {}, {}, {}, {"joined": joins, "regime_before": "CIF"})
    found, _ = regime_by_year(schools, census(schools, 600), YEARS)
    sca = found[found.regime == "SCA"]
    assert sca.grant_year.to_list() == list(range(first_year, 2031))
    money = sca.first_money.iloc[0]
    assert money == date(first_year, 4, 1)
    assert (money.year - joins.year) * 12 + money.month - joins.month == months
    assert grant_year_counted(joins) == first_year
    meanwhile = found[found.grant_year < first_year]
    assert set(meanwhile.regime) == {"CIF"} and set(meanwhile.fails) == {"schools and pupils"}
    assert found[found.grant_year == first_year].changed.item() == "CIF to SCA"


def test_falling_rolls_drop_a_trust_and_the_next_april_shows_it():
    """3,010 pupils in January 2027 and 2,995 in January 2028: SCA of 2028-29 is safe, 2029-30 is CIF."""
    schools = trust({}, {}, {}, {}, {})
    rolls = {year: 602 if year < 2028 else 599 for year in range(2019, 2032)}
    found, _ = regime_by_year(schools, census(schools, rolls), YEARS)
    assert found.regime.to_list() == ["SCA"] * 3 + ["CIF"] * 2
    drop = found[found.grant_year == 2029].iloc[0]
    assert (drop.counted_on, drop.census_year, drop.pupils_counted) == (date(2028, 9, 1), 2028, 2995.0)
    assert drop.fails == "pupils" and drop.changed == "SCA to CIF" and "own deadline" in drop.reason


def test_a_school_that_leaves_takes_the_trust_below_the_same_way():
    schools = trust({"left": date(2027, 9, 1)}, {}, {}, {}, {})
    assert list(regimes(schools, census(schools, 1000)).values()) == ["SCA", "SCA", "CIF", "CIF", "CIF"]
    schools = trust({"left": date(2027, 9, 2)}, {}, {}, {}, {})
    assert list(regimes(schools, census(schools, 1000)).values()) == ["SCA", "SCA", "SCA", "CIF", "CIF"]


@pytest.mark.parametrize(("schools", "pupils", "expected"), [
    (5, 3000, True), (4, 9000, False), (5, 2999.5, False), (6, 2999, False), (0, 0, False)])
def test_both_tests_have_to_be_passed(schools, pupils, expected):
    assert bool(passes(schools, pupils)) is expected


# --- what counts ----------------------------------------------------------------------------------------------------


def test_pupils_of_special_schools_count_four_and_a_half_times_and_the_school_once():
    """Four of 400 and a special school of 312: 1,600 + 1,404 = 3,004. At 311 it is 2,999.5."""
    schools = trust({}, {}, {}, {}, {"special": True})
    for pupils, counted, regime in ((312, 3004.0, "SCA"), (311, 2999.5, "CIF")):
        counts = census(schools, 400)
        counts.loc[counts.school_id == "S5", "pupils"] = pupils
        found, _ = regime_by_year(schools, counts, [2027])
        assert (found.pupils_counted.item(), found.schools_counted.item(), found.regime.item()) == (counted, 5, regime)


def test_a_school_that_joins_after_the_census_brings_its_pupils_of_it():
    schools = trust({}, {}, {}, {}, {"joined": date(2026, 8, 31)})
    assert regimes(schools, census(schools, 600), [2027]) == {2027: "SCA"}


def test_predecessors_are_counted_for_a_school_that_took_their_place():
    """An infant and a junior school became S5 in April 2026; the census of January 2026 knows only them."""
    schools = trust({}, {}, {}, {}, {"opened": date(2026, 4, 1), "predecessors": "infants; juniors"})
    counts = census(schools[:4], 600)
    counts.loc[len(counts)] = ["infants", 2026, 250]
    counts.loc[len(counts)] = ["juniors", 2026, 350]
    found, _ = regime_by_year(schools, counts, [2027])
    assert (found.pupils_counted.item(), found.regime.item()) == (3000.0, "SCA")


def test_a_new_school_without_a_census_counts_as_a_school_without_pupils():
    schools = trust({}, {}, {}, {}, {"opened": date(2026, 9, 1)})
    found, _ = regime_by_year(schools, census(schools[:4], 750), [2027])
    assert (found.schools_counted.item(), found.pupils_counted.item(), found.regime.item()) == (5, 3000.0, "SCA")


def test_a_school_not_open_or_closed_on_the_day_is_not_counted():
    for dates in ({"opened": date(2026, 9, 2)}, {"closed": date(2026, 9, 1)}, {"closed": date(2026, 8, 31)}):
        schools = trust({}, {}, {}, {}, dates)
        found, _ = regime_by_year(schools, census(schools, 1000), [2027])
        assert (found.schools_counted.item(), found.fails.item()) == (4, "schools")


def test_the_rules_are_inputs():
    schools = trust({}, {}, {}, {})
    rules = replace(regime_rules(), least_schools=4, least_pupils=2000, count_month=4)
    assert regimes(schools, census(schools, 500), [2027], rules) == {2027: "SCA"}
    assert regime_by_year(schools, census(schools, 500), [2027], rules)[0].counted_on.item() == date(2026, 4, 1)


def test_what_nobody_confirmed_is_told_with_the_rules():
    told = " ".join(regime_rules().unconfirmed)
    for rule in ("least_schools = 5", "least_pupils = 3000", "special_multiple = 4.5", "notice_month"):
        assert rule in told
    assert "snapshot_month" not in told


# --- days and words -------------------------------------------------------------------------------------------------


def test_days_of_notice_and_of_the_first_money():
    schools = trust({}, {}, {}, {}, {"joined": date(2026, 9, 1)})
    found, _ = regime_by_year(schools, census(schools, 600), [2026, 2027])
    assert found.notice_by.to_list() == [date(2025, 10, 31), date(2026, 10, 31)]
    assert found.first_money.to_list() == [date(2026, 5, 31), date(2027, 4, 1)]
    assert found.reason[0].startswith("4 open schools on 1 September 2025 (needs 5) with 2,400 pupils in the spring "
                                      "census of 2025 (needs 3,000): too few schools and pupils")
    assert "SCA from 1 April 2027" in found.reason[1] and "CIF awards made before" in found.reason[1]


def test_what_follows_cif_is_not_known_and_the_reason_says_so():
    found, _ = regime_by_year(trust({}), census(trust({}), 100), [2028, 2029])
    assert "replaced by autumn 2028" not in found.reason[0] and "not known" in found.reason[1]


# --- schools --------------------------------------------------------------------------------------------------------

SIX = ({}, {}, {}, {}, {})


@pytest.mark.parametrize(("school", "regime", "paid", "words"), [
    ({}, "SCA", True, "goes with it"),
    ({"joined": date(2026, 12, 1), "regime_before": "CIF"}, "CIF", False, "stays with CIF"),
    ({"joined": date(2026, 12, 1), "regime_before": "SCA"}, "SCA", True, "paid to the trust it is in on 1 April 2027"),
    ({"joined": date(2027, 4, 1), "regime_before": "SCA"}, "SCA", True, "paid to the trust it is in on 1 April 2027"),
    ({"joined": date(2027, 4, 2), "regime_before": "SCA"}, "", False, "not in the trust"),
    ({"joined": date(2027, 1, 1), "invited_to_cif": 2027}, "CIF", False, "invited to the CIF round"),
    ({"joined": date(2026, 9, 1), "invited_to_cif": 2027}, "CIF", False, "invited to the CIF round"),
    ({"joined": date(2026, 9, 1), "invited_to_cif": 2026}, "SCA", True, "goes with it"),
    ({"left": date(2027, 1, 1)}, "SCA", False, "paid elsewhere"),
    ({"left": date(2026, 6, 1)}, "", False, "not in the trust"),
    ({"opened": date(2027, 1, 1)}, "SCA", True, "DfE has to confirm")])
def test_one_school_of_an_sca_trust(school, regime, paid, words):
    schools = trust(*SIX, school)
    found = of_school(schools, census(schools, 700), 2027, "S6")
    assert (found.regime, bool(found.paid_to_trust)) == (regime, paid) and words in found.reason


@pytest.mark.parametrize(("school", "regime", "words"), [
    ({}, "CIF", "goes with it"),
    ({"joined": date(2026, 12, 1), "regime_before": "SCA"}, "SCA", "goes to the body it was in before"),
    ({"joined": date(2026, 12, 1), "regime_before": "CIF"}, "CIF", "stays with CIF"),
    ({"joined": date(2026, 12, 1), "regime_before": "SCA", "invited_to_cif": 2027}, "CIF", "invited")])
def test_one_school_of_a_cif_trust_is_never_paid_sca(school, regime, words):
    schools = trust({}, {}, school)
    found = of_school(schools, census(schools, 700), 2027, "S3")
    assert found.regime == regime and not found.paid_to_trust and words in found.reason


def test_a_school_is_invited_for_its_own_year_only():
    schools = trust(*SIX, {"joined": date(2027, 1, 1), "invited_to_cif": 2027})
    _, found = regime_by_year(schools, census(schools, 700), [2027, 2028])
    assert found[found.school_id == "S6"].regime.to_list() == ["CIF", "SCA"]


# --- a slow count, and what always holds ----------------------------------------------------------------------------

DAY = st.one_of(st.none(), st.integers(0, 2000).map(lambda days: date(2024, 1, 1) + timedelta(days)))
ONE_SCHOOL = st.fixed_dictionaries({"joined": DAY, "left": DAY, "special": st.booleans(), "regime_before": st.just("CIF")})


def slow(rows, pupils, year):
    """The two tests by a loop over schools."""
    day, count, total = date(year - 1, 9, 1), 0, 0.0
    for row in rows:
        if (row["joined"] is None or row["joined"] <= day) and (row["left"] is None or row["left"] > day):
            count += 1
            total += pupils * (4.5 if row["special"] else 1)
    return count, total


@settings(max_examples=40, deadline=None)
@given(st.lists(ONE_SCHOOL, min_size=1, max_size=9), st.integers(200, 900))
def test_against_a_slow_count(rows, pupils):
    rows = [row | {"left": None} if row["joined"] and row["left"] and row["joined"] >= row["left"] else row for row in rows]
    schools = trust(*rows)
    found, by_school = regime_by_year(schools, census(schools, pupils), YEARS)
    for row in found.itertuples():
        count, total = slow(rows, pupils, row.grant_year)
        assert (row.schools_counted, row.pupils_counted) == (count, total)
        assert row.regime == ("SCA" if count >= 5 and total >= 3000 else "CIF")
    assert len(by_school) == len(found) * len(schools)
    assert set(by_school.regime) <= {"SCA", "CIF", ""} and not by_school.paid_to_trust[by_school.regime != "SCA"].any()
    cif_years = found.grant_year[found.regime == "CIF"]
    assert not by_school.paid_to_trust[by_school.grant_year.isin(cif_years)].any()


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_first_year_counted_is_the_first_whose_september_has_come(day):
    year = grant_year_counted(day)
    assert date(year - 2, 9, 1) < day <= date(year - 1, 9, 1)


@given(st.integers(0, 20), st.integers(0, 9000))
def test_one_school_or_pupil_more_never_takes_sca_away(count, pupils):
    more = passes(np.array([count, count + 1, count]), np.array([pupils, pupils, pupils + 1]))
    assert (more[1:] >= more[0]).all()


# --- bad input ------------------------------------------------------------------------------------------------------


def faults(schools, pupils, years=(2027,)):
    with pytest.raises(DataError) as caught:
        regime_by_year(schools, pupils, years)
    return [str(fault) for fault in caught.value.faults]


def test_every_missing_census_is_told_at_once():
    schools = trust({}, {}, {"predecessors": "old"})
    told = faults(schools, census(schools[:1], 100), (2027, 2028))
    assert len(told) == 4 and all("spring census of" in fault for fault in told)
    assert sum("S2" in fault for fault in told) == 2 and sum("2027" in fault for fault in told) == 2


def test_a_school_in_the_place_of_another_needs_that_ones_count():
    """Without it the test of pupils would be failed for want of a figure, and nobody would see it."""
    schools = trust({}, {}, {}, {}, {"opened": date(2026, 4, 1), "predecessors": "infants"})
    told = faults(schools, census(schools[:4], 700))
    assert len(told) == 1 and "S5 in the spring census of 2026" in told[0]


def test_a_late_joiner_has_to_say_what_it_had_before():
    schools = trust({}, {"joined": date(2026, 10, 1)}, {"opened": date(2026, 12, 1), "joined": date(2026, 12, 1),
                                                        "predecessors": "council school"})
    told = faults(schools, census(schools, 100))
    assert len(told) == 2 and all("regime_before" in fault and "SCA or CIF" in fault for fault in told)


@pytest.mark.parametrize(("row", "words"), [
    ({"regime_before": "UCS"}, "'UCS' of S1"), ({"joined": date(2026, 1, 1), "left": date(2025, 1, 1)}, "after it joined"),
    ({"opened": date(2026, 1, 1), "closed": date(2026, 1, 1)}, "after it opened")])
def test_impossible_schools_are_refused(row, words):
    schools = trust(row)
    assert any(words in fault for fault in faults(schools, census(schools, 100)))


def test_impossible_pupils_are_refused():
    schools = trust({})
    twice = pd.concat([census(schools, 100)] * 2)
    assert any("two counts" in fault for fault in faults(schools, twice))
    assert any("not negative" in fault for fault in faults(schools, census(schools, -1)))
    assert any("not negative" in fault for fault in faults(schools, census(schools, np.nan)))
    same = trust({"school_id": "A"}, {"school_id": "A"})
    assert any("more than once" in fault for fault in faults(same, census(same[:1], 1)))
