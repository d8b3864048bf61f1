"""Answers of searches kept in a folder, so that long work that was interrupted goes on from what is done."""

import hashlib
import json
import math
import os
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..candidate_tables import CANDIDATE_TABLES
from ..errors import DataError, Fault, OutputError
from .instance import total_value
from .solver import Answer

MARKER = "kept_by_capplan"
PENNY_GBP = 0.01
_PLACE = ContextVar("place", default=None)


@contextmanager
def keeping(folder):
    """Keep the answer of every search made meanwhile, and take those that are there already.

    Parameters
    ----------
    folder : str, Path or None
        Made if need be; ``None``: nothing is kept.

    Raises
    ------
    OutputError
        If it holds files that were not kept there, or cannot be written.

    Notes
    -----
    An answer is known by all it was made from: the tables of the candidates, the settings, the programme it started from,
    the files of capplan and the version of the solver. It is checked against the rules again when it is taken; its bound is
    believed. *Counterexample:* a folder where others may write; keep it where only you may.
    """
    if folder is None:
        yield
        return
    folder = Path(folder)
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise OutputError(f"{folder} holds files that capplan did not keep there; give another folder.")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
    except OSError as error:
        raise OutputError(f"Cannot keep anything in {folder}: {error.strerror}.") from None
    token = _PLACE.set(folder)
    try:
        yield
    finally:
        _PLACE.reset(token)


def remembered(candidates, inst, asked, search):
    """What a search gives, or what it gave before where that was kept.

    Parameters
    ----------
    candidates : Candidates
    inst : Instance
        Made from them.
    asked : dict
        What the search is asked for, as plain values.
    search : callable
        Makes the search: an ``Answer`` and how it was found.

    Returns
    -------
    tuple of (Answer, str)

    Raises
    ------
    DataError
        If what was kept cannot be read, or is no programme of these candidates.
    """
    folder = _PLACE.get()
    if folder is None:
        return search()
    path = folder / f"{_name_of(candidates, asked)}.json"
    if path.is_file():
        return _read(path, inst)
    answer, found_by = search()
    told = {**vars(answer), "choice": [[scheme, int(year)] for scheme, year in answer.choice.items()],
            "objective": float(answer.objective), "bound": float(answer.bound) if math.isfinite(answer.bound) else None,
            "found_by": found_by}
    half = path.with_suffix(f".{os.getpid()}")
    half.write_text(json.dumps(told, allow_nan=False), encoding="utf-8")
    os.replace(half, path)
    return answer, found_by


def _read(path, inst):
    """An answer that was kept."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        choice = {scheme: int(year) for scheme, year in told["choice"]}
        bound = math.inf if told["bound"] is None else float(told["bound"])
        answer = Answer(choice, float(told["objective"]), bound, float(told["seconds"]), str(told["status"]),
                        str(told["solver"]), str(told["version"]))
        found_by = str(told["found_by"])
        sound = abs(total_value(inst, choice) - answer.objective) < PENNY_GBP and bound >= answer.objective - PENNY_GBP
    except (ValueError, TypeError, KeyError, RecursionError):
        sound = False
    if not sound:
        raise DataError([Fault(path.name, None, "", "not what was kept there", "as capplan kept it; remove the file")])
    return answer, found_by


def _name_of(candidates, asked):
    """Hash of all that an answer is made from."""
    held = hashlib.sha256(_code().encode())
    for table in CANDIDATE_TABLES:
        held.update(f"\n{table.name}\n{candidates.table(table.name).to_csv(index=False)}".encode())
    held.update(json.dumps(asked, sort_keys=True, default=float).encode())
    return held.hexdigest()[:40]


@cache
def _code():
    """Hash of the files that search, with the versions of what they search with."""
    held = hashlib.sha256(f"{version('capplan')} {version('highspy')} {version('pulp')}".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        held.update(file.read_bytes())
    return held.hexdigest()
