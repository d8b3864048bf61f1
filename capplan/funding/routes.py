"""What each funding route is, when it is open and what it asks of a project, as dated data that says what nobody confirmed.

Rows of ``reference/routes.csv`` and ``reference/route_rules.csv``; rules of a round of CIF hold from 1 September before its
grant year to 31 August in it.
"""

import math
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..errors import MissingFigureError
from ..reference import load
from .vintages import window

UNCONFIRMED = "UNCONFIRMED"
APPLIED = "the day of the application"
OPEN, AWARDED_ONLY = "open", "awarded money only"
SHOWN = ["route", "state", "until", "last_grant_spent_by", "held_by", "how", "uses", "plannable", "years_to_spend", "lapse",
         "unconfirmed", "status", "source", "note"]


@dataclass(frozen=True)
class Rule:
    """One rule of a route on a day: its value, in its unit, and how far it can be trusted."""

    route: str
    name: str
    value: float | date
    unit: str
    from_date: date
    to_date: date | None
    status: str
    source: str
    note: str
    unconfirmed: bool

    def __str__(self):
        doubt = f" ({self.note})" if self.unconfirmed else ""
        return f"{_worded(self.name)} {_figure(self.value, self.unit)}{doubt}"


@dataclass(frozen=True)
class Check:
    """How one fact of a project is held against one rule; ``broken(fact, limit)`` says whether it breaks it."""

    rule: str
    fact: str
    breach: str
    broken: object


CHECKS = (
    Check("round_closes", APPLIED, "after", lambda fact, limit: fact > limit),
    Check("project_least", "cost_gbp", "under the least", lambda fact, limit: fact < limit),
    Check("project_most", "cost_gbp", "over the most", lambda fact, limit: fact > limit),
    Check("bids_most", "bids", "over the most", lambda fact, limit: fact > limit),
    Check("expansion_bids_most", "expansion_bids", "over the most", lambda fact, limit: fact > limit),
    Check("fees_share_below", "fees_share", "not below the limit,", lambda fact, limit: fact >= limit),
    Check("survey_dated_after", "survey_date", "not after", lambda fact, limit: fact <= limit),
    Check("cost_per_tonne_most", "cost_gbp_per_tco2e", "over the most", lambda fact, limit: fact > limit),
    Check("payback_most", "payback_years", "over the most", lambda fact, limit: fact > limit),
    Check("plant_age_least", "plant_age_years", "under the least", lambda fact, limit: fact < limit),
    Check("like_for_like_least", "contribution_to_like_for_like", "under the least", lambda fact, limit: fact < limit),
    Check("efficiency_share_most", "efficiency_share", "over the most", lambda fact, limit: fact > limit),
    Check("gifa_least", "gifa_m2", "under the least", lambda fact, limit: fact < limit),
    Check("complete_by", "finish_date", "after", lambda fact, limit: fact > limit),
)
MADE_OF = {"cost_gbp_per_tco2e": ("cost_gbp", "carbon_tco2e"),
           "contribution_to_like_for_like": ("contribution_gbp", "like_for_like_gbp")}
NUMBERS = ("cost_gbp", "bids", "expansion_bids", "fees_share", "carbon_tco2e", "contribution_gbp", "like_for_like_gbp",
           "payback_years", "plant_age_years", "efficiency_share", "gifa_m2")
DAYS, WORDS = ("survey_date", "finish_date"), ("phase", "kind")


