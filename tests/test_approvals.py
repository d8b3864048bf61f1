"""Locks, overrides and approvals: a changed file is found, a decision has its cost, nobody approves alone."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from capplan.approvals import approve, lock, lock_faults, log_override, log_text, read_roles, states
from capplan.candidates import read_candidates
from capplan.errors import CapplanError, DataError
from capplan.override_job import override_cost
from capplan.programme import optimise
from capplan.run_records import read_record, sha256
from capplan.run_store import enter_run, entries, start_store

ROLES = "name,role\nAnn,planner\nBob,reviewer\nCat,approver\nCat,reviewer\nDan,approver\n"


@pytest.fixture
def project(tmp_path):
    """A project with roles, weights and a scenario, and no runs."""
    place = tmp_path / "project"
    start_store(place)
    (place / "roles.csv").write_text(ROLES, encoding="utf-8")
    (place / "weights.csv").write_text("criterion,points\nvalue,100\n", encoding="utf-8")
    (place / "own.toml").write_text('extends = "baseline"\nname = "own"\ndescription = "Own."\n', encoding="utf-8")
    return place


def a_run(project, tiny_results, name="plan"):
    """A run of the baseline scenario, entered in the project."""
    folder = Path(shutil.copytree(tiny_results, project / name))
    if name != "plan":  # another run: another record
        told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        told["made_at"] = "2020-02-29T12:00:00Z"
        told["record_sha256"] = sha256({key: value for key, value in told.items() if key != "record_sha256"})
        (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    enter_run(folder)
    return folder


def test_what_is_locked_is_found_when_it_changes_and_is_well_again_when_put_back(project):
    told = lock(project, project / "own.toml", (), [project / "weights.csv"], "Ann")
    assert told["runs_before"] == 0 and lock_faults(project) == []
    for name, change in (("weights.csv", "value,101"), ("own.toml", "reserves.floor_share = 0.04")):
        was = (project / name).read_text(encoding="utf-8")
        (project / name).write_text(was + change + "\n", encoding="utf-8")
        assert [fault.where for fault in lock_faults(project)] == [name]
        (project / name).unlink()
        assert [fault.where for fault in lock_faults(project)] == [name]
        (project / name).write_text(was, encoding="utf-8")
    assert lock_faults(project) == []


def test_a_scenario_is_locked_as_it_resolves_and_not_as_it_is_written(project):
    lock(project, project / "own.toml", (), [], "Ann")
    text = (project / "own.toml").read_text(encoding="utf-8")
    (project / "own.toml").write_text("# a remark\n" + text, encoding="utf-8")
    assert lock_faults(project) == []


def test_a_run_under_what_was_not_locked_before_it_is_found(project, tiny_results):
    lock(project, project / "own.toml", (), [], "Ann")
    plan = a_run(project, tiny_results)  # under baseline
    assert [fault.where for fault in lock_faults(project)] == ["plan"]
    late = lock(project, "baseline.toml", (), [], "Ann")
    assert late["runs_before"] == 1 and len(lock_faults(project)) == 1, "a lock set after the result does not mend it"
    again = a_run(project, tiny_results, "again")
    assert [fault.where for fault in lock_faults(project)] == ["plan"]
    assert lock_faults(project, read_record(again)["record_sha256"]) == []
    approve(plan, "reviewed", "Bob")
    with pytest.raises(DataError, match="not locked"):
        approve(plan, "approved", "Cat")


def test_locks_are_refused_on_files_elsewhere_all_at_once(project, tmp_path):
    (tmp_path / "outside.csv").write_text("x", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        lock(project, "baseline.toml", (), [tmp_path / "outside.csv", project / "../outside.csv", project / "no.csv"], "Ann")
    assert len(caught.value.faults) == 3 and entries(project) == []


def test_nobody_approves_alone_or_without_the_role(project, tiny_results):
    plan = a_run(project, tiny_results)
    for state, name, wrong in (("draft", "Eve", "Eve may not"), ("reviewed", "Ann", "Ann may not"),
                               ("approved", "Bob", "Bob may not"), ("approved", "Cat", "somebody else")):
        with pytest.raises(CapplanError, match=wrong):
            approve(plan, state, name)
    assert entries(project, "approval") == []
    approve(plan, "draft", "Ann")
    approve(plan, "reviewed", "Cat")
    with pytest.raises(CapplanError, match="somebody else"):
        approve(plan, "approved", "Cat")
    approve(plan, "approved", "Dan")
    record = read_record(plan)["record_sha256"]
    assert states(project) == {record: "approved"}
    assert all(entry["record_sha256"] == record for entry in entries(project, "approval"))


def test_the_signature_is_the_hash_of_what_was_signed(project, tiny_results):
    told = approve(a_run(project, tiny_results), "reviewed", "Bob")
    assert told["signed_sha256"] == sha256({key: value for key, value in told.items() if key != "signed_sha256"})


def test_a_later_approval_supersedes_the_one_before(project, tiny_results):
    folders = [a_run(project, tiny_results), a_run(project, tiny_results, "next")]
    records = [read_record(folder)["record_sha256"] for folder in folders]
    for folder in folders:
        approve(folder, "reviewed", "Bob")
        told = approve(folder, "approved", "Dan")
    assert told["supersedes"] == records[0]
    assert states(project) == {records[0]: "superseded", records[1]: "approved"}
    approve(folders[0], "reviewed", "Bob")
    assert states(project)[records[0]] == "superseded", "what was approved once does not go back to be reviewed"
    assert "superseding" in log_text(project)


def test_a_changed_run_or_one_from_elsewhere_is_not_approved(project, tiny_results, tmp_path):
    plan = a_run(project, tiny_results)
    with open(plan / "schemes.csv", "a", encoding="utf-8") as file:
        file.write(" ")
    with pytest.raises(DataError, match=r"schemes\.csv"):
        approve(plan, "reviewed", "Bob")
    with pytest.raises(CapplanError, match="in no project"):
        approve(shutil.copytree(tiny_results, tmp_path / "alone"), "reviewed", "Bob")
    with pytest.raises(CapplanError, match="not in the store"):
        log_override(_forged(project, tiny_results), {}, "Bob", "x")


def _forged(project, tiny_results):
    """A run in the project whose record is not in its store."""
    folder = Path(shutil.copytree(tiny_results, project / "forged"))
    text = (folder / "run.json").read_text(encoding="utf-8")
    told = json.loads(text)["record_sha256"]
    (folder / "run.json").write_text(text.replace(told, "0" * 64), encoding="utf-8")
    return folder


@pytest.mark.parametrize("text", ["", "name,role\n", "name\nAnn\n", "name,role\nAnn,king\n", "name,role\n,planner\n"])
def test_a_table_of_roles_that_names_nobody_lets_nobody_through(text, tmp_path):
    (tmp_path / "roles.csv").write_text(text, encoding="utf-8")
    try:
        assert not read_roles(tmp_path / "roles.csv").get("Ann")
    except DataError as error:
        assert error.faults


def test_the_cost_of_an_override_holds_against_solving_without_the_scheme(tiny_results):
    # Another way: the scheme's rows taken out of the tables, and all of the rest solved to nothing.
    scheme = "ELL-1-A.ROOF.patch"
    told = override_cost(tiny_results, scheme, "out", gap=0.0)
    candidates = read_candidates(tiny_results / "candidates")
    frames = {name: frame[frame.scheme_id != scheme].reset_index(drop=True) if "scheme_id" in frame else frame
              for name, frame in candidates._frames.items()}
    free, without = (optimise(type(candidates)(held), gap=0.0).objective for held in (candidates._frames, frames))
    assert 0 < told["cost_least_gbp"] - 0.011 <= free - without <= told["cost_most_gbp"] + 0.011
    assert told["value_overridden_gbp"] == pytest.approx(without, abs=0.011)


def test_an_override_is_against_what_the_run_found(tiny_results):
    for scheme, decision, wrong in (("ELL-1-A.ROOF.patch", "in", "in already"), ("nothing", "out", "a scheme of the run")):
        with pytest.raises(DataError, match=wrong):
            override_cost(tiny_results, scheme, decision)


def test_a_project_from_lock_to_approval_as_users_meet_it(project, tiny_results, capplan):
    done = capplan("lock", "set", project, "baseline.toml", "--file", project / "weights.csv", "--by", "Ann")
    assert done.exit_code == 0 and "runs had been" not in done.stdout
    printed = re.search(r"prints (\w{12})\.", done.stdout)[1]
    assert f"scenario baseline (SHA-256 {printed})" in (tiny_results / "summary.html").read_text(encoding="utf-8")
    assert hashlib.sha256((tiny_results / "scenario.toml").read_bytes()).hexdigest().startswith(printed)
    plan = a_run(project, tiny_results)
    assert capplan("lock", "verify", project).exit_code == 0
    against = ("lock", "override", plan, "ELL-1-A.ROOF.patch", "--decision", "out", "--by", "Ann", "--why")
    done = capplan(*against, "The lease ends")
    assert done.exit_code == 0 and "It costs between" in done.stdout
    assert capplan(*against, " ").exit_code == 2
    assert capplan("approve", plan, "--as", "approved", "--by", "Dan").exit_code == 2
    assert capplan("approve", plan, "--as", "reviewed", "--by", "Bob").exit_code == 0
    assert json.loads(capplan("approve", plan, "--as", "approved", "--by", "Dan", "--json").stdout)["state"] == "approved"
    assert json.loads(capplan("runs", "list", project, "--json").stdout)[0]["state"] == "approved"
    assert [entry["kind"] for entry in json.loads(capplan("lock", "log", project, "--json").stdout)] == [
        "lock", "run", "override", "approval", "approval"]
    assert "The lease ends" in capplan("lock", "log", project).stdout
    (project / "weights.csv").write_text("x", encoding="utf-8")
    assert capplan("lock", "verify", project).exit_code == 2
    assert json.loads(capplan("lock", "verify", project, "--json").stdout)["faults"][0]["where"] == "weights.csv"
