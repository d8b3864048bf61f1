"""Repeat surveys as counts, and what they say: the likelihood of a pair of grades some years apart, and its slope.

A pair of surveys tells the grade before and the grade after. When it dropped, and how often in between, nobody saw: its
probability is one entry of a power of the yearly transition matrix, or a sum of entries where surveyors err.
"""

from dataclasses import dataclass

import numpy as np

from .deterioration import GRADE_COUNT, grade_shares, transition_matrices

MONTHS_PER_YEAR = 12
STEPS = GRADE_COUNT - 1
# Limits of arithmetic, not of condition: nearer to 0 and 1 than these, the hazard cannot be told from none or certainty.
LEAST_HAZARD, MOST_HAZARD = 1e-9, 20.0
CERTAIN = 0.99
"""A published probability of one cannot be moved by any evidence; it is read as this as soon as there is some."""
TRUE_SHARE_STEPS = 100


@dataclass(frozen=True)
class Groups:
    """Pairs of surveys counted by type and gap: ``counts`` has shape (groups, 5 grades seen before, 5 seen after).

    The gap is ``whole`` years and ``part`` of a year; ``true_given_seen`` (types, 5, 5) and ``confusion`` (5, 5) say how
    surveyors err.
    """

    kind: np.ndarray
    whole: np.ndarray
    part: np.ndarray
    counts: np.ndarray
    true_given_seen: np.ndarray
    confusion: np.ndarray


def drop_from(hazard):
    """Yearly probability of dropping, from its hazard ``-log(1 - p)``; never exactly 0 or 1. [-]"""
    return -np.expm1(-np.clip(hazard, LEAST_HAZARD, MOST_HAZARD))


def months_of(years):
    """Gaps to the nearest month, which is all a survey date is worth. [months]"""
    return np.rint(np.asarray(years, dtype=float) * MONTHS_PER_YEAR).astype(int)


def information_per_year(hazard):
    """What a year of watching one component tells of the logarithm of its hazard. [-]"""
    drop = drop_from(hazard)
    return hazard ** 2 * (1.0 - drop) / drop


def checked_prior(prior_drop, element):
    """Published probabilities and the element of each type as arrays; ValueError where they cannot be."""
    prior = np.asarray(prior_drop, dtype=float)
    if prior.ndim != 2 or prior.shape[1] != STEPS or not ((prior > 0) & (prior <= 1)).all():
        raise ValueError("Published probabilities must have shape (types, 4) and lie above 0 and at most at 1.")
    element = np.zeros(len(prior), int) if element is None else np.asarray(element, dtype=int)
    if element.shape != (len(prior),) or (element < 0).any():
        raise ValueError("Each type needs one element, numbered from 0.")
    return prior, element


def checked_strength(prior_strength_years, *spreads):
    """The strength of the published figures as an array; ValueError where it or a spread is negative or unknown. [years]"""
    if not all(np.isfinite(spread) and spread >= 0 for spread in spreads):
        raise ValueError("The spread of a multiplier must be zero or more.")
    strength = np.asarray(prior_strength_years, dtype=float)
    if not (np.isfinite(strength) & (strength >= 0)).all():
        raise ValueError("The strength of the published figures must be zero or more years.")
    return strength


def _checked_confusion(confusion):
    matrix = np.eye(GRADE_COUNT) if confusion is None else np.asarray(confusion, dtype=float)
    if matrix.shape != (GRADE_COUNT, GRADE_COUNT) or (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1.0):
        raise ValueError("A confusion matrix has 5 x 5 shares, and each row sums to one.")
    return matrix


def grouped(kind, before, after, years, prior, element, confusion):
    """Pairs counted by type and gap, and how many were left out because they cannot happen.

    Parameters
    ----------
    kind, before, after, years, element, confusion
        As for ``learning.fit_transitions``.
    prior : array, shape (types, 4)
        Published probabilities. [-]

    Returns
    -------
    tuple of (Groups, dict)
        The dict counts pairs by the reason they were left out.

    Raises
    ------
    ValueError
        If shapes differ or a value is outside its range.
    """
    kind, before, after = (np.asarray(values, dtype=int) for values in (kind, before, after))
    years, matrix = np.asarray(years, dtype=float), _checked_confusion(confusion)
    if not (kind.shape == before.shape == after.shape == years.shape == (len(kind),)):
        raise ValueError("Each pair of surveys needs one type, two grades and one gap.")
    for values, most in ((before, STEPS), (after, STEPS), (kind, len(prior) - 1)):
        if len(values) and not (values.min() >= 0 and values.max() <= most):
            raise ValueError(f"Grades must be 0 to {STEPS} and types 0 to {len(prior) - 1}.")
    if not (np.isfinite(years).all() and (months_of(years) >= 1).all()):
        raise ValueError("Years between two surveys must be at least half a month.")
    place, group = np.unique(np.stack([kind, months_of(years)]), axis=1, return_inverse=True)
    counts = np.zeros((place.shape[1], GRADE_COUNT, GRADE_COUNT))
    np.add.at(counts, (group.ravel(), before, after), 1.0)
    whole, part = np.divmod(place[1], MONTHS_PER_YEAR)
    truth = _true_given_seen(matrix, np.bincount(element[kind] * GRADE_COUNT + before,
                                                 minlength=GRADE_COUNT * (element.max(initial=0) + 1)))
    groups = Groups(place[0], whole, part / MONTHS_PER_YEAR, counts, truth[element], matrix)
    shares, _ = _seen_shares(groups, hazard_of(prior))
    lost, grade = counts * (shares <= 0.0), np.arange(GRADE_COUNT)
    better = grade[:, None] > grade
    left_out = {"better than before": int(lost[:, better].sum()), "more drops than years": int(lost[:, ~better].sum())}
    return Groups(groups.kind, whole, groups.part, counts - lost, groups.true_given_seen, matrix), left_out


