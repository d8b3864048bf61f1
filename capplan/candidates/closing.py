"""Closing what is not needed: blocks mothballed, let or demolished, and whole sites closed, while places stay covered."""

import numpy as np
import pandas as pd

from ..finance import discount_factors
from .blocks import WHOLE_BLOCK, listed_in_blocks
from .model import CLOSE_SITE, LET, MOTHBALL, OUT_OF_USE
from .spending import with_finish

DEMOLISH = "demolish"
CLOSING = (*OUT_OF_USE, DEMOLISH)
"""Kinds of schemes that take places away."""
WHOLE_SITE = "Whole site"
WORDS = {MOTHBALL: "Close the block and keep it: {name}", LET: "Let the block: {name}",
         CLOSE_SITE: "Close the site and keep its blocks: {name}"}


def closable_blocks(outlook):
    """Blocks that may be closed: with places on record, not essential, and not to be left or run by others anyway.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        By ``block_id``: ``site_id, school_id, gifa_m2``; empty where places are not weighed.
    """
    if outlook.places is None:
        return pd.DataFrame({name: [] for name in ("site_id", "school_id", "gifa_m2")}, index=pd.Index([], name="block_id"))
    blocks = _homes(outlook)
    rows = outlook.places.rows
    essential = rows.groupby("block_id").essential.any()
    named = blocks.index.isin(essential.index[~essential])
    return blocks[named & ~blocks.pfi & blocks.planned_exit.isna()][["site_id", "school_id", "gifa_m2"]]


def closed_blocks(outlook, scheme):
    """Blocks that a scheme closes: its own, or those of its site.

    Parameters
    ----------
    outlook : Outlook
    scheme : Series or tuple
        With ``kind, block_id, site_id``.

    Returns
    -------
    list of str
    """
    if scheme.kind not in CLOSING:
        return []
    blocks = outlook.estate.blocks
    return blocks.block_id[blocks.site_id == scheme.site_id].tolist() if scheme.kind == CLOSE_SITE else [scheme.block_id]


def running_saved(outlook, kind, gifa_m2):
    """Present value of the running costs that closing saves, with any rent, by year of closing.

    Parameters
    ----------
    outlook : Outlook
    kind : str
        One of ``CLOSING``.
    gifa_m2 : float
        Floor area that is closed. [m2]

    Returns
    -------
    array, shape (years,)
        From the year after to the end of the plan. [GBP]

    Notes
    -----
    Assumes that running costs go by floor area. *Counterexample:* a caretaker who is needed for what is left.
    """
    rules, plan = outlook.scenario.places, outlook.scenario.plan
    yearly = rules.running_gbp_per_m2 * gifa_m2
    if kind in (MOTHBALL, CLOSE_SITE):
        yearly *= 1.0 - rules.kept_running_share
    if kind == LET:
        yearly += rules.rent_gbp_per_m2 * gifa_m2
    discount = discount_factors(plan.discount_rate, plan.years)
    return yearly * np.array([discount[year + 1:].sum() for year in range(plan.years)])


def closing_works(outlook, groups, value, members, others):
    """Schemes that close blocks and sites, where places are weighed.

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
        The schemes that stand on their own.

    Returns
    -------
    list of DataFrame
        One row per scheme and start year.

    Notes
    -----
    A block that is closed and kept, or let, is worth the patching, failures and closures it no longer suffers and the
    running costs it saves. It is handed on at the end at what putting it right would cost or, if that is less, at what
    demolishing it would, since its places are not needed. Works that must be done are done all the same.
    *Counterexample:* a listed block, which may not be demolished.
    """
    rules, blocks, pieces = outlook.scenario.places, closable_blocks(outlook), []
    if not len(blocks):
        return []
    listed, by_block = listed_in_blocks(others), dict(list(groups.groupby("block_id")))
    for kind, offered in ((MOTHBALL, rules.mothball), (LET, rules.let)):
        for block in blocks.itertuples() if offered else ():
            inside = by_block.get(block.Index, groups.iloc[:0])
            also = [*inside.need.unique(), *listed.get(block.Index, [])]
            pieces.append(_scheme(kind, block.Index, block, inside, f"{block.Index}.block", also, value, outlook, members))
    for site in _sites_to_close(outlook, blocks) if rules.close_sites else ():
        inside = groups[groups.site_id == site.Index]
        homes = outlook.estate.blocks.block_id[outlook.estate.blocks.site_id == site.Index]
        also = [f"{block}.block" for block in homes] + [*inside.need.unique()]
        also += [name for block in homes for name in listed.get(block, [])]
        pieces.append(_scheme(CLOSE_SITE, site.Index, site, inside, f"{site.Index}.site", also, value, outlook, members))
    return pieces


