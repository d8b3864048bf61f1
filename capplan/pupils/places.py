"""Places for pupils: how many stand in each year, how many are empty, and how many are wanting, school by school."""

import numpy as np

from .. import reference


def rule(name):
    """A figure of the table ``place_rules`` by its name, in the unit that its row gives.

    Raises
    ------
    KeyError
        If there is no such rule.

    Examples
    --------
    >>> rule("infant_class_most")
    30.0
    """
    return float(reference.load("place_rules").set_index("rule").value[name])


def standing_places(places, from_year, until_year, years):
    """Places of each row that stand in each planning year.

    Parameters
    ----------
    places : array, shape (rows,)
        Places of each row of a register. [places]
    from_year : array, shape (rows,)
        First planning year they can be used in; not a number: they stand already.
    until_year : array, shape (rows,)
        Last planning year they can be used in, such as that in which a planning permission ends; not a number: they stay.
    years : sequence of int
        Planning years.

    Returns
    -------
    array, shape (years, rows)
        [places]

    Notes
    -----
    Assumes that places open and close with whole planning years. *Counterexample:* a hired classroom taken away at
    Christmas.

    Examples
    --------
    Thirty temporary places whose permission ends in 2027, and thirty new ones from 2028.

    >>> standing_places(np.array([30.0, 30.0]), np.array([np.nan, 2028]), np.array([2027, np.nan]), [2027, 2028])
    array([[30.,  0.],
           [ 0., 30.]])
    """
    year = np.asarray(years, float)[:, None]
    opened = ~(np.asarray(from_year, float)[None, :] > year)
    closed = np.asarray(until_year, float)[None, :] < year
    return np.asarray(places, float)[None, :] * (opened & ~closed)


def spare_places(places, pupils):
    """Empty places, one school at a time: what one school lacks is never set against what another has. [places]

    Parameters
    ----------
    places, pupils : array
        Places and pupils of each school. [pupils]

    Returns
    -------
    array

    Examples
    --------
    >>> spare_places(np.array([210.0, 210.0]), np.array([180.0, 240.0]))
    array([30.,  0.])
    """
    return np.maximum(np.asarray(places, float) - pupils, 0.0)


def short_places(places, pupils):
    """Pupils for whom there is no place, one school at a time. [pupils]

    Parameters
    ----------
    places, pupils : array
        Places and pupils of each school. [pupils]

    Returns
    -------
    array

    Examples
    --------
    >>> short_places(np.array([210.0, 210.0]), np.array([180.0, 240.0]))
    array([ 0., 30.])
    """
    return np.maximum(np.asarray(pupils, float) - places, 0.0)


def unfilled_share(places, pupils, axis=-1):
    """Share of places that are unfilled, counted school by school as the Department does. [-]

    Parameters
    ----------
    places, pupils : array
        Places and pupils, schools along ``axis``. [pupils]
    axis : int
        Axis of the schools.

    Returns
    -------
    array
        Not a number where there are no places.

    Notes
    -----
    Netting would hide it: of 420 places 30 are empty here although as many pupils as that lack one elsewhere.

    Examples
    --------
    >>> unfilled_share(np.array([210.0, 210.0]), np.array([180.0, 240.0])).round(4).item()
    0.0714

    References
    ----------
    .. [1] Department for Education, school places scorecards, technical guidance (2025): unfilled places at school level.
    """
    whole = np.asarray(places, float).sum(axis=axis)
    spare = spare_places(places, pupils).sum(axis=axis)
    return np.divide(spare, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


def places_needed(forecast, existing, added, removed):
    """Places that are to be found, by year group and planning area: pupils forecast less the places there will be.

    Parameters
    ----------
    forecast : array
        Pupils forecast. [pupils]
    existing, added, removed : array
        Places there are, and those planned to be added and removed. [places]

    Returns
    -------
    array
        Never below nought. [places]

    Examples
    --------
    >>> places_needed(np.array([65.0, 50.0]), 60, 0, np.array([0, 5]))
    array([5., 0.])

    References
    ----------
    .. [1] Department for Education, school places scorecards, technical guidance (2025).
    """
    return np.maximum(np.asarray(forecast, float) - (np.asarray(existing, float) + added - removed), 0.0)


def indicated_admission_number(net_capacity, year_groups):
    """Admission number that a net capacity indicates: its equal part for each year group. [pupils]

    Parameters
    ----------
    net_capacity : array
        Net capacity. [places]
    year_groups : array
        Year groups the school has.

    Returns
    -------
    array

    Examples
    --------
    >>> indicated_admission_number(np.array([420.0]), 7)
    array([60.])

    References
    ----------
    .. [1] Department for Education and Skills, Assessing the net capacity of schools, DfES/0739/2001 REV (2002).
    """
    return np.asarray(net_capacity, float) / year_groups


def forms_required(intake):
    """Forms of entry an intake needs, up to the next half form. [forms]

    Parameters
    ----------
    intake : array
        Pupils of one year group. [pupils]

    Returns
    -------
    array

    Examples
    --------
    >>> forms_required(np.array([30, 31, 45, 46, 0]))
    array([1. , 1.5, 1.5, 2. , 0. ])
    """
    return np.ceil(2.0 * np.asarray(intake, float) / rule("form_of_entry")) / 2.0
