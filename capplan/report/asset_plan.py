"""The asset management plan of a school: its statement, then actions, compliance, sustainability, lifecycle and register."""

import pandas as pd

from ..condition.compliance import duties_due, missing_duties
from ..reference import load
from .carbon import read_carbon
from .document import Document, Grid, Heading, NewPage, Points, Text
from .page_tables import plan_span, table_of
from .school_facts import NO_ENERGY, energy_words, temporary_blocks
from .school_statement import MOST_NAME, foot_of, statement_blocks, work_name
from .schools_read import CENTRE
from .words import IF_DEFERRED, counted, pence, percent, pounds, shortened, year_label

NO_ESTATE = "This folder does not keep the estate it was made from, so this part cannot be written."
NEVER = "no inspection on record"
LONGEST_WHY, LONGEST_CONTROL, MOST_MEASURES = 240, 400, 8


def asset_plan(schools, school_id):
    """The asset management plan of a school.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    Document
        The one-page statement first; every later part names its table of the results folder.

    Raises
    ------
    KeyError
        If there is no such school.
    """
    blocks = [*statement_blocks(schools, school_id), NewPage(),
              Heading("Actions, year by year"), *_actions(schools, school_id),
              Heading("Needs that wait"), *_waiting(schools, school_id)]
    if school_id != CENTRE:
        blocks += [Heading("Compliance"), *_compliance(schools, school_id),
                   Heading("Sustainability"), *_sustainability(schools, school_id),
                   Heading("Suitability"), *_suitability(schools, school_id),
                   Heading("Temporary and short-term buildings"), *_temporary(schools, school_id),
                   Heading("Lifecycle, year by year"), *_lifecycle(schools, school_id),
                   Heading("Register of components"), *_register(schools, school_id)]
    return Document(f"{shortened(schools.name_of(school_id), MOST_NAME)}: asset management plan",
                    f"{plan_span(schools.results)} - {shortened(schools.results.solution['trust'], 60)}", schools.dated,
                    tuple(blocks), foot_of(schools))


def _actions(schools, school_id):
    """Every funded scheme of the school by the year it starts."""
    results = schools.results
    funded = results.funded
    funded = funded[funded.school_id == school_id].sort_values(["start_year", "cost_gbp", "scheme_id"],
                                                               ascending=[True, False, True])
    risk = results.cost_risk
    most = risk[risk.scope == "scheme"].set_index("name").p80_gbp
    groups = []
    for year, own in funded.groupby("start_year"):
        rows = [(row.scheme_id, work_name(row), pence(row.cost_gbp), _pounds(most.get(row.scheme_id)), _pots(row.pots),
                 shortened(row.reason, LONGEST_WHY)) for row in own.itertuples()]
        groups.append((f"{year_label(year)}: {counted(len(own), 'scheme')}, {pence(own.cost_gbp.sum())}", rows))
    table = table_of("Every scheme planned, in pounds of the day. P80: comes to this or less in four cases of five.",
                     "Scheme|What|#Cost|#P80|Paid by|Why", groups,
                     ("All", "", pence(funded.cost_gbp.sum()), "", "", "") if len(funded) else None)
    return [Grid(table, (2.6, 3.4, 2.1, 1.5, 2.6, 4.4), small=True)] if len(funded) else [Text("Nothing is funded.")]


def _waiting(schools, school_id):
    """Every need that waits, with why and what holds it safe meanwhile."""
    left = schools.deferred[schools.deferred.school_id == school_id]
    if not len(left):
        return [Text("No need that was put to the plan waits.")]
    rows = [(row.scheme_id, work_name(row), row.worst_grade or "none", pounds(row.cost_gbp),
             shortened(schools.control_of(row), LONGEST_CONTROL), shortened(row.reason, LONGEST_WHY))
            for row in left.itertuples()]
    return [Grid(table_of("Every need that waits, bad ones first, then the largest expected loss. Cost "
                          f"{IF_DEFERRED}, pounds of the day.",
                          "Scheme|Need|Worst grade|#Cost|Interim control|Why it waits", [("", rows)],
                          ("All", "", "", pounds(left.cost_gbp.sum()), "", "")), (2.6, 3, 1.2, 1.5, 4, 4), small=True)]


