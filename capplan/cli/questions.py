"""Commands that ask something of a plan: what would change it, what a target takes, what more money is worth."""

from pathlib import Path

import click

from .options import (
    AS_JSON,
    ESTATE,
    FORCE,
    GAP,
    OUT,
    OVERLAYS,
    PROCESSES,
    RESUME,
    SCENARIO,
    SCHEDULER,
    SEED,
    TIME_LIMIT,
    TIME_LIMIT_TOGETHER,
    WORKERS,
    clean,
    finite,
    kept_in,
    on_machines,
    say,
    tell,
)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--replan/--fixed", default=False, show_default=True,
              help="Plan again under each changed figure, or keep the programme as it is.")
@click.option("--ranges", "ranges_file", type=click.Path(path_type=Path), default=None,
              help="Table of figures with their low and high values; left out: capplan's own.")
@GAP
@TIME_LIMIT
@OUT
@SEED
@WORKERS
@PROCESSES
@SCHEDULER
@RESUME
@FORCE
@AS_JSON
@clean
def sensitivity(estate, scenario, overlays, replan, ranges_file, gap, time_limit, out, seed, workers, processes, scheduler,
                resume, force, as_json):
    """Move each assumed figure of SCENARIO alone, low and high, and see what becomes of the programme of ESTATE."""
    from .. import question_job
    from ..runs import new_folder
    reads = (estate, scenario, *([ranges_file] if ranges_file else []))
    with (new_folder(out, force, reads) as folder, on_machines(processes, scheduler) as executor,
          kept_in(resume, processes, scheduler)):
        text, facts = question_job.sensitivity_folder(estate, scenario, overlays, folder, replan, ranges_file, gap,
                                                      time_limit, seed, workers, say, executor)
    tell(out, text, facts, as_json)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--hold-backlog", "hold", is_flag=True, help="Hold the backlog at today's.")
@click.option("--backlog-below", "backlog_below_gbp", type=click.FloatRange(0), default=None, callback=finite,
              help="Backlog at grades C to E of so many pounds or less, at the plan's prices.")
@click.option("--index-below", type=click.FloatRange(0, 10), default=None, callback=finite,
              help="Facility condition index of the trust of so much or less.")
@click.option("--by", "by_year", type=int, default=None, help="By 1 September of this year; left out: the end of the plan.")
@click.option("--extra-in", "extra_years", type=int, multiple=True,
              help="Give further money in this year, the same in each; left out: every pot grows or shrinks alike.")
@click.option("--within", "within_share", type=click.FloatRange(0.0001, 0.5), default=0.01, show_default=True,
              callback=finite, help="How near the sum that suffices and the one that does not should come.")
@GAP
@TIME_LIMIT
@OUT
@SEED
@WORKERS
@FORCE
@AS_JSON
@clean
def goal(estate, scenario, overlays, hold, backlog_below_gbp, index_below, by_year, extra_years, within_share, gap,
         time_limit, out, seed, workers, force, as_json):
    """Find the least money with which ESTATE under SCENARIO reaches a target for its backlog, proved on both sides."""
    from .. import question_job
    from ..runs import new_folder
    asked = {"hold": hold, "backlog_below_gbp": backlog_below_gbp, "index_below": index_below, "by_year": by_year}
    with new_folder(out, force, (estate, scenario)) as folder:
        text, facts = question_job.goal_folder(estate, scenario, overlays, folder, asked, sorted(set(extra_years)),
                                               within_share, gap, time_limit, seed, workers, say)
    tell(out, text, facts, as_json)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--step", "step_gbp", type=click.FloatRange(1, 1e9), default=100_000.0, show_default=True, callback=finite,
              help="The sum more and less, in pounds.")
@click.option("--pot", "pots", multiple=True, help="Only this pot, on its own; may be repeated.")
@GAP
@TIME_LIMIT_TOGETHER
@OUT
@SEED
@WORKERS
@FORCE
@AS_JSON
@clean
def worth(estate, scenario, overlays, step_gbp, pots, gap, time_limit, out, seed, workers, force, as_json):
    """Find what the next GBP 100,000 in each pot and year buys ESTATE under SCENARIO, and what the last one loses."""
    from .. import question_job
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        text, facts = question_job.worth_folder(estate, scenario, overlays, folder, step_gbp, pots, gap, time_limit, seed,
                                                workers, say)
    tell(out, text, facts, as_json)
