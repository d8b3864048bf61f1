"""The store of a project: one file to which runs, locks and approvals are added and from which nothing is taken away."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from .errors import CapplanError, OutputError
from .run_records import read_record, sha256

STORE = ".capplan-store.sqlite"
"""Name of the file in a project's folder. It is hidden, and belongs to the folder: move them together."""
_TABLE = """
CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
                      content TEXT NOT NULL, chain_sha256 TEXT NOT NULL);
CREATE TRIGGER no_change BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER no_removal BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
"""


def start_store(project):
    """Make the store of a project; from then on every run whose results are written inside the project is entered.

    Parameters
    ----------
    project : str or Path
        A folder; made if need be.

    Raises
    ------
    OutputError
        If there is one already, or it cannot be written.
    """
    path = Path(project) / STORE
    if path.exists():
        raise OutputError(f"{project} has a store already; it is never replaced.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as held:
            held.executescript("BEGIN;" + _TABLE + "COMMIT;")
    except (OSError, sqlite3.Error) as error:
        raise OutputError(f"Cannot write {path}: {error}.") from None


def store_of(place):
    """The nearest store at or above a place.

    Parameters
    ----------
    place : str or Path

    Returns
    -------
    Path or None
        The project's folder; ``None`` where there is no store.
    """
    place = Path(place).resolve()
    return next((folder for folder in (place, *place.parents) if (folder / STORE).is_file()), None)


def add_entry(project, kind, content):
    """Add an entry to the store of a project.

    Parameters
    ----------
    project : str or Path
    kind : str
        intent, run, lock, override, approval or report.
    content : dict
        Plain values.

    Raises
    ------
    CapplanError
        If the store cannot be read or written.

    Notes
    -----
    Each entry holds a hash of itself and of the one before, so that none can be changed, removed or put between others
    unseen. *Counterexample:* somebody who makes the whole file anew; keep the last hash elsewhere, as on a signed paper.
    """
    at, text = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", json.dumps(content, sort_keys=True, allow_nan=False)
    try:
        with closing(sqlite3.connect(Path(project) / STORE, timeout=30, isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            last = held.execute("SELECT chain_sha256 FROM entries ORDER BY number DESC LIMIT 1").fetchone()
            chain = sha256([last[0] if last else "", at, kind, text])
            held.execute("INSERT INTO entries (at, kind, content, chain_sha256) VALUES (?, ?, ?, ?)",
                         (at, kind, text, chain))
            held.execute("COMMIT")
    except sqlite3.Error as error:
        raise CapplanError(f"Cannot use {STORE} in {project}: {error}.") from None


def entries(project, kind=None):
    """The entries of a project's store, oldest first.

    Parameters
    ----------
    project : str or Path
    kind : str, optional
        Only those of this kind.

    Returns
    -------
    list of dict
        ``number, at, kind, chain_sha256`` and the content of each.

    Raises
    ------
    CapplanError
        If there is no store, or it cannot be read, or its chain of hashes is broken.
    """
    path, found, before = Path(project) / STORE, [], ""
    if not path.is_file():
        raise CapplanError(f"{project} has no store; make one with: capplan runs start {project}")
    try:
        with closing(sqlite3.connect(path, timeout=30)) as held:
            rows = held.execute("SELECT number, at, kind, content, chain_sha256 FROM entries ORDER BY number").fetchall()
            told = held.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
        for place, (number, at, own, text, chain) in enumerate(rows, 1):
            if number != place or chain != sha256([before, at, own, text]):
                raise CapplanError(f"The store of {project} was changed at entry {number}: its chain of hashes is broken.")
            before = chain
            found.append({**json.loads(text), "number": number, "at": at, "kind": own, "chain_sha256": chain})
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise CapplanError(f"Cannot read {STORE} in {project}: {error}.") from None
    if told and told[0] != len(rows):
        raise CapplanError(f"The store of {project} has lost its last {told[0] - len(rows)} entries.")
    return [entry for entry in found if kind is None or entry["kind"] == kind]


def intend_run(place, work):
    """Enter what is about to be put in its place, so that a run killed between that and its entry is known all the same.

    Parameters
    ----------
    place : str or Path
        Where the results are to be.
    work : str or Path
        Where they are now, whole.
    """
    place = Path(place).resolve()
    project = store_of(place.parent)
    if project is not None:
        record = read_record(work)
        add_entry(project, "intent", {"folder": place.relative_to(project).as_posix(), "run_id": record["run_id"],
                                      "record_sha256": record["record_sha256"]})


def enter_run(results):
    """Enter a results folder in the store of the project it is in, where there is one.

    Parameters
    ----------
    results : str or Path

    Returns
    -------
    Path or None
        The project's folder; ``None`` where there is no store.
    """
    results = Path(results).resolve()
    project = store_of(results.parent)
    if project is not None:
        record = read_record(results)
        solution = json.loads((results / "solution.json").read_text(encoding="utf-8"))
        own = {name: record[name] for name in ("run_id", "programme_id", "made_at", "record_sha256")}
        add_entry(project, "run", {
            **own, "folder": results.relative_to(project).as_posix(), "trust": solution["trust"],
            "scenario": solution["scenario"], "scenario_sha256": record["made_from"]["scenario_sha256"],
            "value_gbp": solution["objective"]})
    return project
