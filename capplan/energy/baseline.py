"""What a school uses in a normal year: a degree-day fit to its meters, with school days and a change point."""

from dataclasses import dataclass, field

import numpy as np

from .degree_days import DAYS_OF_A_YEAR, degree_days

ONE_DAY = np.timedelta64(1, "D")
HIGHEST_LEVERAGE = 0.99


@dataclass(frozen=True)
class Weather:
    """Days of known weather with the weight of each for other use and for heat.

    ``days`` (d,) in order without gaps; ``temperature_c`` (d,) [degrees C]; ``other_weight`` and ``heat_weight`` (d,), one
    on a school day [-].
    """

    days: np.ndarray = field(repr=False)
    temperature_c: np.ndarray = field(repr=False)
    other_weight: np.ndarray = field(repr=False)
    heat_weight: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Fit:
    """A degree-day fit of one meter.

    ``other_kwh`` is the use of a school day that does not follow the weather [kWh], ``slope_kwh_per_k`` what each degree
    below ``change_point_c`` [degrees C] adds on a school day. ``covariance`` (3, 3) is theirs, in that order. ``r2`` and
    ``cv_rmse`` [-] compare the periods with the fit. ``at_limit``: the change point is at an end of the search, or a part
    of the use had to be held at nought, so that the intervals are too narrow.
    """

    other_kwh: float
    slope_kwh_per_k: float
    change_point_c: float
    covariance: np.ndarray = field(repr=False)
    periods: int
    days: float
    r2: float
    cv_rmse: float
    at_limit: bool

    @property
    def freedom(self):
        """Periods less the figures fitted."""
        return self.periods - 3

    @property
    def standard_errors(self):
        """Of the three figures, in the order of ``covariance``; shape (3,)."""
        return np.sqrt(np.diag(self.covariance))

    def interval(self, share):
        """Intervals of the three figures that hold the truth in a share of cases; shape (3, 2)."""
        middle = np.array([self.other_kwh, self.slope_kwh_per_k, self.change_point_c])
        reach = half_width(share, self.freedom) * self.standard_errors
        return np.column_stack([middle - reach, middle + reach])


def half_width(share, freedom):
    """Half of an interval that holds the truth in a share of cases, in standard errors. [-]

    Examples
    --------
    >>> round(half_width(0.8, 21), 3)
    1.323
    """
    from scipy.special import stdtrit
    return float(stdtrit(max(freedom, 1), 0.5 + share / 2.0))


def fit_use(readings, weather, coldest_c, warmest_c):
    """Fit use to the weather: ``use = other x days + slope x degree-days below the change point``, days weighted.

    Parameters
    ----------
    readings : Readings
        Periods between true readings, at least four, all inside the weather.
    weather : Weather
    coldest_c, warmest_c : float
        Ends of the search for the change point. [degrees C]

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        If there are fewer than four periods or the weather does not cover them.

    Notes
    -----
    The change point is found exactly: between two neighbouring temperatures the degree-days are linear in it, so each
    stretch is a linear least-squares problem of three figures, and the best of all stretches and their ends is the answer.

    Standard errors are those of White as MacKinnon and White made them fit for few periods (HC3), since use is more uneven
    in cold months than in warm ones: where deviations grow with use the plain ones hold the slope in 62% of cases at 80%.

    Assumes that deviations of one period say nothing of the next. *Counterexample:* a boiler left in hand control for a
    winter. Assumes the weights of weekends and holidays are known;
    *counterexample:* a school let to clubs on Saturdays.

    References
    ----------
    .. [1] CIBSE TM41 (2006), Degree-days: theory and application, section 4 (performance lines, base temperature).
    .. [2] MacKinnon, J. G. and White, H. (1985), Some heteroskedasticity-consistent covariance matrix estimators with
       improved finite sample properties, Journal of Econometrics 29, 305-325.
    """
    if len(readings.kwh) < 4:
        raise ValueError("A fit takes at least four periods.")
    where = periods_of(weather.days, readings)
    other = np.bincount(where[where >= 0], weather.other_weight[where >= 0], len(readings.kwh))
    scale = np.sqrt(readings.days.mean() / readings.days)
    knots, weight, heat = _sums(weather, where, len(readings.kwh), coldest_c, warmest_c)
    found = _best(readings.kwh * scale, other * scale, knots, weight * scale, heat * scale)
    point, a, b, free = found
    degrees = np.bincount(where[where >= 0], (degree_days(weather.temperature_c, point) * weather.heat_weight)[where >= 0],
                          len(readings.kwh))
    active = np.bincount(where[where >= 0], (weather.heat_weight * (weather.temperature_c < point))[where >= 0],
                         len(readings.kwh))
    return _fit(readings, scale, (other, degrees, active), (a, b, point), not free)


