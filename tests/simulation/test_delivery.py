"""Delivery of a programme: theory of queues, an event list of the test's own, money to the penny, and works by hand."""

import heapq
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.energy.school_days import HOLIDAY, days_between, kinds_of_day
from capplan.machines import machines
from capplan.simulation.delivery import CREW, MONEY, ORDER, PROCUREMENT, Future, Plan, Works, deliver_in
from capplan.simulation.delivery_calendar import Calendar, school_calendar
from capplan.simulation.delivery_figures import futures_frame, half_width, schemes_frame, years_frame
from capplan.simulation.delivery_money import Pot, Purse
from capplan.simulation.delivery_runs import run_futures

NEVER = float("inf")
ALWAYS = Calendar(2026, (0.0, 1e7), ((0.0, 1e7),), ((0.0, 1e7),))
SCHOOL = school_calendar(2026, 3)


def work(name, year=0, lead=10.0, begin=0.0, weeks=4.0, cost=100.0, calendar=SCHOOL, years=3, **other):
    """One scheme in use by a school: a bill of one year, promised from the first pot."""
    windows = tuple((first, last - 0.5 * min(weeks, last - first)) for first, last in calendar.summers[:years])
    settings_ = {"bills": ((0, cost),), "promised": ((0, 0, cost),) if cost else (), "payers": ((0,),) * years,
                 "trade": "Roofs", "in_holidays": True, "windows": windows} | other
    return Works(name, settings_.pop("school", "A"), settings_.pop("trade"), year, year, lead, begin, weeks,
                 **settings_)


def plan_of(works, pots=None, years=3, calendar=SCHOOL, team=99, crews=99, **other):
    """A plan with money for everything unless pots are given."""
    pots = (Pot("R", 1e9, 0, years - 1, reserves=True),) if pots is None else tuple(pots)
    own = tuple(tuple(place for place, pot in enumerate(pots) if pot.reserves) for _ in range(years))
    settings_ = {"tender_factors": (1.0,) * years, "contingency_gbp": (0.0,) * years, "urgent_payers": own} | other
    return Plan(tuple(works), pots, calendar, years, procurements_at_once=team,
                crews=dict.fromkeys({one.trade for one in works}, crews), **settings_)


def future_of(count, **other):
    """A future in which everything goes to plan but what is given."""
    ones = dict.fromkeys(("lead", "duration", "dearness", "won"), (1.0,) * count)
    return Future(**(ones | {"asbestos_share": (0.0,) * count} | other))


def queue(arrivals, services, team):
    """Mean wait of procurements for a place in the team."""
    works = [work(f"w{number}", begin=float(at), lead=1.0, weeks=0.0, cost=0.0, years=1, windows=((0.0, 1e7),))
             for number, at in enumerate(arrivals)]
    found = deliver_in(plan_of(works, years=1, calendar=ALWAYS, team=team), future_of(len(works), lead=tuple(services)))
    return float(np.mean(np.array(found.ready) - arrivals - services))


def test_waits_of_exponential_procurements_are_those_of_erlang():
    rng = np.random.default_rng(3)
    arrivals, services = rng.exponential(2.0, 8_000).cumsum(), rng.exponential(1.0, 8_000)
    assert queue(arrivals, services, 1) == pytest.approx(0.5 / (1.0 - 0.5), rel=0.15)  # M/M/1: rho / (mu - lambda)
    assert queue(arrivals / 2, services, 2) == pytest.approx((1 / 3) / (2.0 - 1.0), rel=0.15)  # M/M/2: Erlang C is 1/3
    assert queue(arrivals, np.ones(8_000), 1) == pytest.approx(0.5 * 0.5 / (1.0 - 0.5), rel=0.15)  # M/D/1: half of M/M/1


