"""Which year groups are intakes, and who goes on to them: year 7, the sixth form, and intakes in between."""

import numpy as np

from .cohorts import pooled_ratio

RECEPTION, YEAR_SEVEN = 0, 7


def entry_groups(known, present, groups, history_years, noise):
    """Which year groups of each school are intakes and not the year group below going on.

    Parameters
    ----------
    known : array, shape (schools, year groups, years)
        Pupils that may be learned from, NaN elsewhere. [pupils]
    present : array of bool, shape (schools, year groups)
        Year groups each school has.
    groups : sequence of int
        Year groups, consecutive.
    history_years : int
        Latest usable changes that count.
    noise : Noise
        Bounds on ratios.

    Returns
    -------
    array of bool, shape (schools, year groups)

    Notes
    -----
    An intake is a school's lowest year group, Reception always, a year group above a gap, year 7 of a school whose own year
    6 does not fill it or is more than it takes, and a year group that the one below hardly goes on to, such as year 14.
    Year 12 of a school with a year 11 goes on from it: the ratio is how many stay on, with those who join.
    *Counterexample:* a sixth form most of whose pupils come from elsewhere, for which years 12 were better an intake.

    Examples
    --------
    >>> from capplan.pupils.uncertainty import noise_figures
    >>> known = np.array([[[np.nan] * 4, [60.] * 4, [58.] * 4, [3.] * 4]])
    >>> entry_groups(known, np.array([[False, True, True, True]]), (11, 12, 13, 14), 5, noise_figures()).tolist()
    [[False, True, False, True]]
    """
    entries = present.copy()
    entries[:, 1:] &= ~present[:, :-1]
    for place, group in enumerate(groups):
        if group == RECEPTION:
            entries[:, place] = present[:, place]
        if not place:
            continue
        below, own = known[:, place - 1], known[:, place]
        both = np.isfinite(below[:, :-1]) & np.isfinite(own[:, 1:])
        common = np.where(both, own[:, 1:], 0.0).sum() / max(np.where(both, below[:, :-1], 0.0).sum(), 1e-9)
        if both.any() and not noise.lowest_ratio <= common <= noise.highest_ratio:
            entries[:, place] = present[:, place]
        if group == YEAR_SEVEN:
            ratio = pooled_ratio(below, own, history_years)
            filled = (ratio >= noise.lowest_transfer_ratio) & (ratio <= noise.highest_transfer_ratio)
            entries[:, place] |= present[:, place] & ~filled & np.isfinite(ratio)
    return entries


def fed_shares(moved, leaving):
    """Share of each school's leavers who go on to each other school, pooled over years.

    Parameters
    ----------
    moved : array, shape (to, from, years)
        Pupils who went on. [pupils]
    leaving : array, shape (from, years)
        Pupils of the top year group a year earlier; NaN where not known. [pupils]

    Returns
    -------
    array, shape (to, from)
        0 where nobody went or nothing is known. [-]

    Examples
    --------
    >>> fed_shares(np.array([[[20., 40.]]]), np.array([[40., 60.]])).tolist()
    [[0.6]]
    """
    known = np.isfinite(leaving)
    total = np.where(known, leaving, 0.0).sum(axis=1)
    sums = np.where(known[None], moved, 0.0).sum(axis=2)
    return np.divide(sums, total[None], out=np.zeros(sums.shape), where=total[None] > 0)
