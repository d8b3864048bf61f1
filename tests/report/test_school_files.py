"""Papers of schools as files, read back: one page each, sums that add up in every format, names that no system chokes on."""

import io
import re
from decimal import Decimal
from html.parser import HTMLParser

import pandas as pd
import pytest

from capplan.report.school_files import file_stems

pypdf, docx = pytest.importorskip("pypdf"), pytest.importorskip("docx")
pytest.importorskip("typst")
WORKS = "Works planned and paid for"
NASTY = "=cmd|' /C calc'!A0 <b>#&$ \"q\" St Éloi's"


class Cells(HTMLParser):
    """The cells of every table of a page, in order."""

    def __init__(self):
        super().__init__()
        self.cells, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        self.inside = tag in ("td", "th")
        if self.inside:
            self.cells.append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data


def as_decimal(text):
    return Decimal(text.strip().replace("£", "").replace(",", ""))


def works_of_pdf(path):
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return as_decimal(re.search(rf"{WORKS}\s*(-?£[\d,.]+)", text)[1])


def works_of_word(path):
    cells = [[cell.text for cell in row.cells] for table in docx.Document(path).tables for row in table.rows]
    return as_decimal(next(row[1] for row in cells if row[0] == WORKS))


def edit(folder, name, change):
    path = folder / f"{name}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")


@pytest.fixture(scope="module")
def written(results, tmp_path_factory, capplan):
    """The statements of twelve schools and the centre, as the command writes them."""
    out = tmp_path_factory.mktemp("schools") / "statements"
    done = capplan("report", results.folder, "--for", "school", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "13 statements add up to the programme to the penny: £" in done.stdout
    return out


def test_every_statement_is_one_page_of_a4(written, results):
    schools = [path for path in written.glob("*.pdf") if path.stem != "how_they_add_up"]
    assert len(schools) == 13 and len(list(written.glob("*.docx"))) == 14
    for path in schools:
        pages = pypdf.PdfReader(path).pages
        assert len(pages) == 1, path.name
        assert (round(pages[0].mediabox.width), round(pages[0].mediabox.height)) == (595, 842)


@pytest.mark.slow
def test_every_statement_is_one_page_in_word(written, word_as_pdf):
    papers = sorted(written.glob("*.docx"))
    assert len(papers) == 14
    assert {path.stem: len(pages) for path, pages in zip(papers, word_as_pdf(*papers), strict=True)} == {
        path.stem: 1 for path in papers}


@pytest.mark.parametrize(("suffix", "read"), [("pdf", works_of_pdf), ("docx", works_of_word)])
def test_files_read_back_add_up_to_what_is_drawn(written, results, suffix, read):
    drawn = sum(Decimal(str(amount)) for amount in pd.read_csv(f"{results.folder}/draws.csv", dtype=str).amount_gbp)
    each = {path.stem: read(path) for path in written.glob(f"*.{suffix}") if path.stem != "how_they_add_up"}
    assert len(each) == 13 and sum(each.values()) == drawn > 0
    table = pd.read_csv(written / "sums.csv", dtype=str).set_index("file")
    assert {name: as_decimal(text) for name, text in table.works_gbp.items()} == each


def test_the_sums_are_on_a_page_of_their_own(written):
    text = pypdf.PdfReader(written / "how_they_add_up.pdf").pages[0].extract_text()
    together, programme = (re.search(rf"{row}\s+(.*)", text)[1] for row in ("The statements together", "The programme"))
    assert together.split() == programme.split() and "to the penny" in text


@pytest.mark.parametrize("suffix", ["html", "pdf", "docx"])
def test_one_school_is_one_file_in_any_format(results_folder, tmp_path, capplan, suffix):
    nasty = NASTY + " of the Very Long Name " * 14
    edit(results_folder, "schools", lambda frame: frame.assign(name=nasty))
    edit(results_folder, "schemes", lambda frame: frame.assign(reason=NASTY, description=NASTY, kind="listed"))
    out = tmp_path / f"S002.{suffix}"
    done = capplan("report", results_folder, "--for", "school", "--school", "S002", "--full", "--out", out)
    assert done.exit_code == 0 and done.stdout == f"Written to {out}.\n"
    content = out.read_bytes()
    if suffix == "html":
        page = Cells()
        page.feed(content.decode())
        cells = page.cells
        assert "<b>#" not in content.decode()
    elif suffix == "pdf":
        cells = ["".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)]
    else:
        tables = docx.Document(io.BytesIO(content)).tables
        cells = [cell.text for table in tables for row in table.rows for cell in row.cells]
    assert any("=cmd|'" in cell and "<b>#&$" in cell for cell in cells)


