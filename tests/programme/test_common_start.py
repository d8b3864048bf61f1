"""One beginning for many futures: against every beginning and every programme, by hand, and what holds of the bound."""

import numpy as np
import pandas as pd
import pytest
from folders import folder, once, programmes_of, read
from instances import random_instance

from capplan.errors import InfeasibleError
from capplan.programme.common_start import beginning, begun_so, common_start, shared_starts
from capplan.programme.instance import instance, total_value
from capplan.programme.optimise import optimise

EXACT = {"gap": 0.0, "time_limit_s": 20.0}
SEEDS = (10, 21, 31, 52, 75, 88)
"""Folders of some years with few enough programmes to try every one of them."""


def futures_of(seed, count=3):
    """A folder and others like it: other money, other values, and a scheme that only the later ones have."""
    frames, rng = random_instance(seed), np.random.default_rng(seed)
    found = [frames]
    for number in range(1, count):
        pots = frames["pots"].assign(amount=(frames["pots"].amount.astype(float) * rng.uniform(0.6, 1.6)).round(2))
        years = frames["scheme_years"]
        years = years.assign(value=(years.value * rng.uniform(0.5, 1.8, len(years))).round())
        last, name = int(years.start_year.max()), f"joined{number}"
        cost = int(rng.integers(10, 300))
        found.append({**frames, "pots": pots, "schemes": _with(frames["schemes"], {"scheme_id": name}, ""),
                      "scheme_years": _with(years, {"scheme_id": name, "start_year": last,
                                                    "value": float(rng.integers(50, 400))}, 1.0),
                      "spend": _with(frames["spend"], {"scheme_id": name, "start_year": last, "year": last,
                                                       "cost": cost}, 0)})
    return found


def _with(frame, row, blank):
    """A table with a row more, its other cells blank."""
    return pd.concat([frame, pd.DataFrame([{name: row.get(name, blank) for name in frame}])], ignore_index=True)


def best_by_hand(every, shared):
    """The best mean over all beginnings, from every programme of every future; ``None`` where no beginning suits all."""
    tables = []
    for frames in every:
        value = dict(zip(zip(frames["scheme_years"].scheme_id, frames["scheme_years"].start_year, strict=True),
                         frames["scheme_years"].value, strict=True))
        table = {}
        for choice in programmes_of(frames):
            key = frozenset(beginning(choice, shared).items())
            table[key] = max(table.get(key, -np.inf), sum(value[pair] for pair in choice.items()))
        tables.append(table)
    common = set.intersection(*(set(table) for table in tables))
    return max((np.mean([table[key] for table in tables]) for key in common), default=None)


@pytest.mark.parametrize("seed", SEEDS)
def test_against_every_beginning_and_every_programme(seed, tmp_path):
    every = futures_of(seed)
    futures = [read(frames, tmp_path / str(number)) for number, frames in enumerate(every)]
    shared = shared_starts(futures, int(every[0]["scheme_years"].start_year.min()))
    best = best_by_hand(every, shared)
    try:
        found = common_start(futures, shared, rounds=3, **EXACT)
    except InfeasibleError:
        assert best is None or not all(programmes_of(frames) for frames in every) or best >= 0
        return
    assert best is not None
    assert found.score <= best + 1e-6 and found.bound >= best - 1e-6, "the bound is true and so is the programme"
    assert found.score >= best - 0.1 * max(abs(best), 50.0), "and it is near"
    assert found.bound <= found.apart_bound.mean() + 1e-6
    for one, choice, value in zip(futures, found.choices, found.values, strict=True):
        assert beginning(choice, shared) == found.starts
        assert total_value(instance(one), choice) == pytest.approx(value)
    assert np.all(found.values <= found.apart_bound + 1e-6)


def two_worlds(tmp_path, rich=100):
    """A school joins in one of two futures with works worth more than those that could begin at once."""
    roof = ("roof", {}, {2026: (100, {2026: 60}), 2027: (90, {2027: 60})})
    boiler = ("boiler", {}, {2026: (80, {2026: 60}), 2027: (70, {2027: 60})})
    hall = ("hall", {}, once(300, 100, 2027))
    pots = [{"amount": rich, "first_year": 2026, "last_year": 2027}]
    alone, joined = folder([roof, boiler], pots), folder([roof, boiler, hall], pots)
    return [read(frames, tmp_path / name) for name, frames in (("alone", alone), ("joined", joined))]


@pytest.mark.slow
def test_money_is_kept_for_a_school_that_may_join_by_hand(tmp_path):
    futures = two_worlds(tmp_path)
    shared = shared_starts(futures, 2026)
    assert shared == [("boiler", 2026), ("roof", 2026)]
    found = common_start(futures, shared, **EXACT)
    # Beginning the roof: 100 in either. Waiting: 90 where nobody joins (the roof a year later), 300 where the hall comes.
    assert found.starts == {} and found.values.tolist() == [90.0, 300.0]
    assert found.apart.tolist() == [100.0, 300.0] and found.score <= found.bound <= 200.0
    assert found.wanted == {("boiler", 2026): 0.0, ("roof", 2026): 0.5}


@pytest.mark.slow
def test_multipliers_bring_the_bound_to_the_best_beginning(tmp_path):
    # Futures known from the start would be worth 200 on average; no beginning is worth more than 195.
    futures = two_worlds(tmp_path)
    bounds = [common_start(futures, shared_starts(futures, 2026), rounds=rounds, **EXACT).bound for rounds in (0, 1, 6)]
    assert bounds[0] == pytest.approx(200.0) and bounds[0] > bounds[1] >= bounds[2] >= 195.0 - 1e-6
    assert bounds[2] <= 195.5


def test_what_all_would_begin_is_begun_and_nothing_is_lost(tmp_path):
    futures = two_worlds(tmp_path, rich=160)
    found = common_start(futures, shared_starts(futures, 2026), **EXACT)
    # Both at once would leave nothing for the hall (180 in either); the roof alone costs 10 where nobody joins.
    assert found.starts == {"roof": 2026} and found.values.tolist() == [170.0, 400.0]
    assert found.apart.tolist() == [180.0, 400.0] and found.gap <= 0.001


def test_what_has_to_begin_does_and_what_may_not_does_not(tmp_path):
    futures = two_worlds(tmp_path, rich=300)
    shared = shared_starts(futures, 2026)
    there = begun_so(futures[1], {"boiler": 2026}, shared)
    choice = optimise(there, **EXACT).choice
    assert choice == {"boiler": 2026, "roof": 2027, "hall": 2027}
    chain = read(folder([("roof", {"requires": ""}, {2026: (10, {2026: 1})}),
                         ("sun", {"requires": "roof"}, {2026: (50, {2026: 1}), 2027: (40, {2027: 1})})],
                        [{"amount": 10, "last_year": 2027}]), tmp_path / "chain")
    assert begun_so(chain, {"sun": 2026}, shared_starts([chain], 2026)) is None
    assert not len(begun_so(chain, {}, shared_starts([chain], 2026)).scheme_years)


def test_must_dos_that_no_beginning_leaves_paid_for_are_refused(tmp_path):
    must = {"must_do": "2026"}
    rich, poor = (read(folder([("roof", must, once(10, cost))], [{"amount": 50}]), tmp_path / str(cost))
                  for cost in (40, 60))
    with pytest.raises(InfeasibleError):
        common_start([rich, poor], shared_starts([rich, poor], 2026), **EXACT)
