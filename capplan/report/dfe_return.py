"""An export in the shape DfE's yearly return is likely to take: the trust's core data, planned spending, and what is proven.

DfE has published no list of fields for Manage Your Education Estate. The shape is capplan's own, pinned by a version, made
of the core data DfE's guidance says a trust should hold and of the record of its condition surveys [1]_, [2]_. Every column
says how far it is confirmed.

References
----------
.. [1] Department for Education, "Good estate management for schools", core data a trust should hold, gov.uk.
.. [2] Department for Education, Property data survey programme, 2012 to 2014: the record of a component.
"""

from dataclasses import dataclass, field

import pandas as pd

from .. import reference
from ..condition.compliance import duties_due, missing_duties
from ..condition.survey_guidance import survey_checks
from ..errors import DataError, Fault
from ..findings import duty_places
from ..outlook import OLD_SURVEY_YEARS
from ..run_records import INPUTS
from ..tabular import write_frame, write_json
from .dfe_evidence import evidence_frame
from .schools_read import kept_estate
from .words import plain

VERSION = "capplan-dfe-shape-1"
"""Changes whenever a table or a column of ``reference/dfe_return.csv`` does (a test holds the two together)."""
UNCONFIRMED = "UNCONFIRMED"
KINDS = {"text": "string", "integer": "integer", "number": "number", "date": "string", "flag": "string"}
OVERDUE, NEVER, IN_DATE, NO_RECORD = "overdue", "never done", "in date", "no record"


@dataclass(frozen=True)
class DfeReturn:
    """Tables by name, as ``reference/dfe_return.csv`` declares them, and the schema they obey."""

    frames: dict = field(repr=False)
    schema: dict = field(repr=False)

    @property
    def unconfirmed(self):
        """How many columns nobody but capplan has named."""
        return int((reference.load("dfe_return").confirmed == UNCONFIRMED).sum())


def dfe_return(results):
    """The tables of the export of a results folder.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it; its folder has ``inputs.zip``, the tables of the estate that was planned.

    Returns
    -------
    DfeReturn
        ``responsible_body, schools, blocks, condition, compliance, spend, evidence``. The planned payments add up to the
        programme to the penny.

    Raises
    ------
    DataError
        If the folder does not hold the tables of its estate.
    """
    estate = kept_estate(results.folder)
    if estate is None:
        raise DataError([Fault(INPUTS, None, "", "no such file",
                               "there, with the tables of the estate; capplan run writes it")])
    start = pd.Timestamp(results.years[0], 9, 1)
    urns = estate.schools.set_index("school_id").urn
    homes = estate.sites.set_index("site_id").school_id
    types = reference.component_types()
    schools, blocks = _schools(estate, homes), _blocks(estate, homes, urns, types, start)
    frames = {"schools": schools, "blocks": blocks, "condition": _condition(estate, homes, urns, types),
              "compliance": _compliance(estate, homes, urns, results.years), "spend": _spend(results, urns)}
    frames["responsible_body"] = _body(results, estate, frames)
    frames["evidence"] = evidence_frame(results, estate, frames)
    return DfeReturn({name: _ordered(name, frames[name]) for name in tables()}, schema())


def tables():
    """Columns of every table of the export, by table, as rows of ``reference/dfe_return.csv``."""
    return {name: rows.reset_index(drop=True) for name, rows in reference.load("dfe_return").groupby("table", sort=False)}


def schema():
    """The export as JSON Schema (2020-12): one array of objects for each table, every column with what confirms it."""
    properties = {}
    for name, rows in tables().items():
        columns = {}
        for row in rows.itertuples():
            kind = KINDS[row.kind]
            columns[row.column] = {"type": kind if row.needed == "yes" else [kind, "null"], "description": row.meaning,
                                   "confirmed": row.confirmed, **({"unit": row.unit} if row.unit else {}),
                                   **({"format": "date"} if row.kind == "date" else {}),
                                   **({"enum": ["yes", "no"]} if row.kind == "flag" else {})}
        properties[name] = {"type": "array", "items": {
            "type": "object", "properties": columns, "additionalProperties": False,
            "required": list(rows.column[rows.needed == "yes"])}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": VERSION, "type": "object",
            "description": "The shape is capplan's own: DfE has published no list of fields for the return. confirmed: "
            "topic - DfE's guidance names what the column says, not the column; record - as in DfE's condition survey "
            f"record; {UNCONFIRMED} - capplan's own.", "properties": properties, "required": list(properties),
            "additionalProperties": False}


