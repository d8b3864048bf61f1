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
from .linear import NO_STARTS, Dive, solve_part
from .sifted_part import KEPT_PER_NEED, best_of
from .sifting import Sifting
from .solver import relative_gap

NEAR_PER_NEED = 2
REST_OF_GAP = 10
"""A dive goes on until the fractional starts cost this many times the gap, as a share of all money."""
CORES = ((8000, 200), (60_000, 2000))
"""Starts a dive looks at, the least regretted first, and those its core may choose from beside what it left fractional: the
second where the first is not close enough, as on the 148 Essex sites."""
TIGHTEST_CORE = 0.0002
"""A dive and its core aim no closer than this: a core that little is left open in has no programme."""
GREEDY_STARTS_PER_NEED = 4
"""As many starts for each need are tried one by one, the least regretted first."""
SMALL_CORE_STARTS, LIVE_CORE_STARTS, FIRST_GAP = 600, 400, 0.01
"""As many starts of a small model are left open at first, until a programme this close is found; fewer if that is asked."""
PART_STARTS, LEAST_PART_STARTS, MOST_PART_STARTS, GROWTH = 500, 100, 3000, 1.3
"""Starts left open when a part of the programme is improved, and how fast that number changes."""
DRAWN_ABOUT = (0.3, 1.7)
BEGINNINGS, LONG_S = (1 / 4, 1 / 4, 1.0), 15.0
"""Shares of its time after which the whole model is begun anew, if it has that long; what is then left goes to the last."""
PART_TIME_S, LEAST_TIME_S = 2.0, 0.2
NEARLY = 1e-3
FRUITLESS = 20
"""Parts in a row that bring nothing, after which the search stops."""
KINDS = ("nearly equal", "doubtful", "nearly equal", "years")


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
        """Start what must be done, the packages that are wanted, what the relaxation starts, what the lower limits still ask
        for, and then what loses least at its prices, as long as the rules and the pots allow."""
        model, inst = self.model, self.model.instance
        regret, filling = self.relaxation.regret, _Filling(inst)
        years = np.array([year for _, year in inst.pairs])
        shut, wanted = self._packages()
        usable = np.isfinite(regret) & ~shut
        by_regret = np.where(usable, regret, np.inf)
        for pairs in sorted(inst.must.values(), key=lambda pairs: max((year for _, year in pairs), default=0)):
            places = np.array([inst.place_of[pair] for pair in pairs], dtype=int)
            filling.take(_first(places, by_regret), lambda pairs=pairs: filling.met_by(pairs))
        for limit in wanted:
            filling.take(_first(limit.place, by_regret), lambda limit=limit: not limit.broken_by(filling.chosen))
        chosen = usable & (self.relaxation.values > 1 - NEARLY)
        filling.take(np.flatnonzero(chosen)[np.argsort(years[chosen], kind="stable")])
        for limit in inst.limits:
            if limit.sense == ">=" and not limit.or_none and limit.broken_by(filling.chosen):
                filling.take(_first(limit.place, by_regret), lambda limit=limit: not limit.broken_by(filling.chosen))
        order = _first(np.flatnonzero(usable & (inst.value > 0)), by_regret)
        filling.take(order[:GREEDY_STARTS_PER_NEED * model.needs])
        if filling.obeys():
            self.take(filling.choice)

    def _packages(self):
        """Starts of the packages that the relaxation fills by less than half, and the other packages."""
        shut, wanted = np.zeros(self.model.starts, bool), []
        for limit in (limit for limit in self.model.instance.limits if limit.or_none):
            if limit.weight @ self.relaxation.values[limit.place] >= limit.amount / 2:
                wanted.append(limit)
            else:
                shut[limit.place[limit.weight > 0]] = True
        return shut, wanted

    def core(self, time_limit_s):
        """Dive in the relaxation until little is left to settle, then solve a core of it in whole numbers."""
        until, money = time.perf_counter() + min(time_limit_s, self.left_s()), float(self.model.instance.pots.amount.sum())
        for near, size in CORES:
            left = until - time.perf_counter()
            if left < LEAST_TIME_S or self.close:
                return
            starts = self._near(max(near, NEAR_PER_NEED * self.model.needs))
            gap = max(self.gap, TIGHTEST_CORE)
            dive = Dive(self.model, starts, left, REST_OF_GAP * gap * money)
            left = until - time.perf_counter()
            if dive.solved and left > LEAST_TIME_S:
                self.take(dive.core(size, gap / 4, left, self.seed, self._enough(self.gap)))

    def small_core(self, time_limit_s):
        """For a small model: a core of the starts that lose least, without a dive; wider where that has no programme."""
        until, possible = time.perf_counter() + min(time_limit_s, self.left_s()), np.isfinite(self.relaxation.regret).sum()
        size = LIVE_CORE_STARTS if self.gap >= FIRST_GAP else SMALL_CORE_STARTS
        while (left := until - time.perf_counter()) > LEAST_TIME_S and not self.close:
            choice, _, ended = solve_part(self.model, self._near(size), NO_STARTS, self.best, self.gap / 4, left, self.seed,
                                          self._enough(max(self.gap, FIRST_GAP)))
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

    def _enough(self, gap):
        """A value at which nothing more needs to be found for a gap."""
        return self.bound * (1 - gap) if self.bound > 0 else None

    def improve(self, time_limit_s):
        """Open one part of the programme after another until it is close enough, time is up or nothing more is found.

        A part that is not solved in its time is made smaller the next time, one that is solved at once larger.
        """
        rng, fruitless, turn, size = np.random.default_rng(self.seed), 0, 0, PART_STARTS
        until = time.perf_counter() + min(time_limit_s, self.left_s())
        while self.found and not self.close and fruitless < FRUITLESS and until - time.perf_counter() > LEAST_TIME_S:
            free, fixed = self._part(KINDS[turn % len(KINDS)], size, rng)
            if not len(fixed) and turn:
                return
            began = time.perf_counter()
            choice, _, ended = solve_part(self.model, free, fixed, self.best, self.gap / 20, min(PART_TIME_S, until - began),
                                          self.seed + turn, self._enough(self.gap))
            fruitless = 0 if self.take(choice) else fruitless + 1
            quick = ended and time.perf_counter() - began < PART_TIME_S / 4
            size = np.clip(size * (GROWTH if quick else 1 if ended else 1 / GROWTH), LEAST_PART_STARTS, MOST_PART_STARTS)
            turn += 1

    def _part(self, kind, size, rng):
        """Starts left open and starts kept, for one part of the programme of about so many starts."""
        need, chosen = self.model.own_need, self.model.whole_columns(self.best)[:self.model.starts] > 0.5
        opened = self._nearly_equal(chosen, size, rng) if kind == "nearly equal" else self._needs(kind, chosen, size, rng)
        whole_need = np.zeros(self.model.needs, bool)
        whole_need[need[opened]] = True
        free = opened | (chosen & whole_need[need])
        return np.flatnonzero(free), np.flatnonzero(chosen & ~free)

    def _nearly_equal(self, chosen, size, rng):
        """Starts of half the needs that lose least, and the choices that gain least, each loss scaled by chance."""
        regret, need = self.relaxation.regret, self.model.own_need
        drawn = rng.uniform(*DRAWN_ABOUT, self.model.needs)[need]
        looked_at = (rng.random(self.model.needs) < 0.5)[need] & ~chosen & np.isfinite(regret)
        opened = np.zeros(len(chosen), bool)
        losses = np.where(looked_at, regret * drawn, np.inf)
        most = min(int(size), int(looked_at.sum()))
        opened[np.argpartition(losses, most - 1)[:most] if most else NO_STARTS] = True
        gains = np.where(chosen, (self.relaxation.idle[need] - regret) * drawn, np.inf)
        opened[np.argsort(gains)[:min(int(size) // 3, int(chosen.sum()))]] = True
        return opened

    def _needs(self, kind, chosen, size, rng):
        """All worthwhile starts of the needs whose choice is most in doubt, or that are near some years."""
        model, regret, idle = self.model, self.relaxation.regret, self.relaxation.idle
        need, possible = model.own_need, np.isfinite(regret)
        worst = idle.copy()                       # what the programme loses at each need against the best it could do
        worst[need[chosen]] = regret[chosen]
        done = np.bincount(need[chosen], minlength=model.needs) > 0
        other = np.where(done, idle, np.inf)      # what the next best would lose there
        np.minimum.at(other, need[possible & ~chosen], regret[possible & ~chosen])
        scale = float(np.median(other[np.isfinite(other)])) if np.isfinite(other).any() else 1.0
        score = np.where(np.isfinite(other), other, scale * 1e3) - worst * (2.0 if kind == "doubtful" else 1.0)
        score += scale * rng.random(model.needs)
        if kind == "years":
            score += np.where(self._touched(chosen, rng), 0.0, 1e3 * (scale + np.abs(score).max()))
        order = np.argsort(score, kind="stable")
        worth_opening = possible & ((regret <= np.median(regret[possible])) | chosen)
        count = np.bincount(need[worth_opening], minlength=model.needs)[order]
        opened = np.zeros(model.needs, bool)
        opened[order[np.cumsum(count) <= max(size, count[0])]] = True
        return worth_opening & opened[need]

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
            scheme, year = self.inst.pairs[place]
            if (any(need in self.met for need in self.needs_of[scheme])
                    or any(self.choice.get(other, year + 1) > year for other in self.inst.requires.get(scheme, ()))):
                continue
            if self.ledger.take(place, self.choice):
                self.choice[scheme], self.chosen[place] = year, True
                self.met.update(self.needs_of[scheme])
                if enough():
                    return

    def met_by(self, pairs):
        """Whether one of some (scheme, year) is in the programme."""
        return any(self.choice.get(scheme) == year for scheme, year in pairs)

    def obeys(self):
        """Whether every must-do is met and every limit kept."""
        return all(map(self.met_by, self.inst.must.values())) and (
            not any(limit.broken_by(self.chosen) for limit in self.inst.limits))


def _first(places, regret):
    """Those places that are possible, the least regretted first."""
    places = places[np.isfinite(regret[places])]
    return places[np.argsort(regret[places], kind="stable")]


def whole(search, time_limit_s, threads=1):
    """Solve the whole model from what is known, for a better programme and a better bound, beginning anew several times.

    Parameters
    ----------
    search : Search
    time_limit_s : float
        Time limit. [s]
    threads : int
        Threads the solver may use.

    Notes
    -----
    A start that loses more than the bound is above the best programme cannot be in a better one, and is left out. How long
    a solver takes to find a programme is a matter of luck with a heavy tail, so each time begins with another seed.
    """
    until = time.perf_counter() + time_limit_s
    for turn, share in enumerate(BEGINNINGS if time_limit_s >= LONG_S and search.found else (1.0,)):
        if search.close or (left := until - time.perf_counter()) < LEAST_TIME_S:
            return
        if _once_whole(search, min(left, share * time_limit_s), search.seed + turn, threads):
            return


def tighten(search, time_limit_s, threads=1):
    """Lower the bound by the cuts a solver adds to the relaxation of the whole model, before it branches.

    Parameters
    ----------
    search : Search
    time_limit_s : float
        Time limit. [s]
    threads : int
        Threads the solver may use.

    Notes
    -----
    Few schemes leave the relaxation far above the best programme: of 300 schemes 0.2 to 0.7%, of which the cuts take all but
    0.05 to 0.2% in two or three seconds. Only with that bound can it be seen that a programme is close.
    """
    if search.found:
        _once_whole(search, time_limit_s, search.seed, threads, cuts_only=True)


def _once_whole(search, time_limit_s, seed, threads, cuts_only=False):
    """One solve of the whole model; says whether it ended by itself."""
    model, regret = search.model, search.relaxation.regret
    room = search.relaxation.bound - search.found[-1][0] if search.found else np.inf
    free = np.flatnonzero(np.isfinite(regret) & (regret <= max(room, 0.0) * (1 + 1e-9) + 1e-6))
    kept = np.array([model.instance.place_of[pair] for pair in search.best.items()], dtype=int) if search.found else []
    free = np.union1d(free, kept).astype(int)
    choice, bound, ended = solve_part(model, free, NO_STARTS, search.best, search.gap, time_limit_s, seed, threads=threads,
                                     cuts_only=cuts_only)
    search.take(choice)
    if search.found:                              # what was left out is worth less than the best programme known before
        search.bound = min(search.bound, max(bound, search.found[-1][0]))
    else:
        search.bound = min(search.bound, bound)
    return ended
