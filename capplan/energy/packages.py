"""Measures together: what a school uses with some of them fitted, worked out as a whole and in the right order."""

from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

import numpy as np

from ..reference import price_ratio
from .end_uses import END_USES, FUELS
from .heat_pumps import drawn_kw, plant_kw
from .measures import (
    BATTERY,
    BOILER,
    CAVITY,
    GENERAL,
    GROUND_SOURCE,
    HEAT_PUMPS,
    KITCHEN,
    LED,
    LOFT,
    ON_FABRIC,
    ON_HEAT,
    OUTSIDE_WALL,
    RE_ROOF,
    REBUILT,
    REFURBISHED,
    SOLAR,
    TAPS,
    figure,
)
from .solar import array_cost_gbp, battery_cost_gbp, generated_kwh, self_use

POWER = FUELS.index("electricity")
BURNT = [place for place, fuel in enumerate(FUELS) if fuel != "electricity"]
HEAT, WATER, COOKING, LIGHT = (END_USES.index(use) for use in ("space heating", "hot water", "catering", "lighting"))
NOT_TOGETHER = ({CAVITY, OUTSIDE_WALL}, {LOFT, RE_ROOF}, set(HEAT_PUMPS), {BOILER, HEAT_PUMPS[0]}, {BOILER, GROUND_SOURCE})
AREA_OF = {CAVITY: "wall", OUTSIDE_WALL: "wall", LOFT: "roof", RE_ROOF: "roof", "glazing at window replacement": "window"}
DAYS = 365


@dataclass(frozen=True)
class Premises:
    """A school as measures see it. ``Z`` zones (its heated blocks), ``Y`` years.

    ``kwh`` (fuels, end uses, Y) without any works [kWh]; ``heat_efficiency`` (Y,) of the plant that burns fuel [-];
    ``zone_share`` (Z,) of its heat [-]; ``gifa_m2`` (Z,); ``areas_m2`` by element (Z,); ``fabric_share`` by measure (Z,)
    of a zone's heat saved [-]; ``pupils``, ``phase``, ``sun_kwh_per_kwp``.
    """

    kwh: np.ndarray = field(repr=False)
    heat_efficiency: np.ndarray = field(repr=False)
    zone_share: np.ndarray = field(repr=False)
    gifa_m2: np.ndarray = field(repr=False)
    areas_m2: dict = field(repr=False)
    fabric_share: dict = field(repr=False)
    pupils: float = 0.0
    phase: str = ""
    sun_kwh_per_kwp: float = 0.0


@dataclass(frozen=True)
class Fitted:
    """A measure that acts from the year of a place on, in some zones (``None``: all), of a size (kWp of an array), done to a
    part of what there is (``part_share``: of a roof that is only partly renewed)."""

    measure: str
    since: int
    zones: tuple | None = None
    size_kwp: float = 0.0
    part_share: float = 1.0


@dataclass(frozen=True)
class Use:
    """What a school uses with measures: ``kwh`` (fuels, end uses, Y), of which ``self_used_kwh`` (Y,) is its own sun's;
    ``exported_kwh`` (Y,) [kWh]; ``heat_kwh`` (Z, Y) useful space heating, and ``pumped`` (Z, Y) whether by heat pump.
    """

    kwh: np.ndarray = field(repr=False)
    self_used_kwh: np.ndarray = field(repr=False)
    exported_kwh: np.ndarray = field(repr=False)
    heat_kwh: np.ndarray = field(repr=False)
    pumped: np.ndarray = field(repr=False)

    @property
    def bought_kwh(self):
        """Fuel that is bought, shape (fuels, Y). [kWh]"""
        bought = self.kwh.sum(axis=1)
        bought[POWER] -= self.self_used_kwh
        return bought


