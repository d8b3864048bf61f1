"""What many futures of growth say, as tables: quantiles by year, dates of phases and of SCA, pauses, schools, policies."""

import numpy as np
import pandas as pd

from ..energy.factors import KG_PER_TONNE
from .growth import DECLINED, EASING, JOINED, LIMIT, LOAD, RESERVES, SAFETY, WITHDREW
from .growth_inputs import day_of
from .growth_runs import half_width, joined_frame
from .growth_threshold import break_even_dowry, money_by_regime

QUANTILES = (0.1, 0.5, 0.9)
REASONS = (LOAD, RESERVES, SAFETY, EASING, LIMIT)
MEASURES = (("schools", "schools"), ("pupils", "pupils"), ("staff_fte", "FTE"), ("central_use", "load over capacity"),
            ("estates_use", "load over capacity"), ("paused_months", "months"), ("backlog_joined_gbp", "GBP"),
            ("energy_joined_kwh", "kWh a year"), ("footprint_joined_tco2e", "tCO2e a year"), ("reserves_gbp", "GBP"),
            ("safety_open", "works"))


def spread_of(values):
    """P10, P50 and P90 of what many futures hold, each a value that one of them has.

    Parameters
    ----------
    values : array
        One per future; infinite: never, or without limit.

    Returns
    -------
    list of float

    Examples
    --------
    >>> spread_of(np.array([1.0, 2.0, 3.0, np.inf]))
    [1.0, 2.0, inf]
    """
    return [float(value) for value in np.quantile(np.asarray(values, dtype=float), QUANTILES, method="inverted_cdf")]


def by_year(runs):
    """Quantiles by planning year.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``year, measure, unit, p10, p50, p90, mean, half_width``: schools, pupils, staff, reserves and safety works at the
        end of the year, utilisation as the middle one of its months, months paused in it, backlog found at schools that
        had joined, and the energy and footprint of a year that they bring. Blank where a team has no staff.
    """
    case, months = runs.case, runs.months
    shape = (len(runs.runs), case.years, 12)
    yearly = {name: months[name].reshape(shape) for name in ("central_use", "estates_use", "paused")}
    values = {**{name: np.quantile(yearly[name], 0.5, axis=2, method="inverted_cdf") for name in ("central_use",
                                                                                                  "estates_use")},
              "paused_months": yearly["paused"].sum(axis=2), "backlog_joined_gbp": _backlog_joined(runs),
              **_energy_joined(runs),
              **{name: months[name][:, 11::12] for name in ("staff_fte", "reserves_gbp", "safety_open")},
              "schools": runs.counted["schools"], "pupils": runs.counted["pupils"]}
    rows = []
    for name, unit in MEASURES:
        for year in range(case.years):
            own = values[name][:, year]
            finite = own[np.isfinite(own)]
            low, middle, high = spread_of(own)
            rows.append({"year": case.first_year + year, "measure": name, "unit": unit, "p10": low, "p50": middle,
                         "p90": high, "mean": finite.mean() if len(finite) == len(own) else np.nan,
                         "half_width": half_width(own) if len(finite) == len(own) else np.nan})
    return pd.DataFrame(rows).replace([np.inf], np.nan)


