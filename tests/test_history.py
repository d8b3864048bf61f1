"""History: sightings paired by hand, completed works recorded on data/tiny, every refusal, and rates there and back."""

import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest

from capplan import read_estate, read_scenario, reference
from capplan.errors import DataError, ScenarioError
from capplan.estate import write_estate
from capplan.history import (
    complete_works,
    learn,
    rates_table,
    read_completed,
    repeat_surveys,
)
from capplan.tabular import write_frame

from .plain import rows
from .test_outlook import changed, edit

RECORDED = date(2026, 11, 2)
HEADER = "component_id,completed,grade_after,renewed,cost_gbp,note\n"


def with_history(folder, *lines):
    """Write the history of an estate: ``component_id,seen,grade,cause``."""
    (folder / "history.csv").write_text("component_id,seen,grade,cause\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return read_estate(folder)


def completed(folder, *lines):
    """A list of completed works, read."""
    path = folder / "done.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return read_completed(path)


def recorded(folder, *lines, by="A Clerk", on=RECORDED):
    """The tables of an estate folder after works."""
    return complete_works(read_estate(folder), completed(folder, *lines), by, on)


def refusals(folder, *lines, **options):
    """Faults of works that are refused, as (row, column, text)."""
    with pytest.raises(DataError) as caught:
        recorded(folder, *lines, **options)
    return [(fault.row, fault.column, str(fault)) for fault in caught.value.faults]


def pairs_of(estate):
    """Pairs as (component, before, after, works between)."""
    return [tuple(row) for row in repeat_surveys(estate)[
        ["component_id", "grade_before", "grade_after", "works_between"]].itertuples(index=False)]


# --- pairs of surveys ------------------------------------------------------------------------------------------------


def test_an_estate_without_history_has_no_pairs(tiny):
    pairs = repeat_surveys(read_estate(tiny))
    assert len(pairs) == 0
    assert list(pairs) == ["component_id", "type_id", "element", "block_id", "school_id", "grade_before", "seen_before",
                           "grade_after", "seen_after", "years", "works_between"]


def test_consecutive_sightings_are_paired_by_hand(tiny):
    # ELL-01 is C on 2026-09-01; MAR-01 is DX on 2026-07-01; MAR-07 is modelled, so nobody has seen it twice.
    estate = with_history(tiny, "ELL-01,2021-09-01,BX,survey", "ELL-01,2016-09-01,A,survey", "MAR-01,2011-07-01,E,survey",
                          "MAR-01,2016-07-01,A,works", "MAR-07,2016-07-01,B,survey")
    pairs = repeat_surveys(estate)
    assert pairs_of(estate) == [("ELL-01", "A", "B", False), ("ELL-01", "B", "C", False),
                                ("MAR-01", "E", "A", True), ("MAR-01", "A", "D", False)]
    assert pairs.years.tolist() == pytest.approx([5, 5, 5, 10], abs=0.005)
    first = pairs.iloc[0]
    assert (first.type_id, first.element, first.block_id, first.school_id) == ("ROOF.03", "Roofs", "ELL-1-A", "ELL")
    assert (first.seen_before, first.seen_after) == (pd.Timestamp("2016-09-01"), pd.Timestamp("2021-09-01"))


def test_a_survey_on_the_day_of_works_is_what_was_there_after_them(tiny):
    estate = with_history(tiny, "ELL-01,2016-09-01,D,survey", "ELL-01,2026-09-01,C,works")
    assert pairs_of(estate) == [("ELL-01", "D", "C", True)]


def test_the_present_survey_told_twice_counts_once_and_told_differently_is_refused(tiny):
    assert pairs_of(with_history(tiny, "ELL-01,2026-09-01,CX,survey")) == []
    with pytest.raises(DataError, match="two surveys of ELL-01 on 2026-09-01"):
        repeat_surveys(with_history(tiny, "ELL-01,2026-09-01,B,survey"))


# --- completed works -------------------------------------------------------------------------------------------------


def test_a_repair_recorded_by_hand(tiny):
    edit(tiny, "components", "ELL-02", failure_probability="0.2", installed="1990")
    frames = recorded(tiny, "ELL-02,2026-10-15,A,,31250.5,New boiler burner")
    part = frames["components"].set_index("component_id").loc["ELL-02"]
    assert (part.grade, part.surveyed, part.installed) == ("A", pd.Timestamp("2026-10-15"), 1990)
    assert not part.statutory
    assert part[["remedial_cost_gbp", "cost_price_base", "priority", "due_year", "remaining_life_years",
                 "failure_probability"]].isna().all()
    assert (part.type_id, part.quantity, part.block_id) == ("MECH.01", 800, "ELL-1-A")
    before, works = frames["history"].to_dict("records")
    assert (before["seen"], before["grade"], before["cause"]) == (pd.Timestamp("2026-09-01"), "D", "survey")
    assert (works["seen"], works["grade"], works["cause"]) == (pd.Timestamp("2026-10-15"), "A", "works")
    assert (works["recorded_by"], works["recorded_on"]) == ("A Clerk", pd.Timestamp(RECORDED))
    assert works["note"] == "New boiler burner; Cost £31,250.50"


def test_works_that_stop_short_of_grade_a_leave_what_the_law_asks_and_drop_the_old_cost(tiny):
    part = recorded(tiny, "ELL-04,2026-10-15,B,,,")["components"].set_index("component_id").loc["ELL-04"]
    assert (part.grade, part.priority, part.statutory, part.due_year) == ("B", 2, True, 2027)
    assert np.isnan(part.remedial_cost_gbp) and np.isnan(part.remaining_life_years)
    good = recorded(tiny, "ELL-04,2026-10-15,A,,,")["components"].set_index("component_id").loc["ELL-04"]
    assert not good.statutory and np.isnan(good.due_year)
    same = recorded(tiny, "ELL-04,2026-10-15,C,,,")["components"].set_index("component_id").loc["ELL-04"]
    assert (same.remedial_cost_gbp, same.remaining_life_years) == (10000, 6)


@pytest.mark.parametrize(("line", "installed"), [
    ("MAR-01,2026-10-15,A,,,", 2026), ("ELL-01,2026-10-15,A,yes,,", 2026), ("ELL-01,2026-10-15,A,,,", 1990),
    ("ELL-01,2026-10-15,A,no,,", 1990)], ids=["only replaceable", "renewed", "repaired", "said to be repaired"])
def test_the_year_of_installation_is_that_of_a_renewal(tiny, line, installed):
    for component in ("MAR-01", "ELL-01"):
        edit(tiny, "components", component, installed="1990", support_ends="2030-01-01")
    part = recorded(tiny, line)["components"].set_index("component_id").loc[line.split(",")[0]]
    assert part.installed == installed
    assert pd.isna(part.support_ends) == (installed == 2026)


def test_everything_else_is_written_back_as_it_was(tiny, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir(), new.mkdir()
    estate = read_estate(tiny)
    write_estate({name: estate.table(name) for name in estate._frames}, old)
    write_estate(recorded(tiny, "ELL-01,2026-10-15,A,,,", "MAR-07,2026-10-20,B,,,"), new)
    assert sorted(path.name for path in new.iterdir()) == sorted([*(path.name for path in old.iterdir()), "history.csv"])
    for path in old.iterdir():
        if path.name != "components.csv":
            assert path.read_bytes() == (new / path.name).read_bytes(), path.name
    before, after = (rows(folder / "components.csv") for folder in (old, new))
    assert [row["component_id"] for row in after] == [row["component_id"] for row in before]
    assert [row["component_id"] for row, was in zip(after, before, strict=True) if row != was] == ["ELL-01", "MAR-07"]
    again = read_estate(new)
    assert again.history.recorded_by.tolist() == ["A Clerk"] * 3
    assert pairs_of(again) == [("ELL-01", "C", "A", True)]  # MAR-07 was modelled: its grade before was seen by nobody


def test_the_same_works_twice_are_refused(tiny):
    line = "ELL-01,2026-10-15,A,,,"
    write_estate(recorded(tiny, line), tiny)
    (row, column, text), = refusals(tiny, line)
    assert (row, column) == (2, "completed") and "ELL-01 on 2026-10-15, already recorded" in text
    assert len(read_estate(tiny).history) == 2


def test_later_works_on_the_same_component_keep_the_works_before_and_invent_no_survey(tiny):
    write_estate(recorded(tiny, "ELL-01,2026-10-01,B,,,"), tiny)
    write_estate(recorded(tiny, "ELL-01,2026-10-15,A,,,"), tiny)
    one_by_one = read_estate(tiny).history
    assert one_by_one[["grade", "cause"]].to_numpy().tolist() == [["C", "survey"], ["B", "works"], ["A", "works"]]


def test_two_works_on_one_component_in_one_list_are_the_same_as_one_by_one(tiny):
    frames = recorded(tiny, "ELL-01,2026-10-15,A,,,", "ELL-01,2026-10-01,B,,,")
    assert frames["history"][["grade", "cause"]].to_numpy().tolist() == [["C", "survey"], ["B", "works"], ["A", "works"]]
    assert frames["components"].set_index("component_id").grade["ELL-01"] == "A"


def test_all_faults_are_told_at_once_with_their_rows(tiny):
    found = refusals(
        tiny, "ELL-99,2026-10-15,A,,,", "ELL-01,2026-12-25,A,,,", "ELL-02,2026-08-01,A,,,", "ELL-03,2026-10-15,D,,,",
        "ELL-05,2026-10-15,D,,,Flooded by vandals", "ELL-06,2026-10-15,A,,,")
    assert [(row, column) for row, column, _ in found] == [
        (2, "component_id"), (3, "completed"), (4, "completed"), (5, "grade_after")]
    for words, (_, _, text) in zip(("'ELL-99'", "2026-11-02", "after the component was last surveyed", "worse than B"),
                                   found, strict=True):
        assert words in text


def test_works_on_the_day_of_the_last_survey_are_refused_since_nobody_knows_which_came_first(tiny):
    (row, column, text), = refusals(tiny, "ELL-01,2026-09-01,A,,,")
    assert (row, column) == (2, "completed") and "after the component was last surveyed" in text
    recorded(tiny, "ELL-01,2026-09-02,A,,,", on=date(2026, 9, 2))


@pytest.mark.parametrize(("line", "column"), [
    ("ELL-01,15/10/2026,A,,,", "completed"), ("ELL-01,2026-10-15,E,,,", "grade_after"),
    ("ELL-01,2026-10-15,A,,-1,", "cost_gbp"), ("ELL-01,2026-10-15,A,,,=1+1", "note"), (",2026-10-15,A,,,", "component_id")])
def test_a_cell_that_cannot_be_is_refused_when_the_list_is_read(tiny, line, column):
    with pytest.raises(DataError) as caught:
        completed(tiny, line)
    assert [fault.column for fault in caught.value.faults] == [column]


@pytest.mark.parametrize("by", ["", "  ", "=cmd()", "x" * 501])
def test_somebody_must_have_recorded_them(tiny, by):
    (_, column, _), = refusals(tiny, "ELL-01,2026-10-15,A,,,", by=by)
    assert column == "recorded_by"


def test_a_list_that_is_not_there_or_empty_is_refused(tiny):
    with pytest.raises(DataError, match="no such file"):
        read_completed(tiny / "nothing.csv")
    with pytest.raises(DataError, match="no rows"):
        completed(tiny)


def test_a_survey_already_in_history_is_not_kept_twice(tiny):
    estate = with_history(tiny, "ELL-01,2026-09-01,C,survey")
    frames = complete_works(estate, completed(tiny, "ELL-01,2026-10-15,A,,,"), "A Clerk", RECORDED)
    assert frames["history"].cause.tolist() == ["survey", "works"]


# --- learning --------------------------------------------------------------------------------------------------------


def test_without_repeat_surveys_the_published_rates_stand_and_the_card_says_why(tiny):
    learned = learn(read_estate(tiny))
    chances = ["p_ab", "p_bc", "p_cd", "p_de"]
    published = reference.component_types()[chances].reset_index(drop=True)
    pd.testing.assert_frame_equal(learned.rates[chances], published)
    assert learned.rates.p_ab_low.isna().all() and (learned.rates.weight_of_prior == 1).all()
    assert "surveyed twice" in str(learned.card) and "Nothing learned" in str(learned)
    assert (learned.rates.source == "published figure; this estate has no repeat surveys").all()


@pytest.mark.slow
def test_what_repeat_surveys_teach_by_hand(tiny):
    # Two surveys five years apart of roofs in two blocks; the ceiling got better by itself; one part had works between.
    estate = with_history(tiny, "ELL-01,2021-09-01,C,survey", "MAR-01,2021-07-01,D,survey", "ELL-03,2021-09-01,C,survey",
                          "ELL-02,2021-09-01,A,survey", "ELL-02,2023-09-01,A,works", "ELL-04,2026-08-25,C,survey")
    learned = learn(estate)
    rates = learned.rates.set_index("type_id")
    assert rates.pairs[rates.pairs > 0].to_dict() == {"ROOF.03": 1, "ROOF.04": 1, "MECH.01": 1}
    published = reference.component_types()
    # Neither roof fell although both were likely to: all roofs are thought a little better, their own rates most.
    assert rates.p_cd["ROOF.03"] < published.p_cd["ROOF.03"] and rates.p_de["ROOF.04"] < published.p_de["ROOF.04"]
    assert rates.p_ab_low["ROOF.03"] < rates.p_ab["ROOF.03"] < rates.p_ab_high["ROOF.03"]
    assert rates.source["ROOF.03"].startswith("1 repeat survey of this type; the published figure counts ")
    assert rates.source["ROOF.05"].startswith("published figure moved with its element")
    text = "\n".join(learned.notes)
    assert "6 pairs of sightings; 3 were used." in text
    for words in ("Left out: 1 that had works in between", "Left out: 1 that were within half a month",
                  "Left out: 1 that look better than before"):
        assert words in text
    assert learned.card.elements.pairs.iloc[-1] == 3


@pytest.mark.slow
def test_rates_go_to_a_file_and_come_back(tiny, tmp_path):
    learned = learn(with_history(tiny, "ELL-01,2021-09-01,A,survey", "MAR-01,2021-07-01,A,survey"))
    write_frame(rates_table(learned), tmp_path / "rates.csv")
    shutil.copy(tmp_path / "rates.csv", tiny)
    back = read_estate(tiny).rates.set_index("type_id")
    chances = ["p_ab", "p_bc", "p_cd", "p_de"]
    assert list(back.index) == list(reference.component_types().index)
    assert back[chances].to_numpy() == pytest.approx(learned.rates[chances].to_numpy(), abs=1e-6)
    assert back.evidence["ROOF.03"].startswith("1 repeat survey of this type")


def test_where_nothing_was_learned_no_rate_takes_the_place_of_a_published_one(tiny):
    assert len(rates_table(learn(read_estate(tiny)))) == 0


@pytest.mark.parametrize(("lines", "row", "column"), [
    (["ROOF.01,0.1,0.2,0.3,1.2"], 2, "p_de"), (["ROOF.01,-0.1,0.2,0.3,0.4"], 2, "p_ab"),
    (["ROOF.01,,0.2,0.3,0.4"], 2, "p_ab"),
    (["ROOF.99,0.1,0.2,0.3,0.4"], 2, "type_id"), (["ROOF.01,0.1,0.2,0.3,0.4"] * 2, 3, "type_id")])
def test_rates_that_cannot_be_are_refused(tiny, lines, row, column):
    (tiny / "rates.csv").write_text("type_id,p_ab,p_bc,p_cd,p_de\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_estate(tiny)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(row, column)]


@pytest.mark.slow
def test_a_scenario_that_is_sure_of_its_rates_is_moved_less_by_a_few_surveys(tiny):
    estate = with_history(tiny, "ELL-01,2021-09-01,A,survey", "MAR-01,2021-07-01,A,survey")
    scenario = read_scenario("baseline.toml")
    published = reference.component_types().p_ab["ROOF.03"]
    moved = [learn(estate, changed(scenario, condition={"rate_spread": spread})).rates.set_index("type_id").p_ab["ROOF.03"]
             / published for spread in (0.1, 1.0)]
    assert 1 < moved[0] < moved[1]
    assert moved[0] < 1.15
    pd.testing.assert_frame_equal(learn(estate).rates, learn(estate, scenario).rates)
    with pytest.raises(ScenarioError, match="rate_spread is 0"):
        learn(estate, changed(scenario, condition={"rate_spread": 0.0}))


def test_a_surveyors_known_error_explains_what_looks_better(tiny):
    estate = with_history(tiny, "ELL-01,2021-09-01,D,survey", "MAR-02,2021-07-01,B,survey")
    errors = np.eye(5) * 0.8 + 0.04
    used = [int(learn(estate, confusion=confusion).rates.pairs.sum()) for confusion in (None, errors)]
    assert used == [1, 2]
