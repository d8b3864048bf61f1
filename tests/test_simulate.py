"""``capplan simulate``: a plan without risks comes out as planned, policies meet the same futures, wrong input is told."""

import json
import re
import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest

from capplan.delivery_job import AS_PLANNED, WORST_FIRST, Delivery, read_delivery
from capplan.programme.payments import draws as pay
from capplan.programme.rules_of_thumb import by_rule
from capplan.simulation.delivery import Plan, Works
from capplan.simulation.delivery_calendar import school_calendar
from capplan.simulation.delivery_figures import futures_frame, pots_frame, years_frame
from capplan.simulation.delivery_futures import Failures, emergencies_in, failures_of, futures_of, odds_of, works_that_end
from capplan.simulation.delivery_plan import Policy, delivery_plan

CALM = {"lead_spread": 0.0, "cost_spread_scale": 0.0, "time_spread_scale": 0.0, "time_bias_scale": 0.0,
        "asbestos_share": 0.0, "emergency_share": 0.0, "procurements_at_once": 1000, "crews_per_trade": 1000}


@pytest.fixture(scope="module")
def tiny_delivery(tiny_results):
    return read_delivery(tiny_results)


def under(delivery, **changes):
    """The same folder with other figures of delivery."""
    rules = delivery.scenario.delivery.model_copy(update=changes)
    scenario = delivery.scenario.model_copy(update={"delivery": rules})
    table = pd.read_csv(f"{delivery.results.folder}/components.csv", keep_default_na=False)
    return Delivery(delivery.results, delivery.candidates, delivery.inst, scenario, odds_of(delivery.candidates, scenario),
                    failures_of(table, delivery.results.outlook, scenario))


def as_planned(delivery, share=0.0, packaged=False):
    funded = delivery.results.funded
    choice = dict(zip(funded.scheme_id, funded.start_year.astype(int), strict=True))
    return Policy(AS_PLANNED, choice, delivery.results.draws, share, packaged)


def test_without_risks_every_date_and_every_pound_is_as_planned(tiny_delivery):
    calm = under(tiny_delivery, **CALM)
    plan, outturns = calm.run(as_planned(calm), 2, 0)
    planned = calm.results.cashflow
    for found in outturns:
        assert not any(found.causes) and not found.emergencies
        for works, start, finish, cost in zip(plan.works, found.start, found.finish, found.cost_gbp, strict=True):
            assert start == works.windows[works.year][0] and plan.calendar.year_of(finish) == works.finish_year
            assert cost == pytest.approx(works.cost_gbp)
        out = {(plan.pots[pot].name, 2026 + year): paid for (pot, year), paid in found.purse.out.items() if paid > 0.01}
        own = planned[(planned.out_gbp > 0) & (planned.pot_id != "contributions")]
        assert out == pytest.approx(dict(zip(zip(own.pot_id, own.year, strict=True), own.out_gbp, strict=True)), abs=0.02)
        lapsed = dict(zip([pot.name for pot in plan.pots], found.purse.lapsed(plan.years - 1), strict=True))
        assert lapsed == pytest.approx(planned[planned.pot_id != "contributions"].groupby("pot_id").lapsed_gbp.sum()
                                       .reindex(list(lapsed)).to_dict(), abs=0.02)
    years = years_frame(plan, outturns, calm.results.reserves).set_index(["measure", "year"]).p50
    assert np.allclose(years["reserves_gbp"], calm.results.reserves.closing_gbp, atol=0.05)


def test_policies_meet_the_same_futures_and_more_futures_change_none(tiny_delivery):
    rule = by_rule(tiny_delivery.candidates, tiny_delivery.inst, WORST_FIRST)
    worst = Policy(WORST_FIRST, rule.choice, pay(tiny_delivery.inst, rule.choice))
    inputs = tiny_delivery.candidates, tiny_delivery.inst, tiny_delivery.scenario
    plans = [delivery_plan(*inputs, policy) for policy in (as_planned(tiny_delivery), worst)]
    draw = partial(futures_of, odds=tiny_delivery.odds, scenario=tiny_delivery.scenario, seed=4)
    first, other, longer = draw(plans[0], replicates=5), draw(plans[1], replicates=5), draw(plans[0], replicates=9)
    assert longer[:5] == first
    place = [{works.name: number for number, works in enumerate(plan.works)} for plan in plans]
    both = set(place[0]) & set(place[1])
    assert both and len({future.lead for future in first}) == 5
    for one, two in zip(first, other, strict=True):
        for name in both:
            for field in ("lead", "duration", "dearness", "asbestos_share"):
                assert getattr(one, field)[place[0][name]] == getattr(two, field)[place[1][name]]


