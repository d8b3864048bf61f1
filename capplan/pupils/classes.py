"""Classes: how many a school has to run, the legal limit on infant classes, and what a step up or down costs."""

import numpy as np

from .places import rule

INFANT_YEARS = (0, 1, 2)
"""Reception, year 1 and year 2."""


def infant_class_most():
    """Most pupils for each teacher in an infant class. [pupils]

    References
    ----------
    .. [1] School Admissions (Infant Class Sizes) (England) Regulations 2012, SI 2012/10, regulation 4.
    """
    return int(rule("infant_class_most"))


def classes_by_year_group(pupils, most):
    """Classes of one year group each. [classes]

    Parameters
    ----------
    pupils : array
        Pupils of each year group, those excepted by law left out. [pupils]
    most : int or array
        Most pupils of a class. [pupils]

    Returns
    -------
    array of int

    Notes
    -----
    A thirty-first pupil is a second class. *Counterexample:* a pupil the law excepts, who is not to be counted here.

    Examples
    --------
    >>> classes_by_year_group(np.array([0, 30, 31, 60]), 30)
    array([0, 1, 2, 2])
    """
    heads = np.asarray(pupils, float)
    return np.ceil(np.round(heads, 6) / most).astype(int)


def classes_together(pupils, most, axis=-1):
    """Fewest classes that hold several year groups where ages may be mixed. [classes]

    Parameters
    ----------
    pupils : array
        Pupils, year groups along ``axis``. [pupils]
    most : int
        Most pupils of a class. [pupils]
    axis : int
        Axis of the year groups.

    Returns
    -------
    array of int

    Examples
    --------
    Three year groups of 22 need three classes by age, and three together; three of 20 need two together.

    >>> classes_by_year_group(np.array([22, 22, 22]), 30).sum().item(), classes_together(np.array([22, 22, 22]), 30).item()
    (3, 3)
    >>> classes_together(np.array([20, 20, 20]), 30).item()
    2
    """
    return classes_by_year_group(np.asarray(pupils, float).sum(axis=axis), most)


def infant_classes(pupils, year_groups, mixed=False):
    """Infant classes of a school: each year group by itself, or together where ages are mixed. [classes]

    Parameters
    ----------
    pupils : array, shape (..., year groups)
        Pupils by year group. [pupils]
    year_groups : sequence of int
        Year group of each column; 0: reception.
    mixed : bool
        Whether a class may hold more than one year group.

    Returns
    -------
    array of int, shape (...)

    Examples
    --------
    >>> infant_classes(np.array([31, 30, 29, 40]), [0, 1, 2, 3]).item()
    4
    """
    columns = [place for place, year in enumerate(year_groups) if year in INFANT_YEARS]
    heads, most = np.asarray(pupils, float)[..., columns], infant_class_most()
    return classes_together(heads, most) if mixed else classes_by_year_group(heads, most).sum(axis=-1)


def classes_of_school(pupils, year_groups, class_size, mixed=False):
    """Classes of a whole school: infants by the legal limit, the others by the school's own size. [classes]

    Parameters
    ----------
    pupils : array, shape (..., year groups)
        Pupils by year group. [pupils]
    year_groups : sequence of int
        Year group of each column; 0: reception.
    class_size : float
        Size of class the school staffs for beyond year 2. [pupils]
    mixed : bool
        Whether ages may be mixed.

    Returns
    -------
    array of int, shape (...)

    Notes
    -----
    Assumes that a year group is taught in classes of its own. *Counterexample:* option groups of years 10 to 13, which
    follow subjects.

    Examples
    --------
    >>> classes_of_school(np.array([31, 30, 32]), [1, 2, 3], 32).item()
    4
    """
    later = [place for place, year in enumerate(year_groups) if year not in INFANT_YEARS]
    heads = np.asarray(pupils, float)[..., later]
    others = classes_together(heads, class_size) if mixed else classes_by_year_group(heads, class_size).sum(axis=-1)
    return infant_classes(pupils, year_groups, mixed) + others


def class_step_cost(classes, classes_budgeted, class_gbp):
    """What classes beyond those budgeted cost, or fewer save (nominal). [GBP]

    Parameters
    ----------
    classes, classes_budgeted : array
        Classes to be run, and those that the budget pays for. [classes]
    class_gbp : array
        Yearly cost of a class. [GBP]

    Returns
    -------
    array
        Below nought where classes are saved.

    Notes
    -----
    Cost follows classes, not pupils: a school that loses five pupils of each year group loses their income and saves
    nothing. *Counterexample:* a school that shares a teacher between two half classes.

    Examples
    --------
    >>> class_step_cost(np.array([7, 6]), 7, 65000.0)
    array([     0., -65000.])
    """
    return (np.asarray(classes, float) - classes_budgeted) * class_gbp
