"""Bids as a lottery: by hand where hedging pays, against every first stage tried with the oracle, and what always holds."""

from functools import cache
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from folders import read
from oracle import solve

from capplan.errors import InfeasibleError
from capplan.programme.lottery import BEST, EXPECTED, LOST, WON, FirstStage, lottery
from capplan.programme.outcomes import Bid, flips_at, lower_tail, outcomes_of, quantile, score

SETTINGS = {"gap": 0.0, "time_limit_s": 20.0}
BLANK = {"exclusion_group": "", "requires": "", "must_do": "", "tag": "works"}


def frames(schemes, starts, pots, bids):
    """A folder from rows: schemes {name: columns}, starts [(scheme, year, value, cost)], pots as dicts, bids
    [(name, year, cost, ask, most_share, schemes)], whose pots open in their year for two years."""
    rows = [{"scheme_id": name, **BLANK, **further} for name, further in schemes.items()]
    rows += [{"scheme_id": f"BID-{name}", **BLANK, "tag": "revenue"} for name, *_ in bids]
    starts = [*starts, *((f"BID-{name}", year, 0, cost) for name, year, cost, *_ in bids)]
    pots = [{"schemes": "", "most_share": "", "with_scheme": "", "tags": "", **pot} for pot in pots]
    pots += [{"pot_id": name, "amount": ask, "first_year": year, "last_year": year + 1, "tags": "works", "schemes": only,
              "most_share": share, "with_scheme": f"BID-{name}"} for name, year, _, ask, share, only in bids]
    return {"schemes": pd.DataFrame(rows),
            "scheme_years": pd.DataFrame([(k, t, v) for k, t, v, _ in starts],
                                         columns=["scheme_id", "start_year", "value"]),
            "spend": pd.DataFrame([(k, t, t, c) for k, t, _, c in starts if c],
                                  columns=["scheme_id", "start_year", "year", "cost"]),
            "pots": pd.DataFrame(pots)}


def bids_of(rows, odds):
    return [Bid(row[0], f"BID-{row[0]}", row[0], chance) for row, chance in zip(rows, odds, strict=True)]


def hedge(cost=0):
    """Reserves of 10. A bid matches what is spent on B or its smaller sister b pound for pound, up to 10. A takes all the
    reserves before the outcome is known, H some of them; C and D are what is left to do afterwards."""
    bids = [("grant", 1, cost, 10, 0.5, "B;b")]
    schemes = {"A": {}, "H": {}, "C": {}, "D": {}, "B": {"exclusion_group": "B"}, "b": {"exclusion_group": "B"}}
    starts = [("A", 0, 6, 10), ("H", 0, 3.5, 4), ("C", 1, 4, 10), ("D", 1, 2, 6), ("B", 1, 30, 20), ("b", 1, 16, 12)]
    return frames(schemes, starts, [{"pot_id": "own", "amount": 10, "first_year": 0, "last_year": 2}], bids), bids


def test_hedging_pays_by_hand(tmp_path):
    """At odds of a tenth: keeping all the money back is worth 30 / 10 + 4 x 9 / 10 = 6.6, spending it all on A 6, and part
    of it on H 3.5 + 16 / 10 + 2 x 9 / 10 = 6.9. Known beforehand: 30 / 10 + 6 x 9 / 10 = 8.4."""
    made, bids = hedge()
    found = lottery(read(made, tmp_path), bids_of(bids, [0.1]), **SETTINGS)
    plans = found.frame().set_index("plan")
    assert found.best == FirstStage(frozenset({"grant"}), frozenset({("H", 0)}))
    assert plans.mean_gbp[[BEST, WON, LOST]].tolist() == pytest.approx([6.9, 6.6, 6.0])
    assert plans.worst_gbp[[BEST, WON, LOST]].tolist() == pytest.approx([5.5, 4.0, 6.0])
    assert found.perfect_information_gbp == pytest.approx(1.5)
    assert found.stochastic_gbp == pytest.approx(6.9 - plans.mean_gbp[EXPECTED])
    assert found.every_first_stage


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_with_no_chance_and_with_certainty_it_is_the_plan_as_if_lost_and_as_if_won(chance, tmp_path):
    made, bids = hedge()
    found = lottery(read(made, tmp_path), bids_of(bids, [chance]), **SETTINGS)
    plan = WON if chance else LOST
    assert found.best == found.plans[plan]
    assert found.mean_gbp == pytest.approx(30 if chance else 6)
    assert found.perfect_information_gbp == pytest.approx(0)
    assert found.worths[0].make == bool(chance)


