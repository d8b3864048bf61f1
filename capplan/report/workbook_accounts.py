"""Sheets of the CFO's workbook with accounts: how the backlog moves, and what owning each place costs."""

import math

from .words import NEGLIGIBLE_GBP
from .workbook_money import dress
from .workbook_sheet import COLOURS, PALE, Column, Formula, Table

OPENING, PRICE, CLOSING = "opening", "price", "closing"
ITEMS = {"capital": "Works", "patching": "Patching", "failures": "Failures", "closures": "Closures",
         "handed_on": "Handed on"}
LEVELS = ("trust", "school", "element", "block")
HELPER = ("What moves it", "Amount", "Level after", "Hidden foot", "Level", "Adds", "Takes off")


def bridge_sheet(sheet, results):
    """How the backlog moves by year, with a chart of the whole plan; returns its Table.

    Parameters
    ----------
    sheet : Sheet
    results : Results

    Returns
    -------
    Table
        Empty where the folder has no ``bridge.csv``.
    """
    frame = results.bridge.dropna(subset="year")
    real = frame.pivot(index="year", columns="item", values="amount_gbp")
    nominal = frame.pivot(index="year", columns="item", values="amount_nominal_gbp")
    between = [item for item in dict.fromkeys(frame.item) if item not in (OPENING, PRICE, CLOSING)]
    kept = [item for item in between if real[item].abs().max() >= NEGLIGIBLE_GBP]
    table = Table(sheet, [
        Column("year", "Year from 1 September", 18, "year"), Column(OPENING, "Opening", 13, "whole", False),
        *(Column(item, f"{item[:1].upper()}{item[1:]}", 13, "whole", total=True) for item in kept),
        Column(CLOSING, "Closing", 13, "whole", False), Column("model", "Closing, by the model", 13, "whole"),
        Column("check", "Check: must be 0", 9, "zero", False, True),
        Column("day opening", "Opening, pounds of the day", 13, "whole", False),
        Column("day moved", "Movements, at the year's prices", 13, "whole", total=True),
        Column("day price", "Rise of prices", 14, "whole", total=True),
        Column("day closing", "Closing, pounds of the day", 13, "whole", False)], len(real))
    sheet.head("Backlog movement: from its opening to its closing, year by year, with the programme",
               f"Backlog of grades C to E. Left: pounds at {results.solution['price_base']} prices (real). Right: pounds of "
               "the day, each year's movements at its own prices. The pence are kept and not shown."
               if len(real) else "This folder has no bridge.csv.", len(table.columns) - 1, min(180, table.width))
    rows = []
    for number, year in enumerate(real.index):
        rows.append(_bridge_row(table, number, real.loc[year], nominal.loc[year], kept, rows))
    table.fill(rows)
    if rows:
        _waterfall(sheet, table, kept)
    return table


def _bridge_row(table, number, real, nominal, kept, rows):
    """One year: openings point to the closings before, closings add up."""
    row = {"year": int(real.name), **{item: real[item] for item in kept}, "model": real[CLOSING],
           "day moved": math.fsum(nominal[item] for item in nominal.index if item not in (OPENING, PRICE, CLOSING)),
           "day price": nominal[PRICE]}
    for opening, closing, first in ((OPENING, CLOSING, real), ("day opening", "day closing", nominal)):
        row[opening] = Formula(f"={table.at(closing, number - 1)}", rows[-1][closing].value) if rows else first[OPENING]
    left, right = (row[name].value if rows else row[name] for name in (OPENING, "day opening"))
    row[CLOSING] = Formula(f"=SUM({table.at(OPENING, number)}:{table.at(kept[-1] if kept else OPENING, number)})",
                           math.fsum([left, *(row[item] for item in kept)]))
    row["day closing"] = Formula(f"=SUM({table.at('day opening', number)}:{table.at('day price', number)})",
                                 math.fsum([right, row["day moved"], row["day price"]]))
    row["check"] = Formula(f"=ROUND({table.at(CLOSING, number)}-{table.at('model', number)},2)",
                           round(row[CLOSING].value - real[CLOSING], 2))
    return row


