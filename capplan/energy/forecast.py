"""Use in years to come: pupils, floor area, climate and the wear of heating plant."""

import numpy as np

from ..reference import load
from .end_uses import COMBUSTION, FUELS, HOT_WATER, SPACE_HEATING


def plant_efficiency(shares):
    """Seasonal efficiency of heating plant from the grades it is expected in.

    Parameters
    ----------
    shares : array, shape (..., 5)
        Probability of grades A to E; where they add up to nought there is no plant. [-]

    Returns
    -------
    array, shape (...)
        Useful heat over fuel; not a number where there is no plant. [-]

    Notes
    -----
    Assumes plant of one grade is as efficient whatever its make. *Counterexample:* a condensing boiler at grade C beside a
    new atmospheric one.

    Examples
    --------
    >>> plant_efficiency(np.array([[1.0, 0, 0, 0, 0], [0, 0, 0.5, 0.5, 0]])).round(3).tolist()
    [0.9, 0.77]
    """
    by_grade = load("plant_efficiency").sort_values("grade").useful_heat_share.to_numpy(float)
    shares = np.asarray(shares, float)
    whole = shares.sum(axis=-1)
    return np.divide(shares @ by_grade, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def forecast_use(now_kwh, climate, pupils_multiple, area_multiple, efficiency_multiple, pupil_elasticity):
    """Use by school, fuel, end use and year.

    Parameters
    ----------
    now_kwh : array, shape (schools, fuels, end uses)
        Use of a normal year now. [kWh]
    climate : array, shape (years,)
        Degree-days beside now. [-]
    pupils_multiple, area_multiple : array, shape (schools, years)
        Pupils and heated floor area beside now. [-]
    efficiency_multiple : array, shape (schools, years)
        Efficiency of the heating plant beside now. [-]
    pupil_elasticity : float
        By how many per cent use other than space heating changes where pupils change by one per cent. [-]

    Returns
    -------
    array, shape (schools, fuels, end uses, years)
        [kWh]

    Notes
    -----
    Space heating follows floor area and climate, all else pupils; fuels burned for heat and hot water rise as plant wears.
    Assumes rooms are heated whoever is in them. *Counterexample:* a wing closed when the roll falls, which is not in the
    blocks table as left.

    Examples
    --------
    >>> now = np.zeros((1, 5, 7)); now[0, 1, 0] = 900.0; now[0, 0, 3] = 100.0
    >>> flat = np.ones((1, 2))
    >>> use = forecast_use(now, np.array([1.0, 0.9]), np.array([[1.0, 1.1]]), flat, np.array([[1.0, 0.9]]), 0.5)
    >>> use[0, 1, 0].round(1).tolist(), use[0, 0, 3].round(1).tolist()
    ([900.0, 900.0], [100.0, 105.0])
    """
    now, others = np.asarray(now_kwh, float), 1.0 + pupil_elasticity * (np.asarray(pupils_multiple, float) - 1.0)
    use = now[..., None] * np.maximum(others, 0.0)[:, None, None, :]
    use[:, :, SPACE_HEATING] = now[:, :, SPACE_HEATING, None] * (climate * area_multiple)[:, None, :]
    burned = [FUELS.index(fuel) for fuel in COMBUSTION]
    for end_use in (SPACE_HEATING, HOT_WATER):
        use[:, burned, end_use] /= np.asarray(efficiency_multiple, float)[:, None, :]
    return use
