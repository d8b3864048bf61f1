"""Budget, loans, reserves by school and the ledger: by hand on the tiny estate, and nothing is made or lost."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import DataError
from capplan.estate import inspect_estate
from capplan.ledger import GIVEN, RECEIVED, ledger_frame
from capplan.money import money
from capplan.programme.audit import audit
from capplan.results import reserves_frame

ROOT = Path(__file__).resolve().parents[1]
YEARS = range(2026, 2036)
BUDGET = ["school_id", "year", "income_gbp", "staff_gbp", "energy_gbp", "other_costs_gbp"]
LOANS = ["loan_id", "route", "school_id", "drawn_year", "amount_gbp", "rate", "years", "first_repayment_year"]
PENNY = 0.011


def changed(scenario, **sections):
    return scenario.model_copy(update={name: getattr(scenario, name).model_copy(update=values)
                                       for name, values in sections.items()})


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


def write(folder, name, columns, rows):
    pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}.csv", index=False)


def budget_rows(years=YEARS):
    """Ellerwick has 30,000 over, Marlstow 50,000; the centre costs 70,000, in 2030 100,000: tiny's 10,000 and -20,000."""
    return [row for year in years for row in (
        ["ELL", year, 800_000, 600_000, 40_000, 130_000], ["MAR", year, 1_600_000, 1_200_000, 60_000, 290_000],
        ["", year, 0, 60_000, 2_000, 38_000 if year == 2030 else 8_000])]


@pytest.fixture
def budgeted(tiny):
    """Tiny with a budget in place of the figures of its reserves table."""
    write(tiny, "budget", BUDGET, budget_rows())
    write(tiny, "reserves", ["year", "opening_gbp", "income_gbp", "surplus_gbp"], [[2026, 300_000, "", ""]])
    return tiny


# --- the budget makes the reserves ----------------------------------------------------------------------------------


def test_a_budget_makes_the_reserves_that_tiny_has_on_paper(budgeted, baseline):
    given = money(read_estate(ROOT / "data" / "tiny"), baseline)
    made = money(read_estate(budgeted), baseline)
    pd.testing.assert_frame_equal(made.reserves[["year", "opening_gbp", "income_gbp", "surplus_gbp", "floor_gbp"]],
                                  given.reserves[["year", "opening_gbp", "income_gbp", "surplus_gbp", "floor_gbp"]])
    pd.testing.assert_frame_equal(made.pots, given.pots)
    assert made.reserves.costs_gbp.tolist() == [2_390_000 if year != 2030 else 2_420_000 for year in YEARS]
    assert made.reserves.top_slice_gbp.tolist() == [120_000] * 10  # 5% of 2,400,000, and nil in the trust's surplus


def test_top_slice_by_school_on_paper(budgeted, baseline):
    """Of 800,000 and 1,600,000 the centre takes 40,000 and 80,000: -10,000 and -30,000 are left, 50,000 at the centre."""
    lines = money(read_estate(budgeted), baseline).books.lines.query("year == 2026").set_index("school_id")
    assert lines.kept_gbp.to_dict() == {"ELL": -10_000, "MAR": -30_000, "": 50_000}
    pooled = money(read_estate(budgeted), changed(baseline, pooling={"gag_pooled": True}))
    assert pooled.books.lines.query("year == 2026").pooled_gbp.tolist() == [30_000, 50_000, -80_000]
    assert any("changes only the ledger" in note for note in pooled.notes)


def test_a_later_plan_adds_what_the_budget_leaves_before_it(budgeted, baseline):
    purse = money(read_estate(budgeted), changed(baseline, plan={"first_year": 2028, "years": 5}))
    assert purse.reserves.opening_gbp.tolist() == [320_000, 330_000, 340_000, 320_000, 330_000]


def test_energy_at_half_as_much_again_takes_half_of_the_bill(budgeted, baseline):
    """102,000 of energy a year: 51,000 less of surplus."""
    shock = changed(baseline, shocks={"energy_price_share": 0.5})
    plain, dear = (money(read_estate(budgeted), scenario) for scenario in (baseline, shock))
    assert (plain.reserves.surplus_gbp - dear.reserves.surplus_gbp).tolist() == [51_000] * 10
    assert dear.shock_notes == ()
    told = money(read_estate(ROOT / "data" / "tiny"), shock)
    assert "no budget table" in told.shock_notes[0] and told.shock_notes[0] in told.notes
    assert told.reserves.surplus_gbp.sum() == 70_000


