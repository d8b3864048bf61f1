"""The books of the trust: income, costs and loans by school and year, from its budget, its reserves table or stand-ins."""

from dataclasses import dataclass, field, replace

import pandas as pd

from .errors import DataError, Fault
from .funding.budget import CENTRE, passed_on, running_costs
from .funding.loans import loan_schedule
from .pupil_money import pupil_money


@dataclass(frozen=True)
class Books:
    """Income, costs and reserves by school and year. All amounts nominal. [GBP]

    ``lines`` has ``school_id`` (blank: the centre), ``year`` and what ``funding.budget.passed_on`` gives, for the years of
    the plan. ``opening_gbp`` are the reserves at the start of the plan, by school. ``by_school`` says whether income and
    costs are known school by school; ``held_by_school`` whether reserves are held there.
    """

    lines: pd.DataFrame = field(repr=False)
    opening_gbp: pd.Series = field(repr=False)
    by_school: bool
    held_by_school: bool
    notes: tuple = ()

    def with_costs(self, costs_gbp, rule):
        """The same books with other running costs.

        Parameters
        ----------
        costs_gbp : array
            One for each row of ``lines`` (nominal). [GBP]
        rule : Pooling
            The scenario's section: what schools then pass on.

        Returns
        -------
        Books
        """
        lines = passed_on(self.lines.assign(costs_gbp=costs_gbp), rule.top_slice_share if self.by_school else 0.0,
                          rule.gag_pooled and self.by_school)
        return replace(self, lines=lines)


def books(estate, scenario, reserves, energy=None):
    """The books of an estate under a scenario.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    reserves : DataFrame
        The estate's reserves table, or what stands in for it.
    energy : EnergyOutlook, optional
        Energy to come; a shock to its price then acts on its bills. Left out: on the energy of the budget.

    Returns
    -------
    Books

    Raises
    ------
    DataError
        If budget or reserves do not cover the years of the plan.

    Notes
    -----
    What schools of a plan that begins later have earned since their reserves were counted is added to them. Where reserves
    are not given by school they are the trust's, whoever earned them.
    """
    budgeted, rule, start = len(estate.budget) > 0, scenario.pooling, scenario.years[0]
    rise = 0.0 if energy else scenario.shocks.energy_price_share
    lines = _budget_lines(estate.budget, rise) if budgeted else _reserve_lines(reserves)
    followed = pupil_money(estate, scenario) if scenario.places.income_follows_pupils else None
    lines = lines if followed is None else _with_pupils(lines, followed.lines)
    _must_cover_plan(lines, reserves, scenario, "budget.csv" if budgeted else "reserves.csv")
    by_school = bool((lines.school_id != CENTRE).any())
    lines = _with_centre(lines)
    lost = (lines.year == start) & (lines.school_id == CENTRE)
    lines["costs_gbp"] = lines.costs_gbp + scenario.shocks.reserves_loss_gbp * lost + _dearer(energy, lines)
    lines["loan_service_gbp"] = _service(estate.loans, lines, by_school)
    lines = passed_on(lines, rule.top_slice_share if by_school else 0.0, rule.gag_pooled and by_school)
    named = bool((reserves.school_id != CENTRE).any())
    held = named and not rule.gag_pooled
    opened = reserves.drop_duplicates("school_id").set_index("school_id").opening_gbp
    before = lines[(lines.year >= reserves.year.iloc[0]) & (lines.year < start)]
    holders = lines.school_id.drop_duplicates().to_list()
    opening = opened.reindex(holders).fillna(0.0) + before.groupby("school_id").kept_gbp.sum().reindex(holders).fillna(0.0)
    return Books(lines[lines.year.isin(scenario.years)].reset_index(drop=True), opening, by_school, held,
                 (*_notes(estate, scenario, by_school, named), *(followed.notes if followed else ())))


def idle_shocks(estate, scenario):
    """Shocks of a scenario that have nothing to act on in this estate, or not what one would think, each in a sentence.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    tuple of str
    """
    share = scenario.shocks.energy_price_share
    if share and scenario.energy.included:
        return (f"Energy at {1 + share:.0%} of its price acts on the bills of the energy forecast, not on the energy of a "
                "budget.",)
    if share and not len(estate.budget):
        return (f"Energy at {1 + share:.0%} of its price has nothing to act on: this folder has no budget table to say what "
                "energy costs.",)
    return ()


