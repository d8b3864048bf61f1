"""The chief financial officer's workbook: the programme and its money as live formulas, beside the model's own figures."""

import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..errors import DataError, Fault
from ..tabular import read_cells
from . import workbook_estate as estate
from .page_tables import plan_span
from .results import RESERVES_ROUTE
from .words import plain, shortened
from .workbook_accounts import bridge_sheet, ownership_sheet
from .workbook_certainty import certainty_sheet
from .workbook_ledger import CENTRE_KEY, ledger_sheet, ledger_years_sheet, unspent_sheet
from .workbook_money import cash_sheet, draws_sheet, matrix_sheet, programme_sheet, reserves_sheet, years_sheet
from .workbook_places import places_sheet
from .workbook_sheet import Book, keys
from .workbook_summary import summary_sheet

SHEETS = ("Summary", "Programme", "Spend by year", "Spend by school", "Cash flow", "Draws", "Certainty", "Reserves",
          "Unspent grants", "Ledger", "Ledger by year", "Outlook", "Backlog movement", "Ownership", "Schools", "Places",
          "Elements", "Deferred", "Assumptions", "Sources")
FURTHER = {"assumptions": ("figure", "value", "meaning", "source", "status"),
           "sources": ("source", "title", "publisher", "date", "where", "status"),
           "candidates/pots": ("pot_id", "last_year")}
"""Tables of a results folder that the workbook shows where they are there, with the columns it needs."""
NO_DAY = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Names:
    """What schemes, schools, pots, routes and elements are called in formulas: each a dict from the model's name."""

    schemes: dict
    schools: dict
    pots: dict
    routes: dict
    elements: dict


@dataclass(frozen=True)
class Workbook:
    """A finished workbook: the file, the number of its checks, and the names of those that differ from the model."""

    content: bytes = field(repr=False)
    checks: int
    differing: tuple


def workbook(results):
    """The workbook of a results folder.

    Totals, balances and checks are formulas that carry the value they have, so that viewers which do not calculate show
    the same figures. It has no macros and no links to other files; text of the folder is written as text, never as a
    formula.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it. ``assumptions.csv``, ``sources.csv``, ``candidates/pots.csv`` and ``run.log`` of its
        folder are read too, where they are there.

    Returns
    -------
    Workbook
        ``content`` is an .xlsx file, the same for the same folder.

    Raises
    ------
    DataError
        If one of those further files cannot be read.
    """
    further, ran = _read_further(results), run_day(results)
    solution, handle = results.solution, io.BytesIO()
    trust = plain(solution["trust"])
    book = Book(handle, (trust, plain(solution["scenario"])), {
        "title": shortened(f"{trust}: condition programme {plan_span(results)}", 200), "company": shortened(trust, 200),
        "author": f"capplan {plain(solution['capplan_version'])}", "created": ran or NO_DAY})
    sheets = {name: book.sheet(name) for name in SHEETS}
    names = Names(*map(keys, (results.schemes.scheme_id, results.schools.school_id, results.cashflow.pot_id,
                              [*results.cashflow.route, RESERVES_ROUTE],
                              [*results.elements.element, *results.schemes.element])))
    names.schools.setdefault("", CENTRE_KEY)
    tables = {}
    tables["Assumptions"], given = estate.assumptions_sheet(sheets["Assumptions"], further["assumptions"])
    tables["Sources"] = estate.sources_sheet(sheets["Sources"], further["sources"])
    draws = tables["Draws"] = draws_sheet(sheets["Draws"], results, names)
    tables["Programme"] = programme_sheet(sheets["Programme"], results, names, draws)
    tables["Spend by year"] = years_sheet(sheets["Spend by year"], results, names, draws)
    tables["Spend by school"] = matrix_sheet(sheets["Spend by school"], results, names, draws)
    tables["Cash flow"] = cash_sheet(sheets["Cash flow"], results, names, draws, _last_years(further["candidates/pots"]))
    tables["Certainty"] = certainty_sheet(sheets["Certainty"], results, names, draws)
    tables["Reserves"] = reserves_sheet(sheets["Reserves"], results, names, draws, given)
    tables["Unspent grants"] = unspent_sheet(sheets["Unspent grants"], results, tables["Cash flow"])
    tables["Ledger by year"] = ledger_years_sheet(sheets["Ledger by year"], results, names, draws)
    tables["Ledger"] = ledger_sheet(sheets["Ledger"], results, names, tables["Ledger by year"])
    tables["Outlook"] = estate.outlook_sheet(sheets["Outlook"], results, further["outlook"])
    tables["Backlog movement"] = bridge_sheet(sheets["Backlog movement"], results)
    tables["Ownership"] = ownership_sheet(sheets["Ownership"], results)
    tables["Schools"] = estate.schools_sheet(sheets["Schools"], results, names, draws, tables["Programme"])
    tables["Places"] = places_sheet(sheets["Places"], results, names)
    tables["Elements"] = estate.elements_sheet(sheets["Elements"], results, names, tables["Programme"])
    tables["Deferred"] = estate.deferred_sheet(sheets["Deferred"], results)
    checked, differing = summary_sheet(sheets["Summary"], results, tables, names, ran)
    sheets["Summary"].page.activate()
    book.file.close()
    return Workbook(handle.getvalue(), checked, differing)


def _read_further(results):
    """Rows of the tables that may be missing, and pupil-days of the outlook by plan and year."""
    folder, found, faults = Path(results.folder), {}, []
    for name, columns in FURTHER.items():
        path, found[name] = folder / f"{name}.csv", []
        if path.is_file():
            cells, own = read_cells(path)
            faults += own
            if cells is not None:
                lost = [column for column in columns if column not in cells]
                faults += [Fault(path.name, 1, column, "no such column", "there; capplan run writes it") for column in lost]
                found[name] = [] if lost else cells[list(columns)].to_dict("records")
    cells, own = read_cells(folder / "outlook.csv")
    if "expected_pupil_days" in (() if cells is None else cells):
        found["outlook"] = {(row.plan.strip(), int(float(row.year))): estate.as_number(row.expected_pupil_days.strip())
                            for row in cells.itertuples()}
    if faults + own:
        raise DataError(faults + own)
    return {"outlook": {}, **found}


def _last_years(rows):
    return {row["pot_id"]: int(row["last_year"]) for row in rows if row["last_year"].isdigit()}


def run_day(results):
    """Day and time of the run, from the first line of its log; ``None`` where there is none."""
    path = Path(results.folder) / "run.log"
    first = path.read_text(encoding="utf-8", errors="replace")[:19] if path.is_file() else ""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first):
        return None
    return datetime.strptime(first, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).replace(tzinfo=None)
