"""What further money buys: each pot and each year with a sum more and a sum less, solved again each time."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .errors import CapplanError, InfeasibleError
from .programme import Programme, formulation, optimise
from .programme.instance import instance
from .programme.solver import InfeasibleModelError, Relaxation
from .results import treatments

ROUTE, MORE, LESS = "further money", "more", "less"
LEAST_GBP = 0.5
RELAXATION_LIMIT_S = 60.0
COLUMNS = ["source", "change", "pots", "first_year", "last_year", "held_gbp", "step_gbp", "value_change_gbp", "least_gbp",
           "most_gbp", "verdict", "relaxed_change_gbp", "relaxed_gbp_per_gbp", "backlog_change_gbp", "pupil_days_change",
           "gap", "schemes_in", "schemes_out", "reason"]
TOLD, UNTOLD, NONE = "told", "less than can be told", "no programme"


@dataclass(frozen=True)
class Source:
    """Pots that are raised and lowered together, in proportion; ``pots`` is empty for a new pot of one year. [GBP]"""

    name: str
    pots: tuple
    first_year: int
    last_year: int
    held_gbp: float


@dataclass
class Further:
    """A programme, and what it becomes with other money; the relaxation of today's money is solved once."""

    programme: Programme
    settings: dict = field(default_factory=dict)
    _relaxed: float | None = None

    @property
    def relaxed_gbp(self):
        """What no programme on today's money exceeds, by the relaxation. [GBP]"""
        if self._relaxed is None:
            self._relaxed = self._relaxation(self.programme.candidates)
        return self._relaxed

    def row(self, source, change, step_gbp):
        """One source with a sum more or less.

        Parameters
        ----------
        source : Source
        change : str
            ``more`` or ``less``.
        step_gbp : float
            The sum; where the pots hold less, less is all they hold. [GBP]

        Returns
        -------
        list
            In the order of ``COLUMNS``.
        """
        step = step_gbp if change == MORE else -min(step_gbp, source.held_gbp)
        candidates, own = self._with_money(source, step), self.programme
        head = [source.name, change, len(source.pots), source.first_year, source.last_year, source.held_gbp, abs(step)]
        relaxed = self._relaxation(candidates)
        if np.isnan(relaxed):
            return self._none(head, candidates)
        shift = relaxed - self.relaxed_gbp
        per_gbp = abs(shift) / abs(step) if step else np.nan
        if change == MORE and shift < LEAST_GBP:  # the relaxation, which may start schemes in part, has no use for it
            most = max(0.0, min(relaxed, own.bound + max(shift, 0.0)) - own.objective)
            return [*head, 0.0, 0.0, most, UNTOLD, shift, per_gbp, 0.0, 0.0, own.gap, "", "",
                    "more money changes nothing in the relaxation: not solved again"]
        try:
            new = optimise(candidates, known=own.choice, **self.settings)
        except InfeasibleError as error:
            return [*head, *[np.nan] * 3, NONE, shift, per_gbp, *[np.nan] * 3, "", "", str(error)]
        bound, own_bound = min(new.bound, relaxed), min(own.bound, self.relaxed_gbp)
        if change == MORE:
            least, most = max(0.0, new.objective - own_bound), max(0.0, bound - own.objective)
        else:
            least, most = min(0.0, new.objective - own_bound), min(0.0, bound - own.objective)
        sure = least > LEAST_GBP if change == MORE else most < -LEAST_GBP
        (backlog, days), (was, lost) = self._condition(new), self._condition(own)
        return [*head, new.objective - own.objective, least, most, TOLD if sure else UNTOLD, shift, per_gbp, backlog - was,
                days - lost, new.gap, *_moved(own.choice, new.choice), ""]

    def _none(self, head, candidates):
        """No programme obeys every rule, and why."""
        try:
            optimise(candidates, **self.settings)
        except InfeasibleError as error:
            return [*head, *[np.nan] * 3, NONE, *[np.nan] * 5, "", "", str(error)]
        return [*head, *[np.nan] * 3, NONE, *[np.nan] * 5, "", "", "the relaxation was not solved in time"]

    def _with_money(self, source, step_gbp):
        """The candidates with a sum more or less in some pots, or in a new one."""
        candidates = self.programme.candidates
        pots = candidates.pots
        if source.pots:
            mine = pots.pot_id.isin(source.pots).to_numpy()
            amounts = pots.amount.to_numpy(float)
            share = np.where(mine, amounts / source.held_gbp if source.held_gbp > 0 else mine / mine.sum(), 0.0)
            pots = pots.assign(amount=np.maximum(0.0, amounts + share * step_gbp).round(2))
        else:
            new = {"pot_id": f"further-{source.first_year}", "amount": step_gbp, "first_year": source.first_year,
                   "last_year": source.last_year, "tags": "", "school_id": "", "route": ROUTE}
            pots = pd.concat([pots, pd.DataFrame([new])], ignore_index=True)
        return replace(candidates, _frames={**candidates._frames, "pots": pots}, money=None)

    def _relaxation(self, candidates):
        """Bound of the relaxation; NaN where it has no solution, or none in time. [GBP]"""
        try:
            relaxed = Relaxation(formulation.build(instance(candidates)), RELAXATION_LIMIT_S)
        except InfeasibleModelError:
            return np.nan
        return relaxed.bound if relaxed.solved else np.nan

    def _condition(self, programme):
        """Backlog at the end and pupil-days over the plan."""
        outlook = self.programme.candidates.outlook
        path = outlook.by_year(outlook.course(treatments(programme)))
        return float(path.backlog_gbp.iloc[-1]), float(path.expected_pupil_days.iloc[:-1].sum())


