"""DfE's own rule as a baseline: let everything age, rebuild the worst blocks, repair the dearest components first.

The rule is that of the Department for Education's Blockbuster-2 model of the school estate; the code is capplan's own.
It looks at one year at a time, knows no risk and carries no money over, which is what makes it a baseline to beat.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, Fault, OutputError
from ..tables import GRADES
from ..tabular import write_frame
from .policy_components import FIGURES, REPAIRABLE, frame_faults, named, read_policy_components

__all__ = ["WorstFirst", "read_policy_components", "worst_first", "write_worst_first"]

EXTERNAL_WALLS = (1826, 1830)  # first and last element number of the external walls in DfE's property data survey
ROUNDING = 1 + 1e-9            # a cost fits in the money left times this, so that the last penny can be spent
ROWS_AT_ONCE = 8192            # few enough for the processor's cache, and for sums that start no further threads
SHELF_BITS = 46                # costs whose first 6 binary places agree share a shelf (see _dearest_first)


@dataclass(frozen=True)
class WorstFirst:
    """What the worst-first rule does to an estate, at the end of each year; year 0 is the survey.

    Parameters
    ----------
    totals : DataFrame
        ``year, grade, area, backlog_gbp``: quantity at each grade [units], cost of bringing it to A [GBP, that year's].
    components : DataFrame
        ``building_id, element_id, A, B, C, D, E``: shares of each component at the end [-], in input order.
    years : DataFrame
        ``year, expected_failures, rebuilds, in_need, cost_in_need_gbp, rebuild_spent_gbp, repair_spent_gbp``: expected
        number of blocks with an external wall at grade E; blocks rebuilt; blocks whose repairs at C, D and E cost more
        than rebuilding them, and what rebuilding those would cost [GBP]; money spent [GBP].
    """

    totals: pd.DataFrame
    components: pd.DataFrame
    years: pd.DataFrame


@dataclass(frozen=True)
class _Stock:
    """The arrays of the rule; ``shares`` and ``scratch`` change in place, costs are in prices of the survey.

    ``free`` are the rows by grade whose repair costs nothing.
    """

    block: np.ndarray
    unit_area: np.ndarray
    shares: dict
    full_cost_gbp: dict
    worsening: dict
    rebuild_cost_gbp: np.ndarray
    walls: np.ndarray
    first_walls: np.ndarray
    scratch: np.ndarray
    free: dict


def worst_first(components, years, repair_gbp, rebuild_gbp, inflation, grade_order="EDCB",
                rebuild_cost_gbp_per_m2=2000.0):
    """What becomes of an estate under DfE's worst-first rule.

    Each year, in this order: every component ages; all costs rise by inflation; blocks are rebuilt, the highest ratio
    of repair cost (grades C, D and E) to rebuild cost first, then by building id; components are repaired grade by
    grade in ``grade_order``, the dearest expected repair first, then in row order. Whatever does not fit in the money
    left is passed over and the list goes on. What a grade leaves goes to the next; what a year leaves is gone.

    Parameters
    ----------
    components : DataFrame
        As ``read_policy_components`` returns it (names with dots or underscores).
    years : int
        How many years to run, at least 1.
    repair_gbp, rebuild_gbp, inflation : float or sequence of float, length ``years``
        Money for repairs and for rebuilding in each year, nominal [GBP]; rise of all costs in each year [-].
    grade_order : str
        Grades to repair, first to last: some or all of E, D, C, B, each once.
    rebuild_cost_gbp_per_m2 : float
        Cost of rebuilding one m2 of GIFA in prices of the survey. [GBP/m2]

    Returns
    -------
    WorstFirst
        Totals by year and grade, components at the end, and the years. ``DataError`` is raised with everything wrong
        with the components and the arguments, at once.

    Notes
    -----
    A cost fits if it is at most the money left times 1 + 1e-9, so that works which use the money to the penny are not
    lost to rounding; a year is overspent by no more than that part of its last item. The ratio leaves grade B out, as
    in the published model. Blocks without GIFA are never rebuilt. A share whose repair costs nothing (no quantity, or
    no figure for that grade) stands last in the list and fits as long as any money is left, as in the published model;
    a year without repair money repairs nothing. ``in_need`` of year 0 uses the same ratio as the other years; the
    published model counts grade B in year 0 only.

    Assumes that shares of a component can be repaired alone. *Counterexample:* a boiler is replaced whole.

    Examples
    --------
    Block 1 costs GBP 100 to rebuild and, after a year, 10 (C) + 100 (D) + 105 (E) to repair, a ratio of 2.15; block 2
    400 and 200 + 210: 1.025. GBP 300 rebuild block 1 only. In GBP 205 block 2's 210 at E do not fit; the 200 at D do.

    >>> frame = pd.DataFrame({
    ...     "buildingid": [1, 1, 2], "elementid": [1700, 1826, 1826], "unit_area": [10.0, 10, 20], "gifa": [1.0, 1, 4],
    ...     "B.repair.cost": 1.0, "C.repair.cost": 5.0, "D.repair.cost": 20.0, "E.repair.cost": 21.0,
    ...     "ab": 0.1, "bc": 0.2, "cd": 0.25, "de": 0.5, "A": 0, "B": [1, 0, 0], "C": 0, "D": [0, 1, 1], "E": 0})
    >>> result = worst_first(frame, 1, 205, 300, 0, rebuild_cost_gbp_per_m2=100)
    >>> result.components.to_numpy().tolist()[2]
    [2.0, 1826.0, 0.5, 0.0, 0.0, 0.0, 0.5]
    >>> result.totals.backlog_gbp[result.totals.year == 1].tolist()
    [0.0, 0.0, 0.0, 0.0, 210.0]
    >>> result.years[["expected_failures", "rebuilds", "rebuild_spent_gbp", "repair_spent_gbp"]].to_numpy().tolist()[1]
    [0.5, 1.0, 100.0, 200.0]

    References
    ----------
    .. [1] Department for Education, Blockbuster-2 1.1.0.1 (2018), manual pages Rebuild, Repair, UpdateBlockRepairs and
       buildings_expected_failures. https://github.com/DFE-Capital/Blockbuster-2
    """
    components, faults = named(components, "components")
    faults = faults or frame_faults(components, "components", np.arange(2, len(components) + 2))
    streams = {"repair_gbp": repair_gbp, "rebuild_gbp": rebuild_gbp, "inflation": inflation}
    streams, own = _argument_faults(years, streams, grade_order, rebuild_cost_gbp_per_m2)
    if faults or own:
        raise DataError(faults + own)
    stock = _stock(components, float(rebuild_cost_gbp_per_m2))
    index, totals, rows = 1.0, [], []
    _note(stock, totals, rows, 0, 1.0, (0, 0.0, 0.0))
    for year in range(1, years + 1):
        repair, rebuild, rise = (float(stream[year - 1]) for stream in streams.values())
        _deteriorate(stock)
        index *= 1.0 + rise
        rebuilt, rebuild_spent = _rebuild(stock, rebuild / index)
        repair_spent = _repair(stock, repair / index, grade_order)
        _note(stock, totals, rows, year, index, (rebuilt, rebuild_spent * index, repair_spent * index))
    names = {"building_id": components["buildingid"].array, "element_id": components["elementid"].array}
    return WorstFirst(pd.DataFrame(totals, columns=["year", "grade", "area", "backlog_gbp"]),
                      pd.DataFrame({**names, **stock.shares}, copy=False), pd.DataFrame(rows))


def write_worst_first(result, folder):
    """Write ``totals.csv``, ``components.csv`` and ``years.csv`` into a folder, made if need be (else OutputError)."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("totals", "components", "years"):
            write_frame(getattr(result, name), folder / f"{name}.csv")
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def _argument_faults(years, streams, grade_order, rebuild_cost_gbp_per_m2):
    """The yearly streams as arrays, and what is wrong with the arguments."""
    whole = isinstance(years, (int, np.integer)) and years >= 1
    wrong, arrays = ([] if whole else [("years", years, "a whole number, at least 1")]), {}
    for name, given in {**streams, "rebuild_cost_gbp_per_m2": rebuild_cost_gbp_per_m2}.items():
        single = name not in streams
        try:
            values = np.asarray(given, dtype=float)
        except (TypeError, ValueError):
            values = np.array(np.nan)
        good = np.isfinite(values) & (values > -1.0 if name == "inflation" else values >= 0.0)
        if not good.all() or values.shape not in ((), (years,)) or (single and values.ndim):
            wrong.append((name, given, ("one number, " if single else f"one number, or one for each of {years} years, ")
                          + ("above -1" if name == "inflation" else "at least 0")))
        elif whole and not single:
            arrays[name] = np.broadcast_to(values, (years,))
    if not grade_order or len(set(grade_order)) != len(grade_order) or not set(grade_order) <= set(REPAIRABLE):
        wrong.append(("grade_order", grade_order, "some or all of E, D, C, B, each once, such as EDCB"))
    return arrays, [Fault("the policy", None, name, repr(given), must_be) for name, given, must_be in wrong]


def _stock(components, rebuild_cost_gbp_per_m2):
    block, names = pd.factorize(components["buildingid"], sort=True)
    figures = {name: components[name].to_numpy(float) for name in FIGURES}
    gifa_m2 = np.zeros(len(names))
    np.maximum.at(gifa_m2, block, figures["gifa"])
    walls = np.flatnonzero(components["elementid"].between(*EXTERNAL_WALLS).to_numpy())
    walls = walls[np.argsort(block[walls], kind="stable")]
    full_cost_gbp = {grade: figures["unit_area"] * figures[f"{grade}.repair.cost"] for grade in REPAIRABLE}
    return _Stock(block=block, unit_area=figures["unit_area"],
                  shares={grade: figures[grade].copy() for grade in GRADES}, full_cost_gbp=full_cost_gbp,
                  worsening={name[0].upper(): figures[name] for name in ("ab", "bc", "cd", "de")},
                  rebuild_cost_gbp=gifa_m2 * rebuild_cost_gbp_per_m2, walls=walls,
                  first_walls=np.flatnonzero(np.diff(block[walls], prepend=-1)), scratch=np.empty(len(block)),
                  free={grade: np.flatnonzero(cost == 0.0) for grade, cost in full_cost_gbp.items()})


def _runs(stock):
    """Slices of a few thousand rows: fetching and storing millions at every step would take most of the time."""
    return (slice(first, first + ROWS_AT_ONCE) for first in range(0, len(stock.block), ROWS_AT_ONCE))


def _deteriorate(stock):
    for rows in _runs(stock):
        shares, moved = {grade: stock.shares[grade][rows] for grade in GRADES}, stock.scratch[rows]
        for better, worse in (("D", "E"), ("C", "D"), ("B", "C"), ("A", "B")):
            np.multiply(shares[better], stock.worsening[better][rows], out=moved)
            shares[worse] += moved
            shares[better] -= moved


def _sums(stock):
    """Quantity by grade; cost by grade; cost of the repairs at C, D and E by block, B left out [GBP, of the survey]."""
    area, backlog_gbp = dict.fromkeys(GRADES, 0.0), dict.fromkeys(GRADES, 0.0)
    for rows in _runs(stock):
        poor = stock.scratch[rows]
        poor[:] = 0.0
        for grade in GRADES:
            share = stock.shares[grade][rows]
            area[grade] += float(stock.unit_area[rows] @ share)
            if grade in REPAIRABLE:
                cost = share * stock.full_cost_gbp[grade][rows]
                backlog_gbp[grade] += float(cost.sum())
                if grade != "B":
                    poor += cost
    return area, backlog_gbp, np.bincount(stock.block, weights=stock.scratch, minlength=len(stock.rebuild_cost_gbp))


def _rebuild(stock, money_gbp):
    """Rebuild what the money allows; number of blocks and money spent."""
    if money_gbp == 0.0:
        return 0, 0.0
    able = np.flatnonzero(stock.rebuild_cost_gbp > 0)
    ratio = _sums(stock)[2][able] / stock.rebuild_cost_gbp[able]
    able = able[np.argsort(-ratio, kind="stable")]
    rebuilt = able[_fitting(stock.rebuild_cost_gbp[able], money_gbp)[0]]
    new = np.zeros(len(stock.rebuild_cost_gbp), bool)
    new[rebuilt] = True
    rows = np.flatnonzero(new[stock.block])
    for grade in GRADES:
        stock.shares[grade][rows] = 1.0 if grade == "A" else 0.0
    return len(rebuilt), float(stock.rebuild_cost_gbp[rebuilt].sum())


def _repair(stock, money_gbp, grade_order):
    """Repair what the money allows, grade by grade; money spent."""
    left, spent = money_gbp, 0.0
    for grade in grade_order:
        if left <= 0.0:
            break
        share, cost = stock.shares[grade], stock.scratch
        rows, left = _dearest_first(cost, _within(stock, grade, left), left)
        spent += float(cost[rows].sum())
        if left > 0.0:
            free = stock.free[grade]
            rows = np.append(rows, free[share[free] > 0.0])
        stock.shares["A"][rows] += share[rows]
        share[rows] = 0.0
    return spent


def _within(stock, grade, money_gbp):
    """Rows whose repair costs something and no more than there is; what each costs goes into ``scratch``."""
    found = []
    for rows in _runs(stock):
        cost = np.multiply(stock.shares[grade][rows], stock.full_cost_gbp[grade][rows], out=stock.scratch[rows])
        found.append(np.flatnonzero((cost > 0.0) & (cost <= money_gbp * ROUNDING)) + rows.start)
    return np.concatenate(found)


def _fitting(costs, money):
    """Positions taken going down a list of costs above zero, passing over what does not fit; and the money left.

    Each turn takes all that fits in a row and strikes out all that can no longer fit: as many turns as gaps.
    """
    taken = [np.zeros(0, np.intp)]
    ahead = np.flatnonzero(costs <= money * ROUNDING)
    while ahead.size:
        running = np.cumsum(costs[ahead])
        count = max(1, np.searchsorted(running, money, side="right"))
        taken.append(ahead[:count])
        money = max(0.0, money - running[count - 1])
        ahead = ahead[count:]
        ahead = ahead[costs[ahead] <= money * ROUNDING]
    return np.concatenate(taken), money


def _shelf(costs):
    """Shelf of each cost: exponent and first binary places of the number, so that a dearer shelf is a higher one."""
    return np.asarray(costs, dtype=float).view(np.int64) >> SHELF_BITS


def _dearest_first(cost, rows, money):
    """Of some rows those taken in descending order of cost (ties in row order), passing over what does not fit any more;
    and the money left.

    The same as sorting and going down the list, without sorting it all: costs stand on shelves 1 to 2 per cent wide;
    whole shelves are taken while they fit, and only a shelf that does not fit whole is sorted. After that the money
    left is less than a cost passed over, so that the shelves between hold nothing that fits.
    """
    if not rows.size:
        return rows, money
    cost = cost[rows]
    shelf = _shelf(cost)
    lowest = shelf.min()
    shelf -= lowest
    on_shelf = np.bincount(shelf, weights=cost)
    whole, opened, ahead = np.zeros(len(on_shelf), bool), [], len(on_shelf)
    while ahead > 0 and money > 0.0:
        running = np.append(0.0, np.cumsum(on_shelf[:ahead][::-1]))
        count = int(np.searchsorted(running, money, side="right")) - 1
        whole[ahead - count:ahead] = True
        money -= running[count]
        ahead -= count + 1
        if ahead >= 0:
            inside = np.flatnonzero(shelf == ahead)
            inside = inside[np.argsort(-cost[inside], kind="stable")]
            picked, money = _fitting(cost[inside], money)
            opened.append(inside[picked])
            ahead = min(ahead, int(_shelf(money * ROUNDING)) - lowest + 1)
    return rows[np.concatenate([np.flatnonzero(whole[shelf]), *opened])], money


def _note(stock, totals, years, year, index, works):
    """Add the year to both tables; ``works`` are the blocks rebuilt and the money spent on rebuilding and on repairs."""
    area, backlog_gbp, repairs_gbp = _sums(stock)
    totals += [(year, grade, area[grade], backlog_gbp[grade] * index) for grade in GRADES]
    sound = np.multiply.reduceat(1.0 - stock.shares["E"][stock.walls], stock.first_walls) if stock.walls.size else 1.0
    in_need = (stock.rebuild_cost_gbp > 0) & (repairs_gbp > stock.rebuild_cost_gbp)
    years.append({"year": year, "expected_failures": float(np.sum(1.0 - sound)), "rebuilds": works[0],
                  "in_need": int(in_need.sum()), "cost_in_need_gbp": float(stock.rebuild_cost_gbp[in_need].sum()) * index,
                  "rebuild_spent_gbp": works[1], "repair_spent_gbp": works[2]})
