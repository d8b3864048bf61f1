"""Proposed schemes against a plain loop over components: every scheme and start year, its cost and its value.

Works of planning year y act on the grade shares at the start of y; the year's own loss is still suffered; the share that was
put right starts the next year at grade A. A repair puts right C to E, a renewal and urgent works B to E.
"""

import re

import numpy as np
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario

from .plain import (
    LOWEST,
    expected_schemes,
    loss,
    nominal,
    number,
    open_needs,
    parts_of,
    path,
    price_ratio,
    rows,
    yes,
)
from .test_outlook import changed, edit

LISTED = "listed"


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


@pytest.fixture(scope="module")
def other(baseline):
    """Six years from 2028 at other rates, with a minimum that bites."""
    return changed(baseline, plan={"first_year": 2028, "years": 6, "price_base": 2024, "discount_rate": 0.06},
                   condition={"oldest_survey_years": 3}, costs={"fees_share": 0.2, "tender_inflation": 0.05},
                   loss={"failure_scale": 2.0, "reactive_scale": 0.5, "handed_on_share": 0.3},
                   schemes={"minimum_scheme_gbp": 20_000})


def candidates_of(folder, scenario):
    return propose(forecast(read_estate(folder), scenario))


@pytest.fixture(scope="module")
def made(root, baseline, other):
    """Folder, scenario and candidates of three cases."""
    cases = {"tiny": ("tiny", baseline), "example": ("example", baseline), "other": ("example", other)}
    return {name: (root / "data" / folder, scenario, candidates_of(root / "data" / folder, scenario))
            for name, (folder, scenario) in cases.items()}


@pytest.fixture(params=["tiny", "example", "other"])
def case(request, made):
    return made[request.param]


# --- the plain loop -------------------------------------------------------------------------------------------------


def merged(schemes, scenario):
    """Without the repairs that cost within a pound of the renewal in every year both may start."""
    left = {}
    for key, years in schemes.items():
        twin = schemes.get((*key[:3], "renew"), {}) if key[3] == "repair" else {}
        both = [year for year in years if year in twin]
        same = both and all(abs(nominal(scenario, years[year][0], year) - nominal(scenario, twin[year][0], year)) <= 1.5
                            for year in both)
        if years and not same:
            left[key] = years
    return left


def proposed(candidates):
    """The candidates in the same shape, and the nominal cost by (key, year); listed works are left out."""
    facts = candidates.schemes.set_index("scheme_id")
    spend = candidates.spend.groupby(["scheme_id", "start_year"]).cost.sum()
    found, nominal_gbp = {}, {}
    for row in candidates.scheme_years.itertuples():
        fact = facts.loc[row.scheme_id]
        if fact.kind == LISTED:
            continue
        key = fact.site_id, fact.block_id, fact.element, "urgent" if fact.must_do else fact.kind
        found.setdefault(key, {})[row.start_year] = row.cost_real_gbp, row.value
        nominal_gbp[key, row.start_year] = spend[row.scheme_id, row.start_year]
    return found, nominal_gbp


# --- every scheme and year ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(made):
    return {name: expected_schemes(folder, scenario) for name, (folder, scenario, _) in made.items()}


@pytest.fixture
def expected(request, case, plain):
    return plain[request.node.callspec.params["case"]]


def test_every_scheme_and_start_year_is_there_and_no_other(case, expected):
    _, scenario, candidates = case
    found, _ = proposed(candidates)
    wanted = merged(expected, scenario)
    assert {key: sorted(years) for key, years in found.items()} == {key: sorted(years) for key, years in wanted.items()}


