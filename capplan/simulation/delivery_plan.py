"""From an approved programme to what its delivery is simulated with: windows, lead times, bills, promises, packages."""

from collections import defaultdict
from dataclasses import dataclass, replace

import pandas as pd

from ..candidates import CONTRIBUTIONS, NO_WORKS
from ..programme.payments import payment_order
from ..reference import load
from .delivery import Plan, Works
from .delivery_calendar import school_calendar
from .delivery_money import Pot

ANY_OTHER, ALL_YEAR, ANY_TIME = "any other", "all year", "any"


@dataclass(frozen=True)
class Policy:
    """What is varied while the futures stay the same: the works, money put beside the plan, and packages by trade.

    ``contingency_share``: of all planned works, held from the start [-].
    """

    name: str
    choice: dict
    draws: pd.DataFrame
    contingency_share: float = 0.0
    package_trades: bool = False


def delivery_plan(candidates, inst, scenario, policy):
    """What the delivery of a programme is simulated with.

    Parameters
    ----------
    candidates : Candidates
        Of the results folder.
    inst : Instance
        Of the same candidates.
    scenario : Scenario
        The resolved one of the results folder.
    policy : Policy

    Returns
    -------
    Plan
        Its works in the order of their start, what must be done first, then by name.

    Notes
    -----
    A package is procured once, in the time that the dearest of its works takes, and saves a share of the cost of each.
    Assumes that works keep to the bills of the programme, moved by whole years where they start later. *Counterexample:* a
    stage payment that falls due in another financial year because a summer moved by a week.
    """
    rules, first = scenario.delivery, scenario.plan.first_year
    calendar = school_calendar(first, scenario.plan.years)
    schemes = candidates.schemes.set_index("scheme_id")
    must = {scheme for pairs in inst.must.values() for scheme, _ in pairs}
    order = sorted(policy.choice, key=lambda scheme: (policy.choice[scheme], scheme not in must, scheme))
    place = {scheme: number for number, scheme in enumerate(order)}
    pots, pot_place = _pots(inst, place, first)
    paid = dict(list(policy.draws.groupby("scheme_id")))
    finish = _finish_years(candidates.scheme_years)
    rank = {pot: number for number, pot in enumerate(payment_order(inst.pots))}
    works, payers = [], {}
    for scheme in order:
        start = policy.choice[scheme]
        bills = _bills(paid.get(scheme), start, pot_place, first)
        if inst.payers[scheme] not in payers:
            ordered = [pot_place[pot] for pot in sorted(inst.payers[scheme], key=rank.get) if pot in pot_place]
            payers[inst.payers[scheme]] = _open_in(ordered, pots, scenario.plan.years)
        works.append(_works(schemes.loc[scheme], bills, start - first, finish.get((scheme, start), start) - first, calendar,
                            scenario, payers[inst.payers[scheme]], scheme in must,
                            tuple(place[other] for other in inst.requires.get(scheme, ()) if other in place)))
    if policy.package_trades:
        works = _packaged(works, rules.package_least_schools, rules.package_saving_share)
    held = policy.contingency_share * sum(one.cost_gbp for one in works)
    own = _open_in([number for number, pot in enumerate(pots) if pot.reserves], pots, scenario.plan.years)
    return Plan(tuple(works), pots, calendar, scenario.plan.years, tuple(float(x) for x in scenario.nominal_factors()),
                (held, *(0.0,) * (scenario.plan.years - 1)), rules.procurements_at_once,
                dict.fromkeys({one.trade for one in works}, rules.crews_per_trade), rules.asbestos_weeks,
                rules.emergency_weeks, own)


def _open_in(places, pots, years):
    """Of some pots, those open in each year."""
    return tuple(tuple(place for place in places if pots[place].first <= year <= pots[place].last) for year in range(years))


def _finish_years(scheme_years):
    """(Scheme, start) to the year works are finished in; those that say nothing, in the year they start."""
    if "finish_year" not in scheme_years:
        return {}
    year = pd.to_numeric(scheme_years.finish_year, errors="coerce").fillna(scheme_years.start_year).astype(int)
    return dict(zip(zip(scheme_years.scheme_id, scheme_years.start_year, strict=True), year, strict=True))


def _pots(inst, place, first):
    """The pots of the candidates; one whose bid or loan is not in the programme does not come."""
    pots = [Pot(pot, terms.amount, terms.first_year - first, terms.last_year - first, terms.most_share,
                place[terms.with_scheme] if terms.with_scheme else -1, inst.pots.route.get(pot, "") == "reserves"
                if "route" in inst.pots else False)
            for pot, terms in inst.terms.items() if not terms.with_scheme or terms.with_scheme in place]
    return tuple(pots), {pot.name: number for number, pot in enumerate(pots)}


