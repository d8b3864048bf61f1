"""What a school without meters is expected to use: by pupil and by floor area, from real schools, with a wide range."""

from functools import cache
from statistics import NormalDist

import numpy as np

from ..errors import MissingFigureError
from ..reference import load
from .figures import NOT_KNOWN, figure, response

WITH_HEAT_PUMP = "electricity with heat pump"


def expected_use(phase, fuel, gifa_m2, pupils, heats=False):
    """What a school of some kind is expected to use in a year of the reference degree-days.

    Parameters
    ----------
    phase : str
        One of ``tables.PHASES``; blank: not known.
    fuel : str
        Electricity (by pupil), or a fuel that heats (by floor area).
    gifa_m2 : float
        Floor area. [m2]
    pupils : float
        Pupils on roll. [pupils]
    heats : bool
        Whether electricity heats the school (heat pumps); no fuel does then.

    Returns
    -------
    float
        [kWh a year]

    Raises
    ------
    MissingFigureError
        If the pupils are not known, or nobody has measured such schools.

    Notes
    -----
    Not CIBSE TM46, whose 150 kWh/m2 of heat is about twice what schools use today. Assumes a school is as the middle of
    its kind. *Counterexample:* any one school, which is why the range is wide.

    Examples
    --------
    >>> expected_use("primary", "gas", 2000.0, 300.0), expected_use("primary", "electricity", 2000.0, 300.0)
    (139500.0, 78069.0)

    References
    ----------
    .. [1] Energy Sparks (MIT), average profiles of 834 schools with gas and 1,104 with electricity, July 2026.
    """
    key = WITH_HEAT_PUMP if fuel == "electricity" and heats else "electricity" if fuel == "electricity" else "gas"
    rows = _priors()
    if (phase or NOT_KNOWN, key) not in rows:
        raise MissingFigureError(f"No figure for {key} of a school of the phase {phase or NOT_KNOWN!r}: give its readings.")
    measure = gifa_m2 if key == "gas" else pupils
    if not np.isfinite(measure):
        raise MissingFigureError("Electricity is estimated by pupil, and the number of pupils is not known.")
    return float(rows[phase or NOT_KNOWN, key] * measure)


@cache
def _priors():
    return load("energy_priors").set_index(["phase", "fuel"]).value.to_dict()


def expected_weather_share(phase, fuel, heats=False):
    """Part of a year's use that is expected to follow the weather. [-]

    Examples
    --------
    >>> expected_weather_share("primary", "gas"), expected_weather_share("primary", "electricity")
    (0.83, 0.1)
    >>> round(expected_weather_share("primary", "electricity", heats=True), 3)
    0.403
    """
    share = response(phase, fuel)["weather share"]
    rows, name = _priors(), phase or NOT_KNOWN
    if fuel == "electricity" and heats and (name, WITH_HEAT_PUMP) in rows:
        plain = rows[name, "electricity"] / rows[name, WITH_HEAT_PUMP]
        return 1.0 - plain * (1.0 - share)
    return share


def estimate_range(use_kwh, read_share=0.0):
    """Range of an estimated use that holds the truth in the usual share of cases.

    Parameters
    ----------
    use_kwh : float
        The estimate. [kWh]
    read_share : float
        Part of a year that was read; 0: nothing was. [-]

    Returns
    -------
    tuple of float
        [kWh]

    Notes
    -----
    Assumes schools of a kind are spread as a lognormal, and that the spread shrinks in proportion to what was read.
    *Counterexample:* nine summer months say less than three winter ones.

    Examples
    --------
    >>> [round(end) for end in estimate_range(100_000.0)]
    [59892, 166966]
    """
    spread = max(figure("prior spread") * (1.0 - read_share), figure("least spread") if read_share > 0 else 0.0)
    reach = np.exp(NormalDist().inv_cdf(0.5 + figure("interval") / 2.0) * spread)
    return float(use_kwh / reach), float(use_kwh * reach)
