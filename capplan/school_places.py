"""Places against pupils: what stands where, whom it serves, what is spare and what is wanting, school by school."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .condition.compliance import planning_year
from .errors import DataError, Fault
from .place_demand import USES, Demand, demand
from .pupils.area import has_guideline, school_area
from .pupils.places import standing_places
from .pupils.sites import pupils_in_places

SERVED_BY = {"nursery": "nursery", "primary": "primary", "secondary": "secondary", "sixth form": "sixth form"}
UNIT, ALL = "special unit", "all"
TO_SEPTEMBER, FROM_SEPTEMBER = pd.DateOffset(months=1, days=1), pd.DateOffset(months=11)
"""What turns a last day from 31 July on into the year after, and a first day up to 30 September into its own year."""


@dataclass(frozen=True)
class SchoolPlaces:
    """Places of an estate against its demand. Carries its demand.

    ``rows``: one for each row of places with ``school_id, block_id, site_id, use, group`` (number of the group it serves),
    ``temporary`` and ``essential``. ``standing`` (years, rows): places that stand. ``groups``: one row for each group of
    pupils with places of their own: ``name, schools`` (a tuple), ``use``. ``group_draws`` (groups, years, replicates).
    """

    demand: Demand = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    standing: np.ndarray = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    group_draws: np.ndarray = field(repr=False)
    notes: tuple = ()

    @property
    def years(self):
        """Planning years."""
        return self.demand.years

    def places_of_groups(self):
        """Places of each group that stand in each year, shape (years, groups). [places]"""
        whole = np.zeros((len(self.years), len(self.groups)))
        np.add.at(whole.T, self.rows.group.to_numpy(), self.standing.T)
        return whole

    def pupils_of_groups(self, quantile):
        """Pupils of each group at a quantile of its own total, shape (years, groups). [pupils]"""
        return np.quantile(self.group_draws, quantile, axis=-1).T

    def pupils_of_rows(self):
        """Pupils taught in the places of each row on average, shape (years, rows). [pupils]"""
        return pupils_in_places(self.standing, self.rows.group.to_numpy(), self.group_draws.mean(axis=-1).T)

    def places_of_schools(self, temporary_only=False):
        """Places for the pupils of each school by year, shape (schools, years). [places]"""
        number = self.rows.school_id.map({name: place for place, name in enumerate(self.demand.schools)}).to_numpy()
        whole = np.zeros((len(self.demand.schools), len(self.years)))
        counted = self.standing * (self.rows.temporary.to_numpy()[None, :] if temporary_only else 1.0)
        np.add.at(whole, number, counted.T)
        return whole


def school_places(estate, scenario, forecast=None):
    """Places of an estate against the pupils of the years of a plan.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario
    forecast : PupilForecast, optional
        As for ``place_demand.demand``.

    Returns
    -------
    SchoolPlaces

    Raises
    ------
    DataError
        If pupils have no places anywhere on record, or are not known.

    Notes
    -----
    Places count in a planning year if they are open by the end of September and last to the end of July. *Counterexample:*
    a hut that opens after Christmas.
    """
    wanted = demand(estate, scenario, forecast)
    rows, notes = _rows(estate)
    groups = rows[["group_name", "use"]].drop_duplicates().reset_index(drop=True)
    rows["group"] = pd.MultiIndex.from_frame(rows[["group_name", "use"]]).map(
        {tuple(pair): number for number, pair in enumerate(groups.itertuples(index=False))})
    schools = rows.groupby("group").school_id.agg(lambda names: tuple(dict.fromkeys(names)))
    groups = pd.DataFrame({"name": groups.group_name, "schools": schools.to_numpy(), "use": groups.use})
    standing = standing_places(rows.places.to_numpy(float), rows.from_year.to_numpy(float),
                               rows.until_year.to_numpy(float), wanted.years)
    draws = _group_draws(wanted, rows, groups, standing)
    told = f"Places are weighed against pupils of {wanted.source}."
    return SchoolPlaces(wanted, rows, standing, groups, draws, (told, *notes))


def _rows(estate):
    """The rows of places.csv with where they are and how long they last; a school's capacity where it has no row."""
    places, blocks = estate.places.reset_index(drop=True), estate.blocks.set_index("block_id")
    schools = estate.schools
    bare = schools[~schools.school_id.isin(places.school_id)]
    if faults := [Fault("places.csv", None, "school_id", f"no row for {row.school_id}",
                        "a row for each school, or its capacity in schools.csv")
                  for row in bare[bare.capacity.isna()].itertuples()]:
        raise DataError(faults)
    named = places.block_id.map(blocks.site_id).fillna("")
    temporary = places.block_id.map(blocks.permanence).eq("temporary")
    ends = pd.DataFrame({"own": pd.to_datetime(places.available_until),
                         "left": pd.to_datetime(places.block_id.map(blocks.planned_exit)),
                         "permission": pd.to_datetime(places.block_id.map(blocks.planning_expires)).where(temporary)})
    lasts = ends.own.fillna(ends[["left", "permission"]].min(axis=1))
    until = planning_year(pd.to_datetime(lasts) + TO_SEPTEMBER).astype(float) - 1
    starts = pd.to_datetime(places.available_from)
    rows = pd.DataFrame({
        "school_id": places.school_id, "block_id": places.block_id, "site_id": named, "use": places.use,
        "places": places.places, "from_year": planning_year(starts + FROM_SEPTEMBER).astype(float),
        "until_year": until, "temporary": temporary | ends.own.notna(), "essential": places.essential.astype(bool),
        "group_name": places.shared_by.where(places.shared_by != "", places.school_id)})
    spare = pd.DataFrame({"school_id": bare.school_id, "block_id": "", "site_id": "", "use": ALL, "places": bare.capacity,
                          "from_year": np.nan, "until_year": np.nan, "temporary": False, "essential": True,
                          "group_name": bare.school_id})
    told = ([f"{len(bare)} of {len(schools)} schools have no row in places.csv: their places are the capacity of "
             "schools.csv, and no block of theirs is closed."] if len(bare) else [])
    both = pd.concat([rows, spare.astype(rows.dtypes.to_dict())], ignore_index=True) if len(rows) else spare
    return both.reset_index(drop=True), told


