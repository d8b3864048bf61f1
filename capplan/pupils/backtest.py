"""How well forecasts would have done: made again from every earlier year, with nothing known that came after it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .cohorts import pooled_ratio
from .flows import Flows, drawn_totals, expected
from .outset import flows_from_counts
from .uncertainty import learned_scales, stretched

BAND, WIDE_BAND = (0.1, 0.9), (0.025, 0.975)
"""Ends of the 80% and of the 95% band."""
COLUMNS = ("horizon", "origins", "wape_school_year_group", "mape_school_total", "wape_naive", "wape_pooled3",
           "coverage80_school_total", "bias", "coverage95_school_total", "width80_school_total", "mase_school_year_group",
           "wape_trust_total", "coverage80_trust_total", "cells", "school_totals", "first_origin", "last_origin")
"""What is told of each horizon, in order; shares but for the counts and years."""
POOLED_YEARS = 3
LEAST_CENSUSES, LEAST_TO_LEARN = 6, 4
"""Usable counts up to a year from which it is scored, and from which its misses widen or narrow later bands."""


def backtest(counts, horizons, noise, history_years=5, least_censuses=LEAST_CENSUSES, replicates=1000, seed=0):
    """Forecasts from every earlier year beside what came, by horizon.

    Parameters
    ----------
    counts : Counts
        Years that are not usable are neither started from, nor learned from, nor scored.
    horizons : sequence of int
        Years ahead, at least 1.
    noise : Noise
    history_years : int
        As for ``flows_from_counts``.
    least_censuses : int
        Usable censuses there must be up to a year before it is started from.
    replicates : int
        Draws for the bands.
    seed : int

    Returns
    -------
    DataFrame
        ``COLUMNS``, one row per horizon, NaN where no year can be started from. ``wape``: sum of absolute misses of school
        year groups over the sum of pupils; ``mape_school_total``: mean of the absolute misses of school totals;
        ``wape_naive``: every year group as large as it was at the start; ``wape_pooled3``: each school's own ratios pooled
        over three years and intakes the mean of three; ``coverage``: share of school totals within their band; ``width80``:
        width of the band over the total, mean; ``mase``: the misses over those of ``wape_naive`` a year ahead; ``bias``:
        forecast less found, over found. [-]

    Raises
    ------
    ValueError
        If a horizon is less than 1.

    Notes
    -----
    A year group is scored where the school had it at the start and at the end, a total where all of them are. What is
    learned of how wide bands must be comes from misses that were known at the start. Assumes that what is tested, counts
    without births, feeder schools and housing, does no better than a forecast that has them. *Counterexample:* housing that
    never came.
    """
    if min(horizons, default=0) < 1:
        raise ValueError("horizons are at least 1")
    starts, farthest = _starts(counts, least_censuses), max(horizons)
    rows, trials = {horizon: [] for horizon in horizons}, []
    for origin in sorted({*starts, *_starts(counts, LEAST_TO_LEARN)}):
        years = min(farthest, counts.years[-1] - origin)
        if not years:
            continue
        trial = _tried(counts, origin, years, noise, history_years, replicates, seed)
        scales = learned_scales([_missed(trials, counts, horizon, origin) for horizon in range(1, years + 1)],
                                noise.trust_in_scale)
        trials.append(trial)
        for horizon, row in _scored(counts, trial, horizons, scales) if origin in starts else ():
            rows[horizon].append(row)
    once = _usual_step(counts, starts)
    return pd.DataFrame([_told(horizon, rows[horizon], once) for horizon in horizons], columns=list(COLUMNS))


def usable_years(counts):
    """Years of which something may be learned.

    Parameters
    ----------
    counts : Counts

    Returns
    -------
    list of int
    """
    return [year for year, any_usable in zip(counts.years, counts.usable.any(axis=(0, 1)), strict=True) if any_usable]


def _starts(counts, least_censuses):
    return usable_years(counts)[max(least_censuses, 2) - 1:]


def scales_from(counts, horizons, noise, history_years, replicates=200, seed=0):
    """By how much bands must be stretched, from how forecasts of earlier years missed up to the last year of the counts.

    Parameters
    ----------
    counts : Counts
    horizons : int
        Years ahead for which a factor is wanted.
    noise : Noise
    history_years, replicates, seed
        As for ``backtest``.

    Returns
    -------
    array, shape (horizons,)
        1 where nothing can be tested. [-]
    """
    starts = _starts(counts, LEAST_TO_LEARN)
    ahead = {start: min(horizons, counts.years[-1] - start) for start in starts}
    tried = [_tried(counts, start, far, noise, history_years, replicates, seed) for start, far in ahead.items() if far]
    return learned_scales([_missed(tried, counts, horizon, counts.years[-1]) for horizon in range(1, horizons + 1)],
                          noise.trust_in_scale)


@dataclass(frozen=True)
class _Trial:
    """A forecast from an earlier year: what it said of school year groups, and draws of school totals."""

    origin: int
    flows: Flows
    point: np.ndarray
    totals: np.ndarray


def _tried(counts, origin, years, noise, history_years, replicates, seed):
    flows = flows_from_counts(counts.until(origin), years, history_years, noise)
    return _Trial(origin, flows, expected(flows), drawn_totals(flows, replicates, seed, origin))


def _missed(trials, counts, horizon, until):
    """Misses of school totals a horizon ahead that were known by a year, in the standard deviations that were forecast."""
    misses = [np.empty(0)]
    for trial in trials:
        if trial.origin + horizon > until or horizon > trial.flows.years:
            continue
        found = counts.known[:, :, counts.years.index(trial.origin + horizon)]
        whole = _whole(trial.flows, found)
        draws = trial.totals[whole, horizon - 1]
        total = np.where(trial.flows.start > 0, found, 0.0)[whole].sum(axis=1)
        misses.append((total - draws.mean(axis=1)) / np.maximum(draws.std(axis=1), 1e-9))
    return np.concatenate(misses)


def _whole(flows, found):
    """Schools all of whose year groups were counted later."""
    has = flows.start > 0
    return has.any(axis=1) & (np.isfinite(found) | ~has).all(axis=1)


def _scored(counts, trial, horizons, scales):
    """Scores of the forecasts from one year, as (horizon, row)."""
    flows, known = trial.flows, counts.known
    plain, has = _pooled(counts.until(trial.origin), flows), flows.start > 0
    draws = stretched(trial.totals.copy(), scales[:flows.years])
    for horizon in (horizon for horizon in horizons if trial.origin + horizon in counts.years):
        found = known[:, :, counts.years.index(trial.origin + horizon)]
        both = has & np.isfinite(found)
        if not both.any():
            continue
        whole, mine = _whole(flows, found), trial.point[:, :, horizon - 1]
        yield horizon, {
            "origin": trial.origin, "found": found[both].sum(), "signed": (mine - found)[both].sum(), "cells": both.sum(),
            **{name: np.abs(guess - found)[both].sum() for name, guess in (
                ("missed", mine), ("naive", flows.start), ("pooled", plain[:, :, horizon - 1]))},
            **_totals(mine[whole].sum(axis=1), draws[whole, horizon - 1], np.where(has, found, 0.0)[whole].sum(axis=1))}


def _totals(mine, own, found):
    """Scores of school totals, and of all of them together."""
    together = own.sum(axis=0)
    inside = {name: [(low <= found) & (found <= high), high - low] for name, (low, high) in (
        ("80", np.quantile(own, BAND, axis=1)), ("95", np.quantile(own, WIDE_BAND, axis=1)))}
    low, high = np.quantile(together, BAND)
    return {"apart": np.abs(mine - found) / found, "in80": inside["80"][0], "in95": inside["95"][0],
            "width": inside["80"][1] / found, "trust": abs(mine.sum() - found.sum()), "trust_found": found.sum(),
            "trust_in80": bool(low <= found.sum() <= high)}


def _pooled(counts, flows):
    """The plain forecast to beat: own ratios pooled over three years, intakes the mean of three."""
    known, now = counts.known, flows.start
    ratio = np.full(now.shape, np.nan)
    ratio[:, 1:] = pooled_ratio(known[:, :-1], known[:, 1:], POOLED_YEARS)
    ratio = np.where(np.isfinite(ratio), ratio, 1.0)
    recent = np.isfinite(known) & (np.cumsum(np.isfinite(known)[..., ::-1], axis=-1)[..., ::-1] <= POOLED_YEARS)
    mean = np.where(recent, known, 0.0).sum(axis=-1) / np.maximum(recent.sum(axis=-1), 1)
    entries, has, out = flows.entries, flows.start > 0, np.zeros((*now.shape, flows.years))
    for year in range(flows.years):
        after = np.zeros_like(now)
        after[:, 1:] = now[:, :-1] * ratio[:, 1:]
        now = np.where(entries, mean, np.where(has, after, 0.0))
        out[:, :, year] = now
    return out


def _usual_step(counts, starts):
    """Mean absolute change of a school's year group from one usable year to the next, what MASE divides by. [pupils]"""
    places = [counts.years.index(start) for start in starts if start + 1 in counts.years]
    steps = [np.abs(counts.known[:, :, place + 1] - counts.known[:, :, place]) for place in places]
    seen = np.concatenate([step[np.isfinite(step)] for step in steps]) if steps else np.empty(0)
    return float(seen.mean()) if len(seen) else float("nan")


