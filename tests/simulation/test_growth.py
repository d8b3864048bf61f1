"""Growth: dates worked by hand, a hand-written event list, joining limits over random rules, common futures, extremes."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capplan import read_estate, read_scenario
from capplan.simulation.growth import grow
from capplan.simulation.growth_case import futures_of
from capplan.simulation.growth_findings import compare
from capplan.simulation.growth_inputs import growth_case
from capplan.simulation.growth_runs import same_futures, simulate_growth

from .event_list import by_event_list
from .growth_trust import NOTHING_HAPPENS, rules, school, trust

FIXED = {**NOTHING_HAPPENS, "assessment_least_months": 2.0, "assessment_usual_months": 2.0, "assessment_most_months": 2.0,
         "order_least_months": 1.0, "order_most_months": 1.0, "legal_least_months": 3.5, "legal_more_months": 0.0,
         "hire_least_months": 2.0, "hire_most_months": 2.0}


def one(case, seed=1):
    return grow(case, futures_of(case, seed, 1)[0])


# --- worked by hand ---------------------------------------------------------------------------------------------------


def test_a_school_whose_stages_are_fixed_joins_on_the_first_worked_out_on_paper():
    # Asks at 1.0; assessed until 3.0; board of every second month at 4.0; order until 5.0; law until 8.5: joins at 9.
    found = one(trust(rules(**FIXED), [school(1, at=1.0)]))
    assert found.joined == {"p1": 9}
    assert [(round(month, 6), what) for month, _, what in found.events] == [
        (1.0, "asks to join"), (1.0, "assessment begins"), (4.0, "board agrees"), (5.0, "academy order"), (8.5, "ready"),
        (9, "joined")]


def test_ready_on_the_first_of_a_month_is_in_that_day():
    assert one(trust(rules(**FIXED | {"legal_least_months": 4.0}), [school(1, at=1.0)])).joined == {"p1": 9}


def test_land_makes_legal_work_half_as_long_again():
    # 8.5 becomes 5 + 1.5 x 3.5 = 10.25: joins at 11.
    assert one(trust(rules(**FIXED), [school(1, at=1.0, land_issue=True)])).joined == {"p1": 11}
    assert one(trust(rules(**FIXED), [school(1, at=1.0, pfi=True)])).joined == {"p1": 11}


def test_a_desk_for_one_assesses_in_turn():
    # The second is assessed from 3.0 to 5.0, sees the board at 6.0, and joins at ceil(10.5) = 11.
    case = trust(rules(**FIXED, assessed_at_once=1), [school(1, at=1.0), school(2, at=1.5)])
    assert one(case).joined == {"p1": 9, "p2": 11}


def test_the_third_of_a_year_waits_for_september_unless_the_team_has_room():
    # All three are ready at 8.5; without room two join in May, the third on 1 September (month 12).
    schools = [school(number, at=1.0) for number in (1, 2, 3)]
    many = {**FIXED, "assessed_at_once": 3}
    busy = trust(rules(**many, resume_below_share=0.0), schools)
    assert one(busy).joined == {"p1": 9, "p2": 9, "p3": 12}
    assert one(trust(rules(**many), schools, hours=((100.0, 0.5),))).joined == {"p1": 9, "p2": 9, "p3": 9}


def test_a_sponsored_school_has_its_year_to_itself():
    schools = [school(1, at=1.0, sponsored=True), school(2, at=1.1)]
    fixed = {**FIXED, "sponsored_median_months": 3.5, "sponsored_spread": 0.0}
    assert one(trust(rules(**fixed), schools)).joined == {"p1": 9, "p2": 12}


def test_money_of_a_joined_school_is_as_on_paper():
    # Joins at 9: brings 60,000, costs 40,000, a dowry of half of 100,000; then 12,000 + 3% of 2m a year for 3 months of the
    # year, beside the trust's own 100,000 a year for the 12 months to month 12.
    growth = rules(**FIXED, dowry_share=0.5)
    found = one(trust(growth, [school(1, at=1.0, reserves_gbp=60_000.0, surplus_gbp=12_000.0)]))
    assert found.months[12][5] == pytest.approx(1_000_000 + 100_000 + 60_000 - 40_000 + 50_000 + 72_000 * 3 / 12)


def test_load_pauses_growth_and_three_calm_reviews_resume_it():
    # Four schools at 0.2 are 0.8 of one FTE: calm. A school that joins at 9 adds 0.2 + 0.4: 1.4. It decays by exp(-1/9) a
    # month: 1 + 0.4 exp(-k/9); with 1.25 FTE the load is above 0.9 (1.125) for k <= 10, and at or below 0.9 from k = 11;
    # never below 0.8 (1.0), so growth does not resume.
    growth = rules(**FIXED)
    found = one(trust(growth, [school(1, at=1.0), school(2, at=20.0)], hours=((1.25, 0.0), (9.0, 1.0))))
    assert [row[3] for row in found.months[9:12]] == [False, True, True]
    assert all(row[3] for row in found.months[10:]) and found.outcomes["p2"] == "on the way"
    assert [row[4] for row in found.months[18:22]] == ["load", "load", "easing", "easing"]
    easier = rules(**FIXED, resume_below_share=0.85)
    again = one(trust(easier, [school(1, at=1.0), school(2, at=20.0)], hours=((1.25, 0.0), (9.0, 1.0))))
    # At or below 0.85 (1.0625): 0.4 exp(-k/9) <= 0.0625, k >= 16.7: calm at months 26, 27 and 28, resumed at 28.
    # Then the second is assessed, 0.12 more: 1 + 0.4 exp(-20/9) + 0.12 = 1.163 at month 29 is above 1.125 again.
    assert [row[3] for row in again.months[25:30]] == [True, True, True, False, True]
    assert ("assessment begins", 28) in [(what, month) for month, owner, what in again.events if owner == "p2"]


def test_new_staff_are_hired_after_the_lead_and_half_productive_while_briefed():
    # A fifth school joins at 9. The review of month 10 seeks a second FTE, found at 12, half productive until 16.
    case = trust(rules(**FIXED), [school(1, at=1.0)])
    post = case.posts[0].__class__("one", (1.5, 2.5, 2.5, 2.5, 2.5), 0.0)
    estates = case.posts[0].__class__("two", (5.0,) * 5, 1.0)
    found = one(trust(rules(**FIXED), [school(1, at=1.0)], posts=(post, estates)))

    def central(month, fte):
        return (0.2 * 5 + 0.4 * np.exp(-(month - 9) / 9)) / fte
    for month, fte in ((9, 1.5), (11, 1.5), (12, 2.0), (15, 2.0), (16, 2.5)):
        assert found.months[month][1] == pytest.approx(central(month, fte)), month


# --- an event list without SimPy --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped_case(root):
    return growth_case(read_estate(root / "data" / "trusts" / "growth"), read_scenario("growth.toml"))


@pytest.mark.parametrize("changes", [{}, {"hiring": "ahead"}, {"hiring": "behind"}, {"raac_odds": 0.5},
                                     {"safety_jobs_per_school_year": 3.0}, {"assessed_at_once": 1, "most_joins": 1,
                                                                            "withdraw_yearly_odds": 0.5}])
def test_a_hand_written_event_list_gives_the_same_dates_from_the_same_draws(shipped_case, changes):
    case = shipped_case.__class__(**{**shipped_case.__dict__, "growth": rules(**changes)})
    for future in futures_of(case, 11, 25):
        found = grow(case, future)
        joined, outcomes, months = by_event_list(case, future)
        assert found.joined == joined and found.outcomes == outcomes
        assert [(row[0], row[3]) for row in found.months] == [row[:2] for row in months]
        assert np.allclose([[row[1], row[5]] for row in found.months], [row[2:] for row in months])


# --- joining limits ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.data())
def test_no_year_ever_breaks_the_joining_limits(data):
    most = data.draw(st.integers(0, 4))
    growth = rules(most_joins=most, most_joins_if_sponsored=data.draw(st.integers(0, 2)),
                   most_joins_ever=most + data.draw(st.integers(0, 2)), most_intensive_of_more=data.draw(st.integers(0, 2)),
                   assessed_at_once=data.draw(st.integers(1, 12)), pause_above_share=data.draw(st.sampled_from([0.7, 1, 9])),
                   resume_below_share=data.draw(st.sampled_from([0.3, 0.7])), withdraw_yearly_odds=0.0,
                   sponsored_median_months=data.draw(st.sampled_from([2.0, 12.0])))
    kinds = data.draw(st.lists(st.tuples(st.booleans(), st.booleans(), st.floats(0, 60)), max_size=12))
    case = trust(growth, [school(number, at=at, sponsored=sponsored, intensive=hard)
                          for number, (sponsored, hard, at) in enumerate(kinds)])
    found = one(case, data.draw(st.integers(0, 1000)))
    facts = {prospect.prospect_id: prospect for prospect in case.prospects}
    for year in range(case.years):
        came = [facts[owner] for owner, month in found.joined.items() if 12 * year <= month < 12 * (year + 1)]
        if any(prospect.sponsored for prospect in came):
            assert len(came) <= growth.most_joins_if_sponsored
        elif len(came) > growth.most_joins:
            assert len(came) <= growth.most_joins_ever
            assert sum(prospect.intensive for prospect in came) <= growth.most_intensive_of_more
    assert all(float(month).is_integer() for month in found.joined.values())


def test_the_limits_bind_where_schools_queue():
    # Otherwise the test above would hold for a rule that is never met.
    growth = rules(**FIXED | {"assessed_at_once": 12, "pause_above_share": 100.0, "resume_below_share": 0.0})
    months = sorted(one(trust(growth, [school(number, at=1.0) for number in range(9)])).joined.values())
    assert months == [9, 9, 12, 12, 24, 24, 36, 36, 48]


# --- the same futures -------------------------------------------------------------------------------------------------


def test_policies_meet_the_same_futures_and_differences_are_surer_for_it(shipped_case):
    fast = shipped_case.__class__(**{**shipped_case.__dict__, "growth": rules(pause_above_share=1.2)})
    one_, other = simulate_growth(shipped_case, 5, 80), simulate_growth(fast, 5, 80)
    assert same_futures(one_, other) and not same_futures(one_, simulate_growth(shipped_case, 6, 80))
    found = compare({"one": one_, "other": other}).query("policy == 'other' and measure == 'schools at the end'").iloc[0]
    difference = other.last_schools - one_.last_schools
    assert found.difference == pytest.approx(difference.mean())
    assert found.high - found.low == pytest.approx(2 * 1.959964 * difference.std(ddof=1) / np.sqrt(80), rel=1e-4)
    assert found.surer > 1.5


def test_another_prospect_changes_nobody_elses_draws():
    growth = rules()
    few = futures_of(trust(growth, [school(1), school(2)]), 3, 20)
    more = futures_of(trust(growth, [school(9), school(1), school(2)]), 3, 20)
    for a, b in zip(few, more, strict=True):
        assert a.coming == b.coming[1:] and a.leaves == b.leaves and a.safety == b.safety


def test_more_futures_leave_the_first_as_they_were(shipped_case):
    assert futures_of(shipped_case, 3, 12)[:5] == futures_of(shipped_case, 3, 5)
    assert futures_of(shipped_case, 3, 12, 5) == futures_of(shipped_case, 3, 12)[5:]


def test_futures_are_doubled_until_the_mean_is_known_well_enough():
    growth = rules(replicates=10, most_replicates=1000, half_width_schools=0.25)
    case = trust(growth, [school(number, by=60.0) for number in range(8)], years=6)
    runs = simulate_growth(case, 2)
    count = len(runs.runs)
    assert count > 10 and count % 10 == 0
    width = 1.959964 * runs.last_schools.std(ddof=1) / np.sqrt(count)
    half = runs.last_schools[:count // 2]
    assert width <= 0.25 < 1.959964 * half.std(ddof=1) / np.sqrt(count // 2)


# --- extremes ---------------------------------------------------------------------------------------------------------


def test_no_prospects_no_growth():
    found = one(trust(rules()))
    assert not found.joined and {row[0] for row in found.months} == {4}


def test_all_at_once_join_two_a_year_and_nobody_is_lost():
    case = trust(rules(**NOTHING_HAPPENS, pause_above_share=100.0, resume_below_share=0.0, assessed_at_once=20),
                 [school(number, at=0.5) for number in range(14)])
    found = one(case)
    years = np.bincount([int(month) // 12 for month in found.joined.values()])
    assert years.max() == 2 and len(found.joined) == 14


def test_no_staff_pauses_growth_for_good():
    found = one(trust(rules(**NOTHING_HAPPENS), [school(1)], hours=()))
    assert all(row[3] and row[4] == "load" for row in found.months) and found.outcomes == {"p1": "on the way"}


@pytest.mark.parametrize("area", ["finance", "performance", "governance"])
def test_odds_of_one_and_of_nought(area):
    case = trust(rules(**NOTHING_HAPPENS | {f"{area}_bar_odds": 1.0}), [school(number, at=number) for number in range(4)])
    assert set(one(case).outcomes.values()) == {f"declined: {area}"}
    case = trust(rules(**NOTHING_HAPPENS), [school(number, at=6.0 * number) for number in range(4)])
    assert set(one(case).outcomes.values()) == {"joined"}


def test_a_liability_above_the_limit_is_declined_and_a_dowry_helps():
    growth = rules(**NOTHING_HAPPENS | {"most_liability_share": 0.1})
    schools = [school(1, backlog_gbp=199_999.0), school(2, backlog_gbp=200_001.0)]
    assert one(trust(growth, schools)).outcomes == {"p1": "joined", "p2": "declined: assets"}
    helped = growth.model_copy(update={"dowry_share": 0.01})
    assert one(trust(helped, schools)).outcomes == {"p1": "joined", "p2": "joined"}


def test_schools_that_always_draw_back_never_join():
    found = one(trust(rules(withdraw_yearly_odds=1.0), [school(number, at=number) for number in range(5)]))
    assert set(found.outcomes.values()) == {"withdrew"}


def test_low_reserves_and_open_safety_works_pause_growth():
    poor = trust(rules(**NOTHING_HAPPENS), [school(1)], reserves_gbp=0.0, surplus_gbp=(0.0,) * 10)
    assert all(row[4] == "reserves" for row in one(poor).months)
    unsafe = rules(**NOTHING_HAPPENS | {"safety_jobs_per_school_year": 50.0, "safety_job_months": 60.0})
    found = one(trust(unsafe, [school(1)], hours=((1000.0, 0.5),)))
    assert {row[4] for row in found.months[6:]} == {"safety works"}
    # Works come at 200 a year and stay open for 60 months on average: after ten years 1000 (1 - exp(-2)) = 865 are open.
    assert abs(found.months[-1][7] - 865) < 4 * 865 ** 0.5


def test_unnamed_schools_come_at_their_rate():
    growth = rules(unnamed_per_year=3.0)
    runs = futures_of(trust(growth, [school(1), school(2)]), 4, 200)
    count = np.array([len(future.coming) - 2 for future in runs])
    assert abs(count.mean() - 30) < 4 * np.sqrt(30 / 200) and 20 < count.var() < 42   # a Poisson count: 30 and 30
    assert {coming.prospect.prospect_id for future in runs for coming in future.coming[2:]} == {"p1", "p2"}
