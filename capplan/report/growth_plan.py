"""A plan for many futures of growth, for a reader: what to begin now, what it is worth, what waits for who joins."""

import textwrap

from .document import Box, Document, Grid, Heading, Points, Text
from .page_tables import table_of
from .words import counted, money, percent, plain, pounds, shortened, year_label, years_span

WIDE, MOST_LINES, MOST_ROWS, SETTLED = 112, 15, 60, 0.999
BEGIN_WIDTHS, WORKS_WIDTHS = (5, 5, 9, 2, 2, 2), (5, 4, 9, 1.5, 1.3, 1.7, 1.7, 1.7)


def plan_text(facts):
    """What to begin now and what it is worth, on one screen.

    Parameters
    ----------
    facts : dict
        As ``growth_plan_job`` gathers it.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: one beginning for {counted(facts['futures'], 'future')} of growth (scenario "
             f"{plain(facts['scenario'])})", ""]
    for sentence in findings(facts):
        lines += textwrap.wrap(sentence, WIDE)
    lines += ["", f"{'Begins in ' + _span(facts):<74}{'Cost':>10}{'Wanted by':>12}"]
    for row in facts["begin"][:MOST_LINES]:
        what = f"{plain(facts['schools'].get(row['school_id'], row['school_id']))}: {plain(row['description'])}"
        lines.append(f"{shortened(what, 72):<74}{money(row['cost_gbp']):>10}{row['wanted_share']:>12.0%}")
    if len(facts["begin"]) > MOST_LINES:
        lines.append(f"and {len(facts['begin']) - MOST_LINES} more in begin.csv")
    lines += ["", f"{'Future':<14}{'Join':>6}{'First':>12}{'Money':>10}{'Value':>10}{'If known':>10}"]
    lines += [f"{row['future']:<14}{row['schools_joined']:>6}{row['first_joined'] or 'nobody':>12}"
              + "".join(f"{money(row[name]):>10}" for name in ("money_gbp", "value_gbp", "own_best_gbp"))
              for row in facts["each"][:MOST_LINES]]
    return "\n".join(lines)


def findings(facts):
    """What was found, in sentences.

    Parameters
    ----------
    facts : dict

    Returns
    -------
    list of str
    """
    later = [row for row in facts["works"] if row["begins_now"] == "no"]
    there = [row for row in later if row["offered_share"] >= SETTLED]
    settled, count = [row for row in there if row["done_share"] >= SETTLED], len(facts["begin"])
    said = [f"{counted(count, 'work')} for {money(facts['begin_gbp'])} {'begin' if count != 1 else 'begins'} in "
            f"{_span(facts)} whatever comes; the years after are planned again in each future. On average over the "
            f"futures that is worth {money(facts['value_gbp'])}; no beginning can be worth more than "
            f"{money(facts['most_gbp'])} (proved within {percent(facts['gap'])}).",
            "To know beforehand who joins when would be worth at most "
            f"{money(facts['known_most_gbp'] - facts['value_gbp'])} more."]
    nobody = facts["nobody_gbp"]
    if nobody is None or nobody != nobody:
        said.append("To begin as if nobody joined is not possible in every future: what must be done could not be paid for.")
    elif facts["value_gbp"] - nobody > 1.0:
        said.append(f"To begin as if nobody joined would be worth {money(facts['value_gbp'] - nobody)} less on average.")
    else:
        said.append("To begin as if nobody joined would be worth as much: growth does not change what to begin now.")
    others = len(later) - len(there)
    said.append(f"Of what is left for later, {counted(len(settled), 'work')} {'is' if len(settled) == 1 else 'are'} done "
                f"in every future and {len(there) - len(settled)} in some; {others} {'is' if others == 1 else 'are'} at "
                "schools that join, none before it does.")
    return said


def plan_document(facts, dated):
    """The same as a document.

    Parameters
    ----------
    facts : dict
    dated : str
        ISO day.

    Returns
    -------
    Document
    """
    return Document(
        f"{plain(facts['trust'])}: what to begin, whoever joins",
        f"{_span(facts)}, {counted(facts['futures'], 'future')} of growth, scenario {plain(facts['scenario'])}, seed "
        f"{facts['seed']}", dated,
        (Points(tuple(findings(facts))), Heading(f"Begins in {_span(facts)}"), Grid(_begin_table(facts), BEGIN_WIDTHS),
         Heading("Later, as schools join"), Grid(_works_table(facts), WORKS_WIDTHS, small=True),
         Heading("The futures"), Grid(_futures_table(facts)),
         Heading("Beginnings that were looked at"), Grid(_tried_table(facts)),
         Box("Read with this", (
             "After the years decided each future is planned as if it were known when schools join; in truth the trust "
             "learns it little by little and does a little worse.",
             "A school that joins is one block with modelled components: right for totals, not for the school.",
             f"Values are expected losses avoided, present values at {facts['price_base']} prices; costs and money are "
             "pounds of the day.")),
         Text("Tables: begin.csv (capplan run --approved reads it), works.csv, futures.csv, beginnings.csv; "
              "assumptions.csv has every figure of the scenario with its source.", "small")))


def _span(facts):
    first = facts["first_year"]
    return year_label(first) if facts["decided_years"] == 1 else years_span(range(first, first + facts["decided_years"]))


def _school(facts, row):
    return plain(facts["schools"].get(row["school_id"], row["school_id"]))


def _begin_table(facts):
    rows = [(row["scheme_id"], _school(facts, row), plain(row["description"]), year_label(row["start_year"]),
             pounds(row["cost_gbp"]), f"{row['wanted_share']:.0%}") for row in facts["begin"]]
    return table_of("Works that begin in every future, dearest first. Wanted by: futures whose own best programme begins it "
                    "then too.", "Scheme|School|What|Year|#Cost|#Wanted by", [("", rows)])


def _works_table(facts):
    later = [row for row in facts["works"] if row["begins_now"] == "no"]
    rows = [(row["scheme_id"], _school(facts, row), plain(row["description"]), f"{row['offered_share']:.0%}",
             f"{row['done_share']:.0%}", year_label(row["p10_start_year"]), year_label(row["p50_start_year"]),
             year_label(row["p90_start_year"])) for row in later[:MOST_ROWS]]
    more = f"and {len(later) - MOST_ROWS:,} more in works.csv" if len(later) > MOST_ROWS else ""
    return table_of("Works of later years. Offered: futures in which the school is the trust's. Done: of these, in which "
                    "it is done.", "Scheme|School|What|#Offered|#Done|P10|P50|P90", [("", rows)], more=more)


def _futures_table(facts):
    rows = [(row["future"], f"{row['schools_joined']}", row["first_joined"] or "nobody joins", pounds(row["money_gbp"]),
             f"{row['schemes']:,}", pounds(row["value_gbp"]), pounds(row["own_best_gbp"]), pounds(row["given_up_gbp"]))
            for row in facts["each"]]
    return table_of("What each future comes to with the common beginning, and with a programme of its own.",
                    "Future|#Schools that join|First joins|#Money|#Works|#Value|#If it were known|#Given up", [("", rows)])


def _tried_table(facts):
    rows = [(plain(row["beginning"]), "not possible in every future" if row["mean_value_gbp"] is None
             else pounds(row["mean_value_gbp"])) for row in facts["beginnings"]]
    return table_of("Mean value over the futures.", "Beginning|#Mean value", [("", rows)])
