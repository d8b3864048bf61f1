"""Commands about objectives: weights by swings, objectives one after the other, and what one costs in another."""

from pathlib import Path

import click

from .files import refuse_taken, write_files
from .options import AS_JSON, FORCE, OUT, SEED, WORKERS, clean, finite, say, tell, tell_json, with_options

CANDIDATES = click.argument("candidates", type=click.Path(path_type=Path))
GAP = click.option("--gap", type=click.FloatRange(0, 1), default=0.001, show_default=True, callback=finite,
                   help="Stop each programme when proved this close to the best possible.")
TIME_LIMIT = click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True,
                          callback=finite, help="Stop each programme after this many seconds.")
SOLVED = with_options(GAP, TIME_LIMIT, OUT, SEED, WORKERS, FORCE, AS_JSON)
CRITERIA = "Criterion: value, or a column of numbers of scheme_years.csv; with - before it, as small as possible."


def _settings(gap, time_limit, workers):
    return {"gap": gap, "time_limit_s": time_limit, "threads": workers}


@click.group()
def objectives():
    """More than one objective for CANDIDATES, a candidates folder or the results of a run."""


@objectives.command()
@CANDIDATES
@click.option("--criterion", "names", multiple=True, help=f"{CRITERIA} May be repeated; left out: all there are.")
@GAP
@TIME_LIMIT
@SEED
@WORKERS
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write (CSV); must not exist yet.")
@FORCE
@AS_JSON
@clean
def worksheet(candidates, names, gap, time_limit, seed, workers, out, force, as_json):
    """Write the blank worksheet for swing weights: each criterion of CANDIDATES, its worst, its best, and no points yet."""
    from .. import objectives_job
    from ..tabular import write_frame
    refuse_taken([out], force, [candidates])
    sheet = objectives_job.worksheet(candidates, names, say, seed=seed, **_settings(gap, time_limit, workers))
    write_files({out: lambda path: write_frame(sheet, path)}, force)
    if as_json:
        tell_json(sheet.drop(columns="points").to_dict("records"))
        return
    for question in sheet.asks:
        click.echo(question)
    click.echo(f"\nWritten to {out}: fill in the points, then capplan objectives weigh {candidates} {out} --out FOLDER")


@objectives.command()
@CANDIDATES
@click.argument("sheet", type=click.Path(path_type=Path))
@SOLVED
@clean
def weigh(candidates, sheet, gap, time_limit, out, seed, workers, force, as_json):
    """Choose from CANDIDATES by value and by the points of a filled SHEET, and show both programmes and both orders."""
    from .. import objectives_job
    from ..runs import new_folder
    with new_folder(out, force, (candidates, sheet)) as folder:
        text, facts = objectives_job.weigh_folder(candidates, sheet, folder, seed, say,
                                                  **_settings(gap, time_limit, workers))
    tell(out, text, facts, as_json)


@objectives.command()
@CANDIDATES
@click.option("--by", "names", multiple=True, required=True, help=f"{CRITERIA} Repeat it, the most important first.")
@click.option("--slack", "slack_share", type=click.FloatRange(0, 0.5), default=0.0, show_default=True, callback=finite,
              help="Share of its best that an earlier objective may give up.")
@SOLVED
@clean
def order(candidates, names, slack_share, gap, time_limit, out, seed, workers, force, as_json):
    """Choose from CANDIDATES by one objective after the other, none giving up what went before."""
    from .. import objectives_job
    from ..runs import new_folder
    with new_folder(out, force, (candidates,)) as folder:
        text, facts = objectives_job.order_folder(candidates, names, slack_share, folder, seed, say,
                                                  **_settings(gap, time_limit, workers))
    tell(out, text, facts, as_json)


@objectives.command()
@CANDIDATES
@click.option("--first", default="value", show_default=True, help=CRITERIA)
@click.option("--second", required=True, help=CRITERIA)
@click.option("--points", type=click.IntRange(2, 60), default=8, show_default=True, help="How many programmes.")
@SOLVED
@clean
def tradeoff(candidates, first, second, points, gap, time_limit, out, seed, workers, force, as_json):
    """Find what more of one criterion of CANDIDATES costs in another."""
    from .. import objectives_job
    from ..runs import new_folder
    with new_folder(out, force, (candidates,)) as folder:
        text, facts = objectives_job.tradeoff_folder(candidates, first, second, points, folder, seed, say,
                                                     **_settings(gap, time_limit, workers))
    tell(out, text, facts, as_json)
