"""The sections of a scenario that are about pupils, with the limits, meaning and source of every figure."""

from typing import Literal

from pydantic import Field, model_validator

from .scenario_parts import CHOICE, Part, sourced


class Places(Part):
    """Places for pupils: what must be kept, what may be closed or built, and what both are worth."""

    included: bool = sourced(CHOICE)
    """Whether places are weighed: then blocks and sites may be closed and places added as candidates."""
    keep_quantile: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Demand that places kept must cover, as a quantile of the forecast: 0.9 is enough in nine cases of ten."""
    build_quantile: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Demand that places are built for, as a quantile of the forecast."""
    spare_kept_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=0.5)
    """Places to be kept empty on top of the demand that is covered, as a share of it."""
    demand_must_be_met: bool = sourced(CHOICE)
    """Whether the plan must build what demand lacks; if not, it does so where it is worth it."""
    by_area: bool = sourced(CHOICE)
    """Whether a mainstream school must keep the floor area of the guidelines for the pupils it must be able to take."""
    mothball: bool = sourced(CHOICE)
    """Whether blocks may be closed and kept."""
    let: bool = sourced(CHOICE)
    """Whether blocks may be let to others."""
    close_sites: bool = sourced(CHOICE)
    """Whether a site may be closed as a whole where its school, or those it shares places with, has another."""
    expand: bool = sourced(CHOICE)
    """Whether places may be added: those of expansions.csv and, for schools without a row there, what demand lacks."""
    running_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=500)
    """Yearly cost of running a block by floor area (energy, cleaning, caretaking, water), in the prices of the plan."""
    kept_running_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Part of that cost that goes on in a block that is closed and kept: frost protection, security, insurance."""
    mothball_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=1000)
    """Cost of closing a block and making it safe, by floor area, all in."""
    let_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=2000)
    """Cost of making a block fit to be let, with its own services and way in, by floor area, all in."""
    rent_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=1000)
    """Yearly rent by floor area, in the prices of the plan; the tenant runs the block, its works stay undone."""
    place_year_gbp: float = sourced("capplan-assumption", assumption=True, ge=0, le=1e5)
    """What a pupil without a place loses the trust in a year, in the prices of the plan."""
    temporary_lead_years: int = sourced("capplan-assumption", assumption=True, ge=0, le=10)
    """Planning years from the start of works to the first with temporary places."""
    permanent_lead_years: int = sourced("capplan-assumption", assumption=True, ge=0, le=10)
    """The same for permanent places at a school there is."""
    new_lead_years: int = sourced("capplan-assumption", assumption=True, ge=0, le=10)
    """The same for a new building or school."""
    unit_lead_years: int = sourced("capplan-assumption", assumption=True, ge=0, le=10)
    """The same for a special unit."""
    temporary_life_years: int = sourced("capplan-assumption", assumption=True, ge=1, le=100)
    """Planning years that temporary places last."""
    lasting_life_years: int = sourced("capplan-assumption", assumption=True, ge=1, le=200)
    """Planning years that all other places last."""
    income_follows_pupils: bool = sourced(CHOICE)
    """Whether the budget follows the pupils, a year later, and the classes; it needs budget.csv and pupil_funding.csv."""
    rate_growth: float = sourced("capplan-assumption", assumption=True, ge=-0.1, le=0.2)
    """Yearly growth of the rates and costs of pupil_funding.csv after the first year of the plan, as a fraction."""

    @model_validator(mode="after")
    def _weighed(self):
        if self.income_follows_pupils and not self.included:
            raise ValueError("income_follows_pupils needs included: the pupils are those that places are weighed for")
        return self

    def lead_years(self, kind):
        """Planning years from the start of works to the first with the places, by kind of expansion. [years]"""
        return {"temporary": self.temporary_lead_years, "permanent": self.permanent_lead_years,
                "new": self.new_lead_years, "special unit": self.unit_lead_years}[kind]

    def life_years(self, kind):
        """Planning years the places last, by kind of expansion. [years]"""
        return self.temporary_life_years if kind == "temporary" else self.lasting_life_years


class Pupils(Part):
    """How pupil numbers are forecast from census.csv, and what follows the forecast."""

    included: bool = sourced(CHOICE)
    """Whether the plan works with a forecast of pupils; it needs census.csv. Without it, pupils stay as they are given."""
    leads_rolls: bool = sourced(CHOICE)
    """Whether the forecast takes the place of what rolls.csv says of censuses still to come, which lead SCA, DFC and the
    test for SCA."""
    level: Literal["low", "central", "high"] = sourced(CHOICE)
    """Which forecast is followed: low, central or high, which is P10, P50 or P90 of the trust's total."""
    replicates: int = sourced(CHOICE, ge=100, le=100_000)
    """Draws that the bands come from."""
    seed: int = sourced(CHOICE, ge=0, le=2**31 - 1)
    """Seed of the draws."""
    history_years: int = sourced("capplan-assumption", assumption=True, ge=1, le=30)
    """Latest changes from census to census that ratios rest on."""
    bad_years: tuple[int, ...] = Field((), strict=False, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Censuses of which nothing is learned, such as 2021."""
    spill_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Part of those refused at a full intake who try the trust's other schools of the planning area."""
    joining_above_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """How far a year group may grow above its admission number by pupils who join later, as a share of it."""
    authority_counts: bool = sourced(CHOICE)
    """Whether area_forecasts.csv, where there is one, moves the forecast towards the authority's, less its usual error."""
