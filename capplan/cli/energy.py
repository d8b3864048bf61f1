"""Commands about energy and carbon: what schools use in a normal year, and what is to come."""

import click

from .options import AS_JSON, ESTATE, FORCE, OUT, OVERLAYS, SCENARIO, clean, tell


@click.group()
def energy():
    """Energy and carbon: the baseline from meters, and the forecast to 2050."""


def _run(job, estate, scenario, overlays, out, force, as_json):
    """A job of energy in a new folder, told."""
    from .. import energy_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        text, facts = getattr(energy_job, job)(estate, scenario, overlays, folder)
    tell(out, text, facts, as_json)


@energy.command()
@ESTATE
@SCENARIO
@OVERLAYS
@OUT
@FORCE
@AS_JSON
@clean
def baseline(estate, scenario, overlays, out, force, as_json):
    """What every school of ESTATE uses in a normal year: from its meters, or else from schools of its kind."""
    _run("baseline_folder", estate, scenario, overlays, out, force, as_json)


@energy.command()
@ESTATE
@SCENARIO
@OVERLAYS
@OUT
@FORCE
@AS_JSON
@clean
def forecast(estate, scenario, overlays, out, force, as_json):
    """Energy, bills and carbon of ESTATE to 2050 under SCENARIO, without works."""
    _run("forecast_folder", estate, scenario, overlays, out, force, as_json)


@energy.command()
@ESTATE
@SCENARIO
@OVERLAYS
@OUT
@FORCE
@AS_JSON
@clean
def measures(estate, scenario, overlays, out, force, as_json):
    """What energy measures cost and save at every school of ESTATE under SCENARIO, before any plan is made."""
    _run("measures_folder", estate, scenario, overlays, out, force, as_json)
