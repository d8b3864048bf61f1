"""The outlook against a plain loop per component: grade shares, backlog, loss and failures, with and without works."""

import csv
import shutil

import numpy as np
import pytest

from capplan import forecast, read_estate, read_scenario
from capplan.condition.course import Works
from capplan.errors import MissingFigureError

from .plain import (
    ELEMENT_KINDS,
    Effect,
    Part,
    backlog,
    cost_and_value,
    effect_of,
    failures_of,
    figures,
    in_use,
    knocked_on,
    lines_above,
    loss,
    parts_of,
    path,
    price_ratio,
    rows,
    shares_of,
    whole_loss,
)

NEAR = {"rel": 1e-9, "abs": 1e-9}
POUNDS = {"rel": 1e-9, "abs": 1e-4}
CASES = ("tiny", "example", "other", "rich", "rich by block", "rich ageing")


def write(file, found):
    names = list(dict.fromkeys(name for row in found for name in row))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, restval="")
        writer.writeheader()
        writer.writerows(found)


def edit(folder, table, key, **changes):
    """Change cells of the row of that key in a CSV table; a column that is not there is added."""
    file = folder / f"{table}.csv"
    found = rows(file)
    assert any(next(iter(row.values())) == key for row in found), f"no {key} in {table}"
    for row in found:
        if next(iter(row.values())) == key:
            row.update(changes)
    write(file, found)


def add(folder, table, **row):
    """Add a row to a CSV table, which is made if it is not there."""
    file = folder / f"{table}.csv"
    write(file, [*rows(file), row])


def add_components(folder, block, **by_type):
    """Components of a block: ``ROOF_03="800 C"`` is 800 of ROOF.03 at grade C, seen in 2026, without a cost."""
    for place, (name, text) in enumerate(by_type.items()):
        quantity, grade, *more = text.split()
        add(folder, "components", component_id=f"{block}-{place:02d}", site_id=block[:5], block_id=block,
            type_id=name.replace("_", "."), quantity=quantity, quantity_basis="measured", grade=grade,
            surveyed=more[0] if more else "2026-07-01")


def enrich(folder):
    """Give an estate made from data/tiny everything a component, a block and a trust may say of itself.

    A temporary block whose permission runs out, a kitchen, a surplus block in poor condition, ICT, single points of failure,
    own hazards, years of installation, rates of its own, old surveys, remedial works.
    """
    edit(folder, "blocks", "ELL-1-A", use="teaching", exposure="severe", maintenance="poor")
    edit(folder, "blocks", "MAR-1-A", use="teaching", exposure="sheltered", build_quality="good", maintenance="good")
    common = {"site_id": "MAR-1", "storeys": "1"}
    add(folder, "blocks", block_id="MAR-1-K", gifa_m2="150", permanence="permanent", use="kitchen", pupils="30", **common)
    add(folder, "blocks", block_id="MAR-1-S", gifa_m2="200", permanence="permanent", surplus="yes", maintenance="poor",
        **common)
    add(folder, "blocks", block_id="MAR-1-T", gifa_m2="70", permanence="temporary", planning_expires="2028-03-31", **common)
    add_components(folder, "MAR-1-K", ROOF_06="150 C", CEIL_02="150 B 2023-05-04", ELEC_03="150 B",
                   MECH_02="150 C 2019-01-15", SAN_01="150 D")
    add_components(folder, "MAR-1-S", ROOF_03="200 D", ROOF_20="60 C", FLOOR_16="200 D", EXT_24="120 D", MECH_01="200 D",
                   MECH_02="200 C", ELEC_01="200 D", CEIL_02="200 D", SAN_01="200 D")
    add_components(folder, "MAR-1-T", TEMP_01="70 C")
    add_components(folder, "MAR-1-A", ICT_01="1 B", ICT_02="4 C", ICT_03="2 B", ICT_06="90 C")
    edit(folder, "components", "MAR-1-A-00", support_ends="2028-10-14", sole="yes", installed="2019")
    edit(folder, "components", "MAR-1-A-01", support_ends="2025-10-14", installed="2015")
    edit(folder, "components", "MAR-1-A-02", support_ends="2040-01-31")
    edit(folder, "components", "MAR-1-A-03", support_ends="2036-08-31")
    edit(folder, "components", "MAR-03", failure_probability="0.2", installed="1972")
    edit(folder, "components", "ELL-01", failure_probability="0.05", surveyed="2022-03-01")
    edit(folder, "components", "MAR-01", failure_probability="0", sole="yes")
    edit(folder, "components", "ELL-02", failure_probability="0.3")
    edit(folder, "components", "MAR-02", installed="2010")
    add(folder, "rates", type_id="MECH.02", p_ab="0.1", p_bc="0.2", p_cd="0.3", p_de="0.4", evidence="41 pairs of surveys")
    add(folder, "rates", type_id="FLOOR.18", p_ab="0.05", p_bc="0", p_cd="0.5", p_de="1")
    items = {"site_id": "MAR-1", "block_id": "MAR-1-A", "last_done": "2025-10-01", "finding": "", "remedial_cost_gbp": "",
             "cost_price_base": ""}
    add(folder, "compliance", item_id="C1", duty_id="FIXED-WIRING",
        **items | {"due": "2028-09-01", "finding": "C2 faults", "remedial_cost_gbp": "9000", "cost_price_base": "2025"})
    add(folder, "compliance", item_id="C2", duty_id="EMERGENCY-LIGHT",
        **items | {"remedial_cost_gbp": "700", "cost_price_base": "2026"})
    add(folder, "compliance", item_id="C3", duty_id="FIRE-ALARM", **items | {"due": "2027-01-15"})
    add(folder, "compliance", item_id="C4", duty_id="ROOF-ANCHOR",
        **items | {"due": "2038-09-01", "remedial_cost_gbp": "5000", "cost_price_base": "2026"})
    return folder