def routes_open(on):
    """Routes that bring or still spend money on a day.

    Parameters
    ----------
    on : date

    Returns
    -------
    DataFrame
        One row per route in the order of ``routes.csv``: ``route, state`` (``open``, or ``awarded money only`` where nothing
        new is given), ``until`` (last day it is open or, then, spent; None: no end known), ``last_grant_spent_by`` (last day
        of spending of its last grant), ``held_by, how, uses`` (separated by ``;``), ``plannable`` (whether a trust may plan
        with it), ``years_to_spend`` [financial years], ``lapse, unconfirmed, status, source, note``.

    Notes
    -----
    A route without a known last day of spending is taken as over once it closes to new awards. *Counterexample:* panels of a
    closed selection are still being put up.

    Examples
    --------
    >>> list(routes_open(date(2027, 1, 1)).set_index("route").state[["SCA", "PSDS4"]])
    ['open', 'awarded money only']
    >>> "PSDS4" in set(routes_open(date(2028, 4, 1)).route)
    False
    """
    _must_be_day("on", on)
    rows = [row for route in load("routes").to_dict("records") if (row := _standing(route, on))]
    return pd.DataFrame(rows, columns=SHOWN, dtype=object).astype({"plannable": bool, "unconfirmed": bool})


def rule(route, name, on):
    """Value of a rule of a route on a day.

    Parameters
    ----------
    route : str
        One of ``tables.ROUTES``.
    name : str
        A rule of ``route_rules.csv``.
    on : date

    Returns
    -------
    Rule
        Value (a date where the unit is date), unit, status, source, and whether it is unconfirmed.

    Raises
    ------
    MissingFigureError
        If the route or the rule is not known, or there is no figure for the day; it says which days there are.

    Examples
    --------
    >>> rule("CIF", "success_share", date(2025, 5, 1)).value
    0.277
    >>> print(rule("CIF", "round_closes", date(2025, 11, 1)))
    round closes 2025-12-16
    """
    _must_be_day("on", on)
    _known(route)
    own = [found for found in _rules_of(route) if found.name == name]
    if not own:
        known = ", ".join(dict.fromkeys(found.name for found in _rules_of(route))) or "none"
        raise MissingFigureError(f"{route} has no rule {name!r}; known: {known}.")
    held = [found for found in own if _holds(found, on)]
    if not held:
        spans = "; ".join(f"{found.from_date} to {found.to_date or 'now'}: {_figure(found.value, found.unit)}"
                          for found in own)
        raise MissingFigureError(f"No figure for {_worded(name)} of {route} on {on}; there is {spans}.")
    if len(held) > 1:
        raise ValueError(f"{len(held)} rows of route_rules.csv give {name} of {route} on {on}")
    return held[0]


def latest_rule(route, name):
    """The latest figure there is of a rule, whatever the day.

    Parameters
    ----------
    route : str
        One of ``tables.ROUTES``.
    name : str
        A rule of ``route_rules.csv``.

    Returns
    -------
    Rule

    Raises
    ------
    MissingFigureError
        If the route is not known or has no such rule.

    Examples
    --------
    >>> found = latest_rule("CIF", "success_share")
    >>> found.value, str(found.to_date)
    (0.277, '2025-08-31')
    """
    _known(route)
    own = [found for found in _rules_of(route) if found.name == name]
    if not own:
        raise MissingFigureError(f"{route} has no rule {name!r}.")
    return max(own, key=lambda found: found.from_date)


def rules_on(route, on):
    """Every rule of a route that has a figure on a day.

    Parameters
    ----------
    route : str
        One of ``tables.ROUTES``.
    on : date

    Returns
    -------
    list of Rule
        In the order of ``route_rules.csv``; those that nobody confirmed say so.

    Raises
    ------
    MissingFigureError
        If the route is not known.

    Examples
    --------
    >>> [found.name for found in rules_on("PSDS4", date(2026, 11, 22)) if found.unconfirmed]
    ['efficiency_share_most']
    """
    _must_be_day("on", on)
    _known(route)
    return [found for found in _rules_of(route) if _holds(found, on)]


