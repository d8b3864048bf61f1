"""The command that compares runs."""

from contextlib import nullcontext
from pathlib import Path

import click

from .options import AS_JSON, FORCE, clean, say, tell_json


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder to write; must not exist yet.")
@FORCE
@AS_JSON
@clean
def compare(results, out, force, as_json):
    """Put two or more RESULTS side by side, the approved run first, and say what caused each change."""
    from .. import compare_job
    from ..errors import CapplanError
    from ..runs import new_folder
    if len(results) < 2:
        raise CapplanError("Give two results folders or more: the approved one first.")
    with (new_folder(out, force, results) if out else nullcontext()) as folder:
        found = compare_job.compare(results, say)
        if folder:
            compare_job.write_comparison(found, folder)
    if as_json:
        tell_json(compare_job.comparison_facts(found))
        return
    click.echo(compare_job.compare_text(found))
    if out:
        click.echo(f"\nWritten to {out}.")
