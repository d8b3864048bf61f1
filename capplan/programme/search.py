"""A good programme and a true bound fast: relax, solve a core in whole numbers, then improve it part by part.

The relaxation's prices say what every start loses against the best its need could do. A core leaves open the starts that
lose least and settles every need whose best is far ahead; what it finds is improved by opening other parts of the programme,
a few needs at a time. The bound is the relaxation's, so it is true whatever the search did.
"""

import time
from collections import defaultdict

import numpy as np

from .arrays import MUST, ORDER
from .instance import total_value
from .ledger import Ledger, narrow_first
from .linear import Settling, solve_part
from .sifting import KEPT_PER_NEED, Sifting, best_of
from .solver import relative_gap

CORE_STARTS = 2000
"""Starts outside the relaxation that the core may choose from, the least regretted first."""
SMALL_CORE_STARTS = 600
"""As many starts of a small model are left open at first."""
GREEDY_STARTS_PER_NEED = 4
"""As many starts for each need are tried one by one, the least regretted first."""
NO_STARTS = np.array([], dtype=int)
MOST_SETTLING = 60_000
"""Starts kept while lumps are settled, the least regretted first."""
LUMP_SHARES = (0.0005, 0.002, 0.01, 1.0)
"""Fractional starts dearer than this share of all money are settled before the core is solved; fewer where it has none."""
PART_STARTS = 500
"""Starts left open when a part of the programme is improved."""
PART_TIME_S, LEAST_TIME_S = 2.0, 0.2
WHOLE, NEARLY = 1e-6, 1e-3
FRUITLESS = 8
"""Parts in a row that bring nothing, after which the search stops."""
KINDS = ("doubtful", "years", "any")