def _compliance(schools, school_id):
    """Statutory inspections of the school's sites: when each is due, what was found, and what has no record."""
    if schools.estate is None:
        return [Text(NO_ESTATE)]
    sites = schools.estate.sites
    mine = set(sites.site_id[sites.school_id == school_id])
    items = schools.estate.compliance
    items = items[items.site_id.isin(mine)].reset_index(drop=True)
    must = schools.results.schemes
    must = must[(must.school_id == school_id) & must.must_do & must.start_year.notna()]
    said = [f"{counted(len(must), 'scheme')} of this plan must be done (urgent, required by law or committed): "
            f"{pounds(must.cost_gbp.sum())}."]
    if not len(items):
        return [Text(said[0]), Text("No statutory inspection of this school is on record (table compliance of the estate).")]
    duties, results = load("compliance_duties"), schools.results
    due = duties_due(items, duties, results.years[0], len(results.years), on=pd.Timestamp(schools.dated))
    due = due.assign(finding=items.finding, order=due.due.fillna(pd.Timestamp.max)).sort_values(["order", "item_id"])
    late = due[due.days_overdue > 0]
    said.append(f"{counted(len(due), 'inspection or remedy', 'inspections and remedies')} on record; "
                f"{len(late):,} overdue on {schools.dated}.")
    rows = [(row.duty, row.block_id or row.site_id, _day(row.due), _late(row), shortened(row.finding, 120),
             _pounds(row.remedial_cost_gbp)) for row in due.itertuples()]
    grid = Grid(table_of("Statutory inspections and remedies by the day they are due; cost without fees or VAT, as found.",
                         "Duty|Where|Due|Overdue|Finding|#Remedy", [("", rows)]), (4.5, 2, 2, 2.2, 4, 1.6), small=True)
    return [Text(" ".join(said)), grid, *_missing(schools, mine, items, duties)]


def _missing(schools, mine, items, duties):
    """Duties that apply to the school's sites and have no item on record."""
    parts, blocks = schools.estate.components, schools.estate.blocks
    places = pd.concat([parts[["site_id", "block_id", "type_id"]], blocks[["site_id", "block_id"]].assign(type_id="")])
    lost = missing_duties(places[places.site_id.isin(mine)], items, duties)
    said = []
    for verdict, own in lost.groupby("verdict", sort=False):
        names = sorted(set(own.duty))
        said.append(f"{verdict[:1].upper()}{verdict[1:]}: {'; '.join(names)}.")
    return [Points(tuple(said))] if said else []


def _sustainability(schools, school_id):
    """Energy and carbon, and the measures weighed for the school."""
    blocks = [Text(" ".join(energy_words(schools, school_id)))]
    carbon = read_carbon(schools.results)
    if carbon is None:
        return blocks if blocks[0].text != NO_ENERGY else [*blocks, Text(
            "Works on the trust's own list that save energy stand among the actions above.")]
    own = carbon.measures[carbon.measures.school_id == school_id]
    if not len(own):
        return [*blocks, Text("No energy measures were weighed for this school.")]
    most = int((own.chosen == "yes").sum()) + MOST_MEASURES
    rows = [(row.measures, "planned" if row.chosen == "yes" else "not planned",
             year_label(row.start_year) if row.start_year == row.start_year else "", pounds(row.cost_gbp),
             pounds(row.bills_gbp), f"{row.carbon_tco2e:,.0f}", _pounds(row.gbp_per_tonne))
            for row in own.sort_values(["chosen", "npv_gbp"], ascending=[False, False]).head(most).itertuples()]
    base = schools.results.solution["price_base"]
    return [*blocks, Grid(table_of(
        f"Energy measures planned, and those worth most of the others, at {base} prices: cost with fees; what bills fall by "
        "in a year; carbon saved in all; cost less bills of a tonne, discounted.",
        "Measures|Decision|Starts|#Cost|#Bills a year|#tCO2e|#£ a tonne",
        [("", rows)], more=f"and {len(own) - len(rows):,} more, in measures.csv" if len(own) > len(rows) else ""),
        (5, 2, 1.6, 1.8, 1.8, 1.4, 1.6), small=True)]


def _suitability(schools, school_id):
    """How well the school and its blocks serve what they are used for."""
    if schools.estate is None:
        return [Text(NO_ESTATE)]
    table = schools.estate.suitability
    table = table[table.school_id == school_id]
    if not len(table):
        return [Text("No suitability assessment is on record (table suitability of the estate).")]
    table = table.sort_values(["score", "block_id", "criterion"], ascending=[False, True, True])
    rows = [(row.block_id or "whole school", row.criterion, f"{row.score:.0f}", f"{row.assessed:%d %B %Y}", row.note)
            for row in table.itertuples()]
    return [Grid(table_of("1 good, 2 satisfactory, 3 poor: limits teaching, 4 bad: prevents it.",
                          "Where|Criterion|#Score|Assessed|Note", [("", rows)]), (2, 3, 1, 2.4, 6), small=True)]


