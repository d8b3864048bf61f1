"""Yearly probabilities of dropping a grade, learned from repeat surveys; where evidence is thin the published ones hold.

Each type and grade has a multiplier on its published hazard. Multipliers of one element share the element's, elements share
the estate's, and the estate's is held to one: what is seen of a type moves it most, its element next, everything a little.
"""

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.linalg import solve

from .panel import (
    LEAST_HAZARD,
    MOST_HAZARD,
    STEPS,
    checked_prior,
    checked_strength,
    drop_from,
    evidence,
    grouped,
    hazard_of,
    information_per_year,
)

LEAST_SPREAD = 1e-6
MOST_NEWTON_STEPS, LONGEST_NEWTON_STEP, MOST_HALVINGS = 100, 2.0, 30
# How near the best multipliers must be known; the evidence is flat there, so that a search over poolings needs less.
NEAR_ENOUGH, ROUGH = 1e-8, 1e-3


@dataclass(frozen=True)
class Pooling:
    """How firmly the published figures are held.

    ``prior_strength_years`` is worth watching one component at the grade for that long [years], shape (types, 4) or one
    figure; the spreads are standard deviations of the logarithm of an element's and of the estate's multiplier. [-]
    """

    prior_strength_years: np.ndarray | float
    element_spread: float
    estate_spread: float


@dataclass(frozen=True)
class LearnedRates:
    """What repeat surveys say of the yearly probabilities. Arrays have shape (types, 4): A to B, B to C, C to D, D to E.

    ``low`` and ``high`` bound the ``confidence`` interval. ``component_years`` is the evidence of the type's own surveys,
    in years of watching a component at that grade; ``weight_of_prior`` is what is left of the uncertainty of the published
    figure: 1 where nothing was learned, near 0 where surveys decide. ``pairs`` (types,) were used; ``left_out`` could not
    happen under the model (better than before, or more drops than years), by reason. The multipliers are those of the whole
    estate and of each element on the published hazards.
    """

    drop_probability: np.ndarray
    low: np.ndarray
    high: np.ndarray
    component_years: np.ndarray
    weight_of_prior: np.ndarray
    pairs: np.ndarray
    left_out: dict
    confidence: float
    estate_multiplier: float
    element_multiplier: np.ndarray
    true_given_seen: np.ndarray = field(repr=False)
    confusion: np.ndarray = field(repr=False)
    _posterior: "_Posterior" = field(repr=False)

    def draws(self, size, seed):
        """Rates that are as likely as the evidence leaves them, all types together.

        Parameters
        ----------
        size : int
            How many.
        seed : int or SeedSequence
            The same seed gives the same draws, and nearly the same ones from nearly the same evidence.

        Returns
        -------
        array, shape (size, types, 4)
            Yearly probabilities. [-]
        """
        own = self._posterior
        random = np.random.default_rng(seed)
        common = random.standard_normal((size, len(own.schur))) @ np.linalg.cholesky(np.linalg.inv(own.schur)).T
        scatter = np.linalg.cholesky(np.linalg.inv(own.block))
        loose = random.standard_normal((size, *own.log_multiplier.shape))
        log = own.log_multiplier + np.einsum("tgh,sth->stg", scatter, loose)
        log = log + own.pull * (common @ own.design.T)[..., None]
        return drop_from(own.hazard * np.exp(log))


@dataclass(frozen=True)
class _Posterior:
    """Normal approximation around the best multipliers: ``block`` within types, ``schur`` through ``pull`` between them."""

    hazard: np.ndarray
    log_multiplier: np.ndarray
    common: np.ndarray
    block: np.ndarray
    schur: np.ndarray
    pull: np.ndarray
    design: np.ndarray
    information: np.ndarray
    log_likelihood: float
    log_evidence: float


