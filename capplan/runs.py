"""Results folders: everything a run made, whole or not at all, with what it takes to run it again."""

import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from .accounts import bridge_frame, options_frame, ownership_frame
from .candidates import write_candidates
from .candidates.parted import funded_shares
from .carbon_results import write_carbon
from .certainty import cost_risk_frame
from .energy_results import baseline_frame, energy_frame
from .errors import OutputError
from .folders import ASIDE, GONE, MARKER, ending_cleanly, sweep, working_folder
from .ledger import ledger_frame
from .need_accounts import needs_frame
from .place_accounts import change_of_places, places_frame
from .programme_energy import energy_with
from .reference import load
from .results import assumptions_frame, backlog_frame, components_frame, reserves_frame, schemes_frame, solution, treatments
from .tables import TABLES
from .tabular import write_frame, write_json


@contextmanager
def new_folder(path, force=False, reads=()):
    """A folder that appears whole at the end, or not at all.

    Parameters
    ----------
    path : str or Path
        Where it is to be. Its parent is made if need be.
    force : bool
        Replace a folder that is there.
    reads : sequence of (str or Path)
        What the command reads: a folder that holds any of it is never replaced.

    Yields
    ------
    Path
        A temporary folder beside it to write into.

    Raises
    ------
    OutputError
        If the place is taken, is a file, or cannot be written.

    Notes
    -----
    A process that is told to end (SIGTERM) clears up first; after one that is killed the next that writes to the same place
    does (``folders.sweep``). *Counterexample:* a folder that is being replaced when the power fails between two renames is
    found beside its place, hidden, and put back by the next run.
    """
    path = Path(os.path.realpath(path))
    with suppress(OSError):
        sweep(path)
    _refuse_taken(path, force, reads)
    made = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work, held = working_folder(path)
    except OSError as error:
        raise OutputError(f"Cannot write to {path.parent}: {error.strerror}.") from None
    try:
        with ending_cleanly(work):
            yield work
            held.truncate(0)
            held.seek(0)
            held.write(f"Written by capplan {version('capplan')}; --force may replace this folder.\n")
            held.flush()
            work.chmod(0o755)
            _refuse_taken(path, force, reads)
            if os.name == "nt":  # where a folder with an open file in it cannot be renamed
                held.close()
            _put_in_place(work, path)
    except OSError as error:
        if isinstance(error.filename, str) and not Path(error.filename).is_relative_to(work.parent):
            raise
        raise OutputError(f"Cannot write {path}: {error.strerror}.") from None
    finally:
        held.close()
        if work.exists():
            shutil.rmtree(work, ignore_errors=True)
            for parent in made:
                with suppress(OSError):
                    parent.rmdir()


def _put_in_place(work, path):
    """Rename a finished folder to its place; one that is there is moved aside first and only then removed."""
    aside = work.with_name(work.name + ASIDE)
    there = path.is_dir()
    try:
        if there:
            os.replace(path, aside)
        os.replace(work, path)
    finally:
        if aside.is_dir() and not path.exists():
            os.replace(aside, path)
    if there:
        shutil.rmtree(aside.replace(aside.with_suffix(GONE)))


def _refuse_taken(path, force, reads=()):
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is a file; give a folder that does not exist yet.")
    if not path.is_dir() or not any(path.iterdir()):
        return
    if not force:
        raise OutputError(f"{path} exists already; choose another name, or --force to replace it.")
    if not (path / MARKER).is_file():
        raise OutputError(f"{path} holds files that capplan did not write; --force only replaces capplan's own folders.")
    for source in map(os.path.realpath, reads):
        if Path(source).is_relative_to(path):
            raise OutputError(f"{path} holds {source}, which this command reads; give another folder to write to.")


def hash_files(folder, names=None):
    """SHA-256 of the files of a folder but capplan's own marker, by relative path.

    Parameters
    ----------
    folder : str or Path
    names : set of str, optional
        Only these files at the top of the folder; left out: all files, however deep.

    Returns
    -------
    dict of str to str
    """
    folder = Path(folder)
    found = folder.rglob("*") if names is None else (folder / name for name in names)
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(found) if file.is_file() and file.name != MARKER}


