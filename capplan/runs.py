"""Results folders: everything a run made, whole or not at all, with what it takes to run it again."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from .candidates import KINDS, write_candidates
from .errors import OutputError
from .explanations import reasons, scheme_figures
from .outlook import OLD_SURVEY_YEARS
from .reference import load
from .tabular import write_frame


@contextmanager
def new_folder(path, force=False):
    """A folder that appears whole at the end, or not at all.

    Parameters
    ----------
    path : str or Path
        Where it is to be. Its parent is made if need be.
    force : bool
        Replace a folder that is there.

    Yields
    ------
    Path
        A temporary folder beside it to write into.

    Raises
    ------
    OutputError
        If the place is taken, is a file, or cannot be written.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is a file; give a folder that does not exist yet.")
    if path.is_dir() and any(path.iterdir()) and not force:
        raise OutputError(f"{path} exists already; choose another name, or --force to replace it.")
    if path.is_dir() and force and any(path.iterdir()) and not _ours(path):
        raise OutputError(f"{path} holds files that capplan did not write; --force only replaces capplan's own folders.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise OutputError(f"Cannot write to {path.parent}: {error.strerror}.") from None
    try:
        yield work
        work.chmod(0o755)
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(work, path)
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror}.") from None
    finally:
        if work.exists():
            shutil.rmtree(work, ignore_errors=True)


MARKERS = ("solution.json", "trust.csv", "schools.csv", "totals.csv", "demo.json", "schemes.csv")


def _ours(path):
    return any((path / name).is_file() for name in MARKERS)


def hash_files(folder):
    """SHA-256 of every file of a folder, by relative path.

    Returns
    -------
    dict of str to str
    """
    folder = Path(folder)
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.rglob("*")) if file.is_file()}


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
    treated_in, scope = treatments(programme)
    schemes = schemes_frame(programme)
    write_frame(schemes, folder / "schemes.csv")
    write_frame(assumptions_frame(programme), folder / "assumptions.csv")
    write_frame(programme.draws, folder / "draws.csv")
    write_frame(programme.cashflow(), folder / "cashflow.csv")
    write_frame(reserves_frame(programme), folder / "reserves.csv")
    without, with_ = outlook.by_year(), outlook.by_year(treated_in, scope)
    both = pd.concat([without.assign(plan="without"), with_.assign(plan="with")])
    both.insert(1, "plan", both.pop("plan"))
    write_frame(both.round(6), folder / "outlook.csv")
    write_frame(_by_place(programme, "school_id", treated_in, scope), folder / "schools.csv")
    write_frame(_by_place(programme, "element", treated_in, scope), folder / "elements.csv")
    _write_json(folder / "solution.json", solution(programme, seed))
    _write_log(folder / "run.log", programme)


def treatments(programme):
    """When works bring each component to grade A, and from which grades.

    Returns
    -------
    tuple of (array of int, shape (n,), array of bool, shape (n, 5))
        Year of the plan (-1: never) and the grades put right, for each row of ``outlook.parts``.
    """
    outlook = programme.candidates.outlook
    n, first = len(outlook.parts), outlook.scenario.plan.first_year
    treated_in, scope = np.full(n, -1), np.zeros((n, 5), dtype=bool)
    for scheme, year in programme.choice.items():
        rows = programme.candidates.members.get(scheme)
        if rows is not None:
            treated_in[rows] = year - first
            scope[rows, KINDS["repair" if scheme.endswith(".repair") else "renew"]:] = True
            if not scheme.endswith(".repair"):
                scope[rows, 0] = True
    return treated_in, scope


