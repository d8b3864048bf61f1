"""Commands about condition: the forecast and its findings, learning from surveys, works done, and rules of others."""

import json
from pathlib import Path

import click

from ..errors import CapplanError
from .options import (
    AS_JSON,
    ESTATE,
    FORCE,
    FUTURES_SEED,
    OUT,
    OVERLAYS,
    RECORDED_BY,
    RECORDED_ON,
    SCENARIO,
    a_day,
    as_text,
    clean,
    say,
)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--replicates", type=click.IntRange(2, 100_000), default=200, show_default=True,
              help="Futures sampled for the bands.")
@FUTURES_SEED
@OUT
@FORCE
@AS_JSON
@clean
def forecast(estate, scenario, overlays, replicates, seed, out, force, as_json):
    """Forecast the condition of ESTATE under SCENARIO if nothing is done: what fails first, what to survey, what is due."""
    from .. import condition_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        found = condition_job.forecast_folder(estate, scenario, overlays, folder, replicates, seed, say)
    if as_json:
        click.echo((out / "forecast.json").read_text(encoding="utf-8"), nl=False)
        return
    click.echo(found)
    click.echo(f"\nWritten to {out}.")


@click.command()
@ESTATE
@click.option("--scenario", default="baseline.toml", show_default=True, type=click.Path(path_type=Path),
              help="Scenario whose rate_spread says how far rates may lie from the published ones.")
@FUTURES_SEED
@OUT
@FORCE
@clean
def learn(estate, scenario, seed, out, force):
    """Learn rates of wear from ESTATE's repeat surveys, with a back-test card of how well they forecast."""
    from .. import condition_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        learned = condition_job.learn_folder(estate, scenario, folder, seed)
    click.echo(learned)
    rates = out / "rates.csv"
    click.echo(f"\nWritten to {out}." + (f" To plan with these rates, copy {rates} into the estate folder."
                                         if rates.is_file() else ""))


@click.command()
@ESTATE
@click.argument("later", type=click.Path(path_type=Path))
@RECORDED_BY
@RECORDED_ON
@OUT
@FORCE
@clean
def resurvey(estate, later, recorded_by, recorded_on, out, force):
    """Put a LATER survey (an estate folder made by import) on top of ESTATE, in a new copy: old grades go to its history."""
    from .. import condition_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, later)) as folder:
        found = condition_job.resurvey_folder(estate, later, recorded_by, a_day("--on", recorded_on), folder)
    click.echo(f"{found}\nNext: capplan check {out}")


@click.command()
@ESTATE
@click.argument("works", type=click.Path(path_type=Path))
@RECORDED_BY
@RECORDED_ON
@OUT
@FORCE
@clean
def complete(estate, works, recorded_by, recorded_on, out, force):
    """Record completed WORKS (CSV: component_id, completed, grade_after ...) in a new copy of ESTATE, with its history."""
    from .. import condition_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, works)) as folder:
        count = condition_job.complete_folder(estate, works, recorded_by, a_day("--on", recorded_on), folder)
    click.echo(f"{count:,} completed works recorded by {recorded_by}. Next: capplan check {out}")


@click.command()
@ESTATE
@OUT
@FORCE
@clean
def fill(estate, out, force):
    """Fill blocks of ESTATE that nobody has surveyed with modelled components, in a new copy of it."""
    from .. import condition_job
    from ..runs import new_folder
    with new_folder(out, force, (estate,)) as folder:
        filled = condition_job.fill_folder(estate, folder)
    click.echo(f"{filled}\nNext: capplan check {out}")


@click.group()
def policy():
    """Rules of others, run for comparison."""


@policy.command("worst-first")
@click.argument("components", type=click.Path(path_type=Path))
@click.option("--years", required=True, type=click.IntRange(1, 200), help="Years to run.")
@click.option("--repair", default="0", show_default=True, metavar="A,B,..", help="Repair money of each year, GBP.")
@click.option("--rebuild", default="0", show_default=True, metavar="A,B,..", help="Rebuild money of each year, GBP.")
@click.option("--inflation", default="0", show_default=True, metavar="A,B,..", help="Inflation of each year, as a fraction.")
@click.option("--grade-order", default="EDCB", show_default=True, help="Order in which grades are repaired.")
@click.option("--rebuild-cost-gbp-per-m2", default=2000.0, show_default=True, type=float,
              help="Cost of rebuilding a square metre of floor area, GBP in the prices of the survey.")
@OUT
@FORCE
@AS_JSON
@clean
def worst_first_command(components, years, repair, rebuild, inflation, grade_order, rebuild_cost_gbp_per_m2, out, force,
                        as_json):
    """DfE's own rule on COMPONENTS: deteriorate, rebuild by ratio, repair grade by grade, no carry-over."""
    from ..condition.worst_first import read_policy_components, worst_first, write_worst_first
    from ..runs import new_folder
    with new_folder(out, force, (components,)) as folder:
        result = worst_first(read_policy_components(components), years, _per_year("--repair", repair),
                             _per_year("--rebuild", rebuild), _per_year("--inflation", inflation), grade_order.upper(),
                             rebuild_cost_gbp_per_m2)
        write_worst_first(result, folder)
    totals = result.totals.pivot(index="year", columns="grade", values="backlog_gbp")
    if as_json:
        click.echo(json.dumps({"totals": result.totals.to_dict("records"), "years": result.years.to_dict("records")}))
        return
    click.echo("Backlog by year and grade, GBP:\n" + as_text(totals.round(0).astype(int).reset_index()))
    click.echo(f"Written to {out}.")


def _per_year(option, text):
    """A number for every year, or one for all."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise CapplanError(f"{option}: {text!r} must be a number, or one number a year separated by commas.") from None
    return numbers[0] if len(numbers) == 1 else numbers
