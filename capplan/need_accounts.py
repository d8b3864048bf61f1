"""Each need by itself: how bad it is, how bad it will be if nothing is done, who depends on it and who looks after it."""

import numpy as np
import pandas as pd

from .candidates import NO_WORKS, OUT_OF_USE
from .candidates.listed import REMEDIAL
from .condition.course import course
from .parts import GRADE_LETTERS, occupants

LOOK_AHEAD_YEARS = 3
RENEWAL, POOR, FAILED = 3, 2, 4        # grade indices: cost of D stands for the extent; C and worse is poor; E has failed
HALF = 0.5
PLACE = ["school_id", "site_id", "block_id", "element"]
TRUST_SAYS = ["owner", "control", "look_again_by"]


def needs_frame(programme):
    """Every need of the plan, met or not, as it is and as it will be in three years if nothing is done.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    DataFrame
        One row per need, by ``need`` (the exclusion group, or the scheme where it has none): its place; ``components``;
        ``worst_grade`` on record; ``grade_now`` and ``grade_in_three_years`` of what is at that grade; the shares of its
        extent at grade C or worse, now and then; failures and pupil-days lost expected in between; ``pupils`` who depend on
        the place; ``statutory``; days surveyed, first and last; and who looks after it, as the estate's table of controls
        has it. Blank where it is made of no components.

    Notes
    -----
    The grade is the middle one: half of what is at the worst grade on record, by its cost of renewal, is expected at it or
    better. Whether the block goes before then is left aside. *Counterexample:* one roof of many at D may be at E while the
    middle one is at D; the share that is poor shows it.
    """
    outlook = programme.candidates.outlook
    needs, members = _needs(programme.candidates)
    along = course(outlook.wear, LOOK_AHEAD_YEARS)
    if len(members):
        needs = needs.join(_condition(outlook, members, along))
    else:
        needs = needs.assign(**dict.fromkeys(CONDITION, np.nan))
    needs["pupils"] = occupants(outlook.estate, needs).round(0)
    needs["worst_grade"] = needs.worst_grade.fillna("")
    needs["statutory"] = np.where(needs.statutory.eq(True) | (needs.element == REMEDIAL), "yes", "no")
    needs["components"] = needs.components.astype("Int64")
    controls = outlook.estate.controls.set_index("need")
    for name in TRUST_SAYS:
        needs[name] = controls[name].reindex(needs.index).to_numpy()
    return needs.reset_index()[["need", *PLACE, "components", "worst_grade", *CONDITION[1:-1], "pupils", "statutory",
                                *TRUST_SAYS]]


CONDITION = ["components", "grade_now", "grade_in_three_years", "poor_now_share", "poor_in_three_years_share",
             "failures_in_three_years", "pupil_days_in_three_years", "surveyed_from", "surveyed_to", "modelled_share",
             "statutory"]


def unused_controls(programme):
    """Needs that the estate's table of controls names and this plan does not have, in the order of the table."""
    known = set(_needs(programme.candidates)[0].index)
    return [need for need in programme.candidates.outlook.estate.controls.need if need not in known]


def _needs(candidates):
    """The needs with their places, and which components each is made of: one row for each pair."""
    schemes = candidates.schemes
    schemes = schemes[(schemes.also_meets == "") & ~schemes.kind.isin((*NO_WORKS, *OUT_OF_USE))]
    key = schemes.exclusion_group.where(schemes.exclusion_group != "", schemes.scheme_id)
    needs = schemes.assign(need=key).drop_duplicates("need").set_index("need")[[*PLACE, "worst_grade"]]
    pairs = [pd.DataFrame({"need": need, "row": candidates.members[scheme]})
             for scheme, need in zip(schemes.scheme_id, key, strict=True) if scheme in candidates.members]
    members = pd.concat(pairs).drop_duplicates() if pairs else pd.DataFrame({"need": [], "row": []})
    return needs, members.astype({"row": int})


def _condition(outlook, members, along):
    """What is known and expected of the components of each need."""
    parts = outlook.parts.iloc[members.row.to_numpy()].reset_index(drop=True)
    rows, need = members.row.to_numpy(), members.need.to_numpy()
    extent = np.maximum(outlook.costs_gbp[rows, RENEWAL], 1e-9)
    letter = parts.grade.str[0]
    worst = (letter == letter.groupby(need).transform("max")).to_numpy()
    frame = {"components": pd.Series(1, parts.index).groupby(need).sum()}
    for name, year in (("now", 0), ("in_three_years", LOOK_AHEAD_YEARS)):
        shares = along.shares[year][rows]
        frame[f"grade_{name}"] = _middle_grade(shares * (extent * worst)[:, None], need)
        poor = pd.Series(shares[:, POOR:].sum(axis=1) * extent).groupby(need).sum()
        frame[f"poor_{name}_share"] = (poor / pd.Series(extent).groupby(need).sum()).round(4)
    failures = along.failures[:LOOK_AHEAD_YEARS][:, rows]
    days = outlook.pupil_days_by_year[np.minimum(np.arange(LOOK_AHEAD_YEARS), outlook.horizon)][:, rows]
    frame["failures_in_three_years"] = pd.Series(failures.sum(axis=0)).groupby(need).sum().round(4)
    frame["pupil_days_in_three_years"] = pd.Series((failures * days).sum(axis=0)).groupby(need).sum(min_count=1).round(1)
    days_seen = parts.surveyed.groupby(need)
    frame["surveyed_from"], frame["surveyed_to"] = days_seen.min(), days_seen.max()
    frame["modelled_share"] = ((parts.modelled * extent).groupby(need).sum()
                               / pd.Series(extent).groupby(need).sum()).round(4)
    frame["statutory"] = parts.statutory.groupby(need).any()
    return pd.DataFrame(frame)


def _middle_grade(weights, need):
    """The grade that half of the weight is at or better than, by need."""
    by_need = pd.DataFrame(weights).groupby(need).sum()
    below = by_need.cumsum(axis=1).div(by_need.sum(axis=1), axis=0)
    return pd.Series((below < HALF - 1e-9).sum(axis=1).clip(upper=FAILED).map(dict(enumerate(GRADE_LETTERS))), by_need.index)
