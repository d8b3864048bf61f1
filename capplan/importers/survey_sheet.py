"""The cells of a survey file as text, by spreadsheet row: a sheet of a workbook, or a CSV file.

Nothing is judged here but the file itself. A cell that Excel shows as an error (#REF!, #DIV/0!) is read as that error,
not as a blank.
"""

import csv
import datetime
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from ..errors import DataError, Fault
from ..tabular import DAMAGED, LONGEST_LINE_BYTES

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
LARGEST_FILE_BYTES = 500_000_000
MOST_CELLS = 50_000_000
"""What a sheet may hold between its first cell and its last that is filled; more would fill the memory."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>(.*?)</(?:\w+:)?c>', re.S)
_FILLED_CELL = re.compile(rb'<(?:\w+:)?c\b[^<>]*?\br="([A-Z]{1,3})(\d{1,7})"[^<>/]*>')
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)<")


@dataclass(frozen=True)
class Sheet:
    """The cells under the header row.

    Parameters
    ----------
    name : str
        Name of the file, for the faults.
    cells : DataFrame of str
        One column per heading, indexed by spreadsheet row. A column without a heading is called after its letter.
    header_row : int
        Row the headings are in, as a spreadsheet numbers it.
    repeated : tuple of str
        Headings that more than one column has; the later ones are called ``Heading (column F)``.
    """

    name: str
    cells: pd.DataFrame
    header_row: int
    repeated: tuple[str, ...]


def read_sheet(path, sheet=None, title_rows=0):
    """Read the cells of a workbook's sheet or a CSV file.

    Parameters
    ----------
    path : str or Path
        Workbook (.xlsx, .xlsm, .xls, .xlsb, .ods) or CSV in UTF-8 or cp1252, separated by commas.
    sheet : str, optional
        Sheet of the workbook; may be left out where there is only one.
    title_rows : int
        Rows above the header row.

    Returns
    -------
    Sheet

    Raises
    ------
    DataError
        If the file is missing, damaged, not what its name says, or has no such sheet or header row.
    """
    path = Path(path)
    _refuse_file(path, "a survey: a workbook or a CSV file")
    workbook = path.suffix.lower() in WORKBOOKS
    rows = _csv_rows(path) if not workbook else next(iter(
        _sheets(path, lambda names: [_sheet_name(path, names, sheet)]).values()))
    if len(rows) <= title_rows or not any(cell.strip() for cell in rows[title_rows]):
        raise _error(path, f"no headings in row {title_rows + 1}",
                     "the row of the headings; set title_rows of the map to the number of rows above it")
    header = [" ".join(cell.split()) for cell in rows[title_rows]]
    body = rows[title_rows + 1:]
    long = [number for number, row in enumerate(body, title_rows + 2) if any(map(str.strip, row[len(header):]))]
    if long and not workbook:
        raise DataError([Fault(path.name, row, "", "more cells than there are headings",
                               "as many cells as headings, with a comma inside a cell in quotes") for row in long])
    return _sheet(path, header, body, title_rows + 1)


def read_workbook(path):
    """Every sheet of a workbook as rows of text.

    Parameters
    ----------
    path : str or Path
        Workbook (.xlsx, .xlsm, .xls, .xlsb, .ods).

    Returns
    -------
    dict of str to list of list of str
        Rows of each sheet from its first, by name.

    Raises
    ------
    DataError
        If the file is missing, damaged, too large or no workbook.
    """
    path = Path(path)
    _refuse_file(path, "a workbook")
    if path.suffix.lower() not in WORKBOOKS:
        raise _error(path, f"a file that ends in {path.suffix or 'nothing'}", f"a workbook: {', '.join(WORKBOOKS)}")
    return _sheets(path, list)


def _refuse_file(path, must_be):
    if not path.is_file():
        raise _error(path, "no such file", must_be)
    if path.stat().st_size == 0:
        raise _error(path, "an empty file", "a table with a header row")
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise _error(path, f"{path.stat().st_size:,} bytes", f"a file of at most {LARGEST_FILE_BYTES:,} bytes")


def _error(path, found, must_be, row=None):
    return DataError([Fault(path.name, row, "", found, must_be)])


def _sheet(path, header, rows, header_row):
    width = max([len(header), *map(len, rows)])
    header += [""] * (width - len(header))
    names, repeated = [], []
    for number, heading in enumerate(header):
        if heading in names:
            repeated.append(heading)
        name = f"{heading} (column {_letter(number)})".strip() if heading in ("", *names) else heading
        names.append(name)
    cells = pd.DataFrame([row + [""] * (width - len(row)) for row in rows], columns=names, dtype=str,
                         index=pd.RangeIndex(header_row + 1, header_row + 1 + len(rows)))
    unnamed = [name for name, heading in zip(names, header, strict=True) if not heading]
    empty = [name for name in unnamed if not cells[name].str.strip().any()]
    return Sheet(path.name, cells.drop(columns=empty), header_row, tuple(repeated))


def _letter(number):
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _csv_rows(path):
    with open(path, "rb") as file:
        while line := file.readline(LONGEST_LINE_BYTES + 1):
            if len(line) > LONGEST_LINE_BYTES:
                raise _error(path, f"a line longer than {LONGEST_LINE_BYTES:,} characters",
                             "a table with one row per line; is this file really CSV?")
    raw = path.read_bytes()
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _error(path, "a workbook", f"a CSV file, or named {' or '.join(WORKBOOKS)}")
    if b"\x00" in raw:
        raise _error(path, "bytes that are not text", "a CSV file; save the sheet as 'CSV UTF-8'")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _cp1252(path, raw)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise _error(path, f"rows that cannot be told apart ({error})", "CSV with quotes closed") from None
    if rows and max(map(len, rows)) == 1 and re.search(r"[;\t]", text):
        raise _error(path, "columns separated by ; or tabs", "columns separated by commas")
    return rows


def _cp1252(path, raw):
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError as error:
        row = raw[:error.start].count(b"\n") + 1
        raise _error(path, f"the byte {raw[error.start]:#04x}", "text in UTF-8 or cp1252 (Excel's own)", row) from None


def _sheets(path, chosen):
    """Rows of text of the sheets that ``chosen`` picks from their names."""
    from python_calamine import CalamineError, PasswordError

    found = {}
    try:
        _refuse_bomb(path)
        with pd.ExcelFile(path, engine="calamine") as workbook:
            for name in chosen(workbook.sheet_names):
                cells = pd.read_excel(workbook, sheet_name=name, header=None, dtype=object, na_filter=False)
                rows = [[_text(value) for value in row] for row in cells.to_numpy().tolist()]
                for row, column, error in _error_cells(path, name):
                    if row < len(rows) and column < len(rows[row]):
                        rows[row][column] = error
                found[name] = rows
    except PasswordError:
        raise _error(path, "a workbook locked with a password", "saved without a password") from None
    except (CalamineError, *DAMAGED, ElementTree.ParseError, KeyError, ValueError) as error:
        words = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise _error(path, f"a damaged file, or not a workbook ({words})",
                     "an Excel workbook; open it and save it again") from None
    return found


def _refuse_bomb(path):
    """Refuse a workbook that would fill the memory: by what it says it unpacks to, by what it does, by entities."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > LARGEST_FILE_BYTES:
            raise _error(path, f"a workbook that unpacks to {size:,} bytes", f"at most {LARGEST_FILE_BYTES:,} bytes")
        with zipfile.ZipFile(path) as parts:
            for part in parts.infolist():
                _refuse_part(path, parts, part)


