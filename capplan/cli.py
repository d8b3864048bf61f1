"""The command line. Each command checks its input, writes to a folder that appears whole or not at all, and says so.

Exit 0: what was asked for is done. Exit 2: the input is at fault, with a message; nothing has been written.
"""

import functools
import json
import math
import sys
from pathlib import Path

import click

from .errors import CapplanError

OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write; must not exist yet.")
FORCE = click.option("--force", is_flag=True, help="Replace a folder that capplan wrote before.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
SEED = click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
                    help="Seed of the solver's own random choices.")
WORKERS = click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True,
                       help="Threads the solver may use.")


def _finite(context, parameter, value):
    """Refuse what is no number although it reads as one."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


def _clean(command):
    """Turn capplan's errors, and files that cannot be read, into a message and exit 2."""
    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except CapplanError as error:
            click.echo(f"capplan: {error}", err=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            click.echo(f"capplan: cannot use {error.filename or 'a file'}: {error.strerror or error}", err=True)
        sys.exit(2)
    return wrapped


def _say(text):
    """Progress, on standard error so that figures on standard output stay clean."""
    click.echo(text, err=True)


@click.group()
@click.version_option(package_name="capplan")
def main():
    """Decide, and show why, which school condition works to fund in which year, inside real reserves and grants."""


@main.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("capplan_demo"), show_default=True,
              help="Folder to write; must not exist yet.")
