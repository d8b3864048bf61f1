"""The whole job of a committee's paper: the run, what it is compared with, and the file."""

from pathlib import Path

from . import compare_job
from .approvals import approved_run
from .errors import CapplanError
from .report.committee import committee_paper
from .report.committee_changes import Changes, read_changes
from .report.committee_read import read_committee
from .report.committee_update import committee_update
from .report.papers import written
from .report.results import read_results
from .run_records import RECORD, read_record
from .run_store import entries, store_of

APPROVED_RUN = "the approved programme"


def committee_file(folder, suffix, against=None, explained=None, envelopes=None, update=False, say=lambda text: None):
    """The paper of a results folder, or what moved since an earlier one, as a file.

    Parameters
    ----------
    folder : str or Path
        Results folder.
    suffix : str
        ``.pdf``, ``.html`` or ``.docx``.
    against : str or Path, optional
        An earlier results folder, or a folder of ``capplan compare EARLIER RESULTS --out``; left out: the approved run of
        the project, where there is one.
    explained, envelopes : str or Path, optional
        Folders of ``capplan explain RESULTS --out`` and ``capplan envelopes --out``.
    update : bool
        Whether the short paper for noting is wanted, on what moved.
    say : callable
        Told what is being done.

    Returns
    -------
    bytes

    Raises
    ------
    CapplanError
        If a folder cannot be read or is of another programme, or there is nothing to tell an update against.
    """
    results = read_results(folder)
    changes = _changes(Path(folder), results, against, say)
    if update and changes is None:
        raise CapplanError("--update: what has moved is told against an earlier run, and this project has no approved one; "
                           "give it with --against.")
    read = read_committee(results, explained, envelopes, changes)
    return written((committee_update if update else committee_paper)(read), suffix)


def _changes(folder, results, against, say):
    """What moved since the run that is asked for, or since the approved one; ``None`` where there is neither."""
    if against is not None and (Path(against) / "causes.csv").is_file():
        return read_changes(against, results)
    earlier = approved_folder(folder) if against is None else Path(against)
    if earlier is None:
        return None
    if earlier.resolve() == folder.resolve():
        raise CapplanError(f"--against {against}: these are the same results; give an earlier run.")
    say(f"Comparing with {earlier}: what each cause changed is found by solving again ...")
    found = compare_job.compare([earlier, folder], say)
    called = APPROVED_RUN if against is None else earlier.name
    return Changes(found["compare"], found["causes"], found["changes"], called)


def approved_folder(folder):
    """The folder of the project's approved run, where it is another than this one and still there.

    Parameters
    ----------
    folder : str or Path
        Results folder.

    Returns
    -------
    Path or None
    """
    project = store_of(Path(folder).resolve().parent)
    if project is None or not (Path(folder) / RECORD).is_file():
        return None
    approved = approved_run(project)
    if approved is None or approved == read_record(folder)["record_sha256"]:
        return None
    run = next((entry for entry in entries(project, "run") if entry["record_sha256"] == approved), None)
    place = None if run is None else project / run["folder"]
    return place if place is not None and (place / RECORD).is_file() else None
