"""The estates manager's programme as a workbook: works by school, trade and summer, to filter, sort and print."""

import io
from dataclasses import dataclass, field
from pathlib import Path

from ..candidates import NO_WORKS
from ..simulation.delivery_plan import season_of
from ..tabular import read_cells
from .page_tables import plan_span
from .results import PENNY_GBP
from .summary import answer, proof, provenance
from .words import plain, shortened, year_label
from .workbook import NO_DAY, Names, run_day
from .workbook_estate import deferred_sheet
from .workbook_money import dress, matrix_sheet
from .workbook_sheet import BLUE, COLOURS, ORANGE, Book, Column, Formula, Table, keys

SHEETS = ("Read me", "Works", "Summers", "By trade", "By school", "Not funded", "Draws")
MEANINGS = {
    "Works": "Every funded work, one row each, by school and year: filter by school, trade, summer or pot, and print.",
    "Summers": "How many works begin by trade and summer: what to tender together, and when a trade is asked for too much.",
    "By trade": "Payments by trade and planning year.", "By school": "Payments by school and planning year.",
    "Not funded": "Needs that no work is funded for, the largest loss first, with the reason.",
    "Draws": "Every payment: which pot pays for which work in which year. The sums of the other sheets are made of it."}
MONEY_WORKS = "repayment"
WHOLE_TRUST = "The trust itself"


@dataclass(frozen=True)
class ProgrammeBook:
    """A finished workbook: the file, the works in it, and what of it differs from the results folder (nothing, if right)."""

    content: bytes = field(repr=False)
    works: int
    differing: tuple


def programme_book(results):
    """The workbook of the programme, for an estates manager.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it; ``candidates/schemes.csv`` (trade) and ``candidates/scheme_years.csv`` (year in which
        works are finished) of its folder are read too, where they are there.

    Returns
    -------
    ProgrammeBook
        ``content`` is an .xlsx file, the same for the same folder. Text of the folder is written as text, never as a
        formula.

    Notes
    -----
    Works that need empty rooms are put in the summer holiday that ends the planning year they start in: works of 2026-27 in
    the summer of 2027. Which element needs them is in ``reference/delivery_works.csv`` (assumed). *Counterexample:* a scheme
    whose tender is out by October may be done at Easter; ``capplan simulate`` says when works can begin.
    """
    ran, handle, solution = run_day(results), io.BytesIO(), results.solution
    trust = plain(solution["trust"])
    book = Book(handle, (trust, plain(solution["scenario"])), {
        "title": shortened(f"{trust}: estates programme {plan_span(results)}", 200), "company": shortened(trust, 200),
        "author": f"capplan {plain(solution['capplan_version'])}", "created": ran or NO_DAY})
    sheets = {name: book.sheet(name) for name in SHEETS}
    works = works_frame(results)
    trades = keys([*works.trade])
    names = Names(*map(keys, (results.schemes.scheme_id, results.schools.school_id, results.cashflow.pot_id,
                              results.cashflow.route, results.schemes.element)))
    names.schools.setdefault("", WHOLE_TRUST)
    draws = _draws_sheet(sheets["Draws"], results, works, names, trades)
    made = {"Works": _works_sheet(sheets["Works"], results, works, names, trades, draws)}
    made["Summers"] = _summers_sheet(sheets["Summers"], works, trades, made["Works"], results.years)
    made["By trade"] = _trades_sheet(sheets["By trade"], works, results, trades, draws)
    made["By school"] = matrix_sheet(sheets["By school"], results, names, draws)
    made["Not funded"] = deferred_sheet(sheets["Not funded"], results)
    differing = _read_me(sheets["Read me"], results, made, draws)
    sheets["Read me"].page.activate()
    book.file.close()
    return ProgrammeBook(handle.getvalue(), len(works), differing)


