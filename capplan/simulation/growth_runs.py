"""Many futures of growth: as many as precision asks for, the same ones for every policy."""

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from ..funding.regime import passes
from .growth import JOINED, Grown, grow
from .growth_case import GrowthCase, futures_of, lognormal
from .streams import uniforms

COVERED = 0.95


@dataclass(frozen=True)
class GrowthRuns:
    """Futures of one policy. Arrays have a row per future; ``months`` has (futures, months) by name of ``growth.MONTH``."""

    case: GrowthCase
    seed: int
    runs: tuple = field(repr=False)
    months: dict = field(repr=False)
    counted: dict = field(repr=False)

    @property
    def last_schools(self):
        """Schools at the end of the plan, shape (futures,)."""
        return self.months["schools"][:, -1]


def half_width(values):
    """Half the width of the interval that holds the mean in 95 cases of 100.

    Parameters
    ----------
    values : array
        One per future.

    Returns
    -------
    float

    Examples
    --------
    >>> round(half_width(np.array([4.0, 6.0] * 50)), 4)
    0.197
    """
    z = NormalDist().inv_cdf((1 + COVERED) / 2)
    return float(z * np.std(values, ddof=1) / np.sqrt(len(values)))


def simulate_growth(case, seed, replicates=None, say=lambda done, asked: None):
    """Futures of a trust's growth.

    Parameters
    ----------
    case : GrowthCase
    seed : int
    replicates : int, optional
        How many; left out: those of the scenario, doubled until the mean number of schools at the end is known to within
        ``half_width_schools``, or there are ``most_replicates``.
    say : callable
        Told how many are done and how many are asked for.

    Returns
    -------
    GrowthRuns

    Notes
    -----
    A warm-up is not needed: the trust starts as it is, not empty. More futures leave the first ones as they are.
    """
    growth, runs = case.growth, []
    asked = replicates or growth.replicates
    while True:
        for future in futures_of(case, seed, asked, len(runs)):
            runs.append(grow(case, future))
            if len(runs) % 100 == 0 or len(runs) == asked:
                say(len(runs), asked)
        last = np.array([run.months[-1][0] for run in runs], dtype=float)
        if replicates or half_width(last) <= growth.half_width_schools or asked >= growth.most_replicates:
            break
        asked = min(2 * asked, growth.most_replicates)
    return GrowthRuns(case, seed, tuple(runs), _by_month(runs), _counted(case, seed, runs))


def _by_month(runs):
    """Monthly figures as arrays by name."""
    from .growth import MONTH
    columns = {name: [[row[place] for row in run.months] for run in runs] for place, name in enumerate(MONTH)}
    return {name: np.array(values, dtype=object if name == "why" else float) for name, values in columns.items()}


def pupil_walks(case, seed, owner, replicates):
    """How the pupils of a school wander from what is expected, by census.

    Parameters
    ----------
    case : GrowthCase
    seed : int
    owner : str
        The school or prospect.
    replicates : int

    Returns
    -------
    array, shape (replicates, years)
        A multiple; 1 at the first census. [-]
    """
    draws = uniforms(seed, "pupils", owner, replicates, case.years)
    steps = np.log(lognormal(draws, 1.0, case.pupils_walk))
    steps[:, 0] = 0.0
    return np.exp(np.cumsum(steps, axis=1))


def _counted(case, seed, runs):
    """Schools, pupils, counted pupils and weighted pupils by year, and who tips the threshold; arrays (futures, years)."""
    futures, years = len(runs), np.arange(case.years)
    shape = (futures, case.years)
    at_end, at_count = np.zeros((2, *shape)), np.zeros((4, *shape))
    for school, pupils, weight, multiple in zip(case.school_ids, case.pupils, case.weights, case.multiples, strict=True):
        own = np.array(pupils) * pupil_walks(case, seed, school, futures)
        at_end += np.stack([np.ones(shape), own])
        at_count += np.stack([np.ones(shape), own, own * multiple, own * weight])
    walks = {}
    for row, run in enumerate(runs):
        for coming in run.coming:
            if coming.owner not in run.joined:
                continue
            if coming.owner not in walks:
                walks[coming.owner] = pupil_walks(case, seed, coming.owner, futures)
            prospect, month = coming.prospect, run.joined[coming.owner]
            own = prospect.pupils * walks[coming.owner][row]
            at_end[:, row] += (month < 12 * (years + 1)) * np.stack([np.ones(case.years), own])
            at_count[:, row] += (month <= 12 * years) * np.stack([np.ones(case.years), own, own * prospect.special_multiple,
                                                                  own * prospect.weight])
    return {"schools": at_end[0], "pupils": at_end[1], "schools_counted": at_count[0], "pupils_counted": at_count[2],
            "weighted_pupils": at_count[3], "sca": passes(at_count[0], at_count[2]), "walks": walks}


def joined_frame(runs):
    """Every school that joined in every future.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    list of tuple
        Future, its number of month, and the ``Coming``, in order.
    """
    return [(row, run.joined[coming.owner], coming) for row, run in enumerate(runs.runs) for coming in run.coming
            if run.outcomes[coming.owner] == JOINED]


def same_futures(one, other):
    """Whether two policies met the same futures: every draw of every school the same.

    Parameters
    ----------
    one, other : GrowthRuns

    Returns
    -------
    bool
    """
    return len(one.runs) == len(other.runs) and all(_same(a, b) for a, b in zip(one.runs, other.runs, strict=True))


def _same(one: Grown, other: Grown):
    return [(a.owner, a.approach, a.patience, a.assessment, a.liability_gbp, a.legal) for a in one.coming] == [
        (b.owner, b.approach, b.patience, b.assessment, b.liability_gbp, b.legal) for b in other.coming]