def by_event_list(works, future, team, crews, years):
    """Start and finish of works by an event list: no SimPy, no money."""
    events, order, waiting, busy = [], iter(range(10**6)), [], 0
    queues, in_use = {}, dict.fromkeys({one.trade for one in works}, 0)
    start, finish = [NEVER] * len(works), [NEVER] * len(works)

    def put(when, what, place):
        heapq.heappush(events, (when, next(order), what, place))

    def window(place, now):
        year = next((year for year in range(works[place].year, years) if now <= works[place].windows[year][1] + 1e-9), None)
        if year is not None:
            put(max(now, works[place].windows[year][0]), "site", place)

    for place, one in enumerate(works):
        put(one.begin_week, "ask", place)
    while events:
        now, _, what, place = heapq.heappop(events)
        one = works[place]
        if what == "ask":
            heapq.heappush(waiting, (one.year - one.must, now, next(order), place))
        elif what == "procured":
            busy -= 1
            window(place, now)
        elif what == "site":
            heapq.heappush(queues.setdefault(one.trade, []), (one.year - one.must, now, next(order), place))
        elif what == "build":
            start[place] = now
            put(SCHOOL.after(now, one.works_weeks * future.duration[place]), "done", place)
        else:
            finish[place] = now
            in_use[one.trade] -= 1
        while waiting and busy < team:
            first = heapq.heappop(waiting)[3]
            busy += 1
            put(now + works[first].lead_weeks * future.lead[first], "procured", first)
        while queues.get(one.trade) and in_use[one.trade] < crews:
            first = heapq.heappop(queues[one.trade])[3]
            open_ = next((at for at in works[first].windows if now <= at[1] + 1e-9), None)
            if open_ is not None:
                in_use[one.trade] += 1
                put(max(now, open_[0]), "build", first)
    return start, finish


@pytest.mark.parametrize("seed", range(12))
def test_the_same_draws_give_the_dates_of_an_event_list_written_by_hand(seed):
    rng = np.random.default_rng(seed)
    works = [work(f"w{number}", int(rng.integers(0, 3)), float(rng.uniform(5, 30)), float(rng.uniform(0, 60)),
                  float(rng.uniform(1, 5)), trade=("Roofs", "ICT")[number % 2]) for number in range(14)]
    future = future_of(14, lead=tuple(rng.lognormal(0, 0.4, 14)), duration=tuple(rng.lognormal(0, 0.4, 14)))
    found = deliver_in(plan_of(works, team=3, crews=2), future)
    start, finish = by_event_list(works, future, 3, 2, 3)
    assert np.allclose(found.start, start) and np.allclose(found.finish, finish)
    assert any(found.causes)


def test_when_all_goes_to_plan_works_start_and_cost_as_planned():
    works = [work("a", 0, cost=70.0), work("b", 1, cost=50.0), work("c", 2, weeks=19.0, cost=30.0)]
    found = deliver_in(plan_of(works), future_of(3))
    assert found.start == [SCHOOL.summers[year][0] for year in range(3)]
    assert found.cost_gbp == [70.0, 50.0, 30.0] and found.causes == ["", "", ""]
    assert found.purse.out == {(0, 0): 70.0, (0, 1): 50.0, (0, 2): 30.0}
    assert SCHOOL.year_of(found.finish[0]) == 0 and SCHOOL.year_of(found.finish[2]) == 3


def test_a_finish_in_holidays_is_that_of_counting_days():
    begin, weeks = SCHOOL.summers[0][0], 9.0
    holidays = [(SCHOOL.day(first), SCHOOL.day(last) - timedelta(days=1)) for first, last in SCHOOL.holidays]
    days = days_between(SCHOOL.day(begin), "2028-12-31")
    worked = np.flatnonzero(kinds_of_day(days, holidays) == HOLIDAY)
    last = days[worked[int(weeks * 7) - 1]].astype(object)
    assert SCHOOL.day(SCHOOL.after(begin, weeks)) == last + timedelta(days=1)
    assert len(SCHOOL.summers) == 6 and all(end - first > 5 for first, end in SCHOOL.summers)


