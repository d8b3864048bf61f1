"""The three writers, read back: by an HTML parser, a PDF reader and a Word reader."""

import base64
import datetime
import io
import sys
import zipfile
from html.parser import HTMLParser

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from capplan.errors import CapplanError
from capplan.report.document import Box, Document, Figure, Grid, Heading, NewPage, Points, Text
from capplan.report.page_tables import table_of
from capplan.report.papers import SUFFIXES, column_shares, figure_of, legible, written

ODD = ('<b>bold</b> & <script>alert(1)</script> #heading $x^2$ =cmd|x *star* _under_ "quoted" it\'s [link](x) \\alpha @ref '
       "{{ name }} {% if %} ~ -- ... \N{SCHOOL}")
LONG = "Llanfairpwllgwyngyll" * 6


def draw_bars(heights, ax=None):
    """A chart of nothing but bars."""
    from matplotlib.figure import Figure as Drawn
    ax = ax or Drawn(figsize=(4, 2)).subplots()
    ax.bar(range(len(heights)), heights, hatch="///")
    return ax


@pytest.fixture(scope="module")
def paper():
    grid = Grid(table_of(f"Caption {ODD}", "Name|#Cost|What & why", [
        (f"Group {ODD}", [(LONG, "£1", ODD), ("second", "£2,000", "z")]), ("", [("third", "£3", "")])],
        ("Total", "£2,004", ""), more="and 2 more"))
    return Document(f"Paper {ODD}", f"For {ODD}", "2026-11-22", (
        Box(f"Decision {ODD}", ("Approve", ODD)), Heading("First part"), Text(ODD), Text("Read this", "lead"),
        Text("from the survey", "small"), Heading("A part of it", 2), Points(("one", ODD)), Points(("first", "then"), True),
        Text("between"), Points(("again first",), True), grid, Grid(table_of("Nothing here.", "A|B", [("", [])])), NewPage(),
        Heading("Charts"), figure_of(draw_bars, (1, 2), "A chart", f"Two bars, 1 and 2 {ODD}", 0.5)), foot=f"Run {ODD}")


@pytest.fixture(scope="module")
def files(paper):
    return {suffix: written(paper, suffix) for suffix in SUFFIXES}


