"""Futures of a whole plan: rates of wear, pupils, tenders and grants other than expected, as the optimiser samples them."""

from zlib import crc32

import numpy as np
import pandas as pd

from .candidates import NO_WORKS
from .funding.cost_risk import log_spread
from .outlook import wearing_otherwise
from .programme.core_index import spreads
from .programme.delivery import Sample
from .reference import load

PRICED_BY_GRADE = ("patch", "repair", "renew", "refurbish")
POUND_GBP = 1.0
RESERVES = "reserves"


def many_futures(candidates, count, seed):
    """Sample what starts are worth and cost, and what pots hold, where things turn out otherwise than expected.

    Parameters
    ----------
    candidates : Candidates
        Proposed from an estate.
    count : int
        How many futures.
    seed : int
        The same seed gives the same futures, scheme by scheme, whatever else is proposed.

    Returns
    -------
    Sample
        Futures of ``instance(candidates)``.

    Raises
    ------
    ValueError
        If no future is asked for, or the candidates come without an estate.

    Notes
    -----
    Drawn, all with a mean of one: the hazard of wear of each element (the scenario's ``rate_spread``); the pupils of each
    school; what a survey hides at each scheme; the outturn of each tender by its stage, part of it the market all share; the
    grants of each route, all years together. Worth and cost of the works that components call for are worked out again
    under the rates and pupils drawn; works on the trust's own list only vary in what is hidden, and in their tenders.
    Reserves are as the budget has them. *Counterexample:* a bid that is won or lost, which ``capplan bids`` weighs; a shock
    to reserves, which ``capplan stress`` does.
    """
    if count < 1 or candidates.outlook is None:
        raise ValueError("Futures are drawn for candidates proposed from an estate, one at least.")
    years, spread = candidates.scheme_years, spreads()
    schemes = candidates.schemes
    of_start = pd.Series(range(len(schemes)), index=schemes.scheme_id)[years.scheme_id].to_numpy()
    works = ~schemes.kind.isin(NO_WORKS).to_numpy()
    hidden = np.where(works[:, None], _factors(schemes.scheme_id, "hidden", spread.own_worth_spread, count, seed), 1.0)
    tender = _tenders(candidates, works, count, seed)
    worth, cost = _worn_otherwise(candidates, spread, count, seed)
    pots = candidates.pots
    route = pots.route.where(pots.route != "", pots.pot_id) if "route" in pots else pots.pot_id
    grant = _factors(route, "grant", spread.grant_spread, count, seed)
    grant = np.where((route == RESERVES).to_numpy()[:, None], 1.0, grant)
    amount = (pots.amount.to_numpy(float)[:, None] * grant).round(2)
    return Sample(worth * hidden[of_start].T, cost * tender[of_start].T, amount.T, float(spread.must_do_weight))


def _normal(names, what, count, seed):
    """Standard normal draws for each name, shape (names, count); a name has the same wherever it stands."""
    drawn = {name: np.random.default_rng([seed, crc32(f"{what} {name}".encode())]).standard_normal(count)
             for name in dict.fromkeys(names)}
    return np.array([drawn[name] for name in names]).reshape(len(names), count)


def _factors(names, what, spread, count, seed):
    """Logarithmic normal factors with a mean of one, shape (names, count). [-]"""
    return np.exp(spread * _normal(names, what, count, seed) - spread ** 2 / 2.0)


def _tenders(candidates, works, count, seed):
    """Outturn over expected cost of each scheme, shape (schemes, count). [-]"""
    schemes, stages = candidates.schemes, load("cost_stages").set_index("stage")
    of_stage = pd.Series(log_spread(stages.low_share.to_numpy(), stages.high_share.to_numpy()), stages.index)
    spread = (of_stage.loc[schemes.stage].to_numpy() * works)[:, None]
    shared = candidates.outlook.scenario.costs.shared_variance_share
    both = (np.sqrt(shared) * _normal(["all"], "market", count, seed)
            + np.sqrt(1.0 - shared) * _normal(schemes.scheme_id, "tender", count, seed))
    return np.exp(spread * both - spread ** 2 / 2.0)


class _Members:
    """Sums over the components of each scheme, by year of the plan."""

    def __init__(self, candidates):
        names = {scheme: place for place, scheme in enumerate(candidates.schemes.scheme_id)}
        own = [(names[scheme], rows, candidates.works[scheme]) for scheme, rows in candidates.members.items()
               if scheme in names]
        self.count, self.kinds = len(names), list(candidates.outlook.treatments)
        self.scheme = np.concatenate([np.full(len(rows), place) for place, rows, _ in own] or [np.zeros(0)]).astype(int)
        self.row = np.concatenate([np.asarray(rows) for _, rows, _ in own] or [np.zeros(0)]).astype(int)
        self.kind = np.concatenate([np.full(len(rows), self.kinds.index(kind)) for _, rows, kind in own]
                                   or [np.zeros(0)]).astype(int)

    def sums(self, by_kind):
        """Shape (schemes, years), from an array (n, years) for each kind."""
        stacked = np.stack([by_kind[kind] for kind in self.kinds])
        found = np.zeros((self.count, stacked.shape[2]))
        np.add.at(found, self.scheme, stacked[self.kind, self.row])
        return found


def _worn_otherwise(candidates, spread, count, seed):
    """What each start is worth [GBP] and costs as a multiple of what is expected [-], shapes (futures, n)."""
    outlook, years = candidates.outlook, candidates.scheme_years
    members, parts = _Members(candidates), outlook.parts
    speed = _factors(parts.element_code, "wear", outlook.scenario.condition.rate_spread, count, seed)
    pupils = _factors(parts.school_id, "pupils", spread.pupil_spread, count, seed)
    names = {scheme: place for place, scheme in enumerate(candidates.schemes.scheme_id)}
    row = years.scheme_id.map(names).to_numpy()
    column = (years.start_year - outlook.scenario.plan.first_year).to_numpy(int)
    expected = [sums[row, column] for sums in _worth_and_cost(outlook, members)]
    value, worth, cost = years.value.to_numpy(float), np.empty((count, len(years))), np.empty((count, len(years)))
    for number in range(count):
        there = wearing_otherwise(outlook, speed[:, number], pupils[:, number])
        found = [sums[row, column] for sums in _worth_and_cost(there, members)]
        ratio = np.divide(found[0], expected[0], out=np.ones(len(years)), where=expected[0] > POUND_GBP)
        worth[number] = np.where(expected[0] > POUND_GBP, value * ratio, value + found[0] - expected[0])
        cost[number] = np.divide(found[1], expected[1], out=np.ones(len(years)), where=expected[1] > POUND_GBP)
    return worth, cost


def _worth_and_cost(outlook, members):
    """Worth and expected cost of the works of each scheme by year; a cost that no grade decides is left at nothing. [GBP]"""
    nothing = np.zeros((len(outlook.parts), outlook.horizon))
    cost = {kind: outlook.works_cost(kind) if kind in PRICED_BY_GRADE else nothing for kind in outlook.treatments}
    return members.sums(outlook.worth()), members.sums(cost)
