"""What moved between an earlier programme and this one, and why, for the committee's paper."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault
from ..tabular import read_cells
from .document import Grid, Points, Text
from .page_tables import table_of
from .words import counted, listed, money, plain, pounds, shortened, year_label

FILES = {"compare": ("results", "price_base", "first_year", "last_year", "value_gbp", "schemes", "spend_gbp",
                     "backlog_now_gbp", "backlog_end_without_gbp", "backlog_end_with_gbp", "reserves_end_gbp"),
         "causes": ("cause", "value_change_gbp", "spend_change_gbp", "schemes_changed", "against"),
         "changes": ("scheme_id", "school_id", "description", "change", "first_year", "second_year", "first_cost_gbp",
                     "second_cost_gbp", "cause", "against")}
TEXTS = ("results", "against", "cause", "scheme_id", "school_id", "description", "change")
CHANGES = ("added", "dropped", "moved", "kept at another cost")
SHOWN = (("schemes", "Schemes planned", "{:,.0f}".format), ("spend_gbp", "Spending of the plan, pounds of the day", pounds),
         ("value_gbp", "Expected loss avoided, discounted", pounds),
         ("backlog_now_gbp", "Backlog at the start", pounds),
         ("backlog_end_without_gbp", "Backlog at the end without works", pounds),
         ("backlog_end_with_gbp", "Backlog at the end with the programme", pounds),
         ("reserves_end_gbp", "Reserves at the end, pounds of the day", pounds))
A_PENNY_GBP = 0.01
NOTHING_GBP = 0.5


@dataclass(frozen=True)
class Changes:
    """What ``capplan compare`` found between an earlier run (the first row of ``table``) and this one (the second).

    ``called`` says what the earlier one is: the approved run, or the folder it lies in.
    """

    table: pd.DataFrame = field(repr=False)
    causes: pd.DataFrame = field(repr=False)
    changes: pd.DataFrame = field(repr=False)
    called: str = "the earlier run"


def read_changes(folder, results):
    """What a folder of ``capplan compare`` says of these results.

    Parameters
    ----------
    folder : str or Path
        As ``capplan compare EARLIER RESULTS --out FOLDER`` wrote it.
    results : Results
        The later run.

    Returns
    -------
    Changes

    Raises
    ------
    DataError
        If it cannot be read, or compares other runs.
    """
    frames, faults = {}, []
    for name, columns in FILES.items():
        path = Path(folder) / f"{name}.csv"
        if not path.is_file():
            raise DataError([Fault(str(folder), None, "", f"no {name}.csv", "a folder of capplan compare --out")])
        cells, own = read_cells(path)
        own = own or [Fault(path.name, 1, column, "no such column", "there; capplan compare writes it")
                      for column in columns if column not in cells]
        faults += own
        if not own:
            frames[name] = cells[list(columns)].apply(
                lambda column: column if column.name in TEXTS else pd.to_numeric(column, errors="coerce"))
    if faults:
        raise DataError(faults)
    table = frames["compare"].reset_index(drop=True)
    same = table.value_gbp.sub(results.solution["objective"]).abs() < A_PENNY_GBP
    same &= table.schemes == len(results.funded)
    if not same.iloc[1:].any():
        raise DataError([Fault("compare.csv", None, "value_gbp", "another run's value",
                               "that of this results folder, compared with an earlier one")])
    place = int(same.iloc[1:].idxmax())
    against = table.results[place]
    return Changes(table.iloc[[0, place]].reset_index(drop=True),
                   *(frames[name][frames[name].against == against].reset_index(drop=True) for name in ("causes", "changes")),
                   called=Path(table.results[0]).name)


def changes_in_words(changes):
    """What moved, in a few sentences.

    Parameters
    ----------
    changes : Changes

    Returns
    -------
    list of str
    """
    before, now = changes.table.iloc[0], changes.table.iloc[1]
    counts = changes.changes.change.value_counts()
    kinds = listed(f"{counts[kind]:,} {kind}" for kind in CHANGES if kind in counts)
    told = [f"Since {plain(changes.called)}: {kinds or 'no scheme has moved'}. {counted(now.schemes, 'scheme')} for "
            f"{money(now.spend_gbp)} against {before.schemes:,.0f} for {money(before.spend_gbp)}."]
    moved = changes.causes[(changes.causes.value_change_gbp.abs() > NOTHING_GBP) | (changes.causes.schemes_changed > 0)]
    told += [f"{row.cause.capitalize()}: loss avoided {_signed(row.value_change_gbp)}, spending "
             f"{_signed(row.spend_change_gbp)}, {counted(row.schemes_changed, 'scheme')} changed."
             for row in moved.itertuples()]
    if (before[["price_base", "first_year", "last_year"]] != now[["price_base", "first_year", "last_year"]]).any():
        told.append("The two plans have different years or prices: their values are not in the same pounds.")
    return told


def changes_blocks(changes, schools, most=None):
    """What moved as tables: side by side, by cause, and each work.

    Parameters
    ----------
    changes : Changes
    schools : Series
        Names of schools by ``school_id``.
    most : int, optional
        Most works named; the rest are counted.

    Returns
    -------
    list of blocks
    """
    before, now = changes.table.iloc[0], changes.table.iloc[1]
    rows = [(said, _known(say, before[name]), _known(say, now[name]), _difference(say, before[name], now[name]))
            for name, said, say in SHOWN]
    causes = [(row.cause.capitalize(), _signed(row.value_change_gbp), _signed(row.spend_change_gbp),
               f"{row.schemes_changed:,.0f}") for row in changes.causes.itertuples()]
    total = ("In all", _signed(changes.causes.value_change_gbp.sum()), _signed(changes.causes.spend_change_gbp.sum()),
             f"{len(changes.changes):,} differ in the end")
    shown = changes.changes.assign(order=changes.changes.change.map({kind: i for i, kind in enumerate(CHANGES)}))
    shown = shown.sort_values(["order", "second_cost_gbp", "scheme_id"], ascending=[True, False, True])
    rest = shown.iloc[most:] if most is not None else shown.iloc[:0]
    works = [(row.change.capitalize(), shortened(schools.get(row.school_id, row.school_id), 40),
              shortened(row.description, 110), _year(row.first_year), _year(row.second_year), pounds(row.first_cost_gbp),
              pounds(row.second_cost_gbp), row.cause) for row in shown.head(len(shown) - len(rest)).itertuples()]
    base = f"{now.price_base:.0f}"
    return [
        Grid(table_of(f"The two programmes side by side. Backlog and loss at {base} prices.",
                      f"Figure|#{shortened(_capital(changes.called), 30)}|#Now|#Difference", [("", rows)]), (4, 2, 2, 2)),
        Grid(table_of("What each cause changed, one put in after the other; they add up to the whole to the penny. Loss "
                      "avoided discounted, spending in pounds of the day.",
                      "Cause|#Loss avoided|#Spending|#Schemes changed", [("", causes)], total), (3, 2, 2, 2)),
        Grid(table_of("Schemes that changed, and what last gave each its place. Cost in pounds of the day.",
                      "Change|School|Scheme|Was|Is|#Cost was|#Cost is|Cause", [("", works)],
                      more=f"and {counted(len(rest), 'scheme')} more (capplan compare)" if len(rest) else ""),
             (1.6, 3, 5, 1.3, 1.3, 1.6, 1.6, 1.4), small=True)]


def changes_summary(changes):
    """What moved, as the blocks of the first pages; says so where nothing was compared."""
    if changes is None:
        return [Text("No earlier programme was given to compare with, and none is approved in this project: what changed is "
                     "not known.")]
    return [Points(tuple(changes_in_words(changes)))]


def _capital(text):
    return f"{text[:1].upper()}{text[1:]}"


def _known(say, amount):
    return say(amount) if amount == amount else "not known"


def _difference(say, before, now):
    if before != before or now != now:
        return "not known"
    gap = now - before
    return f"+{say(gap)}" if gap > NOTHING_GBP else say(gap)


def _signed(amount_gbp):
    return f"+{pounds(amount_gbp)}" if amount_gbp > NOTHING_GBP else pounds(amount_gbp)


def _year(year):
    return "out" if pd.isna(year) else year_label(year)
