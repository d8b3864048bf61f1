"""Outcomes of bids: which are won together and how likely that is, and what a set of values over them comes to."""

from dataclasses import dataclass, field
from itertools import product

import numpy as np

TAIL_SHARE = 0.1
"""The tail is the worst tenth of outcomes; ``p10_gbp`` is where it ends. [-]"""
EVERY_OUTCOME_UP_TO = 6
"""So many bids have all their outcomes worked out; more are drawn."""


@dataclass(frozen=True)
class Bid:
    """A bid: its name, the scheme that is making it, the pot an award fills, and the chance of one. [-]"""

    bid_id: str
    scheme_id: str
    pot_id: str
    odds: float


@dataclass(frozen=True)
class Outcomes:
    """``won`` (outcomes, bids) says what is won, ``weight`` (outcomes,) how likely it is [-]; ``drawn`` how many draws they
    stand for, 0 where they are all there are."""

    won: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    drawn: int = 0


def outcomes_of(odds, replicates=200, seed=0):
    """Outcomes of some bids, each won or lost by itself.

    Parameters
    ----------
    odds : sequence of float
        Chance of each bid. [-]
    replicates : int
        Draws, where there are more than six bids.
    seed : int
        Seed of the draws; each bid has a stream of its own, so that two plans meet the same luck.

    Returns
    -------
    Outcomes
        Fewest won first; those that cannot happen are left out.

    Raises
    ------
    ValueError
        If a chance is not between 0 and 1, or nothing is drawn.

    Notes
    -----
    Assumes that bids do not sway each other. *Counterexample:* two bids of one school in one round, of which assessors may
    favour one; a round whose money runs short for all.

    Examples
    --------
    >>> found = outcomes_of([0.5, 0.25])
    >>> found.won.astype(int).tolist(), found.weight.tolist()
    ([[0, 0], [0, 1], [1, 0], [1, 1]], [0.375, 0.125, 0.375, 0.125])
    """
    odds = np.asarray(odds, float)
    if not ((odds >= 0) & (odds <= 1)).all() or replicates < 1:
        raise ValueError("Odds are between 0 and 1, and at least one outcome is drawn.")
    if len(odds) <= EVERY_OUTCOME_UP_TO:
        won = np.array(list(product([False, True], repeat=len(odds)))).reshape(-1, len(odds))
        weight, drawn = weights(won, odds), 0
    else:
        luck = np.column_stack([np.random.default_rng(child).random(replicates)
                                for child in np.random.SeedSequence(seed).spawn(len(odds))])
        won, times = np.unique(luck < odds, axis=0, return_counts=True)
        weight, drawn = times / replicates, replicates
    order = np.lexsort([np.arange(len(won)), won.sum(axis=1)])
    order = order[weight[order] > 0]
    return Outcomes(won[order], weight[order], drawn)


def weights(won, odds):
    """How likely outcomes are where each bid is won or lost by itself.

    Parameters
    ----------
    won : array of bool, shape (outcomes, bids)
    odds : array, shape (bids,)
        [-]

    Returns
    -------
    array, shape (outcomes,)
        [-]
    """
    return np.where(won, odds, 1.0 - np.asarray(odds, float)).prod(axis=1)


def lower_tail(values, weight, share=TAIL_SHARE):
    """Mean of the worst outcomes, as many as make a share of all.

    Parameters
    ----------
    values : array, shape (outcomes,)
        In the units of value, mostly pounds.
    weight : array, shape (outcomes,)
        How likely each is; they add up to 1. [-]
    share : float
        [-]

    Returns
    -------
    float
        The conditional value at risk. [GBP]

    Examples
    --------
    >>> lower_tail(np.array([0.0, 100.0]), np.array([0.05, 0.95]), 0.1)
    50.0

    References
    ----------
    .. [1] Rockafellar, R.T. and Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of Risk 2(3), 21-41.
    """
    order = np.argsort(values, kind="stable")
    used = np.diff(np.minimum(np.cumsum(weight[order]), share), prepend=0.0)
    some = used > 0
    return float(values[order][some] @ used[some] / share)


def quantile(values, weight, share=TAIL_SHARE):
    """Least value that at least a share of outcomes do not exceed.

    Parameters
    ----------
    values, weight, share
        As for ``lower_tail``.

    Returns
    -------
    float
        [GBP]

    Examples
    --------
    >>> quantile(np.array([5.0, 0.0, 100.0]), np.array([0.1, 0.05, 0.85]))
    5.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) >= share - 1e-12
    return float(values[order][np.argmax(reached)]) if reached.any() else float(values.max())


def score(values, weight, tail_weight=0.0):
    """What a plan is judged by: the mean over outcomes, or partly its tail.

    Parameters
    ----------
    values, weight
        As for ``lower_tail``.
    tail_weight : float
        Part of the judgement that looks at the worst tenth only. [-]

    Returns
    -------
    float
        [GBP]; minus infinity where an outcome leaves no programme that keeps the rules.
    """
    if np.isneginf(values).any():
        return -np.inf
    mean = float(values @ weight)
    return mean if not tail_weight else (1.0 - tail_weight) * mean + tail_weight * lower_tail(values, weight)


def flips_at(gain, odds_least=0.0, odds_most=1.0, steps=50):
    """The chance from which on something is worth while.

    Parameters
    ----------
    gain : callable
        What it gains at a chance, never falling as that rises.
    odds_least, odds_most : float
        Chances to look between. [-]
    steps : int
        Halvings.

    Returns
    -------
    float
        [-]; ``odds_least`` where it always is, NaN where it never is.

    Examples
    --------
    >>> round(flips_at(lambda chance: 80 * chance - 20), 6), flips_at(lambda chance: chance - 2)
    (0.25, nan)
    """
    if gain(odds_least) > 0:
        return odds_least
    if not gain(odds_most) > 0:
        return float("nan")
    for _ in range(steps):
        middle = (odds_least + odds_most) / 2
        odds_least, odds_most = (odds_least, middle) if gain(middle) > 0 else (middle, odds_most)
    return odds_most