def test_the_shipped_energy_shock_is_one():
    shocks = read_scenario("redteam_energy.toml").shocks.model_dump()
    assert {name: value for name, value in shocks.items() if value} == {"energy_price_share": 0.5}


# --- known loans ----------------------------------------------------------------------------------------------------


def test_a_known_loan_takes_its_payment_from_every_year(budgeted, baseline):
    """21,000 at 10% in two payments from 2027: 1.1 x (23,100 - x) = x, so 12,100 each."""
    write(budgeted, "loans", LOANS, [["L1", "borrowing", "MAR", 2026, 21_000, 0.1, 2, 2027]])
    purse = money(read_estate(budgeted), baseline)
    assert purse.reserves.loan_service_gbp.tolist() == pytest.approx([0, 12_100, 12_100, *[0] * 7])
    assert purse.reserves.surplus_gbp.tolist() == pytest.approx([10_000, -2_100, -2_100, 10_000, -20_000, *[10_000] * 5])
    lines = purse.books.lines.query("year == 2027").set_index("school_id")
    assert lines.loan_service_gbp.to_dict() == {"ELL": 0, "MAR": pytest.approx(12_100), "": 0}
    assert any("1 known loan" in note and "24,200" in note for note in purse.notes)


def test_a_loan_counts_without_a_budget_too(tiny, baseline):
    write(tiny, "loans", LOANS, [["L1", "Salix", "MAR", 2020, 10_000, 0, 10, 2021]])
    assert money(read_estate(tiny), baseline).reserves.surplus_gbp.tolist()[:6] == [9_000] * 4 + [-21_000, 10_000]


def test_a_loan_among_the_grants_needs_its_row(tiny, baseline):
    grants = tiny / "grants.csv"
    grants.write_text("grant_id,route,grant_year,amount_gbp,eligible,school_id,spend_by,status\n"
                      "CL,CIF loan,2026,50000,condition,ELL,,awarded\n", encoding="utf-8")
    note = next(text for text in money(read_estate(tiny), baseline).notes if "is a loan" in text)
    assert "loans.csv has no row CL" in note
    write(tiny, "loans", LOANS, [["CL", "CIF loan", "ELL", 2026, 50_000, 0.0537, 10, 2027]])
    purse = money(read_estate(tiny), baseline)
    assert not [text for text in purse.notes if "is a loan" in text] and "CL" in set(purse.pots.pot_id)


# --- what is wrong with the tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "columns", "rows", "where", "column", "words"), [
    ("reserves", ["year", "opening_gbp", "surplus_gbp"], [[2026, 300_000, 11_002]], "reserves.csv", "surplus_gbp",
     ("11,002", "10,000 that budget.csv")),
    ("reserves", ["year", "opening_gbp", "income_gbp"], [[2026, 300_000, 1]], "reserves.csv", "income_gbp",
     ("2,400,000 that budget.csv",)),
    ("budget", BUDGET, [row for row in budget_rows() if row[:2] != ["MAR", 2029]], "budget.csv", "year",
     ("no row of MAR for 2029",)),
    ("budget", BUDGET, [row for row in budget_rows() if row[0] != "ELL"], "budget.csv", "year", ("no row of ELL",)),
    ("budget", BUDGET, [*budget_rows(), budget_rows()[0]], "budget.csv", "school_id, year", ("'ELL, 2026' again",)),
    ("budget", BUDGET, [["NOBODY", *row[1:]] if row[0] == "MAR" else row for row in budget_rows()], "budget.csv",
     "school_id", ("a school_id of schools",)),
    ("loans", LOANS, [["L", "borrowing", "", 2026, 1000, 0.1, 2, 2025]], "loans.csv", "first_repayment_year", ("2025",)),
    ("loans", LOANS, [["L", "SCA", "", 2026, 1000, 0.1, 2, 2027]], "loans.csv", "route", ("one of CIF loan",)),
    ("loans", LOANS, [["L", "borrowing", "", 2026, 1000, 5.37, 2, 2027]], "loans.csv", "rate", ("at most 0.25",)),
    ("loans", LOANS, [["SCA-2026", "borrowing", "", 2026, 1000, 0.1, 2, 2027]], "loans.csv", "amount_gbp", ("grants.csv",)),
    ("reserves", ["year", "opening_gbp", "school_id"], [[2026, 300_000, "ELL"]], "reserves.csv", "school_id",
     ("no row of MAR",)),
    ("reserves", ["year", "opening_gbp", "school_id"], [[2026, 1, "ELL"], [2027, 1, "MAR"]], "reserves.csv", "year",
     ("2026, as of the others",)),
])
def test_a_fault_names_what_is_wrong(budgeted, name, columns, rows, where, column, words):
    write(budgeted, name, columns, rows)
    faults = [fault for fault in inspect_estate(budgeted)[1] if (fault.where, fault.column) == (where, column)]
    assert faults
    assert all(word in f"{faults[0].found} {faults[0].must_be}" for word in words), faults


