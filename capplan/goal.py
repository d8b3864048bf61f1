"""Goal seeking: the least money with which a target for the backlog can be reached, with proof on both sides."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .candidates.targets import cuts
from .condition.backlog import POOR
from .errors import CapplanError, InfeasibleError
from .programme import Programme, optimise
from .results import treatments

MEASURE = "goal_cut_gbp"
EXACT_GBP = 1.0
MOST_DOUBLINGS, MOST_TRIALS, MOST_TIGHTENINGS = 12, 14, 4
SUFFICES, TOO_LITTLE, NOT_KNOWN = "suffices", "does not suffice", "not known"


@dataclass(frozen=True)
class Target:
    """A backlog to be had on 1 September of a year at most: of all components, or of those in blocks. [GBP]"""

    most_gbp: float
    by_year: int
    in_blocks_only: bool = False
    words: str = ""


@dataclass(frozen=True)
class Trial:
    """A sum of money, the lowest backlog found with it by the year of the target, and the lowest that could be. [GBP]

    ``size`` is the share of today's pots, or the further sum in each year it is given in.
    """

    size: float
    money_gbp: float
    reached_gbp: float
    bound_gbp: float
    verdict: str
    choice: dict | None = field(default=None, repr=False)
    reason: str = ""


@dataclass(frozen=True)
class Goal:
    """What a target takes. ``enough`` is the least money found to suffice and ``too_little`` the most that is proved not
    to; either may be ``None``. ``programme`` is the best for ``enough``; ``stops`` says what stops it where nothing does."""

    target: Target
    trials: list = field(repr=False)
    enough: Trial | None
    too_little: Trial | None
    programme: Programme | None = field(repr=False)
    stops: tuple = ()


def target_of(outlook, hold=False, backlog_below_gbp=None, index_below=None, by_year=None):
    """A target for the backlog in words and in pounds.

    Parameters
    ----------
    outlook : Outlook
    hold : bool
        Hold the backlog at today's.
    backlog_below_gbp : float, optional
        Backlog at C to E at most. [GBP]
    index_below : float, optional
        Facility condition index of the trust at most. [-]
    by_year : int, optional
        1 September of that year; left out: the end of the plan.

    Returns
    -------
    Target

    Raises
    ------
    CapplanError
        If there is not exactly one target, or the year is not one after the first of the plan, to its end.
    """
    if (hold, backlog_below_gbp is not None, index_below is not None).count(True) != 1:
        raise CapplanError("Give one target: --hold-backlog, --backlog-below or --index-below.")
    first, last = outlook.scenario.plan.first_year, outlook.scenario.plan.first_year + outlook.horizon
    by_year = last if by_year is None else by_year
    if not first < by_year <= last:
        raise CapplanError(f"--by {by_year}: must be {first + 1} to {last}; works of a year help from 1 September after.")
    if index_below is not None:
        most = index_below * float(outlook.replacement_gbp().sum())
        return Target(most, by_year, True, f"a facility condition index of {index_below:g} or less")
    if hold:
        return Target(float(outlook.by_year().backlog_gbp.iloc[0]), by_year, False, "the backlog no higher than today's")
    return Target(float(backlog_below_gbp), by_year, False, f"a backlog of £{backlog_below_gbp:,.0f} or less")


class Seeker:
    """The candidates with what each start cuts by the year of a target, and the money they may be given.

    Parameters
    ----------
    candidates : Candidates
    target : Target
    extra_years : sequence of int
        Years in which further money of any purpose is given; none: every pot is scaled alike.
    settings : dict
        ``gap, time_limit_s, threads, seed``, as for ``optimise``.
    """

    def __init__(self, candidates, target, extra_years=(), settings=None):
        outlook = candidates.outlook
        self.candidates, self.target = candidates, target
        self.extra_years, self.settings = tuple(extra_years), settings or {}
        self.after = target.by_year - outlook.scenario.plan.first_year
        inside = (outlook.parts.block_id != "").to_numpy() | (not target.in_blocks_only)
        self.weights = outlook.costs_gbp * POOR * inside[:, None]
        years = candidates.scheme_years
        self.cut = cuts(outlook, self.weights, years, candidates.members, candidates.works, self.after)
        self.nothing_gbp = float((outlook.shares(self.after) * self.weights).sum())
        self.need_gbp = self.nothing_gbp - target.most_gbp

    def pots(self, size):
        """The pots with all of them scaled, or with a further one of that size in each of the years given."""
        pots = self.candidates.pots
        if not self.extra_years:
            return pots.assign(amount=(pots.amount * size).round(2))
        extra = pd.DataFrame({"pot_id": [f"extra-{year}" for year in self.extra_years], "amount": round(size, 2),
                              "first_year": list(self.extra_years), "last_year": list(self.extra_years), "tags": "",
                              "school_id": "", "route": "extra"})
        return pd.concat([pots, extra], ignore_index=True) if size > 0 else pots

    def backlog_gbp(self, choice):
        """The backlog that counts on the day of the target, from the course of every component with some works. [GBP]"""
        outlook = self.candidates.outlook
        along = outlook.course(treatments(_Chosen(self.candidates, choice)))
        return float((along.shares[self.after] * self.weights).sum())

    def trial(self, size, known=None, without_limits=False):
        """The most that can be cut with some money.

        Parameters
        ----------
        size : float
            Share of today's pots, or further sum in each year given.
        known : dict, optional
            A programme to start from.
        without_limits : bool
            Without the upper limits on delivery.

        Returns
        -------
        Trial
        """
        frames = {"pots": self.pots(size), "scheme_years": self.candidates.scheme_years.assign(value=self.cut)}
        if without_limits:
            frames["limits"] = self.candidates.limits[self.candidates.limits.sense != "<="]
        total = float(frames["pots"].amount.sum())
        try:
            best = optimise(_with(self.candidates, frames), known=known, **self.settings)
        except InfeasibleError as error:
            return Trial(size, total, np.nan, np.nan, TOO_LITTLE, None, str(error))
        reached, bound = self.backlog_gbp(best.choice), self.nothing_gbp - best.bound
        verdict = SUFFICES if reached <= self.target.most_gbp + EXACT_GBP else (
            TOO_LITTLE if bound > self.target.most_gbp + EXACT_GBP else NOT_KNOWN)
        return Trial(size, total, reached, bound, verdict, best.choice)

    def best(self, trial):
        """The best programme for the money of a trial that reaches the target; it starts from what was found there."""
        years = self.candidates.scheme_years.assign(**{MEASURE: self.cut})
        value = dict(zip(zip(years.scheme_id, years.start_year, strict=True), self.cut, strict=True))
        found = sum(value[pair] for pair in trial.choice.items())
        need = min(self.need_gbp, found) if self.need_gbp > 0 else 0.0
        for _ in range(MOST_TIGHTENINGS):
            row = pd.DataFrame([["goal", pd.NA, "all", "", MEASURE, ">=", round(need, 2) - 0.01]], columns=[
                "limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"])
            limits = self.candidates.limits
            frames = {"pots": self.pots(trial.size), "scheme_years": years,
                      "limits": pd.concat([limits, row], ignore_index=True) if len(limits) else row}
            programme = optimise(_with(self.candidates, frames), known=trial.choice, **self.settings)
            over = self.backlog_gbp(programme.choice) - self.target.most_gbp
            if over <= EXACT_GBP:
                break
            need = min(need + over, found)
        return programme


@dataclass(frozen=True)
class _Chosen:
    """Candidates and a choice, as ``treatments`` asks for."""

    candidates: object
    choice: dict


def _with(candidates, frames):
    """The candidates with other tables, on money that is not the trust's own."""
    return replace(candidates, _frames={**candidates._frames, **frames}, money=None)