def sources(candidates, names=()):
    """The pots by route and window, and a new pot in each year of the plan; or only the pots named.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of str
        Pots wanted, each on its own; none: all.

    Returns
    -------
    list of Source

    Raises
    ------
    CapplanError
        If a name is that of no pot.
    """
    pots = candidates.pots
    strange = sorted(set(names) - set(pots.pot_id))
    if strange:
        raise CapplanError(f"No such pot: {', '.join(strange)}; the pots are in candidates/pots.csv of a results folder.")
    if names:
        return [Source(row.pot_id, (row.pot_id,), int(row.first_year), int(row.last_year), float(row.amount))
                for row in pots.itertuples() if row.pot_id in names]
    found = []
    for (route, first, last, tags), rows in pots.fillna({"tags": ""}).groupby(["route", "first_year", "last_year", "tags"]):
        every = f", {len(rows)} pots in proportion" if len(rows) > 1 else ""
        only = f" for {tags.replace(';', ' and ')}" if tags else ""
        window = f"{first}" if first == last or route == "reserves" else f"{first} to {last}"
        found.append(Source(f"{route} of {window}{only}{every}", tuple(rows.pot_id), int(first), int(last),
                            float(rows.amount.sum())))
    years = candidates.outlook.scenario.years
    return [*found, *(Source(f"any purpose in {year}", (), year, year, 0.0) for year in years)]


def worth_of_sources(further, found, step_gbp, say=lambda text: None):
    """Each source with a sum more and, where it holds any, a sum less.

    Parameters
    ----------
    further : Further
    found : list of Source
    step_gbp : float
        The sum. [GBP]
    say : callable
        Told what is being done.

    Returns
    -------
    DataFrame
        ``COLUMNS``: the change of value lies between ``least_gbp`` and ``most_gbp``, which count the gaps of both
        programmes; ``verdict`` is *told* where that is on one side of nought. ``relaxed_change_gbp`` is what the relaxation
        makes of it, ``relaxed_gbp_per_gbp`` the same for each pound.

    Notes
    -----
    Each source is changed alone. *Counterexample:* a scheme that takes GBP 100,000 from two pots at once.
    """
    rows = []
    for source in found:
        for change in (MORE, LESS) if source.held_gbp > 0 else (MORE,):
            say(f"£{step_gbp:,.0f} {change}: {source.name} ...")
            rows.append(further.row(source, change, step_gbp))
    return pd.DataFrame(rows, columns=COLUMNS)


def _moved(before, after):
    """Names of the schemes that come in, or move, and of those that go out."""
    into = [f"{scheme} {year}" if scheme not in before else f"{scheme} {before[scheme]} to {year}"
            for scheme, year in after.items() if before.get(scheme) != year]
    return "; ".join(sorted(into)), "; ".join(sorted(f"{scheme} {year}" for scheme, year in before.items()
                                                     if scheme not in after))
