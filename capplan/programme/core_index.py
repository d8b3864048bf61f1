"""The core index: in how many futures each scheme is in the best plan - always, usually, it depends, rarely, never."""

from dataclasses import dataclass, field
from statistics import NormalDist
from zlib import crc32

import numpy as np
import pandas as pd

from ..candidates import needs_met
from ..machines import pieces, spread
from ..reference import load
from . import formulation
from .instance import instance, total_value
from .solver import InfeasibleModelError, Relaxation, relative_gap, solve
from .what_if import WHOLE_MODEL_STARTS, changed

SAMPLES_WHOLE, SAMPLES_LARGE = 100, 40
SAMPLE_GAP = 0.002
SAMPLE_LIMIT_S, RELAXED_LIMIT_S = 10.0, 60.0
HALF = 0.5
CONFIDENCE = 0.95
VALUE_COLUMNS = "value_"


@dataclass(frozen=True)
class CoreIndex:
    """``schemes``: one row for each scheme. ``samples``: futures with a plan; ``without_plan``: those in which no plan obeys
    every rule; ``gap``: the largest gap of any of the plans; ``relaxed``: plans are the relaxation's, rounded. [-]"""

    schemes: pd.DataFrame = field(repr=False)
    samples: int
    without_plan: int
    gap: float
    relaxed: bool = False


def spreads():
    """How far costs, worth and grants may be from what is expected, by figure (all of them assumptions)."""
    return load("sampling").set_index("figure").value.astype(float)


def core_index(candidates, choice, samples=None, threads=1, seed=0, say=lambda text: None, executor=None):
    """In what share of sampled futures each scheme is in the best plan.

    Parameters
    ----------
    candidates : Candidates
    choice : dict
        The programme, scheme to start year.
    samples : int, optional
        How many futures; left out: by the size of the model.
    threads, seed : int
        Threads of the solver; seed of the futures and of the solver.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where futures are sent, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    CoreIndex
        ``scheme_id, planned, in_share``, its 95% interval ``in_least, in_most`` (Wilson), ``core`` (always, usually,
        depends, rarely, never), ``need_share`` (the share of futures in which the scheme or an alternative to it is in) and
        ``need_core``, the same words for that. Where a need may be met in several ways that come close, each way depends and
        the need does not.

    Notes
    -----
    Costs, worth and grants are taken to be wrong by logarithmic normal factors: of each scheme alone and of all, of each
    element together, of each route together. Weights of several value columns (``value_...``) are drawn evenly. A future is
    the same for every programme, and one more scheme does not change the others'. *Counterexample:* a grant that comes or
    does not come; that is a scenario of its own (``capplan stress``).
    Of large models the plan of a future is the relaxation's, schemes started by a half or more counting as in: a search
    stopped by the clock would show its own noise. *Counterexample:* a scheme dearer than
    a year's money, which the relaxation cuts in two.

    References
    ----------
    .. [1] J. Liesio, P. Mild, A. Salo, Preference programming for robust portfolio modeling and project selection, European
       Journal of Operational Research 181(3), 2007, 1488-1505.
    """
    small = len(candidates.scheme_years) <= WHOLE_MODEL_STARTS
    count = samples or (SAMPLES_WHOLE if small else SAMPLES_LARGE)
    draws, parts = Futures(candidates, count, seed), pieces(list(range(count)), 20)
    done = spread(_best_plans, [(draws, part, choice, small, threads, seed) for part in parts], executor,
                  lambda number: say(f"Futures for the core index: {sum(map(len, parts[:number]))} of {count} ..."))
    found = [(plan, gap) for own in done for plan, gap in own if plan is not None]
    plans, gaps = [plan for plan, _ in found], [0.0, *(gap for _, gap in found)]
    return CoreIndex(_table(candidates, choice, plans), len(plans), count - len(plans), max(gaps), not small)


def _best_plans(draws, numbers, choice, small, threads, seed):
    """The best plan of each of some futures, with its gap."""
    return [_best_plan(draws.future(number), choice, small, threads, seed) for number in numbers]


