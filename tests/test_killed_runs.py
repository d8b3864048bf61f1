"""A run that is ended or killed at any moment leaves nothing or a whole result, and the next run tidies up after it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from capplan import folders
from capplan.estate import inspect_estate
from capplan.folders import MARKER, sweep
from capplan.run_job import verify
from capplan.run_store import STORE, entries, start_store
from capplan.runs import hash_files, new_folder

ROOT = Path(__file__).resolve().parents[1]
HALF_WAY = ("import sys, time; from capplan.runs import new_folder\n"
            "with new_folder(sys.argv[1], force=True) as work:\n"
            "    (work / 'one.csv').write_text('1'); print('ready', flush=True); time.sleep(60)")
DEAF = ("import sys, time, threading; from capplan import folders; from capplan.runs import new_folder\n"
        "folders.PATIENCE_S = 0.2\n"
        "with new_folder(sys.argv[1]) as work:\n"
        "    (work / 'one.csv').write_text('1'); print('ready', flush=True)\n"
        "    while True:\n"
        "        try: time.sleep(60)\n"
        "        except SystemExit: pass")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signals")


def ended(code, place, how):
    """Start a process that writes to a place, send it a signal half way, and give its exit code."""
    with subprocess.Popen([sys.executable, "-c", code, str(place)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(how)
        return process.wait(20)


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_told_to_end_leaves_nothing(how, tmp_path):
    if signal.getsignal(how) == signal.SIG_IGN:
        pytest.skip("this signal is ignored here, as under nohup, and so it is by what is started from here")
    assert ended(HALF_WAY, tmp_path / "deep" / "out", how) == 128 + how
    assert names(tmp_path) == []


def test_a_process_that_does_not_come_back_in_time_leaves_nothing_when_it_is_killed_for_that(tmp_path):
    with subprocess.Popen([sys.executable, "-c", DEAF, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n" and len(names(tmp_path)) == 1
        process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 20
        while names(tmp_path) and time.monotonic() < until:
            time.sleep(0.05)
        assert names(tmp_path) == [] and process.poll() is None
        process.kill()


def test_what_a_killed_process_left_is_swept_by_the_next_and_by_that_only(tmp_path):
    assert ended(HALF_WAY, tmp_path / "out", signal.SIGKILL) == -signal.SIGKILL
    assert len(names(tmp_path)) == 1 and names(tmp_path)[0].startswith(".out.")
    (tmp_path / ".out.mine").mkdir()
    (tmp_path / ".out.a_folder").mkdir()  # a name a working folder may have, but a file of somebody else's in it
    (tmp_path / ".out.a_folder" / "thesis.txt").write_text("x", encoding="utf-8")
    with new_folder(tmp_path / "other"):
        pass
    assert len(names(tmp_path)) == 4, "another place is another's business"
    with new_folder(tmp_path / "out"):
        pass
    assert names(tmp_path) == [".out.a_folder", ".out.mine", "other", "out"]


def test_the_folder_of_a_process_that_lives_is_never_swept(tmp_path):
    with new_folder(tmp_path / "out") as work:
        (work / "one.csv").write_text("1", encoding="utf-8")
        sweep(tmp_path / "out")
        assert (work / "one.csv").is_file()
    assert names(tmp_path / "out") == [MARKER, "one.csv"]


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_killed_between_any_two_renames_an_older_result_is_still_whole(stop_at, tmp_path):
    # The new folder replaces an old one in three renames: aside, in place, given up. Killed before each of them.
    with new_folder(tmp_path / "out") as work:
        (work / "old.csv").write_text("1", encoding="utf-8")
    code = (HALF_WAY.split("    (work")[0].replace("import sys", "import os, sys, pathlib") +
            "    (work / 'new.csv').write_text('1'); print('ready', flush=True); sys.stdin.readline()\n"
            f"    left = [{stop_at}]; was, also = os.replace, pathlib.Path.replace\n"
            "    def count(*args, then=was):\n"
            "        left[0] -= 1\n"
            "        if not left[0]: os.kill(os.getpid(), 9)\n"
            "        return then(*args)\n"
            "    os.replace, pathlib.Path.replace = count, lambda *args: count(*args, then=also)\n")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], input="\n", capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    sweep(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == [MARKER, "old.csv" if stop_at < 3 else "new.csv"]


def test_what_is_half_removed_is_never_put_back(tmp_path):
    shutil.copytree(ROOT / "data" / "tiny", tmp_path / ".out.abcdefgh.gone")
    sweep(tmp_path / "out")
    assert names(tmp_path) == []


def test_signals_are_as_they_were_afterwards(tmp_path):
    found = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)]
    with new_folder(tmp_path / "out"):
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)] == found
    assert signal.set_wakeup_fd(-1) == -1
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    mine = signal.getsignal(signal.SIGTERM)
    try:
        with new_folder(tmp_path / "out", force=True):
            assert signal.getsignal(signal.SIGTERM) is mine, "who handles signals goes on doing so"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_empty_folder_just_made_may_be_somebody_s(tmp_path, monkeypatch):
    (tmp_path / ".out.abcdefgh").mkdir()
    sweep(tmp_path / "out")
    assert names(tmp_path) == [".out.abcdefgh"]
    monkeypatch.setattr(folders, "UNHELD_S", -1.0)
    sweep(tmp_path / "out")
    assert names(tmp_path) == []


def killed_at(moment_s, out, how):
    """Run the tiny trust and send a signal after some time; whether there is a result."""
    with subprocess.Popen([sys.executable, "-m", "capplan.cli", "run", str(ROOT / "data" / "tiny"), "baseline.toml", "--out",
                           str(out), "--force"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            process.wait(60)
    return out.exists()


def whole(folder):
    """Whether every table that the run lists is there with the bytes it had, and the page and the marker are whole."""
    told = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
    return (told["audit"] == "clean" and told["inputs"] == hash_files(ROOT / "data" / "tiny")
            and (folder / "summary.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
            and (folder / MARKER).read_text(encoding="utf-8").startswith("Written by capplan"))


def kill_many(place, times, seed, took_s):
    """Kill many runs to one place: whether each result there was is whole, and how much each left beside it."""
    rng, out, wholes, left = random.Random(seed), place / "out", [], []
    for turn in range(times):
        how = (signal.SIGTERM, signal.SIGKILL)[turn % 2]
        if killed_at(rng.uniform(0.05, 1.1) * took_s, out, how):
            wholes.append(whole(out))
            if rng.random() < 0.5:  # so that some runs replace a folder and some make one
                shutil.rmtree(out)
        left.append(len(names(place)) - out.exists())
    sweep(out)
    return wholes, left


def test_runs_killed_at_random_moments_leave_nothing_or_a_whole_result(tmp_path):
    wholes, left = kill_many(tmp_path, 2, 7, took_s=3.0)
    assert all(wholes) and max(left) <= 1, "no more than the last killed run left"
    assert [name for name in names(tmp_path) if name != "out"] == []


@pytest.mark.slow
def test_fifty_runs_killed_at_random_moments_leave_nothing_or_a_whole_result(tmp_path):
    began = time.perf_counter()
    assert killed_at(600, tmp_path / "first" / "out", signal.SIGTERM)
    took_s = time.perf_counter() - began
    (tmp_path / "many").mkdir()
    wholes, left = kill_many(tmp_path / "many", 50, 11, took_s)
    assert all(wholes) and wholes and max(left) <= 1
    assert [name for name in names(tmp_path / "many") if name != "out"] == []


def commands(project):
    """The commands that are killed, each with the place it writes to."""
    tiny, works = ROOT / "data" / "tiny", project.parent / "completed.csv"
    works.write_text("component_id,completed,grade_after\nELL-01,2026-09-30,A\n", encoding="utf-8")
    return [["run", tiny, "baseline.toml", "--force", "--out", project / "plan"],
            ["envelopes", tiny, "baseline.toml", "--points", "2", "--force", "--out", project / "envelopes"],
            ["complete", tiny, works, "--by", "Ann", "--on", "2026-10-01", "--force", "--out", project / "estate"]]


def killed_in_a_project(project, times, seed):
    """Kill commands in turn, at random moments of the time each takes: faults of the store after each, and what was done."""
    rng, found, done, wanted = random.Random(seed), [], {}, commands(project)
    took = []
    for words in wanted:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "capplan.cli", *map(str, words)], capture_output=True, check=True)
        took.append(time.perf_counter() - began)
    for turn in range(times):
        words, took_s = wanted[turn % 3], took[turn % 3]
        with subprocess.Popen([sys.executable, "-m", "capplan.cli", *map(str, words)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(rng.uniform(0.05, 1.05) * took_s)
            except subprocess.TimeoutExpired:
                process.send_signal((signal.SIGKILL, signal.SIGTERM)[turn % 2])
                process.wait(120)
        done[words[0]] = done.get(words[0], 0) + (process.returncode == 0)
        found.append((verify(project)[1] if (project / "plan").exists() else [], (words[-1] / MARKER).exists()))
        for command in wanted:
            sweep(command[-1])
    return found, done


@pytest.mark.slow
def test_fifty_kills_of_run_envelopes_and_complete_leave_a_store_that_verifies(tmp_path):
    project = tmp_path / "project"
    start_store(project)
    found, _ = killed_in_a_project(project, 50, 5)
    assert len(found) == 50 and all(faults == [] and there for faults, there in found)
    assert names(project) == [STORE, "envelopes", "estate", "plan"]
    assert capplan_check(project / "estate") and len(entries(project)) >= 1


def capplan_check(estate):
    """Whether an estate that a killed command replaced, or did not, is without faults."""
    return inspect_estate(estate)[1] == []
