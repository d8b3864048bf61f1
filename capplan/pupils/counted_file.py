"""A file of pupils by school, year and year group, as the back-test reads it; and years that look as if miscounted."""

from pathlib import Path

import numpy as np

from ..columns import Column, Kind, Table
from ..errors import DataError, Fault
from ..tabular import read_cells, typed
from .counts import counts_of

FLAGS = ("bad", "reorganised")
LOWEST_GROUP, HIGHEST_GROUP = -3, 14
ODD_SHARE, ODD_MULTIPLE = 0.03, 6.0
COUNTED = Table("rolls", "Pupils counted, one row per school, year and year group.", ("school_id", "year", "year_group"), (
    Column("school_id", Kind.TEXT, "The school's name or number.", most=80),
    Column("year", Kind.INTEGER, "Year of the count; counts are a year apart.", "year", least=1900, most=2100),
    Column("year_group", Kind.INTEGER, "0 Reception or kindergarten, then 1, 2 ... 14; below 0 before that.", "",
           least=LOWEST_GROUP, most=HIGHEST_GROUP),
    Column("pupils", Kind.NUMBER, "Pupils; blank: not counted.", "pupils", False, least=0, most=20000),
    Column("flag", Kind.CHOICE, "bad: the count is wrong; reorganised: the year group was taken in or given up.", "", False,
           choices=FLAGS),
), open_ended=True)


def read_counted(path, bad_years=()):
    """Pupils counted, from a CSV or Parquet file with the columns of ``COUNTED``; further columns are passed over.

    Parameters
    ----------
    path : str or Path
    bad_years : sequence of int
        Years whose every count is bad.

    Returns
    -------
    Counts

    Raises
    ------
    DataError
        With every fault of the file, and every bad year it does not have.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", "pupils by school_id, year and year_group")])
    cells, faults = read_cells(path)
    if cells is None:
        raise DataError(faults)
    rows, own = typed(COUNTED, cells, path.name)
    faults += own
    if "pupils" not in cells:
        faults.append(Fault(path.name, 1, "pupils", "no such column", "there: the number of pupils, or blank"))
    if not faults and not (rows.pupils > 0).any():
        faults.append(Fault(path.name, None, "pupils", "no pupils in any row", "pupils by school, year and year group"))
    if not faults:
        known = set(rows.year)
        faults = [Fault(path.name, None, "year", f"no year {year}, which is to be left out", "a year of the file: "
                        f"{min(known)} to {max(known)}") for year in bad_years if year not in known]
    if faults:
        raise DataError(faults)
    return counts_of(rows, bad_years)


def odd_years(counts):
    """Years in which all schools together fall or rise and come back the year after, as when a census went wrong.

    Parameters
    ----------
    counts : Counts

    Returns
    -------
    list of tuple of (int, float)
        Year, and how far it lies from the mean of its neighbours, as a share of it, where that is more than 3% and six times
        what is usual and no less than in the years beside it. [-]

    Notes
    -----
    Compares school year groups counted in all three years. *Counterexample:* two bad years in a row, which look like a
    fall.
    """
    found, known = [], counts.known
    for place in range(1, len(counts.years) - 1):
        three = known[:, :, place - 1: place + 2]
        whole = np.isfinite(three).all(axis=2)
        sums = np.where(whole[:, :, None], three, 0.0).sum(axis=(0, 1))
        if sums[0] + sums[2] > 0:
            found.append((counts.years[place], 2.0 * sums[1] / (sums[0] + sums[2]) - 1.0))
    usual = float(np.median([abs(away) for _, away in found])) if found else 0.0
    sizes = dict(found)
    return [(year, away) for year, away in found if abs(away) > max(
        ODD_SHARE, ODD_MULTIPLE * usual, *(abs(sizes.get(year + step, 0.0)) for step in (-1, 1)))]