def _waterfall(sheet, table, kept):
    """The whole plan as bars that hang from one another, drawn from a small table of formulas below."""
    top = table.last + 2
    for place, word in enumerate(HELPER):
        sheet.write(top, place, word, bold=True, bg_color=PALE, bottom=1, **({"align": "right"} if place else {}))
    first, level = top + 1, 0.0
    for step, item in enumerate((OPENING, *kept, CLOSING)):
        row, line, ends = first + step, first + step + 1, item in (OPENING, CLOSING)
        amount = table.values[item][0 if item == OPENING else -1] if ends else table.sum(item)
        cell = table.cell(item, 0 if item == OPENING else table.count - 1) if ends else table.total(item).text[1:]
        before, level = level, amount if ends else level + amount
        figures = (Formula(f"={cell}", amount), Formula(f"=B{line}" if ends else f"=C{line - 1}+B{line}", level),
                   0.0 if ends else Formula(f"=MIN(C{line - 1},C{line})", min(before, level)),
                   Formula(f"=B{line}", amount) if ends else 0.0,
                   0.0 if ends else Formula(f"=MAX(B{line},0)", max(amount, 0.0)),
                   0.0 if ends else Formula(f"=MAX(-B{line},0)", max(-amount, 0.0)))
        sheet.write(row, 0, f"{item[:1].upper()}{item[1:]}")
        for place, figure in enumerate(figures, start=1):
            sheet.write(row, place, figure, "whole")
    last = first + len(kept) + 1
    chart = sheet.book.file.add_chart({"type": "column", "subtype": "stacked"})
    looks = {3: {"fill": {"none": True}, "border": {"none": True}}, 4: {"fill": {"color": COLOURS[6]}},
             5: {"pattern": {"pattern": "percent_50", "fg_color": COLOURS[5], "bg_color": "white"}},
             6: {"pattern": {"pattern": "light_horizontal", "fg_color": COLOURS[0], "bg_color": "white"}}}
    for column, look in looks.items():
        chart.add_series({"name": HELPER[column], "categories": [sheet.name, first, 0, last, 0],
                          "values": [sheet.name, first, column, last, column], "gap": 40, **look})
    dress(chart, "How the backlog moves over the plan", "Pounds at the plan's prices")
    chart.set_legend({"position": "bottom", "delete_series": [0]})
    chart.set_size({"width": 1000, "height": 380})
    sheet.page.insert_chart(last + 2, 0, chart, {"description": "Columns that hang from one another, from the backlog at "
                                                 "the start to that at the end; the table above holds the figures."})


def ownership_sheet(sheet, results):
    """What the trust and each school, element and block cost over the plan, without and with the programme.

    Parameters
    ----------
    sheet : Sheet
    results : Results

    Returns
    -------
    Table
        Empty where the folder has no ``ownership.csv``.
    """
    frame = results.ownership
    order = frame.level.map({level: place for place, level in enumerate(LEVELS)})
    frame = frame.assign(order=order, turn=frame.plan == "with").sort_values(["order", "place", "turn"], kind="stable")
    called = results.schools.set_index("school_id").name
    real = [Column(name, word, 14, "whole") for name, word in ITEMS.items()]
    present = [Column(f"{name} present", f"{word}, present value", 14, "whole") for name, word in ITEMS.items()]
    table = Table(sheet, [
        Column("level", "Level", 10), Column("place", "Place", 30), Column("plan", "Plan", 9), *real,
        Column("total", "All, as they fall", 13, "whole", False), *present,
        Column("total present", "All, present value", 13, "whole", False),
        Column("saved", "Without less with, present value", 13, "whole", False)], len(frame), filtered=True, frozen=3)
    sheet.head("Ownership: what each place costs over the plan, without and with the programme",
               f"Pounds at {results.solution['price_base']} prices (real), as they fall and discounted to the start of the "
               "plan. Patching, failures, closures and what is handed on are expected. What works on the trust's own list "
               "avoid is not in here. The levels are the same money four times: never add them."
               if len(frame) else "This folder has no ownership.csv.", 15, 180)
    rows = []
    for number, record in enumerate(frame.to_dict("records")):
        row = {"level": record["level"], "plan": record["plan"],
               "place": called.get(record["place"], record["place"]) if record["level"] == "school" else record["place"]}
        for basis in ("", " present"):
            names, key = [f"{name}{basis}" for name in ITEMS], basis.replace(" ", "_")
            row |= {name: record[f"{item}{key}_gbp"] for item, name in zip(ITEMS, names, strict=True)}
            row[f"total{basis}"] = Formula(f"=SUM({table.at(names[0], number)}:{table.at(names[-1], number)})",
                                           math.fsum(row[name] for name in names))
        if rows and record["plan"] == "with":
            total = [table.at("total present", line) for line in (number - 1, number)]
            row["saved"] = Formula(f"={total[0]}-{total[1]}", rows[-1]["total present"].value - row["total present"].value)
        rows.append(row)
    return table.fill(rows)


def account_checks(results, tables, backlog_gbp, penny_gbp):
    """The accounts beside the model: label, formula, the model's figure, rounding allowed; none where there are none.

    Parameters
    ----------
    results : Results
    tables : dict of str to Table
    backlog_gbp : float
        Backlog at the end, with the programme.
    penny_gbp : float
        Rounding of one figure. [GBP]

    Returns
    -------
    list of tuple of (str, Formula, float, float)
    """
    bridge, owned, rows = tables["Backlog movement"], tables["Ownership"], []
    if bridge.count:
        rows.append(("Backlog at the end by its movements = the outlook",
                     Formula(f"={bridge.cell(CLOSING, bridge.count - 1)}", bridge.values[CLOSING][-1]), backlog_gbp,
                     penny_gbp))
    for level in LEVELS[1:] if owned.count else ():
        own = results.ownership[(results.ownership.level == level) & (results.ownership.plan == "with")]
        if len(own):
            trust = results.ownership[(results.ownership.level == "trust") & (results.ownership.plan == "with")]
            text = (f'=SUMIFS({owned.whole("total present")},{owned.whole("level")},"{level}",'
                    f'{owned.whole("plan")},"with")')
            rows.append((f"Ownership of all {level}s, with = of the trust", Formula(text, own.total_present_gbp.sum()),
                         trust.total_present_gbp.sum(), penny_gbp * len(ITEMS) * (len(own) + 1)))
    return rows
