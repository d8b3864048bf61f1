"""Works that come as they are: those on the trust's own list, and remedial works that statutory inspections found."""

import numpy as np
import pandas as pd

from .. import reference
from ..condition.compliance import duties_due
from ..finance import discount_factors
from .spending import with_finish

LISTED, REMEDIAL = "Works on the trust's list", "Statutory remedial works"
LISTED_TABLES = {"works": LISTED, "compliance": REMEDIAL}
OWN_COLUMNS = ("contribution_gbp", "paid_before_share", "paid_after_share")
CONTRACT = "contract"
PREFIXES = {"works": "work", "compliance": "duty"}


def listed_works(outlook, table):
    """Works of one table of the estate as schemes.

    Parameters
    ----------
    outlook : Outlook
    table : str
        ``works``, or ``compliance`` for its items with a remedial cost.

    Returns
    -------
    DataFrame
        One row per scheme and start year.

    Notes
    -----
    Assumes works on the list lose what their row says each year until they are done, and that condition works not done
    are handed on at their cost. Fees are added where the stage of a cost leaves them to be paid: not to a contract that is
    let, which is what committed works are unless their row says otherwise.
    """
    works, scenario, estate = _works_of(outlook, table), outlook.scenario, outlook.estate
    schools = estate.schools.set_index("school_id")
    sites = estate.sites.drop_duplicates("school_id").set_index("school_id").site_id
    home = estate.blocks.set_index("block_id").site_id
    years = scenario.plan.years
    discount = discount_factors(scenario.plan.discount_rate, years + 1)
    nominal = scenario.nominal_factors()
    pieces = []
    for work in works.itertuples():
        if schools.pfi[work.school_id] and work.use == "condition":
            continue
        ratio = reference.price_ratio(int(work.cost_price_base), scenario.plan.price_base)
        vat = 1.0 + schools.voluntary_aided[work.school_id] * scenario.costs.vat_rate_voluntary_aided
        stage = _stage(work, scenario)
        real = work.cost_gbp * ratio * scenario.on_costs(stage).factor * vat
        yearly = (0.0 if pd.isna(work.loss_avoided_gbp_per_year) else work.loss_avoided_gbp_per_year) * ratio
        handed_on = real * scenario.loss.handed_on_share * (work.use == "condition") * discount[years]
        must = scenario.plan.first_year if work.status == "committed" else work.must_start_by
        pieces.append(with_finish(pd.DataFrame({
            "scheme_id": f"{PREFIXES[table]}.{work.work_id}", "school_id": work.school_id, "kind": "listed", "tag": work.use,
            "exclusion_group": "", "also_meets": "", "requires": "",
            "must_do": "" if pd.isna(must) else str(max(int(must), scenario.plan.first_year)),
            "site_id": home.get(work.block_id, work.site_id or sites.get(work.school_id, "")), "trade": "",
            "block_id": work.block_id,
            "element": LISTED_TABLES[table], "description": work.description, "priority": work.priority, "worst_grade": "",
            "surveyed_share": 1.0, "stage": stage, "start_year": scenario.years, "cost": np.rint(real * nominal),
            "cost_real_gbp": round(real, 2),
            "value": [round(yearly * discount[t + 1: years].sum() + handed_on, 2) for t in range(years)],
            **{name: getattr(work, name) for name in OWN_COLUMNS}}), scenario))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def _works_of(outlook, table):
    """The works of a table in the columns of the works table; remedial works must be done in the year they fall due."""
    estate, plan = outlook.estate, outlook.scenario.plan
    if table == "works" or not len(estate.compliance):
        return (estate.works if table == "works" else estate.works.iloc[:0]).assign(site_id="")
    items = estate.compliance
    due = duties_due(items, reference.load("compliance_duties"), plan.first_year, plan.years)
    wanted = due.must_do_year.notna() & (items.remedial_cost_gbp.to_numpy() > 0)
    due, items = due[wanted.to_numpy()], items[wanted.to_numpy()]
    finding = items.finding.where(items.finding != "", "Remedial works").to_numpy()
    return pd.DataFrame({
        "work_id": items.item_id.to_numpy(),
        "school_id": items.site_id.map(estate.sites.set_index("site_id").school_id).to_numpy(),
        "site_id": items.site_id.to_numpy(), "block_id": items.block_id.to_numpy(),
        "description": finding + " (" + due.duty.to_numpy() + ")",
        "use": "condition", "cost_gbp": items.remedial_cost_gbp.to_numpy(),
        "cost_price_base": items.cost_price_base.to_numpy(), "loss_avoided_gbp_per_year": np.nan, "priority": 1.0,
        "must_start_by": due.must_do_year.to_numpy(), "status": "proposed", "stage": "",
        **dict.fromkeys(OWN_COLUMNS, np.nan)})


def _stage(work, scenario):
    """The stage a cost is at: what its row says, else a contract for committed works, else that of the survey's costs."""
    return work.stage or (CONTRACT if work.status == "committed" else scenario.costs.survey_stage)
