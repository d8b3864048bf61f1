"""Work spread over machines: the answers of one process, in order, whoever does it and whoever is lost on the way."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.errors import CandidatesError, CapplanError, DataError, Fault, InfeasibleError
from capplan.machines import machines, pieces, spread
from capplan.run_records import surroundings


def halves(number):
    """A function of this module; it cannot halve zero."""
    if number == 0:
        raise CapplanError("nothing to halve")
    return number / 2


def killed_once(folder, number):
    """Kills the process it is in the first time it is asked for the third case."""
    marker = folder / "killed"
    if number == 3 and not marker.exists():
        marker.write_text("", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def killed_always(number):
    """Kills the process it is in."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


class Backwards:
    """An executor that does the last case first."""

    def __init__(self):
        self.given = []

    def submit(self, work, *case):
        """Keep the case; all are done once an answer is asked for."""
        answer = Future()
        self.given.append((answer, work, case))
        answer.result = lambda timeout=None: (self.do(), Future.result(answer))[1]
        return answer

    def do(self):
        """Do all, the last first."""
        while self.given:
            answer, work, case = self.given.pop()
            answer.set_result(work(*case))


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_pieces_are_the_list_in_order_and_no_more_than_asked_for(items, most):
    cut = pieces(items, most)
    assert [item for piece in cut for item in piece] == items and len(cut) <= most and all(cut)


def test_any_executor_gives_the_answers_in_their_order():
    cases, told = [(number,) for number in range(1, 9)], []
    with ThreadPoolExecutor(3) as threads:
        found = [spread(halves, cases, executor, told.append) for executor in (None, threads, Backwards())]
    assert found[0] == found[1] == found[2] == [number / 2 for number in range(1, 9)]
    assert told == [*range(1, 9)] * 3


def test_what_fails_is_raised_and_the_rest_is_called_off():
    asked = []

    class Slow:
        """An executor whose answers never come but for the first."""

        def submit(self, work, number):
            """One case."""
            answer = Future()
            asked.append(answer)
            if len(asked) == 1:
                answer.set_exception(CapplanError("nothing to halve"))
            return answer

    with pytest.raises(CapplanError, match="nothing to halve"):
        spread(halves, [(0,), (1,), (2,)], Slow())
    assert [answer.cancelled() for answer in asked] == [False, True, True]


@pytest.mark.parametrize("error", [DataError([Fault("a.csv", 2, "x", "1", "2")]),
                                   InfeasibleError("no", [("rule", 1.0, "GBP")]),
                                   CandidatesError([Fault("b.csv", None, "", "y", "z")])])
def test_errors_come_back_from_another_process_as_they_were(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again) == vars(error)


@pytest.mark.parametrize(("processes", "scheduler", "said"), [
    (2, "tcp://127.0.0.1:1", "not both"), (1, "tcp://127.0.0.1:1", "No Dask scheduler answers"),
    (1, "nonsense://x", "answers at")])
def test_a_cluster_that_cannot_be_used_is_told(processes, scheduler, said, monkeypatch):
    monkeypatch.setattr("capplan.machines.CONNECT_S", 0.3)
    with pytest.raises(CapplanError, match=said), machines(processes, scheduler):
        pytest.fail("there is no such cluster")


def test_without_distributed_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CapplanError, match=r"capplan\[cluster\]"), machines(1, "tcp://127.0.0.1:1"):
        pytest.fail("it is not there")


def test_one_process_needs_no_executor():
    with machines() as executor:
        assert executor is None


@pytest.mark.slow
def test_a_process_that_is_lost_costs_no_answer_and_one_that_is_always_lost_is_told(tmp_path):
    with machines(2) as executor:
        assert spread(killed_once, [(tmp_path, number) for number in range(6)], executor) == [0, 1, 4, 9, 16, 25]
        with pytest.raises(CapplanError, match="lost 3 times"):
            spread(killed_always, [(1,)], executor)


