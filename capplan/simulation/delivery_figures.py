"""What many futures say of a delivery: outturn, slippage, lapsed grant, reserves, failures, what to begin early."""

from collections import Counter
from statistics import NormalDist

import numpy as np
import pandas as pd

from .delivery import PROCUREMENT

SURE, TENTHS = 0.8, (0.1, 0.5, 0.9)
CONFIDENCE = 0.95


def futures_frame(plan, outturns, value_of, reserves=None):
    """One row for every future.

    Parameters
    ----------
    plan : Plan
    outturns : sequence of Outturn
    value_of : callable
        What works are worth that start in a year, ``(name, place of the year) -> float``.
    reserves : DataFrame, optional
        As for ``years_frame``, with ``floor_gbp``.

    Returns
    -------
    DataFrame
        ``future``, ``outturn_gbp`` of works let and emergencies, ``planned_gbp`` of the same works, ``emergencies``,
        ``emergency_gbp``, ``lapsed_gbp``, ``below_floor_gbp`` (how far reserves end a year below their floor, or below the
        plan where that is lower; the deepest), ``taken_gbp`` (what had to be paid when every pot was empty) and
        ``contingency_gbp`` drawn (all nominal), ``on_time``, ``late`` (started in a later year) and ``undone``
        schemes, ``value_gbp`` delivered.
    """
    rows, last = [], plan.years - 1
    deepest = _deepest(plan, outturns, reserves)
    works = [(place, one) for place, one in enumerate(plan.works) if not one.no_works]
    for number, found in enumerate(outturns):
        begun = {place: plan.calendar.year_of(found.start[place] + 1e-6) for place, _ in works
                 if found.start[place] < float("inf")}
        late = sum(year > plan.works[place].year for place, year in begun.items())
        emergency = sum(cost for _, cost in found.emergencies)
        rows.append([
            number, sum(found.cost_gbp) + emergency, sum(plan.works[place].cost_gbp for place in begun),
            len(found.emergencies), emergency, sum(found.purse.lapsed(last)), deepest[number], sum(found.purse.below_floor),
            sum(found.purse.contingency_spent),
            len(begun) - late, late, len(works) - len(begun),
            sum(value_of(plan.works[place].name, year) for place, year in begun.items())])
    return pd.DataFrame(rows, columns=["future", "outturn_gbp", "planned_gbp", "emergencies", "emergency_gbp", "lapsed_gbp",
                                       "below_floor_gbp", "taken_gbp", "contingency_gbp", "on_time", "late", "undone",
                                       "value_gbp"])


def _own_spending(plan, outturns):
    """What the reserves have paid by the end of each year in each future, shape (futures, years). [GBP]"""
    paid = np.zeros((len(outturns), plan.years))
    for number, found in enumerate(outturns):
        for (pot, year), amount in found.purse.out.items():
            paid[number, year] += amount * plan.pots[pot].reserves
        paid[number] += found.purse.below_floor
    return paid.cumsum(axis=1)


def _closing(plan, outturns, reserves):
    """Reserves at the end of each year in each future, shape (futures, years). [GBP]"""
    before_works = reserves.closing_gbp.to_numpy() + reserves.spent_on_works_gbp.to_numpy().cumsum()
    return before_works[None, :] - _own_spending(plan, outturns)


def _deepest(plan, outturns, reserves):
    """How far reserves end a year below floor and plan at the most, in each future. [GBP]"""
    if reserves is None or not len(reserves) or not len(outturns):
        return np.array([sum(found.purse.below_floor) for found in outturns])
    least = np.minimum(reserves.floor_gbp.to_numpy(), reserves.closing_gbp.to_numpy())
    return np.maximum(0.0, least[None, :] - _closing(plan, outturns, reserves)).max(axis=1)


