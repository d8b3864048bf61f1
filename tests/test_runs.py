"""Results folders: whole or not at all, with what it takes to run them again, and the same bytes from the same run."""

import dataclasses
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import capplan
from capplan import jobs
from capplan.errors import OutputError
from capplan.report.results import read_results
from capplan.results import solution
from capplan.runs import git_commit, hash_files, new_folder, write_choice, write_results

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "data" / "tiny"
DATED = ("run.log",)  # holds the time of day
TIMED = ("seconds",)  # keys of solution.json that a clock decides


@pytest.fixture(scope="module")
def programme():
    estate = capplan.read_estate(TINY)
    scenario = capplan.read_scenario(ROOT / "scenarios" / "baseline.toml")
    return capplan.optimise(capplan.propose(capplan.forecast(estate, scenario)))


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*"))


def strictly(text):
    """JSON as the standard has it: no NaN, no Infinity, no key twice."""
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    def once(pairs):
        assert len(pairs) == len(dict(pairs)), "a key twice"
        return dict(pairs)
    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def test_a_folder_appears_whole_at_the_end(tmp_path):
    with new_folder(tmp_path / "out") as work:
        (work / "one.csv").write_text("1", encoding="utf-8")
        assert not (tmp_path / "out").exists()
        assert work.parent == tmp_path  # on the same disk, so that the last step is a rename
    assert (tmp_path / "out" / "one.csv").read_text(encoding="utf-8") == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit, MemoryError])
def test_nothing_appears_after_an_error_half_way(error, tmp_path):
    with pytest.raises((error, OutputError)), new_folder(tmp_path / "deep" / "out") as work:
        (work / "one.csv").write_text("1", encoding="utf-8")
        raise error
    assert listing(tmp_path) == []


