"""Stress: what the pots cannot pay, by hand and against plain payment; shocks one by one on the tiny estate."""

from dataclasses import replace

import pandas as pd
import pytest
from folders import read
from instances import random_instance

from capplan import forecast, optimise, propose, read_candidates, read_estate, read_scenario
from capplan.money import money
from capplan.programme.instance import instance
from capplan.programme.payments import draws_or_none, unpaid
from capplan.programme.stress import stress


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


@pytest.fixture(scope="module")
def estate(root):
    return read_estate(root / "data" / "tiny")


@pytest.fixture(scope="module")
def planned(estate, baseline):
    return optimise(propose(forecast(estate, baseline)), gap=0.001, time_limit_s=20)


def shocked(scenario, **shocks):
    return scenario.model_copy(update={"shocks": scenario.shocks.model_copy(update=shocks)})


def under(estate, baseline, planned, **shocks):
    return stress(planned, "shock", propose(forecast(estate, shocked(baseline, **shocks))), gap=0.01, time_limit_s=10)


def folder(place, spend, pots):
    """Two schemes of one year each, and pots."""
    pd.DataFrame({"scheme_id": list(spend)}).to_csv(place / "schemes.csv", index=False)
    rows = [(name, 0, 1) for name in spend]
    pd.DataFrame(rows, columns=["scheme_id", "start_year", "value"]).to_csv(place / "scheme_years.csv", index=False)
    bills = [(name, 0, year, cost) for name, by_year in spend.items() for year, cost in by_year.items()]
    pd.DataFrame(bills, columns=["scheme_id", "start_year", "year", "cost"]).to_csv(place / "spend.csv", index=False)
    pd.DataFrame(pots, columns=["pot_id", "amount", "first_year", "last_year"]).to_csv(place / "pots.csv", index=False)
    return instance(read_candidates(place))


def test_what_cannot_be_paid_by_hand(tmp_path):
    """Bills of 10 in year 0 and 10 in year 1; a pot of 6 for year 0 only and one of 9 for both. The first year is paid
    whole, 6 + 4; 5 are left for the second, which lacks 5."""
    inst = folder(tmp_path, {"a": {0: 10, 1: 10}}, [("now", 6, 0, 0), ("both", 9, 0, 1)])
    assert unpaid(inst, {"a": 0}) == pytest.approx({0: 0, 1: 5})


def test_a_pot_that_comes_too_late_pays_nothing(tmp_path):
    inst = folder(tmp_path, {"a": {0: 10}, "b": {1: 4}}, [("late", 100, 1, 1)])
    assert unpaid(inst, {"a": 0, "b": 0}) == pytest.approx({0: 10, 1: 0})
    assert unpaid(inst, {}) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_unpaid_exactly_where_the_pots_can_pay(seed, tmp_path):
    inst = instance(read(random_instance(seed), tmp_path))
    choice = dict(inst.starts.keys())
    short = sum(unpaid(inst, choice).values())
    assert (short <= 1e-6) == (draws_or_none(inst, choice) is not None)


def test_without_a_shock_the_programme_holds_and_is_planned_again_as_it_was(estate, baseline, planned):
    found = under(estate, baseline, planned)
    assert found.breaks_in is None
    assert found.left_out == ()
    assert found.value_kept_gbp == pytest.approx(planned.objective, abs=0.01)
    assert found.replanned.objective >= planned.objective - 0.01


def test_prices_a_fifth_higher_leave_a_sixth_of_a_programme_that_spends_all_unpaid(estate, baseline, planned):
    """Unpaid is 1.2 times the bills less all the money that can reach them, so a fifth of the bills less what was left."""
    found = under(estate, baseline, planned, tender_step_share=0.2)
    spent, held = planned.draws.amount_gbp.sum(), planned.candidates.pots.amount.sum()
    assert found.breaks_in == 2026
    assert 1.2 * spent - held - 5 <= found.unpaid_gbp.sum() <= 0.2 * spent + 5
    assert found.replanned.objective < planned.objective


def test_a_loss_from_the_reserves_is_never_more_than_itself_short(estate, baseline, planned):
    found = under(estate, baseline, planned, reserves_loss_gbp=50_000)
    assert 0 < found.unpaid_gbp.sum() <= 50_000 + 1


def test_shocks_change_the_money_they_name_and_nothing_else(estate, baseline):
    plain = money(estate, baseline)
    cut = money(estate, shocked(baseline, grants_cut_share=0.3))
    grants = plain.pots.route != "reserves"
    assert cut.pots.amount[grants].tolist() == pytest.approx((plain.pots.amount[grants] * 0.7).round(2).tolist())
    assert cut.pots.amount[~grants].tolist() == plain.pots.amount[~grants].tolist()
    lost = money(estate, shocked(baseline, reserves_loss_gbp=10_000))
    assert lost.reserves.surplus_gbp.iloc[0] == plain.reserves.surplus_gbp.iloc[0] - 10_000
    assert lost.reserves.surplus_gbp.iloc[1:].tolist() == plain.reserves.surplus_gbp.iloc[1:].tolist()


def test_awarded_grants_stand_and_lost_bids_are_those_of_cif_only(estate, baseline):
    grants = pd.DataFrame({"grant_id": ["A", "B", "C"], "route": ["CIF", "CIF", "SCA"], "grant_year": 2026,
                           "amount_gbp": 100_000.0, "eligible": "condition", "school_id": "",
                           "spend_by": pd.Series([pd.NaT] * 3, dtype="datetime64[s]"), "status": ["awarded", "", ""]})
    with_bids = replace(estate, _frames={**estate._frames, "grants": grants})
    assert set(money(with_bids, shocked(baseline, bids_lost=True)).pots.pot_id[:2]) == {"A", "C"}
    amounts = money(with_bids, shocked(baseline, grants_cut_share=0.5)).pots.set_index("pot_id").amount
    assert amounts[["A", "B", "C"]].tolist() == [100_000, 50_000, 50_000]


def test_a_survey_too_kind_starts_every_surveyed_component_a_grade_lower_and_leaves_modelled_ones(estate, baseline):
    plain, harsh = forecast(estate, baseline), forecast(estate, shocked(baseline, grades_too_kind=1))
    surveyed = ~plain.parts.modelled.to_numpy()
    assert (harsh.wear.grade == (plain.wear.grade + surveyed).clip(max=4)).all()
    assert harsh.by_year().backlog_gbp.iloc[0] > plain.by_year().backlog_gbp.iloc[0]
    assert (harsh.costs_gbp == plain.costs_gbp).all()
