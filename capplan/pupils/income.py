"""What pupils bring: the general annual grant of a year later, its floor by pupil, and what schools lose as rolls fall."""

import numpy as np


def lagged(pupils, before):
    """Pupils that a year is paid for: those of the October before the year began.

    Parameters
    ----------
    pupils : array, shape (years, schools)
        Pupils counted in the October of each planning year. [pupils]
    before : array, shape (schools,)
        Pupils counted in the October before the first of them. [pupils]

    Returns
    -------
    array, shape (years, schools)
        [pupils]

    Notes
    -----
    A fall seen in one October comes out of income from the September after. *Counterexample:* a new school, paid on
    estimates that are corrected later.

    Examples
    --------
    >>> lagged(np.array([[200.0], [190.0]]), np.array([210.0]))
    array([[210.],
           [200.]])

    References
    ----------
    .. [1] Department for Education, Academies funded on estimates (2016, 2019): the others are funded on the census of the
       October before.
    """
    counted = np.asarray(pupils, float)
    return np.concatenate([np.asarray(before, float)[None, :], counted[:-1]])


def annual_grant(pupils, per_pupil_gbp, lump_sum_gbp, minimum_per_pupil_gbp):
    """General annual grant of a school: lump sum and pupils, at least the minimum by pupil (nominal). [GBP]

    Parameters
    ----------
    pupils : array
        Pupils that the year is paid for. [pupils]
    per_pupil_gbp, lump_sum_gbp : array
        Rate for each pupil with additional needs shared over them, and lump sum. [GBP]
    minimum_per_pupil_gbp : array
        Least grant for each pupil. [GBP]

    Returns
    -------
    array

    Notes
    -----
    Assumes that what a school has for additional needs moves with its pupils. *Counterexample:* the pupils who leave are
    those without any.

    Examples
    --------
    >>> annual_grant(np.array([200.0, 500.0]), 4500.0, 150000.0, 4955.0)
    array([1050000., 2477500.])
    """
    heads = np.asarray(pupils, float)
    return np.maximum(lump_sum_gbp + heads * per_pupil_gbp, heads * minimum_per_pupil_gbp)


def number_adjustment(estimated, counted, per_pupil_gbp):
    """What a school paid on estimates is paid later, or pays back below nought (nominal). [GBP]

    Parameters
    ----------
    estimated, counted : array
        Pupils of the estimate that was paid, and of the October census of the same year. [pupils]
    per_pupil_gbp : array
        Rate for each pupil. [GBP]

    Returns
    -------
    array

    Examples
    --------
    >>> number_adjustment(np.array([100.0, 100.0]), np.array([110.0, 95.0]), 5000.0)
    array([ 50000., -25000.])

    References
    ----------
    .. [1] Department for Education, Academies funded on estimates: the pupil number adjustment.
    """
    return (np.asarray(counted, float) - estimated) * per_pupil_gbp


def margin_of_a_pupil(per_pupil_gbp, pupil_cost_gbp):
    """What one pupil less takes from a school's surplus while its classes stay as they are (nominal). [GBP]

    Parameters
    ----------
    per_pupil_gbp, pupil_cost_gbp : array
        What a pupil brings, and what a pupil costs in materials and the like. [GBP]

    Returns
    -------
    array

    Examples
    --------
    >>> margin_of_a_pupil(np.array([5200.0]), 300.0)
    array([4900.])
    """
    return np.asarray(per_pupil_gbp, float) - pupil_cost_gbp


def change_of_surplus(income_change_gbp, class_change_gbp, pupils_change, pupil_cost_gbp):
    """What other pupil numbers than budgeted do to a school's surplus (nominal). [GBP]

    Parameters
    ----------
    income_change_gbp : array
        Change of the grant. [GBP]
    class_change_gbp : array
        Cost of classes beyond those budgeted. [GBP]
    pupils_change : array
        Pupils on roll in the year beyond those budgeted. [pupils]
    pupil_cost_gbp : array
        Cost of a pupil apart from classes. [GBP]

    Returns
    -------
    array
        Below nought: a deficit that falling rolls make.

    Examples
    --------
    Ten pupils fewer: their income is lost, their materials are saved, and no class closes.

    >>> change_of_surplus(np.array([-52000.0]), np.array([0.0]), np.array([-10.0]), 300.0)
    array([-49000.])
    """
    return np.asarray(income_change_gbp, float) - class_change_gbp - np.asarray(pupils_change, float) * pupil_cost_gbp
