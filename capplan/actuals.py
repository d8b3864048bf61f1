"""What was reported of an approved programme - works, spending, condition afterwards - read with every fault in it."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .candidates.model import CONTRIBUTIONS
from .condition.treatments import outcome_of
from .errors import DataError, Fault, rows_at_fault
from .monitor_tables import ACTUALS, BEGUN, CONDITIONS, FINISHED, NOT_STARTED, SPENDING, THRESHOLDS
from .reference import load
from .tabular import find_table, read_cells, typed

RESERVES = "reserves"
PENNY_GBP = 0.01


@dataclass(frozen=True)
class Actuals:
    """What was reported of a programme by a day: ``works``, ``spending``, ``conditions`` and ``thresholds``, typed, each
    indexed by spreadsheet row; ``on`` is the day (date) and ``year`` its planning year."""

    works: pd.DataFrame = field(repr=False)
    spending: pd.DataFrame = field(repr=False)
    conditions: pd.DataFrame = field(repr=False)
    thresholds: pd.DataFrame = field(repr=False)
    on: object
    year: int


@dataclass(frozen=True)
class Approved:
    """An approved programme as its results folder has it: candidates, choice (scheme to year), draws, components and what
    each kind of works makes of each grade."""

    candidates: object = field(repr=False)
    choice: dict = field(repr=False)
    draws: pd.DataFrame = field(repr=False)
    components: pd.DataFrame = field(repr=False)
    outcomes: dict = field(repr=False)
    first_year: int
    last_year: int


def year_of(day):
    """The planning year a day is in: 1 September y to 31 August y+1.

    Examples
    --------
    >>> from datetime import date
    >>> year_of(date(2027, 8, 31)), year_of(date(2027, 9, 1))
    (2026, 2027)
    """
    return day.year - (day.month < 9)


def outcomes_of(scenario, kinds):
    """What works of each kind make of each grade A to E: the index of the grade they bring it to.

    Parameters
    ----------
    scenario : dict of dict
        Sections of a scenario as its file has them; those of older versions of capplan will do.
    kinds : sequence of str
        Kinds of elementary works, as patch, repair and renew; any other kind brings everything to A.

    Returns
    -------
    dict of str to array of int, shape (5,)
    """
    rules = {kind: scenario[kind] for kind in kinds if {"grades", "brings_to"} <= set(scenario.get(kind, ()))}
    return {kind: outcome_of(rule["grades"], rule["brings_to"] == "one better") for kind, rule in rules.items()}


def read_actuals(place, on):
    """Read what was reported of a programme.

    Parameters
    ----------
    place : str or Path
        A table of works (``actuals.csv``), or a folder with it and, beside it, ``spending``, ``conditions`` and
        ``thresholds``.
    on : date
        The day it is reported for: nothing may be later.

    Returns
    -------
    Actuals

    Raises
    ------
    DataError
        With every fault of every table.
    """
    place, frames, faults = Path(place), {}, []
    for table in (ACTUALS, SPENDING, CONDITIONS, THRESHOLDS):
        path, own = _file_of(place, table)
        faults += own
        cells = None
        if path is not None:
            cells, own = read_cells(path)
            faults += own
        where = f"{table.name}.csv" if path is None else path.name
        if cells is None:
            cells = pd.DataFrame({name: pd.Series([], dtype=str) for name in table.column_names})
            frames[table.name] = typed(table, cells, where)[0]
            continue
        frames[table.name], own = typed(table, cells, where)
        faults += own
    if not faults:
        faults = [*_faults_of_works(frames["actuals"], on), *_faults_of_days(frames, on)]
    if faults:
        raise DataError(faults)
    thresholds = frames["thresholds"] if len(frames["thresholds"]) else load("monitoring_thresholds")
    return Actuals(frames["actuals"], frames["spending"], frames["conditions"], thresholds, on, year_of(on))


def _file_of(place, table):
    """File of a table, and a fault where one that is needed is not there."""
    if place.is_file():
        return (place if table is ACTUALS else None), []
    path, faults = find_table(place, table.name) if place.is_dir() else (None, [])
    if path is None and table.needed and not faults:
        faults = [Fault(str(place / f"{table.name}.csv"), None, "", "no such file", f"there: {table.meaning}")]
    return path, faults


def _faults_of_works(works, on):
    """What does not fit within a row of the works."""
    day, where = pd.Timestamp(on), "actuals.csv"
    begun = works.status.isin((BEGUN, FINISHED))
    for wrong, column, found, must_be in (
            (begun & works.started.isna(), "started", "a blank", "the day works began, once they have"),
            ((works.status == NOT_STARTED) & works.started.notna(), "started", "a day", "blank until works begin"),
            ((works.status == FINISHED) & works.finished.isna(), "finished", "a blank", "the day they were finished"),
            ((works.status != FINISHED) & works.finished.notna(), "finished", "a day", "blank until works are finished"),
            (works.finished < works.started, "finished", "a day before the start", "not before started"),
            (works.started > day, "started", "a day to come", f"not after {on}, the day of the report"),
            (works.finished > day, "finished", "a day to come", f"not after {on}, the day of the report"),
            (begun & (works.expected_finish < works.started), "expected_finish", "before the start", "after started")):
        yield from rows_at_fault(works, wrong, where, column, lambda row, found=found: f"{found} ({row.scheme_id})", must_be)


def _faults_of_days(frames, on):
    """Spending in years to come, components looked at on a day to come, thresholds that are incomplete or upside down."""
    spending, conditions, held = frames["spending"], frames["conditions"], frames["thresholds"]
    yield from rows_at_fault(spending, spending.year > year_of(on), "spending.csv", "year", lambda row: str(row.year),
                             f"at most {year_of(on)}, the planning year of {on}")
    yield from rows_at_fault(conditions, conditions.seen > pd.Timestamp(on), "conditions.csv", "seen",
                             lambda row: f"{row.seen:%Y-%m-%d}", f"not after {on}, the day of the report")
    yield from rows_at_fault(held, held.red_above < held.amber_above, "thresholds.csv", "red_above",
                             lambda row: f"{row.red_above:g}", "at least amber_above")
    missing = sorted({"cost", "days", "grades"} - set(held.measure))
    if len(held) and missing:
        yield Fault("thresholds.csv", None, "measure", f"no {' or '.join(missing)}", "one each for cost, days and grades")


def fitted(actuals, approved):
    """What was reported, once it is known to fit the approved programme; spending from reserves by pot.

    Parameters
    ----------
    actuals : Actuals
    approved : Approved

    Returns
    -------
    Actuals
        ``spending`` names a pot of the programme in every row.

    Raises
    ------
    DataError
        With everything that does not fit: schemes, pots, schools and components nobody knows, works outside the plan without
        what is needed of them, spending before the plan, money that came back beyond what was spent.
    """
    works, spending, conditions, faults = actuals.works, actuals.spending, actuals.conditions, []
    schemes, pots = approved.candidates.schemes, approved.candidates.pots
    outside = ~works.scheme_id.isin(schemes.scheme_id)
    for column, must_be in (("school_id", "a school of the run, for works outside the plan"),
                            ("description", "what is done, for works outside the plan"),
                            ("use", "condition or energy, for works outside the plan")):
        faults += rows_at_fault(works, outside & (works[column] == ""), "actuals.csv", column,
                                lambda row: f"a blank, and {row.scheme_id!r} is no scheme of the run", must_be)
    early = works.started.dt.year - (works.started.dt.month < 9) < approved.first_year
    faults += rows_at_fault(works, early, "actuals.csv", "started", lambda row: f"{row.started:%Y-%m-%d}",
                            f"in {approved.first_year} or later: works begun before the plan are no part of it")
    known = {*schemes.scheme_id, *works.scheme_id}
    for frame, where in ((spending, "spending.csv"), (conditions, "conditions.csv")):
        faults += rows_at_fault(frame, ~frame.scheme_id.isin(known), where, "scheme_id", lambda row: repr(row.scheme_id),
                                "a scheme of the run, or of actuals.csv")
    able = {*pots.pot_id, CONTRIBUTIONS, RESERVES}
    faults += rows_at_fault(spending, ~spending.pot_id.isin(able), "spending.csv", "pot_id", lambda row: repr(row.pot_id),
                            "a pot of the run (candidates/pots.csv), contributions, or reserves")
    faults += rows_at_fault(spending, spending.year < approved.first_year, "spending.csv", "year", lambda row: str(row.year),
                            f"at least {approved.first_year}, the first year of the plan")
    faults += rows_at_fault(conditions, ~conditions.component_id.isin(approved.components.component_id), "conditions.csv",
                            "component_id", lambda row: repr(row.component_id), "a component of the run (components.csv)")
    sums = spending.groupby("scheme_id").amount_gbp.sum()
    faults += [Fault("spending.csv", None, "amount_gbp", f"{amount:,.2f} in all for {scheme}", "not below nothing")
               for scheme, amount in sums[sums < -PENNY_GBP].items()]
    if not faults:
        spending, faults = _by_pot(spending, approved)
    if faults:
        raise DataError(faults)
    return Actuals(works, spending, conditions, actuals.thresholds, actuals.on, actuals.year)


def _by_pot(spending, approved):
    """Spending, ``reserves`` taken from reserve pots that are open, the oldest first; a fault where they do not hold it."""
    pots = approved.candidates.pots
    own = pots[pots.route == RESERVES].sort_values(["first_year", "pot_id"]) if "route" in pots else pots.iloc[:0]
    left = own.set_index("pot_id").amount - spending.groupby("pot_id").amount_gbp.sum().reindex(own.pot_id).fillna(0.0)
    schools = {*approved.candidates.schemes.set_index("scheme_id").school_id.items()}
    school_of, rows, faults = dict(schools), [], []
    for row in spending.itertuples():
        if row.pot_id != RESERVES:
            rows.append((row.scheme_id, row.pot_id, row.year, row.amount_gbp))
            continue
        due = row.amount_gbp
        for pot in own.itertuples():
            open_to_it = pot.first_year <= row.year <= pot.last_year and pot.school_id in ("", school_of.get(row.scheme_id))
            taken = min(due, max(left[pot.pot_id], 0.0)) if open_to_it and due > 0 else due if open_to_it else 0.0
            if taken:
                rows.append((row.scheme_id, pot.pot_id, row.year, taken))
                left[pot.pot_id] -= taken
                due -= taken
        if due > PENNY_GBP:
            faults.append(Fault("spending.csv", int(row.Index), "amount_gbp", f"£{row.amount_gbp:,.2f} from reserves",
                                f"£{due:,.2f} less: the plan's reserves above their floor do not hold it; name what paid"))
    return pd.DataFrame(rows, columns=["scheme_id", "pot_id", "year", "amount_gbp"]), faults
