"""Commands that hold a plan against many futures, or against the plan before it."""

from pathlib import Path

import click

from .options import (
    AS_JSON,
    ESTATE,
    FORCE,
    GAP,
    OUT,
    OVERLAYS,
    SCENARIO,
    TIME_LIMIT,
    WORKERS,
    clean,
    finite,
    say,
    tell,
)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--futures", type=click.IntRange(10, 500), default=50, show_default=True,
              help="Futures that programmes are chosen over.")
@click.option("--fresh", type=click.IntRange(10, 2000), default=100, show_default=True,
              help="Further futures, on which every programme is judged.")
@click.option("--tail-weight", type=click.FloatRange(0, 1), default=0.5, show_default=True, callback=finite,
              help="How far the careful programme looks at the worst tenth of futures; 1: at nothing else.")
@click.option("--against", multiple=True, type=click.Path(path_type=Path),
              help="Scenario for the table of regrets; may be repeated. Left out: the red-team shocks.")
@GAP
@TIME_LIMIT
@OUT
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Seed of the futures and of the solver.")
@WORKERS
@FORCE
@AS_JSON
@clean
def robust(estate, scenario, overlays, futures, fresh, tail_weight, against, gap, time_limit, out, seed, workers, force,
           as_json):
    """Choose programmes of ESTATE over many futures under SCENARIO; judge them and rank-and-cut on futures never seen."""
    from .. import robust_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario, *against)) as folder:
        text, facts = robust_job.robust_folder(estate, scenario, overlays, folder, futures, fresh, tail_weight, against, gap,
                                               time_limit, seed, workers, say)
    tell(out, text, facts, as_json)
