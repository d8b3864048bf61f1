"""Commands about pupils: how well a forecast would have done, and the forecast itself."""

import functools
from pathlib import Path

import click

from ..errors import CapplanError
from .files import refuse_taken, write_files
from .options import AS_JSON, ESTATE, FORCE, FUTURES_SEED, OUT, OVERLAYS, SCENARIO, as_text, clean, say, tell_json

SHOWN = {"horizon": "years ahead", "origins": "from years", "wape_school_year_group": "school x year group",
         "wape_pooled3": "three-year ratios", "wape_naive": "as it was", "mape_school_total": "school total",
         "bias": "bias", "coverage80_school_total": "in 80% band", "width80_school_total": "its width"}


@click.group()
def pupils():
    """Pupil numbers: forecasts with bands, and how well they would have done."""


def _numbers(option, text, least):
    """Whole numbers separated by commas, each once."""
    try:
        numbers = [int(part) for part in text.split(",")] if text.strip() else []
    except ValueError:
        raise CapplanError(f"{option}: {text!r} must be whole numbers separated by commas.") from None
    if any(number < least for number in numbers) or len(set(numbers)) < len(numbers):
        raise CapplanError(f"{option}: {text!r} must be different numbers of at least {least}.")
    return numbers


@pupils.command("forecast")
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--replicates", type=click.IntRange(100, 100_000), default=None,
              help="Draws for the bands; left out: the scenario's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=None, help="Seed of the draws; left out: the scenario's.")
@OUT
@FORCE
@AS_JSON
@clean
def forecast_command(estate, scenario, overlays, replicates, seed, out, force, as_json):
    """Forecast the pupils of ESTATE by school and year group under SCENARIO, with bands, a back-test and a page."""
    from ..pupil_job import pupils_folder
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        text, facts = pupils_folder(estate, scenario, overlays, folder, replicates, seed, say)
    if as_json:
        tell_json(facts)
        return
    click.echo(f"{text}\n\nWritten to {out}: pupils.html, pupils.csv, totals.csv, rolls.csv and more.")


@pupils.command("backtest")
@click.argument("rolls", type=click.Path(path_type=Path))
@click.option("--horizons", default="1,3,5", show_default=True, metavar="A,B,..", help="Years ahead to test.")
@click.option("--exclude-years", default="", metavar="A,B,..",
              help="Bad years, such as 2020 or 2021: not started from, not learned from, not scored.")
@click.option("--history", "history_years", type=click.IntRange(1, 30), default=5, show_default=True,
              help="Latest changes from year to year that ratios rest on.")
@click.option("--least-censuses", type=click.IntRange(2, 60), default=6, show_default=True,
              help="Usable counts there must be before a year is started from.")
@click.option("--replicates", type=click.IntRange(100, 100_000), default=1000, show_default=True,
              help="Draws for the bands.")
@FUTURES_SEED
@click.option("--out", required=True, type=click.Path(path_type=Path), help="CSV file to write, a row for each horizon.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@AS_JSON
@clean
def backtest_command(rolls, horizons, exclude_years, history_years, least_censuses, replicates, seed, out, force, as_json):
    """Test the forecast on ROLLS (CSV: school_id, year, year_group, pupils) from every earlier year, with no peeking."""
    from ..pupils.backtest import backtest, backtest_in_words
    from ..pupils.counted_file import odd_years, read_counted
    from ..pupils.uncertainty import noise_figures
    from ..tabular import write_frame
    ahead, bad = _numbers("--horizons", horizons, 1), _numbers("--exclude-years", exclude_years, 1900)
    if not ahead:
        raise CapplanError("--horizons: at least one number of years.")
    refuse_taken((out,), force, (rolls,))
    counts = read_counted(rolls, bad)
    odd = odd_years(counts)
    say(f"Forecasting from each earlier year of {len(counts.schools):,} schools ...")
    found = backtest(counts, ahead, noise_figures(), history_years, least_censuses, replicates, seed)
    write_files({out: functools.partial(write_frame, found)}, force)
    if as_json:
        tell_json({"horizons": found.to_dict("records"), "schools": len(counts.schools), "years": list(counts.years),
                   "excluded_years": bad, "odd_years": [year for year, _ in odd], "files": [str(out)]})
        return
    for year, away in odd:
        say(f"Note: {year} is {abs(away):.0%} {'below' if away < 0 else 'above'} the years beside it. If it was miscounted, "
            f"leave it out: --exclude-years {','.join(map(str, sorted({*bad, year})))}")
    click.echo(f"{len(counts.schools):,} schools, {counts.years[0]} to {counts.years[-1]}"
               + (f" without {', '.join(map(str, bad))}" if bad else "") + ".")
    click.echo(as_text(_shown(found)))
    click.echo("\n".join(backtest_in_words(found)))
    click.echo(f"Written to {out}.")


def _shown(found):
    """The columns a person reads, shares in per cent."""
    table = found[list(SHOWN)].copy()
    for name in list(SHOWN)[2:]:
        form = "{:+.1%}" if name == "bias" else "{:.1%}"
        table[name] = [form.format(share) if share == share else "" for share in found[name]]
    return table.rename(columns=SHOWN)
