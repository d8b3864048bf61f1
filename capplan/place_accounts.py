"""Places as tables: by school, use and year, what could close or be added, and pupil-days at risk by block."""

import numpy as np
import pandas as pd

from .candidates import OUT_OF_USE
from .candidates.closing import CLOSING, closable_blocks, closed_blocks
from .candidates.expanding import expansion_options, places_by_start
from .candidates.model import EXPAND
from .candidates.spending import REVENUE
from .condition.backlog import expected_backlog
from .place_demand import USES
from .pupils.area import occupied_share
from .pupils.classes import infant_classes
from .pupils.places import short_places, spare_places, unfilled_share
from .pupils.pupil_days import days_at_risk
from .school_places import needed_area

BAND = {"pupils_p10": 0.1, "pupils_p50": 0.5, "pupils_p90": 0.9}
SCHOOL_COLUMNS = ["school_id", "name", "year", "places", "temporary_places", *BAND, "spare", "short", "unfilled_share",
                  "infant_classes", "guideline_m2", "gifa_m2", "occupied_share", "places_with", "spare_with", "short_with"]
OPTION_COLUMNS = ["scheme_id", "school_id", "site_id", "block_id", "kind", "description", "places", "gifa_m2", "first_year",
                  "cost_gbp", "value_gbp", "running_saved_gbp", "backlog_now_gbp", "chosen"]
TRUST = ""


def places_frame(outlook, choice=None):
    """Places, pupils and floor area of each school and of the trust, year by year.

    Parameters
    ----------
    outlook : Outlook
    choice : Series, optional
        Change of the places of each school by year that a programme makes, indexed by ``school_id`` and ``year`` [places];
        left out: none.

    Returns
    -------
    DataFrame
        ``SCHOOL_COLUMNS``; the trust (blank ``school_id``) adds its schools up, so that what one lacks is not set against
        what another has. Pupils are quantiles of each one's own total. No rows where places are not weighed.

    Notes
    -----
    Infant classes are of one year group each and are known only where pupils are by year group.
    """
    places = outlook.places
    if places is None:
        return pd.DataFrame(columns=SCHOOL_COLUMNS)
    demand, years = places.demand, list(places.years)
    shape = (len(demand.schools), len(years))
    frame = pd.DataFrame({"school_id": np.repeat(demand.schools, len(years)), "year": np.tile(years, len(demand.schools)),
                          "places": places.places_of_schools().ravel(),
                          "temporary_places": places.places_of_schools(temporary_only=True).ravel()})
    for name, quantile in BAND.items():
        frame[name] = demand.quantile(quantile).ravel()
    frame["infant_classes"] = _infants(demand, shape).ravel()
    frame["guideline_m2"] = needed_area(places, outlook.estate, BAND["pupils_p50"]).ravel()
    frame["gifa_m2"] = _gifa(outlook).reindex(demand.schools).to_numpy().ravel()
    change = pd.Series(0.0, pd.MultiIndex.from_frame(frame[["school_id", "year"]])) if choice is None else choice
    frame["places_with"] = frame.places + change.reindex(pd.MultiIndex.from_frame(frame[["school_id", "year"]])).fillna(
        0.0).to_numpy()
    for end in ("", "_with"):
        frame[f"spare{end}"] = spare_places(frame[f"places{end}"], frame.pupils_p50)
        frame[f"short{end}"] = short_places(frame[f"places{end}"], frame.pupils_p50)
    whole = _trust(frame, demand)
    frame = pd.concat([whole, frame], ignore_index=True)
    frame["unfilled_share"] = (frame.spare / frame.places).where(frame.places > 0).round(4)
    frame["occupied_share"] = occupied_share(frame.guideline_m2, frame.gifa_m2).round(4)
    names = outlook.estate.schools.set_index("school_id")["name"]
    frame["name"] = frame.school_id.map(names).fillna(outlook.estate.trust["name"])
    frame["infant_classes"] = frame.infant_classes.astype("Int64")
    return frame[SCHOOL_COLUMNS].round({name: 1 for name in SCHOOL_COLUMNS[3:] if not name.endswith("_share")})


