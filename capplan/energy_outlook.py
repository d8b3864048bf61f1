"""Energy, its cost and its carbon to 2050: by school, fuel, end use and year, if nothing is done or with works on plant."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .condition.compliance import planning_year
from .energy.degree_days import climate_multiples
from .energy.end_uses import FUELS
from .energy.factors import (
    LAST_YEAR,
    SCOPES,
    AppraisalFactors,
    FootprintFactors,
    appraisal_factors,
    calendar_years,
    footprint_factors,
    general_price_ratio,
)
from .energy.forecast import forecast_use, plant_efficiency
from .energy.tariffs import PATHS, bill, price_path
from .energy_baseline import EnergyBaseline, energy_baseline
from .pupil_forecast import led_by_forecast

HEAT_SOURCE = "MECH.01"


@dataclass(frozen=True)
class EnergyOutlook:
    """Energy of every school in every planning year, and what it costs and emits. Carries its parent.

    ``kwh`` is (schools, fuels, end uses, years) without works; ``unit_gbp_per_kwh`` and ``standing_gbp`` are (schools,
    fuels, years), real at the scenario's price base; ``heat_efficiency`` (schools, years) [-], not a number where no heat
    source is among the components; ``gifa_m2`` and ``pupils`` (schools, years). Years are planning years, to 2049-50
    at least.
    """

    base: EnergyBaseline = field(repr=False)
    years: np.ndarray = field(repr=False)
    kwh: np.ndarray = field(repr=False)
    unit_gbp_per_kwh: np.ndarray = field(repr=False)
    standing_gbp: np.ndarray = field(repr=False)
    heat_efficiency: np.ndarray = field(repr=False)
    drivers: dict = field(repr=False)
    footprint: FootprintFactors = field(repr=False)
    appraisal: AppraisalFactors = field(repr=False)
    notes: tuple = ()

    @property
    def schools(self):
        """Schools in the order of the arrays."""
        return self.base.schools

    @property
    def baseline(self):
        """Use of a normal year by school and fuel."""
        return self.base.rows.copy(deep=False)

    @property
    def gifa_m2(self):
        """Floor area in use, shape (schools, years). [m2]"""
        return self.drivers["gifa_m2"]

    @property
    def pupils(self):
        """Pupils on roll, shape (schools, years). [pupils]"""
        return self.drivers["pupils"]

    def cost_gbp(self, use_kwh=None):
        """Bills, real.

        Parameters
        ----------
        use_kwh : array, shape (schools, fuels, [end uses,] years), optional
            Left out: use without works. [kWh]

        Returns
        -------
        array, shape (schools, fuels, years)
            Standing charges are due whatever is used. [GBP]
        """
        return bill(self._by_fuel(use_kwh), self.unit_gbp_per_kwh, self.standing_gbp)

    def emissions_t(self, use_kwh=None):
        """Footprint, all scopes that count.

        Parameters
        ----------
        use_kwh : array, shape (schools, fuels, [end uses,] years), optional
            Left out: use without works. [kWh]

        Returns
        -------
        array, shape (schools, fuels, years)
            [tCO2e]
        """
        return self.footprint.total_t(self._by_fuel(use_kwh))

    def change_t(self, change_kwh):
        """Emissions caused by a change of use, by long-run marginal factors; below nought: avoided.

        Parameters
        ----------
        change_kwh : array, shape (schools, fuels, [end uses,] years)
            Use with the change less use without it. [kWh]

        Returns
        -------
        array, shape (schools, fuels, years)
            [tCO2e]
        """
        return self.appraisal.change_t(self._by_fuel(change_kwh))

    def _by_fuel(self, use_kwh):
        use = self.kwh if use_kwh is None else np.asarray(use_kwh, float)
        return use.sum(axis=2) if use.ndim == 4 else use

    def with_condition(self, parts, costs_gbp, shares):
        """The same with heating plant in another condition.

        Parameters
        ----------
        parts : DataFrame
            Components, as an outlook has them.
        costs_gbp : array, shape (n, 5)
            Their costs by grade; that at D says how much of the plant each one is. [GBP]
        shares : array, shape (years + 1, n, 5)
            Probability of grades A to E in each year. [-]

        Returns
        -------
        EnergyOutlook
        """
        efficiency = _efficiency(self.schools, self.years, parts, costs_gbp, shares)
        return replace(self, kwh=_use(self.base, self.drivers, efficiency / self.drivers["efficiency_now"][:, None]),
                       heat_efficiency=efficiency)

    def by_year(self):
        """Energy of the trust in each year.

        Returns
        -------
        DataFrame
            ``year, electricity_kwh, fuels_kwh, energy_gbp`` (real), ``footprint_tco2e``.
        """
        use = self._by_fuel(None).sum(axis=0)
        return pd.DataFrame({"year": self.years, "electricity_kwh": use[0], "fuels_kwh": use[1:].sum(axis=0),
                             "energy_gbp": self.cost_gbp().sum(axis=(0, 1)),
                             "footprint_tco2e": self.emissions_t().sum(axis=(0, 1))})

    def by_school(self):
        """Energy by school, year and fuel.

        Returns
        -------
        DataFrame
            ``school_id, year, fuel, use_kwh, cost_gbp`` (real), ``scope_1_tco2e, scope_2_tco2e, scope_3_tco2e,
            footprint_tco2e``; fuels a school does not use are left out.
        """
        use, cost = self._by_fuel(None), self.cost_gbp()
        scopes = self.footprint.by_scope_t(use)
        school, fuel = np.nonzero(use.any(axis=2))
        years = len(self.years)
        frame = pd.DataFrame({
            "school_id": np.repeat(np.array(self.schools, object)[school], years), "year": np.tile(self.years, len(school)),
            "fuel": np.repeat(np.array(FUELS, object)[fuel], years), "use_kwh": use[school, fuel].ravel(),
            "cost_gbp": cost[school, fuel].ravel()})
        for number in "123":
            of_it = [place for place, name in enumerate(SCOPES) if name.startswith(f"scope {number}")]
            frame[f"scope_{number}_tco2e"] = scopes[of_it].sum(axis=0)[school, fuel].ravel()
        return frame.assign(footprint_tco2e=frame.filter(like="scope_").sum(axis=1))

    def bills_by_path(self):
        """Bills of the trust in each year on each path of prices, real.

        Returns
        -------
        dict of array, shape (years,)
            By the name of the path. [GBP]
        """
        calendar, use, found = calendar_years(self.years), self._by_fuel(None), {}
        for path in PATHS:
            units, standing = _prices(self.base, calendar, self.drivers["in_trust"], path)
            found[path] = bill(use, units, standing).sum(axis=(0, 1))
        return found

    @property
    def nominal_factors(self):
        """What a pound of the price base is in the money of each planning year, by general prices; shape (years,). [-]"""
        scenario = self.base.scenario
        return np.array([general_price_ratio(scenario.plan.price_base, int(year), scenario.energy.general_inflation)
                         for year in calendar_years(self.years)])

    def nominal_bills_gbp(self):
        """Bills in the pounds of each year, by school and planning year (nominal). [GBP]

        Returns
        -------
        DataFrame
            Indexed by ``school_id``, one column per planning year.
        """
        return pd.DataFrame(self.cost_gbp().sum(axis=1) * self.nominal_factors, index=list(self.schools), columns=self.years)

    def dearer_gbp(self):
        """What a shock to energy prices adds to the bills of each school and planning year (nominal). [GBP]

        Returns
        -------
        Series
            By ``school_id`` and ``year``; nought without a shock.
        """
        rise = self.base.scenario.shocks.energy_price_share
        bills = self.nominal_bills_gbp().rename_axis(index="school_id", columns="year").stack()
        return bills * (rise / (1.0 + rise))

    def __str__(self):
        frame, last = self.by_year().set_index("year"), int(self.years[-1])
        first = int(self.years[0])
        ends = [f"{year}-{(year + 1) % 100:02d}: £{frame.energy_gbp[year]:,.0f} and {frame.footprint_tco2e[year]:,.0f} tCO2e"
                for year in (first, last)]
        return f"{self.base}. {'; '.join(ends)}, without works"


def energy_outlook(estate, scenario):
    """Energy of an estate in years to come, its heating plant as it is now.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    EnergyOutlook
        ``with_condition`` gives it with plant that wears.

    Raises
    ------
    DataError
        If a school's use can be neither read nor estimated.
    """
    base, plan = energy_baseline(estate, scenario), scenario.plan
    years = np.arange(plan.first_year, max(plan.first_year + plan.years, LAST_YEAR - 1) + 1)
    drivers = _drivers(base, years)
    flat = np.full((len(base.schools), len(years)), np.nan)
    rules, calendar = scenario.energy, calendar_years(years)
    footprint = footprint_factors(calendar, rules.losses, rules.supply, rules.consistent_factors)
    units, standing = _prices(base, calendar, drivers["in_trust"], rules.price_path)
    return EnergyOutlook(base, years, _use(base, drivers, np.ones_like(flat)), units, standing, flat, drivers, footprint,
                         appraisal_factors(calendar), (*base.notes, *_notes(base, footprint, drivers)))


def _use(base, drivers, efficiency_multiple):
    rules = base.scenario.energy
    plain = np.nan_to_num(efficiency_multiple, nan=1.0) if rules.worn_plant else np.ones_like(efficiency_multiple)
    use = forecast_use(base.now_kwh, climate_multiples(rules.degree_day_growth, plain.shape[1]), drivers["pupils_multiple"],
                       drivers["area_multiple"], plain, rules.pupil_elasticity)
    return use * drivers["in_trust"][:, None, None, :]


def _drivers(base, years):
    """What use follows, by school and year: pupils, floor area and whether the school is the trust's."""
    estate, schools = base.estate, list(base.schools)
    pupils = _pupils(estate, base.scenario, schools, years)
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    leaves = planning_year(blocks.planned_exit - pd.Timedelta(days=1)).astype(float).fillna(np.inf).to_numpy()
    stands = leaves[:, None] >= years[None, :]
    area = (pd.DataFrame(blocks.gifa_m2.to_numpy()[:, None] * stands).groupby(blocks.school_id.to_numpy()).sum()
            .reindex(schools).fillna(0.0).to_numpy())
    facts = estate.schools.set_index("school_id").loc[schools]
    begins = pd.concat([facts.joined, facts.opened], axis=1).max(axis=1)
    ends = pd.concat([facts.left, facts.closed], axis=1).min(axis=1)
    first = planning_year(begins).astype(float).fillna(-np.inf).to_numpy()[:, None]
    last = planning_year(ends - pd.Timedelta(days=1)).astype(float).fillna(np.inf).to_numpy()[:, None]
    in_trust = ((first <= years) & (years <= last)).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        pupils_multiple = np.nan_to_num(pupils / pupils[:, :1], nan=1.0, posinf=1.0)
        area_multiple = np.nan_to_num(area / area[:, :1], nan=1.0, posinf=1.0)
    return {"pupils": pupils, "pupils_multiple": pupils_multiple, "gifa_m2": area, "area_multiple": area_multiple,
            "in_trust": in_trust, "efficiency_now": np.full(len(schools), np.nan)}