def works_frame(results):
    """Every funded scheme with trade, and when its works go on, by school, year, trade and scheme.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Rows of ``results.funded`` with ``trade``, ``finish_year``, ``summer`` (calendar year of the summer holiday that
        ends the planning year it starts in; not a number for works that wait for no holiday, and for repayments) and
        ``when`` in words.
    """
    works = results.funded.copy()
    trade, finish = _further(results.folder)
    works["trade"] = [plain(trade.get(row.scheme_id, "") or row.element) for row in works.itertuples()]
    works["finish_year"] = [finish.get((row.scheme_id, int(row.start_year)), int(row.start_year))
                            for row in works.itertuples()]
    seasons = [MONEY_WORKS if row.kind in NO_WORKS else season_of(row.element).season for row in works.itertuples()]
    works["summer"] = [row.start_year + 1 if season == "summer" else float("nan")
                       for row, season in zip(works.itertuples(), seasons, strict=True)]
    works["when"] = [_when(int(row.start_year), int(row.finish_year), season)
                     for row, season in zip(works.itertuples(), seasons, strict=True)]
    return works.sort_values(["school_name", "school_id", "start_year", "trade", "scheme_id"], kind="stable",
                             ignore_index=True)


def _when(year, finish, season):
    end = "" if finish <= year else f" to {year_label(finish)}"
    if season == MONEY_WORKS:
        return f"no works: {year_label(year)}{end}"
    if season == "summer":
        return f"summer {year + 1}" + ("" if finish <= year else f", to summer {finish + 1}")
    return f"any season, {year_label(year)}{end}" if season == "any" else f"all year, {year_label(year)}{end}"


def _further(folder):
    """Trade by scheme, and year of finishing by scheme and start, where the folder has the candidates."""
    found = {}
    for name, columns in (("schemes", ("scheme_id", "trade")), ("scheme_years", ("scheme_id", "start_year", "finish_year"))):
        path = Path(folder) / "candidates" / f"{name}.csv"
        cells = read_cells(path)[0] if path.is_file() else None
        found[name] = cells if cells is not None and set(columns) <= set(cells) else None
    trade = {} if found["schemes"] is None else dict(zip(found["schemes"].scheme_id, found["schemes"].trade, strict=True))
    years = found["scheme_years"]
    finish = {} if years is None else {
        (row.scheme_id, int(row.start_year)): int(float(row.finish_year)) for row in years.itertuples()
        if row.start_year.isdigit() and row.finish_year.replace(".0", "").isdigit()}
    return trade, finish


def _draws_sheet(sheet, results, works, names, trades):
    """Every payment with school, trade, pot and year, as the model made it; returns its Table."""
    draws = results.draws.sort_values(["year", "scheme_id", "pot_id"], kind="stable")
    homes, trade = results.schemes.set_index("scheme_id").school_id, works.set_index("scheme_id").trade
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    table = Table(sheet, [Column("scheme", "Scheme", 34), Column("school", "School", 16), Column("trade", "Trade", 30),
                          Column("pot", "Pot", 24), Column("route", "Route", 14),
                          Column("year", "Planning year from 1 September", 13, "year"),
                          Column("amount", "Payment", 17, "pounds", total=True)], len(draws), filtered=True)
    sheet.head("Draws: every payment of the programme", "Pounds of the day (nominal). The other sheets add these up.", 6,
               table.width)
    return table.fill({"scheme": names.schemes[row.scheme_id], "school": names.schools[homes[row.scheme_id]],
                       "trade": trades[trade[row.scheme_id]], "pot": names.pots[row.pot_id],
                       "route": names.routes[routes[row.pot_id]], "year": row.year, "amount": row.amount_gbp}
                      for row in draws.itertuples())


