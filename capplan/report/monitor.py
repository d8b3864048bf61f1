"""How an approved programme is going: on one screen, and as a document."""

import textwrap
from datetime import date

from .document import Box, Document, Grid, Heading, Points, Text
from .page_tables import table_of
from .words import counted, listed, money, percent, plain, pounds, year_label

WIDE, MOST_ON_SCREEN = 108, 12
ORDER = ("red", "amber", "green")
KEPT = ("kept", "moved", "dropped", "added", "begun before", "no longer on offer")


def _day(text):
    when = date.fromisoformat(text)
    return f"{when.day} {when:%B %Y}"


def headlines(facts):
    """What a report says first, in sentences.

    Parameters
    ----------
    facts : dict
        What stands in ``monitor.json``.

    Returns
    -------
    list of str
    """
    over = facts["forecast_gbp"] - facts["approved_gbp"]
    share = f" ({percent(abs(over) / facts['approved_gbp'])})" if facts["approved_gbp"] > 0 else ""
    more = f"{money(abs(over))}{share} {'more' if over > 0 else 'less'} than approved" if abs(over) >= 1 else "as approved"
    rated = [f"{facts['ratings'].get(word, 0):,} {word}" for word in ORDER]
    said = [f"Spent by {_day(facts['on'])}: {money(facts['spent_gbp'])}; approved by 31 August {facts['year'] + 1}: "
            f"{money(facts['approved_by_year_end_gbp'])}.",
            f"Forecast outturn: {money(facts['forecast_gbp'])} against {money(facts['approved_gbp'])}, {more} (pounds of "
            "the day, as reported; not simulated).",
            f"Of {counted(sum(facts['ratings'].values()), 'scheme')} "
            f"{listed(rated)}: {listed([f'{number:,} {status}' for status, number in facts['statuses'].items()])}."]
    if facts["lapses_gbp"] >= 1:
        said.append(f"{money(facts['lapses_gbp'])} of grant lapses on 31 August {facts['year'] + 1} unless more is drawn.")
    return said + replan_words(facts)


def replan_words(facts):
    """What planning the rest again gives, in sentences; none where it was not asked for."""
    again = facts.get("replan")
    if again is None:
        return []
    changes = listed([f"{again['changes'][word]:,} {word}" for word in KEPT if word in again["changes"]])
    cost = again["costs_most_gbp"]
    close = f" Keeping so close to it costs at most {money(cost)} of loss avoided." if cost >= 1 else ""
    return [f"Planned again from {year_label(facts['year'])}: {money(again['to_spend_gbp'])} still to spend; works "
            f"{changes}. With what is begun it avoids a loss of {money(again['value_gbp'])}; the approved plan was to avoid "
            f"{money(again['value_approved_gbp'])}.{close}"]


def threshold_words(facts):
    """The thresholds in a sentence, and whose they are."""
    held = {row["measure"]: (row["amber_above"], row["red_above"]) for row in facts["thresholds"]}
    own = facts["own_thresholds"]
    whose = "the trust's own" if own else "capplan's, an ASSUMPTION (put the trust's own in thresholds.csv)"
    amber, red = ({name: pair[place] for name, pair in held.items()} for place in (0, 1))
    return (f"Amber: more than {percent(amber['cost'])} over the approved cost, more than {amber['days']:g} days after 31 "
            f"August of the approved year, or more than {counted(amber['grades'], 'grade')} below the one wanted. Red: "
            f"more than {percent(red['cost'])}, {red['days']:g} days or {counted(red['grades'], 'grade')}, or approved and "
            f"dropped. Works outside the programme are amber at the least. Thresholds: {whose}.")


def off_plan(schemes):
    """The schemes that are red or amber, the worst and dearest first."""
    rows = schemes[schemes.rating != "green"]
    rows = rows.assign(rank=[ORDER.index(rating) for rating in rows.rating])
    return rows.sort_values(["rank", "forecast_cost_gbp", "scheme_id"], ascending=[True, False, True])


