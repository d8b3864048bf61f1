"""Commands that make an estate folder from a condition survey, or fill one from DfE's registers of schools."""

import json
from pathlib import Path

import click

from .options import AS_JSON, FORCE, OUT, RECORDED_ON, a_day, as_text, clean, say, tell_json


@click.group(name="import")
def import_():
    """Make an estate folder from a condition survey, or fill one from DfE's registers."""


@import_.command("pds")
@click.argument("file", type=click.Path(path_type=Path))
@OUT
@click.option("--la", "las", multiple=True, type=int, help="Only this local authority number; may be repeated.")
@click.option("--surveyed", default="2013-09-01", show_default=True, metavar="YYYY-MM-DD",
              help="Survey date given to every component: the file has none (the programme ran 2012-14).")
@FORCE
@AS_JSON
@clean
def import_pds(file, out, las, surveyed, force, as_json):
    """Read DfE's property-data-survey layout (CSV or Parquet) into an estate folder."""
    from ..importers.pds import read_pds, write_pds
    from ..runs import new_folder
    with new_folder(out, force, (file,)) as folder:
        say(f"Reading {file} ...")
        imported = read_pds(file, las=las, surveyed=surveyed)
        write_pds(imported, folder)
    elsewhere = imported.rows_elsewhere
    if as_json:
        click.echo(json.dumps({
            "rows_read": imported.rows_read, "rows_kept": imported.rows_kept, "rows_set_aside": len(imported.set_aside),
            "rows_of_other_authorities": elsewhere,
            "anomalies": imported.anomalies.to_dict("records")}, default=str))
        return
    click.echo(f"{imported.rows_read:,} rows read = {imported.rows_kept:,} kept + {len(imported.set_aside):,} set aside"
               + (f" + {elsewhere:,} of other authorities" if elsewhere else ""))
    click.echo(as_text(imported.anomalies[imported.anomalies.rows > 0]))
    click.echo(f"Every odd row is listed in {out / 'import_report'}. Next: capplan check {out}")


@import_.command("survey")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", required=True, type=click.Path(path_type=Path),
              help="TOML column map, or the name of a shipped one (capplan import maps).")
@click.option("--estate", default=None, type=click.Path(path_type=Path),
              help="Estate folder that gives the schools, sites and blocks which the map does not name.")
@click.option("--prices", type=int, default=None, help="Year whose prices the costs are in, in place of the map's.")
@OUT
@FORCE
@clean
def import_survey(file, map_file, estate, prices, out, force):
    """Read a consultant's workbook or CSV, or a system's export, through a saved column map into an estate folder."""
    from ..estate import read_estate
    from ..importers.survey import read_survey, write_survey
    from ..importers.survey_map import read_map
    from ..runs import new_folder
    with new_folder(out, force, (file, map_file, *([estate] if estate else []))) as folder:
        imported = read_survey(file, read_map(map_file, None if estate is None else read_estate(estate), prices))
        write_survey(imported, folder)
    click.echo(f"{imported.rows_read:,} rows read = {imported.rows_kept:,} kept + {len(imported.set_aside):,} set aside")
    unused = imported.unmapped_columns
    click.echo("Columns the map does not use: " + (", ".join(map(str, unused)) if len(unused) else "none"))
    click.echo(f"The report is in {out / 'import_report'}. Next: capplan check {out}")


@import_.command("maps")
@AS_JSON
@clean
def import_maps(as_json):
    """List the column maps that come with capplan: what each reads, and whether it needs --estate beside it."""
    import pandas as pd

    from ..importers.survey_maps import shipped_maps
    rows = [{"map": name, "needs_estate": "no" if "schools" in data else "yes", "description": data["description"]}
            for name, (_, data) in shipped_maps().items()]
    if as_json:
        tell_json(rows)
        return
    click.echo(as_text(pd.DataFrame(rows)))
    click.echo("Read a file with: capplan import survey FILE --map NAME --estate ESTATE --out NEW. Layouts of systems are "
               "assumed: their makers publish none. Copy a map and change it where your export differs.")


@import_.command("survey-form")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--estate", required=True, type=click.Path(path_type=Path), help="Estate folder the form was made from.")
@click.option("--by", "recorded_by", default="", help="Who records it: grades the form takes the place of are then kept in "
              "the history.")
