"""Whole jobs, as the command line runs them: from files to a results folder."""

import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from . import shipped
from .candidates import propose
from .estate import read_estate
from .outlook import forecast
from .programme import optimise
from .runs import write_results
from .scenario import read_scenario
from .tables import data_dictionary


@contextmanager
def heartbeat(say, doing, every_s=5.0):
    """Tell every few seconds that something long is still going on.

    Parameters
    ----------
    say : callable
        Told ``"doing ... 5 s"`` and so on.
    doing : str
        What is being done.
    every_s : float
        How often. [s]
    """
    done, began = threading.Event(), time.perf_counter()

    def tell():
        """Say how long it has taken, until it is done."""
        while not done.wait(every_s):
            say(f"{doing} ... {time.perf_counter() - began:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def run(estate_folder, scenario_file, overlays, folder, seed=0, workers=1, say=lambda text: None):
    """Plan an estate under a scenario and write the results folder.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
        What to plan, and under which assumptions.
    overlays : sequence of str
        Overlays of the scenario.
    folder : Path
        An existing folder to write into.
    seed : int
        Seed of the solver.
    workers : int
        Threads of the solver.
    say : callable
        Told what is being done.

    Returns
    -------
    Programme
    """
    from .report.results import read_results
    from .report.summary import summary_html
    scenario = read_scenario(scenario_file, *overlays)
    say(f"Reading {estate_folder} ...")
    estate = read_estate(estate_folder)
    say(f"{estate}\nForecasting {scenario.plan.years} years ...")
    candidates = propose(forecast(estate, scenario))
    say(f"{candidates}\nOptimising to {scenario.solver.gap:.2%} (at most {scenario.solver.time_limit_s:g} s) ...")
    with heartbeat(say, "Optimising"):
        programme = optimise(candidates, threads=workers, seed=seed)
    say("Audit clean. Writing ...")
    write_results(programme, folder, seed)
    (Path(folder) / "summary.html").write_text(summary_html(read_results(folder)), encoding="utf-8")
    return programme


def demo(folder, say=lambda text: None):
    """The whole job on the example trust.

    Parameters
    ----------
    folder : Path
        An existing folder: ``estate``, ``scenarios`` and ``results`` are made in it.
    say : callable
        Told what is being done.

    Returns
    -------
    Programme
    """
    folder = Path(folder)
    copy_examples(folder)
    (folder / "results").mkdir()
    return run(folder / "estate", folder / "scenarios" / "baseline.toml", (), folder / "results", say=say)


def copy_examples(folder):
    """Copy the example trust, the scenarios and the survey maps, and write the data dictionary.

    Parameters
    ----------
    folder : Path
        An existing folder.
    """
    folder = Path(folder)
    shutil.copytree(shipped.folder("data") / "example", folder / "estate")
    shutil.copytree(shipped.folder("data") / "survey_maps", folder / "survey_maps")
    shutil.copytree(shipped.folder("scenarios"), folder / "scenarios")
    (folder / "data_dictionary.md").write_text(data_dictionary(), encoding="utf-8")