def changed(scenario, **sections):
    """The scenario with some values of some sections changed."""
    return scenario.model_copy(update={
        name: getattr(scenario, name).model_copy(update=values) for name, values in sections.items()})


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


@pytest.fixture(scope="module")
def rich(root, tmp_path_factory):
    return enrich(shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("rich") / "estate"))


@pytest.fixture(scope="module")
def pairs(root, baseline, rich):
    """The outlook and the plain parts of both shipped estates, of a richer one, and of other scenarios."""
    other = changed(baseline, plan={"first_year": 2028, "years": 6, "price_base": 2024, "discount_rate": 0.06},
                    condition={"oldest_survey_years": 3, "scale_least": 0.8, "scale_most": 1.1},
                    costs={"fees_share": 0.2, "contingency_share": 0.0, "vat_rate_voluntary_aided": 0.1},
                    loss={"failure_scale": 2.0, "reactive_scale": 0.5, "handed_on_share": 0.3, "pupil_day_gbp": 80})
    by_block = changed(baseline, condition={"by_block": True}, patch={"grades": "BCDE", "brings_to": "one better"})
    ageing = changed(baseline, plan={"years": 7}, condition={"model": "weibull", "weibull_shape": 2.5, "by_block": True})
    made = {}
    for name, place, scenario in (
            ("tiny", root / "data" / "tiny", baseline), ("example", root / "data" / "example", baseline),
            ("other", root / "data" / "example", other), ("rich", rich, baseline), ("rich by block", rich, by_block),
            ("rich ageing", rich, ageing)):
        made[name] = forecast(read_estate(place), scenario), parts_of(place, scenario)
    return made


@pytest.fixture(params=CASES)
def pair(request, pairs):
    return pairs[request.param]


def test_the_same_components_in_the_same_order(pair):
    outlook, plain = pair
    assert outlook.parts.component_id.tolist() == [part.component_id for part in plain]


def test_costs_and_losses_against_the_loop(pair):
    outlook, plain = pair
    assert outlook.costs_gbp == pytest.approx(np.array([part.costs for part in plain]), **POUNDS)
    assert outlook.loss.yearly_gbp == pytest.approx(np.array([part.yearly for part in plain]), **POUNDS)
    assert outlook.loss.failure_gbp == pytest.approx(np.array([part.failure for part in plain]), **POUNDS)
    assert outlook.loss.handed_on_gbp == pytest.approx(np.array([part.handed_on for part in plain]), **POUNDS)


def test_pupil_days_against_the_loop(pair):
    outlook, plain = pair
    days = np.array([np.nan if part.pupil_days is None else part.pupil_days for part in plain])
    assert outlook.pupil_days == pytest.approx(days, nan_ok=True, **NEAR)
    assert np.nanmax(days) > 0


def test_shares_and_failures_against_the_loop(pair):
    outlook, plain = pair
    along = [path(part, outlook.horizon) for part in plain]
    here = np.array([in_use(part, outlook.horizon) for part in plain])
    for year in range(outlook.horizon + 1):
        shares = np.array([shares_of(states[year]) for states in along]) * here[:, [year]]
        assert outlook.shares(year) == pytest.approx(shares, **NEAR)
        failures = np.array([failures_of(part, states[year]) for part, states in zip(plain, along, strict=True)])
        assert outlook.nothing.failures[year] == pytest.approx(failures * here[:, year], **NEAR)