@RECORDED_ON
@OUT
@FORCE
@AS_JSON
@clean
def import_survey_form(file, estate, recorded_by, recorded_on, out, force, as_json):
    """Read a filled-in workbook of capplan forms survey into a copy of its estate, and list every change."""
    from datetime import date

    from ..estate import read_estate
    from ..importers.survey_form_changes import read_survey_form, write_survey_form
    from ..runs import new_folder
    with new_folder(out, force, (file, estate)) as folder:
        found = read_survey_form(file, read_estate(estate), recorded_by, a_day("--on", recorded_on) or date.today())
        write_survey_form(found, folder)
    if as_json:
        tell_json({"changes": found.changes.to_dict("records"), "not_in_form": found.not_in_form,
                   "old_dates": found.old_dates, "kept_in_history": found.kept})
        return
    click.echo(found)
    if len(found.changes):
        click.echo(as_text(found.changes.drop(columns="table").head(40)))
    if len(found.changes) > 40:
        click.echo(f"... and {len(found.changes) - 40:,} more")
    click.echo(f"Every change is in {out / 'import_report' / 'changes.csv'}. Next: capplan check {out}")


@import_.command("requests")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--estate", required=True, type=click.Path(path_type=Path), help="Estate folder whose list they join.")
@OUT
@FORCE
@AS_JSON
@clean
def import_requests(files, estate, out, force, as_json):
    """Read request forms of schools (FILES of capplan forms request) into the list of works, in a copy of the estate."""
    from ..estate import read_estate
    from ..importers.request_form import read_requests, write_requests
    from ..runs import new_folder
    with new_folder(out, force, (*files, estate)) as folder:
        found = read_requests(files, read_estate(estate))
        write_requests(found, folder)
    if as_json:
        tell_json({"requests": found.requests.to_dict("records"), "pfi_schools": found.pfi_schools})
        return
    click.echo(found)
    if len(found.requests):
        click.echo(as_text(found.requests[["work_id", "description", "cost_gbp", "basis", "must_start_by", "asked_by"]]))
    click.echo(f"As asked: {out / 'import_report' / 'requests.csv'}. Next: capplan check {out}")


@import_.command("schools")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--estate", required=True, type=click.Path(path_type=Path), help="Estate folder whose schools are looked up.")
@OUT
@click.option("--prefer", type=click.Choice(["estate", "register"]), default="estate", show_default=True,
              help="What stands where the two do not agree; estate: only blanks are filled.")
@FORCE
@AS_JSON
@clean
def import_schools(files, estate, out, prefer, force, as_json):
    """Join school facts by URN from DfE's registers (FILES: GIAS, school census, accounts; CSV) into a copy of an estate."""
    from ..estate import read_estate
    from ..importers.register_join import join_registers, write_joined
    from ..importers.registers import read_registers
    from ..runs import new_folder
    with new_folder(out, force, (*files, estate)) as folder:
        read = read_estate(estate)
        registers = read_registers(files, set(read.schools.urn.dropna().astype(int)))
        joined = join_registers(read, registers, prefer)
        write_joined(joined, folder)
    findings = joined.findings
    if as_json:
        files_read = [{"file": each.file, "layout": each.layout, "census_year": each.census_year,
                       "schools_found": len(each.facts)} for each in registers]
        click.echo(json.dumps({"files": files_read, "findings": findings.to_dict("records")}, default=str))
        return
    for each in registers:
        year = f" of January {each.census_year}" if each.census_year else ""
        click.echo(f"{each.file}: layout {each.layout}{year}, {len(each.facts)} of {len(read.schools)} schools found.")
    click.echo("No finding: everything was there and agrees." if not len(findings) else as_text(
        findings.groupby(["finding", "done"], sort=True).size().rename("rows").reset_index()))
    odd = findings[findings.finding != "blank in the estate"]
    if len(odd):
        click.echo(as_text(odd.drop(columns="done").head(40)))
    if len(odd) > 40:
        click.echo(f"... and {len(odd) - 40} more")
    click.echo(f"Every finding is in {out / 'import_report' / 'register_findings.csv'}. Next: capplan check {out}")
