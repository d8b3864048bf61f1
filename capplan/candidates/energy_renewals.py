"""The low-carbon way of renewing a roof, windows or a boiler, in place of like for like; and what like for like saves."""

from dataclasses import fields, replace

import numpy as np

from .. import reference
from ..energy.measures import AIR_SOURCE, BOILER, GLAZING, RE_ROOF, REBUILT, REFURBISHED
from ..energy.packages import BURNT, HEAT, Fitted
from ..outlook import URGENT
from .energy_desk import LOW_CARBON, Renewal, joined, lasting, zone_of
from .energy_gas_off import gas_off
from .energy_sites import COVERINGS, Saved

WITH_RENEWAL = {"Roofs": (RE_ROOF, "insulated"), "External walls, windows and doors": (GLAZING, "glazed")}
BOILERS, BOILERS_OF = "MECH.01", "Mechanical services"
REPLACED = {RE_ROOF: COVERINGS, GLAZING: "Windows and doors"}
PUT_RIGHT = ("repair", "renew", "refurbish")
NOT_FOR_ITSELF_GBP = -1.0      # a larger supply is worth nothing by itself, and not taken where nothing needs it
KEPT = ("school_id", "tag", "exclusion_group", "requires", "must_do", "site_id", "trade", "block_id", "element", "priority",
        "worst_grade", "surveyed_share", "stage")


def credit_boilers(desk, cells, members, schools, before):
    """Value of condition works with the fuel that new boilers spare, and with what blocks save that are made new.

    Parameters
    ----------
    desk : Desk
        Filled with what each start fits and saves.
    cells : DataFrame
        One row per scheme and start year.
    members : dict
        Rows each scheme treats.
    schools : dict of str to SchoolEnergy
    before : dict of str to tuple of Fitted
        By school, the package that keeps heat in: boilers spare fuel on top of it.

    Returns
    -------
    DataFrame
        The cells.

    Notes
    -----
    A rebuilt block is heated by a heat pump, whose cost is in that of rebuilding; lamps of blocks that are refurbished or
    rebuilt are taken to be as before. *Counterexample:* a block rebuilt to an older standard, on its neighbour's boilers.
    """
    is_boiler = (desk.outlook.parts.type_id == BOILERS).to_numpy()
    where = {block: school for school in schools.values() for block in school.blocks}
    there = {name: lasting(fitted, len(desk.worth.discount)) for name, fitted in before.items()}
    value, due = cells.value.to_numpy(float).copy(), _due(desk)
    starts, finishes = (cells[name].to_numpy(int) for name in ("start_year", "finish_year"))
    blocks, kinds = (cells[name].to_numpy(object) for name in ("block_id", "kind"))
    for scheme, rows in cells.groupby("scheme_id", sort=False).indices.items():
        block, part = blocks[rows[0]], members.get(scheme, np.array([], int))
        school = where.get(block)
        left = [] if school is None else _left_behind(desk, school, kinds[rows[0]], bool(is_boiler[part].any()))
        if not left:
            continue
        for row in rows:
            since = int(finishes[row]) - desk.first + 1
            fitted = tuple(Fitted(measure, since, zone_of(school, block)) for measure in left)
            saved = _saved_in_order(school, fitted, there[school.school_id], due.get(block, []))
            value[row] = round(value[row] + desk.worth.of(saved), 2)
            desk.fitted[scheme, int(starts[row])] = fitted
            desk.saved[scheme, int(starts[row])] = saved
    return cells.assign(value=value)


def _due(desk):
    """By block, the insulation, glazing and heat pump that renewals which must be done may come with, whatever becomes of
    it: works on the whole block claim what they save on top."""
    found, years = {}, len(desk.worth.discount)
    for (scheme, _), fitted in desk.fitted.items():
        if desk.works.get(scheme, "").endswith(f".{URGENT}") and fitted[0].measure in (*REPLACED, desk.pump):
            own = found.setdefault(scheme.split(".")[0], {})
            most = max(fitted[0].part_share, own[fitted[0].measure].part_share if fitted[0].measure in own else 0.0)
            own[fitted[0].measure] = replace(fitted[0], since=1, part_share=most)
    return {block: lasting(own.values(), years) for block, own in found.items()}


def _saved_in_order(school, fitted, context, due):
    """What works leave behind saves: a boiler first, then the rest on top of what is due in the block anyway."""
    boiler, rest = ([item for item in fitted if (item.measure == BOILER) == first] for first in (True, False))
    pieces = [school.saved(boiler, context)] if boiler else []
    if rest:
        pieces.append(school.saved(rest, [*context, *boiler, *due]))
    return pieces[0] if len(pieces) == 1 else Saved(*(getattr(pieces[0], name.name) + getattr(pieces[1], name.name)
                                                      for name in fields(Saved)))


