"""The envelope explorer: one page for a finance director, on which a slider over solved envelopes tells what money does."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..columns import Column, Kind, Table
from ..errors import DataError, Fault
from ..tabular import read_cells, typed
from . import explorer_charts as charts
from .explorer_words import MEASURES, NONE, cells_of, held_words, programme_words, spoken, today_of
from .page_tables import table_of
from .words import counted, money, plain, pounds, shortened, years_span

MOST_SCHEMES, LONGEST_NAME, LONGEST_REASON = 3000, 120, 4000
TEMPLATES = Path(__file__).parent / "templates"
A_FOLDER = "a folder of envelopes, as capplan envelopes writes it"
FACTS = {"trust": str, "scenario": str, "price_base": int, "backlog_now_gbp": (int, float),
         "notes": list}


def _numbers(*names, unit="GBP", needed=False):
    return tuple(Column(name, Kind.NUMBER, "", unit, needed) for name in names)


def _texts(*names, needed=False, most=500):
    return tuple(Column(name, Kind.TEXT, "", needed=needed, most=most) for name in names)


TABLES = (
    Table("envelopes", "", ("share_of_today",), (
        *_numbers("share_of_today", unit="", needed=True), *_numbers("money_gbp", needed=True),
        *_numbers("spent_gbp", "schemes", "value_gbp", "bound_gbp", "gap", "backlog_end_gbp", "failures", "pupil_days",
                  "value_per_further_gbp"), *_texts("reason", most=100_000))),
    Table("envelope_schemes", "", ("share_of_today", "scheme_id"), (
        *_numbers("share_of_today", unit="", needed=True), *_texts("scheme_id", "need", needed=True),
        *_texts("school_id", "school_name", "block_id", "element", "kind", "description"),
        Column("start_year", Kind.INTEGER, "", "year"), *_numbers("cost_gbp", needed=True)), needed=False),
    Table("rules", "", ("rule",), (
        *_texts("rule", needed=True),
        *_numbers("value_without_gbp", "price_least_gbp", "price_most_gbp", needed=True)), needed=False))


@dataclass(frozen=True)
class Explored:
    """Envelopes that were solved: the tables of ``money_job``, and what stands in ``envelopes.json``.

    ``chosen`` is empty where a folder does not say which schemes each envelope pays for.
    """

    frame: pd.DataFrame = field(repr=False)
    rules: pd.DataFrame = field(repr=False)
    chosen: pd.DataFrame = field(repr=False)
    facts: dict = field(repr=False)


def read_envelopes(folder):
    """Read a folder as ``capplan envelopes`` writes it.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    Explored

    Raises
    ------
    DataError
        With everything that is missing, unreadable or does not fit together.
    """
    folder = Path(folder)
    if not (folder / "envelopes.csv").is_file():
        raise DataError([Fault(str(folder), None, "", "no envelopes.csv", A_FOLDER)])
    found, faults = {}, []
    for table in TABLES:
        path = folder / f"{table.name}.csv"
        if not path.is_file():
            found[table.name] = pd.DataFrame(columns=table.column_names)
            continue
        cells, own = read_cells(path)
        if cells is not None:
            found[table.name], further = typed(table, cells, path.name)
            own = own + further
        faults += own
    facts, own = _read_facts(folder / "envelopes.json")
    faults += own
    if not faults:
        shares = set(found["envelopes"].share_of_today.round(6))
        lost = sorted(set(found["envelope_schemes"].share_of_today.astype(float).round(6)) - shares)
        faults += [Fault("envelope_schemes.csv", None, "share_of_today", f"{share:g}", "a share of envelopes.csv")
                   for share in lost]
    if faults:
        raise DataError(faults)
    frames = [found[table.name].reset_index(drop=True) for table in TABLES]
    return Explored(frames[0], frames[2], frames[1], facts)


def _read_facts(path):
    if not path.is_file():
        return {}, [Fault(path.name, None, "", "no such file", "there; capplan envelopes writes it")]
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return {}, [Fault(path.name, None, "", f"text that is not JSON ({error})", "as capplan envelopes writes it")]
    facts = facts if isinstance(facts, dict) else {}
    wrong = [name for name, kind in FACTS.items() if not isinstance(facts.get(name), kind)]
    return facts, [Fault(path.name, None, name, repr(facts.get(name))[:60], "as capplan envelopes writes it")
                   for name in wrong]


def explorer_html(explored):
    """The envelopes as one self-contained page: its own script, no network, and every figure in a table without it.

    Parameters
    ----------
    explored : Explored

    Returns
    -------
    str
        A whole HTML page, the same for the same envelopes. Names are text: in the page escaped, in the data of the script
        written so that no name can end it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    facts, frame = explored.facts, explored.frame
    script = (TEMPLATES / "explorer.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
    span = years_span(facts["first_year"], facts["last_year"]) if "first_year" in facts else "the whole plan"
    panels = charts.panels(frame, facts)
    return pages.get_template("explorer.html.j2").render(
        title=f"{plain(facts['trust'])}: what more and less money would do", span=span, facts=facts,
        answer=[programme_words(frame, span), held_words(frame, facts)], digest=digest, script=Markup(script),
        data=Markup(script_json(explorer_data(explored, panels))), measures=MEASURES, panels=panels,
        points=len(frame), start=_start(frame), whole=_whole_table(explored), rules=_rules_table(explored),
        told=bool(len(explored.chosen)), reasons=_reasons(frame), today_text=_today_text(frame))


def script_json(content):
    r"""JSON that may stand inside a script element: no ``<``, ``>``, ``&`` or line separator is left in it.

    Parameters
    ----------
    content : dict

    Returns
    -------
    str

    Examples
    --------
    >>> script_json({"name": "</script><!--"})
    '{"name":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def explorer_data(explored, panels=()):
    """What the script of the page needs, as plain values.

    Parameters
    ----------
    explored : Explored
    panels : sequence of Panel
        The charts, whose marks the script moves.

    Returns
    -------
    dict
        ``points`` in the order of the slider, each with what is said and the cells of the table of figures; ``today``, the
        place of today's money; ``marks`` of the charts; and the schemes: of each its school, block, element, kind and need,
        the year it starts in each envelope as a letter (``a``: the first year of the plan; ``.``: not chosen), and what it
        costs by that letter. ``spent`` is by envelope and school, of all schemes; ``left_out`` counts by envelope those
        that are not listed, the smallest.
    """
    frame, chosen = explored.frame, explored.chosen
    today = today_of(frame)
    points = [{"label": money(row.money_gbp), "full": pounds(row.money_gbp), "say": spoken(frame, place, explored.facts),
               "reason": shortened(row.reason, LONGEST_REASON) if row.reason else "",
               "cells": cells_of(frame, place, today)} for place, row in enumerate(frame.itertuples())]
    data = {"points": points, "today": today, "marks": {panel.name: panel.marks for panel in panels}}
    if len(chosen):
        data |= _schemes_data(frame, chosen)
    return data


def _schemes_data(frame, chosen):
    """The schemes of every envelope, each named once."""
    places = {share: place for place, share in enumerate(frame.share_of_today.round(6))}
    chosen = chosen.assign(place=chosen.share_of_today.astype(float).round(6).map(places))
    first = int(chosen.start_year.min())
    schools = chosen.drop_duplicates("school_id").set_index("school_id").school_name
    elements, kinds, needs = (list(dict.fromkeys(chosen[name])) for name in ("element", "kind", "need"))
    largest = chosen.groupby("scheme_id").cost_gbp.max().sort_values(ascending=False, kind="stable")
    kept = set(largest.index[:MOST_SCHEMES])
    listed = chosen[chosen.scheme_id.isin(kept)]
    at = {name: {value: place for place, value in enumerate(values)} for name, values in (
        ("school_id", schools.index), ("element", elements), ("kind", kinds), ("need", needs))}
    schemes = {}
    for row in listed.sort_values("scheme_id", kind="stable").itertuples():
        if row.scheme_id not in schemes:
            schemes[row.scheme_id] = [at["school_id"][row.school_id], shortened(row.block_id, LONGEST_NAME) or "grounds",
                                      at["element"][row.element], at["kind"][row.kind], at["need"][row.need],
                                      ["."] * len(frame), {}]
        letter = _letter(row.start_year - first)
        schemes[row.scheme_id][5][row.place] = letter
        schemes[row.scheme_id][6][letter] = round(row.cost_gbp)
    schemes = [[*each[:5], "".join(each[5]), each[6]] for each in schemes.values()]
    spent = chosen.pivot_table(index="place", columns="school_id", values="cost_gbp", aggfunc="sum", fill_value=0.0)
    spent = spent.reindex(index=range(len(frame)), columns=schools.index, fill_value=0.0)
    left = chosen[~chosen.scheme_id.isin(kept)].groupby("place").size().reindex(range(len(frame)), fill_value=0)
    return {"first": first, "schools": [shortened(name, LONGEST_NAME) for name in schools], "elements": elements,
            "kinds": kinds, "schemes": schemes, "spent": spent.round().astype(int).to_numpy().tolist(),
            "left_out": left.tolist()}


def _letter(years_after):
    """The letter of a start year: a to z, then what comes after them in Unicode (plans are 40 years at most)."""
    return chr(ord("a") + int(years_after))


def _start(frame):
    """Where the slider stands at first: today's money, or the middle."""
    today = today_of(frame)
    return len(frame) // 2 if today is None else today


def _today_text(frame):
    today = today_of(frame)
    return "" if today is None else pounds(frame.money_gbp.iloc[today])


def _reasons(frame):
    """Of each envelope without a programme: its money, and why."""
    return [(money(row.money_gbp), shortened(row.reason, LONGEST_REASON)) for row in frame[frame.reason != ""].itertuples()]


def _whole_table(explored):
    frame = explored.frame
    rows = []
    for place, row in enumerate(frame.itertuples()):
        figures = [NONE, *[""] * (len(MEASURES) - 2)] if row.reason else [
            text for text, _ in cells_of(frame, place, None)[1:]]
        rows.append((f"{money(row.money_gbp)} ({row.share_of_today:.0%})", *figures))
    return table_of("Every envelope. Money in pounds of the day, with its share of today's; loss avoided in pounds at "
                    f"{explored.facts['price_base']} prices, discounted; backlog at those prices.",
                    "|".join(["Money", *(f"#{measure.short}" for measure in MEASURES[1:])]), [("", rows)])


def _rules_table(explored):
    rows = [(row.rule[:1].upper() + row.rule[1:], money(row.price_least_gbp), money(row.price_most_gbp))
            for row in explored.rules.sort_values("price_most_gbp", ascending=False).itertuples()]
    return table_of("What each rule of the plan costs with today's money: loss no longer avoided because of it, between "
                    f"what is found and what is proved ({counted(len(rows), 'rule')}, each dropped alone). Pounds at "
                    f"{explored.facts['price_base']} prices, discounted.", "Rule|#At least|#At most", [("", rows)])
