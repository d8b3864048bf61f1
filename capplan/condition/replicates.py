"""Many possible futures of an estate's condition: each component drops, or does not, in each year of each replicate.

``course`` gives expectations; this draws around them. Random numbers belong to a component, a year and a replicate,
whatever else is in the estate and whatever works are done, so that two programmes meet the same futures.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from .backlog import POOR
from .deterioration import GRADE_COUNT
from .joint import POOR_FROM

WEAR, START, CAUSE, MODELLED, RATE = range(5)          # streams of random numbers
STEP = 0x9E3779B97F4A7C15                              # constants of SplitMix64
MIX = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
TOLERANCE = 1e-9               # for chances that must sum to one


@dataclass(frozen=True)
class Places:
    """What components are called and where they are, text of shape (n,). ``component`` is told apart within a school;
    ``block`` and ``element`` say which modelled grades are drawn together, ``element`` which rates vary together."""

    component: np.ndarray
    school: np.ndarray
    block: np.ndarray
    element: np.ndarray


@dataclass(frozen=True)
class Counted:
    """What is counted in every future.

    ``costs_gbp`` (n, 5): cost of bringing a component to grade A [GBP]. ``in_use`` (years + 1, n): whether it counts.
    ``per_failure``: name to (n,), what a failure costs, such as pupil-days of closure or pounds. ``group`` (n,): label
    by which it is added up, such as the school.
    """

    costs_gbp: np.ndarray
    in_use: np.ndarray
    per_failure: dict
    group: np.ndarray


@dataclass(frozen=True)
class Future:
    """One replicate: ``grade`` (years + 1, n) at the start of each year and at the end; ``failed`` (years + 1, n): in the
    year that starts then."""

    grade: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class Futures:
    """Sums of many replicates. ``groups``: the labels in order. ``by_group``: ``backlog_gbp``, ``failures`` and each name
    counted per failure, to arrays (replicates, groups, years + 1)."""

    groups: tuple
    by_group: dict

    def total(self, name):
        """Sum over the groups, shape (replicates, years + 1)."""
        return self.by_group[name].sum(axis=1)

    @property
    def backlog_gbp(self):
        """Cost of bringing what is at grade C, D or E to grade A, shape (replicates, years + 1). [GBP]"""
        return self.total("backlog_gbp")

    @property
    def failures(self):
        """Number of failures in the year that starts then, shape (replicates, years + 1). [-]"""
        return self.total("failures")


def simulate(wear, years, places, counted, seed, replicates, works=None, rate_spread=0.0, start_shares=None):
    """Backlog and failures in many possible futures of an estate.

    Parameters
    ----------
    wear : Wear
    years : int
        Years of the plan.
    places : Places
    counted : Counted
    seed : int
        Not below 0. The same seed is the same futures, for any works.
    replicates : int
        Number of futures; the first of them are the same however many there are.
    works : Works, optional
        Works carried out; left out: nothing is done.
    rate_spread : float, optional
        Standard deviation of the logarithm of a multiplier on the hazard, drawn for each element in each replicate, with
        a mean of one; 0: rates are certain. [-]
    start_shares : array, shape (n, 5), optional
        Grade shares of the components modelled, NaN in the rows of those surveyed [-]. Left out: all are surveyed.

    Returns
    -------
    Futures

    Raises
    ------
    ValueError
        If two components of a school share a name, chances do not sum to one, a multiple is not above 0, the spread is
        below 0, arrays do not fit, or no replicate is asked for.

    Notes
    -----
    With certain rates components are independent but for knock-on damage, and in a big estate they average out: the bands
    are then far too narrow, because what is uncertain is the rates themselves. ``rate_spread`` makes all of an element
    wear fast or slow together, in every school and for the whole plan. *Counterexample:* a coastal school whose roofs
    alone wear fast; it is missed, and neighbours are tied too closely. The mean hazard is kept, the mean grade is not
    quite: fast rates meet the bottom of the scale.

    The trust's own hazard of failure is not multiplied: it is the trust's figure, not a rate learned. It and the drop to
    grade E share one random number, so that the likelier of the two happens whenever the other does.

    Modelled components of one block and element share one draw of their starting grade, which makes the range as wide as
    it can be. *Counterexample:* two halves of a roof, one of them renewed.

    Within a replicate a component lies beneath one cause, drawn with its weight.

    References
    ----------
    .. [1] Law, A. M. (2015), Simulation Modeling and Analysis, 5th edition, chapter 11: common random numbers.
    """
    if replicates < 1:
        raise ValueError("Ask for at least one replicate.")
    simulation = Simulation(wear, years, places, seed, works, rate_spread, start_shares)
    groups, code = np.unique(np.asarray(counted.group), return_inverse=True)
    n, cells = len(wear.kind), len(groups) * (years + 1)
    if np.shape(counted.in_use) != (years + 1, n) or np.shape(counted.costs_gbp) != (n, GRADE_COUNT):
        raise ValueError("in_use must have a row for each year and the end, costs_gbp a row for each component.")
    cell = code * (years + 1) + np.arange(years + 1)[:, None]
    in_use = np.asarray(counted.in_use, bool) & simulation.standing
    poor_gbp = np.where(POOR, counted.costs_gbp, 0.0).ravel()
    sums = {name: np.empty((replicates, cells)) for name in ("backlog_gbp", "failures", *counted.per_failure)}
    for replicate in range(replicates):
        future = simulation.future(replicate)
        backlog = poor_gbp[np.arange(n) * GRADE_COUNT + future.grade] * in_use
        sums["backlog_gbp"][replicate] = np.bincount(cell.ravel(), backlog.ravel(), cells)
        year, at = np.nonzero(future.failed & in_use)
        sums["failures"][replicate] = np.bincount(cell[year, at], minlength=cells)
        for name, weight in counted.per_failure.items():
            sums[name][replicate] = np.bincount(cell[year, at], np.asarray(weight, float)[at], cells)
    return Futures(tuple(groups.tolist()), {name: found.reshape(replicates, len(groups), years + 1)
                                            for name, found in sums.items()})


def bands(values, quantiles=(0.1, 0.5, 0.9)):
    """Range of a figure over the replicates, by year.

    Parameters
    ----------
    values : array, shape (replicates, years + 1)
        Such as ``Futures.backlog_gbp``.
    quantiles : sequence of float, optional
        Shares of the replicates that lie below. [-]

    Returns
    -------
    DataFrame
        A row for each year, counted from the start of the plan: ``p10`` and so on, ``mean`` and ``standard_error`` of it.

    Raises
    ------
    ValueError
        If there are fewer than two replicates, or a figure is missing.

    Examples
    --------
    >>> bands(np.array([[0.0, 5.0], [10.0, 5.0]])).loc[0].to_dict()
    {'p10': 1.0, 'p50': 5.0, 'p90': 9.0, 'mean': 5.0, 'standard_error': 5.0}
    """
    import pandas as pd

    values = np.asarray(values, float)
    if values.ndim != 2 or len(values) < 2 or np.isnan(values).any():
        raise ValueError("Bands need a figure for each year of at least two replicates.")
    found = {f"p{100 * share:g}": np.quantile(values, share, axis=0) for share in quantiles}
    found["mean"] = values.mean(axis=0)
    found["standard_error"] = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return pd.DataFrame(found, index=pd.RangeIndex(values.shape[1], name="year"))


def scrambled(words):
    """Words scrambled as SplitMix64 does it.

    Parameters
    ----------
    words : array of uint64

    Returns
    -------
    array of uint64
        No two words are scrambled to the same.

    References
    ----------
    .. [1] Steele, G. L., Lea, D. and Flood, C. H. (2014), Fast splittable pseudorandom number generators. OOPSLA '14.

    Examples
    --------
    >>> int(scrambled(np.array([1234567 + STEP], np.uint64))[0])
    6457827717110365317
    """
    for shift, factor in MIX:
        words = (words ^ (words >> shift)) * factor
    return words ^ (words >> np.uint64(31))


class Simulation:
    """An estate made ready to be simulated; arguments as of ``simulate``. ``standing`` (years + 1, n): not yet gone."""

    def __init__(self, wear, years, places, seed, works=None, rate_spread=0.0, start_shares=None):
        self.wear, self.chains, self.years, self.seed, self.works = wear, wear.chains, years, seed, works
        self.rate_spread, n = rate_spread, len(wear.kind)
        if any(len(names) != n for names in (places.component, places.school, places.block, places.element)):
            raise ValueError("Places must name every component.")
        if not rate_spread >= 0:
            raise ValueError("The spread of the rates must not be below 0.")
        self.schools, self.school = np.unique(np.asarray(places.school, str), return_inverse=True)
        self.elements, self.element = np.unique(np.asarray(places.element, str), return_inverse=True)
        self.component = _keys(places.component)
        if len(np.unique(np.column_stack([self.school.astype(np.uint64), self.component]), axis=0)) < n:
            raise ValueError("Components of one school must have different names.")
        self.hazard, self.own_hazard = _hazard(wear.chains.leave), _hazard(wear.own_hazard)
        self.row = wear.kind * self.chains.states
        place, state = np.nonzero(self.chains.seen.reshape(-1, self.chains.states))
        self.seen = _Choice(place, state, self.chains.seen.reshape(-1, self.chains.states)[place, state])
        self.causes, self.multiple = _direct_causes(wear.groups, n)
        gone = np.zeros(n, bool) if works is None else (works.year >= 0) & (works.outcome[:, 0] < 0)
        self.standing = ~(gone & (np.arange(years + 1)[:, None] > (0 if works is None else works.year)))
        self._make_modelled(places, start_shares)

    def future(self, replicate):
        """One replicate, a ``Future``."""
        chains, words = self.chains, self._words(WEAR, replicate)
        state, cause, multiple = self._start(replicate), *self._lie(replicate)
        speed = self._speed(replicate)
        for before in range(int(self.wear.age_years.max(initial=0)), 0, -1):
            growing = self.wear.age_years >= before
            harmful = growing & (chains.grade[state] >= POOR_FROM)
            dropped = _exponential(words, -before) < self._hazard_now(state, cause, multiple, harmful, speed)
            state = np.where(growing, np.where(dropped, chains.drop_to[state], chains.stay_to[state]), state)
        grades = np.empty((self.years + 1, len(state)), np.int8)
        failed = np.empty(grades.shape, bool)
        for year in range(self.years + 1):
            grade = grades[year] = chains.grade[state]
            drawn = _exponential(words, year)
            dropped = drawn < self._hazard_now(state, cause, multiple, grade >= POOR_FROM, speed)
            failed[year] = self._fails(state, grade, drawn, dropped)
            state = self._treat(state, np.where(dropped, chains.drop_to[state], chains.stay_to[state]), year)
        return Future(grades, failed & self.standing)

    def _make_modelled(self, places, start_shares):
        """Where starting grades are drawn: the rows, how, and the key of each block and element."""
        shape = len(self.wear.kind), GRADE_COUNT
        shares = np.full(shape, np.nan) if start_shares is None else np.asarray(start_shares, float)
        if shares.shape != shape:
            raise ValueError("Shares of the starting grade must have a row for each component.")
        self.modelled = np.flatnonzero(~np.isnan(shares).all(axis=1))
        place, grade = np.nonzero(shares[self.modelled])
        self.grades = _Choice(place, grade, shares[self.modelled][place, grade])
        self.together = _keys([f"{places.block[row]}\n{places.element[row]}" for row in self.modelled])

    def _words(self, stream, replicate, rows=slice(None), key=None):
        """A random word for each row, of its school and its own key."""
        by_school = np.array([_sequence(self.seed, stream, school, replicate).generate_state(1, np.uint64)[0]
                              for school in self.schools], np.uint64)
        return scrambled(by_school[self.school[rows]] ^ (self.component[rows] if key is None else key))

    def _start(self, replicate):
        """State each is in at its survey."""
        grade = self.wear.grade
        if len(self.modelled):
            drawn = _uniform(self._words(MODELLED, replicate, self.modelled, self.together))
            grade = grade.copy()
            grade[self.modelled] = self.grades.draw(np.arange(len(self.modelled)), drawn)
        return self.seen.draw(self.wear.kind * GRADE_COUNT + grade, _uniform(self._words(START, replicate)))

    def _lie(self, replicate):
        """The one cause each lies beneath, -1 for none, and its multiple."""
        option = self.causes.option(np.arange(len(self.row)), _uniform(self._words(CAUSE, replicate)))
        return self.causes.value[option], self.multiple[option]

    def _speed(self, replicate):
        """Multiplier on the hazard of each component."""
        if self.rate_spread == 0:
            return 1.0
        normal = np.array([np.random.default_rng(_sequence(self.seed, RATE, name, replicate)).standard_normal()
                           for name in self.elements])
        return np.exp(self.rate_spread * normal - self.rate_spread ** 2 / 2)[self.element]

    def _hazard_now(self, state, cause, multiple, harmful, speed):
        """Hazard of dropping a grade this year."""
        hazard = self.hazard.ravel()[self.row + state] * speed
        at = np.flatnonzero((cause >= 0) & harmful[cause])
        hazard[at] *= multiple[at]
        return hazard

    def _fails(self, state, grade, drawn, dropped):
        """Whether each fails: drops to E, or by the trust's own chance until works are done."""
        last = GRADE_COUNT - 1
        own = ~np.isnan(self.own_hazard) & (state <= self.chains.fresh[0, last])
        return np.where(own, (drawn < self.own_hazard) & (grade < last), dropped & (grade == last - 1))

    def _treat(self, state, worn, year):
        """State a year later, with the works of the year."""
        at = () if self.works is None else np.flatnonzero(self.works.year == year)
        if len(at):
            grade = self.chains.grade[state[at]]
            brought = self.works.outcome[at, grade]
            moved = (brought >= 0) & (brought != grade)
            sets = self.works.sets()[at, grade]
            worn[at[moved]] = self.chains.fresh[sets[moved], brought[moved]]
        return worn


