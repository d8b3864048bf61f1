"""Works that may be done in part: a first part, the least that is worth doing, and further parts that may follow it."""

import numpy as np
import pandas as pd

from ..errors import Fault
from .model import must_start_by, split_list

FURTHER_PARTS = 4
"""Equal parts that the rest is divided into."""
LEAST, COUNTED = "least_share", "whole_schemes"
NOT_SHARED = ("scheme_id", "start_year", "finish_year")
FLAGS = "approved_"
SPENT = ("cost", "contributed_gbp")


def part_faults(schemes):
    """Faults of works that may be done in part; ``schemes`` as they were read.

    Parameters
    ----------
    schemes : DataFrame

    Returns
    -------
    list of Fault
    """
    faults, taken = [], set(schemes.scheme_id)
    for row in schemes[_in_parts(schemes)].itertuples():
        try:
            must = must_start_by(row.must_do) is not None
        except ValueError:
            must = False
        if must:
            faults.append(Fault("schemes.csv", int(row.Index), LEAST, f"{row.least_share:g}",
                                "blank or 1: works that must be done are done whole"))
        faults += [Fault("schemes.csv", int(row.Index), "scheme_id", row.scheme_id,
                         f"a name without a scheme called {part_name(row.scheme_id, number)!r}: that is a part of it")
                   for number in range(2, FURTHER_PARTS + 2) if part_name(row.scheme_id, number) in taken]
    return faults


def part_name(scheme, number):
    """What a further part of a scheme is called."""
    return f"{scheme} (part {number})"


def _in_parts(schemes):
    share = schemes[LEAST] if LEAST in schemes else pd.Series(np.nan, schemes.index)
    return (share < 1.0).fillna(False).to_numpy(bool)


def with_parts(frames):
    """The tables of a candidates folder with works that may be done in part as a first part and further ones.

    Parameters
    ----------
    frames : dict of DataFrame
        ``schemes, scheme_years, spend, pots, limits, bundles``.

    Returns
    -------
    dict of DataFrame
        The scheme itself is the first part, ``least_share`` of it; each further part costs and is worth an equal share of
        the rest, requires the one before, and may start with it or later. Limits on the number of schemes count the first
        part only.

    Notes
    -----
    Cost, value and every other measure are taken to go with the share. *Counterexample:* scaffold that stands whatever
    part of the roof is done. What a bundle saves is saved on the first part.
    """
    schemes = frames["schemes"]
    parted = _in_parts(schemes)
    if not parted.any():
        return frames
    least = dict(zip(schemes.scheme_id[parted], schemes[LEAST][parted].astype(float), strict=True))
    return {**frames, "schemes": _scheme_rows(schemes, least), "pots": _pot_rows(frames["pots"], least),
            "scheme_years": _counted(_year_rows(frames["scheme_years"], least), least),
            "spend": _shared(frames["spend"], least, list(SPENT), 2), "limits": _limit_rows(frames["limits"])}


def _scheme_rows(schemes, least):
    rows = [schemes.assign(**{LEAST: np.nan})]
    own = rows[0][schemes.scheme_id.isin(least)]
    for number in range(2, FURTHER_PARTS + 2):
        before = own.scheme_id if number == 2 else own.scheme_id.map(lambda name, last=number - 1: part_name(name, last))
        more = own.assign(scheme_id=own.scheme_id.map(lambda name, place=number: part_name(name, place)), requires=before,
                          exclusion_group="", also_meets="", must_do="")
        if "description" in more:
            more["description"] = more.description + f" (part {number})"
        rows.append(more)
    return pd.concat(rows, ignore_index=True)


def _shared(frame, least, columns, decimals=None):
    """Rows of a table by scheme, for each part with its share of some columns; the last has what rounding leaves."""
    own = frame.scheme_id.isin(least)
    given = frame[own].astype(dict.fromkeys(columns, float))
    first = given.scheme_id.map(least).astype(float)
    pieces, left = [frame[~own]], given[columns].copy()
    for number in range(1, FURTHER_PARTS + 2):
        part = given.copy()
        for name in columns:
            amount = given[name] * (first if number == 1 else (1.0 - first) / FURTHER_PARTS)
            amount = left[name] if number == FURTHER_PARTS + 1 else amount if decimals is None else amount.round(decimals)
            part[name], left[name] = amount, left[name] - amount
        if number > 1:
            part["scheme_id"] = part.scheme_id.map(lambda name, place=number: part_name(name, place))
        pieces.append(part if decimals is None else part.assign(**part[columns].round(decimals)))
    return pd.concat(pieces, ignore_index=True)


def _year_rows(years, least):
    amounts = {}
    for name in (name for name in years if name not in NOT_SHARED and not name.startswith(FLAGS)):
        numbers = pd.to_numeric(years[name], errors="coerce").astype(float)
        if (numbers.notna() | years[name].isin([""]) | years[name].isna()).all():
            amounts[name] = numbers
    return _shared(years.assign(**amounts), least, list(amounts))


def _counted(years, least):
    """One for each scheme or first part, nothing for a further part."""
    further = {part_name(name, number) for name in least for number in range(2, FURTHER_PARTS + 2)}
    return years.assign(**{COUNTED: (~years.scheme_id.isin(further)).astype(float)})


def _limit_rows(limits):
    return limits.assign(measure=limits.measure.where(limits.measure != "schemes", COUNTED)) if len(limits) else limits


def _pot_rows(pots, least):
    """Pots for named schemes pay for their parts too."""
    def named(text):
        """The names of a cell with their parts."""
        names = split_list(text)
        return ";".join([*names, *(part_name(name, number) for name in names if name in least
                                   for number in range(2, FURTHER_PARTS + 2))])
    return pots.assign(schemes=pots.schemes.map(named)) if "schemes" in pots else pots


def funded_shares(candidates, choice):
    """How much of each scheme a programme does, where it may be done in part.

    Parameters
    ----------
    candidates : Candidates
        With parts, as ``read_candidates`` makes them.
    choice : dict
        Scheme to start year.

    Returns
    -------
    DataFrame
        ``scheme_id, parts`` (done, of how many), ``funded_share`` of its cost [-], ``start_year`` of the first part and
        ``last_start_year``; no rows where no works come in parts.
    """
    names = candidates.schemes.scheme_id
    bases = [name for name in names if part_name(name, 2) in set(names)]
    cost = candidates.spend.groupby("scheme_id").cost.mean()
    rows = []
    for base in bases:
        parts = [base, *(part_name(base, number) for number in range(2, FURTHER_PARTS + 2))]
        done = [part for part in parts if part in choice]
        total = sum(cost.get(part, 0.0) for part in parts)
        share = sum(cost.get(part, 0.0) for part in done) / total if total else float(bool(done))
        rows.append([base, f"{len(done)} of {len(parts)}", share, choice.get(base), max((choice[part] for part in done),
                                                                                     default=None)])
    frame = pd.DataFrame(rows, columns=["scheme_id", "parts", "funded_share", "start_year", "last_start_year"])
    return frame.astype({"start_year": "Int64", "last_start_year": "Int64"})
