"""Sheets of the CFO's workbook about the common money of the trust: the ledger by school, and grants not yet spent."""

import math

from .common_money import CENTRE, NO_GRANTS, ledger_over_plan, unspent_by_vintage
from .results import PENNY_GBP, RESERVES_ROUTE
from .words import year_label
from .workbook_money import dress
from .workbook_sheet import COLOURS, Column, Formula, Table

CENTRE_KEY, ROWS_BESIDE_CHART = "(centre)", 8
HALF_PENNY_GBP = PENNY_GBP / 2
SUMMED = (("contributed", "Contributed"), ("services", "Central services"), ("works", "Works from reserves"),
          ("received", "Received"), ("net", "Net: received less contributed"), ("own grants", "Own grants"),
          ("trust grants", "Grants of the trust"))


def ledger_years_sheet(sheet, results, names, draws):
    """The ledger by school and year: works as sums of the sheet Draws, what follows from them as formulas.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    names : Names
        What each school and route is called in the workbook.
    draws : Table
        The sheet Draws.

    Returns
    -------
    Table
    """
    ledger = results.ledger.fillna({"school_id": CENTRE})
    table = Table(sheet, [
        Column("school", "School", 11), Column("name", "Name of school", 32),
        Column("year", "Year from 1 September", 10, "year"),
        Column("income", "Income", 14, "pounds"), Column("costs", "Running costs", 14, "pounds"),
        Column("loans", "Loan service", 11, "pounds"), Column("slice", "Top slice", 13, "pounds"),
        Column("pooled", "Pooled", 13, "pounds"), Column("own", "Own reserves used", 12, "pounds"),
        Column("contributed", "Contributed", 13, "pounds", False, True),
        Column("services", "Central services", 13, "pounds"),
        Column("works", "Works from reserves", 13, "pounds", False, True),
        Column("received", "Received", 14, "pounds", False, True),
        Column("net", "Net: received less contributed", 13, "pounds", False, True),
        Column("own grants", "Own grants", 13, "pounds", total=True),
        Column("trust grants", "Grants of the trust", 15, "pounds", total=True), Column("deficit", "In deficit", 8),
        Column("model", "Works, by the model", 13, "pounds"),
        Column("check", "Check of works: must be 0", 9, "zero", False, True)], len(ledger), filtered=True)
    sheet.head("Ledger by year: what each school contributes and receives", "Pounds of the day. Contributed: top slice, "
               "pooled and own reserves. Received: its part of the centre's costs, by income, and works paid from reserves "
               "(sums of the sheet Draws). The centre's rows have the other side with the sign turned, so that Net adds up "
               "to nothing. Grants come on top. Blank: not known without a budget by school.", 18, 200)
    own, homes = names.routes[RESERVES_ROUTE], results.schemes.set_index("scheme_id").school_id
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    mine = results.draws[results.draws.pot_id.map(routes) == RESERVES_ROUTE]
    paid = mine.groupby([mine.scheme_id.map(homes), mine.year]).amount_gbp.sum().to_dict()
    return table.fill(_ledger_row(table, number, row, names, draws, own, paid)
                      for number, row in enumerate(ledger.itertuples()))


def _ledger_row(table, number, row, names, draws, own, paid):
    cells = {name: table.at(name, number) for name in table.place}
    centre = row.school_id == CENTRE
    works = paid.get((row.school_id, row.year), 0.0)
    here = (f"SUMIFS({draws.whole('amount')},{draws.whole('school')},{cells['school']},{draws.whole('route')},\"{own}\","
            f"{draws.whole('year')},{cells['year']})")
    if centre:
        works -= sum(amount for (_, year), amount in paid.items() if year == row.year)
        here += f"-SUMIFS({draws.whole('amount')},{draws.whole('route')},\"{own}\",{draws.whole('year')},{cells['year']})"
    known = row.top_slice_gbp == row.top_slice_gbp and row.central_services_gbp == row.central_services_gbp
    given, received = row.top_slice_gbp + row.pooled_gbp + row.own_reserves_gbp, row.central_services_gbp + works
    sums = {"contributed": Formula("={slice}+{pooled}+{own}".format(**cells), given),
            "received": Formula("={services}+{works}".format(**cells), received),
            "net": Formula("={received}-{contributed}".format(**cells), received - given)} if known else {}
    return {
        "school": CENTRE_KEY if centre else names.schools[row.school_id], "name": row.name, "year": row.year,
        "income": row.income_gbp, "costs": row.costs_gbp, "loans": row.loan_service_gbp, "slice": row.top_slice_gbp,
        "pooled": row.pooled_gbp, "own": row.own_reserves_gbp, "services": row.central_services_gbp,
        **sums,
        "works": Formula(f"={here}", works),
        "own grants": row.own_grants_gbp, "trust grants": row.trust_grants_gbp, "deficit": row.in_deficit,
        "model": row.works_gbp,
        "check": Formula("=ROUND({works}-{model},2)".format(**cells), round(works - row.works_gbp, 2))}