def _temporary(schools, school_id):
    """The long-term plan of every building that is not meant to last, with what is done there meanwhile."""
    if schools.estate is None:
        return [Text(NO_ESTATE)]
    table = temporary_blocks(schools, school_id)
    if not len(table):
        return [Text("None.")]
    rows = [(row.block_id, row.permanence, f"{row.gifa_m2:,.0f}", f"{row.pupils:,.0f}" if row.pupils > 0 else "",
             _day(row.planning_expires), _day(row.planned_exit), row.works or "none", row.plan)
            for row in table.itertuples()]
    open_plans = table[~table.settled]
    told = [Points((f"{counted(len(open_plans), 'building')} without a long-term plan: {', '.join(open_plans.block_id)}.",))]
    return [Grid(table_of("Buildings that are temporary or have a date to go.",
                          "Block|Kind|#GIFA m2|#Pupils|Permission ends|Planned exit|Works of this plan|What becomes of it",
                          [("", rows)]), (1.6, 1.6, 1.2, 1.2, 1.8, 1.8, 3, 4), small=True),
            *(told if len(open_plans) else [])]


def _lifecycle(schools, school_id):
    """By year: components expected to come to their end, and works that start."""
    parts = schools.table("components", school_id)
    if not len(parts):
        return [Text("No components of this school are in the folder (components.csv).")]
    years = schools.results.years
    ends = (years[0] + parts.expected_life_years.clip(lower=0)).floordiv(1)
    funded = schools.results.funded
    funded = funded[funded.school_id == school_id]
    rows = []
    for year in years:
        own = parts[ends == year]
        before = (own.treated_in <= year).sum()
        spent = funded[funded.start_year == year]
        rows.append((year_label(year), f"{len(own):,}", _elements(own), pounds(own.cost_to_a_gbp.sum()), f"{before:,}",
                     f"{len(spent):,}", pounds(spent.cost_gbp.sum())))
    later = parts[ends > years[-1]]
    base = schools.results.solution["price_base"]
    return [Grid(table_of(
        "Components by the year in which they are expected to fail if left alone (the mean of the forecast), what it takes "
        f"now to bring them to A ({base} prices), how many the plan treats by then, and the schemes that start (pounds of "
        "the day).",
        "Year|#Come to their end|Elements|#To A now|#Treated by then|#Schemes start|#Cost", [("", rows)],
        ("After the plan", f"{len(later):,}", "", pounds(later.cost_to_a_gbp.sum()),
         f"{int(later.treated_in.notna().sum()):,}", "", "")), (1.6, 1.6, 5, 1.8, 1.6, 1.6, 1.8), small=True)]


def _elements(own):
    count = own.groupby("element").size().sort_values(ascending=False, kind="stable")
    return ", ".join(f"{name} {number}" for name, number in count.items())


def _register(schools, school_id):
    """Every component of the school by block, with what is known and expected of it."""
    parts = schools.table("components", school_id)
    if not len(parts):
        return [Text("No components of this school are in the folder (components.csv).")]
    place = parts.block_id.where(parts.block_id != "", "Grounds of " + parts.site_id)
    groups = []
    for block, own in parts.groupby(place, sort=True):
        rows = [(row.component_id, f"{row.element}: {row.construction_type}", f"{row.quantity:,.0f}", row.grade,
                 row.surveyed, f"{row.expected_life_years:,.0f}", percent(row.poor_at_start), pounds(row.cost_to_a_gbp),
                 year_label(row.treated_in) if row.treated_in == row.treated_in else "") for row in own.itertuples()]
        groups.append((f"{block}: {counted(len(own), 'component')}, {pounds(own.cost_to_a_gbp.sum())} to bring to A", rows))
    base = schools.results.solution["price_base"]
    return [Grid(table_of("Every component: grade surveyed, years expected to failure from the start of the plan, chance "
                          f"of being at C or worse then, cost of bringing it to A ({base} prices), year the plan treats it.",
                          "Component|What|#Quantity|Grade|Surveyed|#Years left|#Poor now|#To A now|Treated", groups,
                          ("All", "", "", "", "", "", "", pounds(parts.cost_to_a_gbp.sum()), "")),
                 (2.2, 5, 1.3, 1, 1.7, 1.1, 1.3, 1.6, 1.4), small=True)]


def _pots(text):
    """Pots that pay, each pot with its amount as pounds."""
    parts = [part.rsplit(" ", 1) for part in text.split("; ") if part]
    return "; ".join(f"{part[0]} {pounds(float(part[1]))}" if len(part) == 2 and _is_number(part[1]) else part[0]
                     for part in parts)


def _is_number(text):
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _late(row):
    if pd.isna(row.days_overdue):
        return NEVER
    return counted(row.days_overdue, "day") if row.days_overdue > 0 else ""


def _day(value):
    return "" if pd.isna(value) else f"{value:%d %B %Y}"


def _pounds(amount_gbp):
    return "" if amount_gbp is None or amount_gbp != amount_gbp else pounds(amount_gbp)
