"""The survey workbook: one sheet a site, filled in with what is known, for a surveyor to change and send back."""

import io
import math

from .. import survey_form as form
from ..errors import DataError, Fault
from ..tables import BLOCKS, COMPONENTS, ELEMENTS
from .form_sheets import FormBook, column_letter, limit, lists_sheet, write_cell
from .words import plain, shortened
from .workbook_sheet import GREY, PALE, RULE

VISIT_ROW = form.HEADER_ROW - 3


def survey_workbook(estate, made_on, schools=()):
    """The survey form of an estate.

    Parameters
    ----------
    estate : Estate
    made_on : date
        Day it is made.
    schools : collection of str
        Only the sites of these schools; none: of all.

    Returns
    -------
    tuple of (bytes, int)
        An .xlsx file that ``importers.survey_form.read_survey_form`` reads back, and the number of its sites.

    Raises
    ------
    DataError
        Where a school is not in the estate.
    """
    known = set(estate.schools.school_id)
    strange = [Fault("--school", None, "", repr(school), f"a school of the estate: {', '.join(sorted(known))}"[:300])
               for school in schools if school not in known]
    if strange:
        raise DataError(strange)
    sites = estate.sites[estate.sites.school_id.isin(schools or known)]
    parts, blocks = form.form_cells(estate, sites.site_id)
    handle = io.BytesIO()
    book = FormBook(handle, f"{shortened(estate.trust['name'], 60)}: condition survey", made_on)
    instructions = book.sheet(form.INSTRUCTIONS, portrait=True)
    pages = {site.site_id: book.sheet(site.site_id) for site in sites.itertuples()}
    block_page, new_page = book.sheet(form.BLOCK_SHEET), book.sheet(form.NEW_SHEET)
    lists = lists_sheet(book, form.LISTS, _lists(sites, blocks))
    school_names = estate.schools.set_index("school_id").name
    for site in sites.itertuples():
        own = parts[parts.site_id == site.site_id]
        book.title(pages[site.site_id], f"Condition survey: {school_names[site.school_id]}, site {site.site_id}",
                   f"{len(own):,} components known. Change what you find different; write only in the yellow cells.",
                   len(form.COMPONENT_COLUMNS) - 1)
        _visit(book, pages[site.site_id], site.site_id)
        _table(book, pages[site.site_id], form.COMPONENT_COLUMNS, own, COMPONENTS, lists)
    book.title(block_page, "Blocks", "Floor areas and measurements that quantities are worked out from.",
               len(form.BLOCK_COLUMNS) - 1)
    _table(book, block_page, form.BLOCK_COLUMNS, blocks, BLOCKS, lists)
    _new(book, new_page, lists)
    _instructions(book, instructions, estate, made_on, len(sites))
    book.file.close()
    return handle.getvalue(), len(sites)


def _lists(sites, blocks):
    """Words of every drop-down; types stand beside their element, in its order."""
    from .. import reference
    types = reference.component_types()
    labels = form.type_labels()
    ordered = [(types.element[type_id], labels[type_id]) for element in ELEMENTS
               for type_id in types.index[types.element == element]]
    lists = {column.field: list(column.choices) for columns in (form.COMPONENT_COLUMNS, form.BLOCK_COLUMNS)
             for column in columns if column.choices}
    return lists | {"site_id": list(sites.site_id), "new_block_id": list(blocks.block_id), "element": list(ELEMENTS),
                    "element of type": [element for element, _ in ordered], "type": [label for _, label in ordered]}


def _visit(book, page, site_id):
    """Name of the site and the open cell for the day of the visit."""
    bold = book.style(bold=True, text_wrap=False)
    page.write_string(VISIT_ROW, 0, form.SITE_LABEL, bold)
    page.write_string(VISIT_ROW, 1, plain(site_id), book.cell(False))
    page.write_string(VISIT_ROW, 2, f"{form.VISIT_LABEL}:", book.style(bold=True, align="right"))
    page.merge_range(VISIT_ROW, 3, VISIT_ROW, 4, "", book.cell(True, num_format="yyyy-mm-dd", align="left"))
    limit(page, VISIT_ROW, VISIT_ROW, 3, _DAY, form.VISIT_LABEL)


_DAY = COMPONENTS.column("support_ends")


