"""Sheet of the CFO's workbook about places: what stands, who fills it, and what is spare or wanting, school by school."""

from .workbook_money import dress
from .workbook_sheet import COLOURS, RULE, Column, Formula, Table

TRUST = ""


def places_sheet(sheet, results, names):
    """Places and pupils by school and year, without and with the programme; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results
    names : Names

    Returns
    -------
    Table
        Empty where the run did not weigh places. Spare and wanting places are formulas, one school at a time.
    """
    frame = results.places
    schools = frame[frame.school_id != TRUST].reset_index(drop=True)
    table = Table(sheet, [
        Column("school", "School", 12), Column("name", "Name", 34), Column("year", "Year from 1 September", 11, "year"),
        Column("places", "Places, nothing closed or added", 12, "count"),
        Column("temporary", "of them temporary", 11, "count"),
        Column("low", "Pupils: 1 case in 10 has fewer", 11, "decimal"),
        Column("pupils", "Pupils: 1 case in 2", 11, "decimal"),
        Column("high", "Pupils: 9 cases in 10 have fewer", 11, "decimal"),
        Column("spare", "Spare places", 10, "decimal", False),
        Column("short", "Pupils without a place", 10, "decimal", False),
        Column("unfilled", "Unfilled share", 9, "share", False),
        Column("with", "Places with the programme", 12, "count"),
        Column("spare with", "Spare with it", 10, "decimal", False),
        Column("short with", "Without a place with it", 10, "decimal", False),
        Column("needed", "Floor area by the guidelines, m2", 12, "count"), Column("gifa", "Floor area, m2", 10, "count"),
        Column("area", "Area needed of what there is", 10, "share", False)], len(schools), filtered=True, frozen=3)
    sheet.head("Places: what stands, who fills it, and what is spare or wanting",
               "Each school by itself: what one lacks is not set against what another has. Pupils are those of the spring "
               "within the year. Floor area by the guidelines is for the pupils of one case in two; none for special "
               "schools."
               if len(schools) else "This run did not weigh places (overlay places).", 16, min(180, table.width))
    table.fill([_row(table, number, row, names) for number, row in enumerate(schools.itertuples())])
    trust = frame[frame.school_id == TRUST]
    if len(trust):
        _chart(sheet, table, trust)
    return table


def _row(table, number, row, names):
    cell = {column.name: table.at(column.name, number) for column in table.columns}
    spare, short = max(row.places - row.pupils_p50, 0.0), max(row.pupils_p50 - row.places, 0.0)
    area = row.guideline_m2 / row.gifa_m2 if row.gifa_m2 and row.guideline_m2 == row.guideline_m2 else ""
    return {
        "school": names.schools.get(row.school_id, row.school_id), "name": row.name, "year": row.year, "places": row.places,
        "temporary": row.temporary_places, "low": row.pupils_p10, "pupils": row.pupils_p50, "high": row.pupils_p90,
        "spare": Formula("=MAX({places}-{pupils},0)".format(**cell), spare),
        "short": Formula("=MAX({pupils}-{places},0)".format(**cell), short),
        "unfilled": Formula("=IF({places}=0,0,{spare}/{places})".format(**cell), spare / row.places if row.places else 0.0),
        "with": row.places_with,
        "spare with": Formula(f"=MAX({cell['with']}-{cell['pupils']},0)", max(row.places_with - row.pupils_p50, 0.0)),
        "short with": Formula(f"=MAX({cell['pupils']}-{cell['with']},0)", max(row.pupils_p50 - row.places_with, 0.0)),
        "needed": row.guideline_m2 if row.guideline_m2 == row.guideline_m2 else "", "gifa": row.gifa_m2,
        "area": Formula('=IF(OR({needed}="",{gifa}=0),"",{needed}/{gifa})'.format(**cell), area)}


def _chart(sheet, table, trust):
    """Lines of the trust by year from a small table of sums below."""
    top = table.last + 2
    words = ("Year", "Places", "With the programme", "Pupils (1 in 2)")
    for place, word in enumerate(words):
        sheet.write(top, place, word, bold=True, **({"align": "right"} if place else {}))
    for step, row in enumerate(trust.itertuples(), start=1):
        sheet.write(top + step, 0, row.year, "year")
        for place, (column, value) in enumerate((("places", row.places), ("with", row.places_with), ("pupils", None)), 1):
            total = Formula(f"=SUMIFS({table.whole(column)},{table.whole('year')},{sheet.at(top + step, 0)})",
                            value if value is not None else _sum_of(table, row.year))
            sheet.write(top + step, place, total, "count")
    last, chart = top + len(trust), sheet.book.file.add_chart({"type": "line"})
    for place, dash in ((1, "dash"), (2, "solid"), (3, "solid")):
        span = [f"{sheet.at(top + 1, column)}:{sheet.at(last, column).split('!')[1]}" for column in (0, place)]
        chart.add_series({"name": words[place], "categories": f"={span[0]}", "values": f"={span[1]}",
                          "line": {"color": COLOURS[place - 1], "dash_type": dash}})
    dress(chart, "Places and pupils of the schools together", "Places and pupils")
    chart.set_y_axis({"name": "Places and pupils", "num_format": "#,##0", "min": 0,
                      "major_gridlines": {"visible": True, "line": {"color": RULE}}})
    sheet.page.insert_chart(last + 2, 0, chart, {"description": "Lines by year: places with and without the programme, and "
                                                 "pupils; the table above holds the figures."})


def _sum_of(table, year):
    """Pupils of all schools in a year, as the formula beside them adds them up."""
    return sum(pupils for pupils, own in zip(table.values["pupils"], table.values["year"], strict=True) if own == year)