def test_late_procurement_waits_for_the_next_summer_and_says_why():
    found = deliver_in(plan_of([work("a", lead=45.0, begin=10.0)]), future_of(1))
    assert found.start == [SCHOOL.summers[1][0]] and found.causes == [PROCUREMENT]
    never = deliver_in(plan_of([work("a", year=2, lead=45.0, begin=130.0)]), future_of(1))
    assert never.start == [NEVER] and never.cost_gbp == [0.0] and never.purse.out == {}


def test_one_crew_builds_one_roof_a_summer():
    works = [work(name, weeks=5.0) for name in "ab"]
    found = deliver_in(plan_of(works, crews=1), future_of(2))
    assert found.start == [SCHOOL.summers[0][0], SCHOOL.summers[1][0]] and found.causes == ["", CREW]


def test_works_wait_for_what_they_need_first_and_for_money():
    works = [work("a", lead=45.0, begin=10.0), work("b", requires=(0,)), work("c", cost=60.0)]
    found = deliver_in(plan_of(works), future_of(3))
    assert found.start[1] >= found.start[0] and found.causes[1] == ORDER
    pots = [Pot("G", 60.0, 0, 0), Pot("R", 15.0, 1, 2, reserves=True)]
    both = replace(work("d", cost=60.0), payers=((0,), (1,), (1,)))
    poor = deliver_in(plan_of([both], pots), future_of(1, dearness=(1.1,)))
    assert poor.start == [NEVER] and poor.causes == [MONEY] and poor.purse.lapsed(2) == [60.0, 0.0]


def test_a_later_start_costs_what_tenders_have_risen_by():
    found = deliver_in(plan_of([work("a", lead=45.0, begin=10.0)], tender_factors=(1.0, 1.2, 1.5)), future_of(1))
    assert found.cost_gbp == [pytest.approx(120.0)]


def test_a_package_is_procured_once_and_saves_a_share():
    works = [work("a", lead=20.0, begin=5.0), replace(work("b", lead=6.0, begin=30.0), package=0, saving_share=0.1)]
    works[0] = replace(works[0], package=0, saving_share=0.1)
    found = deliver_in(plan_of(works, team=1), future_of(2, lead=(1.5, 9.0)))
    assert found.ready == [35.0, 35.0] and found.cost_gbp == [90.0, 90.0]


def test_asbestos_adds_weeks_and_cost_even_below_the_floor():
    pots = [Pot("R", 100.0, 0, 2, reserves=True)]
    found = deliver_in(plan_of([work("a")], pots, asbestos_weeks=3.0), future_of(1, asbestos_share=(0.25,)))
    assert found.ready == [13.0] and found.cost_gbp == [125.0] and found.purse.below_floor == [25.0, 0.0, 0.0]


def test_emergencies_take_money_and_people_until_the_works_are_done():
    works = [work("a", begin=10.0, lead=20.0)]
    hits = ((9.0, (0,), 40.0), (130.0, (0,), 40.0), (131.0, (), 5.0))
    found = deliver_in(plan_of(works, team=1, emergency_weeks=6.0), future_of(1, emergencies=hits))
    assert found.ready == [35.0]                       # the emergency has the only place until week 15
    assert found.emergencies == [(9.0, 40.0), (131.0, 5.0)]


@pytest.mark.parametrize(("won", "start"), [(1.0, SCHOOL.summers[0][0]), (0.0, NEVER)])
def test_a_bid_brings_its_money_only_when_it_is_won(won, start):
    bid = work("BID", lead=0.0, weeks=0.0, cost=5.0, no_works=True, windows=(), promised=((1, 0, 5.0),), payers=((1,),) * 3)
    works = [bid, work("a", cost=80.0)]
    pots = [Pot("CIF", 80.0, 0, 2, comes_with=0), Pot("R", 5.0, 0, 2, reserves=True)]
    found = deliver_in(plan_of(works, pots), future_of(2, won=(won, 1.0)))
    assert found.start[1] == start and found.cost_gbp[0] == 5.0


