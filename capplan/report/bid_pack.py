"""The pack for a bid: need, evidence, options, cost, programme, risk, and how it scores by the weights of its round."""

import re

import pandas as pd

from ..errors import MissingFigureError
from ..funding.bid_scoring import SHUT
from ..funding.regime import regime_rules
from ..funding.routes import latest_rule
from ..reference import load, optimism_bias
from .bid_money import cost_rows, options_rows
from .bid_score import size_words
from .document import LEAD, SMALL, Box, Document, Grid, Heading, NewPage, Points, Text
from .page_tables import table_of
from .school_facts import evidence_words
from .school_statement import foot_of, work_name
from .words import counted, inside, money, percent, pounds, shortened, year_label

MOST_NAME, MOST_COMPONENTS, MOST_FILES = 80, 60, 100
FIXED = ("tender", "contract")
MET = r"Not checked: (.+?) is met as it stands, but it is not confirmed"


def bid_pack(facts, score):
    """The pack for a bid as a document.

    Parameters
    ----------
    facts : BidFacts
    score : BidScore

    Returns
    -------
    Document
    """
    held, scheme = facts.round, facts.scheme
    blocks = [Text(_lead(facts, score), LEAD), *_warnings(facts, score),
              Heading("1. The need"), *_need(facts), Heading("2. What happens if it is not funded"), *_unfunded(facts),
              Heading("3. Options appraisal"), *_options(facts), Heading("4. Cost and how certain it is"), *_cost(facts),
              Heading("5. Programme"), *_programme(facts), Heading("6. Risk"), *_risk(facts),
              Heading("7. Self-score"), *_score(facts, score), Heading("8. Missing evidence, most points first"),
              *_missing(score), Heading("9. Rules of the round"), *_rules(score), NewPage(),
              Heading("Appendix A. Survey extract"), *_survey(facts),
              Heading("Appendix B. Index of evidence"), *_files(facts), Text(_sources(facts), SMALL)]
    return Document(f"Bid pack: {shortened(scheme.school_name or scheme.school_id, MOST_NAME)}",
                    f"{held.name} - {work_name(scheme)} ({scheme.scheme_id})", facts.on.isoformat(), tuple(blocks),
                    foot_of(facts.schools))


def _lead(facts, score):
    scored = score.items.scored.sum()
    asks = facts.cost_gbp - facts.contributed_gbp
    return (f"{work_name(facts.scheme)[:1].upper()}{work_name(facts.scheme)[1:]}: {pounds(facts.cost_gbp)} in "
            f"{year_label(facts.start)}, of which {pounds(asks)} is asked for. Self-score {scored:.0f} of 100; "
            f"{counted(len(score.missing), 'piece')} of evidence missing, worth {score.missing.lost.sum():.0f} points.")


def _warnings(facts, score):
    """What a reader must know first: a round that is over, rules that are broken, figures nobody confirmed."""
    held, said = facts.round, []
    if held.state_on(facts.on) == SHUT:
        when = f" on {held.closes.value:%d %B %Y}" if held.closes is not None else ""
        said.append(f"{held.name} closed{when}: this pack shows how the bid would have stood; it cannot be sent in.")
    elif held.closes is None:
        said.append(f"The dates of {held.name} are not known.")
    said += [text for text in score.rules if text.startswith(("Breaks", "May break"))]
    said += [f"Of the round: {note}." for note in held.unconfirmed]
    planned = facts.scheme.start_year
    if facts.start < held.grant_year:
        said.append(f"These works may start no later than {year_label(facts.start)} by the rules of the plan, before the "
                    "outcome of the round; works begun before it are not paid for.")
    elif planned == planned and planned < held.grant_year:
        said.append(f"The programme starts these works in {year_label(planned)} from other money; the bid has them in "
                    f"{year_label(facts.start)}. Works begun before the outcome are not paid for.")
    return [Box("Before this is sent", tuple(said))] if said else []


