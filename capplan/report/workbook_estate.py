"""Sheets of the CFO's workbook about the estate: outlook, schools, elements, deferred needs, and what it all rests on."""

from .needs import deferred_needs
from .results import PLANS
from .words import IF_DEFERRED
from .workbook_money import dress
from .workbook_sheet import COLOURS, Column, Formula, Table

BACKLOG = ("backlog_now_gbp", "backlog_end_without_gbp", "backlog_end_with_gbp")


def outlook_sheet(sheet, results, pupil_days):
    """Backlog by grade, failures and pupil-days by year, without and with the programme; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    pupil_days : dict of (str, int) to float
        School days lost by pupils, by plan and year; empty where the folder has none.

    Returns
    -------
    Table
    """
    columns = [Column("year", "1 September", 11, "year")]
    for plan in PLANS:
        columns += [Column(f"{plan} {grade}", f"Grade {grade}, {plan}", 13, "whole") for grade in "BCDE"]
        columns += [Column(f"{plan} all", f"Backlog C to E, {plan}", 13, "whole", False),
                    Column(f"{plan} failures", f"Failures in the year, {plan}", 10, "decimal")]
        columns += [Column(f"{plan} days", f"Pupil-days lost, {plan}", 11, "decimal")] * bool(pupil_days)
    columns.append(Column("avoided", "Backlog avoided", 12, "whole", False))
    path = results.outlook.set_index(["plan", "year"])
    years = sorted(set(results.outlook.year))
    table = Table(sheet, columns, len(years))
    sheet.head("Outlook: backlog, failures and pupil-days, without and with the programme",
               f"Pounds at {results.solution['price_base']} prices (real). Grade B is not backlog. Without: nothing is "
               "renewed or repaired for the whole plan, not even what fails.", len(columns) - 1, table.width)
    rows = []
    for number, year in enumerate(years):
        row = {"year": year}
        for plan in PLANS:
            figures = path.loc[plan, year]
            row |= {f"{plan} {grade}": figures[f"backlog_{grade.lower()}_gbp"] for grade in "BCDE"}
            row[f"{plan} all"] = Formula(f"=SUM({table.at(f'{plan} C', number)}:{table.at(f'{plan} E', number)})",
                                         sum(row[f"{plan} {grade}"] for grade in "CDE"))
            row[f"{plan} failures"], row[f"{plan} days"] = figures.expected_failures, pupil_days.get((plan, year))
        row["avoided"] = Formula(f"={table.at('without all', number)}-{table.at('with all', number)}",
                                 row["without all"].value - row["with all"].value)
        rows.append(row)
    table.fill(rows)
    _backlog_chart(sheet, table)
    return table


def _backlog_chart(sheet, table):
    chart = sheet.book.file.add_chart({"type": "line"})
    for plan, colour, dash, marker in (("without", COLOURS[5], "dash", "diamond"), ("with", COLOURS[0], "solid", "circle")):
        chart.add_series({"name": f"{plan.capitalize()} the programme", "categories": f"={table.whole('year')}",
                          "values": f"={table.whole(f'{plan} all')}",
                          "line": {"color": colour, "width": 2.25, "dash_type": dash},
                          "marker": {"type": marker, "size": 6, "fill": {"color": colour}, "border": {"color": colour}}})
    dress(chart, "Backlog of grades C to E on 1 September", "Pounds at the plan's prices")
    chart.set_size({"width": 1200, "height": 360})
    sheet.page.insert_chart(table.last + 2, 0, chart, {"description": "Two lines: backlog on 1 September of each year "
                                                       "without and with the programme; the table above holds the figures."})


def schools_sheet(sheet, results, names, draws, programme):
    """Backlog, spend and schemes of every school; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    names : Names
    draws, programme : Table
        What its formulas add up.

    Returns
    -------
    Table
    """
    schools = results.schools.sort_values("spend_gbp", ascending=False, kind="stable")
    table = Table(sheet, [
        Column("place", "School", 14), Column("name", "Name of school", 30), Column("gifa", "Floor area, m2", 11, "count"),
        *_backlog_columns(), Column("replacement", "Cost of rebuilding", 14, "whole", total=True),
        Column("index", "Condition index now", 10, "share"), *_spend_columns(),
        Column("surveyed", "Surveyed, not modelled", 10, "share")], len(schools), filtered=True, frozen=2)
    sheet.head("Schools: backlog, spend and schemes", _note(results) + " The condition index is the backlog in blocks over "
               "the cost of rebuilding them.", 13, 180)
    homes = results.schemes.set_index("scheme_id").school_id
    paid = results.draws.groupby(results.draws.scheme_id.map(homes)).amount_gbp.sum()
    count = results.funded.groupby("school_id").size()
    return table.fill({
        "place": names.schools[row.school_id], "name": row.name, "gifa": row.gifa_m2, "replacement": row.replacement_gbp,
        "index": row.fci_now, "surveyed": row.surveyed_share,
        **_backlog_cells(table, number, row), **_spend_cells(
            table, number, row, (draws.whole("amount"), draws.whole("school"), float(paid.get(row.school_id, 0.0))),
            (programme.whole("school"), int(count.get(row.school_id, 0))))}
        for number, row in enumerate(schools.itertuples(index=False)))


def elements_sheet(sheet, results, names, programme):
    """Backlog, spend and schemes of every element; parameters as for ``schools_sheet``; returns its Table."""
    elements = results.elements.sort_values("spend_gbp", ascending=False, kind="stable")
    table = Table(sheet, [Column("place", "Element", 38), *_backlog_columns(), *_spend_columns()], len(elements),
                  filtered=True)
    sheet.head("Elements: backlog, spend and schemes", _note(results), 8, table.width)
    funded = results.funded.assign(paid=results.funded.scheme_id.map(results.draws.groupby("scheme_id").amount_gbp.sum()))
    paid, count = funded.groupby("element").paid.sum(), funded.groupby("element").size()
    return table.fill({
        "place": names.elements[row.element], **_backlog_cells(table, number, row), **_spend_cells(
            table, number, row, (programme.whole("paid"), programme.whole("element"), float(paid.get(row.element, 0.0))),
            (programme.whole("element"), int(count.get(row.element, 0))))}
        for number, row in enumerate(elements.itertuples(index=False)))


