"""What a run was made from and what it made, in hashes: ``run.json`` and ``inputs.zip`` of a results folder."""

import hashlib
import io
import json
import platform
import re
import zipfile
from datetime import UTC, datetime
from importlib.metadata import requires, version
from pathlib import Path

from .errors import DataError, Fault
from .runs import hash_files
from .tables import TABLES
from .tabular import DAMAGED, json_text, write_json

RECORD, INPUTS, APPROVED = "run.json", "inputs.zip", "approved.csv"
MOST_INPUT_BYTES = 4_000_000_000
"""What the tables of an estate may come to when they are unpacked. [bytes]"""
A_RUN = "a results folder with run.json, as capplan run writes it"


def sha256(content):
    """SHA-256 of bytes, of a text in UTF-8, or of plain values as JSON with sorted keys.

    Parameters
    ----------
    content : bytes, str, or plain values

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> sha256("")[:16]
    'e3b0c44298fc1c14'
    >>> sha256({"b": 1, "a": 2}) == sha256({"a": 2, "b": 1})
    True
    """
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def tables_of(estate_folder):
    """The bytes of the tables of an estate, by file name.

    Parameters
    ----------
    estate_folder : str or Path

    Returns
    -------
    dict of str to bytes
    """
    names = sorted(f"{name}{suffix}" for name in TABLES for suffix in (".csv", ".parquet"))
    return {name: path.read_bytes() for name in names if (path := Path(estate_folder) / name).is_file()}


def surroundings():
    """What a run takes from the machine: capplan's own files, Python and every package it needs, each with its version.

    Returns
    -------
    dict of str to str
    """
    own = {name: hashed for name, hashed in hash_files(Path(__file__).parent).items() if "__pycache__" not in name}
    needed = sorted(re.match(r"[\w.-]+", line)[0] for line in requires("capplan") or () if "extra ==" not in line)
    return {"capplan": version("capplan"), "capplan's own files": sha256(own), "python": platform.python_version(),
            **{name: version(name) for name in needed}}


def programme_id(choice):
    """Hash of a programme: which schemes start in which year.

    Parameters
    ----------
    choice : dict
        Scheme to start year.

    Returns
    -------
    str
    """
    return sha256({scheme: int(year) for scheme, year in choice.items()})


def write_record(programme, folder, tables, approved=None, seed=0, workers=1):
    """Write ``inputs.zip`` and ``run.json``, the last of a results folder.

    Parameters
    ----------
    programme : Programme
    folder : str or Path
        Everything else of the results is in it.
    tables : dict of str to bytes
        As ``tables_of`` gave them before the estate was read.
    approved : dict, optional
        The approved programme it was made beside, scheme to start year.
    seed, workers : int
        Seed and threads of the solver.

    Notes
    -----
    The tables of the estate are kept, not only their hashes: a folder that is moved can then be run again.
    *Counterexample:* a page that goes to the public; give them summary.html, not the folder.
    """
    folder, kept = Path(folder), dict(tables)
    if approved is not None:
        rows = "".join(f"{scheme},{year}\n" for scheme, year in sorted(approved.items()))
        kept[APPROVED] = f"scheme_id,start_year\n{rows}".encode()
    (folder / INPUTS).write_bytes(_zipped(kept))
    around = surroundings()
    made_from = {
        "inputs_sha256": sha256({name: sha256(content) for name, content in kept.items()}),
        "scenario_sha256": sha256((folder / "scenario.toml").read_bytes()), "seed": seed, "workers": workers,
        "solver": programme.answer.solver, "solver_version": programme.answer.version,
        "surroundings": [{"what": what, "version": held} for what, held in around.items()]}
    record = {"run_id": sha256(made_from), "programme_id": programme_id(programme.choice),
              "made_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "made_from": made_from,
              "files": [{"name": name, "sha256": hashed} for name, hashed in hash_files(folder).items()]}
    write_json({"record_sha256": sha256(record), **record}, folder / RECORD)


