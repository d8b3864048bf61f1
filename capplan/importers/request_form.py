"""Request forms of schools, read back into the trust's list of works."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .. import request_form as form
from ..columns import Table
from ..errors import DataError
from ..tables import COMPONENTS, WORKS
from ..tabular import typed
from .form_cells import DAY, Faults, clean, iso_day
from .survey import write_with_report
from .survey_sheet import read_workbook

REQUEST_COLUMNS = ["work_id", "file", "row", "school_id", "asked_by", "asked_on", "block_id", "description", "reason",
                   "kind", "priority", "statutory", "must_start_by", "cost_gbp", "cost_price_base", "basis",
                   "contribution_gbp", "evidence"]


@dataclass(frozen=True)
class Requests:
    """Works that schools asked for."""

    frames: dict = field(repr=False)
    """Tables of the estate with the works on the list, for ``estate.write_estate``."""
    requests: pd.DataFrame
    """One row per request, as it was asked, with the ``work_id`` it was given."""
    pfi_schools: tuple
    """Schools under PFI that asked for condition works, which capplan does not plan."""

    def __str__(self):
        schools = self.requests.school_id.nunique()
        cost_gbp = pd.to_numeric(self.requests.cost_gbp).sum()
        lines = [f"{len(self.requests):,} work{'s' if len(self.requests) != 1 else ''} of {schools:,} "
                 f"school{'s' if schools != 1 else ''}, £{cost_gbp:,.0f} as asked, put on the list as proposed."]
        if len(self.requests):
            lines.append("What they would save each year (loss_avoided_gbp_per_year) is blank: judge it before you plan, or "
                         "nothing but what is handed on speaks for them.")
        if self.pfi_schools:
            lines.append("Under PFI, where condition works are the contractor's and are not planned: "
                         + ", ".join(self.pfi_schools) + ".")
        return "\n".join(lines)


def read_requests(paths, estate):
    """Read request forms into the estate's list of works.

    Parameters
    ----------
    paths : sequence of (str or Path)
        Workbooks that ``report.form_request.request_workbook`` made and schools filled in.
    estate : Estate

    Returns
    -------
    Requests

    Raises
    ------
    DataError
        With everything that is wrong in all of them: what is missing, what no estate can hold, what is on the list already.
    """
    faults, read = [], []
    names = [Path(path).name for path in paths]
    for path, name in zip(paths, names, strict=True):
        own = Faults(name if names.count(name) == 1 else str(path))
        try:
            read.append(_form(path, estate, own))
        except DataError as error:
            own[:] = error.faults
        faults += own
    if faults:
        raise DataError(faults)
    asked = pd.concat(read, ignore_index=True)
    again = _again(asked, estate.works)
    if again:
        raise DataError(again)
    asked["work_id"] = _names(asked.school_id, estate.works.work_id)
    works = pd.concat([estate.works, _as_works(asked)]) if len(asked) else estate.works
    pfi = set(estate.schools.school_id[estate.schools.pfi])
    under = asked.school_id[asked.school_id.isin(pfi) & (asked.kind.map(form.KINDS) == "condition")]
    return Requests({**estate.tables(), "works": works.set_axis(range(2, len(works) + 2))},
                    asked[REQUEST_COLUMNS], tuple(sorted(set(under))))


def _form(path, estate, faults):
    """The requests of one form, as text that is known to be right."""
    rows = read_workbook(path).get(form.SHEET, [])
    cells = [[cell.strip() for cell in row] for row in rows]
    if len(cells) < form.HEADER_ROW or form.FORM not in cells[2]:
        faults.tell("", None, "", "no request form", "a workbook of capplan forms request")
        faults.stop()
    told = {row[0]: row[2] for row in cells[2:form.HEADER_ROW - 1] if len(row) > 2}
    header = [" ".join(cell.split()) for cell in cells[form.HEADER_ROW - 1]]
    missing = [column.heading for column in form.COLUMNS if column.heading not in header]
    for heading in missing:
        faults.tell(form.SHEET, form.HEADER_ROW, heading, "no such heading", "there, as in the form that was sent")
    school = told.get(form.SCHOOL_LABEL, "")
    if school not in set(estate.schools.school_id):
        faults.tell(form.SHEET, 3, form.SCHOOL_LABEL, repr(school), "the school the form was made for")
    faults.stop()
    body = cells[form.HEADER_ROW:form.HEADER_ROW + form.WORKS_ROWS]
    text = pd.DataFrame([[row[header.index(column.heading)] for column in form.COLUMNS] for row in body], dtype=str,
                        columns=[column.field for column in form.COLUMNS],
                        index=range(form.HEADER_ROW + 1, form.HEADER_ROW + 1 + len(body)))
    text = text[(text.drop(columns="number") != "").any(axis=1)]
    day = iso_day(told.get(form.DAY_LABEL, ""))
    for label, value in ((form.NAME_LABEL, told.get(form.NAME_LABEL, "")), (form.DAY_LABEL, day)):
        if len(text) and not value:
            faults.tell(form.SHEET, 4 if label == form.NAME_LABEL else 5, label, "a blank", "there")
    _, wrong = _typed({"support_ends": pd.Series([day], index=[5])}, [COMPONENTS.column("support_ends")])
    for fault in wrong:
        faults.tell(form.SHEET, fault.row, form.DAY_LABEL, fault.found, DAY)
    text = _checked(text, school, estate, faults)
    return text.assign(school_id=school, file=faults.name, row=text.index, asked_on=day,
                       asked_by=told.get(form.NAME_LABEL, "")).reset_index(drop=True)


def _typed(texts, columns):
    return typed(Table("form", "", (), tuple(columns), needed=False), pd.DataFrame(texts, dtype=str), "")


def _checked(text, school, estate, faults):
    """The rows of a form, cleaned; a fault for each cell that is missing or cannot be held."""
    heading = {column.field: column.heading for column in form.COLUMNS}
    columns = [form.declared(name) for name in form.ASKED]
    text = text.assign(**{column.name: clean(text[column.name], column) for column in columns})
    _, wrong = _typed({column.name: text[column.name] for column in columns}, columns)
    for fault in wrong:
        faults.tell(form.SHEET, fault.row, heading[fault.column], fault.found, fault.must_be)
    sites = set(estate.sites.site_id[estate.sites.school_id == school])
    blocks = set(estate.blocks.block_id[estate.blocks.site_id.isin(sites)]) | {""}
    statutory = text.statutory.str.lower()
    rules = (
        ("block_id", ~text.block_id.isin(blocks), "a block of the school, or blank"),
        ("kind", ~text.kind.str.capitalize().isin(form.KINDS), f"one of {', '.join(form.KINDS)}"),
        ("basis", ~text.basis.isin(form.BASES), f"one of {'; '.join(form.BASES)}"),
        ("statutory", ~statutory.isin(("yes", "no", "")), "yes or no"),
        ("must_start_by", (statutory == "yes") & (text.must_start_by == ""), "the school year, since the law requires it"),
        ("must_start_by", (statutory != "yes") & (text.must_start_by != ""),
         "blank where the law does not require it: when works start is for the plan to say"),
        ("description", text.description.str.len() > form.DESCRIPTION_LENGTH,
         f"at most {form.DESCRIPTION_LENGTH} letters; the rest belongs under {heading['reason']}"))
    for name, bad, must_be in rules:
        for row, found in text[name][bad].items():
            faults.tell(form.SHEET, row, heading[name], repr(found[:60]) if found else "a blank", must_be)
    return text.assign(kind=text.kind.str.capitalize(), statutory=statutory.replace("", "no"))


def _again(asked, works):
    """A fault for each request that is on the list already, or stands twice in the forms."""
    key = ["school_id", "block_id", "description"]
    folded = asked[key].apply(lambda column: column.str.casefold())
    known = {tuple(row): work for work, *row in
             works[["work_id", *key]].apply(lambda column: column.str.casefold()).itertuples(index=False)}
    found = []
    for row, words in zip(asked.to_dict("records"), folded.itertuples(index=False, name=None), strict=True):
        if words in known:
            faults = Faults(row["file"])
            faults.tell(form.SHEET, row["row"], "What is to be done", f"{row['description'][:60]!r} again",
                        f"new: it is {known[words].upper()} of the list" if known[words] else "asked for once")
            found += faults
        known.setdefault(words, "")
    return found


def _names(schools, taken):
    """A name for each request: its school, R and a number that no work has."""
    taken, names = set(taken), []
    for school in schools:
        number = next(number for number in range(1, len(taken) + 2) if f"{school}-R{number:02d}" not in taken)
        names.append(f"{school}-R{number:02d}")
        taken.add(names[-1])
    return names


def _as_works(asked):
    """Requests as rows of the table of works."""
    cells = asked.assign(use=asked.kind.map(form.KINDS), stage=asked.basis.map(form.BASES), status="proposed")
    cells = pd.DataFrame({name: cells.get(name, pd.Series("", asked.index, dtype=str)) for name in WORKS.column_names})
    frame, faults = typed(WORKS, cells.astype(str), "requests")
    if faults:
        raise DataError(faults)
    return frame


def write_requests(found, folder):
    """Write the estate with the works on its list, and beside it ``import_report/requests.csv``.

    Parameters
    ----------
    found : Requests
    folder : str or Path
        An existing folder.
    """
    write_with_report(found.frames, folder, {"requests": found.requests})
