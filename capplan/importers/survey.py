"""A consultant's condition survey, through a saved column map, to an estate folder."""

import difflib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .. import reference
from ..crosswalk import NAME_SEPARATOR, dfe_names, type_named
from ..errors import DataError, Fault
from ..estate import inspect_estate, write_estate
from ..tables import COMPONENTS
from ..tabular import write_frame
from .survey_map import SurveyMap, read_map
from .survey_map_checks import key_of
from .survey_places import BLOCK_FIGURES, BLOCK_WORDS, SITE_FIGURES, find_places
from .survey_quantities import find_quantities
from .survey_sheet import read_sheet
from .survey_values import Notes, dates, money, numbers, translate

__all__ = ["SurveyImport", "SurveyMap", "read_map", "read_survey", "write_survey"]

REPORT_COLUMNS = ["kind", "column", "found", "became", "rows"]
# Elements whose components may stand outside every block.
GROUNDS_ELEMENTS = ("External areas", "Playing fields")
_ESTATE_FIELDS = {estate: field for field, estate in (BLOCK_FIGURES | BLOCK_WORDS | SITE_FIGURES).items()} | {
    "component_id": "component", "site_id": "site", "block_id": "block", "type_id": "type", "surveyed": "survey_date",
    "remedial_cost_gbp": "remedial_cost", "remaining_life_years": "remaining_life"}


@dataclass(frozen=True)
class SurveyImport:
    """What a survey came to.

    Parameters
    ----------
    frames : dict of DataFrame
        Tables for ``capplan.estate.write_estate``: trust, schools, sites, blocks, components.
    unmapped_columns : tuple of str
        Headings of the survey that the map does not use.
    set_aside : DataFrame
        Rows that are not components: ``row`` of the sheet, ``reason``, ``cells``.
    rows_read, rows_kept : int
        Rows under the header row, and those that became components; the others are in ``set_aside``.
    report : DataFrame
        Every translation and oddity: ``kind, column, found, became, rows``.
    """

    frames: dict
    unmapped_columns: tuple[str, ...]
    set_aside: pd.DataFrame
    rows_read: int
    rows_kept: int
    report: pd.DataFrame

    def __str__(self):
        unused = f"; columns not used: {', '.join(self.unmapped_columns)}" if self.unmapped_columns else ""
        return (f"{self.rows_read:,} rows read, {self.rows_kept:,} kept, {len(self.set_aside):,} set aside; "
                f"{len(self.frames['schools'])} schools, {len(self.frames['blocks'])} blocks{unused}")


def read_survey(path, survey_map):
    """Read a condition survey through a column map.

    Parameters
    ----------
    path : str or Path
        Workbook or CSV, as ``survey_sheet.read_sheet`` reads it.
    survey_map : SurveyMap
        As ``read_map`` returns it.

    Returns
    -------
    SurveyImport

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column of the map; or with every cell of every row that the map does not
        cover or that an estate cannot hold, by row of the sheet.
    """
    sheet = read_sheet(path, survey_map.sheet, survey_map.title_rows)
    headings = _headings(sheet, survey_map)
    notes = Notes(sheet.name, headings, [], [])
    kept, aside = _set_aside(sheet, survey_map, notes)
    text = _fields(kept, survey_map, notes)
    places = find_places(text, survey_map, notes)
    trust = pd.DataFrame({"trust_id": [survey_map.trust.trust_id], "name": [survey_map.trust.name]}, index=[0])
    frames = {"trust": trust, "schools": places.schools, "sites": places.sites, "blocks": places.blocks,
              "components": _components(text, places, survey_map, notes)}
    faults = notes.faults + _estate_faults(frames, notes)
    if faults:
        raise DataError(sorted(faults, key=lambda fault: fault.row or 0))
    used = {*headings.values(), *([" ".join(survey_map.skip_where.column.split())] if survey_map.skip_where else [])}
    unmapped = tuple(name for name in sheet.cells if name not in used)
    for name in unmapped:
        filled = int((kept[name].str.strip() != "").sum())
        notes.counts.append(("column not used", name, "", "not in the estate", filled))
    report = pd.DataFrame(notes.counts, columns=REPORT_COLUMNS)
    return SurveyImport(frames, unmapped, aside, len(sheet.cells), len(kept), report)


def write_survey(imported, folder):
    """Write the estate of a survey, and beside it ``import_report/``: what was translated, left out or not used.

    Parameters
    ----------
    imported : SurveyImport
    folder : str or Path
        Folder of the estate; made if it is not there.

    Raises
    ------
    DataError
        If the estate would not pass ``capplan check``; nothing is then written.
    """
    with tempfile.TemporaryDirectory() as trial:
        write_estate(imported.frames, trial)
        _, faults = inspect_estate(trial)
    if faults:
        raise DataError(faults)
    unmapped = pd.DataFrame({"column": list(imported.unmapped_columns)}, dtype=str)
    write_with_report(imported.frames, folder, {"unmapped_columns": unmapped, "set_aside": imported.set_aside,
                                                "report": imported.report})