def use_with(premises, fitted, level="central"):
    """What a school uses with some measures fitted.

    Parameters
    ----------
    premises : Premises
    fitted : iterable of Fitted
        In any order: demand comes first, then controls, fabric, plant and generation.
    level : str
        ``low``, ``central`` or ``high`` savings.

    Returns
    -------
    Use

    Notes
    -----
    Fabric measures save shares of one loss, so they add up; controls save a share of what is left, so they multiply; the
    heat of lamps that are not lit is replaced; heat pumps give what heat is left. A refurbished block saves a share of what
    is left of its heat, a rebuilt one needs that of a new school whatever was done before. A measure saves nothing after
    its persistence. *Counterexample:* controls that save more in a leaky building than in a tight one.

    References
    ----------
    .. [1] CIBSE, TM54: Evaluating operational energy use at the design stage (2022): end uses built up one by one.
    """
    fitted = list(fitted)
    kwh, years = premises.kwh.astype(float).copy(), premises.kwh.shape[-1]
    act = _acting(fitted, len(premises.zone_share), years)
    kwh[POWER, LIGHT] *= 1.0 - figure(LED, "saving", level).value * act(LED).max(axis=0, initial=0.0)
    lamps = premises.kwh[POWER, LIGHT] - kwh[POWER, LIGHT]
    _without_burning(kwh, premises, act, level)
    heat, pumped = _heat(kwh, premises, act, lamps, level)
    generated, own = _sun(premises, fitted, kwh[POWER].sum(axis=0), act(BATTERY).max(axis=0, initial=0.0))
    return Use(kwh, own, generated - own, heat, pumped)


def _sun(premises, fitted, load_kwh, battery):
    """What arrays generate in each year, and what of it the school uses itself. [kWh]"""
    when, generated = np.arange(len(load_kwh)), np.zeros(len(load_kwh))
    if not any(item.measure == SOLAR for item in fitted):
        return generated, generated
    for item in fitted:
        if item.measure == SOLAR:
            on = (when >= item.since) & (when < item.since + figure(SOLAR, "persistence").value)
            generated += on * generated_kwh(item.size_kwp, premises.sun_kwh_per_kwp, np.maximum(when - item.since, 0))
    ratio = np.divide(generated, load_kwh, out=np.zeros(len(load_kwh)), where=load_kwh > 0)
    share = np.where(battery > 0, self_use(ratio, premises.phase, True), self_use(ratio, premises.phase))
    return generated, np.minimum(generated * share, load_kwh)


def _acting(fitted, zones, years):
    """A function: measure to (zones, years), the part of each zone it acts on in each year."""
    def act(measure):
        """Where and when one measure acts."""
        on = np.zeros((zones, years))
        for item in fitted:
            if item.measure == measure:
                until = item.since + int(figure(measure, "persistence").value)
                on[list(range(zones) if item.zones is None else item.zones), item.since:until] = item.part_share
        return on
    return act


def _without_burning(kwh, premises, act, level):
    """Hot water at the tap and electric kitchens in place of fuel; changes ``kwh``."""
    taps, kitchen = act(TAPS).max(axis=0, initial=0.0), act(KITCHEN).max(axis=0, initial=0.0)
    burnt = kwh[BURNT, WATER].sum(axis=0)
    heaters = premises.pupils / figure(TAPS, "pupils per heater").value
    standing = heaters * figure(TAPS, "standing loss").value * DAYS
    kwh[POWER, WATER] += taps * (burnt * figure(TAPS, "central efficiency", level).value + standing) * (burnt > 0)
    kwh[BURNT, WATER] *= 1.0 - taps
    kwh[POWER, COOKING] += kitchen * kwh[BURNT, COOKING].sum(axis=0) * figure(KITCHEN, "saving").value
    kwh[BURNT, COOKING] *= 1.0 - kitchen


