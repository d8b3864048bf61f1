"""The parts a workbook is made of: styles, sheets, and tables whose formulas carry their value with them."""

import math
import re
from dataclasses import dataclass
from functools import cached_property

from .words import plain, shortened

LONGEST_CELL, LONGEST_KEY, LONGEST_FOOTER_NAME = 32_000, 120, 60
FONT, LINE_POINTS, LETTER_WIDTH = "Calibri", 13.5, 1.04
INK, PALE, ORANGE, BLUE, GREY, RULE = "#1F2937", "#E5EDF5", "#FCE4C8", "#0B4F9E", "#5B6470", "#B0B8C0"
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
"""Colours that the colour-blind can tell apart (Okabe and Ito)."""
NUMBERS = {"pounds": '£#,##0.00;[Red]-£#,##0.00;"-"', "whole": '£#,##0;[Red]-£#,##0;"-"', "ratio": "0.00", "share": "0.0%",
           "count": "#,##0", "exact": '£#,##0.00;[Red]-£#,##0.00', "decimal": "#,##0.0", "year": "0",
           "zero": "0.00;[Red]-0.00;0", "given": "General", "fine": "0.000%", "tally": '#,##0;-#,##0;"-"'}
MONTH_FIRST = r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ./\-]*\d[\d ./\-]*|true|false"


