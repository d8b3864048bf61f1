"""Places that stay covered: limits that let blocks close, and ask for places, only as far as the pupils to come allow."""

import numpy as np
import pandas as pd

from ..school_places import needed_area
from .closing import CLOSING, closed_blocks
from .expanding import places_by_start
from .model import EXPAND
from .spending import REVENUE
from .targets import COLUMNS

SLACK = 1e-6


def covering_limits(outlook, cells, options):
    """Limits on places and floor area, and what every start does to them.

    Parameters
    ----------
    outlook : Outlook
    cells : DataFrame
        One row per scheme and start year: ``scheme_id, kind, block_id, site_id, start_year, finish_year`` and further
        columns.
    options : DataFrame
        As ``expanding.expansion_options`` gives them.

    Returns
    -------
    tuple of (DataFrame, DataFrame, list of str)
        ``cells`` without the starts that would break a limit whatever else is done, with a column for each limit that could
        bind (``places NAME USE YEAR``: places added, less those closed; ``floor_m2 SCHOOL YEAR``: floor area closed, below
        nought); the limits; and what has to be said.

    Notes
    -----
    Closed places are gone from the year after works are finished, added ones are there from the year their lead ends. The
    last year of the plan stands for those after it. A group that is short of places loses none. *Counterexample:* pupils who
    would rather go elsewhere than move to the other site.
    """
    places = outlook.places
    if places is None:
        return cells, pd.DataFrame(columns=COLUMNS), []
    names = places.groups["name"] + " " + places.groups.use
    once = cells.drop_duplicates("scheme_id")
    closing = {row.scheme_id: closed_blocks(outlook, row) for row in once.itertuples() if row.kind in CLOSING}
    touch = (cells.scheme_id.isin(closing) | (cells.kind == EXPAND)).to_numpy()
    moving = cells[touch]
    changes, allowed = _changes(outlook, moving, closing, options), _allowed(outlook, options)
    covers = [(f"places {name}", changes[:, group], allowed[group], (options.group == group).any())
              for group, name in enumerate(names)]
    if outlook.scenario.places.by_area:
        covers += _areas(outlook, moving, closing)
    alone = np.ones(len(moving), bool)
    for _, change, least, added in covers:
        alone &= added | ((change >= least - SLACK) | (change >= 0)).all(axis=1)
    stay = np.ones(len(cells), bool)
    stay[touch] = alone
    limits, columns = [], {}
    for name, change, least, _ in covers:
        for year in _binding(change[alone], least):
            label = f"{name} {outlook.scenario.years[0] + year}"
            columns[label] = np.zeros(len(cells))
            columns[label][touch] = change[:, year]
            limits.append([label, pd.NA, "all", "", label, ">=", round(float(least[year]) - SLACK, 6)])
    kept = pd.concat([cells, pd.DataFrame(columns, index=cells.index)], axis=1)[stay]
    return kept.reset_index(drop=True), pd.DataFrame(limits, columns=COLUMNS), list(covering_notes(outlook))


def _changes(outlook, cells, closing, options):
    """Change of the places of each group in each year by each start, shape (starts, groups, years + 1). [places]"""
    places, plan = outlook.places, outlook.scenario.plan
    group = places.rows.group.to_numpy()
    standing = np.concatenate([places.standing, places.standing[-1:]])
    lost = {}
    for scheme, blocks in closing.items():
        mine = places.rows.block_id.isin(blocks).to_numpy()
        by_group = np.zeros((len(places.groups), len(standing)))
        np.add.at(by_group, group[mine], standing[:, mine].T)
        lost[scheme] = by_group
    given = {f"places.{row.expansion_id}": (row.group, places_by_start(row, plan.years + 1))
             for row in options[options.group >= 0].itertuples()}
    change, when = np.zeros((len(cells), len(places.groups), plan.years + 1)), np.arange(plan.years + 1)
    starts, finishes = cells.start_year.to_numpy() - plan.first_year, cells.finish_year.to_numpy() - plan.first_year
    for place, (scheme, start, finish) in enumerate(zip(cells.scheme_id, starts, finishes, strict=True)):
        if scheme in lost:
            change[place] = -lost[scheme] * (when > finish)
        elif (option := scheme.removesuffix("." + REVENUE)) in given:
            change[place, given[option][0]] = given[option][1][start]
    return change


