"""How many come in where a school's year groups begin: from its own recent years, its share of an area, or births."""

from dataclasses import dataclass

import numpy as np

OLDEST = 15
"""Years back that still count; by then a year has lost nearly all its weight."""


@dataclass(frozen=True)
class Level:
    """An intake as it stands. ``pupils`` (n,): expected in the next year [pupils]; ``spread`` (n,): standard deviation of
    its error, relative [-]; ``share`` (n,): of the area's intake [-]; ``area`` (): the area's level [pupils]."""

    pupils: np.ndarray
    spread: np.ndarray
    share: np.ndarray
    area: float


def gain(drift, noise):
    """How far a level moves towards each new year: the weight of simple exponential smoothing.

    Parameters
    ----------
    drift : array
        Standard deviation of the yearly change of the true level, relative. [-]
    noise : array
        Standard deviation of a year around its level, relative. [-]

    Returns
    -------
    array
        0 to 1: the steady gain of the Kalman filter of a random walk seen with noise. [-]

    Notes
    -----
    Assumes a level that wanders and years that scatter around it. *Counterexample:* births that fall every year: the level
    then lags behind, and births should be given.

    Examples
    --------
    A level that wanders as much as years scatter follows the last year by 62%; one that hardly wanders is a long mean:

    >>> gain(np.array([0.05, 0.01]), np.array([0.05, 0.1])).round(2).tolist()
    [0.62, 0.1]

    References
    ----------
    .. [1] A. C. Harvey (1989), Forecasting, structural time series models and the Kalman filter, Cambridge University
       Press, section 4.1.2: the local level model and its steady state.
    """
    ratio = (np.asarray(drift, float) / np.asarray(noise, float)) ** 2
    return (np.sqrt(ratio ** 2 + 4.0 * ratio) - ratio) / 2.0


def intake_level(seen, noise):
    """The level of the intake of several schools of one area, from the years so far.

    Parameters
    ----------
    seen : array, shape (n, years)
        Intakes, NaN where there was none or it may not be learned from; the last year is the latest known. [pupils]
    noise : Noise
        ``entry_dispersion, entry_spread, area_walk, school_walk``.

    Returns
    -------
    Level
        NaN for a school without any year to learn from.

    Notes
    -----
    The mean of two forecasts: the school's own smoothed level, and its smoothed share of the area's smoothed level. The
    area's is known better and is followed faster; shares move slowly; the mean of the two does not fail with either. How
    fast each is followed comes from the noise figures, not from these counts. Assumes that the schools given are alike in
    what moves them. *Counterexample:* a faith school beside a community school.

    Examples
    --------
    >>> from capplan.pupils.uncertainty import noise_figures
    >>> intake_level(np.array([[60., 60., 60.], [30., 30., 30.]]), noise_figures()).pupils.round(6).tolist()
    [60.0, 30.0]
    """
    seen = np.asarray(seen, float)[:, ::-1][:, :OLDEST]
    has, age = np.isfinite(seen), np.arange(seen.shape[1])
    known = has.any(axis=1)
    if not known.any():
        nothing = np.full(len(seen), np.nan)
        return Level(nothing, nothing, nothing, float("nan"))
    mean = _recent_mean(seen)
    chance = np.sqrt(noise.entry_noise / np.maximum(mean, 1.0) + noise.entry_spread ** 2)
    own, own_spread = _smoothed(seen, gain(np.hypot(noise.area_walk, noise.school_walk), chance), chance)
    total = np.where(has.any(axis=0), np.where(has, seen, 0.0).sum(axis=0), np.nan)
    whole = np.nansum(mean)
    area_chance = np.sqrt(noise.entry_noise / max(whole, 1.0) + noise.entry_spread ** 2 / known.sum())
    full = np.where(_complete(has, known), total, np.nan)[None, :]
    area, _ = _smoothed(full, gain(noise.area_walk, area_chance)[None], area_chance[None])
    weight = gain(noise.school_walk, chance)[:, None] * (1.0 - gain(noise.school_walk, chance)[:, None]) ** age * has
    totals = (weight * np.where(np.isfinite(total), total, 0.0)).sum(axis=1)
    share = np.divide((weight * np.where(has, seen, 0.0)).sum(axis=1), totals, out=np.full(len(seen), np.nan),
                      where=totals > 0)
    share = share / np.nansum(share)
    return Level((own + share * area[0]) / 2.0, own_spread, share, float(area[0]))


def _complete(has, known):
    """Years in which every school with an intake in the latest year of all had one; the latest, if there is none."""
    latest = np.flatnonzero(has.any(axis=0))[0]
    present = has[known & has[:, latest]]
    whole = present.all(axis=0)
    return whole if whole.any() else np.arange(has.shape[1]) == latest


def _recent_mean(seen, years=5):
    """Mean of the latest usable years of each row. [pupils]"""
    has = np.isfinite(seen)
    recent = has & (np.cumsum(has, axis=1) <= years)
    return np.divide(np.where(recent, seen, 0.0).sum(axis=1), recent.sum(axis=1), out=np.full(len(seen), np.nan),
                     where=recent.any(axis=1))


def _smoothed(seen, weight, chance):
    """Exponentially weighted means, latest first, and the relative spread of their errors."""
    has = np.isfinite(seen)
    weights = weight[:, None] * (1.0 - weight[:, None]) ** np.arange(seen.shape[1]) * has
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = (weights * np.where(has, seen, 0.0)).sum(axis=1) / total
        alone = np.sqrt((weights ** 2).sum(axis=1)) / total
    return np.where(total > 0, level, np.nan), chance * np.maximum(np.sqrt(weight), np.where(total > 0, alone, 1.0))


def births_of_entry(births, first_year, years):
    """Births of the children who start school in each autumn, from births by calendar year.

    Parameters
    ----------
    births : dict of int to float
        Births by calendar year.
    first_year : int
        First year t in which children start in September.
    years : int
        How many.

    Returns
    -------
    array, shape (years,)
        NaN where a calendar year that is needed is not given.

    Notes
    -----
    Children who start in September t are born from September t - 5 to August t - 4: a third of calendar year t - 5 and two
    thirds of t - 4. Assumes that births are even over the year. *Counterexample:* a year with a summer peak.

    Examples
    --------
    >>> births_of_entry({2018: 300.0, 2019: 330.0}, 2023, 2).tolist()
    [320.0, nan]
    """
    return np.array([births.get(year - 5, np.nan) / 3.0 + 2.0 * births.get(year - 4, np.nan) / 3.0
                     for year in range(first_year, first_year + years)])


def rate_of_births(seen, born, years=3):
    """Pupils who start for each birth, pooled over the latest years for which both are known.

    Parameters
    ----------
    seen : array, shape (n,)
        Pupils who started in each year, NaN where not known. [pupils]
    born : array, shape (n,)
        Births they come from.
    years : int
        Latest years that count.

    Returns
    -------
    float
        NaN where there is no year. [-]

    Examples
    --------
    >>> rate_of_births(np.array([80., 90., 70.]), np.array([100., 100., 100.]))
    0.8
    """
    both = np.flatnonzero(np.isfinite(seen) & np.isfinite(born) & (np.asarray(born) > 0))[-years:]
    return float(np.sum(seen[both]) / np.sum(born[both])) if len(both) else float("nan")
