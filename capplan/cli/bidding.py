"""The command that weighs bids."""

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
@click.option("--replicates", type=click.IntRange(1, 100_000), default=200, show_default=True,
              help="Outcomes to draw where there are more than six bids; fewer are all worked out.")
@click.option("--tail-weight", type=click.FloatRange(0, 1), default=0.0, show_default=True, callback=finite,
              help="Part of the judgement that looks at the worst tenth of outcomes only.")
@GAP
@TIME_LIMIT
@OUT
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Seed of the draws and of the solver.")
@WORKERS
@FORCE
@AS_JSON
@clean
def bids(estate, scenario, overlays, replicates, tail_weight, gap, time_limit, out, seed, workers, force, as_json):
    """Weigh the bids of ESTATE under SCENARIO: which to make, from what odds on, and what to start before they are known."""
    from .. import bid_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        text, facts = bid_job.bids_folder(estate, scenario, overlays, folder, replicates, tail_weight, gap, time_limit, seed,
                                          workers, say)
    tell(out, text, facts, as_json)
