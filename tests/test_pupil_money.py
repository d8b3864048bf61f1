"""A budget that follows the pupils: income a year late, classes in steps, the floor by pupil; by hand and in reserves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import DataError, ScenarioError
from capplan.money import money
from capplan.programme.audit_pupils import pupils_paid
from capplan.pupil_money import pupil_money

from .places_estate import TABLES, scenario_of, write_estate

RATES = {"paid_on": "census", "per_pupil_gbp": 5000, "lump_sum_gbp": 100_000, "minimum_per_pupil_gbp": 0,
         "class_gbp": 60_000, "class_size": 30, "pupil_cost_gbp": 200}
FUNDING = [{"school_id": school, **RATES} for school in ("ASH", "BEE")]
BUDGET = [{"school_id": school, "year": year, "income_gbp": income, "staff_gbp": 0.8 * income, "energy_gbp": 0.03 * income,
           "other_costs_gbp": 0.16 * income} for year in range(2026, 2036)
          for school, income in (("ASH", 1_350_000), ("BEE", 1_900_000))]


RESERVES = [{**row, "income_gbp": "", "surplus_gbp": ""} for row in TABLES["reserves"]]
WITH_BUDGET = {"budget": BUDGET, "pupil_funding": FUNDING, "reserves": RESERVES}


def made(tmp_path, **tables):
    return read_estate(write_estate(tmp_path / "estate", **{**WITH_BUDGET, **tables}))


def follow(**places):
    return scenario_of(places={"income_follows_pupils": True, "rate_growth": 0.0, **places})


def test_a_fall_comes_out_of_income_a_year_later_by_hand(tmp_path):
    """Ashgrove: 250 in January 2026, then 244, 238, 232; the budget is for 250. Paid for 250, 244, 238."""
    found = pupil_money(made(tmp_path), follow()).lines.set_index(["school_id", "year"])
    own = found.loc["ASH"]
    assert own.pupils_paid.tolist() == [250, 244, 238] and own.pupils_budgeted.tolist() == [250] * 3
    assert own.income_change_gbp.tolist() == [0, -30_000, -60_000]
    assert own.pupil_cost_change_gbp.tolist() == [-1_200, -2_400, -3_600]      # 6, 12, 18 pupils on roll fewer at 200
    assert own.surplus_change_gbp.tolist() == [1_200, -27_600, -56_400]
    assert own.classes.isna().all() and (own.class_change_gbp == 0).all()      # rolls.csv has no year groups


def test_estimates_places_and_the_floor_by_pupil(tmp_path):
    funding = [{**FUNDING[0], "paid_on": "estimates", "minimum_per_pupil_gbp": 5_500}, {**FUNDING[1], "paid_on": "places"}]
    found = pupil_money(made(tmp_path, pupil_funding=funding), follow()).lines.set_index(["school_id", "year"])
    # 100,000 + 5,000 x 250 = 1,350,000 is below 5,500 x 250 = 1,375,000; 5,500 x 244 = 1,342,000
    assert found.income_change_gbp["ASH", 2026] == 1_342_000 - 1_375_000
    assert (found.loc["BEE"][["income_change_gbp", "class_change_gbp", "pupil_cost_change_gbp"]] == 0).all().all()


def test_a_budget_that_had_foreseen_the_fall_is_left_as_it_is(tmp_path):
    heads = {2026: 250, 2027: 244, 2028: 238}
    foreseen = [{**row, "pupils": heads.get(row["year"], "") if row["school_id"] == "ASH" else 350} for row in BUDGET]
    found = pupil_money(made(tmp_path, budget=foreseen), follow()).lines
    assert (found.income_change_gbp == 0).all()


def test_rates_grow_from_the_first_year_on(tmp_path):
    found = pupil_money(made(tmp_path), follow(rate_growth=0.1)).lines.set_index(["school_id", "year"]).loc["ASH"]
    assert found.income_change_gbp.tolist() == pytest.approx([0, -30_000 * 1.1, -60_000 * 1.21])


def test_the_reserves_path_and_its_floor_follow_and_the_ledger_sees_it(tmp_path):
    estate = made(tmp_path)
    plain, followed = money(estate, scenario_of()), money(estate, follow())
    change = pupil_money(estate, follow()).lines.groupby("year")[["income_change_gbp", "surplus_change_gbp"]].sum()
    assert (followed.reserves.income_gbp - plain.reserves.income_gbp).tolist() == pytest.approx(change.income_change_gbp)
    assert (followed.reserves.surplus_gbp - plain.reserves.surplus_gbp).tolist() == pytest.approx(change.surplus_change_gbp)
    floor = followed.reserves.floor_gbp - plain.reserves.floor_gbp
    assert floor.tolist() == pytest.approx(0.05 * change.income_change_gbp)
    lines = followed.books.lines.set_index(["school_id", "year"])
    assert lines.income_gbp["ASH", 2028] == 1_350_000 - 60_000
    assert lines.top_slice_gbp["ASH", 2028] == pytest.approx(0.05 * (1_350_000 - 60_000))
    assert any("follows the pupils" in note for note in followed.notes)
    assert not any("follows the pupils" in note for note in plain.notes)


class Forecast:
    """What ``place_demand`` asks of a forecast of pupils: two schools, reception to year 6 at the first."""

    def __init__(self, by_group, groups=range(-1, 15)):
        self.schools, self.groups = ("ASH", "BEE"), tuple(groups)
        self.latest = by_group[:, :, 0]
        self.census_years = tuple(range(2027, 2027 + by_group.shape[2] - 1))
        self.central = self.chosen = by_group[:, :, 1:]
        self.draws = np.repeat(self.central[..., None], 3, axis=-1).astype(float)

    def index(self, census_year):
        """Place of a census among those forecast."""
        return self.census_years.index(census_year)


def primary(*years):
    """Pupils of reception to year 6 at Ashgrove, as many in each year group, by census; at Beech 10 in year 7."""
    found = np.zeros((2, 16, len(years)))
    found[0, 1:8] = np.array(years)
    found[1, 8] = 10
    return found


def test_classes_step_where_a_year_group_passes_thirty(tmp_path):
    """31 in each of seven year groups are 14 classes, 30 are 7: seven classes of 60,000 are saved by seven pupils."""
    found = pupil_money(made(tmp_path), follow(), Forecast(primary(31, 31, 30, 32))).lines.set_index(["school_id", "year"])
    assert found.loc["ASH"].classes.tolist() == [14, 7, 14] and (found.loc["ASH"].classes_now == 14).all()
    assert found.loc["ASH"].class_change_gbp.tolist() == [0, -420_000, 0]
    assert found.loc["ASH"].pupils_paid.tolist() == [217, 217, 210]


def test_mixed_ages_step_by_the_whole_key_stage(tmp_path):
    funding = [{**FUNDING[0], "mixed_ages": "yes"}, FUNDING[1]]
    found = pupil_money(made(tmp_path, pupil_funding=funding), follow(), Forecast(primary(22, 22, 20, 15))).lines
    # infants 66, 60, 45 pupils: 3, 2, 2; the other four year groups 88, 80, 60: 3, 3, 2
    assert found[found.school_id == "ASH"].classes.tolist() == [6, 5, 4]


CENSUS = [{"school_id": school, "census_year": year, "year_group": group, "pupils": pupils + step * (2026 - year)}
          for year in (2024, 2025, 2026) for school, groups, pupils, step in (
              ("ASH", range(7), 35, 1), ("BEE", range(7, 12), 60, 0), ("BEE", range(12, 14), 25, 0)) for group in groups]


@pytest.mark.parametrize("overlays", [(), ("pupils",)])
def test_a_whole_plan_keeps_the_floor_that_falls_with_the_pupils_and_the_audit_agrees(tmp_path, overlays):
    estate = made(tmp_path, census=CENSUS)
    scenario = scenario_of(*overlays, "budget_follows_pupils")
    programme = optimise(propose(forecast(estate, scenario)))          # the audit works the budget out again and would raise
    changed = programme.candidates.money.reserves.income_gbp.to_numpy() - sum(row["income_gbp"] for row in BUDGET[:2])
    assert (changed[1:] != 0).all()
    if overlays:
        lines = pupil_money(estate, scenario).lines
        assert lines.classes.notna().all() and (lines.class_change_gbp != 0).any()


def test_the_audit_works_the_budget_out_for_itself(tmp_path):
    estate = made(tmp_path, census=CENSUS)
    scenario = scenario_of("pupils", "budget_follows_pupils", places={"rate_growth": 0.03})
    wanted = forecast(estate, scenario).places.demand
    ours = pupil_money(estate, scenario).lines.set_index(["school_id", "year"])
    theirs = {(school, year): (more, costs) for school, year, more, costs in pupils_paid(estate, scenario, wanted)}
    assert set(theirs) == set(ours.index)
    for place, (more, costs) in theirs.items():
        row = ours.loc[place]
        assert row.income_change_gbp == pytest.approx(more, abs=0.01)
        assert row.class_change_gbp + row.pupil_cost_change_gbp == pytest.approx(costs, abs=0.02)


def test_a_budget_follows_pupils_only_where_places_are_weighed(tmp_path):
    (tmp_path / "s.toml").write_text('extends = "baseline"\nname = "s"\ndescription = "d"\n[places]\n'
                                     "income_follows_pupils = true\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="needs included"):
        read_scenario(tmp_path / "s.toml")


@pytest.fixture(scope="module")
def budgeted(tmp_path_factory):
    return made(tmp_path_factory.mktemp("money"))


@settings(max_examples=30, deadline=None)
@given(years=st.lists(st.integers(5, 60), min_size=4, max_size=4))
def test_what_changes_of_the_surplus_is_income_less_classes_less_pupils(budgeted, years):
    lines = pupil_money(budgeted, follow(), Forecast(primary(*years))).lines
    parts = lines.income_change_gbp - lines.class_change_gbp - lines.pupil_cost_change_gbp
    assert parts.tolist() == pytest.approx(lines.surplus_change_gbp.tolist(), abs=0.02)
    assert (lines[lines.school_id == "ASH"].class_change_gbp / 60_000 % 1 == 0).all()


@pytest.mark.parametrize(("tables", "words"), [
    ({"budget": None, "reserves": TABLES["reserves"]}, "no rows"),
    ({"pupil_funding": None}, "no row for ASH"),
    ({"schools": [{**row, "pupils": ""} for row in TABLES["schools"]]}, "a blank for ASH"),
])
def test_what_is_missing_is_refused(tmp_path, tables, words):
    with pytest.raises(DataError, match=words):
        pupil_money(made(tmp_path, **tables), follow())


def test_a_budgeted_school_without_rates_is_told_when_the_folder_is_read(tmp_path):
    with pytest.raises(DataError, match="no row for BEE"):
        made(tmp_path, pupil_funding=FUNDING[:1])


def test_the_command_writes_the_money_where_rates_are_known(tmp_path, capplan):
    write_estate(tmp_path / "estate", **WITH_BUDGET)
    done = capplan("pupils", "places", tmp_path / "estate", "baseline.toml", "--out", tmp_path / "out")
    assert done.exit_code == 0 and "money.csv" in done.stdout and "follows the pupils" in done.stdout
    assert set(pd.read_csv(tmp_path / "out" / "money.csv").school_id) == {"ASH", "BEE"}
