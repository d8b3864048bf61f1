"""From counts alone to what carries pupils on: ratios, intakes and how sure they are."""

import numpy as np

from .cohorts import progression
from .flows import Flows
from .intake import intake_level
from .transfer import entry_groups


def flows_from_counts(counts, years, history_years, noise, areas=None, highest=None):
    """What carries the pupils of a census on, learned from the counts up to it.

    Parameters
    ----------
    counts : Counts
        The last year is the census to start from.
    years : int
        Years to forecast, T.
    history_years : int
        Latest usable changes from year to year that ratios rest on.
    noise : Noise
    areas : sequence of str, optional
        Area of each school, within which intakes move together; left out: all one.
    highest : array of int, shape (S,), optional
        Place of the highest year group each school may come to have, for one that fills up from the bottom; left out: none
        gains any.

    Returns
    -------
    Flows
        Intakes stay at their level of today. A school that was not counted in the last year has no pupils.

    Notes
    -----
    Nothing after the last year of the counts is used. A school goes on with the year groups it has; one whose top year
    group is a year higher than at the census before goes on to fill up. *Counterexample:* a school that is to be extended to
    a sixth form.
    """
    start, known = counts.pupils[:, :, -1], counts.known
    present = np.isfinite(start)
    areas = tuple(areas) if areas is not None else ("",) * len(start)
    entries = entry_groups(known, present, counts.groups, history_years, noise)
    found = progression(known, history_years, noise.bounds, noise.dispersion, noise.trust_in_dispersion, ~entries)
    intake, spread = np.full((*start.shape, years), np.nan), np.full(start.shape, np.nan)
    for group in np.flatnonzero(entries.any(axis=0)):
        for area in dict.fromkeys(areas):
            own = [i for i in np.flatnonzero(entries[:, group]) if areas[i] == area]
            if own:
                level = intake_level(known[own, group], noise)
                unseen = ~np.isfinite(level.pupils)
                intake[own, group] = np.where(unseen, start[own, group], level.pupils)[:, None]
                spread[own, group] = np.where(unseen, _first_year(start[own, group], noise), level.spread)
    ratio = np.where((present | _to_come(counts, highest)) & ~entries, found.ratio, np.nan)
    ratio_spread = np.where(_learned(known), found.spread, np.maximum(found.spread, noise.unknown_ratio_spread))
    return Flows(counts.schools, counts.groups, np.nan_to_num(start), ratio, ratio_spread, intake, spread, areas, noise,
                 found.dispersion)


def _learned(known):
    """Whether any school has a change from one year to the next to learn the ratio of each year group from, shape (G,)."""
    both = np.isfinite(known[:, 1:, 1:]) & np.isfinite(known[:, :-1, :-1])
    return np.concatenate([[False], both.any(axis=(0, 2))])


def _to_come(counts, highest):
    """Year groups that schools filling up from the bottom will have."""
    groups = np.arange(len(counts.groups))
    if highest is None or len(counts.years) < 2:
        return np.zeros(counts.pupils.shape[:2], bool)
    there = np.isfinite(counts.pupils)
    top = np.where(there.any(axis=1), len(groups) - 1 - np.argmax(there[:, ::-1], axis=1), -1)
    fills = (top[:, -1] == top[:, -2] + 1) & (top[:, -2] >= 0)
    return fills[:, None] & (groups > top[:, -1:]) & (groups <= np.asarray(highest)[:, None])


def _first_year(pupils, noise):
    """Relative spread of a level of which one year is known, and that one not for sure. [-]"""
    return np.sqrt(noise.entry_noise / np.maximum(pupils, 1.0) + noise.entry_spread ** 2)