@pytest.mark.slow
def test_the_course_with_works_against_the_loop(pair):
    """Every component is patched, repaired, renewed, treated with its block or left alone, in some year, by chance."""
    outlook, plain = pair
    chance, scenario = np.random.default_rng(7), outlook.scenario
    years = chance.integers(-1, outlook.horizon, len(plain))
    kinds = chance.choice([*ELEMENT_KINDS, "refurbish", "demolish"], len(plain))
    works, along = Works(years.copy(), np.tile(np.arange(5), (len(plain), 1)), np.zeros((len(plain), 5), int)), []
    for i, (part, year, kind) in enumerate(zip(plain, years, kinds, strict=True)):
        effect = effect_of(part, scenario, kind, int(year)) if year >= 0 else None
        assert bool(effect) == (year >= 0 and bool(outlook.treatments[kind].applies[i, year]))
        if effect:
            works.outcome[i], works.after[i] = outlook.treatments[kind].outcome, outlook.treatments[kind].after
            along.append(path(part, outlook.horizon, int(year), effect))
        else:
            works.year[i] = -1
            along.append(path(part, outlook.horizon))
    assert {name for name, at in zip(kinds, works.year, strict=True) if at >= 0} == set(kinds)
    course = outlook.course(works)
    here = np.array([in_use(part, outlook.horizon) for part in plain])
    for year in range(outlook.horizon + 1):
        shares = np.array([shares_of(states[year]) for states in along]) * here[:, [year]]
        assert course.shares[year] == pytest.approx(shares, **NEAR)
        failures = np.array([failures_of(part, states[year]) for part, states in zip(plain, along, strict=True)])
        assert course.failures[year] == pytest.approx(failures * here[:, year], **NEAR)


@pytest.mark.parametrize("case", ["tiny", "rich", "rich by block", "rich ageing"])
def test_cost_and_worth_of_every_treatment_in_every_year_against_the_loop(pairs, case):
    outlook, plain = pairs[case]
    value, scenario = outlook.worth(), outlook.scenario
    assert set(value) == {*ELEMENT_KINDS, "urgent", "refurbish", "rebuild", "demolish"}
    for kind, worth in value.items():
        found = [[cost_and_value(part, scenario, kind, year) for year in range(outlook.horizon)] for part in plain]
        assert worth == pytest.approx(np.array([[avoided for _, avoided in row] for row in found]), **POUNDS)
        if kind != "urgent":  # the candidates' own part: never below the surveyor's sum
            costs = outlook.works_cost(kind)
            assert costs == pytest.approx(np.array([[cost for cost, _ in row] for row in found]), **POUNDS)


def test_by_year_against_the_loop(pair):
    outlook, plain = pair
    frame = outlook.by_year().set_index("year")
    assert frame.index.tolist() == [*outlook.scenario.years, outlook.scenario.years[-1] + 1]
    for year in range(outlook.horizon + 1):
        here = [(part, path(part, year)[year]) for part in plain if in_use(part, outlook.horizon)[year]]
        shares = [(part, shares_of(states)) for part, states in here]
        row = frame.loc[outlook.scenario.plan.first_year + year]
        for grade, letter in enumerate("abcde"):
            if grade:
                at_grade = sum(s[grade] * p.costs[grade] for p, s in shares)
                assert row[f"backlog_{letter}_gbp"] == pytest.approx(at_grade, **POUNDS)
        assert row.backlog_gbp == pytest.approx(sum(backlog(part, year) for part, _ in here), **POUNDS)
        failures = [(part, failures_of(part, states)) for part, states in here]
        year_loss = sum(s[g] * p.yearly[g] for p, s in shares for g in range(5)) + sum(f * p.failure for p, f in failures)
        assert row.expected_loss_gbp == pytest.approx(year_loss, **POUNDS)
        assert row.expected_failures == pytest.approx(sum(f for _, f in failures), **NEAR)
        assert row.expected_pupil_days == pytest.approx(sum(f * (p.pupil_days or 0.0) for p, f in failures), **POUNDS)


def test_total_loss_by_year_is_the_loss_of_the_loop(pair):
    """The years of ``by_year`` discounted, and the backlog of the end handed on, are each component's own loss to come."""
    outlook, plain = pair
    rate, share = outlook.scenario.plan.discount_rate, outlook.scenario.loss.handed_on_share
    frame, total = outlook.by_year(), 0.0
    for year in range(outlook.horizon):
        total += frame.expected_loss_gbp[year] / (1 + rate) ** year
    end = frame.iloc[-1]
    total += share * sum(end[f"backlog_{letter}_gbp"] for letter in "bcde") / (1 + rate) ** outlook.horizon
    assert total == pytest.approx(sum(loss(part, path(part, outlook.horizon), rate) for part in plain), **POUNDS)


@pytest.mark.parametrize("key", ["school_id", "block_id", "element"])
def test_backlog_by_place_against_the_loop(pair, key):
    outlook, plain = pair
    plain_sums = {}
    for part in plain:
        if part.years_in_use > 3:
            place = getattr(part, key)
            plain_sums[place] = plain_sums.get(place, 0.0) + backlog(part, 3)
    found = outlook.backlog_by(outlook.parts[key], 3).to_dict()
    assert {place: gbp for place, gbp in found.items() if gbp} == pytest.approx(
        {place: gbp for place, gbp in plain_sums.items() if gbp}, **POUNDS)


# --- failures, pupils and options by hand ---------------------------------------------------------------------------


def row_of(outlook, component):
    return outlook.parts.component_id.tolist().index(component)