def _zipped(files):
    """The bytes of an archive of files: the same for the same files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def read_record(folder):
    """What ``run.json`` of a results folder says.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    dict

    Raises
    ------
    DataError
        If there is none, or it is not as a run writes it.
    """
    path = Path(folder) / RECORD
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", f"there: {A_RUN}")])
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        for name in ("record_sha256", "run_id", "programme_id", "made_at"):
            if not isinstance(record[name], str):
                raise TypeError
        found = {row["name"]: row["sha256"] for row in record["files"]}
        around = {row["what"]: row["version"] for row in record["made_from"]["surroundings"]}
        held = {"seed": int(record["made_from"]["seed"]), "workers": int(record["made_from"]["workers"])}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise DataError([Fault(str(path), None, "", "not what a run writes", A_RUN)]) from None
    return {**record, **held, "hashes": found, "around": around}


def faults_of_run(folder):
    """Every file of a results folder that is not as the run wrote it.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    list of Fault
        Empty: every byte is as it was.
    """
    record = read_record(folder)
    told = {name: record[name] for name in ("run_id", "programme_id", "made_at", "made_from", "files") if name in record}
    faults = [] if sha256(told) == record["record_sha256"] else [
        Fault(RECORD, None, "", "a record that was changed", f"as written, SHA-256 {record['record_sha256'][:16]}...")]
    if sha256(record["made_from"]) != record["run_id"]:
        faults.append(Fault(RECORD, None, "run_id", record["run_id"][:16], "the hash of what it was made from"))
    there = {name: hashed for name, hashed in hash_files(folder).items() if name != RECORD}
    for name in sorted({*there, *record["hashes"]}):
        was, now = record["hashes"].get(name), there.get(name)
        if was != now:
            found = "no such file" if now is None else f"SHA-256 {now[:16]}..."
            faults.append(Fault(name, None, "", found, "absent: the run did not write it" if was is None else
                                f"SHA-256 {str(was)[:16]}..., as the run wrote it"))
    return faults


def differing(record):
    """What of the machine is not as it was when a run was made.

    Parameters
    ----------
    record : dict
        As ``read_record`` gives it.

    Returns
    -------
    list of tuple (str, str, str)
        What, its version then and now; blank where there was or is none.
    """
    then, now = record["around"], surroundings()
    return [(what, then.get(what, ""), now.get(what, "")) for what in {**then, **now} if then.get(what) != now.get(what)]


def unpack_inputs(folder, place):
    """Unpack the tables that a run was made from.

    Parameters
    ----------
    folder : str or Path
        Results folder.
    place : Path
        An existing folder.

    Returns
    -------
    Path or None
        Table of the approved programme, where there was one.

    Raises
    ------
    DataError
        Where the archive is damaged, holds anything but tables, or would be too large.
    """
    path, allowed = Path(folder) / INPUTS, {f"{name}{end}" for name in TABLES for end in (".csv", ".parquet")} | {APPROVED}
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            strange = [Fault(INPUTS, None, "", repr(info.filename), "the table of an estate") for info in listed
                       if info.filename not in allowed]
            strange += [Fault(INPUTS, None, "", "a name twice", "each table once")] * (
                len({info.filename for info in listed}) < len(listed))
            if sum(info.file_size for info in listed) > MOST_INPUT_BYTES:
                strange.append(Fault(INPUTS, None, "", "too much", f"at most {MOST_INPUT_BYTES:,} bytes when unpacked"))
            if strange:
                raise DataError(strange)
            for info in listed:
                (place / info.filename).write_bytes(archive.read(info))
    except DAMAGED:
        raise DataError([Fault(INPUTS, None, "", "no such archive, or a damaged one", "as the run wrote it")]) from None
    return place / APPROVED if (place / APPROVED).is_file() else None


def record_text(record):
    """The record of a run, for a screen.

    Parameters
    ----------
    record : dict
        As ``read_record`` gives it.

    Returns
    -------
    str
    """
    made = record["made_from"]
    facts = {"run": record["run_id"], "programme": record["programme_id"], "made at": record["made_at"],
             "inputs": made["inputs_sha256"], "scenario": made["scenario_sha256"], "seed": made["seed"],
             "threads": made["workers"], "solver": f"{made['solver']} {made['solver_version']}",
             "files": f"{len(record['hashes'])}, each with its SHA-256 in {RECORD}"}
    lines = [f"{name:12}{value}" for name, value in facts.items()]
    return "\n".join([*lines, "versions    " + json_text(record["around"]).strip("{}").replace('"', "")])
