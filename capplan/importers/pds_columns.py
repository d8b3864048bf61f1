"""The columns of DfE's property data survey: how they are spelt, and how their cells are read.

The survey was published more than once and under more than one set of headings. A heading is compared without capitals,
spaces, dots, underscores and brackets; where two headings of a file could both be the same column, the one named first
here is read.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..cells import NUMBER_PATTERN
from ..errors import DataError, Fault
from ..tabular import read_cells

HEADINGS = {
    "la_number": ("la_number", "lano", "la_no", "la_code", "local_authority_number", "la"),
    "site_id": ("site_id", "siteid", "site_ref", "site_reference", "site"),
    "building_id": ("building_id", "buildingid", "block_id", "block_ref", "block_reference", "building",
                    "businessunitid"),
    "element_id": ("element_id", "elementid"),
    "element": ("element",),
    "sub_element": ("sub_element", "sub-element"),
    "construction_type": ("construction_type", "const_type"),
    "grade": ("grade", "condition_grade"),
    "priority": ("priority",),
    "cost": ("cost", "cost (gbp)"),
    "composition": ("composition",),
    "storeys": ("storeys", "no_of_storeys", "number_of_storeys"),
    "gifa": ("gifa", "gross_internal_floor_area", "gross_internal_floor_area_m2"),
    "ground_gifa": ("ground_gifa", "ground_floor_gifa", "ground_floor_gifa_m2"),
    "block_perimeter": ("block_perimeter", "block_perim", "perimeter", "perimeter_m"),
    "height": ("height", "height_m"),
    "windows_doors": ("windows_doors", "windows_and_doors"),
    "number_lifts": ("number_lifts", "no_lifts", "no_of_lifts", "number_of_lifts", "lifts"),
    "site_area_exc_field": ("site_area_exc_field", "site_area_excluding_playing_fields",
                            "site_area_excluding_playing_fields_m2"),
    "boundary_length": ("boundary_length", "boundary", "boundary_m"),
    "field_area": ("field_area", "playing_field_area", "playing_field_area_m2"),
    "swimming_pool": ("swimming_pool",),
    "unit_area": ("unit_area",),
}
NUMBERS = ("priority", "cost", "composition", "storeys", "gifa", "ground_gifa", "block_perimeter", "height",
           "windows_doors", "number_lifts", "site_area_exc_field", "boundary_length", "field_area", "unit_area")
# A share of the wall in per cent: 30 and 30% are the same. In the other columns 30% is 0.3.
PERCENTAGES = ("windows_doors",)
NAMES = ("element", "sub_element", "construction_type")
INDISPENSABLE = ("la_number", "site_id", "building_id", "grade")

_NO_VALUE = {"", "na", "n/a", "nan", "null", "none", "<na>", "-"}
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(NUMBER_PATTERN)
_WHOLE = re.compile(r"(\d+)\.0+")
# Headings of the row numbers that R and pandas write beside a table: no part of the survey.
_ROW_NUMBERS = re.compile(r"|Unnamed: 0|__index_level_\d+__")


def read_source(path):
    """Every row of a survey file as it came.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8, or cp1252 as Excel writes it) or Parquet.

    Returns
    -------
    DataFrame
        Text cells of a CSV, or the typed cells of a Parquet file, indexed by row as a spreadsheet numbers it (the
        header is row 1).

    Raises
    ------
    DataError
        If there is no such file, it is damaged or empty, or it has no rows.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file", "a property data survey file, CSV or Parquet")])
    source = _typed_parquet(path) if path.suffix.lower() == ".parquet" else None
    if source is None:
        source, faults = read_cells(path)
        if faults:
            raise DataError(faults)
    source = source[[name for name in source if not _ROW_NUMBERS.fullmatch(name)]]
    if not len(source):
        raise DataError([Fault(path.name, None, "", "no rows", "at least one row below the header")])
    return source