def test_pupil_days_by_hand(root, baseline):
    """Marlstow: 200 pupils, one block. Its roof is all of the element: half of 200 for 5 days = 500. Lighting and wiring
    share the element (criticality 1, 3 days): together 600. Ellerwick: 120 pupils by floor area, 800 of 860 m2: 111.63; its
    roof half for 5 days, 279.07. The car park: 200 people on the site, a tenth for 2 days = 40."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    days = dict(zip(outlook.parts.component_id, outlook.pupil_days, strict=True))
    assert days["MAR-01"] == pytest.approx(500)
    assert days["MAR-03"] + days["MAR-04"] == pytest.approx(600)
    assert days["ELL-01"] == pytest.approx(0.5 * 5 * 120 * 800 / 860)
    assert days["MAR-07"] == pytest.approx(40)


def test_a_single_point_of_failure_closes_the_whole_block(tiny, baseline):
    """Marlstow's wiring shares the electrical services with its lighting; alone, 200 pupils stay away 3 days = 600."""
    edit(tiny, "components", "MAR-03", sole="yes")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.pupil_days[row_of(outlook, "MAR-03")] == pytest.approx(600)


def test_the_use_of_a_block_and_its_own_pupils_set_what_a_failure_closes(tiny, baseline):
    """A sports hall's roof closes all of it for 10 days: 45 x 10 = 450. Its floor: not 0.3 for 3 days but all for 10."""
    edit(tiny, "blocks", "MAR-1-A", use="sports", pupils="45")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.pupil_days[row_of(outlook, "MAR-01")] == pytest.approx(450)
    assert outlook.pupil_days[row_of(outlook, "MAR-06")] == pytest.approx(450)
    assert outlook.pupil_days[row_of(outlook, "MAR-07")] == pytest.approx(45 * 0.1 * 2)  # the grounds: the site's blocks


def test_where_nobody_knows_the_pupils_none_are_counted_and_it_is_told(tiny, baseline):
    """Ellerwick's seven components of 14: 50%."""
    edit(tiny, "schools", "ELL", pupils="")
    outlook = forecast(read_estate(tiny), baseline)
    own = (outlook.parts.school_id == "ELL").to_numpy()
    assert np.isnan(outlook.pupil_days[own]).all()
    assert not np.isnan(outlook.pupil_days[~own]).any()
    assert np.isfinite(outlook.loss.failure_gbp).all()
    assert "50%" in notes_with(outlook, "Pupil-days")[0]


def test_a_block_without_a_figure_of_its_own_has_its_part_of_what_the_others_leave(tiny, baseline):
    """ELL-1-T says 30 of the school's 120; ELL-1-A, the only other block, has the 90 that are left."""
    edit(tiny, "blocks", "ELL-1-T", pupils="30")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.pupil_days[row_of(outlook, "ELL-01")] == pytest.approx(0.5 * 5 * 90)


def test_the_trusts_own_hazard_holds_until_works_are_done(tiny, baseline):
    """Marlstow's wiring: 0.2 in every year, whatever its grade short of E; renewed in 2028, none of it is left in 2029 and
    what fails then is a new one's D to E, which nothing at A can do."""
    edit(tiny, "components", "MAR-03", failure_probability="0.2", grade="A")
    outlook = forecast(read_estate(tiny), baseline)
    row = row_of(outlook, "MAR-03")
    at_work = 1 - outlook.nothing.shares[:, row, 4]
    assert outlook.nothing.failures[:, row] == pytest.approx(0.2 * at_work)
    edit(tiny, "components", "MAR-03", grade="D")
    outlook = forecast(read_estate(tiny), baseline)
    n = len(outlook.parts)
    works = Works(np.where(np.arange(n) == row, 2, -1), np.tile([0, 0, 0, 0, 0], (n, 1)),
                  np.tile(outlook.treatments["renew"].after, (n, 1)))
    failures = outlook.course(works).failures[:, row]
    assert failures[:3] == pytest.approx(outlook.nothing.failures[:3, row])
    assert failures[3:6] == pytest.approx(0, abs=1e-12)
    assert 0 < failures[6] < 0.05


def test_support_that_ends_does_not_change_how_a_component_wears(tiny, baseline):
    edit(tiny, "components", "MAR-03", support_ends="2030-01-31")
    before, after = (forecast(read_estate(tiny), changed(baseline, schemes={"replace_unsupported": each}))
                     for each in (False, True))
    assert (before.nothing.shares == after.nothing.shares).all()