def write_with_report(frames, folder, tables):
    """Write an estate, and beside it ``import_report/`` with tables no cell of which a spreadsheet would run.

    Parameters
    ----------
    frames : dict of DataFrame
        Tables of the estate.
    folder : str or Path
        Folder of the estate; made if it is not there.
    tables : dict of DataFrame
        Tables of the report, by name.
    """
    folder = Path(folder)
    (folder / "import_report").mkdir(parents=True, exist_ok=True)
    write_estate(frames, folder)
    for name, frame in tables.items():
        write_frame(frame.apply(inert), folder / "import_report" / f"{name}.csv")


def inert(values):
    """Text that a spreadsheet would run as a formula, with an apostrophe before it.

    Parameters
    ----------
    values : Series

    Returns
    -------
    Series

    Examples
    --------
    >>> inert(pd.Series(["=1+1", "plain"])).tolist()
    ["'=1+1", 'plain']
    """
    if pd.api.types.is_numeric_dtype(values):
        return values
    formula = values.astype(str).str.match(r"[=+@\t\-]")
    return values.where(~formula, "'" + values.astype(str))


def _headings(sheet, survey_map):
    """Heading of each field; a fault for each that is not in the file, or is there twice."""
    wanted = {f"columns.{field}": heading for field, heading in survey_map.columns if heading is not None}
    if survey_map.skip_where:
        wanted["skip_where.column"] = survey_map.skip_where.column
    faults = []
    for key, heading in wanted.items():
        name = " ".join(heading.split())
        if name not in sheet.cells:
            close = difflib.get_close_matches(name, list(sheet.cells), 1, 0.6)
            hint = f"did you mean {close[0]!r}?" if close else "the headings are " + ", ".join(sheet.cells)[:300]
            faults.append(Fault(sheet.name, sheet.header_row, name, f"no such heading, named by {key} of the map",
                                f"a heading of the file: {hint}"))
        elif name in sheet.repeated:
            faults.append(Fault(sheet.name, sheet.header_row, name, "the heading more than once", "there once"))
    cost = " ".join((survey_map.columns.remedial_cost or "").split())
    if any(sign in cost for sign in "€$¥"):
        faults.append(Fault(sheet.name, sheet.header_row, cost, "a currency that is not pounds", "costs in pounds"))
    if faults:
        raise DataError(faults)
    return {key.removeprefix("columns."): " ".join(heading.split()) for key, heading in wanted.items()
            if key.startswith("columns.")}


def _set_aside(sheet, survey_map, notes):
    """Rows that are components, and a table of those that are not."""
    stripped = sheet.cells.apply(lambda column: column.str.strip())
    reason = pd.Series("", sheet.cells.index, dtype=str)
    skip = survey_map.skip_where
    if skip:
        cell = stripped[" ".join(skip.column.split())].map(key_of)
        hit = cell.isin([key_of(word) for word in skip.values])
        for word in skip.begins_with:
            hit |= cell.str.startswith(key_of(word))
        reason[hit] = f"skip_where: {skip.column}"
    reason[(stripped == "").all(axis=1)] = "blank row"
    aside = stripped[reason != ""]
    cells = [" | ".join(value for value in row if value) for row in aside.itertuples(index=False)]
    table = pd.DataFrame({"row": aside.index, "reason": reason[aside.index].to_numpy(), "cells": cells})
    for words, rows in table.groupby("reason", sort=True).size().items():
        notes.counts.append(("set aside", "", words, "not in the estate", int(rows)))
    if len(aside) == len(stripped):
        raise DataError([Fault(sheet.name, None, "", "no rows of components", "at least one row under the headings")])
    return stripped[reason == ""], table


def _fields(kept, survey_map, notes):
    """The mapped columns by field, and the constants; words that stand for a blank are blank."""
    text = pd.DataFrame({field: kept[heading] for field, heading in notes.headings.items()}, index=kept.index)
    words = {key_of(word) for word in survey_map.blanks}
    for field in text:
        blank = text[field].map(key_of).isin(words) & (text[field] != "")
        for word, rows in text[field][blank].value_counts(sort=False).items():
            notes.count("word for a blank", field, word, "blank", rows)
        text[field] = text[field].where(~blank, "")
    for field, value in survey_map.constants:
        if value is not None and field in ("school", "site", "block", "survey_date"):
            text[field] = str(value)
    return text


