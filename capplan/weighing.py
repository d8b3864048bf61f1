"""Worksheets for swing weights, read back with every fault; and programmes by pounds and by points side by side."""

from hashlib import sha256
from pathlib import Path

import pandas as pd

from .errors import DataError, Fault
from .programme import optimise
from .programme.criteria import ALL_POINTS, AS_GIVEN, criteria_of, swing_weights, total_of, weighed
from .tabular import read_cells

COLUMNS = ("criterion", "worst", "best", "points")
A_SHEET = "a worksheet with criterion, worst, best and points, as capplan objectives worksheet writes it"


def read_worksheet(path, candidates):
    """A worksheet that the trust has filled in.

    Parameters
    ----------
    path : str or Path
    candidates : Candidates
        What it weighs.

    Returns
    -------
    DataFrame
        ``criterion, worst, best, points, weight`` and ``per_unit`` (points for one more of the criterion).

    Raises
    ------
    DataError
        With everything that is missing or does not fit.
    """
    path, known = Path(path), criteria_of(candidates)
    cells, faults = read_cells(path) if path.is_file() else (None, [Fault(str(path), None, "", "no such file", A_SHEET)])
    if cells is not None:
        faults = faults + [Fault(path.name, None, name, "no such column", A_SHEET) for name in COLUMNS if name not in cells]
    if faults:
        raise DataError(faults)
    rows = []
    for row, *texts in zip(cells.index, *(cells[name] for name in COLUMNS), strict=True):
        criterion, numbers = texts[0].strip(), pd.to_numeric(pd.Series(texts[1:]).replace("", "blank"), errors="coerce")
        if criterion not in known or criterion in [other[0] for other in rows]:
            faults.append(Fault(path.name, int(row), "criterion", criterion, f"one of {', '.join(known)}, once"))
        faults += [Fault(path.name, int(row), name, text or "blank", must_be) for name, text, number, must_be in zip(
            COLUMNS[1:], texts[1:], numbers, ("a number", "a number", "points from 0 to 100"), strict=True)
            if not abs(number) < float("inf") or (name == "points" and not 0 <= number <= ALL_POINTS)]
        if numbers[0] == numbers[1]:
            faults.append(Fault(path.name, int(row), "best", texts[2], "another figure than the worst"))
        rows.append([criterion, *numbers])
    if not faults and max((points for *_, points in rows), default=0.0) != ALL_POINTS:
        faults.append(Fault(path.name, None, "points", "no 100", "100 for the swing that matters most"))
    if faults:
        raise DataError(faults)
    sheet = pd.DataFrame(rows, columns=COLUMNS)
    weight = swing_weights(sheet.points)
    return sheet.assign(weight=weight, per_unit=ALL_POINTS * weight / (sheet.best - sheet.worst))


def locked(path):
    """The SHA-256 of a worksheet, so that anybody can see that weights were set before results were known."""
    return sha256(Path(path).read_bytes()).hexdigest()


def both_ways(candidates, sheet, say=lambda text: None, **settings):
    """The best programme by value and by points, and the order in which each scale ranks schemes.

    Parameters
    ----------
    candidates : Candidates
    sheet : DataFrame
        As ``read_worksheet`` gives it.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    tuple of (Programme, Programme, DataFrame, DataFrame)
        By value; by points (its candidates' ``value`` are points); ``plans`` with what each comes to in every criterion; and
        ``orders``, one row per scheme: ``scheme_id, description, rank_by_value, rank_by_points`` (by what it brings for
        a pound in its best year, 1 first), ``start_by_value, start_by_points``.
    """
    in_points = weighed(candidates, sheet)
    say("The best programme by value ...")
    by_value = optimise(candidates, **settings)
    say("The best programme by points ...")
    by_points = optimise(in_points, **settings)
    plans = {"by value": by_value.choice, "by points": by_points.choice}
    totals = pd.DataFrame([[plan, len(choice), total_of(in_points, AS_GIVEN, choice), total_of(in_points, "value", choice),
                            *(total_of(candidates, name, choice) for name in sheet.criterion if name != "value")]
                           for plan, choice in plans.items()],
                          columns=["plan", "schemes", "value", "points", *(n for n in sheet.criterion if n != "value")])
    schemes = candidates.schemes
    orders = pd.DataFrame({"scheme_id": schemes.scheme_id,
                           "description": schemes.description if "description" in schemes else "",
                           "rank_by_value": _ranks(candidates), "rank_by_points": _ranks(in_points)})
    for name, choice in (("start_by_value", by_value.choice), ("start_by_points", by_points.choice)):
        orders[name] = orders.scheme_id.map(choice).astype("Int64")
    return by_value, by_points, totals, orders.sort_values(["rank_by_value", "scheme_id"], ignore_index=True)


def _ranks(candidates):
    """Rank of each scheme by what it brings for each pound in its best year, a pound at least; equals alike."""
    years = candidates.scheme_years
    cost = candidates.spend.groupby(["scheme_id", "start_year"]).cost.sum()
    cost = cost.reindex(pd.MultiIndex.from_frame(years[["scheme_id", "start_year"]])).fillna(0.0).to_numpy()
    best = (years.value / cost.clip(min=1.0)).groupby(years.scheme_id).max()
    return candidates.schemes.scheme_id.map(best.rank(ascending=False, method="min")).astype("Int64").to_numpy()
