"""DfE's open registers of schools, downloaded by the user: which layout a file has, and the facts of each school in it.

Layouts are pinned in ``reference/register_layouts.csv``. A file of no known layout is refused, with the nearest one.
"""

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault
from ..reference import load
from ..tables import REGIONS

CENSUS = "census"
NUMBERS = ("urn", "la_number", "pupils", "capacity", "part_time", "full_time_equivalent", "early", "nursery", "reception",
           "stage_1", "stage_2", "stage_3", "stage_4", "stage_5", "other", "income_gbp", "revenue_reserve_gbp")
DAYS = ("opened", "closed")
NOT_TOLD = ("", "z", "c", "x", "u", "low", "supp", "dns", "na", "n/a", "not applicable", "not-applicable")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
PHASES = {"nursery": "nursery", "primary": "primary", "middle deemed primary": "primary", "secondary": "secondary",
          "middle deemed secondary": "secondary", "16 plus": "sixth form", "all-through": "all-through"}
TYPES = {"special": "special", "alternative provision": "alternative provision", "pupil referral": "alternative provision",
         " ap ": "alternative provision"}
LONDON = "london"


@dataclass(frozen=True)
class Register:
    """One file: its layout, the census it is of, and the facts of its schools by URN. ``unread``: words of the file that
    mean nothing to capplan, by URN and fact."""

    file: str
    layout: str
    facts: pd.DataFrame = field(repr=False)
    census_year: int | None = None
    unread: dict = field(default_factory=dict, repr=False)


def read_registers(paths, urns):
    """Registers from files, the facts of some schools only.

    Parameters
    ----------
    paths : sequence of (str or Path)
        CSV files, UTF-8 or cp1252, headings in the first row.
    urns : collection of int
        Schools wanted.

    Returns
    -------
    list of Register
        In the order given.

    Raises
    ------
    DataError
        With every file that has no known layout, cannot be read, or says one thing twice; and every cell that is no number.
    """
    registers, faults = [], []
    for path in map(Path, paths):
        try:
            registers.append(_read(path, set(urns)))
        except DataError as error:
            faults += error.faults
    seen = {}
    for register in registers:
        key = register.layout, register.census_year
        if key in seen:
            of = f" of January {register.census_year}" if register.census_year else ""
            faults.append(Fault(register.file, None, "", f"a second file of the layout {register.layout}{of}, beside "
                                f"{seen[key]}", "one file of each layout, and one for each census"))
        seen.setdefault(key, register.file)
    if faults:
        raise DataError(faults)
    return registers


def layout_of(columns):
    """The layout a file's columns are of.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    tuple of (str, list of str)
        The nearest layout, and the columns it needs that are not there: none where the layout is the file's.

    Examples
    --------
    >>> layout_of(["urn", "time_period", "phase_type_grouping", "headcount of pupils", "fte pupils"])
    ('census', [])
    >>> layout_of(["URN", "Total  Income", "Total Expenditure"])
    ('academy accounts', ['Revenue Reserve'])
    """
    known, table = {_plain(name) for name in columns}, load("register_layouts")
    best = None
    for layout, rows in table[table.needed == "yes"].groupby("layout", sort=False):
        missing = [name for name in rows.column if _plain(name) not in known]
        share = 1 - len(missing) / len(rows)
        if best is None or (not missing, share) > best[0]:
            best = (not missing, share), layout, missing
    return best[1], best[2]


def _plain(name):
    return " ".join(str(name).split()).casefold()


def _read(path, urns):
    header, encoding = _header(path)
    layout, missing = layout_of(header)
    if missing:
        raise DataError([Fault(path.name, 1, "", f"columns of no layout capplan knows; the nearest is {layout}, without "
                               f"{', '.join(missing)}", "a file of one of the layouts " + ", ".join(
                                   load("register_layouts").layout.unique()) + ", as downloaded")])
    rows = load("register_layouts")
    rows = rows[rows.layout == layout]
    place = {_plain(name): number for number, name in reversed(list(enumerate(header)))}
    wanted = {fact: place[_plain(name)] for name, fact in zip(rows.column, rows.fact, strict=True) if _plain(name) in place}
    try:
        cells = pd.read_csv(path, usecols=sorted(wanted.values()), dtype=str, encoding=encoding, keep_default_na=False,
                            na_filter=False, header=0, names=list(range(len(header))), index_col=False)
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise DataError([Fault(path.name, None, "", f"rows that cannot be told apart ({str(error).splitlines()[0][:100]})",
                               "as many cells in each row as in the header")]) from None
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    cells = pd.DataFrame({fact: cells[number].str.strip() for fact, number in wanted.items()})
    cells = cells[cells.urn.isin({str(urn) for urn in urns})]
    return _understood(path.name, layout, cells)


