"""Self-scores of bids: published weights, points that add up, and properties that hold for any score."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.errors import MissingFigureError
from capplan.funding.bid_scoring import (
    PARTS,
    criteria_points,
    missing_evidence,
    round_named,
    rounds_known,
    scale_share,
    self_score,
)
from capplan.reference import load

ITEMS = tuple(load("bid_items").item)
NOW = round_named("CIF 2026-27")


@pytest.mark.parametrize(("name", "weights"), [
    ("CIF 2015-16", (40, 20, 40)), ("CIF 2016-17", (70, 15, 15)), ("CIF 2018-19", (70, 15, 15)),
    ("CIF 2022-23", (60, 25, 15)), ("CIF 2024-25", (60, 25, 15)), ("CIF 2026-27", (60, 25, 15)),
    ("CIF 2028-29", (60, 25, 15))])
def test_weights_are_those_published_for_the_round(name, weights):
    held = round_named(name)
    assert tuple(held.weights[part].value for part in PARTS) == weights


@pytest.mark.parametrize("name", rounds_known())
def test_points_of_a_round_add_up_to_its_weights_and_to_a_hundred(name):
    held = round_named(name)
    table = criteria_points(held)
    assert table.groupby("part").points.sum().to_dict() == pytest.approx(
        {part: held.weights[part].value for part in PARTS})
    assert table.points.sum() == pytest.approx(100) and (table.points >= 0).all()


def test_the_most_a_contribution_and_sustainability_may_earn_are_the_rules_own():
    points = criteria_points(NOW).set_index("criterion").points
    assert points["funding sources"] == 6 and points["environmental sustainability"] == 4
    assert points["overall cost"] + points["cost certainty"] == 15


def test_a_round_without_those_rules_shares_the_part_among_the_others():
    points = criteria_points(round_named("CIF 2016-17")).set_index("criterion").points
    assert points["funding sources"] == points["environmental sustainability"] == 0
    assert points["overall cost"] + points["cost certainty"] == 15


def test_items_of_a_criterion_are_the_whole_of_it():
    items = load("bid_items")
    assert items.groupby("criterion").points_share.sum().to_numpy() == pytest.approx(1.0)
    assert set(items.criterion) == set(load("bid_criteria").criterion) and not items.item.duplicated().any()
    assert ((items.kind == "figure") | (items.least_files >= 1)).all()


@pytest.mark.parametrize(("name", "day", "state"), [
    ("CIF 2026-27", date(2025, 10, 1), "not yet open"), ("CIF 2026-27", date(2025, 12, 16), "open"),
    ("CIF 2026-27", date(2025, 12, 17), "closed"), ("CIF 2016-17", date(2026, 1, 1), "closed"),
    ("CIF 2028-29", date(2026, 11, 22), "no dates found")])
def test_a_round_is_open_between_its_days(name, day, state):
    assert round_named(name).state_on(day) == state


@pytest.mark.parametrize("name", ["CIF 2029-30", "CIF", "", "PSDS4 2025-26", "SCA 2026-27", "CIF replacement 2029-30"])
def test_a_round_without_published_weights_is_told(name):
    with pytest.raises(MissingFigureError, match="known: CIF 2015-16, .*no criteria are published"):
        round_named(name)


def test_what_nobody_confirmed_of_a_round_is_carried_along():
    assert round_named("CIF 2026-27").unconfirmed == []
    assert len(round_named("CIF 2027-28").unconfirmed) == 2


def test_a_score_by_hand():
    table = self_score(NOW, {"type": 0.8, "priority": 1.0, "quote": 1.0, "options": 0.5})
    # 15 x 0.8 + 15 + 7.5 / 2 + 5.001 x 0.6 / 2
    assert table.scored.sum() == pytest.approx(12 + 15 + 3.75 + 15 * 0.3334 * 0.3)


def test_everything_met_is_a_hundred_with_nothing_missing():
    table = self_score(NOW, dict.fromkeys(ITEMS, 1.0))
    assert table.scored.sum() == pytest.approx(100) and not len(missing_evidence(table))


def test_nothing_known_misses_everything_that_can_be_brought():
    missing = missing_evidence(self_score(NOW, {}))
    assert set(missing["item"]) == set(ITEMS) - {"type"}
    assert missing.lost.is_monotonic_decreasing


def test_a_low_priority_is_no_missing_evidence_but_an_unknown_one_is():
    assert "priority" not in set(missing_evidence(self_score(NOW, {"priority": 0.1}))["item"])
    assert "priority" in set(missing_evidence(self_score(NOW, {"priority": float("nan")}))["item"])


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(ITEMS)))
def test_planted_gaps_are_listed_exactly(gaps):
    scores = {item: 0.0 if item in gaps else 1.0 for item in ITEMS}
    table = self_score(NOW, scores)
    assert set(missing_evidence(table)["item"]) == gaps - {"type", "priority"}
    assert table.scored.sum() + table.lost.sum() == pytest.approx(100)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(ITEMS), st.floats(0, 1), min_size=1), st.data())
def test_more_evidence_never_scores_less(scores, data):
    item = data.draw(st.sampled_from(sorted(scores)))
    more = scores | {item: data.draw(st.floats(scores[item], 1))}
    before, after = self_score(NOW, scores), self_score(NOW, more)
    assert (after.scored >= before.scored - 1e-12).all() and after.scored.sum() <= 100 + 1e-9


@pytest.mark.parametrize("scores", [{"nonesuch": 1.0}, {"type": 1.1}, {"type": -0.1}])
def test_a_score_of_nothing_known_or_out_of_range_is_a_mistake(scores):
    with pytest.raises(ValueError, match="unknown items"):
        self_score(NOW, scores)


def test_scales_fall_from_urgent_to_long_term():
    shares = [scale_share("priority", number) for number in "1234"]
    assert shares == sorted(shares, reverse=True) and pd.isna(scale_share("priority", "9"))
    assert scale_share("stage", "tender") > scale_share("stage", "design") > scale_share("stage", "concept")
