"""Whole jobs about runs that were made: verify them, and make them again."""

import shutil
from pathlib import Path

from . import jobs
from .candidates.approved import read_approved
from .errors import DataError, Fault
from .run_records import RECORD, differing, faults_of_run, read_record, tables_of, unpack_inputs, write_record
from .run_store import entries, store_of


def verify(place):
    """Every fault of a results folder, or of all runs of a project's store.

    Parameters
    ----------
    place : str or Path
        A results folder, or a project with a store.

    Returns
    -------
    tuple of (int, list of Fault)
        How many runs were read, and what is not as they wrote it.

    Notes
    -----
    A run whose folder was since written again is verified by its latest entry. *Counterexample:* one that was wanted as it
    was; approve it, and write later ones elsewhere.
    """
    place = Path(place)
    if (place / RECORD).is_file():
        return 1, [*faults_of_run(place), *_against_store(place)]
    latest = {entry["folder"]: entry for entry in entries(place, "run")}
    faults = []
    for folder in latest:
        if not (place / folder).is_dir():
            faults.append(Fault(folder, None, "", "no such folder", "the results of a run in the store"))
            continue
        own = [*faults_of_run(place / folder), *_against_store(place / folder)]
        faults += [Fault(f"{folder}/{fault.where}", fault.row, fault.column, fault.found, fault.must_be) for fault in own]
    return len(latest), faults


def _against_store(results):
    """A fault where the store of the project holds another record of this folder."""
    results = Path(results).resolve()
    project = store_of(results.parent)
    if project is None:
        return []
    name, made = results.relative_to(project).as_posix(), entries(project)
    own = [entry for entry in made if entry["kind"] == "run" and entry["folder"] == name]
    told = read_record(results)["record_sha256"]
    meant = {entry["record_sha256"] for entry in made[own[-1]["number"]:] if entry["kind"] == "intent"
             and entry["folder"] == name} if own else set()
    if own and told not in {own[-1]["record_sha256"], *meant}:
        return [Fault(RECORD, None, "record_sha256", told[:16], f"{own[-1]['record_sha256'][:16]}, as entered in the store")]
    return []


def rerun(results, folder, say=lambda text: None):
    """Make a run again from what its results folder keeps.

    Parameters
    ----------
    results : str or Path
        Results folder; it may have been moved.
    folder : Path
        An existing folder to write into.
    say : callable
        Told what is being done.

    Returns
    -------
    dict
        ``same`` (whether it is the same programme), ``programme_id`` then and now, and ``differs``: what of the machine is
        not as it was.

    Raises
    ------
    DataError
        Where what it keeps is not as the run wrote it.
    """
    results, folder = Path(results), Path(folder)
    record = read_record(results)
    kept = [fault for fault in faults_of_run(results) if fault.where in (RECORD, "inputs.zip", "scenario.toml")]
    if kept:
        raise DataError(kept)
    inputs = folder / ".inputs"
    inputs.mkdir()
    approved = unpack_inputs(results, inputs)
    tables, asked = tables_of(inputs), (record["seed"], record["workers"])
    programme = jobs.plan(inputs, results / "scenario.toml", (), folder, *asked, say, approved)
    kept = None if approved is None else read_approved(approved)
    shutil.rmtree(inputs)
    write_record(programme, folder, tables, kept, *asked)
    now = read_record(folder)
    return {"same": now["programme_id"] == record["programme_id"], "run_id": record["run_id"],
            "programme_id": record["programme_id"], "programme_id_now": now["programme_id"],
            "differs": [{"what": what, "then": then, "now": held} for what, then, held in differing(record)]}