class Page(HTMLParser):
    """What a browser makes of a page; every tag must be closed in order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(html)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.words.append(data)


@pytest.fixture(scope="module")
def page(files):
    return Page(files[".html"].decode())


@pytest.fixture(scope="module")
def word(files):
    return docx.Document(io.BytesIO(files[".docx"]))


def flat(text):
    return "".join(text.split())


def pdf_text(content):
    return flat("".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(content)).pages))


def word_text(word):
    return flat("".join(node.text or "" for node in word.element.body.iter(qn("w:t"))))


def test_odd_text_comes_through_as_it_is(files, page, word):
    places = 8  # title, subtitle, box heading and point, paragraph, point, caption, group, cell: the alt text is no text
    assert flat(page.text).count(flat(ODD)) == places + 2  # ... and the foot
    assert word_text(word).count(flat(ODD)) == places + 1
    assert pdf_text(files[".pdf"]).count(flat(ODD)) >= places + 1
    assert all(flat(LONG) in text for text in (flat(page.text), word_text(word), pdf_text(files[".pdf"])))
    assert not [tag for tag, _ in page.tags if tag in ("b", "script")]


def test_the_same_document_is_the_same_file(paper, files):
    assert all(written(paper, suffix) == content for suffix, content in files.items())


def test_no_clock_is_read(files):
    with zipfile.ZipFile(io.BytesIO(files[".docx"])) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = docx.Document(io.BytesIO(files[".docx"])).core_properties
    assert core.created == core.modified == datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    information = pypdf.PdfReader(io.BytesIO(files[".pdf"])).metadata
    assert information.creation_date == datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)


def test_the_page_needs_nothing_else_and_is_in_order(page, files):
    html = files[".html"].decode()
    assert page.open == [] and "http" not in html.replace("http://www.w3.org", "")
    assert ("html", {"lang": "en-GB"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    assert levels == [1, 2, 2, 3, 2]
    assert ("a", {"class": "skip", "href": "#content"}) in page.tags
    heads = [given.get("scope") for tag, given in page.tags if tag == "th"]
    assert heads == ["col"] * 3 + ["rowgroup"] + ["row"] * 4
    picture = next(given for tag, given in page.tags if tag == "img")
    assert picture["alt"] == f"Two bars, 1 and 2 {ODD}"
    assert base64.b64decode(picture["src"].partition(",")[2]).startswith(b"<?xml")


def test_the_pdf_is_tagged_and_says_so(paper, files):
    reader = pypdf.PdfReader(io.BytesIO(files[".pdf"]))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert reader.metadata.title == legible(paper.title)
    kinds = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            [walk(part) for part in node]
        elif isinstance(node, dict):
            kinds.append((node.get("/S"), node.get("/Alt")))
            if "/K" in node:
                walk(node["/K"])

    walk(root["/StructTreeRoot"])
    names = [kind for kind, _ in kinds]
    assert {"/Table", "/TH", "/TD", "/Caption", "/L", "/LI", "/H1", "/H2", "/Figure"} <= set(names)
    assert f"Two bars, 1 and 2 {ODD}" in [alt for _, alt in kinds]
    assert {round(float(leaf.mediabox.width)) for leaf in reader.pages} == {595}
    assert "LastResort" in str(files[".pdf"]) and len(reader.pages) == 2


def test_word_has_real_headings_lists_tables_and_descriptions(paper, word):
    styles = [(paragraph.style.name, paragraph.text) for paragraph in word.paragraphs]
    heads = [style for style, _ in styles if style.startswith("Heading")]
    assert heads == ["Heading 2", "Heading 1", "Heading 2", "Heading 1"] and styles[0] == ("Title", paper.title)
    table, = word.tables
    assert table.style.name == "Table Grid" and [cell.text for cell in table.rows[0].cells] == ["Name", "Cost", "What & why"]
    assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
    assert [row.cells[1].text for row in table.rows] == ["Cost", f"Group {ODD}", "£1", "£2,000", "£3", "£2,004"]
    picture = word.element.body.find(f".//{qn('wp:docPr')}")
    assert picture.get("descr") == f"Two bars, 1 and 2 {ODD}"
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert word.core_properties.title == paper.title and word.core_properties.language == "en-GB"
    numbered = [paragraph._p.pPr.numPr.numId.val for paragraph in word.paragraphs if paragraph.style.name == "List Number"]
    assert len(numbered) == 3 and numbered[0] == numbered[1] != numbered[2]
    starts = [paragraph.text for paragraph in word.paragraphs if paragraph.paragraph_format.page_break_before]
    assert starts == ["Charts"]


def test_landscape_is_landscape_everywhere():
    paper = Document("Wide", "", "2026-01-31", (Text("a"),), landscape=True)
    assert "A4 landscape" in written(paper, ".html").decode()
    assert round(float(pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages[0].mediabox.width)) == 842
    section = docx.Document(io.BytesIO(written(paper, ".docx"))).sections[0]
    assert round(section.page_width.mm) == 297 and section.orientation == 1


def test_a_page_may_be_turned_and_ratings_have_their_colour():
    table = table_of("Ratings", "Name|How", [("", [("a", "Red: late"), ("Red", "Green"), ("b", "Amber, by May")])])
    paper = Document("Turned", "", "2026-01-31", (Text("upright"), NewPage(True), Grid(table, rated=(1,)), NewPage(),
                                                  Text("still wide"), NewPage(False), Text("again")))
    pages = pypdf.PdfReader(io.BytesIO(written(paper, ".pdf"))).pages
    assert [round(float(leaf.mediabox.width)) for leaf in pages] == [595, 842, 842, 595]
    word = docx.Document(io.BytesIO(written(paper, ".docx")))
    assert [round(section.page_width.mm) for section in word.sections] == [210, 297, 210]
    fills = [cell._tc.find(f".//{qn('w:shd')}") for row in word.tables[0].rows[1:] for cell in row.cells]
    assert [None if fill is None else fill.get(qn("w:fill")) for fill in fills] == [
        None, "f4c7c3", None, "cfe8d5", None, "fde9b8"]
    html = written(paper, ".html").decode()
    assert html.count('<div class="wide-page">') == html.count('<div class="tall-page">') == 1
    assert [html.count(f"background:#{tint}") for tint in ("f4c7c3", "cfe8d5", "fde9b8")] == [1, 1, 1]
    Page(html)


def test_a_document_without_blocks_is_written():
    for suffix in SUFFIXES:
        assert written(Document("Nothing", "", "2026-01-31", ()), suffix)


def test_hidden_letters_become_spaces():
    assert legible("a\x00b\u202ec\nd\ud800") == "a b c d "
    assert legible("\N{LATIN SMALL LETTER E WITH ACUTE} \N{SCHOOL}") == "\N{LATIN SMALL LETTER E WITH ACUTE} \N{SCHOOL}"
    paper = Document("a\x07b", "", "2026-01-31", (Text("c\x1bd"), Points(("e\ufffff",))))
    for suffix in SUFFIXES:
        assert written(paper, suffix)


@pytest.mark.parametrize(("suffix", "library", "named"), [(".pdf", "typst", "typst"), (".docx", "docx", "python-docx")])
def test_a_library_that_is_not_installed_is_named(suffix, library, named, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(CapplanError, match=rf"{named}.*capplan\[reports\]"):
        written(Document("A", "", "2026-01-31", ()), suffix)


def test_what_is_no_paper_is_refused():
    with pytest.raises(ValueError, match=r"\.html, \.pdf, \.docx"):
        written(Document("A", "", "2026-01-31", ()), ".txt")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        written(Document("A", "", "yesterday", ()), ".pdf")
    with pytest.raises(ValueError, match="2 widths for 3 columns"):
        column_shares(Grid(table_of("C", "A|B|C", []), widths=(1, 2)))
    with pytest.raises(ValueError, match="says nothing"):
        Figure("Chart", " ", b"", b"")


def test_a_column_has_room_for_its_longest_word():
    table = table_of("C", "#A|B", [("", [("£1,234,567", "word " * 40), ("£2", "")])])
    narrow, wide = column_shares(Grid(table))
    assert narrow + wide == pytest.approx(1) and narrow * 108 >= len("£1,234,567") and wide > 4 * narrow
