"""Sheets of the CFO's workbook about money: programme, payments, pots, reserves."""

from .common_money import BANDS_WITHIN, vintage_of, watch_bands
from .results import RESERVES_ROUTE, spend_by_school
from .words import year_label
from .workbook_sheet import BLUE, COLOURS, ORANGE, RULE, Column, Formula, Table

BELOW, ABOVE, BETWEEN = "below the band: DfE may ask", "above the band: DfE may ask", "between the bands"
FLOOR_SHARE, FLOOR_SUM = "reserves.floor_share", "reserves.floor_gbp"


def draws_sheet(sheet, results, names):
    """Every payment: scheme, school, pot, route, year and amount, as the model made them.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    names : Names
        What each scheme, school, pot and route is called in the workbook.

    Returns
    -------
    Table
    """
    draws = results.draws.sort_values(["year", "scheme_id", "pot_id"], kind="stable")
    homes = results.schemes.set_index("scheme_id").school_id
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    table = Table(sheet, [Column("scheme", "Scheme", 42), Column("school", "School", 16), Column("pot", "Pot", 26),
                          Column("route", "Route", 14), Column("year", "Year from 1 September", 13, "year"),
                          Column("amount", "Payment", 17, "pounds", total=True)], len(draws), filtered=True)
    sheet.head("Draws: every payment of the programme", "Pounds of the day (nominal). The other sheets add these up; "
               "change an amount here and they, and the checks of the Summary, follow.", 5, table.width)
    return table.fill({"scheme": names.schemes[row.scheme_id], "school": names.schools[homes[row.scheme_id]],
                       "pot": names.pots[row.pot_id], "route": names.routes[routes[row.pot_id]], "year": row.year,
                       "amount": row.amount_gbp} for row in draws.itertuples())


def programme_sheet(sheet, results, names, draws):
    """Every funded scheme, with what is paid for it by formula from ``draws``; returns its Table."""
    funded = results.funded.sort_values(["start_year", "school_name", "scheme_id"], kind="stable")
    table = Table(sheet, [
        Column("scheme", "Scheme", 24), Column("school", "School", 9), Column("name", "Name of school", 22),
        Column("block", "Block", 11), Column("element", "Element", 18), Column("kind", "Kind", 9),
        Column("year", "Year from 1 September", 10, "year"), Column("must", "Must do", 7),
        Column("cost", "Cost (nominal)", 14, "pounds", total=True),
        Column("paid", "Paid from pots", 14, "pounds", False, True),
        Column("unpaid", "Cost less paid: must be 0", 10, "zero", False, True),
        Column("value", "Loss avoided (present)", 15, "pounds", total=True),
        Column("ratio", "Loss avoided per £ of cost", 9, "ratio", False), Column("pots", "Pots, whole pounds", 24),
        Column("reason", "Why", 38)], len(funded), filtered=True)
    sheet.head("Programme: every scheme that is funded", "Cost in pounds of the day (nominal). Loss avoided is real and "
               "discounted to the start of the plan: never add the two. Paid from pots adds up the sheet Draws.", 14, 180)
    paid = results.draws.groupby("scheme_id").amount_gbp.sum()
    rows = []
    for number, row in enumerate(funded.itertuples()):
        scheme, cost, value = (table.at(name, number) for name in ("scheme", "cost", "value"))
        got = float(paid.get(row.scheme_id, 0.0))
        rows.append({
            "scheme": names.schemes[row.scheme_id], "school": names.schools[row.school_id], "name": row.school_name,
            "block": row.block_id or "grounds" * bool(row.site_id), "element": names.elements[row.element], "kind": row.kind,
            "year": row.start_year, "must": "yes" if row.must_do else "no", "cost": row.cost_gbp, "value": row.value_gbp,
            "pots": row.pots, "reason": row.reason,
            "paid": Formula(f"=SUMIFS({draws.whole('amount')},{draws.whole('scheme')},{scheme})", got),
            "unpaid": Formula(f"=ROUND({cost}-{table.at('paid', number)},2)", round(row.cost_gbp - got, 2)),
            "ratio": Formula(f'=IF({cost}=0,"",{value}/{cost})', row.value_gbp / row.cost_gbp if row.cost_gbp else "")})
    return table.fill(rows)


