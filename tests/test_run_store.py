"""What a run was made from: a changed byte is found, a moved folder is made again, and the store only ever grows."""

import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capplan import run_records
from capplan.errors import CapplanError, DataError
from capplan.run_job import rerun, verify
from capplan.run_records import differing, faults_of_run, programme_id, read_record, sha256, unpack_inputs
from capplan.run_store import STORE, add_entry, enter_run, entries, intend_run, start_store, store_of

TINY = Path(__file__).resolve().parents[1] / "data" / "tiny"


@pytest.fixture
def results(tiny_results, tmp_path):
    """A copy of a run that a test may spoil; a copy is what a moved folder is."""
    return Path(shutil.copytree(tiny_results, tmp_path / "project" / "plan"))


@pytest.fixture
def project(results):
    start_store(results.parent)
    enter_run(results)
    return results.parent


def forged(results, change):
    """Change a record and put its hash right, as somebody with a mind to would."""
    told = json.loads((results / "run.json").read_text(encoding="utf-8"))
    change(told)
    told["record_sha256"] = sha256({name: value for name, value in told.items() if name != "record_sha256"})
    (results / "run.json").write_text(json.dumps(told), encoding="utf-8")


def test_the_record_holds_the_hashes_sha256sum_would_give(results):
    record = read_record(results)
    assert set(record["hashes"]) == {path.relative_to(results).as_posix() for path in results.rglob("*")
                                     if path.is_file() and path.name not in (".capplan", "run.json")}
    for name, told in record["hashes"].items():
        assert told == hashlib.sha256((results / name).read_bytes()).hexdigest()
    assert {"capplan", "capplan's own files", "python", "pandas", "highspy"} <= set(record["around"])


def test_every_single_byte_that_is_changed_is_found(results):
    assert faults_of_run(results) == []
    for name in read_record(results)["hashes"]:
        was = (results / name).read_bytes()
        place = len(was) // 2
        (results / name).write_bytes(was[:place] + bytes([was[place] ^ 1]) + was[place + 1:])
        assert [fault.where for fault in faults_of_run(results)] == [name]
        (results / name).write_bytes(was)
    assert faults_of_run(results) == []


def test_files_taken_out_or_put_in_are_found(results):
    (results / "draws.csv").unlink()
    (results / "candidates" / "more.csv").write_text("x", encoding="utf-8")
    assert [(fault.where, fault.found) for fault in faults_of_run(results)][1] == ("draws.csv", "no such file")
    assert {fault.where for fault in faults_of_run(results)} == {"draws.csv", "candidates/more.csv"}


def test_a_record_that_is_changed_is_found_by_itself_and_one_forged_whole_by_the_store(results, project):
    text = (results / "run.json").read_text(encoding="utf-8")
    (results / "run.json").write_text(text.replace('"seed": 0', '"seed": 1'), encoding="utf-8")
    assert {fault.where for fault in faults_of_run(results)} == {"run.json"}
    (results / "run.json").write_text(text, encoding="utf-8")
    assert verify(project) == (1, [])
    (results / "draws.csv").write_text("scheme_id,pot_id,year,amount_gbp\n", encoding="utf-8")
    hashed = hashlib.sha256((results / "draws.csv").read_bytes()).hexdigest()
    forged(results, lambda told: [row.update(sha256=hashed) for row in told["files"] if row["name"] == "draws.csv"])
    assert faults_of_run(results) == []
    assert [fault.column for fault in verify(results)[1]] == ["record_sha256"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"record_sha256": 1}', '{"files": [1]}', "[" * 100_000, "\udcff"])
