"""From an estate and a scenario to what growth is simulated from, with everything that was taken for granted said."""

from datetime import date

import numpy as np
import pandas as pd

from .. import reference
from ..energy.end_uses import FUELS
from ..energy.factors import calendar_years, footprint_factors
from ..energy.priors import expected_use
from ..errors import DataError, Fault, ScenarioError
from ..formula_grants import SPECIAL_PHASES, counted_rolls
from ..funding.regime import in_trust, regime_rules
from ..outlook import forecast
from .growth_case import GrowthCase, PostPlan, Prospect

PHASES = range(1, 6)
WEIGHTS_OF = {"primary": ("primary",), "nursery": ("primary",), "secondary": ("secondary",), "sixth form": ("post_16",),
              "all-through": ("primary", "secondary"), "special": ("special",), "alternative provision": ("special",)}


def growth_case(estate, scenario, works_gbp=None):
    """What growth is simulated from.

    Parameters
    ----------
    estate : Estate
        With ``prospects`` and, if there are own posts, ``posts``; its reserves (or budget) and pupils.
    scenario : Scenario
        With a ``[growth]`` section.
    works_gbp : sequence of float, optional
        Condition works in each planning year, in place of a share of the backlog. [GBP]

    Returns
    -------
    GrowthCase

    Raises
    ------
    ScenarioError
        If the scenario has no section on growth.
    DataError
        If reserves, pupils or regions are missing; all at once.

    Notes
    -----
    Money is in the prices of the plan, and nothing is inflated. Pupils of an all-through school weigh as the mean of primary
    and secondary. *Counterexample:* an all-through school whose sixth form is its larger half.
    """
    if scenario.growth is None:
        raise ScenarioError(f"The scenario {scenario.name} has no [growth]; let it extend growth.")
    start = date(scenario.plan.first_year, 9, 1)
    inside = in_trust(estate.schools, start)
    schools = estate.schools[inside].reset_index(drop=True)
    faults = _faults(estate, schools, scenario)
    if faults:
        raise DataError(faults)
    money, notes = _money(estate, scenario)
    if out := list(estate.schools.school_id[~inside]):
        notes.append(f"Not in the trust on {start.day} September {start.year} and left out: {', '.join(out)}.")
    pupils = [_pupils(estate, school, scenario) for school in schools.itertuples()]
    backlog_gbp = float(forecast(estate, scenario).by_year().backlog_gbp.iloc[0])
    prospects = tuple(_prospect(row, scenario, notes) for row in estate.prospects.itertuples())
    if prospects:
        notes.append("Energy of schools that join is estimated from schools of their kind: gas by floor area, electricity "
                     "by pupil. One school may well use half as much or twice as much.")
    return GrowthCase(
        scenario.growth, prospects, _posts(estate, notes),
        tuple(reference.load("growth_phases").least_schools.tolist()), scenario.plan.first_year, scenario.plan.years,
        len(schools), backlog_gbp, *money, scenario.reserves.floor_share, scenario.reserves.floor_gbp,
        None if works_gbp is None else tuple(works_gbp), tuple(schools.school_id), tuple(map(tuple, pupils)),
        tuple(_weight(row.phase, row.region) for row in schools.itertuples()),
        tuple(_multiple(row.phase) for row in schools.itertuples()),
        float(reference.load("pupil_noise").set_index("figure").value["school_walk"]), tuple(notes),
        _kg_per_kwh(scenario))


def months_from(first_year, day):
    """Months from 1 September of a year to a day.

    Parameters
    ----------
    first_year : int
    day : date

    Returns
    -------
    float
        Whole on the first of a month; negative before. [months]

    Examples
    --------
    >>> months_from(2026, date(2026, 9, 1)), months_from(2026, date(2027, 3, 1)), months_from(2026, date(2026, 8, 1))
    (0.0, 6.0, -1.0)
    """
    return 12.0 * (day.year - first_year) + day.month - 9 + (day.day - 1) / pd.Timestamp(day).days_in_month


