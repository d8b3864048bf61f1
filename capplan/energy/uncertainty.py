"""How sure figures are: ranges of what is not known, tenths of what follows from them, and what decides it (Sobol)."""

from dataclasses import dataclass

import numpy as np

TENTHS = (0.1, 0.5, 0.9)
REACH = 1.2815515655446004     # standard normal deviations from the middle to the tenth part
NO_SPREAD_SHARE = 1e-12


@dataclass(frozen=True)
class Uncertain:
    """A figure that is not known: ``low``, ``central``, ``high``. Where ``ends``, low and high are the least and most it may
    be (triangular); else one case in ten lies below low and one in ten above high (lognormal on both sides of central)."""

    name: str
    low: float
    central: float
    high: float
    ends: bool = False

    def __post_init__(self):
        if not 0 < self.low <= self.central <= self.high < np.inf:
            raise ValueError(f"{self.name}: low, central and high are above 0 and in this order, not {self.low:g}, "
                             f"{self.central:g}, {self.high:g}.")

    @property
    def certain(self):
        """Whether it is known after all."""
        return self.low == self.high

    def at(self, share):
        """The value below which it lies in a share of cases.

        Parameters
        ----------
        share : array
            Above 0 and below 1. [-]

        Returns
        -------
        array
            In the unit of its low, central and high.

        Notes
        -----
        The middle of the two-sided form is the central value. *Counterexample:* a price that never falls below what it costs
        to make.

        Examples
        --------
        >>> Uncertain("price", 0.5, 1.0, 4.0).at(np.array([0.1, 0.5, 0.9])).round(6).tolist()
        [0.5, 1.0, 4.0]
        >>> Uncertain("efficiency", 2.0, 2.5, 3.0, ends=True).at(np.array([0.125, 0.5, 0.875])).tolist()
        [2.25, 2.5, 2.75]
        """
        share = np.asarray(share, float)
        if self.certain:
            return np.full(share.shape, float(self.central))
        return self._triangular(share) if self.ends else self._two_sided(share)

    def _triangular(self, share):
        width, left = self.high - self.low, self.central - self.low
        below = self.low + np.sqrt(share * width * left)
        return np.where(share * width < left, below, self.high - np.sqrt((1.0 - share) * width * (self.high - self.central)))

    def _two_sided(self, share):
        from scipy.special import ndtri

        deviation = ndtri(share) / REACH
        side = np.where(deviation < 0, np.log(self.central / self.low), np.log(self.high / self.central))
        return self.central * np.exp(side * deviation)


def drawn_shares(factors, power, seed):
    """Points spread evenly over what is not known: a scrambled Sobol sequence.

    Parameters
    ----------
    factors : int
        How many figures are not known.
    power : int
        There are two to this power of points.
    seed : int

    Returns
    -------
    array, shape (factors, 2 ** power)
        Above 0 and below 1. [-]

    References
    ----------
    .. [1] Owen, A.B. (1998), Scrambling Sobol' and Niederreiter-Xing points. Journal of Complexity 14(4), 466-489.
    """
    from scipy.stats import qmc

    points = qmc.Sobol(factors, rng=np.random.default_rng(seed)).random_base2(power).T
    return np.clip(points, np.finfo(float).tiny, 1.0 - np.finfo(float).eps)


def tenths(values):
    """The values that one case in ten, half of them and nine in ten do not exceed.

    Parameters
    ----------
    values : array, shape (n, cases)
        May be infinite.

    Returns
    -------
    array, shape (3, n)
        Each of them a value that some case has.

    Examples
    --------
    >>> tenths(np.arange(1.0, 11.0)[None, :]).ravel().tolist()
    [1.0, 5.0, 9.0]
    """
    ordered = np.sort(np.asarray(values, float), axis=-1)
    places = [max(int(np.ceil(share * ordered.shape[-1])) - 1, 0) for share in TENTHS]
    return np.moveaxis(ordered[..., places], -1, 0)


def what_decides(outcome, factors, power, seed):
    """Part of the variance of each outcome that is due to each figure that is not known.

    Parameters
    ----------
    outcome : callable
        From shares (factors, cases) to finite outcomes (n, cases).
    factors : int
        How many figures are not known, one at least.
    power : int
        Two to this power is the number of points the sequence begins with; ``factors + 2`` times as many are looked at.
    seed : int

    Returns
    -------
    tuple of array, shape (n, factors)
        First order: due to the figure by itself; total: with all its interplay. Nought where an outcome does not vary. [-]

    Notes
    -----
    Assumes that the figures are independent of one another. *Counterexample:* gas and electricity, which is why their
    common part is one figure and what sets them apart another.

    Examples
    --------
    Of ``x + 2 y``, whose parts have variances of 1 and 4:

    >>> first, total = what_decides(lambda shares: (shares * np.array([[1.0], [2.0]])).sum(axis=0)[None, :], 2, 10, 1)
    >>> first.round(2).tolist(), total.round(2).tolist()
    ([[0.2, 0.8]], [[0.2, 0.8]])

    References
    ----------
    .. [1] Saltelli, A. and others (2010), Variance based sensitivity analysis of model output. Design and estimator for the
       total sensitivity index. Computer Physics Communications 181(2), 259-270, doi 10.1016/j.cpc.2009.09.018.
    """
    from scipy.stats import sobol_indices

    both, count = drawn_shares(2 * factors, power, seed), 2 ** power
    one, other = both[:factors], both[factors:]
    of_one, of_other = np.asarray(outcome(one), float), np.asarray(outcome(other), float)
    mixed = np.array([np.asarray(outcome(_with_row(one, other, place)), float) for place in range(factors)])
    scale = np.abs(of_one).max(axis=-1, initial=0.0) + 1e-300
    varies = np.ptp(np.concatenate([of_one, of_other], axis=-1), axis=-1) > NO_SPREAD_SHARE * scale
    first, total = np.zeros((len(of_one), factors)), np.zeros((len(of_one), factors))
    if varies.any():
        found = sobol_indices(func={"f_A": of_one[varies], "f_B": of_other[varies], "f_AB": mixed[:, varies]}, n=count)
        first[varies], total[varies] = (np.atleast_2d(part) for part in (found.first_order, found.total_order))
    return first.clip(0.0, None), total.clip(0.0, None)


def _with_row(one, other, place):
    """Points with the shares of one figure taken from other points."""
    mixed = one.copy()
    mixed[place] = other[place]
    return mixed
