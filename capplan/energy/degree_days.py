"""Degree-days: how cold it was, how cold it is in a normal year, and what a change of weather does to use."""

import numpy as np

DAYS_OF_A_YEAR = 365.25


def degree_days(temperature_c, base_c):
    """Heating degree-days of each day.

    Parameters
    ----------
    temperature_c : array, shape (d,)
        Mean outside temperature of each day. [degrees C]
    base_c : float
        Temperature from which no heat is needed. [degrees C]

    Returns
    -------
    array, shape (d,)
        ``max(0, base - temperature)``. [K days]

    Notes
    -----
    Assumes the mean of a day says what it needs. *Counterexample:* a spring day of 5 and 19 degrees, heated in the morning
    only. So degree-days have to be summed over days; those of a month's mean temperature are too few.

    Examples
    --------
    >>> degree_days(np.array([5.5, 15.5, 20.0]), 15.5)
    array([10.,  0.,  0.])
    """
    return np.maximum(0.0, base_c - np.asarray(temperature_c, float))


def yearly_degree_days(temperature_c, base_c, weights=1.0):
    """Degree-days of the mean year of a run of days.

    Parameters
    ----------
    temperature_c : array, shape (d,)
        Mean outside temperatures of whole years. [degrees C]
    base_c : float
        [degrees C]
    weights : array, shape (d,), or float
        How much each day counts. [-]

    Returns
    -------
    float
        [K days a year]

    Examples
    --------
    >>> round(yearly_degree_days(np.full(730, 10.5), 15.5), 2)
    1826.25
    """
    cold = degree_days(temperature_c, base_c) * weights
    return float(cold.sum() * DAYS_OF_A_YEAR / len(cold))


def normal_year(temperature_c, reference_degree_days, base_c):
    """Shift temperatures by a constant so that their mean year has the degree-days of the reference year.

    Parameters
    ----------
    temperature_c : array, shape (d,)
        Mean outside temperatures of whole years. [degrees C]
    reference_degree_days : float
        Of the reference year. [K days a year]
    base_c : float
        Base of the reference degree-days. [degrees C]

    Returns
    -------
    array, shape (d,)
        [degrees C]

    Raises
    ------
    ValueError
        If there are no days or the reference is not above nought.

    Notes
    -----
    Assumes that mild and cold days of a normal year lie apart as those given do. *Counterexample:* years with one long
    frost. A shift keeps the degree-days of every other base consistent, which scaling those of one base would not.

    Examples
    --------
    >>> shifted = normal_year(np.tile([5.0, 15.0, 25.0], 300), 2000.0, 15.5)
    >>> round(yearly_degree_days(shifted, 15.5), 6)
    2000.0
    """
    days = np.sort(np.asarray(temperature_c, float))
    if not len(days) or reference_degree_days <= 0:
        raise ValueError("A normal year needs days and degree-days above nought.")
    wanted = reference_degree_days * len(days) / DAYS_OF_A_YEAR
    # With the k coldest days below the base, the sum of degree-days is k x (base - shift) - their temperatures.
    count = np.arange(1, len(days) + 1)
    shift = base_c - (wanted + np.cumsum(days)) / count
    warm = np.append(days[1:], np.inf)
    right = np.flatnonzero(warm + shift >= base_c - 1e-9)  # the next day is above the base, so no more than these count
    return np.asarray(temperature_c, float) + shift[right[0]]


def weather_corrected(use_kwh, weather_share, actual_degree_days, standard_degree_days):
    """A year's use as it would have been in standard weather.

    Parameters
    ----------
    use_kwh : float or array
        Use of the year. [kWh]
    weather_share : float
        Part of the use that follows the weather. [-]
    actual_degree_days, standard_degree_days : float
        Of the year, and of the standard year. [K days]

    Returns
    -------
    float or array
        ``use x (1 - share + share x standard / actual)``. [kWh]

    Notes
    -----
    Assumes the share is that of the year given. *Counterexample:* in a mild year less follows the weather.

    Examples
    --------
    >>> round(weather_corrected(1.0, 0.6, 2207.416875, 2000.0), 10)
    0.9436218295

    References
    ----------
    .. [1] Energy Sparks (MIT), correction of gas use by degree-days, with a share of 0.6.
    """
    return use_kwh * (1.0 - weather_share + weather_share * standard_degree_days / actual_degree_days)


def climate_multiples(yearly_change, years):
    """Degree-days of years to come beside those of the first.

    Parameters
    ----------
    yearly_change : float
        As a fraction a year; below nought: warmer. [-]
    years : int
        How many.

    Returns
    -------
    array, shape (years,)
        ``(1 + change) ** t``. [-]

    Examples
    --------
    >>> climate_multiples(-0.5, 3)
    array([1.  , 0.5 , 0.25])
    """
    return (1.0 + yearly_change) ** np.arange(years, dtype=float)