def _note(results):
    return (f"Backlog of grades C to E at {results.solution['price_base']} prices (real). Spend adds up the payments, in "
            "pounds of the day (nominal): never add the two.")


def _backlog_columns():
    return (Column("now", "Backlog now", 14, "whole", total=True),
            Column("without", "Backlog at the end, without", 14, "whole", total=True),
            Column("with", "Backlog at the end, with", 14, "whole", total=True),
            Column("avoided", "Backlog avoided", 14, "whole", False, True))


def _spend_columns():
    return (Column("spend", "Spend over the plan", 15, "pounds", False, True),
            Column("schemes", "Schemes", 9, "count", False, True), Column("model", "Spend, by the model", 15, "pounds"),
            Column("check", "Check: must be 0", 9, "zero", False, True))


def _backlog_cells(table, number, row):
    now, without, with_it = (getattr(row, name) for name in BACKLOG)
    return {"now": now, "without": without, "with": with_it, "avoided": Formula(
        f"={table.at('without', number)}-{table.at('with', number)}", without - with_it)}


def _spend_cells(table, number, row, paid, counted):
    """Spend and schemes by formula: ranges to add up and to look in, with the value."""
    place, (amounts, places, spend), (listed, schemes) = table.at("place", number), paid, counted
    return {"spend": Formula(f"=SUMIFS({amounts},{places},{place})", spend),
            "schemes": Formula(f"=COUNTIFS({listed},{place})", schemes), "model": row.spend_gbp,
            "check": Formula(f"=ROUND({table.at('spend', number)}-{table.at('model', number)},2)",
                             round(spend - row.spend_gbp, 2))}


def deferred_sheet(sheet, results):
    """Needs that are not funded, the largest loss first, with the reason; returns its Table."""
    needs = deferred_needs(results)
    table = Table(sheet, [
        Column("scheme", "Cheapest scheme", 24), Column("name", "Name of school", 22), Column("block", "Block", 11),
        Column("element", "Element", 18), Column("kind", "Kind", 10), Column("priority", "Priority", 8, "count"),
        Column("grade", "Worst grade", 8), Column("must", "Must do", 7),
        Column("cost", "Cost if done in the first year", 15, "pounds", total=True),
        Column("value", "Loss it would avoid, best year", 15, "pounds", total=True), Column("reason", "Why not", 46)],
        len(needs), filtered=True)
    sheet.head("Deferred: needs that are not funded", f"Once for each need, {IF_DEFERRED} (nominal). Loss avoided is real "
               "and discounted. Priority is the surveyor's, 1 first; grade D is bad, X is to be replaced.", 10, 180)
    return table.fill({
        "scheme": row.scheme_id, "name": row.school_name, "block": row.block_id or "grounds", "element": row.element,
        "kind": row.kind, "priority": row.priority, "grade": row.worst_grade, "must": "yes" if row.must_do else "no",
        "cost": row.cost_gbp, "value": row.value_gbp, "reason": row.reason} for row in needs.itertuples())


def assumptions_sheet(sheet, rows):
    """Every figure with its source, assumptions of capplan marked; returns its Table and the numbers by figure.

    Parameters
    ----------
    sheet : Sheet
    rows : list of dict
        Rows of ``assumptions.csv``; none where the folder has no such file.

    Returns
    -------
    tuple of (Table, dict of str to tuple of (str, float))
    """
    table = Table(sheet, [Column("figure", "Figure", 46), Column("value", "Value", 14, "given"),
                          Column("meaning", "Meaning", 70), Column("source", "Source", 26), Column("status", "Status", 14)],
                  len(rows), filtered=True)
    sheet.head("Assumptions: every figure the run took, and where it comes from",
               "Status: published; choice is the trust's own to make; ASSUMPTION, on an orange ground, is capplan's and not "
               "published. The floor of the reserves follows reserves.floor_share and reserves.floor_gbp here; all other "
               "figures take a new run." if rows else "This folder has no assumptions.csv.", 4, table.width)
    given, cells = {}, []
    for number, row in enumerate(rows):
        value = as_number(row["value"])
        if not isinstance(value, str):
            given[row["figure"]] = (table.cell("value", number), value)
        cells.append({**row, "value": value, "marked": row["status"] == "ASSUMPTION"})
    return table.fill(cells), given


def sources_sheet(sheet, rows):
    """The publications behind the figures; rows of ``sources.csv``; returns its Table."""
    table = Table(sheet, [Column("source", "Source", 24), Column("title", "Title", 62), Column("publisher", "Publisher", 30),
                          Column("date", "Date", 12), Column("where", "Where to find it", 44),
                          Column("status", "Status", 14)], len(rows), filtered=True)
    sheet.head("Sources", "The publications behind the reference figures." if rows else "This folder has no sources.csv.",
               5, table.width)
    return table.fill({**row, "marked": row["status"] == "ASSUMPTION"} for row in rows)


def as_number(text):
    """A number where the text is a plain one, else the text.

    Examples
    --------
    >>> as_number("0.05"), as_number("CD"), as_number("nan"), as_number("1_000")
    (0.05, 'CD', 'nan', '1_000')
    """
    try:
        value = float(text)
    except ValueError:
        return text
    return value if abs(value) < float("inf") and "_" not in text else text
