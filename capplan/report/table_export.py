"""Every table of a results folder with its data dictionary, as CSV, Parquet and JSON: for other programs to read."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .. import shipped
from ..crosswalk import crosswalk
from ..errors import DataError, Fault
from ..tabular import read_cells, write_frame, write_json, write_parquet
from .words import counted

FORMATS = ("csv", "parquet", "json")
DICTIONARY = ["file", "column", "kind", "unit", "pounds", "meaning"]
TEXT, WHOLE, NUMBER = "text", "whole number", "number"
FORMULA = r"[=+@\t\r]|-.*[(|!]"
ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
MEASURED = re.compile(r"(GBP|kWh|tCO2e|m2)|(share|years?|places|pupils|pupil-days|schemes|components|1 to 4)$")
"""Units of columns that hold numbers and nothing else; others with a unit hold them where every cell reads as one."""
IN_WORDS = ("", "yes or no", "date")
WHOLE_UNITS = ("year", "schemes", "components", "pupils", "1 to 4")
NOT_DESCRIBED = "Not described on capplan's page of results."


@dataclass(frozen=True)
class Tables:
    """The tables of a results folder by name (``candidates/spend``), typed, and the data dictionary of their columns."""

    frames: dict = field(repr=False)
    dictionary: pd.DataFrame = field(repr=False)


def results_dictionary():
    """What every column of a results folder means, from the page ``docs/results.md``.

    Returns
    -------
    DataFrame
        ``file, column, unit, pounds, meaning``.
    """
    page = (shipped.folder("docs") / "results.md").read_text(encoding="utf-8")
    rows = []
    for section in page.split("\n## ")[1:]:
        name = section.splitlines()[0]
        if name.endswith(".csv"):
            rows += [(name.removesuffix(".csv"), *(cell.strip() for cell in found)) for found in ROW.findall(section)]
    return pd.DataFrame(rows, columns=["file", "column", "unit", "pounds", "meaning"])


def read_tables(folder):
    """Every table of a results folder, each column text, whole numbers or numbers as the dictionary has it.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Tables
        Blank cells of numbers are missing; text is as written, blanks as empty text. A column without a unit is text,
        so that an identifier keeps its leading zeros.

    Raises
    ------
    DataError
        With every cell that is no number where there must be one, and every text a spreadsheet would run as a formula.
    """
    folder, known = Path(folder), results_dictionary().set_index(["file", "column"])
    frames, rows, faults = {}, [], []
    for path in sorted([*folder.glob("*.csv"), *(folder / "candidates").glob("*.csv")]):
        name = path.relative_to(folder).with_suffix("").as_posix()
        cells, own = read_cells(path)
        faults += own
        if cells is None:
            continue
        columns = {}
        for column in cells:
            about = known.loc[(name, column)] if (name, column) in known.index else None
            columns[column], kind, own = _typed(cells[column], f"{name}.csv", column, about)
            faults += own
            told = ("", "", NOT_DESCRIBED) if about is None else (about.unit, about.pounds, about.meaning)
            rows.append((name, column, kind, *told))
        frames[name] = pd.DataFrame(columns).reset_index(drop=True)
    if not frames and not faults:
        faults = [Fault(str(folder), None, "", "no tables", "a results folder, as capplan run writes it")]
    if faults:
        raise DataError(faults)
    return Tables(frames, pd.DataFrame(rows, columns=DICTIONARY))


def _typed(cells, where, column, about):
    """One column in its kind, the kind, and what is wrong with it."""
    text = cells.str.strip()
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype(float)
    readable = (text == "") | np.isfinite(numbers)
    unit = "" if about is None else about.unit
    if MEASURED.match(unit) and not readable.all():
        return cells, TEXT, [Fault(where, int(row), column, repr(value)[:60], f"a number [{unit}]")
                             for row, value in cells[~readable].items()]
    if unit in IN_WORDS or not readable.all():
        bad = text.str.match(FORMULA) & ~np.isfinite(numbers)
        return cells.astype(object), TEXT, [Fault(where, int(row), column, repr(value)[:60], "text that is no formula")
                                            for row, value in cells[bad].items()]
    if unit in WHOLE_UNITS and (numbers.isna() | (numbers % 1 == 0)).all():
        return numbers.astype("Int64"), WHOLE, []
    return numbers, NUMBER, []


def export_tables(tables, folder, formats=FORMATS):
    """Write the tables and their dictionary.

    Parameters
    ----------
    tables : Tables
    folder : Path
        An existing folder: one folder for each format, in it a file for each table (``candidates_spend`` for that of the
        candidates); beside them ``dictionary`` as CSV, JSON and Markdown, and ``element_codes.csv``: what capplan's elements
        are called by DfE, NRM1, NRM3 and Uniclass, for programs that know those.
    formats : sequence of str
        Of ``FORMATS``.

    Returns
    -------
    list of str
        Names of the files written.
    """
    writers = {"csv": write_frame, "parquet": write_parquet, "json": _write_records}
    written = []
    for suffix in formats:
        (folder / suffix).mkdir()
        for name, frame in tables.frames.items():
            path = folder / suffix / f"{name.replace('/', '_')}.{suffix}"
            writers[suffix](frame, path)
            written.append(path.relative_to(folder).as_posix())
    for name, write in (("dictionary.csv", partial(write_frame, tables.dictionary)),
                        ("dictionary.json", partial(_write_records, tables.dictionary)),
                        ("dictionary.md", partial(_write_page, tables.dictionary)),
                        ("element_codes.csv", partial(write_frame, crosswalk()))):
        write(folder / name)
        written.append(name)
    return written


def _write_records(frame, path):
    """A table as a list of objects, one for each row; what is missing is null."""
    plain = frame.astype(object).where(frame.notna(), None)
    write_json([{key: value.item() if hasattr(value, "item") else value for key, value in row.items()}
                for row in plain.to_dict("records")], path)


def _write_page(dictionary, path):
    """The dictionary as a page of Markdown."""
    lines = ["# Data dictionary of this export", "", f"{counted(dictionary.file.nunique(), 'table')}. Years are planning "
             "years: 2026 is 1 September 2026 to 31 August 2027. Nominal pounds are those of the day, real pounds at the "
             "plan's price base, present pounds real and discounted. Never add nominal and real."]
    for name, rows in dictionary.groupby("file", sort=False):
        lines += ["", f"## {name}", "", "| column | kind | unit | pounds | meaning |", "|---|---|---|---|---|"]
        lines += [f"| `{row.column}` | {row.kind} | {row.unit} | {row.pounds} | {row.meaning} |"
                  for row in rows.itertuples()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
