"""The command about places for pupils."""

import textwrap

import click

from .options import AS_JSON, ESTATE, FORCE, OUT, OVERLAYS, SCENARIO, as_text, clean, say, tell_json

WIDE = 125


@click.command("places")
@ESTATE
@SCENARIO
@OVERLAYS
@OUT
@FORCE
@AS_JSON
@clean
def places_command(estate, scenario, overlays, out, force, as_json):
    """Weigh the places of ESTATE against its pupils under SCENARIO: spare, short, and what may close or be added."""
    from ..place_job import weigh_places
    from ..runs import new_folder
    with new_folder(out, force, (estate, scenario)) as folder:
        found = weigh_places(estate, scenario, overlays, folder, say)
    if as_json:
        options = found.frames["options"]
        tell_json({"trust": found.trust, "scenario": found.scenario, "notes": list(found.notes),
                   "places": _records(found.frames["places"]), "options": _records(options), "folder": str(out)})
        return
    click.echo("\n".join(_in_words(found)))
    click.echo(f"Written to {out}: {', '.join(f'{name}.csv' for name in found.frames)}.")


def _records(frame):
    """Rows as plain values, blanks as null."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _in_words(found):
    """One screen: what has to be said, places by school now and at the end, what may close or be added."""
    for note in found.notes:
        yield from textwrap.wrap(note, WIDE, subsequent_indent="  ")
    table = found.by_school.drop(columns="name").replace({"school_id": {"": "trust"}})
    numbers = table.columns.drop("school_id")
    table[numbers] = table[numbers].map("{:,.0f}".format)
    yield as_text(table.rename(columns=lambda label: label.replace("_p50", "").replace("_", " ")))
    options = found.frames["options"]
    if not len(options):
        yield "Nothing may close: no school can spare the places of a block or its floor area. No places are wanting."
        return
    shown = options[["scheme_id", "kind", "places", "gifa_m2", "first_year", "cost_gbp", "value_gbp", "running_saved_gbp",
                     "backlog_now_gbp"]]
    yield "What may close or be added, each by itself (cost and value, present value, if started in its first year):"
    whole = [name for name in shown if name not in ("scheme_id", "kind", "first_year")]
    shown = shown.assign(**{name: shown[name].map("{:,.0f}".format) for name in whole})
    yield as_text(shown.rename(columns=lambda label: label.replace("_gbp", " (GBP)").replace("_", " ")))