def _need(facts):
    scheme, parts = facts.scheme, facts.parts
    needs = facts.schools.results.table("needs")
    own = needs[needs.need == (scheme.exclusion_group or scheme.scheme_id)] if "need" in needs else needs
    said = [shortened(scheme.description or work_name(scheme), 400) + ("" if scheme.description.endswith(".") else ".")]
    if scheme.priority == scheme.priority:
        said.append(f"Surveyed at priority {scheme.priority:.0f}" + (f", worst grade {scheme.worst_grade}."
                                                                     if scheme.worst_grade else "."))
    elif scheme.worst_grade:
        said.append(f"Worst grade on record {scheme.worst_grade}; no priority is given.")
    if len(own):
        row = own.iloc[0]
        said.append(f"Of what is worst the middle grade expected now is {row.grade_now}, and {row.grade_in_three_years} in "
                    "three years if nothing is done." if row.grade_now else "")
        said.append("A remedy is required by law or was asked for by an inspection." if row.statutory == "yes" else "")
        said.append(f"{row.pupils:,.0f} pupils depend on it." if row.pupils == row.pupils else "")
    if len(parts):
        said.append(f"{counted(len(parts), 'component')}, {pounds(parts.cost_to_a_gbp.sum())} to bring to A now "
                    f"({facts.schools.results.solution['price_base']} prices, expected). {evidence_words(parts)}")
    return [Text(" ".join(text for text in said if text))]


def _unfunded(facts):
    scheme, parts, results = facts.scheme, facts.parts, facts.schools.results
    said = [f"The programme says: {shortened(scheme.reason, 300)}" if scheme.reason else ""]
    if len(parts):
        said.append(f"The chance that its components are at grade C or worse goes from "
                    f"{percent(parts.poor_at_start.mean())} now to {percent(parts.poor_at_end.mean())} by September "
                    f"{results.years[-1] + 1} on average if nothing is done; "
                    f"{parts.fails_in_first_year.sum():.1f} of them are expected to fail in the first year.")
    nothing = facts.options.iloc[0]
    if "total_present_gbp" in facts.options and nothing.total_present_gbp == nothing.total_present_gbp:
        base = results.solution["price_base"]
        said.append(f"Doing nothing costs {pounds(nothing.total_present_gbp)} over the plan ({base} prices, discounted): "
                    f"{pounds(nothing.patching_present_gbp)} of patching, {pounds(nothing.failures_present_gbp)} at "
                    f"failures, {pounds(nothing.closures_present_gbp)} by closures and "
                    f"{pounds(nothing.handed_on_present_gbp)} handed on.")
    left = facts.schools.deferred
    left = left[left.need == (scheme.exclusion_group or f" {scheme.scheme_id}")]
    if len(left):
        said.append(f"Meanwhile: {facts.schools.control_of(next(left.itertuples()))}")
    return [Points(tuple(text for text in said if text))]


def _options(facts):
    rows, words = options_rows(facts)
    bias, base = optimism_bias(facts.stage) if facts.stage else 0.0, facts.schools.results.solution["price_base"]
    rate = facts.scenario.plan.discount_rate
    table = table_of(
        f"Ways of meeting the need over the plan, {base} prices, discounted at {percent(rate)} a year as the Green Book has "
        "it. Whole life: works, patching, failures, closures and what is handed on. Net present value: whole life of doing "
        f"nothing less that of the option; with optimism bias {percent(bias)} is added to the works (stage {facts.stage}). "
        "Benefit: what is saved for each pound of works.",
        "Option|Starts|#Works|#Whole life|#Net present value|#With optimism bias|#Benefit/cost|In the plan", [("", rows)])
    return [Grid(table, (4.4, 1.5, 1.7, 1.8, 1.9, 1.9, 1.4, 1.3), small=True), *([Points(tuple(words))] if words else [])]


