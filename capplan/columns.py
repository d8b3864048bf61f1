"""What a table and a column are: kind, unit, limits and meaning, and what a value must be, in words."""

from dataclasses import dataclass
from enum import Enum

EARLIEST_YEAR, LATEST_YEAR = 1990, 2100


class Kind(Enum):
    """What a cell of a column holds."""

    ID = "identifier"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "whole number"
    DATE = "date (YYYY-MM-DD)"
    CHOICE = "one of a list"
    FLAG = "yes or no"
    SURVEYED = "date (YYYY-MM-DD) or the word modelled"


@dataclass(frozen=True)
class Column:
    """One column: what it holds, its unit and what a sensible value is.

    ``least`` and ``most`` bound the value (both allowed); ``above`` is a bound it must pass. ``refers`` names the
    ``table.column`` it must exist in.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    needed: bool = True
    choices: tuple[str, ...] = ()
    above: float | None = None
    least: float | None = None
    most: float | None = None
    refers: str = ""

    def must_be(self):
        """What a value must be, in words, with the unit in brackets."""
        unit = f" [{self.unit}]" if self.unit else ""
        if self.kind is Kind.CHOICE:
            return "one of " + ", ".join(self.choices)
        if self.kind is Kind.ID:
            return "a plain identifier (letters, digits, . _ - /), at most 80 characters"
        if self.kind in (Kind.TEXT, Kind.FLAG, Kind.DATE, Kind.SURVEYED) and self.least is None:
            text = f"plain text, at most {self.most or 500} characters, not a formula"
            return text if self.kind is Kind.TEXT else self.kind.value
        bounds = []
        if self.above is not None:
            bounds.append(f"above {self.above:g}")
        if self.least is not None:
            bounds.append(f"at least {self.least:g}" if self.kind not in (Kind.DATE, Kind.SURVEYED) else
                          f"not before {self.least:g}")
        if self.most is not None:
            bounds.append(f"at most {self.most:g}" if self.kind not in (Kind.DATE, Kind.SURVEYED) else
                          f"not after {self.most:g}")
        return self.kind.value + (", " + " and ".join(bounds) if bounds else "") + unit


@dataclass(frozen=True)
class Table:
    """One table: the file it is in, its key, whether an estate needs it, and its columns."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    needed: bool = True
    open_ended: bool = False
    """Whether the file may carry further columns, which are kept as text."""

    @property
    def column_names(self):
        """Names of the columns, in order."""
        return [column.name for column in self.columns]

    def column(self, name):
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def id_column(name, meaning, refers="", needed=True):
    """A column of short names, which ``refers`` to a ``table.column`` where it is given."""
    return Column(name, Kind.ID, meaning, needed=needed, refers=refers)


def gbp_column(name, meaning, needed=True, least=0.0, most=1e9):
    """A column of pounds between two bounds."""
    return Column(name, Kind.NUMBER, meaning, "GBP", needed, least=least, most=most)


def year_column(name, meaning, needed=True):
    """A column of years of the calendar."""
    return Column(name, Kind.INTEGER, meaning, "year", needed, least=EARLIEST_YEAR, most=LATEST_YEAR)
