"""One table file to one typed frame, with every fault in it; and back.

Cells are read as text and judged here, so that nothing is guessed: a number is a number as written, an identifier keeps
its leading zeros, and what cannot be read is reported with its row as a spreadsheet numbers it.
"""

import csv
import difflib
import io
import json
import lzma
import math
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from .cells import blank, judge
from .columns import Kind
from .errors import CapplanError, Fault

LONGEST_LINE_BYTES = 1_000_000
DAMAGED = (OSError, EOFError, RuntimeError, OverflowError, IndexError, struct.error, zipfile.BadZipFile, zlib.error,
           lzma.LZMAError)
"""What an archive that is damaged, locked, or packed in a way nobody uses may raise when it is read."""
NAMELESS = "\x01"


def find_table(folder, name):
    """Path of the file a table is in: ``name.csv`` or ``name.parquet``; ``None`` if there is neither.

    Returns
    -------
    tuple of (Path or None, list of Fault)
        A fault where both exist, since nobody can tell which one counts.
    """
    found = [folder / f"{name}{suffix}" for suffix in (".csv", ".parquet") if (folder / f"{name}{suffix}").is_file()]
    if len(found) == 2:
        return None, [Fault(name, None, "", f"both {found[0].name} and {found[1].name}", "one file; remove the other")]
    return (found[0] if found else None), []