def fit_transitions(kind, before, after, years, prior_drop, prior_strength_years, element=None, element_spread=0.0,
                    estate_spread=0.0, confusion=None, confidence=0.8):
    """Yearly probabilities of dropping a grade, from repeat surveys and the published figures.

    Parameters
    ----------
    kind : array of int, shape (n,)
        Type of each pair of surveys.
    before, after : array of int, shape (n,)
        Grade at the earlier and at the later survey, 0 (A) to 4 (E).
    years : array, shape (n,)
        Time between them, above zero; told apart to the month. [years]
    prior_drop : array, shape (types, 4)
        Published probabilities. [-]
    prior_strength_years : float or array, shape (types, 4)
        How much each published figure counts, in years of watching one component at that grade. Zero: not at all. [years]
    element : array of int, shape (types,), optional
        Element of each type, 0, 1, ...; left out: one element.
    element_spread, estate_spread : float
        Standard deviation of the logarithm of an element's and the estate's multiplier; zero: held to one. [-]
    confusion : array, shape (5, 5), optional
        Share of components of each true grade (row) that a surveyor records at each grade (column); left out: no error. [-]
    confidence : float
        Central share of the interval, between 0 and 1. [-]

    Returns
    -------
    LearnedRates

    Raises
    ------
    ValueError
        If shapes differ, a grade, type, gap, probability or strength is outside its range, or a row of the confusion
        matrix does not sum to one.

    Notes
    -----
    Maximum a posteriori on the logarithm of the hazard ``-log(1 - p)`` by Fisher scoring with step halving, so the
    posterior never falls. It was chosen over expectation-maximisation, which took 100 passes where this took 11 (10,000
    pairs five years apart, 20 types), and over a general optimiser, which does not use that types hang together only through
    their element and the estate. The interval is normal on that scale, from the expected information.

    A gap of four and a half years counts as four years for half of the pairs and as five for the other half: a survey falls
    anywhere between the yearly steps. Rounding would stretch or shorten every gap of an estate surveyed at 4.5 years.
    *Counterexample:* winter damage, when one gap holds five winters and another, as long, four.

    Assumes pairs are independent given the rates. *Counterexample:* all roofs of a block, under the same storm.

    With a confusion matrix the earlier grade is uncertain too: the true shares of each element at the earlier survey are
    worked out from those seen, and a pair that seems to improve is kept, since errors go both ways. Assumes both surveys
    err alike and independently. *Counterexample:* the same surveyor with the earlier report in hand.

    Pairs with works in between must not be given.

    Examples
    --------
    Ten components at A for a year, two drop; the published 0.1 counts for nothing, then for a lot.

    >>> seen = [0] * 10, [0] * 10, [0] * 8 + [1] * 2, [1.0] * 10
    >>> prior = [[0.1, 0.1, 0.1, 0.1]]
    >>> fit_transitions(*seen, prior, 0.0).drop_probability.round(3)
    array([[0.2, 0.1, 0.1, 0.1]])
    >>> fit_transitions(*seen, prior, 1000.0).drop_probability.round(3)
    array([[0.101, 0.1  , 0.1  , 0.1  ]])

    References
    ----------
    .. [1] Kalbfleisch, J. D. and Lawless, J. F. (1985), The analysis of panel data under a Markov assumption, Journal of the
       American Statistical Association 80(392), 863-871.
    .. [2] Jackson, C. H. (2011), Multi-state models for panel data: the msm package for R, Journal of Statistical Software
       38(8), 1-29, doi:10.18637/jss.v038.i08 (misclassified states).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError("The confidence of an interval must lie between 0 and 1.")
    prior, element = checked_prior(prior_drop, element)
    groups, left_out = grouped(kind, before, after, years, prior, element, confusion)
    pooling = Pooling(checked_strength(prior_strength_years, element_spread, estate_spread), element_spread, estate_spread)
    found = _posterior(groups, prior, element, pooling)
    deviation, before_deviation = _deviations(found, prior, pooling)
    reach = NormalDist().inv_cdf(0.5 + confidence / 2.0) * deviation
    hazard = found.hazard * np.exp(found.log_multiplier)
    per_year = information_per_year(hazard)
    own = np.diagonal(found.information, axis1=1, axis2=2)
    moved = found.log_multiplier != 0.0
    with np.errstate(over="ignore"):
        low, high = (drop_from(hazard * np.exp(sign * np.minimum(reach, 700.0))) for sign in (-1.0, 1.0))
    return LearnedRates(
        np.where(moved, drop_from(hazard), prior), low, np.where(moved, high, np.maximum(high, prior)), own / per_year,
        np.where(np.isfinite(before_deviation), (deviation / before_deviation) ** 2, np.where(own > 0, 0.0, 1.0)),
        np.bincount(groups.kind, groups.counts.sum(axis=(1, 2)), len(prior)).astype(int), left_out, confidence,
        float(np.exp(found.common[0])), np.exp(found.common[0] + found.common[1:]), groups.true_given_seen,
        groups.confusion, found)


def choose_pooling(kind, before, after, years, prior_drop, element=None, confusion=None, first_spread=1.0):
    """How firmly the published figures should be held, judged by the repeat surveys themselves (empirical Bayes).

    Parameters
    ----------
    kind, before, after, years, prior_drop, element, confusion
        As for ``fit_transitions``.
    first_spread : float
        What is thought before any survey of how far true hazards lie from the published ones: standard deviation of the
        logarithm of a multiplier, above zero. [-]

    Returns
    -------
    Pooling

    Notes
    -----
    Three figures are chosen: how many observed drops a published probability is worth, and the two spreads. Without
    evidence each spread is ``first_spread``, and a published figure is worth ``1 / first_spread**2`` drops seen, which is
    the same spread. If it is left out at one, a published figure is worth one drop: the unit-information prior [1]_, which
    is very loose. The first thoughts are held with a spread of a factor of e, and settled by the marginal likelihood of the
    surveys (Laplace's approximation). Assumes a multiplier is as likely to differ for a slow type as for a fast one.
    *Counterexample:* a published life that is a guess beside one that was measured.

    Examples
    --------
    Without surveys nothing is known but the published figures.

    >>> pooling = choose_pooling([], [], [], [], [[0.1, 0.2, 0.4, 0.5]])
    >>> pooling.prior_strength_years.round(2), round(pooling.estate_spread, 2)
    (array([[10. ,  5. ,  2.5,  2. ]]), 1.0)

    References
    ----------
    .. [1] Kass, R. E. and Wasserman, L. (1995), A reference Bayesian test for nested hypotheses and its relationship to the
       Schwarz criterion, Journal of the American Statistical Association 90(431), 928-934.
    """
    from scipy.optimize import minimize
    prior, element = checked_prior(prior_drop, element)
    if not (np.isfinite(first_spread) and first_spread > 0):
        raise ValueError("The first thought of a spread must be above zero.")
    groups, _ = grouped(kind, before, after, years, prior, element, confusion)

    def pooling(logs):
        """The pooling that three logarithms, counted from the first thought, stand for."""
        drops, element_spread, estate_spread = np.exp(logs) * first_spread ** np.array([-2.0, 1.0, 1.0])
        return Pooling(drops / prior, float(element_spread), float(estate_spread))

    if not groups.counts.any():
        return pooling(np.zeros(3))
    start = [None]

    def shortfall(logs):
        """How far a pooling falls short of explaining the surveys, and of the first thought."""
        found = _posterior(groups, prior, element, pooling(logs), start[0], ROUGH)
        start[0] = found
        return 0.5 * float(logs @ logs) - found.log_evidence

    simplex = np.vstack([np.zeros(3), np.diag([1.0, -1.0, -1.0])])
    best = minimize(shortfall, np.zeros(3), method="Nelder-Mead",
                    options={"xatol": 0.02, "fatol": 0.01, "initial_simplex": simplex, "maxiter": 400})
    return pooling(best.x)


def _posterior(groups, prior, element, pooling, start=None, near_enough=NEAR_ENOUGH):
    """The most probable multipliers and the normal approximation around them."""
    hazard = hazard_of(prior)
    firm = np.broadcast_to(pooling.prior_strength_years, prior.shape) * information_per_year(hazard)
    design = np.zeros((len(prior), 2 + element.max(initial=0)))
    design[:, 0] = 1.0
    design[np.arange(len(prior)), 1 + element] = 1.0
    spread = np.full(design.shape[1], pooling.element_spread)
    spread[0] = pooling.estate_spread
    held = np.maximum(spread, LEAST_SPREAD) ** -2.0
    log = np.zeros(prior.shape) if start is None else start.log_multiplier
    common = np.zeros(len(held)) if start is None else start.common
    value, score, information = evidence(groups, hazard * np.exp(log))
    penalty = _penalty(log, common, firm, held, design)
    for _ in range(MOST_NEWTON_STEPS):
        own, shared, *_ = _newton_step(log, common, score, information, firm, held, design)
        size = min(1.0, LONGEST_NEWTON_STEP / max(np.abs(own).max(), np.abs(shared).max(), LEAST_SPREAD))
        for _ in range(MOST_HALVINGS):
            new_common = common + size * shared
            new_log = np.log(np.clip(hazard * np.exp(log + size * own), LEAST_HAZARD, MOST_HAZARD) / hazard)
            new_log = np.where(log + size * own == 0.0, 0.0, new_log)
            found = evidence(groups, hazard * np.exp(new_log))
            new_penalty = _penalty(new_log, new_common, firm, held, design)
            if found[0] - new_penalty >= value - penalty - NEAR_ENOUGH:
                break
            size /= 2.0
        moved = max(np.abs(new_log - log).max(initial=0.0), np.abs(new_common - common).max())
        log, common, penalty, (value, score, information) = new_log, new_common, new_penalty, found
        if moved < near_enough:
            break
    _, _, block, schur, pull = _newton_step(log, common, score, information, firm, held, design)
    log_evidence = value - penalty + 0.5 * (np.log(firm[firm > 0]).sum() + np.log(held).sum()
                                            - np.linalg.slogdet(block)[1].sum() - np.linalg.slogdet(schur)[1])
    return _Posterior(hazard, log, common, block, schur, pull, design, information, value, log_evidence)


def _penalty(log, common, firm, held, design):
    apart = log - (design @ common)[:, None]
    return 0.5 * float((firm * apart ** 2).sum() + (held * common ** 2).sum())


def _newton_step(log, common, score, information, firm, held, design):
    """Step of the multipliers and of what they share; types are eliminated first, since they meet nowhere else."""
    block = information + (firm[:, :, None] + LEAST_HAZARD ** 2) * np.eye(STEPS)
    apart = firm * (log - (design @ common)[:, None])
    pull = solve(block, firm[:, :, None])[:, :, 0]
    alone = solve(block, (score - apart)[:, :, None])[:, :, 0]
    weight = (firm - firm * pull).sum(axis=1)
    schur = np.diag(held) + (design * weight[:, None]).T @ design
    shared = solve(schur, design.T @ (apart.sum(axis=1) + (firm * alone).sum(axis=1)) - held * common)
    return alone + pull * (design @ shared)[:, None], shared, block, schur, pull


def _deviations(found, prior, pooling):
    """Standard deviation of each log multiplier, with the evidence and without it. [-]"""
    spread = np.einsum("tgg->tg", np.linalg.inv(found.block)) + found.pull ** 2 * np.einsum(
        "tc,cd,td->t", found.design, np.linalg.inv(found.schur), found.design)[:, None]
    firm = np.broadcast_to(pooling.prior_strength_years, prior.shape) * information_per_year(found.hazard)
    with np.errstate(divide="ignore"):
        alone = 1.0 / firm + pooling.element_spread ** 2 + pooling.estate_spread ** 2
    return np.sqrt(spread), np.sqrt(alone)
