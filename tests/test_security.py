"""What SECURITY.md promises and no other file tests: hostile names, workbooks and columns, and no network."""

import re
import shutil
import socket
import struct
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from capplan.errors import DataError
from capplan.estate import inspect_estate
from capplan.importers import survey_sheet
from capplan.importers.survey_sheet import read_sheet
from capplan.tables import ESTATE_TABLES

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "data" / "tiny"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>&\"'"


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def tags(path):
    parser = Tags()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.found


def with_text(estate, name, was, now):
    text = (estate / name).read_text(encoding="utf-8")
    assert was in text
    (estate / name).write_text(text.replace(was, now), encoding="utf-8")


def test_every_promise_names_a_test_that_is_there():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| ") and not row.startswith("| promise")]
    assert len(rows) > 15
    for row in rows:
        file, name = re.fullmatch(r"\| .+\. \| `(tests/[\w/]+\.py)::(test_\w+)` \|", row).groups()
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), row


def test_names_are_text_on_the_page(tiny, tmp_path, capplan):
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    with_text(tiny, "trust.csv", "Ellermarl Schools Trust (fictional)", quoted)
    with_text(tiny, "schools.csv", "Ellerwick Primary School", quoted)
    done = capplan("run", tiny, "baseline.toml", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page and "alert(1)</script>" not in page.replace("&lt;", "")
    found = tags(tmp_path / "out" / "summary.html")
    assert not [tag for tag, _ in found if tag == "script"]
    assert not [name for _, attrs in found for name in attrs if name.startswith("on")]


def test_the_page_asks_nothing_of_any_network(tiny_results):
    asks = {"src", "href", "action", "data", "srcset", "poster", "background"}
    found = tags(tiny_results / "summary.html")
    active = {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert len(found) > 100 and not active & {tag for tag, _ in found}
    wanted = [attrs[name] for _, attrs in found for name in asks & set(attrs)]
    assert wanted and all(value.startswith(("#", "data:image/")) for value in wanted)
    page = (tiny_results / "summary.html").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(\s*['\"]?(?!#|data:)", page)


def test_a_run_opens_no_connection(tmp_path, capplan, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError(f"a connection: {args}")
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    assert capplan("run", TINY, "baseline.toml", "--out", tmp_path / "out").exit_code == 0


def test_names_that_look_like_paths_decide_no_place(tiny, tmp_path, capplan, tiny_results, without_charts):
    for name in ("schools.csv", "sites.csv", "blocks.csv", "components.csv", "grants.csv", "works.csv", "reserves.csv"):
        text = (tiny / name).read_text(encoding="utf-8")
        (tiny / name).write_text(re.sub(r"\bELL\b(?!-)", "E/../../../evil", text), encoding="utf-8")
    before = set(tmp_path.rglob("*"))
    with without_charts():
        done = capplan("run", tiny, "baseline.toml", "--out", tmp_path / "deep" / "out")
    assert done.exit_code == 0, done.stderr
    made = {path.relative_to(tmp_path / "deep" / "out").as_posix() for path in set(tmp_path.rglob("*")) - before
            if path not in (tmp_path / "deep", tmp_path / "deep" / "out")}
    assert made == {path.relative_to(tiny_results).as_posix() for path in tiny_results.rglob("*")}


def a_workbook(path, part, content, declared=None):
    """A workbook with one part too many; ``declared``: the size its archive gives for that part."""
    import xlsxwriter
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Survey").write(0, 0, "Ref")
    book.close()
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    if declared is not None:
        size = len(content)
        raw = path.read_bytes()
        assert raw.count(struct.pack("<I", size)) == 2, "once beside the part, once in the list at the end"
        path.write_bytes(raw.replace(struct.pack("<I", size), struct.pack("<I", declared)))
    return path


@pytest.mark.parametrize(("declared", "words"), [(None, "unpacks to"), (1000, "damaged file")])
def test_a_workbook_that_would_fill_the_memory_is_refused(declared, words, tmp_path, monkeypatch):
    monkeypatch.setattr(survey_sheet, "LARGEST_FILE_BYTES", 2_000_000)
    path = a_workbook(tmp_path / "bomb.xlsx", "xl/more.xml", b"<x>" + b"0" * 3_000_001, declared)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match=words):
        read_sheet(path)


def test_a_sheet_with_a_cell_far_off_is_refused(tmp_path):
    import xlsxwriter
    book = xlsxwriter.Workbook(tmp_path / "far.xlsx")
    page = book.add_worksheet()
    page.write(0, 0, "Ref")
    page.write(1048575, 16383, "x")
    book.close()
    with pytest.raises(DataError, match="1,048,576 rows and 16,384 columns"):
        read_sheet(tmp_path / "far.xlsx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("padding", [0, (1 << 20) - 4])
def test_a_workbook_that_declares_entities_is_refused(encoding, padding, tmp_path):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    path = a_workbook(tmp_path / "laughs.xlsx", "xl/more.xml", (" " * padding + laughs).encode(encoding))
    with pytest.raises(DataError, match="declares entities"):
        read_sheet(path)


def test_an_honest_workbook_is_read(tmp_path):
    path = a_workbook(tmp_path / "honest.xlsx", "xl/more.xml", b"<x>ENTITY</x>")
    with pytest.raises(DataError) as caught:
        read_sheet(path, title_rows=5)
    assert "no headings in row 6" in str(caught.value), "read to its end, and only the map is wrong"


@pytest.mark.parametrize("text", ["NaN", "nan", "inf", "-inf", "Infinity", "1e999", "1e99", "0x10", "1_000", "٣", "1,000"])
def test_what_is_no_finite_number_is_refused(text, tiny):
    with_text(tiny, "grants.csv", "SCA-2026,SCA,2026,50000", f'SCA-2026,SCA,2026,"{text}"')
    faults = inspect_estate(tiny)[1]
    assert [(fault.where, fault.column) for fault in faults] == [("grants.csv", "amount_gbp")]


@pytest.mark.parametrize("column", ["upn", "pupil_name", "surname", "forename", "date_of_birth", "postcode", "ethnicity",
                                    "sen_need", "gender"])
def test_columns_about_single_pupils_are_refused(column, tmp_path):
    assert not [table.name for table in ESTATE_TABLES if table.open_ended or column in table.column_names]
    estate = Path(shutil.copytree(TINY, tmp_path / "estate"))
    header, *rows = (estate / "schools.csv").read_text(encoding="utf-8").splitlines()
    (estate / "schools.csv").write_text("\n".join([f"{header},{column}", *(f"{row},x" for row in rows)]), encoding="utf-8")
    (estate / "census.csv").write_text(f"school_id,year_group,pupils,{column}\nELL,R,30,x\n", encoding="utf-8")
    wrong = {(fault.where, fault.column) for fault in inspect_estate(estate)[1] if "does not know" in fault.found}
    assert wrong == {("schools.csv", column), ("census.csv", column)}
