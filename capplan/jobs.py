"""Whole jobs, as the command line runs them: from files to a results folder."""

import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from . import shipped
from .candidates import propose
from .candidates.approved import changes_frame, read_approved
from .carbon_price import carbon_price, has_targets
from .errors import CapplanError
from .estate import read_estate
from .machines import spread
from .outlook import forecast
from .programme import optimise
from .programme.stability import steady
from .revolving_fund import revolved
from .run_records import tables_of, write_record
from .runs import write_results
from .scenario import read_scenario
from .tables import data_dictionary
from .tabular import write_frame, write_json


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


def run(estate_folder, scenario_file, overlays, folder, seed=0, workers=1, say=lambda text: None, approved=None,
        executor=None):
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
    approved : str or Path, optional
        Results folder or table of the approved programme; what is changed in it goes to ``changes.csv``.
    executor : executor, optional
        Where the programme is sent to be found, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    Programme

    Raises
    ------
    CapplanError
        If the scenario asks for stability and no approved programme is given, or the estate is changed meanwhile.
    """
    tables = tables_of(estate_folder)
    programme = plan(estate_folder, scenario_file, overlays, folder, seed, workers, say, approved, executor)
    if tables_of(estate_folder) != tables:
        raise CapplanError(f"The tables in {estate_folder} were changed while they were planned; run again.")
    held = None if approved is None else read_approved(approved)
    write_record(programme, folder, tables, held, seed, workers)
    return programme


def plan(estate_folder, scenario_file, overlays, folder, seed=0, workers=1, say=lambda text: None, approved=None,
         executor=None):
    """What ``run`` does, but for the record of what it was made from.

    Parameters
    ----------
    estate_folder, scenario_file, overlays, folder, seed, workers, say, approved, executor
        As for ``run``.

    Returns
    -------
    Programme
    """
    from .report.results import read_results
    from .report.summary import summary_html
    scenario = read_scenario(scenario_file, *overlays)
    starts = approved_starts(approved, scenario.stability)
    say(f"Reading {estate_folder} ...")
    estate = read_estate(estate_folder)
    say(f"{estate}\nForecasting {scenario.plan.years} years ...")
    candidates = propose(forecast(estate, scenario))
    say(f"{candidates}\nOptimising to {scenario.solver.gap:.2%} (at most {scenario.solver.time_limit_s:g} s) ...")
    with heartbeat(say, "Optimising"):
        programme = choose(candidates, starts, scenario.stability, folder, say, executor, threads=workers, seed=seed)
        programme = revolved(programme, threads=workers, seed=seed)
    say("Audit clean. Writing ...")
    write_results(programme, folder, seed)
    if has_targets(candidates):
        say("Planning again without the carbon targets, for what they cost ...")
        write_json(carbon_price(programme, threads=workers, seed=seed), Path(folder) / "carbon.json")
    (Path(folder) / "summary.html").write_text(summary_html(read_results(folder)), encoding="utf-8")
    return programme


def approved_starts(approved, rules):
    """The approved programme that a plan is held against, read before anything long is begun.

    Parameters
    ----------
    approved : str or Path or None
        Results folder or table of the approved programme.
    rules : Stability
        How far to keep to it.

    Returns
    -------
    dict or None
        Scheme to start year; ``None`` where there is none.

    Raises
    ------
    CapplanError
        If stability is asked for and no approved programme is given, or it cannot be read.
    """
    if approved is None and rules.asked:
        raise CapplanError("Stability is asked for: give the approved programme with --approved.")
    return None if approved is None else read_approved(approved)


def choose(candidates, starts, rules, folder, say=lambda text: None, executor=None, **settings):
    """Optimise, beside the approved programme where there is one, and write what is changed in it.

    Parameters
    ----------
    candidates : Candidates
    starts : dict or None
        The approved programme, as ``approved_starts`` gives it.
    rules : Stability
        How far to keep to it.
    folder : Path
        An existing folder: ``changes.csv`` where there is an approved programme.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where the programme is sent to be found; left out: nowhere.
    **settings
        As for ``optimise``.

    Returns
    -------
    Programme
        Its candidates' notes say what was changed, and what keeping to the approved programme costs.
    """
    from .report.stability import stability_words
    if starts is None:
        return spread(_optimised, [(candidates, settings)], executor)[0]
    found = steady(candidates, starts, rules, say, **settings) if executor is None else (
        spread(_kept_to, [(candidates, starts, rules, settings)], executor)[0])
    programme = found.programme
    frame = changes_frame(programme.candidates, starts, programme.choice)
    write_frame(frame.round(2), Path(folder) / "changes.csv")
    notes = (*stability_words(frame, found, rules), *candidates.notes)
    return replace(programme, candidates=replace(programme.candidates, notes=notes))


def _optimised(candidates, settings):
    return optimise(candidates, **settings)


def _kept_to(candidates, starts, rules, settings):
    return steady(candidates, starts, rules, **settings)


def copy_examples(folder, trust=None):
    """Copy an example trust, the scenarios and the survey maps, and write the data dictionary.

    Parameters
    ----------
    folder : Path
        An existing folder.
    trust : str, optional
        One of ``shipped.TRUSTS``; left out: the example trust of twelve schools.
    """
    folder = Path(folder)
    estate = shipped.trust(trust)[0] if trust else shipped.folder("data") / "example"
    shutil.copytree(estate, folder / "estate")
    shutil.copytree(shipped.folder("data") / "survey_maps", folder / "survey_maps")
    shutil.copytree(shipped.folder("scenarios"), folder / "scenarios")
    (folder / "data_dictionary.md").write_text(data_dictionary(), encoding="utf-8")
