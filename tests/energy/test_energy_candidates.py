"""Energy schemes of the example trust: what they claim against the whole, what stands with what, and limits on carbon."""

import numpy as np
import pandas as pd
import pytest

import capplan as cp
from capplan.candidates import needs_met, split_list
from capplan.candidates.carbon_limits import carbon_limits, saved_columns
from capplan.candidates.energy_desk import lasting
from capplan.candidates.energy_offers import possible
from capplan.energy import measures as m
from capplan.energy.packages import Fitted, use_with
from capplan.reference import component_types, price_ratio

FIRST_LAPSE = 9                # place of the first year in which something fitted at the start no longer acts
BOILERS = "MECH.01"


@pytest.fixture(scope="module")
def estate(root):
    """The example trust."""
    return cp.read_estate(root / "data" / "example")


@pytest.fixture(scope="module")
def candidates(estate, root):
    """Its candidates with energy."""
    return cp.propose(cp.forecast(estate, cp.read_scenario(root / "scenarios" / "baseline.toml", "energy")))


@pytest.fixture(scope="module")
def schemes(candidates):
    """Schemes by name."""
    return candidates.schemes.set_index("scheme_id")


def random_choices(candidates, count, seed):
    """Programmes of energy schemes that keep groups and what must come first, money left aside."""
    rng, needs = np.random.default_rng(seed), needs_met(candidates.schemes)
    requires = candidates.schemes.set_index("scheme_id").requires
    starts = candidates.scheme_years.groupby("scheme_id").start_year.agg(list)
    names = [name for name in dict.fromkeys(name for name, _ in candidates.energy.fitted) if name in starts.index]
    for _ in range(count):
        choice, met = {}, set()
        for name in rng.permutation(names):
            if not met & set(needs[name]) and rng.random() < 0.65:
                choice[str(name)] = int(rng.choice(starts[name]))
                met |= set(needs[name])
        while lost := [name for name, year in choice.items()
                       if any(choice.get(other, 9999) > year for other in split_list(requires[name]))]:
            choice = {name: year for name, year in choice.items() if name not in lost}
        yield {pair for pair in choice.items() if pair in candidates.energy.fitted}


def test_what_schemes_claim_together_is_never_more_than_they_save_as_a_whole(candidates, schemes):
    # The whole: every measure of a school worked out together by the leaf, in its own years.
    offers, seen = candidates.energy, 0
    for choice in random_choices(candidates, 60, 5):
        for name, school in offers.schools.items():
            own = [pair for pair in choice if schemes.school_id[pair[0]] == name]
            if not own:
                continue
            whole = school.saved([item for pair in own for item in offers.fitted[pair]])
            for what, scale in (("burnt_kwh", 1.0), ("carbon_t", 1e-3), ("footprint_t", 1e-3)):
                claimed = sum(getattr(offers.saved[pair], what) for pair in own)[:FIRST_LAPSE]
                used = school.premises.kwh.sum(axis=(0, 1))[:FIRST_LAPSE] * scale
                assert (claimed <= getattr(whole, what)[:FIRST_LAPSE] + 1e-6 * used).all(), (what, own)
            bills = sum(offers.saved[pair].bills_gbp for pair in own)[:FIRST_LAPSE] - whole.bills_gbp[:FIRST_LAPSE]
            spent = (school.premises.kwh.sum(axis=1) * school.unit_gbp_per_kwh).sum(axis=0)[:FIRST_LAPSE]
            assert (bills <= 0.02 * spent).all(), "lamps cost heat, and heat is dearer from a heat pump"
            seen += 1
    assert seen > 300


