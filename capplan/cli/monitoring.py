"""The command that follows an approved programme."""

from datetime import date
from pathlib import Path

import click

from ..errors import CapplanError
from .options import AS_JSON, FORCE, OUT, SEED, WORKERS, a_day, clean, finite, say, tell


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("actuals", type=click.Path(path_type=Path))
@click.option("--on", "on_day", default=None, metavar="YYYY-MM-DD", help="Day it is reported for; today if left out.")
@click.option("--since", type=click.Path(path_type=Path), default=None,
              help="Folder of the report before: its change log is continued.")
@click.option("--replan", is_flag=True, help="Plan the rest again from where it stands.")
@click.option("--most-changes", type=click.IntRange(0), default=None,
              help="With --replan: most works of the approved programme moved or dropped, and works added, in all.")
@click.option("--change-price", type=click.FloatRange(0, 1e9), default=None, callback=finite,
              help="With --replan: what each such change must be worth at the least, in pounds of loss avoided.")
@click.option("--gap", type=click.FloatRange(0, 1), default=0.001, show_default=True, callback=finite,
              help="With --replan: stop when proved this close to the best possible.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True, callback=finite,
              help="With --replan: stop each programme after this many seconds.")
@SEED
@WORKERS
@OUT
@FORCE
@AS_JSON
@clean
def monitor(results, actuals, on_day, since, replan, most_changes, change_price, gap, time_limit, seed, workers, out, force,
            as_json):
    """Put ACTUALS beside the approved programme of RESULTS: spend, dates, condition, what is off plan, what to do next."""
    from .. import monitor_job
    from ..runs import new_folder
    from ..scenario_parts import Stability
    if not replan and (most_changes is not None or change_price is not None):
        raise CapplanError("--most-changes and --change-price are for --replan; give that too.")
    rules = Stability(most_changes=most_changes, **dict.fromkeys(("moved_gbp", "dropped_gbp", "added_gbp"), change_price))
    on = a_day("--on", on_day) or date.today()
    with new_folder(out, force, (results, actuals, *([since] if since else []))) as folder:
        text, facts = monitor_job.monitor_folder(results, actuals, folder, on, since, rules if replan else None, say,
                                                 gap=gap, time_limit_s=time_limit, seed=seed, threads=workers)
    monitor_job.enter_report(out)
    tell(out, text, facts, as_json)
