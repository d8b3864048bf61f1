r"""One beginning for many futures: works of the first years that all of them share, the rest planned again in each.

In each future :math:`s` of :math:`N`, equally likely, candidates and money are its own. Let :math:`x` be which works
begin in the first years, among the starts that every future has, and :math:`V_s(x)` the value of the best programme of
future :math:`s` that begins so. Wanted is the :math:`x` of the highest :math:`\frac{1}{N} \sum_s V_s(x)`. For multipliers
:math:`\lambda_s` that add up to nought over the futures,

.. math:: \max_x \frac{1}{N} \sum_s V_s(x) \le \frac{1}{N} \sum_s \max_{x_s} [V_s(x_s) + \lambda_s x_s],

each future then being a programme of its own: a true bound, which subgradient steps lower.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ..candidates import needs_met, split_list
from ..errors import InfeasibleError
from .instance import instance, total_value
from .optimise import optimise
from .solver import relative_gap

STEP, ROUNDS, ENOUGH_GAP = 0.8, 3, 0.001
LEAST_SCALE_GBP = 1.0


@dataclass(frozen=True)
class CommonStart:
    """A beginning for all futures: ``starts`` (scheme to year), the programme of each future that begins so (``choices``)
    and its value, the value and the bound of each future's own best (``apart``, ``apart_bound``), what no common beginning
    can exceed on average (``bound``), and every beginning that was looked at by name, NaN where some future cannot begin
    so (``tried``). ``wanted``: by start, the share of futures whose own best has it."""

    starts: dict = field(repr=False)
    choices: tuple = field(repr=False)
    values: np.ndarray = field(repr=False)
    apart: np.ndarray = field(repr=False)
    apart_bound: np.ndarray = field(repr=False)
    bound: float
    tried: dict = field(repr=False)
    wanted: dict = field(repr=False)
    found_by: str = ""

    @property
    def score(self):
        """Mean value over the futures."""
        return float(self.values.mean())

    @property
    def gap(self):
        """How far the mean may be from the best possible, as a fraction of it. [-]"""
        return relative_gap(self.score, self.bound)


def shared_starts(futures, last_year):
    """Starts up to a year that every future has.

    Parameters
    ----------
    futures : sequence of Candidates
    last_year : int

    Returns
    -------
    list of (str, int)
        Scheme and start year.
    """
    each = [set(zip(one.scheme_years.scheme_id, one.scheme_years.start_year.astype(int), strict=True)) for one in futures]
    return sorted(pair for pair in set.intersection(*each) if pair[1] <= last_year)


def beginning(choice, shared):
    """The part of a programme that is among the shared starts, scheme to year.

    Parameters
    ----------
    choice : dict
        Scheme to start year.
    shared : collection of (str, int)

    Returns
    -------
    dict
    """
    return {scheme: year for scheme, year in choice.items() if (scheme, year) in set(shared)}


def begun_so(candidates, starts, shared):
    """Candidates of which exactly some of the shared starts may be chosen, and have to be.

    Parameters
    ----------
    candidates : Candidates
    starts : dict
        Scheme to start year.
    shared : collection of (str, int)

    Returns
    -------
    Candidates or None
        ``None`` where a scheme that has to start requires one that can no longer.
    """
    schemes, years = candidates.schemes, candidates.scheme_years
    met = needs_met(schemes)
    filled = {need for scheme in starts for need in met[scheme]}
    gone = {scheme for scheme, needs in met.items() if scheme not in starts and filled & set(needs)}
    pairs = list(zip(years.scheme_id, years.start_year.astype(int), strict=True))
    shared = set(shared)
    kept = {pair for pair in pairs if (starts[pair[0]] == pair[1] if pair[0] in starts
                                       else pair[0] not in gone and pair not in shared)}
    asks = {scheme: split_list(text) for scheme, text in zip(
        schemes.scheme_id, schemes.requires if "requires" in schemes else [""] * len(schemes), strict=True) if text}
    while True:
        there = {scheme for scheme, _ in kept}
        lost = {pair for pair in kept if not set(asks.get(pair[0], ())) <= there}
        if not lost:
            break
        kept -= lost
    if any(pair not in kept for pair in starts.items()):
        return None
    must = dict(zip(schemes.scheme_id, schemes.must_do if "must_do" in schemes else [""] * len(schemes), strict=True))
    spend = candidates.spend
    of_spend = zip(spend.scheme_id, spend.start_year.astype(int), strict=True)
    return replace(candidates, _frames={
        **candidates._frames,
        "schemes": schemes.assign(must_do=[str(starts.get(scheme, must[scheme])) for scheme in schemes.scheme_id]),
        "scheme_years": years[[pair in kept for pair in pairs]].reset_index(drop=True),
        "spend": spend[[pair in kept for pair in of_spend]].reset_index(drop=True)})


def common_start(futures, shared, guesses=None, rounds=ROUNDS, say=lambda text: None, **settings):
    """The beginning of the highest mean value over futures whose candidates and money differ.

    Parameters
    ----------
    futures : sequence of Candidates
    shared : list of (str, int)
        Starts that all futures have and that are decided before anything is known; see ``shared_starts``.
    guesses : dict of dict, optional
        Beginnings to look at first, by name: scheme to start year.
    rounds : int
        How often each future is planned again at other multipliers.
    say : callable
        Told what is being done.
    settings
        ``gap, time_limit_s, threads, seed`` as for ``optimise``.

    Returns
    -------
    CommonStart

    Raises
    ------
    InfeasibleError
        If some future has no programme at all, or no beginning that was looked at can be kept to in every future.

    Notes
    -----
    All is known from the second stage on: each future plans its later years as if it knew when schools join.
    *Counterexample:* a trust that learns of each school a year before it joins; it does a little worse than is said here.

    References
    ----------
    .. [1] Caroe, C.C. and Schultz, R. (1999), Dual decomposition in stochastic integer programming. Operations Research
       Letters 24(1-2), 37-45.
    """
    search = _Search(futures, shared, settings, say)
    search.plan()
    for name, starts in {**(guesses or {}), "poorest money": search.poorest()}.items():
        search.look_at(name, starts)
    for number in range(rounds + 1):
        search.agree(number)
        if search.best is not None and relative_gap(search.best[1].mean(), search.bound) <= ENOUGH_GAP or number == rounds:
            break
        search.step()
        search.plan()
    if search.best is None:
        raise InfeasibleError("No beginning that was looked at can be kept to in every future: what must be done, or the "
                              "money for it, differs too much between them.")
    starts, values, choices, found_by = search.best
    return CommonStart(starts, choices, values, search.apart, search.apart_bound, float(max(search.bound, values.mean())),
                       search.tried, search.wanted, found_by)


class _Search:
    """What is known so far: multipliers, the programmes at them, the bound, the best beginning."""

    def __init__(self, futures, shared, settings, say):
        self.futures, self.shared, self.settings, self.say = list(futures), list(shared), settings, say
        self.place = {pair: at for at, pair in enumerate(self.shared)}
        self.price = np.zeros((len(self.futures), len(self.shared)))
        self.bound, self.best, self.tried, self.apart, self.seen = np.inf, None, {}, None, []
        self.choices = []
        worth = [one.scheme_years.set_index(["scheme_id", "start_year"]).value.reindex(self.shared) for one in self.futures]
        self.scale = np.maximum(np.abs(np.mean(worth, axis=0)), LEAST_SCALE_GBP) if self.shared else np.zeros(0)

    def plan(self):
        """Plan each future by itself at the present multipliers."""
        self.say(f"Planning each of {len(self.futures)} futures by itself ...")
        known = self.choices or [None] * len(self.futures)
        done = [self._priced(*each) for each in zip(self.futures, self.price, known, strict=True)]
        self.chosen = np.array([[choice.get(scheme) == year for scheme, year in self.shared] for choice, _ in done], float)
        self.chosen = self.chosen.reshape(len(self.futures), len(self.shared))
        self.level = float(np.mean([bound for _, bound in done]))
        self.bound = min(self.bound, self.level)
        if self.apart is None:
            self.apart = np.array([total_value(instance(one), choice) for one, (choice, _) in zip(
                self.futures, done, strict=True)])
            self.apart_bound = np.array([bound for _, bound in done])
            self.wanted = dict(zip(self.shared, self.chosen.mean(axis=0), strict=True))
        self.choices = [choice for choice, _ in done]

    def _priced(self, candidates, price, known):
        """The programme of one future where shared starts are worth more or less, and what none can exceed."""
        years = candidates.scheme_years
        more = [price[self.place[pair]] if pair in self.place else 0.0
                for pair in zip(years.scheme_id, years.start_year.astype(int), strict=True)]
        priced = replace(candidates, _frames={**candidates._frames, "scheme_years": years.assign(value=years.value + more)})
        programme = optimise(priced, known=known, **self.settings)
        return programme.choice, programme.bound

    def poorest(self):
        """The beginning of the first future with the least money that any future has in each pot; nothing where none is."""
        pots = [one.pots.set_index("pot_id").amount for one in self.futures]
        least = np.min([each.reindex(pots[0].index).fillna(0.0) for each in pots], axis=0)
        first = self.futures[0]
        poor = replace(first, _frames={**first._frames, "pots": first.pots.assign(amount=least)})
        return beginning(self._best_of(poor) or {}, self.shared)

    def agree(self, number):
        """Look at what most futures begin with, and at the future that comes nearest to all."""
        mean = self.chosen.mean(axis=0)
        self.look_at(f"most futures, round {number + 1}", {scheme: year for (scheme, year), share in zip(
            self.shared, mean, strict=True) if share > 0.5})
        order = np.argsort(np.abs(self.chosen - mean) @ self.scale if self.shared else np.zeros(len(self.futures)),
                           kind="stable")
        self.look_at(f"the future nearest to all, round {number + 1}",
                     beginning(self.choices[int(order[0])], self.shared))

    def look_at(self, name, starts):
        """What a beginning comes to in every future; remembered, and kept where it is the best."""
        key = frozenset(starts.items())
        if key in self.seen:
            return
        self.seen.append(key)
        self.say(f"Beginning as {name} does ({len(starts)} works) ...")
        done = []
        for one in self.futures:
            there = begun_so(one, starts, self.shared)
            done.append(None if there is None else self._best_of(there))
            if done[-1] is None:
                self.tried[name] = float("nan")
                return
        values = np.array([total_value(instance(one), choice) for one, choice in zip(self.futures, done, strict=True)])
        self.tried[name] = float(values.mean())
        if self.best is None or values.mean() > self.best[1].mean():
            self.best = starts, values, tuple(done), name

    def _best_of(self, candidates):
        """The best programme; ``None`` where there is none."""
        if not len(candidates.scheme_years):
            return None if instance(candidates).must else {}
        try:
            return optimise(candidates, **self.settings).choice
        except InfeasibleError:
            return None

    def step(self):
        """Move the multipliers against what the futures disagree on; they still add up to nought over the futures."""
        apart = (self.chosen - self.chosen.mean(axis=0)) / len(self.futures)
        least = self.best[1].mean() if self.best is not None else 0.0
        length = float((apart ** 2 * self.scale).sum())
        if length > 0:
            self.price = self.price - STEP * max(self.level - least, 0.0) * apart * self.scale / length