class _Choice:
    """Values with chances, in rows: entries sorted by row, of which none is empty and each sums to one."""

    def __init__(self, row, value, chance):
        total = np.bincount(row, chance)
        if (chance < 0).any() or not (abs(total - 1) < TOLERANCE).all():
            raise ValueError("Chances must not be below 0 and must sum to one.")
        before = np.cumsum(total) - total
        self.value, self.upto = value, row + np.clip(np.cumsum(chance) - before[row], 0.0, 1.0)
        self.first, self.last = (np.searchsorted(row, np.arange(len(total)), side) for side in ("left", "right"))

    def option(self, row, drawn):
        """Position of the entry drawn in each row, by a number from 0 to 1."""
        option = self.first[row]
        several = np.flatnonzero(self.last[row] > option + 1)
        row = row[several]
        option[several] = np.clip(np.searchsorted(self.upto, row + drawn[several], "right"), self.first[row],
                                  self.last[row] - 1)
        return option

    def draw(self, row, drawn):
        """Value drawn in each row."""
        return self.value[self.option(row, drawn)]


def _direct_causes(groups, n):
    """The causes each component may lie directly beneath, as a choice by component (-1: none), and their multiples."""
    rows = [np.column_stack([np.full(len(group.rows), -1), group.rows]) for group in groups]
    times = [np.column_stack([np.ones(len(group.rows)), group.multiple]) for group in groups]
    weight = np.concatenate([group.weight for group in groups])
    named = np.concatenate([path[:, -1] * (n + 1) + path[:, -2] + 1 for path in rows])
    pair, first, place = np.unique(named[weight > 0], return_index=True, return_inverse=True)
    chance = np.bincount(place, weight[weight > 0])
    multiple = np.concatenate([path[:, -1] for path in times])[weight > 0][first]
    child, cause = pair // (n + 1), pair % (n + 1) - 1
    for path, many, group in zip(rows, times, groups, strict=True):
        link = path[:, 1:] * (n + 1) + path[:, :-1] + 1
        at = np.minimum(np.searchsorted(pair, link), len(pair) - 1)
        product = np.where(pair[at] == link, chance[at], 0.0).prod(axis=1)
        used = group.weight > 0
        if (abs(product - group.weight) > TOLERANCE).any() or (multiple[at] != many)[used].any():
            raise ValueError("Each line's weight must be the product of its links' weights, with one multiple a link.")
    if not (multiple > 0).all() or len(np.unique(child)) < n:
        raise ValueError("Every component needs a line of causes, with multiples above 0.")
    return _Choice(child, cause, chance), multiple


def _sequence(seed, stream, name, replicate):
    """Seeds of one stream, name and replicate. ``hash`` would differ from one run to the next."""
    words = np.frombuffer(blake2b(name.encode(), digest_size=16).digest(), "<u4").tolist()
    return np.random.SeedSequence(seed, spawn_key=(stream, *words, replicate))


def _keys(names):
    """A word for each name, the same on every machine."""
    digests = b"".join(blake2b(str(name).encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _hazard(chance):
    """Hazard of a yearly chance; infinite where it is sure."""
    with np.errstate(divide="ignore"):
        return -np.log1p(-np.asarray(chance, float))


def _uniform(words):
    """Numbers between 0 and 1, neither included but by rounding to 1."""
    return ((words >> np.uint64(11)).astype(float) + 0.5) * 2.0 ** -53


def _exponential(words, year):
    """Exponential numbers of a year: below the hazard with the yearly chance."""
    return -np.log(_uniform(scrambled(words + np.uint64((year + 1) * STEP % 2 ** 64))))
