"""What a run with energy says: the tables against slow sums, what a target costs, the page; and a target nobody can meet."""

import json

import numpy as np
import pandas as pd
import pytest

import capplan as cp
from capplan.carbon_price import has_targets, without_targets
from capplan.carbon_results import carbon_frame, condition_part_gbp, lock_in_frame, measures_frame
from capplan.energy.factors import general_price_ratio
from capplan.energy.packages import Fitted, use_with
from capplan.errors import InfeasibleError
from capplan.jobs import run
from capplan.programme_energy import fitted_by_school
from capplan.report.carbon import carbon_charts, carbon_words, curve_rows, read_carbon
from capplan.report.results import read_results
from capplan.report.summary import answer

TARGET = """extends = "baseline"
name = "tiny target"
description = "The tiny trust with energy and a carbon target."
[plan]
years = 7
[energy]
included = true
[measures]
every_years = 2
[solver]
gap = 0.03
[carbon]
cuts = { "2031" = %s }
renewable_school_by = 2032
"""


def scenario_file(folder, cut):
    """A scenario whose footprint in 2031-32 is cut by a share of that of 2026-27."""
    path = folder / f"cut_{cut}.toml"
    path.write_text(TARGET % cut, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory, root, without_charts):
    """A results folder of the tiny trust with a target, as the command line fills it, and its programme."""
    place = tmp_path_factory.mktemp("carbon")
    (place / "results").mkdir()
    with without_charts():  # but those of carbon, which are looked at
        return place / "results", run(root / "data" / "tiny", scenario_file(place, 0.5), (), place / "results")


@pytest.fixture(scope="module")
def made(both):
    """The folder."""
    return both[0]


@pytest.fixture(scope="module")
def programme(both):
    """The programme."""
    return both[1]


def test_the_tables_of_the_folder_are_those_of_the_programme(made, programme):
    frames = {"measures": measures_frame(programme.candidates, programme.choice), "carbon": carbon_frame(programme),
              "lock_in": lock_in_frame(programme)}
    for name, frame in frames.items():
        assert list(pd.read_csv(made / f"{name}.csv").columns) == list(frame)
    written = pd.read_csv(made / "carbon.csv").footprint_with_tco2e
    assert np.allclose(written, carbon_frame(programme).footprint_with_tco2e, atol=1e-3)


def test_energy_with_the_programme_by_a_slow_sum(programme):
    frame, energy = carbon_frame(programme).set_index("year"), programme.candidates.outlook.energy
    fitted, schools = fitted_by_school(programme), programme.candidates.energy.schools
    for place, year in enumerate(energy.years[:12]):
        tonnes = fuels = power = 0.0
        for number, name in enumerate(energy.schools):
            bought = energy.kwh[number].sum(axis=1)
            if name in schools:
                bought = use_with(schools[name].premises, fitted[name]).bought_kwh
            power, fuels = power + bought[0, place], fuels + bought[1:, place].sum()
            tonnes += sum(energy.footprint.kg_per_kwh[scope, fuel, place] * bought[fuel, place] / 1000
                          for scope in range(len(energy.footprint.kg_per_kwh)) for fuel in range(len(bought)))
        assert frame.footprint_with_tco2e[year] == pytest.approx(tonnes, abs=1e-3)
        assert frame.fuels_with_kwh[year] == pytest.approx(fuels, abs=0.1)
        assert frame.electricity_with_kwh[year] == pytest.approx(power, abs=0.1)


def test_the_target_is_met_by_the_whole_and_claims_are_never_more(programme):
    frame = carbon_frame(programme).set_index("year")
    asked = frame[frame.most_tco2e.notna()]
    assert asked.index.tolist() == [2031]
    assert asked.most_tco2e.iloc[0] == pytest.approx(0.5 * frame.footprint_without_tco2e.iloc[0], abs=1e-3)
    assert asked.footprint_with_tco2e.iloc[0] <= asked.footprint_claimed_tco2e.iloc[0] + 1e-3
    assert asked.footprint_claimed_tco2e.iloc[0] <= asked.most_tco2e.iloc[0] + 1e-3
    assert any(".solar" in name and year < 2032 for name, year in programme.choice.items()), "one school generates by 2032"


