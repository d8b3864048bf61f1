"""From the estate's tables to what carries its pupils from census to census, and what each intake rests on."""

from dataclasses import replace

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .funding.regime import regime_rules
from .pupils.counts import counts_of
from .pupils.housing import pupils_of_homes
from .pupils.intake import births_of_entry, rate_of_births
from .pupils.outset import flows_from_counts
from .pupils.priors import without_bias
from .pupils.transfer import fed_shares
from .pupils.uncertainty import noise_figures
from .reference import load
from .roll_checks import SPECIAL_PHASES
from .roll_tables import HIGHEST_GROUP, LOWEST_GROUP

GROUPS = tuple(range(LOWEST_GROUP, HIGHEST_GROUP + 1))
YEAR_SIX, YEAR_SEVEN, YEAR_ELEVEN, YEAR_THIRTEEN = 6, 7, 11, 13
AGES = {"primary": (0, YEAR_SIX), "secondary": (YEAR_SEVEN, YEAR_ELEVEN), "sixth form": (12, YEAR_THIRTEEN)}
POOLED_YEARS = 3
TOP = {"nursery": LOWEST_GROUP, "primary": YEAR_SIX}


def census_counts(estate, rule):
    """Pupils counted by school, year group and census.

    Parameters
    ----------
    estate : Estate
    rule : Pupils
        The section of a scenario: its ``bad_years``.

    Returns
    -------
    Counts
        Of the schools with pupils in the latest census, in the order of the schools table; year groups -1 to 14.

    Raises
    ------
    DataError
        If there is no census, or a school open in the trust at the latest one is not in it.
    """
    census, schools = estate.census, estate.schools
    if not len(census):
        raise DataError([Fault("census.csv", None, "", "no such file or no rows", "pupils by school, spring census and year "
                               "group (see the data dictionary): what pupil numbers are forecast from")])
    latest = int(census.census_year.max())
    day = pd.Timestamp(regime_rules().census_day(latest))
    open_then = ~(schools.opened > day) & ~(schools.closed <= day) & ~(schools.left <= day)
    there = set(census.school_id[(census.census_year == latest) & (census.pupils > 0)])
    faults = [Fault("census.csv", None, "school_id", f"no pupils of {school} in the spring of {latest}", "the latest census "
                    "of every school that is open, or the day it closed in schools.csv")
              for school in schools.school_id[open_then] if school not in there]
    if latest in rule.bad_years or census.flag[census.census_year == latest].eq("bad").all():
        faults.append(Fault("census.csv", None, "census_year", f"{latest}, the latest census, as a bad one", "a census that "
                            "a forecast can start from"))
    if faults:
        raise DataError(faults)
    rows = census[census.school_id.isin(there)].rename(columns={"census_year": "year"})
    order = [school for school in schools.school_id if school in there]
    counts = counts_of(rows, rule.bad_years, GROUPS)
    return counts.only([counts.schools.index(school) for school in order])


def flows_of(estate, scenario, counts, years):
    """What carries the pupils of the latest census on, with everything the estate's tables say of intakes.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    counts : Counts
        As ``census_counts`` returns it.
    years : int
        Censuses to forecast.

    Returns
    -------
    tuple of (Flows, DataFrame)
        And for each intake of each school ``school_id, year_group, method, basis``, in plain words.
    """
    rule, noise = scenario.pupils, noise_figures()
    schools = estate.schools.set_index("school_id").loc[list(counts.schools)]
    areas = tuple(f"{area} special" if phase in SPECIAL_PHASES else area
                  for area, phase in zip(schools.planning_area, schools.phase, strict=True))
    known = counts.known
    highest = np.array([_top(phase, known[i]) - LOWEST_GROUP for i, phase in enumerate(schools.phase)])
    flows = flows_from_counts(counts, years, rule.history_years, noise, areas, highest)
    words = _recent_words(flows, known)
    flows = _with_births(flows, counts, estate.births, words)
    flows = _with_feeders(flows, counts, estate.feeders, words)
    flows = _with_admissions(flows, counts, estate.admissions, schools, rule, words)
    flows = _with_changes(flows, counts, estate.pupil_changes)
    rows = [(flows.schools[school], GROUPS[group], *words[school, group]) for school, group in sorted(words)]
    return flows, pd.DataFrame(rows, columns=["school_id", "year_group", "method", "basis"])


def _top(phase, pupils):
    """Highest year group a school of a phase may fill up to."""
    if phase in TOP:
        return TOP[phase]
    sixth = np.isfinite(pupils[GROUPS.index(12):]).any() or phase == "sixth form"
    return YEAR_THIRTEEN if sixth else YEAR_ELEVEN


