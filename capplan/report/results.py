"""A results folder, read back and checked, and the sums every page makes from it.

The pages and charts read nothing but this, so a figure printed twice is the same figure twice.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..cells import FLAGS
from ..errors import DataError, Fault
from ..tables import ROUTES, Kind
from ..tabular import read_cells
from .result_tables import FILES, FURTHER_FILES, MAY_BE_EMPTY, SOLUTION_KEYS

COUNTED_GRADES = ("C", "D", "E")
PLANS = ("without", "with")
RESERVES_ROUTE = "reserves"
CONTRIBUTION_ROUTE = "contribution"
CONTRIBUTIONS, RESERVES = OWN = ("Contributions", "Reserves")
MOST_POTS_APART = 6
PENNY_GBP = 0.01
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Results:
    """What one run wrote. Each table is an attribute that returns a copy; ``solution`` is ``solution.json``.

    Money in ``schemes.cost_gbp``, ``draws``, ``cashflow``, ``reserves`` and ``ledger`` is nominal (pounds of its own day);
    backlog, loss and value are real, at ``solution["price_base"]``.
    """

    _frames: dict = field(repr=False)
    solution: dict = field(repr=False)
    folder: str = ""
    _made: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name, make):
        """A copy of a table that is made of these at the first asking: every page asks for some of them."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name].copy(deep=False)

    def table(self, name):
        """A copy of the table of that name."""
        return self._frames[name].copy(deep=False)

    @property
    def schemes(self):
        """One row per candidate scheme, funded or not."""
        return self.table("schemes")

    @property
    def funded(self):
        """The schemes that were chosen."""
        return self._frames["schemes"][self._frames["schemes"].start_year.notna()].copy(deep=False)

    @property
    def draws(self):
        """What each scheme draws from each pot in each year [GBP nominal]."""
        return self.table("draws")

    @property
    def cashflow(self):
        """Each pot in each year: opening, in, out, lapsed, closing [GBP nominal]."""
        return self.table("cashflow")

    @property
    def reserves(self):
        """The reserve path and its floor [GBP nominal]; empty where the plan has no reserves."""
        return self.table("reserves")

    @property
    def ledger(self):
        """What each school contributes to the common money and receives from it, by year [GBP nominal]."""
        return self.table("ledger")

    @property
    def cost_risk(self):
        """What the programme, its years, pots and schemes come to one time in two and four times in five [GBP nominal]."""
        return self.table("cost_risk")

    @property
    def outlook(self):
        """Backlog and expected loss at the start of each year, with and without the programme [GBP real]."""
        return self.table("outlook")

    @property
    def schools(self):
        """One row per school."""
        return self.table("schools")

    @property
    def elements(self):
        """One row per element."""
        return self.table("elements")

    @property
    def bridge(self):
        """How the backlog moves by year, and over the plan where the year is blank [GBP]; may be empty."""
        return self.table("bridge")

    @property
    def places(self):
        """Places and pupils of each school, and of the trust where ``school_id`` is blank, by year; may be empty."""
        return self.table("places")

    @property
    def ownership(self):
        """What owning each place costs over the plan, without and with the programme [GBP real]; may be empty."""
        return self.table("ownership")

    @property
    def years(self):
        """Planning years of the programme, in order."""
        return list(range(self.solution["first_year"], self.solution["last_year"] + 1))


