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


def _refuse_ending(out, endings):
    if out.suffix.lower() not in endings:
        raise OutputError(f"{out}: give a name that ends in {' or '.join(endings)}.")
