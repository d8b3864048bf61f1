"""A later survey on top of data/tiny, by hand; every refusal at once; and completed works and surveys one after another."""

import shutil
from datetime import date

import pandas as pd
import pytest

from capplan import forecast, read_estate, read_scenario
from capplan.errors import DataError
from capplan.estate import inspect_estate, write_estate
from capplan.history import complete_works, learn, read_completed, repeat_surveys
from capplan.resurvey import resurvey
from capplan.tables import ESTATE_TABLES

from .plain import rows
from .test_outlook import add, edit, write

RECORDED = date(2021, 11, 2)
EARLIER, LATER = "2016-09-01", "2021-09-01"


def keep(folder, *components, **changes):
    """Leave these components in an estate folder, seen again."""
    found = [row for row in rows(folder / "components.csv") if row["component_id"] in components]
    write(folder / "components.csv", [row | {"surveyed": LATER} | changes for row in found])
    return folder


@pytest.fixture
def tiny(tiny):
    """A copy of data/tiny as it might have been seen in 2016, so that later surveys are not in the future."""
    seen = rows(tiny / "components.csv")
    write(tiny / "components.csv", [row | {"surveyed": row["surveyed"] if row["surveyed"] == "modelled" else EARLIER}
                                    for row in seen])
    return tiny


@pytest.fixture
def later(root, tmp_path):
    """The folder of a later survey of data/tiny, to be changed."""
    return shutil.copytree(root / "data" / "tiny", tmp_path / "later")


def done(old, new, by="A Clerk", on=RECORDED):
    return resurvey(read_estate(old), read_estate(new), by, on)


def part(found, name):
    return found.frames["components"].set_index("component_id").loc[name]


def faults(old, new, **options):
    with pytest.raises(DataError) as caught:
        done(old, new, **options)
    return [(fault.column, str(fault)) for fault in caught.value.faults]


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_roof_seen_again_by_hand(tiny, later):
    edit(tiny, "components", "ELL-01", installed="1972", support_ends="2040-01-31", failure_probability="0.05", sole="yes")
    keep(later, "ELL-01", grade="D", priority="1", remedial_cost_gbp="81000",
         cost_price_base="2021", remaining_life_years="")
    found = done(tiny, later)
    roof = part(found, "ELL-01")
    assert (roof.grade, roof.surveyed, roof.priority) == ("D", pd.Timestamp(LATER), 1)
    assert (roof.remedial_cost_gbp, roof.cost_price_base) == (81000, 2021)
    # What a surveyor does not look at is kept; how many years the old surveyor gave it five years ago is not.
    assert (roof.installed, roof.support_ends, roof.failure_probability) == (1972, pd.Timestamp("2040-01-31"), 0.05)
    assert roof["sole"] and pd.isna(roof.remaining_life_years)
    assert found.frames["history"].to_dict("records") == [{
        "component_id": "ELL-01", "seen": pd.Timestamp("2016-09-01"), "grade": "C", "cause": "survey",
        "recorded_by": "A Clerk", "recorded_on": pd.Timestamp(RECORDED), "note": "Kept when a later survey was recorded"}]
    assert (found.again, found.new) == (1, 0)
    assert found.not_seen == ("ELL-02", "ELL-03", "ELL-04", "ELL-05")  # of its block; not of others
    assert "take out what is gone" in str(found) and "4 other components" in str(found)


def test_a_better_grade_means_works_so_the_trust_s_own_chance_of_failure_is_not_kept(tiny, later):
    edit(tiny, "components", "ELL-01", failure_probability="0.05")
    edit(tiny, "components", "ELL-02", failure_probability="0.3")
    edit(tiny, "components", "ELL-03", failure_probability="0.2")
    keep(later, "ELL-01", "ELL-02", "ELL-03", grade="C", priority="")
    edit(later, "components", "ELL-03", failure_probability="0.25")
    found = done(tiny, later)
    assert part(found, "ELL-01").failure_probability == 0.05 and pd.isna(part(found, "ELL-02").failure_probability)
    assert part(found, "ELL-03").failure_probability == 0.25  # the new survey's own


