"""What an estates manager asks of the forecast: what fails first, what to survey next, what the law and the trust expect."""

from dataclasses import replace

import numpy as np
import pandas as pd

from . import reference
from .condition.backlog import expected_backlog, facility_condition_index
from .condition.compliance import duties_due, missing_duties, next_inspections
from .condition.course import worth
from .condition.information import survey_next, value_of_group_survey
from .condition.risk import chance_of_failure, risk_matrix
from .condition.suitability import suitability_by_place
from .condition.survey_guidance import GROUNDS_ELEMENTS, survey_checks
from .condition.treatments import rebuild_or_repair
from .outlook import ELEMENT_WORKS, OLD_SURVEY_YEARS, URGENT
from .parts import GRADE_LETTERS

LIKELIHOODS = ("below 1%", "1% to 3%", "3% to 10%", "10% to 30%", "30% and more")
NO_COMPONENTS = "never surveyed, and no component to tell what it is worth (see capplan fill)"
CONSEQUENCES = ("below £1,000", "£1,000 to £10,000", "£10,000 to £50,000", "£50,000 to £250,000", "£250,000 and more")


def start_of(outlook):
    """First day of the plan: 1 September of its first year."""
    return pd.Timestamp(outlook.scenario.plan.first_year, 9, 1)


def risk_frame(outlook):
    """Every component in use with its risk, the one that loses most by a year's delay first.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        ``component_id, school_id, block_id, element, type_id, grade, failure_probability`` (of the first year),
        ``failed_by_end`` (chance of at least one failure in the plan if nothing is done), ``years_to_failure`` (mean, from
        the condition at the start; blank where the trust's own chance is none), ``loss_at_failure_gbp``,
        ``pupil_days_at_failure``, ``expected_pupil_days`` (of the first year), ``loss_if_delayed_gbp`` (loss no longer
        avoided if it is brought to A a year later, present value; blank in a plan of one year), ``sole, life_safety,
        modelled``.
    """
    parts, failures = outlook.parts, outlook.nothing.failures[:-1]
    if outlook.horizon > 1:
        value = outlook.worth((URGENT,))[URGENT]
        delayed = value[:, 0] - value[:, 1]
    else:
        delayed = np.full(len(parts), np.nan)
    frame = parts[["component_id", "school_id", "block_id", "element", "type_id", "grade"]].copy()
    frame["failure_probability"] = failures[0].round(6)
    frame["failed_by_end"] = chance_of_failure(failures, ~np.isnan(outlook.wear.own_hazard))[-1].round(6)
    years = outlook.years_to_failure()
    frame["years_to_failure"] = np.where(np.isfinite(years), years, np.nan).round(1)
    frame["loss_at_failure_gbp"] = outlook.loss.failure_gbp.round(2)
    frame["pupil_days_at_failure"] = outlook.pupil_days.round(1)
    frame["expected_pupil_days"] = (failures[0] * outlook.pupil_days).round(2)
    frame["loss_if_delayed_gbp"] = delayed.round(2)
    frame["sole"], frame["life_safety"], frame["modelled"] = parts["sole"], outlook.life_safety, parts.modelled
    return frame.sort_values(["loss_if_delayed_gbp", "component_id"], ascending=[False, True], ignore_index=True)


def modelled_share(outlook):
    """Share of the backlog (C to E) at the start that is estimated, not surveyed. [-]"""
    poor = expected_backlog(outlook.shares(0), outlook.costs_gbp)[:, 2:].sum(axis=1)
    return float(poor[outlook.parts.modelled].sum() / poor.sum()) if poor.sum() > 0 else 0.0


def matrix_frame(outlook):
    """Number of components by likelihood and consequence of failure, for showing only: five rows, five columns."""
    counts = risk_matrix(outlook.nothing.failures[0], outlook.loss.failure_gbp)
    return pd.DataFrame(counts, index=pd.Index(LIKELIHOODS, name="chance in a year"), columns=CONSEQUENCES)