def _works_sheet(sheet, results, works, names, trades, draws):
    """Every funded work with what is paid for it by formula; returns its Table."""
    table = Table(sheet, [
        Column("name", "School", 22), Column("block", "Block", 11), Column("trade", "Trade", 19),
        Column("what", "Works", 44), Column("year", "Planning year from 1 September", 10, "year"),
        Column("when", "When on site", 18), Column("summer", "Summer", 9, "year"),
        Column("cost", "Cost (nominal)", 14, "pounds", total=True), Column("sure", "Cost, 4 times in 5 below", 14, "pounds"),
        Column("stage", "Cost is at", 11), Column("must", "Must do", 7),
        Column("priority", "Surveyor's priority", 10, "count"), Column("grade", "Worst grade", 8),
        Column("pots", "Paid from, whole pounds", 26), Column("reason", "Why", 38), Column("scheme", "Scheme", 24),
        Column("paid", "Paid, by Draws", 14, "pounds", False, True)], len(works), filtered=True)
    sheet.head("Works: every work that is funded", "Pounds of the day (nominal). A summer is the holiday that ends the "
               "planning year: works of 2026-27 are for the summer of 2027; blank where works wait for no holiday. Filters "
               "are in the headings; the second total is that of the rows shown.", 16, 260)
    paid = results.draws.groupby("scheme_id").amount_gbp.sum()
    risk = results.cost_risk
    sure = risk[risk.scope == "scheme"].set_index("name")
    rows = []
    for number, row in enumerate(works.itertuples()):
        known = row.scheme_id in sure.index
        rows.append({
            "name": row.school_name or WHOLE_TRUST, "block": row.block_id or "grounds" * bool(row.site_id),
            "trade": trades[row.trade], "what": row.description or row.kind, "year": row.start_year, "when": row.when,
            "summer": row.summer, "cost": row.cost_gbp, "must": "yes" if row.must_do else "no", "priority": row.priority,
            "sure": float(sure.p80_gbp[row.scheme_id]) if known else None,
            "stage": sure.stage[row.scheme_id] if known else "", "grade": row.worst_grade, "pots": row.pots,
            "reason": row.reason, "scheme": names.schemes[row.scheme_id],
            "paid": Formula(f"=SUMIFS({draws.whole('amount')},{draws.whole('scheme')},{table.at('scheme', number)})",
                            float(paid.get(row.scheme_id, 0.0)))})
    sheet.page.print_area(0, 0, table.last, table.place["grade"])
    return table.fill(rows)


def _summers_sheet(sheet, works, trades, listed, years):
    """How many works begin in each summer by trade, and those that wait for none; returns its Table."""
    summers = [year + 1 for year in years]
    table = Table(sheet, [Column("trade", "Trade", 38),
                          *(Column(summer, summer, 9, "tally", False, True) for summer in summers),
                          Column("none", "No summer needed", 12, "tally", False, True),
                          Column("all", "All works", 10, "count", False, True)], works.trade.nunique(), frozen=1)
    sheet.head("Summers: how many works begin, by trade", "Each figure counts rows of the sheet Works; a summer is that of "
               "the calendar year above it. Tender a trade that stands in several schools of one summer together.",
               len(years) + 2, max(90, table.width))
    rows = []
    for number, trade in enumerate(sorted(works.trade.unique())):
        own = works[works.trade == trade]
        row = {"trade": trades[trade]}
        for summer in summers:
            row[summer] = Formula(
                f"=COUNTIFS({listed.whole('trade')},{table.at('trade', number)},{listed.whole('summer')},"
                f"{table.heading(summer)})", int((own.summer == summer).sum()))
        row["all"] = Formula(f"=COUNTIFS({listed.whole('trade')},{table.at('trade', number)})", len(own))
        row["none"] = Formula(f"={table.at('all', number)}-SUM({table.at(summers[0], number)}:"
                              f"{table.at(summers[-1], number)})", int(own.summer.isna().sum()))
        rows.append(row)
    return table.fill(rows)


