"""Commands that hand a programme on: to an estates team, in the shape of DfE's return, and to other programs."""

from pathlib import Path

import click

from ..errors import CapplanError, OutputError
from .files import refuse_taken, write_files
from .options import AS_JSON, FORCE, clean, say, tell_json

KINDS = ("programme", "dfe", "tables")


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--as", "kind", required=True, type=click.Choice(KINDS),
              help="programme: a workbook by school, trade and summer; dfe: a folder in the shape of DfE's return, with "
              "what is proven; tables: every table with its data dictionary.")
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="File (.xlsx) of a programme, else a folder; must not exist yet.")
@click.option("--format", "formats", multiple=True, type=click.Choice(("csv", "parquet", "json")),
              help="Of tables; may be repeated; left out: all three.")
@FORCE
@AS_JSON
@clean
def export(results, kind, out, formats, force, as_json):
    """Hand the programme of RESULTS on: to an estates team, to DfE, or to other programs."""
    if formats and kind != "tables":
        raise CapplanError(f"--format is for --as tables; --as {kind} has a form of its own.")
    told, said = {"programme": _programme, "dfe": _dfe, "tables": _tables}[kind](results, out, formats, force)
    if as_json:
        tell_json(told | {"out": str(out)})
    else:
        click.echo(f"{said}\nWritten to {out}.")


def _programme(results, out, _formats, force):
    from ..report.programme_book import programme_book
    from ..report.results import read_results
    if out.suffix.lower() != ".xlsx":
        raise OutputError(f"{out}: a programme is a workbook; give a file that ends in .xlsx.")
    refuse_taken([out], force)
    book = programme_book(read_results(results))
    write_files({out: lambda place: place.write_bytes(book.content)}, force)
    if book.differing:
        say(f"WARNING: these sums differ from the run: {', '.join(book.differing)}.")
    agree = "" if book.differing else " Every sum agrees with the run."
    return ({"works": book.works, "differing": list(book.differing)},
            f"{book.works:,} works by school, trade and summer.{agree}")


def _dfe(results, out, _formats, force):
    from ..report.dfe_return import VERSION, dfe_return, write_return
    from ..report.results import read_results
    from ..runs import new_folder
    with new_folder(out, force, (results,)) as folder:
        made = dfe_return(read_results(results))
        write_return(made, folder)
    evidence = made.frames["evidence"]
    counts = {state: int((evidence.state == state).sum()) for state in dict.fromkeys(evidence.state)}
    lines = [f"{state:20} {number:3} of {len(evidence)} topics" for state, number in counts.items()]
    return ({"schema": VERSION, "rows": {name: len(frame) for name, frame in made.frames.items()}, "evidence": counts,
             "unconfirmed_columns": made.unconfirmed},
            "\n".join([f"Shape {VERSION}: DfE has published no list of fields; {made.unconfirmed} columns are UNCONFIRMED "
                       "and marked in schema.json.", *lines, "What is proven, and what is missing, is in evidence.csv."]))


def _tables(results, out, formats, force):
    from ..report.table_export import FORMATS, export_tables, read_tables
    from ..runs import new_folder
    with new_folder(out, force, (results,)) as folder:
        tables = read_tables(results)
        written = export_tables(tables, folder, formats or FORMATS)
    rows = {name: len(frame) for name, frame in tables.frames.items()}
    return ({"files": written, "rows": rows},
            f"{len(rows)} tables, {sum(rows.values()):,} rows, as {', '.join(formats or FORMATS)}; dictionary.md says what "
            "every column means.")


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--peers", multiple=True, type=click.Path(path_type=Path),
              help="Results folder of another trust, or a table it shared; may be repeated. Shown as Trust A, B ...")
@click.option("--out", type=click.Path(path_type=Path), help="File to write: .html, .pdf or .docx.")
@click.option("--share", type=click.Path(path_type=Path),
              help="CSV to write for others: this trust's schools without names.")
@click.option("--force", is_flag=True, help="Replace the files if they are there.")
@AS_JSON
@clean
def benchmark(results, peers, out, share, force, as_json):
    """Lay the condition of RESULTS beside DfE's survey sample, and beside other trusts without names."""
    from ..report.papers import SUFFIXES
    if not out and not share:
        raise CapplanError("Give --out for the page, --share for a table to give to others, or both.")
    if out and out.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{out}: a benchmark is a file that ends in {', '.join(SUFFIXES)}.")
    for file in filter(None, (out, share)):
        refuse_taken([file], force, peers)
    from ..report import benchmark as measured
    from ..report import benchmark_page
    from ..report.papers import written
    from ..report.results import read_results
    from ..tabular import write_frame
    read = read_results(results)
    found = measured.benchmark(read, peers)
    dated, foot = measured.dated_run(read)
    if out:
        content = written(benchmark_page.benchmark_document(found, dated, foot), out.suffix.lower())
        write_files({out: lambda place: place.write_bytes(content)}, force)
    if share:
        write_files({share: lambda place: write_frame(measured.shared(found.schools), place)}, force)
    if as_json:
        tell_json(benchmark_page.told(found))
        return
    click.echo(benchmark_page.said(found))
    click.echo(f"Written to {' and '.join(str(file) for file in (out, share) if file)}.")
