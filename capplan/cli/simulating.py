"""Commands that simulate what planning cannot know."""

from pathlib import Path

import click

from .options import AS_JSON, FORCE, FUTURES_SEED, OUT, SCHEDULER, clean, on_machines, say, tell


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--replicates", type=click.IntRange(2, 100_000), default=None,
              help="Futures to draw; left out: as many as the precision the scenario asks for takes.")
@FUTURES_SEED
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True,
              help="Processes to use; the figures are the same for any number.")
@SCHEDULER
@OUT
@FORCE
@AS_JSON
@clean
def simulate(results, replicates, seed, workers, scheduler, out, force, as_json):
    """Deliver the programme of RESULTS in many futures: cost, slip, lapsed grant, reserves, what to begin early."""
    from .. import delivery_job
    from ..runs import new_folder
    with new_folder(out, force, (results,)) as folder, on_machines(workers, scheduler) as executor:
        text, facts = delivery_job.simulate_folder(results, folder, replicates, seed, executor, say)
    tell(out, text, facts, as_json)