@FORCE
@_clean
def demo(out, force):
    """Run the whole job on the example trust: check, forecast, propose, optimise, audit, report."""
    from . import jobs
    from .runs import new_folder
    with new_folder(out, force) as folder:
        jobs.demo(folder, _say)
    _tell_results(out / "results", None)
    click.echo(f"\nThe example trust is in {out / 'estate'}, the programme and its page in {out / 'results'}.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@FORCE
@_clean
def new(folder, force):
    """Make FOLDER with an example estate and scenarios to start from."""
    from . import jobs
    from .runs import new_folder
    with new_folder(folder, force) as place:
        jobs.copy_examples(place)
    click.echo(f"Made {folder}: the example trust in {folder / 'estate'}, scenarios in {folder / 'scenarios'}, and what "
               f"every column means in {folder / 'data_dictionary.md'}.\n"
               f"Next: capplan run {folder / 'estate'} {folder / 'scenarios' / 'baseline.toml'} --out results")


@main.group(name="import")
def import_():
    """Make an estate folder from a condition survey."""


@import_.command("pds")
@click.argument("file", type=click.Path(path_type=Path))
@OUT
@click.option("--la", "las", multiple=True, type=int, help="Only this local authority number; may be repeated.")
@click.option("--surveyed", default="2013-09-01", show_default=True, metavar="YYYY-MM-DD",
              help="Survey date given to every component: the file has none (the programme ran 2012-14).")
@FORCE
@AS_JSON
@_clean
def import_pds(file, out, las, surveyed, force, as_json):
    """Read DfE's property-data-survey layout (CSV or Parquet) into an estate folder."""
    from .importers.pds import read_pds, write_pds
    from .runs import new_folder
    with new_folder(out, force, (file,)) as folder:
        _say(f"Reading {file} ...")
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
    click.echo(_table(imported.anomalies[imported.anomalies.rows > 0]))
    click.echo(f"Every odd row is listed in {out / 'import_report'}. Next: capplan check {out}")


@import_.command("survey")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", required=True, type=click.Path(path_type=Path), help="TOML column map.")
@OUT
@FORCE
@_clean
def import_survey(file, map_file, out, force):
    """Read a consultant's workbook or CSV through a saved column map into an estate folder."""
    from .importers.survey import read_survey, write_survey
    from .importers.survey_map import read_map
    from .runs import new_folder
    with new_folder(out, force, (file, map_file)) as folder:
        imported = read_survey(file, read_map(map_file))
        write_survey(imported, folder)
    click.echo(f"{imported.rows_read:,} rows read = {imported.rows_kept:,} kept + {len(imported.set_aside):,} set aside")
    unused = imported.unmapped_columns
    click.echo("Columns the map does not use: " + (", ".join(map(str, unused)) if len(unused) else "none"))
    click.echo(f"The report is in {out / 'import_report'}. Next: capplan check {out}")


@main.command()
@click.argument("estate", type=click.Path(path_type=Path))
@AS_JSON
@_clean
def check(estate, as_json):
    """Report every fault of every table of ESTATE at once, and how good the data are."""
    from .errors import DataError
    from .estate import Estate, inspect_estate
    from .quality import data_quality
    frames, faults = inspect_estate(estate)
    quality = None if faults else data_quality(Estate(frames, str(estate)))
    if as_json:
        click.echo(json.dumps({
            "faults": [vars(fault) for fault in faults],
            "quality": None if quality is None else {
                "score": round(quality.score, 1), "schools": json.loads(quality.schools.to_json(orient="records")),
                "fields": json.loads(quality.fields.to_json(orient="records"))}}))
        sys.exit(2 if faults else 0)
    if faults:
        click.echo(f"capplan: {DataError(faults, shown=len(faults))}", err=True)
        sys.exit(2)
    click.echo(f"{Estate(frames, str(estate))}\nNo faults. Data quality {quality.score:.0f} out of 100.\n")
    click.echo(_table(quality.schools.sort_values("score").head(20)))
    if len(quality.schools) > 20:
        click.echo(f"... and {len(quality.schools) - 20} schools with better data (--json lists them all)")
    poor = quality.fields[quality.fields.filled_percent < 100].sort_values("filled_percent").head(10)
    if len(poor):
        click.echo("\nFields least filled in:\n" + _table(poor))


@main.command()
@click.argument("estate", type=click.Path(path_type=Path))
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--overlay", "overlays", multiple=True, help="Overlay of the scenario; may be repeated.")
@OUT
@SEED
@WORKERS
@FORCE
@AS_JSON
@_clean
def run(estate, scenario, overlays, out, seed, workers, force, as_json):
    """Plan ESTATE under SCENARIO: forecast, propose, optimise, audit, and write a results folder."""
    from . import jobs
    from .runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        jobs.run(estate, scenario, overlays, folder, seed, workers, _say)
    _tell_results(out, as_json)


@main.command()
@click.argument("candidates", type=click.Path(path_type=Path))
@OUT
@click.option("--gap", type=click.FloatRange(0, 1), default=0.001, show_default=True, callback=_finite,
              help="Stop when proved this close to the best possible.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True, callback=_finite,
              help="Stop after this many seconds.")
@click.option("--solver", type=click.Choice(["highs", "cbc"]), default="highs", show_default=True)
@SEED
@WORKERS
@FORCE
@AS_JSON
@_clean
def optimise(candidates, out, gap, time_limit, solver, seed, workers, force, as_json):
    """Solve a CANDIDATES folder made elsewhere."""
    from . import jobs
    from .candidates import read_candidates
    from .programme import optimise as choose
    from .results import solution
    from .runs import git_commit, new_folder, write_choice
    with new_folder(out, force, (candidates,)) as folder:
        found = read_candidates(candidates)
        _say(f"{found}; optimising (at most {time_limit:g} s) ...")
        with jobs.heartbeat(_say, "Optimising"):
            programme = choose(found, gap=gap, time_limit_s=time_limit, solver=solver, threads=workers, seed=seed)
        write_choice(programme, folder, seed)
    if as_json:
        click.echo(json.dumps(solution(programme, seed, git_commit()), default=float))
        return
    click.echo(programme)
    click.echo(_table(programme.gains()))
    click.echo(f"Written to {out}.")


@main.command()
def formulation():
    """Print the algebra of the optimiser, as one page."""
    from .programme.formulation import page
    click.echo(page())


@main.command()
def dictionary():
    """Print the data dictionary: every table, column, unit and meaning."""
    from .tables import data_dictionary
    click.echo(data_dictionary(), nl=False)


@main.group()
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
@_clean
def worst_first_command(components, years, repair, rebuild, inflation, grade_order, rebuild_cost_gbp_per_m2, out, force,
                        as_json):
    """DfE's own rule on COMPONENTS: deteriorate, rebuild by ratio, repair grade by grade, no carry-over."""
    from .condition.worst_first import read_policy_components, worst_first, write_worst_first
    from .runs import new_folder
    with new_folder(out, force, (components,)) as folder:
        result = worst_first(read_policy_components(components), years, _per_year("--repair", repair),
                             _per_year("--rebuild", rebuild), _per_year("--inflation", inflation), grade_order.upper(),
                             rebuild_cost_gbp_per_m2)
        write_worst_first(result, folder)
    totals = result.totals.pivot(index="year", columns="grade", values="backlog_gbp")
    if as_json:
        click.echo(json.dumps({"totals": result.totals.to_dict("records"), "years": result.years.to_dict("records")}))
        return
    click.echo("Backlog by year and grade, GBP:\n" + _table(totals.round(0).astype(int).reset_index()))
    click.echo(f"Written to {out}.")


def _per_year(option, text):
    """A number for every year, or one for all."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise CapplanError(f"{option}: {text!r} must be a number, or one number a year separated by commas.") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _tell_results(out, as_json):
    from .report.results import read_results
    from .report.summary import summary_text
    if as_json:
        click.echo((out / "solution.json").read_text(encoding="utf-8"), nl=False)
        return
    click.echo(summary_text(read_results(out)))
    click.echo(f"\nThe page is {out / 'summary.html'}; every candidate with its reason is in {out / 'schemes.csv'}.")


def _table(frame):
    """A frame as plain text."""
    return frame.to_string(index=False, na_rep="", float_format=lambda number: f"{number:,.2f}")
