"""What a results folder and its estate prove of what DfE's guidance asks a trust to hold or do, topic by topic, in words."""

from types import SimpleNamespace

import pandas as pd

from .. import reference
from ..condition.survey_guidance import GOOD
from .results import PENNY_GBP
from .summary import proof
from .words import counted, money, year_label

PROVEN, IN_PART, ABSENT = "proven", "in part", "not in this folder"


def evidence_frame(results, estate, frames):
    """One row for each topic: what is shown, with figures, where, and what is missing.

    Parameters
    ----------
    results : Results
    estate : Estate
        The tables the run was made from.
    frames : dict of DataFrame
        ``schools, blocks, condition, compliance, spend`` of the export.

    Returns
    -------
    DataFrame
        ``topic, state`` (``proven``, ``in part`` or ``not in this folder``), ``shown, where, missing, asked_by``.

    Notes
    -----
    Proven means that the tables hold it for every school or block, not that anybody has checked it on site, nor that the
    board has signed it. *Counterexample:* a survey dated last year that was copied from the one before.
    """
    given = SimpleNamespace(results=results, estate=estate, **frames)
    asked = reference.load("dfe_evidence").set_index("topic")
    rows = []
    for topic, row in asked.iterrows():
        state, shown, where, missing = RULES[topic](given)
        rows.append((topic, state, shown, where, missing, row.source))
    return pd.DataFrame(rows, columns=["topic", "state", "shown", "where", "missing", "asked_by"])


def _share_of(count, whole, noun, what):
    return f"{count:,} of {counted(whole, noun)} {'has' if count == 1 else 'have'} {what}"


def _by_count(count, whole, shown, where, missing):
    state = PROVEN if whole and count == whole else IN_PART if count else ABSENT
    return state, shown, where, "" if state == PROVEN else missing


def _register(given):
    shown = (f"{counted(len(given.schools), 'school')}, {counted(len(given.estate.sites), 'site')}, "
             f"{counted(len(given.blocks), 'block')}, {counted(len(given.condition), 'component')}")
    return _by_count(int((given.schools.blocks > 0).sum()), len(given.schools), shown, "schools, blocks",
                     "blocks of the schools that have none")


def _tenure(given):
    known = int(given.schools.tenure.replace("not known", "").fillna("").ne("").sum())
    return _by_count(known, len(given.schools), _share_of(known, len(given.schools), "school", "a tenure recorded"),
                     "schools", "the tenure of the others")


def _area(given):
    known = int((given.blocks.gifa_m2 > 0).sum())
    shown = f"{given.blocks.gifa_m2.sum():,.0f} m2 in {counted(known, 'block')}"
    return _by_count(known, len(given.blocks), shown, "blocks", "the area of the other blocks")


def _survey(given):
    good = int((given.blocks.survey_verdict == GOOD).sum())
    surveyed = int(given.condition.surveyed.notna().sum())
    shown = (f"{_share_of(good, len(given.blocks), 'block', 'every element surveyed in time')}; "
             f"{surveyed:,} of {counted(len(given.condition), 'component')} surveyed, the others modelled")
    return (IN_PART if surveyed else ABSENT, shown, "blocks, condition",
            "who surveyed (the estate does not hold it), and the blocks whose verdict says so")


def _compliance(given):
    table = given.compliance
    if not len(table):
        return ABSENT, "no records of inspections", "", "records of inspections (compliance.csv of the estate)"
    count = table.state.value_counts()
    shown = ", ".join(f"{number:,} {state}" for state, number in count.items())
    return _by_count(int(count.get("in date", 0)), len(table), f"duties and remedies: {shown}", "compliance",
                     "the inspections that are overdue, never done or without record")


def _asbestos(given):
    own = given.compliance[given.compliance.duty.str.contains("sbestos")]
    held = own[own.last_done.notna()]
    sites = held.site_id.nunique()
    return (IN_PART if sites else ABSENT, f"dates of asbestos surveys or reviews at {sites:,} of "
            f"{counted(len(given.estate.sites), 'site')}", "compliance" if sites else "",
            "the register and the plan themselves")


def _sufficiency(given):
    places = given.estate.places
    held = given.schools.capacity.notna() | given.schools.school_id.isin(set(places.school_id))
    known = int((held & given.schools.pupils.notna()).sum())
    shown = _share_of(known, len(given.schools), "school", "places and pupils on record")
    return _by_count(known, len(given.schools), shown, "schools", "the places or the pupils of the others")


def _running(given):
    budget = given.estate.budget
    schools = budget.school_id[budget.school_id != ""].nunique() if len(budget) else 0
    shown = f"budgets of {counted(schools, 'school')}" if schools else "no budgets by school"
    return (IN_PART if schools else ABSENT, shown, "ledger.csv" if schools else "",
            "what of the budget is upkeep, insurance and facilities management")


def _suitability(given):
    known = given.estate.suitability.school_id.nunique() if len(given.estate.suitability) else 0
    return _by_count(known, len(given.schools), _share_of(known, len(given.schools), "school", "suitability scores"),
                     "suitability.csv of inputs.zip" if known else "", "scores of the others")


def _energy(given):
    meters = len(given.estate.meters)
    return (IN_PART if meters else ABSENT, f"{counted(meters, 'meter')} with readings" if meters else "no meters",
            "energy_baseline.csv, where energy was planned" if meters else "", "display energy certificates")


def _management_plan(given):
    draws, years = given.results.draws, given.results.years[:2]
    own = draws[draws.year.isin(years)]
    shown = (f"{counted(own.scheme_id.nunique(), 'work')} for {money(own.amount_gbp.sum())} in "
             f"{' and '.join(map(year_label, years))}, each with its need, year, pot and reason")
    return IN_PART, shown, "spend, schemes.csv", "the board's signature (capplan approve records it), actions and owners"


def _strategy(given):
    years = given.results.years
    shown = (f"{counted(len(years), 'year')} of projected money and works, {money(given.results.draws.amount_gbp.sum())}, "
             "with backlog with and without them")
    return (IN_PART, shown, "outlook.csv, cashflow.csv, reserves.csv",
            "the outcomes wanted for learning, in the trust's words")


def _money(given):
    reserves = given.results.reserves
    below = int((reserves.closing_gbp < reserves.floor_gbp - PENNY_GBP).sum())
    audited = given.results.solution["audit"] == "clean"
    stand_in = given.results.solution["stand_in_money"]
    shown = (f"audit {given.results.solution['audit']}; reserves below their floor in {counted(below, 'year')}. "
             f"{proof(given.results.solution)}")
    missing = "the trust's own money: some of it stands in" if stand_in else "" if audited and not below else \
        "a plan that stays above the floor"
    return (PROVEN if not missing else IN_PART), shown, "draws.csv, cashflow.csv, reserves.csv", missing


def _nothing(missing):
    return lambda given: (ABSENT, "nothing", "", missing)


RULES = {
    "asset register": _register, "tenure": _tenure, "building area": _area, "condition survey": _survey,
    "statutory compliance": _compliance, "asbestos register and plan": _asbestos, "sufficiency": _sufficiency,
    "running costs": _running, "suitability": _suitability, "energy": _energy, "asset management plan": _management_plan,
    "estate strategy": _strategy, "estate vision": _nothing("the vision, signed by the board"), "money for the plan": _money,
    "standards level": _nothing("the level the trust judges itself to be at, with its evidence"),
    "spending of condition grants": _nothing("outturn: spend has what is planned, not what was paid"),
    "site and floor plans": _nothing("the plans; capplan holds measurements only")}
