"""What energy costs: published prices by size, the trust's own, and their paths."""

from functools import cache

import numpy as np

from ..errors import MissingFigureError
from ..reference import load

PATHS = ("low", "central", "high")


@cache
def _rows(fuel, figure):
    table = load("energy_prices")
    rows = table[(table.fuel == fuel) & (table.figure == figure)]
    if not len(rows):
        raise MissingFigureError(f"No energy price for {fuel}: {figure}.")
    return rows


def published_price(fuel, annual_kwh):
    """Published price of a fuel for a consumer of some size, and the year it is of.

    Parameters
    ----------
    fuel : str
        One of ``end_uses.FUELS``.
    annual_kwh : float
        Use of a year at the meter. [kWh]

    Returns
    -------
    tuple of (float, int)
        Price with climate change levy, without VAT, standing charges spread over the use [GBP/kWh], and its year.

    Raises
    ------
    MissingFigureError
        If nothing is known of the fuel.

    Notes
    -----
    Assumes schools pay what others of their size pay. *Counterexample:* a framework that bought ahead, so put in your own.

    Examples
    --------
    >>> published_price("gas", 560_000.0), published_price("electricity", 560_000.0)
    ((0.0513, 2025), (0.2825, 2025))
    """
    bands = _rows(fuel, "price").sort_values("from_kwh")
    row = bands[bands.from_kwh <= max(annual_kwh, 0.0)].iloc[-1]
    return float(row.value), int(row.year)


def export_price(path="central"):
    """What a supplier pays for electricity sent to the grid, and the year it is of. [GBP/kWh]

    Examples
    --------
    >>> export_price(), export_price("low")
    ((0.1, 2026), (0.05, 2026))
    """
    row = _rows("electricity", f"export {path}").iloc[0]
    return float(row.value), int(row.year)


def price_path(fuel, years, path="central", from_year=2025, published_level=False):
    """Real price of a fuel in each calendar year beside that of the year it is known in.

    Parameters
    ----------
    fuel : str
        One of ``end_uses.FUELS``.
    years : array of int, shape (y,)
        Calendar years.
    path : str
        ``low``, ``central`` or ``high``.
    from_year : int
        Year whose price is known.
    published_level : bool
        Whether low and high begin at their published distance from the central price; if not, all three begin at the
        price that is known and differ only in how it changes.

    Returns
    -------
    array, shape (y,)
        [-]

    Raises
    ------
    MissingFigureError
        If the path or the fuel is not in the table.

    Notes
    -----
    Prices change by one rate to 2040 and are level from then on. Assumes a smooth path. *Counterexample:* 2022.

    Examples
    --------
    >>> price_path("gas", np.array([2025, 2026, 2040, 2050])).round(4).tolist()
    [1.0, 0.983, 0.7732, 0.7732]
    >>> price_path("electricity", np.array([2025]), "high", published_level=True).tolist()
    [2.2684]
    """
    growth = float(_rows(fuel, f"growth {path}").iloc[0].value)
    until = int(_rows(fuel, "last year of growth").iloc[0].value)
    level = float(_rows(fuel, f"level {path}").iloc[0].value) if published_level else 1.0
    grown = np.clip(np.asarray(years, int), None, until) - min(from_year, until)
    return level * (1.0 + growth) ** grown.astype(float)


def bill(use_kwh, unit_gbp_per_kwh, standing_gbp):
    """What a supplier asks for a year.

    Parameters
    ----------
    use_kwh : array
        [kWh]
    unit_gbp_per_kwh : array
        Price of a unit. [GBP/kWh]
    standing_gbp : array
        Standing charges of the year, due whatever is used. [GBP]

    Returns
    -------
    array
        [GBP]

    Examples
    --------
    >>> bill(np.array([1000.0, 0.0]), 0.25, 100.0)
    array([350., 100.])
    """
    return use_kwh * unit_gbp_per_kwh + standing_gbp
