"""Pupils rolled on year by year, once as expected or many times with chance: the same steps either way."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .admissions import admitted, held_to_places
from .uncertainty import Noise, normals


@dataclass(frozen=True)
class Flows:
    """What carries pupils from one year to the next, for ``schools`` S, ``groups`` G and T years.

    ``start`` (S, G): pupils of the latest census, 0 where there is no such year group [pupils]. ``ratio`` (S, G): of the
    year group below; NaN where a year group is an intake or not there [-]. ``ratio_spread`` (S, G) [-]. ``intake``
    (S, G, T): expected intakes, NaN where a year group is none [pupils]. ``intake_spread`` (S, G): of the level, relative
    [-]. ``areas`` (S,): area of each school. ``fed`` (S, S): share of a school's top year group (column) that goes on to
    another's intake (row) ``fed_group``; the intake is then what comes from elsewhere [-]. ``most`` (S, G, T): most that
    are admitted, or may be in a year group after moves; infinite where nothing is set [pupils]. ``admits`` (S, G): year
    groups whose most is of those admitted; left out: the intakes. ``places`` (S, T): pupils
    of place-led schools; NaN of others [pupils]. ``spill_share``: part of those refused who try the trust's other schools
    [-]. ``added`` (S, G, T): pupils more, or fewer, than all this gives, who then go on [pupils].
    """

    schools: tuple
    groups: tuple
    start: np.ndarray = field(repr=False)
    ratio: np.ndarray = field(repr=False)
    ratio_spread: np.ndarray = field(repr=False)
    intake: np.ndarray = field(repr=False)
    intake_spread: np.ndarray = field(repr=False)
    areas: tuple = field(repr=False)
    noise: Noise = field(repr=False)
    dispersion: float = 1.0
    """Variance of the misses of cohorts that go on, over a Poisson's. [-]"""
    fed: np.ndarray | None = field(default=None, repr=False)
    fed_group: int | None = None
    most: np.ndarray | None = field(default=None, repr=False)
    admits: np.ndarray | None = field(default=None, repr=False)
    places: np.ndarray | None = field(default=None, repr=False)
    spill_share: float = 0.0
    added: np.ndarray | None = field(default=None, repr=False)

    @property
    def years(self):
        """How many years are forecast."""
        return self.intake.shape[2]

    @cached_property
    def entries(self):
        """Whether each year group of each school is an intake, shape (S, G)."""
        return np.isfinite(self.intake).any(axis=2)


def expected(flows):
    """Pupils in every year if nothing happens by chance.

    Parameters
    ----------
    flows : Flows

    Returns
    -------
    array, shape (S, G, T)
        [pupils]
    """
    return np.stack([now[..., 0] for now in _rolled(flows, None, 1, 0)], axis=-1)


def drawn(flows, replicates, seed, origin):
    """Pupils in every year, many times with chance.

    Parameters
    ----------
    flows : Flows
    replicates : int
        How many times, R.
    seed : int
    origin : int
        Year of the latest census.

    Returns
    -------
    array, shape (S, G, T, R)
        In single precision. [pupils]

    Notes
    -----
    Cohorts miss by chance, partly all of a school together; a school's growth wanders; intakes of an area wander together;
    ratios and levels are themselves not known for sure. The draws of a school belong to its name and the year, those of an
    area to its name: another school changes none of them. On average the draws are what is ``expected``, but where a cap
    binds. *Counterexample:* a merger, which no draw foresees.
    """
    out = np.empty((*flows.start.shape, flows.years, replicates), np.float32)
    for year, now in enumerate(_rolled(flows, seed, replicates, origin)):
        out[:, :, year] = now
    return out


def drawn_totals(flows, replicates, seed, origin):
    """Pupils of each school in every year, many times with chance: sums of what ``drawn`` gives, in less memory.

    Parameters
    ----------
    flows, replicates, seed, origin
        As for ``drawn``.

    Returns
    -------
    array, shape (S, T, R)
        In single precision. [pupils]
    """
    return np.stack([now.sum(axis=1) for now in _rolled(flows, seed, replicates, origin)], axis=1)