def test_with_everything_chosen_in_order_claims_are_the_whole(candidates, schemes):
    # Heat package at the start, then for every block its heat pump after it: telescoping sums leave nothing over.
    offers, tested = candidates.energy, 0
    for name, school in offers.schools.items():
        pumps = [scheme for scheme in schemes.index if scheme.endswith("heat_pump_after_heat")
                 and schemes.school_id[scheme] == name]
        heat = {part for scheme in pumps for part in split_list(schemes.requires[scheme]) if ".heat" in part}
        pairs = [(scheme, 2026) for scheme in (*sorted(heat), *pumps) if (scheme, 2026) in offers.fitted]
        if len(heat) != 1 or len(pairs) < 2:
            continue
        whole = school.saved([item for pair in pairs for item in offers.fitted[pair]])
        claimed = sum(offers.saved[pair].burnt_kwh for pair in pairs)
        assert claimed[1:FIRST_LAPSE] == pytest.approx(whole.burnt_kwh[1:FIRST_LAPSE], rel=1e-9)
        tested += 1
    assert tested >= 3


def test_the_value_of_a_package_by_a_slow_loop(candidates, estate):
    offers, plan = candidates.energy, candidates.outlook.scenario.plan
    pair = ("OXM.heat1", 2028)
    school, energy = offers.schools["OXM"], candidates.outlook.energy
    before, after = (use_with(school.premises, fitted).bought_kwh for fitted in ([], offers.fitted[pair]))
    at, total = list(energy.schools).index("OXM"), 0.0
    for year in range(len(energy.years)):
        for fuel in range(before.shape[0]):
            less = before[fuel, year] - after[fuel, year]
            tonnes = less * energy.appraisal.kg_per_kwh[fuel, year] / 1000
            pounds = less * energy.unit_gbp_per_kwh[at, fuel, year] + tonnes * offers.worth.carbon_gbp_per_t[year]
            total += pounds / (1 + plan.discount_rate) ** year
    starts = candidates.scheme_years.set_index(["scheme_id", "start_year"])
    assert starts.value[pair] == pytest.approx(total, abs=0.02)
    lasts = max(int(m.figure(item.measure, "persistence").value) for item in offers.fitted[pair])
    saved = offers.saved[pair].burnt_kwh
    assert np.flatnonzero(saved > 1e-6).tolist() == list(range(3, 3 + lasts)), "works help from the year after they are done"


def test_what_panels_save_by_hand(candidates):
    offers, energy = candidates.energy, candidates.outlook.energy
    school = offers.schools["OXM"]
    fitted = offers.fitted["OXM.solar2", 2026]
    kwp, use = fitted[0].size_kwp, use_with(school.premises, fitted)
    made = use.self_used_kwh[3] + use.exported_kwh[3]
    assert made == pytest.approx(kwp * school.premises.sun_kwh_per_kwp * (1 - 0.0055) ** 2)
    assert use.exported_kwh[3] > 0.1 * made, "else what is sent is not tested"
    saved = school.saved(fitted)
    upkeep = 7.7 * kwp * price_ratio(2024, 2026)
    price = energy.unit_gbp_per_kwh[energy.schools.index("OXM"), 0, 3]
    by_hand = use.self_used_kwh[3] * price + use.exported_kwh[3] * school.export_gbp_per_kwh[3] - upkeep
    assert saved.bills_gbp[3] == pytest.approx(by_hand) and 0.05 < school.export_gbp_per_kwh[3] < 0.15
    assert saved.carbon_t[3] == pytest.approx(made * energy.appraisal.kg_per_kwh[0, 3] / 1000), "sent or not"
    assert saved.footprint_t[3] == pytest.approx(
        use.self_used_kwh[3] * energy.footprint.kg_per_kwh[:, 0, 3].sum() / 1000), "what is sent is not in the footprint"
    assert saved.bills_gbp[10] < saved.bills_gbp[9] - 1000, "the inverter in the tenth year"


def test_like_for_like_and_low_carbon_are_alternatives_of_one_need(candidates, schemes):
    low = schemes[schemes.kind == "low carbon"]
    assert len(low) > 50
    for scheme, row in low.iterrows():
        base = candidates.energy.works[scheme]
        assert row.exclusion_group == schemes.exclusion_group[base] and row.must_do == schemes.must_do[base]
        assert (candidates.members[scheme] == candidates.members[base]).all()


def test_a_boiler_that_must_be_replaced_may_be_replaced_by_a_heat_pump(schemes):
    must = schemes[(schemes.kind == "low carbon") & (schemes.must_do != "")]
    assert must.index.str.contains("heat_pump").any()