def _heat(kwh, premises, act, lamps, level):
    """Space heating and what is left of burnt hot water; changes ``kwh``; the heat by zone, and where it is pumped."""
    zone, eff = premises.zone_share[:, None], premises.heat_efficiency[None, :]
    burnt_kwh = premises.kwh[BURNT, HEAT].sum(axis=0)
    burnt, direct = zone * burnt_kwh * eff, zone * premises.kwh[POWER, HEAT]
    kept = _kept(premises, act, level)
    again = figure(GENERAL, "lighting heat").value * zone * lamps * ((burnt + direct) > 0)
    by_fire = np.divide(burnt, burnt + direct, out=np.zeros_like(burnt), where=(burnt + direct) > 0)
    burnt_after, direct_after = burnt * kept + again * by_fire, direct * kept + again * (1.0 - by_fire)
    new = figure(BOILER, "saving").value
    eff_after = np.where(act(BOILER) > 0, np.maximum(eff, new), eff)
    pumped, power, water = np.zeros_like(burnt), np.zeros(kwh.shape[-1]), np.zeros(kwh.shape[-1])
    left = kwh[BURNT, WATER].sum(axis=0)
    for kind in HEAT_PUMPS:
        on = act(kind)
        power += (on * burnt_after).sum(axis=0) / figure(kind, "saving", level).value
        water += (on * zone).sum(axis=0) * left * premises.heat_efficiency / figure(
            kind, "hot water performance", level).value
        pumped = np.maximum(pumped, on)
    fuel = ((1.0 - pumped) * burnt_after / eff_after).sum(axis=0)
    kwh[BURNT, HEAT] *= np.divide(fuel, burnt_kwh, out=np.zeros_like(fuel), where=burnt_kwh > 0)
    same_water = np.divide(((1.0 - pumped) * zone * eff / eff_after).sum(axis=0), premises.zone_share.sum())
    kwh[BURNT, WATER] *= same_water
    kwh[POWER, HEAT] = direct_after.sum(axis=0) + power
    kwh[POWER, WATER] += water
    return burnt_after + direct_after, pumped


def _kept(premises, act, level):
    """Share of the heat that is still needed with fabric measures, controls and works on blocks, shape (Z, Y). [-]"""
    fabric = sum((act(name) * premises.fabric_share[name][:, None] for name in ON_FABRIC if name in premises.fabric_share),
                 np.zeros((len(premises.zone_share), premises.kwh.shape[-1])))
    kept = 1.0 - np.minimum(fabric, figure(GENERAL, "most fabric saving").value)
    for name in ON_HEAT:
        kept = kept * (1.0 - figure(name, "saving", level).value * act(name))
    kept = kept * (1.0 - figure(REFURBISHED, "saving", level).value * act(REFURBISHED))
    return np.where(act(REBUILT) > 0, np.minimum(kept, 1.0 - figure(REBUILT, "saving", level).value), kept)


@cache
def ratio_of_prices(from_year, to_year):
    """``reference.price_ratio``, remembered: it is asked for thousands of times. [-]

    Parameters
    ----------
    from_year, to_year : int

    Returns
    -------
    float
    """
    return price_ratio(from_year, to_year)


def costs_gbp(premises, fitted, price_base, level="central"):
    """What measures cost to fit, without fees, contingency or VAT, each measure at the prices of one year.

    Parameters
    ----------
    premises : Premises
    fitted : iterable of Fitted
    price_base : int
        Year of the prices wanted.
    level : str

    Returns
    -------
    dict of str to float
        By measure. Heat pumps are sized for the heat that is left. [GBP]

    Raises
    ------
    MissingFigureError
        If the price index has no figure for a year.
    """
    fitted, found = list(fitted), {}
    for item in fitted:
        zones = list(range(len(premises.zone_share)) if item.zones is None else item.zones)
        name, cost = item.measure, figure(item.measure, "capex", level)
        amount = _amount(premises, fitted, item, zones, cost.unit)
        if name == SOLAR:
            gbp = array_cost_gbp(item.size_kwp, level)
        elif name == BATTERY:
            gbp = battery_cost_gbp(item.size_kwp, level)
        else:
            gbp = cost.value * amount
        found[name] = found.get(name, 0.0) + item.part_share * gbp * ratio_of_prices(cost.base_year, price_base)
    return found