def blocks_frame(outlook):
    """The rebuild-or-repair test and the check of the survey, block by block.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        ``block_id, school_id, gifa_m2, repair_gbp`` (bringing C, D and E to A at the start, real), ``rebuild_gbp,
        repair_share, rebuild_or_repair`` in words, ``modelled_share`` of that repair cost, ``last_survey,
        survey_age_years, elements_missing, survey`` in words against DfE's guidance of February 2026, and
        ``temporary`` in words: what is to become of a temporary or short-term block.
    """
    estate, parts = outlook.estate, outlook.parts
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").set_index("block_id")
    poor = pd.Series(expected_backlog(outlook.shares(0), outlook.costs_gbp)[:, 2:].sum(axis=1))
    repair = poor.groupby(parts.block_id.to_numpy()).sum().reindex(blocks.index).fillna(0.0)
    modelled = (poor * parts.modelled).groupby(parts.block_id.to_numpy()).sum().reindex(blocks.index).fillna(0.0)
    rebuild = outlook.replacement_gbp("block_id").reindex(blocks.index)
    share, verdict = rebuild_or_repair(repair.to_numpy(), rebuild.to_numpy(), outlook.scenario.rebuild.least_backlog_share)
    types = reference.component_types()
    seen = estate.components.assign(element=types.element.reindex(estate.components.type_id).to_numpy())
    checks = survey_checks(seen[seen.block_id != ""], blocks.reset_index()[["block_id"]], start_of(outlook),
                           OLD_SURVEY_YEARS)
    checks.index = blocks.index
    return pd.DataFrame({
        "school_id": blocks.school_id, "gifa_m2": blocks.gifa_m2, "repair_gbp": repair.round(2),
        "rebuild_gbp": rebuild.round(2), "repair_share": np.round(share, 4), "rebuild_or_repair": verdict,
        "modelled_share": np.divide(modelled, repair, out=np.zeros(len(blocks)), where=repair.to_numpy() > 0).round(4),
        "last_survey": checks.last_survey.dt.strftime("%Y-%m-%d"), "survey_age_years": checks.age_years,
        "elements_missing": checks.elements_missing, "survey": checks.verdict,
        "temporary": _temporary(blocks, start_of(outlook))}).rename_axis("block_id").reset_index()


def _temporary(blocks, today):
    """What is known of the future of each temporary block, in words; blank for a permanent one."""
    words = []
    for row in blocks.itertuples():
        said = []
        if row.permanence == "temporary":
            for day, past, ahead in ((row.planning_expires, "planning permission ended", "planning permission ends"),
                                     (row.planned_exit, "to have been left", "to be left")):
                if pd.notna(day):
                    said.append(f"{past if day < today else ahead} {day:%d %B %Y}".replace(" 0", " "))
            said = said or ["no end date: needs a plan"]
        words.append("; ".join(said))
    return words


def grounds_surveys(outlook):
    """The check of the survey of each site's grounds; columns as ``survey_checks`` returns them, with ``site_id``."""
    parts, types = outlook.estate.components, reference.component_types()
    grounds = parts[parts.block_id == ""]
    grounds = grounds.assign(block_id=grounds.site_id, element=types.element.reindex(grounds.type_id).to_numpy())
    sites = outlook.estate.sites[["site_id"]].rename(columns={"site_id": "block_id"})
    checks = survey_checks(grounds, sites, start_of(outlook), OLD_SURVEY_YEARS, GROUNDS_ELEMENTS)
    checks.insert(0, "site_id", sites.block_id.to_numpy())
    return checks


