"""What falls due under statutory duties, year by year, and which duties have no record at all.

A record says when an inspection was last made, or when the next one is due. No record is not compliance: it is listed
apart, as is a duty that no survey can show to apply, which somebody has to be asked about.
"""

import pandas as pd

from ..errors import DataError, Fault

GIVEN, BY_CYCLE, NEVER, NO_CYCLE = ("date given", "last inspection and the cycle of the duty", "never done: due now",
                                    "no fixed cycle: needs a due date")
EVERYWHERE, BY_COMPONENT, ON_REQUEST = "every site", "by component", "where there is one"
NO_RECORD, NOT_KNOWN = "no record: not shown to comply", "not known: is there one?"
ABOUT_DUTY = ("duty", "applies", "cycle_months", "legal_basis", "cycle_basis", "life_safety", "in_force_from")


def planning_year(dates):
    """Planning year y, 1 September y to 31 August y+1, that each date lies in.

    Parameters
    ----------
    dates : Series of datetime

    Returns
    -------
    Series of Int64
        Missing where the date is.

    Examples
    --------
    >>> planning_year(pd.Series(pd.to_datetime(["2026-08-31", "2026-09-01"]))).to_list()
    [2025, 2026]
    """
    return (dates.dt.year - (dates.dt.month < 9)).astype("Int64")


def later(dates, months):
    """Each date some whole calendar months later.

    Parameters
    ----------
    dates : Series of datetime
    months : Series of number
        Whole months; missing where there is none. [months]

    Returns
    -------
    Series of datetime
        Missing where a date or its months are. The day is kept, or the last of a shorter month taken.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2027-01-31", "2024-02-29"]))
    >>> later(dates, pd.Series([1, 12])).dt.strftime("%Y-%m-%d").to_list()
    ['2027-02-28', '2025-02-28']
    """
    result = pd.Series(pd.NaT, dates.index, dtype="datetime64[ns]")
    known = dates.notna() & months.notna()
    for count in months[known].unique():
        rows = known & (months == count)
        result[rows] = dates[rows] + pd.DateOffset(months=int(count))
    return result


def duties_due(items, duties, first_year, years, on=None):
    """When each inspection or remedy falls due, and in which planning year it has to be planned.

    Parameters
    ----------
    items : DataFrame
        ``item_id, site_id, block_id, duty_id, last_done, due, finding, remedial_cost_gbp`` as the compliance table
        has them.
    duties : DataFrame
        As ``reference.load("compliance_duties")`` gives them.
    first_year : int
        First planning year.
    years : int
        Length of the plan. [years]
    on : Timestamp, optional
        Day overdue days are counted at; the first day of the plan if none is given.

    Returns
    -------
    DataFrame
        One row per item in its order: the item; ``due`` and ``why`` that date; ``planning_year`` (the first year if
        overdue), ``in_plan``; ``days_overdue`` on the day given (missing where nobody knows since when);
        ``remedial_cost_gbp``, ``must_do_year`` of items with a remedial cost (missing after the plan); what the duty
        says of itself.

    Raises
    ------
    DataError
        If a duty is unknown, or a due date lies before the inspection it follows.

    Notes
    -----
    A duty that never was inspected is due on the day given, or when it comes into force. *Counterexample:* a building
    handed over last month, whose first inspection is years away; its due date must be given.
    Works that an inspection found wait for their own due date only: without one they are due in the first year, not
    when the next inspection is. *Counterexample:* works of mere improvement in a report.

    Examples
    --------
    >>> day = pd.Timestamp
    >>> items = pd.DataFrame({"item_id": ["I1"], "site_id": ["S1"], "block_id": [""], "duty_id": ["GAS"],
    ...                       "last_done": [day("2025-10-10")], "due": [pd.NaT], "remedial_cost_gbp": [0.0]})
    >>> duties = pd.DataFrame({"duty_id": ["GAS"], "duty": ["Gas check"], "cycle_months": [12.0],
    ...                        "in_force_from": ["1998-10-31"]})
    >>> found = duties_due(items, duties, 2026, 3)
    >>> found.due.to_list(), found.planning_year.to_list(), found.days_overdue.to_list()
    ([Timestamp('2026-10-10 00:00:00')], [2026], [0])
    """
    _check(items, duties)
    start = pd.Timestamp(first_year, 9, 1)
    on = start if on is None else pd.Timestamp(on)
    known = duties.set_index("duty_id")
    about = known.reindex(columns=list(ABOUT_DUTY)).loc[items.duty_id].set_index(items.index)
    frame = items[["item_id", "site_id", "block_id", "duty_id"]].copy()
    frame["due"], frame["why"] = _due_and_why(items, about, on)
    year = planning_year(frame.due)
    frame["planning_year"] = year.clip(lower=first_year)
    frame["in_plan"] = (frame.planning_year < first_year + years).fillna(False).astype(bool)
    overdue = (on - frame.due).dt.days.clip(lower=0).astype("Int64")
    frame["days_overdue"] = overdue.mask(frame.why == NEVER)
    cost = items.remedial_cost_gbp if "remedial_cost_gbp" in items else pd.Series(float("nan"), items.index)
    frame["remedial_cost_gbp"] = cost
    must = frame.planning_year.where(items.due.notna(), first_year)
    frame["must_do_year"] = must.where((cost > 0) & (must < first_year + years).fillna(False))
    return frame.join(about.drop(columns="in_force_from"))


