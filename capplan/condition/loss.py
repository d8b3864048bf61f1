"""What poor condition loses, year by year and until the end of the plan, and what acting in a given year avoids.

Three things are counted, in real pounds: yearly patching while a component is at grade C, D or E; the loss when it
fails (arrives at E); and the backlog handed on at the end of the plan. All three are linear in the grade shares, so the
loss to come is a table by type, grade and years left, and each component needs one small product with its own costs.
"""

import numpy as np

from .deterioration import GRADE_COUNT

POOR = np.array([False, False, True, True, True])


def yearly_loss(costs_gbp, reactive_share, failure_multiple, p_de):
    """Expected loss in one year by the grade a component starts the year in.

    Parameters
    ----------
    costs_gbp : array, shape (n, 5)
        Cost of bringing the component to grade A from each grade. [GBP]
    reactive_share : array, shape (n, 5)
        Yearly patching as a share of that cost, by grade. [-]
    failure_multiple : array, shape (n,)
        Loss at failure as a multiple of the cost at grade E. [-]
    p_de : array, shape (n,)
        Yearly probability of failing from grade D. [-]

    Returns
    -------
    array, shape (n, 5)
        Expected loss of the year. [GBP]

    Examples
    --------
    >>> patching = np.array([[0, 0, 0.1, 0.1, 0.2]])
    >>> yearly_loss(np.array([[0, 1, 3, 10, 11.0]]), patching, np.array([2.0]), np.array([0.5]))
    array([[ 0. ,  0. ,  0.3, 12. ,  2.2]])
    """
    loss = costs_gbp * reactive_share
    loss[:, 3] = loss[:, 3] + p_de * failure_multiple * costs_gbp[:, 4]
    return loss


def loss_to_come(shares, types, yearly_gbp, handed_on_gbp, discount_rate, years):
    """Expected discounted loss still to come, by the grade now and the years left.

    Parameters
    ----------
    shares : array, shape (types, 5, at least years + 1, 5)
        As ``deterioration.grade_shares`` returns them. [-]
    types : array of int, shape (n,)
        Type of each component.
    yearly_gbp : array, shape (n, 5)
        Loss of one year by grade at its start. [GBP]
    handed_on_gbp : array, shape (n, 5)
        Loss counted at the end of the plan by grade then. [GBP]
    discount_rate : float
        Real discount rate. [-]
    years : int
        Longest time left.

    Returns
    -------
    array, shape (n, 5, years + 1)
        Loss to come, discounted to now, by grade now and years left. [GBP]

    Examples
    --------
    >>> from capplan.condition.deterioration import grade_shares, transition_matrices
    >>> shares = grade_shares(transition_matrices(np.array([[0.0, 0.0, 0.0, 0.5]])), 2)
    >>> loss_to_come(shares, np.array([0]), np.array([[0, 0, 0, 4, 2.0]]), np.zeros((1, 5)), 0.0, 2)[0, 3]
    array([0., 4., 7.])
    """
    discount = (1.0 + discount_rate) ** -np.arange(years + 1)
    lived = shares[:, :, : years + 1] * discount[:, None]
    summed = np.zeros_like(lived)
    summed[:, :, 1:] = np.cumsum(lived[:, :, :-1], axis=2)
    result = np.empty((len(types), GRADE_COUNT, years + 1))
    for kind in np.unique(types):
        rows = types == kind
        result[rows] = (np.einsum("gyk,nk->ngy", summed[kind], yearly_gbp[rows])
                        + np.einsum("gyk,nk->ngy", lived[kind], handed_on_gbp[rows]))
    return result


def avoided_by_grade(to_come_gbp, matrices, types):
    """Loss avoided by bringing a component to grade A during a year, by the grade it starts that year in.

    The works finish in the summer at the end of the year: the year's own loss is still suffered, and the component
    begins the next year at grade A instead of wherever it would have been.

    Parameters
    ----------
    to_come_gbp : array, shape (n, 5, years + 1)
        As ``loss_to_come`` returns it. [GBP]
    matrices : array, shape (types, 5, 5)
        Yearly transition matrices. [-]
    types : array of int, shape (n,)
        Type of each component.

    Returns
    -------
    array, shape (n, 5, years + 1)
        Loss avoided, discounted to the end of the year of the works, by grade and by years left from then. [GBP]
    """
    untouched = np.empty_like(to_come_gbp)
    for kind in np.unique(types):
        rows = types == kind
        untouched[rows] = np.einsum("gh,nhy->ngy", matrices[kind], to_come_gbp[rows])
    return untouched - to_come_gbp[:, :1]