class Search:
    """What is known of a model: its relaxation, the best programme found, and the time left.

    Parameters
    ----------
    model : Arrays
    gap : float
        Relative gap wanted. [-]
    time_limit_s : float
        Time to spend. [s]
    seed : int
        Seed of every random choice.
    known : dict or None
        A programme to start from.
    """

    def __init__(self, model, gap, time_limit_s, seed=0, known=None):
        self.model, self.gap, self.seed = model, gap, seed
        self.until = time.perf_counter() + time_limit_s
        self.relaxation = Sifting(model, gap / 30, time_limit_s, seed)
        self.bound = self.relaxation.bound
        self.tied = self._tied()
        self.found = [] if known is None else [(total_value(model.instance, known), known)]

    def _tied(self):
        """Needs that a rule ties to a date or to another need: all their starts stay open, or the core has no programme."""
        model = self.model
        rows = model.matrix[:, :model.starts].tocsr()[np.isin(model.family, (MUST, ORDER))]
        return np.bincount(model.own_need[rows.indices], minlength=model.needs) > 0

    @property
    def best(self):
        """The best programme found, ``None`` where there is none."""
        return self.found[-1][1] if self.found else None

    @property
    def close(self):
        """Whether the best is proved to be close enough."""
        return bool(self.found) and relative_gap(self.found[-1][0], self.bound) <= self.gap

    def left_s(self):
        """Time left. [s]"""
        return self.until - time.perf_counter()

    def take(self, choice):
        """Keep a programme if it is worth more than the best; say whether it was."""
        if choice is None:
            return False
        value = total_value(self.model.instance, choice)
        if self.found and value <= self.found[-1][0] * (1 + 1e-12):
            return False
        self.found.append((value, choice))
        return True

    def greedy(self):
        """Start what the relaxation starts, year by year, then what the lower limits still ask for, then what loses least at
        its prices, as long as the rules and the pots allow."""
        model, inst = self.model, self.model.instance
        regret, chosen = self.relaxation.regret, self.relaxation.values > 1 - NEARLY
        years = np.array([year for _, year in inst.pairs])
        filling = _Filling(inst)
        filling.take(np.flatnonzero(chosen)[np.argsort(years[chosen], kind="stable")])
        for limit in inst.limits:
            if limit.sense == ">=" and limit.broken_by(filling.chosen):
                places = limit.place[np.argsort(regret[limit.place], kind="stable")]
                filling.take(places[np.isfinite(regret[places])], lambda limit=limit: not limit.broken_by(filling.chosen))
        order = np.argsort(regret, kind="stable")[:GREEDY_STARTS_PER_NEED * model.needs]
        filling.take(order[np.isfinite(regret[order]) & (inst.value[order] > 0)])
        if filling.obeys():
            self.take(filling.choice)

    def core(self, time_limit_s):
        """Settle the lumps of the relaxation and solve a core of it in whole numbers; where that cannot be, settle fewer."""
        possible, money = np.isfinite(self.relaxation.regret), float(self.model.instance.pots.amount.sum())
        free, until = self._near(MOST_SETTLING), time.perf_counter() + min(time_limit_s, self.left_s())
        for lump in LUMP_SHARES:
            left = until - time.perf_counter()
            if left < LEAST_TIME_S or self.close:
                return
            settling = Settling(self.model, free, left / 3, lump * money)
            if not settling.solved:
                return
            choice, ended = settling.core(CORE_STARTS, self.gap / 4, until - time.perf_counter(), self.seed, self._enough())
            if self.take(choice) or (not ended and possible.sum() <= CORE_STARTS):
                return

    def small_core(self, time_limit_s):
        """As ``core`` for a small model: nothing is settled, and more starts are left open where that has no programme."""
        until, possible = time.perf_counter() + min(time_limit_s, self.left_s()), np.isfinite(self.relaxation.regret).sum()
        size = SMALL_CORE_STARTS
        while (left := until - time.perf_counter()) > LEAST_TIME_S and not self.close:
            choice, _, ended = solve_part(self.model, self._near(size), NO_STARTS, self.best, self.gap / 4, left, self.seed,
                                          self._enough())
            if self.take(choice) or not ended or size >= possible:
                return
            size *= 2

    def _near(self, most):
        """The starts that lose least, at most so many, and the best few of every need tied by a rule."""
        regret, possible = self.relaxation.regret, np.isfinite(self.relaxation.regret)
        if possible.sum() <= most:
            return np.flatnonzero(possible)
        near = np.flatnonzero(possible & (regret <= np.partition(regret[possible], most)[most]))
        tied = best_of(-regret, self.model.own_need, KEPT_PER_NEED, possible & self.tied[self.model.own_need])
        return np.union1d(near, tied)

    def _enough(self):
        """A value at which nothing more needs to be found."""
        return self.bound * (1 - self.gap) if self.bound > 0 else None

    def improve(self, time_limit_s):
        """Open one part of the programme after another until it is close enough, time is up or nothing more is found."""
        rng, fruitless, turn = np.random.default_rng(self.seed), 0, 0
        until = time.perf_counter() + time_limit_s
        while self.found and not self.close and fruitless < FRUITLESS and until - time.perf_counter() > LEAST_TIME_S:
            free, fixed = self._part(KINDS[turn % len(KINDS)], rng)
            if not len(fixed) and turn:
                return
            limit = min(PART_TIME_S, until - time.perf_counter())
            choice, _, _ = solve_part(self.model, free, fixed, self.best, self.gap / 20, limit, self.seed + turn)
            fruitless = 0 if self.take(choice) else fruitless + 1
            turn += 1

    def _part(self, kind, rng):
        """Starts left open and starts kept, for one part of the programme."""
        model, regret, idle = self.model, self.relaxation.regret, self.relaxation.idle
        need, chosen = model.own_need, model.whole_columns(self.best)[:model.starts] > 0.5
        possible = np.isfinite(regret)
        worst = idle.copy()                       # what the programme loses at each need against the best it could do
        worst[need[chosen]] = regret[chosen]
        done = np.bincount(need[chosen], minlength=model.needs) > 0
        other = np.where(done, idle, np.inf)      # what the next best would lose there
        np.minimum.at(other, need[possible & ~chosen], regret[possible & ~chosen])
        scale = float(np.median(other[np.isfinite(other)])) if np.isfinite(other).any() else 1.0
        score = np.where(np.isfinite(other), other, scale * 1e3) - worst * (2.0 if kind == "doubtful" else 1.0)
        score += scale * rng.random(model.needs) * {"doubtful": 0.5, "years": 1.0, "any": 4.0}[kind]
        if kind == "years":
            score += np.where(self._touched(chosen, rng), 0.0, 1e3 * (scale + np.abs(score).max()))
        order = np.argsort(score, kind="stable")
        worth_opening = possible & ((regret <= np.median(regret[possible])) | chosen)
        count = np.bincount(need[worth_opening], minlength=model.needs)[order]
        opened = np.zeros(model.needs, bool)
        opened[order[np.cumsum(count) <= max(PART_STARTS, count[0])]] = True
        return np.flatnonzero(worth_opening & opened[need]), np.flatnonzero(chosen & ~opened[need])

    def _touched(self, chosen, rng):
        """Needs that start in one of two neighbouring years, or nearly do."""
        model, regret = self.model, self.relaxation.regret
        years = np.array([year for _, year in model.instance.pairs])
        first = rng.choice(np.unique(years))
        near = np.isfinite(regret) & (regret <= np.quantile(regret[np.isfinite(regret)], 0.3))
        inside = ((years == first) | (years == first + 1)) & (chosen | near)
        return np.bincount(model.own_need[inside], minlength=model.needs) > 0


