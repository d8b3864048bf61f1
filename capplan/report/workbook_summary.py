"""First sheet of the CFO's workbook: the decision, the headline figures, the checks, the proof and the provenance."""

import math

from .needs import deferred_needs
from .page_tables import plan_span
from .results import CONTRIBUTION_ROUTE, PENNY_GBP, RESERVES_ROUTE, gains, headline_backlog, in_plan
from .summary import answer, gain_words, provenance, status_words
from .words import plain
from .workbook_accounts import account_checks
from .workbook_ledger import ledger_checks
from .workbook_sheet import BLUE, COLOURS, GREY, NUMBERS, ORANGE, PALE, Formula

WIDTHS = (54, 20, 20, 15, 12, 40)
LAST, ACROSS = len(WIDTHS) - 1, sum(WIDTHS)
HALF_PENNY_GBP = PENNY_GBP / 2
OK, DIFFERS = "OK", "CHECK"


def summary_sheet(sheet, results, tables, names, ran):
    """Write the Summary.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    tables : dict of str to Table
        The other sheets, by name.
    names : Names
    ran : datetime or None
        When the run was made.

    Returns
    -------
    tuple of (int, tuple of str)
        Number of checks, and the labels of those that differ from the model.
    """
    solution = results.solution
    for place, width in enumerate(WIDTHS):
        sheet.page.set_column(place, place, width)
    row = sheet.head(f"{plain(solution['trust'])}: condition programme {plan_span(results)}",
                     f"Scenario: {plain(solution['scenario'])}. Black figures are formulas that point to the other sheets; "
                     "blue ones are as the model gave them. The sentences are as the run wrote them and do not change.",
                     LAST, ACROSS)
    if solution["stand_in_money"]:
        row = sheet.lines(row, "WARNING: some of the money stands in for the trust's own grants and reserves.", LAST, ACROSS,
                          bold=True, bg_color=ORANGE)
    verdict = row
    row = _heading(sheet, row + 1, "The decision")
    for sentence in answer(results):
        row = sheet.lines(row, sentence, LAST, ACROSS)
    row = _heading(sheet, row + 1, "Headline figures", "Figure", "Sheet and column")
    for label, figure, number, where in headlines(results, tables, names):
        _line(sheet, row, label, (figure, number))
        _across(sheet, row, 2, where, font_color=GREY)
        row += 1
    row = _heading(sheet, row + 1, "Checks: this workbook against the model", "This workbook", "The model", "Difference",
                   "Verdict", "Rounding allowed")
    first = row
    listed = checks(results, tables)
    for check in listed:
        _check(sheet, row, *check)
        row += 1
    _verdict(sheet, verdict, first, row - 1, sum(_differs(check) for check in listed))
    _colours(sheet, first, row - 1, verdict)
    row = _proof(sheet, row + 1, results)
    _rests_on(sheet, row + 1, results, ran)
    sheet.page.freeze_panes(1, 0)
    sheet.page.set_first_sheet()
    return len(listed), tuple(check[0] for check in listed if _differs(check))


def headlines(results, tables, names):
    """The figures at the top: label, formula, number format, and where it comes from.

    Parameters
    ----------
    results, tables, names
        As for ``summary_sheet``.

    Returns
    -------
    list of tuple
    """
    draws, cash, programme, outlook = (tables[name] for name in ("Draws", "Cash flow", "Programme", "Outlook"))
    own = names.routes[RESERVES_ROUTE]
    routes, amounts = draws.values["route"], draws.values["amount"]
    from_own = math.fsum(amount for route, amount in zip(routes, amounts, strict=True) if route == own)
    others = names.routes.get(CONTRIBUTION_ROUTE)
    given = math.fsum(amount for route, amount in zip(routes, amounts, strict=True) if route == others)
    less = f"-SUMIFS({draws.whole('amount')},{draws.whole('route')},\"{others}\")" if others else ""
    from_grants = math.fsum(amounts) - from_own - given
    last = len(results.years)
    rows = [
        ("Schemes funded", Formula(f"=COUNT({programme.whole('year')})", len(results.funded)), "count",
         "Programme: rows"),
        ("Spend over the plan (nominal)", draws.total("amount"), "exact", "Draws: total"),
        ("of which from grants", Formula(f"=SUM({draws.whole('amount')})-SUMIFS({draws.whole('amount')},"
                                           f"{draws.whole('route')},\"{own}\"){less}", from_grants), "exact",
         "Draws: routes other than reserves" + " and contributions" * bool(others)),
        *([("of which others contribute", Formula(f"={less[1:]}", given), "exact", "Draws: route contribution")]
          if others else []),
        ("of which from reserves", Formula(f"=SUMIFS({draws.whole('amount')},{draws.whole('route')},\"{own}\")", from_own),
         "exact", "Draws: route reserves"),
        ("Grant that lapses unspent (nominal)", cash.total("lapsed"), "exact", "Cash flow: lapsed"),
        ("Expected loss avoided (real, discounted)", programme.total("value"), "exact", "Programme: loss avoided"),
        ("Backlog now (real)", _point(outlook, "without all", 0), "exact", "Outlook: first row"),
        ("Backlog at the end, without the programme (real)", _point(outlook, "without all", last), "exact",
         "Outlook: last row"),
        ("Backlog at the end, with the programme (real)", _point(outlook, "with all", last), "exact", "Outlook: last row"),
        ("Needs deferred", Formula(f"=COUNTA({tables['Deferred'].whole('scheme')})", tables["Deferred"].count), "count",
         "Deferred: rows"),
        ("Cost of needs deferred, if done in the first year (nominal)", tables["Deferred"].total("cost"), "exact",
         "Deferred: total")]
    return rows + _certainty_headlines(tables["Certainty"]) + _reserve_headlines(tables["Reserves"])


