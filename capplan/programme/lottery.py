"""Bids as a lottery: which to make and what to start before anybody knows, so that what follows is worth most on average."""

from dataclasses import dataclass, field, replace
from itertools import combinations, product

import numpy as np
import pandas as pd

from ..candidates import needs_met
from ..errors import InfeasibleError
from .optimise import Programme, optimise
from .outcomes import Bid, Outcomes, flips_at, outcomes_of, quantile, score

PENNY_GBP = 0.01
"""First stages that are worth the same to a penny count as equal: the one that does less is taken."""
ALL_UP_TO = 48
"""Where there are no more first stages than this, every one is tried."""
MOST_TRIES, WORKS_KEPT = 60, 3
PARTLY = (0.25, 0.5, 0.75)
"""Parts of every award that plans between the two extremes count on. [-]"""
BEST, WON, LOST, EXPECTED = "best found", "as if all were won", "as if all were lost", "as if expected sums came"


@dataclass(frozen=True)
class FirstStage:
    """What is decided before outcomes are known: ``bids`` made, by name, and the ``starts`` (scheme, year) of works."""

    bids: frozenset = frozenset()
    starts: frozenset = frozenset()


@dataclass(frozen=True)
class BidWorth:
    """What making a bid adds to the mean, whether it is made, and the odds from which on it is (NaN: never). [GBP], [-]"""

    bid: Bid
    make: bool
    worth_gbp: float
    flips_at: float


@dataclass(frozen=True)
class Lottery:
    """The best first stage found, what else was judged on the same outcomes, and what knowing them would be worth.

    ``values`` gives by first stage the value under each outcome (minus infinity: none keeps the rules); ``plans`` the first
    stages of the plans in words; ``perfect`` and ``perfect_bound`` what each outcome would be worth known beforehand,
    found and at most; ``within_gbp`` how far any value may be from the best possible. All in the units of value. [GBP]
    """

    bids: tuple
    outcomes: Outcomes = field(repr=False)
    known_from: int
    plans: dict = field(repr=False)
    values: dict = field(repr=False)
    perfect: np.ndarray = field(repr=False)
    perfect_bound: np.ndarray = field(repr=False)
    worths: tuple = field(repr=False)
    within_gbp: float
    all_lost: Programme = field(repr=False)
    most_likely: Programme = field(repr=False)
    tail_weight: float = 0.0
    every_first_stage: bool = False

    @property
    def best(self):
        """The best first stage found."""
        return self.plans[BEST]

    @property
    def mean_gbp(self):
        """Mean value of the best first stage. [GBP]"""
        return float(self.values[self.best] @ self.outcomes.weight)

    @property
    def perfect_information_gbp(self):
        """What knowing every outcome beforehand would add to the mean. [GBP]"""
        return float(self.perfect @ self.outcomes.weight) - self.mean_gbp

    @property
    def stochastic_gbp(self):
        """What looking at outcomes adds to the plan at expected sums; infinite where that cannot be carried out. [GBP]"""
        return self.mean_gbp - score(self.values[self.plans[EXPECTED]], self.outcomes.weight)

    def frame(self):
        """The plans judged on the same outcomes.

        Returns
        -------
        DataFrame
            ``plan, bids_made, starts_before, mean_gbp, p10_gbp, worst_gbp``; blank where some outcome leaves no programme
            that keeps the rules.
        """
        rows = []
        for name, first in self.plans.items():
            values = self.values[first]
            sums = (np.nan,) * 3 if np.isneginf(values).any() else (
                values @ self.outcomes.weight, quantile(values, self.outcomes.weight), values.min())
            rows.append([name, ";".join(sorted(first.bids)), len(first.starts), *sums])
        return pd.DataFrame(rows, columns=["plan", "bids_made", "starts_before", "mean_gbp", "p10_gbp", "worst_gbp"])


