"""Loans on offer: their sums by slow loops, when they are taken by hand, and what the pages and books make of them."""

import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import DataError
from capplan.funding.loans import yearly_payment
from capplan.report.results import read_results
from capplan.report.summary import answer
from capplan.report.workbook import workbook
from capplan.results import reserves_frame
from capplan.runs import write_results

OFFER = {"loan_id": "L1", "route": "borrowing", "school_id": "", "year": 2026, "amount_gbp": 90_000, "rate": 0.05,
         "years": 12, "first_repayment_year": 2027, "needs_consent": "yes", "consent_granted": "yes", "spend_by": ""}
SETTINGS = {"gap": 1e-4, "time_limit_s": 20.0}


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


def offered(folder, *offers, surplus=10_000):
    """The tiny estate with loans on offer and the same surplus every year."""
    pd.DataFrame([{**OFFER, **offer} for offer in offers]).to_csv(folder / "loan_offers.csv", index=False)
    reserves = pd.read_csv(folder / "reserves.csv").assign(surplus_gbp=surplus)
    reserves.to_csv(folder / "reserves.csv", index=False)
    return folder


def planned(folder, scenario):
    return optimise(propose(forecast(read_estate(folder), scenario)), **SETTINGS)


def test_service_within_the_plan_is_paid_and_the_rest_counts_by_hand(tiny, baseline):
    """Twelve payments from 2027 to 2038, of which 2036 to 2038 fall after the plan; each of these is made real at the rise
    of tender prices from the price base, and discounted to 2026."""
    found = propose(forecast(read_estate(offered(tiny, {})), baseline))
    payment = 90_000 * 0.05 / (1 - 1.05 ** -12)
    spend = found.spend[found.spend.scheme_id == "LOAN-L1"]
    assert spend.year.tolist() == list(range(2027, 2036))
    assert spend.cost.to_numpy() == pytest.approx(round(payment, 2))
    rises = [*baseline.costs.tender_inflation_by_year]
    prices, level = {baseline.plan.price_base: 1.0}, 1.0
    for place, year in enumerate(range(baseline.plan.price_base + 1, 2039)):
        level *= 1 + (rises[place] if place < len(rises) else baseline.costs.tender_inflation)
        prices[year] = level
    after = sum(payment / prices[year] / (1 + baseline.plan.discount_rate) ** (year - 2026) for year in (2036, 2037, 2038))
    assert found.scheme_years.set_index("scheme_id").value["LOAN-L1"] == pytest.approx(-after, abs=0.01)
    pot = found.pots.set_index("pot_id").loc["L1"]
    assert (pot.amount, pot.first_year, pot.last_year, pot.with_scheme) == (90_000, 2026, 2035, "LOAN-L1")
    assert "revenue" not in pot.tags


@pytest.mark.slow
def test_only_reserves_repay_a_loan(tiny, baseline):
    programme = planned(offered(tiny, {"rate": 0.0, "years": 5}), baseline)
    routes = programme.candidates.pots.set_index("pot_id").route
    mine = programme.draws[programme.draws.scheme_id == "LOAN-L1"]
    assert len(mine), "a loan free of interest is taken where works lose more by waiting"
    assert set(mine.pot_id.map(routes)) == {"reserves"}
    assert mine.amount_gbp.sum() == pytest.approx(90_000, abs=0.05)
    assert not (programme.draws[programme.draws.pot_id == "L1"].scheme_id == "LOAN-L1").any()


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.0, 0.05, 0.25])
def test_a_loan_never_makes_the_plan_worse_nor_breaks_the_floor(rate, tiny, baseline):
    without = planned(tiny, baseline)
    with_ = planned(offered(tiny, {"rate": rate}), baseline)
    path = reserves_frame(with_)
    assert (path.closing_gbp >= path.floor_gbp - 0.01).all()
    assert with_.objective >= without.objective * (1 - 2e-4)


def test_a_loan_that_nothing_needs_is_not_taken(tiny, baseline):
    """With a million a year to spend all that is worth doing is done at once; a loan free of interest and repaid within the
    plan costs the objective nothing, and is left all the same."""
    programme = planned(offered(tiny, {"rate": 0.0, "years": 5}, surplus=1_000_000), baseline)
    assert "LOAN-L1" not in programme.choice


