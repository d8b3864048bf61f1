"""How sure energy measures are: Sobol indices and tenths against closed forms, the model run again, and the command."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import capplan as cp
from capplan.candidates import propose
from capplan.carbon_results import measures_frame
from capplan.cli import main
from capplan.energy.end_uses import FUELS
from capplan.energy.factors import AppraisalFactors
from capplan.energy.packages import BURNT, HEAT, POWER
from capplan.energy.uncertainty import REACH, Uncertain, drawn_shares, tenths, what_decides
from capplan.energy_uncertainty import (
    CASH,
    COST,
    FACTORS,
    FUEL_NOW,
    FUEL_PRICES,
    GRID,
    KEPT_IN,
    MEASURED,
    PARTS,
    PERFORMANCE,
    POWER_NOW,
    POWER_PRICE,
    REALISED,
    TONNE,
    WEATHER,
    YIELD,
    Packages,
    read_energy_ranges,
    taken_apart,
    uncertainty,
)
from capplan.errors import DataError
from capplan.outlook import forecast

CENTRAL = dict.fromkeys(FACTORS, np.ones(1))


@pytest.fixture(scope="module")
def candidates(root):
    scenario = cp.read_scenario("baseline", "energy")
    scenario = scenario.model_copy(update={
        "plan": scenario.plan.model_copy(update={"years": 4}),
        "measures": scenario.measures.model_copy(update={"offered": True, "level": "central", "every_years": 4})})
    return propose(forecast(cp.read_estate(root / "data" / "tiny"), scenario))


@pytest.fixture(scope="module")
def told(candidates):
    return uncertainty(candidates, read_energy_ranges(), 9, 4)


def test_what_decides_against_the_closed_form_of_ishigami():
    def ishigami(shares):
        x = np.pi * (2.0 * shares - 1.0)
        return (np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))[None, :]
    first, total = what_decides(ishigami, 3, 12, 0)
    assert first[0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert total[0] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def by_hand(cost_gbp=1000.0, tonnes=10.0):
    """One package that keeps heat in, all of its tonnes from fuel for heat, and nothing off its bills."""
    parts = np.zeros((len(PARTS), 1))
    parts[0] = tonnes
    nothing = np.zeros((len(PARTS), 1))
    return Packages(pd.DataFrame(), np.array([KEPT_IN], object), nothing, parts, nothing, nothing, np.zeros(1), np.zeros(1),
                    np.array([cost_gbp]), np.array([cost_gbp]), np.array([1.0]))


def test_a_product_of_lognormals_has_the_tenths_and_the_indices_of_its_formula():
    spread = {COST: 0.3, REALISED: 0.5, FUEL_NOW: 0.2}
    figures = [Uncertain(name, np.exp(-REACH * spread.get(name, 0.0)), 1.0, np.exp(REACH * spread.get(name, 0.0)))
               for name in FACTORS]
    def of_a_tonne(shares):
        values = {each.name: each.at(row) for each, row in zip(figures, shares, strict=True)}
        return by_hand().outcomes(values)[TONNE]
    whole = sum(part ** 2 for part in spread.values())
    found = tenths(of_a_tonne(drawn_shares(len(FACTORS), 13, 2)))[:, 0]
    assert found == pytest.approx(100.0 * np.exp(REACH * np.sqrt(whole) * np.array([-1.0, 0.0, 1.0])), rel=0.02)
    first, total = what_decides(of_a_tonne, len(FACTORS), 12, 2)
    for place, name in enumerate(FACTORS):
        own = spread.get(name, 0.0) ** 2
        by_itself = (np.exp(own) - 1.0) / (np.exp(whole) - 1.0)
        assert first[0, place] == pytest.approx(by_itself, abs=0.03)
        assert total[0, place] == pytest.approx(by_itself * np.exp(whole - own), abs=0.03)


def test_one_case_in_ten_lies_beyond_each_end_and_ends_are_ends():
    share = drawn_shares(1, 14, 1)[0]
    two_sided, ends = Uncertain("a", 0.5, 1.0, 4.0).at(share), Uncertain("b", 2.0, 2.2, 3.0, ends=True).at(share)
    beyond = [np.mean(two_sided < 0.5), np.mean(two_sided < 1), np.mean(two_sided > 4)]
    assert beyond == pytest.approx([0.1, 0.5, 0.1], abs=1e-3)
    assert ends.min() >= 2.0 and ends.max() <= 3.0 and ends.mean() == pytest.approx((2.0 + 2.2 + 3.0) / 3, abs=1e-3)
    with pytest.raises(ValueError, match="in this order"):
        Uncertain("c", 2.0, 1.0, 3.0)


def test_nothing_uncertain_leaves_every_tenth_at_the_central_figure(candidates, monkeypatch):
    from capplan import energy_uncertainty as module
    monkeypatch.setattr(module, "uncertain_figures", lambda *_: [Uncertain(name, 1.0, 1.0, 1.0) for name in FACTORS])
    table, parts = uncertainty(candidates, read_energy_ranges(), 3, 0)
    for name in MEASURED:
        own = table[[f"p10_{name}", f"p50_{name}", f"p90_{name}"]].to_numpy(float)
        assert np.array_equal(own[:, 0], own[:, 2], equal_nan=True) and np.array_equal(own[:, 0], own[:, 1], equal_nan=True)
    assert not parts[["first_order", "total"]].to_numpy().any() and (table.decides == "").all()
    said = measures_frame(candidates).set_index("scheme_id").loc[table.scheme_id]
    for name, column in (("gbp_per_tonne",) * 2, ("cost_gbp",) * 2, ("bills_gbp",) * 2, ("carbon_tco2e",) * 2,
                         ("fuels_kwh",) * 2):
        known = table[f"p50_{name}"].to_numpy(float)
        assert np.allclose(known, said[column].to_numpy(float), atol=0.06, equal_nan=True), name


def moved(school, **changed):
    return replace(school, **changed)


@pytest.mark.parametrize("factor", [FUEL_PRICES, POWER_PRICE, GRID, FUEL_NOW, WEATHER])
def test_a_figure_moved_is_the_model_run_again_with_it(candidates, factor):
    """Exact, but for weather and use where the heat of lamps, the heat of the sun or a school's other fuel come in."""
    offers, energy, by = candidates.energy, candidates.outlook.energy, 1.3
    for name, school in offers.schools.items():
        packages = taken_apart(offers, energy, name)
        packages = replace(packages, root_years=np.ones(len(packages.kinds)))
        found = packages.outcomes(CENTRAL | {factor: np.full(1, by)})
        there = school_with(school, factor, by)
        for place, row in enumerate(packages.rows.itertuples()):
            if factor == WEATHER and packages.kinds[place] not in (KEPT_IN, "heat pump"):
                continue
            saved = there.saved(row.fitted, row.context)
            at = min(row.start + 2, len(energy.years) - 1)
            assert found["bills_gbp"][place, 0] == pytest.approx(saved.bills_gbp[at], rel=0.02, abs=2.0), row.scheme_id
            assert found["carbon_tco2e"][place, 0] == pytest.approx(saved.carbon_t[row.start:].sum(), rel=0.02, abs=0.05)