def _typed_parquet(path):
    """The Parquet file with its own types; ``None`` where that fails, for ``read_cells`` to say why."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return None
    try:
        frame = pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)
    except (OSError, ValueError, TypeError, pyarrow.ArrowException):
        return None
    frame.columns = [str(name) for name in frame.columns]
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def match_columns(names, where):
    """Which heading of a file is which column of the survey.

    Parameters
    ----------
    names : list of str
        Headings of the file.
    where : str
        Name of the file, for the faults.

    Returns
    -------
    dict of str
        Heading by column, for the columns the file has.

    Raises
    ------
    DataError
        With every indispensable column that is missing, and every pair of headings nobody could tell apart.
    """
    spelt = {}
    for name in names:
        spelt.setdefault(_plain(name), []).append(name)
    found, faults = {}, []
    for column, headings in HEADINGS.items():
        heading = next((_plain(heading) for heading in headings if _plain(heading) in spelt), None)
        if heading is None:
            continue
        if len(spelt[heading]) > 1:
            faults.append(Fault(where, 1, column, " and ".join(map(repr, spelt[heading])), "one column, not two"))
        found[column] = spelt[heading][0]
    missing = [column for column in INDISPENSABLE if column not in found]
    if "element_id" not in found:
        lost = [column for column in NAMES if column not in found]
        missing += ["element_id"] if len(lost) == len(NAMES) else [f"element_id or {column}" for column in lost]
    if "unit_area" not in found and "composition" not in found:
        missing.append("unit_area or composition")
    faults += [Fault(where, 1, column, "no such column", f"there, spelt {_spellings(column)}") for column in missing]
    if faults:
        raise DataError(faults)
    return found


def _spellings(column):
    if column == "unit_area or composition":
        return "unit_area, or composition with the measurements of the building"
    names = ", ".join(HEADINGS[column.removeprefix("element_id or ")][:3])
    return names + (" (or else element, sub_element and construction_type)" if column == "element_id" else "")


def _plain(heading):
    return re.sub(r"[^a-z0-9]", "", heading.lower())


def words(values):
    """Text cells with the spaces around them, the decimals of whole numbers and the words for nothing taken away.

    Parameters
    ----------
    values : Series
        Cells of any kind.

    Returns
    -------
    Series of str
        Blank where there is no value.
    """
    codes, unique = pd.factorize(values)
    text = [_word(value) for value in np.asarray(unique, dtype=object)]
    return pd.Series(pd.array([*text, ""], dtype="str").take(codes), index=values.index)


def _word(value):
    text = " ".join(str(value).split())
    whole = _WHOLE.fullmatch(text)
    text = whole.group(1) if whole else text
    return "" if text.lower() in _NO_VALUE else text


def numbers(values, percentages=False):
    """Cells as numbers; pound signs, spaces, commas between thousands and per cent signs are understood.

    Parameters
    ----------
    values : Series
        Cells of any kind.
    percentages : bool
        Whether 30% is 30, as in a column of percentages, or 0.3.

    Returns
    -------
    tuple of (Series of float, Series of bool)
        The numbers, ``nan`` where there is none; and where something is written that is not a number (or is infinite).
    """
    if pd.api.types.is_numeric_dtype(values):
        parsed = values.astype(float)
        infinite = np.isinf(parsed)
        return parsed.mask(infinite), infinite
    codes, unique = pd.factorize(values)
    text = [_word(value) for value in np.asarray(unique, dtype=object)]
    parsed = np.array([*(_number(word, percentages) for word in text), np.nan])
    unreadable = np.array([bool(word) and np.isnan(number) for word, number in zip(text, parsed, strict=False)]
                          + [False])
    return pd.Series(parsed[codes], values.index), pd.Series(unreadable[codes], values.index)


def _number(text, percentages):
    text = text.replace("£", "").replace(" ", "")
    share = text.endswith("%") and not percentages
    text = text.removesuffix("%")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        return np.nan
    number = float(text) / 100 if share else float(text)
    return number if np.isfinite(number) else np.nan


def name_key(*parts):
    """Names of an element, sub-element and construction type as one key that spelling does not change.

    Dashes, capitals, spaces and ampersands differ between editions of the survey, and so do the misspellings
    *finsihed* and *ffibreglass* of the published sample.

    Parameters
    ----------
    *parts : Series of str
        Element, sub-element and construction type.

    Returns
    -------
    Series of str
        Blank where any of the names is blank.
    """
    plain = []
    for part in parts:
        codes, unique = pd.factorize(part)
        keys = [re.sub(r"[^a-z0-9]", "", str(name).lower().replace("&", "and")).replace("finsihed", "finished")
                .replace("ffibre", "fibre") for name in np.asarray(unique, dtype=object)]
        plain.append(pd.Series(pd.array(keys, dtype="str").take(codes), part.index))
    whole = plain[0] + "|" + plain[1] + "|" + plain[2]
    blank = (plain[0] == "") | (plain[1] == "") | (plain[2] == "")
    return whole.mask(blank, "")