def _told(horizon, rows, once):
    """One line of the table."""
    if not rows:
        return {"horizon": horizon, "origins": 0, "cells": 0, "school_totals": 0}
    sums = {name: sum(row[name] for row in rows) for name in ("found", "signed", "cells", "missed", "naive", "pooled",
                                                               "trust", "trust_found", "trust_in80")}
    each = {name: np.concatenate([row[name] for row in rows]) for name in ("apart", "in80", "in95", "width")}
    mean = {name: float(values.mean()) if len(values) else float("nan") for name, values in each.items()}
    return {"horizon": horizon, "origins": len(rows), "wape_school_year_group": sums["missed"] / sums["found"],
            "mape_school_total": mean["apart"], "wape_naive": sums["naive"] / sums["found"],
            "wape_pooled3": sums["pooled"] / sums["found"], "coverage80_school_total": mean["in80"],
            "bias": sums["signed"] / sums["found"], "coverage95_school_total": mean["in95"],
            "width80_school_total": mean["width"],
            "mase_school_year_group": sums["missed"] / sums["cells"] / once if once > 0 else float("nan"),
            "wape_trust_total": sums["trust"] / sums["trust_found"] if sums["trust_found"] else float("nan"),
            "coverage80_trust_total": sums["trust_in80"] / len(rows), "cells": sums["cells"],
            "school_totals": len(each["apart"]), "first_origin": rows[0]["origin"], "last_origin": rows[-1]["origin"]}


def backtest_in_words(found):
    """What a back-test says, in sentences.

    Parameters
    ----------
    found : DataFrame
        As ``backtest`` returns it.

    Returns
    -------
    list of str
    """
    tested, empty = found[found.origins > 0], found[found.origins == 0]
    lines = [f"{horizon} year{'s' if horizon > 1 else ''} ahead: nothing to test, for too few counts come before and after."
             for horizon in empty.horizon]
    if not len(tested):
        return lines
    beaten, held = (tested.wape_school_year_group < tested.wape_pooled3).sum(), tested.coverage80_school_total
    return [*lines, "Misses are sums of absolute misses over pupils; that of school totals is their mean. To beat: each",
            "school's own ratios pooled over three years, and every year group as large as it was. No forecast used a count",
            f"after its year. Better than pooled ratios at {beaten} of {len(tested)} horizons; 80% bands held "
            f"{held.min():.0%} to {held.max():.0%} of school totals."]
