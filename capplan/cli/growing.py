"""The command about growth of the trust."""

from pathlib import Path

import click

from .options import AS_JSON, ESTATE, FORCE, FUTURES_SEED, OUT, OVERLAYS, SCENARIO, clean, say, tell


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--against", multiple=True, metavar="OVERLAY",
              help="Policy (overlay of the scenario) to compare on the same futures; may be repeated.")
@click.option("--replicates", type=click.IntRange(2, 100_000), default=None,
              help="Futures; left out: as many as the scenario's precision asks for.")
@FUTURES_SEED
@click.option("--futures", type=click.IntRange(0, 200), default=0, show_default=True,
              help="Write the first so many futures as estates with join dates, to be planned for with capplan run.")
@click.option("--programme", type=click.Path(path_type=Path), default=None,
              help="Results folder whose works load the estates team, in place of a share of the backlog.")
@OUT
@FORCE
@AS_JSON
@clean
def grow(estate, scenario, overlays, against, replicates, seed, futures, programme, out, force, as_json):
    """Simulate the growth of ESTATE under SCENARIO (such as growth): who joins when, what pauses it, when SCA comes."""
    from ..growth_job import grow_folder
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario, *filter(None, (programme,)))) as folder:
        text, facts = grow_folder(estate, scenario, overlays, against, folder, replicates, seed, futures, programme, say)
    tell(out, text, facts, as_json)
