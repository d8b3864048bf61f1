"""Sensitivity: what becomes of a programme, or of the best one, when one figure at a time is something else."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .candidates import propose
from .condition.ownership import running_costs
from .errors import InfeasibleError
from .finance import discount_factors
from .machines import pieces, spread
from .outlook import forecast
from .programme import Programme, optimise
from .programme.instance import instance
from .programme.payments import draws_or_none, unpaid
from .ranges import with_figure
from .results import treatments

HEADLINES = {"backlog_end_gbp": "Backlog at the end", "loss_avoided_gbp": "Expected loss avoided",
             "pupil_days": "Pupil-days lost over the plan", "least_headroom_gbp": "Least headroom of the reserves",
             "value_gbp": "Value of the programme"}
QUESTIONS = {"paid_for": "the programme can no longer be paid for",
             "better_than_a_rule": "the programme of value per pound would be worth as much",
             "better_than_nothing": "it avoids no more than it costs"}
RIVAL = "value per pound"
PAID_GBP = 0.5
TOLERANCE_SHARE = 0.01
"""Switching values are found to this share of the way from the scenario's own value to the end of the range."""
THRESHOLDS = (("schemes", "minimum_scheme_gbp"), ("refurbish", "least_backlog_share"), ("rebuild", "least_backlog_share"),
              ("demolish", "least_backlog_share"))


@dataclass(frozen=True)
class Outcome:
    """What a programme comes to under a scenario. [GBP, pupil-days]

    ``loss_avoided_gbp`` (present) is worked out from the condition of every component; ``value_gbp`` is what the optimiser
    adds up. ``cost_present_gbp`` is the real cost, discounted; ``unpaid_gbp`` (nominal) what the pots cannot pay;
    ``rival_gbp`` the value of the programme of a rule of thumb, NaN where that meets no must-dos. ``reason``: why there is
    no programme.
    """

    backlog_end_gbp: float = np.nan
    loss_avoided_gbp: float = np.nan
    pupil_days: float = np.nan
    least_headroom_gbp: float = np.nan
    value_gbp: float = np.nan
    cost_present_gbp: float = np.nan
    unpaid_gbp: float = 0.0
    rival_gbp: float = np.nan
    left_out: int = 0
    gap: float = np.nan
    reason: str = ""

    def holds(self, question):
        """Whether a question of ``QUESTIONS`` is not yet answered by yes; ``None`` where it cannot be asked."""
        if question == "paid_for":
            return self.unpaid_gbp <= PAID_GBP
        rival = self.rival_gbp if question == "better_than_a_rule" else self.cost_present_gbp
        return None if np.isnan(rival) else bool(self.value_gbp > rival)


@dataclass
class Sensitivity:
    """A programme and what it comes to when figures of its scenario change. Figures already worked out are kept."""

    programme: Programme
    replan: bool = False
    settings: dict = field(default_factory=dict)
    _known: dict = field(default_factory=dict)

    @property
    def base(self):
        """What it comes to under its own scenario."""
        return self._outcome_kept(self._scenario) if not self.replan else outcome(self.programme)

    @property
    def _scenario(self):
        return self.programme.candidates.outlook.scenario

    def at(self, figure, value):
        """What it comes to with one figure changed; planned again where asked for.

        Parameters
        ----------
        figure : str
            ``section.key``.
        value : float

        Returns
        -------
        Outcome
        """
        key = figure, float(value)
        if key not in self._known:
            scenario = with_figure(self._scenario, figure, value)
            self._known[key] = self._outcome_replanned(scenario) if self.replan else self._outcome_kept(scenario)
        return self._known[key]

    def prepare(self, pairs, executor, tell=lambda done: None):
        """Work out many figures at once, wherever an executor sends them; ``at`` knows them then.

        Parameters
        ----------
        pairs : iterable of tuple (str, float)
            Figure and value.
        executor : executor or None
            As ``machines.spread`` takes it.
        tell : callable
            Told how many of at most 64 pieces are done.
        """
        wanted = [pair for pair in dict.fromkeys((figure, float(value)) for figure, value in pairs)
                  if pair not in self._known]
        plain = replace(self, _known={})
        for own in spread(_at_all, [(plain, part) for part in pieces(wanted)], executor, tell):
            self._known |= own

    def _outcome_replanned(self, scenario):
        candidates = propose(forecast(self.programme.candidates.outlook.estate, scenario))
        try:
            return outcome(optimise(candidates, known=self.programme.choice, **self.settings))
        except InfeasibleError as error:
            return Outcome(reason=str(error))

    def _outcome_kept(self, scenario):
        """The programme as it is, whatever the tests that make works candidates would now say."""
        content = {name: getattr(scenario, name) for name, _ in THRESHOLDS}
        loose = scenario.model_copy(update={name: content[name].model_copy(update={key: 0.0}) for name, key in THRESHOLDS})
        candidates, own = propose(forecast(self.programme.candidates.outlook.estate, loose)), self.programme.candidates
        inst = instance(candidates)
        kept = {scheme: year for scheme, year in self.programme.choice.items() if (scheme, year) in inst.starts}
        rival = next(rule for rule in self.programme.rules if rule.rule == RIVAL)
        known = {pair: start.value for pair, start in inst.starts.items()}
        short = unpaid(inst, kept)
        as_planned = replace(candidates, members=own.members, works=own.works,
                             _frames={**candidates._frames, "scheme_years": own.scheme_years})
        draws = draws_or_none(inst, kept) if sum(short.values()) <= PAID_GBP else None
        return Outcome(
            **_condition(as_planned, self.programme.choice, known), value_gbp=sum(known[pair] for pair in kept.items()),
            least_headroom_gbp=_headroom(candidates, draws, short), cost_present_gbp=_cost_present(candidates, kept),
            unpaid_gbp=sum(short.values()), left_out=len(self.programme.choice) - len(kept),
            rival_gbp=sum(known.get(pair, 0.0) for pair in rival.choice.items()) if rival.feasible else np.nan)


