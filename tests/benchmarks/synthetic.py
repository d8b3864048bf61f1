"""Synthetic trusts of any size with every family of rules, as candidates: what the optimiser is timed on.

Costs, values, grants and rules are drawn so that money is short (about a third of what could be done), several pots with
different windows and eligibility overlap, and every family of rules binds somewhere.
"""

import numpy as np
import pandas as pd

from capplan.candidates import Candidates

FIRST_YEAR = 2026
TRADES = ("roofing", "mechanical", "electrical", "windows", "finishes")
SHORT = 2.2
"""What could be done costs so many times the money."""
TAGS = ("condition", "condition", "condition", "condition", "energy", "energy", "")


def trust(schools, schemes, years, seed=0, rules=True, own_money=True):
    """A synthetic trust.

    Parameters
    ----------
    schools, schemes, years : int
        How many of each.
    seed : int
        The same seed gives the same trust.
    rules : bool
        Whether there is anything beside pots and alternatives for one need: must-dos, precedence, bundles, limits by site
        and year, trade and year and in total, packages, fair shares, a carbon target, match funding and bids.
    own_money : bool
        Whether a quarter of the schools, at most twenty, have a tenth of all money for themselves, far more than they can
        spend well; else it is in the reserves.

    Returns
    -------
    Candidates
    """
    rng = np.random.default_rng([seed, schools, schemes, years])
    table = _schemes(rng, schools, schemes)
    starts, spend = _starts(rng, table, years)
    total = float(spend.groupby("scheme_id").cost.mean().sum())
    frames = {"schemes": table.drop(columns="cost"), "scheme_years": starts, "spend": spend,
              "pots": _pots(rng, table, total, years, own_money)}
    if rules:
        _add_rules(rng, frames, table, total, schools, years)
    return Candidates({name: frame.reset_index(drop=True) for name, frame in frames.items()})


def _schemes(rng, schools, schemes):
    """Needs of one to three alternatives, each at a school; costs lognormal about GBP 60,000."""
    alternatives = rng.choice([1, 1, 1, 2, 3], size=schemes)
    need = np.repeat(np.arange(schemes), alternatives)[:schemes]
    school = rng.integers(0, schools, schemes)[need]
    cost = np.exp(rng.normal(11.0, 0.7, schemes)[need] + rng.normal(0, 0.4, schemes))
    single = np.bincount(need, minlength=schemes)[need] == 1
    return pd.DataFrame({
        "scheme_id": [f"S{i}" for i in range(schemes)], "school_id": [f"school{i}" for i in school], "kind": "works",
        "tag": rng.choice(TAGS, schemes)[need], "exclusion_group": np.where(single, "", [f"N{i}" for i in need]),
        "also_meets": "", "requires": "", "must_do": "", "site_id": [f"site{i}" for i in school],
        "trade": rng.choice(TRADES, schemes)[need], "cost": cost.round(0)})


def _starts(rng, table, years):
    """Every scheme in every year: costs rise with prices, what starting is worth falls with waiting; carbon saved."""
    count = len(table)
    per_pound = np.exp(rng.normal(0.5, 0.5, count))
    fall = rng.uniform(0.01, 0.15, count)
    carbon = np.where(table.tag == "energy", table.cost / 4000 * rng.uniform(0.5, 1.5, count), 0.0)
    year = np.arange(years)
    value = (table.cost * per_pound).to_numpy()[:, None] * (1 - fall[:, None]) ** year
    cost = table.cost.to_numpy()[:, None] * 1.03 ** year
    long = {"scheme_id": np.repeat(table.scheme_id.to_numpy(object), years),
            "start_year": np.tile(FIRST_YEAR + year, count)}
    starts = pd.DataFrame({**long, "value": value.round(2).ravel(),
                           "carbon_tco2e": (carbon[:, None] * (years - year) / years).round(3).ravel()})
    two_summers = np.repeat(rng.random(count) < 0.2, years)
    now = np.where(two_summers, 0.7, 1.0) * cost.ravel()
    last = starts.start_year == FIRST_YEAR + years - 1
    now = np.where(last, cost.ravel(), now).round(2)
    spend = pd.DataFrame({**long, "year": starts.start_year, "cost": now})
    rest = spend.assign(year=spend.year + 1, cost=(cost.ravel() - now).round(2))[two_summers & ~last]
    return starts, pd.concat([spend, rest[rest.cost > 0]], ignore_index=True)


