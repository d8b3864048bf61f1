"""When a vintage of grant can pay for works: the two calendars meet here and nowhere else.

The grant year f runs from 1 April f to 31 March f+1. The planning year y runs from 1 September y to 31 August y+1, and
its works are done in July and August y+1. A vintage serves the planning years whose summer lies inside its window.
"""

from datetime import date


def window(grant_year, financial_years):
    """First and last day on which a vintage may be spent.

    Parameters
    ----------
    grant_year : int
        Grant year f, from 1 April f.
    financial_years : int
        Financial years it may be spent in, the year of payment being the first.

    Returns
    -------
    tuple of (date, date)

    Examples
    --------
    >>> window(2026, 2)
    (datetime.date(2026, 4, 1), datetime.date(2028, 3, 31))
    """
    return date(grant_year, 4, 1), date(grant_year + financial_years, 3, 31)


def planning_years(first_day, last_day):
    """Planning years whose summer works a window can pay for.

    Parameters
    ----------
    first_day, last_day : date
        The window, both days in it.

    Returns
    -------
    tuple of (int, int)
        First and last planning year; the first is later than the last where no summer fits.

    Examples
    --------
    SCA of grant year 2026, two financial years: the summers of 2026 and 2027, planning years 2025 and 2026.

    >>> planning_years(*window(2026, 2))
    (2025, 2026)

    Devolved formula capital, three financial years:

    >>> planning_years(*window(2026, 3))
    (2025, 2027)

    References
    ----------
    .. [1] Bishop Fleming, Focus on capital income and expenditure (February 2021): SCA to be spent within two financial
       years, devolved formula capital within three.
    """
    first = first_day.year - 1 if first_day <= date(first_day.year, 7, 1) else first_day.year
    last = last_day.year - 1 if last_day >= date(last_day.year, 8, 31) else last_day.year - 2
    return first, last