def years_sheet(sheet, results, names, draws):
    """Payments by route and year, the reserves last, with a chart; returns its Table."""
    routes = [*(route for route in dict.fromkeys(results.cashflow.route) if route != RESERVES_ROUTE), RESERVES_ROUTE]
    paid = results.draws.assign(route=results.draws.pot_id.map(_routes(results))).groupby(["route", "year"]).amount_gbp.sum()
    wide = [Column(f"route {route}", names.routes[route], 15, "pounds", False, True) for route in routes]
    table = Table(sheet, [Column("year", "Year", 9, "year"), Column("label", "Planning year", 13), *wide,
                          Column("all", "All routes", 16, "pounds", False, True)], len(results.years), frozen=2)
    sheet.head("Spend by year: where the money comes from", "Payments of the sheet Draws by route of the pot, pounds of the "
               "day. A planning year runs from 1 September to 31 August.", len(routes) + 2, max(80, table.width))
    rows = []
    for number, year in enumerate(results.years):
        row = {"year": year, "label": year_label(year)}
        for route, column in zip(routes, wide, strict=True):
            row[column.name] = Formula(
                f"=SUMIFS({draws.whole('amount')},{draws.whole('route')},{table.heading(column.name)},"
                f"{draws.whole('year')},{table.at('year', number)})", float(paid.get((route, year), 0.0)))
        paid_gbp = sum(row[column.name].value for column in wide)
        row["all"] = Formula(f"=SUM({table.at(wide[0].name, number)}:{table.at(wide[-1].name, number)})", paid_gbp)
        rows.append(row)
    table.fill(rows)
    _spend_chart(sheet, table, wide)
    return table


def _spend_chart(sheet, table, columns):
    chart = sheet.book.file.add_chart({"type": "column", "subtype": "stacked"})
    patterns = ("wide_upward_diagonal", "small_grid", "light_horizontal", "dotted_diamond", "light_vertical", "percent_50")
    for place, column in enumerate(columns):
        colour = COLOURS[place % len(COLOURS)]
        looks = {"fill": {"color": colour}} if place == 0 else {
            "pattern": {"pattern": patterns[(place - 1) % len(patterns)], "fg_color": colour, "bg_color": "white"}}
        chart.add_series({"name": column.heading, "categories": f"={table.whole('label')}",
                          "values": f"={table.whole(column.name)}", "border": {"color": colour}, "gap": 60, **looks})
    dress(chart, "Payments by route of the pot", "Pounds of the day")
    sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Stacked columns: payments in each planning year by "
                                                       "route of the pot; the table above holds the figures."})


def dress(chart, title, axis):
    """Title, axis in thousands or millions of pounds, legend below and a size that fits a page."""
    chart.set_title({"name": title, "overlay": False, "name_font": {"size": 13, "bold": True}})
    chart.set_y_axis({"name": axis, "num_format": '[>=1000000]£0.0,,"m";£#,##0,"k"',
                      "major_gridlines": {"visible": True, "line": {"color": RULE}}})
    chart.set_x_axis({"num_font": {"rotation": -45}, "label_position": "low"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 880, "height": 340})


