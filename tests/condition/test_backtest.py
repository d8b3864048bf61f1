"""The back-test card: counted by hand, honest bands, nothing that peeks, and text that says what it does not know."""

import re

import numpy as np
import pandas as pd
import pytest

from capplan.condition.backtest import BackTestCard, backtest, cross_validate, later_shares
from capplan.condition.learning import fit_transitions

from .test_learning import CONFUSION, PRIOR, chance_by_paths, misread, multiplied, national, simulated

NAMES = np.array(["Ceilings", "Floors", "Roofs"])


def judged(seed, truth, count=1500, blocks=30, **options):
    """Cross-validated card of an estate of known rates, each of whose types is an element of its own."""
    pairs = simulated(seed, truth, count)
    place = np.random.default_rng(seed).integers(0, blocks, count)
    return cross_validate(place, NAMES[pairs[0]], *pairs, PRIOR, np.arange(3), **options)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_card_worked_by_hand():
    # Two roofs at B and one at C for a year; p_bc is a half and p_cd a quarter. One B dropped; the C dropped.
    drops = [[0.1, 0.5, 0.25, 0.4]]
    card = backtest(["Roofs"] * 3, [0] * 3, [1, 1, 2], [1, 2, 3], [1.0] * 3, drops, prior_drop=[[0.1, 0.1, 0.1, 0.1]])
    row = card.elements.iloc[0]
    assert [row[f"expected_{grade}"] for grade in "abcde"] == pytest.approx([0, 1, 1 + 0.75, 0.25, 0])
    assert [row[f"observed_{grade}"] for grade in "abcde"] == [0, 1, 1, 1, 0]
    assert (row.expected_poor, row.observed_poor) == (pytest.approx(2.0), 2)
    assert row.expected_poor_share == pytest.approx(2 / 3) == row.observed_poor_share
    # 0.5^2 + 0.5^2 for each B; (0.75)^2 + (1 - 0.25)^2 for the C.
    assert row.brier == pytest.approx((0.5 + 0.5 + 2 * 0.75 ** 2) / 3)
    assert row.brier_unchanged == pytest.approx((0 + 2 + 2) / 3)
    assert row.brier_prior == pytest.approx((2 * 0.1 ** 2 + 2 * 0.9 ** 2 + 2 * 0.9 ** 2) / 3)
    assert card.calibration.pairs.tolist() == [2, 1]
    assert card.calibration.expected_share.tolist() == pytest.approx([0.5, 1.0])
    assert card.calibration.observed_share.tolist() == [0.5, 1.0]


def test_the_band_of_exact_rates_is_that_of_the_binomial_law():
    from scipy.stats import binom
    card = backtest(["Roofs"] * 200, [0] * 200, [1] * 200, [1] * 200, [1.0] * 200, [[0.1, 0.3, 0.2, 0.4]])
    row = card.elements.iloc[0]
    assert row.low == pytest.approx(binom.ppf(0.1, 200, 0.3), abs=2)
    assert row.high == pytest.approx(binom.ppf(0.9, 200, 0.3), abs=2)
    assert not row.inside and row.observed_poor == 0


def test_uncertain_rates_widen_the_band():
    pairs = ["Roofs"] * 200, [0] * 200, [1] * 200, [1] * 200, [1.0] * 200
    drops = np.array([[0.1, 0.3, 0.2, 0.4]])
    draws = np.repeat(drops[None], 300, axis=0)
    draws[:, 0, 1] = np.random.default_rng(1).uniform(0.1, 0.5, 300)
    sure, unsure = backtest(*pairs, drops).elements.iloc[0], backtest(*pairs, drops, draws).elements.iloc[0]
    assert unsure.high - unsure.low > 2 * (sure.high - sure.low)


@pytest.mark.parametrize("gap", [1.0, 3.0, 2.25])
def test_later_shares_are_those_of_every_path(gap):
    whole, part = int(gap), gap % 1
    for start in range(5):
        by_paths = [(1 - part) * chance_by_paths(start, end, whole, PRIOR[1])
                    + part * chance_by_paths(start, end, whole + 1, PRIOR[1]) for end in range(5)]
        assert later_shares([1], [start], [gap], PRIOR)[0] == pytest.approx(by_paths, abs=1e-12)


def test_later_shares_as_surveyors_see_them_are_those_they_record():
    kind, before, after, years = simulated(1, PRIOR, 200_000)
    seen, later = misread(2, before), misread(3, after)
    rates = fit_transitions(kind, seen, later, years, PRIOR, 100.0, confusion=CONFUSION)
    shares = later_shares(kind, seen, years, PRIOR, rates.true_given_seen, CONFUSION)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert shares.mean(axis=0) == pytest.approx(np.bincount(later, minlength=5) / 200_000, abs=0.004)


# --- out of sample ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_counts_lie_in_their_bands_as_often_as_they_should():
    cards = [judged(seed, multiplied(seed, PRIOR, np.arange(3)), 900, 20) for seed in range(6)]
    checks = pd.concat([card.checks for card in cards])
    assert len(checks) == 6 * 15
    assert checks.inside_chance.between(0.8, 0.95).all()
    assert checks.inside.mean() == pytest.approx(checks.inside_chance.mean(), abs=0.1)


