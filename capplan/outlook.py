"""What happens, and what it costs, if nothing is done: the estate's condition year by year."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from . import reference
from .condition.backlog import expected_backlog, facility_condition_index
from .condition.costs import repair_costs
from .condition.deterioration import grade_shares, transition_matrices
from .condition.loss import avoided_by_grade, loss_to_come, yearly_loss
from .estate import Estate
from .scenario import Scenario

GRADE_LETTERS = "ABCDE"
OLD_SURVEY_YEARS = 5


@dataclass(frozen=True)
class Outlook:
    """Expected condition of every component in every year of the plan, and what delay loses. Carries its parents.

    ``parts`` has one row per component that is still in use in the first year, in the order of the arrays: shapes are
    ``(n, 5)`` for grades A to E, and money is real, at the scenario's price base, with fees, contingency and any VAT.
    """

    estate: Estate = field(repr=False)
    scenario: Scenario = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    costs_gbp: np.ndarray = field(repr=False)
    yearly_gbp: np.ndarray = field(repr=False)
    avoided_gbp: np.ndarray = field(repr=False)
    failure_rate: np.ndarray = field(repr=False)
    _shares: np.ndarray = field(repr=False)
    notes: tuple = ()

    @property
    def horizon(self):
        """Years in the plan."""
        return self.scenario.plan.years

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
        parts = self.parts
        shares = self._shares[parts.type_index, parts.grade_index, parts.age_years + year]
        return shares * (parts.years_in_use > year).to_numpy()[:, None] if year < self.horizon else (
            shares * parts.stays.to_numpy()[:, None])

    def shares_with(self, year, treated_in, treated_scope):
        """Grade shares of every component, with works.

        Parameters
        ----------
        year : int
            Years since the start of the plan.
        treated_in : array of int, shape (n,)
            Year of the plan in which works bring the component to grade A; -1 for none.
        treated_scope : array of bool, shape (n, 5)
            Grades that the works put right.

        Returns
        -------
        array, shape (n, 5)
            Probability of grades A to E. [-]
        """
        shares = self.shares(year)
        done = np.flatnonzero((treated_in >= 0) & (treated_in < year))
        parts = self.parts.iloc[done]
        kinds, since = parts.type_index.to_numpy(), year - treated_in[done]
        before = self._shares[kinds, parts.grade_index.to_numpy(), parts.age_years.to_numpy() + treated_in[done]]
        inside = before * treated_scope[done]
        mixed = inside.sum(axis=1)[:, None] * self._shares[kinds, 0, since - 1]
        for grade in range(5):
            mixed += (before - inside)[:, grade, None] * self._shares[kinds, grade, since]
        alive = parts.stays if year >= self.horizon else parts.years_in_use > year
        shares[done] = mixed * alive.to_numpy()[:, None]
        return shares

    def by_year(self, treated_in=None, treated_scope=None):
        """Backlog by grade, expected loss and failures in every year.

        Parameters
        ----------
        treated_in, treated_scope : array, optional
            As for ``shares_with``; left out: nothing is done.

        Returns
        -------
        DataFrame
            One row per year from the start of the plan to its end: backlog at grades B to E and in total (C to E), the
            expected loss and failures of the year that starts then, real GBP; and the facility condition index, which
            leaves out the grounds, since rebuilding a block does not renew them.
        """
        rows, in_blocks = [], (self.parts.block_id != "").to_numpy()
        for year in range(self.horizon + 1):
            shares = self.shares(year) if treated_in is None else self.shares_with(year, treated_in, treated_scope)
            backlog = expected_backlog(shares, self.costs_gbp)
            by_grade = backlog.sum(axis=0)
            rows.append({
                "year": self.scenario.plan.first_year + year,
                **{f"backlog_{letter.lower()}_gbp": by_grade[i] for i, letter in enumerate(GRADE_LETTERS) if i},
                "backlog_gbp": by_grade[2:].sum(),
                "in_blocks": backlog[in_blocks, 2:].sum(),
                "expected_loss_gbp": float((shares * self.yearly_gbp).sum()),
                "expected_failures": float((shares[:, 3] * self.failure_rate).sum()),
            })
        frame = pd.DataFrame(rows)
        frame["facility_condition_index"] = facility_condition_index(frame.pop("in_blocks"), self.replacement_gbp().sum())
        return frame

    def backlog_by(self, places, year, treated_in=None, treated_scope=None):
        """Backlog at grades C to E by place.

        Parameters
        ----------
        places : Series
            The place of each component, in the order of ``parts``: a school, a block, an element.
        year : int
            Years since the start of the plan.
        treated_in, treated_scope : array, optional
            As for ``shares_with``; left out: nothing is done.

        Returns
        -------
        Series
            Real GBP, indexed by place.
        """
        shares = self.shares(year) if treated_in is None else self.shares_with(year, treated_in, treated_scope)
        poor = expected_backlog(shares, self.costs_gbp)[:, 2:].sum(axis=1)
        return pd.Series(poor).groupby(places.to_numpy()).sum()

    def replacement_gbp(self, key="school_id"):
        """Cost of replacing the blocks, by ``school_id`` or ``block_id``; real. [GBP]"""
        costs, plan = self.scenario.costs, self.scenario.plan
        rate = costs.rebuild_gbp_per_m2 * reference.price_ratio(costs.rebuild_price_base, plan.price_base)
        blocks = self.estate.blocks.merge(self.estate.sites[["site_id", "school_id"]], on="site_id")
        blocks = blocks.merge(self.estate.schools[["school_id", "region"]], on="school_id")
        return (blocks.gifa_m2 * blocks.region.map(reference.location_factor) * rate).groupby(blocks[key]).sum()

    def __str__(self):
        years = self.by_year()
        return (f"Backlog of {self.estate.trust['name']} at grades C to E, in {self.scenario.plan.price_base} prices: "
                f"£{years.backlog_gbp.iloc[0]:,.0f} now, £{years.backlog_gbp.iloc[-1]:,.0f} after "
                f"{self.horizon} years if nothing is done")


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
    types = reference.component_types()
    parts = _parts(estate, scenario, types)
    matrices = transition_matrices(types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy())
    horizon = scenario.plan.years
    shares = grade_shares(matrices, horizon + int(parts.age_years.max() if len(parts) else 0))
    costs = _costs(parts, scenario, types)
    rates = reference.load("loss_rates").set_index("element").loc[parts.element]
    patching = np.zeros((len(parts), 5))
    patching[:, 2:] = rates[["reactive_share_c", "reactive_share_d", "reactive_share_e"]].to_numpy()
    p_de = types.p_de.to_numpy()[parts.type_index]
    yearly = yearly_loss(costs, patching * scenario.loss.reactive_scale,
                         rates.failure_multiple.to_numpy() * scenario.loss.failure_scale, p_de)
    handed_on = costs * scenario.loss.handed_on_share * parts.stays.to_numpy()[:, None]
    kinds = parts.type_index.to_numpy()
    to_come = loss_to_come(shares, kinds, yearly, handed_on, scenario.plan.discount_rate, horizon)
    start = (shares[kinds, parts.grade_index, parts.age_years] * costs)[:, 2:].sum(axis=1)
    return Outlook(estate, scenario, parts, costs, yearly, avoided_by_grade(to_come, matrices, kinds), p_de, shares,
                   tuple(_notes(parts, scenario, costs, start)))


def _parts(estate, scenario, types):
    """Components with everything the arrays need, one row each; those of blocks already left are dropped."""
    start = pd.Timestamp(scenario.plan.first_year, 9, 1)
    parts = estate.components.reset_index(drop=True)
    parts = parts.merge(estate.sites[["site_id", "school_id"]], on="site_id", how="left", validate="m:1")
    parts = parts.merge(estate.schools[["school_id", "region", "pfi", "voluntary_aided"]], on="school_id", how="left",
                        validate="m:1")
    exits = estate.blocks.set_index("block_id").planned_exit
    parts["planned_exit"] = pd.to_datetime(parts.block_id.map(exits))
    last_day = parts.planned_exit - pd.Timedelta(days=1)
    exit_year = last_day.dt.year - (last_day.dt.month < 9)
    horizon = scenario.plan.years
    in_use = (exit_year - scenario.plan.first_year + 1).clip(0, horizon)
    parts["years_in_use"] = in_use.fillna(horizon).astype(int)
    parts["stays"] = parts.planned_exit.isna() | (exit_year >= scenario.plan.first_year + horizon)
    parts["type_index"] = types.index.get_indexer(parts.type_id)
    parts["element"] = types.element.to_numpy()[parts.type_index]
    parts["element_code"] = parts.type_id.str.split(".").str[0]
    parts["grade_index"] = parts.grade.str[0].map({letter: i for i, letter in enumerate(GRADE_LETTERS)}).astype(int)
    parts["replace_only"] = parts.grade.str.endswith("X")
    parts["modelled"] = parts.surveyed.isna()
    years_old = ((start - parts.surveyed).dt.days / 365.25).fillna(0)
    parts["survey_years_old"] = years_old
    seen = parts.surveyed.dt
    after_1_september = (seen.month > 9) | ((seen.month == 9) & (seen.day > 1))
    birthdays = (start.year - seen.year - after_1_september).fillna(0)
    parts["age_years"] = birthdays.clip(0, scenario.condition.oldest_survey_years).astype(int)
    must = (parts.priority == 1) | parts.statutory
    parts["must_by"] = parts.due_year.where(parts.due_year > scenario.plan.first_year,
                                            scenario.plan.first_year).where(must)
    return parts[parts.years_in_use > 0].reset_index(drop=True)


def _costs(parts, scenario, types):
    """Cost to grade A at every grade, real, with location, on-costs and VAT."""
    base, rules = scenario.plan.price_base, scenario.condition
    national = np.zeros((len(types), 5))
    columns = ["cost_b_gbp_per_unit", "cost_c_gbp_per_unit", "cost_d_gbp_per_unit", "cost_e_gbp_per_unit"]
    to_base = types.price_base.map(lambda year: reference.price_ratio(year, base)).to_numpy()
    national[:, 1:] = types[columns].to_numpy() * to_base[:, None]
    years = parts.cost_price_base.dropna().unique()
    ratio = {year: reference.price_ratio(int(year), base) for year in years}
    remedial = (parts.remedial_cost_gbp * parts.cost_price_base.map(ratio).astype(float)).to_numpy()
    local = parts.region.map({region: reference.location_factor(region) for region in parts.region.unique()})
    costs = repair_costs(parts.quantity.to_numpy(), national[parts.type_index], local.to_numpy(float),
                         parts.grade_index.to_numpy(), remedial, parts.replace_only.to_numpy(),
                         (rules.scale_least, rules.scale_most))
    vat = 1.0 + parts.voluntary_aided.to_numpy() * scenario.costs.vat_rate_voluntary_aided
    return costs * scenario.on_cost_factor * vat[:, None]


def _notes(parts, scenario, costs, start):
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
               "exit: only priority 1 and statutory works are planned there.")
    if parts.priority.isna().all():
        yield "No component has a surveyor's priority, so priority order is the same as worst first."