@pytest.mark.slow
@pytest.mark.parametrize("all_up_to", [0, 48])
def test_the_odds_at_which_a_bid_is_worth_its_cost_by_hand(all_up_to, tmp_path):
    """Two pounds to spend; the bid costs one of them and brings 4 for a scheme worth 6. C costs 1 and is worth 1, so that
    without the bid 2 are had, with it 1 + 6 p: from p = 1/6 on."""
    bids = [("grant", 0, 1, 4, 1, "B")]
    made = frames({"B": {}, "C": {}, "D": {}}, [("B", 0, 6, 4), ("C", 0, 1, 1), ("D", 0, 1, 1)],
                  [{"pot_id": "own", "amount": 2, "first_year": 0, "last_year": 2}], bids)
    for chance, make in ((0.16, False), (0.17, True)):
        found = lottery(read(made, tmp_path), bids_of(bids, [chance]), all_up_to=all_up_to, **SETTINGS)
        worth, = found.worths
        assert worth.make == make
        assert worth.worth_gbp == pytest.approx(6 * chance - 1)
        assert worth.flips_at == pytest.approx(1 / 6, abs=0.005)
        assert found.mean_gbp == pytest.approx(max(2, 1 + 6 * chance))


def test_the_tail_is_looked_at_where_asked_for(tmp_path):
    """By the worst tenth alone, which is always a loss here, the plan as if lost is best: 6 against 5.5 and 4."""
    made, bids = hedge()
    found = lottery(read(made, tmp_path), bids_of(bids, [0.1]), tail_weight=1.0, **SETTINGS)
    assert found.best.starts == {("A", 0)}
    assert found.frame().set_index("plan").worst_gbp[BEST] == pytest.approx(6)


def test_what_must_be_paid_whatever_happens_cannot_hang_on_a_bid(tmp_path):
    """Must costs 10 in year 1. Won, the grant pays it and A may have the reserves; lost, they have to pay it."""
    bids = [("grant", 1, 0, 10, 1, "Must")]
    made = frames({"A": {}, "Must": {"must_do": "yes"}}, [("A", 0, 9, 10), ("Must", 1, 0, 10)],
                  [{"pot_id": "own", "amount": 10, "first_year": 0, "last_year": 2}], bids)
    found = lottery(read(made, tmp_path), bids_of(bids, [0.9]), **SETTINGS)
    plans = found.frame().set_index("plan")
    assert np.isnan(plans.mean_gbp[WON])
    assert found.mean_gbp == pytest.approx(0)
    assert found.plans[WON].starts == {("A", 0)}
    sure = lottery(read(made, tmp_path), bids_of(bids, [1.0]), **SETTINGS)
    assert sure.mean_gbp == pytest.approx(9)
    assert sure.all_lost is None


def test_where_nothing_keeps_the_rules_the_reason_is_given(tmp_path):
    bids = [("grant", 1, 0, 10, 1, "Must")]
    made = frames({"Must": {"must_do": "yes"}}, [("Must", 1, 0, 10)],
                  [{"pot_id": "own", "amount": 1, "first_year": 0, "last_year": 2}], bids)
    with pytest.raises(InfeasibleError):
        lottery(read(made, tmp_path), bids_of(bids, [0.5]), **SETTINGS)


def draw(seed):
    """Three works that may start before the outcomes are known or after, two afterwards, and two bids."""
    rng = np.random.default_rng(seed)
    names = ["P", "Q", "R", "S", "T"]
    group = {name: "G" if rng.random() < 0.4 else "" for name in names}
    schemes = {name: {"exclusion_group": group[name], "must_do": "yes" if rng.random() < 0.1 else ""} for name in names}
    if rng.random() < 0.5:
        schemes["S"]["requires"] = "P"
    starts = []
    for name in names:
        cost, value = int(rng.integers(3, 12)), int(rng.integers(2, 20))
        years = (0, 1, 2) if name in "PQ" else (0, 1) if name == "R" else (1, 2)
        starts += [(name, year, value - year * int(rng.integers(0, 3)), cost + year) for year in years]
    bids = [("one", 1, int(rng.integers(0, 3)), int(rng.integers(4, 12)), int(rng.integers(5, 11)) / 10,
             ";".join(rng.permutation(names)[:3])),
            ("two", int(rng.integers(1, 3)), int(rng.integers(0, 3)), int(rng.integers(4, 12)), 1,
             ";".join(rng.permutation(names)[:2]))]
    pots = [{"pot_id": "own", "amount": int(rng.integers(4, 14)), "first_year": 0, "last_year": 3},
            {"pot_id": "year 1", "amount": int(rng.integers(0, 6)), "first_year": 1, "last_year": 3, "tags": "works"}]
    return frames(schemes, starts, pots, bids), bids, rng.integers(1, 10, 2) / 10


def tried_one_by_one(made, bids, odds):
    """Best mean over every set of bids and every set of works begun in year 0, each outcome solved by the oracle."""
    names, early = [row[0] for row in bids], made["scheme_years"]
    early = early[(early.start_year < 1) & ~early.scheme_id.str.startswith("BID-")].scheme_id
    best = -np.inf

    @cache
    def worth(entered, begun, awarded):
        """Of outcomes that differ only in bids nobody made, one is enough."""
        return after(made, entered, begun, awarded)

    for count in range(len(names) + 1):
        for entered in combinations(names, count):
            for begun in product([False, True], repeat=len(early)):
                begun, mean = frozenset(early[list(begun)]), 0.0
                for won in product([False, True], repeat=len(names)):
                    chance = np.prod([p if w else 1 - p for p, w in zip(odds, won, strict=True)])
                    awarded = frozenset(name for name, is_won in zip(names, won, strict=True) if is_won and name in entered)
                    mean += chance * worth(frozenset(entered), begun, awarded)
                best = max(best, mean)
    return best