def _recent_words(flows, known):
    """Method and basis of every intake before anything but the census is looked at."""
    words = {}
    for school, group in np.argwhere(flows.entries):
        years = int(np.isfinite(known[school, group]).sum())
        sisters = sum(area == flows.areas[school] for area, entry in zip(flows.areas, flows.entries[:, group], strict=True)
                      if entry)
        text = (f"its own {years} years, the latest most" if years > 1 else "its only census")
        if sisters > 1:
            text += f", and its share of the intakes of the {sisters} schools of the area"
        words[school, group] = ("recent years", text)
    return words


def _with_births(flows, counts, births, words):
    """Intakes of compulsory ages follow births where these are known for a past and the next year."""
    if not len(births):
        return flows
    intake = flows.intake.copy()
    for area in dict.fromkeys(flows.areas):
        own = births[births.planning_area == area]
        by_year = dict(zip(own.year, own.births, strict=True))
        for group in np.flatnonzero(flows.entries.any(axis=0)):
            if not 0 <= GROUPS[group] <= YEAR_ELEVEN:
                continue
            at = [i for i in np.flatnonzero(flows.entries[:, group]) if flows.areas[i] == area]
            born = births_of_entry(by_year, counts.years[0] - 1 - GROUPS[group], len(counts.years) + flows.years)
            past, ahead = born[:len(counts.years)], born[len(counts.years):]
            seen = counts.known[at, group].sum(axis=0)
            rate = rate_of_births(seen, past, POOLED_YEARS)
            if not at or not np.isfinite(rate) or not np.isfinite(ahead[0]):
                continue
            told = int(np.isfinite(ahead).cumprod().sum())
            led = rate * np.where(np.arange(flows.years) < told, ahead, ahead[told - 1])
            intake[at, group] *= led / intake[at, group, 0].sum()
            held = "" if told >= flows.years else f", then as in {counts.years[-1] + told}"
            for school in at:
                words[school, group] = ("births", f"{rate:.3f} of the births of {area or 'the area'} (three years pooled) "
                                        f"to {counts.years[-1] + told}{held}, by its share: {words[school, group][1]}")
    return replace(flows, intake=intake)


def _with_feeders(flows, counts, feeders, words):
    """Year 7 of schools that schools of the trust feed: so many of their year 6, and who comes from elsewhere."""
    feeders = feeders[feeders.from_school_id.isin(counts.schools) & feeders.school_id.isin(counts.schools)
                      & feeders.census_year.isin(counts.years)]
    seven, six = GROUPS.index(YEAR_SEVEN), GROUPS.index(YEAR_SIX)
    recent = list(counts.years[-POOLED_YEARS:])
    feeders = feeders[feeders.census_year.isin(recent)]
    if not len(feeders) or len(counts.years) <= POOLED_YEARS:
        return flows
    place = {school: i for i, school in enumerate(counts.schools)}
    moved = np.zeros((len(place), len(place), len(recent)))
    for row in feeders.itertuples():
        moved[place[row.school_id], place[row.from_school_id], recent.index(row.census_year)] += row.pupils
    moved[~flows.entries[:, seven]] = 0.0
    fed = fed_shares(moved, counts.known[:, six, -POOLED_YEARS - 1:-1])
    intake = flows.intake.copy()
    for school in np.flatnonzero(fed.any(axis=1)):
        arrived = counts.known[school, seven, -POOLED_YEARS:]
        inside = moved[school].sum(axis=0)
        share = float(np.nanmean(np.clip(1.0 - inside / arrived, 0.0, 1.0)))
        intake[school, seven] *= share
        parts = ", ".join(f"{fed[school, other]:.0%} of {counts.schools[other]}" for other in np.flatnonzero(fed[school]))
        words[school, seven] = ("feeder schools", f"of their year 6: {parts}; the other {share:.0%} of the intake: "
                                f"{words[school, seven][1]}")
    return replace(flows, intake=intake, fed=fed, fed_group=YEAR_SEVEN)


def _with_admissions(flows, counts, admissions, schools, rule, words):
    """Admission numbers as limits, and places of special schools."""
    years = range(counts.years[-1] + 1, counts.years[-1] + flows.years + 1)
    most = np.full((*flows.start.shape, flows.years), np.inf)
    places = np.full((len(flows.schools), flows.years), np.nan)
    admits, limited = flows.entries.copy(), False
    by_school = dict(list(admissions.sort_values("census_year", kind="stable").groupby("school_id", sort=False)))
    for school, name in enumerate(flows.schools):
        own = by_school.get(name, admissions.iloc[:0])
        if schools.phase.iloc[school] in SPECIAL_PHASES:
            held = _in_force(own, years)
            given = np.isfinite(held)
            places[school] = np.where(given, held, flows.start[school].sum())
            for group in np.flatnonzero(flows.entries[school]):
                words[school, group] = ("places", "as many pupils as places commissioned" if given.all() else
                                        "as many pupils as in the latest census: no places are given in admissions.csv")
            continue
        for group, rows in own.groupby("year_group"):
            at, limited = GROUPS.index(int(group)), True
            most[school, at], admits[school, at] = np.nan_to_num(_in_force(rows, years), nan=np.inf), True
            words.setdefault((school, at), ("staying on", "its year group below, with those who join"))
            method, basis = words[school, at]
            words[school, at] = (method, f"{basis}; at most {most[school, at, 0]:,.0f} admitted")
            above = at + 1
            while above < len(GROUPS) and not admits[school, above] and not (own.year_group == GROUPS[above]).any():
                most[school, above] = most[school, at] * (1.0 + rule.joining_above_share)
                above += 1
    return replace(flows, most=most if limited else None, admits=admits if limited else None,
                   spill_share=rule.spill_share, places=places if np.isfinite(places).any() else None)