def _trust(frame, demand):
    """The trust's own rows: its schools added up, and the quantiles of its own total."""
    added = ["places", "temporary_places", "spare", "short", "guideline_m2", "gifa_m2", "places_with", "spare_with",
             "short_with", "infant_classes"]
    whole = frame.groupby("year")[added].sum(min_count=1).reset_index()
    unknown = frame[frame.guideline_m2.isna()].groupby("year").size().reindex(whole.year).fillna(0).to_numpy() > 0
    whole.loc[unknown, "guideline_m2"] = np.nan  # without a guideline for every school the sum would be too small
    heads = demand.draws.sum(axis=(0, 1))
    for name, quantile in BAND.items():
        whole[name] = np.quantile(heads, quantile, axis=-1)
    return whole.assign(school_id=TRUST)


def _infants(demand, shape):
    """Infant classes of each school by year; not a number where pupils are not known by year group."""
    if demand.by_group is None:
        return np.full(shape, np.nan)
    classes = infant_classes(np.moveaxis(demand.by_group, 1, 2), demand.groups).astype(float)
    special = demand.draws[:, USES.index("special")].sum(axis=(1, 2)) > 0  # in classes of their own size
    return np.where(special[:, None], np.nan, classes)


def _gifa(outlook):
    """Floor area of each school's blocks that are in use in each year, schools by year. [m2]"""
    estate = outlook.estate
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    leaves = pd.to_datetime(blocks.planned_exit).dt.year.fillna(np.inf)
    return pd.DataFrame({year: blocks.gifa_m2.where(leaves > year, 0.0).groupby(blocks.school_id).sum()
                         for year in outlook.scenario.years}).reindex(estate.schools.school_id, fill_value=0.0)


def uses_frame(outlook):
    """Places and pupils of each group of pupils with places of their own, year by year.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        ``name`` (the school, or the group of schools that share), ``schools`` (separated by ;), ``use, year, places``,
        pupils at three quantiles, ``spare, short``.
    """
    places, pieces = outlook.places, []
    standing = places.places_of_groups()
    for number, group in enumerate(places.groups.itertuples()):
        piece = pd.DataFrame({"name": group.name, "schools": ";".join(group.schools), "use": group.use,
                              "year": list(places.years), "places": standing[:, number]})
        for name, quantile in BAND.items():
            piece[name] = places.pupils_of_groups(quantile)[:, number].round(1)
        pieces.append(piece.assign(spare=spare_places(piece.places, piece.pupils_p50),
                                   short=short_places(piece.places, piece.pupils_p50)))
    return pd.concat(pieces, ignore_index=True)


def options_of_places(candidates, choice=None):
    """Every scheme that takes places away or adds some, with what it costs, saves and leaves undone.

    Parameters
    ----------
    candidates : Candidates
    choice : dict, optional
        Start year by scheme of a programme; left out: none is chosen.

    Returns
    -------
    DataFrame
        ``OPTION_COLUMNS``: ``places`` changed, ``first_year`` it may start in, ``cost_gbp`` (real) and ``value_gbp``
        (present value) then, ``running_saved_gbp`` a year (real), ``backlog_now_gbp`` at C to E of what it takes out of use,
        and the year it is chosen in (blank: not).
    """
    outlook, schemes = candidates.outlook, candidates.schemes
    if outlook.places is None:
        return pd.DataFrame(columns=OPTION_COLUMNS)
    known = schemes.block_id.isin(closable_blocks(outlook).index)
    wanted = schemes.kind.isin((*OUT_OF_USE, EXPAND)) | ((schemes.kind == "demolish") & known)
    rules, gifa = outlook.scenario.places, outlook.estate.blocks.set_index("block_id").gifa_m2
    rows, backlog = outlook.places.rows, expected_backlog(outlook.shares(0), outlook.costs_gbp)[:, 2:].sum(axis=1)
    first = candidates.scheme_years.sort_values("start_year").drop_duplicates("scheme_id").set_index("scheme_id")
    added = {f"places.{row.expansion_id}": row.places for row in expansion_options(outlook).itertuples()}
    found = []
    for scheme in schemes[wanted].itertuples():
        closed = closed_blocks(outlook, scheme)
        option = scheme.scheme_id.removesuffix("." + REVENUE)
        area = float(gifa.reindex(closed).sum())
        share = {"let": 1.0, "demolish": 1.0, EXPAND: 0.0}.get(scheme.kind, 1.0 - rules.kept_running_share)
        found.append({
            **{name: getattr(scheme, name) for name in OPTION_COLUMNS[:6]}, "gifa_m2": area,
            "places": added[option] if scheme.kind == EXPAND else -rows.places[rows.block_id.isin(closed)].sum(),
            "first_year": first.start_year[scheme.scheme_id], "cost_gbp": first.cost_real_gbp[scheme.scheme_id],
            "value_gbp": first.value[scheme.scheme_id],
            "running_saved_gbp": round(area * rules.running_gbp_per_m2 * share, 2),
            "backlog_now_gbp": round(float(backlog[outlook.parts.block_id.isin(closed)].sum()), 2),
            "chosen": (choice or {}).get(scheme.scheme_id)})
    frame = pd.DataFrame(found, columns=OPTION_COLUMNS)
    return frame.assign(chosen=pd.array(frame.chosen, dtype="Int64"))


