"""Commands about grants: what the published formulae allocate, and which routes are open."""

import functools
import json
import textwrap
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from .files import refuse_taken, write_files
from .options import AS_JSON, a_day, as_text, clean, say


@click.group()
def funding():
    """Grants: what the published formulae allocate, and which routes are open."""


@funding.command()
@click.option("--on", "on", metavar="YYYY-MM-DD", help="Day to ask about; left out: today.")
@AS_JSON
@clean
def routes(on, as_json):
    """List the funding routes open on a day: for what, until when, how the money comes, and what is not confirmed."""
    from ..funding.routes import routes_open, rules_on
    day = a_day("--on", on) if on else date.today()
    found = routes_open(day)
    rules = {route: rules_on(route, day) for route in found.route}
    if as_json:
        rows = [{**row, "uses": row["uses"].split(";"), "rules": [asdict(held) for held in rules[row["route"]]]}
                for row in found.to_dict("records")]
        click.echo(json.dumps({"on": day.isoformat(), "routes": rows}, default=str, allow_nan=False))
        return
    click.echo(_routes_in_words(found, rules, day))


def _routes_in_words(found, rules, day):
    """One screen: a line for each route, then what nobody has confirmed."""
    if not len(found):
        return f"No funding route is known to be open on {day}."
    wide = max(map(len, found.route))
    doubtful = {route: [held.name.replace("_", " ") for held in own if held.unconfirmed] for route, own in rules.items()}
    lines = [f"Funding routes on {day}: {len(found)}. * means something of it is not confirmed, told below."]
    for row in found.itertuples():
        uses = "any capital works" if row.uses.count(";") >= 6 else row.uses.replace(";", ", ")
        end = f"until {row.until}" if row.until else "no end known"
        comes = "own money" if row.how == "own" else f"by {row.how}"
        whose = f", held by {row.held_by}" if row.held_by != "trust" else ""
        if row.years_to_spend and row.state == "open":
            end += f", {row.years_to_spend} financial years to spend"
        state = "" if row.state == "open" else f" ({row.state})"
        star = "*" if row.unconfirmed or doubtful[row.route] else " "
        lines.append(f"{star} {row.route:{wide}}  {end}{state}; {comes}{whose}; {uses}"
                     + ("" if row.plannable else "; not the trust's to plan"))
    for row in found[found.unconfirmed].itertuples():
        lines += textwrap.wrap(f"{row.route}: {row.note}.", 125, subsequent_indent="  ")
    for route, names in doubtful.items():
        told = f"{route}: UNCONFIRMED rules on this day: {', '.join(names)}."
        lines += textwrap.wrap(told, 125, subsequent_indent="  ") if names else []
    return "\n".join(lines)


@funding.command()
@click.argument("schools", type=click.Path(path_type=Path))
@click.option("--grant-year", required=True, type=click.IntRange(2015, 2100),
              help="Year the grant year begins in, on 1 April: 2025 for 2025-26.")
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="CSV file to write; its name with _trusts is written beside it.")
@click.option("--rates", type=click.Path(path_type=Path),
              help="CSV of rates (grant_year, route, figure, value ...) over those that come with capplan.")
@click.option("--rate-from", type=click.IntRange(2015, 2100),
              help="Grant year whose rates stand in for those the grant year lacks; every output says so.")
@click.option("--published", type=click.Path(path_type=Path),
              help="CSV of published totals by trust (trust, dfc_gbp, sca_gbp ...) to compare with.")
