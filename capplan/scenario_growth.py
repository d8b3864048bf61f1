"""The section of a scenario that is about growth of the trust, with the limits, meaning and source of every figure."""

from typing import Literal

from pydantic import model_validator

from .scenario_parts import CHOICE, Part, sourced

OWN = "capplan-assumption"
PLAN = "growth-trust-plan"


def _assumed(**limits):
    return sourced(OWN, assumption=True, **limits)


def _odds():
    return _assumed(ge=0, le=1)


class Growth(Part):
    """How schools come to join the trust, what holds them up, and what the central team can carry; money in the prices of
    the plan."""

    unnamed_per_year: float = _assumed(ge=0, le=50)
    """Schools a year, besides those of prospects.csv, that ask to join: each is like one of those, drawn at random."""
    withdraw_yearly_odds: float = _assumed(ge=0, le=1)
    """Chance in a year that a school on its way draws back."""

    assessed_at_once: int = _assumed(ge=0, le=100)
    """Schools whose due diligence the team can do at the same time."""
    assessment_least_months: float = _assumed(ge=0, le=60)
    """Due diligence: the shortest it takes."""
    assessment_usual_months: float = _assumed(ge=0, le=60)
    """Due diligence: what it usually takes."""
    assessment_most_months: float = _assumed(ge=0, le=60)
    """Due diligence: the longest it takes."""
    finance_bar_odds: float = _odds()
    """Chance that due diligence finds a bar in the finances."""
    performance_bar_odds: float = _odds()
    """Chance that it finds a bar in how pupils do."""
    governance_bar_odds: float = _odds()
    """Chance that it finds a bar in how the school is governed."""
    most_liability_share: float = _assumed(ge=0, le=1000)
    """Liability found in the buildings, less the dowry, above which the board declines: as a share of a year's income."""
    backlog_gbp_per_m2: float = _assumed(ge=0, le=5000)
    """Backlog by floor area of a school that gives none."""
    backlog_found_scale: float = _assumed(ge=0, le=20)
    """What the trust's own survey finds, as a multiple of the backlog told before: the middle value."""
    backlog_found_spread: float = _assumed(ge=0, le=2)
    """How far that multiple varies: standard deviation of its logarithm."""
    raac_odds: float = _odds()
    """Chance that the survey of a school finds RAAC, where it is not known."""
    raac_gbp_per_m2: float = _assumed(ge=0, le=5000)
    """Cost of dealing with it, by the floor area of the whole school."""
    raac_months: float = _assumed(ge=0, le=120)
    """How long the safety works it takes stay open."""
    asbestos_odds: float = _odds()
    """Chance that the survey finds asbestos that has to be dealt with."""
    asbestos_gbp_per_m2: float = _assumed(ge=0, le=5000)
    """Cost of dealing with it, by the floor area of the whole school."""
    land_odds: float = _odds()
    """Chance of a land issue (title, lease, shared use), where it is not known."""
    dowry_share: float = sourced(CHOICE, ge=0, le=1)
    """Part of the liability found that whoever hands the school over pays to the trust."""

    board_every_months: float = sourced(PLAN, gt=0, le=24)
    """Months between the meetings of the board that decides."""
    order_least_months: float = sourced("gov-academy-order", ge=0, le=24)
    """Academy order: the shortest it takes after the board's decision."""
    order_most_months: float = sourced("gov-academy-order", ge=0, le=24)
    """Academy order: the longest."""
    legal_least_months: float = sourced("conversion-guides", ge=0, le=60)
    """Legal work and land of a converter, or of a transfer: the shortest it takes after the order."""
    legal_more_months: float = _assumed(ge=0, le=60)
    """What comes on top of that on average."""
    legal_more_sd_months: float = _assumed(ge=0, le=60)
    """Standard deviation of what comes on top."""
    sponsored_median_months: float = sourced("nao-converting-2018", gt=0, le=120)
    """Legal work and land of a sponsored school after the order: the middle value."""
    sponsored_spread: float = sourced("nao-converting-2018", ge=0, le=3)
    """How far that varies: standard deviation of its logarithm."""
    land_scale: float = _assumed(ge=1, le=10)
    """How many times as long legal work is with a land issue or a PFI contract."""

    most_joins: int = sourced(PLAN, ge=0, le=50)
    """Schools that may join in an academic year."""
    most_joins_if_sponsored: int = sourced(PLAN, ge=0, le=50)
    """Schools that may join in an academic year in which a sponsored school joins, itself counted."""
    most_joins_ever: int = sourced(PLAN, ge=0, le=50)
    """Schools that may join in an academic year at the very most: only if none is sponsored and utilisation is low enough
    for growth to resume."""
    most_intensive_of_more: int = sourced(PLAN, ge=0, le=50)
    """How many of them may need intensive support when there are more than ``most_joins``."""

    hiring: Literal["ahead", "with", "behind"] = sourced(CHOICE)
    """Posts are filled for the schools the board has agreed to (ahead), those that have joined (with), or those that had
    joined a year ago (behind)."""
    hire_least_months: float = _assumed(ge=0, le=36)
    """Filling a post: the shortest it takes."""
    hire_most_months: float = _assumed(ge=0, le=36)
    """Filling a post: the longest."""
    briefing_months: float = _assumed(ge=0, le=36)
    """Months before new staff are fully productive."""
    new_staff_share: float = _assumed(ge=0, le=1)
    """How productive they are until then."""
    leaving_yearly_odds: float = _assumed(ge=0, le=0.99)
    """Chance in a year that the holder of a post leaves."""
    post_gbp_per_fte: float = _assumed(ge=0, le=1e6)
    """Yearly cost of a full-time equivalent that is hired on top of those at the start."""

    school_load_fte: float = _assumed(ge=0, le=20)
    """Central team: load of a school."""
    assessment_load_fte: float = _assumed(ge=0, le=20)
    """Central team: load of a due diligence."""
    onboarding_load_fte: float = _assumed(ge=0, le=20)
    """Central team: load of a school that has just joined, on top."""
    onboarding_decay_months: float = _assumed(gt=0, le=240)
    """Months in which that load falls to 37% (1/e)."""
    intensive_scale: float = _assumed(ge=1, le=20)
    """How many times that load is of a school that needs intensive support."""
    school_estates_load_fte: float = _assumed(ge=0, le=20)
    """Estates team: load of a school."""
    onboarding_estates_load_fte: float = _assumed(ge=0, le=20)
    """Estates team: load of a school that has just joined, on top; it decays in the same way."""
    works_yearly_share: float = _assumed(ge=0, le=1)
    """Part of the backlog that is worked off in a year, where no programme is given."""
    works_gbp_per_fte: float = _assumed(gt=0, le=1e8)
    """Condition works that a full-time equivalent of the estates team can see through in a year."""
    safety_jobs_per_school_year: float = _assumed(ge=0, le=100)
    """Safety works that come up at a school in a year."""
    safety_job_months: float = _assumed(ge=0, le=60)
    """How long one takes on average once it is taken up."""
    safety_job_load_fte: float = _assumed(gt=0, le=20)
    """Estates team: load of one while it is dealt with; it sets how many can be at once."""

    pause_above_share: float = _assumed(ge=0, le=100)
    """Growth pauses while a team's load is above this share of its capacity."""
    resume_below_share: float = _assumed(ge=0, le=100)
    """It resumes once both are at or below this share, with no other reason to pause ..."""
    resume_months: int = _assumed(ge=0, le=60)
    """... for so many monthly reviews in a row."""
    most_safety_jobs: int = _assumed(ge=0, le=10000)
    """Growth pauses while more safety works than this are open."""

    joining_cost_gbp: float = _assumed(ge=0, le=1e7)
    """What a joining school costs the trust once: legal work, surveys, systems."""
    joining_grant_gbp: float = sourced("conversion-grants-ended", ge=0, le=1e7)
    """Grant for it; the conversion grant and the trust capacity fund have ended."""
    services_saved_share: float = _assumed(ge=0, le=0.5)
    """Part of a joining school's income that it no longer spends, because the centre does that work."""
    dowry_years: int = sourced(CHOICE, ge=0, le=40)
    """Years of its surplus that count for the dowry at which joining breaks even."""
    bids_per_school_year: float = _assumed(ge=0, le=10)
    """Bids to CIF a school makes in a year while the trust may bid."""
    bid_win_odds: float = sourced("cif-2024-projects", ge=0, le=1)
    """Chance that a bid is won."""
    bid_award_gbp: float = sourced("cif-2024-projects", ge=0, le=1e8)
    """What one brings."""
    bid_cost_gbp: float = _assumed(ge=0, le=1e7)
    """What one costs, won or lost."""
    sca_rate_from: int = sourced(CHOICE, ge=2015, le=2100)
    """Grant year whose SCA rate per weighted pupil stands for every year."""

    replicates: int = sourced(CHOICE, ge=2, le=100_000)
    """Futures to begin with."""
    most_replicates: int = sourced(CHOICE, ge=2, le=100_000)
    """Futures at most."""
    half_width_schools: float = sourced(CHOICE, gt=0, le=100)
    """Precision asked for: futures are doubled until the mean number of schools at the end is known to within this, either
    way, in 95 cases of 100."""

    @model_validator(mode="after")
    def _in_order(self):
        for names in (("assessment_least_months", "assessment_usual_months", "assessment_most_months"),
                      ("order_least_months", "order_most_months"), ("hire_least_months", "hire_most_months"),
                      ("most_joins_if_sponsored", "most_joins_ever"), ("most_joins", "most_joins_ever"),
                      ("resume_below_share", "pause_above_share"), ("replicates", "most_replicates")):
            values = [getattr(self, name) for name in names]
            if values != sorted(values):
                raise ValueError(f"{' <= '.join(names)} must hold, got {', '.join(f'{value:g}' for value in values)}")
        return self