def project_faults(route, facts, on):
    """What of a route a project breaks, and what could not be checked.

    Parameters
    ----------
    route : str
        One of ``tables.ROUTES``.
    facts : dict
        What is known of the project: ``cost_gbp``, ``phase`` and ``kind`` (one of the uses of the routes: condition,
        compliance, energy, expansion, places, rebuild, resilience, ICT), ``fees_share`` [-], ``survey_date``,
        ``finish_date``, ``bids`` and ``expansion_bids`` (of the school in the round, this one counted), ``carbon_tco2e``
        (direct, over the life), ``contribution_gbp``, ``like_for_like_gbp``, ``plant_age_years``, ``efficiency_share`` [-],
        ``payback_years``, ``gifa_m2``. What is left out or None is not known.
    on : date
        Day of the application, held against the last day of the round too.

    Returns
    -------
    list of str
        Sentences that begin with ``Breaks``, then those with ``May break`` (the rule is unconfirmed), then ``Not checked``
        (a fact is missing, the rule has no figure for the day, or it is met but unconfirmed).

    Raises
    ------
    MissingFigureError
        If the route is not known.
    ValueError
        If a fact has an unknown name, is no number where one is needed, or is negative.

    Notes
    -----
    Cost per tonne is the cost less the contribution, over carbon of the whole life; where no contribution is given it is
    counted as nothing. Whether a trust may use a route at all (SCA or CIF) is for ``regime``. *Counterexample:* a fee over
    the limit is allowed where it is strongly justified.

    Examples
    --------
    >>> for sentence in project_faults("PSDS4", {"kind": "roof"}, date(2029, 1, 1))[:2]:
    ...     print(sentence)
    Breaks the dates of PSDS4: nothing is given on 2029-01-01 (open 2024-10-09 to 2024-11-25).
    Breaks the uses of PSDS4: roof is not one of energy.
    """
    _must_be_day("on", on)
    _known(route)
    facts = {**_understood(facts), APPLIED: on}
    told = _standing_faults(route, facts, on)
    names = dict.fromkeys(found.name for found in _rules_of(route))
    for check in CHECKS:
        own = [name for name in names if name == check.rule or name.startswith(f"{check.rule}_")]
        if own:
            told += _checked(route, check, own, facts, on)
    order = ("Breaks", "May break", "Not checked")
    return sorted(told, key=lambda sentence: next(i for i, word in enumerate(order) if sentence.startswith(word)))


def _checked(route, check, names, facts, on):
    """Sentences of one check; where the rule is one for each phase, that of the project's phase."""
    label = _worded(check.rule)
    name = check.rule
    if name not in names:
        if "phase" not in facts:
            return [f"Not checked: {label} of {route}, for the phase of the school is not given."]
        name = f"{check.rule}_{facts['phase'].replace('-', '_').replace(' ', '_')}"
        if name not in names:
            return [f"Not checked: {label} of {route}, for no figure is known for the phase {facts['phase']}."]
    try:
        limit = rule(route, name, on)
    except MissingFigureError as missing:
        return [f"Not checked: {missing}"]
    doubt = f" {limit.note}." if limit.unconfirmed else ""
    fact, lacking = _fact(check.fact, facts)
    if lacking:
        return [f"Not checked: {label} of {route} ({_figure(limit.value, limit.unit)}), for {' and '.join(lacking)} "
                f"{'is' if len(lacking) == 1 else 'are'} not given.{doubt}"]
    if check.broken(fact, limit.value):
        return [f"{'May break' if doubt else 'Breaks'} {label} of {route}: {_figure(fact, limit.unit)} is {check.breach} "
                f"{_figure(limit.value, limit.unit)}.{doubt}"]
    return [f"Not checked: {label} of {route} is met as it stands, but it is not confirmed.{doubt}"] if doubt else []


def _fact(name, facts):
    """A fact, or what it is made of that is lacking."""
    lacking = [part for part in MADE_OF.get(name, (name,)) if part not in facts]
    if lacking:
        return None, lacking
    if name == "cost_gbp_per_tco2e":
        asked = max(0.0, facts["cost_gbp"] - facts.get("contribution_gbp", 0))
        return (asked / facts["carbon_tco2e"] if facts["carbon_tco2e"] else math.inf), []
    if name == "contribution_to_like_for_like":
        like = facts["like_for_like_gbp"]
        return (facts["contribution_gbp"] / like if like else math.inf), []
    return facts[name], []