def monitor_text(tables, facts):
    """A report on one screen.

    Parameters
    ----------
    tables : dict of DataFrame
        ``monitor, pots, years, log``.
    facts : dict

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: the programme on {_day(facts['on'])} (scenario {plain(facts['scenario'])})", ""]
    lines += [line for said in headlines(facts) for line in textwrap.wrap(said, WIDE)]
    rows = off_plan(tables["monitor"])
    if len(rows):
        lines += ["", f"{'':6}{'scheme':<30}{'status':<17}{'approved, £':>12}{'forecast, £':>12}  why"]
        lines += [f"{row.rating.upper():6}{row.scheme_id[:29]:<30}{row.status[:16]:<17}{row.approved_cost_gbp:>12,.0f}"
                  f"{row.forecast_cost_gbp:>12,.0f}  {row.why[:50]}" for row in rows.head(MOST_ON_SCREEN).itertuples()]
    if len(rows) > MOST_ON_SCREEN:
        lines.append(f"and {len(rows) - MOST_ON_SCREEN:,} more (monitor.csv)")
    lines += ["", *textwrap.wrap(threshold_words(facts), WIDE)]
    return "\n".join(lines)


def monitor_document(tables, facts):
    """A report as a document.

    Parameters
    ----------
    tables : dict of DataFrame
    facts : dict

    Returns
    -------
    Document
    """
    schemes, span = tables["monitor"], f"{year_label(facts['first_year'])} to {year_label(facts['last_year'])}"
    rows = [(plain(row.description) or row.scheme_id, row.rating, row.status, pounds(row.approved_cost_gbp),
             pounds(row.spent_gbp), pounds(row.forecast_cost_gbp), row.why) for row in off_plan(schemes).itertuples()]
    blocks = [Box("Where the programme stands", tuple(headlines(facts))),
              Heading("What is off plan"),
              Grid(table_of("Schemes that are red or amber. Pounds of the day.",
                            "Scheme|Rating|Status|#Approved|#Spent|#Forecast|Why", [("", rows)]),
                   (28, 8, 11, 11, 11, 11, 20), small=True) if rows else Text("Every scheme is green."),
              Text(threshold_words(facts), "small"), Heading("Money"), *_money(tables, facts),
              Heading("What changed since the report before"), *_changes(tables, facts)]
    state = f", {facts['state']}" if facts["state"] else ""
    title, day = f"{plain(facts['trust'])}: the programme against plan", f"{span}, as on {_day(facts['on'])}"
    foot = f"Approved programme {facts['programme_id'][:12]}{state}, scenario {plain(facts['scenario'])}."
    return Document(title, day, facts["on"], tuple(blocks), foot)


def _money(tables, facts):
    """Spending by year, and the pots that anything was drawn from or that are off plan."""
    frame = tables["years"]
    spent = frame.spent_gbp.map(pounds, na_action="ignore").fillna("")
    years = [*zip(frame.year.map(year_label), frame.approved_gbp.map(pounds), spent, strict=True)]
    yield Grid(table_of("Spending by planning year, 1 September to 31 August. Pounds of the day; blank: still to come.",
                        "Year|#Approved|#Spent", [("", years)]), (40, 30, 30))
    pots = tables["pots"]
    shown = pots[(pots.spent_gbp.abs() > 0) | (pots.rating != "green")]
    rows = [(row.pot_id, row.rating, pounds(row.amount_gbp), pounds(row.approved_by_year_end_gbp), pounds(row.spent_gbp),
             pounds(row.left_gbp), row.why) for row in shown.itertuples()]
    if rows:
        caption = f"Pots that were drawn on, or are off plan; approved: by 31 August {facts['year'] + 1}. Pounds of the day."
        yield Grid(table_of(caption, "Pot|Rating|#Amount|#Approved|#Spent|#Left|Why", [("", rows)]),
                   (22, 9, 13, 13, 13, 13, 17), small=True)


def _changes(tables, facts):
    """The rows of the log that this report added."""
    if facts["first_report"]:
        yield Text("This is the first report; change_log.csv begins with how everything stood.")
        return
    new = tables["log"].tail(facts["changes_logged"]) if facts["changes_logged"] else tables["log"].iloc[:0]
    if not len(new):
        yield Text("Nothing.")
        return
    yield Points(tuple(f"{row.scheme_id}: {row.what.replace('_gbp', ' (£)').replace('_', ' ')} {row.before or 'blank'} to "
                       f"{row.now or 'blank'}" + (f" ({row.by})" if row.by else "") + (f": {row.why}" if row.why else "")
                       for row in new.head(60).itertuples()))
    if len(new) > 60:
        yield Text(f"And {len(new) - 60:,} more (change_log.csv).")
