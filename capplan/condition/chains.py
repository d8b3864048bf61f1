"""How a component wears, as a chain of hidden states that each show a grade. One form for every deterioration option.

In a year a component either stays (and may grow older in its grade) or drops one grade; grade E is for ever until
somebody acts. The Markov option has one state a grade. The semi-Markov option has one for every year spent in a grade,
so that the chance of dropping can grow with time. Works that change how fast a component wears put it into a second
set of states.
"""

from dataclasses import dataclass

import numpy as np

from .deterioration import GRADE_COUNT

BISECTIONS = 80
LEAST_LOG_SCALE, MOST_LOG_SCALE = -120.0, 7.0


@dataclass(frozen=True)
class Chains:
    """Hidden states of kinds of component.

    ``leave`` (kinds, states): yearly chance of dropping a grade [-]. ``grade`` (states,): grade a state shows, 0 to 4.
    ``stay_to`` and ``drop_to`` (states,): the state after a year without and with a drop. ``seen`` (kinds, 5, states):
    where a component surveyed at a grade may be [-]. ``fresh`` (sets, 5): the state just arrived at a grade; set 0 is
    as surveyed, the others are after works.
    """

    leave: np.ndarray
    grade: np.ndarray
    stay_to: np.ndarray
    drop_to: np.ndarray
    seen: np.ndarray
    fresh: np.ndarray

    @property
    def states(self):
        """Number of hidden states."""
        return len(self.grade)


def hasten(chance, multiple):
    """A yearly chance with its hazard multiplied.

    Parameters
    ----------
    chance : array
        Yearly chance. [-]
    multiple : array or float
        How many times the hazard; 1 leaves the chance as it is. [-]

    Returns
    -------
    array
        ``1 - (1 - chance) ** multiple``, never above 1. [-]

    Examples
    --------
    >>> hasten(np.array([0.0, 0.5, 1.0]), 2.0)
    array([0.  , 0.75, 1.  ])
    """
    return 1.0 - (1.0 - np.asarray(chance, float)) ** multiple


def markov_chains(drop_probability):
    """Chains whose chance of dropping depends on the kind and the grade only.

    Parameters
    ----------
    drop_probability : array, shape (kinds, 4)
        Probability a year of A to B, B to C, C to D and D to E. [-]

    Returns
    -------
    Chains

    Notes
    -----
    Assumes a component forgets how long it has been at a grade. *Counterexample:* a felt roof at grade B for twenty
    years is nearer to C than one that reached B last winter.

    Examples
    --------
    >>> markov_chains(np.array([[0.1, 0.2, 0.5, 1.0]])).leave
    array([[0.1, 0.2, 0.5, 1. , 0. ]])
    """
    drop = _checked(drop_probability)
    leave = np.column_stack([drop, np.zeros(len(drop))])
    seen = np.broadcast_to(np.eye(GRADE_COUNT), (len(drop), GRADE_COUNT, GRADE_COUNT))
    order = np.arange(GRADE_COUNT)
    return Chains(leave, order, order, np.minimum(order + 1, GRADE_COUNT - 1), seen, order[None, :])


def weibull_chains(drop_probability, shape, longest_years):
    """Chains whose stay in a grade follows a Weibull law counted in whole years, with the mean stay of the Markov option.

    Parameters
    ----------
    drop_probability : array, shape (kinds, 4)
        Probability a year of the Markov option; its inverse is the mean stay. [-]
    shape : array, shape (kinds,)
        Weibull shape: 1 is the Markov option, above 1 the chance of dropping grows with the years in a grade. [-]
    longest_years : int
        Years in a grade told apart; after that the chance stays as it is.

    Returns
    -------
    Chains
        With ``4 * longest_years + 1`` states.

    Raises
    ------
    ValueError
        If a probability is outside 0 to 1, a shape is not above 0, or no year is told apart.

    Notes
    -----
    A surveyed component has been at its grade for an unknown time: each time is as likely as components that have
    stayed that long are common in an estate at rest. *Counterexample:* all the windows of a block fitted in one year.

    Examples
    --------
    With shape 2, two years told apart and a mean stay of two years the chance of dropping is 0.32 in the first year and
    0.68 in every later one: 1 + q + q q^3 + ... = 2 where q = 0.68 outlast the first.

    >>> weibull_chains(np.full((1, 4), 0.5), np.array([2.0]), 2).leave.round(2)
    array([[0.32, 0.68, 0.32, 0.68, 0.32, 0.68, 0.32, 0.68, 0.  ]])

    References
    ----------
    .. [1] Nakagawa, T. and Osaki, S. (1975), The discrete Weibull distribution. IEEE Transactions on Reliability R-24.
    """
    drop, shape = _checked(drop_probability), np.asarray(shape, float)
    if longest_years < 1 or not (shape > 0).all():
        raise ValueError("A Weibull stay needs a shape above 0 and at least one year told apart.")
    scale = _weibull_scale(drop, shape, longest_years)
    age = np.arange(longest_years + 1.0)
    at_once = np.isinf(scale)[:, :, None]
    risen = age[None, None, :] ** shape[:, None, None] * np.where(at_once, 0.0, scale[:, :, None])
    leave = np.where(at_once, 1.0, -np.expm1(-np.diff(risen, axis=2)))
    passed = np.where(at_once & (age > 0), np.inf, risen)
    stayed = np.exp(-passed[:, :, :longest_years])
    stayed[:, :, -1] = np.divide(stayed[:, :, -1], leave[:, :, -1], out=np.ones(drop.shape), where=leave[:, :, -1] > 0)
    stayed[drop == 0] = np.eye(longest_years)[0]
    return _by_years_in_grade(leave, stayed / stayed.sum(axis=2, keepdims=True))


