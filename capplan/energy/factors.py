"""Carbon: dated factors for the footprint, long-run marginal ones for the worth of a change. The two are never mixed."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ..errors import MissingFigureError
from ..reference import load
from .end_uses import COMBUSTION, FUELS

SCOPES = ("scope 1", "scope 2", "scope 3 losses", "scope 3 supply")
CARBON_LEVELS = ("low", "central", "high")
KG_PER_TONNE = 1000.0
CONSISTENT_LAG_YEARS = 1
LAST_YEAR = 2050


@dataclass(frozen=True)
class FootprintFactors:
    """Factors of what was or will be used: ``kg_per_kwh`` (scopes, fuels, years). [kgCO2e/kWh]

    ``years`` are calendar years. ``notes`` say which figures are assumed, worked out or held.
    """

    years: np.ndarray = field(repr=False)
    kg_per_kwh: np.ndarray = field(repr=False)
    notes: tuple = ()

    def by_scope_t(self, use_kwh):
        """Emissions of use, by scope.

        Parameters
        ----------
        use_kwh : array, shape (..., fuels, years)
            Use; nowhere below nought. [kWh]

        Returns
        -------
        array, shape (scopes, ..., fuels, years)
            [tCO2e]

        Raises
        ------
        ValueError
            If a use is below nought: a change of use has no footprint, ask ``AppraisalFactors``.
        """
        kwh = np.asarray(use_kwh, float)
        if (kwh < 0).any():
            raise ValueError("A footprint is that of use, which is never below nought; for a change ask AppraisalFactors.")
        return np.stack([kwh * each / KG_PER_TONNE for each in self.kg_per_kwh])

    def total_t(self, use_kwh):
        """Emissions of use, all scopes that count; shape (..., fuels, years). [tCO2e]"""
        return self.by_scope_t(use_kwh).sum(axis=0)


@dataclass(frozen=True)
class AppraisalFactors:
    """Factors of a change in use: ``kg_per_kwh`` (fuels, years), long-run marginal for electricity. [kgCO2e/kWh]

    ``years`` are calendar years.
    """

    years: np.ndarray = field(repr=False)
    kg_per_kwh: np.ndarray = field(repr=False)
    notes: tuple = ()

    def change_t(self, change_kwh):
        """Emissions caused by a change of use; below nought: avoided.

        Parameters
        ----------
        change_kwh : array, shape (..., fuels, years)
            Use with the change less use without it. [kWh]

        Returns
        -------
        array, shape (..., fuels, years)
            [tCO2e]
        """
        return np.asarray(change_kwh, float) * self.kg_per_kwh / KG_PER_TONNE


def footprint(use_kwh, factors):
    """Footprint of use. [tCO2e]

    Parameters
    ----------
    use_kwh : array, shape (..., fuels, years)
        Use. [kWh]
    factors : FootprintFactors

    Raises
    ------
    TypeError
        If the factors are those of an appraisal.
    """
    if not isinstance(factors, FootprintFactors):
        raise TypeError("A footprint takes FootprintFactors: grid averages, dated. Appraisal factors are for changes.")
    return factors.total_t(use_kwh)


def abatement(change_kwh, factors):
    """Emissions avoided by a change of use; below nought: caused. [tCO2e]

    Parameters
    ----------
    change_kwh : array, shape (..., fuels, years)
        Use with the change less use without it. [kWh]
    factors : AppraisalFactors

    Raises
    ------
    TypeError
        If the factors are those of a footprint.
    """
    if not isinstance(factors, AppraisalFactors):
        raise TypeError("An appraisal takes AppraisalFactors: long-run marginal. Footprint factors are grid averages.")
    return -factors.change_t(change_kwh)


def calendar_years(planning_years):
    """Calendar year whose factors a planning year takes: that in which most of its months fall.

    Parameters
    ----------
    planning_years : array of int
        Planning year y runs from 1 September y to 31 August y + 1.

    Returns
    -------
    array of int

    Notes
    -----
    Assumes as much is emitted in each month. *Counterexample:* heating, much of it before
    the new year.

    Examples
    --------
    >>> calendar_years([2026, 2027]).tolist()
    [2027, 2028]
    """
    return np.asarray(planning_years, int) + 1


def footprint_factors(years, losses=True, supply=False, consistent=False):
    """Factors for the footprint of each calendar year.

    Parameters
    ----------
    years : array of int, shape (y,)
        Calendar years.
    losses : bool
        Whether losses of transmission and distribution count (scope 3).
    supply : bool
        Whether the supply of fuels, well to tank, counts (scope 3).
    consistent : bool
        Whether every year is given the grid of the year before it, so that years can be compared. As published, sets to
        2025 describe the grid two years before and that of 2026 the grid one year before: between 2025 and 2026 the factor
        of electricity falls by 26%, part of it because a year was skipped.

    Returns
    -------
    FootprintFactors

    Raises
    ------
    MissingFigureError
        If a year lies before the first published one.

    Notes
    -----
    After the last published set electricity follows the grid average of the Green Book tables, losses keep their share of
    it, and fuels keep their factor. Assumes the grid changes as those tables of 2023 have it. *Counterexample:* Clean Power
    2030, which they do not hold.

    Examples
    --------
    >>> found = footprint_factors(np.array([2025, 2026]))
    >>> found.kg_per_kwh[1, 0].tolist()
    [0.177, 0.13096]
    """
    years, table, notes = np.asarray(years, int), load("footprint_factors"), []
    kept = ["scope 1", "scope 2", *(["scope 3 losses"] if losses else []), *(["scope 3 supply"] if supply else [])]
    factors = np.zeros((len(SCOPES), len(FUELS), len(years)))
    for (fuel, scope), rows in table[table.scope.isin(kept)].groupby(["fuel", "scope"]):
        by_grid = consistent and fuel == "electricity"
        known = rows.set_index("data_year" if by_grid else "year").kg_per_kwh.sort_index()
        found, told = _each_year(known, years - CONSISTENT_LAG_YEARS if by_grid else years, fuel)
        factors[SCOPES.index(scope), FUELS.index(fuel)] = found
        notes += [f"{fuel}, {scope}: {text}" for text in told]
        assumed = rows[(rows.status == "ASSUMPTION") & rows.year.isin(years)].year.tolist()
        notes += [f"{fuel}, {scope}: the factor of {', '.join(map(str, assumed))} is not confirmed"] if assumed else []
    return FootprintFactors(years, factors, tuple(notes))


def _each_year(known, years, fuel):
    """A factor for each year from those known: between them in proportion, after them by the grid average or as the last."""
    first, last = int(known.index.min()), int(known.index.max())
    wanted = np.clip(years, first if fuel != "electricity" else years.min(), None)
    if fuel == "electricity" and years.min() < first:
        raise MissingFigureError(f"No footprint factor of electricity before {first}.")
    inside = np.exp(np.interp(wanted, known.index, np.log(known)))
    notes = []
    if fuel == "electricity":
        average = _grid_average()
        ahead = np.clip(years, last, LAST_YEAR)
        inside = np.where(years > last, known[last] * average.loc[ahead].to_numpy() / average[last], inside)
        if (years > last).any():
            notes.append(f"after {last} as the Green Book's grid average")
    elif (years < first).any() or (years > last).any():
        notes.append(f"{f'before {first} and ' if (years < first).any() else ''}after {last} as in that year")
    between = sorted(set(years[(years > first) & (years < last)].tolist()) - set(known.index))
    if between:
        notes.append(f"{', '.join(map(str, between))} between its neighbours")
    return inside, notes


def _grid_average():
    table = load("appraisal_factors")
    return table[table.figure == "average electricity"].set_index("year").value


def appraisal_factors(years):
    """Factors for the worth of a change in each calendar year.

    Parameters
    ----------
    years : array of int, shape (y,)
        Calendar years; after 2050 the factor of 2050 stands.

    Returns
    -------
    AppraisalFactors
        Long-run marginal, consumption-based, commercial and public sector for electricity; combustion for fuels.

    Raises
    ------
    MissingFigureError
        If a year lies before the tables.

    Notes
    -----
    Assumes a lasting change, to which the grid answers with what it builds. *Counterexample:* a battery moved by an hour.

    Examples
    --------
    >>> found = appraisal_factors(np.array([2026, 2030]))
    >>> found.kg_per_kwh[0].tolist(), found.kg_per_kwh[1].tolist()
    ([0.187226, 0.091393], [0.18231, 0.18231])

    References
    ----------
    .. [1] DESNZ and HM Treasury (2023), Valuation of energy use and greenhouse gas emissions for appraisal, table 1.
    """
    years, table = np.asarray(years, int), load("appraisal_factors")
    marginal = table[table.figure == "marginal electricity"].set_index("year").value
    if years.min() < marginal.index.min():
        raise MissingFigureError(f"No long-run marginal factor before {marginal.index.min()}.")
    factors = np.zeros((len(FUELS), len(years)))
    factors[0] = marginal.loc[np.minimum(years, LAST_YEAR)]
    burned = load("footprint_factors").query("scope == 'scope 1'").sort_values("year").groupby("fuel").kg_per_kwh.last()
    for fuel in COMBUSTION:
        factors[FUELS.index(fuel)] = burned[fuel]
    return AppraisalFactors(years, factors, (("after 2050 the factors of 2050",) if years.max() > LAST_YEAR else ()))


def carbon_values_gbp(years, level="central", price_base=2022, inflation=0.0):
    """Value of a tonne in each calendar year, real.

    Parameters
    ----------
    years : array of int, shape (y,)
        After 2050 the value of 2050 stands.
    level : str
        ``low``, ``central`` or ``high``.
    price_base : int
        Year whose prices it is in.
    inflation : float
        General inflation a year after the last known deflator. [-]

    Returns
    -------
    array, shape (y,)
        [GBP/tCO2e]

    Raises
    ------
    MissingFigureError
        If a year lies before the table or the level is not in it.

    Examples
    --------
    >>> carbon_values_gbp(np.array([2026, 2030]), "central", 2025).round(1).tolist()
    [308.5, 327.8]

    References
    ----------
    .. [1] DESNZ and HM Treasury (2023), Valuation of energy use and greenhouse gas emissions for appraisal, table 3.
    """
    table = load("appraisal_factors")
    values = table[table.figure == f"carbon value {level}"].set_index("year").value
    years = np.minimum(np.asarray(years, int), LAST_YEAR)
    if not len(values) or years.min() < values.index.min():
        raise MissingFigureError(f"No {level} carbon value of {years.min()}; levels are {', '.join(CARBON_LEVELS)}.")
    return values.loc[years].to_numpy(float) * general_price_ratio(2022, price_base, inflation)


def general_price_ratio(from_year, to_year, inflation=0.0):
    """How much a pound of one year buys in the pounds of another, by the GDP deflator.

    Parameters
    ----------
    from_year, to_year : int
    inflation : float
        A year, after the last known deflator. [-]

    Returns
    -------
    float
        [-]

    Raises
    ------
    MissingFigureError
        If a year lies before the table.

    Examples
    --------
    >>> general_price_ratio(2022, 2025), round(general_price_ratio(2025, 2027, 0.5), 6)
    (1.11298, 2.25)
    """
    index = _deflator()
    if min(from_year, to_year) < min(index):
        raise MissingFigureError(f"No GDP deflator before {min(index)}.")
    last = max(index)
    level = [index[min(year, last)] * (1.0 + inflation) ** max(year - last, 0) for year in (from_year, to_year)]
    return float(level[1] / level[0])


@cache
def _deflator():
    table = load("gdp_deflator")
    return dict(zip(table.year.tolist(), table.index_2022_is_100.tolist(), strict=True))