class Futures:
    """Sampled futures of a set of candidates: the same for the same seed, scheme by scheme and route by route.

    Parameters
    ----------
    candidates : Candidates
    count : int
        How many futures.
    seed : int
        Seed of the draws.
    """

    def __init__(self, candidates, count, seed):
        self.candidates, self.spread = candidates, spreads()
        schemes = candidates.schemes
        element = schemes.element if "element" in schemes else schemes.kind if "kind" in schemes else schemes.scheme_id

        def logs(names, what):
            """Standard normal draws for each name, shape (names, futures)."""
            unique = {name: np.random.default_rng([seed, crc32(f"{what} {name}".encode())]).standard_normal(count)
                      for name in dict.fromkeys(names)}
            return np.array([unique[name] for name in names]).reshape(len(names), count)

        self._worth = np.exp(self.spread.element_worth_spread * logs(element, "element")
                             + self.spread.own_worth_spread * logs(schemes.scheme_id, "worth"))
        self._cost = np.exp(self.spread.common_cost_spread * logs(["all"], "prices")
                            + self.spread.own_cost_spread * logs(schemes.scheme_id, "tender"))
        pots = candidates.pots
        route = pots.route.where(pots.route != "", pots.pot_id) if "route" in pots else pots.pot_id
        self._grant = np.exp(self.spread.grant_spread * logs(route, "route"))
        self._place = pd.Series(range(len(schemes)), index=schemes.scheme_id)
        self._weights = np.random.default_rng([seed, crc32(b"weights")]).exponential(size=(count, len(self._criteria())))

    def _criteria(self):
        years = self.candidates.scheme_years
        return [name for name in years if name.startswith(VALUE_COLUMNS)
                and pd.to_numeric(years[name], errors="coerce").notna().all()]

    def future(self, number):
        """One future.

        Parameters
        ----------
        number : int
            Which one, from 0.

        Returns
        -------
        Candidates
        """
        years, spend, pots = self.candidates.scheme_years, self.candidates.spend, self.candidates.pots
        worth, criteria = years.value.to_numpy(float), self._criteria()
        if criteria:
            columns = np.column_stack([pd.to_numeric(years[name]).to_numpy(float) for name in criteria])
            size = np.abs(columns).sum(axis=0)
            weights = self._weights[number] / self._weights[number].sum()
            worth = (columns / np.where(size > 0, size, 1.0)) @ weights * np.abs(worth).sum()
        own = self._place[years.scheme_id].to_numpy()
        cost = spend.cost.to_numpy(float) * self._cost[self._place[spend.scheme_id].to_numpy(), number]
        return changed(self.candidates, scheme_years=years.assign(value=worth * self._worth[own, number]),
                       spend=spend.assign(cost=cost.round(2)),
                       pots=pots.assign(amount=(pots.amount.to_numpy(float) * self._grant[:, number]).round(2)))


def _best_plan(candidates, choice, small, threads, seed):
    """The best plan of one future and its gap; ``None`` where no plan obeys every rule or none was found in time."""
    inst = instance(candidates)
    if any(not pairs for pairs in inst.must.values()):
        return None, 0.0
    model = formulation.build(inst)
    try:
        if not small:
            return _relaxed_plan(model), 0.0
        hint = {model.starts[pair].name: 1.0 for pair in choice.items() if pair in model.starts}
        answer = solve(model, "highs", SAMPLE_GAP, SAMPLE_LIMIT_S, threads, seed, hint)
    except InfeasibleModelError:
        return None, 0.0
    if answer.choice is None:
        return None, 0.0
    return answer.choice, relative_gap(total_value(inst, answer.choice), answer.bound)


def _relaxed_plan(model):
    """The schemes that the relaxation starts by a half or more, with their likeliest year."""
    relaxation = Relaxation(model, RELAXED_LIMIT_S)
    if not relaxation.solved:
        return None
    parts = {}
    for (scheme, year), value in zip(relaxation.pairs, relaxation.values(), strict=True):
        parts.setdefault(scheme, []).append((value, year))
    return {scheme: max(own)[1] for scheme, own in parts.items() if sum(value for value, _ in own) >= HALF}


def _table(candidates, choice, plans):
    schemes, n = candidates.schemes, max(1, len(plans))
    needs, met = needs_met(schemes), {}
    times = {scheme: sum(scheme in plan for plan in plans) for scheme in schemes.scheme_id}
    for plan in plans:
        for need in {need for scheme in plan for need in needs[scheme]}:
            met[need] = met.get(need, 0) + 1
    rows = []
    usually = spreads().usually_share
    for scheme, count in times.items():
        least, most = wilson(count, n)
        need = max(met.get(need, 0) for need in needs[scheme])
        core, of_need = (_word(each, n, usually) if plans else "" for each in (count, need))
        rows.append([scheme, "yes" if scheme in choice else "no", count / n, least, most, core, need / n, of_need])
    return pd.DataFrame(rows, columns=["scheme_id", "planned", "in_share", "in_least", "in_most", "core", "need_share",
                                       "need_core"])


def _word(count, of, usually):
    """How often, in a word: from ``usually`` on usually, up to as little as that leaves rarely."""
    if count in (0, of):
        return "always" if count else "never"
    return "usually" if count / of >= usually else "rarely" if count / of <= 1.0 - usually else "depends"


def wilson(count, of):
    """Wilson's 95% interval of a share. [-]

    Parameters
    ----------
    count, of : int
        How often, out of how many.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> [round(share, 3) for share in wilson(9, 10)]
    [0.596, 0.982]

    References
    ----------
    .. [1] E.B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
       Statistical Association 22(158), 1927, 209-212.
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share, spare = count / of, z * z / of
    middle, half = share + spare / 2, z * np.sqrt(share * (1 - share) / of + spare / (4 * of))
    return float(max(0.0, (middle - half) / (1 + spare))), float(min(1.0, (middle + half) / (1 + spare)))
