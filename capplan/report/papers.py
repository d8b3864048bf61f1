"""Documents as files: one list of blocks, written as a page, a PDF or a Word file."""

import dataclasses
import unicodedata

from .document import Figure
from .drawing import svg_and_png

PAGE, PDF, WORD = SUFFIXES = (".html", ".pdf", ".docx")
UNSEEN = {"Cc", "Cs", "Cn", "Co"}
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
# Letters of a table: the longest word a column makes room for, the longest line, the edges of a cell, and a whole row.
LONGEST_WORD, LONGEST_LINE, CELL_EDGES, BOLDER = 14, 60, 1.5, 1.15
LETTERS_ACROSS, ACROSS_LANDSCAPE = {False: 108, True: 130}, 1.46


def written(document, suffix):
    """A document as the bytes of a file, the same bytes every time.

    Parameters
    ----------
    document : Document
        What to write.
    suffix : str
        ``.html``, ``.pdf`` or ``.docx``.

    Returns
    -------
    bytes
        A whole file that refers to nothing outside itself. The PDF is tagged and keeps to PDF/UA-1.

    Raises
    ------
    CapplanError
        If the library that writes PDFs or Word files is not installed.
    ValueError
        If the suffix is none of the three, or the document is not dated by an ISO date.

    Notes
    -----
    Text is text in all three: nothing in it is read as mark-up, and letters that would move the cursor or turn the reading
    direction become spaces. *Counterexample:* a name in Arabic or Hebrew is kept; only the hidden marks around it go.
    """
    document = legible(document)
    if suffix == PAGE:
        from .paper_html import as_page
        return as_page(document)
    if suffix == PDF:
        from .paper_pdf import as_pdf
        return as_pdf(document)
    if suffix == WORD:
        from .paper_word import as_word
        return as_word(document)
    raise ValueError(f"a document is written as {', '.join(SUFFIXES)}, not as {suffix!r}")


def figure_of(draw, results, caption, alt, width_share=1.0):
    """One chart as a block of a document.

    Parameters
    ----------
    draw : function
        One of the charts: ``draw(results) -> Axes``.
    results : object
        What to draw.
    caption : str
        What the chart shows.
    alt : str
        The same for who cannot see it, with the figures.
    width_share : float
        Part of the width of the page it takes. [-]

    Returns
    -------
    Figure
    """
    return Figure(caption, alt, *svg_and_png(draw, results, caption), width_share)


def legible(value):
    """A document, or any part of one, without letters that no reader can see.

    Parameters
    ----------
    value : Document, block, tuple, list, dict or str

    Returns
    -------
    The same kind of thing.
    """
    if isinstance(value, str):
        return "".join(" " if unicodedata.category(letter) in UNSEEN or letter in DIRECTIONS else letter
                       for letter in value) if not value.isascii() or not value.isprintable() else value
    if isinstance(value, dict):
        return {name: legible(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(legible(part) for part in value)
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **{field.name: legible(getattr(value, field.name))
                                             for field in dataclasses.fields(value)})
    return value


def column_shares(grid, landscape=False):
    """Part of the width of a table that each column takes, adding up to 1.

    Those the document gives; or else every column has room for its longest word, up to a limit, and what is left goes to
    the columns with most text.

    Parameters
    ----------
    grid : Grid
    landscape : bool

    Returns
    -------
    list of float
        [-]

    Examples
    --------
    >>> from capplan.report.document import Grid
    >>> from capplan.report.page_tables import table_of
    >>> column_shares(Grid(table_of("", "A|B", [("", [("x" * 10, "y" * 30)])]), widths=(1, 3)))
    [0.25, 0.75]
    """
    table = grid.table
    if grid.widths:
        if len(grid.widths) != len(table["columns"]):
            raise ValueError(f"{len(grid.widths)} widths for {len(table['columns'])} columns: {table['caption']!r}")
        return [width / sum(grid.widths) for width in grid.widths]
    rows = [row for _, rows in table["groups"] for row in rows] + ([table["total"]] if table["total"] else [])
    least, most = [], []
    for place, name in enumerate(table["columns"]):
        cells = [str(row[place]) for row in rows]
        longest = max(len(word) for cell in ("x", *cells) for word in cell.replace("-", "- ").split() or ["x"])
        headed = BOLDER * max(map(len, name.split()), default=0)
        least.append(min(max(longest, headed), LONGEST_WORD) + CELL_EDGES)
        lengths = sorted(map(len, cells))
        usual = lengths[len(lengths) * 9 // 10] if lengths else 0
        most.append(max(least[-1], min(usual, LONGEST_LINE)))
    room = LETTERS_ACROSS[grid.small] * (ACROSS_LANDSCAPE if landscape else 1) - sum(least)
    wanted = sum(most) - sum(least)
    part = min(1.0, room / wanted) if room > 0 and wanted > 0 else 0.0
    widths = [few + part * (many - few) for few, many in zip(least, most, strict=True)]
    return [width / sum(widths) for width in widths]
