"""Published figures as tables, each row with its source; nothing here is computed."""

from functools import cache
from importlib import resources

import pandas as pd

from ..errors import MissingFigureError

TABLES = ("component_types", "price_index", "location_factors", "routes", "loss_rates",
          "local_authorities")


@cache
def _read(name):
    with resources.files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def load(name):
    """A reference table by name.

    Parameters
    ----------
    name : str
        One of ``TABLES``, or ``sources``.

    Returns
    -------
    DataFrame
        A copy; every row of every table but ``sources`` has a ``source`` that is a row of ``sources``.
    """
    return _read(name).copy()


def component_types():
    """The 139 construction types by ``type_id``: element, yearly probabilities, unit costs (2016 GBP per unit).

    References
    ----------
    .. [1] Department for Education, property data survey programme: EC Harris lives, 2016 repair costs.
    """
    return load("component_types").set_index("type_id", drop=False)


def price_ratio(from_year, to_year):
    """How much a pound of building work of one year costs in another. [-]

    Raises
    ------
    MissingFigureError
        If a year is not in the price index.
    """
    index = load("price_index").set_index("year").index_2016_is_100
    missing = [int(year) for year in (from_year, to_year) if year not in index.index]
    if missing:
        raise MissingFigureError(f"The price index has no figure for {', '.join(map(str, missing))}; it runs from "
                                 f"{index.index.min()} to {index.index.max()}.")
    return float(index[to_year] / index[from_year])


def location_factor(region):
    """Regional factor on national unit costs; DfE's allocation factors stand in for BCIS's. [-]

    Raises
    ------
    MissingFigureError
        If the region is not in the table.
    """
    factors = load("location_factors").set_index("region").location_factor
    if region not in factors.index:
        raise MissingFigureError(f"No location factor for the region {region!r}; known: {', '.join(factors.index)}.")
    return float(factors[region])