def _at_all(sensitivity, pairs):
    return {pair: sensitivity.at(*pair) for pair in pairs}


def outcome(programme):
    """What a programme comes to under its own scenario.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Outcome
    """
    candidates = programme.candidates
    rows = candidates.scheme_years
    known = dict(zip(zip(rows.scheme_id, rows.start_year, strict=True), rows.value, strict=True))
    rival = next((rule.value for rule in programme.rules if rule.rule == RIVAL and rule.feasible), np.nan)
    return Outcome(**_condition(candidates, programme.choice, known), value_gbp=programme.objective,
                   least_headroom_gbp=_headroom(candidates, programme.draws, {}), rival_gbp=rival,
                   cost_present_gbp=_cost_present(candidates, programme.choice), gap=programme.gap)


@dataclass(frozen=True)
class _Chosen:
    """Candidates and a choice, as ``treatments`` asks for."""

    candidates: object
    choice: dict


def _condition(candidates, choice, known):
    """Backlog at the end, loss avoided and pupil-days, from the course of every component."""
    outlook = candidates.outlook
    along = outlook.course(treatments(_Chosen(candidates, choice)))
    path = outlook.by_year(along)
    discount = discount_factors(outlook.scenario.plan.discount_rate, outlook.horizon + 1)
    none = np.zeros(len(outlook.parts))
    lost = [sum(item.sum() for item in running_costs(course, outlook.loss, none).by_component(discount).values())
            for course in (outlook.nothing, along)]
    listed = sum(known.get(pair, 0.0) for pair in choice.items() if pair[0] not in candidates.members)
    return {"backlog_end_gbp": float(path.backlog_gbp.iloc[-1]), "loss_avoided_gbp": float(lost[0] - lost[1] + listed),
            "pupil_days": float(path.expected_pupil_days.iloc[:-1].sum())}


def _headroom(candidates, draws, short):
    """Least sum by which reserves end a year above their floor, what the pots cannot pay taken from them too. [GBP]

    Where something is unpaid, all that the reserves can spare by then is spent already, so that the least headroom is
    what is unpaid, below the floor.
    """
    reserves, pots = candidates.money.reserves, candidates.pots
    room = (reserves.opening_gbp + reserves.surplus_gbp - reserves.floor_gbp).to_numpy()
    years = reserves.year
    if draws is None:
        return float((np.minimum(room, 0.0) - years.map(short).fillna(0.0).cumsum().to_numpy()).min())
    own = draws[draws.pot_id.isin(pots.pot_id[pots.route == "reserves"])].groupby("year").amount_gbp.sum()
    return float((room - years.map(own).fillna(0.0).cumsum().to_numpy()).min())


def _cost_present(candidates, choice):
    """Real cost of a choice, discounted to the start of the plan. [GBP]"""
    plan = candidates.outlook.scenario.plan
    rows = candidates.scheme_years
    rows = rows[[choice.get(scheme) == year for scheme, year in zip(rows.scheme_id, rows.start_year, strict=True)]]
    factors = discount_factors(plan.discount_rate, plan.years)
    return float((rows.cost_real_gbp * factors[(rows.start_year - plan.first_year).to_numpy(int)]).sum())


def in_use(candidates, ranges):
    """The ranges of figures that the scenario uses: no money that stands in where the trust has its own, no shape of a model
    that is not chosen.

    Parameters
    ----------
    candidates : Candidates
    ranges : list of Range

    Returns
    -------
    list of Range
    """
    condition = candidates.outlook.scenario.condition
    idle = {"condition.weibull_shape": condition.model != "weibull", "condition.knock_on_scale": not condition.knock_on}
    return [each for each in ranges if not idle.get(each.figure)
            and (candidates.money.stand_in or not each.figure.startswith("stand_in."))]


