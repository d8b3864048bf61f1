"""How sure the savings, cash and cost per tonne of energy measures are, school by school, and what decides them."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from .carbon_results import YEAR_LOOKED_AT, measure_names
from .energy.abatement import comparator_gbp_per_t, social_factors
from .energy.end_uses import FUELS
from .energy.measures import GAS_OFF, GROUND_SOURCE, HEAT_PUMPS, LED, SOLAR, figure
from .energy.packages import BURNT, HEAT, POWER, use_with
from .energy.uncertainty import Uncertain, drawn_shares, tenths, what_decides
from .errors import DataError
from .reference import load
from .tables import Column, Kind, Table
from .tabular import read_cells, typed

COST, REALISED, FUEL_PRICES, POWER_PRICE, WEATHER, GRID = ("capital cost", "saving realised", "fuel prices",
                                                           "electricity beside fuels", "weather of a year", "grid")
PERFORMANCE, YIELD = "performance of the heat pump", "yield of the panels"
POWER_NOW, FUEL_NOW = "electricity the school uses now", "fuel the school uses now"
FACTORS = (COST, REALISED, PERFORMANCE, YIELD, FUEL_PRICES, POWER_PRICE, WEATHER, GRID, POWER_NOW, FUEL_NOW)
PARTS = ("fuel heat", "fuel rest", "power heat", "power rest", "power fixed", "own sun", "sent", "standing")
LEAST_USE_SHARE = 0.05         # of what a school is said to use now, where its range goes down to nothing
PUMPED, SUN, GAS_ENDS, LAMPS, KEPT_IN = "heat pump", "sun", "gas ended", "lighting", "heat kept in"
CASH, TONNE = "cash_gbp", "gbp_per_tonne"
OWN_RANGES = Table("energy_ranges", "Figures of energy that are not known, beside their central value.", ("factor",), (
    Column("factor", Kind.CHOICE, "What is not known.", choices=tuple(load("energy_ranges").factor)),
    Column("low", Kind.NUMBER, "One case in ten lies below, as a multiple of the central value.", least=0.01, most=1),
    Column("high", Kind.NUMBER, "One case in ten lies above, as a multiple of the central value.", least=1, most=100)))


@dataclass(frozen=True)
class Packages:
    """The measures of one school that are offered, taken apart by what their worth hangs on.

    ``rows``: of the offers' ``considered``. ``present_gbp``, ``tonnes``, ``year_gbp`` and ``year_kwh`` are (PARTS, n): bills
    saved over the years, present value; carbon saved over the years; bills and energy saved in the year looked at.
    ``upkeep_gbp`` and ``cost_gbp`` (n,) present value, ``own_gbp`` (n,) the measures' own part of the cost; ``kinds`` (n,)
    what each mostly is; ``root_years`` (n,) root of the years they act.
    """

    rows: pd.DataFrame = field(repr=False)
    kinds: np.ndarray = field(repr=False)
    present_gbp: np.ndarray = field(repr=False)
    tonnes: np.ndarray = field(repr=False)
    year_gbp: np.ndarray = field(repr=False)
    year_kwh: np.ndarray = field(repr=False)
    upkeep_gbp: np.ndarray = field(repr=False)
    year_upkeep_gbp: np.ndarray = field(repr=False)
    cost_gbp: np.ndarray = field(repr=False)
    own_gbp: np.ndarray = field(repr=False)
    root_years: np.ndarray = field(repr=False)

    def outcomes(self, values):
        """What they come to.

        Parameters
        ----------
        values : dict of str to array, shape (cases,)
            Each of ``FACTORS``, as a multiple of its central value.

        Returns
        -------
        dict of array, shape (n, cases)
            ``cost_gbp``, ``fuels_kwh``, ``electricity_kwh`` and ``bills_gbp`` of the year looked at, ``carbon_tco2e``,
            ``cash_gbp`` (present value of bills saved less cost) and ``gbp_per_tonne`` (infinite: no tonne is saved).
        """
        cold = values[WEATHER]
        year = self._saved(values, np.broadcast_to(cold, (len(self.kinds), len(cold))))
        life = self._saved(values, 1.0 + (cold - 1.0) / self.root_years[:, None])
        priced, grid = _prices(values), _grid(values)
        pumped = (self.kinds == PUMPED)[:, None]
        cost = self.cost_gbp[:, None] + self.own_gbp[:, None] * (
            values[COST] * np.where(pumped, values[FUEL_NOW], 1.0) - 1.0)
        cash = (self.present_gbp[..., None] * life * priced).sum(axis=0) - self.upkeep_gbp[:, None] - cost
        tonnes = (self.tonnes[..., None] * life * grid).sum(axis=0)
        kwh = self.year_kwh[..., None] * year
        return {"cost_gbp": cost, "fuels_kwh": kwh[:2].sum(axis=0), "electricity_kwh": kwh[2:6].sum(axis=0),
                "bills_gbp": (self.year_gbp[..., None] * year * priced).sum(axis=0) - self.year_upkeep_gbp[:, None],
                "carbon_tco2e": tonnes, CASH: cash,
                TONNE: np.divide(-cash, tonnes, out=np.full(cash.shape, np.inf), where=tonnes > 0)}

    def _saved(self, values, cold):
        """By how much more or less each part is saved than the central figures say, shape (PARTS, n, cases). [-]"""
        kinds, real, done = self.kinds[:, None], values[REALISED], 1.0 / values[PERFORMANCE]
        fuel, power = values[FUEL_NOW] * np.ones_like(cold), values[POWER_NOW] * np.ones_like(cold)
        kept, lamps, pump = kinds == KEPT_IN, kinds == LAMPS, kinds == PUMPED
        part = np.where(kept | lamps, real, 1.0)
        heat = np.where(lamps, power * part, fuel * cold * part)
        sun = values[YIELD] * np.ones_like(cold)
        return np.stack([
            heat, np.where(lamps, power * part, fuel * part),
            np.where(pump, fuel * cold * done, np.where(lamps, power * part, power * cold * part)),
            np.where(pump, fuel * done, fuel * part), np.where(lamps, power * part, 1.0), sun, sun, np.ones_like(cold)])


def _prices(values):
    """Prices beside the central ones, shape (PARTS, 1, cases): electricity moves with fuels, and beside them."""
    fuel, power = values[FUEL_PRICES], values[FUEL_PRICES] * values[POWER_PRICE]
    return np.stack([fuel, fuel, *[power] * 5, fuel])[:, None, :]


def _grid(values):
    """Marginal carbon beside the central, shape (PARTS, 1, cases)."""
    grid = values[GRID]
    plain = np.ones_like(grid)
    return np.stack([plain, plain, *[grid] * 5, plain])[:, None, :]


def kind_of(fitted):
    """What a package mostly is: ``heat pump``, ``sun``, ``gas ended``, ``lighting`` or ``heat kept in``.

    Parameters
    ----------
    fitted : iterable of Fitted

    Returns
    -------
    str
    """
    names = {item.measure for item in fitted}
    if names & set(HEAT_PUMPS):
        return PUMPED
    return SUN if SOLAR in names else GAS_ENDS if GAS_OFF in names else LAMPS if LED in names else KEPT_IN


def taken_apart(offers, energy, school_id):
    """The packages of one school that are offered, taken apart by what their worth hangs on.

    Parameters
    ----------
    offers : EnergyOffers
    energy : EnergyOutlook
    school_id : str

    Returns
    -------
    Packages
        With central figures throughout it comes to what ``measures_frame`` says.
    """
    school, table = offers.schools[school_id], offers.considered
    rows = table[(table.school_id == school_id) & (table.scheme_id != "")].reset_index(drop=True)
    count, years = len(rows), len(energy.years)
    found = {name: np.zeros((len(PARTS), count)) for name in ("present_gbp", "tonnes", "year_gbp", "year_kwh")}
    upkeep, year_upkeep = np.zeros(count), np.zeros(count)
    for place, row in enumerate(rows.itertuples()):
        after = slice(row.start, None)
        factors, at = np.zeros(years), min(row.start + YEAR_LOOKED_AT, years - 1)
        factors[after] = social_factors(years - row.start)
        kwh, gbp, tonnes = _by_part(school, row)
        found["present_gbp"][:, place], found["tonnes"][:, place] = gbp @ factors, tonnes[:, after].sum(axis=1)
        found["year_gbp"][:, place], found["year_kwh"][:, place] = gbp[:, at], kwh[:, at]
        yearly = school.upkeep_gbp(row.fitted)
        upkeep[place], year_upkeep[place] = yearly @ factors, yearly[at]
    lasts = [min(figure(item.measure, "persistence").value for item in fitted) for fitted in rows.fitted]
    return Packages(rows, np.array([kind_of(fitted) for fitted in rows.fitted], object), **found, upkeep_gbp=upkeep,
                    year_upkeep_gbp=year_upkeep, cost_gbp=rows.cost_gbp.to_numpy(float),
                    own_gbp=rows.works_gbp.to_numpy(float), root_years=np.sqrt(np.minimum(lasts, years).astype(float)))


def _by_part(school, row):
    """Energy [kWh], bills [GBP] and carbon [tCO2e] that a package saves by part and year, shape (PARTS, years) each."""
    before, after = _both(school, row, 1.0)
    less, (more_before, more_after) = before.kwh - after.kwh, _both(school, row, 2.0)
    own, sent = after.self_used_kwh - before.self_used_kwh, after.exported_kwh - before.exported_kwh
    rest = less.sum(axis=1) - less[:, HEAT]
    only = np.zeros_like(rest)
    only[POWER] = 1.0
    twice = (more_before.kwh - more_after.kwh).sum(axis=1)[POWER] - (more_before.kwh - more_after.kwh)[POWER, HEAT]
    fixed = 2.0 * rest[POWER] - twice
    pieces = [less[:, HEAT] * (1 - only), rest * (1 - only), less[:, HEAT] * only, (rest - fixed) * only, fixed * only,
              own * only, sent * only]
    kwh = np.array([piece.sum(axis=0) for piece in pieces] + [np.zeros_like(sent)])
    gbp = np.array([(piece * school.unit_gbp_per_kwh).sum(axis=0) for piece in pieces[:6]])
    gone = school.ended([*row.context, *row.fitted], after) * 1.0 - school.ended(list(row.context), before)
    gbp = np.vstack([gbp, sent * school.export_gbp_per_kwh, (gone * school.standing_gbp).sum(axis=0)])
    tonnes = np.array([school.appraisal.change_t(piece).sum(axis=0) for piece in pieces] + [np.zeros_like(sent)])
    return kwh, gbp, tonnes


def _both(school, row, fuel_multiple):
    """Use before and after a package, were the fuel that is burnt now so many times what it is."""
    kwh = school.premises.kwh.copy()
    kwh[BURNT] *= fuel_multiple
    there = replace(school.premises, kwh=kwh)
    return [use_with(there, fitted, school.level) for fitted in (list(row.context), [*row.context, *row.fitted])]


def uncertain_figures(energy, school_id, pump, ranges):
    """What is not known of a school's measures, as multiples of the central figures.

    Parameters
    ----------
    energy : EnergyOutlook
    school_id : str
    pump : str
        The kind of heat pump that is offered.
    ranges : DataFrame
        As ``reference/energy_ranges.csv``: ``factor, low, value, high``.

    Returns
    -------
    list of Uncertain
        In the order of ``FACTORS``.
    """
    known = {row.factor: Uncertain(row.factor, row.low, row.value, row.high) for row in ranges.itertuples()}
    for name, measure, key in ((PERFORMANCE, pump, "saving"), (YIELD, SOLAR, "real roofs")):
        low, central, high = (figure(measure, key, level).value for level in ("low", "central", "high"))
        known[name] = Uncertain(name, low / central, 1.0, high / central, ends=True)
    rows = energy.baseline
    rows = rows[rows.school_id == school_id]
    known[POWER_NOW] = _use_now(POWER_NOW, rows[rows.fuel == "electricity"])
    known[FUEL_NOW] = _use_now(FUEL_NOW, rows[rows.fuel.isin([FUELS[place] for place in BURNT])])
    return [known[name] for name in FACTORS]


def _use_now(name, rows):
    """How sure it is what a school uses now: the ranges of its fuels, independent of one another."""
    use = rows.use_kwh.sum()
    if not use > 0:
        return Uncertain(name, 1.0, 1.0, 1.0)
    below, above = (float(np.sqrt(((rows[end] - rows.use_kwh) ** 2).sum())) / use for end in ("low_kwh", "high_kwh"))
    return Uncertain(name, max(1.0 - below, LEAST_USE_SHARE), 1.0, 1.0 + above)


def uncertainty(candidates, ranges, power=10, seed=0):
    """How sure the measures are that are offered, and what decides what they come to.

    Parameters
    ----------
    candidates : Candidates
        With energy, at the central savings of the library.
    ranges : DataFrame
        As ``reference/energy_ranges.csv``.
    power : int
        Two to this power of points are drawn for each figure.
    seed : int
        The same for every school, so that all meet the same prices, weather and grid.

    Returns
    -------
    tuple of DataFrame
        *Ranges*, one row per scheme: ``school_id, name, scheme_id, kind, measures``, ``p10``, ``p50`` and ``p90`` of what
        ``Packages.outcomes`` has, ``central_gbp_per_tonne``, ``comparator_gbp_per_tonne``, the shares of cases in which it
        pays in cash (``pays_share``), saves carbon (``saves_share``) and costs no more than a tonne is worth
        (``worth_share``), and what ``decides`` the cost of a tonne, or the cash where not every case saves carbon. *Parts*:
        ``school_id, scheme_id, kind, outcome, factor, first_order, total``.

    Notes
    -----
    What is not known stays as it is for the life of a measure, but for the weather, whose mean is surer than a year of it.
    Savings of a package rise and fall as one with the part that is realised. *Counterexample:* good controls in a school
    whose insulation is badly fitted.
    """
    offers, energy = candidates.energy, candidates.outlook.energy
    pump = GROUND_SOURCE if candidates.outlook.scenario.measures.heat_pump_source == "ground" else HEAT_PUMPS[0]
    names = candidates.outlook.estate.schools.set_index("school_id")["name"]
    tables, parts = [], []
    for school_id in offers.schools:
        packages = taken_apart(offers, energy, school_id)
        if len(packages.rows):
            figures = uncertain_figures(energy, school_id, pump, ranges)
            table, decided = _of_school(packages, figures, offers.worth, power, seed)
            tables.append(table.assign(school_id=school_id, name=names[school_id]))
            parts.append(decided.assign(school_id=school_id))
    if not tables:
        return pd.DataFrame(columns=RANGE_COLUMNS), pd.DataFrame(columns=PART_COLUMNS)
    return pd.concat(tables, ignore_index=True)[RANGE_COLUMNS], pd.concat(parts, ignore_index=True)[PART_COLUMNS]


MEASURED = ("cost_gbp", "fuels_kwh", "electricity_kwh", "bills_gbp", "carbon_tco2e", CASH, TONNE)
TENTHS_SAID = ("p10", "p50", "p90")
RANGE_COLUMNS = ["school_id", "name", "scheme_id", "kind", "measures",
                 *(f"{tenth}_{name}" for name in MEASURED for tenth in TENTHS_SAID), "central_gbp_per_tonne",
                 "comparator_gbp_per_tonne", "pays_share", "saves_share", "worth_share", "decides"]
PART_COLUMNS = ["school_id", "scheme_id", "kind", "outcome", "factor", "first_order", "total"]


def _of_school(packages, figures, worth, power, seed):
    """Ranges of the packages of a school, and what decides them."""
    def values(shares):
        """Multiples of the central figures at some shares."""
        return {each.name: each.at(row) for each, row in zip(figures, shares, strict=True)}

    found = packages.outcomes(values(drawn_shares(len(figures), power + 2, seed)))
    central = packages.outcomes({each.name: np.ones(1) for each in figures})[TONNE][:, 0]
    saves = (found["carbon_tco2e"] > 0).all(axis=1)

    def both(shares):
        """Cash, and the cost of a tonne where every case saves carbon, which else is left at nought."""
        here = packages.outcomes(values(shares))
        sure = saves[:, None] & (here["carbon_tco2e"] > 0).all(axis=1, keepdims=True)
        return np.vstack([here[CASH], np.where(sure, here[TONNE], 0.0)])

    _, total = first_total = what_decides(both, len(figures), power, seed + 1)
    count, names = len(packages.rows), np.array([each.name for each in figures], object)
    asked = np.where(saves[:, None] & (total[count:].sum(axis=1, keepdims=True) > 0), total[count:], total[:count])
    most = [comparator_gbp_per_t(worth.carbon_gbp_per_t[row.start:], row.saved.carbon_t[row.start:])
            for row in packages.rows.itertuples()]
    table = pd.DataFrame({f"{tenth}_{name}": part for name in MEASURED
                          for tenth, part in zip(TENTHS_SAID, tenths(found[name]), strict=True)})
    table = table.replace([np.inf, -np.inf], np.nan).assign(
        scheme_id=packages.rows.scheme_id, kind=packages.kinds, measures=packages.rows.fitted.map(measure_names),
        central_gbp_per_tonne=np.where(np.isfinite(central), central, np.nan), comparator_gbp_per_tonne=most,
        pays_share=(found[CASH] >= 0).mean(axis=1), saves_share=(found["carbon_tco2e"] > 0).mean(axis=1),
        worth_share=(found[TONNE] <= np.array(most)[:, None]).mean(axis=1),
        decides=np.where(asked.max(axis=1) > 0, names[asked.argmax(axis=1)], ""))
    return table, _long(packages, names, first_total, saves)


def _long(packages, names, first_total, saves):
    """What decides each outcome, one row per scheme, outcome and figure."""
    count, pieces = len(packages.rows), []
    for number, outcome in enumerate((CASH, TONNE)):
        rows = np.arange(count) if outcome == CASH else np.flatnonzero(saves)
        first, total = (part[number * count + rows].ravel() for part in first_total)
        pieces.append(pd.DataFrame({
            "scheme_id": np.repeat(packages.rows.scheme_id.to_numpy()[rows], len(names)), "outcome": outcome,
            "kind": np.repeat(packages.kinds[rows], len(names)), "factor": np.tile(names, len(rows)),
            "first_order": first, "total": total}))
    return pd.concat(pieces, ignore_index=True)


def decided_by_kind(parts):
    """What decides each outcome for each kind of measure: the mean over its packages.

    Parameters
    ----------
    parts : DataFrame
        As ``uncertainty`` returns them.

    Returns
    -------
    DataFrame
        ``outcome, kind, factor, first_order, total, packages``; what decides most comes first.
    """
    found = parts.groupby(["outcome", "kind", "factor"], as_index=False).agg(
        first_order=("first_order", "mean"), total=("total", "mean"), packages=("scheme_id", "nunique"))
    return found.sort_values(["outcome", "kind", "total"], ascending=[True, True, False], kind="stable",
                             ignore_index=True)


def read_energy_ranges(path=None):
    """The ranges of what is not known of energy: capplan's own, some of them replaced by the user's.

    Parameters
    ----------
    path : str or Path, optional
        A table with ``factor, low, high`` (multiples of the central value); left out: ``reference/energy_ranges.csv``.

    Returns
    -------
    DataFrame
        ``factor, low, value, high, unit, status, source, note``.

    Raises
    ------
    DataError
        With every row that is wrong.
    """
    table = load("energy_ranges")
    if path is None:
        return table
    cells, faults = read_cells(Path(path))
    if cells is not None:
        own, more = typed(OWN_RANGES, cells, Path(path).name)
        faults = [*faults, *more]
    if faults:
        raise DataError(faults)
    for row in own.itertuples():
        table.loc[table.factor == row.factor, ["low", "high", "status", "source", "note"]] = [
            row.low, row.high, "ASSUMPTION", "capplan-assumption", f"the user's own ({Path(path).name})"]
    return table


def ranges_register(ranges):
    """The ranges as rows of ``assumptions.csv``.

    Parameters
    ----------
    ranges : DataFrame
        As ``read_energy_ranges`` returns them.

    Returns
    -------
    DataFrame
        ``figure, value, meaning, source, status``.
    """
    meaning = [f"{row.note} [{row.unit}; {row.low:g} to {row.high:g} in eight cases of ten]" for row in ranges.itertuples()]
    return pd.DataFrame({"figure": "energy_ranges." + ranges.factor, "value": ranges.value, "meaning": meaning,
                         "source": ranges.source, "status": ranges.status})