def change_of_places(programme):
    """Change of the places of each school that a programme makes, by year.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    Series
        By ``school_id`` and ``year``, empty where places are not weighed; closed places are gone from the year after the
        works. [places]
    """
    candidates = programme.candidates
    outlook = candidates.outlook
    if outlook.places is None:
        return pd.Series(dtype=float)
    plan, rows = outlook.scenario.plan, outlook.places.rows
    finish = candidates.scheme_years.set_index(["scheme_id", "start_year"]).finish_year
    schemes = candidates.schemes.set_index("scheme_id", drop=False)
    options = {f"places.{row.expansion_id}": row for row in expansion_options(outlook).itertuples()}
    schools, years = list(outlook.places.demand.schools), np.arange(plan.years)
    change = pd.DataFrame(0.0, index=schools, columns=outlook.scenario.years)
    for name, start in programme.choice.items():
        scheme = schemes.loc[name]
        option = options.get(name.removesuffix("." + REVENUE))
        if option is not None:
            change.loc[option.school_id] += places_by_start(option, plan.years)[start - plan.first_year]
        elif scheme.kind in CLOSING:
            mine = rows.block_id.isin(closed_blocks(outlook, scheme)).to_numpy()
            gone = outlook.places.standing[:, mine] * (years > finish[name, start] - plan.first_year)[:, None]
            for school, lost in zip(rows.school_id[mine], gone.T, strict=True):
                change.loc[school] -= lost
    return change.rename_axis("school_id").rename_axis("year", axis=1).stack()


def pupil_days_frame(outlook):
    """Pupil-days of closure to be expected in each block and year if nothing is done.

    Parameters
    ----------
    outlook : Outlook

    Returns
    -------
    DataFrame
        ``school_id, block_id`` (grounds as ``SITE.grounds``), ``year, expected_pupil_days``.
    """
    parts, years = outlook.parts, outlook.scenario.years
    block = parts.block_id.where(parts.block_id != "", parts.site_id + ".grounds")
    code, names = pd.factorize(block)
    lost = days_at_risk(outlook.nothing.failures[:-1], outlook.pupil_days_by_year[:-1], code, len(names))
    home = parts.groupby(block.to_numpy()).school_id.first()
    frame = pd.DataFrame(lost.T.round(2), index=names, columns=years).rename_axis("block_id").reset_index()
    long = frame.melt("block_id", var_name="year", value_name="expected_pupil_days")
    long.insert(0, "school_id", long.block_id.map(home))
    return long.sort_values(["school_id", "block_id", "year"], ignore_index=True)


def trust_unfilled(frame):
    """Unfilled places of the trust as a share, by year, worked out from its schools. [-]

    Parameters
    ----------
    frame : DataFrame
        As ``places_frame`` gives it.

    Returns
    -------
    Series
        By year.
    """
    schools = frame[frame.school_id != TRUST]
    wide = schools.pivot(index="year", columns="school_id", values=["places", "pupils_p50"])
    return pd.Series(unfilled_share(wide["places"].to_numpy(float), wide["pupils_p50"].to_numpy(float)), wide.index)