def test_exposure_and_maintenance_by_hand(tiny, baseline):
    """Ellerwick's flat roof at C (0.34783 a year to D): severe exposure 0.8 x poor maintenance 0.8 = a life of 0.64, hazard
    x 1.5625: 1 - 0.65217 to the 1.5625 = 0.48721. Its pipes feel the maintenance only: 0.8, hazard x 1.25."""
    edit(tiny, "blocks", "ELL-1-A", exposure="severe", maintenance="poor")
    outlook = forecast(read_estate(tiny), changed(baseline, condition={"by_block": True}))
    pipes = next(row for row in figures("component_types") if row["type_id"] == "MECH.02")
    assert outlook.shares(1)[row_of(outlook, "ELL-01"), 3] == pytest.approx(0.48721, abs=1e-5)
    assert outlook.shares(1)[row_of(outlook, "ELL-03"), 2] == pytest.approx(
        1 - (1 - float(pipes["p_bc"])) ** 1.25)
    unmoved = forecast(read_estate(tiny), baseline)
    assert unmoved.shares(1)[row_of(unmoved, "ELL-01"), 3] == pytest.approx(0.34783)


def test_blocks_of_reference_conditions_wear_as_without_the_option(root, baseline):
    estate = read_estate(root / "data" / "tiny")
    one, two = forecast(estate, baseline), forecast(estate, changed(baseline, condition={"by_block": True}))
    assert one.nothing.shares == pytest.approx(two.nothing.shares, abs=1e-12)


def test_a_weibull_shape_of_one_is_the_markov_model(root, baseline):
    estate = read_estate(root / "data" / "tiny")
    ageing = changed(baseline, condition={"model": "weibull", "weibull_shape": 1.0})
    one, two = forecast(estate, baseline), forecast(estate, ageing)
    assert one.nothing.shares == pytest.approx(two.nothing.shares, abs=1e-9)
    assert one.worth()["renew"] == pytest.approx(two.worth()["renew"], rel=1e-6, abs=0.01)


def test_rates_learned_from_the_estate_are_used_and_told(tiny, baseline):
    add(tiny, "rates", type_id="ROOF.04", p_ab="0.1", p_bc="0.1", p_cd="0.1", p_de="0.25", evidence="12 roofs")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.shares(1)[row_of(outlook, "MAR-01")] == pytest.approx([0, 0, 0, 0.75, 0.25])
    assert outlook.shares(1)[row_of(outlook, "ELL-01"), 3] == pytest.approx(0.34783)
    assert "1 construction types" in notes_with(outlook, "learned")[0]


# --- knock-on damage ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def harmed(root, tmp_path_factory, baseline):
    """An outlook in which ceilings lie beneath two roofs and lights beneath the ceilings; boilers beside bad windows."""
    folder = shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("harmed") / "estate")
    add_components(folder, "ELL-1-A", ROOF_20="200 D", CEIL_02="700 B 2024-06-01", CEIL_05="100 C",
                   ELEC_03="800 B 2022-06-01", EXT_24="90 C")
    add_components(folder, "ELL-1-T", ROOF_03="60 D", CEIL_02="60 C")
    edit(folder, "components", "ELL-03", failure_probability="0.04")
    scenario = changed(baseline, plan={"years": 5}, condition={"knock_on": True, "knock_on_scale": 1.5})
    return forecast(read_estate(folder), scenario), parts_of(folder, scenario)


def test_the_lines_of_causes_are_there(harmed):
    """Lights beneath two ceilings beneath two roofs: four ways of lying, whose chances add up to one."""
    _, plain = harmed
    lights = next(i for i, part in enumerate(plain) if part.type_id == "ELEC.03" and part.block_id == "ELL-1-A")
    lines = lines_above(plain, lights, 1.5)
    assert sorted(len(line) for _, line, _ in lines) == [3, 3, 3, 3]
    assert sum(chance for chance, _, _ in lines) == pytest.approx(1)
    assert lines[0][2] == pytest.approx([1 + 1.5 * 1, 1 + 1.5 * 0.25])


def test_shares_and_failures_beneath_causes_against_the_joint_loop(harmed):
    outlook, plain = harmed
    shares, failures = knocked_on(plain, outlook.horizon, 1.5)
    here = np.array([in_use(part, outlook.horizon) for part in plain]).T
    assert outlook.nothing.shares == pytest.approx(np.array(shares) * here[:, :, None], **NEAR)
    assert outlook.nothing.failures == pytest.approx(np.array(failures) * here, **NEAR)


def test_the_course_of_a_few_works_beneath_causes_against_the_joint_loop(harmed):
    """A roof patched in 2027, a ceiling renewed in 2026, the lights in 2029, a boiler's pipes in 2028."""
    outlook, plain = harmed
    given = {"ELL-01": (1, "patch"), "ELL-1-A-01": (0, "renew"), "ELL-1-A-03": (3, "repair"), "ELL-03": (2, "renew")}
    n, works = len(plain), {}
    done = Works(np.full(n, -1), np.tile(np.arange(5), (n, 1)), np.zeros((n, 5), int))
    for i, part in enumerate(plain):
        if part.component_id in given:
            year, kind = given[part.component_id]
            works[i] = year, effect_of(part, outlook.scenario, kind, year)
            done.year[i], done.outcome[i] = year, outlook.treatments[kind].outcome
            done.after[i] = outlook.treatments[kind].after
    assert len(works) == len(given)
    shares, failures = knocked_on(plain, outlook.horizon, 1.5, works)
    here = np.array([in_use(part, outlook.horizon) for part in plain]).T
    course = outlook.course(done)
    assert course.shares == pytest.approx(np.array(shares) * here[:, :, None], **NEAR)
    assert course.failures == pytest.approx(np.array(failures) * here, **NEAR)


