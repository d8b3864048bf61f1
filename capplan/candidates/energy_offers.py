"""Energy measures beside the works of condition: packages of each school, low-carbon renewals, and limits on carbon."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ..energy.measures import RE_ROOF
from .energy_desk import ENERGY, Desk, EnergyOffers
from .energy_packages import packages
from .energy_renewals import credit_boilers, low_carbon, pump_blocks, renewals
from .energy_sites import school_energies, worth_of_saving


def energy_offers(outlook, cells, members):
    """Energy measures as schemes beside the works of condition.

    Parameters
    ----------
    outlook : Outlook
        With energy.
    cells : DataFrame
        The schemes of condition, one row per scheme and start year.
    members : dict
        Rows each of them treats.

    Returns
    -------
    tuple of (DataFrame, dict, EnergyOffers)
        The schemes with those of energy added and boilers credited with the fuel they spare; rows that the new schemes
        treat; and what they are made of.

    Notes
    -----
    What a scheme saves is worked out on top of what goes before it: demand and controls, then fabric, then plant. Where
    that is a free choice it is taken to be done, so that what the schemes of a school are said to save together is never
    more than they do. A heat pump stands once for the school as it is and once after its fabric works, of which it shuts
    out or requires each, and is exact in both. *Counterexample:* a school that never gets controls; its insulation saves
    a tenth more than is said.
    """
    desk, schools = Desk(outlook, worth_of_saving(outlook)), school_energies(outlook)
    low, before = renewals(outlook, cells, members), {}
    for school in schools.values():
        own = {key: renewal for key, renewal in low.items() if key[0] in school.blocks}
        re_roofs = {block: renewal for (block, measure), renewal in own.items() if measure == RE_ROOF}
        heat = packages(desk, school, pump_blocks(desk, school, own), re_roofs)
        low_carbon(desk, school, own, heat)
        before[school.school_id] = heat[1]
    credited = credit_boilers(desk, cells, members, schools, before)
    offers = EnergyOffers(desk.fitted, desk.saved, schools, pd.DataFrame(desk.considered), desk.worth, desk.works)
    if not desk.rows:
        return credited, {}, offers
    return possible(pd.concat([credited, _new(desk, outlook.scenario)], ignore_index=True)), desk.members, offers


def renamed_offers(offers, renamed):
    """The same offers under the names that starts too small to be capital have been given.

    Parameters
    ----------
    offers : EnergyOffers
    renamed : dict
        New name to the scheme it stands for.

    Returns
    -------
    EnergyOffers
    """
    if not renamed:
        return offers
    named = {}
    for new, old in renamed.items():
        named.setdefault(old, []).append(new)
    both = {name: {(scheme, year): what for (old, year), what in getattr(offers, name).items()
                   for scheme in (old, *named.get(old, ()))} for name in ("fitted", "saved")}
    return replace(offers, **both)


def requires_renamed(cells, renamed):
    """Starts whose ``requires`` names schemes as they are called once starts too small to be capital stand apart.

    Parameters
    ----------
    cells : DataFrame
        ``scheme_id, requires`` and further columns.
    renamed : dict
        New name to the scheme it stands for.

    Returns
    -------
    DataFrame
        A scheme all of whose starts are small is required under its new name.
    """
    there = set(cells.scheme_id)
    whole = {old: new for new, old in renamed.items() if old not in there}
    if not whole:
        return cells
    texts = cells.requires.tolist()
    called = {text: ";".join(whole.get(name, name) for name in text.split(";")) for text in set(texts)}
    return cells.assign(requires=[called[text] for text in texts])


def _new(desk, scenario):
    """The new schemes, those too small to be one left out."""
    new = pd.DataFrame(desk.rows)
    nominal = dict(zip(scenario.years, scenario.nominal_factors(), strict=True))
    new["cost"] = np.rint(new.cost_real_gbp * new.start_year.map(nominal))
    return new[~((new.kind == ENERGY) & (new.cost_real_gbp < scenario.schemes.minimum_scheme_gbp))]


def possible(cells):
    """Starts of schemes without those that require what is not there, or what goes for that reason.

    Parameters
    ----------
    cells : DataFrame
        ``scheme_id, requires`` and further columns.

    Returns
    -------
    DataFrame
    """
    while True:
        there = {"", *cells.scheme_id}
        lost = np.array([not set(text.split(";")) <= there for text in cells.requires])
        if not lost.any():
            return cells.reset_index(drop=True)
        cells = cells[~lost]