def schemes_frame(programme):
    """Every candidate, funded or not, with year, cost, value, pots and the reason.

    Returns
    -------
    DataFrame
        Columns as the README's list of results has them.
    """
    candidates = programme.candidates
    figures = scheme_figures(programme)
    names = candidates.outlook.estate.schools.set_index("school_id")["name"]
    frame = candidates.schemes.set_index("scheme_id", drop=False)
    paid = programme.draws.groupby(["scheme_id", "pot_id"], sort=False).amount_gbp.sum()
    pots = {}
    for (scheme, pot), amount in paid.items():
        pots.setdefault(scheme, []).append(f"{pot} {amount:.0f}")
    return pd.DataFrame({
        "scheme_id": frame.scheme_id, "school_id": frame.school_id, "school_name": frame.school_id.map(names),
        "site_id": frame.site_id, "block_id": frame.block_id, "element": frame.element, "kind": frame.kind,
        "description": frame.description, "exclusion_group": frame.exclusion_group,
        "must_do": np.where(frame.must_do != "", "yes", "no"), "must_start_by": frame.must_do,
        "priority": frame.priority.astype("Int64"), "worst_grade": frame.worst_grade,
        "surveyed_share": frame.surveyed_share, "start_year": figures.start_year.astype("Int64"),
        "cost_gbp": figures.cost_gbp.round(2), "value_gbp": figures.value_gbp.round(2),
        "value_per_gbp": figures.value_per_gbp.round(4),
        "pots": ["; ".join(pots.get(scheme, ())) for scheme in frame.scheme_id],
        "reason": reasons(programme, figures)}).reset_index(drop=True)


def reserves_frame(programme):
    """Free reserves year by year, with the works they pay for (nominal GBP).

    Returns
    -------
    DataFrame
        ``year, opening_gbp, income_gbp, surplus_gbp, spent_on_works_gbp, closing_gbp, floor_gbp``.
    """
    money, pots = programme.candidates.money, programme.candidates.pots
    own = pots.pot_id[pots.route == "reserves"]
    spent = programme.draws[programme.draws.pot_id.isin(own)].groupby("year").amount_gbp.sum()
    frame = money.reserves.copy()
    frame["spent_on_works_gbp"] = frame.year.map(spent).fillna(0.0)
    frame["opening_gbp"] = frame.opening_gbp - frame.spent_on_works_gbp.cumsum() + frame.spent_on_works_gbp
    frame["closing_gbp"] = frame.opening_gbp + frame.surplus_gbp - frame.spent_on_works_gbp
    return frame[["year", "opening_gbp", "income_gbp", "surplus_gbp", "spent_on_works_gbp", "closing_gbp",
                  "floor_gbp"]].round(2)


def _by_place(programme, key, treated_in, scope):
    outlook = programme.candidates.outlook
    end = outlook.horizon
    schemes = programme.candidates.schemes.set_index("scheme_id")
    chosen = schemes[schemes.index.isin(programme.choice)]
    paid = programme.draws.groupby("scheme_id").amount_gbp.sum()
    spend = paid.groupby(schemes[key].reindex(paid.index).to_numpy()).sum()
    frame = pd.DataFrame({
        "backlog_now_gbp": outlook.backlog_by(key, 0), "backlog_end_without_gbp": outlook.backlog_by(key, end),
        "backlog_end_with_gbp": outlook.backlog_by(key, end, treated_in, scope)}).round(2)
    if key == "element":
        frame["spend_gbp"] = spend.reindex(frame.index).fillna(0.0).round(2)
        return frame.rename_axis("element").reset_index()
    estate = outlook.estate
    schools = estate.schools.set_index("school_id")
    frame = frame.reindex(schools.index, fill_value=0.0)
    gifa = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").groupby("school_id").gifa_m2.sum()
    frame.insert(0, "name", schools["name"])
    frame.insert(1, "gifa_m2", gifa.reindex(frame.index).fillna(0.0).round(2))
    frame.insert(2, "replacement_gbp", outlook.replacement_gbp().reindex(frame.index).round(2))
    frame["fci_now"] = (frame.backlog_now_gbp / frame.replacement_gbp).where(frame.replacement_gbp > 0).round(4)
    frame["schemes_funded"] = chosen.groupby("school_id").size().reindex(frame.index).fillna(0).astype(int)
    frame["spend_gbp"] = spend.reindex(frame.index).fillna(0.0).round(2)
    seen = (~outlook.parts.modelled).groupby(outlook.parts.school_id).mean()
    frame["surveyed_share"] = seen.reindex(frame.index).round(4)
    return frame.rename_axis("school_id").reset_index()


