"""An approved programme beside new candidates: what keeps to it, what changes it, and limits on how much may change."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, Fault
from ..tabular import read_cells
from .model import TABLES

KEPT, MOVED, ADDED, PRICE = "approved_kept", "approved_moved", "approved_added", "approved_price_gbp"
NEEDS = "a results folder, or a table with scheme_id and start_year"
ROUNDING = 1e-6


@dataclass(frozen=True)
class Approved:
    """An approved programme beside candidates: ``starts`` of the schemes on offer (scheme to year), those ``begun`` before
    the first year on offer, and those ``gone``, no longer on offer at all."""

    starts: dict = field(repr=False)
    begun: tuple = ()
    gone: tuple = ()


def read_approved(path):
    """The start years of an approved programme.

    Parameters
    ----------
    path : str or Path
        A results folder, or a table of schemes with ``scheme_id`` and ``start_year`` (blank: not in it).

    Returns
    -------
    dict
        Scheme to start year.

    Raises
    ------
    DataError
        With everything that is missing or does not fit.
    """
    path = Path(path)
    file = path / "schemes.csv" if path.is_dir() else path
    if not file.is_file():
        raise DataError([Fault(str(file), None, "", "no such file", NEEDS)])
    cells, faults = read_cells(file)
    if cells is not None and not {"scheme_id", "start_year"} <= set(cells):
        faults = [*faults, Fault(file.name, None, "", "no scheme_id or no start_year", NEEDS)]
    if faults:
        raise DataError(faults)
    starts, twice = {}, cells.scheme_id.duplicated(keep=False)
    for row, scheme, text, again in zip(cells.index, cells.scheme_id, cells.start_year, twice, strict=True):
        year = str(text).strip().removesuffix(".0")
        if not str(scheme).strip() or again:
            faults.append(Fault(file.name, int(row), "scheme_id", str(scheme), "one row for each scheme, with its name"))
        elif year and not year.lstrip("-").isdigit():
            faults.append(Fault(file.name, int(row), "start_year", str(text), "a year, or blank where it is not in it"))
        elif year:
            starts[scheme] = int(year)
    if not starts and not faults:
        faults.append(Fault(file.name, None, "start_year", "no start year at all", "a programme with schemes in it"))
    if faults:
        raise DataError(faults)
    return starts


def beside(candidates, starts):
    """An approved programme as the candidates still have it.

    Parameters
    ----------
    candidates : Candidates
    starts : dict
        Scheme to start year, as ``read_approved`` gives it.

    Returns
    -------
    Approved
        A scheme whose approved year is no longer on offer counts among the ``starts``: whenever it starts, it is moved.
    """
    years = candidates.scheme_years
    offered, first = set(years.scheme_id), years.start_year.min()
    begun = tuple(scheme for scheme, year in starts.items() if year < first)
    gone = tuple(scheme for scheme, year in starts.items() if year >= first and scheme not in offered)
    return Approved({scheme: year for scheme, year in starts.items() if year >= first and scheme in offered}, begun, gone)


def with_approved(candidates, approved, rules):
    """The candidates with columns that say what each start does to an approved programme, and limits on its changes.

    Parameters
    ----------
    candidates : Candidates
    approved : Approved
    rules : Stability
        The limits of the scenario.

    Returns
    -------
    Candidates
        ``approved_kept``, ``approved_moved`` and ``approved_added`` (0 or 1) and ``approved_price_gbp`` (what the start
        takes off the price of all changes) in ``scheme_years``; rows named ``approved: ...`` in ``limits``.

    Notes
    -----
    A change is a scheme that moves to another year, falls out or comes in. Works of another kind for the same need are two
    changes, one out and one in. What begun works and those no longer on offer would change is not counted. Every limit is a
    lower one on what is kept less what is added, so that no rule of its own is needed to solve, audit or explain it.
    """
    years = candidates.scheme_years
    own = years.scheme_id.map(approved.starts)
    in_it, same = own.notna().to_numpy(), (own == years.start_year).to_numpy()
    begun = years.scheme_id.isin(approved.begun).to_numpy()
    kept, moved, added = in_it & same, in_it & ~same, ~in_it & ~begun
    moving, dropping, adding = rules.prices_gbp
    price = np.where(in_it, dropping - np.where(same, 0.0, moving), np.where(added, -adding, 0.0))
    years = years.assign(**{KEPT: kept.astype(float), MOVED: moved.astype(float), ADDED: added.astype(float), PRICE: price,
                            f"{KEPT}_less_added": kept.astype(float) - added})
    years = years.assign(**{f"{KEPT}_or_moved": (kept | moved).astype(float)})
    rows, count = [], len(approved.starts)
    for name, measure, least in (("changes", f"{KEPT}_less_added", rules.most_changes),
                                 ("works moved", MOVED, rules.most_moved),
                                 ("works dropped", f"{KEPT}_or_moved", rules.most_dropped),
                                 ("works added", ADDED, rules.most_added)):
        if least is not None:
            lower = measure.startswith(KEPT)
            rows.append(limit_row(f"approved: {name}", measure, ">=" if lower else "<=", count - least if lower else least))
    rows += list(_fixed(years, approved, rules.fixed_years or 0))
    return added_limits(candidates, years, rows)


def _fixed(years, approved, fixed_years):
    """Limits that hold the first years as they are approved: all of it is kept, and nothing else starts."""
    first = int(years.start_year.min())
    for year in range(first, first + fixed_years):
        due = sum(start == year for start in approved.starts.values())
        yield limit_row(f"approved: works of {year} kept", KEPT, ">=", due, year)
        for measure, words in ((MOVED, "moved into"), (ADDED, "added to")):
            yield limit_row(f"approved: works {words} {year}", measure, "<=", 0, year)


def limit_row(limit_id, measure, sense, amount, year=None):
    """One row of the table of limits, over all schemes; ``year`` left out: all years together."""
    return {"limit_id": limit_id, "year": np.nan if year is None else year, "scope": "all", "scope_id": "",
            "measure": measure, "sense": sense, "amount": float(amount)}


def added_limits(candidates, years, rows):
    """The candidates with another table of start years and further limits.

    Parameters
    ----------
    candidates : Candidates
    years : DataFrame
        As ``scheme_years``.
    rows : list of dict
        As ``limit_row`` gives them.

    Returns
    -------
    Candidates
    """
    limits = candidates.limits
    if rows:
        more = pd.DataFrame(rows)
        limits = pd.concat([limits, more], ignore_index=True) if len(limits) else more.reindex(
            columns=[*dict.fromkeys([*TABLES["limits"].column_names[:7], *more])])
    return replace(candidates, _frames={**candidates._frames, "scheme_years": years, "limits": limits})


def changes_frame(candidates, starts, choice):
    """What a programme changes in an approved one, scheme by scheme.

    Parameters
    ----------
    candidates : Candidates
    starts : dict
        The approved programme, scheme to start year.
    choice : dict
        The programme, scheme to start year.

    Returns
    -------
    DataFrame
        ``scheme_id, school_id, description, change`` (kept, moved, dropped, added, begun before, no longer on offer),
        ``approved_year, start_year``, and ``cost_gbp`` (nominal) and ``value_gbp`` in the start year, of those dropped in
        the approved one.
    """
    approved, rows = beside(candidates, starts), []
    schemes = candidates.schemes.set_index("scheme_id")
    cost = candidates.spend.groupby(["scheme_id", "start_year"]).cost.sum().to_dict()
    years = candidates.scheme_years
    value = dict(zip(zip(years.scheme_id, years.start_year, strict=True), years.value, strict=True))
    for scheme in dict.fromkeys([*starts, *choice]):
        change = _change(approved, scheme, starts.get(scheme), choice.get(scheme))
        shown = scheme, choice.get(scheme, starts.get(scheme))
        facts = [schemes[name].get(scheme, "") if name in schemes else "" for name in ("school_id", "description")]
        rows.append([scheme, *facts, change, starts.get(scheme), choice.get(scheme), cost.get(shown), value.get(shown)])
    frame = pd.DataFrame(rows, columns=["scheme_id", "school_id", "description", "change", "approved_year", "start_year",
                                        "cost_gbp", "value_gbp"])
    return frame.astype({"approved_year": "Int64", "start_year": "Int64"})


def _change(approved, scheme, before, now):
    if scheme in approved.begun:
        return "begun before"
    if scheme in approved.gone:
        return "no longer on offer"
    if before is None:
        return "added"
    return "dropped" if now is None else "kept" if now == before else "moved"
