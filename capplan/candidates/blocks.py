"""Works on whole blocks: refurbish, rebuild, demolish. They stand in place of the works on the block's elements."""

import numpy as np
import pandas as pd

from ..condition.backlog import expected_backlog
from ..condition.compliance import planning_year
from .spending import with_finish

WORDS = {"refurbish": "Refurbish the block: renew everything below A together",
         "rebuild": "Rebuild the block", "demolish": "Demolish the block, whose places are not needed"}
WHOLE_BLOCK = "Whole block"


def block_works(outlook, groups, value, members, others, closable=(), saved=None):
    """Schemes on whole blocks, where the scenario's test sets them off.

    Parameters
    ----------
    outlook : Outlook
    groups : DataFrame
        Components that may be planned and are not urgent, with the ``need`` each belongs to.
    value : dict of array, shape (n, years)
        Loss avoided by each kind of works. [GBP]
    members : dict
        Filled with the rows each scheme treats.
    others : list of DataFrame
        The schemes that stand on their own; what the trust's list proposes in a block is replaced with it.
    closable : collection of str, optional
        Blocks that may be demolished besides those marked surplus, since places are covered by limits.
    saved : callable, optional
        Given a kind of works and floor area, the running costs saved by year of demolishing (years,); left out: none.

    Returns
    -------
    list of DataFrame
        One row per scheme and start year.

    Notes
    -----
    Urgent works in the block are done all the same, and what they treat is not counted in the worth of the block's works.
    Rebuilding and demolishing are priced by floor area, all costs in.
    *Counterexample:* a listed facade that has to be kept.
    """
    inside = groups[groups.block_id != ""]
    if not len(inside):
        return []
    blocks, needs = inside.groupby("block_id"), inside.groupby("block_id").need.agg(lambda names: list(dict.fromkeys(names)))
    listed = listed_in_blocks(others)
    pieces, gifa_m2 = [], outlook.estate.blocks.set_index("block_id").gifa_m2
    for kind in WORDS:
        if kind not in outlook.treatments:
            continue
        allowed, cost = _when(kind, outlook, blocks, closable), _cost(kind, outlook, blocks)
        for block, rows in blocks.groups.items():
            if allowed.loc[block].any():
                rows = rows.to_numpy()
                also = needs[block] + (listed.get(block, []) if kind != "refurbish" else [])
                members[f"{block}.{kind}"] = rows
                avoided = value[kind][rows].sum(axis=0)
                if kind == "demolish" and saved is not None:
                    avoided = avoided + saved(kind, gifa_m2[block])
                pieces.append(_scheme(kind, block, inside.loc[rows], also, cost.loc[block], avoided,
                                      outlook)[allowed.loc[block].to_numpy()])
    return pieces


def listed_in_blocks(others):
    """Proposed works on the trust's list that need not be done, by block.

    Parameters
    ----------
    others : list of DataFrame
        Schemes that stand on their own.

    Returns
    -------
    dict of list of str
    """
    found = {}
    for piece in others:
        if len(piece) and (piece.kind == "listed").all():
            once = piece.drop_duplicates("scheme_id")
            for row in once[(once.block_id != "") & (once.must_do == "")].itertuples():
                found.setdefault(row.block_id, []).append(row.scheme_id)
    return found


def _when(kind, outlook, blocks, closable):
    """Whether works of a kind may start on each block in each year: frame of bool, block by year of the plan."""
    rule, estate = getattr(outlook.scenario, kind), outlook.estate.blocks.set_index("block_id")
    rebuild = outlook.replacement_gbp("block_id").reindex(blocks.groups)
    shares = []
    for year in range(outlook.horizon):
        poor = expected_backlog(outlook.shares(year), outlook.costs_gbp)[:, 2:].sum(axis=1)
        by_block = pd.Series(poor).groupby(outlook.parts.block_id.to_numpy()).sum().reindex(blocks.groups)
        shares.append(by_block / rebuild >= rule.least_backlog_share)
    allowed = pd.concat(shares, axis=1, keys=range(outlook.horizon))
    if kind == "demolish":
        expires = planning_year(pd.to_datetime(estate.planning_expires)).astype(float).reindex(blocks.groups)
        over = expires.to_numpy()[:, None] < np.array(outlook.scenario.years)[None, :]
        spared = estate.surplus.reindex(blocks.groups).to_numpy(bool) | np.isin(list(blocks.groups), list(closable))
        allowed &= over | spared[:, None]
    return allowed


def _cost(kind, outlook, blocks):
    """Real cost of the works on each block in each year: frame, block by year of the plan. [GBP]"""
    scenario = outlook.scenario
    if kind == "refurbish":
        parts = outlook.works_cost(kind) * (1.0 - scenario.refurbish.saving_share)
        return pd.DataFrame(
            {block: parts[rows.to_numpy()].sum(axis=0) for block, rows in blocks.groups.items()}).T
    rate = scenario.costs.rebuild_gbp_per_m2 if kind == "rebuild" else scenario.costs.demolish_gbp_per_m2
    vat = 1.0 + blocks.voluntary_aided.first() * scenario.costs.vat_rate_voluntary_aided
    cost = outlook.by_floor_area_gbp(rate).reindex(vat.index) * vat
    return pd.DataFrame(dict.fromkeys(range(outlook.horizon), cost))


def _scheme(kind, block, rows, also, cost, value, outlook):
    """One scheme, one row for each start year."""
    scenario, first = outlook.scenario, rows.iloc[0]
    nominal = scenario.nominal_factors()
    weight = outlook.costs_gbp[rows.index, 3] + 1e-9
    return with_finish(pd.DataFrame({
        "scheme_id": f"{block}.{kind}", "school_id": first.school_id, "kind": kind, "tag": "condition",
        "exclusion_group": f"{block}.block", "also_meets": ";".join(also), "requires": "", "must_do": "",
        "site_id": first.site_id, "trade": WHOLE_BLOCK, "block_id": block, "element": WHOLE_BLOCK,
        "description": f"{WORDS[kind]}: {block}", "priority": rows.priority.min(), "worst_grade": rows.grade.max(),
        "surveyed_share": round(float((weight * ~rows.modelled).sum() / weight.sum()), 4),
        "stage": scenario.costs.survey_stage, "start_year": scenario.years,
        "cost": np.rint(cost.to_numpy() * nominal), "cost_real_gbp": cost.to_numpy().round(2), "value": value.round(2)}),
        scenario)