@pytest.mark.parametrize(("component", "kind", "year"), [
    ("ELL-01", "renew", 1), ("ELL-1-A-00", "renew", 0), ("ELL-1-A-01", "patch", 3), ("ELL-1-A-03", "renew", 2),
    ("ELL-1-A-04", "repair", 0), ("ELL-1-T-00", "renew", 0)])
def test_works_are_credited_with_what_they_spare_below(harmed, component, kind, year):
    """The fall of the loss of the whole estate when these works are done and nothing else."""
    outlook, plain = harmed
    place = next(i for i, part in enumerate(plain) if part.component_id == component)
    effect, rate = effect_of(plain[place], outlook.scenario, kind, year), outlook.scenario.plan.discount_rate
    without = whole_loss(plain, *knocked_on(plain, outlook.horizon, 1.5), rate)
    treated = whole_loss(plain, *knocked_on(plain, outlook.horizon, 1.5, {place: (year, effect)}), rate)
    value = outlook.worth()[kind][place, year]
    assert value == pytest.approx(without - treated, rel=1e-9, abs=1e-3)
    assert value > 0


def test_knock_on_damage_of_nothing_is_no_damage(root, baseline):
    """A scale of 0, and an estate in which nothing lies beneath anything: tiny."""
    estate = read_estate(root / "data" / "tiny")
    plain = forecast(estate, baseline)
    for scale in (0.0, 1.0):
        outlook = forecast(estate, changed(baseline, condition={"knock_on": True, "knock_on_scale": scale}))
        assert outlook.nothing.shares == pytest.approx(plain.nothing.shares, abs=1e-12)


# --- works by rule --------------------------------------------------------------------------------------------------


def test_a_rule_of_grade_d_only_leaves_the_rest_alone(tiny, baseline):
    """Marlstow's windows at C cost nothing to patch in 2026, when none is at D yet; later only what is at D then."""
    outlook = forecast(read_estate(tiny), changed(baseline, patch={"grades": "D"}))
    windows, cost = row_of(outlook, "MAR-02"), outlook.works_cost("patch")
    assert cost[windows, 0] == 0
    at_d = outlook.shares(3)[windows, 3]
    assert cost[windows, 3] == pytest.approx(at_d * outlook.costs_gbp[windows, 3] * 0.35)
    assert outlook.worth()["patch"][windows, 0] == 0


def test_works_from_an_age_wait_for_it_where_the_year_of_installation_is_known(tiny, baseline):
    """Installed in 2010 and renewed from 20 years on: from 2030-31. Nothing speaks against the others."""
    edit(tiny, "components", "MAR-02", installed="2010")
    outlook = forecast(read_estate(tiny), changed(baseline, renew={"from_age_years": 20}))
    windows = row_of(outlook, "MAR-02")
    assert (outlook.works_cost("renew")[windows] > 0).tolist() == [False] * 4 + [True] * 6
    assert (outlook.worth()["renew"][windows] > 0).tolist() == [False] * 4 + [True] * 6
    assert (outlook.works_cost("repair")[windows] > 0).all()
    assert (outlook.works_cost("renew")[row_of(outlook, "ELL-01")] > 0).all()


def test_works_for_some_elements_are_offered_for_those_only(root, baseline):
    outlook = forecast(read_estate(root / "data" / "tiny"), changed(baseline, patch={"elements": ("Roofs",)}))
    worth, roofs = outlook.worth()["patch"], (outlook.parts.element == "Roofs").to_numpy()
    assert (worth[~roofs] == 0).all()
    assert (worth[row_of(outlook, "ELL-01")] > 0).all()
    assert (worth[row_of(outlook, "MAR-01")] == 0).all()  # marked X: not to be patched


def test_what_is_marked_x_may_be_patched_where_the_scenario_says_so(root, baseline):
    outlook = forecast(read_estate(root / "data" / "tiny"), changed(baseline, patch={"on_x": True}))
    assert outlook.works_cost("patch")[row_of(outlook, "MAR-01"), 0] == pytest.approx(211_500 * 0.35)
    without = forecast(read_estate(root / "data" / "tiny"), changed(baseline, renew={"on_x": False}))
    assert (without.works_cost("renew")[row_of(without, "MAR-01")] == 0).all()


def test_a_patch_to_a_at_full_cost_that_wears_as_before_is_a_repair(root, baseline):
    scenario = changed(baseline, patch={"grades": "CDE", "brings_to": "A", "cost_share": 1.0, "wear_after": 1.0,
                                        "on_x": True}, repair={"wear_after": 1.0})
    outlook = forecast(read_estate(root / "data" / "tiny"), scenario)
    value = outlook.worth()
    assert (value["patch"] == value["repair"]).all()
    assert (outlook.works_cost("patch") == outlook.works_cost("repair")).all()