def lottery(candidates, bids, replicates=200, seed=0, tail_weight=0.0, all_up_to=ALL_UP_TO, say=lambda text: None,
            **settings):
    """Which bids to make and which works to start before their outcomes are known.

    Parameters
    ----------
    candidates : Candidates
        With a scheme for each bid that may start in one year only, and a pot ``with_scheme``.
    bids : sequence of Bid
    replicates, seed
        Draws where there are more than six bids; their seed and the solver's.
    tail_weight : float
        Part of the judgement that looks at the worst tenth of outcomes only. [-]
    all_up_to : int
        Try every first stage where there are no more than this; 0: never.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``, for each programme.

    Returns
    -------
    Lottery
        Never worse, on the same outcomes, than planning as if all bids were won, as if all were lost, or at expected sums.

    Raises
    ------
    InfeasibleError
        Where no first stage leaves a programme under every outcome.
    ValueError
        If there are no bids.

    Notes
    -----
    Two stages: what starts before the first year in which an award may be spent, and every bid, is decided without knowing;
    all that starts later knows every outcome. *Counterexample:* bids of two rounds, of which the second is still open when
    the works of the first are chosen: those are then judged a little too well.

    References
    ----------
    .. [1] Birge, J.R. and Louveaux, F. (2011). Introduction to Stochastic Programming, 2nd ed., chapters 1 and 4. Springer.
    """
    if not bids:
        raise ValueError("A lottery needs at least one bid.")
    game = _Game(candidates, tuple(bids), outcomes_of([bid.odds for bid in bids], replicates, seed), tail_weight,
                 {**settings, "seed": seed}, say)
    say(f"{len(bids)} bids, {len(game.outcomes.weight)} outcomes; the plans for each outcome ...")
    everything = frozenset(bid.bid_id for bid in bids)
    expected = game.known({bid.bid_id: bid.odds for bid in bids})
    plans = {WON: game.first_of(game.known(dict.fromkeys(everything, 1.0))),
             LOST: game.first_of(game.known({})), EXPECTED: game.first_of(expected)}
    perfect = [game.known(dict.fromkeys(game.names(won), 1.0)) for won in game.outcomes.won]
    seeds = [*plans.values(), *(game.first_of(found) for found in perfect),
             *(game.first_of(game.known(dict.fromkeys(everything, part))) for part in PARTLY)]
    stages = _every_first_stage(game, all_up_to)
    best = max(dict.fromkeys([*seeds, *stages]), key=game.rank) if stages else _search(game, seeds)
    if np.isneginf(game.score(best)):
        raise game.refused[best]
    worths = tuple(_worth(game, best, bid) for bid in game.bids)
    plans = {BEST: best, **plans}
    values = {first: game.values(first) for first in game.judged}
    found = np.max([[programme.objective for programme in perfect], *values.values()], axis=0)
    bound = np.maximum([programme.bound for programme in perfect], found)
    likely = game.names(game.outcomes.won[int(np.argmax(game.outcomes.weight))])
    within = max(programme.bound - programme.objective for programme in (*perfect, *game.solved.values()) if programme)
    return Lottery(game.bids, game.outcomes, game.first_year, plans, values, found, bound, worths, float(within),
                   game.programme(best, frozenset()), game.programme(best, likely), tail_weight, bool(stages))


