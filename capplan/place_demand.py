"""Pupils who need a place, by school, use of the place and planning year: forecast with its draws, or rolls without any."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .pupil_forecast import forecast_if_asked
from .roll_checks import SPECIAL_PHASES

USES = ("nursery", "primary", "secondary", "sixth form", "special")
"""Pupils by the places they use; pupils of special schools are one group whatever their age."""
YEAR_GROUPS = {"nursery": range(-1, 0), "primary": range(7), "secondary": range(7, 12), "sixth form": range(12, 15)}
ROLL_COLUMNS = {"primary": "pupils_primary", "secondary": "pupils_secondary", "sixth form": "pupils_post16",
                "special": "pupils_special"}
USE_OF_PHASE = {"nursery": "nursery", "primary": "primary", "secondary": "secondary", "sixth form": "sixth form",
                **dict.fromkeys(SPECIAL_PHASES, "special")}


@dataclass(frozen=True)
class Demand:
    """Pupils by school, use and planning year, in the order of ``schools``, ``USES`` and ``years``.

    ``draws`` (schools, uses, years, replicates): possible numbers, one replicate where there is no forecast.
    ``now`` (schools, uses): those of the census before the plan, counted or forecast. ``chosen_by_use`` (schools, uses,
    years): the forecast chosen. ``groups``: year group of each column of ``by_group`` (schools, year groups, years),
    the same by year group, and ``now_by_group``; empty where pupils are not known by year group. ``source`` says in words
    where they come from.
    """

    schools: tuple
    years: tuple
    draws: np.ndarray = field(repr=False)
    now: np.ndarray = field(repr=False)
    source: str
    groups: tuple = ()
    by_group: np.ndarray | None = field(default=None, repr=False)
    now_by_group: np.ndarray | None = field(default=None, repr=False)
    chosen_by_use: np.ndarray | None = field(default=None, repr=False)

    @property
    def chosen(self):
        """The one number of pupils by school, use and year that money follows. [pupils]"""
        return self.draws.mean(axis=-1) if self.chosen_by_use is None else self.chosen_by_use

    @property
    def banded(self):
        """Whether there is more than one possible number of pupils."""
        return self.draws.shape[-1] > 1

    def quantile(self, quantile):
        """Pupils of each school by year at a quantile of its own total, shape (schools, years). [pupils]"""
        return np.quantile(self.draws.sum(axis=1), quantile, axis=-1)

    def ratio(self):
        """Pupils of each school by year, on average, against those now; 1 where it has none now; (schools, years). [-]"""
        now = self.now.sum(axis=1)[:, None]
        mean = self.draws.sum(axis=1).mean(axis=-1)
        return np.divide(mean, now, out=np.ones_like(mean), where=now > 0)


def demand(estate, scenario, forecast=None):
    """Pupils who need a place in the years of the plan.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    forecast : PupilForecast, optional
        A forecast of pupils; left out: the scenario's own where it includes one, else the rolls of rolls.csv or, without
        any, the pupils of schools.csv, unchanged.

    Returns
    -------
    Demand

    Raises
    ------
    DataError
        With every school and census that is missing.

    Notes
    -----
    A planning year has the pupils of the spring census within it. Rolls of rolls.csv have no band: every quantile of them is
    the same number, and the last census on record stands for those after it. A shock to rolls takes its share from the
    first census of the plan on.
    """
    forecast = forecast_if_asked(estate, scenario) if forecast is None else forecast
    if forecast is not None:
        found = _from_forecast(estate, scenario, forecast)
    else:
        found = _from_rolls(estate, scenario) if len(estate.rolls) else _from_schools(estate, scenario)
    left = 1.0 - scenario.shocks.rolls_fall_share
    if left == 1.0:
        return found
    each = {name: None if getattr(found, name) is None else getattr(found, name) * left
            for name in ("draws", "by_group", "chosen_by_use")}
    return replace(found, **each, source=f"{found.source}, less the {1.0 - left:.0%} of a shock")


def _from_forecast(estate, scenario, forecast):
    places = [forecast.index(year + 1) for year in scenario.years]
    first, chosen = scenario.years[0], np.asarray(forecast.chosen, float)
    now = chosen[:, :, forecast.index(first)] if first in forecast.census_years else np.asarray(forecast.latest, float)
    draws, phases = forecast.draws[:, :, places, :], estate.schools.set_index("school_id").phase
    special = np.array([phases[school] in SPECIAL_PHASES for school in forecast.schools])
    groups = np.array(forecast.groups)

    def by_use(values):
        """Sums over the year groups of each use; all of a special school's as one."""
        parts = [values[:, np.isin(groups, list(wanted))].sum(axis=1) for wanted in YEAR_GROUPS.values()]
        parts.append(values.sum(axis=1))
        mask = np.array([*[~special] * len(YEAR_GROUPS), special], float)
        return np.stack(parts, axis=1) * mask.T.reshape(len(special), len(USES), *[1] * (values.ndim - 2))

    return Demand(tuple(forecast.schools), tuple(scenario.years), by_use(np.asarray(draws, float)),
                  by_use(now), "the forecast made from census.csv", tuple(forecast.groups), chosen[:, :, places], now,
                  by_use(chosen[:, :, places]))


