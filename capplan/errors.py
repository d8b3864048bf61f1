"""The whole error tree: what the input's owner can mend, and what nobody promised to solve."""

from dataclasses import dataclass


class CapplanError(Exception):
    """Anything capplan refuses to do, with a message a planner can act on. The command line exits 2 on it."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one input, in a surveyor's words.

    Parameters
    ----------
    where : str
        File the fault is in, relative to the folder that was read.
    row : int or None
        Row as a spreadsheet numbers it (the header is row 1); ``None`` where the fault is the whole file's.
    column : str
        Column the fault is in; blank for the whole row or file.
    found : str
        What is there.
    must_be : str
        What it must be, with the unit.
    """

    where: str
    row: int | None
    column: str
    found: str
    must_be: str

    def __str__(self):
        place = f"row {self.row}" if self.row is not None else "file"
        column = f"  {self.column}" if self.column else ""
        return f"{place}{column}  got {self.found}   must be {self.must_be}"


class DataError(CapplanError):
    """Input tables are at fault. ``faults`` holds every one of them, not only the first.

    Parameters
    ----------
    faults : list of Fault
        All faults of all tables.
    shown : int
        How many to print in full before the rest are counted.
    """

    def __init__(self, faults, shown=40):
        self.faults = list(faults)
        super().__init__(self._text(shown))

    def __reduce__(self):
        return type(self), (self.faults,)

    def _text(self, shown):
        lines, printed = [], 0
        files = dict.fromkeys(fault.where for fault in self.faults)
        for name in files:
            own = [fault for fault in self.faults if fault.where == name]
            lines.append(f"{len(own)} problem{'s' if len(own) != 1 else ''} in {name}")
            for fault in own:
                if printed < shown:
                    lines.append(f"  {fault}")
                    printed += 1
        left = len(self.faults) - printed
        if left:
            lines.append(f"and {left} more (capplan check --json lists them all)")
        return "\n".join(lines)


class ScenarioError(CapplanError):
    """The scenario file, one of its overlays, or what it extends, is at fault."""


class MissingFigureError(CapplanError):
    """A published figure that is needed is missing from the reference tables, or has no source."""


class CandidatesError(DataError):
    """A candidates folder is at fault; ``faults`` lists everything wrong with it."""


class InfeasibleError(CapplanError):
    """No programme obeys all the rules.

    Parameters
    ----------
    message : str
        What conflicts, in the names of the rules.
    shortfalls : list of tuple (str, float, str)
        Rule, amount by which it has to give way, and the unit of that amount.
    """

    def __init__(self, message, shortfalls=()):
        self.shortfalls = list(shortfalls)
        super().__init__(message)


class SolverError(CapplanError):
    """The solver stopped without a programme, or with one the audit does not accept."""


class AuditError(CapplanError):
    """Plain arithmetic disagrees with the programme. Never expected: it means a defect in capplan."""


class OutputError(CapplanError):
    """The place to write to is taken, missing, or cannot be written."""


def rows_at_fault(frame, wrong, where, column, found, must_be):
    """One fault for each row of a table that is wrong.

    Parameters
    ----------
    frame : DataFrame
        The table, indexed by spreadsheet row.
    wrong : Series of bool
    where, column : str
        File and column to name.
    found : callable
        What was found, from the row.
    must_be : str

    Returns
    -------
    list of Fault
    """
    if not wrong.any():
        return []
    return [Fault(where, int(row), column, found(values), must_be) for row, values in frame[wrong].iterrows()]