def _true_given_seen(confusion, seen):
    """Probability of each true grade by grade seen, by element; the true shares are those that explain what was seen."""
    seen = seen.reshape(-1, GRADE_COUNT) + 1.0 / GRADE_COUNT
    if (confusion == np.eye(GRADE_COUNT)).all():
        return np.broadcast_to(confusion, (len(seen), GRADE_COUNT, GRADE_COUNT))
    seen = seen / seen.sum(axis=1, keepdims=True)
    shares = seen.copy()
    for _ in range(TRUE_SHARE_STEPS):
        expected = np.maximum(shares @ confusion, LEAST_HAZARD)
        shares = shares * ((seen / expected) @ confusion.T)
    joint = np.swapaxes(shares[:, :, None] * confusion, 1, 2)
    total = joint.sum(axis=2, keepdims=True)
    return np.where(total > 0, joint / np.where(total > 0, total, 1.0), np.eye(GRADE_COUNT))


def hazard_of(prior):
    """Published hazards; certainty is read as ``CERTAIN``. [-]"""
    return -np.log1p(-np.minimum(prior, CERTAIN))


def _seen_shares(groups, hazard, slopes=False):
    """Probability of each grade seen later, by group and grade seen before, and its slope in each log hazard."""
    drop, most = drop_from(hazard), int(groups.whole.max(initial=0)) + 1
    matrices = transition_matrices(drop)
    powers = np.moveaxis(grade_shares(matrices, most), 2, 0)
    part = groups.part[:, None, None]
    truth = None if (groups.confusion == np.eye(GRADE_COUNT)).all() else groups.true_given_seen[groups.kind]

    def seen(power):
        """Chances of what the later survey records, from powers of the yearly matrices."""
        later = power[groups.whole, groups.kind]
        if part.any():
            later = later + part * (power[groups.whole + 1, groups.kind] - later)
        return later if truth is None else truth @ later @ groups.confusion

    if not slopes:
        return seen(powers), None
    by_step = []
    for grade in range(STEPS):
        change = np.zeros_like(matrices)
        change[:, grade, grade + 1] = hazard[:, grade] * (1.0 - drop[:, grade])
        change[:, grade, grade] = -change[:, grade, grade + 1]
        slope = np.zeros_like(powers)
        for year in range(most):
            slope[year + 1] = slope[year] @ matrices + powers[year] @ change
        by_step.append(seen(slope))
    return seen(powers), np.stack(by_step, axis=1)


def evidence(groups, hazard):
    """What the pairs say of the hazards.

    Parameters
    ----------
    groups : Groups
        As ``grouped`` returns them.
    hazard : array, shape (types, 4)
        Yearly hazards. [-]

    Returns
    -------
    tuple of (float, array, array)
        Log likelihood; its slope in each log hazard, shape (types, 4); and the expected information on them, shape
        (types, 4, 4). [-]

    Notes
    -----
    The likelihood is conditional on the grades seen before, so it says nothing of how the estate came to be as it was.

    References
    ----------
    .. [1] Kalbfleisch, J. D. and Lawless, J. F. (1985), The analysis of panel data under a Markov assumption, Journal of the
       American Statistical Association 80(392), 863-871.
    """
    shares, slopes = _seen_shares(groups, hazard, slopes=True)
    possible = shares > 0.0
    safe = np.where(possible, shares, 1.0)
    shape = (len(groups.kind), STEPS, GRADE_COUNT * GRADE_COUNT)
    value = float((groups.counts * np.log(safe)).sum())
    flat = slopes.reshape(shape)
    score, information = np.zeros((len(hazard), STEPS)), np.zeros((len(hazard), STEPS, STEPS))
    np.add.at(score, groups.kind, np.einsum("ngk,nk->ng", flat, (groups.counts / safe).reshape(-1, shape[2])))
    weight = (groups.counts.sum(axis=2, keepdims=True) / safe * possible).reshape(-1, 1, shape[2])
    np.add.at(information, groups.kind, (flat * weight) @ np.swapaxes(flat, 1, 2))
    return value, score, information