def surveys_frame(outlook, bar):
    """Which blocks to survey next, and what a survey of each is worth in better decisions.

    Parameters
    ----------
    outlook : Outlook
    bar : float
        What a pound is worth elsewhere, as ``programme.marginal.worth_of_a_pound`` returns it. [GBP/GBP]

    Returns
    -------
    DataFrame
        As ``survey_next`` returns it, with ``school_id``, and ``most_gbp``: what perfect knowledge of the block would be
        worth. Blocks left before the plan starts are not in it. A block without components has no worth: nobody knows.

    Notes
    -----
    For each element of a block one of its works, or none, is chosen now on what is expected, or after the survey on what
    it records; a pound spent must be worth what it is worth elsewhere. Assumes the choice is made now. *Counterexample:*
    works that can wait are chosen when their year comes, after the next survey anyway.
    """
    rules, parts = outlook.scenario.surveys, outlook.parts
    open_to_works = (~parts.pfi & parts.must_by.isna() & parts.stays & (parts.block_id != "")).to_numpy()
    rows = np.flatnonzero(open_to_works)
    need = (parts.block_id + "\t" + parts.element_code).to_numpy()[rows]
    found = value_of_group_survey(need, outlook.shares(0)[rows], _net_gains(outlook, bar)[rows],
                                  _seen_as(rules.one_grade_off))
    per = pd.DataFrame({"block_id": [name.split("\t")[0] for name in found.groups], "worth_gbp": found.worth_gbp,
                        "most_gbp": found.most_gbp, "can_change": found.can_change})
    per = per.groupby("block_id").agg({"worth_gbp": "sum", "most_gbp": "sum", "can_change": "any"})
    facts = blocks_frame(outlook).set_index("block_id")
    frame = facts.join(per).fillna({"worth_gbp": 0.0, "most_gbp": 0.0}).assign(
        can_change=per.can_change.reindex(facts.index).eq(True),
        cost_gbp=np.maximum(facts.gifa_m2 * rules.gbp_per_m2, rules.least_gbp).round(2),
        backlog_gbp=facts.repair_gbp, last_survey=pd.to_datetime(facts.last_survey)).reset_index()
    frame["worth_gbp"] = frame.worth_gbp.round(2)
    exits = outlook.estate.blocks.set_index("block_id").planned_exit.reindex(frame.block_id).to_numpy()
    in_use = pd.isna(exits) | (exits > start_of(outlook).to_datetime64())
    order = survey_next(frame[in_use], start_of(outlook), OLD_SURVEY_YEARS)
    order = order.assign(age_years=order.age_years.round(1))
    order = order.merge(frame[["block_id", "school_id", "most_gbp"]].round(2), on="block_id", how="left")
    bare = ~order.block_id.isin(outlook.estate.components.block_id)
    order.loc[bare, ["worth_gbp", "net_gbp", "most_gbp"]], order.loc[bare, "reason"] = np.nan, NO_COMPONENTS
    return order


def _net_gains(outlook, bar):
    """Gain less cost of doing nothing or one of the element's works now, by true grade: (n, decisions, 5). [GBP]"""
    names = [name for name in ELEMENT_WORKS if name in outlook.treatments]
    gains = np.zeros((len(outlook.parts), 1 + len(names), 5))
    ways = {name: outlook.treatments[name] for name in names}
    for grade in range(5):
        certain = replace(outlook.wear, grade=np.full_like(outlook.wear.grade, grade),
                          age_years=np.zeros_like(outlook.wear.age_years))
        value = worth(certain, outlook.loss, {name: each.way for name, each in ways.items()},
                      outlook.scenario.plan.discount_rate, outlook.horizon)
        for number, (name, way) in enumerate(ways.items(), 1):
            gains[:, number, grade] = (value[name][:, 0] - bar * way.cost_gbp[:, grade]) * way.applies[:, 0]
    return gains


def _seen_as(one_grade_off):
    """Chance that a surveyor records each grade (column) when each is true (row). [-]"""
    size = len(GRADE_LETTERS)
    table = one_grade_off * (np.eye(size, k=1) + np.eye(size, k=-1))
    return table + np.diag(1.0 - table.sum(axis=1))


