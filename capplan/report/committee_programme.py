"""The priority programme as a committee reads it: one row for each work, with what it must know to approve it."""

from functools import cache

import pandas as pd

from ..reference import load
from .document import Grid
from .needs import need_of
from .page_tables import table_of
from .register import place_of
from .words import counted, listed, money, percent, pounds, shortened, year_label

TOLD = {"#Carbon": "Carbon saved over the life of each, tCO2e.",
        "#Chosen in": "Chosen in: share of the futures sampled in which the best plan has it."}
LET = ("tender", "contract")
NOT_SAMPLED = "not sampled"
NOT_MEASURED = "not measured"
FROM_SURVEYS = ("patch", "repair", "renew", "refurbish", "rebuild", "demolish", "mothball", "let")
MOST_REASON, MOST_OPTIONS = 150, 3
DAYS_PER_YEAR = 365.25
COLUMNS = {"#Rank": 1.0, "School, block and element": 3.6, "Need": 3.4, "#Pupils": 1.3, "Chosen, and not chosen": 3.2,
           "#Cost: half of cases, and four in five": 2.2, "Paid from": 2.9, "Starts, window": 2.0, "#Carbon": 1.6,
           "#Chosen in": 1.7, "Delivery": 1.8, "Data": 2.6, "Why in": 3.9}
RATED = ("Delivery", "Data")


def priority_programme(read, years=None):
    """The funded schemes in order of priority.

    Parameters
    ----------
    read : CommitteeRead
    years : collection of int, optional
        Only those that start in these years.

    Returns
    -------
    DataFrame
        ``schemes`` of the folder with ``rank`` (over the whole programme), ``need`` and what needs.csv says of it,
        ``rejected``, ``paid``, ``finish_year``, ``carbon_tco2e``, ``deliverability``, ``data`` and ``core_share`` [-].

    Notes
    -----
    Works that must be done come first, by the year they must start; then by the year they start; then what avoids most
    loss for each pound. *Counterexample:* two must-do works of one year are in order of loss for the pound, not of danger.
    """
    results = read.results
    funded = results.funded.assign(need=lambda frame: need_of(frame))
    order = funded.assign(by=funded.must_start_by.where(funded.must_do, float("inf")).fillna(results.years[0]))
    order = order.sort_values(["by", "start_year", "value_per_gbp", "scheme_id"], ascending=[True, True, False, True])
    frame = funded.loc[order.index].assign(rank=range(1, len(funded) + 1))
    told = read.needs.drop(columns=["school_id", "block_id", "element", "worst_grade"])
    frame = frame.join(told, on="need")
    frame["pupils"] = frame.pupils.fillna(frame.block_id.map(read.needs.groupby("block_id").pupils.max())).astype(float)
    frame["rejected"] = _rejected(results, frame)
    frame["paid"] = _paid(read, frame)
    frame = frame.join(read.starts, on=["scheme_id", "start_year"])
    risk = results.cost_risk
    risk = risk[risk.scope == "scheme"].set_index("name")
    for name in ("stage", "p50_gbp", "p80_gbp"):
        frame[name] = frame.scheme_id.map(risk[name])
    frame["core_share"] = frame.scheme_id.map(read.core.in_share) if read.core is not None else float("nan")
    frame["deliverability"] = [deliverability(row.cost_gbp, row.stage) for row in frame.itertuples()]
    frame["data"] = [data_rating(row, read.dated) for row in frame.itertuples()]
    return (frame if years is None else frame[frame.start_year.isin(years)]).reset_index(drop=True)


def _rejected(results, frame):
    """The other ways to meet each need, with what they would cost, as schemes.csv shows them."""
    schemes = results.schemes
    others = schemes[schemes.start_year.isna() & (schemes.exclusion_group != "")]
    by_group = dict(tuple(others.groupby("exclusion_group")))
    told = []
    for row in frame.itertuples():
        rows = by_group.get(row.exclusion_group)
        names = [] if rows is None or not row.exclusion_group else [
            f"{other.kind} {money(other.cost_gbp)}" for other in rows.sort_values("cost_gbp").itertuples()]
        more = f" and {len(names) - MOST_OPTIONS} more" if len(names) > MOST_OPTIONS else ""
        told.append((listed(names[:MOST_OPTIONS]) if not more else ", ".join(names[:MOST_OPTIONS]) + more) or "none offered")
    return told


