"""Pupils by school, year group and census as one array, with what may not be learned from left out."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

NURSERY, RECEPTION = -1, 0


@dataclass(frozen=True)
class Counts:
    """Pupils counted. ``pupils`` (schools, year groups, years), NaN where a school had no such year group or was not
    counted; ``usable`` the same shape: False where the count is bad or the year group was reorganised, so that neither a
    ratio nor an intake is learned from it. Years and year groups are consecutive."""

    schools: tuple
    groups: tuple
    years: tuple
    pupils: np.ndarray = field(repr=False)
    usable: np.ndarray = field(repr=False)

    @property
    def known(self):
        """Pupils that may be learned from, NaN elsewhere, shape (schools, year groups, years). [pupils]"""
        return np.where(self.usable, self.pupils, np.nan)

    def until(self, year):
        """The same counts with everything after a year forgotten.

        Parameters
        ----------
        year : int

        Returns
        -------
        Counts
        """
        end = self.years.index(year) + 1
        return Counts(self.schools, self.groups, self.years[:end], self.pupils[:, :, :end], self.usable[:, :, :end])

    def only(self, keep):
        """The same counts of some of the schools.

        Parameters
        ----------
        keep : sequence of int
            Places of the schools, in order.

        Returns
        -------
        Counts
        """
        return Counts(tuple(self.schools[i] for i in keep), self.groups, self.years, self.pupils[keep], self.usable[keep])


def counts_of(rows, bad_years=(), groups=None):
    """Arrange rows of a census as arrays.

    Parameters
    ----------
    rows : DataFrame
        ``school_id, year, year_group, pupils``, one row per school, year and year group; ``flag`` may say ``bad`` (the
        count is wrong) or ``reorganised`` (the school took in or gave up the year group: what went before says nothing).
    bad_years : sequence of int
        Years whose every count is bad, such as one taken while schools were closed.
    groups : sequence of int, optional
        Consecutive year groups; left out: from the lowest to the highest there is.

    Returns
    -------
    Counts
        Schools in the order in which they first come.

    Notes
    -----
    A year group of no pupils is taken as one the school does not have. *Counterexample:* a tiny school with an empty
    year in the middle; the year after it is then an intake.

    Examples
    --------
    >>> rows = pd.DataFrame({"school_id": "A", "year": [2023, 2024], "year_group": [0, 1], "pupils": [30, 28]})
    >>> counts_of(rows).pupils.tolist()
    [[[30.0, nan], [nan, 28.0]]]
    """
    rows = rows[rows.pupils > 0]
    schools = tuple(dict.fromkeys(rows.school_id))
    if groups is None:
        groups = range(int(rows.year_group.min()), int(rows.year_group.max()) + 1)
    years = tuple(range(int(rows.year.min()), int(rows.year.max()) + 1))
    place = (pd.Index(schools).get_indexer(rows.school_id), rows.year_group.to_numpy(int) - groups[0],
             rows.year.to_numpy(int) - years[0])
    pupils = np.full((len(schools), len(groups), len(years)), np.nan)
    pupils[place] = rows.pupils.to_numpy(float)
    usable = np.isfinite(pupils)
    flags = rows.flag.to_numpy(str) if "flag" in rows else np.full(len(rows), "")
    usable[place] &= ~np.isin(flags, ("bad", "reorganised"))
    for year in bad_years:
        if year in years:
            usable[:, :, years.index(year)] = False
    return Counts(schools, tuple(groups), years, pupils, usable)