def seek(seeker, within_share=0.01, say=lambda text: None):
    """The least money with which the target of a seeker can be reached.

    Parameters
    ----------
    seeker : Seeker
    within_share : float
        How near the money that suffices and the money that does not should come, as a share of the former. [-]
    say : callable
        Told what is being done.

    Returns
    -------
    Goal

    Notes
    -----
    For each sum of money the programme that cuts most is sought. What it reaches shows that the money suffices; its bound,
    that it does not. Between the two may lie sums of which neither is known. Assumes that pots grow and shrink as said.
    *Counterexample:* a grant that cannot be had twice over.
    """
    trials = []

    def attempt(size):
        """Try a sum from the best that is known for no more money, and keep what was found."""
        known = min((each for each in trials if each.choice is not None and each.size <= size),
                    key=lambda each: each.reached_gbp, default=None)
        found = seeker.trial(size, known.choice if known else None)
        say(f"£{found.money_gbp:,.0f} ({_size(seeker, size)}): {found.verdict}")
        trials.insert(0, found)
        return found

    size = 0.0 if seeker.extra_years else 1.0
    first = attempt(size)
    enough, short = (first, None) if first.verdict == SUFFICES else (None, first)
    if enough is None:
        endless = seeker.trial(_endless(seeker))
        if endless.verdict == TOO_LITTLE:
            return Goal(seeker.target, [*trials[::-1], endless], None, endless, None, what_stops(seeker, endless))
        size = size or float(max(1.0, seeker.candidates.pots.amount.sum() / 100))
        for _ in range(MOST_DOUBLINGS):
            size *= 2.0
            tried = attempt(size)
            if tried.verdict == SUFFICES:
                enough = tried
                break
            short = tried
    if enough is None:
        return Goal(seeker.target, trials[::-1], None, _most_proved(trials), None, (
            "No sum was found that suffices, and none is proved not to: allow more time.",))
    enough = _narrow(seeker, attempt, enough, short, within_share)
    _lift(attempt, trials, enough, within_share)
    return Goal(seeker.target, trials[::-1], enough, _most_proved(trials), seeker.best(enough))


