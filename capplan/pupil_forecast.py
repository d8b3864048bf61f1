"""Pupils of every school, year group and census to come, with bands for schools and for the trust, in numbers that add."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .estate import Estate
from .funding.regime import in_trust, regime_rules
from .pupil_inputs import AGES, GROUPS, YEAR_ELEVEN, YEAR_SIX, authority_growth, census_counts, flows_of, pupils_of_housing
from .pupils.backtest import LEAST_TO_LEARN, backtest, scales_from
from .pupils.flows import drawn
from .pupils.integers import largest_remainder, share_out
from .pupils.priors import drawn_together
from .pupils.uncertainty import noise_figures, stretched
from .roll_checks import SPECIAL_PHASES
from .scenario import Scenario

LEVELS = {"low": 0.1, "central": 0.5, "high": 0.9}
CARD_HORIZONS = (1, 3, 5)
BANDS = ("p10", "p50", "p90")
SMALL_SCHOOL = 150
TOLD_SCALE = 0.1


@dataclass(frozen=True)
class PupilForecast:
    """Pupils by school S, year group G and census T, with R draws. Carries its parents.

    ``latest`` (S, G): pupils of the census it starts from. ``low``, ``central``, ``high`` (S, G, T): whole pupils whose sum
    over the schools in the trust is P10, P50 and P90 of the trust's total. ``draws`` (S, G, T, R), in single precision.
    ``member`` (S, T): whether a school is open and in the trust at each census. ``methods``: what each intake rests on.
    [pupils]
    """

    estate: Estate = field(repr=False)
    scenario: Scenario = field(repr=False)
    schools: tuple
    groups: tuple
    origin: int
    census_years: tuple
    latest: np.ndarray = field(repr=False)
    low: np.ndarray = field(repr=False)
    central: np.ndarray = field(repr=False)
    high: np.ndarray = field(repr=False)
    draws: np.ndarray = field(repr=False)
    member: np.ndarray = field(repr=False)
    scales: np.ndarray = field(repr=False)
    methods: pd.DataFrame = field(repr=False)
    notes: tuple = ()

    @property
    def chosen(self):
        """The forecast the scenario follows: low, central or high, shape (S, G, T). [pupils]"""
        return getattr(self, self.scenario.pupils.level)

    @cached_property
    def card(self):
        """How well forecasts from the trust's own earlier censuses would have done, as ``pupils.backtest`` tells it."""
        rule = self.scenario.pupils
        return backtest(census_counts(self.estate, rule), CARD_HORIZONS, noise_figures(), rule.history_years, LEAST_TO_LEARN,
                        min(rule.replicates, 400), rule.seed)

    def index(self, census_year):
        """Place of a census among those forecast.

        Parameters
        ----------
        census_year : int

        Returns
        -------
        int

        Raises
        ------
        ValueError
            If it is not forecast.
        """
        return self.census_years.index(census_year)

    def at(self, planning_years):
        """Places of the censuses of planning years: year y is seen in the spring census of y + 1.

        Parameters
        ----------
        planning_years : sequence of int

        Returns
        -------
        list of int
        """
        return [self.index(year + 1) for year in planning_years]

    def totals(self):
        """Pupils of each school, and of the trust, at the latest census and at those forecast.

        Returns
        -------
        DataFrame
            ``school_id`` (blank: the trust), ``census_year``, ``status`` (counted or forecast), ``pupils`` (central),
            ``low, high``, which add up to the trust's, and ``p10, p50, p90`` of the school's own total. [pupils]
        """
        own = np.quantile(self.draws.sum(axis=1), list(LEVELS.values()), axis=-1)
        trust = np.quantile(self._trust_draws(), list(LEVELS.values()), axis=-1)
        rows = []
        for name, place in [("", None), *((school, i) for i, school in enumerate(self.schools))]:
            now = self.latest[self._member_now()].sum() if place is None else self.latest[place].sum()
            rows.append([name, self.origin, "counted", *[int(now)] * 3, *[float(now)] * 3])
            for at, year in enumerate(self.census_years):
                whole = [int(getattr(self, level)[self.member[:, at], :, at].sum() if place is None else
                             getattr(self, level)[place, :, at].sum()) for level in ("central", "low", "high")]
                bands = (trust[:, at] if place is None else own[:, place, at]).round(1)
                rows.append([name, year, "forecast", *whole, *bands])
        return pd.DataFrame(rows, columns=["school_id", "census_year", "status", "pupils", "low", "high", *BANDS])

    def by_group(self):
        """Pupils by school, census and year group, only of year groups a school has.

        Returns
        -------
        DataFrame
            ``school_id, census_year, year_group, pupils`` (central), ``low, high``. [pupils]
        """
        school, group, at = np.nonzero((self.high + self.central + self.low) > 0)
        return pd.DataFrame({
            "school_id": np.array(self.schools, object)[school], "census_year": np.array(self.census_years)[at],
            "year_group": np.array(self.groups)[group], "pupils": self.central[school, group, at],
            "low": self.low[school, group, at], "high": self.high[school, group, at],
        }).sort_values(["school_id", "census_year", "year_group"], kind="stable").reset_index(drop=True)

    def rolls(self, rolls):
        """Rolls with the forecast in place of what was expected of censuses still to come.

        Parameters
        ----------
        rolls : DataFrame
            The estate's own; empty where there is no such table.

        Returns
        -------
        DataFrame
            Counted rows stay, also those of schools that are not forecast. Nursery pupils who attend full time count as
            primary; part-time ones, and boarders of mainstream schools, stay as last counted.
        """
        counted = rolls[(rolls.census_year <= self.origin) | ~rolls.school_id.isin(self.schools)]
        counts, rows = census_counts(self.estate, self.scenario.pupils), []
        phases = self.estate.schools.set_index("school_id").phase
        have = set(zip(counted.school_id, counted.census_year, strict=True))
        for i, school in enumerate(self.schools):
            own = counted[counted.school_id == school].sort_values("census_year")
            kept = own.iloc[-1] if len(own) else None
            taken = [(year, np.nan_to_num(counts.pupils[i, :, at]), "counted") for at, year in enumerate(counts.years)
                     if np.isfinite(counts.pupils[i, :, at]).any() and (school, year) not in have]
            ahead = [(year, self.chosen[i, :, at], "forecast") for at, year in enumerate(self.census_years)]
            special = phases[school] in SPECIAL_PHASES
            rows += [self._roll(school, year, pupils, status, kept, special) for year, pupils, status in (*taken, *ahead)]
        made = pd.DataFrame(rows)
        both = pd.concat([counted, made.reindex(columns=rolls.columns)], ignore_index=True) if len(counted) else made
        place = {school: at for at, school in enumerate(self.estate.schools.school_id)}
        order = np.lexsort([both.census_year, both.school_id.map(place)])
        return both.iloc[order].reset_index(drop=True)

    def _roll(self, school, year, pupils, status, kept, special):
        groups = np.array(self.groups)
        parts = {"pupils_primary": groups <= YEAR_SIX, "pupils_secondary": (groups > YEAR_SIX) & (groups <= YEAR_ELEVEN),
                 "pupils_post16": groups > YEAR_ELEVEN}
        heads = {name: 0.0 if special else float(pupils[of].sum()) for name, of in parts.items()}
        boarders = 0.0 if kept is None else float(kept.pupils_special)
        return {"school_id": school, "census_year": int(year), **heads,
                "pupils_special": float(pupils.sum()) if special else boarders,
                "pupils_early_years_part_time": float("nan") if kept is None else kept.pupils_early_years_part_time,
                "status": status}

    def around_the_line(self):
        """Pupils as the test for SCA counts them, beside the line, by grant year.

        Returns
        -------
        DataFrame
            ``grant_year, census_year, schools_counted, p10, p50, p90`` [pupils], ``line`` [pupils], ``chance_below`` [-].

        Notes
        -----
        Counts schools in the trust on 1 September of the census year; pupils of special schools several times. Part-time
        early years pupils and boarders are not in it. *Counterexample:* a trust a few nursery pupils above the line.
        """
        rules, schools = regime_rules(), self.estate.schools.set_index("school_id").loc[list(self.schools)]
        weight = np.where(schools.phase.isin(SPECIAL_PHASES), rules.special_multiple, 1.0)
        totals, rows = self.draws.sum(axis=1), []
        for at, year in enumerate(self.census_years):
            here = in_trust(schools, rules.counted_on(year + 1))
            counted = (totals[:, at] * (weight * here)[:, None]).sum(axis=0)
            low, middle, high = np.quantile(counted, list(LEVELS.values()))
            rows.append([year + 1, year, int(here.sum()), round(float(low), 1), round(float(middle), 1),
                         round(float(high), 1), rules.least_pupils, float((counted < rules.least_pupils).mean())])
        return pd.DataFrame(rows, columns=["grant_year", "census_year", "schools_counted", "p10", "p50", "p90", "line",
                                           "chance_below"])

    def _trust_draws(self):
        """Draws of the trust's total, shape (T, R). [pupils]"""
        return (self.draws.sum(axis=1) * self.member[:, :, None]).sum(axis=0)

    def _member_now(self):
        schools = self.estate.schools.set_index("school_id").loc[list(self.schools)]
        return in_trust(schools, regime_rules().census_day(self.origin))


