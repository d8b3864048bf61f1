"""What a paper says of a plan's lock, overrides, state and overdue figures: worked by hand on made-up stores."""

import json
import shutil
from datetime import date

import pandas as pd
import pytest

from capplan.approvals import approve, lock, log_override
from capplan.errors import DataError
from capplan.governance import lock_hash, overdue_figures, overrides_of, state_of
from capplan.run_store import enter_run, start_store

HEAD = "figure,value,meaning,source,status,owner,dated,review_by\n"
ROWS = ("old,1,,,choice,Ann,2020-01-01,2024-02-29\nolder,2,,,choice,Bob,,2023-12-31\n"
        "today,3,,,choice,Ann,,2024-03-31\nnobody,4,,,choice,,,\n")


def folder_with(place, text, made_at="2024-03-31T23:59:59Z"):
    """A results folder with no more than a register and a record of when it was made."""
    place.mkdir()
    (place / "assumptions.csv").write_text(text, encoding="utf-8")
    record = {"record_sha256": "r", "run_id": "i", "programme_id": "p", "made_at": made_at, "files": [],
              "made_from": {"surroundings": [], "seed": 0, "workers": 1}}
    (place / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return place


def test_overdue_is_counted_from_the_day_the_run_was_made_over_a_leap_day(tmp_path):
    found = overdue_figures(folder_with(tmp_path / "a", HEAD + ROWS))
    assert found.figure.tolist() == ["older", "old"] and found.owner.tolist() == ["Bob", "Ann"]
    assert found.days_overdue.tolist() == [91, 31]  # January 31, February 29, March 31; and 31 days of March
    assert pd.isna(found.dated[0]) and found.dated[1] == pd.Timestamp("2020-01-01")


def test_the_day_may_be_asked_for_and_what_is_due_on_it_is_not_overdue(tmp_path):
    place = folder_with(tmp_path / "a", HEAD + ROWS)
    assert overdue_figures(place, date(2023, 12, 31)).empty
    assert overdue_figures(place, date(2024, 4, 1)).figure.tolist() == ["older", "old", "today"]


def test_a_register_that_is_missing_short_or_wrong_is_refused_with_every_fault(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        overdue_figures(tmp_path / "none")
    with pytest.raises(DataError, match="review_by"):
        overdue_figures(folder_with(tmp_path / "short", "figure,value,owner,dated\nf,1,A,\n"))
    with pytest.raises(DataError) as told:
        overdue_figures(folder_with(tmp_path / "wrong", HEAD + "f,1,,,choice,A,31/01/2020,soon\n"))
    assert [fault.column for fault in told.value.faults] == ["dated", "review_by"]


def test_lock_overrides_and_state_of_a_run_in_a_store(tmp_path, tiny_results):
    project = tmp_path / "project"
    start_store(project)
    (project / "roles.csv").write_text("name,role\nAnn,planner\nBob,reviewer\nCat,approver\n", encoding="utf-8")
    first = lock(project, "baseline.toml", (), [project / "roles.csv"], "Ann")
    lock(project, "baseline.toml", (), [], "Bob")
    plan = shutil.copytree(tiny_results, project / "plan")
    enter_run(plan)
    lock(project, "baseline.toml", (), [], "Cat")
    told = lock_hash(plan)
    assert told["lock_sha256"] == first["lock_sha256"] and told["by"] == "Ann"
    assert told["files"] == ["roles.csv"] and told["runs_before"] == 0 and told["scenario"] == "baseline.toml"
    assert overrides_of(plan) == [] and state_of(plan) == ""
    cost = {"scheme": "s", "decision": "out", "value_gbp": 2.0, "value_overridden_gbp": 1.0, "cost_least_gbp": 0.5,
            "cost_most_gbp": 1.5}
    log_override(plan, cost, "The board", "The lease ends")
    (own,) = overrides_of(plan)
    assert (own["scheme"], own["by"], own["why"], own["cost_most_gbp"]) == ("s", "The board", "The lease ends", 1.5)
    approve(plan, "reviewed", "Bob")
    assert state_of(plan) == "reviewed"
    approve(plan, "approved", "Cat")
    assert state_of(plan) == "approved"


def test_a_lock_set_after_the_run_or_on_another_scenario_is_not_the_run_s(tmp_path, tiny_results):
    project = tmp_path / "project"
    start_store(project)
    own = project / "own.toml"
    own.write_text('extends = "baseline"\nname = "own"\ndescription = "Own."\nreserves.floor_share = 0.04\n')
    lock(project, own, (), [], "Ann")
    plan = shutil.copytree(tiny_results, project / "plan")
    enter_run(plan)
    lock(project, "baseline.toml", (), [], "Ann")
    assert lock_hash(plan) is None


def test_without_a_store_there_is_no_lock_no_override_and_no_state(tmp_path, tiny_results):
    plan = shutil.copytree(tiny_results, tmp_path / "plan")
    assert lock_hash(plan) is None and overrides_of(plan) == [] and state_of(plan) == ""
    assert overdue_figures(plan).empty


def test_an_override_of_a_run_in_no_store_is_refused_before_anything_is_solved(tmp_path, tiny_results, capplan, monkeypatch):
    plan = shutil.copytree(tiny_results, tmp_path / "plan")
    monkeypatch.setattr("capplan.override_job.override_cost", lambda *_: pytest.fail("solved too early"))
    done = capplan("lock", "override", plan, "X", "--decision", "out", "--by", "B", "--why", "because")
    assert done.exit_code == 2 and "is in no project" in done.stderr
