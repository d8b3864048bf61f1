"""How many of a year group are there a year later: ratios by school and year group, drawn to what schools share."""

from dataclasses import dataclass

import numpy as np

WINSORISED = 0.05


@dataclass(frozen=True)
class Progression:
    """Ratios from one year group to the next by school. ``ratio`` (schools, year groups): pupils of the year group for one
    pupil of the year group below a year earlier; ``spread`` the same shape: standard deviation of its error, relative;
    ``common`` (year groups,): what the schools have in common; ``dispersion``: variance of a ratio's misses over a
    Poisson's. [-]"""

    ratio: np.ndarray
    spread: np.ndarray
    common: np.ndarray
    dispersion: float


def pooled_ratio(before, after, years):
    """Pupils of a year group in the last years over those of the year group below a year earlier.

    Parameters
    ----------
    before, after : array, shape (..., n)
        The lower year group and the next, of the same n years. [pupils]
    years : int
        How many of the last years count.

    Returns
    -------
    array, shape (...)
        NaN where there is no pair of years. [-]

    Notes
    -----
    A year counts by its pupils, which a mean of ratios does not. *Counterexample:* a school that has just doubled, whose
    recent years then weigh more than they should.

    Examples
    --------
    >>> float(pooled_ratio(np.array([100., 100., 200.]), np.array([80., 90., 95.]), 2).round(3))
    0.925
    """
    top, bottom = _pair_sums(np.asarray(before, float), np.asarray(after, float), years, (0.0, np.inf))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def mean_ratio(before, after, years):
    """Mean of the yearly ratios of the last years.

    Parameters
    ----------
    before, after : array, shape (..., n)
        The lower year group and the next, of the same n years. [pupils]
    years : int
        How many of the last ratios count.

    Returns
    -------
    array, shape (...)
        [-]

    Examples
    --------
    >>> float(mean_ratio(np.array([100., 110., 120.]), np.array([90., 95., 99.]), 2).round(4))
    0.925

    References
    ----------
    .. [1] R. Lawless, enrollcast (R package), vignette: progression ratios, method "mean".
    """
    before, after = np.asarray(before, float), np.asarray(after, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nanmean((after[..., 1:] / before[..., :-1])[..., -years:], axis=-1)


def _pair_sums(before, after, years, bounds):
    """Sums over the last usable pairs of years: pupils after, and pupils before. Ratios out of bounds are left out."""
    recent = _recent(before, after, years, bounds)
    return np.where(recent, after[..., 1:], 0.0).sum(axis=-1), np.where(recent, before[..., :-1], 0.0).sum(axis=-1)


def _recent(before, after, years, bounds):
    """The latest usable changes from one year to the next: a ratio that is there and within bounds."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = after[..., 1:] / before[..., :-1]
        fine = np.isfinite(ratio) & (ratio >= bounds[0]) & (ratio <= bounds[1])
    return fine & (np.cumsum(fine[..., ::-1], axis=-1)[..., ::-1] <= years)


def shrunk(top, bottom, target, dispersion):
    """Ratios of several schools, each drawn to a target by how little its own pupils tell.

    Parameters
    ----------
    top, bottom : array, shape (n,)
        Pupils after and before; a school without pairs of years has none before. [pupils]
    target : array, shape (n,)
        What each is drawn to. [-]
    dispersion : float
        Variance of a ratio's misses over a Poisson's: a ratio on b pupils has variance ``dispersion * target / b``. [-]

    Returns
    -------
    tuple of (array, array)
        Shrunk ratios, and the standard deviation of the error of each. [-]

    Notes
    -----
    Empirical Bayes by moments: the variance between schools is what the ratios vary by more than chance. Ratios beyond the
    5th and 95th percentile count as those percentiles there. Assumes that schools differ symmetrically around the target.
    *Counterexample:* one school of many that loses a third of a year group to a selective neighbour: it is drawn too far in
    when it is small.

    Examples
    --------
    Two schools that differ by no more than chance are taken as alike, two that differ by more keep most of it:

    >>> alike, _ = shrunk(np.array([96., 104.]), np.array([100., 100.]), np.array([1., 1.]), 0.55)
    >>> apart, _ = shrunk(np.array([800., 1200.]), np.array([1000., 1000.]), np.array([1., 1.]), 0.55)
    >>> alike.tolist(), apart.round(2).tolist()
    ([1.0, 1.0], [0.8, 1.2])

    References
    ----------
    .. [1] C. N. Morris (1983), Parametric empirical Bayes inference: theory and applications. Journal of the American
       Statistical Association 78(381), 47-55, doi 10.1080/01621459.1983.10477920.
    """
    has = bottom > 0
    if not has.any():
        return target.copy(), np.zeros(len(target))
    ratio = np.where(has, top / np.where(has, bottom, 1.0), target)
    weight, aims = bottom[has], target[has]
    low, high = np.quantile(ratio[has], (WINSORISED, 1.0 - WINSORISED))
    beyond = (weight * (np.clip(ratio[has], low, high) - aims) ** 2).sum() - (has.sum() - 1) * dispersion * aims.mean()
    scale = weight.sum() - (weight ** 2).sum() / weight.sum()
    between = max(0.0, beyond / scale) if scale > 1e-9 * weight.sum() else 0.0
    chance = dispersion * target / np.where(has, bottom, 1.0)
    own = np.where(has, between / (between + chance), 0.0)
    return own * ratio + (1.0 - own) * target, np.sqrt(np.where(has, own * chance, between))


def progression(known, history_years, bounds, dispersion, trust_in_prior, goes_on=None):
    """Ratios of every school and year group, from the counts so far.

    Parameters
    ----------
    known : array, shape (schools, year groups, years)
        Pupils that may be learned from, NaN elsewhere; the last year is the latest known. [pupils]
    history_years : int
        Usable changes from one year to the next that count, the latest ones.
    bounds : tuple of (float, float)
        A yearly ratio outside them is a year group that was moved, not a cohort that went on: left out. [-]
    dispersion : float
        What is believed of the variance of a ratio's misses over a Poisson's before these counts are seen. [-]
    trust_in_prior : float
        How many misses that belief is worth. [-]
    goes_on : array of bool, shape (schools, year groups), optional
        False for an intake, of which no ratio is learned; left out: only the lowest year group is one.

    Returns
    -------
    Progression
        ``ratio`` of the lowest year group is NaN; 1 where nobody has a usable pair of years.

    Notes
    -----
    Three steps, each as strong as the pupils behind it: a ratio of each year group that the schools have in common, drawn
    to the other year groups' mean where few pupils make it (compulsory ages only lie close together; others stay as they
    are since they vary more); how each school grows or shrinks in all its year groups together; and what is left of each
    year group of each school. Assumes that the next years are like the last. *Counterexample:* an estate is built, or a
    rival school opens, in the year of the forecast.

    Examples
    --------
    Two schools that each keep nine in ten:

    >>> known = np.array([[[100., 100., 100.], [90., 90., 90.]], [[50., 50., 50.], [45., 45., 45.]]])
    >>> progression(known, 5, (0.3, 3.0), 0.55, 50.0).ratio[:, 1].round(3).tolist()
    [0.9, 0.9]
    """
    known = np.asarray(known, float)
    upper = known if goes_on is None else np.where(goes_on[:, :, None], known, np.nan)
    top, bottom = (np.zeros(known.shape[:2]) for _ in range(2))
    top[:, 1:], bottom[:, 1:] = _pair_sums(known[:, :-1], upper[:, 1:], history_years, bounds)
    dispersion = learned_dispersion(known[:, :-1], upper[:, 1:], history_years, bounds, dispersion, trust_in_prior)
    common = _common(top, bottom, dispersion)
    school, sway = shrunk(top.sum(axis=1), (common * bottom)[:, 1:].sum(axis=1), np.ones(len(known)), dispersion)
    ratio, spread = np.full(known.shape[:2], np.nan), np.zeros(known.shape[:2])
    for group in range(1, known.shape[1]):
        target = common[group] * school
        ratio[:, group], own = shrunk(top[:, group], bottom[:, group], target, dispersion)
        spread[:, group] = np.hypot(own / np.maximum(ratio[:, group], 1e-9), sway)
    return Progression(ratio, spread, common, dispersion)


def _common(top, bottom, dispersion):
    """The ratio of each year group over all schools, drawn to that of all year groups where few pupils make it."""
    tops, bottoms = top.sum(axis=0), bottom.sum(axis=0)
    if not (bottoms > 0).any():
        return np.ones(len(tops))
    mean = np.full(len(tops), tops.sum() / bottoms.sum())
    return shrunk(tops, bottoms, mean, dispersion)[0]


def learned_dispersion(lower, upper, history_years, bounds, dispersion, trust_in_prior):
    """Variance of the misses of yearly ratios around each school's own ratio, over a Poisson's, with a prior.

    Parameters
    ----------
    lower, upper : array, shape (..., years)
        Pupils of a year group and of the next, in the same years, NaN where not to be learned from. [pupils]
    history_years : int
        Usable changes from one year to the next that count.
    bounds : tuple of (float, float)
        As for ``progression``. [-]
    dispersion : float
        What is believed before. [-]
    trust_in_prior : float
        How many misses that belief is worth. [-]

    Returns
    -------
    float
        [-]

    Notes
    -----
    A squared miss counts for no more than nine times what is believed, so that one moved class does not rule.
    """
    before, after, fine = lower[..., :-1], upper[..., 1:], _recent(lower, upper, history_years, bounds)
    number = fine.sum(axis=-1, keepdims=True)
    top, bottom = (np.where(fine, part, 0.0).sum(axis=-1, keepdims=True) for part in (after, before))
    expect = np.where(fine, before, 1.0) * top / np.where(bottom > 0, bottom, 1.0)
    missed = np.where(fine & (number > 1), (np.where(fine, after, 0.0) - expect) ** 2 / np.maximum(expect, 1e-9), 0.0)
    missed = np.minimum(missed * number / np.maximum(number - 1, 1), 9.0 * dispersion)
    free = np.maximum(number - 1, 0)
    found = (missed.sum(axis=-1, keepdims=True) * free / np.maximum(number, 1)).sum()
    return float((trust_in_prior * dispersion + found) / (trust_in_prior + free.sum()))