def _from_rolls(estate, scenario):
    schools = tuple(estate.schools.school_id)
    rolls = estate.rolls.set_index(["school_id", "census_year"])[list(ROLL_COLUMNS.values())].astype(float)
    last = estate.rolls.census_year.max()
    wanted = [(school, min(year + 1, last)) for school in schools for year in scenario.years
              if not _closed(estate, school, year)]
    faults = [Fault("rolls.csv", None, "census_year", f"no row for {school} in {year}",
                    "a census within every planning year, to tell how many places are needed")
              for school, year in dict.fromkeys(wanted) if (school, year) not in rolls.index]
    if faults:
        raise DataError(faults)
    draws = np.zeros((len(schools), len(USES), len(scenario.years), 1))
    now = np.zeros((len(schools), len(USES)))
    censuses = [min(year + 1, last) for year in scenario.years]
    for place, school in enumerate(schools):
        if school not in rolls.index.get_level_values("school_id"):
            continue
        own = rolls.loc[school]
        present = own[own.index <= scenario.years[0]]
        latest = (present if len(present) else own).sort_index().iloc[-1 if len(present) else 0]
        for number, use in enumerate(USES):
            if use in ROLL_COLUMNS:
                path = own[ROLL_COLUMNS[use]].reindex(censuses).fillna(0.0)
                draws[place, number, :, 0], now[place, number] = path, latest[ROLL_COLUMNS[use]]
    held = f"; its census of {last} stands for those after it" if last <= scenario.years[-1] else ""
    return Demand(schools, tuple(scenario.years), draws, now, f"rolls.csv, which gives no band{held}")


def _closed(estate, school, year):
    """Whether a school has closed or left before the spring of a planning year."""
    row = estate.schools.set_index("school_id").loc[school]
    ends = [day for day in (row.closed, row.left) if not pd.isna(day)]
    return any(day <= pd.Timestamp(year + 1, 1, 1) for day in ends)


def _from_schools(estate, scenario):
    schools = estate.schools
    faults = [Fault("schools.csv", int(row.Index), name, "a blank", "given, where there is neither census.csv nor rolls.csv")
              for row in schools.itertuples() for name in ("pupils", "phase") if pd.isna(getattr(row, name))
              or getattr(row, name) == ""]
    if faults:
        raise DataError(faults)
    now = np.zeros((len(schools), len(USES)))
    for place, row in enumerate(schools.itertuples()):
        use = USE_OF_PHASE.get(row.phase, "secondary")  # an all-through school's are one number, for places of all
        now[place, USES.index(use)] = row.pupils
    draws = np.repeat(now[:, :, None, None], len(scenario.years), axis=2)
    return Demand(tuple(schools.school_id), tuple(scenario.years), draws, now, "schools.csv, as if pupils never changed")