def test_what_wears_faster_after_works_is_worth_less(root, baseline):
    estate = read_estate(root / "data" / "tiny")
    worth = [forecast(estate, changed(baseline, repair={"wear_after": pace})).worth()["repair"]
             for pace in (0.5, 1.0, 2.0, 4.0)]
    for better, worse in zip(worth, worth[1:], strict=False):
        assert (better >= worse - 1e-6).all()
        assert (better > worse + 1.0).any()


def test_a_patched_component_wears_faster_by_hand(root, baseline):
    """The felt roof at C, patched to B in 2026: a year later 1 - (1 - 0.14493) to the 1.5 = 0.20931 is at C again."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    n, row = len(outlook.parts), row_of(outlook, "ELL-01")
    patch = outlook.treatments["patch"]
    works = Works(np.where(np.arange(n) == row, 0, -1), np.tile(patch.outcome, (n, 1)), np.tile(patch.after, (n, 1)))
    course = outlook.course(works)
    assert course.shares[1, row] == pytest.approx([0, 1, 0, 0, 0])
    assert course.shares[2, row, 2] == pytest.approx(1 - (1 - 0.14493) ** 1.5)
    assert course.shares[2, row, 2] == pytest.approx(0.20931, abs=1e-5)


def test_what_does_not_stay_hands_nothing_on():
    """The plain loop's own sums, by hand: one at E, patching 15 a year, 100 handed on or not; two years at 0%."""
    effect = Effect({1: 0, 2: 0, 3: 0, 4: 0}, 1.0, 1.0)
    for stays, total in ((True, 130.0), (False, 30.0)):
        part = plain_part(grade=4, stays=stays)
        assert loss(part, path(part, 2), 0.0) == pytest.approx(total)
        assert loss(part, path(part, 2, 0, effect), 0.0) == pytest.approx(15.0)


def plain_part(**changes):
    facts = {"component_id": "x", "type_id": "ROOF.03", "site_id": "s", "block_id": "b", "school_id": "s",
             "element": "Roofs", "pfi": False, "replace_only": False, "installed": None,
             "chances": [[0.0], [0.0], [0.0], [0.5]], "grade": 3, "age_years": 0, "own_hazard": None,
             "costs": [0, 10, 40, 90, 100], "yearly": [0, 0, 0, 0, 15.0], "failure": 80.0, "pupil_days": 0.0,
             "years_in_use": 2, "stays": True, "must_by": None, "unsupported": False,
                 "quoted": 0.0} | changes
    return Part(**facts, handed_on=[cost * facts["stays"] for cost in facts["costs"]])


def test_the_loop_itself_by_hand():
    """At D, half failing: 40 lost in 2026 and 20 in 2027; half at E patched for 7.5 in 2027. Handed on: a quarter at D for
    90, three quarters at E for 100 = 97.5. With an own hazard of 0.1 the failures lose 8 and 4 instead."""
    part = plain_part()
    assert loss(part, path(part, 2), 0.0) == pytest.approx(40 + 20 + 7.5 + 97.5)
    own = plain_part(own_hazard=0.1)
    assert loss(own, path(own, 2), 0.0) == pytest.approx(8 + 4 + 7.5 + 97.5)


# --- money, time and notes ------------------------------------------------------------------------------------------


def test_backlog_now_is_the_surveyors_sum_where_nothing_has_aged(root, baseline):
    """Tiny is surveyed for the first year: C and D cost 500,000 by the surveyor; x 1.175 of fees and contingency."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(500_000 * 1.175)


def test_older_prices_are_brought_to_the_price_base(tiny, baseline):
    """Every surveyor's figure said to be in 2019 prices: all of C and D rises by 138.5279 / 110.3147."""
    for row in rows(tiny / "components.csv"):
        if row["cost_price_base"]:
            edit(tiny, "components", row["component_id"], cost_price_base="2019")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(500_000 * 1.175 * 138.5279 / 110.3147)


def test_voluntary_aided_schools_pay_vat(tiny, baseline):
    """Ellerwick's 84,000 at 20% more, Marlstow's 416,000 as before."""
    edit(tiny, "schools", "ELL", voluntary_aided="yes")
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.by_year().backlog_gbp[0] == pytest.approx((84_000 * 1.2 + 416_000) * 1.175)


def test_a_price_base_without_an_index_is_refused(root, baseline):
    with pytest.raises(MissingFigureError, match="2050"):
        forecast(read_estate(root / "data" / "tiny"), changed(baseline, plan={"price_base": 2050}))


@pytest.mark.slow
@pytest.mark.parametrize(("surveyed", "age"), [
    ("2026-09-01", 0), ("2025-09-02", 0), ("2025-09-01", 1), ("2025-08-31", 1), ("2022-09-01", 4), ("2021-09-01", 5),
    ("2015-03-01", 5), ("modelled", 0)])