def test_a_forecast_that_is_wrong_is_told_so():
    truth = 1 - (1 - PRIOR) ** 2.5
    pairs = simulated(2, truth, 3000)
    card = backtest(NAMES[pairs[0]], *pairs, PRIOR)
    assert card.coverage == 0 and not card.elements.inside.any()
    assert "outside the band" in str(card) and "Outside over all: Ceilings" in str(card)
    learned = judged(2, truth, 3000).elements.iloc[-1]
    assert learned.inside and learned.brier < learned.brier_prior < learned.brier_unchanged


def test_nothing_peeks_the_fold_on_trial_teaches_nothing():
    # Two blocks, two folds. What is found in one block must not move the forecast of that block.
    kind, before, after, years = simulated(3, PRIOR[:1], 400)
    place = np.repeat(["north", "south"], 200)

    def expected(found):
        card = cross_validate(place, place, kind, before, found, years, PRIOR[:1], folds=2)
        return card.elements.set_index("element").expected_poor

    worse = after.copy()
    worse[:200] = np.minimum(after[:200] + 1, 4)
    first, second = expected(after), expected(worse)
    assert second["north"] == first["north"]
    assert second["south"] > first["south"]


def test_every_pair_is_judged_once_and_a_block_stays_together():
    card = judged(4, PRIOR, 600, 7)
    assert card.folds == 5
    assert card.checks.pairs.sum() == 600 == card.elements.pairs.iloc[-1] == card.elements.pairs.iloc[:-1].sum()
    assert card.checks.observed_poor.sum() == card.elements.observed_poor.iloc[-1]
    assert card.calibration.pairs.sum() == 600
    assert judged(4, PRIOR, 600, 2).folds == 2


def test_the_same_seed_gives_the_same_card_and_text():
    one, two = judged(5, PRIOR, 400), judged(5, PRIOR, 400)
    pd.testing.assert_frame_equal(one.elements, two.elements)
    assert str(one) == str(two)


def test_forecasts_over_the_whole_range_come_true_as_often_as_they_say():
    prior, element = national()
    truth = multiplied(6, prior, element)
    pairs = simulated(6, truth, 20_000)
    rates = fit_transitions(*pairs, prior, 10 / prior, element, 0.3, 0.5)
    again = simulated(7, truth, 20_000)
    table = backtest(element[again[0]].astype(str), *again, rates.drop_probability).calibration
    big = table[table.pairs > 500]
    assert len(big) >= 8
    assert (big.expected_share - big.observed_share).abs().max() < 0.05


# --- what the card says ----------------------------------------------------------------------------------------------


def test_an_estate_that_cannot_be_tested_says_so_in_plain_words():
    card = BackTestCard.none("No component has been surveyed twice.")
    assert str(card) == "Back-test: none. No component has been surveyed twice."
    assert not len(card.elements) and not len(card.checks) and np.isnan(card.coverage)


def test_one_block_cannot_be_judged_by_the_others():
    assert "fewer than two blocks" in str(judged(8, PRIOR, 50, 1))
    nothing = [np.zeros(0, int)] * 3
    assert "fewer than two blocks" in str(cross_validate([], [], *nothing, np.zeros(0), PRIOR))
    with pytest.raises(ValueError, match="at least one pair"):
        backtest([], *nothing, np.zeros(0), PRIOR)


def test_the_text_agrees_with_the_tables_and_states_its_limits():
    card = judged(9, PRIOR)
    text, total = str(card), card.elements.iloc[-1]
    assert f"found {total.observed_poor:,}," in text and f"expected {total.expected_poor:,.0f} " in text
    inside, checks = map(int, re.search(r"Of (\d+) counts .*? (\d+) \(", text).groups()[::-1])
    assert (inside, checks) == (card.checks.inside.sum(), len(card.checks))
    for limit in ("independent", "works in between", "surveyor's error", "not over a longer plan"):
        assert limit in text


def test_pairs_that_cannot_be_are_not_in_the_card():
    kind, before, after, years = simulated(10, PRIOR, 300)
    flattered = np.append(after, 0)
    place = np.arange(301) % 9
    card = cross_validate(place, NAMES[np.append(kind, 0)], np.append(kind, 0), np.append(before, 3), flattered,
                          np.append(years, 5.0), PRIOR)
    assert card.elements.pairs.iloc[-1] == 300


def test_a_card_of_a_surveyor_who_errs_forecasts_what_he_records():
    kind, before, after, years = simulated(11, PRIOR, 3000)
    place = np.random.default_rng(1).integers(0, 20, 3000)
    card = cross_validate(place, NAMES[kind], kind, misread(1, before), misread(2, after), years, PRIOR, np.arange(3),
                          confusion=CONFUSION)
    total = card.elements.iloc[-1]
    assert total.pairs == 3000 and total.expected_a == pytest.approx(total.observed_a, rel=0.15)
    assert total.expected_poor == pytest.approx(total.observed_poor, rel=0.04)
