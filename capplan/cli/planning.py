"""Commands that plan: the demo, a new estate, checks, runs, and candidates made elsewhere."""

import json
import sys
from pathlib import Path

import click

from .. import shipped
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
    TRUST,
    WORKERS,
    as_text,
    clean,
    estate_and_scenario,
    finite,
    kept_in,
    on_machines,
    say,
    tell,
    tell_json,
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("capplan_demo"), show_default=True,
              help="Folder to write; must not exist yet.")
@FORCE
@clean
def demo(out, force):
    """Run the whole job on the example trust: check, forecast, propose, optimise, audit, and every paper."""
    from .. import papers_job
    from ..runs import new_folder
    with new_folder(out, force) as folder:
        papers_job.demo(folder, say)
    _tell_results(out / "results", None)
    click.echo(f"\nThe example trust is in {out / 'estate'}, the programme and its page in {out / 'results'}.\n"
               f"Everything made from it: {out / 'papers' / 'index.html'}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--trust", type=click.Choice(shipped.TRUSTS), default=None,
              help="One of the five further example trusts to start from.")
@FORCE
@clean
def new(folder, trust, force):
    """Make FOLDER with an example estate and scenarios to start from."""
    from .. import jobs
    from ..runs import new_folder
    with new_folder(folder, force) as place:
        jobs.copy_examples(place, trust)
    scenario = f"trust_{trust}.toml" if trust else "baseline.toml"
    click.echo(f"Made {folder}: the example trust in {folder / 'estate'}, scenarios in {folder / 'scenarios'}, and what "
               f"every column means in {folder / 'data_dictionary.md'}.\n"
               f"Next: capplan run {folder / 'estate'} {folder / 'scenarios' / scenario} --out results")


@click.command()
@ESTATE
@AS_JSON
@clean
def check(estate, as_json):
    """Report every fault of every table of ESTATE at once, and how good the data are."""
    from ..errors import DataError
    from ..estate import Estate, inspect_estate
    from ..quality import data_quality
    frames, faults = inspect_estate(estate)
    quality = None if faults else data_quality(Estate(frames, str(estate)))
    if as_json:
        click.echo(json.dumps({
            "faults": [vars(fault) for fault in faults],
            "quality": None if quality is None else {
                "score": round(quality.score, 1), "schools": json.loads(quality.schools.to_json(orient="records")),
                "fields": json.loads(quality.fields.to_json(orient="records"))}}))
        sys.exit(2 if faults else 0)
    if faults:
        click.echo(f"capplan: {DataError(faults, shown=len(faults))}", err=True)
        sys.exit(2)
    click.echo(f"{Estate(frames, str(estate))}\nNo faults. Data quality {quality.score:.0f} out of 100.\n")
    click.echo(as_text(quality.schools.sort_values("score").head(20)))
    if len(quality.schools) > 20:
        click.echo(f"... and {len(quality.schools) - 20} schools with better data (--json lists them all)")
    poor = quality.fields[quality.fields.filled_percent < 100].sort_values("filled_percent").head(10)
    if len(poor):
        click.echo("\nFields least filled in:\n" + as_text(poor))


APPROVED = click.option("--approved", type=click.Path(path_type=Path), default=None,
                        help="Results folder, or schemes.csv, of the approved programme: what is changed in it goes to "
                        "changes.csv.")


@click.command()
@click.argument("estate", type=click.Path(path_type=Path), required=False)
@click.argument("scenario", type=click.Path(path_type=Path), required=False)
@TRUST
@OVERLAYS
@APPROVED
@OUT
@SEED
@WORKERS
@SCHEDULER
@FORCE
@AS_JSON
@clean
def run(estate, scenario, trust, overlays, approved, out, seed, workers, scheduler, force, as_json):
    """Plan ESTATE under SCENARIO, or an example trust: forecast, propose, optimise, audit, and write a results folder."""
    from .. import jobs
    from ..run_store import enter_run, intend_run
    from ..runs import new_folder
    estate, scenario = estate_and_scenario(estate, scenario, trust)
    reads = (estate, scenario, *([approved] if approved else []))
    with new_folder(out, force, reads) as folder, on_machines(1, scheduler) as executor:
        jobs.run(estate, scenario, overlays, folder, seed, workers, say, approved, executor)
        intend_run(out, folder)
    enter_run(out)
    _tell_results(out, as_json)


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--points", type=click.IntRange(2, 200), default=20, show_default=True, help="How many envelopes.")
@click.option("--most", type=click.FloatRange(1, 10, min_open=True), default=2.0, show_default=True, callback=finite,
              help="Largest envelope, as a share of today's money.")
