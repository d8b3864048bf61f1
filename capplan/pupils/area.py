"""Floor area pupils need by the Department's guidelines, against the floor area there is."""

import numpy as np

from .. import reference
from ..errors import MissingFigureError

GUIDELINE_OF_PHASE = {"primary": ("primary",), "nursery": ("primary",), "secondary": ("secondary", "post_16"),
                      "all-through": ("primary", "secondary", "post_16"), "sixth form": ("post_16",)}
"""Guidelines that apply to a phase. Special schools and alternative provision have none here (Building Bulletin 104)."""


def guideline_area(pupils, base_m2, m2_per_pupil):
    """Gross internal floor area for a number of pupils; nothing where there are none. [m2]

    Parameters
    ----------
    pupils : array
        Pupils. [pupils]
    base_m2 : float
        Area whatever the number of pupils. [m2]
    m2_per_pupil : float
        Further area for each pupil. [m2/pupil]

    Returns
    -------
    array

    Examples
    --------
    A primary school of one form of entry.

    >>> guideline_area(np.array([210, 0]), 350, 4.1)
    array([1211.,    0.])
    """
    heads = np.asarray(pupils, float)
    return np.where(heads > 0, base_m2 + m2_per_pupil * heads, 0.0)


def school_area(primary, secondary, post16):
    """Gross internal floor area by the guidelines for a school of these pupils. [m2]

    Parameters
    ----------
    primary, secondary, post16 : array
        Pupils to year 6, of years 7 to 11, and of years 12 to 14. [pupils]

    Returns
    -------
    array

    Notes
    -----
    An all-through school is taken as a primary and a secondary school side by side; the bulletin's own formula for such a
    school has not been seen. *Counterexample:* an all-through school with one hall and one kitchen.

    Examples
    --------
    >>> school_area(420, 0, 0).item(), school_area(0, 1200, 240).item()
    (2072.0, 10640.0)

    References
    ----------
    .. [1] Department for Education, Building Bulletin 103: area guidelines for mainstream schools (June 2014).
    """
    table = reference.load("area_guidelines").set_index("phase")
    return sum(guideline_area(heads, row.base_m2, row.guideline_m2_per_pupil) for heads, row in (
        (primary, table.loc["primary"]), (secondary, table.loc["secondary"]), (post16, table.loc["post_16"])))


def has_guideline(phase):
    """Whether a phase has an area guideline here.

    Examples
    --------
    >>> has_guideline("primary"), has_guideline("special")
    (True, False)
    """
    return phase in GUIDELINE_OF_PHASE


def occupied_share(needed_m2, gifa_m2):
    """Floor area needed as a share of the floor area there is; above 1 where there is too little. [-]

    Parameters
    ----------
    needed_m2, gifa_m2 : array
        Area by the guidelines, and gross internal floor area. [m2]

    Returns
    -------
    array
        Not a number where there is no floor area.

    Examples
    --------
    >>> occupied_share(np.array([1211.0, 0.0]), np.array([1400.0, 0.0]))
    array([0.865,   nan])
    """
    have = np.asarray(gifa_m2, float)
    return np.divide(needed_m2, have, out=np.full(np.shape(have), np.nan), where=have > 0)


def can_be_spared(block_gifa_m2, school_gifa_m2, needed_m2):
    """Whether a school keeps the area it needs without a block.

    Parameters
    ----------
    block_gifa_m2 : array
        Floor area of the block. [m2]
    school_gifa_m2 : array
        Floor area of its school. [m2]
    needed_m2 : array
        Area by the guidelines for the pupils to be expected, such as the most that are likely. [m2]

    Returns
    -------
    array of bool

    Notes
    -----
    Floor area alone does not say that what is left holds the right rooms. *Counterexample:* the only hall.

    Examples
    --------
    >>> can_be_spared(np.array([300.0, 500.0]), 2000.0, 1600.0)
    array([ True, False])
    """
    return np.asarray(needed_m2, float) <= np.asarray(school_gifa_m2, float) - block_gifa_m2


def guidelines_of(phase):
    """The guidelines that apply to a phase.

    Parameters
    ----------
    phase : str
        One of ``tables.PHASES``.

    Returns
    -------
    DataFrame
        Rows of the table ``area_guidelines``.

    Raises
    ------
    MissingFigureError
        If there is none: the trust has to give the area for special schools and alternative provision itself.

    Examples
    --------
    >>> guidelines_of("primary").base_m2.tolist()
    [350]
    """
    if not has_guideline(phase):
        raise MissingFigureError(f"No area guideline for the phase {phase!r}: Building Bulletin 104 goes by kinds of need.")
    table = reference.load("area_guidelines")
    return table[table.phase.isin(GUIDELINE_OF_PHASE[phase])]
