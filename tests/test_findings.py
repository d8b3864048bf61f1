"""Findings by hand, against plain loops, and against two forecasts of the same works a year apart."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capplan import findings, forecast, read_estate, read_scenario
from capplan.condition.course import Works
from capplan.condition.information import CHANGES_NOTHING
from capplan.condition.suitability import NOT_ASSESSED, WORDS

from .plain import figures, location_factors, price_ratio, rows
from .test_outlook import add, changed, edit, enrich, write

TO_A = np.zeros(5, int)


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


@pytest.fixture(scope="module")
def tiny_outlook(root, baseline):
    return forecast(read_estate(root / "data" / "tiny"), baseline)


@pytest.fixture(scope="module")
def rich_folder(root, tmp_path_factory):
    return enrich(shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("rich") / "estate"))


@pytest.fixture(scope="module")
def rich(rich_folder, baseline):
    """Own hazards, a surplus block, old surveys, ICT, knock-on damage."""
    scenario = changed(baseline, condition={"knock_on": True}, plan={"years": 6})
    return forecast(read_estate(rich_folder), scenario)


def of(frame, **values):
    """The one row of a frame with these values."""
    for name, value in values.items():
        frame = frame[frame[name] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def only(folder, component, **changes):
    """Leave one component in an estate folder, changed."""
    edit(folder, "components", component, **changes)
    write(folder / "components.csv", [row for row in rows(folder / "components.csv") if row["component_id"] == component])
    return folder


# --- what loses most -------------------------------------------------------------------------------------------------


def loss_with(outlook, component, year):
    """Loss of the whole estate where one component is brought to A in a year, in a loop over years and components."""
    n, horizon = len(outlook.parts), outlook.horizon
    works = Works(np.full(n, -1), np.tile(np.arange(5), (n, 1)), np.zeros((n, 5), int))
    works.year[component], works.outcome[component], works.after[component] = year, TO_A, outlook.treatments["urgent"].after
    course, total, rate = outlook.course(works), 0.0, outlook.scenario.plan.discount_rate
    for later in range(horizon):
        for i in range(n):
            if outlook.loss.in_use[later, i]:
                lost = course.failures[later, i] * outlook.loss.failure_gbp[i] + sum(
                    course.shares[later, i, grade] * outlook.loss.yearly_gbp[i, grade] for grade in range(5))
                total += lost / (1 + rate) ** later
    return total + (course.shares[horizon] * outlook.loss.handed_on_gbp).sum() / (1 + rate) ** horizon


def test_the_loss_of_a_year_s_delay_against_two_forecasts_of_the_works(rich):
    risk = findings.risk_frame(rich).set_index("component_id")
    names = rich.parts.component_id.tolist()
    assert sorted(risk.index) == sorted(names)
    for i, name in enumerate(names):
        delay = loss_with(rich, i, 1) - loss_with(rich, i, 0)
        assert risk.loss_if_delayed_gbp[name] == pytest.approx(delay, abs=0.02, rel=1e-9)
    assert (risk.loss_if_delayed_gbp > 1000).sum() > 5 and (risk.loss_if_delayed_gbp < 0).any()


def test_risks_come_in_the_order_of_that_loss(rich):
    delays = findings.risk_frame(rich).loss_if_delayed_gbp.tolist()
    assert delays == sorted(delays, reverse=True)


def test_a_plan_of_one_year_has_no_delay_to_lose_by(root, baseline):
    risk = findings.risk_frame(forecast(read_estate(root / "data" / "tiny"), changed(baseline, plan={"years": 1})))
    assert risk.loss_if_delayed_gbp.isna().all() and len(risk) == 14
    assert risk.failed_by_end.tolist() == pytest.approx(risk.failure_probability.tolist())


def test_the_columns_of_the_risk_frame_are_those_promised(rich):
    risk = findings.risk_frame(rich)
    text = " ".join(findings.risk_frame.__doc__.split())
    assert all(name in text for name in risk.columns) and len(risk.columns) == 16
    assert (risk.failure_probability <= risk.failed_by_end + 1e-6).all() and (risk.failed_by_end <= 1).all()
    assert risk["sole"].sum() == 2 and risk.modelled.sum() == 1


def test_pupil_days_on_paper(tiny_outlook):
    # ELL: 120 pupils over 860 m2, of which ELL-1-A has 800. A roof closes half of its part for 5 days; it is the only roof.
    row = of(findings.risk_frame(tiny_outlook), component_id="ELL-01")
    days = 120 * 800 / 860 * 0.5 * 5
    assert row.pupil_days_at_failure == pytest.approx(days, abs=0.05)
    assert row.expected_pupil_days == pytest.approx(row.failure_probability * days, abs=0.01)
    roof = of(findings.risk_frame(tiny_outlook), component_id="MAR-01")  # 200 pupils, all in MAR-1-A, at D
    assert roof.pupil_days_at_failure == pytest.approx(200 * 0.5 * 5, abs=0.05)
    assert roof.expected_pupil_days == pytest.approx(roof.failure_probability * 500, abs=0.01)
    assert roof.expected_pupil_days > 100


def test_the_matrix_counts_every_component_once_and_where_it_belongs(rich):
    matrix = findings.matrix_frame(rich)
    assert matrix.shape == (5, 5) and matrix.to_numpy().sum() == len(rich.parts)
    chances, pounds = (0.01, 0.03, 0.1, 0.3), (1e3, 1e4, 5e4, 2.5e5)
    counted = np.zeros((5, 5), int)
    for chance, gbp in zip(rich.nothing.failures[0], rich.loss.failure_gbp, strict=True):
        counted[sum(chance >= step for step in chances), sum(gbp >= step for step in pounds)] += 1
    assert matrix.to_numpy().tolist() == counted.tolist()
    assert matrix.index[0] == "below 1%" and matrix.columns[-1] == "£250,000 and more"


# --- what is estimated -----------------------------------------------------------------------------------------------


def test_the_modelled_share_by_hand(tiny, baseline):
    # As surveyed when the plan starts, MAR has 416,000 of remedial works at C and D, ELL 40,000 + 30,000 + 10,000 + 4,000.
    assert findings.modelled_share(forecast(read_estate(tiny), baseline)) == 0
    edit(tiny, "components", "MAR-01", surveyed="modelled")
    assert findings.modelled_share(forecast(read_estate(tiny), baseline)) == pytest.approx(180_000 / 500_000)
    write(tiny / "components.csv", [row | {"surveyed": "modelled"} for row in rows(tiny / "components.csv")])
    assert findings.modelled_share(forecast(read_estate(tiny), baseline)) == 1


def test_nothing_poor_means_nothing_of_it_is_estimated(tiny, baseline):
    only(tiny, "MAR-05", surveyed="modelled")
    outlook = forecast(read_estate(tiny), baseline)
    assert findings.modelled_share(outlook) == 0
    assert findings.blocks_frame(outlook).modelled_share.tolist() == [0, 0, 0]


# --- blocks ----------------------------------------------------------------------------------------------------------


def test_rebuild_or_repair_by_hand(tiny, baseline):
    # Fees 10% and contingency 7.5% on 180,000 + 90,000 + 130,000 + 16,000; half of the roof's block is not surveyed.
    edit(tiny, "components", "MAR-01", surveyed="modelled")
    estate = read_estate(tiny)
    row = of(findings.blocks_frame(forecast(estate, baseline)), block_id="MAR-1-A")
    rebuild = 2000 * 2000 * location_factors()["East of England"] * price_ratio(2018, 2026)
    assert row.repair_gbp == pytest.approx(416_000 * 1.175) and row.rebuild_gbp == pytest.approx(rebuild, abs=0.01)
    assert row.repair_share == pytest.approx(416_000 * 1.175 / rebuild, abs=5e-5) and row.rebuild_or_repair == "repair"
    assert row.modelled_share == pytest.approx(180 / 416, abs=5e-5)
    looked = changed(baseline, rebuild={"least_backlog_share": 0.09})
    row = of(findings.blocks_frame(forecast(estate, looked)), block_id="MAR-1-A")
    assert row.rebuild_or_repair == "look at rebuilding: repairs cost 9% of a new block"
    cheap = changed(baseline, costs={"rebuild_gbp_per_m2": 100})
    assert of(findings.blocks_frame(forecast(estate, cheap)), block_id="MAR-1-A").rebuild_or_repair == \
        "rebuild: repairs cost more than a new block"


def test_repair_costs_of_blocks_add_up_to_the_backlog_without_the_grounds(rich):
    inside = (rich.parts.block_id != "").to_numpy()
    poor = (rich.shares(0) * rich.costs_gbp)[inside, 2:].sum()
    assert findings.blocks_frame(rich).repair_gbp.sum() == pytest.approx(poor, abs=0.05)


def test_what_is_to_become_of_temporary_blocks_in_words(tiny, baseline):
    edit(tiny, "blocks", "ELL-1-T", planned_exit="2029-08-31", planning_expires="2026-03-01")
    for name, changes in {"T2": {}, "T3": {"planning_expires": "2026-09-01"}, "T4": {"planned_exit": "2026-07-09"}}.items():
        add(tiny, "blocks", block_id=name, site_id="MAR-1", gifa_m2="50", permanence="temporary", **changes)
    edit(tiny, "blocks", "MAR-1-A", planned_exit="2035-08-31")
    words = findings.blocks_frame(forecast(read_estate(tiny), baseline)).set_index("block_id").temporary.to_dict()
    assert words == {
        "ELL-1-A": "", "MAR-1-A": "", "ELL-1-T": "planning permission ended 1 March 2026; to be left 31 August 2029",
        "T2": "no end date: needs a plan", "T3": "planning permission ends 1 September 2026",
        "T4": "to have been left 9 July 2026"}


def test_surveys_are_held_to_the_guidance_s_five_years_whatever_the_scenario_ages_them_by(tiny, baseline):
    # The scenario says how far a survey is aged, which may be not at all; DfE's guidance does not change with it.
    edit(tiny, "components", "ELL-06", surveyed="2021-08-31")
    edit(tiny, "components", "ELL-07", surveyed="2021-08-31")
    found = []
    for years in (0, 5, 12):
        outlook = forecast(read_estate(tiny), changed(baseline, condition={"oldest_survey_years": years}))
        row = of(findings.blocks_frame(outlook), block_id="ELL-1-T")
        assert row.survey.startswith("last surveyed more than 5 years ago") and row.last_survey == "2021-08-31"
        assert row.survey_age_years == 5 and "Roofs" in row.elements_missing and "Electrical" not in row.elements_missing
        reasons = findings.surveys_frame(outlook, 0.0).set_index("block_id").reason
        assert "older than 5 years" in reasons["ELL-1-T"] and "older" not in reasons["MAR-1-A"]
        found.append(findings.grounds_surveys(outlook).verdict.tolist())
    assert found == [["never surveyed", "never surveyed"]] * 3


def test_grounds_are_checked_by_site(tiny, baseline):
    edit(tiny, "components", "MAR-07", surveyed="2025-05-01")
    grounds = findings.grounds_surveys(forecast(read_estate(tiny), baseline)).set_index("site_id")
    assert grounds.last_survey["MAR-1"] == pd.Timestamp("2025-05-01") and pd.isna(grounds.last_survey["ELL-1"])
    assert grounds.verdict.to_dict() == {"ELL-1": "never surveyed", "MAR-1": "not surveyed: Playing fields"}


# --- surveys worth making --------------------------------------------------------------------------------------------


def hoped(gains, chances):
    """Best decision on average, decisions down, grades across."""
    return max(sum(chance * gain for chance, gain in zip(chances, row, strict=True)) for row in gains)


def worth_by_hand(gains, chances, one_off):
    """Worth of one survey of one component, record by record; and of knowing its grade for certain."""
    seen = [[0.0] * 5 for _ in range(5)]
    for true in range(5):
        for record in (true - 1, true + 1):
            if 0 <= record < 5:
                seen[true][record] = one_off
        seen[true][true] = 1 - sum(seen[true])
    after = sum(hoped(gains, [chances[true] * seen[true][record] for true in range(5)]) for record in range(5))
    perfect = sum(chances[true] * max(row[true] for row in gains) for true in range(5))
    return after - hoped(gains, chances), perfect - hoped(gains, chances)


@pytest.fixture(scope="module")
def one_roof(root, baseline, tmp_path_factory):
    """A roof seen at B four years ago and how much each of its works gains at each grade, from a forecast for each grade."""
    blank = {"remedial_cost_gbp": "", "cost_price_base": "", "priority": ""}
    folder = shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("roof") / "estate")
    only(folder, "ELL-01", grade="B", surveyed="2022-09-01", **blank)
    outlook = forecast(read_estate(folder), baseline)
    avoided, cost = np.zeros((3, 5)), np.zeros((3, 5))
    for grade in range(4):  # a survey does not say E
        edit(folder, "components", "ELL-01", grade="ABCD"[grade], surveyed="2026-09-01")
        certain = forecast(read_estate(folder), baseline)
        for way, name in enumerate(("patch", "repair", "renew")):
            avoided[way, grade], cost[way, grade] = certain.worth()[name][0, 0], certain.works_cost(name)[0, 0]
    return outlook, avoided, cost


@pytest.mark.parametrize("bar", [0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 1000.0])
def test_the_worth_of_a_survey_record_by_record(one_roof, bar):
    outlook, avoided, cost = one_roof
    chances = outlook.shares(0)[0].copy()
    chances[3], chances[4] = chances[3] + chances[4], 0.0  # the yardstick knows no gain at E
    exact = replace(outlook, nothing=replace(outlook.nothing, shares=np.concatenate(
        [chances[None, None], outlook.nothing.shares[1:]])))
    gains = [[0.0] * 5, *(avoided - bar * cost).tolist()]
    worth, most = worth_by_hand(gains, chances, outlook.scenario.surveys.one_grade_off)
    row = of(findings.surveys_frame(exact, bar), block_id="ELL-1-A")
    assert row.worth_gbp == pytest.approx(max(worth, 0), abs=0.011)
    assert row.most_gbp == pytest.approx(max(most, 0), abs=0.011)
    assert row.cost_gbp == 800 * 1.2 and row.net_gbp == pytest.approx(row.worth_gbp - 960)
    if bar == 1000:
        assert row.worth_gbp == 0 and CHANGES_NOTHING in row.reason


def test_another_bar_is_another_choice_and_another_worth(one_roof):
    outlook, avoided, cost = one_roof
    chances = outlook.shares(0)[0]
    best = {bar: int(np.argmax([0.0, *((avoided - bar * cost)[:, :4] @ chances[:4])])) for bar in (0.0, 1.0, 3.0, 1000.0)}
    assert len(set(best.values())) > 1 and best[0.0] != 0 and best[1000.0] == 0
    worths = {findings.surveys_frame(outlook, bar).set_index("block_id").worth_gbp["ELL-1-A"] for bar in best}
    assert len(worths) > 1 and max(worths) > 100


def test_a_survey_is_never_worth_less_than_nothing_nor_more_than_all_knowledge(rich):
    for bar in (0.0, 0.8, 2.5, 6.0, 1e6):
        order = findings.surveys_frame(rich, bar)
        assert (order.worth_gbp >= 0).all()
        assert (order.worth_gbp <= order.most_gbp * 1.02 + 0.02).all()  # 20,000 draws
        none = order.reason.str.contains(CHANGES_NOTHING)
        assert (order.worth_gbp[none] == 0).all() and (order.worth_gbp[~none] > 0).all()
        assert sorted(order["rank"]) == list(range(1, len(order) + 1)) and order.school_id.notna().all()
    assert none.all()  # at a million pounds a pound nothing is ever done


def test_a_block_that_has_been_left_is_not_to_be_surveyed(tiny, baseline):
    edit(tiny, "blocks", "MAR-1-A", planned_exit="2026-09-01")  # the day the plan starts: nobody is there any more
    edit(tiny, "blocks", "ELL-1-A", planned_exit="2026-09-02")
    order = findings.surveys_frame(forecast(read_estate(tiny), baseline), 0.0)
    assert sorted(order.block_id) == ["ELL-1-A", "ELL-1-T"] and order["rank"].tolist() == [1, 2]


def test_a_block_nobody_knows_anything_of_has_no_worth_of_a_survey_rather_than_none(tiny, baseline):
    write(tiny / "components.csv", [row for row in rows(tiny / "components.csv") if row["block_id"] != "MAR-1-A"])
    order = findings.surveys_frame(forecast(read_estate(tiny), baseline), 1.0).set_index("block_id")
    assert order.loc["MAR-1-A", ["worth_gbp", "net_gbp", "most_gbp"]].isna().all() and order["rank"]["MAR-1-A"] == 1
    assert order.reason["MAR-1-A"].startswith("never surveyed") and CHANGES_NOTHING not in order.reason["MAR-1-A"]
    assert order.drop(index="MAR-1-A").worth_gbp.notna().all()


@pytest.mark.slow
@pytest.mark.parametrize(("table", "key", "changes"), [
    ("schools", "ELL", {"pfi": "yes"}), ("components", "ELL-01", {"priority": "1"}),
    ("components", "ELL-01", {"statutory": "yes"}), ("blocks", "ELL-1-A", {"planned_exit": "2033-08-31"})])
def test_works_that_are_not_the_trust_s_choice_give_a_survey_nothing_to_change(table, key, changes, tiny, baseline):
    only(tiny, "ELL-01", grade="B", surveyed="2022-09-01", remedial_cost_gbp="", cost_price_base="", priority="")
    free = of(findings.surveys_frame(forecast(read_estate(tiny), baseline), 3.0), block_id="ELL-1-A")
    assert free.worth_gbp > 0
    edit(tiny, table, key, **changes)
    bound = of(findings.surveys_frame(forecast(read_estate(tiny), baseline), 3.0), block_id="ELL-1-A")
    assert bound.worth_gbp == bound.most_gbp == 0 and CHANGES_NOTHING in bound.reason


# --- service levels --------------------------------------------------------------------------------------------------


def levels_by_loop(outlook, along, school, year):
    """Condition index and share at D or E of a school in a year, component by component."""
    blocks = outlook.estate.blocks.merge(outlook.estate.sites, on="site_id")
    region = of(outlook.estate.schools, school_id=school).region
    costs = outlook.scenario.costs
    rebuild = (blocks.gifa_m2[blocks.school_id == school].sum() * location_factors()[region] * costs.rebuild_gbp_per_m2
               * price_ratio(costs.rebuild_price_base, outlook.scenario.plan.price_base))
    poor = bad = whole = 0.0
    for i, part in enumerate(outlook.parts.itertuples()):
        if part.school_id == school:
            shares, costs_gbp = along.shares[year, i], outlook.costs_gbp[i]
            poor += sum(shares[2:] * costs_gbp[2:]) if part.block_id else 0.0
            bad += costs_gbp[3] * (shares[3] + shares[4])
            whole += costs_gbp[3] * sum(shares)
    return poor / rebuild, bad / whole


def test_service_levels_against_a_loop_with_works_and_without(rich):
    n = len(rich.parts)
    works = Works(np.arange(n) % 7 - 1, np.zeros((n, 5), int), np.tile(rich.treatments["urgent"].after, (n, 1)))
    for along in (rich.nothing, rich.course(works)):
        frame = findings.service_levels(rich, None if along is rich.nothing else along).set_index("school_id")
        assert frame.index.tolist() == ["ELL", "MAR"] and (frame.missed == "").all()
        for school in frame.index:
            for when, year in (("now", 0), ("end", rich.horizon)):
                index, share = levels_by_loop(rich, along, school, year)
                assert frame.loc[school, f"condition_index_{when}"] == pytest.approx(index, abs=5.1e-5)
                assert frame.loc[school, f"share_at_d_{when}"] == pytest.approx(share, abs=5.1e-5)


def test_targets_that_are_missed_are_named(tiny_outlook):
    levels = findings.service_levels(tiny_outlook).set_index("school_id")

    def missed(**targets):
        outlook = replace(tiny_outlook, scenario=changed(tiny_outlook.scenario, targets=targets))
        return findings.service_levels(outlook).set_index("school_id").missed.to_dict()
    index, share = levels.condition_index_end, levels.share_at_d_end
    assert index.ELL < index.MAR and share.MAR < share.ELL
    assert missed(most_condition_index=index.ELL) == {"ELL": "", "MAR": "condition index"}  # reached as shown
    assert missed(most_condition_index=index.ELL - 0.001) == {"ELL": "condition index", "MAR": "condition index"}
    assert missed(most_share_at_d=share.MAR) == {"ELL": "share at D or E", "MAR": ""}
    assert missed(most_share_at_d=0.0, most_condition_index=0.0) == dict.fromkeys(
        ("ELL", "MAR"), "condition index; share at D or E")
    assert missed(most_share_at_d=1.0, most_condition_index=10.0) == {"ELL": "", "MAR": ""}


# --- duties and suitability ------------------------------------------------------------------------------------------


def test_what_is_overdue_and_what_has_no_record(tiny, baseline):
    item = {"site_id": "MAR-1", "block_id": "", "finding": "", "remedial_cost_gbp": "", "cost_price_base": ""}
    add(tiny, "compliance", **{"item_id": "late", "duty_id": "FIRE-RISK", **item, "last_done": "", "due": "2026-08-22"})
    add(tiny, "compliance", **{"item_id": "never", "duty_id": "FIRE-ALARM", **item})
    add(tiny, "compliance", **{"item_id": "coming", "duty_id": "FIXED-WIRING", **item, "last_done": "2025-01-01",
                               "due": "2030-01-01"})
    frames = findings.compliance_frames(forecast(read_estate(tiny), baseline))
    duties = frames["duties"].set_index("item_id")
    assert duties.days_overdue.late == 10 and duties.days_overdue.coming == 0 and pd.isna(duties.days_overdue.never)
    assert duties.planning_year.to_dict() == {"late": 2026, "never": 2026, "coming": 2029}
    times = frames["inspections"].groupby("item_id").size()
    assert (times >= 1).all() and times.late == 10  # due once a year, the overdue one at the start
    lacking = frames["no_record"]
    here = set(zip(lacking.site_id, lacking.duty_id, strict=True))
    for duty in ("FIRE-RISK", "FIRE-ALARM", "FIXED-WIRING"):
        assert ("ELL-1", duty) in here and ("MAR-1", duty) not in here
    assert ("MAR-1", "LIFT-LOLER") not in here  # no lift in the survey


def test_without_a_compliance_table_no_duty_is_met(tiny_outlook):
    frames = findings.compliance_frames(tiny_outlook)
    assert len(frames["duties"]) == len(frames["inspections"]) == 0
    everywhere = {row["duty_id"] for row in figures("compliance_duties") if row["applies"] == "every site"}
    lacking = frames["no_record"]
    for site in ("ELL-1", "MAR-1"):
        assert everywhere <= set(lacking.duty_id[lacking.site_id == site])


def test_a_site_without_blocks_or_components_has_duties_too(tiny, baseline):
    add(tiny, "sites", site_id="MAR-2", school_id="MAR")
    lacking = findings.compliance_frames(forecast(read_estate(tiny), baseline))["no_record"]
    assert "FIRE-RISK" in set(lacking.duty_id[lacking.site_id == "MAR-2"])


def test_what_is_not_assessed_is_never_good(tiny, baseline):
    add(tiny, "suitability", school_id="MAR", block_id="MAR-1-A", criterion="access", score="4", assessed="2024-03-01")
    add(tiny, "suitability", school_id="ELL", block_id="", criterion="location", score="1", assessed="2020-03-01")
    frame = findings.suitability_frame(forecast(read_estate(tiny), baseline))
    assert len(frame) == (2 + 3) * 6  # schools and blocks, by criterion
    blank = frame.worst.isna()
    assert (frame.words[blank] == NOT_ASSESSED).all() and not frame.words[~blank].eq(NOT_ASSESSED).any()
    assert frame.words[~blank].tolist() == [WORDS[1], WORDS[4], WORDS[4]] and (frame.words == "good").sum() == 1
    assert of(frame, school_id="MAR", block_id="", criterion="access").age_years == 2


def test_a_school_without_blocks_is_assessed_too(tiny, baseline):
    add(tiny, "schools", school_id="NEW", name="New School", region="West Midlands", pfi="no", voluntary_aided="no")
    add(tiny, "suitability", school_id="NEW", block_id="", criterion="access", score="3", assessed="2024-03-01")
    frame = findings.suitability_frame(forecast(read_estate(tiny), baseline))
    row = of(frame, school_id="NEW", block_id="", criterion="access")
    assert (row.words, row.assessed, row.not_assessed) == (WORDS[3], 0, 0)