def _allowed(outlook, options):
    """Least change of the places of each group in each year, shape (groups, years + 1). [places]"""
    places, rules = outlook.places, outlook.scenario.places
    stand = places.places_of_groups()
    keep = places.pupils_of_groups(rules.keep_quantile) * (1.0 + rules.spare_kept_share)
    least = -np.maximum(stand - keep, 0.0)
    if rules.demand_must_be_met:
        lacking = places.pupils_of_groups(rules.build_quantile) - stand
        soonest = options[options.group >= 0].groupby("group").lead_years.min() if len(options) else pd.Series(dtype=float)
        first = np.array([soonest.get(group, 0) for group in range(len(places.groups))])
        within = np.arange(len(stand))[:, None] >= first[None, :]
        least = np.where((lacking > 0) & within, lacking, least)
    return np.concatenate([least, least[-1:]]).T


def _binding(change, least):
    """Years whose limit the starts together could break, or that asks for places, and that no later year implies."""
    return [year for year in range(len(least))
            if (least[year] > SLACK or np.minimum(change[:, year], 0.0).sum() < least[year] - SLACK)
            and not _implied(change, least, year)]


def _implied(change, least, year):
    """Whether a later year asks as much of every start, so that it alone need be kept."""
    return any((change[:, later] <= change[:, year]).all() and least[later] >= least[year]
               for later in range(year + 1, len(least)))


def _areas(outlook, cells, closing):
    """Floor area closed at each school by each start, and the least change allowed, as ``covering_limits`` needs them."""
    estate, places, plan = outlook.estate, outlook.places, outlook.scenario.plan
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").set_index("block_id")
    counted = (blocks.permanence == "permanent") & ~blocks.surplus
    leaves = pd.to_datetime(blocks.planned_exit).dt.year.fillna(np.inf)
    needed = needed_area(places, estate, outlook.scenario.places.keep_quantile)
    later = np.arange(plan.years + 1)[None, :] > (cells.finish_year.to_numpy() - plan.first_year)[:, None]
    for place, school in enumerate(places.demand.schools):
        if np.isnan(needed[place]).any():
            continue
        own = blocks[(blocks.school_id == school) & counted]
        by_scheme = {scheme: own.gifa_m2[own.index.isin(names)].sum() for scheme, names in closing.items()}
        closed = cells.scheme_id.map(by_scheme).fillna(0.0).to_numpy()
        have = np.array([own.gifa_m2[leaves[own.index] > year].sum() for year in outlook.scenario.years])
        least = -np.maximum(have - needed[place], 0.0)
        yield f"floor_m2 {school}", -closed[:, None] * later, np.append(least, least[-1]), False


def covering_notes(outlook):
    """What has to be said of places, demand and how it is covered.

    Parameters
    ----------
    outlook : Outlook

    Yields
    ------
    str
    """
    places, rules = outlook.places, outlook.scenario.places
    short = np.maximum(places.pupils_of_groups(rules.build_quantile) - places.places_of_groups(), 0.0)
    yield (f"Blocks close only as far as places cover the pupils to be expected at the {rules.keep_quantile:.0%} quantile "
           f"of the forecast, with {rules.spare_kept_share:.0%} more kept empty.")
    if (worst := short.max(axis=0)).any():
        names = [f"{' '.join(places.groups.iloc[group][['name', 'use']])} ({worst[group]:,.0f})"
                 for group in np.flatnonzero(worst > 0.5)]
        if names:
            yield f"Most pupils without a place in a year of the plan, if none is added: {', '.join(names)}."
    if rules.by_area and any(np.isnan(needed_area(places, outlook.estate, rules.keep_quantile)).any(axis=1)):
        yield ("No area guideline is known for special schools and alternative provision: there, places alone say what may "
               "close.")

