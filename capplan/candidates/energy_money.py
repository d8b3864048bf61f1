"""What may pay for heat pumps and energy packages: money for condition or for energy, and caps on the cost of a tonne."""

import numpy as np

from .. import reference
from ..energy.abatement import direct_cost_per_tonne
from ..energy.end_uses import FUELS
from ..energy.measures import figure
from .energy_desk import LOW_CARBON
from .model import split_list

CAP, PAYING = "cost_per_tonne_most", ("condition", "energy")
LOOKED_AT_AFTER_YEARS = 2      # after the start: all that a start fits acts by then


def tags_with_low_carbon(tags):
    """Tags of a pot with that of heat pumps, where it pays for condition or for energy.

    Parameters
    ----------
    tags : str
        Separated by ``;``; blank: any works.

    Returns
    -------
    str

    Examples
    --------
    >>> tags_with_low_carbon("energy"), tags_with_low_carbon("places"), tags_with_low_carbon("")
    ('energy;low carbon', 'places', '')
    """
    names = split_list(tags)
    return ";".join([*names, LOW_CARBON]) if LOW_CARBON not in names and set(names) & set(PAYING) else tags


def direct_t_per_year(saved, footprint, at):
    """Carbon of the fuel burnt on site that measures save in a year, at the factor of gas. [tCO2e]

    Parameters
    ----------
    saved : Saved
    footprint : FootprintFactors
    at : int
        Place of the year.

    Returns
    -------
    float
    """
    use = np.zeros((len(FUELS), footprint.kg_per_kwh.shape[-1]))
    use[FUELS.index("gas")] = 1.0
    return float(saved.burnt_kwh[at] * footprint.by_scope_t(use)[0].sum(axis=0)[at])


def pots_for_energy(outlook, frames, offers):
    """Pots as heat pumps and energy packages may draw on them.

    Parameters
    ----------
    outlook : Outlook
        With energy.
    frames : dict of DataFrame
        Tables of the candidates.
    offers : EnergyOffers

    Returns
    -------
    tuple of (DataFrame, list of str)
        Pots whose route has a cap on the cost of a tonne pay only for the schemes that keep it; and what must be said.

    Notes
    -----
    A heat pump in place of a boiler is works of condition and of energy at once, so that money for either may pay for the
    whole of it. *Counterexample:* a grant that pays for the pump and not for the pipes. A cap is held against what
    a scheme costs, of a renewal what it adds to like for like, in every year it may start in while the pot is open, over
    the direct carbon it saves while it lasts: a grant that pays a part of a scheme may in truth pay for more. Works whose
    carbon nobody has told are not held to it.
    """
    pots, notes = frames["pots"], []
    if not len(pots):
        return pots, notes
    pots = pots.assign(tags=pots.tags.fillna("").map(tags_with_low_carbon))
    rules = reference.load("route_rules")
    caps = rules[rules.rule == CAP].drop_duplicates("route", keep="last").set_index("route").value.astype(float)
    only = pots.schemes.fillna("").tolist() if "schemes" in pots else [""] * len(pots)
    rates = _rates(outlook, frames, offers) if pots.route.isin(caps.index).any() else {}
    for place, pot in enumerate(pots.itertuples()):
        if pot.route in caps.index:
            over = {scheme for (scheme, year), rate in rates.items()
                    if pot.first_year <= year <= pot.last_year and not rate <= caps[pot.route]}
            named = split_list(only[place]) or frames["schemes"].scheme_id
            only[place] = ";".join(name for name in named if name not in over)
            notes.append(f"{pot.pot_id} does not pay for {len(over)} of {len({scheme for scheme, _ in rates})} schemes of "
                         f"energy: they save no direct carbon, or a tonne costs more than the £{caps[pot.route]:,.0f} that "
                         f"{pot.route} allows.")
    return pots.assign(schemes=only) if any(only) else pots, notes


def _rates(outlook, frames, offers):
    """Cost of a tonne of direct carbon of each start that fits something, by scheme and start year (nominal). [GBP/t]"""
    cost, found = frames["spend"].groupby(["scheme_id", "start_year"]).cost.sum(), {}
    schemes = frames["schemes"]
    of_energy = set(schemes.scheme_id[schemes.tag.isin(["energy", LOW_CARBON])])
    first, footprint = outlook.scenario.plan.first_year, outlook.energy.footprint
    for pair, gbp in cost.items():
        if pair[0] in of_energy and (fitted := offers.fitted.get(pair)):
            gbp -= cost.get((offers.works.get(pair[0], ""), pair[1]), 0.0)
            at = min(int(pair[1]) - first + LOOKED_AT_AFTER_YEARS, len(outlook.energy.years) - 1)
            lasts = min(figure(item.measure, "persistence").value for item in fitted)
            found[pair] = direct_cost_per_tonne(float(gbp), direct_t_per_year(offers.saved[pair], footprint, at), lasts)
    return found
