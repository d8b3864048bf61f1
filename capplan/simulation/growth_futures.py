"""Sampled futures as estates with join dates, so that the optimiser can plan for them like for any other estate."""

import pandas as pd

from ..condition.compliance import planning_year
from ..errors import DataError, Fault
from ..estate import Estate
from ..inventory_fill import fill_unsurveyed
from .growth_inputs import day_of


def future_estate(estate, scenario, runs, row):
    """The estate as it becomes in one future: the schools that join, each with its date, site, block and money.

    Parameters
    ----------
    estate : Estate
        Without a budget table: its reserves table has what each year brings.
    scenario : Scenario
    runs : GrowthRuns
    row : int
        Number of the future, from 0.

    Returns
    -------
    dict of DataFrame
        Typed tables by name, as ``estate.write_estate`` takes them; without prospects.

    Raises
    ------
    DataError
        If the estate has a budget table or reserves by school.

    Notes
    -----
    A school that joins is one block of its floor area, whose components are the modelled ones of ``capplan fill``: right for
    totals, not for the school. Its reserves, less the cost of joining, come in the planning year of joining, and its surplus
    with the services saved from then on, by months. *Counterexample:* a school of six blocks in six conditions.
    """
    _refuse(estate)
    run = runs.runs[row]
    came = [(coming.prospect, pd.Timestamp(day_of(runs.case.first_year, run.joined[coming.owner])))
            for coming in run.coming if coming.owner in run.joined and coming.owner == coming.prospect.prospect_id]
    facts = estate.prospects.set_index("prospect_id")
    frames = estate.tables()
    added = {"schools": [{"school_id": one.prospect_id, "name": one.name, "phase": one.phase,
                          "region": facts.region[one.prospect_id], "pfi": one.pfi, "voluntary_aided": False, "joined": day,
                          "pupils": int(one.pupils), "regime_before": "CIF"} for one, day in came],
             "sites": [{"site_id": f"{one.prospect_id}-1", "school_id": one.prospect_id} for one, _ in came],
             "blocks": [{"block_id": f"{one.prospect_id}-1-A", "site_id": f"{one.prospect_id}-1", "gifa_m2": one.gifa_m2,
                         "permanence": "permanent"} for one, _ in came]}
    for name, rows in added.items():
        frames[name] = _with_rows(frames[name], rows)
    frames["prospects"] = frames["prospects"].iloc[:0]
    frames["reserves"] = _reserves(frames["reserves"], scenario, runs.case.growth, came)
    return fill_unsurveyed(Estate(frames, estate.folder)).frames


def _refuse(estate):
    faults = [Fault("budget.csv", None, "", "a budget table", "none: what a joining school brings goes into reserves.csv")
              ] if len(estate.budget) else []
    faults += [Fault("reserves.csv", None, "school_id", "reserves by school", "those of the trust")
               ] if estate.reserves.school_id.fillna("").ne("").any() else []
    if faults:
        raise DataError(faults)


def _with_rows(frame, rows):
    """A table with further rows, every column of its own kind."""
    if not rows:
        return frame
    more = pd.DataFrame(rows).reindex(columns=frame.columns)
    for name, kind in frame.dtypes.items():
        blank = more[name].isna().all()
        text = pd.api.types.is_string_dtype(kind) or kind is object
        more[name] = (more[name].fillna("") if text else more[name]) if not blank else ("" if text else more[name])
        more[name] = more[name].astype(kind) if not (blank and pd.api.types.is_bool_dtype(kind)) else False
    more.index = range(int(frame.index.max()) + 1, int(frame.index.max()) + 1 + len(more))
    return pd.concat([frame, more])


def _reserves(reserves, scenario, growth, came):
    """The reserves table over the whole plan, with what joining schools bring."""
    by_year = reserves.set_index("year").sort_index()
    years = range(int(by_year.index.min()), scenario.years[-1] + 1)
    held = by_year.reindex(years)
    columns = ["income_gbp", "surplus_gbp"]
    held[columns] = held[columns].ffill()
    for one, day in came:
        first = int(planning_year(pd.Series([day])).iloc[0])
        months = 12 - (day.month - 9) % 12
        yearly_gbp = one.surplus_gbp + growth.services_saved_share * one.income_gbp
        for year in range(first, years[-1] + 1):
            part = months / 12 if year == first else 1.0
            held.loc[year, columns] += [part * one.income_gbp, part * yearly_gbp]
        held.loc[first, "surplus_gbp"] += one.reserves_gbp + growth.joining_grant_gbp - growth.joining_cost_gbp
    held["school_id"] = held.school_id.fillna("") if "school_id" in held else ""
    whole = held.reset_index()[list(reserves.columns)]
    whole.index = whole.index + 2
    return whole