def after_works(chains, multiples):
    """Chains with a further set of states for each way of wearing after works.

    Parameters
    ----------
    chains : Chains
    multiples : sequence of float
        Hazard after works, in multiples of the hazard before. [-]

    Returns
    -------
    Chains
        Set ``1 + i`` of ``fresh`` wears ``multiples[i]`` times as fast; grade E is shared.

    Examples
    --------
    >>> after_works(markov_chains(np.array([[0.1, 0.2, 0.5, 0.5]])), [2.0]).leave.round(2)
    array([[0.1 , 0.2 , 0.5 , 0.5 , 0.  , 0.19, 0.36, 0.75, 0.75]])
    """
    base, worn = chains.states, np.flatnonzero(chains.grade < GRADE_COUNT - 1)
    failed = int(np.flatnonzero(chains.grade == GRADE_COUNT - 1)[0])
    for multiple in multiples:
        start = chains.states
        place = np.full(base, failed)
        place[worn] = start + np.arange(len(worn))
        seen = np.concatenate([chains.seen, np.zeros((*chains.seen.shape[:2], len(worn)))], axis=2)
        chains = Chains(np.concatenate([chains.leave, hasten(chains.leave[:, worn], multiple)], axis=1),
                        np.append(chains.grade, chains.grade[worn]), np.append(chains.stay_to, place[chains.stay_to[worn]]),
                        np.append(chains.drop_to, place[chains.drop_to[worn]]), seen,
                        np.vstack([chains.fresh, place[chains.fresh[0]]]))
    return chains


def years_to_fail(chains):
    """Expected years until a component surveyed at each grade reaches grade E.

    Parameters
    ----------
    chains : Chains

    Returns
    -------
    array, shape (kinds, 5)
        Zero at E; infinite where a grade is never left. [years]

    Examples
    --------
    >>> years_to_fail(markov_chains(np.array([[0.1, 0.2, 0.5, 1.0]])))
    array([[18.,  8.,  3.,  1.,  0.]])
    """
    life = np.zeros(chains.leave.shape)
    for state in np.argsort(-chains.grade.astype(float) * chains.states - np.arange(chains.states), kind="stable"):
        leave, stay = chains.leave[:, state], chains.stay_to[state]
        if chains.grade[state] == GRADE_COUNT - 1:
            continue
        after = leave * np.where(leave > 0, life[:, chains.drop_to[state]], 0.0)
        if stay == state:
            life[:, state] = np.divide(1.0 + after, leave, out=np.full(len(leave), np.inf), where=leave > 0)
        else:
            life[:, state] = 1.0 + after + np.where(leave < 1, (1.0 - leave) * life[:, stay], 0.0)
    with np.errstate(invalid="ignore"):
        held = np.where(chains.seen > 0, chains.seen * life[:, None, :], 0.0)
    return held.sum(axis=2)


def _checked(drop_probability):
    drop = np.asarray(drop_probability, dtype=float)
    if not ((drop >= 0) & (drop <= 1)).all():
        raise ValueError("Yearly probabilities of dropping a grade must lie between 0 and 1.")
    return drop


def _weibull_scale(drop, shape, longest_years):
    """Scale ``c`` such that the stays with survival ``exp(-c * years ** shape)`` have the mean ``1 / drop``.

    Halved until it is found; after the longest years told apart the chance stays as it is, in the mean as in the chains.
    """
    power = np.broadcast_to(shape[:, None], drop.shape)[:, :, None]
    years = np.arange(longest_years + 1.0)
    wanted = np.divide(1.0, drop, out=np.full(drop.shape, np.inf), where=drop > 0)
    low, high = np.full(drop.shape, LEAST_LOG_SCALE), np.full(drop.shape, MOST_LOG_SCALE)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        risen = np.exp(middle)[:, :, None] * years ** power
        stays = np.exp(-risen[:, :, :-1])
        stays[:, :, -1] /= -np.expm1(risen[:, :, -2] - risen[:, :, -1])
        longer = stays.sum(axis=2) > wanted
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    exact = -np.log1p(-np.where(drop < 1, drop, 0.0))
    found = np.where(power[:, :, 0] == 1.0, exact, np.exp(high))
    return np.where(drop == 0, 0.0, np.where(drop == 1, np.inf, found))


def _by_years_in_grade(leave, stayed):
    """Chains from chances of dropping, and how common each stay is, both of shape (kinds, 4, years in grade)."""
    kinds, grades, longest = leave.shape
    failed = grades * longest
    grade, age = np.divmod(np.arange(failed), longest)
    stay_to = np.append(np.where(age < longest - 1, np.arange(failed) + 1, np.arange(failed)), failed)
    drop_to = np.append((grade + 1) * longest, failed)
    seen = np.zeros((kinds, GRADE_COUNT, failed + 1))
    for shown in range(grades):
        seen[:, shown, shown * longest:(shown + 1) * longest] = stayed[:, shown]
    seen[:, 4, failed] = 1.0
    return Chains(np.column_stack([leave.reshape(kinds, failed), np.zeros(kinds)]), np.append(grade, GRADE_COUNT - 1),
                  stay_to, drop_to, seen, (np.arange(GRADE_COUNT) * longest)[None, :])
