"""Locks on what decides, overrides of what came out, and approvals: who, when, why, and the hash of what was meant."""

from pathlib import Path

from .columns import Column, Kind, Table
from .errors import CapplanError, DataError, Fault
from .run_records import faults_of_run, read_record, sha256
from .run_store import add_entry, entries, store_of
from .scenario import read_scenario
from .tabular import read_cells, typed

DRAFT, REVIEWED, APPROVED, SUPERSEDED = "draft", "reviewed", "approved", "superseded"
ROLES = "roles.csv"
MAY = {DRAFT: ("planner", "reviewer", "approver"), REVIEWED: ("reviewer", "approver"), APPROVED: ("approver",)}
"""Roles that may give a run each state."""
ROLES_TABLE = Table("roles", "Who may do what with runs.", ("name", "role"), (
    Column("name", Kind.TEXT, "Name, as it is given with --by."),
    Column("role", Kind.CHOICE, "planner, reviewer or approver.", choices=("planner", "reviewer", "approver"))))


def lock(project, scenario_file, overlays, files, by_whom):
    """Lock a scenario, with files that decide beside it, before results are opened.

    Parameters
    ----------
    project : str or Path
        A folder with a store.
    scenario_file : str or Path
        A scenario of the project, or a shipped one.
    overlays : sequence of str
    files : sequence of (str or Path)
        Further files inside the project: weights, rules, lists of scenarios.
    by_whom : str

    Returns
    -------
    dict
        What was entered: ``scenario, overlays, scenario_sha256, files, by, runs_before`` (runs that had been entered by
        then), ``lock_sha256``.

    Raises
    ------
    DataError
        With every file that is not there, or not inside the project.
    """
    project, held, faults = Path(project).resolve(), [], []
    for file in files:
        path = Path(file).resolve()
        if not path.is_file() or not path.is_relative_to(project):
            faults.append(Fault(str(file), None, "", "no such file in the project", "a file inside the project's folder"))
        else:
            held.append({"name": path.relative_to(project).as_posix(), "sha256": sha256(path.read_bytes())})
    scenario, own = read_scenario(scenario_file, *overlays), Path(scenario_file).resolve()
    if Path(scenario_file).is_file() and not own.is_relative_to(project):
        faults.append(Fault(str(scenario_file), None, "", "outside the project", "a scenario inside it, or a shipped one"))
    if faults:
        raise DataError(faults)
    name = own.relative_to(project).as_posix() if Path(scenario_file).is_file() else Path(scenario_file).name
    told = {"scenario": name, "overlays": list(overlays), "scenario_sha256": sha256(scenario.to_toml()), "files": held,
            "by": by_whom, "runs_before": len(entries(project, "run"))}
    told["lock_sha256"] = sha256(told)
    add_entry(project, "lock", told)
    return told


def lock_faults(project, only=None):
    """Everything that is not as it was locked, and every run since the first lock that was made under what was not locked.

    Parameters
    ----------
    project : str or Path
    only : str, optional
        Hash of the record of the one run that is asked about; left out: all.

    Returns
    -------
    list of Fault
        Empty where nothing is locked.
    """
    project, faults, made = Path(project).resolve(), [], entries(project)
    locks = [entry for entry in made if entry["kind"] == "lock"]
    for entry in locks:
        try:
            file = project / entry["scenario"]
            now = sha256(read_scenario(file if file.is_file() else entry["scenario"], *entry["overlays"]).to_toml())
        except CapplanError as error:
            now = str(error).splitlines()[0]
        if now != entry["scenario_sha256"]:
            faults.append(Fault(entry["scenario"], None, "", f"changed ({now[:60]})", f"as locked on {entry['at'][:10]}"))
        for held in entry["files"]:
            path = project / held["name"]
            found = sha256(path.read_bytes()) if path.is_file() else "no such file"
            if found != held["sha256"]:
                faults.append(Fault(held["name"], None, "", found[:16],
                                    f"{held['sha256'][:16]}, as locked on {entry['at'][:10]}"))
    allowed = set()
    for entry in made:
        if entry["kind"] == "lock":
            allowed.add(entry["scenario_sha256"])
        elif allowed and entry["kind"] == "run" and entry["scenario_sha256"] not in allowed and (
                only in (None, entry["record_sha256"])):
            faults.append(Fault(entry["folder"], None, "", f"a run under {entry['scenario']}, which was not locked",
                                "a run under a scenario locked before it"))
    return faults


def log_override(results, told, by_whom, why):
    """Enter a decision against what a run found best.

    Parameters
    ----------
    results : str or Path
        The run's results folder, in a project with a store.
    told : dict
        What was decided and what it costs: ``scheme, decision, cost_least_gbp, cost_most_gbp``.
    by_whom, why : str

    Returns
    -------
    dict
        What was entered.
    """
    project, record = entered(results)
    entry = {**told, "by": by_whom, "why": why, "run_id": record["run_id"], "record_sha256": record["record_sha256"]}
    add_entry(project, "override", entry)
    return entry


