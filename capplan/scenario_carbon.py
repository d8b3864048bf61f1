"""The sections of a scenario about energy measures and carbon, with the limits, meaning and source of every figure."""

from typing import Literal

from pydantic import Field, field_validator

from .scenario_parts import CHOICE, Part, sourced
from .tables import EARLIEST_YEAR, LATEST_YEAR


def _optional(**limits):
    return Field(None, json_schema_extra={"source": CHOICE, "status": "choice"}, **limits)


class Measures(Part):
    """Which energy measures become candidates; they need ``energy.included``."""

    offered: bool = sourced(CHOICE)
    """Whether energy measures are candidates where energy is forecast."""
    level: Literal["low", "central", "high"] = sourced(CHOICE)
    """Which end of the ranges of the library savings are taken at."""
    every_years: int = sourced(CHOICE, ge=1, le=10)
    """Measures may start in every so many years of the plan; each year more makes the plan slower to find."""
    packages_per_stage: int = sourced("capplan-assumption", assumption=True, ge=1, le=10)
    """Most packages of a stage offered to a school, of those that nothing cheaper does better."""
    heat_pumps: bool = sourced(CHOICE)
    """Whether a boiler due for renewal may be replaced by a heat pump."""
    heat_pump_source: Literal["air", "ground"] = sourced(CHOICE)
    """Where heat pumps that take the place of boilers draw their heat from."""
    gas_disconnection: bool = sourced(CHOICE)
    """Whether a school all of whose blocks have a heat pump may end its gas; its kitchen then becomes electric."""
    bills_in_value: bool = sourced(CHOICE)
    """Whether what bills fall by counts in the value of a measure."""
    savings_recycled_share: float = sourced(CHOICE, ge=0, le=1)
    """Part of what the programme takes off energy bills that pays for further energy measures from the year after (a
    revolving fund); the rest stays in free reserves."""
    after_plan: bool = sourced(CHOICE)
    """Whether savings after the end of the plan count, as long as the measure persists and the forecast reaches."""
    least_part_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Least part of a roof or of the windows of a block that is replaced for insulation to be offered with it."""
    roof_most_at_d_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Most of a roof that may be expected at grade D or E for panels to go on it as it is."""
    supply_upgrade: Literal["needed", "none"] = sourced(CHOICE)
    """Whether heat pumps need a larger supply where their peak is above what was agreed, or nobody has said what was."""
    whole_blocks: bool = sourced(CHOICE)
    """Whether a block that is refurbished or rebuilt needs less heat afterwards; a rebuilt one then has a heat pump."""


class Carbon(Part):
    """Carbon as a value and as a limit. Budgets and cuts are of the footprint of a planning year; left out: none."""

    in_objective: bool = sourced(CHOICE)
    """Whether carbon saved counts in the value of a measure, at the Green Book's values."""
    value_level: Literal["low", "central", "high"] = sourced(CHOICE)
    """Which of the Green Book's carbon values."""
    base_t: float | None = _optional(gt=0, le=1e6)
    """Footprint that cuts are shares of, such as that of 2017; left out: that of the first year of the plan."""
    cuts: dict[str, float] | None = _optional()
    """Least cut of the footprint by planning year, as a share of the base: {"2032" = 0.5}."""
    most_t: dict[str, float] | None = _optional()
    """Carbon budget: most tonnes by planning year."""
    most_in_plan_t: float | None = _optional(ge=0, le=1e7)
    """Carbon budget of the whole plan, in tonnes."""
    renewable_school_by: int | None = _optional(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    """Planning year by whose start at least one school generates its own electricity."""
    fossil_free_by: int | None = _optional(ge=EARLIEST_YEAR, le=LATEST_YEAR)
    """Planning year by whose start schools heat without burning fuel; only those a plan may treat."""

    @field_validator("cuts", "most_t")
    @classmethod
    def _years(cls, by_year, info):
        most = 1.0 if info.field_name == "cuts" else 1e7
        for year, amount in (by_year or {}).items():
            if not (year.isdigit() and EARLIEST_YEAR <= int(year) <= LATEST_YEAR):
                raise ValueError(f"each key is a planning year such as \"2032\", not {year!r}")
            if not 0 <= amount <= most:
                raise ValueError(f"{year}: from 0 to {most:g}, not {amount:g}")
        return by_year

    @property
    def asked(self):
        """Whether anything is asked of carbon as a limit."""
        return bool(self.cuts or self.most_t or self.most_in_plan_t is not None or self.renewable_school_by
                    or self.fossil_free_by)