def _with_changes(flows, counts, changes):
    """What the trust knows and no census shows, of year groups that its schools have."""
    changes = changes[changes.school_id.isin(counts.schools) & (changes.census_year > counts.years[-1])
                      & (changes.census_year <= counts.years[-1] + flows.years)]
    if not len(changes):
        return flows
    added, faults = np.zeros((*flows.start.shape, flows.years)), []
    for row in changes.itertuples():
        school, group = counts.schools.index(row.school_id), GROUPS.index(row.year_group)
        added[school, group, row.census_year - counts.years[-1] - 1] += row.pupils
        if not (flows.entries[school, group] or np.isfinite(flows.ratio[school, group])):
            faults.append(Fault("pupil_changes.csv", int(row.Index), "year_group", f"{row.year_group} at {row.school_id}",
                                "a year group the school has"))
    if faults:
        raise DataError(faults)
    return replace(flows, added=added)


def _in_force(rows, years):
    """The number in force in each year, NaN before the first."""
    at = np.searchsorted(rows.census_year.to_numpy(), np.array(years), side="right")
    return np.concatenate([[np.nan], rows.pupils.to_numpy(float)])[at]


def pupils_of_housing(estate, counts, years):
    """Pupils of new homes by school, year group and census, beyond what the counts and their trend hold.

    Parameters
    ----------
    estate : Estate
    counts : Counts
    years : int

    Returns
    -------
    array, shape (S, G, T)
        Spread evenly over the year groups of a phase that the school has. [pupils]
    """
    out, yields = np.zeros((len(counts.schools), len(GROUPS), years)), estate.pupil_yields
    there = np.isfinite(counts.pupils[:, :, -1])
    for row in estate.housing.itertuples():
        if row.school_id not in counts.schools:
            continue
        school = counts.schools.index(row.school_id)
        beyond = row.dwellings * row.school_share * (1.0 - (0.0 if row.in_trend_share != row.in_trend_share else
                                                            row.in_trend_share))
        for phase, (first, last) in AGES.items():
            own = yields[(yields.dwelling_kind == row.dwelling_kind) & (yields.phase == phase)].sort_values("years_since")
            groups = [at for at in range(GROUPS.index(first), GROUPS.index(last) + 1) if there[school, at]]
            if not len(own) or not groups:
                continue
            by_year = np.interp(np.arange(int(own.years_since.max()) + 1), own.years_since, own.pupils_per_dwelling)
            more = pupils_of_homes(np.array([beyond]), np.array([row.census_year]), by_year, counts.years[-1], years)
            out[school, groups] += more * (len(groups) / (last - first + 1)) / len(groups)
    return out


def authority_growth(estate, area, phase, origin, years):
    """The authority's forecast of an area and phase over the latest count, its usual error taken off.

    Parameters
    ----------
    estate : Estate
    area, phase : str
    origin : int
        Latest census.
    years : int

    Returns
    -------
    tuple of (array, array)
        Growth and standard deviation, shape (years,); NaN where the authority gives no number. [-]

    Notes
    -----
    The error known one and three years ahead is taken in proportion between and from nought, and as at three years beyond,
    where its spread goes on to grow. *Counterexample:* an authority that has mended its method.
    """
    rows, nothing = estate.area_forecasts, np.full(years, np.nan)
    own = rows[(rows.planning_area == area) & (rows.phase == phase)].set_index("census_year").pupils
    if origin not in own.index or not own[origin] > 0:
        return nothing, nothing
    growth = own.reindex(range(origin + 1, origin + years + 1)).to_numpy(float) / float(own[origin])
    errors = load("authority_bias")
    errors = errors[errors.phase == phase].sort_values("horizon_years")
    ahead, known = np.arange(1, years + 1), [0, *errors.horizon_years]
    spread = np.interp(ahead, known, [0.0, *errors.spread_share]) * np.maximum(ahead / known[-1], 1.0)
    return without_bias(growth, np.interp(ahead, known, [0.0, *errors.bias_share]), spread)
