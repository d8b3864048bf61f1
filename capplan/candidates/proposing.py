"""From an outlook to candidate schemes: what could be done, in which years, at what cost, and what that avoids."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from .. import reference
from ..money import money
from ..outlook import ELEMENT_WORKS, URGENT
from ..parts import unsupported
from ..tables import USES
from .blocks import block_works
from .carbon_limits import carbon_limits, saved_columns
from .closing import closable_blocks, closing_works, running_saved
from .covering import covering_limits
from .energy_money import pots_for_energy
from .energy_offers import energy_offers, renamed_offers, requires_renamed
from .expanding import expanding_works, expansion_options, pots_for_places
from .joined import after_joining
from .listed import LISTED_TABLES, listed_works
from .loans import with_loans
from .model import OUT_OF_USE, Candidates, met_by_nobody_else, split_list
from .spending import (
    REVENUE,
    apart_by_size,
    by_scheme,
    only_reserves_pay_revenue,
    spend_rows,
    with_finish,
)
from .targets import target_limits

WORDS = {"patch": "Patch what is expected at {grades} by then", "repair": "Put right what is expected at {grades} by then",
         "renew": "Renew what is expected at {grades} by then", URGENT: "Priority 1, statutory or unsupported works"}


def propose(outlook):
    """Turn an outlook into candidate schemes.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    Candidates
        For each block (or grounds) and element, alternatives that exclude each other: *patch*, *repair* and *renew*, as
        the scenario defines them. For each block, *refurbish*, *rebuild* and *demolish* where the scenario's test sets
        them off; they stand in place of the works on its elements. Where places are weighed, blocks and sites may also close
        (*mothball*, *let*, *close site*) and places be added (*expand*), within limits that keep places covered. Priority 1,
        statutory and unsupported components form *urgent* schemes that must be done by their year, what is unsupported at
        the cost of replacing it. Each may start in any year of the plan in which it is worth something, at that year's
        expected cost. Works on the trust's own list, and remedial works found by statutory inspections, come as they are.

    Notes
    -----
    Nothing is proposed at PFI schools (the contractor's works), at a school before it joins, and only urgent works in blocks
    with a planned exit.
    """
    scenario, groups, value = outlook.scenario, _groups(outlook.parts), outlook.worth()
    pieces, members = [], {}
    for kind in (*(name for name in ELEMENT_WORKS if name in outlook.treatments), URGENT):
        rows = groups[groups.urgent == (kind == URGENT)]
        if len(rows):
            pieces.append(_schemes_of(kind, rows, outlook, value[kind], members))
    pieces += [listed_works(outlook, name) for name in LISTED_TABLES]
    planned, standing, options = groups[~groups.urgent], list(pieces), expansion_options(outlook)
    pieces += block_works(outlook, planned, value, members, standing, closable_blocks(outlook).index,
                          partial(running_saved, outlook) if outlook.places else None)
    pieces += closing_works(outlook, planned, value, members, standing) + expanding_works(outlook, options)
    pieces = [piece for piece in pieces if len(piece)]
    cells = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=_COLUMNS)
    cells, small_gbp = _worth_planning(after_joining(_distinct(cells), outlook.estate.schools), scenario)
    offers = None
    if outlook.energy is not None and scenario.measures.offered:
        cells, more, offers = energy_offers(outlook, cells.reset_index(drop=True), members)
        cells = after_joining(cells, outlook.estate.schools)
        members |= more
    cells, renamed = apart_by_size(cells, scenario)
    cells = requires_renamed(cells, renamed)
    members |= {name: members[other] for name, other in renamed.items() if other in members}
    return _candidates(outlook, covering_limits(outlook, cells, options), small_gbp, members, renamed, offers)


def _candidates(outlook, covered, small_gbp, members, renamed, offers):
    """The tables of the candidates, from one row per scheme and start year and the limits on places."""
    cells, of_places, told_of_places = covered
    purse = money(outlook.estate, outlook.scenario, outlook.energy)
    if outlook.scenario.costs.capital_from_gbp > 0:
        purse = replace(purse, pots=only_reserves_pay_revenue(purse.pots, USES))
    if outlook.places is not None:
        purse = replace(purse, pots=pots_for_places(purse.pots))
    schemes = cells.drop_duplicates("scheme_id")[_SCHEME_COLUMNS].reset_index(drop=True)
    idle = met_by_nobody_else(schemes).groupby(level=0).agg(set)
    for row, names in idle.items():
        schemes.loc[row, "also_meets"] = ";".join(name for name in split_list(schemes.also_meets[row]) if name not in names)
    kept = set(schemes.scheme_id)
    members = {key: rows for key, rows in members.items() if key in kept}
    works = _works(schemes, members, renamed, offers)
    years = cells[["scheme_id", "start_year", "value", "cost_real_gbp", "finish_year", *of_places.measure]]
    years = years.reset_index(drop=True)
    years, targets, told = target_limits(outlook, years, members, works)
    limits = pd.concat([_delivery_limits(outlook.scenario), targets, of_places], ignore_index=True)
    if offers is not None:
        offers = renamed_offers(offers, renamed)
        years = saved_columns(outlook, years, offers)
        of_carbon, said = carbon_limits(outlook, offers)
        limits, told = pd.concat([limits, of_carbon], ignore_index=True), [*told, *said]
    frames = {"schemes": schemes, "pots": purse.pots, "limits": limits, "scheme_years": years,
              "spend": spend_rows(cells, outlook.scenario)}
    frames, of_loans = with_loans(outlook, frames)
    if offers is not None:
        frames["pots"], said = pots_for_energy(outlook, frames, offers)
        told = [*told, *said]
    notes = (*outlook.notes, *purse.notes, *_left_out(outlook, small_gbp, kept), *told, *told_of_places,
             *_told_of_costs(outlook, schemes), *of_loans)
    return Candidates(frames, outlook, purse, members, works, notes, offers)


def _works(schemes, members, renamed, offers):
    """What each scheme does to the components it treats, by the name of the treatment."""
    low = {} if offers is None else offers.works
    found = {}
    for key, kind in zip(schemes.scheme_id, schemes.kind, strict=True):
        if key in members:
            whole = renamed.get(key, key)
            base = low.get(whole, whole)
            found[key] = URGENT if base.endswith(f".{URGENT}") else "renew" if whole in low else kind
    return found


def _left_out(outlook, small_gbp, kept):
    """What every page must say about works that are no candidates."""
    if small_gbp > 0:
        yield (f"Works below £{outlook.scenario.schemes.minimum_scheme_gbp:,.0f} a scheme are revenue maintenance and "
               f"not planned, unless they must be done: £{small_gbp:,.0f} of need at the start.")
    lost = [name for name in outlook.estate.works.work_id if f"work.{name}" not in kept]
    if lost:
        yield (f"Works on the trust's list that are not planned: {', '.join(lost)}. They are at a PFI school, too small to "
               "be a scheme, or nothing says what they avoid.")
    if bids := len(outlook.estate.bids):
        yield (f"bids.csv has {bids} bid{'s' if bids > 1 else ''} that may be won or lost: nothing is counted on them here "
               "(capplan bids weighs them).")
    items = outlook.estate.compliance
    lost = [name for name in items.item_id[items.remedial_cost_gbp > 0] if f"duty.{name}" not in kept]
    if lost:
        yield (f"Statutory remedial works that are not planned: {', '.join(lost)}. They are at a PFI school, where they are "
               "the contractor's, or fall due after the plan.")


def _told_of_costs(outlook, schemes):
    """What every page must say of what is added to costs, of capital and revenue, and of bills after the plan."""
    scenario = outlook.scenario
    costs, on_costs = scenario.costs, scenario.on_costs(scenario.costs.survey_stage)
    bias = reference.optimism_bias(costs.survey_stage)
    if costs.optimism_bias_in_contingency and bias > on_costs.allowance_share:
        yield (f"Costs from surveys hold a contingency of {on_costs.allowance_share:.1%} and nothing further for optimism "
               f"bias; past projects came out {bias:.0%} above estimates of the stage {costs.survey_stage} on average "
               "(overlay optimism_bias).")
    small = schemes.scheme_id[schemes.tag == REVENUE]
    if len(small):
        yield (f"{len(small)} candidate schemes below £{costs.capital_from_gbp:,.0f} count as revenue: only reserves may "
               "pay for them.")
    if scenario.profile.retention_share or scenario.profile.second_summer_share:
        yield "Bills that fall due after the plan (retention, second summers) are set aside in its last year."


_SCHEME_COLUMNS = ["scheme_id", "school_id", "kind", "tag", "exclusion_group", "also_meets", "requires", "must_do",
                   "site_id", "trade", "block_id", "element", "description", "priority", "worst_grade", "surveyed_share",
                   "stage"]
_COLUMNS = [*_SCHEME_COLUMNS, "start_year", "cost", "cost_real_gbp", "value", "value_on_time", "finish_year"]


def _groups(parts):
    """One row per component that may be planned, with the need it belongs to."""
    urgent = parts.must_by.notna()
    open_to_works = ~parts.pfi & (urgent | parts.stays)
    groups = parts[open_to_works].copy()
    groups["urgent"] = urgent[open_to_works]
    place = groups.block_id.where(groups.block_id != "", groups.site_id + ".grounds")
    groups["need"] = place + "." + groups.element_code + np.where(groups.urgent, ".must", "")
    years = groups.groupby("need").must_by.transform("nunique")
    by = groups.must_by.astype("Int64").astype(str)
    groups["need"] = groups.need.where(years < 2, groups.need + "-" + by)
    return groups


def _schemes_of(kind, rows, outlook, value, members):
    """Long frame of the schemes of one kind, one row per scheme and start year; fills ``members``."""
    scenario, cost = outlook.scenario, outlook.works_cost(kind)
    if kind == URGENT:
        whole = unsupported(outlook.parts, scenario).to_numpy() * outlook.costs_gbp[:, 3]
        cost = np.maximum(cost, np.maximum(_quoted(outlook), whole)[:, None] * outlook.in_use[:-1].T)
    codes, needs = pd.factorize(rows.need)
    index = rows.index.to_numpy()
    ids = np.array([f"{need}.{kind}" for need in needs])
    of_need = np.split(index[np.argsort(codes, kind="stable")], np.cumsum(np.bincount(codes))[:-1])
    members |= zip(ids, of_need, strict=True)
    facts = _facts(kind, rows, needs, codes, outlook)
    years = scenario.plan.years
    total_cost, total_value = np.zeros((len(needs), years)), np.zeros((len(needs), years))
    np.add.at(total_cost, codes, cost[index])
    np.add.at(total_value, codes, value[index])
    nominal = scenario.nominal_factors()
    long = facts.loc[facts.index.repeat(years)].reset_index(drop=True)
    long.insert(0, "scheme_id", np.repeat(ids, years))
    long["start_year"] = np.tile(scenario.years, len(needs))
    long["cost_real_gbp"] = total_cost.ravel().round(2)
    long["cost"] = np.rint(total_cost * nominal).ravel()
    long["value"] = total_value.ravel().round(2)
    open_to = outlook.treatments[kind].applies[index], codes
    return with_finish(long, scenario, lambda delays: (by_scheme(value[index], *open_to, delays),
                                                       by_scheme(cost[index], *open_to, delays, 1.0)))


def _quoted(outlook):
    """Surveyor's remedial cost of each component, real with on-costs; zero where there is none."""
    parts, scenario = outlook.parts, outlook.scenario
    ratio = parts.cost_price_base.map(lambda year: reference.price_ratio(int(year), scenario.plan.price_base),
                                      na_action="ignore")
    vat = 1.0 + parts.voluntary_aided * scenario.costs.vat_rate_voluntary_aided
    return (parts.remedial_cost_gbp * ratio * scenario.on_cost_factor * vat).fillna(0.0).to_numpy()


def _facts(kind, rows, needs, codes, outlook):
    """What identifies and describes each need's scheme, one row per need in order."""
    weight = outlook.costs_gbp[rows.index, np.maximum(rows.grade_index, 2)] + 1e-9
    by_need = rows.assign(weight=weight, seen=weight * ~rows.modelled).groupby(codes)
    first = by_need.first()
    place = first.block_id.where(first.block_id != "", "grounds of " + first.site_id)
    grades = "" if kind == URGENT else _grades_in_words(getattr(outlook.scenario, kind).grades)
    must_by = by_need.must_by.min()
    return pd.DataFrame({
        "school_id": first.school_id, "kind": "renew" if kind == URGENT else kind, "tag": "condition",
        "exclusion_group": needs, "also_meets": "", "requires": "",
        "must_do": must_by.map(lambda year: "" if pd.isna(year) else str(int(year))), "site_id": first.site_id,
        "trade": first.element, "block_id": first.block_id, "element": first.element,
        "description": WORDS[kind].format(grades=grades) + ": " + first.element.str.lower() + ", " + place,
        "priority": by_need.priority.min(), "worst_grade": by_need.grade.max(),
        "surveyed_share": (by_need.seen.sum() / by_need.weight.sum()).round(4),
        "stage": outlook.scenario.costs.survey_stage}, index=range(len(needs)))


def _grades_in_words(grades):
    """Grades as they are said: ``grade C or D``."""
    letters = sorted(grades)
    return "grade " + (letters[0] if len(letters) == 1 else f"{', '.join(letters[:-1])} or {letters[-1]}")


def _worth_planning(cells, scenario):
    """Drop start years that cost too little to be a scheme or are worth nothing; never a must-do.

    Returns the rest, and the real cost at the start of what is too small in every year. [GBP]
    """
    must = cells.must_do != ""
    big = (cells.cost_real_gbp >= scenario.schemes.minimum_scheme_gbp) | cells.kind.isin(OUT_OF_USE)
    keep = (must | (big & (cells.value_on_time > 0))) & (~must | (cells.start_year <= pd.to_numeric(cells.must_do)))
    keep &= ~must | (cells.cost_real_gbp > 0) | (cells.kind == "listed")
    ever = big.groupby(cells.scheme_id).transform("any") | must
    small = cells[~ever & (cells.kind == "renew") & (cells.start_year == scenario.plan.first_year)]
    return cells[keep], float(small.cost_real_gbp.sum())


def _distinct(cells):
    """Drop repairs that cost within a pound of the renewal of their need in every year: the renewal does more."""
    paired = cells[["exclusion_group", "start_year", "kind", "cost"]][cells.kind.isin(["repair", "renew"])]
    paired = paired.pivot_table(index=["exclusion_group", "start_year"], columns="kind", values=["cost"],
                               aggfunc="first")
    if ("cost", "repair") not in paired or ("cost", "renew") not in paired:
        return cells
    both = paired.dropna(subset=[("cost", "repair"), ("cost", "renew")])
    near = ((both["cost"]["renew"] - both["cost"]["repair"]).abs() <= 1.0)
    same = near.groupby(level=0).all()
    return cells[~((cells.kind == "repair") & cells.exclusion_group.isin(same.index[same]))] if same.any() else cells


def _delivery_limits(scenario):
    columns = ["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"]
    most = scenario.schemes.schemes_per_site_per_year
    if most is None:
        return pd.DataFrame(columns=columns)
    return pd.DataFrame([[f"site schemes {year}", year, "site", "", "schemes", "<=", most] for year in scenario.years],
                        columns=columns)