def _standing_faults(route, facts, on):
    """Faults of the route itself: its dates, who holds it, and what it pays for."""
    row = load("routes").set_index("route").loc[route]
    opens, shuts = date.fromisoformat(row.open_from), _day(row.open_to)
    told = []
    if on < opens or (shuts and on > shuts):
        told.append(f"Breaks the dates of {route}: nothing is given on {on} (open {opens} to {shuts or 'now'}).")
    if row.plannable == "no":
        told.append(f"Breaks the plan: {route} is held by the {row.held_by} or given by others ({row.how}), not the trust's "
                    "to plan." if row.held_by != "trust" else
                    f"Breaks the plan: {route} comes by {row.how} that the trust cannot count on.")
    uses = row.uses.split(";")
    if "kind" not in facts:
        told.append(f"Not checked: the uses of {route} ({', '.join(uses)}), for kind is not given.")
    elif facts["kind"] not in uses:
        told.append(f"Breaks the uses of {route}: {facts['kind']} is not one of {', '.join(uses)}.")
    if row.note.startswith(UNCONFIRMED):
        told.append(f"Not checked: {route} itself. {row.note}.")
    return told


def _standing(route, on):
    """How a route stands on a day, or None where it brings and spends nothing."""
    shuts, spent = _day(route["open_to"]), _day(route["last_day"])
    years = None if pd.isna(route["financial_years_to_spend"]) else int(route["financial_years_to_spend"])
    if spent is None and years and not pd.isna(route["closes"]):
        spent = window(int(route["closes"]), years)[1]
    if on < date.fromisoformat(route["open_from"]):
        return None
    is_open = shuts is None or on <= shuts
    if not is_open and (spent is None or on > spent):
        return None
    return {**{name: route[name] for name in ("route", "held_by", "how", "uses", "lapse", "status", "source", "note")},
            "state": OPEN if is_open else AWARDED_ONLY, "until": shuts if is_open else spent, "last_grant_spent_by": spent,
            "plannable": route["plannable"] == "yes", "years_to_spend": years,
            "unconfirmed": route["note"].startswith(UNCONFIRMED)}


def _rules_of(route):
    table = load("route_rules")
    return [Rule(row.route, row.rule, date.fromisoformat(row.value) if row.unit == "date" else float(row.value), row.unit,
                 date.fromisoformat(row.from_date), _day(row.to_date), row.status, row.source, row.note,
                 row.note.startswith(UNCONFIRMED)) for row in table[table.route == route].itertuples()]


def _understood(facts):
    """The facts that are given, each of its kind."""
    given = {name: fact for name, fact in facts.items() if fact is not None}
    unknown = sorted(set(facts) - {*NUMBERS, *DAYS, *WORDS})
    if unknown:
        raise ValueError(f"unknown facts {', '.join(unknown)}; known are {', '.join((*NUMBERS, *DAYS, *WORDS))}")
    for name, fact in given.items():
        if name in DAYS:
            _must_be_day(name, fact)
        elif name in WORDS and not isinstance(fact, str):
            raise ValueError(f"{name} must be a word, not {fact!r}")
        elif name in NUMBERS and (isinstance(fact, str) or not math.isfinite(fact) or fact < 0):
            raise ValueError(f"{name} must be a number of 0 or more, not {fact!r}")
    return given


def _holds(found, on):
    return found.from_date <= on and (found.to_date is None or on <= found.to_date)


def _known(route):
    known = list(load("routes").route)
    if route not in known:
        raise MissingFigureError(f"No funding route {route!r}; known: {', '.join(known)}.")


def _must_be_day(name, day):
    if type(day) is not date:
        raise ValueError(f"{name} must be a date without a time, not {day!r}")


def _day(text):
    return date.fromisoformat(text) if isinstance(text, str) and text else None


def _worded(name):
    return name.replace("_", " ")


def _figure(value, unit):
    if unit == "date":
        return str(value)
    if unit.startswith("GBP"):
        return f"£{value:,.0f}{unit.removeprefix('GBP')}"
    return f"{value:,.4g} {unit}"