def _backlog_joined(runs):
    found = np.zeros((len(runs.runs), runs.case.years))
    for row, month, coming in joined_frame(runs):
        found[row, int(month) // 12:] += coming.liability_gbp
    return found


def _energy_joined(runs):
    """Energy [kWh] and footprint [tCO2e] of a whole year of the schools that have joined by the end of each."""
    used = np.zeros((len(runs.runs), runs.case.years, 2))
    for row, month, coming in joined_frame(runs):
        used[row, int(month) // 12:] += coming.prospect.electricity_kwh, coming.prospect.gas_kwh
    factors = np.array(runs.case.kg_per_kwh or [(0.0, 0.0)] * runs.case.years)
    return {"energy_joined_kwh": used.sum(axis=2), "footprint_joined_tco2e": (used * factors).sum(axis=2) / KG_PER_TONNE}


def phases(runs):
    """When each phase begins.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``phase, least_schools, reached_share, p10, p50, p90``: dates; blank where that quantile does not reach it.
    """
    rows = []
    for number, least in enumerate(runs.case.phases, 1):
        reached = runs.months["schools"] >= least
        when = np.where(reached.any(axis=1), reached.argmax(axis=1).astype(float), np.inf)
        rows.append({"phase": number, "least_schools": least, "reached_share": float(np.isfinite(when).mean()),
                     **_dates(runs.case, when)})
    return pd.DataFrame(rows)


def _dates(case, when):
    return {name: day_of(case.first_year, month).isoformat() if np.isfinite(month) else ""
            for name, month in zip(("p10", "p50", "p90"), spread_of(when), strict=True)}


def first_sca(runs):
    """First grant year with SCA of each future; infinite where there is none.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    array, shape (futures,)
    """
    sca = runs.counted["sca"]
    return np.where(sca.any(axis=1), runs.case.first_year + 1.0 + sca.argmax(axis=1), np.inf)


def threshold(runs):
    """The threshold between bidding and allocation, grant year by grant year.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``grant_year``; ``sca_share``, the chance of SCA; ``schools_p50, pupils_counted_p10, pupils_counted_p50,
        pupils_counted_p90``; expected (mean) ``bids_gbp`` and ``sca_gbp``, what each regime would bring the schools of that
        year; ``received_gbp``, by the regime each future has; ``bids_lost_gbp`` of futures that have left bidding;
        ``liabilities_gbp``, found at schools that joined in the planning year before.
    """
    case, counted = runs.case, runs.counted
    bids_gbp, sca_gbp = money_by_regime(counted["schools_counted"], counted["weighted_pupils"], case.growth)
    arrived = np.diff(np.concatenate([np.zeros((len(runs.runs), 1)), _backlog_joined(runs)], axis=1), axis=1)
    sca, rows = counted["sca"], []
    for year in range(case.years):
        low, middle, high = spread_of(counted["pupils_counted"][:, year])
        rows.append({"grant_year": case.first_year + 1 + year, "sca_share": float(sca[:, year].mean()),
                     "schools_p50": spread_of(counted["schools_counted"][:, year])[1], "pupils_counted_p10": low,
                     "pupils_counted_p50": middle, "pupils_counted_p90": high,
                     "bids_gbp": bids_gbp[:, year].mean(), "sca_gbp": sca_gbp[:, year].mean(),
                     "received_gbp": np.where(sca, sca_gbp, bids_gbp)[:, year].mean(),
                     "bids_lost_gbp": np.where(sca, bids_gbp, 0.0)[:, year].mean(),
                     "liabilities_gbp": arrived[:, year].mean()})
    return pd.DataFrame(rows)


def pauses(runs):
    """Why growth pauses, and for how long.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``reason, futures_share`` (with at least a month of it), ``mean_months, p10, p50, p90`` [months]. A month with two
        reasons counts under both; easing: nothing is wrong any more, and growth waits to be sure; the joining limit keeps
        schools waiting without a pause. ``any pause`` counts each month once.
    """
    why, paused = runs.months["why"], runs.months["paused"] > 0
    rows = []
    for reason in ("any pause", *REASONS):
        held = paused if reason == "any pause" else np.vectorize(lambda text, one=reason: one in text, otypes=[bool])(why)
        each = held.sum(axis=1)
        rows.append({"reason": reason, "futures_share": float((each > 0).mean()), "mean_months": float(each.mean()),
                     **dict(zip(("p10", "p50", "p90"), spread_of(each), strict=True))})
    return pd.DataFrame(rows)


def schools_that_came(runs, discount_rate):
    """What became of each prospect, and the dowry at which taking it in breaks even.

    Parameters
    ----------
    runs : GrowthRuns
    discount_rate : float
        [-]

    Returns
    -------
    DataFrame
        ``prospect_id, name, route, joined_share, declined_share, withdrew_share, open_share``; dates ``p10, p50, p90`` of
        joining among all futures; ``tips_share``: futures whose first SCA hangs on it; of futures in which it joins,
        ``liability_p50_gbp`` and ``dowry_p10_gbp, dowry_p50_gbp, dowry_p90_gbp``.
    """
    case, rows = runs.case, []
    tips = _tipping(runs)
    for prospect in case.prospects:
        name = prospect.prospect_id
        outcomes = np.array([run.outcomes[name] for run in runs.runs], dtype=object)
        joined = outcomes == JOINED
        declined = np.array([text.startswith(DECLINED) for text in outcomes])
        when = np.array([run.joined.get(name, np.inf) for run in runs.runs])
        rows.append({"prospect_id": name, "name": prospect.name, "route": "sponsored" if prospect.sponsored else "other",
                     "joined_share": joined.mean(), "declined_share": declined.mean(),
                     "withdrew_share": (outcomes == WITHDREW).mean(),
                     "open_share": (~joined & ~declined & (outcomes != WITHDREW)).mean(),
                     **_dates(case, when), "tips_share": tips[name], **_dowry(runs, prospect, joined, discount_rate)})
    return pd.DataFrame(rows)


def _dowry(runs, prospect, joined, discount_rate):
    growth = runs.case.growth
    found = np.array([coming.liability_gbp for run, there in zip(runs.runs, joined, strict=True) if there
                      for coming in run.coming if coming.owner == prospect.prospect_id])
    names = ("liability_p50_gbp", "dowry_p10_gbp", "dowry_p50_gbp", "dowry_p90_gbp")
    if not len(found):
        return dict.fromkeys(names, np.nan)
    yearly_gbp = prospect.surplus_gbp + growth.services_saved_share * prospect.income_gbp
    dowry_gbp = break_even_dowry(found, prospect.reserves_gbp + prospect.grants_gbp,
                                 growth.joining_cost_gbp - growth.joining_grant_gbp, yearly_gbp, growth.dowry_years,
                                 discount_rate)
    return dict(zip(names, (spread_of(found)[1], *spread_of(dowry_gbp)), strict=True))


def _tipping(runs):
    """Share of futures in which the first SCA would not have come that year without a school, by prospect."""
    from ..funding.regime import passes
    case, counted, when = runs.case, runs.counted, first_sca(runs)
    tips = {prospect.prospect_id: 0 for prospect in case.prospects}
    for row, month, coming in joined_frame(runs):
        if coming.owner not in tips or not np.isfinite(when[row]):
            continue
        year = int(when[row]) - case.first_year - 1
        if month <= 12 * year:
            own = coming.prospect.pupils * coming.prospect.special_multiple * counted["walks"][coming.owner][row, year]
            tips[coming.owner] += not passes(counted["schools_counted"][row, year] - 1,
                                             counted["pupils_counted"][row, year] - own)
    return {name: count / len(runs.runs) for name, count in tips.items()}


def compare(policies):
    """Policies on the same futures, each against the first.

    Parameters
    ----------
    policies : dict
        Name to ``GrowthRuns``, all with the same futures.

    Returns
    -------
    DataFrame
        ``policy, measure, mean, difference, low, high, surer``: the mean, the mean difference from the first policy future
        by future, the interval that holds it in 95 cases of 100, and how many times as wide it would be on separate futures.
    """
    base, rows = None, []
    for policy, runs in policies.items():
        own = _last(runs)
        base = own if base is None else base
        for measure, values in own.items():
            difference = values - base[measure]
            width = half_width(difference)
            apart = np.hypot(half_width(values), half_width(base[measure]))
            rows.append({"policy": policy, "measure": measure, "mean": values.mean(), "difference": difference.mean(),
                         "low": difference.mean() - width, "high": difference.mean() + width,
                         "surer": apart / width if width > 0 else np.nan})
    return pd.DataFrame(rows)


def _last(runs):
    """One figure per future for each measure of a policy."""
    return {"schools at the end": runs.last_schools, "pupils at the end": runs.counted["pupils"][:, -1],
            "months paused": runs.months["paused"].sum(axis=1),
            "years with SCA": runs.counted["sca"].sum(axis=1).astype(float),
            "months overloaded": (runs.months["central_use"] > 1).sum(axis=1).astype(float),
            "reserves at the end [GBP]": runs.months["reserves_gbp"][:, -1],
            "backlog joined [GBP]": _backlog_joined(runs)[:, -1]}


def join_dates(runs):
    """Which school joins when, in every future.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``future`` (from 1), ``prospect_id``, ``joined`` (date), ``liability_gbp``.
    """
    return pd.DataFrame([{"future": row + 1, "prospect_id": coming.owner,
                          "joined": day_of(runs.case.first_year, month).isoformat(), "liability_gbp": coming.liability_gbp}
                         for row, month, coming in joined_frame(runs)],
                        columns=["future", "prospect_id", "joined", "liability_gbp"])


def timeline(runs):
    """What happened to whom and when, in every future.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    DataFrame
        ``future`` (from 1), ``months`` from the start of the plan, ``month`` (its first day), ``school``, ``event``.
    """
    first = runs.case.first_year
    return pd.DataFrame([{"future": row + 1, "months": round(month, 3), "month": day_of(first, month).isoformat(),
                          "school": owner, "event": what} for row, run in enumerate(runs.runs)
                         for month, owner, what in run.events], columns=["future", "months", "month", "school", "event"])