class _Filling:
    """A programme filled start by start: what is chosen, and the needs that are met."""

    def __init__(self, inst):
        self.inst, self.ledger, self.choice, self.met = inst, Ledger(inst, narrow_first(inst)), {}, set()
        self.chosen = np.zeros(len(inst.pairs), bool)
        self.needs_of = defaultdict(list)
        for need, members in inst.groups.items():
            for scheme in members:
                self.needs_of[scheme].append(need)

    def take(self, places, enough=lambda: False):
        """Start what is still open, one after the other, until it is enough."""
        for place in places.tolist():
            scheme, year = pair = self.inst.pairs[place]
            if (any(need in self.met for need in self.needs_of[scheme])
                    or any(self.choice.get(other, year + 1) > year for other in self.inst.requires.get(scheme, ()))):
                continue
            if self.ledger.take(self.inst.starts[pair], self.choice):
                self.choice[scheme], self.chosen[place] = year, True
                self.met.update(self.needs_of[scheme])
                if enough():
                    return

    def obeys(self):
        """Whether every must-do is met and every limit kept."""
        return all(any(self.choice.get(scheme) == year for scheme, year in pairs) for pairs in self.inst.must.values()) and (
            not any(limit.broken_by(self.chosen) for limit in self.inst.limits))


def whole(search, time_limit_s, threads=1):
    """Solve the whole model from what is known, for a better programme and a better bound.

    Parameters
    ----------
    search : Search
    time_limit_s : float
        Time limit. [s]
    threads : int
        Threads the solver may use.

    Notes
    -----
    A start that loses more than the bound is above the best programme cannot be in a better one, and is left out.
    """
    model, regret = search.model, search.relaxation.regret
    room = search.relaxation.bound - search.found[-1][0] if search.found else np.inf
    free = np.flatnonzero(np.isfinite(regret) & (regret <= max(room, 0.0) * (1 + 1e-9) + 1e-6))
    kept = np.array([model.instance.place_of[pair] for pair in search.best.items()], dtype=int) if search.found else []
    free = np.union1d(free, kept).astype(int)
    choice, bound, _ = solve_part(model, free, NO_STARTS, search.best, search.gap, time_limit_s, search.seed,
                                  threads=threads)
    search.take(choice)
    if search.found:                              # what was left out is worth less than the best programme known before
        search.bound = min(search.bound, max(bound, search.found[-1][0]))
    else:
        search.bound = min(search.bound, bound)
