"""Censuses by year group of the example trust, births and admission numbers: pupils rolled on by a known process.

Children start school by the births of the area, of which each school has its share; cohorts go on at the ratios below with
chance around them (a fifth of the variance of a Poisson, steadier than the schools abroad; a quarter of it shared in a
school); year 7 comes from births as well, year 12 from year 11. Each school is then scaled so that its census of 2025 adds
to the pupils of ``schools.csv``; that of 2026 is made to, since the trust's rolls have the same for both.
"""

from statistics import NormalDist

import numpy as np
import pandas as pd

SEED = 6022
FIRST, LAST, BURN_IN = 2017, 2026, 8
DISPERSION, SHARED = 0.2, 0.25
GOES_ON = {"primary": 0.995, "secondary": 0.992, "special": 1.01}
STAYS_ON = {12: 0.62, 13: 0.88}
SPECIAL_GROUPS = range(14)
# A hundredth of the births of England and Wales: published for 2011, 2012, 2022, 2023 and (rounded) 2024, straight lines
# between, the two ends held or invented.
BIRTHS = {2000: 6100, 2008: 7080, 2011: 7239, 2012: 7297, 2022: 6055, 2023: 5911, 2024: 5950, 2025: 5950}
PHASES = {"primary": (0, 6), "secondary": (7, 11), "post16": (12, 13)}
ROOM = 1.06                  # admission numbers over the mean intake of the last five years, to the next five


def births_of(year):
    """Births of a calendar year in the area."""
    return float(np.interp(year, list(BIRTHS), list(BIRTHS.values())))


def make_births():
    """Births by calendar year from 2004 to 2025; the area is that of all schools."""
    return pd.DataFrame([{"planning_area": "", "year": year, "births": round(births_of(year))}
                         for year in range(2004, 2026)])


def entering(year, group):
    """Births of the children who come to a year group in the autumn before a spring census."""
    return births_of(year - 1 - group - 5) / 3.0 + 2.0 * births_of(year - 1 - group - 4) / 3.0


def make_census(schools):
    """Pupils by school, census and year group.

    Parameters
    ----------
    schools : DataFrame
        ``school_id`` and the pupils of 2026 by phase.
    """
    rows = []
    streams = np.random.SeedSequence(SEED).spawn(len(schools))
    for school, stream in zip(schools.itertuples(), streams, strict=True):
        rng = np.random.Generator(np.random.PCG64(stream))
        parts = {phase: getattr(school, phase) for phase in ("primary", "secondary", "post16", "special")}
        paths = _paths(parts, rng)
        for year in range(FIRST, LAST + 1):
            for group, pupils in sorted(_whole(paths[year], parts, year >= LAST - 1).items()):
                rows.append({"school_id": school.school_id, "census_year": year, "year_group": group, "pupils": pupils})
    return pd.DataFrame(rows)


def _normal(rng):
    return NormalDist().inv_cdf(min(max(rng.random(), 1e-9), 1.0 - 1e-9))


def _paths(parts, rng):
    """Pupils by year and year group, scaled to what the last census but one has to add to by phase."""
    groups = [group for phase, (first, last) in PHASES.items() if parts[phase] for group in range(first, last + 1)]
    groups = list(SPECIAL_GROUPS) if parts["special"] else groups
    now, paths = {}, {}
    for year in range(FIRST - BURN_IN, LAST + 1):
        shared, after = _normal(rng), {}
        for group in groups:
            expect = _expected(now, group, year, parts)
            chance = SHARED ** 0.5 * shared + (1.0 - SHARED) ** 0.5 * _normal(rng)
            after[group] = max(0.0, expect + (DISPERSION * expect) ** 0.5 * chance)
        now = paths[year] = after
    for phase, (first, last) in ({"special": (0, 13)} if parts["special"] else PHASES).items():
        own = [group for group in groups if first <= group <= last]
        scale = parts[phase] / sum(paths[LAST - 1][group] for group in own) if own else 1.0
        for after in paths.values():
            after.update({group: after[group] * scale for group in own})
    return paths


def _expected(now, group, year, parts):
    """Who is to be expected in a year group: births at an intake, else the year group below."""
    if parts["special"]:
        below = now.get(group - 1)
        return parts["special"] / len(SPECIAL_GROUPS) if below is None else below * GOES_ON["special"]
    if group in (0, 7):
        phase = "primary" if group == 0 else "secondary"
        first, last = PHASES[phase]
        usual = sum(entering(LAST - age + group, group) for age in range(first, last + 1)) / (last - first + 1)
        return parts[phase] / (last - first + 1) * entering(year, group) / usual
    if group - 1 not in now:
        phase = next(phase for phase, (first, last) in PHASES.items() if first <= group <= last)
        return parts[phase] / (PHASES[phase][1] - PHASES[phase][0] + 1)
    return now[group - 1] * STAYS_ON.get(group, GOES_ON["primary" if group < 7 else "secondary"])


def _whole(pupils, parts, exact):
    """Whole pupils; where it is asked for, each phase adds to its total by largest remainder."""
    whole = {group: int(count + 0.5) for group, count in pupils.items()}
    for phase, (first, last) in ({"special": (0, 13)} if parts["special"] else PHASES).items():
        own = {group: count for group, count in pupils.items() if first <= group <= last}
        if exact and own:
            scaled = {group: count * parts[phase] / sum(own.values()) for group, count in own.items()}
            floor = {group: int(count) for group, count in scaled.items()}
            order = sorted(scaled, key=lambda group: floor[group] - scaled[group])
            for group in order[:parts[phase] - sum(floor.values())]:
                floor[group] += 1
            whole |= floor
    return whole


def make_admissions(schools, census):
    """Admission numbers by the intakes of the last five censuses, and the places of the special school."""
    rows = []
    for school in schools.itertuples():
        own = census[census.school_id == school.school_id]
        if school.special:
            rows.append({"school_id": school.school_id, "year_group": "", "census_year": LAST, "pupils": school.special + 2})
            continue
        for group in (0, 7):
            intake = own.pupils[(own.year_group == group) & (own.census_year > LAST - 5)]
            if len(intake):
                number = 5 * -(-int(intake.mean() * ROOM) // 5)
                rows.append({"school_id": school.school_id, "year_group": group, "census_year": LAST, "pupils": number})
    return pd.DataFrame(rows)
