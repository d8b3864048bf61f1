"""Meter readings and bills made fit to be read: estimates carried to the next true reading, gaps and overlaps found."""

from dataclasses import dataclass, field

import numpy as np

ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Readings:
    """Periods between true readings of one meter.

    ``first_day`` and ``last_day`` (n,) are both counted in; ``kwh`` (n,) is the use between them. ``notes`` say what was
    done to what was given.
    """

    first_day: np.ndarray = field(repr=False)
    last_day: np.ndarray = field(repr=False)
    kwh: np.ndarray = field(repr=False)
    notes: tuple = ()

    @property
    def days(self):
        """Days of each period, shape (n,). [days]"""
        return ((self.last_day - self.first_day) / ONE_DAY + 1.0).astype(float)

    @property
    def gap_days(self):
        """Days between the first and the last that no period covers. [days]"""
        if not len(self.kwh):
            return 0
        return int((self.last_day[-1] - self.first_day[0]) / ONE_DAY + 1 - self.days.sum())


def true_periods(rows):
    """Periods between true readings.

    Parameters
    ----------
    rows : DataFrame
        Readings of one meter: ``first_day``, ``last_day`` (dates), ``kwh`` and ``estimated`` (bool), in any order; no two
        may overlap.

    Returns
    -------
    Readings
        Estimated periods are joined with those after them up to the next true reading, which puts them right. Those after
        the last true reading, and those before a gap, nobody has put right: they are left out.

    Raises
    ------
    ValueError
        If two periods overlap.

    Notes
    -----
    Assumes that a true reading follows an estimate on the same register. *Counterexample:* a meter that was exchanged
    between the two, whose first true reading starts anew.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"first_day": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"]),
    ...                      "last_day": pd.to_datetime(["2026-01-31", "2026-02-28", "2026-03-31"]),
    ...                      "kwh": [100.0, 80.0, 60.0], "estimated": [False, True, False]})
    >>> found = true_periods(rows)
    >>> found.kwh.tolist(), found.days.tolist()
    ([100.0, 140.0], [31.0, 59.0])
    """
    rows = rows.sort_values("first_day", kind="stable")
    first, last = (rows[name].to_numpy("datetime64[D]") for name in ("first_day", "last_day"))
    kwh, guessed = rows.kwh.to_numpy(float), rows.estimated.fillna(False).to_numpy(bool)
    if (first[1:] <= last[:-1]).any():
        raise ValueError("Two periods of one meter overlap.")
    begins = np.ones(len(rows), bool)
    begins[1:] = ~guessed[:-1] | (first[1:] != last[:-1] + ONE_DAY)
    group = np.cumsum(begins) - 1
    ends = np.append(begins[1:], True) if len(rows) else np.zeros(0, bool)
    settled = ~guessed[ends]
    total = np.bincount(group, kwh) if len(rows) else np.zeros(0)
    found = Readings(first[begins][settled], last[ends][settled], total[settled])
    joined = int(guessed.sum() - guessed[np.isin(group, np.flatnonzero(~settled))].sum())
    return Readings(found.first_day, found.last_day, found.kwh, tuple(_notes(found, joined, int(guessed.sum()) - joined)))


def by_planning_year(readings):
    """Use by planning year (1 September to 31 August), by the days of each period that fall in it.

    Parameters
    ----------
    readings : Readings

    Returns
    -------
    dict of int to tuple of float
        By the year y in which the planning year begins: use [kWh] and days read [days].

    Notes
    -----
    Assumes use is even within a period. *Counterexample:* a bill from July to October, most of whose gas is October's.

    Examples
    --------
    >>> day = np.array(["2025-08-22"], "datetime64[D]")
    >>> by_planning_year(Readings(day, day + 19, np.array([200.0])))
    {2024: (100.0, 10.0), 2025: (100.0, 10.0)}
    """
    found = {}
    for first, last, kwh, days in zip(readings.first_day, readings.last_day, readings.kwh, readings.days, strict=True):
        begins = first.astype("datetime64[Y]").astype(int) + 1969
        for year in range(begins, last.astype("datetime64[Y]").astype(int) + 1971):
            start, end = (np.datetime64(f"{each}-09-01") for each in (year, year + 1))
            inside = float((min(last + ONE_DAY, end) - max(first, start)) / ONE_DAY)
            if inside > 0:
                used, read = found.get(year, (0.0, 0.0))
                found[year] = (used + float(kwh) * inside / float(days), read + inside)
    return found


def within(readings, days):
    """The periods that lie inside some days.

    Parameters
    ----------
    readings : Readings
    days : array of datetime64[D]
        In order, without gaps.

    Returns
    -------
    Readings
    """
    inside = (readings.first_day >= days[0]) & (readings.last_day <= days[-1])
    return Readings(readings.first_day[inside], readings.last_day[inside], readings.kwh[inside], readings.notes)


def _notes(found, joined, dropped):
    """What was done to the readings, and what they lack."""
    if joined:
        yield f"{joined} estimated reading{'s' if joined > 1 else ''} joined with the true one after"
    if dropped:
        yield f"{dropped} estimated reading{'s' if dropped > 1 else ''} without a true one after, left out"
    if found.gap_days:
        yield f"{found.gap_days} days without a reading"