def handed_on_closed(outlook, blocks, rows):
    """What blocks out of use are handed on at: putting them right, or demolishing them where that is less; real. [GBP]

    Parameters
    ----------
    outlook : Outlook
    blocks : list of str
        Blocks out of use.
    rows : array of int
        Rows of ``outlook.parts`` in them and on their grounds.

    Returns
    -------
    float
    """
    scenario, costs = outlook.scenario, outlook.costs_gbp[rows]
    schools = outlook.estate.schools.set_index("school_id")
    aided = _homes(outlook).school_id.map(schools.voluntary_aided).astype(bool)
    each = outlook.by_floor_area_gbp(scenario.costs.demolish_gbp_per_m2).reindex(blocks)
    demolish = (each * (1.0 + aided.reindex(blocks) * scenario.costs.vat_rate_voluntary_aided)).sum()
    right = (outlook.shares(outlook.horizon)[rows] * costs).sum()
    return float(min(right, demolish)) * scenario.loss.handed_on_share


def _homes(outlook):
    """Every block with its school's facts."""
    estate = outlook.estate
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    return blocks.merge(estate.schools[["school_id", "pfi"]], on="school_id").set_index("block_id")


def _sites_to_close(outlook, closable):
    """Sites where no block is essential and some have places, of groups of pupils who have places elsewhere too."""
    blocks, rows = _homes(outlook), outlook.places.rows
    sites = blocks.groupby("site_id").agg(school_id=("school_id", "first"), gifa_m2=("gifa_m2", "sum"),
                                          pfi=("pfi", "any"))
    essential = set(rows.site_id[rows.essential]) - {""}
    elsewhere = {site: rows.group[rows.site_id == site].isin(rows.group[rows.site_id != site]).all() for site in sites.index}
    keep = [site in set(closable.site_id) and site not in essential and elsewhere[site] for site in sites.index]
    found = sites[np.array(keep, bool) & ~sites.pfi.to_numpy()]
    return found.assign(site_id=found.index).itertuples()


def _scheme(kind, name, home, inside, group, also, value, outlook, members):
    """One scheme, one row for each start year."""
    scenario, rows = outlook.scenario, inside.index.to_numpy()
    rules, nominal = scenario.places, scenario.nominal_factors()
    cost = home.gifa_m2 * (rules.let_gbp_per_m2 if kind == LET else rules.mothball_gbp_per_m2)
    scheme = f"{name}.{kind.replace(' ', '-')}"
    members[scheme] = rows
    blocks = outlook.estate.blocks.block_id[outlook.estate.blocks.site_id == name] if kind == CLOSE_SITE else [name]
    left = handed_on_closed(outlook, list(blocks), rows) * discount_factors(scenario.plan.discount_rate,
                                                                            scenario.plan.years + 1)[-1]
    avoided = value[kind][rows].sum(axis=0) + running_saved(outlook, kind, home.gifa_m2) - left
    weight = outlook.costs_gbp[rows, 3] + 1e-9
    surveyed = float((weight * ~inside.modelled).sum() / weight.sum()) if len(rows) else 1.0
    return with_finish(pd.DataFrame({
        "scheme_id": scheme, "school_id": home.school_id, "kind": kind, "tag": "condition", "exclusion_group": group,
        "also_meets": ";".join(also), "requires": "", "must_do": "", "site_id": home.site_id,
        "trade": WHOLE_SITE if kind == CLOSE_SITE else WHOLE_BLOCK, "block_id": "" if kind == CLOSE_SITE else name,
        "element": WHOLE_SITE if kind == CLOSE_SITE else WHOLE_BLOCK, "description": WORDS[kind].format(name=name),
        "priority": inside.priority.min() if len(rows) else np.nan, "worst_grade": inside.grade.max() if len(rows) else "",
        "surveyed_share": round(surveyed, 4), "stage": scenario.costs.survey_stage, "start_year": scenario.years,
        "cost": np.rint(cost * nominal), "cost_real_gbp": round(cost, 2), "value": avoided.round(2)}), scenario)
