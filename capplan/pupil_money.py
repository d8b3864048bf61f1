"""What the pupils to come do to each school's budget: income a year later, classes, and what pupils cost themselves."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .place_demand import demand
from .pupils.classes import class_step_cost, classes_of_school
from .pupils.income import annual_grant, change_of_surplus, lagged

COLUMNS = ["school_id", "year", "pupils_paid", "pupils_budgeted", "income_change_gbp", "classes", "classes_now",
           "class_change_gbp", "pupil_cost_change_gbp", "surplus_change_gbp"]


@dataclass(frozen=True)
class PupilMoney:
    """Changes of the budget by school and year (nominal) [GBP], and what must be said of them."""

    lines: pd.DataFrame = field(repr=False)
    notes: tuple = ()


def pupil_money(estate, scenario, forecast=None):
    """Changes of each school's budget that follow from the pupils to come.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    forecast : PupilForecast, optional
        As for ``place_demand.demand``.

    Returns
    -------
    PupilMoney
        ``lines`` has ``COLUMNS``; amounts nominal, below nought where there is less.

    Raises
    ------
    DataError
        If the estate has no budget, or rates are missing for a school of it.

    Notes
    -----
    A budget is taken to have been worked out for its ``pupils`` and to pay for the classes of the latest census. Income goes
    by the October before the year or, of schools paid on estimates, by that of the year; schools paid by places keep theirs.
    *Counterexample:* a budget that had foreseen the fall already, unless its pupils say so.
    """
    if faults := _faults(estate):
        raise DataError(faults)
    wanted = demand(estate, scenario, forecast)
    on_roll, now = wanted.chosen.sum(axis=1).T, wanted.now.sum(axis=1)
    place = {school: number for number, school in enumerate(wanted.schools)}
    paid_late = lagged(on_roll, now)
    funding = estate.pupil_funding.set_index("school_id")
    given = estate.budget.set_index(["school_id", "year"]).pupils
    listed = estate.schools.set_index("school_id").pupils
    rows = []
    for school, rates in funding.iterrows():
        number, growth = place[school], (1.0 + scenario.places.rate_growth) ** np.arange(len(scenario.years))
        budgeted = given.reindex([(school, year) for year in scenario.years]).astype(float).fillna(listed[school]).to_numpy()
        paid = {"census": paid_late[:, number], "estimates": on_roll[:, number], "places": budgeted}[rates.paid_on]
        if np.isnan(budgeted).any():
            raise DataError([Fault("budget.csv", None, "pupils", f"a blank for {school}",
                                   "given, where schools.csv does not say how many pupils it has")])
        rows.append(_lines(school, rates, growth, paid, budgeted, on_roll[:, number], wanted, number, scenario.years))
    lines = pd.concat(rows, ignore_index=True)[COLUMNS]
    return PupilMoney(lines, tuple(_notes(lines, wanted)))


def _faults(estate):
    """What the estate lacks for its budget to follow the pupils."""
    if not len(estate.budget):
        return [Fault("budget.csv", None, "", "no rows", "the budget by school, if it is to follow the pupils")]
    schools = set(estate.budget.school_id) - {""}
    return [Fault("pupil_funding.csv", None, "school_id", f"no row for {school}", "a row for every school of budget.csv")
            for school in sorted(schools - set(estate.pupil_funding.school_id))]


def _lines(school, rates, growth, paid, budgeted, on_roll, wanted, number, years):
    """The rows of one school."""
    terms = (rates.per_pupil_gbp * growth, rates.lump_sum_gbp * growth, rates.minimum_per_pupil_gbp * growth)
    income = annual_grant(paid, *terms) - annual_grant(budgeted, *terms)
    classes, before = _classes(rates, wanted, number)
    steps = class_step_cost(classes, before, rates.class_gbp * growth)
    each = (0.0 if pd.isna(rates.pupil_cost_gbp) else rates.pupil_cost_gbp) * growth
    if rates.paid_on == "places":
        steps, each = steps * 0.0, each * 0.0
    surplus = change_of_surplus(income, np.nan_to_num(steps), on_roll - budgeted, each)
    return pd.DataFrame({
        "school_id": school, "year": years, "pupils_paid": paid.round(1), "pupils_budgeted": budgeted,
        "income_change_gbp": income.round(2), "classes": classes, "classes_now": before,
        "class_change_gbp": np.nan_to_num(steps).round(2), "pupil_cost_change_gbp": ((on_roll - budgeted) * each).round(2),
        "surplus_change_gbp": surplus.round(2)})


def _classes(rates, wanted, number):
    """Classes of a school in each year and at the latest census; not numbers where pupils are not known by year group."""
    if wanted.by_group is None:
        return np.full(len(wanted.years), np.nan), np.nan
    sort = (wanted.groups, rates.class_size, bool(rates.mixed_ages))
    return (classes_of_school(wanted.by_group[number].T, *sort).astype(float),
            float(classes_of_school(wanted.now_by_group[number], *sort)))


def _notes(lines, wanted):
    """What has to be said of a budget that follows the pupils."""
    income, classes = lines.income_change_gbp.sum(), lines.class_change_gbp.sum()
    yield (f"The budget follows the pupils of {wanted.source}, a year later: income £{income:+,.0f} and classes "
           f"£{classes:+,.0f} over the plan, against what was budgeted.".replace("£-", "-£").replace("£+", "+£"))
    worst = lines[lines.year == lines.year.max()].nsmallest(3, "surplus_change_gbp")
    worst = worst[worst.surplus_change_gbp < 0]
    if len(worst):
        names = ", ".join(f"{row.school_id} (£{-row.surplus_change_gbp:,.0f})" for row in worst.itertuples())
        yield f"Schools whose surplus falls most by its last year: {names}."
    if wanted.by_group is None:
        yield "Pupils are not known by year group, so that no class is opened or closed in the budget."