def ledger_sheet(sheet, results, names, years):
    """The ledger over the whole plan, one row for each school, as sums of the sheet Ledger by year; returns its Table.

    Parameters
    ----------
    sheet, results, names
        As for ``ledger_years_sheet``.
    years : Table
        The sheet Ledger by year.

    Returns
    -------
    Table
    """
    ledger = ledger_over_plan(results)
    table = Table(sheet, [Column("school", "School", 12), Column("name", "Name of school", 34),
                          *(Column(name, heading, 16, "whole", False, True) for name, heading in SUMMED),
                          Column("deficits", "Years in deficit", 9, "count", False)], len(ledger))
    sheet.head("Ledger: what each school contributes to the trust's own money and receives from it, over the plan",
               "Pounds of the day, sums of the sheet Ledger by year, the schools that receive most first. The net of all "
               "schools and the centre is nothing; grants come on top. The pence are kept and not shown.", 9, table.width)
    rows, keys, values = [], years.values["school"], years.values
    for number, (school, row) in enumerate(ledger.iterrows()):
        key = CENTRE_KEY if school == CENTRE else names.schools[school]
        places = [place for place, found in enumerate(keys) if found == key]
        cells = {"school": key, "name": row["name"]}
        here = f"{years.whole('school')},{table.at('school', number)}"
        for name, _ in SUMMED:
            found = [values[name][place] for place in places if values[name][place] != ""]
            cells[name] = Formula(f"=SUMIFS({years.whole(name)},{here})", math.fsum(found)) if found else None
        cells["deficits"] = Formula(f'=COUNTIFS({here},{years.whole("deficit")},"yes")',
                                    sum(values["deficit"][place] == "yes" for place in places))
        rows.append(cells)
    return table.fill(rows)


def unspent_sheet(sheet, results, cash):
    """Grants left at the end of each year by vintage, as sums of the sheet Cash flow, with a chart; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    cash : Table
        The sheet Cash flow.

    Returns
    -------
    Table
    """
    left, lapsed = unspent_by_vintage(results)
    table = Table(sheet, [Column("vintage", "Vintage", 26),
                          *(Column(year, year, 13, "whole", False, True) for year in results.years),
                          Column("lapsed", "Lapsed in the plan", 13, "whole", False, True)], len(left))
    sheet.head("Unspent grants: what is left of each vintage on 31 August", "Pounds of the day, sums of the sheet Cash "
               "flow; 2026 is the year from 1 September 2026. A vintage is a route and the years of the plan it can be "
               "spent in. The pence are kept and not shown.", len(results.years) + 1, max(80, table.width))
    rows = []
    for number, (vintage, amounts) in enumerate(left.iterrows()):
        here = f"{cash.whole('vintage')},{table.at('vintage', number)}"
        row = {year: Formula(f"=SUMIFS({cash.whole('closing')},{here},{cash.whole('year')},{table.heading(year)})",
                             float(amounts[year])) for year in results.years}
        rows.append({"vintage": vintage, **row, "lapsed": Formula(f"=SUMIFS({cash.whole('lapsed')},{here})",
                                                                  float(lapsed[vintage]))})
    table.fill(rows)
    if rows:
        _unspent_chart(sheet, table, results.years)
    return table


def _unspent_chart(sheet, table, years):
    """Stacked columns, one series for each vintage; neighbours differ in colour."""
    chart = sheet.book.file.add_chart({"type": "column", "subtype": "stacked"})
    heads = f"={table.sheet.at(table.header, table.place[years[0]])}:" + table.sheet.at(
        table.header, table.place[years[-1]]).split("!")[1]
    for number in range(table.count):
        row = f"={table.cell(years[0], number)}:{table.cell(years[-1], number).split('!')[1]}"
        chart.add_series({"name": f"={table.cell('vintage', number)}", "categories": heads, "values": row, "gap": 60,
                          "fill": {"color": COLOURS[number % len(COLOURS)]}, "border": {"color": "white"}})
    dress(chart, f"Grant unspent on 31 August, {year_label(years[0])} to {year_label(years[-1])}, by vintage",
          "Pounds of the day")
    chart.set_size({"width": 1100, "height": 360 + 10 * table.count})
    if table.count > ROWS_BESIDE_CHART:
        sheet.page.set_h_pagebreaks([table.last + 1])
    sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Stacked columns: grant left at the end of each year "
                                                       "by vintage; the table above holds the figures."})


def ledger_checks(results, tables):
    """Checks of these sheets: label, formula, the model's figure, rounding allowed [GBP].

    Parameters
    ----------
    results : Results
    tables : dict of str to Table
        The sheets, by name.

    Returns
    -------
    list of tuple of (str, Formula, float, float)
    """
    years, table, unspent, flow = tables["Ledger by year"], tables["Ledger"], tables["Unspent grants"], results.cashflow
    grants = flow[~flow.route.isin(NO_GRANTS)]
    rows = []
    if years.count:
        cells = HALF_PENNY_GBP * years.count
        rows = [("Ledger: net of all schools and the centre", table.total("net"), 0.0, 4 * cells),
                ("Ledger: works from reserves, with the centre's other side", table.total("works"), 0.0, cells),
                ("Ledger: grants spent at schools", Formula(
                    f"=SUM({table.whole('own grants')})+SUM({table.whole('trust grants')})",
                    table.sum("own grants") + table.sum("trust grants")), grants.out_gbp.sum(),
                    2 * cells + HALF_PENNY_GBP * len(flow))]
    if unspent.count:
        last = results.years[-1]
        rows.append(("Unspent grants at the end of the plan", unspent.total(last),
                     grants.closing_gbp[grants.year == last].sum(), HALF_PENNY_GBP * len(flow)))
    return rows