@click.option("--force", is_flag=True, help="Replace the files if they are there.")
@AS_JSON
@clean
def allocations(schools, grant_year, out, rates, rate_from, published, force, as_json):
    """Compute SCA and devolved formula capital of SCHOOLS (CSV: urn, la_number, trust, weighted_pupils ...) for a year."""
    from ..funding import allocation_tables as tables
    from ..funding import allocations as formulae
    from ..tabular import write_frame
    files = (out, out.with_name(f"{out.stem}_trusts{out.suffix}"))
    refuse_taken(files, force, [file for file in (schools, rates, published) if file])
    figures = tables.rates_for(grant_year, tables.rate_table(rates), rate_from)
    listed = tables.read_schools(schools)
    found = formulae.school_allocations(listed, grant_year, figures)
    trusts = formulae.trust_allocations(found)
    compared = formulae.compare_published(listed, found, tables.read_published(published), figures) if published else None
    by_school = found.assign(sca_gbp=formulae.pence_that_add_up(found.sca_gbp, found.trust),
                             formula_gbp=found.formula_gbp.round(2), grant_year=grant_year, rates_of=figures.rates_of)
    first = ["urn", "sca_gbp", "dfc_gbp"]
    by_trust = trusts[["trust", "schools", "sca_gbp", "dfc_gbp"]].assign(grant_year=grant_year, rates_of=figures.rates_of)
    frames = {files[0]: by_school[[*first, *(name for name in by_school if name not in first)]], files[1]: by_trust}
    write_files({file: functools.partial(write_frame, frame) for file, frame in frames.items()}, force)
    told = _account(listed, found, trusts, compared, figures)
    if as_json:
        click.echo(json.dumps(told | {"files": [str(file) for file in files]}, allow_nan=False))
        return
    for note in told["notes"]:
        say(f"Note: {note}")
    click.echo(_in_words(told, trusts, tables.spell(grant_year), tables.spell(figures.rates_of)))
    click.echo(f"Written to {files[0]} and {files[1]}.")


def _account(listed, found, trusts, compared, figures):
    """Everything the command has to tell, as plain values."""
    told = {"grant_year": figures.grant_year, "rates_of": figures.rates_of, "notes": list(figures.notes),
            "schools": len(found), "trusts": len(trusts), "sca_gbp": round(float(trusts.sca_gbp.sum()), 2),
            "dfc_gbp": round(float(trusts.dfc_gbp.sum()), 2), "schools_on_the_floor": int(found.floor_applies.sum()),
            "schools_under_pfi": int(listed.pfi.sum()),
            "of_these_for_part_of_the_year": int((listed.pfi & listed.la_number.isin(figures.pfi_months)).sum())}
    given = listed.dfc_gbp.notna()
    if given.any():
        pence = ((found.dfc_gbp - listed.dfc_gbp)[given] * 100).round().abs()
        told["dfc_given"] = {"schools": int(given.sum()), "to_the_penny": int((pence == 0).sum()),
                             "a_penny_away": int((pence == 1).sum()), "further_away": int((pence > 1).sum())}
    if compared is not None:
        misses = compared[~compared.agrees]
        plain = compared[compared.transitional_protection_gbp.eq(0)]
        told["published"] = {
            "trusts": len(compared), "agree_within_5_gbp": int(compared.agrees.sum()),
            "without_transitional_protection": len(plain), "of_these_agree": int(plain.agrees.sum()),
            "misses": misses.astype(object).where(misses.notna(), None).to_dict("records")}
    return told


def _in_words(told, trusts, year, rates_of):
    part = told["of_these_for_part_of_the_year"]
    lines = [f"Grant year {year}, rates of {rates_of}: {told['schools']:,} schools of {told['trusts']:,} trusts.",
             f"SCA £{told['sca_gbp']:,.2f} (without transitional protection), DFC £{told['dfc_gbp']:,.2f}; "
             f"{told['schools_on_the_floor']:,} schools on the floor, {told['schools_under_pfi']:,} under PFI"
             + (f" ({part} of them for part of the year only)." if part else "."),
             "SCA is paid to a trust of 5 schools and 3,000 pupils; schools of smaller trusts bid to CIF instead."]
    if len(trusts) <= 10:
        lines.append(as_text(trusts.drop(columns="transitional_protection_gbp")))
    if given := told.get("dfc_given"):
        lines.append(f"DFC given for {given['schools']:,} schools: {given['to_the_penny']:,} the same to the penny, "
                     f"{given['a_penny_away']:,} a penny away (half pennies), {given['further_away']:,} further away.")
    if known := told.get("published"):
        lines.append(f"Published totals of {known['trusts']:,} trusts: {known['agree_within_5_gbp']:,} agree within £5; of "
                     f"{known['without_transitional_protection']:,} without transitional protection "
                     f"{known['of_these_agree']:,} do.")
        lines += [f"  {miss['trust']}: " + ("" if miss["sca_difference_gbp"] is None else
                                            f"published is {miss['sca_difference_gbp']:+,.2f}; ") + miss["reason"] + "."
                  for miss in known["misses"]]
    return "\n".join(lines)
