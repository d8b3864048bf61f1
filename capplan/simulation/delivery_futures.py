"""Futures that every policy meets: how long, how dear, asbestos or not, bids won or lost, and failures of what waits."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..candidates import NO_WORKS
from ..candidates.model import BID
from ..errors import DataError, Fault, MissingFigureError
from ..funding.cost_risk import log_spread
from ..funding.routes import latest_rule
from ..reference import load
from .delivery import Future
from .delivery_plan import season_of
from .streams import seed_sequence, uniforms

MARKET, ALL = "market", "all"
SUCCESS = "success_share"


@dataclass(frozen=True)
class Odds:
    """What may happen to each candidate, by name.

    ``dearness_spread``, ``time_spread``: of logarithms [-]; ``time_multiple``: mean time on site over the estimate [-];
    ``intrusive``: whether works open up what may hold asbestos; ``bid_odds``: chance of each bid [-].
    """

    dearness_spread: dict = field(repr=False)
    time_spread: dict = field(repr=False)
    time_multiple: dict = field(repr=False)
    intrusive: dict = field(repr=False)
    bid_odds: dict = field(repr=False)


def odds_of(candidates, scenario):
    """What may happen to each candidate under a scenario.

    Parameters
    ----------
    candidates : Candidates
    scenario : Scenario

    Returns
    -------
    Odds

    Raises
    ------
    DataError
        Where a stage is not known, or a route bid to has no published share of bids won.

    Notes
    -----
    A results folder does not hold the trust's own odds of its bids, so that the latest published share of its route is
    taken. *Counterexample:* a bid whose score is known to be high.
    """
    rules, schemes = scenario.delivery, candidates.schemes
    stages = load("cost_stages").set_index("stage")
    spread = dict(zip(stages.index, log_spread(stages.low_share.to_numpy(), stages.high_share.to_numpy()), strict=True))
    late = load("duration_bias").set_index("stage").duration_bias_share
    stage = schemes["stage"] if "stage" in schemes else pd.Series("", schemes.index)
    stage = stage.where(stage.isin(spread.keys()), scenario.costs.survey_stage).where(~schemes.kind.isin(NO_WORKS), "")
    named = dict(zip(schemes.scheme_id, stage, strict=True))
    element = schemes["element"] if "element" in schemes else pd.Series("", schemes.index)
    opened = {name: season_of(name).intrusive == "yes" for name in set(element)}
    return Odds({name: rules.cost_spread_scale * spread.get(one, 0.0) for name, one in named.items()},
                {name: rules.time_spread_scale * spread.get(one, 0.0) for name, one in named.items()},
                {name: 1.0 + rules.time_bias_scale * float(late.get(one, 0.0)) for name, one in named.items()},
                {name: opened[one] and named[name] != "" for name, one in zip(schemes.scheme_id, element, strict=True)},
                _bid_odds(candidates))


def _bid_odds(candidates):
    """The published share of bids won on the route of each bid."""
    schemes, pots, found, faults = candidates.schemes, candidates.pots, {}, []
    bids = set(schemes.scheme_id[schemes.kind == BID])
    if not bids or "with_scheme" not in pots:
        return found
    for row in pots[pots.with_scheme.isin(bids)].itertuples():
        try:
            found[row.with_scheme] = float(latest_rule(row.route, SUCCESS).value)
        except MissingFigureError as error:
            faults.append(Fault("candidates/pots.csv", int(row.Index) + 2, "route", repr(row.route), str(error)))
    if faults:
        raise DataError(faults)
    return found


@dataclass(frozen=True)
class Failures:
    """Failures of groups of components that cannot wait, if nothing is done.

    ``places``: (block or site, element) of each group; ``a_year`` (groups, years): expected number; ``cost_gbp`` (groups,):
    of each [GBP real].
    """

    places: tuple = field(repr=False)
    a_year: np.ndarray = field(repr=False)
    cost_gbp: np.ndarray = field(repr=False)


def failures_of(components, outlook, scenario):
    """Emergencies to be expected in each part of the estate as long as nothing is done there.

    Parameters
    ----------
    components, outlook : DataFrame
        ``components.csv`` and ``outlook.csv`` of a results folder.
    scenario : Scenario

    Returns
    -------
    Failures

    Notes
    -----
    Assumes failures of every group grow over the years as those of the whole estate do without works. *Counterexample:* a
    new roof beside old boilers.
    """
    rules, years = scenario.delivery, scenario.plan.years
    whole = outlook[outlook.plan == "without"].sort_values("year").expected_failures.to_numpy()[:years]
    shape = whole / whole[0] if whole[0] > 0 else np.ones(len(whole))
    rows = components[components.fails_in_first_year > 0]
    where = rows.block_id.where(rows.block_id != "", rows.site_id + ".grounds")
    lost = rows.fails_in_first_year * rows.cost_to_a_gbp
    sums = pd.DataFrame({"where": where, "element": rows.element, "rate": rows.fails_in_first_year, "lost": lost})
    sums = sums.groupby(["where", "element"])[["rate", "lost"]].sum()
    rate = sums.rate.to_numpy()
    return Failures(tuple(sums.index), rules.emergency_share * rate[:, None] * shape[None, :],
                    rules.emergency_cost_share * np.divide(sums.lost.to_numpy(), rate, out=np.zeros(len(rate)),
                                                           where=rate > 0))


def emergencies_in(failures, calendar, tender_factors, replicates, seed):
    """Emergencies of every future, in order, as if nothing were done.

    Parameters
    ----------
    failures : Failures
    calendar : Calendar
    tender_factors : sequence of float
        What a pound costs in the money of each year. [-]
    replicates, seed : int

    Returns
    -------
    list of list of (float, int, float)
        For each future: week, group and cost (nominal).

    Notes
    -----
    Numbers are Poisson. A group's draws are its own, so that more futures, or other groups, change none of them.
    """
    found = [[] for _ in range(replicates)]
    for group, ((where, element), a_year) in enumerate(zip(failures.places, failures.a_year, strict=True)):
        total = float(a_year.sum())
        if total <= 0:
            continue
        owner, until = f"{where} {element}", np.cumsum(a_year) / total
        counts = np.random.default_rng(seed_sequence(seed, "failures", owner)).poisson(total, replicates)
        when = np.random.default_rng(seed_sequence(seed, "failure weeks", owner)).random((int(counts.sum()), 2))
        year = np.minimum(np.searchsorted(until, when[:, 0], side="right"), len(a_year) - 1)
        begins = np.asarray(calendar.starts)
        week = begins[year] + when[:, 1] * (begins[year + 1] - begins[year])
        cost = failures.cost_gbp[group] * np.asarray(tender_factors)[year]
        future = np.repeat(np.arange(replicates), counts)
        for number, at, sum_gbp in zip(future.tolist(), week.tolist(), cost.tolist(), strict=True):
            found[number].append((at, group, sum_gbp))
    return [sorted(own) for own in found]


def futures_of(plan, odds, scenario, replicates, seed, emergencies=(), ends=()):
    """Futures of a plan: the same for a scheme whatever else the plan holds.

    Parameters
    ----------
    plan : Plan
    odds : Odds
    scenario : Scenario
    replicates, seed : int
    emergencies : sequence
        As ``emergencies_in`` returns them; left out: none.
    ends : sequence of tuple of int
        For each group of components, places of the works that end its failures.

    Returns
    -------
    list of Future

    Notes
    -----
    The logarithm of a cost moves with a market that all share and with luck of its own, as in ``funding.cost_risk``; its
    mean is 1. Times have no market. *Counterexample:* a summer in which every contractor is late.
    """
    from scipy.special import ndtri

    rules, shared = scenario.delivery, scenario.costs.shared_variance_share
    names = [works.name for works in plan.works]

    def normal(stream, owner):
        """A standard normal number for every future."""
        return ndtri(np.clip(uniforms(seed, stream, owner, replicates, 1)[:, 0], 1e-12, 1 - 1e-12))

    market = normal(MARKET, ALL)
    columns = {name: np.ones((replicates, len(names))) for name in ("lead", "duration", "dearness", "asbestos", "won")}
    columns["asbestos"][:] = 0.0
    for place, (name, works) in enumerate(zip(names, plan.works, strict=True)):
        if works.no_works:
            columns["won"][:, place] = uniforms(seed, "bid", name, replicates, 1)[:, 0] < odds.bid_odds.get(name, 1.0)
            continue
        columns["lead"][:, place] = _lognormal(normal("lead", name), rules.lead_spread)
        columns["duration"][:, place] = (_lognormal(normal("duration", name), odds.time_spread[name])
                                         * odds.time_multiple[name])
        both = np.sqrt(shared) * market + np.sqrt(1.0 - shared) * normal("cost", name)
        columns["dearness"][:, place] = _lognormal(both, odds.dearness_spread[name])
        if odds.intrusive[name]:
            hit = uniforms(seed, "asbestos", name, replicates, 1)[:, 0] < rules.asbestos_share
            columns["asbestos"][:, place] = hit * rules.asbestos_cost_share
    rows = zip(*(columns[name].tolist() for name in ("lead", "duration", "dearness", "asbestos", "won")), strict=True)
    return [Future(*map(tuple, row), tuple((week, ends[group], cost) for week, group, cost in own))
            for row, own in zip(rows, emergencies or [()] * replicates, strict=True)]


def _lognormal(normal, spread):
    """Numbers of mean 1 whose logarithm has a spread. [-]"""
    return np.exp(spread * normal - spread ** 2 / 2.0)


def works_that_end(failures, plan, schemes):
    """Places of the works that end the failures of each group of components.

    Parameters
    ----------
    failures : Failures
    plan : Plan
    schemes : DataFrame
        Of the candidates.

    Returns
    -------
    list of tuple of int
        Works on that element of that block, or on the whole block.
    """
    own = schemes.set_index("scheme_id")
    by_place = {}
    for place, works in enumerate(plan.works):
        if works.no_works:
            continue
        row = own.loc[works.name]
        block = row.get("block_id", "") or f"{row.get('site_id', '')}.grounds"
        by_place.setdefault((block, row.get("element", "")), []).append(place)
    return [tuple(by_place.get((where, element), []) + by_place.get((where, "Whole block"), []))
            for where, element in failures.places]
