"""A document as a list of blocks that knows no format: one source, written as a page, a PDF or a Word file.

Text is text: nothing in it is read as mark-up by any of the three writers.
"""

from dataclasses import dataclass, field

PLAIN, LEAD, SMALL = "plain", "lead", "small"
TINTS = {"Red": "f4c7c3", "Amber": "fde9b8", "Green": "cfe8d5"}
"""Colour behind a rating, by its first word; the word is always there too."""


@dataclass(frozen=True)
class Heading:
    """A heading of a section.

    ``level`` is 1 for a section and 2 for a part of one; the document's own title stands above both.
    """

    text: str
    level: int = 1

    def __post_init__(self):
        if self.level not in (1, 2):
            raise ValueError(f"a heading is of level 1 or 2, not {self.level}")


@dataclass(frozen=True)
class Text:
    """A paragraph: ``plain``, ``lead`` (what the reader must not miss) or ``small`` (where figures come from)."""

    text: str
    kind: str = PLAIN

    def __post_init__(self):
        if self.kind not in (PLAIN, LEAD, SMALL):
            raise ValueError(f"a paragraph is {PLAIN}, {LEAD} or {SMALL}, not {self.kind!r}")


@dataclass(frozen=True)
class Points:
    """A list of points; numbered where their order matters."""

    items: tuple
    numbered: bool = False


@dataclass(frozen=True)
class Box:
    """A framed note with a heading of its own: a decision asked for, a warning, what is not known."""

    heading: str
    items: tuple


@dataclass(frozen=True)
class Grid:
    """A table of words, as ``page_tables.table_of`` makes it: caption, columns, rows in groups, a total.

    ``widths`` are the parts of the page each column takes, in order; none: the writer decides. ``small`` sets it in
    smaller type. Cells of the ``rated`` columns (places in the row) that begin with a word of ``TINTS`` have that colour
    behind them.
    """

    table: dict
    widths: tuple = ()
    small: bool = False
    rated: tuple = ()

    def tint(self, place, cell):
        """Colour behind a cell, as six hexadecimal digits; blank for none."""
        words = str(cell).replace(":", " ").replace(",", " ").split()
        return TINTS.get(words[0], "") if place in self.rated and words else ""


@dataclass(frozen=True)
class Figure:
    """A chart with a caption and, for who cannot see it, what it shows in words.

    ``svg`` and ``png`` are the same picture: pages and PDFs take the first, Word the second.
    """

    caption: str
    alt: str
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)
    width_share: float = 1.0

    def __post_init__(self):
        if not self.alt.strip():
            raise ValueError(f"the figure {self.caption!r} says nothing to a reader who cannot see it")


@dataclass(frozen=True)
class NewPage:
    """The next block starts a page.

    ``landscape`` turns that page and those after it; ``None``: as the page before.
    """

    landscape: bool | None = None


@dataclass(frozen=True)
class Document:
    """A whole document: what it is called, who it is of, and its blocks in reading order.

    ``dated`` is the day it is written for (ISO, never read from the clock by the writers); ``foot`` says at the foot of each
    page which run the figures come from.
    """

    title: str
    subtitle: str
    dated: str
    blocks: tuple
    foot: str = ""
    landscape: bool = False

    def sections(self):
        """The blocks in runs of pages of one shape: list of (landscape, blocks)."""
        found = [(self.landscape, [])]
        for block in self.blocks:
            if isinstance(block, NewPage) and block.landscape not in (None, found[-1][0]):
                found.append((block.landscape, []))
            else:
                found[-1][1].append(block)
        return found