def tornado(sensitivity, ranges, say=lambda text: None):
    """Every headline with each figure at its low and at its high value.

    Parameters
    ----------
    sensitivity : Sensitivity
    ranges : list of Range
        As ``read_ranges`` gives them.
    say : callable
        Told what is being done.

    Returns
    -------
    DataFrame
        One row for each headline and figure, the largest swing of each headline first: ``headline, figure, own_value,
        low_value, high_value, result, result_low, result_high, swing, gap_low, gap_high, left_out_low, left_out_high,
        reason_low, reason_high, meaning, status, source, note``.
    """
    base, rows = sensitivity.base, []
    for each in ranges:
        say(f"{each.figure} from {each.low:g} to {each.high:g} ...")
        ends = [base if value == each.own else sensitivity.at(each.figure, value) for value in (each.low, each.high)]
        for headline in HEADLINES:
            own = getattr(base, headline)
            results = [getattr(end, headline) for end in ends]
            rows.append([headline, each.figure, each.own, each.low, each.high, own, *results,
                         float(np.nanmax([own, *results]) - np.nanmin([own, *results])), *(end.gap for end in ends),
                         *(end.left_out for end in ends), *(end.reason for end in ends), each.meaning, each.status,
                         each.source, each.note])
    columns = ["headline", "figure", "own_value", "low_value", "high_value", "result", "result_low", "result_high", "swing",
               "gap_low", "gap_high", "left_out_low", "left_out_high", "reason_low", "reason_high", "meaning", "status",
               "source", "note"]
    frame = pd.DataFrame(rows, columns=columns)
    order = frame.headline.map({name: place for place, name in enumerate(HEADLINES)})
    return frame.assign(order=order).sort_values(["order", "swing"], ascending=[True, False], kind="stable").drop(
        columns="order").reset_index(drop=True)


def switching(sensitivity, ranges, tolerance=TOLERANCE_SHARE, say=lambda text: None):
    """For each figure, the value at which a question about the programme as it is gets another answer.

    Parameters
    ----------
    sensitivity : Sensitivity
        Of the programme kept as it is.
    ranges : list of Range
    tolerance : float
        How near the value is found, as a share of the way to the end of the range. [-]
    say : callable
        Told what is being done.

    Returns
    -------
    DataFrame
        One row for each figure and question of ``QUESTIONS``: ``figure, question, own_value, end_value, holds_at,
        switches_at, verdict``. It still holds at ``holds_at`` and no longer at ``switches_at``, the nearer of the two ends
        where both directions switch; both are blank where it does not switch within the range.

    Raises
    ------
    ValueError
        If the programme would be planned again: it has no switching values then.

    Notes
    -----
    Looks at both ends, then halves the interval. Assumes that an answer changes at most once on each side of the scenario's
    own value. *Counterexample:* two effects of one figure that work against each other.
    """
    if sensitivity.replan:
        raise ValueError("Switching values are those of a programme kept as it is.")
    base, rows = sensitivity.base, []
    for each in ranges:
        say(f"Switching values of {each.figure} ...")
        for question in QUESTIONS:
            rows.append([each.figure, question, each.own, *_switch(sensitivity, each, question, base, tolerance)])
    return pd.DataFrame(rows, columns=["figure", "question", "own_value", "end_value", "holds_at", "switches_at", "verdict"])


def _switch(sensitivity, each, question, base, tolerance):
    """Towards which end, the last value at which it holds, the first at which it does not, and that in words."""
    at_base = base.holds(question)
    if not at_base:
        return np.nan, np.nan, np.nan, "cannot be asked: the rule misses a must-do" if at_base is None else "already so"
    found = [(end, *_halve(sensitivity, each, question, each.own, end, tolerance * abs(end - each.own)))
             for end in (each.low, each.high)
             if end != each.own and not sensitivity.at(each.figure, end).holds(question)]
    if not found:
        return np.nan, np.nan, np.nan, "none within the range"
    end, holds, switches = min(found, key=lambda row: abs(row[2] - each.own) / abs(row[0] - each.own))
    return end, holds, switches, f"between {holds:.5g} and {switches:.5g}"


def _halve(sensitivity, each, question, holds, fails, width):
    whole = isinstance(sensitivity.programme.candidates.outlook.scenario.model_dump()[each.figure.split(".")[0]]
                       [each.figure.split(".")[1]], int)
    while abs(fails - holds) > (max(width, 1.0) if whole else width):
        middle = round((holds + fails) / 2) if whole else (holds + fails) / 2
        if middle in (holds, fails):
            break
        if sensitivity.at(each.figure, middle).holds(question):
            holds = middle
        else:
            fails = middle
    return holds, fails
