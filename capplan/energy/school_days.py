"""School days, weekends and holidays: typical English terms, or the trust's own."""

from datetime import date, timedelta

import numpy as np

from ..reference import load

SCHOOL_DAY, WEEKEND, HOLIDAY = 0, 1, 2
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")
_ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3}


def days_between(first_day, last_day):
    """Every day from the first to the last, both counted.

    Examples
    --------
    >>> days_between("2026-02-27", "2026-03-01").astype(str).tolist()
    ['2026-02-27', '2026-02-28', '2026-03-01']
    """
    return np.arange(np.datetime64(first_day, "D"), np.datetime64(last_day, "D") + 1)


def easter_sunday(year):
    """The day of Easter in the Gregorian calendar.

    Examples
    --------
    >>> easter_sunday(2026), easter_sunday(2027)
    (datetime.date(2026, 4, 5), datetime.date(2027, 3, 28))

    References
    ----------
    .. [1] The anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, 2nd edition 1998, chapter 8).
    """
    century, rest = divmod(year, 100)
    leap, left = divmod(century, 4)
    moon = (19 * (year % 19) + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * left + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def typical_holidays(first_year, last_year):
    """First and last day of each holiday of typical English terms.

    Parameters
    ----------
    first_year, last_year : int
        Calendar years in which holidays begin.

    Returns
    -------
    list of tuple of date
        In no particular order, weekends at both ends counted in.

    Notes
    -----
    Assumes terms as most local authorities set them, and no training days. *Counterexample:* a trust with two weeks in
    October.
    """
    rules = load("school_holidays")
    found = []
    for year in range(first_year, last_year + 1):
        for rule in rules.itertuples():
            day = _anchor(rule.anchor, year)
            found.append((day + timedelta(days=int(rule.first_after_days)), day + timedelta(days=int(rule.last_after_days))))
    return found


def _anchor(words, year):
    """The day that words such as ``25 December``, ``Easter Sunday`` or ``last Monday of May`` name in a year."""
    if words == "Easter Sunday":
        return easter_sunday(year)
    parts = words.split()
    month = _MONTHS.index(parts[-1]) + 1
    if len(parts) == 2:
        return date(year, month, int(parts[0]))
    weekday = _WEEKDAYS.index(parts[1])
    if parts[0] == "last":
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    start = date(year, month, 1)
    return start + timedelta(days=(weekday - start.weekday()) % 7 + 7 * _ORDER[parts[0]])


def kinds_of_day(days, holidays=None):
    """Whether each day is a school day, a weekend of term or in a holiday.

    Parameters
    ----------
    days : array of datetime64[D], shape (d,)
    holidays : sequence of (first day, last day), optional
        The trust's own; left out: typical English ones.

    Returns
    -------
    array of int, shape (d,)
        ``SCHOOL_DAY``, ``WEEKEND`` or ``HOLIDAY``; a weekend inside a holiday is holiday.

    Examples
    --------
    >>> kinds_of_day(days_between("2026-10-22", "2026-10-26")).tolist()
    [0, 0, 2, 2, 2]
    """
    days = np.asarray(days, "datetime64[D]")
    weekday = (days.astype(int) + 3) % 7
    kinds = np.where(weekday >= 5, WEEKEND, SCHOOL_DAY)
    if not len(days):
        return kinds
    if holidays is None:
        years = days.astype("datetime64[Y]").astype(int) + 1970
        holidays = typical_holidays(int(years.min()) - 1, int(years.max()) + 1)
    for first, last in holidays:
        kinds[(days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))] = HOLIDAY
    return kinds


def day_weights(kinds, on_weekends, on_holidays):
    """How much of a school day's use falls on each day.

    Parameters
    ----------
    kinds : array of int, shape (d,)
        As ``kinds_of_day`` returns them.
    on_weekends, on_holidays : float
        Use of a day beside that of a school day. [-]

    Returns
    -------
    array, shape (d,)
        1 on school days. [-]

    Examples
    --------
    >>> day_weights(np.array([0, 1, 2]), 0.3, 0.6).tolist()
    [1.0, 0.3, 0.6]
    """
    return np.array([1.0, on_weekends, on_holidays])[kinds]
