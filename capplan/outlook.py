"""What happens, and what it costs, if nothing is done: the estate's condition year by year."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from . import reference
from .condition.backlog import expected_backlog, facility_condition_index
from .condition.chains import hasten, years_to_fail
from .condition.course import Course, Loss, course, worth
from .condition.joint import Wear
from .condition.treatments import GONE, costs_by_grade, old_enough, outcome_of
from .energy_outlook import EnergyOutlook, energy_outlook, plant_wears
from .estate import Estate
from .parts import GRADE_LETTERS, component_costs, component_rows, local_areas, pupil_days_at_failure, wearing
from .scenario import Scenario
from .school_places import SchoolPlaces, school_places

OLD_SURVEY_YEARS = 5
ELEMENT_WORKS = ("patch", "repair", "renew")
URGENT = "urgent"
ALL_TO_A = "BCDE"
REPLACED_FROM = 3              # grade index from which the cost of bringing a component to A is that of replacing it: D


@dataclass(frozen=True)
class Treatment:
    """What works of one kind do to the components of the estate.

    ``outcome`` (5,): grade each grade is brought to, -1: gone. ``after`` (5,): set of states it wears in afterwards, by
    the grade found. ``cost_gbp`` (n, 5): real cost by the grade found. ``applies`` (n, years): whether they can be done
    to a component in a year. ``together``: whether what lies above a component is treated with it.
    """

    outcome: np.ndarray
    after: np.ndarray
    cost_gbp: np.ndarray
    applies: np.ndarray
    together: bool = False

    @property
    def way(self):
        """What ``condition.course.worth`` asks for: outcome, set of states afterwards, whether causes are treated too."""
        return self.outcome, self.after, self.together


@dataclass(frozen=True)
class Outlook:
    """Expected condition of every component in every year of the plan, and what delay loses. Carries its parents.

    ``parts`` has one row per component that is still in use in the first year, in the order of the arrays: shapes are
    ``(n, 5)`` for grades A to E, and money is real, at the scenario's price base, with fees, contingency and any VAT.
    ``pupil_days`` (n,) are those a failure costs, NaN where the number of pupils is not known; where places and pupils of
    each year are known, ``later_pupil_days`` (years, n) are those of each year, and ``pupil_days`` the first of them.
    ``energy`` is there where the scenario asks for it.
    """

    estate: Estate = field(repr=False)
    scenario: Scenario = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    costs_gbp: np.ndarray = field(repr=False)
    wear: Wear = field(repr=False)
    loss: Loss = field(repr=False)
    treatments: dict = field(repr=False)
    pupil_days: np.ndarray = field(repr=False)
    life_safety: np.ndarray = field(repr=False)
    nothing: Course = field(repr=False)
    notes: tuple = ()
    energy: EnergyOutlook | None = field(default=None, repr=False)
    places: SchoolPlaces | None = field(default=None, repr=False)
    later_pupil_days: np.ndarray | None = field(default=None, repr=False)

    @property
    def horizon(self):
        """Years in the plan."""
        return self.scenario.plan.years

    @property
    def in_use(self):
        """Whether each component is in use at the start of each year and at the end, shape (years + 1, n)."""
        return _in_use(self.parts, self.horizon)

    @property
    def pupil_days_by_year(self):
        """Pupil-days a failure in each year costs, the year after the plan as its last; shape (years + 1, n)."""
        if self.later_pupil_days is None:
            return np.broadcast_to(self.pupil_days, (self.horizon + 1, len(self.pupil_days)))
        return np.concatenate([self.later_pupil_days, self.later_pupil_days[-1:]])

    def shares(self, year):
        """Grade shares of every component, if nothing is done.

        Parameters
        ----------
        year : int
            Years since the start of the plan, 0 to ``horizon``.

        Returns
        -------
        array, shape (n, 5)
            Probability of grades A to E; all zero once the component's block is no longer in use. [-]
        """
        return self.nothing.shares[year]

    def course(self, works):
        """Grade shares and failures in every year, with works.

        Parameters
        ----------
        works : Works
            As ``works_of`` makes them.

        Returns
        -------
        Course
            Zero once the component's block is no longer in use.
        """
        return _while_in_use(course(self.wear, self.horizon, works), self.in_use)

    def worth(self, names=None):
        """Loss avoided by each kind of works on each component in each year, if nothing else is done.

        Parameters
        ----------
        names : sequence of str, optional
            Kinds of works wanted; left out: all of ``treatments``.

        Returns
        -------
        dict of array, shape (n, years)
            By the name of the treatment, discounted to the start of the plan; zero where it does not apply. [GBP]
        """
        wanted = {name: self.treatments[name] for name in (self.treatments if names is None else names)}
        ways = {name: works.way for name, works in wanted.items()}
        value = worth(self.wear, self.loss, ways, self.scenario.plan.discount_rate, self.horizon)
        return {name: value[name] * works.applies for name, works in wanted.items()}

    def years_to_failure(self):
        """Mean years until each component fails, from its condition at the start if nothing is done, shape (n,). [years]"""
        start, life = self.shares(0), years_to_fail(self.wear.chains)[self.wear.kind]
        forecast_years = np.multiply(start, life, out=np.zeros_like(start), where=start > 0).sum(axis=1)
        own = self.wear.own_hazard
        own_years = np.divide(1.0, own, out=np.full(len(own), np.inf), where=own > 0)
        return np.where(np.isnan(own), forecast_years, own_years)

    def works_cost(self, name):
        """Expected cost of one kind of works on each component in each year, real; shape (n, years). [GBP]"""
        works = self.treatments[name]
        cost = np.einsum("ynk,nk->ny", self.nothing.shares[:-1], works.cost_gbp)
        return cost * works.applies

    def by_year(self, along=None, energy=None):
        """Backlog by grade, expected loss, failures and closures in every year.

        Parameters
        ----------
        along : Course, optional
            As ``course`` returns it; left out: nothing is done.
        energy : EnergyOutlook, optional
            Energy that goes with it; left out: with plant in the condition of the course.

        Returns
        -------
        DataFrame
            One row per year from the start of the plan to its end: backlog at grades B to E and in total (C to E), the
            expected loss, failures and pupil-days of closure of the year that starts then, real GBP; and the facility
            condition index, which leaves out the grounds, since rebuilding a block does not renew them. With
            energy also ``electricity_kwh, fuels_kwh, energy_gbp`` (real) and ``footprint_tco2e``.
        """
        along, rows, in_blocks = along or self.nothing, [], (self.parts.block_id != "").to_numpy()
        pupil_days = self.pupil_days_by_year
        for year in range(self.horizon + 1):
            shares, failures = along.shares[year], along.failures[year]
            backlog = expected_backlog(shares, self.costs_gbp)
            by_grade = backlog.sum(axis=0)
            rows.append({
                "year": self.scenario.plan.first_year + year,
                **{f"backlog_{letter.lower()}_gbp": by_grade[i] for i, letter in enumerate(GRADE_LETTERS) if i},
                "backlog_gbp": by_grade[2:].sum(),
                "in_blocks": backlog[in_blocks, 2:].sum(),
                "expected_loss_gbp": float((shares * self.loss.yearly_gbp).sum() + failures @ self.loss.failure_in(year)),
                "expected_failures": float(failures.sum()),
                "expected_pupil_days": float(failures @ np.nan_to_num(pupil_days[year])),
            })
        frame = pd.DataFrame(rows)
        frame["facility_condition_index"] = facility_condition_index(frame.pop("in_blocks"), self.replacement_gbp().sum())
        energy = energy or self.energy_along(along)
        return frame if energy is None else frame.merge(energy.by_year(), on="year", how="left")

    def energy_along(self, along):
        """Energy with heating plant in the condition of a course, as ``course`` returns it; ``None`` without energy."""
        return self.energy and self.energy.with_condition(self.parts, self.costs_gbp, along.shares)

    def backlog_by(self, places, year, along=None):
        """Backlog at grades C to E by place.

        Parameters
        ----------
        places : Series
            The place of each component, in the order of ``parts``: a school, a block, an element.
        year : int
            Years since the start of the plan.
        along : Course, optional
            As ``course`` returns it; left out: nothing is done.

        Returns
        -------
        Series
            Real GBP, indexed by place.
        """
        poor = expected_backlog((along or self.nothing).shares[year], self.costs_gbp)[:, 2:].sum(axis=1)
        return pd.Series(poor).groupby(places.to_numpy()).sum()

    def replacement_gbp(self, key="school_id"):
        """Cost of replacing the blocks, by ``school_id`` or ``block_id``; real. [GBP]"""
        return self.by_floor_area_gbp(self.scenario.costs.rebuild_gbp_per_m2, key)

    def by_floor_area_gbp(self, gbp_per_m2, key="block_id"):
        """A cost per m2 of floor area in the prices of ``costs.rebuild_price_base``, by block or school; real. [GBP]"""
        rate = gbp_per_m2 * reference.price_ratio(self.scenario.costs.rebuild_price_base, self.scenario.plan.price_base)
        return (self._areas.local_m2 * rate).groupby(self._areas[key]).sum()

    @cached_property
    def _areas(self):
        return local_areas(self.estate)

    def __str__(self):
        years, horizon = self.by_year(), f"{self.horizon} year{'s' if self.horizon > 1 else ''}"
        return (f"Backlog of {self.estate.trust['name']} at grades C to E, in {self.scenario.plan.price_base} prices: "
                f"£{years.backlog_gbp.iloc[0]:,.0f} now, £{years.backlog_gbp.iloc[-1]:,.0f} after "
                f"{horizon} if nothing is done")


def forecast(estate, scenario):
    """Forecast the estate under a scenario if nothing is done.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    Outlook

    Raises
    ------
    MissingFigureError
        If a price base is outside the price index.
    """
    parts = component_rows(estate, scenario)
    costs = component_costs(parts, scenario)
    rules = {name: getattr(scenario, name) for name in ELEMENT_WORKS if getattr(scenario, name).offered}
    speeds = [1.0, scenario.renew.wear_after, *(rule.wear_after for rule in rules.values())]
    worn = wearing(estate, parts, scenario, costs[:, 3], speeds)
    treatments = _treatments(parts, costs, scenario, rules, worn.set_of)
    places = school_places(estate, scenario) if scenario.places.included else None
    days, life_safety = pupil_days_at_failure(estate, parts, costs[:, 3], places)
    days, later_days = (days, None) if places is None else (days[0], days)
    loss = _loss(parts, costs, scenario, days, later_days)
    nothing = _while_in_use(course(worn.wear, scenario.plan.years), _in_use(parts, scenario.plan.years))
    start = expected_backlog(nothing.shares[0], costs)[:, 2:].sum(axis=1)
    energy = energy_outlook(estate, scenario) if scenario.energy.included else None
    energy = energy and plant_wears(energy, parts, costs, nothing.shares)
    notes = (*_notes(estate, parts, scenario, costs, start, days), *(energy.notes if energy else ()),
             *(places.notes if places else ()))
    return Outlook(estate, scenario, parts, costs, worn.wear, loss, treatments, days, life_safety, nothing, notes, energy,
                   places, later_days)


def wearing_otherwise(outlook, speed, pupils=1.0):
    """The estate as it is where components wear faster or slower and schools have more or fewer pupils.

    Parameters
    ----------
    outlook : Outlook
    speed : array, shape (n,)
        Multiple of the hazard of every drop in grade of each component, the same for all of one construction type. [-]
    pupils : array, shape (n,), or float
        Multiple of the pupil-days a failure of each component costs. [-]

    Returns
    -------
    Outlook

    Raises
    ------
    ValueError
        If components of one construction type are to wear differently.

    Notes
    -----
    The trust's own chances of failure are left as they are. Grades found at the survey are the same; how they have worn
    since is not.
    """
    wear, speed = outlook.wear, np.asarray(speed, float)
    of_kind = np.ones(len(wear.chains.leave))
    of_kind[wear.kind] = speed
    if not (of_kind[wear.kind] == speed).all():
        raise ValueError("Components of one construction type wear at one speed.")
    wear = replace(wear, chains=replace(wear.chains, leave=hasten(wear.chains.leave, of_kind[:, None])))
    loss, later = outlook.loss, outlook.later_pupil_days
    more = (np.asarray(pupils) - 1.0) * outlook.scenario.loss.pupil_day_gbp
    loss = replace(loss, failure_gbp=loss.failure_gbp + np.nan_to_num(outlook.pupil_days) * more,
                   failure_by_year_gbp=None if later is None else loss.failure_by_year_gbp + np.nan_to_num(later) * more)
    nothing = _while_in_use(course(wear, outlook.horizon), outlook.in_use)
    return replace(outlook, wear=wear, loss=loss, nothing=nothing, pupil_days=outlook.pupil_days * pupils,
                   later_pupil_days=None if later is None else later * pupils)


def _in_use(parts, horizon):
    """Whether each component is in use at the start of each year, and at the end whether it stays."""
    in_use = parts.years_in_use.to_numpy()[None, :] > np.arange(horizon + 1)[:, None]
    in_use[horizon] = parts.stays.to_numpy()
    return in_use


def _while_in_use(along, in_use):
    return Course(along.shares * in_use[:, :, None], along.failures * in_use)


def _loss(parts, costs, scenario, pupil_days, later_days=None):
    """Patching by grade, what a failure loses, and what is handed on at the end, real GBP."""
    rates = reference.load("loss_rates").set_index("element").loc[parts.element]
    patching = np.zeros((len(parts), 5))
    patching[:, 2:] = rates[["reactive_share_c", "reactive_share_d", "reactive_share_e"]].to_numpy()
    failure = rates.failure_multiple.to_numpy() * scenario.loss.failure_scale * costs[:, 4]
    day_gbp = scenario.loss.pupil_day_gbp
    return Loss(costs * patching * scenario.loss.reactive_scale, failure + np.nan_to_num(pupil_days) * day_gbp,
                costs * scenario.loss.handed_on_share * parts.stays.to_numpy()[:, None],
                _in_use(parts, scenario.plan.years)[:-1],
                None if later_days is None else failure + np.nan_to_num(later_days) * day_gbp)


def _treatments(parts, costs, scenario, rules, set_of):
    """The kinds of works by name: those on an element, what must be done, and those on a whole block."""
    years, found, always = scenario.years, {}, np.ones((len(parts), len(scenario.years)), bool)
    for name, rule in rules.items():
        outcome = outcome_of(rule.grades, rule.brings_to == "one better")
        able = (parts.element.isin(rule.elements) | (not rule.elements)) & (~parts.replace_only | rule.on_x)
        applies = able.to_numpy()[:, None] & old_enough(parts.installed, rule.from_age_years, years)
        found[name] = Treatment(outcome, _sets_after(outcome, rule.wear_after, set_of),
                                costs_by_grade(costs, outcome, rule.cost_share), applies)
    renewed = outcome_of(ALL_TO_A)
    after, whole = _sets_after(renewed, scenario.renew.wear_after, set_of), costs_by_grade(costs, renewed, 1.0)
    found[URGENT] = Treatment(renewed, after, whole, always)
    if scenario.refurbish.offered:
        found["refurbish"] = Treatment(renewed, after, whole, always, together=True)
    if scenario.rebuild.offered:
        found["rebuild"] = Treatment(renewed, np.full(5, set_of[1.0]), whole, always, together=True)
    if scenario.demolish.offered:
        found["demolish"] = Treatment(np.full(5, GONE), np.zeros(5, int), np.zeros_like(costs), always, together=True)
    places, gone = scenario.places, (np.full(5, GONE), np.zeros(5, int), np.zeros_like(costs), always)
    offered = {"mothball": places.mothball, "let": places.let, "close site": places.close_sites}
    return found | {name: Treatment(*gone, together=True) for name, wanted in offered.items()
                    if wanted and places.included}


def _sets_after(outcome, wear_after, set_of):
    """Set of states by the grade works found: what was at D or E and is brought to A has been replaced and wears as new."""
    replaced = (outcome == 0) & (np.arange(len(outcome)) >= REPLACED_FROM)
    return np.where(replaced, set_of[1.0], set_of[wear_after])


def _notes(estate, parts, scenario, costs, start, days):
    """What every page must say about the evidence; ``start`` is the backlog (C to E) of each part at the start. [GBP]"""
    if not len(parts):
        return
    surveyed = (costs[np.arange(len(parts)), parts.grade_index] * (parts.grade_index >= 2)).sum()
    total = start.sum()
    yield (f"The backlog at the start is £{total:,.0f}. At the grades the surveyors found it would be £{surveyed:,.0f}; the "
           "rest is wear expected since, some of it to failure that nobody has seen.")
    share = start[parts.modelled].sum() / total if total > 0 else 0.0
    if share > 0:
        yield f"{'Less than 1%' if 0 < share < 0.01 else f'{share:.0%}'} of that backlog is modelled, not surveyed."
    old = parts.survey_years_old > OLD_SURVEY_YEARS
    if old.any():
        yield (f"{old.mean():.0%} of components were surveyed more than {OLD_SURVEY_YEARS} years before the plan starts; "
               f"their grades are aged {scenario.condition.oldest_survey_years} years at most, and works done since are "
               "unknown.")
    if parts.pfi.any():
        yield (f"PFI schools: lifecycle works belong to the contractor; £{start[parts.pfi].sum():,.0f} of that backlog is "
               "there: shown, and not planned.")
    leaving = ~parts.stays
    if leaving.any():
        yield (f"{leaving.sum()} components, £{start[leaving].sum():,.0f} of that backlog, are in blocks with a planned "
               "exit: only priority 1, statutory and unsupported works are planned there.")
    if parts.priority.isna().all():
        yield "No component has a surveyor's priority, so priority order is the same as worst first."
    unknown = np.isnan(days)
    if unknown.any():
        yield (f"Pupil-days of closure are not counted for {unknown.mean():.0%} of components: the schools table does not "
               "say how many pupils there are.")
    if len(estate.rates):
        yield f"Rates of wear learned from this estate's own surveys are used for {len(estate.rates)} construction types."
    if scenario.condition.knock_on:
        yield ("Knock-on damage is counted: a scheme is credited with what it spares the components beneath it. Where both "
               "are funded, some of that is counted twice.")
