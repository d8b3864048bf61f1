"""What must hold between the cells of an estate's tables: rows that are each right and together wrong."""

from datetime import date

import pandas as pd

from . import reference
from .bid_checks import bid_faults, offer_faults
from .energy_checks import holiday_faults, meter_faults, reading_faults, weather_faults
from .errors import Fault
from .errors import rows_at_fault as _rows
from .evidence_checks import evidence_faults
from .growth_checks import post_faults, prospect_faults
from .money_checks import budget_faults, loan_faults, reserve_faults
from .place_checks import expansion_faults, funding_faults, place_faults
from .roll_checks import admission_faults, census_faults, feeder_faults, housing_faults

FT2_PER_M2 = 10.7639


def sense_faults(frames, files):
    """Rows whose cells are each right and together wrong.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    files : dict of str
        File name of each table that is there.

    Returns
    -------
    list of Fault
    """
    rules = {"trust": _trust_faults, "schools": _school_faults, "rolls": _roll_faults,
             "blocks": _block_faults, "components": _component_faults,
             "grants": _grant_faults, "reserves": reserve_faults, "budget": budget_faults,
             "loans": loan_faults, "works": _works_faults,
             "compliance": _compliance_faults, "suitability": _suitability_faults,
             "bids": _bid_faults, "loan_offers": offer_faults, "places": place_faults,
             "expansions": expansion_faults, "pupil_funding": funding_faults,
             "meters": meter_faults, "readings": reading_faults, "weather": weather_faults, "holidays": holiday_faults,
             "census": census_faults, "admissions": admission_faults, "feeders": feeder_faults,
             "housing": housing_faults, "evidence": evidence_faults, "prospects": prospect_faults, "posts": post_faults}
    faults = []
    for name, rule in rules.items():
        if name in files:
            faults += rule(frames, files[name])
    return faults


def _trust_faults(frames, where):
    rows = len(frames["trust"])
    return [Fault(where, None, "", f"{rows} rows", "exactly one row")] if rows > 1 else []


def _school_faults(frames, where):
    schools = frames["schools"]
    known = set(reference.load("local_authorities").la_number)
    faults = _rows(schools, schools.la_number.notna() & ~schools.la_number.isin(known), where, "la_number",
                   lambda row: f"{row.la_number:.0f}", "the number of an English local authority")
    for first, last in (("opened", "closed"), ("joined", "left")):
        faults += _rows(schools, schools[first] >= schools[last], where, last,
                        lambda row, last=last: f"{row[last]:%Y-%m-%d}", f"after the date in {first}")
    return faults


def _roll_faults(frames, where):
    rolls, phases = frames["rolls"], frames["schools"].drop_duplicates("school_id").set_index("school_id").phase
    unknown = (rolls.pupils_special > 0) & rolls.school_id.map(phases).eq("")
    faults = _rows(rolls, unknown, where, "pupils_special",
                   lambda row: f"{row.pupils_special:g} at a school without a phase",
                   "of a school with a phase in schools.csv: special schools count more in the test for SCA")
    early = pd.to_datetime(rolls.census_year.astype(str) + "-01-01", errors="coerce") > pd.Timestamp(date.today())
    return faults + _rows(rolls, early & (rolls.status == "counted"), where, "status",
                          lambda row: f"counted in {row.census_year}", "forecast: that census is still to come")


def _block_faults(frames, where):
    blocks = frames["blocks"]
    floors = blocks.ground_gifa_m2 * blocks.storeys.fillna(1).clip(lower=1)
    return _rows(
        blocks, blocks.gifa_m2 < blocks.ground_gifa_m2, where, "ground_gifa_m2",
        lambda row: f"{row.ground_gifa_m2:g}", "no more than the block's gifa_m2",
    ) + _rows(
        blocks, (blocks.gifa_m2 > 5 * floors) & (floors > 0) & blocks.storeys.notna(), where, "gifa_m2",
        lambda row: f"{row.gifa_m2:g} on {row.storeys:g} storeys of {row.ground_gifa_m2:g} m2",
        f"in m2 and no more than the storeys can hold (is it in ft2? 1 m2 is {FT2_PER_M2:.2f} ft2)",
    )


