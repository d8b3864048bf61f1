"""Admission numbers: who is let in, who is sent on to a sister school, and place-led schools."""

import numpy as np


def admitted(pupils, before, most, entries, areas, spill_share):
    """Pupils after admission numbers: those refused try the trust's other schools of their area, or go elsewhere.

    Parameters
    ----------
    pupils : array, shape (S, G, R)
        Demand. [pupils]
    before : array, shape (S, G, R)
        Pupils of the year group below a year earlier, who have their places. [pupils]
    most : array, shape (S, G)
        Most in each year group; infinite where nothing is set. [pupils]
    entries : array of bool, shape (S, G)
        Year groups that are intakes.
    areas : sequence, length S
        Area of each school.
    spill_share : float
        Part of those refused at an intake who try a sister school of the area. [-]

    Returns
    -------
    array, shape (S, G, R)
        [pupils]

    Notes
    -----
    Free places are filled in proportion to how many each school has free. In other year groups nobody is sent away: the
    most is a limit on joining. *Counterexample:* an appeal, which is let in above the number.

    Examples
    --------
    Ten are refused, half of them try the sister school, which has twenty places free:

    >>> demand = np.array([[[40.0]], [[10.0]]])
    >>> admitted(demand, demand * 0, np.array([[30.0], [30.0]]), np.ones((2, 1), bool), ("N", "N"), 0.5)[:, 0, 0].tolist()
    [30.0, 15.0]
    """
    limit = np.where(entries[:, :, None], most[:, :, None], np.maximum(most[:, :, None], before)).astype(pupils.dtype)
    let_in = np.minimum(pupils, limit)
    refused = np.where(entries[:, :, None], pupils - let_in, 0.0)
    if not spill_share or not refused.any():
        return let_in
    names = np.array(areas, dtype=object)
    for area in dict.fromkeys(areas):
        own = np.flatnonzero(names == area)
        free = np.where((entries & np.isfinite(most))[own, :, None], limit[own] - let_in[own], 0.0)
        free = np.where(np.isfinite(free), free, 0.0)
        room, seeking = free.sum(axis=0), spill_share * refused[own].sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            filled = np.where(room > 0, np.minimum(seeking / room, 1.0), 0.0)
        let_in[own] += (free * filled).astype(pupils.dtype)
    return let_in


def held_to_places(pupils, places):
    """Place-led schools: as many pupils as places, over the year groups as they would have been.

    Parameters
    ----------
    pupils : array, shape (S, G, R)
        [pupils]
    places : array, shape (S,)
        Places of place-led schools; NaN of others. [pupils]

    Returns
    -------
    array, shape (S, G, R)
        [pupils]

    Notes
    -----
    Assumes that every place commissioned is filled and none beyond. *Counterexample:* a special school over its number.

    Examples
    --------
    >>> held_to_places(np.array([[[30.0], [10.0]]]), np.array([20.0]))[0, :, 0].tolist()
    [15.0, 5.0]
    """
    total = pupils.sum(axis=1, keepdims=True)
    held = np.isfinite(places)[:, None, None] & (total > 0)
    factor = np.where(held, places[:, None, None] / np.where(total > 0, total, 1.0), 1.0)
    return pupils * factor.astype(pupils.dtype)