def test_emergencies_are_as_many_as_the_outlook_expects_and_end_with_the_works(tiny_delivery):
    failures, scenario = tiny_delivery.failures, tiny_delivery.scenario
    plan = delivery_plan(tiny_delivery.candidates, tiny_delivery.inst, scenario, as_planned(tiny_delivery))
    met = emergencies_in(failures, plan.calendar, plan.tender_factors, 400, 1)
    counts = np.array([len(own) for own in met])
    expected = failures.a_year.sum()
    assert abs(counts.mean() - expected) < 4 * np.sqrt(expected / 400)
    parts = pd.read_csv(f"{tiny_delivery.results.folder}/components.csv")
    outlook = tiny_delivery.results.outlook
    growth = outlook[outlook.plan == "without"].expected_failures.iloc[:10]
    by_hand = scenario.delivery.emergency_share * parts.fails_in_first_year.sum() * (growth / growth.iloc[0]).sum()
    assert expected == pytest.approx(by_hand)
    assert all(own == sorted(own) for own in met)
    assert emergencies_in(failures, plan.calendar, plan.tender_factors, 30, 1) == met[:30]
    ends = works_that_end(failures, plan, tiny_delivery.candidates.schemes)
    names = {plan.works[place].name for places in ends for place in places}
    assert names and all(plan.works[place].name.startswith(failures.places[group][0]) for group, places in enumerate(ends)
                         for place in places if "grounds" not in failures.places[group][0])


def test_money_is_conserved_by_pot_and_enough_of_it_leaves_nobody_waiting(tiny_delivery):
    for share in (0.0, 0.1, 50.0):
        plan, outturns = tiny_delivery.run(as_planned(tiny_delivery, share), 40, 2)
        pots = pots_frame(plan, outturns)
        assert np.allclose(pots.in_gbp, pots.out_gbp + pots.lapsed_gbp + pots.closing_gbp)
        assert (pots[["in_gbp", "out_gbp", "lapsed_gbp", "closing_gbp"]] > -0.01).all(axis=None)
        met = futures_frame(plan, outturns, tiny_delivery.value_of, tiny_delivery.results.reserves)
        assert (met.below_floor_gbp <= met.taken_gbp + 1.0).all()
        spent = pots.groupby("future").out_gbp.sum() + met.taken_gbp
        assert np.allclose(spent, met.outturn_gbp, atol=0.1)
    assert not any("money" in found.causes for found in outturns) and met.taken_gbp.max() == 0


def test_the_contingency_for_four_in_five_is_enough_in_four_of_five(tiny_delivery):
    plan, outturns = tiny_delivery.run(as_planned(tiny_delivery, 100.0), 60, 8)
    need = np.sort([sum(found.purse.contingency_spent) for found in outturns])
    enough = float(np.quantile(need, 0.8, method="higher"))
    assert enough == need[48] > 0                                     # 48 of 60 need less
    total = sum(works.cost_gbp for works in plan.works)
    for share, fewest, most in ((enough / total, 49, 60), (0.9 * need[0] / total, 0, 0 if need[0] > 0 else 60)):
        _, held = tiny_delivery.run(as_planned(tiny_delivery, share * (1 + 1e-9)), 60, 8)
        well = sum("money" not in found.causes and sum(found.purse.below_floor) < 0.01 for found in held)
        assert fewest <= well <= most


def test_an_empty_programme_is_simulated(tiny_delivery):
    none = Policy("nothing", {}, tiny_delivery.results.draws.iloc[:0])
    plan, outturns = tiny_delivery.run(none, 3, 0)
    met = futures_frame(plan, outturns, tiny_delivery.value_of)
    assert not plan.works and (met.outturn_gbp == met.emergency_gbp).all() and (met.late == 0).all()


def test_packages_hold_one_trade_of_one_year_at_several_schools(tiny_delivery):
    rules = tiny_delivery.scenario.delivery
    plan = delivery_plan(tiny_delivery.candidates, tiny_delivery.inst, tiny_delivery.scenario,
                         as_planned(tiny_delivery, packaged=True))
    led = {}
    for works in plan.works:
        if works.package >= 0:
            led.setdefault(works.package, []).append(works)
            assert works.saving_share == rules.package_saving_share
        else:
            assert works.saving_share == 0.0
    assert led
    for leader, own in led.items():
        assert {(works.trade, works.year) for works in own} == {(plan.works[leader].trade, plan.works[leader].year)}
        assert len({works.school for works in own}) >= rules.package_least_schools
        assert plan.works[leader].lead_weeks == max(works.lead_weeks for works in own)


def test_a_market_moves_all_costs_together_and_bias_lengthens_works(tiny_delivery):
    costs = tiny_delivery.scenario.costs.model_copy(update={"shared_variance_share": 1.0})
    rules = tiny_delivery.scenario.delivery.model_copy(update={"time_spread_scale": 0.0})
    scenario = tiny_delivery.scenario.model_copy(update={"costs": costs, "delivery": rules})
    plan = delivery_plan(tiny_delivery.candidates, tiny_delivery.inst, scenario, as_planned(tiny_delivery))
    futures = futures_of(plan, odds_of(tiny_delivery.candidates, scenario), scenario, 5, 0)
    for future in futures:
        assert len({round(cost, 12) for cost in future.dearness}) == 1 and future.dearness[0] != 1.0
        assert set(future.duration) == {1.04}                        # the published bias of estimates at concept
    assert len({future.dearness[0] for future in futures}) == 5


