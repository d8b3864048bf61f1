"""Many possible futures of an estate's condition, and the bands they give instead of a single line."""

import numpy as np
import pandas as pd

from .condition.replicates import Counted, Places, bands, simulate
from .parts import GRADE_LETTERS

MEASURES = ("backlog_gbp", "failures", "pupil_days", "failure_loss_gbp")


def futures(outlook, replicates, seed, works=None):
    """Sample the course of the estate's condition.

    Parameters
    ----------
    outlook : Outlook
    replicates : int
        How many futures.
    seed : int
        The same seed gives the same futures, whatever the works.
    works : Works, optional
        Works carried out; left out: nothing is done.

    Returns
    -------
    condition.replicates.Futures
        By school: ``backlog_gbp, failures, pupil_days`` (where the pupils are known) and ``failure_loss_gbp``, real.
    """
    parts = outlook.parts
    place = parts.block_id.where(parts.block_id != "", parts.site_id + ".grounds").to_numpy(str)
    school = parts.school_id.to_numpy(str)
    places = Places(parts.component_id.to_numpy(str), school, place, parts.element_code.to_numpy(str))
    counted = Counted(outlook.costs_gbp, outlook.in_use, {
        "pupil_days": np.nan_to_num(outlook.pupil_days), "failure_loss_gbp": outlook.loss.failure_gbp}, school)
    return simulate(outlook.wear, outlook.horizon, places, counted, seed, replicates, works,
                    outlook.scenario.condition.rate_spread, _modelled_shares(parts))


def _modelled_shares(parts):
    """Grade shares from which modelled components are drawn, (n, 5), NaN for those surveyed: those of their block and type.

    Returns ``None`` where all are surveyed. [-]
    """
    if not parts.modelled.any():
        return None
    modelled = parts[parts.modelled]
    key = [modelled.block_id, modelled.site_id, modelled.type_id]
    amounts = np.zeros((len(modelled), len(GRADE_LETTERS)))
    amounts[np.arange(len(modelled)), modelled.grade_index] = modelled.quantity
    sums = pd.DataFrame(amounts, index=modelled.index).groupby(key).transform("sum").to_numpy(copy=True)
    alone = sums.sum(axis=1) == 0
    sums[alone, modelled.grade_index.to_numpy()[alone]] = 1.0
    shares = np.full((len(parts), len(GRADE_LETTERS)), np.nan)
    shares[modelled.index] = sums / sums.sum(axis=1, keepdims=True)
    return shares


def bands_frame(outlook, sampled):
    """P10, P50 and P90 of backlog, failures and closures by year, for the trust and each school.

    Parameters
    ----------
    outlook : Outlook
    sampled : condition.replicates.Futures
        As ``futures`` returns it.

    Returns
    -------
    DataFrame
        ``school_id`` (blank: the trust), ``year, measure, p10, p50, p90, mean, standard_error``. Backlog at C to E at the
        start of each year and at the end of the plan; failures, pupil-days and loss at failure of each year of the plan.

    Notes
    -----
    The bands say how sure the forecast is if its rates are about right: rates of an element are taken to be wrong together,
    by the scenario's ``rate_spread``. *Counterexample:* a survey that missed a whole roof.
    """
    first, pieces = outlook.scenario.plan.first_year, []
    for measure in MEASURES:
        by_school = dict(zip(sampled.groups, np.moveaxis(sampled.by_group[measure], 1, 0), strict=True))
        for school, values in {"": sampled.total(measure), **by_school}.items():
            last = outlook.horizon + (measure == "backlog_gbp")
            frame = bands(values[:, :last]).rename_axis("year").reset_index()
            pieces.append(frame.assign(year=frame.year + first, measure=measure, school_id=school))
    columns = ["school_id", "year", "measure", "p10", "p50", "p90", "mean", "standard_error"]
    return pd.concat(pieces, ignore_index=True)[columns].round(2)