@dataclass
class _Game:
    """What has been solved of a lottery, each programme once."""

    candidates: object
    bids: tuple
    outcomes: Outcomes
    tail_weight: float
    settings: dict
    say: object
    solved: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)
    judged: dict = field(default_factory=dict)

    def __post_init__(self):
        pots = self.candidates.pots.set_index("pot_id")
        self.first_year = int(min(pots.first_year[bid.pot_id] for bid in self.bids))
        self.own = {bid.scheme_id for bid in self.bids}
        self.needs = needs_met(self.candidates.schemes)

    def names(self, won):
        """The bids won in an outcome, by name."""
        return frozenset(bid.bid_id for bid, is_won in zip(self.bids, won, strict=True) if is_won)

    def known(self, shares):
        """The programme where a share of what each bid asks for is sure to come; bids are free."""
        return optimise(_with_awards(self.candidates, self.bids, shares), **self.settings)

    def first_of(self, programme):
        """The first stage of a programme: bids whose award it spends, works that start before outcomes are known."""
        used = set(programme.draws.pot_id)
        made = frozenset(bid.bid_id for bid in self.bids if bid.pot_id in used)
        early = frozenset((scheme, int(year)) for scheme, year in programme.choice.items()
                          if scheme not in self.own and year < self.first_year)
        return FirstStage(made, early)

    def programme(self, first, won):
        """The best programme after a first stage where some bids are won, or ``None`` where there is none."""
        won = first.bids & won
        if (first, won) not in self.solved:
            fixed = _with_awards(_after(self, first), self.bids, dict.fromkeys(won, 1.0))
            known = max((found for (other, less), found in self.solved.items() if other == first and less < won and found),
                        key=lambda found: found.objective, default=None)
            try:
                self.solved[first, won] = optimise(fixed, known=known.choice if known else None, **self.settings)
            except InfeasibleError as error:
                self.solved[first, won], self.refused[first] = None, error
        return self.solved[first, won]

    def value(self, first, won):
        """Value of what follows a first stage, minus infinity where nothing keeps the rules."""
        found = self.programme(first, won)
        return found.objective if found else -np.inf

    def values(self, first):
        """Value under each outcome, shape (outcomes,)."""
        if first not in self.judged:
            found = np.full(len(self.outcomes.won), -np.inf)
            for place, won in enumerate(self.outcomes.won):
                found[place] = self.value(first, self.names(won))
                if np.isneginf(found[place]):
                    break
            self.judged[first] = found if np.isfinite(found).all() else np.full_like(found, -np.inf)
        return self.judged[first]

    def score(self, first):
        """What a first stage is judged by."""
        return score(self.values(first), self.outcomes.weight, self.tail_weight)

    def rank(self, first):
        """What is better, and of equals what bids and starts less."""
        found = self.score(first)
        return (found if np.isneginf(found) else round(found / PENNY_GBP), -len(first.bids), -len(first.starts))

    def score_at(self, first, bid, odds):
        """The same at other odds of one bid: every outcome is counted with that bid won and with it lost."""
        place = self.bids.index(bid)
        both, counted = [], []
        for chance, is_won in ((odds, True), (1.0 - odds, False)):
            won = self.outcomes.won.copy()
            won[:, place] = is_won
            both += [self.value(first, self.names(each)) for each in won] if chance else []
            counted += (chance * self.outcomes.weight).tolist() if chance else []
        return score(np.array(both), np.array(counted), self.tail_weight)


def _with_awards(candidates, bids, shares):
    """The candidates where each bid brings a share of what it asks for; a pot that brings nothing is not there."""
    pots, share = candidates.pots, {bid.pot_id: shares.get(bid.bid_id, 0.0) for bid in bids}
    brings = pots.pot_id.map(share).astype(float).fillna(1.0)
    amounts = (pots.amount * brings).round(2)
    pots = pots.assign(amount=amounts)[brings > 0].reset_index(drop=True)
    lost = {bid.scheme_id for bid in bids if not shares.get(bid.bid_id)}
    free = candidates.schemes.must_do.isin(["", "no"]) if "must_do" in candidates.schemes else True
    unmade = set(candidates.schemes.scheme_id[candidates.schemes.scheme_id.isin(lost) & free])
    years = candidates.scheme_years[~candidates.scheme_years.scheme_id.isin(unmade)].reset_index(drop=True)
    return replace(candidates, _frames={**candidates._frames, "pots": pots, **_spent(candidates, years)})


def _after(game, first):
    """The candidates once a first stage is decided: its bids and starts are sure, no other bid or early start is open."""
    candidates = game.candidates
    sure = {(bid.scheme_id, None) for bid in game.bids if bid.bid_id in first.bids} | set(first.starts)
    names = {scheme for scheme, _ in sure}
    met = {need for scheme in names for need in game.needs[scheme]}
    beside = {scheme for scheme, needs in game.needs.items() if scheme not in names and met.intersection(needs)}
    years, starts = candidates.scheme_years, dict(first.starts)
    keep = [year == starts.get(scheme, year) if scheme in names else
            year >= game.first_year and scheme not in beside and scheme not in game.own
            for scheme, year in zip(years.scheme_id, years.start_year, strict=True)]
    schemes = candidates.schemes
    must = schemes.must_do if "must_do" in schemes else pd.Series("", schemes.index)
    must = must.astype(object).fillna("").astype(str)
    idle = must.str.strip().str.lower().isin(["", "no", "n", "0", "false"])
    schemes = schemes.assign(must_do=must.where(~(idle & schemes.scheme_id.isin(names)), "yes"))
    years = years[keep].reset_index(drop=True)
    return replace(candidates, _frames={**candidates._frames, "schemes": schemes, **_spent(candidates, years)})


