"""What every start saves in energy and carbon, as columns of the candidates, and the trust's carbon targets as limits."""

import numpy as np
import pandas as pd

from ..energy.measures import HEAT_PUMPS, SOLAR
from ..energy.packages import BURNT, HEAT, WATER
from .targets import COLUMNS

SLACK_SHARE, ROUNDING_SHARE = 1e-9, 1e-6  # of what is asked, so that a sum of rounded savings may meet it


def saved_columns(outlook, years, offers):
    """The starts with what each saves, on top of what goes before it; nought for works that save no energy.

    Parameters
    ----------
    outlook : Outlook
        With energy.
    years : DataFrame
        ``scheme_id, start_year`` and further columns, one row per start.
    offers : EnergyOffers

    Returns
    -------
    DataFrame
        With ``fuels_kwh`` and ``electricity_kwh`` (bought, over the plan), ``carbon_tco2e`` (at marginal factors, over the
        life as far as the forecast reaches), ``footprint_tco2e`` (over the plan) and, for each year the scenario asks
        about, ``footprint_YEAR_tco2e``, ``fossil_YEAR_kwh`` and ``renewable_YEAR``.
    """
    plan, asked = outlook.scenario.plan, outlook.scenario.carbon
    pairs = list(zip(years.scheme_id, years.start_year.astype(int), strict=True))
    inside = slice(0, plan.years)
    measures = {
        "fuels_kwh": lambda pair, saved: saved.burnt_kwh[inside].sum(),
        "electricity_kwh": lambda pair, saved: saved.power_kwh[inside].sum(),
        "carbon_tco2e": lambda pair, saved: saved.carbon_t.sum(),
        "footprint_tco2e": lambda pair, saved: saved.footprint_t[inside].sum()}
    for year in sorted({int(year) for year in (*(asked.cuts or ()), *(asked.most_t or ()))}):
        measures[f"footprint_{year}_tco2e"] = lambda pair, saved, at=year - plan.first_year: saved.footprint_t[at]
    if asked.fossil_free_by:
        may = _could_go_out(offers)
        measures[f"fossil_{asked.fossil_free_by}_kwh"] = lambda pair, saved: _fire_out_kwh(
            offers, pair, asked.fossil_free_by - plan.first_year, may)
    if asked.renewable_school_by:
        measures[f"renewable_{asked.renewable_school_by}"] = lambda pair, saved: float(any(
            item.measure == SOLAR and item.since <= asked.renewable_school_by - plan.first_year
            for item in offers.fitted[pair]))
    found = {name: [round(float(read(pair, offers.saved[pair])), 4) if pair in offers.saved else 0.0 for pair in pairs]
             for name, read in measures.items()}
    return years.assign(**found)


def _fire_out_kwh(offers, pair, at, may):
    """Fuel for heat and hot water of the blocks that a start gives a heat pump by a year. [kWh]"""
    name, total = _school_of(offers, pair), 0.0
    school = offers.schools.get(name)
    for item in offers.fitted[pair]:
        if item.measure in HEAT_PUMPS and item.since <= at:
            zones = [zone for zone in item.zones if (name, zone) in may]
            total += school.premises.zone_share[zones].sum() * _fire_kwh(school, at)
    return total


def _school_of(offers, pair):
    block = pair[0].split(".")[0]
    return next((name for name, school in offers.schools.items() if block in school.blocks), "")


def _fire_kwh(school, at):
    return school.premises.kwh[BURNT][:, [HEAT, WATER], at].sum()


def _could_go_out(offers):
    """School and zone of the blocks whose boilers may give way to a heat pump; those that are only rebuilt are left out."""
    return {(_school_of(offers, pair), zone) for pair, fitted in offers.fitted.items() if pair[0] in offers.works
            for item in fitted if item.measure in HEAT_PUMPS for zone in item.zones}


def _could_go_out_kwh(offers, at):
    """Fuel for heat and hot water of these blocks. [kWh]"""
    return sum(offers.schools[name].premises.zone_share[zone] * _fire_kwh(offers.schools[name], at)
               for name, zone in _could_go_out(offers))


def carbon_limits(outlook, offers):
    """The carbon targets of a scenario as limits that the optimiser keeps.

    Parameters
    ----------
    outlook : Outlook
        With energy.
    offers : EnergyOffers

    Returns
    -------
    tuple of (DataFrame, list of str)
        The limits, and what has to be said.

    Notes
    -----
    A cut is of what all schools of the trust emit without works; schools under PFI emit too, though their works are not the
    trust's. Fossil-free counts space heating and hot water of the blocks that stay. *Counterexample:* a gas kitchen.
    """
    asked, plan, limits, notes = outlook.scenario.carbon, outlook.scenario.plan, [], []
    emitted = np.asarray(outlook.energy.emissions_t()).sum(axis=(0, 1))
    base = asked.base_t or float(emitted[0])
    most = {year: base * (1.0 - share) for year, share in (asked.cuts or {}).items()}
    for year, tonnes in (asked.most_t or {}).items():
        most[year] = min(most.get(year, np.inf), tonnes)
    for year in sorted(most):
        at = int(year) - plan.first_year
        if not 0 <= at < len(emitted):
            notes.append(f"The carbon target of {year} is left out: it is outside the years that energy is forecast for.")
            continue
        short = emitted[at] - most[year]
        if short > 0:
            limits.append(_limit(f"carbon {year}", f"footprint_{year}_tco2e", short))
        notes.append(f"Carbon target: at most {most[year]:,.0f} tCO2e in {year}-{(int(year) + 1) % 100:02d}, "
                     f"{1 - most[year] / base:.0%} less than {base:,.0f}; {emitted[at]:,.0f} without works.")
    if asked.most_in_plan_t is not None:
        whole = emitted[:plan.years].sum()
        if whole > asked.most_in_plan_t:
            limits.append(_limit("carbon budget", "footprint_tco2e", whole - asked.most_in_plan_t))
        notes.append(f"Carbon budget of the plan: {asked.most_in_plan_t:,.0f} tCO2e; {whole:,.0f} without works.")
    if asked.renewable_school_by:
        limits.append(_limit(f"renewable by {asked.renewable_school_by}", f"renewable_{asked.renewable_school_by}", 1.0))
    if asked.fossil_free_by:
        at = min(max(asked.fossil_free_by - plan.first_year, 0), len(emitted) - 1)
        fire = _could_go_out_kwh(offers, at)
        whole = sum(_fire_kwh(school, at) for school in offers.schools.values())
        notes.append(f"Fossil-free by {asked.fossil_free_by}: every block with a boiler that may give way to a heat pump, "
                     f"{fire / max(whole, 1e-9):.0%} of the fuel that heats schools the trust plans for.")
        limits.append(_limit(f"fossil-free by {asked.fossil_free_by}", f"fossil_{asked.fossil_free_by}_kwh",
                             fire * (1 - ROUNDING_SHARE)))
    return pd.DataFrame(limits, columns=COLUMNS), notes


def _limit(name, measure, amount):
    return [name, pd.NA, "all", "", measure, ">=", round(float(amount) * (1.0 - SLACK_SHARE), 4)]
