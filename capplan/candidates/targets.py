"""Service levels a trust sets for every school by the end of the plan, as limits the optimiser keeps."""

import numpy as np
import pandas as pd

from ..condition.backlog import expected_backlog
from ..condition.course import Loss, worth

COLUMNS = ["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"]
WORDS = {"most_condition_index": "condition index", "most_share_at_d": "share at D",
         "most_single_points_at_d": "share of single points of failure at D"}
PENNY_GBP = 0.01               # each scheme's cut is rounded to it
MEASURES = {"most_condition_index": "backlog_cut_gbp", "most_share_at_d": "bad_cut_gbp",
            "most_single_points_at_d": "single_points_cut_gbp"}


def target_limits(outlook, years, members, works):
    """The targets of the scenario as limits, with what each start does for them.

    Parameters
    ----------
    outlook : Outlook
    years : DataFrame
        ``scheme_id, start_year, finish_year`` and further columns, one row per start.
    members, works : dict
        Rows each scheme treats, and the name of its treatment.

    Returns
    -------
    tuple of (DataFrame, DataFrame, list of str)
        ``years`` with a column for each target in use (``backlog_cut_gbp``: fall of the backlog in blocks at the end;
        ``bad_cut_gbp``: fall of what is at D or E then, by cost of renewal; ``single_points_cut_gbp``: the same of single
        points of failure); the limits; and what has to be said.

    Notes
    -----
    Schools under PFI are left out: their works are not the trust's. Works on a trust's own list are not known to cut
    either.
    """
    targets, limits, notes, at = outlook.scenario.targets, [], [], outlook.parts.school_id.to_numpy(object)
    schemes = pd.Series([at[rows[0]] for rows in members.values() if len(rows)], dtype=object).value_counts()
    for name, measure in MEASURES.items():
        most = getattr(targets, name)
        if most is None:
            continue
        weights, whole = _weights(outlook, name)
        years[measure] = cuts(outlook, weights, years, members, works, outlook.horizon)
        ours = outlook.parts.school_id[~outlook.parts.pfi]
        now = pd.Series((outlook.shares(outlook.horizon) * weights).sum(axis=1)).groupby(outlook.parts.school_id).sum()
        short = (now - most * whole).reindex(sorted(set(ours))).fillna(0.0)
        slack = PENNY_GBP * schemes.reindex(short.index).fillna(0.0)
        limits += [[f"{WORDS[name]} {school}", pd.NA, "school", school, measure, ">=", round(float(amount), 2)]
                   for school, amount in (short - slack)[short > slack].items()]
        notes.append(f"Target: {WORDS[name]} of every school at most {most:g} at the end of the plan; without works "
                     f"{(short > 0).sum()} of {len(short)} schools would miss it.")
    return years, pd.DataFrame(limits, columns=COLUMNS), notes


def _weights(outlook, name):
    """What counts against a target by component and grade (n, 5), and what it is a share of, by school. [GBP]"""
    parts = outlook.parts
    if name == "most_condition_index":
        inside = (parts.block_id != "").to_numpy()[:, None]
        poor = expected_backlog(np.array([0.0, 0, 1, 1, 1]), outlook.costs_gbp) * inside
        return poor, outlook.replacement_gbp("school_id")
    counted = parts.sole.to_numpy(bool) if name == "most_single_points_at_d" else 1.0
    renewal = outlook.costs_gbp[:, 3] * counted
    stays = pd.Series(renewal * parts.stays).groupby(parts.school_id).sum()
    return renewal[:, None] * np.array([0.0, 0, 0, 1, 1]), stays


def cuts(outlook, weights, years, members, works, after_years):
    """How much each start takes off what is expected some years on.

    Parameters
    ----------
    outlook : Outlook
    weights : array, shape (n, 5)
        What counts, by component and grade, such as its cost at C, D and E.
    years : DataFrame
        ``scheme_id, start_year, finish_year``, one row per start.
    members, works : dict
        Rows each scheme treats, and the name of its treatment.
    after_years : int
        Years from the start of the plan to the day that is looked at. [years]

    Returns
    -------
    list of float
        One for each start, to the penny; zero for those that come too late. [GBP]

    Notes
    -----
    Adds up over schemes where nothing harms what lies beneath it. *Counterexample:* with knock-on damage a roof is credited
    with the ceiling below, which may be renewed too.
    """
    nil = np.zeros_like(weights)
    loss = Loss(nil, nil[:, 0], weights * outlook.in_use[after_years][:, None], outlook.in_use[:after_years])
    ways = {name: each.way for name, each in outlook.treatments.items()}
    cut = worth(outlook.wear, loss, ways, 0.0, after_years)
    first, found = outlook.scenario.plan.first_year, []
    for scheme, start, finish in zip(years.scheme_id, years.start_year - first, years.finish_year - first, strict=True):
        if scheme not in members or finish >= after_years:
            found.append(0.0)
            continue
        rows, kind = members[scheme], works[scheme]
        rows = rows[outlook.treatments[kind].applies[rows, start]]
        found.append(round(float(cut[kind][rows, finish].sum()), 2))
    return found
