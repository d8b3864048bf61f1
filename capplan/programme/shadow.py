"""What money is worth where it is short: prices of each pot and year from the relaxation, and checked by solving again."""

from dataclasses import dataclass, field

import pandas as pd

from ..errors import SolverError
from . import formulation
from .instance import instance
from .solver import Relaxation
from .what_if import changed, with_money

TIME_LIMIT_S = 60.0
CHECKED = 4


@dataclass(frozen=True)
class Prices:
    """What one more pound would be worth. ``by_pot``: in each pot, in pot order; ``by_scheme_year``: spendable by the
    payers of a scheme in a year, the price its works have to beat. [value/GBP]"""

    by_pot: pd.Series = field(repr=False)
    by_scheme_year: dict = field(repr=False)
    bound: float


def money_prices(candidates):
    """Prices of money from the relaxation, in which schemes may be started in part.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    Prices

    Raises
    ------
    InfeasibleModelError
        If even the relaxation has no solution.
    SolverError
        If it was not solved in time.

    Notes
    -----
    Assumes small changes: the price of the next pound is not that of the hundred-thousandth. *Counterexample:* a pot that
    lacks ten pounds for a scheme; ``worth_of_more`` solves again with the whole sum.
    """
    inst = instance(candidates)
    model = formulation.build(inst)
    relaxation = Relaxation(model, TIME_LIMIT_S)
    if not relaxation.solved:
        raise SolverError("The relaxation, which the prices of money come from, was not solved in time.")
    rows = model.problem.constraints
    prices = {pot: abs(rows[f"pot_amount_{i}"].pi) if f"pot_amount_{i}" in rows else 0.0
              for i, pot in enumerate(inst.pots.index)}
    by_scheme_year = {}
    for i, schemes in enumerate(inst.classes().values()):
        for_years = _years(inst, set(schemes))
        for year in for_years:
            row = rows[f"fully_paid_{i}_{year}".replace("-", "m")]
            by_scheme_year.update({(scheme, year): abs(row.pi) for scheme in schemes})
    return Prices(pd.Series(prices, dtype=float), by_scheme_year, relaxation.bound)


def _years(inst, schemes):
    return {year for pair, start in inst.starts.items() if pair[0] in schemes for year in start.spend}


def worth_of_more(candidates, extra_gbp, most_pots=12):
    """What a sum more is worth in each pot, and in each year for any works.

    Parameters
    ----------
    candidates : Candidates
    extra_gbp : float
        The sum. [GBP]
    most_pots : int
        The relaxation is solved again with the whole sum for so many pots, the dearest first, and for every year; the
        others have the price of the next pound only, which the sum cannot beat.

    Returns
    -------
    DataFrame
        ``pot_id`` (blank: a new pot for any works), ``first_year, last_year, price`` (value of the next pound),
        ``worth_at_most`` (the sum at that price) and ``worth`` (the relaxation solved again; NaN where it was not), the
        most valuable first. Values in pounds or points.
    """
    prices, pots = money_prices(candidates), candidates.pots
    years = sorted({int(year) for year in candidates.spend.year})
    by_year = {}
    for (_, year), price in prices.by_scheme_year.items():
        by_year[year] = max(by_year.get(year, 0.0), price)
    rows = [[row.pot_id, int(row.first_year), int(row.last_year), prices.by_pot[row.pot_id]] for row in pots.itertuples()]
    rows += [["", year, year, by_year.get(year, 0.0)] for year in years]
    frame = pd.DataFrame(rows, columns=["pot_id", "first_year", "last_year", "price"])
    frame["worth_at_most"] = frame.price * extra_gbp
    dear = frame[frame.pot_id != ""].nlargest(most_pots, "price").index
    worth = {}
    for row in frame[(frame.pot_id == "") | frame.index.isin(dear)].itertuples():
        if row.price > 0:
            more = with_more(candidates, row.pot_id, row.first_year, extra_gbp)
            worth[row.Index] = max(0.0, Relaxation(formulation.build(instance(more)), TIME_LIMIT_S).bound - prices.bound)
        else:
            worth[row.Index] = 0.0
    frame["worth"] = pd.Series(worth, dtype=float)
    return frame.sort_values(["worth", "price"], ascending=False, kind="stable").reset_index(drop=True)


def with_more(candidates, pot_id, year, extra_gbp):
    """The candidates with a sum more in a pot or, where none is named, in a new pot for any works of one year.

    Parameters
    ----------
    candidates : Candidates
    pot_id : str
        The pot; blank for a new one.
    year : int
        Year of the new pot.
    extra_gbp : float
        The sum. [GBP]

    Returns
    -------
    Candidates
    """
    if pot_id:
        return with_money(candidates, pot_id, extra_gbp)
    pots = candidates.pots
    row = {name: "" for name in pots if pots[name].dtype == object or str(pots[name].dtype).startswith("str")}
    row |= {"pot_id": f"more money in {year}", "amount": extra_gbp, "first_year": year, "last_year": year}
    return changed(candidates, pots=pd.concat([pots, pd.DataFrame([row])], ignore_index=True))


def check_worth(desk, base, shadow, extra_gbp, most=CHECKED):
    """The sums that are worth most, checked by solving again in whole schemes.

    Parameters
    ----------
    desk : Desk
    base : Found
        The best without more money.
    shadow : DataFrame
        As ``worth_of_more`` returns it.
    extra_gbp : float
        The sum. [GBP]
    most : int
        How many of the rows to check: those with different worth or window, the most valuable first.

    Returns
    -------
    DataFrame
        The same with ``worth_found`` and ``worth_least``, its proved lower bound; NaN where not checked, as all of a large
        model are: there the whole sum is only solved for in the relaxation.
    """
    frame = shadow.assign(worth_found=float("nan"), worth_least=float("nan"))
    for row in shadow.drop_duplicates(["worth", "price"]).head(most if desk.whole else 0).itertuples():
        more = with_more(desk.candidates, row.pot_id, row.first_year, extra_gbp)
        found = desk.best(more, hint=base.choice)
        if found is not None and found.choice is not None:
            frame.loc[row.Index, "worth_found"] = max(0.0, found.value - base.value)
            frame.loc[row.Index, "worth_least"] = max(0.0, found.value - base.ceiling)
    return frame