def _rolled(flows, seed, replicates, origin):
    """Pupils of each year in turn, shape (S, G, R)."""
    schools, groups = flows.start.shape
    now = np.repeat(flows.start[:, :, None].astype(np.float32), replicates, axis=2)
    walk = np.zeros((schools, replicates), np.float32)
    drift = {name: np.zeros((groups, replicates), np.float32) for name in set(flows.areas)}
    sure = _uncertain(flows, seed, replicates)
    for year in range(flows.years):
        if seed is not None:
            for name, shift in drift.items():
                shift += np.float32(flows.noise.area_walk) * normals(
                    seed, (groups, replicates), "area", name, origin + year + 1)
        arriving, before = _fed(flows, now), now
        now = np.stack([_school_year(flows, school, year, now[school], None if arriving is None else arriving[school],
                                     walk[school], drift[flows.areas[school]], None if sure is None else sure[school],
                                     seed, origin) for school in range(schools)])
        if flows.most is not None:
            now = admitted(now, _moved_up(before), flows.most[:, :, year],
                           flows.entries if flows.admits is None else flows.admits, flows.areas, flows.spill_share)
        if flows.places is not None:
            now = held_to_places(now, flows.places[:, year])
        yield now


def _uncertain(flows, seed, replicates):
    """Errors of what was learned, drawn once for all years: of ratios and of levels of intakes, relative."""
    if seed is None:
        return None
    spread = np.where(flows.entries, flows.intake_spread, np.where(np.isfinite(flows.ratio), flows.ratio_spread, 0.0))
    spread = np.nan_to_num(spread)
    return [normals(seed, (spread.shape[1], replicates), name, "learned") * own[:, None].astype(np.float32)
            - (own[:, None] ** 2 / 2.0).astype(np.float32) for name, own in zip(flows.schools, spread, strict=True)]


def _fed(flows, now):
    """Pupils who come to each school's transfer intake from the schools of the trust, shape (S, R)."""
    if flows.fed is None:
        return None
    below = flows.groups.index(flows.fed_group) - 1
    return flows.fed.astype(np.float32) @ now[:, below]


def _school_year(flows, school, year, before, arriving, walk, drift, learned, seed, origin):
    """One school a year on, shape (G, R). ``walk`` is moved on as well."""
    noise, replicates = flows.noise, before.shape[1]
    entries, ratio = flows.entries[school], flows.ratio[school]
    goes_on = np.isfinite(ratio) & ~entries
    growth = np.zeros((len(ratio), 1), np.float32)
    if seed is not None:
        chance = normals(seed, (len(ratio) + 2, replicates), flows.schools[school], origin + year + 1)
        step = np.float32(noise.school_walk)
        walk += step * chance[-2]
        growth = walk + learned - _mean_of_growth(goes_on, year + 1, step)[:, None]
    expect = np.zeros_like(before)
    expect[goes_on] = _moved_up(before)[goes_on] * ratio[goes_on, None].astype(np.float32)
    expect[entries] = np.nan_to_num(flows.intake[school, entries, year])[:, None]
    if seed is not None:
        growth[entries] += drift[entries] - np.float32((year + 1) * noise.area_walk ** 2 / 2.0)
        expect *= np.exp(growth, out=growth)
    if flows.added is not None:
        expect = np.maximum(expect + flows.added[school, :, year, None].astype(np.float32), 0.0)
    if arriving is not None and entries[at := flows.groups.index(flows.fed_group)]:
        expect[at] += arriving
    if seed is None:
        return expect
    return _missed(expect, entries, noise, chance, flows.dispersion)


def _missed(expect, entries, noise, chance, dispersion):
    """What is found where so many are expected: chance that year groups share, and their own."""
    shared = np.float32(np.sqrt(noise.shared_share)) * chance[-1] + np.float32(
        np.sqrt(1.0 - noise.shared_share)) * chance[:-2]
    over = np.where(entries, noise.entry_noise, dispersion).astype(np.float32)[:, None]
    beyond = np.where(entries, noise.entry_spread, noise.spread).astype(np.float32)[:, None]
    spread = np.sqrt(expect * (over + beyond * beyond * expect))
    return np.maximum(expect + spread * shared, 0.0)


def _moved_up(pupils):
    """Pupils of the year group below each, year groups being the last axis but one."""
    up = np.zeros_like(pupils)
    up[..., 1:, :] = pupils[..., :-1, :]
    return up


def _mean_of_growth(goes_on, years, step):
    """What a wandering growth adds to a logarithm's mean, so that the mean of the draws stays as expected, shape (G,).

    After t years a cohort that went on for d of them has grown by the walk of the last d years; what is added in the last is
    half of ``step ** 2 * (t + 2 * (t - 1 + ... + t - d + 1))``.
    """
    run = np.zeros(len(goes_on))
    for group in range(1, len(run)):
        run[group] = (run[group - 1] + 1) if goes_on[group] else 0
    since = np.clip(run, 1, years)
    return (step ** 2 / 2.0 * (years + (since - 1) * (2 * years - since))).astype(np.float32)

