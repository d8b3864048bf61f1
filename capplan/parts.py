"""The components of an estate with what a forecast needs to know of each: when it leaves, how it wears, what it costs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import reference
from .condition.chains import after_works, hasten, markov_chains, weibull_chains
from .condition.compliance import planning_year
from .condition.costs import repair_costs
from .condition.information import DAYS_PER_YEAR
from .condition.joint import Beneath, Wear
from .condition.knock_on import Edge, lines_of_causes
from .condition.risk import extent_shares, pupil_days
from .school_places import occupants_of_blocks

GRADE_LETTERS = "ABCDE"
DROPS = ["p_ab", "p_bc", "p_cd", "p_de"]
COSTS = ["cost_b_gbp_per_unit", "cost_c_gbp_per_unit", "cost_d_gbp_per_unit", "cost_e_gbp_per_unit"]
YEARS_IN_GRADE = 60


@dataclass(frozen=True)
class Wearing:
    """How the components wear, and in which set of states each speed of wear after works is found."""

    wear: Wear
    set_of: dict


def component_rows(estate, scenario):
    """One row per component still in use in the first year of the plan, with what the arrays of a forecast need.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    DataFrame
        The components, their school's facts, and: ``years_in_use, stays, type_index, element, element_code,
        grade_index, replace_only, modelled, survey_years_old, age_years, must_by``.
    """
    types, first, horizon = reference.component_types(), scenario.plan.first_year, scenario.plan.years
    start = pd.Timestamp(first, 9, 1)
    parts = estate.components.reset_index(drop=True)
    parts = parts.merge(estate.sites[["site_id", "school_id"]], on="site_id", how="left", validate="m:1")
    parts = parts.merge(estate.schools[["school_id", "region", "pfi", "voluntary_aided"]], on="school_id", how="left",
                        validate="m:1")
    exits = estate.blocks.set_index("block_id").planned_exit
    parts["planned_exit"] = pd.to_datetime(parts.block_id.map(exits))
    exit_year = planning_year(parts.planned_exit - pd.Timedelta(days=1)).astype(float)
    parts["years_in_use"] = (exit_year - first + 1).clip(0, horizon).fillna(horizon).astype(int)
    parts["stays"] = parts.planned_exit.isna() | (exit_year >= first + horizon)
    parts["type_index"] = types.index.get_indexer(parts.type_id)
    parts["element"] = types.element.to_numpy()[parts.type_index]
    parts["element_code"] = parts.type_id.str.split(".").str[0]
    parts["grade_index"] = parts.grade.str[0].map({letter: i for i, letter in enumerate(GRADE_LETTERS)}).astype(int)
    parts["replace_only"] = parts.grade.str.endswith("X")
    parts["modelled"] = parts.surveyed.isna()
    parts["survey_years_old"] = ((start - parts.surveyed).dt.days / DAYS_PER_YEAR).fillna(0)
    seen = parts.surveyed.dt
    after_1_september = (seen.month > 9) | ((seen.month == 9) & (seen.day > 1))
    birthdays = (start.year - seen.year - after_1_september).clip(0, scenario.condition.oldest_survey_years)
    parts["age_years"] = birthdays.fillna(scenario.condition.modelled_years).astype(int)
    parts["must_by"] = _must_by(parts, scenario)
    return parts[parts.years_in_use > 0].reset_index(drop=True)


def _must_by(parts, scenario):
    """Latest planning year of what must be done, NaN for the rest: priority 1, statutory, and support that ends."""
    first, last = scenario.plan.first_year, scenario.plan.first_year + scenario.plan.years - 1
    must = (parts.priority == 1) | parts.statutory
    by = parts.due_year.where(parts.due_year > first, first).where(must & ~(parts.due_year > last)).astype(float)
    if scenario.schemes.replace_unsupported:
        by = by.fillna(_support_ends(parts).clip(lower=first).where(unsupported(parts, scenario)))
    return by


def unsupported(parts, scenario):
    """Whether the maker's support of each component ends in the plan while it is in use, so that it must be replaced."""
    in_use_to = scenario.plan.first_year + parts.years_in_use - 1
    return scenario.schemes.replace_unsupported & (_support_ends(parts) <= in_use_to)


def _support_ends(parts):
    """Planning year in which the maker's support of each component ends, NaN where it does not."""
    return planning_year(pd.to_datetime(parts.support_ends)).astype(float)