def _paid(read, frame):
    """The pots that pay for each scheme, and how sure each is."""
    draws = read.results.draws.groupby(["scheme_id", "pot_id"], sort=False).amount_gbp.sum().reset_index()
    found = {scheme: "; ".join(f"{row.pot_id} {pounds(row.amount_gbp)} ({read.awards.get(row.pot_id, 'forecast')})"
                               for row in rows.itertuples())
             for scheme, rows in draws.groupby("scheme_id")}
    return frame.scheme_id.map(found).fillna("nothing to pay")


def deliverability(cost_gbp, stage):
    """How easily works can be delivered, by the weeks from order to completion that works of their size take.

    Parameters
    ----------
    cost_gbp : float
        Cost of the works. [GBP]
    stage : str
        Stage they are at; those at tender or contract are one step easier.

    Returns
    -------
    str
        Green, Amber or Red, with the weeks.

    Examples
    --------
    >>> deliverability(9_000, "concept"), deliverability(400_000, "contract")
    ('Green: 7 weeks', 'Green: 38 weeks, let')
    """
    leads, rules = _leads(), _rules("deliverability")
    row = leads[leads.up_to_gbp >= cost_gbp].iloc[0]
    weeks, let = row.lead_weeks + row.works_weeks, stage in LET
    place = next(place for place, rule in enumerate(rules) if rule.most_weeks != rule.most_weeks or weeks <= rule.most_weeks)
    return f"{rules[max(place - let, 0)].word}: {weeks:.0f} weeks{', let' if let else ''}"


def data_rating(row, dated):
    """How good the evidence of a work is, by the part of the need that is surveyed and the age of the oldest survey.

    Parameters
    ----------
    row : namedtuple
        ``kind, components, modelled_share, surveyed_from, surveyed_share``.
    dated : str
        Day of the paper, ISO.

    Returns
    -------
    str
        Green, Amber or Red, with the reason.
    """
    if row.kind not in FROM_SURVEYS:
        return "Amber: the trust's list, no survey"
    surveyed = 1.0 - row.modelled_share if row.modelled_share == row.modelled_share else row.surveyed_share
    seen = row.surveyed_from if isinstance(row.surveyed_from, str) else ""
    years = (pd.Timestamp(dated) - pd.Timestamp(seen)).days / DAYS_PER_YEAR if seen else float("nan")
    rules = _rules("data")
    for rule in rules[:-1]:
        young = years <= rule.most_survey_years or (not seen and rule is not rules[0])
        if surveyed >= rule.least_surveyed_share and young:
            break
    else:
        rule = rules[-1]
    age = f", oldest survey {seen[:7]}" if seen else ", age not known" if surveyed > 0 else ""
    return f"{rule.word}: {percent(surveyed)} surveyed{age}"


@cache
def _rules(rating):
    """The rules of a rating, the best first; the last is whatever is left."""
    return list(load("paper_ratings").query("rating == @rating").itertuples())


@cache
def _leads():
    return load("delivery_leads")


def programme_grid(frame, most=None):
    """The priority programme as a table with everything a committee must know of each work.

    Parameters
    ----------
    frame : DataFrame
        As ``priority_programme`` returns it.
    most : int, optional
        Most rows; the rest are counted.

    Returns
    -------
    Grid
    """
    shown = frame if most is None else frame.head(most)
    rows = [(f"{row.rank}", f"{shortened(row.school_name, 40)}: {place_of(row)}", need_line(row), _pupils(row),
             f"{row.kind.capitalize()}. Not: {row.rejected}.", _cost(row), row.paid, window(row), _carbon(row), _core(row),
             row.deliverability, row.data, shortened(row.reason, MOST_REASON)) for row in shown.itertuples()]
    missing = {"#Carbon": frame.carbon_tco2e.isna().all() and "Carbon was not measured in this run (overlay energy).",
               "#Chosen in": frame.core_share.isna().all() and "In how many futures each would be chosen was not sampled "
                                                               "(capplan explain)."}
    kept = [place for place, name in enumerate(COLUMNS) if not missing.get(name)]
    names, widths = list(COLUMNS), list(COLUMNS.values())
    rest = frame.iloc[len(shown):]
    more = f"and {counted(len(rest), 'scheme')} more, {pounds(rest.cost_gbp.sum())}, in schemes.csv" if len(rest) else ""
    table = table_of("Schemes in order of priority: those that must be done, then by year, then by loss avoided for each "
                     "pound. Cost in pounds of the day of the start: no more than that in half of the cases, and in four of "
                     f"five. {' '.join(said or TOLD[name] for name, said in missing.items())}",
                     "|".join(names[place] for place in kept),
                     [("", [tuple(row[place] for place in kept) for row in rows])], more=more)
    return Grid(table, tuple(widths[place] for place in kept), small=True,
                rated=tuple(at for at, place in enumerate(kept) if names[place] in RATED))


