"""Schools as energy measures see them inside a plan, and what measures save there in energy, pounds and tonnes."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .. import reference
from ..energy.end_uses import FUELS
from ..energy.fabric import block_areas_m2, fabric_savings
from ..energy.factors import AppraisalFactors, FootprintFactors, calendar_years, carbon_values_gbp, general_price_ratio
from ..energy.forecast import plant_efficiency
from ..energy.measures import BATTERY, CAVITY, GAS_OFF, LOFT, OUTSIDE_WALL, SOLAR, SUPPLY, figure
from ..energy.packages import BURNT, HEAT, POWER, WATER, Premises, added_kw, costs_gbp, ratio_of_prices, use_with
from ..energy.solar import array_cost_gbp, upkeep_gbp, yield_kwh_per_kwp
from ..energy.supply import peak_kw, peak_with, upgrade_needed
from ..energy.tariffs import export_price
from ..finance import discount_factors

COVERINGS, FLAT, SOLID_WALLS = "Coverings and insulation", "Flat roof", "pre-1919"


@dataclass(frozen=True)
class Saved:
    """What measures save by year, shape (Y,) each: bills [GBP], carbon at marginal factors and of the footprint [tCO2e],
    fuel burnt and electricity bought [kWh], heat and hot water from burning [kWh]."""

    bills_gbp: np.ndarray
    carbon_t: np.ndarray
    footprint_t: np.ndarray
    burnt_kwh: np.ndarray
    power_kwh: np.ndarray
    fire_kwh: np.ndarray


@dataclass(frozen=True)
class SchoolEnergy:
    """A school's premises and prices. Zones are its blocks, ``treatable`` those that stay; years as the energy outlook's."""

    school_id: str
    blocks: tuple
    treatable: tuple
    premises: Premises = field(repr=False)
    unit_gbp_per_kwh: np.ndarray = field(repr=False)
    standing_gbp: np.ndarray = field(repr=False)
    export_gbp_per_kwh: np.ndarray = field(repr=False)
    appraisal: AppraisalFactors = field(repr=False)
    footprint: FootprintFactors = field(repr=False)
    works_multiple: float = 1.0
    base_year: int = 2026
    level: str = "central"
    agreed_kva: float = float("nan")
    upgrades: bool = True

    def saved(self, fitted, context=()):
        """What measures save on top of others.

        Parameters
        ----------
        fitted : iterable of Fitted
        context : iterable of Fitted
            What is there without them.

        Returns
        -------
        Saved
        """
        context = list(context)
        before = self._used(tuple(context))
        after = use_with(self.premises, [*context, *fitted], self.level)
        less = before.bought_kwh - after.bought_kwh
        sent = after.exported_kwh - before.exported_kwh
        gone = self.ended([*context, *fitted], after) * 1.0 - self.ended(context, before)
        bills = (less * self.unit_gbp_per_kwh + gone * self.standing_gbp).sum(axis=0) + sent * self.export_gbp_per_kwh
        change = -less
        change[POWER] -= sent
        footprint = self.footprint.total_t(before.bought_kwh) - self.footprint.total_t(after.bought_kwh)
        fire = (before.kwh - after.kwh)[BURNT][:, [HEAT, WATER]].sum(axis=(0, 1))
        return Saved(bills - self.upkeep_gbp(fitted), -self.appraisal.change_t(change).sum(axis=0),
                     _by_year(footprint), less[BURNT].sum(axis=0), less[POWER], fire)

    def _used(self, context):
        """What the school uses with what is there already; remembered, since many measures are worked out on top of it."""
        known = self.__dict__.setdefault("_known", {})
        if context not in known:
            known[context] = use_with(self.premises, context, self.level)
        return known[context]

    def ended(self, fitted, use):
        """Fuels that are no longer bought, shape (fuels, Y): gas only once it is disconnected, standing charge and all.

        Parameters
        ----------
        fitted : iterable of Fitted
        use : Use
            What the school uses with them.

        Returns
        -------
        array of bool
        """
        gone = (self.premises.kwh.sum(axis=1) > 0) & ~(use.bought_kwh > 0)
        off = min((item.since for item in fitted if item.measure == GAS_OFF), default=gone.shape[1])
        gone[FUELS.index("gas"), :off] = False
        return gone

    def upkeep_gbp(self, fitted):
        """Yearly upkeep of arrays and batteries at the plan's prices, shape (Y,). [GBP]"""
        total, when = np.zeros(self.premises.kwh.shape[-1]), np.arange(self.premises.kwh.shape[-1])
        battery = any(item.measure == BATTERY for item in fitted)
        for item in fitted:
            if item.measure == SOLAR:
                age = when - item.since + 1
                on = (age >= 1) & (age <= figure(SOLAR, "persistence").value)
                yearly = upkeep_gbp(item.size_kwp, array_cost_gbp(item.size_kwp), age, battery)
                total += on * yearly * ratio_of_prices(figure(SOLAR, "upkeep").base_year, self.base_year)
        return total

    def cost_gbp(self, fitted, level="central"):
        """What measures cost with fees, contingency, location and VAT, real, by measure. [GBP]"""
        found = costs_gbp(self.premises, fitted, self.base_year, level)
        return {name: cost * self.works_multiple for name, cost in found.items()}

    def upgrade_cost_gbp(self, fitted, level="central"):
        """Cost of a larger supply, where heat pumps need one; else nought. [GBP]"""
        if not self.upgrades:
            return 0.0
        now = peak_kw(self.premises.pupils, self.premises.phase)
        needed = upgrade_needed(peak_with(now, added_kw(self.premises, fitted)), self.agreed_kva)
        cost = figure(SUPPLY, "capex", level)
        return float(needed * cost.value * ratio_of_prices(cost.base_year, self.base_year) * self.works_multiple)