def _cost(facts):
    stages = load("cost_stages").set_index("stage")
    rows = cost_rows(facts)
    grid = Grid(table_of("Build-up of the cost, from works at the plan's price base to pounds of the day.",
                         "Part|#Share|#Amount", [("", rows[:-1])], rows[-1]), (6, 2, 3), small=True)
    stage = stages.loc[facts.stage] if facts.stage in stages.index else None
    said = [f"P50 {pounds(facts.p50_gbp)} (as likely above as below), P80 {pounds(facts.p80_gbp)} (four cases of five): "
            f"{pounds(facts.p80_gbp - facts.cost_gbp)} beside the cost makes it 80% sure."]
    if stage is not None:
        said.append(f"Stage: {facts.stage} ({stage.meaning}). One outturn in ten is more than {percent(stage.high_share)} "
                    f"above; {stage.status}, {stage.source}.")
    spent = "; ".join(f"{year_label(year)} {pounds(amount)}" for year, amount in facts.spend.items())
    return [grid, Points((*said, f"Paid in: {spent}."))]


def _programme(facts):
    held, rows = facts.round, []
    for rule, word in ((held.opens, "Round opens"), (held.closes, "Round closes")):
        if rule is not None:
            rows.append((word, f"{rule.value:%d %B %Y}", "UNCONFIRMED" if rule.unconfirmed else rule.source))
    rows += [("Outcome known by", f"{regime_rules().outcome_by(held.grant_year):%d %B %Y}", "pattern of earlier rounds"),
             ("Procured and ready to begin", f"{facts.ready:%d %B %Y}", "delivery_leads.csv (assumption)"),
             ("Works begin", f"{facts.begins:%d %B %Y}", "first summer holidays from then, of typical terms"),
             ("Works end", f"{facts.ends:%d %B %Y}", "delivery_leads.csv (assumption)")]
    if held.finish_by is not None:
        rows.append(("Last day the round allows", f"{held.finish_by:%d %B %Y}",
                     "met" if facts.ends <= held.finish_by else "NOT MET"))
    return [Grid(table_of("Dates of the bid and the works.", "Step|Date|From", [("", rows)]), (4, 3, 5), small=True)]


def _risk(facts):
    """What may go wrong, how far, and what holds it; figures from the reference tables."""
    bias = load("duration_bias").set_index("stage").duration_bias_share
    over = facts.p80_gbp - facts.cost_gbp
    rows = [("Cost comes out higher", f"{money(over)} more in one case of five",
             "fixed price; contingency in the cost" if facts.stage in FIXED else
             "a price from the market before the order; contingency in the cost"),
            ("Works take longer", f"{percent(bias[facts.stage])} longer on average than planned at this stage"
             if facts.stage in bias.index else "not known at this stage",
             f"{(facts.round.finish_by - facts.ends).days:,} days between the end of works and the last day"
             if facts.round.finish_by else "the last day of the round is not known"),
            ("It fails before works begin", f"{facts.parts.fails_in_first_year.sum():.1f} failures expected in the first "
             "year" if len(facts.parts) else "not known", "interim control of section 2; look again as it says"),
            ("The survey is out of date", evidence_words(facts.parts) if len(facts.parts) else "no survey is on record",
             "survey again what is oldest before the bid"),
            ("The bid is not won", _odds(facts), "the need stays in the programme; the next round, or own money")]
    return [Grid(table_of("What may go wrong, how far, and what holds it.", "Risk|How far|What holds it", [("", rows)]),
                 (3, 5, 5), small=True)]


def _odds(facts):
    try:
        found = latest_rule(facts.round.route, "success_share")
    except MissingFigureError:
        return "no share of bids that won is known"
    year = found.from_date.year + 1
    return f"{percent(found.value)} of projects won in {year}-{(year + 1) % 100:02d} ({found.status}, {found.source})"


def _score(facts, score):
    held, groups = facts.round, []
    for part, own in score.items.groupby("part", sort=False):
        weight = held.weights[part]
        rows = [(row.criterion, row.wanted, f"{row.points:.1f}", f"{row.scored:.1f}", row.found) for row in own.itertuples()]
        groups.append((f"{part[:1].upper()}{part[1:]}: {own.scored.sum():.1f} of {weight.value:g} points ({weight.status}, "
                       f"{weight.source})", rows))
    total = ("All", "", f"{score.items.points.sum():.0f}", f"{score.items.scored.sum():.1f}", "")
    grid = Grid(table_of(f"{held.name}: weights of the three parts by the source named; how points are shared within a part "
                         "is assumed (bid_criteria.csv, bid_items.csv).", "Criterion|What earns it|#Points|#Scored|On what",
                         groups, total),
                (2.6, 5, 1.1, 1.1, 5), small=True)
    return [Text("By capplan's reading of what assessors ask for: a checklist, and no forecast of the outcome."), grid]