def _bills(rows, start, pot_place, first):
    """Bills by part, what others give, fees before the start and what pots promise, from the draws of a scheme."""
    bills, given, before, promised = defaultdict(float), defaultdict(float), [], []
    for row in rows.itertuples() if rows is not None else ():
        part = int(row.year) - start
        if row.pot_id == CONTRIBUTIONS:
            given[max(0, part)] += row.amount_gbp
            bills[max(0, part)] += row.amount_gbp
        elif part < 0:
            before.append((pot_place[row.pot_id], int(row.year) - first, row.amount_gbp))
        else:
            bills[part] += row.amount_gbp
            promised.append((pot_place[row.pot_id], part, row.amount_gbp))
    return {"bills": tuple(sorted(bills.items())), "given": tuple(sorted(given.items())), "before": tuple(before),
            "promised": tuple(promised)}


def _works(row, bills, year, finish, calendar, scenario, payers, must, requires):
    """One scheme: when it may start, how long it takes to procure and to build."""
    element = row.get("element", "")
    trade = row.get("trade", "") or element or ANY_OTHER
    names = {"name": row.name, "school": row.get("school_id", ""), "trade": trade, "year": year, "finish_year": finish,
             "payers": payers, "must": must, "requires": requires, **bills}
    if row.get("kind", "") in NO_WORKS:
        return Works(lead_weeks=0.0, begin_week=0.0, works_weeks=0.0, windows=(), in_holidays=False, no_works=True, **names)
    rule = season_of(element)
    cost = sum(bill for _, bill in bills["bills"]) + sum(one[2] for one in bills["before"])
    lead, weeks = times_of(cost)
    windows, weeks = _windows(rule, weeks, finish - year, year, calendar, scenario)
    begin = max(0.0, windows[year][0] - lead - scenario.delivery.margin_weeks)
    return Works(lead_weeks=lead, begin_week=begin, works_weeks=weeks, windows=windows,
                 in_holidays=rule.season == "summer", **names)


def season_of(element):
    """The row of ``delivery_works`` for an element; elements without one are any other."""
    table = load("delivery_works").set_index("element")
    return table.loc[element if element in table.index else ANY_OTHER]


def times_of(cost_gbp):
    """Weeks to procure works and weeks on site, by their cost.

    Parameters
    ----------
    cost_gbp : float
        [GBP]

    Returns
    -------
    tuple of float
        [weeks]

    Examples
    --------
    >>> times_of(10_000.0), times_of(10_001.0)
    ((6.0, 1.0), (14.0, 2.0))
    """
    table = load("delivery_leads")
    row = table.iloc[int((table.up_to_gbp.to_numpy() < cost_gbp).sum())]
    return float(row.lead_weeks), float(row.works_weeks)


def _windows(rule, weeks, further, year, calendar, scenario):
    """First and last week works may start in each year, and the weeks on site, which fit the planned years."""
    share, years = scenario.delivery.start_share, scenario.plan.years
    end = calendar.starts[min(year + further + 1, len(calendar.starts) - 1)]
    if rule.season == ANY_TIME:
        opens = [begin + float(rule.opens_weeks) for begin in calendar.starts[:years]]
        weeks = min(weeks, end - opens[year])
        return tuple((open_, max(open_, calendar.starts[place + 1] - weeks)) for place, open_ in enumerate(opens)), weeks
    if rule.season == ALL_YEAR:
        weeks = min(weeks, end - calendar.summers[year][0])
        return calendar.summers[:years], weeks
    weeks = min(weeks, calendar.worked_by(end) - calendar.worked_by(calendar.summers[year][0]))
    return tuple((begin, last - share * min(weeks, last - begin)) for begin, last in calendar.summers[:years]), weeks


def _packaged(works, least_schools, saving_share):
    """Works of one trade and year at several schools, procured together by the dearest of them."""
    groups = defaultdict(list)
    for place, one in enumerate(works):
        if not one.no_works and one.school and one.in_holidays:
            groups[one.trade, one.year].append(place)
    changed = list(works)
    for places in groups.values():
        if len({works[place].school for place in places}) < least_schools:
            continue
        leader = max(places, key=lambda place: (works[place].lead_weeks, works[place].cost_gbp))
        for place in places:
            changed[place] = replace(works[place], package=leader, saving_share=saving_share)
    return changed