def _group_draws(wanted, rows, groups, standing):
    """Pupils of each group in each draw, shape (groups, years, replicates); a special unit is filled as it stands."""
    number = {(name, use): place for place, (name, use) in enumerate(zip(groups.name, groups.use, strict=True))}
    named = rows.groupby(["school_id", "use"]).group_name.first()
    found, faults = np.zeros((len(groups), *wanted.draws.shape[2:])), []
    for place, school in enumerate(wanted.schools):
        for column, use in enumerate(USES):
            heads = wanted.draws[place, column]
            home = next((key for key in ((school, SERVED_BY.get(use, ALL)), (school, ALL)) if key in named.index), None)
            if home is not None:
                found[number[named[home], home[1]]] += heads
            elif heads.max() > 0:
                faults.append(Fault("places.csv", None, "use", f"no places for the {use} pupils of {school}",
                                    f"a row of that school for {use} or for all"))
    if faults:
        raise DataError(faults)
    for place in np.flatnonzero((groups.use == UNIT).to_numpy()):
        found[place] = standing[:, rows.group.to_numpy() == place].sum(axis=1)[:, None]
    return found


def needed_area(places, estate, quantile):
    """Floor area by the guidelines for the pupils of each school at a quantile, shape (schools, years). [m2]

    Parameters
    ----------
    places : SchoolPlaces
    estate : Estate
    quantile : float
        Quantile of the forecast. [-]

    Returns
    -------
    array
        Not a number for phases without a guideline.
    """
    heads = np.quantile(places.demand.draws, quantile, axis=-1)
    area = school_area(heads[:, 0] + heads[:, 1], heads[:, 2], heads[:, 3])
    phases = estate.schools.set_index("school_id").phase
    known = np.array([has_guideline(phases[school]) for school in places.demand.schools])
    return np.where(known[:, None], area, np.nan)


def occupants_of_blocks(places, estate, now):
    """Pupils in each block by year: those placed in it or, without places on record, as many as now with its school.

    Parameters
    ----------
    places : SchoolPlaces
    estate : Estate
    now : Series
        Pupils in each block now, by ``block_id``; not a number where nobody knows. [pupils]

    Returns
    -------
    DataFrame
        Blocks by planning year. [pupils]
    """
    home = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").set_index("block_id").school_id
    ratio = pd.DataFrame(places.demand.ratio(), index=places.demand.schools, columns=list(places.years))
    found = ratio.reindex(home.reindex(now.index)).set_axis(now.index).mul(now, axis=0)
    inside = places.rows.block_id != ""
    placed = pd.DataFrame(places.pupils_of_rows().T, columns=list(places.years))[inside.to_numpy()]
    placed = placed.groupby(places.rows.block_id[inside].to_numpy()).sum()
    found.loc[placed.index] = placed
    return found