def component_costs(parts, scenario):
    """Cost of bringing each component to grade A from every grade.

    Parameters
    ----------
    parts : DataFrame
        As ``component_rows`` returns it.
    scenario : Scenario

    Returns
    -------
    array, shape (n, 5)
        Real, with location, on-costs and VAT. [GBP]

    Raises
    ------
    MissingFigureError
        If a price base is outside the price index.
    """
    base, rules, types = scenario.plan.price_base, scenario.condition, reference.component_types()
    national = np.zeros((len(types), 5))
    ratios = {year: reference.price_ratio(int(year), base) for year in types.price_base.unique()}
    national[:, 1:] = types[COSTS].to_numpy() * types.price_base.map(ratios).to_numpy()[:, None]
    ratio = {year: reference.price_ratio(int(year), base) for year in parts.cost_price_base.dropna().unique()}
    remedial = (parts.remedial_cost_gbp * parts.cost_price_base.map(ratio).astype(float)).to_numpy()
    local = parts.region.map({region: reference.location_factor(region) for region in parts.region.unique()})
    costs = repair_costs(parts.quantity.to_numpy(), national[parts.type_index], local.to_numpy(float),
                         parts.grade_index.to_numpy(), remedial, parts.replace_only.to_numpy(),
                         (rules.scale_least, rules.scale_most))
    return costs * scenario.on_cost_factor * vat_factors(parts.voluntary_aided, scenario)[:, None]


def vat_factors(voluntary_aided, scenario):
    """Works with the VAT a voluntary-aided school cannot reclaim, as a multiple of works. [-]"""
    return 1.0 + voluntary_aided.to_numpy() * scenario.costs.vat_rate_voluntary_aided


def wearing(estate, parts, scenario, renewal_gbp, speeds):
    """How the components wear under the scenario's deterioration options.

    Parameters
    ----------
    estate : Estate
    parts : DataFrame
        As ``component_rows`` returns it.
    scenario : Scenario
    renewal_gbp : array, shape (n,)
        Cost of renewing each component, the measure of its extent. [GBP]
    speeds : sequence of float
        How many times as fast components may wear after works. [-]

    Returns
    -------
    Wearing
    """
    rules, own = scenario.condition, parts.failure_probability.to_numpy(float)
    faster = (1.0 / _life_multiples(estate, parts)) if rules.by_block else np.ones(len(parts))
    kinds, kind = np.unique(np.column_stack([parts.type_index, faster]), axis=0, return_inverse=True)
    drop = hasten(_drops(estate)[kinds[:, 0].astype(int)], kinds[:, 1:] * rules.wear_scale)
    chains = markov_chains(drop) if rules.model == "markov" else weibull_chains(
        drop, np.full(len(drop), rules.weibull_shape), YEARS_IN_GRADE)
    apart = sorted({speed for speed in speeds if speed != 1.0 or not np.isnan(own).all()})
    chains = after_works(chains, apart)
    alone = Beneath(np.arange(len(parts))[:, None], np.ones(len(parts)), np.zeros((len(parts), 0)))
    groups = _beneath(parts, scenario, renewal_gbp) if rules.knock_on else (alone,)
    worse = scenario.shocks.grades_too_kind * (~parts.modelled).to_numpy()
    grade = np.minimum(parts.grade_index.to_numpy() + worse, len(GRADE_LETTERS) - 1)
    wear = Wear(chains, kind.ravel(), grade, parts.age_years.to_numpy(), own, groups)
    return Wearing(wear, {1.0: 0, **{speed: 1 + i for i, speed in enumerate(apart)}})


def _drops(estate):
    """Yearly chances of dropping a grade by construction type: the estate's own where it has learned them. [-]"""
    drops = reference.component_types()[DROPS].astype(float)
    learned = estate.rates.set_index("type_id")[DROPS]
    drops.loc[learned.index] = learned
    return drops.to_numpy()


def _life_multiples(estate, parts):
    """Expected life of each component as a multiple of its type's, by exposure, build quality and maintenance. [-]"""
    levels = estate.blocks.set_index("block_id")[["exposure", "build_quality", "maintenance"]]
    each = levels.reindex(parts.block_id).fillna("").reset_index(drop=True).assign(element=parts.element.to_numpy())
    known = {row: reference.life_multiples(row.element, row.exposure, row.build_quality, row.maintenance)
             for row in each.drop_duplicates().itertuples(index=False)}
    return np.array([known[row] for row in each.itertuples(index=False)])


