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
from capplan.folders import MARKER, sweep
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
    with new_folder(tmp_path / "out"):
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) == signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
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


def assert_whole(folder):
    """Every table that the run lists is there with the bytes it had."""
    told = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
    assert told["audit"] == "clean" and told["inputs"] == hash_files(ROOT / "data" / "tiny")
    assert (folder / "summary.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert (folder / MARKER).read_text(encoding="utf-8").startswith("Written by capplan")


def kill_many(tmp_path, times, seed, took_s):
    rng, out = random.Random(seed), tmp_path / "out"
    for turn in range(times):
        how = (signal.SIGTERM, signal.SIGKILL)[turn % 2]
        if killed_at(rng.uniform(0.05, 1.1) * took_s, out, how):
            assert_whole(out)
            if rng.random() < 0.5:  # so that some runs replace a folder and some make one
                shutil.rmtree(out)
        assert len(names(tmp_path)) - out.exists() <= 1, "no more than the last killed run left"
    sweep(out)
    assert [name for name in names(tmp_path) if name != "out"] == []


def test_runs_killed_at_random_moments_leave_nothing_or_a_whole_result(tmp_path):
    kill_many(tmp_path, 2, 7, took_s=3.0)


@pytest.mark.slow
def test_fifty_runs_killed_at_random_moments_leave_nothing_or_a_whole_result(tmp_path):
    began = time.perf_counter()
    assert killed_at(600, tmp_path / "first" / "out", signal.SIGTERM)
    took_s = time.perf_counter() - began
    (tmp_path / "many").mkdir()
    kill_many(tmp_path / "many", 50, 11, took_s)
