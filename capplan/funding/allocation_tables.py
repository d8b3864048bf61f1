"""What allocations are computed from: the list of schools, the rates of a grant year, and published totals to compare with.

Files are read here and judged whole: every fault of a file is reported at once, and nothing is guessed.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault, MissingFigureError
from ..reference import load
from ..tables import Column, Kind, Table
from ..tabular import read_cells, typed

NEEDED = {"SCA": ("per_weighted_pupil", "school_floor", "va_factor", "pfi_factor"),
          "DFC": ("lump_sum", "per_weighted_pupil", "va_factor")}
UNITS = {"per_weighted_pupil": "GBP", "school_floor": "GBP", "lump_sum": "GBP", "va_factor": "multiple",
         "pfi_factor": "multiple", "pfi_months": "months", "transitional_share": "share"}
STATUSES = ("published", "secondary", "derived", "ASSUMPTION")
BAND = re.compile(r"(?:(CDC[12])\s*-\s*([A-Y])|([A-Y])\s*\((CDC[12])\)(?:\s*\(SRP\))?)", re.IGNORECASE)
NO_BAND = ("none", "no adjustment")

SCHOOL_LIST = Table("schools", "Schools to allocate to, one row each.", ("urn",), (
    Column("urn", Kind.INTEGER, "Unique reference number of the school", least=100000, most=999999),
    Column("la_number", Kind.INTEGER, "Number of the local authority", least=1, most=999),
    Column("trust", Kind.TEXT, "Name of the trust"),
    Column("weighted_pupils", Kind.NUMBER, "Weighted pupils of the census a year before", "pupils", least=0, most=100_000),
    Column("voluntary_aided", Kind.FLAG, "Whether the school is voluntary aided"),
    Column("condition_band", Kind.TEXT, "Band of DfE's condition data: E (CDC2), CDC2-E, or No adjustment"),
    Column("location_factor", Kind.NUMBER, "Regional factor; left out: that of the authority's region", needed=False,
           above=0, most=10),
    Column("pfi", Kind.FLAG, "Whether DfE pays PFI credits for the school", needed=False),
    Column("floor_applies", Kind.FLAG, "Whether DfE says the floor applies; only compared", needed=False),
    Column("dfc_gbp", Kind.NUMBER, "Published devolved formula capital; only compared", "GBP", needed=False, least=0),
))
IF_GIVEN_IN_FULL = ("pfi", "floor_applies")
RATE_LIST = Table("rates", "Figures of the formulae by grant year.", ("grant_year", "route", "figure", "la_number"), (
    Column("grant_year", Kind.INTEGER, "Year the grant year begins in, on 1 April", "year", least=2015, most=2100),
    Column("route", Kind.CHOICE, "Allocation", choices=tuple(NEEDED)),
    Column("figure", Kind.CHOICE, "What the value is", choices=tuple(UNITS)),
    Column("la_number", Kind.INTEGER, "Only in this local authority", needed=False, least=1, most=999),
    Column("value", Kind.NUMBER, "The figure", least=0, most=1e7),
    Column("unit", Kind.CHOICE, "Unit of the value", needed=False, choices=("GBP", "multiple", "share", "months")),
    Column("status", Kind.CHOICE, "How sure the figure is", needed=False, choices=STATUSES),
    Column("source", Kind.TEXT, "Where it is from", needed=False),
    Column("note", Kind.TEXT, "What a reader has to know; UNCONFIRMED where nobody has checked it", needed=False),
))
PUBLISHED_LIST = Table("published totals", "Published totals by trust.", ("trust",), (
    Column("trust", Kind.TEXT, "Name of the trust"),
    Column("dfc_gbp", Kind.NUMBER, "Published devolved formula capital", "GBP", least=0),
    Column("transitional_protection_gbp", Kind.NUMBER, "Transitional protection in the SCA", "GBP", needed=False, least=0),
    Column("sca_gbp", Kind.NUMBER, "Published SCA, transitional protection in it", "GBP", least=0),
))


@dataclass(frozen=True)
class Rates:
    """The figures of one grant year, whose year they are, and what a reader has to be told about them."""

    grant_year: int
    rates_of: int
    """Grant year the SCA rate per weighted pupil is of."""
    figures: dict = field(repr=False)
    """Value by (route, figure); GBP, a multiple or a share."""
    pfi_months: dict = field(repr=False)
    """Months of the grant year PFI credits count for, by local authority number, where it is not all twelve."""
    notes: tuple = ()

    def grown(self, yearly_growth):
        """The same with the SCA rate per weighted pupil raised by a yearly growth since ``rates_of`` (a fraction). [-]"""
        years = self.grant_year - self.rates_of
        if not yearly_growth or not years:
            return self
        key = ("SCA", "per_weighted_pupil")
        rate = self.figures[key] * (1.0 + yearly_growth) ** years
        return replace(self, figures=self.figures | {key: rate}, notes=(*self.notes, (
            f"The SCA rate of {spell(self.grant_year)} is a scenario: that of {spell(self.rates_of)} with "
            f"{yearly_growth:+.1%} a year, £{rate:,.2f}. The floor and all other figures are held.")))


def spell(grant_year):
    """A grant year as it is written: ``2025-26``."""
    return f"{grant_year}-{(grant_year + 1) % 100:02d}"


def canonical_bands(text):
    """Condition bands in one way of writing.

    Parameters
    ----------
    text : Series of str
        As DfE's workbook has them, ``E (CDC2)`` or ``No adjustment``, or as an estate has them, ``CDC2-E`` or ``none``.

    Returns
    -------
    Series of str
        ``CDC2-E`` and so on, or ``none``; blank where it is neither.

    Examples
    --------
    >>> canonical_bands(pd.Series(["E (CDC2)", "cdc1-y", "A (CDC1) (SRP)", "No adjustment", "E"])).to_list()
    ['CDC2-E', 'CDC1-Y', 'CDC1-A', 'none', '']
    """
    def one(band):
        """One band as the tables write it; blank where it is none."""
        if band.strip().lower() in NO_BAND:
            return "none"
        found = BAND.fullmatch(band.strip())
        return f"{found[1] or found[4]}-{found[2] or found[3]}".upper() if found else ""
    return text.map({band: one(band) for band in text.unique()}).astype(str)


def rate_table(path=None):
    """Rates by grant year: those that come with capplan, and over them a file of the same layout.

    Parameters
    ----------
    path : str or Path, optional
        CSV with the columns of ``RATE_LIST``; a row replaces the shipped row of its grant year, route, figure and authority.

    Returns
    -------
    DataFrame
        The columns of ``RATE_LIST``.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    shipped = load("allocation_rates")
    shipped["la_number"] = shipped.la_number.astype(float)
    if path is None:
        return shipped
    own, faults = _read(RATE_LIST, path)
    wrong = own.unit.ne("") & own.unit.ne(own.figure.map(UNITS)) & own.figure.ne("")
    faults += [Fault(Path(path).name, int(row), "unit", repr(own.unit[row]), f"{UNITS[own.figure[row]]}, the unit of "
                     f"{own.figure[row]}") for row in own.index[wrong]]
    misplaced = own.la_number.isna() == own.figure.eq("pfi_months")
    faults += [Fault(Path(path).name, int(row), "la_number", "a blank" if own.figure[row] == "pfi_months" else "a number",
                     "given for pfi_months and for nothing else") for row in own.index[misplaced & own.figure.ne("")]]
    if faults:
        raise DataError(faults)
    both = pd.concat([shipped, own.assign(la_number=own.la_number.astype(float))], ignore_index=True)
    return both.drop_duplicates(list(RATE_LIST.key), keep="last").reset_index(drop=True)


