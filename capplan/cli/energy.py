"""Commands about energy and carbon: what schools use in a normal year, what is to come, and what measures offer."""

from pathlib import Path

import click

from .options import AS_JSON, ESTATE, FORCE, FUTURES_SEED, OUT, OVERLAYS, SCENARIO, clean, tell, with_options

WRITES_A_FOLDER = with_options(ESTATE, SCENARIO, OVERLAYS, OUT, FORCE, AS_JSON)


@click.group()
def energy():
    """Energy and carbon: the baseline from meters, the forecast to 2050, measures and how sure they are."""


def _of_energy(command):
    """A command of this group, with the options that all of them share."""
    return energy.command()(WRITES_A_FOLDER(clean(command)))


def _run(job, read, out, force, as_json, *more):
    """A job of energy on an estate, a scenario and its overlays, in a new folder, told."""
    from .. import energy_job
    from ..runs import new_folder
    estate, scenario, overlays, *others = read
    with new_folder(out, force, (estate, scenario, *filter(None, others))) as folder:
        text, facts = getattr(energy_job, job)(estate, scenario, overlays, folder, *others, *more)
    tell(out, text, facts, as_json)


@_of_energy
def baseline(estate, scenario, overlays, out, force, as_json):
    """What every school of ESTATE uses in a normal year: from its meters, or else from schools of its kind."""
    _run("baseline_folder", (estate, scenario, overlays), out, force, as_json)


@_of_energy
def forecast(estate, scenario, overlays, out, force, as_json):
    """Energy, bills and carbon of ESTATE to 2050 under SCENARIO, without works."""
    _run("forecast_folder", (estate, scenario, overlays), out, force, as_json)


@_of_energy
def measures(estate, scenario, overlays, out, force, as_json):
    """What energy measures cost and save at every school of ESTATE under SCENARIO, before any plan is made."""
    _run("measures_folder", (estate, scenario, overlays), out, force, as_json)


@_of_energy
@click.option("--ranges", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="Table of factor, low and high in place of capplan's ranges; those left out stay.")
@click.option("--draws", type=click.Choice(["256", "1024", "4096"]), default="1024", show_default=True,
              help="Points drawn for each figure that is not known.")
@FUTURES_SEED
def uncertainty(estate, scenario, overlays, ranges, draws, seed, out, force, as_json):
    """How sure the measures at ESTATE are: P10, P50 and P90 of savings, cash and cost per tonne, and what decides them."""
    _run("uncertainty_folder", (estate, scenario, overlays, ranges), out, force, as_json, int(draws), seed)
