"""A survey against DfE's guidance: dates by hand, a plain loop, and that what nobody saw is never covered."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.survey_guidance import (
    BLOCK_ELEMENTS,
    GOOD,
    GROUNDS_ELEMENTS,
    NEVER,
    SURVEYOR,
    survey_checks,
)
from capplan.tables import ELEMENTS

ON = pd.Timestamp("2026-09-01")
TWO = ("Roofs", "Ceilings")


def parts(*rows):
    return pd.DataFrame(rows, columns=["block_id", "element", "surveyed"]).assign(
        surveyed=lambda frame: pd.to_datetime(frame.surveyed))


def check(*rows, elements=TWO, block="B1"):
    return survey_checks(parts(*rows), pd.DataFrame({"block_id": [block]}), ON, 5, elements).iloc[0]


def test_a_block_is_asked_for_dfes_elements_of_a_building():
    # DfE's twelve elements (property data survey), of which external areas and playing fields are of the grounds.
    assert len(BLOCK_ELEMENTS) == 10
    assert set(BLOCK_ELEMENTS) | set(GROUNDS_ELEMENTS) == set(ELEMENTS) - {"ICT", "Temporary buildings"}


@pytest.mark.parametrize(("surveyed", "age", "good"), [
    ("2021-09-01", 5, True),        # five years to the day: the next is due that day
    ("2021-08-31", 5, False), ("2021-09-02", 4, True), ("2026-08-31", 0, True), ("2027-01-01", 0, True),
    ("2020-02-29", 6, False)])
def test_five_years_by_hand(surveyed, age, good):
    found = check(("B1", "Roofs", surveyed), ("B1", "Ceilings", surveyed))
    assert found.age_years == age and (found.verdict == GOOD) == good
    assert (found.elements_too_old == "") == good and found.elements_missing == ""
    if not good:
        assert found.verdict == "last surveyed more than 5 years ago"


def test_the_oldest_element_sets_when_the_next_survey_is_due():
    found = check(("B1", "Roofs", "2025-06-01"), ("B1", "Ceilings", "2022-02-28"))
    assert f"{found.next_due:%Y-%m-%d}" == "2027-02-28" and f"{found.last_survey:%Y-%m-%d}" == "2025-06-01"
    found = check(("B1", "Roofs", "2025-06-01"), ("B1", "Ceilings", "2020-02-29"))
    assert found.verdict == "surveyed more than 5 years ago: Ceilings" and f"{found.next_due:%Y-%m-%d}" == "2025-02-28"


def test_modelled_is_not_surveyed():
    found = check(("B1", "Roofs", "2025-06-01"), ("B1", "Ceilings", None))
    assert found.elements_missing == "Ceilings" and found.verdict == "not surveyed: Ceilings" and pd.isna(found.next_due)
    assert check(("B1", "Roofs", None), ("B1", "Ceilings", None)).verdict == NEVER


def test_a_block_nobody_lists_components_of_is_never_surveyed():
    found = check(("B1", "Roofs", "2025-06-01"), block="B2")
    assert found.verdict == NEVER and pd.isna(found.age_years) and found.elements_missing == "Roofs;Ceilings"


def test_an_element_out_of_scope_does_not_make_a_block_surveyed():
    assert check(("B1", "ICT", "2026-01-01")).verdict == NEVER


def test_a_temporary_building_listed_as_one_item_has_every_element():
    assert check(("B1", "Temporary buildings", "2025-01-01"), elements=BLOCK_ELEMENTS).verdict == GOOD


def test_grounds_are_checked_by_their_own_elements():
    rows = [("S1.grounds", "External areas", "2025-01-01"), ("S1.grounds", "Playing fields", None)]
    assert check(*rows, elements=GROUNDS_ELEMENTS, block="S1.grounds").verdict == "not surveyed: Playing fields"


def test_who_surveyed_is_never_confirmed():
    assert check(("B1", "Roofs", "2025-06-01")).surveyor == SURVEYOR and SURVEYOR.startswith("not known")


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="Chimneys"):
        check(("B1", "Chimneys", "2025-06-01"))
    with pytest.raises(ValueError, match="above nought"):
        survey_checks(parts(), pd.DataFrame({"block_id": ["B1"]}), ON, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["B1", "B2"]), st.sampled_from(BLOCK_ELEMENTS),
                          st.none() | st.dates(date(2010, 1, 1), date(2027, 12, 31))), max_size=40))
def test_against_a_plain_loop(rows):
    blocks = pd.DataFrame({"block_id": ["B2", "B1", "B3"]})
    found = survey_checks(parts(*rows), blocks, ON, 5)
    assert list(found.block_id) == ["B2", "B1", "B3"]
    for row in found.itertuples():
        seen = {element: max(day for block, name, day in rows if (block, name) == (row.block_id, element) and day)
                for element in BLOCK_ELEMENTS
                if any((block, name) == (row.block_id, element) and day for block, name, day in rows)}
        missing = [element for element in BLOCK_ELEMENTS if element not in seen]
        old = [element for element in BLOCK_ELEMENTS if element in seen and seen[element] < date(2021, 9, 1)]
        assert row.elements_missing == ";".join(missing) and row.elements_too_old == ";".join(old)
        assert (row.verdict == GOOD) == (not missing and not old) and (row.verdict == NEVER) == (not seen)
        assert (pd.isna(row.last_survey) if not seen else row.last_survey.date() == max(seen.values()))
        assert pd.isna(row.next_due) == bool(missing)