def read_results(folder):
    """Read a results folder as ``capplan run`` writes it.

    Parameters
    ----------
    folder : str or Path
        The folder.

    Returns
    -------
    Results

    Raises
    ------
    DataError
        With everything that is missing, unreadable or does not fit together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError([Fault(str(folder), None, "", "no such folder", "a results folder, as capplan run writes it")])
    frames, faults = {}, []
    for name, columns in FILES.items():
        frames[name], own = _read_table(folder / f"{name}.csv", name, columns)
        faults += own
    for name, columns in FURTHER_FILES.items():
        frames[name] = pd.DataFrame(columns=[column.name for column in columns])
        if (folder / f"{name}.csv").is_file():
            frames[name], own = _read_table(folder / f"{name}.csv", name, columns)
            faults += own
    solution, own = _read_solution(folder / "solution.json")
    faults += own
    if not faults:
        faults = _fit_faults(frames, solution)
    if faults:
        raise DataError(faults)
    return Results(frames, solution, str(folder))


def _read_table(path, name, columns):
    if not path.is_file():
        return None, [Fault(f"{name}.csv", None, "", "no such file", "there; capplan run writes it")]
    cells, faults = read_cells(path)
    if cells is None:
        return None, faults
    frame = {}
    for column in columns:
        if column.name not in cells:
            faults.append(Fault(path.name, 1, column.name, "no such column", "there; capplan run writes it"))
            continue
        frame[column.name], bad = _convert(column, cells[column.name].str.strip().array)
        faults += [Fault(path.name, int(row), column.name, repr(text) if text else "a blank", column.must_be())
                   for row, text in (cells[column.name][bad].items() if bad.any() else ())]
    if not len(cells) and name not in MAY_BE_EMPTY:
        faults.append(Fault(path.name, None, "", "no rows", "at least one row"))
    return pd.DataFrame(frame, index=pd.RangeIndex(len(cells))), faults


def _convert(column, text):
    """Values of one column, and where they are wrong."""
    words = text.to_numpy(dtype=object)
    blank = words == ""
    bad = blank if column.needed else np.zeros(len(words), bool)
    if column.kind is Kind.TEXT:
        return text, bad
    if column.kind is Kind.FLAG:
        found = [FLAGS.get(word.lower()) for word in words]
        return np.array([flag is True for flag in found], bool), np.array([flag is None for flag in found], bool)
    values = np.array([float(word) if NUMBER.fullmatch(word) else np.nan for word in words], float)
    bad = bad | ~blank & ~np.isfinite(values)
    if column.kind is Kind.INTEGER:
        bad |= np.isfinite(values) & (np.trunc(values) != values)
        values = np.where(bad, 0, values).astype("int64") if column.needed else values
    return values, bad


def _read_solution(path):
    if not path.is_file():
        return {}, [Fault(path.name, None, "", "no such file", "there; capplan run writes it")]
    try:
        solution = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: None)
    except ValueError as error:
        return {}, [Fault(path.name, None, "", f"text that is not JSON ({error})", "as capplan run writes it")]
    if not isinstance(solution, dict):
        return {}, [Fault(path.name, None, "", "a list or a single value", "a set of names and values")]
    faults = []
    for key, types in SOLUTION_KEYS.items():
        if key not in solution:
            faults.append(Fault(path.name, None, key, "nothing", "there; capplan run writes it"))
        elif not isinstance(solution[key], types):
            faults.append(Fault(path.name, None, key, repr(solution[key])[:60], "the kind of value capplan run writes"))
    for place, rule in enumerate(solution["baselines"] if not faults else []):
        if not isinstance(rule, dict) or not {"rule", "value_gbp", "feasible"} <= set(rule):
            faults.append(Fault(path.name, None, f"baselines[{place}]", repr(rule)[:60], "rule, value_gbp, feasible"))
    return solution, faults


def _fit_faults(frames, solution):
    """Files that are each right and do not fit together."""
    faults = []
    homes = (("draws", "scheme_id", "schemes"), ("draws", "pot_id", "cashflow"), ("schemes", "school_id", "schools"),
             ("ledger", "school_id", "schools"))
    for name, key, home in homes:
        lost = sorted(set(frames[name][key]) - set(frames[home][key]) - ({""} if key == "school_id" else set()))
        faults += [Fault(f"{name}.csv", None, key, repr(value), f"a {key} of {home}.csv") for value in lost]
    schemes, outlook = frames["schemes"], frames["outlook"]
    chosen = schemes[schemes.start_year.notna()]
    twice = chosen.exclusion_group[(chosen.exclusion_group != "") & chosen.exclusion_group.duplicated()]
    faults += [Fault("schemes.csv", None, "exclusion_group", f"two schemes chosen of {value!r}", "one at most")
               for value in sorted(set(twice))]
    drawn = set(frames["draws"].scheme_id[frames["draws"].amount_gbp > PENNY_GBP])
    strays = sorted((set(chosen.scheme_id) ^ drawn) - set(chosen.scheme_id[chosen.cost_gbp <= PENNY_GBP]))
    faults += [Fault("draws.csv", None, "scheme_id", f"{value!r} chosen without a draw, or drawn for and not chosen",
                     "both or neither") for value in strays]
    expected = list(range(solution["first_year"], solution["last_year"] + 2))
    for plan in PLANS:
        years = sorted(outlook.year[outlook.plan == plan])
        if years != expected:
            faults.append(Fault("outlook.csv", None, "year", f"{len(years)} rows of the plan {plan!r}",
                                f"one for each year from {expected[0]} to {expected[-1]}"))
    outside = sorted(set(frames["draws"].year) - set(expected[:-1]))
    return faults + [Fault("draws.csv", None, "year", str(year), "a year of the plan") for year in outside]


def spend_by_pot(results):
    """Spend by planning year and source of money.

    One column for each pot that is drawn on, in order of first use; where more than six are, one for each route, in the
    order of ``tables.ROUTES``. What others contribute is one column, and the reserves are one, the last.

    Returns
    -------
    DataFrame
        Index: every planning year; one column per source. [GBP nominal]
    """
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    draws = results.draws[results.draws.amount_gbp != 0].sort_values(["year", "pot_id"])
    route = draws.pot_id.map(routes)
    reserves, others = route == RESERVES_ROUTE, route == CONTRIBUTION_ROUTE
    sources_used = draws.pot_id[~reserves].nunique() + int(reserves.any())
    source = (draws.pot_id if sources_used <= MOST_POTS_APART else route).where(~reserves, RESERVES)
    source = source.where(~others, CONTRIBUTIONS)
    table = draws.groupby([draws.year, source]).amount_gbp.sum().unstack(fill_value=0.0)
    order = [name for name in dict.fromkeys((*ROUTES, *source)) if name in table.columns and name not in OWN]
    order += [name for name in OWN if name in table.columns]
    return table.reindex(index=results.years, columns=order, fill_value=0.0).rename_axis(index="year", columns=None)


def backlog_by_grade(results):
    """Backlog of grades C, D and E at the start of each year, without and with the programme.

    Returns
    -------
    DataFrame
        Index: year, the last being the end of the plan. Columns: (plan, grade). [GBP real]
    """
    names = {f"backlog_{grade.lower()}_gbp": grade for grade in COUNTED_GRADES}
    parts = {plan: results.outlook[results.outlook.plan == plan].set_index("year").sort_index()[list(names)]
             .rename(columns=names) for plan in PLANS}
    return pd.concat(parts, axis=1)


def headline_backlog(results, plan, year):
    """Backlog (grades C, D and E) at the start of a year under a plan. [GBP real]"""
    outlook = results.outlook
    return float(outlook.backlog_gbp[(outlook.plan == plan) & (outlook.year == year)].iloc[0])


def spend_by_school(results):
    """Spend by school and planning year, the school with most first.

    Returns
    -------
    DataFrame
        Index: school_id, every school. Columns: every planning year. [GBP nominal]
    """
    homes = results.schemes.set_index("scheme_id").school_id
    draws = results.draws
    table = draws.groupby([draws.scheme_id.map(homes), draws.year]).amount_gbp.sum().unstack(fill_value=0.0)
    table = table.reindex(index=results.schools.school_id, columns=results.years, fill_value=0.0).astype(float)
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order].rename_axis(index="school_id", columns="year")


def gains(results):
    """What the programme gains on each rule of thumb, on the same money and the same yardstick.

    Returns
    -------
    DataFrame
        Columns: rule, feasible, value_gbp, gain_gbp, gain_fraction (blank where the rule is not feasible, or saves
        nothing to compare with). [GBP real]
    """
    rows = []
    for rule in results.solution["baselines"]:
        feasible = bool(rule["feasible"]) and rule["value_gbp"] is not None
        value_gbp = float(rule["value_gbp"]) if feasible else np.nan
        gain_gbp = results.solution["objective"] - value_gbp
        rows.append((rule["rule"], feasible, value_gbp, gain_gbp, gain_gbp / value_gbp if value_gbp > 0 else np.nan))
    return pd.DataFrame(rows, columns=["rule", "feasible", "value_gbp", "gain_gbp", "gain_fraction"])


def in_plan(results, frame):
    """The rows of a frame whose ``year`` is a year of the plan."""
    return frame[frame.year.isin(results.years)]


def cash_by_pot(results):
    """Each pot over the whole plan: what it held, what was spent, what lapsed and what is left.

    Returns
    -------
    DataFrame
        Index: pot_id. Columns: route, first_year, last_year, pots (1), available_gbp, spent_gbp, lapsed_gbp, left_gbp.
        [GBP nominal]
    """
    flow = in_plan(results, results.cashflow).sort_values(["year", "pot_id"], kind="stable")
    pots = flow.groupby("pot_id", sort=False)
    return pd.DataFrame({"route": pots.route.first(), "first_year": pots.year.min(), "last_year": pots.year.max(),
                         "pots": 1, "available_gbp": pots.opening_gbp.first() + pots.in_gbp.sum(),
                         "spent_gbp": pots.out_gbp.sum(), "lapsed_gbp": pots.lapsed_gbp.sum(),
                         "left_gbp": pots.closing_gbp.last()})
