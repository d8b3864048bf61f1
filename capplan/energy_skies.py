"""The weather of an estate, as given and as normal, with the days of each school weighted by what they use."""

from dataclasses import dataclass, field

import numpy as np

from .energy.baseline import Weather
from .energy.day_weights import learn_weights
from .energy.degree_days import normal_year, yearly_degree_days
from .energy.figures import figure, response
from .energy.readings import within
from .energy.school_days import day_weights, kinds_of_day

DAYS_OF_SHORT_YEAR = 365


@dataclass(frozen=True)
class Sky:
    """Weather for one fuel of a school: as given, and of a normal year; ``remarks`` say where its weights are its own."""

    given: Weather = field(repr=False)
    normal: Weather = field(repr=False)
    remarks: tuple = ()


class Skies:
    """Weather of each region with the kinds of day of each school, made once each."""

    def __init__(self, estate, scenario):
        self.multiple, self.known, self.holidays = scenario.energy.normal_cold_multiple, {}, {}
        for region, rows in estate.weather.sort_values("day").groupby("region"):
            self.known[region] = (rows.day.to_numpy("datetime64[D]"), rows.mean_temperature_c.to_numpy(float))
        for school, rows in estate.holidays.groupby("school_id"):
            self.holidays[school] = [(row.first_day.date(), row.last_day.date()) for row in rows.itertuples()]
        self.kinds = {}

    def of(self, school_id, school, fuel, readings):
        """Weather for a fuel of a school; ``None`` where not a whole year is known.

        Parameters
        ----------
        school_id : str
        school : Series
            With ``region`` and ``phase``.
        fuel : str
        readings : Readings
            Of the meter: where they are close enough together, the weights of weekends and holidays are learned from them.

        Returns
        -------
        Sky or None
        """
        if school.region not in self.known:
            return None
        days, temperature = self.known[school.region]
        whole = len(days) // DAYS_OF_SHORT_YEAR * DAYS_OF_SHORT_YEAR
        if not whole:
            return None
        kinds = self._kinds(school_id, school.region, days)
        learned = _learned(within(readings, days), days, temperature, kinds)
        said = response(school.phase, fuel) | learned
        other = day_weights(kinds, said["other use on a weekend day"], said["other use on a holiday"])
        heat = day_weights(kinds, said["heat on a weekend day"], said["heat on a holiday"])
        base = figure("base of the reference")
        normal = normal_year(temperature[-whole:], self.multiple * yearly_degree_days(temperature[-whole:], base), base)
        told = ("weekends and holidays weighted as its own readings say",) if learned else ()
        return Sky(Weather(days, temperature, other, heat),
                   Weather(days[-whole:], normal, other[-whole:], heat[-whole:]), told)

    def _kinds(self, school_id, region, days):
        """Kinds of day of a school: by its own holidays, those of the trust, or typical ones."""
        key = (region, school_id if school_id in self.holidays else "")
        if key not in self.kinds:
            self.kinds[key] = kinds_of_day(days, self.holidays.get(key[1]))
        return self.kinds[key]


def _learned(readings, days, temperature_c, kinds):
    """Weights from the readings themselves, nothing where they are too few or too long."""
    short = readings.days <= figure("days of a reading for weights")
    if len(readings.kwh) < figure("readings for weights") or np.mean(short) < 1.0:
        return {}
    ends = figure("coldest change point"), figure("warmest change point")
    return learn_weights(readings, days, temperature_c, kinds, ends, figure("highest weight"))