def test_what_was_there_stays_when_its_replacement_fails(tmp_path):
    with new_folder(tmp_path / "out") as work:
        (work / "one.csv").write_text("first", encoding="utf-8")
    before = listing(tmp_path)
    with pytest.raises(ValueError), new_folder(tmp_path / "out", force=True):
        raise ValueError
    assert listing(tmp_path) == before
    assert (tmp_path / "out" / "one.csv").read_text(encoding="utf-8") == "first"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signal")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_process_killed_half_way_leaves_no_results(how, tmp_path):
    code = ("import sys, time; from capplan.runs import new_folder\n"
            "with new_folder(sys.argv[1]) as work:\n"
            "    (work / 'one.csv').write_text('1'); print('ready', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "out")], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(how)
        process.wait(10)
    assert not (tmp_path / "out").exists()
    assert how == signal.SIGKILL or listing(tmp_path) == []  # nobody can tidy up after SIGKILL
    with new_folder(tmp_path / "out"):  # and what it left is in nobody's way
        pass
    assert (tmp_path / "out").is_dir()


def test_an_empty_folder_is_free_to_use(tmp_path):
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as work:
        (work / "one.csv").write_text("1", encoding="utf-8")
    assert (tmp_path / "out" / "one.csv").is_file()


def test_others_may_read_what_is_written(tmp_path):
    with new_folder(tmp_path / "out") as work:
        (work / "one.csv").write_text("1", encoding="utf-8")
    assert os.name == "nt" or (tmp_path / "out").stat().st_mode & 0o055 == 0o055


def test_the_error_names_what_could_not_be_read_and_not_the_place_to_write_to(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, new_folder(tmp_path / "work" / "out"):
        (tmp_path / "elsewhere.csv").read_text(encoding="utf-8")
    assert caught.value.filename.endswith("elsewhere.csv")


def test_hashes_are_sha256_by_relative_path(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.csv").write_bytes(b"a,b\n")
    (tmp_path / "two.csv").write_bytes(b"")
    assert hash_files(tmp_path) == {"deep/one.csv": hashlib.sha256(b"a,b\n").hexdigest(),
                                    "two.csv": hashlib.sha256(b"").hexdigest()}


def test_a_changed_input_changes_its_hash_and_no_other(tiny):
    before = hash_files(tiny)
    (tiny / "works.csv").write_text((tiny / "works.csv").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    after = hash_files(tiny)
    assert [name for name in before if before[name] != after[name]] == ["works.csv"]


def test_the_results_say_what_they_were_made_from(tiny_results):
    told = strictly((tiny_results / "solution.json").read_text(encoding="utf-8"))
    assert told["inputs"] == hash_files(TINY)
    assert told["git_commit"] == git_commit() and told["seed"] == 0
    assert set(told) >= {"objective", "bound", "gap", "seconds", "status", "solver", "version", "capplan_version", "audit"}


def test_the_scenario_saved_gives_the_same_programme(tiny_results, programme):
    again = capplan.read_scenario(tiny_results / "scenario.toml")
    assert again == programme.candidates.outlook.scenario


def test_the_same_run_twice_gives_the_same_bytes(programme, tmp_path):
    # The second time from the files, in a process of its own with another hash seed: no set or dict order decides.
    (tmp_path / "one").mkdir()
    write_results(programme, tmp_path / "one")
    code = ("import sys; from pathlib import Path; import capplan as cp\n"
            "estate, out = cp.read_estate(sys.argv[1]), Path(sys.argv[3]); out.mkdir()\n"
            "scenario = cp.read_scenario(sys.argv[2])\n"
            "cp.write_results(cp.optimise(cp.propose(cp.forecast(estate, scenario))), out)")
    subprocess.run([sys.executable, "-c", code, str(TINY), str(ROOT / "scenarios" / "baseline.toml"), str(tmp_path / "two")],
                   check=True, env={**os.environ, "PYTHONHASHSEED": "12345"})
    assert listing(tmp_path / "one") == listing(tmp_path / "two")
    differ = []
    for name in listing(tmp_path / "one"):
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        if one.is_dir() or name in DATED:
            continue
        if name == "solution.json":
            both = [strictly(path.read_text(encoding="utf-8")) for path in (one, two)]
            both = [{key: value for key, value in told.items() if key not in TIMED} for told in both]
            assert both[0] == both[1]
        elif one.read_bytes() != two.read_bytes():
            differ.append(name)
    assert differ == []
    assert {"schemes.csv", "outlook.csv", "cashflow.csv", "candidates/scheme_years.csv"} <= set(listing(tmp_path / "one"))


def test_every_table_of_the_results_is_whole(tiny_results):
    results = read_results(tiny_results)
    schemes = pd.read_csv(tiny_results / "schemes.csv", keep_default_na=False)
    assert len(schemes) == len(pd.read_csv(tiny_results / "candidates" / "schemes.csv"))
    assert (schemes.reason.str.len() > 10).all()
    assert not results.outlook.isna().to_numpy().any()
    years = pd.read_csv(tiny_results / "outlook.csv")
    assert set(years.plan) == {"with", "without"} and years.groupby("plan").size().eq(11).all()


def test_the_money_adds_up_from_table_to_table(tiny_results):
    schemes = pd.read_csv(tiny_results / "schemes.csv")
    draws, cash = pd.read_csv(tiny_results / "draws.csv"), pd.read_csv(tiny_results / "cashflow.csv")
    reserves = pd.read_csv(tiny_results / "reserves.csv")
    funded = schemes[schemes.start_year.notna()]
    assert draws.amount_gbp.sum() == pytest.approx(funded.cost_gbp.sum(), abs=1)
    assert cash.out_gbp.sum() == pytest.approx(draws.amount_gbp.sum(), abs=0.01 * len(cash))
    moved = cash.opening_gbp + cash.in_gbp - cash.out_gbp - cash.lapsed_gbp
    assert moved.to_numpy() == pytest.approx(cash.closing_gbp.to_numpy(), abs=0.011)
    assert (reserves.closing_gbp >= reserves.floor_gbp - 0.01).all()
    kept = reserves.opening_gbp + reserves.surplus_gbp - reserves.spent_on_works_gbp
    assert kept.to_numpy() == pytest.approx(reserves.closing_gbp.to_numpy(), abs=0.011)
    assert reserves.opening_gbp.iloc[0] == 300000  # data/tiny, on paper
    assert reserves.opening_gbp.iloc[1:].to_numpy() == pytest.approx(reserves.closing_gbp.iloc[:-1].to_numpy(), abs=0.011)


def test_no_spreadsheet_will_run_a_cell_of_the_results(tiny_results):
    for path in tiny_results.rglob("*.csv"):
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not text.apply(lambda column: column.str.match(r"[=@\t]")).to_numpy().any(), path.name


@pytest.mark.parametrize(("objective", "bound"), [(0.0, 10.0), (0.0, float("inf")), (5.0, float("inf"))])
def test_json_is_strict_even_where_nothing_is_proved(objective, bound, programme, tmp_path):
    answer = dataclasses.replace(programme.answer, objective=objective, bound=bound)
    unproved = dataclasses.replace(programme, answer=answer)
    write_choice(unproved, tmp_path)
    told = strictly((tmp_path / "solution.json").read_text(encoding="utf-8"))
    assert told["gap"] is None
    assert strictly(json.dumps(solution(unproved, 0)))["gap"] is None


def test_a_gap_to_an_unknown_bound_is_not_nothing(programme):
    # Once a solve that proved nothing at all was reported as proved to be the best possible.
    for objective, bound in ((0.0, 10.0), (5.0, float("inf"))):
        assert dataclasses.replace(programme.answer, objective=objective, bound=bound).gap == float("inf")
    assert dataclasses.replace(programme.answer, objective=100.0, bound=101.0).gap == pytest.approx(0.01)
    assert dataclasses.replace(programme.answer, objective=0.0, bound=0.0).gap == 0.0


def test_run_log_says_when_what_and_with_which_version(tiny_results):
    text = (tiny_results / "run.log").read_text(encoding="utf-8")
    assert time.strftime("%Y") in text and "capplan 0." in text and "Ellermarl" in text


def test_the_commit_is_only_told_in_a_checkout_of_capplan(monkeypatch, tmp_path):
    found = git_commit()
    assert found is None or len(found) == 40
    import capplan.runs as runs
    (tmp_path / "capplan").mkdir()
    monkeypatch.setattr(runs, "__file__", str(tmp_path / "capplan" / "runs.py"))
    assert git_commit() is None


def test_results_do_not_hold_where_they_were_made(tiny_results):
    # A results folder goes to governors and auditors: no path of the machine in it.
    home = str(tiny_results.parent)
    assert [name for name in listing(tiny_results) if (tiny_results / name).is_file()
            and home in (tiny_results / name).read_text(encoding="utf-8", errors="replace")] == []


def test_a_copy_of_a_results_folder_reads_the_same(tiny_results, tmp_path):
    copy = shutil.copytree(tiny_results, tmp_path / "copy")
    assert read_results(copy).solution == read_results(tiny_results).solution


def test_something_long_tells_that_it_is_still_going_on():
    said = []
    with jobs.heartbeat(said.append, "Optimising", every_s=0.02):
        time.sleep(0.15)
    count = len(said)
    time.sleep(0.1)
    assert count >= 2 and len(said) == count and said[0].startswith("Optimising ... ")


def test_force_never_replaces_what_the_command_reads(tmp_path):
    with new_folder(tmp_path / "estate") as made:
        (made / "trust.csv").write_text("x", encoding="utf-8")
    for out in (tmp_path / "estate", tmp_path / "estate" / ".." / "estate"):
        with pytest.raises(OutputError, match="which this command reads"), new_folder(out, True, [tmp_path / "estate"]):
            pass
    assert (tmp_path / "estate" / "trust.csv").read_text(encoding="utf-8") == "x"


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    with new_folder(tmp_path / "real"):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with new_folder(tmp_path / "link", force=True) as made:
        (made / "new.txt").write_text("x", encoding="utf-8")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "new.txt").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_place_taken_while_the_work_was_done_is_not_replaced(tmp_path):
    def late():
        with new_folder(tmp_path / "out"):
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "first.txt").write_text("x", encoding="utf-8")

    with pytest.raises(OutputError, match="exists already"):
        late()
    assert (tmp_path / "out" / "first.txt").is_file()


@pytest.mark.slow
def test_results_inside_the_estate_are_no_input(tmp_path, capplan):
    shutil.copytree(Path(__file__).parents[1] / "data" / "tiny", tmp_path / "estate")
    assert capplan("run", tmp_path / "estate", "baseline.toml", "--out", tmp_path / "estate" / "plan").exit_code == 0
    inputs = json.loads((tmp_path / "estate" / "plan" / "solution.json").read_text(encoding="utf-8"))["inputs"]
    assert sorted(inputs) == sorted(path.name for path in (tmp_path / "estate").glob("*.csv"))