def _spent(candidates, years):
    """The starts that are left, with what they spend."""
    left, spend = set(zip(years.scheme_id, years.start_year, strict=True)), candidates.spend
    there = [pair in left for pair in zip(spend.scheme_id, spend.start_year, strict=True)]
    return {"scheme_years": years, "spend": spend[there].reset_index(drop=True)}


def _early(game):
    """The starts of works before outcomes are known, by scheme."""
    years = game.candidates.scheme_years
    early = years[(years.start_year < game.first_year) & ~years.scheme_id.isin(game.own)]
    return {scheme: [(scheme, int(year)) for year in own] for scheme, own in early.groupby("scheme_id").start_year}


def _every_first_stage(game, most):
    """Every first stage there is, or none where there are too many."""
    early = _early(game)
    if most and 2.0 ** len(game.bids) * np.prod([1.0 + len(own) for own in early.values()]) > most or not most:
        return []
    made = [frozenset(chosen) for count in range(len(game.bids) + 1)
            for chosen in combinations([bid.bid_id for bid in game.bids], count)]
    works = [frozenset(filter(None, chosen)) for chosen in product(*([None, *own] for own in early.values()))]
    return [FirstStage(bids, starts) for starts in works if _apart(game, starts) for bids in made]


def _apart(game, starts):
    """Whether no two starts meet the same need."""
    needs = [need for scheme, _ in starts for need in game.needs[scheme]]
    return len(needs) == len(set(needs))


def _search(game, seeds):
    """From the best of some first stages, one bid or one early start more, less or other at a time, while it gains."""
    pool = sorted(dict.fromkeys(seeds), key=game.rank, reverse=True)
    best, differing = pool[0], frozenset().union(*(first.starts for first in pool))
    differing -= frozenset.intersection(*(first.starts for first in pool))
    pool = list(dict.fromkeys(first.starts for first in pool))[:WORKS_KEPT]
    tried, more = len(seeds), True
    while more and tried < MOST_TRIES:
        more = False
        for other in _beside(game, best, pool, differing):
            if other in game.judged or tried >= MOST_TRIES:
                continue
            tried += 1
            game.say(f"First stage {tried}: {len(other.bids)} bids, {len(other.starts)} works before they are known ...")
            if game.rank(other) > game.rank(best):
                best, more = other, True
                pool = list(dict.fromkeys([best.starts, *pool]))
                break
    return best


def _beside(game, first, pool, differing):
    """First stages one step from another: a bid more or less, with any works of the pool; one early start more or less of
    those the plans do not agree on."""
    for bids in [first.bids, *(first.bids ^ {bid.bid_id} for bid in game.bids)]:
        yield from (FirstStage(bids, starts) for starts in dict.fromkeys([first.starts, *pool]))
    for start in sorted(first.starts & differing):
        yield replace(first, starts=first.starts - {start})
    for start in sorted(differing - first.starts):
        beside = frozenset(other for other in first.starts if not set(game.needs[other[0]]) & set(game.needs[start[0]]))
        yield replace(first, starts=beside | {start})


def _worth(game, best, bid):
    """What a bid adds to the best first stage, and the odds from which on it is made; early starts as known."""
    works = dict.fromkeys([best.starts, *(first.starts for first in game.judged if first.bids == best.bids)])
    with_, without = best.bids | {bid.bid_id}, best.bids - {bid.bid_id}
    sides = [[FirstStage(bids, starts) for starts in works] for bids in (with_, without)]
    scores = [max(game.score(first) for first in side) for side in sides]
    able = [first for first in sides[0] if not np.isneginf(game.score_at(first, bid, 1.0))]

    def gain(odds):
        """What the bid adds at other odds of it."""
        return max((game.score_at(first, bid, odds) for first in able), default=-np.inf) - scores[1] - PENNY_GBP

    return BidWorth(bid, bid.bid_id in best.bids, scores[0] - scores[1], flips_at(gain))
