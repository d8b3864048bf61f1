"""More than one objective: criteria weighed by their swings, one after the other, or traded against each other."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..candidates.approved import added_limits, limit_row
from ..errors import DataError, Fault
from .optimise import Programme, optimise

VALUE, AS_GIVEN, LESS = "value", "value_as_given", "less_"
NO_CRITERIA = ("scheme_id", "start_year", "finish_year", "cost_real_gbp", "forced", "whole_schemes", AS_GIVEN)
TRACKED = "approved_"
ALL_POINTS = 100.0
SLACK = 1e-9


@dataclass(frozen=True)
class Stage:
    """One objective of several taken in order: what is sought, the programme that is best at it within what went before, and
    the most that any could reach."""

    criterion: str
    programme: Programme = field(repr=False)
    value: float
    bound: float


@dataclass(frozen=True)
class TradeOff:
    """A programme on the frontier of two criteria: the least of the second that was asked for, what it comes to in both, and
    the most of the first that is possible there."""

    least: float
    programme: Programme = field(repr=False)
    first: float
    second: float
    bound: float


def criteria_of(candidates):
    """The criteria that candidates can be judged by: their value, and every further column of numbers.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    list of str
    """
    years = candidates.scheme_years
    further = [name for name in years if name not in (*NO_CRITERIA, VALUE) and not name.startswith((TRACKED, LESS))]
    return [VALUE, *(name for name in further if pd.to_numeric(years[name], errors="coerce").notna().all())]


def directed(candidates, names):
    """The candidates with a column for each criterion of which less is better, and what the criteria are then called.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of str
        Criteria; one that starts with ``-`` is to be as small as possible.

    Returns
    -------
    tuple of (Candidates, list of str)

    Raises
    ------
    DataError
        If a criterion is no column of numbers, or is named twice.
    """
    years, known, called = candidates.scheme_years, criteria_of(candidates), []
    bare = [name.removeprefix("-") for name in names]
    faults = [Fault("scheme_years.csv", None, name, "no such column of numbers", f"one of {', '.join(known)}")
              for name in bare if name not in known]
    faults += [Fault("criteria", None, name, "named twice", "each criterion once") for name in dict.fromkeys(bare)
               if bare.count(name) > 1]
    if faults:
        raise DataError(faults)
    for name, own in zip(names, bare, strict=True):
        amount = pd.to_numeric(years[own]).astype(float)
        called.append(own if name == own else LESS + own)
        years[called[-1]] = amount if name == own else -amount
    return replace(candidates, _frames={**candidates._frames, "scheme_years": years}), called


def total_of(candidates, criterion, choice):
    """What a programme comes to in a criterion, in its unit.

    Parameters
    ----------
    candidates : Candidates
    criterion : str
        A column of ``scheme_years``.
    choice : dict
        Scheme to start year.

    Returns
    -------
    float
    """
    years = candidates.scheme_years
    made = [choice.get(scheme) == year for scheme, year in zip(years.scheme_id, years.start_year, strict=True)]
    return float(pd.to_numeric(years[criterion])[made].sum())


def _seeking(candidates, criterion):
    """The candidates with a criterion in place of their value, which is kept beside it."""
    years = candidates.scheme_years
    given = pd.to_numeric(years[AS_GIVEN if AS_GIVEN in years else VALUE]).astype(float)
    sought = given if criterion == VALUE else pd.to_numeric(years[criterion]).astype(float)
    return replace(candidates, _frames={**candidates._frames,
                                        "scheme_years": years.assign(**{AS_GIVEN: given, VALUE: sought})})


def _no_less(candidates, criterion, least):
    """The candidates with a limit that holds a criterion to at least so much."""
    measure = AS_GIVEN if criterion == VALUE else criterion
    row = limit_row(f"at least {_said(least)} of {criterion}", measure, ">=", least)
    return added_limits(candidates, candidates.scheme_years, [row])


def in_order(candidates, names, slack_share=0.0, say=lambda text: None, **settings):
    """Objectives one after the other: each as good as it can be without giving up what went before.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of str
        Criteria, the most important first; with ``-`` before it, as small as possible.
    slack_share : float
        Share of its best that an earlier one may give up for the later ones. [-]
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    list of Stage
        The last one's programme is the answer.

    Notes
    -----
    Any gain in an earlier criterion, however small, outweighs all of a later one. *Counterexample:* a trust that would give
    a pound of backlog for a hundred pupil-days; weigh them instead, or allow some slack.
    """
    candidates, called = directed(candidates, names)
    stages, held, known = [], candidates, None
    for criterion in called:
        say(f"The best of {criterion} ...")
        programme = optimise(_seeking(held, criterion), known=known, **settings)
        stages.append(Stage(criterion, programme, programme.objective, programme.bound))
        held = _no_less(_seeking(held, VALUE), criterion, _a_little_less(programme.objective, slack_share))
        known = programme.choice
    return stages


def _a_little_less(value, slack_share):
    return value - slack_share * abs(value) - SLACK * max(1.0, abs(value))


def trade_off(candidates, first, second, points=8, say=lambda text: None, **settings):
    """What more of one criterion costs in another: the best of the first for each least amount of the second.

    Parameters
    ----------
    candidates : Candidates
    first, second : str
        Criteria; with ``-`` before it, as small as possible.
    points : int
        Programmes, the two ends among them; at least 2.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    list of TradeOff
        From the most of the first to the most of the second; none is worse than another in both. Fewer where programmes
        coincide.

    Raises
    ------
    ValueError
        If fewer than two points are asked for.

    References
    ----------
    .. [1] Haimes, Y.Y., Lasdon, L.S. and Wismer, D.A. (1971), On a bicriterion formulation of the problems of integrated
       system identification and system optimization. IEEE Transactions on Systems, Man, and Cybernetics 1(3), 296-297.
    """
    if points < 2:
        raise ValueError("A frontier needs at least its two ends.")
    candidates, (first, second) = directed(candidates, [first, second])
    names = [name if not name.startswith(LESS) else f"-{name.removeprefix(LESS)}" for name in (first, second)]
    low = in_order(candidates, names, say=say, **settings)[-1].value
    high = in_order(candidates, names[::-1], say=say, **settings)
    most, known, found = high[0].value, high[1].programme.choice, []
    for least in np.linspace(most, low, points):
        say(f"At least {_said(least)} of {second} ...")
        held = _no_less(_seeking(candidates, VALUE), second, _a_little_less(least, 0.0))
        programme = optimise(_seeking(held, first), known=known, **settings)
        known = programme.choice
        found.append(TradeOff(float(least), programme, programme.objective, total_of(candidates, second, programme.choice),
                              programme.bound))
    return _undominated(found[::-1])


def _undominated(found):
    """Those no other beats in both, each pair of totals once."""
    kept = {}
    for each in found:
        key = round(each.first, 6), round(each.second, 6)
        if key not in kept and not any(other.first >= each.first - SLACK and other.second >= each.second - SLACK
                                       and (other.first > each.first + SLACK or other.second > each.second + SLACK)
                                       for other in found):
            kept[key] = each
    return list(kept.values())


def swing_weights(points):
    """Weights of criteria from the points their swings are given.

    Parameters
    ----------
    points : sequence of float
        100 for the swing from worst to best that matters most, the others beside it, 0 for one that does not matter. [-]

    Returns
    -------
    array
        Adding up to 1. [-]

    Raises
    ------
    ValueError
        If points are not between 0 and 100, or none is 100.

    References
    ----------
    .. [1] von Winterfeldt, D. and Edwards, W. (1986), Decision Analysis and Behavioral Research, chapter 8. Cambridge
       University Press.

    Examples
    --------
    >>> swing_weights([100, 60, 40])
    array([0.5, 0.3, 0.2])
    """
    points = np.asarray(points, float)
    if not ((points >= 0) & (points <= ALL_POINTS)).all() or points.max(initial=0.0) != ALL_POINTS:
        raise ValueError("Points lie between 0 and 100, and the swing that matters most has 100.")
    return points / points.sum()


def blank_worksheet(candidates, names=(), say=lambda text: None, **settings):
    """The worksheet for swing weights: each criterion with its worst and its best, the points left to the trust.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of str
        Criteria; none: all of ``criteria_of``. With ``-`` before it, less of it is better.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    DataFrame
        ``criterion, worst, best, points`` (blank) and ``asks``, the question in words. Best is the most that was found,
        worst what there is where nothing is done, or less where a programme that is best at another
        criterion comes to less.
    """
    candidates, called = directed(candidates, names or criteria_of(candidates))
    plans = {}
    for criterion in called:
        say(f"The best of {criterion} ...")
        plans[criterion] = optimise(_seeking(candidates, criterion), **settings).choice
    rows = []
    for criterion in called:
        reached = [total_of(candidates, criterion, choice) for choice in plans.values()]
        sign = -1.0 if criterion.startswith(LESS) else 1.0
        worst, best = sign * min(0.0, *reached) + 0.0, sign * max(reached)
        name = criterion.removeprefix(LESS)
        rows.append([name, round(worst, 6), round(best, 6), "",
                     f"How much does it matter to go from {_said(worst)} to {_said(best)} of {name}? 100 for the swing that "
                     "matters most; the others beside it; 0 if not at all."])
    return pd.DataFrame(rows, columns=["criterion", "worst", "best", "points", "asks"])


def _said(amount):
    """An amount of any unit, as it is read aloud."""
    return f"{amount:,.0f}" if abs(amount) >= ALL_POINTS else f"{amount:.4g}"


def weighed(candidates, sheet):
    """The candidates with points in place of their value, by the weights of a worksheet.

    Parameters
    ----------
    candidates : Candidates
    sheet : DataFrame
        ``criterion, worst, best`` and ``weight``, as ``weighing.read_worksheet`` gives it.

    Returns
    -------
    Candidates
        ``value`` is points: 100 for a programme at the best of every criterion, 0 at the worst where that is nothing; the
        value they came with is ``value_as_given``.

    Notes
    -----
    Each criterion counts in proportion between its worst and its best, and criteria add up. *Counterexample:* a first
    accessible toilet in a school against its tenth; a criterion that only counts where another is met.
    """
    candidates = _seeking(candidates, VALUE)
    years, points = candidates.scheme_years, 0.0
    for row in sheet.itertuples():
        amount = years[AS_GIVEN] if row.criterion == VALUE else pd.to_numeric(years[row.criterion]).astype(float)
        points = points + ALL_POINTS * row.weight * amount / (row.best - row.worst)
    return replace(candidates, _frames={**candidates._frames, "scheme_years": years.assign(**{VALUE: points})})
