"""What a survey form that came back does to its estate: the tables as they are now, and a list of every change."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .. import survey_form as form
from ..columns import Table
from ..errors import DataError, Fault
from ..estate import Estate, inspect_estate, write_estate
from ..resurvey import resurvey
from ..tables import COMPONENTS
from ..tabular import as_cells
from .survey import write_with_report
from .survey_form import read_form

CHANGE_COLUMNS = ["sheet", "row", "table", "name", "column", "was", "now", "note"]
NEW, GONE, NOTE_ONLY = "new component", "gone", "note only"
WORDS = {NEW: "new", GONE: "gone", NOTE_ONLY: "with a note only"}
_KEYS = {"components": "component_id", "blocks": "block_id"}


@dataclass(frozen=True)
class SurveyForm:
    """A survey form read back."""

    frames: dict = field(repr=False)
    """Tables of the estate as it is now, for ``estate.write_estate``."""
    changes: pd.DataFrame
    """One row per change: ``sheet, row, table, name, column, was, now, note``; a component that is new, gone, or has a
    note and nothing else has one row with a blank column."""
    not_in_form: tuple
    """Sites of the estate that the form has no sheet of."""
    old_dates: tuple
    """Components whose grade changed while their survey date did not."""
    kept: int
    """Earlier grades that went to the history."""

    def __str__(self):
        facts = self.changes[self.changes.column != ""]
        other = self.changes[self.changes.column == ""].now.value_counts()
        parts = [f"{len(facts):,} change{'s' if len(facts) != 1 else ''} to {facts.name.nunique():,} components and blocks"]
        parts += [f"{other[word]:,} {words}" for word, words in WORDS.items() if word in other]
        lines = [(", ".join(parts) if len(self.changes) else "Nothing was changed") + "."]
        if self.kept:
            lines.append(f"{self.kept:,} earlier grades kept in the history.")
        if self.not_in_form:
            lines.append("No sheet of, so nothing changed at: " + _some(self.not_in_form))
        if self.old_dates:
            lines.append(f"WARNING: {len(self.old_dates):,} with another grade but the survey date they had: "
                         + _some(self.old_dates))
        return "\n".join(lines)


def _some(names):
    return ", ".join(names[:10]) + (" ..." if len(names) > 10 else ".")


def read_survey_form(path, estate, recorded_by="", recorded_on=None):
    """Read a survey form back into the estate it was made from.

    Parameters
    ----------
    path : str or Path
        Workbook, as ``report.form_survey.survey_workbook`` makes it and any spreadsheet program saves it.
    estate : Estate
        The estate it was made from, unchanged since.
    recorded_by : str
        Who records it; grades of components surveyed on a later day are then kept in the history. Blank: they are not.
    recorded_on : date, optional
        Day it is recorded; needed with ``recorded_by``.

    Returns
    -------
    SurveyForm

    Raises
    ------
    DataError
        With everything that is wrong in the form, by sheet and row.
    """
    read = read_form(path, estate)
    frames = estate.tables()
    for sent in (read.components, read.blocks):
        frames[sent.table.name] = _changed(frames[sent.table.name], sent)
    text = read.components.text
    gone = text[text.seen.str.lower() == GONE]
    parts = frames["components"][~frames["components"].component_id.isin(gone.component_id)]
    added = read.added[COMPONENTS.column_names]
    if len(added):
        parts = pd.concat([parts, added.astype(parts.dtypes.to_dict())])
    kept = 0
    if recorded_by:
        frames["history"], kept = _with_history(estate, frames, parts, recorded_by, recorded_on)
    if len(added) or len(gone):
        frames |= _without(frames, parts.set_axis(range(2, len(parts) + 2)))
    _refuse(frames, read)
    changes = pd.concat([_listed(sent) for sent in (read.components, read.blocks)]
                        + [_comings(gone, text, read.added, read.components)], ignore_index=True)
    dated = set(changes[changes.column == "surveyed"].name)
    old = tuple(name for name in changes[changes.column == "grade"].name if name not in dated)
    absent = tuple(site for site in estate.sites.site_id if site not in read.site_ids)
    return SurveyForm(frames, changes[CHANGE_COLUMNS], absent, old, kept)


def _changed(frame, sent):
    """A table with the cells that the form has otherwise."""
    frame = frame.copy()
    spots = pd.Series(frame.index, frame[sent.key]).loc[sent.text[sent.key]].to_numpy()
    for column in sent.now:
        other = sent.changed(column).to_numpy()
        frame.loc[spots[other], column] = sent.now[column].to_numpy()[other]
    return frame


def _with_history(estate, frames, parts, recorded_by, recorded_on):
    """The history with the grades that the form takes the place of, and how many they are."""
    was = estate.components.set_index("component_id").surveyed.reindex(parts.component_id).to_numpy()
    later = parts[(parts.surveyed.to_numpy() > was)]
    if not len(later):
        return frames["history"], 0
    found = resurvey(estate, Estate({**frames, "components": later}), recorded_by, recorded_on)
    return found.frames["history"], len(found.frames["history"]) - len(frames["history"])


def _without(frames, parts):
    """Tables that name components, without those that are gone."""
    known, history, evidence = {*parts.component_id, ""}, frames["history"], frames["evidence"]
    return {"components": parts, "history": history[history.component_id.isin(known)],
            "evidence": evidence.assign(component_id=evidence.component_id.where(evidence.component_id.isin(known), ""))}


def _listed(sent):
    """Cells that were changed, one row each, as text."""
    part = Table(sent.table.name, "", (), tuple(sent.table.column(name) for name in sent.now), needed=False)
    was, now = as_cells(part, sent.before), as_cells(part, sent.now)
    blank, found = pd.Series("", sent.text.index, dtype=str), []
    for column in sent.now:
        other = sent.changed(column)
        if other.any():
            found.append(pd.DataFrame({
                "sheet": sent.text.sheet, "row": sent.text.row, "table": sent.table.name, "name": sent.text[sent.key],
                "column": column, "was": was.get(column, blank), "now": now.get(column, blank),
                "note": sent.text.get("note", blank)})[other])
    rows = pd.concat(found) if found else pd.DataFrame(columns=CHANGE_COLUMNS)
    return rows.sort_index(kind="stable")


def _comings(gone, text, added, sent):
    """Components that are gone, new, or have a note and nothing else, one row each."""
    changed = pd.concat([sent.changed(column) for column in sent.now], axis=1).any(axis=1)
    noted = text[(text.note != "") & ~changed & ~text.index.isin(gone.index)]
    rows = [pd.DataFrame({"sheet": own.sheet, "row": own.row, "name": own.component_id, "now": word, "note": own.note,
                          "was": own.grade if word == GONE else ""}) for own, word in ((gone, GONE), (noted, NOTE_ONLY))]
    rows.append(pd.DataFrame({"sheet": form.NEW_SHEET, "row": added.row, "name": added.component_id, "was": "", "now": NEW,
                              "note": added.note}))
    return pd.concat(rows).assign(table="components", column="")


def _refuse(frames, read):
    """Raise what ``capplan check`` would say of the estate as it is now, by sheet and row of the form."""
    with tempfile.TemporaryDirectory() as trial:
        write_estate(frames, trial)
        _, faults = inspect_estate(trial)
    if not faults:
        return
    places = {(sent.table.name, name): (sheet, int(row)) for sent in (read.components, read.blocks)
              for name, sheet, row in zip(sent.text[sent.key], sent.text.sheet, sent.text.row, strict=True)}
    places |= {("components", name): (form.NEW_SHEET, int(row))
               for name, row in zip(read.added.component_id, read.added.row, strict=True)}
    heading = {column.field: column.heading for column in (*form.COMPONENT_COLUMNS, *form.BLOCK_COLUMNS)}
    told = []
    for fault in faults:
        table = Path(fault.where).stem
        name = frames[table][_KEYS[table]].iloc[fault.row - 2] if table in _KEYS and fault.row else None
        sheet, row = places.get((table, name), (None, fault.row))
        told.append(fault if sheet is None else Fault(f"{read.name}, sheet {sheet}", row,
                                                      heading.get(fault.column, fault.column), fault.found, fault.must_be))
    raise DataError(told)


def write_survey_form(found, folder):
    """Write the estate as it is after a survey form, and beside it ``import_report/changes.csv``.

    Parameters
    ----------
    found : SurveyForm
    folder : str or Path
        An existing folder.
    """
    write_with_report(found.frames, folder, {"changes": found.changes})