def test_a_loan_that_costs_more_than_it_brings_is_not_taken(tiny, baseline):
    """A loan of 90,000 drawn in the last year, with a quarter interest for sixty years, costs far more than it can avoid."""
    programme = planned(offered(tiny, {"year": 2035, "rate": 0.25, "years": 60, "first_repayment_year": 2036}), baseline)
    assert "LOAN-L1" not in programme.choice
    own = programme.candidates.scheme_years.set_index("scheme_id").value["LOAN-L1"]
    assert own < -yearly_payment(90_000, 0.25, 60) * 3


@pytest.mark.slow
@pytest.mark.parametrize(("offer", "told"), [
    ({"consent_granted": ""}, "needs DfE's consent, which has not been granted"),
    ({"year": 2050, "first_repayment_year": 2051}, "cannot be drawn and spent in the years of the plan"),
    ({"spend_by": "2026-12-31"}, "cannot be drawn and spent")])
def test_a_loan_that_cannot_be_had_is_left_out_and_told(offer, told, tiny, baseline):
    found = propose(forecast(read_estate(offered(tiny, offer)), baseline))
    assert "LOAN-L1" not in set(found.schemes.scheme_id)
    assert any(told in note for note in found.notes)


def test_what_needs_no_consent_is_offered_without(tiny, baseline):
    found = propose(forecast(read_estate(offered(tiny, {"needs_consent": "no", "consent_granted": ""})), baseline))
    assert "LOAN-L1" in set(found.schemes.scheme_id)


def test_the_window_of_a_cif_loan_is_that_of_its_round(tiny, baseline):
    """Drawn in 2026-27 it is money of the grant year from April 2027: two financial years, summers of 2027 and 2028."""
    pots = propose(forecast(read_estate(offered(tiny, {"route": "CIF loan"})), baseline)).pots.set_index("pot_id")
    assert pots.loc["L1", ["first_year", "last_year", "tags"]].tolist() == [2026, 2027, "condition"]


@pytest.mark.parametrize(("offer", "column"), [
    ({"first_repayment_year": 2025}, "first_repayment_year"), ({"route": "Salix"}, "year"), ({"route": "SCA"}, "route"),
    ({"loan_id": "SCA-2026"}, "loan_id"), ({"amount_gbp": 0}, "amount_gbp"), ({"needs_consent": ""}, "needs_consent")])
def test_offers_that_cannot_be_right_are_refused(offer, column, tiny):
    with pytest.raises(DataError) as refused:
        read_estate(offered(tiny, offer))
    assert [(fault.where, fault.column) for fault in refused.value.faults] == [("loan_offers.csv", column)]


@pytest.mark.slow
@pytest.mark.parametrize("school", ["", "MAR"])
def test_results_and_workbook_agree_where_a_loan_is_taken(school, tiny, baseline, tmp_path):
    programme = planned(offered(tiny, {"rate": 0.0, "years": 5, "school_id": school}), baseline)
    if "LOAN-L1" not in programme.choice:
        pytest.fail("the loan should be taken here")
    (tmp_path / "out").mkdir()
    write_results(programme, tmp_path / "out")
    results = read_results(tmp_path / "out")
    assert workbook(results).differing == ()
    ledger = pd.read_csv(tmp_path / "out" / "ledger.csv")
    assert ledger.groupby("year").works_gbp.sum().abs().max() < 0.01
    assert "Of that sum £90k repays 1 loan the plan takes" in answer(results)[0]
    row = results.schemes.set_index("scheme_id").loc["LOAN-L1"]
    assert "worth more than it costs" in row.reason
    risk = pd.read_csv(tmp_path / "out" / "cost_risk.csv").query("scope == 'scheme'").set_index("name").loc["LOAN-L1"]
    assert risk.p80_gbp == pytest.approx(risk.planned_gbp), "what a loan costs is known"
    ownership = pd.read_csv(tmp_path / "out" / "ownership.csv").query("plan == 'with' and level == 'trust'")
    works = programme.draws[~programme.draws.scheme_id.isin(["LOAN-L1"])]
    assert ownership.capital_gbp.iloc[0] < works.amount_gbp.sum() + 1
