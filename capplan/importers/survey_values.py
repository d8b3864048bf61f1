"""The surveyor's words and figures to capplan's, one column at a time, with a note of every translation and fault."""

import difflib
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import Fault
from .survey_map_checks import key_of

# Unit a quantity is turned into, and how many of that unit one of the surveyor's is. Feet and yards are exact by
# definition: a yard is 0.9144 m (Weights and Measures Act 1985, schedule 1).
UNITS = {"m2": ("m2", 1.0), "ft2": ("m2", 0.09290304), "yd2": ("m2", 0.83612736),
         "m": ("m", 1.0), "ft": ("m", 0.3048), "yd": ("m", 0.9144), "nr": ("nr", 1.0)}
# Pounds in one of the unit that costs are given in. [GBP]
COST_UNITS = {"GBP": 1.0, "GBP thousand": 1000.0, "pence": 0.01}
SHARE_UNITS = {"fraction": 1.0, "percent": 0.01}

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,2})?")
_POUNDS = re.compile(r"^(?:£|GBP)\s*|\s*GBP$")
_OTHER_MONEY = re.compile(r"[€$¥]|\b(?:EUR|USD|CHF)\b")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Notes:
    """What the reader has to say: faults, and counts of what it translated.

    Parameters
    ----------
    where : str
        Name of the survey file.
    headings : dict of str
        Heading of the column that each field is read from.
    faults : list of Fault
        Filled as the columns are read.
    counts : list of tuple (kind, column, found, became, rows)
        Filled as the columns are read.
    """

    where: str
    headings: dict
    faults: list
    counts: list

    def heading(self, field):
        """The survey's own heading of a field; the field itself where the map gives a constant."""
        return self.headings.get(field, field)

    def fault(self, rows, field, found, must_be):
        """A fault in each of the rows."""
        self.faults.extend(Fault(self.where, int(row), self.heading(field), found, must_be) for row in rows)

    def count(self, kind, field, found, became, rows):
        """Rows that were translated, or are odd; none is not noted."""
        if rows:
            self.counts.append((kind, self.heading(field), found, str(became), int(rows)))


def translate(values, words, field, must_be, notes, needed=True):
    """Words to what the map says they mean.

    Parameters
    ----------
    values : Series of str
        Cells, indexed by spreadsheet row.
    words : dict
        Meaning of each of the surveyor's words; capitals and runs of spaces do not matter.
    field : str
        Field of the map.
    must_be : str
        What a word must be, for the faults.
    notes : Notes
    needed : bool
        Whether a blank is a fault.

    Returns
    -------
    Series of object
        Meanings; ``None`` where the cell is blank or at fault.
    """
    known = {key_of(word): meaning for word, meaning in words.items()}
    result = pd.Series(None, index=values.index, dtype=object)
    for text, rows in values.groupby(values, sort=False).groups.items():
        meaning = known.get(key_of(text))
        if meaning is not None:
            result[rows] = [meaning] * len(rows)
            notes.count("translated", field, text, meaning, len(rows))
        elif text or needed:
            close = difflib.get_close_matches(key_of(text), known, 1, 0.7) if text else []
            hint = f" (like {next(word for word in words if key_of(word) == close[0])!r})" if close else ""
            notes.fault(rows, field, _shown(text), must_be + hint)
    return result


def numbers(values, field, column, notes, scale=1.0, strip="", shown=None):
    """Figures of one column, in the estate's unit.

    Parameters
    ----------
    values : Series of str
        Cells, indexed by spreadsheet row. Commas between thousands are understood; 1.234,50 is not.
    field : str
        Field of the map.
    column : Column
        Column of the estate; gives the limits, in its unit.
    notes : Notes
    scale : float
        Estate units in one of the survey's.
    strip : str
        A sign that may stand at the end of the figure, such as %.
    shown : Series of str, optional
        The cells as the surveyor wrote them, for the faults, where ``values`` are cleaned already.

    Returns
    -------
    Series of float
        Not a number where the cell is blank or at fault.
    """
    bare = values.str.removesuffix(strip).str.strip() if strip else values
    good = bare.str.fullmatch(_NUMBER) & bare.str.contains(r"\d")
    figures = pd.to_numeric(bare.where(good, "").str.replace(",", ""), errors="coerce").astype(float) * scale
    wrong = (values != "") & ~(good & _within(figures, column))
    for row, text in (values if shown is None else shown)[wrong].items():
        notes.fault([row], field, _shown(text), column.must_be())
    return figures.where(~wrong)


def _within(figures, column):
    good = np.isfinite(figures)
    if column.above is not None:
        good &= figures > column.above
    if column.least is not None:
        good &= figures >= column.least
    if column.most is not None:
        good &= figures <= column.most
    if column.kind.value == "whole number":
        good &= figures == figures.round()
    return good


def money(values, unit, column, notes):
    """Remedial costs in pounds, cleaned of pound signs and of commas between thousands.

    Parameters
    ----------
    values : Series of str
        Cells, indexed by spreadsheet row.
    unit : str
        What the figures are in: one of ``COST_UNITS``.
    column : Column
        Column of the estate; gives the limits. [GBP]
    notes : Notes

    Returns
    -------
    Series of float
        Costs to the penny; not a number where the cell is blank or at fault. [GBP]
    """
    foreign = values.str.contains(_OTHER_MONEY)
    for row, text in values[foreign].items():
        notes.fault([row], "remedial_cost", _shown(text), "in pounds: one survey, one currency")
    bare = values.where(~foreign, "").str.replace(_POUNDS, "", regex=True)
    sign_alone = (bare == "") & (values != "") & ~foreign
    notes.count("cleaned", "remedial_cost", "a pound sign or GBP", "the figure alone", (bare != values).sum()
                - foreign.sum())
    bare = bare.where(~sign_alone, values)
    costs = numbers(bare, "remedial_cost", column, notes, COST_UNITS[unit], shown=values)
    if unit != "GBP":
        notes.count("converted", "remedial_cost", unit, f"GBP (x {COST_UNITS[unit]:g})", costs.notna().sum())
    return costs.round(2)


def dates(values, form, column, notes):
    """Survey dates.

    Parameters
    ----------
    values : Series of str
        Cells, indexed by spreadsheet row: YYYY-MM-DD, or the map's own form.
    form : str
        The map's ``date_format``.
    column : Column
        Column of the estate; gives the years a date may be in.
    notes : Notes

    Returns
    -------
    Series of datetime64
        Not a time where the cell is at fault.
    """
    iso = values.str.fullmatch(_ISO)
    parsed = pd.to_datetime(values.where(iso), format="%Y-%m-%d", errors="coerce")
    parsed = parsed.fillna(pd.to_datetime(values.where(~iso), format=form, errors="coerce"))
    good = parsed.notna() & (parsed.dt.year >= column.least) & (parsed.dt.year <= column.most)
    must_be = f"a date written {form} or YYYY-MM-DD, not before {column.least:g}"
    for row, text in values[~good].items():
        notes.fault([row], "survey_date", _shown(text), must_be)
    return parsed.where(good)


def _shown(text):
    return repr(text[:60]) if text else "a blank"
