"""The command that explains a results folder."""

from pathlib import Path

import click

from .options import (
    AS_JSON,
    FORCE,
    PROCESSES,
    SCHEDULER,
    SEED,
    WORKERS,
    clean,
    on_machines,
    say,
    tell_json,
    time_limit_option,
)


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("scheme", required=False)
@click.option("--samples", type=click.IntRange(1, 10000), default=None,
              help="Futures sampled for the core index, without SCHEME; left out: by the size of the plan.")
@time_limit_option("by the size of the plan", "each solve")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder to write the tables to.")
@SEED
@WORKERS
@PROCESSES
@SCHEDULER
@FORCE
@AS_JSON
@clean
def explain(results, scheme, samples, time_limit, out, seed, workers, processes, scheduler, force, as_json):
    """Say why SCHEME of RESULTS is in or out and what would change it; without SCHEME, what drives the whole programme."""
    from .. import explain_job
    from ..errors import CapplanError
    from ..runs import new_folder
    if scheme is not None and samples is not None:
        raise CapplanError("--samples is for the whole programme; leave it out, or leave out the scheme.")
    if scheme is not None and (processes > 1 or scheduler is not None):
        raise CapplanError("--processes and --scheduler are for the whole programme; leave them or the scheme out.")

    def made():
        """The text, the facts and the tables by name."""
        if scheme is not None:
            text, facts, frame = explain_job.explain_one(results, scheme, time_limit, workers, seed, say)
            return text, facts, {"explain": frame}
        with on_machines(processes, scheduler) as executor:
            return explain_job.explain_all(results, samples, time_limit, workers, seed, say, executor)

    if out is None:
        text, facts, _ = made()
    else:
        with new_folder(out, force, (results,)) as folder:
            text, facts, frames = made()
            explain_job.write_explanation(folder, text, facts, **frames)
    if as_json:
        tell_json(facts)
    else:
        click.echo(text)
    if out is not None:
        say(f"Written to {out}.")