def test_every_cost_and_value_against_the_loop(case, expected):
    _, scenario, candidates = case
    found, nominal_gbp = proposed(candidates)
    count = 0
    for key, years in found.items():
        for year, (cost, value) in years.items():
            real, avoided = expected[key][year]
            assert cost == pytest.approx(real, rel=1e-9, abs=0.0051), (key, year)
            assert value == pytest.approx(avoided, rel=1e-9, abs=0.0051), (key, year)
            assert abs(nominal_gbp[key, year] - nominal(scenario, real, year)) <= 0.5 + 1e-6, (key, year)
            assert nominal_gbp[key, year] == round(nominal_gbp[key, year])
            count += 1
    assert count == len(candidates.scheme_years) - candidates.scheme_years.scheme_id.str.startswith("work.").sum() > 50


def test_spending_falls_in_the_start_year_once(case):
    _, _, candidates = case
    spend, years = candidates.spend, candidates.scheme_years
    assert (spend.year == spend.start_year).all()
    assert spend[["scheme_id", "start_year"]].to_numpy().tolist() == years[["scheme_id", "start_year"]].to_numpy().tolist()


def test_repair_and_renewal_of_a_need_exclude_each_other_and_nothing_else(case):
    _, _, candidates = case
    groups = {}
    for scheme in candidates.schemes.itertuples():
        if scheme.kind == LISTED:
            assert scheme.exclusion_group == ""
            continue
        groups.setdefault(scheme.exclusion_group, []).append(scheme)
    for group in groups.values():
        assert len({(one.site_id, one.block_id, one.element, one.must_do) for one in group}) == 1
        assert sorted(one.kind for one in group) in (["renew"], ["repair"], ["renew", "repair"])
    assert any(len(group) == 2 for group in groups.values())


def test_a_merged_repair_is_worth_what_its_renewal_is(case, expected):
    """The repair left out saves nobody more than a pound and avoids as good as the same loss."""
    _, scenario, _ = case
    kept = merged(expected, scenario)
    for key, years in expected.items():
        if years and key not in kept:
            for year, (_, value) in years.items():
                twin = expected[(*key[:3], "renew")]
                assert year in twin
                assert value <= twin[year][1] + 0.01, (key, year)


def test_must_do_years_are_the_earliest_due_or_the_first_of_the_plan(case):
    folder, scenario, candidates = case
    due = {key[:3]: min(part.must_by for part in parts) for key, parts in open_needs(folder, scenario).items() if key[3]}
    must = candidates.schemes[(candidates.schemes.must_do != "") & (candidates.schemes.kind != LISTED)]
    assert {(row.site_id, row.block_id, row.element): int(row.must_do) for row in must.itertuples()} == due
    assert min(due.values()) == scenario.plan.first_year


def test_members_are_the_components_of_the_scheme(case):
    folder, scenario, candidates = case
    needs = {key: {part.component_id for part in parts} for key, parts in open_needs(folder, scenario).items()}
    parts, facts = candidates.outlook.parts, candidates.schemes.set_index("scheme_id")
    assert set(candidates.members) == set(facts.index[facts.kind != LISTED])
    for scheme, members in candidates.members.items():
        fact = facts.loc[scheme]
        assert set(parts.component_id.iloc[members]) == needs[fact.site_id, fact.block_id, fact.element, fact.must_do != ""]


def test_nothing_at_pfi_schools_and_only_urgent_where_the_block_is_left(case):
    folder, scenario, candidates = case
    pfi = {row["school_id"] for row in rows(folder / "schools.csv") if yes(row["pfi"])}
    leaving = {part.block_id for part in parts_of(folder, scenario) if not part.stays}
    own = candidates.schemes[candidates.schemes.kind != LISTED]
    assert leaving
    assert not set(own.school_id) & pfi
    assert (own[own.block_id.isin(leaving)].must_do != "").all()


# --- rules that the shipped estates do not bring out ----------------------------------------------------------------


def test_a_pfi_school_has_no_scheme_at_all(tiny, baseline):
    edit(tiny, "schools", "MAR", pfi="yes")
    candidates = candidates_of(tiny, baseline)
    own = candidates.schemes[candidates.schemes.kind != LISTED]
    assert set(own.school_id) == {"ELL"}