def test_failures_of_a_block_end_with_works_on_the_whole_of_it():
    calendar = school_calendar(2026, 1)
    works = [Works(name, "S", "", 0, 0, 1.0, 0.0, 1.0, ((46.0, 50.0),), True, ()) for name in ("roof", "block", "field")]
    plan = Plan(tuple(works), (), calendar, 1, (1.0,), (0.0,), 1, {"": 1})
    schemes = pd.DataFrame({"scheme_id": ["roof", "block", "field"], "block_id": ["B1", "B2", ""], "site_id": "X",
                            "element": ["Roofs", "Whole block", "Playing fields"]})
    failures = Failures((("B1", "Roofs"), ("B2", "Roofs"), ("X.grounds", "Playing fields"), ("B1", "Ceilings")), None, None)
    assert works_that_end(failures, plan, schemes) == [(0,), (1,), (2,), ()]


@pytest.fixture(scope="module")
def simulated(tiny_results, tmp_path_factory, capplan):
    out = tmp_path_factory.mktemp("simulated") / "out"
    done = capplan("simulate", tiny_results, "--replicates", "30", "--seed", "5", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    return out, json.loads(done.stdout)


def test_the_command_writes_what_it_tells(simulated):
    out, facts = simulated
    assert facts == json.loads((out / "simulation.json").read_text())
    met, policies = pd.read_csv(out / "futures.csv"), pd.read_csv(out / "policies.csv")
    assert len(met) == facts["futures"] == 30
    assert facts["outturn_gbp"]["p90"] == pytest.approx(met.outturn_gbp.quantile(0.9), abs=0.01)
    assert facts["below_floor_share"] == pytest.approx((met.below_floor_gbp > 1).mean(), abs=1e-4)
    enough = policies.set_index("policy").loc["no end of contingency"]
    assert enough.below_floor_share == 0 and {AS_PLANNED, WORST_FIRST} <= set(policies.policy)
    assumed = pd.read_csv(out / "assumptions.csv")
    assert facts["assumptions"] == (assumed.status == "ASSUMPTION").sum() > 20 and assumed.source.notna().all()
    page = (out / "simulation.html").read_text()
    assert "copes" in page or "does not cope" in page
    heads = re.findall(r'class="n">([^<]*)</th>', page.rsplit("<thead>", 1)[1])
    for row in policies.itertuples():
        cells = re.search(rf'<th scope="row">{re.escape(row.policy)}</th>(.*)</tr>', page).group(1)
        shown = dict(zip(heads, re.findall(">([^<]+|)</td>", cells), strict=True))
        assert shown["Emergencies"] == f"{row.emergencies:.1f}" and shown["Late"] == f"{row.late:.1f}"
    assert page.count("<img") == page.count("alt=") and "http" not in page.replace("http://www.w3.org", "")


def test_precision_decides_how_many_futures_where_nobody_does(tiny_delivery):
    from capplan.delivery_job import _enough_futures
    from capplan.simulation.delivery_figures import half_width
    loose, tight = (under(tiny_delivery, precision_share=share, most_futures=250) for share in (0.05, 0.0001))
    counts = [len(_enough_futures(own, as_planned(own), None, 0, None, lambda text: None)[1]) for own in (loose, tight)]
    assert counts[0] < counts[1] == 250
    plan, outturns = loose.run(as_planned(loose), counts[0], 0)
    cost = futures_frame(plan, outturns, loose.value_of).outturn_gbp
    assert half_width(cost) <= 0.05 * cost.mean()


def test_a_wrong_folder_is_refused_with_all_its_faults(tiny_results, tmp_path, capplan):
    broken = shutil.copytree(tiny_results, tmp_path / "broken")
    (broken / "scenario.toml").unlink()
    (broken / "candidates" / "scheme_years.csv").unlink()
    table = pd.read_csv(broken / "components.csv").astype({"fails_in_first_year": object})
    table.loc[1, "fails_in_first_year"] = "often"
    table.drop(columns="cost_to_a_gbp").to_csv(broken / "components.csv", index=False)
    done = capplan("simulate", broken, "--out", tmp_path / "out")
    assert done.exit_code == 2 and not (tmp_path / "out").exists()
    for words in ("scenario.toml", "scheme_years.csv", "cost_to_a_gbp", "often"):
        assert words in done.stderr, done.stderr
    assert capplan("simulate", tmp_path / "nowhere", "--out", tmp_path / "out").exit_code == 2
    assert capplan("simulate", tiny_results, "--replicates", "1", "--out", tmp_path / "out").exit_code == 2
