"""A document as a Word file: real headings, tables whose first row repeats, pictures with what they show in words."""

import io
import zipfile
from datetime import datetime

from ..errors import CapplanError
from .document import LEAD, SMALL, Box, Figure, Grid, Heading, NewPage, Points, Text
from .paper_word_table import add_table, element, own_table_style

A4_MM, MARGIN_MM = (210, 297), 14
LETTERS = "Arial"
TITLE_POINTS, HEADING_POINTS, BODY_POINTS, LEAD_POINTS, SMALL_POINTS = 16, (13, 11), 9, 11, 8
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first day a zip file can tell


def as_word(document):
    """A document as a Word file.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
        The same bytes every time: every date in it is that of ``document.dated``.

    Raises
    ------
    CapplanError
        If python-docx is not installed.
    """
    try:
        import docx
    except ImportError:
        raise CapplanError("A Word file needs python-docx, which is not installed: pip install 'capplan[reports]'. "
                           "An .html file needs nothing more.") from None
    paper = docx.Document()
    from docx.enum.section import WD_SECTION

    _set_up(paper, document)
    paper.add_heading(document.title, 0)
    if document.subtitle:
        paper.add_paragraph(document.subtitle, "Subtitle")
    for number, (landscape, blocks) in enumerate(document.sections()):
        if number:
            _shape(paper.add_section(WD_SECTION.NEW_PAGE), landscape)
        _add_all(paper, blocks)
    return _same_bytes(paper)


def _add_all(paper, blocks):
    """Blocks at the end of the paper; what follows a new page starts one."""
    fresh = False
    for block in blocks:
        first = len(paper.element.body)
        _add(paper, block)
        if fresh and not isinstance(block, NewPage):
            _start_page(paper.element.body[first - 1])
        fresh = isinstance(block, NewPage)


def _add(paper, block):
    """One block at the end of the paper."""
    if isinstance(block, Heading):
        paper.add_heading(block.text, block.level)
    elif isinstance(block, Text):
        paper.add_paragraph(block.text, {LEAD: "Lead", SMALL: "Small"}.get(block.kind, "Normal"))
    elif isinstance(block, Points):
        _add_points(paper, block)
    elif isinstance(block, Box):
        _frame(paper.add_heading(block.heading, 2))
        for item in block.items:
            _frame(paper.add_paragraph(item, "List Bullet"))
    elif isinstance(block, Grid):
        add_table(paper, block, _text_width_mm(paper))
    elif isinstance(block, Figure):
        _add_figure(paper, block)
    elif not isinstance(block, NewPage):
        raise ValueError(f"not a block of a document: {block!r}")


def _add_points(paper, block):
    """A list of points; a numbered one begins at 1, whatever lists of the paper came before."""
    if not block.numbered:
        for item in block.items:
            paper.add_paragraph(item, "List Bullet")
        return
    numbering = paper.part.numbering_part.element
    usual = paper.styles["List Number"].element.pPr.numPr.numId.val
    kind = next(number for number in numbering.num_lst if number.numId == usual).abstractNumId.val
    own = numbering.add_num(kind)
    own.add_lvlOverride(ilvl=0).add_startOverride(1)
    for item in block.items:
        numbered = paper.add_paragraph(item, "List Number")._p.get_or_add_pPr().get_or_add_numPr()
        numbered.get_or_add_ilvl().val = 0
        numbered.get_or_add_numId().val = own.numId


def _set_up(paper, document):
    """Page, letters, headings, properties and foot of the paper."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Mm, Pt

    section = paper.sections[0]
    _shape(section, document.landscape)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    section.footer_distance = Mm(MARGIN_MM / 2)
    for name, based_on, size, bold in (("Lead", "Normal", LEAD_POINTS, True), ("Small", "Normal", SMALL_POINTS, False)):
        style = paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.font.size, style.font.bold = paper.styles[based_on], Pt(size), bold
    sizes = {"Normal": BODY_POINTS, "Title": TITLE_POINTS, "Subtitle": BODY_POINTS + 1, "Heading 1": HEADING_POINTS[0],
             "Heading 2": HEADING_POINTS[1], "Caption": SMALL_POINTS}
    for name, size in sizes.items():
        _letters(paper.styles[name], Pt(size))
    for name in ("Normal", "List Bullet", "List Number"):
        paper.styles[name].paragraph_format.space_after = Pt(3)
    paper.styles["Normal"].paragraph_format.line_spacing = 1.0      # the template's is 1.15, a page in seven
    for name in ("Caption", "Small"):
        paper.styles[name].paragraph_format.space_after = Pt(2)
    paper.styles["Caption"].paragraph_format.keep_with_next = True
    paper.styles["Caption"].font.bold, paper.styles["Caption"].font.italic = False, True
    paper.styles["Subtitle"].font.italic = False
    _quiet(paper)
    own_table_style(paper)
    _properties(paper, document)
    _foot(section.footer.paragraphs[0], document.foot)


def _shape(section, landscape):
    """Pages of a section upright or turned."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    width, height = A4_MM[::-1] if landscape else A4_MM
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT


