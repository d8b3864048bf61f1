"""Commands that write what each reader needs from a results folder."""

from dataclasses import dataclass
from pathlib import Path

import click

from ..errors import CapplanError, OutputError
from .files import refuse_taken, write_files
from .options import clean, say


@dataclass(frozen=True)
class Written:
    """What was made for a reader: files (in one folder) to their bytes, what to say of them, and what to warn of."""

    files: dict
    said: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Reader:
    """What can be written for one reader.

    ``suffixes`` are the endings of the file, ``options`` those of the command that are this reader's own (by the names of
    their parameters) and ``made`` makes it: ``made(results, out, **options) -> Written``.
    """

    called: str
    suffixes: tuple
    options: tuple
    made: object


def for_cfo(results, out):
    """The CFO's workbook."""
    from ..report.results import read_results
    from ..report.workbook import workbook
    made = workbook(read_results(results))
    if made.differing:
        return Written({out: made.content}, "", f"{len(made.differing)} of {made.checks} checks of the workbook differ from "
                       f"the model: {'; '.join(made.differing)}.")
    return Written({out: made.content}, f"All {made.checks} checks agree with the model.")


READERS = {"cfo": Reader("the CFO", (".xlsx",), (), for_cfo)}
UNBUILT = ("committee", "school", "bid")


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--for", "reader", required=True, type=click.Choice(("committee", "cfo", "school", "bid")),
              help="Who is to read it.")
@click.option("--school", help="School it is about, for a school.")
@click.option("--scheme", help="Scheme it is about, for a bid.")
@click.option("--round", "round_name", help="Funding round it is written for, for a bid.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write: .xlsx for the CFO.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@clean
def report(results, reader, out, force, **options):
    """Write what one reader needs from RESULTS: for the CFO, a workbook of live formulas with checks."""
    chosen = _reader(reader, {name: value for name, value in options.items() if value is not None})
    if out.suffix.lower() not in chosen.suffixes:
        raise OutputError(f"{out}: what {chosen.called} gets is a file that ends in {' or '.join(chosen.suffixes)}; "
                          "give such a name.")
    refuse_taken([out], force)
    made = chosen.made(results, out, **{name: options[name] for name in chosen.options})
    write_files({file: lambda place, content=content: place.write_bytes(content)
                 for file, content in made.files.items()}, force)
    if made.warning:
        say(f"WARNING: {made.warning}")
    click.echo(" ".join([f"Written to {out}.", *([made.said] if made.said else [])]))


def _reader(name, given):
    """The reader of that name; readers whose paper is not there yet, and options that are another's, are refused."""
    if name in UNBUILT:
        raise CapplanError(f"--for {name}: not built yet. Only --for {' and '.join(READERS)} can be written so far; "
                           "summary.html of the results folder is the page for everybody else.")
    reader = READERS[name]
    foreign = [f"--{option.removesuffix('_name')}" for option in given if option not in reader.options]
    if foreign:
        raise CapplanError(f"{' and '.join(foreign)}: not for {reader.called}; leave it out.")
    return reader