def test_a_surplus_within_a_pound_of_the_budget_is_no_fault(budgeted):
    write(budgeted, "reserves", ["year", "opening_gbp", "surplus_gbp"], [[2026, 300_000, 10_000.9]])
    assert inspect_estate(budgeted)[1] == []


def test_blank_income_without_a_budget_is_a_fault_in_each_row(budgeted):
    (budgeted / "budget.csv").unlink()
    assert {(fault.row, fault.column) for fault in inspect_estate(budgeted)[1]} == {(2, "income_gbp"), (2, "surplus_gbp")}


def test_a_budget_without_reserves_does_not_say_where_they_start(budgeted):
    (budgeted / "reserves.csv").unlink()
    (fault,) = inspect_estate(budgeted)[1]
    assert (fault.where, fault.column) == ("reserves.csv", "opening_gbp")


def test_a_budget_that_ends_before_the_plan_is_at_fault(budgeted, baseline):
    write(budgeted, "budget", BUDGET, budget_rows(range(2026, 2034)))
    with pytest.raises(DataError, match="2034, 2035"):
        money(read_estate(budgeted), baseline)


# --- reserves by school ---------------------------------------------------------------------------------------------


def by_school(folder, ell=100_000, mar=150_000, centre=50_000):
    rows = [["ELL", 2026, ell], ["MAR", 2026, mar], ["", 2026, centre]]
    write(folder, "reserves", ["school_id", "year", "opening_gbp"], rows)
    return read_estate(folder)


def test_reserves_held_by_school_are_pots_of_that_school(budgeted, baseline):
    """No top slice: Ellerwick has 130,000 after a year against a floor of 40,000 and gains 30,000 each year; Marlstow
    200,000 against 80,000. The centre loses 70,000 a year, in 2030 100,000: what it needs for that is not to be spent."""
    scenario = changed(baseline, pooling={"top_slice_share": 0.0}, reserves={"floor_share": 0.05})
    purse = money(by_school(budgeted, centre=1_000_000), scenario)
    pots = purse.pots[purse.pots.route == "reserves"].set_index("pot_id")
    assert pots.amount["RESERVE-2026-ELL"] == 90_000 and pots.amount["RESERVE-2027-ELL"] == 30_000
    assert pots.amount["RESERVE-2026-MAR"] == 120_000 and pots.amount["RESERVE-2035-MAR"] == 50_000
    assert pots.amount["RESERVE-2026"] == 1_000_000 - 9 * 70_000 - 100_000 and pots.amount.drop("RESERVE-2026").filter(
        regex="^RESERVE-....$").sum() == 0
    assert pots.school_id["RESERVE-2026-ELL"] == "ELL" and pots.school_id["RESERVE-2026"] == ""


def test_pooled_reserves_are_the_trusts_whoever_held_them(budgeted, baseline):
    purse = money(by_school(budgeted), changed(baseline, pooling={"gag_pooled": True}))
    given = money(read_estate(ROOT / "data" / "tiny"), baseline)
    pd.testing.assert_frame_equal(purse.pots, given.pots)