def _beneath(parts, scenario, renewal_gbp):
    edges = [Edge(tuple(row.parent.split(";")), tuple(row.child.split(";")),
                  1.0 + scenario.condition.knock_on_scale * (row.rate_multiple - 1.0))
             for row in reference.load("knock_on").itertuples()]
    return lines_of_causes(edges, parts.block_id.to_numpy(), parts.type_id.to_numpy(), renewal_gbp)


def pupil_days_at_failure(estate, parts, renewal_gbp, places=None):
    """Pupil-days a failure of each component costs, and whether it may injure.

    Parameters
    ----------
    estate : Estate
    parts : DataFrame
        As ``component_rows`` returns it.
    renewal_gbp : array, shape (n,)
        Cost of renewing each component, the measure of its extent. [GBP]
    places : SchoolPlaces, optional
        Where pupils are taught in each year; left out: as many as now in every year.

    Returns
    -------
    tuple of (array, array of bool)
        Pupil-days per failure, shape (n,) or with ``places`` (years, n), NaN where nobody knows how many pupils there are;
        life safety.
    """
    uses = parts.block_id.map(estate.blocks.set_index("block_id").use).fillna("")
    pairs = pd.MultiIndex.from_arrays([parts.element, uses])
    place, distinct = pairs.factorize()
    columns = ["closure_share", "closure_days", "life_safety"]
    rows = pd.DataFrame([reference.consequence(*pair)[columns] for pair in distinct], columns=columns)
    rows = rows.reset_index(drop=True).iloc[place]
    group = parts.groupby([parts.block_id.where(parts.block_id != "", parts.site_id), "element"], sort=False).ngroup()
    extent = extent_shares(group.to_numpy(), renewal_gbp, parts.sole.to_numpy())
    days = pupil_days(occupants(estate, parts, places), rows.closure_share.to_numpy(float),
                      rows.closure_days.to_numpy(float), extent)
    return days, rows.life_safety.eq("yes").to_numpy()


def occupants(estate, rows, places=None):
    """Pupils who depend on what stands in a block: those in it, or the whole site's for a block of plant and the grounds.

    Parameters
    ----------
    estate : Estate
    rows : DataFrame
        ``block_id`` (blank: grounds) and ``site_id`` of each.
    places : SchoolPlaces, optional
        Where pupils are taught in each year; left out: as many as now.

    Returns
    -------
    array, shape (n,), or with places (years, n)
        NaN where nobody knows. [pupils]
    """
    blocks = pupils_in_blocks(estate)
    by_year = blocks[["occupants"]] if places is None else occupants_of_blocks(places, estate, blocks.occupants)
    on_site = by_year.groupby(blocks.site_id).sum(min_count=1)
    plant = blocks.use == "plant"
    by_year = by_year.where(~plant, on_site.reindex(blocks.site_id).set_axis(blocks.index))
    inside = (rows.block_id != "").to_numpy()[:, None]
    found = np.where(inside, by_year.reindex(rows.block_id), on_site.reindex(rows.site_id)).astype(float)
    return found[:, 0] if places is None else found.T


def pupils_in_blocks(estate):
    """Pupils of each block now: its own figure, else its part by floor area of what the school's other blocks leave.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    DataFrame
        By ``block_id``: ``site_id, school_id, use, gifa_m2, occupants`` [pupils] and the rest of the block.
    """
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").set_index("block_id")
    school_pupils = blocks.school_id.map(estate.schools.set_index("school_id").pupils).astype(float)
    given = blocks.pupils.astype(float)
    elsewhere = blocks.school_id.map(given.groupby(blocks.school_id).sum())
    bare_m2 = blocks.gifa_m2.where(given.isna(), 0.0)
    by_area = ((school_pupils - elsewhere).clip(lower=0.0) * bare_m2
               / bare_m2.groupby(blocks.school_id).transform("sum").replace(0.0, np.nan))
    return blocks.assign(occupants=given.fillna(by_area))


def local_areas(estate):
    """Blocks with their school and their floor area at the price level of their region.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    DataFrame
        The blocks, ``school_id``, ``region`` and ``local_m2``: floor area times the factor of the region. [m2]
    """
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    blocks = blocks.merge(estate.schools[["school_id", "region"]], on="school_id")
    local = blocks.region.map({region: reference.location_factor(region) for region in blocks.region.unique()})
    return blocks.assign(local_m2=blocks.gifa_m2 * local.astype(float))