def entered(results):
    """The project and the record of a run that is in its store.

    Parameters
    ----------
    results : str or Path
        Results folder.

    Returns
    -------
    tuple of (Path, dict)

    Raises
    ------
    CapplanError
        If it is in none, with what to do.
    """
    record, project = read_record(results), store_of(Path(results).resolve().parent)
    if project is None:
        raise CapplanError(f"{results} is in no project; make a store with: capplan runs start FOLDER, and run inside it.")
    if record["record_sha256"] not in {entry["record_sha256"] for entry in entries(project, "run")}:
        raise CapplanError(f"{results} is not in the store of {project}: it was not run there, or was changed since.")
    return project, record


def read_roles(path):
    """Who may do what.

    Parameters
    ----------
    path : str or Path
        A table with ``name`` and ``role`` (planner, reviewer, approver).

    Returns
    -------
    dict of str to set of str
        Roles by name.

    Raises
    ------
    DataError
        With everything that is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", "a table of names and their roles")])
    cells, faults = read_cells(path)
    if cells is not None:
        frame, more = typed(ROLES_TABLE, cells, path.name)
        faults = [*faults, *more]
    if faults:
        raise DataError(faults)
    roles = {}
    for name, role in zip(frame.name, frame.role, strict=True):
        roles.setdefault(name.strip(), set()).add(role)
    return roles


def approve(results, state, by_whom, roles_file=None):
    """Give a run a state: draft, reviewed or approved. Approving one supersedes the one approved before.

    Parameters
    ----------
    results : str or Path
        Results folder in a project with a store.
    state : str
    by_whom : str
        A name of the table of roles.
    roles_file : str or Path, optional
        Left out: ``roles.csv`` in the project's folder.

    Returns
    -------
    dict
        What was entered, with ``signed_sha256``: the hash of the run's record, the state, the name and the roles.

    Raises
    ------
    CapplanError
        Where a file of the run was changed, the name has no role for it, nobody else has reviewed it, or a lock is broken.

    Notes
    -----
    Roles are names in a file, not logins: the store shows that nothing was changed afterwards, not who sat at the keyboard.
    *Counterexample:* a reviewer who types the approver's name; keep the project's folder where only those people may write.
    """
    project, record = entered(results)
    faults = faults_of_run(results)
    if faults:
        raise DataError(faults)
    roles = read_roles(roles_file or project / ROLES)
    own = roles.get(by_whom, set())
    if not own & set(MAY[state]):
        raise CapplanError(f"{by_whom} may not make a run {state}: that takes a {' or '.join(MAY[state])} of the table of "
                           "roles.")
    steps = [entry for entry in entries(project, "approval") if entry["record_sha256"] == record["record_sha256"]]
    before = approved_run(project)
    if state == APPROVED:
        if not any(entry["state"] == REVIEWED and entry["by"] != by_whom for entry in steps):
            raise CapplanError("Not approved: somebody else must have reviewed this run before (--as reviewed).")
        if broken := lock_faults(project, record["record_sha256"]):
            raise DataError(broken)
    entry = {"record_sha256": record["record_sha256"], "run_id": record["run_id"], "state": state, "by": by_whom,
             "folder": Path(results).resolve().relative_to(project).as_posix(), "roles": sorted(own),
             "supersedes": before if state == APPROVED and before != record["record_sha256"] else None}
    entry["signed_sha256"] = sha256(entry)
    add_entry(project, "approval", entry)
    return entry


def approved_run(project):
    """The record hash of the run that is approved now; ``None`` where none is."""
    found = [entry["record_sha256"] for entry in entries(project, "approval") if entry["state"] == APPROVED]
    return found[-1] if found else None


def states(project):
    """The state of every run of a project that has one, by the hash of its record.

    Parameters
    ----------
    project : str or Path

    Returns
    -------
    dict of str to str
        draft, reviewed, approved or superseded.
    """
    now, found = approved_run(project), {}
    for entry in entries(project, "approval"):
        if found.get(entry["record_sha256"]) != APPROVED:
            found[entry["record_sha256"]] = entry["state"]
    return {held: SUPERSEDED if state == APPROVED and held != now else state for held, state in found.items()}


def log_text(project):
    """Every entry of a project's store in words, one a line.

    Parameters
    ----------
    project : str or Path

    Returns
    -------
    str
    """
    def overridden(entry):
        """An override in words."""
        return (f"{entry['by']} overrode run {entry['run_id'][:12]}: {entry['scheme']} {entry['decision']}, costs "
                f"{entry['cost_least_gbp']:,.0f} to {entry['cost_most_gbp']:,.0f} of value; {entry['why']}")

    words = {
        "run": lambda entry: f"run {entry['run_id'][:12]} in {entry['folder']}, scenario {entry['scenario']}",
        "lock": lambda entry: f"{entry['by']} locked {' + '.join([entry['scenario'], *entry['overlays']])} "
        f"and {len(entry['files'])} further files, hash {entry['lock_sha256'][:12]}, {entry['runs_before']} runs before",
        "override": overridden,
        "report": lambda entry: f"report in {entry['folder']} on programme {entry['programme_id'][:12]} on {entry['on']}, "
        f"change log {entry['log_sha256'][:12]}",
        "approval": lambda entry: f"{entry['by']} made run {entry['run_id'][:12]} {entry['state']}, "
        f"signed {entry['signed_sha256'][:12]}" + (", superseding the one before" if entry["supersedes"] else "")}
    return "\n".join(f"{entry['number']:4}  {entry['at']}  {words[entry['kind']](entry)}" for entry in entries(project)
                     if entry["kind"] in words)
