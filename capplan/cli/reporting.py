"""Commands that write what each reader needs from a results folder."""

import os
import tempfile
from pathlib import Path

import click

from ..errors import CapplanError, OutputError
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
    _write_file(made.content, out, force)
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
    if out.is_dir():
        raise OutputError(f"{out} is a folder; give the name of a file.")
    if out.exists() and not force:
        raise OutputError(f"{out} exists already; choose another name, or --force to replace it.")


def _write_file(content, out, force):
    """Write the file whole or not at all: beside its place first, then moved there."""
    made = [parent for parent in out.parents if not parent.exists()]
    work = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.stem[:40]}.", dir=out.parent)
        work = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        work.chmod(0o644)
        _refuse_place(out, force)
        os.replace(work, out)
    except OSError as error:
        raise OutputError(f"Cannot write {out}: {error.strerror}.") from None
    finally:
        if work is not None:
            work.unlink(missing_ok=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