def short_grid(frame, most):
    """The works that come first, with the least a committee must know of each.

    Parameters
    ----------
    frame : DataFrame
        As ``priority_programme`` returns it.
    most : int
        Most rows.

    Returns
    -------
    Grid
    """
    rows = [(f"{row.rank}", f"{shortened(row.school_name, 34)}: {place_of(row)}", grades(row), _pupils(row),
             row.kind.capitalize(), pounds(row.cost_gbp), _p80(row), year_label(row.start_year), row.deliverability)
            for row in frame.head(most).itertuples()]
    table = table_of("The first schemes in order of priority; grade and priority now, then the grade expected in three "
                     "years if nothing is done. Cost in pounds of the day.",
                     "#Rank|School, block and element|Grade, then|#Pupils|Works|#Cost|#Four cases in five|Starts|Delivery",
                     [("", rows)])
    return Grid(table, (0.9, 6.4, 2.9, 1.2, 1.5, 1.7, 1.7, 1.4, 2.4), small=True, rated=(8,))


def need_line(row):
    """A need in a line: grade, priority, whether the law asks for it, and how much of it is poor now and in three years."""
    law = " Required by law." if row.statutory == "yes" else " Must be done." if row.must_do else ""
    poor = f" {percent(row.poor_now_share)} of it poor or worse, {percent(row.poor_in_three_years_share)} in three years." \
        if row.poor_now_share == row.poor_now_share else ""
    return f"{grades(row)}.{law}{poor}"


def grades(row):
    """Grade and priority of a need on record, and the grade expected in three years if nothing is done."""
    grade = f"Grade {row.worst_grade}" if row.worst_grade else "Not graded"
    urgent = f", priority {row.priority:.0f}" if row.priority == row.priority else ""
    later = row.grade_in_three_years
    return f"{grade}{urgent}{f', then {later}' if isinstance(later, str) and later else ''}"


def window(row):
    """The year works start in, the year they are finished in where it is later, and the latest they may start."""
    span = year_label(row.start_year)
    if row.finish_year == row.finish_year and row.finish_year > row.start_year:
        span += f", finished in {year_label(row.finish_year)}"
    return f"{span}; by {year_label(row.must_start_by)}" if row.must_start_by == row.must_start_by and row.must_do else span


def _pupils(row):
    return f"{row.pupils:,.0f}" if row.pupils == row.pupils else "not known"


def _p80(row):
    return pounds(row.p80_gbp) if row.p80_gbp == row.p80_gbp else "not known"


def _cost(row):
    return f"{pounds(row.p50_gbp)}, {pounds(row.p80_gbp)}" if row.p80_gbp == row.p80_gbp else pounds(row.cost_gbp)


def _carbon(row):
    return f"{row.carbon_tco2e:,.1f}" if row.carbon_tco2e == row.carbon_tco2e else NOT_MEASURED


def _core(row):
    return percent(row.core_share) if row.core_share == row.core_share else NOT_SAMPLED


def scheme_rules():
    """How schemes are rated, in words: tuple of str."""
    soon, later, _ = _rules("deliverability")
    good, fair, _ = _rules("data")
    weeks = f"{soon.word} up to {soon.most_weeks:.0f}, {later.word} up to {later.most_weeks:.0f}, else Red"
    shares = f"{good.word} where {percent(good.least_surveyed_share)} of the need or more is surveyed, none longer " \
             f"ago than {good.most_survey_years:.0f} years; {fair.word} from {percent(fair.least_surveyed_share)}, else Red"
    return (f"Delivery of a scheme, by the weeks from order to completion that one of its size takes (assumed): "
            f"{weeks}; one step better where a tender is in or the contract is let.", f"Data of a scheme: {shares}.")


def data_words(read):
    """The rating of data on the whole estate: part surveyed, and part of it older than five years.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    str
        Green, Amber or Red, with the reason.
    """
    evidence = read.results.solution["evidence"]
    surveyed, old = (evidence.get(name) or 0.0 for name in ("surveyed_share", "older_than_five_years_share"))
    rules = _rules("data")
    recent = surveyed - old
    rule = next((rule for rule in rules[:-1] if recent >= rule.least_surveyed_share), rules[-1])
    return f"{rule.word}: {percent(surveyed)} of the components are surveyed, {percent(old)} longer than five years ago"
