"""The survey form, for its writer and its reader: which sheets and columns there are, and what may be changed in them."""

import hashlib
from dataclasses import dataclass

from . import reference
from .columns import Kind
from .tables import BLOCKS, COMPONENTS
from .tabular import as_cells

FORM = "capplan survey form, version 1"
INSTRUCTIONS, BLOCK_SHEET, NEW_SHEET, LISTS = "Instructions", "Blocks", "New components", "Lists"
OWN_SHEETS = (INSTRUCTIONS, BLOCK_SHEET, NEW_SHEET, LISTS)
MADE_FROM, SITE_LABEL, VISIT_LABEL = "Made from", "Site", "Date of this visit"
HEADER_ROW = 5
"""Row of the headings, as a spreadsheet numbers it, on every sheet that is read back."""
NEW_ROWS = 40
"""Rows for components that were not known."""
SEEN = ("yes", "no", "gone")
GENERALLY = "Generally"
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class FormColumn:
    """A column of the form: the field of the table it holds, its heading, and whether the surveyor may write in it."""

    field: str
    heading: str
    width: float
    open: bool = True
    choices: tuple = ()

    def column(self, table):
        """The declared column it holds; ``None`` where it is the form's own."""
        return table.column(self.field) if self.field in table.column_names else None


def _shut(field, heading, width):
    return FormColumn(field, heading, width, False)


_FACTS = (
    FormColumn("quantity", "Quantity", 8),
    FormColumn("quantity_basis", "Measured, or from", 12, choices=COMPONENTS.column("quantity_basis").choices),
    FormColumn("grade", "Grade", 6, choices=COMPONENTS.column("grade").choices),
    FormColumn("priority", "Priority", 7, choices=("1", "2", "3", "4")),
    FormColumn("statutory", "Statutory", 9.5, choices=YES_NO), FormColumn("due_year", "Due by end of year", 7),
    FormColumn("surveyed", "Surveyed", 10.5), FormColumn("remedial_cost_gbp", "Cost to grade A (£)", 9.5),
    FormColumn("cost_price_base", "Prices of year", 7.5), FormColumn("remaining_life_years", "Life left (years)", 7),
    FormColumn("installed", "Installed in year", 8), FormColumn("support_ends", "Support ends", 10.5),
    FormColumn("sole", "Sole item", 5.5, choices=YES_NO))
_NOTE = FormColumn("note", "Note", 20)
COMPONENT_COLUMNS = (
    _shut("component_id", "Component", 13), _shut("block_id", "Block", 10), _shut("type", "What it is", 32),
    _shut("unit", "Unit", 5), *_FACTS, FormColumn("seen", "Seen", 6, choices=SEEN), _NOTE)
NEW_COLUMNS = (
    FormColumn("site_id", "Site", 10), FormColumn("block_id", "Block (blank: grounds)", 11),
    FormColumn("element", "Element", 20),
    FormColumn("type", "What it is", 34), *_FACTS, _NOTE)
BLOCK_COLUMNS = (
    _shut("block_id", "Block", 13), _shut("site_id", "Site", 11), FormColumn("gifa_m2", "Floor area, GIFA (m2)", 10),
    FormColumn("ground_gifa_m2", "Ground floor (m2)", 10), FormColumn("storeys", "Storeys", 8),
    FormColumn("perimeter_m", "Perimeter (m)", 9.5), FormColumn("height_m", "Height of walls (m)", 9),
    FormColumn("windows_doors_percent", "Windows and doors (% of wall)", 12), FormColumn("lifts", "Lifts", 6),
    *(FormColumn(name, heading, width, choices=BLOCKS.column(name).choices) for name, heading, width in (
        ("age_band", "Built", 12), ("permanence", "Permanent or temporary", 12), ("use", "Main use", 13),
        ("exposure", "Exposure", 10), ("build_quality", "Build quality", 9), ("maintenance", "Maintenance", 10.5))))


def type_labels():
    """What each construction type is called in the form, by ``type_id``: ``ROOF.03 Flat roof: Flexible sheet ...``.

    Returns
    -------
    Series of str
        In the order of elements; the label begins with the ``type_id`` and a blank.
    """
    types = reference.component_types()
    parts = types.sub_element.where(types.sub_element != GENERALLY, types.element)
    whole = parts + ": " + types.construction_type
    short = types.construction_type.where(types.construction_type.str.contains(":"), whole)
    return types.type_id + " " + parts.where(types.construction_type == GENERALLY, short)


def form_cells(estate, site_ids):
    """What the form says of each component and block before anybody writes in it.

    Parameters
    ----------
    estate : Estate
    site_ids : collection of str
        Sites the form is of.

    Returns
    -------
    tuple of (DataFrame, DataFrame)
        Components (with ``site_id``) and blocks, as text, indexed as the estate's tables; components stand by block and
        element.
    """
    parts = estate.components[estate.components.site_id.isin(site_ids)]
    types = reference.component_types()
    text = _every_cell(COMPONENTS, parts).assign(
        type=parts.type_id.map(type_labels()), unit=parts.type_id.map(types.unit), seen="", note="")
    order = {type_id: place for place, type_id in enumerate(types.sort_values("element", key=_element_order,
                                                                              kind="stable").index)}
    text = text.iloc[parts.assign(order=parts.type_id.map(order)).reset_index(drop=True).sort_values(
        ["site_id", "block_id", "order"], kind="stable").index]
    blocks = estate.blocks[estate.blocks.site_id.isin(site_ids)]
    return text[["site_id", *(column.field for column in COMPONENT_COLUMNS)]], _every_cell(BLOCKS, blocks)[
        [column.field for column in BLOCK_COLUMNS]]


def _element_order(names):
    from .tables import ELEMENTS
    return names.map({name: place for place, name in enumerate(ELEMENTS)})


def _every_cell(table, frame):
    """A typed frame as text, columns that are blank throughout among them; a figure nobody knows is a blank."""
    text = as_cells(table, frame)
    blanks = {name: "" for name in table.column_names if name not in text}
    text = text.assign(**blanks)
    for column in table.columns:
        if column.kind is Kind.FLAG:
            text[column.name] = text[column.name].replace("", "no")
    return text


def state_of(estate):
    """A hash of what the form is made from: it tells whether the estate was changed while the form was away.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    text = "".join(as_cells(table, estate.table(table.name)).to_csv(index=False) for table in (BLOCKS, COMPONENTS))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same_text(was, now, column):
    """Which cells say the same: numbers to the fifteen digits that a workbook keeps, all else as it is written.

    Parameters
    ----------
    was, now : Series
        Typed values of one column.
    column : Column

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> import pandas as pd
    >>> same_text(pd.Series([0.1 + 0.2, 1.0]), pd.Series([0.3, 2.0]), COMPONENTS.column("quantity")).tolist()
    [True, False]
    """
    both_blank = was.isna() & now.isna()
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return both_blank | ((was - now).abs() <= 1e-14 * was.abs().clip(lower=1e-14) * 10)
    return both_blank | (was == now)