def matrix_sheet(sheet, results, names, draws):
    """Payments by school and year, the school with most first; returns its Table."""
    spend, called = spend_by_school(results), results.schools.set_index("school_id").name.to_dict()
    homes = results.schemes.set_index("scheme_id").school_id
    trust = results.draws[results.draws.scheme_id.map(homes) == ""].groupby("year").amount_gbp.sum()
    if len(trust):  # the service of a loan of the whole trust
        spend.loc[""] = trust.reindex(spend.columns, fill_value=0.0)
        called[""] = "The trust itself"
    years = results.years
    table = Table(sheet, [Column("school", "School", 12), Column("name", "Name of school", 30),
                          *(Column(year, year, 12, "whole", False, True) for year in years),
                          Column("all", "All years", 14, "whole", False, True)], len(spend), frozen=2)
    sheet.head("Spend by school and year", "Payments of the sheet Draws, pounds of the day; 2026 is 1 September 2026 to 31 "
               "August 2027. The pence are kept and not shown.", len(years) + 2, table.width)
    rows = []
    for number, (school, amounts) in enumerate(spend.iterrows()):
        row = {"school": names.schools[school], "name": called[school]}
        for year in years:
            row[year] = Formula(
                f"=SUMIFS({draws.whole('amount')},{draws.whole('school')},{table.at('school', number)},"
                f"{draws.whole('year')},{table.heading(year)})", float(amounts[year]))
        row["all"] = Formula(f"=SUM({table.at(years[0], number)}:{table.at(years[-1], number)})", float(amounts.sum()))
        rows.append(row)
    return table.fill(rows)


def cash_sheet(sheet, results, names, draws, last_years):
    """Every pot in every year of its window, as formulas; returns its Table.

    Parameters
    ----------
    sheet, results, names, draws
        As for ``programme_sheet``.
    last_years : dict of str to int
        Last year each pot can be spent in, where known; else it is told from what the model let lapse.

    Returns
    -------
    Table
    """
    flow = results.cashflow.sort_values(["route", "pot_id", "year"], kind="stable").reset_index(drop=True)
    table = Table(sheet, [
        Column("pot", "Pot", 26), Column("route", "Route", 12), Column("vintage", "Vintage", 16),
        Column("year", "Year from 1 September", 11, "year"),
        Column("opening", "Opening", 14, "pounds"), Column("in", "In", 14, "pounds", total=True),
        Column("out", "Out", 14, "pounds", False, True), Column("ends", "Lapses after this year", 9),
        Column("lapsed", "Lapsed", 14, "pounds", False, True), Column("closing", "Closing", 14, "pounds", False),
        Column("out model", "Out, by the model", 14, "pounds"), Column("model", "Closing, by the model", 14, "pounds"),
        Column("out check", "Check of out: must be 0", 10, "zero", False, True),
        Column("check", "Check of closing: must be 0", 10, "zero", False, True)], len(flow), filtered=True)
    sheet.head("Cash flow: every pot, year by year", "Pounds of the day. Opening is the closing of the year before; out "
               "adds up the sheet Draws; what is left when a grant's window ends lapses; closing is opening and in, less "
               "out and lapsed. The checks are out and closing less the model's.", 13, table.width)
    paid, held, rows = results.draws.groupby(["pot_id", "year"]).amount_gbp.sum().to_dict(), {}, []
    vintages = vintage_of(results)
    for number, row in enumerate(flow.itertuples()):
        new = row.pot_id not in held
        opening = row.opening_gbp if new else Formula(f"={table.at('closing', number - 1)}", held[row.pot_id])
        cells = {name: table.at(name, number) for name in ("opening", "in", "out", "lapsed", "closing", "model", "ends")}
        out = float(paid.get((row.pot_id, row.year), 0.0))
        left = (row.opening_gbp if new else held[row.pot_id]) + row.in_gbp - out
        ends = _window_ends(row, last_years)
        lapsed = max(0.0, left) if ends else 0.0
        held[row.pot_id] = closing = left - lapsed
        rows.append({
            "pot": names.pots[row.pot_id], "route": names.routes[row.route], "vintage": vintages.get(row.pot_id, ""),
            "year": row.year, "opening": opening,
            "in": row.in_gbp, "ends": "yes" if ends else "no", "out model": row.out_gbp, "model": row.closing_gbp,
            "out": Formula(f"=SUMIFS({draws.whole('amount')},{draws.whole('pot')},{table.at('pot', number)},"
                           f"{draws.whole('year')},{table.at('year', number)})", out),
            "lapsed": Formula('=IF({ends}="yes",MAX(0,{opening}+{in}-{out}),0)'.format(**cells), lapsed),
            "closing": Formula("={opening}+{in}-{out}-{lapsed}".format(**cells), closing),
            "out check": Formula(f"=ROUND({cells['out']}-{table.at('out model', number)},2)", round(out - row.out_gbp, 2)),
            "check": Formula("=ROUND({closing}-{model},2)".format(**cells), round(closing - row.closing_gbp, 2))})
    return table.fill(rows)


