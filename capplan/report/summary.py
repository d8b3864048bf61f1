"""The programme as one printed screen and as one page: the answer first, then what stands behind it."""

import base64
import textwrap
from pathlib import Path

from . import charts, words
from .results import (
    COUNTED_GRADES,
    PLANS,
    backlog_by_grade,
    cash_by_pot,
    deferred_needs,
    gains,
    headline_backlog,
    must_do_needs,
    needs_by_element,
    spend_by_pot,
    spend_by_school,
)
from .words import counted, money, percent, plain, pounds, year_label, years_span

MOST_LINES, MOST_COLUMNS = 40, 100
FEWEST_YEARS_SHOWN = 4
MOST_FUNDED_ROWS, MOST_DEFERRED_ROWS, MOST_POT_ROWS = 500, 30, 60
PROVED_FRACTION = 5e-7
NO_GAIN_FRACTION = 1e-6
TEMPLATES = Path(__file__).parent / "templates"


def summary_text(results):
    """The programme on one screen of a terminal.

    Parameters
    ----------
    results : Results
        What to sum up.

    Returns
    -------
    str
        At most 40 lines of at most 100 columns. Notes that do not fit are counted and said to be in solution.json.
    """
    solution = results.solution
    head = [words.shortened(f"{plain(solution['trust'])}: condition programme {_span(results)}", MOST_COLUMNS), ""]
    first, *rest = answer(results)
    loud = [sentence for sentence in rest if sentence.startswith("WARNING")]
    body = _wrapped(first) + [line for sentence in loud for line in _wrapped(sentence)]
    body += _wrapped(" ".join(sentence for sentence in rest if sentence not in loud))
    body += ["", "Gain over the rules of thumb, on the same money and the same yardstick:"]
    body += [_cut(f"  {rule:<24} {gain}") for rule, gain in gain_words(results)[:4]]
    foot = ["", *_wrapped(" ".join(provenance(results)))[:4]]
    free = MOST_LINES - len(head) - len(body) - len(foot)
    years = _year_lines(results)
    notes = _note_lines(solution["notes"], free - FEWEST_YEARS_SHOWN - 5)
    room = free - len(notes) - 1 - bool(notes)
    years = _fitted(years, room)
    deferred = _deferred_lines(results)
    if deferred and room >= len(years) + len(deferred) + 2:
        years += ["", "Deferred needs of most value:", *deferred]
    return "\n".join(head + notes + [""] * bool(notes) + body + [""] + years + foot) + "\n"