def _missing(score):
    if not len(score.missing):
        return [Text("Nothing that the round asks for is missing.")]
    rows = [(f"{place}", row.wanted, f"{row.lost:.1f}", row.found) for place, row in
            enumerate(score.missing.itertuples(), start=1)]
    return [Grid(table_of("Evidence that could still be brought, and the points it would win.",
                          "Rank|What is missing|#Points|There now", [("", rows)],
                          ("All", "", f"{score.missing.lost.sum():.1f}", "")), (1, 7, 1.4, 5), small=True)]


def _rules(score):
    if not score.rules:
        return [Text("No rule of the round is broken, and all could be checked.")]
    met = [found[1] for text in score.rules if (found := re.match(MET, text))]
    told = [text for text in score.rules if not re.match(MET, text)]
    if met:
        told.append(f"Met as far as is known, but nobody has confirmed the rule: {'; '.join(met)}. See "
                    "capplan funding routes.")
    return [Points(tuple(told))]


def _survey(facts):
    parts = facts.parts
    if not len(parts):
        return [Text("No component of these works is in the survey.")]
    shown = parts.sort_values("cost_to_a_gbp", ascending=False, kind="stable").head(MOST_COMPONENTS)
    surveyed = facts.schools.estate.components.set_index("component_id")
    rows = [(row.component_id, f"{row.construction_type} ({inside(row.element)})", f"{row.quantity:,.0f}", row.grade,
             row.surveyed, _priority(surveyed.priority.get(row.component_id)),
             _pounds(surveyed.remedial_cost_gbp.get(row.component_id)), pounds(row.cost_to_a_gbp))
            for row in shown.itertuples()]
    rest = parts.iloc[len(shown):]
    more = f"and {len(rest):,} more, in survey_extract.csv" if len(rest) else ""
    return [Grid(table_of("What the survey has of the element in the block, of which the works may leave a part as it is: "
                          "grade and priority as surveyed, the surveyor's own cost without fees or VAT, and what the "
                          "forecast expects it to take to bring it to A now.",
                          "Component|What|#Quantity|Grade|Surveyed|Priority|#Surveyor's cost|#To A now", [("", rows)],
                          ("All", "", "", "", "", "", "", pounds(parts.cost_to_a_gbp.sum())), more),
                 (2.4, 5, 1.4, 1, 1.8, 1.2, 1.8, 1.8), small=True)]


def _files(facts):
    said = [Text(text) for text in size_words(facts)]
    if not len(facts.files):
        return [Text("No photo, quote or report is in the index of evidence for these works."), *said]
    rows = [(row.kind, row.path, "" if pd.isna(row.dated) else f"{row.dated:%d %B %Y}", f"{row.bytes / 1e6:,.1f}",
             row.sha256, row.note) for row in facts.files.head(MOST_FILES).itertuples()]
    rest = len(facts.files) - len(rows)
    more = f"and {rest:,} more, in evidence_index.csv" if rest > 0 else ""
    return [Text("Files stay where they are; the SHA-256 shows that they are those that were indexed."),
            Grid(table_of("Evidence by path below the folder of evidence.", "Kind|Path|Dated|#MB|SHA-256|Note", [("", rows)],
                          more=more), (1.4, 4, 1.8, 1, 5, 2.6), small=True), *said]


def _sources(facts):
    solution = facts.schools.results.solution
    return (f"Pounds of the day but where it says {solution['price_base']} prices. Weights and dates of rounds: "
            "route_rules.csv of capplan, each with its source; what the run assumes: assumptions.csv of the results folder.")


def _priority(value):
    return "" if value is None or value != value else f"{value:.0f}"


def _pounds(amount_gbp):
    return "" if amount_gbp is None or amount_gbp != amount_gbp else pounds(amount_gbp)