_kept = []       # the latest forecast: a plan asks for the same one several times


def forecast_pupils(estate, scenario):
    """Forecast the pupils of an estate.

    Parameters
    ----------
    estate : Estate
        With a census table.
    scenario : Scenario

    Returns
    -------
    PupilForecast
        From the census after the latest one to that of the last planning year. The latest forecast is kept and returned when
        the same is asked for again.

    Raises
    ------
    DataError
        If there is no census, an open school is not in the latest one, or it is later than the plan.
    """
    key = (scenario.pupils, scenario.years[-1])
    if _kept and _kept[0][0] is estate and _kept[0][1] == key:
        return replace(_kept[0][2], scenario=scenario)
    made = _forecast(estate, scenario)
    _kept[:] = [(estate, key, made)]
    return made


def forecast_if_asked(estate, scenario):
    """The forecast of pupils, where the scenario includes one.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    PupilForecast or None
    """
    return forecast_pupils(estate, scenario) if scenario.pupils.included else None


def led_by_forecast(estate, scenario):
    """The estate with its rolls as the forecast has them, where the scenario lets it lead them.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    tuple of (Estate, tuple of str)
        And what the reader must be told; the estate as it is, and nothing, where it does not.
    """
    if not scenario.pupils.leads_rolls:
        return estate, ()
    found = forecast_pupils(estate, scenario)
    tables = {**estate.tables(), "rolls": found.rolls(estate.rolls)}
    told = (f"Pupils of {found.census_years[0]} to {found.census_years[-1]} are the {scenario.pupils.level} forecast made "
            "from census.csv, not what rolls.csv expects.")
    return Estate(tables, estate.folder), (told,)