def _certainty_headlines(certainty):
    """What the programme comes to four times in five, and what to hold for that; its row is the first."""
    if not certainty.count:
        return []
    return [("Cost of the programme at P80 (nominal)", _point(certainty, "p80", 0), "exact", "Certainty: first row"),
            ("To hold beside the plan to be 80% sure (nominal)", _point(certainty, "hold", 0), "exact",
             "Certainty: first row")]


def _reserve_headlines(reserves):
    if not reserves.count:
        return []
    room, share = reserves.values["room"], [value for value in reserves.values["share"] if value != ""]
    rows = [
        ("Reserves at the end (nominal)", _point(reserves, "closing", reserves.count - 1), "exact", "Reserves: last row"),
        ("Least headroom above the floor (nominal)", Formula(f"=MIN({reserves.whole('room')})", min(room)), "exact",
         "Reserves: the least of above the floor"),
        ("Years in which reserves end below the floor", Formula(
            f'=COUNTIF({reserves.whole("room")},"<-{PENNY_GBP / 2}")', sum(value < -HALF_PENNY_GBP for value in room)),
         "count", "Reserves: above the floor less than nothing"),
        ("Years with an in-year deficit", Formula(f'=COUNTIF({reserves.whole("deficit")},"<>none")',
                                                  sum(word != "none" for word in reserves.values["deficit"])), "count",
         "Reserves: in-year deficit")]
    if share:
        rows.append(("Least reserves as a share of income", Formula(f"=MIN({reserves.whole('share')})", min(share)), "share",
                     "Reserves: closing as share of income"))
    return rows


def checks(results, tables):
    """Every total of the workbook beside the model's own: label, formula, the model's figure, rounding allowed [GBP].

    Parameters
    ----------
    results, tables
        As for ``summary_sheet``.

    Returns
    -------
    list of tuple of (str, Formula, float, float)
    """
    draws, cash, schools, elements = (tables[name] for name in ("Draws", "Cash flow", "Schools", "Elements"))
    certainty = tables["Certainty"]
    spend, funded, flow = results.draws.amount_gbp.sum(), results.funded, results.cashflow
    pennies = HALF_PENNY_GBP * (len(draws.values["amount"]) + len(funded))
    rows = [
        ("Cost of the schemes funded", tables["Programme"].total("cost"), funded.cost_gbp.sum(), 0.0),
        ("Paid for them = their cost", tables["Programme"].total("paid"), funded.cost_gbp.sum(), pennies),
        ("Expected loss avoided = the optimiser's objective", tables["Programme"].total("value"),
         results.solution["objective"], HALF_PENNY_GBP * len(funded)),
        ("Payments", draws.total("amount"), flow.out_gbp.sum(), HALF_PENNY_GBP * len(flow)),
        ("Spend by year", tables["Spend by year"].total("all"), spend, 0.0),
        ("Spend by school and year", tables["Spend by school"].total("all"), spend, 0.0),
        ("Spend of the schools", schools.total("spend"), results.schools.spend_gbp.sum(), HALF_PENNY_GBP * schools.count),
        ("Spend on the elements", elements.total("spend"), results.elements.spend_gbp.sum(),
         HALF_PENNY_GBP * elements.count),
        ("Schemes at the schools", schools.total("schemes"), results.schools.schemes_funded.sum(), 0.0),
        ("Into the pots", cash.total("in"), flow.in_gbp.sum(), 0.0),
        ("Out of the pots", cash.total("out"), flow.out_gbp.sum(), HALF_PENNY_GBP * len(flow)),
        ("Lapsed", cash.total("lapsed"), flow.lapsed_gbp.sum(), HALF_PENNY_GBP * len(flow)),
        ("Left in the pots at the end of the plan", Formula(
            f"=SUMIFS({cash.whole('closing')},{cash.whole('year')},{results.years[-1]})",
            math.fsum(value for value, year in zip(cash.values["closing"], cash.values["year"], strict=True)
                      if year == results.years[-1])),
         flow.closing_gbp[flow.year == results.years[-1]].sum(), HALF_PENNY_GBP * len(flow)),
        ("Differences of single pots and years", _apart(cash, "out check", "check"), 0.0, 0.0), _overdrawn(cash)]
    if certainty.count:
        rows.append(("Differences of single rows of the certainty", _apart(certainty, "check"), 0.0,
                     HALF_PENNY_GBP * (len(draws.values["amount"]) + certainty.count)))
    return (rows + _reserve_checks(results, tables["Reserves"]) + ledger_checks(results, tables)
            + _backlog_checks(results, tables))


