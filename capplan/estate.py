"""The estate: what the trust looks after and what money it has, read from a folder and checked as a whole."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from . import reference
from .errors import DataError, Fault
from .estate_checks import sense_faults
from .tables import ESTATE_TABLES, TABLES
from .tabular import as_cells, find_table, read_cells, typed, write_frame


@dataclass(frozen=True)
class Estate:
    """A trust's estate and money, as one checked set of tables.

    Each table of ``capplan.tables`` is an attribute that returns a copy. Tables an estate may lack (grants, reserves,
    works) are then empty.
    """

    _frames: dict = field(repr=False)
    folder: str = ""

    def table(self, name):
        """A copy of the table of that name."""
        return self._frames[name].copy(deep=False)

    def tables(self):
        """Copies of all tables by name."""
        return {name: self.table(name) for name in self._frames}

    @property
    def trust(self):
        """The trust's own row."""
        return self._frames["trust"].iloc[0]

    @property
    def schools(self):
        """One row per school."""
        return self.table("schools")

    @property
    def sites(self):
        """One row per site."""
        return self.table("sites")

    @property
    def blocks(self):
        """One row per block."""
        return self.table("blocks")

    @property
    def components(self):
        """One row per component."""
        return self.table("components")

    @property
    def grants(self):
        """One row per grant vintage; empty if the folder has no such table."""
        return self.table("grants")

    @property
    def reserves(self):
        """One row per planning year; empty if the folder has no such table."""
        return self.table("reserves")

    @property
    def rolls(self):
        """Pupils by school and spring census; empty if the folder has no such table."""
        return self.table("rolls")

    @property
    def budget(self):
        """One row per school (or the centre) and planning year; empty if the folder has no such table."""
        return self.table("budget")

    @property
    def loans(self):
        """One row per known loan; empty if the folder has no such table."""
        return self.table("loans")

    @property
    def works(self):
        """Works already on the trust's list; empty if the folder has no such table."""
        return self.table("works")

    @property
    def history(self):
        """Earlier grades and works; empty if the folder has no such table."""
        return self.table("history")

    @property
    def compliance(self):
        """Statutory inspections and remedial works; empty if the folder has no such table."""
        return self.table("compliance")

    @property
    def suitability(self):
        """Suitability scores; empty if the folder has no such table."""
        return self.table("suitability")

    @property
    def census(self):
        """Pupils by school, spring census and year group; empty if the folder has no such table."""
        return self.table("census")

    @property
    def admissions(self):
        """Admission numbers and commissioned places; empty if the folder has no such table."""
        return self.table("admissions")

    @property
    def births(self):
        """Births by area and calendar year; empty if the folder has no such table."""
        return self.table("births")

    @property
    def feeders(self):
        """Pupils who went on from one school of the trust to another; empty if the folder has no such table."""
        return self.table("feeders")

    @property
    def housing(self):
        """New homes whose children will come to a school; empty if the folder has no such table."""
        return self.table("housing")

    @property
    def pupil_yields(self):
        """Children of new homes; empty if the folder has no such table."""
        return self.table("pupil_yields")

    @property
    def pupil_changes(self):
        """What the trust knows of its pupils and no census shows yet; empty if the folder has no such table."""
        return self.table("pupil_changes")

    @property
    def area_forecasts(self):
        """The local authority's own forecast of pupils; empty if the folder has no such table."""
        return self.table("area_forecasts")

    @property
    def rates(self):
        """Rates of wear learned from the estate's own surveys; empty if the folder has no such table."""
        return self.table("rates")

    @property
    def owners(self):
        """Who answers for which figure; empty if the folder has no such table."""
        return self.table("owners")

    @property
    def controls(self):
        """Who looks after which need that waits; empty if the folder has no such table."""
        return self.table("controls")

    @property
    def bids(self):
        """Bids the trust may make; empty if the folder has no such table."""
        return self.table("bids")

    @property
    def loan_offers(self):
        """Loans the plan may take or leave; empty if the folder has no such table."""
        return self.table("loan_offers")

    @property
    def meters(self):
        """Energy meters by school; empty if the folder has no such table."""
        return self.table("meters")

    @property
    def readings(self):
        """Readings and bills of the meters; empty if the folder has no such table."""
        return self.table("readings")

    @property
    def weather(self):
        """Mean temperature of every day by region; empty if the folder has no such table."""
        return self.table("weather")

    @property
    def holidays(self):
        """The trust's own school holidays; empty if the folder has no such table."""
        return self.table("holidays")

    @property
    def places(self):
        """Places for pupils by school, block and use; empty if the folder has no such table."""
        return self.table("places")

    @property
    def expansions(self):
        """Ways of adding places; empty if the folder has no such table."""
        return self.table("expansions")

    @property
    def prospects(self):
        """Schools that may ask to join; empty if the folder has no such table."""
        return self.table("prospects")

    @property
    def posts(self):
        """Posts of the central team by phase of growth; empty if the folder has no such table."""
        return self.table("posts")

    @property
    def pupil_funding(self):
        """What pupils bring and classes cost by school; empty if the folder has no such table."""
        return self.table("pupil_funding")

    @property
    def evidence(self):
        """Photos, quotes and reports by path and hash; empty if the folder has no such table."""
        return self.table("evidence")

    def __str__(self):
        gifa_m2 = self._frames["blocks"].gifa_m2.sum()
        return (f"{self.trust['name']}: {len(self.schools)} schools, {len(self.sites)} sites, "
                f"{len(self.blocks)} blocks, {gifa_m2:,.0f} m2, {len(self.components):,} components")