def test_new_boilers_are_credited_with_the_fuel_they_spare(candidates, estate, root):
    plain = cp.propose(cp.forecast(estate, cp.read_scenario(root / "scenarios" / "baseline.toml")))
    keys = ["scheme_id", "start_year"]
    both = plain.scheme_years.merge(candidates.scheme_years, on=keys, suffixes=("", "_energy"))
    assert len(both) == len(plain.scheme_years)
    types = candidates.outlook.parts.type_id.to_numpy()
    boilers = np.array([name in candidates.members and name.endswith((".refurbish", ".rebuild"))
                        or name in candidates.members and (types[candidates.members[name]] == BOILERS).any()
                        and (name, year) in candidates.energy.fitted for name, year in both[keys].itertuples(index=False)])
    gain = both.value_energy - both.value
    assert (gain[boilers] >= -0.01).all() and (gain[boilers] > 100).mean() > 0.5 and (gain[~boilers] == 0).all()
    assert not {"fuels_kwh", "carbon_tco2e"} & set(plain.scheme_years) and plain.energy is None


def test_whole_blocks_are_worth_what_they_save_and_nothing_where_the_scenario_says_so(root):
    tiny, on = cp.read_estate(root / "data" / "tiny"), cp.read_scenario(root / "scenarios" / "baseline.toml", "energy")
    parts = {name: getattr(on, name).model_copy(update={"least_backlog_share": 0.0}) for name in ("refurbish", "rebuild")}
    on = on.model_copy(update=parts | {"plan": on.plan.model_copy(update={"years": 4})})
    off = on.model_copy(update={"measures": on.measures.model_copy(update={"whole_blocks": False})})
    with_them, without = (cp.propose(cp.forecast(tiny, scenario)) for scenario in (on, off))
    keys = ["scheme_id", "start_year"]
    both = with_them.scheme_years.merge(without.scheme_years, on=keys, suffixes=("", "_off"))
    gain = (both.value - both.value_off).set_axis(pd.MultiIndex.from_frame(both[keys]))
    whole = gain[both.scheme_id.str.endswith((".refurbish", ".rebuild")).to_numpy()]
    assert len(whole) >= 16 and (whole > 100).mean() > 0.5 and (gain.drop(whole.index) == 0).all()
    offers = with_them.energy
    for pair in whole.index:
        measures = {item.measure for item in offers.fitted[pair]}
        assert (m.REBUILT if pair[0].endswith("rebuild") else m.REFURBISHED) in measures
        assert (m.AIR_SOURCE in measures) == pair[0].endswith("rebuild")
        before = offers.worth.of(without.energy.saved[pair]) if pair in without.energy.saved else 0.0
        assert whole[pair] == pytest.approx(offers.worth.of(offers.saved[pair]) - before, abs=0.03)


def test_a_heat_pump_after_fabric_works_costs_less_than_one_for_the_school_as_it_is(candidates, schemes):
    cost = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    compared = 0
    for scheme in schemes.index[schemes.index.str.endswith(".heat_pump")]:
        for year in range(2026, 2036, 2):
            if (f"{scheme}_after_heat", year) in cost.index:
                assert cost[f"{scheme}_after_heat", year] < cost[scheme, year]
                compared += 1
    assert compared > 50


def test_the_cost_of_a_heat_pump_is_the_renewal_less_its_boilers_plus_the_pump(candidates, schemes):
    outlook, offers = candidates.outlook, candidates.energy
    cost = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    boiler_gbp, compared = outlook.works_cost("renew"), 0
    types = outlook.parts.type_id.to_numpy()
    for scheme in schemes.index[schemes.index.str.endswith("renew.heat_pump")]:
        base, school = offers.works[scheme], offers.schools[schemes.school_id[scheme]]
        rows = candidates.members[base]
        for year in (2026, 2030):
            if (scheme, year) not in cost.index or (base, year) not in cost.index:
                continue
            spared = boiler_gbp[rows[types[rows] == BOILERS], year - 2026].sum()
            zone = school.blocks.index(schemes.block_id[scheme])
            use = use_with(school.premises, [])
            kw = use.heat_kwh[zone, 1] / m.figure(m.GENERAL, "heating full load").value
            pump = kw * 1879 * price_ratio(2025, 2026) * school.works_multiple
            assert cost[scheme, year] == pytest.approx(cost[base, year] - spared + pump, rel=1e-6, abs=0.02)
            compared += 1
    assert compared >= 20