@pytest.mark.slow
def test_a_statement_with_all_it_may_hold_is_still_one_page(make_results, tmp_path, capplan, monkeypatch):
    folder = make_results(schools=2, schemes=400, years=10)
    pd.DataFrame([{"school_id": "S001", "year": year, "plan": plan, "fuel": "gas", "use_kwh": 1e6, "cost_gbp": 1e5,
                   "footprint_tco2e": 200.0} for year in (2026, 2035) for plan in ("without", "with")]).to_csv(
        folder / "energy.csv", index=False)
    building = "S001-1-{} (temporary, 131 m2, 28 pupils): to demolish in 2029-30 (£23,539). Permission ends 31 July 2029."
    monkeypatch.setattr("capplan.report.school_statement.temporary_words",
                        lambda schools, school_id: [building.format(number) for number in range(12)])
    edit(folder, "schools", lambda frame: frame.assign(name=NASTY + " of the Very Long Name " * 14))
    edit(folder, "schemes", lambda frame: frame.assign(kind="listed", description="W" * 300))
    out = tmp_path / "full.pdf"
    assert capplan("report", folder, "--for", "school", "--school", "S001", "--out", out).exit_code == 0
    pages = pypdf.PdfReader(out).pages
    assert len(pages) == 1 and "S001-1-11 (temporary" in pages[0].extract_text()


@pytest.mark.parametrize(("words", "said"), [
    (("--school", "NOPE", "--out", "x.pdf"), "must be one of S001, S002"),
    (("--school", "S001", "--out", "x.xlsx"), "a file that ends in .pdf or .docx or .html"),
    (("--out", "x.pdf"), "give the name of a folder"),
    (("--school", "S001", "--scheme", "Y", "--out", "x.pdf"), "--scheme: not for a school; leave it out"),
])
def test_what_cannot_be_written_exits_2_and_writes_nothing(results_folder, tmp_path, capplan, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = capplan("report", results_folder, "--for", "school", *words)
    assert done.exit_code == 2 and said in " ".join(done.stderr.split()) and sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_there_is_left_alone(written, results, capplan):
    done = capplan("report", results.folder, "--for", "school", "--out", written)
    assert done.exit_code == 2 and "exists already" in done.stderr


def test_names_of_files_never_meet_and_never_leave_the_folder():
    stems = file_stems(["../../x", "A/B", "a-b", "sums", "How_they_add_up", "N" * 80, "N" * 80 + "x", "..", ""])
    assert len({stem.lower() for stem in stems.values()}) == len(stems) == 9
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", stem) for stem in stems.values())


@pytest.mark.slow
def test_a_hundred_schools(make_results, tmp_path, capplan):
    out = tmp_path / "many"
    done = capplan("report", make_results(schools=100, schemes=1200), "--for", "school", "--out", out)
    assert done.exit_code == 0 and "101 statements add up to the programme to the penny" in done.stdout
    papers = [path for path in out.glob("*.pdf") if path.stem != "how_they_add_up"]
    drawn = pd.read_csv(out / "sums.csv").works_gbp.sum()
    assert len(papers) == 101 and float(sum(map(works_of_pdf, papers))) == pytest.approx(drawn, abs=0.005)