def _by_year(tonnes):
    """Tonnes by year, whatever scopes and fuels stand before."""
    return np.asarray(tonnes).reshape(-1, np.asarray(tonnes).shape[-1]).sum(axis=0)


def school_energies(outlook):
    """Every school whose works the trust may plan, as energy measures see it.

    Parameters
    ----------
    outlook : Outlook
        With energy.

    Returns
    -------
    dict of str to SchoolEnergy

    Notes
    -----
    The heat of a school is shared among its blocks by floor area. *Counterexample:* a sports hall kept at 16 degrees.
    """
    estate, energy, scenario = outlook.estate, outlook.energy, outlook.scenario
    schools = estate.schools.set_index("school_id")
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    agreed = _agreed_kva(estate)
    found = {}
    for place, school in enumerate(energy.schools):
        facts, own = schools.loc[school], blocks[blocks.school_id == school]
        if facts.pfi or not len(own):
            continue
        vat = 1.0 + bool(facts.voluntary_aided) * scenario.costs.vat_rate_voluntary_aided
        on_costs = scenario.on_cost_factor * reference.location_factor(facts.region) * vat
        found[school] = SchoolEnergy(
            school, tuple(own.block_id), tuple(np.flatnonzero(own.planned_exit.isna().to_numpy()).tolist()),
            _premises(outlook, place, facts, own), energy.unit_gbp_per_kwh[place], energy.standing_gbp[place],
            _export(energy.years, scenario), energy.appraisal, energy.footprint, on_costs, scenario.plan.price_base,
            scenario.measures.level, agreed.get(school, float("nan")), scenario.measures.supply_upgrade == "needed")
    return found


def _agreed_kva(estate):
    """Agreed capacity of the electricity meters of each school, where every one of them has it. [kVA]"""
    meters = estate.meters
    if not len(meters):
        return {}
    own = meters[meters.fuel == "electricity"]
    return own.groupby("school_id").agreed_capacity_kva.agg(lambda kva: kva.sum(skipna=False)).to_dict()


