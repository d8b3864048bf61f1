"""Ranges of a scenario's figures: which are moved to test a programme, and how far; capplan's own or the user's."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import reference
from .errors import DataError, Fault, ScenarioError
from .scenario import Scenario
from .tables import Column, Kind, Table
from .tabular import read_cells, typed

RANGES = Table("sensitivity_ranges", "Figures of a scenario that are uncertain, each with a low and a high value.",
               ("figure",), (
    Column("figure", Kind.TEXT, "Figure of the scenario, as section.key."),
    Column("low", Kind.NUMBER, "Low value, or what the scenario's own is multiplied by.", least=-1e9, most=1e9),
    Column("high", Kind.NUMBER, "High value, or what the scenario's own is multiplied by.", least=-1e9, most=1e9),
    Column("as", Kind.CHOICE, "Whether low and high are multiples of the scenario's own value or values.",
           choices=("multiple", "absolute")),
    Column("status", Kind.TEXT, "published, secondary, derived or ASSUMPTION.", needed=False),
    Column("source", Kind.TEXT, "Where the range comes from.", needed=False),
    Column("note", Kind.TEXT, "What the low and high values stand for.", needed=False)))
FIXED = ("plan.first_year", "plan.years", "plan.price_base", "costs.rebuild_price_base")
"""Figures that are conventions of the plan: with another first year it is another plan."""


@dataclass(frozen=True)
class Range:
    """A figure of a scenario with its own value, a low and a high one, and where they come from."""

    figure: str
    own: float
    low: float
    high: float
    meaning: str
    status: str
    source: str
    note: str


def read_ranges(scenario, path=None):
    """The figures to be moved, with their low and high values under a scenario.

    Parameters
    ----------
    scenario : Scenario
    path : str or Path, optional
        The user's own table; left out: ``reference/sensitivity_ranges.csv``.

    Returns
    -------
    list of Range
        Figures whose low and high value are both the scenario's own are left out.

    Raises
    ------
    DataError
        With every row that names no number of the scenario, whose low is above its high, or whose values the scenario
        cannot have.
    """
    if path is None:
        table, where = reference.load("sensitivity_ranges"), "sensitivity_ranges.csv"
        table.index += 2
    else:
        table, where = _read(Path(path)), Path(path).name
    known = {row["figure"]: row for row in scenario.register()}
    found, faults = [], []
    for line, row in table.iterrows():
        info = known.get(row.figure)
        number = info is not None and isinstance(info["value"], int | float) and not isinstance(info["value"], bool)
        if not number or row.figure in FIXED:
            if path is not None or info is not None:
                faults.append(Fault(where, line, "figure", repr(row.figure), "a number of the scenario, as section.key, "
                                    "that is no convention of the plan (see assumptions.csv of a results folder)"))
            continue
        own = float(info["value"])
        low, high = (own * value if row["as"] == "multiple" else float(value) for value in (row.low, row.high))
        if isinstance(info["value"], int):
            low, high = round(low), round(high)
        if low > high:
            faults.append(Fault(where, line, "low", f"{low:g}", f"at most the high value, {high:g}"))
        faults += _out_of_limits(scenario, row.figure, (low, high), where, line)
        if (low, high) != (own, own):
            found.append(Range(row.figure, own, low, high, info["meaning"], *(
                "" if pd.isna(row[name]) else str(row[name]) for name in ("status", "source", "note"))))
    if faults:
        raise DataError(faults)
    return found


def _read(path):
    cells, faults = read_cells(path)
    if cells is not None:
        table, own = typed(RANGES, cells, path.name)
        faults = faults + own
    if faults:
        raise DataError(faults)
    return table


def _out_of_limits(scenario, figure, values, where, line):
    """A fault for each value that the scenario does not allow."""
    faults = []
    for name, value in zip(("low", "high"), values, strict=True):
        try:
            with_figure(scenario, figure, value)
        except ScenarioError as error:
            faults.append(Fault(where, line, name, f"{value:g}", f"a value the scenario may have ({error})"))
    return faults


def with_figure(scenario, figure, value):
    """A scenario with one figure changed, checked as if it had been read so.

    Parameters
    ----------
    scenario : Scenario
    figure : str
        ``section.key``.
    value : float
        Its new value; rounded where the figure is a whole number.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If the scenario may not have that value.
    """
    section, key = figure.split(".")
    content = scenario.model_dump()
    content[section][key] = round(value) if isinstance(content[section][key], int) else float(value)
    try:
        return Scenario.model_validate(content)
    except ValueError as error:
        raise ScenarioError(str(error).splitlines()[2].strip()) from None