def test_a_heat_pump_shuts_out_or_requires_the_fabric_works_of_its_block(schemes):
    needs = needs_met(schemes.reset_index())
    for scheme in schemes.index[schemes.index.str.endswith(".heat_pump")]:
        heat = schemes.index[(schemes.exclusion_group == f"{schemes.school_id[scheme]}.heat")]
        assert all(set(needs[scheme]) & set(needs[package]) for package in heat)
        after = f"{scheme}_after_heat"
        if after in schemes.index:
            assert set(split_list(schemes.requires[after])) & set(heat)


def test_gas_ends_only_where_every_block_has_a_heat_pump_and_saves_cooking_and_standing_charge(candidates, schemes):
    offers, seen = candidates.energy, 0
    for scheme in schemes.index[schemes.index.str.endswith(".gas_off")]:
        school = offers.schools[schemes.school_id[scheme]]
        required = split_list(schemes.requires[scheme])
        assert {schemes.block_id[name] for name in required} == set(school.blocks)
        assert all(name.endswith(".heat_pump") for name in required)
        fitted, saved = offers.fitted[scheme, 2028], offers.saved[scheme, 2028]
        at, cooking = 8, school.premises.kwh[1, 2]
        unit, standing = school.unit_gbp_per_kwh[:, at], school.standing_gbp[1, at]
        bill = cooking[at] * (unit[1] - 0.5 * unit[0]) + standing
        assert saved.bills_gbp[at] == pytest.approx(bill) and saved.burnt_kwh[at] == pytest.approx(cooking[at])
        assert (saved.bills_gbp[:4] == 0).all() and saved.bills_gbp[4] != 0, "begun in 2028, acts from 2030 on"
        pumps = lasting([Fitted(m.AIR_SOURCE, 1, (zone,)) for zone in range(len(school.blocks))], 24)
        kept = [item for item in fitted if item.measure != m.GAS_OFF]
        both = [school.saved([*pumps, *what]).bills_gbp[at] for what in (kept, fitted)]
        assert both[1] - both[0] == pytest.approx(standing)
        seen += bool(standing > 0)
    assert 0 < seen < len(offers.schools)


def test_heat_pumps_may_draw_on_the_ground(root, tmp_path):
    path = tmp_path / "ground.toml"
    path.write_text('extends = "baseline"\nname = "g"\ndescription = "g"\n[energy]\nincluded = true\n[measures]\n'
                    'heat_pump_source = "ground"\n[plan]\nyears = 4\n', encoding="utf-8")
    tiny = cp.read_estate(root / "data" / "tiny")
    ground = cp.propose(cp.forecast(tiny, cp.read_scenario(path)))
    path.write_text(path.read_text(encoding="utf-8").replace("ground", "air"), encoding="utf-8")
    air = cp.propose(cp.forecast(tiny, cp.read_scenario(path)))
    pairs = [pair for pair in ground.energy.fitted if pair[0].endswith(".heat_pump")]
    assert pairs
    for pair in pairs:
        assert [item.measure for item in ground.energy.fitted[pair]] == [m.GROUND_SOURCE]
        assert (ground.energy.saved[pair].power_kwh >= air.energy.saved[pair].power_kwh).all(), "it draws less"
        assert ground.energy.saved[pair].burnt_kwh == pytest.approx(air.energy.saved[pair].burnt_kwh)
    assert ground.schemes.description.str.contains("a ground-source heat pump").any()