def day_of(first_year, months):
    """The first of the month that so many whole months lead to.

    Parameters
    ----------
    first_year : int
    months : float
        [months]

    Returns
    -------
    date

    Examples
    --------
    >>> day_of(2026, 0), day_of(2026, 5), day_of(2026, 16)
    (datetime.date(2026, 9, 1), datetime.date(2027, 2, 1), datetime.date(2028, 1, 1))
    """
    whole = int(months) + 8
    return date(first_year + whole // 12, whole % 12 + 1, 1)


def _faults(estate, schools, scenario):
    faults = [] if len(schools) else [Fault("schools.csv", None, "", "no school in the trust at the start of the plan",
                                            "at least one")]
    if len(estate.reserves) == 0:
        faults.append(Fault("reserves.csv", None, "", "no such file", "there: growth pauses when reserves are low"))
    faults += [Fault("schools.csv", None, "phase", f"a blank of {row.school_id}", "a phase: pupils weigh by it")
               for row in schools.itertuples() if not isinstance(row.phase, str) or not row.phase]
    faults += [Fault("schools.csv", None, "pupils", f"a blank of {row.school_id}", "pupils on roll [pupils]")
               for row in schools.itertuples() if pd.isna(row.pupils)]
    if scenario.growth.unnamed_per_year and not len(estate.prospects):
        faults.append(Fault("prospects.csv", None, "", "no school", "at least one: unnamed schools are like one of them"))
    return faults


def _money(estate, scenario):
    """Reserves at the start, income and surplus of every planning year [GBP]; and notes."""
    rows, years = estate.reserves.sort_values("year"), scenario.years
    by_year = rows.groupby("year")[["income_gbp", "surplus_gbp"]].sum(min_count=1)
    if len(estate.budget):
        budget = estate.budget
        costs_gbp = budget.staff_gbp + budget.energy_gbp + budget.other_costs_gbp
        own = pd.DataFrame({"income_gbp": budget.income_gbp, "surplus_gbp": budget.income_gbp - costs_gbp,
                            "year": budget.year}).groupby("year").sum()
        by_year = by_year.combine_first(own)
    known = by_year.dropna()
    notes = []
    if not len(known) or known.index.min() > years[0]:
        raise DataError([Fault("reserves.csv", None, "income_gbp", f"no income and surplus of {years[0]}",
                               "both, here or in budget.csv [GBP]")])
    if known.index.max() < years[-1]:
        notes.append(f"Income and surplus of {known.index.max()} are held after it, for want of later ones (assumption).")
    held = known.reindex(range(int(known.index.min()), max(years[-1], int(known.index.max())) + 1)).ffill().loc[years]
    opening_gbp = float(rows[rows.year == rows.year.min()].opening_gbp.sum())
    before = known[(known.index >= rows.year.min()) & (known.index < years[0])]
    return (opening_gbp + float(before.surplus_gbp.sum()), tuple(held.income_gbp.tolist()),
            tuple(held.surplus_gbp.tolist())), notes


def _pupils(estate, school, scenario):
    """Pupils of a school at the spring census of each year of the plan: those of its rolls, else held. [pupils]"""
    years = range(scenario.plan.first_year, scenario.plan.first_year + scenario.plan.years)
    own = counted_rolls(estate.rolls).set_index(["school_id", "census_year"]).pupils if len(estate.rolls) else {}
    held, found = float(school.pupils), []
    for year in years:
        held = float(own[school.school_id, year]) if (school.school_id, year) in own else held
        found.append(held)
    return found


def _posts(estate, notes):
    posts = estate.posts
    if not len(posts):
        posts = reference.load("growth_posts")
        notes.append("No posts.csv: the central team is that of the growth trust whose plan capplan retells.")
    return tuple(PostPlan(row.post_id, tuple(float(getattr(row, f"phase_{phase}_fte")) for phase in PHASES),
                          float(row.estates_share)) for row in posts.itertuples())


def _weight(phase, region):
    """Weighted pupils, with the location factor, of a pupil of a phase. [-]"""
    weights = reference.load("pupil_weights").set_index("phase").pupil_weight
    return float(np.mean([weights[kind] for kind in WEIGHTS_OF[phase]])) * reference.location_factor(region)


def _multiple(phase):
    return regime_rules().special_multiple if phase in SPECIAL_PHASES else 1.0


def _prospect(row, scenario, notes):
    first = scenario.plan.first_year
    low, high = (max(months_from(first, day.date()), 0.0) for day in (row.approach_from, row.approach_by))
    if row.approach_by.date() < date(first, 9, 1):
        notes.append(f"{row.prospect_id} asks before the plan begins; taken to ask on its first day.")
    backlog_gbp = row.backlog_gbp
    if pd.isna(backlog_gbp):
        backlog_gbp = scenario.growth.backlog_gbp_per_m2 * row.gifa_m2
        notes.append(f"{row.prospect_id}: backlog by floor area, £{backlog_gbp:,.0f} (assumption).")
    sponsored = row.route == "sponsored"
    return Prospect(row.prospect_id, row.name, row.phase, sponsored, sponsored or bool(row.intensive), (low, high),
                    float(row.pupils), _weight(row.phase, row.region), _multiple(row.phase), float(row.gifa_m2),
                    float(backlog_gbp), float(row.income_gbp), float(row.surplus_gbp), float(row.reserves_gbp),
                    0.0 if pd.isna(row.grants_gbp) else float(row.grants_gbp), bool(row.pfi), _known(row.raac),
                    _known(row.land_issue),
                    *(expected_use(row.phase, fuel, row.gifa_m2, row.pupils) for fuel in ("electricity", "gas")))


def _kg_per_kwh(scenario):
    """Footprint of a kWh of electricity and of gas in each planning year, all scopes that the scenario counts."""
    rules, years = scenario.energy, calendar_years(np.array(scenario.years))
    factors = footprint_factors(years, rules.losses, rules.supply, rules.consistent_factors)
    each = factors.kg_per_kwh.sum(axis=0)
    return tuple(zip(each[FUELS.index("electricity")].tolist(), each[FUELS.index("gas")].tolist(), strict=True))


def _known(flag):
    return None if pd.isna(flag) else bool(flag)
