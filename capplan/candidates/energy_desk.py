"""What making energy schemes needs and fills, and how one of them is written down."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..energy.measures import AIR_SOURCE, GROUND_SOURCE, figure
from .energy_sites import Worth
from .spending import second_summers

ENERGY, LOW_CARBON = "energy", "low carbon"
ELEMENT = "Energy"


@dataclass(frozen=True)
class EnergyOffers:
    """What the energy schemes of the candidates are made of.

    ``fitted``: scheme and start year to what is fitted; ``saved``: to what it saves on top of what goes before it;
    ``schools``: each as measures see it; ``considered``: every measure and package that was looked at, one row each;
    ``worth``: how savings are valued; ``works``: new scheme to the renewal it takes the place of.
    """

    fitted: dict = field(repr=False)
    saved: dict = field(repr=False)
    schools: dict = field(repr=False)
    considered: pd.DataFrame = field(repr=False)
    worth: Worth = field(repr=False)
    works: dict = field(repr=False)


@dataclass(frozen=True)
class Renewal:
    """A renewal that a low-carbon way may take the place of: its ``starts`` (rows of the candidates' cells), the components
    it treats, and the part of the covering or windows of the block that is expected to be replaced by year [-]."""

    starts: pd.DataFrame = field(repr=False)
    rows: np.ndarray = field(repr=False)
    replaced_share: np.ndarray = field(repr=False)

    @property
    def scheme_id(self):
        """Name of the scheme."""
        return self.starts.scheme_id.iloc[0]


@dataclass
class Desk:
    """What making the offers needs, and the offers as they are made."""

    outlook: object
    worth: Worth
    rows: list = field(default_factory=list)
    fitted: dict = field(default_factory=dict)
    saved: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    works: dict = field(default_factory=dict)
    considered: list = field(default_factory=list)

    @property
    def rules(self):
        """The section of the scenario."""
        return self.outlook.scenario.measures

    @property
    def pump(self):
        """The kind of heat pump that is offered in place of boilers."""
        return GROUND_SOURCE if self.rules.heat_pump_source == "ground" else AIR_SOURCE

    @property
    def first(self):
        """First year of the plan."""
        return self.outlook.scenario.plan.first_year

    @property
    def starts(self):
        """Years measures may start in, as places."""
        return range(0, self.outlook.horizon, self.rules.every_years)

    def finish(self, cost_gbp, start):
        """Place of the year works that start in a year are finished in."""
        scenario = self.outlook.scenario
        return start + int(second_summers(np.array([cost_gbp]), scenario)[0]) + scenario.shocks.overrun_years

    def offer(self, facts, start, cost_gbp, fitted, saved, value_gbp, finish):
        """Write down one start of a scheme; ``start`` and ``finish`` are places of years.

        Parameters
        ----------
        facts : dict
            What identifies the scheme.
        start, finish : int
        cost_gbp, value_gbp : float
            Real, and present value. [GBP]
        fitted : sequence of Fitted
        saved : Saved
        """
        year = self.first + start
        self.rows.append({**facts, "start_year": year, "cost_real_gbp": round(cost_gbp, 2),
                          "value": round(value_gbp, 2), "value_on_time": round(value_gbp, 2),
                          "finish_year": self.first + finish})
        self.fitted[facts["scheme_id"], year] = tuple(fitted)
        self.saved[facts["scheme_id"], year] = saved

    def consider(self, school, stage, fitted, cost_gbp, saved, scheme_id="", start=0, works_gbp=None, context=()):
        """Note measures that were looked at, whether or not they are offered.

        Parameters
        ----------
        school : SchoolEnergy
        stage : str
            What they compete with.
        fitted : sequence of Fitted
        cost_gbp : float
            What they cost, or add to the cost of a renewal. [GBP]
        saved : Saved
        scheme_id : str
            The scheme they are offered as.
        start : int
            Place of the year they are looked at in.
        works_gbp : float, optional
            Part of the cost that is the measures' own, whose range the library has; left out: all of it. [GBP]
        context : sequence of Fitted
            What their saving is worked out on top of.
        """
        central, *ends = (sum(school.cost_gbp(fitted, level).values()) for level in ("central", "low", "high"))
        own = cost_gbp if works_gbp is None else works_gbp
        ends = [cost_gbp + own * (end / central - 1.0) if central > 0 else cost_gbp for end in ends]
        self.considered.append({
            "school_id": school.school_id, "stage": stage, "fitted": tuple(fitted), "cost_gbp": float(cost_gbp),
            "cost_low_gbp": ends[0], "cost_high_gbp": ends[1], "saved": saved, "scheme_id": scheme_id, "start": start,
            "works_gbp": float(own), "context": tuple(context)})

    def facts(self, school, scheme_id, tag, group, description, **more):
        """What identifies a scheme of a school as a whole."""
        site = self.outlook.estate.sites.drop_duplicates("school_id").set_index("school_id").site_id
        return {"scheme_id": scheme_id, "school_id": school.school_id, "kind": ENERGY, "tag": tag, "exclusion_group": group,
                "also_meets": "", "requires": "", "must_do": "", "site_id": site.get(school.school_id, ""),
                "trade": ELEMENT, "block_id": "", "element": ELEMENT, "description": description, "priority": np.nan,
                "worst_grade": "", "surveyed_share": 1.0, "stage": self.outlook.scenario.costs.survey_stage, **more}


def lasting(fitted, years):
    """The same measures, each renewed whenever it no longer acts: what others are worked out on top of."""
    return [replace(item, since=since) for item in fitted
            for since in range(item.since, years, int(figure(item.measure, "persistence").value))]


def zone_of(school, block):
    """The zone of a block, as what is fitted names it."""
    return (school.blocks.index(block),)


def joined(*names):
    """Names in one cell, blanks left out."""
    return ";".join(name for name in names if name)