def summary_html(results):
    """The programme as one self-contained page: no script, no network, nothing outside the file.

    Parameters
    ----------
    results : Results
        What to show.

    Returns
    -------
    str
        A whole HTML page, the same for the same folder.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
    tables = {"programme": programme_table(results), "deferred": deferred_table(results), "pots": pots_table(results),
              "reserves": reserves_table(results), "schools": schools_table(results), "inputs": inputs_table(results)}
    return pages.get_template("summary.html.j2").render(
        title=f"{plain(results.solution['trust'])}: condition programme {_span(results)}", answer=answer(results),
        stand_in=results.solution["stand_in_money"], notes=results.solution["notes"], gains=gain_words(results),
        figures=[_figure(results, *chart) for chart in charts.CHARTS], tables=tables, provenance=provenance(results))


def answer(results):
    """What is decided, in sentences: what is funded, what it avoids, the backlog, the must-do works and the proof.

    Returns
    -------
    list of str
    """
    solution, funded = results.solution, results.funded
    last = results.years[-1] + 1
    spend_gbp = results.draws.amount_gbp.sum()
    without, with_it = (headline_backlog(results, plan, last) for plan in ("without", "with"))
    lapsed_gbp = results.cashflow.lapsed_gbp.sum()
    lapse = f"{money(lapsed_gbp)} of grant lapses unspent" if lapsed_gbp > words.NEGLIGIBLE_GBP else "no grant lapses"
    deferred = deferred_needs(results)
    left = f"{counted(len(deferred), 'need')} of {money(deferred.cost_gbp.sum())} at the cheapest remedy " \
        f"{'is' if len(deferred) == 1 else 'are'} deferred." if len(deferred) else "No need is deferred."
    return [
        f"{counted(len(funded), 'scheme')} for {money(spend_gbp)} {'is' if len(funded) == 1 else 'are'} funded at "
        f"{funded.school_id.nunique()} of {counted(len(results.schools), 'school')} in {_span(results)}; {lapse}. "
        f"{left}",
        f"The programme avoids an expected loss of {money(solution['objective'])} "
        f"(discounted, at {solution['price_base']} prices).",
        f"Backlog of grades C to E in September {last}: {money(without)} without the programme, "
        f"{money(with_it)} with it (now {money(headline_backlog(results, 'without', results.years[0]))}).",
        *_must_do(results), proof(solution)]


def proof(solution):
    """How good the programme is known to be, in a sentence: the gap between it and the best possible.

    Parameters
    ----------
    solution : dict
        ``solution.json``.

    Returns
    -------
    str
    """
    gap, status = solution["gap"], plain(solution["status"])
    stopped = "" if status == "optimal" else f" The search stopped early: {status}."
    if gap is None:
        return f"How far it is from the best possible is not known: the solver gave no bound.{stopped}"
    if gap <= PROVED_FRACTION:
        return f"Proved to be the best possible (gap 0%).{stopped}"
    return f"Proved to be within {percent(gap)} of the best possible (gap {percent(gap)}).{stopped}"


def gain_words(results):
    """Each rule of thumb and what the programme gains on it, in words.

    Returns
    -------
    list of tuple of (str, str)
    """
    rows = []
    for rule in gains(results).itertuples():
        share = f" ({percent(abs(rule.gain_fraction))})" if rule.gain_fraction == rule.gain_fraction else ""
        if not rule.feasible:
            text = "n/a: the rule cannot satisfy the must-do works"
        elif abs(rule.gain_gbp) <= max(words.NEGLIGIBLE_GBP, NO_GAIN_FRACTION * abs(rule.value_gbp)):
            text = "no gain: the rule does as well here"
        elif rule.gain_gbp < 0:
            text = f"no gain: the rule does better by {pounds(-rule.gain_gbp)}{share}"
        else:
            text = f"{pounds(rule.gain_gbp)} more expected loss avoided{share}"
        rows.append((plain(rule.rule), text))
    return rows


def provenance(results):
    """What the figures stand on: evidence, audit, solver and versions, in three sentences."""
    solution, evidence = results.solution, results.solution["evidence"]
    shares = [f"{percent(evidence[key])} {name}" for key, name in
              (("surveyed_share", "surveyed"), ("modelled_share", "modelled"),
               ("older_than_five_years_share", "older than five years")) if evidence.get(key) is not None]
    number = evidence.get("components")
    components = "components" if number is None else counted(number, "component")
    commit = f", commit {plain(solution['git_commit'])[:10]}" if solution.get("git_commit") else ""
    seed = f", seed {solution['seed']}" if solution.get("seed") is not None else ""
    return [f"Evidence: {components}" + (f"; {', '.join(shares)}." if shares else "."),
            f"Audit: {plain(solution['audit'])}. Solver: {plain(solution['solver'])} {plain(solution['version'])}, "
            f"{plain(solution['status'])}, {solution['seconds']:.1f} s.",
            f"capplan {plain(solution['capplan_version'])}{commit}, scenario {plain(solution['scenario'])}{seed}."]


def programme_table(results):
    """Funded schemes by year; where there are more than 500, the dearest 500 and what the others add up to."""
    funded = results.funded.sort_values(["start_year", "school_name", "cost_gbp", "scheme_id"],
                                        ascending=[True, True, False, True])
    kept = set(funded.sort_values(["cost_gbp", "scheme_id"], ascending=[False, True]).scheme_id.head(MOST_FUNDED_ROWS))
    paid = results.draws.groupby(["scheme_id", "pot_id"], sort=False).amount_gbp.sum().reset_index()
    pots = {scheme: "; ".join(f"{row.pot_id} {pounds(row.amount_gbp)}" for row in rows.itertuples())
            for scheme, rows in paid[paid.scheme_id.isin(kept)].groupby("scheme_id")}
    groups = []
    for year, schemes in funded.groupby("start_year"):
        rows = [(row.scheme_id, row.school_name, row.block_id or "grounds", row.element, row.description or row.kind,
                 pounds(row.cost_gbp), pots.get(row.scheme_id, ""), _ratio(row.value_per_gbp), row.reason)
                for row in schemes.itertuples() if row.scheme_id in kept]
        rest = schemes[~schemes.scheme_id.isin(kept)]
        heading = f"{year_label(year)}: {counted(len(schemes), 'scheme')}, {pounds(schemes.cost_gbp.sum())}"
        if len(rest):
            heading += f" (of which {len(rest):,} smaller, {pounds(rest.cost_gbp.sum())}, only in schemes.csv)"
        groups.append((heading, rows))
    return _table(f"Funded schemes by the year they start, {_span(results)}. Cost in pounds of the day.",
                  "Scheme|School|Block|Element|What|#Cost|Pot|#Value per £|Why", groups)


def deferred_table(results):
    """The deferred needs of most value, with the reason; the rest are counted."""
    needs = deferred_needs(results)
    rows = [(row.scheme_id, row.school_name, row.block_id or "grounds", row.element, row.description or row.kind,
             pounds(row.cost_gbp), pounds(row.value_gbp), row.reason)
            for row in needs.head(MOST_DEFERRED_ROWS).itertuples()]
    rest = needs.iloc[MOST_DEFERRED_ROWS:]
    more = f"and {len(rest):,} more, {pounds(rest.cost_gbp.sum())}, in schemes.csv" if len(rest) else ""
    return _table("Needs no scheme was chosen for, each at its cheapest remedy, as if started in the first year; the "
                  "largest expected loss first.", "Scheme|School|Block|Element|What|#Cost|#Loss it would avoid|Why not",
                  [("", rows)], more=more)


def pots_table(results):
    """Cash by pot vintage; more than 60 pots are added up by route and first year."""
    pots = cash_by_pot(results).reset_index()
    if len(pots) > MOST_POT_ROWS:
        pots["pot_id"] = pots.route + " first spendable in " + pots.first_year.map(year_label)
        pots = pots.groupby("pot_id", sort=False).agg(
            {"route": "first", "first_year": "min", "last_year": "max", "pots": "sum", "available_gbp": "sum",
             "spent_gbp": "sum", "lapsed_gbp": "sum", "left_gbp": "sum"}).reset_index()
    amounts = ["available_gbp", "spent_gbp", "lapsed_gbp", "left_gbp"]
    rows = [(row.pot_id, row.route, f"{row.pots:,}", years_span(row.first_year, row.last_year),
             *(pounds(getattr(row, name)) for name in amounts)) for row in pots.itertuples()]
    total = ("Total", "", f"{int(pots.pots.sum()):,}", "", *(pounds(pots[name].sum()) for name in amounts))
    return _table("Each pot over the whole plan, pounds of the day: held and received = spent + lapsed + left.",
                  "Pot|Route|#Pots|Years|#Held and received|#Spent|#Lapsed|#Left at the end", [("", rows)], total)


def reserves_table(results):
    """The reserve path, year by year."""
    names = ["opening_gbp", "surplus_gbp", "spent_on_works_gbp", "closing_gbp", "floor_gbp"]
    rows = [(year_label(row.year), *(pounds(getattr(row, name)) for name in names),
             pounds(row.closing_gbp - row.floor_gbp)) for row in results.reserves.itertuples()]
    return _table("Free reserves by planning year, pounds of the day: closing = opening + surplus - spent on works.",
                  "Year|#Opening|#Surplus|#Spent on works|#Closing|#Floor|#Above the floor", [("", rows)])


def schools_table(results):
    """Every school: backlog now and at the end, what is spent and on what evidence."""
    schools = results.schools.sort_values(["spend_gbp", "school_id"], ascending=[False, True])
    amounts = ["backlog_now_gbp", "backlog_end_without_gbp", "backlog_end_with_gbp", "spend_gbp"]
    rows = [(row.name, f"{row.gifa_m2:,.0f}", *(pounds(getattr(row, name)) for name in amounts[:3]),
             _share(row.fci_now), f"{row.schemes_funded:,.0f}", pounds(row.spend_gbp), _share(row.surveyed_share))
            for row in schools.itertuples(index=False)]
    total = ("All schools", f"{schools.gifa_m2.sum():,.0f}", *(pounds(schools[name].sum()) for name in amounts[:3]),
             "", f"{schools.schemes_funded.sum():,.0f}", pounds(schools.spend_gbp.sum()), "")
    return _table(f"Schools, most spend first. Backlog at {results.solution['price_base']} prices, now and at the end "
                  "of the plan; spend in pounds of the day. FCI, facility condition index: backlog / replacement.",
                  "School|#GIFA m2|#Backlog now|#End without|#End with|#FCI now|#Schemes|#Spend|#Surveyed",
                  [("", rows)], total)


def inputs_table(results):
    """The files the run read, with their SHA-256 digests."""
    rows = sorted((results.solution.get("inputs") or {}).items())
    return _table("Files the run read.", "File|SHA-256", [("", rows)])


def _figure(results, draw, heading, alt):
    data = base64.b64encode(charts.svg(draw, results)).decode("ascii")
    return {"id": draw.__name__.removeprefix("draw_"), "heading": heading, "alt": alt(results), "data": data,
            "table": FIGURE_TABLES[draw.__name__](results)}


def _spend_rows(results):
    table = spend_by_pot(results)
    rows = [(year_label(year), *map(pounds, amounts), pounds(amounts.sum())) for year, amounts in table.iterrows()]
    total = ("All years", *map(pounds, table.sum()), pounds(table.to_numpy().sum()))
    return _table("Spend by planning year and source, pounds of the day.",
                  "|".join(["Year", *(f"#{source}" for source in table), "#Total"]), [("", rows)], total)


def _backlog_rows(results):
    table = backlog_by_grade(results)
    rows = [(f"September {year}", *(pounds(part) for plan in PLANS for part in (*amounts[plan], amounts[plan].sum())))
            for year, amounts in table.iterrows()]
    head = [f"#{grade} {plan}" for plan in PLANS for grade in (*COUNTED_GRADES, "Total")]
    return _table(f"Backlog by grade, without and with the programme, at {results.solution['price_base']} prices.",
                  "|".join(["At", *head]), [("", rows)])


def _school_rows(results):
    table = spend_by_school(results)
    names = results.schools.set_index("school_id").name
    rows = [(names[school], *(pounds(amount) if amount else "" for amount in amounts), pounds(amounts.sum()))
            for school, amounts in table.iterrows()]
    total = ("All schools", *map(pounds, table.sum()), pounds(table.to_numpy().sum()))
    return _table("Spend by school and planning year, pounds of the day.",
                  "|".join(["School", *(f"#{year_label(year)}" for year in table), "#Total"]), [("", rows)], total)


def _need_rows(results):
    table = needs_by_element(results)
    rows = [(element, *map(pounds, amounts)) for element, amounts in table.iterrows()]
    return _table("Needs by element. Funded: pounds of the day of the start. Deferred: the cheapest remedy of each "
                  f"need, as if started in the first year. Backlog: pounds at {results.solution['price_base']} prices.",
                  "Element|#Funded|#Deferred|#Backlog now", [("", rows)], ("Total", *map(pounds, table.sum())))


FIGURE_TABLES = {"draw_spend": _spend_rows, "draw_backlog": _backlog_rows, "draw_reserves": reserves_table,
                 "draw_schools": _school_rows, "draw_needs": _need_rows}


def _table(caption, columns, groups, total=None, more=""):
    """A table for the page: groups of (heading, rows); a column whose name starts with # holds numbers."""
    names = columns.split("|")
    return {"caption": caption, "columns": [name.removeprefix("#") for name in names], "groups": groups, "total": total,
            "numeric": [name.startswith("#") for name in names], "more": more,
            "empty": not any(rows for _, rows in groups)}