def _refuse_part(path, parts, part):
    """Read a part to its end, which fails where it is not as long as it says; refuse entities and cells far away."""
    last_row = last_column = 0
    with parts.open(part) as held:
        before = b""
        while piece := held.read(1 << 20):
            both = before + piece
            if b"<!ENTITY" in both.replace(b"\x00", b""):  # without its noughts, UTF-16 reads as ASCII
                raise _error(path, f"a part that declares entities ({part.filename[:60]})", "a workbook as Excel saves it")
            for letters, row in set(_FILLED_CELL.findall(both)):
                last_row, last_column = max(last_row, int(row)), max(last_column, _number_of(letters) + 1)
            if last_row * last_column > MOST_CELLS:
                raise _error(path, f"a sheet of {last_row:,} rows and {last_column:,} columns",
                             f"at most {MOST_CELLS:,} cells: is something far below or far to the right of the table?")
            before = piece[-64:]


def _sheet_name(path, names, sheet):
    if sheet is None and len(names) == 1:
        return names[0]
    if sheet is None:
        raise _error(path, f"{len(names)} sheets", f"one sheet; name it in the map (sheet = ...): {', '.join(names)}")
    if sheet not in names:
        raise _error(path, f"no sheet {sheet!r}", f"a workbook with it; the sheets are {', '.join(names)}")
    return sheet


def _text(value):
    """A cell as Excel would show it with no format: dates as YYYY-MM-DD, whole numbers without a point."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)


def _error_cells(path, sheet):
    """Cells of an .xlsx sheet that hold an Excel error: row and column from 0, and the error.

    The workbook reader gives a blank for them. In the older .xls and .xlsb they cannot be told from blanks.
    """
    if not zipfile.is_zipfile(path) or path.suffix.lower() not in (".xlsx", ".xlsm"):
        return []
    with zipfile.ZipFile(path) as parts:
        relations = ElementTree.fromstring(parts.read("xl/_rels/workbook.xml.rels"))
        targets = {relation.get("Id"): relation.get("Target") for relation in relations}
        sheets = ElementTree.fromstring(parts.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        target = next((targets[one.get(_RELATION)] for one in sheets if one.get("name") == sheet), None)
        if target is None:
            return []
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        xml = parts.read(part)
    return [(int(row) - 1, _number_of(letters), _error_word(body)) for letters, row, body in _ERROR_CELL.findall(xml)]


def _number_of(letters):
    number = 0
    for letter in letters.decode():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _error_word(body):
    value = _ERROR_VALUE.search(body)
    return value[1].decode() if value else "#ERROR"
