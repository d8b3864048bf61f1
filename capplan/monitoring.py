"""How an approved programme is going: each scheme, pot and year beside what was approved, and what is off plan."""

import numpy as np
import pandas as pd

from .actuals import PENNY_GBP, RESERVES
from .monitor_tables import DROPPED, FINISHED

GREEN, AMBER, RED = RATINGS = ("green", "amber", "red")
GRADES = "ABCDE"
OUTSIDE, UNREPORTED = "outside the plan", "nothing reported"


def schemes_compared(actuals, approved):
    """Every scheme that was approved, or of which something was reported, beside what was approved.

    Parameters
    ----------
    actuals : Actuals
        As ``fitted`` gives it.
    approved : Approved

    Returns
    -------
    DataFrame
        ``scheme_id, school_id, description, plan`` (approved, not approved, outside the plan), ``status,
        approved_start_year, approved_finish_year, started, finished, expected_finish, days_late`` [days],
        ``approved_cost_gbp, spent_gbp, forecast_cost_gbp, over_gbp`` (nominal), ``over_share`` [-], ``components_seen,
        grades_short``, ``rating`` (green, amber, red) and ``why`` in words, ``reported_by, note``.

    Notes
    -----
    A planning year is kept where works start, and finish, by its 31 August. *Counterexample:* works for one summer that
    begin in the last week of August; give an ``expected_finish``. Works nothing was reported of count as not started.
    """
    candidates, choice = approved.candidates, approved.choice
    facts = candidates.schemes.set_index("scheme_id")
    works = actuals.works.set_index("scheme_id")
    order = list(dict.fromkeys([*choice, *works.index, *actuals.spending.scheme_id]))
    frame = pd.DataFrame({"scheme_id": order})
    for name in ("school_id", "description"):
        own = facts[name] if name in facts else pd.Series("", facts.index)
        frame[name] = [own.get(scheme) if scheme in facts.index else works[name][scheme] for scheme in order]
    frame["plan"] = ["approved" if scheme in choice else "not approved" if scheme in facts.index else OUTSIDE
                     for scheme in order]
    told = works.reindex(order)
    frame["status"] = told.status.fillna("").replace("", UNREPORTED).to_numpy()
    frame["approved_start_year"] = pd.array([choice.get(scheme) for scheme in order], dtype="Int64")
    frame["approved_finish_year"] = _finish_years(candidates, choice, order)
    for name in ("started", "finished", "expected_finish"):
        frame[name] = told[name].to_numpy()
    frame["days_late"] = _days_late(frame, actuals.on)
    _add_money(frame, actuals, approved, told)
    _add_condition(frame, actuals, approved)
    frame[["rating", "why"]] = _rated(frame, actuals.thresholds)
    for name in ("reported_by", "note"):
        frame[name] = told[name].fillna("").to_numpy()
    return frame


def _finish_years(candidates, choice, order):
    years = candidates.scheme_years
    if "finish_year" not in years:
        return pd.array([choice.get(scheme) for scheme in order], dtype="Int64")
    keys = zip(years.scheme_id, years.start_year, strict=True)
    finish = dict(zip(keys, pd.to_numeric(years.finish_year), strict=True))
    return pd.array([finish.get((scheme, choice.get(scheme))) for scheme in order], dtype="Int64")


def _days_late(frame, on):
    """Days by which a start or a finish is later than approved, the larger of the two; 0 where neither was due."""
    def days(year, happened, status_done):
        """Days after 31 August of a year until something happened, or until today where it has not yet."""
        due = pd.to_datetime([pd.NaT if pd.isna(each) else f"{int(each) + 1}-08-31" for each in year])
        until = pd.Series(happened).fillna(pd.Timestamp(on)).where(status_done, happened)
        return pd.Series((until - due).dt.days).clip(lower=0).fillna(0).astype(int)

    open_ = ~frame.status.isin((DROPPED, FINISHED))
    start = days(frame.approved_start_year, frame.started, open_ & frame.started.isna())
    ends = frame.finished.fillna(frame.expected_finish)
    overdue = open_ & (ends.isna() | (ends < pd.Timestamp(on)))
    finish = days(frame.approved_finish_year, ends.mask(overdue), overdue)
    return np.maximum(start, finish)


def _add_money(frame, actuals, approved, told):
    """Approved, spent and forecast cost of each scheme. [GBP nominal]"""
    candidates = approved.candidates
    cost = candidates.spend.groupby(["scheme_id", "start_year"]).cost.sum().to_dict()
    frame["approved_cost_gbp"] = [cost.get((scheme, approved.choice.get(scheme)), 0.0) for scheme in frame.scheme_id]
    frame["spent_gbp"] = frame.scheme_id.map(actuals.spending.groupby("scheme_id").amount_gbp.sum()).fillna(0.0)
    over = frame.status.isin((FINISHED, DROPPED))
    expected = np.where(over, frame.spent_gbp, np.maximum(frame.approved_cost_gbp, frame.spent_gbp))
    given = told.forecast_cost_gbp.to_numpy(float)
    frame["forecast_cost_gbp"] = np.where(np.isnan(given) | over, expected, np.maximum(given, frame.spent_gbp))
    frame["over_gbp"] = frame.forecast_cost_gbp - frame.approved_cost_gbp
    frame["over_share"] = (frame.over_gbp / frame.approved_cost_gbp.where(frame.approved_cost_gbp > 0)).round(6)