def test_urgent_works_cost_no_less_than_the_surveyor_said(tiny, baseline):
    """The fire alarm, at C for 10,000, due in 2028: by then part of it may be worse, never cheaper: 11,750 is the least."""
    edit(tiny, "components", "ELL-04", due_year="2028")
    years = candidates_of(tiny, baseline).scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    alarm = years["ELL-1-A.ELEC.must.urgent"]
    assert alarm.index.tolist() == [2026, 2027, 2028]
    assert alarm[2026] == 11_750
    assert (alarm >= 11_750).all()


def test_urgent_works_aged_to_a_better_mix_still_cost_the_surveyors_sum(tiny, baseline):
    """A statutory remedy quoted on a component at A has no cost by grade; a quote at B stands although A and B mix."""
    edit(tiny, "components", "ELL-03", priority="1", remedial_cost_gbp="8000")
    years = candidates_of(tiny, baseline).scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    assert years["ELL-1-A.MECH.must.urgent", 2026] == pytest.approx((30_000 + 8_000) * 1.175)


def test_urgent_works_in_a_block_to_be_left_start_only_while_it_is_in_use(tiny, baseline):
    """The temporary block is left on 31 August 2029, the end of planning year 2028; a remedy due in 2031 cannot wait."""
    edit(tiny, "components", "ELL-06", statutory="yes", due_year="2031")
    candidates = candidates_of(tiny, baseline)
    found = candidates.schemes[candidates.schemes.block_id == "ELL-1-T"]
    assert len(found) == 1
    years = candidates.scheme_years[candidates.scheme_years.scheme_id.isin(found.scheme_id)]
    assert years.start_year.tolist() == [2026, 2027, 2028]


def test_the_due_year_before_the_plan_is_the_first_year(tiny, baseline):
    edit(tiny, "components", "ELL-02", due_year="2019")
    schemes = candidates_of(tiny, baseline).schemes.set_index("scheme_id")
    assert schemes.must_do["ELL-1-A.MECH.must.urgent"] == "2026"


def test_small_schemes_are_dropped_and_their_sum_is_told(tiny, baseline):
    """A tenth of the redecoration of Ellerwick: 200 x 1.175 = 235 now, a tenth of 48,483 once worn out; with a minimum of
    10,000 it never is a scheme. Nor are Marlstow's washrooms, but at grade A they need nothing at the start."""
    edit(tiny, "components", "ELL-05", quantity="80", remedial_cost_gbp="200")
    candidates = candidates_of(tiny, changed(baseline, schemes={"minimum_scheme_gbp": 10_000}))
    note = next(note for note in candidates.notes if "10,000" in note)
    assert re.search(r"\b235\b", note)
    assert not set(candidates.schemes.element[candidates.schemes.kind != LISTED]) & {"Redecorations", "Sanitary services"}
    must = candidates.schemes.scheme_id[candidates.schemes.must_do != ""]
    years = candidates.scheme_years
    assert (years.cost_real_gbp[~years.scheme_id.isin(must)] >= 10_000).all()
    assert "ELL-1-A.MECH.must.urgent" in set(must)


def test_a_must_do_is_never_too_small(tiny, baseline):
    edit(tiny, "components", "ELL-04", remedial_cost_gbp="100", quantity="1")
    candidates = candidates_of(tiny, baseline)
    assert candidates.scheme_years.set_index("scheme_id").cost_real_gbp["ELL-1-A.ELEC.must.urgent"].iloc[0] == 117.5


def test_the_limit_on_schemes_per_site_is_passed_on(root, baseline):
    scenario = changed(baseline, schemes={"schemes_per_site_per_year": 2})
    limits = candidates_of(root / "data" / "tiny", scenario).limits
    assert limits.year.tolist() == list(range(2026, 2036))
    assert set(limits.scope) == {"site"}
    assert set(limits.measure) == {"schemes"}
    assert set(limits.sense) == {"<="}
    assert set(limits.amount) == {2}


# --- works on the trust's own list ----------------------------------------------------------------------------------


