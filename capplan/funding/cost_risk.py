"""How sure a cost is: the spread of what works come to by the stage of their estimate, one by one and all together."""

import zlib
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

TENTH = 0.9
"""The ranges of a stage leave one outturn in ten above and one in ten below."""


def log_spread(low_share, high_share):
    """Standard deviation of the logarithm of what works come to, from the range an estimate of some stage has.

    Parameters
    ----------
    low_share, high_share : array or float
        How far below and above the expected cost one outturn in ten each lies, as shares of it. [-]

    Returns
    -------
    array or float
        [-]

    Raises
    ------
    ValueError
        If a share is negative, or the lower one is not below 1.

    Notes
    -----
    Assumes the logarithm of the outturn is normal. *Counterexample:* asbestos, which is either found or not.

    Examples
    --------
    A range that doubles or halves, of 2.563 standard deviations in all:

    >>> round(log_spread(0.5, 1.0), 4)
    0.5409
    """
    low, high = np.asarray(low_share, float), np.asarray(high_share, float)
    if (low < 0).any() or (high < 0).any() or not (low < 1).all():
        raise ValueError("A range lies from below to above: shares of at least 0, the lower one below 1.")
    spread = np.log((1.0 + high) / (1.0 - low)) / (2.0 * NormalDist().inv_cdf(TENTH))
    return float(spread) if spread.ndim == 0 else spread


def quantile(cost_gbp, spread, chance):
    """What the outturn of works stays below with some chance, each scheme alone.

    Parameters
    ----------
    cost_gbp : array
        Expected outturn. [GBP]
    spread : array
        As ``log_spread`` returns it. [-]
    chance : float
        Such as 0.5 or 0.8. [-]

    Returns
    -------
    array
        [GBP]

    Notes
    -----
    Assumes the cost is the mean of the outturn, so that costs add up to the mean of a programme; the middle outturn (P50)
    then lies a little below it. *Counterexample:* a cost without any allowance for what is not known.

    Examples
    --------
    >>> quantile(np.array([100.0, 100.0]), np.array([0.0, 0.2]), 0.8).round(1)
    array([100., 116.])
    """
    spread = np.asarray(spread, float)
    return np.asarray(cost_gbp, float) * np.exp(NormalDist().inv_cdf(chance) * spread - spread ** 2 / 2.0)


@dataclass(frozen=True)
class Outturns:
    """Sampled outturns over expected cost of schemes, by name: ``ratios`` has one row per scheme, mean 1. [-]"""

    names: tuple = field(repr=False)
    ratios: np.ndarray = field(repr=False)

    def totals(self, name, amount_gbp):
        """Sampled totals of amounts that come out as their schemes do.

        Parameters
        ----------
        name : sequence of str
            Scheme of each amount; a scheme may have several.
        amount_gbp : array
            Expected amounts. [GBP]

        Returns
        -------
        array, shape (samples,)
            [GBP]
        """
        place = {each: row for row, each in enumerate(self.names)}
        weight = np.zeros(len(self.names))
        np.add.at(weight, [place[each] for each in name], np.asarray(amount_gbp, float))
        return weight @ self.ratios


def sample_outturns(names, spread, shared_share, samples, seed):
    """Sample what schemes come to, some of it moving them all together.

    Parameters
    ----------
    names : sequence of str
        Schemes; one of the same name meets the same luck in every programme of the same seed.
    spread : array, shape (n,)
        As ``log_spread`` returns it. [-]
    shared_share : float
        Part of the variance of each logarithm that all schemes share: the market. [-]
    samples : int
    seed : int

    Returns
    -------
    Outturns

    Raises
    ------
    ValueError
        If the share is not a fraction, or names and spreads do not go together.

    Notes
    -----
    The logarithm of a scheme's outturn is its spread times a normal number made of a market that all share and of its own
    luck, less what brings the mean to 1. Both are spread evenly over their quantiles (Latin hypercube), so that few samples
    do. Assumes that any two schemes go together equally. *Counterexample:* two roofs by one contractor.

    Examples
    --------
    >>> same = sample_outturns(["a", "b"], np.array([0.2, 0.2]), 1.0, 1000, 1)
    >>> bool(np.allclose(same.ratios[0], same.ratios[1])), round(float(same.ratios.mean()), 3)
    (True, 1.0)

    References
    ----------
    .. [1] McKay, Beckman and Conover (1979), A comparison of three methods for selecting values of input variables,
       Technometrics 21(2), 239-245.
    """
    spread = np.asarray(spread, float)
    if not 0.0 <= shared_share <= 1.0 or len(names) != len(spread):
        raise ValueError("The shared part is a fraction, and each scheme has one spread.")
    law = NormalDist()
    even = np.array([law.inv_cdf((place + 0.5) / samples) for place in range(samples)])
    market = np.random.default_rng(np.random.SeedSequence([seed, samples])).permutation(even)
    ratios = np.empty((len(names), samples))
    for row, name in enumerate(names):
        stream = np.random.SeedSequence([seed, samples, zlib.crc32(str(name).encode())])
        own = np.random.default_rng(stream).permutation(even)
        both = np.sqrt(shared_share) * market + np.sqrt(1.0 - shared_share) * own
        ratios[row] = np.exp(spread[row] * both - spread[row] ** 2 / 2.0)
    return Outturns(tuple(names), ratios)