def _components(text, places, survey_map, notes):
    types = _types(text, survey_map, notes)
    _note_blockless(types, places, notes)
    grade = translate(text.grade, survey_map.grades, "grade", "a grade code of [grades] in the map", notes)
    blank = pd.Series("", text.index, dtype=str)
    priority = translate(text.get("priority", blank), survey_map.priorities, "priority",
                         "a priority of [priorities] in the map, or blank", notes, needed=False)
    flags = {} if survey_map.flags is None else {
        **dict.fromkeys(survey_map.flags.yes, True), **dict.fromkeys(survey_map.flags.no, False)}
    statutory = translate(text.get("statutory", blank), flags, "statutory", "a word of [flags] in the map, or blank",
                          notes, needed=False)
    life = numbers(text.get("remaining_life", blank), "remaining_life", COMPONENTS.column("remaining_life_years"),
                   notes)
    costs = money(text.get("remedial_cost", blank), survey_map.units.costs or "GBP",
                  COMPONENTS.column("remedial_cost_gbp"), notes)
    surveyed = dates(text.survey_date, survey_map.date_format, COMPONENTS.column("surveyed"), notes)
    quantity, basis = find_quantities(text, types, places, survey_map, notes)
    price_base = pd.Series(survey_map.cost_price_base or float("nan"), text.index, dtype=float)
    return pd.DataFrame({
        "component_id": _component_ids(text, notes), "site_id": places.rows.site_id, "block_id": places.rows.block_id,
        "type_id": types, "quantity": quantity, "quantity_basis": basis, "grade": grade.fillna("").astype(str),
        "priority": priority.astype(float), "statutory": statutory.fillna(False).astype(bool), "surveyed": surveyed,
        "remedial_cost_gbp": costs, "cost_price_base": price_base.where(costs.notna()), "remaining_life_years": life})


def _types(text, survey_map, notes):
    parts = [text[field] for field in ("element", "sub_element", "type") if field in text]
    names = pd.Series([NAME_SEPARATOR.join(filter(None, row)) for row in zip(*parts, strict=True)], text.index, dtype=str)
    field = next(field for field in ("type", "sub_element", "element") if field in text)
    words = {word: type_named(name)[0] for word, name in survey_map.types.items()}
    if survey_map.dfe_names:
        own = {key_of(word) for word in words}
        given = [field for field in ("element", "sub_element", "type") if field in text]
        words |= {word: type_id for word, type_id in dfe_names(given).items() if key_of(word) not in own}
    must_be = "a type of [types] in the map"
    if survey_map.codes:
        own = {key_of(word) for word in words}
        found = {name: type_named(f"{survey_map.codes}:{name}")[0] for name in names.unique() if key_of(name) not in own}
        words |= {name: type_id for name, type_id in found.items() if type_id}
        must_be += f", or a code of {survey_map.codes} that stands for one type (see capplan crosswalk CODE)"
    return translate(names, words, field, must_be, notes).fillna("").astype(str)


def _note_blockless(types, places, notes):
    """Components of buildings in rows that name no block."""
    outside = types.map(reference.component_types().element).isin(GROUNDS_ELEMENTS)
    lost = (types != "") & ~outside & (places.rows.block_id == "") & (places.rows.site_id != "")
    already = {fault.row for fault in notes.faults if fault.column == notes.heading("block")}
    notes.fault([row for row in types.index[lost] if row not in already], "block", "no block",
                "the block the component is in: only external areas and playing fields are of the grounds")


def _component_ids(text, notes):
    if "component" not in text:
        return pd.Series([f"R{row}" for row in text.index], text.index, dtype=str)
    ids = text.component
    notes.fault(ids.index[ids == ""], "component", "a blank", COMPONENTS.column("component_id").must_be())
    again = (ids != "") & ids.duplicated()
    first = {value: row for row, value in reversed(list(ids.items()))}
    for row, value in ids[again].items():
        notes.fault([row], "component", f"{value!r} again (first in row {first[value]})", "different in every row")
    return ids


def _estate_faults(frames, notes):
    """What ``capplan check`` would say of the rows without a fault so far, by row of the survey."""
    bad = {fault.row for fault in notes.faults}
    blocks = frames["blocks"][frames["blocks"].gifa_m2.notna() & (frames["blocks"].permanence != "")]
    parts = frames["components"]
    parts = parts[~parts.index.isin(bad) & ((parts.block_id == "") | parts.block_id.isin(blocks.block_id))]
    if not len(parts) or not len(blocks):
        return []
    frames = {**frames, "blocks": blocks, "components": parts}
    with tempfile.TemporaryDirectory() as trial:
        write_estate(frames, trial)
        _, faults = inspect_estate(trial)
    return [_in_survey(fault, frames, notes) for fault in faults]


def _in_survey(fault, frames, notes):
    index = frames[Path(fault.where).stem].index
    row = int(index[fault.row - 2]) if fault.row is not None and fault.row >= 2 else 0
    heading = notes.headings.get(_ESTATE_FIELDS.get(fault.column, fault.column), f"{fault.column} (from the map)")
    return Fault(notes.where, row or None, heading, fault.found, fault.must_be)
