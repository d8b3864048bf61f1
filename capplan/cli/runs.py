"""Commands about runs that were made: a store for a project, what is in it, whether it is whole, and making runs again."""

import sys
from pathlib import Path

import click

from .options import AS_JSON, FORCE, OUT, as_text, clean, say, tell_json

RESULTS = click.argument("results", type=click.Path(path_type=Path))
PROJECT = click.argument("project", type=click.Path(path_type=Path))


@click.group()
def runs():
    """Runs that were made: list, show and verify them, and make them again."""


@runs.command()
@PROJECT
@clean
def start(project):
    """Make a store in the folder PROJECT: every run written inside it is entered from then on."""
    from ..run_store import STORE, start_store
    start_store(project)
    click.echo(f"Made {project / STORE}. Runs whose --out lies in {project} are entered in it; nothing is ever taken out.")


@runs.command("list")
@PROJECT
@AS_JSON
@clean
def list_(project, as_json):
    """List the runs entered in the store of PROJECT, oldest first, with the state each was given."""
    import pandas as pd

    from ..approvals import states
    from ..run_store import entries
    given = states(project)
    found = [{**entry, "state": given.get(entry["record_sha256"], "")} for entry in entries(project, "run")]
    if as_json:
        tell_json(found)
        return
    rows = [[entry["number"], entry["made_at"], entry["scenario"], entry["value_gbp"], entry["run_id"][:12],
             entry["programme_id"][:12], entry["state"], entry["folder"]] for entry in found]
    names = ["number", "made_at", "scenario", "value_gbp", "run", "programme", "state", "folder"]
    click.echo(as_text(pd.DataFrame(rows, columns=names)) if rows else "No runs have been entered yet.")


@runs.command()
@RESULTS
@AS_JSON
@clean
def show(results, as_json):
    """Show what the run of RESULTS was made from."""
    from ..run_records import read_record, record_text
    record = read_record(results)
    if as_json:
        tell_json(record)
    else:
        click.echo(record_text(record))


@runs.command()
@RESULTS
@AS_JSON
@clean
def verify(results, as_json):
    """Check that every byte of RESULTS, or of every run in the store of a project, is as it was written."""
    from ..errors import DataError
    from ..run_job import verify as verified
    count, faults = verified(results)
    if as_json:
        tell_json({"runs": count, "faults": [vars(fault) for fault in faults]})
        sys.exit(2 if faults else 0)
    if faults:
        raise DataError(faults, shown=len(faults))
    click.echo(f"{count} run{'s' if count != 1 else ''}: every file is as it was written.")


@runs.command()
@RESULTS
@OUT
@FORCE
@AS_JSON
@clean
def rerun(results, out, force, as_json):
    """Make the run of RESULTS again from what it keeps, and say whether the programme is the same."""
    from ..run_job import rerun as made_again
    from ..run_store import enter_run, intend_run
    from ..runs import new_folder
    with new_folder(out, force, (results,)) as folder:
        found = made_again(results, folder, say)
        intend_run(out, folder)
    enter_run(out)
    if as_json:
        tell_json(found)
        return
    click.echo("The same programme." if found["same"] else "Another programme than before.")
    for row in found["differs"]:
        click.echo(f"  {row['what']}: then {row['then'] or 'absent'}, now {row['now'] or 'absent'}")
    click.echo("All versions are as they were." if not found["differs"] else "Where versions differ, programmes may.")
    click.echo(f"Written to {out}.")
