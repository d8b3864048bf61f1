"""Five-grade Markov deterioration by construction type.

A component at grade A, B, C or D drops one grade in a year with the probability of its type and stays otherwise; E is
for ever until somebody acts. A surveyed component starts in one grade, so its whole future is one row of a table.
"""

import numpy as np

GRADE_COUNT = 5


def transition_matrices(drop_probability):
    """Yearly transition matrices of many construction types.

    Parameters
    ----------
    drop_probability : array, shape (types, 4)
        Probability a year of A to B, B to C, C to D and D to E. [-]

    Returns
    -------
    array, shape (types, 5, 5)
        Row: grade now; column: grade next year. Rows sum to one. [-]

    Raises
    ------
    ValueError
        If a probability is outside 0 to 1.

    Notes
    -----
    Assumes the chance of dropping depends on the type and the grade only. *Counterexample:* two asphalt roofs of one
    grade, one of them under a blocked gutter.

    Examples
    --------
    >>> transition_matrices(np.array([[0.1, 0.2, 0.5, 1.0]]))[0]
    array([[0.9, 0.1, 0. , 0. , 0. ],
           [0. , 0.8, 0.2, 0. , 0. ],
           [0. , 0. , 0.5, 0.5, 0. ],
           [0. , 0. , 0. , 0. , 1. ],
           [0. , 0. , 0. , 0. , 1. ]])

    References
    ----------
    .. [1] Department for Education, property data survey deterioration model (EC Harris lives, 2016).
    """
    drop = np.asarray(drop_probability, dtype=float)
    if not ((drop >= 0) & (drop <= 1)).all():
        raise ValueError("Yearly probabilities of dropping a grade must lie between 0 and 1.")
    matrices = np.zeros((len(drop), GRADE_COUNT, GRADE_COUNT))
    grade = np.arange(4)
    matrices[:, grade, grade] = 1.0 - drop
    matrices[:, grade, grade + 1] = drop
    matrices[:, 4, 4] = 1.0
    return matrices


def grade_shares(matrices, years):
    """Where a component of each type and starting grade may be after each number of years.

    Parameters
    ----------
    matrices : array, shape (types, 5, 5)
        As ``transition_matrices`` returns them. [-]
    years : int
        Longest forecast.

    Returns
    -------
    array, shape (types, 5, years + 1, 5)
        Probability of each grade (last axis) by type, starting grade and years elapsed. [-]

    Examples
    --------
    >>> shares = grade_shares(transition_matrices(np.array([[0.1, 0.2, 0.5, 1.0]])), 2)
    >>> shares[0, 2, 2]
    array([0.  , 0.  , 0.25, 0.25, 0.5 ])
    """
    shares = np.empty((len(matrices), GRADE_COUNT, years + 1, GRADE_COUNT))
    shares[:, :, 0] = np.eye(GRADE_COUNT)
    for year in range(years):
        shares[:, :, year + 1] = shares[:, :, year] @ matrices
    return shares