def test_every_table_says_the_same_of_energy_with_the_programme(made):
    # Three tables, three sums: by school and fuel, by year of the estate, and by year to 2049-50.
    carbon = pd.read_csv(made / "carbon.csv").set_index("year")
    energy, outlook = (pd.read_csv(made / name) for name in ("energy.csv", "outlook.csv"))
    for plan in ("without", "with"):
        own = energy[energy.plan == plan]
        power = own[own.fuel == "electricity"].groupby("year").use_kwh.sum()
        fuels = own[own.fuel != "electricity"].groupby("year").use_kwh.sum()
        estate = outlook[outlook.plan == plan].set_index("year").loc[power.index]
        told = carbon.loc[power.index]
        for found in (power, estate.electricity_kwh):
            assert np.allclose(found, told[f"electricity_{plan}_kwh"], atol=0.5, rtol=0)
        for found in (fuels, estate.fuels_kwh):
            assert np.allclose(found, told[f"fuels_{plan}_kwh"], atol=0.5, rtol=0)
        for found in (own.groupby("year").cost_gbp.sum(), estate.energy_gbp):
            assert np.allclose(found, told[f"bills_{plan}_gbp"], atol=0.1, rtol=0)
        for found in (own.groupby("year").footprint_tco2e.sum(), estate.footprint_tco2e):
            assert np.allclose(found, told[f"footprint_{plan}_tco2e"], atol=1e-3, rtol=0)
    assert (carbon.fuels_with_kwh < carbon.fuels_without_kwh).any(), "nothing is saved"


def test_bills_saved_come_back_to_the_reserves_by_hand(made, programme):
    reserves, energy = pd.read_csv(made / "reserves.csv").set_index("year"), pd.read_csv(made / "energy.csv")
    scenario, money = programme.candidates.outlook.scenario, programme.candidates.money.reserves.set_index("year")
    held = money.opening_gbp.iloc[0]
    for year in scenario.years:
        own = energy[energy.year == year]
        real = own.cost_gbp[own.plan == "without"].sum() - own.cost_gbp[own.plan == "with"].sum()
        saved = real * general_price_ratio(scenario.plan.price_base, year + 1, scenario.energy.general_inflation)
        assert reserves.bills_saved_gbp[year] == pytest.approx(saved, abs=0.5)
        held += money.surplus_gbp[year] + saved - reserves.spent_on_works_gbp[year]
        assert reserves.closing_gbp[year] == pytest.approx(held, abs=10)
    started = min(year for pair, year in programme.choice.items() if programme.candidates.energy.fitted.get((pair, year)))
    assert (reserves.bills_saved_gbp[reserves.index <= started] == 0).all(), "nothing is saved before works are finished"
    assert reserves.bills_saved_gbp.abs().sum() > 1000


def test_every_offered_scheme_is_considered_and_what_is_chosen_is_told(programme):
    frame, schemes = measures_frame(programme.candidates, programme.choice), programme.candidates.schemes
    offered = set(schemes.scheme_id[schemes.kind.isin(["energy", "low carbon"])]) - {"ELL.supply", "MAR.supply"}
    assert offered <= set(frame.scheme_id)
    told = frame[frame.chosen == "yes"]
    assert set(told.scheme_id) == offered & set(programme.choice)
    assert (told.start_year == told.scheme_id.map(programme.choice)).all()
    assert (frame.cost_low_gbp <= frame.cost_gbp + 0.01).all() and (frame.cost_gbp <= frame.cost_high_gbp + 0.01).all()


def test_the_cost_of_a_tonne_by_hand(programme):
    offers = programme.candidates.energy
    frame = measures_frame(programme.candidates, programme.choice)
    place = next(i for i, row in enumerate(offers.considered.itertuples()) if row.scheme_id.endswith(".heat1"))
    row, own = offers.considered.iloc[place], frame.iloc[place]
    total = row.cost_gbp - sum(row.saved.bills_gbp[year] / 1.035 ** year for year in range(len(row.saved.bills_gbp)))
    assert own.gbp_per_tonne == pytest.approx(total / row.saved.carbon_t.sum(), rel=1e-3)
    assert own.bills_gbp == pytest.approx(row.saved.bills_gbp[2], abs=0.01)


def test_what_like_for_like_locks_in_by_hand(programme):
    offers, row = programme.candidates.energy, lock_in_frame(programme).iloc[0]
    school = offers.schools[row.school_id]
    at, zone = int(row.year) - 2026 + 1, (school.blocks.index(row.block_id),)
    both = [use_with(school.premises, [Fitted(name, at, zone)]).bought_kwh for name in
            ("boiler like for like", "air-source heat pump")]
    tonnes = sum((both[0] - both[1])[fuel, year] * school.appraisal.kg_per_kwh[fuel, year] / 1000
                 for fuel in range(len(both[0])) for year in range(at, at + 15))
    assert row.carbon_tco2e == pytest.approx(tonnes, abs=1e-3) and row.locked_until == row.year + 15