def _reserve_checks(results, table):
    reserves = results.reserves.sort_values("year", kind="stable")
    if not table.count:
        return []
    years = table.count
    return [
        ("Works paid from reserves", table.total("spent"), reserves.spent_on_works_gbp.sum(), HALF_PENNY_GBP * years),
        ("Reserves at the end", _point(table, "closing", years - 1), reserves.closing_gbp.iloc[-1], HALF_PENNY_GBP * years),
        ("Floor, all years added up", Formula(f"=SUM({table.whole('floor')})", table.sum("floor")),
         reserves.floor_gbp.sum(), HALF_PENNY_GBP * years),
        ("Differences of single years of the reserves", _apart(table, "check"), 0.0, 0.0)]


def _backlog_checks(results, tables):
    years, rows = (results.years[0], results.years[-1] + 1), []
    outlook, last = tables["Outlook"], len(results.years)
    for label, name, plan, year in (("now", "now", "without", years[0]), ("at the end, without", "without", "without",
                                                                        years[1]), ("at the end, with", "with", "with",
                                                                                    years[1])):
        model = headline_backlog(results, plan, year)
        rows.append((f"Backlog {label}", _point(outlook, f"{plan} all", last if year == years[1] else 0), model, PENNY_GBP))
        rows += [(f"Backlog {label}: all {word} = the outlook", tables[word.capitalize()].total(name), model,
                  PENNY_GBP + HALF_PENNY_GBP * tables[word.capitalize()].count) for word in ("schools", "elements")]
    deferred = deferred_needs(results)
    rows += account_checks(results, tables, headline_backlog(results, "with", years[1]), PENNY_GBP)
    return [*rows, ("Cost of needs deferred", tables["Deferred"].total("cost"), deferred.cost_gbp.sum(), 0.0)]


def _point(table, name, row):
    """A formula that points to one cell of a table."""
    return Formula(f"={table.cell(name, row)}", table.values[name][row])


def _apart(table, *names):
    """The sizes of all differences of check columns, so that they cannot cancel out."""
    text = "+".join(f"SUMPRODUCT(ABS({table.whole(name)}))" for name in names)
    return Formula(f"={text}", math.fsum(abs(value) for name in names for value in table.values[name]))


def _overdrawn(cash):
    """Pots and years in which more is paid than the pot holds; the model has none."""
    number = sum(value < -HALF_PENNY_GBP for value in cash.values["closing"])
    return ("Pots and years overdrawn", Formula(f'=COUNTIF({cash.whole("closing")},"<-{HALF_PENNY_GBP}")', number), 0.0, 0.0)


def _differs(check):
    _, figure, model, allowed = check
    return abs(round(figure.value - model, 2)) > allowed + HALF_PENNY_GBP


def _check(sheet, row, label, figure, model, allowed):
    difference = round(figure.value - model, 2)
    line = row + 1
    sheet.write(row, 0, label)
    number = "count" if label.startswith(("Schemes", "Pots and")) else "exact"
    sheet.write(row, 1, figure, number)
    sheet.write(row, 2, float(model), number, font_color=BLUE)
    sheet.write(row, 3, Formula(f"=ROUND(B{line}-C{line},2)", difference), "zero")
    word = DIFFERS if _differs((label, figure, model, allowed)) else OK
    text = f'=IF(ABS(D{line})<=F{line}+{HALF_PENNY_GBP},"{OK}","{DIFFERS}")'
    sheet.write(row, 4, Formula(text, word), bold=True, indent=1)
    sheet.write(row, 5, float(allowed), "zero", font_color=BLUE, align="left", indent=1)


