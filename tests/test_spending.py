"""What is added to costs by their stage, when schemes pay, what others pay, what is capital, and works that overrun."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_candidates, read_estate, read_scenario
from capplan.candidates import CONTRIBUTIONS
from capplan.certainty import cost_risk_frame, programme_certainty, scheme_certainty
from capplan.errors import CandidatesError, DataError, ScenarioError
from capplan.programme.audit import audit
from capplan.reference import load
from capplan.results import reserves_frame, schemes_frame, treatments
from capplan.runs import write_choice
from capplan.tables import STAGES

from .test_outlook import changed, edit

PENNY = 0.011


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


def candidates_of(folder, scenario):
    return propose(forecast(read_estate(folder), scenario))


def planned(folder, scenario):
    return optimise(candidates_of(folder, scenario), gap=0.05, time_limit_s=10)


def bills(candidates, scheme):
    """Payments of a scheme: start year to {year: cost}."""
    rows = candidates.spend[candidates.spend.scheme_id == scheme]
    return {start: dict(zip(own.year, own.cost, strict=True)) for start, own in rows.groupby("start_year")}


# --- what is added to a cost ----------------------------------------------------------------------------------------


def test_stages_have_their_figures():
    for name in ("cost_stages", "optimism_bias"):
        assert tuple(load(name).stage) == STAGES
    ranges = load("cost_stages")
    assert ranges.low_share.is_monotonic_decreasing and ranges.high_share.is_monotonic_decreasing


def test_optimism_bias_falls_from_the_published_upper_bound_to_the_lower_one_in_equal_steps():
    """24%, 2% and a third of the way each between, to four places."""
    bias = load("optimism_bias").optimism_bias_share
    assert bias.tolist() == [0.24, round(0.24 - 0.22 / 3, 4), round(0.24 - 0.44 / 3, 4), 0.02, 0.02]


@pytest.mark.parametrize(("stage", "factor"), [("concept", 1.1 * 1.34), ("feasibility", 1.1 * 1.2667), ("tender", 1.175),
                                               ("design", 1.1 * 1.1933), ("contract", 1.075)])
def test_on_costs_by_stage_by_hand(baseline, stage, factor):
    """Preliminaries 10%, fees 10%, the greater of contingency 7.5% and the stage's bias. Tenders hold the preliminaries; at
    contract the fees are committed."""
    scenario = changed(baseline, costs={"preliminaries_share": 0.1, "optimism_bias_in_contingency": False})
    assert scenario.on_costs(stage).factor == pytest.approx(factor, abs=1e-12)


def test_where_contingency_stands_for_the_bias_only_contingency_is_added(baseline):
    assert baseline.on_costs("concept").factor == pytest.approx(1.175)
    assert read_scenario("baseline.toml", "optimism_bias").on_cost_factor == pytest.approx(1.34)
    assert baseline.on_costs("concept").fees_part == pytest.approx(0.1 / 1.175)


def test_the_stage_of_listed_works_by_hand(tiny, baseline):
    """W1 20,000 tendered: x 1.175; W2 36,000 committed, so at contract: x 1.075 = 38,700, its fees being committed."""
    edit(tiny, "works", "W2", status="committed")
    edit(tiny, "works", "W1", stage="tender")
    found = candidates_of(tiny, baseline)
    real = found.scheme_years.drop_duplicates("scheme_id").set_index("scheme_id").cost_real_gbp
    assert (real["work.W1"], real["work.W2"]) == (23_500, 38_700)
    stage = found.schemes.set_index("scheme_id").stage
    assert (stage["work.W1"], stage["work.W2"]) == ("tender", "contract")
    assert set(stage.drop(["work.W1", "work.W2"])) == {"concept"}


def test_a_committed_work_may_say_its_stage_itself(tiny, baseline):
    edit(tiny, "works", "W2", status="committed", stage="design")
    years = candidates_of(tiny, baseline).scheme_years.drop_duplicates("scheme_id").set_index("scheme_id")
    assert years.cost_real_gbp["work.W2"] == 42_300


def test_vat_and_rises_by_year_by_hand(tiny, baseline):
    """W1 at a voluntary-aided school: 20,000 x 1.175 x 1.2 = 28,200 real; prices rise 10%, then 5%: 32,571 in 2028."""
    edit(tiny, "schools", "ELL", voluntary_aided="yes")
    scenario = changed(baseline, costs={"tender_inflation_by_year": (0.1, 0.05), "vat_rate_voluntary_aided": 0.2})
    found = bills(candidates_of(tiny, scenario), "work.W1")
    assert found == {2026: {2026: 28_200}, 2027: {2027: 31_020}, 2028: {2028: 32_571}}


def test_rises_that_cannot_be_are_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text('extends = "baseline"\nname = "own"\ndescription = "x"\n[costs]\n'
                    "tender_inflation_by_year = [0.03, 3.2]\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"costs.tender_inflation_by_year .*3\.2"):
        read_scenario(path)


# --- when works are paid for ----------------------------------------------------------------------------------------


def test_usual_practice_by_hand(tiny):
    """W2 42,300 in 2027-28 prices: x 1.032 = 43,654. Fees are 10/117.5 of it, 3,715.23, half of them (1,857.6) a year
    before; 1.5% of the works of 39,938.77 (599.1) a year after."""
    found = bills(candidates_of(tiny, read_scenario("baseline.toml", "profile")), "work.W2")
    assert found[2027] == {2026: 1858, 2027: 43654 - 1858 - 599, 2028: 599}
    assert sum(found[2026].values()) == 42_300 and set(found[2026]) == {2026, 2027}, "no year before the plan"


def test_retention_after_the_plan_is_set_aside_in_its_last_year(tiny):
    scenario = read_scenario("baseline.toml", "profile")
    found = candidates_of(tiny, scenario)
    last = scenario.years[-1]
    assert set(found.spend.year) <= set(scenario.years)
    ends = found.spend[found.spend.start_year == last]
    assert len(ends) and set(ends.year) <= {last - 1, last}
    assert any("set aside" in note for note in found.notes)


def test_a_listed_work_may_have_its_own_profile(tiny, baseline):
    """A fifth before, three tenths after; the rest, and all of the rounding, in between."""
    edit(tiny, "works", "W2", paid_before_share="0.2", paid_after_share="0.3")
    found = bills(candidates_of(tiny, baseline), "work.W2")
    assert found[2027] == pytest.approx({2026: 8731, 2027: 21827, 2028: 13096}, abs=1)
    assert sum(found[2027].values()) == 43654


def test_shares_of_a_listed_work_that_exceed_its_cost_are_a_fault(tiny):
    edit(tiny, "works", "W2", paid_before_share="0.6", paid_after_share="0.5")
    with pytest.raises(DataError, match="paid_after_share"):
        read_estate(tiny)


def test_works_over_two_summers_are_finished_and_help_a_year_later(tiny, baseline):
    """Every scheme is large. What stands for a start is the value, and the real cost, of works done a year later."""
    two = changed(baseline, profile={"second_summer_share": 0.5, "two_summers_from_gbp": 0})
    one, late = (candidates_of(tiny, scenario) for scenario in (baseline, two))
    usual = one.scheme_years.set_index(["scheme_id", "start_year"])
    compared = 0
    for row in late.scheme_years.itertuples():
        assert row.finish_year == row.start_year + 1
        key = row.scheme_id, row.start_year + 1
        if key in usual.index and not row.scheme_id.startswith("work."):
            expected = tuple(usual.loc[key, ["value", "cost_real_gbp"]])
            assert (row.value, row.cost_real_gbp) == pytest.approx(expected, abs=0.02)
            compared += 1
    assert compared > 50
    ended = late.scheme_years[late.scheme_years.start_year == two.years[-1]]
    assert len(ended) and (ended.value == 0).all(), "what is finished after the plan avoids nothing inside it"
    roof = bills(late, "MAR-1-A.ROOF.renew")
    year = min(roof)
    assert list(roof[year]) == [year, year + 1] and roof[year][year + 1] == pytest.approx(sum(roof[year].values()) * (
        1 - 0.1 / 1.175) / 2, abs=1)


def test_the_outlook_with_the_programme_treats_what_is_finished_when_it_is(tiny, baseline):
    """The value of the programme is the loss it avoids, worked out from the course with its works."""
    scenario = changed(baseline, profile={"second_summer_share": 0.5, "two_summers_from_gbp": 0},
                       schemes={"replace_unsupported": False})
    programme = planned(tiny, scenario)
    outlook = programme.candidates.outlook
    works = treatments(programme)
    finish = programme.candidates.scheme_years.set_index(["scheme_id", "start_year"]).finish_year
    done = {scheme: int(finish[scheme, year]) for scheme, year in programme.choice.items()}
    for scheme, rows in programme.candidates.members.items():
        if scheme in done:
            treated = works.year[rows]
            expected = done[scheme] - scenario.plan.first_year
            assert set(treated[treated >= 0]) <= {expected} and (expected < outlook.horizon or (treated < 0).all())
    assert (works.year >= 0).any()
    along, nothing = outlook.course(works), outlook.nothing
    factor = (1 + scenario.plan.discount_rate) ** -np.arange(outlook.horizon + 1.0)

    def lost(course):
        yearly = [(course.shares[t] * outlook.loss.yearly_gbp).sum() + course.failures[t] @ outlook.loss.failure_gbp
                  for t in range(outlook.horizon)]
        return float(np.dot(yearly, factor[:-1]) + (course.shares[-1] * outlook.loss.handed_on_gbp).sum() * factor[-1])

    listed = sum(row.value for row in programme.candidates.scheme_years.itertuples()
                 if programme.choice.get(row.scheme_id) == row.start_year and row.scheme_id.startswith("work."))
    assert programme.objective - listed == pytest.approx(lost(nothing) - lost(along), rel=1e-6)


def test_the_audit_and_the_pots_hold_over_a_profile(tiny):
    programme = planned(tiny, read_scenario("baseline.toml", "profile"))
    assert audit(programme.candidates, programme.choice, programme.draws, programme.objective) == []
    owed = programme.candidates.spend
    owed = owed[[programme.choice.get(k) == t for k, t in zip(owed.scheme_id, owed.start_year, strict=True)]]
    paid = programme.draws.groupby(["scheme_id", "year"]).amount_gbp.sum()
    assert paid.to_dict() == pytest.approx(owed.set_index(["scheme_id", "year"]).cost.to_dict(), abs=PENNY)
    assert (owed.year != owed.start_year).any()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_money_is_conserved_whatever_the_profile_the_contributions_and_the_overrun(tiny, baseline, seed):
    """Every pound owed is paid once; what others pay comes in and goes out; every pot balances; the audit agrees."""
    random = np.random.default_rng(seed)
    give = random.integers(0, 60_000, 2)
    edit(tiny, "works", "W1", contribution_gbp=str(give[0]), paid_before_share=f"{random.uniform(0, 0.5):.3f}")
    edit(tiny, "works", "W2", contribution_gbp=str(give[1]), paid_after_share=f"{random.uniform(0, 1):.3f}", use="condition",
         cost_gbp="9000", loss_avoided_gbp_per_year="90000")
    scenario = changed(
        baseline, profile={"fees_before_share": random.uniform(), "retention_share": random.uniform(0, 0.2),
                           "second_summer_share": random.uniform(0, 0.9), "two_summers_from_gbp": 30_000.0},
        shocks={"overrun_years": int(random.integers(0, 3)), "overrun_share": random.uniform()},
        costs={"capital_from_gbp": float(random.choice([0, 15_000]))}, schemes={"replace_unsupported": False})
    parts = pd.read_csv(tiny / "components.csv", dtype=str, keep_default_na=False)
    parts.assign(priority="3", statutory="no", due_year="").to_csv(tiny / "components.csv", index=False)
    made = planned(tiny, scenario)
    assert audit(made.candidates, made.choice, made.draws, made.objective) == []
    flow, spend = made.cashflow(), made.candidates.spend
    balance = flow.opening_gbp + flow.in_gbp - flow.out_gbp - flow.lapsed_gbp - flow.closing_gbp
    assert (balance.abs() <= PENNY).all() and flow.out_gbp.sum() == pytest.approx(made.draws.amount_gbp.sum(), abs=1)
    mine = spend[[made.choice.get(k) == t for k, t in zip(spend.scheme_id, spend.start_year, strict=True)]]
    assert made.draws.amount_gbp.sum() == pytest.approx(mine.cost.sum(), abs=1)
    others = made.draws.amount_gbp[made.draws.pot_id == CONTRIBUTIONS].sum()
    assert others == pytest.approx(mine.contributed_gbp.sum(), abs=0.1)
    assert "work.W2" in made.choice


# --- works that overrun ---------------------------------------------------------------------------------------------


def test_an_overrun_moves_bills_and_benefit_and_never_helps(tiny, baseline):
    late = changed(baseline, shocks={"overrun_years": 1, "overrun_share": 0.5})
    on_time, overrun = planned(tiny, baseline), planned(tiny, late)
    assert overrun.objective < on_time.objective
    found = bills(overrun.candidates, "work.W2")
    slips = 42_300 * (1 - 0.1 / 1.175) / 2
    assert found[2026] == pytest.approx({2026: 42_300 - slips, 2027: slips}, abs=1)
    assert set(found[2034]) == {2034, 2035}
    years = overrun.candidates.scheme_years.set_index(["scheme_id", "start_year"])
    usual = on_time.candidates.scheme_years.set_index(["scheme_id", "start_year"])
    assert years.value["work.W2", 2030] == usual.value["work.W2", 2031]


def test_the_shipped_overrun_is_half_of_the_bills_by_a_year():
    shocks = read_scenario("redteam_overrun.toml").shocks
    assert (shocks.overrun_years, shocks.overrun_share) == (1, 0.5)
    assert shocks.model_copy(update={"overrun_years": 0, "overrun_share": 0.0}) == read_scenario("baseline.toml").shocks


# --- what others pay ------------------------------------------------------------------------------------------------


def given_to(folder, amount_gbp, **more):
    edit(folder, "works", "W1", contribution_gbp=str(amount_gbp), **more)


def test_a_contribution_lessens_what_the_pots_pay_and_is_shown(tiny, baseline):
    """9,000 towards W1: in 2026-27 it costs 23,500, of which the pots pay 14,500."""
    given_to(tiny, 9000, must_start_by="2026")
    programme = planned(tiny, baseline)
    mine = programme.draws[programme.draws.scheme_id == "work.W1"]
    assert mine.amount_gbp.sum() == pytest.approx(23_500)
    assert mine[mine.pot_id == CONTRIBUTIONS].amount_gbp.tolist() == [9000]
    flow = programme.cashflow()
    own = flow[flow.pot_id == CONTRIBUTIONS]
    assert own[["route", "year", "in_gbp", "out_gbp", "lapsed_gbp", "closing_gbp"]].to_numpy().tolist() == [
        ["contribution", 2026, 9000, 9000, 0, 0]]
    assert flow.out_gbp.sum() == pytest.approx(programme.draws.amount_gbp.sum(), abs=0.5)
    told = schemes_frame(programme).set_index("scheme_id")
    assert (told.contributed_gbp["work.W1"], told.cost_gbp["work.W1"]) == (9000, 23_500)
    assert "contributions 9000" in told.pots["work.W1"]
    assert told.contributed_gbp.sum() == 9000
    assert programme_certainty(programme)["contributed_gbp"] == 9000
    spent = reserves_frame(programme).spent_on_works_gbp.sum()
    own_pots = programme.candidates.pots[programme.candidates.pots.route == "reserves"].pot_id
    assert spent == pytest.approx(programme.draws[programme.draws.pot_id.isin(own_pots)].amount_gbp.sum(), abs=PENNY)


def test_a_contribution_above_the_bill_pays_the_bill_and_no_more(tiny, baseline):
    given_to(tiny, 90_000)
    found = candidates_of(tiny, baseline).spend
    mine = found[found.scheme_id == "work.W1"]
    assert (mine.contributed_gbp == mine.cost).all()
    assert optimise(candidates_of(tiny, baseline), gap=0.02, time_limit_s=10).choice["work.W1"]


@pytest.mark.slow
def test_more_from_others_is_never_worse(tiny, baseline):
    values = []
    for amount in (0, 9000, 23_500):
        given_to(tiny, amount)
        values.append(optimise(candidates_of(tiny, baseline), gap=0.0, time_limit_s=20).objective)
    assert values[0] <= values[1] + 0.01 and values[1] <= values[2] + 0.01


def test_the_audit_tells_a_contribution_that_was_not_made(tiny, baseline):
    given_to(tiny, 9000, must_start_by="2026")
    programme = planned(tiny, baseline)
    draws = programme.draws.copy()
    draws.loc[draws.pot_id == CONTRIBUTIONS, "amount_gbp"] = 8000.0
    assert any("others contribute £9,000.00" in text
               for text in audit(programme.candidates, programme.choice, draws, programme.objective))
    without = draws[draws.pot_id != CONTRIBUTIONS]
    assert audit(programme.candidates, programme.choice, without, programme.objective)
    of_others = programme.draws.scheme_id != "work.W1"
    moved = programme.draws.assign(pot_id=programme.draws.pot_id.where(~of_others, CONTRIBUTIONS))
    assert audit(programme.candidates, programme.choice, moved, programme.objective)


FOLDER = {"schemes": "scheme_id\na\n", "scheme_years": "scheme_id,start_year,value\na,2026,50\n",
          "spend": "scheme_id,start_year,year,cost,contributed_gbp\na,2026,2026,10,4\n",
          "pots": "pot_id,amount,first_year,last_year\np,6,2026,2026\n"}


def folder_of(place, **changes):
    for name, text in {**FOLDER, **changes}.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def test_contributions_of_a_folder_made_elsewhere(tmp_path):
    """A scheme of 10 with a pot of 6: with 4 from others it can be paid for, and without it cannot."""
    programme = optimise(read_candidates(folder_of(tmp_path)))
    assert programme.choice == {"a": 2026}
    assert programme.draws.set_index("pot_id").amount_gbp.to_dict() == {CONTRIBUTIONS: 4, "p": 6}
    (tmp_path / "out").mkdir()
    write_choice(programme, tmp_path / "out")
    assert CONTRIBUTIONS in set(pd.read_csv(tmp_path / "out" / "cashflow.csv").pot_id)
    folder_of(tmp_path, spend="scheme_id,start_year,year,cost\na,2026,2026,10\n")
    assert optimise(read_candidates(tmp_path)).choice == {}


@pytest.mark.parametrize(("name", "text", "told"), [
    ("spend", "scheme_id,start_year,year,cost,contributed_gbp\na,2026,2026,10,11\n", "no more than the cost"),
    ("pots", "pot_id,amount,first_year,last_year\ncontributions,6,2026,2026\n", "another name")])
def test_contributions_that_cannot_be_are_faults(tmp_path, name, text, told):
    with pytest.raises(CandidatesError, match=told):
        read_candidates(folder_of(tmp_path, **{name: text}))


# --- capital and revenue --------------------------------------------------------------------------------------------


def test_small_works_are_revenue_and_only_reserves_pay_for_them(tiny, baseline):
    scenario = changed(baseline, costs={"capital_from_gbp": 30_000})
    programme = planned(tiny, scenario)
    told = schemes_frame(programme).set_index("scheme_id")
    small = told[told.accounted_as == "revenue"]
    assert len(small) and "work.W1" in small.index and told.accounted_as["work.W2"] == "capital"
    own = set(programme.candidates.pots[programme.candidates.pots.route == "reserves"].pot_id)
    drawn = programme.draws[programme.draws.scheme_id.isin(small.index)]
    assert len(drawn) and set(drawn.pot_id) <= own
    others = programme.draws[~programme.draws.scheme_id.isin(small.index)]
    assert set(others.pot_id) - own, "grants pay for what is capital"
    assert any("count as revenue" in note for note in programme.candidates.notes)


def test_a_need_has_its_small_and_its_large_starts_apart(tiny, baseline):
    """Each start is on the side its own cost is on; both meet the same need; nothing is lost."""
    scenario = changed(baseline, costs={"capital_from_gbp": 20_000})
    found, usual = candidates_of(tiny, scenario), candidates_of(tiny, baseline)
    facts = found.schemes.set_index("scheme_id")
    years = found.scheme_years
    revenue = years.scheme_id.map(facts.tag) == "revenue"
    assert (revenue == (years.cost_real_gbp < 20_000)).all()
    names = years.scheme_id.str.removesuffix(".revenue")
    assert set(zip(names, years.start_year, strict=True)) == set(
        zip(usual.scheme_years.scheme_id, usual.scheme_years.start_year, strict=True))
    both = [name for name in facts.index if f"{name}.revenue" in facts.index]
    assert both and all(facts.exclusion_group[name] == facts.exclusion_group[f"{name}.revenue"] for name in both)
    assert all(found.works[f"{name}.revenue"] == found.works[name] for name in both if name in found.works)


def test_a_threshold_of_nothing_changes_nothing(tiny, baseline):
    usual, same = (candidates_of(tiny, changed(baseline, costs={"capital_from_gbp": value})) for value in (0.0, 0.01))
    assert usual.schemes.equals(same.schemes) and usual.scheme_years.equals(same.scheme_years)


@pytest.mark.slow
def test_a_threshold_is_never_better(tiny, baseline):
    values = [optimise(candidates_of(tiny, changed(baseline, costs={"capital_from_gbp": limit})), gap=0.0,
                       time_limit_s=20).objective for limit in (0.0, 30_000.0, 1e6)]
    assert values[0] >= values[1] - 0.01 and values[1] >= values[2] - 0.01


# --- how sure -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def programme(root, baseline):
    return planned(root / "data" / "tiny", baseline)


def test_every_scheme_has_its_stage_and_a_p80_above_its_p50(programme):
    sure = scheme_certainty(programme)
    assert sure.index.tolist() == programme.candidates.schemes.scheme_id.tolist()
    assert (sure.cost_p80_gbp > sure.cost_p50_gbp).all()
    cost = schemes_frame(programme).set_index("scheme_id").cost_gbp
    assert (sure.cost_p50_gbp < cost).all() and (cost < sure.cost_p80_gbp).all()


def test_p80_of_a_scheme_by_hand(programme):
    """Concept, a quarter below to 40% above: spread ln(1.40 / 0.75) / 2.5631 = 0.24351; exp(0.84162 x 0.24351 - 0.02965) =
    1.19160 times the cost."""
    told = schemes_frame(programme).set_index("scheme_id").loc["work.W1"]
    assert told.cost_p80_gbp / told.cost_gbp == pytest.approx(1.19160, abs=1e-5)


def test_the_programme_is_surer_than_its_parts(programme):
    frame = cost_risk_frame(programme, seed=1).set_index(["scope", "name"])
    whole = frame.loc["programme", "all"]
    assert whole.p50_gbp < whole.planned_gbp < whole.p80_gbp < whole.schemes_p80_gbp
    years, pots = frame.loc["year"], frame.loc["pot"]
    for parts in (years, pots):
        assert parts.planned_gbp.sum() == pytest.approx(whole.planned_gbp, abs=0.1)
        assert (parts.p80_gbp <= parts.schemes_p80_gbp * 1.01).all() and (parts.p50_gbp < parts.p80_gbp).all()
        assert parts.p80_gbp.sum() > whole.p80_gbp
    assert whole.schemes_p80_gbp == pytest.approx(schemes_frame(programme).query("start_year.notna()").cost_p80_gbp.sum(),
                                                  abs=0.5)
    assert whole.for_80_gbp == pytest.approx(whole.p80_gbp - whole.planned_gbp, abs=0.011)


def test_spreads_that_all_share_leave_nothing_to_gain_by_holding_it_together(root, baseline):
    whole = cost_risk_frame(planned(root / "data" / "tiny", changed(baseline, costs={"shared_variance_share": 1.0}))).iloc[0]
    assert whole.p80_gbp == pytest.approx(whole.schemes_p80_gbp, rel=2e-3)


@pytest.mark.slow
def test_a_surer_stage_needs_less_beside_the_plan(root, baseline):
    sums = [cost_risk_frame(planned(root / "data" / "tiny", changed(baseline, costs={"survey_stage": stage}))).for_80_gbp[0]
            for stage in ("concept", "design", "tender")]
    assert sums == sorted(sums, reverse=True) and sums[-1] > 0


def test_what_nothing_is_spent_on_is_certain(root, baseline):
    made = planned(root / "data" / "tiny", baseline)
    nothing = replace(made, choice={}, draws=made.draws.iloc[:0])
    frame = cost_risk_frame(nothing)
    assert frame[["planned_gbp", "p50_gbp", "p80_gbp", "for_80_gbp"]].to_numpy().tolist() == [[0, 0, 0, 0]]