def test_panels_go_on_roofs_that_are_good_or_done(candidates, schemes):
    outlook, limit = candidates.outlook, candidates.outlook.scenario.measures.roof_most_at_d_share
    assert schemes.index.str.contains(".solar").any()
    for scheme in schemes.index[schemes.index.str.contains("solar_after")]:
        assert all(".ROOF." in name and name in schemes.index for name in split_list(schemes.requires[scheme]))
    types, poor = component_types().loc[outlook.parts.type_id], 0
    covers = (types.sub_element == "Coverings and insulation").to_numpy()
    for name, school in candidates.energy.schools.items():
        area = 0.0
        for zone, block in enumerate(school.blocks):
            own = (outlook.parts.block_id == block).to_numpy() & covers
            bad = outlook.shares(0)[own][:, 3:].sum(axis=1) @ outlook.parts.quantity[own] / max(
                outlook.parts.quantity[own].sum(), 1e-9)
            if own.any() and bad <= limit and zone in school.treatable:
                area += school.premises.areas_m2["roof"][zone]
            poor += bool(own.any() and bad > limit)
        sizes = [item.size_kwp for (scheme, _), fitted in candidates.energy.fitted.items() for item in fitted
                 if scheme.startswith(f"{name}.solar") and "after" not in scheme]
        assert max(sizes, default=0.0) <= area * 0.25 / 5 + 0.05
    assert poor >= 2, "no roof is poor, so nothing is tested"


def test_a_school_under_pfi_and_blocks_that_go_are_left_alone(candidates, estate, schemes):
    own = schemes[schemes.kind.isin(["energy", "low carbon"])]
    assert "LAR" not in set(own.school_id)
    going = set(estate.blocks.block_id[estate.blocks.planned_exit.notna()])
    assert not going & set(own.block_id)


def test_the_number_of_new_starts_is_modest(candidates, schemes):
    new = schemes.index[schemes.kind.isin(["energy", "low carbon"])]
    assert 100 < len(new) < 250
    assert schemes.school_id[new].value_counts().max() <= 40
    assert candidates.scheme_years.scheme_id.isin(new).sum() < 0.15 * len(candidates.scheme_years)


def test_schemes_that_require_what_is_not_there_go_with_all_that_require_them():
    cells = pd.DataFrame({"scheme_id": ["a", "b", "c", "d"], "requires": ["", "a;x", "b", "a"]})
    assert possible(cells).scheme_id.tolist() == ["a", "d"], "b lacks x, and c lacks b then"


def test_a_scheme_too_small_to_be_capital_is_required_under_its_new_name(tmp_path, root):
    scenario = tmp_path / "small.toml"
    scenario.write_text('extends = "baseline"\nname = "small"\ndescription = "x"\n[energy]\nincluded = true\n'
                        "[costs]\ncapital_from_gbp = 60000\n")
    found = cp.propose(cp.forecast(cp.read_estate(root / "data" / "tiny"), cp.read_scenario(scenario))).schemes
    named = {name for text in found.requires for name in split_list(text)}
    assert any(name.endswith(".revenue") for name in named) and named <= set(found.scheme_id)


def test_what_goes_before_plant_is_renewed_when_it_no_longer_acts():
    # Controls persist 8 years: fitted for the years 1, 9 and 17 of 20.
    found = lasting([Fitted(m.CONTROLS, 1)], 20)
    assert [item.since for item in found] == [1, 9, 17]


def test_columns_add_up_over_years(candidates):
    offers, rows = candidates.energy, candidates.scheme_years.set_index(["scheme_id", "start_year"])
    for pair in list(offers.saved)[::40]:
        if pair in rows.index:
            saved = offers.saved[pair]
            assert rows.fuels_kwh[pair] == pytest.approx(saved.burnt_kwh[:10].sum(), abs=1e-3)
            assert rows.footprint_tco2e[pair] == pytest.approx(saved.footprint_t[:10].sum(), abs=1e-3)
            assert rows.carbon_tco2e[pair] == pytest.approx(saved.carbon_t.sum(), abs=1e-3)
    assert (rows.drop(index=[pair for pair in offers.saved if pair in rows.index]).carbon_tco2e == 0).all()


