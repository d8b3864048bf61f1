"""The command that shows what DfE's elements are called in other systems of codes."""

import sys

import click

from .options import AS_JSON, as_text, clean, tell_json


@click.command()
@click.argument("word", default="")
@click.option("--system", type=click.Choice(["DfE", "NRM1", "NRM3", "Uniclass"], case_sensitive=False), default=None,
              help="Only codes of this system.")
@AS_JSON
@clean
def crosswalk(word, system, as_json):
    """Show what WORD (an element, a part of one, a construction type or a code) is called by DfE, RICS and NBS.

    Without WORD, all elements. Codes are public ones; matches between the lists are capplan's own judgement. A survey map
    may name codes in place of construction types: NRM1:5.5, Uniclass:EF_80_50, DfE:1706.
    """
    from .. import reference
    from ..crosswalk import crosswalk as rows_of
    rows = rows_of(word, system or "")
    systems = reference.load("code_systems")
    if as_json:
        tell_json({"codes": rows.to_dict("records"), "systems": systems.to_dict("records")})
        sys.exit(0 if len(rows) else 2)
    if not len(rows):
        click.echo(f"capplan: {word!r} is no element, construction type or code that capplan knows; capplan crosswalk lists "
                   "all elements.", err=True)
        sys.exit(2)
    click.echo(as_text(_wide(rows)))
    noted = rows[(rows.note != "") & (rows.system != "NRM3")]
    for row in noted[["system", "sub_element", "code", "note"]].drop_duplicates().itertuples():
        click.echo(f"{row.sub_element}, {row.system} {row.code or 'without a code'}: {row.note}.")
    click.echo("~ the code holds more, or is the nearest: capplan's own judgement.")
    for row in systems.itertuples():
        click.echo(f"{row.system}: {row.name}. Codes here: {row.codes}; {row.note}.")


def _wide(rows):
    """One row for each part of an element, with its codes side by side."""
    marked = rows.assign(code=rows.code + rows.match.map({"wider": " ~", "nearest": " ~"}).fillna(""))
    single = rows.type_id.nunique() <= 12
    keys = ["element", "sub_element", *(["type_id", "construction_type"] if single else [])]
    wide = marked.groupby([*keys, "system"], sort=False).code.agg(
        lambda codes: ", ".join(dict.fromkeys(codes)) if codes.nunique() <= 3 else f"{codes.iloc[0]} ... {codes.iloc[-1]}")
    wide = wide.unstack("system").fillna("").reset_index()
    order = list(dict.fromkeys(zip(*[rows[key] for key in keys], strict=True)))
    return wide.set_index(keys).loc[order].reset_index()