def test_what_was_not_surveyed_again_stays_to_the_cell_and_new_components_come_last(tiny, later):
    keep(later, "ELL-01", "MAR-01", "MAR-07")
    add(later, "components", component_id="AAA", site_id="ELL-1", block_id="ELL-1-A", type_id="CEIL.02", quantity="400",
        quantity_basis="measured", grade="B", surveyed=LATER)
    estate = read_estate(tiny)
    found = done(tiny, later)
    after, before = found.frames["components"], estate.components
    assert after.component_id.tolist() == [*before.component_id, "AAA"] and (found.again, found.new) == (3, 1)
    same = ~before.component_id.isin(["ELL-01", "MAR-01", "MAR-07"]).to_numpy()
    pd.testing.assert_frame_equal(after[:14][same].reset_index(drop=True), before[same].reset_index(drop=True))
    for table in ESTATE_TABLES:
        if table.name not in ("components", "history"):
            pd.testing.assert_frame_equal(found.frames[table.name], estate.table(table.name))
    assert found.frames["history"].component_id.tolist() == ["ELL-01", "MAR-01"]  # MAR-07 was modelled: nobody had looked
    assert part(found, "MAR-07").surveyed == pd.Timestamp(LATER)


def test_history_that_was_there_is_kept_and_a_grade_in_it_is_not_written_twice(tiny, later):
    (tiny / "history.csv").write_text("component_id,seen,grade,cause,recorded_by,recorded_on,note\n"
                                      "ELL-01,2011-09-01,B,survey,Somebody,2011-10-01,first\n"
                                      "ELL-01,2016-09-01,C,survey,Somebody,2016-10-01,second\n", encoding="utf-8")
    keep(later, "ELL-01", "ELL-02")
    history = done(tiny, later).frames["history"]
    assert list(zip(history.component_id, history.seen.dt.year, history.note, strict=True)) == [
        ("ELL-01", 2011, "first"), ("ELL-01", 2016, "second"), ("ELL-02", 2016, "Kept when a later survey was recorded")]


def test_the_estate_after_a_survey_passes_every_check_and_can_be_forecast(tiny, later, tmp_path):
    edit(tiny, "components", "MAR-04", sole="yes", support_ends="2030-01-31")
    keep(later, *(row["component_id"] for row in rows(tiny / "components.csv")), grade="C")
    found = done(tiny, later)
    assert (found.again, found.new, found.not_seen) == (14, 0, ()) and str(found).endswith("for the first time.")
    (tmp_path / "after").mkdir()
    write_estate(found.frames, tmp_path / "after")
    frames, wrong = inspect_estate(tmp_path / "after")
    assert wrong == []
    for name, frame in found.frames.items():
        pd.testing.assert_frame_equal(frames[name].reset_index(drop=True), frame.reset_index(drop=True), check_dtype=False)
    outlook = forecast(read_estate(tmp_path / "after"), read_scenario("baseline.toml"))
    assert (outlook.parts.surveyed == pd.Timestamp(LATER)).all()


def test_resurveying_nothing_that_was_known_only_adds(tiny, later):
    keep(later, "ELL-01")
    edit(later, "components", "ELL-01", component_id="ELL-99")
    found = done(tiny, later)
    assert (found.again, found.new) == (0, 1) and len(found.frames["history"]) == 0
    assert found.not_seen == ("ELL-01", "ELL-02", "ELL-03", "ELL-04", "ELL-05")


# --- refusals --------------------------------------------------------------------------------------------------------


def test_every_fault_is_told_at_once(tiny, later):
    keep(later, "ELL-01", "ELL-02", "ELL-03", "ELL-04", "MAR-01", "MAR-02")
    edit(later, "components", "ELL-01", surveyed="2016-09-01")                       # not later
    edit(later, "components", "ELL-02", type_id="MECH.05")                            # another kind of boiler
    edit(later, "components", "ELL-03", block_id="ELL-1-T")                           # moved
    edit(later, "components", "ELL-04", surveyed="modelled")                          # nobody looked
    add(later, "blocks", block_id="ELL-1-N", site_id="ELL-1", gifa_m2="100", permanence="permanent")
    add(later, "components", component_id="NEW-1", site_id="ELL-1", block_id="ELL-1-N", type_id="CEIL.02", quantity="9",
        quantity_basis="measured", grade="B", surveyed=LATER)                         # a block the estate does not have
    told = faults(tiny, later, by="  ")
    assert sorted(column for column, _ in told) == ["block_id", "block_id", "recorded_by", "surveyed", "surveyed", "type_id"]
    for name, words in (("ELL-01", "after its survey of 2016-09-01"), ("ELL-02", "'MECH.01' as it was"),
                        ("ELL-03", "'ELL-1-A' as it was"), ("ELL-04", "this is a survey"), ("NEW-1", "ELL-1-N")):
        assert any(name in text and words in text for _, text in told), name
    assert not any("MAR-0" in text for _, text in told)


