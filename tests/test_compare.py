"""Plan diff: two runs side by side, each change with its cause, and causes that add up to the whole, to the penny."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import committee_job
from capplan.causes import (
    BY_SECTION,
    CAUSES,
    FUNDING_TABLES,
    State,
    cause_of,
    causes_frame,
    changes_of,
    mixed_scenario,
    mixed_tables,
)
from capplan.committee_job import approved_folder
from capplan.compare_job import compare, explained
from capplan.report.words import pounds
from capplan.run_records import read_record
from capplan.run_store import add_entry, enter_run, start_store
from capplan.scenario import Scenario
from capplan.tables import TABLES

TINY = Path(__file__).resolve().parents[1] / "data" / "tiny"
MONEY = st.floats(-1e9, 1e9, allow_nan=False)
STARTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(2026, 2030))


@pytest.fixture(scope="module")
def other(tmp_path_factory, capplan):
    """A run of the tiny trust with one more grant, roofs of another grade and dearer works."""
    place = tmp_path_factory.mktemp("other")
    estate = Path(shutil.copytree(TINY, place / "estate"))
    for name, was, now in (("grants.csv", "SCA-2027,SCA,2027,50000", "SCA-2027,SCA,2027,90000"),
                           ("components.csv", ",C,", ",D,")):
        text = (estate / name).read_text(encoding="utf-8")
        assert was in text
        (estate / name).write_text(text.replace(was, now, 1), encoding="utf-8")
    done = capplan("run", estate, "baseline.toml", "--overlay", "high_inflation", "--overlay", "cautious_reserves", "--out",
                   place / "new")
    assert done.exit_code == 0, done.stderr
    return place / "new"


def test_each_change_has_the_cause_a_person_would_name():
    # a is dropped when money is cut, then prices had moved b; c comes in with the rules; d only costs more.
    states = [("", State(100.0, {"a": 2026, "b": 2027, "d": 2028}, {"a": 10.0, "b": 20.0, "d": 5.0})),
              ("prices", State(90.0, {"a": 2026, "b": 2029, "d": 2028}, {"a": 11.0, "b": 25.0, "d": 6.0})),
              ("funding", State(70.0, {"b": 2029, "d": 2028}, {"b": 25.0, "d": 6.0})),
              ("rules", State(75.5, {"b": 2029, "c": 2026, "d": 2028}, {"b": 25.0, "c": 4.0, "d": 6.0}))]
    found = changes_of(states).set_index("scheme_id")
    assert found.change.to_dict() == {"a": "dropped", "b": "moved", "c": "added", "d": "kept at another cost"}
    assert found.cause.to_dict() == {"a": "funding", "b": "prices", "c": "rules", "d": "prices"}
    assert found.first_cost_gbp["d"] == 5.0 and found.second_cost_gbp["d"] == 6.0
    causes = causes_frame(states).set_index("cause")
    assert causes.value_change_gbp.to_dict() == {"prices": -10.0, "funding": -20.0, "rules": 5.5}
    assert causes.spend_change_gbp.to_dict() == {"prices": 7.0, "funding": -11.0, "rules": 4.0}
    assert causes.schemes_changed.to_dict() == {"prices": 1, "funding": 1, "rules": 1}


def test_what_came_and_went_again_is_no_change_and_the_last_to_move_a_scheme_is_its_cause():
    starts = [{"a": 2026}, {}, {"a": 2026, "b": 2027}, {"a": 2026, "b": 2028}]
    states = [(cause, State(0.0, each, dict.fromkeys(each, 1.0))) for cause, each in
              zip(("", "data", "funding", "rules"), starts, strict=True)]
    assert changes_of(states)[["scheme_id", "change", "cause"]].to_numpy().tolist() == [["b", "added", "rules"]]


@given(st.lists(st.tuples(MONEY, STARTS, st.floats(0.01, 1e6)), min_size=2, max_size=7))
@settings(max_examples=100, deadline=None)
def test_causes_add_up_to_the_penny_whatever_happens_on_the_way(steps):
    states = [(f"cause {place}", State(value, starts, dict.fromkeys(starts, cost * (1 + place))))
              for place, (value, starts, cost) in enumerate(steps)]
    frame, first, last = causes_frame(states), states[0][1], states[-1][1]
    pennies = [sum(round(amount * 100) for amount in frame[name]) for name in ("value_change_gbp", "spend_change_gbp")]
    assert pennies[0] == round(round(last.value_gbp, 2) * 100) - round(round(first.value_gbp, 2) * 100)
    assert pennies[1] == round(last.spend_gbp * 100) - round(first.spend_gbp * 100)
    changes = changes_of(states)
    differ = {scheme for scheme in {*first.starts, *last.starts} if first.starts.get(scheme) != last.starts.get(scheme)}
    assert differ == set(changes[changes.change != "kept at another cost"].scheme_id)


def test_every_figure_and_every_table_has_one_cause():
    assert set(FUNDING_TABLES) <= set(TABLES)
    known = set(Scenario.model_fields)
    keys = {f"{section}.{key}" for section, field in Scenario.model_fields.items()
            for key in getattr(field.annotation, "model_fields", ())}
    assert set(BY_SECTION) <= known | keys, "a group names figures that are no longer there"
    assert {cause_of(*name.split(".")) for name in keys} == set(CAUSES) - {"code"}
    tables = {f"{name}.csv": b"1" for name in TABLES}
    others = dict.fromkeys(tables, b"2")
    swapped = mixed_tables(tables, others, ["data"])
    assert {name for name in TABLES if swapped[f"{name}.csv"] == b"1"} == set(FUNDING_TABLES)
    assert mixed_tables(tables, others, ["data", "funding"]) == others
    fewer = mixed_tables({"schools.csv": b"1", "loans.csv": b"1"}, {"schools.csv": b"2"}, ["funding"])
    assert fewer == {"schools.csv": b"1"}


def test_a_section_that_only_one_scenario_has_goes_in_whole():
    one, other = {"name": "a", "costs": {"fees_share": 0.1}, "growth": None}, {
        "name": "b", "costs": {"fees_share": 0.2}, "growth": {"years": 3}}
    assert mixed_scenario(one, other, ["prices"]) == {"name": "b", "costs": {"fees_share": 0.2}, "growth": None}
    assert mixed_scenario(one, other, ["rules"]) == {"name": "b", "costs": {"fees_share": 0.1}, "growth": {"years": 3}}
    assert mixed_scenario(other, one, CAUSES) == one


@pytest.mark.slow
def test_two_runs_of_a_trust(tiny_results, other):
    found = compare([tiny_results, other])
    causes, changes, table = found["causes"], found["changes"], found["compare"]
    was, now = (json.loads((folder / "solution.json").read_text(encoding="utf-8")) for folder in (tiny_results, other))
    assert causes.value_change_gbp.sum().round(2) == round(now["objective"] - was["objective"], 2)
    spent = [pd.read_csv(folder / "draws.csv").amount_gbp.sum() for folder in (tiny_results, other)]
    assert causes.spend_change_gbp.sum().round(2) == round(spent[1] - spent[0], 2)
    assert table.spend_gbp.tolist() == pytest.approx(spent) and table.value_gbp[1] == now["objective"]
    by_cause = causes.groupby("cause").value_change_gbp.sum()
    assert by_cause["data"] != 0 and by_cause["funding"] != 0, "a worse grade, another grant and a higher floor"
    assert by_cause["weights"] == by_cause["rules"] == by_cause["code"] == 0, "nothing of theirs was changed"
    starts = [pd.read_csv(folder / "schemes.csv").set_index("scheme_id").start_year.dropna()
              for folder in (tiny_results, other)]
    differ = {scheme for scheme in {*starts[0].index, *starts[1].index} if starts[0].get(scheme) != starts[1].get(scheme)}
    assert set(changes[changes.change != "kept at another cost"].scheme_id) == differ
    assert set(changes.cause) <= set(CAUSES) and changes.description.notna().all()


def test_a_run_beside_itself_has_no_changes_and_needs_no_solving(tiny_results):
    said = []
    states = explained(tiny_results, tiny_results, said.append)
    assert said == [] and [cause for cause, _ in states] == ["", *CAUSES]
    assert len(changes_of(states)) == 0 and not causes_frame(states).value_change_gbp.any()


def test_what_other_code_did_is_told_as_code(tiny_results, tmp_path, monkeypatch):
    # The first run claims to be of another version and to have found a programme worth a hundred pounds less.
    import capplan.compare_job as compare_job
    was = compare_job.differing
    monkeypatch.setattr(compare_job, "differing",
                        lambda record: [("capplan", "0", "1")] if record.get("old") else was(record))
    read = compare_job.read_record
    monkeypatch.setattr(compare_job, "read_record", lambda folder: {**read(folder), "old": Path(folder).name == "old"})
    old = Path(shutil.copytree(tiny_results, tmp_path / "old"))
    told = json.loads((old / "solution.json").read_text(encoding="utf-8"))
    (old / "solution.json").write_text(json.dumps({**told, "objective": told["objective"] - 100}), encoding="utf-8")
    monkeypatch.setattr(compare_job, "faults_of_run", lambda folder: [])
    causes = causes_frame(explained(old, tiny_results))
    assert causes[causes.value_change_gbp != 0][["cause", "value_change_gbp"]].to_numpy().tolist() == [["code", 100.0]]


@pytest.mark.slow
def test_the_command_as_a_user_meets_it(tiny_results, other, tmp_path, capplan):
    done = capplan("compare", tiny_results, other, "--out", tmp_path / "diff")
    assert done.exit_code == 0 and "because of" in done.stdout and "in all" in done.stdout
    written = {path.name for path in (tmp_path / "diff").iterdir()}
    assert written == {".capplan", "compare.csv", "causes.csv", "changes.csv", "compare.json", "compare.txt"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["diff"]


@pytest.mark.slow
def test_the_update_for_the_board_is_told_against_the_approved_run_of_the_project(tiny_results, other, tmp_path, capplan,
                                                                                  monkeypatch):
    project, reported = tmp_path / "project", ("--for", "committee", "--update", "--out")
    start_store(project)
    was, now = (Path(shutil.copytree(folder, project / name)) for folder, name in ((tiny_results, "was"), (other, "now")))
    enter_run(was)
    enter_run(now)
    refused = capplan("report", now, *reported, tmp_path / "update.html")
    assert refused.exit_code == 2 and "--against" in refused.stderr and not (tmp_path / "update.html").exists()
    add_entry(project, "approval", {"record_sha256": read_record(was)["record_sha256"], "state": "approved", "by": "A", "on":
                                    "2026-11-01"})
    assert approved_folder(now) == was and approved_folder(was) is None and approved_folder(tiny_results) is None
    assert capplan("compare", was, now, "--out", tmp_path / "why").exit_code == 0
    found = {name: pd.read_csv(tmp_path / "why" / f"{name}.csv") for name in ("compare", "causes", "changes")}
    asked = []
    monkeypatch.setattr(committee_job.compare_job, "compare", lambda folders, say: asked.append(folders) or found)
    done = capplan("report", now, *reported, tmp_path / "update.html")
    assert done.exit_code == 0 and asked == [[was, now]], done.stderr
    html = (tmp_path / "update.html").read_text(encoding="utf-8")
    for row in found["causes"].itertuples():
        sign = "+" if row.value_change_gbp > 0.5 else ""
        assert f'{row.cause.capitalize()}</th><td class="n">{sign}{pounds(row.value_change_gbp)}</td>' in html
    assert "Since the approved programme: " in html and html.count("<table") == 6
    done = capplan("report", now, "--for", "committee", "--against", tmp_path / "why", "--out", tmp_path / "paper.pdf")
    assert done.exit_code == 0 and (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF") and len(asked) == 1
    monkeypatch.undo()
    for wrong, said in ((now, "same results"), (tmp_path / "nowhere", "no run.json")):
        refused = capplan("report", now, "--for", "committee", "--against", wrong, "--out", tmp_path / "no.pdf")
        assert refused.exit_code == 2 and said in refused.stderr and not (tmp_path / "no.pdf").exists()


def test_what_is_no_run_or_was_changed_is_refused(tiny_results, tmp_path, capplan):
    assert "two results folders" in capplan("compare", tiny_results).stderr
    done = capplan("compare", tiny_results, tmp_path, "--out", tmp_path / "diff")
    assert done.exit_code == 2 and "no run.json" in done.stderr and not (tmp_path / "diff").exists()
    spoilt = Path(shutil.copytree(tiny_results, tmp_path / "spoilt"))
    with open(spoilt / "draws.csv", "a", encoding="utf-8") as file:
        file.write(" ")
    done = capplan("compare", tiny_results, spoilt)
    assert done.exit_code == 2 and "draws.csv" in done.stderr
    assert read_record(spoilt)["run_id"] == read_record(tiny_results)["run_id"]
