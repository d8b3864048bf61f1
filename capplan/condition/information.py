"""What a new survey would be worth: the better decisions it may lead to, and which block to survey next.

A survey is worth something only where what it may find would change what is done. Before it, the decision that is best
on average is taken; after it, the one that is best for the grade recorded. The worth is the mean difference of the two.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import DataError, Fault
from .deterioration import GRADE_COUNT

MOST_OUTCOMES = GRADE_COUNT**6
"""Groups with at most this many possible records (six units of five grades) are worked out exactly, outcome by outcome."""
ROUNDING = 1e-12
"""Gains closer than this share of the largest are one and the same: a limit of arithmetic."""
DAYS_PER_YEAR = 365.25
CHANGES_NOTHING = "no survey can change this choice"
NEVER = "never surveyed"
SURVEY_COLUMNS = ("block_id", "worth_gbp", "cost_gbp", "can_change", "last_survey", "modelled_share", "backlog_gbp")


@dataclass(frozen=True)
class SurveyValue:
    """Worth of surveying each unit by itself, all in one order. Money has shape (n,). [GBP]

    ``now_gbp`` is the mean gain of the best decision without a survey, ``with_survey_gbp`` that of deciding after one and
    ``worth_gbp`` the difference, exactly zero unless ``can_change``. ``perfect_gbp`` is the worth of knowing the grade for
    certain. ``best_now`` (n,) and ``best_if_seen`` (n, 5) number the decisions; the latter by the grade recorded.
    """

    now_gbp: np.ndarray
    with_survey_gbp: np.ndarray
    worth_gbp: np.ndarray
    perfect_gbp: np.ndarray
    can_change: np.ndarray
    best_now: np.ndarray
    best_if_seen: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class GroupSurveyValue:
    """Worth of surveying the units of each group, for which one decision is taken. Shapes (groups,), in order of ``groups``.

    As ``SurveyValue``; ``most_gbp`` is what no survey can exceed: every grade known and every unit decided by itself.
    ``standard_error_gbp`` is that of ``worth_gbp`` where it was sampled, zero where ``exact``. All draws of one call share
    their random numbers, so errors of two groups may point the same way: add them, not their squares.
    """

    groups: np.ndarray
    now_gbp: np.ndarray
    with_survey_gbp: np.ndarray
    worth_gbp: np.ndarray
    standard_error_gbp: np.ndarray
    perfect_gbp: np.ndarray
    most_gbp: np.ndarray
    can_change: np.ndarray
    exact: np.ndarray
    best_now: np.ndarray


def value_of_survey(probability, net_gain_gbp, seen_as=None):
    """What a survey of each unit is worth, where each is decided by itself.

    Parameters
    ----------
    probability : array, shape (n, 5)
        Chance that the unit is at grade A to E now; rows sum to one. [-]
    net_gain_gbp : array, shape (n, decisions, 5)
        Gain less cost of each decision by the true grade; the first is to do nothing. [GBP]
    seen_as : array, shape (5, 5), optional
        Chance that a unit of one grade (row) is recorded at another (column); rows sum to one. Left out: a survey that is
        never wrong. [-]

    Returns
    -------
    SurveyValue

    Raises
    ------
    ValueError
        If shapes differ, chances are not chances, or a gain is not finite.

    Notes
    -----
    The cost of the survey is not in it. Assumes that whoever decides takes the larger mean gain. *Counterexample:* a
    governor who will not have a roof at grade D at any price. Assumes that the chances before the survey are right.
    *Counterexample:* a surveyed grade ten years old and a roof renewed since. Among equal decisions the first stands, and
    after a survey the one that was best before it; at a record that cannot happen too.

    Examples
    --------
    A unit at B or D, as likely; works cost 60 and save 100 if it is at D, so a survey saves the 60 at B half the time.

    >>> gains = np.array([[[0, 0, 0, 0, 0], [-60, -60, -20, 40, 40.0]]])
    >>> survey = value_of_survey(np.array([[0, 0.4, 0, 0.6, 0]]), gains)
    >>> survey.now_gbp, survey.worth_gbp, survey.best_now, survey.best_if_seen
    (array([0.]), array([24.]), array([0]), array([[0, 0, 0, 1, 0]]))

    References
    ----------
    .. [1] Raiffa, H. and Schlaifer, R., Applied Statistical Decision Theory. Harvard University, Boston, 1961, chapter 4.
    .. [2] Blackwell, D., Equivalent comparisons of experiments. Annals of Mathematical Statistics 24(2), 1953, 265-272.
       doi:10.1214/aoms/1177729032
    """
    probability, gain, seen_as = _checked(probability, net_gain_gbp, seen_as)
    slack = ROUNDING * np.abs(gain).max(axis=(1, 2))
    mean = np.einsum("ni,ndi->nd", probability, gain)
    best = _first_best(mean, slack)
    recorded = np.einsum("ni,ij,ndi->ndj", probability, seen_as, gain)
    missed = _missed(recorded, best, slack)
    now, worth = mean[np.arange(len(best)), best], missed.sum(axis=1)
    after = np.where(missed > 0, recorded.argmax(axis=1), best[:, None])
    perfect = _missed(probability[:, None] * gain, best, slack).sum(axis=1)
    return SurveyValue(now, now + worth, worth, perfect, worth > 0, best, after)


def value_of_group_survey(group, probability, net_gain_gbp, seen_as=None, draws=20_000, seed=0):
    """What a survey of all units of a group is worth, where one decision is taken for the whole group.

    Parameters
    ----------
    group : array, shape (n,)
        Group of each unit: the need it belongs to.
    probability : array, shape (n, 5)
        Chance that the unit is at grade A to E now. [-]
    net_gain_gbp : array, shape (n, decisions, 5)
        Gain less cost of each decision by the unit's true grade; the group's is the sum over its units. [GBP]
    seen_as : array, shape (5, 5), optional
        As for ``value_of_survey``. [-]
    draws : int
        Surveys drawn for a group with more than ``MOST_OUTCOMES`` possible records.
    seed : int or SeedSequence
        The same seed gives the same draws.

    Returns
    -------
    GroupSurveyValue

    Raises
    ------
    ValueError
        As ``value_of_survey``, and if there are fewer than two draws.

    Notes
    -----
    Records of a group multiply, so groups of few are enumerated and larger ones sampled. Each draw is of what the survey
    records, its gain being the mean given the record, and only the gain missed by keeping to the best decision of today is
    averaged: no difference of two noisy means. Whether any record changes the choice is found exactly even so, from each
    unit's most favourable record for each other decision. Unit k of every group meets the same random numbers, whatever
    other groups there are and whatever the gains: two scenarios differ by their gains and not by luck.

    The sum of the units' own worths would be no bound: two units whose decisions are certain one by one can leave the
    group's in doubt. ``most_gbp`` is one. Where sampled, ``worth_gbp`` may pass ``perfect_gbp`` by its standard error.

    Assumes that units of a group differ by chance, one by one. *Counterexample:* two halves of one flat roof, laid in one
    week; a survey of the first then tells of the second, and the worth of both is larger than given here.

    Examples
    --------
    >>> gains = np.array([[[0, 0, 0, 0, 0], [-60, -60, -20, 40, 40.0]]] * 2)
    >>> survey = value_of_group_survey(np.array(["roof", "roof"]), np.array([[0, 0.4, 0, 0.6, 0]] * 2), gains)
    >>> survey.worth_gbp.round(1), survey.most_gbp.round(1), survey.exact
    (array([28.8]), array([48.]), array([ True]))
    """
    probability, gain, seen_as = _checked(probability, net_gain_gbp, seen_as)
    labels, member = np.unique(np.asarray(group), return_inverse=True)
    if len(member) != len(probability) or draws < 2:
        raise ValueError("Each unit needs one group, and a mean at least two draws.")
    rows = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1]) if len(member) else []
    uniform = _Uniform(seed, draws)
    values = [_group(probability[own], gain[own], seen_as, uniform) for own in rows]
    columns = [np.array(column) for column in zip(*values, strict=True)] if values else [np.empty(0)] * 8
    now, worth = columns[:2]
    return GroupSurveyValue(labels, now, now + worth, *columns[1:])


class _Uniform:
    """Random numbers of unit k of every group: the same whatever other units and groups there are."""

    def __init__(self, seed, draws):
        own = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        self._entropy, self._key, self._draws, self._rows = own.entropy, own.spawn_key, draws, {}

    def row(self, unit):
        """The numbers of one unit, drawn when first asked for."""
        if unit not in self._rows:
            stream = np.random.SeedSequence(self._entropy, spawn_key=(*self._key, unit))
            self._rows[unit] = np.random.default_rng(stream).random(self._draws)
        return self._rows[unit]


def _group(probability, gain, seen_as, uniform):
    """now, worth, its standard error, worth of perfect information, the bound, can it change, exact, best decision."""
    slack = ROUNDING * np.abs(gain).max(axis=(1, 2)).sum()
    mean = np.einsum("ni,ndi->d", probability, gain)
    best = int(_first_best(mean[None], np.array([slack]))[0])
    over = gain - gain[:, best, None]
    chance = probability @ seen_as
    recorded = np.einsum("ni,ij,ndi->ndj", probability, seen_as, over)
    shown = np.divide(recorded, chance[:, None], out=np.zeros_like(recorded), where=chance[:, None] > 0)
    can_change = bool((_most_favourable(chance, shown) > slack).any())
    perfect, exact, most = (0.0, 0.0), True, 0.0
    if (_most_favourable(probability, over) > slack).any():
        most = max(float((probability * gain.max(axis=1)).sum() - mean[best]), 0.0)
        exact = max(_records(chance), _records(probability)) <= MOST_OUTCOMES
        weigh = _enumerated if exact else _sampled
        perfect = weigh(probability, over, slack, uniform)
    if np.array_equal(seen_as, np.eye(GRADE_COUNT)):
        worth, error = perfect
    else:
        worth, error = weigh(chance, shown, slack, uniform) if can_change else (0.0, 0.0)
    return mean[best], worth, error, perfect[0], most, can_change, exact, best


def _records(chance):
    """How many records of a group are possible."""
    return float(np.prod((chance > 0).sum(axis=1), dtype=float))


def _most_favourable(chance, over):
    """For each decision, how far the record most in its favour puts it ahead of the best one of today. [GBP]"""
    return np.where(chance[:, None] > 0, over, -np.inf).max(axis=2).sum(axis=0)


def _enumerated(chance, over, slack, _):
    """Mean gain missed without the survey, over every possible record; and no error."""
    total, weight = np.zeros((1, over.shape[1])), np.ones(1)
    for own, gains in zip(chance, over, strict=True):
        seen = np.flatnonzero(own > 0)
        total = (total[:, None] + gains[:, seen].T).reshape(-1, total.shape[1])
        weight = np.outer(weight, own[seen]).ravel()
    missed = total.max(axis=1)
    return float(weight @ np.where(missed > slack, missed, 0.0)), 0.0


def _sampled(chance, over, slack, uniform):
    """Mean gain missed without the survey over drawn records, and its standard error."""
    total = 0.0
    for unit, (own, gains) in enumerate(zip(chance, over, strict=True)):
        seen = np.flatnonzero(own > 0)
        drawn = np.searchsorted(np.cumsum(own[seen])[:-1], uniform.row(unit), side="right")
        total = total + gains[:, seen].T[drawn]
    missed = total.max(axis=1)
    missed = np.where(missed > slack, missed, 0.0)
    return float(missed.mean()), float(missed.std(ddof=1) / np.sqrt(len(missed)))


def _checked(probability, gain, seen_as):
    probability, gain = np.asarray(probability, dtype=float), np.asarray(gain, dtype=float)
    seen_as = np.eye(GRADE_COUNT) if seen_as is None else np.asarray(seen_as, dtype=float)
    if probability.ndim != 2 or probability.shape[1] != GRADE_COUNT or gain.ndim != 3 or gain.shape[1] < 1 or (
            gain.shape[0], gain.shape[2]) != probability.shape or seen_as.shape != (GRADE_COUNT, GRADE_COUNT):
        raise ValueError("Chances have shape (n, 5), gains (n, decisions, 5), and what is recorded (5, 5).")
    for chances in (probability, seen_as):
        if not ((chances >= 0).all() and np.allclose(chances.sum(axis=1), 1.0)):
            raise ValueError("Chances lie between 0 and 1, and each row sums to one.")
    if not np.isfinite(gain).all():
        raise ValueError("Every decision needs a gain at every grade.")
    return probability, gain, seen_as


def _first_best(mean, slack):
    """The first decision whose mean gain no other exceeds, by row."""
    return (mean >= mean.max(axis=1, keepdims=True) - slack[:, None]).argmax(axis=1)


def _missed(recorded, best, slack):
    """Gain missed by keeping to the best decision of today, by record, weighted by its chance: (n, 5), never negative."""
    kept = np.take_along_axis(recorded, best[:, None, None], axis=1)[:, 0]
    missed = recorded.max(axis=1) - kept
    return np.where(missed > slack[:, None], missed, 0.0)


def survey_next(blocks, on, longest_years):
    """The order in which to survey blocks, and why.

    An estates manager has money for a few surveys and a duty to make the rest in time. First come the blocks whose survey
    pays for itself, by what it leaves over: these can be argued for on their own. Then those never surveyed, largest
    backlog first: all that is said of them is modelled, and the guidance is not met. Then those surveyed too long ago, the
    oldest first. Last the others, by how nearly they pay; of these, where no survey can change the choice, do nothing.
    A reason names everything that speaks for the block, the one that placed it first.

    Parameters
    ----------
    blocks : DataFrame
        One row per block: ``block_id``, ``worth_gbp`` and ``cost_gbp`` of a survey [GBP], ``can_change`` (whether it can
        change a choice), ``last_survey`` (blank: never), ``modelled_share`` of the backlog [-], ``backlog_gbp`` [GBP].
    on : Timestamp
        The day of the question.
    longest_years : float
        Longest time between surveys that the guidance allows. [years]

    Returns
    -------
    DataFrame
        ``block_id``, ``rank`` (from 1), ``worth_gbp``, ``cost_gbp``, ``net_gbp``, ``age_years`` (of the last survey),
        ``backlog_gbp`` and ``reason``, in order; equals by ``block_id``.

    Raises
    ------
    DataError
        With every blank, negative or doubled entry.
    ValueError
        If a column is missing or the longest time is not positive.

    Notes
    -----
    A survey is counted for one block at a time. *Counterexample:* one visit to a site of six blocks, cheaper than six.

    Examples
    --------
    >>> blocks = pd.DataFrame({"block_id": ["Hall", "Lab"], "worth_gbp": [0.0, 5200.0], "cost_gbp": [900.0, 1200.0],
    ...                        "can_change": [False, True], "modelled_share": [0.0, 0.0], "backlog_gbp": [4e4, 9e4],
    ...                        "last_survey": pd.to_datetime(["2024-03-01", "2019-03-01"])})
    >>> order = survey_next(blocks, pd.Timestamp("2026-09-01"), 5)
    >>> order[["block_id", "net_gbp"]].to_dict("list")
    {'block_id': ['Lab', 'Hall'], 'net_gbp': [4000.0, -900.0]}
    >>> order.reason.to_list()
    ['worth £4,000 more than it costs; older than 5 years (guidance)', 'no survey can change this choice']

    References
    ----------
    .. [1] Department for Education, Condition surveys: guidance for responsible bodies, 25 February 2026.
    """
    _refuse_bad_blocks(blocks, longest_years)
    frame = blocks.reset_index(drop=True)
    last = pd.to_datetime(frame.last_survey)
    frame["net_gbp"] = frame.worth_gbp - frame.cost_gbp
    frame["age_years"] = ((on - last).dt.days / DAYS_PER_YEAR).clip(lower=0)
    never, old = last.isna(), last + pd.DateOffset(years=int(longest_years)) < on
    pays = frame.can_change.astype(bool) & (frame.net_gbp > 0)
    frame["place"] = np.select([pays, never, old], [0, 1, 2], 3)
    within = np.select([pays, never, old], [frame.net_gbp, frame.backlog_gbp, frame.age_years], frame.net_gbp)
    within = np.where((frame.place == 3) & ~frame.can_change.astype(bool), -np.inf, within)
    frame["reason"] = [_reason(*row, longest_years) for row in zip(
        pays, never, old, frame.can_change, frame.net_gbp, frame.modelled_share, strict=True)]
    frame = frame.assign(within=-within).sort_values(["place", "within", "block_id"], kind="stable", ignore_index=True)
    frame.insert(1, "rank", frame.index + 1)
    return frame[["block_id", "rank", "worth_gbp", "cost_gbp", "net_gbp", "age_years", "backlog_gbp", "reason"]]


def _reason(pays, never, old, can_change, net_gbp, modelled_share, longest_years):
    words = [f"worth £{net_gbp:,.0f} more than it costs"] if pays else []
    words += [NEVER] if never else []
    words += [f"older than {longest_years:g} years (guidance)"] if old else []
    if modelled_share > 0 and not never:
        words.append(f"{'less than 1%' if modelled_share < 0.01 else f'{modelled_share:.0%}'} of its backlog is modelled")
    if not can_change:
        words.append(CHANGES_NOTHING)
    elif not pays:
        words.append(f"worth £{-net_gbp:,.0f} less than it costs")
    return "; ".join(words)


def _refuse_bad_blocks(blocks, longest_years):
    missing = [name for name in SURVEY_COLUMNS if name not in blocks]
    if missing:
        raise ValueError(f"Blocks to survey lack {', '.join(missing)}.")
    if not (longest_years > 0 and float(longest_years).is_integer()):
        raise ValueError("The longest time between surveys is a whole number of years above nought.")
    limits = {"worth_gbp": (np.inf, "0 or more [GBP]"), "cost_gbp": (np.inf, "0 or more [GBP]"),
              "modelled_share": (1.0, "from 0 to 1 [-]"), "backlog_gbp": (np.inf, "0 or more [GBP]")}
    faults = [Fault("blocks to survey", int(row) + 2, name, f"{value:g}", must_be)
              for name, (most, must_be) in limits.items()
              for row, value in enumerate(blocks[name]) if not (0 <= value <= most and np.isfinite(value))]
    twice = blocks.block_id.duplicated().to_numpy()
    faults += [Fault("blocks to survey", int(row) + 2, "block_id", repr(blocks.block_id.iloc[row]), "a block once")
               for row in np.flatnonzero(twice)]
    if faults:
        raise DataError(faults)
