"""How far a bid meets each item of its round, from the results folder and the index of evidence, and why."""

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from ..bid_checks import FIRST_DAY
from ..condition.compliance import duties_due
from ..errors import DataError, MissingFigureError
from ..formula_grants import regime_of, uncounted
from ..funding.bid_scoring import FIGURE, missing_evidence, scale_share, self_score
from ..funding.routes import project_faults, rule
from ..reference import load
from .bid_facts import ENERGY_TAGS, LISTED
from .school_facts import evidence_words
from .words import counted, percent, pounds

APPRAISED, CHOSEN, FULL = "appraised", "chosen", "share of cost for full points"
LOW_CARBON = "low carbon"
ENOUGH_WAYS, BYTES_PER_MB = 3, 1_000_000


@dataclass(frozen=True)
class BidScore:
    """The items of a round with what each scores and on what, what is missing, and what the rules say of the project."""

    items: pd.DataFrame = field(repr=False)
    missing: pd.DataFrame = field(repr=False)
    rules: tuple = ()

    def parts(self):
        """Points scored and the most there are, by part: a DataFrame in the order of the items."""
        return self.items.groupby("part", sort=False)[["scored", "points"]].sum()


def bid_score(facts):
    """Score a bid by the weights of its round.

    Parameters
    ----------
    facts : BidFacts

    Returns
    -------
    BidScore
        ``items`` as ``funding.bid_scoring.self_score`` gives them, with ``found``: what each score rests on, in words.

    Notes
    -----
    The score says how complete the case is, by capplan's reading of what assessors ask for; weights of parts are published,
    what is inside a part is assumed. *Counterexample:* a strong case told badly.
    """
    shares, found = {}, {}
    for name, judged in JUDGES.items():
        shares[name], found[name] = judged(facts)
    for item in load("bid_items").itertuples():
        if item.kind != FIGURE:
            count = int((facts.files.kind == item.kind).sum())
            shares[item.item] = min(1.0, count / item.least_files)
            found[item.item] = f"{count:,} of {item.least_files:,} in the index of evidence"
    items = self_score(facts.round, shares)
    items.insert(len(items.columns), "found", items["item"].map(found))
    return BidScore(items, missing_evidence(items), (*_allowed(facts), *_rules(facts)))


def _type(facts):
    scheme = facts.scheme
    if scheme.must_do:
        return scale_share("type", "required by law or urgent"), "must be done: urgent, required by law or committed"
    level = scheme.element
    if scheme.kind == LISTED:
        level = "energy works" if facts.tag in ENERGY_TAGS else "condition works on the trust's list"
    share = scale_share("type", level)
    return share, f"{level}: {'no such kind is known' if share != share else percent(share) + ' of the points'}"


def _priority(facts):
    scheme = facts.scheme
    if scheme.priority == scheme.priority:
        return scale_share("priority", f"{scheme.priority:.0f}"), f"surveyed at priority {scheme.priority:.0f}"
    if scheme.worst_grade:
        letter = scheme.worst_grade[0]
        return scale_share("grade", letter), f"no priority given; worst grade {scheme.worst_grade}"
    return float("nan"), "neither a priority nor a grade is on record"


def _survey(facts):
    parts = facts.parts
    days = pd.to_datetime(parts.surveyed.where(parts.surveyed != "modelled"), errors="coerce")
    if not days.notna().any():
        return 0.0, "none of it has been surveyed"
    try:
        after = rule(facts.round.route, "survey_dated_after", facts.round.rules_from)
    except MissingFigureError:
        return float(days.notna().mean()), f"{evidence_words(parts)} The round's own limit is not known."
    fresh = days > pd.Timestamp(after.value)
    return float(fresh.mean()), (f"{int(fresh.sum()):,} of {counted(len(parts), 'component')} surveyed after "
                                 f"{after.value:%d %B %Y}")


def _pupils(facts):
    blocks = facts.schools.estate.blocks.set_index("block_id").pupils
    there, all_of_them = blocks.get(facts.scheme.block_id, float("nan")), facts.school.pupils
    if there == there:
        return 1.0, f"{there:,.0f} pupils are taught in {facts.scheme.block_id}"
    if all_of_them == all_of_them:
        return 1.0, f"{all_of_them:,.0f} pupils on roll; the block's own are not given"
    return 0.0, "pupils of the block and the school are not given"


def _inspections(facts):
    estate = facts.schools.estate
    sites = set(estate.sites.site_id[estate.sites.school_id == facts.scheme.school_id])
    items = estate.compliance
    items = items[items.site_id.isin(sites)].reset_index(drop=True)
    if not len(items):
        return 0.0, "no statutory inspection of the school is on record"
    results = facts.schools.results
    due = duties_due(items, load("compliance_duties"), results.years[0], len(results.years), on=pd.Timestamp(facts.on))
    late = int((due.days_overdue > 0).fillna(False).sum()) + int(items.last_done.isna().sum())
    late = min(late, len(items))
    return 1.0 - late / len(items), f"{late:,} of {len(items):,} overdue or never done on {facts.on:%d %B %Y}"


def _register(facts):
    parts = facts.schools.table("components", facts.scheme.school_id)
    if not len(parts):
        return 0.0, "no components of the school are on record"
    return float((parts.surveyed != "modelled").mean()), evidence_words(parts)