def _pupils(estate, scenario, schools, years):
    """Pupils by school and year: the spring census inside the year, the nearest where there is none."""
    now = estate.schools.set_index("school_id").pupils.astype(float).reindex(schools).to_numpy()
    pupils, rolls = np.tile(now[:, None], len(years)), led_by_forecast(estate, scenario)[0].rolls
    if not len(rolls):
        return pupils
    stages = [name for name in rolls if name.startswith("pupils_")]
    heads = rolls.assign(pupils=rolls[stages].fillna(0.0).sum(axis=1))
    first_census = scenario.plan.first_year + 1
    kept = np.where(heads.census_year >= first_census, 1.0 - scenario.shocks.rolls_fall_share, 1.0)
    heads["pupils"] = heads.pupils * kept
    for place, school in enumerate(schools):
        own = heads[heads.school_id == school].set_index("census_year").pupils.sort_index()
        if len(own):
            pupils[place] = np.interp(calendar_years(years), own.index, own)
    return pupils


def _efficiency(schools, years, parts, costs_gbp, shares):
    """Seasonal efficiency of each school's heat sources by year; after the plan as at its end. (schools, years)"""
    found = np.full((len(schools), len(years)), np.nan)
    source = (parts.type_id == HEAT_SOURCE).to_numpy()
    weights = costs_gbp[:, 3]
    for place, school in enumerate(schools):
        own = np.flatnonzero(source & (parts.school_id == school).to_numpy())
        mixed = np.einsum("ynk,n->yk", shares[:, own], weights[own])
        by_year = plant_efficiency(mixed)
        by_year = pd.Series(by_year).ffill().to_numpy()
        found[place] = by_year[np.minimum(np.arange(len(years)), len(by_year) - 1)]
    return found