def after(made, entered, begun, awarded):
    """What the oracle makes of an outcome. What has begun, or been entered, is forced by a reward far above all else."""
    forced = begun | {f"BID-{name}" for name in entered}
    years = made["scheme_years"]
    bid = years.scheme_id.str.startswith("BID-")
    kept = years[(bid & years.scheme_id.isin(forced)) | (~bid & np.where(
        years.scheme_id.isin(begun), years.start_year == 0, years.start_year > 0))]
    kept = kept.assign(value=kept.value + 10_000 * kept.scheme_id.isin(forced))
    spend = made["spend"].merge(kept[["scheme_id", "start_year"]], on=["scheme_id", "start_year"])
    pots = made["pots"]
    pots = pots[(pots.with_scheme == "") | pots.pot_id.isin(awarded)]
    value, choice = solve({**made, "scheme_years": kept, "spend": spend, "pots": pots})
    if value is None or not forced <= set(choice):
        return -np.inf
    return float(value) - 10_000 * len(forced)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_every_first_stage_tried_with_the_oracle_finds_nothing_better(seed, tmp_path):
    made, bids, odds = draw(seed)
    best = tried_one_by_one(made, bids, odds)
    if np.isneginf(best):
        with pytest.raises(InfeasibleError):
            lottery(read(made, tmp_path), bids_of(bids, odds), **SETTINGS)
        return
    found = lottery(read(made, tmp_path), bids_of(bids, odds), **SETTINGS)
    assert found.every_first_stage
    assert found.mean_gbp == pytest.approx(best)
    stepwise = lottery(read(made, tmp_path / "again"), bids_of(bids, odds), all_up_to=0, **SETTINGS)
    assert stepwise.mean_gbp <= best + 1e-6
    for lot in (found, stepwise):
        plans = lot.frame().set_index("plan").mean_gbp
        assert lot.mean_gbp >= plans.max() - 0.01
        assert lot.perfect_information_gbp >= -1e-9
        assert (lot.perfect_bound >= lot.perfect - 1e-6).all()
        for worth in lot.worths:
            assert worth.make == (worth.bid.odds >= worth.flips_at) or abs(worth.bid.odds - worth.flips_at) < 0.01
            assert worth.make == (worth.worth_gbp > 0.01) or abs(worth.worth_gbp) < 0.02


def test_seven_bids_are_drawn_and_the_same_seed_draws_the_same():
    odds = [0.3] * 7
    one, again, other = outcomes_of(odds, 50, 3), outcomes_of(odds, 50, 3), outcomes_of(odds, 50, 4)
    assert one.drawn == 50
    assert one.won.tolist() == again.won.tolist()
    assert one.won.tolist() != other.won.tolist()
    assert one.weight.sum() == pytest.approx(1)
    likelier = outcomes_of([0.9, *odds[1:]], 50, 3)
    assert likelier.won[:, 0] @ likelier.weight > one.won[:, 0] @ one.weight
    assert likelier.won[:, 3] @ likelier.weight == pytest.approx(one.won[:, 3] @ one.weight)


def test_the_mean_of_many_draws_nears_the_odds():
    found = outcomes_of([0.28, 0.5, 0.1, 0.9, 0.28, 0.28, 0.7], 20_000, 1)
    assert found.weight @ found.won == pytest.approx([0.28, 0.5, 0.1, 0.9, 0.28, 0.28, 0.7], abs=0.02)


def test_tail_and_quantile_by_hand():
    values, weight = np.array([10.0, 0.0, 4.0]), np.array([0.5, 0.04, 0.46])
    assert lower_tail(values, weight) == pytest.approx((0.04 * 0 + 0.06 * 4) / 0.1)
    assert quantile(values, weight) == 4
    assert quantile(values, weight, 0.04) == 0
    assert score(values, weight, 0.5) == pytest.approx((0.5 * 10 + 0.46 * 4) / 2 + 2.4 / 2)
    assert score(np.array([1.0, -np.inf]), np.array([0.5, 0.5])) == -np.inf


def test_odds_that_never_and_always_pay():
    assert flips_at(lambda chance: 1.0) == 0
    assert np.isnan(flips_at(lambda chance: -1.0))


@pytest.mark.parametrize("odds", [[-0.1], [1.1], [float("nan")]])
def test_odds_that_are_none_are_refused(odds):
    with pytest.raises(ValueError, match="between 0 and 1"):
        outcomes_of(odds)
