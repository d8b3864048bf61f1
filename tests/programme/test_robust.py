"""Programmes for many futures: by hand, against every programme carried out by a second reading of the rules, and what
always holds of the bound, the tail and the money."""

import numpy as np
import pytest
from folders import folder, once, programmes_of, read
from instances import random_instance
from scipy.optimize import linprog

from capplan.programme import robust as module
from capplan.programme.delivery import Sample, ceilings, deliver
from capplan.programme.instance import instance, total_value
from capplan.programme.optimise import optimise
from capplan.programme.regret import as_expected, regret_table
from capplan.programme.robust import future_weights, robust, score_of

EXACT = {"gap": 0.0, "time_limit_s": 20.0}
SEEDS = tuple((seed, False) for seed in (14, 48, 75, 156)) + tuple(
    (seed, True) for seed in (14, 24, 39, 54, 106, 142))
"""Folders with few enough programmes to try every one of them; the latter with bundles and further terms of pots."""


def sample_of(inst, count, seed, must_weight=3.0):
    """Futures with other worth, costs and money, far apart."""
    rng = np.random.default_rng(seed)
    shape = count, len(inst.pairs)
    return Sample(inst.value * rng.uniform(0.5, 1.5, shape), rng.uniform(0.7, 1.6, shape),
                  inst.pots.amount.to_numpy(float) * rng.uniform(0.4, 1.2, (count, len(inst.pots))), must_weight)