def test_a_centre_below_nothing_is_told_and_takes_from_what_schools_may_spend(budgeted, baseline):
    purse = money(by_school(budgeted), changed(baseline, pooling={"top_slice_share": 0.0}))
    told = " ".join(purse.notes)
    assert "Free reserves of the centre fall below their floor" in told and "less to spend than its schools" in told
    own = purse.pots[purse.pots.route == "reserves"].amount.sum()
    assert own <= 250_000  # what tiny may spend as one trust


# --- programmes, audit and ledger -----------------------------------------------------------------------------------


def planned(folder, scenario):
    """A programme of the tiny estate in the folder, its must-dos taken off so that there is one whatever the money."""
    parts = pd.read_csv(folder / "components.csv", dtype=str, keep_default_na=False)
    parts.assign(priority="3", statutory="no", due_year="").to_csv(folder / "components.csv", index=False)
    works = pd.read_csv(folder / "works.csv", dtype=str, keep_default_na=False)
    works.assign(must_start_by="").to_csv(folder / "works.csv", index=False)
    return optimise(propose(forecast(read_estate(folder), scenario)), gap=0.05, time_limit_s=10)


@st.composite
def trusts(draw):
    """Budgets, loans, openings and rules of a plan of a few years."""
    years, amount = draw(st.integers(1, 4)), st.integers(0, 900_000)
    budget = [[school, year, *(draw(amount) for _ in range(4))] for year in range(2026, 2026 + years)
              for school in ("ELL", "MAR", "")]
    for row in budget:
        row[2] = row[3] + row[4] + row[5] + draw(st.integers(-60_000, 90_000)) if row[0] else row[2] // 10
        row[2] = max(row[2], 0)
    loans = [[f"L{number}", "borrowing", draw(st.sampled_from(("ELL", "MAR", ""))), draw(st.integers(2020, 2028)),
              draw(st.integers(0, 90_000)), draw(st.sampled_from((0.0, 0.0537))), draw(st.integers(1, 8)), 2029]
             for number in range(draw(st.integers(0, 2)))]
    holders = draw(st.sampled_from((("",), ("ELL", "MAR", ""))))
    reserves = [[school, 2026, draw(st.integers(-50_000, 700_000))] for school in holders]
    changes = {"plan": {"years": years}, "reserves": {"floor_share": draw(st.sampled_from((0.0, 0.05)))},
               "pooling": {"gag_pooled": draw(st.booleans()), "top_slice_share": draw(st.sampled_from((0.0, 0.05, 0.2)))},
               "shocks": {"energy_price_share": draw(st.sampled_from((0.0, 0.5))),
                          "reserves_loss_gbp": draw(st.sampled_from((0.0, 40_000.0)))}}
    return budget, loans, reserves, changes


@pytest.mark.slow
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trusts())
def test_the_ledger_of_every_year_adds_up_to_nothing_and_with_the_grants_to_the_grants(tmp_path_factory, made):
    budget, loans, reserves, changes = made
    folder = tmp_path_factory.getbasetemp() / "ledger"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "data" / "tiny", folder)
    write(folder, "budget", BUDGET, budget)
    write(folder, "loans", LOANS, loans)
    write(folder, "reserves", ["school_id", "year", "opening_gbp"], reserves)
    programme = planned(folder, changed(read_scenario("baseline.toml"), **changes))
    ledger, path, draws = ledger_frame(programme), reserves_frame(programme), programme.draws
    own = set(programme.candidates.pots.pot_id[programme.candidates.pots.route == "reserves"])
    schools, centre = ledger[ledger.school_id != ""], ledger[ledger.school_id == ""].set_index("year")
    for year, rows in ledger.groupby("year"):
        for column in (*GIVEN, *RECEIVED, "contributed_gbp", "received_gbp", "net_gbp"):
            assert rows[column].sum() == pytest.approx(0, abs=PENNY), column
        paid = draws[draws.year == year]
        grants = paid.amount_gbp[~paid.pot_id.isin(own)].sum()
        assert rows[["own_grants_gbp", "trust_grants_gbp"]].to_numpy().sum() == pytest.approx(grants, abs=0.05)
        works = paid.amount_gbp[paid.pot_id.isin(own)].sum()
        assert schools.works_gbp[schools.year == year].sum() == pytest.approx(works, abs=0.05)
        assert -centre.central_services_gbp[year] == pytest.approx(centre.costs_gbp[year], abs=0.05)
        assert -centre.top_slice_gbp[year] == pytest.approx(schools.top_slice_gbp[schools.year == year].sum(), abs=PENNY)
        at = path.set_index("year").loc[year]
        assert rows.income_gbp.sum() == pytest.approx(at.income_gbp, abs=0.05)
        assert rows.kept_gbp.sum() == pytest.approx(at.surplus_gbp, abs=0.05)
        assert at.closing_gbp == pytest.approx(
            at.opening_gbp + at.income_gbp - at.costs_gbp - at.loan_service_gbp - at.spent_on_works_gbp, abs=PENNY)
    without = programme.candidates.money.reserves
    broken = (without.opening_gbp + without.surplus_gbp < without.floor_gbp - PENNY).to_numpy()
    assert ((path.closing_gbp >= path.floor_gbp - PENNY).to_numpy() | broken).all()


