"""Bills that fall pay for further measures: by hand, against a slow sum, as a property, and an audit that is not fooled."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import capplan as cp
from capplan.energy.factors import general_price_ratio
from capplan.energy.packages import use_with
from capplan.ledger import ledger_frame
from capplan.money import money
from capplan.programme.audit import audit
from capplan.programme_energy import bills_saved, fitted_by_school, into_fund, money_with, told_of_bills
from capplan.revolving_fund import fund_pots, revolved, with_fund

SCENARIO = """extends = "baseline"
name = "fund"
description = "The tiny trust with energy, an energy grant and a revolving fund."
[plan]
years = 8
[energy]
included = true
[measures]
every_years = 2
heat_pumps = false
savings_recycled_share = 1.0
[solver]
gap = 0.0002
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory, root):
    """A programme of data/tiny with 50,000 pounds for energy in 2026, before anything is recycled."""
    folder = tmp_path_factory.mktemp("fund")
    shutil.copytree(root / "data" / "tiny", folder / "estate")
    with (folder / "estate" / "grants.csv").open("a", encoding="utf-8") as file:
        file.write("GREEN,other grant,2026,50000,energy,,2028-08-31\n")
    (folder / "fund.toml").write_text(SCENARIO, encoding="utf-8")
    return cp.optimise(cp.propose(cp.forecast(cp.read_estate(folder / "estate"), cp.read_scenario(folder / "fund.toml"))))


@pytest.fixture(scope="module")
def second(first):
    """The same with what it saves."""
    return revolved(first)


def saved_by_slow_sum(programme, fitted, year):
    """Bills of one planning year without and with what is fitted, in the pounds of the day, fuel by fuel."""
    outlook, total = programme.candidates.outlook, 0.0
    for name, school in programme.candidates.energy.schools.items():
        at = year - int(outlook.energy.years[0])
        before, after = (use_with(school.premises, what) for what in ((), fitted[name]))
        for fuel in range(len(school.standing_gbp)):
            less = before.bought_kwh[fuel, at] - after.bought_kwh[fuel, at]
            total += less * school.unit_gbp_per_kwh[fuel, at]
            if before.bought_kwh[fuel, at] > 0 and not after.bought_kwh[fuel, at] > 0:
                total += school.standing_gbp[fuel, at]
        total += after.exported_kwh[at] * school.export_gbp_per_kwh[at] - school.upkeep_gbp(fitted[name])[at]
    scenario = outlook.scenario
    return total * general_price_ratio(scenario.plan.price_base, year + 1, scenario.energy.general_inflation)


def test_the_fund_pays_for_more_and_never_more_than_was_saved_before(first, second):
    assert second is not first and second.objective > first.objective
    held = {pair for pair in first.choice.items() if pair in first.candidates.energy.fitted}
    assert held and held <= set(second.choice.items()), "what fills the fund stays"
    drawn, fitted = second.draws[second.draws.pot_id.str.startswith("SAVED-")], fitted_by_school(first)
    assert drawn.amount_gbp.sum() > 10_000
    years = first.candidates.outlook.scenario.years
    saved = {year: saved_by_slow_sum(first, fitted, year) for year in years}
    for year in years:
        there = 1.0 * sum(amount for when, amount in saved.items() if when < year)
        assert drawn.amount_gbp[drawn.year <= year].sum() <= there + 0.01
    assert into_fund(second).sum() == pytest.approx(1.0 * sum(list(saved.values())[:-1]), abs=len(years))
    kinds = second.candidates.schemes.set_index("scheme_id").tag
    assert kinds[drawn.scheme_id].isin(["energy", "low carbon"]).all()


