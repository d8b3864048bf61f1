"""The estate: what the trust looks after and what money it has, read from a folder and checked as a whole."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from . import reference
from .errors import DataError, Fault
from .tables import ESTATE_TABLES, TABLES
from .tabular import as_cells, find_table, read_cells, typed, write_frame

FT2_PER_M2 = 10.7639


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
    def rates(self):
        """Rates of wear learned from the estate's own surveys; empty if the folder has no such table."""
        return self.table("rates")

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
    faults += _sense_faults(frames, files)
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


def _sense_faults(frames, files):
    """Rows whose cells are each right and together wrong."""
    rules = {"trust": _trust_faults, "blocks": _block_faults, "components": _component_faults,
             "grants": _grant_faults, "reserves": _reserve_faults, "works": _works_faults}
    faults = []
    for name, rule in rules.items():
        if name in files:
            faults += rule(frames, files[name])
    return faults


def _rows(frame, wrong, where, column, found, must_be):
    """One fault for each row of ``frame`` where ``wrong`` is true; ``found`` formats the row."""
    return [Fault(where, int(row), column, found(values), must_be) for row, values in frame[wrong].iterrows()]


def _trust_faults(frames, where):
    rows = len(frames["trust"])
    return [Fault(where, None, "", f"{rows} rows", "exactly one row")] if rows > 1 else []


def _block_faults(frames, where):
    blocks = frames["blocks"]
    floors = blocks.ground_gifa_m2 * blocks.storeys.fillna(1).clip(lower=1)
    return _rows(
        blocks, blocks.gifa_m2 < blocks.ground_gifa_m2, where, "ground_gifa_m2",
        lambda row: f"{row.ground_gifa_m2:g}", "no more than the block's gifa_m2",
    ) + _rows(
        blocks, (blocks.gifa_m2 > 5 * floors) & (floors > 0) & blocks.storeys.notna(), where, "gifa_m2",
        lambda row: f"{row.gifa_m2:g} on {row.storeys:g} storeys of {row.ground_gifa_m2:g} m2",
        f"in m2 and no more than the storeys can hold (is it in ft2? 1 m2 is {FT2_PER_M2:.2f} ft2)",
    )


def _component_faults(frames, where):
    parts, blocks = frames["components"], frames["blocks"]
    faults = []
    if len(blocks) and blocks.block_id.is_unique:
        home = parts.block_id.map(blocks.set_index("block_id").site_id)
        faults += _rows(parts, home.isin(frames["sites"].site_id) & (home != parts.site_id), where, "site_id",
                        lambda row: repr(row.site_id), "the site its block stands on")
    unpriced = parts.remedial_cost_gbp.notna() & (parts.remedial_cost_gbp > 0) & parts.cost_price_base.isna()
    faults += _rows(parts, unpriced, where, "cost_price_base", lambda row: "a blank beside a remedial cost",
                    "the year whose prices the cost is in")
    late = parts.surveyed > pd.Timestamp(date.today()) + pd.Timedelta(days=366)
    faults += _rows(parts, late, where, "surveyed", lambda row: f"{row.surveyed:%Y-%m-%d}", "not in the future")
    return faults


def _grant_faults(frames, where):
    grants = frames["grants"]
    faults = _rows(grants, (grants.route == "other grant") & grants.spend_by.isna(), where, "spend_by",
                   lambda row: "a blank", "the last day of spending, since no rule of a route gives it")
    opened = pd.to_datetime(grants.grant_year.astype(str) + "-04-01", errors="coerce")
    faults += _rows(grants, grants.spend_by < opened, where, "spend_by", lambda row: f"{row.spend_by:%Y-%m-%d}",
                    "after the grant year begins on 1 April")
    faults += _rows(grants, (grants.route == "DFC") & (grants.school_id == ""), where, "school_id",
                    lambda row: "a blank", "the school: devolved formula capital belongs to a school")
    return faults + _route_faults(grants, where)


def _route_faults(grants, where):
    """Grants that their route does not allow: works it does not pay for, or a year before it opened."""
    routes = reference.load("routes").set_index("route")
    known = grants[grants.route.isin(routes.index) & (grants.grant_year > 0)]
    if not len(known):
        return []
    allowed, opens = known.route.map(routes.eligible), known.route.map(routes.opens)
    faults = _rows(known, (allowed != "any") & (known.eligible != allowed) & (known.eligible != ""), where, "eligible",
                   lambda row: f"{row.eligible} on {row.route}",
                   "what the route pays for: CIF condition, PSDS4 energy; SCA and DFC both, or any")
    return faults + _rows(known, (known.grant_year < opens) & (known.grant_year > 0), where, "grant_year",
                          lambda row: f"{row.grant_year} on {row.route}", "not before the route opened")


def _reserve_faults(frames, where):
    reserves = frames["reserves"]
    if not len(reserves):
        return []
    first = reserves.index[0]
    faults = _rows(reserves, reserves.opening_gbp.notna() & (reserves.index != first), where, "opening_gbp",
                   lambda row: f"{row.opening_gbp:g}", "blank after the first year; the surplus makes the rest")
    if pd.isna(reserves.opening_gbp.iloc[0]):
        faults.append(Fault(where, int(first), "opening_gbp", "a blank", "the free reserves at the start"))
    known = reserves.year > 0  # a year that could not be read is a fault already
    gaps = known & known.shift(fill_value=False) & (reserves.year.diff() != 1)
    return faults + _rows(reserves, gaps, where, "year", lambda row: f"{row.year:.0f}", "one year after the row above")


def _works_faults(frames, where):
    works = frames["works"]
    homes = frames["blocks"].merge(frames["sites"], on="site_id", how="left").drop_duplicates("block_id")
    home = works.block_id.map(homes.set_index("block_id").school_id)
    elsewhere = home.isin(frames["schools"].school_id) & (home != works.school_id)
    return _rows(works, elsewhere, where, "school_id", lambda row: repr(row.school_id), "the school its block belongs to")