def _left_behind(desk, school, kind, has_boiler):
    """What condition works of a kind leave behind in their block that saves energy."""
    whole = {"refurbish": REFURBISHED, "rebuild": REBUILT}.get(kind) if desk.rules.whole_blocks else None
    if kind == "rebuild":
        burns = school.premises.kwh[BURNT, HEAT].sum() > 0
        return [] if whole is None else [whole, *([desk.pump] if burns else [])]
    boiler = [BOILER] if kind in PUT_RIGHT and has_boiler else []
    return boiler if whole is None else [whole, *boiler]


def renewals(outlook, cells, members):
    """Renewals that a low-carbon way may take the place of.

    Parameters
    ----------
    outlook : Outlook
    cells : DataFrame
        One row per scheme and start year, valued for condition alone.
    members : dict
        Rows each scheme treats.

    Returns
    -------
    dict of tuple to Renewal
        By block and measure; of several of a block and measure, the one that replaces most.
    """
    types, found = outlook.parts.type_id.to_numpy(), {}
    offered = cells[(cells.kind == "renew") & (cells.block_id != "")]
    for scheme, rows in offered.groupby("scheme_id", sort=False).groups.items():
        starts, part = cells.loc[rows], members.get(scheme, np.array([], int))
        element, block = starts.element.iloc[0], starts.block_id.iloc[0]
        if element == BOILERS_OF and (types[part] == BOILERS).any():
            key, share = (block, AIR_SOURCE), np.ones(outlook.horizon)
        elif element in WITH_RENEWAL:
            key = block, WITH_RENEWAL[element][0]
            share = _replaced_share(outlook, key[1], part)
        else:
            continue
        if share.max() > 0 and (key not in found or share.max() > found[key].replaced_share.max()):
            found[key] = Renewal(starts, part, share)
    return found


def _replaced_share(outlook, measure, rows):
    """Part of the covering, or of the windows, of the block that is expected to be replaced by year. [-]"""
    kinds = reference.component_types().loc[outlook.parts.type_id, "sub_element"].to_numpy()
    own = np.asarray(rows, int)[kinds[np.asarray(rows, int)] == REPLACED[measure]]
    if not len(own):
        return np.zeros(outlook.horizon)
    there = (outlook.parts.block_id == outlook.parts.block_id.iloc[own[0]]).to_numpy() & (kinds == REPLACED[measure])
    quantity = outlook.parts.quantity.to_numpy()
    bad = np.array([outlook.shares(year)[own][:, 3:].sum(axis=1) for year in range(outlook.horizon)])
    return bad @ quantity[own] / max(quantity[there].sum(), 1e-9)


def low_carbon(desk, school, own, heat):
    """Offer the low-carbon ways of a school.

    Parameters
    ----------
    desk : Desk
        Filled with the offers.
    school : SchoolEnergy
    own : dict of tuple to Renewal
        Renewals of the school, by block and measure.
    heat : tuple of (str, tuple of Fitted)
        The package that goes before plant, as ``packages`` returns it.
    """
    fabric = {}
    for (block, measure), renewal in own.items():
        if measure != AIR_SOURCE and (scheme := _insulated(desk, school, block, measure, renewal, heat[1])):
            fabric.setdefault(block, []).append((scheme, measure, renewal))
    pumps = pump_blocks(desk, school, own)
    fitted = [Fitted(desk.pump, 1, zone_of(school, block)) for block in pumps]
    upgrade = school.upgrade_cost_gbp(fitted) if pumps else 0.0
    for block in pumps:
        _heat_pump(desk, school, block, own[block, AIR_SOURCE], heat, fabric.get(block, []), upgrade)
    if pumps and upgrade > 0:
        _supply(desk, school, upgrade)
    gas_off(desk, school, {block: own[block, AIR_SOURCE].scheme_id for block in pumps}, heat[1])


def pump_blocks(desk, school, own):
    """Blocks of a school whose boilers may give way to a heat pump."""
    if not desk.rules.heat_pumps or not school.premises.kwh[BURNT, HEAT].sum() > 0:
        return []
    return [block for block, measure in own if measure == AIR_SOURCE and zone_of(school, block)[0] in school.treatable]