def _check(items, duties):
    """Raise on duties nobody knows and due dates before the inspection they follow; the header is row 1."""
    faults = []
    stale = items.due.notna() & items.last_done.notna() & (items.due < items.last_done)
    unknown = ~items.duty_id.isin(duties.duty_id)
    for row, (odd, early) in enumerate(zip(unknown, stale, strict=True)):
        item = items.iloc[row]
        if odd:
            faults.append(Fault("compliance.csv", row + 2, "duty_id", repr(item.duty_id), "a duty_id of compliance_duties"))
        if early:
            faults.append(Fault("compliance.csv", row + 2, "due", f"{item.due:%Y-%m-%d}",
                                f"not before the last inspection, {item.last_done:%Y-%m-%d}"))
    if faults:
        raise DataError(faults)


def _due_and_why(items, about, on):
    months = pd.to_numeric(about.cycle_months)
    by_cycle = later(items.last_done, months)
    in_force = pd.to_datetime(about.in_force_from)
    never = items.last_done.isna()
    due = items.due.astype("datetime64[ns]").where(items.due.notna(), by_cycle)
    due = due.mask(items.due.isna() & never, in_force.where(in_force > on, on))
    why = pd.Series(NO_CYCLE, items.index, dtype=object).mask(by_cycle.notna(), BY_CYCLE).mask(never, NEVER)
    return due, why.mask(items.due.notna(), GIVEN)


def next_inspections(items, duties, first_year, years):
    """Every inspection within the plan, each cycle counted from the one before it.

    Parameters
    ----------
    items, duties : DataFrame
        As in ``duties_due``.
    first_year : int
        First planning year.
    years : int
        Length of the plan. [years]

    Returns
    -------
    DataFrame
        ``item_id, site_id, block_id, duty_id, number`` (1, 2, ...), ``due, planning_year``, by item and number.

    Notes
    -----
    Assumes that what is overdue is done on the first day of the plan and everything after it on its day.
    *Counterexample:* inspections done together each summer, which come round earlier than their cycle.
    Repeats are counted from the first, so that a 31st does not become a 28th for ever.

    Examples
    --------
    >>> items = pd.DataFrame({"item_id": ["I1"], "site_id": ["S1"], "block_id": [""], "duty_id": ["GAS"],
    ...                       "last_done": [pd.Timestamp("2025-10-10")], "due": [pd.NaT]})
    >>> duties = pd.DataFrame({"duty_id": ["GAS"], "cycle_months": [12.0], "in_force_from": ["1998-10-31"]})
    >>> next_inspections(items, duties, 2026, 3).planning_year.to_list()
    [2026, 2027, 2028]
    """
    start, end = pd.Timestamp(first_year, 9, 1), pd.Timestamp(first_year + years, 9, 1)
    first = duties_due(items, duties, first_year, years)
    first = first[first.in_plan]
    months = pd.to_numeric(first.cycle_months)
    shown = ["item_id", "site_id", "block_id", "duty_id"]
    rounds = [first[shown].assign(number=1, due=first.due)]
    anchor, repeat = first.due.clip(lower=start), 1
    while len(anchor):
        due = later(anchor, months[anchor.index] * repeat)
        due = due[due < end]
        rounds.append(first.loc[due.index, shown].assign(number=repeat + 1, due=due))
        anchor, repeat = anchor[due.index], repeat + 1
    frame = pd.concat(rounds).sort_values("number", kind="stable").sort_index(kind="stable")
    return frame.assign(planning_year=planning_year(frame.due).clip(lower=first_year)).reset_index(drop=True)


