"""Works on whole blocks: refurbish, rebuild, demolish. They stand in place of the works on the block's elements."""

import numpy as np
import pandas as pd

from ..condition.backlog import expected_backlog
from ..condition.compliance import planning_year
from .spending import second_summers, with_finish

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
        One for each kind of works, with one row per scheme and start year.

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
    listed, rows_of = listed_in_blocks(others), {block: rows.to_numpy() for block, rows in blocks.groups.items()}
    pieces, gifa_m2 = [], outlook.estate.blocks.set_index("block_id").gifa_m2
    for kind in WORDS:
        if kind not in outlook.treatments:
            continue
        allowed, cost = _when(kind, outlook, blocks, closable), _cost(kind, outlook, blocks, rows_of)
        some = allowed.any(axis=1)
        treated = {block: rows for (block, rows), any_year in zip(rows_of.items(), some, strict=True) if any_year}
        avoided = [value[kind][rows].sum(axis=0) for rows in treated.values()]
        if kind == "demolish" and saved is not None:
            avoided = [sums + saved(kind, gifa_m2[block]) for block, sums in zip(treated, avoided, strict=True)]
        also = [needs[block] + (listed.get(block, []) if kind != "refurbish" else []) for block in treated]
        members |= {f"{block}.{kind}": rows for block, rows in treated.items()}
        if treated:
            pieces.append(_schemes(kind, treated, also, cost[some], np.array(avoided), outlook)[allowed[some].ravel()])
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
    """Whether works of a kind may start on each block in each year of the plan, shape (blocks, years)."""
    rule, estate = getattr(outlook.scenario, kind), outlook.estate.blocks.set_index("block_id")
    rebuild = outlook.replacement_gbp("block_id").reindex(blocks.groups)
    poor = pd.DataFrame({year: expected_backlog(outlook.shares(year), outlook.costs_gbp)[:, 2:].sum(axis=1)
                         for year in range(outlook.horizon)})
    by_block = poor.groupby(outlook.parts.block_id.to_numpy()).sum().reindex(blocks.groups)
    allowed = by_block.div(rebuild, axis=0).to_numpy() >= rule.least_backlog_share
    if kind == "demolish":
        expires = planning_year(pd.to_datetime(estate.planning_expires)).astype(float).reindex(blocks.groups)
        over = expires.to_numpy()[:, None] < np.array(outlook.scenario.years)[None, :]
        spared = estate.surplus.reindex(blocks.groups).to_numpy(bool) | np.isin(list(blocks.groups), list(closable))
        allowed = allowed & (over | spared[:, None])
    return allowed


def _cost(kind, outlook, blocks, rows_of):
    """Real cost of the works on each block in each year of the plan, shape (blocks, years). [GBP]"""
    scenario = outlook.scenario
    if kind == "refurbish":
        parts = outlook.works_cost(kind) * (1.0 - scenario.refurbish.saving_share)
        return np.array([parts[rows].sum(axis=0) for rows in rows_of.values()])
    rate = scenario.costs.rebuild_gbp_per_m2 if kind == "rebuild" else scenario.costs.demolish_gbp_per_m2
    vat = 1.0 + blocks.voluntary_aided.first() * scenario.costs.vat_rate_voluntary_aided
    cost = (outlook.by_floor_area_gbp(rate).reindex(vat.index) * vat).reindex(list(rows_of))
    return np.repeat(cost.to_numpy()[:, None], outlook.horizon, axis=1)


def _schemes(kind, treated, also, cost, value, outlook):
    """One scheme for each block, one row for each start year of each; ``treated`` has the rows of its components."""
    scenario, parts, names = outlook.scenario, outlook.parts, list(treated)
    first = parts.iloc[[rows[0] for rows in treated.values()]]
    codes = np.repeat(np.arange(len(names)), [len(rows) for rows in treated.values()])
    inside = parts.iloc[np.concatenate(list(treated.values()))].groupby(codes)
    facts = pd.DataFrame({
        "scheme_id": [f"{block}.{kind}" for block in names], "school_id": first.school_id.to_numpy(), "kind": kind,
        "tag": "condition", "exclusion_group": [f"{block}.block" for block in names],
        "also_meets": [";".join(further) for further in also], "requires": "", "must_do": "",
        "site_id": first.site_id.to_numpy(), "trade": WHOLE_BLOCK, "block_id": names, "element": WHOLE_BLOCK,
        "description": [f"{WORDS[kind]}: {block}" for block in names], "priority": inside.priority.min().to_numpy(),
        "worst_grade": inside.grade.max().to_numpy(),
        "surveyed_share": _surveyed_shares(outlook, treated.values()),
        "stage": scenario.costs.survey_stage})
    long = facts.loc[facts.index.repeat(scenario.plan.years)].reset_index(drop=True)
    return _finished(long.assign(
        start_year=np.tile(scenario.years, len(names)), cost=np.rint(cost * scenario.nominal_factors()).ravel(),
        cost_real_gbp=cost.round(2).ravel(), value=value.round(2).ravel()), scenario)


def _surveyed_shares(outlook, treated):
    """Share of each block's works, by cost, that a surveyor has seen."""
    weight, seen = outlook.costs_gbp[:, 3] + 1e-9, ~outlook.parts.modelled.to_numpy()
    return [round(float((weight[rows] * seen[rows]).sum() / weight[rows].sum()), 4) for rows in treated]


def _finished(cells, scenario):
    """The starts with their finish, each block.s on their own: costs of works of one summer stay to the pound."""
    large = second_summers(cells.cost_real_gbp.to_numpy(), scenario).reshape(-1, scenario.plan.years)
    two = np.repeat(large.any(axis=1), scenario.plan.years)
    return pd.concat([with_finish(part, scenario) for part in (cells[two], cells[~two]) if len(part)]).sort_index()
