"""Packages of measures for a school as a whole, at most one of each stage: lighting, heat, sun."""

from dataclasses import replace

import numpy as np

from .. import reference
from ..energy.measures import BATTERY, CAVITY, CONTROLS, DRAUGHT, LED, LOFT, OUTSIDE_WALL, SOLAR, TAPS, ZONING
from ..energy.packages import BURNT, HEAT, LIGHT, POWER, WATER, Fitted, subsets, useful
from ..energy.solar import largest_kwp, self_use
from .energy_desk import lasting
from .energy_sites import COVERINGS

HEAT_SET = (CONTROLS, ZONING, DRAUGHT, CAVITY, LOFT, OUTSIDE_WALL, TAPS)
TAG = "energy"
SMALLEST_KWP, LEAST_SELF_USE_SHARE = 4.0, 0.5


def packages(desk, school, pump_blocks, re_roofs):
    """Offer the packages of a school.

    Parameters
    ----------
    desk : Desk
        Filled with the offers.
    school : SchoolEnergy
    pump_blocks : sequence of str
        Blocks whose boilers may give way to a heat pump: the heat packages shut out one sized for the school as it is.
    re_roofs : dict of str to Renewal
        Renewals of roofs, by block.

    Returns
    -------
    tuple of (str, tuple of Fitted)
        The heat package that saves most carbon, and what it fits; blank and none where there is none.
    """
    own = school.premises
    if own.kwh[POWER, LIGHT].sum() > 0:
        _stage(desk, school, "lighting", [[Fitted(LED, 1, school.treatable)]])
    deepest = ("", ())
    if own.kwh[:, HEAT].sum() > 0:
        names = [name for name in HEAT_SET if _applies(own, school, name)]
        sets = [[Fitted(name, 1, school.treatable) for name in chosen] for chosen in subsets(names)]
        kept = _stage(desk, school, "heat", sets, also_meets=";".join(f"{block}.as_is" for block in pump_blocks))
        if kept:
            deepest = max(kept.items(), key=lambda item: school.saved(item[1]).carbon_t.sum())
    _solar(desk, school, re_roofs)
    return deepest


def _applies(premises, school, name):
    if name == TAPS:
        return premises.kwh[BURNT, WATER].sum() > 0 and premises.pupils > 0
    return name not in premises.fabric_share or premises.fabric_share[name][list(school.treatable)].sum() > 0


def _stage(desk, school, stage, sets, suffix="", context=(), **more):
    """Offer the useful ones of some sets of measures as alternatives of one stage, on top of others: scheme to what it
    fits."""
    cost = np.array([sum(school.cost_gbp(fitted).values()) for fitted in sets])
    saved = [school.saved(fitted, context) for fitted in sets]
    gains = np.array([[desk.worth.of(each), each.carbon_t.sum()] for each in saved]).reshape(-1, 2)
    does = [place for place in range(len(sets)) if gains[place].max() > 0 and cost[place] > 0]
    most = desk.rules.packages_per_stage
    places = [does[place] for place in useful(cost[does], gains[does], most)] if does else []
    found = {}
    for number, place in enumerate(places, 1):
        scheme = f"{school.school_id}.{stage}{suffix}{number if len(places) > 1 else ''}"
        _offer_package(desk, school, scheme, f"{school.school_id}.{stage}", sets[place], float(cost[place]), context, more)
        found[scheme] = tuple(sets[place])
    named = dict(zip(places, found, strict=True))
    for place, fitted in enumerate(sets):
        desk.consider(school, f"{school.school_id}.{stage}{suffix}", fitted, cost[place], saved[place], named.get(place, ""),
                      context=context)
    return found


def _offer_package(desk, school, scheme, group, fitted, cost_gbp, context, more):
    """One package, one row for each start."""
    names = ", ".join(dict.fromkeys(item.measure for item in fitted))
    size = next((f" of {item.size_kwp:g} kWp" for item in fitted if item.size_kwp), "")
    facts = desk.facts(school, scheme, TAG, group, f"{names[0].upper()}{names[1:]}{size}", **more)
    for start in desk.starts:
        finish = desk.finish(cost_gbp, start)
        own = [replace(item, since=finish + 1) for item in fitted]
        saved = school.saved(own, context)
        desk.offer(facts, start, cost_gbp, own, saved, desk.worth.of(saved), finish)


def _solar(desk, school, re_roofs):
    """Panels on roofs that are good, or on these and the largest of the others once it has been renewed."""
    good, area = _good_roofs(desk, school), school.premises.areas_m2["roof"]
    kwp, load = float(sum(largest_kwp(area[zone]) for zone in good)), school.premises.kwh[POWER].sum(axis=0)[0]
    if not load > 0:
        return
    lamps = lasting([Fitted(LED, 1, school.treatable)], len(desk.worth.discount))
    _stage(desk, school, "solar", _arrays(school, kwp, load), context=lamps)
    poor = [zone for zone in school.treatable if zone not in good and school.blocks[zone] in re_roofs]
    if poor:
        zone = max(poor, key=lambda zone: area[zone])
        block = school.blocks[zone]
        scheme = re_roofs[block].scheme_id
        arrays = _arrays(school, kwp + float(largest_kwp(area[zone])), load)[:-1][-1:]
        _stage(desk, school, "solar", arrays, f"_after_{block}", lamps, requires=scheme)
        _stage(desk, school, "solar", arrays, f"_after_insulated_{block}", lamps, requires=f"{scheme}.insulated")


def _good_roofs(desk, school):
    """Zones whose covering is not expected to need renewal at the start of the plan."""
    outlook, found = desk.outlook, []
    kinds = reference.component_types().loc[outlook.parts.type_id, "sub_element"].to_numpy()
    quantity = outlook.parts.quantity.to_numpy()
    for zone in school.treatable:
        rows = np.flatnonzero((outlook.parts.block_id == school.blocks[zone]).to_numpy() & (kinds == COVERINGS))
        if len(rows) and quantity[rows].sum() > 0:
            bad = outlook.shares(0)[rows][:, 3:].sum(axis=1) @ quantity[rows] / quantity[rows].sum()
            if bad <= desk.rules.roof_most_at_d_share:
                found.append(zone)
    return found


def _arrays(school, most_kwp, load_kwh):
    """Arrays worth looking at: half of what the roof takes and the school uses, all of that, and that with a battery."""
    if most_kwp < SMALLEST_KWP:
        return []
    yearly, size = school.premises.sun_kwh_per_kwp, most_kwp
    while size > SMALLEST_KWP and float(self_use(size * yearly / load_kwh, school.premises.phase)) < LEAST_SELF_USE_SHARE:
        size *= 0.9
    sizes = [round(share * size, 1) for share in (0.5, 1.0) if share * size >= SMALLEST_KWP]
    whole = [Fitted(SOLAR, 1, None, sizes[-1]), Fitted(BATTERY, 1, None, sizes[-1])] if sizes else []
    return [*([Fitted(SOLAR, 1, None, each)] for each in sizes), *([whole] if whole else [])]