@pytest.mark.parametrize(("asked", "column"), [
    ({"cuts": {"2032": 0.5}}, "footprint_2032_tco2e"), ({"most_t": {"2030": 700.0}}, "footprint_2030_tco2e"),
    ({"most_in_plan_t": 7000.0}, "footprint_tco2e"), ({"renewable_school_by": 2030}, "renewable_2030"),
    ({"fossil_free_by": 2034}, "fossil_2034_kwh")])
def test_targets_become_limits(candidates, asked, column):
    outlook = with_carbon(candidates.outlook, **asked)
    limits, _ = carbon_limits(outlook, candidates.energy)
    years = saved_columns(outlook, candidates.scheme_years, candidates.energy)
    assert limits.measure.tolist() == [column] and limits.sense.tolist() == [">="]
    assert years[column].max() > 0
    emitted = outlook.energy.emissions_t().sum(axis=(0, 1))
    if "cuts" in asked:
        assert limits.amount.iloc[0] == pytest.approx(emitted[6] - 0.5 * emitted[0], rel=1e-6)
    if "most_in_plan_t" in asked:
        assert limits.amount.iloc[0] == pytest.approx(emitted[:10].sum() - 7000, rel=1e-6)


def test_a_target_that_is_met_without_works_and_one_after_the_forecast_are_no_limits(candidates):
    limits, told = carbon_limits(with_carbon(candidates.outlook, most_t={"2030": 1e6, "2090": 1.0}), candidates.energy)
    assert not len(limits) and "2090" in " ".join(told)


def with_carbon(outlook, **asked):
    """The same outlook with other carbon targets."""
    from dataclasses import replace
    scenario = outlook.scenario
    return replace(outlook, scenario=scenario.model_copy(update={"carbon": scenario.carbon.model_copy(update=asked)}))


@pytest.mark.parametrize("text", ['cuts = { "2032" = 1.5 }', 'cuts = { soon = 0.5 }', "base_t = -1.0",
                                  'most_t = { "2032" = -1.0 }'])
def test_a_target_that_makes_no_sense_is_refused(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(f'extends = "baseline"\nname = "own"\ndescription = "x"\n[carbon]\n{text}\n')
    with pytest.raises(cp.CapplanError, match="carbon"):
        cp.read_scenario(path)


def test_a_scenario_with_targets_is_written_and_read_again(tmp_path, root):
    scenario = cp.read_scenario(root / "scenarios" / "baseline.toml", "energy", "carbon_target")
    path = tmp_path / "again.toml"
    path.write_text(scenario.to_toml())
    assert cp.read_scenario(path).carbon == scenario.carbon and scenario.carbon.cuts == {"2032": 0.5}


@pytest.mark.slow
def test_the_same_money_with_a_target_meets_it_and_is_worth_less(estate, root):
    found = {}
    for overlays in (("energy",), ("energy", "carbon_target")):
        scenario = cp.read_scenario(root / "scenarios" / "baseline.toml", *overlays)
        programme = cp.optimise(cp.propose(cp.forecast(estate, scenario)), time_limit_s=40, gap=0.003)
        found[overlays] = programme
        pots = programme.candidates.pots
        assert pots.amount.sum() == pytest.approx(found["energy",].candidates.pots.amount.sum())
    with_target = found["energy", "carbon_target"]
    limit = with_target.candidates.limits
    rows = with_target.candidates.scheme_years.set_index(["scheme_id", "start_year"])
    saved = sum(rows[limit.measure.iloc[0]][pair] for pair in with_target.choice.items())
    assert saved >= limit.amount.iloc[0] - 1e-6
    assert with_target.objective <= found["energy",].bound
    emitted = with_target.candidates.outlook.energy.emissions_t().sum(axis=(0, 1))
    offers = with_target.candidates.energy
    whole = sum(school.saved([item for pair in with_target.choice.items() if pair in offers.fitted
                              and pd.Series(with_target.candidates.schemes.set_index("scheme_id").school_id)[pair[0]] == name
                              for item in offers.fitted[pair]]).footprint_t[6] for name, school in offers.schools.items())
    assert emitted[6] - whole <= 0.5 * emitted[0] + 1e-6, "the target is met by the whole, not only by what is claimed"