def _header(path):
    """Headings of the first row, and the encoding of the file."""
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", "a CSV file downloaded from DfE")])
    raw = path.read_bytes()
    if not raw or b"\x00" in raw[:100_000]:
        raise DataError([Fault(path.name, None, "", "an empty file" if not raw else "bytes that are not text",
                               "a CSV file; save the sheet of a workbook as 'CSV UTF-8', headings in the first row")])
    encoding = "utf-8-sig"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return next(csv.reader(file), []), encoding


def _understood(where, layout, cells):
    """Cells as facts, with every fault of those of the schools wanted."""
    faults = [Fault(where, int(row), "urn", f"{urn} again", "once: of part-year returns keep the one to be used")
              for row, urn in cells.urn[cells.urn.duplicated()].items()]
    facts, unread = {}, {}
    for fact, text in cells.items():
        if fact in NUMBERS:
            facts[fact], own = _numbers(where, fact, text)
            faults += own
        elif fact in DAYS:
            facts[fact] = _days(text)
            lost = text[~text.str.casefold().isin(NOT_TOLD) & facts[fact].isna()]
            faults += [Fault(where, int(row), fact, repr(day), "a date: day, month, year") for row, day in lost.items()]
        else:
            facts[fact] = text
    frame = pd.DataFrame(facts, index=cells.index)
    year = _census_year(where, cells.time_period, faults) if layout == CENSUS else None
    if faults:
        raise DataError(faults)
    frame = frame.astype({"urn": int}).set_index("urn")
    if layout == "gias":
        words = {"phase": frame.phase, "region": frame.region}
        frame = frame.assign(phase=[_phase(*pair) for pair in zip(frame.phase, frame.type, strict=True)],
                             region=_regions(frame.region, frame.la_number))
        unread = {(urn, fact): text[urn] for fact, text in words.items() for urn in frame.index[frame[fact] == ""]}
    return Register(where, layout, frame, year, unread)


def _numbers(where, fact, text):
    plain = text.str.replace(",", "").str.replace("\u00a3", "")
    told = ~text.str.casefold().isin(NOT_TOLD)
    good = plain.str.fullmatch(NUMBER)
    faults = [Fault(where, int(row), fact, repr(text[row][:40]), "a number, or z, c or x where DfE does not tell it")
              for row in text.index[told & ~good]]
    return pd.to_numeric(plain.where(told & good), errors="coerce").astype(float), faults


def _days(text):
    same = text.str.replace("/", "-")
    first = pd.to_datetime(same, format="%d-%m-%Y", errors="coerce")
    return first.fillna(pd.to_datetime(same, format="%Y-%m-%d", errors="coerce"))


def _census_year(where, periods, faults):
    """The one census of a file: 202425 is January 2025."""
    told = sorted(set(periods))
    if not told:
        return None
    if len(told) > 1 or not re.fullmatch(r"20\d\d/?\d\d", told[0]):
        faults.append(Fault(where, None, "time_period", ", ".join(map(repr, told[:5])), "one academic year, as 202425"))
        return None
    return int(told[0][:4]) + 1


def _phase(phase, kind):
    """Phase of a school as capplan names it: special and alternative provision by the type of the establishment."""
    for word, own in TYPES.items():
        if word in f" {kind} ".casefold():
            return own
    return PHASES.get(phase.casefold(), "")


def _regions(names, la_numbers):
    known = {region.casefold(): region for region in REGIONS}
    authorities = load("local_authorities").set_index("la_number").region
    return [authorities.get(number, "") if name.casefold() == LONDON else known.get(name.casefold(), "")
            for name, number in zip(names, la_numbers, strict=True)]


def is_special(words):
    """Whether a school is special or alternative provision by the words a register has for it.

    Parameters
    ----------
    words : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_special("State-funded special school"), is_special("State-funded AP school"), is_special("State-funded primary")
    (True, True, False)
    """
    return any(word in f" {words} ".casefold() for word in TYPES)