def _pots(rng, table, total, years, own_money):
    """Condition grant of two years' window, an energy grant, schools' own money of three years, reserves to the end."""
    yearly, end = total / SHORT / years, FIRST_YEAR + years - 1
    rows = []
    for year in range(FIRST_YEAR, end + 1):
        wave = rng.uniform(0.8, 1.2)
        rows.append([f"SCA-{year}", 0.55 * yearly * wave, year, min(year + 1, end), "condition;energy", ""])
        rows.append([f"GREEN-{year}", 0.12 * yearly * wave, year, min(year + 1, end), "energy", ""])
        rows.append([f"RESERVE-{year}", 0.23 * yearly * wave + (0.0 if own_money else 0.1 * yearly), year, end, "", ""])
    owners = rng.permutation(table.school_id.unique())[:max(1, min(20, table.school_id.nunique() // 4))]
    for owner in owners if own_money else ():
        rows += [[f"DFC-{owner}-{year}", 0.1 * yearly / len(owners), year, min(year + 2, end), "", owner]
                 for year in range(FIRST_YEAR, end + 1)]
    pots = pd.DataFrame(rows, columns=["pot_id", "amount", "first_year", "last_year", "tags", "school_id"])
    return pots.assign(amount=pots.amount.round(2), route="", schemes="", most_share=np.nan, with_scheme="")


def _add_rules(rng, frames, table, total, schools, years):
    """Rules beside money, in place."""
    names, schemes = table.scheme_id.to_numpy(object), frames["schemes"]
    singles = np.flatnonzero(schemes.exclusion_group == "")
    picked = rng.permutation(singles)
    few = max(1, len(table) // 50)
    for place in picked[:few]:
        schemes.loc[place, "must_do"] = str(FIRST_YEAR + int(rng.integers(1, years)))
    for one, other in zip(picked[few:3 * few], picked[3 * few:5 * few], strict=False):
        schemes.loc[one, "requires"] = names[other]
    pairs = zip(picked[5 * few:6 * few], picked[6 * few:7 * few], strict=False)
    bundles = [[f"B{i}", f"{names[one]};{names[other]}", 0.08] for i, (one, other) in enumerate(pairs)]
    frames["bundles"] = pd.DataFrame(bundles, columns=["bundle_id", "schemes", "saving_share"])
    frames["limits"] = _limits(rng, frames, table, total, schools, years)
    _add_bids(rng, frames, table, total, years)


def _limits(rng, frames, table, total, schools, years):
    yearly, rows = total / SHORT / years, []
    span = range(FIRST_YEAR, FIRST_YEAR + years)
    by_trade, dearest = table.groupby("trade").cost.sum() / table.cost.sum(), table.groupby("trade").cost.max()
    for year in span:
        rows.append(["a site at once", year, "site", "", "schemes", "<=", max(3, 0.9 * len(table) / schools / years * 1.2)])
        rows += [[f"{trade} firms", year, "trade", trade, "cost", "<=", 1.2 * yearly * share + 0.5 * dearest[trade]]
                 for trade, share in by_trade.items()]
        rows.append(["all works", year, "all", "", "schemes", "<=", 0.6 * len(table) / years])
        rows.append(["windows package", year, "trade", "windows", "cost", ">=", 0.1 * yearly])
    limits = pd.DataFrame(rows, columns=["limit_id", "year", "scope", "scope_id", "measure", "sense", "amount"])
    limits["or_none"], limits["of_total"] = limits.limit_id == "windows package", False
    carbon = frames["scheme_years"].groupby("scheme_id").carbon_tco2e.max().sum()
    fair = pd.DataFrame([["fair share", np.nan, "school", "", "cost", ">=", 0.3 / schools, False, True],
                         ["carbon", np.nan, "all", "", "carbon_tco2e", ">=", 0.2 * carbon, False, False]],
                        columns=list(limits.columns))
    return pd.concat([limits, fair], ignore_index=True)


def _add_bids(rng, frames, table, total, years):
    """Two bids, each a small scheme of its own with money for named schemes at four fifths of their cost."""
    dear = table[table.exclusion_group == ""].nlargest(4, "cost")
    for i, pair in enumerate((dear.scheme_id[:2], dear.scheme_id[2:])):
        bid, year = f"BID{i}", FIRST_YEAR + i
        frames["schemes"].loc[len(frames["schemes"])] = {
            **dict.fromkeys(frames["schemes"].columns, ""), "scheme_id": bid, "kind": "bid"}
        frames["scheme_years"].loc[len(frames["scheme_years"])] = [bid, year, 0.0, 0.0]
        frames["spend"].loc[len(frames["spend"])] = [bid, year, year, 5000.0]
        amount, last = round(float(table.cost[table.scheme_id.isin(pair)].sum()) * 0.8, 2), FIRST_YEAR + years - 1
        frames["pots"].loc[len(frames["pots"])] = [f"CIF{i}", amount, year, min(year + 2, last), "", "", "", ";".join(pair),
                                                   0.8, bid]
