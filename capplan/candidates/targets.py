"""Service levels a trust sets for every school by the end of the plan, as limits the optimiser keeps."""

import numpy as np
import pandas as pd

from ..condition.backlog import expected_backlog
from ..condition.course import Loss, worth

COLUMNS = ["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"]
WORDS = {"most_condition_index": "condition index", "most_share_at_d": "share at D"}
PENNY_GBP = 0.01               # each scheme's cut is rounded to it
MEASURES = {"most_condition_index": "backlog_cut_gbp", "most_share_at_d": "bad_cut_gbp"}


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
        ``bad_cut_gbp``: fall of what is at D or E then, by cost of renewal); the limits; and what has to be said.

    Notes
    -----
    Schools under PFI are left out: their works are not the trust's. Works on a trust's own list are not known to cut
    either.
    """
    targets, limits, notes = outlook.scenario.targets, [], []
    for name, measure in MEASURES.items():
        most = getattr(targets, name)
        if most is None:
            continue
        weights, whole = _weights(outlook, name)
        years[measure] = _cuts(outlook, weights, years, members, works)
        ours = outlook.parts.school_id[~outlook.parts.pfi]
        now = pd.Series((outlook.shares(outlook.horizon) * weights).sum(axis=1)).groupby(outlook.parts.school_id).sum()
        short = (now - most * whole).reindex(sorted(set(ours))).fillna(0.0)
        slack = PENNY_GBP * len(members)
        limits += [[f"{WORDS[name]} {school}", pd.NA, "school", school, measure, ">=", round(float(amount) - slack, 2)]
                   for school, amount in short.items() if amount > slack]
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
    renewal = outlook.costs_gbp[:, 3]
    stays = pd.Series(renewal * parts.stays).groupby(parts.school_id).sum()
    return renewal[:, None] * np.array([0.0, 0, 0, 1, 1]), stays


def _cuts(outlook, weights, years, members, works):
    """How much each start takes off what counts against a target at the end of the plan. [GBP]"""
    nil = np.zeros_like(weights)
    loss = Loss(nil, nil[:, 0], weights * outlook.in_use[-1][:, None], outlook.in_use[:-1])
    ways = {name: each.way for name, each in outlook.treatments.items()}
    cuts = worth(outlook.wear, loss, ways, 0.0, outlook.horizon)
    first, found = outlook.scenario.plan.first_year, []
    for scheme, start, finish in zip(years.scheme_id, years.start_year, years.finish_year, strict=True):
        rows = members.get(scheme)
        if rows is None or finish >= first + outlook.horizon:
            found.append(0.0)
            continue
        applies = outlook.treatments[works[scheme]].applies[rows, start - first]
        found.append(round(float((cuts[works[scheme]][rows, finish - first] * applies).sum()), 2))
    return found
