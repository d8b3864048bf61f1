"""Suitability in words: by hand, against a plain loop, and that what nobody assessed is never good."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.suitability import NOT_ASSESSED, in_words, suitability_by_place, whole_years
from capplan.tables import CRITERIA

ON = pd.Timestamp("2026-09-01")
PLACES = pd.DataFrame([("S1", "B1"), ("S1", "B2"), ("S1", "B3"), ("S2", "")], columns=["school_id", "block_id"])
KEYS = [("S1", ""), ("S1", "B1"), ("S1", "B2"), ("S1", "B3"), ("S2", "")]


def scored(*rows):
    return pd.DataFrame(rows, columns=["school_id", "block_id", "criterion", "score", "assessed"]).assign(
        assessed=lambda frame: pd.to_datetime(frame.assessed))


def at(found, school, block, criterion):
    return found[(found.school_id == school) & (found.block_id == block) & (found.criterion == criterion)].iloc[0]


def test_by_hand():
    found = suitability_by_place(scored(
        ("S1", "B1", "access", 4, "2020-09-02"), ("S1", "B2", "access", 1, "2025-09-01"),
        ("S1", "", "access", 2, "2024-01-01"), ("S1", "", "sufficiency", 3, "2026-01-01"),
        ("S1", "B2", "sufficiency", 1, "2026-01-01")), PLACES, ON)
    school = at(found, "S1", "", "access")
    assert (school.worst, school.words, school.age_years) == (4, "bad: prevents teaching", 5)
    assert school["mean"] == pytest.approx(7 / 3) and (school.assessed, school.not_assessed) == (2, 1)
    block = at(found, "S1", "B2", "access")
    assert (block.words, block.age_years, block.sufficiency) == ("good", 1, "good")
    assert at(found, "S1", "B1", "access").sufficiency == "poor: limits teaching"
    third = at(found, "S1", "B3", "access")
    assert third.words == NOT_ASSESSED and pd.isna(third.worst) and third.not_assessed == 1
    assert at(found, "S2", "", "access").words == NOT_ASSESSED == at(found, "S2", "", "access").sufficiency


def test_every_place_has_every_criterion_once_with_or_without_scores():
    found = suitability_by_place(scored(), PLACES, ON)
    assert list(zip(found.school_id, found.block_id, strict=True))[::len(CRITERIA)] == KEYS
    assert (found.groupby(["school_id", "block_id"]).criterion.agg(set) == set(CRITERIA)).all()
    assert (found.words == NOT_ASSESSED).all() and (found.sufficiency == NOT_ASSESSED).all()


def test_whole_years_by_hand():
    assert whole_years(pd.Timestamp("2021-09-01"), ON) == 5 and whole_years(pd.Timestamp("2021-09-02"), ON) == 4
    assert whole_years(pd.Timestamp("2030-01-01"), ON) == 0


@pytest.mark.parametrize("score", [0, 5, 2.5])
def test_a_score_that_is_none_is_refused(score):
    with pytest.raises(ValueError, match="1, 2, 3 or 4"):
        in_words(score)


@pytest.mark.parametrize(("rows", "words"), [
    ([("S1", "B1", "beauty", 1, "2026-01-01")], "beauty"), ([("S1", "B9", "access", 1, "2026-01-01")], "B9"),
    ([("S1", "B1", "access", None, "2026-01-01")], "no score"), ([("S1", "B1", "access", 7, "2026-01-01")], "not 7"),
    ([("S1", "B1", "access", 1, "2026-01-01"), ("S1", "B1", "access", 3, "2025-01-01")], "one score"),
])
def test_bad_input_is_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        suitability_by_place(scored(*rows), PLACES, ON)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.tuples(st.sampled_from(KEYS), st.sampled_from(CRITERIA)), st.integers(1, 4), max_size=20))
def test_against_a_plain_loop(given_scores):
    found = suitability_by_place(scored(*[(school, block, criterion, score, "2023-05-05")
                                          for ((school, block), criterion), score in given_scores.items()]), PLACES, ON)
    for row in found.itertuples():
        own = [score for ((school, block), criterion), score in given_scores.items()
               if school == row.school_id and criterion == row.criterion and row.block_id in ("", block)]
        assert (row.words == NOT_ASSESSED) == (not own)
        if own:
            assert row.worst == max(own) and row.words == in_words(max(own))
            assert row.mean == pytest.approx(sum(own) / len(own))
            assert row.age_years == 3
        else:
            assert pd.isna(row.worst) and pd.isna(row.mean) and pd.isna(row.age_years) and pd.isna(row.oldest)
