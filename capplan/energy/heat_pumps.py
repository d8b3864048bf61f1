"""Heat pumps: how much heat a kWh of electricity gives over a season, how large the plant is, and what it draws."""

import numpy as np

from .measures import AIR_SOURCE, GENERAL, figure


def performance_at(outdoor_c):
    """Heat an air-source heat pump gives for each kWh, with water at 45 degrees, by outdoor temperature.

    Parameters
    ----------
    outdoor_c : array
        Outdoor temperature. [degrees C]

    Returns
    -------
    array
        Never below 1, what a heating element gives. [-]

    Examples
    --------
    >>> performance_at(np.array([7.0, -3.0, -40.0])).round(3).tolist()
    [2.728, 2.015, 1.0]

    References
    ----------
    .. [1] Coefficients of an R32 unit in a public CEP library; ``reference/measure_figures.csv``, source cop-curve.
    """
    base, slope = figure(GENERAL, "cop at 7 C").value, figure(GENERAL, "cop slope").value
    return np.maximum(1.0, base + slope * (np.asarray(outdoor_c, float) - 7.0))


def seasonal_performance(degree_days, performance):
    """Heat given over a season for each kWh drawn, cold days counting as they need heat.

    Parameters
    ----------
    degree_days : array
        Heat needed, by day or month. [K day]
    performance : array
        Heat for each kWh in the same days or months. [-]

    Returns
    -------
    float
        [-]

    Raises
    ------
    ValueError
        If there is no heat to give.

    Examples
    --------
    Half of the heat at 2 and half at 3 takes 0.25 + 1/6 kWh for each kWh of heat:

    >>> round(seasonal_performance(np.array([10.0, 10.0]), np.array([2.0, 3.0])), 6)
    2.4
    """
    degree_days, performance = np.asarray(degree_days, float), np.asarray(performance, float)
    if not degree_days.sum() > 0:
        raise ValueError("A season without any degree-days has no seasonal performance.")
    return float(degree_days.sum() / (degree_days / performance).sum())


def plant_kw(heat_kwh, full_load_hours):
    """Output heating plant is sized for.

    Parameters
    ----------
    heat_kwh : array
        Useful heat for space heating in a normal year, after the fabric works that go before. [kWh]
    full_load_hours : float
        Yearly heat over output. [h]

    Returns
    -------
    array
        [kW]

    Notes
    -----
    Assumes output falls as heat does, which is why fabric goes first. *Counterexample:* plant kept large to warm a building
    quickly on a Monday.

    Examples
    --------
    >>> plant_kw(320_000.0, 1600.0)
    200.0
    """
    return heat_kwh / full_load_hours


def drawn_kw(output_kw, kind=AIR_SOURCE, level="central"):
    """Electricity a heat pump draws on the coldest day.

    Parameters
    ----------
    output_kw : array
        Heat it gives then. [kW]
    kind : str
        ``air-source heat pump`` or ``ground-source heat pump``.
    level : str
        Low performance draws most.

    Returns
    -------
    array
        [kW]

    Examples
    --------
    >>> drawn_kw(210.0)
    100.0
    """
    return output_kw / figure(kind, "cold day performance", level).value
