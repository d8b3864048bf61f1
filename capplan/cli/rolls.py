"""Commands about pupil-led money: which of SCA and CIF a trust has, and what the formulae will allocate."""

import functools
import json
import textwrap
from pathlib import Path

import click

from .files import refuse_taken, write_files
from .options import AS_JSON, ESTATE, OVERLAYS, SCENARIO, as_text, clean, say, tell_json

WIDE = 125
TOLD = ("regime", "counted_on", "schools_counted", "schools_margin", "pupils_counted", "pupils_margin", "notice_by",
        "first_money")


@click.command()
@ESTATE
@AS_JSON
@clean
def regime(estate, as_json):
    """Tell SCA or CIF of ESTATE by grant year from its rolls: the counts, the margins, and when a line is crossed."""
    from ..estate import read_estate
    from ..formula_grants import covered_years, regime_of, uncounted
    from ..funding.regime import regime_rules
    read, rules = read_estate(estate), regime_rules()
    years = covered_years(read, read.rolls)
    beyond = {int(year) + 1: uncounted(read, read.rolls, int(year) + 1) for year in sorted(set(read.rolls.census_year))
              if int(year) + 1 not in years}
    trust, schools = regime_of(read, years or list(beyond))
    if as_json:
        told = {"trust": read.trust["name"], "least_schools": rules.least_schools, "least_pupils": rules.least_pupils,
                "years": trust.to_dict("records"), "schools": schools.to_dict("records"),
                "not_covered": [{"grant_year": year, "schools_missing": names} for year, names in beyond.items()],
                "unconfirmed": list(rules.unconfirmed)}
        click.echo(json.dumps(told, default=_plain, allow_nan=False))
        return
    click.echo("\n".join(_regime_in_words(read.trust["name"], trust, schools, rules, beyond)))


def _plain(value):
    """Dates and numbers of arrays as JSON has them."""
    return value.item() if hasattr(value, "item") else str(value)


def _regime_in_words(name, trust, schools, rules, beyond):
    """One screen: a line for each grant year, each crossing with its dates, what stands out, and what is not confirmed."""
    from ..formula_grants import named
    from ..funding.allocation_tables import spell
    yield from _wrapped(f"{name}: SCA takes {rules.least_schools} open schools on 1 September and {rules.least_pupils:,} "
                        f"pupils in the spring census before, those of special schools {rules.special_multiple:g} times; "
                        "with less of either its schools bid to CIF.")
    shown = trust.assign(**{"grant year": trust.grant_year.map(spell), "test failed": trust.fails})
    shown = shown.rename(columns={name: name.replace("_", " ") for name in TOLD})
    yield as_text(shown[["grant year", *(name.replace("_", " ") for name in TOLD), "test failed"]])
    yield "Margins: what is counted less what is needed, negative below the line."
    yield from _crossings(trust, rules)
    apart = schools[(schools.regime != "") & (schools.regime != schools.grant_year.map(
        trust.set_index("grant_year").regime))]
    for row in apart.itertuples():
        yield from _wrapped(f"{spell(row.grant_year)}, {row.school_id} has {row.regime}: {row.reason}")
    for year, names in beyond.items():
        yield from _wrapped(f"{spell(year)} is not told: rolls.csv has no census of {named(names)} in spring {year - 1}.")
    yield "Not confirmed by DfE's own text:"
    for told in rules.unconfirmed:
        yield from _wrapped(f"  {told}")


def _wrapped(text):
    return textwrap.wrap(text, WIDE, subsequent_indent=" " * (4 if text.startswith(" ") else 2))


def _crossings(trust, rules):
    """Every change of regime with its dates, or how far the nearest line is; and when a change of today would show."""
    from ..funding.allocation_tables import spell
    for row in trust[trust.changed != ""].itertuples():
        money = "first SCA" if row.regime == "SCA" else "outcome of the first CIF round by"
        yield from _wrapped(f"{spell(row.grant_year)}, {row.changed}: counted on {row.counted_on} (census of January "
                            f"{row.census_year}), notice by {row.notice_by}, {money} {row.first_money}. {row.reason}")
    if not (trust.changed != "").any():
        only = trust.regime.iloc[0]
        near = trust.loc[trust.pupils_margin.idxmin() if only == "SCA" else trust.pupils_margin.idxmax()]
        pupils = f"{abs(near.pupils_margin):,.10g} pupils"
        words = (f"{pupils}, {near.pupils_margin / near.pupils_counted:.0%} of them, may go" if only == "SCA" else
                 f"{pupils} are wanting" if near.pupils_margin < 0 else f"there are {pupils} to spare")
        yield from _wrapped(f"{only} in every one of these years. Nearest to the line of {rules.least_pupils:,} pupils in "
                            f"{spell(near.grant_year)}: {words}; schools {near.schools_margin:+d} against "
                            f"{rules.least_schools}.")
    yield from _wrapped("Either way alike: a school that joins or leaves by 1 September counts from the next April, a day "
                        "later from the April after that; pupils of a January show in the April of the year after.")


@click.command("forecast")
@ESTATE
@SCENARIO
@OVERLAYS
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="CSV file to write, by school; its name with _years is written beside it.")
@click.option("--force", is_flag=True, help="Replace the files if they are there.")
@AS_JSON
@clean
def forecast_funding(estate, scenario, overlays, out, force, as_json):
    """Forecast SCA and DFC of ESTATE by school and grant year from its rolls, at the rates SCENARIO names, with reasons."""
    from ..estate import read_estate
    from ..grants import forecast_grants
    from ..scenario import read_scenario
    from ..tabular import write_frame
    files = (out, out.with_name(f"{out.stem}_years{out.suffix}"))
    refuse_taken(files, force)
    assumed, read = read_scenario(scenario, *overlays), read_estate(estate)
    found, notes = forecast_grants(read, assumed)
    frames = dict(zip(files, (found.schools, found.years), strict=True))
    write_files({file: functools.partial(write_frame, frame) for file, frame in frames.items()}, force)
    if as_json:
        told = {"trust": read.trust["name"], "scenario": assumed.name, "notes": notes,
                "years": json.loads(found.years.to_json(orient="records", date_format="iso")),
                "files": [str(file) for file in files]}
        tell_json(told)
        return
    for note in notes:
        say(f"Note: {note}")
    click.echo("\n".join(_forecast_in_words(read.trust["name"], found.years)))
    click.echo(f"Written to {files[0]} (by school, with the working) and {files[1]}.")


def _forecast_in_words(name, years):
    from ..funding.allocation_tables import spell
    yield f"{name}: what the formulae allocate by grant year (nominal), beside what grants.csv gives."
    table = years.assign(year=years.grant_year.map(spell))
    table = table[["year", "regime", "census_year", "weighted_pupils", "sca_gbp", "dfc_gbp", "given_sca_gbp",
                   "given_dfc_gbp"]]
    yield as_text(table.rename(columns=lambda label: label.replace("_", " ").replace(" gbp", " (GBP)")))
    yield f"Together: SCA £{years.sca_gbp.sum():,.0f}, DFC £{years.dfc_gbp.sum():,.0f}."