def test_money_is_taken_in_order_and_refused_as_a_whole():
    pots = [Pot("G", 100.0, 0, 0), Pot("R", 50.0, 0, 1, reserves=True)]
    purse = Purse(pots, [(0, 0, 60.0, False), (0, 0, 30.0, True)], [8.0, 0.0])
    payers = ((0, 1), (1,))
    assert purse.pay(payers, [(0, 0, 75.0)], [(0, 0, 60.0)], 0, 0, False)       # own 60, free 10 of G, free 5 of R
    assert purse.left == [30.0, 45.0] and purse.contingency_spent == [0.0, 0.0]
    assert purse.pay(payers, [(0, 0, 50.0)], [], 0, 0, False)                   # free 45, then 5 of the contingency
    assert purse.left == [30.0, 0.0] and purse.contingency_spent == [5.0, 0.0]
    assert not purse.pay(payers, [(0, 0, 4.0)], [], 0, 0, False)                # 30 are kept for what must be done
    assert purse.left == [30.0, 0.0] and purse.contingency_spent == [5.0, 0.0]
    purse.must_pay(payers, 0, 4.0)
    assert purse.contingency_spent == [8.0, 0.0] and purse.below_floor == [1.0, 0.0]
    assert purse.lapsed(1) == [30.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 0.3))
