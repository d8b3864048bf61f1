"""All papers at once, the page that links to them, and how the pages stand up in a real browser."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from capplan import papers_job
from capplan.papers_job import PAPERS, all_papers
from capplan.report.committee import committee_paper
from capplan.report.committee_read import read_committee
from capplan.report.document import Box, Document, Figure, Grid, Heading, Points, Text
from capplan.report.index_page import Entry, index_page, size_words
from capplan.report.page_tables import table_of
from capplan.report.papers import written

NASTY = '<b>St "X"</b> & #1 </script><script>alert(1)</script>'


class Links(HTMLParser):
    """The links of a page and its headings."""

    def __init__(self, html):
        super().__init__()
        self.links, self.levels = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.links.append(unquote(dict(attrs)["href"]))
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))


@pytest.fixture
def entries(tmp_path):
    (tmp_path / "schools").mkdir()
    (tmp_path / "schools" / "A & B #1.pdf").write_bytes(b"x" * 2500)
    (tmp_path / "page.html").write_bytes(b"x" * 3_400_000)
    return [Entry("Committee", NASTY, "It says.", (("Page", "page.html"),)),
            Entry("Schools", "Statements", NASTY, ((NASTY, "schools/A & B #1.pdf"), ("All", "schools")))]


def test_the_index_links_to_what_is_there_and_says_how_large_it_is(entries, tmp_path):
    html = index_page(NASTY, "One run.", entries, tmp_path)
    found = Links(html)
    assert found.links == ["page.html", "schools/A & B #1.pdf", "schools"] and all((tmp_path / link).exists()
                                                                                   for link in found.links)
    assert found.levels == [1, 2, 3, 2, 3] and "<script" not in html and "<b>" not in html
    assert "3.4 MB" in html and "2.5 kB" in html and "1 file<" in html
    (tmp_path / "page.html").unlink()
    with pytest.raises(FileNotFoundError):
        index_page("A", "B", entries, tmp_path)


def test_sizes_in_words(tmp_path):
    (tmp_path / "small").write_bytes(b"x" * 999)
    assert size_words(tmp_path / "small") == "999 bytes"


@pytest.mark.slow
def test_every_paper_of_a_run_is_made_and_linked(tiny_results, tmp_path, capplan):
    done = capplan("papers", tiny_results, "--out", tmp_path / "papers")
    assert done.exit_code == 0, done.stderr
    links = Links((tmp_path / "papers" / "index.html").read_text(encoding="utf-8")).links
    assert len(links) == len(set(links)) and all((tmp_path / "papers" / link).exists() for link in links)
    files = {path.relative_to(tmp_path / "papers").as_posix() for path in (tmp_path / "papers").rglob("*") if path.is_file()}
    linked = {link for link in links if not link.endswith("/")}
    assert files - linked - {"index.html", ".capplan"} == {name for name in files if name.startswith("tables/")} - linked
    assert {"committee.pdf", "committee.docx", "committee.html", "cfo.xlsx", "programme.xlsx", "survey_form.xlsx",
            "benchmark.html", "summary.html"} <= linked
    (tmp_path / "twice").mkdir()
    all_papers(tiny_results, tmp_path / "twice", workers=2)
    for name in sorted(linked):
        if not name.endswith(".xlsx"):
            assert (tmp_path / "twice" / name).read_bytes() == (tmp_path / "papers" / name).read_bytes(), name


def test_without_what_prints_the_pages_are_made_and_it_is_told(results, tmp_path, monkeypatch):
    monkeypatch.setattr(papers_job, "find_spec", lambda name: None)
    monkeypatch.setattr(papers_job, "PAPERS", [paper for paper in PAPERS if paper.reader in ("Committee", "Schools")])
    said = []
    made = all_papers(results.folder, tmp_path, say=said.append)
    assert [link for entry in made for link in entry.links] == [("Page", "committee.html")]
    assert any("capplan[reports]" in line for line in said)
    assert "capplan[reports]" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_folder_without_results_is_refused(tmp_path, capplan):
    done = capplan("papers", tmp_path / "nowhere", "--out", tmp_path / "papers")
    assert done.exit_code == 2 and "no such folder" in done.stderr and list(tmp_path.iterdir()) == []


def test_every_reader_has_a_paper():
    assert {"Committee", "Chief financial officer", "Schools", "Estates team"} <= {paper.reader for paper in PAPERS}


def looked_at(chromium, folder, name, html):
    """A page in the browser: what its console said, its serious barriers, and a picture of it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    (Path(folder) / name).write_text(html, encoding="utf-8")
    page, said = chromium.new_page(viewport={"width": 1000, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto((Path(folder) / name).as_uri())
    worst = [found["id"] for found in axe.Axe().run(page).response["violations"]
             if found["impact"] in ("serious", "critical")]
    return page, said, worst


@pytest.mark.slow
def test_a_paper_and_the_index_in_a_browser(chromium, entries, results, tmp_path):
    page, said, worst = looked_at(chromium, tmp_path, "index.html", index_page(NASTY, "One run.", entries, tmp_path))
    assert said == [] and worst == [] and page.inner_text("h1").startswith(NASTY)
    page.close()
    drawing = (b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="200"><rect width="600" height="200" '
               b'fill="#226688"/></svg>')
    wide = table_of(NASTY, "Name|#Cost|How", [(NASTY, [("W" * 400, "£1", "Red: late"), ("b", "£2", "Green")])])
    paper = Document(NASTY, "sub", "2026-01-31", (
        Box(NASTY, ("a",)), Heading("Part"), Text("lead", "lead"), Text("small", "small"), Points(("one", "two"), True),
        Grid(wide, rated=(2,)), Figure("Chart", "A blue block", drawing, b"")))
    page, said, worst = looked_at(chromium, tmp_path, "paper.html", written(paper, ".html").decode())
    assert said == [] and worst == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the paper"
    from io import BytesIO

    from matplotlib.image import imread
    picture = imread(BytesIO(page.locator("figure img").screenshot()))
    assert (picture[..., 2] > picture[..., 0] + 0.1).mean() > 0.9, "the drawing is not blank"
    page.close()


@pytest.mark.slow
def test_the_committees_paper_in_a_browser(chromium, tiny_results, tmp_path):
    from capplan.report.results import read_results
    html = written(committee_paper(read_committee(read_results(tiny_results))), ".html").decode()
    page, said, worst = looked_at(chromium, tmp_path, "committee.html", html)
    assert said == [] and worst == [] and page.locator("figure img").count() == 5
    page.close()