def records(frames):
    """The tables as plain values, ready for JSON and for the schema: missing is null, dates are text.

    Parameters
    ----------
    frames : dict of DataFrame

    Returns
    -------
    dict of list of dict
    """
    return {name: [{key: _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]
            for name, frame in frames.items()}


def _plain(value):
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return value.item() if hasattr(value, "item") else value


def _ordered(name, frame):
    """A table with its declared columns in order, each of its kind; text without control characters."""
    columns = {}
    for row in tables()[name].itertuples():
        values = frame[row.column]
        if row.kind in ("integer", "number"):
            values = pd.to_numeric(values)
            columns[row.column] = values.astype("Int64") if row.kind == "integer" else values.astype(float).round(2)
        elif row.kind == "flag":
            columns[row.column] = values.map({True: "yes", False: "no"})
        elif row.kind == "date":
            columns[row.column] = pd.to_datetime(values).dt.strftime("%Y-%m-%d").astype(object).where(values.notna(), None)
        else:
            columns[row.column] = values.fillna("").map(plain).astype(object)
            if row.needed == "no":
                columns[row.column] = columns[row.column].where(columns[row.column] != "", None)
    return pd.DataFrame(columns).reset_index(drop=True)


def _schools(estate, homes):
    blocks = estate.blocks.assign(school_id=estate.blocks.site_id.map(homes)).groupby("school_id")
    schools, places = estate.schools, estate.schools.school_id
    return schools.assign(sites=places.map(homes.value_counts()).fillna(0), blocks=places.map(blocks.size()).fillna(0),
                          gifa_m2=places.map(blocks.gifa_m2.sum()).fillna(0.0))


def _blocks(estate, homes, urns, types, start):
    seen = estate.components.assign(element=types.element.reindex(estate.components.type_id).to_numpy())
    checks = survey_checks(seen[seen.block_id != ""], estate.blocks[["block_id"]], start, OLD_SURVEY_YEARS)
    school = estate.blocks.site_id.map(homes)
    return estate.blocks.assign(school_id=school, urn=school.map(urns), last_survey=checks.last_survey.to_numpy(),
                                survey_verdict=checks.verdict.to_numpy())


def _condition(estate, homes, urns, types):
    parts = estate.components
    about = types.loc[parts.type_id].reset_index(drop=True).set_index(parts.index)
    school = parts.site_id.map(homes)
    return parts.assign(
        school_id=school, urn=school.map(urns), dfe_element_id=about.pds_element_id, element=about.element,
        sub_element=about.sub_element, construction_type=about.construction_type, unit=about.unit,
        grade=parts.grade.str[0], replace_only=parts.grade.str.endswith("X"))


def _compliance(estate, homes, urns, years):
    duties, items = reference.load("compliance_duties"), estate.compliance
    due = duties_due(items, duties, years[0], len(years))
    start = pd.Timestamp(years[0], 9, 1)
    state = pd.Series(IN_DATE, items.index).mask(due.due < start, OVERDUE)
    state = state.mask(items.last_done.isna() & items.due.isna(), NEVER)
    known = items.assign(duty=due.duty, legal_basis=due.legal_basis, due=due.due, state=state)
    lost = missing_duties(duty_places(estate), items, duties)
    lost = lost[lost.verdict.str.startswith(NO_RECORD)].assign(
        state=NO_RECORD, last_done=pd.NaT, due=pd.NaT, finding="")
    columns = ["site_id", "block_id", "duty", "legal_basis", "last_done", "due", "state", "finding"]
    frame = pd.concat([each[columns] for each in (known, lost) if len(each)] or [known[columns]], ignore_index=True)
    return frame.assign(urn=frame.site_id.map(homes).map(urns))


def _spend(results, urns):
    schemes = results.schemes.set_index("scheme_id")
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    draws = results.draws[results.draws.amount_gbp != 0]
    about = schemes.loc[draws.scheme_id].reset_index().set_index(draws.index)
    frame = about.assign(route=draws.pot_id.map(routes), planning_year=draws.year, planned_gbp=draws.amount_gbp,
                         works=about.description.where(about.description != "", about.kind),
                         urn=about.school_id.map(urns))
    keys = ["school_id", "urn", "block_id", "scheme_id", "element", "works", "route", "planning_year"]
    whole = frame.groupby(keys, as_index=False, dropna=False, sort=True).planned_gbp.sum()
    return whole.sort_values(["planning_year", "school_id", "scheme_id", "route"], kind="stable")


def _body(results, estate, frames):
    solution, schools = results.solution, frames["schools"]
    pupils = schools.pupils.sum() if schools.pupils.notna().all() else None
    return pd.DataFrame([{
        "trust_id": estate.trust["trust_id"], "name": estate.trust["name"], "schools": len(schools),
        "sites": len(estate.sites), "blocks": len(estate.blocks), "gifa_m2": estate.blocks.gifa_m2.sum(), "pupils": pupils,
        "plan_first_year": results.years[0], "plan_last_year": results.years[-1], "scenario": solution["scenario"],
        "scenario_sha256": solution.get("scenario_sha256") or "", "schema_version": VERSION}])


def write_return(made, folder):
    """Write the export: a CSV for each table, all of them as ``return.json``, ``schema.json`` and a page on how to read it.

    Parameters
    ----------
    made : DfeReturn
    folder : Path
        An existing folder.
    """
    for name, frame in made.frames.items():
        write_frame(frame, folder / f"{name}.csv")
    write_json(records(made.frames), folder / "return.json")
    write_json(made.schema, folder / "schema.json")
    (folder / "README.md").write_text(_page(made), encoding="utf-8")


def _page(made):
    evidence = made.frames["evidence"]
    lines = [f"# Export in the shape of DfE's return ({VERSION})", "",
             "DfE has asked trusts for a yearly return through Manage Your Education Estate from autumn 2026 and has "
             "published no list of its fields that capplan knows of. These tables hold the core data DfE's guidance names, "
             "the record of its condition surveys, planned spending, and what of all that is proven. `schema.json` (JSON "
             f"Schema) says of every column how far it is confirmed; {made.unconfirmed} are {UNCONFIRMED}. Check the live "
             "list before use.",
             "", "Spending is planned, not spent, and by planning year (1 September to 31 August); DfE counts by financial "
             "year (to 31 March).", "", "| table | rows |", "|---|---|"]
    lines += [f"| {name}.csv | {len(frame):,} |" for name, frame in made.frames.items()]
    lines += ["", "## What is proven", "", "| topic | state | shown | missing |", "|---|---|---|---|"]
    lines += [f"| {row.topic} | {row.state} | {_cell(row.shown)} | {_cell(row.missing or '')} |"
              for row in evidence.itertuples()]
    return "\n".join(lines) + "\n"


def _cell(text):
    """Text that stays in its cell of a Markdown table, and is no mark-up."""
    for letter in "\\|<>[]*_`":
        text = text.replace(letter, f"\\{letter}")
    return text
