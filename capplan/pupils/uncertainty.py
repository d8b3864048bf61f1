"""How far pupil numbers may be off: shocks that schools and years share, drawn so that no school moves another's draws."""

import zlib
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ..reference import load

PRIOR_POINTS = 200


@dataclass(frozen=True)
class Noise:
    """What is not known of cohorts and intakes; ``reference/pupil_noise.csv`` says what each figure is. [-]"""

    dispersion: float
    spread: float
    shared_share: float
    school_walk: float
    entry_dispersion: float
    entry_spread: float
    area_walk: float
    lowest_ratio: float
    highest_ratio: float
    lowest_transfer_ratio: float
    highest_transfer_ratio: float
    unknown_ratio_spread: float
    trust_in_dispersion: float
    trust_in_scale: float

    @property
    def bounds(self):
        """Yearly ratios that may be a cohort going on. [-]"""
        return self.lowest_ratio, self.highest_ratio

    @property
    def entry_noise(self):
        """Variance of a year's intake around its level over the mean: what it misses a mean of three years by holds a third
        of it as that mean's own error. [-]"""
        return self.entry_dispersion * 3.0 / 4.0


def noise_figures():
    """The noise of two school systems, to begin with.

    Returns
    -------
    Noise

    References
    ----------
    .. [1] Fitted to pupils by school and year group of the Australian Capital Territory, 2008-2023, and of the Eau Claire
       Area School District, 1998-2024 (see ``sources.csv``).
    """
    return Noise(**{row.figure: float(row.value) for row in load("pupil_noise").itertuples()})


def stream(seed, *names):
    """A source of random numbers of its own for whatever is named: the same whoever else draws.

    Parameters
    ----------
    seed : int
    *names : str or int
        What the draws are for, such as a school and a year.

    Returns
    -------
    Generator

    Examples
    --------
    >>> float(stream(1, "ASH", 2027).random()) == float(stream(1, "ASH", 2027).random())
    True
    """
    codes = [zlib.crc32(str(name).encode("utf-8")) for name in names]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *codes])))


def normals(seed, shape, *names):
    """Standard normal draws of a stream of their own, in single precision.

    Parameters
    ----------
    seed : int
    shape : tuple of int
    *names : str or int
        As for ``stream``.

    Returns
    -------
    array
        [-]
    """
    return stream(seed, *names).standard_normal(shape, dtype=np.float32)


def learned_scales(misses, trust_in_prior, inside=0.8):
    """By how much bands have to be stretched at each horizon, from earlier misses in standard deviations.

    Parameters
    ----------
    misses : sequence of array
        For each horizon from one year on: what was found less what was forecast, over the standard deviation forecast;
        none where nothing is known. [-]
    trust_in_prior : float
        How many misses the prior is worth. [-]
    inside : float
        Share of the misses that the band is to hold. [-]

    Returns
    -------
    array, shape (horizons,)
        [-]

    Notes
    -----
    The miss that this share of misses does not exceed, over what it would be if bands were right; as a prior come misses
    as the horizon before had them, those of one year ahead as the figures have them. A miss at horizon h counts 1/h, since
    forecasts from neighbouring years share most of what they missed. One merged school does not widen the band, whatever
    it missed by. *Counterexample:* a system in which two schools in ten are reorganised.

    Examples
    --------
    Nothing known; then thirty misses as wide as two standard deviations, and nothing on the horizon after:

    >>> learned_scales([np.array([])], 30.0).round(2).tolist()
    [1.0]
    >>> known = 2.0 * np.array([NormalDist().inv_cdf((i + 0.5) / 300) for i in range(300)])
    >>> learned_scales([known, np.array([])], 30.0).round(1).tolist()
    [1.9, 1.9]

    References
    ----------
    .. [1] V. Vovk, A. Gammerman and G. Shafer (2005), Algorithmic learning in a random world, Springer, chapter 2:
       bands from the ranks of earlier misses.
    """
    points = np.array([NormalDist().inv_cdf((1.0 + (i + 0.5) / PRIOR_POINTS) / 2.0) for i in range(PRIOR_POINTS)])
    edge, scale, scales = NormalDist().inv_cdf((1.0 + inside) / 2.0), 1.0, []
    for horizon, own in enumerate(misses, 1):
        size = np.abs(np.asarray(own, float))
        size = size[np.isfinite(size)]
        sizes = np.concatenate([scale * points, size])
        weights = np.concatenate([np.full(PRIOR_POINTS, trust_in_prior / PRIOR_POINTS), np.full(len(size), 1.0 / horizon)])
        order = np.argsort(sizes, kind="stable")
        middle = np.cumsum(weights[order]) - weights[order] / 2.0
        scale = float(np.interp(inside * weights.sum(), middle, sizes[order])) / edge
        scales.append(scale)
    return np.array(scales)


def stretched(draws, scales):
    """Draws moved from their mean by a factor for each year, none below nought.

    Parameters
    ----------
    draws : array, shape (..., T, R)
        Changed in place. [pupils]
    scales : array, shape (T,)
        [-]

    Returns
    -------
    array
        The same draws. [pupils]

    Examples
    --------
    >>> stretched(np.array([[8.0, 12.0]]), np.array([2.0])).tolist()
    [[6.0, 14.0]]
    """
    mean = draws.mean(axis=-1, keepdims=True)
    draws -= mean
    draws *= np.asarray(scales, draws.dtype)[:, None]
    draws += mean
    return np.maximum(draws, 0.0, out=draws)
