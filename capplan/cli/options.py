"""What every command shares: options, errors as messages, progress, plain tables."""

import functools
import math
import sys
from datetime import date
from pathlib import Path

import click

from .. import shipped
from ..errors import CapplanError

OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write; must not exist yet.")
FORCE = click.option("--force", is_flag=True, help="Replace a folder that capplan wrote before.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
SEED = click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
                    help="Seed of the solver's own random choices.")
WORKERS = click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True,
                       help="Threads the solver may use.")

PROCESSES = click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True,
                         help="Processes of this machine that work at once; the figures are the same for any number.")
SCHEDULER = click.option("--scheduler", default=None, metavar="ADDRESS",
                         help="Dask scheduler whose workers do the work instead, as tcp://127.0.0.1:8786; the "
                         "figures are the same.")

RESUME = click.option("--resume", type=click.Path(path_type=Path), default=None,
                      help="Folder to keep every programme in that is found, and to go on from when the command is given "
                      "again.")


def kept_in(folder, processes=1, scheduler=None):
    """Keep what is found in a folder, where one is given; not with other machines, which do not see it."""
    from ..programme.kept import keeping
    if folder is not None and (processes > 1 or scheduler is not None):
        raise CapplanError("Give --resume, or --processes or --scheduler, not both: other machines keep nothing here.")
    return keeping(folder)


def on_machines(processes, scheduler):
    """Where the work of a command goes: this process, more of this machine, or the workers of a cluster."""
    from ..machines import machines
    from ..run_records import surroundings
    return machines(processes, scheduler, surroundings)


def finite(_context, _parameter, value):
    """Refuse what is no number although it reads as one."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


def with_options(*options):
    """Several options at once, in the order in which help lists them."""
    def add(command):
        """The command with all of them."""
        for option in reversed(options):
            command = option(command)
        return command
    return add


ESTATE = click.argument("estate", type=click.Path(path_type=Path))
SCENARIO = click.argument("scenario", type=click.Path(path_type=Path))
TRUST = click.option("--trust", type=click.Choice(shipped.TRUSTS), default=None,
                     help="An example trust, in place of an estate and a scenario.")
GAP = click.option("--gap", type=click.FloatRange(0, 1), default=None, callback=finite,
                   help="Stop each programme when proved this close to the best possible; left out: the scenario's.")


def time_limit_option(left_out="the scenario's", what="each programme"):
    """The option of a time limit, with what holds where it is left out."""
    return click.option("--time-limit", type=click.FloatRange(0, min_open=True), default=None, callback=finite,
                        help=f"Stop {what} after this many seconds; left out: {left_out}.")


TIME_LIMIT = time_limit_option()
TIME_LIMIT_TOGETHER = time_limit_option("all together three times the scenario's")


def clean(command):
    """Turn capplan's errors, and files that cannot be read, into a message and exit 2."""
    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        """The command, with its errors told."""
        try:
            return command(*args, **kwargs)
        except CapplanError as error:
            click.echo(f"capplan: {error}", err=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            click.echo(f"capplan: cannot use {error.filename or 'a file'}: {error.strerror or error}", err=True)
        sys.exit(2)
    return wrapped


def say(text):
    """Progress, on standard error so that figures on standard output stay clean."""
    click.echo(text, err=True)


FUTURES_SEED = click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
                            help="Seed of the random draws.")
RECORDED_BY = click.option("--by", "recorded_by", required=True, help="Who records it.")
RECORDED_ON = click.option("--on", "recorded_on", default=None, metavar="YYYY-MM-DD",
                           help="Day of recording; today if left out.")
OVERLAYS = click.option("--overlay", "overlays", multiple=True, help="Overlay of the scenario; may be repeated.")


def tell_json(content):
    """Figures as JSON, on standard output."""
    from ..tabular import json_text
    click.echo(json_text(content))


def tell(out, text, facts=None, as_json=False):
    """What a job found and where it is written; or its figures only, as JSON."""
    if as_json:
        tell_json(facts)
    else:
        click.echo(f"{text}\n\nWritten to {out}.")


def as_text(frame):
    """A frame as plain text."""
    return frame.to_string(index=False, na_rep="", float_format=lambda number: f"{number:,.2f}")


def estate_and_scenario(estate, scenario, trust):
    """The estate and the scenario asked for: both as given, or those of an example trust.

    Raises
    ------
    CapplanError
        If both are given, or neither.
    """
    if trust and (estate or scenario):
        raise CapplanError(f"--trust {trust} stands for an estate and a scenario; give either the trust or the two.")
    if trust:
        return shipped.trust(trust)
    if estate is None or scenario is None:
        raise CapplanError(f"Give an estate and a scenario, or one of the example trusts: --trust "
                           f"{', '.join(shipped.TRUSTS)}.")
    return estate, scenario


def a_day(option, text):
    """A date, written YYYY-MM-DD; ``None`` where none is given."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CapplanError(f"{option}: {text!r} must be a date, written YYYY-MM-DD.") from None