def periods_of(days, readings):
    """The period each day of the weather is in, -1: none.

    Parameters
    ----------
    days : array of datetime64[D], shape (d,)
        Days of known weather, without gaps.
    readings : Readings

    Returns
    -------
    array of int, shape (d,)

    Raises
    ------
    ValueError
        If the days do not cover the readings.
    """
    first = (readings.first_day - days[0]) / ONE_DAY
    last = (readings.last_day - days[0]) / ONE_DAY
    if len(days) != (days[-1] - days[0]) / ONE_DAY + 1 or (first < 0).any() or (last >= len(days)).any():
        raise ValueError("The weather does not cover the readings, or has gaps.")
    where = np.full(len(days), -1)
    for period, (start, end) in enumerate(zip(first.astype(int), last.astype(int), strict=True)):
        where[start: end + 1] = period
    return where


def _sums(weather, where, periods, coldest_c, warmest_c):
    """Ends of the stretches (k,), and the weights and weighted temperatures of the days below each, by period (k, n)."""
    inside = where >= 0
    temperature = weather.temperature_c[inside]
    between = np.unique(temperature[(temperature > coldest_c) & (temperature < warmest_c)])
    knots = np.concatenate([[coldest_c], between, [warmest_c]])
    place = np.searchsorted(knots, temperature, side="left")   # a day counts below the knots after its own temperature
    shape = (len(knots) + 1, periods)
    weight, heat = np.zeros(shape), np.zeros(shape)
    np.add.at(weight, (place, where[inside]), weather.heat_weight[inside])
    np.add.at(heat, (place, where[inside]), weather.heat_weight[inside] * temperature)
    return knots, np.cumsum(weight, axis=0)[:-1], np.cumsum(heat, axis=0)[:-1]


def _best(kwh, other, knots, weight, heat):
    """Change point, other use and slope of the least squares, and whether none of them is at a limit."""
    best = (np.inf, knots[0], 0.0, 0.0, False)
    ends = weight * knots[:, None] - heat
    a, b, left = _two_figures(kwh, other, ends)
    at = int(np.argmin(left))
    best = min(best, (left[at], knots[at], a[at], b[at], 0 < at < len(knots) - 1 and a[at] > 0 and b[at] > 0))
    found, left = _three_figures(kwh, other, weight[:-1], heat[:-1])
    slope = np.where(found[:, 2] > 0, found[:, 2], 1.0)
    point = found[:, 1] / slope
    valid = (found[:, 2] > 0) & (found[:, 0] >= 0) & (knots[:-1] <= point) & (point <= knots[1:])
    if valid.any():
        at = int(np.argmin(np.where(valid, left, np.inf)))
        best = min(best, (left[at], point[at], found[at, 0], found[at, 2], True))
    return best[1:]


def _three_figures(kwh, other, weight, heat):
    """Other use, slope x change point and slope of each stretch, and the squares they leave; shapes (k, 3) and (k,).

    Stretches whose figures cannot be told apart have a slope that is not a number.
    """
    columns = np.stack([np.broadcast_to(other, weight.shape), weight, -heat], axis=2)
    basis, triangle = np.linalg.qr(columns)
    along = np.einsum("kni,n->ki", basis, kwh)
    size = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
    able = size.min(axis=1) > 1e-11 * size.max(axis=1)
    figures = np.full(along.shape, np.nan)
    figures[able] = np.linalg.solve(triangle[able], along[able][..., None])[..., 0]
    rest = kwh - np.einsum("kni,ki->kn", basis, along)
    return figures, (rest * rest).sum(axis=1)