def _component_faults(frames, where):
    parts, blocks = frames["components"], frames["blocks"]
    faults = []
    if len(blocks) and blocks.block_id.is_unique:
        home = parts.block_id.map(blocks.set_index("block_id").site_id)
        faults += _rows(parts, home.isin(frames["sites"].site_id) & (home != parts.site_id), where, "site_id",
                        lambda row: repr(row.site_id), "the site its block stands on")
    unpriced = parts.remedial_cost_gbp.notna() & (parts.remedial_cost_gbp > 0) & parts.cost_price_base.isna()
    faults += _rows(parts, unpriced, where, "cost_price_base", lambda row: "a blank beside a remedial cost",
                    "the year whose prices the cost is in")
    late = parts.surveyed > pd.Timestamp(date.today()) + pd.Timedelta(days=366)
    faults += _rows(parts, late, where, "surveyed", lambda row: f"{row.surveyed:%Y-%m-%d}", "not in the future")
    return faults


def _grant_faults(frames, where):
    grants = frames["grants"]
    routes = reference.load("routes").set_index("route")
    undated = routes.index[routes.financial_years_to_spend.isna() & routes.last_day.isna()]
    faults = _rows(grants, grants.route.isin(undated) & grants.spend_by.isna(), where, "spend_by",
                   lambda row: "a blank", "the last day of spending, since no rule of a route gives it")
    opened = pd.to_datetime(grants.grant_year.astype(str) + "-04-01", errors="coerce")
    faults += _rows(grants, grants.spend_by < opened, where, "spend_by", lambda row: f"{row.spend_by:%Y-%m-%d}",
                    "after the grant year begins on 1 April")
    faults += _rows(grants, (grants.route == "DFC") & (grants.school_id == ""), where, "school_id",
                    lambda row: "a blank", "the school: devolved formula capital belongs to a school")
    return faults + _route_faults(grants, where)


def _route_faults(grants, where):
    """Grants that their route does not allow: works it does not pay for, or a year before it opened."""
    routes = reference.load("routes").set_index("route")
    known = grants[grants.route.isin(routes.index) & (grants.grant_year > 0)]
    if not len(known):
        return []
    allowed, opens = known.route.map(routes.eligible), known.route.map(routes.opens)
    faults = _rows(known, (allowed != "any") & (known.eligible != allowed) & (known.eligible != ""), where, "eligible",
                   lambda row: f"{row.eligible} on {row.route}",
                   "what the route pays for: CIF condition, PSDS4 energy; SCA and DFC both, or any")
    return faults + _rows(known, (known.grant_year < opens) & (known.grant_year > 0), where, "grant_year",
                          lambda row: f"{row.grant_year} on {row.route}", "not before the route opened")


def _works_faults(frames, where):
    works = frames["works"]
    both = works.paid_before_share.fillna(0.0) + works.paid_after_share.fillna(0.0)
    return _elsewhere(frames, works, where) + _rows(
        works, both > 1.0, where, "paid_after_share", lambda row: f"{row.paid_after_share:g}",
        "with paid_before_share no more than the whole cost (1)")


def _compliance_faults(frames, where):
    items = frames["compliance"]
    unpriced = (items.remedial_cost_gbp > 0) & items.cost_price_base.isna()
    faults = _rows(items, unpriced, where, "cost_price_base", lambda row: "a blank beside a remedial cost",
                   "the year whose prices the cost is in")
    faults += _rows(items, items.due < items.last_done, where, "due", lambda row: f"{row.due:%Y-%m-%d}",
                    "after the last inspection")
    home = items.block_id.map(frames["blocks"].drop_duplicates("block_id").set_index("block_id").site_id)
    elsewhere = home.isin(frames["sites"].site_id) & (home != items.site_id)
    return faults + _rows(items, elsewhere, where, "site_id", lambda row: repr(row.site_id), "the site its block stands on")


def _bid_faults(frames, where):
    return _elsewhere(frames, frames["bids"], where) + bid_faults(frames, where)


def _suitability_faults(frames, where):
    return _elsewhere(frames, frames["suitability"], where)


def _elsewhere(frames, rows, where):
    """Rows whose block belongs to another school than the one they name."""
    homes = frames["blocks"].merge(frames["sites"], on="site_id", how="left").drop_duplicates("block_id")
    home = rows.block_id.map(homes.set_index("block_id").school_id)
    wrong = home.isin(frames["schools"].school_id) & (home != rows.school_id)
    return _rows(rows, wrong, where, "school_id", lambda row: repr(row.school_id), "the school its block belongs to")