def _table(book, page, columns, rows, table, lists):
    """Headings and rows of a table that is filled in already."""
    top = form.HEADER_ROW - 1
    _headings(book, page, columns, top)
    for number, row in enumerate(rows[[column.field for column in columns]].itertuples(index=False), start=top + 1):
        for place, (column, text) in enumerate(zip(columns, row, strict=True)):
            write_cell(book, page, number, place, plain(text), column.column(table), column.open)
        lines = max(math.ceil(len(text) / (1.1 * column.width)) for column, text in zip(columns, row, strict=True))
        page.set_row(number, 14 * lines)
    last = top + max(len(rows), 1)
    for place, column in enumerate(columns):
        if column.open:
            limit(page, top + 1, last, place, column.column(table), column.heading, lists.get(column.field))
    page.autofilter(top, 0, last, len(columns) - 1)


def _headings(book, page, columns, top):
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(top, place, column.heading, book.style(bold=True, bg_color=PALE, border=1, border_color=RULE))
    page.set_row(top, 42)
    page.repeat_rows(top)
    page.freeze_panes(top + 1, 1)


def _new(book, page, lists):
    """Open rows for components that were not known; the list of types follows the element chosen."""
    top, last = form.HEADER_ROW - 1, form.HEADER_ROW - 1 + form.NEW_ROWS
    book.title(page, "New components", "One row for each component that no other sheet has; it is given a name when the "
               "form is read.", len(form.NEW_COLUMNS) - 1)
    _headings(book, page, form.NEW_COLUMNS, top)
    fields = [column.field for column in form.NEW_COLUMNS]
    for row in range(top + 1, last + 1):
        for place, column in enumerate(form.NEW_COLUMNS):
            write_cell(book, page, row, place, "", column.column(COMPONENTS), True)
    where = list(lists)
    elements, labels = (column_letter(where.index(key)) for key in ("element of type", "type"))
    chosen = f"${column_letter(fields.index('element'))}{top + 2}"
    of_element = (f"=OFFSET({form.LISTS}!${labels}$1,MATCH({chosen},{form.LISTS}!${elements}:${elements},0)-1,0,"
                  f"COUNTIF({form.LISTS}!${elements}:${elements},{chosen}),1)")
    for place, column in enumerate(form.NEW_COLUMNS):
        choices = {"type": of_element, "block_id": lists["new_block_id"]}.get(column.field, lists.get(column.field))
        limit(page, top + 1, last, place, column.column(COMPONENTS), column.heading, choices)


def _instructions(book, page, estate, made_on, sites):
    lines = (
        ("Condition survey", {"bold": True, "font_size": 16}),
        (f"{estate.trust['name']}: {sites:,} site{'s' if sites != 1 else ''}, form made on {made_on:%d %B %Y}.", {}),
        ("What to do", {"bold": True, "font_size": 12}),
        ("1. There is a sheet for each site. Write the date of your visit at its top.", {}),
        ("2. For each component you looked at, choose yes under Seen: it is given the date of your visit. Leave Seen "
         "blank, or no, where you could not look. Choose gone where the component is no longer there.", {}),
        ("3. Change what you find different. Only yellow cells are open. A cell you leave alone stays as it is; one that "
         "you empty becomes blank.", {}),
        ("4. What no sheet has goes to the sheet New components. Floor areas and measurements are on the sheet Blocks.", {}),
        ("5. Do not take out rows, and do not change names: the form could not be read back.", {}),
        ("What the words mean", {"bold": True, "font_size": 12}),
        ("Grade: A good, B satisfactory, C poor, D bad; X beside it: cannot be repaired, only replaced.", {}),
        ("Priority: 1 urgent, 2 within two years, 3 within three to five years, 4 beyond five years.", {}),
        ("Quantity: how much of the component there is at this grade, in the unit beside it.", {}),
        ("Cost to grade A: in pounds, without fees or VAT, in the prices of the year beside it.", {}),
        ("Sole item: yes where the whole block depends on this one item.", {}),
        ("Note: listed when the form is read back; photographs are indexed with capplan evidence index, by component.", {}),
        ("When it is filled in", {"bold": True, "font_size": 12}),
        ("The trust reads it with: capplan import survey-form FILE --estate ESTATE --out NEW. Every change is listed.", {}))
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 76)
    for row, (text, looks) in enumerate(lines):
        page.merge_range(row, 0, row, 1, "", book.style(**looks))
        page.write_string(row, 0, plain(text), book.style(**looks))
        page.set_row(row, 24 if looks else 15 * (1 + len(text) // 95))
    marks = (("Form", form.FORM), (form.MADE_FROM, form.state_of(estate)))
    for row, (label, text) in enumerate(marks, start=len(lines) + 1):
        page.write_string(row, 0, label, book.style(font_color=GREY))
        page.write_string(row, 1, text, book.style(font_color=GREY))
