"""Commands that write what each reader needs from a results folder."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click

from ..errors import CapplanError, OutputError
from .files import refuse_taken, write_files
from .options import FORCE, OUT, clean, say


@dataclass(frozen=True)
class Written:
    """What was made for a reader: files (in one folder) to their bytes, what to say of them, and what to warn of.

    Where the reader gets a folder, files are named by their place in it.
    """

    files: dict
    said: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Reader:
    """What can be written for one reader.

    ``suffixes`` are the endings of the file, ``options`` those of the command that are this reader's own (by the names of
    their parameters) and ``made`` makes it: ``made(results, out, **options) -> Written``. ``folder`` says whether, with
    these options, it is a folder of files and not a file.
    """

    called: str
    suffixes: tuple
    options: tuple
    made: object
    folder: object = lambda options: False


def for_committee(results, out, against, explained, envelopes, update):
    """The committee's paper, or its update on what moved."""
    from ..committee_job import committee_file
    return Written({out: committee_file(results, out.suffix.lower(), against, explained, envelopes, bool(update), say)})


def for_cfo(results, out):
    """The CFO's workbook of a results folder, or the explorer of a folder of envelopes."""
    from ..report.results import read_results
    if out.suffix.lower() == ".html":
        from ..report.explorer import explorer_html, read_envelopes
        return Written({out: explorer_html(read_envelopes(results)).encode("utf-8")})
    from ..report.workbook import workbook
    made = workbook(read_results(results))
    if made.differing:
        return Written({out: made.content}, "", f"{len(made.differing)} of {made.checks} checks of the workbook differ from "
                       f"the model: {'; '.join(made.differing)}.")
    return Written({out: made.content}, f"All {made.checks} checks agree with the model.")


def for_school(results, out, school, full):
    """The statement of one school, or its asset management plan; those of all schools as a folder."""
    from ..report.results import read_results
    from ..report.school_files import school_file, school_files, which_school
    from ..report.school_statement import agreement, differing
    from ..report.schools_read import read_schools
    schools = read_schools(read_results(results))
    if not all_schools({"school": school}):
        return Written({out: school_file(schools, which_school(schools, school), out.suffix.lower(), full)})
    said, apart = agreement(schools), differing(schools)
    files = school_files(schools, full, say=say)
    return Written(files, "" if apart else said, said.removeprefix("WARNING: ") if apart else "")


def all_schools(options):
    """Whether the papers of all schools are asked for."""
    return options["school"] in (None, "all")


def for_bid(results, _out, scheme, round_name):
    """The pack for a bid: a document, and the tables it rests on."""
    lost = [option for option, value in (("--scheme", scheme), ("--round", round_name)) if not value]
    if lost:
        raise CapplanError(f"--for bid: {' and '.join(lost)} needed; a pack is written for one scheme and one round, as "
                           "--scheme ID --round \"CIF 2026-27\".")
    from ..funding.bid_scoring import SHUT
    from ..report.bid_files import bid_folder, told_of_bid
    from ..report.results import read_results
    from ..report.schools_read import read_schools
    today = date.today()
    files, facts, score = bid_folder(read_schools(read_results(results)), scheme, round_name, today)
    over = f"{facts.round.name} is closed; the pack shows how the bid would have stood." \
        if facts.round.state_on(today) == SHUT else ""
    return Written(files, told_of_bid(facts, score), over)


READERS = {"committee": Reader("a committee", (".pdf", ".docx", ".html"), ("against", "explained", "envelopes", "update"),
                               for_committee),
           "cfo": Reader("the CFO", (".xlsx", ".html"), (), for_cfo),
           "school": Reader("a school", (".pdf", ".docx", ".html"), ("school", "full"), for_school, all_schools),
           "bid": Reader("a bid", (".pdf", ".docx", ".html"), ("scheme", "round_name"), for_bid, lambda options: True)}


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--for", "reader", required=True, type=click.Choice(tuple(READERS)),
              help="Who is to read it.")
