"""The published and assumed figures of energy, by name: one look-up each, a missing one is an error."""

from functools import cache

from ..errors import MissingFigureError
from ..reference import load

NOT_KNOWN = "not known"
"""Phase of a school whose phase is not given."""


def figure(name):
    """A single figure of ``energy_figures``.

    Raises
    ------
    MissingFigureError
        If there is none of that name.

    Examples
    --------
    >>> figure("reference degree-days"), figure("interval")
    (2000.0, 0.8)
    """
    figures = _figures()
    if name not in figures:
        raise MissingFigureError(f"No energy figure {name!r}; known: {', '.join(figures)}.")
    return figures[name]


@cache
def _figures():
    return load("energy_figures").set_index("figure").value.to_dict()


def response(phase, fuel):
    """How the use of a fuel in a school of some phase follows the weather and the calendar.

    Parameters
    ----------
    phase : str
        One of ``tables.PHASES``; blank: not known.
    fuel : str
        Electricity, or a fuel that heats (all of them as gas).

    Returns
    -------
    dict of str to float
        ``change point`` [degrees C], ``heat on a weekend day``, ``heat on a holiday``, ``other use on a weekend day``,
        ``other use on a holiday`` (of a school day) [-] and ``weather share`` of a year's use [-].

    Notes
    -----
    Assumes that oil, gas and wood heat schools alike. *Counterexample:* a wood boiler that runs on over the weekend.

    Examples
    --------
    >>> response("primary", "oil")["change point"]
    12.0
    """
    return dict(_responses()[phase or NOT_KNOWN, "electricity" if fuel == "electricity" else "gas"])


@cache
def _responses():
    table = load("energy_response")
    return {key: rows.set_index("figure").value.to_dict() for key, rows in table.groupby(["phase", "fuel"])}