def test_a_better_pump_is_the_model_run_again_with_it(candidates, monkeypatch):
    from capplan.energy import packages as model
    packages, plain = taken_apart(candidates.energy, candidates.outlook.energy, "ELL"), model.figure
    found = packages.outcomes(CENTRAL | {PERFORMANCE: np.full(1, 1.15)})

    def better(measure, name, level="central"):
        figure = plain(measure, name, level)
        pumps = measure == "air-source heat pump" and name in ("saving", "hot water performance")
        return replace(figure, value=figure.value * 1.15) if pumps else figure
    monkeypatch.setattr(model, "figure", better)
    school, seen = moved(candidates.energy.schools["ELL"]), 0
    for place in np.flatnonzero(packages.kinds == "heat pump"):
        row = packages.rows.iloc[place]
        saved = school.saved(row.fitted, row.context)
        assert found["carbon_tco2e"][place, 0] == pytest.approx(saved.carbon_t[row.start:].sum(), rel=1e-6)
        assert found["electricity_kwh"][place, 0] == pytest.approx(saved.power_kwh[row.start + 2], rel=1e-6)
        seen += 1
    assert seen >= 2


def test_plant_grows_with_the_heat_and_many_years_even_out_the_weather(candidates):
    packages = taken_apart(candidates.energy, candidates.outlook.energy, "ELL")
    more = packages.outcomes(CENTRAL | {FUEL_NOW: np.full(1, 1.3)})["cost_gbp"][:, 0]
    own = np.where(packages.kinds == "heat pump", 0.3 * packages.own_gbp, 0.0)
    assert more == pytest.approx(packages.cost_gbp + own) and own.any() and not own.all()
    central, cold = (packages.outcomes(CENTRAL | {WEATHER: np.full(1, by)}) for by in (1.0, 1.1))
    place = next(at for at, row in enumerate(packages.rows.fitted) if {item.measure for item in row} == {"draught-proofing"})
    year, life = (cold[name][place, 0] / central[name][place, 0] for name in ("fuels_kwh", "carbon_tco2e"))
    assert year == pytest.approx(1.1) and life == pytest.approx(1.0 + 0.1 / np.sqrt(10.0)), "it persists for ten years"