def _routes(results):
    return results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route


def _window_ends(row, last_years):
    """Whether what a grant holds after this year is lost."""
    if row.route == RESERVES_ROUTE:
        return False
    return row.lapsed_gbp > 0 or last_years.get(row.pot_id) == row.year


def reserves_sheet(sheet, results, names, draws, given):
    """The reserve path, its floor, DfE's watch bands and the deficits of single years; returns its Table.

    Parameters
    ----------
    sheet, results, names, draws
        As for ``programme_sheet``.
    given : dict of str to tuple of (str, float)
        Cell and value of assumptions, by figure.

    Returns
    -------
    Table
    """
    path = results.reserves.sort_values("year", kind="stable")
    table = Table(sheet, [
        Column("year", "Year", 8, "year"), Column("label", "Planning year", 11),
        Column("opening", "Opening, 1 September", 13.5, "pounds"), Column("income", "Income", 14, "pounds"),
        Column("costs", "Running costs", 14, "pounds"), Column("loans", "Loan service", 11, "pounds", total=True),
        Column("surplus", "Surplus before works", 13.5, "pounds", False, True),
        Column("spent", "Spent on works", 13.5, "pounds", False, True),
        Column("closing", "Closing, 31 August", 13.5, "pounds", False), Column("floor", "Floor", 13.5, "pounds", False),
        Column("room", "Above the floor", 13.5, "pounds", False), Column("share", "Closing as share of income", 11, "share",
                                                                       False),
        Column("band", "DfE watch band", 22), Column("deficit", "In-year deficit", 22),
        Column("low", "Lower watch band", 13.5, "whole", False), Column("high", "Upper watch band", 13.5, "whole", False),
        Column("slice", "Top slice inside the trust: nil in all", 12, "pounds"),
        Column("model", "Closing, by the model", 13.5, "pounds"),
        Column("check", "Check: must be 0", 9, "zero", False, True)],
        len(path), top=6, frozen=2)
    bands = _reserves_head(sheet, given)
    rows, held = [], None
    for number, row in enumerate(path.itertuples()):
        rows.append(_reserves_row(table, number, row, held, results, draws, names, given, bands))
        held = rows[-1]["closing"].value
    table.fill(rows)
    if rows:
        _reserves_chart(sheet, table)
    return table


def _reserves_head(sheet, given):
    """Head of the sheet with the figures the words rest on; returns the cells of the two watch bands."""
    ruled = FLOOR_SHARE in given and FLOOR_SUM in given
    sheet.head("Reserves: the path and its floor", "Pounds of the day. Spent adds up the payments of the sheet Draws from "
               "pots of the reserves. Floor: " + ("the greater of the share of income and the sum on the sheet Assumptions."
                                                  if ruled else "as the model gave it."), 15, 200)
    cells = []
    for row, (word, (share, source, status)) in enumerate(watch_bands().items(), 2):
        looks = {"bg_color": ORANGE} if status == "ASSUMPTION" else {}
        sheet.write(row, 0, f"Watch band: {word} this share of income", text_wrap=False)
        sheet.write(row, 4, share, "share", font_color=BLUE, **looks)
        sheet.write(row, 5, f"{status}: {source}", text_wrap=False)
        cells.append(f"$E${row + 1}")
    return cells