def _two_figures(kwh, other, degrees):
    """Other use and slope at each change point, neither below nought, and the squares they leave; shapes (k,)."""
    oo, od, dd = other @ other, degrees @ other, (degrees * degrees).sum(axis=1)
    oy, dy = other @ kwh, degrees @ kwh
    spread = oo * dd - od * od
    usable = spread > 1e-12 * oo * np.maximum(dd, 1e-300)
    safe = np.where(usable, spread, 1.0)
    a, b = np.where(usable, (dd * oy - od * dy) / safe, oy / oo), np.where(usable, (oo * dy - od * oy) / safe, 0.0)
    alone = np.divide(dy, dd, out=np.zeros_like(dy), where=dd > 0)
    a, b = np.where(b < 0, oy / oo, np.where(a < 0, 0.0, a)), np.where(b < 0, 0.0, np.where(a < 0, alone, b))
    rest = kwh - a[:, None] * other - b[:, None] * degrees
    return a, b, (rest * rest).sum(axis=1)


def _fit(readings, scale, columns, figures, at_limit):
    """The fit with its statistics, from the columns other use, degree-days and days below the change point."""
    other, degrees, active = columns
    a, b, point = figures
    rest = readings.kwh - a * other - b * degrees
    freedom = len(rest) - 3
    jacobian = np.column_stack([other, degrees, b * active]) * scale[:, None]
    inverse = np.linalg.pinv(jacobian.T @ jacobian)
    leverage = np.minimum(np.einsum("ni,ij,nj->n", jacobian, inverse, jacobian), HIGHEST_LEVERAGE)
    squares = (rest * scale / (1.0 - leverage)) ** 2
    covariance = inverse @ (jacobian.T * squares @ jacobian) @ inverse
    spread = ((readings.kwh - readings.kwh.mean()) ** 2).sum()
    return Fit(float(a), float(b), float(point), covariance, len(rest), float(readings.days.sum()),
               1.0 - float((rest ** 2).sum() / spread) if spread > 0 else 0.0,
               float(np.sqrt((rest ** 2).sum() / freedom) / readings.kwh.mean()) if readings.kwh.mean() > 0 else 0.0,
               bool(at_limit))


def normal_use(fit, weather):
    """Use of a normal year by a fit: other use, use that follows the weather, and the standard error of both together.

    Parameters
    ----------
    fit : Fit
    weather : Weather
        Days of a normal year, or of several.

    Returns
    -------
    tuple of float
        ``(other, following the weather, standard error of their sum)``. [kWh a year]
    """
    yearly = DAYS_OF_A_YEAR / len(weather.days)
    other = weather.other_weight.sum() * yearly
    degrees = (degree_days(weather.temperature_c, fit.change_point_c) * weather.heat_weight).sum() * yearly
    active = (weather.heat_weight * (weather.temperature_c < fit.change_point_c)).sum() * yearly
    change = np.array([other, degrees, fit.slope_kwh_per_k * active])
    error = float(np.sqrt(max(change @ fit.covariance @ change, 0.0)))
    return fit.other_kwh * other, fit.slope_kwh_per_k * degrees, error


def scaled_use(readings, weather, normal, prior):
    """Use of a normal year where readings are too few for a fit: the year expected of such a school, scaled to them.

    Parameters
    ----------
    readings : Readings
    weather : Weather
        Covers the readings.
    normal : Weather
        Days of a normal year.
    prior : tuple of float
        Expected use of a normal year and the part of it that follows the weather, and the change point.
        [kWh a year], [-], [degrees C]

    Returns
    -------
    tuple of float
        ``(other, following the weather)`` [kWh a year], and the part of a year that was read [-].

    Notes
    -----
    Assumes the shape of the year is that of schools of the kind. *Counterexample:* three summer months of a school whose
    kitchen is the only one on gas: nothing is learned about its boiler.

    Raises
    ------
    ValueError
        If nothing is expected in the days that were read.
    """
    expected_kwh, share, point = prior
    year = DAYS_OF_A_YEAR / len(normal.days)
    other_year = normal.other_weight.sum() * year
    heat_year = (degree_days(normal.temperature_c, point) * normal.heat_weight).sum() * year
    inside = periods_of(weather.days, readings) >= 0
    heat = (degree_days(weather.temperature_c, point) * weather.heat_weight)[inside].sum()
    ratio = (1.0 - share) * weather.other_weight[inside].sum() / other_year
    ratio += share * heat / heat_year if heat_year > 0 else 0.0
    if ratio <= 0 or expected_kwh <= 0:
        raise ValueError("Nothing is expected in the days that were read.")
    use = readings.kwh.sum() / ratio
    return use * (1.0 - share), use * share, min(1.0, readings.days.sum() / DAYS_OF_A_YEAR)
