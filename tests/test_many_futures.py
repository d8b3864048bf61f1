"""Futures of a whole plan: against the scenario's own figures moved by hand, means of one, and what a seed keeps."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import many_futures as module
from capplan import read_estate, read_scenario
from capplan.candidates import propose
from capplan.many_futures import many_futures
from capplan.outlook import forecast, wearing_otherwise
from capplan.programme.instance import instance
from capplan.ranges import with_figure

ROOT = Path(__file__).resolve().parents[1]
NO_SPREAD = {"own_worth_spread": 0.0, "pupil_spread": 0.0, "grant_spread": 0.0, "must_do_weight": 7.0}


@pytest.fixture(scope="module")
def outlook():
    return forecast(read_estate(ROOT / "data" / "tiny"), read_scenario("baseline.toml"))


@pytest.fixture(scope="module")
def candidates(outlook):
    return propose(outlook)


def only(monkeypatch, candidates, rate_spread=0.0, **spread):
    """The candidates with no spread but those given, and the futures' tenders certain."""
    monkeypatch.setattr(module, "spreads", lambda: pd.Series({**NO_SPREAD, **spread}))
    monkeypatch.setattr(module, "log_spread", lambda low, high: np.zeros(len(low)))
    scenario = with_figure(candidates.outlook.scenario, "condition.rate_spread", rate_spread)
    return replace(candidates, outlook=replace(candidates.outlook, scenario=scenario))


def test_without_spreads_every_future_is_what_is_expected(candidates, monkeypatch):
    sample, inst = many_futures(only(monkeypatch, candidates), 3, 1), instance(candidates)
    assert sample.value == pytest.approx(np.tile(inst.value, (3, 1)), rel=1e-9, abs=1e-6)
    assert sample.dearness == pytest.approx(np.ones((3, len(inst.pairs)))) and sample.must_weight == 7.0
    assert sample.amount == pytest.approx(np.tile(inst.pots.amount.to_numpy(float), (3, 1)), abs=0.006)


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_all_wear_at_another_speed_as_the_scenario_has_it(outlook, speed):
    n = len(outlook.parts)
    moved = forecast(outlook.estate, with_figure(outlook.scenario, "condition.wear_scale", speed))
    found = wearing_otherwise(outlook, np.full(n, speed))
    for kind, value in moved.worth().items():
        assert found.worth()[kind] == pytest.approx(value, rel=1e-9, abs=1e-6)
    assert found.nothing.shares == pytest.approx(moved.nothing.shares)


def test_all_pupils_more_as_the_price_of_their_days_has_it(outlook):
    dearer = outlook.scenario.loss.pupil_day_gbp * 1.5
    moved = forecast(outlook.estate, with_figure(outlook.scenario, "loss.pupil_day_gbp", dearer))
    found = wearing_otherwise(outlook, np.ones(len(outlook.parts)), 1.5)
    for kind, value in moved.worth().items():
        assert found.worth()[kind] == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_two_speeds_for_one_construction_type_are_refused(outlook):
    kinds, counts = np.unique(outlook.wear.kind, return_counts=True)
    speed = np.ones(len(outlook.parts))
    speed[np.flatnonzero(outlook.wear.kind == kinds[counts.argmax()])[0]] = 2.0
    with pytest.raises(ValueError, match="one speed"):
        wearing_otherwise(outlook, speed)


def test_a_future_of_faster_wear_is_what_would_be_proposed_then(candidates, monkeypatch):
    """One draw for all elements is one wear_scale: worth and cost of the same works proposed under it, up to the pound."""
    monkeypatch.setattr(module, "_factors", lambda names, what, spread, count, seed: np.full(
        (len(names), count), 1.7 if what == "wear" else 1.0))
    given = only(monkeypatch, candidates)
    sample, inst = many_futures(given, 1, 0), instance(candidates)
    moved = instance(propose(forecast(given.outlook.estate,
                                      with_figure(candidates.outlook.scenario, "condition.wear_scale", 1.7))))
    compared = 0
    for place, pair in enumerate(inst.pairs):
        kind = candidates.works.get(pair[0])
        if kind in ("patch", "repair", "renew") and pair in moved.starts:
            assert sample.value[0, place] == pytest.approx(moved.starts[pair].value, rel=1e-4, abs=1.0)
            cost = sum(inst.starts[pair].spend.values()) * sample.dearness[0, place]
            assert cost == pytest.approx(sum(moved.starts[pair].spend.values()), rel=1e-3, abs=2.0)
            compared += 1
    assert compared > 50