def _trades_sheet(sheet, works, results, trades, draws):
    """Payments by trade and planning year, with a chart; returns its Table."""
    years, trade_of = results.years, works.set_index("scheme_id").trade
    paid = results.draws.groupby([results.draws.scheme_id.map(trade_of), "year"]).amount_gbp.sum()
    order = paid.groupby(level=0).sum().reindex(sorted(works.trade.unique()), fill_value=0.0).sort_values(
        ascending=False, kind="stable")
    table = Table(sheet, [Column("trade", "Trade", 38), *(Column(year, year, 12, "whole", False, True) for year in years),
                          Column("all", "All years", 14, "whole", False, True)], len(order))
    sheet.head("By trade: payments by trade and planning year", "Payments of the sheet Draws, pounds of the day; 2026 is "
               "1 September 2026 to 31 August 2027.", len(years) + 1, max(90, table.width))
    rows = []
    for number, trade in enumerate(order.index):
        row = {"trade": trades[trade]}
        for year in years:
            row[year] = Formula(
                f"=SUMIFS({draws.whole('amount')},{draws.whole('trade')},{table.at('trade', number)},"
                f"{draws.whole('year')},{table.heading(year)})", float(paid.get((trade, year), 0.0)))
        row["all"] = Formula(f"=SUM({table.at(years[0], number)}:{table.at(years[-1], number)})", float(order[trade]))
        rows.append(row)
    table.fill(rows)
    if len(order):
        chart = sheet.book.file.add_chart({"type": "bar"})
        chart.add_series({"name": "All years", "categories": f"={table.whole('trade')}", "values": f"={table.whole('all')}",
                          "pattern": {"pattern": "wide_upward_diagonal", "fg_color": COLOURS[0], "bg_color": "white"},
                          "border": {"color": COLOURS[0]}, "gap": 40})
        dress(chart, "Payments over the plan by trade", "Pounds of the day")
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": '[>=1000000]£0.0,,"m";£#,##0,"k"'})
        chart.set_legend({"none": True})
        sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Bars: payments over the whole plan by trade; the "
                                                           "table above holds the figures."})
    return table


def _read_me(sheet, results, tables, draws):
    """The first sheet: what is decided, what each sheet is for, and whether the sums agree; returns what differs."""
    solution = results.solution
    for place, width in enumerate((30, 24, 24, 14, 60)):
        sheet.page.set_column(place, place, width)
    row = sheet.head(f"{plain(solution['trust'])}: estates programme {plan_span(results)}",
                     f"Scenario: {plain(solution['scenario'])}. Made from a results folder of capplan; change nothing here "
                     "and expect the plan to follow: run again instead.", 4, 150)
    if solution["stand_in_money"]:
        row = sheet.lines(row, "WARNING: some of the money stands in for the trust's own grants and reserves.", 4, 150,
                          bold=True, bg_color=ORANGE)
    for text in (answer(results)[0], proof(solution), "When on site is assumed from the element (inside works in the "
                 "summer); capplan simulate says when works can begin and what slips."):
        row = sheet.lines(row, text, 4, 150)
    for place, text in enumerate(("Sheet", "What it is for")):
        sheet.write(row + 1, place, text, bold=True, bottom=1)
    row += 2
    for name, meaning in MEANINGS.items():
        sheet.page.write_url(row, 0, f"internal:'{name}'!A1", sheet.book.style(font_color=BLUE, underline=1), name)
        sheet.page.merge_range(row, 1, row, 4, meaning, sheet.book.style())
        row += 1
    row, differing = _checks(sheet, row, results, tables, draws)
    row += 1
    for text in [*solution["notes"], *provenance(results)]:
        row = sheet.lines(row, text, 4, 150)
    return tuple(differing)


def _checks(sheet, row, results, tables, draws):
    """The sums of the sheets beside the run's; returns the next row and the labels of those that differ."""
    spent, differing = float(results.draws.amount_gbp.sum()), []
    for place, text in enumerate(("Check", "This workbook", "The run", "Agrees")):
        sheet.write(row + 1, place, text, bold=True, bottom=1)
    checks = (("Payments in Draws", draws.total("amount"), spent),
              ("Payments by trade", tables["By trade"].total("all"), spent),
              ("Payments by school", tables["By school"].total("all"), spent),
              ("Payments of Works", tables["Works"].total("paid"), spent))
    row += 2
    for label, formula, model in checks:
        good = abs(formula.value - model) < PENNY_GBP / 2
        differing += [] if good else [label]
        sheet.write(row, 0, label)
        sheet.write(row, 1, formula, "pounds")
        sheet.write(row, 2, model, "exact", font_color=BLUE)
        cells = (sheet.at(row, 1), sheet.at(row, 2))
        sheet.write(row, 3, Formula(f'=IF(ABS({cells[0]}-{cells[1]})<0.005,"OK","CHECK")', "OK" if good else "CHECK"))
        row += 1
    return row, differing
