"""From an outlook to candidate schemes: what could be done, in which years, at what cost, and what that avoids."""

import numpy as np
import pandas as pd

from .. import reference
from ..finance import discount_factors, nominal_factors
from ..money import money
from .model import Candidates

FROM_POOR, FROM_FAIR = 2, 1
"""Grade index from which a scheme puts components right: C for a repair, B for a renewal."""
KINDS = {"repair": FROM_POOR, "renew": FROM_FAIR, "urgent": FROM_FAIR}
LISTED = "Works on the trust's list"


def propose(outlook):
    """Turn an outlook into candidate schemes.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    Candidates
        For each block (or grounds) and element: *repair* brings what is at grade C or worse back to A, *renew* brings
        everything below A back to A; the two exclude each other. Priority 1 and statutory components form *urgent*
        schemes that must be done by their year. Each may start in any year of the plan in which it is worth something,
        at that year's expected cost. Works on the trust's own list come as they are.

    Notes
    -----
    Nothing is proposed at PFI schools (the contractor's works), and only urgent works in blocks with a planned exit.
    """
    scenario, parts = outlook.scenario, outlook.parts
    groups = _groups(parts)
    cost, value = _cost_and_value(outlook)
    pieces, members = [], {}
    for kind, lowest in KINDS.items():
        rows = groups[(groups.urgent == (kind == "urgent"))]
        if len(rows):
            pieces.append(_schemes_of(kind, rows, cost[lowest], value[lowest], outlook, members))
    listed = _listed_works(outlook)
    if len(listed):
        pieces.append(listed)
    cells = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=_COLUMNS)
    cells, small_gbp = _worth_planning(cells, scenario)
    cells = _distinct(cells)
    purse = money(outlook.estate, scenario)
    schemes = cells.drop_duplicates("scheme_id")[_SCHEME_COLUMNS].reset_index(drop=True)
    frames = {"schemes": schemes, "pots": purse.pots, "limits": _delivery_limits(scenario),
              "scheme_years": cells[["scheme_id", "start_year", "value", "cost_real_gbp"]].reset_index(drop=True),
              "spend": cells.assign(year=cells.start_year)[["scheme_id", "start_year", "year", "cost"]]
              .reset_index(drop=True)}
    kept = set(schemes.scheme_id)
    notes = (*outlook.notes, *purse.notes, *_left_out(outlook, small_gbp, kept))
    return Candidates(frames, outlook, purse, {key: rows for key, rows in members.items() if key in kept}, notes)


def _left_out(outlook, small_gbp, kept):
    """What every page must say about works that are no candidates."""
    if small_gbp > 0:
        yield (f"Works below £{outlook.scenario.schemes.minimum_scheme_gbp:,.0f} a scheme are revenue maintenance and "
               f"not planned, unless they must be done: £{small_gbp:,.0f} of need at the start.")
    lost = [name for name in outlook.estate.works.work_id if f"work.{name}" not in kept]
    if lost:
        yield (f"Works on the trust's list that are not planned: {', '.join(lost)}. They are at a PFI school, too small to "
               "be a scheme, or nothing says what they avoid.")


_SCHEME_COLUMNS = ["scheme_id", "school_id", "kind", "tag", "exclusion_group", "requires", "must_do", "site_id", "trade",
                   "block_id", "element", "description", "priority", "worst_grade", "surveyed_share"]
_COLUMNS = [*_SCHEME_COLUMNS, "start_year", "cost", "cost_real_gbp", "value"]


def _groups(parts):
    """One row per component that may be planned, with the need it belongs to."""
    urgent = parts.must_by.notna()
    open_to_works = ~parts.pfi & (urgent | parts.stays)
    groups = parts[open_to_works].copy()
    groups["urgent"] = urgent[open_to_works]
    place = groups.block_id.where(groups.block_id != "", groups.site_id + ".grounds")
    groups["need"] = place + "." + groups.element_code + np.where(groups.urgent, ".must", "")
    return groups


