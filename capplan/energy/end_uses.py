"""Energy by what it is used for."""

import numpy as np

from ..energy_tables import FUELS
from ..reference import load
from .figures import figure

COMBUSTION = FUELS[1:]
END_USES = ("space heating", "hot water", "catering", "lighting", "ict", "fans and pumps", "other")
SPACE_HEATING, HOT_WATER, CATERING, LIGHTING = 0, 1, 2, 3


def split_electricity(other_kwh, weather_kwh, heats):
    """Electricity by end use.

    Parameters
    ----------
    other_kwh : float
        Use that does not follow the weather. [kWh]
    weather_kwh : float
        Use that does. [kWh]
    heats : bool
        Whether electricity heats the school; if not, what follows the weather is the lighting of dark days.

    Returns
    -------
    array, shape (end uses,)
        Adds up to both. [kWh]

    Notes
    -----
    Assumes one split for all schools, an assumption told with every figure. *Counterexample:* a school with LED everywhere,
    whose lighting is half the share.

    Examples
    --------
    >>> split_electricity(100.0, 10.0, False).round(1).tolist()
    [0.0, 0.0, 12.5, 50.0, 22.5, 12.5, 12.5]
    """
    shares = load("end_use_shares").set_index("end_use").electricity_share
    uses = np.array([shares.get(use, 0.0) for use in END_USES]) * other_kwh
    uses[SPACE_HEATING if heats else LIGHTING] += weather_kwh
    return uses


def split_heat(other_kwh, weather_kwh, pupils):
    """A fuel that heats, by end use.

    Parameters
    ----------
    other_kwh : float
        Use that does not follow the weather: hot water and kitchens. [kWh]
    weather_kwh : float
        Use that does: space heating. [kWh]
    pupils : float
        Pupils the fuel serves; not a number: not known. [pupils]

    Returns
    -------
    array, shape (end uses,)
        Adds up to both. Hot water is that of the pupils at the usual efficiency, never more than what there is; the rest
        is catering. [kWh]

    Notes
    -----
    Assumes every pupil uses the same hot water. *Counterexample:* a swimming pool, whose heat is here under catering.

    Examples
    --------
    >>> split_heat(20_000.0, 80_000.0, 100.0).round(1).tolist()
    [80000.0, 4369.2, 15630.8, 0.0, 0.0, 0.0, 0.0]

    References
    ----------
    .. [1] Energy Sparks (MIT), model of hot water in schools: 5 litres a pupil and day, heated by 25 K.
    """
    uses = np.zeros(len(END_USES))
    wanted = pupils * figure("hot water per pupil") / figure("hot water efficiency")
    uses[SPACE_HEATING] = weather_kwh
    uses[HOT_WATER] = min(wanted, other_kwh) if np.isfinite(wanted) else other_kwh
    uses[CATERING] = other_kwh - uses[HOT_WATER]
    return uses
