"""What a paper says of how a plan was governed: the lock it was made under, what was decided against it, overdue figures."""

from datetime import date
from pathlib import Path

import pandas as pd

from .approvals import states
from .errors import DataError, Fault
from .run_records import RECORD, read_record
from .run_store import entries, store_of
from .tabular import read_cells

OVERDUE_COLUMNS = ("figure", "value", "owner", "dated", "review_by")


def overdue_figures(results, on=None):
    """The figures of a run whose review was overdue, the longest overdue first.

    Parameters
    ----------
    results : str or Path
        Results folder.
    on : date, optional
        The day that is asked about; left out: the day the run was made, so that a paper printed again says the same.

    Returns
    -------
    DataFrame
        ``figure, value, owner`` (text), ``dated, review_by`` (dates, missing where nothing is said) and ``days_overdue``.
        [days] What is due on the day itself is not overdue; a figure without a day of review never is.

    Raises
    ------
    DataError
        If the folder has no register of figures, no record to take the day from, or one that cannot be read.

    Notes
    -----
    Assumes that the estate's ``owners.csv`` names every figure that is to be reviewed. *Counterexample:* a figure nobody
    owns has no day of review, and is old in silence; ``assumptions.csv`` shows it with a blank owner.
    """
    path = Path(results) / "assumptions.csv"
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", "the register of figures, as capplan run writes it")])
    on = on or date.fromisoformat(read_record(results)["made_at"][:10])
    cells, faults = read_cells(path)
    if cells is not None:
        faults = [*faults, *(Fault(path.name, 1, name, "no such column", "there; capplan run writes it")
                             for name in OVERDUE_COLUMNS if name not in cells)]
    if faults:
        raise DataError(faults)
    frame = cells[list(OVERDUE_COLUMNS)].copy()
    for name in ("dated", "review_by"):
        days = pd.to_datetime(frame[name].str.strip(), format="%Y-%m-%d", errors="coerce")
        wrong = days.isna() & (frame[name].str.strip() != "")
        faults += [Fault(path.name, int(row), name, repr(text), "a date, YYYY-MM-DD, or blank")
                   for row, text in frame[name][wrong].items()]
        frame[name] = days
    if faults:
        raise DataError(faults)
    frame["days_overdue"] = (pd.Timestamp(on) - frame.review_by).dt.days
    late = frame[frame.days_overdue > 0].sort_values(["review_by", "figure"])
    return late.astype({"days_overdue": int}).reset_index(drop=True)


def lock_hash(results):
    """The lock that a run was made under.

    Parameters
    ----------
    results : str or Path
        Results folder.

    Returns
    -------
    dict or None
        ``lock_sha256`` as ``lock set`` printed it, ``at`` (when it was set), ``by``, ``scenario``, ``files`` (names of what
        was locked beside it) and ``runs_before``: how many runs had been entered by then; 0: none had been opened. The first
        lock on the run's scenario that was there before the run. ``None`` where the run is in no store, or was made under
        nothing that was locked.

    Raises
    ------
    CapplanError
        If the folder has a store whose chain is broken.
    """
    made, run = _of_store(results)
    for entry in made[:run["number"] - 1] if run else ():
        if entry["kind"] == "lock" and entry["scenario_sha256"] == run["scenario_sha256"]:
            return {"lock_sha256": entry["lock_sha256"], "at": entry["at"], "by": entry["by"], "scenario": entry["scenario"],
                    "files": [held["name"] for held in entry["files"]], "runs_before": entry["runs_before"]}
    return None


def overrides_of(results):
    """The decisions that were logged against a run, oldest first.

    Parameters
    ----------
    results : str or Path
        Results folder.

    Returns
    -------
    list of dict
        ``scheme, decision`` (in or out), ``by, why, at, cost_least_gbp, cost_most_gbp``: what it costs of the programme's
        value. Empty where the run is in no store.
    """
    made, run = _of_store(results)
    names = ("scheme", "decision", "by", "why", "at", "cost_least_gbp", "cost_most_gbp")
    return [{name: entry[name] for name in names} for entry in made
            if run and entry["kind"] == "override" and entry["record_sha256"] == run["record_sha256"]]


def state_of(results):
    """The state a run was given: draft, reviewed, approved or superseded; blank where it was given none.

    Parameters
    ----------
    results : str or Path
        Results folder.

    Returns
    -------
    str
    """
    run = _of_store(results)[1]
    return states(store_of(Path(results).resolve().parent)).get(run["record_sha256"], "") if run else ""


def _of_store(results):
    """Entries of the store that a run is in, and its own; none where it is in no store."""
    project = store_of(Path(results).resolve().parent)
    if project is None or not (Path(results) / RECORD).is_file():
        return [], None
    made, own = entries(project), read_record(results)["record_sha256"]
    return made, next((entry for entry in made if entry["kind"] == "run" and entry["record_sha256"] == own), None)
