"""Tables of a Word file, built row by row: python-docx takes a second for every few hundred cells, this does not."""

from .papers import column_shares

RULE, STRONG_RULE, GROUP_FILL = "999999", "111111", "ECECEC"
BELOW_POINTS = 4
"""Room below a table, without which Word joins two that follow each other."""
TWENTIETHS_PER_MM, PORTRAIT_MM = 56.6929, 210
HALF_POINTS, SMALL_HALF_POINTS = 16, 13
TABLE_STYLE = "Table Grid"


def element(name, attributes, *children):
    """An element of a Word file, as ``w:tag``."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(key), str(value))
    for child in children:
        made.append(child)
    return made


def own_table_style(paper):
    """Quiet tables: thin rules between rows, none between columns."""
    from docx.oxml.ns import qn

    properties = paper.styles[TABLE_STYLE].element.find(qn("w:tblPr"))
    old = properties.find(qn("w:tblBorders"))
    lines = element("w:tblBorders", {})
    for side in ("top", "bottom", "insideH"):
        lines.append(element(f"w:{side}", {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": RULE}))
    if old is None:
        properties.append(lines)
    else:
        properties.replace(old, lines)


def add_table(paper, grid, width_mm):
    """A table with its caption above; where it is empty, a sentence that says so.

    Parameters
    ----------
    paper : docx Document
    grid : Grid
    width_mm : float
        Width of the text. [mm]
    """
    from docx.shared import Pt

    table = grid.table
    if table["empty"]:
        paper.add_paragraph(f"{table['caption']} None.", "Caption").paragraph_format.keep_with_next = False
    else:
        paper.add_paragraph(table["caption"], "Caption")
        widths = [round(share * width_mm * TWENTIETHS_PER_MM) for share in column_shares(grid, width_mm > PORTRAIT_MM)]
        paper.element.body.insert(len(paper.element.body) - 1, _table(grid, widths))
    if table["more"]:
        paper.add_paragraph(f"{table['more']}.", "Small")
    elif not table["empty"]:
        below = paper.add_paragraph("", "Small").paragraph_format
        below.line_spacing, below.space_after = Pt(BELOW_POINTS), Pt(0)


def _table(grid, widths):
    table, size = grid.table, SMALL_HALF_POINTS if grid.small else HALF_POINTS
    sides = ["right" if numeric else "left" for numeric in table["numeric"]]
    properties = element("w:tblPr", {}, element("w:tblStyle", {"w:val": "TableGrid"}),
                         element("w:tblW", {"w:w": sum(widths), "w:type": "dxa"}),
                         element("w:tblLayout", {"w:type": "fixed"}), _margins(),
                         element("w:tblLook", {"w:val": "0020", "w:firstRow": "1", "w:firstColumn": "0", "w:noHBand": "1",
                                               "w:noVBand": "1"}),
                         element("w:tblCaption", {"w:val": table["caption"]}))
    made = element("w:tbl", {}, properties,
                   element("w:tblGrid", {}, *(element("w:gridCol", {"w:w": width}) for width in widths)))
    made.append(_row([_cell(name, width, side, size, bold=True, rule="bottom")
                      for name, width, side in zip(table["columns"], widths, sides, strict=True)], head=True))
    for heading, rows in table["groups"]:
        if heading:
            made.append(_row([_cell(heading, sum(widths), "left", size, bold=True, across=len(widths))]))
        for row in rows:
            made.append(_row([_cell(text, width, side, size, tint=grid.tint(place, text))
                              for place, (text, width, side) in enumerate(zip(row, widths, sides, strict=True))]))
    if table["total"]:
        made.append(_row([_cell(text, width, side, size, bold=True, rule="top")
                          for text, width, side in zip(table["total"], widths, sides, strict=True)]))
    return made


def _margins():
    return element("w:tblCellMar", {}, *(element(f"w:{side}", {"w:w": "40", "w:type": "dxa"}) for side in ("left", "right")))


def _row(cells, head=False):
    """A row that never breaks over a page; the head of a table comes again on every page."""
    properties = element("w:trPr", {}, element("w:cantSplit", {}), *([element("w:tblHeader", {})] if head else []))
    return element("w:tr", {}, properties, *cells)


def _cell(text, width, side, size, bold=False, rule="", across=1, tint=""):
    from docx.oxml.ns import qn

    properties = element("w:tcPr", {}, element("w:tcW", {"w:w": width, "w:type": "dxa"}))
    if across > 1:
        properties.append(element("w:gridSpan", {"w:val": across}))
    if rule:
        properties.append(element("w:tcBorders", {}, element(
            f"w:{rule}", {"w:val": "single", "w:sz": "8", "w:space": "0", "w:color": STRONG_RULE})))
    fill = tint or (GROUP_FILL if bold and not rule else "")
    if fill:
        properties.append(element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": fill}))
    letters = element("w:rPr", {}, *([element("w:b", {})] if bold else []), element("w:sz", {"w:val": size}))
    written = element("w:t", {})
    written.text = str(text)
    written.set(qn("xml:space"), "preserve")
    paragraph = element("w:p", {}, element("w:pPr", {}, *([element("w:keepNext", {})] if across > 1 else []),
                                           element("w:spacing", {"w:before": "20", "w:after": "20"}),
                                           element("w:jc", {"w:val": side})),
                        element("w:r", {}, letters, written))
    return element("w:tc", {}, properties, paragraph)
