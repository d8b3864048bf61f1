"""Photovoltaics: what an array yields, how much of it the school uses itself, and what it costs."""

from functools import cache

import numpy as np

from .. import reference
from ..errors import MissingFigureError
from .measures import BATTERY, SOLAR, figure

TILTS = ("south_35", "south_10", "east_west_10", "west_35")


def yield_kwh_per_kwp(region, tilt="south_10", real=True):
    """Yearly yield of a new array in a region.

    Parameters
    ----------
    region : str
        One of ``tables.REGIONS``.
    tilt : str
        ``south_35``, ``south_10`` (frames on a flat roof), ``east_west_10`` or ``west_35``.
    real : bool
        Whether to take off what real roofs yield less than a clear one: shade, dirt, faults.

    Returns
    -------
    float
        [kWh/kWp]

    Raises
    ------
    MissingFigureError
        If the region has no yield.

    Examples
    --------
    >>> yield_kwh_per_kwp("West Midlands", "south_35", real=False)
    933.0

    References
    ----------
    .. [1] pvlib with monthly irradiation of PVGIS-SARAH3; ``reference/pv_yield.csv``.
    """
    table = reference.load("pv_yield")
    row = table[table.regions.fillna("").str.split(";").map(lambda names: region in names)]
    if not len(row) or tilt not in TILTS:
        raise MissingFigureError(f"No yield of photovoltaics for {region!r} at {tilt!r}.")
    return float(row[f"{tilt}_kwh_per_kwp"].iloc[0]) * (figure(SOLAR, "real roofs").value if real else 1.0)


def largest_kwp(roof_m2):
    """Largest array a roof takes.

    Parameters
    ----------
    roof_m2 : array
        Area of roof that is fit for it. [m2]

    Returns
    -------
    array
        [kWp]

    Examples
    --------
    >>> largest_kwp(1000.0)
    50.0
    """
    return roof_m2 * figure(SOLAR, "usable roof").value / figure(SOLAR, "roof per kWp").value


def array_cost_gbp(kwp, level="central"):
    """Cost of an array without fees, in the prices of the library. [GBP]

    Parameters
    ----------
    kwp : float
        [kWp]
    level : str

    Returns
    -------
    float

    Examples
    --------
    >>> round(array_cost_gbp(30.0) / 30), round(array_cost_gbp(100.0) / 100)
    (964, 809)

    References
    ----------
    .. [1] Energy Sparks, potential benefits estimator: GBP 1,584 x kWp to the power 0.854 (2023).
    """
    scale = figure(SOLAR, "capex", level).value
    return float(scale * figure(SOLAR, "cost of one kWp").value * kwp ** figure(SOLAR, "cost exponent").value)


def self_use(generation_over_load, phase, battery=False):
    """Part of what is generated that the school uses itself.

    Parameters
    ----------
    generation_over_load : array
        Yearly generation over yearly use of electricity. [-]
    phase : str
        Phase of the school; other than primary, secondary and special: as secondary.
    battery : bool
        With a battery of 1 kWh for each kWp.

    Returns
    -------
    array
        Never rises with generation. [-]

    Notes
    -----
    Between the points of the table in a straight line; beyond the last, as much in all as at it. *Counterexample:* a school
    that lets its sports hall in the holidays.

    Examples
    --------
    >>> self_use(np.array([0.0, 0.3, 2.0]), "primary").round(3).tolist()
    [0.96, 0.762, 0.216]

    References
    ----------
    .. [1] Average half-hourly load of real schools (Energy Sparks, July 2026) against pvlib; ``reference/pv_self_use.csv``.
    """
    at, used = _self_use_points(phase, battery)
    ratio = np.asarray(generation_over_load, float)
    share = np.interp(ratio, np.concatenate([[0.0], at]), np.concatenate([[1.0], used]))
    share = np.clip(share - figure(SOLAR, "rough load").value, 0.0, 1.0)
    beyond = ratio > at[-1]
    return np.where(beyond, share * at[-1] / np.where(beyond, ratio, 1.0), share)


@cache
def _self_use_points(phase, battery):
    """Points of the table for a kind of school: generation over load, and the share used. [-]"""
    table = reference.load("pv_self_use")
    own = table[table.phase == (phase if phase in set(table.phase) else "secondary")]
    column = "self_use_with_battery_share" if battery else "self_use_share"
    return own.generation_over_load_share.to_numpy(), own[column].to_numpy()


def generated_kwh(kwp, yield_kwh, age_years):
    """What an array generates at an age. [kWh]

    Parameters
    ----------
    kwp : float
        [kWp]
    yield_kwh : float
        Yearly yield of each kWp when new. [kWh]
    age_years : array
        Years since it was fitted. [years]

    Returns
    -------
    array

    Examples
    --------
    >>> generated_kwh(64.0, 856.567, np.array([0.0])).round(1)
    array([54820.3])
    """
    return kwp * yield_kwh * (1.0 - figure(SOLAR, "degradation").value) ** np.asarray(age_years, float)


def upkeep_gbp(kwp, capex_gbp, age_years, battery=False):
    """Yearly upkeep of an array, with its one new inverter, and of its battery, in the prices of the library. [GBP]

    Parameters
    ----------
    kwp : float
        [kWp]
    capex_gbp : float
        Cost of the array. [GBP]
    age_years : array
        [years]
    battery : bool

    Returns
    -------
    array

    Examples
    --------
    >>> upkeep_gbp(100.0, 80_000.0, np.array([1, 10])).tolist()
    [770.0, 6930.0]
    """
    age = np.asarray(age_years)
    yearly = figure(SOLAR, "upkeep").value * kwp + battery * figure(BATTERY, "upkeep").value * battery_cost_gbp(kwp)
    return yearly + (age == figure(SOLAR, "inverter after").value) * figure(SOLAR, "inverter").value * capex_gbp


def battery_cost_gbp(kwp, level="central"):
    """Cost of the battery that goes with an array. [GBP]

    Parameters
    ----------
    kwp : float
        [kWp]
    level : str

    Returns
    -------
    float

    Examples
    --------
    >>> battery_cost_gbp(50.0)
    40000.0
    """
    return figure(BATTERY, "capex", level).value * figure(BATTERY, "size").value * kwp