def listed_value(row, scenario, real, year):
    """Loss of the years after the works, and for condition works the backlog that would be handed on, discounted."""
    plan, total = scenario.plan, 0.0
    yearly = (number(row["loss_avoided_gbp_per_year"]) or 0.0) * price_ratio(row["cost_price_base"], plan.price_base)
    for later in range(year + 1, plan.years):
        total += yearly / (1 + plan.discount_rate) ** later
    handed_on = real * scenario.loss.handed_on_share if row["use"] == "condition" else 0.0
    return total + handed_on / (1 + plan.discount_rate) ** plan.years


def test_listed_works_against_the_loop(case):
    folder, scenario, candidates = case
    schools = {row["school_id"]: row for row in rows(folder / "schools.csv")}
    facts = candidates.schemes.set_index("scheme_id")
    years = candidates.scheme_years.set_index(["scheme_id", "start_year"])
    spend = candidates.spend.set_index(["scheme_id", "start_year"]).cost
    for row in rows(folder / "works.csv"):
        vat = 1 + scenario.costs.vat_rate_voluntary_aided * yes(schools[row["school_id"]]["voluntary_aided"])
        real = (float(row["cost_gbp"]) * price_ratio(row["cost_price_base"], scenario.plan.price_base) * vat
                * (1 + scenario.costs.fees_share + scenario.costs.contingency_share))
        fact, first = facts.loc[f"work.{row['work_id']}"], scenario.plan.first_year
        by = first if row["status"] == "committed" else number(row["must_start_by"])
        assert fact.must_do == ("" if by is None else str(max(int(by), first)))
        assert (fact.tag, fact.description, fact.school_id) == (row["use"], row["description"], row["school_id"])
        last = first + scenario.plan.years - 1 if by is None else max(int(by), first)
        offered = [year for year in range(first, last + 1)
                   if by is not None or listed_value(row, scenario, real, year - first) >= 0.005]
        assert years.loc[f"work.{row['work_id']}"].index.tolist() == offered
        for year in offered:
            key = f"work.{row['work_id']}", year
            assert years.cost_real_gbp[key] == pytest.approx(real, abs=0.0051)
            assert years.value[key] == pytest.approx(listed_value(row, scenario, real, year - first), abs=0.0051)
            assert abs(spend[key] - nominal(scenario, real, year)) <= 0.5 + 1e-6


def test_listed_works_by_hand(root, baseline):
    """W1: 20,000 x 1.175 = 23,500, in 2027-28 x 1.032 = 24,252. Started in 2034-35 it avoids 2,000 in the last year, / 1.035
    to the ninth (1.362897) = 1,467.46, but it must start by 2028. W2, energy: 36,000 x 1.175 = 42,300; started in 2034-35 it
    is worth 4,500 / 1.362897 = 3,301.79, and in the last year nothing, so it is not offered then."""
    candidates = candidates_of(root / "data" / "tiny", baseline)
    years = candidates.scheme_years.set_index(["scheme_id", "start_year"])
    spend = candidates.spend.set_index(["scheme_id", "start_year"]).cost
    assert spend["work.W1", 2027] == 24_252
    assert years.loc["work.W1"].index.tolist() == [2026, 2027, 2028]
    assert spend["work.W2", 2026] == 42_300
    assert years.value["work.W2", 2034] == pytest.approx(3301.79, abs=0.01)
    assert years.loc["work.W2"].index.tolist() == list(range(2026, 2035))


def test_committed_works_must_start_in_the_first_year(tiny, baseline):
    edit(tiny, "works", "W2", status="committed")
    candidates = candidates_of(tiny, baseline)
    assert candidates.schemes.set_index("scheme_id").must_do["work.W2"] == "2026"
    assert candidates.scheme_years.set_index("scheme_id").start_year["work.W2"] == 2026


