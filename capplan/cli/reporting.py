"""Commands that write what each reader needs from a results folder."""

from pathlib import Path

import click

from ..errors import CapplanError, OutputError
from .files import refuse_taken, write_files
from .options import clean, say

READERS = ("committee", "cfo", "school", "bid")
WORKBOOK = ".xlsx"


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--for", "reader", required=True, type=click.Choice(READERS), help="Who is to read it.")
@click.option("--school", help="School it is about, for a school.")
@click.option("--scheme", help="Scheme it is about, for a bid.")
@click.option("--round", "round_name", help="Funding round it is written for, for a bid.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write: .xlsx for the CFO.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@clean
def report(results, reader, school, scheme, round_name, out, force):
    """Write what one reader needs from RESULTS: for the CFO, a workbook of live formulas with checks."""
    _refuse_reader(reader, {"--school": school, "--scheme": scheme, "--round": round_name})
    _refuse_place(out, force)
    from ..report.results import read_results
    from ..report.workbook import workbook
    made = workbook(read_results(results))
    write_files({out: lambda place: place.write_bytes(made.content)}, force)
    if made.differing:
        say(f"WARNING: {len(made.differing)} of {made.checks} checks of the workbook differ from the model: "
            f"{'; '.join(made.differing)}.")
    click.echo(f"Written to {out}." + ("" if made.differing else f" All {made.checks} checks agree with the model."))


def _refuse_reader(reader, given):
    """Refuse readers whose paper is not there yet, and options that are another reader's."""
    if reader != "cfo":
        raise CapplanError(f"--for {reader}: not built yet. Only --for cfo can be written so far; summary.html of the "
                           "results folder is the page for everybody else.")
    meant = [name for name, value in given.items() if value is not None]
    if meant:
        raise CapplanError(f"{' and '.join(meant)}: not for the CFO, whose workbook is about the whole trust; leave it out.")


def _refuse_place(out, force):
    if out.suffix.lower() != WORKBOOK:
        raise OutputError(f"{out}: a workbook is a file that ends in {WORKBOOK}; give such a name.")
    refuse_taken([out], force)
