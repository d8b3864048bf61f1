"""A document as one self-contained page: no script, no network, printed on A4."""

import base64
from pathlib import Path

from .document import Box, Figure, Grid, Heading, NewPage, Points, Text
from .papers import column_shares

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {Heading: "heading", Text: "text", Points: "points", Box: "box", Grid: "grid", Figure: "figure",
         NewPage: "new_page"}


def as_page(document):
    """A document as a page.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        UTF-8. Headings in order, tables with caption and scope, figures with what they show in words, a link past the
        head of the page.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
    sections = [(landscape, [(KINDS[type(block)], block) for block in blocks])
                for landscape, blocks in document.sections()]
    return pages.get_template("paper.html.j2").render(document=document, sections=sections, drawn=_drawn,
                                                      shares=_shares).encode()


def _drawn(figure):
    return base64.b64encode(figure.svg).decode("ascii")


def _shares(grid):
    """Widths in per cent where the document gives them; else the browser decides."""
    return [f"{100 * share:.2f}" for share in column_shares(grid)] if grid.widths else []