def test_money_is_conserved_in_every_pot_and_paid_for_what_was_done(seed, team, contingency):
    rng = np.random.default_rng(seed)
    pots = [Pot("G0", 300.0, 0, 1), Pot("G1", 200.0, 1, 2, most_share=0.6), Pot("R", 150.0, 0, 2, reserves=True)]
    payers = ((0, 2), (0, 1, 2), (1, 2))
    works = [work(f"w{number}", int(rng.integers(0, 3)), cost=float(rng.uniform(20, 120)), must=bool(rng.integers(0, 2)))
             for number in range(8)]
    works = [replace(one, payers=payers, promised=((payers[one.year][0], 0, one.cost_gbp),)) for one in works]
    met = tuple((float(week), (), 15.0) for week in sorted(rng.uniform(0, 150, 4)))
    plan = plan_of(works, pots, team=team, crews=2, contingency_gbp=(contingency * 300.0,) * 3, emergency_weeks=2.0)
    found = deliver_in(plan, future_of(8, lead=tuple(rng.lognormal(0, 0.5, 8)), dearness=tuple(rng.lognormal(0, 0.3, 8)),
                                       asbestos_share=tuple(rng.choice([0.0, 0.2], 8)), emergencies=met))
    purse = found.purse
    paid = np.zeros(3)
    for (pot, year), amount in purse.out.items():
        assert pots[pot].first <= year <= pots[pot].last and amount >= -1e-9
        paid[pot] += amount
    assert np.allclose(paid + purse.left, [pot.amount_gbp for pot in pots]) and min(purse.left) >= -1e-9
    assert sum(purse.contingency_spent) <= sum(plan.contingency_gbp) + 1e-9
    spent = paid.sum() + sum(purse.contingency_spent) + sum(purse.below_floor)
    assert spent == pytest.approx(sum(found.cost_gbp) + sum(cost for _, cost in found.emergencies), abs=0.1)
    assert all((cost > 0) == (start < NEVER) for cost, start in zip(found.cost_gbp, found.start, strict=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_a_larger_team_never_has_works_of_one_year_ready_later(seed, team):
    rng = np.random.default_rng(seed)
    works = [work(f"w{number}", begin=float(rng.uniform(0, 30)), lead=float(rng.uniform(2, 20))) for number in range(10)]
    future = future_of(10, lead=tuple(rng.lognormal(0, 0.5, 10)))
    few, many = (deliver_in(plan_of(works, team=size), future).ready for size in (team, team + 1))
    assert all(more <= less + 1e-9 for less, more in zip(few, many, strict=True))


def test_an_empty_programme_meets_only_emergencies():
    plan = plan_of([])
    found = deliver_in(plan, future_of(0, emergencies=((5.0, (), 7.0),)))
    met = futures_frame(plan, [found], lambda name, year: 0.0)
    assert met.outturn_gbp.tolist() == [7.0] and met.late.tolist() == [0] and met.undone.tolist() == [0]
    assert len(schemes_frame(plan, [found])) == 0 and len(years_frame(plan, [found])) == 4 * 3
    assert run_futures(plan, []) == []


def test_figures_of_four_futures_are_those_worked_by_hand():
    works = [work("a", lead=10.0, begin=30.0)]
    plan = plan_of(works)
    outturns = run_futures(plan, [future_of(1, lead=(lead,), dearness=(cost,)) for lead, cost in
                                  ((1.0, 1.0), (1.0, 2.0), (2.5, 1.0), (3.0, 4.0))])
    row = schemes_frame(plan, outturns).iloc[0]
    assert row.on_time_share == 0.5 and row.waits_for == PROCUREMENT and row.late_for_procurement_share == 0.5
    assert row.cost_p50_gbp == 150.0 and row.undone_share == 0.0
    assert row.earlier_weeks == np.ceil(60.0 - works[0].windows[0][1])       # four in five: the slowest, ready in week 60
    met = futures_frame(plan, outturns, lambda name, year: 10.0 - year)
    assert met.late.tolist() == [0, 0, 1, 1] and met.value_gbp.tolist() == [10.0, 10.0, 9.0, 9.0]
    assert met.outturn_gbp.tolist() == [100.0, 200.0, 100.0, 400.0]
    years = years_frame(plan, outturns).set_index(["measure", "year"])
    assert years.p50["started", 2026] == 0.5 and years.p90["started", 2027] == 1.0
    assert half_width([100.0, 200.0, 100.0, 400.0]) == pytest.approx(1.959964 * np.std([1, 2, 1, 4], ddof=1) * 100 / 2)


@pytest.mark.slow
def test_two_processes_find_what_one_does():
    plan = plan_of([work("a"), work("b", year=1)], team=1)
    futures = [future_of(2, lead=(1.0 + 0.3 * number, 1.0)) for number in range(6)]
    with machines(2) as executor:
        one, two = run_futures(plan, futures), run_futures(plan, futures, executor)
    assert [found.start for found in one] == [found.start for found in two] and len(two) == 6


def test_a_crew_goes_to_works_planned_earlier_before_those_that_asked_first():
    opens = SCHOOL.summers[1][0]
    works = [work("x", year=1, weeks=3.0), work("b", year=1, begin=opens, lead=0.5, weeks=1.0),
             work("c", year=0, begin=opens, lead=1.0, weeks=1.0)]
    found = deliver_in(plan_of(works, crews=1), future_of(3))
    assert np.allclose(found.start, [opens, opens + 4.0, opens + 3.0])


def test_an_emergency_is_served_before_a_procurement_that_asked_first():
    works = [work("a", begin=0.0, lead=10.0), work("b", begin=5.0, lead=4.0)]
    found = deliver_in(plan_of(works, team=1, emergency_weeks=2.0), future_of(2, emergencies=((6.0, (), 1.0),)))
    assert found.ready == [10.0, 16.0]


def test_match_funding_is_kept_and_what_is_left_on_the_last_day_lapses():
    pots = [Pot("CIF", 100.0, 0, 1, most_share=0.6), Pot("R", 100.0, 0, 1, reserves=True), Pot("late", 7.0, 0, 2)]
    purse = Purse(pots, [], [0.0, 0.0])
    assert purse.pay(((0, 1), ()), [(0, 0, 50.0)], [], 0, 0, False)
    assert purse.left == [70.0, 80.0, 7.0] and purse.lapsed(1) == [70.0, 0.0, 0.0]
