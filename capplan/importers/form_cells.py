"""Cells of a form that people filled in: days and figures as they write them, and faults by sheet and row."""

import re

from ..columns import Kind
from ..errors import DataError, Fault

DAY = "a date, written as 2026-05-31 or 31/05/2026"
_UK_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


class Faults(list):
    """Faults of a form, each at a sheet and a row.

    Parameters
    ----------
    name : str
        Name of the file.
    """

    def __init__(self, name):
        super().__init__()
        self.name = name

    def tell(self, sheet, row, heading, found, must_be):
        """Add one."""
        self.append(Fault(f"{self.name}, sheet {sheet}" if sheet else self.name, None if row is None else int(row), heading,
                          found, must_be))

    def stop(self):
        """Raise all, if there are any."""
        if self:
            raise DataError(sorted(self, key=lambda fault: (fault.where, fault.row or 0)))


def iso_day(text):
    """A day as an estate writes it, from the ways people write it.

    Examples
    --------
    >>> iso_day("5/11/2026"), iso_day("2026-11-05"), iso_day("soon")
    ('2026-11-05', '2026-11-05', 'soon')
    """
    found = _UK_DAY.fullmatch(text)
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else text


def clean(text, column):
    """Cells as an estate writes them: days year first, figures without pound signs and commas between thousands.

    Parameters
    ----------
    text : Series of str
    column : Column

    Returns
    -------
    Series of str
    """
    if column.kind in (Kind.DATE, Kind.SURVEYED):
        return text.map(iso_day)
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        return text.str.replace(r"^£\s*", "", regex=True).str.replace(r"(?<=\d),(?=\d{3})", "", regex=True)
    return text
