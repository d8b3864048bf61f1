"""Commands about evidence: index photos, quotes and reports, and check that they are as they were indexed."""

import sys
from pathlib import Path

import click

from .options import AS_JSON, ESTATE, clean, say, tell_json


@click.group()
def evidence():
    """Photos, quotes and reports, indexed by path and hash; the files are never copied."""


@evidence.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--for", "estate", required=True, type=click.Path(path_type=Path), help="Estate folder the files are of.")
@click.option("--results", type=click.Path(path_type=Path), default=None,
              help="Results folder whose schemes and needs names may begin with as well.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Table to write: evidence.csv.")
@click.option("--force", is_flag=True, help="Replace the table if it is there.")
@AS_JSON
@clean
def index(folder, estate, results, out, force, as_json):
    """Index FOLDER: what each file is of, what it is, its size and its SHA-256.

    A file is of the school, block, component, scheme, need or listed work that its folders and its name begin with, the
    narrowest of them: ASH/ASH-1-A.ROOF/leak 2026-05-14.jpg. Files of the whole trust lie in a folder called trust. Rows that
    the estate's own evidence.csv has for the same path keep what was typed into them.
    """
    import pandas as pd

    from ..estate import read_estate
    from ..evidence import index_evidence
    from ..evidence_tables import EVIDENCE
    from ..tabular import as_cells, write_frame
    from .files import refuse_taken, write_files
    refuse_taken((out,), force)
    read = read_estate(estate)
    schemes = None if results is None else pd.read_csv(results / "schemes.csv", dtype=str, keep_default_na=False)
    say(f"Indexing {folder} ...")
    found = index_evidence(folder, read, schemes, (out,))
    write_files({out: lambda path: write_frame(as_cells(EVIDENCE, found.frame), path)}, force)
    if as_json:
        tell_json({"files": found.frame.path.nunique(), "new": found.new, "changed": found.changed, "gone": found.gone,
                   "left_out": [{"path": path, "why": why} for path, why in found.set_aside]})
        return
    click.echo(found)
    click.echo(f"\nWritten to {out}. To plan with it, keep it in the estate folder as evidence.csv.")


@evidence.command()
@ESTATE
@click.argument("folder", type=click.Path(path_type=Path))
@AS_JSON
@clean
def verify(estate, folder, as_json):
    """Check that the files in FOLDER are as the index of ESTATE (an estate or a results folder) has them."""
    from ..errors import DataError, Fault
    from ..estate import read_estate
    from ..evidence import evidence_of_results, verified
    from ..run_records import INPUTS
    rows = evidence_of_results(estate) if (estate / INPUTS).is_file() else read_estate(estate).evidence
    if not len(rows):
        raise DataError([Fault("evidence.csv", None, "", "no index of evidence", "made first: capplan evidence index")])
    faults, beside = verified(rows, folder)
    if as_json:
        tell_json({"files": rows.path.nunique(), "faults": [vars(fault) for fault in faults], "not_indexed": beside})
        sys.exit(2 if faults else 0)
    if faults:
        raise DataError(faults, shown=len(faults))
    click.echo(f"{rows.path.nunique():,} files: each is as it was indexed.")
    if beside:
        click.echo(f"{len(beside):,} other files are not in the index: " + ", ".join(beside[:5])
                   + (" ..." if len(beside) > 5 else ""))
