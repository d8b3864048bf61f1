"""Accounts of a programme add up: the bridge to the penny, ownership to what the optimiser counts, options to both."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from capplan import forecast, propose, read_estate, read_scenario
from capplan.accounts import (
    BRIDGE_ITEMS,
    CLOSING,
    COSTS,
    GONE,
    ITEMS,
    NOTHING,
    OPENING,
    PRICE,
    TRUST,
    bridge_frame,
    options_frame,
    ownership_frame,
)
from capplan.candidates import needs_met
from capplan.results import treatments

OVERLAYS = ((), ("knock_on",), ("ageing",), ("exposure", "high_inflation"))


def any_programme(candidates, seed):
    """A choice at random that meets no need twice; nobody asks what it costs."""
    rng, met, choice = np.random.default_rng(seed), set(), {}
    needs, starts = needs_met(candidates.schemes), candidates.scheme_years.groupby("scheme_id").start_year.agg(list)
    for scheme in rng.permutation(candidates.schemes.scheme_id):
        if rng.random() < 0.7 and not met & set(needs[scheme]) and scheme in starts:
            met |= set(needs[scheme])
            choice[scheme] = int(rng.choice(starts[scheme]))
    return SimpleNamespace(candidates=candidates, choice=choice)


@pytest.fixture(scope="module", params=[("tiny", *overlays) for overlays in OVERLAYS] + [("example",)],
                ids="-".join)
def made(request, root):
    name, *overlays = request.param
    candidates = propose(forecast(read_estate(root / "data" / name), read_scenario("baseline.toml", *overlays)))
    programme = any_programme(candidates, 7)
    works = treatments(programme)
    return programme, works, candidates.outlook.course(works)


def test_the_bridge_adds_up_to_the_penny_in_every_year_and_over_the_plan(made):
    bridge = bridge_frame(*made)
    for amount in ("amount_gbp", "amount_nominal_gbp"):
        wide = bridge.assign(year=bridge.year.fillna(0)).pivot(index="year", columns="item", values=amount)
        wide = wide[list(BRIDGE_ITEMS)]
        pennies = (wide * 100).round().astype("int64")
        assert (wide * 100 - pennies).abs().max().max() < 1e-4
        assert (pennies.drop(columns=CLOSING).sum(axis=1) == pennies[CLOSING]).all()
        years = pennies.drop(index=0)
        assert (years[OPENING].to_numpy()[1:] == years[CLOSING].to_numpy()[:-1]).all()
        between = years.drop(columns=[OPENING, CLOSING]).sum()
        assert (between == pennies.loc[0].drop([OPENING, CLOSING])).all()
    assert (bridge.amount_gbp[bridge.item == PRICE] == 0).all()


def test_the_bridge_ends_where_the_outlook_does(made):
    programme, _, along = made
    path = programme.candidates.outlook.by_year(along)
    bridge = bridge_frame(*made)
    closing = bridge[(bridge.item == CLOSING) & bridge.year.notna()]
    assert closing.amount_gbp.to_numpy() == pytest.approx(path.backlog_gbp.to_numpy()[1:], abs=0.006)
    plan, rise = programme.candidates.outlook.scenario.plan, programme.candidates.outlook.scenario.costs.tender_inflation
    factor = (1 + rise) ** (plan.first_year - plan.price_base + plan.years)
    assert closing.amount_nominal_gbp.iloc[-1] == pytest.approx(path.backlog_gbp.iloc[-1] * factor, abs=0.006)


def test_the_penny_of_rounding_is_a_few_pennies_and_hides_nothing(made):
    """Wear worked out again as what would be there without this year's works, component by component."""
    programme, works, along = made
    outlook = programme.candidates.outlook
    bridge = bridge_frame(*made).dropna()
    for year in range(outlook.horizon):
        treated = works.year == year
        gone = outlook.in_use[year] & ~outlook.in_use[year + 1]
        change = ((along.shares[year + 1] - along.shares[year]) * outlook.costs_gbp)[:, 2:].sum(axis=1)
        worn = change[~treated & ~gone].sum()
        rows = bridge[bridge.year == outlook.scenario.years[year]].set_index("item").amount_gbp
        falls = rows[["worn to C", "worn from C to D", "failed"]].sum()
        if not treated.any():
            assert falls == pytest.approx(worn, abs=0.1)
        assert rows[GONE] == pytest.approx(change[gone & ~treated].sum(), abs=0.1) or (gone & treated).any()
        assert falls >= worn - 0.1