def git_commit():
    """Commit of the code, where it runs from a git checkout of capplan; else ``None``."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def write_results(programme, folder, seed=0):
    """Write the results folder of a programme made from an estate.

    Parameters
    ----------
    programme : Programme
    folder : Path
        An existing folder.
    seed : int
        Seed the programme was made with.
    """
    folder, candidates = Path(folder), programme.candidates
    outlook = candidates.outlook
    (folder / "candidates").mkdir()
    write_candidates(candidates, folder / "candidates")
    (folder / "scenario.toml").write_text(outlook.scenario.to_toml(), encoding="utf-8")
    works = treatments(programme)
    along = outlook.course(works)
    schemes = schemes_frame(programme)
    write_frame(schemes, folder / "schemes.csv")
    write_frame(assumptions_frame(programme), folder / "assumptions.csv")
    write_frame(load("sources"), folder / "sources.csv")
    write_frame(programme.draws, folder / "draws.csv")
    write_frame(programme.cashflow(), folder / "cashflow.csv")
    write_frame(reserves_frame(programme), folder / "reserves.csv")
    write_frame(ledger_frame(programme), folder / "ledger.csv")
    write_frame(cost_risk_frame(programme, seed), folder / "cost_risk.csv")
    energy = energy_with(programme, along)
    without, with_ = outlook.by_year(), outlook.by_year(along, energy)
    both = pd.concat([without.assign(plan="without"), with_.assign(plan="with")])
    both.insert(1, "plan", both.pop("plan"))
    write_frame(both.round(6), folder / "outlook.csv")
    if outlook.energy:
        _write_energy(outlook, energy, folder)
    write_frame(bridge_frame(programme, works, along), folder / "bridge.csv")
    write_frame(ownership_frame(programme, along), folder / "ownership.csv")
    write_frame(options_frame(programme), folder / "ownership_options.csv")
    write_frame(components_frame(programme, works.year), folder / "components.csv")
    write_frame(needs_frame(programme), folder / "needs.csv")
    write_frame(places_frame(outlook, change_of_places(programme)), folder / "places.csv")
    for name, key in (("schools", "school_id"), ("blocks", "block_id"), ("elements", "element")):
        write_frame(backlog_frame(programme, key, along), folder / f"{name}.csv")
    write_carbon(programme, folder)
    read = {f"{name}{suffix}" for name in TABLES for suffix in (".csv", ".parquet")}
    hashes = hash_files(outlook.estate.folder, read) if outlook.estate.folder else {}
    write_json(solution(programme, seed, git_commit(), hashes), folder / "solution.json")
    _write_log(folder / "run.log", programme)


def _write_energy(outlook, with_programme, folder):
    """Energy by school, year and fuel, without and with the programme, and the baseline it starts from."""
    last = outlook.scenario.years[-1]
    both = [energy_frame(energy, last).assign(plan=plan)
            for plan, energy in (("without", outlook.energy), ("with", with_programme))]
    both = pd.concat(both)
    both.insert(2, "plan", both.pop("plan"))
    write_frame(both, folder / "energy.csv")
    write_frame(baseline_frame(outlook.energy), folder / "energy_baseline.csv")


def write_choice(programme, folder, seed=0):
    """Write what ``capplan optimise`` gives for a candidates folder made elsewhere.

    Parameters
    ----------
    programme : Programme
    folder : Path
        An existing folder: ``schemes.csv``, ``cashflow.csv``, ``draws.csv``, ``solution.json`` and, to explain it from, the
        candidates themselves go into it; ``parts.csv`` where works may be done in part.
    seed : int
        Seed the programme was made with.
    """
    folder = Path(folder)
    (folder / "candidates").mkdir()
    write_candidates(programme.candidates, folder / "candidates")
    schemes = programme.schemes()
    write_frame(schemes.assign(start_year=schemes.start_year.astype("Int64")), folder / "schemes.csv")
    write_frame(programme.cashflow(), folder / "cashflow.csv")
    write_frame(programme.draws, folder / "draws.csv")
    parts = funded_shares(programme.candidates, programme.choice)
    if len(parts):
        write_frame(parts.round(6), folder / "parts.csv")
    write_json(solution(programme, seed, git_commit()), folder / "solution.json")


def _write_log(path, programme):
    lines = [f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC  capplan {version('capplan')}",
             str(programme.candidates.outlook.estate), str(programme.candidates.outlook), str(programme.candidates),
             str(programme), *programme.candidates.notes]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