def _span(results):
    return years_span(results.years[0], results.years[-1])


def _ratio(value):
    return "" if value != value else f"{value:,.2f}"


def _share(fraction):
    return "" if fraction != fraction else percent(fraction)


def _must_do(results):
    needed, met = must_do_needs(results)
    if not needed:
        return []
    if met == needed:
        return [f"{'All ' if needed > 2 else 'The '}{counted(needed, 'must-do need')} "
                f"{'are' if needed > 1 else 'is'} met."]
    return [f"WARNING: {needed - met} of {counted(needed, 'must-do need')} not met."]


def _wrapped(sentence, mark=""):
    return textwrap.wrap(plain(sentence), MOST_COLUMNS, initial_indent=mark, subsequent_indent=" " * len(mark))


def _cut(line):
    return line if len(line) <= MOST_COLUMNS else line[:MOST_COLUMNS - 3] + "..."


def _note_lines(notes, room):
    """Every note, or as many as there is room for and how many are left."""
    lines = []
    for place, note in enumerate(notes):
        own = _wrapped(note, "! ")
        last = place == len(notes) - 1
        if len(lines) + len(own) + (not last) > room:
            return [*lines, f"! and {counted(len(notes) - place, 'more note')} in solution.json"]
        lines += own
    return lines


def _year_lines(results):
    """Year by year: what is spent from where, what lapses, the reserve path, and the backlog at the end of the year."""
    spend, path = spend_by_pot(results), results.reserves.set_index("year")
    lapsed = results.cashflow.groupby("year").lapsed_gbp.sum()
    started = results.funded.groupby("start_year").size()
    heads = (("", "Schemes", "From", "From", "Grant", "Reserves", "Floor", "Backlog at end", "Backlog"),
             ("Year", "started", "grants", "reserves", "lapsed", "at end", "of them", "without", "with"))
    rows = []
    for year, amounts in spend.iterrows():
        reserves = amounts.get("Reserves", 0.0)
        ends = [money(path[name][year]) if year in path.index else "-" for name in ("closing_gbp", "floor_gbp")]
        backlog = [money(headline_backlog(results, plan, year + 1)) for plan in PLANS]
        rows.append((year_label(year), f"{started.get(year, 0):,}", money(amounts.sum() - reserves), money(reserves),
                     money(lapsed.get(year, 0.0)), *ends, *backlog))
    widths = (9, 9, 10, 10, 9, 11, 10, 17, 10)
    return ["".join(f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
                    for place, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in (*heads, *rows)]


def _deferred_lines(results):
    """The three deferred needs of most value."""
    return [_cut(f"  {plain(row.school_name)}, {plain(row.element)}: {money(row.cost_gbp)}, "
                 f"would avoid {money(row.value_gbp)}")
            for row in deferred_needs(results).head(3).itertuples()]


def _fitted(lines, room):
    """Lines of a table cut to the room there is: the first and the last stay, and the gap is said."""
    if len(lines) <= room:
        return lines
    return [*lines[:room - 2], f"... {counted(len(lines) - room + 1, 'more year')} in the folder", lines[-1]]