def test_a_record_that_is_none_is_a_message(text, results):
    (results / "run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="not what a run writes"):
        read_record(results)


def test_a_moved_folder_is_made_again_and_its_run_has_the_same_name(results, tmp_path):
    (tmp_path / "again").mkdir()
    found = rerun(results, tmp_path / "again")
    assert found["same"] and found["differs"] == []
    now, then = read_record(tmp_path / "again"), read_record(results)
    assert now["run_id"] == then["run_id"] and faults_of_run(tmp_path / "again") == []
    for name in ("schemes.csv", "draws.csv", "outlook.csv", "inputs.zip", "scenario.toml"):
        assert now["hashes"][name] == then["hashes"][name], name


def test_another_version_is_named(results, monkeypatch):
    was = run_records.version
    monkeypatch.setattr(run_records, "version", lambda name: "0.0.1" if name == "highspy" else was(name))
    record = read_record(results)
    assert differing(record) == [("highspy", record["around"]["highspy"], "0.0.1")]


def test_nothing_is_made_again_from_inputs_that_were_changed(results, tmp_path):
    (results / "scenario.toml").write_text("name = 'x'", encoding="utf-8")
    with pytest.raises(DataError, match=r"scenario\.toml"):
        rerun(results, tmp_path / "again")


def archive(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(("content", "wrong"), [
    (archive(**{"../evil.csv": "x"}), "evil"), (archive(**{"/evil.csv": "x"}), "evil"),
    (archive(**{"schools.csv/../../evil.csv": "x"}), "evil"), (archive(**{"notes.txt": "x"}), "notes"),
    (archive(**{"schools.csv": "x" * 20_000}), "too much"), (b"PK", "damaged"),
    (archive(**{"schools.csv": "name\n" * 100}).replace(b"\x04", b"\x05"), "damaged")])
def test_an_archive_that_is_no_set_of_tables_is_refused(content, wrong, tmp_path, monkeypatch):
    monkeypatch.setattr(run_records, "MOST_INPUT_BYTES", 10_000)
    place = tmp_path / "results" / "deep"
    place.mkdir(parents=True)
    (tmp_path / "results" / "inputs.zip").write_bytes(content)
    with pytest.raises(DataError, match=wrong):
        unpack_inputs(tmp_path / "results", place)
    assert not list(tmp_path.rglob("evil.csv"))


@pytest.mark.slow
def test_an_approved_programme_is_kept_with_the_inputs(results, tmp_path, capplan):
    out = tmp_path / "held"
    assert capplan("run", TINY, "baseline.toml", "--approved", results, "--out", out).exit_code == 0
    (tmp_path / "unpacked").mkdir()
    approved = unpack_inputs(out, tmp_path / "unpacked")
    kept = approved.read_text(encoding="utf-8").splitlines()
    assert kept[0] == "scheme_id,start_year" and len(kept) > 3
    choice = {scheme: int(year) for scheme, year in (row.split(",") for row in kept[1:])}
    assert programme_id(choice) == read_record(results)["programme_id"]
    (tmp_path / "again").mkdir()
    assert rerun(out, tmp_path / "again")["same"]


def test_entries_are_never_changed_nor_removed_through_the_database(project):
    with sqlite3.connect(project / STORE) as held:
        for words in ("UPDATE entries SET kind = 'x'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="entries are never"):
                held.execute(words)
    held.close()


@pytest.mark.parametrize("words", [
    "UPDATE entries SET content = replace(content, 'plan', 'plot') WHERE number = 2",
    "UPDATE entries SET at = '2020-01-01T00:00:00Z' WHERE number = 1", "DELETE FROM entries WHERE number = 2",
    "DELETE FROM entries WHERE number = 3", "DELETE FROM entries"])
def test_whoever_takes_the_guards_off_is_found_by_the_chain(words, project):
    for _ in range(2):
        enter_run(project / "plan")
    with sqlite3.connect(project / STORE) as held:
        held.executescript("DROP TRIGGER no_change; DROP TRIGGER no_removal;")
        assert held.execute(words).rowcount >= 1
    held.close()
    with pytest.raises(CapplanError, match="chain of hashes|lost its last"):
        entries(project)


def test_entries_written_at_the_same_time_make_one_chain(tmp_path):
    start_store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda turn: add_entry(tmp_path, "lock", {"turn": turn}), range(40)))
    found = entries(tmp_path)
    assert sorted(entry["turn"] for entry in found) == list(range(40)) and [entry["number"] for entry in found][-1] == 40


def test_the_nearest_store_above_is_the_one(project, tmp_path):
    assert store_of(project / "plan" / "candidates") == project.resolve()
    assert store_of(tmp_path) is None or tmp_path not in store_of(tmp_path).parents


@pytest.fixture
def plain_pages(without_charts):
    """Pages without their charts."""
    with without_charts():
        yield


@pytest.mark.usefixtures("plain_pages")
def test_a_project_as_a_user_meets_it(tmp_path, capplan):
    assert capplan("runs", "list", tmp_path).exit_code == 2
    assert capplan("runs", "start", tmp_path / "trust").exit_code == 0
    assert capplan("runs", "start", tmp_path / "trust").exit_code == 2
    assert "No runs" in capplan("runs", "list", tmp_path / "trust").stdout
    assert capplan("run", TINY, "baseline.toml", "--out", tmp_path / "trust" / "a").exit_code == 0
    listed = json.loads(capplan("runs", "list", tmp_path / "trust", "--json").stdout)
    assert [row["folder"] for row in listed] == ["a"]
    told = json.loads(capplan("runs", "show", tmp_path / "trust" / "a", "--json").stdout)
    assert told["run_id"] == listed[0]["run_id"]
    assert told["run_id"][:12] in capplan("runs", "list", tmp_path / "trust").stdout
    assert told["run_id"] in capplan("runs", "show", tmp_path / "trust" / "a").stdout
    assert capplan("runs", "verify", tmp_path / "trust").exit_code == 0
    with open(tmp_path / "trust" / "a" / "schemes.csv", "a", encoding="utf-8") as file:
        file.write(" ")
    done = capplan("runs", "verify", tmp_path / "trust")
    assert done.exit_code == 2 and "a/schemes.csv" in done.stderr
    done = capplan("runs", "verify", tmp_path / "trust" / "a", "--json")
    assert done.exit_code == 2 and json.loads(done.stdout)["faults"][0]["where"] == "schemes.csv"
    (tmp_path / "trust" / "a").rename(tmp_path / "elsewhere")
    assert "no such folder" in capplan("runs", "verify", tmp_path / "trust").stderr
    done = capplan("runs", "rerun", tmp_path / "elsewhere", "--out", tmp_path / "trust" / "b")
    assert done.exit_code == 0 and "The same programme" in done.stdout
    assert len(json.loads(capplan("runs", "list", tmp_path / "trust", "--json").stdout)) == 2


def test_without_a_store_nothing_is_written_outside_the_results(results):
    before = sorted(results.parent.rglob("*"))
    assert enter_run(results) is None and sorted(results.parent.rglob("*")) == before


def test_a_run_killed_between_its_place_and_its_entry_is_known_and_anybody_else_s_folder_is_not(project, tiny_results):
    def written_again(name, day):
        """The tiny results with another record, as a later run would write it."""
        work = Path(shutil.copytree(tiny_results, project.parent / name))
        told = json.loads((work / "run.json").read_text(encoding="utf-8"))
        told["made_at"] = day
        told["record_sha256"] = sha256({key: value for key, value in told.items() if key != "record_sha256"})
        (work / "run.json").write_text(json.dumps(told), encoding="utf-8")
        return work

    plan = Path(shutil.copytree(tiny_results, project / "killed"))
    enter_run(plan)
    later = written_again("later", "2030-01-01T00:00:00Z")
    intend_run(plan, later)
    assert verify(plan)[1] == [], "it never came to its place"
    shutil.rmtree(plan)
    shutil.copytree(later, plan)
    assert verify(plan)[1] == [], "it came to its place, and was killed before it was entered"
    shutil.rmtree(plan)
    shutil.copytree(written_again("other", "2031-01-01T00:00:00Z"), plan)
    assert [fault.column for fault in verify(plan)[1]] == ["record_sha256"]