@GAP
@TIME_LIMIT_TOGETHER
@OUT
@SEED
@WORKERS
@PROCESSES
@SCHEDULER
@RESUME
@FORCE
@clean
def envelopes(estate, scenario, overlays, points, most, gap, time_limit, out, seed, workers, processes, scheduler, resume,
              force):
    """Find what more and less money would do to ESTATE under SCENARIO, and what each rule of the plan costs."""
    from .. import money_job
    from ..runs import new_folder
    with (new_folder(out, force, (estate, scenario)) as folder, on_machines(processes, scheduler) as executor,
          kept_in(resume, processes, scheduler)):
        text = money_job.envelopes_folder(estate, scenario, overlays, folder, points, most, gap, time_limit, seed, workers,
                                          say, executor)
    tell(out, f"{text}\n\nThe page with a slider over the money is {out / 'explorer.html'}; it needs no network.")


@click.command()
@ESTATE
@SCENARIO
@OVERLAYS
@GAP
@TIME_LIMIT
@OUT
@SEED
@WORKERS
@PROCESSES
@SCHEDULER
@RESUME
@FORCE
@clean
def stress(estate, scenario, overlays, gap, time_limit, out, seed, workers, processes, scheduler, resume, force):
    """Put the programme of ESTATE under SCENARIO through every red-team shock, and say what breaks first."""
    from .. import money_job
    from ..runs import new_folder
    with (new_folder(out, force, (estate, scenario)) as folder, on_machines(processes, scheduler) as executor,
          kept_in(resume, processes, scheduler)):
        text = money_job.stress_folder(estate, scenario, overlays, folder, gap, time_limit, seed, workers, say, executor)
    tell(out, text)


@click.command()
@click.argument("candidates", type=click.Path(path_type=Path))
@OUT
@click.option("--gap", type=click.FloatRange(0, 1), default=0.001, show_default=True, callback=finite,
              help="Stop when proved this close to the best possible.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=60, show_default=True, callback=finite,
              help="Stop after this many seconds.")
@click.option("--solver", type=click.Choice(["highs", "cbc"]), default="highs", show_default=True)
@APPROVED
@click.option("--most-changes", type=click.IntRange(0), default=None,
              help="Most works of the approved programme moved or dropped, and works added, in all.")
@click.option("--change-price", type=click.FloatRange(0, 1e9), default=None, callback=finite,
              help="What each such change must be worth at the least, in the units of value.")
@SEED
@WORKERS
@FORCE
@AS_JSON
@clean
def optimise(candidates, out, gap, time_limit, solver, approved, most_changes, change_price, seed, workers, force, as_json):
    """Solve a CANDIDATES folder made elsewhere."""
    from .. import jobs
    from ..candidates import read_candidates
    from ..results import solution
    from ..runs import git_commit, new_folder, write_choice
    from ..scenario_parts import Stability
    rules = Stability(most_changes=most_changes, **dict.fromkeys(("moved_gbp", "dropped_gbp", "added_gbp"), change_price))
    with new_folder(out, force, (candidates, *([approved] if approved else []))) as folder:
        starts, found = jobs.approved_starts(approved, rules), read_candidates(candidates)
        say(f"{found}; optimising (at most {time_limit:g} s) ...")
        with jobs.heartbeat(say, "Optimising"):
            programme = jobs.choose(found, starts, rules, folder, say, gap=gap, time_limit_s=time_limit, solver=solver,
                                    threads=workers, seed=seed)
        write_choice(programme, folder, seed)
    if as_json:
        tell_json(solution(programme, seed, git_commit()))
        return
    click.echo(programme)
    click.echo(as_text(programme.gains()))
    for note in programme.candidates.notes:
        click.echo(note)
    click.echo(f"Written to {out}.")


@click.command()
@click.option("--latex", is_flag=True, help="The mathematics as LaTeX, for a document.")
def formulation(latex):
    """Print the algebra of the optimiser, as one page: every rule, every symbol with its unit."""
    from ..programme.formulation import page
    click.echo(page(plain=not latex), nl=False)


@click.command()
@click.option("--candidates", is_flag=True, help="The tables of a candidates folder instead, as optimise reads it.")
def dictionary(candidates):
    """Print the data dictionary: every table, column, unit and meaning."""
    from ..candidate_tables import candidates_dictionary
    from ..tables import data_dictionary
    click.echo(candidates_dictionary() if candidates else data_dictionary(), nl=False)


def _tell_results(out, as_json):
    from ..report.results import read_results
    from ..report.summary import summary_text
    if as_json:
        click.echo((out / "solution.json").read_text(encoding="utf-8"), nl=False)
        return
    click.echo(summary_text(read_results(out)))
    click.echo(f"\nThe page is {out / 'summary.html'}; every candidate with its reason is in {out / 'schemes.csv'}.")