def half_width(values):
    """Half the width of the 95% confidence interval of a mean.

    Parameters
    ----------
    values : array
        One for each future.

    Returns
    -------
    float
        In their unit; infinite for fewer than two.

    Examples
    --------
    >>> round(half_width([1.0, 3.0]), 3)
    1.96
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        return float("inf")
    return float(NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * values.std(ddof=1) / np.sqrt(len(values)))


def years_frame(plan, outturns, reserves=None):
    """P10, P50 and P90 of what happens in each year.

    Parameters
    ----------
    plan : Plan
    outturns : sequence of Outturn
    reserves : DataFrame, optional
        The reserve path of the programme: ``closing_gbp`` in the order of the years, and what of it is planned to be spent
        on works as ``spent_on_works_gbp``.

    Returns
    -------
    DataFrame
        ``year``, ``measure`` (paid_gbp, lapsed_gbp, reserves_gbp, started, emergencies), ``p10``, ``p50``, ``p90``;
        nominal. What is lapsed is of that year, what is started is all to that year.
    """
    years = plan.years
    tables = {name: np.zeros((len(outturns), years)) for name in ("paid_gbp", "lapsed_gbp", "started", "emergencies")}
    for number, found in enumerate(outturns):
        purse = found.purse
        for (_, year), amount in purse.out.items():
            tables["paid_gbp"][number, year] += amount
        tables["paid_gbp"][number] += np.add(purse.contingency_spent, purse.below_floor)
        for pot, amount in zip(plan.pots, purse.lapsed(years - 1), strict=True):
            if amount > 0:
                tables["lapsed_gbp"][number, max(0, pot.last)] += amount
        for start, works in zip(found.start, plan.works, strict=True):
            if start < float("inf") and not works.no_works:
                tables["started"][number, min(years - 1, plan.calendar.year_of(start + 1e-6))] += 1
        for week, _ in found.emergencies:
            tables["emergencies"][number, min(years - 1, plan.calendar.year_of(week))] += 1
    tables["started"] = tables["started"].cumsum(axis=1)
    if reserves is not None and len(reserves):
        tables["reserves_gbp"] = _closing(plan, outturns, reserves)
    rows = [[plan.calendar.first_year + year, name, *np.quantile(table[:, year], TENTHS)]
            for name, table in tables.items() for year in range(years)] if len(outturns) else []
    return pd.DataFrame(rows, columns=["year", "measure", "p10", "p50", "p90"])


def schemes_frame(plan, outturns):
    """How each scheme fares over the futures, and by how much its procurement would have to begin earlier.

    Parameters
    ----------
    plan : Plan
    outturns : sequence of Outturn

    Returns
    -------
    DataFrame
        ``scheme_id``, ``school_id``, ``trade``, ``planned_year``, ``begin`` (day procurement begins as planned),
        ``planned_start``, ``start_p50``, ``start_p90`` (days; blank: not in the plan in so many futures),
        ``on_time_share``, ``undone_share``, ``waits_for`` (the commonest cause), ``late_for_procurement_share``,
        ``earlier_weeks`` (so that four times in five procurement is done in time) and ``begin_by``, ``planned_gbp``,
        ``cost_p50_gbp`` and ``cost_p80_gbp`` of the futures in which it was let.

    Notes
    -----
    Assumes that beginning so much earlier moves procurement as a whole and leaves the team as busy. *Counterexample:* when
    all works begin earlier, they queue earlier.
    """
    rows, first = [], plan.calendar.first_year
    for place, works in enumerate(plan.works):
        if works.no_works:
            continue
        start = np.array([found.start[place] for found in outturns])
        ready = np.array([found.ready[place] for found in outturns])
        cost = np.array([found.cost_gbp[place] for found in outturns])[np.isfinite(start)]
        causes = Counter(found.causes[place] for found in outturns)
        causes.pop("", None)
        year = np.array([plan.calendar.year_of(week + 1e-6) if week < float("inf") else plan.years for week in start])
        slow = float(np.mean([found.causes[place] == PROCUREMENT for found in outturns]))
        opens, latest = works.windows[works.year]
        sure = np.quantile(ready, SURE, method="higher")
        earlier = float(np.ceil(max(0.0, sure - latest))) if slow > 1 - SURE and np.isfinite(sure) else 0.0
        rows.append([works.name, works.school, works.trade, first + works.year, plan.calendar.day(works.begin_week),
                     plan.calendar.day(opens), _day(plan, start, TENTHS[1]), _day(plan, start, TENTHS[2]),
                     (year == works.year).mean(), np.isinf(start).mean(), causes.most_common(1)[0][0] if causes else "",
                     slow, earlier, plan.calendar.day(works.begin_week - earlier), works.cost_gbp,
                     *(np.quantile(cost, (TENTHS[1], SURE)) if len(cost) else (np.nan, np.nan))])
    return pd.DataFrame(rows, columns=[
        "scheme_id", "school_id", "trade", "planned_year", "begin", "planned_start", "start_p50", "start_p90",
        "on_time_share", "undone_share", "waits_for", "late_for_procurement_share", "earlier_weeks", "begin_by",
        "planned_gbp", "cost_p50_gbp", "cost_p80_gbp"])


def _day(plan, weeks, chance):
    """The day that a share of futures does not pass; ``None`` where the works are not done in so many."""
    week = np.quantile(weeks, chance, method="higher")
    return plan.calendar.day(float(week)) if np.isfinite(week) else None


def pots_frame(plan, outturns):
    """Every pot over the plan in every future: what came in, was spent, lapsed and is left.

    Parameters
    ----------
    plan : Plan
    outturns : sequence of Outturn

    Returns
    -------
    DataFrame
        ``future, pot_id, in_gbp, out_gbp, lapsed_gbp, closing_gbp`` (nominal); the contingency is a pot of its own.
    """
    rows = []
    for number, found in enumerate(outturns):
        spent, lapsed = [0.0] * len(plan.pots), found.purse.lapsed(plan.years - 1)
        for (pot, _), amount in found.purse.out.items():
            spent[pot] += amount
        for place, pot in enumerate(plan.pots):
            came = found.purse.came_in[place] < plan.years
            rows.append([number, pot.name, pot.amount_gbp if came else 0.0, spent[place], lapsed[place],
                         found.purse.left[place] - lapsed[place] if came else 0.0])
        held, drawn = sum(plan.contingency_gbp), sum(found.purse.contingency_spent)
        rows.append([number, "contingency", held, drawn, 0.0, held - drawn])
    return pd.DataFrame(rows, columns=["future", "pot_id", "in_gbp", "out_gbp", "lapsed_gbp", "closing_gbp"])


def policy_row(name, frame, base=None):
    """How a policy fares, and against another on the same futures.

    Parameters
    ----------
    name : str
    frame, base : DataFrame
        As ``futures_frame`` returns them; left out: the policy itself.

    Returns
    -------
    dict
        ``outturn_*`` and ``value_*`` with ``gain_gbp`` over the base and half the width of its confidence interval.
    """
    gain = frame.value_gbp.to_numpy() - (frame if base is None else base).value_gbp.to_numpy()
    tenths = np.quantile(frame.outturn_gbp, TENTHS)
    return {"policy": name, "outturn_p10_gbp": tenths[0], "outturn_p50_gbp": tenths[1], "outturn_p90_gbp": tenths[2],
            "on_time": frame.on_time.mean(), "late": frame.late.mean(), "undone": frame.undone.mean(),
            "lapsed_gbp": frame.lapsed_gbp.mean(), "emergencies": frame.emergencies.mean(),
            "below_floor_share": (frame.below_floor_gbp > 1.0).mean(), "below_floor_gbp": frame.below_floor_gbp.mean(),
            "contingency_gbp": frame.contingency_gbp.mean(), "value_gbp": frame.value_gbp.mean(), "gain_gbp": gain.mean(),
            "gain_half_width_gbp": half_width(gain)}