def plant_wears(energy, parts, costs_gbp, shares):
    """An energy outlook whose plant wears as forecast from its condition now.

    Parameters
    ----------
    energy : EnergyOutlook
    parts : DataFrame
        Components, as an outlook has them.
    costs_gbp : array, shape (n, 5)
        Their costs by grade. [GBP]
    shares : array, shape (years + 1, n, 5)
        Probability of grades A to E if nothing is done. [-]

    Returns
    -------
    EnergyOutlook
    """
    now = _efficiency(energy.schools, energy.years[:1], parts, costs_gbp, shares[:1])[:, 0]
    started = replace(energy, drivers=energy.drivers | {"efficiency_now": now})
    return started.with_condition(parts, costs_gbp, shares)


def _prices(base, calendar, in_trust, price_path_name):
    """Unit rates and standing charges by school, fuel and year on a path, real."""
    scenario, shape = base.scenario, (len(base.schools), len(FUELS), len(calendar))
    rules, units, standing = scenario.energy, np.zeros(shape), np.zeros(shape)
    shock, place = 1.0 + scenario.shocks.energy_price_share, {school: i for i, school in enumerate(base.schools)}
    for row in base.rows.itertuples():
        real = general_price_ratio(row.price_year, scenario.plan.price_base, rules.general_inflation) * shock
        path = price_path(row.fuel, calendar, price_path_name, row.price_year, rules.published_price_level)
        at = place[row.school_id], FUELS.index(row.fuel)
        units[at] = row.unit_rate_gbp * real * path
        standing[at] = row.standing_gbp * real * path * in_trust[at[0]]
    return units, standing


def _notes(base, footprint, drivers):
    """What has to be said of factors, prices and pupils."""
    used = set(base.rows.fuel)
    told = [note for note in footprint.notes if note.split(",")[0] in used]
    if told:
        yield "Footprint factors: " + "; ".join(told) + "."
    if rise := base.scenario.shocks.energy_price_share:
        yield f"All energy bills are at {1 + rise:.0%} of their price: the scenario shocks it."
    if not len(base.estate.rolls) and not base.scenario.pupils.leads_rolls:
        yield "Without rolls.csv pupils stay as they are, and so does what follows them."
    if np.isnan(drivers["pupils"]).any():
        yield "Where the number of pupils is not known, energy does not follow it."
