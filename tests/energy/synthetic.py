"""Synthetic schools with a known truth: weather that hangs together from day to day, and meters that follow it."""

import numpy as np

from capplan.energy.baseline import Weather
from capplan.energy.readings import Readings
from capplan.energy.school_days import day_weights, kinds_of_day


def weather(seed=1, years=2, on_weekends=(0.3, 0.12), on_holidays=(0.6, 0.35), start="2024-09-01"):
    """Days of a temperate climate; weights of other use and of heat."""
    days = np.arange(np.datetime64(start), np.datetime64(start) + 365 * years)
    random = np.random.default_rng(seed)
    season = 10.3 - 6.3 * np.cos(2 * np.pi * (days - np.datetime64("2024-01-20")).astype(int) / 365.25)
    drift, at = np.zeros(len(days)), 0.0
    for day, shock in enumerate(random.normal(0, 1.7, len(days))):
        at = 0.8 * at + shock
        drift[day] = at
    kinds = kinds_of_day(days)
    other, heat = (day_weights(kinds, on_weekends[i], on_holidays[i]) for i in range(2))
    return Weather(days, season + drift, other, heat)


def true_use(found, other_kwh, slope_kwh_per_k, change_point_c):
    """Use of every day without noise, by a plain loop."""
    return np.array([other_kwh * o + slope_kwh_per_k * h * max(0.0, change_point_c - t)
                     for o, h, t in zip(found.other_weight, found.heat_weight, found.temperature_c, strict=True)])


def monthly(found, daily_kwh):
    """Monthly readings of daily use."""
    months = found.days.astype("datetime64[M]")
    names = np.unique(months)
    return Readings(names.astype("datetime64[D]"), (names + 1).astype("datetime64[D]") - 1,
                    np.array([daily_kwh[months == month].sum() for month in names]))


def daily(found, daily_kwh):
    """A reading a day."""
    return Readings(found.days, found.days, np.asarray(daily_kwh, float))
