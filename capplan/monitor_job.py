"""Whole jobs about a programme that is carried out: beside what was approved, and planned again from where it stands."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd

from .actuals import Approved, fitted, outcomes_of, read_actuals
from .candidates import write_candidates
from .candidates.approved import changes_frame
from .change_log import LOG, LOG_COLUMNS, continued, read_log
from .errors import CapplanError, DataError
from .explain_job import read_programme
from .governance import state_of
from .monitoring import pots_compared, schemes_compared, years_compared
from .outlook import ELEMENT_WORKS
from .programme.stability import steady
from .replanning import as_it_stands
from .report.monitor import monitor_document, monitor_text
from .report.papers import written
from .report.results import read_results
from .run_records import RECORD, faults_of_run, read_record
from .run_store import add_entry, store_of
from .runs import write_choice
from .tabular import read_cells, write_frame, write_json

REPLAN = "replan"
USED = (RECORD, "schemes.csv", "draws.csv", "components.csv", "solution.json", "scenario.toml")


def read_approved_run(results):
    """An approved programme from its results folder.

    Parameters
    ----------
    results : str or Path
        As ``capplan run`` writes it.

    Returns
    -------
    tuple of (Approved, dict)
        The programme, and what stands in ``solution.json``.

    Raises
    ------
    DataError
        If a file of it that counts here is missing or not as the run wrote it.
    """
    results = Path(results)
    changed = [fault for fault in faults_of_run(results) if fault.where in USED or fault.where.startswith("candidates/")]
    if changed:
        raise DataError(changed)
    candidates, choice, solution = read_programme(results)
    read = read_results(results)
    scenario = tomllib.loads((results / "scenario.toml").read_text(encoding="utf-8"))
    components, faults = read_cells(results / "components.csv")
    if faults:
        raise DataError(faults)
    return Approved(candidates, choice, read.draws, components, outcomes_of(scenario, ELEMENT_WORKS),
                    solution["first_year"], solution["last_year"]), solution


def monitor_folder(results, place, folder, on, since=None, rules=None, say=lambda text: None, **settings):
    """Put what was reported of a programme beside what was approved, and plan the rest again where rules are given.

    Parameters
    ----------
    results : str or Path
        The approved programme.
    place : str or Path
        What was reported, as ``read_actuals`` takes it.
    folder : Path
        An existing folder: ``monitor.csv, pots.csv, years.csv, change_log.csv, monitor.json, monitor.html, replan/``.
    on : date
        Day it is reported for.
    since : str or Path, optional
        Folder of the report before, whose change log is continued.
    rules : Stability, optional
        How far the new plan keeps to the approved one; left out: nothing is planned again.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    tuple of (str, dict)
        What is to be told, and the figures of ``monitor.json``.
    """
    approved, solution = read_approved_run(results)
    actuals = fitted(read_actuals(place, on), approved)
    log, before = (pd.DataFrame(columns=LOG_COLUMNS), pd.DataFrame()) if since is None else read_log(since)
    tables = {"monitor": schemes_compared(actuals, approved), "pots": pots_compared(actuals, approved),
              "years": years_compared(actuals, approved)}
    for name, frame in tables.items():
        write_frame(frame.round({column: 2 for column in frame if column.endswith("_gbp")}), Path(folder) / f"{name}.csv")
    cells, faults = read_cells(Path(folder) / "monitor.csv")
    if faults:
        raise DataError(faults)
    tables["log"] = continued(log, before, cells, on)
    write_frame(tables["log"], Path(folder) / LOG)
    facts = _facts(tables, actuals, approved, solution, results, len(log))
    if rules is not None:
        facts["replan"] = _replanned(tables["monitor"], actuals, approved, solution, Path(folder), rules, say, settings)
    write_json(facts, Path(folder) / "monitor.json")
    (Path(folder) / "monitor.html").write_bytes(written(monitor_document(tables, facts), ".html"))
    return monitor_text(tables, facts), facts


def enter_report(folder):
    """Enter a report in the store of the project it is in, where there is one, with the last hash of its change log.

    Parameters
    ----------
    folder : str or Path
        As ``monitor_folder`` wrote it.
    """
    folder = Path(folder).resolve()
    project = store_of(folder.parent)
    if project is not None:
        facts = json.loads((folder / "monitor.json").read_text(encoding="utf-8"))
        log = read_log(folder)[0]
        add_entry(project, "report", {
            **{name: facts[name] for name in ("on", "programme_id", "ratings", "spent_gbp", "forecast_gbp")},
            "folder": folder.relative_to(project).as_posix(), "log_sha256": log.chain_sha256.iloc[-1] if len(log) else ""})


def _facts(tables, actuals, approved, solution, results, logged):
    """Headline figures of a report."""
    schemes, pots = tables["monitor"], tables["pots"]
    return {
        "trust": solution["trust"], "scenario": solution["scenario"], "on": actuals.on.isoformat(), "year": actuals.year,
        "first_year": approved.first_year, "last_year": approved.last_year,
        "programme_id": read_record(results)["programme_id"], "state": state_of(results),
        "approved_schemes": len(approved.choice), "ratings": schemes.rating.value_counts().to_dict(),
        "statuses": schemes.status.value_counts().to_dict(),
        "approved_gbp": float(schemes.approved_cost_gbp.sum()), "spent_gbp": float(schemes.spent_gbp.sum()),
        "forecast_gbp": float(schemes.forecast_cost_gbp.sum()),
        "approved_by_year_end_gbp": float(approved.draws.amount_gbp[approved.draws.year <= actuals.year].sum()),
        "lapses_gbp": float(pots.lapses_gbp.sum()), "first_report": not logged,
        "changes_logged": len(tables["log"]) - logged,
        "thresholds": actuals.thresholds[["measure", "amber_above", "red_above"]].to_dict("records"),
        "own_thresholds": "status" not in actuals.thresholds}


def _replanned(compared, actuals, approved, solution, folder, rules, say, settings):
    """The rest of the plan chosen again from where it stands; its folder and its headline figures."""
    candidates, starts = as_it_stands(compared, actuals, approved)
    place = folder / REPLAN
    place.mkdir()
    say(f"{candidates}; planning again from {actuals.year} ...")
    try:
        found = steady(candidates, starts, rules, say, **settings)
    except CapplanError as error:
        raise CapplanError(f"The rest cannot be planned again as it stands (without --replan the report is written): {error}"
                           ) from None
    programme = found.programme
    changes = changes_frame(candidates, starts, programme.choice)
    write_choice(replace(programme, candidates=candidates), place, settings.get("seed", 0))
    write_frame(changes.round(2), place / "changes.csv")
    (place / "as_it_stands").mkdir()
    write_candidates(candidates, place / "as_it_stands")
    return {"value_gbp": programme.objective, "value_approved_gbp": solution["objective"], "gap": programme.gap,
            "changes": changes.change.value_counts().to_dict(), "to_spend_gbp": float(programme.draws.amount_gbp.sum()),
            "costs_least_gbp": found.costs_least_gbp, "costs_most_gbp": found.costs_most_gbp}
