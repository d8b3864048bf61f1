"""Commands that make forms for others to fill in: the survey workbook, and the request form of a school."""

from datetime import date
from pathlib import Path

import click

from ..errors import OutputError
from .options import ESTATE, RECORDED_ON, a_day, clean

FILE = click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
REPLACE = click.option("--force", is_flag=True, help="Replace the file if it is there.")


@click.group()
def forms():
    """Forms for others to fill in, filled in already with what is known; capplan import reads them back."""


@forms.command()
@ESTATE
@click.option("--school", "schools", multiple=True, help="Only the sites of this school; may be repeated.")
@RECORDED_ON
@FILE
@REPLACE
@clean
def survey(estate, schools, recorded_on, out, force):
    """Make the survey workbook of ESTATE: a sheet for each site, with drop-downs, to be read back by import survey-form."""
    from ..estate import read_estate
    from ..report.form_survey import survey_workbook
    from .files import refuse_taken, write_files
    _refuse_ending(out, (".xlsx",))
    refuse_taken((out,), force)
    content, sites = survey_workbook(read_estate(estate), a_day("--on", recorded_on) or date.today(), schools)
    write_files({out: lambda place: place.write_bytes(content)}, force)
    click.echo(f"Written to {out}: {sites:,} site{'s' if sites != 1 else ''}. When it is filled in: "
               f"capplan import survey-form {out} --estate {estate} --out NEW")


@forms.command()
@ESTATE
@click.option("--school", default=None, help="School the form is of; left out: one form for each, in a folder.")
@RECORDED_ON
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="File to write: .xlsx to be read back, or .docx, .pdf or .html to print; without --school a folder.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@clean
def request(estate, school, recorded_on, out, force):
    """Make the form with which a school of ESTATE asks for works, to be read back by import requests."""
    from ..estate import read_estate
    from ..report.form_request import request_document, request_workbook, safe_name
    from ..report.papers import SUFFIXES, written
    from ..runs import new_folder
    from .files import refuse_taken, write_files
    made_on = a_day("--on", recorded_on) or date.today()
    if school is None:
        with new_folder(out, force, (estate,)) as folder:
            read = read_estate(estate)
            names = [safe_name(each) for each in read.schools.school_id]
            for number, (each, name) in enumerate(zip(read.schools.school_id, names, strict=True)):
                own = name if names.count(name) == 1 else f"{name} {number + 1}"
                (folder / f"{own}.xlsx").write_bytes(request_workbook(read, each, made_on))
        click.echo(f"Written to {out}: a form for each of {len(names):,} schools.")
    else:
        _refuse_ending(out, (".xlsx", *SUFFIXES))
        refuse_taken((out,), force)
        read, suffix = read_estate(estate), out.suffix.lower()
        content = (request_workbook(read, school, made_on) if suffix == ".xlsx"
                   else written(request_document(read, school, made_on), suffix))
        write_files({out: lambda place: place.write_bytes(content)}, force)
        click.echo(f"Written to {out}." + ("" if suffix == ".xlsx" else " It is to be printed; only .xlsx is read back."))
    click.echo(f"When workbooks are filled in: capplan import requests FILE... --estate {estate} --out NEW")


def _refuse_ending(out, endings):
    if out.suffix.lower() not in endings:
        raise OutputError(f"{out}: give a name that ends in {' or '.join(endings)}.")
