"""Commands that lock what decides, log decisions against it, and approve runs."""

import sys
from pathlib import Path

import click

from .options import AS_JSON, clean, say, tell_json

PROJECT = click.argument("project", type=click.Path(path_type=Path))
RESULTS = click.argument("results", type=click.Path(path_type=Path))
BY = click.option("--by", "by_whom", required=True, help="Name of who does it.")


@click.group()
def lock():
    """Weights, rules and scenarios locked before results are opened, and decisions against results logged."""


@lock.command("set")
@PROJECT
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--overlay", "overlays", multiple=True, help="Overlay of the scenario; may be repeated.")
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path),
              help="Further file of the project that decides, as a sheet of weights; may be repeated.")
@BY
@AS_JSON
@clean
def set_(project, scenario, overlays, files, by_whom, as_json):
    """Lock SCENARIO, and files beside it, in the store of PROJECT: hashed, and dated."""
    from ..approvals import lock as locked
    told = locked(project, scenario, overlays, files, by_whom)
    if as_json:
        tell_json(told)
        return
    click.echo(f"Locked with the hash {told['lock_sha256']}. The page of a run under this scenario prints "
               f"{told['scenario_sha256'][:12]}.")
    if told["runs_before"]:
        click.echo(f"{told['runs_before']} runs had been entered before: this lock was not set before any result was there.")


@lock.command()
@PROJECT
@AS_JSON
@clean
def verify(project, as_json):
    """Check that everything locked in PROJECT is as it was, and that every run since was made under it."""
    from ..approvals import lock_faults
    from ..errors import DataError
    faults = lock_faults(project)
    if as_json:
        tell_json({"faults": [vars(fault) for fault in faults]})
        sys.exit(2 if faults else 0)
    if faults:
        raise DataError(faults, shown=len(faults))
    click.echo("Everything that is locked is as it was.")


@lock.command()
@RESULTS
@click.argument("scheme")
@click.option("--decision", required=True, type=click.Choice(["in", "out"]), help="What is decided against the run.")
@BY
@click.option("--why", required=True, help="Why, in a sentence.")
@AS_JSON
@clean
def override(results, scheme, decision, by_whom, why, as_json):
    """Log the decision that SCHEME is in, or out, against the run of RESULTS, with what it costs in value."""
    from ..approvals import entered, log_override
    from ..override_job import override_cost
    if not why.strip():
        raise click.BadParameter("give a reason.", param_hint="--why")
    entered(results)  # before the long solve, not after it
    told = log_override(results, override_cost(results, scheme, decision, say), by_whom, why)
    if as_json:
        tell_json(told)
        return
    click.echo(f"Logged: {scheme} {decision}, by {by_whom}. It costs between {told['cost_least_gbp']:,.0f} and "
               f"{told['cost_most_gbp']:,.0f} of the programme's value.")


@lock.command()
@PROJECT
@AS_JSON
@clean
def log(project, as_json):
    """Print every run, lock, override and approval of PROJECT, oldest first."""
    from ..approvals import log_text
    from ..run_store import entries
    if as_json:
        tell_json(entries(project))
    else:
        click.echo(log_text(project))


@click.command()
@RESULTS
@click.option("--as", "state", required=True, type=click.Choice(["draft", "reviewed", "approved"]))
@BY
@click.option("--roles", type=click.Path(path_type=Path), default=None,
              help="Table of names and roles; left out: roles.csv in the project's folder.")
@AS_JSON
@clean
def approve(results, state, by_whom, roles, as_json):
    """Make the run of RESULTS draft, reviewed or approved, signed by the hash of its record."""
    from ..approvals import approve as approved
    told = approved(results, state, by_whom, roles)
    if as_json:
        tell_json(told)
        return
    click.echo(f"{results} is {state}, by {by_whom}. Signed with the hash {told['signed_sha256']}.")
    if told["supersedes"]:
        click.echo("It supersedes the run that was approved before.")