def _reserves_row(table, number, row, held, results, draws, names, given, bands):
    cells = {column.name: table.at(column.name, number) for column in table.columns}
    routes = _routes(results)
    mine = results.draws[(results.draws.pot_id.map(routes) == RESERVES_ROUTE) & (results.draws.year == row.year)]
    spent, opening = float(mine.amount_gbp.sum()), row.opening_gbp if held is None else held
    surplus = row.income_gbp - row.costs_gbp - row.loan_service_gbp
    closing = opening + surplus - spent
    share = closing / row.income_gbp if row.income_gbp > 0 else ""
    floor = row.floor_gbp
    if FLOOR_SHARE in given and FLOOR_SUM in given:
        (share_cell, least), (sum_cell, amount) = given[FLOOR_SHARE], given[FLOOR_SUM]
        floor = Formula(f"=MAX({sum_cell},{share_cell}*{cells['income']})", max(amount, least * row.income_gbp))
    floor_gbp = floor.value if isinstance(floor, Formula) else floor
    own = names.routes[RESERVES_ROUTE]
    return {
        "year": row.year, "label": year_label(row.year), "income": row.income_gbp, "costs": row.costs_gbp,
        "loans": row.loan_service_gbp, "slice": row.top_slice_gbp,
        "surplus": Formula("={income}-{costs}-{loans}".format(**cells), surplus),
        "opening": row.opening_gbp if held is None else Formula(f"={table.at('closing', number - 1)}", held),
        "spent": Formula(f"=SUMIFS({draws.whole('amount')},{draws.whole('route')},\"{own}\",{draws.whole('year')},"
                         f"{cells['year']})", spent),
        "closing": Formula("={opening}+{surplus}-{spent}".format(**cells), closing), "floor": floor,
        "room": Formula("={closing}-{floor}".format(**cells), closing - floor_gbp),
        "share": Formula('=IF({income}>0,{closing}/{income},"")'.format(**cells), share),
        "band": Formula(f'=IF({cells["income"]}<=0,"income not known",IF({cells["share"]}<{bands[0]},"{BELOW}",'
                        f'IF({cells["share"]}>{bands[1]},"{ABOVE}","{BETWEEN}")))', _band(share)),
        "low": Formula(f"={bands[0]}*{cells['income']}", watch_bands()["below"][0] * row.income_gbp),
        "high": Formula(f"={bands[1]}*{cells['income']}", watch_bands()["above"][0] * row.income_gbp),
        "deficit": Formula('=IF({surplus}<0,"deficit before works",IF({surplus}-{spent}<0,"works exceed the surplus",'
                           '"none"))'.format(**cells), _deficit(surplus, spent)),
        "model": row.closing_gbp,
        "check": Formula("=ROUND({closing}-{model},2)".format(**cells), round(closing - row.closing_gbp, 2))}


def _band(share):
    if share == "":
        return "income not known"
    bands = watch_bands()
    return BELOW if share < bands["below"][0] else ABOVE if share > bands["above"][0] else BETWEEN


def _deficit(surplus_gbp, spent_gbp):
    if surplus_gbp < 0:
        return "deficit before works"
    return "works exceed the surplus" if surplus_gbp - spent_gbp < 0 else "none"


def _reserves_chart(sheet, table):
    chart = sheet.book.file.add_chart({"type": "line"})
    reach = BANDS_WITHIN * max(table.values["closing"])
    far = {name for name in ("low", "high") if min(table.values[name]) > reach}
    for name, title, colour, dash, marker in (("closing", "Reserves on 31 August", COLOURS[0], "solid", "circle"),
                                              ("floor", "Floor", COLOURS[5], "dash", "none"),
                                              ("low", "Lower watch band", COLOURS[6], "square_dot", "none"),
                                              ("high", "Upper watch band", COLOURS[2], "long_dash_dot", "none")):
        if name in far:
            continue
        chart.add_series({"name": title, "categories": f"={table.whole('label')}", "values": f"={table.whole(name)}",
                          "line": {"color": colour, "width": 2.25, "dash_type": dash},
                          "marker": {"type": marker, "size": 6, "fill": {"color": colour}, "border": {"color": colour}}})
    dress(chart, "Reserves against their floor", "Pounds of the day")
    chart.set_size({"width": 1200, "height": 360})
    sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Lines: reserves on 31 August of each year, their "
                                                       "floor and the shares of income at which DfE may ask; the "
                                                       "table above holds the figures."})