def missing_duties(places, items, duties):
    """Duties that apply and have no record, and duties nobody can tell from a survey whether they apply.

    Parameters
    ----------
    places : DataFrame
        ``site_id, block_id, type_id``: what components each block has; a blank block is the grounds of the site, a blank
        type a block without a survey.
    items : DataFrame
        ``site_id, block_id, duty_id`` of the records; a blank block stands for the whole site.
    duties : DataFrame
        As ``reference.load("compliance_duties")`` gives them.

    Returns
    -------
    DataFrame
        ``site_id, block_id`` (blank: the whole site), ``duty_id, duty, verdict, because, legal_basis, life_safety``. A
        site without any record of a duty is one row; where some blocks have one, each block without is a row.

    Notes
    -----
    A record counts whatever its age: how old it may be is told by ``duties_due``. Assumes that a record of the whole site
    covers its blocks. *Counterexample:* a fire risk assessment written before a block was added.
    A duty of certain equipment applies where its construction types are in the survey. *Counterexample:* a lift that the
    survey missed.

    Examples
    --------
    >>> places = pd.DataFrame({"site_id": ["S1"], "block_id": ["B1"], "type_id": ["ELEC.06"]})
    >>> items = pd.DataFrame({"site_id": [], "block_id": [], "duty_id": []}, dtype=str)
    >>> duties = pd.DataFrame({"duty_id": ["LIFT"], "duty": ["Lift examined"], "applies": ["by component"],
    ...                        "type_ids": ["ELEC.06"], "legal_basis": ["LOLER 1998"], "life_safety": ["yes"]})
    >>> missing_duties(places, items, duties)[["duty_id", "verdict", "because"]].iloc[0].to_list()
    ['LIFT', 'no record: not shown to comply', 'the survey has ELEC.06']
    """
    strange = sorted(set(duties.applies) - {EVERYWHERE, BY_COMPONENT, ON_REQUEST})
    if strange:
        raise ValueError(f"A duty applies {EVERYWHERE!r}, {BY_COMPONENT!r} or {ON_REQUEST!r}, not {strange}.")
    recorded = set(zip(items.site_id, items.duty_id, items.block_id, strict=True))
    anywhere = set(zip(items.site_id, items.duty_id, strict=True))
    rows = []
    for duty in duties.itertuples():
        for site, found in _where(duty, places).items():
            covered = {block for block in found if (site, duty.duty_id, block) in recorded}
            if (site, duty.duty_id, "") in recorded or (
                    duty.applies == ON_REQUEST and (site, duty.duty_id) in anywhere):
                continue
            lacking = {block: why for block, why in found.items() if block not in covered} if covered else {
                "": "; ".join(dict.fromkeys(found.values()))}
            verdict = NOT_KNOWN if duty.applies == ON_REQUEST else NO_RECORD
            rows += [(site, block, duty.duty_id, duty.duty, verdict, why, duty.legal_basis, duty.life_safety)
                     for block, why in lacking.items()]
    return pd.DataFrame(rows, columns=["site_id", "block_id", "duty_id", "duty", "verdict", "because", "legal_basis",
                                       "life_safety"])


def _where(duty, places):
    """Sites and blocks the duty applies to, with the reason: ``{site: {block: why}}``."""
    if duty.applies == BY_COMPONENT:
        wanted = str(duty.type_ids).split(";")
        hits = places[places.type_id.isin(wanted)]
        seen = hits.groupby(["site_id", "block_id"], sort=False).type_id.agg(lambda ids: ", ".join(sorted(set(ids))))
        found = {}
        for (site, block), ids in seen.items():
            found.setdefault(site, {})[block] = f"the survey has {ids}"
        return found
    why = "every site has to" if duty.applies == EVERYWHERE else "no survey shows it"
    found = {}
    for site, block in places[["site_id", "block_id"]].drop_duplicates().itertuples(index=False):
        blocks = found.setdefault(site, {})
        if block:
            blocks[block] = why
    return {site: blocks or {"": why} for site, blocks in found.items()}
