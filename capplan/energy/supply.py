"""The electrical supply of a school: its peak, and whether works would take it beyond what was agreed."""

import numpy as np

from .measures import GENERAL, figure

PHASES = {"primary": "primary", "nursery": "primary", "special": "special", "alternative provision": "special"}


def peak_kw(pupils, phase):
    """Highest half-hour of a school without a heat pump, where no meter says. [kW]

    Parameters
    ----------
    pupils : float
    phase : str
        Phase; those that are neither primary nor special as secondary.

    Returns
    -------
    float

    Examples
    --------
    >>> round(peak_kw(300, "primary"), 1), round(peak_kw(1000, "all-through"), 1)
    (33.9, 147.0)

    References
    ----------
    .. [1] Energy Sparks, July 2026: mean of the highest half-hour by kind of school, kW a pupil.
    """
    return figure(GENERAL, f"peak per pupil, {PHASES.get(phase, 'secondary')}").value * pupils


def peak_with(peak_before_kw, added_kw):
    """Peak with heat pumps added, whose coldest morning meets most of the peak of the rest. [kW]

    Parameters
    ----------
    peak_before_kw : array
        [kW]
    added_kw : array
        What the heat pumps draw on the coldest day. [kW]

    Returns
    -------
    array

    Notes
    -----
    Nine tenths of the sum, but never less than either alone. *Counterexample:* heat pumps with a store that charge at night.

    Examples
    --------
    >>> peak_with(100.0, 100.0).item(), peak_with(100.0, 0.0).item()
    (180.0, 100.0)
    """
    both = (peak_before_kw + added_kw) * figure(GENERAL, "diversity").value
    return np.maximum(np.maximum(both, peak_before_kw), added_kw)


def upgrade_needed(peak_after_kw, agreed_kva):
    """Whether the supply has to be made larger.

    Parameters
    ----------
    peak_after_kw : array
        [kW]
    agreed_kva : array
        Capacity agreed with the network operator; NaN where nobody has said. [kVA]

    Returns
    -------
    array of bool
        Where the capacity is not known it is taken to be needed.

    Examples
    --------
    >>> upgrade_needed(np.array([90.0, 110.0, 10.0]), np.array([100.0, 100.0, np.nan])).tolist()
    [False, True, True]
    """
    room = np.asarray(agreed_kva, float) * figure(GENERAL, "power factor").value
    return ~(np.asarray(peak_after_kw, float) <= room)