def school_with(school, factor, by):
    """A school whose prices, grid, fuel or weather are so many times their own."""
    units, kwh = school.unit_gbp_per_kwh.copy(), school.premises.kwh.copy()
    if factor in (FUEL_PRICES, POWER_PRICE):
        units[POWER] *= by
        if factor == FUEL_PRICES:
            units[BURNT] *= by
        times = by if factor == FUEL_PRICES else 1.0
        return moved(school, unit_gbp_per_kwh=units, standing_gbp=school.standing_gbp * times,
                     export_gbp_per_kwh=school.export_gbp_per_kwh * by)
    if factor == GRID:
        kg = school.appraisal.kg_per_kwh.copy()
        kg[FUELS.index("electricity")] *= by
        return moved(school, appraisal=AppraisalFactors(school.appraisal.years, kg))
    kwh[BURNT] *= by if factor == FUEL_NOW else 1.0
    if factor == WEATHER:
        kwh[:, HEAT] *= by
    return moved(school, premises=replace(school.premises, kwh=kwh))


def test_dearer_works_worse_pumps_and_poorer_sun_are_never_better(candidates):
    packages = taken_apart(candidates.energy, candidates.outlook.energy, "ELL")
    for factor, low, high in ((COST, 1.4, 0.7), (PERFORMANCE, 0.8, 1.2), (YIELD, 0.9, 1.1), (REALISED, 0.7, 1.3)):
        worse, better = (packages.outcomes(CENTRAL | {factor: np.full(1, value)})[CASH] for value in (low, high))
        kinds = packages.kinds if factor in (COST, REALISED) else None
        assert (worse <= better + 1e-9).all() and (worse < better).any(), (factor, kinds)


@settings(max_examples=20, deadline=None)
@given(st.floats(1.0, 3.0), st.floats(1.0, 3.0))
def test_more_spread_is_never_a_narrower_range(low, wider):
    share = drawn_shares(1, 8, 3)[0]
    narrow, wide = (np.subtract(*tenths(Uncertain("a", 1 / each, 1.0, each).at(share)[None])[[2, 0], 0])
                    for each in (low, low * wider))
    assert wide >= narrow - 1e-9


def test_the_same_seed_is_the_same_table_and_another_near_it(candidates, told):
    again, other = (uncertainty(candidates, read_energy_ranges(), 9, seed)[0] for seed in (4, 5))
    pd.testing.assert_frame_equal(told[0], again)
    assert not told[0].equals(other)
    near = (told[0].p50_cash_gbp - other.p50_cash_gbp).abs() / (told[0].p90_cash_gbp - told[0].p10_cash_gbp)
    assert near.max() < 0.05


