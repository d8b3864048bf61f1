"""A document as a tagged PDF (PDF/UA-1): typst sets it, and takes its content as data, never as source."""

import json
from datetime import UTC, datetime
from pathlib import Path

from ..errors import CapplanError
from .document import Box, Figure, Grid, Heading, NewPage, Points, Text
from .papers import column_shares

SETTING = Path(__file__).parent / "templates" / "paper.typ"


def as_pdf(document):
    """A document as a PDF.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        The same bytes every time: the time in it is that of ``document.dated``, and its letters are those that come with
        matplotlib.

    Raises
    ------
    CapplanError
        If typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise CapplanError("A PDF needs typst, which is not installed: pip install 'capplan[reports]'. "
                           "An .html file needs nothing more.") from None
    import matplotlib

    day, figures = datetime.fromisoformat(document.dated), {}
    sections = [{"landscape": landscape, "blocks": [_block(block, landscape, figures) for block in blocks]}
                for landscape, blocks in document.sections()]
    content = {"title": document.title, "subtitle": document.subtitle, "foot": document.foot,
               "day": [day.year, day.month, day.day], "sections": sections}
    return typst.compile(SETTING.read_bytes(), format="pdf", ignore_system_fonts=True, pdf_standards=["ua-1"],
                         font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
                         timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
                         sys_inputs={"document": json.dumps(content), **figures})


def _block(block, landscape, figures):
    """A block as plain data; drawings go into ``figures`` and are named in the block."""
    if isinstance(block, Heading):
        return {"what": "heading", "text": block.text, "level": block.level}
    if isinstance(block, Text):
        return {"what": "text", "text": block.text, "kind": block.kind}
    if isinstance(block, Points):
        return {"what": "points", "items": list(block.items), "numbered": block.numbered}
    if isinstance(block, Box):
        return {"what": "box", "heading": block.heading, "items": list(block.items)}
    if isinstance(block, Grid):
        tints = [[[block.tint(place, cell) for place, cell in enumerate(row)] for row in rows]
                 for _, rows in block.table["groups"]]
        return {"what": "grid", "table": block.table, "shares": column_shares(block, landscape), "small": block.small,
                "tints": tints}
    if isinstance(block, Figure):
        figures[f"figure {len(figures)}"] = block.svg.decode()
        return {"what": "figure", "caption": block.caption, "alt": block.alt, "width": block.width_share,
                "drawing": f"figure {len(figures) - 1}"}
    if isinstance(block, NewPage):
        return {"what": "new page"}
    raise ValueError(f"not a block of a document: {block!r}")
