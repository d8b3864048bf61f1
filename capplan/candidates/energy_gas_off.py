"""Ending the gas of a school: once every block has a heat pump, with an electric kitchen where it cooks by gas."""

from dataclasses import replace

from ..energy.end_uses import FUELS
from ..energy.measures import GAS_OFF, KITCHEN
from ..energy.packages import COOKING, Fitted
from .energy_desk import lasting, zone_of

GAS = FUELS.index("gas")
WAYS = {"heat_pump": "gas_off", "heat_pump_after_heat": "gas_off_after_heat"}


def gas_off(desk, school, pumps, deepest):
    """Offer to end the gas of a school where every block of it may have a heat pump.

    Parameters
    ----------
    desk : Desk
        Filled with the offers.
    school : SchoolEnergy
    pumps : dict of str to str
        By block, the renewal like for like whose place a heat pump may take.
    deepest : tuple of Fitted
        The heat package that goes before plant.

    Notes
    -----
    It requires the heat pump of every block, all for the school as it is or all after its heat package, and is finished the
    year after it starts, when the largest of them is. What it saves is the gas and the standing charge that are left then.
    *Counterexample:* a school some of whose pumps come after its fabric works; its gas can end too, and that is not offered.
    """
    own = school.premises
    if not desk.rules.gas_disconnection or set(pumps) != set(school.blocks) or not own.kwh[GAS].sum() > 0:
        return
    years = len(desk.worth.discount)
    measures = [Fitted(GAS_OFF, 1), *([Fitted(KITCHEN, 1)] if own.kwh[GAS, COOKING].sum() > 0 else [])]
    cost = float(sum(school.cost_gbp(measures).values()))
    for way, name in WAYS.items():
        required = [f"{renewal}.{way}" for renewal in pumps.values()]
        if not set(required) <= set(desk.members):
            continue
        before = deepest if way != "heat_pump" else ()
        there = lasting([*before, *(Fitted(desk.pump, 1, zone_of(school, block)) for block in pumps)], years)
        scheme = f"{school.school_id}.{name}"
        facts = desk.facts(school, scheme, "energy", f"{school.school_id}.gas", _described(measures),
                           requires=";".join(required))
        for start in desk.starts:
            fitted = [replace(item, since=start + 2) for item in measures]
            saved = school.saved(fitted, there)
            desk.offer(facts, start, cost, fitted, saved, desk.worth.of(saved), start + 1)
            if start == 0:
                desk.consider(school, scheme, fitted, cost, saved, scheme, context=there)


def _described(measures):
    """The scheme in words."""
    return "Gas disconnected" + (", with an electric kitchen" if len(measures) > 1 else "")