def _cost_and_value(outlook):
    """Cost (real) and loss avoided of treating each component in each year, by the grade treatment starts from.

    Returns two dicts of arrays of shape (n, years): keys are the lowest grade treated, ``FROM_FAIR`` or ``FROM_POOR``.
    """
    years, n = outlook.horizon, len(outlook.parts)
    discount = discount_factors(outlook.scenario.plan.discount_rate, years + 1)
    left_at_end = outlook.parts.years_in_use.to_numpy()
    cost = {lowest: np.zeros((n, years)) for lowest in (FROM_FAIR, FROM_POOR)}
    value = {lowest: np.zeros((n, years)) for lowest in (FROM_FAIR, FROM_POOR)}
    for year in range(years):
        shares = outlook.shares(year)
        left = left_at_end - year - 1
        avoided = outlook.avoided_gbp[np.arange(n), :, np.maximum(left, 0)] * (left >= 0)[:, None] * discount[year + 1]
        for lowest in (FROM_FAIR, FROM_POOR):
            cost[lowest][:, year] = (shares * outlook.costs_gbp)[:, lowest:].sum(axis=1)
            value[lowest][:, year] = (shares * avoided)[:, lowest:].sum(axis=1)
    return cost, value


def _schemes_of(kind, rows, cost, value, outlook, members):
    """Long frame of the schemes of one kind, one row per scheme and start year; fills ``members``."""
    scenario = outlook.scenario
    if kind == "urgent":
        in_use = outlook.parts.years_in_use.to_numpy()[:, None] > np.arange(outlook.horizon)
        cost = np.maximum(cost, _quoted(outlook)[:, None] * in_use)
    codes, needs = pd.factorize(rows.need)
    index = rows.index.to_numpy()
    ids = np.array([f"{need}.{kind}" for need in needs])
    for scheme, group in rows.groupby(codes).groups.items():
        members[ids[scheme]] = np.asarray(group)
    facts = _facts(kind, rows, needs, codes, outlook.costs_gbp)
    years = scenario.plan.years
    total_cost, total_value = np.zeros((len(needs), years)), np.zeros((len(needs), years))
    np.add.at(total_cost, codes, cost[index])
    np.add.at(total_value, codes, value[index])
    nominal = nominal_factors(scenario.costs.tender_inflation, years, scenario.plan.first_year - scenario.plan.price_base)
    long = facts.loc[facts.index.repeat(years)].reset_index(drop=True)
    long.insert(0, "scheme_id", np.repeat(ids, years))
    long["start_year"] = np.tile(scenario.years, len(needs))
    long["cost_real_gbp"] = total_cost.ravel().round(2)
    long["cost"] = np.rint(total_cost * nominal).ravel()
    long["value"] = total_value.ravel().round(2)
    return long


def _quoted(outlook):
    """Surveyor's remedial cost of each component, real with on-costs; zero where there is none."""
    parts, scenario = outlook.parts, outlook.scenario
    ratio = parts.cost_price_base.map(lambda year: reference.price_ratio(int(year), scenario.plan.price_base),
                                      na_action="ignore")
    vat = 1.0 + parts.voluntary_aided * scenario.costs.vat_rate_voluntary_aided
    return (parts.remedial_cost_gbp * ratio * scenario.on_cost_factor * vat).fillna(0.0).to_numpy()


def _facts(kind, rows, needs, codes, costs_gbp):
    """What identifies and describes each need's scheme, one row per need in order."""
    weight = costs_gbp[rows.index, np.maximum(rows.grade_index, 2)] + 1e-9
    by_need = rows.assign(weight=weight, seen=weight * ~rows.modelled).groupby(codes)
    first = by_need.first()
    place = first.block_id.where(first.block_id != "", "grounds of " + first.site_id)
    words = {"repair": "Put right what is expected at grade C or worse by then", "renew": "Renew everything below grade A",
             "urgent": "Priority 1 and statutory works"}[kind]
    must_by = by_need.must_by.min()
    return pd.DataFrame({
        "school_id": first.school_id, "kind": "renew" if kind == "urgent" else kind, "tag": "condition",
        "exclusion_group": needs, "requires": "",
        "must_do": must_by.map(lambda year: "" if pd.isna(year) else str(int(year))), "site_id": first.site_id,
        "trade": first.element, "block_id": first.block_id, "element": first.element,
        "description": words + ": " + first.element.str.lower() + ", " + place,
        "priority": by_need.priority.min(), "worst_grade": by_need.grade.max(),
        "surveyed_share": (by_need.seen.sum() / by_need.weight.sum()).round(4)}, index=range(len(needs)))