def carried_out(inst, sample, number, choice):
    """What a programme comes to in one future, as a linear programme written down scheme by scheme from the words alone."""
    starts = [(k, t) for k, t in inst.pairs if k in choice and t >= choice[k]]
    place = {pair: i for i, pair in enumerate(inst.pairs)}
    columns, gain, rows, most, equal = {}, [], [], [], []

    def column(name, worth=0.0):
        columns[name] = len(gain)
        gain.append(worth)

    must = {k for pairs in inst.must.values() for k, _ in pairs}
    weight = {k: sample.must_weight * np.mean([sum(inst.starts[pair].spend.values()) for pair in inst.pairs if pair[0] == k])
              for k in must}
    for k, t in starts:
        column(("y", k, t), sample.value[number, place[k, t]] + weight.get(k, 0.0))
    together = [b for b in inst.bundles if all(k in choice for k in b.schemes)]
    for i, b in enumerate(together):
        for t in {t for _, t in starts}:
            if all((k, t) in starts for k in b.schemes):
                column(("z", i, t))
                rows += [({("z", i, t): 1, ("y", k, t): -1}, 0.0) for k in b.schemes]
    for k in choice:
        rows.append(({("y", k, t): 1 for name, t in starts if name == k}, 1.0))
        for r in inst.requires.get(k, ()):
            for _, t in [pair for pair in starts if pair[0] == k]:
                rows.append(({**{("y", k, s): 1 for name, s in starts if name == k and s <= t},
                              **{("y", r, s): -1 for name, s in starts if name == r and s <= t}}, 0.0))
    for k in choice:
        for year in sorted({year for pair in starts if pair[0] == k for year in inst.starts[pair].spend}):
            owed = {}
            for pair in [pair for pair in starts if pair[0] == k]:
                bill = inst.starts[pair].spend.get(year, 0.0) * sample.dearness[number, place[pair]]
                owed["y", *pair] = -bill
                for i, b in enumerate(together):
                    if k in b.schemes and ("z", i, pair[1]) in columns:
                        owed["z", i, pair[1]] = b.saving_share * bill
            paid = {}
            for pot in inst.payers[k]:
                terms = inst.terms[pot]
                if terms.first_year <= year <= terms.last_year:
                    column(("g", k, pot, year))
                    paid["g", k, pot, year] = 1.0
                    if terms.most_share < 1:
                        rows.append(({("g", k, pot, year): 1.0, **{c: terms.most_share * v for c, v in owed.items()}}, 0.0))
            equal.append({**paid, **owed})
    for i, (pot, terms) in enumerate(inst.terms.items()):
        drawn = {c: 1.0 for c in columns if c[0] == "g" and c[2] == pot}
        amount = sample.amount[number, i]
        rows.append((drawn, amount))
        for year in {c[3] for c in drawn} if terms.with_scheme else ():
            begun = {("y", k, t): -amount for k, t in starts if k == terms.with_scheme and t <= year}
            rows.append(({**{c: 1.0 for c in drawn if c[3] == year}, **begun}, 0.0))
    if not gain:
        return 0.0

    def dense(entries):
        matrix = np.zeros((len(entries), len(gain)))
        for row, cells in enumerate(entries):
            for name, value in cells.items():
                matrix[row, columns[name]] += value
        return matrix

    rows = [(cells, limit) for cells, limit in rows if cells]
    most = [limit for _, limit in rows]
    upper = [(0, 1) if name[0] == "y" else (0, None) for name in columns]
    found = linprog(-np.array(gain), dense([cells for cells, _ in rows]), most, dense(equal) if equal else None,
                    np.zeros(len(equal)) if equal else None, upper, method="highs")
    assert found.status == 0
    return -found.fun - sum(weight.get(k, 0.0) for k in choice)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Candidates, a sample of futures, every programme, and what each comes to in each future by the second reading."""
    made = []
    for number, (seed, terms) in enumerate(SEEDS):
        frames = random_instance(seed, terms=terms)
        programmes = programmes_of(frames)
        candidates = read(frames, tmp_path_factory.mktemp("case"))
        inst = instance(candidates)
        sample = sample_of(inst, 4, number)
        values = np.array([[carried_out(inst, sample, s, choice) for s in range(4)] for choice in programmes])
        made.append((candidates, inst, sample, programmes, values))
    return made


def test_cheap_and_sure_beats_dear_and_better_by_hand(tmp_path):
    """A pot of 10. A costs 10 and is worth 10, B costs 8 and is worth 9.2; in the second future both cost a quarter more. As
    expected A is best. Of A 10 / 12.5 can then be paid: 10 and 8, a mean of 9; B comes to 9.2 in both."""
    candidates = read(folder([("A", {"exclusion_group": "G"}, once(10, 10)), ("B", {"exclusion_group": "G"}, once(9.2, 8))],
                             [{"amount": 10}]), tmp_path)
    inst = instance(candidates)
    sample = Sample(np.tile(inst.value, (2, 1)), np.array([[1.0, 1.0], [1.25, 1.25]]), np.full((2, 1), 10.0))
    expected = optimise(candidates, **EXACT)
    best = robust(candidates, sample, expected.choice, **EXACT)
    assert (expected.choice, best.choice) == ({"A": 2026}, {"B": 2026})
    done = deliver(inst, sample, {"A": 2026})
    assert done.value.tolist() == pytest.approx([10, 8]) and best.delivered.value.tolist() == pytest.approx([9.2, 9.2])
    assert done.put_off_gbp.tolist() == pytest.approx([0, 2.5]) and done.undone_gbp.tolist() == pytest.approx([0, 2.5])
    assert (best.score, best.gap) == (pytest.approx(9.2), 0.0)


def test_works_wait_for_money_and_never_come_forward_by_hand(tmp_path):
    """Works of 10 planned for 2027, when the future has no money; a pot of 2028 pays for them a year late, and one of 2026
    is of no use to them."""
    starts = {year: (12 - (year - 2026), {year: 10}) for year in (2026, 2027, 2028)}
    pots = [{"pot_id": f"P{year}", "amount": 10, "first_year": year, "last_year": year} for year in (2026, 2027, 2028)]
    inst = instance(read(folder([("A", {}, starts)], pots), tmp_path))
    sample = Sample(inst.value[None, :], np.ones((1, 3)), np.array([[10.0, 0.0, 10.0]]))
    done = deliver(inst, sample, {"A": 2027})
    assert (done.value[0], done.put_off_gbp[0], done.undone_gbp[0]) == pytest.approx((10, 10, 0))


def test_a_must_do_left_undone_counts_as_lost_and_comes_first_by_hand(tmp_path):
    """A future with 10 of the 20 pounds that a must-do worth 1 and a better work worth 30 cost together. At 5 for each pound
    undone the must-do comes first: 1 and nothing lost; without a weight the better one does."""
    candidates = read(folder([("M", {"must_do": "yes"}, once(1, 10)), ("B", {}, once(30, 10))], [{"amount": 20}]), tmp_path)
    inst, both = instance(candidates), {"M": 2026, "B": 2026}
    for weight, value in ((5.0, 1.0), (0.0, 30.0), (1.0, 30.0 - 10.0)):
        sample = Sample(inst.value[None, :], np.ones((1, 2)), np.array([[10.0]]), weight)
        assert deliver(inst, sample, both).value[0] == pytest.approx(value)


def test_every_programme_comes_to_what_the_second_reading_says(cases):
    for _, inst, sample, programmes, values in cases:
        for choice, expected in zip(programmes, values, strict=True):
            assert deliver(inst, sample, choice).value == pytest.approx(expected, rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("tail_weight", [0.0, 0.5, 1.0])
def test_the_best_of_every_programme_is_found(cases, tail_weight):
    for candidates, _, sample, programmes, values in cases:
        best = max(score_of(own, tail_weight) for own in values)
        found = robust(candidates, sample, programmes[0], tail_weight, **EXACT)
        assert found.score == pytest.approx(best, rel=1e-6, abs=1e-3)
        assert found.bound == pytest.approx(best, rel=1e-5, abs=1e-2), "the whole form is the score, no looser"
        assert found.choice in programmes


@pytest.mark.parametrize("tail_weight", [0.0, 0.7])
def test_round_by_round_the_bound_is_true_and_the_start_is_never_lost(cases, tail_weight, monkeypatch):
    monkeypatch.setattr(module, "WHOLE_FORM", 0)
    gaps = []
    for candidates, _, sample, programmes, values in cases[::2]:
        scores = [score_of(own, tail_weight) for own in values]
        found = robust(candidates, sample, programmes[0], tail_weight, rounds=3, **EXACT)
        assert scores[0] - 1e-3 <= found.score <= max(scores) + 1e-3 <= found.bound + 2e-3
        assert found.choice in programmes
        gaps.append(max(scores) - found.score <= 1e-3 * abs(max(scores)) + 1e-3)
    assert np.mean(gaps) >= 0.5


def test_the_bound_of_a_round_is_what_any_programme_could_make_at_its_prices(cases, monkeypatch):
    """The most at some prices is worked out over every programme; the bound is the least of the rounds."""
    monkeypatch.setattr(module, "WHOLE_FORM", 0)
    told, whole = [], module._at_prices
    for candidates, inst, sample, programmes, _ in cases:
        delivered = deliver(inst, sample, programmes[0])
        ceiling, weight = ceilings(inst, sample, delivered.per_gbp), future_weights(delivered.value, 0.5)
        worth = weight @ ceiling.by_start
        most = max(sum(worth[inst.place_of[pair]] for pair in choice.items()) for choice in programmes)
        _, bound = whole(candidates, ceiling, weight, programmes[0], EXACT)
        assert bound == pytest.approx(weight @ ceiling.fixed + most, rel=1e-6, abs=1e-3)

    def kept(*given):
        """The same, its bound kept."""
        told.append(whole(*given))
        return told[-1]

    monkeypatch.setattr(module, "_at_prices", kept)
    candidates, _, sample, programmes, _ = cases[0]
    found = robust(candidates, sample, programmes[0], 0.5, rounds=3, **EXACT)
    assert found.bound == max(found.score, min(bound for _, bound in told))


def test_the_mean_takes_the_risk_and_the_tail_does_not_by_hand(tmp_path, monkeypatch):
    """A is worth 20 in one future and 2 in the other, B 9 in both: 11 against 9 on average, 2 against 9 at the worst."""
    candidates = read(folder([("A", {"exclusion_group": "G"}, once(11, 10)), ("B", {"exclusion_group": "G"}, once(9, 10))],
                             [{"amount": 10}]), tmp_path)
    sample = Sample(np.array([[20.0, 9.0], [2.0, 9.0]]), np.ones((2, 2)), np.full((2, 1), 10.0))
    for whole_form in (module.WHOLE_FORM, 0):
        monkeypatch.setattr(module, "WHOLE_FORM", whole_form)
        plans = {weight: robust(candidates, sample, {"A": 2026}, weight, **EXACT) for weight in (0.0, 1.0)}
        assert {weight: list(plan.choice) for weight, plan in plans.items()} == {0.0: ["A"], 1.0: ["B"]}
        assert [plan.score for plan in plans.values()] == pytest.approx([11, 9])


def test_no_price_of_money_makes_the_ceiling_untrue(cases):
    rng = np.random.default_rng(5)
    for _, inst, sample, programmes, values in cases:
        for scale in (0.0, 0.3, 3.0):
            ceiling = ceilings(inst, sample, rng.uniform(0, scale, (sample.count, len(inst.pots))))
            for choice, own in zip(programmes, values, strict=True):
                made = [inst.place_of[pair] for pair in choice.items()]
                assert (own <= ceiling.fixed + ceiling.by_start[:, made].sum(axis=1) + 1e-3).all()


def test_a_ceiling_takes_bills_with_what_bundles_save_by_hand(tmp_path):
    """Two works of 10, each worth 6, that save half together: 10 pounds do both, worth 12. At a price of 1 the pot counts 10
    and each work 6 - 5."""
    candidates = read(folder([("A", {}, once(6, 10)), ("B", {}, once(6, 10))], [{"amount": 10}],
                             bundles=[{"schemes": "A;B", "saving_share": 0.5}]), tmp_path)
    inst = instance(candidates)
    ceiling = ceilings(inst, as_expected(inst), np.array([[1.0]]))
    assert (ceiling.fixed[0], ceiling.by_start[0].tolist()) == (10, pytest.approx([1, 1]))
    assert deliver(inst, as_expected(inst), {"A": 2026, "B": 2026}).value[0] == pytest.approx(12)


def test_a_bill_is_priced_by_the_cheapest_pots_each_for_its_share_by_hand(tmp_path):
    """A bill of 10: one pot pays half of it for nothing, the other the rest at a price of 1: 5. The work is worth 9."""
    candidates = read(folder([("A", {}, once(9, 10))], [{"amount": 5, "most_share": 0.5}, {"amount": 5}]), tmp_path)
    inst = instance(candidates)
    ceiling = ceilings(inst, as_expected(inst), np.array([[0.0, 1.0]]))
    assert (ceiling.fixed[0], ceiling.by_start[0, 0]) == (5, pytest.approx(4))
    assert deliver(inst, as_expected(inst), {"A": 2026}).value[0] == pytest.approx(9)


def test_at_its_own_prices_the_ceiling_touches_the_programme(cases):
    touched = 0
    for _, inst, sample, programmes, values in cases:
        if inst.bundles or inst.requires:
            continue
        for choice, own in list(zip(programmes, values, strict=True))[:10]:
            ceiling = ceilings(inst, sample, deliver(inst, sample, choice).per_gbp)
            made = [inst.place_of[pair] for pair in choice.items()]
            if any(inst.terms[pot].with_scheme for pot in inst.pots.index):
                continue
            assert ceiling.fixed + ceiling.by_start[:, made].sum(axis=1) == pytest.approx(own, rel=1e-6, abs=1e-3)
            touched += 1
    assert touched >= 10


def test_more_money_in_every_future_is_never_worse(cases):
    for candidates, _, sample, programmes, _ in cases:
        richer = Sample(sample.value, sample.dearness, sample.amount * 1.3, sample.must_weight)
        less, more = (robust(candidates, each, programmes[0], 0.5, **EXACT).score for each in (sample, richer))
        assert more >= less - 1e-3


def test_a_careful_programme_has_the_better_tail_and_the_average_one_the_better_mean(cases):
    for candidates, _, sample, programmes, _ in cases:
        average, careful = (robust(candidates, sample, programmes[0], weight, **EXACT).delivered.value
                            for weight in (0.0, 1.0))
        assert average.mean() >= careful.mean() - 1e-3
        assert score_of(careful, 1.0) >= score_of(average, 1.0) - 1e-3


def test_in_the_one_future_that_is_expected_the_optimum_keeps_its_value(cases):
    for candidates, inst, _, _, _ in cases:
        expected = optimise(candidates, **EXACT)
        value = deliver(inst, as_expected(inst), expected.choice).value[0]
        assert value >= total_value(inst, expected.choice) - 1e-3


def test_weights_of_futures_add_up_to_the_score():
    rng = np.random.default_rng(2)
    for count in (1, 7, 10, 25):
        values = rng.normal(size=count)
        for weight in (0.0, 0.4, 1.0):
            found = future_weights(values, weight)
            assert found.sum() == pytest.approx(1.0) and found @ values == pytest.approx(score_of(values, weight))


def test_regret_by_hand(tmp_path):
    """With a pot of 10 the best is A (10); with one of 8 it is B (9), and of A no more than 8 / 10 is done (8)."""
    made = folder([("A", {"exclusion_group": "G"}, once(10, 10)), ("B", {"exclusion_group": "G"}, once(9, 8))],
                  [{"amount": 10}])
    rich = read(made, tmp_path / "rich")
    poor = read({**made, "pots": made["pots"].assign(amount=8)}, tmp_path / "poor")
    table = regret_table({"a": {"A": 2026}, "b": {"B": 2026}, "gone": {"A": 2030}}, {"rich": rich, "poor": poor}, **EXACT)
    table = table.set_index(["scenario", "plan"])
    assert table.regret_gbp.unstack().loc["rich"].tolist() == pytest.approx([0, 1, 10])
    assert table.regret_gbp.unstack().loc["poor"].tolist() == pytest.approx([1, 0, 9])
    assert table.schemes_left_out["rich"].tolist() == [0, 0, 1]
    assert (table.regret_most_gbp >= table.regret_gbp).all()