def _premises(outlook, place, facts, own):
    energy, region = outlook.energy, facts.region
    gifa = own.gifa_m2.to_numpy(float)
    areas = block_areas_m2(gifa, own.ground_gifa_m2.to_numpy(float), own.storeys.to_numpy(float),
                           own.perimeter_m.to_numpy(float), own.height_m.to_numpy(float),
                           own.windows_doors_percent.to_numpy(float) / 100.0)
    bands = own.age_band.fillna("").tolist()
    fabric = fabric_savings(areas, gifa, bands, outlook.scenario.measures.level)
    solid = np.array([band == SOLID_WALLS for band in bands])
    fabric[CAVITY] = np.where(solid, 0.0, fabric[CAVITY])
    fabric[OUTSIDE_WALL] = np.where(solid, fabric[OUTSIDE_WALL], 0.0)
    fabric[LOFT] = np.where(_pitched(outlook, own.block_id), fabric[LOFT], 0.0)
    pupils = float(np.nan_to_num(energy.pupils[place, 0]))
    usual = float(plant_efficiency(np.array([0.0, 1, 0, 0, 0])))
    efficiency = np.nan_to_num(energy.heat_efficiency[place], nan=usual)
    return Premises(energy.kwh[place], efficiency, gifa / gifa.sum(), gifa, areas, fabric, pupils,
                    facts.phase if isinstance(facts.phase, str) else "", yield_kwh_per_kwp(region))


def coverings(outlook):
    """Whether each component is a roof covering, shape (n,)."""
    types = reference.component_types().loc[outlook.parts.type_id]
    return ((types.element == "Roofs") & (types.sub_element == COVERINGS)).to_numpy()


def _pitched(outlook, blocks):
    """Whether most of the roof covering of each block is pitched; where no covering was surveyed, it is not."""
    types = reference.component_types().loc[outlook.parts.type_id]
    flat = types.construction_type.str.startswith(FLAT).to_numpy()
    rows, quantity = coverings(outlook), outlook.parts.quantity.to_numpy()
    sums = pd.DataFrame({"block": outlook.parts.block_id, "pitched": quantity * (rows & ~flat), "all": quantity * rows})
    sums = sums.groupby("block")[["pitched", "all"]].sum().reindex(blocks).fillna(0.0)
    return (sums.pitched > sums["all"] / 2).to_numpy()


def _export(years, scenario):
    """What a kWh sent to the grid brings in each year, real. [GBP/kWh]"""
    price, year = export_price(scenario.energy.price_path)
    ratio = general_price_ratio(year, scenario.plan.price_base, scenario.energy.general_inflation)
    return np.full(len(years), price * ratio)


@dataclass(frozen=True)
class Worth:
    """What a tonne and a pound saved in each year are worth, shape (Y,) each, and the years of the plan, as places."""

    discount: np.ndarray
    carbon_gbp_per_t: np.ndarray
    bills: bool
    carbon: bool
    counted: np.ndarray

    def of(self, saved):
        """Value of what is saved, present value. [GBP]"""
        yearly = self.bills * saved.bills_gbp + self.carbon * self.carbon_gbp_per_t * saved.carbon_t
        return float((self.discount * yearly * self.counted).sum())


def worth_of_saving(outlook):
    """How savings are valued under a scenario.

    Parameters
    ----------
    outlook : Outlook
        With energy.

    Returns
    -------
    Worth
    """
    scenario, years = outlook.scenario, outlook.energy.years
    plan, rules = scenario.plan, scenario.measures
    value = carbon_values_gbp(calendar_years(years), scenario.carbon.value_level, plan.price_base,
                              scenario.energy.general_inflation)
    counted = np.ones(len(years), bool) if rules.after_plan else np.arange(len(years)) < plan.years
    return Worth(discount_factors(plan.discount_rate, len(years)), np.asarray(value), rules.bills_in_value,
                 scenario.carbon.in_objective, counted)