@click.option("--school", help="School it is about, for a school; all, or left out: every school, as a folder.")
@click.option("--full", is_flag=True, default=None, help="For a school: the whole asset management plan, not one page.")
@click.option("--scheme", help="Scheme it is about, for a bid.")
@click.option("--round", "round_name", help="Funding round of a bid: route and grant year, as 'CIF 2026-27'.")
@click.option("--against", type=click.Path(path_type=Path),
              help="For a committee: the earlier results, or a folder of compare; left out: the project's approved run.")
@click.option("--update", is_flag=True, default=None, help="For a committee: only what moved since the earlier results.")
@click.option("--explained", type=click.Path(path_type=Path),
              help="For a committee: folder that explain RESULTS --out wrote, for the core index.")
@click.option("--envelopes", type=click.Path(path_type=Path),
              help="For a committee: folder that envelopes --out wrote, for the curve of condition against money.")
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="File to write: .xlsx for the CFO, or .html of a folder of envelopes; .pdf, .docx or .html for a "
              "committee or a school; a folder for all schools, and for a bid.")
@click.option("--force", is_flag=True, help="Replace what is there, if it is a file or capplan wrote the folder.")
@clean
def report(results, reader, school, full, scheme, round_name, against, update, explained, envelopes, out, force):
    """Write what one reader needs from RESULTS: a committee's paper, the CFO's workbook of live formulas, the statement of
    a school, the pack for a bid."""
    options = {"school": school, "full": full, "scheme": scheme, "round_name": round_name, "against": against,
               "update": update, "explained": explained, "envelopes": envelopes}
    chosen = _reader(reader, {name: value for name, value in options.items() if value is not None})
    own = {name: options[name] for name in chosen.options}
    if chosen.folder(own):
        return _tell(out, _folder(chosen, results, out, own, force))
    if out.suffix.lower() not in chosen.suffixes:
        raise OutputError(f"{out}: what {chosen.called} gets is a file that ends in {' or '.join(chosen.suffixes)}; "
                          "give such a name.")
    refuse_taken([out], force)
    made = chosen.made(results, out, **own)
    write_files({file: lambda place, content=content: place.write_bytes(content)
                 for file, content in made.files.items()}, force)
    return _tell(out, made)


def _folder(reader, results, out, own, force):
    """Write what a reader gets as a folder: whole or not at all."""
    from ..runs import new_folder
    if out.suffix.lower() in reader.suffixes:
        raise OutputError(f"{out}: this is a folder of files; give the name of a folder, not of a file.")
    with new_folder(out, force, (results,)) as folder:
        made = reader.made(results, folder, **own)
        for name, content in made.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    return made


def _tell(out, made):
    if made.warning:
        say(f"WARNING: {made.warning}")
    click.echo(" ".join([f"Written to {out}.", *([made.said] if made.said else [])]))


def _reader(name, given):
    """The reader of that name; options that are another's are refused."""
    reader = READERS[name]
    foreign = [f"--{option.removesuffix('_name')}" for option in given if option not in reader.options]
    if foreign:
        raise CapplanError(f"{' and '.join(foreign)}: not for {reader.called}; leave it out.")
    return reader


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--envelopes", type=click.Path(path_type=Path),
              help="Folder that envelopes --out wrote: its explorer, and its curve in the committee's paper.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes that write at the same time.")
@OUT
@FORCE
@clean
def papers(results, envelopes, processes, out, force):
    """Write every paper of RESULTS, for every reader, and a page that links to all of them."""
    from ..papers_job import INDEX, all_papers
    from ..runs import new_folder
    reads = (results, envelopes) if envelopes else (results,)
    with new_folder(out, force, reads) as folder:
        made = all_papers(results, folder, envelopes, processes, say)
    click.echo(f"{len(made)} kinds of papers. Begin with {out / INDEX}.")
