"""What money there is in the years of the plan: the trust's own tables, or a scenario's rates standing in for them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from . import reference
from .books import Books, books, idle_shocks
from .energy_outlook import energy_outlook
from .funding.budget import CENTRE
from .funding.pots import grant_pots, reserve_pots, school_reserve_pots
from .funding.reserves import reserve_floor
from .grants import plan_grants


@dataclass(frozen=True)
class Money:
    """Pots, the reserves and books behind them, and what the reader must be told. All amounts nominal. [GBP]"""

    pots: pd.DataFrame = field(repr=False)
    reserves: pd.DataFrame = field(repr=False)
    notes: tuple
    stand_in: bool
    shock_notes: tuple = ()
    books: Books | None = field(default=None, repr=False)


def money(estate, scenario, energy=None):
    """The money of an estate under a scenario.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    energy : EnergyOutlook, optional
        Energy to come, if it is known; left out: forecast where the scenario asks for it and shocks its price.

    Returns
    -------
    Money
        ``reserves`` has ``year, opening_gbp, income_gbp, costs_gbp, loan_service_gbp, top_slice_gbp, surplus_gbp,
        floor_gbp`` for every year of the plan, of the trust as one; the surplus is before works. ``shock_notes`` are those
        of the notes that say what a shock did or why it did nothing.

    Raises
    ------
    DataError
        If the reserves or the budget table do not cover the years of the plan.
    """
    planned, stood_in = plan_grants(estate, scenario), []
    grants, notes = planned.rows, [*planned.shock_notes, *planned.notes]
    if not len(grants) and not scenario.allocations.from_rolls:
        grants, told = _grants_by_area(estate, scenario)
        stood_in.append(told)
    grants = _shocked(grants, scenario.shocks)
    reserves = estate.reserves
    if not len(reserves):
        reserves, told = _reserves_by_area(estate, scenario)
        stood_in.append(told)
    if energy is None and scenario.energy.included and scenario.shocks.energy_price_share:
        energy = energy_outlook(estate, scenario)
    kept = books(estate, scenario, reserves, energy)
    path, told = _path(kept, scenario.reserves), (*planned.shock_notes, *idle_shocks(estate, scenario))
    pots, grant_notes = grant_pots(grants, reference.load("routes").set_index("route"), scenario.years[0],
                                   scenario.years[-1], set(estate.loans.loan_id),
                                   scenario.places.included and scenario.places.expand)
    own, reserve_notes = _reserve_pots(kept, path, scenario)
    if not stood_in or stood_in[0][0] != "grants":
        hoped = grants.amount_gbp[grants.status != "awarded"].sum()
        if hoped > 0:
            notes.append(f"£{hoped:,.0f} of £{grants.amount_gbp.sum():,.0f} of grants is expected, not yet awarded.")
    if stood_in:
        notes.append("This folder has no " + " and no ".join(name for name, _ in stood_in) + " table: "
                     + "; ".join(text for _, text in stood_in) + ". These sums are stand-ins, not the trust's money.")
    return Money(pd.concat([pots, own], ignore_index=True) if len(pots) else own, path,
                 (*notes, *grant_notes, *reserve_notes, *kept.notes), bool(stood_in), told, kept)


def _path(kept, rule):
    """The reserves of the trust as one, year by year, without any works."""
    lines = kept.lines.assign(top_slice_gbp=kept.lines.top_slice_gbp.clip(lower=0.0))
    path = lines.groupby("year")[["income_gbp", "costs_gbp", "loan_service_gbp", "top_slice_gbp"]].sum().reset_index()
    path["surplus_gbp"] = path.income_gbp - path.costs_gbp - path.loan_service_gbp
    opening = kept.opening_gbp.sum() + path.surplus_gbp.cumsum() - path.surplus_gbp
    path.insert(1, "opening_gbp", opening)
    return path.assign(floor_gbp=reserve_floor(path.income_gbp, rule.floor_share, rule.floor_gbp))


def _reserve_pots(kept, path, scenario):
    rule, last = scenario.reserves, scenario.years[-1]
    if kept.held_by_school:
        return school_reserve_pots(kept.opening_gbp, kept.lines, rule.floor_share, rule.floor_gbp, last)
    return reserve_pots(float(path.opening_gbp.iloc[0]), path, rule.floor_share, rule.floor_gbp, last)


def _shocked(grants, shocks):
    """Grants as a red team would have them: what is awarded stands, what is only expected may be cut or lost."""
    expected = grants.status != "awarded"
    amounts = grants.amount_gbp * np.where(expected, 1.0 - shocks.grants_cut_share, 1.0)
    lost = expected & (grants.route == "CIF") & shocks.bids_lost
    return grants.assign(amount_gbp=amounts)[~lost]


def _grants_by_area(estate, scenario):
    rate, gifa = scenario.stand_in.sca_gbp_per_m2, estate.blocks.gifa_m2.sum()
    years = range(scenario.years[0], scenario.years[-1] + 2)
    frame = pd.DataFrame({
        "grant_id": [f"SCA-{year}" for year in years], "route": "SCA", "grant_year": list(years),
        "amount_gbp": float(round(rate * gifa)), "eligible": "any", "school_id": "", "status": "expected",
        "spend_by": pd.Series([pd.NaT] * len(years), dtype="datetime64[s]")})
    return frame, ("grants", f"£{rate:g} per m2 of school condition allocation a year on {gifa:,.0f} m2")


def _reserves_by_area(estate, scenario):
    rates, gifa = scenario.stand_in, estate.blocks.gifa_m2.sum()
    income = [rates.income_gbp_per_m2 * gifa * (1 + rates.income_growth) ** i for i in range(scenario.plan.years)]
    frame = pd.DataFrame({"year": scenario.years, "income_gbp": income, "school_id": CENTRE})
    frame["surplus_gbp"] = frame.income_gbp * rates.surplus_share
    frame["opening_gbp"] = [rates.opening_share * income[0]] + [float("nan")] * (len(income) - 1)
    return frame, ("reserves", f"income of £{rates.income_gbp_per_m2:g} per m2 and opening reserves of "
                               f"{rates.opening_share:.0%} of it")