def files_of(folder):
    """The bytes of every file of a folder but for times and the record that holds their hashes."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in (".capplan", "run.log", "run.json", "summary.html"):
            content = file.read_bytes()
            if file.suffix == ".json":
                content = {name: value for name, value in json.loads(content).items() if name != "seconds"}
            found[file.relative_to(folder).as_posix()] = content
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, root):
    """A scheduler and two workers on the loopback interface, as processes of their own: address and workers."""
    pytest.importorskip("distributed")
    place = tmp_path_factory.mktemp("cluster")
    surround = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")]),
                "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}
    file = place / "scheduler.json"
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
             "--scheduler-file", str(file)]
    log = open(place / "log.txt", "w")  # noqa: SIM115 - open as long as the processes are
    started = [subprocess.Popen(words, stdout=log, stderr=log, env=surround)]
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    address = json.loads(file.read_text(encoding="utf-8"))["address"]
    words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1",
             "--no-nanny", "--no-dashboard", "--local-directory", str(place)]
    started += [subprocess.Popen(words, stdout=log, stderr=log, env=surround) for _ in range(2)]
    from distributed import Client
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()
    log.close()


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_one_process_also_when_one_is_killed(cluster, tiny_results, tmp_path, capplan, root):
    address, workers = cluster
    assert capplan("simulate", tiny_results, "--replicates", 60, "--out", tmp_path / "here").exit_code == 0
    sent = capplan("simulate", tiny_results, "--replicates", 60, "--scheduler", address, "--out", tmp_path / "sent")
    assert sent.exit_code == 0, sent.stderr
    assert files_of(tmp_path / "here") == files_of(tmp_path / "sent")
    run = ("run", root / "data" / "tiny", "baseline.toml", "--scheduler", address, "--out", tmp_path / "run")
    done = capplan(*run)
    assert done.exit_code == 0, done.stderr
    here, there = files_of(tiny_results), files_of(tmp_path / "run")
    assert {name for name in here if here[name] != there.get(name)} <= {"solution.json"} and set(here) == set(there)
    assert capplan("stress", root / "data" / "tiny", "baseline.toml", "--out", tmp_path / "stress_here").exit_code == 0
    killer = threading.Timer(1.5, workers[0].kill)
    killer.start()
    done = capplan("stress", root / "data" / "tiny", "baseline.toml", "--scheduler", address, "--out", tmp_path / "stress")
    killer.join()
    workers[0].wait(timeout=10)
    assert done.exit_code == 0, done.stderr
    assert files_of(tmp_path / "stress_here") == files_of(tmp_path / "stress")


@pytest.mark.slow
def test_two_processes_give_what_one_does(tiny_results, tmp_path, capplan, root):
    ranges = pd.read_csv(root / "capplan" / "reference" / "sensitivity_ranges.csv").head(2)[["figure", "low", "high", "as"]]
    ranges.to_csv(tmp_path / "ranges.csv", index=False)
    for name, words in {"sensitivity": ("sensitivity", root / "data" / "tiny", "baseline.toml", "--replan", "--ranges",
                                        tmp_path / "ranges.csv"),
                        "explain": ("explain", tiny_results, "--samples", 6)}.items():
        folders = [tmp_path / f"{name}{count}" for count in (1, 2)]
        for count, folder in zip((1, 2), folders, strict=True):
            done = capplan(*words, "--processes", count, "--out", folder)
            assert done.exit_code == 0, done.stderr
        assert files_of(folders[0]) == files_of(folders[1]), name
        assert max(len(pd.read_csv(table)) for table in folders[0].glob("*.csv"))


@pytest.mark.slow
def test_workers_that_are_not_alike_are_refused(cluster, monkeypatch):
    monkeypatch.setattr("capplan.machines._client", lambda _: Unlike())
    with pytest.raises(CapplanError, match="capplan is 0.0.0, here"), machines(1, cluster[0], surroundings):
        pytest.fail("the worker is another version")


class Unlike:
    """A client of a cluster whose one worker has another capplan."""

    def scheduler_info(self):
        """One worker."""
        return {"workers": {"w": {}}}

    def run(self, work, on_error):
        """What it says of itself."""
        return {"w": {**work(), "capplan": "0.0.0"}}

    def close(self):
        """Nothing to close."""
