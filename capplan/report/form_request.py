"""The request form of a school: one page for the works it proposes, as a workbook that is read back or a page to print."""

import io

import pandas as pd

from .. import request_form as form
from ..errors import DataError, Fault
from .document import Document, Heading, Points, Text
from .form_sheets import FormBook, limit, lists_sheet, write_cell
from .words import plain, pounds, shortened
from .workbook_sheet import GREY, PALE, RULE

LINE_POINTS = 50
MOST_LISTED = 12
LINES, LINE_LETTERS = {"description": 3, "reason": 8, "evidence": 2}, 100
"""Lines to write on, on the page that is printed, where one does not do; and how long a line is."""
HOW = ("One row for each of the works the school asks for. Write only in the yellow cells; leave rows you do not need.",
       "Priority: 1 urgent, 2 within two years, 3 within three to five years, 4 beyond five years. A school year is named "
       "by the year it begins in. Cost: works only, without VAT and professional fees.")


def request_workbook(estate, school_id, made_on):
    """The request form of one school as a workbook.

    Parameters
    ----------
    estate : Estate
    school_id : str
    made_on : date
        Day it is made.

    Returns
    -------
    bytes
        An .xlsx file that ``importers.request_form.read_requests`` reads back.

    Raises
    ------
    DataError
        Where the school is not in the estate.
    """
    school, blocks, listed = _facts(estate, school_id)
    handle = io.BytesIO()
    book = FormBook(handle, f"{shortened(estate.trust['name'], 60)}: request for works", made_on)
    page = book.sheet(form.SHEET)
    lists = lists_sheet(book, form.LISTS, {column.field: list(column.choices) for column in form.COLUMNS if column.choices}
                        | {"block_id": blocks or [""]})
    last = len(form.COLUMNS) - 1
    book.title(page, f"Works proposed by {school['name']}", " ".join(HOW), last)
    page.set_row(1, 27)
    bold = book.style(bold=True, text_wrap=False)
    for row, label, text in ((2, form.SCHOOL_LABEL, school_id), (3, form.NAME_LABEL, ""), (4, form.DAY_LABEL, "")):
        page.merge_range(row, 0, row, 1, "", bold)
        page.write_string(row, 0, label, bold)
        page.write(row, 2, plain(text), book.cell(row > 2, num_format="yyyy-mm-dd" if row == 4 else "@", align="left"))
    page.write_string(2, 3, form.FORM, book.style(font_color=GREY, font_size=8))
    _rows(book, page, lists)
    _listed(book, page, listed, last)
    page.fit_to_pages(1, 1)
    book.file.close()
    return handle.getvalue()


def _facts(estate, school_id):
    """The school, its blocks and the works on the list for it."""
    schools = estate.schools.set_index("school_id")
    if school_id not in schools.index:
        raise DataError([Fault("--school", None, "", repr(school_id),
                               f"a school of the estate: {', '.join(sorted(schools.index))}"[:300])])
    sites = estate.sites.site_id[estate.sites.school_id == school_id]
    return (schools.loc[school_id], list(estate.blocks.block_id[estate.blocks.site_id.isin(sites)]),
            estate.works[estate.works.school_id == school_id])


def _rows(book, page, lists):
    top = form.HEADER_ROW - 1
    for place, column in enumerate(form.COLUMNS):
        page.set_column(place, place, column.width)
        page.write_string(top, place, column.heading, book.style(bold=True, bg_color=PALE, border=1, border_color=RULE))
        for row in range(top + 1, top + 1 + form.WORKS_ROWS):
            text = str(row - top) if column.field == "number" else ""
            write_cell(book, page, row, place, text, form.declared(column.field), column.open)
        if column.open:
            limit(page, top + 1, top + form.WORKS_ROWS, place, form.declared(column.field), column.heading,
                  lists.get(column.field))
    page.set_row(top, 56)
    for row in range(top + 1, top + 1 + form.WORKS_ROWS):
        page.set_row(row, LINE_POINTS)


def _listed(book, page, listed, last):
    """What is on the trust's list for the school already, so that nobody asks for it again."""
    row = form.HEADER_ROW + form.WORKS_ROWS + 1
    page.merge_range(row, 0, row, last, "", book.style())
    page.write_string(row, 0, _already(listed), book.style(bold=True, text_wrap=False))
    for each in listed.head(MOST_LISTED).itertuples():
        row += 1
        page.merge_range(row, 0, row, last, "", book.style())
        page.write_string(row, 0, plain(_line(each))[:300], book.style(font_color=GREY, text_wrap=False))


def _already(listed):
    if not len(listed):
        return "Nothing is on the trust's list for this school yet."
    more = f" (the first {MOST_LISTED} of {len(listed):,})" if len(listed) > MOST_LISTED else ""
    return f"On the trust's list for this school already{more}; do not ask for it again:"


def _line(work):
    return (f"{work.work_id}: {work.description}, {pounds(work.cost_gbp)} in prices of {work.cost_price_base}, {work.status}"
            + (f", block {work.block_id}" if work.block_id else ""))


def request_document(estate, school_id, made_on):
    """The request form of one school as a document to be printed and filled in by hand; it is not read back.

    Parameters
    ----------
    estate : Estate
    school_id : str
    made_on : date

    Returns
    -------
    Document

    Raises
    ------
    DataError
        Where the school is not in the estate.
    """
    school, blocks, listed = _facts(estate, school_id)
    return Document(
        f"Works proposed by {school['name']}", f"Request to {estate.trust['name']}", made_on.isoformat(),
        (Text(f"School: {school['name']} ({school_id})."), Text("Filled in by: " + "_" * 40 + "   Date: " + "_" * 16),
         Heading("What is asked for (one sheet for each of the works)"),
         *(Text(line) for column in form.COLUMNS if column.field != "number" for line in _question(column, blocks)),
         Text(HOW[1], "small"), Heading("What is on the list already"),
         Text(_already(listed)), *([Points(tuple(_line(each) for each in listed.head(MOST_LISTED).itertuples()))]
                                   if len(listed) else [])),
        foot=f"{form.FORM}; made from the trust's estate tables. To be read by capplan, use the workbook.")


def _question(column, blocks):
    """A question of the printed form, with a line to write on behind it or lines beneath it."""
    text = f"{column.heading.rstrip('?')} ({_help(column, blocks)}): "
    lines = LINES.get(column.field, 0)
    return [text + "_" * max(LINE_LETTERS - len(text), 16)] if not lines else [text, *["_" * LINE_LETTERS] * lines]


def _help(column, blocks):
    if column.field == "block_id":
        return shortened(f"one of {', '.join(blocks)}; " if blocks else "", 120) + " or none: the grounds, the whole school"
    if column.choices:
        return "; ".join(choice[0].lower() + choice[1:] for choice in column.choices)
    return {"description": f"a sentence, at most {form.DESCRIPTION_LENGTH} letters", "reason": "a few sentences",
            "must_start_by": "such as 2027 for 2027/28", "cost_gbp": "works only", "cost_price_base": "such as 2026",
            "contribution_gbp": "parents, council, a partner", "evidence": "attach them or name the files"}[column.field]


def safe_name(school_id):
    """A file name for a school's form: what stands for a path in its name does not.

    Examples
    --------
    >>> safe_name("E/../x"), safe_name("ELL")
    ('E_.._x', 'ELL')
    """
    kept = pd.Series([school_id]).str.replace(r"[^A-Za-z0-9._\- ]", "_", regex=True)[0]
    return kept.strip(". ") or "school"
