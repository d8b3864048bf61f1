"""What forms to be filled in are made of: sheets with open and shut cells, drop-downs, limits, and a page that prints."""

import re
from datetime import datetime

from ..columns import Kind
from .words import plain
from .workbook_sheet import FONT, GREY, INK, PALE, RULE

OPEN, LONGEST_SHEET_NAME, LONGEST_TITLE, LONGEST_MESSAGE = "#FFFBE6", 31, 32, 255
EARLIEST_DAY, LATEST_DAY = 1901, 9998
"""Years of days that every spreadsheet knows."""
NUMBER_FORMATS = {Kind.NUMBER: "General", Kind.INTEGER: "0"}


class FormBook:
    """A workbook to be filled in, in memory, with its styles.

    Parameters
    ----------
    handle : file
        Where the finished workbook goes.
    footer : str
        What stands at the foot of every page.
    made_on : date
        Day it is made, for the file's own properties.
    """

    def __init__(self, handle, footer, made_on):
        import xlsxwriter

        self.file = xlsxwriter.Workbook(handle, {
            "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "default_format_properties": {"font_name": FONT, "font_size": 10}})
        self.file.set_properties({"created": datetime(made_on.year, made_on.month, made_on.day), "title": footer})
        self.footer, self._styles, self._names = footer.replace("&", "&&")[:200], {}, set()

    def style(self, **looks):
        """A style by its looks, made once."""
        key = tuple(sorted(looks.items()))
        if key not in self._styles:
            self._styles[key] = self.file.add_format({"font_name": FONT, "font_size": 10, "valign": "top", "text_wrap": True,
                                                      **looks})
        return self._styles[key]

    def cell(self, is_open, **looks):
        """The style of a cell of a table: pale yellow where it may be written in, grey where it is shut."""
        return self.style(border=1, border_color=RULE, locked=not is_open, bg_color=OPEN if is_open else PALE, **looks)

    def sheet(self, name, portrait=False):
        """A new sheet, protected but for its open cells, set up to print on A4."""
        page = self.file.add_worksheet(self.sheet_name(name))
        page.hide_gridlines(2)
        page.set_paper(9)
        (page.set_portrait if portrait else page.set_landscape)()
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.set_footer(f"&L&8 {self.footer}&R&8 &A, page &P of &N")
        page.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "select_locked_cells": True})
        return page

    def sheet_name(self, name):
        """A name no other sheet has and Excel takes: at most 31 signs, none of ``[]:*?/\\``."""
        name = re.sub(r"[\[\]:*?/\\']", "_", plain(name)).strip() or "Sheet"
        short, number = name[:LONGEST_SHEET_NAME], 2
        while short.casefold() in self._names:
            tail = f" {number}"
            short, number = name[:LONGEST_SHEET_NAME - len(tail)] + tail, number + 1
        self._names.add(short.casefold())
        return short

    def title(self, page, text, note, last_column):
        """Title and note in the first two rows."""
        page.merge_range(0, 0, 0, last_column, "", self.style())
        page.write_string(0, 0, plain(text)[:250], self.style(bold=True, font_size=14, font_color=INK, text_wrap=False))
        page.merge_range(1, 0, 1, last_column, "", self.style())
        page.write_string(1, 0, plain(note)[:1000], self.style(font_color=GREY))


def lists_sheet(book, name, lists):
    """Write the words of drop-downs on a hidden sheet.

    Parameters
    ----------
    book : FormBook
    name : str
    lists : dict of str to list of str
        Words by the name of their list.

    Returns
    -------
    dict of str
        Where each list stands, as a drop-down takes it.
    """
    page = book.sheet(name)
    page.hide()
    places = {}
    for column, (key, words) in enumerate(lists.items()):
        page.write_string(0, column, key)
        page.write_column(1, column, [plain(word) for word in words])
        letter = column_letter(column)
        places[key] = f"={name}!${letter}$2:${letter}${len(words) + 1}"
    return places


def column_letter(column):
    """Letters of a column, counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(26)
    ('A', 'AA')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def write_cell(book, page, row, column, text, declared, is_open):
    """Write one cell of a table: a number as a number, a date as a date, all else as text; a blank stays open.

    Parameters
    ----------
    book : FormBook
    page : Worksheet
    row, column : int
        From 0.
    text : str
        What it says, as a table of the estate writes it.
    declared : Column or None
        What the column holds; ``None``: text.
    is_open : bool
    """
    kind = Kind.TEXT if declared is None else declared.kind
    if kind in (Kind.DATE, Kind.SURVEYED):
        style = book.cell(is_open, num_format="yyyy-mm-dd", align="left", indent=1)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and int(text[:4]) >= EARLIEST_DAY:
            page.write_datetime(row, column, datetime.fromisoformat(text), style)
            return
    elif kind in NUMBER_FORMATS and text:
        page.write_number(row, column, float(text), book.cell(is_open, num_format=NUMBER_FORMATS[kind], align="right"))
        return
    elif kind is Kind.CHOICE and declared is not None and text.isdigit():
        style = book.cell(is_open, num_format="0", align="left", indent=1)
    else:
        style = book.cell(is_open, num_format="@" if kind is Kind.TEXT else "General", align="left", indent=1)
    if text:
        page.write_string(row, column, text, style)
    else:
        page.write_blank(row, column, None, style)


def limit(page, first_row, last_row, column, declared, heading, choices=None):
    """Set what may be written into the open cells of a column.

    Parameters
    ----------
    page : Worksheet
    first_row, last_row, column : int
        From 0.
    declared : Column or None
        What the column holds; gives the limits.
    heading : str
    choices : str, optional
        Where the words of its drop-down stand, or a formula that finds them.
    """
    told = "" if declared is None else declared.must_be()
    if choices is None and declared is None:
        return
    rule = {"ignore_blank": True, "error_title": heading[:LONGEST_TITLE],
            "error_message": f"Must be {told}."[:LONGEST_MESSAGE]}
    if choices is not None:
        rule |= {"validate": "list", "source": choices, "error_message": "Choose from the list, or leave it blank."}
    elif declared.kind in NUMBER_FORMATS:
        least = declared.least if declared.least is not None else declared.above
        rule |= {"validate": "integer" if declared.kind is Kind.INTEGER else "decimal", "criteria": "between",
                 "minimum": least, "maximum": declared.most}
    elif declared.kind is Kind.DATE:
        first, last = max(int(declared.least or 0), EARLIEST_DAY), int(declared.most or LATEST_DAY)
        rule |= {"validate": "date", "criteria": "between", "minimum": datetime(first, 1, 1),
                 "maximum": datetime(last, 12, 31)}
    elif declared.kind is Kind.TEXT:
        rule |= {"validate": "length", "criteria": "<=", "value": int(declared.most or 500)}
    else:
        return
    page.data_validation(first_row, column, last_row, column, rule)