def rates_for(grant_year, table=None, rate_from=None):
    """Figures of one grant year, with what a reader has to be told about them.

    Parameters
    ----------
    grant_year : int
        Year the grant year begins in, on 1 April.
    table : DataFrame, optional
        As ``rate_table`` returns it; left out: what comes with capplan.
    rate_from : int, optional
        Grant year whose figures stand in for those the grant year lacks.

    Returns
    -------
    Rates

    Raises
    ------
    MissingFigureError
        If a figure is not known, with what to do.

    Notes
    -----
    Figures of one year only, transitional protection and PFI contracts that end within it, are never lent to another.

    Examples
    --------
    >>> rates_for(2025).figures["SCA", "per_weighted_pupil"]
    159.25
    >>> rates_for(2027, rate_from=2025).notes[0]
    'Rates of 2025-26 are used for 2027-28: SCA per_weighted_pupil, school_floor, va_factor, pfi_factor; DFC lump_sum, \
per_weighted_pupil, va_factor.'
    """
    table = rate_table() if table is None else table
    rows = table[table.grant_year.eq(grant_year)]
    known = set(zip(rows.route, rows.figure, strict=True))
    missing = {route: [name for name in names if (route, name) not in known] for route, names in NEEDED.items()}
    missing = {route: names for route, names in missing.items() if names}
    told = "; ".join(f"{route} {', '.join(names)}" for route, names in missing.items())
    if missing and rate_from is None:
        raise MissingFigureError(_what_to_do(grant_year, told, table))
    lent = table[table.grant_year.eq(rate_from)]
    lent = lent[[name in missing.get(route, ()) for route, name in zip(lent.route, lent.figure, strict=True)]]
    if len(lent) < sum(map(len, missing.values())):
        raise MissingFigureError(_what_to_do(rate_from, "some of " + told, table))
    used = pd.concat([rows, lent])
    months = used[used.figure == "pfi_months"]
    plain = used[used.figure != "pfi_months"]
    notes = [f"Rates of {spell(rate_from)} are used for {spell(grant_year)}: {told}."] if missing else []
    notes += [f"{row.route} {row.figure} {row.value:g} of {spell(row.grant_year)} ({row.status}): {row.note}."
              for row in plain.itertuples() if row.status == "ASSUMPTION" or "UNCONFIRMED" in str(row.note)]
    figures = {(row.route, row.figure): float(row.value) for row in plain.itertuples()}
    borrowed = "per_weighted_pupil" in missing.get("SCA", ())
    return Rates(grant_year, rate_from if borrowed else grant_year, figures,
                 {int(row.la_number): float(row.value) for row in months.itertuples()}, tuple(notes))