def _insulated(desk, school, block, measure, renewal, deepest):
    """Insulation with a re-roof, or better glazing with new windows, at what it adds to the renewal; its name."""
    zone, starts = zone_of(school, block), renewal.starts
    if zone[0] not in school.treatable or school.premises.fabric_share[measure][zone[0]] <= 0:
        return ""
    base = starts.iloc[0]
    scheme = f"{base.scheme_id}.{WITH_RENEWAL[base.element][1]}"
    facts = {**base[list(KEPT)].to_dict(), "scheme_id": scheme, "kind": LOW_CARBON,
             "also_meets": joined(base.also_meets, f"{scheme}.first"),
             "description": f"{base.description}, with {'insulation' if measure == RE_ROOF else 'better glazing'}"}
    context = lasting([*deepest, Fitted(BOILER, 1, zone)], len(desk.worth.discount))
    for row in starts.itertuples():
        start = int(row.start_year) - desk.first
        if start not in desk.starts or renewal.replaced_share[start] < desk.rules.least_part_share:
            continue
        finish = int(row.finish_year) - desk.first
        fitted = [Fitted(measure, finish + 1, zone, part_share=float(renewal.replaced_share[start]))]
        extra, saved = sum(school.cost_gbp(fitted).values()), school.saved(fitted, context)
        desk.offer(facts, start, row.cost_real_gbp + extra, fitted, saved, row.value + desk.worth.of(saved), finish)
        if scheme not in desk.members:
            desk.consider(school, scheme, fitted, extra, saved, scheme, start, context=context)
        desk.members[scheme], desk.works[scheme] = renewal.rows, base.scheme_id
    return scheme if scheme in desk.members else ""


def _heat_pump(desk, school, block, renewal, heat, fabric, upgrade_gbp):
    """A heat pump in place of the boiler of a block: for the school as it is, and after the works that go before it."""
    name, deepest = heat
    first = [f"{scheme}.first" for scheme, _, _ in fabric]
    ways = [("heat_pump", [], [], [f"{block}.as_is", *first])]
    if name:
        ways.append(("heat_pump_after_heat", list(deepest), [name], first))
    if fabric:
        ways.append(("heat_pump_after_fabric", [*deepest, *fabric], [name, *(scheme for scheme, _, _ in fabric)], []))
    supply = [f"{school.school_id}.supply"] if upgrade_gbp > 0 else []
    for suffix, before, requires, shuts_out in ways:
        _pump_way(desk, school, block, renewal, suffix, before, [*requires, *supply], shuts_out)


def _pump_way(desk, school, block, renewal, suffix, before, requires, shuts_out):
    """One way of offering a heat pump, one row for each start."""
    base, zone = renewal.starts.iloc[0], zone_of(school, block)
    scheme = f"{base.scheme_id}.{suffix}"
    facts = {**base[list(KEPT)].to_dict(), "scheme_id": scheme, "kind": LOW_CARBON, "tag": LOW_CARBON,
             "requires": joined(base.requires, *requires), "also_meets": joined(base.also_meets, *shuts_out),
             "description": f"{base.description}, with an {desk.pump} in place of boilers".replace("an g", "a g")}
    boilers = np.asarray(renewal.rows)[desk.outlook.parts.type_id.to_numpy()[renewal.rows] == BOILERS]
    spared = desk.outlook.works_cost("renew")[boilers].sum(axis=0)
    for row in renewal.starts.itertuples():
        start = int(row.start_year) - desk.first
        if start not in desk.starts:
            continue
        finish, there = int(row.finish_year) - desk.first, _there(before, zone, start, len(desk.worth.discount))
        fitted = [Fitted(desk.pump, finish + 1, zone)]
        pump = school.cost_gbp([Fitted(desk.pump, 1, zone), *there])[desk.pump]
        saved, total = school.saved(fitted, there), max(row.cost_real_gbp - float(spared[start]), 0.0) + pump
        desk.offer(facts, start, total, fitted, saved, row.value + desk.worth.of(saved), finish)
        if scheme not in desk.members:
            desk.consider(school, scheme, fitted, total - row.cost_real_gbp, saved, scheme, start, pump, there)
        desk.members[scheme], desk.works[scheme] = renewal.rows, base.scheme_id


def _there(before, zone, start, years):
    """What a heat pump is worked out on top of: measures, and the fabric works of its block at their part by then."""
    found = []
    for item in before:
        if not isinstance(item, Fitted):
            _, measure, renewal = item
            item = Fitted(measure, 1, zone, part_share=float(renewal.replaced_share[start]))
        found += lasting([item], years)
    return found


def _supply(desk, school, cost_gbp):
    """The larger supply that the heat pumps of a school need."""
    facts = desk.facts(school, f"{school.school_id}.supply", "condition", "", "Larger electrical supply, for heat pumps")
    nothing = Saved(*(np.zeros(len(desk.worth.discount)) for _ in range(6)))
    for start in desk.starts:
        desk.offer(facts, start, cost_gbp, (), nothing, NOT_FOR_ITSELF_GBP, start)
