"""When works at schools can go on: planning years, summers and the other holidays, in weeks from the start of the plan."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from ..energy.school_days import typical_holidays

DAYS_A_WEEK = 7
LEAST_HOLIDAY_WEEKS = 1.0
AUGUST = 8


@dataclass(frozen=True)
class Calendar:
    """Planning years, summers and holidays as weeks since 1 September of the first year.

    ``starts`` (years + 1,) begins each year and ends the last; ``summers`` (years,) and ``holidays`` are first and last
    weeks, in order, and do not overlap.
    """

    first_year: int
    starts: tuple = field(repr=False)
    summers: tuple = field(repr=False)
    holidays: tuple = field(repr=False)

    def __post_init__(self):
        object.__setattr__(self, "_begins", [begin for begin, _ in self.holidays])
        worked = accumulate((end - begin for begin, end in self.holidays), initial=0.0)
        object.__setattr__(self, "_worked", list(worked))

    def year_of(self, week):
        """Place of the planning year in which a week falls; the very end of a year belongs to it."""
        return max(0, bisect_left(self.starts, week - 1e-9) - 1)

    def day(self, week):
        """The date of a week."""
        return date(self.first_year, 9, 1) + timedelta(days=round(week * DAYS_A_WEEK))

    def worked_by(self, week):
        """Weeks of holidays from the start of the plan until a week."""
        place = bisect_right(self._begins, week) - 1
        if place < 0:
            return 0.0
        begin, end = self.holidays[place]
        return self._worked[place] + min(week, end) - begin

    def after(self, week, weeks):
        """When works are finished that begin in a week, need some weeks, and go on in holidays only."""
        wanted = self.worked_by(week) + weeks
        place = bisect_left(self._worked, wanted - 1e-9) - 1
        if place < 0:
            return week
        if place >= len(self.holidays):
            return float("inf")
        return self.holidays[place][0] + wanted - self._worked[place]


def school_calendar(first_year, years, beyond=3):
    """The calendar of typical English terms.

    Parameters
    ----------
    first_year : int
        First planning year y: 1 September y to 31 August y+1.
    years : int
        Planning years.
    beyond : int
        Years after the plan in which works begun in it may be finished.

    Returns
    -------
    Calendar

    Notes
    -----
    Assumes works go on in holidays of a week or more, weekends inside them counted in. *Counterexample:* a bank holiday; a
    contractor who works evenings.

    Examples
    --------
    >>> plan = school_calendar(2026, 2)
    >>> plan.day(plan.summers[0][0]), plan.day(plan.summers[0][1])
    (datetime.date(2027, 7, 23), datetime.date(2027, 9, 1))
    """
    origin = date(first_year, 9, 1)

    def weeks(day):
        """Weeks from the start of the plan."""
        return (day - origin).days / DAYS_A_WEEK

    count = years + beyond
    starts = tuple(weeks(date(first_year + place, 9, 1)) for place in range(count + 1))
    holidays, summers = [], []
    for first, last in sorted(typical_holidays(first_year, first_year + count + 1)):
        summer = first <= date(first.year, AUGUST, 1) <= last
        begin = max(0.0, weeks(first))
        end = weeks(min(last + timedelta(days=1), date(first.year, 9, 1)) if summer else last + timedelta(days=1))
        if end - begin < LEAST_HOLIDAY_WEEKS - 1e-9 or begin >= starts[-1]:
            continue
        holidays.append((begin, end))
        if summer and len(summers) < count:
            summers.append((begin, end))
    return Calendar(first_year, starts, tuple(summers), tuple(holidays))