def solution(programme, seed):
    """What proves the programme and where it came from, ready for JSON.

    Returns
    -------
    dict
    """
    answer, candidates = programme.answer, programme.candidates
    base = {"objective": answer.objective, "bound": answer.bound, "gap": answer.gap, "seconds": round(answer.seconds, 3),
            "status": answer.status, "solver": answer.solver, "version": answer.version, "found_by": programme.found_by,
            "capplan_version": version("capplan"), "git_commit": git_commit(), "seed": seed, "audit": "clean",
            "baselines": [{"rule": rule.rule, "value_gbp": rule.value, "feasible": rule.feasible}
                          for rule in programme.rules]}
    outlook = candidates.outlook
    if outlook is None:
        return base
    parts, plan = outlook.parts, outlook.scenario.plan
    assumed = assumptions_frame(programme)
    notes = [*candidates.notes,
             f"{(assumed.status == 'ASSUMPTION').sum()} of the figures used are assumptions of capplan, not published ones: "
             "the loss rates by element, fees and contingency among them. assumptions.csv lists them all."]
    evidence = {"components": len(parts), "surveyed_share": float((~parts.modelled).mean()),
                "modelled_share": float(parts.modelled.mean()),
                "older_than_five_years_share": float((parts.survey_years_old > OLD_SURVEY_YEARS).mean())}
    return {"trust": outlook.estate.trust["name"], "scenario": outlook.scenario.name, **base,
            "price_base": plan.price_base, "first_year": plan.first_year, "last_year": plan.first_year + plan.years - 1,
            "stand_in_money": candidates.money.stand_in, "notes": notes, "evidence": evidence,
            "inputs": hash_files(outlook.estate.folder) if outlook.estate.folder else {}}


def write_choice(programme, folder, seed=0):
    """Write what ``capplan optimise`` gives for a candidates folder made elsewhere.

    Parameters
    ----------
    programme : Programme
    folder : Path
        An existing folder: ``schemes.csv``, ``cashflow.csv``, ``draws.csv`` and ``solution.json`` go into it.
    """
    folder = Path(folder)
    schemes = programme.schemes()
    write_frame(schemes.assign(start_year=schemes.start_year.astype("Int64")), folder / "schemes.csv")
    write_frame(programme.cashflow(), folder / "cashflow.csv")
    write_frame(programme.draws, folder / "draws.csv")
    _write_json(folder / "solution.json", solution(programme, seed))


def assumptions_frame(programme):
    """Every figure the run took from its scenario and from the loss rates, with source and status.

    Returns
    -------
    DataFrame
        ``figure, value, meaning, source, status``; money that stands in is left out where the trust has its own.
    """
    candidates = programme.candidates
    frame = pd.DataFrame(candidates.outlook.scenario.register())
    if not candidates.money.stand_in:
        frame = frame[~frame.figure.str.startswith("stand_in.")]
    rates = load("loss_rates").melt(["element", "status", "source", "note"])
    rates["figure"] = "loss_rates." + rates.variable + "." + rates.element
    rates = rates.rename(columns={"note": "meaning"})[["figure", "value", "meaning", "source", "status"]]
    return pd.concat([frame, rates], ignore_index=True)


def _write_json(path, content):
    path.write_text(json.dumps(content, indent=2, allow_nan=False, default=float) + "\n", encoding="utf-8")


def _write_log(path, programme):
    lines = [f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC  capplan {version('capplan')}",
             str(programme.candidates.outlook.estate), str(programme.candidates.outlook), str(programme.candidates),
             str(programme), *programme.candidates.notes]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