def test_means_are_what_is_expected_and_reserves_are_certain(candidates):
    sample, inst = many_futures(candidates, 300, 5), instance(candidates)
    own = (inst.pots.route == "reserves").to_numpy()
    amounts = inst.pots.amount.to_numpy(float)
    assert sample.amount[:, own] == pytest.approx(np.tile(amounts[own], (300, 1)), abs=0.006)
    assert sample.amount[:, ~own].mean(axis=0) == pytest.approx(amounts[~own], rel=0.03)
    assert (sample.amount[:, ~own].std(axis=0) > 0.05 * amounts[~own]).all()
    assert sample.dearness.mean() == pytest.approx(1.0, abs=0.08)
    assert sample.value.sum(axis=1).mean() == pytest.approx(inst.value.sum(), rel=0.08)


def test_factors_have_a_mean_of_one_and_the_spread_asked_for():
    found = module._factors(["one"], "anything", 0.8, 40_000, 3)[0]
    assert found.mean() == pytest.approx(1.0, abs=0.02) and np.log(found).std() == pytest.approx(0.8, abs=0.02)


def test_a_scheme_meets_the_same_luck_whatever_else_is_proposed(candidates):
    gone = candidates.schemes.scheme_id.iloc[0]
    frames = {name: candidates.table(name) for name in ("schemes", "scheme_years", "spend")}
    fewer = replace(candidates, _frames={**candidates._frames, **{
        name: frame[frame.scheme_id != gone].reset_index(drop=True) for name, frame in frames.items()}})
    whole, part = many_futures(candidates, 4, 9), many_futures(fewer, 4, 9)
    kept = (candidates.scheme_years.scheme_id != gone).to_numpy()
    assert part.value == pytest.approx(whole.value[:, kept]) and part.dearness == pytest.approx(whole.dearness[:, kept])
    assert many_futures(candidates, 4, 9).amount == pytest.approx(whole.amount)
    assert not np.allclose(many_futures(candidates, 4, 10).value, whole.value)


def test_no_future_or_no_estate_is_refused(candidates):
    with pytest.raises(ValueError, match="one at least"):
        many_futures(candidates, 0, 1)
    with pytest.raises(ValueError, match="from an estate"):
        many_futures(replace(candidates, outlook=None), 2, 1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What the command writes for the tiny estate, against one named scenario."""
    from click.testing import CliRunner

    from capplan.cli import main
    out = tmp_path_factory.mktemp("robust") / "out"
    done = CliRunner().invoke(main, ["robust", str(ROOT / "data" / "tiny"), "baseline.toml", "--futures", "10", "--fresh",
                                     "12", "--against", "cautious.toml", "--gap", "0.01", "--time-limit", "5",
                                     "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out, done.output


@pytest.mark.slow
def test_the_command_tells_and_writes_the_same_figures(written):
    out, said = written
    plans, futures = (pd.read_csv(out / f"{name}.csv") for name in ("plans", "futures"))
    fresh = futures[futures.futures == "fresh"].pivot(index="future", columns="plan", values="value_gbp")
    assert len(fresh) == 12 and (futures.futures == "chosen over").sum() == 10 * len(plans)
    own = plans.set_index("plan")
    assert own.mean_gbp.to_dict() == pytest.approx(fresh.mean().to_dict(), abs=0.02)
    assert own.worst_gbp.to_dict() == pytest.approx(fresh.min().to_dict(), abs=0.02)
    gain = (fresh["best on average"] - fresh["as expected"]).mean()
    assert own.gain_gbp["best on average"] == pytest.approx(gain, abs=0.02)
    assert (plans.keeps_rules == "yes").sum() >= 3 and (plans.put_off_gbp >= plans.undone_gbp - 0.02).all()
    facts = json.loads((out / "robust.json").read_text(encoding="utf-8"))
    assert facts["stochastic_seen_gbp"] >= -0.01 and facts["stochastic_most_gbp"] >= facts["stochastic_seen_gbp"] - 0.01
    assert set(pd.read_csv(out / "regret.csv").scenario) == {"cautious"}
    assert "rank-and-cut" in said and "fresh" in said and str(out) in said


@pytest.mark.slow
def test_its_programmes_are_results_folders_and_its_page_is_whole(written):
    from capplan.report.results import read_results
    out, _ = written
    for name in ("average", "careful"):
        results = read_results(out / name)
        starts = pd.read_csv(out / "programmes.csv")["best on average" if name == "average" else "careful"]
        assert len(results.funded) == starts.notna().sum()
        assert results.solution["status"] == "for many futures"
        assert results.solution["notes"][0].startswith("Chosen over many futures")
        assert "It was chosen for many futures" in (out / name / "summary.html").read_text(encoding="utf-8")
    page = (out / "robust.html").read_text(encoding="utf-8")
    assert "Rank-and-cut beside the optimum" in page and "Regret in named scenarios" in page and "http" not in page.split(
        "svg+xml")[0]