def test_works_from_a_schools_own_reserves_cost_it_and_nobody_else(budgeted, baseline):
    by_school(budgeted)
    programme = planned(budgeted, changed(baseline, plan={"years": 2}, pooling={"top_slice_share": 0.05}))
    ledger = ledger_frame(programme).query("school_id != ''")
    own = programme.draws[programme.draws.pot_id.str.match(r"RESERVE-\d+-")]
    assert len(own) and ledger.own_reserves_gbp.sum() == pytest.approx(own.amount_gbp.sum())
    homes = programme.candidates.schemes.set_index("scheme_id").school_id
    assert all(homes[row.scheme_id] == row.pot_id.rsplit("-", 1)[1] for row in own.itertuples())


@pytest.mark.parametrize(("change", "word"), [
    (lambda frame: frame.assign(surplus_gbp=frame.surplus_gbp + 10), "the surplus of 2026 is £10,000"),
    (lambda frame: frame.assign(income_gbp=frame.income_gbp + 10), "the income of 2026 is £2,400,000"),
    (lambda frame: frame.assign(loan_service_gbp=0.0), "the loan service of 2027 is £12,100")])
def test_the_audit_adds_up_budget_and_loans_again(budgeted, baseline, change, word):
    write(budgeted, "loans", LOANS, [["L1", "borrowing", "MAR", 2026, 21_000, 0.1, 2, 2027]])
    shock = changed(baseline, plan={"years": 3}, shocks={"energy_price_share": 0.0})
    programme = planned(budgeted, shock)
    candidates = programme.candidates
    if "surplus" in word:  # the loan takes nothing in 2026
        assert audit(candidates, programme.choice, programme.draws, programme.objective) == []
    spoilt = replace(candidates, money=replace(candidates.money, reserves=change(candidates.money.reserves)))
    assert any(word in text for text in audit(spoilt, programme.choice, programme.draws, programme.objective))


def test_the_audit_holds_each_school_to_its_own_floor(budgeted, baseline):
    estate = by_school(budgeted)
    programme = planned(budgeted, changed(baseline, plan={"years": 2}))
    candidates = programme.candidates
    own = programme.draws.pot_id.str.endswith("-ELL") & programme.draws.pot_id.str.startswith("RESERVE")
    assert own.any() and len(estate.reserves) == 3
    spent = programme.draws.assign(amount_gbp=programme.draws.amount_gbp.where(~own, 300_000.0))
    pots = candidates.pots.assign(amount=candidates.pots.amount * 100)
    spoilt = replace(candidates, _frames={**candidates._frames, "pots": pots, "spend": candidates.spend.head(0)})
    assert any("free reserves of ELL" in text for text in _books_of(spoilt, spent))


def _books_of(candidates, draws):
    from capplan.programme import audit as module
    return module._books(candidates, draws)


def test_without_a_budget_the_ledger_does_not_make_up_what_schools_contribute(tiny, baseline):
    ledger = ledger_frame(planned(tiny, changed(baseline, plan={"years": 2})))
    assert ledger[["contributed_gbp", "net_gbp", "central_services_gbp", "income_gbp"]].isna().all().all()
    assert ledger.works_gbp.abs().sum() > 0 and ledger.works_gbp.sum() == pytest.approx(0)
