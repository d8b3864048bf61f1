"""Small candidates folders by hand, and reading what ``instances`` makes the way a user's folder is read."""

from itertools import product

import pandas as pd
from instances import write_folder
from oracle import obeys, read_case

from capplan import read_candidates


def once(value, cost, year=2026):
    """Starts of a scheme that may start in one year only and is paid for in that year."""
    return {year: (value, {year: cost})}


def folder(schemes, pots=(), limits=(), bundles=()):
    """A candidates folder.

    Parameters
    ----------
    schemes : list of tuple
        ``(scheme_id, columns of schemes.csv, {start year: (value, {year: cost})})``; a bill without rows costs 0. Keys
        of ``columns`` in capitals are dicts by start year: columns of ``scheme_years.csv``, in small letters.
    pots, limits, bundles : list of dict
        Rows; a pot is spendable in 2026 unless it says otherwise.

    Returns
    -------
    dict of str to DataFrame
    """
    rows, bills = [], []
    for name, columns, starts in schemes:
        for start, (value, bill) in starts.items():
            further = {key.lower(): by_year[start] for key, by_year in columns.items() if key.isupper()}
            rows.append({"scheme_id": name, "start_year": start, "value": value, **further})
            bills += [{"scheme_id": name, "start_year": start, "year": year, "cost": cost}
                      for year, cost in (bill or {start: 0}).items()]
    frames = {"schemes": pd.DataFrame([{"scheme_id": name, **{key: cell for key, cell in columns.items() if key.islower()}}
                                       for name, columns, _ in schemes]),
              "scheme_years": pd.DataFrame(rows), "spend": pd.DataFrame(bills),
              "pots": pd.DataFrame([{"pot_id": f"P{i}", "first_year": 2026, "last_year": 2026, **pot}
                                    for i, pot in enumerate(pots)] or None,
                                   columns=sorted({"pot_id", "amount", "first_year", "last_year"}.union(*pots)))}
    if limits:
        frames["limits"] = pd.DataFrame([{"limit_id": f"L{i}", "year": "", "scope": "all", "scope_id": "", "sense": "<=",
                                          **limit} for i, limit in enumerate(limits)])
    if bundles:
        frames["bundles"] = pd.DataFrame([{"bundle_id": f"B{i}", **bundle} for i, bundle in enumerate(bundles)])
    return {name: frame.astype(object).fillna("") if name in ("schemes", "pots", "limits") else frame
            for name, frame in frames.items()}


def complete(frames):
    """The same folder with a cost of 0 where a start year has no row of spend: the reader asks for one, the oracle not."""
    spend, years = frames["spend"], frames["scheme_years"]
    priced = set(zip(spend.scheme_id, spend.start_year, strict=True))
    free = [{"scheme_id": scheme, "start_year": start, "year": start, "cost": 0}
            for scheme, start in zip(years.scheme_id, years.start_year, strict=True) if (scheme, start) not in priced]
    return {**frames, "spend": pd.concat([spend, pd.DataFrame(free)], ignore_index=True) if free else spend}


def read(frames, path):
    """``Candidates`` from frames, by way of the CSV files."""
    return read_candidates(write_folder(complete(frames), path))


def programmes_of(frames):
    """Every programme that keeps the rules, by the oracle."""
    years = frames["scheme_years"].groupby("scheme_id").start_year.agg(list)
    every = (dict(zip(years.index, chosen, strict=True)) for chosen in product(*([None, *own] for own in years)))
    case = read_case(frames)
    every = ({scheme: int(start) for scheme, start in choice.items() if start is not None} for choice in every)
    return [choice for choice in every if obeys(case, choice)]