def _add_condition(frame, actuals, approved):
    """Components looked at after works, and the most grades one of them is below what the works were to bring it to."""
    seen = actuals.conditions.merge(approved.components[["component_id", "grade"]].rename(columns={"grade": "before"}),
                                    on="component_id")
    facts = approved.candidates.schemes.set_index("scheme_id")
    kinds = seen.scheme_id.map(facts.kind) if "kind" in facts else pd.Series("", seen.index)
    to_a = np.zeros(len(GRADES), dtype=int)
    wanted = [int(approved.outcomes.get(kind, to_a)[GRADES.index(grade.rstrip("X") or "A")])
              for kind, grade in zip(kinds, seen.before, strict=True)]
    short = seen.grade.map(GRADES.index).astype(int) - np.array(wanted, dtype=int)
    frame["components_seen"] = frame.scheme_id.map(seen.groupby("scheme_id").size()).fillna(0).astype(int)
    frame["grades_short"] = frame.scheme_id.map(short.clip(lower=0).groupby(seen.scheme_id).max()).fillna(0).astype(int)


def _rated(frame, thresholds):
    """Green, amber or red, and why, of each scheme: the worst of its measures."""
    held = thresholds.set_index("measure")
    measures = (("cost", frame.over_share.fillna(0.0), lambda row: f"{row.over_share:.0%} over the approved cost"),
                ("days", frame.days_late, lambda row: f"{row.days_late} days late"),
                ("grades", frame.grades_short, lambda row: f"up to {row.grades_short} below the grade wanted"))
    worst, why = np.zeros(len(frame), dtype=int), [[] for _ in range(len(frame))]
    for name, values, words in measures:
        rank = (values > held.amber_above[name]).astype(int) + (values > held.red_above[name])
        worst = np.maximum(worst, rank)
        for place, row in enumerate(frame.itertuples()):
            if rank.iloc[place]:
                why[place].append(words(row))
    for place, row in enumerate(frame.itertuples()):
        if row.status == DROPPED and row.plan == "approved":
            worst[place] = 2
            why[place].insert(0, "approved, and dropped")
        elif row.plan != "approved" and row.status != DROPPED:
            worst[place] = max(worst[place], 1)
            why[place].insert(0, "not in the approved programme")
    return pd.DataFrame({"rating": [RATINGS[rank] for rank in worst], "why": ["; ".join(words) for words in why]},
                        index=frame.index)


def pots_compared(actuals, approved):
    """Each pot: what was approved to be drawn, what was, what is left, and what lapses this year if nothing more is drawn.

    Parameters
    ----------
    actuals : Actuals
        As ``fitted`` gives it.
    approved : Approved

    Returns
    -------
    DataFrame
        ``pot_id, route, amount_gbp, first_year, last_year, approved_gbp`` (over the plan), ``approved_by_year_end_gbp`` (by
        the 31 August after the day of the report), ``spent_gbp, left_gbp, lapses_gbp`` (nominal), ``rating`` and ``why``.
    """
    pots, spent = approved.candidates.pots, actuals.spending.groupby("pot_id").amount_gbp.sum()
    draws = approved.draws
    frame = pots[["pot_id"]].copy()
    frame["route"] = pots.route if "route" in pots else ""
    frame["amount_gbp"] = pots.amount.astype(float)
    frame[["first_year", "last_year"]] = pots[["first_year", "last_year"]]
    so_far = draws[draws.year <= actuals.year]
    for name, amounts in (("approved_gbp", draws.groupby("pot_id").amount_gbp.sum()),
                          ("approved_by_year_end_gbp", so_far.groupby("pot_id").amount_gbp.sum()), ("spent_gbp", spent)):
        frame[name] = frame.pot_id.map(amounts).fillna(0.0)
    frame["left_gbp"] = frame.amount_gbp - frame.spent_gbp
    ends = (frame.last_year <= actuals.year) & (frame.route != RESERVES)
    frame["lapses_gbp"] = frame.left_gbp.clip(lower=0.0).where(ends, 0.0)
    over, lapses = frame.left_gbp < -PENNY_GBP, frame.lapses_gbp > PENNY_GBP
    frame["rating"] = np.select([over, lapses], [RED, AMBER], GREEN)
    frame["why"] = np.select([over, lapses], ["more was drawn than it holds", "what is left lapses on 31 August"], "")
    return frame.reset_index(drop=True)


def years_compared(actuals, approved):
    """Approved spending and actual spending by planning year. [GBP nominal]

    Returns
    -------
    DataFrame
        ``year, approved_gbp, spent_gbp``; spending is blank in years to come.
    """
    years = range(approved.first_year, approved.last_year + 1)
    spent = actuals.spending.groupby("year").amount_gbp.sum().reindex(years).fillna(0.0)
    spent[[year > actuals.year for year in years]] = np.nan
    due = approved.draws.groupby("year").amount_gbp.sum().reindex(years).fillna(0.0)
    return pd.DataFrame({"year": list(years), "approved_gbp": due.to_numpy(), "spent_gbp": spent.to_numpy()})