def test_without_works_the_bridge_has_none(root):
    candidates = propose(forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml")))
    programme = SimpleNamespace(candidates=candidates, choice={})
    bridge = bridge_frame(programme, treatments(programme), candidates.outlook.nothing)
    whole = bridge[bridge.year.isna()].set_index("item").amount_gbp
    assert (whole[["patch", "repair", "renew", "urgent", "refurbish", "rebuild", "demolish"]] == 0).all()
    assert whole[CLOSING] == pytest.approx(candidates.outlook.by_year().backlog_gbp.iloc[-1], abs=0.006)
    assert whole[GONE] < 0, "the hired block of the tiny trust goes"


def test_ownership_adds_up_by_place_and_by_item(made):
    programme, _, along = made
    frame = ownership_frame(programme, along)
    trust = frame[frame.level == "trust"].set_index("plan")[COSTS]
    assert list(frame.place[frame.level == "trust"]) == [TRUST, TRUST]
    for level in ("school", "block", "element"):
        own = frame[frame.level == level].groupby("plan")[COSTS].sum()
        assert own.to_numpy() == pytest.approx(trust.loc[own.index].to_numpy(), abs=0.01 * len(frame))
    for basis in ("", "_present"):
        items = frame[[f"{name}{basis}_gbp" for name in ITEMS]].sum(axis=1)
        assert items.to_numpy() == pytest.approx(frame[f"total{basis}_gbp"].to_numpy(), abs=0.006)
    assert (frame.capital_gbp[frame.plan == "without"] == 0).all()
    assert (frame[COSTS].to_numpy() >= -0.005).all()


def test_what_ownership_saves_is_what_the_optimiser_counts(made):
    """Without knock-on damage, the loss that falls is the sum of the values of the schemes on components, to the penny of
    each; with it some is counted twice in the values, never the other way."""
    programme, _, along = made
    candidates = programme.candidates
    trust = ownership_frame(programme, along).query("level == 'trust'").set_index("plan")
    running = trust.total_present_gbp - trust.capital_present_gbp
    value = candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    counted = sum(value[pair] for pair in programme.choice.items() if pair[0] in candidates.members)
    saved = running["without"] - running["with"]
    if candidates.outlook.scenario.condition.knock_on:
        assert saved <= counted + 1
    else:
        assert saved == pytest.approx(counted, abs=0.01 * len(programme.choice) + 0.05)


def test_capital_is_what_the_schemes_cost_in_real_pounds(made):
    programme, _, along = made
    candidates = programme.candidates
    cost = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    trust = ownership_frame(programme, along).query("level == 'trust' and plan == 'with'").iloc[0]
    assert trust.capital_gbp == pytest.approx(sum(cost[pair] for pair in programme.choice.items()), abs=0.01)
    present = sum(cost[scheme, year] / 1.035 ** (year - 2026) for scheme, year in programme.choice.items())
    assert trust.capital_present_gbp == pytest.approx(present, abs=0.01)


def test_an_option_saves_what_its_scheme_is_worth(made):
    programme, _, _ = made
    candidates = programme.candidates
    if candidates.outlook.scenario.condition.knock_on:
        pytest.skip("kinds of works are compared throughout, so that what lies above is treated too")
    frame = options_frame(programme)
    nothing = frame[frame.option == NOTHING].set_index("need").total_present_gbp
    value = candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    rows = frame[frame.option != NOTHING]
    saved = rows.need.map(nothing) - (rows.total_present_gbp - rows.capital_present_gbp)
    worth = [value[pair] for pair in zip(rows.scheme_id, rows.start_year, strict=True)]
    needs = needs_met(candidates.schemes)
    alone = rows.scheme_id.map(lambda scheme: len(needs[scheme]) == 1).to_numpy()
    assert alone.sum() > 5
    assert saved.to_numpy()[alone] == pytest.approx(np.array(worth)[alone], abs=0.06)


def test_every_need_has_nothing_beside_its_options_and_one_of_them_is_chosen(made):
    programme, _, _ = made
    frame = options_frame(programme)
    assert (frame.groupby("need").option.first() == NOTHING).all()
    assert (frame[frame.option != NOTHING].groupby("need").size() >= 1).all()
    chosen = frame[(frame.chosen == "yes") & (frame.option != NOTHING)]
    assert set(chosen.scheme_id) == set(programme.choice) & set(programme.candidates.members)
    assert dict(zip(chosen.scheme_id, chosen.start_year, strict=True)).items() <= programme.choice.items()
    assert (frame[frame.chosen == "yes"].groupby("need").size() == 1).all()
    assert not frame.duplicated(["need", "option"]).any()


def test_the_results_folder_has_the_accounts(tiny_results):
    bridge, owned = pd.read_csv(tiny_results / "bridge.csv"), pd.read_csv(tiny_results / "ownership.csv")
    outlook = pd.read_csv(tiny_results / "outlook.csv")
    end = outlook[(outlook.plan == "with")].sort_values("year").backlog_gbp.iloc[-1]
    assert bridge[bridge.year.isna()].set_index("item").amount_gbp[CLOSING] == pytest.approx(end, abs=0.006)
    spend = owned[(owned.level == "trust") & (owned.plan == "with")].capital_gbp.item()
    assert 0 < spend <= pd.read_csv(tiny_results / "draws.csv").amount_gbp.sum()
    assert set(pd.read_csv(tiny_results / "ownership_options.csv").option) >= {NOTHING, "patch", "renew"}
