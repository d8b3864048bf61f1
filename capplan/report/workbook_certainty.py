"""Sheet of the CFO's workbook about certainty: what the programme comes to one time in two and four times in five."""

from .workbook_money import dress
from .workbook_sheet import COLOURS, Column, Formula, Table

PROGRAMME, YEAR, POT, SCHEME = "programme", "year", "pot", "scheme"
SUMMED = {YEAR: "year", POT: "pot", SCHEME: "scheme"}
"""Column of the sheet Draws that a row of each scope adds up."""


def certainty_sheet(sheet, results, names, draws):
    """What to hold beside the plan: planned by formula from ``draws``, P50 and P80 of the model; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    names : Names
    draws : Table

    Returns
    -------
    Table
        The programme, its years, its pots and its schemes, in this order; empty where the folder has no ``cost_risk.csv``.
    """
    risk = results.cost_risk
    table = Table(sheet, [
        Column("scope", "What", 12), Column("name", "Name", 42), Column("stage", "Stage of its cost", 13),
        Column("planned", "As planned (the mean)", 17, "pounds", False), Column("p50", "P50: one time in two", 17, "pounds"),
        Column("p80", "P80: four times in five", 17, "pounds"),
        Column("hold", "To hold beside the plan to be 80% sure", 17, "pounds", False),
        Column("share", "As share of the plan", 11, "share", False),
        Column("apart", "P80s of its schemes added up", 17, "pounds", False),
        Column("saved", "Saved by holding it together", 16, "pounds", False),
        Column("model", "As planned, by the model", 17, "pounds"),
        Column("check", "Check: must be 0", 9, "zero", False, True)],
        len(risk), filtered=True, frozen=2)
    sheet.head("Certainty: what the costs may come to", "Pounds of the day. P50 and P80: the cost is this or less one time "
               "in two, four times in five; sampled by the model with a market that all schemes share. Not all go wrong "
               "together, so what the programme holds is less than what its schemes would hold each. An overrun falls on "
               "years and pots as their payments do; what others pay is a fixed sum."
               if len(risk) else "This folder has no cost_risk.csv.", 11, min(180, table.width))
    alone_gbp = float(risk.p80_gbp[risk.scope == SCHEME].sum())
    table.fill([_row(table, number, row, draws, names, alone_gbp) for number, row in enumerate(risk.itertuples())])
    years = [number for number, scope in enumerate(risk.scope) if scope == YEAR]
    if years:
        _chart(sheet, table, years)
    return table


def _row(table, number, row, draws, names, alone_gbp):
    """One row; ``alone_gbp``: the P80s of all schemes added up."""
    cell = {column.name: table.at(column.name, number) for column in table.columns}
    name = {POT: names.pots, SCHEME: names.schemes}.get(row.scope, {}).get(row.name, row.name)
    planned = f"=SUM({draws.whole('amount')})"
    if row.scope in SUMMED:
        key = row.name if row.scope == YEAR else cell["name"]
        planned = f"=SUMIFS({draws.whole('amount')},{draws.whole(SUMMED[row.scope])},{key})"
    paid = [amount for amount, own in zip(draws.values["amount"], _keys(draws, row.scope), strict=True)
            if own == (int(row.name) if row.scope == YEAR else name if row.scope in SUMMED else PROGRAMME)]
    total = float(sum(paid))
    hold, apart = row.p80_gbp - total, alone_gbp if row.scope == PROGRAMME else row.schemes_p80_gbp
    added = Formula(f'=SUMIFS({table.whole("p80")},{table.whole("scope")},"{SCHEME}")', alone_gbp)
    return {
        "scope": row.scope, "name": name, "stage": row.stage, "planned": Formula(planned, total), "p50": row.p50_gbp,
        "p80": row.p80_gbp, "hold": Formula("={p80}-{planned}".format(**cell), hold),
        "share": Formula('=IF({planned}=0,0,{hold}/{planned})'.format(**cell), hold / total if total else 0.0),
        "apart": added if row.scope == PROGRAMME else apart, "saved": Formula("={apart}-{p80}".format(**cell),
                                                                             apart - row.p80_gbp),
        "model": row.planned_gbp, "check": Formula("=ROUND({planned}-{model},2)".format(**cell),
                                                   round(total - row.planned_gbp, 2))}


def _keys(draws, scope):
    """What a row of the sheet Draws counts for."""
    return draws.values[SUMMED[scope]] if scope in SUMMED else [PROGRAMME] * len(draws.values["amount"])


def _chart(sheet, table, years):
    chart = sheet.book.file.add_chart({"type": "column"})
    where = {name: f"{table.cell(name, years[0])}:{sheet.at(table.first + years[-1], table.place[name]).split('!')[1]}"
             for name in ("name", "planned", "p50", "p80")}
    looks = (("p50", "P50", {"pattern": "light_horizontal", "fg_color": COLOURS[4], "bg_color": "white"}, COLOURS[4]),
             ("planned", "As planned", None, COLOURS[0]),
             ("p80", "P80", {"pattern": "wide_upward_diagonal", "fg_color": COLOURS[5], "bg_color": "white"}, COLOURS[5]))
    for name, title, pattern, colour in looks:
        chart.add_series({"name": title, "categories": f"={where['name']}", "values": f"={where[name]}",
                          "border": {"color": colour}, "gap": 60,
                          **({"pattern": pattern} if pattern else {"fill": {"color": colour}})})
    dress(chart, "What each year may come to", "Pounds of the day")
    sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Columns for each year: what is spent one time in "
                                                       "two, as planned, and four times in five; the table above holds "
                                                       "the figures."})