def _size(seeker, size):
    return f"£{size:,.0f} more in each of the years given" if seeker.extra_years else f"{size:.1%} of today's"


def _endless(seeker):
    """A size at which every pot that is not empty pays for everything."""
    spend = seeker.candidates.spend
    dearest = spend.groupby(["scheme_id", "start_year"]).cost.sum().groupby("scheme_id").max().sum() + 1.0
    some = seeker.candidates.pots.amount[seeker.candidates.pots.amount > 0]
    return float(dearest) if seeker.extra_years else float(dearest / some.min()) if len(some) else 1.0


def _narrow(seeker, attempt, enough, short, within_share):
    """Bring what suffices down towards what was not shown to: along the chord, which is safe, then half way."""
    low = short.size if short is not None else 0.0
    floor = short.reached_gbp if short is not None and short.reached_gbp == short.reached_gbp else seeker.nothing_gbp
    for turn in range(MOST_TRIALS):
        if enough.size <= 0 or enough.size - low <= within_share * enough.size:
            break
        chord = (floor - seeker.target.most_gbp) / (floor - enough.reached_gbp) if floor > enough.reached_gbp else 0.5
        step = min(max(chord, 0.02), 0.98) if turn % 2 == 0 else 0.5
        tried = attempt(low + (enough.size - low) * step)
        if tried.verdict == SUFFICES:
            enough = tried
        else:
            low = tried.size
            floor = tried.reached_gbp if tried.reached_gbp == tried.reached_gbp else floor
    return enough


def _lift(attempt, trials, enough, within_share):
    """Raise what is proved not to suffice, where sums of which nothing is known lie between."""
    for _ in range(MOST_TIGHTENINGS):
        proved = _most_proved(trials)
        low = proved.size if proved else 0.0
        unknown = min((each.size for each in trials if each.verdict == NOT_KNOWN and each.size > low), default=enough.size)
        if unknown - low <= within_share * enough.size:
            return
        attempt((low + unknown) / 2)


def _most_proved(trials):
    return max((each for each in trials if each.verdict == TOO_LITTLE), key=lambda each: each.size, default=None)


def what_stops(seeker, endless):
    """Why no money reaches the target: where the backlog is that is left with all the money in the world.

    Parameters
    ----------
    seeker : Seeker
    endless : Trial
        With pots that pay for everything.

    Returns
    -------
    tuple of str
    """
    if endless.choice is None:
        return (endless.reason,)
    candidates, parts = seeker.candidates, seeker.candidates.outlook.parts
    along = candidates.outlook.course(treatments(_Chosen(candidates, endless.choice)))
    left = (along.shares[seeker.after] * seeker.weights).sum(axis=1)
    treated, may = np.zeros(len(parts), bool), np.zeros(len(parts), bool)
    for scheme, rows in candidates.members.items():
        may[rows] = True
        treated[rows] |= scheme in endless.choice
    pfi, leaving = parts.pfi.to_numpy(bool), ~parts.stays.to_numpy(bool)
    where = (("at PFI schools, whose works are the contractor's", pfi), ("in blocks the trust leaves", ~pfi & leaving),
             ("that no candidate works would treat", ~pfi & ~leaving & ~may),
             ("that wears again after its works, or is out of their reach", treated & ~pfi & ~leaving),
             ("whose works are not chosen: alternatives, limits on delivery, or no money in the years that would help",
              may & ~treated & ~pfi & ~leaving))
    said = [f"£{left[rows].sum():,.0f} {words}" for words, rows in where if left[rows].sum() >= EXACT_GBP]
    text = [f"With money for everything, £{endless.reached_gbp:,.0f} would be left (and no less than "
            f"£{endless.bound_gbp:,.0f}): " + "; ".join(said) + "."]
    if (candidates.limits.sense == "<=").any():
        free = seeker.trial(endless.size, without_limits=True)
        text.append(f"Without the limits on delivery £{free.reached_gbp:,.0f} would be left: they are"
                    f"{'' if free.verdict == SUFFICES else ' not all of'} what stops it.")
    return tuple(text)