def _quiet(paper):
    """The template's own decorations taken off: the rule under the title, and letters set wide apart."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    for name in ("Title", "Subtitle"):
        style = paper.styles[name].element
        for tag in ("w:pBdr", "w:spacing", "w:kern"):
            for part in (style.pPr, style.rPr):
                for found in part.findall(qn(tag)):
                    part.remove(found)
        paper.styles[name].paragraph_format.space_after = Pt(4)
    paper.styles["Title"].font.bold = True
    for name in ("Heading 1", "Heading 2"):
        paper.styles[name].paragraph_format.space_before = Pt(8)
        paper.styles[name].paragraph_format.space_after = Pt(3)


def _letters(style, size):
    """One plain black letter for every style, whatever the theme of the template says."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    style.font.size, style.font.name, style.font.color.rgb = size, LETTERS, RGBColor(0x11, 0x11, 0x11)
    fonts = style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), LETTERS)


def _properties(paper, document):
    """Title, language and fixed dates, so that the same document is the same file."""
    from docx.oxml.ns import qn

    core, day = paper.core_properties, datetime.fromisoformat(document.dated)
    core.title, core.subject, core.author, core.last_modified_by = document.title, document.subtitle, "capplan", "capplan"
    core.comments, core.keywords, core.category, core.language, core.revision = "", "", "", "en-GB", 1
    core.created = core.modified = core.last_printed = day
    language = paper.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    language.set(qn("w:val"), "en-GB")


def _foot(paragraph, text):
    """The foot of every page: which run the figures come from, and the page."""
    paragraph.style = "Small"
    paragraph.add_run(f"{text}  Page " if text else "Page ")
    for name, after in (("PAGE", " of "), ("NUMPAGES", "")):
        paragraph._p.append(element("w:fldSimple", {"w:instr": name}))
        if after:
            paragraph.add_run(after)


def _frame(paragraph):
    """A line around a paragraph; neighbours with the same line share one frame."""
    from docx.shared import Mm

    properties = paragraph._p.get_or_add_pPr()
    frame = element("w:pBdr", {})
    for side in ("top", "left", "bottom", "right"):
        frame.append(element(f"w:{side}", {"w:val": "single", "w:sz": "12", "w:space": "4", "w:color": "111111"}))
    properties.insert_element_before(frame, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc",
                                     "w:rPr")
    paragraph.paragraph_format.left_indent = Mm(6)
    paragraph.paragraph_format.first_line_indent = Mm(-4)
    paragraph.paragraph_format.keep_together = True


def _add_figure(paper, figure):
    """A picture, what it shows in words, and its caption below."""
    from docx.shared import Mm

    picture = paper.add_picture(io.BytesIO(figure.png), width=Mm(_text_width_mm(paper) * figure.width_share))
    described = picture._inline.docPr
    described.set("descr", figure.alt)
    described.set("title", figure.caption)
    paper.paragraphs[-1].paragraph_format.keep_with_next = True
    caption = paper.add_paragraph(figure.caption, "Caption")
    caption.paragraph_format.keep_with_next = False


def _text_width_mm(paper):
    from docx.shared import Mm

    section = paper.sections[-1]
    return (section.page_width - section.left_margin - section.right_margin) / Mm(1)


def _start_page(first):
    """Make what begins with this paragraph start a page."""
    from docx.oxml.ns import qn

    if first.tag == qn("w:p"):
        properties = first.get_or_add_pPr()
        properties.insert_element_before(element("w:pageBreakBefore", {}), "w:widowControl", "w:numPr", "w:pBdr", "w:shd",
                                         "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _same_bytes(paper):
    """The file with the dates of its parts fixed."""
    first, last = io.BytesIO(), io.BytesIO()
    paper.save(first)
    with zipfile.ZipFile(first) as parts, zipfile.ZipFile(last, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in parts.namelist():
            place = zipfile.ZipInfo(name, EARLIEST)
            place.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(place, parts.read(name))
    return last.getvalue()