def test_a_block_that_stands_elsewhere_in_the_new_survey_is_refused(tiny, later):
    # The component is new, so it is on no old site; its block is not where the estate has it.
    edit(later, "blocks", "ELL-1-A", site_id="MAR-1")
    (later / "works.csv").unlink()
    keep(later, "ELL-01", site_id="MAR-1")
    edit(later, "components", "ELL-01", component_id="NEW-1")
    assert [(column, "NEW-1" in text) for column, text in faults(tiny, later)] == [("block_id", True)]


def test_whoever_records_has_a_name_that_is_no_formula(tiny, later):
    estate, new = read_estate(tiny), read_estate(keep(later, "ELL-01"))
    for by in ("", "   ", "=HYPERLINK(1)", "+44 20", "@SUM(A1)", "N" * 501):
        with pytest.raises(DataError) as caught:
            resurvey(estate, new, by, RECORDED)
        assert [fault.column for fault in caught.value.faults] == ["recorded_by"]


def test_a_survey_recorded_twice_is_refused(tiny, later, tmp_path):
    keep(later, "ELL-01", "MAR-01")
    (tmp_path / "after").mkdir()
    write_estate(done(tiny, later).frames, tmp_path / "after")
    told = faults(tmp_path / "after", later)
    assert [column for column, _ in told] == ["surveyed", "surveyed"] and "ELL-01 on 2021-09-01" in told[0][1]


def test_two_estates_that_share_no_place_are_refused(tiny, root):
    told = faults(tiny, root / "data" / "example")
    assert told and {column for column, _ in told} >= {"block_id"}


# --- one after another -----------------------------------------------------------------------------------------------


def test_works_and_surveys_one_after_another_by_hand(tiny, later, tmp_path):
    """D seen in 2016, repaired to A in 2017, found at B in 2021, repaired to A again in 2023."""
    (tmp_path / "one.csv").write_text("component_id,completed,grade_after\nELL-02,2017-08-01,A\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text("component_id,completed,grade_after\nELL-02,2023-08-01,A\n", encoding="utf-8")
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    works = read_completed(tmp_path / "one.csv")
    write_estate(complete_works(read_estate(tiny), works, "A", date(2017, 9, 1)), tmp_path / "a")
    keep(later, "ELL-02", grade="B", priority="", statutory="no", due_year="")
    write_estate(done(tmp_path / "a", later).frames, tmp_path / "b")
    write_estate(complete_works(read_estate(tmp_path / "b"), read_completed(tmp_path / "two.csv"), "A", date(2023, 9, 1)),
                 tmp_path / "c")
    estate = read_estate(tmp_path / "c")
    told = estate.history
    assert [(row.grade, row.cause, f"{row.seen:%Y-%m-%d}") for row in told.itertuples()] == [
        ("D", "survey", "2016-09-01"), ("A", "works", "2017-08-01"), ("B", "survey", LATER), ("A", "works", "2023-08-01")]
    pairs = repeat_surveys(estate)
    assert list(zip(pairs.grade_before, pairs.grade_after, pairs.works_between, strict=True)) == [
        ("D", "A", True), ("A", "B", False), ("B", "A", True)]
    assert estate.components.set_index("component_id").loc["ELL-02", "grade"] == "A"
    with pytest.raises(DataError, match="already recorded"):
        complete_works(estate, read_completed(tmp_path / "one.csv"), "A", date(2023, 9, 1))


def test_learning_after_a_survey_uses_its_pairs(tiny, later, tmp_path):
    # Roofs at C in 2016 and at D in 2021; the rate of C to D moves from the published one, its evidence is one pair.
    assert learn(read_estate(tiny)).rates.pairs.sum() == 0
    keep(later, "ELL-01", grade="D")
    (tmp_path / "after").mkdir()
    write_estate(done(tiny, later).frames, tmp_path / "after")
    learned = learn(read_estate(tmp_path / "after"))
    used = learned.rates[learned.rates.pairs > 0]
    assert used.type_id.tolist() == ["ROOF.03"] and used.pairs.tolist() == [1]
    assert used.component_years.item() > 0 and "1 repeat survey of this type" in used.source.item()
    assert any("1 pairs of sightings; 1 were used" in note for note in learned.notes)
