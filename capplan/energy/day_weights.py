"""How much of a school day's use falls on weekends and holidays, learned from readings that are close enough together."""

import numpy as np

from .baseline import periods_of
from .degree_days import degree_days
from .school_days import HOLIDAY, SCHOOL_DAY, WEEKEND

KINDS = (SCHOOL_DAY, WEEKEND, HOLIDAY)
TOLERANCE_C = 1e-4


def learn_weights(readings, days, temperature_c, kinds, ends_c, most):
    """Weights of weekends and holidays, for use that follows the weather and use that does not.

    Parameters
    ----------
    readings : Readings
        Periods of a week or less, a hundred or more, inside the weather.
    days : array of datetime64[D], shape (d,)
        Days of known weather, without gaps.
    temperature_c : array, shape (d,)
        Mean outside temperature of each. [degrees C]
    kinds : array of int, shape (d,)
        As ``school_days.kinds_of_day`` returns them.
    ends_c : tuple of float
        Ends of the search for the change point. [degrees C]
    most : float
        Most a weekend or holiday may use beside a school day. [-]

    Returns
    -------
    dict of str to float
        ``other use on a weekend day``, ``other use on a holiday``, ``heat on a weekend day``, ``heat on a holiday``, each of
        a school day [-]; empty where school days themselves show no use.

    Notes
    -----
    Given a change point, use is linear in the use and the slope of each kind of day; the change point is that of the least
    squares, none of the six below nought. Assumes one change point for all kinds of day. *Counterexample:* frost
    protection at 5 degrees over Christmas.
    """
    from scipy.optimize import minimize_scalar, nnls
    where = periods_of(days, readings)
    root = np.sqrt(readings.days.mean() / readings.days)

    def columns(point):
        """Days and degree-days of each kind in each period."""
        cold = degree_days(temperature_c, point)
        return np.column_stack([np.bincount(where[(where >= 0) & (kinds == kind)], counted[(where >= 0) & (kinds == kind)],
                                            len(readings.kwh)) * root
                                for counted in (np.ones(len(days)), cold) for kind in KINDS])

    found = minimize_scalar(lambda point: nnls(columns(point), readings.kwh * root)[1], bounds=ends_c, method="bounded",
                            options={"xatol": TOLERANCE_C})
    use, _ = nnls(columns(found.x), readings.kwh * root)
    if use[0] <= 0 or use[3] <= 0:
        return {}
    shares = np.minimum(use / np.repeat(use[[0, 3]], 3), most)
    return {"other use on a weekend day": shares[1], "other use on a holiday": shares[2], "heat on a weekend day": shares[4],
            "heat on a holiday": shares[5]}
