"""What a results folder knows of one scheme that a bid is written for: the works, when, for how much, and what proves it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault
from ..evidence import evidence_for, evidence_of_results
from ..funding.bid_scoring import Round
from ..funding.regime import regime_rules
from ..reference import load
from ..run_records import INPUTS
from ..scenario import read_scenario
from ..simulation.delivery_calendar import school_calendar
from .schools_read import SchoolsRead, further_table

ENERGY_TAGS = ("energy", "low carbon")
LISTED = "listed"
PUT_RIGHT = ("patch", "repair", "renew", "urgent")
MOST_NAMED = 8
FURTHER = {"schemes": (("scheme_id", "stage"), ("cost_p50_gbp", "cost_p80_gbp", "contributed_gbp", "cost_gbp")),
           "candidates/schemes": (("scheme_id", "tag", "stage"), ()),
           "candidates/scheme_years": (("scheme_id",), ("start_year", "cost_real_gbp", "finish_year")),
           "candidates/spend": (("scheme_id",), ("start_year", "year", "cost"))}


@dataclass(frozen=True)
class BidFacts:
    """One scheme and everything the pack says of it.

    ``scheme`` is its row of ``schemes.csv``, ``options`` all ways of meeting its need, ``parts`` the components it is about,
    ``files`` the evidence for it; ``start`` and ``cost_gbp`` (nominal) are those of the bid, ``spend`` by year.
    """

    schools: SchoolsRead
    round: Round
    on: date
    scheme: object
    options: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    files: pd.DataFrame = field(repr=False)
    spend: pd.Series = field(repr=False)
    scenario: object = field(repr=False)
    start: int = 0
    cost_gbp: float = 0.0
    real_gbp: float = 0.0
    p50_gbp: float = 0.0
    p80_gbp: float = 0.0
    contributed_gbp: float = 0.0
    stage: str = ""
    tag: str = ""
    begins: date | None = None
    ends: date | None = None
    ready: date | None = None

    @property
    def school(self):
        """Row of the school in the estate the run was made from."""
        return self.schools.estate.schools.set_index("school_id", drop=False).loc[self.scheme.school_id]


def bid_facts(schools, scheme_id, held, on):
    """Gather what a bid for a scheme can say.

    Parameters
    ----------
    schools : SchoolsRead
    scheme_id : str
    held : Round
        The round it is written for.
    on : date
        Day it is written.

    Returns
    -------
    BidFacts

    Raises
    ------
    DataError
        If there is no such scheme, it belongs to no school, is no works, or the folder lacks what a bid needs.

    Notes
    -----
    The works start in the year the plan starts them, but no sooner than the round can pay; where the plan has no such year,
    in the first they may start in after the round. *Counterexample:* works begun at the trust's own risk before the
    outcome, which no round pays for.
    """
    scheme = _scheme(schools, scheme_id)
    tables, faults = {}, []
    for name, (texts, numbers) in FURTHER.items():
        tables[name], own = further_table(schools.results.folder, name, texts, numbers)
        faults += own
    if schools.estate is None:
        faults.append(Fault(INPUTS, None, "", "no such file", "there: a bid is written from a folder of capplan run"))
    if faults:
        raise DataError(faults)
    start, real, spend = _when(tables, scheme, held)
    own = tables["schemes"].set_index("scheme_id").loc[scheme_id]
    ratio = spend.sum() / own.cost_gbp if own.cost_gbp else 1.0
    about = tables["candidates/schemes"].set_index("scheme_id").loc[scheme_id]
    options = _options(schools, scheme)
    parts = components_of(schools, scheme)
    ready, begins, ends = programme_days(held, start, float(spend.sum()))
    files = evidence_for(evidence_of_results(schools.results.folder), _names_of(scheme), tuple(parts.component_id),
                         scheme.block_id)
    return BidFacts(schools, held, on, scheme, options, parts, files, spend,
                    read_scenario(Path(schools.results.folder) / "scenario.toml"), start, float(spend.sum()), real,
                    float(own.cost_p50_gbp * ratio), float(own.cost_p80_gbp * ratio), float(own.contributed_gbp or 0.0),
                    own.stage or about.stage, about.tag, begins, ends, ready)


def components_of(schools, scheme):
    """The components a scheme is about: those of its element in its block, or of the whole block.

    Parameters
    ----------
    schools : SchoolsRead
    scheme : namedtuple
        A row of ``schemes.csv``.

    Returns
    -------
    DataFrame
        Rows of ``components.csv``.

    Notes
    -----
    Works on the trust's list name a block and no components: all of its block stand for them. *Counterexample:* new
    lighting, for which the roof stands in the extract too.
    """
    parts = schools.table("components", scheme.school_id)
    parts = parts[parts.block_id == scheme.block_id] if scheme.block_id else parts[
        (parts.block_id == "") & (parts.site_id == scheme.site_id)]
    own = parts[parts.element == scheme.element]
    return (own if len(own) or scheme.kind in PUT_RIGHT else parts).reset_index(drop=True)


def programme_days(held, start, cost_gbp):
    """When procurement can be done, and when works begin and end, by capplan's reference times.

    Parameters
    ----------
    held : Round
    start : int
        Planning year the works are in.
    cost_gbp : float
        Their cost, which sets how long procurement and works take. [GBP]

    Returns
    -------
    tuple of date
        Ready to begin; begins; ends. Works begin in the first summer from then on and in or after the planning year.

    Notes
    -----
    Assumes that works are in a summer. *Counterexample:* works outdoors, which may begin in spring.
    """
    leads = load("delivery_leads")
    lead = leads[leads.up_to_gbp >= cost_gbp].iloc[0]
    ready = regime_rules().outcome_by(held.grant_year) + timedelta(weeks=int(lead.lead_weeks))
    first = min(start, held.grant_year) - 1
    calendar = school_calendar(first, max(start, held.grant_year) - first + 3)
    for begin, _ in calendar.summers:
        day = calendar.day(begin)
        if day >= ready and day >= date(start, 9, 1):
            return ready, day, calendar.day(calendar.after(begin, float(lead.works_weeks)))
    raise ValueError(f"no summer after {ready} in the calendar")


def _names_of(scheme):
    """Everything evidence may call the scheme by."""
    names = [scheme.scheme_id, scheme.exclusion_group]
    return tuple(name for name in (*names, scheme.scheme_id.partition(".")[2] if scheme.kind == LISTED else "") if name)


def _scheme(schools, scheme_id):
    schemes = schools.results.schemes
    found = schemes[schemes.scheme_id == scheme_id]
    if not len(found):
        near = [name for start in (scheme_id, scheme_id.partition(".")[0]) for name in schemes.scheme_id
                if start and name.startswith(start)]
        close = list(dict.fromkeys(near))[:MOST_NAMED]
        told = f"; of the same place: {', '.join(close)}" if close else ""
        raise DataError([Fault("--scheme", None, "", repr(scheme_id), f"a scheme_id of schemes.csv{told}")])
    scheme = next(found.itertuples(index=False))
    if not scheme.school_id or not scheme.site_id:
        raise DataError([Fault("--scheme", None, "", repr(scheme_id), "works at a school: a bid is for one school")])
    return scheme


def _when(tables, scheme, held):
    """Planning year of the works, their real cost, and what is paid in each year."""
    years = tables["candidates/scheme_years"]
    years = years[years.scheme_id == scheme.scheme_id].set_index("start_year")
    if not len(years):
        raise DataError([Fault("--scheme", None, "", repr(scheme.scheme_id), "works that may start in the plan")])
    can = sorted(years.index)
    after = [year for year in can if year >= held.grant_year]
    planned = scheme.start_year
    start = planned if planned == planned and planned >= held.grant_year else after[0] if after else can[-1]
    spend = tables["candidates/spend"]
    spend = spend[(spend.scheme_id == scheme.scheme_id) & (spend.start_year == start)].groupby("year").cost.sum()
    return int(start), float(years.cost_real_gbp[start]), spend


def _options(schools, scheme):
    """Every way of meeting the need, doing nothing first, with what it costs to own where that is known."""
    schemes = schools.results.schemes
    need = scheme.exclusion_group
    ways = schemes[schemes.exclusion_group == need] if need else schemes[schemes.scheme_id == scheme.scheme_id]
    owned = schools.table("ownership_options")
    owned = owned[owned.need == (need or scheme.scheme_id)]
    nothing = owned[owned.option == "nothing"].assign(kind="nothing")
    rows = ways[["scheme_id", "kind", "description", "cost_gbp", "value_gbp", "value_per_gbp", "start_year"]].merge(
        owned.rename(columns={"start_year": "looked_at"}), on="scheme_id", how="left")
    return pd.concat([nothing, rows], ignore_index=True) if len(nothing) else pd.concat(
        [pd.DataFrame([{"kind": "nothing", "scheme_id": ""}]), rows], ignore_index=True)