def _verdict(sheet, row, first, last, wrong):
    """One line at the top that says whether every check agrees."""
    number, inside = last - first + 1, f"E{first + 1}:E{last + 1}"
    word = f"All {number} checks OK" if not wrong else f"CHECK: {wrong} of {number} differ from the model"
    agree = f'COUNTIF({inside},"{OK}")'
    text = (f'=IF({agree}={number},"All {number} checks OK","CHECK: "&({number}-{agree})&"'
            f' of {number} differ from the model")')
    sheet.write(row, 0, Formula(text, word), bold=True, text_wrap=False)


def _colours(sheet, first, last, verdict):
    """Colour beside the words: blue where it agrees, orange where not."""
    book = sheet.book.file
    good, bad = book.add_format({"font_color": COLOURS[0]}), book.add_format({"font_color": "#8A3B00", "bg_color": ORANGE})
    for row, column, final in ((first, 4, last), (verdict, 0, verdict)):
        for word, looks in ((DIFFERS, bad), (OK, good), ("All", good)):
            sheet.page.conditional_format(row, column, final, column, {
                "type": "text", "criteria": "begins with", "value": word, "format": looks, "stop_if_true": True})


def _heading(sheet, row, *words):
    for place in range(LAST + 1):
        word = words[place] if place < len(words) else ""
        looks = {"align": "right"} if 0 < place < len(words) - 2 or place == 1 < len(words) - 1 else {"indent": place and 1}
        sheet.write(row, place, word, bold=True, bg_color=PALE, bottom=1, text_wrap=False, **looks)
    return row + 1


def _line(sheet, row, label, figure):
    value, number = figure
    sheet.write(row, 0, label, indent=2 if label.startswith("of which") else 0)
    if number in NUMBERS and not isinstance(value, str):
        sheet.write(row, 1, value, number, align="right", **({} if isinstance(value, Formula) else {"font_color": BLUE}))
    else:
        sheet.write(row, 1, value, align="right")


def _across(sheet, row, first, text, **looks):
    """Words from a column to the right edge."""
    sheet.page.merge_range(row, first, row, LAST, "", sheet.book.style(indent=1, **looks))
    sheet.write(row, first, text, indent=1, **looks)


def _proof(sheet, row, results):
    solution = results.solution
    row = _heading(sheet, row, "Proof")
    facts = [("Objective: expected loss avoided (real, discounted)", (solution["objective"], "exact")),
             ("Bound: no programme under the same rules exceeds", ("not known", "text") if solution["bound"] is None
              else (solution["bound"], "exact")),
             ("Gap: how far from the best possible at most", ("not known", "text") if solution["gap"] is None
              else (solution["gap"], "fine")), ("How the search ended", (status_words(solution), "text")),
             ("Audit by plain arithmetic", (plain(solution["audit"]), "text"))]
    for label, figure in facts:
        _line(sheet, row, label, figure)
        row += 1
    if len(gains(results)):
        row = _heading(sheet, row + 1, "Gain over rules of thumb, on the same money and the same yardstick")
        for rule, gain in gain_words(results):
            sheet.write(row, 0, rule)
            _across(sheet, row, 1, gain)
            row += 1
    return row


def _rests_on(sheet, row, results, ran):
    solution = results.solution
    row = _heading(sheet, row, "What it rests on")
    outside = len(results.cashflow) - len(in_plan(results, results.cashflow))
    notes = [*map(str, solution["notes"]), *([f"{outside} rows of the cash flow lie outside the plan."] if outside else [])]
    for note in notes:
        row = sheet.lines(row, note, LAST, ACROSS)
    row = _heading(sheet, row + 1, "Where it comes from")
    for sentence in (*provenance(results), *([f"Run on {ran.day} {ran:%B %Y} at {ran:%H:%M} UTC."] if ran else [])):
        row = sheet.lines(row, sentence, LAST, ACROSS)
    inputs = solution.get("inputs") or {}
    if inputs:
        row = _heading(sheet, row + 1, "Files of the estate", "SHA-256 of the file as it was read")
        for name, digest in sorted(inputs.items()):
            sheet.write(row, 0, str(name))
            _across(sheet, row, 1, str(digest))
            row += 1
