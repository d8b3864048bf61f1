"""The survey workbook that capplan makes, read back: every cell of it held against what it said when it was sent."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .. import survey_form as form
from ..columns import Table
from ..tables import BLOCKS, COMPONENTS
from ..tabular import typed
from .form_cells import DAY, Faults, clean, iso_day
from .survey_sheet import read_workbook


@dataclass(frozen=True)
class Sent:
    """Rows of one table in the form that came back.

    ``text`` has the cells as written, with the ``sheet`` and ``row`` of each and its number as index; ``now`` and ``before``
    the typed values of its open columns, of the form and of the estate.
    """

    table: Table
    key: str
    text: pd.DataFrame = field(repr=False)
    now: pd.DataFrame = field(repr=False)
    before: pd.DataFrame = field(repr=False)

    def changed(self, column):
        """Which rows say something else in a column than the estate does."""
        return ~form.same_text(self.before[column], self.now[column], self.table.column(column))


@dataclass(frozen=True)
class FormRead:
    """A survey form that can be read back, before its changes are made.

    Parameters
    ----------
    name : str
        Name of the file.
    site_ids : tuple of str
        Sites it has a sheet of.
    components, blocks : Sent
    added : DataFrame
        Components that are new, typed, with ``row`` in the form.
    """

    name: str
    site_ids: tuple
    components: Sent
    blocks: Sent
    added: pd.DataFrame = field(repr=False)


def read_form(path, estate):
    """Read a survey form and hold it against the estate it was made from.

    Parameters
    ----------
    path : str or Path
        Workbook, as ``report.form_survey.survey_workbook`` makes it and any spreadsheet program saves it.
    estate : Estate
        The estate it was made from, unchanged since.

    Returns
    -------
    FormRead

    Raises
    ------
    DataError
        With everything that is wrong in it: names that were altered, rows taken out or put in, cells that an estate cannot
        hold, an estate that has changed since.
    """
    sheets, faults = read_workbook(path), Faults(Path(path).name)
    _refuse_other(sheets, estate, faults)
    faults.stop()
    sites, texts = {}, {}
    for title, rows in sheets.items():
        if title in (form.INSTRUCTIONS, form.LISTS):
            continue
        columns = {form.BLOCK_SHEET: form.BLOCK_COLUMNS, form.NEW_SHEET: form.NEW_COLUMNS}.get(title, form.COMPONENT_COLUMNS)
        text = _rows(rows, columns, title, faults)
        if text is not None:
            texts[title] = text
            if title not in form.OWN_SHEETS:
                site_id, day = _head(title, rows, estate, sites, faults)
                sites[site_id] = title
                texts[title] = text.assign(site_id=site_id, visit=day)
    for title in {form.BLOCK_SHEET, form.NEW_SHEET} - set(sheets):
        faults.tell("", None, "", f"no sheet {title}", "there, as in the form that was sent")
    faults.stop()
    parts, blocks = form.form_cells(estate, list(sites))
    own = [text for title, text in texts.items() if title not in form.OWN_SHEETS]
    if not own:
        faults.tell("", None, "", "no sheet of a site", "one at least")
        faults.stop()
    seen = _held(pd.concat(own, ignore_index=True), parts, COMPONENTS, form.COMPONENT_COLUMNS, estate, faults)
    measured = _held(texts[form.BLOCK_SHEET], blocks, BLOCKS, form.BLOCK_COLUMNS, estate, faults)
    _date_visits(seen, faults)
    added = _added(texts[form.NEW_SHEET], estate, faults)
    faults.stop()
    return FormRead(faults.name, tuple(sites), seen, measured, added)


def _refuse_other(sheets, estate, faults):
    """Refuse what is no survey form, and one made from another state of the estate."""
    told = {row[0].strip(): row[1].strip() for row in sheets.get(form.INSTRUCTIONS, []) if len(row) > 1}
    if told.get("Form") != form.FORM:
        faults.tell("", None, "", "no survey form", "a workbook of capplan forms survey, its sheet Instructions with it")
    elif told.get(form.MADE_FROM) != form.state_of(estate):
        faults.tell("", None, "", "a form made from another state of the estate",
                    "read with the estate it was made from: its components or blocks are not what they were then")


def _rows(rows, columns, sheet, faults):
    """The rows under the headings as text by field, with ``sheet`` and ``row``; ``None`` where there are no headings."""
    head = rows[form.HEADER_ROW - 1] if len(rows) >= form.HEADER_ROW else []
    header = [" ".join(cell.split()) for cell in head]
    missing = [column.heading for column in columns if column.heading not in header]
    if missing:
        faults.tell(sheet, form.HEADER_ROW, "", f"no heading {', '.join(map(repr, missing[:5]))}",
                    "the headings as they were; a sheet of your own is to be taken out")
        return None
    body = rows[form.HEADER_ROW:]
    cells = pd.DataFrame([[cell.strip() for cell in row] for row in body], columns=range(len(header)), dtype=str)
    text = pd.DataFrame({column.field: cells[header.index(column.heading)] for column in columns}, dtype=str)
    text.insert(0, "row", range(form.HEADER_ROW + 1, form.HEADER_ROW + 1 + len(body)))
    text.insert(0, "sheet", sheet)
    return text[(text.drop(columns=["sheet", "row"]) != "").any(axis=1)].reset_index(drop=True)


def _head(sheet, rows, estate, sites, faults):
    """Site and day of the visit, from the head of a sheet."""
    number, row = next(((number, row) for number, row in enumerate(rows[:form.HEADER_ROW - 1], 1)
                        if row[0].strip() == form.SITE_LABEL), (form.HEADER_ROW - 2, [""] * 4))
    site_id, day = row[1].strip(), iso_day(next((cell.strip() for cell in row[3:] if cell.strip()), ""))
    if site_id not in set(estate.sites.site_id) or site_id in sites:
        faults.tell(sheet, number, form.SITE_LABEL, repr(site_id), "the site the sheet was made for, once in the workbook")
    _, wrong = _typed({"surveyed": pd.Series([day])}, [COMPONENTS.column("surveyed")])
    if day and (wrong or not day[0].isdigit()):
        faults.tell(sheet, number, form.VISIT_LABEL, repr(day[:30]), DAY)
    return site_id, day


def _typed(texts, columns):
    return typed(Table("form", "", (), tuple(columns), needed=False), pd.DataFrame(texts, dtype=str), "")


def _held(text, known, table, columns, estate, faults):
    """Rows of the form against the rows that were sent: names, shut cells, and the values of open ones."""
    key, heading = columns[0].field, {column.field: column.heading for column in columns}
    homes = text.set_index(key).sheet if table is BLOCKS else text.drop_duplicates("site_id").set_index("site_id").sheet
    known = known.set_index(key)
    lost = known[~known.index.isin(text[key])]
    for name, row in lost.iterrows():
        faults.tell(form.BLOCK_SHEET if table is BLOCKS else homes[row.site_id], None, heading[key], f"no row of {name}",
                    "there: rows are not to be taken out" + (", choose gone under Seen" if table is COMPONENTS else ""))
    strange, again = ~text[key].isin(known.index), text[key].duplicated()
    if table is COMPONENTS:
        strange |= text[key].map(known.site_id) != text.site_id
    for row in text[strange].to_dict("records"):
        more = f"; what is new goes to the sheet {form.NEW_SHEET}" if table is COMPONENTS else ""
        faults.tell(row["sheet"], row["row"], heading[key], repr(row[key]) if row[key] else "a blank",
                    "a name of this sheet, unaltered" + more)
    for row in text[again & ~strange].to_dict("records"):
        faults.tell(row["sheet"], row["row"], heading[key], f"{row[key]!r} again", "once")
    text = text[~strange & ~again].reset_index(drop=True)
    was = known.loc[text[key]].reset_index()
    for column in [column for column in columns[1:] if not column.open]:
        for row in text[text[column.field] != was[column.field].str.strip()].index:
            faults.tell(text.sheet[row], text.row[row], column.heading, repr(text[column.field][row][:60]),
                        f"{was[column.field][row]!r}, unaltered")
    declared = [column.column(table) for column in columns if column.open and column.column(table) is not None]
    now, wrong = _typed({column.name: clean(text[column.name], column) for column in declared}, declared)
    for fault in wrong:
        faults.tell(text.sheet[fault.row], text.row[fault.row], heading[fault.column], fault.found, fault.must_be)
    before = estate.table(table.name).set_index(key).loc[text[key], list(now)].reset_index(drop=True)
    return Sent(table, key, text, now, before)


def _date_visits(sent, faults):
    """Components that were seen get the day of the visit, where no other day was typed in."""
    text, words = sent.text, sent.text.seen.str.lower()
    for row in text.index[~words.isin(("", *form.SEEN))]:
        faults.tell(text.sheet[row], text.row[row], "Seen", repr(text.seen[row][:20]),
                    f"one of {', '.join(form.SEEN)}, or blank")
    undated = (words == "yes") & ~sent.changed("surveyed")
    for sheet, rows in text[undated & (text.visit == "")].groupby("sheet", sort=False):
        faults.tell(sheet, form.HEADER_ROW - 2, form.VISIT_LABEL, f"a blank, and yes under Seen in {len(rows)} rows", DAY)
    days = pd.to_datetime(text.visit.where(undated), format="%Y-%m-%d", errors="coerce")
    sent.now["surveyed"] = sent.now.surveyed.where(days.isna(), days)


def _added(text, estate, faults):
    """Components that are new, typed and named, with the row of the form each stands in."""
    text = text[(text.drop(columns=["sheet", "row", "quantity_basis"]) != "").any(axis=1)].reset_index(drop=True)
    labels = {label.casefold(): type_id for type_id, label in form.type_labels().items()}
    heading = {column.field: column.heading for column in form.NEW_COLUMNS} | {"type_id": "What it is"}
    texts = {name: clean(text[name], COMPONENTS.column(name)) if name in text else pd.Series("", text.index, dtype=str)
             for name in COMPONENTS.column_names}
    texts["component_id"] = _names(text.block_id.where(text.block_id != "", text.site_id), estate)
    texts["type_id"] = text.type.map(lambda label: labels.get(label.casefold(), label.partition(" ")[0]))
    texts["quantity_basis"] = text.quantity_basis.where(text.quantity_basis != "", "measured")
    now, wrong = typed(COMPONENTS, pd.DataFrame(texts, dtype=str, columns=COMPONENTS.column_names), "")
    for fault in wrong:
        if fault.column in heading and fault.row is not None:
            faults.tell(form.NEW_SHEET, text.row[fault.row], heading[fault.column], fault.found, fault.must_be)
    for name, known in (("type_id", set(form.type_labels().index)), ("site_id", set(estate.sites.site_id)),
                        ("block_id", {*estate.blocks.block_id, ""})):
        for row in now.index[(now[name] != "") & ~now[name].isin(known)]:
            faults.tell(form.NEW_SHEET, text.row[row], heading[name], repr(now[name][row]), "one of its list")
    return now.assign(row=text.row, note=text.note)


def _names(places, estate):
    """A new name for each component: its block or site, N and a number that no component has."""
    taken, names = set(estate.components.component_id), []
    for place in places:
        number = next(number for number in range(1, len(taken) + 2) if f"{place}-N{number:02d}" not in taken)
        names.append(f"{place or 'N'}-N{number:02d}")
        taken.add(names[-1])
    return pd.Series(names, places.index, dtype=str)