def read_cells(path):
    """Every cell of a CSV or Parquet file, as text.

    Parameters
    ----------
    path : Path
        The file. CSV in UTF-8, or cp1252 as Excel writes it.

    Returns
    -------
    tuple of (DataFrame or None, list of Fault)
        Text cells, blanks as empty strings, indexed by spreadsheet row; ``None`` where the file cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    return _read_csv(path)


def _read_parquet(path):
    try:
        import pyarrow.parquet as pq
    except ImportError:
        return None, [Fault(path.name, None, "", "a Parquet file, but pyarrow is not installed",
                            "read with pyarrow: pip install 'capplan[scale]', or save it as CSV")]
    try:
        frame = pq.read_table(path).to_pandas()
    except (OSError, ValueError) as error:
        return None, [Fault(path.name, None, "", f"a damaged or truncated Parquet file ({_first_line(error)})",
                            "a whole Parquet file; export it again")]
    cells = pd.DataFrame({str(name): _as_text(frame[name]) for name in frame.columns})
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    return cells, []


def _as_text(values):
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "yes", False: "no"}).astype(str)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").fillna("")
    if pd.api.types.is_float_dtype(values):
        whole = values.notna() & np.isfinite(values) & (values == values.round()) & (values.abs() < 1e15)
        text = values.map(repr)
        text[whole] = values[whole].astype("int64").astype(str)
        return text.where(values.notna(), "").astype(str)
    return values.astype(object).where(values.notna(), "").astype(str)


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def _longest_line(path):
    longest = current = 0
    with open(path, "rb") as file:
        while chunk := file.read(1 << 22):
            parts = chunk.split(b"\n")
            current += len(parts[0])
            if len(parts) > 1:
                longest = max(longest, current, *(len(part) for part in parts[1:-1]), 0)
                current = len(parts[-1])
            if max(longest, current) > LONGEST_LINE_BYTES:
                return max(longest, current)
    return max(longest, current)


class _UnreadableError(Exception):
    """A file that is no table: what was found, and what it must be."""


def _read_csv(path):
    try:
        text = _csv_text(path)
        header = _csv_header(text)
        cells = _csv_cells(text, header)
    except _UnreadableError as error:
        return None, [Fault(path.name, None, "", *error.args)]
    cells = cells.fillna("")
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    for name in [name for name in cells if name.startswith(NAMELESS)]:
        if (cells[name].str.strip() != "").any():
            return None, [Fault(path.name, 1, "", "a column without a name", "a name above every column that is used")]
        cells = cells.drop(columns=name)
    blank = _blank_rows(cells)
    return (cells[~blank] if blank.any() else cells), []


def _blank_rows(cells):
    """Which rows hold nothing at all; columns are looked at only while there may be one."""
    blank = np.ones(len(cells), bool)
    for name in cells:
        if not blank.any():
            break
        blank &= (cells[name].str.strip() == "").to_numpy()
    return blank


def _csv_text(path):
    if path.stat().st_size == 0:
        raise _UnreadableError("an empty file", "a table with a header row")
    if _longest_line(path) > LONGEST_LINE_BYTES:
        raise _UnreadableError(f"a line longer than {LONGEST_LINE_BYTES:,} characters",
                               "a table with one row per line; is this file really CSV?")
    raw = path.read_bytes()
    if b"\x00" in raw:
        raise _UnreadableError("bytes that are not text", "a CSV file; save the sheet as 'CSV UTF-8'")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _csv_header(text):
    """Names of the columns; those without a name, as Excel leaves them, get one of their own."""
    try:
        header = next(csv.reader(io.StringIO(text[:LONGEST_LINE_BYTES], newline=None)), [])
    except csv.Error as error:
        raise _UnreadableError(f"no header row that can be read ({_first_line(error)})",
                               "column names in the first row") from None
    header = [name.strip() for name in header]
    if not any(header):
        raise _UnreadableError("no header row", "column names in the first row")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise _UnreadableError("columns separated by ; or tabs", "columns separated by commas")
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise _UnreadableError(f"the column {', '.join(repeated)} more than once", "each column once")
    return [name or f"{NAMELESS}{place}" for place, name in enumerate(header)]


def _csv_cells(text, header):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, na_filter=False,
                               skip_blank_lines=False, index_col=False, header=0, names=header)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise _UnreadableError(f"rows that cannot be told apart ({_first_line(error)})",
                               "as many cells in each row as in the header, with quotes closed") from None


def typed(table, cells, where):
    """Text cells to a typed frame, with every fault.

    Parameters
    ----------
    table : Table
        What the columns must be.
    cells : DataFrame of str
        As ``read_cells`` returns it.
    where : str
        Name of the file, for the faults.

    Returns
    -------
    tuple of (DataFrame, list of Fault)
        One column per declared column (missing optional ones blank), indexed by spreadsheet row. A cell with a fault is
        blank in the frame; the frame is only to be used when there is no fault.
    """
    faults = _header_faults(table, cells, where)
    columns = {}
    for column in table.columns:
        if column.name not in cells:
            columns[column.name] = blank(column).take(np.zeros(len(cells), int))
            continue
        columns[column.name], own = _convert(column, cells[column.name], where)
        faults += own
    if table.open_ended:
        columns |= {name: cells[name] for name in cells if name not in columns}
    frame = pd.DataFrame(columns, index=cells.index)
    if len(cells) == 0 and table.needed:
        faults.append(Fault(where, None, "", "no rows", "at least one row"))
    return frame, faults + _key_faults(table, cells, where)


def _header_faults(table, cells, where):
    faults = []
    unknown = [name for name in cells if name not in table.column_names and not table.open_ended]
    for name in unknown:
        close = difflib.get_close_matches(name, table.column_names, 1, 0.6)
        hint = f"did you mean {close[0]}?" if close else "remove it, or see the data dictionary"
        faults.append(Fault(where, 1, name, "a column capplan does not know", f"a column of {table.name}: {hint}"))
    for column in table.columns:
        if column.needed and column.name not in cells:
            faults.append(Fault(where, 1, column.name, "no such column", f"there: {column.must_be()}"))
    return faults


def _key_faults(table, cells, where):
    key = [name for name in table.key if name in cells]
    if not key or any(table.column(name).needed and name not in cells for name in table.key):
        return []
    values = cells[key[0]].str.strip()
    for name in key[1:]:
        values = values + ", " + cells[name].str.strip()
    again = values[values.duplicated() & (values != "")]
    if not len(again):
        return []
    first = dict(zip(*_reversed_pairs(values), strict=True))
    return [Fault(where, row, ", ".join(key), f"{value.strip(', ')!r} again (first in row {first[value]})",
                  "different in every row") for row, value in again.items()]


def _reversed_pairs(values):
    return values.to_numpy()[::-1], values.index.to_numpy()[::-1]


def _convert(column, text, where):
    """Values of a column as its kind has them, and every fault; each different text is judged once."""
    codes, values = pd.factorize(text.array)
    values = [str(value).strip() for value in values.tolist()]
    parsed, good = judge(column, values)
    empty = np.array([value == "" for value in values], bool)
    bad = ~good & ~empty
    if column.needed:
        bad |= empty
    faults = []
    for code in np.flatnonzero(bad):
        found = "a blank" if empty[code] else repr(values[code][:60])
        faults += [Fault(where, int(row), column.name, found, column.must_be()) for row in text.index[codes == code]]
    return parsed.take(codes), faults


def as_cells(table, frame):
    """A typed frame as text cells, ready to be written: the inverse of ``typed``.

    Returns
    -------
    DataFrame of str
        Columns in declared order; optional columns that are blank throughout are left out.
    """
    cells = {}
    for column in table.columns:
        if column.name not in frame:
            continue
        text = _cell_text(column, frame[column.name])
        if column.needed or (text != "").any():
            cells[column.name] = text
    return pd.DataFrame(cells, index=frame.index)


def _cell_text(column, values):
    if column.kind is Kind.FLAG:
        return values.map({True: "yes", False: "no"}).astype(str)
    if column.kind is Kind.SURVEYED:
        return values.dt.strftime("%Y-%m-%d").fillna("modelled")
    return _as_text(values)


def write_frame(frame, path):
    """Write a frame as CSV: UTF-8, ``\\n`` line ends, no index, the same bytes every time."""
    frame.to_csv(Path(path), index=False, encoding="utf-8", lineterminator="\n")


def write_parquet(frame, path):
    """Write a frame as Parquet, without its index.

    Parameters
    ----------
    frame : DataFrame
        Columns of text, whole numbers (``Int64``) and numbers.
    path : str or Path

    Raises
    ------
    CapplanError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet as pq
    except ImportError:
        raise CapplanError("Parquet needs pyarrow, which is not installed: pip install 'capplan[scale]', or leave Parquet "
                           "out.") from None
    pq.write_table(pyarrow.Table.from_pandas(frame, preserve_index=False), Path(path))


def json_text(content, indent=None):
    """Content as JSON, which knows no infinity: a number that is not finite becomes null, one of an array a plain number.

    Parameters
    ----------
    content : dict, list or plain value
    indent : int, optional
        Spaces of indentation; left out: one line.

    Returns
    -------
    str
    """
    return json.dumps(_finite(content), indent=indent, allow_nan=False, default=float)


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(content, path):
    """Write content as JSON, as ``json_text`` has it, indented, with an end of line."""
    Path(path).write_text(json_text(content, 2) + "\n", encoding="utf-8")