def service_levels(outlook, along=None):
    """How each school stands against the trust's service levels, at the start and at the end of the plan.

    Parameters
    ----------
    outlook : Outlook
    along : Course, optional
        As ``Outlook.course`` returns it; left out: nothing is done.

    Returns
    -------
    DataFrame
        ``school_id, condition_index_now, condition_index_end, share_at_d_now, share_at_d_end``, and in words what is
        ``missed`` at the end; blank where all is met or nothing is set.
    """
    along, parts, targets = along or outlook.nothing, outlook.parts, outlook.scenario.targets
    inside, renewal = parts.block_id != "", outlook.costs_gbp[:, 3]
    frame = pd.DataFrame(index=sorted(set(parts.school_id)))
    for when, year in (("now", 0), ("end", outlook.horizon)):
        shares = along.shares[year]
        poor = pd.Series((shares * outlook.costs_gbp)[:, 2:].sum(axis=1) * inside).groupby(parts.school_id).sum()
        bad = pd.Series(renewal * shares[:, 3:].sum(axis=1)).groupby(parts.school_id).sum()
        whole = pd.Series(renewal * shares.sum(axis=1)).groupby(parts.school_id).sum()
        frame[f"condition_index_{when}"] = facility_condition_index(
            poor, outlook.replacement_gbp().reindex(frame.index).fillna(0.0)).round(4)
        frame[f"share_at_d_{when}"] = facility_condition_index(bad, whole).round(4)
    alone, ends = renewal * parts.sole, along.shares[outlook.horizon]
    sole = (pd.Series(alone * ends[:, 3:].sum(axis=1)).groupby(parts.school_id).sum()
            / pd.Series(alone * ends.sum(axis=1)).groupby(parts.school_id).sum())
    missed = pd.DataFrame({
        "condition index": frame.condition_index_end > _or_any(targets.most_condition_index),
        "share at D or E": frame.share_at_d_end > _or_any(targets.most_share_at_d),
        "single points of failure at D or E": sole.reindex(frame.index).fillna(0.0) > _or_any(
            targets.most_single_points_at_d)})
    frame["missed"] = ["; ".join(name for name in missed if row[name]) for _, row in missed.iterrows()]
    return frame.rename_axis("school_id").reset_index()


def _or_any(target):
    return np.inf if target is None else target + 5e-5  # half of the last figure shown


def compliance_frames(outlook):
    """What statutory duties ask for: what is due, every inspection in the plan, and what has no record.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    dict of DataFrame
        ``duties``, ``inspections`` and ``no_record``, as the functions of ``condition.compliance`` return them.
    """
    estate, plan = outlook.estate, outlook.scenario.plan
    duties, items = reference.load("compliance_duties"), estate.compliance
    return {"duties": duties_due(items, duties, plan.first_year, plan.years),
            "inspections": next_inspections(items, duties, plan.first_year, plan.years),
            "no_record": missing_duties(duty_places(estate), items, duties)}


def duty_places(estate):
    """The places statutory duties may apply to: every site, every block and its construction types, and grounds."""
    parts = estate.components[["site_id", "block_id", "type_id"]]
    blocks = estate.blocks[["site_id", "block_id"]].merge(parts[["block_id", "type_id"]], on="block_id", how="left")
    grounds = parts[parts.block_id == ""]
    return pd.concat([blocks, grounds, estate.sites[["site_id"]]], ignore_index=True).fillna("").drop_duplicates()


def suitability_frame(outlook):
    """Suitability and sufficiency of every school and block, as ``suitability_by_place`` returns them."""
    estate = outlook.estate
    places = estate.blocks[["site_id", "block_id"]].merge(estate.sites[["site_id", "school_id"]], on="site_id")
    places = pd.concat([places[["school_id", "block_id"]], estate.schools[["school_id"]].assign(block_id="")])
    return suitability_by_place(estate.suitability, places, start_of(outlook))