def _amount(premises, fitted, item, zones, unit):
    """How much of the unit of its cost a measure takes."""
    if unit == "GBP per m2 of floor":
        return float(premises.gifa_m2[zones].sum())
    if item.measure in AREA_OF:
        applies = premises.fabric_share[item.measure][zones] > 0
        return float((premises.areas_m2[AREA_OF[item.measure]][zones] * applies).sum())
    if unit == "GBP per kW of heat":
        return float(output_kw(premises, fitted, zones, item.since))
    if unit == "GBP per heater":
        return float(np.ceil(premises.pupils / figure(TAPS, "pupils per heater").value))
    return float(premises.pupils) if unit == "GBP per pupil" else 1.0


def output_kw(premises, fitted, zones, at):
    """Output that plant for some zones is sized for, once everything that is fitted acts. [kW]

    Parameters
    ----------
    premises : Premises
    fitted : iterable of Fitted
        What else is fitted by then: fabric first makes plant smaller.
    zones : list of int
    at : int
        Place of the year.

    Returns
    -------
    float
    """
    before = [item for item in fitted if item.since <= at and item.measure not in HEAT_PUMPS]
    heat = use_with(premises, before).heat_kwh[zones, min(at, premises.kwh.shape[-1] - 1)].sum()
    return plant_kw(heat, figure(GENERAL, "heating full load").value)


def added_kw(premises, fitted, level="central"):
    """What the heat pumps of a school draw on the coldest day. [kW]

    Parameters
    ----------
    premises : Premises
    fitted : iterable of Fitted
    level : str

    Returns
    -------
    float
    """
    fitted, total = list(fitted), 0.0
    for item in fitted:
        if item.measure in HEAT_PUMPS:
            zones = list(range(len(premises.zone_share)) if item.zones is None else item.zones)
            total += drawn_kw(output_kw(premises, fitted, zones, item.since), item.measure, level)
    return float(total)


def subsets(measures):
    """Every set of some measures that can stand together, none of them empty.

    Parameters
    ----------
    measures : sequence of str

    Returns
    -------
    list of tuple of str

    Examples
    --------
    >>> subsets(["cavity wall insulation", "external wall insulation", "draught-proofing"])[-2:]
    [('cavity wall insulation', 'draught-proofing'), ('external wall insulation', 'draught-proofing')]
    """
    every = [chosen for count in range(1, len(measures) + 1) for chosen in combinations(measures, count)]
    return [chosen for chosen in every if not any(pair <= set(chosen) for pair in NOT_TOGETHER)]


def useful(cost_gbp, benefits, most):
    """Which packages are worth offering: none costs more and does less than another, and no more than so many.

    Parameters
    ----------
    cost_gbp : array, shape (n,)
        [GBP]
    benefits : array, shape (n, k)
        What each does, such as tonnes and pounds saved: more is better.
    most : int
        How many at most; those that do most for their cost in any one benefit come first, and the one that does most.

    Returns
    -------
    list of int
        Places, cheapest first.

    Examples
    --------
    The third costs as much as the second and does less; of three that are left two are asked for:

    >>> useful(np.array([1.0, 5.0, 5.0, 9.0]), np.array([[1.0], [6.0], [5.0], [7.0]]), 2)
    [1, 3]
    """
    cost_gbp, benefits = np.asarray(cost_gbp, float), np.asarray(benefits, float)
    kept = []
    for place in range(len(cost_gbp)):
        no_worse = (cost_gbp <= cost_gbp[place]) & (benefits >= benefits[place]).all(axis=1)
        better = (cost_gbp < cost_gbp[place]) | (benefits > benefits[place]).any(axis=1)
        same = no_worse & ~better & (np.arange(len(cost_gbp)) < place)
        if not (no_worse & better).any() and not same.any():
            kept.append(place)
    if len(kept) <= most:
        return sorted(kept, key=lambda place: cost_gbp[place])
    scale = np.abs(benefits[kept]).max(axis=0)
    score = (benefits[kept] / np.where(scale > 0, scale, 1.0)).sum(axis=1)
    deepest = kept[int(np.argmax(score))]
    rate = score / np.maximum(cost_gbp[kept], 1.0)
    others = [kept[place] for place in np.argsort(-rate, kind="stable") if kept[place] != deepest]
    return sorted([deepest, *others[:most - 1]], key=lambda place: cost_gbp[place])