@dataclass(frozen=True)
class Formula:
    """A formula and the value it has, so that a reader that does not calculate shows the figure too."""

    text: str
    value: object = 0.0


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
        Its name in the rows given to ``Table.fill``.
    heading : str or int
        What stands over it; a year as a number, for formulas to look at.
    width : float
        Characters.
    style : str
        ``text`` or a key of ``NUMBERS``.
    given : bool
        Figures that no formula of the workbook makes; written in blue.
    total : bool
        Whether its sum stands above it.
    """

    name: str
    heading: object
    width: float = 12
    style: str = "text"
    given: bool = True
    total: bool = False


def keys(values):
    """What to write for each identifier so that ``SUMIFS`` finds it and no other.

    Spreadsheets take ``*``, ``?``, ``~`` and a leading ``=``, ``<`` or ``>`` of a condition for an order, tell no capitals
    apart, and take what looks like a number or a date for one. An identifier that could be misread gets its number in
    front.

    Parameters
    ----------
    values : iterable of str

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> keys(["DFC-2026", "dfc-2026", "1E5", "OAK*"])
    {'DFC-2026': '[1] DFC-2026', 'dfc-2026': '[2] dfc-2026', '1E5': '[3] 1E5', 'OAK*': '[4] OAK'}
    >>> keys(["Roofs", "MAR-1", "MAR-1-A"])
    {'Roofs': 'Roofs', 'MAR-1': '[2] MAR-1', 'MAR-1-A': 'MAR-1-A'}
    """
    values = list(dict.fromkeys(values))
    folded = [value.casefold() for value in values]
    seen = {value: folded.count(value) for value in folded} if len(set(folded)) < len(folded) else {}
    return {value: value if _reads_as_itself(value) and seen.get(value.casefold(), 1) == 1
            else f"[{place}] {re.sub('[*?~]', '', plain(value))[:LONGEST_KEY]}"
            for place, value in enumerate(values, start=1)}


def _reads_as_itself(value):
    return bool(re.match(r"[^\W\d_]", value)) and not re.search(r"[*?~]", value) and not re.fullmatch(MONTH_FIRST, value) \
        and len(value) <= LONGEST_KEY and value == plain(value)


def _footer_name(name):
    """A name for the foot of a page, where ``&`` begins an order unless doubled, and all must fit 255 letters."""
    name = shortened(name, LONGEST_FOOTER_NAME)
    doubled = name.replace("&", "&&")
    return doubled if len(doubled) <= LONGEST_FOOTER_NAME + 20 else name.replace("&", "+")


class Book:
    """A workbook in memory with its styles.

    Parameters
    ----------
    handle : file
        Where the finished workbook goes.
    footer : tuple of (str, str)
        Trust and scenario, for the foot of every page.
    properties : dict
        Title, company, day and so on, for the file's own properties.
    """

    def __init__(self, handle, footer, properties):
        import xlsxwriter

        self.file = xlsxwriter.Workbook(handle, {
            "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "default_format_properties": {"font_name": FONT, "font_size": 10}})
        self.file.set_properties(properties)
        self.footer = tuple(_footer_name(name) for name in footer)
        self._styles = {}

    def style(self, number="text", **looks):
        """A style by number format and looks, made once."""
        key = (number, *sorted(looks.items()))
        if key not in self._styles:
            own = {"font_name": FONT, "font_size": 10, "valign": "top", **looks}
            if looks.get("indent"):
                own["align"] = "left"
            if number == "text":
                own.setdefault("text_wrap", True)
            else:
                own["num_format"] = NUMBERS[number]
            self._styles[key] = self.file.add_format(own)
        return self._styles[key]

    def sheet(self, name):
        """A new sheet, set up for print: A4 landscape, one page wide, footer on every page."""
        page = self.file.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        page.fit_to_pages(1, 0)
        trust, scenario = self.footer
        page.set_footer(f"&L&8 {trust}\n Scenario: {scenario}&C&8 {name}&R&8 Printed &D\nPage &P of &N",
                        {"scale_with_doc": False})
        return Sheet(self, page, name)


class Sheet:
    """One sheet: writes text as text, numbers as numbers, formulas with their value."""

    def __init__(self, book, page, name):
        self.book, self.page, self.name = book, page, name

    def write(self, row, column, value, number="text", **looks):
        """Write one cell; ``None`` and figures that are none leave it blank, in its style."""
        style = self.book.style(number, **looks)
        if isinstance(value, Formula):
            self.page.write_formula(row, column, value.text, style, value.value)
        elif value is None or value == "" or (not isinstance(value, str) and not math.isfinite(value)):
            self.page.write_blank(row, column, None, style)
        elif isinstance(value, str):
            self.page.write_string(row, column, plain(value)[:LONGEST_CELL], style)
        else:
            self.page.write_number(row, column, float(value), style)

    def lines(self, row, text, last_column, width, **looks):
        """Write a paragraph across columns A to ``last_column``, high enough for its words; return the next row."""
        text = plain(text)[:LONGEST_CELL]
        style = self.book.style(**looks)
        self.page.merge_range(row, 0, row, last_column, "", style)
        self.page.write_string(row, 0, text, style)
        points = looks.get("font_size", 10)
        self.page.set_row(row, points * 1.4 * max(1, math.ceil(len(text) * points / 10 / width)))
        return row + 1

    def head(self, title, note, last_column, width):
        """Title and note at the top; return the next row."""
        row = self.lines(0, title, last_column, width, bold=True, font_size=15, font_color=INK)
        return self.lines(row, note, last_column, width, font_color=GREY)

    def at(self, row, column):
        """Address of a cell, for other sheets too."""
        from xlsxwriter.utility import xl_rowcol_to_cell
        return f"'{self.name}'!{xl_rowcol_to_cell(row, column, True, True)}"


class Table:
    """Totals, headings and rows of one table, whose places are known before it is filled.

    Parameters
    ----------
    sheet : Sheet
    columns : sequence of Column
    count : int
        Number of rows.
    top : int
        Row of the totals, from 0; the headings are below them.
    filtered : bool
        Whether it can be filtered; then the sums of the rows shown stand below the totals.
    frozen : int
        Columns that stay in sight.
    """

    def __init__(self, sheet, columns, count, top=2, filtered=False, frozen=1):
        self.sheet, self.columns, self.count, self.filtered, self.frozen = sheet, tuple(columns), count, filtered, frozen
        self.top = top
        self.header = top + 1 + filtered
        self.first, self.last = self.header + 1, self.header + max(count, 1)
        self.place = {column.name: place for place, column in enumerate(self.columns)}
        self.values = {column.name: [] for column in self.columns}

    def at(self, name, row):
        """Address of a cell of the table within its own sheet; its column stays where it is when copied."""
        from xlsxwriter.utility import xl_rowcol_to_cell
        return xl_rowcol_to_cell(self.first + row, self.place[name], False, True)

    def heading(self, name):
        """Address of a heading within its own sheet."""
        from xlsxwriter.utility import xl_rowcol_to_cell
        return xl_rowcol_to_cell(self.header, self.place[name], True, False)

    def cell(self, name, row):
        """Address of a cell of the table for other sheets."""
        return self.sheet.at(self.first + row, self.place[name])

    def whole(self, name):
        """Address of a column of the table for other sheets."""
        return f"{self.cell(name, 0)}:{self.sheet.at(self.last, self.place[name]).split('!')[1]}"

    def total(self, name):
        """A formula for other sheets that points to the total of a column."""
        return Formula(f"={self.sheet.at(self.top, self.place[name])}", self.sum(name))

    def sum(self, name):
        """The total of a column."""
        return math.fsum(value for value in self.values[name] if not isinstance(value, str))

    def fill(self, rows):
        """Write it: an iterable of dicts of a value or a Formula for each column; what is absent is left blank."""
        for number, row in enumerate(rows):
            looks = {"bottom": 4, "bottom_color": RULE, **({"bg_color": ORANGE} if row.get("marked") else {})}
            for column in self.columns:
                self._write_cell(number, column, row.get(column.name), looks)
            self._set_height(self.first + number, ((row.get(column.name), column.width) for column in self.columns))
        self._write_head()
        return self

    def _write_cell(self, number, column, value, looks):
        raw = value.value if isinstance(value, Formula) else value
        self.values[column.name].append("" if raw is None or raw != raw else raw)
        words = column.style == "text" or isinstance(value, str)
        blue = {"font_color": BLUE} if column.given and not words and not isinstance(value, Formula) else {}
        self.sheet.write(self.first + number, self.place[column.name], value, "text" if words else column.style,
                         **({"indent": 1} if words and column is not self.columns[0] else {}), **blue, **looks)

    def _set_height(self, row, cells):
        """Make a row as high as its longest words need: not every program does so itself."""
        lines = max((math.ceil(LETTER_WIDTH * len(text) / (width - 1)) for text, width in cells if isinstance(text, str)),
                    default=1)
        if lines > 1:
            self.sheet.page.set_row(row, LINE_POINTS * lines + 1)

    def _write_head(self):
        page, sheet = self.sheet.page, self.sheet
        for place, column in enumerate(self.columns):
            page.set_column(place, place, column.width)
            number, looks = ("text", {}) if isinstance(column.heading, str) else ("year", {"align": "right"})
            if column.style != "text":
                looks = {"align": "right"}
            elif place:
                looks = {"indent": 1}
            sheet.write(self.header, place, column.heading, number, bold=True, bg_color=PALE, bottom=1, **looks)
            for row, number in ((self.top, 9), *(((self.top + 1, 109),) if self.filtered else ())):
                if column.total:
                    inside = self.whole(column.name).split("!")[1]
                    text = f"=SUM({inside})" if number == 9 else f"=SUBTOTAL({number},{inside})"
                    sheet.write(row, place, Formula(text, self.sum(column.name)), column.style, bold=True)
        self._set_height(self.header, ((str(column.heading), column.width) for column in self.columns))
        totals = any(column.total for column in self.columns)
        if totals and not self.columns[0].total:
            sheet.write(self.top, 0, "Total", bold=True)
            if self.filtered:
                sheet.write(self.top + 1, 0, "Total of the rows the filter shows", bold=False, text_wrap=False)
        if self.filtered:
            page.autofilter(self.header, 0, self.last, len(self.columns) - 1)
        page.freeze_panes(self.first, self.frozen)
        page.repeat_rows(self.header)

    @cached_property
    def width(self):
        """Characters of all columns together."""
        return sum(column.width for column in self.columns)