def test_listed_works_that_are_not_planned_are_told(tiny, baseline):
    """No work on the list goes missing without a word: at a PFI school, too small, or with nothing it avoids."""
    (tiny / "works.csv").write_text(
        "work_id,school_id,block_id,description,use,cost_gbp,cost_price_base,loss_avoided_gbp_per_year,priority,must_start_by,"
        "status\nP1,MAR,,Works of the contractor,condition,50000,2026,1000,2,,proposed\n"
        "S1,ELL,,Too small,condition,500,2026,100,2,,proposed\nN1,ELL,,Nothing avoided,energy,50000,2026,,3,,proposed\n",
        encoding="utf-8")
    edit(tiny, "schools", "MAR", pfi="yes")
    candidates = candidates_of(tiny, baseline)
    assert not candidates.schemes.scheme_id.str.startswith("work.").any()
    told = " ".join(candidates.notes)
    assert all(name in told for name in ("P1", "S1", "N1"))


# --- the value of a programme is what it does to the loss -----------------------------------------------------------


@pytest.fixture(scope="module")
def programmes(made):
    return {name: optimise(made[name][2], gap=0.01, time_limit_s=20) for name in ("tiny", "example")}


@pytest.fixture(params=["tiny", "example"])
def chosen(request, programmes, made):
    return *made[request.param], programmes[request.param]


def listed_gbp(candidates, programme):
    value = candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    return sum(value[pair] for pair in programme.choice.items() if pair[0].startswith("work."))


def plain_works(candidates, programme):
    """Component to (year of the plan, lowest grade put right), from the schemes' own facts."""
    facts, works = candidates.schemes.set_index("scheme_id"), {}
    for scheme, year in programme.choice.items():
        for row in candidates.members.get(scheme, ()):
            name = candidates.outlook.parts.component_id.iloc[row]
            assert name not in works, "no component is treated twice"
            works[name] = year - candidates.outlook.scenario.plan.first_year, LOWEST[facts.kind[scheme]]
    return works


def test_the_objective_is_the_loss_avoided_by_the_loop(chosen):
    """Each component along its own path, with and without the works of the programme."""
    folder, scenario, candidates, programme = chosen
    works, avoided = plain_works(candidates, programme), 0.0
    for part in parts_of(folder, scenario):
        if part.component_id in works:
            with_works = path(part, scenario.plan.years, *works[part.component_id])
            avoided += (loss(part, path(part, scenario.plan.years), scenario.plan.discount_rate)
                        - loss(part, with_works, scenario.plan.discount_rate))
    assert avoided > 0
    listed = listed_gbp(candidates, programme)
    assert programme.objective == pytest.approx(avoided + listed, abs=0.006 * len(programme.choice))


def test_the_objective_is_the_fall_of_the_outlooks_own_loss(chosen):
    """The same from the outlook's shares with and without the programme, as the results folder shows them."""
    results = pytest.importorskip("capplan.results")
    _, scenario, candidates, programme = chosen
    outlook, rate = candidates.outlook, scenario.plan.discount_rate
    treated_in, scope = results.treatments(programme)
    avoided = 0.0
    for year in range(outlook.horizon + 1):
        fall = outlook.shares(year) - outlook.shares_with(year, treated_in, scope)
        weights = outlook.yearly_gbp if year < outlook.horizon else outlook.costs_gbp * scenario.loss.handed_on_share
        avoided += float(np.sum(fall * weights)) / (1 + rate) ** year
    listed = listed_gbp(candidates, programme)
    assert programme.objective == pytest.approx(avoided + listed, abs=0.006 * len(programme.choice))


def test_more_years_of_waiting_cost_more_of_what_is_at_d(root, baseline):
    """The DX roof of Marlstow: 180,000 x 1.175 = 211,500 in 2026, and by 2035 part of it has failed and costs the more."""
    candidates = candidates_of(root / "data" / "tiny", baseline)
    roof = candidates.spend[candidates.spend.scheme_id == "MAR-1-A.ROOF.renew"]
    assert roof.cost.iloc[0] == 211_500
    assert (roof.cost.diff().dropna() > 0).all()