def test_a_survey_is_aged_by_whole_years_and_no_more_than_the_cap(tiny, baseline, surveyed, age):
    """To 1 September 2026, whole years only, at most five."""
    edit(tiny, "components", "MAR-05", surveyed=surveyed)
    outlook = forecast(read_estate(tiny), baseline)
    assert outlook.parts.set_index("component_id").age_years["MAR-05"] == age


@pytest.mark.slow
@pytest.mark.parametrize(("leaves", "in_use", "stays"), [
    ("2026-08-31", None, None), ("2026-09-01", None, None), ("2026-10-01", 1, False), ("2029-09-01", 3, False),
    ("2036-09-01", 10, False), ("2027-08-31", 1, False), ("2029-08-31", 3, False),
    ("2029-10-01", 4, False), ("2036-08-31", 10, False), ("2036-10-01", 10, True), ("", 10, True)])
def test_a_planned_exit_ends_a_blocks_use_in_its_academic_year(tiny, baseline, leaves, in_use, stays):
    edit(tiny, "blocks", "ELL-1-T", planned_exit=leaves)
    outlook = forecast(read_estate(tiny), baseline)
    parts = outlook.parts[outlook.parts.block_id == "ELL-1-T"]
    if in_use is None:
        assert len(parts) == 0
        return
    assert set(parts.years_in_use) == {in_use}
    assert set(parts.stays) == {stays}
    here = outlook.parts.block_id == "ELL-1-T"
    for year in range(11):
        expected = stays if year == 10 else year < in_use
        assert outlook.shares(year)[here].sum() == pytest.approx(2.0 * expected)


def test_replacement_value_and_index_by_hand(root, baseline):
    """Ellerwick 860 m2 x 0.95, Marlstow 2,000 m2 x 1.01, at GBP 2,000 of 2018 brought to 2026: 138.5279 / 106.7634."""
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    rate = 2000 * 138.5279 / 106.7634
    value = outlook.replacement_gbp()
    assert value["ELL"] == pytest.approx(860 * 0.95 * rate)
    assert value["MAR"] == pytest.approx(2000 * 1.01 * rate)
    assert outlook.by_year().facility_condition_index[0] == pytest.approx(587_500 / value.sum())
    assert price_ratio(2018, 2026) == 138.5279 / 106.7634


def notes_with(outlook, words):
    return [note for note in outlook.notes if words in note]


def test_tiny_tells_only_of_the_block_that_is_left(root, baseline):
    outlook = forecast(read_estate(root / "data" / "tiny"), baseline)
    assert len(outlook.notes) == 2
    assert outlook.notes[0].startswith("The backlog at the start is £587,500.")
    assert "found it would be £587,500;" in outlook.notes[0]
    assert "2 components" in outlook.notes[1]
    assert "planned exit" in outlook.notes[1]


def test_pfi_backlog_is_shown_with_its_sum(tiny, baseline):
    """Marlstow's 416,000 x 1.175 = 488,800 stays in the backlog and is said to be the contractor's."""
    edit(tiny, "schools", "MAR", pfi="yes")
    outlook = forecast(read_estate(tiny), baseline)
    assert "488,800" in notes_with(outlook, "PFI")[0]
    assert outlook.by_year().backlog_gbp[0] == pytest.approx(587_500)


def test_modelled_backlog_is_told_as_a_share(tiny, baseline):
    """The felt roof, 40,000 of 500,000, was not seen by anybody: 8%."""
    edit(tiny, "components", "ELL-01", surveyed="modelled")
    outlook = forecast(read_estate(tiny), baseline)
    assert notes_with(outlook, "modelled")[0].startswith("8% ")


def test_old_surveys_are_told_with_the_years_they_are_aged_at_most(tiny, baseline):
    """Seven of 14 components seen in 2018: 50%. With a cap of 20 years they are aged 8 years, not 20."""
    for row in rows(tiny / "components.csv"):
        if row["site_id"] == "ELL-1":
            edit(tiny, "components", row["component_id"], surveyed="2018-05-01")
    estate = read_estate(tiny)
    note = notes_with(forecast(estate, baseline), "more than 5 years")[0]
    assert note.startswith("50% ")
    assert "5 years" in note.split(";")[1]
    note = notes_with(forecast(estate, changed(baseline, condition={"oldest_survey_years": 20})), "more than 5 years")[0]
    assert "20 years" not in note or "at most" in note


def test_an_estate_without_a_component_in_use_has_an_empty_outlook(tiny, baseline):
    for row in rows(tiny / "blocks.csv"):
        edit(tiny, "blocks", row["block_id"], planned_exit="2020-08-31")
    lines = (tiny / "components.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tiny / "components.csv").write_text("".join(line for line in lines if "MAR-07" not in line), encoding="utf-8")
    outlook = forecast(read_estate(tiny), baseline)
    assert len(outlook.parts) == 0
    assert outlook.by_year().backlog_gbp.tolist() == [0.0] * 11
