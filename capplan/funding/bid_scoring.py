"""Rounds that take bids, by name and date, and how a bid scores by the published weights of its round, item by item."""

import re
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from ..errors import MissingFigureError
from ..reference import load
from .routes import Rule, rule
from .vintages import window

PARTS = ("need", "cost", "planning")
FIRST_DAY = (9, 1)
"""Rules of a round hold from 1 September before its grant year."""
IF_NOT_KNOWN = "if not known"
FIGURE, OPEN, SHUT, NO_DATE = "figure", "open", "closed", "no dates found"


@dataclass(frozen=True)
class Round:
    """One round of a route that takes bids: its weights [points of 100], its dates, and how far they are confirmed."""

    name: str
    route: str
    grant_year: int
    weights: dict = field(repr=False)
    opens: Rule | None = field(default=None, repr=False)
    closes: Rule | None = field(default=None, repr=False)
    finish_by: date | None = None

    @property
    def rules_from(self):
        """First day on which its rules hold."""
        return date(self.grant_year - 1, *FIRST_DAY)

    def state_on(self, day):
        """Whether it takes bids on a day: open, closed, not yet open or, where nobody knows its dates, so.

        Parameters
        ----------
        day : date

        Returns
        -------
        str
        """
        if self.closes is not None and day > self.closes.value:
            return SHUT
        if day > date(self.grant_year, 4, 1):
            return SHUT
        if self.opens is not None and day < self.opens.value:
            return "not yet open"
        return OPEN if self.closes is not None else NO_DATE

    @property
    def unconfirmed(self):
        """What of it nobody confirmed: the notes of its weights and dates, each once."""
        held = [*self.weights.values(), self.opens, self.closes]
        return list(dict.fromkeys(found.note for found in held if found is not None and found.unconfirmed))


def rounds_known():
    """Names of the rounds whose weights are known, oldest first.

    Returns
    -------
    list of str

    Examples
    --------
    >>> rounds_known()[0], "CIF 2026-27" in rounds_known()
    ('CIF 2015-16', True)
    """
    rules = load("route_rules")
    rules = rules[rules.rule == "score_need"]
    found = {(row.route, year) for row in rules.itertuples()
             for year in range(int(row.from_date[:4]) + 1, int(row.to_date[:4]) + 1)}
    return [round_name(route, year) for route, year in sorted(found)]


def round_name(route, grant_year):
    """Name of a round.

    Examples
    --------
    >>> round_name("CIF", 2026)
    'CIF 2026-27'
    """
    return f"{route} {grant_year}-{(grant_year + 1) % 100:02d}"


def round_named(name):
    """A round by its name.

    Parameters
    ----------
    name : str
        Route and grant year, as ``CIF 2026-27``.

    Returns
    -------
    Round

    Raises
    ------
    MissingFigureError
        If no weights are published for such a round; it names those that are known.

    Examples
    --------
    >>> found = round_named("cif 2026-27")
    >>> {part: found.weights[part].value for part in found.weights}, str(found.closes.value), str(found.finish_by)
    ({'need': 60.0, 'cost': 25.0, 'planning': 15.0}, '2025-12-16', '2028-03-31')
    >>> found.state_on(date(2026, 1, 5)), found.state_on(date(2025, 12, 1))
    ('closed', 'open')
    """
    known = {each.lower(): each for each in rounds_known()}
    held = known.get(" ".join(name.split()).lower())
    if held is None:
        raise MissingFigureError(f"No round {name!r} whose weights are published; known: {', '.join(known.values())}. Of "
                                 "what replaces CIF no criteria are published.")
    route, year = re.fullmatch(r"(.+) (\d{4})-\d\d", held).groups()
    day = date(int(year) - 1, *FIRST_DAY)
    weights = {part: rule(route, f"score_{part}", day) for part in PARTS}
    finish = _rule(route, "complete_by", day)
    years = load("routes").set_index("route").financial_years_to_spend[route]
    by = finish.value if finish else window(int(year), int(years))[1] if pd.notna(years) else None
    return Round(held, route, int(year), weights, _rule(route, "round_opens", day), _rule(route, "round_closes", day), by)