def test_tables_keep_their_order_and_say_what_decides(told):
    table, parts = told
    for name in MEASURED:
        assert (table[f"p10_{name}"].fillna(0) <= table[f"p50_{name}"].fillna(np.inf)).all()
        assert (table[f"p50_{name}"].fillna(0) <= table[f"p90_{name}"].fillna(np.inf)).all()
    top = parts[parts.outcome == TONNE].sort_values("total").drop_duplicates(["scheme_id"], keep="last")
    decides = table.set_index("scheme_id").decides
    assert (decides[top.scheme_id].to_numpy() == top.factor.to_numpy()).all() and len(top) > 10
    sums = parts.groupby(["scheme_id", "outcome"])[["first_order", "total"]].sum()
    assert (sums.first_order < 1.1).all() and (sums.total > 0.85).all()


def test_a_school_that_is_read_is_surer(candidates, told):
    energy = candidates.outlook.energy
    rows = energy.base.rows.assign(low_kwh=energy.base.rows.use_kwh, high_kwh=energy.base.rows.use_kwh)
    read = replace(candidates.outlook.energy, base=replace(energy.base, rows=rows))
    there = replace(candidates, outlook=replace(candidates.outlook, energy=read))
    surer, parts = uncertainty(there, read_energy_ranges(), 9, 4)
    width = (table.p90_carbon_tco2e - table.p10_carbon_tco2e for table in (surer, told[0]))
    assert (np.subtract(*width) <= 1e-6).all()
    assert not parts[parts.factor.isin([FUEL_NOW, POWER_NOW])].total.any()


def test_the_users_ranges_stand_in_place_of_ours_and_all_faults_are_told(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("factor,low,high\ngrid,0.5,1.1\n", encoding="utf-8")
    table = read_energy_ranges(path).set_index("factor")
    assert table.loc["grid", ["low", "high", "status"]].tolist() == [0.5, 1.1, "ASSUMPTION"]
    assert "mine.csv" in table.note["grid"] and table.low["fuel prices"] == 0.6
    path.write_text("factor,low,high\nwind,0.5,1.1\ngrid,1.5,0.4\n", encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_energy_ranges(path)
    assert all(word in str(error.value) for word in ("wind", "1.5", "0.4"))
    path.write_text("factor,low,high\ngrid,0.5,1.1\ngrid,0.6,1.1\n", encoding="utf-8")
    with pytest.raises(DataError, match="different in every row"):
        read_energy_ranges(path)


def test_the_command_writes_and_tells_the_same(root, tmp_path):
    (tmp_path / "short.toml").write_text('extends = "baseline"\nname = "short"\n[plan]\nyears = 3\n', encoding="utf-8")
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["energy", "uncertainty", str(root / "data" / "tiny"), str(tmp_path / "short.toml"),
                                     "--draws", "256", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} >= {"measure_ranges.csv", "measure_decides.csv", "assumptions.csv",
                                                     "uncertainty.json", "uncertainty.txt"}
    table = pd.read_csv(out / "measure_ranges.csv")
    facts = json.loads((out / "uncertainty.json").read_text(encoding="utf-8"))
    page = (out / "uncertainty.html").read_text(encoding="utf-8")
    assert page.count("<img") == 3 and "Parts of the variance of what a tonne costs" in page and "http" not in page
    first = table[table.kind == "sun"].iloc[0]
    assert f"{first.worth_share:.0%}" in page and first["name"] in page
    assert len(table) == len(facts["measures"]) and "What decides what a tonne costs" in done.output
    assert max(map(len, done.output.splitlines())) <= 120
    listed = pd.read_csv(out / "assumptions.csv")
    assert listed.figure.str.startswith("energy_ranges.").sum() == 6 and listed.source.notna().all()
    wrong = CliRunner().invoke(main, ["energy", "uncertainty", str(root / "data" / "tiny"), "baseline", "--ranges",
                                      str(tmp_path / "none.csv"), "--out", str(tmp_path / "no")])
    assert wrong.exit_code == 2 and "none.csv" in wrong.output and not (tmp_path / "no").exists()