def _what_to_do(grant_year, told, table):
    years = ", ".join(spell(int(year)) for year in sorted(table.grant_year.unique()))
    return (f"No rate is known for grant year {spell(grant_year)} ({told}); there are rates of {years}. Give a table with "
            "it (--rates FILE: grant_year, route, figure, value), or use another year's and have every output say so "
            f"(--rate-from {int(table.grant_year.max())}).")


def read_schools(path):
    """Schools to allocate to, from a CSV or Parquet file with the columns of ``SCHOOL_LIST``.

    Parameters
    ----------
    path : str or Path
        The file; ``pfi``, ``floor_applies``, ``dfc_gbp`` and ``location_factor`` may be absent.

    Returns
    -------
    DataFrame
        Those columns, bands in one way of writing, every location factor filled in.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    path = Path(path)
    frame, faults = _read(SCHOOL_LIST, path, IF_GIVEN_IN_FULL)
    bands = canonical_bands(frame.condition_band)
    strange = frame.condition_band.ne("") & ~bands.isin(load("condition_modifiers").condition_band)
    faults += [Fault(path.name, int(row), "condition_band", repr(frame.condition_band[row]),
                     "a band of DfE's condition data: A (CDC1) to Y (CDC1), A (CDC2) to O (CDC2), or No adjustment")
               for row in frame.index[strange]]
    regions = load("local_authorities").set_index("la_number").region
    unknown = frame.la_number.gt(0) & ~frame.la_number.isin(regions.index)
    faults += [Fault(path.name, int(row), "la_number", repr(str(frame.la_number[row])),
                     "the number of an English local authority") for row in frame.index[unknown]]
    if faults:
        raise DataError(faults)
    factors = load("location_factors").set_index("region").location_factor
    own = frame.la_number.map(regions).map(factors)
    return frame.assign(condition_band=bands, location_factor=frame.location_factor.fillna(own)).reset_index(drop=True)


def read_published(path):
    """Published totals by trust, from a CSV or Parquet file with the columns of ``PUBLISHED_LIST``.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    DataFrame
        Indexed by trust; ``transitional_protection_gbp`` 0 where it is blank.

    Raises
    ------
    DataError
        With every fault of the file.
    """
    frame, faults = _read(PUBLISHED_LIST, path)
    if faults:
        raise DataError(faults)
    return frame.set_index("trust").fillna({"transitional_protection_gbp": 0.0})


def _read(table, path, in_full=()):
    """A file as a typed frame; optional columns named in ``in_full`` may be absent, but not half filled in."""
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(path.name, None, "", "no such file", f"a CSV or Parquet file: {table.meaning}")])
    cells, faults = read_cells(path)
    if faults:
        raise DataError(faults)
    columns = tuple(replace(column, needed=True) if column.name in in_full and column.name in cells else column
                    for column in table.columns)
    return typed(replace(table, columns=columns), cells, path.name)