def criteria_points(held):
    """Points of each criterion of a round.

    Parameters
    ----------
    held : Round

    Returns
    -------
    DataFrame
        ``part, criterion, points`` [points of 100], ``basis``: the rule that sets the most it may earn, or an assumed share
        of what is left of its part. The points of a part add up to its weight.

    Notes
    -----
    A criterion whose most is not known for the round earns nothing of its own; its part is shared by the others.
    *Counterexample:* rounds before 2022-23, which scored contributions by rules nobody could find.

    Examples
    --------
    >>> table = criteria_points(round_named("CIF 2026-27")).set_index("criterion").points
    >>> table[["funding sources", "cost certainty", "project type"]].round(3).tolist()
    [6.0, 7.5, 15.0]
    """
    table = load("bid_criteria")
    table = table[table.route == held.route].reset_index(drop=True)
    mosts = {name: _rule(held.route, name, held.rules_from) for name in table.most_rule if name}
    table["points"] = [float(mosts[name].value) if name and mosts[name] else 0.0 for name in table.most_rule]
    for part in PARTS:
        mine = table.part == part
        left = held.weights[part].value - table.points[mine].sum()
        shares = table.points_share.where(mine & (table.most_rule == ""), 0.0)
        table["points"] += left * shares / shares.sum()
    table["basis"] = [f"rule {name} of the round" if name else "assumed share" for name in table.most_rule]
    return table[["part", "criterion", "points", "basis"]]


def self_score(held, scores):
    """What a bid scores, item by item.

    Parameters
    ----------
    held : Round
    scores : dict of str to float
        Item of ``bid_items`` to how far it is met, from 0 to 1; what is left out or missing is not met. [-]

    Returns
    -------
    DataFrame
        One row for each item: ``part, criterion, item, wanted, kind, least_files, can_be_brought`` (whether evidence can win
        what is lost: facts of the need can only where nobody knows them), ``points`` (the most), ``scored`` and ``lost``
        [points of 100].

    Raises
    ------
    ValueError
        If an item is unknown, or a score is outside 0 to 1.

    Notes
    -----
    Items of a criterion add up. *Counterexample:* an assessor who gives nothing for urgency without a survey.

    Examples
    --------
    >>> table = self_score(round_named("CIF 2026-27"), {"type": 1.0, "survey": 0.5})
    >>> float(table.points.sum().round(6)), float(table.scored.sum().round(3))
    (100.0, 17.0)
    """
    points, items = criteria_points(held).set_index("criterion"), load("bid_items")
    strange = sorted(set(scores) - set(items.item))
    wrong = sorted(name for name, score in scores.items() if score == score and not 0 <= score <= 1)
    if strange or wrong:
        raise ValueError(f"unknown items {strange}, scores outside 0 to 1 {wrong}")
    met = items.item.map(scores).astype(float)
    items["can_be_brought"] = (items.may_be_missing == "yes") | (met.isna() & (items.may_be_missing == IF_NOT_KNOWN))
    met = met.fillna(0.0)
    items["part"] = items.criterion.map(points.part)
    items["points"] = items.points_share * items.criterion.map(points.points)
    items["scored"], items["lost"] = items.points * met, items.points * (1.0 - met)
    return items[["part", "criterion", "item", "wanted", "kind", "least_files", "can_be_brought", "points", "scored",
                  "lost"]]


def missing_evidence(scored):
    """What could still be brought, the most points first.

    Parameters
    ----------
    scored : DataFrame
        As ``self_score`` gives it.

    Returns
    -------
    DataFrame
        Its rows with points lost that evidence can win.
    """
    lost = scored[(scored.lost > 1e-9) & scored.can_be_brought]
    return lost.sort_values(["lost", "item"], ascending=[False, True], kind="stable").reset_index(drop=True)


def scale_share(scale, level):
    """How far a level of a scale meets its item; missing where the scale has no such level. [-]

    Parameters
    ----------
    scale, level : str
        Of ``bid_scales``.

    Returns
    -------
    float

    Examples
    --------
    >>> scale_share("stage", "tender"), scale_share("priority", "2")
    (1.0, 0.75)
    """
    table = load("bid_scales").set_index(["scale", "level"]).score_share
    return float(table.get((scale, level), float("nan")))


def _rule(route, name, day):
    try:
        return rule(route, name, day)
    except MissingFigureError:
        return None