def test_what_the_target_costs(made):
    price = json.loads((made / "carbon.json").read_text())
    assert price["price_least_gbp"] <= price["price_gbp"] + 0.01 <= price["price_most_gbp"] + 0.02
    assert price["value_without_gbp"] - price["value_with_gbp"] == pytest.approx(price["price_gbp"], abs=0.01)
    assert price["footprint"][0]["with_target_tco2e"] <= price["footprint"][0]["most_tco2e"] + 1e-3
    assert price["footprint"][0]["without_target_tco2e"] > price["footprint"][0]["most_tco2e"], "asks nothing"
    assert price["price_gbp"] > 0 and price["risk_without_gbp"] > price["risk_with_gbp"]


def test_without_targets_the_other_limits_stay(programme):
    candidates = programme.candidates
    assert has_targets(candidates) and not has_targets(without_targets(candidates))
    assert len(without_targets(candidates).scheme_years) == len(candidates.scheme_years)


def test_the_value_is_condition_and_energy(programme):
    plain = cp.forecast(programme.candidates.outlook.estate, programme.candidates.outlook.scenario.model_copy(update={
        "energy": programme.candidates.outlook.scenario.energy.model_copy(update={"included": False})}))
    value = cp.propose(plain).scheme_years.set_index(["scheme_id", "start_year"]).value
    low = programme.candidates.energy.works
    by_hand = sum(value.get((low.get(name, name), year), 0.0) for name, year in programme.choice.items())
    supplies = sum(name.endswith(".supply") for name in programme.choice)
    assert condition_part_gbp(programme) + supplies == pytest.approx(by_hand, abs=1.0)


def test_the_page_says_what_the_target_costs(made):
    results = read_results(made)
    said = " ".join(carbon_words(results))
    assert "The carbon target: at most" in said and "less loss of condition is avoided" in said
    assert all(sentence in answer(results) for sentence in carbon_words(results))
    page = (made / "summary.html").read_text(encoding="utf-8")
    assert 'id="footprint"' in page and 'id="abatement"' in page and "http://" not in page.split("<main>")[1]
    for _, heading, alt, table in carbon_charts(results):
        assert heading in page and alt and not table["empty"]


def test_the_curve_is_in_order_and_shows_no_saving_twice(made):
    found = read_carbon(read_results(made))
    rows = curve_rows(found)
    assert (rows.gbp_per_tonne.diff().dropna() >= 0).all()
    assert rows.before_tco2e.tolist() == pytest.approx([0.0, *rows.carbon_tco2e.cumsum()[:-1]])
    for kind, own in rows.groupby("kind"):
        assert own.scheme_id.is_unique and (own.groupby("block").size() == 1).all() or kind == "insulation with renewal"
    done = found.measures[(found.measures.chosen == "yes") & (found.measures.carbon_tco2e > 0)]
    assert set(done.scheme_id) <= set(rows.scheme_id)


def test_a_folder_without_energy_has_none_of_it(tiny_results):
    results = read_results(tiny_results)
    assert read_carbon(results) is None and carbon_words(results) == [] and carbon_charts(results) == []
    assert not (tiny_results / "measures.csv").exists()


def test_a_target_nobody_can_meet_is_told_in_words(tmp_path, root):
    scenario = cp.read_scenario(scenario_file(tmp_path, 0.99))
    candidates = cp.propose(cp.forecast(cp.read_estate(root / "data" / "tiny"), scenario))
    with pytest.raises(InfeasibleError, match="carbon 2031"):
        cp.optimise(candidates)


def test_assumptions_name_the_measures_and_their_marks(made):
    figures = pd.read_csv(made / "assumptions.csv")
    own = figures[figures.figure.str.startswith("measure_figures.")]
    assert {"published", "secondary", "ASSUMPTION"} <= set(own.status) and own.meaning.str.len().gt(5).all()
    assert figures.figure.str.startswith("carbon.").any() and figures.figure.str.startswith("measures.").any()


def test_the_command_tells_what_measures_offer(tmp_path, root, capplan):
    estate, scenario = root / "data" / "tiny", root / "scenarios" / "baseline.toml"
    done = capplan("energy", "measures", estate, scenario, "--out", tmp_path / "out")
    assert done.exit_code == 0 and max(map(len, done.stdout.splitlines()[:-1])) <= 100
    frame = pd.read_csv(tmp_path / "out" / "measures.csv")
    assert (frame.chosen == "no").all() and frame.start_year.isna().all() and "heat pump" in done.stdout
    facts = json.loads(capplan("energy", "measures", estate, scenario, "--out", tmp_path / "again", "--json").stdout)
    assert len(facts["measures"]) == frame.scheme_id.notna().sum()
    assert facts["measures"][0]["gbp_per_tonne"] is None or np.isfinite(facts["measures"][0]["gbp_per_tonne"])
    wrong = capplan("energy", "measures", estate, root / "nothing.toml", "--out", tmp_path / "wrong")
    assert wrong.exit_code == 2 and not (tmp_path / "wrong").exists()