def _forecast(estate, scenario):
    rule = scenario.pupils
    counts = census_counts(estate, rule)
    origin, last = counts.years[-1], scenario.years[-1] + 1
    if last <= origin:
        raise DataError([Fault("census.csv", None, "census_year", f"a latest census of {origin}", "one before the end of "
                               f"the plan, whose last census is {last}")])
    years = range(origin + 1, last + 1)
    flows, methods = flows_of(estate, scenario, counts, len(years))
    scales = scales_from(counts, len(years), noise_figures(), rule.history_years, seed=rule.seed)
    draws = stretched(drawn(flows, rule.replicates, rule.seed, origin), scales)
    if flows.most is not None:
        limit = np.where(flows.admits[..., None], flows.most, np.inf).astype(np.float32)
        np.minimum(draws, limit[..., None], out=draws)
    told = _towards_authorities(draws, estate, flows, origin) if rule.authority_counts else ()
    if len(estate.housing):
        draws += pupils_of_housing(estate, counts, len(years)).astype(np.float32)[..., None]
        np.maximum(draws, 0.0, out=draws)
    schools, rules = estate.schools.set_index("school_id").loc[list(counts.schools)], regime_rules()
    days = [pd.Timestamp(rules.census_day(year)) for year in years]
    draws *= np.stack([~(schools.closed <= day).to_numpy() for day in days], axis=1)[:, None, :, None]
    member = np.stack([in_trust(schools, day.date()) for day in days], axis=1)
    levels = _levels(draws, member)
    return PupilForecast(estate, scenario, counts.schools, GROUPS, origin, tuple(years), flows.start, *levels, draws, member,
                         scales, methods, (*_told(estate, counts, scales), *told))