def read_estate(folder):
    """Read and check an estate folder.

    Parameters
    ----------
    folder : str or Path
        Folder of ``trust.csv``, ``schools.csv`` and so on (or ``.parquet``), as ``capplan.tables`` declares them.

    Returns
    -------
    Estate

    Raises
    ------
    DataError
        With every fault of every table.
    """
    frames, faults = inspect_estate(folder)
    if faults:
        raise DataError(faults)
    return Estate(frames, str(folder))


def inspect_estate(folder):
    """Read an estate folder and judge it, raising nothing.

    Parameters
    ----------
    folder : str or Path
        As for ``read_estate``.

    Returns
    -------
    tuple of (dict of DataFrame, list of Fault)
        The frames are only whole where there is no fault. Frames are indexed by spreadsheet row.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return {}, [Fault(str(folder), None, "", "no such folder", "an estate folder; make one with capplan new")]
    frames, faults, files = {}, [], {}
    for table in ESTATE_TABLES:
        path, own = find_table(folder, table.name)
        if path is None:
            if table.needed and not own:
                own = [Fault(f"{table.name}.csv", None, "", "no such file", f"there: {table.meaning}")]
            faults += own
            frames[table.name] = _empty(table)
            continue
        files[table.name] = path.name
        cells, own = read_cells(path)
        faults += own
        if cells is None:
            frames[table.name] = _empty(table)
            continue
        frames[table.name], own = typed(table, cells, path.name)
        faults += own
    unreadable = {fault.where for fault in faults if fault.row is None}
    faults += _reference_faults(frames, files, unreadable)
    told = {(fault.where, fault.row, fault.column) for fault in faults}
    faults += [fault for fault in sense_faults(frames, files) if (fault.where, fault.row, fault.column) not in told]
    return frames, faults


def write_estate(frames, folder):
    """Write estate tables as CSV.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed frames by table name; missing optional tables are not written.
    folder : Path
        An existing folder.
    """
    for table in ESTATE_TABLES:
        if table.name in frames and (table.needed or len(frames[table.name])):
            write_frame(as_cells(table, frames[table.name]), Path(folder) / f"{table.name}.csv")


def _empty(table):
    """A table of no rows, made once: it is asked for by every estate that lacks it."""
    return _no_rows(table).copy(deep=False)


@cache
def _no_rows(table):
    cells = pd.DataFrame({name: pd.Series([], dtype=str) for name in table.column_names})
    return typed(table, cells, table.name)[0]


def _reference_faults(frames, files, unreadable):
    """Values that must exist in another table and do not."""
    faults = []
    for name, where in files.items():
        for column in TABLES[name].columns:
            if not column.refers:
                continue
            target, key = column.refers.split(".")
            if target == "component_types":
                known = set(reference.component_types().index)
            elif target in reference.TABLES:
                known = set(reference.load(target)[key])
            elif target not in files or files[target] in unreadable:
                continue
            else:
                known = set(frames[target][key])
            values = frames[name][column.name]
            lost = values[(values != "") & ~values.isin(known)]
            faults += [Fault(where, int(row), column.name, repr(value), f"a {key} of {target}")
                       for row, value in lost.items()]
    return faults