def _dearer(energy, lines):
    """What dearer energy adds to the costs of each line: of a school without one, to those of the centre."""
    if energy is None or energy.base.scenario.shocks.energy_price_share == 0:
        return 0.0
    added = energy.dearer_gbp().reset_index(name="gbp")
    added["school_id"] = added.school_id.where(added.school_id.isin(lines.school_id), CENTRE)
    added = added.groupby(["school_id", "year"]).gbp.sum()
    return added.reindex(pd.MultiIndex.from_frame(lines[["school_id", "year"]])).fillna(0.0).to_numpy()


def _budget_lines(budget, energy_price_share):
    costs = running_costs(budget.staff_gbp, budget.energy_gbp, budget.other_costs_gbp, energy_price_share)
    return budget[["school_id", "year", "income_gbp"]].assign(costs_gbp=costs).reset_index(drop=True)


def _reserve_lines(reserves):
    frame = reserves[["school_id", "year", "income_gbp"]].reset_index(drop=True)
    return frame.assign(costs_gbp=(reserves.income_gbp - reserves.surplus_gbp).to_numpy())


def _with_pupils(lines, changes):
    """The lines of a budget with what other pupil numbers change of income and costs."""
    keyed = changes.set_index(["school_id", "year"])
    found = keyed.reindex(pd.MultiIndex.from_frame(lines[["school_id", "year"]])).fillna(0.0)
    more = (found.class_change_gbp + found.pupil_cost_change_gbp).to_numpy()
    return lines.assign(income_gbp=lines.income_gbp + found.income_change_gbp.to_numpy(), costs_gbp=lines.costs_gbp + more)


def _must_cover_plan(lines, reserves, scenario, where):
    """Raise unless there is a line for every year from the opening of the reserves to the end of the plan."""
    first, start, end = int(reserves.year.iloc[0]), scenario.years[0], scenario.years[-1]
    missing = [year for year in range(min(first, start), end + 1) if year not in set(lines.year)]
    if not missing and start < first:
        missing, where = list(range(start, first)), "reserves.csv"
    if missing:
        must_be = f"a row for each year of the plan, {start} to {end}"
        if first < start:
            must_be += f", and from {first} on, when the reserves of reserves.csv were counted"
        raise DataError([Fault(where, None, "year", f"no row for {', '.join(map(str, missing))}", must_be)])


def _with_centre(lines):
    """The lines with one of the centre in each year; nothing where the table has none."""
    years = sorted(set(lines.year) - set(lines.year[lines.school_id == CENTRE]))
    centre = pd.DataFrame({"school_id": CENTRE, "year": years, "income_gbp": 0.0, "costs_gbp": 0.0})
    return pd.concat([lines, centre], ignore_index=True) if years else lines


def _service(loans, lines, by_school):
    """What loans take from each line; where nothing is known by school they are all the trust's."""
    if not len(loans):
        return 0.0
    paid = loan_schedule(loans, int(lines.year.min()), int(lines.year.max()))
    owner = paid.school_id if by_school else CENTRE
    paid = paid.assign(school_id=owner).groupby(["school_id", "year"]).payment_gbp.sum()
    return paid.reindex(pd.MultiIndex.from_frame(lines[["school_id", "year"]])).fillna(0.0).to_numpy()


def _notes(estate, scenario, by_school, named):
    """What must be said of loans, pooling and shocks."""
    yield from idle_shocks(estate, scenario)
    if len(estate.loans):
        paid = loan_schedule(estate.loans, scenario.years[0], scenario.years[-1]).payment_gbp.sum()
        yield (f"{len(estate.loans)} known loan{'s' if len(estate.loans) > 1 else ''}: £{paid:,.0f} of payments in the "
               "years of the plan come out of the surplus before any works.")
    if scenario.pooling.gag_pooled and not by_school:
        yield "The scenario pools the general annual grant, but nothing here is given by school: it changes nothing."
    elif scenario.pooling.gag_pooled and not named:
        yield ("The scenario pools the general annual grant. Reserves are given for the trust as one and pay for works at "
               "any school already, so it changes only the ledger.")
