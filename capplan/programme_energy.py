"""Energy with a programme: what every school then buys, pays and emits, and what that leaves in the trust's reserves."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from .energy.packages import POWER, use_with
from .energy_outlook import EnergyOutlook
from .funding.budget import CENTRE

FUND, FUND_POTS = "revolving fund", "SAVED-"
"""Route of the trust's own fund of savings, and how its pots begin: each with the year it opens, one after what it saves."""


@dataclass(frozen=True)
class EnergyWith(EnergyOutlook):
    """Energy with a programme: ``kwh`` is what is bought; ``further_gbp`` (schools, fuels, years) is what bills hold beside
    it, real [GBP]: upkeep of panels less what they export, less the standing charge of a fuel that is no longer bought."""

    further_gbp: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)

    def cost_gbp(self, use_kwh=None):
        """Bills, real.

        Parameters
        ----------
        use_kwh : array, shape (schools, fuels, [end uses,] years), optional
            Left out: what is bought with the programme. [kWh]

        Returns
        -------
        array, shape (schools, fuels, years)
            [GBP]
        """
        return super().cost_gbp(use_kwh) + (self.further_gbp if use_kwh is None else 0.0)


def fitted_by_school(programme):
    """What the programme fits in each school.

    Parameters
    ----------
    programme : Programme
        With energy.

    Returns
    -------
    dict of str to list of Fitted
    """
    offers = programme.candidates.energy
    owner = programme.candidates.schemes.set_index("scheme_id").school_id
    found = {name: [] for name in offers.schools}
    for pair in programme.choice.items():
        if offers.fitted.get(pair):
            found[owner[pair[0]]] += offers.fitted[pair]
    return found


def energy_with(programme, along=None):
    """Energy of every school with all that a programme fits there.

    Parameters
    ----------
    programme : Programme
    along : Course, optional
        The course of the estate with the programme: where no measures are offered, plant is in its condition.

    Returns
    -------
    EnergyOutlook or None
        ``None`` without energy.

    Notes
    -----
    Where measures are offered a new boiler counts as one of them, and what is fitted in a school is worked out as a whole.
    *Counterexample:* a boiler that is only patched; it wastes less, and that is not counted.
    """
    energy, offers = programme.candidates.outlook.energy, programme.candidates.energy
    if energy is None or offers is None:
        return energy if energy is None or along is None else programme.candidates.outlook.energy_along(along)
    fitted, kwh = fitted_by_school(programme), energy.kwh.copy()
    further = np.zeros(energy.standing_gbp.shape)
    for place, name in enumerate(energy.schools):
        if fitted.get(name):
            kwh[place], further[place] = _school_with(offers.schools[name], fitted[name])
    return EnergyWith(**{name: getattr(energy, name) for name in EnergyOutlook.__dataclass_fields__} | {
        "kwh": kwh, "further_gbp": further})


def _school_with(school, fitted):
    """What one school buys by fuel and end use, its own sun taken off every use of electricity alike, and its further
    bills."""
    use = use_with(school.premises, fitted, school.level)
    kwh, load = use.kwh.copy(), use.kwh[POWER].sum(axis=0)
    kwh[POWER] *= 1.0 - np.divide(use.self_used_kwh, load, out=np.zeros_like(load), where=load > 0)
    further = school.ended(fitted, use) * -school.standing_gbp
    further[POWER] += school.upkeep_gbp(fitted) - use.exported_kwh * school.export_gbp_per_kwh
    return kwh, further


def bills_saved(programme):
    """What a programme takes off the energy bills of each school in each year of the plan (nominal).

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Series
        By ``school_id`` and ``year``; below nought where a heat pump costs more to run than a boiler; empty where no
        measures are offered. Measures act from the year after they are finished. [GBP]
    """
    outlook = programme.candidates.outlook
    if outlook.energy is None or programme.candidates.energy is None:
        index = pd.MultiIndex.from_arrays([[], []], names=["school_id", "year"])
        return pd.Series(np.zeros(0), index, name="saved_gbp")
    saved = outlook.energy.nominal_bills_gbp() - energy_with(programme).nominal_bills_gbp()
    saved = saved[list(outlook.scenario.years)].rename_axis(index="school_id", columns="year").stack()
    return saved.rename("saved_gbp")


def into_fund(programme):
    """What a programme's bills put into its revolving fund in each year (nominal). [GBP]

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Series
        By year; empty where nothing is recycled.
    """
    pots = programme.candidates.pots
    own = pots[pots.route.eq(FUND) & pots.pot_id.str.startswith(FUND_POTS)]
    return pd.Series(own.amount.to_numpy(float), own.first_year.to_numpy(int) - 1, dtype=float)


def money_with(programme):
    """The trust's books and reserves with what a programme takes off its energy bills.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Money
        ``reserves`` has ``bills_saved_gbp`` too, which is in its costs and surplus, less what goes into the revolving fund
        for the year after; works are still to be paid.

    Notes
    -----
    Budgets are taken to hold the bills that would be paid without the programme. *Counterexample:* a trust that has written
    its savings into its budget already.
    """
    money, saved = programme.candidates.money, bills_saved(programme)
    total, recycled = saved.groupby(level="year").sum(), into_fund(programme)
    part = (recycled / total.where(total != 0)).reindex(saved.index, level="year").fillna(0.0)
    saved = (saved * (1.0 - part)).rename("saved_gbp")
    by_year = (total - recycled.reindex(total.index, fill_value=0.0)).reindex(money.reserves.year).fillna(0.0)
    by_year = by_year.round(2).to_numpy()
    path = money.reserves.assign(bills_saved_gbp=by_year, surplus_gbp=money.reserves.surplus_gbp + by_year)
    if not by_year.any():
        return replace(money, reserves=path)
    lines = money.books.lines
    owner = saved.reset_index()
    owner["school_id"] = owner.school_id.where(owner.school_id.isin(lines.school_id), CENTRE)
    own = owner.groupby(["school_id", "year"]).saved_gbp.sum()
    less = own.reindex(pd.MultiIndex.from_frame(lines[["school_id", "year"]])).fillna(0.0).to_numpy()
    return replace(money, reserves=path, books=money.books.with_costs(lines.costs_gbp - less,
                                                                      programme.candidates.outlook.scenario.pooling))


def told_of_bills(programme):
    """What every reader must be told of the bills a programme saves, and of the reserves they come back to.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    list of str
    """
    saved = bills_saved(programme)
    if not len(saved):
        return []
    path, pots = money_with(programme).reserves, programme.candidates.pots
    draws = programme.draws[programme.draws.pot_id.isin(pots.pot_id[pots.route == "reserves"])]
    spent = draws.groupby("year").amount_gbp.sum().reindex(path.year).fillna(0.0).cumsum().to_numpy()
    left = path.opening_gbp.iloc[0] + path.surplus_gbp.cumsum() - spent
    before = left - path.bills_saved_gbp.cumsum()
    total, recycled = saved.sum(), into_fund(programme).sum()
    held = f"it but for £{recycled:,.0f} in the revolving fund" if recycled else "it"
    does = f"takes £{total:,.0f} off" if total >= 0 else f"adds £{-total:,.0f} to"
    told = [f"The programme {does} energy bills within the plan, in pounds of the day; free reserves hold {held}, unspent."]
    short = path.year[(left < path.floor_gbp - 1.0) & (before >= path.floor_gbp - 1.0)]
    if len(short):
        told.append("With the energy bills of the programme free reserves fall below their floor at the end of "
                    + ", ".join(f"{year}-{(year + 1) % 100:02d}" for year in short) + ".")
    return told