def _listed_works(outlook):
    """Works on the trust's own list, as they are, in the same long shape."""
    works, scenario, estate = outlook.estate.works, outlook.scenario, outlook.estate
    schools = estate.schools.set_index("school_id")
    sites = estate.sites.drop_duplicates("school_id").set_index("school_id").site_id
    home = estate.blocks.set_index("block_id").site_id
    years = scenario.plan.years
    discount = discount_factors(scenario.plan.discount_rate, years + 1)
    nominal = nominal_factors(scenario.costs.tender_inflation, years, scenario.plan.first_year - scenario.plan.price_base)
    pieces = []
    for work in works.itertuples():
        if schools.pfi[work.school_id] and work.use == "condition":
            continue
        ratio = reference.price_ratio(int(work.cost_price_base), scenario.plan.price_base)
        vat = 1.0 + schools.voluntary_aided[work.school_id] * scenario.costs.vat_rate_voluntary_aided
        real = work.cost_gbp * ratio * scenario.on_cost_factor * vat
        yearly = (0.0 if pd.isna(work.loss_avoided_gbp_per_year) else work.loss_avoided_gbp_per_year) * ratio
        handed_on = real * scenario.loss.handed_on_share * (work.use == "condition") * discount[years]
        must = scenario.plan.first_year if work.status == "committed" else work.must_start_by
        pieces.append(pd.DataFrame({
            "scheme_id": f"work.{work.work_id}", "school_id": work.school_id, "kind": "listed", "tag": work.use,
            "exclusion_group": "", "requires": "",
            "must_do": "" if pd.isna(must) else str(max(int(must), scenario.plan.first_year)),
            "site_id": home.get(work.block_id, sites.get(work.school_id, "")), "trade": "", "block_id": work.block_id,
            "element": LISTED, "description": work.description, "priority": work.priority, "worst_grade": "",
            "surveyed_share": 1.0, "start_year": scenario.years, "cost": np.rint(real * nominal),
            "cost_real_gbp": round(real, 2),
            "value": [round(yearly * discount[t + 1: years].sum() + handed_on, 2) for t in range(years)]}))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=_COLUMNS)


def _worth_planning(cells, scenario):
    """Drop start years that cost too little to be a scheme or are worth nothing; never a must-do.

    Returns the rest, and the real cost at the start of what is too small in every year. [GBP]
    """
    must = cells.must_do != ""
    big = cells.cost_real_gbp >= scenario.schemes.minimum_scheme_gbp
    keep = (must | (big & (cells.value > 0))) & (~must | (cells.start_year <= pd.to_numeric(cells.must_do)))
    keep &= ~must | (cells.cost_real_gbp > 0) | (cells.kind == "listed")
    ever = big.groupby(cells.scheme_id).transform("any") | must
    small = cells[~ever & (cells.kind == "renew") & (cells.start_year == scenario.plan.first_year)]
    return cells[keep], float(small.cost_real_gbp.sum())


def _distinct(cells):
    """Drop repairs that cost within a pound of the renewal of their need in every year: the renewal does more."""
    paired = cells.pivot_table(index=["exclusion_group", "start_year"], columns="kind", values=["cost"],
                               aggfunc="first")
    if ("cost", "repair") not in paired or ("cost", "renew") not in paired:
        return cells
    both = paired.dropna(subset=[("cost", "repair"), ("cost", "renew")])
    near = ((both["cost"]["renew"] - both["cost"]["repair"]).abs() <= 1.0)
    same = near.groupby(level=0).all()
    return cells[~((cells.kind == "repair") & cells.exclusion_group.isin(same.index[same]))]


def _delivery_limits(scenario):
    columns = ["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"]
    most = scenario.schemes.schemes_per_site_per_year
    if most is None:
        return pd.DataFrame(columns=columns)
    return pd.DataFrame([[f"site schemes {year}", year, "site", "", "schemes", "<=", most] for year in scenario.years],
                        columns=columns)
