"""From counts alone to what carries pupils on: ratios, intakes and how sure they are."""

import numpy as np

from .cohorts import progression
from .flows import Flows
from .intake import intake_level
from .transfer import entry_groups


def flows_from_counts(counts, years, history_years, noise, areas=None, entries=None):
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
    entries : array of bool, shape (S, G), optional
        Year groups that are intakes; left out: as ``transfer.entry_groups`` finds them.

    Returns
    -------
    Flows
        Intakes stay at their level of today. A school that was not counted in the last year has no pupils.

    Notes
    -----
    Nothing after the last year of the counts is used. A school goes on with the year groups it has. *Counterexample:* a new
    school that fills up from the bottom.
    """
    start, known = counts.pupils[:, :, -1], counts.known
    present = np.isfinite(start)
    areas = tuple(areas) if areas is not None else ("",) * len(start)
    if entries is None:
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
    ratio = np.where(present & ~entries, found.ratio, np.nan)
    return Flows(counts.schools, counts.groups, np.nan_to_num(start), ratio, found.spread, intake, spread, areas, noise,
                 found.dispersion)


def _first_year(pupils, noise):
    """Relative spread of a level of which one year is known, and that one not for sure. [-]"""
    return np.sqrt(noise.entry_noise / np.maximum(pupils, 1.0) + noise.entry_spread ** 2)