def _stage(facts):
    share = scale_share("stage", facts.stage)
    return share, f"the price is at the stage {facts.stage or 'nobody gives'}"


def _contribution(facts):
    full = scale_share("contribution", FULL)
    part = facts.contributed_gbp / facts.cost_gbp if facts.cost_gbp > 0 else 0.0
    return min(1.0, part / full), (f"{pounds(facts.contributed_gbp)} from others, {percent(part)} of the cost; full points "
                                   f"are assumed from {percent(full)}")


def _low_carbon(facts):
    if facts.tag in ENERGY_TAGS:
        return scale_share(LOW_CARBON, CHOSEN), "the works save energy or carbon"
    if (facts.options.kind == LOW_CARBON).any():
        return scale_share(LOW_CARBON, APPRAISED), "a low-carbon way is appraised beside it"
    return 0.0, "no low-carbon way was put to this run"


def _options(facts):
    ways = len(facts.options)
    return min(1.0, ways / ENOUGH_WAYS), f"{counted(ways, 'way')} appraised, doing nothing among them"


def _deadline(facts):
    last = facts.round.finish_by
    if last is None:
        return 0.0, "the last day of the round is not known"
    return float(facts.ends <= last), f"finished by {facts.ends:%d %B %Y}; the round allows until {last:%d %B %Y}"


def _programme(facts):
    wanted = facts.start + 1
    return float(facts.begins.year <= wanted), (f"ready to begin on {facts.ready:%d %B %Y}, works begin on "
                                                f"{facts.begins:%d %B %Y}; planned for the summer of {wanted}")


JUDGES = {"type": _type, "priority": _priority, "survey": _survey, "pupils": _pupils, "inspections": _inspections,
          "register": _register, "stage": _stage, "contribution": _contribution, "low carbon": _low_carbon,
          "options": _options, "deadline": _deadline, "programme": _programme}


def _rules(facts):
    """What of the rules of its route the project breaks, or may."""
    estate, held = facts.schools.estate, facts.round
    beside = estate.bids
    beside = beside[(beside.route == held.route) & (beside.round_year == held.grant_year)
                    & (beside.school_id == facts.scheme.school_id)]
    days = pd.to_datetime(facts.parts.surveyed.where(facts.parts.surveyed != "modelled"), errors="coerce").dropna()
    known = {"cost_gbp": facts.cost_gbp, "phase": facts.school.phase or None,
             "kind": "energy" if facts.tag == "energy" else "condition",
             "fees_share": facts.scenario.on_costs(facts.stage).fees_part if facts.stage else None,
             "survey_date": days.min().date() if len(days) else None, "finish_date": facts.ends,
             "bids": max(1, len(beside)), "expansion_bids": int((beside.kind == "expansion").sum())}
    last = held.closes.value if held.closes is not None else held.rules_from
    day = min(max(facts.on, date(held.grant_year - 1, *FIRST_DAY)), last)
    return project_faults(held.route, known, day)


def _allowed(facts):
    """Whether the school may bid in the round at all: who is allocated SCA may not bid to CIF."""
    estate, held = facts.schools.estate, facts.round
    if held.route != "CIF":
        return []
    grants = estate.grants[(estate.grants.route == "SCA") & (estate.grants.grant_year == held.grant_year)]
    if grants.school_id.isin(["", facts.scheme.school_id]).any() and facts.school.cif_round_year != held.grant_year:
        return [f"Breaks who may bid: grants.csv has SCA for {held.grant_year}; who is allocated SCA may not bid to CIF."]
    if not len(estate.rolls) or uncounted(estate, estate.rolls, held.grant_year):
        return [f"Not checked: whether the trust may bid to {held.name} or has SCA; rolls.csv lacks its census."]
    try:
        _, schools = regime_of(estate, [held.grant_year])
    except DataError:
        return [f"Not checked: whether the trust may bid to {held.name} or has SCA; what it had before is not given."]
    has = dict(zip(schools.school_id, schools.regime, strict=True)).get(facts.scheme.school_id)
    return [] if has == "CIF" else [f"Breaks who may bid: by the rolls the school has {has or 'no place in the trust'} in "
                                    f"{held.name}."]


def size_words(facts):
    """How much of the size of files allowed the evidence takes, and the largest files: a list of sentences."""
    files = facts.files.drop_duplicates("path")
    total = float(files["bytes"].sum()) / BYTES_PER_MB
    try:
        most = rule(facts.round.route, "evidence_most", facts.round.rules_from)
    except MissingFigureError:
        return [f"Evidence in all: {total:,.1f} MB. How much the round takes is not known."]
    room = f", {total - most.value:,.1f} MB too much." if total > most.value else f"; {most.value - total:,.1f} MB left."
    said = [f"Evidence in all: {total:,.1f} MB of the {most.value:,.0f} MB to plan for{room}"
            + (f" {most.note}." if most.unconfirmed else "")]
    if total > most.value:
        largest = files.sort_values("bytes", ascending=False).head(ENOUGH_WAYS)
        said.append("Largest: " + "; ".join(f"{row.path} ({row.bytes / BYTES_PER_MB:,.1f} MB)"
                                            for row in largest.itertuples()) + ".")
    return said