def test_not_a_pound_of_what_is_saved_is_lost_or_spent_twice(first, second):
    for programme in (first, second):
        saved, reserves = bills_saved(programme), money_with(programme).reserves
        assert reserves.bills_saved_gbp.sum() + into_fund(programme).sum() == pytest.approx(saved.sum(), abs=0.1)
        before = programme.candidates.money.reserves
        assert (reserves.surplus_gbp - before.surplus_gbp).to_list() == pytest.approx(reserves.bills_saved_gbp.to_list())
        for year in reserves.year:
            assert saved.xs(year, level="year").sum() == pytest.approx(
                saved_by_slow_sum(programme, fitted_by_school(programme), year), abs=0.01)
    pots = second.cashflow()
    fund = pots[pots.pot_id.str.startswith("SAVED-")]
    out = second.draws.amount_gbp[second.draws.pot_id.str.startswith("SAVED-")].sum()
    assert fund.in_gbp.sum() == into_fund(second).sum() and fund.out_gbp.sum() == pytest.approx(out)
    assert f"£{into_fund(second).sum():,.0f} in the revolving fund" in told_of_bills(second)[0]


def test_the_ledger_of_every_school_has_its_own_savings_and_balances(first, second, tmp_path, root):
    # The budget of data/tiny school by school, so that each has books of its own.
    shutil.copytree(root / "data" / "tiny", tmp_path / "estate")
    rows = [f"{school},{year},{income},0,0,{income - 5000 if school else 30_000 * (year == 2030)}"
            for year in range(2026, 2036) for school, income in (("ELL", 900_000), ("MAR", 1_500_000), ("", 0))]
    text = "\n".join(["school_id,year,income_gbp,staff_gbp,energy_gbp,other_costs_gbp", *rows, ""])
    (tmp_path / "estate" / "budget.csv").write_text(text, encoding="utf-8")
    purse = money(cp.read_estate(tmp_path / "estate"), first.candidates.outlook.scenario)
    assert purse.books.by_school
    for programme in (first, second):
        budgeted = dataclasses.replace(programme, candidates=dataclasses.replace(programme.candidates, money=purse))
        ledger, saved, fund = ledger_frame(budgeted), bills_saved(programme), into_fund(programme)
        before, total = purse.books.lines.set_index(["school_id", "year"]).costs_gbp, saved.groupby(level="year").sum()
        for row in ledger.itertuples():
            less = saved.get((row.school_id, row.year), 0.0)
            kept = 1 - fund.get(row.year, 0.0) / total[row.year] if total[row.year] else 0.0
            assert row.costs_gbp == pytest.approx(before[row.school_id, row.year] - less * kept, abs=0.02)
        assert ledger.groupby("year").net_gbp.sum().abs().max() < 0.01
    assert saved.groupby(level="school_id").sum().abs().min() > 1, "each school saves something"


def test_the_audit_is_not_fooled_by_a_fund_that_is_too_full(second):
    candidates = second.candidates
    assert audit(candidates, second.choice, second.draws, second.objective) == []
    years = candidates.scheme_years.assign(fills_the_fund=0.0)
    limits = candidates.limits[candidates.limits.measure != "fills_the_fund"]
    spoilt = dataclasses.replace(candidates, _frames={**candidates._frames, "scheme_years": years, "limits": limits})
    said = audit(spoilt, second.choice, second.draws, second.objective)
    assert any("revolving fund has paid" in text for text in said), "nothing fills it"


def test_without_a_share_or_savings_nothing_is_planned_again(first):
    outlook = first.candidates.outlook
    rules = outlook.scenario.measures.model_copy(update={"savings_recycled_share": 0.0})
    scenario = outlook.scenario.model_copy(update={"measures": rules})
    none = dataclasses.replace(first.candidates, outlook=dataclasses.replace(outlook, scenario=scenario))
    assert with_fund(dataclasses.replace(first, candidates=none)) is None
    idle = dataclasses.replace(first, choice={})
    assert with_fund(idle) is None and revolved(idle) is idle


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.floats(0, 1))
def test_pots_are_never_more_than_what_came_before_however_bills_go(saved, share):
    series = pd.Series(saved, range(2026, 2026 + len(saved)))
    pots = fund_pots(series, share, 2026 + len(saved) - 1)
    assert (pots.amount > 0).all() and (pots.first_year > 2026).all()
    ever = np.cumsum(np.array(saved) * share)
    for place, year in enumerate(series.index):
        opened = pots.amount[pots.first_year <= year].sum()
        least_ahead = ever[max(place - 1, 0):].min() if place else 0.0
        assert opened <= max(0.0, least_ahead) + 1e-3, "money that later bills take back is not paid out"
