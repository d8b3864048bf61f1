"""Faults of the machine: a full disk, a place that may only be read, a killed solver, a clock that goes backwards."""

import errno
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from capplan import run_store
from capplan.approvals import approve, lock, states
from capplan.cli.files import write_files
from capplan.errors import OutputError, SolverError
from capplan.governance import lock_hash
from capplan.programme import optimise, solver
from capplan.run_job import verify
from capplan.run_store import enter_run, entries, start_store
from capplan.runs import new_folder

ROOT = Path(__file__).resolve().parents[1]
FILE = ("import sys, time, pathlib; from capplan.cli.files import write_files\n"
        "def slowly(place):\n"
        "    place.write_text('half'); print('ready', flush=True); time.sleep(60)\n"
        "write_files({pathlib.Path(sys.argv[1]): slowly}, True)")


def names(folder):
    """Names of all in a folder, hidden ones too."""
    return sorted(path.name for path in Path(folder).iterdir())


def full(*_):
    """A disk without room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("module", ["capplan.runs.write_frame", "capplan.runs.write_json",
                                    "capplan.candidates.files.write_frame"])
def test_a_disk_that_is_full_at_any_file_leaves_nothing_and_says_so(module, tmp_path, capplan, monkeypatch):
    (tmp_path / "candidates").mkdir()
    monkeypatch.setattr(module, full)
    done = capplan("optimise", small_candidates(tmp_path / "candidates"), "--out", tmp_path / "deep" / "out")
    assert done.exit_code == 2 and "No space left" in done.stderr and "Traceback" not in done.stderr
    assert names(tmp_path) == ["candidates"]


@pytest.mark.slow
def test_a_disk_that_is_full_at_the_last_file_of_a_run_leaves_nothing(tiny, tmp_path, capplan, monkeypatch):
    monkeypatch.setattr("capplan.run_records.write_json", full)
    done = capplan("run", tiny, "baseline.toml", "--out", tmp_path / "deep" / "out")
    assert done.exit_code == 2 and "No space left" in done.stderr and names(tmp_path) == ["estate"]


def test_a_file_larger_than_there_is_room_for_leaves_the_old_one_as_it_was(tmp_path):
    out = tmp_path / "data.csv"
    out.write_text("old", encoding="utf-8")
    code = ("import resource, signal, sys, pathlib; from capplan.cli.files import write_files\n"
            "from capplan.errors import OutputError\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
            "try: write_files({pathlib.Path(sys.argv[1]): lambda place: place.write_bytes(b'x' * 50000)}, True)\n"
            "except OutputError as error: print(error)")
    done = subprocess.run([sys.executable, "-c", code, str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Cannot write to" in done.stdout, done.stderr
    assert names(tmp_path) == ["data.csv"] and out.read_text(encoding="utf-8") == "old"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path, monkeypatch):
    def refused(*_, **__):
        """A disk that may only be read."""
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    with pytest.raises(OutputError, match="Read-only file system"), new_folder(tmp_path / "deep" / "out"):
        pytest.fail("nothing can be written there")
    with pytest.raises(OutputError, match="Read-only file system"):
        write_files({tmp_path / "a.csv": lambda place: place.write_text("1")}, False)
    assert [name for name in names(tmp_path) if name != "deep"] == []


def test_a_store_that_cannot_be_written_is_told_and_the_results_stay_whole(tmp_path, tiny_results, capplan):
    start_store(tmp_path / "project")
    shutil.copytree(tiny_results, tmp_path / "project" / "plan")
    (tmp_path / "project" / run_store.STORE).write_bytes(b"not a store at all" * 100)
    done = capplan("runs", "list", tmp_path / "project")
    assert done.exit_code == 2 and "Cannot read" in done.stderr
    assert capplan("runs", "show", tmp_path / "project" / "plan").exit_code == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_told_to_end_while_it_writes_a_file_leaves_nothing(how, tmp_path):
    if signal.getsignal(how) == signal.SIG_IGN:
        pytest.skip("this signal is ignored here, as under nohup, and so it is by what is started from here")
    with subprocess.Popen([sys.executable, "-c", FILE, str(tmp_path / "deep" / "data.csv")], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout.readline() == "ready\n" and len(names(tmp_path / "deep")) == 1
        process.send_signal(how)
        assert process.wait(20) == 128 + how
    assert names(tmp_path) == []


def test_what_a_killed_command_left_beside_a_file_goes_when_the_file_is_written_again(tmp_path):
    words = [sys.executable, "-c", FILE, str(tmp_path / "data.csv")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.kill()
    assert len(names(tmp_path)) == 1 and names(tmp_path)[0].startswith(".data.csv.")
    write_files({tmp_path / "data.csv": lambda place: place.write_text("1", encoding="utf-8")}, False)
    assert names(tmp_path) == ["data.csv"]
    assert stat.S_IMODE((tmp_path / "data.csv").stat().st_mode) == 0o644


def test_several_files_are_written_all_or_none(tmp_path):
    with pytest.raises(OutputError, match="No space left"):
        write_files({tmp_path / "a.csv": lambda place: place.write_text("1"), tmp_path / "b.csv": full}, False)
    assert names(tmp_path) == []


def small_candidates(folder):
    """Two schemes and money for one."""
    for name, text in {"schemes": "scheme_id\na\nb\n", "scheme_years": "scheme_id,start_year,value\na,1,5\nb,1,3\n",
                       "spend": "scheme_id,start_year,year,cost\na,1,1,10\nb,1,1,10\n",
                       "pots": "pot_id,amount,first_year,last_year\np,10,1,1\n"}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_solver_that_fails_gives_way_to_the_other_and_the_answer_says_so(tmp_path, monkeypatch):
    from capplan.candidates import read_candidates

    turns, lives = iter(range(100)), solver._run_highs

    def dies(*given):
        """HiGHS stops without an answer the first time it is asked."""
        if next(turns) == 0:
            raise SolverError("HiGHS stopped without an answer: kUnknown.")
        return lives(*given)

    monkeypatch.setattr(solver, "_run_highs", dies)
    programme = optimise(read_candidates(small_candidates(tmp_path)))
    assert programme.choice == {"a": 1} and programme.answer.solver == "cbc"


def test_a_solver_that_is_killed_is_told_and_leaves_nothing(tmp_path, capplan, monkeypatch):
    import pulp
    (tmp_path / "candidates").mkdir()
    killed = tmp_path / "cbc"
    killed.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    killed.chmod(0o755)
    monkeypatch.setattr(pulp.PULP_CBC_CMD, "pulp_cbc_path", str(killed))
    done = capplan("optimise", small_candidates(tmp_path / "candidates"), "--solver", "cbc", "--out", tmp_path / "out")
    assert done.exit_code == 2 and "CBC" in done.stderr, done.stderr
    assert names(tmp_path) == ["candidates", "cbc"]


def test_a_clock_that_goes_backwards_breaks_no_chain_and_turns_no_order_round(tmp_path, tiny_results, monkeypatch):
    class Backwards(datetime):
        """A clock that goes back a day each time it is asked."""

        asked = 0

        @classmethod
        def now(cls, tz=None):
            """A day earlier than the time before."""
            cls.asked += 1
            return datetime(2026, 3, 29, 1, 30, tzinfo=UTC) - timedelta(days=cls.asked)

    monkeypatch.setattr(run_store, "datetime", Backwards)
    project = tmp_path / "project"
    start_store(project)
    (project / "roles.csv").write_text("name,role\nBob,reviewer\nCat,approver\n", encoding="utf-8")
    told = lock(project, "baseline.toml", (), [], "Ann")
    plan = shutil.copytree(tiny_results, project / "plan")
    enter_run(plan)
    approve(plan, "reviewed", "Bob")
    approve(plan, "approved", "Cat")
    days = [entry["at"] for entry in entries(project)]
    assert days == sorted(days, reverse=True) and len(days) == 4
    assert lock_hash(plan)["lock_sha256"] == told["lock_sha256"] and list(states(project).values()) == ["approved"]
    assert verify(project) == (1, [])