def _towards_authorities(draws, estate, flows, origin):
    """Draws moved towards what the authorities forecast, in place; and what to say of it."""
    told = []
    for area in dict.fromkeys(flows.areas):
        for phase in ("primary", "secondary"):
            first, last = (GROUPS.index(age) for age in AGES[phase])
            growth, spread = authority_growth(estate, area, phase, origin, draws.shape[2])
            own = [i for i, name in enumerate(flows.areas) if name == area and (
                flows.places is None or not np.isfinite(flows.places[i]).any())]
            now = flows.start[own, first:last + 1].sum()
            if not np.isfinite(growth).any() or not now > 0:
                continue
            share = noise_figures().school_walk * np.sqrt(np.arange(1, draws.shape[2] + 1) / len(own))
            part = draws[own, first:last + 1]
            total = part.sum(axis=(0, 1)) / now
            factors = drawn_together(total, growth, np.hypot(spread, share * growth))
            draws[own, first:last + 1] = part * factors.astype(np.float32)
            told.append(f"The authority's {phase} forecast for {area or 'the area'}, its usual error taken off, moves the "
                        f"trust's by up to {np.abs(factors.mean(axis=-1) - 1.0).max():.1%}.")
    return tuple(told)


def _levels(draws, member):
    """Whole pupils for P10, P50 and P90 of the trust's total, shape (S, G, T) each: each part as it goes with that total."""
    out = {level: np.zeros(draws.shape[:3], int) for level in LEVELS}
    for at in range(draws.shape[2]):
        parts, here = draws[:, :, at].astype(float), member[:, at]
        total = parts[here].sum(axis=(0, 1))
        mean = parts.mean(axis=-1)
        away = total - total.mean()
        slope = ((parts - mean[..., None]) * away).mean(axis=-1) / max(away.var(), 1e-12)
        for level, quantile in LEVELS.items():
            want = float(np.quantile(total, quantile))
            exact = np.maximum(mean + slope * (want - total.mean()), 0.0)
            if here.any():
                out[level][here, :, at] = share_out(exact[here], round(want))
            for school in np.flatnonzero(~here):
                out[level][school, :, at] = largest_remainder(exact[school], round(exact[school].sum()))
    return out["low"], out["central"], out["high"]


def _told(estate, counts, scales):
    """What the reader must be told of what the forecast rests on."""
    missing = [school for school in estate.schools.school_id if school not in counts.schools]
    if missing:
        yield f"Not forecast, since the census of {counts.years[-1]} has no pupils of them: {', '.join(missing)}."
    once = [school for school, usable in zip(counts.schools, counts.usable, strict=True) if usable.any(axis=0).sum() < 2]
    if once:
        yield f"Only one census of {', '.join(once)}: what other schools have in common stands for it."
    small = [school for school, pupils in zip(counts.schools, counts.pupils[:, :, -1], strict=True)
             if np.nansum(pupils) < SMALL_SCHOOL]
    if small:
        yield f"Fewer than {SMALL_SCHOOL} pupils, so that a family or two sway a year group: {', '.join(small)}."
    if abs(scales - 1.0).max() > TOLD_SCALE:
        yield (f"Bands are {scales.min():.2f} to {scales.max():.2f} times as wide as those of other school systems, as the "
               "trust's own earlier censuses have missed.")
    yield ("How far off numbers may be comes from two school systems abroad and, as far as they reach, the trust's own "
           f"{len(counts.years)} censuses.")
    for row in estate.pupil_changes.itertuples():
        who = f", says {row.recorded_by}" if row.recorded_by else ""
        yield (f"{row.school_id}, year group {row.year_group} in {row.census_year}: {row.pupils:+,} pupils put in by hand "
               f"({row.reason}{who}).")
    if len(estate.housing):
        yield "Children of new homes are added as given, without a band of their own."
