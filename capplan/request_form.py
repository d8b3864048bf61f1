"""The request form of a school, for its writer and its reader: what is asked of each of the works it proposes."""

from .columns import Column, Kind
from .survey_form import YES_NO, FormColumn
from .tables import WORKS

FORM = "capplan request form, version 1"
SHEET, LISTS = "Request", "Lists"
HEADER_ROW, WORKS_ROWS = 7, 8
"""Row of the headings as a spreadsheet numbers it, and how many works the one page has room for."""
SCHOOL_LABEL, NAME_LABEL, DAY_LABEL, FORM_LABEL = "School", "Filled in by", "Date", "Form"
BASES = {"A guess or an allowance": "concept", "A survey, or a rate per m2": "concept", "A feasibility study": "feasibility",
         "A measured design": "design", "Quotations or a tender": "tender"}
"""What a school says its cost rests on, and the stage of a cost that it comes to."""
KINDS = {"Condition": "condition", "Energy": "energy"}

COLUMNS = (
    FormColumn("number", "No.", 4, False), FormColumn("block_id", "Block", 12),
    FormColumn("description", "What is to be done", 29),
    FormColumn("reason", "Why it is needed, and what happens if it waits", 33),
    FormColumn("kind", "Condition or energy", 10.5, choices=tuple(KINDS)),
    FormColumn("priority", "Priority, 1 to 4", 8, choices=("1", "2", "3", "4")),
    FormColumn("statutory", "Required by law?", 9, choices=YES_NO),
    FormColumn("must_start_by", "If so, school year it must start in", 10),
    FormColumn("cost_gbp", "Cost (£, without VAT)", 10), FormColumn("cost_price_base", "Prices of year", 7.5),
    FormColumn("basis", "What the cost rests on", 15, choices=tuple(BASES)),
    FormColumn("contribution_gbp", "What others pay of it (£)", 10),
    FormColumn("evidence", "Photos, quotes, reports (file names)", 20))
ASKED = ("block_id", "description", "reason", "priority", "must_start_by", "cost_gbp", "cost_price_base", "contribution_gbp",
         "evidence")
"""Columns of the table of works that a school fills in itself."""
DESCRIPTION_LENGTH = 200


def declared(field):
    """The column of the table of works that a field holds, as a school must fill it in; ``None``: the form's own.

    Examples
    --------
    >>> declared("reason").needed, declared("priority").needed, declared("basis") is None
    (True, False, True)
    """
    if field not in ASKED:
        return None
    column = WORKS.column(field)
    if field == "reason":
        return Column(field, Kind.TEXT, column.meaning)
    return column
