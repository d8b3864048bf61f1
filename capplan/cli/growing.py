"""Commands about growth of the trust: simulated, and planned for."""

from pathlib import Path

import click

from .options import (
    AS_JSON,
    ESTATE,
    FORCE,
    FUTURES_SEED,
    GAP,
    OUT,
    OVERLAYS,
    SCENARIO,
    SEED,
    TIME_LIMIT,
    WORKERS,
    clean,
    say,
    tell,
)


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


@click.command("grow-plan")
@ESTATE
@click.argument("grown", type=click.Path(exists=True, file_okay=False, path_type=Path))
@SCENARIO
@OVERLAYS
@click.option("--decided-years", type=click.IntRange(1, 10), default=1, show_default=True,
              help="First years of the plan that are decided before anybody knows who joins.")
@click.option("--rounds", type=click.IntRange(0, 20), default=2, show_default=True,
              help="How often futures are planned again to bring the bound down.")
@GAP
@TIME_LIMIT
@OUT
@SEED
@WORKERS
@FORCE
@AS_JSON
@clean
def grow_plan(estate, grown, scenario, overlays, decided_years, rounds, gap, time_limit, out, seed, workers, force, as_json):
    """Choose what to begin at ESTATE now that does well across the sampled futures of GROWN under SCENARIO.

    GROWN is the folder of capplan grow with --futures.
    """
    from datetime import date

    from ..growth_plan_job import growth_plan_folder
    from ..runs import new_folder
    with new_folder(out, force, (estate, grown, scenario)) as folder:
        text, facts = growth_plan_folder(estate, scenario, grown, folder, overlays, decided_years, rounds, gap, time_limit,
                                         seed, workers, date.today().isoformat(), say)
    tell(out, text, facts, as_json)
