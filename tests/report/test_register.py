"""The register of deferred works against the folder it is read from, row by row."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from capplan.reference import load
from capplan.report.needs import deferred_needs, is_bad
from capplan.report.register import (
    FROM_LIST,
    FROM_TRUST,
    NOBODY,
    controls_by_scheme,
    deferred_register,
    grades_of,
    place_of,
    register_grid,
    waiting_register,
)
from capplan.report.result_tables import FURTHER_FILES
from capplan.report.results import read_results
from capplan.report.words import pounds
from capplan.tables import ELEMENTS


@pytest.fixture(scope="module")
def folder(results):
    return Path(results.folder)


@pytest.fixture(scope="module")
def register(results):
    return deferred_register(results)


def test_every_deferred_need_is_in_it_once_the_bad_ones_first(folder, register):
    left = deferred_needs(read_results(folder))
    assert set(register.scheme_id) == set(left.scheme_id) and register.need.is_unique and len(register) > 5
    assert register.cost_gbp.sum() == pytest.approx(left.cost_gbp.sum())
    bad = register.condition == "bad"
    assert bad.any() and not bad.all() and bad.is_monotonic_decreasing
    assert (bad == (is_bad(register) | (register.priority == 1))).all()
    assert all(own.value_gbp.is_monotonic_decreasing for _, own in register.groupby("condition"))


def test_controls_are_those_of_the_list_and_marked_as_assumed(register):
    listed = load("interim_controls").set_index(["element", "condition"]).control
    assert [listed[row.element, row.condition] for row in register.itertuples()] == register.control.tolist()
    assert set(register.control_from) == {FROM_LIST} and set(register.owner) == {NOBODY}
    assert controls_by_scheme(register)[register.scheme_id[0]] == register.control[0]
    caption = register_grid(register).table["caption"]
    assert f"{len(register)} of the controls are capplan's list by element, an assumption" in caption


def test_the_list_knows_every_element_bad_and_poor():
    table = load("interim_controls")
    assert not table.duplicated(["element", "condition"]).any() and (table.look_again_weeks >= 1).all()
    have = set(zip(table.element, table.condition, strict=True))
    assert {(element, condition) for element in (*ELEMENTS, "any") for condition in ("bad", "poor")} <= have
    weeks = table.set_index(["element", "condition"]).look_again_weeks.unstack()
    assert (weeks.bad <= weeks.poor).all(), "what is bad is looked at at least as often"


def test_the_trusts_own_control_takes_the_lists_place(folder, register, tmp_path):
    shutil.copytree(folder, tmp_path / "own")
    need = register.need[0]
    columns = [column.name for column in FURTHER_FILES["needs"]]
    row = dict.fromkeys(columns, "") | {"need": need, "owner": "A Head", "control": "Closed <to> all & sundry", "pupils": 90,
                                        "look_again_by": "2027-01-31", "grade_in_three_years": "E", "statutory": "yes"}
    pd.DataFrame([row]).to_csv(tmp_path / "own" / "needs.csv", index=False)
    again = deferred_register(read_results(tmp_path / "own"))
    assert again.scheme_id.tolist() == register.scheme_id.tolist()
    first = again.iloc[0]
    assert (first.owner, first.control, first.look_again) == ("A Head", "Closed <to> all & sundry", "by 2027-01-31")
    assert first.control_from == FROM_TRUST and first.pupils == 90
    assert again.control[1:].tolist() == register.control[1:].tolist() and set(again.owner[1:]) == {NOBODY}
    told = register_grid(again).table["groups"][0][1][0]
    assert told[2].endswith(", then E") and told[-1] == "A Head"


def test_the_grid_counts_what_it_leaves_out(register):
    table = register_grid(register, 3).table
    rest = register.iloc[3:]
    assert len(table["groups"][0][1]) == 3
    assert table["more"] == f"and {len(rest)} needs more, {pounds(rest.cost_gbp.sum())}, in schemes.csv"
    assert len(register_grid(register, with_school=False).widths) == 7 and register_grid(register).table["more"] == ""
    assert register_grid(register.iloc[:0]).table["empty"]


def test_what_is_bad_and_waits_for_a_later_year_is_told(folder):
    results = read_results(folder)
    waiting = waiting_register(results)
    funded = results.funded
    wanted = funded[(is_bad(funded) | (funded.priority == 1)) & (funded.start_year > 2026)]
    assert set(waiting.scheme_id) == set(wanted.scheme_id) and len(waiting) and waiting.control.str.len().gt(0).all()


def test_words_of_a_row():
    row = SimpleNamespace(kind="renew", description="x", element="ICT", block_id="", site_id="S-1", worst_grade="CX",
                          grade_in_three_years="")
    assert place_of(row) == "ICT, grounds of S-1" and grades_of(row) == "CX"
    assert place_of(SimpleNamespace(kind="listed", description="LED lighting", element="Any")) == "LED lighting"
    assert grades_of(SimpleNamespace(worst_grade="", grade_in_three_years="")) == "not graded"
